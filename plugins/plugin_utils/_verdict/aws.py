# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an AWS account, from the plans of its roles and what became of its probe. Private.

The numbers of controls are those of the CIS AWS Foundations Benchmark 5.0.0.
"""
from __future__ import annotations

import datetime
import functools
import json
import math
import re

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import kms
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.documents import statements_of
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import KNOWN_LATER
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._probes import moment

from . import result as results
from .result import WARNING, finding

CONTROLS = {
    "trail": {
        "": ["CIS AWS 3.1"],
        "enable_logging": ["CIS AWS 3.1"],
        "event_selectors": ["CIS AWS 3.1"],
        "is_multi_region_trail": ["CIS AWS 3.1"],
        "include_global_events": ["CIS AWS 3.1"],
        "enable_log_file_validation": ["CIS AWS 3.2"],
        "kms_key_id": ["CIS AWS 3.5"],
    },
    "s3_bucket": {
        "encryption": ["CIS AWS 3.5"],
        "encryption_key_id": ["CIS AWS 3.5"],
        "logging": ["CIS AWS 3.4"],
        "mfa_delete": ["CIS AWS 2.1.2"],
        "public_access": ["CIS AWS 2.1.4"],
    },
    "kms_key": {"enable_key_rotation": ["CIS AWS 3.6"]},
    "log_group": {},
    "iam_role": {},
}
_OF_ACCOUNT = re.compile(r"CloudTrail(?:Acl|Write)(\d{12})")
_OWNER = "managed-by"
_PLACES = ("s3", "cloudwatch_logs")  # of a probe
_SELECTORS = ("event_selectors", "advanced_event_selectors")
_KEPT_OUT_BY = {"kms_key_id": "s3", "cloudwatch_logs_role_arn": "cloudwatch_logs"}  # differences that may be why


class Verdict:
    """One account; C(archive) are the variables of the archive, empty if there is none."""

    def __init__(self, name, host, archive, roles, trail):
        self.name, self.host, self.archive, self.roles, self.trail = name, host, archive, roles, trail
        self.account = host["account_id"]
        self.title = f"trail {trail['name']}"
        self.findings = []
        self.checked = []
        self._blocked = {place: [] for place in _PLACES}

    def result(self) -> dict:
        """The result of the account."""
        if "archive" in self.roles:
            self._archive()
        if "member" in self.roles:
            self._member()
        digests = dict(self._of_archive("audit_logs_aws_digests", "trails").get(self.account) or {})
        of_home = digests.pop("of_home_region", True)  # the report does not have it
        for problem in digests.get("problems", []):
            self._digest(problem)
        if digests and not of_home:
            self._no_digests(digests["from"])
        return results.result(
            {"name": self.name, "account_id": self.account, "cloud": "aws", "roles": self.roles,
             "region": self.trail["region"]},
            self.findings, self._probe(), self._failure(),
            delivers_to=self._delivers_to(), checked=self.checked, digests=digests or None,
        )

    def _failure(self):
        failure = self.host.get("audit_logs_failure")
        if self.skipped:
            return failure
        of_archive = self.archive.get("audit_logs_failure")
        if failure or self._of_archive("audit_logs_aws_arrived", "probes").get(self.account):
            return failure
        if not of_archive:
            return self._not_looked_for()
        return {"phase": "archive", "reason": f"not proven, because the archive failed: {of_archive['reason']}"}

    def _not_looked_for(self):
        """Why nobody has looked for the probe, if nobody has."""
        if not self.archive or "aws_trail_bucket_plan" in self.archive or not self._made():
            return None
        return {"phase": "probe", "reason": "not proven, because the archive is not in this run: name it in --limit"}

    @property
    def skipped(self) -> str | None:
        """Why no event can be expected, because that is what the inventory asks for."""
        trail = (self.host.get("aws_trail_plan") or {}).get("trail") or {"exists": False}
        if not trail["exists"]:
            return None
        if _as_asked(trail, "enable_logging") and not trail["current"]["enable_logging"]:
            return _asked_for(f"{trail['title']} is stopped")
        return _asked_for(_lost(trail)) if not trail["records"] and _as_asked(trail, *_SELECTORS) else None

    def waits(self, place: str) -> bool:
        """Whether the probe may arrive in a place, C(s3) or C(cloudwatch_logs), as far as the configuration tells."""
        self._member()
        return not self._why_not(place)

    # The archive

    def _archive(self):
        plan = self.host.get("aws_trail_bucket_plan") or {}
        self._key(plan)
        bucket = plan.get("s3_bucket")
        if bucket:
            title = self._noted(bucket)
            if not bucket["exists"]:
                self._delivery(["s3"], title, f"{title} does not exist: run setup")
            else:
                self._differences("s3_bucket", bucket, title)
                self._weak_bucket(bucket, title)
                self._expiring(bucket["current"], title)
        validation = (self.host.get("aws_trail_validation_plan") or {}).get("iam_role")
        if validation:
            self._differences("iam_role", validation, self._noted(validation))

    def _key(self, plan):
        key = plan.get("kms_key")
        if not key:
            return
        title = self._noted(key)
        if not key["exists"]:
            # It may be its alias alone that is gone, and then trails go on to encrypt with it.
            self.findings.append(finding("drift", title, f"{title} does not exist: run setup"))
            return
        if "enabled" in key["changes"]:
            state = key["current"]["state"]
            self._delivery(["s3"], title, f"{title} can't be used, its state is {state}: {kms.advice(state)}")
        self._differences("kms_key", {**key, "changes": [name for name in key["changes"] if name != "enabled"]}, title)

    def _weak_bucket(self, bucket, title):
        current, changed = bucket["current"], bucket["changes"]
        weak = {
            "versioning": (not current["versioning"], "keeps no older versions of log files"),
            "encryption": (current["encryption"] != "aws:kms", "is not encrypted with a KMS key"),
            "logging": (not current["logging"], "has no access logging"),
            "public_access": (not all(current["public_access"].values()), "does not block all public access"),
            "mfa_delete": (
                not current.get("mfa_delete") and not current["object_lock_enabled"],
                "has neither object lock nor MFA delete: whoever administers the account can delete log files",
            ),
        }
        for setting, (is_weak, text) in weak.items():
            if is_weak and setting not in changed:
                self._weak(title, f"{title} {text}", setting, "s3_bucket")

    def _expiring(self, current, title):
        """Rules of others that delete log files before ours does, or their older versions."""
        own = current["lifecycle"] or {}
        for rule in current["expiring"]:
            days, noncurrent = rule["days"], rule["noncurrent_days"]
            text = f"lifecycle rule {rule['id']} of {title}, which is not ours, deletes"
            if days is not None and days < own.get("expiration_days", math.inf):
                when = f"log files after {days} days" if days else "log files of any age"
                self.findings.append(finding("drift", title, f"{text} {when}", setting="lifecycle", before=rule,
                                             after=own))
            elif noncurrent is not None and noncurrent < own.get("noncurrent_version_expiration_days", math.inf):
                when = f"older versions of log files after {noncurrent} days"
                self._weak(title, f"{text} {when}", "lifecycle", "s3_bucket")

    # A member

    def _member(self):
        for text in self._of_archive("aws_trail_bucket_plan", "undeliverable").get(self.account, []):
            self._delivery(["s3"], self.title, text)
        self._log_group()
        trail = (self.host.get("aws_trail_plan") or {}).get("trail")
        if not trail:
            return
        title = self._noted(trail)
        if not trail["exists"]:
            self._no_trail(title, trail["elsewhere"])
            return
        if trail["current"]["enable_log_file_validation"]:
            self._digests(trail["current"]["status"]["latest_digest_delivery_error"])
        before, after = trail["before"], trail["after"]
        said = {
            "enable_logging": "is stopped: start it, or run setup",
            "s3_bucket_name": f"delivers to the bucket {before.get('s3_bucket_name')}, not to {after.get('s3_bucket_name')}",
            "s3_key_prefix": f"delivers below {before.get('s3_key_prefix')!r}, not below {after.get('s3_key_prefix')!r}",
            "cloudwatch_logs_log_group_arn": "does not write to its log group: run setup",
        }
        places = {
            "s3_bucket_name": ["s3"], "s3_key_prefix": ["s3"], "cloudwatch_logs_log_group_arn": ["cloudwatch_logs"]
        }  # fmt: skip
        if before.get("enable_logging"):
            del said["enable_logging"]
        for setting in sorted(set(said) & set(trail["changes"])):
            self._delivery(places.get(setting, _PLACES), title, f"{title} {said[setting]}", setting, before[setting],
                           after[setting])
        self._differences("trail", {**trail, "changes": [name for name in trail["changes"] if name not in said]}, title)
        self._selectors(trail, title)
        self._weak_trail(trail, title)

    def _no_trail(self, title, elsewhere):
        region = self.trail["region"]
        there = ", ".join(sorted({arn.split(":")[3] for arn in elsewhere}))
        text = f"{title} does not exist in {region}"
        self._delivery(_PLACES, title, f"{text}, only in {there}: run setup" if there else f"{text}: run setup")

    def _selectors(self, trail, title):
        """Management events that are not recorded, which only an inventory that names the selectors can mean."""
        if not trail["unrecorded"]:
            return
        if _as_asked(trail, *_SELECTORS):
            self._weak(title, _asked_for(_lost(trail)), "event_selectors", "trail")
            return
        text = f"{_lost(trail)}: mend its event selectors"
        if not trail["records"]:
            self._delivery(_PLACES, title, text, "event_selectors")
        else:
            self.findings.append(finding("weak", title, text, setting="event_selectors",
                                         controls=CONTROLS["trail"]["event_selectors"]))

    def _digests(self, error):
        """Why digest files can't be delivered."""
        denied = self._of_archive("aws_trail_bucket_plan", "undeliverable_digests").get(self.account, [])
        said = [f"CloudTrail could not deliver the last digest file of {self.title}: {error}"] if error else []
        for text in denied + said:
            self._digest(text)

    def _no_digests(self, since):
        """There are no digest files of a time: whether CloudTrail says that there should be."""
        current = ((self.host.get("aws_trail_plan") or {}).get("trail") or {}).get("current") or {}
        delivered = current.get("status", {}).get("latest_digest_delivery_time")
        # One is delivered after the hour that it is of, and its name has the end of that hour.
        if delivered and moment(delivered) >= moment(since) + datetime.timedelta(hours=1):
            self._digest(
                f"CloudTrail delivered a digest file of {self.title} at {delivered}, and bucket"
                f" {self.archive['aws_trail_bucket_name']} has none of {self.trail['region']} since {since}: they were"
                " deleted, or the trail delivered elsewhere until then"
            )

    def _digest(self, text):
        self.findings.append(finding("digest", self.title, text, controls=["CIS AWS 3.2"]))

    def _weak_trail(self, trail, title):
        current, changed = trail["current"], trail["changes"]
        weak = {
            "is_multi_region_trail": (not current["is_multi_region_trail"], "records one region alone"),
            "enable_log_file_validation": (not current["enable_log_file_validation"], "has no log file validation"),
            "enable_logging": (not current["enable_logging"], _asked_for("is stopped")),
        }
        if not self.archive:
            weak["kms_key_id"] = (not current["kms_key_id"], "does not encrypt with a KMS key")
        for setting, (is_weak, text) in weak.items():
            if is_weak and setting not in changed:
                self._weak(title, f"{title} {text}", setting, "trail")

    def _log_group(self):
        plan = self.host.get("aws_trail_plan") or {}
        for resource in ("log_group", "iam_role"):
            found = plan.get(resource)
            if not found:
                continue
            title = self._noted(found)
            if not found["exists"]:
                self._delivery(["cloudwatch_logs"], title, f"{title} does not exist: run setup")
            else:
                self._differences(resource, found, title)
        for text in plan.get("undeliverable_events", {}).get(self.account, []):
            self._delivery(["cloudwatch_logs"], plan["iam_role"]["title"], text)
        for text in plan.get("undeliverable", {}).get(self.account, []):
            self._delivery(["s3"], self.title, text)

    # Both

    def _differences(self, resource, plan, title):
        """What differs from the inventory."""
        for setting in plan["changes"]:
            before, after = plan["before"][setting], plan["after"][setting]
            if setting == "tags" and _OWNER in after and _OWNER not in (before or {}):
                self.findings.append(finding("foreign", title, f"{title} is not made by this collection: it lacks the tag"
                                             f" {_OWNER}", WARNING, setting, before, after))
            elif after == KNOWN_LATER:
                # Which key it should have is known when there is one, and that there is none is told of the key.
                if not before:
                    self.findings.append(finding("drift", title, f"{title} does not encrypt with a KMS key",
                                                 setting=setting, controls=CONTROLS[resource].get(setting, ())))
            elif setting == "policy" and resource in ("s3_bucket", "kms_key"):
                self._policy(resource, title, before, after)
            else:
                self.findings += results.drift(title, {setting: before}, {setting: after}, CONTROLS[resource])

    def _policy(self, resource, title, before, after):
        """A policy that differs in what is about one member alone is that member's, and told there."""
        plan = self.host["aws_trail_bucket_plan"]
        blocked = set(plan["undeliverable"])
        is_, should_be = _statements(before, blocked), _statements(after, blocked)
        for text in dict.fromkeys([*is_, *should_be]):
            if text in is_ and text in should_be:
                continue
            statement = is_.get(text) or should_be[text]
            sid = statement.get("Sid", "without Sid")
            of_account = _OF_ACCOUNT.fullmatch(sid)
            if of_account and of_account[1] in blocked:
                continue
            what = "has a statement" if text in is_ else "lacks the statement"
            also = " that the inventory does not ask for" if text in is_ else ""
            self.findings.append(finding("drift", title, f"the policy of {title} {what} {sid}{also}", setting="policy",
                                         before=is_.get(text), after=should_be.get(text),
                                         controls=_controls_of(statement) if resource == "s3_bucket" else ()))

    def _delivery(self, places, title, text, setting=None, before=None, after=None):
        """Why nothing can arrive in places."""
        for place in places:
            self._blocked[place].append(text)
        controls = CONTROLS["trail"].get(setting or "", ()) if title == self.title else ()
        self.findings.append(finding("delivery", title, text, setting=setting, before=before, after=after,
                                     controls=controls))

    def _weak(self, title, text, setting, resource):
        self.findings.append(finding("weak", title, text, WARNING, setting, controls=CONTROLS[resource].get(setting, ())))

    def _noted(self, plan):
        self.checked.append(plan["title"])
        return plan["title"]

    def _of_archive(self, variable, key):
        return (self.archive.get(variable) or {}).get(key) or {}

    @functools.cached_property
    def in_archive(self):
        """What is wrong in the archive for all of its members."""
        if not self.archive:
            return []
        archive = Verdict("", self.archive, self.archive, ["archive"], self.trail)
        archive._archive()
        return archive._blocked["s3"]

    def _why_not(self, place):
        """Why nothing can arrive in a place."""
        return self._blocked[place] + (self.in_archive if place == "s3" else [])

    # The probe

    def _made(self):
        return (self.host.get("audit_logs_aws_probe") or {}).get("probe")

    def _probe(self):
        made = self._made()
        if not made:
            return None
        places = []
        bucket = self.archive.get("aws_trail_bucket_name") or self.host.get("aws_trail_bucket_name")
        seen = self._of_archive("audit_logs_aws_arrived", "probes").get(self.account)
        if not self._of_archive("aws_trail_bucket_plan", "s3_bucket").get("exists", True):
            seen = {"state": "missing", "seconds": None, "found_in": None}
        status = (self.host.get("audit_logs_aws_status") or {}).get("status") or {}
        if not self.archive and status:
            # It says when it delivered, and not where.
            delivered = not self._blocked["s3"] and (status.get("latest_delivery_time") or "") > made["made"]
            seen = {"state": "arrived" if delivered else "missing", "seconds": None, "found_in": "GetTrailStatus"}
        problems = []
        for kind, name, found in (
            ("s3", bucket, seen),
            ("cloudwatch_logs", self._log_group_name(),
             ((self.host.get("audit_logs_aws_in_log_group") or {}).get("probes") or {}).get(self.account)),
        ):
            if found and not self.skipped:
                places.append({"kind": kind, "name": name, **{key: found[key] for key in ("state", "seconds", "found_in")}})
                problems += [found["problem"]] if found.get("problem") else []
        missing = [place["kind"] for place in places if place["state"] == "missing"]
        return results.probe(made, places, lambda: self._causes(missing, status, problems))

    def _causes(self, missing, status, problems):
        causes = [text for place in missing for text in self._why_not(place)]
        causes += [found["text"] for found in self.findings
                   if found["kind"] == "drift" and found["resource"] == self.title
                   and _KEPT_OUT_BY.get(found["setting"]) in missing]
        if status.get("latest_delivery_error"):
            causes.append(f"CloudTrail can't deliver to the bucket: {status['latest_delivery_error']}")
        if status.get("latest_cloudwatch_logs_delivery_error"):
            causes.append(f"CloudTrail can't write to the log group: {status['latest_cloudwatch_logs_delivery_error']}")
        causes += problems
        for plan in (self.archive.get("aws_trail_bucket_plan"), self.host.get("aws_trail_plan")):
            causes += ((plan or {}).get("undecided") or {}).get(self.account, [])
        return list(dict.fromkeys(causes))

    def _log_group_name(self):
        return ((self.host.get("aws_trail_plan") or {}).get("log_group") or {}).get("name")

    def _delivers_to(self):
        if "member" not in self.roles:
            return []
        bucket = self.archive.get("aws_trail_bucket_name") or self.host.get("aws_trail_bucket_name")
        prefix = self.trail["prefix"]
        places = [{"kind": "s3", "account_id": self.archive.get("account_id"),
                   "name": f"{bucket}/{prefix}" if prefix else bucket}]
        if self._log_group_name():
            places.append({"kind": "cloudwatch_logs", "account_id": self.account, "name": self._log_group_name()})
        return places


