# SPDX-License-Identifier: Apache-2.0
"""Terms of office: how long, how many in a row, when the next may begin. Pure.

S3 art. 5: each 聘期 is two years, it may be renewed, nobody serves more than two in a row. Read
as: at most two consecutive terms; a term begun less than ``gap`` months after the end of the one
before is consecutive to it; a term given up early counts as a whole one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ACTIVE, EXPIRED, RESIGNED, DISMISSED = "active", "expired", "resigned", "dismissed"

TERM_STATES: Mapping[str, tuple[str, str]] = {
    ACTIVE: ("doing", "在聘"),
    EXPIRED: ("done", "期满"),
    RESIGNED: ("paused", "已辞职"),
    DISMISSED: ("revoked", "已解聘"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its planned days, and the day on which it really ended."""

    starts: date
    ends: date
    """The last day, inclusive."""
    ended_on: date | None = None
    """The last day when it ended early."""

    @property
    def last_day(self) -> date:
        return self.ends if self.ended_on is None else min(self.ended_on, self.ends)

    def runs_on(self, day: date) -> bool:
        return self.starts <= day <= self.last_day


def months_later(day: date, months: int) -> date:
    """The same day ``months`` later; where that month is too short, the first of the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def consecutive(before: Term, starts: date, gap_months: int) -> bool:
    """Whether a term beginning at ``starts`` follows ``before`` in a row (S3-8).

    With 24 months: ended 30 April 2024, a term of 30 April 2026 is the first that is not.
    """
    return starts < months_later(before.last_day, gap_months)


def in_a_row(history: Sequence[Term], starts: date, gap_months: int) -> int:
    """How many terms directly before ``starts`` hang together with a term beginning then."""
    count, begin = 0, starts
    for term in sorted(history, key=lambda each: each.starts, reverse=True):
        if term.starts > starts:
            continue
        if not consecutive(term, begin, gap_months):
            break
        count, begin = count + 1, term.starts
    return count


def why_not_appoint(
    history: Sequence[Term], starts: date, *, maximum: int, gap_months: int
) -> list[str]:
    """Why no term may begin at ``starts``; empty when one may (S3-7, S3-8)."""
    reasons = []
    if running := next((each for each in history if each.last_day >= starts), None):
        reasons.append(f"现在的聘期到 {_words(running.last_day)}，新的聘期不能与它重叠。")
    before = in_a_row(history, starts, gap_months)
    if before >= maximum:
        last = max(each.last_day for each in history)
        free = months_later(last, gap_months)
        reasons.append(
            f"已经连任 {before} 届，按规定不得连任超过{_number(maximum)}届；"
            f"{_words(free)}起才可以再次聘任。"
        )
    return reasons


def number_of_term(history: Sequence[Term], starts: date, gap_months: int) -> int:
    """第几届: the position within the row that a term beginning at ``starts`` belongs to."""
    return in_a_row(history, starts, gap_months) + 1


def renewal_opens(term: Term, days: int) -> date:
    """The first day on which 继任 may be applied for (X5)."""
    return term.ends - timedelta(days=days)


def why_not_renew(
    history: Sequence[Term],
    term: Term,
    today: date,
    *,
    maximum: int,
    gap_months: int,
    opens_days: int,
) -> list[str]:
    """Why a supervisor may not apply for 继任 now; empty when he may."""
    if not term.runs_on(today):
        return ["聘期已经结束，请重新申报。"]
    starts = term.ends + timedelta(days=1)
    if following := next((each for each in history if each.starts > term.starts), None):
        return [f"下一届已经聘任，聘期自{_words(following.starts)}起。"]
    if in_a_row(history, starts, gap_months) >= maximum:
        nth, most = _ordinal(maximum), _number(maximum)
        return [f"已经是连任的第{nth}届，按规定不得连任超过{most}届，不能申请继任。"]
    opens = renewal_opens(term, opens_days)
    if today < opens:
        return [f"聘期届满前 {opens_days} 天起可以申请继任，也就是 {_words(opens)}起。"]
    return []


def reminder_due(term: Term, today: date, days: int) -> bool:
    """Whether the reminder of the end is due (T-60); stays so until the end, for a missed night."""
    return term.ended_on is None and renewal_opens(term, days) <= today <= term.ends


def over(term: Term, today: date) -> bool:
    """Whether a term that still counts as running has ended."""
    return today > term.last_day


def _words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _number(count: int) -> str:
    return {1: "一", 2: "两", 3: "三", 4: "四"}.get(count, str(count))


def _ordinal(count: int) -> str:
    """第二届, where one counts 两届."""
    return {1: "一", 2: "二", 3: "三", 4: "四"}.get(count, str(count))


def as_next_words(maximum: int, *, last: bool) -> str:
    """What the reminder of the end advises."""
    if last:
        return f"已是连任的第{_ordinal(maximum)}届，届满后不再续聘。"
    return "愿意继续担任的，请在届满前提出继任申请。"
