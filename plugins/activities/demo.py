# SPDX-License-Identifier: Apache-2.0
"""Demo: two past activities with attendance, an open invitation, and what supervisors registered.

Played on the days they say, through the services, by whoever serves in 磴口县 on that day.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import Interval, Scope, row, transaction, value
from core.api.demo import DemoContext
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.people import organisation
from plugins.activities.forms import (
    ActivityForm,
    AnswerForm,
    CorrectForm,
    LeaveForm,
    RecordForm,
)
from plugins.activities.queries import candidates, invitation_to
from plugins.activities.rules.attendance import COMING, GRANTED, LEAVE, PRESENT
from plugins.activities.rules.words import INVITED, SELF
from plugins.activities.services import attending, organising, records
from plugins.activities.services.base import Actor, objections

OFFICE = Scope.platform("demo data: activities of a county's supervisors")
BUREAU = "zhaojianguo"


@dataclass(frozen=True)
class Said:
    """What a supervisor registers."""

    ago: int
    who: str
    unit: str
    matter: str
    party: str
    outcome: str
    advice: str
    activity: str = ""
    reply: str = ""
    returned: str = ""


@dataclass(frozen=True)
class Plan:
    """An activity, how long ago, and who does what."""

    ago: int
    """Days before today; negative ones are still to come."""
    title: str
    kind: str
    host: str
    place: str
    about: str
    comes: tuple[str, ...] = ()
    leaves: tuple[tuple[str, str, str], ...] = ()
    """Name, reason, decision; an empty decision waits for the bureau."""
    by_hand: tuple[tuple[str, str], ...] = ()


PLANS = (
    Plan(
        41,
        "餐饮服务食品安全联合检查",
        "inspection",
        "dk-sjdd",
        "巴彦高勒镇团结路集合",
        "上午查三家餐饮店。带证件和水笔，看检查是不是两个人、有没有亮证、有没有告知结果。",
        comes=("张敏", "李秀英"),
        leaves=(("巴特尔", "嘎查换届选举，走不开。", GRANTED),),
    ),
    Plan(
        13,
        "行政处罚案卷公开评查",
        "appraisal",
        "dk-hbdd",
        "县司法局三楼会议室",
        "每人评查两卷，评查表现场发。",
        comes=("张敏",),
        by_hand=(("李秀英", "手机没电，现场签到表有签名。"),),
    ),
    Plan(
        -6,
        "养老机构消防和收费检查",
        "supervision",
        "dk-mzj",
        "县民政局门口集合",
        "下午看两家养老机构，注意听老人怎么说。",
        comes=("李秀英",),
        leaves=(("巴特尔", "当天要去旗里开会。", ""),),
    ),
    Plan(
        -11,
        "水行政执法情况座谈",
        "survey",
        "dk-szdd",
        "县水利局二楼会议室",
        "请带上平时听到的意见，每人讲五分钟。",
    ),
)

SAYS = (
    Said(
        40,
        "李秀英",
        "dk-sjdd",
        "应邀参加餐饮服务食品安全联合检查，看了三家店，两名执法人员都出示了证件。",
        "磴口县老兵饭馆",
        "当场责令改正，七日内复查。",
        "检查记录请当场给店主看一遍再签字。",
        activity="餐饮服务食品安全联合检查",
        reply="建议已转市场监管综合执法大队，今后检查记录当场宣读。",
    ),
    Said(
        22,
        "张敏",
        "dk-hbdd",
        "路过化肥厂排污口，遇到生态环境执法人员取样，站在一旁看完全程。",
        "磴口县丰源化肥厂",
        "取样两瓶，当事人签字，样品当场封存。",
        "取样位置应当拍照留存，事后说得清。",
        reply="谢谢，取样拍照的建议已转生态环境综合行政执法大队。",
    ),
    Said(
        5,
        "巴特尔",
        "dk-sjs",
        "早市上看到执法人员检查电子秤。",
        "早市摊主若干",
        "两台秤封存。",
        "可以提前贴告示。",
        returned="请写明是哪个早市、执法人员几个人、有没有出示证件。",
    ),
    Said(
        1,
        "李秀英",
        "dk-szdd",
        "放学路上看到水政执法人员制止私自打井，向打井的人讲了规定。",
        "三盛公村村民",
        "当场停工，约定三日内到局里说明情况。",
        "讲解清楚，村民听得懂，值得推广。",
    ),
)


@dataclass
class Stage:
    """The county's bureau, and whoever serves at the moment."""

    context: DemoContext
    bureau: Actor
    made: dict[str, int] = field(default_factory=dict)

    async def serving(self) -> dict[str, int]:
        """Name and person of everybody who supervises in the county today."""
        async with transaction(OFFICE):
            found = await candidates((self.bureau.region_lo, self.bureau.region_hi), 0, "")
        return {each["name"]: each["person"] for each in found}

    async def own(self, name: str) -> Actor | None:
        """A volunteer as he signs in; none before his appointment."""
        person = (await self.serving()).get(name)
        if person is None:
            return None
        async with transaction(OFFICE):
            user = await value(
                "select id from core_user where person = $1 order by id limit 1", person
            )
        scope = Scope(
            Interval(self.bureau.region_lo, self.bureau.region_hi),
            Interval(1, 0),
            person=person,
            actor=int(user or 0),
        )
        return Actor(
            scope,
            int(user or 0),
            person,
            name,
            self.bureau.region_lo,
            self.bureau.region_hi,
            frozenset(),
        )

    async def invitation(self, title: str, name: str) -> tuple[int, int]:
        """Activity and invitation of somebody; zeros when he was not there to be invited."""
        activity, person = self.made.get(title, 0), (await self.serving()).get(name, 0)
        async with transaction(OFFICE):
            found = await invitation_to(activity, person) if activity and person else None
        return (activity, found["id"]) if found else (0, 0)


