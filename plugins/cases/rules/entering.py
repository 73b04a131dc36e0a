# SPDX-License-Identifier: Apache-2.0
"""补录: a case that is already being handled elsewhere enters the platform at its present step.

What was done before is stated, marked and not judged: no event tells of it, so no monitoring
point looks at it. From the entry on the case is like any other.
"""

from collections import deque
from collections.abc import Mapping
from datetime import date
from typing import Any

from plugins.cases.rules.decision import outcome_control
from plugins.cases.rules.definition import Definition, Step

OLDEST_YEARS = 5
"""《行政处罚法》第三十六条: the longest period in which an act can still be punished."""


def road_to(definition: Definition, step: str) -> tuple[str, ...]:
    """The steps a case has passed when it stands at ``step``: the shortest road of the flow."""
    first = definition.first.key
    before: dict[str, str] = {first: ""}
    queue = deque([first])
    while queue:
        at = queue.popleft()
        if at == step:
            break
        for t in definition.transitions:
            if t.start == at and t.kind != "rollback" and t.to and t.to not in before:
                before[t.to] = at
                queue.append(t.to)
    if step not in before:
        return ()
    road = []
    at = before[step]
    while at:
        road.append(at)
        at = before[at]
    return tuple(reversed(road))


def enterable(definition: Definition) -> tuple[Step, ...]:
    """The steps at which a case may be entered: every one that has a road to it."""
    first = definition.first.key
    return tuple(s for s in definition.ordered if s.key != first and road_to(definition, s.key))


def stated_values(
    definition: Definition, step: Step, *, amount: int | None, on: date
) -> Mapping[str, Any]:
    """What is stated of a step done before the entry: of a decision its outcome and amount.

    Everything else stays empty: inventing answers to a form nobody filled in would be a lie.
    """
    form = definition.form_of(step)
    if step.kind == "service":
        return {c.key: on.isoformat() for c in form.of_type("date")[:1]}
    if step.kind != "decision":
        return {}
    control = outcome_control(form)
    if control is None:
        return {}
    positive = [o.value for o in control.options if o.value not in control.negative]
    values: dict[str, Any] = {control.key: positive[0]} if positive else {}
    money = form.of_type("money")
    if amount is not None and money:
        values[money[0].key] = amount
    return values


def entering_errors(
    definition: Definition,
    *,
    step: str,
    opened_on: date,
    today: date,
    number: str,
    amount: int | None,
    reason: str,
) -> dict[str, str]:
    """Everything wrong with the entry of a case already under way, by field."""
    errors: dict[str, str] = {}
    found = definition.find_step(step)
    road = road_to(definition, step)
    if found is None or step not in {s.key for s in enterable(definition)}:
        errors["step"] = "请选择案件现在所在的环节。"
    if opened_on > today:
        errors["opened_on"] = "立案日期不能晚于今天。"
    elif (today - opened_on).days > OLDEST_YEARS * 366:
        errors["opened_on"] = f"立案日期早于 {OLDEST_YEARS} 年以前，请核对。"
    if len(number) > 60:
        errors["number"] = "原案号最多 60 个字。"
    decided = any(definition.step(key).kind == "decision" for key in road)
    if amount is not None and not decided:
        errors["amount"] = "案件还没有作出决定，不填罚款金额。"
    if amount is not None and amount < 0:
        errors["amount"] = "金额不能小于 0。"
    if not reason:
        errors["reason"] = "请写明为什么补录，以及录入以前的案卷在哪里。"
    elif len(reason) > 400:
        errors["reason"] = f"最多 400 个字，现在是 {len(reason)} 个字。"
    return errors
