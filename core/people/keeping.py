# SPDX-License-Identifier: Apache-2.0
"""Units and persons: lists, entering, correcting, moving, closing."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.errors import Invalid, NotFound, Refused
from core.facts.sentences import sentence
from core.facts.services import history
from core.forms import Bound, unbound
from core.people import queries, services
from core.people.keeping_forms import (
    MoveForm,
    OrganisationChangeForm,
    OrganisationForm,
    PersonChangeForm,
    PersonForm,
    ReasonForm,
)
from core.people.lists import ORGANISATIONS, PERSONS
from core.people.rules import FUNCTIONS, KINDS
from core.regions.choosing import choose, office_of, reach_of
from core.regions.queries import full_name
from core.scope import Scope
from core.web import responses
from core.web.formats import moment

MANAGE_UNITS = "core.organisation.manage"
VIEW, MANAGE = "core.person.view", "core.person.manage"
REASON = "units are founded and closed by the office of their region"
Req = Request[Any, Any, Any]


def _units_scope(who: Visitor) -> Scope:
    return office_of(who, REASON)


# --- units ---------------------------------------------------------------------------------------


@get("/organisations", guards=[requires(MANAGE_UNITS)])
async def organisations(request: Req) -> Response[Any]:
    """The units of one's region and below."""
    who = visitor(request)
    inside = reach_of(who)
    where = "o.region_lo between {} and {}"
    bounds = (inside.lo, inside.hi)
    async with db.transaction(_units_scope(who)):
        if responses.wants_xlsx(request):
            rows = await ORGANISATIONS.export(request, who.scope, where=where, args=bounds)
            return await responses.export(request, ORGANISATIONS, _worded(rows))
        found = await ORGANISATIONS.page(request, who.scope, where=where, args=bounds)
    _worded(found.rows)
    return responses.page(
        request,
        "pages/list.html",
        title="机构",
        lead="机构的位置决定谁能看到它的事项，所以不能移动：要改隶属，撤销后在新的上级下另设。",
        p=found,
        act_title="设立机构",
        act_url="/organisations/new",
    )


def _worded(rows: Any) -> Any:
    for row in rows:
        row["kind_words"] = KINDS.get(row["kind"], row["kind"])
        row["href"] = f"/organisations/{row['id']}"
    return rows


async def _new_unit(
    request: Req, form: Bound[OrganisationForm] | None = None, status: int = 200
) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(_units_scope(who)):
        place = await choose(request, who)
        above = await queries.organisations_in(
            Scope(place.region.interval, _units_scope(who).organisation)
        )
    return responses.page(
        request,
        "pages/organisation_new.html",
        status=status,
        place=place,
        kinds=list(KINDS.items()),
        parents=[(each.id, each.name) for each in above],
        form=form or unbound(OrganisationForm),
    )


@get("/organisations/new", guards=[requires(MANAGE_UNITS)])
async def new_organisation(request: Req) -> Response[Any]:
    """An empty form for a region."""
    return await _new_unit(request)


@post("/organisations", guards=[requires(MANAGE_UNITS)], status_code=200)
async def found(request: Req) -> Response[Any]:
    """Found a unit."""
    who = visitor(request)
    form = await responses.bind(request, OrganisationForm)
    if not form.ok:
        return await _new_unit(request, form, 422)
    given = form.value
    try:
        async with db.transaction(_units_scope(who)):
            made = await services.found_organisation(
                given.name,
                given.kind,
                given.region,
                parent=given.parent,
                short_name=given.short_name,
                unified_code=given.unified_code,
            )
    except Invalid as error:
        form.errors.update(error.errors)
        return await _new_unit(request, form, 422)
    return responses.redirect(request, f"/organisations/{made.id}", message="机构已设立。")


async def _unit(
    request: Req,
    id: int,
    form: Bound[Any] | None = None,
    status: int = 200,
    *,
    closing: Bound[Any] | None = None,
) -> Response[Any]:
    who = visitor(request)
    inside = reach_of(who)
    async with db.transaction(_units_scope(who)):
        unit = await queries.organisation(id)
        if unit is None or unit.region_lo not in inside:
            raise NotFound
        path = await queries.organisation_path(unit.lo)
        children = await queries.organisation_children(id, closed=True)
        place = await full_name(unit.region_lo)
        functions = await db.rows(
            "select c.function, r.name from core_competent_organ c join core_region r"
            " on r.id = c.region where c.organisation = $1 order by c.function, r.lo",
            id,
        )
        persons = await queries.persons_of(unit.interval) if who.may(VIEW) else []
        facts = await _history(db.SubjectRef("core.organisation", id))
    return responses.page(
        request,
        "pages/organisation.html",
        status=status,
        unit=unit,
        kind=KINDS.get(unit.kind, unit.kind),
        above=path[:-1],
        children=children,
        place=place,
        functions=[
            f"{FUNCTIONS.get(f['function'], f['function'])}（{f['name']}）" for f in functions
        ],
        persons=persons,
        may_view=who.may(VIEW),
        history=facts,
        form=form or unbound(OrganisationChangeForm, unit),
        closing=closing,
    )


