# SPDX-License-Identifier: Apache-2.0
"""What the order page shows: the tree with the ball, the life strip, facts, the story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.api.access import Visitor
from core.api.clock import SHANGHAI, local, now
from core.api.db import SubjectRef
from core.api.deadlines import (
    Clock,
    WorkCalendar,
    clocks_of,
    ledger,
    load_calendar,
    standing,
)
from core.api.facts import Fact, history
from core.api.turns import holds
from core.api.web import describe
from plugins.orders import rules
from plugins.orders.queries import find_order
from plugins.orders.rules import ISSUE, RELAY, WITHDRAW
from plugins.orders.services import Matter, path_of, ref

ICONS = {
    "orders.issued": "send",
    "orders.received": "eye-check",
    "orders.relayed": "corner-down-right",
    "orders.replied": "message-2",
    "orders.returned": "arrow-back-up",
    "orders.revoked": "circle-check",
    "orders.upheld": "gavel",
    "orders.extended": "clock-plus",
    "orders.urged": "bell",
    "orders.escalated": "alert-circle",
}


@dataclass
class View:
    """Everything a template needs; read in one transaction, rendered after it."""

    matter: Matter
    me: str
    """bureau, department or handler."""
    tree: list[dict[str, Any]] = field(default_factory=list)
    life: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    story: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    due: dict[str, Any] | None = None
    next_act: str = ""
    step: int = 0
    mine: dict[str, Any] | None = None
    """The officer's own order of the second tier."""
    draft: str = ""
    handlers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def order(self) -> dict[str, Any]:
        return self.matter.order


@dataclass(frozen=True)
class Mine:
    """Which acts on the orders of a page are the visitor's to do, by the services' own rule."""

    hand: rules.Hand
    issuer: int
    view: View

    def __call__(self, act: str, order: Mapping[str, Any] | None = None) -> bool:
        """Whether the act on ``order`` (else the matter's first) would not be refused to him."""
        return not self.why_not(act, order)

    def why_not(self, act: str, order: Mapping[str, Any] | None = None) -> str:
        """The reason of the refusal, empty when there is none."""
        asked = self.view.order if order is None else order
        return "".join(rules.why_not_mine(act, self.hand, asked, self.issuer)[:1])

    def now(self, act: str, order: Mapping[str, Any] | None = None) -> bool:
        """Whether the state of the order permits the act too."""
        asked = self.view.order if order is None else order
        state = asked["state"]
        fits = {
            "receive": asked["received_at"] is None and state in (rules.ISSUED, rules.RELAYED),
            "relay": not rules.why_not_relay(state),
            "reply": not rules.why_not_reply_lower(state),
            "extend": not rules.why_not_extend(state, counting=bool(asked["clock"])),
            "urge": not rules.why_not_urge(state),
        }
        return fits.get(act, True) and self(act, order)


def role_of(who: Visitor) -> str:
    """On which side of an order the visitor stands, in the role he acts in."""
    if ISSUE in who.permissions or WITHDRAW in who.permissions:
        return "bureau"
    return "department" if RELAY in who.permissions else "handler"


async def view_of(matter: Matter, who: Visitor) -> View:
    """The matter as this visitor sees it; an officer sees his own branch of the tree."""
    me = role_of(who)
    order = matter.order
    view = View(matter, me)
    if me == "handler" and matter.children:
        view.mine = matter.children[-1]
    orders = [order, *matter.children]
    balls = await holds([ref(each["id"]) for each in orders], who)
    view.holds = [hold for each in orders for hold in balls.get(ref(each["id"]), ())]
    calendar = await load_calendar(order["region_lo"])
    labels = await describe(
        [SubjectRef("inspection.alarm", i["alarm"]) for i in matter.items],
        who.scope,
        who.permissions,
    )
    paths = {subject.id: label.path for subject, label in labels.items()}
    view.alarms = [_alarm(item, paths) for item in matter.items_of(order["id"])]
    if not view.alarms and view.mine:
        view.alarms = [_alarm(item, paths) for item in matter.items_of(view.mine["id"])]
    view.tree = [_node(order, matter, balls, calendar, paths)]
    if await find_order(order["id"], who.scope) is None:
        # An officer reads the head of his matter past his own scope; its page stays shut to him.
        view.tree[0]["href"] = ""
    view.life = life_of(matter)
    view.step = rules.step_now(order["state"], order["round"], matter.lowers)
    view.next_act = rules.next_act(order["state"], order["round"], matter.lowers)
    view.due = await _due(order, calendar)
    view.story = _story([f for each in orders for f in await _told(each["id"])])
    titles = {i["alarm"]: rules.alarm_words(i) for i in matter.items}
    view.draft = rules.draft_reply(matter.this_round, titles)
    return view


