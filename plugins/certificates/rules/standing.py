# SPDX-License-Identifier: Apache-2.0
"""Whether a person may act on a date: the certificate's dates and its states, day by day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

State = Literal["valid", "suspended", "revoked", "cancelled", "overdue", "expired"]

STATES: dict[str, str] = {
    "valid": "有效",
    "suspended": "暂扣",
    "revoked": "吊销",
    "cancelled": "注销",
    "overdue": "未年审",
    "expired": "过期",
}
"""The last two are written down when a late inspection ends them; until then dates say so."""

CARD_KINDS: dict[str, str] = {"local": "地方执法证", "ministry": "部门执法证"}

# No national pattern of the number could be found; provinces print 8 to 14 digits and letters.
NUMBER = re.compile(r"^[0-9A-Z]{6,20}$")


@dataclass(frozen=True, slots=True)
class Period:
    """A state the certificate was in, from a day until the day before ``until`` (None = still)."""

    state: str
    since: date
    until: date | None = None
    reason: str = ""

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate with its history."""

    id: int
    number: str
    valid_from: date
    valid_until: date
    inspection_due: date | None
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """May the holder act on that day, and if not, why not, in one sentence."""

    qualified: bool
    code: str
    reason: str
    number: str = ""
    card: int = 0


def judge_card(card: Card, day: date) -> Standing:
    """How one certificate stands on ``day``, judged by what held on that day.

    Later revocation does not rewrite it and later entry does not repair it (C4-07).
    """
    state = next((one for one in card.periods if one.covers(day)), None)

    def bad(code: str, reason: str) -> Standing:
        return Standing(False, code, reason, card.number, card.id)

    if day < card.valid_from:
        return bad("not_yet", f"执法证 {card.number} 自{_words(card.valid_from)}起才有效")
    if day > card.valid_until:
        return bad("expired", f"执法证 {card.number} 已于{_words(card.valid_until)}到期")
    if state is None:
        return bad("not_yet", f"执法证 {card.number} 当日尚未登记")
    if state.state != "valid":
        why = f"（{state.reason}）" if state.reason else ""
        return bad(
            "not_inspected" if state.state == "overdue" else state.state,
            f"执法证 {card.number} 自{_words(state.since)}起{STATES[state.state]}{why}",
        )
    if card.inspection_due is not None and day > card.inspection_due:
        return bad(
            "not_inspected",
            f"执法证 {card.number} 逾期未年审（应于{_words(card.inspection_due)}前完成）",
        )
    return Standing(True, "ok", "", card.number, card.id)


def standing_words(card: Card, day: date) -> str:
    """The chip of one card on ``day``; dates speak as well: valid on paper, not inspected today."""
    if not card.periods:
        return "待发证"
    code = judge_card(card, day).code
    return STATES.get({"ok": "valid", "not_inspected": "overdue"}.get(code, code), "尚未生效")


def judge_person(cards: Sequence[Card], day: date) -> Standing:
    """How a person stands on ``day``: one good certificate is enough; else the newest explains."""
    judged = [judge_card(card, day) for card in sorted(cards, key=lambda one: one.valid_until)]
    for standing in judged:
        if standing.qualified:
            return standing
    if judged:
        return judged[-1]
    return Standing(False, "not_registered", "未登记执法证号")


def check_number(number: str) -> str:
    """``""`` when the number can be one, else what is wrong with it."""
    return "" if NUMBER.match(number) else "执法证号应为 6 到 20 位数字或大写字母。"


def check_dates(valid_from: date, valid_until: date) -> str:
    """``""`` when the dates can be a certificate's, else what is wrong with them."""
    if valid_until <= valid_from:
        return "有效期止必须晚于有效期起。"
    if valid_until.year - valid_from.year > 10:
        return "有效期超过十年，请核对年份。"
    return ""


def change_refused(card: Card, state: str, since: date, today: date) -> str:
    """Why the certificate cannot enter ``state`` on ``since``; ``""`` when it can."""
    last = card.periods[-1] if card.periods else None
    if since > today:
        return "生效日期不能晚于今天。"
    if last is None:
        return ""
    if since < last.since:
        return f"生效日期不能早于现有状态的起始日（{_words(last.since)}）。"
    if last.state == state:
        return f"证件现在就是“{STATES[state]}”。"
    if last.state in {"cancelled", "revoked"}:
        return f"证件已{STATES[last.state]}，不能再变更；需要执法的请登记新证。"
    return ""


def _words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
