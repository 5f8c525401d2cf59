# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the documentation site; `make docs` builds it."""
from __future__ import annotations

import posixpath
import re
from pathlib import Path

from docutils import nodes

project = "crossaccount.audit_logs"
html_title = project
copyright = "crossaccount.audit_logs contributors"  # pylint: disable=redefined-builtin
extensions = ["myst_parser", "sphinx_antsibull_ext"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4
highlight_language = "text"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
# The schemes of antsibull follow the system, and not the switch of the theme.
antsibull_ext_color_scheme = "none"
COLORS = {
    "antsibull-links-background": "var(--color-background-secondary)",
    "antsibull-links-background-active": "var(--color-background-hover)",
    "antsibull-links-focus-outline": "var(--color-brand-primary)",
    "antsibull-links-text": "var(--color-foreground-primary)",
    "antsibull-table-background-header": "var(--color-background-secondary)",
    "antsibull-table-background-even": "var(--color-background-primary)",
    "antsibull-table-background-odd": "var(--color-background-primary)",
    "antsibull-table-border": "var(--color-background-border)",
    "antsibull-narrowtable-background": "var(--color-background-secondary)",
    "antsibull-option-sample-header": "var(--color-foreground-primary)",
    "antsibull-attribute-support-na": "inherit",
}
BY_KIND = {  # light, dark
    "blue": ("#0000c8", "#adadff", ["option-default", "option-sample"]),
    "green": ("#006400", "#71d471", ["option-aliases", "option-version-added", "attribute-support-full"]),
    "purple": ("#800080", "#ff93ff", ["option-elements", "option-type"]),
    "red": ("#b00000", "#ff8282", ["attribute-support-none", "option-required"]),
    "yellow": ("#6b5900", "#b6b600", ["attribute-support-partial"]),
}
html_theme_options = {
    f"{theme}_css_variables": {
        **COLORS, **{f"antsibull-{name}": kind[number] for kind in BY_KIND.values() for name in kind[2]}}
    for number, theme in enumerate(["light", "dark"])
}

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/crossaccount/audit_logs/blob/main/"
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "list_of_callback_plugins": "collections/index_callback.html",
}


def link_to_ansible(_app, _env, node, content):
    """Link to the documentation of Ansible by its labels, without the inventory that intersphinx would download."""
    target = node["reftarget"]
    plugin = re.fullmatch(r"ansible_collections\.((?!crossaccount\.)\w+)\.(\w+)\.(\w+)", target)
    if plugin:
        page = "collections/{}/{}/{}.html".format(*plugin.groups())
    elif node["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        page = f"reference_appendices/config.html#envvar-{target}"
    else:
        page = LABELS.get(target)
    return page and nodes.reference("", "", content, refuri=ANSIBLE + page)


def adapt(_app, docname, source):
    """Adapt a page of the repository: what is no page of the site is in the repository, and a picture follows the switch of the theme."""
    def link(match):
        text, target, anchor = match[1], match[2], match[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(docname), target))
        if path == "README.md":
            return f"{text}({target.replace('README.md', 'index.md')}{anchor})"
        return match[0] if path.endswith(".md") or not (ROOT / path).exists() else f"{text}({REPOSITORY}{path})"

    page = re.sub(r"^\.\. contents::\n(   .*\n)*", "", source[0], flags=re.M)  # the theme has its own
    page = re.sub(r"(?<!!)(\[[^]]*\])\(([^):#\s]+)(#[^)\s]*)?\)", link, page)
    source[0] = re.sub(
        r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img alt="([^"]+)" src="([^"]+)">\s*</picture>',
        r"![\2](\3){.only-light} ![\2](\1){.only-dark}\n", page)


def setup(app):
    """Connect the functions of this file."""
    app.connect("missing-reference", link_to_ansible)
    app.connect("source-read", adapt)
