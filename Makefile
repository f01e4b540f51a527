# Thin verbs over the tools; `make` alone explains them.
MAKEFLAGS += --warn-undefined-variables --no-print-directory
.DEFAULT_GOAL := help
# Where it is set every process would compile the product anew: seconds each, minutes of the tests.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INSTALLED := .venv/.installed
BENCH := .venv-bench/bin
BENCHED := .venv-bench/.installed

.PHONY: help setup demo ui test test-slow prove soak bench bench-identity bench-metrics bench-delivery check lint types contracts sql audit format schema lock clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## Create the environment in .venv (other targets do it by themselves)

demo: $(INSTALLED) ## The main job, twice, against emulated tools: nothing leaves this machine
	@$(BIN)/revops demo

ui: $(INSTALLED) ## Dagster on the demo's data: lineage, runs, gate, plan
	@$(BIN)/revops ui --demo

test: $(INSTALLED) ## The tests
	@$(BIN)/pytest -m "not slow" -n logical --dist worksteal

test-slow: $(INSTALLED) ## The tests that take longer than ten seconds each
	@$(BIN)/pytest -m slow

prove: $(INSTALLED) ## Kill and mislead the delivery engine in thousands of seeded schedules (minutes)
	@$(BIN)/python -m tests.reverse_etl.proof

soak: $(INSTALLED) ## Hour after hour with changes, faults and kills; every invariant after each (ARGS=--help)
	@$(BIN)/python -m tests.soak $(ARGS)

bench: $(BENCHED) ## What landing costs, beside others on one server (minutes; see benchmarks/README.md)
	@$(BENCH)/python -m benchmarks

bench-identity: $(INSTALLED) ## Who is who on data with known truth, and at 1,000,000 records (minutes)
	@$(BIN)/python -m benchmarks.identity

bench-metrics: $(INSTALLED) ## What the metrics and the whole build cost at 1,000,000 people (half an hour)
	@$(BIN)/python -m benchmarks.modelling

bench-delivery: $(INSTALLED) ## What it costs to find what to write back, and to push it (an hour; --rows for less)
	@$(BIN)/python -m benchmarks.delivery_diff
	@$(BIN)/python -m benchmarks.delivery_push
	@$(BIN)/python -m benchmarks.delivery_noop

check: lint types contracts sql audit ## Lint, types, import contracts, SQL, advisories: all that CI checks beside tests

lint: $(INSTALLED) ## Lint and format check
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(INSTALLED) ## mypy, strict
	@$(BIN)/mypy

contracts: $(INSTALLED) ## Who may import whom
	@$(BIN)/lint-imports

audit: $(INSTALLED) ## Known advisories of what is pinned; says so where nobody can be asked
	@$(BIN)/python -m tests.audit

sql: $(INSTALLED) ## sqlfluff over the models
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

format: $(INSTALLED) ## Put Python and SQL in their final form
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/sqlfluff fix dbt_project/models dbt_project/tests

schema: $(INSTALLED) ## Write the schemas by which editors check a document, and the rules as dbt tests
	@$(BIN)/python -m reverse_etl.schema
	@$(BIN)/python -m orchestration.alerting.schema
	@$(BIN)/python -m quality.dbt_tests

lock: ## Resolve the versions anew (needs uv); no registry is named
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-strip-extras --quiet -o requirements.lock
	@uv pip compile benchmarks/requirements.in --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-strip-extras --quiet -o benchmarks/requirements.lock
	@echo pip | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --quiet -o requirements-pip.lock

clean: ## Remove the environment, caches and the demo; never a warehouse of your own
	@for home in .revops*; do if [ -f $$home/THIS_IS_A_DEMO ]; then rm -rf $$home; fi; done
	@rm -rf .venv .venv-bench dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache

$(INSTALLED): requirements.lock requirements-pip.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v < (3, 14) and f"Python 3.11 to 3.13 is needed, $(PYTHON) is {v[0]}.{v[1]}: set PYTHON=python3.12")'
	@echo "Creating the environment in .venv; this takes a minute or three, once."
	@$(PYTHON) -m venv .venv
	@# The pip that comes with Python 3.11 compares every pin with every other, for two minutes.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-pip.lock
	@# Python compiles what is used when it is used: of all that is installed that is a part.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BENCHED): requirements.lock benchmarks/requirements.lock
	@echo "Creating the benchmarks' environment in .venv-bench; this takes a minute or three, once."
	@$(PYTHON) -m venv .venv-bench
	@$(BENCH)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BENCH)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r benchmarks/requirements.lock
	@touch $@
