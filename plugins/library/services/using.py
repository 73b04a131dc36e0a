# SPDX-License-Identifier: Apache-2.0
"""Who leans on which article: a projection of powers and cases, kept from their facts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from core.api import clock
from core.api.db import Place, column, execute, execute_many, rows
from core.api.facts import record
from core.api.plugin import Fact
from core.api.turns import close_turn
from plugins.library import facts
from plugins.library.rules.citing import Citation, citations_in
from plugins.library.rules.comparing import revised
from plugins.library.rules.dating import name_of
from plugins.library.services.base import TASK, place_of, ref

POWER, CASE = "powers.item", "cases.case"
INSERT = """
insert into library_use (name, key, part, kind, subject_kind, subject, title, detail, cited, quoted,
  open, "on", region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""


@dataclass(frozen=True)
class Leaning:
    """One article cited somewhere."""

    name: str
    key: str
    part: str
    kind: str
    detail: str
    cited: str
    quoted: str = ""


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        for each in found.values():
            yield from _strings(each)
    elif isinstance(found, Sequence):
        for each in found:
            yield from _strings(each)


async def _name(citation: Citation) -> str:
    """The law cited. Of bare words only those count that are a law of the library."""
    if not citation.names:
        return ""
    if len(citation.names) <= 3:
        return name_of(citation.names[0])
    known = await column(
        "select title from library_law where names && $1::varchar[] order by length(title) desc",
        list(citation.names),
    )
    return name_of(known[0]) if known else ""


async def leanings(text: str, kind: str, detail: str, quoted: str = "") -> list[Leaning]:
    """The articles a text cites by name."""
    found = []
    for each in citations_in(text):
        if name := await _name(each):
            cited = text[each.start : each.end]
            shown = cited if cited.startswith("《") else f"《{name}》{cited}"
            found += [
                Leaning(name, key, each.part, kind, detail[:300], shown[:120], quoted)
                for key in each.keys
            ]
    return list(dict.fromkeys(found))


async def _keep(
    found: Sequence[Leaning],
    subject_kind: str,
    subject: int,
    title: str,
    place: Place,
    on: date | None = None,
) -> None:
    await execute_many(
        INSERT,
        [
            (
                each.name[:200],
                each.key,
                each.part,
                each.kind,
                subject_kind,
                subject,
                title[:300],
                each.detail,
                each.cited,
                each.quoted,
                True,
                on,
                place.region_lo,
                place.org_lo,
            )
            for each in found
        ],
    )


async def of_power(item: Mapping[str, Any]) -> list[Leaning]:
    """What the definition of a power leans on: its basis, its standards, its monitoring points."""
    found: list[Leaning] = []
    for each in item.get("basis") or ():
        text = f"《{each.get('law', '')}》{each.get('article', '')}"
        found += await leanings(text, "power", "法律依据", str(each.get("text") or ""))
    for kind, many in (("standard", item.get("standards")), ("point", item.get("points"))):
        for each in many or ():
            whole = msgspec.json.encode(each, order="deterministic").decode()
            for text in _strings(each):
                found += await leanings(text, kind, str(each.get("title") or ""), whole)
    return list(dict.fromkeys(found))


async def keep_power(fact: Fact) -> None:
    """A version of a power came into force; what it cites now is what it leans on."""
    item = fact.payload
    found = await of_power(item)
    await close_revised(item, found)
    await execute(
        "delete from library_use where subject_kind = $1 and subject = $2", POWER, item["item"]
    )
    title = f"{item.get('code', '')} {item.get('title', '')}".strip()
    place = Place(item["region_lo"], item["org_lo"])
    await _keep(found, POWER, item["item"], title, place)


async def close_revised(item: Mapping[str, Any], found: Sequence[Leaning]) -> None:
    """A new version in force answers what an amendment asked of the places it changed.

    What it left as it was still has to be looked at by somebody.
    """
    open_ones = await rows(
        "select t.id, t.law, t.law_title, t.key, t.kind, t.title, t.detail, t.region_lo, t.org_lo,"
        " l.names from library_task t join library_law l on l.id = t.law"
        " where t.subject_kind = $1 and t.subject = $2 and t.state = 'open'"
        " order by t.id for update of t",
        POWER,
        item["item"],
    )
    if not open_ones:
        return
    uses = await rows(
        "select name, key, kind, detail, quoted from library_use where subject_kind = $1"
        " and subject = $2",
        POWER,
        item["item"],
    )
    note = f"第 {item['version']} 版已经施行，这一处已修订"
    for task in open_ones:
        place = task["kind"], task["detail"]
        before = [
            (use["key"], use["quoted"])
            for use in uses
            if (use["kind"], use["detail"]) == place and use["name"] in task["names"]
        ]
        now = [
            (one.key, one.quoted)
            for one in found
            if (one.kind, one.detail) == place and one.name in task["names"]
        ]
        if not revised(before, now, task["key"]):
            continue
        await execute(
            "update library_task set state = 'changed', note = $2, done_at = $3 where id = $1",
            task["id"],
            note,
            clock.now(),
        )
        await record(
            "library.task_done",
            ref(TASK, task["id"]),
            facts.TaskDone(task["law"], task["law_title"], task["title"], "已修订", note),
            place_of(task),
        )
        await close_turn(ref(TASK, task["id"]))


async def keep_decision(fact: Fact) -> None:
    """A step of a case decided something: the articles it cites."""
    event = fact.payload
    decision = event.get("decision")
    if not decision or not str(decision.get("basis") or "").strip():
        return
    detail = str(event.get("step_title") or "")
    found = await leanings(str(decision["basis"]), "case", detail)
    case = int(event["case"])
    await execute(
        "delete from library_use where subject_kind = $1 and subject = $2 and detail = $3",
        CASE,
        case,
        detail[:300],
    )
    title = f"{event.get('case_number', '')} {event.get('title', '')}".strip()
    day = clock.local(fact.at if isinstance(fact.at, datetime) else clock.now()).date()
    await _keep(found, CASE, case, title, fact.place, day)


async def keep_closed(fact: Fact) -> None:
    """The case is over: an amendment does not touch it any more."""
    await execute(
        "update library_use set open = false where subject_kind = $1 and subject = $2",
        CASE,
        int(fact.payload["case"]),
    )
