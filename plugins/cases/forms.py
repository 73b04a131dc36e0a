# SPDX-License-Identifier: Apache-2.0
"""What the browser posts. The controls of a step's form are read by ``rules.entry`` instead."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Reason = Annotated[str, Meta(title="理由", min_length=1, max_length=500)]
Token = Annotated[str, Meta(title="表单标记", max_length=64)]


class StepForm(msgspec.Struct):
    """What stands around the controls of a step's form."""

    version: Annotated[int, Meta(title="版本", ge=0)]
    token: Token = ""
    act: Literal["save", "submit"] = "submit"
    to: Annotated[str, Meta(title="下一环节", max_length=60)] = ""
    chosen_way: bool = False
    """Whether the form offered a choice of ways; an empty ``to`` then ends the case."""
    next_officers: Annotated[list[int], Meta(title="下一环节办理人员")] = []
    next_lead: Annotated[int | None, Meta(title="主办")] = None


class OpenForm(msgspec.Struct):
    """A new case."""

    item: Annotated[int, Meta(title="权力事项", extra={"choose": True})]
    title: Annotated[str, Meta(title="案由", min_length=1, max_length=200)]
    source: Annotated[
        str, Meta(title="案件来源", min_length=1, max_length=20, extra={"choose": True})
    ]
    party_kind: Annotated[
        str, Meta(title="当事人类型", min_length=1, max_length=16, extra={"choose": True})
    ]
    party_name: Annotated[str, Meta(title="名称或者姓名", min_length=1, max_length=120)]
    source_note: Annotated[str, Meta(title="来源说明", max_length=500)] = ""
    code: Annotated[str, Meta(title="统一社会信用代码", max_length=40)] = ""
    id_number: Annotated[str, Meta(title="身份证号", max_length=40)] = ""
    legal_representative: Annotated[str, Meta(title="法定代表人", max_length=60)] = ""
    address: Annotated[str, Meta(title="地址", max_length=300)] = ""
    phone: Annotated[str, Meta(title="联系电话", max_length=40)] = ""
    officers: Annotated[list[int], Meta(title="办理人员")] = []
    lead: Annotated[int | None, Meta(title="主办")] = None
    same_party_confirmed: bool = False
    entry_step: Annotated[str, Meta(title="现在所在的环节", max_length=60)] = ""
    entry_opened_on: Annotated[date | None, Meta(title="立案日期")] = None
    entry_number: Annotated[str, Meta(title="原案号", max_length=60)] = ""
    entry_amount: Annotated[int | None, Meta(title="已经决定的罚款", extra={"money": True})] = None
    entry_reason: Annotated[str, Meta(title="补录的说明", max_length=400)] = ""
    token: Token = ""


class OfficersForm(msgspec.Struct):
    """环节授权."""

    step: Annotated[str, Meta(title="环节", min_length=1, max_length=60, extra={"choose": True})]
    officers: Annotated[list[int], Meta(title="办理人员", min_length=1)]
    lead: Annotated[int | None, Meta(title="主办")] = None
    token: Token = ""


class RollBackForm(msgspec.Struct):
    to_step: Annotated[
        str, Meta(title="要回退到的环节", min_length=1, max_length=60, extra={"choose": True})
    ]
    reason: Reason
    token: Token = ""


class SuspendForm(msgspec.Struct):
    ground: Annotated[
        str, Meta(title="法定情形", min_length=1, max_length=60, extra={"choose": True})
    ]
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    token: Token = ""


class ReasonForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    token: Token = ""


class ExtendForm(msgspec.Struct):
    which: Annotated[
        Literal["step", "stage"],
        Meta(title="哪个期限", extra={"options": {"step": "本环节", "stage": "本阶段"}}),
    ]
    amount: Annotated[int, Meta(title="延长的天数", ge=1, le=365)]
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    discussed: Annotated[bool, Meta(title="已经负责人集体讨论决定")] = False
    token: Token = ""


class TransferForm(msgspec.Struct):
    to_person: Annotated[int, Meta(title="接手人", extra={"choose": True})]
    on: Annotated[date, Meta(title="移交日期")]
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    token: Token = ""


class DelegateForm(msgspec.Struct):
    step: Annotated[str, Meta(title="环节", min_length=1, max_length=60, extra={"choose": True})]
    to_person: Annotated[int, Meta(title="受委托人", extra={"choose": True})]
    valid_from: Annotated[date, Meta(title="开始日期")]
    valid_to: Annotated[date, Meta(title="结束日期")]
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    token: Token = ""


class CorrectForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="更正的理由", min_length=1, max_length=500)]
    token: Token = ""


class SignForm(msgspec.Struct):
    """会签."""

    word: Annotated[
        Literal["agree", "disagree"],
        Meta(title="会签意见", extra={"options": {"agree": "同意", "disagree": "不同意"}}),
    ]
    opinion: Annotated[str, Meta(title="意见", max_length=500)] = ""
    token: Token = ""


