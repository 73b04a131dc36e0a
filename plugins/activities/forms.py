# SPDX-License-Identifier: Apache-2.0
"""What the pages of activities post."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

CHOSEN = {"choose": True}
"""Picked from a list, so the sentence says 请选择."""

Once = Annotated[str, Meta(title="提交编号", max_length=64)]
Reason = Annotated[str, Meta(title="理由", min_length=2, max_length=500)]


class RecordForm(msgspec.Struct):
    """登记信息, with exactly the fields of the source (S0-20)."""

    type: Annotated[
        Literal["self", "invited"],
        Meta(title="类型", extra={"options": {"self": "自主", "invited": "应邀"}, **CHOSEN}),
    ]
    unit: Annotated[str, Meta(title="执法部门名称", min_length=1, max_length=120)]
    unit_phone: Annotated[str, Meta(title="执法部门联系方式", min_length=3, max_length=40)]
    registered_on: Annotated[date, Meta(title="登记日期")]
    region: Annotated[int, Meta(title="地址", ge=1, extra=CHOSEN)]
    street: Annotated[str, Meta(title="所属街道", min_length=1, max_length=80)]
    address: Annotated[str, Meta(title="详细地址", min_length=1, max_length=200)]
    matter: Annotated[str, Meta(title="事由", min_length=2, max_length=3000)]
    party: Annotated[str, Meta(title="行政相对人（名称）", min_length=1, max_length=120)]
    party_phone: Annotated[str, Meta(title="行政相对人联系方式", min_length=1, max_length=40)]
    outcome: Annotated[str, Meta(title="处理结果", min_length=1, max_length=3000)]
    advice: Annotated[str, Meta(title="建议/意见", min_length=1, max_length=3000)]
    organisation: Annotated[int | None, Meta(title="执法部门")] = None
    invitation: Annotated[int | None, Meta(title="应邀参加的活动")] = None
    version: Annotated[int, Meta(title="版本")] = 0
    once: Once = ""


class NoteForm(msgspec.Struct):
    """已阅, with a few words where there is something to say."""

    text: Annotated[str, Meta(title="回复", max_length=2000)] = ""


class ReturnForm(msgspec.Struct):
    """退回补充."""

    text: Annotated[str, Meta(title="需要补充什么", min_length=2, max_length=2000)]


class CommentForm(msgspec.Struct):
    """回复."""

    text: Annotated[str, Meta(title="回复", min_length=1, max_length=2000)]


class RevealForm(msgspec.Struct):
    """显示完整联系方式."""

    reason: Annotated[str, Meta(title="查看的理由", min_length=2, max_length=300)]


class ActivityForm(msgspec.Struct):
    """组织活动."""

    title: Annotated[str, Meta(title="活动名称", min_length=2, max_length=120)]
    kind: Annotated[str, Meta(title="活动种类", min_length=1, max_length=12, extra=CHOSEN)]
    starts_at: Annotated[datetime, Meta(title="开始时间")]
    ends_at: Annotated[datetime, Meta(title="结束时间")]
    place: Annotated[str, Meta(title="地点", min_length=2, max_length=200)]
    unit: Annotated[str, Meta(title="涉及的执法部门", min_length=1, max_length=120)]
    seats: Annotated[int, Meta(title="人数", ge=1, le=500)]
    organisation: Annotated[int | None, Meta(title="执法部门")] = None
    about: Annotated[str, Meta(title="说明", max_length=3000)] = ""
    version: Annotated[int, Meta(title="版本")] = 0
    once: Once = ""


class InviteForm(msgspec.Struct):
    """Whom to invite."""

    persons: Annotated[list[int], Meta(title="邀请谁")] = []


class AnswerForm(msgspec.Struct):
    """参加 or 请假."""

    answer: Annotated[
        Literal["coming", "leave"],
        Meta(title="答复", extra={"options": {"coming": "参加", "leave": "请假"}, **CHOSEN}),
    ]
    reason: Annotated[str, Meta(title="请假的原因", max_length=500)] = ""


class LeaveForm(msgspec.Struct):
    """准假 or 不准假."""

    decision: Annotated[
        Literal["granted", "refused"],
        Meta(title="答复", extra={"options": {"granted": "准假", "refused": "不准假"}, **CHOSEN}),
    ]
    reason: Annotated[str, Meta(title="理由", max_length=500)] = ""


class CorrectForm(msgspec.Struct):
    """更正考勤."""

    outcome: Annotated[
        Literal["present", "excused", "absent"],
        Meta(
            title="考勤",
            extra={
                "options": {"present": "到场", "excused": "请假", "absent": "缺席"},
                **CHOSEN,
            },
        ),
    ]
    reason: Annotated[str, Meta(title="依据", min_length=2, max_length=500)]


class CloseForm(msgspec.Struct):
    """登记考勤并结束, after a look at who will count as absent."""

    confirmed: bool = False


class CancelForm(msgspec.Struct):
    """取消活动."""

    reason: Reason


class CheckinForm(msgspec.Struct):
    """签到: the code from the screen, or what the page of the code handed on."""

    id: Annotated[int | None, Meta(title="活动")] = None
    code: Annotated[str, Meta(title="签到码", max_length=400)] = ""
    seen: Annotated[str, Meta(max_length=64)] = ""
