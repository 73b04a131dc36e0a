# SPDX-License-Identifier: Apache-2.0
"""行为准则 and 操作手册: reading, confirming, writing the next version."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.richtext import editor_page
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
    wants_xlsx,
)
from plugins.notices.forms import ConfirmForm, GuideForm, NewGuideForm, ReasonForm
from plugins.notices.queries import (
    GUIDES,
    confirmation_of,
    confirmers_of,
    find_guide,
    guides_for,
    own_guide,
    version_of,
    versions_of,
)
from plugins.notices.rules import KINDS
from plugins.notices.services.base import PUBLISH, office_of, own_office
from plugins.notices.services.guides import (
    begin_guide,
    close_guide,
    confirm_guide,
    publish_version,
    save_guide,
)
from plugins.notices.services.notices import is_meant

GUIDE_READ = "notices.guide.read"


async def _shelf(request: Request, kind: str) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await guides_for(who.scope, who.role, who.person_id, kind)
    return page(request, "notices/shelf.html", guides=found, kind=kind, title=KINDS[kind])


@get("/conduct", guards=[requires(GUIDE_READ)])
async def list_conduct(request: Request) -> Response:
    """行为准则 in force for me."""
    return await _shelf(request, "conduct")


@get("/manual", guards=[requires(GUIDE_READ)])
async def list_manuals(request: Request) -> Response:
    """操作手册 for me."""
    return await _shelf(request, "manual")


@get("/guides", guards=[requires(PUBLISH)])
async def list_guides(request: Request) -> Response:
    """The standing pages of this office."""
    who = visitor(request)
    async with transaction(who.scope):
        where, args = "g.organ = {}::int8", ((await office_of(who)).id,)
        if wants_xlsx(request):
            found = await GUIDES.export(request, who.scope, where=where, args=args)
            return await export(request, GUIDES, found)
        listing = await GUIDES.page(request, who.scope, where=where, args=args, tab_counts=True)
    return page(request, "notices/guides.html", listing=listing, kinds=KINDS, readers=READERS)


@get("/guides/new", guards=[requires(PUBLISH)])
async def new_guide(request: Request) -> Response:
    """A form for a page that does not exist yet."""
    async with transaction(visitor(request).scope):
        await office_of(visitor(request))
    return page(
        request,
        "notices/guide_new.html",
        form=None,
        kinds=list(KINDS.items()),
        readers=list(READERS.items()),
    )


@post("/guides/new", guards=[requires(PUBLISH)])
async def create_guide(request: Request) -> Response:
    """Begin a page; its words are written on its own form."""
    who = visitor(request)
    form = await bind(request, NewGuideForm)
    if form.ok:
        async with transaction(who.scope):
            guide = await begin_guide(who, form.value)
        return redirect(request, f"/notices/guides/{guide}/edit", message="已建立，请写正文。")
    return page(
        request,
        "notices/guide_new.html",
        status=422,
        form=form,
        kinds=list(KINDS.items()),
        readers=list(READERS.items()),
    )


@get("/guides/{guide:int}", guards=[requires(GUIDE_READ)])
async def show_guide(request: Request, guide: FromPath[int]) -> Response:
    """The version in force, or an older one by ``?version=``."""
    return await _guide_page(request, guide)


async def _guide_page(
    request: Request, guide: int, *, status: int = 200, error: str = ""
) -> Response:
    who = visitor(request)
    asked = request.query_params.get("version", "")
    async with transaction(who.scope):
        found = await find_guide(guide, who.scope, who.role, await own_office(who))
        if found is None:
            raise NotFound
        number = int(asked) if asked.isdecimal() and len(asked) < 6 else found["current"]
        version = await version_of(guide, number)
        mine = bool(found["mine"]) and who.may(PUBLISH)
        if version is None and not (mine and not found["current"]):
            raise NotFound
        versions = await versions_of(guide)
        confirmed = await confirmation_of(guide, number, who.person_id) if version else None
        persons = await confirmers_of(found) if mine and found["current"] else []
    return page(
        request,
        "notices/guide.html",
        status=status,
        guide=found,
        version=version,
        versions=versions,
        confirmed=confirmed,
        meant=is_meant(found, who) and bool(who.person_id),
        persons=persons,
        kinds=KINDS,
        readers=READERS,
        mine=mine,
        error=error,
    )


@post("/guides/{guide:int}/confirm", guards=[requires(GUIDE_READ)])
async def confirm(request: Request, guide: FromPath[int]) -> Response:
    """「我已阅读」; a newer version that came meanwhile is shown instead."""
    who = visitor(request)
    form = await bind(request, ConfirmForm)
    try:
        async with transaction(who.scope):
            await confirm_guide(who, guide, form.value.number if form.ok else 0)
    except Conflict as error:
        return await _guide_page(request, guide, status=409, error=str(error))
    return redirect(request, f"/notices/guides/{guide}", message="已确认阅读。")


@get("/guides/{guide:int}/edit", guards=[requires(PUBLISH)])
async def edit_guide(request: Request, guide: FromPath[int]) -> Response:
    """The words of the next version, beginning with those in force."""
    return await _edit_page(request, guide, None)


async def _edit_page(
    request: Request, guide: int, form: Bound[Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_guide(guide, who.scope, (await office_of(who)).id)
        if found is None or found["closed_at"] is not None:
            raise NotFound
    return editor_page(
        request, "notices/guide_edit.html", status=status, form=form, guide=found, kinds=KINDS
    )


@post("/guides/{guide:int}/edit", guards=[requires(PUBLISH)])
async def change_guide(request: Request, guide: FromPath[int]) -> Response:
    """Save the words, or bring them into force."""
    who = visitor(request)
    form = await bind(request, GuideForm)
    if form.ok:
        publishing = form.value.act == "publish"
        try:
            async with transaction(who.scope):
                await save_guide(who, guide, form.value)
                number = await publish_version(who, guide) if publishing else 0
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            if publishing:
                return redirect(
                    request, f"/notices/guides/{guide}", message=f"第 {number} 版已发布。"
                )
            return redirect(
                request, f"/notices/guides/{guide}/edit", message="已保存，还没有发布。"
            )
    return await _edit_page(request, guide, form, 422)


@post("/guides/{guide:int}/close", guards=[requires(PUBLISH)])
async def close(request: Request, guide: FromPath[int]) -> Response:
    """Take a page out of use."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        said = next(iter(form.errors.values()), "请写明停用的原因。")
        return await _guide_page(request, guide, status=422, error=said)
    async with transaction(who.scope):
        await close_guide(who, guide, form.value.reason)
    return redirect(request, "/notices/guides", message="已停用，版本和阅读记录都保留。")


ROUTES_GUIDES = (
    list_conduct,
    list_manuals,
    list_guides,
    new_guide,
    create_guide,
    show_guide,
    confirm,
    edit_guide,
    change_guide,
    close,
)
