# SPDX-License-Identifier: Apache-2.0
"""What all acts share: who acts, which office reviews, the region's rules, what is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api.access import Visitor, persons_holding
from core.api.db import Interval, Place, Scope, SubjectRef, row
from core.api.errors import NotFound, Refused
from core.api.messages import notify
from core.api.people import (
    OrganisationRow,
    competent_organ,
    organisation,
    organisation_at,
    organisation_path,
)
from core.api.settings import settings_of
from core.api.turns import close_turn, hand_turn
from plugins.certificates.rules.applying import unit_on_card

READ, REGISTER = "certificates.officer.read", "certificates.officer.register"
SUBMIT, REVIEW, MAKE = (
    "certificates.request.submit",
    "certificates.request.review",
    "certificates.card.make",
)
MINE = "certificates.mine.read"
LISTS, MIGRATE = "certificates.list.manage", "certificates.migration.run"
BODIES_READ, BODIES_WRITE, INCLUDE = (
    "certificates.body.read",
    "certificates.body.complete",
    "certificates.body.include",
)
REQUEST, BODY, REGISTRATION = (
    "certificates.request",
    "certificates.body",
    "certificates.registration",
)
OWN, OWN_INSPECTION = "certificates.own", "certificates.own_inspection"
BODIES = ("department", "body", "second", "entrusted")

REASON = "the checks and the card look at the whole country; who may act was asked before"


class CertificateSettings(msgspec.Struct, frozen=True):
    """What a region decides about its cards; defaults are those of S2 and domain A12."""

    number_pattern: Annotated[str, Meta(max_length=40)] = "{地区}{单位}{流水}"
    """执法证号编排规则。可用 {地区} 六位、{单位} 三位、{流水} 四位、{年} 四位，和数字、大写字母。"""
    valid_years: Annotated[int, Meta(ge=1, le=10)] = 5
    """证件有效期（年）"""
    inspection_short_years: Annotated[int, Meta(ge=1, le=5)] = 2
    """二年年审的间隔（年）"""
    inspection_exam_years: Annotated[int, Meta(ge=1, le=10)] = 4
    """须考试的年审的间隔（年）"""
    inspection_window_days: Annotated[int, Meta(ge=7, le=365)] = 90
    """到期前多少天可以申请年审"""
    issuer_name: Annotated[str, Meta(min_length=2, max_length=60)] = "行政执法证件签发机关"
    """根密钥上写的签发机关名称（全平台一个，由最上级决定）"""
    card_signer: Annotated[str, Meta(max_length=60)] = "ed25519"
    """证件签名方式：ed25519 为平台密钥，插件可以提供别的"""
    card_key_years: Annotated[int, Meta(ge=1, le=10)] = 3
    """一把证件密钥用几年，到期换新，旧证照常核验"""
    status_list_days: Annotated[int, Meta(ge=1, le=30)] = 3
    """证件状态名单在手机里最多用几天，超过就提示名单过旧"""


async def settings_in(region_lo: int) -> CertificateSettings:
    """The region's settings."""
    return await settings_of(CertificateSettings, region_lo)


@dataclass(frozen=True)
class Actor:
    """Who acts, at which place and with which rights."""

    scope: Scope
    user_id: int
    person_id: int
    name: str
    region_lo: int
    organisation: Interval | None
    permissions: frozenset[str]
    reach: str = "organisation"

    @classmethod
    def of(cls, who: Visitor) -> "Actor":
        return cls(
            who.scope,
            who.user_id,
            who.person_id,
            who.name,
            who.region.lo,
            Interval(who.organisation.lo, who.organisation.hi) if who.organisation else None,
            who.permissions,
            who.reach,
        )

    @property
    def wide(self) -> Scope:
        """The scope the service works under once it has made sure that the actor may."""
        return Scope.platform(REASON, actor=self.user_id)

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def reviews(self, row: Mapping[str, Any]) -> bool:
        """Whether he sits in the office that reviews this row."""
        if not self.may(REVIEW):
            return False
        if self.organisation is not None:
            return row["reviewer_lo"] in self.organisation
        return self.reach == "region" and row["reviewer_region_lo"] == self.region_lo

    def reviewing(self, alias: str) -> tuple[str, list[int]]:
        """The same as a condition of a list; its placeholders are ``{}`` one by one."""
        if not self.may(REVIEW):
            return "false", []
        if self.organisation is not None:
            return (
                f"{alias}.reviewer_lo between {{}} and {{}}",
                [self.organisation.lo, self.organisation.hi],
            )
        return f"{alias}.reviewer_region_lo = {{}}", [self.region_lo]

    def listed(self, alias: str) -> tuple[str, list[int]]:
        """What stands in the lists of an office: what it reviews, and what its own unit does.

        A legal section whose unit is reviewed elsewhere still reads what becomes of its people.
        """
        where, args = self.reviewing(alias)
        if self.organisation is None or not args:
            return where, args
        return (
            f"({where} or {alias}.org_lo between {{}} and {{}})",
            [*args, self.organisation.lo, self.organisation.hi],
        )

    def sees(self, row: Mapping[str, Any]) -> bool:
        """Of his own place, or his office's to review."""
        return self.scope.sees(place_of(row)) or self.reviews(row)


