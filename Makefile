# Each target brings what it needs, and nothing is done twice.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
export UV_PYTHON_DOWNLOADS = never
BIN := .venv/bin
UV := .cache/uv/bin/uv
ARGS ?=
# A test that hangs ends with its worker, and shows where it hung.
NO_HANGING := -o faulthandler_timeout=400 -o faulthandler_exit_on_timeout=true
CRASHES ?= 500

.PHONY: help setup check test fuzz crash serve demo bench docs site lock clean

help: ## show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(UV): requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $@

.venv/run.stamp: requirements/run.lock pyproject.toml $(UV)
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) .venv
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/run.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	@touch $@

.venv/dev.stamp: requirements/dev.lock .venv/run.stamp
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

setup: .venv/dev.stamp ## make the environment for development

serve: .venv/run.stamp ## run the cloud; ARGS="--http-port 0 …" are handed on
	$(BIN)/cyan serve $(ARGS)

demo: .venv/run.stamp ## run the cloud with 20 pretend devices, and a tour
	$(BIN)/python tools/demo.py

check: .venv/dev.stamp ## style, types, and which room may import which
	$(BIN)/ruff check src tests bench tools
	$(BIN)/ruff format --check src tests bench tools
	$(BIN)/mypy
	$(BIN)/lint-imports

# For the tests of pages; without a browser they say that they are left out.
.cache/browser.stamp:
	@mkdir -p .cache
	@if [ -z "$$CYAN_CHROMIUM" ] && ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	fi || echo "No Chromium could be installed: tests in a browser are left out."
	@touch $@

test: .venv/dev.stamp .cache/browser.stamp ## all tests, and how much of each room they run
	rm -f .coverage .coverage.*
	$(BIN)/pytest -n auto -q --cov --cov-report= $(NO_HANGING) $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m tools.coverage_floors)

fuzz: .venv/dev.stamp ## look for examples that nobody thought of
	CYAN_FUZZ=1 $(BIN)/pytest -n auto -q tests/state_machines tests/protocol tests/api/test_openapi.py $(ARGS)

crash: .venv/dev.stamp ## kill -9 while claims run, CRASHES=500 times
	CYAN_CRASHES=$(CRASHES) $(BIN)/pytest -n auto -q tests/crash

bench: .venv/dev.stamp ## measure; tables here, JSON in bench/results
	$(BIN)/python -m bench.run $(ARGS)

docs: .venv/dev.stamp ## write docs/reference from the code
	$(BIN)/python -m tools.reference

site: docs $(UV) ## build the documentation as pages in site/
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .cache/docs
	$(UV) pip install --quiet --python .cache/docs/bin/python --require-hashes -r requirements/docs.lock
	.cache/docs/bin/mkdocs build --quiet --strict

lock: $(UV) ## renew the locks from pyproject.toml
	$(UV) lock --quiet
	$(UV) export --quiet --no-emit-project --no-emit-index-url --no-header --format requirements.txt --no-dev --group build -o requirements/run.lock
	$(UV) export --quiet --no-emit-project --no-emit-index-url --no-header --format requirements.txt --group dev --group build -o requirements/dev.lock
	$(UV) export --quiet --no-emit-project --no-emit-index-url --no-header --format requirements.txt --only-group docs -o requirements/docs.lock

clean: ## remove the environment, not the data
	rm -rf .venv .cache
