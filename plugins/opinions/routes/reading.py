# SPDX-License-Identifier: Apache-2.0
"""What a reader opens: drafts, one of them, the form, his own opinions and their answers."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.db import Place, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, attachments, open_, send_file, waiting_uploads
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    limit,
    number_of,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.opinions import queries
from plugins.opinions.forms import AppealForm, OpinionForm, ReviseForm
from plugins.opinions.rules import SEND, articles, flow
from plugins.opinions.services import sending
from plugins.opinions.services.base import aliases_of, articles_in, author_of, is_meant

FIELD, PURPOSE = "media", "opinions.media"
NO_STORE = {"Cache-Control": "private, no-store"}


@get("/", guards=[requires(SEND)])
async def list_drafts(request: Request) -> Response:
    """The drafts meant for me, newest first."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            where, args = queries.meant_for(who.scope, who.role)
            found = await queries.INBOX.export(request, who.scope, where=where, args=args)
            return await export(request, queries.INBOX, found)
        listing = await queries.inbox(request, who.scope, who.role)
    mine: dict[int, int] = {}
    if who.person_id:
        ids = [each["id"] for each in listing.rows]
        mine = await queries.own_counts(aliases_of(who.person_id), ids)
    today = clock.today()
    for each in listing.rows:
        each["state"] = flow.state_now(each["state"], today, each["closes_on"])
        each["mine"] = mine.get(each["id"], 0)
        each["left"] = (each["closes_on"] - today).days
        each["before"] = today < each["opens_on"]
    return page(
        request, "opinions/inbox.html", listing=listing, states=flow.STATES, chips=flow.CHIPS
    )


