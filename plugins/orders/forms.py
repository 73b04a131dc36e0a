# SPDX-License-Identifier: Apache-2.0
"""What the pages of orders post."""

from typing import Annotated

import msgspec
from msgspec import Meta

Words = Annotated[str, Meta(min_length=2, max_length=2000)]
Alarms = Annotated[list[int], Meta(title="报警")]


class IssueForm(msgspec.Struct):
    """① the alarms and what is asked of the department."""

    instruction: Annotated[Words, Meta(title="督办要求")]
    alarm: Alarms = []
    offered: Alarms = []
    """What stood on the page to be ticked, so that a refused form shows it again."""


class RelayForm(msgspec.Struct):
    """② which officer explains which alarm: two lists of one length."""

    instruction: Annotated[Words, Meta(title="督办要求")]
    alarm: Alarms = []
    handler: Annotated[list[int], Meta(title="办件人员")] = []


class ReplyForm(msgspec.Struct):
    """③ the cause from the list, and the officer's own words."""

    cause: Annotated[
        str, Meta(title="报警原因", min_length=1, max_length=24, extra={"choose": True})
    ]
    text: Annotated[Words, Meta(title="情况说明")]


class AnswerForm(msgspec.Struct):
    """④ the department's reply; the draft must be confirmed, never forwarded unread."""

    text: Annotated[str, Meta(title="回复内容", min_length=2, max_length=6000)]
    confirmed: Annotated[bool, Meta(title="核对")] = False


class DecideForm(msgspec.Struct):
    """⑤ withdraw or uphold some of the alarms."""

    reason: Annotated[Words, Meta(title="理由")]
    alarm: Alarms = []


class ReasonForm(msgspec.Struct):
    """A return needs its reason."""

    reason: Annotated[Words, Meta(title="退回理由")]


class ExtendForm(msgspec.Struct):
    """More working days for the reply."""

    days: Annotated[int, Meta(title="延长", ge=1, le=30)]
    reason: Annotated[Words, Meta(title="延期理由")]
