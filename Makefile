# `make run`: the demo, from nothing. `make test`: all tests, from nothing. `make check`: format, lint, types, arrows.

PYTHON := $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# What is checked besides the package itself.
OTHERS := tests docs/examples
# More arguments for pytest: make test TESTS='tests/spec -k unit'
TESTS :=

# Processes of the test run: tests mostly wait for containers, so more than there are cores. Empty: one, in order.
SIDE_BY_SIDE := --numprocesses 4 --dist loadgroup --no-loadscope-reorder

.PHONY: run test test-engine check bench format clean

run: $(VENV)/run.stamp
	$(BIN)/tuienv demo

# Where an engine can be installed (Debian, root), it is; where not, pytest says at the end what could not run and why.
test: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.docker_engine with $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(TESTS)

# What concerns Docker once more, on the engine of another Debian release: make test-engine RELEASE=forky
RELEASE := trixie
test-engine: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.docker_engine of $(RELEASE) $(BIN)/python -m pytest $(SIDE_BY_SIDE) -k docker \
		tests/backends/docker tests/docker_engine tests/contract tests/cli/test_on_docker.py $(TESTS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p tuienv
	$(BIN)/mypy $(OTHERS)
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.docker_engine install
	$(BIN)/python -m tests.bench

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .ground dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Debian brings venv in a package of its own; and a pip older than 25.1 knows no --group.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { apt-get update && apt-get install --yes python3-venv && $(PYTHON) -m venv --clear $(VENV); }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@ $(VENV)/run.stamp