async def _readable(request: Request, draft: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.find_draft(draft, who.scope, who.role)
        if found is None:
            raise NotFound
        found["shown"] = await queries.version_of(draft, found["current"])
        found["versions"] = await queries.versions_of(draft)
        found["report"] = await queries.report_of(draft) if found["state"] == "published" else None
    found["now"] = flow.state_now(found["state"], clock.today(), found["closes_on"])
    found["articles"] = articles_in(found["shown"])
    found["meant"] = is_meant(found, who.role, who.region.lo, who.region.hi)
    found["why_not"] = flow.why_not_send(
        found["state"], clock.today(), found["opens_on"], found["closes_on"]
    )
    if not found["meant"]:
        found["why_not"] = "这份稿子不是向你现在这个身份征集的。"
    elif not who.person_id:
        found["why_not"] = "这个账号没有对应的人员，不能提意见。"
    return found


@get("/{draft:int}", guards=[requires(SEND)])
async def show_draft(request: Request, draft: FromPath[int]) -> Response:
    """A draft by articles, each with the way to an opinion on it, and my own so far."""
    who = visitor(request)
    found = await _readable(request, draft)
    mine = await queries.own_list(aliases_of(who.person_id), draft) if who.person_id else []
    return page(
        request,
        "opinions/draft.html",
        headers=NO_STORE,
        draft=found,
        mine=mine,
        readers=READERS,
        states=flow.STATES,
        chips=flow.CHIPS,
        own_states=flow.OPINION_STATES,
        own_chips=flow.OPINION_CHIPS,
        standings=articles.STANDINGS,
    )


@get("/{draft:int}/changes", guards=[requires(SEND)])
async def show_changes(request: Request, draft: FromPath[int]) -> Response:
    """Two versions side by side, article by article (C2-03)."""
    found = await _readable(request, draft)
    who = visitor(request)
    asked = number_of(request.query_params.get("from", "")) or found["current"] - 1
    until = number_of(request.query_params.get("to", "")) or found["current"]
    async with transaction(who.scope):
        old, new = await queries.version_of(draft, asked), await queries.version_of(draft, until)
    if old is None or new is None:
        raise NotFound("没有这一版。")
    changes = articles.diff(articles_in(old), articles_in(new))
    return page(
        request,
        "opinions/changes.html",
        draft=found,
        old=old,
        new=new,
        changes=changes,
        summary=articles.in_short(changes),
        kinds=articles.KINDS,
        back=f"/opinions/{draft}",
    )


def anchors_of(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What an opinion can be bound to: the whole text, articles, and clauses of longer ones."""
    made = [("", "全文")]
    for each in found["articles"]:
        made.append((each.key, f"{each.label}　{_short(each.text)}"))
        if len(each.clauses) > 1:
            made += [
                (clause.key, f"{articles.label_of([each], clause.key)}　{_short(clause.text)}")
                for clause in each.clauses
            ]
    return made


def _short(text: str) -> str:
    words = text.replace("\n", " ")
    return words if len(words) <= 18 else f"{words[:17]}…"


async def _form_page(
    request: Request,
    found: dict[str, Any],
    form: Bound[OpinionForm] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    at = str(form.get("at") or "") if form else request.query_params.get("at", "")
    about = articles.find(found["articles"], at) if at else None
    return page(
        request,
        "opinions/new.html",
        status=status,
        headers=NO_STORE,
        form=form,
        draft=found,
        at=at if about else "",
        about=about,
        about_label=articles.label_of(found["articles"], at) if about else "",
        anchors=anchors_of(found),
        can_seal=await sending.may_be_sealed(found["region_lo"]),
        waiting=await waiting_uploads(request, FIELD) if form is not None else [],
        bureau=found["organ_name"],
        who=who,
    )


@get("/{draft:int}/new", guards=[requires(SEND)])
async def new_opinion(request: Request, draft: FromPath[int]) -> Response:
    """The form; ``at`` names the article."""
    found = await _readable(request, draft)
    if found["why_not"]:
        raise Refused(found["why_not"])
    return await _form_page(request, found)


@post("/{draft:int}/new", guards=[requires(SEND)], request_max_body_size=FORM_WITH_FILES)
async def send_opinion(request: Request, draft: FromPath[int]) -> Response:
    """提交."""
    limit(request, "opinions.send", times=30)
    who = visitor(request)
    form = await bind(request, OpinionForm)
    # Before the files are looked at, and before the window: those of a form that arrives again
    # belong to the first arrival, and it was in time.
    key = str(form.get("once") or "")
    if before := await sending.sent_before(key):
        return redirect(request, f"/opinions/mine/{before.id}", message="这件意见已经提交过。")
    found = await _readable(request, draft)
    if not (found["meant"] and who.person_id):
        raise Refused(found["why_not"])
    media = []
    try:
        media = await attachments(request, FIELD, place=Place(who.region.lo), purpose=PURPOSE)
    except Invalid as error:
        form.errors.update(error.errors)
    if form.ok:
        value = form.value
        said = sending.Said(
            value.at,
            value.text,
            value.transcript,
            value.confidential == "sealed",
            value.seen,
            value.said_at,
        )
        try:
            sent = await sending.send(author_of(who), draft, said, media, once=key)
        except Invalid as error:
            form.errors.update(error.errors)
        except Refused as error:
            # The window closed while he was writing: said above his words, which stay.
            form.errors[""] = str(error)
            return await _form_page(request, found, form, 409)
        else:
            words = (
                "这件意见已经提交过。"
                if sent.again
                else f"意见已提交给{found['organ_name']}，是第 {sent.number} 件。"
            )
            return redirect(request, f"/opinions/mine/{sent.id}", message=words)
    return await _form_page(request, found, form, 422)


# --- one's own -----------------------------------------------------------------------------------


@get("/mine", guards=[requires(SEND)])
async def own_list(request: Request) -> Response:
    """My opinions with their answers."""
    who = visitor(request)
    rows = await queries.own_list(aliases_of(who.person_id)) if who.person_id else []
    return page(
        request,
        "opinions/mine.html",
        headers=NO_STORE,
        rows=rows,
        states=flow.OPINION_STATES,
        chips=flow.OPINION_CHIPS,
    )


async def _own(request: Request, opinion: int) -> dict[str, Any]:
    who = visitor(request)
    found = await queries.own_opinion(opinion, aliases_of(who.person_id)) if who.person_id else None
    if found is None:
        raise NotFound("没有找到这件意见，或者不是你提的。")
    return found


async def _own_page(
    request: Request,
    opinion: int,
    *,
    form: Bound[Any] | None = None,
    appealing: int = 0,
    status: int = 200,
) -> Response:
    found = await _own(request, opinion)
    today = clock.today()
    asked = next((e for e in found["measures"] if e["kind"] == "return" and not e["decided"]), None)
    for each in found["measures"]:
        each["words"] = flow.ACTS[each["kind"]]
        each["may_appeal"] = not flow.why_not_appeal(
            each["kind"],
            each["decided"] != "",
            each["appealed_at"] is not None,
            today,
            each["appeal_until"],
        )
    for one in found["files"]:
        one["url"] = f"/opinions/mine/{opinion}/files/{one['id']}"
    return page(
        request,
        "opinions/own.html",
        status=status,
        headers=NO_STORE,
        it=found,
        form=form,
        appealing=appealing,
        may_revise=not flow.why_not_revise(
            found["state"], found["draft_state"], today, asked["appeal_until"] if asked else None
        ),
        states=flow.OPINION_STATES,
        chips=flow.OPINION_CHIPS,
        standings=articles.STANDINGS,
    )


@get("/mine/{opinion:int}", guards=[requires(SEND)])
async def own_one(request: Request, opinion: FromPath[int]) -> Response:
    """One of my own: the answer, what was done with it, and what I can do."""
    answer = await _own_page(request, opinion)
    await sending.looked(author_of(visitor(request)), opinion)
    return answer


@post("/mine/{opinion:int}/revise", guards=[requires(SEND)])
async def revise_own(request: Request, opinion: FromPath[int]) -> Response:
    """Send the changed text of a returned opinion."""
    await _own(request, opinion)
    form = await bind(request, ReviseForm)
    if not form.ok:
        return await _own_page(request, opinion, form=form, status=422)
    await sending.revise(
        author_of(visitor(request)), opinion, form.value.text, form.value.transcript
    )
    return redirect(request, f"/opinions/mine/{opinion}", message="改好的意见已提交。")


@post("/mine/{opinion:int}/measures/{measure:int}/appeal", guards=[requires(SEND)])
async def appeal_own(request: Request, opinion: FromPath[int], measure: FromPath[int]) -> Response:
    """申诉."""
    await _own(request, opinion)
    form = await bind(request, AppealForm)
    if not form.ok:
        return await _own_page(request, opinion, form=form, appealing=measure, status=422)
    await sending.appeal(author_of(visitor(request)), measure, opinion, form.value.reason)
    return redirect(request, f"/opinions/mine/{opinion}", message="申诉已提交，请等答复。")


@get("/mine/{opinion:int}/files/{attachment:int}", guards=[requires(SEND)])
async def own_file(request: Request, opinion: FromPath[int], attachment: FromPath[int]) -> Response:
    """A photo or recording of my own opinion."""
    found = await _own(request, opinion)
    wanted = next((each for each in found["files"] if each["id"] == attachment), None)
    if wanted is None:
        raise NotFound
    async with transaction(queries.OWN):
        opened = await open_(wanted["file"])
    return send_file(request, opened, original=False)


ROUTES_READING = (
    list_drafts,
    show_draft,
    show_changes,
    new_opinion,
    send_opinion,
    own_list,
    own_one,
    revise_own,
    appeal_own,
    own_file,
)
