# SPDX-License-Identifier: Apache-2.0
"""The case page and what belongs to it: form, hint, earlier visits, print, time line."""

from collections.abc import Mapping
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import Visitor, by_the_page, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, JianduError, NotFound
from core.api.turns import hold, is_watched, unwatch, watch
from core.api.web import (
    Bound,
    Request,
    Response,
    actions_for,
    bind,
    get,
    is_htmx,
    masked,
    number_of,
    page,
    panels_for,
    partial,
    post,
    printed,
    redirect,
)
from plugins.cases.forms import NoFields, StepForm, VoidForm
from plugins.cases.queries import CaseFile, colleagues, party_of, path_of, subject_of, unit_names
from plugins.cases.routes import showing
from plugins.cases.routes.acting import acts_of
from plugins.cases.rules.definition import Step, class_title
from plugins.cases.rules.flow import CASE_STATES, OPEN, SUBMITTED, VISIT_STATES, may_act, ways_on
from plugins.cases.rules.money import show_money
from plugins.cases.rules.party import PARTY_KINDS, SOURCES, group_code
from plugins.cases.services import (
    Actor,
    Changed,
    Choice,
    Posting,
    Stopped,
    add_evidence,
    mark_seen,
    new_token,
    save_draft,
    submit_step,
    void_evidence,
)
from plugins.cases.services.officers import authorising_refusal
from plugins.cases.services.payments import account_of
from plugins.cases.services.records import correction_refusal, may_record
from plugins.cases.services.reopening import links_of
from plugins.cases.services.steps import recall_reason, reload
from plugins.cases.services.turns import APPROVING

READ = "cases.case.read"
HANDLE = "cases.case.handle"

UPLOAD_LIMIT = 400 * 1024 * 1024
"""A body-camera video of 300 MB with some room; what a control takes is checked on top."""
FORM_LIMIT = 16 * 1024 * 1024
"""A step's form brings no files. Its text is counted while it is read, and refused with a sentence
that loses nothing; this only keeps anything else from filling the disk."""


@get("/{case:int}", guards=[requires(READ)])
async def show_case(request: Request, case: FromPath[int]) -> Response:
    """The case: facts, flow, the open step's form, hint, officers, time line."""
    who = visitor(request)
    if HANDLE in who.permissions:
        await mark_seen(Actor.of(who), case)
    return await case_page(request, who, case)


async def case_page(
    request: Request,
    who: Visitor,
    case: int,
    *,
    typed: Bound[StepForm] | None = None,
    changed: Changed | None = None,
    status: int = 200,
) -> Response:
    """The page, with what was typed when a post could not be carried out."""
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        context = await _case_context(request, who, actor, file, typed, changed)
    return page(request, "cases/detail.html", status=status, **context)


async def _case_context(
    request: Request,
    who: Visitor,
    actor: Actor,
    file: CaseFile,
    typed: Bound[StepForm] | None,
    changed: Changed | None,
) -> dict[str, Any]:
    alarms = await showing.lamps_of(file, actor)
    hrefs = await showing.alarm_links(request, alarms)
    timeline = await showing.timeline_of(file, alarms, hrefs)
    visit = file.open_visit
    step = file.step
    hint = None
    work: dict[str, Any] = {"locked": ""}
    if visit is not None:
        work = await _work_of(file, actor, visit, step, typed, changed)
        if work["may_act"]:
            hint, attempt = await showing.hint_for(file, actor, visit, work["posting"])
            work["ways"] = attempt.ways
    party = await party_of(who.scope, file.id)
    return {
        "case": file.row,
        "file": file,
        "state_title": CASE_STATES.get(file.row["state"], ""),
        "class_title": class_title(file.row["power_class"]),
        "definition": file.definition,
        "source_title": dict(SOURCES).get(file.row["source"], ""),
        "party": party,
        "party_code": group_code(party.get("code") or ""),
        "step": step,
        "visit": visit,
        "position": [s.key for s in file.definition.ordered].index(step.key) + 1,
        "alarms": [a for a in alarms if a["state"] != "revoked"],
        "alarm_hrefs": hrefs,
        "flow_steps": showing.flow_of(file, alarms, hrefs, hint),
        "ledgers": await showing.ledgers_of(file),
        "signing": showing.signing_of(file, actor),
        "holding": await hold(file.subject, who),
        "hint_said": hint,
        "officers": showing.officers_shown(file, step) if visit is not None else [],
        "authorise_why": authorising_refusal(file, actor, step),
        "timeline_items": timeline[:12],
        "timeline_count": len(timeline),
        "watched": await is_watched(who.user_id, file.subject),
        "may_watch": who.may("cases.case.watch"),
        "acts": acts_of(file, actor, recall_why=recall_reason(file, actor)),
        "panels": panels_for(request, "cases.case"),
        "actions": actions_for(request, "cases.case", many=False),
        "subject_id": file.id,
        "decision": file.row["decision"],
        "account": account_of(file, clock.today())
        if (file.row["decision"] or {}).get("amount")
        else None,
        "show_money": show_money,
        "links": await links_of(actor, file.id),
        "changed": changed,
        **work,
    }


