# SPDX-License-Identifier: Apache-2.0
"""投诉举报: the supervisor's door and the public's, one register owned by the bureau."""

from datetime import timedelta
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
from plugins.complaints import facts, reactions
from plugins.complaints.badges import copies_waiting, news_of, undone_here
from plugins.complaints.commands import COMMANDS
from plugins.complaints.demo import plan_complaints
from plugins.complaints.rules import ANSWER, COPY, FOLLOW, HANDLE, OWN, READ
from plugins.complaints.services import ComplaintSettings
from plugins.complaints.services.reminding import remind
from plugins.complaints.services.retaining import erase, propose_due
from plugins.complaints.services.signing import sign

MANIFEST = Manifest(
    name="complaints",
    title="投诉举报",
    version="0.1.0",
    summary="社会监督员举报、群众投诉和表扬，推送、移交、反馈期限，身份保密。",
    after=("certificates",),
)


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.complaints.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.complaints.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "查看投诉举报", ("supervision_bureau", "leader")),
        Permission(HANDLE, "办理投诉举报", ("supervision_bureau",)),
        Permission(COPY, "查看转来的投诉", ("dept_supervisor", "body_admin", "legal_office")),
        Permission(ANSWER, "反馈转来的投诉", ("dept_supervisor", "body_admin")),
        Permission(OWN, "提交举报", ("supervisor",)),
        Permission(FOLLOW, "查看自己提交过的举报", ("supervisor", "former_supervisor")),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("投诉举报", "/complaints/", READ, "监察平台", "message-report", 140, undone_here),
        NavItem(
            "转来的投诉", "/complaints/copies", COPY, "本单位", "mail-forward", 140, copies_waiting
        ),
        NavItem(
            "投诉举报",
            "/complaints/mine",
            OWN,
            "工作台",
            "message-report",
            10,
            news_of,
            phone="bench",
        ),
        NavItem(
            "投诉和表扬",
            "/complaints/public",
            "",
            "",
            "message-report",
            20,
            for_public=True,
        ),
    ]


@hookimpl
def panels() -> list[Panel]:
    return [
        Panel(
            "complaints.earlier",
            "core.me",
            "提交过的投诉举报",
            FOLLOW,
            "/complaints/mine/panels/{id}",
            20,
        )
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "complaints.complaint",
            "投诉举报",
            describe=reactions.describe,
            search=reactions.search,
            permission=READ,
        ),
        SubjectKind(
            "complaints.copy", "转来的投诉", describe=reactions.describe_copy, permission=COPY
        ),
        SubjectKind(
            "complaints.own", "我的投诉举报", describe=reactions.describe_own, permission=FOLLOW
        ),
    ]


def _acted(key: str, title: str, text: str) -> FactKind:
    return FactKind(f"complaints.{key}", title, text, facts.Acted, broadcast=False)


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind("complaints.filed", "提交投诉举报", "{by}提交{number}", facts.Filed),
        _acted("accepted", "受理", "受理{number}"),
        FactKind("complaints.pushed", "推送", "{number}推送{to}", facts.Pushed),
        FactKind(
            "complaints.copy_delivered",
            "收到转来的投诉",
            "收到{number}（{reporter}）",
            facts.Delivered,
            broadcast=False,
        ),
        FactKind("complaints.answered", "单位反馈", "{number}单位已反馈", facts.Answered),
        FactKind("complaints.transferred", "移交", "{number}移交{to}：{reason}", facts.Transferred),
        FactKind("complaints.rejected", "不予受理", "{number}不予受理：{reason}", facts.Rejected),
        FactKind("complaints.result_told", "告知结果", "{number}已告知结果", facts.ResultTold),
        FactKind("complaints.praised", "转达表扬", "{number}已转达", facts.Praised),
        FactKind("complaints.merged", "并案", "{number}并入{into_number}", facts.Merged),
        FactKind(
            "complaints.supervision_proposed",
            "提出监督建议",
            "{number}建议启动监督：{reason}",
            facts.Proposed,
        ),
        FactKind("complaints.noted", "填写备注", "{number}添加备注", facts.Noted, broadcast=False),
        _acted("matched", "匹配主体", "{number}匹配主体：{words}"),
        _acted("identified", "认定执法人员", "{number}认定执法人员：{words}"),
        FactKind(
            "complaints.contact_revealed",
            "查看举报人电话",
            "{number}查看举报人的电话：{reason}",
            facts.Looked,
            broadcast=False,
        ),
        FactKind(
            "complaints.name_revealed",
            "写出保密举报人",
            "{number}{reason}",
            facts.Looked,
            broadcast=False,
        ),
        _acted("extended", "延期", "{number}{words}"),
        _acted("paused", "中止计时", "{number}{words}"),
        _acted("resumed", "恢复计时", "{number}{words}"),
        _acted("overdue", "单位逾期未反馈", "{number}：{words}逾期未反馈"),
        FactKind(
            "complaints.disposal_proposed",
            "提议到期销毁",
            "{number}保存期满，提议销毁",
            facts.Disposal,
            broadcast=False,
        ),
        FactKind(
            "complaints.disposal_confirmed",
            "确认到期销毁",
            "{number}确认销毁：{reason}",
            facts.Disposal,
            broadcast=False,
        ),
        FactKind(
            "complaints.disposal_postponed",
            "暂缓销毁",
            "{number}暂缓销毁：{reason}",
            facts.Disposal,
            broadcast=False,
        ),
        FactKind(
            "complaints.erased", "已销毁", "{number}的内容已销毁", facts.Disposal, broadcast=False
        ),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [FactHandler("core.clock.lapsed", reactions.note_lapsed, locks=reactions.the_copy)]


