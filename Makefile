# Each of these is the only command needed: it sets up what is missing first.
#
#   make phase1 name=trial seed=3 args="psro.num_iterations=2"
#
# make itself ends with 2 whenever a command fails; it prints that command's own exit code
# ("Error 75"), and README.md lists their meaning. `python -m psro.main` gives the code itself.

# Set them on the command line; the environment does not reach them.
name :=
seed :=
args :=

# make itself says nothing of a variable that nobody reads, and would start another run than was asked for.
unknown := $(strip $(foreach v,$(.VARIABLES),$(if $(filter command,$(origin $v)),$(filter-out name seed args,$v))))
ifneq ($(unknown),)
$(error there is no $(firstword $(unknown))=; runs take name=, seed= and args="key=value ...", tests args="pytest options")
endif

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup phase0 phase1 smoke rps test lint clean

PYTHON := .venv/bin/python
overrides = $(if $(name),'name=$(name)') $(if $(seed),'seed=$(seed)') $(args)

help:
	@echo 'make phase1   PSRO on Gen 1 OU: sets everything up, then runs (or goes on with) phase 1'
	@echo 'make test     sets everything up, then runs the whole test suite'
	@echo 'make smoke    every part on real battles, in about a minute'
	@echo 'make rps      the same loop on rock-paper-scissors, in seconds'
	@echo 'make phase0   the founding population and its tournament only'
	@echo 'make setup    the environment alone: .venv and node_modules, inside this clone'
	@echo 'make lint     style, types and the import contract'
	@echo 'make clean    deletes the environment and caches, never runs/'
	@echo 'Runs take name=, seed= and args="key=value ..."; tests take args="pytest options".'

# The first interpreter that is new enough; launchers/setup.py does the rest.
setup:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec $$python launchers/setup.py; \
	    fi; \
	done; \
	echo 'setup: no Python 3.11 or newer found (tried python3, python3.14 to python3.11): install one' >&2; \
	exit 1

phase0 phase1 smoke rps: setup
	@exec $(PYTHON) -m psro.main +experiment=$@ $(overrides)

# One worker more than the smallest machine we test on has cores, since tests on SLURM mostly wait for its clock;
# whole files stay on one worker, since the tests of a file share what is slow to start, in the order of tests/conftest.py.
test: setup
	@exec $(PYTHON) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(args)

lint: setup
	@exec $(PYTHON) -m pytest tests/test_house.py $(args)

clean:
	rm -rf .venv node_modules build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
	    .hypothesis .import_linter_cache
	find psro tests launchers benchmarks -name __pycache__ -prune -exec rm -rf {} +
