# SPDX-License-Identifier: Apache-2.0
"""立项: the form, with a suggestion filled in; setting a suggestion aside."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import row, transaction
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
)
from plugins.supervision.forms import OpenForm, ReasonForm
from plugins.supervision.queries import matters as reading
from plugins.supervision.routes.matters import matters_page
from plugins.supervision.routes.shared import WORDS, actor, attempt, source_path_of
from plugins.supervision.rules.kinds import MANAGE
from plugins.supervision.services import opening
from plugins.supervision.services.base import path_of


async def _form_page(
    request: Request, form: Bound[Any] | None, suggestion: int = 0, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        bodies = await opening.bodies_for(await actor(request))
        inspectors = await reading.inspectors_of(who.scope)
        offices = await reading.offices_near(who.region.lo)
        bases = await reading.bases(who.scope)
        found = (
            await row(
                "select s.*, o.name as body_name from supervision_suggestion s"
                " left join core_organisation o on o.id = s.body"
                " where s.id = $1 and s.state = 'open'",
                suggestion,
            )
            if suggestion
            else None
        )
        source_path = await source_path_of(found, who) if found else ""
    own = str((await actor(request)).organ)
    return page(
        request,
        "supervision/new.html",
        status=status,
        form=form,
        suggestion=found,
        source_path=source_path,
        bodies=[(str(key), name) for key, name in bodies],
        inspectors=[
            (str(i["person"]), f"{i['name']}（{i['card']}，{i['organ_name']}）")
            for i in inspectors
            if not i["withdrawn_at"]
        ],
        offices=[each for each in offices if each[0] != own],
        bases=[(str(b["id"]), f"{b['number']} {b['title']}") for b in bases],
        **WORDS,
    )


@get("/new", guards=[requires(MANAGE)])
async def new_matter(request: Request) -> Response:
    """An empty form, or one with what a suggestion says."""
    chosen = number_of(request.query_params.get("suggestion", "")) or 0
    return await _form_page(request, None, chosen)


@post("/new", guards=[requires(MANAGE)])
async def open_matter(request: Request) -> Response:
    """立项."""
    form = await bind(request, OpenForm)
    if not form.ok:
        return await _form_page(request, form, number_of(form.get("suggestion")) or 0, 422)
    value = form.value
    who = visitor(request)
    async with transaction(who.scope):
        if done := await once(request, value.once):
            return done
        made = await attempt(
            form,
            opening.open_matter(
                await actor(request),
                opening.Opening(
                    value.kind,
                    value.title,
                    value.body,
                    value.contents,
                    value.persons,
                    value.summary,
                    value.trigger if value.kind == "individual" else "",
                    value.source if value.kind == "individual" else "",
                    value.link if value.kind == "individual" else "",
                    value.case_number,
                    value.suggestion,
                    value.assists,
                    basis=value.basis or None,
                ),
            ),
        )
        if made is not None:
            await remember_once(request, value.once, path_of(made))
    if made is None:
        return await _form_page(request, form, value.suggestion, 422)
    return redirect(request, path_of(made), message="监督已立项。")


@post("/suggestions/{suggestion:int}/aside", guards=[requires(MANAGE)])
async def set_aside(request: Request, suggestion: FromPath[int]) -> Response:
    """不启动."""
    form = await bind(request, ReasonForm)
    if form.ok:
        await attempt(form, opening.set_aside(await actor(request), suggestion, form.value.reason))
    if not form.ok:
        return await matters_page(request, 422, suggestion=suggestion, aside=form)
    return redirect(request, "/supervision/", message="已记录不启动的理由。")


OPENING = (new_matter, open_matter, set_aside)
