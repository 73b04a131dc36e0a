# SPDX-License-Identifier: Apache-2.0
"""Judging a case when something happened in it, inside the transaction of the act.

One query reads what is known, one the history; verdicts are compared in memory and only what
changed is written, in one statement. Running it again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.api.clock import now
from core.api.db import execute, row, rows
from core.api.facts import Fact, Place, SubjectRef, history, record
from plugins.inspection.rules.engine import judge
from plugins.inspection.rules.facts import AlarmCorrected, AlarmRaised
from plugins.inspection.rules.logs import ALL_KINDS
from plugins.inspection.rules.model import Event, Verdict, decode_event, decode_lapse
from plugins.inspection.rules.proof import fingerprint, pack, seal
from plugins.inspection.services.rulesets import Rules, kinds, rules_of

CASE = "cases.case"
ALARM = "inspection.alarm"
LAPSED = "core.clock.lapsed"

# Acts no kind of ours looks at; time passing meanwhile is the sweep's business.
IDLE = frozenset(
    (
        "opened",
        "step_entered",
        "recalled",
        "authorised",
        "attempt_refused",
        "evidence_added",
        "corrected",
        "delegated",
        "archived_note",
        "payment_recorded",
        "transferred",
        "signed",
        "version_moved",
        "document_issued",
        "document_served",
        "document_voided",
        "disclosed",
        "archived",
    )
)

LATE = timedelta(hours=1)
"""An act entered later than this after it happened counts as entered after the fact."""

KNOWN = """
select 'rules' as what, id, '' as key, '' as digest, '' as result
from inspection_rule_set where item = $1
union all
select 'verdict', coalesce(a.id, 0), v.key, v.digest, v.result
from inspection_verdict v
left join inspection_alarm a on a.case_id = v.case_id and a.verdict_key = v.key
where v.case_id = $2
"""

RAISE = """
insert into inspection_alarm (case_id, verdict_key, item, version, point, point_title, kind, mark,
  colour, step, step_title, visit, headline, sentence, clause, cure, state, returned, happened_at,
  raised_at, state_at, late, corrected, case_number, case_title, party, organisation, department,
  handlers, order_id, order_number, state_reason, silence, proof, proof_hash, region_lo, org_lo)
select $1, n.key, n.item, n.version, n.point, n.title, n.kind, n.mark, n.colour, n.step,
  n.step_title, n.visit, n.headline, n.sentence, n.clause, n.cure, 'raised', false, n.at,
  $3, $3, n.late, false, $4, $5, $6, $7, $8, $9::jsonb, 0, '', '', n.silence, n.proof,
  n.proof_hash, $10, $11
from jsonb_to_recordset($2::jsonb) as n(key text, item int8, version int, point text, title text,
  kind text, mark text, colour text, step text, step_title text, visit int, headline text,
  sentence text, clause text, cure text, at timestamptz, late bool, silence int8, proof text,
  proof_hash text)
on conflict (case_id, verdict_key) do nothing
returning id, verdict_key
"""

NOTE = """
insert into inspection_verdict (case_id, key, item, version, point, kind, mark, step, result,
  colour, digest, happened_at, judged_at, region_lo, org_lo)
select $1, n.key, n.item, n.version, n.point, n.kind, n.mark, n.step, n.result, n.colour,
  n.digest, n.at, $3, $4, $5
from jsonb_to_recordset($2::jsonb) as n(key text, item int8, version int, point text, kind text,
  mark text, step text, result text, colour text, digest text, at timestamptz)
on conflict (case_id, key) do update set result = excluded.result, colour = excluded.colour,
  digest = excluded.digest, happened_at = excluded.happened_at, judged_at = excluded.judged_at
"""

CORRECT = """
with c as (
  insert into inspection_correction (alarm, case_id, result, sentence, fact, made_at, region_lo,
    org_lo)
  select n.alarm, $1, n.result, n.sentence, $3, $4, $5, $6
  from jsonb_to_recordset($2::jsonb) as n(alarm int8, result text, sentence text)
  returning alarm)
update inspection_alarm a set corrected = true from c where a.id = c.alarm
returning a.id, a.headline, a.case_number
"""

SILENCED = """
select id, point, reason, author_name, ends_at from inspection_silence
where ended_at is null and starts_at <= $1 and ends_at > $1
  and item in (0, $2) and case_id in (0, $3)
  and (org_lo = 0 or org_lo = $4)
