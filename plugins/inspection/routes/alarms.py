# SPDX-License-Identifier: Apache-2.0
"""Pages of the inspection engine: the alarm centre, one alarm, why a case did or did not alarm."""

import re
from typing import Any

from litestar.params import FromPath, FromQuery
from litestar.response import Response as RawResponse

from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound
from core.api.facts import SubjectRef, history
from core.api.turns import holds
from core.api.web import (
    Bound,
    Request,
    Response,
    actions_for,
    bind,
    describe,
    export,
    get,
    is_htmx,
    note_export,
    number_of,
    page,
    partial,
    post,
    printed,
    redirect,
    wants_xlsx,
)
from plugins.inspection import queries
from plugins.inspection.forms import EndForm, SilenceForm
from plugins.inspection.routes.words import kind_titles
from plugins.inspection.rules import telling
from plugins.inspection.rules.engine import worst
from plugins.inspection.rules.proof import unpack
from plugins.inspection.services.exporting import export_cases
from plugins.inspection.services.judging import ALARM, CASE, verdicts_of
from plugins.inspection.services.proving import judge_proof_again
from plugins.inspection.services.silences import declare_silence, end_silence

READ = "inspection.alarm.read"
WHY = "inspection.case.why"
SILENCE = "inspection.alarm.silence"
ORDER = "orders.order"

STATE_CHIPS = {
    "raised": "new",
    "supervised": "doing",
    "explained": "replied",
    "revoked": "revoked",
    "upheld": "upheld",
}
EXPORTED_AT_ONCE = 2000


