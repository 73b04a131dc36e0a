# SPDX-License-Identifier: Apache-2.0
"""The item as a net of ways: what leads where, what can really be walked, what stands before what.

Only ``forward`` and ``branch`` ways move a case on; going back is an act of its own (S1-19). A
half-written draft must not break the linter, so whatever refers to nothing is left out here and
named by the check it belongs to.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from plugins.powers.rules.definition import Control, Definition, Limit, Step, Transition
from plugins.powers.rules.kinds import NONE, Offered, known_kinds

CHOSEN = frozenset({"choice", "outcome"})
"""Controls of which exactly one option is chosen."""

_HOURS: Mapping[str, float] = {"hours": 1.0, "calendar": 24.0, "working": 24.0 * 7 / 5}


class View:
    """What the checks ask again and again about one item."""

    def __init__(self, item: Definition, offered: Offered = NONE) -> None:
        self.item = item
        self.kinds = known_kinds(offered)
        self.steps: dict[str, Step] = {step.key: step for step in reversed(item.steps)}
        self.first = item.steps[0].key if item.steps else ""
        self.forms = {form.key: form for form in reversed(item.forms)}
        self.going: dict[str, list[Transition]] = defaultdict(list)
        self._controls: dict[str, dict[str, Control]] = {}
        self._with_type: dict[str, list[str]] = {}
        self._after: dict[str, set[str]] = {}
        self._around: dict[str, set[str]] = {}
        for way in item.transitions:
            if way.origin not in self.steps or (way.target and way.target not in self.steps):
                continue
            if way.kind != "rollback":
                self.going[way.origin].append(way)

    def title(self, step: str) -> str:
        """The step's title, or its key where there is none."""
        found = self.steps.get(step)
        return (found.title if found else "") or step

    def controls(self, step: str) -> dict[str, Control]:
        """The controls filled in at a step, by key."""
        if step not in self._controls:
            found = self.steps.get(step)
            form = self.forms.get(found.form) if found else None
            held = {control.key: control for control in form.controls} if form else {}
            self._controls[step] = held
        return self._controls[step]

    def of_type(self, step: str, *types: str) -> list[Control]:
        """The controls of a step of these types, in order."""
        return [one for one in self.controls(step).values() if one.type in types]

    def steps_with(self, type_: str) -> list[str]:
        """The steps whose form has a control of that type."""
        if type_ not in self._with_type:
            found = [step.key for step in self.item.steps if self.of_type(step.key, type_)]
            self._with_type[type_] = found
        return self._with_type[type_]

    # Ways --------------------------------------------------------------------------------------

    @cached_property
    def dead(self) -> dict[int, str]:
        """Ways no case can take, by their place in the item, each with the reason."""
        found: dict[int, str] = {}
        for place, way in enumerate(self.item.transitions):
            if way.kind == "rollback" or way.origin not in self.steps:
                continue
            reason = self._unmet(way) if way.when else self._shadowed(way)
            if reason:
                found[place] = reason
        return found

    def _unmet(self, way: Transition) -> str:
        assert way.when is not None
        control = self.controls(way.origin).get(way.when.control)
        if control is None:
            return f"条件用到的控件“{way.when.control}”不在“{self.title(way.origin)}”的表单里"
        offered = offered_values(control)
        if offered is None or offered & set(way.when.one_of):
            return ""
        wanted = "、".join(way.when.one_of) or "（空）"
        return f"“{control.title}”没有“{wanted}”这个选项"

    def _shadowed(self, way: Transition) -> str:
        """Conditions win over ways without one, so a complete set of them leaves it no case."""
        for control in self.of_type(way.origin, *CHOSEN):
            covered = self.covered(way.origin, control.key)
            if (
                control.required
                and control.options
                and {o.value for o in control.options} <= covered
            ):
                return f"“{control.title}”的每个选项都另有去向"
        return ""

    def covered(self, step: str, control: str) -> set[str]:
        """The values of a control for which a step has a way of its own."""
        return {
            value
            for way in self.going[step]
            if way.when and way.when.control == control
            for value in way.when.one_of
        }

    @cached_property
    def live(self) -> dict[str, list[Transition]]:
        """The ways a case can take, by the step they leave."""
        dead = {id(self.item.transitions[place]) for place in self.dead}
        return {
            step: [way for way in ways if id(way) not in dead] for step, ways in self.going.items()
        }

    def successors(self, step: str) -> list[str]:
        """The steps a case can go on to, each once; the end is not among them."""
        ways = self.live.get(step, [])
        return list(dict.fromkeys(way.target for way in ways if way.target))

    def predecessors(self, step: str) -> list[str]:
        """The steps from which a case can come here, in the order of the item."""
        return [one.key for one in self.item.steps if step in self.successors(one.key)]

    @cached_property
    def drawn(self) -> set[str]:
        """The steps the chart shows a way to from the first one."""
        return self._closure(self.first, self.going, "") if self.first else set()

    @cached_property
    def onward(self) -> dict[str, list[Transition]]:
        """The ways without those that lead round again: a loop has a before and an after, too."""
        return {
            step: [
                way for way in ways if not way.target or not self.always_before(way.target, step)
            ]
            for step, ways in self.going.items()
        }

    @cached_property
    def walked(self) -> set[str]:
        """The steps a case can really come to."""
        return self._closure(self.first, self.live, "") if self.first else set()

    @staticmethod
    def _closure(start: str, ways: Mapping[str, list[Transition]], without: str) -> set[str]:
        reached: set[str] = set()
        frontier = [start] if start != without else []
        while frontier:
            here = frontier.pop()
            if here in reached:
                continue
            reached.add(here)
            frontier += [w.target for w in ways.get(here, []) if w.target and w.target != without]
        return reached

    def lies_before(self, earlier: str, later: str) -> bool:
        """Whether some road leads from ``earlier`` on to ``later``."""
        if earlier == later:
            return False
        if earlier not in self._after:
            self._after[earlier] = self._closure(earlier, self.onward, "")
        return later in self._after[earlier]

    def always_before(self, earlier: str, later: str) -> bool:
        """Whether every road from the first step to ``later`` passes ``earlier``."""
        if earlier not in self._around:
            self._around[earlier] = self._closure(self.first, self.going, earlier)
        return earlier == later or (later in self.drawn and later not in self._around[earlier])

    @cached_property
    def ending(self) -> set[str]:
        """The steps from which the case can come to its end."""
        ends = {step for step, ways in self.live.items() if any(not way.target for way in ways)}
        grown = True
        while grown:
            more = {
                step
                for step in self.steps
                if step not in ends and ends & set(self.successors(step))
            }
            ends |= more
            grown = bool(more)
        return ends


def offered_values(control: Control) -> set[str] | None:
    """The values a control can take as a condition compares them; ``None`` = cannot be listed."""
    if control.type in {"choice", "choices", "outcome"}:
        return {option.value for option in control.options}
    if control.type == "boolean":
        return {"True", "False"}
    if control.type in {"evidence", "officers", "payment"}:
        return set()
    return None


def hours(limit: Limit) -> float:
    """About how long a period is; a week has five working days."""
    return limit.amount * _HOURS[limit.unit]


def longer(one: Limit, other: Limit) -> bool:
    """Whether a period is longer: exact within a unit, by the week of five days between units."""
    if one.unit == other.unit:
        return one.amount > other.amount
    return hours(one) > hours(other) + 1e-6
