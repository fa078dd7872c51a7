# make run: serve the page · make test: every test · make stress: the long ones · make lint
# Each makes the environment first, from the tested versions in constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test stress lint clean

run: $(VENV)/run.stamp
	$(BIN)/python app.py

test: $(VENV)/test.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

stress: $(VENV)/test.stamp
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m stress

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .

$(VENV)/run.stamp: requirements.txt constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt
	touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
