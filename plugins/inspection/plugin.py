# SPDX-License-Identifier: Apache-2.0
"""监察: one engine judges every act of every case; alarms, their proof and their life."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import msgspec

from core.api.plugin import (
    Card,
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
    Panel,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.inspection import queries, reactions
from plugins.inspection.replay import command as replay
from plugins.inspection.replay import rules_command
from plugins.inspection.rules import facts
from plugins.inspection.services import noticing, quiet_points

MANIFEST = Manifest(
    name="inspection",
    title="监察",
    version="0.1.0",
    summary="监察点判断、报警及其证明、提交前预判、静默、日志重放。",
    after=("powers", "cases"),
)

READERS = ("handler", "dept_supervisor", "supervision_bureau", "leader", "legal_office")

APPROVERS = ("submitter", "legal_office", "dept_supervisor", "supervision_bureau")
"""Who submits, reviews and decides about points: each may have a draft tried.

Whoever compiles one reads the report too, of his own unit's cases like everything he sees.
"""

ANALYSTS = ("dept_supervisor", "supervision_bureau", "leader", "legal_office")

CASE_ACTS = (
    "opened",
    "authorised",
    "step_entered",
    "step_submitted",
    "rolled_back",
    "recalled",
    "corrected",
    "evidence_added",
    "evidence_voided",
    "suspended",
    "resumed",
    "extended",
    "transferred",
    "delegated",
    "payment_recorded",
    "closed",
    "attempt_refused",
    "archived_note",
)


@dataclass(frozen=True, kw_only=True)
class NewKind:
    """How another plugin's kind of monitoring point judges; its key is that of the contribution.

    ``judge`` gets the case events and the point as plain mappings and returns findings
    ``{"result", "seq", "sentence", …}``; see ``rules.engine.Finding``. It must be pure. What was
    set for the point stands in ``point["params"]``, by the keys of its settings.

    A plugin that brings a kind contributes twice, under the same key: here how it judges, and to
    ``powers.point_kind`` how it is set (title, one sentence, where it may stand, its settings with
    their titles, bounds and help), so that it stands in the editor among the seven. Neither
    plugin imports the other; without powers the kind still judges what logs or stored points ask
    for, without inspection nothing judges. ``tests/dummy_plugin`` does both.
    """

    title: str
    judge: Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any]], Sequence[Mapping[str, Any]]]
    colour: Literal["red", "yellow"] = "red"
    mark: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class AnalysisPart:
    """Figures another plugin adds to 监察分析.

    ``path`` is a partial of its own route, which checks access; it gets ``since`` and ``until``.
    """

    title: str
    path: str
    permission: str


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.inspection.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.inspection.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission("inspection.alarm.read", "查看报警", READERS),
        Permission("inspection.alarm.silence", "设置静默", ("supervision_bureau",)),
        Permission(
            "inspection.quiet.read",
            "查看长期不报和每次都报的监察点",
            ("submitter", "legal_office", "dept_supervisor", "supervision_bureau", "leader"),
        ),
        Permission("inspection.case.why", "查看监察点为什么报或不报", READERS),
        Permission("inspection.rule.read", "查看风险点和监察规则", (*READERS, "submitter")),
        Permission("inspection.analysis.read", "查看监察分析", ANALYSTS),
        Permission("inspection.trial.read", "查看试运行报告", (*APPROVERS, "body_admin")),
        Permission("inspection.trial.run", "试运行监察点", APPROVERS),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    read = "inspection.alarm.read"
    rules = "inspection.rule.read"
    return [
        NavItem(
            "风险防控", "/inspection/risks", rules, "监察平台", icon="shield-check", weight=100
        ),
        NavItem(
            "监察规则", "/inspection/points", rules, "监察平台", icon="clipboard-check", weight=105
        ),
        NavItem(
            "监察分析",
            "/inspection/analysis",
            "inspection.analysis.read",
            "监察平台",
            icon="chart-bar",
            weight=130,
        ),
        NavItem(
            "报警中心",
            "/inspection/alarms",
            read,
            "监察平台",
            icon="alarm",
            weight=110,
            badge=queries.open_count,
        ),
        NavItem(
            "静默",
            "/inspection/silences",
            "inspection.alarm.silence",
            "监察平台",
            icon="bell-off",
            weight=140,
        ),
        NavItem(
            "监察点体检",
            "/inspection/quiet-points",
            "inspection.quiet.read",
            "监察平台",
            icon="stethoscope",
            weight=150,
        ),
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [
        Card(
            "inspection.board",
            "红黄灯",
            "inspection.alarm.read",
            "/inspection/cards/board",
            weight=20,
        )
    ]


@hookimpl
def panels() -> list[Panel]:
    return [
        Panel(
            "inspection.case",
            "cases.case",
            "监察结果",
            "inspection.alarm.read",
            "/inspection/panels/case/{id}",
            weight=10,
        ),
        Panel(
            "inspection.draft",
            "powers.draft",
            "试运行",
            "inspection.trial.read",
            "/inspection/panels/draft/{id}",
            weight=20,
        ),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "inspection.alarm",
            "报警",
            describe=reactions.describe_alarm,
            search=reactions.find_alarms,
            permission="inspection.alarm.read",
        ),
        SubjectKind(
            "inspection.notice",
            "一起通知的报警",
            describe=reactions.describe_notice,
            permission="inspection.alarm.read",
        ),
        SubjectKind("inspection.silence", "静默", describe=reactions.describe_silence),
        SubjectKind("inspection.trial", "试运行", describe=reactions.describe_trial),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    moved = "{case_number} 的报警“{headline}”"
    return [
        FactKind(
            "inspection.alarm_raised", "报警", "{case_number} 报警：{sentence}", facts.AlarmRaised
        ),
        FactKind(
            "inspection.alarm_supervised", "报警被督办", moved + "已督办 {number}", facts.AlarmMoved
        ),
        FactKind("inspection.alarm_explained", "报警已说明", moved + "已回复", facts.AlarmMoved),
        FactKind(
            "inspection.alarm_revoked", "撤销报警", moved + "已撤销：{reason}", facts.AlarmMoved
        ),
        FactKind("inspection.alarm_upheld", "维持报警", moved + "维持：{reason}", facts.AlarmMoved),
        FactKind(
            "inspection.alarm_corrected",
            "报警更正",
            moved + "有更正：{sentence}",
            facts.AlarmCorrected,
        ),
        FactKind(
            "inspection.silence_declared",
            "设置静默",
            "{by} 静默“{title}”到 {until}：{reason}",
            facts.SilenceChanged,
        ),
        FactKind(
            "inspection.silence_ended",
            "静默结束",
            "“{title}”的静默结束：{reason}",
            facts.SilenceChanged,
        ),
        FactKind(
            "inspection.proof_judged",
            "重新判定证明",
            "{by} 用封存的证明重新判定：{result}",
            facts.ProofJudged,
            broadcast=False,
        ),
        *(
            FactKind(f"inspection.trial_{act}", title, text, facts.TrialMoved, broadcast=False)
            for act, title, text in (
                ("begun", "发起试运行", "{by}发起“{title}”的试运行"),
                ("cancelled", "取消试运行", "{by}取消“{title}”的试运行"),
                ("done", "试运行完成", "“{title}”试运行完成，报告 {report}"),
            )
        ),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    judged = [
        FactHandler(f"cases.{act}", reactions.on_case, eager=True, locks=reactions.of_case)
        for act in CASE_ACTS
    ]
    ordered = [
        FactHandler(f"orders.{act}", handle, eager=True, locks=reactions.of_alarms)
        for act, handle in (
            ("issued", reactions.on_issued),
            ("replied", reactions.on_replied),
            ("returned", reactions.on_returned),
            ("revoked", reactions.on_revoked),
            ("upheld", reactions.on_upheld),
        )
    ]
    return [
        FactHandler("powers.version_effective", reactions.on_rules, eager=True),
        FactHandler("powers.draft_submitted", reactions.on_draft_submitted, eager=True),
        FactHandler("powers.draft_trial_requested", reactions.on_trial_requested, eager=True),
        *judged,
        FactHandler("core.clock.lapsed", reactions.on_case, eager=True, locks=reactions.of_case),
        *ordered,
        FactHandler("inspection.alarm_raised", reactions.tell_of_alarm),
    ]


@hookimpl
def gates() -> list[Gate]:
    return [Gate("inspection.alarm_may_be_ordered", "报警可否发起督办", "inspection.alarm")]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [
        GateCheck("cases.before_submit", reactions.before_submit),
        GateCheck("inspection.alarm_may_be_ordered", reactions.may_be_ordered),
        GateCheck("powers.draft_may_take_effect", reactions.may_take_effect),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job("inspection.try_draft", reactions.carry_on, timeout=timedelta(seconds=90)),
        Job(
            noticing.JOB,
            reactions.tell_collected,
            scope="platform",
            reason=noticing.EVERYWHERE,
        ),
        Cron(
            "inspection.silences",
            reactions.announce_ended_silences,
            every=timedelta(minutes=10),
            reason="静默到期要告知设置的人，不分地区",
        ),
        Cron(
            "inspection.quiet_points",
            quiet_points.count_nightly,
            at="03:10",
            reason="统计各地监察点近 90 天的报灯情况，不分地区",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [
        DemoStep(70, "统计监察点", quiet_points.plan_count),
        DemoStep(71, "通知报警", noticing.plan_telling),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "inspection.alarm", "{lamp}：{headline}", "{case_number}：{sentence}", may_mute=False
        ),
        MessageKind(
            "inspection.alarms",
            "{where}有 {count} 条新报警：{counts}",
            "{list}。",
            may_mute=False,
        ),
        MessageKind(
            "inspection.silence_ended", "静默到期：{title}", "你设置的静默已到期。理由：{reason}"
        ),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [noticing.InspectionSettings]


@hookimpl
def extension_points() -> list[ExtensionPoint]:
    return [
        ExtensionPoint(
            "inspection.kind",
            "监察点类型",
            NewKind,
            "一种新的监察点：标题、灯色、判断函数。判断函数只用传入的案件事件和监察点。",
        ),
        ExtensionPoint(
            "inspection.analysis",
            "监察分析的一部分",
            AnalysisPart,
            "监察分析页面下方的一块：标题、自己的页面片段的路径、权限。路径带上期间 since、until。",
        ),
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "core.command",
            "inspection.replay",
            {
                "name": "replay",
                "help": replay.HELP,
                "configure": replay.configure,
                "run": replay.run,
            },
        ),
        Contribution(
            "core.command",
            "inspection.rules",
            {
                "name": "rules",
                "help": rules_command.HELP,
                "configure": rules_command.configure,
                "run": rules_command.run,
            },
        ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "inspection.red",
            "红灯",
            "期间内报出的红灯条数，不论以后是否撤销",
            queries.red_raised,
            "/inspection/alarms?tab=&colour=red",
            per_unit=True,
        ),
        Metric(
            "inspection.yellow",
            "黄灯",
            "期间内报出的黄灯条数，不论以后是否撤销",
            queries.yellow_raised,
            "/inspection/alarms?tab=&colour=yellow",
            per_unit=True,
        ),
        Metric(
            "inspection.open",
            "未撤销的报警",
            "期间内报出、至今没有撤销的报警条数",
            queries.still_open,
            "/inspection/alarms",
            per_unit=True,
        ),
        Metric(
            "inspection.upheld",
            "维持的报警",
            "期间内报出、经督办维持的报警条数",
            queries.upheld,
            "/inspection/alarms?tab=upheld",
            per_unit=True,
        ),
    ]
