# Everything that is made lies below .venv/ and build/.
.PHONY: help demo test test-all check durations assumptions conformance pytest alone matrix browser molecule lint sanity package bench clouds inventory lock clean
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := bash

# The newest supported Python is found by itself; PYTHON=... names another.
PYTHON ?=
ACCOUNTS ?= 3
CLOUD ?= local
LATENCY_MS ?= 0
CHROMIUM ?=
CONNECTION ?=
ANSIBLE ?=
FULL ?=
SEED ?=
export PYTHON CHROMIUM CONNECTION FULL SEED

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.venv/collections
# Where the tools keep what they make, in place of ~/.ansible: copies of this collection among it, which would be found.
export ANSIBLE_HOME := $(CURDIR)/.venv/ansible
export VIRTUAL_ENV := $(CURDIR)/.venv
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/build/hypothesis
# The packages are installed uncompiled: let Python keep what it compiles.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH PYTHONHOME

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 13

.venv/.installed: requirements-dev.txt tests/tools/venv.sh
	@tests/tools/venv.sh

demo: .venv/.installed ## list the accounts of two local clouds, set up an example deployment, run again, plan, verify and destroy
	@python tests/clouds --windows --accounts -- tests/tools/demo.sh

TOOL = PYTHONPATH=tests python -m tools
test: .venv/.installed ## all of the checks below; of tests with many cases a sample (SEED=... repeats one)
	@$(TOOL).checks

test-all: export FULL = 1
test-all: .venv/.installed ## the same with all cases
	@$(TOOL).checks

check: .venv/.installed ## quick: the tests that a change concerns, that is since the last commit (BASE=... since that one)
	@$(TOOL).affected $(BASE)

durations: .venv/.installed ## what took how long in the last `make test`; writes the table in CONTRIBUTING.md
	@$(TOOL).durations

assumptions: .venv/.installed ## write docs/assumptions.md from docs/assumptions.yml (RESULTS=... takes in a conformance.json)
	@$(TOOL).assumptions $(RESULTS)

conformance: .venv/.installed ## settle open assumptions (CLOUD=local|aws|alibaba ACCOUNT=ID REGION=..., see docs/conformance.md)
	@PYTHONPATH=tests:.venv/collections python -m conformance --cloud $(CLOUD) $(if $(ACCOUNT),--account $(ACCOUNT)) $(if $(REGION),--region $(REGION)) $(ARGS)

# --full and --seed are options of ours, see tests/conftest.py.
PYTEST = python -m pytest $(if $(FULL),--full) $(if $(SEED),--seed $(SEED)) --junitxml build/junit/$@.xml
pytest: .venv/.installed ## unit tests, and playbooks, roles and modules on the local clouds (CONNECTION=local for the playbooks)
	$(PYTEST) --numprocesses auto -m "not alone" $(ARGS)

alone: .venv/.installed ## tests whose subject is time, one after another
	$(PYTEST) -m alone $(ARGS)

matrix: .venv/.installed ## the playbooks and roles in a company's estate, with each supported version of Ansible (ANSIBLE=13 for one)
	@tests/tools/matrix.sh $(ANSIBLE)

browser: .venv/.installed ## the report in a headless Chromium (CHROMIUM=... names one)
	$(PYTEST) tests/browser

molecule: .venv/.installed ## a scenario per role against the local clouds (FULL=1 runs all, otherwise a sample)
	python tests/clouds --windows -- tests/tools/molecule.sh

lint: .venv/.installed ## ansible-lint, changelog, documentation
	ansible-lint --offline --profile production
	antsibull-changelog lint
# It copies the collections that this one needs, of a git checkout only what git knows: .venv must not look like one.
	GIT_CEILING_DIRECTORIES="$(CURDIR)" antsibull-docs lint-collection-docs --plugin-docs \
		--validate-collection-refs dependent --disallow-unknown-collection-refs .

sanity: .venv/.installed ## all of ansible-test sanity
	tests/tools/sanity.sh

package: .venv/.installed ## build the tarball and install it elsewhere
	tests/tools/package.sh

bench: .venv/.installed ## what an account costs, beside a bare SDK script (ACCOUNTS=N LATENCY_MS=L)
	@python tests/scale --accounts $(ACCOUNTS) --latency-ms $(LATENCY_MS) $(ARGS)

clouds: .venv/.installed ## local clouds in the foreground (AWS_PORT=... ALIBABA_PORT=...)
	@python tests/clouds

inventory: ## an inventory for the local clouds (ACCOUNTS=N members)
	@python3 tests/tools/inventory.py $(ACCOUNTS)

# One resolution serves both files: what a run uses is what was tested.
LOCK = uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(ARGS)
lock: .venv/.installed ## write requirements*.txt anew (ARGS=--upgrade: newest versions)
	$(LOCK) --output-file requirements-dev.txt requirements-dev.in
	$(LOCK) --output-file requirements.txt --constraint requirements-dev.txt requirements.in

clean: ## remove what was made
	rm -rf .venv build .ansible
