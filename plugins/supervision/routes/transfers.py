# SPDX-License-Identifier: Apache-2.0
"""行刑衔接: the body reports and acts, the supervising organ watches the periods."""

from datetime import date, datetime
from typing import Any

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.deadlines import clock_by_id, ledger
from core.api.errors import NotFound
from core.api.turns import holds
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
from plugins.supervision.forms import StepForm, TransferForm
from plugins.supervision.queries import programmes as reading
from plugins.supervision.routes.shared import WORDS, actor, attempt, sections
from plugins.supervision.rules import transfer as rules
from plugins.supervision.rules.kinds import ANSWER, READ
from plugins.supervision.services import transfers
from plugins.supervision.services.transfers import path_of, ref


async def _list(request: Request, who: Visitor) -> Response:
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await reading.TRANSFERS.export(request, who.scope)
            return await export(request, reading.TRANSFERS, found)
        listing = await reading.TRANSFERS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "supervision/transfers.html",
        listing=listing,
        mine=ANSWER in who.permissions,
        sections=sections(who, "transfers"),
        **WORDS,
    )


@get("/transfers", guards=[requires(READ)])
async def list_transfers(request: Request) -> Response:
    """The hand-overs of the region; the late ones have a tab."""
    return await _list(request, visitor(request))


@get("/received/transfers", guards=[requires(ANSWER)])
async def own_transfers(request: Request) -> Response:
    """The hand-overs of this unit."""
    return await _list(request, visitor(request))


async def _form_page(request: Request, form: Bound[Any] | None, status: int = 200) -> Response:
    return page(request, "supervision/transfer_new.html", status=status, form=form)


@get("/transfers/new", guards=[requires(ANSWER)])
async def new_transfer(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request, None)


@post("/transfers/new", guards=[requires(ANSWER)])
async def report(request: Request) -> Response:
    """书面报告."""
    form = await bind(request, TransferForm)
    if not form.ok:
        return await _form_page(request, form, 422)
    value, who = form.value, visitor(request)
    names = value.officers.replace("，", "、").replace(",", "、").replace(" ", "、").split("、")
    async with transaction(who.scope):
        if done := await once(request, value.once):
            return done
        made = await attempt(
            form,
            transfers.report(
                await actor(request),
                value.title,
                value.case_number,
                value.suspicion,
                value.facts,
                names,
                value.penalty,
            ),
        )
        if made is not None:
            await remember_once(request, value.once, _own(made))
    if made is None:
        return await _form_page(request, form, 422)
    return redirect(request, path_of(made), message="已报告，负责人应在三日内决定。")


def _own(transfer: int) -> str:
    return path_of(transfer)


def _told(step: dict[str, Any]) -> dict[str, Any]:
    """A step as the page shows it: what was kept as text is a moment and a day again."""
    signed = step.get("signed_on")
    return {
        **step,
        "at": datetime.fromisoformat(step["at"]),
        "signed_on": date.fromisoformat(signed) if signed else None,
    }


async def _page(
    request: Request, transfer: int, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    if not {READ, ANSWER} & who.permissions:
        raise NotFound
    async with transaction(who.scope):
        it = await reading.transfer_in(who.scope, transfer)
        if it is None:
            raise NotFound("没有找到这件移送，或者不在你的管理范围内。")
        mine = await clock_by_id(it["clock"]) if it["clock"] else None
        rows = await ledger(mine) if mine else ()
        balls = (await holds([ref(transfer)], who)).get(ref(transfer), [])
    acts = (
        rules.open_acts(it["state"], asked=it["asked"], received=rules.is_received(it["steps"]))
        if ANSWER in who.permissions
        else []
    )
    return page(
        request,
        "supervision/transfer.html",
        status=status,
        it=it,
        steps=[_told(each) for each in reversed(it["steps"])],
        period=rules.period_of(it["state"], asked=it["asked"]),
        ledger_rows=rows,
        holds=balls,
        acts=[(act, rules.ACTS[act][0]) for act in acts],
        materials=[(key, words) for key, (words, _) in rules.MATERIALS.items()],
        usual=[key for key, (_, always) in rules.MATERIALS.items() if always],
        back="/supervision/transfers"
        if READ in who.permissions
        else "/supervision/received/transfers",
        form=form,
        **WORDS,
    )


@get("/transfers/{transfer:int}", guards=[requires()])
async def show_transfer(request: Request, transfer: FromPath[int]) -> Response:
    """One hand-over: its steps and the period that runs. For both sides; each sees its own."""
    return await _page(request, transfer)


@post("/transfers/{transfer:int}/step", guards=[requires(ANSWER)])
async def step(request: Request, transfer: FromPath[int]) -> Response:
    """The next act."""
    form = await bind(request, StepForm)
    if form.ok:
        value = form.value
        details = rules.Details(
            value.letter, value.receiver, value.materials, value.signed_by, value.signed_on
        )
        await attempt(
            form, transfers.step(await actor(request), transfer, value.act, value.note, details)
        )
    if not form.ok:
        return await _page(request, transfer, form, 422)
    return redirect(request, path_of(transfer), message="已登记。")


TRANSFERS = (
    list_transfers,
    own_transfers,
    new_transfer,
    report,
    show_transfer,
    step,
)
