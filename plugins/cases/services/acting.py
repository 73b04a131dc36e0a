# SPDX-License-Identifier: Apache-2.0
"""Who acts, what every act checks first, and how it is written down."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.api import clock
from core.api.access import OrgRef, Visitor
from core.api.db import Scope, execute, json, lock_subjects, transaction
from core.api.deadlines import (
    Clock,
    Limit,
    clocks_of,
    extend_clock,
    lapsed,
    pause_clock,
    resume_clock,
    start_clock,
)
from core.api.errors import Conflict, NotFound, Refused
from core.api.facts import record
from plugins.cases.queries import CaseFile, load_case, subject_of, submission
from plugins.cases.rules.definition import Step
from plugins.cases.rules.entry import Change
from plugins.cases.rules.event import (
    CaseEvent,
    ClockMark,
    Decision,
    DocumentMark,
    FieldChange,
    Instalment,
    Officer,
    Payment,
    Signed,
    count_evidence,
)
from plugins.cases.rules.flow import may_act


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a natural person with an account, under one role, in one unit."""

    user: int
    person: int
    name: str
    permissions: frozenset[str]
    scope: Scope
    organisation: OrgRef | None = None
    principal: str = ""
    """For whom he acts when his role was delegated."""

    @classmethod
    def of(cls, visitor: Visitor) -> "Actor":
        """The actor behind a request."""
        return cls(
            visitor.user_id,
            visitor.person_id,
            visitor.name,
            visitor.permissions,
            visitor.scope,
            visitor.organisation,
            visitor.principal,
        )

    @property
    def approves(self) -> bool:
        return "cases.case.approve" in self.permissions

    @property
    def by(self) -> str:
        return f"{self.name}（受{self.principal}委托）" if self.principal else self.name


class Changed(Conflict):
    """Somebody was faster on the same step: who, when, what differs (nothing typed is lost).

    ``done`` says that the step is submitted already, so typing it again leads nowhere.
    """

    def __init__(
        self, sentence: str, changes: Sequence[Change] = (), *, done: bool = False
    ) -> None:
        super().__init__(sentence)
        self.changes = tuple(changes)
        self.done = done


def new_token() -> str:
    """The token of a form; a second post of the same form is recognised by it."""
    return secrets.token_urlsafe(18)


async def open_file(actor: Actor, case: int) -> CaseFile:
    """The case, locked for an act; ``NotFound`` outside the actor's scope."""
    await lock_subjects(subject_of(case))
    file = await load_case(actor.scope, case, lock=True)
    if file is None:
        raise NotFound("没有找到这个案件，可能不在你的管理范围内。")
    return file


async def done_before(token: str, act: str) -> bool:
    """Whether the form with this token did its work already (second click, back button)."""
    before = await submission(token)
    return before is not None and before["act"] == act


async def remember(file: CaseFile, actor: Actor, token: str, act: str) -> None:
    """Keep the token, so that a second click finds what the first one did."""
    if not token:
        return
    inserted = await execute(
        """insert into cases_submission (token, case_id, act, at, person, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7) on conflict (token) do nothing""",
        token[:64],
        file.id,
        act,
        clock.now(),
        actor.person,
        file.place.region_lo,
        file.place.org_lo,
    )
    if not inserted:
        # Two clicks at the same moment: the lock of the case lets the second in only after the
        # first has committed, so this form has been dealt with.
        raise Conflict("这张表单已经提交过了，请刷新页面查看结果。")


def check_may_act(file: CaseFile, actor: Actor, step: Step) -> None:
    """Refuse unless the actor is authorised for the step."""
    officers = file.officers_of(step.key, clock.today())
    reason = may_act(
        step,
        actor.person,
        authorised={o["person"] for o in officers},
        opened_by=file.row["opened_by"],
        permissions=actor.permissions,
        names=[o["name"] for o in officers],
    )
    if reason:
        raise Refused(reason)


