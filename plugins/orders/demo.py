# SPDX-License-Identifier: Apache-2.0
"""A year of orders: every working morning each side does what lies on its desk, or puts it off."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zlib import crc32

from core.api import clock
from core.api.db import EVERYTHING, Scope, rows, transaction, value
from core.api.demo import DemoContext
from core.api.errors import Conflict, Invalid, Refused
from core.api.people import organisation
from core.api.regions import region
from plugins.orders import rules, services
from plugins.orders.queries import items_of
from plugins.orders.rules import ISSUE, READ, RELAY, REPLY, WITHDRAW
from plugins.orders.services import Actor

OFFICE = Scope.platform("demo data: who has what on the desk")
MORNING = time(9, 40)
RIGHTS = {
    "supervision_bureau": frozenset({READ, ISSUE, WITHDRAW}),
    "dept_supervisor": frozenset({READ, RELAY}),
    "handler": frozenset({READ, REPLY}),
}
# Chance that something lying there is taken up on a given morning; slow enough that a few
# officers miss their five days, and that something is always under way.
TAKES_UP = {"issue": 0.5, "relay": 0.7, "reply": 0.45, "answer": 0.6, "decide": 0.5}
UPHOLDS, RETURNS = 0.12, 0.1
FRESH = timedelta(days=9)
"""Of what was raised so lately only a third is on an order today; the rest still waits."""
SLACK = timedelta(days=26)
"""Towards the end everybody is slower, so that today something lies at every stage."""
SLOWER = 0.22
SHOWN = "zhanghailong"
"""The account everybody tries first; he owes an answer today."""

OPEN_ALARMS = """
select a.* from orders_alarm a
where a.state = 'open' and a.region_lo between $1 and $2
order by a.raised_at, a.case_number, a.point
"""
ORDERS = "select * from orders_order where state in ('issued', 'relayed', 'replied') order by id"


@dataclass
class Cast:
    """The demo's people by what they do in orders."""

    chance: Random
    bureaus: dict[int, Actor] = field(default_factory=dict)
    """By the organ's organisation id."""
    reach: dict[int, tuple[int, int]] = field(default_factory=dict)
    departments: dict[int, Actor] = field(default_factory=dict)
    officers: dict[int, Actor] = field(default_factory=dict)
    fresh_from: datetime = field(default_factory=clock.now)
    slow_from: datetime = field(default_factory=clock.now)

    def takes_up(self, act: str) -> bool:
        slow = clock.now() > self.slow_from and act != "issue"
        return self.chance.random() < TAKES_UP[act] * (SLOWER if slow else 1)


async def _cast(context: DemoContext) -> Cast:
    cast = Cast(
        context.random("orders"),
        fresh_from=context.now - FRESH,
        slow_from=context.now - SLACK,
    )
    for person in context.shared["core.persons"].values():
        office = await organisation(person.organisation)
        home = await region(office.region) if office else None
        if office is None or home is None:
            continue
        role = person.role if person.role in RIGHTS else "handler"
        wide = role == "supervision_bureau"
        scope = Scope(
            home.interval,
            EVERYTHING if wide else office.interval,
            person=person.id,
            actor=person.user,
        )
        actor = Actor(scope, person.id, person.name, RIGHTS[role], home.lo)
        if wide and home.level >= 3:
            cast.bureaus.setdefault(office.id, actor)
            cast.reach[office.id] = (home.lo, home.hi)
        elif role == "dept_supervisor":
            cast.departments.setdefault(office.id, actor)
        else:
            cast.officers[person.id] = actor
    return cast


async def plan_orders(context: DemoContext) -> None:
    """Have the year's alarms ordered about as they come; with orders already there, nothing."""
    async with transaction(OFFICE):
        if await value("select exists (select 1 from orders_order)"):
            return
        cast = await _cast(context)

    async def morning(_day: date) -> None:
        async with transaction(OFFICE):
            waiting = await rows(ORDERS)
        # What two sides want on one morning may exclude each other; the second then lets it be.
        for order in waiting:
            with suppress(Refused, Conflict, Invalid):
                await _carry_on(cast, order)
        for organ in cast.bureaus:
            with suppress(Refused, Conflict, Invalid):
                await _issue(cast, organ)

    context.daily(MORNING, morning)
    if shown := context.shared["core.persons"].get(SHOWN):
        last = context.workday_before(context.today, 1)
        moment = datetime.combine(last, time(16, 20), clock.SHANGHAI)

        async def ask() -> None:
            await _ask(cast, shown.id)

        context.plan(moment, ask)


