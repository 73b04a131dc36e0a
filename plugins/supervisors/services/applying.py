# SPDX-License-Identifier: Apache-2.0
"""申请: by the applicant (个人申报, 单位推荐) or by the bureau (特邀); withdrawing it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.api import clock
from core.api.accounts import account_of, invite, register
from core.api.db import (
    Place,
    Scope,
    json,
    lock_subjects,
    retried,
    transaction,
    value,
)
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import (
    PersonRow,
    add_person,
    clean,
    id_number_faults,
    person_by_id_number,
    phone_problem,
)
from core.api.regions import RegionRow, full_name, region
from core.api.turns import close_turn
from plugins.supervisors.facts import Applied, Step
from plugins.supervisors.forms import ApplyForm, InviteForm, Particulars
from plugins.supervisors.queries.applications import application_row, newest_of, open_of
from plugins.supervisors.queries.terms import as_term, terms_of
from plugins.supervisors.rules import applying, states, terms
from plugins.supervisors.rules.words import ROUTES
from plugins.supervisors.services.base import (
    REVIEW,
    Actor,
    SupervisorSettings,
    application_ref,
    ask_gate,
    give_office,
    note_progress,
    office_scope,
    organ_of,
    person_ref,
    place_of,
    refuse_other_level,
    settings_in,
)
from plugins.supervisors.services.closing import end_application

PUBLIC = "an application is handed in without a session; its rows belong to the region's bureau"
KNOWN = "one number is one person, wherever it was entered"
PHOTO, PAPER = "supervisors.photo", "supervisors.paper"


@dataclass(frozen=True)
class Papers:
    """The files of an application, received and looked into."""

    photo: Received | None = None
    recommendation: Received | None = None
    attachment: Received | None = None


@dataclass(frozen=True)
class Made:
    """What came of handing in."""

    application: int
    account: int


def check_form(
    form: Particulars, route: str, papers: Papers, rules: SupervisorSettings, *, agreed: bool
) -> dict[str, str]:
    """Everything wrong with a form, by field, before anything is looked up."""
    found = dict(
        id_number_faults(form.id_number, clock.today(), sex=form.sex, birth_date=form.birth_date)
    )
    if problem := phone_problem(clean(form.phone)):
        found["phone"] = problem
    answers = applying.Answers(
        route=route,
        source=form.source,
        recommending_unit=getattr(form, "recommending_unit", ""),
        has_recommendation=papers.recommendation is not None,
        has_photo=papers.photo is not None,
        declared=form.declared,
        checked=form.checked,
        agreed=agreed,
    )
    open_routes = ("invited",) if route == "invited" else rules.routes
    found |= applying.faults(answers, extra=rules.extra_conditions, routes=open_routes)
    if papers.photo is not None:
        photo = applying.Photo(papers.photo.media_type, papers.photo.width, papers.photo.height)
        if problem := applying.photo_faults(photo):
            found["photo"] = problem
    return found


@retried
async def apply(form: ApplyForm, papers: Papers) -> Made:
    """个人申报 or 单位推荐: the application, the person, the account with the chosen password.

    Raises Invalid by field. Records ``supervisors.applied``; the bureau's turn begins (S0-5).
    """
    area = await _open_region(form.region)
    async with transaction(Scope.platform(KNOWN)):
        settings = await settings_in(area.lo)
    if wrong := check_form(form, form.route, papers, settings, agreed=form.agreed):
        raise Invalid(wrong)
    organ_lo = await _organ_lo(area)
    place = Place(area.lo, organ_lo)
    async with transaction(Scope.platform(PUBLIC)):
        holder = await _person_for(form, area)
        await lock_subjects(person_ref(holder.id))
        await _refuse_unfit(holder, settings)
        account = await account_of(holder.id)
        if account is None:
            account = await register(holder.id, form.password, region=area.id)
        else:
            raise Invalid(
                {
                    "id_number": "这个身份证号在平台上已经有账号。请先登录再申请；"
                    "不记得密码的，请联系本级司法局打印新的密码条。"
                }
            )
        application = await _enter(
            form, form.route, papers, holder, area, place, settings, account=account
        )
    return Made(application, account)


@retried
async def apply_again(who: Actor, form: ApplyForm, papers: Papers) -> Made:
    """A new application of somebody who has an account: after a refusal, or after his terms."""
    area = await _open_region(form.region)
    async with transaction(Scope.platform(KNOWN)):
        settings = await settings_in(area.lo)
        known = await person_by_id_number(form.id_number)
    wrong = check_form(form, form.route, papers, settings, agreed=form.agreed)
    if not wrong and (known is None or known.id != who.person_id):
        wrong["id_number"] = "身份证号和你的账号不一致。每个人只能为自己申请。"
    if wrong:
        raise Invalid(wrong)
    assert known is not None
    place = Place(area.lo, await _organ_lo(area))
    async with transaction(Scope.platform(PUBLIC, actor=who.user_id)):
        await lock_subjects(person_ref(known.id))
        await _refuse_unfit(known, settings)
        application = await _enter(
            form, form.route, papers, known, area, place, settings, account=who.user_id
        )
    return Made(application, who.user_id)


@retried
async def enter_invited(who: Actor, form: InviteForm, papers: Papers) -> int:
    """特邀: the bureau enters the person; the account opens only after approval (S0-8)."""
    area = await _open_region(form.region)
    if area.lo not in who.scope.region:
        raise Invalid({"region": "请选择本级的地区。"})
    async with transaction(Scope.platform(KNOWN)):
        settings = await settings_in(area.lo)
    if wrong := check_form(form, "invited", papers, settings, agreed=True):
        raise Invalid(wrong)
    place = Place(area.lo, await _organ_lo(area))
    async with transaction(who.scope):
        await refuse_other_level(who, place)
    async with transaction(Scope.platform(PUBLIC, actor=who.user_id)):
        holder = await _person_for(form, area)
        await lock_subjects(person_ref(holder.id))
        await _refuse_unfit(holder, settings)
        account = await account_of(holder.id)
        login = ""
        if account is None:
            account, login = await invite(holder.id, form.login, by=who.user_id), form.login
        return await _enter(
            form,
            "invited",
            papers,
            holder,
            area,
            place,
            settings,
            account=account,
            login=login,
        )


async def _open_region(region_id: int) -> RegionRow:
    async with transaction(Scope.public()):
        area = await region(region_id)
    if area is None or not area.open or area.level < 1:
        raise Invalid({"region": "请逐级选择到旗县区。"})
    return area


async def _organ_lo(area: RegionRow) -> int:
    async with transaction(Scope.public()):
        organ = await organ_of(area.lo)
    if organ is None:
        raise Invalid({"region": "这个地区还没有指定司法行政机关，暂不能申请。"})
    return organ.lo


async def _person_for(form: Particulars, area: RegionRow) -> PersonRow:
    """The person of an ID number: known already, or entered now."""
    known = await person_by_id_number(form.id_number)
    if known is None:
        return await add_person(
            form.name,
            region=area.id,
            id_number=form.id_number,
            phone=form.phone,
            sex=form.sex,
            birth_date=form.birth_date,
        )
    if known.name != form.name.strip():
        # Says nothing about the other name: whoever types a stranger's number learns none.
        raise Invalid({"name": "姓名与这个身份证号登记的姓名不一致，请核对。"})
    return known


async def _refuse_unfit(holder: PersonRow, settings: SupervisorSettings) -> None:
    """One person, one application (S0-10); no officer (S3-3); no third term in a row (S3-7)."""
    if standing := await open_of(holder.id):
        day = clock.local(standing["submitted_at"]).date()
        words = applying.duplicate_words(
            standing["region_name"], day, states.STATES[standing["state"]][1]
        )
        raise Invalid({"id_number": words})
    blockers, _silent = await ask_gate(holder.id)
    if blockers:
        raise Invalid({"id_number": "".join(blockers)})
    history = [as_term(each) for each in await terms_of(holder.id)]
    if refused := terms.why_not_appoint(
        history,
        clock.today(),
        maximum=settings.max_consecutive_terms,
        gap_months=settings.term_gap_months,
    ):
        raise Invalid({"id_number": "".join(refused)})


async def _enter(
    form: Particulars,
    route: str,
    papers: Papers,
    holder: PersonRow,
    area: RegionRow,
    place: Place,
    settings: SupervisorSettings,
    *,
    account: int,
    login: str = "",
) -> int:
    """``login`` is the account reserved for this invitation; empty when he had one before."""
    recommended = applying.wants_recommendation(route)
    photo = await keep(papers.photo, place=place, purpose=PHOTO) if papers.photo else None
    stamped = papers.recommendation if recommended else None
    paper = await keep(stamped, place=place, purpose=PAPER) if stamped else None
    proof = await keep(papers.attachment, place=place, purpose=PAPER) if papers.attachment else None
    application = await value(
        """insert into supervisors_application
             (name, sex, birth_date, route, renewal, source, industry, employer,
              recommending_unit, legal_qualified, region, region_name, photo,
              recommendation, attachment, declared, checked, state, account, login,
              submitted_at, reason, decided_by, person, region_lo, org_lo)
           values ($1, $2, $3, $4, false, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                   $15::jsonb, $16::jsonb, 'screening', $17, $18, $19, '', 0, $20, $21,
                   $22)
           returning id""",
        holder.name,
        form.sex,
        form.birth_date,
        route,
        form.source,
        form.industry,
        form.employer,
        getattr(form, "recommending_unit", "") if recommended else "",
        form.legal_qualified,
        area.id,
        await full_name(area.lo),
        photo.id if photo else None,
        paper.id if paper else None,
        proof.id if proof else None,
        json(sorted(form.declared)),
        json(_confirmed(form.checked, settings.extra_conditions)),
        account,
        login,
        clock.now(),
        holder.id,
        place.region_lo,
        place.org_lo,
    )
    found = await application_row(application)
    assert found is not None
    await hand_to_screening(found)
    await record(
        "supervisors.applied",
        application_ref(application),
        Applied(application, holder.id, route, area.id),
        place,
    )
    organ = await organ_of(place.region_lo)
    name = organ.name if organ else "司法局"
    await note_progress(found, "invited" if route == "invited" else "submitted", organ=name)
    return int(application)


def _confirmed(checked: Sequence[str], extra: Sequence[str]) -> list[str]:
    """The region's conditions as they read now: the list may be changed later."""
    return [text for number, text in enumerate(extra) if str(number) in checked]


