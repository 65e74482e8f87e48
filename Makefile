# Everything a fresh clone needs: Python 3.11 or newer, make and a package index.
# `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
BENCH := .bench-env
RELEASE := .release-env

# The first interpreter that is new enough; choose another with `make PYTHON=... run`.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	{ echo $$p; break; }; done)
NO_PYTHON = no Python 3.11 or newer found: install one, or name it: make PYTHON=...
NO_VENV = could not make $(VENV): is the venv module installed (python3-venv on Debian)?

# Two test workers on two cores: more BLAS threads would only fight over them.
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help run dev test test-all lint types fix bench fuzz recipes branches truth truth-short lock audit sbom release-check wheelhouse recompile clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/.runtime ## run the bundled case and write its brief
	$(BIN)/spillover run iraq-2024

dev: $(VENV)/.dev ## make the environment for development

test: $(VENV)/.dev ## the tests of every commit
	$(PYTEST) -m "not slow and not nightly"

test-all: $(VENV)/.dev ## these and the slow ones
	$(PYTEST) -m "not nightly"

lint: $(VENV)/.dev ## style, layers, spelling, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/mypy

types: $(VENV)/.dev ## types alone
	$(BIN)/mypy

fix: $(VENV)/.dev ## mend what a tool can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/codespell --write-changes

bench: $(VENV)/.dev $(BENCH)/.ready ## simulating, levers, fitting, importing, the desk; ours and the peers'
	$(BIN)/python -m benchmarks.bench
	$(BIN)/python -m benchmarks.levers
	$(BIN)/python -m benchmarks.import_rows
	$(BIN)/python -m benchmarks.desk --runs 20

fuzz: $(VENV)/.dev ## spoilt input for every reader; MINUTES=n, goes on where it stopped
	$(BIN)/python -m tests.fuzz.campaign --minutes $(or $(MINUTES),20)

recipes: $(VENV)/.dev ## docs/cluster.md on a real SLURM and SSH server; needs root and their packages
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'paramiko>=3,<6'
	$(BIN)/python -m pytest tests/cluster/test_recipes.py -m nightly

branches: $(VENV)/.dev ## branches of the parsers that tests and fuzzing reach
	$(BIN)/python -m benchmarks.branches

truth: $(VENV)/.dev ## measure every number of the docs anew (hours); ONLY="name name" some
	$(BIN)/python -m truth $(if $(ONLY),--only $(ONLY))

truth-short: $(VENV)/.dev ## the laws alone, with fresh numbers; SEED=n repeats one
	$(BIN)/python -m truth --short $(if $(SEED),--seed $(SEED))

lock: $(RELEASE)/.ready ## the newest versions within the bounds, with digests, to locks/
	$(RELEASE)/bin/python scripts/lock.py

audit: $(RELEASE)/.ready ## known weaknesses in the locked packages; needs the network
	$(RELEASE)/bin/python scripts/audit.py

sbom: $(VENV)/.runtime $(RELEASE)/.ready ## the parts of this environment, CycloneDX, to dist/sbom.json
	mkdir -p dist
	$(RELEASE)/bin/python -m cyclonedx_py environment --output-reproducible --output-file dist/sbom.json $(BIN)/python

release-check: $(RELEASE)/.ready ## wheel and sdist in clean environments, tests on the installed wheel
	$(RELEASE)/bin/python scripts/release_check.py

wheelhouse: $(RELEASE)/.ready ## everything to install offline, to dist/wheelhouse; FOR="linux windows"
	$(RELEASE)/bin/python scripts/wheelhouse.py dist/wheelhouse $(if $(FOR),--for $(FOR))

recompile: ## forget compiled code: after an edit in engine/
	find src \( -name '*.nbi' -o -name '*.nbc' \) -delete
	$(BIN)/python -c "import shutil; from spillover.places import compiled_folder; shutil.rmtree(compiled_folder(), ignore_errors=True)"

clean: ## remove environments and caches
	rm -rf $(VENV) $(BENCH) $(RELEASE) build dist htmlcov .coverage .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(if $(PYTHON),,$(error $(NO_PYTHON)))
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(NO_VENV)" >&2; exit 1; }

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bayes]'
	@touch $(VENV)/.runtime $@

$(BENCH)/.ready: benchmarks/requirements.txt
	$(if $(PYTHON),,$(error $(NO_PYTHON)))
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(RELEASE)/.ready: scripts/requirements.txt
	$(if $(PYTHON),,$(error $(NO_PYTHON)))
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
