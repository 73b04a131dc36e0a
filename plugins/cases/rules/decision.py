# SPDX-License-Identifier: Apache-2.0
"""A decision, read from the values of the step's form."""

from collections.abc import Mapping
from typing import Any

from plugins.cases.rules.definition import Control, Definition, Form, Step
from plugins.cases.rules.event import Decision

DEFAULT_NEGATIVE: tuple[str, ...] = (
    "不予立案",
    "不予处罚",
    "撤案",
    "撤销案件",
    "不予许可",
    "不予受理",
)
"""Negative outcomes where the outcome control names none of its own (handbook S1-21)."""


def outcome_control(form: Form) -> Control | None:
    """The control that makes a step a decision."""
    found = form.of_type("outcome")
    return found[0] if found else None


def is_negative(control: Control, outcome: str) -> bool:
    return outcome in (control.negative or DEFAULT_NEGATIVE)


def _point_param(definition: Definition, step: Step, name: str) -> str:
    for point in definition.points:
        if point.step == step.key and name in point.params:
            return str(point.params[name])
    return ""


def _basis(form: Form, named: str, values: Mapping[str, Any]) -> str:
    keys = [named] if named else [c.key for c in form.of_type("basis")]
    texts: list[str] = []
    for key in keys:
        value = values.get(key)
        if isinstance(value, list | tuple):
            texts.extend(str(v) for v in value if str(v).strip())
        elif value is not None and str(value).strip():
            texts.append(str(value).strip())
    return "；".join(texts)


def build_decision(
    definition: Definition,
    step: Step,
    values: Mapping[str, Any],
    earlier: Mapping[str, Any],
    *,
    number: str = "",
) -> Decision | None:
    """The decision these values make; ``None`` for a step that decides nothing.

    ``earlier`` holds the newest values of the steps before, since the facts a tier is judged by
    (value of the goods, number of times) are usually established in the investigation.
    """
    form = definition.form_of(step)
    control = outcome_control(form)
    if control is None or not values.get(control.key):
        return None
    outcome = str(values[control.key])
    money = _point_param(definition, step, "amount_control")
    if not money:
        candidates = form.of_type("money")
        money = candidates[0].key if candidates else ""
    amount = values.get(money)
    tier_key = _point_param(definition, step, "tier_control")
    if not tier_key:
        candidates = form.of_type("standard")
        tier_key = candidates[0].key if candidates else ""
    standard = definition.standard_for(tier_key) if tier_key else None
    known = {**earlier, **values}
    wanted = set()
    if standard is not None:
        wanted = {c.control for t in standard.tiers for c in t.conditions}
        if standard.base:
            wanted.add(standard.base)
    kinds_control = next((c for c in form.of_type("choices") if "kind" in c.key), None)
    kinds = values.get(kinds_control.key) if kinds_control else None
    negative = is_negative(control, outcome)
    return Decision(
        outcome=outcome,
        negative=negative,
        basis=_basis(form, _point_param(definition, step, "basis_control"), values),
        amount=int(amount) if isinstance(amount, int) and not negative else None,
        kinds=tuple(str(k) for k in kinds or ()),
        standard=standard.key if standard is not None and values.get(tier_key) else "",
        tier=str(values.get(tier_key) or ""),
        facts={k: known[k] for k in sorted(wanted) if known.get(k) is not None},
        number=number,
    )
