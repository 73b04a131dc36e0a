# SPDX-License-Identifier: Apache-2.0
"""What the pages of complaints post."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

CHOSEN = {"choose": True}
"""Picked from a list, so the sentence says 请选择."""

Once = Annotated[str, Meta(title="提交编号", max_length=64)]
Words = Annotated[str, Meta(title="内容", min_length=1, max_length=2000)]
Reason = Annotated[str, Meta(title="理由", min_length=2, max_length=1000)]
Account = Annotated[str, Meta(title="举报说明", min_length=5, max_length=5000)]
Code = Annotated[str, Meta(title="证件二维码的内容", max_length=400)]

Confidential = Annotated[
    Literal["open", "sealed"],
    Meta(title="身份保密", extra={"options": {"open": "不保密", "sealed": "保密"}}),
]
Target = Annotated[
    Literal["officer", "act"],
    Meta(title="举报对象", extra={"options": {"officer": "行政执法人员", "act": "行政执法行为"}}),
]


class SupervisorForm(msgspec.Struct):
    """新增举报, with exactly the fields of the source (S0-12) and those of S3 art. 11 and 14."""

    target: Target
    enforcement_type: Annotated[
        str, Meta(title="执法类型", min_length=1, max_length=40, extra=CHOSEN)
    ]
    account: Account
    happened_on: Annotated[date, Meta(title="举报日期")]
    confidential: Confidential
    department: Annotated[int | None, Meta(title="举报对象所在部门")] = None
    body: Annotated[int | None, Meta(title="举报对象所在主体")] = None
    body_name: Annotated[str, Meta(title="主体名称", max_length=120)] = ""
    told_on_site: Annotated[bool, Meta(title="已当面指出")] = False
    wants_procedure: Annotated[bool, Meta(title="要求启动监督程序")] = False
    code: Code = ""
    once: Once = ""
    said_at: Annotated[str, Meta(max_length=60)] = ""


class PublicForm(msgspec.Struct):
    """投诉 or 表扬 by anybody; name and telephone may stay empty (C1-13, C1-18)."""

    kind: Annotated[
        Literal["complaint", "praise"],
        Meta(title="类别", extra={"options": {"complaint": "投诉", "praise": "表扬"}}),
    ]
    enforcement_type: Annotated[
        str, Meta(title="执法类型", min_length=1, max_length=40, extra=CHOSEN)
    ]
    account: Annotated[str, Meta(title="事情经过", min_length=5, max_length=5000)]
    happened_on: Annotated[date, Meta(title="发生日期")]
    region: Annotated[int | None, Meta(title="事情发生在哪里")] = None
    body: Annotated[int | None, Meta(title="单位")] = None
    body_name: Annotated[str, Meta(title="单位名称", max_length=120)] = ""
    name: Annotated[str, Meta(title="姓名", max_length=40)] = ""
    phone: Annotated[str, Meta(title="联系电话", max_length=20)] = ""
    confidential: Annotated[Literal["", "open", "sealed"], Meta(title="身份保密")] = ""
    code: Code = ""
    once: Once = ""
    said_at: Annotated[str, Meta(max_length=60)] = ""


class CodeForm(msgspec.Struct):
    """The receipt code, typed in any fashion."""

    code: Annotated[str, Meta(title="回执码", min_length=1, max_length=60)]


class WordForm(msgspec.Struct):
    """补充说明 by the reporter."""

    text: Words
    code: Annotated[str, Meta(max_length=60)] = ""


class ReceiptForm(msgspec.Struct):
    """A receipt to be checked."""

    receipt: Annotated[str, Meta(title="签名回执", min_length=10, max_length=20000)]


class PushForm(msgspec.Struct):
    """推送: the redacted text, what is asked, which attachments, and that somebody looked."""

    text: Annotated[str, Meta(title="副本内容", min_length=5, max_length=5000)]
    demand: Annotated[str, Meta(title="办理要求", max_length=1000)] = ""
    media: list[int] = []
    looked: bool = False
    checked: bool = False


class TransferForm(msgspec.Struct):
    """移交."""

    referral: Annotated[str, Meta(title="移交给", min_length=1, max_length=12, extra=CHOSEN)]
    reason: Reason
    organ: Annotated[int | None, Meta(title="接收的司法行政机关")] = None
    to: Annotated[str, Meta(title="接收机关", max_length=120)] = ""


class RejectForm(msgspec.Struct):
    """不予受理."""

    ground: Annotated[str, Meta(title="理由", min_length=1, max_length=12, extra=CHOSEN)]
    reason: Annotated[str, Meta(title="说明", min_length=5, max_length=1000)]


class TellForm(msgspec.Struct):
    """告知结果."""

    founded: Annotated[str, Meta(title="核查结论", min_length=1, max_length=8, extra=CHOSEN)]
    result: Annotated[str, Meta(title="结果", min_length=5, max_length=3000)]


class AnswerForm(msgspec.Struct):
    """反馈 by the body."""

    founded: Annotated[str, Meta(title="核查结论", min_length=1, max_length=8, extra=CHOSEN)]
    text: Annotated[str, Meta(title="调查经过和结论", min_length=5, max_length=5000)]
    measures: Annotated[str, Meta(title="处理和改正", max_length=3000)] = ""


class ExtendForm(msgspec.Struct):
    """延期."""

    days: Annotated[int, Meta(title="延长", ge=1, le=60)]
    reason: Reason
    approver: Annotated[str, Meta(title="批准人", min_length=2, max_length=40)]


class PauseForm(msgspec.Struct):
    """中止计时."""

    reason: Reason
    approver: Annotated[str, Meta(title="批准人", min_length=2, max_length=40)]


class NoteForm(msgspec.Struct):
    """A remark and who may read it."""

    text: Words
    level: Annotated[str, Meta(title="给谁看", max_length=10)] = "internal"


class MatchForm(msgspec.Struct):
    body: Annotated[int, Meta(title="主体", ge=1, extra=CHOSEN)]


class IdentifyForm(msgspec.Struct):
    officer: Annotated[int, Meta(title="执法人员", ge=1, extra=CHOSEN)]
    reason: Annotated[str, Meta(title="认定的依据", min_length=2, max_length=300)]


class MergeForm(msgspec.Struct):
    into: Annotated[int, Meta(title="并入", ge=1)]


class ReasonForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="理由", min_length=5, max_length=1000)]


class RevealForm(msgspec.Struct):
    """查看联系电话."""

    reason: Annotated[str, Meta(title="查看的理由", min_length=2, max_length=300)]


class PostponeForm(msgspec.Struct):
    until: Annotated[date, Meta(title="暂缓到")]
    reason: Reason


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""
