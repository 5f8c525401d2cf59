#!/usr/bin/env bash
# All scenarios of molecule, as many at once as there are cores. The output of one is shown when it has ended.
set -eu
cd "$(dirname "$0")/../.."

mkdir -p build/molecule
# shellcheck disable=SC2016 # bash -c takes $1
printf '%s\n' extensions/molecule/*/ | xargs --max-args=1 basename | xargs --max-args=1 --max-procs="$(nproc)" bash -c '
    status=0
    molecule test --scenario-name "$1" >"build/molecule/$1.log" 2>&1 || status=1
    cat "build/molecule/$1.log"
    exit "$status"' scenario
