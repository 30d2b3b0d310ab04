# Thin: every target is one command a newcomer could type.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup browser demo serve test check bench histories mutants vectors clean

help:
	@echo "make demo     sets up, and lives through seven months of 27 artisans"
	@echo "make serve    serves the registry that the demo left"
	@echo "make test     sets up, and runs the tests"
	@echo "make check    style, types, compose file, Dockerfile"
	@echo "make bench    measures: intake, the road, the device, staff's questions (minutes)"
	@echo "make histories FROM=300000 TO=316000   lives through many (hours; may be stopped, and goes on)"
	@echo "make mutants  takes each defence away and sees that somebody notices"

setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Canting needs Python 3.11 or newer: PYTHON=python3.12 make setup"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup
	$(BIN)/python -m demo

serve: setup
	$(BIN)/canting-server serve --home demo-home/registry

# The pages are tested in a real Chromium; CHROMIUM=/path/to/it where it is called otherwise.
browser:
	@test -n "$$CHROMIUM" || command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { sudo=$$(test $$(id -u) = 0 || echo sudo); $$sudo apt-get update -qq && $$sudo \
		apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } \
		|| { echo "The pages' tests need Chromium: install it, or set CHROMIUM"; exit 1; }

test: setup browser
	$(BIN)/pytest -n 2 --dist worksteal

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests demo
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/compose-lint docker-compose.yml
	$(BIN)/hadolint Dockerfile

bench: setup
	$(BIN)/python -m tests.bench

FROM ?= 300000
TO ?= 300500
JOBS ?= 2

histories: setup
	$(BIN)/python -m tests.simulation.run --from $(FROM) --to $(TO) --jobs $(JOBS)

mutants: setup
	$(BIN)/python -m tests.simulation.mutants

vectors: setup
	$(BIN)/python -m tests.vectors.make

clean:
	rm -rf .venv demo-home
