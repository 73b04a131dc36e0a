# SPDX-License-Identifier: Apache-2.0
"""The course of a case: entering, drafting, submitting, rolling back, recalling, closing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import msgspec

from core.api import clock
from core.api.db import execute, json, retried, row, rows, transaction, value
from core.api.deadlines import Limit, clocks_of, start_clock, stop_clock
from core.api.errors import Invalid, NotFound, Refused
from core.api.gates import Blocker, decide
from core.api.numbers import next_number
from core.api.plugin import SubjectRef
from plugins.cases.queries import CaseFile, load_case
from plugins.cases.rules.decision import build_decision
from plugins.cases.rules.definition import Step, decision_prefix
from plugins.cases.rules.entry import (
    Entry,
    Raw,
    changes_between,
    clean_text,
    keep_draft,
    parse_date,
    parse_entry,
    raw_of,
    show_value,
)
from plugins.cases.rules.event import CaseEvent, ClockMark, Decision
from plugins.cases.rules.execution import PAY_WITHIN_DAYS
from plugins.cases.rules.flow import (
    OPEN,
    RECALLED,
    SUBMITTED,
    SUPERSEDED,
    Handover,
    Way,
    choose_way,
    legal_rollback_targets,
    live,
    recall_refusal,
    ways_on,
)
from plugins.cases.rules.stops import Moment, Stop, describe_values, hard_stops
from plugins.cases.services.acting import (
    Actor,
    Changed,
    acting_by,
    begin_clock,
    check_may_act,
    check_running,
    compose,
    done_before,
    face_of,
    keep_clock_acts,
    open_file,
    remember,
    running_clocks,
    stage_clock,
    step_clock,
    tell,
    tell_alone,
)
from plugins.cases.services.officers import Asked, Choice, ask_again, assign
from plugins.cases.services.turns import hand_current_turn, take_turn_away

BASIS_GATE = "cases.basis_in_force"
MISSING_WAY = "to"
OUTLIVING = ("serve:", "disclose:", "withdraw:", "review:")
"""Clocks of documents; closing the case does not stop them."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A step's form as it was posted."""

    visit: int
    version: int
    raw: Raw
    token: str = ""
    to: str | None = None
    officers: tuple[Choice, ...] = ()
    """Who shall handle the next step; empty keeps whoever is authorised for it."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What submitting did."""

    case: int
    repeated: bool = False
    closed: bool = False
    to_title: str = ""
    lamp: str = ""


class Stopped(Refused):
    """A statutory hard stop; the attempt is recorded, the step is not submitted."""

    def __init__(self, stops: Sequence[Stop]) -> None:
        self.stops = tuple(stops)
        super().__init__(*(Blocker(s.code, f"{s.text}（{s.clause}）{s.cure}") for s in stops))


@dataclass
class Attempt:
    """A submission thought through to its end, before anything is written."""

    visit: dict[str, Any]
    step: Step
    entry: Entry
    ways: tuple[Way, ...] = ()
    way: Way | None = None
    way_error: str = ""
    asked: Asked = field(default_factory=lambda: Asked((), {}))
    next_asked: Asked = field(default_factory=lambda: Asked((), {}))
    decision: Decision | None = None
    stops: tuple[Stop, ...] = ()
    gate: dict[str, Any] = field(default_factory=dict)


# --- entering a step -----------------------------------------------------------------------------


