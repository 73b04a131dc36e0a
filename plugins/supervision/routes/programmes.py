# SPDX-License-Identifier: Apache-2.0
"""工作方案: publishing one, the board of who owes what, handing in, the summary."""

from datetime import date
from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.clock import today
from core.api.db import Place, transaction
from core.api.errors import Invalid, NotFound
from core.api.files import FORM_WITH_FILES, attachments, waiting_uploads
from core.api.people import organisation
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.supervision.forms import HandInForm, ProgrammeForm, TextForm
from plugins.supervision.queries import matters as others
from plugins.supervision.queries import programmes as reading
from plugins.supervision.routes.shared import WORDS, actor, attempt, manages, sections
from plugins.supervision.rules.kinds import MANAGE, READ
from plugins.supervision.rules.programme import REPORTS, Deliverable, Stage
from plugins.supervision.services import programmes

STAGE_HELP = "一行一个阶段：名称 开始日期 结束日期，例如 推进实施 2026-07-01 2026-11-30"
RESULT_HELP = "一行一项成果：阶段序号 种类 名称 期限，例如 2 工作总结 试点工作总结 2026-12-01"
RESULT_KINDS = f"种类写{'、'.join(REPORTS.values())}之一。"


def _path(programme: int) -> str:
    return f"/supervision/programmes/{programme}"


def parse_stages(text: str) -> list[Stage]:
    """Stages as they were typed; ``Invalid`` names the line that was not understood."""
    found = []
    for n, line in enumerate((each.split() for each in text.splitlines() if each.strip()), 1):
        try:
            *title, begins, ends = line
            found.append(
                Stage("".join(title), date.fromisoformat(begins), date.fromisoformat(ends))
            )
        except ValueError:
            raise Invalid({"stages": f"第 {n} 行看不懂。{STAGE_HELP}"}) from None
        if not title:
            raise Invalid({"stages": f"第 {n} 行没有名称。{STAGE_HELP}"})
    return found


def parse_deliverables(text: str) -> list[tuple[str, Deliverable]]:
    """Deliverables as they were typed."""
    kinds = {words: key for key, words in REPORTS.items()}
    found = []
    for n, line in enumerate((each.split() for each in text.splitlines() if each.strip()), 1):
        try:
            stage, kind, *title, due = line
            found.append(
                (
                    kinds[kind],
                    Deliverable("".join(title) or kind, date.fromisoformat(due), int(stage) - 1),
                )
            )
        except (ValueError, KeyError):
            raise Invalid(
                {"deliverables": f"第 {n} 行看不懂。{RESULT_HELP}。{RESULT_KINDS}"}
            ) from None
    return found


