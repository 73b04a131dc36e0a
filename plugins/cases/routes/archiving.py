# SPDX-License-Identifier: Apache-2.0
"""归档: the checklist, the act, the index of the file; and the ledger (台账) on paper."""

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid
from core.api.web import (
    Bound,
    Params,
    Request,
    Response,
    bind,
    get,
    masked,
    page,
    post,
    printed,
    redirect,
    unbound,
)
from plugins.cases.forms import ArchiveForm
from plugins.cases.queries import CASES, MINE, documents_of, path_of
from plugins.cases.rules.archiving import KEEP_YEARS, index_of
from plugins.cases.rules.definition import class_title
from plugins.cases.rules.flow import CASE_STATES
from plugins.cases.services import Actor, archive_case, new_token
from plugins.cases.services.archiving import archive_refusal, checks_of
from plugins.cases.services.steps import reload

READ, HANDLE = "cases.case.read", "cases.case.handle"
LEDGER_ROWS = 2000


@get("/{case:int}/archive", guards=[requires(HANDLE)])
async def show_archive(request: Request, case: FromPath[int]) -> Response:
    """What the file lacks, and the form that archives it."""
    return await _archive_page(request, visitor(request), case, None)


async def _archive_page(
    request: Request, who: Visitor, case: int, form: Bound[ArchiveForm] | None, *, status: int = 200
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        checks = await checks_of(actor, file)
    suggested = str(file.earlier_values.get("archive_number") or "")
    return page(
        request,
        "cases/archive.html",
        status=status,
        case=file.row,
        checks=checks,
        years=[(str(k), v) for k, v in KEEP_YEARS],
        form=form or unbound(ArchiveForm, number=suggested, years=30, token=new_token()),
        why=archive_refusal(file, actor),
    )


@post("/{case:int}/archive", guards=[requires(HANDLE)])
async def post_archive(request: Request, case: FromPath[int]) -> Response:
    """Archive the file."""
    who = visitor(request)
    form = await bind(request, ArchiveForm)
    if not form.ok:
        return await _archive_page(request, who, case, form, status=422)
    typed = form.value
    try:
        await archive_case(
            Actor.of(who), case, typed.number, typed.years, typed.note, token=typed.token
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _archive_page(request, who, case, form, status=422)
    return redirect(request, path_of(case), message="案件已归档。")


@get("/{case:int}/index", guards=[requires(READ)])
async def show_index(request: Request, case: FromPath[int]) -> Response:
    """卷内目录: everything in the file, in the order of the flow, with hashes."""
    who = visitor(request)
    async with transaction(who.scope):
        file = await reload(Actor.of(who), case)
        documents = await documents_of(who.scope, case)
        lines = index_of(file.definition, file.visits, file.evidence, documents)
        title = f"{file.row['case_number']} 卷内目录"
        seal = await printed(request, "cases.index", title, rows=len(lines))
    return page(
        request,
        "cases/index.html",
        case=masked(file.row),
        body=file.row["body_name"],
        lines=lines,
        keep=dict(KEEP_YEARS).get(file.row["archive_years"], ""),
        back=path_of(case),
        reference=file.row["case_number"],
        seal=seal,
    )


@get("/ledger", guards=[requires(READ)])
async def print_ledger(request: Request) -> Response:
    """台账: the very rows of the list, with its filters and order, on A4."""
    who = visitor(request)
    mine = request.query_params.get("who") == "me"
    where, args = (MINE, [who.person_id]) if mine else ("", [])
    async with transaction(who.scope):
        rows = await CASES.export(request, who.scope, where=where, args=args, limit=LEDGER_ROWS)
        seal = await printed(
            request,
            "cases.ledger",
            "案件台账",
            rows=len(rows),
            conditions=CASES.words_of(Params.of(request)),
        )
    for r in rows:
        r["state_title"] = CASE_STATES.get(r["state"], r["state"])
        r["class_title"] = class_title(r["power_class"])
    return page(
        request,
        "cases/ledger.html",
        rows=masked(rows),
        full=len(rows) >= LEDGER_ROWS,
        most=LEDGER_ROWS,
        place=who.place_name,
        back=f"/cases/?{request.url.query}" if request.url.query else "/cases/",
        seal=seal,
    )


ARCHIVING = (show_archive, post_archive, show_index, print_ledger)
