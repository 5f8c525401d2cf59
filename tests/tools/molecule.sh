#!/usr/bin/env bash
# Scenarios of molecule, as many at once as there are cores: all of them if FULL is set, else four that SEED chooses.
# The output of a scenario is shown when it has ended.
set -eu
cd "$(dirname "$0")/../.."

scenarios=$(printf '%s\n' extensions/molecule/*/molecule.yml | xargs --max-args=1 dirname | xargs --max-args=1 basename)
if [ -z "${FULL:-}" ]; then
    seed=${SEED:-$RANDOM}
    echo "A sample of the scenarios; SEED=$seed repeats it, FULL=1 runs all"
    scenarios=$(shuf --head-count=4 --random-source=<(yes "$seed" | head --bytes=10000) <<<"$scenarios")
fi

mkdir -p build/molecule
# shellcheck disable=SC2016 # bash -c takes $1
xargs --max-args=1 --max-procs="$(nproc)" bash -c '
    status=0
    molecule test --scenario-name "$1" >"build/molecule/$1.log" 2>&1 || status=1
    cat "build/molecule/$1.log"
    exit "$status"' scenario <<<"$scenarios"
