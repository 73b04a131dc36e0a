# SPDX-License-Identifier: Apache-2.0
"""修法影响: the list, one task, its end."""

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import transaction, value
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    page,
    partial,
    post,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.library.forms import TaskForm
from plugins.library.queries.reading import TASK_LIST, texts_for_comparing
from plugins.library.queries.tasks import open_tasks
from plugins.library.routes.reading import paths_of
from plugins.library.rules import HANDLE, TASKS
from plugins.library.rules.comparing import compare_texts
from plugins.library.rules.timeline import label
from plugins.library.services.base import TASK, ref
from plugins.library.services.impact import OUTCOMES, USES, finish_task, own_task
from plugins.library.services.publishing import CHANGES

STATES = {"open": "doing", "changed": "done", "unaffected": "done"}


@get("/tasks", guards=[requires(TASKS)])
async def tasks(request: Request) -> Response:
    """What amendments touch, of one's scope."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, TASK_LIST, await TASK_LIST.export(request, who.scope))
        listing = await TASK_LIST.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "library/tasks.html",
        listing=listing,
        kinds=USES,
        outcomes=OUTCOMES,
        states=STATES,
        changes=CHANGES,
        label=label,
    )


@get("/card", guards=[requires(TASKS)])
async def card(request: Request) -> Response:
    """How many wait."""
    who = visitor(request)
    async with transaction(who.scope):
        waiting = await open_tasks(who.scope)
    return partial(request, "library/_card.html", waiting=waiting)


async def task_page(
    request: Request, task: int, form: Bound[TaskForm], status: int = 200
) -> Response:
    """Before and after, what leans on it, the answer."""
    who = visitor(request)
    async with transaction(who.scope):
        it = await own_task(who, task)
        after = (await texts_for_comparing(it["version"])).get(it["key"], ("", ""))[1]
        before = ""
        if not (it["change"] == "repealed" and after):
            before = await _before(it)
        ball = await hold(ref(TASK, task), who)
        path = next(iter((await paths_of([it], who)).values()), "")
    if it["change"] == "repealed":
        before, after = before or after, ""
    return page(
        request,
        "library/task.html",
        status=status,
        it=it,
        form=form,
        pieces=compare_texts(before, after),
        kind=USES[it["kind"]],
        change=CHANGES[it["change"]],
        outcomes=OUTCOMES,
        label=label(it["key"]),
        ball=ball,
        may=who.may(HANDLE) and it["state"] == "open",
        path=path,
    )


async def _before(it: dict[str, object]) -> str:
    found = await value(
        "select text from library_article where law = $1 and key = $2 and version <> $3"
        " and from_on < $4 order by from_on desc, version desc limit 1",
        it["law"],
        it["key"],
        it["version"],
        it["effective_from"],
    )
    return str(found or "")


@get("/tasks/{task:int}", guards=[requires(TASKS)])
async def show_task(request: Request, task: FromPath[int]) -> Response:
    """One task."""
    return await task_page(request, task, unbound(TaskForm))


@post("/tasks/{task:int}", guards=[requires(HANDLE)])
async def finish(request: Request, task: FromPath[int]) -> Response:
    """办结."""
    who = visitor(request)
    form = await bind(request, TaskForm)
    if not form.ok:
        return await task_page(request, task, form, 422)
    async with transaction(who.scope):
        await finish_task(who, task, form.value)
    return redirect(request, f"/library/tasks/{task}", message="已办结。")


ROUTES = (tasks, card, show_task, finish)
