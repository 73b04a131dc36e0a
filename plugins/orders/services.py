# SPDX-License-Identifier: Apache-2.0
"""The acts on orders: issue, relay, reply, answer, return, revoke, uphold, escalate.

Each does its steps in one order: lock, check the rule, change, move clocks and turn, record.
The clock always belongs to the side that must act: issuing starts the department's, relaying
starts the officers', each answer stops the answerer's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    current_scope,
    execute,
    json,
    lock_subjects,
    retried,
    row,
    transaction,
)
from core.api.deadlines import (
    Clock,
    Limit,
    clock_by_id,
    extend_clock,
    load_calendar,
    start_clock,
    stop_clock,
)
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.gates import UnknownGate, decide
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.numbers import next_number
from core.api.people import (
    OrganisationRow,
    competent_organ,
    organisation,
    organisation_at,
    organisation_path,
)
from core.api.turns import close_turn, hand_turn
from plugins.orders import facts, rules
from plugins.orders.queries import (
    ISSUE,
    RELAY,
    REPLY,
    WITHDRAW,
    alarms_by_id,
    children_of,
    find_order,
    items_of,
    lock_order,
    lower_of,
    officers_of,
    open_order_of,
    persons_holding,
    places_holding,
)
from plugins.orders.rules import ISSUED, RELAYED

SERIES = "orders.order"
GATE = "inspection.alarm_may_be_ordered"
MATTER = "both tiers of an order are one matter, wherever its officers sit"


class OrderSettings(msgspec.Struct, frozen=True):
    """Deadlines of the two tiers. The law sets none; the numbers are the platform's defaults.

    《行政执法监督条例》 leaves the time for an answer to the supervising organ.
    """

    order1_reply_workdays: int = 10
    """部门回复监察机关的期限（工作日）"""
    order2_reply_workdays: int = 5
    """办件人员回复部门监察室的期限（工作日）"""
    order2_reserve_workdays: int = 2
    """下级期限至少早于上级期限的工作日"""


SETTINGS = OrderSettings()


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope and with which rights."""

    scope: Scope
    person_id: int
    name: str
    permissions: frozenset[str]
    region_lo: int


def ref(order: int) -> SubjectRef:
    """The subject of everything about an order."""
    return SubjectRef("orders.order", order)


def alarm_refs(alarms: Sequence[int]) -> list[SubjectRef]:
    return [SubjectRef("inspection.alarm", each) for each in alarms]


def place_of(order: Mapping[str, Any]) -> Place:
    return Place(order["region_lo"], order["org_lo"])


def path_of(order: int) -> str:
    return f"/orders/{order}"


def _matter(order: Mapping[str, Any]) -> Scope:
    """The scope in which an officer's answer reaches his department's order."""
    return Scope.of_place(Place(order["region_lo"]), reason=MATTER, actor=current_scope().actor)


@dataclass
class Matter:
    """An order of the first tier with everything below it."""

    order: dict[str, Any]
    children: list[dict[str, Any]]
    items: list[dict[str, Any]] = field(default_factory=list)

    @property
    def lowers(self) -> list[rules.Lower]:
        return [lower_of(child, self.items) for child in self.children]

    @property
    def this_round(self) -> list[rules.Lower]:
        return [lower for lower in self.lowers if lower.round == self.order["round"]]

    def items_of(self, order: int) -> list[dict[str, Any]]:
        return [item for item in self.items if item["order"] == order]

    @property
    def alarms(self) -> list[int]:
        return [item["alarm"] for item in self.items_of(self.order["id"])]

    @property
    def open_alarms(self) -> list[int]:
        return [
            item["alarm"]
            for item in self.items_of(self.order["id"])
            if item["state"] in ("open", "explained")
        ]


async def load_matter(order: Mapping[str, Any]) -> Matter:
    """The whole matter ``order`` belongs to, as far as the open scope sees it."""
    root = dict(order)
    if order["parent"] is not None:
        found = await row("select * from orders_order where id = $1", order["parent"])
        if found is None:
            return Matter(dict(order), [], await items_of([order["id"]]))
        root = found
    children = await children_of(root["id"])
    items = await items_of([root["id"], *(child["id"] for child in children)])
    return Matter(root, children, items)


