# Everything that is made lies below .venv/ and build/.
.PHONY: help demo test test-all check durations assumptions conformance pytest alone matrix browser molecule lint sanity package audit bench bench-archive clouds inventory lock clean permissions faults fuzz pictures recording docs ee
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

faults: .venv/.installed ## each call of setup, verify and destroy fails in each way, for hours; writes docs/faults.md (SEED=... MINUTES=...)
	@PYTHONPATH=tests python -m faults $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

durations: .venv/.installed ## what took how long in the last `make test`; writes the table in CONTRIBUTING.md
	@$(TOOL).durations

assumptions: .venv/.installed ## write docs/assumptions.md from docs/assumptions.yml (RESULTS=... takes in a conformance.json)
	@$(TOOL).assumptions $(RESULTS)

permissions: .venv/.installed ## write docs/permissions.md and docs/policies from docs/permissions/
	@$(TOOL).permissions

docs: .venv/.installed ## build the documentation site into build/docsite/html; each warning is an error
	@tests/tools/docsite.sh

pictures: ## draw docs/pictures from their sources (needs Graphviz)
	@tests/tools/pictures.sh

recording: .venv/.installed ## run the demo, and draw docs/pictures/demo.svg and report.png from it
	@mkdir -p build
	@set -o pipefail; python tests/clouds --windows --accounts -- tests/tools/demo.sh | tee build/demo.txt
	@$(TOOL).recording

conformance: .venv/.installed ## settle open assumptions (CLOUD=local|aws|alibaba ACCOUNT=ID REGION=..., see docs/conformance.md)
	@PYTHONPATH=tests:.venv/collections python -m conformance --cloud $(CLOUD) $(if $(ACCOUNT),--account $(ACCOUNT)) $(if $(REGION),--region $(REGION)) $(ARGS)

# --full and --seed are options of ours, see tests/conftest.py.
PYTEST = python -m pytest $(if $(FULL),--full) $(if $(SEED),--seed $(SEED)) --junitxml build/junit/$@.xml
pytest: .venv/.installed ## unit tests, and playbooks, roles and modules on the local clouds (CONNECTION=local for the playbooks)
	$(PYTEST) --numprocesses auto -m "not alone" $(ARGS)

alone: .venv/.installed ## tests whose subject is time, one after another
	$(PYTEST) -m alone $(ARGS)

# Each file has so many times as many examples as in `make test`, at random.
FUZZ ?= 50
fuzz: export FUZZ := $(FUZZ)
fuzz: .venv/.installed ## hostile arguments, variables and files for every public interface (FUZZ=50: times the examples of make test)
	$(PYTEST) --numprocesses auto $(shell git grep -l "helpers import.*hostile" -- tests) $(ARGS)

matrix: .venv/.installed ## the playbooks and roles in a company's estate, with each supported version of Ansible (ANSIBLE=13 for one)
	@tests/tools/matrix.sh $(ANSIBLE)

browser: .venv/.installed ## the report and the documentation site in a headless Chromium (CHROMIUM=... names one)
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

package: .venv/.installed ## check licences, build tarball and list of components into build/package, install the tarball elsewhere
	tests/tools/package.sh

audit: .venv/.installed ## known vulnerabilities of the locked packages (needs pypi.org)
	pip-audit --strict --require-hashes --disable-pip --requirement requirements-locked.txt

bench: .venv/.installed ## what an account costs, beside a bare SDK script (ACCOUNTS=N LATENCY_MS=L)
	@python tests/scale --accounts $(ACCOUNTS) --latency-ms $(LATENCY_MS) $(ARGS)

bench-archive: .venv/.installed ## what verify asks of an archive on AWS, with 1,000 members (ARGS="--members N --latency-ms L")
	@PYTHONPATH=tests:.venv/collections python -m scale.archive $(ARGS)

clouds: .venv/.installed ## local clouds in the foreground (AWS_PORT=... ALIBABA_PORT=...)
	@python tests/clouds

ee: .venv/.installed ## build the execution environment and run the demo in it (root, podman, and debootstrap or BASE=IMAGE)
	@tests/tools/ee.sh

inventory: ## an inventory for the local clouds (ACCOUNTS=N members)
	@python3 tests/tools/inventory.py $(ACCOUNTS)

# One resolution serves all files: what a run uses is what was tested.
LOCK = uv pip compile --quiet --no-config --universal --python-version 3.11 --custom-compile-command "make lock"
lock: .venv/.installed ## write requirements-dev.txt, requirements-locked.txt and requirements-ee.txt anew (ARGS=--upgrade: newest versions)
	$(LOCK) --generate-hashes $(ARGS) --output-file requirements-dev.txt requirements-dev.in
	$(LOCK) --generate-hashes --output-file requirements-locked.txt --constraint requirements-dev.txt requirements.txt
	$(LOCK) --no-annotate --output-file requirements-ee.txt --constraint requirements-dev.txt requirements-ee.in

clean: ## remove what was made
	rm -rf .venv build .ansible .nox
