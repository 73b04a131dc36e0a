# SPDX-License-Identifier: Apache-2.0
"""The supervisor's phone: 登记 list, 新增, one of his own, its photos (S0-20)."""

from collections.abc import Mapping
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import by_the_page, requires, visitor
from core.api.db import Place, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import (
    FORM_WITH_FILES,
    attachments,
    limits_of,
    open_,
    send_file,
    waiting_uploads,
)
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    limit,
    number_of,
    once,
    page,
    partial,
    post,
    redirect,
    remember_once,
)
from plugins.activities.forms import RecordForm
from plugins.activities.queries import (
    activity_row,
    entries_of,
    media_of,
    own_record,
    own_records,
    units_near,
)
from plugins.activities.routes.shared import (
    LOOK,
    NO_STORE,
    answer_units,
    chosen_unit,
    party_phone_of,
    phone_known,
    place_context,
    take,
    typed_region,
    units_found,
)
from plugins.activities.rules import records as rules
from plugins.activities.rules.attendance import CANCELLED
from plugins.activities.rules.words import DUTIES, ENTRIES, INVITED, OWN, TYPES
from plugins.activities.services import records
from plugins.activities.services.base import Actor, at_office, bureau_of, my_invitation, place_of
from plugins.activities.services.records import PURPOSE

FIELD = "media"
UNITS = "/activities/units"
MOST = 9
"""Files of one record, those that came with the first submission included."""


