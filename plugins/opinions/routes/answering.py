# SPDX-License-Identifier: Apache-2.0
"""The opinions of a draft: the list, the answer page, many at once, moderation."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.custody import opening_about
from core.api.db import transaction
from core.api.errors import Invalid, NotFound
from core.api.files import open_, send_file
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.opinions import queries
from plugins.opinions.forms import (
    AnswerForm,
    CensorForm,
    DecideForm,
    MeasureForm,
    NoteForm,
    StatementForm,
    TemplateForm,
    TranscriptForm,
)
from plugins.opinions.rules import MANAGE, articles, flow
from plugins.opinions.services import answering, drafts, moderating
from plugins.opinions.services.base import OPINION, articles_in, office_of, own_opinion, ref

SIMPLE = ("return", "block", "remove")


async def _articles(draft: int) -> list[tuple[str, str]]:
    """The articles with opinions, for the filter."""
    labels, counted = await queries.labels_of(draft), await queries.by_article(draft)
    return [
        (key or "whole", f"{labels.get(key, '全文') if key else '全文'}（{counted[key]}）")
        for key in sorted(counted, key=queries.order)
    ]


@get("/desk/{draft:int}/opinions", guards=[requires(MANAGE)])
async def list_opinions(request: Request, draft: FromPath[int]) -> Response:
    """The opinions of a draft, by article and standing."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await drafts.need(draft, who)
        shown = queries.opinions_listing(await _articles(draft))
        where, args = "o.draft = {}::int8", (draft,)
        if wants_xlsx(request):
            rows = await shown.export(request, who.scope, where=where, args=args)
            return await export(request, shown, rows, title=f"{found['title']}的意见")
        listing = await shown.page(request, who.scope, where=where, args=args, tab_counts=True)
    for each in listing.rows:
        each["author"] = queries.author_words(each)
    return page(
        request,
        "opinions/opinions.html",
        draft=found,
        listing=listing,
        states=flow.OPINION_STATES,
        chips=flow.OPINION_CHIPS,
        standings=articles.STANDINGS,
    )


