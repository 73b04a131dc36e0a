# SPDX-License-Identifier: Apache-2.0
"""M4 证据固化: main evidence missing or reduced; red (S1-20).

Judged on submit: per required control, fewer files than the minimum, or fewer than at an earlier
submit of the same step. Voiding a file after the submit is the same thing done later, and is
judged at that moment.
"""

from typing import Any

from plugins.inspection.rules.kinds.base import (
    Kind,
    Runner,
    ending,
    in_force,
    not_in_force,
    not_reached,
    occurrence,
    verdict,
)
from plugins.inspection.rules.model import Check, Event, Point, Required, Verdict
from plugins.inspection.rules.view import Calendar, CaseView

KEY = "evidence"
MARK = "M4"


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        most: dict[str, int] = {}
        most_at: dict[str, int] = {}
        submitted: set[int] = set()
        seen: dict[int, int] = {}
        any_submit = False
        for event in view.steps.get(point.step, ()):
            if event.kind == "step_submitted":
                any_submit = True
                submitted.add(event.visit)
                nth = occurrence(seen, event)
            elif event.kind == "evidence_voided" and event.visit in submitted:
                nth = f"v{event.seq}"
            else:
                continue
            required = point.required or _published(event)
            # What passes needs no words unless somebody wants to read them.
            if explain or _lacks(event, required, most):
                found = _judge(point, event, required, most, most_at, nth)
                if explain or found.result == "fired":
                    out.append(found)
            for control in required:
                count = _count(event, control)
                if count >= most.get(control, 0):
                    most[control] = count
                    most_at[control] = event.seq
        if explain and not any_submit:
            out.append(not_reached(point, KEY, MARK))

    return run


def _count(event: Event, control: str) -> int:
    held = event.evidence.get(control)
    return len(held.files) if held else 0


def _lacks(event: Event, required: dict[str, Required], most: dict[str, int]) -> bool:
    """Whether anything is missing, or less than it was (S1-20)."""
    for control, need in required.items():
        count = _count(event, control)
        if count < need.count or count < most.get(control, 0):
            return True
    return False


def _published(event: Event) -> dict[str, Required]:
    """What the event itself says was required, when neither point nor form is known."""
    return {
        key: Required(title=key, kind=held.kind or "any", count=held.required)
        for key, held in event.evidence.items()
        if held.required > 0
    }


def _judge(
    point: Point,
    event: Event,
    required: dict[str, Required],
    most: dict[str, int],
    most_at: dict[str, int],
    nth: str,
) -> Verdict:
    if not in_force(point, event.at):
        return not_in_force(point, KEY, MARK, event)
    if not required:
        return verdict(
            point,
            KEY,
            "not_applicable",
            mark=MARK,
            event=event,
            occurrence=nth,
            reason="本环节的表单没有必传的证据。",
        )
    checks: list[Check] = []
    missing: list[str] = []
    reduced: list[str] = []
    used = [event.seq]
    for control, need in required.items():
        count = _count(event, control)
        before = most.get(control, 0)
        if count < need.count:
            missing.append(f"{need.title} {count}/{need.count}")
            checks.append(
                Check(need.title, f"不少于 {need.count} 份", f"{count}/{need.count}", ok=False)
            )
        elif count < before:
            reduced.append(f"{need.title}由 {before} 份变为 {count} 份")
            used.insert(0, most_at[control])
            checks.append(Check(need.title, f"不少于上次的 {before} 份", f"{count} 份", ok=False))
        else:
            checks.append(Check(need.title, f"不少于 {need.count} 份", f"{count}/{need.count}"))
        if count < need.count and count < before:
            used.insert(0, most_at[control])
    hashes = tuple(
        file.sha256
        for control in required
        if (held := event.evidence.get(control))
        for file in held.files
        if file.sha256
    )
    detail: dict[str, Any] = {
        "counts": {c: [_count(event, c), n.count, most.get(c, 0)] for c, n in required.items()}
    }
    if not missing and not reduced:
        return verdict(
            point,
            KEY,
            "passed",
            mark=MARK,
            event=event,
            occurrence=nth,
            reason="；".join(f"{c.title} {c.have}" for c in checks),
            checks=tuple(checks),
            evidence=hashes,
            detail=detail,
        )
    detail["control"] = next(
        c
        for c, n in required.items()
        if _count(event, c) < n.count or _count(event, c) < most.get(c, 0)
    )
    here = event.step_title or point.steps.get(event.step, event.step)
    parts = []
    if missing:
        parts.append(f"缺少必传证据：{'、'.join(missing)}")
    if reduced:
        parts.append(f"证据减少：{'、'.join(reduced)}")
    return verdict(
        point,
        KEY,
        "fired",
        mark=MARK,
        event=event,
        occurrence=nth,
        headline=f"{here}缺{'、'.join(missing)}" if missing else f"证据减少：{'、'.join(reduced)}",
        sentence=f"「{here}」{'；'.join(parts)}{ending(point.colour or 'red')}",
        cure="办件时在对应的控件上传证据。",
        checks=tuple(checks),
        events=tuple(dict.fromkeys(used)),
        evidence=hashes,
        detail=detail,
    )


KIND = Kind(
    key=KEY,
    title="证据固化",
    mark=MARK,
    colour="red",
    compile=compile_point,
    remedy="办件时在对应的控件上传证据。",
    params={"controls": "证据控件和最少份数"},
)
