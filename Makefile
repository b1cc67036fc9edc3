# Every target sets up what it needs: Python 3.11.4 or newer, git and make are enough.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 4566
ENVIRONMENT ?= dev
CORES ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() or 1)')
# One more than cores: deployments wait for the command line's next look half of the time. Each takes up to 2 GiB.
WORKERS ?= $(shell $(PYTHON) -c 'import os; memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"); \
  print(max(1, min(1 + (os.cpu_count() or 1), memory // 2**31)))')
SPREAD := --dist loadfile --no-loadscope-reorder
UV_VERSION := 0.13.8

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
# ONNX Runtime reports its use to Microsoft unless told otherwise.
export ORT_DISABLE_TELEMETRY := 1
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
# Where it is set, each of many short processes compiles all that it imports again: the tests take half as long again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- tools ---------------------------------------------------------------------------------------------------------

.venv/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4))' || { \
	  echo "Python 3.11.4 or newer is needed and \`$(PYTHON)\` is not one: make PYTHON=/path/to/python3.11 …" >&2; exit 2; }
	@echo "→ creating .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: .venv/.uv pyproject.toml requirements.txt slipway/serving/requirements.txt constraints.txt constructs/pyproject.toml
	@echo "→ installing the Python packages that the app runs on"
	@uv pip install --quiet -r requirements.txt -c constraints.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "→ installing the Python packages for tests and training"
	@uv pip install --quiet -r requirements-dev.txt -c constraints.txt
	@# Python compiles what it imports; many test processes would each begin with all of it.
	@python -c 'import slipway.emulator.server.server, slipway.cli.main, stacks.application'
	@touch $@

node_modules/.cdk: package-lock.json .venv/.run
	@echo "→ installing the CDK command line"
	@npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: tools
tools: .venv/.run node_modules/.cdk

.PHONY: setup
setup: tools .venv/.dev ## Install every tool, for tests and training too

.PHONY: hooks
hooks: setup ## Check lint before each commit and types before each push, by git hooks
	pre-commit install

.PHONY: lock
lock: .venv/.uv ## Pin the indirect dependencies anew, after an edit of a requirements file
	uv pip compile --quiet --universal --python-version 3.11.4 --no-emit-package inference-constructs --no-emit-package slipway --no-annotate --no-header \
	  --custom-compile-command 'make lock' requirements-dev.txt -o constraints.txt
	uv pip compile --quiet --universal --generate-hashes --no-annotate --custom-compile-command 'make lock' \
	  slipway/serving/requirements.txt -c constraints.txt -o slipway/serving/requirements.lock

# --- embedded AWS ---------------------------------------------------------------------------------------------------

.PHONY: demo
demo: tools ## Deploy a model to the embedded AWS, predict with it, and clean up: no account, no Docker
	@slipway demo

.PHONY: up
up: tools ## Start the embedded AWS on PORT (4566), deploy the environment `local`, keep both running
	@slipway up --port $(PORT)

.PHONY: status
status: tools ## Show what runs on the embedded AWS
	@slipway status

.PHONY: down
down: tools ## Stop the embedded AWS and everything on it
	@slipway down

# --- deployments ---------------------------------------------------------------------------------------------------

.PHONY: preflight
preflight: tools ## Tell what a deployment of ENVIRONMENT will do, and refuse what SageMaker would refuse half-way
	@cdk synth --quiet --context environments=$(ENVIRONMENT)
	@slipway preflight $(ENVIRONMENT)

.PHONY: verify
verify: tools ## After a deployment of ENVIRONMENT: is it live, and does it answer as its golden samples expect?
	@slipway check $(ENVIRONMENT)

# --- templates -----------------------------------------------------------------------------------------------------

.PHONY: synth
synth: tools ## Write every environment's templates into cdk.out/, checked by the security rules
	cdk synth --quiet

.PHONY: snapshots
snapshots: setup ## Write the template snapshots and the JSON Schemas anew, after a wanted change
	python -m inference_constructs.config.yaml.json_schema docs/schema
	pytest -q --snapshot-update tests/snapshots
	@git status --short docs/schema tests/snapshots

.PHONY: mutations
mutations: setup ## Load NUMBER (3000) projects with values changed by chance: each is accepted or refused in sentences
	python -m tests.unit.config.rules.mutated_projects --number $(or $(NUMBER),3000) --syntheses $(or $(SYNTHESES),0)

.PHONY: diff-env
diff-env: tools ## In what do two environments differ? A=staging B=prod
	@slipway diff-env $(A) $(B)

.PHONY: diff-templates
diff-templates: .venv/.dev ## What changes in the snapshots since BASE (main), and what of it is more permissive? OUTPUT=file
	@slipway diff-templates --git $(or $(BASE),main) $(if $(OUTPUT),--output $(OUTPUT))

# --- checks --------------------------------------------------------------------------------------------------------

.PHONY: check lint types
check: test-all ## What a pull request gets: every test, and what changes in the templates since BASE (main)
	@$(MAKE) diff-templates

lint: setup
	ruff check .
	ruff format --check .
	lint-imports --no-logo

types: setup
	mypy
	@for script in model_artifacts/*/train.py; do mypy $$script; done  # each a program: their names are all the same

.PHONY: test test-all fast end-to-end test-loaded coverage
test: lint ## Lint, types, every test that deploys nothing, and one deployment of both backends
	@$(MAKE) --jobs=2 types fast

test-all: test ## The same, and then the end-to-end tests
	@$(MAKE) end-to-end

fast: setup ## Of these, the tests
	pytest -n $(CORES) $(SPREAD) -m 'not end_to_end'

end-to-end: setup ## The tests that deploy to the embedded AWS; SELECT='not updates' runs some of them
	pytest -n $(WORKERS) $(SPREAD) -m end_to_end $(if $(SELECT),-k '$(SELECT)')

test-loaded: setup ## Every test beside four programs that keep the cores busy, for an hour at most
	@busy=(); trap 'kill "$${busy[@]}"' EXIT; \
	for _ in 1 2 3 4; do \
	  python -c 'import time; end = time.monotonic() + 3600'$$'\n''while time.monotonic() < end: pass' & busy+=($$!); \
	done; \
	pytest -n $(CORES) $(SPREAD) --timeout 1200

coverage: setup ## How much of the code the tests run that deploy nothing
	pytest -n $(CORES) $(SPREAD) -m 'not end_to_end and not smoke' --cov --cov-report=term:skip-covered

.PHONY: clean
clean: ## Remove what can be made again
	@[ ! -d .local ] || [ ! -x .venv/bin/slipway ] || .venv/bin/slipway down
	rm -rf .local cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage node_modules .venv
