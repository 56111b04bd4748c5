# Every target sets up what it needs; a fresh clone and Python 3.11 or newer are enough.
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python
IMAGE ?=
PROMPT ?=
OUT ?= demo-output
DISCORD_PORT ?= 8090
RUNCOMFY_PORT ?= 8091
export DISCORD_PORT RUNCOMFY_PORT IMAGE PROMPT OUT

.DEFAULT_GOAL := help
.PHONY: help demo pictures test chaos scenes soak sandbox lint format words lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.ready: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.ready-dev: requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

demo: $(VENV)/.ready ## Animate a picture end to end against the stand-ins (IMAGE= PROMPT= OUT=)
	@$(RUN) -m sandbox demo

sandbox: $(VENV)/.ready ## Serve the page, both stand-ins and the bot until Ctrl-C
	@$(RUN) -m sandbox serve

pictures: $(VENV)/.ready-dev ## Take README's pictures of the page (needs Chromium)
	$(RUN) -m sandbox.pictures

test: $(VENV)/.ready-dev ## Every test
	$(RUN) -m pytest -n 2 --dist worksteal tests/unit
	$(RUN) -m pytest -n 4 --dist worksteal tests/integration tests/acceptance tests/chaos

chaos: export KILLS ?= 1000
chaos: export POST_KILLS ?= 200
chaos: export DELIVERY_KILLS ?= 200
chaos: export STOPS ?= 100
chaos: export SINGLES ?= 0
chaos: export PAIRS ?= 0
chaos: export REAL_SINGLES ?= 0
chaos: export EXAMPLES ?= 2000
chaos: export STEPS ?= 50
chaos: export FRESH ?= 1
chaos: export RACERS ?= 16
chaos: export TRIES ?= 100
chaos: export CANCELS ?= 1000
chaos: export PROCESSES ?= 4
chaos: export LIVE_JOBS ?= 200
chaos: export STORM ?= 1000
chaos: export FAULT_STORM_JOBS ?= 1000
chaos: export WAIT_FOR_DEATH ?= 1
chaos: export FROZEN_JOBS ?= 50
chaos: export FREEZES ?= 20
chaos: $(VENV)/.ready-dev ## Crashes, kills, races at full count (KILLS= POST_KILLS= PAIRS= ... SEED=)
	$(RUN) -m pytest -n 2 --dist worksteal tests/chaos \
		tests/integration/runcomfy/test_fault_storm.py

scenes: $(VENV)/.ready-dev ## Every disaster in every stage of a card, and 1,000 posts of each kind
	SCENES=all RUNS=1000 $(RUN) -m pytest -n 2 tests/acceptance/test_scenes.py \
		tests/acceptance/test_scenes_connection.py tests/acceptance/test_scenes_routes.py \
		tests/acceptance/test_scenes_crowd.py tests/integration/cogs

soak: scenes ## The long suites beside chaos, at full count

lint: $(VENV)/.ready-dev ## Lint, types and import contracts
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/basedpyright

format: $(VENV)/.ready-dev ## Format and sort
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

words: $(VENV)/.ready-dev ## Collect all texts into the catalogues in locales/
	$(RUN) -m babel.messages.frontend -q extract -F babel.cfg --no-default-keywords \
		-k N_ -k say -k plural:1,2 \
		--add-location=file --sort-by-file --width 100 --omit-header -o locales/hailuo.pot .
	$(RUN) -m babel.messages.frontend -q update -D hailuo -i locales/hailuo.pot -d locales \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 100

lock: ## Compile the requirements from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --quiet --custom-compile-command "make lock" \
		pyproject.toml -o requirements.txt
	uv pip compile --universal --generate-hashes --quiet --custom-compile-command "make lock" \
		pyproject.toml --extra postgres -o requirements-postgres.txt
	uv pip compile --universal --generate-hashes --quiet --custom-compile-command "make lock" \
		pyproject.toml --group dev --extra postgres -o requirements-dev.txt

clean: ## Remove what the targets made
	rm -rf $(VENV) demo-output .pytest_cache .ruff_cache .hypothesis .import_linter_cache
