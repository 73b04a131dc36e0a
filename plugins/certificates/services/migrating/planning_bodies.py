# SPDX-License-Identifier: Apache-2.0
"""What would become of every body of the old system; the dry run says what the run will do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.api.db import rows
from core.api.imports import Sheet
from core.api.people import clean
from core.api.regions import REGIONS
from plugins.certificates.rules import migrating as rules
from plugins.certificates.services.base import Actor
from plugins.certificates.services.migrating.planning import Plan

NO_SUPERIOR = "没有找到上级单位。"
Parent = int | str | None
"""A unit that is here already by its id, one of the same sheet by its code, or none."""


@dataclass
class _Here:
    """The units that are here already and concern the sheet."""

    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[tuple[Parent, str], dict[str, Any]] = field(default_factory=dict)
    named: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


async def _here(who: Actor, lines: list[dict[str, Any]]) -> _Here:
    """By code from everywhere, since a code is given once; by name from one's own region."""
    interval = REGIONS.interval(who.region_lo)
    found = await rows(
        """select id, name, parent, region, region_lo, unified_code,
                  region_lo between $3 and $4 as ours
           from core_organisation
           where valid_to is null and ((unified_code <> '' and unified_code = any($1::text[]))
             or (name = any($2::text[]) and region_lo between $3 and $4))""",
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
    parent: Parent = None
    if line["body_kind"] != "first":
        above = here.codes.get(line["superior_code"])
        if above is None and line["superior_code"] not in seen:
            return False
        if above is not None and not above["ours"]:
            plan.fault(line, "上级单位不在本地区，请由上级单位所在地区的监督机关迁移。")
            return True
        parent = above["id"] if above is not None else line["superior_code"]
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
    return True


def _compare(here: _Here, line: dict[str, Any], parent: Parent) -> str:
    """Whether the unit is here already, and what speaks against entering it."""
    line["known"] = None
    held: Mapping[str, Any] | None
    if code := line["unified_code"]:
        held = here.codes.get(code)
        if held is not None and not held["ours"]:
            return "这个统一社会信用代码已由别的地区的单位使用，请核对。"
        if held is None and (parent, line["name"]) in here.names:
            return f"已有“{line['name']}”，但统一社会信用代码不是这个，请核对。"
    elif line["body_kind"] == "first":
        known = here.named.get(line["name"], [])
        if len(known) > 1:
            return f"有几个单位都叫“{line['name']}”，请填统一社会信用代码。"
        held = known[0] if known else None
    else:
        held = here.names.get((parent, line["name"]))
    line["known"] = held["id"] if held is not None else None
    return ""
