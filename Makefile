# `make quickstart` and `make test` do all they need: virtual environment, packages, data.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
  && { echo $$p; break; }; done)
INSTALLED := $(VENV)/.installed

.PHONY: quickstart test test-quick test-baselines test-clients test-flink test-prism check lock proto clean

quickstart: $(INSTALLED)
	$(BIN)/matinee quickstart

# Files begin in the order of tests/conftest.py, not those with the most tests first.
IN_PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: $(INSTALLED)
	$(BIN)/python -m pytest $(IN_PARALLEL)

# Without those that train, serve or run a whole preparation.
test-quick: $(INSTALLED)
	$(BIN)/python -m pytest $(IN_PARALLEL) -m 'not slow and not flink and not prism'

check: $(INSTALLED)
	$(BIN)/python -m pip check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The lock is complete, so pip has nothing to resolve (--no-deps): given the chance, it takes an extra
# such as google-auth[pyopenssl] for a package of its own and rejects it once a newer release exists.
$(INSTALLED): requirements.lock setup.py pyproject.toml
	@test -n "$(PYTHON)" || { echo "Matinee needs Python 3.11, 3.12 or 3.13 on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# Resolves the extras together, for every supported Python; setup.py says which are left out.
LOCKED := serve redis train baselines test bench
lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile setup.py $(LOCKED:%=--extra %) --universal --python-version 3.11 \
	  --no-annotate --generate-hashes --custom-compile-command "make lock" --quiet --output-file requirements.lock

# The Python code of schemas/recommender.proto; a test checks that it is up to date.
proto: $(INSTALLED)
	$(BIN)/python -m grpc_tools.protoc -I . --python_out=. --grpc_python_out=. --pyi_out=. schemas/recommender.proto

clean:
	rm -rf runs data .pytest_cache .mypy_cache .ruff_cache

# Both compare the preparation on another engine with the local run; .flink keeps what they fetch.
test-flink: $(INSTALLED)
	$(BIN)/python -m pytest -m flink tests/flink

test-prism: $(INSTALLED)
	$(BIN)/python -m pytest -m prism tests/flink

# Measures a result of docs/results/ again, e.g. `make results-prepare`; `make results-ml-1m
# ARGS=--help` says what a script needs.
results-%: $(INSTALLED)
	$(BIN)/python -m benchmarks.$(subst -,_,$*) $(ARGS)

# Every call from grpcurl and from Node (which needs npm and its registry).
test-clients: $(INSTALLED)
	$(BIN)/python -m pytest tests/clients

# With the baselines that the lock leaves out: LightFM (a C compiler), ALS of Spark (Java 17) and
# SASRec of RecTools, which has a Python of its own.
test-baselines: $(INSTALLED)
	$(BIN)/python -m benchmarks.training.environments rectools
	$(BIN)/python -m pip install --quiet --editable '.[lightfm,spark]'
	$(BIN)/python -m pytest tests/evaluation/baselines
