#!/usr/bin/env bash
# Makes .venv with the newest supported Python: the one named by PYTHON, else from PATH, else from pyenv.
set -eu
cd "$(dirname "$0")/../.."
PATH=${PATH#"$(pwd -P)/.venv/bin:"} # that of the Makefile: not what is about to be replaced
. tests/tools/python.sh

if [ -n "${PYTHON:-}" ]; then
    python=$PYTHON
    "$python" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null || python=
else
    python=$(find_python 14 13 12 11) || python=
fi

if [ -z "$python" ]; then
    echo "No Python 3.11 to 3.14 with its venv module found${PYTHON:+ at \"$PYTHON\"}: install one, or name it: make PYTHON=..." >&2
    exit 1
fi

echo "Making .venv with $("$python" --version) ($python)" >&2
"$python" -m venv --clear .venv
# The lock is complete, so nothing is left to resolve; what is imported is compiled when it is first imported.
# -qq: also no warning about each index that a pip.conf names in vain.
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-compile -r requirements-dev.txt
mkdir -p .venv/collections/ansible_collections/crossaccount
ln -sfn ../../../.. .venv/collections/ansible_collections/crossaccount/audit_logs
touch .venv/.installed