async def _work_of(
    file: CaseFile,
    actor: Actor,
    visit: dict[str, Any],
    step: Step,
    typed: Bound[StepForm] | None,
    changed: Changed | None,
) -> dict[str, Any]:
    """The open step's form: to be filled in by who may, to be read by everybody else."""
    officers = file.officers_of(step.key, clock.today())
    locked = may_act(
        step,
        actor.person,
        authorised={o["person"] for o in officers},
        opened_by=file.row["opened_by"],
        permissions=actor.permissions,
        names=[o["name"] for o in officers],
    )
    if HANDLE not in actor.permissions:
        locked = "你现在的角色只能查看案件。"
    if file.row["state"] == "suspended":
        locked = f"案件已中止（{file.row['suspend_reason']}），恢复办理后才能填写。"
    if any(r["person"] == actor.person for r in file.recusals):
        locked = "你已经申请回避，不能再办理本案。"
    raw = visit["draft"] or {}
    form = showing.bound_of(raw)
    version = visit["version"]
    chosen: list[int] = []
    if typed is not None:
        form = Bound(StepForm, raw={**form.raw, **typed.raw}, errors=typed.errors)
        raw = showing.typed_of(file.definition, step, typed.raw)
        chosen = [n for v in typed.all("next_officers") if (n := number_of(v)) is not None]
        if changed is None and number_of(typed.raw.get("version", "")) is not None:
            version = int(typed.raw["version"])
    ways = ways_on(file.definition, step.key, _values(file, step, raw))
    to = file.definition.find_step(ways[0].to) if ways else None
    return {
        "locked": locked,
        "may_act": not locked,
        "form": form,
        "form_title": file.definition.form_of(step).title,
        "form_version": file.definition.form_of(step).version,
        "controls": showing.controls_of(file, step, _values(file, step, raw)),
        "evidence": showing.evidence_controls(file, visit, open_for_all=not locked),
        "has_payments": bool(file.definition.form_of(step).of_type("payment")),
        "version": version,
        "token": new_token(),
        "ways": ways,
        "to": to,
        "to_approving": bool(to and to.kind in APPROVING),
        "next_people": await _next_people(actor, file, to) if not locked and to else [],
        "next_chosen": chosen
        or ([o["person"] for o in file.officers_of(to.key, clock.today())] if to else []),
        "posting": Posting(
            visit=visit["id"],
            version=version,
            raw=raw,
            to=None if typed is None else _way_of(typed),
            officers=tuple(Choice(p) for p in chosen),
        ),
        "prefix": showing.PREFIX,
    }


def _values(file: CaseFile, step: Step, raw: Mapping[str, Any]) -> dict[str, Any]:
    from plugins.cases.rules.entry import parse_entry

    return parse_entry(file.definition, step, raw, clock.today()).values


def _way_of(form: Bound[StepForm]) -> str | None:
    """The way chosen, when the form offered a choice; ``None`` where there was none."""
    if str(form.raw.get("chosen_way") or "") not in ("1", "true"):
        return None
    way = form.raw.get("to")
    return None if way is None or way == "" else ("" if way == "end" else str(way))


async def _next_people(actor: Actor, file: CaseFile, to: Step) -> list[tuple[int, str]]:
    people = await colleagues(actor.scope, file)
    units = await unit_names([p.organisation for p in people])
    standing = {o["person"]: o for o in file.officers_of(to.key, clock.today())}
    known = {o["person"]: o for o in file.officers}
    said = []
    for p in people:
        o = standing.get(p.id) or known.get(p.id)
        bad = f"（不合格：{o['reason']}）" if o is not None and not o["qualified"] else ""
        said.append((p.id, f"{p.name}　{units.get(p.organisation, '')}{bad}"))
    return said


# --- saving and submitting -------------------------------------------------------------------------


async def _posting(
    request: Request, who: Visitor, case: int, visit: int
) -> tuple[Bound[StepForm], Posting]:
    form = await bind(request, StepForm)
    async with transaction(who.scope):
        file = await reload(Actor.of(who), case)
    found = file.visit(visit)
    if found is None:
        raise NotFound("没有找到这一次办理。")
    step = file.definition.step(found["step"])
    typed = form.value if form.ok else StepForm(version=-1)
    lead = typed.next_lead
    people = list(dict.fromkeys([*([lead] if lead else []), *typed.next_officers]))
    return form, Posting(
        visit=visit,
        version=typed.version,
        raw=showing.typed_of(file.definition, step, form.raw),
        token=typed.token,
        to=_way_of(form),
        officers=tuple(Choice(p, "lead" if p == lead else "assist") for p in people),
    )


