# SPDX-License-Identifier: Apache-2.0
"""The list of matters, one matter, its team, findings, re-check and end."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import NotFound
from core.api.facts import history
from core.api.search import page_of_number
from core.api.turns import holds
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
    wants_xlsx,
)
from plugins.supervision.forms import OrganForm, PersonForm, ReasonForm, RecuseForm, TextForm
from plugins.supervision.queries import matters as reading
from plugins.supervision.routes.shared import (
    WORDS,
    actor,
    attempt,
    first_mine,
    keyed,
    manages,
    sections,
    source_path_of,
    story,
    typed,
)
from plugins.supervision.rules import items as lists
from plugins.supervision.rules import papers as rules
from plugins.supervision.rules.kinds import ENDED, MANAGE, READ
from plugins.supervision.services import campaigns, checking, opening
from plugins.supervision.services.base import (
    as_items,
    climbed,
    failed_in,
    find_matter,
    items_of,
    members_of,
    papers_of,
    path_of,
    ref,
)
from plugins.supervision.showing import ladder_of, papers_shown

ASSISTING = "an assisting organ reads the matter it assists with"

CHOSEN, NOTE = 20, 300
"""Characters of a choice and of the words beside it, as the pages say."""


@get("/", guards=[requires(READ)])
async def list_matters(request: Request) -> Response:
    """The matters of the region; what is this organ's turn first."""
    return await matters_page(request)


