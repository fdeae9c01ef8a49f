# Two commands matter: `make replicate` and `make test`. Both set up all that they need.
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# From the command line only, never from the environment: `make clean` removes this folder.
OUT = out
export OUT

ifeq ($(USE_ACTIVE),1)
ENV := $(or $(VIRTUAL_ENV),$(CONDA_PREFIX),$(error USE_ACTIVE=1 needs an active virtual or conda environment))
else
ENV := .venv
endif
BIN := $(ENV)/bin
READY := $(ENV)/.scalinglaws-ready
PIP := "$(BIN)/python" -m pip --disable-pip-version-check --no-input install --quiet
# An active environment's path may hold spaces: targets have them escaped, recipes have paths in quotes.
empty :=
escaped = $(subst $(empty) ,\ ,$(1))
# Lies in every folder that make made, and so may remove.
MADE := .made-by-make

# The first of these that is there and works, or the one given: make PYTHON=/path/to/python3.12 ...
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13)
FITS = $(shell $(1) -c 'import sys, venv, ensurepip; print((3, 11) <= sys.version_info < (3, 14))' 2>/dev/null)
CHOSEN = $(firstword $(foreach python,$(PYTHONS),$(if $(filter True,$(call FITS,$(python))),$(python))))
define NONE
no Python that fits among: $(PYTHONS). Python 3.11, 3.12 or 3.13 with its venv module is needed.
Install one (python.org; apt install python3.12-venv; brew install python@3.12; conda env create -f environment.yml),
or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)
endef

.DEFAULT_GOAL := help
.PHONY: help setup replicate book test lint attack bench clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14
	@echo "USE_ACTIVE=1 installs into the active environment instead of .venv; JOBS=N sets how many run at a time."

$(call escaped,$(BIN)/python):
	@[ -e "$(ENV)" ] || { mkdir "$(ENV)" && touch "$(ENV)/$(MADE)"; }
	$(or $(CHOSEN),$(error $(NONE))) -m venv "$(ENV)"

# The stamp is written last: an interrupted set-up is simply taken up again.
$(call escaped,$(READY)): requirements.lock pyproject.toml | $(call escaped,$(BIN)/python)
	$(PIP) -r requirements.lock
	$(PIP) --no-deps --editable .
	@touch "$(READY)"

setup: $(call escaped,$(READY)) ## Create the environment and install the locked versions

replicate: setup ## Run every notebook at CI scale; executed copies and HTML in out/; the scoreboard
	@[ -e "$$OUT" ] || { mkdir -p -- "$$OUT" && touch -- "$$OUT/$(MADE)"; }
	"$(BIN)/scalinglaws" run --all --scale ci --jobs $(JOBS) --output "$$OUT" --html

book: setup ## Build the book, a site of all notebooks and verdicts, into out/book; nothing is executed
	@[ -e "$$OUT" ] || { mkdir -p -- "$$OUT" && touch -- "$$OUT/$(MADE)"; }
	"$(BIN)/python" -m scalinglaws.book --output "$$OUT/book"

test: setup ## Run all tests: library, data, runner, notebooks as committed and mutated
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 sh tests/offline.sh "$(BIN)/python" -m pytest \
	  --numprocesses=$(JOBS) --dist=loadfile --durations=10 \
	  --nbval-lax --nbval-current-env --nbval-cell-timeout=120 --nbval-kernel-startup-timeout=120 \
	  notebooks tests

lint: setup ## Check style, also of the notebooks, and the notebooks' anatomy
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/scalinglaws" lint --all

attack: setup ## Kill, flip and signal at random for MINUTES=20, and count what was survived
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$(BIN)/python" tests/attack --minutes $(or $(MINUTES),20) $(if $(ONLY),--only $(ONLY))

bench: setup ## Time the library against the usual way of doing it, count coverage; ratios side by side
	-$(PIP) --editable '.[bench]'
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$(BIN)/python" benchmarks/bench.py $(SECTIONS)

clean: ## Remove what make made: its environment, its output folder, caches
	@for made in .venv "$$OUT"; do \
	  if [ -e "$$made/$(MADE)" ]; then rm -rf -- "$$made"; \
	  elif [ -e "$$made" ]; then echo "kept $$made: it holds no $(MADE), so make did not make it"; fi; \
	done
	rm -rf .pytest_cache .ruff_cache .hypothesis lib/scalinglaws.egg-info
	find conftest.py lib tests benchmarks data notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf __pycache__
