# SPDX-License-Identifier: Apache-2.0
"""Paying a fine: instalments, what is still owed, and the surcharge for paying late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from plugins.cases.rules.money import show_money

SURCHARGE_PER_MILLE_PER_DAY = 30
"""《行政处罚法》第七十二条：每日按罚款数额的百分之三加处罚款。"""
PAY_WITHIN_DAYS = 15
"""《行政处罚法》第六十七条：自收到行政处罚决定书之日起十五日内缴纳。"""
INSTALMENTS_MAX = 36

PAYMENT_KINDS: tuple[tuple[str, str], ...] = (
    ("payment", "缴纳罚没款"),
    ("instalment", "分期缴纳"),
    ("surcharge", "加处罚款"),
    ("enforcement", "强制执行"),
)
TOWARDS_PRINCIPAL = ("payment", "instalment", "enforcement")


def surcharge(unpaid: int, days_late: int) -> int:
    """3 % of the unpaid fine for each day late, never more than the fine itself (art. 72).

    Whole 分, rounded down: the party is never charged a fraction more than the law allows.
    """
    if unpaid <= 0 or days_late <= 0:
        return 0
    return min(unpaid, unpaid * SURCHARGE_PER_MILLE_PER_DAY * days_late // 1000)


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment: how much by when."""

    amount: int
    due: date


@dataclass(frozen=True, slots=True)
class Paid:
    amount: int
    on: date
    kind: str = "payment"


@dataclass(frozen=True, slots=True)
class PartState:
    """One instalment with what has been paid towards it and the surcharge that has run."""

    amount: int
    due: date
    paid: int
    settled_on: date | None
    surcharge: int

    @property
    def open(self) -> int:
        return self.amount - self.paid


@dataclass(frozen=True, slots=True)
class Account:
    """The whole of a fine on one day."""

    owed: int
    paid: int
    surcharge_owed: int
    surcharge_paid: int
    parts: tuple[PartState, ...]

    @property
    def open(self) -> int:
        return max(0, self.owed - self.paid)

    @property
    def surcharge_open(self) -> int:
        return max(0, self.surcharge_owed - self.surcharge_paid)

    @property
    def settled(self) -> bool:
        return self.open == 0 and self.surcharge_open == 0

    @property
    def overpaid(self) -> int:
        return max(0, self.paid - self.owed)


def account(parts: Sequence[Part], payments: Sequence[Paid], today: date) -> Account:
    """Settle payments against the instalments, oldest first, and let the surcharge run.

    A payment closes the earliest open instalment. For each part of an instalment paid late the
    surcharge runs on that part from the day after it was due to the day it was paid; for what is
    open, to today. The surcharge of an instalment never exceeds the instalment.
    """
    queue = sorted((p for p in payments if p.kind in TOWARDS_PRINCIPAL), key=lambda p: p.on)
    left = [[p.amount, p.on] for p in queue]
    states = []
    for part in sorted(parts, key=lambda p: p.due):
        need, taken, late = part.amount, 0, 0
        settled_on: date | None = None
        for piece in left:
            amount, on = piece
            if need <= 0 or not isinstance(amount, int) or not isinstance(on, date):
                continue
            used = min(amount, need)
            if used == 0:
                continue
            piece[0] = amount - used
            need -= used
            taken += used
            late += surcharge(used, (on - part.due).days)
            settled_on = on
        late += surcharge(need, (today - part.due).days)
        states.append(
            PartState(
                part.amount,
                part.due,
                taken,
                settled_on if need == 0 else None,
                min(part.amount, late),
            )
        )
    return Account(
        owed=sum(p.amount for p in parts),
        paid=sum(p.amount for p in queue),
        surcharge_owed=sum(s.surcharge for s in states),
        surcharge_paid=sum(p.amount for p in payments if p.kind == "surcharge"),
        parts=tuple(states),
    )


def surcharge_ledger(state: PartState, today: date) -> tuple[tuple[str, str], ...]:
    """How the surcharge of one part came about, row by row; empty while none has run."""
    if state.surcharge <= 0:
        return ()
    rows = [
        ("应缴", f"{show_money(state.amount)} 元，{_day(state.due)}到期"),
        ("标准", "每日按未缴数额的 3% 加处（《行政处罚法》第七十二条）"),
    ]
    if state.open > 0:
        days = (today - state.due).days
        rows.append(("还没有缴", f"{show_money(state.open)} 元，已超过 {days} 天"))
    if state.paid:
        settled = f"，{_day(state.settled_on)}缴清" if state.settled_on else ""
        rows.append(("已经缴的", f"{show_money(state.paid)} 元{settled}"))
    capped = state.surcharge == state.amount
    note = "，以不超过罚款数额为限" if capped else ""
    rows.append(("加处罚款", f"{show_money(state.surcharge)} 元{note}"))
    return tuple(rows)


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def plan_refusal(amount: int, parts: Sequence[Part], today: date) -> str:
    """Why an instalment plan cannot stand; empty when it can."""
    if len(parts) < 1:
        return "请至少填写一期。"
    if len(parts) > INSTALMENTS_MAX:
        return f"最多分 {INSTALMENTS_MAX} 期。"
    if any(p.amount <= 0 for p in parts):
        return "每一期的金额都应当大于 0。"
    total = sum(p.amount for p in parts)
    if total != amount:
        differ = total - amount
        word = "多" if differ > 0 else "少"
        return f"各期合计比决定的金额{word} {abs(differ) // 100:,}.{abs(differ) % 100:02d} 元，应当相等。"
    days = [p.due for p in parts]
    if any(b <= a for a, b in pairwise(days)):
        return "各期的缴纳日期应当一期比一期晚。"
    if days[0] < today:
        return "第一期的缴纳日期不能早于今天。"
    return ""


def split_evenly(amount: int, dues: Sequence[date]) -> tuple[Part, ...]:
    """Equal instalments; the odd 分 go into the first."""
    if not dues:
        return ()
    each, rest = divmod(amount, len(dues))
    return tuple(Part(each + (rest if i == 0 else 0), due) for i, due in enumerate(dues))
