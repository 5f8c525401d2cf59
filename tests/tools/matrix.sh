#!/usr/bin/env bash
# Runs our playbooks and roles in a company's estate with each supported version of Ansible; without arguments, with all.
set -eu
cd "$(dirname "$0")/../.."
tests=tests/integration
if [ $# -eq 0 ]; then
    set -- 12 13 14
fi
status=0
for major in "$@"; do
    tests/tools/ansible.sh "$major"
    python=$PWD/.venv/ansible-$major/bin/python
    echo "ansible $major: $("$python" -c 'import ansible.release as core; print("ansible-core", core.__version__)'), $("$python" --version)"
    PYTHON_OF_ANSIBLE=$python python -m pytest ${FULL:+--full} ${SEED:+--seed "$SEED"} --quiet --numprocesses auto \
        $tests/playbooks/test_hostile_estate.py $tests/playbooks/test_estate.py $tests/roles/test_identity.py || status=1
done
exit $status
