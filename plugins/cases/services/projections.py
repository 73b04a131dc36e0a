# SPDX-License-Identifier: Apache-2.0
"""What cases keeps of other plugins' facts: item definitions and the lamps of a case.

Idempotent and safe in any order: a fact may be delivered twice, or late.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from core.api import clock
from core.api.db import execute, json, row, value
from core.api.plugin import Place
from core.api.turns import set_lamp
from plugins.cases.queries import subject_of
from plugins.cases.rules.definition import read_definition


class RaisedAlarm(msgspec.Struct):
    """What cases reads of ``inspection.alarm_raised``; unknown fields are ignored."""

    alarm: int
    case: int
    colour: str
    kind: str = ""
    point: str = ""
    step: str = ""
    step_title: str = ""
    headline: str = ""
    sentence: str = ""


async def keep_item_version(payload: Mapping[str, Any]) -> None:
    """Keep an effective definition; only the highest version of an item is current."""
    definition = read_definition(payload)
    effective = (
        datetime.fromisoformat(definition.effective_from)
        if definition.effective_from
        else clock.now()
    )
    if effective.tzinfo is None:
        effective = effective.replace(tzinfo=clock.SHANGHAI)
    newest = await value(
        "select coalesce(max(version), 0) from cases_item_version where item = $1", definition.item
    )
    current = definition.version >= newest
    if current:
        await execute(
            "update cases_item_version set current = false where item = $1 and current",
            definition.item,
        )
    await execute(
        """insert into cases_item_version (item, version, code, title, power_class, organisation,
             definition, effective_from, current, region_lo, org_lo, aud_lo, aud_hi)
           values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13)
           on conflict (item, version) do update set current = excluded.current""",
        definition.item,
        definition.version,
        definition.code[:60],
        definition.title[:200],
        definition.power_class,
        definition.organisation,
        json(dict(payload)),
        effective,
        current,
        definition.region_lo,
        definition.org_lo,
        definition.aud_lo,
        definition.aud_hi,
    )


class ChangedCertificate(msgspec.Struct):
    """What cases reads of ``certificates.certificate_changed``; unknown fields are ignored."""

    certificate: int
    person: int
    number: str
    state: str
    since: date
    valid_from: date
    valid_until: date


async def keep_certificate(payload: Mapping[str, Any], told_at: datetime, place: Place) -> None:
    """Keep the number to show beside an officer; an older telling does not undo a newer one."""
    card = msgspec.convert(payload, ChangedCertificate, strict=False)
    await execute(
        """insert into cases_certificate (certificate, person, number, state, since, valid_from,
             valid_until, told_at, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           on conflict (certificate) do update set person = excluded.person,
             number = excluded.number, state = excluded.state, since = excluded.since,
             valid_from = excluded.valid_from, valid_until = excluded.valid_until,
             told_at = excluded.told_at
           where cases_certificate.told_at <= excluded.told_at""",
        card.certificate,
        card.person,
        card.number[:40],
        card.state[:12],
        card.since,
        card.valid_from,
        card.valid_until,
        told_at,
        place.region_lo,
        place.org_lo,
    )


async def keep_alarm(payload: Mapping[str, Any], raised_at: datetime) -> None:
    """Light the case's lamp."""
    alarm = msgspec.convert(payload, RaisedAlarm)
    case = await row("select region_lo, org_lo from cases_case where id = $1", alarm.case)
    if case is None:
        return
    await execute(
        """insert into cases_alarm (alarm, case_id, colour, kind, point, step, step_title, headline,
             sentence, state, raised_at, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11, $12)
           on conflict (alarm) do update set case_id = excluded.case_id, colour = excluded.colour,
             kind = excluded.kind, point = excluded.point, step = excluded.step,
             step_title = excluded.step_title, headline = excluded.headline,
             sentence = excluded.sentence, raised_at = excluded.raised_at""",
        alarm.alarm,
        alarm.case,
        alarm.colour,
        alarm.kind[:20],
        alarm.point[:80],
        alarm.step[:60],
        alarm.step_title[:80],
        (alarm.headline or alarm.sentence)[:200],
        alarm.sentence[:600],
        raised_at,
        case["region_lo"],
        case["org_lo"],
    )
    await _count_lamps(alarm.case)


async def end_alarm(payload: Mapping[str, Any], state: str, at: datetime) -> None:
    """An alarm was revoked or upheld by an order; the lamp follows."""
    alarm, case = int(payload["alarm"]), int(payload.get("case") or 0)
    known = await value("select case_id from cases_alarm where alarm = $1", alarm)
    case = int(known or case)
    if not case:
        return
    await execute(
        "update cases_alarm set state = $2, ended_at = $3 where alarm = $1", alarm, state, at
    )
    await _count_lamps(case)


async def _count_lamps(case: int) -> None:
    """The case shows its worst alarm that is not revoked (S1-16)."""
    counted = await row(
        """update cases_case c set red = n.red, yellow = n.yellow,
             lamp = case when n.red > 0 then 'red' when n.yellow > 0 then 'yellow' else '' end
           from (select count(*) filter (where colour = 'red') as red,
                        count(*) filter (where colour = 'yellow') as yellow
                 from cases_alarm where case_id = $1 and state <> 'revoked') n
           where c.id = $1 returning c.lamp""",
        case,
    )
    if counted is not None:
        await set_lamp(subject_of(case), counted["lamp"])
