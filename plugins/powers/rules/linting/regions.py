# SPDX-License-Identifier: Apache-2.0
"""Exact sets of facts: where no tier applies, where two do, and an example of it in words.

Each control a condition mentions becomes an axis, cut at the numbers and options that occur: into
single points and the stretches between them. On each stretch every condition has one answer, so a
tier is a set of pieces on every axis (a box), and gaps and overlaps follow by set arithmetic
without sampling. Money is counted in whole 分; other numbers are real.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from plugins.powers.rules.definition import Condition, Control, Tier

ELSE = "（其他内容）"
"""Stands for every text that no condition names."""

Bits = int
Box = tuple[Bits, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an axis: a number, an open or closed interval, or one option."""

    low: float = -math.inf
    high: float = math.inf
    closed_low: bool = False
    closed_high: bool = False
    option: str | bool | None = None

    @property
    def single(self) -> bool:
        return self.low == self.high

    @property
    def sample(self) -> float:
        """A number inside."""
        if self.closed_low:
            return self.low
        if self.closed_high:
            return self.high
        if math.isinf(self.low):
            return self.high - 1 if not math.isinf(self.high) else 0
        return self.low + 1 if math.isinf(self.high) else (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Axis:
    """One control, cut into pieces on which every condition has one answer."""

    control: Control
    pieces: tuple[Piece, ...]

    @property
    def all(self) -> Bits:
        return (1 << len(self.pieces)) - 1

    @property
    def numeric(self) -> bool:
        return self.control.type in {"number", "money"}

    def meeting(self, condition: Condition) -> Bits:
        """The pieces on which the condition holds."""
        bits = 0
        for place, piece in enumerate(self.pieces):
            if _meets(condition, piece, numeric=self.numeric):
                bits |= 1 << place
        return bits


def axes(controls: Iterable[Control], tiers: Sequence[Tier]) -> list[Axis]:
    """An axis for every control that a condition of the tiers mentions."""
    found = []
    for control in controls:
        conditions = [c for tier in tiers for c in tier.conditions if c.control == control.key]
        if conditions:
            found.append(Axis(control, tuple(_cut(control, conditions))))
    return found


def boxes(axes_: Sequence[Axis], tiers: Sequence[Tier]) -> list[Box]:
    """Where each tier applies; 0 on some axis means nowhere."""
    found = []
    for tier in tiers:
        box = []
        for axis in axes_:
            bits = axis.all
            for condition in tier.conditions:
                if condition.control == axis.control.key:
                    bits &= axis.meeting(condition)
            box.append(bits)
        found.append(tuple(box))
    return found


def is_empty(box: Box) -> bool:
    """Whether nothing lies in the box."""
    return any(bits == 0 for bits in box)


def common(one: Box, other: Box) -> Box:
    """What lies in both."""
    return tuple(a & b for a, b in zip(one, other, strict=True))


def without(box: Box, taken: Box) -> list[Box]:
    """What lies in ``box`` and not in ``taken``, as boxes that do not touch."""
    if is_empty(common(box, taken)):
        return [] if is_empty(box) else [box]
    left: list[Box] = []
    inside: list[Bits] = list(box)
    for axis, bits in enumerate(taken):
        outside = inside[axis] & ~bits
        if outside:
            left.append((*inside[:axis], outside, *inside[axis + 1 :]))
        inside[axis] &= bits
    return left


def uncovered(axes_: Sequence[Axis], covered: Iterable[Box]) -> list[Box]:
    """The facts to which no box applies."""
    left: list[Box] = [tuple(axis.all for axis in axes_)]
    for box in covered:
        left = [rest for one in left for rest in without(one, box)]
    return left


def _cut(control: Control, conditions: Sequence[Condition]) -> Iterator[Piece]:
    if control.type not in {"number", "money"}:
        yield from _options(control, conditions)
        return
    low, high = _domain(control, conditions)
    named = {float(n) for c in conditions for n in _numbers(c) if low <= n <= high}
    cuts = sorted(named | {n for n in (low, high) if not math.isinf(n)})
    if control.type == "money":
        yield from _whole(cuts, low, high)
        return
    if math.isinf(low):
        yield Piece(low, cuts[0] if cuts else high)
    for place, cut in enumerate(cuts):
        yield Piece(cut, cut, closed_low=True, closed_high=True)
        after = cuts[place + 1] if place + 1 < len(cuts) else high
        if after > cut:
            yield Piece(cut, after)


def _whole(cuts: Sequence[float], low: float, high: float) -> Iterator[Piece]:
    """Whole numbers: each cut alone, and what lies between two of them where there is any."""
    cuts = sorted({float(math.floor(c)) for c in cuts} | {float(math.ceil(c)) for c in cuts})
    cuts = [cut for cut in cuts if low <= cut <= high]
    if not cuts:
        yield Piece(low, high)
        return
    for place, cut in enumerate(cuts):
        yield Piece(cut, cut, closed_low=True, closed_high=True)
        if place + 1 < len(cuts):
            if cuts[place + 1] - cut > 1:
                yield Piece(cut + 1, cuts[place + 1] - 1, closed_low=True, closed_high=True)
        elif math.isinf(high):
            yield Piece(cut + 1, high, closed_low=True)


def _domain(control: Control, conditions: Sequence[Condition]) -> tuple[float, float]:
    """What can be entered. Amounts and counts start at 0 unless something speaks of less."""
    low = 0.0 if control.min is None else float(control.min)
    negative = any(n < 0 for c in conditions for n in _numbers(c))
    if control.min is None and negative and control.type == "number":
        low = -math.inf
    if control.type == "money":
        low = max(low, 0.0)
    return low, math.inf if control.max is None else float(control.max)


def _numbers(condition: Condition) -> list[float]:
    value = condition.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [float(value)]
    return []


def _options(control: Control, conditions: Sequence[Condition]) -> Iterator[Piece]:
    if control.type == "boolean":
        yield Piece(option=True)
        yield Piece(option=False)
        return
    if control.options:
        for option in control.options:
            yield Piece(option=option.value)
        return
    named = {
        str(v) for c in conditions for v in (c.value if isinstance(c.value, list) else [c.value])
    }
    for value in sorted(named):
        yield Piece(option=value)
    yield Piece(option=ELSE)


def _meets(condition: Condition, piece: Piece, *, numeric: bool) -> bool:
    wanted = condition.value
    if not numeric:
        if condition.op == "in":
            listed = wanted if isinstance(wanted, list) else [wanted]
            return any(_same(piece.option, one) for one in listed)
        return condition.op == "eq" and _same(piece.option, wanted)
    if not isinstance(wanted, int | float) or isinstance(wanted, bool):
        return False
    number = piece.sample
    match condition.op:
        case "lt":
            return number < wanted
        case "le":
            return number <= wanted
        case "gt":
            return number > wanted
        case "ge":
            return number >= wanted
        case _:
            return piece.single and number == wanted


def _same(one: object, other: object) -> bool:
    """Equal as the engine compares: a truth value equals only a truth value."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


# In words ---------------------------------------------------------------------------------------


def tell(axes_: Sequence[Axis], box: Box) -> str:
    """The facts of a box as a clause: 「涉案货值正好 50,000 元、情节为“严重”时」."""
    said = [
        _tell_axis(axis, bits) for axis, bits in zip(axes_, box, strict=True) if bits != axis.all
    ]
    if not said:
        return "任何情况下"
    told = "，".join(said)
    return f"{told} 时" if told[-1].isdigit() else f"{told}时"


def exact_point(axes_: Sequence[Axis], box: Box) -> tuple[str, float] | None:
    """The control and number when the box is one number on one axis and free on the others."""
    bound = [(a, b) for a, b in zip(axes_, box, strict=True) if b != a.all]
    if len(bound) != 1 or not bound[0][0].numeric:
        return None
    axis, bits = bound[0]
    chosen = [p for place, p in enumerate(axis.pieces) if bits >> place & 1]
    if len(chosen) != 1 or not chosen[0].single:
        return None
    return axis.control.key, chosen[0].low


def _tell_axis(axis: Axis, bits: Bits) -> str:
    chosen = [piece for place, piece in enumerate(axis.pieces) if bits >> place & 1]
    title = axis.control.title
    if not axis.numeric:
        return f"{title}" + _tell_options(axis, chosen)
    # The first run of neighbouring pieces; one example is enough to see the fault.
    start = next(place for place in range(len(axis.pieces)) if bits >> place & 1)
    end = start
    while end + 1 < len(axis.pieces) and bits >> (end + 1) & 1:
        end += 1
    first, last = axis.pieces[start], axis.pieces[end]
    return title + _tell_run(axis.control, first, last)


def _tell_options(axis: Axis, chosen: Sequence[Piece]) -> str:
    if axis.control.type == "boolean":
        return "为是" if chosen[0].option else "为否"
    titles = {option.value: option.title or option.value for option in axis.control.options}
    names = [titles.get(str(piece.option), str(piece.option)) for piece in chosen]
    return f"为{'或'.join(f'“{name}”' for name in names[:3])}" + ("等" if len(names) > 3 else "")


def _tell_run(control: Control, first: Piece, last: Piece) -> str:
    low, high = first.low, last.high
    if low == high:
        return f"正好 {amount(control, low)}"
    # In law 以上、以下 include the number itself, 超过、不满 do not (民法典第一千二百五十九条).
    parts = []
    if not math.isinf(low):
        shown = amount(control, low)
        parts.append(f"{_spaced(shown)}以上" if first.closed_low else f"超过 {shown}")
    if not math.isinf(high):
        shown = amount(control, high)
        parts.append(f"{_spaced(shown)}以下" if last.closed_high else f"不满 {shown}")
    if not parts:
        return "不论多少"
    said = "、".join(parts)
    return f" {said}" if said[0].isdigit() else said


def _spaced(shown: str) -> str:
    return f"{shown} " if shown[-1].isdigit() else shown


def amount(control: Control, number: float) -> str:
    """A number with its unit: money in yuan, others as they are."""
    if control.type == "money":
        fen = round(number)
        cents = f".{fen % 100:02d}" if fen % 100 else ""
        return f"{fen // 100:,}{cents} 元"
    shown = f"{number:,.10g}" if number.is_integer() else f"{number:g}"
    return f"{shown} {control.unit}" if control.unit else shown
