# SPDX-License-Identifier: Apache-2.0
"""社会监督员: application, 公示, appointment, terms, discipline; the bureau's desk and the phone."""

from typing import Any

import msgspec

from core.api.files import readers
from core.api.plugin import (
    Action,
    Contribution,
    Cron,
    DemoStep,
    FactHandler,
    FactKind,
    Gate,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Panel,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.supervisors import facts, figures, reactions
from plugins.supervisors import jobs as nightly
from plugins.supervisors.demo import plan_supervisors
from plugins.supervisors.rules.wording import CATALOGUE, OFFICE
from plugins.supervisors.services import papers
from plugins.supervisors.services.base import (
    APPLICANT,
    APPLICATION,
    CARRY,
    FORMER,
    GATE,
    MAY_TAKE_PART,
    MINE,
    READ,
    REPORT,
    REPORTS_READ,
    REVIEW,
    SERVE,
    TERM,
    SupervisorSettings,
)
from plugins.supervisors.services.conduct import note_attendance
from plugins.supervisors.services.publicity import note_end

MANIFEST = Manifest(
    name="supervisors",
    title="社会监督员",
    version="0.1.0",
    summary="申请、公示、聘任证书、聘期、继任辞职、回避、表彰、解聘。",
    after=("certificates",),
)
SECTION = "监督员管理"


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.supervisors.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.supervisors.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    bureau = ("supervision_bureau",)
    bodies = ("body_admin", "dept_supervisor", "legal_office", "handler")
    return [
        Permission(READ, "查看社会监督员及其申请", (*bureau, "leader")),
        Permission(REVIEW, "筛选、审核、公示、聘任社会监督员", bureau),
        Permission(SERVE, "管理聘期：继任、辞职、回避、表彰、解聘", bureau),
        Permission(REPORT, "反映社会监督员违反纪律", bodies),
        Permission(REPORTS_READ, "看单位反映的情况及其答复", (*bureau, *bodies)),
        Permission(MINE, "看自己的办证进度", (APPLICANT, "supervisor", FORMER)),
        Permission(CARRY, "出示电子证件，申请继任、辞职、回避", ("supervisor",)),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("申请审核", "/supervisors/", READ, SECTION, "user-check", 200, figures.waiting),
        NavItem("社会监督员", "/supervisors/terms", READ, SECTION, "users", 205),
        NavItem("单位反映", "/supervisors/reports", SERVE, SECTION, "flag", 210, figures.reports),
        NavItem("反映监督员", "/supervisors/reports", REPORT, "本单位", "flag", 390),
        NavItem(
            "办证进度",
            "/supervisors/mine/progress",
            MINE,
            "",
            "history",
            20,
            phone="me",
            note=figures.progress_note,
        ),
        NavItem("我的二维码", "/supervisors/mine/card", CARRY, "", "qrcode", 10, phone="me"),
        NavItem(
            "申请继任、辞职",
            "/supervisors/mine/term",
            CARRY,
            "",
            "refresh",
            30,
            phone="me",
            note=figures.renewal_note,
        ),
        NavItem("回避", "/supervisors/mine/recusals", CARRY, "", "hand-stop", 40, phone="me"),
        NavItem(
            "申请担任社会监督员",
            "/supervisors/apply",
            "",
            "公众服务",
            "user-plus",
            for_public=True,
        ),
        NavItem(
            "社会监督员公示",
            "/supervisors/publicity",
            "",
            "公众服务",
            "speakerphone",
            for_public=True,
        ),
    ]


@hookimpl
def panels() -> list[Panel]:
    return [
        Panel("supervisors.card", "core.me", "电子证件", CARRY, "/supervisors/mine/panels/{id}", 10)
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "core.credential_kind",
            papers.KIND,
            {
                "title": papers.TITLE,
                "listed": papers.listed,
                "look": papers.look,
                "keep": papers.keep,
                "keep_moving": papers.keep_moving,
            },
        ),
        readers("supervisors.photo", READ),
        readers("supervisors.paper", READ),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            APPLICATION,
            "社会监督员申请",
            describe=reactions.describe_application,
            search=reactions.find_applications,
            permission=READ,
        ),
        SubjectKind(
            TERM,
            "社会监督员",
            describe=reactions.describe_term,
            search=reactions.find_terms,
            resolve=reactions.resolve_card,
            permission=READ,
        ),
        SubjectKind(
            "supervisors.report",
            "单位反映监督员",
            describe=reactions.describe_report,
            permission=SERVE,
        ),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    def own(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
        return FactKind(f"supervisors.{key}", title, text, payload, broadcast=False)

    return [
        FactKind("supervisors.appointed", "聘任监督员", "聘任，证书 {number}", facts.Appointed),
        FactKind(
            "supervisors.renewed", "续聘监督员", "续聘为第 {number_in_row} 届", facts.Appointed
        ),
        FactKind("supervisors.term_ended", "聘期结束", "聘期到 {last_day} 为止", facts.TermEnded),
        FactKind("supervisors.dismissed", "解聘监督员", "解聘：{reason}", facts.Dismissed),
        FactKind("supervisors.commended", "表彰监督员", "表彰：{title}", facts.Commended),
        own("applied", "申请担任监督员", "提交申请", facts.Applied),
        own("withdrawn", "撤回申请", "撤回申请", facts.Step),
        own("decided", "审查申请", "申请改为 {state}：{reason}", facts.Step),
        own("notice_opened", "开始公示", "公示到 {until}", facts.NoticeOpened),
        own("objected", "提出异议", "公示期间提出异议", facts.Objected),
        own("objection_answered", "答复异议", "答复异议：{outcome}", facts.Objected),
        own("objector_revealed", "查看异议人", "查看异议人的姓名和电话", facts.Objected),
        own("slip_printed", "打印登录凭条", "打印特邀人员的登录凭条", facts.SlipPrinted),
        own("requested", "申请继任或辞职", "提交申请", facts.Requested),
        own("request_withdrawn", "撤回继任或辞职申请", "撤回申请", facts.Requested),
        own("request_decided", "审核继任或辞职", "审核：{outcome} {reason}", facts.Requested),
        own("recused", "回避", "回避（{relation}）", facts.Recused),
        own("recusal_lifted", "解除回避", "解除回避：{reason}", facts.Recused),
        own("dismissal_proposed", "建议解聘", "建议解聘（{ground}）", facts.Proposed),
        own("proposal_dropped", "不予解聘", "不予解聘：{reason}", facts.Proposed),
        own("proposal_lapsed", "解聘建议不再成立", "解聘建议不再成立：{reason}", facts.Proposed),
        own("reported", "单位反映", "单位反映监督员（{breach}）", facts.Reported),
        own("report_answered", "答复单位反映", "答复：{outcome}", facts.Reported),
        own("flagged", "核查提示", "核查提示：{text}", facts.Flagged),
        own("cleared", "到期清除", "清除未聘任的申请材料", facts.Step),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("activities.attendance_recorded", note_attendance, locks=reactions.the_person),
        FactHandler("training.attendance_recorded", note_attendance, locks=reactions.the_person),
        FactHandler("core.clock.lapsed", note_end, locks=reactions.the_application),
    ]


@hookimpl
def gates() -> list[Gate]:
    return [Gate(GATE, "聘任社会监督员", "core.person", expects=("certificates",))]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [GateCheck(gate, reactions.answer_may_take_part) for gate in MAY_TAKE_PART]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Cron("supervisors.end_terms", nightly.end_terms, at="00:10", per_region=True),
        Cron("supervisors.remind", nightly.remind, at="08:30", per_region=True),
        Cron("supervisors.take_down", nightly.take_down, at="00:05", per_region=True),
        Cron("supervisors.clear", nightly.clear, at="02:40", per_region=True),
        Cron(
            "supervisors.check_officers", nightly.check_officers, at="01:20", reason=nightly.REASON
        ),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(f"supervisors.{key}", each.title, each.text, may_mute=each.may_mute)
        for key, each in {**CATALOGUE, **OFFICE}.items()
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [SupervisorSettings]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "supervisors.report", TERM, "反映违反纪律", REPORT, "/supervisors/reports/new", "flag"
        )
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "supervisors.serving",
            "在聘社会监督员",
            "期间最后一天在聘期内的社会监督员人数",
            figures.serving_at_end,
            "/supervisors/terms",
        ),
        Metric(
            "supervisors.applied",
            "申请担任社会监督员",
            "期间提交的申请（含特邀登记和继任）",
            figures.applied_in,
            "/supervisors/",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(30, "社会监督员", plan_supervisors)]
