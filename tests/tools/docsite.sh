#!/usr/bin/env bash
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the documentation site, without the network: the Markdown pages, and the documentation of plugins, modules and roles.
# Each warning is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
site=build/docsite

rm -rf "$site"
mkdir -p "$site/source"
git ls-files --cached --others --exclude-standard '*.md' | grep -v '^docs/docsite/' | while read -r page; do
    if [ -f "$page" ]; then cp --parents "$page" "$site/source"; fi
done
cp -r docs/pictures "$site/source/docs/"
cat README.md docs/docsite/contents.md >"$site/source/index.md"
rm "$site/source/README.md"
# antsibull-docs wants a folder that nobody else can write
mkdir -m 755 "$site/source/reference"
antsibull-docs collection --use-current --fail-on-error --squash-hierarchy --no-breadcrumbs --dest-dir "$site/source/reference" crossaccount.audit_logs
sphinx-build -c docs/docsite -d "$site/doctrees" -j auto -W --keep-going -n -q "$site/source" "$site/html"
echo "$site/html/index.html"
