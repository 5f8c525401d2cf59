# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the archive account on AWS: the bucket, its key, and the role that validates log files. Private."""
from __future__ import annotations

import json
import math
import re

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import kms
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.bucket import leftover
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.documents import statements_of

from ..._deployment.cloud import some
from ..result import FAILED, WARNING
from .findings import Findings

_OF_ACCOUNT = re.compile(r"CloudTrail(?:Acl|Write)(\d{12})")


class Archive(Findings):
    """What is wrong in the archive account, except what concerns a single member.

    :param host: variables of the archive account; empty if the inventory has none.
    """

    def __init__(self, host: dict):
        super().__init__()
        plan = host.get("aws_trail_bucket_plan") or {}
        self._advice_for_unproven = "let the accounts call organizations:DescribeOrganization"
        account = host.get("audit_logs_account") or {}
        if account.get("mode") == "organization_trail" or not account.get("organization_id", True):
            self._advice_for_unproven = "delete earlier trails with destroy -e audit_logs_only_leftovers=true"
        self._suffering = set(plan.get("undeliverable", ()))  # ids of members that have a finding of their own
        if plan.get("kms_key"):
            self._check_key(plan["kms_key"])
        if plan.get("s3_bucket"):
            self._check_bucket(plan["s3_bucket"])
        role = (host.get("aws_trail_validation_plan") or {}).get("iam_role")
        if role:
            self.checked.append(role["title"])
            if role["exists"]:
                self._compare("iam_role", role)
            else:
                self.add("drift", role["title"], f"{role['title']} does not exist: run setup")

    def _check_key(self, key):
        title = key["title"]
        self.checked.append(title)
        if not key["exists"]:
            # If only the alias was deleted, trails still encrypt with the key.
            self.add("drift", title, f"{title} does not exist: run setup")
            return
        if "enabled" in key["changes"]:
            state = key["current"]["state"]
            self.undeliverable(["s3"], title, f"{title} cannot be used because its state is {state}: {kms.advice(state)}")
        self._check_sources(title, key)
        for arn in key.get("orphans", ()):
            text = f"KMS key {arn} has the tags of {title}, but no alias. An interrupted run created it"
            self.add("drift", title, f"{text}. If no log file is encrypted with it, schedule its deletion in KMS", level=WARNING)
        self._compare("kms_key", {**key, "changes": [name for name in key["changes"] if name != "enabled"]})

    def _check_bucket(self, bucket):
        title, current = bucket["title"], bucket["current"]
        self.checked.append(title)
        if not bucket["exists"]:
            self.undeliverable(["s3"], title, f"{title} does not exist: run setup")
            return
        self._check_sources(title, bucket)
        self._compare("s3_bucket", bucket)
        self.weaknesses("s3_bucket", bucket, {
            "versioning": (not current["versioning"], "has no versioning, so it keeps no older versions of log files"),
            "encryption": (current["encryption"] != "aws:kms", "is not encrypted with a KMS key"),
            "logging": (not current["logging"], "has no access logging"),
            "public_access": (not all(current["public_access"].values()), "does not block all public access"),
            "mfa_delete": (
                not current.get("mfa_delete") and not current["object_lock_enabled"],
                "has neither object lock nor MFA delete: an administrator of the account can delete log files",
            ),
        })
        for name in bucket.get("leftovers", ()):
            self.add("drift", title, f"There is also {leftover(name)}", level=WARNING)
        self._check_expiry(title, current["lifecycle"] or {}, current["expiring"])

    def _check_sources(self, title, plan):
        """What the deployed policy allows besides, and setup leaves in place."""
        for source in plan.get("retained_sources", []):
            is_recent = plan.get("recent", {}).get(source)
            since = {True: " and delivered within the last day", False: " and delivered nothing for a day", None: ""}
            text = f"the policy of {title} allows deliveries for {source}, which is not in the inventory{since[is_recent]}"
            if not source.isdigit():  # the inventory may have the organization as well, with trails of another name
                text = f"the policy of {title} allows more for {source} than the inventory needs"
            self.add("drift", title, f"{text}: if these logs may end, add {source} to audit_logs_removed_accounts", level=WARNING,
                     setting="policy")
        unproven = plan.get("unproven_accounts")
        if unproven:
            text = f"the policy of {title} has statements for {some(unproven)} that the inventory does not need"
            advice = f"{self._advice_for_unproven}, and run setup"
            self.add("drift", title, f"{text}: {advice}", level=WARNING, setting="policy")
        for statement in plan.get("foreign_statements", []):
            sid = statement.get("Sid") or "without Sid"
            text = f"the policy of {title} has the foreign statement {sid}"
            advice = "add it to aws_trail_bucket_policy, or remove it with aws_trail_bucket_removed_statements"
            level = FAILED if _opens(statement) else WARNING
            self.add("foreign", title, f"{text}: {advice}", level=level, setting="policy", before=statement,
                     controls=_controls_of(statement))

    def _check_expiry(self, title, own, foreign_rules):
        """Foreign rules that delete log files, or their older versions, before the rule of the deployment does."""
        for rule in foreign_rules:
            days, noncurrent = rule["days"], rule["noncurrent_days"]
            text = f"foreign lifecycle rule {rule['id']} of {title} deletes"
            if days is not None and days < own.get("expiration_days", math.inf):
                when = f"log files after {days} days" if days else "log files of any age"
                self.add("drift", title, f"{text} {when}", setting="lifecycle", before=rule, after=own)
            elif noncurrent is not None and noncurrent < own.get("noncurrent_version_expiration_days", math.inf):
                self.weak(title, f"{text} older versions of log files after {noncurrent} days", "lifecycle")

    def _compare(self, resource, plan):
        for setting in plan["changes"]:
            if setting == "policy" and resource in ("s3_bucket", "kms_key"):
                self._compare_policies(resource, plan["title"], plan["before"]["policy"], plan["after"]["policy"])
            else:
                self.difference(resource, plan, setting)

    def _compare_policies(self, resource, title, before, after):
        """Compare statement by statement; a difference that only concerns one member is the finding of that member."""
        is_, should_be = _statements(before, self._suffering), _statements(after, self._suffering)
        for text in dict.fromkeys([*is_, *should_be]):
            if text in is_ and text in should_be:
                continue
            statement = is_.get(text) or should_be[text]
            sid = statement.get("Sid", "without Sid")
            of_account = _OF_ACCOUNT.fullmatch(sid)
            if of_account and of_account[1] in self._suffering:
                continue
            what = "has a statement" if text in is_ else "lacks the statement"
            also = ", which is not in the inventory" if text in is_ else ""
            self.add("drift", title, f"the policy of {title} {what} {sid}{also}", setting="policy",
                     before=is_.get(text), after=should_be.get(text),
                     controls=_controls_of(statement) if resource == "s3_bucket" else ())