def check_running(file: CaseFile) -> None:
    """Refuse an act on a case that is suspended or closed, saying what to do instead."""
    state = file.row["state"]
    if state == "suspended":
        raise Refused("案件已中止，先恢复办理。")
    if state != "open":
        raise Refused("案件已经办结。归档后的补充请用归档补记，需要重新处理的另立新案。")


def acting_by(file: CaseFile, actor: Actor, step: str) -> str:
    """The actor's name, with whom he stands in for on this step."""
    for o in file.officers_of(step, clock.today()):
        if o["person"] == actor.person and o["on_behalf_name"]:
            return f"{actor.name}（受{o['on_behalf_name']}委托）"
    return actor.by


# --- clocks ------------------------------------------------------------------------------------


def step_clock(step: str, visit: int) -> str:
    """The key of the clock of one entry of a step."""
    return f"step:{step}:{visit}"


def stage_clock(stage: str) -> str:
    """The key of a stage's clock."""
    return f"stage:{stage}"


def _newest(clocks: Sequence[Clock], key: str) -> Clock | None:
    return max((c for c in clocks if c.key == key), key=lambda c: c.id, default=None)


async def face_of(file: CaseFile, step: str, visit: int, stage: str) -> dict[str, ClockMark]:
    """The two clocks of a step as they stand: its own and its stage's."""
    clocks = await clocks_of(file.subject)
    marks = {}
    for name, key in (("step", step_clock(step, visit)), ("stage", stage_clock(stage))):
        found = _newest(clocks, key)
        if found is not None and found.due_at is not None:
            marks[name] = ClockMark(
                found.started_at.isoformat(), found.due_at.isoformat(), found.provisional
            )
    return marks


def note_clock_act(file: CaseFile, key: str, act: Mapping[str, Any]) -> None:
    """Remember a pause or extension by the clock's key, for a clock that must be begun again."""
    stages = dict(file.row["stages"] or {})
    acts = {k: list(v) for k, v in stages.get("acts", {}).items()}
    mine = acts.setdefault(key, [])
    if "to" in act and mine and "from" in mine[-1]:
        mine[-1] = {**mine[-1], **act}
    else:
        mine.append(dict(act))
    file.row["stages"] = {**stages, "acts": acts}


async def keep_clock_acts(file: CaseFile) -> None:
    """Write down what ``note_clock_act`` collected."""
    await execute(
        "update cases_case set stages = $2::jsonb where id = $1", file.id, json(file.row["stages"])
    )


async def begin_clock(
    file: CaseFile, key: str, title: str, limit: Limit, started_at: datetime
) -> Clock:
    """Start a clock; one that is begun again keeps its first day, its pauses and extensions.

    Going back into a stage, or recalling a submission, must not make a period longer, nor take
    away the days that were granted or excluded.
    """
    begun = await start_clock(file.subject, key, title, limit, file.place, started_at=started_at)
    for act in (file.row["stages"] or {}).get("acts", {}).get(key, ()):
        if "amount" in act:
            begun = await extend_clock(
                begun.id, Limit(act["amount"], act["unit"]), act["reason"], at=started_at
            )
        elif "to" in act:
            paused_at = datetime.fromisoformat(act["from"])
            if not lapsed(begun.due_at, paused_at):
                await pause_clock(begun.id, act["reason"], at=paused_at)
                begun = await resume_clock(begun.id, at=datetime.fromisoformat(act["to"]))
    return begun


async def running_clocks(file: CaseFile) -> list[Clock]:
    """The clocks of the case that nobody has stopped: running, paused, or run out meanwhile."""
    return [c for c in await clocks_of(file.subject) if c.stopped_at is None]


# --- recording ---------------------------------------------------------------------------------


def payments_of(file: CaseFile) -> tuple[Payment, ...]:
    """All payments so far, with the hashes of their valid vouchers."""
    return tuple(
        Payment(
            id=p["id"],
            amount=p["amount"],
            at=noon(p["paid_on"]).isoformat(),
            vouchers=tuple(e["sha256"] for e in file.vouchers(p["id"]) if e["voided_at"] is None),
            kind=p["kind"],
        )
        for p in file.payments
    )


