# SPDX-License-Identifier: Apache-2.0
"""执法证件: the officer register, certificates, and what the public may check."""

from typing import Any

import msgspec

from core.api.files import readers
from core.api.plugin import (
    Contribution,
    Cron,
    DemoStep,
    ExtensionPoint,
    FactHandler,
    FactKind,
    Gate,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Permission,
    Retention,
    SubjectKind,
    hookimpl,
)
from plugins.certificates import declared_life as life
from plugins.certificates import declared_signing as signing
from plugins.certificates import facts
from plugins.certificates.demo import register_demo_officers
from plugins.certificates.demo_faces import give_demo_photos
from plugins.certificates.demo_life import plan_life
from plugins.certificates.queries.register import numbers_on
from plugins.certificates.reactions import (
    answer_may_be_supervisor,
    answer_officer_may_act,
    describe_check,
    describe_officer,
    describe_request,
    find_officers,
    hear_exam_result,
    resolve_officer,
    the_person,
)
from plugins.certificates.rules.wording import MESSAGES
from plugins.certificates.services.applying import SOURCES, IdentitySource
from plugins.certificates.services.base import (
    BODIES_READ,
    LISTS,
    MAKE,
    READ,
    REGISTER,
    REQUEST,
    REVIEW,
    SUBMIT,
    CertificateSettings,
)

MANIFEST = Manifest(
    name="certificates",
    title="执法证件",
    version="0.1.0",
    summary="执法人员登记、执法证及其状态、群众扫码核验。",
)

READERS = (
    "handler",
    "data_entry",
    "legal_office",
    "dept_supervisor",
    "supervision_bureau",
    "body_admin",
    "justice_office",
    "leader",
)
SECTION = "证件管理"
OFFICES = ("supervision_bureau", "justice_office", "legal_office")
"""Who sits in the office that reviews: which office that is for a unit is data."""


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.certificates.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.certificates.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "查看执法人员", READERS),
        Permission(REGISTER, "登记执法人员和证件", ("data_entry", "body_admin"), sensitive=True),
        Permission(SUBMIT, "为本单位人员申领证件、申请年审", ("data_entry", "body_admin")),
        Permission(REVIEW, "审核证件申领和年审", OFFICES),
        Permission(MAKE, "制证、发证", OFFICES),
        Permission(LISTS, "导入在编名单和强制注销名单", ("supervision_bureau",), sensitive=True),
        *life.PERMISSIONS,
        *signing.PERMISSIONS,
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem(
            "执法人员",
            "/certificates/",
            "certificates.officer.read",
            "本单位",
            icon="id",
            weight=310,
        ),
        NavItem(
            "证件申领",
            "/certificates/requests",
            SUBMIT,
            "本单位",
            "id-badge-2",
            312,
        ),
        NavItem(
            "申领审核",
            "/certificates/requests",
            REVIEW,
            SECTION,
            "id-badge-2",
            220,
        ),
        NavItem("核查名单", "/certificates/lists", LISTS, SECTION, "list-check", 240),
        *life.NAV,
        *signing.NAV,
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "certificates.officer",
            "执法人员",
            describe=describe_officer,
            search=find_officers,
            resolve=resolve_officer,
            permission="certificates.officer.read",
        ),
        SubjectKind(REQUEST, "执法证申领", describe=describe_request, permission=READ),
        *life.SUBJECTS,
        # The public page behind a QR code. Others bring buttons to it (an action without a
        # permission); their path receives the code of the card as ``code``.
        SubjectKind("certificates.check", "执法证件查验页", describe=describe_check),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "certificates.officer_registered",
            "登记执法人员",
            "登记执法人员（人员 {person}）",
            facts.OfficerRegistered,
        ),
        FactKind(
            "certificates.certificate_changed",
            "执法证状态变更",
            "执法证 {number} 自 {since} 起状态为 {state}：{reason}",
            facts.CertificateChanged,
        ),
        FactKind(
            "certificates.import_applied",
            "导入执法人员",
            "从表格登记 {officers} 人",
            facts.ImportChanged,
        ),
        FactKind(
            "certificates.import_undone",
            "撤销导入",
            "撤销一次导入，{officers} 人离岗",
            facts.ImportChanged,
        ),
        _own("applied", "提交执法证申领", "为 {name} 申领执法证", facts.Applied),
        _own("checked", "身份核查", "第 {run} 次身份核查，结果 {state}", facts.Checked),
        _own(
            "request_decided", "审核执法证申领", "申领改为 {state}：{reason}", facts.RequestDecided
        ),
        FactKind("certificates.exam_wanted", "等待考试", "{name} 等待安排考试", facts.ExamWanted),
        FactKind(
            "certificates.exam_unwanted", "不再等待考试", "不再考试：{reason}", facts.ExamUnwanted
        ),
        _own("result_taken", "记录考试成绩", "成绩 {score}，进入 {state}", facts.ExamResult),
        _own("card_made", "制证", "制成执法证 {number}", facts.CardMade),
        _own("list_imported", "导入核查名单", "第 {version} 版，{entries} 人", facts.ListImported),
        _own("list_entry_removed", "移出强制注销名单", "移出：{reason}", facts.ListEntryRemoved),
        *signing.FACT_KINDS,
        *life.FACTS,
    ]


def _own(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
    return FactKind(f"certificates.{key}", title, text, payload, broadcast=False)


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("exams.result_published", hear_exam_result, locks=the_person),
        *life.HANDLERS,
        *signing.HANDLERS,
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [*signing.JOBS, *life.JOBS]


@hookimpl
def contributions() -> list[Contribution]:
    # Read by cases, beside the fact about each card: a sheet of thousands records one fact for all.
    numbers = Contribution("cases.certificate_numbers", "certificates", {"find": numbers_on})
    return [
        *signing.CONTRIBUTIONS,
        numbers,
        readers("certificates.photo", READ),
        readers("certificates.paper", READ),
        readers("certificates.letter", BODIES_READ),
    ]


@hookimpl
def retention_rules() -> list[Retention]:
    return list(signing.RETENTION)


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(f"certificates.{key}", each.title, each.text) for key, each in MESSAGES.items()
    ]


@hookimpl
def metrics() -> list[Metric]:
    return list(life.METRICS)


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [CertificateSettings]


@hookimpl
def extension_points() -> list[ExtensionPoint]:
    return [
        ExtensionPoint(
            SOURCES,
            "人口信息核验",
            IdentitySource,
            docs="申领时核对姓名和身份证号；查不了的答 unavailable",
        ),
        *signing.EXTENSION_POINTS,
    ]


@hookimpl
def gates() -> list[Gate]:
    return [
        Gate(
            "certificates.annual_review",
            "执法证年审",
            "core.person",
            expects=("complaints", "training", "exams"),
        )
    ]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [
        GateCheck("cases.officer_may_act", answer_officer_may_act),
        GateCheck("supervisors.person_may_be_appointed", answer_may_be_supervisor),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [
        DemoStep(15, "登记执法人员", register_demo_officers),
        DemoStep(16, "证件照", give_demo_photos),
        DemoStep(17, "执法主体、申领和年审", plan_life),
    ]
