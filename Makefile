# This repository's verbs. What one of them lacks, it says in one line.

VENV = .venv
BIN = $(VENV)/bin
# pip reads the first of these two for everything up to its release 25.2; from then on, the second for what it builds with
INSTALL = PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
          $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable
SECONDS = 60
BENCH = .venvs/bench
NEWEST = --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager
# A file's tests stay together, and its servers with them. Not loadgroup: xdist 3.8 groups nothing under pytest 9.2.
WORKERS = -n 2 --dist loadfile --no-loadscope-reorder

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: help demo test lint types pytest abuse fuzz bench format docs pictures messages matrix clean

help: ## list the verbs
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

demo: $(VENV)/.demo ## start both sites; ARGS="--json --data DIR …" go to `valetkey demo`
	@exec $(BIN)/python tools/foreground.py $(BIN)/valetkey demo --data .data $(ARGS)

test: lint types pytest ## everything that must pass: style, types, tests

lint: $(VENV)/.dev ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev ## mypy --strict over src, tests, tools, fuzz and benchmarks
	$(BIN)/mypy --strict

pytest: $(VENV)/.dev ## the tests alone; ARGS="-k name …" go to pytest
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

abuse: $(VENV)/.dev ## the tests of the threat model, and the abuses that have none
	$(BIN)/python -m pytest $(WORKERS) -m abuse $(ARGS)
	@$(BIN)/python -m tools.security --open

fuzz: $(VENV)/.fuzz ## look for inputs that break what strangers reach; SECONDS=600 for each target, ARGS="header" for one
	@nice -n 15 $(BIN)/python -m fuzz --seconds $(SECONDS) $(ARGS)

bench: $(BENCH)/bin/python ## how fast, beside the newest of other libraries; writes docs/performance.md; ARGS="verify --quick" measures a part
	@$(BENCH)/bin/python -m pip install $(NEWEST) --editable '.[bench]' >&2
	@$(BENCH)/bin/python -m benchmarks $(ARGS)

format: $(VENV)/.dev ## let ruff put right what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/.dev ## write the pages of docs/ that are made from the tests' markers
	$(BIN)/python -m tools.standards
	$(BIN)/python -m tools.security

pictures: $(VENV)/.dev ## take the README's pictures again
	$(BIN)/python -m tools.pictures

messages: $(VENV)/.dev ## bring the translations up to date with the code, and compile them
	$(BIN)/python tools/messages.py

matrix: ## the tests on every Python from 3.11 on that this machine has
	@python=$$(sh tools/python.sh) && exec "$$python" tools/matrix.py

clean: ## remove environments, caches and builds; the demo's data in .data stays
	rm -rf .venv .venvs .mypy_cache .pytest_cache .ruff_cache .hypothesis .fuzz .screenshots build dist

# Environments. PYTHON=… says what to make one with; a stamp says that nothing has changed since, so that pip need not run.

$(BIN)/python:
	@python=$$(sh tools/python.sh) && "$$python" -m venv --clear $(VENV)

$(BENCH)/bin/python:
	@python=$$(sh tools/python.sh) && "$$python" -m venv --clear $(BENCH)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing Valetkey and its demo into $(VENV) (once; a minute or so)' >&2
	@$(INSTALL) '.[demo]' >&2
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing Valetkey and what its tests need into $(VENV) (once; a minute or two)' >&2
	@$(INSTALL) '.[dev]' >&2
	@touch $(VENV)/.demo $@

# Only ever a wheel: without one, pip would want a compiler of its own kind.
$(VENV)/.fuzz: $(VENV)/.dev
	@$(INSTALL) '.[fuzz]' --only-binary atheris >&2 || echo 'There is no atheris for this Python and machine; fuzzing without it.' >&2
	@touch $@
