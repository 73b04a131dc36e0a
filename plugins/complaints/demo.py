# SPDX-License-Identifier: Apache-2.0
"""Demo: a score of complaints in every state, in 磴口县 and in 威海.

They are filed and handled on the days they say, through the services; what lies in the future of
the seeding simply has not happened yet.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.custody import enrol, name_custodian
from core.api.db import Scope, row, transaction, value
from core.api.demo import DemoContext
from core.api.errors import Conflict, Invalid, Refused
from core.api.people import organisation
from plugins.complaints import services
from plugins.complaints.rules.intake import Chosen, Unit
from plugins.complaints.services.reporters import Reporter

OFFICE = Scope.platform("demo data: who may do what about complaints")
PASSPHRASE = "磴口的风吹过乌兰布和沙漠里"  # noqa: S105 - of the demo alone
"""Of all custodians of the demo; printed in the plugin's README."""

Act = Callable[["Stage", int], Awaitable[Any]]


@dataclass
class Story:
    """One complaint: who, when, about whom, and what was done with it on which day after."""

    ago: int
    account: str
    type: str = "行政检查"
    unit: str = ""
    typed: str = ""
    officer: str = ""
    door: str = "supervisor"
    kind: str = "complaint"
    sealed: bool = False
    name: str = ""
    phone: str = ""
    told_on_site: bool = False
    wants_procedure: bool = False
    acts: list[tuple[int, Act]] = field(default_factory=list)


@dataclass
class Stage:
    """The people and places of one county."""

    context: DemoContext
    bureau: services.Actor
    bodies: dict[str, services.Actor]
    units: dict[str, Unit]
    region_lo: int
    volunteer: str
    """The login of the supervisor who files; he is appointed by another plugin's step."""
    officers: dict[str, tuple[int, str]]
    filed: dict[int, int] = field(default_factory=dict)

    async def copy_of(self, complaint: int) -> int:
        async with transaction(OFFICE):
            found = await value(
                "select max(id) from complaints_copy where complaint = $1", complaint
            )
        return int(found)


def actor_of(who: Visitor) -> services.Actor:
    """A demo account as the services know it."""
    return services.Actor(
        who.scope, who.person_id, who.user_id, who.name, who.permissions, who.region.lo
    )


# --- what may happen to one ----------------------------------------------------------------------


def push(text: str) -> Act:
    return lambda stage, it: services.push(stage.bureau, it, text, checked=True)


def answer(unit: str, founded: str, text: str, measures: str = "") -> Act:
    async def act(stage: Stage, it: int) -> None:
        if unit in stage.bodies:
            copy = await stage.copy_of(it)
            await services.answer(stage.bodies[unit], copy, founded, text, measures)

    return act


def tell(founded: str, text: str) -> Act:
    return lambda stage, it: services.tell_result(stage.bureau, it, founded, text)


def accept() -> Act:
    return lambda stage, it: services.accept(stage.bureau, it)


def reject(ground: str, reason: str) -> Act:
    return lambda stage, it: services.reject(stage.bureau, it, ground, reason)


def transfer(to: str, reason: str) -> Act:
    return lambda stage, it: services.transfer(stage.bureau, it, "discipline", to, reason)


def extend(days: int, reason: str) -> Act:
    return lambda stage, it: services.extend(stage.bureau, it, days, reason, "贺其格")


def pause(reason: str) -> Act:
    return lambda stage, it: services.pause(stage.bureau, it, reason, "贺其格")


def note(level: str, text: str) -> Act:
    return lambda stage, it: services.note(stage.bureau, it, level, text)


def merge(into: int) -> Act:
    """Into the story that was filed ``into`` days ago."""
    return lambda stage, it: services.merge(stage.bureau, it, stage.filed[into])


def supervise(reason: str) -> Act:
    return lambda stage, it: services.propose_supervision(stage.bureau, it, reason)


COPY = "检查时只来了一名执法人员，没有出示执法证，要求当场停业。"

