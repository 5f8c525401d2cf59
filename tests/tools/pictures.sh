#!/usr/bin/env bash
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Draw the pictures of the README, for light and dark pages. Needs Graphviz (Debian: apt-get install graphviz).
set -euo pipefail
cd "$(dirname "$0")/../../docs/pictures"

draw() { # name of the colors, of lines, of text
    for source in *.dot; do
        dot -Tsvg -Gbgcolor=transparent -Gstyle=rounded -Gcolor="$2" -Gfontcolor="$2" -Gfontname=sans-serif -Gfontsize=13 \
            -Nshape=box -Nstyle=rounded -Ncolor="$3" -Nfontcolor="$3" -Nfontname=sans-serif -Nfontsize=12 \
            -Ecolor="$2" -Efontcolor="$2" -Efontname=sans-serif -Efontsize=10 \
            "$source" -o "${source%.dot}-$1.svg"
    done
}
draw light "#57606a" "#1f2328"
draw dark "#8b949e" "#e6edf3"
