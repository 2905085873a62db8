# Two commands on a fresh machine: `make demo` and `make test`. Everything lives in .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LOCK := $(BIN)/uv pip compile -q pyproject.toml --universal --fork-strategy fewest --no-strip-extras --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
# Modules compiled once at set-up make every later command three times faster to start.
unexport PYTHONDONTWRITEBYTECODE
# Both cores for types, which matters where nothing is kept from a run before.
export MYPY_NUM_WORKERS := 2

.PHONY: help setup lock demo test check coverage docs picture bench bench-full soak live-check clean

help: ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## .venv with the locked versions, compile caches warmed

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if v >= (3, 11) else f"Python {v[0]}.{v[1]} is too old: 3.11 or newer is needed; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q screener strategies .venv/lib/python3.*/site-packages/vectorbt || true
	$(BIN)/python -m screener.backtest.warm
	@touch $(READY)

lock: $(READY) ## the lock files anew, hashes for every platform and Python (seconds; network)
	@$(LOCK) --extra dev -o requirements.lock
	@$(LOCK) --extra ray -c requirements.lock -o requirements-ray.lock
	@$(LOCK) --extra ocr -c requirements.lock -o requirements-ocr.lock

demo: $(READY) ## the main job, offline, on a SYNTHETIC market
	@$(BIN)/screener demo

test: check ## make check, then the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY) ## ruff, mypy --strict, dead names, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/vulture
	@$(BIN)/lint-imports

coverage: $(READY) ## the tests once more, counting the branches of the thinking side
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term-missing

docs: $(READY) ## the site of docs/site in site/, Chinese and English, every warning an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

picture: $(READY) ## docs/architecture.svg from the import graph, docs/page*.png in Chromium, docs/workbook*.png in LibreOffice
	@$(BIN)/python docs/draw_architecture.py
	@$(BIN)/python docs/draw_page.py
	@$(BIN)/python docs/draw_workbook.py

bench: $(READY) ## ratios of design targets, measured in one run (six minutes; a market is made once, into a cache folder)
	@$(BIN)/python tests/bench/bench.py

bench-full: $(READY) ## the same with the rows of a whole market that take minutes
	@$(BIN)/python tests/bench/bench.py --full

soak: $(READY) ## tests marked long, all examples of what is drawn, fifty kills of a fetch, each run again and compared; thousands of corrupted files; hundreds of stores of odd rows
	@SCREENER_LONG=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "long or hypothesis" --ignore tests/fuzz --ignore tests/commands/test_fetch_kills.py
	@SCREENER_LONG=1 SCREENER_KILLS=50 $(BIN)/python -m pytest --timeout 1800 tests/commands/test_fetch_kills.py
	@SCREENER_STORES=5 $(BIN)/python -m pytest --timeout 1800 tests/commands/test_followed.py
	@SCREENER_TYPED=1 $(BIN)/python -m pytest tests/test_packaging.py -k type_checked
	@SCREENER_LONG=1 SCREENER_FUZZ=5000 SCREENER_EXAMPLES=300 $(BIN)/python -m pytest --timeout 7200 -s tests/fuzz

live-check: $(READY) ## asks every provider for a little (network; minutes; never fails)
	@$(BIN)/python -m tests.live_check

clean: ## removes .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache
