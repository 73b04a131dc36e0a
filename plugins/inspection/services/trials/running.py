# SPDX-License-Identifier: Apache-2.0
"""The worker's part: a trial goes on in pieces of a few seconds, each a transaction of its own.

Between two pieces others get their turn, progress is seen, a cancellation is obeyed, and a worker
that dies loses one piece only. What is read and what is said do not depend on where a piece ends.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any

import msgspec

from core.api.clock import now
from core.api.db import execute, row, rows, value
from core.api.deadlines import load_calendar
from core.api.jobs import enqueue
from core.api.people import mask_numbers
from plugins.inspection.rules.model import EPOCH, Definition, Event, decode_lapse
from plugins.inspection.rules.trial import (
    Counted,
    Report,
    Sample,
    Source,
    Trial,
    chain,
    compare,
    pack_report,
    seal_of,
)
from plugins.inspection.rules.words import BEIJING
from plugins.inspection.services.judging import LAPSED
from plugins.inspection.services.rulesets import kinds
from plugins.inspection.services.trials.beginning import (
    AT_WORK,
    JOB,
    find_trial,
    note_done,
    place_of,
)
from plugins.inspection.services.trials.logs import LogCase

PIECE = timedelta(seconds=2)
CASES_AT_ONCE = 250

EXTENT = """
with c as (
  select subject_id from core_fact where kind = 'cases.opened' and payload like $1
    and payload::jsonb ->> 'item' = $2)
select (select count(*) from c) as cases, max(f.id) as upto, max(f.at) as until
from core_fact f
where f.subject_kind = 'cases.case' and f.subject_id in (select subject_id from c)
  and (f.kind like 'cases.%' or f.kind = 'core.clock.lapsed')
"""

# The openings of all items are walked in order and looked at one by one. Were the item part of the
# condition, the database would take it for rare and sort everything anew for every piece.
NEXT = """
select id, subject_id, payload like $3 and payload::jsonb ->> 'item' = $4 as tried from (
  select id, subject_id, payload from core_fact
  where kind = 'cases.opened' and id > $1 and id <= $2 order by id limit $5) opened
order by id
"""

HISTORIES = """
select subject_id, id, kind, at, payload from core_fact
where subject_kind = 'cases.case' and subject_id = any($1::int8[]) and id <= $2
  and (kind like 'cases.%' or kind = 'core.clock.lapsed')
order by subject_id, at, id
"""

MOVE = """
update inspection_trial set state = 'running', total = $2, done = $3, events = $4, unreadable = $5,
  place = $6, upto = $7, until = $8, chained = $9, counted = $10, moved_at = $11
where id = $1 and state in ('waiting', 'running') returning id
"""

LOGGED = """
select number, content from inspection_trial_case where trial = $1 and number > $2
order by number limit $3
"""

_decode_case = msgspec.json.Decoder(LogCase).decode
_decode = msgspec.json.Decoder(Event).decode
_decode_any = msgspec.json.decode


async def carry_on(payload: Mapping[str, Any]) -> None:
    """Do the next piece of a trial, and see to the one after it."""
    trial = await find_trial(int(payload["trial"]))
    if trial is None or trial["state"] not in AT_WORK:
        return
    work = await _Work.of(trial)
    finished = await (work.facts() if trial["source"] == "facts" else work.log())
    if not await work.keep_place():
        return  # cancelled meanwhile
    if finished:
        await work.finish()
    else:
        await enqueue(
            JOB, {"trial": trial["id"]}, key=f"{JOB}:{trial['id']}", place=place_of(trial)
        )


def draft_definition(trial: Mapping[str, Any]) -> Definition:
    """The draft's definition as the engine reads one; what publication adds is filled in."""
    return msgspec.convert(
        {
            **trial["definition"],
            "item": trial["item"],
            "version": trial["base_version"] + 1,
            "effective_from": EPOCH,
        },
        Definition,
    )


async def base_definition(item: int, version: int) -> Definition | None:
    """The version the draft starts from, else the newest one kept."""
    found = await row(
        "select definition from inspection_rule_set where item = $1"
        " order by (version = $2) desc, version desc limit 1",
        item,
        version,
    )
    return msgspec.convert(found["definition"], Definition) if found else None


