#!/usr/bin/env bash
# Prints the path of a Chromium or Chrome: the one named by CHROMIUM, else from PATH. Root on Debian gets one installed.
set -eu

find_browser() {
    local name
    for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome google-chrome-stable chrome; do
        if command -v "$name"; then
            return
        fi
    done
    return 1
}

if [ -n "${CHROMIUM:-}" ] && ! command -v "$CHROMIUM" >/dev/null; then
    echo "CHROMIUM names $CHROMIUM, which is not there" >&2
    exit 1
fi
if find_browser; then
    exit
fi
if [ "$EUID" = 0 ] && command -v apt-get >/dev/null && grep -q '^ID=debian' /etc/os-release; then
    # What apt says is shown if it fails.
    if ! said=$({ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium; } 2>&1); then
        printf '%s\n' "$said" "Chromium can't be installed with apt-get: see above, or name a browser: CHROMIUM=..." >&2
        exit 1
    fi
    find_browser
else
    echo "No Chromium or Chrome found: install one, or name it: CHROMIUM=..." >&2
    exit 1
fi
