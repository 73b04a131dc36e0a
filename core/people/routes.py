# SPDX-License-Identifier: Apache-2.0
"""``/persons/{id}/numbers``: a masked number in full, for a reason and for a minute (D16)."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.errors import NotFound, TooMany
from core.forms import Bound, unbound
from core.people.forms import REASONS, RevealForm
from core.people.queries import organisation, person
from core.people.services import reveal
from core.web.responses import bind, page

Req = Request[Any, Any, Any]
SECONDS = 60
"""How long the number stays on the screen; the browser then asks for the masked page again."""
TITLES = {"id_number": "公民身份号码", "phone": "电话"}


async def _page(
    request: Req,
    person_id: int,
    form: Bound[RevealForm] | None = None,
    *,
    shown: tuple[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    async with db.transaction(visitor(request).scope):
        found = await person(person_id)
        if found is None:
            raise NotFound
        organ = await organisation(found.organisation)
    headers = {"Cache-Control": "private, no-store"}
    if shown is not None:
        # A header, not a script: it works everywhere, and going back shows no number either.
        headers["Refresh"] = f"{SECONDS}; url=/persons/{person_id}/numbers"
    offered = [
        (key, f"{title} {masked}")
        for key, title, masked in (
            ("id_number", TITLES["id_number"], found.id_number_masked),
            ("phone", TITLES["phone"], found.phone_masked),
        )
        if masked
    ]
    return page(
        request,
        "pages/person_numbers.html",
        status=status,
        headers=headers,
        name=found.name,
        unit=organ.name if organ else "",
        back=f"/persons/{person_id}/numbers",
        offered=offered,
        reasons=REASONS,
        form=form or unbound(RevealForm),
        shown=shown,
        seconds=SECONDS,
    )


@get("/persons/{person_id:int}/numbers", guards=[requires("core.person.reveal")])
async def numbers(request: Req, person_id: FromPath[int]) -> Response[Any]:
    """The masked numbers, and the question why one should be shown."""
    return await _page(request, person_id)


@post("/persons/{person_id:int}/numbers", guards=[requires("core.person.reveal")], status_code=200)
async def show_number(request: Req, person_id: FromPath[int]) -> Response[Any]:
    """One number in full; who looked, when and why is recorded in the same transaction."""
    form = await bind(request, RevealForm)
    if not form.ok:
        return await _page(request, person_id, form, status=422)
    try:
        async with db.transaction(visitor(request).scope):
            full = await reveal(person_id, form.value.field, form.value.words())
    except TooMany as error:
        return await _page(request, person_id, form.error("", str(error)), status=429)
    return await _page(request, person_id, shown=(TITLES[form.value.field], full))


HANDLERS = [numbers, show_number]
