# SPDX-License-Identifier: Apache-2.0
"""Officers entered in bulk: a few statements for some thousand rows, no fact for each of them.

Both ways of bringing many officers use it: the sheet of a unit and the run of the 2008 system.
Whoever calls it has decided about every row and records the one fact of the whole batch.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import current_scope, execute, rows
from core.api.people import (
    birth_of,
    encrypt,
    lookup_hash,
    mask_id_number,
    mask_phone,
    pinyin,
    sex_of,
)
from plugins.certificates.rules.applying import unit_on_card

ID_NUMBER, PHONE = "person.id_number", "person.phone"


@dataclass(frozen=True)
class Batch:
    """What officers that come together share."""

    number: int
    """``certificates_officer.batch``: the sheet's id, negative for a run of the old system."""
    reason: str
    """Why their cards are valid, e.g. 登记."""
    undone: str
    """The reason an undone batch left behind; what it closed is opened again."""


async def enter_persons(batch: Batch, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Enter whoever has no ``person`` yet; returns the lines that got one, or got theirs back.

    A line has ``name``, ``id_number``, ``hash``, ``phone``, ``position``, ``person`` (id or None)
    and ``to``, the unit with ``id``, ``region_lo`` and ``lo``. Sets ``person``.
    """
    fresh = [each for each in lines if each["person"] is None]
    entered = await rows(
        """insert into core_person (name, pinyin, organisation, region_lo, org_lo, position, heads,
             sex, birth_date, id_number, id_number_hash, id_number_masked, phone, phone_hash,
             phone_masked, created_at, close_reason)
           select n, y, o, rl, ol, p, false, s, b, i, h, m, t, th, tm, $15, ''
           from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[],
                       $7::text[], $8::date[], $9::bytea[], $10::bytea[], $11::text[],
                       $12::bytea[], $13::bytea[], $14::text[])
             as e(n, y, o, rl, ol, p, s, b, i, h, m, t, th, tm)
           returning id, id_number_hash""",
        [each["name"] for each in fresh],
        [pinyin(each["name"]) for each in fresh],
        [each["to"]["id"] for each in fresh],
        [each["to"]["region_lo"] for each in fresh],
        [each["to"]["lo"] for each in fresh],
        [each["position"] for each in fresh],
        [sex_of(each["id_number"]) for each in fresh],
        [birth_of(each["id_number"]) for each in fresh],
        [encrypt(each["id_number"], ID_NUMBER) for each in fresh],
        [each["hash"] for each in fresh],
        [mask_id_number(each["id_number"]) for each in fresh],
        [encrypt(each["phone"], PHONE) if each["phone"] else None for each in fresh],
        [lookup_hash(each["phone"], PHONE) if each["phone"] else None for each in fresh],
        [mask_phone(each["phone"]) if each["phone"] else "" for each in fresh],
        clock.now(),
    )
    ids = {bytes(each["id_number_hash"]): each["id"] for each in entered}
    for each in fresh:
        each["person"] = ids[each["hash"]]
    back = {
        each["id"]
        for each in await rows(
            "update core_person set closed_at = null, close_reason = ''"
            " where id = any($1::int8[]) and close_reason = $2 returning id",
            [each["person"] for each in lines],
            batch.undone,
        )
    }
    return [*fresh, *(each for each in lines if each["person"] in back)]


async def enter_officers(batch: Batch, lines: Sequence[dict[str, Any]]) -> dict[int, int]:
    """A row of the register for every line, each with its ``person``. Ids by person.

    Who left before comes back under the unit of this batch.
    """
    found = await rows(
        """insert into certificates_officer (person, name, organisation, category, position,
             batch, created_at, region_lo, org_lo)
           select p, n, o, c, j, $8, $9, rl, ol
           from unnest($1::int8[], $2::text[], $3::int8[], $4::text[], $5::text[],
                       $6::int8[], $7::int8[]) as e(p, n, o, c, j, rl, ol)
           on conflict (person) do update set closed_at = null, batch = excluded.batch,
             organisation = excluded.organisation, region_lo = excluded.region_lo,
             org_lo = excluded.org_lo, category = excluded.category, position = excluded.position
           returning id, person""",
        [each["person"] for each in lines],
        [each["name"] for each in lines],
        [each["to"]["id"] for each in lines],
        [each["category"] for each in lines],
        [each["position"] for each in lines],
        [each["to"]["region_lo"] for each in lines],
        [each["to"]["lo"] for each in lines],
        batch.number,
        clock.now(),
    )
    return {each["person"]: each["id"] for each in found}


async def enter_cards(
    batch: Batch, lines: Sequence[Mapping[str, Any]], officers: Mapping[int, int]
) -> dict[str, int]:
    """A card for every line, valid from its first day where ``issued`` says so. Ids by number.

    A line has ``number``, ``category``, ``valid_from``, ``valid_until``, ``due`` (the day the next
    inspection has to be done by, or None), ``issued``; ``to`` also has ``kind``, ``name``,
    ``above`` (the name of the unit above) and ``region_name``: the unit's name on the card is
    generated of them (S2-4).
    """
    now = clock.now()
    made = await rows(
        """insert into certificates_certificate (officer, person, number, kind, token, holder_name,
             unit_name, region_name, category, valid_from, valid_until, inspection_due, created_at,
             region_lo, org_lo, published)
           select f, p, n, 'local', t, h, u, r, c, vf, vu, d, $14, rl, ol, g
           from unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[],
                       $7::text[], $8::text[], $9::date[], $10::date[], $11::date[], $12::int8[],
                       $13::int8[], $15::bool[]) as e(f, p, n, t, h, u, r, c, vf, vu, d, rl, ol, g)
           returning id, number, published, valid_from, region_lo, org_lo""",
        [officers[each["person"]] for each in lines],
        [each["person"] for each in lines],
        [each["number"] for each in lines],
        [secrets.token_urlsafe(18) for _ in lines],
        [each["name"] for each in lines],
        [
            unit_on_card(each["to"]["kind"], each["to"]["name"], each["to"]["above"] or "")
            for each in lines
        ],
        [each["to"]["region_name"] for each in lines],
        [each["category"] for each in lines],
        [date.fromisoformat(each["valid_from"]) for each in lines],
        [date.fromisoformat(each["valid_until"]) for each in lines],
        [each["due"] for each in lines],
        [each["to"]["region_lo"] for each in lines],
        [each["to"]["lo"] for each in lines],
        now,
        [each["issued"] for each in lines],
    )
    issued = [each for each in made if each["published"]]
    await execute(
        """insert into certificates_period (certificate, state, since, reason, recorded_at,
             recorded_by, region_lo, org_lo, published)
           select c, 'valid', s, $5, $6, $7, rl, ol, true
           from unnest($1::int8[], $2::date[], $3::int8[], $4::int8[]) as e(c, s, rl, ol)""",
        [each["id"] for each in issued],
        [each["valid_from"] for each in issued],
        [each["region_lo"] for each in issued],
        [each["org_lo"] for each in issued],
        batch.reason,
        now,
        current_scope().actor,
    )
    return {each["number"]: each["id"] for each in made}


async def open_cards_again(batch: Batch, cards: Sequence[int]) -> None:
    """Cards an undone batch cancelled are valid as they were before."""
    if not cards:
        return
    await execute(
        "delete from certificates_period where certificate = any($1::int8[]) and reason = $2",
        list(cards),
        batch.undone,
    )
    await execute(
        "update certificates_period set until = null where certificate = any($1::int8[])"
        " and reason = $2",
        list(cards),
        batch.reason,
    )