async def enter_step(
    file: CaseFile, actor: Actor, step: Step, *, came_from: int | None = None
) -> dict[str, Any]:
    """Open the next visit of a step: form prefilled from the one it replaces, clocks, turn.

    Evidence of a superseded visit is carried over by reference, since rolling back asks for
    better work and not for the same photographs once more; each piece can be voided.
    """
    now = clock.now()
    number = file.number_of(step.key) + 1
    before = max(
        (v for v in file.visits if v["step"] == step.key), key=lambda v: v["id"], default=None
    )
    draft: Mapping[str, Any] = {}
    form = file.definition.form_of(step)
    if before is not None:
        kept = before["values"] or {}
        draft = before["draft"] or {
            c.key: raw_of(c, kept[c.key]) for c in form.controls if kept.get(c.key) is not None
        }
    visit = await row(
        """insert into cases_visit (case_id, step, step_title, stage, number, state, draft,
             "values", form_version, version, entered_at, entered_from, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, 'open', $6::jsonb, '{}'::jsonb, $7, 0, $8, $9, $10, $11)
           returning *""",
        file.id,
        step.key,
        step.title,
        step.stage,
        number,
        json(dict(draft)),
        form.version,
        now,
        came_from,
        file.place.region_lo,
        file.place.org_lo,
    )
    assert visit is not None
    file.visits.append(visit)
    if before is not None:
        await _carry_evidence(file, before["id"], visit["id"])
    file.row.update(step=step.key, step_title=step.title, stage=step.stage, visit=visit["id"])
    await execute(
        "update cases_case set step = $2, step_title = $3, stage = $4, visit = $5 where id = $1",
        file.id,
        step.key,
        step.title,
        step.stage,
        visit["id"],
    )
    await start_clocks(file, step, visit)
    await hand_current_turn(file, tell_lead=file.row["lead"] != actor.person)
    return visit


async def _carry_evidence(file: CaseFile, old: int, new: int) -> None:
    await execute(
        """insert into cases_evidence (case_id, visit, step, control, payment, file, name, kind,
             size, sha256, carried_from, added_at, added_by, added_by_name, region_lo, org_lo)
           select case_id, $2, step, control, null, file, name, kind, size, sha256, id, added_at,
             added_by, added_by_name, region_lo, org_lo
           from cases_evidence where visit = $1 and voided_at is null and payment is null""",
        old,
        new,
    )
    file.evidence = await _evidence(file.id)


async def _evidence(case: int) -> list[dict[str, Any]]:
    return await rows("select * from cases_evidence where case_id = $1 order by id", case)


async def start_clocks(file: CaseFile, step: Step, visit: Mapping[str, Any]) -> None:
    """The step's clock begins anew with each entry; the stage's goes on where it stands."""
    now = visit["entered_at"]
    if step.limit is not None:
        limit = Limit(step.limit.amount, step.limit.unit)
        await begin_clock(file, step_clock(step.key, visit["number"]), step.title, limit, now)
    stage = file.definition.stage(step.stage)
    if stage is None or stage.limit is None:
        return
    key = stage_clock(stage.key)
    if any(c.key == key for c in await running_clocks(file)):
        return
    stages = dict(file.row["stages"] or {})
    entered = stages.get("entered", {})
    # A stage entered again after a rollback keeps its first day: the law counts from the filing,
    # not from the latest repair.
    started = datetime.fromisoformat(entered[stage.key]) if stage.key in entered else now
    limit = Limit(stage.limit.amount, stage.limit.unit)
    await begin_clock(file, key, stage.title, limit, started)
    file.row["stages"] = {**stages, "entered": {**entered, stage.key: started.isoformat()}}
    await keep_clock_acts(file)


async def leave_clocks(file: CaseFile, left: Step, number: int, to: Step | None) -> None:
    """Stop the clock of the step that is left, and the stage's unless the next step is in it."""
    keys = {step_clock(left.key, number)}
    if to is None or to.stage != left.stage:
        keys.add(stage_clock(left.stage))
    if to is None:
        # Publishing and serving a document may fall due after the case itself has ended.
        keys |= {c.key for c in await running_clocks(file) if not c.key.startswith(OUTLIVING)}
    for each in await running_clocks(file):
        if each.key in keys:
            await stop_clock(each.id)


# --- drafting ------------------------------------------------------------------------------------


def _same_visit(file: CaseFile, posting: Posting, actor: Actor) -> dict[str, Any]:
    """The visit the form belongs to, unless somebody else has acted on it meanwhile."""
    visit = file.visit(posting.visit)
    if visit is None:
        raise Changed("这张表单不属于本案，请从案件页重新打开。", done=True)
    step = file.definition.step(visit["step"])
    form = file.definition.form_of(step)
    if visit["state"] == SUBMITTED:
        typed = parse_entry(file.definition, step, posting.raw, clock.today()).values
        raise Changed(
            f"{visit['submitted_by_name']}已经在 {_hour(visit['submitted_at'])} 提交了{step.title}。"
            "你填的内容没有写进去，下面列出了不同之处。",
            changes_between(file.definition, form, visit["values"] or {}, typed),
            done=True,
        )
    if visit["state"] != OPEN:
        raise Changed(
            f"{step.title}的这一次办理已经被取代，请在案件页上继续。你填的内容还在下面。", done=True
        )
    if visit["version"] != posting.version:
        stored = parse_entry(file.definition, step, visit["draft"] or {}, clock.today()).values
        typed = parse_entry(file.definition, step, posting.raw, clock.today()).values
        who = visit["saved_by_name"] if visit["saved_by"] != actor.person else "你在另一个窗口"
        raise Changed(
            f"{who}在 {_hour(visit['saved_at'])} 改过{step.title}。你填的内容都还在，"
            "请核对不同之处，再保存或提交一次，会以你的为准。",
            changes_between(file.definition, form, stored, typed),
        )
    return visit