@post("/{case:int}/steps/{visit:int}", guards=[requires(HANDLE)], request_max_body_size=FORM_LIMIT)
async def post_step(request: Request, case: FromPath[int], visit: FromPath[int]) -> Response:
    """Save the draft or submit the step; on any refusal the page comes back with all that was typed."""
    who = visitor(request)
    actor = Actor.of(who)
    form, posting = await _posting(request, who, case, visit)
    saving = form.raw.get("act") == "save"
    try:
        if saving:
            await save_draft(actor, case, posting)
            return redirect(request, path_of(case), message="草稿已存。")
        done = await submit_step(actor, case, posting)
    except Changed as changed:
        return await case_page(request, who, case, typed=form, changed=changed, status=409)
    except Stopped as stopped:
        form.error("", str(stopped))
        return await case_page(request, who, case, typed=form, status=409)
    except Invalid as error:
        for name, sentence in error.errors.items():
            around = name in ("to", "officers")
            form.error(
                "next_officers"
                if name == "officers"
                else name
                if around
                else showing.PREFIX + name,
                sentence,
            )
        return await case_page(request, who, case, typed=form, status=422)
    return redirect(request, path_of(case), message=_said(done))


def _said(done: Any) -> dict[str, str]:
    if done.repeated:
        return {"text": "这个环节已经提交过了，没有重复提交。"}
    text = "案件已办结。" if done.closed else f"已提交，进入{done.to_title}。"
    if done.lamp == "red":
        return {"text": f"{text}报了红灯，请看案件状态。", "tone": "red"}
    if done.lamp == "yellow":
        return {"text": f"{text}有黄灯，请看案件状态。", "tone": "red"}
    return {"text": text}


@post("/{case:int}/steps/{visit:int}/hint", guards=[requires(HANDLE)], opt=by_the_page())
async def show_hint(request: Request, case: FromPath[int], visit: FromPath[int]) -> Response:
    """若现在提交: the verdict on what stands in the form at this moment; nothing is stored."""
    who = visitor(request)
    actor = Actor.of(who)
    _form, posting = await _posting(request, who, case, visit)
    async with transaction(who.scope):
        file = await reload(actor, case)
        found = file.visit(visit)
        if found is None or found["state"] != OPEN:
            # Asked by a timer of the page while the step was being submitted: nothing to say.
            return Response(None, status_code=204)
        hint, _attempt = await showing.hint_for(file, actor, found, posting)
    if not is_htmx(request):
        return redirect(request, path_of(case))
    return partial(request, "cases/_hint.html", hint_said=hint, swap=True)


# --- evidence ----------------------------------------------------------------------------------------


@post(
    "/{case:int}/visits/{visit:int}/evidence/{control:str}",
    guards=[requires(HANDLE)],
    request_max_body_size=UPLOAD_LIMIT,
)
async def upload_evidence(
    request: Request, case: FromPath[int], visit: FromPath[int], control: FromPath[str]
) -> Response:
    """Bind files to a control; htmx gets the control again, a plain form the page."""
    who = visitor(request)
    actor = Actor.of(who)
    form = await bind(request, NoFields)
    await add_evidence(actor, case, visit, control, form.files.get("file", []))
    if not is_htmx(request):
        return redirect(request, _back(case, visit, request), message="证据已上传。")
    async with transaction(who.scope):
        file = await reload(actor, case)
        found = file.visit(visit)
        assert found is not None
        known = file.definition.form_of(file.definition.step(found["step"])).control(control)
        assert known is not None
        shown = showing.evidence_of(file, found, known, open_for_all=True)
    return partial(request, "cases/_evidence.html", e=shown)


def _back(case: int, visit: int, request: Request) -> str:
    came = request.headers.get("referer", "")
    return path_of(case, "visits", str(visit)) if f"/visits/{visit}" in came else path_of(case)


@post("/{case:int}/evidence/{evidence:int}/void", guards=[requires(HANDLE)])
async def void_piece(request: Request, case: FromPath[int], evidence: FromPath[int]) -> Response:
    """作废: the file stays in the file, marked, with the reason."""
    who = visitor(request)
    form = await bind(request, VoidForm)
    if not form.ok:
        raise Invalid(form.errors)
    await void_evidence(Actor.of(who), case, evidence, form.value.reason)
    return redirect(request, path_of(case), message="证据已作废，原件保留在案卷里。")


