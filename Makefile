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
# uv does the set-up where it is on PATH: it is quicker, and brings a Python where none fits. `make UV= setup`
# takes pip all the same. TORCH=cpu takes torch without CUDA from an index of its own, beside PyPI.
ifeq ($(origin UV),undefined)
UV := $(shell command -v uv 2>/dev/null)
endif
ifneq ($(filter-out cpu,$(TORCH)),)
$(error TORCH=$(TORCH) is not known: TORCH=cpu takes torch without CUDA, and nothing takes what PyPI has)
endif
ifneq ($(UV),)
NEEDED := sys
CREATE = "$(UV)" venv --quiet --seed --allow-existing --python "$(or $(CHOSEN),$(if $(PYTHON),$(error $(NONE)),3.11))"
INSTALL := "$(UV)" pip install --quiet --python "$(BIN)/python" $(if $(TORCH),--torch-backend cpu)
else
NEEDED := sys, venv, ensurepip
CREATE = $(or $(CHOSEN),$(error $(NONE))) -m venv
INSTALL := "$(BIN)/python" -m pip --disable-pip-version-check --no-input install --quiet \
  $(if $(TORCH),--extra-index-url https://download.pytorch.org/whl/cpu)
endif
# An active environment's path may hold spaces: targets have them escaped, recipes have paths in quotes.
empty :=
escaped = $(subst $(empty) ,\ ,$(1))
# Lies in every folder that make made, and so may remove.
MADE := .made-by-make

# The first of these that is there and works, or the one given: make PYTHON=/path/to/python3.12 ...
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13)
FITS = $(shell $(1) -c 'import $(NEEDED); print((3, 11) <= sys.version_info < (3, 14))' 2>/dev/null)
CHOSEN = $(firstword $(foreach python,$(PYTHONS),$(if $(filter True,$(call FITS,$(python))),$(python))))
define NONE
no Python that fits among: $(PYTHONS). Python 3.11, 3.12 or 3.13 with its venv module is needed.
Install one (python.org; apt install python3.12-venv; brew install python@3.12; conda env create -f environment.yml),
let uv bring one (https://docs.astral.sh/uv: where it is installed, make takes it),
or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)
endef

.DEFAULT_GOAL := help
.PHONY: help setup replicate book test lint attack bench clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14
	@echo "USE_ACTIVE=1 installs into the active environment instead of .venv; JOBS=N sets how many run at a time."
	@echo "TORCH=cpu takes torch without CUDA; UV= takes pip where uv is there."

$(call escaped,$(BIN)/python):
	@[ -e "$(ENV)" ] || { mkdir "$(ENV)" && touch "$(ENV)/$(MADE)"; }
	$(CREATE) "$(ENV)"

# The stamp is written last: an interrupted set-up is simply taken up again.
$(call escaped,$(READY)): requirements.lock pyproject.toml | $(call escaped,$(BIN)/python)
	$(INSTALL) -r requirements.lock
	$(INSTALL) --no-deps --editable .
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
	-$(INSTALL) --editable '.[bench]'
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$(BIN)/python" benchmarks/bench.py $(SECTIONS)

clean: ## Remove what make made: its environment, its output folder, caches
	@for made in .venv "$$OUT"; do \
	  if [ -e "$$made/$(MADE)" ]; then rm -rf -- "$$made"; \
	  elif [ -e "$$made" ]; then echo "kept $$made: it holds no $(MADE), so make did not make it"; fi; \
	done
	rm -rf .pytest_cache .ruff_cache .hypothesis lib/scalinglaws.egg-info
	find conftest.py lib tests benchmarks data notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf __pycache__
