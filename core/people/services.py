# SPDX-License-Identifier: Apache-2.0
"""Founding and closing organisations, entering and moving persons, showing what is masked."""

from datetime import date
from functools import lru_cache
from typing import Any

import asyncpg

from core import clock
from core.api.plugin import Place, SubjectRef
from core.db import current_scope, execute, lock_subjects, row, rows, transaction, value
from core.errors import Conflict, Invalid, NotFound, Refused
from core.facts.services import record
from core.intervals import ORGANISATIONS, NoRoom
from core.keys.cipher import decrypt, encrypt, lookup_hash
from core.keys.masking import mask_id_number, mask_phone
from core.people.facts import Appointed, Changed, Concerned, Founded, Moved, Revealed
from core.people.queries import (
    OrganisationRow,
    PersonRow,
    organisation,
    person,
    person_by_hash,
)
from core.people.revealing import within_reveal_limit
from core.people.rules import (
    FUNCTIONS,
    KINDS,
    IdNumber,
    clean,
    id_number_warnings,
    phone_problem,
    read_id_number,
    unified_code_problem,
)
from core.regions.queries import region

ID_NUMBER = "person.id_number"
PHONE = "person.phone"
REVEALABLE = {"id_number": ID_NUMBER, "phone": PHONE}

ROOTS = SubjectRef("core.organisation_roots", 0)
PINYIN_LENGTH = 120
"""What the columns hold; a key to sort by needs no more."""


@lru_cache(maxsize=4096)
def pinyin(text: str) -> str:
    """The sorting key of a Chinese name: pinyin with tone digits, lower-case."""
    # Its dictionaries take half a second to load, which no start should wait for.
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(text, style=Style.TONE3)).lower()[:PINYIN_LENGTH]


# --- organisations ---------------------------------------------------------------------------


def _must_write(region_lo: int, org_lo: int) -> None:
    # The organisation table has no policies, so its services ask the scope themselves.
    if not current_scope().may_write(Place(region_lo, org_lo)):
        raise NotFound


async def found_organisation(
    name: str,
    kind: str,
    region_id: int,
    *,
    parent: int | None = None,
    short_name: str = "",
    unified_code: str = "",
    valid_from: date | None = None,
) -> OrganisationRow:
    """Enter a new organisation below ``parent``, or a root organisation of a region."""
    name, short_name, code = name.strip(), short_name.strip(), clean(unified_code)
    async with transaction():
        await lock_subjects(
            SubjectRef("core.organisation", parent) if parent is not None else ROOTS
        )
        place = await region(region_id)
        above = None if parent is None else await organisation(parent)
        if place is None or not place.open or (parent is not None and above is None):
            raise NotFound
        errors = {}
        if not name:
            errors["name"] = "请填写机构名称。"
        if kind not in KINDS:
            errors["kind"] = "请选择机构类型。"
        if code and (problem := unified_code_problem(code)):
            errors["unified_code"] = problem
        elif code and await value(
            "select 1 from core_organisation where unified_code = $1 and valid_to is null", code
        ):
            errors["unified_code"] = "这个统一社会信用代码已有机构使用。"
        if above is not None and above.valid_to is not None:
            errors["parent"] = f"{above.name}已撤销，不能再设下级机构。"
        if name and await value(
            "select 1 from core_organisation where parent is not distinct from $1"
            " and region = $2 and name = $3 and valid_to is null",
            parent,
            region_id,
            name,
        ):
            errors["name"] = f"已有“{name}”，请核对是否重复。"
        if errors:
            raise Invalid(errors)
        try:
            interval = await _next_interval(above)
        except NoRoom as error:
            raise Invalid({"parent": str(error)}) from error
        # A root organisation takes new numbers outside everybody's own part of the tree, so only
        # who answers for all organisations of the region founds one. Whoever founds one below
        # another answers for that one as well, or somebody else's tree would grow under his hands.
        _must_write(place.lo, interval.lo)
        if above is not None:
            _must_write(above.region_lo, above.lo)
        made = await row(
            """
            insert into core_organisation (name, short_name, kind, parent, region, region_lo, lo,
                                           hi, unified_code, pinyin, valid_from, close_reason)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '') returning id
            """,
            name,
            short_name,
            kind,
            parent,
            region_id,
            place.lo,
            interval.lo,
            interval.hi,
            code,
            pinyin(name),
            valid_from or clock.today(),
        )
        assert made is not None
        founded = await organisation(made["id"])
        assert founded is not None
        await record(
            "core.organisation.founded",
            SubjectRef("core.organisation", founded.id),
            Founded(organisation=founded.id, name=name, kind=kind, region=region_id),
            Place(place.lo, interval.lo),
        )
        return founded


