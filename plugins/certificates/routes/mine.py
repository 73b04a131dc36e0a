# SPDX-License-Identifier: Apache-2.0
"""An officer's own pages, for the telephone first; and the figures of a scope."""

from typing import Any

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import SubjectRef, transaction
from core.api.errors import Invalid, NotFound
from core.api.files import FORM_WITH_FILES
from core.api.gates import decide
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    bind,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
    xlsx_response,
)
from plugins.certificates.forms import BasicsForm
from plugins.certificates.photos import RULES
from plugins.certificates.queries import cards_of, certificates_of
from plugins.certificates.queries import mine as queries
from plugins.certificates.queries.inspecting import inspections_of
from plugins.certificates.routes.common import take_file
from plugins.certificates.rules import applying, inspecting, judge_person
from plugins.certificates.services import daily
from plugins.certificates.services.applying import PHOTO
from plugins.certificates.services.base import READ, Actor, place_of
from plugins.certificates.services.inspecting import GATE


async def _officer(request: Request) -> dict[str, Any] | None:
    who = Actor.of(visitor(request))
    if not who.person_id:
        return None
    async with transaction(who.wide):
        return await queries.officer_of(who.person_id)


@get("/mine", guards=[requires()])
async def show_mine(request: Request) -> Response:
    """我的证件: own card and code, inspection, exams, praise, what is still missing.

    Whoever has a card reads it here, whatever role he acts in: the page shows nobody else's. The
    permission ``certificates.mine.read`` only tells who finds it in the menu.
    """
    who = Actor.of(visitor(request))
    officer = await _officer(request)
    today = clock.today()
    context: dict[str, Any] = {"cards": [], "inspections": [], "notes": [], "blockers": []}
    async with transaction(who.wide):
        requests = await queries.own_requests(who.person_id) if who.person_id else []
        if officer is not None:
            ref = SubjectRef("core.person", who.person_id)
            verdict = await decide(GATE, [ref], today)
            context = {
                "cards": await certificates_of(officer["id"]),
                "standing": judge_person(
                    (await cards_of([who.person_id])).get(who.person_id, []), today
                ),
                "inspections": await inspections_of(officer["id"]),
                "notes": await queries.notes_of(who.person_id),
                "blockers": [each.text for each in verdict.blockers.get(ref, ())],
                "lacks": inspecting.missing(
                    officer["id_number_masked"] or "", officer["phone_masked"] or ""
                ),
            }
    return page(
        request,
        "certificates/mine.html",
        officer=officer,
        requests=requests,
        request_states=applying.STATES,
        inspection_states=inspecting.STATES,
        inspection_kinds=inspecting.KINDS,
        **context,
    )


async def _basics_page(
    request: Request, officer: dict[str, Any], form: Bound[Any] | None, *, status: int = 200
) -> Response:
    return page(
        request,
        "certificates/basics.html",
        status=status,
        found=officer,
        form=form,
        photo_rules=RULES,
        target="/certificates/mine/basics",
        number=False,
        back=("/certificates/mine", "我的证件"),
    )


@get("/mine/basics", guards=[requires()])
async def show_own_basics(request: Request) -> Response:
    """Own telephone and photo; the ID number is corrected by the unit."""
    officer = await _officer(request)
    if officer is None or officer["closed_at"]:
        raise NotFound
    return await _basics_page(request, officer, None)


@post("/mine/basics", guards=[requires()], request_max_body_size=FORM_WITH_FILES)
async def post_own_basics(request: Request) -> Response:
    """Keep them."""
    officer = await _officer(request)
    if officer is None or officer["closed_at"]:
        raise NotFound
    form = await bind(request, BasicsForm)
    photo = await take_file(
        request,
        form,
        "photo",
        place=place_of(officer),
        purpose=PHOTO,
        kinds=("photo",),
        portrait=True,
    )
    if form.ok:
        try:
            await daily.complete_basics(
                Actor.of(visitor(request)), officer["id"], form.value, photo
            )
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(request, "/certificates/mine", message="基本信息已保存。")
    return await _basics_page(request, officer, form, status=422)


_FIGURES = (
    Column("name", "单位", width=40),
    Column("officers", "在册", kind="number"),
    Column("valid", "有效", kind="number"),
    Column("not_inspected", "未年审", kind="number"),
    Column("suspended", "暂扣", kind="number"),
    Column("expired", "过期", kind="number"),
    Column("none", "没有证件", kind="number"),
)


@get("/figures", guards=[requires(READ)])
async def show_figures(request: Request) -> Response:
    """查询统计: one's own units and those below them, read only (S2-11)."""
    who = visitor(request)
    async with transaction(who.scope):
        units = await queries.figures_by_unit(who.scope)
        work = await queries.figures_of_work(who.scope)
    if wants_xlsx(request):
        return await xlsx_response("执法证件统计", list(_FIGURES), units)
    total = {column.key: sum(int(each[column.key]) for each in units) for column in _FIGURES[1:]}
    return page(
        request,
        "certificates/figures.html",
        units=units,
        columns=_FIGURES,
        total=total,
        requests=[
            (words, work.get(f"request.{key}", 0)) for key, (_, words) in applying.STATES.items()
        ],
        inspections=[
            (words, work.get(f"inspection.{key}", 0))
            for key, (_, words) in inspecting.STATES.items()
        ],
    )


ROUTES_MINE = (show_mine, show_own_basics, post_own_basics, show_figures)
