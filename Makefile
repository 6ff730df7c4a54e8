# `make demo` and `make test` need Python >= 3.11 and make; each makes its own environment first.
# The tests against a real Kafka also need Java 17 and Maven, those of the samples also Node 20.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench chaos chaos-sabotage lock clean help

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/'

demo: $(VENV)/.ready  ## a bank's January through the whole pipeline, in about a minute
	@$(BIN)/momentous demo

test: $(VENV)/.ready-dev lint  ## every check and test
	@$(BIN)/python -m pytest -m "not chaos" -n 2 --dist loadgroup --durations=40 --cov --cov-report=term:skip-covered

lint: $(VENV)/.ready-dev  ## style, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.ready-dev  ## measurements, peers side by side, medians and ratios
	@$(BIN)/python -m benchmarks

chaos: $(VENV)/.ready-dev  ## every fault test at full count; writes chaos.json
	@$(BIN)/python -m tests.reliability

chaos-sabotage: $(VENV)/.ready-dev  ## the same with one line broken: each must fail
	@$(BIN)/python -m tests.reliability --sabotage

lock:  ## new lock files (needs uv)
	@uv pip compile -q pyproject.toml --extra install --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock
	@uv pip compile -q pyproject.toml --extra install --extra dev --universal --python-version 3.11 --generate-hashes --no-header -c requirements.lock -o requirements-dev.lock

clean:  ## remove what was made here
	@rm -rf $(VENV) .momentous .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage chaos.json bench.json

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V); set PYTHON=python3.x" >&2; exit 2; }
	@echo "making the environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what requirements.lock names (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what requirements-dev.lock names (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.ready