def _lot(alarm: Mapping[str, Any]) -> int:
    return crc32(f"{alarm['case_number']} {alarm['point']}".encode()) % 3


OWED = """
select 1 from orders_order where to_person = $1 and tier = 2 and state = 'issued' limit 1
"""


async def _ask(cast: Cast, person: int) -> None:
    """Yesterday afternoon his department asked him about an alarm, unless it had already."""
    async with transaction(OFFICE):
        if await value(OWED, person):
            return
        for organ, reach in cast.reach.items():
            found = await rows(OPEN_ALARMS, *reach)
            mine = [a for a in found if (a["handlers"] or [0])[0] == person]
            if not mine:
                continue
            department = await services.supervising_department(mine[0]["department"])
            if department is not None and department.id in cast.departments:
                bureau, superior = cast.bureaus[organ], cast.departments[department.id]
                break
        else:
            return
    alarm = mine[0]["alarm"]
    order = await services.issue_order(bureau, [alarm], rules.default_instruction(mine[:1]))
    await services.relay_order(superior, order, "请说明报警的原因和改正情况。", {alarm: person})


async def _issue(cast: Cast, organ: int) -> None:
    """One order per department for what has come in, up to three alarms."""
    async with transaction(OFFICE):
        found = [
            alarm
            for alarm in await rows(OPEN_ALARMS, *cast.reach[organ])
            if alarm["raised_at"] < cast.fresh_from or _lot(alarm) == 0
        ]
        by_department: dict[int, list[Mapping[str, Any]]] = {}
        for alarm in found:
            department = await services.supervising_department(alarm["department"])
            if department is not None and department.id in cast.departments:
                by_department.setdefault(department.id, []).append(alarm)
    for alarms in by_department.values():
        if cast.takes_up("issue"):
            chosen = alarms[:3]
            await services.issue_order(
                cast.bureaus[organ],
                [a["alarm"] for a in chosen],
                rules.default_instruction(chosen),
            )


async def _carry_on(cast: Cast, order: Mapping[str, Any]) -> None:
    if order["tier"] == 2:
        if order["state"] == rules.ISSUED and cast.takes_up("reply"):
            await _reply(cast, order)
        return
    department = cast.departments.get(order["to_org"])
    if department is None:
        return
    async with transaction(OFFICE):
        matter = await services.load_matter(order)
    if order["state"] == rules.ISSUED and cast.takes_up("relay"):
        await _relay(cast, department, matter)
    elif order["state"] == rules.RELAYED and cast.takes_up("answer"):
        if rules.all_answered(order["round"], matter.lowers):
            titles = {i["alarm"]: rules.alarm_words(i) for i in matter.items}
            draft = rules.draft_reply(matter.this_round, titles)
            await services.answer_order(department, order["id"], draft, confirmed=True)
    elif order["state"] == rules.REPLIED and cast.takes_up("decide"):
        await _decide(cast, matter)


async def _relay(cast: Cast, department: Actor, matter: services.Matter) -> None:
    asked = {}
    for item in matter.items_of(matter.order["id"]):
        officer = next((h for h in item["handlers"] or () if h in cast.officers), None)
        if officer is not None and item["state"] in ("open", "explained"):
            asked[item["alarm"]] = officer
    if asked:
        await services.relay_order(
            department, matter.order["id"], "请说明报警的原因和改正情况。", asked
        )


async def _reply(cast: Cast, order: Mapping[str, Any]) -> None:
    officer = cast.officers.get(order["to_person"])
    if officer is None:
        return
    async with transaction(OFFICE):
        kinds = {item["kind"] for item in await items_of([order["id"]])}
    cause = cast.chance.choice(rules.causes_for(kinds)[:-1] or rules.causes_for(kinds))
    done = "已经改正" if cause.nature != "属于正常" else "办理符合规定"
    await services.reply_order(
        officer, order["id"], cause.key, f"经核对，{cause.title}。{cause.remedy}，{done}。"
    )


async def _decide(cast: Cast, matter: services.Matter) -> None:
    order = matter.order
    bureau = cast.bureaus.get(order["organ"])
    alarms = matter.open_alarms
    if bureau is None or not alarms:
        return
    luck = cast.chance.random()
    if luck < RETURNS and order["round"] == 1:
        await services.return_order(bureau, order["id"], "没有说明怎样防止再次发生，请补充。")
    elif luck < RETURNS + UPHOLDS:
        await services.uphold_alarms(bureau, order["id"], alarms[:1], "情况属实，办理不符合规定。")
    else:
        reason = f"{clock.today().month}月核查，原因属实，已经改正。"
        await services.revoke_alarms(bureau, order["id"], alarms, reason)
