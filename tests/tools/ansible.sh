#!/usr/bin/env bash
# ansible.sh MAJOR: makes .venv/ansible-MAJOR, with what a run needs and that major version of the package ansible, with the
# oldest Python that it supports. Of the package it takes ansible-core and the collections that we use: the rest is 100 times as
# large. With exit status 3, there is no such Python.
set -eu
cd "$(dirname "$0")/../.."
major=$1
folder=.venv/ansible-$major
if [ -e "$folder/.installed" ]; then
    exit 0
fi
PATH=${PATH#"$(pwd -P)/.venv/bin:"}
. tests/tools/python.sh

case $major in
    12) minors=(11 12 13) ;;
    *) minors=(12 13 14) ;;
esac
if ! python=$(find_python "${minors[@]}"); then
    echo "ansible $major needs a Python 3.${minors[0]} to 3.${minors[-1]} with its venv module, and none was found: install one" >&2
    exit 3
fi

echo "Making $folder with $("$python" --version) ($python)"
"$python" -m venv --clear "$folder"
pip=("$folder/bin/python" -m pip --disable-pip-version-check -qq)
# The lock without Ansible: entries begin at the first column, and what belongs to them is indented.
awk '/^[^ #]/ {keep = $0 !~ /^ansible(-core)?==/} keep' requirements-locked.txt >"$folder/requirements.txt"
"${pip[@]}" install --no-deps --no-compile -r "$folder/requirements.txt"
# The version of the lock, or the newest.
version=$(sed -n "s/^ansible==\($major\.[^ ]*\).*/\1/p" requirements-locked.txt)
"${pip[@]}" download --no-deps --dest "$folder/wheel" "ansible==${version:-$major.*}"
core=$("$folder/bin/python" - "$folder"/wheel/*.whl <<'PYTHON'
import re, sys, sysconfig, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    names = wheel.namelist()
    wheel.extractall(sysconfig.get_path("purelib"), [name for name in names if re.match("ansible_collections/(amazon|community)/aws/", name)])
    metadata = wheel.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
print(re.search(r"^Requires-Dist: (ansible-core.*)$", metadata, re.M)[1])
PYTHON
)
"${pip[@]}" install --no-compile "$core"
rm -r "$folder/wheel"
touch "$folder/.installed"
