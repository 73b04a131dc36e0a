# SPDX-License-Identifier: Apache-2.0
"""年审: when which inspection is due, who may apply, and what a late one leaves behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.certificates.rules.standing import Card, Period

KINDS: dict[str, str] = {"two_year": "二年年审", "four_year": "四年年审"}

STATES: dict[str, tuple[str, str]] = {
    "blocked": ("returned", "受阻"),
    "applied": ("doing", "待法制机构审核"),
    "returned": ("returned", "退回"),
    "approved": ("new", "待扫码完成"),
    "exam": ("doing", "待考试"),
    "making": ("doing", "待制证"),
    "done": ("done", "已完成"),
    "failed": ("revoked", "考试不合格"),
    "ended": ("revoked", "证件注销，已终止"),
}

OPEN = ("blocked", "applied", "returned", "approved", "exam", "making")

_FROM: dict[str, tuple[str, ...]] = {
    "apply": ("blocked", "returned"),
    "decide": ("applied",),
    "scan": ("approved",),
    "result": ("exam", "making", "failed"),
    "finish": ("making",),
}
_ACTS = {
    "apply": "申请",
    "decide": "审核",
    "scan": "扫码完成",
    "result": "登记成绩",
    "finish": "换发证件",
}


def why_not(state: str, act: str) -> str:
    """Why an inspection in ``state`` does not allow ``act``; empty when it does."""
    if state in _FROM[act]:
        return ""
    if act == "scan" and state == "done":
        return "这次年审已经完成，不用再扫。"
    if act == "scan" and state in ("applied", "blocked", "returned"):
        return "法制机构还没有审核通过，不能扫码完成。"
    return f"这次年审现在是“{STATES[state][1]}”，不能{_ACTS[act]}。"


def _after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


@dataclass(frozen=True, slots=True)
class Due:
    """One inspection in the life of a card."""

    kind: str
    due_on: date
    years: int


def due_at(issued: date, years: int, *, exam: int = 4) -> Due:
    """The inspection so many years after the issue: every fourth year with the exam (S2-22)."""
    return Due("two_year" if years % exam else "four_year", _after(issued, years), years)


def next_due(issued: date, done: date | None, *, short: int = 2, exam: int = 4) -> Due:
    """The first inspection that is due after the one finished; the anchor is always the issue."""
    years = short
    while done is not None and _after(issued, years) <= done:
        years += short
    return due_at(issued, years, exam=exam)


def kind_of_due(issued: date, due_on: date, *, exam: int = 4) -> str:
    """Which inspection stands at a due date, also where the date was brought over by hand."""
    years = due_on.year - issued.year
    return "four_year" if years > 0 and years % exam == 0 else "two_year"


def window(due_on: date, days: int) -> tuple[date, date]:
    """From when it may be applied for, and until when it is in time."""
    return due_on - timedelta(days=days), due_on


def may_apply(card: Card, today: date, days: int) -> str:
    """Why a card cannot be handed in for inspection today; empty when it can.

    Late is not too late: until then the holder does not act, that is all.
    """
    if card.inspection_due is None:
        return "这个证件没有年审日期，请先在证件登记里补上。"
    state = next((each for each in card.periods if each.covers(today)), None)
    if state is None:
        return "证件还没有发，不用年审。"
    if state.state in ("suspended", "revoked", "cancelled"):
        words = {"suspended": "暂扣", "revoked": "吊销", "cancelled": "注销"}
        return f"证件已{words[state.state]}，不能年审。"
    opens, _ = window(card.inspection_due, days)
    if today < opens:
        return f"还没有到年审时间，{opens.year}年{opens.month}月{opens.day}日起可以申请。"
    return ""


def missing(id_number: str, phone: str) -> list[str]:
    """What of a person's basics is still missing before an inspection (S2-21)."""
    return [
        words
        for words, there in (("身份证号", bool(id_number)), ("手机号", bool(phone)))
        if not there
    ]


def late_gap(card: Card, done_on: date) -> Period | None:
    """The days a late inspection leaves unqualified for good; ``None`` when it was in time.

    The due date moves on when the inspection is done; without this period the days between
    would look as if nothing had been missing.
    """
    ends = [card.valid_until]
    if card.inspection_due is not None:
        ends.append(card.inspection_due)
    last_good = min(ends)
    if done_on <= last_good:
        return None
    since = last_good + timedelta(days=1)
    if last_good == card.inspection_due:
        return Period("overdue", since, done_on, "逾期未年审")
    return Period("expired", since, done_on, "有效期届满")


def periods_after(
    card: Card, gap: Period | None, done_on: date
) -> tuple[Sequence[Period], Sequence[Period]]:
    """How the card's story continues: which period ends at the gap, and what follows."""
    if gap is None:
        return (), ()
    current = next((each for each in card.periods if each.until is None), None)
    since = gap.since if current is None else max(gap.since, current.since)
    gap = Period(gap.state, since, done_on, gap.reason)
    ended = () if current is None else (Period(current.state, current.since, since),)
    return ended, (gap, Period("valid", done_on, None, "年审完成"))
