# SPDX-License-Identifier: Apache-2.0
"""Bringing in units, people, accounts and roles from a sheet: choose, look, confirm, take back."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import clock, db
from core.auth import queries, rules
from core.auth import services as auth
from core.auth.access import requires, visitor
from core.auth.approvals import needs_two
from core.errors import Conflict
from core.forms import Bound, unbound
from core.imports import services
from core.imports.reading import MAX_BYTES, SheetError
from core.listing import Column
from core.web import responses

RUN = "core.import.run"
ROOM = MAX_BYTES + 1024 * 1024
Req = Request[Any, Any, Any]


class ChooseForm(msgspec.Struct):
    """Which kind of sheet; the sheet itself comes as file ``file``."""

    kind: Annotated[
        str, Meta(title="导入什么", min_length=1, max_length=20, extra={"choose": True})
    ]


async def _index(request: Req, form: Bound[Any] | None = None, status: int = 200) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(services.scope_of(who)):
        before = await services.imports_of(who)
    return responses.page(
        request,
        "pages/imports.html",
        status=status,
        kinds=services.kinds_for(who),
        titles={each.key: each.title for each in services.kinds_for(who)},
        imports=before,
        form=form or unbound(ChooseForm),
        most=services.MOST_ROWS,
    )


@get("/imports", guards=[requires(RUN)])
async def index(request: Req) -> Response[Any]:
    """Where a sheet is chosen, and the imports before."""
    return await _index(request)


@get("/imports/template/{kind:str}", guards=[requires(RUN)])
async def template(request: Req, kind: FromPath[str]) -> Response[Any]:
    """An empty sheet with the right headings and one example."""
    known = services.kind_of(visitor(request), kind)
    columns = [Column(each.key, each.names[0], width=20) for each in known.columns]
    note = "第二行是样例，填写前删去。身份证号、代码、手机各列要设为文本格式。"
    return await responses.xlsx_response(
        f"{known.title}导入模板", columns, [known.example], note=note
    )


@post("/imports", guards=[requires(RUN)], status_code=200, request_max_body_size=ROOM)
async def upload(request: Req) -> Response[Any]:
    """Read a sheet and show what it would do."""
    who = visitor(request)
    form = await responses.bind(request, ChooseForm)
    sent = form.files.get("file", [])
    if not sent or not sent[0].size:
        form.error("file", "请选择表格文件。")
    elif sent[0].size > MAX_BYTES:
        form.error("file", f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分成几份。")
    if form.ok:
        try:
            batch = await services.preview(who, form.value.kind, await sent[0].read(), sent[0].name)
        except SheetError as error:
            form.error("file", str(error))
        else:
            return responses.redirect(request, f"/imports/{batch}")
    return await _index(request, form, 422)


@get("/imports/{batch:int}", guards=[requires(RUN)])
async def one(request: Req, batch: FromPath[int]) -> Response[Any]:
    """What a sheet would do, or did."""
    who = visitor(request)
    async with db.transaction(services.scope_of(who)):
        found, kind = await services.find_import(who, batch)
    masked = [
        (f"{each.key}_masked" if each.key in kind.secret else each.key) for each in kind.columns
    ]
    return responses.page(
        request,
        "pages/import.html",
        batch=found,
        kind=kind,
        heads=[each.names[0] for each in kind.columns],
        keys=masked,
        may_print=kind.key == "accounts" and found["state"] == "applied",
    )


@post("/imports/{batch:int}/apply", guards=[requires(RUN)], status_code=200)
async def apply(request: Req, batch: FromPath[int]) -> Response[Any]:
    """Enter what had no fault."""
    made, late = await services.apply(visitor(request), batch)
    said = f"已写入 {made} 行。" + (f"另有 {late} 行在预览之后变得不能写入。" if late else "")
    return responses.redirect(request, f"/imports/{batch}", message=said)


@post("/imports/{batch:int}/undo", guards=[requires(RUN)], status_code=200)
async def undo(request: Req, batch: FromPath[int]) -> Response[Any]:
    """Take it all back."""
    count = await services.undo(visitor(request), batch)
    return responses.redirect(request, f"/imports/{batch}", message=f"已撤销 {count} 行。")


@post(
    "/imports/{batch:int}/slips",
    guards=[requires(RUN, "core.account.manage")],
    status_code=200,
)
async def slips(request: Req, batch: FromPath[int]) -> Response[Any]:
    """One-time passwords for the accounts of a sheet that nobody has used yet, to be printed."""
    who = visitor(request)
    async with db.transaction(services.scope_of(who)):
        found, kind = await services.find_import(who, batch)
        if kind.key != "accounts" or found["state"] != "applied":
            raise Conflict("这张表没有导入账号，或者已经撤销。")
        users = [
            user
            for account in found["made"].values()
            if (user := await queries.user(account))
            and user["active"]
            and user["must_change"]
            # Whoever became an administrator meanwhile gets a slip two people stand for.
            and not await needs_two(account)
        ]
        places = {
            user["id"]: ((await queries.assignments(user["id"], clock.today())) or [{}])[0]
            for user in users
        }
    printed = [
        {
            "person": user["name"],
            "login": user["login"],
            "organisation": places[user["id"]].get("place_name", ""),
            "password": await auth.issue_slip(user["id"], who.user_id),
        }
        for user in users
    ]
    return responses.page(
        request,
        "pages/slips.html",
        headers={"Cache-Control": "private, no-store"},
        slips=printed,
        valid_until=clock.now() + timedelta(days=rules.SLIP_DAYS),
        back=f"/imports/{batch}",
    )
