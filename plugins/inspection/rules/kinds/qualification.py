# SPDX-License-Identifier: Apache-2.0
"""M2 执法主体资格确认: fewer than two qualified officers, or an unqualified one; red.

Handlers of the next step are authorised while leaving this one, so a point with
``judges = next_step`` looks at the set authorised for the step being entered (S1-18). The hard
stop on submitting the two-officer step itself belongs to the case; an attempt refused there is a
fact and never an alarm.
"""

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
from plugins.inspection.rules.model import Check, Event, Officer, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import listing

KEY = "qualification"
MARK = "M2"


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    minimum = int(point.params.get("minimum", 2))
    next_step = point.params.get("judges", "next_step") == "next_step"
    only_to = frozenset(point.params.get("to_steps", ()))

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        submits = view.submits(point.step)
        seen: dict[int, int] = {}
        for event in submits:
            nth = occurrence(seen, event)
            if not explain and _suffices(
                event.next_officers if next_step else event.officers, minimum
            ):
                continue
            found = _judge(point, event, minimum, next_step, only_to, nth)
            if explain or found.result == "fired":
                out.append(found)
        if explain and not submits:
            out.append(not_reached(point, KEY, MARK))

    return run


def _suffices(officers: tuple[Officer, ...], minimum: int) -> bool:
    return len(officers) >= minimum and all(o.qualified for o in officers)


def _judge(
    point: Point,
    event: Event,
    minimum: int,
    next_step: bool,
    only_to: frozenset[str],
    nth: str,
) -> Verdict:
    if not in_force(point, event.at):
        return not_in_force(point, KEY, MARK, event)
    if next_step and (not event.to_step or (only_to and event.to_step not in only_to)):
        why = "之后没有下一环节" if not event.to_step else f"进入的是「{event.to_title}」"
        return verdict(
            point,
            KEY,
            "not_applicable",
            mark=MARK,
            event=event,
            occurrence=nth,
            reason=f"提交后{why}，没有要核对的授权人员。",
        )
    officers = event.next_officers if next_step else event.officers
    about = (
        event.to_title or point.steps.get(event.to_step, event.to_step)
        if next_step
        else event.step_title or point.steps.get(event.step, event.step)
    )
    good = [o for o in officers if o.qualified]
    bad = [o for o in officers if not o.qualified]
    named = [f"{o.name}{f'（{o.reason}）' if o.reason else ''}" for o in bad]
    checks = (
        Check("合格人员人数", f"不少于 {minimum} 人", f"合格 {len(good)} 人", len(good) >= minimum),
        Check(
            "没有不合格人员",
            "0 人",
            f"不合格 {len(bad)} 人" + (f"：{listing(named)}" if bad else ""),
            not bad,
        ),
    )
    detail = {"qualified": len(good), "unqualified": len(bad), "minimum": minimum}
    if not bad and len(good) >= minimum:
        return verdict(
            point,
            KEY,
            "passed",
            mark=MARK,
            event=event,
            occurrence=nth,
            reason=f"「{about}」授权合格人员 {len(good)} 人，要求 {minimum} 人。",
            checks=checks,
            detail=detail,
        )
    said = f"「{about}」授权的执法人员中合格 {len(good)} 人，要求不少于 {minimum} 人"
    if bad:
        said += f"，另有不合格 {len(bad)} 人：{listing(named)}"
    return verdict(
        point,
        KEY,
        "fired",
        mark=MARK,
        event=event,
        occurrence=nth,
        headline=(
            f"合格执法人员只有 {len(good)} 人，要求 {minimum} 人"
            if len(good) < minimum
            else f"授权了 {len(bad)} 名不合格人员"
        ),
        sentence=said + ending(point.colour or "red"),
        cure=_cure(bad, minimum),
        checks=checks,
        detail=detail,
    )


def _cure(bad: list[Officer], minimum: int) -> str:
    if any(not o.number for o in bad):
        return "请填报人员补录执法证号，或者改为授权有资格的人员。"
    return f"授权 {minimum} 名及以上有执法资格的人员。"


KIND = Kind(
    key=KEY,
    title="主体资格",
    mark=MARK,
    colour="red",
    compile=compile_point,
    remedy="授权两名及以上有执法资格的人员；证号未登记的由填报人员补录；"
    "第 4 环节要双人执法的，监察点设在第 3 环节。",
    params={
        "minimum": "最少合格人数",
        "judges": "next_step 下一环节的授权，this_step 本环节的授权",
        "to_steps": "只在进入这些环节时判断",
    },
)