async def load_own_branch(order: Mapping[str, Any], person: int) -> Matter | None:
    """What an officer may see of a matter: its head, and the orders addressed to him.

    The department's order often stands outside his organisation, so it is read past his scope;
    its reply and the other officers' branches stay out.
    """
    if not person:
        return None
    async with transaction(_matter(order).read_only()):
        whole = await load_matter(order)
    kept = [child for child in whole.children if child["to_person"] == person]
    if not kept or (order["tier"] == 2 and order["to_person"] != person):
        return None
    mine = {child["id"] for child in kept}
    about = {item["alarm"] for item in whole.items if item["order"] in mine}
    head = {**whole.order, "reply_text": "", "returned_reason": ""}
    return Matter(head, kept, [item for item in whole.items if item["alarm"] in about])


async def _held(who: Actor, order: int) -> dict[str, Any]:
    """The order, locked together with its whole matter, if the visitor's scope holds it."""
    seen = await find_order(order, who.scope)
    if seen is None:
        raise NotFound("没有找到这份督办，或者不在你的管理范围内。")
    root = seen["parent"] or seen["id"]
    items = await items_of([seen["id"]])
    await lock_subjects(ref(root), *alarm_refs([item["alarm"] for item in items]))
    found = await lock_order(order)
    if found is None:
        raise NotFound("没有找到这份督办，或者不在你的管理范围内。")
    return found


def _refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise Refused(*reasons)


def _subline(order: Mapping[str, Any]) -> str:
    return f"{order['number']} · {order['organ_name']} → {order['to_name'] or order['to_org_name']}"


