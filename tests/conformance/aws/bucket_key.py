# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudTrail needs of the policy of its KMS key if the bucket has an S3 Bucket Key."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from ..check import Check, Observation
from .account import BUCKET, DELIVERED, TRAIL, Aws, document

REFUSAL = "InsufficientEncryptionPolicyException"
CHANGED = 300  # seconds until a delivery that began before a change has ended
_WAITING_TIME = 7  # days; KMS deletes no key earlier
_OF_OTHERS = ("AccessDeniedException", "NotFoundException")  # a key whose policy is closed to the caller, or that is gone by now


def run(aws: Aws) -> Observation:
    """Let one trail deliver to buckets with and without a bucket key, with the key policy of this collection, with and without kms:Decrypt."""
    trail = aws.name()
    cases = [_Case(aws, trail, bucket_key, decrypt) for bucket_key, decrypt in ((False, False), (False, True), (True, True), (True, False))]
    create = aws.new_trail(trail, cases[0].bucket, KmsKeyId=cases[0].key)
    cases[0].observe(create)
    if cases[0].code:
        return Observation.undecided("CreateTrail refuses the key of a bucket without a bucket key, too", code=cases[0].code)
    for case in cases[1:]:
        case.observe(aws.cloudtrail.update_trail, Name=trail, S3BucketName=case.bucket, KmsKeyId=case.key)
    facts: dict[str, Any] = {case.described: case.facts for case in cases}
    delivering = cases[2]
    if delivering.delivered is not None and cases[3].code:
        facts["delivers after kms:Decrypt was taken away"] = delivering.delivers_without_decrypt()
    expected = all(bool(case.code) == (case is cases[3]) and (case.code or case.delivered is not None) for case in cases)
    return Observation.of(expected and cases[3].code == REFUSAL, **facts)


class _Case:
    """A bucket, and the key of bucket and trail."""

    def __init__(self, aws: Aws, trail: str, bucket_key: bool, decrypt: bool) -> None:
        self._aws = aws
        self._trail = trail
        self.described = f"{'with' if bucket_key else 'without'} a bucket key, {'with' if decrypt else 'without'} kms:Decrypt"
        self.key = self._create_key(decrypt)
        self.bucket = aws.trail_bucket()
        encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key}
        aws.client("s3").put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": bucket_key}]})
        self.code, self.codes = "", []
        self.delivered: int | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What was observed."""
        return {"code": self.code, "codes": self.codes, "seconds_until_delivered": self.delivered}

    def observe(self, call: Any, **parameters: Any) -> None:
        """Direct the trail to the bucket, and wait for a log file."""
        self.code, _seconds, self.codes = self._aws.patiently(call, **parameters)
        if self.code:
            return
        self._aws.surely(self._aws.cloudtrail.start_logging, Name=self._trail)
        found, seconds = self._aws.until(lambda: self._deliveries() > 0, DELIVERED, every=30)
        self.delivered = seconds if found else None

    def delivers_without_decrypt(self) -> bool | None:
        """Take kms:Decrypt away, and wait for another log file or an error; None if there is neither."""
        self._aws.client("kms").put_key_policy(KeyId=self.key, PolicyName="default", Policy=self._policy(decrypt=False))
        self._aws.clock.sleep(CHANGED)
        before = self._deliveries()

        def outcome() -> str:
            if self._deliveries() > before:
                return "delivered"
            return self._aws.status(self._trail).get("LatestDeliveryError", "")

        found, _seconds = self._aws.until(outcome, DELIVERED, every=30)
        return found == "delivered" if found else None

    def _deliveries(self) -> int:
        """How many log files there are, after another event."""
        self._aws.mark()
        return sum(key.endswith(".json.gz") for key in self._aws.files(self.bucket, "CloudTrail"))

    def _policy(self, *, decrypt: bool) -> str:
        """The key policy of this collection; it also allows the caller to change and delete the key."""
        # Here, because who only lists the checks needs no collection.
        from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies  # pylint: disable=import-outside-toplevel

        aws = self._aws
        trail = {"account_id": aws.account, "name": self._trail, "region": aws.region}
        policy = policies.key_policy(aws.account, aws.region, [trail])
        policy = policies.with_decrypt(policy) if decrypt else policy
        caller = {
            "Effect": "Allow", "Principal": {"AWS": aws.arn}, "Resource": "*",
            "Action": ["kms:DescribeKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
        }
        return document(*policy["Statement"], caller)

    def _create_key(self, decrypt: bool) -> str:
        kms, name, arns = self._aws.client("kms"), self._aws.name(), []

        def create() -> str:
            arns.append(kms.create_key(Description=name, Policy=self._policy(decrypt=decrypt))["KeyMetadata"]["Arn"])
            return arns[0]

        return self._aws.undo.create(f"KMS key with the description {name}", lambda: _remove(kms, name, arns), create)


def _remove(kms: Any, description: str, arns: list[str]) -> None:
    """Schedule the deletion of a key.

    :param arns: of the key; none if the answer to its creation was lost.
    """
    for arn in {*arns, *_described(kms, description)}:
        if kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=_WAITING_TIME)


def _described(kms: Any, description: str) -> Iterator[str]:
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            try:
                found = kms.describe_key(KeyId=key["KeyArn"])["KeyMetadata"]
            except ClientError as error:
                if error.response["Error"]["Code"] not in _OF_OTHERS:
                    raise
                continue
            if found["Description"] == description:
                yield found["Arn"]


# No permission to change or delete keys: the policy of each key gives it to the caller. So the caller can't touch another key.
CHECK = Check(
    entry="aws-bucket-key-decrypt",
    question="Does CloudTrail need kms:Decrypt if the bucket has an S3 Bucket Key, and is this collection's key policy enough?",
    creates=("KMS key", "S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL, "kms:CreateKey", "kms:DescribeKey", "kms:ListKeys", "s3:PutEncryptionConfiguration"),
    seconds=3600,
    cents=5,
    run=run,
)
