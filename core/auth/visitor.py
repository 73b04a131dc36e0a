# SPDX-License-Identifier: Apache-2.0
"""Who is asking: user, acting role, place in both trees, rights and scope of one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.intervals import Interval
from core.scope import EVERYTHING, NOTHING, Scope


@dataclass(frozen=True, slots=True)
class RegionRef:
    """A region as a request needs it."""

    id: int
    name: str
    level: int
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class OrgRef:
    """An organisation as a request needs it."""

    id: int
    name: str
    short_name: str
    lo: int
    hi: int


NOWHERE = RegionRef(0, "", 0, 1, 0)


@dataclass(frozen=True)
class Visitor:
    """The signed-in user under the role he acts in at this moment.

    Several roles are never merged: the user chooses one, the banner shows it, and both rights
    and scope are exactly that role's.
    """

    user_id: int
    person_id: int
    name: str
    login: str
    role: str
    role_title: str
    assignment_id: int
    region: RegionRef
    organisation: OrgRef | None
    permissions: frozenset[str]
    scope: Scope
    csrf: str
    delegated_until: date | None = None
    principal: str = ""
    """For whom he acts, when the role was delegated."""
    delegated: bool = False
    text_size: str = ""
    density: str = ""
    demo: bool = False
    must_change: bool = False
    session_id: int = 0
    version: int = 0
    reach: str = ""

    def may(self, *permissions: str) -> bool:
        """Whether the acting role holds all of ``permissions``."""
        return all(each in self.permissions for each in permissions)

    @property
    def account(self) -> str:
        """The account as its owner knows it: who signs in with the ID number sees no stand-in."""
        return "公民身份号码" if self.login.startswith("id.") else self.login

    @property
    def acting(self) -> bool:
        """Whether a banner must say so: a delegated role, or no role at all."""
        return self.delegated or not self.role

    @property
    def on_phone(self) -> bool:
        """Whether the acting role reaches only the person, who then has the phone shell."""
        return self.reach == "own"

    @property
    def place_name(self) -> str:
        """Where he acts, in words."""
        if self.organisation is not None:
            return self.organisation.short_name or self.organisation.name
        return self.region.name


def scope_of(
    reach: str,
    region: RegionRef | None,
    organisation: OrgRef | None,
    *,
    person: int = 0,
    actor: int = 0,
) -> Scope:
    """What a role of this reach sees and changes.

    An assignment without the organisation or region its role needs falls back to the person
    himself: a user whose department is missing may sign in and sees nothing of others.
    """
    regions = Interval(region.lo, region.hi) if region else NOTHING
    if reach == "region" and region:
        return Scope(regions, EVERYTHING, person=person, actor=actor)
    if reach == "organisation" and organisation:
        # The organisation's own interval decides; its rows may lie in any region below.
        own = Interval(organisation.lo, organisation.hi)
        return Scope(regions if region else EVERYTHING, own, person=person, actor=actor)
    if reach == "platform":
        # The three administrators keep the machine; business data is none of their business.
        return Scope(NOTHING, NOTHING, person=person, actor=actor)
    return Scope(regions, NOTHING, person=person, actor=actor)


def visitor_of(row: Mapping[str, Any], permissions: frozenset[str]) -> Visitor:
    """From the row of ``core_open`` and the rights of its role."""
    region = organisation = None
    if row["region_id"] is not None:
        region = RegionRef(
            row["region_id"],
            row["region_name"],
            row["region_level"],
            row["region_lo"],
            row["region_hi"],
        )
    if row["org_id"] is not None:
        organisation = OrgRef(
            row["org_id"],
            row["org_name"],
            row["org_short"] or row["org_name"],
            row["org_lo"],
            row["org_hi"],
        )
    person = row["person_id"] or 0
    scope = scope_of(
        row["reach"] or "own", region, organisation, person=person, actor=row["user_id"]
    )
    return Visitor(
        user_id=row["user_id"],
        person_id=person,
        name=row["name"],
        login=row["login"],
        role=row["role"] or "",
        role_title=row["role_title"] or "",
        assignment_id=row["assignment_id"] or 0,
        region=region or NOWHERE,
        organisation=organisation,
        permissions=permissions,
        scope=scope,
        csrf=row["csrf"],
        delegated_until=row["valid_to"] if row["delegated"] else None,
        principal=row["principal"] or "",
        delegated=bool(row["delegated"]),
        text_size=row["text_size"],
        density=row["density"],
        demo=row["demo"],
        must_change=row["must_change"],
        session_id=row["session_id"],
        version=row["version"] or 0,
        reach=row["reach"] or "",
    )