# --- reading -------------------------------------------------------------------------------------------


@get("/{case:int}/visits/{visit:int}", guards=[requires(READ)])
async def show_visit(request: Request, case: FromPath[int], visit: FromPath[int]) -> Response:
    """What was filled in at one entry of a step, also when it has been superseded since."""
    who = visitor(request)
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        found = file.visit(visit)
        if found is None:
            raise NotFound("没有找到这一次办理。")
        step = file.definition.step(found["step"])
        values = found["values"] or _values(file, step, found["draft"] or {})
        writable = HANDLE in actor.permissions and found["state"] in (OPEN, SUBMITTED)
        why = ""
        try:
            may_record(file, actor, step)
        except JianduError as error:
            why, writable = str(error), False
        controls = []
        for shown in showing.controls_of(file, step, values):
            control = file.definition.form_of(step).control(shown.c["key"])
            ok = writable and found["state"] == SUBMITTED
            controls.append(
                {
                    "key": shown.c["key"],
                    "title": shown.c["title"],
                    "value": shown.value,
                    "correct": ok and not correction_refusal(file, step, control),
                }
            )
    return page(
        request,
        "cases/visit.html",
        case=file.row,
        step=step,
        visit=found,
        state_title=VISIT_STATES.get(found["state"], ""),
        form_title=file.definition.form_of(step).title,
        controls=controls,
        evidence=showing.evidence_controls(file, found, open_for_all=writable),
        why=why,
        others=[v for v in file.visits if v["step"] == step.key and v["id"] != found["id"]],
        visit_states=VISIT_STATES,
    )


@get("/{case:int}/timeline", guards=[requires(READ)])
async def show_timeline(request: Request, case: FromPath[int]) -> Response:
    """The whole time line on one page: who, what, when, basis, evidence, alarms inline (C3-20)."""
    who = visitor(request)
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        alarms = await showing.lamps_of(file, actor)
        hrefs = await showing.alarm_links(request, alarms)
        items = await showing.timeline_of(file, alarms, hrefs)
    return page(request, "cases/timeline.html", case=file.row, timeline_items=items)


@get("/{case:int}/print", guards=[requires(READ)])
async def print_case(request: Request, case: FromPath[int]) -> Response:
    """The case as a document on A4: facts, every step with its values and evidence, time line."""
    who = visitor(request)
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        alarms = await showing.lamps_of(file, actor)
        items = await showing.timeline_of(file, alarms, {})
        party = await party_of(who.scope, case)
        links = await links_of(actor, case)
        seal = await printed(request, "cases.case", f"案件 {file.row['case_number']}")
    parts = []
    for line in sorted(file.visits, key=lambda v: v["id"]):
        if line["state"] not in (SUBMITTED, OPEN):
            continue
        step = file.definition.step(line["step"])
        values = line["values"] if line["state"] == SUBMITTED else {}
        parts.append(
            {
                "step": step,
                "visit": line,
                "form_title": file.definition.form_of(step).title,
                "pairs": [
                    (s.c["title"], s.value) for s in showing.controls_of(file, step, values or {})
                ],
                "evidence": showing.evidence_controls(file, line, open_for_all=False),
            }
        )
    return page(
        request,
        "cases/print.html",
        case=masked(file.row),
        party=party,
        party_kind=dict(PARTY_KINDS).get(party["kind"], ""),
        source_title=dict(SOURCES).get(file.row["source"], ""),
        state_title=CASE_STATES.get(file.row["state"], ""),
        class_title=class_title(file.row["power_class"]),
        parts=masked(parts),
        alarms=masked(alarms),
        timeline_items=masked(items),
        back=path_of(case),
        reference=file.row["case_number"],
        account=account_of(file, clock.today())
        if (file.row["decision"] or {}).get("amount")
        else None,
        payments=file.payments,
        show_money=show_money,
        links=masked(links),
        seal=seal,
    )


@post("/{case:int}/watch", guards=[requires("cases.case.watch")])
async def watch_case(request: Request, case: FromPath[int]) -> Response:
    """Put the case on one's list of things to keep an eye on, or take it off."""
    who = visitor(request)
    async with transaction(who.scope):
        file = await reload(Actor.of(who), case)
        watched = await is_watched(who.user_id, file.subject)
        await (unwatch if watched else watch)(who.user_id, subject_of(case))
    said = "不再重点关注。" if watched else "已加入重点关注，首页可以看到。"
    return redirect(request, path_of(case), message=said)


PAGES = (
    show_case,
    post_step,
    show_hint,
    upload_evidence,
    void_piece,
    show_visit,
    show_timeline,
    print_case,
    watch_case,
)