async def _history(subject: db.SubjectRef) -> list[dict[str, str]]:
    """What was done with a unit or a person, newest first, with who did it."""
    facts = await history(subject)
    users = await db.rows(
        "select id, name from core_user where id = any($1::int8[])",
        list({each.actor for each in facts}),
    )
    names = {row["id"]: row["name"] for row in users}
    return [
        {
            "icon": "history",
            "title": sentence(each.kind, each.payload),
            "note": f"{moment(each.at)}　{names.get(each.actor, '系统')}",
        }
        for each in reversed(facts)
    ]


@get("/organisations/{unit:int}", guards=[requires(MANAGE_UNITS)])
async def organisation(request: Req, unit: FromPath[int]) -> Response[Any]:
    """One unit: its place, what is below it, its people, its history."""
    return await _unit(request, unit)


async def _in_reach(who: Visitor, unit: int) -> None:
    have = await queries.organisation(unit)
    if have is None or have.region_lo not in reach_of(who):
        raise NotFound


@post("/organisations/{unit:int}", guards=[requires(MANAGE_UNITS)], status_code=200)
async def change(request: Req, unit: FromPath[int]) -> Response[Any]:
    """Correct name and code."""
    who = visitor(request)
    form = await responses.bind(request, OrganisationChangeForm)
    if form.ok:
        try:
            async with db.transaction(_units_scope(who)):
                await _in_reach(who, unit)
                await services.change_organisation(unit, **msgspec.structs.asdict(form.value))
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return responses.redirect(request, f"/organisations/{unit}", message="已改正。")
    return await _unit(request, unit, form, 422)


