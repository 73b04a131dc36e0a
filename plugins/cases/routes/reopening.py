# SPDX-License-Identifier: Apache-2.0
"""另立新案重新处理: what the law says of it, the form, the new case."""

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.db import Interval, transaction
from core.api.errors import Invalid
from core.api.people import persons_of
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect, unbound
from plugins.cases.forms import ReopenForm
from plugins.cases.queries import path_of, unit_names
from plugins.cases.rules.reopening import GROUNDS
from plugins.cases.services import Actor, Reopening, new_token, reopen_case
from plugins.cases.services.reopening import REOPEN, refusal_of
from plugins.cases.services.steps import reload


@get("/{case:int}/reopen", guards=[requires(REOPEN)])
async def show_reopen(request: Request, case: FromPath[int]) -> Response:
    """Why, on whose order, until when, and who handles it."""
    return await _reopen_page(request, visitor(request), case, None)


async def _reopen_page(
    request: Request, who: Visitor, case: int, form: Bound[ReopenForm] | None, *, status: int = 200
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        why = await refusal_of(file, actor)
        people = []
        if who.organisation is not None:
            people = await persons_of(Interval(who.organisation.lo, who.organisation.hi))
        units = await unit_names([p.organisation for p in people])
    # Whoever handled the old case knows it; another one may be chosen, and often should be.
    before = file.row["lead"] or file.row["opened_by"]
    lead = before if before in {p.id for p in people} else who.person_id
    return page(
        request,
        "cases/reopen.html",
        status=status,
        case=file.row,
        why=why,
        grounds=GROUNDS,
        people=[(p.id, f"{p.name}　{units.get(p.organisation, '')}") for p in people],
        form=form or unbound(ReopenForm, title=file.row["title"], lead=lead, token=new_token()),
    )


@post("/{case:int}/reopen", guards=[requires(REOPEN)])
async def post_reopen(request: Request, case: FromPath[int]) -> Response:
    """Open the new case, linked both ways."""
    who = visitor(request)
    form = await bind(request, ReopenForm)
    if not form.ok:
        return await _reopen_page(request, who, case, form, status=422)
    typed = form.value
    wish = Reopening(
        typed.ground,
        typed.basis_number,
        typed.reason,
        typed.title,
        typed.lead,
        typed.due,
        typed.token,
    )
    try:
        made = await reopen_case(Actor.of(who), case, wish)
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error("lead" if name == "officers" else name, sentence)
        return await _reopen_page(request, who, case, form, status=422)
    return redirect(request, path_of(made), message="新案已建立，原案保持不变。")


REOPENING = (show_reopen, post_reopen)
