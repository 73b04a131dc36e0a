# SPDX-License-Identifier: Apache-2.0
"""A reviewer's own sheets; nobody else's are ever shown here."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import SubjectRef, transaction
from core.api.errors import Invalid
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    describe,
    get,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
    unbound,
)
from plugins.reviews.forms import SheetForm, WordsForm
from plugins.reviews.queries import lists
from plugins.reviews.rules.scoring import Item, Mark, items_of, marks_of, points_words
from plugins.reviews.services import scoring
from plugins.reviews.services.planning import SCORE


@get("/mine", guards=[requires(SCORE)])
async def list_mine(request: Request) -> Response:
    """My sheets, those to be scored first."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await lists.my_sheets(who.person_id)
    return page(request, "reviews/mine.html", found=found, words=points_words)


@get("/sheets/{sheet:int}", guards=[requires(SCORE)])
async def show_sheet(request: Request, sheet: FromPath[int]) -> Response:
    """The sheet: what events decide stands there already."""
    return await _sheet(request, sheet, unbound(SheetForm))


async def _sheet(request: Request, sheet: int, form: Bound[Any], status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await scoring.own_sheet(who, sheet)
        items = items_of(it["items"])
        proposed = await scoring.proposed(it["case_id"], items)
        refs = [
            SubjectRef("inspection.alarm", alarm["alarm"])
            for _, alarms in proposed.values()
            for alarm in alarms
        ]
        case = SubjectRef("cases.case", it["case_id"])
        labels = await describe([case, *refs], who.scope, who.permissions)
    kept = marks_of(it["marks"])
    done = bool(it["handed_at"])
    lines = []
    for item in items:
        mark, alarms = proposed.get(item.key, (Mark(0), []))
        lines.append(
            {
                "item": item,
                "mark": kept.get(item.key, Mark(0)) if done else mark,
                "said": scoring.proposal_words(item, alarms) if item.decided_by else "",
                "alarms": [
                    {"title": alarm["sentence"], "path": labels[ref].path if ref in labels else ""}
                    for alarm in alarms
                    for ref in [SubjectRef("inspection.alarm", alarm["alarm"])]
                ],
            }
        )
    return page(
        request,
        "reviews/sheet.html",
        status=status,
        it=it,
        lines=lines,
        form=form,
        done=done or it["state"] != "scoring" or bool(it["recused"]),
        case_path=labels[case].path if case in labels else "",
        words=points_words,
    )


def _marks(items: list[Item], raw: Any, form: Bound[Any]) -> dict[str, Mark]:
    found = {}
    for item in items:
        text = str(raw.get(f"lost.{item.key}", "") or "0").strip()
        lost = number_of(text)
        if lost is None:
            form.error(f"lost.{item.key}", "扣分要写整数。")
            continue
        reason, where = (
            str(raw.get(f"{name}.{item.key}", "") or "") for name in ("reason", "page")
        )
        found[item.key] = Mark(lost, reason[:300], where[:40])
    return found


@post("/sheets/{sheet:int}", guards=[requires(SCORE)])
async def post_sheet(request: Request, sheet: FromPath[int]) -> Response:
    """交卷."""
    who = visitor(request)
    form = await bind(request, SheetForm)
    key = str(form.raw.get("once") or "")
    if answered := await once(request, key):
        return answered
    async with transaction(who.scope):
        it = await scoring.own_sheet(who, sheet)
    marks = _marks(items_of(it["items"]), form.raw, form)
    if form.ok:
        try:
            async with transaction(who.scope):
                # Sent again after its answer was lost, it is the same sheet and not a second one.
                if answered := await once(request, key):
                    return answered
                await scoring.hand_in(who, sheet, marks, form.value.remark)
                await remember_once(request, key, "/reviews/mine")
            return redirect(request, "/reviews/mine", message="评分已提交，不能再改。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _sheet(request, sheet, form, 422)


@post("/sheets/{sheet:int}/recuse", guards=[requires(SCORE)])
async def post_recuse(request: Request, sheet: FromPath[int]) -> Response:
    """回避."""
    form = await bind(request, WordsForm)
    if not form.ok:
        return await _sheet(request, sheet, form, 422)
    await scoring.recuse(visitor(request), sheet, form.value.words)
    return redirect(request, "/reviews/mine", message="已回避，另请他人评查。")


ROUTES = [list_mine, show_sheet, post_sheet, post_recuse]