async def _told(order: int) -> list[Fact]:
    return await history(ref(order), list(ICONS))


def _alarm(item: Mapping[str, Any], paths: Mapping[int, str]) -> dict[str, Any]:
    closed = item["state"] == rules.REVOKED
    return {
        "id": item["alarm"],
        "colour": "off" if closed else item["colour"] or "red",
        "title": rules.alarm_words(item),
        "kind": rules.KIND_WORDS.get(item["kind"], "报警"),
        "href": paths.get(item["alarm"], ""),
        "case": " · ".join(x for x in (item["case_number"], item["party"]) if x),
        "state": item["state"],
        "words": rules.ITEM_WORDS.get(item["state"], item["state"]),
        "reason": item["reason"],
        "open": item["state"] in ("open", "explained"),
    }


def _node(
    order: Mapping[str, Any],
    matter: Matter,
    balls: Mapping[SubjectRef, Sequence[Mapping[str, Any]]],
    calendar: WorkCalendar,
    paths: Mapping[int, str],
) -> dict[str, Any]:
    upper = order["tier"] == 1
    look, words = rules.STATE_WORDS[order["state"]]
    if order["state"] == rules.ISSUED:
        words = "新的" if order["received_at"] else "新的，未签收"
        if upper and order["round"] > 1:
            look, words = "returned", f"已退回，第 {order['round']} 轮"
    elif not upper and order["round"] < matter.order["round"]:
        words = f"第 {order['round']} 轮{words}"
    turn = next((h for h in balls.get(ref(order["id"]), ())), None)
    quote = order["reply_text"] or order["instruction"]
    cause = rules.CAUSE_BY_KEY.get(order["reply_cause"])
    if order["reply_text"] and cause is not None and cause.key != "other":
        quote = f"{cause.title}（{cause.nature}）。{quote}"
    return {
        "number": order["number"],
        "href": path_of(order["id"]),
        "title": f"{order['organ_name']} → {order['to_name'] or order['to_org_name']}",
        "state": (look, words),
        "quote": quote,
        "note": _node_note(order, matter, calendar),
        "ball": turn,
        "alarms": [
            {**_alarm(i, paths), "href": paths.get(i["alarm"]) or path_of(order["id"])}
            for i in matter.items_of(order["id"])
        ]
        if not upper
        else [],
        "children": [_node(child, matter, balls, calendar, paths) for child in matter.children]
        if upper
        else [],
    }


def _moment(at: datetime) -> str:
    at = local(at)
    year = "" if at.year == local(now()).year else f"{at.year}年"
    return f"{year}{at.month}月{at.day}日 {at:%H:%M}"


def _node_note(order: Mapping[str, Any], matter: Matter, calendar: WorkCalendar) -> str:
    words = [f"{_moment(order['issued_at'])} {order['issued_by_name']}发出"]
    if order["received_at"]:
        words.append(f"{_moment(order['received_at'])} 签收")
    if order["returned_reason"]:
        words.append(f"退回理由：{order['returned_reason']}")
    if order["replied_at"]:
        used = calendar.workdays_between(
            calendar.day_of(order["issued_at"]), calendar.day_of(order["replied_at"])
        )
        words.append(
            f"{_moment(order['replied_at'])} {order['replied_by_name']}回复，用时 {used} 个工作日"
        )
        files = len(order["reply_files"] or ())
        if files:
            words.append(f"附件 {files} 份")
    elif order["tier"] == 2:
        words.append(
            "已逾期，已上报部门监察室" if order["late"] else "到期不回复，自动上报部门监察室"
        )
    elif order["state"] == rules.RELAYED:
        waiting = sum(
            1 for c in matter.children if c["round"] == order["round"] and c["state"] == "issued"
        )
        words.append(f"等待下级 {waiting} 份回复" if waiting else "下级都已回复，由部门监察室汇总")
    if order["late"] and order["tier"] == 1:
        words.append("已逾期，已上报监察机关")
    return "，".join(words) + "。"


