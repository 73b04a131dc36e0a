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


class SettleForm(msgspec.Struct):
    """What becomes of a card whose exam was corrected to a failure."""

    settle: Annotated[Literal["keep", "withdraw"], Meta(title="处理")]
    reason: Annotated[str, Meta(title="理由", min_length=2, max_length=200)]


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


Count = Annotated[int, Meta(ge=0, le=100_000)]


class BodyForm(msgspec.Struct):
    """完善资料; a number left empty is still missing, which is not the same as none."""

    unified_code: Annotated[str, Meta(title="统一社会信用代码", max_length=20)] = ""
    civil_quota: Annotated[Count | None, Meta(title="公务员编制")] = None
    civil_actual: Annotated[Count | None, Meta(title="公务员实有")] = None
    career_quota: Annotated[Count | None, Meta(title="事业编制")] = None
    career_actual: Annotated[Count | None, Meta(title="事业实有")] = None
    other_quota: Annotated[Count | None, Meta(title="其他编制")] = None
    other_actual: Annotated[Count | None, Meta(title="其他实有")] = None
    admin_name: Annotated[str, Meta(title="管理员", max_length=60)] = ""
    admin_phone: Annotated[str, Meta(title="管理员手机号", max_length=20)] = ""
    basis: Annotated[str, Meta(title="行政执法依据", max_length=4000)] = ""
    basis_url: Annotated[str, Meta(title="依据链接", max_length=500)] = ""
    is_second: Annotated[bool, Meta(title="是否二级机构")] = False
    superior_code: Annotated[str, Meta(title="上级的统一社会信用代码", max_length=20)] = ""
    shared: Annotated[bool, Meta(title="下属机构共用本账号")] = False


class BodyDecisionForm(DecisionForm):
    """账户审核, and who reviews from now on."""

    reviewer: Annotated[int | None, Meta(title="以后由谁审核")] = None


class LetterForm(msgspec.Struct):
    """委托书 with its term; the PDF comes beside it as ``file``."""

    valid_from: Annotated[date, Meta(title="委托期限起")]
    valid_until: Annotated[date, Meta(title="委托期限止")]


class DivideForm(msgspec.Struct):
    """Who of a shared account belongs where; ``target`` 0 stays."""

    officer: Annotated[list[int], Meta(title="人员", max_length=500)] = []
    target: Annotated[list[int], Meta(title="划到", max_length=500)] = []
    finished: Annotated[bool, Meta(title="划分完成")] = False


class RegistrationForm(msgspec.Struct):
    """A new body at the public door."""

    name: Annotated[str, Meta(title="单位名称", min_length=4, max_length=120)]
    kind: Annotated[Literal["first", "second", "entrusted"], Meta(title="类别")]
    unified_code: Annotated[str, Meta(title="统一社会信用代码", min_length=1, max_length=20)]
    reviewer: Annotated[int, Meta(title="法制机构", extra={"choose": True})]
    admin_name: Annotated[str, Meta(title="管理员姓名", min_length=2, max_length=60)]
    id_number: Annotated[str, Meta(title="管理员身份证号", min_length=1, max_length=40)]
    phone: Annotated[str, Meta(title="管理员手机", min_length=1, max_length=20)]
    superior_code: Annotated[str, Meta(title="上级的统一社会信用代码", max_length=20)] = ""
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class CreateBodyForm(msgspec.Struct):
    """A subordinate body, created by its superior."""

    superior: Annotated[int, Meta(title="上级主体", extra={"choose": True})]
    name: Annotated[str, Meta(title="单位名称", min_length=4, max_length=120)]
    kind: Annotated[Literal["second", "entrusted"], Meta(title="类别")]
    admin_name: Annotated[str, Meta(title="管理员姓名", min_length=2, max_length=60)]
    id_number: Annotated[str, Meta(title="管理员身份证号", min_length=1, max_length=40)]
    phone: Annotated[str, Meta(title="管理员手机", min_length=1, max_length=20)]
    unified_code: Annotated[str, Meta(title="统一社会信用代码", max_length=20)] = ""


class DailyForm(msgspec.Struct):
    """An act on a card; its paper comes beside it as ``evidence``."""

    act: Annotated[
        Literal["cancel", "forced", "suspend", "restore", "revoke"], Meta(title="办理事项")
    ]
    since: Annotated[date, Meta(title="生效日期")]
    reason: Annotated[str, Meta(title="原因", min_length=2, max_length=200)]


class TransferForm(msgspec.Struct):
    """Where an officer goes."""

    organisation: Unit
    reason: Annotated[str, Meta(title="调动原因", min_length=2, max_length=300)]


class RenameForm(msgspec.Struct):
    """执法主体名称变更; the decision comes beside it as ``evidence``."""

    name: Annotated[str, Meta(title="新名称", min_length=4, max_length=120)]
    short_name: Annotated[str, Meta(title="简称", max_length=40)] = ""


class BasicsForm(msgspec.Struct):
    """An officer's basics; what stays empty stays as it is."""

    phone: Annotated[str, Meta(title="手机", max_length=20)] = ""
    id_number: Annotated[str, Meta(title="身份证号", max_length=40)] = ""


class MigrationForm(msgspec.Struct):
    """Which table of the 2008 system a sheet is; the sheet comes as file ``file``."""

    kind: Annotated[Literal["bodies", "officers"], Meta(title="数据")]
    expired: Annotated[bool, Meta(title="连同过期数据")] = False


class SignOffForm(msgspec.Struct):
    """数据核对."""

    agrees: Annotated[Literal["yes", "no"], Meta(title="结论")]
    note: Annotated[str, Meta(title="差异说明", max_length=500)] = ""