async def _next_interval(above: OrganisationRow | None) -> Any:
    last = await value(
        "select max(lo) from core_organisation where parent is not distinct from $1",
        None if above is None else above.id,
    )
    index = 0 if last is None else ORGANISATIONS.index(last) + 1
    return ORGANISATIONS.child(0 if above is None else above.lo, index)


async def change_organisation(
    organisation_id: int,
    *,
    name: str,
    short_name: str = "",
    unified_code: str = "",
    parent: int | None = None,
    region_id: int | None = None,
) -> OrganisationRow:
    """Correct name and code. Place in the tree and region cannot be changed.

    Everything an organisation ever did carries its number in the tree, so an organ that moves is
    closed and founded anew, and the two stay apart in every record.
    """
    async with transaction():
        await lock_subjects(SubjectRef("core.organisation", organisation_id))
        have = await organisation(organisation_id)
        if have is None:
            raise NotFound
        _must_write(have.region_lo, have.lo)
        if (parent is not None and parent != have.parent) or (
            region_id is not None and region_id != have.region
        ):
            raise Refused(
                "机构不能改变上级或所属区域：以往办理的事项都记在原来的位置上。"
                "请将原机构撤销，在新的上级下另行设立。"
            )
        if have.valid_to is not None:
            raise Conflict(f"{have.name}已撤销，不能再修改。")
        name, code = name.strip(), clean(unified_code)
        errors = {}
        if not name:
            errors["name"] = "请填写机构名称。"
        if code and code != have.unified_code and (problem := unified_code_problem(code)):
            errors["unified_code"] = problem
        if errors:
            raise Invalid(errors)
        await execute(
            "update core_organisation set name = $2, short_name = $3, unified_code = $4,"
            " pinyin = $5 where id = $1",
            organisation_id,
            name,
            short_name.strip(),
            code,
            pinyin(name),
        )
        await record(
            "core.organisation.changed",
            SubjectRef("core.organisation", organisation_id),
            Changed(organisation=organisation_id, before=have.name, after=name),
            Place(have.region_lo, have.lo),
        )
        changed = await organisation(organisation_id)
        assert changed is not None
        return changed


async def close_organisation(organisation_id: int, reason: str, *, on: date | None = None) -> None:
    """End an organisation; refused while persons or open organisations are below it."""
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": "请填写撤销原因。"})
    async with transaction():
        await lock_subjects(SubjectRef("core.organisation", organisation_id))
        have = await organisation(organisation_id)
        if have is None:
            raise NotFound
        _must_write(have.region_lo, have.lo)
        if have.valid_to is not None:
            raise Conflict(f"{have.name}已经撤销。")
        below = await value(
            "select count(*) from core_organisation where lo between $1 and $2 and id <> $3"
            " and valid_to is null",
            have.lo,
            have.hi,
            have.id,
        )
        staff = await value(
            "select count(*) from core_person where org_lo between $1 and $2 and closed_at is null",
            have.lo,
            have.hi,
        )
        reasons = []
        if below:
            reasons.append(f"还有 {below} 个下级机构没有撤销。")
        if staff:
            reasons.append(f"还有 {staff} 名人员没有调出或停用。")
        if reasons:
            raise Refused(*reasons)
        await execute(
            "update core_organisation set valid_to = $2, close_reason = $3 where id = $1",
            organisation_id,
            on or clock.today(),
            reason,
        )
        await record(
            "core.organisation.closed",
            SubjectRef("core.organisation", organisation_id),
            Changed(organisation=organisation_id, before=have.name, after="", reason=reason),
            Place(have.region_lo, have.lo),
        )