async def plan_activities(context: DemoContext) -> None:
    """Have activities and records happen on their days; with some already there, nothing."""
    async with transaction(OFFICE):
        if await value("select exists (select 1 from activities_activity)"):
            return
    visitors: dict[str, Visitor] = context.shared.get("core.visitors", {})
    who = visitors.get(BUREAU)
    if who is None:
        return
    stage = Stage(context, Actor.of(who))
    for each in PLANS:
        _plan(stage, each)
    for said in SAYS:
        _say(stage, said)


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.SHANGHAI)


def _do(stage: Stage, moment: datetime, act: Callable[[], Awaitable[Any]]) -> None:
    async def go() -> None:
        # Somebody's term may have ended otherwise; what then has no place is left out.
        with suppress(Refused, Conflict, Invalid, NotFound):
            await act()

    stage.context.plan(moment, go)


async def _unit(stage: Stage, key: str) -> Any:
    number = stage.context.shared["core.organisations"].get(key)
    async with transaction(OFFICE):
        return await organisation(number) if number else None


def _plan(stage: Stage, it: Plan) -> None:
    context = stage.context
    day = context.workday(context.today - timedelta(days=it.ago))
    # What is to come has been announced already.
    told = context.workday_before(min(day, context.today), 4)

    async def announce() -> None:
        host = await _unit(stage, it.host)
        if host is None:
            return
        stage.made[it.title] = await organising.announce(
            stage.bureau,
            ActivityForm(
                title=it.title,
                kind=it.kind,
                starts_at=_at(day, 9),
                ends_at=_at(day, 11, 30),
                place=it.place,
                unit=host.name,
                organisation=host.id,
                seats=6,
                about=it.about,
            ),
        )

    async def invite() -> None:
        host, persons = await _unit(stage, it.host), list((await stage.serving()).values())
        async with transaction(OFFICE):
            stopped = await objections(persons, host.lo, stage.bureau.region_lo)
        # Who must withdraw from the body cannot be invited.
        wanted = [each for each in persons if each not in stopped][:6]
        await organising.invite(stage.bureau, stage.made[it.title], wanted)

    _do(stage, _at(told, 9, 20), announce)
    _do(stage, _at(told, 9, 40), invite)
    answered = context.workday(told + timedelta(days=1))
    for n, name in enumerate(it.comes):
        _do(stage, _at(answered, 10, n), _answers(stage, it.title, name, AnswerForm(COMING)))
    for n, (name, reason, decision) in enumerate(it.leaves):
        _do(
            stage,
            _at(answered, 11, n),
            _answers(stage, it.title, name, AnswerForm(LEAVE, reason)),
        )
        if decision:
            _do(stage, _at(answered, 15, n), _decides(stage, it.title, name, decision))
    for n, name in enumerate(it.comes):
        _do(stage, _at(day, 8, 50 + n), _checks_in(stage, it.title, name))
    for n, (name, reason) in enumerate(it.by_hand):
        _do(stage, _at(day, 11, 40 + n), _corrects(stage, it.title, name, reason))
    _do(stage, _at(day, 15), _closes(stage, it.title))


