# SPDX-License-Identifier: Apache-2.0
"""What the register's forms post."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Unit = Annotated[int, Meta(title="单位", extra={"choose": True})]


class OfficerForm(msgspec.Struct):
    """Entry by hand (填报人员): the person, and the certificate when there is one."""

    name: Annotated[str, Meta(title="姓名", min_length=1, max_length=60)]
    organisation: Unit
    id_number: Annotated[str, Meta(title="身份证号", max_length=18)] = ""
    phone: Annotated[str, Meta(title="手机", max_length=20)] = ""
    position: Annotated[str, Meta(title="职务", max_length=60)] = ""
    category: Annotated[str, Meta(title="执法类别", max_length=60)] = ""
    person: Annotated[int | None, Meta(title="人员")] = None
    number: Annotated[str, Meta(title="执法证号", max_length=20)] = ""
    valid_from: Annotated[date | None, Meta(title="有效期起")] = None
    valid_until: Annotated[date | None, Meta(title="有效期止")] = None
    inspection_due: Annotated[date | None, Meta(title="年审应完成日期")] = None


class CertificateForm(msgspec.Struct):
    """A certificate for an officer who is already registered."""

    number: Annotated[str, Meta(title="执法证号", min_length=1, max_length=20)]
    valid_from: Annotated[date, Meta(title="有效期起")]
    valid_until: Annotated[date, Meta(title="有效期止")]
    inspection_due: Annotated[date | None, Meta(title="年审应完成日期")] = None


class StateForm(msgspec.Struct):
    """A change of a certificate's state, with its day and its reason."""

    state: Annotated[
        Literal["valid", "suspended", "revoked", "cancelled"], Meta(title="变更后的状态")
    ]
    since: Annotated[date, Meta(title="生效日期")]
    reason: Annotated[str, Meta(title="原因", min_length=2, max_length=300)]


class ImportForm(msgspec.Struct):
    """Which unit a sheet belongs to; the sheet itself comes as file ``file``."""

    organisation: Unit


class RequestForm(msgspec.Struct):
    """新申领: what the body says about the applicant; the photo comes beside it as ``photo``."""

    organisation: Unit
    name: Annotated[str, Meta(title="姓名", min_length=1, max_length=60)]
    id_number: Annotated[str, Meta(title="身份证号", min_length=1, max_length=40)]
    phone: Annotated[str, Meta(title="手机", min_length=1, max_length=20)]
    position: Annotated[str, Meta(title="职务", max_length=60)] = ""
    category: Annotated[str, Meta(title="执法类别", max_length=60)] = ""
    powers: Annotated[str, Meta(title="执法权力范围", max_length=300)] = ""
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class CorrectForm(msgspec.Struct):
    """What a check or the legal office found wrong, put right."""

    name: Annotated[str, Meta(title="姓名", min_length=1, max_length=60)]
    id_number: Annotated[str, Meta(title="身份证号", max_length=40)] = ""
    phone: Annotated[str, Meta(title="手机", max_length=20)] = ""
    position: Annotated[str, Meta(title="职务", max_length=60)] = ""
    category: Annotated[str, Meta(title="执法类别", max_length=60)] = ""
    powers: Annotated[str, Meta(title="执法权力范围", max_length=300)] = ""


class DecisionForm(msgspec.Struct):
    """The legal office's decision; whatever is not a pass needs its reason."""

    decision: Annotated[Literal["pass", "return", "reject"], Meta(title="结论")]
    reason: Annotated[str, Meta(title="理由", max_length=500)] = ""


class ResultForm(msgspec.Struct):
    """A result of an exam held on paper; the score sheet comes beside it as ``evidence``."""

    score: Annotated[int, Meta(title="成绩", ge=0, le=1000)]
    passed: Annotated[Literal["yes", "no"], Meta(title="是否合格")]
    reason: Annotated[str, Meta(title="说明", min_length=2, max_length=300)]


class MakeForm(msgspec.Struct):
    """制证: from when the card is to be in force."""

    valid_from: Annotated[date, Meta(title="有效期起")]


class IssueForm(msgspec.Struct):
    """发证: the day the card was handed over."""

    issued_on: Annotated[date, Meta(title="发证日期")]


class ReasonForm(msgspec.Struct):
    """An act that needs nothing but its reason."""

    reason: Annotated[str, Meta(title="理由", min_length=2, max_length=500)]


class ListForm(msgspec.Struct):
    """Which list a sheet is; the sheet itself comes as file ``file``."""

    kind: Annotated[Literal["establishment", "forced"], Meta(title="名单")]


class ChosenForm(msgspec.Struct):
    """Several rows of a list at once."""

    id: Annotated[list[int], Meta(title="人员", max_length=200)] = []


class CodeForm(msgspec.Struct):
    """The code of a card as it was scanned."""

    code: Annotated[str, Meta(title="证件二维码", min_length=1, max_length=2000)]
