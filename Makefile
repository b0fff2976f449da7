# Everything works in .venv; each target sets it up first, and reuses what is there.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "cannot make a virtual environment: Python >= 3.11 with its venv module is needed (Debian: apt install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { rm -rf .venv; echo "Python >= 3.11 is needed; name one with: make PYTHON=python3.11" >&2; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(awk '/^name = "uv"/ {getline; gsub(/version = |"/, ""); print "uv==" $$0}' uv.lock)"
	$(BIN)/uv sync --quiet --locked --all-extras
	@touch $@

.PHONY: setup
setup: $(READY) ## make the virtual environment .venv with everything in it

.PHONY: demo
demo: $(READY) ## watch sample events travel through a real worker to simulated vendors
	@$(BIN)/outhaul demo

.PHONY: test
test: $(READY) ## run the whole test suite
	@$(BIN)/pytest --numprocesses 2 --dist loadscope

.PHONY: lint
lint: $(READY) ## format, lint, types, layers, docstrings, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet config worker producers ops
	$(BIN)/deptry .

.PHONY: check
check: lint test ## what CI runs: lint and tests

.PHONY: format
format: $(READY) ## put the code into the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
