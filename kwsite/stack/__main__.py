"""`python -m kwsite.stack`: the entry. A missing package is one line, like any other failure."""

import sys

try:
    from kwsite.stack.run import main
except ModuleNotFoundError as error:
    sys.exit(
        f"Package for {error.name} is missing. `make run` installs it; "
        "if .venv is damaged, `make clean` first."
    )
except KeyboardInterrupt:
    sys.exit(0)

if __name__ == "__main__":
    sys.exit(main())