def verdict(account: dict, hostvars) -> Verdict:
    """The verdict about an account of the deployment."""
    archive = hostvars[account["archive"]] if account["archive"] else {}
    return Verdict(account["name"], hostvars[account["name"]], archive, account["roles"], account["trail"])


def probes(hostvars, accounts: list[dict], place: str) -> list[dict]:
    """The probes as M(crossaccount.audit_logs.cloudtrail_probe_info) takes them, of members whose probe may arrive.

    :param accounts: members of the deployment.
    :param place: C(s3) or C(cloudwatch_logs).
    """
    found = []
    for account in accounts:
        made = (hostvars[account["name"]].get("audit_logs_aws_probe") or {}).get("probe")
        of_account = verdict(account, hostvars)
        trail = account["trail"]
        if made and not of_account.skipped:
            found.append({
                "account_id": trail["account_id"], "prefix": trail["prefix"],
                "organization_id": trail.get("organization_id"), "wait": of_account.waits(place), **made,
            })
    return found


def _as_asked(trail, *settings):
    """Whether the inventory asks for settings of a trail, and they are so."""
    return set(settings) <= set(trail["asked"]) - set(trail["changes"])


def _lost(trail):
    return f"{trail['title']} records no {' and no '.join(trail['unrecorded'])}"


def _asked_for(text):
    return f"{text}, as the inventory asks for"


def _statements(policy, accounts):
    """Statements by a text that is the same for all that mean the same, also if one names accounts as sources more."""
    return {json.dumps(_normal(one, accounts), sort_keys=True): one for one in statements_of(policy)}


def _normal(value, accounts, key=""):
    if isinstance(value, dict):
        return {name: _normal(item, accounts, name) for name, item in value.items()}
    values = value if isinstance(value, list) else [value]
    if key.lower() in ("aws:sourceaccount", "aws:sourcearn"):
        values = [one for one in values if accounts.isdisjoint(re.findall(r"\d{12}", str(one)))]
    return sorted(values, key=str)


def _controls_of(statement):
    """What a statement of a bucket's policy is about: TLS, or the public."""
    keys = [key.lower() for condition in statement.get("Condition", {}).values() for key in condition]
    if "aws:securetransport" in keys:
        return ["CIS AWS 2.1.1"]
    is_public = statement.get("Effect") == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return ["CIS AWS 2.1.4"] if is_public and not keys else []
