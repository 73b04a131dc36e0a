# SPDX-License-Identifier: Apache-2.0
"""案件办理: a case from the clue to the archive, every act a published event."""

from typing import Any

from core.api.files import readers
from core.api.plugin import (
    Action,
    Card,
    Contribution,
    Cron,
    DemoStep,
    ExtensionPoint,
    FactHandler,
    FactKind,
    Gate,
    Manifest,
    MessageKind,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.cases.jobs import renew_turns_daily
from plugins.cases.queries import REFERRAL, SUBJECT, open_count, waiting_referrals
from plugins.cases.reactions import (
    case_of,
    describe_case,
    describe_referral,
    on_alarm_raised,
    on_alarm_revoked,
    on_alarm_upheld,
    on_certificate_changed,
    on_clock_lapsed,
    on_referral_answered,
    on_version_effective,
    search_cases,
)
from plugins.cases.rules.event import (
    KINDS,
    CaseEvent,
    DealtWithAnew,
    PartyRevealed,
    ReferralAnswered,
)
from plugins.cases.services.officers import NUMBERS, CertificateNumbers

MANIFEST = Manifest(
    name="cases",
    title="案件办理",
    version="0.1.0",
    summary="立案、环节办理、证据、决定、回退、中止、延期、移交、执行和归档。",
    after=("powers",),
)

READERS = (
    "handler",
    "legal_office",
    "dept_supervisor",
    "supervision_bureau",
    "body_admin",
    "justice_office",
    "leader",
)


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.cases.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.cases.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission("cases.case.read", "查看案件", READERS),
        Permission("cases.case.open", "新建案件", ("handler", "legal_office")),
        Permission("cases.case.handle", "办理案件", ("handler", "legal_office", "leader")),
        Permission("cases.case.approve", "审批立案、中止和延期", ("legal_office", "leader")),
        Permission("cases.case.reopen", "办结以后另立新案重新处理", ("legal_office", "leader")),
        Permission("cases.case.watch", "重点关注案件", READERS),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem(
            "案件",
            "/cases/",
            "cases.case.read",
            "运行平台",
            icon="folder",
            weight=20,
            badge=open_count,
        ),
        NavItem(
            "新建案件", "/cases/new", "cases.case.open", "运行平台", icon="file-plus", weight=25
        ),
        NavItem(
            "移送来的案件",
            "/cases/referrals",
            "cases.case.open",
            "运行平台",
            icon="transfer-in",
            weight=45,
            badge=waiting_referrals,
        ),
        NavItem(
            "改按新版办理",
            "/cases/versions",
            "cases.case.approve",
            "运行平台",
            icon="git-branch",
            weight=70,
        ),
        NavItem(
            "已办结",
            "/cases/?state=closed",
            "cases.case.read",
            "运行平台",
            icon="history",
            weight=60,
        ),
        NavItem(
            "行政执法结果公示", "/cases/public", "", "公众服务", icon="file-text", for_public=True
        ),
    ]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "cases.open",
            "core.home",
            "新建案件",
            "cases.case.open",
            "/cases/new",
            icon="file-plus",
            weight=10,
        )
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [
        Card(
            "cases.overview",
            "八类行政权力",
            "cases.case.read",
            "/cases/cards/overview",
            weight=10,
            size="side",
        )
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            SUBJECT,
            "案件",
            describe=describe_case,
            search=search_cases,
            permission="cases.case.read",
        ),
        SubjectKind(
            REFERRAL, "移送来的案件", describe=describe_referral, permission="cases.case.read"
        ),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        *(FactKind(f"cases.{key}", title, text, CaseEvent) for key, title, text in KINDS),
        FactKind(
            "cases.referral_answered",
            "移送的处理结果",
            "{from_number} 移送的处理结果：{sentence}",
            ReferralAnswered,
        ),
        FactKind(
            "cases.dealt_with_anew",
            "另立新案重新处理",
            "{case_number} 另立 {by_number} 重新处理：{ground}。{reason}",
            DealtWithAnew,
        ),
        FactKind(
            "cases.party_revealed",
            "查看当事人完整信息",
            "查看 {case_number} 当事人完整信息：{reason}",
            PartyRevealed,
            broadcast=False,
        ),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("powers.version_effective", on_version_effective, eager=True),
        FactHandler("core.clock.lapsed", on_clock_lapsed),
        FactHandler("cases.referral_answered", on_referral_answered),
        FactHandler("certificates.certificate_changed", on_certificate_changed, eager=True),
        FactHandler("inspection.alarm_raised", on_alarm_raised, eager=True, locks=case_of),
        FactHandler("inspection.alarm_revoked", on_alarm_revoked, eager=True, locks=case_of),
        FactHandler("inspection.alarm_upheld", on_alarm_upheld, eager=True, locks=case_of),
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        readers("cases.evidence", "cases.case.read"),
        readers("cases.receipt", "cases.case.read"),
        readers("cases.referral", "cases.case.open"),
    ]


@hookimpl
def extension_points() -> list[ExtensionPoint]:
    return [
        ExtensionPoint(
            NUMBERS,
            "执法证号",
            CertificateNumbers,
            docs="find(人员, 日期) → 人员和当天有效的证号；逐张告知过的证不再问",
        )
    ]


@hookimpl
def gates() -> list[Gate]:
    return [
        Gate("cases.officer_may_act", "执法人员资格", "core.person", expects=("certificates",)),
        Gate("cases.basis_in_force", "决定依据现行有效", SUBJECT, expects=("library",)),
        Gate("cases.before_submit", "提交前预判", SUBJECT, mode="advise", expects=("inspection",)),
    ]


@hookimpl
def jobs() -> list[Any]:
    return [
        Cron(
            "cases.renew_turns",
            renew_turns_daily,
            at="00:05",
            reason="delegations of all regions begin and end at midnight",
        )
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "cases.step_arrived",
            "案件轮到你",
            "{number} {title}：现在由你办理{step}。",
        ),
        MessageKind("cases.document_late", "文书超期", "{number} {title}：{what}的期限已经过了。"),
        MessageKind("cases.referral_answered", "移送结果", "{number} 移送的处理结果：{sentence}。"),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    # Imported here: only seeding needs the year of cases, and Pillow to draw their evidence.
    from plugins.cases.demo import plan_cases

    return [DemoStep(40, "安排一年的案件", plan_cases)]
