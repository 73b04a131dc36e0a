# SPDX-License-Identifier: Apache-2.0
"""What a power item's flow chart shows: boxes for steps with their lamps, lines for ways.

Sizes are given explicitly (one em a Chinese character): whoever lays the chart out has no fonts.
"""

from dataclasses import dataclass

from plugins.powers.rules.definition import Definition, Point, Step, Transition
from plugins.powers.rules.kinds import NONE, Offered, known_kinds
from plugins.powers.rules.words import Colour

BEGIN, END = "·begin", "·end"
_TITLE, _SMALL, _CHIP = 14.0, 12.0, 24.0


@dataclass(frozen=True, slots=True)
class Lamp:
    """A monitoring point on a step: the word on it, its colour, its place within the box."""

    key: str
    title: str
    word: str
    colour: Colour
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class StepBox:
    """A step as it stands in the chart; lamps lie in one row under the two lines of text."""

    key: str
    title: str
    note: str
    width: float
    height: float
    lamps: tuple[Lamp, ...]


@dataclass(frozen=True, slots=True)
class Way:
    origin: str
    target: str
    kind: str
    label: str
    label_width: float


def chart_steps(item: Definition, offered: Offered = NONE) -> list[StepBox]:
    """The steps of ``item`` with their measures, in order."""
    return [_box(item, step, offered) for step in item.steps]


def chart_ways(item: Definition) -> list[Way]:
    """The ways between steps, the first and the last one included."""
    ways = [Way(BEGIN, item.steps[0].key, "forward", "", 0)] if item.steps else []
    return [*ways, *(_way(one) for one in item.transitions)]


def points_shown_at(item: Definition, step: Step) -> list[Point]:
    """The points drawn at a step; those of a stage stand on its last step, where they are due."""
    last = [one.key for one in item.steps if one.stage and one.stage == step.stage][-1:]
    of_stage = [
        point
        for point in item.points
        if not point.step and point.stage and point.stage == step.stage and [step.key] == last
    ]
    return [*item.points_of(step.key), *of_stage]


def _box(item: Definition, step: Step, offered: Offered) -> StepBox:
    note = step.limit.words if step.limit else "不限期"
    if step.min_officers:
        note += f" · {step.min_officers} 人执法"
    lamps: list[Lamp] = []
    kinds = known_kinds(offered)
    x = 10.0
    for point in points_shown_at(item, step):
        kind = kinds.get(point.kind)
        word = kind.short if kind else point.kind
        colour = point.colour or (kind.colours[0] if kind else "red")
        width = _measure(word, _SMALL) + 28
        lamps.append(Lamp(point.key, point.title, word, colour, x, width))
        x += width + 6
    width = max(
        _measure(f"{step.position}  {step.title}", _TITLE) + 24,
        _measure(note, _SMALL) + 24,
        x + 4,
        130,
    )
    return StepBox(
        step.key, step.title, note, round(width), 52 + (_CHIP + 6 if lamps else 0), tuple(lamps)
    )


def _way(way: Transition) -> Way:
    label = way.title if way.kind != "forward" else ""
    width = _measure(label, _SMALL) + 8 if label else 0
    return Way(way.origin, way.target or END, way.kind, label, width)


def _measure(text: str, size: float) -> float:
    return sum(size if ord(letter) > 0x2E80 else size * 0.58 for letter in text)
