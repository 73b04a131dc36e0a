# SPDX-License-Identifier: Apache-2.0
"""Reading orders, their alarms and trees."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api.access import Visitor
from core.api.clock import SHANGHAI
from core.api.db import Scope, row, rows, scope_conditions, value
from core.api.web import Column, Filter, Listing
from plugins.orders import rules
from plugins.orders.rules import ISSUE, RELAY, Lower

# An order of the first tier is the department's turn again once nobody of this round owes an
# answer; it then stands among the new ones, where step ④ looks for it.
WAITING_BELOW = (
    "exists (select 1 from orders_order c where c.parent = o.id and c.round = o.round"
    " and c.state = 'issued')"
)
CLOSED = "o.state in ('revoked', 'settled')"
SILENT = "o.state in ('issued', 'relayed') and o.late"
"""Past its deadline, told to the side above (escalated), and still without an answer."""


def _row_number(text: str) -> int:
    """The number of a row as an address has it; one no row can have restricts nothing."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


def _since(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(0), SHANGHAI)


def _until(text: str) -> datetime:
    """The day named is still inside."""
    return _since(text) + timedelta(days=1)


async def _units(scope: Scope) -> Sequence[tuple[str, str]]:
    """The departments that have orders inside the scope."""
    where, args = scope_conditions(scope, "o")
    found = await rows(
        "select g.id, g.name from core_organisation g where g.id in"
        f" (select o.to_org from orders_order o where {where}) order by g.name limit 300",
        *args,
    )
    return [(str(r["id"]), r["name"]) for r in found]


def _listing(
    key: str, title: str, tabs: Mapping[str, tuple[str, str]], tier: int, first: str = "new"
) -> Listing:
    return Listing(
        key=key,
        title=title,
        select=(
            "o.id, o.tier, o.number, o.title, o.state, o.round, o.colour, o.organ_name,"
            " o.to_org_name, o.to_name, o.issued_at, o.replied_at, o.late, o.clock, o.region_lo,"
            " (select count(*) from orders_item i where i.order = o.id) as alarms,"
            " k.due_at, p.number as parent_number"
        ),
        source=(
            "orders_order o left join core_clock k on k.id = o.clock"
            " left join orders_order p on p.id = o.parent"
        ),
        alias="o",
        id="o.id",
        columns=(
            Column(
                "colour",
                "灯",
                kind="lamp",
                fold="jd-f1",
                export=lambda r: rules.LAMP_WORDS.get(r["colour"], ""),
            ),
            Column("number", "督办编号", sort="o.issued_at", fold="jd-f1e"),
            Column("title", "事项"),
            # On the page both stand under the matter: two narrow columns squeezed the deadline.
            Column("organ_name", "发出单位", shown=False, width=20),
            Column("to_org_name", "承办单位", shown=False, width=20),
            Column("to_name", "办件人员", shown=tier == 2),
            Column(
                "state",
                "状态",
                export=lambda r: rules.STATE_WORDS.get(r["state"], ("", r["state"]))[1],
            ),
            Column("issued_at", "发出时间", sort="o.issued_at", kind="datetime"),
            Column("due_at", "回复期限", kind="datetime"),
        ),
        filters=(
            Filter(
                "tab",
                "分类",
                kind="tabs",
                options=tuple((value, words) for value, (words, _) in tabs.items()),
                wheres={value: where for value, (_, where) in tabs.items()},
                default=first,
            ),
            Filter(
                "q",
                "编号、事项或单位",
                where="o.number || ' ' || o.title || ' ' || o.to_org_name || ' ' || o.to_name"
                " ilike {}",
                placeholder="督办编号、事项、单位、姓名",
            ),
            Filter(
                "colour",
                "灯",
                kind="choice",
                options=tuple(rules.LAMP_WORDS.items()),
                where="o.colour = {}",
            ),
            Filter(
                "unit",
                "承办单位",
                kind="choice",
                load=_units,
                where="o.to_org = {}",
                convert=_row_number,
            ),
            Filter("since", "发出日期起", kind="date", where="o.issued_at >= {}", convert=_since),
            Filter("until", "发出日期止", kind="date", where="o.issued_at < {}", convert=_until),
            Filter(
                "due",
                "期限",
                kind="choice",
                options=(("late", "已超期"), ("silent", "超期没有回复"), ("open", "未到期")),
                wheres={
                    "late": "(o.late or (k.state = 'running' and k.due_at < now()))",
                    "silent": SILENT,
                    "open": "not o.late and (k.due_at is null or k.due_at >= now())",
                },
            ),
        ),
        order="-issued_at",
    )


BUREAU = _listing(
    "orders.bureau",
    "督办",
    {
        "new": ("新的督办", "o.tier = 1 and o.state = 'issued'"),
        "doing": ("办理中", "o.tier = 1 and o.state = 'relayed'"),
        "replied": ("已回复的督办", "o.tier = 1 and o.state = 'replied'"),
        "revoked": ("已撤销", f"o.tier = 1 and {CLOSED}"),
        "upheld": ("已维持", "o.tier = 1 and o.state = 'upheld'"),
    },
    1,
    # What waits for the bureau is a department's reply.
    "replied",
)
DEPARTMENT = _listing(
    "orders.department",
    "督办",
    {
        "new": (
            "新的督办",
            "o.tier = 1 and (o.state = 'issued' or (o.state = 'relayed' and not "
            + WAITING_BELOW
            + "))",
        ),
        "doing": ("办理中", "o.tier = 1 and o.state = 'relayed' and " + WAITING_BELOW),
        "replied": ("已回复的督办", "o.tier = 1 and o.state = 'replied'"),
        "revoked": ("已撤销", f"o.tier = 1 and {CLOSED}"),
        "upheld": ("已维持", "o.tier = 1 and o.state = 'upheld'"),
    },
    1,
)
HANDLER = _listing(
    "orders.handler",
    "督办",
    {
        "new": ("新的督办", "o.tier = 2 and o.state = 'issued'"),
        "replied": ("已回复的督办", "o.tier = 2 and o.state = 'replied'"),
        "revoked": ("已撤销", f"o.tier = 2 and {CLOSED}"),
        "upheld": ("已维持", "o.tier = 2 and o.state = 'upheld'"),
    },
    2,
)