class _Work:
    """One piece of one trial."""

    def __init__(self, trial: dict[str, Any], judged: Trial, base: Definition | None) -> None:
        self.trial = trial
        self.judged = judged
        self.base = base
        self.done: int = trial["done"]
        self.total: int = trial["total"]
        self.events: int = trial["events"]
        self.unreadable: int = trial["unreadable"]
        self.place: int = trial["place"]
        self.upto: int = trial["upto"]
        self.until: datetime | None = trial["until"]
        self.chained: str = trial["chained"]

    @classmethod
    async def of(cls, trial: dict[str, Any]) -> "_Work":
        base = (
            await base_definition(trial["item"], trial["base_version"]) if trial["item"] else None
        )
        draft = draft_definition(trial)
        # A log may be tried also where the item has no version in force yet: all points are new.
        against = base
        if against is None and trial["source"] == "log":
            against = msgspec.structs.replace(draft, points=())
        calendar = await load_calendar(trial["region_lo"])
        judged = Trial(compare(against, draft), calendar, kinds())
        if trial["counted"]:
            judged.counted = Counted.restore(_decode_any(trial["counted"]))
        return cls(trial, judged, base)

    async def facts(self) -> bool:
        """Past cases; True when the last one was read."""
        item = self.trial["item"]
        if self.trial["state"] == "waiting":
            await self._measure(item)
        ends = monotonic() + PIECE.total_seconds()
        while self.done < self.total:
            opened = await rows(
                NEXT, self.place, self.upto, _mentions(item), str(item), CASES_AT_ONCE
            )
            if not opened:
                # Cases out of reach of this scope were counted and cannot be read: that is all.
                self.total = self.done
                break
            tried = sorted(each["subject_id"] for each in opened if each["tried"])
            if tried:
                self._read(await rows(HISTORIES, tried, self.upto))
            self.place = opened[-1]["id"]
            self.done += len(tried)
            if monotonic() >= ends:
                break
        return self.done >= self.total

    async def _measure(self, item: int) -> None:
        found = await row(EXTENT, _mentions(item), str(item)) if item else None
        if found is not None and found["cases"]:
            self.total, self.upto = found["cases"], found["upto"]
            # A lapse is judged from the second after; a history is judged as of its own end.
            self.until = found["until"] + timedelta(seconds=1)

    def _read(self, facts: Sequence[Mapping[str, Any]]) -> None:
        """Judge whole cases out of facts that come case by case, each in its order."""
        start = 0
        for end in range(1, len(facts) + 1):
            if end == len(facts) or facts[end]["subject_id"] != facts[start]["subject_id"]:
                self._case(facts[start:end])
                start = end

    def _case(self, facts: Sequence[Mapping[str, Any]]) -> None:
        digest = sha256()
        events: list[Event] = []
        try:
            for fact in facts:
                text = fact["payload"]
                digest.update(f"{fact['id']}|{fact['kind']}|".encode())
                digest.update(text.encode())
                if fact["kind"] == LAPSED:
                    events.append(decode_lapse(_decode_any(text), fact["at"]))
                else:
                    events.append(_decode(text))
        except msgspec.ValidationError:
            self.unreadable += 1
        else:
            self.events += len(events)
            self.judged.add(events, self.until)
        self.chained = chain(self.chained, digest.digest())

    async def log(self) -> bool:
        """The cases of an uploaded log; True when the last one was read."""
        log = self.trial["log"]
        if self.trial["state"] == "waiting":
            self.total = await value(
                "select count(*) from inspection_trial_case where trial = $1", log
            )
            self.chained = self.trial["log_hash"]
        ends = monotonic() + PIECE.total_seconds()
        while self.done < self.total:
            for each in await rows(LOGGED, log, self.place, CASES_AT_ONCE):
                case = _decode_case(each["content"])
                self.judged.add(
                    case.events, case.until, number=case.name, attributes=case.attributes
                )
                self.events += len(case.events)
                self.place = each["number"]
                self.done += 1
            if monotonic() >= ends:
                break
        return self.done >= self.total

    async def keep_place(self) -> bool:
        """Write down how far it is; False when it was cancelled meanwhile."""
        kept = await row(
            MOVE,
            self.trial["id"],
            self.total,
            self.done,
            self.events,
            self.unreadable,
            self.place,
            self.upto,
            self.until,
            self.chained,
            msgspec.json.encode(self.judged.counted.store()).decode(),
            now(),
        )
        return kept is not None

    async def finish(self) -> None:
        trial, comparison = self.trial, self.judged.comparison
        report = pack_report(
            Report(
                digest=trial["digest"],
                item=trial["item"],
                code=trial["code"],
                title=trial["title"],
                base_version=self.base.version if self.base else 0,
                source=Source(
                    kind=trial["source"],
                    cases=self.done,
                    events=self.events,
                    unreadable=self.unreadable,
                    sha256=self.chained,
                    until=self.until.astimezone(BEIJING).isoformat() if self.until else "",
                    name=trial["log_name"],
                ),
                points=comparison.tried,
                left_out=comparison.left_out,
                rows=self.judged.counted.rows(),
                samples=tuple(_masked(each) for each in self.judged.counted.chosen()),
                alarmed_cases=dict(self.judged.counted.cases),
            )
        )
        seal = seal_of(report)
        await execute(
            "update inspection_trial set state = 'done', report = $2, report_hash = $3,"
            " counted = '', finished_at = $4 where id = $1",
            trial["id"],
            report.decode(),
            seal,
            now(),
        )
        await note_done(trial, seal)


def _masked(sample: Sample) -> Sample:
    """As it may leave with the report: what was typed may hold numbers of persons (D16).

    Before the report is sealed, so that its bytes are the same wherever it is read.
    """
    return msgspec.structs.replace(
        sample,
        title=mask_numbers(sample.title),
        before=mask_numbers(sample.before),
        after=mask_numbers(sample.after),
    )


def _mentions(item: int) -> str:
    """Spares most facts of other items the way through JSON; the exact test follows."""
    return f'%"item":{item},%'
