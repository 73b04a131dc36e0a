# SPDX-License-Identifier: Apache-2.0
"""公示: the abstract with its preview, publishing, withdrawing, and what anybody may read."""

from litestar.params import FromPath, FromQuery

from core.api.access import Visitor, public, requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import Invalid, NotFound
from core.api.web import Bound, Request, Response, bind, get, limit, page, post, redirect, unbound
from plugins.cases.forms import AbstractForm, ReasonForm
from plugins.cases.queries import (
    disclosure_of,
    document_of,
    path_of,
    public_disclosure,
    published_disclosures,
)
from plugins.cases.rules.definition import class_title
from plugins.cases.services import (
    AbstractText,
    Actor,
    new_token,
    publish_abstract,
    withdraw_abstract,
)
from plugins.cases.services.disclosing import abstract_for, publish_refusal, suggested
from plugins.cases.services.steps import reload

APPROVE = "cases.case.approve"
PAGE_OF = 20
ANYBODY = public("行政执法结果依法向社会公开，不需要登录")


@get("/{case:int}/documents/{document:int}/disclosure", guards=[requires(APPROVE)])
async def show_disclosure(
    request: Request, case: FromPath[int], document: FromPath[int]
) -> Response:
    """The abstract as anybody would read it, what was hidden in it, and the button."""
    return await _disclosure_page(request, visitor(request), case, document, None)


async def _disclosure_page(
    request: Request,
    who: Visitor,
    case: int,
    document: int,
    form: Bound[AbstractForm] | None,
    *,
    withdraw: Bound[ReasonForm] | None = None,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        found = await document_of(who.scope, case, document)
        if found is None:
            raise NotFound("没有找到这份文书。")
        standing = await disclosure_of(document)
        text = suggested(file)
        if form is not None:
            text = AbstractText(
                *(str(form.raw.get(n) or "") for n in ("facts", "basis", "content"))
            )
        made = await abstract_for(actor, file, text)
        masked = await abstract_for(actor, file, suggested(file))
    return page(
        request,
        "cases/disclosure.html",
        status=status,
        case=file.row,
        d=found,
        standing=standing,
        made=made,
        form=form
        or unbound(
            AbstractForm,
            facts=masked.facts,
            basis=masked.basis,
            content=masked.content,
            token=new_token(),
        ),
        withdraw=withdraw or unbound(ReasonForm, token=new_token()),
        why=publish_refusal(found, bool(standing and standing["published"])),
    )


@post("/{case:int}/documents/{document:int}/disclosure", guards=[requires(APPROVE)])
async def post_disclosure(
    request: Request, case: FromPath[int], document: FromPath[int]
) -> Response:
    """Publish the abstract, or show it once more with what would be hidden."""
    who = visitor(request)
    form = await bind(request, AbstractForm)
    if not form.ok:
        return await _disclosure_page(request, who, case, document, form, status=422)
    typed = form.value
    if typed.act == "preview":
        return await _disclosure_page(request, who, case, document, form)
    try:
        await publish_abstract(
            Actor.of(who),
            case,
            document,
            AbstractText(typed.facts, typed.basis, typed.content),
            token=typed.token,
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _disclosure_page(request, who, case, document, form, status=422)
    return redirect(request, path_of(case, "documents", str(document)), message="摘要已公示。")


@post("/{case:int}/documents/{document:int}/withdraw", guards=[requires(APPROVE)])
async def post_withdraw(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """Withdraw the abstract."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if form.ok:
        try:
            await withdraw_abstract(
                Actor.of(who), case, document, form.value.reason, token=form.value.token
            )
        except Invalid as error:
            for name, sentence in error.errors.items():
                form.error(name, sentence)
    if not form.ok:
        return await _disclosure_page(request, who, case, document, None, withdraw=form, status=422)
    return redirect(request, path_of(case, "documents", str(document)), message="公示已撤回。")


# --- what anybody may read -----------------------------------------------------------------------------


@get("/public", opt=ANYBODY)
async def list_public(request: Request, before: FromQuery[int] = 0) -> Response:
    """Published abstracts, newest first."""
    limit(request, "cases.public")
    async with transaction(Scope.public()):
        found = await published_disclosures(before=max(0, before), limit=PAGE_OF + 1)
    more = found[PAGE_OF - 1]["id"] if len(found) > PAGE_OF else 0
    return page(
        request,
        "cases/public_list.html",
        found=found[:PAGE_OF],
        more=more,
        first=not before,
    )


@get("/public/{ident:int}", opt=ANYBODY)
async def show_public(request: Request, ident: FromPath[int]) -> Response:
    """One abstract; a withdrawn one is not there."""
    limit(request, "cases.public")
    async with transaction(Scope.public()):
        found = await public_disclosure(ident)
    if found is None:
        raise NotFound("没有这条公示，或者已经撤回。")
    return page(
        request,
        "cases/public_detail.html",
        found=found,
        class_title=class_title(found["power_class"]),
    )


DISCLOSING = (
    show_disclosure,
    post_disclosure,
    post_withdraw,
    list_public,
    show_public,
)
