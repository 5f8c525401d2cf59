# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of a member account on AWS: the trail, its log group, and its digest files. Private."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.trail import leftover

from ..result import WARNING
from .digest_chains import DigestChains
from .findings import CONTROLS, Findings

_ALL = ("s3", "cloudwatch_logs")
_SELECTORS = ("event_selectors", "advanced_event_selectors")
# Settings with which a trail delivers nothing, or delivers to another destination: the destinations that miss events.
_DESTINATIONS = {
    "cloudwatch_logs_log_group_arn": ["cloudwatch_logs"],
    "enable_logging": _ALL,
    "s3_bucket_name": ["s3"],
    "s3_key_prefix": ["s3"],
}


class Member(Findings):
    """What is wrong in a member account, and what is wrong in the archive account for this member alone.

    :param host: variables of the member.
    :param archive: variables of the archive account; empty if the inventory has none.
    :param account: of the deployment: trail, digest_chains, and previous, which is what the previous verification knew.
    :ivar owner: id of the account that owns the trail, by which policies know it.
    :ivar digests: how the log files were validated; None if they were not.
    :ivar digest_chains: what is known of the digest files, for the next verification; None if nothing is.
    """

    def __init__(self, host: dict, archive: dict, account: dict):
        super().__init__()
        self.account, self.archive, self.options = str(host["account_id"]), archive, account["trail"]
        self.owner = account["source_id"]
        self.title = f"trail {self.options['name']}"
        # ARN of the trail, if somebody else manages it.
        self._covering = account["trail_arn"] if account["is_covered"] else None
        self._advice = "ask its owner" if self._covering else "run setup"
        self._chains, self._previous = account["digest_chains"], account.get("previous")
        self._plan = host.get("aws_trail_plan") or {}
        self._trail = self._plan.get("trail") or {}
        for text in self._of_archive("aws_trail_bucket_plan", "undeliverable"):
            self._delivers_not(text, ["s3"])
        self._check_log_group()
        if self._trail.get("exists"):
            self._check_trail(self._trail)
        elif self._trail:
            self._no_trail(self._trail)
        if "registers" in account:
            self._check_registration(account["registers"], host.get("audit_logs_aws_administrator") or {})
        for arn in self._trail.get("leftovers", ()):
            self.add("drift", self.title, f"There is also {leftover(arn)}", level=WARNING)
        for arn in self._trail.get("others", ()):
            text = f"trail {arn} also records management events of the account, which costs {policies.EXTRA_COPY}: delete one of the trails"
            self.add("cost", self.title, text, level=WARNING)
        self.digests = None
        # Kept for a verification that validates log files again.
        self.digest_chains = self._previous and {**self._chains, "regions": self._previous["regions"]}
        digests = self._of_archive("audit_logs_aws_digests", "trails")
        if digests:
            self._check_digests(digests)

    @property
    def log_group(self) -> str | None:
        """Name of the log group of the trail; None if the trail has none."""
        return (self._plan.get("log_group") or {}).get("name")

    @property
    def skipped(self) -> str | None:
        """Why no event is expected, because the inventory asks for that; None if events are expected."""
        trail = self._trail
        if not trail.get("exists"):
            return None
        if _as_asked(trail, "enable_logging") and not trail["current"]["enable_logging"]:
            return _asked_for(f"{trail['title']} is stopped")
        return _asked_for(_lost(trail)) if not trail["records"] and _as_asked(trail, *_SELECTORS) else None

    def _check_registration(self, administrator, found):
        title = f"delegated administrator of CloudTrail {administrator}"
        self.checked.append(title)
        if found.get("changed"):
            self.add("drift", title, f"account {administrator} is not registered as a delegated administrator of CloudTrail: run setup")

    def _check_log_group(self):
        for resource in ("log_group", "iam_role"):
            plan = self._plan.get(resource)
            if not plan:
                continue
            self.checked.append(plan["title"])
            if plan["exists"]:
                self._compare(resource, plan)
            else:
                self.undeliverable(["cloudwatch_logs"], plan["title"], f"{plan['title']} does not exist: run setup")
        for text in self._plan.get("undeliverable_events", {}).get(self.owner, []):
            self.undeliverable(["cloudwatch_logs"], self._plan["iam_role"]["title"], text)
        for text in self._plan.get("undeliverable", {}).get(self.owner, []):
            self._delivers_not(text, ["s3"])

    def _no_trail(self, trail):
        self.checked.append(self.title)
        if self._covering:
            self._delivers_not(f"trail {self._covering} does not record the account: {self._why_not_covered(trail)}")
            return
        there = ", ".join(sorted({arn.split(":")[3] for arn in trail["elsewhere"]}))
        text = f"{self.title} does not exist in {self.options['region']}"
        self._delivers_not(f"{text}, but in {there}: run setup" if there else f"{text}: run setup")

    def _why_not_covered(self, trail):
        """Why the trail of somebody else is not seen in the account; the end of a sentence."""
        wanted, found = self.options.get("organization_id"), trail["organization"]
        if wanted and found is None:
            return (
                f"verify does not know whether the account is in {wanted}, because these credentials may not call"
                " organizations:DescribeOrganization. Allow this action, correct audit_logs_aws_trail_arn, or ask the owner of the trail"
            )
        if found == wanted or not wanted:
            return "correct audit_logs_aws_trail_arn, or ask the owner of the trail"
        return f"the account is in {found or 'no organization'}, but the trail belongs to {wanted}"

    def _check_trail(self, trail):
        self.checked.append(self.title)
        if trail["current"]["enable_log_file_validation"]:
            self._check_delivery_of_digests(trail["current"]["status"]["latest_digest_delivery_error"])
        is_, should_be = trail["before"], trail["after"]
        bucket, prefix = ((is_.get(name), should_be.get(name)) for name in ("s3_bucket_name", "s3_key_prefix"))
        stops = {setting for setting in _DESTINATIONS if setting in trail["changes"]}
        if is_.get("enable_logging"):
            stops.discard("enable_logging")  # the inventory asks for a stopped trail, and the trail records
        texts = {
            "cloudwatch_logs_log_group_arn": f"does not write to its log group: {self._advice}",
            "enable_logging": f"is stopped: start it, or {self._advice}",
            "s3_bucket_name": f"delivers to the bucket {bucket[0]}, not to {bucket[1]}",
            "s3_key_prefix": f"delivers below {prefix[0]!r}, not below {prefix[1]!r}",
        }
        for setting in sorted(stops):
            self._delivers_not(f"{self.title} {texts[setting]}", _DESTINATIONS[setting], setting, is_[setting],
                               should_be[setting])
        self._compare("trail", {**trail, "changes": [name for name in trail["changes"] if name not in stops]})
        self._check_selectors(trail)
        self._check_regions(trail["unrecorded_regions"])
        current = trail["current"]
        weaknesses = {
            "is_multi_region_trail": (not current["is_multi_region_trail"], "records only one region"),
            "enable_log_file_validation": (not current["enable_log_file_validation"], "has no log file validation"),
            "enable_logging": (not current["enable_logging"], _asked_for("is stopped")),
        }
        if not self.archive and not self._covering:  # the key of somebody else's trail is not for its members to choose
            weaknesses["kms_key_id"] = (not current["kms_key_id"], "does not encrypt with a KMS key")
        self.weaknesses("trail", trail, weaknesses)

    def _check_selectors(self, trail):
        """Management events that are not recorded. Only an inventory that names the selectors can ask for that."""
        if not trail["unrecorded"]:
            return
        controls = CONTROLS["trail"]["event_selectors"]
        text = f"{_lost(trail)}: correct its event selectors"
        if _as_asked(trail, *_SELECTORS):
            self.weak(self.title, _asked_for(_lost(trail)), "event_selectors", controls)
        elif trail["records"]:
            self.add("weak", self.title, text, setting="event_selectors", controls=controls)
        else:
            self._delivers_not(text, setting="event_selectors")

    def _check_regions(self, unrecorded):
        """Opt-in regions in which the trail has no copy. That of a region that was just enabled comes a while later."""
        if unrecorded:
            text = f"{self.title} does not record the opt-in {'regions' if unrecorded[1:] else 'region'} {', '.join(unrecorded)}, which the"
            self.add("coverage", self.title, f"{text} account has enabled. CloudTrail copies the trail into a new region: run verify again"
                     " later. If the trail is still not there, disable the region, or ask AWS Support",
                     setting="is_multi_region_trail", before=unrecorded, controls=CONTROLS["trail"]["is_multi_region_trail"])

    def _check_delivery_of_digests(self, error):
        for text in self._of_archive("aws_trail_bucket_plan", "undeliverable_digests"):
            self._digest(text)
        if error:
            self._digest(f"CloudTrail could not deliver the last digest file of {self.title}: {error}")

    def _check_digests(self, digests):
        """Look for missing digest files, and note what the next verification compares with."""
        chains = DigestChains(digests, self._previous, self.options["region"], self._trail, self.archive["aws_trail_bucket_name"])
        for text in digests["problems"] + chains.problems:
            self._digest(text)
        for text in chains.ended:
            self.add("digest", self.title, text, level=WARNING)
        # The start of the next validation is in the chains.
        regions = [{name: value for name, value in one.items() if name != "start"} for one in digests["regions"]]
        compared_with = self._previous and self._previous["reported"]
        self.digests = {**digests, "regions": regions, "compared_with": compared_with, "unvalidated": chains.unvalidated}
        self.digest_chains = {**self._chains, "regions": chains.regions}

    def _compare(self, resource, plan):
        for setting in plan["changes"]:
            self.difference(resource, plan, setting)

    def _delivers_not(self, text, destinations=_ALL, setting=None, before=None, after=None):
        """Add the reason why the trail delivers nothing to some destinations."""
        self.undeliverable(destinations, self.title, text, setting=setting, before=before, after=after,
                           controls=CONTROLS["trail"].get(setting or "", ()))

    def _digest(self, text):
        self.add("digest", self.title, text, controls=["CIS AWS 3.2"])

    def _of_archive(self, variable, key):
        """What a task in the archive account returned for this member, or for the account that owns its trail."""
        found = (self.archive.get(variable) or {}).get(key) or {}
        return found.get(self.owner if variable == "aws_trail_bucket_plan" else self.account) or []


def _as_asked(trail, *settings):
    """Whether the inventory asks for settings of a trail, and the trail has them."""
    return set(settings) <= set(trail["asked"]) - set(trail["changes"])


def _lost(trail):
    return f"{trail['title']} records no {' and no '.join(trail['unrecorded'])}"


def _asked_for(text):
    return f"{text}, as configured in the inventory"
