# Everything the repository can do; `make demo` and `make test` set up what they need by themselves.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
CACHE := $(or $(HYPERLEAF_CACHE),$(HOME)/.cache/hyperleaf)
UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
BIN := .venv/bin
DEMO := reflector-lost,node-joins,guest-migrates
export HYPERLEAF_CACHE := $(CACHE)

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

# Debian has no uv; a virtual environment of its own keeps it out of the system's Python.
$(UV):
	@python3 -c 'import ensurepip, venv' 2>/dev/null || tools/apt python3-venv
	@rm -rf $(CACHE)/uv-$(UV_VERSION) && python3 -m venv $(CACHE)/uv-$(UV_VERSION)
	@$(CACHE)/uv-$(UV_VERSION)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.stamp: $(UV) requirements.lock pyproject.toml
	@$(UV) venv --quiet --allow-existing .venv
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --quiet --no-deps --editable .
	@$(BIN)/python -m compileall -q src/hyperleaf  # else a machine that writes none compiles at every start
	@touch $@

.PHONY: venv
venv: .venv/.stamp ## .venv with hyperleaf in it

.PHONY: lock
lock: $(UV) ## pin every dependency anew
	$(UV) pip compile --quiet --universal --generate-hashes --extra dev --python-version 3.11 pyproject.toml -o requirements.lock

.PHONY: tools
tools: venv ## build the judges into the cache (a kube-apiserver, frr-k8s, nmstate, a Debian root with FRR)
	@$(BIN)/python -m tools.judges

.PHONY: lint
lint: venv ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: test
test: lint tools lab-packages ## everything that can run here, judged by the real components
	HYPERLEAF_JUDGES=required $(BIN)/pytest -n 2 --dist loadfile  # a lab waits half of its time

.PHONY: soak
soak: venv ## the long counts; takes up where it stopped
	$(BIN)/python tests/soak.py

.PHONY: bench
bench: venv ## the bars of speed and size, beside the peers' recorded figures
	$(BIN)/python bench/run.py

# What a lab's root and its kernel's modules are made with; without them demo still renders.
.PHONY: lab-packages
lab-packages:
	@tools/apt mmdebstrap util-linux uidmap gcc libc6-dev make flex bison bc xz-utils zstd || true

.PHONY: demo
demo: venv lab-packages ## the AWS example: every object in out/, proven by packets, told in report.html
	@$(BIN)/hyperleaf check examples/01-aws-hosted
	@$(BIN)/hyperleaf render examples/01-aws-hosted --out out
	@$(BIN)/hyperleaf prove examples/01-aws-hosted --rendered out --scenarios $(DEMO) --report report.html \
	  || { status=$$?; [ $$status = 3 ] && echo "This machine could not prove it, as told above; out/ holds what was rendered."; }

.PHONY: clean
clean: ## remove what was made here (the cache stays)
	rm -rf .venv out report.html .mypy_cache .ruff_cache .pytest_cache .hypothesis
