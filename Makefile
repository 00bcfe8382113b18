# Everything runs in .venv/ of the checkout, made on demand from the pinned constraints.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench format clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO := .demo
BENCHMARKS := embedding_throughput pipeline first_answer incremental query_latency approximate_index \
	disk_growth crash_safety daemon daemon_load models generation

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found on PATH." >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing codeassistd and what it needs into .venv/ (a minute or two, once) ..."
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	@echo "Installing the development tools ..."
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

# llama.cpp, compiled for this machine without what we don't use. pip keeps what it compiled for the next time.
LLAMA_OPTIONS := -DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama_cpp_INCLUDE=$(CURDIR)/.ci/llama.cmake

.venv/.llama: .ci/llama.cmake | .venv/.dev
	@echo "Installing llama.cpp, which is compiled the first time (two to six minutes) ..."
	CMAKE_ARGS="$(LLAMA_OPTIONS) $$CMAKE_ARGS" $(PIP) install --constraint constraints.txt --editable '.[llama]'
	@touch $@

# The editors themselves, for the tests of their clients and set-ups; as packages that there are for Linux.
EDITORS := editor-clients/neovim/tests/install.sh tests/editor_clients/emacs/install.sh \
	editor-clients/vscode/tests/install.sh

.venv/.editors: $(EDITORS) $(wildcard editor-clients/vscode/tests/*.*) editor-clients/vscode/package-lock.json \
	| .venv/.dev
	@if [ "$$(uname -s)" = Linux ]; then for script in $(EDITORS); do sh $$script || exit 1; done; fi
	@touch $@

demo: .venv/.runtime ## Index real code (parts of Python's standard library) and search it
	@$(BIN)/python benchmarks/demo.py $(DEMO)

# Tests in a window, as a person uses it: one at a time, for there is one window for all of them.
WINDOW_TESTS := tests/editor_clients/vscode/window

test: .venv/.dev .venv/.llama .venv/.editors ## Run the linters, the type checker and every test, and print coverage
	@$(MAKE) --no-print-directory lint
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest --ignore=$(WINDOW_TESTS) --numprocesses=2 --dist=worksteal \
		--cov --cov-report=term --cov-fail-under=90
	$(BIN)/python -m pytest --no-cov $(WINDOW_TESTS)

lint: .venv/.dev ## Run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.dev .venv/.llama ## Run the short form of every benchmark
	@for script in $(BENCHMARKS) retrieval/run; do \
		echo "== benchmarks/$$script.py"; $(BIN)/python benchmarks/$$script.py --short || exit 1; done

format: .venv/.dev ## Rewrite the sources as ruff wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environment and everything the demo made
	rm -rf .venv $(DEMO) build dist *.egg-info editor-clients/vscode/node_modules editor-clients/vscode/dist
