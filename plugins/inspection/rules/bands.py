# SPDX-License-Identifier: Apache-2.0
"""Reading a discretion standard (裁量标准), and which of two editions of it applies.

处罚法第三十七条 (从旧兼从轻): what was in force when the act was done applies, unless what is in
force at the decision is milder. Milder is what threatens less at most, and where that is equal,
less at least; it must not add a kind of penalty. What cannot be shown to be milder is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from plugins.inspection.rules.model import Condition, Control, Edition, Standard, Tier
from plugins.inspection.rules.words import BEIJING, day, yuan

NO_LIMIT = float("inf")
OPS = {"le": "≤", "lt": "＜", "ge": "≥", "gt": "＞", "eq": "＝", "ne": "≠", "in": "是其中之一："}


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool | None:
    """Whether a condition of a band is met; None when the fact was not entered."""
    actual = facts.get(condition.control)
    if actual is None or actual == "":
        return None
    wanted = condition.value
    if condition.op == "in":
        return actual in wanted if isinstance(wanted, list | tuple) else actual == wanted
    if condition.op == "eq":
        return bool(actual == wanted)
    if condition.op == "ne":
        return bool(actual != wanted)
    try:
        left, right = float(actual), float(wanted)
    except (TypeError, ValueError):
        return None
    return {
        "le": left <= right,
        "lt": left < right,
        "ge": left >= right,
        "gt": left > right,
    }[condition.op]


def bounds(
    tier: Tier, standard: Standard, facts: Mapping[str, Any]
) -> tuple[int | None, int | None] | None:
    """The permitted amounts in fen; bounds of a standard with a base (货值) are multiples of it.

    None when the base is not known.
    """
    base: Any = 1
    if standard.base:
        base = facts.get(standard.base)
        if not isinstance(base, int | float) or isinstance(base, bool):
            return None
    return (
        None if tier.min is None else round(base * tier.min),
        None if tier.max is None else round(base * tier.max),
    )


@dataclass(frozen=True)
class Reading:
    """What a standard says of the facts: the bands they select, and what is not known."""

    standard: Standard
    matched: tuple[Tier, ...]
    possible: tuple[Tier, ...]
    """Bands no known fact excludes."""
    chosen: Tier | None
    """The band the handler names."""
    lacking: tuple[str, ...]
    """Controls without whose facts nobody can say which band applies."""

    @property
    def contradicted(self) -> bool:
        """The facts exclude the band that was named."""
        return self.chosen is not None and self.chosen not in self.possible

    @property
    def band(self) -> str:
        return "、".join(tier.title or tier.key for tier in self.matched)


def read(standard: Standard, facts: Mapping[str, Any], named: str = "") -> Reading:
    """Which bands apply; a named band counts where the facts leave it open."""
    answers = [(tier, [holds(c, facts) for c in tier.conditions]) for tier in standard.tiers]
    matched = tuple(tier for tier, met in answers if all(m is True for m in met))
    possible = tuple(tier for tier, met in answers if not any(m is False for m in met))
    chosen = next((t for t in standard.tiers if t.key == named), None)
    if not matched and chosen is not None and chosen in possible:
        matched = (chosen,)
    lacking: tuple[str, ...] = ()
    if not matched:
        lacking = tuple(
            sorted(
                {c.control for tier in possible for c in tier.conditions if holds(c, facts) is None}
            )
        )
    return Reading(standard, matched, possible, chosen, lacking)


# Why a band applies -------------------------------------------------------------------------------


def reasons(
    reading: Reading, facts: Mapping[str, Any], controls: Mapping[str, Control]
) -> list[tuple[str, str]]:
    """Each condition of the bands that apply, and the fact that meets it."""
    found: dict[tuple[str, str], None] = {}
    for tier in reading.matched:
        for one in tier.conditions:
            known = controls.get(one.control)
            what = f"{known.title if known else one.control} {OPS[one.op]} "
            have = facts.get(one.control)
            found[what + _shown(one.value, known), _shown(have, known)] = None
    return list(found)


def _shown(value: Any, control: Control | None) -> str:
    if value is None or value == "":
        return "没有填写"
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if control is not None and control.type in {"money", "payment"} and isinstance(value, int):
        return yuan(value)
    return str(value)


def title_of(key: str, controls: Mapping[str, Control]) -> str:
    """What a control is called; by its key where nobody knows."""
    known = controls.get(key)
    return known.title if known and known.title else key


# 从旧兼从轻 ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """The standard that applies, and why in one sentence; empty where there was no choice."""

    standard: Standard
    why: str = ""
    former: Edition | None = None
    """The earlier edition, where that one applies."""
    sure: bool = True
    """False: the two could not be compared, so the one of the decision stays."""


def choose(
    current: Standard,
    since: datetime,
    editions: Sequence[Edition],
    act_on: date | None,
    facts: Mapping[str, Any],
    named: str = "",
) -> Choice:
    """Which edition of a standard applies to an act of that day, decided under ``current``."""
    if not editions:
        return Choice(current)
    if act_on is None:
        return Choice(current, "违法行为日期没有填写，按决定时的标准", sure=False)
    if act_on >= _day(since):
        return Choice(current)
    former = next((e for e in reversed(editions) if _day(e.since) <= act_on), None)
    if former is None or act_on > _day(former.until):
        return Choice(current, f"{day(act_on)}施行的标准没有录入，按决定时的标准", sure=False)
    if former.standard.says == current.says:
        return Choice(current)
    return _milder(current, former, act_on, facts, named)


def _milder(
    current: Standard, former: Edition, act_on: date, facts: Mapping[str, Any], named: str
) -> Choice:
    then, now = read(former.standard, facts, named), read(current, facts, named)
    old = f"行为时（{day(act_on)}）的标准是第 {former.version} 版"
    if then.lacking or now.lacking:
        return Choice(current, f"{old}，裁量事实不全，无法比较，按决定时的标准", sure=False)
    if not then.matched:
        return Choice(current, f"{old}，没有适用的阶次，按决定时的标准", sure=False)
    if not now.matched:
        why = f"{old}，决定时的标准没有适用的阶次，从旧适用行为时的标准"
        return Choice(former.standard, why, former)
    most_then, least_then = _range(then, facts)
    most_now, least_now = _range(now, facts)
    if None in (most_then, most_now):
        return Choice(current, f"{old}，计算基数没有填写，无法比较，按决定时的标准", sure=False)
    kinds_then, kinds_now = _kinds(then), _kinds(now)
    no_more = not kinds_then or not kinds_now or kinds_now <= kinds_then
    fewer = bool(kinds_now) and kinds_now < kinds_then
    amounts = (most_now, least_now), (most_then, least_then)
    if no_more and (amounts[0] < amounts[1] or (amounts[0] == amounts[1] and fewer)):
        return Choice(current, f"{old}，决定时的标准处罚较轻，从轻适用决定时的标准")
    return Choice(former.standard, f"{old}，决定时的标准没有更轻，从旧适用行为时的标准", former)


def _range(reading: Reading, facts: Mapping[str, Any]) -> tuple[float | None, float]:
    """The most and the least the bands threaten; a named band that applies stands for itself."""
    tiers = reading.matched
    if reading.chosen is not None and reading.chosen in tiers:
        tiers = (reading.chosen,)
    found = [bounds(tier, reading.standard, facts) for tier in tiers]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None, 0
    return (
        max(NO_LIMIT if high is None else high for _low, high in known),
        min(low or 0 for low, _high in known),
    )


def _kinds(reading: Reading) -> set[str]:
    tiers = reading.matched
    if reading.chosen is not None and reading.chosen in tiers:
        tiers = (reading.chosen,)
    return {kind for tier in tiers for kind in tier.kinds}


def _day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()
