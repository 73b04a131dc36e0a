# SPDX-License-Identifier: Apache-2.0
"""工作方案: stages and deliverables from above, reports and summaries from below (S4-6, S4-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.api import clock
from core.api.access import persons_holding
from core.api.db import Place, SubjectRef, json, retried, row, rows, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.messages import notify
from core.api.people import organisation
from plugins.supervision import facts
from plugins.supervision.rules import programme as rules
from plugins.supervision.rules.kinds import MANAGE
from plugins.supervision.rules.programme import Deliverable, Stage
from plugins.supervision.services.base import Actor, invalid, must, organ_of

PROGRAMME = "supervision.programme"


@dataclass(frozen=True)
class Plan:
    """A programme as it was typed."""

    title: str
    begins: date
    ends: date
    stages: Sequence[Stage]
    deliverables: Sequence[tuple[str, Deliverable]]
    """Kind and deliverable."""
    goals: str = ""
    basis: int | None = None


def _ref(programme: int) -> SubjectRef:
    return SubjectRef(PROGRAMME, programme)


@retried
async def publish(who: Actor, it: Plan) -> int:
    """A programme for every office of the region; its id."""
    must(who, MANAGE)
    faults = {}
    if len(it.title.strip()) < 4:
        faults["title"] = "写明方案名称，至少 4 个字。"
    if not it.stages:
        faults["stages"] = "至少写一个阶段。"
    elif why := rules.stage_faults(it.begins, it.ends, it.stages):
        faults["stages"] = "".join(why)
    if not it.deliverables:
        faults["deliverables"] = "至少写一项成果。"
    for _, each in it.deliverables:
        for words in rules.deliverable_faults(each, it.stages).values():
            faults["deliverables"] = f"“{each.title}”：{words}"
    invalid(faults)
    async with transaction(who.scope):
        own = await organ_of(who)
        aud = (who.scope.region.lo, who.scope.region.hi)
        made = await row(
            "insert into supervision_programme (title, basis, goals, begins_on, ends_on, stages,"
            " organ, organ_lo, organ_name, published_at, outcome, region_lo, org_lo, aud_lo, aud_hi)"
            " values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, '', $11, $8, $12, $13)"
            " returning id",
            it.title.strip(),
            it.basis,
            it.goals.strip(),
            it.begins,
            it.ends,
            json([{"title": s.title, "begins": s.begins, "ends": s.ends} for s in it.stages]),
            own.id,
            own.lo,
            own.name,
            clock.now(),
            own.region_lo,
            *aud,
        )
        assert made is not None
        for kind, each in it.deliverables:
            await row(
                "insert into supervision_deliverable (programme, kind, title, stage, due_on,"
                " region_lo, org_lo, aud_lo, aud_hi) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                " returning id",
                made["id"],
                kind,
                each.title.strip(),
                each.stage,
                each.due,
                own.region_lo,
                own.lo,
                *aud,
            )
        place = Place(own.region_lo, own.lo)
        await record(
            "supervision.programme_published",
            _ref(made["id"]),
            facts.Registered(made["id"], it.title.strip(), f"{len(it.deliverables)} 项成果"),
            place,
        )
        for office in await offices_below(who.scope.region.lo, who.scope.region.hi, own.id):
            persons = await persons_holding(MANAGE, office["lo"], office["lo"])
            await notify(
                "supervision.programme",
                persons,
                _ref(made["id"]),
                {"title": it.title.strip(), "organ": own.name},
                place,
            )
    return int(made["id"])


def asks(programme: Mapping[str, Any], region_lo: int) -> bool:
    """Whether a programme asks an office of that region: those below who made it, none above."""
    return bool(programme["aud_lo"] <= region_lo <= programme["aud_hi"])


async def offices_below(lo: int, hi: int, without: int) -> list[dict[str, Any]]:
    """The justice offices a programme asks."""
    return await rows(
        "select id, name, lo from core_organisation where kind = 'justice_office'"
        " and region_lo between $1 and $2 and id <> $3 and valid_to is null"
        " order by region_lo, name",
        lo,
        hi,
        without,
    )


@retried
async def hand_in(
    who: Actor,
    programme: int,
    deliverable: int,
    kind: str,
    text: str,
    file: Received | None,
) -> None:
    """报送: to a deliverable, or out of turn (an innovation told timely). Again = a further report."""
    must(who, MANAGE)
    async with transaction(who.scope):
        own = await organ_of(who)
        found = await row("select * from supervision_programme where id = $1", programme)
        if found is None:
            raise NotFound("没有找到这个工作方案。")
        if found["closed_at"]:
            raise Refused("工作方案已经结束，不再接收材料。")
        if found["organ"] == own.id:
            raise Refused("本机关是方案的制定机关，由下级司法所报送。")
        if not asks(found, own.region_lo):
            raise Refused(f"这个方案由{found['organ_name']}的下级报送，本机关不在其中。")
        if deliverable:
            asked = await row(
                "select kind from supervision_deliverable where id = $1 and programme = $2",
                deliverable,
                programme,
            )
            if asked is None:
                raise NotFound("没有找到这项成果。")
            kind = asked["kind"]
        faults = rules.summary_faults(kind, text)
        if kind not in rules.REPORTS:
            faults["kind"] = "选择报送种类。"
        if len(text.strip()) < 10:
            faults["text"] = "写明报送内容，至少 10 个字。"
        if faults:
            raise Invalid(faults)
        place = Place(own.region_lo, own.lo)
        kept = await keep(file, place=place, purpose="supervision.submission") if file else None
        made = await row(
            "insert into supervision_submission (programme, deliverable, kind, organ, organ_name,"
            " text, file, file_name, at, by_name, region_lo, org_lo)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id",
            programme,
            deliverable,
            kind,
            own.id,
            own.name,
            text.strip(),
            kept.id if kept else None,
            kept.name if kept else "",
            clock.now(),
            who.name,
            place.region_lo,
            place.org_lo,
        )
        assert made is not None
        await record(
            "supervision.handed_in",
            _ref(programme),
            facts.Registered(programme, found["title"], f"{own.name}报送{rules.REPORTS[kind]}"),
            place,
        )
        upper = await organisation(found["organ"])
        if upper is not None:
            await notify(
                "supervision.handed_in",
                await persons_holding(MANAGE, upper.lo, upper.lo),
                _ref(programme),
                {"title": found["title"], "office": own.name, "kind": rules.REPORTS[kind]},
                place,
            )


@retried
async def close_programme(who: Actor, programme: int, outcome: str) -> None:
    """总结: the office that made it says what came of it."""
    must(who, MANAGE)
    if len(outcome.strip()) < 10:
        raise Invalid({"outcome": "写明总结，至少 10 个字。"})
    async with transaction(who.scope):
        own = await organ_of(who)
        changed = await row(
            "update supervision_programme set closed_at = $2, outcome = $3 where id = $1"
            " and organ = $4 and closed_at is null returning title",
            programme,
            clock.now(),
            outcome.strip(),
            own.id,
        )
        if changed is None:
            raise Refused("工作方案已经结束，或者不是本机关制定的。")
        await record(
            "supervision.programme_closed",
            _ref(programme),
            facts.Registered(programme, changed["title"], outcome.strip()[:200]),
            Place(own.region_lo, own.lo),
        )


def board(
    deliverables: Sequence[Mapping[str, Any]],
    offices: Sequence[Mapping[str, Any]],
    handed: Sequence[Mapping[str, Any]],
    today: date,
) -> list[dict[str, Any]]:
    """Who owes what: one row per office, one cell per deliverable; the first report counts."""
    first: dict[tuple[int, int], Any] = {}
    for each in handed:
        key = (each["organ"], each["deliverable"])
        if key not in first or each["at"] < first[key]:
            first[key] = each["at"]
    return [
        {
            "name": office["name"],
            "cells": [
                rules.standing(
                    d["due_on"],
                    clock.local(at).date() if (at := first.get((office["id"], d["id"]))) else None,
                    today,
                )
                for d in deliverables
            ],
        }
        for office in offices
    ]
