# SPDX-License-Identifier: Apache-2.0
"""课程和案例: studying them, declining a suggestion, writing and publishing."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.db import Place, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, attachments, waiting_uploads
from core.api.richtext import editor_page, taken, words_of
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
from plugins.training.forms import DeclineForm, LessonForm, Nothing, ReasonForm
from plugins.training.queries.lessons import LESSON_DESK, SHELF, figures_of, own_lesson, study_of
from plugins.training.queries.trainings import materials_of, meant_for
from plugins.training.routes.planning import MATERIALS
from plugins.training.routes.shared import WORDS, regions_of
from plugins.training.rules.lessons import KINDS, TAGS, leaks, may_be_done
from plugins.training.services.base import (
    MANAGE,
    PURPOSE,
    READ,
    UNTITLED,
    is_meant,
    office_of,
    settings_in,
)
from plugins.training.services.teaching import (
    decline,
    discard_lesson,
    finish_lesson,
    open_lesson,
    publish_lesson,
    remove_lesson_material,
    save_lesson,
    shares_of,
    withdraw_lesson,
)


@get("/lessons", guards=[requires(READ)])
async def list_lessons(request: Request) -> Response:
    """Lessons and case examples meant for me."""
    who = visitor(request)
    where, args = meant_for(who.scope, who.role, "l")
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await SHELF.export(request, who.scope, where=where, args=args)
            return await export(request, SHELF, found)
        listing = await SHELF.page(request, who.scope, where=where, args=args, tab_counts=True)
    return page(request, "training/lessons.html", listing=listing, **WORDS)


@get("/lessons/{lesson:int}", guards=[requires(READ)])
async def show_lesson(request: Request, lesson: FromPath[int]) -> Response:
    """One lesson; opening it is noted for whom it is meant."""
    return await _lesson_page(request, lesson)


async def _lesson_page(
    request: Request,
    lesson: int,
    *,
    status: int = 200,
    error: str = "",
    form: Bound[Any] | None = None,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await open_lesson(who, lesson)
        if found["state"] == "draft":
            return redirect(request, f"/training/lessons/{lesson}/edit")
        materials = await materials_of(lesson=lesson)
        study = await study_of(lesson, who.person_id) if who.person_id else None
        mine = bool(found["mine"]) and who.may(MANAGE)
        figures = await figures_of(lesson) if mine else None
        options = await settings_in(found["region_lo"])
    return page(
        request,
        "training/lesson.html",
        status=status,
        error=error,
        form=form,
        lesson=found,
        materials=materials,
        study=study,
        mine=mine,
        figures=figures,
        readers=READERS,
        meant=is_meant(found, who),
        not_yet=may_be_done(shares_of(materials), options.watched_percent),
        **WORDS,
    )


@post("/lessons/{lesson:int}/done", guards=[requires(READ)])
async def finish(request: Request, lesson: FromPath[int]) -> Response:
    """「学完了」."""
    who = visitor(request)
    await bind(request, Nothing)
    try:
        async with transaction(who.scope):
            tenths = await finish_lesson(who, lesson)
    except Refused as error:
        return await _lesson_page(request, lesson, status=409, error=str(error))
    said = f"已学完，记 {WORDS['hours_words'](tenths)} 学时。" if tenths else "已学完。"
    return redirect(request, f"/training/lessons/{lesson}", message=said)


@post("/lessons/{lesson:int}/decline", guards=[requires(READ)])
async def refuse(request: Request, lesson: FromPath[int]) -> Response:
    """「不学」: the suggestion is not made again."""
    who = visitor(request)
    form = await bind(request, DeclineForm)
    if not form.ok:
        return await _lesson_page(request, lesson, status=422, form=form)
    async with transaction(who.scope):
        await decline(who, lesson, form.value.reason)
    return redirect(request, "/training/lessons", message="已记下，不会再建议这份课程。")


# --- writing -------------------------------------------------------------------------------------


@get("/lessons/desk", guards=[requires(MANAGE)])
async def show_desk(request: Request) -> Response:
    """The lessons of this office."""
    who = visitor(request)
    async with transaction(who.scope):
        where, args = "l.organ = {}::int8", ((await office_of(who)).id,)
        if wants_xlsx(request):
            found = await LESSON_DESK.export(request, who.scope, where=where, args=args)
            return await export(request, LESSON_DESK, found)
        listing = await LESSON_DESK.page(
            request, who.scope, where=where, args=args, tab_counts=True
        )
    return page(request, "training/lesson_desk.html", listing=listing, readers=READERS, **WORDS)


async def _form_page(
    request: Request, form: Bound[Any] | None, found: dict[str, Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        await office_of(who)
        regions = await regions_of(who)
        materials = await materials_of(lesson=found["id"]) if found else []
        waiting = await waiting_uploads(request, "files") if form is not None else []
    kind = "case" if request.url.path.endswith("/case") else request.query_params.get("kind", "")
    return editor_page(
        request,
        "training/lesson_edit.html",
        status=status,
        form=form,
        lesson=found,
        kind=kind if kind in KINDS else "lesson",
        regions=regions,
        readers=list(READERS.items()),
        tag_options=list(TAGS.items()),
        kind_options=list(KINDS.items()),
        materials=materials,
        waiting=waiting,
        untitled=UNTITLED,
        marked=_marked(form, found),
        **WORDS,
    )


def _marked(form: Bound[Any] | None, found: dict[str, Any] | None) -> list[Any]:
    """What the leak check marks in the words on the page; only case examples are looked at."""
    if form is not None:
        kind = str(form.raw.get("kind") or "")
        body = taken(str(form.raw.get("body") or ""), rich=bool(form.raw.get("body_rich")))
        title = str(form.raw.get("title") or "")
    elif found is not None:
        kind, title, body = found["kind"], found["title"], found["body"]
    else:
        return []
    return leaks(f"{title}\n{words_of(body)}") if kind == "case" else []


@get("/lessons/new", guards=[requires(MANAGE)])
async def new_lesson(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request, None, None)


@get("/lessons/case", guards=[requires(MANAGE)])
async def new_case(request: Request) -> Response:
    """The form for a case example, from the page of a case: nothing of the case is taken over."""
    return await _form_page(request, None, None)


@post("/lessons/new", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES)
async def draft_lesson(request: Request) -> Response:
    """Save or publish a new lesson."""
    return await _take(request, None)


async def _own(request: Request, lesson: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_lesson(lesson, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    return found


@get("/lessons/{lesson:int}/edit", guards=[requires(MANAGE)])
async def edit_lesson(request: Request, lesson: FromPath[int]) -> Response:
    """A draft of one's own office."""
    found = await _own(request, lesson)
    if found["state"] != "draft":
        return redirect(request, f"/training/lessons/{lesson}")
    return await _form_page(request, None, found)


