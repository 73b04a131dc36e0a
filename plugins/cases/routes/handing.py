# SPDX-License-Identifier: Apache-2.0
"""移送: choose the receiving body, see who will see what, hand over; and what was handed to us."""

from typing import Any

from litestar.params import FromPath, FromQuery

from core.api.access import Visitor, requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import Invalid, NotFound
from core.api.people import competent_organ, organisation, organisations_in, region
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    page,
    post,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.cases.forms import DeclineForm, HandOverForm, ReferralForm
from plugins.cases.queries import REFERRALS, openable_items, path_of, referral_of
from plugins.cases.rules.party import PARTY_KINDS
from plugins.cases.services import (
    Actor,
    decline_referral,
    hand_over_case,
    new_token,
    open_referral,
)
from plugins.cases.services.handing import RECEIVING_KINDS, handing_refusal, receiving_body
from plugins.cases.services.steps import reload

READ, OPEN, APPROVE = "cases.case.read", "cases.case.open", "cases.case.approve"
FOUND_LIMIT = 30


@get("/{case:int}/handover", guards=[requires(APPROVE)])
async def show_handover(
    request: Request, case: FromPath[int], q: FromQuery[str] = "", to: FromQuery[int] = 0
) -> Response:
    """Search the receiving body; once chosen, what it will see and what stays here."""
    return await _handover_page(request, visitor(request), case, q=q, to=to)


async def _handover_page(
    request: Request,
    who: Visitor,
    case: int,
    *,
    q: str = "",
    to: int = 0,
    form: Bound[HandOverForm] | None = None,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    found: list[dict[str, Any]] = []
    chosen: dict[str, Any] | None = None
    async with transaction(who.scope):
        file = await reload(actor, case)
        why = handing_refusal(file, actor)
        if not why and to:
            try:
                body = await receiving_body(file, to)
            except Invalid as error:
                form = form or unbound(HandOverForm, token=new_token())
                form.error("to_organisation", error.errors["to_organisation"])
            else:
                place = await region(body.region)
                chosen = {
                    "id": body.id,
                    "name": body.name,
                    "region": place.name if place else "",
                    "bureau": await competent_organ(body.region_lo, "supervision"),
                }
        elif not why and q.strip():
            # Organisations are public reference rows; who works there is not shown.
            everywhere = Scope.platform("接收单位可以在任何地区")
            for each in await organisations_in(everywhere, kinds=RECEIVING_KINDS):
                if q.strip() in each.name and len(found) < FOUND_LIMIT:
                    place = await region(each.region)
                    found.append(
                        {"id": each.id, "name": each.name, "region": place.name if place else ""}
                    )
        evidence = sum(1 for e in file.evidence if e["voided_at"] is None)
    return page(
        request,
        "cases/handover.html",
        status=status,
        case=file.row,
        why=why,
        q=q,
        found=found,
        chosen=chosen,
        evidence=evidence,
        form=form or unbound(HandOverForm, to_organisation=to, token=new_token()),
    )


@post("/{case:int}/handover", guards=[requires(APPROVE)])
async def post_handover(request: Request, case: FromPath[int]) -> Response:
    """移送: the file closes here and a referral opens there."""
    who = visitor(request)
    form = await bind(request, HandOverForm)
    typed_to = str(form.raw.get("to_organisation") or "")
    to = int(typed_to) if typed_to.isascii() and typed_to.isdigit() and len(typed_to) < 18 else 0
    if not form.ok:
        return await _handover_page(request, who, case, to=to, form=form, status=422)
    try:
        await hand_over_case(
            Actor.of(who),
            case,
            form.value.to_organisation,
            form.value.reason,
            token=form.value.token,
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _handover_page(request, who, case, to=to, form=form, status=422)
    return redirect(request, path_of(case), message="案件已移送，本单位的案卷保留备查。")


# --- the receiving body ------------------------------------------------------------------------------


@get("/referrals", guards=[requires(OPEN)])
async def list_referrals(request: Request) -> Response:
    """What other bodies handed to this one."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, REFERRALS, await REFERRALS.export(request, who.scope))
        listing = await REFERRALS.page(request, who.scope, tab_counts=True)
    for each in listing.rows:
        each["href"] = f"/cases/referrals/{each['id']}"
    return page(request, "cases/referrals.html", listing=listing)


@get("/referrals/{referral:int}", guards=[requires(OPEN)])
async def show_referral(request: Request, referral: FromPath[int]) -> Response:
    """One referral: what, from whom, the material, and the two answers."""
    return await _referral_page(request, visitor(request), referral)


async def _referral_page(
    request: Request,
    who: Visitor,
    referral: int,
    *,
    form: Bound[ReferralForm] | None = None,
    decline: Bound[DeclineForm] | None = None,
    status: int = 200,
) -> Response:
    async with transaction(who.scope):
        found = await referral_of(who.scope, referral)
        if found is None:
            raise NotFound("没有找到这件移送，可能不在你的管理范围内。")
        body = await organisation(found["organisation"])
        items = []
        if who.organisation is not None:
            items = await openable_items(who.scope, (who.organisation.lo, who.organisation.hi))
    found.pop("sealed")
    return page(
        request,
        "cases/referral.html",
        status=status,
        referral=found,
        body=body.name if body else "",
        party_kind=dict(PARTY_KINDS).get(str(found["party"].get("kind")), ""),
        items=[(i["id"], f"{i['code']} {i['title']}") for i in items],
        form=form or unbound(ReferralForm, title=found["title"], token=new_token()),
        decline=decline or unbound(DeclineForm),
    )


@post("/referrals/{referral:int}/open", guards=[requires(OPEN)])
async def post_open(request: Request, referral: FromPath[int]) -> Response:
    """立案: a case of our own, with the party as it was handed over."""
    who = visitor(request)
    form = await bind(request, ReferralForm)
    if not form.ok:
        return await _referral_page(request, who, referral, form=form, status=422)
    typed = form.value
    try:
        case = await open_referral(
            Actor.of(who), referral, typed.item, typed.title, token=typed.token
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name if name in ("item", "title") else "", sentence)
        return await _referral_page(request, who, referral, form=form, status=422)
    return redirect(request, path_of(case), message="已立案，移送单位会收到通知。")


@post("/referrals/{referral:int}/decline", guards=[requires(OPEN)])
async def post_decline(request: Request, referral: FromPath[int]) -> Response:
    """不予立案: the reason goes back to who handed it over."""
    who = visitor(request)
    form = await bind(request, DeclineForm)
    if not form.ok:
        return await _referral_page(request, who, referral, decline=form, status=422)
    await decline_referral(Actor.of(who), referral, form.value.reason)
    return redirect(request, "/cases/referrals", message="已答复移送单位。")


HANDING = (
    show_handover,
    post_handover,
    list_referrals,
    show_referral,
    post_open,
    post_decline,
)