async def matters_page(
    request: Request, status: int = 200, *, suggestion: int = 0, aside: Bound[Any] | None = None
) -> Response:
    """The list; ``aside`` is a suggestion's refused 不启动, shown where it was typed."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await reading.MATTERS.export(request, who.scope)
            return await export(request, reading.MATTERS, found)
        listing = await reading.MATTERS.page(request, who.scope, tab_counts=True)
        balls = await holds([ref(row["id"]) for row in listing.rows], who)
        suggested = await reading.suggestions(who.scope) if manages(who) else []
        if aside is not None and suggestion not in [each["id"] for each in suggested]:
            raise NotFound("没有这条监督建议，或者已经处理。")
        assisted = await reading.assisted_by(who.scope, (await actor(request)).organ)
    for row in listing.rows:
        row["hold"] = first_mine(balls.get(ref(row["id"]), []))
    return page(
        request,
        "supervision/list.html",
        status=status,
        listing=listing,
        refused=suggestion,
        aside=aside,
        suggested=suggested,
        assisted=assisted,
        sections=sections(who, "matters"),
        manages=manages(who),
        **WORDS,
    )


@get("/card", guards=[requires(READ)])
async def card(request: Request) -> Response:
    """Where matters stand, for the home page."""
    who = visitor(request)
    async with transaction(who.scope):
        figures = await reading.figures(who.scope)
    return partial(request, "supervision/_card.html", figures=figures)


async def _matter_page(
    request: Request, matter: int, status: int = 200, **forms: Bound[Any]
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_matter(matter, who.scope)
        own = (await actor(request)).organ
        lead = found is not None and found["organ"] == own
        if found is None:
            helping = await reading.assists_of(matter=matter)
            if own not in [each["organ"] for each in helping]:
                raise NotFound("没有找到这件监督，或者不在你的管理范围内。")
        scope = who.scope if found is not None else Scope.platform(ASSISTING).read_only()
        async with transaction(scope):
            found = found or await find_matter(matter, scope)
            if found is None:
                raise NotFound
            known, standing = await papers_of(matter), await items_of(matter)
            members = await members_of(matter)
            findings = await reading.findings_of(matter)
            told = await history(ref(matter))
            shown = await papers_shown(known)
        async with transaction(Scope.platform(ASSISTING).read_only()):
            assists = await reading.assists_of(matter=matter)
        balls = (await holds([ref(matter)], who)).get(ref(matter), [])
        source_path = await source_path_of(found, who)
        if not source_path and found["trigger"]:
            source_path = await page_of_number(request, found["source"])
        case_path = await page_of_number(request, found["case_number"])
        act = lead and manages(who) and found["state"] not in ENDED
        inspectors = await reading.inspectors_of(who.scope) if act else []
        offices = await reading.offices_near(who.region.lo) if act else []
    failed = failed_in(standing)
    ladder = climbed(known)
    waits = bool(checking.open_papers(known)) or any(p["state"] == "replied" for p in known)
    return page(
        request,
        "supervision/detail.html",
        status=status,
        it=found,
        source_path=source_path,
        case_path=case_path,
        members=members,
        known=shown,
        standing=standing,
        flagged=[i.id for i in lists.flagged(as_items(standing))],
        findings=findings,
        assists=assists,
        story=story(told),
        holds=balls,
        ours=act,
        ladder=ladder_of(known),
        proposed=rules.next_rung(ladder, found["state"], failed),
        beside=[
            kind
            for kind in ("opinion", "talk", "bulletin")
            if not rules.why_not_issue(kind, ladder, found["state"], failed=failed)
        ],
        checkable=any(p["state"] == "replied" for p in known),
        cannot_close=lists.why_not_close(
            as_items(standing),
            issued=any(p["state"] != "withdrawn" for p in known),
            waits=waits,
        ),
        droppable=all(p["state"] == "withdrawn" for p in known),
        inspectors=[
            (str(i["person"]), f"{i['name']}（{i['card']}）")
            for i in inspectors
            if not i["withdrawn_at"] and i["person"] not in [m["person"] for m in members]
        ],
        offices=[each for each in offices if each[0] != str(found["organ"])],
        form_of=forms.get,
        **WORDS,
    )


@get("/{matter:int}", guards=[requires(READ)])
async def show_matter(request: Request, matter: FromPath[int]) -> Response:
    """One matter: whose turn, its documents, the list, the next act."""
    return await _matter_page(request, matter)


@post("/{matter:int}/members", guards=[requires(MANAGE)])
async def add_member(request: Request, matter: FromPath[int]) -> Response:
    """Another supervisor."""
    form = await bind(request, PersonForm)
    if form.ok:
        await attempt(form, opening.add_member(await actor(request), matter, form.value.person))
    if not form.ok:
        return await _matter_page(request, matter, 422, member=form)
    return redirect(request, path_of(matter), message="已增加监督人员。")


@post("/{matter:int}/recuse", guards=[requires(MANAGE)])
async def recuse(request: Request, matter: FromPath[int]) -> Response:
    """回避."""
    form = await bind(request, RecuseForm)
    if form.ok:
        value = form.value
        await attempt(
            form, opening.recuse(await actor(request), matter, value.person, value.reason)
        )
    if not form.ok:
        return await _matter_page(request, matter, 422, recuse=form)
    return redirect(request, path_of(matter), message="已记录回避。")


@post("/{matter:int}/assists", guards=[requires(MANAGE)])
async def add_assist(request: Request, matter: FromPath[int]) -> Response:
    """局所联动、所所联动."""
    form = await bind(request, OrganForm)
    if form.ok:
        await attempt(form, opening.add_assist(await actor(request), matter, form.value.organ))
    if "assists" in form.errors:
        form.error("organ", form.errors.pop("assists"))
    if not form.ok:
        return await _matter_page(request, matter, 422, organ=form)
    return redirect(request, path_of(matter), message="已增加协助机关。")


@post("/{matter:int}/findings", guards=[requires(MANAGE)])
async def note_findings(request: Request, matter: FromPath[int]) -> Response:
    """登记检查情况."""
    form = await bind(request, TextForm)
    results, notes = keyed(form, "result_", CHOSEN), keyed(form, "note_", NOTE)
    if form.ok:
        await attempt(form, campaigns.note_findings(await actor(request), matter, results, notes))
    if not form.ok:
        return await _matter_page(request, matter, 422, findings=form)
    return redirect(request, path_of(matter), message="检查情况已登记。")


@post("/{matter:int}/check", guards=[requires(MANAGE)])
async def check(request: Request, matter: FromPath[int]) -> Response:
    """复核."""
    form = await bind(request, TextForm)
    failed = None
    outcomes, remarks = typed(form, "outcome_", CHOSEN), typed(form, "remark_", NOTE)
    if form.ok:
        failed = await attempt(
            form,
            checking.check(
                await actor(request),
                matter,
                outcomes,
                remarks,
                form.value.text,
            ),
        )
    if not form.ok:
        return await _matter_page(request, matter, 422, check=form)
    words = f"复核完成，{failed} 项没有到位。" if failed else "复核完成，都已整改。"
    return redirect(request, path_of(matter), message=words)


@post("/{matter:int}/close", guards=[requires(MANAGE)])
async def close(request: Request, matter: FromPath[int]) -> Response:
    """办结."""
    form = await bind(request, TextForm)
    if form.ok:
        await attempt(form, checking.close(await actor(request), matter, form.value.text))
    if "outcome" in form.errors:
        form.error("text", form.errors.pop("outcome"))
    if not form.ok:
        return await _matter_page(request, matter, 422, close=form)
    return redirect(request, path_of(matter), message="监督已办结。")


@post("/{matter:int}/drop", guards=[requires(MANAGE)])
async def drop(request: Request, matter: FromPath[int]) -> Response:
    """终止."""
    form = await bind(request, ReasonForm)
    if form.ok:
        await attempt(form, opening.drop_matter(await actor(request), matter, form.value.reason))
    if not form.ok:
        return await _matter_page(request, matter, 422, drop=form)
    return redirect(request, path_of(matter), message="监督已终止。")


MATTERS = (
    list_matters,
    card,
    show_matter,
    add_member,
    recuse,
    add_assist,
    note_findings,
    check,
    close,
    drop,
)
