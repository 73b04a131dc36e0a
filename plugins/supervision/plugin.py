# SPDX-License-Identifier: Apache-2.0
"""执法监督: supervision of bodies by documents, campaigns, programmes and criminal hand-over."""

from typing import Any

import msgspec

from core.api.files import readers
from core.api.plugin import (
    Card,
    Contribution,
    DemoStep,
    FactHandler,
    FactKind,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.supervision import facts, reactions
from plugins.supervision.demo import play_supervision
from plugins.supervision.queries import matters as counted
from plugins.supervision.rules.kinds import ANSWER, MANAGE, READ
from plugins.supervision.services.base import SupervisionSettings
from plugins.supervision.services.issuing import set_paper

MANIFEST = Manifest(
    name="supervision",
    title="执法监督",
    version="0.1.0",
    summary="日常、专项、个案、重点监督：监督文书、整改复核、双随机、工作方案、行刑衔接。",
    after=("complaints", "certificates"),
)


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.supervision.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.supervision.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "查看执法监督", ("supervision_bureau", "justice_office", "leader")),
        Permission(MANAGE, "办理执法监督、制发监督文书", ("supervision_bureau", "justice_office")),
        Permission(
            ANSWER,
            "签收和答复监督文书、行刑衔接",
            ("legal_office", "dept_supervisor", "body_admin"),
        ),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem(
            "执法监督", "/supervision/", READ, "监察平台", "gavel", 130, counted.turn_of_office
        ),
        NavItem(
            "收到的监督文书",
            "/supervision/received",
            ANSWER,
            "本单位",
            "mail-opened",
            150,
            counted.received_open,
        ),
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [Card("supervision.standing", "执法监督", READ, "/supervision/card", size="side")]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    kinds = [
        SubjectKind(
            "supervision.matter",
            "执法监督",
            describe=reactions.describe_matter,
            search=reactions.find_matters,
            permission=READ,
        ),
        SubjectKind("supervision.paper", "监督文书", reactions.describe_paper, permission=ANSWER),
        SubjectKind(
            "supervision.campaign", "专项监督", reactions.describe_campaign, permission=READ
        ),
        SubjectKind(
            "supervision.programme", "工作方案", reactions.describe_programme, permission=READ
        ),
        SubjectKind(
            "supervision.transfer", "行刑衔接", reactions.describe_transfer, permission=ANSWER
        ),
    ]
    kinds += [
        SubjectKind(f"supervision.{key}", title, reactions.describe_entry, permission=READ)
        for key, title in (
            ("inspector", "监督人员"),
            ("basis", "依据文件"),
            ("duty", "监督权责"),
            ("template", "文书模板"),
            ("suggestion", "监督建议"),
        )
    ]
    return kinds


def _acted(key: str, title: str, text: str) -> FactKind:
    return FactKind(f"supervision.{key}", title, text, facts.Acted, broadcast=False)


def _paper(key: str, title: str, text: str, *, broadcast: bool = False) -> FactKind:
    return FactKind(f"supervision.{key}", title, text, facts.PaperActed, broadcast=broadcast)


