# SPDX-License-Identifier: Apache-2.0
"""Persons who come from the public: entered for a region, of no organisation (S0-2, S0-10)."""

from datetime import date

import asyncpg

from core import clock
from core.api.plugin import Place, SubjectRef
from core.db import row, transaction
from core.errors import Invalid, NotFound
from core.facts.services import record
from core.keys.cipher import encrypt, lookup_hash
from core.keys.masking import mask_id_number, mask_phone
from core.people.facts import Concerned
from core.people.queries import PersonRow, person
from core.people.rules import (
    birth_of,
    clean,
    id_number_faults,
    phone_problem,
    sex_of,
)
from core.people.services import ID_NUMBER, PHONE, pinyin
from core.regions.queries import region as region_of


async def add_person(
    name: str,
    *,
    region: int,
    id_number: str,
    phone: str = "",
    sex: str = "",
    birth_date: date | None = None,
) -> PersonRow:
    """Enter a volunteer or applicant of a region (its id).

    Whoever is known by that ID number already is refused: look him up first with
    ``person_by_id_number`` under a scope that sees everybody, since one number is one person.
    Belongs into a transaction whose scope may write in the region; an applicant's page takes
    ``Scope.platform("…")`` for it.
    """
    name, number, plain_phone = name.strip(), clean(id_number), clean(phone)
    errors = dict(id_number_faults(number, clock.today(), sex=sex, birth_date=birth_date))
    if not name:
        errors["name"] = "请填写姓名。"
    if plain_phone and (problem := phone_problem(plain_phone)):
        errors["phone"] = problem
    async with transaction():
        place = await region_of(region)
        if place is None:
            raise NotFound
        if errors:
            raise Invalid(errors)
        try:
            # A savepoint, so that a duplicate does not end the caller's transaction.
            async with transaction():
                made = await row(
                    """
                    insert into core_person
                      (name, pinyin, organisation, region_lo, org_lo, position, heads, sex,
                       birth_date, id_number, id_number_hash, id_number_masked,
                       phone, phone_hash, phone_masked, created_at, close_reason)
                    values ($1, $2, null, $3, 0, '', false, $4, $5, $6, $7, $8, $9, $10, $11,
                            $12, '') returning id
                    """,
                    name,
                    pinyin(name),
                    place.lo,
                    sex_of(number),
                    birth_of(number),
                    encrypt(number, ID_NUMBER),
                    lookup_hash(number, ID_NUMBER),
                    mask_id_number(number),
                    encrypt(plain_phone, PHONE) if plain_phone else None,
                    lookup_hash(plain_phone, PHONE) if plain_phone else None,
                    mask_phone(plain_phone) if plain_phone else "",
                    clock.now(),
                )
        except asyncpg.UniqueViolationError as error:
            raise Invalid({"id_number": "这个公民身份号码已经登记过。"}) from error
        assert made is not None
        entered = await person(made["id"])
        if entered is None:
            raise NotFound
        await record(
            "core.person.entered",
            SubjectRef("core.person", entered.id),
            Concerned(person=entered.id, organisation=0),
            Place(place.lo),
        )
        return entered
