# SPDX-License-Identifier: Apache-2.0
"""Persons and organisations: reference rows every plugin may point to by id.

Organisations are public. Persons are scoped: a query returns whom the open transaction's scope
sees, with numbers masked; only ``reveal`` shows a full one, for a recorded reason.
"""

from core.keys.cipher import decrypt, encrypt, lookup_hash
from core.keys.masking import mask_id_number, mask_name, mask_numbers, mask_phone
from core.people.joining import add_person
from core.people.queries import (
    OrganisationRow,
    PersonRow,
    competent_organ,
    find_persons,
    heads_of,
    organisation,
    organisation_at,
    organisation_by_code,
    organisation_children,
    organisation_names,
    organisation_path,
    organisations_in,
    person,
    persons,
    persons_by_id,
    persons_of,
)
from core.people.queries import PersonRow as Person
from core.people.revealing import within_reveal_limit
from core.people.rules import (
    FUNCTIONS,
    KINDS,
    IdNumber,
    birth_of,
    clean,
    id_number_faults,
    id_number_warnings,
    is_residence_permit,
    phone_problem,
    read_id_number,
    sex_of,
    unified_code_problem,
)
from core.people.services import (
    appoint_organ,
    change_organisation,
    change_person,
    close_organisation,
    close_person,
    enter_person,
    found_organisation,
    move_person,
    person_by_id_number,
    persons_by_phone,
    pinyin,
    reveal,
)
from core.regions.queries import RegionRow, region

__all__ = [
    "FUNCTIONS",
    "KINDS",
    "IdNumber",
    "OrganisationRow",
    "Person",
    "PersonRow",
    "RegionRow",
    "add_person",
    "appoint_organ",
    "birth_of",
    "change_organisation",
    "change_person",
    "clean",
    "close_organisation",
    "close_person",
    "competent_organ",
    "decrypt",
    "encrypt",
    "enter_person",
    "find_persons",
    "found_organisation",
    "heads_of",
    "id_number_faults",
    "id_number_warnings",
    "is_residence_permit",
    "lookup_hash",
    "mask_id_number",
    "mask_name",
    "mask_numbers",
    "mask_phone",
    "move_person",
    "organisation",
    "organisation_at",
    "organisation_by_code",
    "organisation_children",
    "organisation_names",
    "organisation_path",
    "organisations_in",
    "person",
    "person_by_id_number",
    "persons",
    "persons_by_id",
    "persons_by_phone",
    "persons_of",
    "phone_problem",
    "pinyin",
    "read_id_number",
    "region",
    "reveal",
    "sex_of",
    "unified_code_problem",
    "within_reveal_limit",
]
