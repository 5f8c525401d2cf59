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
      read_write_type: {description: 'Which events, by what they do.', type: str, choices: [All, ReadOnly, WriteOnly], default: All}
      include_management_events: {description: Whether management events are recorded., type: bool, default: true}
      data_resources:
        description: Resources whose data events are recorded.
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
            description: ARNs, or beginnings of ARNs; C(arn:aws:s3) means every bucket of the account, in China C(arn:aws-cn:s3).
            type: list
            elements: str
            required: true
      exclude_management_event_sources:
        description: Services whose management events are left out, C(kms.amazonaws.com) or C(rdsdata.amazonaws.com).
        type: list
        elements: str
        default: []
  advanced_event_selectors:
    description:
      - Advanced event selectors. They replace all existing selectors of the trail, basic and advanced.
      - Each needs exactly one field selector for C(eventCategory).
      - Mutually exclusive with O(event_selectors).
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the selector., type: str}
      field_selectors:
        description: Conditions, all of which an event has to meet.
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
          equals: {description: The field is one of these., type: list, elements: str}
          starts_with: {description: The field starts with one of these., type: list, elements: str}
          ends_with: {description: The field ends with one of these., type: list, elements: str}
          not_equals: {description: The field is none of these., type: list, elements: str}
          not_starts_with: {description: The field starts with none of these., type: list, elements: str}
          not_ends_with: {description: The field ends with none of these., type: list, elements: str}
  insight_types:
    description: Insights that the trail looks for, beside the events themselves. An empty list switches Insights off.
    type: list
    elements: str
    choices: [ApiCallRateInsight, ApiErrorRateInsight]
"""
