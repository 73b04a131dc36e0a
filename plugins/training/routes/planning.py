# SPDX-License-Identifier: Apache-2.0
"""The office's desk: planning a training, publishing it, its materials, cancelling."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.db import Place, transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.files import FORM_WITH_FILES, attachments, waiting_uploads
from core.api.richtext import editor_page
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
from plugins.training.forms import Nothing, ReasonForm, TrainingForm
from plugins.training.queries.trainings import DESK, materials_of, own_training
from plugins.training.routes.roll import roll_page
from plugins.training.routes.shared import WORDS, regions_of
from plugins.training.services.base import MANAGE, PURPOSE, UNTITLED, office_of
from plugins.training.services.planning import (
    add_materials,
    discard_draft,
    publish,
    remove_material,
    save_draft,
    withdraw,
)

MATERIALS = ("document", "video", "audio", "photo")


@get("/desk", guards=[requires(MANAGE)])
async def show_desk(request: Request) -> Response:
    """The trainings of this office."""
    who = visitor(request)
    async with transaction(who.scope):
        where, args = "t.organ = {}::int8", ((await office_of(who)).id,)
        if wants_xlsx(request):
            found = await DESK.export(request, who.scope, where=where, args=args)
            return await export(request, DESK, found)
        listing = await DESK.page(request, who.scope, where=where, args=args, tab_counts=True)
    return page(request, "training/desk.html", listing=listing, readers=READERS, **WORDS)


async def _form_page(
    request: Request, form: Bound[Any] | None, found: dict[str, Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        await office_of(who)
        regions = await regions_of(who)
        materials = await materials_of(training=found["id"]) if found else []
        waiting = await waiting_uploads(request, "files") if form is not None else []
    return editor_page(
        request,
        "training/edit.html",
        status=status,
        form=form,
        training=found,
        regions=regions,
        readers=list(READERS.items()),
        materials=materials,
        waiting=waiting,
        untitled=UNTITLED,
        **WORDS,
    )


@get("/new", guards=[requires(MANAGE)])
async def new_training(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request, None, None)


@post("/new", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES)
async def draft_training(request: Request) -> Response:
    """Save or publish a new training; what was typed stays when something is wrong."""
    return await _take(request, None)


async def _own(request: Request, training: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_training(training, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    return found


@get("/{training:int}/edit", guards=[requires(MANAGE)])
async def edit_training(request: Request, training: FromPath[int]) -> Response:
    """A draft of one's own office."""
    found = await _own(request, training)
    if found["state"] != "draft":
        return redirect(request, f"/training/{training}")
    return await _form_page(request, None, found)


@post("/{training:int}/edit", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES)
async def change_training(request: Request, training: FromPath[int]) -> Response:
    """Save or publish a changed draft."""
    return await _take(request, await _own(request, training))


async def _take(request: Request, found: dict[str, Any] | None) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = Place(who.region.lo, (await office_of(who)).lo)
    form = await bind(request, TrainingForm)
    key = str(form.raw.get("once") or "")
    # Before the files are looked at: those of a form that arrives again belong to the first.
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
                training = await save_draft(
                    who, form.value, files, training=found["id"] if found else 0
                )
                publishing = form.value.act == "publish"
                if publishing:
                    await publish(who, training)
                path = f"/training/{training}" + ("" if publishing else "/edit")
                await remember_once(request, key, path)
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            said = "培训已发布，正在通知对象范围内的人。" if publishing else "草稿已保存。"
            return redirect(request, path, message=said)
    return await _form_page(request, form, found, 422)


@post("/{training:int}/discard", guards=[requires(MANAGE)])
async def discard(request: Request, training: FromPath[int]) -> Response:
    """Throw a draft away."""
    who = visitor(request)
    async with transaction(who.scope):
        await discard_draft(who, training)
    return redirect(request, "/training/desk", message="草稿已丢弃。")


@post("/{training:int}/materials", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES)
async def put_materials(request: Request, training: FromPath[int]) -> Response:
    """Files added after publishing."""
    who = visitor(request)
    found = await _own(request, training)
    place = Place(found["region_lo"], found["org_lo"])
    try:
        files = await attachments(request, "files", place=place, purpose=PURPOSE, kinds=MATERIALS)
    except Invalid as error:
        told = {"text": next(iter(error.errors.values())), "tone": "red"}
        return redirect(request, f"/training/{training}/roll", message=told)
    async with transaction(who.scope):
        names = await add_materials(who, training, files)
    said = f"已添加{'、'.join(names)}。" if names else "没有选文件。"
    return redirect(request, f"/training/{training}/roll", message=said)


@post("/{training:int}/materials/{material:int}/remove", guards=[requires(MANAGE)])
async def take_material(
    request: Request, training: FromPath[int], material: FromPath[int]
) -> Response:
    """Take a file away."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        name = await remove_material(who, material, training=training)
        found = await own_training(training, who.scope, (await office_of(who)).id)
    draft = found is not None and found["state"] == "draft"
    return redirect(
        request, f"/training/{training}/{'edit' if draft else 'roll'}", message=f"{name}已移除。"
    )


@post("/{training:int}/withdraw", guards=[requires(MANAGE)])
async def cancel(request: Request, training: FromPath[int]) -> Response:
    """Cancel a training with a reason everybody on the list is told."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await roll_page(request, training, status=422, cancelling=form)
    async with transaction(who.scope):
        told = await withdraw(who, training, form.value.reason)
    return redirect(
        request, f"/training/{training}", message=f"培训已取消，已通知报名的 {told} 人。"
    )


ROUTES_PLANNING = (
    show_desk,
    new_training,
    draft_training,
    edit_training,
    change_training,
    discard,
    put_materials,
    take_material,
    cancel,
)