def noon(day: Any) -> datetime:
    """A moment that lies on the day wherever it is read: twelve o'clock in Beijing."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.SHANGHAI)


def instalments_of(file: CaseFile) -> tuple[Instalment, ...]:
    """The approved plan; a single part due by law is no plan."""
    if len(file.instalments) < 2 and not any(i["approver"] for i in file.instalments):
        return ()
    return tuple(Instalment(i["amount"], i["due"].isoformat()) for i in file.instalments)


def as_officers(lines: Sequence[Mapping[str, Any]]) -> tuple[Officer, ...]:
    """Authorisations as the event carries them."""
    return tuple(
        Officer(o["person"], o["name"], o["qualified"], o["reason"], o["number"], o["role"])
        for o in lines
    )


def compose(
    file: CaseFile,
    actor: Actor,
    kind: str,
    *,
    visit: Mapping[str, Any] | None = None,
    step: Step | None = None,
    clocks: Mapping[str, ClockMark] | None = None,
    values: Mapping[str, Any] | None = None,
    officers: Sequence[Officer] | None = None,
    next_officers: Sequence[Officer] = (),
    to_step: str = "",
    crossed: Sequence[str] = (),
    reason: str = "",
    decision: Decision | None = None,
    gate: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (),
    approver: int = 0,
    document: DocumentMark | None = None,
    at: datetime | None = None,
) -> CaseEvent:
    """The case event of an act: the same function for the act itself and for the hint before."""
    row = file.row
    at_step = step or (
        file.definition.step(visit["step"])
        if visit is not None
        else file.definition.step(row["step"])
    )
    visit = visit if visit is not None else file.open_visit
    number = visit["number"] if visit is not None and visit["step"] == at_step.key else 0
    shown = values if values is not None else ((visit["values"] or {}) if visit else {})
    moment = at or clock.now()
    return CaseEvent(
        case=file.id,
        item=row["item"],
        version=row["item_version_number"],
        seq=row["sequence"] + 1,
        kind=kind,
        at=moment.astimezone(tz=clock.SHANGHAI).isoformat(),
        case_number=row["case_number"],
        title=row["title"],
        party=row["party_name"],
        organisation=row["organisation"],
        department=row["department"],
        handlers=file.handlers,
        step=at_step.key,
        step_title=at_step.title,
        visit=number,
        stage=at_step.stage,
        to_step=to_step,
        to_title=file.definition.title_of(to_step) if to_step else "",
        crossed=tuple(crossed),
        reason=reason,
        officers=tuple(
            officers
            if officers is not None
            else as_officers(file.officers_of(at_step.key, clock.today()))
        ),
        next_officers=tuple(next_officers),
        values=dict(shown),
        evidence=count_evidence(
            file.definition, at_step, file.evidence_lines(visit["id"]) if visit else ()
        ),
        decision=decision,
        payments=payments_of(file),
        instalments=instalments_of(file),
        clocks=dict(clocks or {}),
        gate=dict(gate or {}),
        changes=tuple(FieldChange(c.control, c.title, c.old, c.new) for c in changes),
        approver=approver,
        signatures=tuple(
            Signed(w.person, w.name, w.agrees, w.opinion)
            for w in (file.words_of(visit["id"]) if visit and at_step.joint else ())
        ),
        document=document,
        by=acting_by(file, actor, at_step.key),
    )


async def tell(file: CaseFile, event: CaseEvent, *, at: datetime | None = None) -> int:
    """Record the event as a fact of the case and count it; the last thing an act does."""
    changed = await execute(
        "update cases_case set sequence = $2, version = version + 1 where id = $1 and sequence = $3",
        file.id,
        event.seq,
        file.row["sequence"],
    )
    if not changed:
        raise Conflict("这个案件刚被别人办理过，请刷新后再办理。")
    file.row["sequence"] = event.seq
    return await record(f"cases.{event.kind}", file.subject, event, file.place, at=at)


async def tell_alone(actor: Actor, case: int, build: Any) -> None:
    """Record an event in a transaction of its own, after the act itself was rolled back."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        await tell(file, build(file))
