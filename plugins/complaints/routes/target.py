# SPDX-License-Identifier: Apache-2.0
"""Who stands behind a scanned code: officer, unit, department, to fill the form (C1-01)."""

from dataclasses import dataclass

from core.api.db import Scope, SubjectRef, transaction
from core.api.people import OrganisationRow, organisation, organisation_path, persons
from core.api.scan import doubt, resolve
from core.api.web import describe
from plugins.complaints.rules.intake import UNVERIFIED, VERIFIED

OFFICER = "certificates.officer"
LOOK = Scope.platform("a scanned certificate names its officer to whoever reports").read_only()


@dataclass(frozen=True)
class Target:
    """What a code gave. Unknown and forged ones give only their own text."""

    scanned: str = ""
    text: str = ""
    officer: int = 0
    """``core_person.id``"""
    record: int = 0
    """The id of the officer record: what the source calls the certificate id (S0-16)."""
    name: str = ""
    unit: OrganisationRow | None = None
    department: OrganisationRow | None = None

    @property
    def known(self) -> bool:
        return self.scanned == VERIFIED


async def target_of(code: str, record: int = 0) -> Target:
    """The target of a scanned or typed code, or of an officer record chosen elsewhere."""
    code = code.strip()[:400]
    if not code and not record:
        return Target()
    async with transaction(LOOK):
        if not record:
            # Whoever copies the address of a genuine card behind a false signature is not that officer.
            found = None if await doubt(code) else await resolve(code, LOOK)
            record = found.id if found is not None and found.kind == OFFICER else 0
        if not record:
            return Target(UNVERIFIED, code[:200])
        # Not from the facts: officers that came with a sheet or from the old system have none each.
        officer = SubjectRef(OFFICER, record)
        label = (await describe([officer], LOOK, None)).get(officer)
        person = label.person if label else 0
        known = (await persons([person])).get(person) if person else None
        if known is None:
            return Target(UNVERIFIED, code[:200])
        unit = await organisation(known.organisation) if known.organisation else None
        department = None
        if unit is not None:
            path = await organisation_path(unit.lo)
            offices = [each for each in path if each.kind != "government"]
            department = offices[0] if offices else unit
    return Target(VERIFIED, code[:200], person, record, known.name, unit, department)
