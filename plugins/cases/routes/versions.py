# SPDX-License-Identifier: Apache-2.0
"""改按新版办理: running cases under an older version, what moving would do, and the move."""

from typing import Any

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect, unbound
from plugins.cases.forms import MoveForm, UndoMoveForm
from plugins.cases.queries import (
    load_case,
    moved_items,
    outdated_cases,
    outdated_items,
    path_of,
    version_of_item,
)
from plugins.cases.rules.definition import read_definition
from plugins.cases.services import Actor, move_cases, new_token, plan_of, undo_moves
from plugins.cases.services.unmoving import standing_moves, undoing_refusal

APPROVE = "cases.case.approve"


@get("/versions", guards=[requires(APPROVE)])
async def show_versions(request: Request) -> Response:
    """The items whose running cases still follow an older version."""
    who = visitor(request)
    async with transaction(who.scope):
        items = await outdated_items(who.scope)
        moved = await moved_items(who.scope)
    return page(request, "cases/versions.html", items=items, moved=moved)


@get("/versions/{item:int}", guards=[requires(APPROVE)])
async def show_moves(request: Request, item: FromPath[int]) -> Response:
    """Each running case: at which step it would go on, or why it stays."""
    return await _moves_page(request, visitor(request), item, None)


async def _moves_page(
    request: Request,
    who: Visitor,
    item: int,
    form: Bound[MoveForm] | None,
    *,
    undo: Bound[UndoMoveForm] | None = None,
    report: Any = None,
    said: str = "改按新版办理",
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        current = await version_of_item(who.scope, item)
        if current is None:
            raise NotFound("没有找到这个事项。")
        new = read_definition(current["definition"])
        lines = []
        for found in await outdated_cases(who.scope, item):
            file = await load_case(who.scope, found["id"])
            if file is not None:
                lines.append(
                    {
                        "case": file.row,
                        "href": path_of(file.id),
                        "version": found["version"],
                        "move": plan_of(file, new),
                    }
                )
        undoable = []
        for move in await standing_moves(actor, item):
            file = await load_case(who.scope, move["case_id"])
            if file is not None:
                why = await undoing_refusal(file, move)
                undoable.append(
                    {"case": file.row, "href": path_of(file.id), "move": move, "why": why}
                )
    movable = [line for line in lines if not line["move"].refusal]
    return page(
        request,
        "cases/moves.html",
        status=status,
        item=current,
        lines=lines,
        movable=len(movable),
        form=form or unbound(MoveForm, cases=[m["case"]["id"] for m in movable], token=new_token()),
        undoable=undoable,
        undo=undo or unbound(UndoMoveForm, token=new_token()),
        report=report,
        said=said,
    )


@post("/versions/{item:int}", guards=[requires(APPROVE)])
async def post_moves(request: Request, item: FromPath[int]) -> Response:
    """Move the chosen cases; those that cannot are reported with the reason."""
    who = visitor(request)
    form = await bind(request, MoveForm)
    if not form.ok:
        return await _moves_page(request, who, item, form, status=422)
    typed = form.value
    try:
        moved = await move_cases(
            Actor.of(who), item, typed.cases, typed.reason, token=typed.token[:40]
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _moves_page(request, who, item, form, status=422)
    refused = [m for m in moved if m.refusal]
    if refused:
        return await _moves_page(request, who, item, None, report=moved, status=409)
    return redirect(request, "/cases/versions", message=f"{len(moved)} 个案件已改按新版办理。")


@post("/versions/{item:int}/undo", guards=[requires(APPROVE)])
async def post_undo(request: Request, item: FromPath[int]) -> Response:
    """撤回改版: the chosen cases go back; those that cannot are reported with the reason."""
    who = visitor(request)
    form = await bind(request, UndoMoveForm)
    if not form.ok:
        return await _moves_page(request, who, item, None, undo=form, status=422)
    typed = form.value
    try:
        done = await undo_moves(
            Actor.of(who), item, typed.moved, typed.undo_reason, token=typed.token[:40]
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _moves_page(request, who, item, None, undo=form, status=422)
    if any(m.refusal for m in done):
        return await _moves_page(request, who, item, None, report=done, said="撤回", status=409)
    return redirect(
        request, f"/cases/versions/{item}", message=f"{len(done)} 个案件已改回原来的版本。"
    )


VERSIONS = (show_versions, show_moves, post_moves, post_undo)
