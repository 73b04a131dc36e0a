# SPDX-License-Identifier: Apache-2.0
"""What all acts share: who acts, which organ is competent, the region's rules, what is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor, persons_holding_in
from core.api.db import (
    EVERYTHING,
    Place,
    Scope,
    SubjectRef,
    execute,
)
from core.api.errors import Refused
from core.api.gates import UnknownGate, decide
from core.api.messages import notify
from core.api.people import OrganisationRow, competent_organ
from core.api.regions import REGIONS, region_at
from core.api.settings import settings_of
from core.api.turns import close_turn, hand_turn
from plugins.supervisors.queries.applications import application_row
from plugins.supervisors.rules.wording import CATALOGUE, OFFICE

APPLICATION, TERM = "supervisors.application", "supervisors.term"
APPLICANT, FORMER = "applicant", "former_supervisor"
"""Who is no supervisor: one whose application is under way, and one who served."""
READ, REVIEW, SERVE = (
    "supervisors.application.read",
    "supervisors.application.review",
    "supervisors.term.manage",
)
MINE, CARRY = "supervisors.mine.read", "supervisors.card.carry"
REPORT, REPORTS_READ = "supervisors.report.file", "supervisors.report.read"
GATE = "supervisors.person_may_be_appointed"
MAY_TAKE_PART = ("complaints.supervisor_may_report", "activities.supervisor_may_attend")


class SupervisorSettings(msgspec.Struct, frozen=True):
    """What a region decides about its supervisors; defaults are those of S3 and domain A12."""

    publicity_workdays: Annotated[int, Meta(ge=1, le=30)] = 5
    """公示期（工作日）"""
    term_years: Annotated[int, Meta(ge=1, le=5)] = 2
    """每届聘期（年）"""
    max_consecutive_terms: Annotated[int, Meta(ge=1, le=5)] = 2
    """最多连任届数"""
    term_gap_months: Annotated[int, Meta(ge=0, le=120)] = 24
    """间隔满多少个月不算连任"""
    renewal_opens_days: Annotated[int, Meta(ge=1, le=180)] = 60
    """届满前多少天提醒并开始受理继任"""
    unexcused_absence_limit: Annotated[int, Meta(ge=2, le=10)] = 2
    """连续无故缺席几次建议解聘"""
    unsuccessful_keep_days: Annotated[int, Meta(ge=30, le=3650)] = 365
    """未聘任的申请材料保留天数"""
    extra_conditions: list[str] = []
    """本地区的其他条件。每行一条，申请时逐条确认。"""
    basis: tuple[str, ...] = ("法治政府建设实施纲要（2021-2025年）",)
    """选聘依据。文件名和施行日期，每行一条，印在聘任证书上，申请时可以看到。"""
    certificate_word: Annotated[str, Meta(max_length=20)] = ""
    """聘任证书的字。例如 磴监督聘；空着时用“地区简称＋监督聘”。"""
    open_to_individuals: bool = True
    """接受个人申报"""
    open_to_units: bool = True
    """接受单位推荐"""

    @property
    def routes(self) -> tuple[str, ...]:
        """The ways of recruiting that are open to the public."""
        open_ = (("self", self.open_to_individuals), ("unit", self.open_to_units))
        return tuple(route for route, on in open_ if on)


async def settings_in(region_lo: int) -> SupervisorSettings:
    """The region's settings."""
    return await settings_of(SupervisorSettings, region_lo)


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope and for which region."""

    scope: Scope
    user_id: int
    person_id: int
    name: str
    region_lo: int
    permissions: frozenset[str]

    @classmethod
    def of(cls, who: Visitor) -> "Actor":
        return cls(
            who.scope,
            who.user_id,
            who.person_id,
            who.name,
            who.region.lo,
            who.permissions,
        )


def application_ref(application: int) -> SubjectRef:
    return SubjectRef(APPLICATION, application)


def term_ref(term: int) -> SubjectRef:
    return SubjectRef(TERM, term)


def person_ref(person: int) -> SubjectRef:
    return SubjectRef("core.person", person)


def place_of(found: Mapping[str, Any]) -> Place:
    return Place(found["region_lo"], found["org_lo"])


def office_scope(place: Place, reason: str, *, actor: int = 0) -> Scope:
    """The scope of the organ an application or a term belongs to, for who acts without one.

    The applicant at a public page, the supervisor on his phone and the nightly job write into
    rows of the bureau; what they may write there the service itself decides.
    """
    return Scope(REGIONS.interval(place.region_lo), EVERYTHING, actor=actor, reason=reason)


async def organ_of(region_lo: int) -> OrganisationRow | None:
    """The organ that engages, dismisses and manages supervisors there: data, not a name (S3-29)."""
    return await competent_organ(region_lo, "supervision")


async def refuse_other_level(who: Actor, place: Place) -> None:
    """Only the organ of the region itself decides; those above it read (S0-5, S3-4).

    Where a region has no organ of its own, the next one above is competent.
    """
    organ = await organ_of(place.region_lo)
    if organ is not None and organ.region_lo != who.region_lo:
        raise Refused(f"这件事由{organ.name}办理，你可以查看，不能代办。")


async def competent_here(who: Actor, place: Place) -> str:
    """Why the buttons are not his; empty when they are."""
    organ = await organ_of(place.region_lo)
    if organ is not None and organ.region_lo != who.region_lo:
        return f"由{organ.name}办理，你可以查看。"
    return ""


async def ask_gate(person: int) -> tuple[list[str], tuple[str, ...]]:
    """What stands against engaging a person (S3-3), and who should have answered and did not."""
    ref = person_ref(person)
    verdict = await decide(GATE, [ref], clock.today())
    return [each.text for each in verdict.blockers.get(ref, ())], tuple(verdict.silent)


async def ask_gate_of_many(persons: Sequence[int]) -> dict[int, list[str]]:
    """The same of many at once, for the nightly check."""
    refs = [person_ref(each) for each in persons]
    try:
        verdict = await decide(GATE, refs, clock.today())
    except UnknownGate:
        return {}
    return {ref.id: [each.text for each in found] for ref, found in verdict.blockers.items()}


async def note_progress(application: Mapping[str, Any], event: str, **params: object) -> None:
    """A line of 办证进度, and the message with the same words (S0-23)."""
    wording = CATALOGUE[event]
    text = wording.text.format_map(params)
    if wording.progress:
        await execute(
            """insert into supervisors_progress (application, event, title, text, at, person,
                                                 region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8)""",
            application["id"],
            event,
            wording.title,
            text,
            clock.now(),
            application["person"],
            application["region_lo"],
            application["org_lo"],
        )
    await tell(
        event,
        [application["person"]],
        application_ref(application["id"]),
        place_of(application),
        **params,
    )


async def note_term(term: Mapping[str, Any], event: str, **params: object) -> None:
    """The same for what happens during a term; its lines follow those of its application."""
    wording = CATALOGUE[event]
    if wording.progress:
        application = await application_row(term["application"])
        if application is not None:
            await note_progress(application, event, **params)
            return
    await tell(event, [term["person"]], term_ref(term["id"]), place_of(term), **params)


async def tell(
    event: str, persons: Sequence[int], subject: SubjectRef, place: Place, **params: object
) -> None:
    """A message of the catalogue."""
    await notify(f"supervisors.{event}", persons, subject, params, place)


async def tell_office(event: str, subject: SubjectRef, place: Place, **params: object) -> None:
    """A message to those of the competent organ who manage supervisors."""
    organ = await organ_of(place.region_lo)
    region_lo = organ.region_lo if organ else place.region_lo
    assert event in OFFICE
    await tell(event, await persons_holding_in(SERVE, region_lo), subject, place, **params)


async def give_office(
    subject: SubjectRef,
    *,
    title: str,
    step: str,
    path: str,
    place: Place,
    permission: str = REVIEW,
    note: str = "",
    due_at: Any = None,
    clock_id: Any = None,
    subline: str = "",
) -> None:
    """It is the competent organ's turn."""
    organ = await organ_of(place.region_lo)
    if organ is None:
        await close_turn(subject)
        return
    await hand_turn(
        subject,
        title=title,
        subline=subline,
        step_title=step,
        step_note=note,
        path=path,
        holder_org=organ.lo,
        permission=permission,
        due_at=due_at,
        clock=clock_id,
        place=place,
    )


async def region_word(region_lo: int) -> str:
    """The first characters of a region's name, as numbers of documents begin with them."""
    found = await region_at(region_lo)
    return (found.name[:1] if found else "") + "监督聘"
