# SPDX-License-Identifier: Apache-2.0
"""Rule fixtures: recorded cases with the verdicts they must get, as files. See docs/rules-fixtures.md.

Whoever changes a point writes down beforehand what it must say of which case; `jiandu rules test`
then says whether it does. Nothing here needs the database or the web server.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from plugins.inspection.replay.calendar import PublishedCalendar
from plugins.inspection.rules.engine import compile_points, judge
from plugins.inspection.rules.logs import ALL_KINDS
from plugins.inspection.rules.model import (
    EPOCH,
    Definition,
    Event,
    Evidence,
    EvidenceFile,
    Verdict,
    points_of,
)
from plugins.inspection.rules.words import BEIJING


class FixtureFault(Exception):
    """A fixture file cannot be understood; the text says where."""


class Expected(Struct, frozen=True, forbid_unknown_fields=True):
    """What must be said: the point, and as much of its verdict as is written down."""

    point: str
    result: str = "fired"
    mark: str | UnsetType = UNSET
    colour: str | UnsetType = UNSET
    step: str | UnsetType = UNSET
    visit: int | UnsetType = UNSET
    sentence: str | UnsetType = UNSET
    headline: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    version: int | UnsetType = UNSET

    @property
    def words(self) -> str:
        return "，".join(
            f"{name} = {value}"
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        )

    def fits(self, verdict: Verdict) -> bool:
        return all(
            getattr(verdict, name) == value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        )


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """One recorded case."""

    name: str
    events: tuple[dict[str, Any], ...]
    expect: tuple[Expected, ...] = ()
    until: datetime | None = None


class Fixture(Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    title: str
    definition: dict[str, Any]
    cases: tuple[Case, ...]
    versions: tuple[dict[str, Any], ...] = ()
    """Earlier versions of the item, when the fixture is about a change of version."""


@dataclass(frozen=True)
class Outcome:
    """What became of one case."""

    file: str
    case: str
    problems: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        return not self.problems


def files_of(path: Path) -> list[Path]:
    """The fixture files of a folder, or the file itself."""
    if path.is_dir():
        found = sorted(path.rglob("*.toml"))
        if not found:
            raise FixtureFault(f"{path}：没有 .toml 文件")
        return found
    if not path.exists():
        raise FixtureFault(f"{path}：没有这个文件")
    return [path]


def read_fixture(path: Path) -> Fixture:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(raw, Fixture)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FixtureFault(f"{path.name}：TOML 有错，{error}") from None
    except msgspec.ValidationError as error:
        raise FixtureFault(f"{path.name}：{error}") from None
    except OSError as error:
        raise FixtureFault(f"{path.name}：打不开，{error.strerror or error}") from None


def run_fixture(path: Path) -> Iterator[Outcome]:
    """Judge every case of a file and compare."""
    fixture = read_fixture(path)
    try:
        versions = [
            _definition(raw, number)
            for number, raw in enumerate((*fixture.versions, fixture.definition), 1)
        ]
        points = points_of(versions)
        compiled = compile_points(points, PublishedCalendar(), ALL_KINDS)
    except (msgspec.ValidationError, ValueError, KeyError) as error:
        raise FixtureFault(f"{path.name}：definition 看不懂，{error}") from None
    if not points:
        raise FixtureFault(f"{path.name}：definition 里没有一个监察点")
    known = {p.key for p in points}
    for case in fixture.cases:
        place = f"{path.name}，案件“{case.name}”"
        strange = sorted({e.point for e in case.expect} - known)
        if strange:
            raise FixtureFault(f"{place}：没有监察点 {'、'.join(strange)}")
        events = _events(case, versions[-1], place)
        said = judge(events, compiled, until=_aware(case.until))
        yield Outcome(path.name, case.name, tuple(_compare(case.expect, said)))


def _definition(raw: Mapping[str, Any], number: int) -> Definition:
    return msgspec.convert(
        {"item": 1, "version": number, "effective_from": EPOCH, **raw}, Definition
    )


def _aware(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=BEIJING)).astimezone(UTC)


def _events(case: Case, definition: Definition, place: str) -> list[Event]:
    titles = {s.key: s.title for s in definition.steps}
    stages = {s.key: s.stage for s in definition.steps}
    found = []
    for seq, raw in enumerate(case.events, 1):
        told = dict(raw)
        step = str(told.get("step", ""))
        told.setdefault("seq", seq)
        told.setdefault("step_title", titles.get(step, step))
        told.setdefault("stage", stages.get(step, ""))
        evidence = told.pop("evidence", {})
        try:
            event = msgspec.convert(told, Event)
            held = {control: _evidence(each) for control, each in evidence.items()}
        except (msgspec.ValidationError, AttributeError, TypeError) as error:
            raise FixtureFault(f"{place}第 {seq} 个事件：{error}") from None
        if "at" not in told:
            raise FixtureFault(f"{place}第 {seq} 个事件：缺少 at")
        at = _aware(event.at)
        assert at is not None
        found.append(msgspec.structs.replace(event, at=at, evidence=held))
    return found


def _evidence(told: Any) -> Evidence:
    """A number of files is enough; written out it is as in a case event."""
    if isinstance(told, int):
        files = tuple(EvidenceFile(id=n, name=f"{n}") for n in range(1, told + 1))
        return Evidence(files=files)
    return msgspec.convert(told, Evidence)


def _compare(expected: Sequence[Expected], said: Sequence[Verdict]) -> Iterator[str]:
    """What is missing, and every alarm nobody expected."""
    left = list(said)
    for each in expected:
        match = next((v for v in left if each.fits(v)), None)
        if match is not None:
            left.remove(match)
            continue
        near = next((v for v in said if v.point == each.point), None)
        told = _told(near) if near else "没有判断"
        yield f"应有 {each.words}；实际 {told}"
    for verdict in left:
        if verdict.result == "fired":
            yield f"没有预期的报警：{_told(verdict)}"


def _told(verdict: Verdict) -> str:
    words = [f"point = {verdict.point}", f"result = {verdict.result}", f"mark = {verdict.mark}"]
    if verdict.colour:
        words.append(f"colour = {verdict.colour}")
    return "，".join([*words, f"“{verdict.sentence or verdict.reason}”"])
