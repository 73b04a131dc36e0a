# SPDX-License-Identifier: Apache-2.0
"""Points files: which log names mean what, and what is watched. See docs/replay.md."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from plugins.inspection.replay.cases import LogMapping, mapping_of
from plugins.inspection.replay.faults import PointsFault
from plugins.inspection.rules.engine import Compiled, Kinds, compile_points
from plugins.inspection.rules.logs import ALL_KINDS
from plugins.inspection.rules.logs.select import WrongPoint
from plugins.inspection.rules.model import Limit, Point, Required, Standard
from plugins.inspection.rules.view import Calendar

OWN = {"key", "kind", "title", "step", "stage", "colour", "clause"}
TOP = {"title", "timezone", "until", "mapping", "points", "standards", "description"}


@dataclass(frozen=True)
class PointsFile:
    """A points file, understood."""

    title: str
    zone: ZoneInfo
    until: datetime | None
    mapping: LogMapping
    points: tuple[Point, ...]

    def compiled(self, calendar: Calendar, kinds: Kinds = ALL_KINDS) -> Compiled:
        try:
            return compile_points(self.points, calendar, kinds)
        except WrongPoint as error:
            raise PointsFault(str(error)) from None


def read_points(path: Path, kinds: Kinds = ALL_KINDS) -> PointsFile:
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        raise PointsFault(f"{path.name}：打不开，{error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PointsFault(f"{path.name}：TOML 有错，{error}") from None
    return points_from(raw, path.name, kinds)


def points_from(raw: Mapping[str, Any], name: str, kinds: Kinds = ALL_KINDS) -> PointsFile:
    strange = sorted(set(raw) - TOP)
    if strange:
        raise PointsFault(f"{name}：不认识 {'、'.join(strange)}，可写 {'、'.join(sorted(TOP))}")
    zone_name = raw.get("timezone", "Asia/Shanghai")
    try:
        zone = ZoneInfo(zone_name)
    except (KeyError, ValueError, OSError):
        raise PointsFault(f"{name}：没有时区 {zone_name}") from None
    standards = {
        s["key"]: msgspec.convert(s, Standard) for s in raw.get("standards", []) if "key" in s
    }
    points = []
    seen: set[str] = set()
    for number, spec in enumerate(raw.get("points", []), 1):
        point = _point(spec, f"{name} 第 {number} 个监察点", zone_name, standards, kinds)
        if point.key in seen:
            raise PointsFault(f"{name}：监察点 {point.key} 写了两次")
        seen.add(point.key)
        points.append(point)
    if not points:
        raise PointsFault(f"{name}：没有一个 [[points]]")
    return PointsFile(
        title=str(raw.get("title", name)),
        zone=zone,
        until=_until(raw.get("until"), zone, name),
        mapping=mapping_of(raw.get("mapping", {}), zone),
        points=tuple(points),
    )


def _until(value: Any, zone: ZoneInfo, name: str) -> datetime | None:
    if value is None:
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise PointsFault(f"{name}：until 看不懂：{value}") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _point(
    spec: Mapping[str, Any],
    place: str,
    zone: str,
    standards: Mapping[str, Standard],
    kinds: Kinds,
) -> Point:
    key, kind_key = spec.get("key"), spec.get("kind")
    if not key or not kind_key:
        raise PointsFault(f"{place}：要写 key 和 kind")
    kind = kinds.get(str(kind_key))
    if kind is None:
        known = "、".join(kinds.by_key)
        raise PointsFault(f"监察点 {key}：没有类型 {kind_key}，有 {known}")
    if spec.get("colour") not in {None, "red", "yellow"}:
        raise PointsFault(f"监察点 {key}：colour 只能是 red 或 yellow")
    params = {name: value for name, value in spec.items() if name not in OWN}
    if kind.params:
        strange = sorted(set(params) - set(kind.params) - {"timezone", "limit"})
        if strange:
            raise PointsFault(
                f"监察点 {key}：不认识 {'、'.join(strange)}，"
                f"{kind_key} 可写 {'、'.join(kind.params)}"
            )
    params.setdefault("timezone", zone)
    limit = params.get("limit")
    return Point(
        key=str(key),
        kind=str(kind_key),
        title=str(spec.get("title", key)),
        step=str(spec.get("step", "")),
        stage=str(spec.get("stage", "")),
        colour=spec.get("colour"),
        params=params,
        clause=str(spec.get("clause", "")),
        limit=msgspec.convert(limit, Limit) if isinstance(limit, dict) else None,
        standard=standards.get(str(params.get("standard", ""))),
        required={
            control: Required(title=control, count=int(count))
            for control, count in params.get("controls", {}).items()
        }
        if isinstance(params.get("controls", {}), dict)
        else {},
    )
