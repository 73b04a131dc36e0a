# SPDX-License-Identifier: Apache-2.0
"""执法证件: the officer register, certificates, and what the public may check."""

from typing import Any

from core.api.plugin import (
    DemoStep,
    FactKind,
    Gate,
    GateCheck,
    Manifest,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.certificates.demo import register_demo_officers
from plugins.certificates.facts import CertificateChanged, ImportChanged, OfficerRegistered
from plugins.certificates.reactions import (
    answer_may_be_supervisor,
    answer_officer_may_act,
    describe_check,
    describe_officer,
    find_officers,
    resolve_officer,
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
        Permission("certificates.officer.read", "查看执法人员", READERS),
        Permission(
            "certificates.officer.register",
            "登记执法人员和证件",
            ("data_entry", "body_admin"),
            sensitive=True,
        ),
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
        )
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
            OfficerRegistered,
        ),
        FactKind(
            "certificates.certificate_changed",
            "执法证状态变更",
            "执法证 {number} 自 {since} 起状态为 {state}：{reason}",
            CertificateChanged,
        ),
        FactKind(
            "certificates.import_applied", "导入执法人员", "从表格登记 {officers} 人", ImportChanged
        ),
        FactKind(
            "certificates.import_undone",
            "撤销导入",
            "撤销一次导入，{officers} 人离岗",
            ImportChanged,
        ),
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
    return [DemoStep(15, "登记执法人员", register_demo_officers)]