async def _many_page(
    request: Request,
    draft: int,
    ids: list[int],
    form: Bound[AnswerForm] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await drafts.need(draft, who)
        chosen = await queries.opinions_by_id(ids, draft)
        templates = await queries.templates_of(who.scope)
    if not chosen:
        return redirect(
            request,
            f"/opinions/desk/{draft}/opinions",
            message={"text": "先在列表里选要一起答复的意见。", "tone": "red"},
        )
    for each in chosen:
        each["author"] = queries.author_words(each)
    picked = number_of(request.query_params.get("template", "")) or 0
    return page(
        request,
        "opinions/many.html",
        status=status,
        draft=found,
        chosen=chosen,
        templates=templates,
        start=next((each["text"] for each in templates if each["id"] == picked), ""),
        picked=picked,
        told=len({each["person"] for each in chosen if each["person"]}),
        sealed=sum(each["sealed"] for each in chosen),
        states=flow.OPINION_STATES,
        form=form,
    )


@get("/desk/{draft:int}/answer", guards=[requires(MANAGE)])
async def show_many(request: Request, draft: FromPath[int]) -> Response:
    """Several opinions to get one answer."""
    ids = [number_of(each) or 0 for each in request.query_params.getall("id", [])]
    return await _many_page(request, draft, ids[: answering.AT_ONCE])


@post("/desk/{draft:int}/answer", guards=[requires(MANAGE)])
async def answer_many(request: Request, draft: FromPath[int]) -> Response:
    """One answer to all of them."""
    who = visitor(request)
    form = await bind(request, AnswerForm)
    key = str(form.raw.get("_once") or "")
    if form.ok:
        path = f"/opinions/desk/{draft}/opinions"
        try:
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                told = await answering.answer(who, draft, form.value.id, form.value.answer)
                await remember_once(request, key, path)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            number = len(set(form.value.id))
            return redirect(request, path, message=f"{number} 件意见已答复，通知了 {told} 人。")
    raw = form.raw.get("id") or []
    ids = [number_of(str(each)) or 0 for each in (raw if isinstance(raw, list) else [raw])]
    return await _many_page(request, draft, ids, form, 422)


# --- one opinion ---------------------------------------------------------------------------------


async def opinion_page(
    request: Request,
    opinion: int,
    *,
    which: str = "",
    form: Bound[Any] | None = None,
    status: int = 200,
) -> Response:
    """The opinion, its article then and now, colleagues' remarks and the counts on one page."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.find_opinion(opinion, who.scope)
        if found is None:
            raise NotFound
        draft = await drafts.need(found["draft"], who)
        files = (await queries.files_of([opinion])).get(opinion, [])
        notes = await queries.notes_of(opinion)
        measures = await queries.measures_of(opinion)
        former = await queries.former_of(opinion)
        counts = await queries.counts_of(draft["id"])
        counted = await queries.by_article(draft["id"])
        templates = await queries.templates_of(who.scope)
        then = articles_in(await queries.version_of(draft["id"], found["version"]))
        now = articles_in(await queries.version_of(draft["id"], draft["current"]))
        same = await queries.on_article(draft["id"], articles.article_of(found["article"]), opinion)
        opening = await opening_about(OPINION, opinion) if found["sealed"] else None
        turn = await hold(ref(OPINION, opinion), who)
    for each in files:
        each["url"] = f"/opinions/opinion/{opinion}/files/{each['id']}"
    for each in measures:
        each["words"] = flow.ACTS[each["kind"]]
    in_force = [each["kind"] for each in measures if each["decided"] not in ("lift", "settled")]
    picked = number_of(request.query_params.get("template", "")) or 0
    was, current = articles.find(then, found["article"]), articles.find(now, found["article"])
    return page(
        request,
        "opinions/opinion.html",
        status=status,
        it=found,
        draft=draft,
        said_at=clock.told_by_phone(found["said_at"]),
        author=queries.author_words(found) if found["sealed"] else found["person_name"],
        files=files,
        notes=notes,
        measures=measures,
        former=former,
        counts=counts,
        on_article=counted.get(articles.article_of(found["article"]), 0),
        same=same,
        templates=templates,
        start=next((e["text"] for e in templates if e["id"] == picked), found["answer"]),
        was=_words(was),
        current=_words(current),
        current_label=articles.label_of(now, found["article"]),
        opening=opening,
        turn=turn,
        not_answer=flow.why_not_answer(found["state"], draft["state"]),
        cannot={
            act: flow.why_not_moderate(act, found["state"], draft["state"], in_force)
            for act in flow.MEASURES
        },
        form_of=lambda name: form if name == which else None,
        states=flow.OPINION_STATES,
        chips=flow.OPINION_CHIPS,
        standings=articles.STANDINGS,
        draft_states=flow.STATES,
    )


def _words(found: tuple[articles.Article, articles.Clause | None] | None) -> str:
    if found is None:
        return ""
    return found[1].text if found[1] else found[0].text


@get("/opinion/{opinion:int}", guards=[requires(MANAGE)])
async def show_opinion(request: Request, opinion: FromPath[int]) -> Response:
    """The answer page."""
    return await opinion_page(request, opinion)


@get("/opinion/{opinion:int}/files/{attachment:int}", guards=[requires(MANAGE)])
async def show_file(
    request: Request, opinion: FromPath[int], attachment: FromPath[int]
) -> Response:
    """A photo or recording of an opinion, for the office that asked and no other."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.find_opinion(opinion, who.scope)
        if found is None:
            raise NotFound
        await drafts.need(found["draft"], who)
        files = (await queries.files_of([opinion])).get(opinion, [])
        wanted = next((each for each in files if each["id"] == attachment), None)
        if wanted is None:
            raise NotFound
        opened = await open_(wanted["file"])
    return send_file(request, opened, original=False)


@post("/opinion/{opinion:int}/answer", guards=[requires(MANAGE)])
async def answer_one(request: Request, opinion: FromPath[int]) -> Response:
    """答复."""
    who = visitor(request)
    form = await bind(request, AnswerForm)
    if not form.ok:
        return await opinion_page(request, opinion, which="answer", form=form, status=422)
    async with transaction(who.scope):
        _, draft = await own_opinion(who, opinion)
        await answering.answer(who, draft["id"], [opinion], form.value.answer)
    return redirect(request, f"/opinions/opinion/{opinion}", message="已答复。")


@post("/opinion/{opinion:int}/notes", guards=[requires(MANAGE)])
async def add_note(request: Request, opinion: FromPath[int]) -> Response:
    """内部备注."""
    who = visitor(request)
    form = await bind(request, NoteForm)
    if not form.ok:
        return await opinion_page(request, opinion, which="note", form=form, status=422)
    async with transaction(who.scope):
        await answering.note(who, opinion, form.value.text)
    return redirect(request, f"/opinions/opinion/{opinion}", message="备注已添加。")


@post("/opinion/{opinion:int}/transcript", guards=[requires(MANAGE)])
async def add_transcript(request: Request, opinion: FromPath[int]) -> Response:
    """What is said in the recording."""
    who = visitor(request)
    form = await bind(request, TranscriptForm)
    if not form.ok:
        return await opinion_page(request, opinion, which="transcript", form=form, status=422)
    async with transaction(who.scope):
        await answering.transcribe(who, opinion, form.value.transcript)
    return redirect(request, f"/opinions/opinion/{opinion}", message="录音内容已保存。")


async def _moderate(
    request: Request, opinion: int, kind: str, form: Bound[Any], words: str = ""
) -> Response:
    who = visitor(request)
    if form.ok:
        try:
            async with transaction(who.scope):
                await moderating.moderate(who, opinion, kind, form.value.reason, words=words)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(
                request,
                f"/opinions/opinion/{opinion}",
                message=f"{flow.ACTS[kind]}：已记录，作者能看到理由和申诉的日期。",
            )
    return await opinion_page(request, opinion, which=kind, form=form, status=422)


@post("/opinion/{opinion:int}/measures/{kind:str}", guards=[requires(MANAGE)])
async def take_measure(request: Request, opinion: FromPath[int], kind: FromPath[str]) -> Response:
    """退回作者, 不予公布, 移除, 遮盖, 审核说明."""
    if kind in SIMPLE:
        return await _moderate(request, opinion, kind, await bind(request, MeasureForm))
    if kind == "censor":
        form = await bind(request, CensorForm)
        return await _moderate(request, opinion, kind, form, form.value.passage if form.ok else "")
    if kind == "statement":
        said = await bind(request, StatementForm)
        return await _moderate(
            request, opinion, kind, said, said.value.statement if said.ok else ""
        )
    raise NotFound


@post("/opinion/{opinion:int}/decide/{measure:int}/{how:str}", guards=[requires(MANAGE)])
async def decide_measure(
    request: Request, opinion: FromPath[int], measure: FromPath[int], how: FromPath[str]
) -> Response:
    """恢复 or 维持."""
    who = visitor(request)
    form = await bind(request, DecideForm)
    if not form.ok:
        return await opinion_page(request, opinion, which=f"{how}-{measure}", form=form, status=422)
    async with transaction(who.scope):
        await moderating.decide(who, opinion, measure, how, form.value.decision)
    return redirect(request, f"/opinions/opinion/{opinion}", message="已记录，作者能看到。")


@post("/opinion/{opinion:int}/identity", guards=[requires(MANAGE)])
async def ask_identity(request: Request, opinion: FromPath[int]) -> Response:
    """Ask the custodians to open a sealed identity."""
    who = visitor(request)
    form = await bind(request, MeasureForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                await moderating.ask_identity(who, opinion, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(
                request, f"/opinions/opinion/{opinion}", message="已申请，等两位保管人同意。"
            )
    return await opinion_page(request, opinion, which="identity", form=form, status=422)


# --- text templates ------------------------------------------------------------------------------


async def _templates_page(
    request: Request, form: Bound[TemplateForm] | None = None, which: int = 0, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        await office_of(who)
        found = await queries.templates_of(who.scope)
    return page(
        request, "opinions/templates.html", status=status, rows=found, form=form, which=which
    )


@get("/desk/templates", guards=[requires(MANAGE)])
async def show_templates(request: Request) -> Response:
    """The office's text templates."""
    return await _templates_page(request)


@post("/desk/templates", guards=[requires(MANAGE)])
async def add_template(request: Request) -> Response:
    """A new one."""
    return await _save_template(request, 0)


@post("/desk/templates/{template:int}", guards=[requires(MANAGE)])
async def change_template(request: Request, template: FromPath[int]) -> Response:
    """A changed one."""
    return await _save_template(request, template)


async def _save_template(request: Request, template: int) -> Response:
    who = visitor(request)
    form = await bind(request, TemplateForm)
    if not form.ok:
        return await _templates_page(request, form, template, 422)
    async with transaction(who.scope):
        await answering.save_template(who, form.value.title, form.value.text, template)
    return redirect(request, "/opinions/desk/templates", message="模板已保存。")


@post("/desk/templates/{template:int}/drop", guards=[requires(MANAGE)])
async def drop_template(request: Request, template: FromPath[int]) -> Response:
    """Throw one away."""
    who = visitor(request)
    async with transaction(who.scope):
        await answering.drop_template(who, template)
    return redirect(request, "/opinions/desk/templates", message="模板已删除。")


ROUTES_ANSWERING = (
    list_opinions,
    show_many,
    answer_many,
    show_opinion,
    show_file,
    answer_one,
    add_note,
    add_transcript,
    take_measure,
    decide_measure,
    ask_identity,
    show_templates,
    add_template,
    change_template,
    drop_template,
)
