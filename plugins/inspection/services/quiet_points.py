# SPDX-License-Identifier: Apache-2.0
"""The nightly count of points that say nothing (features C4-16)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from core.api.clock import now
from core.api.db import Scope, execute, rows, transaction
from core.api.demo import DemoContext
from plugins.inspection.rules.model import Definition
from plugins.inspection.rules.quiet import WINDOW, Sample, Silence, assess, unchanged_since
from plugins.inspection.services.rulesets import kinds

COUNT = """
select item, version, point, mark,
       count(*) filter (where result in ('fired', 'passed')) as judged,
       count(*) filter (where result = 'fired') as fired
from inspection_verdict where happened_at >= $1 and happened_at < $2 group by 1, 2, 3, 4
"""
CASES = """
select item, count(distinct case_id) as cases from inspection_verdict
where happened_at >= $1 and happened_at < $2 and result in ('fired', 'passed') group by 1
"""
KEEP = """
insert into inspection_quiet_point (item, version, code, item_title, organisation, point,
  point_title, kind, mark, step_title, silence, judged, fired, cases, quiet_since, counted_at,
  region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17)
on conflict (item, point, mark) do update set
  version = excluded.version, code = excluded.code, item_title = excluded.item_title,
  organisation = excluded.organisation, point_title = excluded.point_title, kind = excluded.kind,
  step_title = excluded.step_title, silence = excluded.silence, judged = excluded.judged,
  fired = excluded.fired, cases = excluded.cases, counted_at = excluded.counted_at,
  region_lo = excluded.region_lo, org_lo = excluded.org_lo, ended_at = null,
  quiet_since = case
    when inspection_quiet_point.ended_at is null
     and inspection_quiet_point.silence = excluded.silence
    then inspection_quiet_point.quiet_since else excluded.quiet_since end
"""
END = """
update inspection_quiet_point set ended_at = $1, counted_at = $1
where ended_at is null and counted_at < $1
"""


async def count_nightly(_payload: Mapping[str, Any]) -> None:
    """The worker's job of every night."""
    await count_quiet_points()


async def plan_count(context: DemoContext) -> None:
    """The demo's last night: counted when the played year is over, so the page is not empty."""

    async def count() -> None:
        async with transaction(Scope.platform("the nightly count of the demo")):
            await count_quiet_points()

    context.plan(context.now, count)


async def count_quiet_points() -> int:
    """Count the last ninety days of every item in force; how many points are quiet.

    Runs inside the caller's transaction. Counting again at the same moment changes nothing.
    """
    moment = now()
    start = moment - WINDOW
    said: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for each in await rows(COUNT, start, moment):
        said[each["item"], each["point"]].append(each)
    cases = {each["item"]: each["cases"] for each in await rows(CASES, start, moment)}
    found = 0
    for versions in (await _versions(moment)).values():
        found += await _count_item(versions, said, cases, moment)
    await execute(END, moment)
    return found


async def _versions(moment: datetime) -> dict[int, list[dict[str, Any]]]:
    kept: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for each in await rows(
        "select item, organisation, region_lo, org_lo, definition from inspection_rule_set"
        " where effective_from <= $1 order by item, version",
        moment,
    ):
        kept[each["item"]].append(each)
    return kept


async def _count_item(
    versions: list[dict[str, Any]],
    said: Mapping[tuple[int, str], list[dict[str, Any]]],
    cases: Mapping[int, int],
    moment: datetime,
) -> int:
    definitions = [msgspec.convert(each["definition"], Definition) for each in versions]
    current, place = definitions[-1], versions[-1]
    steps = {step.key: step.title for step in current.steps}
    found = 0
    for point in current.points:
        since = unchanged_since(definitions, point["key"])
        if since is None:
            continue
        counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for each in said.get((current.item, point["key"]), ()):
            if each["version"] >= since[0]:
                counted[each["mark"]][0] += each["judged"]
                counted[each["mark"]][1] += each["fired"]
        if not any(judged for judged, _ in counted.values()):
            kind = kinds().get(point["kind"])
            counted = {kind.mark if kind else point["kind"]: [0, 0]}
        for mark, (judged, fired) in sorted(counted.items()):
            sample = Sample(judged, fired, cases.get(current.item, 0))
            silence: Silence = assess(sample, moment - since[1])
            if silence:
                found += 1
                await execute(
                    KEEP,
                    current.item,
                    current.version,
                    current.code,
                    current.title,
                    place["organisation"],
                    point["key"],
                    point.get("title") or point["key"],
                    point["kind"],
                    mark,
                    steps.get(point.get("step") or "", ""),
                    silence,
                    sample.judged,
                    sample.fired,
                    sample.cases,
                    moment,
                    place["region_lo"],
                    place["org_lo"],
                )
    return found