@get("/programmes", guards=[requires(READ)])
async def list_programmes(request: Request) -> Response:
    """The programmes of the region and of the offices above."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await reading.PROGRAMMES.export(request, who.scope)
            return await export(request, reading.PROGRAMMES, found)
        listing = await reading.PROGRAMMES.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "supervision/programmes.html",
        listing=listing,
        sections=sections(who, "programmes"),
        manages=manages(who),
    )


async def _form_page(request: Request, form: Bound[Any] | None, status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        bases = await others.bases(who.scope)
    return page(
        request,
        "supervision/programme_new.html",
        status=status,
        form=form,
        stage_help=STAGE_HELP,
        result_help=f"{RESULT_HELP}。{RESULT_KINDS}",
        bases=[(str(b["id"]), f"{b['number']} {b['title']}") for b in bases],
    )


@get("/programmes/new", guards=[requires(MANAGE)])
async def new_programme(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request, None)


@post("/programmes/new", guards=[requires(MANAGE)])
async def publish(request: Request) -> Response:
    """发布."""
    form = await bind(request, ProgrammeForm)
    if not form.ok:
        return await _form_page(request, form, 422)
    value, who = form.value, visitor(request)
    try:
        stages = parse_stages(value.stages)
        deliverables = parse_deliverables(value.deliverables)
    except Invalid as error:
        form.errors.update(error.errors)
        return await _form_page(request, form, 422)
    async with transaction(who.scope):
        if done := await once(request, value.once):
            return done
        made = await attempt(
            form,
            programmes.publish(
                await actor(request),
                programmes.Plan(
                    value.title,
                    value.begins,
                    value.ends,
                    stages,
                    deliverables,
                    value.goals,
                    value.basis or None,
                ),
            ),
        )
        if made is not None:
            await remember_once(request, value.once, _path(made))
    if made is None:
        return await _form_page(request, form, 422)
    return redirect(request, _path(made), message="工作方案已发布。")


async def _page(
    request: Request,
    programme: int,
    status: int = 200,
    **forms: Bound[Any],
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await reading.programme_in(who.scope, programme)
        if it is None:
            raise NotFound("没有找到这个工作方案。")
        asked = await reading.deliverables_of(programme)
        handed = await reading.handed_in(who.scope, programme)
        own = (await actor(request)).organ
        mine = await organisation(own) if own else None
        leads = it["organ"] == own
        offices = (
            await programmes.offices_below(who.scope.region.lo, who.scope.region.hi, it["organ"])
            if leads or not manages(who)
            else [{"id": own, "name": mine.name if mine else "", "lo": 0}]
        )
    waiting = await waiting_uploads(request, "files") if "hand_in" in forms else []
    return page(
        request,
        "supervision/programme.html",
        status=status,
        it=it,
        asked=asked,
        handed=handed,
        board=programmes.board(asked, offices, handed, today()),
        leads=leads and manages(who),
        owes=manages(who)
        and not leads
        and not it["closed_at"]
        and mine is not None
        and programmes.asks(it, mine.region_lo),
        choices=[(str(d["id"]), f"{d['title']}（{d['due_on']} 前）") for d in asked],
        titles={d["id"]: d["title"] for d in asked},
        waiting=waiting,
        form_of=forms.get,
        **WORDS,
    )


@get("/programmes/{programme:int}", guards=[requires(READ)])
async def show_programme(request: Request, programme: FromPath[int]) -> Response:
    """Stages, deliverables, who handed in what and who is late."""
    return await _page(request, programme)


@post(
    "/programmes/{programme:int}/hand-in",
    guards=[requires(MANAGE)],
    request_max_body_size=FORM_WITH_FILES,
)
async def hand_in(request: Request, programme: FromPath[int]) -> Response:
    """报送."""
    who = visitor(request)
    form = await bind(request, HandInForm)
    if form.ok and (done := await once(request, form.value.once)):
        return done
    place = Place(who.region.lo, who.organisation.lo if who.organisation else 0)
    sent = []
    try:
        sent = await attachments(
            request,
            "files",
            place=place,
            purpose="supervision.submission",
            kinds=("document",),
            max_files=1,
        )
    except Invalid as error:
        form.errors.update(error.errors)
    if form.ok:
        async with transaction(who.scope):
            if done := await once(request, form.value.once):
                return done
            value = form.value
            await attempt(
                form,
                programmes.hand_in(
                    await actor(request),
                    programme,
                    value.deliverable,
                    value.kind,
                    value.text,
                    sent[0] if sent else None,
                ),
            )
            if form.ok:
                await remember_once(request, value.once, _path(programme))
    if not form.ok:
        return await _page(request, programme, 422, hand_in=form)
    return redirect(request, _path(programme), message="已报送。")


@post("/programmes/{programme:int}/close", guards=[requires(MANAGE)])
async def close(request: Request, programme: FromPath[int]) -> Response:
    """总结."""
    form = await bind(request, TextForm)
    if form.ok:
        await attempt(
            form, programmes.close_programme(await actor(request), programme, form.value.text)
        )
    if "outcome" in form.errors:
        form.error("text", form.errors.pop("outcome"))
    if not form.ok:
        return await _page(request, programme, 422, close=form)
    return redirect(request, _path(programme), message="工作方案已结束。")


PROGRAMMES = (list_programmes, new_programme, publish, show_programme, hand_in, close)
