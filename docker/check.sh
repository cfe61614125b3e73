#!/bin/sh
# Exercises the images and the compose file: what needs no engine is run, the rest is named.
# `docker/check.sh --files` only reads the files. Needs what `make test` installs.
set -eu
cd "$(dirname "$0")/.."
exec .venv/bin/python -m docker.exercise "$@"