@get("/mine", guards=[requires(OWN)])
async def own_list(request: Request) -> Response:
    """登记列表, newest first, with where each stands and what the bureau said."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_records(who.person_id)
    for each in found:
        each["chip"] = rules.STATES[each["state"]]
    return page(request, "activities/mine.html", rows=found, types=TYPES)


# --- 新增 -----------------------------------------------------------------------------------------


async def _prefilled(request: Request) -> dict[str, Any]:
    """What is known before anything is typed: the invitation that led here."""
    who = visitor(request)
    number = number_of(request.query_params.get("invitation", "")) or 0
    invitation = await my_invitation(number, who.person_id) if number else None
    if invitation is None or invitation["state"] == CANCELLED:
        return {}
    return await _of_invitation(request, invitation)


async def _of_invitation(request: Request, invitation: Mapping[str, Any]) -> dict[str, Any]:
    async with transaction(LOOK):
        activity = await activity_row(invitation["activity"])
    assert activity is not None
    async with transaction(visitor(request).scope):
        phone = await phone_known(visitor(request).person_id, activity["host"])
    day = min(clock.local(activity["starts_at"]).date(), clock.today())
    return {
        "invitation": invitation["id"],
        "activity_title": activity["title"],
        "type": INVITED,
        "unit": activity["host_name"],
        "organisation": activity["host"],
        "unit_phone": phone,
        "registered_on": day.isoformat(),
        "address": activity["place"],
        "matter": activity["title"],
    }


def _stored(found: Mapping[str, Any]) -> dict[str, Any]:
    """A returned record as its form shows it again."""
    return {
        "type": found["type"],
        "unit": found["organisation_name"],
        "organisation": found["organisation"],
        "unit_phone": found["organisation_phone"],
        "registered_on": found["registered_on"].isoformat(),
        "region": found["region"],
        "street": found["street"],
        "address": found["address"],
        "matter": found["matter"],
        "party": found["party"],
        "party_phone": party_phone_of(found),
        "outcome": found["outcome"],
        "advice": found["advice"],
        "activity_title": found["activity_title"],
        "version": found["version"],
    }


async def _form_page(
    request: Request,
    *,
    form: Bound[RecordForm] | None = None,
    known: Mapping[str, Any] | None = None,
    found: Mapping[str, Any] | None = None,
    status: int = 200,
    looking: bool = False,
) -> Response:
    """The form, fresh, refused, or a returned record; ``looking``: without script one looks up."""
    who = visitor(request)
    before: Mapping[str, Any] = known or {}
    async with transaction(LOOK):
        near = await units_near(who.region.lo)
        organ = await bureau_of(who.region.lo)
        limits = await limits_of(who.region.lo)
    wanted = typed_region(form, int(before.get("region") or who.region.id))
    text = str(form.get("unit") or "") if form is not None else ""
    units, said = (
        await units_found(text, who.region.lo)
        if looking or (form is not None and "unit" in form.errors)
        else ([], "")
    )
    kept: list[dict[str, Any]] = []
    reply = ""
    if found is not None:
        async with transaction(who.scope):
            kept = await media_of(found["id"])
            told = [each for each in await entries_of(found["id"]) if each["act"] == "returned"]
        reply = told[0]["text"] if told else ""
    number = found["id"] if found is not None else 0
    asked = str(before.get("invitation") or "")
    return page(
        request,
        "activities/new.html",
        status=status,
        # The blank form is kept on the phone: it is opened where there is no line.
        headers=NO_STORE if form is not None or before or found is not None else None,
        form=form,
        known=before,
        found=found,
        reply=reply,
        kept=[_shown(number, each) for each in kept],
        draft=f"activities.record{f'.r{number}' if number else f'.i{asked}' if asked else ''}",
        action=f"/activities/mine/{number}" if number else "/activities/new",
        types=[(key, title) for key, title in TYPES.items()],
        near=near,
        units=units,
        said=said,
        base=UNITS,
        today=clock.today().isoformat(),
        bureau=organ.name if organ else "司法行政机关",
        duties=DUTIES,
        limits=limits,
        most=max(0, MOST - len(kept)),
        waiting=await waiting_uploads(request, FIELD) if form is not None else [],
        **await place_context(wanted),
    )


@get("/new", guards=[requires(OWN)])
async def new(request: Request) -> Response:
    """登记信息; from an invitation, 应邀 with the body filled in."""
    return await _form_page(request, known=await _prefilled(request))


@post("/new", guards=[requires(OWN)], request_max_body_size=FORM_WITH_FILES)
async def submit(request: Request) -> Response:
    """提交."""
    return await _take(request, None)


@get("/mine/{record:int}/edit", guards=[requires(OWN)])
async def edit(request: Request, record: FromPath[int]) -> Response:
    """A record that came back."""
    found = await _own(request, record)
    if found["state"] != rules.RETURNED:
        return redirect(request, f"/activities/mine/{record}")
    return await _form_page(request, known=_stored(found), found=found)


@post("/mine/{record:int}", guards=[requires(OWN)], request_max_body_size=FORM_WITH_FILES)
async def complete(request: Request, record: FromPath[int]) -> Response:
    """补充后重新提交."""
    return await _take(request, await _own(request, record))


async def _take(request: Request, found: dict[str, Any] | None) -> Response:
    limit(request, "activities.submit", times=30)
    who = visitor(request)
    form = await bind(request, RecordForm)
    key = str(form.raw.get("once") or "")
    known = _stored(found) if found is not None else await _known_of(request, form)
    looking = await _look_up(form)
    media = []
    # Before the files are looked at: those of a form that arrives again belong to the first.
    if not looking and form.ok and (done := await once(request, key)):
        return done
    room = MOST
    if found is not None:
        async with transaction(who.scope):
            room = max(0, MOST - len(await media_of(found["id"])))
    try:
        media = await attachments(
            request, FIELD, place=Place(who.region.lo), purpose=PURPOSE, max_files=room
        )
    except Invalid as error:
        if not looking:
            take(form, error.errors)
    if looking:
        return await _form_page(request, form=form, known=known, found=found, looking=True)
    if form.ok:
        actor = Actor.of(who)
        try:
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                if found is None:
                    number = await records.submit(actor, form.value, media)
                    said = "已提交，司法局阅办后会告诉你。"
                else:
                    number = found["id"]
                    await records.complete(actor, number, form.value, media)
                    said = "已重新提交。"
                await remember_once(request, key, f"/activities/mine/{number}")
        except Invalid as error:
            take(form, error.errors)
        except (Conflict, Refused) as error:
            form.errors[""] = str(error)
        else:
            return redirect(request, f"/activities/mine/{number}", message=said)
    return await _form_page(request, form=form, known=known, found=found, status=422)


async def _known_of(request: Request, form: Bound[RecordForm]) -> dict[str, Any]:
    """The invitation a posted form belongs to, so that a refused one keeps its words."""
    number = number_of(form.get("invitation") or "") or 0
    who = visitor(request)
    invitation = await my_invitation(number, who.person_id) if number else None
    return await _of_invitation(request, invitation) if invitation else {}


async def _look_up(form: Bound[RecordForm]) -> bool:
    """The buttons of a page without script: find units, choose one, go to a region."""
    pick = number_of(form.raw.get("pick") or "") or 0
    go = number_of(form.raw.get("go") or "") or 0
    if form.raw.get("choose") and go:
        form.raw["region"] = str(go)
    elif pick and (unit := await chosen_unit(pick)):
        form.raw["unit"], form.raw["organisation"] = unit.name, str(unit.id)
    elif not form.raw.get("find"):
        return False
    form.errors.clear()
    return True


# --- look-ups ------------------------------------------------------------------------------------


@get("/units", guards=[requires(OWN)], opt=by_the_page())
async def units(request: Request) -> Response:
    """Units by name, while one types."""
    return await answer_units(request, visitor(request).region.lo, UNITS)


@get("/units/{unit:int}", guards=[requires(OWN)])
async def unit_chosen(request: Request, unit: FromPath[int]) -> Response:
    """The field with the chosen unit, and its telephone as it was written down last."""
    found = await chosen_unit(unit)
    if found is None:
        raise NotFound
    who = visitor(request)
    phone = request.query_params.get("unit_phone", "").strip()[:40]
    if not phone:
        async with transaction(who.scope):
            phone = await phone_known(who.person_id, found.id)
    async with transaction(LOOK):
        near = await units_near(who.region.lo)
    return partial(
        request,
        "activities/_unit.html",
        form=None,
        known={"unit": found.name, "organisation": found.id, "unit_phone": phone},
        near=near,
        units=[],
        said="",
        base=UNITS,
        with_phone=True,
    )


@get("/places", guards=[requires(OWN)])
async def places(request: Request) -> Response:
    """省（自治区）— 盟市 — 旗县区, one level at a time."""
    wanted = number_of(request.query_params.get("region", "")) or 0
    changing = request.query_params.get("changing", "") == "1"
    found = await place_context(wanted, changing=True)
    # The last level is what was wanted; the list closes, unless somebody opened it to change it.
    found["changing"] = changing or not found["done"]
    return partial(request, "activities/_place.html", form=None, **found)


# --- one of his own ------------------------------------------------------------------------------


async def _own(request: Request, record: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_record(record, who.person_id)
    if found is None:
        raise NotFound("没有找到这份登记，或者不是你提交的。")
    return found


def _shown(record: int, each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "url": f"/activities/mine/{record}/files/{each['id']}"}


@get("/mine/{record:int}", guards=[requires(OWN)])
async def own_one(request: Request, record: FromPath[int]) -> Response:
    """One of his own: where it stands, what the bureau said, what was submitted."""
    found = await _own(request, record)
    async with transaction(visitor(request).scope):
        entries = await entries_of(record)
        media = await media_of(record)
    return page(
        request,
        "activities/own.html",
        headers=NO_STORE,
        it=found,
        chip=rules.STATES[found["state"]],
        types=TYPES,
        entries=entries,
        entry_words=ENTRIES,
        media=[_shown(record, each) for each in media],
        party_phone=party_phone_of(found),
    )


@get("/mine/{record:int}/files/{attachment:int}", guards=[requires(OWN)])
async def own_file(request: Request, record: FromPath[int], attachment: FromPath[int]) -> Response:
    """A photo or recording of one's own record; the stored file itself is the bureau's."""
    found = await _own(request, record)
    who = visitor(request)
    async with transaction(who.scope):
        media = await media_of(record)
    wanted = next((each for each in media if each["id"] == attachment), None)
    if wanted is None:
        raise NotFound
    async with transaction(at_office(place_of(found), who.user_id).read_only()):
        opened = await open_(wanted["file"])
    return send_file(request, opened, original=False)


ROUTES_MINE = (
    own_list,
    new,
    submit,
    edit,
    complete,
    units,
    unit_chosen,
    places,
    own_one,
    own_file,
)
