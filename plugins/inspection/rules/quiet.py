# SPDX-License-Identifier: Apache-2.0
"""Points that say nothing: never judged, never fired, or fired every time (features C4-16).

A dead rule looks like compliance, and one that always fires is soon ignored. A short run proves
neither, so nothing is said of a point before it has been in force and judged long enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from plugins.inspection.rules.model import Definition

Silence = Literal["", "never", "none", "always"]

WINDOW = timedelta(days=90)
"""How far back is counted."""
SETTLED = timedelta(days=30)
"""A point is not counted before it has been in force this long."""
ENOUGH = 20
"""Judged at least so often. Twenty of twenty alike leave less than 14 % for the other side at
nineteen to one (the rule of three), which is where a question is worth somebody's time."""

TITLES: Mapping[str, str] = {
    "never": "从没判断过",
    "always": "每次都报",
    "none": "从不报灯",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a point said within the window."""

    judged: int
    """Occasions on which it fired or passed."""
    fired: int
    cases: int
    """Cases of its item in which any point was judged: the occasions it might have had."""


def assess(sample: Sample, in_force: timedelta) -> Silence:
    """Which silence the sample shows, if it is large enough to show any."""
    if in_force < SETTLED:
        return ""
    if sample.judged == 0:
        return "never" if sample.cases >= ENOUGH else ""
    if sample.judged < ENOUGH:
        return ""
    if sample.fired == 0:
        return "none"
    return "always" if sample.fired >= sample.judged else ""


def explain(silence: Silence, sample: Sample) -> str:
    """The figure and what it may mean, in one sentence."""
    match silence:
        case "never":
            return (
                f"本事项有 {sample.cases} 件案件被监察，这个监察点一次也没有判断过：多半设在办不到的"
                f"环节或者不走的分支上。"
            )
        case "always":
            return (
                f"判断 {sample.judged} 次，次次报灯：不是普遍违规，就是设置有误（环节设错、表单没有"
                f"控件、份数不一致）。"
            )
        case "none":
            return (
                f"判断 {sample.judged} 次，一次也没有报：可能都办得规范，也可能要求太低，"
                f"请抽查几件核对。"
            )
        case _:
            return ""


def unchanged_since(definitions: Sequence[Definition], key: str) -> tuple[int, datetime] | None:
    """The version, and its beginning, from which on the point has been what it is now.

    A new version of an item whose point stays the same does not start the count again.
    """
    ordered = sorted(definitions, key=lambda one: (one.effective_from, one.version))
    found: tuple[int, datetime] | None = None
    now: Any = None
    for definition in reversed(ordered):
        point = next((p for p in definition.points if p.get("key") == key), None)
        watched = _watched(point, definition) if point is not None else None
        if watched is None or (found is not None and watched != now):
            break
        now = watched
        found = (definition.version, definition.effective_from)
    return found


def _watched(point: Mapping[str, Any], definition: Definition) -> tuple[Any, ...]:
    """What decides whether a point fires; its title and clause do not."""
    named = {name: point.get(name) for name in ("kind", "step", "stage", "params")}
    step = next((s for s in definition.steps if s.key == point.get("step")), None)
    form = next((f for f in definition.forms if step and f.key == step.form), None)
    standard = next(
        (s for s in definition.standards if s.key == (point.get("params") or {}).get("standard")),
        None,
    )
    return (named, step and step.limit, form if point.get("kind") == "evidence" else None, standard)