class MoveForm(msgspec.Struct):
    """Running cases to a new version of their item."""

    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    cases: Annotated[list[int], Meta(title="案件", min_length=1)] = []
    token: Token = ""


class UndoMoveForm(msgspec.Struct):
    """撤回改版. Its fields have names of their own: it stands beside the form of the move."""

    undo_reason: Annotated[str, Meta(title="撤回的理由", min_length=1, max_length=400)]
    moved: Annotated[list[int], Meta(title="案件", min_length=1)] = []
    token: Token = ""


class ReopenForm(msgspec.Struct):
    """另立新案重新处理."""

    ground: Annotated[str, Meta(title="缘由", min_length=1, max_length=20)]
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    title: Annotated[str, Meta(title="案由", min_length=1, max_length=200)]
    lead: Annotated[int, Meta(title="主办")]
    basis_number: Annotated[str, Meta(title="文号", max_length=100)] = ""
    due: Annotated[date | None, Meta(title="责令的期限")] = None
    token: Token = ""


class HandOverForm(msgspec.Struct):
    """移送其他单位."""

    to_organisation: Annotated[int, Meta(title="接收单位", extra={"choose": True})]
    reason: Annotated[str, Meta(title="移送的理由和依据", min_length=1, max_length=400)]
    token: Token = ""


class ReferralForm(msgspec.Struct):
    """A case from a referral."""

    item: Annotated[int, Meta(title="权力事项", extra={"choose": True})]
    title: Annotated[str, Meta(title="案由", min_length=1, max_length=200)]
    token: Token = ""


class DeclineForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="不予立案的理由", min_length=1, max_length=200)]


class VoidForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="作废的原因", min_length=1, max_length=300)]


class NoFields(msgspec.Struct):
    """A form that carries nothing but a button, or files."""

    token: Token = ""


class PaymentForm(msgspec.Struct):
    kind: Annotated[
        str, Meta(title="款项种类", min_length=1, max_length=12, extra={"choose": True})
    ]
    amount: Annotated[int, Meta(title="金额", gt=0, extra={"money": True})]
    paid_on: Annotated[date, Meta(title="缴款日期")]
    note: Annotated[str, Meta(title="说明", max_length=300)] = ""
    token: Token = ""


class PlanPart(msgspec.Struct):
    amount: Annotated[int, Meta(title="金额", gt=0, extra={"money": True})]
    due: Annotated[date, Meta(title="缴纳日期")]


class PlanForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="理由", min_length=1, max_length=400)]
    parts: Annotated[list[PlanPart], Meta(title="各期")] = []
    token: Token = ""


class NoteForm(msgspec.Struct):
    text: Annotated[str, Meta(title="补记内容", min_length=1, max_length=2000)]
    token: Token = ""


class RevealForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="查看的理由", min_length=1, max_length=300)]


class IssueForm(msgspec.Struct):
    """签发文书."""

    blanks_confirmed: Annotated[bool, Meta(title="缺项留空")] = False
    corrects: Annotated[int, Meta(title="更正的文书", ge=0)] = 0
    reason: Annotated[str, Meta(title="更正的理由", max_length=400)] = ""
    bind_to: Annotated[str, Meta(title="同时作为证据", max_length=60)] = ""
    token: Token = ""


class ServiceForm(msgspec.Struct):
    """送达回证."""

    way: Annotated[str, Meta(title="送达方式", min_length=1, max_length=12, extra={"choose": True})]
    delivered_on: Annotated[date, Meta(title="送达日期")]
    recipient: Annotated[str, Meta(title="签收人", max_length=60)] = ""
    relation: Annotated[str, Meta(title="与当事人的关系", max_length=60)] = ""
    place: Annotated[str, Meta(title="送达地点", max_length=200)] = ""
    witness: Annotated[str, Meta(title="见证人", max_length=120)] = ""
    note: Annotated[str, Meta(title="说明", max_length=500)] = ""
    confirmed: Annotated[bool, Meta(title="当事人已签确认书")] = False
    bind_to: Annotated[str, Meta(title="同时作为证据", max_length=60)] = ""
    token: Token = ""


class AbstractForm(msgspec.Struct):
    """公示摘要."""

    facts: Annotated[str, Meta(title="违法事实", max_length=4000)] = ""
    basis: Annotated[str, Meta(title="依据", max_length=4000)] = ""
    content: Annotated[str, Meta(title="决定内容", max_length=4000)] = ""
    act: Literal["preview", "publish"] = "publish"
    token: Token = ""


class ArchiveForm(msgspec.Struct):
    """归档."""

    number: Annotated[str, Meta(title="归档号", min_length=1, max_length=60)]
    years: Annotated[int, Meta(title="保管期限", extra={"choose": True})]
    note: Annotated[str, Meta(title="说明", max_length=400)] = ""
    token: Token = ""
