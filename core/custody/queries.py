# SPDX-License-Identifier: Apache-2.0
"""Reading custodians, shares and openings; inside the caller's transaction."""

from collections.abc import Sequence
from typing import Any

from core import db
from core.custody.rules import Keys, Share
from core.errors import NotFound

ACTIVE = "left_at is null"
FIELDS = (
    "id, person, name, public, wrapped, salt, named_at, enrolled_at, left_at, left_reason,"
    " region_lo"
)


async def active_in(region_lo: int) -> list[dict[str, Any]]:
    """The custodians of exactly this region who have set a passphrase."""
    return await db.rows(
        f"select {FIELDS} from core_custodian where region_lo = $1 and {ACTIVE}"
        " and enrolled_at is not null order by id",
        region_lo,
    )


async def all_in(region_lo: int) -> list[dict[str, Any]]:
    """Everybody who is or was custodian of a region, without keys."""
    return await db.rows(
        "select id, person, name, named_at, enrolled_at, left_at, left_reason"
        " from core_custodian where region_lo = $1 order by left_at nulls first, id",
        region_lo,
    )


async def custodian_of(person: int, region_lo: int) -> dict[str, Any] | None:
    """The person as custodian of a region, with or without a passphrase, not one who left."""
    return await db.row(
        f"select {FIELDS} from core_custodian where person = $1 and region_lo = $2 and {ACTIVE}",
        person,
        region_lo,
    )


async def offices_of(person: int) -> list[dict[str, Any]]:
    """The regions a person is custodian of."""
    return await db.rows(
        "select c.id, c.region_lo, c.enrolled_at, r.name as region_name from core_custodian c"
        " join core_region r on r.lo = c.region_lo"
        f" where c.person = $1 and c.{ACTIVE} order by c.region_lo",
        person,
    )


def keys_of(row: dict[str, Any]) -> Keys:
    """The keys in a custodian's row."""
    return Keys(bytes(row["public"]), bytes(row["wrapped"]), bytes(row["salt"]))


async def shares_of(envelope: int, custodian: int) -> list[Share]:
    """The shares of an envelope a custodian holds a half of."""
    found = await db.rows(
        "select first, second, part_first, part_second from core_envelope_share"
        " where envelope = $1 and (first = $2 or second = $2) order by first, second",
        envelope,
        custodian,
    )
    return [
        Share(r["first"], r["second"], bytes(r["part_first"]), bytes(r["part_second"]))
        for r in found
    ]


async def opening_of(opening: int) -> dict[str, Any]:
    """One request; ``NotFound`` for none."""
    found = await db.row("select * from core_envelope_opening where id = $1", opening)
    if found is None:
        raise NotFound("没有这次申请。")
    return found


async def openings_in(regions: Sequence[int]) -> list[dict[str, Any]]:
    """The requests of some regions, the waiting ones first."""
    return await db.rows(
        "select o.id, o.kind, o.subject_kind, o.subject_id, o.title, o.reason, o.state,"
        " o.asked_by_name, o.asked_at, o.first, o.first_at, o.ended_at, o.ended_because,"
        " o.region_lo, coalesce(c.name, '') as first_name from core_envelope_opening o"
        " left join core_custodian c on c.id = o.first where o.region_lo = any($1::int8[])"
        " order by (o.state = 'waiting') desc, o.id desc limit 100",
        list(regions),
    )


async def opening_about(kind: str, number: int) -> dict[str, Any] | None:
    """The newest request about a subject."""
    return await db.row(
        "select id, state, reason, asked_by_name, asked_at, first, ended_at, ended_because"
        " from core_envelope_opening where subject_kind = $1 and subject_id = $2"
        " order by id desc limit 1",
        kind,
        number,
    )


async def eligible(region_lo: int) -> list[dict[str, Any]]:
    """Who may be named in a region: those whose role reaches exactly this region."""
    return await db.rows(
        "select distinct p.id, p.name, p.position from core_assignment a"
        " join core_role r on r.id = a.role and r.reach = 'region'"
        ' join core_user u on u.id = a."user" and u.active'
        " join core_person p on p.id = u.person and p.closed_at is null"
        " join core_region g on g.id = a.region"
        " where g.lo = $1 and a.revoked_at is null"
        " and not exists (select 1 from core_custodian c where c.person = p.id"
        f"  and c.region_lo = $1 and c.{ACTIVE}) order by p.name",
        region_lo,
    )


async def waiting_for(person: int) -> int:
    """How many requests wait for this custodian's answer."""
    return int(
        await db.value(
            "select count(*) from core_envelope_opening o join core_custodian c"
            " on c.region_lo = o.region_lo and c.person = $1 and c.left_at is null"
            " and c.enrolled_at is not null and c.id <> o.first where o.state = 'waiting'",
            person,
        )
    )