def listing_for(who: Visitor) -> tuple[Listing, str, Sequence[Any]]:
    """The list of the acting role, with the condition that ties it to its holder."""
    if ISSUE in who.permissions:
        return BUREAU, "", ()
    if RELAY in who.permissions:
        return DEPARTMENT, "", ()
    return HANDLER, "o.to_person = {}::int8", (who.person_id or -1,)


# The number beside the menu entry is the number of rows its page opens with: same listing, same
# tab, same condition. A badge knows only a scope, so each role has an entry of its own.


async def waiting_for_bureau(scope: Scope) -> int:
    """Orders whose reply the bureau has to judge."""
    return await BUREAU.count(scope, where=BUREAU.filters[0].wheres["replied"])


async def waiting_for_department(scope: Scope) -> int:
    """Orders that are the department's turn."""
    return await DEPARTMENT.count(scope, where=DEPARTMENT.filters[0].wheres["new"])


async def waiting_for_handler(scope: Scope) -> int:
    """Orders addressed to the officer that he has not answered."""
    return await HANDLER.count(
        scope,
        where=f"{HANDLER.filters[0].wheres['new']} and o.to_person = {{}}::int8",
        args=(scope.person or -1,),
    )


# --- one order -------------------------------------------------------------------------------


async def find_order(order: int, scope: Scope) -> dict[str, Any] | None:
    """An order inside the scope."""
    return await row(
        "select * from orders_order where id = $1 and region_lo between $2 and $3"
        " and org_lo between $4 and $5",
        order,
        scope.region.lo,
        scope.region.hi,
        scope.organisation.lo,
        scope.organisation.hi,
    )


async def lock_order(order: int) -> dict[str, Any] | None:
    """An order, held until the transaction ends."""
    return await row("select * from orders_order where id = $1 for update", order)


async def children_of(order: int) -> list[dict[str, Any]]:
    """The second tier below an order, oldest first."""
    return await rows("select * from orders_order where parent = $1 order by id", order)


async def items_of(orders: Iterable[int]) -> list[dict[str, Any]]:
    """The alarms on orders, each with what is known of it."""
    return await rows(
        'select i.id, i."order", i.alarm, i.tier, i.state, i.reason, i.decided_at, a.colour,'
        " a.kind, a.point, a.headline, a.sentence, a.case_number, a.party, a.handlers, a.case_title,"
        " a.step_title from orders_item i left join orders_alarm a on a.alarm = i.alarm"
        ' where i."order" = any($1::int8[]) order by i.id',
        list(orders),
    )


def lower_of(order: Mapping[str, Any], items: Sequence[Mapping[str, Any]] = ()) -> Lower:
    """An order of the second tier as the rules need it."""
    return Lower(
        order["id"],
        order["number"],
        order["to_name"],
        order["state"],
        order["round"],
        order["reply_cause"],
        order["reply_text"],
        tuple(i["alarm"] for i in items if i["order"] == order["id"]),
    )


async def alarms_by_id(alarms: Sequence[int]) -> list[dict[str, Any]]:
    """Known alarms inside the scope, in the order they were raised."""
    return await rows(
        "select * from orders_alarm where alarm = any($1::int8[]) order by raised_at, alarm",
        list(alarms),
    )


async def open_order_of(alarms: Sequence[int]) -> dict[int, str]:
    """Alarms that already stand on an unfinished order, with its number."""
    found = await rows(
        'select i.alarm, o.number from orders_item i join orders_order o on o.id = i."order"'
        " where i.alarm = any($1::int8[]) and i.tier = 1 and i.state in ('open', 'explained')",
        list(alarms),
    )
    return {each["alarm"]: each["number"] for each in found}


async def order_of_alarm(alarm: int) -> list[dict[str, Any]]:
    """All orders an alarm stood on, newest first, for its panel."""
    return await rows(
        "select o.id, o.number, o.tier, o.state, o.round, o.to_org_name, o.to_name, o.issued_at,"
        " i.state as item_state, i.reason from orders_item i join orders_order o"
        ' on o.id = i."order" where i.alarm = $1 order by o.id desc',
        alarm,
    )


async def officers_of(lo: int, hi: int) -> list[dict[str, Any]]:
    """Who may be asked in a department: the officers of it and of everything below."""
    return await rows(
        "select p.id, p.name, p.position, p.org_lo, p.region_lo from core_person p"
        " where p.org_lo between $1 and $2 and p.closed_at is null order by p.name limit 300",
        lo,
        hi,
    )


async def issued_in(scope: Scope, period: tuple[date, date]) -> int:
    """How many orders bureaus issued in a period."""
    return await _between(scope, period, "")


async def open_in(scope: Scope, period: tuple[date, date]) -> int:
    """How many of those are still open."""
    return await _between(scope, period, " and o.state in ('issued', 'relayed', 'replied')")


async def _between(scope: Scope, period: tuple[date, date], more: str) -> int:
    first, last = period
    where, args = scope_conditions(scope, "o", start=3)
    count: int = await value(
        "select count(*) from orders_order o where o.tier = 1"
        " and o.issued_at >= ($1::date)::timestamp at time zone 'Asia/Shanghai'"
        " and o.issued_at < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'"
        f" and {where}{more}",
        first,
        last,
        *args,
    )
    return count
