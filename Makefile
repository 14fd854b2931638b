# All commands of the platform. Python 3.11 or newer and make are all that must be there.
PYTHON ?= python3
BIN := .venv/bin
CLUSTER ?=
OBSERVED ?=
FILES := --file infra/compose.yaml $(if $(CLUSTER),--file infra/compose.cluster.yaml)
OBSERVATION := COMPOSE_PROFILES=observation,dashboards B40_OTLP_ENDPOINT=https://collector:4318/v1/traces
STACK := $(if $(OBSERVED),$(OBSERVATION)) docker compose $(FILES)
PACKAGES := contracts services/chassis services/registry services/events services/solidarity services/notify infra
IMAGES := services/registry services/events services/solidarity services/notify infra
PROJECTS := $(PACKAGES:%=%/pyproject.toml)
READY := .venv/.ready
ARGUMENTS ?=
COMPILE := uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
  --prerelease if-necessary-or-explicit --no-emit-package b40-contracts --no-emit-package b40-chassis

.DEFAULT_GOAL := help
.PHONY: help season up test stack-up stack-down stack-test mutants chaos bench bench-solidarity lint types contracts observation lock licences audit prepare clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

season: prepare ## Run the real season of 2022 through the whole platform and print what came out
	@$(BIN)/b40 season $(ARGUMENTS)

up: prepare ## Run the platform on this machine until Ctrl-C
	@$(BIN)/b40 up $(ARGUMENTS)

test: prepare ## Run all tests on a real Kafka and a real PostgreSQL (ARGUMENTS="tests/registry -k …" narrows)
	@$(BIN)/pytest $(ARGUMENTS)

mutants: prepare ## Make deliberate mistakes in the chassis and show that its tests notice (ARGUMENTS="inbox" narrows)
	@$(BIN)/python -m tests.mutants $(ARGUMENTS)

chaos: prepare ## Let random faults strike copies, PostgreSQL and Kafka (SEED= SECONDS= FAULTS= COPIES= RATE=)
	@$(BIN)/python -m tests.chaos

bench: prepare ## Measure the pipeline beside its peers in one run (ARGUMENTS="pipeline --rounds 1" narrows)
	@$(BIN)/python -m tests.benchmarks $(ARGUMENTS)

bench-solidarity: prepare ## Replay five years of Pay It Forward (ARGUMENTS="--share 0.02" less of each day; "peak" its first hours)
	@$(BIN)/python -m tests.benchmarks.solidarity $(ARGUMENTS)

stack-up: ## Build the images and start the platform as containers; returns when it is healthy (CLUSTER=yes: all of it twice; OBSERVED=yes: and what watches it)
	@$(STACK) up --build --detach --wait

stack-down: ## Stop the containers; what they keep stays (ARGUMENTS=--volumes deletes it, secrets included)
	@$(STACK) --profile '*' down $(ARGUMENTS)

stack-test: prepare ## Test the containers from outside, on a stack of its own (CLUSTER=yes: what a cluster outlives)
	@$(BIN)/pytest --override-ini python_files='$(if $(CLUSTER),cluster.py,journeys.py observing.py)' tests/stack $(ARGUMENTS)

lint: $(READY) ## Check style, form and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(READY) ## Check types
	@$(BIN)/mypy

contracts: $(READY) ## Derive JSON Schemas and AsyncAPI from the catalogue
	@$(BIN)/python -m b40_contracts.generate $(ARGUMENTS)

observation: $(READY) ## Derive what Prometheus and Grafana read from the catalogues
	@$(BIN)/b40 observation generate $(ARGUMENTS)

prepare: $(READY) ## Make the environment and fetch what the platform runs on (the only step that needs a network)
	@$(BIN)/b40 prepare

lock: ## Choose versions anew and write requirements.lock, and of these what each image holds (needs uv)
	@$(COMPILE) $(PROJECTS) --all-extras --group pyproject.toml:build --group pyproject.toml:dev -o requirements.lock
	@for image in $(IMAGES); do $(COMPILE) -c requirements.lock $$image/pyproject.toml -o $$image/requirements.lock; done
	@$(COMPILE) -c requirements.lock --group pyproject.toml:build --group pyproject.toml:image -o infra/images/build.lock
	@$(COMPILE) --group pyproject.toml:audit -o tests/supply/audit.lock

licences: prepare ## Write LICENCES.md: under which licence all stands that is used
	@$(BIN)/python -m tests.supply.licences

audit: $(READY) ## Ask what is known against the packages of the locks (needs a network, and fails without)
	@$(BIN)/python -m venv --clear .venv/audit
	@.venv/audit/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r tests/supply/audit.lock
	@$(BIN)/python -m tests.supply.audit .venv/audit/bin/pip-audit

clean: ## Remove the environment, all data of runs and all that tools left (not backups, not the cache of downloads)
	@test ! -d .b40 || find .b40 -mindepth 1 -maxdepth 1 ! -name backups -exec rm -rf {} +
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again when a version or a package's list of needs changed, or when it was interrupted (the last line marks it whole).
$(READY): requirements.lock $(PROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than 3.11, or missing: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo "Environment (.venv): packages of requirements.lock, hashes checked"
	@rm -f .venv/.failed
	@{ $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock || touch .venv/.failed; } \
	  | awk '/^(Collecting|Requirement)/ { printf "."; fflush() } /^Installing/ { printf " installing"; fflush() } END { print "" }'
	@test ! -e .venv/.failed
	@echo "Environment (.venv): packages of this repository"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@touch $(READY)