@hookimpl
def gates() -> list[Gate]:
    return [
        Gate(
            "complaints.supervisor_may_report",
            "社会监督员提交举报",
            "core.person",
            expects=("supervisors",),
        )
    ]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [GateCheck("certificates.annual_review", reactions.block_review)]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job("complaints.sign", sign, timeout=timedelta(seconds=30)),
        Job("complaints.erase", erase),
        Cron(
            "complaints.remind",
            remind,
            every=timedelta(minutes=30),
            reason="reminders of all regions follow one rule; each copy is told at its own place",
        ),
        Cron(
            "complaints.propose_disposal",
            propose_due,
            at="03:20",
            reason="retention of all regions is looked through at once",
        ),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind("complaints.filed", "新的投诉举报：{number}", "{title}"),
        MessageKind(
            "complaints.pushed",
            "转来投诉：{number}",
            "请调查并按期反馈（{title}）。",
            may_mute=False,
        ),
        MessageKind("complaints.praise_received", "收到表扬：{number}", "群众表扬（{title}）。"),
        MessageKind("complaints.clock_changed", "反馈期限变化：{number}", "{text}"),
        MessageKind("complaints.reminder", "反馈提醒：{number}", "{text}", may_mute=False),
        MessageKind("complaints.answered", "单位已反馈：{number}", "{title}。{text}"),
        MessageKind("complaints.note", "司法局的说明：{number}", "{text}"),
        MessageKind("complaints.note_of_body", "单位的说明：{number}", "{text}"),
        MessageKind("complaints.word_added", "举报人补充：{number}", "{text}"),
        MessageKind("complaints.progress", "举报进展：{number}", "{text}"),
        MessageKind("complaints.told", "举报结果：{number}", "{text}", may_mute=False),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [ComplaintSettings]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "complaints.file",
            "certificates.officer",
            "举报",
            OWN,
            "/complaints/new",
            icon="message-report",
            weight=10,
        ),
        # What nobody recognises is filed all the same, marked as not verified.
        Action(
            "complaints.file_unknown",
            "core.code",
            "照常举报",
            OWN,
            "/complaints/new",
            icon="message-report",
        ),
        # On the page behind a certificate's QR code, for whoever scanned it (C1-01).
        Action(
            "complaints.by_public",
            "certificates.check",
            "投诉或表扬",
            "",
            "/complaints/public/new",
            icon="message-report",
        ),
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "core.command",
            "complaints.receipt",
            {
                "name": COMMANDS[0].name,
                "help": COMMANDS[0].help,
                "configure": COMMANDS[0].configure,
                "run": COMMANDS[0].run,
            },
        ),
        # A leader is shown a complaint without who sent it; its photos may show him.
        readers("complaints.media", HANDLE),
        readers("complaints.sealed", HANDLE, originals=False),
        readers("complaints.copy", HANDLE, COPY, originals=False),
        readers("complaints.answer", READ, COPY),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "complaints.filed",
            "投诉举报",
            "期间内收到的投诉举报，移交的只算一次",
            reactions.filed_in,
            "/complaints/?tab=all&kind=complaint",
        ),
        Metric(
            "complaints.praised",
            "表扬",
            "期间内收到的表扬",
            reactions.praised_in,
            "/complaints/?tab=all&kind=praise",
        ),
        Metric(
            "complaints.late",
            "逾期未反馈",
            "期间内收到、单位至今逾期没有反馈的",
            reactions.late_in,
            "/complaints/?tab=done&due=late",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(70, "投诉举报", plan_complaints)]
