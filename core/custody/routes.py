# SPDX-License-Identifier: Apache-2.0
"""``/custody``: who keeps the sealed identities of one's region, and what is asked of them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.custody import queries, rules, services
from core.custody.declared import KEEP, NAME
from core.errors import Conflict, Invalid, NotFound, Refused
from core.forms import Bound
from core.scope import Scope
from core.web.responses import bind, page, redirect

Req = Request[Any, Any, Any]
NO_STORE = {"Cache-Control": "private, no-store"}

Reason = Annotated[str, Meta(title="理由", min_length=1, max_length=300)]


class NameForm(msgspec.Struct):
    person: Annotated[int, Meta(title="保管人", ge=1)]


class EnrolForm(msgspec.Struct):
    region: Annotated[int, Meta(title="地区", ge=0)]
    passphrase: Annotated[str, Meta(title="口令", min_length=1, max_length=400)]
    again: Annotated[str, Meta(title="再输一次", min_length=1, max_length=400)]


class AgreeForm(msgspec.Struct):
    passphrase: Annotated[str, Meta(title="口令", min_length=1, max_length=400)]


class ReasonForm(msgspec.Struct):
    reason: Reason


def _scope(who: Visitor) -> Scope:
    return Scope.platform(
        "the custodians of a region, for those who may see them", actor=who.user_id
    )


async def _page(request: Req, *, status: int = 200, **context: Any) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(_scope(who)):
        mine = await queries.offices_of(who.person_id)
        regions = {who.region.lo, *(each["region_lo"] for each in mine)}
        custodians = await queries.all_in(who.region.lo)
        openings = await queries.openings_in(sorted(regions))
        nominees = await queries.eligible(who.region.lo) if who.may(NAME) else []
    active = [c for c in custodians if c["enrolled_at"] and not c["left_at"]]
    own = {each["id"] for each in mine if each["enrolled_at"]}
    keeps = {each["region_lo"] for each in mine if each["enrolled_at"]}
    for each in openings:
        each["mine"] = (
            each["state"] == "waiting" and each["region_lo"] in keeps and each["first"] not in own
        )
    return page(
        request,
        "pages/custody.html",
        status=status,
        headers=NO_STORE,
        **{
            "custodians": custodians,
            "active": len(active),
            "minimum": rules.MINIMUM_CUSTODIANS,
            "openings": openings,
            "unenrolled": [each for each in mine if not each["enrolled_at"]],
            "nominees": [
                (p["id"], f"{p['name']}{'，' + p['position'] if p['position'] else ''}")
                for p in nominees
                if p["id"] != who.person_id
            ],
            "may_name": who.may(NAME),
            "name_form": None,
            "enrol_form": None,
            "agree_form": None,
            "agree_to": 0,
            "said": "",
            "refuse_form": None,
            "refusing": 0,
            "leave_form": None,
            "leaving": 0,
            "rewrap_form": None,
            "secret": None,
            "min_passphrase": rules.MIN_PASSPHRASE,
            **context,
        },
    )


@get("/custody", guards=[requires(KEEP)])
async def custody(request: Req) -> Response[Any]:
    """The custodians, the requests, and what waits for oneself."""
    return await _page(request)


def _take(form: Bound[Any], error: Invalid) -> None:
    form.errors.update(error.errors)


@post("/custody/custodians", guards=[requires(NAME)], status_code=200)
async def name_custodian(request: Req) -> Response[Any]:
    """Name a colleague custodian."""
    who = visitor(request)
    form = await bind(request, NameForm)
    if form.ok:
        async with db.transaction(_scope(who)):
            found = {p["id"]: p["name"] for p in await queries.eligible(who.region.lo)}
            name = found.get(form.value.person)
            if name is None:
                form.error("person", "请从名单里选择本地区的同事。")
            else:
                await services.name_custodian(
                    form.value.person, name, who.region.lo, by_person=who.person_id
                )
    if not form.ok:
        return await _page(request, status=422, name_form=form)
    return redirect(request, "/custody", message="已指定。等他登录后设置口令，才开始保管。")


@post("/custody/enrol", guards=[requires(KEEP)], status_code=200)
async def enrol(request: Req) -> Response[Any]:
    """Set one's own passphrase."""
    who = visitor(request)
    form = await bind(request, EnrolForm)
    if form.ok:
        try:
            async with db.transaction(_scope(who)):
                held = {each["region_lo"] for each in await queries.offices_of(who.person_id)}
            if form.value.region not in held:
                raise NotFound("你没有被指定为这个地区的保管人。")
            value = form.value
            await services.enrol(
                who.person_id, value.region, value.passphrase, value.again, actor=who.user_id
            )
        except Invalid as error:
            _take(form, error)
    if not form.ok:
        form.raw.pop("passphrase", None)
        form.raw.pop("again", None)
        return await _page(request, status=422, enrol_form=form)
    return redirect(request, "/custody", message="口令已设置。请记牢，平台上没有人能找回它。")