@post("/organisations/{unit:int}/close", guards=[requires(MANAGE_UNITS)], status_code=200)
async def close(request: Req, unit: FromPath[int]) -> Response[Any]:
    """End a unit that nobody belongs to any more."""
    who = visitor(request)
    form = await responses.bind(request, ReasonForm)
    status = 422
    if form.ok:
        try:
            async with db.transaction(_units_scope(who)):
                await _in_reach(who, unit)
                await services.close_organisation(unit, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        except Refused as error:
            # What still belongs to the unit is told in the sheet, where the reason stays typed.
            form.error("", str(error))
            status = 409
        else:
            return responses.redirect(request, f"/organisations/{unit}", message="机构已撤销。")
    return await _unit(request, unit, status=status, closing=form)


# --- persons -------------------------------------------------------------------------------------


@get("/persons", guards=[requires(VIEW)])
async def persons(request: Req) -> Response[Any]:
    """The persons inside one's scope."""
    who = visitor(request)
    async with db.transaction(who.scope):
        if responses.wants_xlsx(request):
            rows = await PERSONS.export(request, who.scope)
            return await responses.export(request, PERSONS, rows)
        found = await PERSONS.page(request, who.scope)
    for row in found.rows:
        row["href"] = f"/persons/{row['id']}"
    return responses.page(
        request,
        "pages/list.html",
        title="人员",
        p=found,
        act_title="登记人员",
        act_url="/persons/new" if who.may(MANAGE) else "",
    )


async def _units_of(who: Visitor) -> list[tuple[int, str]]:
    return [(each.id, each.name) for each in await queries.organisations_in(who.scope)]


async def _own_unit(who: Visitor, unit: int) -> None:
    """Units are public rows, so that this one is his must be asked."""
    if unit not in dict(await _units_of(who)):
        raise Invalid({"organisation": "请选择本单位或下级单位。"})


async def _new_person(
    request: Req, form: Bound[PersonForm] | None = None, status: int = 200
) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(who.scope):
        units = await _units_of(who)
    return responses.page(
        request,
        "pages/person_new.html",
        status=status,
        units=units,
        form=form or unbound(PersonForm),
    )


@get("/persons/new", guards=[requires(VIEW, MANAGE)])
async def new_person(request: Req) -> Response[Any]:
    """An empty form."""
    return await _new_person(request)


@post("/persons", guards=[requires(VIEW, MANAGE)], status_code=200)
async def enter(request: Req) -> Response[Any]:
    """Enter a person."""
    who = visitor(request)
    form = await responses.bind(request, PersonForm)
    if not form.ok:
        return await _new_person(request, form, 422)
    given = form.value
    try:
        async with db.transaction(who.scope):
            await _own_unit(who, given.organisation)
            made = await services.enter_person(
                given.name,
                given.organisation,
                id_number=given.id_number,
                phone=given.phone,
                position=given.position,
                heads=given.heads,
            )
    except Invalid as error:
        form.errors.update(error.errors)
        return await _new_person(request, form, 422)
    return responses.redirect(request, f"/persons/{made.id}", message="人员已登记。")


async def _person(
    request: Req,
    id: int,
    *,
    form: Bound[Any] | None = None,
    moving: Bound[Any] | None = None,
    closing: Bound[Any] | None = None,
    status: int = 200,
) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(who.scope):
        person = await queries.person(id)
        if person is None:
            raise NotFound
        unit = await queries.organisation(person.organisation) if person.organisation else None
        logins = await db.rows(
            "select id, login, active from core_user where person = $1 order by id", id
        )
        units = await _units_of(who) if who.may(MANAGE) else []
        facts = await _history(db.SubjectRef("core.person", id))
    shown = {"name": person.name, "position": person.position, "heads": person.heads}
    return responses.page(
        request,
        "pages/person.html",
        status=status,
        person=person,
        unit=unit,
        logins=logins,
        units=units,
        may_manage=who.may(MANAGE) and not person.closed,
        may_reveal=who.may("core.person.reveal"),
        history=facts,
        form=form or unbound(PersonChangeForm, **shown),
        moving=moving or unbound(MoveForm),
        closing=closing,
    )


@get("/persons/{person_id:int}", guards=[requires(VIEW)])
async def one_person(request: Req, person_id: FromPath[int]) -> Response[Any]:
    """One person: numbers masked, the account, the history."""
    return await _person(request, person_id)


@post("/persons/{person_id:int}", guards=[requires(VIEW, MANAGE)], status_code=200)
async def change_person(request: Req, person_id: FromPath[int]) -> Response[Any]:
    """Correct particulars; an empty telephone stays as it is."""
    who = visitor(request)
    form = await responses.bind(request, PersonChangeForm)
    if form.ok:
        given = form.value
        try:
            async with db.transaction(who.scope):
                await services.change_person(
                    person_id,
                    name=given.name,
                    position=given.position,
                    heads=given.heads,
                    phone=given.phone or None,
                )
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return responses.redirect(request, f"/persons/{person_id}", message="已改正。")
    return await _person(request, person_id, form=form, status=422)


@post("/persons/{person_id:int}/move", guards=[requires(VIEW, MANAGE)], status_code=200)
async def move_person(request: Req, person_id: FromPath[int]) -> Response[Any]:
    """Transfer to another unit of one's own part of the tree."""
    who = visitor(request)
    form = await responses.bind(request, MoveForm)
    if form.ok:
        given = form.value
        try:
            async with db.transaction(who.scope):
                await _own_unit(who, given.organisation)
                await services.move_person(person_id, given.organisation, position=given.position)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return responses.redirect(request, f"/persons/{person_id}", message="已调动。")
    return await _person(request, person_id, moving=form, status=422)


async def _no_account(person: int) -> None:
    if await db.value("select 1 from core_user where person = $1 and active", person):
        raise Refused("这个人还有在用的账号，请先由系统管理员停用账号。")


@post("/persons/{person_id:int}/close", guards=[requires(VIEW, MANAGE)], status_code=200)
async def close_person(request: Req, person_id: FromPath[int]) -> Response[Any]:
    """A person has left; an account still open must be closed first."""
    who = visitor(request)
    form = await responses.bind(request, ReasonForm)
    status = 422
    if form.ok:
        try:
            async with db.transaction(who.scope):
                await _no_account(person_id)
                await services.close_person(person_id, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        except Refused as error:
            form.error("", str(error))
            status = 409
        else:
            return responses.redirect(request, f"/persons/{person_id}", message="人员已停用。")
    return await _person(request, person_id, closing=form, status=status)


HANDLERS: list[Any] = [
    organisations,
    new_organisation,
    found,
    organisation,
    change,
    close,
    persons,
    new_person,
    enter,
    one_person,
    change_person,
    move_person,
    close_person,
]
