# SPDX-License-Identifier: Apache-2.0
"""Reading organisations and persons.

Organisations are public reference rows. Persons are scoped: what a query returns depends on the
scope of the open transaction, and lists add it as bound parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.db import current_scope, literal, row, rows, scope_conditions
from core.intervals import ORGANISATIONS, REGIONS, Interval
from core.scope import Scope

ORGANISATION_FIELDS = (
    "id, name, short_name, kind, parent, region, region_lo, lo, hi, unified_code,"
    " valid_from, valid_to"
)
PERSON_FIELDS = (
    "p.id, p.name, coalesce(p.organisation, 0) as organisation, p.position, p.heads, p.sex, p.birth_date, p.id_number_masked,"
    " p.phone_masked, p.region_lo, p.org_lo, p.closed_at is not null as closed"
)


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """An organisation as it is stored."""

    id: int
    name: str
    short_name: str
    kind: str
    parent: int | None
    region: int
    region_lo: int
    lo: int
    hi: int
    unified_code: str
    valid_from: date
    valid_to: date | None

    @property
    def interval(self) -> Interval:
        return Interval(self.lo, self.hi)

    @property
    def label(self) -> str:
        return self.short_name or self.name

    def open_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as lists and pages show him or her: numbers masked."""

    id: int
    name: str
    organisation: int
    """0 for volunteers, who belong to none."""
    position: str
    heads: bool
    sex: str
    birth_date: date | None
    id_number_masked: str
    phone_masked: str
    region_lo: int
    org_lo: int
    closed: bool


# --- organisations ---------------------------------------------------------------------------


def _organisation(record: dict[str, Any] | None) -> OrganisationRow | None:
    return None if record is None else OrganisationRow(**record)


async def organisation(organisation_id: int) -> OrganisationRow | None:
    return _organisation(
        await row(
            f"select {ORGANISATION_FIELDS} from core_organisation where id = $1", organisation_id
        )
    )


async def organisation_at(lo: int) -> OrganisationRow | None:
    """The organisation whose interval begins at ``lo`` (what scoped rows carry)."""
    return _organisation(
        await row(f"select {ORGANISATION_FIELDS} from core_organisation where lo = $1", lo)
    )


async def organisation_by_code(unified_code: str) -> OrganisationRow | None:
    return _organisation(
        await row(
            f"select {ORGANISATION_FIELDS} from core_organisation"
            " where unified_code = $1 and valid_to is null",
            unified_code,
        )
    )


async def organisations_in(
    scope: Scope, *, kinds: Sequence[str] = (), closed: bool = False
) -> list[OrganisationRow]:
    """The organisations inside a scope, the tree's order: each after the one above it."""
    only = "" if closed else " and valid_to is null"
    found = await rows(
        f"select {ORGANISATION_FIELDS} from core_organisation"
        " where region_lo between $1 and $2 and lo between $3 and $4"
        f" and (cardinality($5::text[]) = 0 or kind = any($5)){only} order by lo",
        scope.region.lo,
        scope.region.hi,
        scope.organisation.lo,
        scope.organisation.hi,
        list(kinds),
    )
    return [OrganisationRow(**record) for record in found]


async def organisation_children(parent: int, *, closed: bool = False) -> list[OrganisationRow]:
    only = "" if closed else " and valid_to is null"
    found = await rows(
        f"select {ORGANISATION_FIELDS} from core_organisation where parent = $1{only}"
        " order by pinyin, lo",
        parent,
    )
    return [OrganisationRow(**record) for record in found]


async def organisation_path(lo: int) -> list[OrganisationRow]:
    """The organisations above ``lo`` and itself, the root first."""
    found = await rows(
        f"select {ORGANISATION_FIELDS} from core_organisation where lo = any($1::int8[])"
        " order by lo, hi desc",
        list(ORGANISATIONS.ancestors(lo)[1:]),
    )
    return [OrganisationRow(**record) for record in found]


