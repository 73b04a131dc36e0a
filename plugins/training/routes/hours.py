# SPDX-License-Identifier: Apache-2.0
"""我的学时, the ledger of an office's people, and what roles owe."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.people import find_persons
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    bind,
    export,
    get,
    note_export,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
    xlsx_response,
)
from plugins.training.forms import HoursForm, Nothing, ReasonForm, RequirementForm
from plugins.training.queries.hours import (
    LEDGER as LEDGER_LIST,
)
from plugins.training.queries.hours import (
    SOURCES,
    entries_of,
    entry_of,
    find_requirement,
    owed_by,
    requirements_of,
    standing_counts,
    standing_of,
)
from plugins.training.routes.shared import WORDS
from plugins.training.rules.hours import (
    ROLES,
    Entry,
    hours_words,
    owed_in,
    short_by,
    sum_by_year,
)
from plugins.training.services.base import LEDGER, MANAGE, READ, office_of, own_office
from plugins.training.services.crediting import credited_by, enter_other, reverse
from plugins.training.services.owing import end_requirement, remind_by_hand, set_requirement

EXPORT_LIMIT = 50_000
STANDINGS = {"short": "还差的", "met": "已达到", "all": "全部"}


async def _years(who: Visitor, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Year by year: owed, gained, missing; the present year first, always there."""
    owed = await owed_by(who.scope, who.role)
    have = sum_by_year(
        Entry(each["id"], each["year"], each["tenths"], each["reverses"]) for each in entries
    )
    this_year = clock.today().year
    return [
        {
            "year": year,
            "have": have.get(year, 0),
            "owed": owed_in(year, owed),
            "short": short_by(owed_in(year, owed), have.get(year, 0)),
        }
        for year in sorted({*have, this_year}, reverse=True)
    ]


@get("/hours", guards=[requires(READ)])
async def show_my_hours(request: Request) -> Response:
    """My own ledger, and what I owe this year (C8-04, C8-10)."""
    who = visitor(request)
    async with transaction(who.scope):
        entries = await entries_of(who.person_id) if who.person_id else []
        years = await _years(who, entries)
    return page(
        request, "training/hours.html", entries=entries, years=years, sources=SOURCES, **WORDS
    )


# --- the ledger ----------------------------------------------------------------------------------


@get("/ledger", guards=[requires(LEDGER)])
async def show_ledger(request: Request) -> Response:
    """Every entry of everybody inside one's scope."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, LEDGER_LIST, await LEDGER_LIST.export(request, who.scope))
        listing = await LEDGER_LIST.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "training/ledger.html",
        listing=listing,
        sources=SOURCES,
        may_enter=who.may(MANAGE),
        **WORDS,
    )


@get("/ledger/new", guards=[requires(MANAGE)])
async def new_entry(request: Request) -> Response:
    """Hours gained elsewhere; first the person is looked up."""
    return await _entry_page(request, None)


async def _entry_page(request: Request, form: Bound[Any] | None, status: int = 200) -> Response:
    who = visitor(request)
    text = request.query_params.get("find", "").strip()[:40]
    async with transaction(who.scope):
        found = await find_persons(text, who.scope) if text else []
    return page(
        request,
        "training/ledger_new.html",
        status=status,
        form=form,
        find=text,
        people=[(each.id, f"{each.name}　{each.position}".strip()) for each in found],
        today=clock.today(),
        **WORDS,
    )


@post("/ledger/new", guards=[requires(MANAGE)])
async def add_entry(request: Request) -> Response:
    """Write it; sent twice it is written once."""
    who = visitor(request)
    form = await bind(request, HoursForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, form.value.once):
                    return done
                await enter_other(who, form.value)
                await remember_once(request, form.value.once, "/training/ledger")
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, "/training/ledger", message="已记入台账，并告知本人。")
    return await _entry_page(request, form, 422)


@get("/ledger/{entry:int}", guards=[requires(LEDGER)])
async def show_entry(request: Request, entry: FromPath[int]) -> Response:
    """One entry, and taking it back."""
    return await _one_entry(request, entry, None)


async def _one_entry(
    request: Request, entry: int, form: Bound[Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await entry_of(entry, who.scope)
        if found is None:
            raise NotFound
        organ, organ_name = await credited_by(found)
        own = who.may(MANAGE) and organ == await own_office(who)
    return page(
        request,
        "training/entry.html",
        status=status,
        entry=found,
        form=form,
        sources=SOURCES,
        organ_name=organ_name,
        own=own,
        may_reverse=own
        and not found["reversed"]
        and found["reverses"] is None
        and found["source"] != "training",
        **WORDS,
    )


@post("/ledger/{entry:int}/reverse", guards=[requires(MANAGE)])
async def reverse_entry(request: Request, entry: FromPath[int]) -> Response:
    """冲销 with a reason the person reads."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                await reverse(who, entry, form.value.reason)
        except Refused as error:
            form.errors["reason"] = str(error)
        else:
            return redirect(request, "/training/ledger", message="已冲销，两条都保留。")
    return await _one_entry(request, entry, form, 422)