# --- ① issue ---------------------------------------------------------------------------------


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
        number, serial, year = await _number(organ)
        order = await _insert(
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
        mine = await _start(order, 1, SETTINGS.order1_reply_workdays, place, f"{number}发出")
        await record(
            "orders.issued",
            ref(order),
            facts.Issued(order, number, wanted, 1, 0, organ.id, department.label, 1),
            place,
            at=now,
        )
        found = await lock_order(order)
        assert found is not None
        await _give_department(found, "② 转督办件人员", mine)
        await _tell_department("orders.issued", found, who)
    return order


async def _number(organ: OrganisationRow) -> tuple[str, int, int]:
    year = clock.today().year
    serial = await next_number(SERIES, organ.id, year)
    return rules.number_text(year, serial), serial, year


async def _insert(
    *,
    tier: int,
    parent: int | None,
    organ: OrganisationRow,
    number: tuple[str, int, int],
    title: str,
    instruction: str,
    colour: str,
    to: OrganisationRow,
    person: Mapping[str, Any] | None,
    round_: int,
    who: Actor,
    place: Place,
    alarms: Sequence[int],
) -> int:
    made = await row(
        "insert into orders_order (tier, parent, organ, organ_lo, organ_name, year, serial,"
        " number, title, instruction, state, round, colour, to_org, to_org_name, to_person,"
        " to_name, issued_at, issued_by, issued_by_name, reply_cause, reply_text, reply_files,"
        " replied_by_name, returned_reason, decided_by_name, late, region_lo, org_lo)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'issued', $11, $12, $13, $14, $15,"
        " $16, $17, $18, $19, '', '', '[]', '', '', '', false, $20, $21) returning id",
        tier,
        parent,
        organ.id,
        organ.lo,
        organ.label,
        number[2],
        number[1],
        number[0],
        title,
        instruction.strip(),
        round_,
        colour,
        to.id,
        to.label,
        person["id"] if person else None,
        person["name"] if person else "",
        clock.now(),
        who.person_id,
        who.name,
        place.region_lo,
        place.org_lo,
    )
    assert made is not None
    await execute(
        'insert into orders_item ("order", alarm, tier, state, reason, region_lo, org_lo)'
        " select $1, a, $2, 'open', '', $3, $4 from unnest($5::int8[]) a",
        made["id"],
        tier,
        place.region_lo,
        place.org_lo,
        list(alarms),
    )
    return int(made["id"])


async def _start(order: int, round_: int, days: int, place: Place, title: str) -> Clock:
    mine = await start_clock(
        ref(order), f"reply-{round_}", title, Limit(days, "working"), place, started_at=clock.now()
    )
    await execute("update orders_order set clock = $2, late = false where id = $1", order, mine.id)
    return mine


async def _stop(order: Mapping[str, Any]) -> None:
    if order["clock"]:
        stopped = await stop_clock(order["clock"])
        await execute(
            "update orders_order set late = $2 where id = $1",
            order["id"],
            stopped.lapsed_at is not None or clock.now() > stopped.due_at,
        )


# --- turns and messages ----------------------------------------------------------------------


async def _give_department(
    order: Mapping[str, Any], step: str, mine: Clock | int | None, note: str = ""
) -> None:
    await close_turn(ref(order["id"]))
    await hand_turn(
        ref(order["id"]),
        title=order["title"],
        subline=_subline(order),
        step_title=step,
        step_note=note or (f"第 {order['round']} 轮" if order["round"] > 1 else ""),
        path=path_of(order["id"]),
        holder_org=await _lo_of(order["to_org"]),
        permission=RELAY,
        clock=mine,
        place=place_of(order),
        lamp=order["colour"],
    )


async def _give_bureau(order: Mapping[str, Any]) -> None:
    await close_turn(ref(order["id"]))
    await hand_turn(
        ref(order["id"]),
        title=order["title"],
        subline=_subline(order),
        step_title="⑤ 撤销或维持",
        path=path_of(order["id"]),
        holder_org=order["organ_lo"],
        permission=WITHDRAW,
        place=place_of(order),
        lamp=order["colour"],
    )


async def _lo_of(organisation_id: int) -> int:
    found = await organisation(organisation_id)
    if found is None:
        raise NotFound
    return found.lo


def _params(order: Mapping[str, Any], who: str, text: str = "") -> dict[str, str]:
    return {"number": order["number"], "title": order["title"], "who": who, "text": text}


async def _tell_department(
    kind: str, order: Mapping[str, Any], who: Actor | None, text: str = ""
) -> None:
    found = await organisation(order["to_org"])
    if found is not None:
        await notify(
            kind,
            await persons_holding(RELAY, found.lo, found.lo),
            ref(order["id"]),
            _params(order, who.name if who else "", text),
            place_of(order),
        )


async def _tell_bureau(kind: str, order: Mapping[str, Any], who: str, text: str = "") -> None:
    organ = await organisation(order["organ"])
    if organ is not None:
        persons = await persons_holding(WITHDRAW, organ.lo, organ.hi)
        if order["issued_by"]:
            persons.append(order["issued_by"])
        await notify(kind, persons, ref(order["id"]), _params(order, who, text), place_of(order))


# --- receipt ---------------------------------------------------------------------------------


async def _received(order: Mapping[str, Any]) -> None:
    """Note the first sight of an order by the one it is addressed to; acting implies it."""
    if order["received_at"] is None:
        await execute(
            "update orders_order set received_at = $2 where id = $1", order["id"], clock.now()
        )
        await record(
            "orders.received",
            ref(order["id"]),
            facts.Received(order["id"], order["number"]),
            place_of(order),
        )


def _addressed(who: Actor, order: Mapping[str, Any]) -> bool:
    if order["tier"] == 2:
        return bool(who.person_id) and order["to_person"] == who.person_id
    return RELAY in who.permissions


@retried
async def receive_order(who: Actor, order: int) -> None:
    """签收: the one an order is addressed to has seen it."""
    async with transaction(who.scope):
        found = await _held(who, order)
        if not _addressed(who, found):
            raise Refused("签收由收到督办的一方办理。")
        await _received(found)


# --- ② relay ---------------------------------------------------------------------------------


@retried
async def relay_order(
    who: Actor, order: int, instruction: str, handlers: Mapping[int, int]
) -> list[int]:
    """② 再次发起督办给办件人员: one order (2) per officer, with its own number and deadline.

    ``handlers`` says which person explains which alarm. The ids of the new orders.
    """
    if RELAY not in who.permissions:
        raise Refused("转办由部门监察室人员办理。")
    async with transaction(who.scope):
        upper = await _held(who, order)
        if upper["tier"] != 1:
            raise Refused("只有监察机关发来的督办才能转办。")
        _refuse(rules.why_not_relay(upper["state"]))
        matter = await load_matter(upper)
        department = await organisation(upper["to_org"])
        if department is None:
            raise NotFound
        _refuse(rules.why_not_these(list(handlers), matter.open_alarms))
        people = {p["id"]: p for p in await officers_of(department.lo, department.hi)}
        missing = [person for person in handlers.values() if person not in people]
        if missing:
            raise Invalid({"handler": "请选择本部门的办件人员。"})
        by_person: dict[int, list[int]] = {}
        for alarm, person in handlers.items():
            by_person.setdefault(person, []).append(alarm)
        for child in matter.children:
            again = set(by_person.get(child["to_person"], ())) & {
                i["alarm"] for i in matter.items_of(child["id"])
            }
            if again and child["state"] == ISSUED:
                raise Refused(f"{child['to_name']}已经收到{child['number']}，正在等他回复。")
        days = await _lower_days(upper)
        made = []
        for person, alarms in sorted(by_person.items()):
            made.append(
                await _relay_one(
                    who, upper, department, people[person], sorted(alarms), instruction, days
                )
            )
        await _received(upper)
        await execute("update orders_order set state = 'relayed' where id = $1", order)
        await close_turn(ref(order))
    return made


async def _lower_days(upper: Mapping[str, Any]) -> int:
    """Working days for the officers, so that the department keeps time for its own answer."""
    mine = await clock_by_id(upper["clock"]) if upper["clock"] else None
    if mine is None:
        return SETTINGS.order2_reply_workdays
    calendar = await load_calendar(upper["region_lo"])
    left = calendar.workdays_between(clock.today(), mine.due_day)
    return rules.lower_days(SETTINGS.order2_reply_workdays, left, SETTINGS.order2_reserve_workdays)


async def _relay_one(
    who: Actor,
    upper: Mapping[str, Any],
    department: OrganisationRow,
    person: Mapping[str, Any],
    alarms: Sequence[int],
    instruction: str,
    days: int,
) -> int:
    known = await alarms_by_id(alarms)
    own = await organisation_at(person["org_lo"])
    place = Place(own.region_lo if own else department.region_lo, person["org_lo"])
    number, serial, year = await _number(department)
    order = await _insert(
        tier=2,
        parent=upper["id"],
        organ=department,
        number=(number, serial, year),
        title=rules.order_title(known),
        instruction=instruction,
        colour="red" if any(a["colour"] == "red" for a in known) else "yellow",
        to=own or department,
        person=person,
        round_=upper["round"],
        who=who,
        place=place,
        alarms=alarms,
    )
    mine = await _start(order, upper["round"], days, place, f"{number}发出")
    await record(
        "orders.relayed",
        ref(order),
        facts.Relayed(
            order,
            number,
            list(alarms),
            upper["id"],
            person["name"],
            person["id"],
            2,
            upper["round"],
        ),
        place,
    )
    found = await lock_order(order)
    assert found is not None
    await hand_turn(
        ref(order),
        title=found["title"],
        subline=_subline(found),
        step_title="③ 回复报警原因",
        path=path_of(order),
        holder_person=person["id"],
        permission=REPLY,
        clock=mine,
        place=place,
        lamp=found["colour"],
    )
    await notify(
        "orders.relayed", [person["id"]], ref(order), _params(found, who.name, instruction), place
    )
    return order


# --- ③ the officer's reply -------------------------------------------------------------------


@retried
async def reply_order(
    who: Actor,
    order: int,
    cause: str,
    text: str,
    attachments: Sequence[Received] = (),
) -> None:
    """③ 回复报警的原因: stops the officer's clock; the last answer gives the ball back."""
    if REPLY not in who.permissions:
        raise Refused("回复由办件人员本人办理。")
    async with transaction(who.scope):
        found = await _held(who, order)
        if found["tier"] != 2 or found["to_person"] != who.person_id or not who.person_id:
            raise Refused("这份督办不是发给你的。")
        _refuse(rules.why_not_reply_lower(found["state"]))
        if cause not in rules.CAUSE_BY_KEY:
            raise Invalid({"cause": "请从列表里选择报警原因。"})
        if not text.strip():
            raise Invalid({"text": "写明情况。"})
        await _received(found)
        files = [
            await keep(each, place=place_of(found), purpose="orders.reply") for each in attachments
        ]
        await execute(
            "update orders_order set state = 'replied', reply_cause = $2, reply_text = $3,"
            " reply_files = $4::jsonb, replied_at = $5, replied_by_name = $6 where id = $1",
            order,
            cause,
            text.strip(),
            json([{"id": f.id, "name": f.name, "size": f.size, "sha256": f.sha256} for f in files]),
            clock.now(),
            who.name,
        )
        await execute(
            "update orders_item set state = 'explained' where \"order\" = $1 and state = 'open'",
            order,
        )
        await _stop(found)
        await close_turn(ref(order))
        alarms = [item["alarm"] for item in await items_of([order])]
        await record(
            "orders.replied",
            ref(order),
            facts.Replied(
                order, found["number"], alarms, 2, cause, text.strip(), who.name, found["round"]
            ),
            place_of(found),
        )
        async with transaction(_matter(found)):
            await _answered_below(found, who)


async def _answered_below(found: Mapping[str, Any], who: Actor) -> None:
    """Roll an answer up: mark its alarms, and hand the department its turn when all are in."""
    matter = await load_matter(found)
    upper = matter.order
    if upper["id"] == found["id"]:
        return
    await execute(
        "update orders_item set state = 'explained' where \"order\" = $1 and state = 'open'"
        " and alarm = any($2::int8[])",
        upper["id"],
        [item["alarm"] for item in matter.items_of(found["id"])],
    )
    if upper["state"] != RELAYED:
        return
    if rules.all_answered(upper["round"], matter.lowers):
        await _give_department(upper, "④ 回复监察机关", upper["clock"])
    await _tell_department("orders.replied", {**upper, "number": found["number"]}, who)


# --- ④ the department's reply ----------------------------------------------------------------


@retried
async def answer_order(who: Actor, order: int, text: str, *, confirmed: bool) -> None:
    """④ 回复监察机关: refused before ③; the draft must have been read."""
    if RELAY not in who.permissions:
        raise Refused("回复监察机关由部门监察室人员办理。")
    async with transaction(who.scope):
        upper = await _held(who, order)
        if upper["tier"] != 1:
            raise Refused("这份督办由办件人员回复。")
        matter = await load_matter(upper)
        _refuse(rules.why_not_reply_upper(upper["state"], upper["round"], matter.lowers))
        if not confirmed:
            raise Invalid({"confirmed": "草稿由下级回复汇总而来，核对后再勾选。"})
        if not text.strip():
            raise Invalid({"text": "写明回复内容。"})
        await execute(
            "update orders_order set state = 'replied', reply_text = $2, replied_at = $3,"
            " replied_by_name = $4, returned_reason = '' where id = $1",
            order,
            text.strip(),
            clock.now(),
            who.name,
        )
        await _stop(upper)
        await record(
            "orders.replied",
            ref(order),
            facts.Replied(
                order,
                upper["number"],
                matter.open_alarms,
                1,
                "",
                text.strip(),
                who.name,
                upper["round"],
            ),
            place_of(upper),
        )
        await _give_bureau(upper)
        await _tell_bureau("orders.replied", upper, who.name, text.strip()[:200])


# --- ⑤ return, revoke, uphold ----------------------------------------------------------------


@retried
async def return_order(who: Actor, order: int, reason: str) -> None:
    """退回再办: another round with a new deadline; officers who still owe an answer stay asked."""
    async with transaction(who.scope):
        upper, matter = await _for_decision(who, order, reason)
        now_round = upper["round"] + 1
        await execute(
            "update orders_order set round = $2 where parent = $1 and state = 'issued'",
            order,
            now_round,
        )
        await execute(
            "update orders_order set state = $2, round = $3, returned_reason = $4 where id = $1",
            order,
            RELAYED if any(c["state"] == ISSUED for c in matter.children) else ISSUED,
            now_round,
            reason.strip(),
        )
        await execute(
            "update orders_item set state = 'open' where \"order\" = $1 and state = 'explained'",
            order,
        )
        upper = {**upper, "round": now_round}
        mine = await _start(
            order,
            now_round,
            SETTINGS.order1_reply_workdays,
            place_of(upper),
            f"{upper['number']}退回再办",
        )
        await record(
            "orders.returned",
            ref(order),
            facts.Returned(order, upper["number"], matter.open_alarms, now_round, reason.strip()),
            place_of(upper),
        )
        await _give_department(upper, "② 再次转督办件人员", mine)
        await _tell_department("orders.returned", upper, who, reason.strip())


async def _only_the_issuer(who: Actor, upper: Mapping[str, Any]) -> None:
    """A bureau above sees the orders of those below, and leaves them to them."""
    issuer = await organisation(upper["organ"])
    if issuer is None or issuer.region_lo != who.region_lo:
        raise Refused(f"这份督办由{upper['organ_name']}发出，由它办理。")


async def _for_decision(who: Actor, order: int, reason: str) -> tuple[dict[str, Any], Matter]:
    if WITHDRAW not in who.permissions:
        raise Refused("撤销、维持和退回由监察机关人员办理。")
    if not reason.strip():
        raise Invalid({"reason": "写明理由。"})
    upper = await _held(who, order)
    if upper["tier"] != 1:
        raise Refused("监察机关只对自己发出的督办作决定。")
    await _only_the_issuer(who, upper)
    _refuse(rules.why_not_decide(upper["state"]))
    return upper, await load_matter(upper)


@retried
async def revoke_alarms(who: Actor, order: int, alarms: Sequence[int], reason: str) -> str:
    """撤销报警, some or all; the order's state afterwards."""
    return await _decide(who, order, alarms, reason, rules.REVOKED)


@retried
async def uphold_alarms(who: Actor, order: int, alarms: Sequence[int], reason: str) -> str:
    """维持: the alarm stays, confirmed; the order's state afterwards."""
    return await _decide(who, order, alarms, reason, rules.UPHELD)


async def _decide(who: Actor, order: int, alarms: Sequence[int], reason: str, outcome: str) -> str:
    async with transaction(who.scope):
        upper, matter = await _for_decision(who, order, reason)
        chosen = sorted(set(alarms))
        _refuse(rules.why_not_these(chosen, matter.open_alarms))
        now = clock.now()
        await execute(
            "update orders_item set state = $3, reason = $4, decided_at = $5"
            ' where "order" = $1 and alarm = any($2::int8[])',
            order,
            chosen,
            outcome,
            reason.strip(),
            now,
        )
        await execute(
            "update orders_alarm set state = $2 where alarm = any($1::int8[])", chosen, outcome
        )
        states = [
            outcome if item["alarm"] in chosen else item["state"] for item in matter.items_of(order)
        ]
        after = rules.state_after(states)
        left = len(matter.open_alarms) - len(chosen)
        await execute(
            "update orders_order set state = $2, decided_at = $3, decided_by_name = $4"
            " where id = $1",
            order,
            after,
            now,
            who.name,
        )
        await record(
            f"orders.{outcome}",
            ref(order),
            facts.Decided(order, upper["number"], chosen, reason.strip(), left),
            place_of(upper),
        )
        if after in rules.CLOSED:
            await _close_all(upper, matter, after)
        await _tell_department(f"orders.{outcome}", upper, who, reason.strip())
        officers = sorted(
            {c["to_person"] for c in matter.children if _touches(matter, c["id"], chosen)}
        )
        await notify(
            f"orders.{outcome}",
            officers,
            ref(order),
            _params(upper, who.name, reason.strip()),
            place_of(upper),
        )
    return after


def _touches(matter: Matter, order: int, alarms: Sequence[int]) -> bool:
    return any(item["alarm"] in alarms for item in matter.items_of(order))


async def _close_all(upper: Mapping[str, Any], matter: Matter, after: str) -> None:
    """One matter, however many numbers: all of them end together."""
    for child in matter.children:
        if child["state"] == ISSUED:
            await _stop(child)
        await close_turn(ref(child["id"]))
    await execute(
        "update orders_order set state = $2, decided_at = $3 where parent = $1",
        upper["id"],
        after,
        clock.now(),
    )
    await execute(
        "update orders_item i set state = u.state, reason = u.reason, decided_at = u.decided_at"
        ' from orders_item u, orders_order c where c.id = i."order" and c.parent = $1'
        ' and u."order" = $1 and u.alarm = i.alarm',
        upper["id"],
    )
    await close_turn(ref(upper["id"]))


# --- deadlines -------------------------------------------------------------------------------


@retried
async def extend_order(who: Actor, order: int, days: int, reason: str) -> None:
    """延长回复期限: by the side that set it, with a reason, before it has passed."""
    async with transaction(who.scope):
        found = await _held(who, order)
        needed = WITHDRAW if found["tier"] == 1 else RELAY
        if needed not in who.permissions:
            raise Refused("延长期限由发出督办的一方办理。")
        if found["tier"] == 1:
            await _only_the_issuer(who, found)
        if found["state"] not in (ISSUED, RELAYED) or not found["clock"]:
            raise Refused("这份督办没有正在计时的期限。")
        await extend_clock(found["clock"], Limit(days, "working"), reason, who.name)
        await record(
            "orders.extended",
            ref(order),
            facts.Extended(order, found["number"], days, reason.strip()),
            place_of(found),
        )


@retried
async def urge_order(who: Actor, order: int) -> None:
    """催办: reminds the one who must answer; changes nothing else."""
    async with transaction(who.scope):
        found = await _held(who, order)
        # Each tier is urged from above: nobody urges the order that he has to answer himself.
        if not ({WITHDRAW} if found["tier"] == 1 else {WITHDRAW, RELAY}) & who.permissions:
            raise Refused("催办由发出督办的一方办理。")
        if found["state"] not in (ISSUED, RELAYED):
            raise Refused("这份督办已经回复，不需要催办。")
        if found["tier"] == 1:
            await _tell_department("orders.urged", found, who)
        else:
            await notify(
                "orders.urged",
                [found["to_person"]],
                ref(order),
                _params(found, who.name),
                place_of(found),
            )
        await record(
            "orders.urged",
            ref(order),
            facts.Urged(order, found["number"], who.name, found["to_name"] or found["to_org_name"]),
            place_of(found),
        )


async def escalate_order(order: int, clock_id: int, due_at: str) -> None:
    """Nobody answered in time: the side above gets the turn and is told, once per deadline.

    An officer's silence goes to his department, the department's to the bureau. Messages wait
    for office hours; the turn stands at once.
    """
    found = await lock_order(order)
    if (
        found is None
        or found["clock"] != clock_id
        or found["state"] not in (ISSUED, RELAYED)
        or found["late"]
    ):
        return
    now = clock.now()
    await execute(
        "update orders_order set late = true, escalated_at = $2 where id = $1", order, now
    )
    upper = found
    if found["parent"]:
        upper = await row("select * from orders_order where id = $1", found["parent"]) or found
    if found["tier"] == 1:
        holder, permission, to = found["organ_lo"], WITHDRAW, found["organ_name"]
    else:
        holder, permission, to = found["organ_lo"], RELAY, found["organ_name"]
    await hand_turn(
        ref(order),
        key="escalated",
        title=found["title"],
        subline=_subline(found),
        step_title="逾期未回复，请督促",
        path=path_of(upper["id"]),
        holder_org=holder,
        permission=permission,
        clock=clock_id,
        place=place_of(found),
        lamp=found["colour"],
    )
    await record(
        "orders.escalated",
        ref(order),
        facts.Escalated(order, found["number"], found["tier"], to, due_at),
        place_of(found),
    )
    calendar = await load_calendar(found["region_lo"])
    await enqueue(
        "orders.tell_late",
        {"order": order},
        due_at=rules.office_moment(clock.local(now), calendar.is_workday),
        key=f"orders.tell_late:{order}:{clock_id}",
        place=place_of(found),
    )


async def tell_late(payload: Mapping[str, Any]) -> None:
    """The message of an escalation, in office hours; nothing if the answer has come meanwhile."""
    found = await row("select * from orders_order where id = $1", payload["order"])
    if found is None or found["state"] not in (ISSUED, RELAYED):
        return
    permission = WITHDRAW if found["tier"] == 1 else RELAY
    organ = await organisation(found["organ"])
    if organ is None:
        return
    persons = await persons_holding(
        permission, organ.lo, organ.hi if found["tier"] == 1 else organ.lo
    )
    await notify(
        "orders.escalated",
        persons,
        ref(found["id"]),
        _params(found, found["to_name"] or found["to_org_name"]),
        place_of(found),
    )