@get("/alarms", guards=[requires(READ)])
async def list_alarms(request: Request) -> Response:
    """报警中心: tabs, filters, lamps, and buttons other plugins bring."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await queries.ALARMS.export(request, who.scope)
            return await export(request, queries.ALARMS, found)
        listing = await queries.ALARMS.page(request, who.scope, tab_counts=True)
        lamps = await queries.lamp_counts(listing.params, who.scope)
        held = await _holds(listing.rows, who)
    return page(
        request,
        "inspection/alarms.html",
        listing=listing,
        lamps=lamps,
        holds=held,
        kinds=kind_titles(),
        states=queries.STATE_TITLES,
        chips=STATE_CHIPS,
        actions=actions_for(request, ALARM, many=True),
    )


async def _holds(rows: Any, who: Visitor) -> dict[int, Any]:
    """Whose turn it is on the orders the alarms stand under."""
    refs = {r["id"]: SubjectRef(ORDER, r["order_id"]) for r in rows if r["order_id"]}
    found = await holds(list(refs.values()), who)
    return {alarm: found[ref][0] for alarm, ref in refs.items() if found.get(ref)}


@get("/alarms/{alarm:int}", guards=[requires(READ)])
async def show_alarm(request: Request, alarm: FromPath[int]) -> Response:
    """One alarm: the sentence, its life, the proof, why, the law, the way out."""
    return await _alarm_page(request, alarm)


@get("/alarms/{alarm:int}/print", guards=[requires(READ)])
async def print_proof(request: Request, alarm: FromPath[int]) -> Response:
    """The proof on paper (C4-08): what the verdict rests on, its hash, the head of the record."""
    return await _alarm_page(request, alarm, paper=True)


@post("/alarms/{alarm:int}/judge", guards=[requires(READ)])
async def judge_again(request: Request, alarm: FromPath[int]) -> Response:
    """Judge the sealed proof again and say whether the verdict is the same."""
    who = visitor(request)
    async with transaction(who.scope):
        if await queries.find_alarm(alarm, who.scope) is None:
            raise NotFound
        again = await judge_proof_again(who, alarm)
    result = {
        "same": again.same,
        "colour": again.verdict.colour if again.verdict else "",
        "reason": again.reason,
        "by": who.name,
    }
    if is_htmx(request):
        return partial(request, "inspection/_again.html", again=result)
    return await _alarm_page(request, alarm, again=result)


async def _alarm_page(
    request: Request, alarm: int, *, again: dict[str, Any] | None = None, paper: bool = False
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.find_alarm(alarm, who.scope)
        if found is None:
            raise NotFound
        refs = [SubjectRef(CASE, found["case_id"])]
        if found["order_id"]:
            refs.append(SubjectRef(ORDER, found["order_id"]))
        labels = await describe(refs, who.scope, who.permissions)
        acts = await history(SubjectRef(ALARM, alarm))
        corrections = await queries.corrections_of(alarm)
        hold = (await _holds([found], who)).get(alarm)
        silence = await queries.silence_of(found["silence"]) if found["silence"] else None
        title = f"报警证明 {found['case_number']} {found['headline']}"
        seal = await printed(request, "inspection.proof", title) if paper else None
    proof = unpack(found["proof"])
    verdict = proof.verdict
    return page(
        request,
        "inspection/alarm_print.html" if paper else "inspection/alarm.html",
        alarm=found,
        said=telling.sentence_parts(verdict),
        verdict=verdict,
        proof=proof,
        kind=kind_titles()[found["kind"]],
        state_words=queries.STATE_TITLES[found["state"]],
        chip="returned" if found["returned"] else STATE_CHIPS[found["state"]],
        lived=_life(found, acts, hold),
        equation=telling.equation(verdict),
        reasons=telling.checks(verdict),
        events=[
            {
                "at": e.at,
                "title": telling.event_words(e),
                "who": telling.event_who(e),
                "files": telling.event_files(e),
            }
            for e in proof.events
        ],
        case=labels.get(refs[0]),
        order=labels.get(refs[1]) if len(refs) > 1 else None,
        holder=hold,
        corrections=corrections,
        silence=silence,
        again=again,
        actions=actions_for(request, ALARM, many=False) if found["state"] == "raised" else [],
        many=actions_for(request, ALARM, many=True) if found["state"] == "raised" else [],
        back=f"/inspection/alarms/{alarm}",
        seal=seal,
    )


def _life(found: dict[str, Any], acts: Any, hold: Any) -> list[dict[str, Any]]:
    """The strip under the sentence: what is done, where it stands, what comes."""
    when: dict[str, Any] = {}
    for fact in acts:
        when[fact.kind.removeprefix("inspection.alarm_")] = fact.at
    state = found["state"]
    stage = {"raised": 0, "supervised": 1, "explained": 2, "revoked": 3, "upheld": 3}[state]
    ending = "维持" if state == "upheld" else "撤销" if state == "revoked" else "撤销或维持"
    waits = hold["note"] if hold else ""
    return [
        {"title": "报警", "at": found["raised_at"], "state": "done"},
        {
            "title": "发起督办",
            "at": when.get("supervised") if stage >= 1 else None,
            "note": found["order_number"],
            "state": "done" if stage >= 1 else "now",
        },
        {
            "title": "回复说明",
            "at": when.get("explained") if stage >= 2 else None,
            "note": "已退回，重新说明" if found["returned"] and stage == 1 else waits,
            "state": "done" if stage >= 2 else "now" if stage == 1 else "next",
        },
        {
            "title": ending,
            "at": when.get(state) if stage == 3 else None,
            "note": "" if stage == 3 else "由监察机关决定",
            "state": "done" if stage == 3 else "now" if stage == 2 else "next",
        },
    ]


# Why ------------------------------------------------------------------------------------------


@get("/cases/{case:int}/why", guards=[requires(WHY)])
async def why(request: Request, case: FromPath[int], step: FromQuery[str] = "") -> Response:
    """Every point of the case, or of one step, with its result and its reason."""
    who = visitor(request)
    ref = SubjectRef(CASE, case)
    async with transaction(who.scope):
        verdicts, events, _ = await verdicts_of(case)
        if not events:
            raise NotFound
        alarms = {a["id"]: a for a in await queries.alarms_of_case(case, who.scope)}
        by_key = await queries.alarm_keys(case, who.scope)
        label = (await describe([ref], who.scope, who.permissions)).get(ref)
        points = await queries.points_of_case(events)
    verdicts = telling.in_one_version(verdicts)
    groups = telling.by_step(verdicts, points, kind_titles())
    for group in groups:
        for line in group["lines"]:
            line["alarm"] = by_key.get(line["key"])
    steps = [(g["key"], g["title"]) for g in groups]
    counts = {
        result: sum(v.result == result for v in verdicts)
        for result in ("fired", "passed", "undecided", "not_applicable")
    }
    return page(
        request,
        "inspection/why.html",
        case=case,
        label=label,
        groups=[g for g in groups if not step or g["key"] == step],
        step_links=steps,
        step=step,
        counts=counts,
        alarms=alarms,
        number=next((e.case_number for e in events if e.case_number), ""),
    )


@get("/panels/case/{case:int}", guards=[requires(READ)])
async def case_panel(request: Request, case: FromPath[int]) -> Response:
    """监察结果 on the page of a case."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.alarms_of_case(case, who.scope)
        verdicts, _, _ = await verdicts_of(case)
    said = telling.in_one_version(verdicts)
    return partial(
        request,
        "inspection/_panel.html",
        case=case,
        alarms=found,
        passed=sum(v.result == "passed" for v in said),
        halted=next((v.reason for v in said if v.detail.get("paused")), ""),
        worst=worst([a["colour"] for a in found if a["state"] != "revoked"]),
        kinds=kind_titles(),
        states=queries.STATE_TITLES,
        chips=STATE_CHIPS,
        may_ask=who.may(WHY),
    )


