#!/usr/bin/env bash
# Builds the execution environment as in a closed network, that is with a base image of its own, the tarball of this checkout and
# without Galaxy, and runs the demo in it. Needs podman, root, and debootstrap or BASE=IMAGE.
# PODMAN_RUN has more options for `podman run`, such as "--ulimit nofile=1024:1024".
# PODMAN is the command for podman; on a machine with both versions of cgroups "podman --runtime runc --cgroup-manager cgroupfs".
set -eu
cd "$(dirname "$0")/../.."
image=${IMAGE:-localhost/audit-logs-ee}
base=${BASE:-localhost/audit-logs-base}
folder=$PWD/build/ee
podman=${PODMAN:-podman}

if [ "${1:-}" = demo ]; then # with the variables of the local clouds
    PYTHONPATH=tests python -m tools.roles
    env | grep -E '^(AWS|ALIBABA)_' >"$folder/environment"
    run() {
        printf '\n### %s\n' "$*"
        # shellcheck disable=SC2086
        $podman run ${PODMAN_RUN:-} --rm --network host --env-file "$folder/environment" --env ANSIBLE_DEPRECATION_WARNINGS=false \
            --env ANSIBLE_STDOUT_CALLBACK=crossaccount.audit_logs.accounts --volume "$PWD/tests/demo:/runner/demo:ro" "$image" \
            ansible-playbook -i demo -e "audit_logs_aws_role=audit-logs-$1" "crossaccount.audit_logs.$1"
    }
    run setup
    run setup
    run verify
    run destroy
    exit
fi

mkdir -p "$folder"
if [ -z "${BASE:-}" ] && ! $podman image exists "$base"; then
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    debootstrap --variant=minbase --include=ca-certificates trixie "$root" "${DEBIAN:-http://deb.debian.org/debian}"
    tar -C "$root" -c . | $podman import - "$base"
fi
rm -rf "$folder/package" "$folder/context"
PYTHONPATH=tests python -m tools.package "$folder/package"
PYTHONPATH=tests python -m tools.ee "$folder"
ansible-builder create --file "$folder/execution-environment.yml" --context "$folder/context" --output-filename Containerfile
# The certificates of this machine, which an index of one's own may need.
$podman build --isolation chroot --network host --build-arg "EE_BASE_IMAGE=$base" --tag "$image" \
    ${PIP_INDEX_URL:+--build-arg "PIP_INDEX_URL=$PIP_INDEX_URL"} \
    --volume /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro "$folder/context"
$podman image inspect --format 'Size: {{.Size}} bytes' "$image"
python tests/clouds --windows --accounts -- tests/tools/ee.sh demo