@post(
    "/lessons/{lesson:int}/edit", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES
)
async def change_lesson(request: Request, lesson: FromPath[int]) -> Response:
    """Save or publish a changed draft."""
    return await _take(request, await _own(request, lesson))


async def _take(request: Request, found: dict[str, Any] | None) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = Place(who.region.lo, (await office_of(who)).lo)
    form = await bind(request, LessonForm)
    key = str(form.raw.get("once") or "")
    if done := await once(request, key):
        return done
    files = []
    if form.ok:
        try:
            files = await attachments(
                request, "files", place=place, purpose=PURPOSE, kinds=MATERIALS
            )
        except Invalid as error:
            form.errors.update(error.errors)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                lesson = await save_lesson(
                    who, form.value, files, lesson=found["id"] if found else 0
                )
                publishing = form.value.act == "publish"
                if publishing:
                    await publish_lesson(who, lesson)
                path = f"/training/lessons/{lesson}" + ("" if publishing else "/edit")
                await remember_once(request, key, path)
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            return redirect(request, path, message="已发布。" if publishing else "草稿已保存。")
    return await _form_page(request, form, found, 422)


@post("/lessons/{lesson:int}/materials/{material:int}/remove", guards=[requires(MANAGE)])
async def take_material(
    request: Request, lesson: FromPath[int], material: FromPath[int]
) -> Response:
    """Take a file out of a draft."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        await remove_lesson_material(who, lesson, material)
    return redirect(request, f"/training/lessons/{lesson}/edit", message="课件已移除。")


@post("/lessons/{lesson:int}/discard", guards=[requires(MANAGE)])
async def discard(request: Request, lesson: FromPath[int]) -> Response:
    """Throw a draft away."""
    who = visitor(request)
    async with transaction(who.scope):
        await discard_lesson(who, lesson)
    return redirect(request, "/training/lessons/desk", message="草稿已丢弃。")


@post("/lessons/{lesson:int}/withdraw", guards=[requires(MANAGE)])
async def withdraw(request: Request, lesson: FromPath[int]) -> Response:
    """Take a lesson off the shelf, with a reason."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _lesson_page(request, lesson, status=422, form=form)
    async with transaction(who.scope):
        await withdraw_lesson(who, lesson, form.value.reason)
    return redirect(request, "/training/lessons/desk", message="已撤下，学习记录保留。")


ROUTES_LESSONS = (
    list_lessons,
    show_lesson,
    finish,
    refuse,
    show_desk,
    new_lesson,
    new_case,
    draft_lesson,
    edit_lesson,
    change_lesson,
    take_material,
    discard,
    withdraw,
)
