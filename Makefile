# Two commands do all the set-up:
#   make demo    rehearses the bundled trial and serves it at http://127.0.0.1:8000
#   make test    runs every test
# Others: make check (lint, types, walls), make verify (the slow verification), make clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo
PORT ?= 8000

.PHONY: demo test check verify lock clean

demo: $(VENV)/runtime.done
	@$(BIN)/firstdose demo --out $(OUT) --port $(PORT)

test: $(VENV)/test.done check
	@tools/chromium.sh
	@$(BIN)/pytest -n 2 --dist worksteal -m "not slow" --cov --cov-report=term:skip-covered

check: $(VENV)/test.done
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

verify: test
	@$(BIN)/pytest -m slow

lock:
	@tools/lock.sh

clean:
	@rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

# The stamps are made last, so an interrupted set-up starts again.
$(VENV)/pip.done:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "firstdose needs Python 3.11 or later; $(PYTHON) is older. Name another one: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. Install it with: sudo apt-get install python3-venv"; exit 1; }
	@echo "making $(VENV)"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/runtime.done: $(VENV)/pip.done locks/runtime.lock pyproject.toml
	@echo "installing what firstdose needs, from locks/runtime.lock"
	@$(BIN)/pip --quiet --disable-pip-version-check install --require-hashes --no-deps -r locks/runtime.lock
	@$(BIN)/pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.done: $(VENV)/runtime.done locks/test.lock
	@echo "installing what the tests need, from locks/test.lock"
	@$(BIN)/pip --quiet --disable-pip-version-check install --require-hashes --no-deps -r locks/test.lock
	@touch $@