def place_of(found: Mapping[str, Any]) -> Place:
    return Place(found["region_lo"], found["org_lo"])


def person_ref(person: int) -> SubjectRef:
    return SubjectRef("core.person", person)


def request_ref(request: int) -> SubjectRef:
    return SubjectRef(REQUEST, request)


async def acts_for_unit(who: Actor, row_: Mapping[str, Any], permission: str = SUBMIT) -> bool:
    """Whether he acts for this row's own unit.

    A second-level or entrusted unit has its own account: its superior reads what it does and
    does nothing in its name (S2-9, S2-11).
    """
    if not who.may(permission) or not who.scope.may_write(place_of(row_)):
        return False
    if who.organisation is None or who.organisation.lo == row_["org_lo"]:
        return True
    return not await row(
        "select 1 from certificates_body where org_lo = $1 and kind <> 'first'"
        " and included_at is not null",
        row_["org_lo"],
    )


async def must_submit(who: Actor, row_: Mapping[str, Any], permission: str = SUBMIT) -> None:
    """Refuse whoever does not act for this row's own unit; its superior is told why."""
    if await acts_for_unit(who, row_, permission):
        return
    if who.may(permission) and who.scope.may_write(place_of(row_)):
        raise Refused("这个单位有自己的账户，由它自己办理，你可以查看。")
    raise NotFound


def must_review(who: Actor, row: Mapping[str, Any]) -> None:
    """Refuse whoever is not of the reviewing office; other readers are told whose it is."""
    if who.reviews(row):
        return
    if who.sees(row):
        raise Refused("这件事由负责审核的法制机构办理，你可以查看，不能代办。")
    raise NotFound


async def reviewer_of(unit: OrganisationRow) -> OrganisationRow | None:
    """The legal office at the unit's own level: data, not a name (S2-14).

    A body may have another one, a 司法所 for example; those below it follow.
    """
    for each in reversed(await organisation_path(unit.lo)):
        known = await row(
            "select reviewer from certificates_body"
            " where organisation = $1 and reviewer is not null",
            each.id,
        )
        if known is not None:
            return await organisation(known["reviewer"])
    return await competent_organ(unit.region_lo, "legal_review")


async def superior_of(unit: OrganisationRow) -> OrganisationRow | None:
    """The organisation directly above it."""
    return None if unit.parent is None else await organisation(unit.parent)


async def unit_name_of(unit: OrganisationRow) -> str:
    """What the card face says as unit (S2-4): nobody can type it."""
    above = await superior_of(unit)
    return unit_on_card(unit.kind, unit.name, above.name if above else "")


async def tell(
    event: str,
    subject: SubjectRef,
    place: Place,
    *,
    person: int = 0,
    own: SubjectRef | None = None,
    office: str = "",
    **params: object,
) -> None:
    """A message to the person concerned and to those of the unit who hold ``office``.

    Each is led to a page he may open: the person to his own (or to ``own``), the others to what
    it is about. Units below are not told: the pages of those above them are closed to them.
    """
    told: set[int] = set()
    if office:
        unit = await organisation_at(place.org_lo)
        for each in [unit, *await _above(unit)] if unit is not None else []:
            told.update(await persons_holding(office, each.lo, each.lo))
    kind = f"certificates.{event}"
    if person:
        await notify(kind, [person], own or SubjectRef(OWN, person), params, place)
    await notify(kind, sorted(told - {person}), subject, params, place)


async def tell_office(
    event: str, subject: SubjectRef, row: Mapping[str, Any], **params: object
) -> None:
    """A message to those who review this row: its reviewing office is not above the unit."""
    told = await persons_holding(REVIEW, row["reviewer_lo"], row["reviewer_lo"])
    await notify(f"certificates.{event}", told, subject, params, place_of(row))


async def _above(unit: OrganisationRow) -> list[OrganisationRow]:
    found: list[OrganisationRow] = []
    at = unit
    while at.parent is not None and (upper := await organisation(at.parent)) is not None:
        found.append(upper)
        at = upper
    return found


async def give_office(
    row: Mapping[str, Any],
    subject: SubjectRef,
    *,
    title: str,
    step: str,
    path: str,
    permission: str = REVIEW,
    note: str = "",
    subline: str = "",
    due_at: Any = None,
) -> None:
    """It is the reviewing office's turn."""
    if not row["reviewer_lo"]:
        await close_turn(subject, key="")
        return
    await hand_turn(
        subject,
        title=title,
        subline=subline,
        step_title=step,
        step_note=note,
        path=path,
        holder_org=row["reviewer_lo"],
        permission=permission,
        due_at=due_at,
        place=place_of(row),
    )


async def give_unit(
    row: Mapping[str, Any],
    subject: SubjectRef,
    *,
    title: str,
    step: str,
    path: str,
    permission: str = SUBMIT,
    note: str = "",
    subline: str = "",
    due_at: Any = None,
) -> None:
    """It is the turn of the unit's own people."""
    await hand_turn(
        subject,
        title=title,
        subline=subline,
        step_title=step,
        step_note=note,
        path=path,
        holder_org=row["org_lo"],
        permission=permission,
        due_at=due_at,
        place=place_of(row),
    )
