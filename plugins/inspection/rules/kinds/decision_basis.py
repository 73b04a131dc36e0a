# SPDX-License-Identifier: Apache-2.0
"""M5 决定依据: no basis (M5a red), a negative decision (M5b yellow); both make two records (S1-17)."""

from typing import Any

from msgspec.structs import replace

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
from plugins.inspection.rules.model import (
    DEFAULT_NEGATIVE,
    Check,
    Decision,
    Event,
    Point,
    Verdict,
)
from plugins.inspection.rules.view import Calendar, CaseView

KEY = "decision_basis"
NO_BASIS = "M5a"
NEGATIVE = "M5b"


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    listed = point.params.get("negative")
    negative = frozenset(DEFAULT_NEGATIVE if listed is None else listed)

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        submits = view.submits(point.step)
        seen: dict[int, int] = {}
        for event in submits:
            nth = occurrence(seen, event)
            if (
                not explain
                and _plain(event.decision, negative, listed is None)
                and not objections(event)
            ):
                continue
            both = _judge(point, event, negative, listed is None, nth)
            out.extend(v for v in both if explain or v.result == "fired")
        if explain and not submits:
            out.append(not_reached(point, KEY, NO_BASIS))
            out.append(not_reached(point, KEY, NEGATIVE))

    return run


def _plain(decision: Decision | None, negative: frozenset[str], by_default: bool) -> bool:
    """A decision with its basis that is not negative: neither record is made."""
    return (
        decision is not None
        and decision.outcome != ""
        and decision.outcome not in negative
        and not (by_default and decision.negative)
        and decision.basis.strip() != ""
    )


UNANSWERED = "check_failed"


def objections(event: Event) -> list[str]:
    """Why what is cited is not the law on that day, as the gate answered when it was decided.

    A plugin that could not answer says nothing about the decision.
    """
    answered = event.gate.get("basis") or {}
    return [
        str(each["text"])
        for each in answered.get("blockers") or ()
        if each.get("code") != UNANSWERED
    ]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(_text(v) for v in value)
    if isinstance(value, dict):
        return "".join(_text(v) for v in value.values())
    return "" if value is None else str(value).strip()


def _judge(
    point: Point, event: Event, negative: frozenset[str], by_default: bool, nth: str
) -> tuple[Verdict, Verdict]:
    if not in_force(point, event.at):
        return (
            not_in_force(point, KEY, NO_BASIS, event),
            not_in_force(point, KEY, NEGATIVE, event),
        )
    decision = event.decision
    outcome = decision.outcome if decision else ""
    outcome = outcome or _text(event.values.get(point.params.get("outcome_control", "outcome")))
    basis = decision.basis.strip() if decision else ""
    basis = basis or _text(event.values.get(point.params.get("basis_control", "basis")))
    is_negative = outcome in negative or bool(by_default and decision and decision.negative)
    here = event.step_title or point.steps.get(event.step, event.step)
    made = Check("作出了决定", "有决定", outcome or "没有决定", bool(outcome or decision))
    if not made.ok:
        reason = f"「{here}」这次提交没有作出决定。"
        return tuple(
            verdict(
                point,
                KEY,
                "not_applicable",
                mark=mark,
                event=event,
                occurrence=nth,
                reason=reason,
                checks=(made,),
            )
            for mark in (NO_BASIS, NEGATIVE)
        )  # type: ignore[return-value]
    said = f"「{here}」作出“{outcome or '决定'}”"
    with_basis = Check("填写了依据", "不为空", basis or "空", bool(basis))
    is_plain = Check(
        "不是否定性决定",
        f"不属于：{'、'.join(sorted(negative))}" if negative else "没有勾选否定性决定",
        outcome or "决定",
        not is_negative,
    )
    dead = objections(event) if basis else []
    alive = Check("依据现行有效", "在决定当天有效", "；".join(dead) or "没有发现失效", not dead)
    first = (
        verdict(
            point,
            KEY,
            "fired",
            mark=NO_BASIS,
            event=event,
            occurrence=nth,
            headline=f"{here}引用了失效的依据",
            sentence=f"{said}，{''.join(dead).rstrip('。')}，疑似异常{ending(point.colour or 'red')}",
            cure="核对法规库里决定当天有效的条文，更正引用的依据。",
            checks=(made, with_basis, alive),
            detail={"outcome": outcome, "dead": dead},
        )
        if dead
        else verdict(
            point,
            KEY,
            "passed",
            mark=NO_BASIS,
            event=event,
            occurrence=nth,
            reason=f"决定填写了依据：{basis}",
            checks=(made, with_basis),
        )
        if basis
        else verdict(
            point,
            KEY,
            "fired",
            mark=NO_BASIS,
            event=event,
            occurrence=nth,
            headline=f"{here}没有填写依据",
            sentence=f"{said}，没有填写依据，疑似异常{ending(point.colour or 'red')}",
            cure="在本环节的文本域填写决定的依据。",
            checks=(made, with_basis),
            detail={
                "outcome": outcome,
                "control": point.params.get("basis_control", "basis"),
            },
        )
    )
    # The lamp of a negative decision stays yellow whatever the point says of its red one.
    second = (
        verdict(
            replace(point, colour="yellow"),
            KEY,
            "fired",
            mark=NEGATIVE,
            colour="yellow",
            event=event,
            occurrence=nth,
            headline=f"作出{outcome or '否定性'}决定",
            sentence=f"{said}，属于否定性决定，凡否定性决定都提示，是正常的预警，不表示办错"
            f"{ending('yellow')}",
            cure="不需要改正，经督办说明后撤销。",
            checks=(made, is_plain),
            detail={"outcome": outcome},
        )
        if is_negative
        else verdict(
            point,
            KEY,
            "passed",
            mark=NEGATIVE,
            event=event,
            occurrence=nth,
            reason=f"“{outcome or '决定'}”不在监察点勾选的否定性决定之内。",
            checks=(made, is_plain),
        )
    )
    return first, second


KIND = Kind(
    key=KEY,
    title="决定依据",
    mark="M5",
    colour="red",
    compile=compile_point,
    remedy="填写决定的依据；否定性决定的黄灯属于正常，经督办撤销。",
    params={
        "basis_control": "依据控件",
        "outcome_control": "决定控件",
        "negative": "勾选的否定性决定",
    },
)