order by ends_at desc
"""


@dataclass
class Known:
    """What the tables hold about a case before it is judged."""

    rules: Rules
    digests: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    alarms: dict[str, int] = field(default_factory=dict)


async def known_of(item: int, case: int) -> Known | None:
    """The rules in force for the item and the verdicts on the case; None without any point."""
    found = await rows(KNOWN, item, case)
    row_ids = [r["id"] for r in found if r["what"] == "rules"]
    if not row_ids:
        return None
    known = Known(await rules_of(row_ids))
    if not known.rules.points:
        return None
    for each in found:
        if each["what"] == "verdict":
            known.digests[each["key"]] = each["digest"]
            known.results[each["key"]] = each["result"]
            if each["id"]:
                known.alarms[each["key"]] = each["id"]
    return known


def events_of(facts: Sequence[Fact]) -> list[Event]:
    """The case events among the facts of a case, with the lapses of its clocks."""
    events = []
    for fact in facts:
        if fact.kind.startswith("cases."):
            events.append(decode_event(fact.payload))
        elif fact.kind == LAPSED:
            events.append(decode_lapse(fact.payload, fact.at))
    return events


async def judge_case(fact: Fact) -> None:
    """React to an act in a case, or to the lapse of one of its clocks."""
    if fact.subject.kind != CASE:
        return
    case = fact.subject.id
    until = max(now(), fact.at)
    if fact.kind == LAPSED:
        events = events_of(await history(fact.subject))
        own = next((e for e in events if e.item), None)
        if own is None:
            return
        item = own.item
        due = decode_lapse(fact.payload, fact.at).lapse
        if due is not None and due.due_at is not None:
            until = max(until, due.due_at + timedelta(seconds=1))
        known = await known_of(item, case)
        if known is None:
            return
    else:
        item = int(fact.payload["item"])
        known = await known_of(item, case)
        if known is None or (fact.payload["kind"] in IDLE and not known.rules.everything_matters):
            return
        events = events_of(await history(fact.subject))
    await settle(known, events, until, fact)


async def settle(known: Known, events: Sequence[Event], until: datetime, fact: Fact) -> None:
    """Judge, and write what is new: verdicts, alarms, corrections."""
    judged = judge(events, known.rules.compiled, until=until)
    now_says = {v.key: v for v in judged}
    changed = [
        v
        for v in judged
        if v.result in {"fired", "passed"} and known.digests.get(v.key) != v.digest
    ]
    # A kind of another plugin that is gone or fails says nothing about its earlier alarms.
    mute = {v.point for v in judged if v.result == "undecided" and v.kind not in ALL_KINDS.by_key}
    fallen = {
        key: now_says.get(key)
        for key in known.alarms
        if known.results.get(key) == "fired"
        and key.split("|")[0] not in mute
        and _differs(known, key, now_says.get(key))
    }
    raised = [v for v in changed if v.result == "fired" and v.key not in known.alarms]
    if raised:
        await _raise(known, raised, events, until, fact)
    noted = {v.key: _row(v) for v in changed}
    for key, verdict in fallen.items():
        noted[key] = _row(verdict) if verdict else _lost_row(known, key, until)
    if noted:
        await execute(
            NOTE,
            fact.subject.id,
            list(noted.values()),
            now(),
            fact.place.region_lo,
            fact.place.org_lo,
        )
    if fallen:
        await _correct(known, fallen, fact)


def _differs(known: Known, key: str, verdict: Verdict | None) -> bool:
    return verdict is None or known.digests[key] != verdict.digest


def _row(verdict: Verdict) -> dict[str, Any]:
    return {
        "key": verdict.key,
        "item": verdict.item,
        "version": verdict.version,
        "point": verdict.point,
        "kind": verdict.kind,
        "mark": verdict.mark,
        "step": verdict.step,
        "result": verdict.result,
        "colour": verdict.colour,
        "digest": verdict.digest,
        "at": verdict.at.isoformat(),
    }


def _lost_row(known: Known, key: str, until: datetime) -> dict[str, Any]:
    """What fired once and is not even looked at any more, now that more is known."""
    point, mark, step, _visit, _occurrence, version = key.split("|")
    source = next((p for p in known.rules.points if p.key == point), None)
    return {
        "key": key,
        "item": source.item if source else 0,
        "version": int(version),
        "point": point,
        "kind": source.kind if source else "",
        "mark": mark,
        "step": step,
        "result": "not_applicable",
        "colour": "",
        "digest": "",
        "at": until.isoformat(),
    }


async def _raise(
    known: Known,
    raised: Sequence[Verdict],
    events: Sequence[Event],
    until: datetime,
    fact: Fact,
) -> None:
    latest = max((e for e in events if e.seq), key=lambda e: e.seq)
    moment = now()
    late_entry = fact.recorded_at - fact.at > LATE
    silences = await rows(SILENCED, moment, latest.item, fact.subject.id, fact.place.org_lo)
    new = []
    for verdict in raised:
        proof = pack(seal(verdict, known.rules.point_of(verdict), events, until, kinds()))
        silence = next((s for s in silences if s["point"] in {"", verdict.point}), None)
        new.append(
            {
                **_row(verdict),
                "title": verdict.title,
                "step_title": verdict.step_title,
                "visit": verdict.visit,
                "headline": verdict.headline or verdict.title,
                "sentence": verdict.sentence,
                "clause": verdict.clause,
                "cure": verdict.cure,
                "late": late_entry and verdict.moment != latest.seq,
                "silence": silence["id"] if silence else 0,
                "proof": proof.decode(),
                "proof_hash": fingerprint(proof),
            }
        )
    stored = await rows(
        RAISE,
        fact.subject.id,
        new,
        moment,
        latest.case_number,
        latest.title,
        latest.party,
        latest.organisation,
        latest.department,
        list(latest.handlers),
        fact.place.region_lo,
        fact.place.org_lo,
    )
    ids = {each["verdict_key"]: each["id"] for each in stored}
    told = {each["key"]: each for each in new}
    by_silence = {s["id"]: s for s in silences}
    for verdict in raised:
        alarm = ids.get(verdict.key)
        if alarm is None:
            continue
        row_ = told[verdict.key]
        silence = by_silence.get(row_["silence"])
        await record(
            "inspection.alarm_raised",
            SubjectRef(ALARM, alarm),
            AlarmRaised(
                alarm=alarm,
                case=fact.subject.id,
                case_number=latest.case_number,
                case_title=latest.title,
                party=latest.party,
                organisation=latest.organisation,
                department=latest.department,
                org_lo=fact.place.org_lo,
                handlers=latest.handlers,
                colour=verdict.colour,
                kind=verdict.kind,
                mark=verdict.mark,
                point=verdict.point,
                point_title=verdict.title,
                step=verdict.step,
                step_title=verdict.step_title,
                headline=row_["headline"],
                sentence=verdict.sentence,
                rule_version=verdict.version,
                happened_at=verdict.at.isoformat(),
                proof=row_["proof_hash"],
                silenced=f"{silence['author_name']}：{silence['reason']}" if silence else "",
            ),
            fact.place,
        )


async def _correct(known: Known, fallen: Mapping[str, Verdict | None], fact: Fact) -> None:
    answers = {
        known.alarms[key]: {
            "alarm": known.alarms[key],
            "result": verdict.result if verdict else "not_applicable",
            "sentence": _now_says(verdict),
        }
        for key, verdict in fallen.items()
    }
    stored = await rows(
        CORRECT,
        fact.subject.id,
        list(answers.values()),
        fact.id,
        now(),
        fact.place.region_lo,
        fact.place.org_lo,
    )
    for each in stored:
        answer = answers[each["id"]]
        await record(
            "inspection.alarm_corrected",
            SubjectRef(ALARM, each["id"]),
            AlarmCorrected(
                alarm=each["id"],
                case=fact.subject.id,
                case_number=each["case_number"],
                headline=each["headline"],
                result=str(answer["result"]),
                sentence=str(answer["sentence"]),
            ),
            fact.place,
        )


def _now_says(verdict: Verdict | None) -> str:
    if verdict is None:
        return "按补录后的事件，这个情形不再成立。报警不因此消除，须经督办撤销。"
    if verdict.result == "fired":
        return f"按补录后的事件，说法变为：{verdict.sentence}"
    return f"按补录后的事件不再报灯：{verdict.reason} 报警不因此消除，须经督办撤销。"


async def verdicts_of(
    case: int, draft: Mapping[str, Any] | None = None
) -> tuple[list[Verdict], list[Event], Event | None]:
    """Everything the points say of a case now, with a draft act added when there is one."""
    events = events_of(await history(SubjectRef(CASE, case)))
    acting = None
    if draft is not None:
        acting = decode_event(draft)
        last = max((e.seq for e in events), default=0)
        acting = msgspec.structs.replace(acting, seq=max(acting.seq, last + 1))
        events.append(acting)
    own = next((e for e in events if e.item), None)
    known = await known_of(own.item, case) if own else None
    if known is None:
        return [], events, acting
    until = max(now(), acting.at) if acting else now()
    return judge(events, known.rules.compiled, until=until), events, acting


async def alarm_row(alarm: int) -> dict[str, Any] | None:
    return await row("select * from inspection_alarm where id = $1", alarm)


def place_of(row_: Mapping[str, Any]) -> Place:
    return Place(row_["region_lo"], row_["org_lo"])