# --- requirements --------------------------------------------------------------------------------


@get("/requirements", guards=[requires(MANAGE)])
async def list_requirements(request: Request) -> Response:
    """What this office asks of each role."""
    return await _requirements_page(request, None)


async def _requirements_page(
    request: Request, form: Bound[Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await requirements_of((await office_of(who)).id)
    return page(
        request,
        "training/requirements.html",
        status=status,
        requirements=found,
        form=form,
        roles=list(ROLES.items()),
        this_year=clock.today().year,
        **WORDS,
    )


@post("/requirements", guards=[requires(MANAGE)])
async def add_requirement(request: Request) -> Response:
    """Set or change what a role owes."""
    who = visitor(request)
    form = await bind(request, RequirementForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, form.value.once):
                    return done
                made = await set_requirement(who, form.value)
                path = f"/training/requirements/{made}"
                await remember_once(request, form.value.once, path)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, path, message="学时要求已定。")
    return await _requirements_page(request, form, 422)


@get("/requirements/{requirement:int}", guards=[requires(MANAGE)])
async def show_requirement(request: Request, requirement: FromPath[int]) -> Response:
    """Who is short, who is not, in any year; also as a workbook."""
    who = visitor(request)
    asked = request.query_params.get("show", "short")
    which = asked if asked in STANDINGS else "short"
    this_year = clock.today().year
    async with transaction(who.scope):
        found = await find_requirement(requirement, who.scope, (await office_of(who)).id)
        if found is None:
            raise NotFound
        last = min(this_year, found["to_year"] or this_year)
        years = list(range(max(last, found["from_year"]), found["from_year"] - 1, -1))[:10]
        typed = number_of(request.query_params.get("year", ""))
        year = typed if typed in years else years[0]
        if wants_xlsx(request):
            everybody = await standing_of(found, year, which, EXPORT_LIMIT)
            title = f"{found['role_title']} {year} 年学时"
            await note_export(request, "training.standing", title, form="XLSX", rows=len(everybody))
            lines = [
                {**each, "hours": hours_words(each["tenths"]),
                 "short": hours_words(short_by(found["tenths"], each["tenths"]))}
                for each in everybody
            ]  # fmt: skip
            columns = (
                Column("name", "姓名"),
                Column("place", "单位"),
                Column("hours", "学时"),
                Column("short", "还差"),
            )
            return await xlsx_response(title, columns, lines, masked=True)
        persons = await standing_of(found, year, which)
        counts = await standing_counts(found, year)
    return page(
        request,
        "training/requirement.html",
        requirement=found,
        persons=persons,
        counts=counts,
        year=year,
        years=years,
        show=which,
        standings=STANDINGS,
        this_year=this_year,
        today=clock.today(),
        short_by=short_by,
        **WORDS,
    )


@post("/requirements/{requirement:int}/remind", guards=[requires(MANAGE)])
async def remind(request: Request, requirement: FromPath[int]) -> Response:
    """Tell everybody who is short."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        told = await remind_by_hand(who, requirement)
    said = f"已提醒 {told} 人。" if told else "今年没有人还差学时，不用提醒。"
    return redirect(request, f"/training/requirements/{requirement}", message=said)


@post("/requirements/{requirement:int}/end", guards=[requires(MANAGE)])
async def stop(request: Request, requirement: FromPath[int]) -> Response:
    """The requirement ends with this year; its history stays."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        last = await end_requirement(who, requirement)
    return redirect(
        request,
        f"/training/requirements/{requirement}",
        message=f"到 {last} 年为止，历年情况保留。",
    )


ROUTES_HOURS = (
    show_my_hours,
    show_ledger,
    new_entry,
    add_entry,
    show_entry,
    reverse_entry,
    list_requirements,
    add_requirement,
    show_requirement,
    remind,
    stop,
)