def _registered(key: str, title: str, text: str = "{title}{words}") -> FactKind:
    return FactKind(f"supervision.{key}", title, text, facts.Registered, broadcast=False)


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind("supervision.opened", "监督立项", "{number}立项：{title}", facts.Opened),
        _acted("assisted", "增加协助机关", "{number}由{words}协助"),
        _acted("team_changed", "监督人员变动", "{number}{words}"),
        _acted("dropped", "终止监督", "{number}终止：{reason}"),
        _acted("findings_noted", "登记检查情况", "{number}{words}"),
        FactKind(
            "supervision.document_issued", "制发监督文书", "制发{number}，发给{to}", facts.Issued
        ),
        _paper("document_received", "文书送达", "{number}{words}"),
        _paper("document_refused", "拒绝签收", "{number}{words}：{reason}"),
        _paper("document_replied", "答复监督文书", "{number}{words}"),
        _paper("document_checked", "复核整改", "{number}复核：{words}"),
        _paper("document_withdrawn", "撤回监督文书", "{number}撤回：{reason}", broadcast=True),
        _paper("document_extended", "延长答复期限", "{number}{words}：{reason}"),
        _paper("document_late", "逾期未答复", "{words}逾期未答复{number}", broadcast=True),
        _paper("talk_held", "约谈", "{number}约谈，{words}"),
        FactKind("supervision.closed", "监督办结", "{number}办结：{outcome}", facts.Closed),
        FactKind(
            "supervision.campaign_planned", "专项监督立项", "{title}立项", facts.CampaignActed
        ),
        FactKind(
            "supervision.campaign_listed",
            "确定抽查名单",
            "{title}：{words}",
            facts.CampaignActed,
            broadcast=False,
        ),
        FactKind(
            "supervision.draw_sealed",
            "锁定名单、公布承诺",
            "{title}名单散列 {list_hash}，承诺 {commitment}",
            facts.Sealed,
        ),
        FactKind("supervision.drawn", "双随机抽取", "{title}抽取，种子 {seed}", facts.DrawnFact),
        FactKind(
            "supervision.campaign_closed",
            "专项监督结束",
            "{title}结束：{words}",
            facts.CampaignActed,
        ),
        _registered("suggestion_aside", "不启动监督", "{title}不启动：{words}"),
        _registered("inspector_entered", "登记监督人员", "{title}，证号 {words}"),
        _registered("inspector_withdrawn", "收回监督证件", "{title}：{words}"),
        _registered("basis_entered", "登记依据文件", "{title}"),
        _registered("duty_added", "增加监督权责", "{title}"),
        _registered("duty_removed", "取消监督权责", "{title}"),
        _registered("template_changed", "更换文书模板", "{title}：{words}"),
        _registered("programme_published", "发布工作方案", "{title}，{words}"),
        _registered("programme_closed", "工作方案结束", "{title}：{words}"),
        _registered("handed_in", "报送材料", "{title}：{words}"),
        *(
            FactKind(f"supervision.{key}", title, text, facts.TransferActed)
            for key, title, text in (
                ("transfer_reported", "报告涉嫌犯罪", "{title}书面报告"),
                ("transfer_stepped", "行刑衔接办理", "{title}：{words}"),
                ("transfer_late", "行刑衔接逾期", "{title}：{words}逾期"),
            )
        ),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("complaints.supervision_proposed", reactions.note_complaint, eager=True),
        FactHandler("orders.upheld", reactions.note_upheld, eager=True),
        FactHandler("core.clock.lapsed", reactions.note_lapse, locks=reactions.the_subject),
    ]


@hookimpl
def jobs() -> list[Job]:
    return [Job("supervision.set_paper", set_paper)]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "supervision.issued",
            "收到监督文书：{number}",
            "{organ}发来{text}，请签收并按期办理。",
            may_mute=False,
        ),
        MessageKind(
            "supervision.late_body",
            "监督文书逾期：{number}",
            "{organ}的{number}答复期限已过，请立即答复。",
            may_mute=False,
        ),
        MessageKind("supervision.late", "逾期未答复：{number}", "{body}没有按期答复：{title}"),
        MessageKind("supervision.replied", "监督文书已答复：{number}", "{body}答复了：{title}"),
        MessageKind("supervision.checked", "复核结果：{number}", "{organ}复核：{text}"),
        MessageKind(
            "supervision.withdrawn",
            "监督文书已撤回：{number}",
            "{organ}撤回了{number}：{text}",
            may_mute=False,
        ),
        MessageKind("supervision.extended", "答复期限延长：{number}", "{organ}同意{text}。"),
        MessageKind("supervision.closed", "监督办结：{number}", "{organ}：{text}"),
        MessageKind("supervision.programme", "新的工作方案", "{organ}发布：{title}"),
        MessageKind("supervision.handed_in", "收到报送材料", "{office}报送{kind}：{title}"),
        MessageKind(
            "supervision.transfer_late", "行刑衔接逾期", "{body}的“{title}”{step}已经逾期。"
        ),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [SupervisionSettings]


@hookimpl
def contributions() -> list[Contribution]:
    from plugins.supervision.commands import COMMANDS

    commands = [
        Contribution(
            "core.command",
            f"supervision.{each.name}",
            {
                "name": each.name,
                "help": each.help,
                "configure": each.configure,
                "run": each.run,
            },
        )
        for each in COMMANDS
    ]
    return [
        *commands,
        readers("supervision.reply", READ, ANSWER),
        readers("supervision.submission", READ),
        readers("supervision.basis", READ),
        readers("supervision.template", READ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "supervision.opened",
            "监督立项",
            "期间内立项的监督事项，包括专项抽查到的单位",
            counted.opened_in,
            "/supervision/?tab=all",
        ),
        Metric(
            "supervision.closed",
            "监督办结",
            "期间内整改通过复核后办结的监督事项，不含终止的",
            counted.closed_in,
            "/supervision/?tab=closed",
        ),
        Metric(
            "supervision.documents",
            "制发监督文书",
            "期间内制发的监督文书，不含撤回的",
            counted.issued_in,
            "/supervision/?tab=all",
            per_unit=True,
        ),
        Metric(
            "supervision.late",
            "逾期未答复",
            "期间内制发、被监督单位没有按期答复的文书，后来补答复的也算",
            counted.late_in,
            "/supervision/?tab=all&late=yes",
            per_unit=True,
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(75, "执法监督", play_supervision)]
