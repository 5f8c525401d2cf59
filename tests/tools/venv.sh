#!/usr/bin/env bash
# Makes .venv with the newest supported Python: the one named by PYTHON, else from PATH, else from pyenv.
set -eu
cd "$(dirname "$0")/../.."
PATH=${PATH#"$(pwd -P)/.venv/bin:"} # that of the Makefile: not what is about to be replaced

# A name on PATH may be a pyenv shim without a Python behind it, and a distribution's Python may come without venv.
supported() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null
}

candidates() {
    local minor
    for minor in 14 13 12 11; do
        type -aP "python3.$minor" || true
        printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python | sort -rV
    done
    type -aP python3 || true
}

python=
while read -r candidate; do
    if supported "$candidate"; then
        python=$candidate
        break
    fi
done < <(if [ -n "${PYTHON:-}" ]; then echo "$PYTHON"; else candidates; fi)

if [ -z "$python" ]; then
    echo "No Python 3.11 to 3.14 with its venv module found${PYTHON:+ at \"$PYTHON\"}: install one, or name it: make PYTHON=..." >&2
    exit 1
fi

echo "Making .venv with $("$python" --version) ($python)"
"$python" -m venv --clear .venv
# The lock is complete, so nothing is left to resolve; what is imported is compiled when it is first imported.
# -qq: also no warning about each index that a pip.conf names in vain.
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-compile -r requirements-dev.txt
mkdir -p .venv/collections/ansible_collections/crossaccount
ln -sfn ../../../.. .venv/collections/ansible_collections/crossaccount/audit_logs
touch .venv/.installed
