# SPDX-License-Identifier: Apache-2.0
"""What the pages of the social supervisors post."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(title="姓名", min_length=2, max_length=60)]
Reason = Annotated[str, Meta(title="理由", min_length=2, max_length=500)]
Unit = Annotated[str, Meta(title="单位", max_length=120)]
Source = Literal[
    "deputy",
    "member",
    "expert",
    "business",
    "lawyer",
    "group",
    "association",
    "grassroots",
    "media",
    "office",
    "other",
]


class Particulars(msgspec.Struct, kw_only=True):
    """The fields of S0-2 that every route asks for; the files come beside them."""

    region: Annotated[int, Meta(title="地区", ge=1)]
    name: Name
    id_number: Annotated[str, Meta(title="身份证号", min_length=1, max_length=40)]
    sex: Annotated[Literal["男", "女"], Meta(title="性别")]
    birth_date: Annotated[date, Meta(title="出生日期")]
    source: Annotated[Source, Meta(title="所属界别")]
    industry: Annotated[str, Meta(title="行业", min_length=1, max_length=60)]
    employer: Unit = ""
    phone: Annotated[str, Meta(title="联系电话", min_length=1, max_length=40)]
    legal_qualified: Annotated[bool, Meta(title="法律职业资格")] = False
    declared: Annotated[list[str], Meta(title="本人声明", max_length=20)] = []
    checked: Annotated[list[str], Meta(title="本地区的其他条件", max_length=50)] = []
    kept_photo: Annotated[str, Meta(title="已上传的照片", max_length=4000)] = ""
    kept_recommendation: Annotated[str, Meta(title="已上传的推荐表", max_length=4000)] = ""
    kept_attachment: Annotated[str, Meta(title="已上传的证明材料", max_length=4000)] = ""


class ApplyForm(Particulars, kw_only=True):
    """个人申报 and 单位推荐, by the applicant himself."""

    route: Annotated[Literal["self", "unit"], Meta(title="选聘类型")]
    recommending_unit: Unit = ""
    agreed: Annotated[bool, Meta(title="同意个人信息处理说明")] = False
    password: Annotated[str, Meta(title="登录密码", max_length=64, extra={"raw": True})] = ""
    again: Annotated[str, Meta(title="再输一次", max_length=64, extra={"raw": True})] = ""


class InviteForm(Particulars, kw_only=True):
    """特邀: entered by the bureau; the declarations are confirmed with the person."""

    login: Annotated[str, Meta(title="登录账号", max_length=64)] = ""


class DecisionForm(msgspec.Struct):
    """筛选, 审核, 复核: pass or not; a refusal needs its reason."""

    decision: Annotated[Literal["pass", "reject"], Meta(title="结论")]
    reason: Annotated[str, Meta(title="理由", max_length=500)] = ""


class AppointForm(msgspec.Struct):
    """聘任: the day the term begins."""

    starts: Annotated[date, Meta(title="聘期开始")]


class ObjectionForm(msgspec.Struct):
    """An objection of the public; name and telephone may stay empty."""

    text: Annotated[str, Meta(title="异议内容", min_length=5, max_length=2000)]
    name: Annotated[str, Meta(title="姓名", max_length=60)] = ""
    contact: Annotated[str, Meta(title="联系电话", max_length=40)] = ""


class ReceiptForm(msgspec.Struct):
    """The code an objector kept."""

    code: Annotated[str, Meta(title="查询码", min_length=1, max_length=40)]


class ObjectionAnswerForm(msgspec.Struct):
    """The bureau's answer to one objection."""

    outcome: Annotated[
        Literal["upheld", "dismissed"],
        Meta(title="处理", extra={"options": {"upheld": "成立", "dismissed": "不成立"}}),
    ]
    answer: Annotated[str, Meta(title="答复", min_length=2, max_length=1000)]


class ReasonForm(msgspec.Struct):
    """An act that needs nothing but its reason."""

    reason: Reason


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""


class RequestForm(msgspec.Struct):
    """继任 or 辞职, by the supervisor."""

    reason: Annotated[str, Meta(title="说明", max_length=500)] = ""


class RequestDecisionForm(msgspec.Struct):
    """The review of a request."""

    decision: Annotated[Literal["pass", "reject"], Meta(title="结论")]
    reason: Annotated[str, Meta(title="理由", max_length=500)] = ""
    last_day: Annotated[date | None, Meta(title="聘期到")] = None


class DismissForm(msgspec.Struct):
    """解聘: one of the eight grounds, with what it rests on."""

    ground: Annotated[
        Literal["crime", "secrets", "property", "gain", "image", "absence", "unfit", "other"],
        Meta(title="解聘情形"),
    ]
    reason: Annotated[str, Meta(title="事实和依据", min_length=5, max_length=500)]


class CommendForm(msgspec.Struct):
    """通报表彰."""

    title: Annotated[str, Meta(title="表彰名称", min_length=2, max_length=120)]
    text: Annotated[str, Meta(title="事迹", max_length=2000)] = ""
    on: Annotated[date | None, Meta(title="表彰日期")] = None


class RecusalForm(msgspec.Struct, kw_only=True):
    """申请回避, 要求回避."""

    relation: Annotated[Literal["self", "relative", "workplace", "other"], Meta(title="回避情形")]
    organisation: Annotated[int | None, Meta(title="涉及单位")] = None
    case: Annotated[str, Meta(title="涉及案件", max_length=120)] = ""
    officer: Annotated[str, Meta(title="涉及的执法人员", max_length=60)] = ""
    text: Annotated[str, Meta(title="情况说明", min_length=2, max_length=1000)]


class ReportForm(msgspec.Struct):
    """反映监督员, by a body."""

    number: Annotated[str, Meta(title="证书号", min_length=1, max_length=60)]
    breach: Annotated[
        Literal["power", "gain", "obstruct", "secrets", "property", "name", "other"],
        Meta(title="反映的问题"),
    ]
    happened_on: Annotated[date, Meta(title="发生日期")]
    text: Annotated[str, Meta(title="情况", min_length=10, max_length=4000)]


class ReportAnswerForm(msgspec.Struct):
    """The bureau's finding about a report."""

    outcome: Annotated[
        Literal["founded", "unfounded"],
        Meta(title="结论", extra={"options": {"founded": "属实", "unfounded": "不属实"}}),
    ]
    answer: Annotated[str, Meta(title="答复", min_length=2, max_length=1000)]
    propose: Annotated[bool, Meta(title="同时建议解聘")] = False
