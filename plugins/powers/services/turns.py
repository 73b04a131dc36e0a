# SPDX-License-Identifier: Apache-2.0
"""Whose turn a draft is, and who is told."""

from collections.abc import Sequence

from core.api.access import persons_holding
from core.api.db import Place, Scope, SubjectRef
from core.api.errors import NotFound, Refused
from core.api.messages import notify
from core.api.people import OrganisationRow, competent_organ
from core.api.turns import close_turn, hand_turn
from plugins.powers.queries.drafts import (
    SUBJECT,
    DraftRow,
    drafts_of,
    office_for,
)
from plugins.powers.rules import approval as rules


def _place(draft: DraftRow) -> Place:
    return Place(draft.region_lo, draft.org_lo)


def _subline(draft: DraftRow) -> str:
    return f"{draft.code} · {draft.organisation_name}"


async def give_editor(draft: DraftRow, step: str, note: str = "") -> None:
    """It is the turn of who makes the draft."""
    await close_turn(draft.ref)
    person = draft.created_by_person
    await hand_turn(
        draft.ref,
        title=draft.title,
        subline=_subline(draft),
        step_title=step,
        step_note=note,
        path=draft.path,
        holder_person=person or None,
        holder_org=None if person else draft.org_lo,
        permission=rules.EDIT,
        place=_place(draft),
    )


async def give_submitter(draft: DraftRow, step: str, who: str = "", note: str = "") -> None:
    """It is the turn of the submitter: his own where he sent it before, else his office's."""
    await close_turn(draft.ref)
    person = draft.submitted_by_person
    office = None if person else await office_for(rules.SUBMIT, draft.organisation)
    await hand_turn(
        draft.ref,
        title=draft.title,
        subline=_subline(draft),
        step_title=step,
        step_note=note,
        path=draft.path,
        holder_person=person or None,
        holder_org=office,
        permission=rules.SUBMIT,
        place=_place(draft),
    )
    if office is not None:
        persons = await persons_holding(rules.SUBMIT, office.lo, office.lo)
        await _tell("powers.draft_waits", persons, draft, who, step)


async def give_office(draft: DraftRow, step: str, permission: str, who: str) -> None:
    """It is the turn of an office: the legal one, 监察室, or the competent 监察机关."""
    office = await reviewing_office(draft, permission)
    await close_turn(draft.ref)
    await hand_turn(
        draft.ref,
        title=draft.title,
        subline=_subline(draft),
        step_title=step,
        path=draft.path,
        holder_org=office,
        permission=permission,
        place=_place(draft),
    )
    persons = await persons_holding(permission, office.lo, office.lo)
    await _tell("powers.draft_waits", persons, draft, who, step)


async def reviewing_office(draft: DraftRow, permission: str) -> OrganisationRow:
    """Who reviews: the nearest office over the body, for the last word the competent organ."""
    if permission == rules.FINAL_REVIEW:
        organ = await competent_organ(draft.region_lo, "supervision")
        if organ is None:
            raise Refused("本地区没有登记监察机关，请系统管理员在机构里指定。")
        return organ
    office = await office_for(permission, draft.organisation)
    if office is None:
        raise NotFound
    return office


async def tell_returned(draft: DraftRow, who: str, reason: str) -> None:
    """Submitter and maker hear of a return with its reason."""
    persons = [draft.submitted_by_person, draft.created_by_person]
    await _tell("powers.draft_returned", persons, draft, who, reason)


async def tell_approved(draft: DraftRow, who: str, number: int) -> None:
    """Submitter and maker hear that it is in force."""
    persons = [draft.submitted_by_person, draft.created_by_person]
    await _tell("powers.draft_approved", persons, draft, who, f"第 {number} 版")


async def tell_out_of_date(item: int, number: int, who: str, scope: Scope) -> None:
    """Who makes another draft of the same item hears that a new version took effect (S1-14)."""
    for other in await drafts_of(item, scope):
        place = Place(other["region_lo"], other["org_lo"])
        params = {"title": other["title"], "code": "", "who": who, "text": f"第 {number} 版"}
        ref = SubjectRef(SUBJECT, other["id"])
        await notify("powers.draft_out_of_date", [other["created_by_person"]], ref, params, place)


async def _tell(kind: str, persons: Sequence[int], draft: DraftRow, who: str, text: str) -> None:
    params = {"title": draft.title, "code": draft.code, "who": who, "text": text}
    await notify(kind, persons, draft.ref, params, _place(draft))
