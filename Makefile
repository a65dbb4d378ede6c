# Everything a person or a machine runs. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install quickstart test check lint quick bench format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY)  ## a virtual environment in .venv with the project, torch and the development tools

# Made once, and again when what the project needs has changed.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "nasbench-forge needs Python 3.11 or newer: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@echo "Installing into $(VENV) (once; torch is large, a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[torch,dev]'
	@touch $@

quickstart: $(READY)  ## build, fit, compare and report on real handwritten digits: about three minutes
	@$(BIN)/nasbench quickstart --out quickstart

test: $(READY)  ## every test, the slow ones too
	$(PYTEST)

check: lint quick  ## format, lint, types and the quick tests: what a change must pass

lint: $(READY)  ## format, lint and types, without a test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

quick: $(READY)  ## the quick tests alone
	$(PYTEST) -m "not slow"

bench: $(READY)  ## speed and memory, each as a ratio against a named alternative in the same run
	$(BIN)/python -m tests.benchmarks

format: $(READY)  ## rewrite the files in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment, caches and the quick start's results
	rm -rf $(VENV) quickstart build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