def _hour(moment: datetime | None) -> str:
    if moment is None:
        return "刚才"
    at = clock.local(moment)
    day = "" if at.date() == clock.today() else f"{at.month}月{at.day}日 "
    return f"{day}{at:%H:%M}"


async def _store_draft(file: CaseFile, actor: Actor, visit: dict[str, Any], raw: Raw) -> None:
    step = file.definition.step(visit["step"])
    draft = {**(visit["draft"] or {}), **keep_draft(file.definition.form_of(step), raw)}
    if draft == (visit["draft"] or {}):
        return
    now = clock.now()
    visit.update(
        draft=draft,
        version=visit["version"] + 1,
        saved_at=now,
        saved_by=actor.person,
        saved_by_name=actor.name,
        seen_at=visit["seen_at"] or now,
    )
    await execute(
        """update cases_visit set draft = $2::jsonb, version = $3, saved_at = $4, saved_by = $5,
             saved_by_name = $6, seen_at = $7 where id = $1""",
        visit["id"],
        json(draft),
        visit["version"],
        now,
        actor.person,
        actor.name,
        visit["seen_at"],
    )


@retried
async def save_draft(actor: Actor, case: int, posting: Posting) -> int:
    """Keep what is typed, judged by nobody; the version the next save must name."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        check_running(file)
        visit = _same_visit(file, posting, actor)
        check_may_act(file, actor, file.definition.step(visit["step"]))
        await _store_draft(file, actor, visit, posting.raw)
        return int(visit["version"])


async def mark_seen(actor: Actor, case: int) -> None:
    """Note that the next handler has opened the step; the submission before is then final."""
    async with transaction(actor.scope):
        await execute(
            """update cases_visit v set seen_at = $3 from cases_case c
               where c.id = $1 and v.id = c.visit and v.state = 'open' and v.seen_at is null
                 and c.lead = $2
                 and not exists (select 1 from cases_visit b
                                 where b.id = v.entered_from and b.submitted_by = $2)""",
            case,
            actor.person,
            clock.now(),
        )


# --- submitting ----------------------------------------------------------------------------------


async def think_through(
    file: CaseFile, actor: Actor, visit: dict[str, Any], posting: Posting
) -> Attempt:
    """Everything a submission will be: values, way, officers with answers, decision, stops.

    The hint before submitting and the submission itself both come through here, so the hint
    cannot promise what the submission does not keep.
    """
    step = file.definition.step(visit["step"])
    entry = parse_entry(file.definition, step, posting.raw, clock.today())
    attempt = Attempt(visit, step, entry)
    attempt.ways = ways_on(file.definition, step.key, entry.values)
    chosen = choose_way(attempt.ways, posting.to if len(attempt.ways) > 1 or posting.to else None)
    if isinstance(chosen, str):
        attempt.way_error = chosen
    else:
        attempt.way = chosen
    today = clock.today()
    attempt.asked = await ask_again(file, step, today)
    attempt.decision = build_decision(
        file.definition,
        step,
        entry.values,
        file.earlier_values,
        number=file.row["decision_number"],
    )
    attempt.stops = hard_stops(
        Moment(
            definition=file.definition,
            step=step,
            visits=file.lines(),
            officers=attempt.asked.officers,
            actor=actor.person,
            decision=attempt.decision,
            evidence_by_visit=file.evidence_counts(),
            body_kind=file.row["body_kind"],
            recused=tuple(r["person"] for r in file.recusals),
            words=file.words_of(visit["id"]),
        )
    )
    if attempt.asked.evidence:
        attempt.gate["officers"] = attempt.asked.evidence
    if attempt.decision is not None:
        verdict = await decide(
            BASIS_GATE,
            [file.subject],
            today,
            {
                "item": file.row["item"],
                "region": file.row["region_lo"],
                "step": step.key,
                "basis": attempt.decision.basis,
                "outcome": attempt.decision.outcome,
            },
        )
        attempt.gate["basis"] = verdict.evidence
    return attempt


def draft_event(
    file: CaseFile, actor: Actor, attempt: Attempt, clocks: Mapping[str, ClockMark]
) -> CaseEvent:
    """The event as it would be recorded if the attempt were submitted now."""
    return compose(
        file,
        actor,
        "step_submitted",
        visit=attempt.visit,
        step=attempt.step,
        clocks=clocks,
        values=attempt.entry.values,
        officers=attempt.asked.officers,
        next_officers=attempt.next_asked.officers,
        to_step=attempt.way.to if attempt.way else "",
        decision=attempt.decision,
        gate=attempt.gate,
        reason=attempt.way.title if attempt.way else "",
    )


@retried
async def submit_step(actor: Actor, case: int, posting: Posting) -> Submitted:
    """Submit a step: the case moves on, or ends, and the law's answer is recorded with it.

    Raises ``Invalid`` for what was typed wrongly, ``Changed`` when somebody was faster,
    ``Stopped`` for a hard stop (that attempt is itself recorded). Alarms never stop it. A second
    post of the same form changes nothing and says so.
    """
    try:
        async with transaction(actor.scope):
            return await _submit(actor, case, posting)
    except Stopped as stopped:
        await _record_refusal(actor, case, posting, stopped)
        raise


async def _submit(actor: Actor, case: int, posting: Posting) -> Submitted:
    file = await open_file(actor, case)
    if await done_before(posting.token, "submit"):
        return Submitted(case, repeated=True, closed=file.row["state"] == "closed")
    check_running(file)
    visit = _same_visit(file, posting, actor)
    step = file.definition.step(visit["step"])
    check_may_act(file, actor, step)
    attempt = await think_through(file, actor, visit, posting)
    errors = dict(attempt.entry.errors)
    if attempt.way is None:
        errors[MISSING_WAY] = attempt.way_error
    if errors:
        raise Invalid(errors)
    if attempt.stops:
        raise Stopped(attempt.stops)
    way = attempt.way
    assert way is not None
    await _store_draft(file, actor, visit, posting.raw)
    clocks = await face_of(file, step.key, visit["number"], step.stage)
    to = file.definition.find_step(way.to) if way.to else None
    if to is not None:
        attempt.next_asked = await _next_officers(file, actor, to, posting.officers)
    await _number_decision(file, attempt)
    event = draft_event(file, actor, attempt, clocks)
    now = clock.now()
    visit.update(
        state=SUBMITTED,
        values=attempt.entry.values,
        submitted_at=now,
        submitted_by=actor.person,
        submitted_sequence=event.seq,
    )
    await execute(
        """update cases_visit set state = 'submitted', "values" = $2::jsonb, submitted_at = $3,
             submitted_by = $4, submitted_by_name = $5, submitted_sequence = $6, to_step = $7,
             outcome = $8 where id = $1""",
        visit["id"],
        json(attempt.entry.values),
        now,
        actor.person,
        acting_by(file, actor, step.key)[:60],
        event.seq,
        way.to,
        _in_a_word(file, attempt)[:200],
    )
    await keep_decision(file)
    await remember(file, actor, posting.token, "submit")
    await tell(file, event)
    await leave_clocks(file, step, visit["number"], to)
    if to is None:
        await close_case(file, actor, visit, reason=way.title)
    else:
        entered = await enter_step(file, actor, to, came_from=visit["id"])
        if to.kind == "execution":
            await begin_execution(file)
        await tell(
            file,
            compose(
                file,
                actor,
                "step_entered",
                visit=entered,
                step=to,
                clocks=await face_of(file, to.key, entered["number"], to.stage),
                values={},
                officers=attempt.next_asked.officers,
            ),
        )
    lamp = await value("select lamp from cases_case where id = $1", file.id)
    return Submitted(case, closed=to is None, to_title=to.title if to else "", lamp=lamp or "")


def _in_a_word(file: CaseFile, attempt: Attempt) -> str:
    """The decision or opinion of a step, for the flow strip and the time line."""
    if attempt.decision is not None:
        return attempt.decision.outcome
    form = file.definition.form_of(attempt.step)
    if attempt.step.kind in ("approval", "legal_review", "discussion"):
        for control in form.of_type("choice"):
            if attempt.entry.values.get(control.key):
                return show_value(file.definition, control, attempt.entry.values[control.key])
    return ""


async def _next_officers(
    file: CaseFile, actor: Actor, to: Step, choices: Sequence[Choice]
) -> Asked:
    """The officers of the step being entered: as chosen, else as they stand, else carried on.

    Whoever handles this step handles the next one too unless that one is an approval, which
    waits for somebody with the right to approve.
    """
    if choices:
        return await assign(file, actor, to, choices)
    today = clock.today()
    standing = file.officers_of(to.key, today)
    if standing:
        return await ask_again(file, to, today)
    here = file.step
    if to.kind in ("approval", "legal_review", "discussion"):
        return Asked((), {})
    source = file.officers_of(here.key, today)
    if here.kind in ("approval", "legal_review", "discussion"):
        source = _handlers_before(file, today)
    carried = tuple(
        Choice(o["person"], o["role"])
        for o in source
        if not any(r["person"] == o["person"] for r in file.recusals)
    )
    return await assign(file, actor, to, carried) if carried else Asked((), {})


def _handlers_before(file: CaseFile, today: date) -> list[dict[str, Any]]:
    """The officers of the latest submitted step that was no approval: they go on handling."""
    for line in reversed(live(file.lines())):
        step = file.definition.step(line.step)
        if line.state == SUBMITTED and step.kind not in ("approval", "legal_review", "discussion"):
            found = file.officers_of(step.key, today)
            if found:
                return found
    return []


async def _number_decision(file: CaseFile, attempt: Attempt) -> None:
    """Give the decision document its number, once; redone decisions keep it."""
    decision = attempt.decision
    if decision is None or attempt.step.kind != "decision" or decision.number:
        return
    prefix = decision_prefix(file.definition.number_prefix, file.definition.power_class)
    number = file.row["case_number"]
    if prefix:
        year = clock.today().year
        serial = await next_number(f"cases.decision:{prefix}", file.row["organisation"], year)
        number = f"{prefix}〔{year}〕{serial}号"
    file.row["decision_number"] = number
    attempt.decision = msgspec.structs.replace(decision, number=number)
    await execute("update cases_case set decision_number = $2 where id = $1", file.id, number)


async def keep_decision(file: CaseFile) -> None:
    """The case's standing decision, from the newest counting visit of a deciding step.

    The decision proper wins; a case that ended at the filing keeps that outcome.
    """
    standing: Decision | None = None
    for line in live(file.lines()):
        step = file.definition.step(line.step)
        if line.state != SUBMITTED:
            continue
        found = build_decision(
            file.definition,
            step,
            line.values,
            file.earlier_values,
            number=file.row["decision_number"] if step.kind == "decision" else "",
        )
        if found is not None:
            standing = found
    plain = msgspec.to_builtins(standing) if standing else None
    file.row.update(
        decision=plain,
        negative=bool(standing and standing.negative),
        outcome=standing.outcome if standing else "",
    )
    await execute(
        "update cases_case set decision = $2::jsonb, negative = $3, outcome = $4 where id = $1",
        file.id,
        json(plain) if plain else None,
        file.row["negative"],
        file.row["outcome"][:60],
    )


async def begin_execution(file: CaseFile) -> None:
    """The fine falls due fifteen days after service; one part until instalments are approved."""
    decision = file.row["decision"] or {}
    amount = decision.get("amount")
    if not amount or file.instalments:
        return
    served = await _document_served_on(file) or _served_on(file)
    started = datetime.combine(served, time(12), clock.SHANGHAI)
    found = await start_clock(
        file.subject,
        "payment:1",
        "缴纳罚没款",
        Limit(PAY_WITHIN_DAYS, "calendar"),
        file.place,
        started_at=started,
    )
    await execute(
        """insert into cases_instalment (case_id, plan, amount, due, reason, region_lo, org_lo)
           values ($1, 1, $2, $3, $4, $5, $6)""",
        file.id,
        amount,
        found.due_day,
        "《行政处罚法》第六十七条：自收到决定书之日起十五日内缴纳",
        file.place.region_lo,
        file.place.org_lo,
    )


async def _document_served_on(file: CaseFile) -> date | None:
    """The day the decision document was served by its receipt, if one was recorded."""
    found: date | None = await value(
        """select max(served_on) from cases_document
           where case_id = $1 and kind = 'decision' and state = 'issued'""",
        file.id,
    )
    return found


def _served_on(file: CaseFile) -> date:
    """The day of service as entered in the newest service step, else today."""
    for line in reversed(live(file.lines())):
        step = file.definition.step(line.step)
        if step.kind != "service" or line.state != SUBMITTED:
            continue
        for control in file.definition.form_of(step).of_type("date"):
            day = parse_date(str(line.values.get(control.key) or ""))
            if day is not None:
                return min(day, clock.today())
    return clock.today()


async def close_case(
    file: CaseFile, actor: Actor, visit: Mapping[str, Any], *, reason: str
) -> None:
    """End the case: no turn, no running clock, nothing but archive notes from here on."""
    now = clock.now()
    file.row.update(state="closed", closed_at=now, visit=None)
    outcome = file.row["outcome"] or reason
    await execute(
        """update cases_case set state = 'closed', closed_at = $2, visit = null, outcome = $3,
             due_at = null where id = $1""",
        file.id,
        now,
        outcome[:60],
    )
    await take_turn_away(file)
    step = file.definition.step(visit["step"])
    await tell(
        file,
        compose(file, actor, "closed", visit=visit, step=step, reason=reason or outcome),
    )


async def _record_refusal(actor: Actor, case: int, posting: Posting, stopped: Stopped) -> None:
    def build(file: CaseFile) -> CaseEvent:
        visit = file.visit(posting.visit)
        step = file.definition.step(visit["step"]) if visit else file.step
        entry = parse_entry(file.definition, step, posting.raw, clock.today())
        return compose(
            file,
            actor,
            "attempt_refused",
            visit=visit,
            step=step,
            values=entry.values,
            reason="；".join(s.text.rstrip("。") for s in stopped.stops),
            gate={"stops": describe_values(stopped.stops)},
        )

    await tell_alone(actor, case, build)


# --- back ----------------------------------------------------------------------------------------


@retried
async def roll_back(actor: Actor, case: int, to_step: str, reason: str, *, token: str = "") -> None:
    """Take the case back to an earlier step; the work undone is superseded, never deleted.

    One act is one event, however many steps it crosses (S1-19).
    """
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明回退的理由。"})
    if len(reason) > 500:
        raise Invalid({"reason": f"理由最多 500 个字，现在是 {len(reason)} 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "roll_back"):
            return
        check_running(file)
        left = file.step
        if not actor.approves:
            check_may_act(file, actor, left)
        targets = legal_rollback_targets(
            file.definition, file.lines(), case_state=file.row["state"], paid=file.paid
        )
        target = next((t for t in targets if t.step == to_step), None)
        if target is None:
            raise Invalid({"to_step": "请选择要回退到的环节。"})
        if not target.legal:
            raise Refused(f"不能回退到{target.title}：{target.reason}")
        visit = file.open_visit
        assert visit is not None
        clocks = await face_of(file, left.key, visit["number"], left.stage)
        event = compose(
            file,
            actor,
            "rolled_back",
            visit=visit,
            step=left,
            clocks=clocks,
            values=visit["values"] or {},
            to_step=target.step,
            crossed=target.crossed,
            reason=reason,
        )
        now = clock.now()
        await execute(
            """update cases_visit set state = 'superseded', ended_at = $2, ended_reason = $3
               where id = any($1::int8[])""",
            list(target.visits),
            now,
            reason,
        )
        for each in file.visits:
            if each["id"] in target.visits:
                each.update(state=SUPERSEDED, ended_at=now)
        await execute("update cases_case set rollbacks = rollbacks + 1 where id = $1", file.id)
        await _drop_unpaid_plan(file)
        await keep_decision(file)
        await remember(file, actor, token, "roll_back")
        await tell(file, event)
        to = file.definition.step(target.step)
        await leave_clocks(file, left, visit["number"], to)
        entered = await enter_step(file, actor, to)
        await tell(
            file,
            compose(
                file,
                actor,
                "step_entered",
                visit=entered,
                step=to,
                clocks=await face_of(file, to.key, entered["number"], to.stage),
                values={},
            ),
        )


async def _drop_unpaid_plan(file: CaseFile) -> None:
    """Going back before the execution ends its payment clocks; the plan is made anew later."""
    executing = any(
        line.state == SUBMITTED and file.definition.step(line.step).kind == "decision"
        for line in live(file.lines())
    )
    if executing or not file.instalments:
        return
    for each in await clocks_of(file.subject):
        if each.key.startswith("payment:") and each.stopped_at is None:
            await stop_clock(each.id)


def handover_of(file: CaseFile) -> tuple[Handover, dict[str, Any] | None, dict[str, Any] | None]:
    """The newest submission, the visit it opened, and their state for the recall rule."""
    last, following = file.last_submitted, file.open_visit
    untouched = following is not None and last is not None
    if following is None or last is None or following["entered_from"] != last["id"]:
        untouched = False
    acts = file.row["sequence"] - (last["submitted_sequence"] + 1) if last else 0
    added = [
        e
        for e in file.evidence
        if following is not None and e["visit"] == following["id"] and e["carried_from"] is None
    ]
    return (
        Handover(
            case_state=file.row["state"],
            submitted_by=(last["submitted_by"] or 0) if last else 0,
            submitted_visit_state=SUBMITTED if untouched else "",
            next_seen_at=following["seen_at"] if following else None,
            next_version=following["version"] if following else 0,
            next_evidence=len(added),
            acts_since=acts,
        ),
        last,
        following,
    )


def recall_reason(file: CaseFile, actor: Actor) -> str:
    """Why the newest submission cannot be recalled by the actor; empty when it can."""
    handover, _last, _following = handover_of(file)
    return recall_refusal(
        handover, actor.person, same_handler=file.row["lead"] in (actor.person, None)
    )


@retried
async def recall_submission(actor: Actor, case: int, *, token: str = "") -> None:
    """Take back one's own submission while the next handler has not touched it (C3-06)."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "recall"):
            return
        _handover, last, following = handover_of(file)
        refusal = recall_reason(file, actor)
        if refusal:
            raise Refused(refusal)
        assert last is not None
        assert following is not None
        left = file.definition.step(following["step"])
        back = file.definition.step(last["step"])
        now = clock.now()
        await execute(
            """update cases_visit set state = 'recalled', ended_at = $2, ended_reason = '提交人撤回'
               where id = $1""",
            following["id"],
            now,
        )
        await execute(
            """update cases_visit set state = 'open', submitted_at = null, submitted_by = null,
                 submitted_by_name = '', to_step = '', outcome = '', version = version + 1
               where id = $1""",
            last["id"],
        )
        following.update(state=RECALLED)
        last.update(state=OPEN, submitted_by=None, version=last["version"] + 1)
        await leave_clocks(file, left, following["number"], back)
        file.row.update(step=back.key, step_title=back.title, stage=back.stage, visit=last["id"])
        await execute(
            "update cases_case set step = $2, step_title = $3, stage = $4, visit = $5 where id = $1",
            file.id,
            back.key,
            back.title,
            back.stage,
            last["id"],
        )
        # The limit runs on from the first entry, as if the step had never been left.
        await start_clocks(file, back, last)
        await keep_decision(file)
        await hand_current_turn(file)
        await remember(file, actor, token, "recall")
        await tell(
            file,
            compose(
                file,
                actor,
                "recalled",
                visit=last,
                step=back,
                clocks=await face_of(file, back.key, last["number"], back.stage),
                to_step=left.key,
            ),
        )


async def reload(actor: Actor, case: int) -> CaseFile:
    """The case as it stands, for pages."""
    file = await load_case(actor.scope, case)
    if file is None:
        raise NotFound("没有找到这个案件，可能不在你的管理范围内。")
    return file


def person_ref(person: int) -> SubjectRef:
    """A person as gates and facts refer to him."""
    return SubjectRef("core.person", person)