def _answers(
    stage: Stage, title: str, name: str, form: AnswerForm
) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        who = await stage.own(name)
        _, invitation = await stage.invitation(title, name)
        if who is not None and invitation:
            await attending.answer(who, invitation, form)

    return act


def _decides(stage: Stage, title: str, name: str, decision: str) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        activity, invitation = await stage.invitation(title, name)
        if invitation and decision == GRANTED:
            await attending.decide_leave(stage.bureau, activity, invitation, LeaveForm(GRANTED))

    return act


def _checks_in(stage: Stage, title: str, name: str) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        who = await stage.own(name)
        if who is not None and title in stage.made:
            code, _ = attending.code_for(stage.made[title])
            await attending.check_in(who, stage.made[title], code=code)

    return act


def _corrects(stage: Stage, title: str, name: str, reason: str) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        activity, invitation = await stage.invitation(title, name)
        if invitation:
            form = CorrectForm(PRESENT, reason)
            await attending.correct(stage.bureau, activity, invitation, form)

    return act


def _closes(stage: Stage, title: str) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        if title in stage.made:
            await attending.close(stage.bureau, stage.made[title], confirmed=True)

    return act


def _say(stage: Stage, said: Said) -> None:
    context = stage.context
    day = context.today - timedelta(days=said.ago)
    made: list[int] = []

    async def submit() -> None:
        who, unit = await stage.own(said.who), await _unit(stage, said.unit)
        if who is None or unit is None:
            return
        _, invitation = await stage.invitation(said.activity, said.who)
        async with transaction(OFFICE):
            area = await row(
                "select id from core_region where lo = $1 and valid_to is null order by hi limit 1",
                who.region_lo,
            )
        assert area is not None
        made.append(
            await records.submit(
                who,
                RecordForm(
                    type=INVITED if said.activity else SELF,
                    unit=unit.name,
                    organisation=unit.id,
                    unit_phone="0478-4210000",
                    registered_on=day,
                    region=area["id"],
                    street="巴彦高勒镇",
                    address="团结路",
                    matter=said.matter,
                    party=said.party,
                    party_phone="13947800000",
                    outcome=said.outcome,
                    advice=said.advice,
                    invitation=invitation or None,
                ),
            )
        )

    _do(stage, _at(day, 17, said.ago % 50), submit)
    after = context.workday(day + timedelta(days=2))
    if said.reply:
        _do(
            stage,
            _at(after, 9, 50),
            _all(made, lambda n: records.note(stage.bureau, n, said.reply)),
        )
    if said.returned:
        _do(
            stage,
            _at(after, 9, 50),
            _all(made, lambda n: records.return_(stage.bureau, n, said.returned)),
        )


def _all(
    made: Sequence[int], act: Callable[[int], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    async def go() -> None:
        for each in made:
            await act(each)

    return go
