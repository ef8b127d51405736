# make ratios: the main job, into results/.  make paper: every claim and table of the paper.  make challenge: the leaderboard of methods.
# make test: the tests, except those of make test-processors.  make coverage: which lines they run.  make test-oldest: the tests with the oldest dependencies.
# make test-quick: the tests that take no more than seconds.  make test-processors: equal results on three kinds of processor.
# make dist: sdist and wheel, tried in a fresh environment without torch.  make timings: the timings of benchmarks/speed/asv.
# All build the environment first, and need only Python 3.11 or later.
PYTHON ?= python3
VENV ?= .venv
OLDEST := $(VENV)-oldest
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready
# The main job and the paper's tables need only a part of the developers' environment, and use all of it if it exists.
BENCHMARKS_READY := $(or $(wildcard $(READY)),$(READY)-benchmarks)

.PHONY: ratios paper challenge test test-quick test-processors coverage test-oldest lint format docs dist timings

ratios: $(BENCHMARKS_READY)
	$(BIN)/python benchmarks/ratios.py --out results

paper: $(BENCHMARKS_READY)
	for script in paper/ablation.py paper/bounding.py paper/variability.py paper/optimizers.py paper/grids.py "ratios.py --seeds 20" \
		paper/transfer.py paper/equations.py paper/coordination.py paper/claims.py paper/reproduction.py; do \
		$(BIN)/python benchmarks/$$script || exit 1; \
	done

challenge: $(READY)
	$(BIN)/python benchmarks/board/challenge.py

# A process for each core, each with one thread, because matrices are small. Tests of one file run in one process, and share
# fixtures. Files run in the order of their names: those of benchmarks, with a single long test each, are then not the last.
IN_PARALLEL := -n auto --dist loadfile --no-loadscope-reorder
test test-quick test-oldest: export OMP_NUM_THREADS = 1
test: $(READY)
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not processors"

test-quick: $(READY)
	$(BIN)/python -m pytest $(IN_PARALLEL) -m "not slow and not processors"

# With OpenBLAS's kernels for each of three processors: scikit-learn's checks of the inversion, WT-RDF and the Fourier
# transform. The last command compares the results of fits among the processors. make test leaves all of these out.
test-processors: export OMP_NUM_THREADS = 1
test-processors: $(READY)
	for kernel in Haswell SkylakeX Zen; do \
		OPENBLAS_CORETYPE=$$kernel $(BIN)/python -m pytest -q -n auto -m processors tests/inversion tests/wtrdf tests/test_fourier.py || exit 1; \
	done
	$(BIN)/python -m pytest -q tests/test_processors.py

coverage: $(READY)
	$(BIN)/python -m pytest --cov --cov-report=term-missing --cov-report=html

# The lowest versions that pyproject.toml promises, of direct dependencies alone. torch stays at the version that is pinned:
# an old one would install gigabytes of CUDA. Old packages warn of newer ones, so warnings are ignored here.
test-oldest: $(READY)
	grep '^torch==' constraints.txt > $(OLDEST).torch
	$(BIN)/uv pip compile --quiet --no-annotate --python $(BIN)/python --resolution lowest-direct --extra test \
		--constraint $(OLDEST).torch --output-file $(OLDEST).txt pyproject.toml
	$(PYTHON) -m venv --clear $(OLDEST)
	$(subst $(VENV),$(OLDEST),$(BIN))/pip install --quiet --constraint $(OLDEST).txt --editable ".[test]"
	$(subst $(VENV),$(OLDEST),$(BIN))/python -m pytest $(IN_PARALLEL) -W ignore

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -n -q docs docs/_build/html

dist: $(READY)
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m pytest tests/dist.py

timings: export OMP_NUM_THREADS = 1
timings: $(READY)
	$(BIN)/asv machine --yes
	$(BIN)/asv run --quick --show-stderr --environment existing:$(abspath $(BIN))/python

$(READY): EXTRA = dev
$(READY)-benchmarks: EXTRA = benchmarks
$(READY) $(READY)-benchmarks: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[$(EXTRA)]"
	touch $@
