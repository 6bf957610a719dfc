# make demo   trains the default network on handwritten digits; make test   passes the tests; make help   says the rest
#
# PYTHON       the Python (3.11 or newer) that makes the environment
# TORCH_INDEX  an index of PyTorch wheels to look in besides pip's own, for example that of the CPU builds

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# without its maker's announcement of other products
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs sessions page figures clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The environment is made once, and brought up to date when what it is made from has changed.
$(BIN)/pip:
	@echo "making the environment in $(VENV); PyTorch is the large part of it"
	$(PYTHON) -m venv $(VENV)

PAGE := $(shell find page -name node_modules -prune -o -type f -print) hatch_build.py
$(VENV)/.installed: pyproject.toml constraints.txt $(PAGE) | $(BIN)/pip
	$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP_INSTALL) --editable '.[test]'
	@touch $@

$(VENV)/.installed-check: $(VENV)/.installed-test
	$(PIP_INSTALL) --editable '.[test,docs,check]'
	@touch $@

demo: $(VENV)/.installed  ## train the default network on handwritten digits, with a report
	$(BIN)/wxb train digits

test: $(VENV)/.installed-test  ## the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: $(VENV)/.installed-check  ## format, lint, types, import order, docs and tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MKDOCS) --quiet
	$(MAKE) test

format: $(VENV)/.installed-check  ## write the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.installed-check  ## build the documentation into site/
	$(MKDOCS)

sessions: $(VENV)/.installed  ## take the terminal sessions of README.md and docs/ again
	$(BIN)/python -m docs.sessions

page:  ## check and test what the browser runs; needs Node.js 22.12 or newer
	cd page && npm ci --ignore-scripts && npm run check

figures: $(VENV)/.installed-test  ## write the tables and pictures of docs/ from benchmarks/results/
	$(BIN)/python -m benchmarks.pages

clean:  ## remove the environment and everything built; runs/ stays
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
