# SPDX-License-Identifier: Apache-2.0
"""What of the 2008 system is brought over, and how the figures of both sides compare."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

FATES: dict[str, str] = {
    "在用": "keep",
    "正常": "keep",
    "有效": "keep",
    "制证中": "making",
    "已制卡": "making",
    "制卡": "making",
    "过期": "expired",
    "已过期": "expired",
    "注销": "skip",
    "已注销": "skip",
    "离岗": "skip",
}
"""Words the 2008 system has for a state, and what becomes of the row (S2-17)."""

WORDS = {
    "keep": "在用，迁移",
    "making": "已进入制卡程序，迁移",
    "expired": "已过期，初始化完成后开放",
    "skip": "不在用，不迁移",
}


def fate_of(state: str, *, expired_open: bool) -> str:
    """``keep``, ``making``, ``skip`` or ``expired``; an unknown word is no guess: empty.

    Only officers in use or in production come over; the expired ones when the initialisation is
    finished (S2-17).
    """
    fate = FATES.get(state.strip(), "")
    if fate == "expired" and expired_open:
        return "keep"
    return fate


def corrected(
    before: Mapping[str, Any],
    lines: Sequence[int],
    counts: Mapping[str, int],
    units: Mapping[str, Mapping[str, int]],
    made: int,
) -> dict[str, Any]:
    """The counts of a run after one more piece of it.

    ``lines`` are the units the piece's rows were counted for as new and kept when they were handed
    over; ``counts`` and ``units`` say what they turned out to be.
    """
    found = {**before, "units": {unit: dict(of) for unit, of in before["units"].items()}}
    found["entered"] = found.get("entered", 0) + made
    for key in ("new", "kept"):
        if lines and key in found:
            found[key] -= len(lines)
        for unit in lines:
            of = found["units"].setdefault(str(unit), {})
            of[key] = of.get(key, 0) - 1
    for key, n in counts.items():
        found[key] = found.get(key, 0) + n
    for unit_key, more in units.items():
        of = found["units"].setdefault(unit_key, {})
        for key, n in more.items():
            of[key] = of.get(key, 0) + n
    return found


BODY_KINDS = {
    "一级": "first",
    "一级执法主体": "first",
    "执法主体": "first",
    "二级": "second",
    "二级机构": "second",
    "受委托": "entrusted",
    "受委托单位": "entrusted",
}


def row_problem(line: Mapping[str, Any], today: date) -> str:
    """What a row of officers lacks beyond its columns; empty when it can be entered."""
    if not line["number"]:
        return "没有证号。"
    if not line["valid_from"] or not line["valid_until"]:
        return "没有发证日期或有效期。"
    since, until = date.fromisoformat(line["valid_from"]), date.fromisoformat(line["valid_until"])
    if until <= since:
        return "有效期止早于发证日期。"
    if since > today:
        return "发证日期在将来。"
    return ""


def said_by(runs: Sequence[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """What the old system said for each unit, of all the runs that stand, the oldest first.

    Whoever was in use there counts, also where his row had a fault and was left out: this is what
    the unit has to account for. A run of nothing but corrected rows says less than the one before
    it, not that the others are gone.
    """
    said: dict[str, dict[str, int]] = {}
    for units in runs:
        for unit, of in units.items():
            faults = of.get("faults", 0)
            told = {**of, "kept": of.get("kept", 0) + faults, "faults": faults}
            if told["kept"] >= said.get(unit, {}).get("kept", 0):
                said[unit] = told
    return said


def differences(said: Mapping[str, int], have: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """The figures that do not agree: what the old system said, what is here."""
    titles = {"kept": "在用和制证中的人员"}
    return [
        (title, said.get(key, 0), have.get(key, 0))
        for key, title in titles.items()
        if said.get(key, 0) != have.get(key, 0)
    ]
