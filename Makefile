# Isnad. `make chat`, `make ask Q="…"` and `make test` do their own set-up: they need Python 3.11 or newer, git and make.
PYTHON ?= python3
STORE ?= .isnad
BIN := .venv/bin
UV := $(BIN)/uv
export UV_LINK_MODE = copy
# An empty word lets Python keep what it compiles; in a container that forbids it, every start takes twice as long.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help evals chat ask check test test-long lint format lock audit docs notebook bench bench-retrieval bench-answers bench-speed bench-rules bench-side bench-growth bench-dense clean

help:                      ## what there is to make
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

chat: .venv/ready          ## the page over articles/ in the browser; Ctrl-C ends it
	@$(BIN)/isnad index articles --store $(STORE) --quiet
	@$(BIN)/isnad chat --store $(STORE)

ask: .venv/ready           ## a cited answer from articles/: make ask Q="…"
	@$(BIN)/isnad index articles --store $(STORE) --quiet
	@$(BIN)/isnad ask --store $(STORE) -- "$(Q)"

check: lint               ## the linters and the tests that start nothing, within a minute
	$(BIN)/python -m pytest -n 2 -m "not long and not process"

test: .venv/ready-dev      ## the whole suite; the coverage of the tests that start no process
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || timeout 180 $(BIN)/playwright install chromium >/dev/null 2>&1 \
		|| echo "no browser here and none to be had: the tests of the page in a browser are skipped"
	$(BIN)/python -m pytest -n 2 -m "not long and not process" --cov --cov-report=
	@$(BIN)/coverage report --sort=cover | sed -n '1,12p;$$p'
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "process and not long"

test-long: .venv/ready-dev ## the long forms: hundreds of kills, soak, simulation
	$(BIN)/python -m pytest -m long

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready-dev
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

audit: .venv/ready-dev     ## known vulnerabilities of the pinned dependencies, asked of osv.dev (needs a network)
	@$(BIN)/python -m tests.advisories

docs: .venv/ready-dev      ## the guide and the reference as pages in site/, without a network
	$(BIN)/mkdocs build --strict --quiet
	@echo "open site/index.html"

notebook: .venv/ready-dev  ## run examples/quickstart.ipynb again and keep what it shows
	$(BIN)/jupyter execute --inplace examples/quickstart.ipynb

lock: $(UV)                ## resolve the pins anew: one file for every platform and every extra, with hashes
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --all-extras --group dev --group docs --group bench --upgrade pyproject.toml -o requirements.lock

evals: .venv/ready-dev     ## both baselines, offline: quotations, and the recorded replies of a model
	$(BIN)/isnad eval gate --engine extract
	$(BIN)/isnad eval gate --engine recorded --offline
	$(BIN)/isnad eval gate --engine extract --suite archive
	$(BIN)/isnad eval gate --engine recorded --offline --suite archive

bench: bench-retrieval bench-answers bench-speed bench-rules

bench-retrieval bench-answers bench-speed: bench-%: .venv/ready-dev
	$(BIN)/python -m tools.measure_$*

bench-rules: .venv/ready-dev
	$(BIN)/python -m tools.rules

bench-side: .venv/ready-dev ## Isnad beside llama-index and haystack, in one run
	$(BIN)/python -m tools.compare_stacks

bench-growth: .venv/ready-dev ## what one more article costs as the store grows
	$(BIN)/python -m tools.measure_growth

bench-dense: .venv/ready-dev ## search by words, by meaning and by both, within and across languages
	$(BIN)/python -m tools.measure_meaning

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Isnad needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==0.13.9

.venv/ready: pyproject.toml requirements.lock | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --constraint requirements.lock --editable .
	@touch $@

.venv/ready-dev: pyproject.toml requirements.lock | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --requirement requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@ .venv/ready

clean:
	rm -rf .venv .isnad