@get("/cards/board", guards=[requires(READ)])
async def board_card(request: Request) -> Response:
    """Open lamps by unit."""
    who = visitor(request)
    async with transaction(who.scope):
        units = await queries.board(who.scope)
    return partial(request, "inspection/_board.html", units=units)


# Export ---------------------------------------------------------------------------------------


@get("/cases/{name:str}", guards=[requires(WHY)])
async def export_case(request: Request, name: FromPath[str]) -> Response:
    """One case as XES: ``/inspection/cases/7.xes``."""
    match = re.fullmatch(r"(\d{1,18})\.xes", name)
    if match is None:
        raise NotFound
    return await _xes(request, [int(match.group(1))], f"case-{match.group(1)}.xes")


@get("/cases.xes", guards=[requires(WHY)])
async def export_many(request: Request) -> Response:
    """Chosen cases (``?id=1&id=2``), or all judged cases inside the scope, as one log."""
    asked = request.query_params.getall("id", [])
    chosen = [n for each in asked if (n := number_of(each)) is not None]
    return await _xes(request, chosen, "cases.xes")


async def _xes(request: Request, cases: list[int], name: str) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        chosen = cases or await queries.judged_cases(who.scope, EXPORTED_AT_ONCE)
        chosen = list(dict.fromkeys(chosen))[:EXPORTED_AT_ONCE]
        text = "".join([part async for part in export_cases(chosen)])
        # In an attribute the sign would be escaped, so this counts the cases and nothing else.
        exported = text.count("<trace>")
        if exported or not cases:
            asked = "、".join(str(case) for case in chosen[:50]) if cases else ""
            await note_export(
                request,
                "inspection.log",
                "事件日志",
                form="XES",
                rows=exported,
                conditions=f"案件编号 {asked}" if asked else "全部判断过的案件",
            )
    if cases and not exported:
        raise NotFound
    return RawResponse(
        text.encode(),
        media_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# Silences -------------------------------------------------------------------------------------


@get("/silences", guards=[requires(SILENCE)])
async def list_silences(request: Request) -> Response:
    """Silences in force and past, with author, reason and end."""
    return await _silences_page(request)


@post("/silences", guards=[requires(SILENCE)])
async def add_silence(request: Request) -> Response:
    """Declare a silence."""
    who = visitor(request)
    form = await bind(request, SilenceForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                await declare_silence(who, form.value)
        except Invalid as error:
            for field, text in error.errors.items():
                form.error(field, text)
        else:
            return redirect(request, "/inspection/silences", message="静默已设置。")
    return await _silences_page(request, form=form, status=422)


@post("/silences/{silence:int}/end", guards=[requires(SILENCE)])
async def stop_silence(request: Request, silence: FromPath[int]) -> Response:
    """End a silence early."""
    who = visitor(request)
    form = await bind(request, EndForm)
    if not form.ok:
        return await _silences_page(request, end_form=form, ending=silence, status=422)
    async with transaction(who.scope):
        await end_silence(who, silence, form.value.reason)
    return redirect(request, "/inspection/silences", message="静默已结束。")


async def _silences_page(
    request: Request,
    *,
    form: Bound[SilenceForm] | None = None,
    end_form: Bound[EndForm] | None = None,
    ending: int = 0,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        running = await queries.silences(who.scope, ended=False)
        ended = await queries.silences(who.scope, ended=True)
        items = await queries.items_with_points(who.scope)
    options = [(str(i["item"]), i["title"]) for i in items]
    points = [
        (i["title"], [(p["key"], p.get("title") or p["key"]) for p in i["points"] or ()])
        for i in items
    ]
    return page(
        request,
        "inspection/silences.html",
        status=status,
        running=running,
        ended=ended,
        items=options,
        point_groups=points,
        form=form,
        end_form=end_form,
        ending=ending,
        asked={k: request.query_params.get(k, "") for k in ("item", "point", "case")},
    )


ROUTES = [
    list_alarms,
    show_alarm,
    print_proof,
    judge_again,
    why,
    case_panel,
    board_card,
    export_many,
    export_case,
    list_silences,
    add_silence,
    stop_silence,
]
