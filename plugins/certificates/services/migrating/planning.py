# SPDX-License-Identifier: Apache-2.0
"""What would become of every row: decided for thousands of rows with a few statements."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.api import clock
from core.api.db import rows
from core.api.imports import Sheet
from core.api.people import clean, lookup_hash
from core.api.regions import REGIONS
from plugins.certificates.queries.applying import forced_among
from plugins.certificates.rules import migrating as rules
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.rules.roster import repeated
from plugins.certificates.services.applying import digest_of
from plugins.certificates.services.base import Actor
from plugins.certificates.services.entering import ID_NUMBER

CHUNK = 2000
FAULTS_KEPT = 500
"""More sentences than that help nobody; the count goes on."""
Progress = Callable[[str, int, int], None]
"""Told what is being done, how many rows of it are done and of how many."""
Take = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]
"""Given the rows that are to be entered, some thousand at a time."""


def silently(_what: str, _done: int, _of: int) -> None:
    """For those who do not watch."""


@dataclass
class Plan:
    """What would become of each row; nothing of it is stored but counts and sentences."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    """The bodies to be entered; officers are many and go on as soon as they are judged."""
    good: int = 0
    """How many officers went on."""
    counts: dict[str, int] = field(default_factory=dict)
    units: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def count(self, key: str, unit: int | None = None) -> None:
        self.counts[key] = self.counts.get(key, 0) + 1
        if unit is not None:
            of = self.units.setdefault(str(unit), {})
            of[key] = of.get(key, 0) + 1

    def fault(self, line: Mapping[str, Any], text: str, unit: int | None = None) -> None:
        """``unit`` is the one that misses an officer for it, and has to account for him."""
        self.count("faults", unit)
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append({"row": line["row"], "name": line.get("name", ""), "text": text})


async def _units(who: Actor) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The organisations of the region by code and by name, and the names that several have.

    Which of these a row means its code says; a guess would put an officer into the other office.
    """
    interval = REGIONS.interval(who.region_lo)
    found = await rows(
        """select o.id, o.name, o.kind, o.unified_code, o.region_lo, o.lo, u.name as above,
                  r.name as region_name
           from core_organisation o join core_region r on r.id = o.region
           left join core_organisation u on u.id = o.parent
           where o.valid_to is null and o.region_lo between $1 and $2""",
        interval.lo,
        interval.hi,
    )
    known: dict[str, dict[str, Any]] = {}
    shared: set[str] = set()
    for each in found:
        if known.setdefault(each["name"], each) is not each:
            shared.add(each["name"])
        if each["unified_code"]:
            known[each["unified_code"]] = each
    return known, shared


async def plan_officers(
    who: Actor,
    sheet: Sheet,
    *,
    expired_open: bool,
    progress: Progress = silently,
    take: Take | None = None,
) -> Plan:
    """Decide about every row; asks the database a few times for some thousand of them.

    What is to be entered goes to ``take`` before the next rows are looked at, so that a sheet of
    fifty thousand takes no more memory than one of two thousand.
    """
    plan, today = Plan(), clock.today()
    doing = "核对" if take is None else "写入"
    units, shared = await _units(who)
    by_row: dict[int, list[str]] = {}
    for each in sheet.faults:
        by_row.setdefault(each.row, []).append(f"{each.column}：{each.text}")
    total = len(sheet.rows)
    progress("核对", 0, total)
    suspects = repeated(
        text for line in sheet.rows for text in (clean(line["id_number"]), line["number"])
    )
    seen: dict[str, int] = {}
    judged: list[dict[str, Any]] = []
    for done, line in enumerate(sheet.rows):
        if len(judged) == CHUNK:
            await _pass_on(plan, judged, take)
            progress(doing, done, total)
            judged = []
        fate = rules.fate_of(line["state"], expired_open=expired_open)
        line["id_number"], line["phone"] = clean(line["id_number"]), clean(line["phone"])
        code = clean(line["unit_code"])
        unit = units.get(code) or units.get(line["unit"])
        misses = unit["id"] if unit and fate in ("keep", "making") else None
        if line["row"] in by_row:
            plan.fault(line, "；".join(by_row[line["row"]]), misses)
        elif not fate:
            plan.fault(line, f"状态“{line['state']}”认不出来。")
        elif fate in ("skip", "expired"):
            plan.count(fate, unit["id"] if unit else None)
        elif unit is None:
            plan.fault(line, f"没有“{line['unit'] or line['unit_code']}”这个单位，请先迁移主体。")
        elif line["unit"] in shared and code not in units:
            plan.fault(line, f"有几个单位都叫“{line['unit']}”，请填统一社会信用代码。")
        elif problem := rules.row_problem(line, today):
            plan.fault(line, problem, misses)
        elif twin := seen.get(line["id_number"]) or seen.get(line["number"]):
            plan.fault(line, f"身份证号或证号与第 {twin} 行重复。", misses)
        else:
            for text in (line["id_number"], line["number"]):
                if hash(text) in suspects:
                    seen[text] = line["row"]
            line["to"] = unit
            line["fate"] = fate
            judged.append(line)
    await _pass_on(plan, judged, take)
    progress(doing, total, total)
    plan.faults.sort(key=lambda each: each["row"])
    return plan


async def _pass_on(plan: Plan, judged: Sequence[dict[str, Any]], take: Take | None) -> None:
    good = await _compare(plan, judged)
    plan.good += len(good)
    if take is not None and good:
        await take(good)


async def _compare(plan: Plan, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are not here yet; the others are counted, or their number is somebody else's."""
    good: list[dict[str, Any]] = []
    if not lines:
        return good
    for each in lines:
        each["hash"] = lookup_hash(each["id_number"], ID_NUMBER)
    digests = {each["row"]: digest_of(each["id_number"]) for each in lines}
    forced = await forced_among(list(digests.values()))
    persons = {
        bytes(one["id_number_hash"]): one
        for one in await rows(
            """select p.id, p.id_number_hash, p.organisation, p.name, p.close_reason,
                      p.closed_at is not null as closed, o.id as officer,
                      o.closed_at is null as active
               from core_person p left join certificates_officer o on o.person = p.id
               where p.id_number_hash = any($1::bytea[])""",
            [each["hash"] for each in lines],
        )
    }
    cards = {
        one["number"]: one
        for one in await rows(
            "select id, number, person from certificates_certificate"
            " where number = any($1::text[])",
            [each["number"] for each in lines],
        )
    }
    for each in lines:
        held = persons.get(each["hash"])
        card = cards.get(each["number"])
        unit = each["to"]["id"]
        each["person"] = held["id"] if held else None
        if digests[each["row"]] in forced:
            plan.fault(each, STRUCK_OFF, unit)
        elif card is not None and (held is None or card["person"] != held["id"]):
            plan.fault(each, f"证号 {each['number']} 已经登记在别人名下。", unit)
        elif held is not None and held["officer"] and held["active"]:
            plan.count("known", each["to"]["id"])
            plan.count("kept", each["to"]["id"])
        elif (
            held is not None
            and not held["closed"]
            and held["organisation"]
            not in (
                0,
                None,
                each["to"]["id"],
            )
        ):
            plan.fault(each, "这个身份证号已经登记在别的单位。", unit)
        elif held is not None and held["name"] != each["name"]:
            plan.fault(each, f"这个身份证号登记的姓名是“{held['name']}”。", unit)
        else:
            each["card"] = card["id"] if card else None
            plan.count("new", each["to"]["id"])
            plan.count("kept", each["to"]["id"])
            good.append(each)
    return good
