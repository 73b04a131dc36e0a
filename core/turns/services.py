# SPDX-License-Identifier: Apache-2.0
"""Handing a turn over, closing it, lighting its lamp, keeping an eye on an object.

A turn stands at its holder's place, which is often outside the scope of whoever hands it over
(the department relays to an officer, the county asks a bureau), so these write under a scope of
their own: that the actor may do the act itself was checked by the service that calls them.
"""

from datetime import datetime
from typing import Final, Literal, Protocol

from core import clock as time
from core import db
from core.api.plugin import Place, SubjectRef
from core.scope import Scope

Lamp = Literal["", "red", "yellow"]


class HasLo(Protocol):
    """An organisation as any part of the core hands it out."""

    @property
    def lo(self) -> int: ...


class HasId(Protocol):
    """A clock of the deadline service."""

    @property
    def id(self) -> int: ...


REASON: Final = "a turn stands at its holder's place, not at the actor's"

HOLDER = """
select p.name, p.org_lo, p.region_lo, coalesce(o.short_name, '') as short_name
from core_person p left join core_organisation o on o.id = p.organisation where p.id = $1
"""
UNIT = """
select coalesce(nullif(short_name, ''), name) as name, lo as org_lo, region_lo
from core_organisation where lo = $1
"""
HAND = """
with before as (
  select lamp from core_turn where subject_kind = $1 and subject_id = $2 order by id desc limit 1),
closed as (
  update core_turn set closed_at = $20, closed_by = $21
  where subject_kind = $1 and subject_id = $2 and key = $3 and closed_at is null)
insert into core_turn (subject_kind, subject_id, key, title, subline, step_title, step_note, path,
  person, holder_name, permission, region_lo, org_lo, clock, started_at, due_at, unit, paused,
  pause_note, lamp, created, closed_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, false, $18,
  coalesce($19, (select lamp from before), ''), $20, 0)
returning id
"""


def _wide() -> Scope:
    return Scope.platform(REASON, actor=db.current_scope().actor)


async def hand_turn(
    subject: SubjectRef,
    *,
    title: str,
    path: str,
    place: Place,
    subline: str = "",
    step_title: str = "",
    step_note: str = "",
    holder_person: int | None = None,
    holder_org: HasLo | int | None = None,
    permission: str = "",
    due_at: datetime | None = None,
    clock: HasId | int | None = None,
    started_at: datetime | None = None,
    unit: str = "working",
    lamp: Lamp | None = None,
    key: str = "",
) -> int:
    """It is now ``holder_person``'s turn, or that of whoever holds ``permission`` in ``holder_org``.

    Closes the previous open turn of the subject (with the same ``key``). ``holder_org`` is an
    ``OrgRef`` or the organisation's ``lo``; left out, the person's own. ``clock`` is a clock of
    ``core.api.deadlines`` or its id: pauses and extensions then show by themselves. Without
    ``lamp`` the subject's lamp stays as it was. ``place`` counts only where no holder is known.
    """
    if not holder_person and holder_org is None:
        raise ValueError("a turn needs a holder: holder_person or holder_org")
    org_lo = holder_org if isinstance(holder_org, int) or holder_org is None else holder_org.lo
    clock_id = clock if isinstance(clock, int) or clock is None else clock.id
    now = time.now()
    async with db.transaction(_wide()):
        name, region_lo = "", place.region_lo
        if holder_person:
            person = await db.row(HOLDER, holder_person)
            if person is None:
                raise ValueError(f"no such person: {holder_person}")
            name = person["name"]
            org_lo = person["org_lo"] if org_lo is None else org_lo
            region_lo = person["region_lo"]
        else:
            organisation = await db.row(UNIT, org_lo)
            if organisation is not None:
                name, region_lo = organisation["name"], organisation["region_lo"]
        turn: int = await db.value(
            HAND,
            subject.kind,
            subject.id,
            key,
            title[:300],
            subline[:400],
            step_title[:120],
            step_note[:120],
            path,
            holder_person or 0,
            name,
            permission,
            region_lo,
            org_lo,
            clock_id,
            started_at or now,
            due_at,
            unit,
            "",
            lamp,
            now,
            db.current_scope().actor,
        )
    return turn


async def close_turn(subject: SubjectRef, *, key: str | None = None) -> int:
    """Nobody has to act any more; how many turns that closed. ``key`` closes only that one."""
    async with db.transaction(_wide()):
        return await db.execute(
            "update core_turn set closed_at = $3, closed_by = $4 where subject_kind = $1"
            " and subject_id = $2 and closed_at is null and ($5::text is null or key = $5)",
            subject.kind,
            subject.id,
            time.now(),
            db.current_scope().actor,
            key,
        )


async def set_lamp(subject: SubjectRef, lamp: Lamp) -> None:
    """Show ``lamp`` beside the subject's turns, also those handed over later."""
    async with db.transaction(_wide()):
        await db.execute(
            "update core_turn set lamp = $3 where subject_kind = $1 and subject_id = $2"
            " and lamp <> $3",
            subject.kind,
            subject.id,
            lamp,
        )


async def move_due(
    subject: SubjectRef, due_at: datetime | None, *, paused: bool = False, note: str = ""
) -> None:
    """Set the date of the subject's open turns anew, or pause them with a reason.

    Only for turns without a clock of ``core.api.deadlines``; those follow their clock.
    """
    async with db.transaction(_wide()):
        await db.execute(
            "update core_turn set due_at = $3, paused = $4, pause_note = $5"
            " where subject_kind = $1 and subject_id = $2 and closed_at is null",
            subject.kind,
            subject.id,
            due_at,
            paused,
            note[:120],
        )


async def watch(user: int, subject: SubjectRef) -> None:
    """Put ``subject`` on the user's list of things to keep an eye on; twice changes nothing."""
    await db.execute(
        "insert into core_watch (user_id, subject_kind, subject_id, created)"
        " values ($1, $2, $3, $4) on conflict do nothing",
        user,
        subject.kind,
        subject.id,
        time.now(),
    )


async def unwatch(user: int, subject: SubjectRef) -> None:
    """Take ``subject`` off the user's list."""
    await db.execute(
        "delete from core_watch where user_id = $1 and subject_kind = $2 and subject_id = $3",
        user,
        subject.kind,
        subject.id,
    )
