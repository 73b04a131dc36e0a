# SPDX-License-Identifier: Apache-2.0
"""The working calendar: a year at a glance, importing a notice, setting a single day."""

from typing import Any

from litestar import Request, Response, get, post

from core import clock, db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.calendar.days import (
    change_day,
    days_of_year,
    import_year,
    waiting_for,
    year_state,
)
from core.calendar.forms import DayForm, YearForm
from core.calendar.queries import load_calendar
from core.calendar.rules import library_year, read_days
from core.errors import Invalid
from core.forms import Bound, number_of
from core.intervals import Interval
from core.regions.queries import RegionRow, country, region
from core.scope import EVERYTHING, Scope
from core.web import responses, status

READ, MANAGE = "core.calendar.read", "core.calendar.manage"
FIRST, LAST = 2004, 2100
Req = Request[Any, Any, Any]


def _wide(who: Visitor) -> Scope:
    # Days are public and unscoped; the fact of a change belongs to the region it holds for.
    return Scope.platform("working days hold for a whole region", actor=who.user_id)


async def _places(who: Visitor) -> list[RegionRow]:
    """Where this visitor may set days: everywhere, and in his own region."""
    whole = await country()
    own = await region(who.region.id) if who.region.id else None
    return [whole] if own is None or own.id == whole.id else [whole, own]


async def _page(request: Req, year: int, code: int = 200, **forms: Bound[Any]) -> Response[Any]:
    who = visitor(request)
    year = min(max(year, FIRST), LAST)
    async with db.transaction(_wide(who).read_only()):
        here = who.region.lo if who.region.id else 0
        calendar = await load_calendar(here)
        state = await year_state(year, here)
        following = await year_state(clock.today().year + 1, here)
        interval = Interval(who.region.lo, who.region.hi) if who.region.id else EVERYTHING
        waiting = 0 if state.published else await waiting_for(year, interval)
        places = await _places(who)
    known = library_year(year)
    return responses.page(
        request,
        "pages/calendar.html",
        status=code,
        year=year,
        months=days_of_year(year, calendar),
        year_state=state,
        missing=[s.year for s in (state, following) if not s.published and _is_due(s.year)],
        waiting=waiting,
        places=[(place.id, place.name) for place in places],
        may_manage=MANAGE in who.permissions,
        known_days=[f"{e.day} {'上班' if e.is_workday else '放假'} {e.note}" for e in known],
        form=forms.get("year_form"),
        day_form=forms.get("day_form"),
        today=clock.today(),
    )


def _is_due(year: int) -> bool:
    """Whether the notice of ``year`` is out: it appears in November of the year before."""
    today = clock.today()
    return year <= today.year or (year == today.year + 1 and today.month >= 11)


@get("/calendar", guards=[requires(READ)])
async def show_calendar(request: Req) -> Response[Any]:
    """A year, its holidays, make-up days and what is missing."""
    asked = request.query_params.get("year", "")
    return await _page(request, number_of(asked) or clock.today().year)


async def _place(who: Visitor, chosen: int) -> RegionRow:
    found = next((place for place in await _places(who) if place.id == chosen), None)
    if found is None:
        raise Invalid({"place": "请选择适用范围。"})
    return found


@post("/calendar/year", guards=[requires(MANAGE)])
async def import_notice(request: Req) -> Response[Any]:
    """Take in a year's notice; open deadlines are worked out anew by the worker."""
    who = visitor(request)
    form = await responses.bind(request, YearForm)
    typed = str(form.get("year"))
    year = number_of(typed) or clock.today().year
    if form.ok:
        entries, faults = read_days(form.value.days, form.value.year)
        if faults:
            form.error("days", " ".join(faults[:5]))
    if form.ok:
        try:
            async with db.transaction(_wide(who)):
                place = await _place(who, form.value.place)
                count = await import_year(
                    form.value.year,
                    entries,
                    form.value.source,
                    Interval(place.lo, place.hi),
                    place.id,
                )
        except Invalid as error:
            for name, sentence in error.errors.items():
                form.error(name, sentence)
        else:
            status.forget()
            return responses.redirect(
                request,
                f"/calendar?year={form.value.year}",
                message=f"已导入 {count} 天，未办结的期限正在重算。",
            )
    return await _page(request, year, 422, year_form=form)


@post("/calendar/day", guards=[requires(MANAGE)])
async def set_day(request: Req) -> Response[Any]:
    """Set one day for a region."""
    who = visitor(request)
    form = await responses.bind(request, DayForm)
    if form.ok:
        value = form.value
        try:
            async with db.transaction(_wide(who)):
                place = await _place(who, value.place)
                await change_day(
                    value.day,
                    value.kind == "work",
                    value.note,
                    Interval(place.lo, place.hi),
                    place.id,
                )
        except Invalid as error:
            for name, sentence in error.errors.items():
                form.error(name, sentence)
        else:
            return responses.redirect(
                request, f"/calendar?year={value.day.year}", message="已调整，期限正在重算。"
            )
    return await _page(request, clock.today().year, 422, day_form=form)
