# make ratios: the main job, into results/.  make paper: every table of the paper.  make challenge: the board of methods.
# make test: the tests.  make test-quick: those that take no more than seconds.
# All build the environment first; all they need is Python 3.11 or later.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: ratios paper challenge test test-quick lint format docs

ratios: $(READY)
	$(BIN)/python benchmarks/ratios.py --out results

paper: $(READY)
	for script in ablation.py variability.py optimizers.py grids.py "ratios.py --seeds 20" transfer.py reproduction.py; do \
		$(BIN)/python benchmarks/$$script || exit 1; \
	done

challenge: $(READY)
	$(BIN)/python benchmarks/challenge.py

test: $(READY)
	$(BIN)/python -m pytest

test-quick: $(READY)
	$(BIN)/python -m pytest -m "not slow"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -n -q docs docs/_build/html

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[test,lint,docs]"
	touch $@