async def appoint_organ(region_id: int, function: str, organisation_id: int) -> None:
    """Make an organisation competent for a function in a region and below it."""
    if function not in FUNCTIONS:
        raise Invalid({"function": "没有这项职能。"})
    async with transaction():
        place, organ = await region(region_id), await organisation(organisation_id)
        if place is None or organ is None:
            raise NotFound
        if not current_scope().may_write(Place(place.lo, current_scope().writes[1].lo)):
            raise NotFound
        if organ.valid_to is not None:
            raise Refused(f"{organ.name}已撤销，不能再承担{FUNCTIONS[function]}职能。")
        await execute(
            """
            insert into core_competent_organ (region, function, organisation) values ($1, $2, $3)
            on conflict (region, function) do update set organisation = excluded.organisation
            """,
            region_id,
            function,
            organisation_id,
        )
        await record(
            "core.organisation.appointed",
            SubjectRef("core.organisation", organisation_id),
            Appointed(
                organisation=organisation_id,
                name=organ.name,
                region=region_id,
                function=FUNCTIONS[function],
            ),
            Place(place.lo, organ.lo),
        )


# --- persons ---------------------------------------------------------------------------------


def _checked_numbers(
    id_number: str, phone: str, sex: str, birth_date: date | None
) -> tuple[IdNumber | None, str, dict[str, str]]:
    errors = {}
    number: IdNumber | None = None
    if clean(id_number):
        read = read_id_number(id_number, clock.today())
        if isinstance(read, str):
            errors["id_number"] = read
        else:
            number = read
            if warning := id_number_warnings(read, sex=sex, birth_date=birth_date):
                errors["id_number"] = warning
    plain_phone = clean(phone)
    if plain_phone and (problem := phone_problem(plain_phone)):
        errors["phone"] = problem
    return number, plain_phone, errors


async def enter_person(
    name: str,
    organisation_id: int,
    *,
    id_number: str = "",
    phone: str = "",
    position: str = "",
    heads: bool = False,
    sex: str = "",
    birth_date: date | None = None,
) -> PersonRow:
    """Enter a person of an organisation; sex and birth date follow from the ID number."""
    name = name.strip()
    number, plain_phone, errors = _checked_numbers(id_number, phone, sex, birth_date)
    if not name:
        errors["name"] = "请填写姓名。"
    async with transaction():
        organ = await organisation(organisation_id)
        if organ is None:
            raise NotFound
        if organ.valid_to is not None:
            errors["organisation"] = f"{organ.name}已撤销，不能再登记人员。"
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
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                            $16, '') returning id
                    """,
                    name,
                    pinyin(name),
                    organ.id,
                    organ.region_lo,
                    organ.lo,
                    position.strip(),
                    heads,
                    number.sex if number else sex,
                    number.birth_date if number else birth_date,
                    *_sealed(number.number if number else "", ID_NUMBER),
                    *_sealed(plain_phone, PHONE),
                    clock.now(),
                )
        except asyncpg.UniqueViolationError as error:
            raise Invalid(
                {"id_number": "这个公民身份号码已经登记过。若是调入人员，请由原单位办理调出。"}
            ) from error
        assert made is not None
        entered = await person(made["id"])
        if entered is None:
            raise NotFound
        await record(
            "core.person.entered",
            SubjectRef("core.person", entered.id),
            Concerned(person=entered.id, organisation=organ.id),
            Place(organ.region_lo, organ.lo),
        )
        return entered


def _sealed(text: str, field: str) -> tuple[bytes | None, bytes | None, str]:
    """Encrypted value, keyed hash and masked form of a number."""
    if not text:
        return None, None, ""
    masked = mask_id_number(text) if field == ID_NUMBER else mask_phone(text)
    return encrypt(text, field), lookup_hash(text, field), masked


async def _locked_person(person_id: int) -> PersonRow:
    await lock_subjects(SubjectRef("core.person", person_id))
    have = await person(person_id)
    if have is None:
        raise NotFound
    return have


async def change_person(
    person_id: int,
    *,
    name: str,
    position: str = "",
    heads: bool = False,
    phone: str | None = None,
    id_number: str | None = None,
) -> PersonRow:
    """Correct a person's particulars; ``None`` leaves a number as it is."""
    name = name.strip()
    async with transaction():
        have = await _locked_person(person_id)
        number, plain_phone, errors = _checked_numbers(id_number or "", phone or "", "", None)
        if not name:
            errors["name"] = "请填写姓名。"
        if errors:
            raise Invalid(errors)
        changed = await execute(
            "update core_person set name = $2, pinyin = $3, position = $4, heads = $5"
            " where id = $1",
            person_id,
            name,
            pinyin(name),
            position.strip(),
            heads,
        )
        if not changed:
            raise NotFound
        if phone is not None:
            await execute(
                "update core_person set phone = $2, phone_hash = $3, phone_masked = $4"
                " where id = $1",
                person_id,
                *_sealed(plain_phone, PHONE),
            )
        if number is not None:
            try:
                async with transaction():
                    await execute(
                        "update core_person set id_number = $2, id_number_hash = $3,"
                        " id_number_masked = $4, sex = $5, birth_date = $6 where id = $1",
                        person_id,
                        *_sealed(number.number, ID_NUMBER),
                        number.sex,
                        number.birth_date,
                    )
            except asyncpg.UniqueViolationError as error:
                raise Invalid({"id_number": "这个公民身份号码已经登记过。"}) from error
        await record(
            "core.person.changed",
            SubjectRef("core.person", person_id),
            Concerned(person=person_id, organisation=have.organisation),
            Place(have.region_lo, have.org_lo),
        )
        after = await person(person_id)
        assert after is not None
        return after


