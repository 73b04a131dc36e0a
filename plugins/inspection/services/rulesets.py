# SPDX-License-Identifier: Apache-2.0
"""The rules in force: kept from the publication of power items, compiled once per process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from core.api.db import execute, rows
from core.api.extensions import contributions
from plugins.inspection.queries import KIND_POINT
from plugins.inspection.rules.engine import Compiled, Kinds, compile_points, contributed_kind
from plugins.inspection.rules.logs import ALL_KINDS
from plugins.inspection.rules.model import Definition, Point, Verdict, points_of


@dataclass(frozen=True)
class Rules:
    """The points of all versions of one item, ready to judge."""

    points: tuple[Point, ...]
    compiled: Compiled
    everything_matters: bool
    """A contributed kind is among them, so no event may be passed over."""

    def point_of(self, verdict: Verdict) -> Point:
        return next(
            p
            for p in self.points
            if (p.key, p.kind, p.version) == (verdict.point, verdict.kind, verdict.version)
        )


@lru_cache(maxsize=8)
def _joined(contributed: tuple[Any, ...]) -> Kinds:
    return ALL_KINDS.with_kinds(
        *(
            contributed_kind(
                each.key,
                each.value.title,
                each.value.mark or each.key,
                each.value.colour,
                each.value.judge,
                each.value.remedy,
            )
            for each in contributed
        )
    )


def kinds() -> Kinds:
    """The kinds of this process: ours and those other plugins contribute."""
    return _joined(contributions(KIND_POINT))


_compiled: dict[tuple[int, ...], Rules] = {}
_REMEMBERED = 512


def forget_rules() -> None:
    """Read all rules anew: another database counts its rows from one again."""
    _compiled.clear()


async def rules_of(row_ids: Sequence[int]) -> Rules:
    """The rules of the given rows of `inspection_rule_set` (all versions of one item).

    Rows never change their meaning, so they are compiled once per process.
    """
    key = tuple(sorted(row_ids))
    found = _compiled.get(key)
    if found is None:
        stored = await rows(
            "select definition from inspection_rule_set where id = any($1::int8[])", list(key)
        )
        found = build([r["definition"] for r in stored])
        if len(_compiled) >= _REMEMBERED:
            _compiled.clear()
        _compiled[key] = found
    return found


def build(definitions: Sequence[Mapping[str, Any]]) -> Rules:
    """Compile published definitions."""
    points = points_of([msgspec.convert(d, Definition) for d in definitions])
    known = kinds()
    return Rules(
        points=tuple(points),
        compiled=compile_points(points, None, known),
        everything_matters=any(p.kind not in ALL_KINDS.by_key for p in points),
    )


KEEP = """
insert into inspection_rule_set (item, version, code, title, organisation, effective_from,
  definition, region_lo, org_lo, aud_lo, aud_hi)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (item, version) do nothing
"""


async def keep_rules(payload: Mapping[str, Any]) -> None:
    """Take over a power item version that came into force; again is the same as once."""
    definition = msgspec.convert(payload, Definition)
    await execute(
        KEEP,
        definition.item,
        definition.version,
        definition.code,
        definition.title,
        int(payload.get("organisation") or 0),
        definition.effective_from,
        msgspec.to_builtins(definition),
        int(payload["region_lo"]),
        int(payload.get("org_lo") or 0),
        int(payload["aud_lo"]),
        int(payload["aud_hi"]),
    )
