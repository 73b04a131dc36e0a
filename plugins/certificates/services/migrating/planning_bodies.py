# SPDX-License-Identifier: Apache-2.0
"""What would become of every body of the old system; the dry run says what the run will do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.api.db import rows
from core.api.imports import Sheet
from core.api.people import clean
from core.api.regions import REGIONS, RegionRow, region_at, region_named
from plugins.certificates.rules import migrating as rules
from plugins.certificates.services.base import Actor
from plugins.certificates.services.migrating.planning import Plan

NO_SUPERIOR = "没有找到上级单位。"
ELSEWHERE = "下属单位的地区要在上级单位的地区以内，请核对。"
Parent = int | str | tuple[str, int]
"""A unit that is here already by its id, one of the same sheet by its code, or the region of a
body that has none above it."""


@dataclass
class _Here:
    """The units that are here already and concern the sheet, and the regions it names."""

    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[tuple[Parent, str], dict[str, Any]] = field(default_factory=dict)
    named: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    regions: dict[str, RegionRow | str] = field(default_factory=dict)
    """By what the cell says; a text says why it names none."""
    places: dict[str, int] = field(default_factory=dict)
    """Where the regions of the units of the sheet begin that have found their place, by code."""


async def _here(who: Actor, lines: list[dict[str, Any]]) -> _Here:
    """By code from everywhere, since a code is given once; by name from one's own region."""
    interval = REGIONS.interval(who.region_lo)
    found = await rows(
        """select o.id, o.name, o.parent, o.region, o.region_lo, o.unified_code,
                  r.name as region_name, o.region_lo between $3 and $4 as ours
           from core_organisation o join core_region r on r.id = o.region
           where o.valid_to is null and ((o.unified_code <> '' and o.unified_code = any($1::text[]))
             or (o.name = any($2::text[]) and o.region_lo between $3 and $4))""",
        sorted({each[key] for each in lines for key in ("unified_code", "superior_code")} - {""}),
        sorted({each["name"] for each in lines}),
        interval.lo,
        interval.hi,
    )
    here = _Here()
    for each in found:
        if each["unified_code"]:
            here.codes[each["unified_code"]] = each
        if each["ours"]:
            here.names.setdefault((each["parent"], each["name"]), each)
            here.named.setdefault(each["name"], []).append(each)
    home = await region_at(who.region_lo)
    assert home is not None
    here.regions = {
        text: await region_named(text, interval) if text else home
        for text in {each["region"] for each in lines}
    }
    return here


async def plan_bodies(who: Actor, sheet: Sheet) -> Plan:
    """Decide about every row; superiors first, wherever they stand in the sheet."""
    plan = Plan()
    bad: dict[int, list[str]] = {}
    for wrong in sheet.faults:
        bad.setdefault(wrong.row, []).append(f"{wrong.column}：{wrong.text}")
    waiting: list[dict[str, Any]] = []
    for line in sheet.rows:
        kind = rules.BODY_KINDS.get(line["kind"].strip() or "一级")
        line["unified_code"], line["superior_code"] = (
            clean(line["unified_code"]),
            clean(line["superior_code"]),
        )
        line["region"] = line["region"].strip()
        if line["row"] in bad:
            plan.fault(line, "；".join(bad[line["row"]]))
        elif kind is None:
            plan.fault(line, f"类别“{line['kind']}”认不出来，应为一级、二级或受委托。")
        elif kind != "first" and not line["superior_code"]:
            plan.fault(line, "二级机构和受委托单位要填上级的统一社会信用代码。")
        else:
            line["body_kind"] = kind
            waiting.append(line)
    here = await _here(who, waiting)
    seen: dict[Any, int] = {}
    while waiting:
        later = [each for each in waiting if not _decide(plan, here, seen, each)]
        if len(later) == len(waiting):
            for each in later:
                plan.fault(each, NO_SUPERIOR)
            break
        waiting = later
    plan.faults.sort(key=lambda each: each["row"])
    return plan


def _decide(plan: Plan, here: _Here, seen: dict[Any, int], line: dict[str, Any]) -> bool:
    """Put a row in its place; false while its superior has none."""
    place = here.regions[line["region"]]
    if isinstance(place, str):
        plan.fault(line, f"地区：{place}")
        return True
    parent: Parent = ("region", place.id)
    begins = place.lo
    line["place"] = place.id
    if line["body_kind"] != "first":
        above = here.codes.get(line["superior_code"])
        if above is None and line["superior_code"] not in seen:
            return False
        if above is not None and not above["ours"]:
            plan.fault(line, "上级单位不在本地区，请由上级单位所在地区的监督机关迁移。")
            return True
        parent = above["id"] if above is not None else line["superior_code"]
        home = above["region_lo"] if above is not None else here.places[line["superior_code"]]
        if not line["region"]:
            begins, line["place"] = home, None
        elif begins not in REGIONS.interval(home):
            plan.fault(line, ELSEWHERE)
            return True
    code, name = line["unified_code"], (parent, line["name"])
    if twin := (seen.get(code) if code else None):
        plan.fault(line, f"统一社会信用代码与第 {twin} 行重复。")
    elif twin := seen.get(name):
        plan.fault(line, f"同一个上级下面有两个“{line['name']}”，与第 {twin} 行重复。")
    elif problem := _compare(here, line, parent):
        plan.fault(line, problem)
    else:
        plan.count("known" if line["known"] else "new")
        plan.lines.append(line)
        seen[name] = line["row"]
        if code:
            seen[code] = line["row"]
            here.places[code] = begins
    return True


def _compare(here: _Here, line: dict[str, Any], parent: Parent) -> str:
    """Whether the unit is here already, and what speaks against entering it."""
    line["known"] = None
    held: Mapping[str, Any] | None
    if line["body_kind"] == "first":
        # A sheet that names no region may mean a unit of any town below.
        alike = [
            each
            for each in here.named.get(line["name"], [])
            if not line["region"] or each["region"] == line["place"]
        ]
        twins = [each for each in alike if each["parent"] is None]
    else:
        alike = twins = (
            [here.names[(parent, line["name"])]] if (parent, line["name"]) in here.names else []
        )
    if code := line["unified_code"]:
        held = here.codes.get(code)
        if held is not None and not held["ours"]:
            return "这个统一社会信用代码已由别的地区的单位使用，请核对。"
        if held is not None and line["region"] and held["region"] != line["place"]:
            return f"这个统一社会信用代码的单位登记在{held['region_name']}，请核对地区。"
        if held is None and twins:
            return f"已有“{line['name']}”，但统一社会信用代码不是这个，请核对。"
    else:
        if len(alike) > 1:
            return f"有几个单位都叫“{line['name']}”，请填统一社会信用代码。"
        held = alike[0] if alike else None
    line["known"] = held["id"] if held is not None else None
    return ""
