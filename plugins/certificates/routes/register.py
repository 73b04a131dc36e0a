# SPDX-License-Identifier: Apache-2.0
"""Pages of the officer register."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import SubjectRef, transaction
from core.api.errors import Invalid, NotFound
from core.api.gates import decide
from core.api.web import (
    Request,
    Response,
    bind,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.certificates import services
from plugins.certificates.forms import CertificateForm, OfficerForm
from plugins.certificates.queries import (
    OFFICERS,
    STANDINGS,
    cards_of,
    certificates_of,
    find_officer,
)
from plugins.certificates.queries.inspecting import inspections_of
from plugins.certificates.queries.mine import notes_of
from plugins.certificates.routes.common import READ, REGISTER, units_of
from plugins.certificates.rules import STATES, inspecting, judge_person, standing_words
from plugins.certificates.services.base import SUBMIT

ASPECTS = {"complaints": "投诉处理", "training": "培训", "exams": "考试"}
"""What the plugins that may speak at an annual review are about, in words."""


@get("/", guards=[requires(READ)])
async def list_officers(request: Request) -> Response:
    """The officers of one's scope, with where their cards stand today."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, OFFICERS, await OFFICERS.export(request, who.scope))
        listing = await OFFICERS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "certificates/list.html",
        listing=listing,
        standings=STANDINGS,
        may_register=REGISTER in who.permissions,
    )


@get("/officers/new", guards=[requires(REGISTER)])
async def new_officer(request: Request) -> Response:
    """The form for entry by hand."""
    async with transaction(visitor(request).scope):
        units = await units_of(visitor(request).scope)
    return page(request, "certificates/new.html", form=None, organisations=units)


@post("/officers/new", guards=[requires(REGISTER)])
async def register_officer(request: Request) -> Response:
    """Register an officer; what was typed stays when something is wrong."""
    who = visitor(request)
    form = await bind(request, OfficerForm)
    async with transaction(who.scope):
        units = await units_of(who.scope)
        if form.ok and form.value.organisation not in {unit for unit, _ in units}:
            form.error("organisation", "请选择本单位范围内的单位。")
    if form.ok:
        try:
            async with transaction(who.scope):
                officer = await services.register_officer(form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(
                request, f"/certificates/officers/{officer}", message="执法人员已登记。"
            )
    return page(request, "certificates/new.html", status=422, form=form, organisations=units)


@get("/officers/{officer:int}", guards=[requires(READ)])
async def show_officer(request: Request, officer: FromPath[int]) -> Response:
    """One officer with cards, their states by day, and readiness for the annual review."""
    return await _officer_page(request, officer)


async def _officer_page(request: Request, officer: int, **context: Any) -> Response:
    who, today = visitor(request), clock.today()
    async with transaction(who.scope):
        found = await find_officer(officer, who.scope)
        if found is None:
            raise NotFound
        cards = await certificates_of(officer)
        inspections = await inspections_of(officer)
        notes = await notes_of(found["person"])
        judged = (await cards_of([found["person"]])).get(found["person"], [])
        standing = judge_person(judged, today)
        subject = SubjectRef("core.person", found["person"])
        verdict = await decide("certificates.annual_review", [subject], today)
    return page(
        request,
        "certificates/officer.html",
        **{
            "status": 200,
            "officer": found,
            "cards": cards,
            "standing": standing,
            "states": STATES,
            "standings": {one.id: standing_words(one, today) for one in judged},
            "may_register": REGISTER in who.permissions,
            "form": None,
            "may_submit": SUBMIT in who.permissions,
            "inspections": inspections,
            "notes": notes,
            "inspection_kinds": inspecting.KINDS,
            "inspection_states": inspecting.STATES,
            "blockers": verdict.blockers.get(subject, ()),
            "silent": [ASPECTS.get(name, name) for name in verdict.silent],
            **context,
        },
    )


@post("/officers/{officer:int}/cards", guards=[requires(REGISTER)])
async def register_certificate(request: Request, officer: FromPath[int]) -> Response:
    """Register a certificate for an officer."""
    form = await bind(request, CertificateForm)
    if form.ok:
        try:
            async with transaction(visitor(request).scope):
                await services.register_certificate(officer, form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(request, f"/certificates/officers/{officer}", message="执法证已登记。")
    return await _officer_page(request, officer, status=422, form=form)


ROUTES_REGISTER = (
    list_officers,
    new_officer,
    register_officer,
    show_officer,
    register_certificate,
)
