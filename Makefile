# Two commands do everything: `make demo` and `make test`. Both make a virtual environment in .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint clean adapters

demo: .venv/installed
	@echo
	$(BIN)/lepton-index build corpora/guide --out indexes/guide
	@for question in "Which command keeps an index fresh?" "How large may a file be?" "Who wrote the opera Carmen?"; do \
		echo; echo "\$$ lepton-search query indexes/guide \"$$question\" -k 3"; echo; \
		$(BIN)/lepton-search query indexes/guide "$$question" -k 3; test $$? -lt 2 || exit 1; \
	done

test: .venv/tested
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Each adapter in an environment of its own: what it adapts to brings much that nothing else needs.
adapters:
	for adapter in adapters/*/; do \
		made=build/$$adapter && $(PYTHON) -m venv $$made && \
		$$made/bin/python -m pip install --quiet --disable-pip-version-check . "./$${adapter}[test]" && \
		(cd $$adapter && $(CURDIR)/$$made/bin/python -m pytest) || exit 1; \
	done

clean:
	rm -rf .venv indexes/*/

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old, expected Python 3.11 or newer: make demo PYTHON=python3.11"; exit 1; }
	@echo "Making a virtual environment in .venv and installing into it; this takes a few minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@