async def hand_to_screening(application: dict[str, Any]) -> None:
    """The bureau has to screen."""
    await give_office(
        application_ref(application["id"]),
        title=f"{application['name']}的社会监督员申请",
        subline=f"{ROUTES[application['route']]} · {application['region_name']}",
        step="筛选",
        path=f"/supervisors/applications/{application['id']}",
        place=place_of(application),
        permission=REVIEW,
    )


async def withdraw(who: Actor) -> int:
    """The applicant takes the application back, as long as nothing is decided."""
    async with transaction(who.scope):
        newest = await newest_of(who.person_id)
    if newest is None:
        raise NotFound
    async with transaction(office_scope(place_of(newest), PUBLIC, actor=who.user_id)):
        await lock_subjects(application_ref(newest["id"]))
        found = await application_row(newest["id"])
        if found is None or found["person"] != who.person_id:
            raise NotFound
        if refused := states.why_not(found["state"], "withdraw"):
            raise Refused(refused)
        await end_application(found, states.WITHDRAWN, "申请人撤回", by=who.user_id)
        await record(
            "supervisors.withdrawn",
            application_ref(found["id"]),
            Step(found["id"], found["person"], "withdraw", states.WITHDRAWN),
            place_of(found),
        )
        await close_turn(application_ref(found["id"]))
        await note_progress({**found, "state": states.WITHDRAWN}, "withdrawn")
        return int(found["id"])