def life_of(matter: Matter) -> list[dict[str, Any]]:
    """The five steps as the strip: who and when under each."""
    order, lowers = matter.order, matter.this_round
    step = rules.step_now(order["state"], order["round"], matter.lowers)
    answered = sum(1 for lower in lowers if lower.state != "issued")
    first = min((c["issued_at"] for c in matter.children), default=None)
    notes = (
        f"{order['organ_name']} {_day(order['issued_at'])}",
        f"{order['to_org_name']} {_day(first)}" if first else order["to_org_name"],
        f"{len(lowers)} 份已回 {answered} 份" if lowers else "",
        f"{order['to_org_name']} {_day(order['replied_at'])}"
        if order["replied_at"] and step > 4
        else order["to_org_name"],
        f"{order['organ_name']} {_day(order['decided_at'])}"
        if order["decided_at"] and step > 5
        else order["organ_name"],
    )
    return [
        {
            "title": title,
            "note": note,
            "state": "done" if number < step else "now" if number == step else "next",
        }
        for number, (title, note) in enumerate(zip(rules.STEPS, notes, strict=True), 1)
    ]


def _day(at: datetime | None) -> str:
    if at is None:
        return ""
    at = local(at)
    return f"{at.month}月{at.day}日"


async def _due(order: Mapping[str, Any], calendar: WorkCalendar) -> dict[str, Any] | None:
    clocks: list[Clock] = await clocks_of(ref(order["id"]))
    mine = next((c for c in reversed(clocks) if c.id == order["clock"]), None)
    if mine is None:
        return None
    moment = mine.stopped_at or now()
    found = standing(
        mine.started_at,
        mine.due_at,
        mine.limit.unit,
        moment,
        calendar,
        paused=mine.paused_at is not None,
    )
    due = mine.due_at.astimezone(SHANGHAI)
    words = found.text if mine.open else ("按期回复" if moment <= mine.due_at else found.text)
    return {
        "words": f"{due.month}月{due.day}日，{words}",
        "kind": found.kind if mine.open else "",
        "rows": await ledger(mine),
        "provisional": mine.provisional,
        "open": mine.open,
        "extensions": mine.extensions,
    }


def _story(told: Sequence[Fact]) -> list[dict[str, Any]]:
    weekdays = "一二三四五六日"
    items = []
    for fact in sorted(told, key=lambda f: (f.at, f.id), reverse=True):
        at = local(fact.at)
        day = f"{at.month}月{at.day}日（周{weekdays[at.weekday()]}）"
        items.append(
            {
                "day": day,
                "icon": ICONS[fact.kind],
                "title": _sentence(fact),
                "note": f"{at:%H:%M}",
            }
        )
    return items


def _sentence(fact: Fact) -> str:
    told = fact.payload
    number = str(told.get("number", ""))
    if fact.kind == "orders.issued":
        return f"发起{number}，发给{told['to']}"
    if fact.kind == "orders.received":
        return f"签收{number}"
    if fact.kind == "orders.relayed":
        return f"转办{told['to']}：{number}"
    if fact.kind == "orders.replied":
        return f"{told['by']}回复{number}"
    if fact.kind == "orders.returned":
        return f"退回{number}，第 {told['round']} 轮：{told['reason']}"
    if fact.kind == "orders.extended":
        return f"{number}延长 {told['days']} 个工作日：{told['reason']}"
    if fact.kind == "orders.urged":
        return f"{told['by']}催办{number}"
    if fact.kind == "orders.escalated":
        return f"{number}逾期未回复，上报{told['to']}"
    act = "撤销报警" if fact.kind == "orders.revoked" else "维持报警"
    return f"{act} {len(told['alarms'])} 个：{told['reason']}"