@post("/custody/custodians/{custodian:int}/leave", guards=[requires(NAME)], status_code=200)
async def leave(request: Req, custodian: FromPath[int]) -> Response[Any]:
    """A custodian goes."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _page(request, status=422, leave_form=form, leaving=custodian)
    try:
        async with db.transaction(_scope(who)):
            await services.leave(custodian, who.region.lo, form.value.reason)
            enough = rules.may_seal(len(await queries.active_in(who.region.lo)))
    except (Conflict, Refused) as error:
        form.error("reason", str(error))
        return await _page(request, status=409, leave_form=form, leaving=custodian)
    words = "请再“重新封存”" if enough else "请指定新的保管人，再“重新封存”"
    return redirect(request, "/custody", message=f"已卸任。{words}，使他以前持有的一半不再有用。")


@post("/custody/rewrap", guards=[requires(NAME)], status_code=200)
async def rewrap(request: Req) -> Response[Any]:
    """Ask for everything to be sealed anew."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _page(request, status=422, rewrap_form=form)
    try:
        async with db.transaction(_scope(who)):
            await services.request_rewrap(who.region.lo, form.value.reason, asked_by_name=who.name)
    except (Conflict, Refused) as error:
        form.error("reason", str(error))
        return await _page(request, status=409, rewrap_form=form)
    return redirect(request, "/custody", message="已提出，等两位保管人同意。")


@post("/custody/openings/{opening:int}/agree", guards=[requires(KEEP)], status_code=200)
async def agree(request: Req, opening: FromPath[int]) -> Response[Any]:
    """Agree with one's passphrase; the second one sees the identity, this once."""
    who = visitor(request)
    form = await bind(request, AgreeForm)
    result = None
    if form.ok:
        try:
            result = await services.agree(
                opening, who.person_id, form.value.passphrase, actor=who.user_id
            )
        except Invalid as error:
            _take(form, error)
        except Refused as error:
            # Said at the head: a request that has ended shows no sheet any more.
            return await _page(request, status=409, said=str(error))
    form.raw.pop("passphrase", None)
    if result is None:
        return await _page(request, status=422, agree_form=form, agree_to=opening)
    if not result.opened:
        return redirect(request, "/custody", message="你已同意，还需要另一位保管人同意。")
    if result.rewrapped is not None:
        words = f"已{rules.rewrapped_words(result.rewrapped, result.left)}。"
        return redirect(request, "/custody", message=words)
    return await _page(request, secret=dict(result.secret or {}), agree_to=opening)


@post("/custody/openings/{opening:int}/refuse", guards=[requires(KEEP)], status_code=200)
async def refuse(request: Req, opening: FromPath[int]) -> Response[Any]:
    """Say no."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _page(request, status=422, refuse_form=form, refusing=opening)
    try:
        async with db.transaction(_scope(who)):
            await services.refuse_opening(opening, who.person_id, form.value.reason)
    except Refused as error:
        return await _page(request, status=409, said=str(error), refuse_form=form, refusing=opening)
    return redirect(request, "/custody", message="已记下你不同意，申请结束。")


HANDLERS = [custody, name_custodian, enrol, leave, rewrap, agree, refuse]