def _statements(policy, accounts):
    """Statements by a text that is the same for equal meaning, and that leaves out some accounts as sources."""
    return {json.dumps(_normal(one, accounts), sort_keys=True): one for one in statements_of(policy)}


def _normal(value, accounts, key=""):
    if isinstance(value, dict):
        return {name: _normal(item, accounts, name) for name, item in value.items()}
    values = value if isinstance(value, list) else [value]
    if key.lower() in ("aws:sourceaccount", "aws:sourcearn"):
        values = [one for one in values if accounts.isdisjoint(re.findall(r"\d{12}", str(one)))]
    return sorted(values, key=str)


def _opens(statement):
    """Whether a statement allows something to others than services that deliver logs of their own."""
    principal = statement.get("Principal", "*")
    services = principal.get("Service", []) if isinstance(principal, dict) and principal.keys() == {"Service"} else None
    is_trail = services is None or "cloudtrail.amazonaws.com" in ([services] if isinstance(services, str) else services)
    return statement.get("Effect") == "Allow" and is_trail


def _controls_of(statement):
    """Controls that a statement of a bucket's policy touches: about TLS, or about public access."""
    keys = [key.lower() for condition in statement.get("Condition", {}).values() for key in condition]
    if "aws:securetransport" in keys:
        return ["CIS AWS 2.1.1"]
    is_public = statement.get("Effect") == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return ["CIS AWS 2.1.4"] if is_public and not keys else []
