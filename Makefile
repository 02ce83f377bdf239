# Every target makes .venv itself from a clean clone; `make help` lists them.
# Tools are pinned, with hashes, in requirements/*.lock; `make lock` renews the pins.
# A lock is complete, so nothing is resolved anew (`--no-deps`): a newer release of what is pinned breaks nothing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
PYTEST_ARGS ?=
WORKERS ?= --numprocesses=auto --maxprocesses=8
FUZZ_MINUTES ?= 1
# Where the agents of tests/agents have their task: kimi-k2.6, kimi-k2.7-code, kimi-k3, raw-text.
CLIENT_MODELS ?= all
SERVE_ARGS ?=

# Recorded traffic for tests/conformance; those tests skip where it is not there.
MOONWIRE_CONFORMANCE_DATA ?= ../shared/data
test fuzz bench: export MOONWIRE_CONFORMANCE_DATA := $(MOONWIRE_CONFORMANCE_DATA)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := $(wildcard src tests bench)

.PHONY: help serve test test-clients live check bench docs fuzz lock clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/make \1|\2/p' Makefile | while IFS='|' read -r name what; do
		printf '%-17s %s\n' "$$name" "$$what"
	done

# -- the environment: one stamp for each thing that can change ---------------------------------

$(VENV)/.stamp-venv:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
		echo "moonwire needs Python 3.11 or newer; $(PYTHON) is: $$("$(PYTHON)" --version 2>&1 || true)" >&2
		echo "Name another one: make test PYTHON=python3.12" >&2
		exit 1
	}
	"$(PYTHON)" -m venv --clear $(VENV)
	touch $@

$(VENV)/.stamp-test: requirements/test.lock $(VENV)/.stamp-venv
	@$(PIP) install --no-deps --require-hashes -r requirements/test.lock
	touch $@

$(VENV)/.stamp-check: requirements/check.lock $(VENV)/.stamp-test
	@$(PIP) install --no-deps --require-hashes -r requirements/check.lock
	touch $@

$(VENV)/.stamp-docs: requirements/docs.lock $(VENV)/.stamp-test
	@$(PIP) install --no-deps --require-hashes -r requirements/docs.lock
	touch $@

$(VENV)/.stamp-moonwire: pyproject.toml src/moonwire/_version.py $(VENV)/.stamp-test
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	touch $@

# -- what people run ---------------------------------------------------------------------------

test: $(VENV)/.stamp-moonwire ## run the tests, and hold core and wire at 100 % branch coverage
	@$(BIN)/python -m pytest $(WORKERS) --cov --cov-report= $(PYTEST_ARGS)
	if [ -z "$(PYTEST_ARGS)" ]; then
		$(BIN)/python -m coverage report --fail-under=100 --include='src/moonwire/core/*,src/moonwire/wire/*'
	fi

test-clients: $(VENV)/.stamp-moonwire ## Claude Code, Codex CLI, Kimi Code and opencode against the gateway (fetches about 500 MB once; CLIENT_MODELS="kimi-k3")
	@$(BIN)/python -m tests.agents.install
	MOONWIRE_CLIENT_MODELS="$(CLIENT_MODELS)" $(BIN)/python -m pytest tests/agents $(WORKERS) $(PYTEST_ARGS)

live: $(VENV)/.stamp-moonwire ## two tool rounds with each model of the real platform (needs MOONSHOT_API_KEY; costs a little)
	@MOONWIRE_LIVE=1 $(BIN)/python -m pytest tests/live $(PYTEST_ARGS)

check: $(VENV)/.stamp-moonwire $(VENV)/.stamp-check ## lint, format, types, import contracts
	@$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/basedpyright
	$(BIN)/lint-imports

bench: $(VENV)/.stamp-moonwire ## measure, side by side with the peers installed (BENCH_QUICK=1: only that it runs)
	@shopt -s nullglob
	programs=(bench/[a-z]*.py)
	[ $${#programs[@]} -gt 0 ] || { echo "There is nothing in bench/ to run yet." >&2; exit 2; }
	for program in "$${programs[@]}"; do $(BIN)/python "$$program"; done

docs: $(VENV)/.stamp-moonwire $(VENV)/.stamp-docs ## write the generated parts of docs/ anew, and build the site
	@$(BIN)/python -m tests.contract.matrix --write docs/raw-text.md
	$(BIN)/python -m tests.gateway.incidents.page --write docs/incidents.md
	$(BIN)/python -m tests.house.generated --write docs/healing.md docs/faults.md docs/simulator.md docs/gateway.md docs/gateway-config.md docs/client.md docs/en/environment.md docs/zh/environment.md docs/agents/*.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --clean

fuzz: $(VENV)/.stamp-moonwire ## run tests/fuzz and the laws of planning in rounds of new random input for FUZZ_MINUTES (default 1)
	@[ -d tests/fuzz ] || { echo "There is no tests/fuzz yet." >&2; exit 2; }
	rounds=0 end=$$($(BIN)/python -c "print(int(60 * $(FUZZ_MINUTES)))")
	while [ $$SECONDS -lt $$end ]; do
		HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest --quiet $(WORKERS) tests/fuzz tests/core/test_plan.py
		rounds=$$((rounds + 1))
	done
	echo "fuzz: $$rounds rounds in $$SECONDS seconds, no finding"

serve: $(VENV)/.stamp-moonwire ## run the gateway, on the simulator if no key is set; SERVE_ARGS="--port 9000" for flags
	@exec $(BIN)/moonwire serve $(SERVE_ARGS)

# -- upkeep ------------------------------------------------------------------------------------

# Locks hold versions and hashes and no index, so that every mirror serves them alike.
COMPILE := $(VENV)/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate

lock: $(VENV)/.stamp-venv ## renew requirements/*.lock from pyproject.toml
	@[ -x $(VENV)/lock/bin/uv ] || "$(PYTHON)" -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install 'uv>=0.8'
	$(COMPILE) pyproject.toml --group test --output-file requirements/test.lock
	$(COMPILE) --group pyproject.toml:check --constraint requirements/test.lock \
		--output-file requirements/check.lock
	$(COMPILE) --group pyproject.toml:docs --constraint requirements/test.lock \
		--output-file requirements/docs.lock

clean: ## remove .venv, caches and what the tools left behind
	@rm -rf $(VENV) build dist site .coverage .coverage.* htmlcov .hypothesis .pytest_cache .ruff_cache .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