DENGKOU: tuple[Story, ...] = (
    Story(
        1,
        "今天上午市监执法大队检查小吃街，只来了一个人，没有出示证件，翻看了店主的手机。",
        unit="dk-sjdd",
        officer="zhanghailong",
        told_on_site=True,
        wants_procedure=True,
    ),
    Story(
        2,
        "检查人员收了两条烟，检查记录上什么也没写。我不想让人知道是我说的。",
        unit="dk-sjdd",
        sealed=True,
        acts=[(1, accept()), (1, note("internal", "先核对当日检查记录。"))],
    ),
    Story(
        3,
        "巴彦高勒镇早市上有人自称城管协管队，收五十元不给票。",
        typed="巴彦高勒镇城管协管队",
        type="行政处罚",
    ),
    Story(
        12,
        "去办食品经营许可，窗口说材料不全，问缺什么又说不清，前后跑了四趟。我叫王小梅，电话13947811122。",
        type="行政许可",
        unit="dk-sjj",
        door="public",
        name="王小梅",
        phone="13947811122",
    ),
    Story(
        20,
        "检查完了当场要交两千元，没有给决定书，也没有给票据。",
        type="行政处罚",
        unit="dk-sjdd",
        door="public",
        acts=[
            (
                9,
                answer(
                    "dk-sjdd",
                    "partly",
                    "经查，当日开具了决定书，执法人员忘记交付当事人，罚款已缴入国库账户。",
                    "已补送决定书并道歉，对当事执法人员批评教育。",
                ),
            )
        ],
    ),
    Story(
        62,
        "5月以来同一家饭馆被同一个所检查了六次，每次说的问题都不一样。",
        unit="dk-sjdd",
        acts=[
            (1, push("同一家饭馆短期内被多次检查，每次提出的问题不一致。")),
            (
                21,
                answer(
                    "dk-sjdd",
                    "yes",
                    "经查，两个月内检查六次，其中三次没有检查计划。",
                    "已停止无计划检查，今后按双随机安排。",
                ),
            ),
            (
                23,
                tell(
                    "yes",
                    "情况属实。大队已停止无计划的检查，今后按双随机安排；你反映的饭馆不再重复检查。",
                ),
            ),
        ],
    ),
    Story(
        80,
        "执法人员检查时没有亮证，说话很冲，还推了店主一把。",
        unit="dk-sjdd",
        officer="zhanghailong",
        acts=[(2, push("检查时没有出示执法证，与店主发生推搡。"))],
    ),
    Story(
        40,
        "邻居占了我家的宅基地，请司法局主持公道。",
        type="其他",
        unit="dk-sjj",
        door="public",
        acts=[],
    ),
    Story(
        35,
        "听说有人花钱就能免罚。",
        type="行政处罚",
        typed="市场监管部门",
        acts=[
            (
                3,
                reject(
                    "unclear", "没有写明时间、地点和涉及的人员，无法核实。有具体情况请重新提交。"
                ),
            )
        ],
    ),
    Story(
        28,
        "执法人员在检查后到同一家店吃饭不付钱，有监控录像。",
        unit="dk-sjdd",
        sealed=True,
        acts=[(2, transfer("磴口县纪委监委", "涉嫌违纪，移交纪检监察机关。"))],
    ),
    Story(
        16,
        "检查时只来一个人，没亮证，让我们马上关门。",
        unit="dk-sjdd",
        acts=[(1, push(COPY)), (4, supervise("同一大队一个月内三次被反映单人执法、不亮证。"))],
    ),
    Story(
        14,
        "只有一个人来检查，没出示证件，要求马上停业关门。",
        unit="dk-sjdd",
        door="public",
        acts=[(2, merge(16))],
    ),
    Story(
        25,
        "扣押了三箱饮料，没有给清单。",
        type="行政强制",
        unit="dk-sjdd",
        acts=[(1, push("扣押物品没有开具清单。")), (12, extend(15, "需要委托检验"))],
    ),
    Story(
        18,
        "查封时没有告知可以复议。",
        type="行政强制",
        unit="dk-sjdd",
        acts=[(1, push("查封时没有告知复议和诉讼的权利。")), (8, pause("当事人住院，无法核实"))],
    ),
    Story(
        6,
        "窗口的同志耐心教我填表，一次就办好了，非常感谢。",
        type="行政许可",
        unit="dk-sjj",
        door="public",
        kind="praise",
    ),
    Story(
        30,
        "下大雨还来帮我们检查燃气管道，态度特别好。",
        unit="dk-sjj",
        door="public",
        kind="praise",
        acts=[(2, push("下大雨仍来检查燃气管道，态度特别好。"))],
    ),
)

WEIHAI: tuple[Story, ...] = (
    Story(2, "码头检查时没有出示证件，也没说依据什么。", unit="wh", door="public"),
    Story(
        33,
        "海上检查扣了渔网，没有清单。我姓孙，电话13863111122。",
        type="行政强制",
        unit="wh",
        door="public",
        name="孙海",
        phone="13863111122",
        acts=[
            (14, answer("wh", "yes", "经查，扣押渔网时没有当场开具清单。", "已补开清单并送达。")),
            (16, tell("yes", "情况属实，清单已经补开送达，渔网已退还。")),
        ],
    ),
    Story(9, "检查人员讲解很细，帮我们改好了台账。", unit="wh", door="public", kind="praise"),
)


