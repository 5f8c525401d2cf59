# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    """Options for the selectors of a trail."""

    DOCUMENTATION = r"""
options:
  event_selectors:
    description:
      - Basic event selectors, five at most. They replace all existing selectors of the trail, basic and advanced.
      - Mutually exclusive with O(advanced_event_selectors).
    type: list
    elements: dict
    suboptions:
      read_write_type:
        description: Whether the selector matches events that read (V(ReadOnly)), events that write (V(WriteOnly)), or both (V(All)).
        type: str
        choices: [All, ReadOnly, WriteOnly]
        default: All
      include_management_events: {description: Whether the trail records management events., type: bool, default: true}
      data_resources:
        description: Resources whose data events the trail records.
        type: list
        elements: dict
        default: []
        suboptions:
          type:
            description: Type of the resources.
            type: str
            required: true
            choices: ['AWS::S3::Object', 'AWS::Lambda::Function', 'AWS::DynamoDB::Table']
          values:
            description: ARNs, or beginnings of ARNs. C(arn:aws:s3) means every bucket of the account. In regions of China, write
              C(arn:aws-cn:s3).
            type: list
            elements: str
            required: true
      exclude_management_event_sources:
        description: Services whose management events the trail does not record, C(kms.amazonaws.com) or C(rdsdata.amazonaws.com).
        type: list
        elements: str
        default: []
  advanced_event_selectors:
    description:
      - Advanced event selectors. They replace all existing selectors of the trail, basic and advanced.
      - Each advanced event selector needs exactly one field selector for C(eventCategory).
      - Mutually exclusive with O(event_selectors).
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the selector., type: str}
      field_selectors:
        description: Conditions. The selector matches an event that meets all of them.
        type: list
        elements: dict
        required: true
        suboptions:
          field:
            description: Field of the event.
            type: str
            required: true
            choices:
              - errorCode
              - eventCategory
              - eventName
              - eventSource
              - eventType
              - readOnly
              - resources.ARN
              - resources.type
              - sessionCredentialFromConsole
              - userIdentity.arn
              - vpcEndpointId
          equals: {description: The value of the field is one of these strings., type: list, elements: str}
          starts_with: {description: The value of the field starts with one of these strings., type: list, elements: str}
          ends_with: {description: The value of the field ends with one of these strings., type: list, elements: str}
          not_equals: {description: The value of the field is none of these strings., type: list, elements: str}
          not_starts_with: {description: The value of the field starts with none of these strings., type: list, elements: str}
          not_ends_with: {description: The value of the field ends with none of these strings., type: list, elements: str}
  insight_types:
    description: Types of Insights events that the trail records, in addition to the other events. An empty list turns off Insights.
    type: list
    elements: str
    choices: [ApiCallRateInsight, ApiErrorRateInsight]
"""
