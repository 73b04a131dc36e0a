# SPDX-License-Identifier: Apache-2.0
"""What the life of a card declares to the platform: inspections, bodies, daily work."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from core.api.plugin import (
    Cron,
    FactHandler,
    FactKind,
    Job,
    Metric,
    NavItem,
    Permission,
    SubjectKind,
)
from plugins.certificates import facts, figures
from plugins.certificates.reactions import (
    describe_body,
    describe_card,
    describe_inspection,
    describe_own,
    describe_own_inspection,
    describe_registration,
    keep_praise,
)
from plugins.certificates.services.base import (
    BODIES_READ,
    BODIES_WRITE,
    BODY,
    INCLUDE,
    MIGRATE,
    MINE,
    OWN,
    OWN_INSPECTION,
    READ,
    REGISTRATION,
    REVIEW,
    SUBMIT,
)
from plugins.certificates.services.inspecting import INSPECTION
from plugins.certificates.services.migrating.handing import JOB as ENTER_MIGRATION
from plugins.certificates.services.migrating.handing import enter_migration_piece
from plugins.certificates.services.reminding import remind
from plugins.certificates.services.roster import JOB as ENTER_ROSTER
from plugins.certificates.services.roster import enter_piece

SECTION = "证件管理"


async def remind_in_the_morning(_payload: Mapping[str, Any]) -> None:
    """90, 30 and 7 days before, and on the first day too late."""
    await remind()


READERS = ("body_admin", "supervision_bureau", "justice_office", "legal_office", "leader")

OFFICERS = (
    "handler",
    "data_entry",
    "submitter",
    "legal_office",
    "dept_supervisor",
    "body_admin",
    "supervision_bureau",
    "justice_office",
    "leader",
)
"""Everybody who works in a unit may hold a card."""

PERMISSIONS = (
    Permission(MINE, "看自己的执法证、年审和考试", OFFICERS),
    Permission(BODIES_READ, "查看执法主体和账户", (*READERS, "data_entry")),
    Permission(BODIES_WRITE, "完善执法主体资料、划分人员", ("body_admin",)),
    Permission(MIGRATE, "迁移 2008 系统的数据", ("supervision_bureau",), sensitive=True),
    Permission(INCLUDE, "纳入和新建下属机构", ("body_admin",), sensitive=True),
)

NAV = (
    NavItem("我的证件", "/certificates/mine", MINE, "本单位", "qrcode", 302, phone="me"),
    NavItem("证件统计", "/certificates/figures", READ, "本单位", "chart-bar", 320),
    NavItem(
        "执法主体",
        "/certificates/bodies",
        BODIES_READ,
        "本单位",
        "building",
        308,
        covers=("/certificates/registrations",),
    ),
    NavItem("执法主体注册", "/certificates/register", "", "公众服务", "building", for_public=True),
    NavItem("委托书公开", "/certificates/letters", "", "公众服务", "file-text", for_public=True),
    NavItem("数据核对", "/certificates/data", BODIES_READ, "本单位", "clipboard-check", 318),
    NavItem("数据迁移", "/certificates/migrations", MIGRATE, SECTION, "database-import", 245),
    NavItem("年审", "/certificates/inspections", SUBMIT, "本单位", "calendar-check", 314),
    NavItem("年审审核", "/certificates/inspections", REVIEW, SECTION, "calendar-check", 225),
)

SUBJECTS = (
    SubjectKind(INSPECTION, "执法证年审", describe=describe_inspection, permission=READ),
    SubjectKind("certificates.certificate", "执法证", describe=describe_card, permission=READ),
    SubjectKind(OWN, "我的证件", describe=describe_own),
    SubjectKind(OWN_INSPECTION, "我的年审", describe=describe_own_inspection),
    SubjectKind(BODY, "执法主体", describe=describe_body, permission=BODIES_READ),
    SubjectKind(
        REGISTRATION, "执法主体注册", describe=describe_registration, permission=BODIES_READ
    ),
)


def _own(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
    return FactKind(f"certificates.{key}", title, text, payload, broadcast=False)


FACTS = (
    FactKind(
        "certificates.inspection_changed",
        "办理年审",
        "年审改为 {state}：{reason}",
        facts.InspectionChanged,
        broadcast=False,
    ),
    FactKind(
        "certificates.inspection_done",
        "完成年审",
        "执法证 {number} 完成年审，下一次 {next_due}",
        facts.InspectionDone,
    ),
    _own("body_changed", "办理执法主体账户", "账户：{act} {reason}", facts.BodyChanged),
    _own("body_registered", "执法主体自行注册", "自行注册", facts.BodyChanged),
    FactKind(
        "certificates.card_act",
        "办理证件日常业务",
        "执法证 {number}：{act} {reason}",
        facts.CardAct,
    ),
    FactKind(
        "certificates.officer_transferred",
        "执法人员调动",
        "调到机构 {after}",
        facts.Transferred,
    ),
    _own("body_renamed", "执法主体更名", "{before} 更名为 {after}，{faces} 个证面", facts.Renamed),
    _own("migrated", "迁移数据", "写入 {entered} 行，{faults} 行有问题", facts.Migrated),
    _own("migration_undone", "撤销迁移", "撤销迁移，{entered} 人离岗", facts.Migrated),
    _own("data_signed", "数据核对", "{side} 核对：{note}", facts.SignedOff),
    _own("letter_kept", "上传委托书", "委托书到 {until}", facts.LetterKept),
)

HANDLERS = (FactHandler("complaints.praised", keep_praise),)

METRICS = (
    Metric(
        "certificates.in_force",
        "持有效执法证的人员",
        "在册、证件有效、已经年审的执法人员，按今天算",
        figures.in_force,
        "/certificates/?standing=valid",
        per_unit=True,
    ),
    Metric(
        "certificates.not_inspected",
        "逾期未年审的人员",
        "在册、年审应完成日期已过的执法人员，按今天算",
        figures.not_inspected,
        "/certificates/?standing=not_inspected",
        per_unit=True,
    ),
    Metric(
        "certificates.issued",
        "新发执法证",
        "期间发出的新申领证件",
        figures.issued,
        "/certificates/requests?state=issued",
        per_unit=True,
    ),
)

JOBS: tuple[Job | Cron, ...] = (
    Cron("certificates.remind", remind_in_the_morning, at="08:40", per_region=True),
    # A piece takes about a second. What a worker that died had claimed falls due after this time.
    Job(ENTER_ROSTER, enter_piece, timeout=timedelta(minutes=1)),
    Job(ENTER_MIGRATION, enter_migration_piece, timeout=timedelta(minutes=1)),
)