async def organisation_names(los: Sequence[int]) -> dict[int, str]:
    """Short names of many organisations at once, by ``lo``."""
    found = await rows(
        "select lo, coalesce(nullif(short_name, ''), name) as name from core_organisation"
        " where lo = any($1::int8[])",
        list(los),
    )
    return {record["lo"]: record["name"] for record in found}


async def competent_organ(region_lo: int, function: str) -> OrganisationRow | None:
    """Who exercises ``function`` in the region: its own organ, else that of the nearest above."""
    fields = ", ".join(f"o.{name.strip()}" for name in ORGANISATION_FIELDS.split(","))
    return _organisation(
        await row(
            f"select {fields} from core_competent_organ c"
            " join core_region r on r.id = c.region"
            " join core_organisation o on o.id = c.organisation"
            " where c.function = $2 and r.lo = any($1::int8[]) and o.valid_to is null"
            " order by r.lo desc, r.hi limit 1",
            list(REGIONS.ancestors(region_lo)),
            function,
        )
    )


# --- persons ---------------------------------------------------------------------------------


async def person(person_id: int) -> PersonRow | None:
    """The person, when the scope sees him or her."""
    found = await row(f"select {PERSON_FIELDS} from core_person p where p.id = $1", person_id)
    return None if found is None else PersonRow(**found)


async def persons(ids: Sequence[int]) -> dict[int, PersonRow]:
    """Many persons at once, by id; those outside the scope are missing."""
    found = await rows(
        f"select {PERSON_FIELDS} from core_person p where p.id = any($1::int8[])", list(ids)
    )
    return {record["id"]: PersonRow(**record) for record in found}


async def persons_by_id(ids: Sequence[int]) -> list[PersonRow]:
    """Those of ``ids`` who are still there and inside the scope, in the order of ``ids``."""
    found = await persons(ids)
    return [found[i] for i in dict.fromkeys(ids) if i in found and not found[i].closed]


async def persons_of(
    organisation_interval: Interval, *, closed: bool = False, limit: int = 500
) -> list[PersonRow]:
    """The persons of an organisation and everything below it, heads first."""
    where, args = scope_conditions(current_scope(), "p")
    only = "" if closed else " and p.closed_at is null"
    n = len(args)
    found = await rows(
        f"select {PERSON_FIELDS} from core_person p where {where}"
        f" and p.org_lo between ${n + 1}::int8 and ${n + 2}::int8{only}"
        f" order by p.heads desc, p.pinyin, p.id limit ${n + 3}::int8",
        *args,
        organisation_interval.lo,
        organisation_interval.hi,
        limit,
    )
    return [PersonRow(**record) for record in found]


async def heads_of(organisation_lo: int) -> list[PersonRow]:
    """Who leads exactly this organisation, as far as the scope sees them."""
    found = await rows(
        f"select {PERSON_FIELDS} from core_person p where p.org_lo = $1 and p.heads"
        " and p.closed_at is null order by p.id",
        organisation_lo,
    )
    return [PersonRow(**record) for record in found]


async def person_by_hash(column: str, value: bytes) -> PersonRow | None:
    """The person whose number has that keyed hash."""
    if column not in ("id_number_hash", "phone_hash"):
        raise ValueError(column)
    found = await row(
        f"select {PERSON_FIELDS} from core_person p where p.{column} = $1"
        " order by p.closed_at nulls first, p.id limit 1",
        value,
    )
    return None if found is None else PersonRow(**found)


async def find_persons(text: str, scope: Scope, *, limit: int = 20) -> list[PersonRow]:
    """Persons of a scope whose name contains ``text``."""
    where, args = scope_conditions(scope, "p")
    n = len(args)
    found = await rows(
        f"select {PERSON_FIELDS} from core_person p where {where} and p.closed_at is null"
        f" and p.name like '%' || ${n + 1} || '%' order by p.pinyin, p.id limit ${n + 2}::int8",
        *args,
        literal(text),
        limit,
    )
    return [PersonRow(**record) for record in found]
