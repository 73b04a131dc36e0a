# SPDX-License-Identifier: Apache-2.0
"""Sending messages, reading them, and the job that hands them to channels."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core import clock, db, settings
from core.api.plugin import Place, SubjectRef
from core.errors import NotFound
from core.host.registry import current
from core.jobs.services import enqueue
from core.notify.channels.base import POINT, Channel, Outgoing, is_ready
from core.notify.rules import not_before, worded

INBOX = "inbox"
SEND = "core.notify.send"

INSERT = """
insert into core_message (person, region_lo, org_lo, kind, subject_kind, subject_id, title, text,
                          at, read_at)
select p, $2, $3, $4, $5, $6, $7, $8, $9, null from unnest($1::int8[]) p
returning id, person
"""

OUT = """
insert into core_outbox (message, person, channel, kind, subject_kind, subject_id, title, text,
                         created_at, sent_at, params)
select m.message, m.person, $3::text, $4::text, $5::text, $6, $7::text, $8::text, $9, null, $11
from unnest($1::int8[], $2::int8[]) as m(message, person)
where not ($10 and exists (
  select 1 from core_mute x where x.person = m.person and x.kind = $4::text))
returning id
"""


async def notify(
    kind: str,
    persons: Sequence[int],
    subject: SubjectRef,
    params: Mapping[str, Any],
    place: Place,
) -> None:
    """Put a message into the inboxes of ``persons`` and on its way through the kind's channels.

    Belongs to the caller's transaction: a message exists only if what it tells of does. The
    inbox cannot be muted; other channels can, where the kind allows it.
    """
    registry = current()
    declared = registry.message_kinds.get(kind)
    if declared is None:
        raise LookupError(f"no plugin declares the message kind {kind!r}")
    receivers = sorted({each for each in persons if each})
    if not receivers:
        return
    title, text = worded(declared, params)
    now = clock.now()
    subject_columns = (subject.kind, subject.id)
    sent = await db.rows(
        INSERT,
        receivers,
        place.region_lo,
        place.org_lo,
        kind,
        *subject_columns,
        title,
        text,
        now,
    )
    known: dict[str, Channel] = {each.key: each.value for each in registry.contributions(POINT)}
    values = msgspec.json.encode({key: str(each) for key, each in params.items()}).decode()
    for name in dict.fromkeys((*declared.channels, *settings.load().notify.channels)):
        channel = known.get(name)
        if channel is None or not is_ready(channel):
            continue  # the inbox itself, or a channel nobody has installed or configured
        outgoing = await db.column(
            OUT,
            [each["id"] for each in sent],
            [each["person"] for each in sent],
            name,
            kind,
            *subject_columns,
            title,
            text,
            now,
            declared.may_mute,
            values,
        )
        due_at = not_before(now) if channel.rests_at_night else None
        for each in outgoing:
            await enqueue(SEND, {"outbox": each}, due_at=due_at)


async def send(payload: Mapping[str, Any]) -> None:
    """The job behind the outbox: hand one message to its channel."""
    found = await db.row(
        "select * from core_outbox where id = $1 and sent_at is null for update", payload["outbox"]
    )
    if found is None:
        return
    channel = next(
        (each.value for each in current().contributions(POINT) if each.key == found["channel"]),
        None,
    )
    if channel is not None:
        subject = SubjectRef(found["subject_kind"], found["subject_id"])
        await channel.send(
            Outgoing(
                found["person"],
                found["kind"],
                found["title"],
                found["text"],
                subject,
                msgspec.json.decode(found["params"] or "{}"),
            )
        )
    await db.execute(
        "update core_outbox set sent_at = $2 where id = $1", payload["outbox"], clock.now()
    )


# -- reading -----------------------------------------------------------------------------------

PAGE = """
select id, kind, subject_kind, subject_id, title, text, at, read_at is not null as read
from core_message
where person = $1 and ($2::int8 = 0 or id < $2) and (not $3 or read_at is null)
order by id desc limit $4
"""


async def messages_of(
    person: int, *, before: int = 0, only_unread: bool = False, limit: int = 50
) -> list[dict[str, Any]]:
    """A page of a person's inbox, newest first, older than message ``before``."""
    return await db.rows(PAGE, person, before, only_unread, limit)


async def unread_count(person: int) -> int:
    """How many messages the bell shows, counted up to a hundred."""
    count: int = await db.value(
        "select count(*) from (select 1 from core_message"
        " where person = $1 and read_at is null limit 100) x",
        person,
    )
    return count


async def open_message(person: int, message: int) -> SubjectRef:
    """Mark a message of ``person`` as read and tell what it is about."""
    found = await db.row(
        "update core_message set read_at = coalesce(read_at, $3)"
        " where id = $1 and person = $2 returning subject_kind, subject_id",
        message,
        person,
        clock.now(),
    )
    if found is None:
        raise NotFound
    return SubjectRef(found["subject_kind"], found["subject_id"])


async def read_all(person: int) -> int:
    """Mark everything as read; how many that were."""
    return await db.execute(
        "update core_message set read_at = $2 where person = $1 and read_at is null",
        person,
        clock.now(),
    )


async def mute(person: int, kind: str, on: bool) -> None:
    """Keep a kind of message out of all channels but the inbox, or let it out again."""
    declared = current().message_kinds.get(kind)
    if declared is None or not declared.may_mute:
        raise NotFound
    if on:
        await db.execute(
            "insert into core_mute (person, kind) values ($1, $2) on conflict do nothing",
            person,
            kind,
        )
    else:
        await db.execute("delete from core_mute where person = $1 and kind = $2", person, kind)


async def muted(person: int) -> list[str]:
    """The kinds a person keeps inside the inbox."""
    return await db.column("select kind from core_mute where person = $1 order by kind", person)


async def mark_read_before(moment: datetime) -> int:
    """Take everything sent before ``moment`` as read; for data that was brought in afterwards."""
    return await db.execute(
        "update core_message set read_at = at where read_at is null and at < $1", moment
    )
