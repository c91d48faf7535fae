# make demo [FILE=path]   run the demonstration: upload and download through a proxy, with measurements
# make test               everything that must hold: ruff, mypy, the tests, the comparison with Node
# make compliance [PROGRAMS=n] [SEED=n]   the comparison with Node, with n random programs of each family
# make node-suite TESTS=folder [ONLY=glob]   run Node's own tests of these modules on this library
# make coverage           which branches of nodestream the tests and the programs reach; less than 95% is an error
# make bench [ARGS=...]   this library beside Node and its peers: bench/RESULTS.md; bench/README.md tells the arguments
# make clean              remove what these made

PYTHON ?= python3
FILE ?=
SEED ?= 24
PROGRAMS ?= 2000
TESTS ?=
ONLY ?=
ARGS ?=

BIN := .venv/bin
# What parses HTTP: the tests run with llhttp, and these once more with h11. (The tests of parsing/ run on both anyway.)
PARSING_TESTS := tests/nodehttp $(addprefix --ignore=tests/nodehttp/,net parsing tls)
PARSING_AREAS := $(basename $(notdir $(wildcard compliance/scenarios/http*.py))) wire
BENCH := .venv-bench/bin
METADATA := setup.cfg pyproject.toml

.PHONY: demo test lint types unit compliance coverage node-suite bench clean

demo: .venv/installed
	$(BIN)/python -m nodehttp demo $(FILE)

test: lint types unit compliance

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

unit: .venv/installed-dev
	$(BIN)/python -m pytest -q
	NODEHTTP_PARSER=h11 $(BIN)/python -m pytest -q $(PARSING_TESTS)

compliance: .venv/installed-dev
	$(BIN)/python -m compliance --programs $(PROGRAMS) --seed $(SEED)
	NODEHTTP_PARSER=h11 $(BIN)/python -m compliance $(PARSING_AREAS) --programs $(PROGRAMS) --seed $(SEED)

coverage: .venv/installed-dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q tests/nodestream
	$(BIN)/coverage run -m compliance --programs $(PROGRAMS) --seed $(SEED)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --fail-under 95

node-suite: $(if $(TESTS),.venv/installed-dev)
	@test -n '$(TESTS)' || { echo "say where Node's tests are: make node-suite TESTS=/path/to/node/test" >&2; exit 2; }
	$(BIN)/python -m compliance.node_suite '$(TESTS)' $(if $(ONLY),--only '$(ONLY)')

bench: .venv-bench/installed
	$(BENCH)/python -m bench $(ARGS)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nodehttp needs Python 3.11 or newer; say PYTHON=... to choose one")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python $(METADATA)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli]'
	touch $@

.venv/installed-dev: .venv/bin/python $(METADATA)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ .venv/installed

.venv-bench/installed: bench/requirements.txt $(METADATA)
	$(PYTHON) -m venv .venv-bench
	$(BENCH)/python -m pip install --quiet --disable-pip-version-check --editable '.[llhttp]'
	$(BENCH)/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements.txt || \
		grep -v '^#' bench/requirements.txt | xargs -n 1 $(BENCH)/python -m pip install --quiet --disable-pip-version-check || \
		echo 'not every peer could be installed; the others are measured' >&2
	touch $@

clean:
	rm -rf .venv .venv-bench bench/build build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis compliance/failures .coverage .coverage.*
