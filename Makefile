# Wraps the tools; what they do is in pyproject.toml, web/package.json and the klear command.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
POSTGRES15 ?= /usr/lib/postgresql/15
CHROMIUM ?= /usr/bin/chromium
export CHROMIUM
PYTEST := $(BIN)/pytest
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
PACKAGES := protocol persistence hub services rooms media signalling api klear loadtests

# Two checks at a time, each one's output in one piece where this make can do that.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# Suites that need root run when we are root; either way their number is printed.
ifeq ($(shell id -u),0)
ROOT_SUITES := included
CHOSEN := not long
else
ROOT_SUITES := left out, because this is not root
CHOSEN := not long and not root
endif

.PHONY: help run test test-long lint types layers unit integration postgres15 journeys web-test lock clean
.PHONY: system count-root

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run web/node_modules/.built ## Start everything, with demonstration data
	@exec $(BIN)/klear demo

test: system ## Everything, as CI runs it
	@$(MAKE) --no-print-directory -j2 $(SYNC) lint types layers web-test postgres15
	@$(MAKE) --no-print-directory count-root
	@$(PYTEST) -q -m '$(CHOSEN)' --cov --cov-report=term-missing:skip-covered --durations=10

test-long: $(VENV)/.dev web/node_modules/.built ## Minutes of races, soaks and faults
	@$(PYTEST) -m long

lint: $(VENV)/.dev ## Format and rules (ruff)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.dev ## Types (mypy, strict)
	@$(BIN)/mypy

layers: $(VENV)/.dev ## Who may import whom (import-linter)
	@$(BIN)/lint-imports --no-logo 2>&1

unit: $(VENV)/.dev ## Tests without a database or a browser
	@$(PYTEST) -q -m 'not integration and not journey and $(CHOSEN)'

integration: $(VENV)/.dev ## Tests on the embedded Postgres
	@$(PYTEST) -q -m 'integration and not journey and $(CHOSEN)'

postgres15: system $(VENV)/.dev ## The same tests on Debian's Postgres 15
	@echo "Integration suite on $(POSTGRES15):"
	@$(BIN)/python tests/with_postgres.py $(POSTGRES15) $(PYTEST) -q --ignore=tests/klear \
		-m 'integration and not journey and not long and not root'

journeys: system $(VENV)/.dev web/node_modules/.built ## Whole system, real browser
	@$(PYTEST) -m 'journey and not long'

web-test: web/node_modules/.installed web/node_modules/.built ## The web app: lint, types, tests
	@cd web && npm run --silent lint && npm run --silent typecheck && npm run --silent test

lock: ## Write the locks anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: $(PYTHON) -m pip install uv" >&2; exit 1; }
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra build --extra dev pyproject.toml -o requirements-dev.lock
	cd web && npm install --package-lock-only

clean: ## Remove what was built and installed; .data stays
	rm -rf $(VENV) web/node_modules web/dist web/.tsbuild .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf .hypothesis .coverage .coverage.* test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what is installed, each once, until its inputs change ---------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older. Set PYTHON=..." >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

# A development environment can run the program too: whichever stamp is there and new enough will do.
$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@if [ -f $(VENV)/.dev ] && [ $(VENV)/.dev -nt requirements.lock ] && [ $(VENV)/.dev -nt pyproject.toml ]; then :; else \
		echo "Installing Python packages ..." && \
		$(INSTALL) --require-hashes -r requirements.lock && \
		$(INSTALL) --no-deps --no-build-isolation -e . ; fi
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing Python packages and development tools ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

web/node_modules/.installed: web/package-lock.json web/package.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || \
		{ echo "Node 20.19 or newer is needed." >&2; exit 1; }
	@echo "Installing the web app's packages ..."
	@cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

web/node_modules/.built: web/node_modules/.installed $(WEB_SOURCES)
	@echo "Building the web app ..."
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@

# --- what the tests need of the system ----------------------------------------------------------

system: ## Install what the tests need of the system, or say what is missing
	@missing=""; \
	[ -x $(CHROMIUM) ] || missing="$$missing chromium"; \
	[ -x $(POSTGRES15)/bin/postgres ] || missing="$$missing postgresql-15"; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$missing ..."; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
		echo "The tests need:$$missing" >&2; \
		echo "On Debian 12: sudo apt-get install$$missing" >&2; \
		echo "Elsewhere: make test CHROMIUM=/path/to/chromium POSTGRES15=/path/with/bin/postgres" >&2; \
		exit 1; \
	fi

count-root: $(VENV)/.dev
	@echo "Suites that need root: $$($(PYTEST) --collect-only -q -m root 2>/dev/null | grep -c '::') tests, $(ROOT_SUITES)."
