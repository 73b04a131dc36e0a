# SPDX-License-Identifier: Apache-2.0
"""What the pages post. Fields that repeat per item are read from what was typed."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Words = Annotated[str, Meta(max_length=4000)]
Line = Annotated[str, Meta(max_length=200)]
Once = Annotated[str, Meta(title="提交编号", max_length=64)]


class OpenForm(msgspec.Struct):
    """立项."""

    kind: Annotated[str, Meta(title="监督种类", max_length=12)]
    title: Annotated[Line, Meta(title="监督事项")]
    body: Annotated[int, Meta(title="被监督单位", extra={"choose": True})]
    contents: Annotated[list[str], Meta(title="监督内容")] = []
    persons: Annotated[list[int], Meta(title="监督人员")] = []
    assists: Annotated[list[int], Meta(title="协助机关")] = []
    summary: Annotated[Words, Meta(title="基本情况")] = ""
    trigger: Annotated[str, Meta(title="启动情形", max_length=20)] = ""
    source: Annotated[str, Meta(title="来源", max_length=300)] = ""
    link: Annotated[str, Meta(title="网址", max_length=400)] = ""
    case_number: Annotated[str, Meta(title="案号", max_length=80)] = ""
    basis: Annotated[int, Meta(title="依据文件")] = 0
    suggestion: Annotated[int, Meta(title="监督建议")] = 0
    once: Once = ""


class PaperForm(msgspec.Struct):
    """A document: typed, looked at, issued."""

    facts: Annotated[Words, Meta(title="查明的事实")] = ""
    requirement: Annotated[Words, Meta(title="要求")] = ""
    basis: Annotated[str, Meta(title="依据", max_length=1000)] = ""
    problems: Annotated[str, Meta(title="整改清单", max_length=8000)] = ""
    ruling: Annotated[str, Meta(title="决定种类", max_length=12)] = ""
    contact: Annotated[str, Meta(title="联系人", max_length=120)] = ""
    copies: Annotated[str, Meta(title="抄送", max_length=300)] = ""
    talk_at: Annotated[datetime | None, Meta(title="约谈时间")] = None
    talk_place: Annotated[Line, Meta(title="约谈地点")] = ""
    act: Annotated[str, Meta(title="动作", max_length=10)] = "issue"
    once: Once = ""


class ReasonForm(msgspec.Struct):
    """Why."""

    reason: Annotated[str, Meta(title="理由", max_length=1000)] = ""


class PersonForm(msgspec.Struct):
    person: Annotated[int, Meta(title="监督人员", extra={"choose": True})]


class RecuseForm(msgspec.Struct):
    person: Annotated[int, Meta(title="监督人员")]
    reason: Annotated[str, Meta(title="回避理由", max_length=500)] = ""


class OrganForm(msgspec.Struct):
    organ: Annotated[int, Meta(title="协助机关", extra={"choose": True})]


class ServiceForm(msgspec.Struct):
    """送达回证 recorded by the organ."""

    how: Annotated[str, Meta(title="送达方式", max_length=10)] = ""
    by: Annotated[str, Meta(title="签收人", max_length=80)] = ""
    note: Annotated[str, Meta(title="说明", max_length=1000)] = ""


class ExtendForm(msgspec.Struct):
    days: Annotated[int, Meta(title="延长", ge=1, le=60)]
    reason: Annotated[str, Meta(title="延期理由", min_length=2, max_length=500)]


class TextForm(msgspec.Struct):
    """One text: an answer, a re-check, a record, a result, a report."""

    text: Annotated[str, Meta(title="内容", max_length=6000)] = ""
    once: Once = ""


class CampaignForm(msgspec.Struct):
    """专项监督."""

    title: Annotated[Line, Meta(title="专项名称")]
    scope_words: Annotated[str, Meta(title="监督范围", max_length=2000)]
    starts_on: Annotated[date, Meta(title="开始日期")]
    ends_on: Annotated[date, Meta(title="结束日期")]
    kind: Annotated[str, Meta(title="监督种类", max_length=12)] = "special"
    contents: Annotated[list[str], Meta(title="监督内容")] = []
    checklist: Annotated[str, Meta(title="检查清单", max_length=8000)] = ""
    assists: Annotated[list[int], Meta(title="协助机关")] = []
    basis: Annotated[int, Meta(title="依据文件")] = 0
    once: Once = ""


class ListsForm(msgspec.Struct):
    bodies: Annotated[list[int], Meta(title="抽查对象")] = []
    persons: Annotated[list[int], Meta(title="监督人员")] = []


class SealForm(msgspec.Struct):
    sample: Annotated[int, Meta(title="抽查数量", ge=1, le=500)]
    result_on: Annotated[date, Meta(title="产生的日子")]
    source: Annotated[Line, Meta(title="公开结果")] = ""
    team: Annotated[int, Meta(title="每组人数", ge=1, le=9)] = 2


class DrawForm(msgspec.Struct):
    result: Annotated[Line, Meta(title="公开结果")] = ""


class InspectorForm(msgspec.Struct):
    person: Annotated[int, Meta(title="人员", extra={"choose": True})]
    card: Annotated[str, Meta(title="监督证件号码", max_length=40)] = ""
    valid_until: Annotated[date | None, Meta(title="有效期至")] = None


class BasisForm(msgspec.Struct):
    number: Annotated[str, Meta(title="文号", max_length=60)] = ""
    title: Annotated[str, Meta(title="文件名称", max_length=300)] = ""
    issuer: Annotated[str, Meta(title="发文机关", max_length=120)] = ""
    issued_on: Annotated[date | None, Meta(title="发文日期")] = None


class DutyForm(msgspec.Struct):
    title: Annotated[Line, Meta(title="职责")] = ""
    content: Annotated[str, Meta(title="监督内容", max_length=12)] = ""
    way: Annotated[str, Meta(title="履职方式", max_length=300)] = ""
    liability: Annotated[str, Meta(title="工作责任", max_length=300)] = ""
    basis: Annotated[int, Meta(title="依据文件")] = 0


class TemplateForm(msgspec.Struct):
    kind: Annotated[str, Meta(title="文书种类", max_length=12)] = ""


class ProgrammeForm(msgspec.Struct):
    """工作方案; stages and deliverables are typed one per line."""

    title: Annotated[Line, Meta(title="方案名称")]
    begins: Annotated[date, Meta(title="开始日期")]
    ends: Annotated[date, Meta(title="结束日期")]
    goals: Annotated[Words, Meta(title="目标任务和司法所的职责")] = ""
    stages: Annotated[str, Meta(title="阶段", max_length=4000)] = ""
    deliverables: Annotated[str, Meta(title="成果", max_length=4000)] = ""
    basis: Annotated[int, Meta(title="依据文件")] = 0
    once: Once = ""


class HandInForm(msgspec.Struct):
    deliverable: Annotated[int, Meta(title="成果")] = 0
    kind: Annotated[str, Meta(title="种类", max_length=12)] = "progress"
    text: Annotated[str, Meta(title="内容", max_length=20000)] = ""
    once: Once = ""


class TransferForm(msgspec.Struct):
    """The report of a suspected crime."""

    title: Annotated[Line, Meta(title="案件名称")] = ""
    case_number: Annotated[str, Meta(title="案号", max_length=80)] = ""
    suspicion: Annotated[Line, Meta(title="涉嫌罪名")] = ""
    facts: Annotated[Words, Meta(title="事实和证据")] = ""
    officers: Annotated[Line, Meta(title="专案组人员")] = ""
    penalty: Annotated[Line, Meta(title="处罚决定书文号")] = ""
    once: Once = ""


class StepForm(msgspec.Struct):
    act: Annotated[str, Meta(title="办理", max_length=10)] = ""
    note: Annotated[str, Meta(title="说明", max_length=1000)] = ""
    letter: Annotated[str, Meta(title="移送书文号", max_length=80)] = ""
    receiver: Annotated[str, Meta(title="接收的公安机关", max_length=120)] = ""
    materials: Annotated[list[str], Meta(title="随案移送的材料")] = []
    signed_by: Annotated[str, Meta(title="签收人", max_length=80)] = ""
    signed_on: Annotated[date | None, Meta(title="签收日期")] = None
