# SPDX-License-Identifier: Apache-2.0
"""① 发起督办: what the chosen alarms become, and the order (1) itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.api import clock
from core.api.access import places_holding
from core.api.db import Place, execute, lock_subjects, retried, transaction
from core.api.errors import NotFound, Refused
from core.api.facts import record
from core.api.gates import UnknownGate, decide
from core.api.people import OrganisationRow, competent_organ, organisation, organisation_path
from core.api.settings import settings_of
from plugins.orders import facts, rules
from plugins.orders.queries import alarms_by_id, lock_order, open_order_of
from plugins.orders.rules import ISSUE, RELAY
from plugins.orders.services.matters import Actor, OrderSettings, alarm_refs, ref
from plugins.orders.services.papers import draw_number, start_reply_clock, write_order
from plugins.orders.services.turns import give_department, tell_department

GATE = "inspection.alarm_may_be_ordered"


@dataclass(frozen=True)
class Proposal:
    """What ① is about to do: shown on its form and checked again when it is done."""

    alarms: list[dict[str, Any]]
    department: OrganisationRow
    organ: OrganisationRow

    @property
    def title(self) -> str:
        return rules.order_title(self.alarms)

    @property
    def instruction(self) -> str:
        return rules.default_instruction(self.alarms)


async def supervising_department(body: int) -> OrganisationRow | None:
    """The department whose 监察室 answers for a body: itself, else the nearest one above it.

    A brigade seldom has a supervision office of its own; its bureau has. Where nobody holds the
    role yet, the body itself is addressed, and whoever gets the role later finds the order.
    """
    own = await organisation(body)
    if own is None:
        return None
    path = await organisation_path(own.lo)
    staffed = await places_holding(RELAY, [each.lo for each in path])
    return next((each for each in reversed(path) if each.lo in staffed), own)


async def propose_order(who: Actor, alarms: Sequence[int]) -> Proposal:
    """Whether these alarms may go on one order, to whom, and from which organ."""
    wanted = list(dict.fromkeys(alarms))
    if not wanted:
        raise Refused("请先在报警列表里选择要督办的报警。")
    found = await alarms_by_id(wanted)
    if len(found) != len(wanted):
        raise NotFound("没有找到所选的报警，或者不在你的管理范围内。")
    bodies = {each["department"] or each["organisation"] for each in found}
    known = {body: await supervising_department(body) for body in bodies}
    departments = {each.id: each for each in known.values() if each is not None}
    if None in known.values():
        raise Refused("这个报警的承办部门没有登记，请先登记机构。")
    if len(departments) > 1:
        raise Refused(f"所选报警分属 {len(departments)} 个部门，请按部门分别发起督办。")
    finished = [each for each in found if each["state"] in (rules.REVOKED, rules.UPHELD)]
    if finished:
        raise Refused("所选报警里有已经撤销或维持的，不能再督办。")
    standing = await open_order_of(wanted)
    if standing:
        numbers = "、".join(dict.fromkeys(standing.values()))
        raise Refused(f"所选报警已经在{numbers}里督办，不能重复发起。")
    [department] = departments.values()
    organ = await competent_organ(who.region_lo, "supervision")
    if organ is None:
        raise Refused("本地区没有登记监察机关，请系统管理员在机构里指定。")
    return Proposal(found, department, organ)


@retried
async def issue_order(who: Actor, alarms: Sequence[int], instruction: str) -> int:
    """① 发起督办: number (1), the department's clock and turn; the order's id."""
    if ISSUE not in who.permissions:
        raise Refused("发起督办由监察机关人员办理。")
    async with transaction(who.scope):
        wanted = sorted(set(alarms))
        await lock_subjects(*alarm_refs(wanted))
        proposal = await propose_order(who, wanted)
        try:
            verdict = await decide(GATE, alarm_refs(wanted), clock.today())
        except UnknownGate:
            verdict = None  # the alarms' owner is not installed; the index still keeps them unique
        if verdict is not None and not verdict.all_passed:
            raise Refused(*(b for each in verdict.blockers.values() for b in each))
        department, organ, now = proposal.department, proposal.organ, clock.now()
        place = Place(department.region_lo, department.lo)
        red = any(each["colour"] == "red" for each in proposal.alarms)
        number, serial, year = await draw_number(organ)
        order = await write_order(
            tier=1,
            parent=None,
            organ=organ,
            number=(number, serial, year),
            title=proposal.title,
            instruction=instruction,
            colour="red" if red else "yellow",
            to=department,
            person=None,
            round_=1,
            who=who,
            place=place,
            alarms=wanted,
        )
        await execute(
            "update orders_alarm set state = 'ordered' where alarm = any($1::int8[])", wanted
        )
        days = (await settings_of(OrderSettings, place.region_lo)).order1_reply_workdays
        mine = await start_reply_clock(order, 1, days, place, f"{number}发出")
        await record(
            "orders.issued",
            ref(order),
            facts.Issued(order, number, wanted, 1, 0, organ.id, department.label, 1),
            place,
            at=now,
        )
        found = await lock_order(order)
        assert found is not None
        await give_department(found, "② 转督办件人员", mine)
        await tell_department("orders.issued", found, who)
    return order