async def move_person(person_id: int, organisation_id: int, *, position: str = "") -> PersonRow:
    """Transfer a person to another organisation; what was done before stays where it was done."""
    async with transaction():
        have = await _locked_person(person_id)
        organ = await organisation(organisation_id)
        if organ is None or organ.valid_to is not None:
            raise NotFound
        moved = await execute(
            "update core_person set organisation = $2, region_lo = $3, org_lo = $4,"
            " position = $5, heads = false where id = $1",
            person_id,
            organ.id,
            organ.region_lo,
            organ.lo,
            position.strip(),
        )
        if not moved:
            raise NotFound
        await record(
            "core.person.moved",
            SubjectRef("core.person", person_id),
            Moved(person=person_id, before=have.organisation, after=organ.id),
            Place(organ.region_lo, organ.lo),
        )
        after = await person(person_id)
        assert after is not None
        return after


async def close_person(person_id: int, reason: str) -> None:
    """A person has left: kept for what he or she did, offered nowhere any more."""
    if not reason.strip():
        raise Invalid({"reason": "请填写停用原因。"})
    async with transaction():
        have = await _locked_person(person_id)
        if have.closed:
            raise Conflict(f"{have.name}已经停用。")
        await execute(
            "update core_person set closed_at = $2, close_reason = $3, heads = false where id = $1",
            person_id,
            clock.now(),
            reason.strip(),
        )
        await record(
            "core.person.closed",
            SubjectRef("core.person", person_id),
            Concerned(person=person_id, organisation=have.organisation),
            Place(have.region_lo, have.org_lo),
        )


async def person_by_id_number(text: str) -> PersonRow | None:
    """The person with that ID number, when the scope sees him or her."""
    return await person_by_hash("id_number_hash", lookup_hash(clean(text), ID_NUMBER))


async def persons_by_phone(text: str) -> list[int]:
    """Ids of the persons with that telephone number inside the scope."""
    found = await rows(
        "select id from core_person where phone_hash = $1 order by id",
        lookup_hash(clean(text), PHONE),
    )
    return [record["id"] for record in found]


async def reveal(person_id: int, field: str, reason: str) -> str:
    """The unmasked number, for one reason that is recorded with who asked.

    The route that offers this asks for the permission; the reason is not optional.
    """
    if field not in REVEALABLE:
        raise ValueError(field)
    if not reason.strip():
        raise Invalid({"reason": "查看完整号码须填写事由，本次查看会被记录。"})
    async with transaction():
        have = await _locked_person(person_id)
        sealed = await value(f"select {field} from core_person where id = $1", person_id)
        if sealed is None:
            raise NotFound("没有登记这项信息。")
        await within_reveal_limit(have.region_lo)
        await record(
            "core.person.revealed",
            SubjectRef("core.person", person_id),
            Revealed(person=person_id, field=field, reason=reason.strip()),
            Place(have.region_lo, have.org_lo),
        )
        return decrypt(sealed, REVEALABLE[field])