# --- playing it ----------------------------------------------------------------------------------


async def plan_complaints(context: DemoContext) -> None:
    """Have the stories filed and handled on their days; with complaints already there, nothing."""
    async with transaction(OFFICE):
        if await value("select exists (select 1 from complaints_complaint)"):
            return
    dengkou = await _stage(context, "zhaojianguo", "zhangmin")
    if dengkou is not None:
        await _custodians(context, dengkou)
        _plan(dengkou, DENGKOU)
    weihai = await _stage(context, "jiangwei", "")
    if weihai is not None:
        _plan(weihai, WEIHAI)


async def _stage(context: DemoContext, bureau: str, volunteer: str) -> Stage | None:
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    who = visitors.get(bureau)
    if who is None:
        return None
    units: dict[str, Unit] = {}
    async with transaction(OFFICE):
        for key, number in context.shared["core.organisations"].items():
            found = await organisation(number)
            if found is None:
                continue
            unit = Unit(found.id, found.name, found.lo, found.hi)
            units[key] = unit
            if found.region_lo == who.region.lo and found.kind in ("department", "body"):
                units.setdefault("wh", unit)
    bodies: dict[str, services.Actor] = {}
    for each in visitors.values():
        if each.role in ("dept_supervisor", "body_admin") and each.organisation is not None:
            for key, unit in units.items():
                if each.organisation.lo <= unit.lo <= each.organisation.hi:
                    bodies.setdefault(key, actor_of(each))
    officers = {login: (one.id, one.name) for login, one in context.shared["core.persons"].items()}
    return Stage(context, actor_of(who), bodies, units, who.region.lo, volunteer, officers)


async def _custodians(context: DemoContext, stage: Stage) -> None:
    """Three of the county's office keep what is sealed."""
    logins = ("zhaojianguo", "heqige", "qimuge")
    persons = [context.shared["core.persons"][each] for each in logins if each in stage.officers]
    for one in persons:
        async with transaction(OFFICE):
            await name_custodian(one.id, one.name, stage.region_lo, by_person=0)
        await enrol(one.id, stage.region_lo, PASSPHRASE, PASSPHRASE)


def _plan(stage: Stage, stories: tuple[Story, ...]) -> None:
    lane = f"complaints.{stage.region_lo}"
    for story in stories:
        filed_on = stage.context.today - timedelta(days=story.ago)

        async def file(story: Story = story) -> None:
            number = await _file(stage, story)
            if number:
                stage.filed[story.ago] = number

        stage.context.plan(_at(filed_on, 10, story.ago % 50), file, lane=lane)
        for after, act in story.acts:

            async def go_on(story: Story = story, act: Act = act) -> None:
                # What came before may have gone another way; the act then has no place.
                with suppress(Refused, Conflict, Invalid):
                    if number := stage.filed.get(story.ago):
                        await act(stage, number)

            day = stage.context.workday(filed_on + timedelta(days=after))
            stage.context.plan(_at(day, 14, story.ago % 50), go_on, lane=lane)


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.SHANGHAI)


async def _file(stage: Stage, story: Story) -> int:
    unit = stage.units.get(story.unit)
    if story.unit and unit is None:
        return 0
    officer, name = stage.officers.get(story.officer, (0, ""))
    said = services.Intake(
        story.kind,
        "officer" if officer else "act",
        story.type,
        story.account,
        clock.today() - timedelta(days=1),
        Chosen(unit, unit, unit.name if unit else story.typed),
        story.sealed,
        story.told_on_site,
        story.wants_procedure,
        officer,
        name,
        scanned="verified" if officer else "",
    )
    if story.door == "supervisor" and (one := await _volunteer(stage)) is not None:
        # Before his appointment, or where he has withdrawn, it comes by the public's door.
        with suppress(Refused):
            return (await services.file(one, said)).id
    reporter = services.public(story.name, story.phone, stage.region_lo)
    return (await services.file(reporter, said)).id


async def _volunteer(stage: Stage) -> Reporter | None:
    async with transaction(OFFICE):
        one = await row(
            "select id, person, login, name from core_user where login = $1 and person is not null",
            stage.volunteer,
        )
    if one is None:
        return None
    return await services.supervisor(
        one["person"], one["id"], one["name"], one["login"], stage.region_lo
    )
