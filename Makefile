# demo and test set up everything they need; run them again as often as you like.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEED ?= 1
MINUTES ?= 30
READY := $(VENV)/.ready
SOURCES := trackform providers tools tests docs
TYPED_TOOLS := tools/dist.py $(wildcard tools/pulumi/*.py tools/pulumi/host/*.py tools/pulumi/host/langhost/*.py)

# An environment whose Python was uninstalled, or that was moved with its folder, cannot be repaired.
SOUND := grep -qs -- ' $(CURDIR)/$(VENV)$$' $(VENV)/pyvenv.cfg && $(BIN)/python -c '' 2> /dev/null
# A link to another folder's environment is taken away, never cleared: the other folder needs it.
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
$(shell $(SOUND) || { [ ! -L $(VENV) ] || { rm $(VENV) && \
  echo "setup: the link $(VENV) is taken away, what it led to stays as it is" >&2; }; rm -f $(READY); })
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test golden lint docs dist installed bench mutants torture coverage clean

help:
	@echo "make setup   virtual environment, packages and the Pulumi CLI"
	@echo "make demo    the main job, on a sandbox of both services"
	@echo "make test    every test"
	@echo "make golden  the whole job, compared to the letter with what it was"
	@echo "make lint    ruff and mypy; actionlint and zizmor for the workflows"
	@echo "make bench   how long previews and updates take, in portions of 25 minutes: run it until all is measured"
	@echo "make mutants changes in the code that the tests should notice: SEED=1 MINUTES=30"
	@echo "make torture every kind, operation and fault, samples over HTTP and with the CLI, and kills, on from where it was: KILLS=8 plays fewer"
	@echo "make coverage statements that no test executes, without those of the CLI"
	@echo "make docs    the reference pages, from the models"
	@echo "make dist    wheel and sdist into dist/, the same bytes each time"
	@echo "make installed  the main job with the wheel, and packages from where pip gets them: WITH=python3.13 PULUMI=3.272.0"
	@echo "make clean   remove what can be made again: the virtual environment, caches, the demo's own folder"

# The CLI is looked at each time, in a fraction of a second: what is on PATH may have changed.
setup: $(READY)
	@$(PYTHON) tools/pulumi/install.py --link $(BIN)/pulumi > /dev/null

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "setup: Python 3.11 or later is needed, $(PYTHON) is older: make setup PYTHON=python3.12" >&2; exit 1; }
	@if ! { $(SOUND) && $(BIN)/python -m pip --version; } > /dev/null 2>&1; then \
	  if [ -d $(VENV) ] && [ ! -f $(VENV)/pyvenv.cfg ] && [ -n "$$(ls -A $(VENV))" ]; then \
	    echo "setup: $(VENV) is there and no virtual environment: move it away, then run this again" >&2; exit 1; fi; \
	  echo "setup: making the virtual environment $(VENV)"; $(PYTHON) -m venv --clear $(VENV); fi
	@echo "setup: installing the packages of requirements.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/trackform demo

# File by file, so that what a file's tests share is made once, and in our order: the longest come first. Compiled code
# is kept, also where the environment says otherwise: thousands of processes would compile the project anew.
test: setup
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -p tests.fewer_reports

golden: setup
	@TRACKFORM_GOLDEN=compare $(BIN)/pytest -n 2 tests/engine/test_golden.py

# Built as the CLI is, from what its go.sum names. Where there is no Go, as on a laptop, the project's CI looks.
ACTIONLINT := $(BIN)/actionlint
$(ACTIONLINT): tools/actionlint/go.mod tools/actionlint/go.sum $(READY)
	@if command -v go > /dev/null; then echo "lint: building actionlint"; \
	  go -C tools/actionlint build -trimpath -o $(CURDIR)/$@ github.com/rhysd/actionlint/cmd/actionlint; fi

lint: setup $(ACTIONLINT)
	@echo "lint: workflows"
	@if [ -x $(ACTIONLINT) ]; then $(ACTIONLINT) -shellcheck= -pyflakes=; \
	  else echo "lint: no Go here, so actionlint does not run" >&2; fi
	@$(BIN)/zizmor --offline --quiet .github
	@echo "lint: ruff check"
	@$(BIN)/ruff check .
	@echo "lint: ruff format"
	@$(BIN)/ruff format --check .
	@echo "lint: mypy"
	@$(BIN)/mypy
	@MYPYPATH=tools/pulumi:tools/pulumi/host $(BIN)/mypy --config-file pyproject.toml $(TYPED_TOOLS)
	@MYPYPATH=tools/ci $(BIN)/mypy --config-file pyproject.toml tools/ci/*.py
	@MYPYPATH=tools/mutants $(BIN)/mypy --config-file pyproject.toml tools/mutants/*.py
	@$(BIN)/mypy --config-file pyproject.toml -p tools.torture -p tools.bench

bench: setup
	@$(BIN)/python -m tools.bench --write docs

mutants: setup
	@$(BIN)/python tools/mutants --seed $(SEED) --minutes $(MINUTES) --write docs/reliability.md

torture: setup
	@$(BIN)/python -m tools.torture $(if $(KILLS),--kills $(KILLS)) --write docs/reliability.md

coverage: setup
	@$(BIN)/python tools/mutants --unreached

docs: setup
	@$(BIN)/python -m trackform.reference

dist: setup
	@$(BIN)/python tools/dist.py

# As users install it, with another Python or SDK than ours: WITH=python3.13 PULUMI=3.272.0
WITH ?= $(PYTHON)
PULUMI ?=
installed: setup
	@python="$$($(WITH) -c 'import os, sys; print(os.path.realpath(sys.executable))')" \
	  && INSTALLED_PYTHON="$$python" INSTALLED_PULUMI="$(PULUMI)" $(BIN)/pytest -q tests/scenarios/test_installed.py

# What is listed here can be made again. Stacks, sandbox data and whatever else is in .state cannot.
clean:
	@if [ -L $(VENV) ]; then rm $(VENV); elif [ -f $(VENV)/pyvenv.cfg ]; then rm -rf $(VENV); fi
	@rm -rf .state/mutants
	@rm -rf .state/torture
	@rm -rf dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find $(wildcard __pycache__ $(SOURCES)) -name __pycache__ -type d -prune -exec rm -rf {} +
	@[ -n "$$(find .state/demo -name '*.json' -path '*/.pulumi/stacks/*' ! -name demo.json 2> /dev/null)" ] || rm -rf .state/demo
	@rmdir .state 2> /dev/null || true
	@echo "clean: removed what can be made again: the virtual environment, caches, dist, the demo's own folder"
	@for left in $(VENV) .state/*; do [ ! -e "$$left" ] || echo "clean: left $$left, which nothing here can make again"; done
