# SPDX-License-Identifier: Apache-2.0
"""专项监督 and the draw, with a public page on which anybody repeats it."""

from datetime import timedelta
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import public, requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import NotFound
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    limit,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.supervision.forms import CampaignForm, DrawForm, ListsForm, SealForm, TextForm
from plugins.supervision.queries import campaigns as reading
from plugins.supervision.queries import matters as others
from plugins.supervision.routes.shared import WORDS, actor, attempt, manages, sections
from plugins.supervision.rules import draw as lots
from plugins.supervision.rules.kinds import MANAGE, READ
from plugins.supervision.services import campaigns, opening

PUBLIC = Scope.platform("a draw is published for everybody to repeat").read_only()
ANYBODY = public("双随机抽取结果，任何人都可以复算")


def _path(campaign: int) -> str:
    return f"/supervision/campaigns/{campaign}"


@get("/campaigns", guards=[requires(READ)])
async def list_campaigns(request: Request) -> Response:
    """The campaigns of the region."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await reading.CAMPAIGNS.export(request, who.scope)
            return await export(request, reading.CAMPAIGNS, found)
        listing = await reading.CAMPAIGNS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "supervision/campaigns.html",
        listing=listing,
        campaign_states=reading.STATES,
        sections=sections(who, "campaigns"),
        manages=manages(who),
        **WORDS,
    )


async def _form_page(request: Request, form: Bound[Any] | None, status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        offices = await others.offices_near(who.region.lo)
        bases = await others.bases(who.scope)
    own = str((await actor(request)).organ)
    return page(
        request,
        "supervision/campaign_new.html",
        status=status,
        form=form,
        offices=[each for each in offices if each[0] != own],
        bases=[(str(b["id"]), f"{b['number']} {b['title']}") for b in bases],
        **WORDS,
    )


@get("/campaigns/new", guards=[requires(MANAGE)])
async def new_campaign(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request, None)


@post("/campaigns/new", guards=[requires(MANAGE)])
async def plan_campaign(request: Request) -> Response:
    """立项."""
    form = await bind(request, CampaignForm)
    if not form.ok:
        return await _form_page(request, form, 422)
    value, who = form.value, visitor(request)
    async with transaction(who.scope):
        if done := await once(request, value.once):
            return done
        made = await attempt(
            form,
            campaigns.plan(
                await actor(request),
                campaigns.Plan(
                    value.title,
                    value.scope_words,
                    value.contents,
                    value.checklist,
                    value.starts_on,
                    value.ends_on,
                    value.kind,
                    value.basis or None,
                    value.assists,
                ),
            ),
        )
        if made is not None:
            await remember_once(request, value.once, _path(made))
    if made is None:
        return await _form_page(request, form, 422)
    return redirect(request, _path(made), message="专项监督已立项，请确定抽查名单。")


async def _page(
    request: Request, campaign: int, status: int = 200, **forms: Bound[Any]
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await reading.campaign_in(who.scope, campaign)
        helping = await others.assists_of(campaign=campaign)
        own = (await actor(request)).organ
        if it is None and own not in [each["organ"] for each in helping]:
            raise NotFound("没有找到这个专项监督，或者不在你的管理范围内。")
        async with transaction(PUBLIC):
            it = it or await reading.campaign_in(PUBLIC, campaign)
            assert it is not None
            entries = await campaigns.entries_of(campaign)
            matters = await reading.matters_of(campaign)
            assists = await others.assists_of(campaign=campaign)
        act = manages(who) and it["organ"] == own
        planning = act and it["state"] == "planned"
        bodies = await opening.bodies_for(await actor(request)) if planning else []
        inspectors = await others.inspectors_of(who.scope) if planning else []
    return page(
        request,
        "supervision/campaign.html",
        status=status,
        it=it,
        entries=entries,
        matters=matters,
        assists=assists,
        ours=act,
        tomorrow=(clock.today() + timedelta(days=1)).isoformat(),
        not_yet=lots.draw_fault(it["result_on"], clock.today()),
        bodies=[(str(key), name) for key, name in bodies],
        inspectors=[
            (str(i["person"]), f"{i['name']}（{i['card']}）")
            for i in inspectors
            if not i["withdrawn_at"]
        ],
        chosen={
            "bodies": [str(e["organisation"]) for e in entries if e["role"] == "object"],
            "persons": [str(e["person"]) for e in entries if e["role"] == "inspector"],
        },
        titles={e["key"]: e["title"] for e in entries},
        campaign_states=reading.STATES,
        form_of=forms.get,
        **WORDS,
    )


@get("/campaigns/{campaign:int}", guards=[requires(READ)])
async def show_campaign(request: Request, campaign: FromPath[int]) -> Response:
    """One campaign: its checklist, lists, draw and matters."""
    return await _page(request, campaign)


@post("/campaigns/{campaign:int}/lists", guards=[requires(MANAGE)])
async def set_lists(request: Request, campaign: FromPath[int]) -> Response:
    """确定名单."""
    form = await bind(request, ListsForm)
    if form.ok:
        value = form.value
        await attempt(
            form, campaigns.set_lists(await actor(request), campaign, value.bodies, value.persons)
        )
    if not form.ok:
        return await _page(request, campaign, 422, lists=form)
    return redirect(request, _path(campaign), message="名单已保存。")


@post("/campaigns/{campaign:int}/seal", guards=[requires(MANAGE)])
async def seal(request: Request, campaign: FromPath[int]) -> Response:
    """锁定名单、公布承诺."""
    form = await bind(request, SealForm)
    if form.ok:
        value = form.value
        await attempt(
            form,
            campaigns.seal(
                await actor(request),
                campaign,
                value.sample,
                value.team,
                value.source,
                value.result_on,
            ),
        )
    if not form.ok:
        return await _page(request, campaign, 422, seal=form)
    return redirect(request, _path(campaign), message="名单已锁定，承诺已公布。")


@post("/campaigns/{campaign:int}/draw", guards=[requires(MANAGE)])
async def draw(request: Request, campaign: FromPath[int]) -> Response:
    """抽取."""
    form = await bind(request, DrawForm)
    found = None
    if form.ok:
        found = await attempt(
            form, campaigns.draw(await actor(request), campaign, form.value.result)
        )
    if not form.ok or found is None:
        return await _page(request, campaign, 422, draw=form)
    return redirect(request, _path(campaign), message=f"已抽取 {len(found)} 个对象，监督已立项。")


@post("/campaigns/{campaign:int}/close", guards=[requires(MANAGE)])
async def close(request: Request, campaign: FromPath[int]) -> Response:
    """结果报告."""
    form = await bind(request, TextForm)
    if form.ok:
        await attempt(
            form, campaigns.close_campaign(await actor(request), campaign, form.value.text)
        )
    if "report" in form.errors:
        form.error("text", form.errors.pop("report"))
    if not form.ok:
        return await _page(request, campaign, 422, close=form)
    return redirect(request, _path(campaign), message="专项监督已结束。")


# --- for everybody ----------------------------------------------------------------------------


async def _published(token: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    async with transaction(PUBLIC):
        it = await reading.public_draw(token)
        if it is None:
            raise NotFound("没有找到这次抽取。")
        return it, await campaigns.entries_of(it["id"])


@get("/draws/{token:str}", opt=ANYBODY)
async def show_draw(request: Request, token: FromPath[str]) -> Response:
    """The draw repeated on the server, and what one needs to repeat it oneself."""
    limit(request, "supervision.draw", times=30)
    it, entries = await _published(token)
    checks = lots.verify(campaigns.published_of(it), campaigns.as_entries(entries))
    return page(
        request,
        "supervision/draw.html",
        it=it,
        entries=entries,
        checks=checks,
        titles={e["key"]: e["title"] for e in entries},
        version=lots.VERSION,
    )


@get("/draws/{token:str}/data", opt=ANYBODY)
async def draw_data(request: Request, token: FromPath[str]) -> Response:
    """Everything that was published, for ``jiandu supervision verify`` or any other program."""
    limit(request, "supervision.draw", times=30)
    it, entries = await _published(token)
    published = campaigns.published_of(it)
    return Response(
        {
            "rule": lots.VERSION,
            "title": it["title"],
            "organ": it["organ_name"],
            "result_source": it["result_source"],
            "result_on": it["result_on"].isoformat() if it["result_on"] else "",
            "commitment": published.commitment,
            "list_hash": published.list_hash,
            "sample": published.sample,
            "team": published.team,
            "secret": published.secret,
            "result": published.result,
            "objects": list(published.objects),
            "teams": {key: list(cards) for key, cards in published.teams.items()},
            "entries": [
                {
                    "role": e["role"],
                    "key": e["key"],
                    "title": e["title"],
                    "org_lo": e["lo"],
                    "org_hi": e["hi"],
                }
                for e in entries
            ],
        },
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="draw.json"'},
    )


CAMPAIGNS = (
    list_campaigns,
    new_campaign,
    plan_campaign,
    show_campaign,
    set_lists,
    seal,
    draw,
    close,
    show_draw,
    draw_data,
)
