# SPDX-License-Identifier: Apache-2.0
"""What a replay found: counted while reading, sorted on disk, so memory does not grow with it."""

import csv
import heapq
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from plugins.inspection.rules.model import COLOUR_TITLES, Point, Verdict

ROWS_IN_MEMORY = 5_000

Row = tuple[int, str, str, int, str, str, str, str, str]
"""Point number, case, time, event, point, kind, colour, step, sentence; sorts as it stands."""

_COLUMNS = ("监察点", "类型", "灯", "案件", "时间", "环节", "一句话")


class Findings:
    """Alarms of a replay by point, then case, then time."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.points = points
        self.numbers = {point.key: i for i, point in enumerate(points)}
        self.alarms = [0] * len(points)
        self.cases = [0] * len(points)
        self.kinds: dict[str, int] = {point.kind: 0 for point in points}
        self.colours = {"red": 0, "yellow": 0}
        self._held: list[Row] = []
        self._runs: list[IO[bytes]] = []
        self._stack = ExitStack()
        self._encode = msgspec.json.Encoder().encode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, case: str, verdicts: Sequence[Verdict]) -> None:
        last = -1
        held = self._held
        for verdict in verdicts:
            number = self.numbers[verdict.point]
            self.alarms[number] += 1
            if number != last:
                # Verdicts come point by point, so a change of point is a new alarmed case.
                self.cases[number] += 1
                last = number
            self.kinds[verdict.kind] += 1
            self.colours[verdict.colour] = self.colours.get(verdict.colour, 0) + 1
            held.append(
                (
                    number,
                    case,
                    verdict.at.isoformat(),
                    verdict.moment,
                    verdict.point,
                    verdict.kind,
                    verdict.colour,
                    verdict.step,
                    verdict.sentence,
                )
            )
        if len(held) >= ROWS_IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        self._held.sort()
        run = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        run.write(b"\n".join(map(self._encode, self._held)))
        self._runs.append(run)
        self._held = []

    def rows(self) -> Iterator[Row]:
        """All alarms in their order; may be asked again."""
        self._held.sort()
        if not self._runs:
            return iter(self._held)
        return heapq.merge(*map(_decoded, self._runs), iter(self._held))

    def ids(self) -> Iterator[tuple[int, Iterator[str]]]:
        """The alarmed cases of each point, sorted, each once."""
        for number, rows in groupby(self.rows(), key=lambda row: row[0]):
            yield number, (case for case, _ in groupby(rows, key=lambda row: row[1]))

    def write(self, path: Path) -> None:
        """The report: CSV by default, JSON lines for ``.jsonl``, one JSON list for ``.json``."""
        suffix = path.suffix.lower()
        if suffix in {".jsonl", ".json"}:
            with path.open("wb") as out:
                self._write_json(out, whole=suffix == ".json")
            return
        titles = [point.title for point in self.points]
        with path.open("w", encoding="utf-8-sig", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(_COLUMNS)
            for number, case, at, _, _, kind, colour, step, sentence in self.rows():
                row = (titles[number], kind, COLOUR_TITLES[colour], case, at, step, sentence)
                writer.writerow(map(_harmless, row))

    def _write_json(self, out: IO[bytes], *, whole: bool) -> None:
        separator = b",\n" if whole else b"\n"
        if whole:
            out.write(b"[")
        for index, row in enumerate(self.rows()):
            _, case, at, seq, point, kind, colour, step, sentence = row
            if index:
                out.write(separator)
            record = {
                "point": point,
                "kind": kind,
                "colour": colour,
                "case": case,
                "at": at,
                "event": seq,
                "step": step,
                "sentence": sentence,
            }
            out.write(self._encode(record))
        out.write(b"]\n" if whole else b"\n")


def _decoded(run: IO[bytes]) -> Iterator[Row]:
    run.seek(0)
    decode = msgspec.json.Decoder(Row).decode
    return (decode(line) for line in _lines(run))


def _lines(run: IO[bytes]) -> Iterator[bytes]:
    """Lines of one run; several passes may be under way, so each keeps its own place."""
    place = 0
    while True:
        run.seek(place)
        block = run.readlines(64 * 1024)
        if not block:
            return
        place = run.tell()
        yield from block


def _harmless(cell: str) -> str:
    """A cell that spreadsheets would take for a formula is written as text."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell


def summary(
    findings: Findings,
    *,
    cases: int,
    events: int,
    seconds: dict[str, float],
    skipped: int,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """The answer of ``--json`` without the case ids."""
    return {
        "cases": cases,
        "events": events,
        "alarms": dict(sorted(findings.kinds.items())),
        "colours": findings.colours,
        "points": {
            point.key: {
                "title": point.title,
                "kind": point.kind,
                "cases": findings.cases[number],
                "alarms": findings.alarms[number],
            }
            for number, point in enumerate(findings.points)
        },
        "seconds": {phase: round(value, 4) for phase, value in seconds.items()},
        "skipped": skipped,
        "warnings": list(warnings),
    }


def print_json(found: dict[str, Any], findings: Findings, out: IO[str], *, ids: bool) -> None:
    if ids:
        for point in found["points"].values():
            point["ids"] = []
        for number, cases in findings.ids():
            found["points"][findings.points[number].key]["ids"] = list(cases)
    json.dump(found, out, ensure_ascii=False, indent=2)
    out.write("\n")


def print_text(found: dict[str, Any], findings: Findings, out: IO[str], *, ids: bool) -> None:
    out.write(f"案件 {found['cases']:,} 件，事件 {found['events']:,} 个")
    if found["skipped"]:
        out.write(f"，跳过 {found['skipped']:,} 处")
    out.write(f"；红灯 {found['colours']['red']:,}，黄灯 {found['colours']['yellow']:,}\n\n")
    listed = {number: list(cases) for number, cases in findings.ids()} if ids else {}
    for number, point in enumerate(findings.points):
        of = findings.cases[number]
        share = f"{of / found['cases']:.1%}" if found["cases"] else "0%"
        out.write(f"{of:>8,} 件  {share:>6}  {point.title}（{point.key}，{point.kind}）\n")
        for case in listed.get(number, ()):
            out.write(f"            {case}\n")
    for warning in found["warnings"]:
        out.write(f"\n注意：{warning}\n")
    phases = "，".join(f"{name} {value:.2f} 秒" for name, value in found["seconds"].items())
    out.write(f"\n用时：{phases}\n")
