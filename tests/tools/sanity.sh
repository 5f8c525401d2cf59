#!/usr/bin/env bash
# All of ansible-test sanity. It wants a git checkout at .../ansible_collections/crossaccount/audit_logs: a copy.
set -eu
cd "$(dirname "$0")/../.."

# ansible-test would fetch this script from the network. Python's own pip can do the same work.
pip_version=$(python -c '
import re, pathlib, ansible_test._internal as it
print(re.search(r"\bpip=.([\d.]+)", (pathlib.Path(it.__file__).parent / "python_requirements.py").read_text())[1])')
get_pip=$HOME/.ansible/test/cache/get_pip_${pip_version//./_}.py
if [ ! -e "$get_pip" ]; then
    mkdir -p "$(dirname "$get_pip")"
    # ensurepip in a process of its own: it makes pip deaf to its configuration, which may name a mirror.
    cat >"$get_pip" <<EOF
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", "pip==$pip_version"])
EOF
fi

copy=build/ansible_collections/crossaccount/audit_logs
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done \
    | tar --create --null --files-from=- | tar --extract --directory="$copy"

# It looks for the collections that this one uses in the same tree.
site_packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for namespace in amazon community; do
    ln -sfn "$site_packages/ansible_collections/$namespace" "build/ansible_collections/$namespace"
done

cd "$copy"
git init --quiet
unset ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH
ansible-test sanity --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" "$@"
