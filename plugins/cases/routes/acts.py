# SPDX-License-Identifier: Apache-2.0
"""Pages of the acts on a case: authorise, roll back, recall, suspend, extend, transfer, correct."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from litestar.params import FromPath, FromQuery

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound, TooMany
from core.api.facts import record
from core.api.people import within_reveal_limit
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect, unbound
from plugins.cases.forms import (
    CorrectForm,
    DelegateForm,
    ExtendForm,
    NoFields,
    NoteForm,
    OfficersForm,
    ReasonForm,
    RevealForm,
    RollBackForm,
    SignForm,
    SuspendForm,
    TransferForm,
)
from plugins.cases.queries import CaseFile, colleagues, party_of, path_of, subject_of, unit_names
from plugins.cases.routes import showing
from plugins.cases.routes.acting import acts_of
from plugins.cases.rules.event import PartyRevealed
from plugins.cases.rules.flow import SUSPENSION_GROUNDS, legal_rollback_targets, steps_ahead
from plugins.cases.rules.joint import Word
from plugins.cases.services import (
    Actor,
    Choice,
    add_archive_note,
    authorise_officers,
    correct_field,
    declare_recusal,
    delegate_step,
    extend_deadline,
    new_token,
    recall_submission,
    resume_case,
    roll_back,
    sign_step,
    suspend_case,
    transfer_case,
)
from plugins.cases.services.officers import authorising_refusal
from plugins.cases.services.opening import party_in_full
from plugins.cases.services.pausing import extendable, extension_rule, extensions_used
from plugins.cases.services.records import correction_refusal
from plugins.cases.services.steps import recall_reason, reload

READ, HANDLE, APPROVE = "cases.case.read", "cases.case.handle", "cases.case.approve"


async def _file(who: Visitor, case: int) -> CaseFile:
    async with transaction(who.scope):
        return await reload(Actor.of(who), case)


async def _people(who: Visitor, file: CaseFile) -> list[tuple[int, str]]:
    async with transaction(who.scope):
        people = await colleagues(who.scope, file)
        units = await unit_names([p.organisation for p in people])
    return [(p.id, f"{p.name}　{units.get(p.organisation, '')}") for p in people]


async def _carry_out(
    request: Request,
    form: Bound[Any],
    act: Callable[[], Awaitable[object]],
    again: Callable[[int], Awaitable[Response]],
    case: int,
    message: str,
) -> Response:
    """Do the act; show the form again with everything typed when the input is refused."""
    if not form.ok:
        return await again(422)
    try:
        await act()
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await again(422)
    return redirect(request, path_of(case), message=message)


# --- all acts ----------------------------------------------------------------------------------------


@get("/{case:int}/acts", guards=[requires(READ)])
async def show_acts(request: Request, case: FromPath[int]) -> Response:
    """更多操作: every act with what it does, or why it is locked."""
    who = visitor(request)
    actor = Actor.of(who)
    file = await _file(who, case)
    return page(
        request,
        "cases/acts.html",
        case=file.row,
        acts=acts_of(file, actor, recall_why=recall_reason(file, actor)).values(),
        token=new_token(),
    )


# --- 环节授权 -------------------------------------------------------------------------------------------


@get("/{case:int}/officers", guards=[requires(READ)])
async def show_officers(
    request: Request, case: FromPath[int], step: FromQuery[str] = ""
) -> Response:
    """Who is authorised for each step ahead; unqualified officers in red with the reason."""
    who = visitor(request)
    return await _officers_page(request, who, case, step, None)


async def _officers_page(
    request: Request,
    who: Visitor,
    case: int,
    step_key: str,
    form: Bound[OfficersForm] | None,
    *,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    file = await _file(who, case)
    chosen = file.definition.find_step(step_key) or file.step
    ahead = {file.row["step"]} | steps_ahead(file.definition, file.row["step"])
    steps = [
        {
            "step": s,
            "people": showing.officers_shown(file, s),
            "open": s.key in ahead and file.row["state"] == "open",
            "current": s.key == file.row["step"],
        }
        for s in file.definition.ordered
    ]
    officers = file.officers_of(chosen.key, clock.today())
    if form is None:
        form = unbound(
            OfficersForm,
            step=chosen.key,
            officers=[o["person"] for o in officers],
            lead=next((o["person"] for o in officers if o["role"] == "lead"), None),
            token=new_token(),
        )
    why = authorising_refusal(file, actor, chosen)
    if HANDLE not in actor.permissions:
        why = "你现在的角色只能查看案件。"
    return page(
        request,
        "cases/officers.html",
        status=status,
        case=file.row,
        chosen=chosen,
        steps_shown=steps,
        form=form,
        people=await _people(who, file) if not why else [],
        why=why,
        recusals=file.recusals,
    )


@post("/{case:int}/officers", guards=[requires(HANDLE)])
async def authorise(request: Request, case: FromPath[int]) -> Response:
    """Authorise the chosen officers for a step."""
    who = visitor(request)
    form = await bind(request, OfficersForm)

    async def act() -> None:
        typed = form.value
        people = dict.fromkeys([*([typed.lead] if typed.lead else []), *typed.officers])
        choices = [Choice(p, "lead" if p == typed.lead else "assist") for p in people]
        await authorise_officers(Actor.of(who), case, typed.step, choices, token=typed.token)

    async def again(status: int) -> Response:
        return await _officers_page(
            request, who, case, str(form.raw.get("step") or ""), form, status=status
        )

    return await _carry_out(request, form, act, again, case, "环节授权已更新。")


# --- 会签 -----------------------------------------------------------------------------------------------


@get("/{case:int}/sign", guards=[requires(HANDLE)])
async def show_sign(request: Request, case: FromPath[int]) -> Response:
    """Who has signed the joint step so far, and one's own word."""
    return await _sign_page(request, visitor(request), case, None)


def _word_of(mine: Word | None) -> Bound[SignForm]:
    """One's earlier word to be changed; a first word is chosen, never agreed to by default."""
    if mine is None:
        return unbound(SignForm, token=new_token())
    word = "agree" if mine.agrees else "disagree"
    return unbound(SignForm, word=word, opinion=mine.opinion, token=new_token())


async def _sign_page(
    request: Request, who: Visitor, case: int, form: Bound[SignForm] | None, *, status: int = 200
) -> Response:
    actor = Actor.of(who)
    file = await _file(who, case)
    shown = showing.signing_of(file, actor)
    if shown is None:
        raise NotFound("这个案件现在不在会签环节。")
    return page(
        request,
        "cases/sign.html",
        status=status,
        case=file.row,
        step=file.step,
        signing={**shown, "act": False},
        form=form or _word_of(shown["mine"]),
        why=shown["why"],
    )


@post("/{case:int}/sign", guards=[requires(HANDLE)])
async def post_sign(request: Request, case: FromPath[int]) -> Response:
    """会签: agree, or disagree with the reason."""
    who = visitor(request)
    form = await bind(request, SignForm)

    async def act() -> None:
        typed = form.value
        await sign_step(
            Actor.of(who), case, typed.word == "agree", typed.opinion, token=typed.token
        )

    async def again(status: int) -> Response:
        return await _sign_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "已会签。")


# --- 回退、撤回 -------------------------------------------------------------------------------------------


@get("/{case:int}/rollback", guards=[requires(HANDLE)])
async def show_rollback(request: Request, case: FromPath[int]) -> Response:
    """The legal targets, and for each other step the reason why it is none."""
    return await _rollback_page(request, visitor(request), case, None)


async def _rollback_page(
    request: Request,
    who: Visitor,
    case: int,
    form: Bound[RollBackForm] | None,
    *,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    file = await _file(who, case)
    targets = legal_rollback_targets(
        file.definition, file.lines(), case_state=file.row["state"], paid=file.paid
    )
    titles = {s.key: s.title for s in file.definition.steps}
    return page(
        request,
        "cases/rollback.html",
        status=status,
        case=file.row,
        form=form or unbound(RollBackForm, token=new_token()),
        targets=[t for t in targets if t.legal],
        excluded=[t for t in targets if not t.legal],
        titles=titles,
        why=acts_of(file, actor, recall_why="")["rollback"].why,
    )


@post("/{case:int}/rollback", guards=[requires(HANDLE)])
async def post_rollback(request: Request, case: FromPath[int]) -> Response:
    """Take the case back."""
    who = visitor(request)
    form = await bind(request, RollBackForm)

    async def act() -> None:
        typed = form.value
        await roll_back(Actor.of(who), case, typed.to_step, typed.reason, token=typed.token)

    async def again(status: int) -> Response:
        return await _rollback_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "已回退，原来的内容保留在案卷里。")


@post("/{case:int}/recall", guards=[requires(HANDLE)])
async def post_recall(request: Request, case: FromPath[int]) -> Response:
    """Take back one's own submission."""
    who = visitor(request)
    form = await bind(request, NoFields)
    await recall_submission(Actor.of(who), case, token=form.value.token if form.ok else "")
    return redirect(request, path_of(case), message="提交已撤回，可以继续修改。")


@get("/{case:int}/recall", guards=[requires(HANDLE)])
async def show_recall(request: Request, case: FromPath[int]) -> Response:
    """The page that asks before recalling, for links and for browsers without script."""
    who = visitor(request)
    file = await _file(who, case)
    return page(
        request,
        "cases/recall.html",
        case=file.row,
        why=recall_reason(file, Actor.of(who)),
        last=file.last_submitted,
        token=new_token(),
    )


# --- 中止、恢复、延期 ----------------------------------------------------------------------------------------


@get("/{case:int}/suspend", guards=[requires(APPROVE)])
async def show_suspend(request: Request, case: FromPath[int]) -> Response:
    """Ground and reason of a suspension."""
    return await _pause_page(request, visitor(request), case, "suspend", None)


@get("/{case:int}/resume", guards=[requires(HANDLE)])
async def show_resume(request: Request, case: FromPath[int]) -> Response:
    """Reason for going on."""
    return await _pause_page(request, visitor(request), case, "resume", None)


async def _pause_page(
    request: Request,
    who: Visitor,
    case: int,
    act: str,
    form: Bound[Any] | None,
    *,
    status: int = 200,
) -> Response:
    file = await _file(who, case)
    async with transaction(who.scope):
        ledgers = await showing.ledgers_of(file)
    blank = unbound(SuspendForm if act == "suspend" else ReasonForm, token=new_token())
    return page(
        request,
        f"cases/{act}.html",
        status=status,
        case=file.row,
        form=form or blank,
        grounds=[(g, g) for g in SUSPENSION_GROUNDS],
        ledgers=ledgers,
        why=acts_of(file, Actor.of(who), recall_why="")[act].why,
    )


@post("/{case:int}/suspend", guards=[requires(APPROVE)])
async def post_suspend(request: Request, case: FromPath[int]) -> Response:
    """中止."""
    who = visitor(request)
    form = await bind(request, SuspendForm)

    async def act() -> None:
        typed = form.value
        await suspend_case(Actor.of(who), case, typed.ground, typed.reason, token=typed.token)

    async def again(status: int) -> Response:
        return await _pause_page(request, who, case, "suspend", form, status=status)

    return await _carry_out(request, form, act, again, case, "案件已中止，停止计时。")


@post("/{case:int}/resume", guards=[requires(HANDLE)])
async def post_resume(request: Request, case: FromPath[int]) -> Response:
    """恢复办理."""
    who = visitor(request)
    form = await bind(request, ReasonForm)

    async def act() -> None:
        await resume_case(Actor.of(who), case, form.value.reason, token=form.value.token)

    async def again(status: int) -> Response:
        return await _pause_page(request, who, case, "resume", form, status=status)

    return await _carry_out(request, form, act, again, case, "已恢复办理，到期日已顺延。")


@get("/{case:int}/extend", guards=[requires(APPROVE)])
async def show_extend(request: Request, case: FromPath[int]) -> Response:
    """Which period, how long, why; what the law allows and what was used already."""
    return await _extend_page(request, visitor(request), case, None)


async def _extend_page(
    request: Request, who: Visitor, case: int, form: Bound[ExtendForm] | None, *, status: int = 200
) -> Response:
    file = await _file(who, case)
    async with transaction(who.scope):
        ledgers = await showing.ledgers_of(file)
        clocks = await extendable(file)
    amount, unit, clause, times = extension_rule(file.row["power_class"])
    options = [
        (which, f"{c.title}（已延 {extensions_used(file, c.key)} 次）")
        for which, c in clocks.items()
    ]
    return page(
        request,
        "cases/extend.html",
        status=status,
        case=file.row,
        form=form or unbound(ExtendForm, which=options[0][0] if options else "", token=new_token()),
        options=options,
        ledgers=ledgers,
        limit=amount,
        unit=unit,
        unit_word="个工作日" if unit == "working" else "天",
        clause_said=clause,
        times=times,
        why=acts_of(file, Actor.of(who), recall_why="")["extend"].why
        or ("" if options else "现在没有在计时的期限。"),
    )


@post("/{case:int}/extend", guards=[requires(APPROVE)])
async def post_extend(request: Request, case: FromPath[int]) -> Response:
    """延期."""
    who = visitor(request)
    form = await bind(request, ExtendForm)
    file = await _file(who, case)
    _amount, unit, _clause, _times = extension_rule(file.row["power_class"])

    async def act() -> None:
        typed = form.value
        await extend_deadline(
            Actor.of(who),
            case,
            typed.which,
            typed.amount,
            unit,
            typed.reason,
            discussed=typed.discussed,
            token=typed.token,
        )

    async def again(status: int) -> Response:
        return await _extend_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "期限已延长，新的到期日见案件页。")


# --- 移交、委托、回避 ------------------------------------------------------------------------------------------


@get("/{case:int}/transfer", guards=[requires(HANDLE)])
async def show_transfer(request: Request, case: FromPath[int]) -> Response:
    """Who takes over, from when, why."""
    return await _transfer_page(request, visitor(request), case, None)


async def _transfer_page(
    request: Request,
    who: Visitor,
    case: int,
    form: Bound[TransferForm] | None,
    *,
    status: int = 200,
) -> Response:
    file = await _file(who, case)
    return page(
        request,
        "cases/transfer.html",
        status=status,
        case=file.row,
        form=form or unbound(TransferForm, on=clock.today(), token=new_token()),
        people=await _people(who, file),
        why=acts_of(file, Actor.of(who), recall_why="")["transfer"].why,
    )


@post("/{case:int}/transfer", guards=[requires(HANDLE)])
async def post_transfer(request: Request, case: FromPath[int]) -> Response:
    """移交."""
    who = visitor(request)
    form = await bind(request, TransferForm)

    async def act() -> None:
        typed = form.value
        await transfer_case(
            Actor.of(who), case, typed.to_person, typed.on, typed.reason, token=typed.token
        )

    async def again(status: int) -> Response:
        return await _transfer_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "案件已移交。")


@get("/{case:int}/delegate", guards=[requires(HANDLE)])
async def show_delegate(request: Request, case: FromPath[int]) -> Response:
    """Who stands in for one, from when to when."""
    return await _delegate_page(request, visitor(request), case, None)


async def _delegate_page(
    request: Request,
    who: Visitor,
    case: int,
    form: Bound[DelegateForm] | None,
    *,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    file = await _file(who, case)
    mine = {o["step"] for o in file.officers if o["person"] == actor.person}
    ahead = {file.row["step"]} | steps_ahead(file.definition, file.row["step"])
    today = clock.today()
    return page(
        request,
        "cases/delegate.html",
        status=status,
        case=file.row,
        form=form
        or unbound(
            DelegateForm,
            step=file.row["step"],
            valid_from=today,
            valid_to=today + timedelta(days=7),
            token=new_token(),
        ),
        steps_mine=[(s.key, s.title) for s in file.definition.ordered if s.key in mine & ahead],
        people=[p for p in await _people(who, file) if p[0] != actor.person],
        why=acts_of(file, actor, recall_why="")["delegate"].why,
    )


@post("/{case:int}/delegate", guards=[requires(HANDLE)])
async def post_delegate(request: Request, case: FromPath[int]) -> Response:
    """委托办理."""
    who = visitor(request)
    form = await bind(request, DelegateForm)

    async def act() -> None:
        typed = form.value
        await delegate_step(
            Actor.of(who),
            case,
            typed.step,
            typed.to_person,
            typed.valid_from,
            typed.valid_to,
            typed.reason,
            token=typed.token,
        )

    async def again(status: int) -> Response:
        return await _delegate_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "已委托办理。")


@get("/{case:int}/recuse", guards=[requires(HANDLE)])
async def show_recuse(request: Request, case: FromPath[int]) -> Response:
    """Why one withdraws."""
    return await _recuse_page(request, visitor(request), case, None)


async def _recuse_page(
    request: Request, who: Visitor, case: int, form: Bound[ReasonForm] | None, *, status: int = 200
) -> Response:
    file = await _file(who, case)
    return page(
        request,
        "cases/recuse.html",
        status=status,
        case=file.row,
        form=form or unbound(ReasonForm, token=new_token()),
        why=acts_of(file, Actor.of(who), recall_why="")["recuse"].why,
    )


@post("/{case:int}/recuse", guards=[requires(HANDLE)])
async def post_recuse(request: Request, case: FromPath[int]) -> Response:
    """申请回避."""
    who = visitor(request)
    form = await bind(request, ReasonForm)

    async def act() -> None:
        await declare_recusal(Actor.of(who), case, form.value.reason, token=form.value.token)

    async def again(status: int) -> Response:
        return await _recuse_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "已登记回避，本案不再由你办理。")


# --- 更正、补记、查看全部信息 ------------------------------------------------------------------------------------


@get("/{case:int}/visits/{visit:int}/correct/{control:str}", guards=[requires(HANDLE)])
async def show_correct(
    request: Request, case: FromPath[int], visit: FromPath[int], control: FromPath[str]
) -> Response:
    """One field with its old value, the new one and the reason."""
    return await _correct_page(request, visitor(request), case, visit, control, None)


async def _correct_page(
    request: Request,
    who: Visitor,
    case: int,
    visit: int,
    control: str,
    form: Bound[CorrectForm] | None,
    *,
    status: int = 200,
) -> Response:
    file = await _file(who, case)
    found = file.visit(visit)
    step = file.definition.step(found["step"]) if found else None
    known = file.definition.form_of(step).control(control) if step else None
    if found is None or step is None or known is None:
        raise NotFound("没有找到要更正的内容。")
    values = found["values"] or {}
    shown = next(
        (s for s in showing.controls_of(file, step, values) if s.c["key"] == control), None
    )
    if shown is None:
        # Evidence, payments and officers have acts of their own.
        raise NotFound(correction_refusal(file, step, known) or "没有找到要更正的内容。")
    raw = showing.bound_of(showing.raw_values(file, step, values)).raw
    blank = unbound(CorrectForm, token=new_token())
    typed = form or blank
    typed.raw = {**raw, **typed.raw}
    return page(
        request,
        "cases/correct.html",
        status=status,
        case=file.row,
        visit=found,
        step=step,
        shown=shown,
        form=typed,
        prefix=showing.PREFIX,
        why=correction_refusal(file, step, known),
    )


@post("/{case:int}/visits/{visit:int}/correct/{control:str}", guards=[requires(HANDLE)])
async def post_correct(
    request: Request, case: FromPath[int], visit: FromPath[int], control: FromPath[str]
) -> Response:
    """更正: a visible act with old value, new value and reason."""
    who = visitor(request)
    form = await bind(request, CorrectForm)

    async def act() -> None:
        typed = form.raw.get(showing.PREFIX + control, "")
        try:
            await correct_field(
                Actor.of(who),
                case,
                visit,
                control,
                typed,
                form.value.reason,
                token=form.value.token,
            )
        except Invalid as error:
            raise Invalid(
                {(showing.PREFIX + k if k == control else k): v for k, v in error.errors.items()}
            ) from error

    async def again(status: int) -> Response:
        return await _correct_page(request, who, case, visit, control, form, status=status)

    return await _carry_out(request, form, act, again, case, "已更正，原来的内容和理由记在经过里。")


@get("/{case:int}/notes", guards=[requires(HANDLE)])
async def show_note(request: Request, case: FromPath[int]) -> Response:
    """The note to the file of a closed case."""
    return await _note_page(request, visitor(request), case, None)


async def _note_page(
    request: Request, who: Visitor, case: int, form: Bound[NoteForm] | None, *, status: int = 200
) -> Response:
    file = await _file(who, case)
    return page(
        request,
        "cases/note.html",
        status=status,
        case=file.row,
        form=form or unbound(NoteForm, token=new_token()),
        why=acts_of(file, Actor.of(who), recall_why="")["notes"].why,
    )


@post("/{case:int}/notes", guards=[requires(HANDLE)])
async def post_note(request: Request, case: FromPath[int]) -> Response:
    """归档补记."""
    who = visitor(request)
    form = await bind(request, NoteForm)

    async def act() -> None:
        await add_archive_note(Actor.of(who), case, form.value.text, token=form.value.token)

    async def again(status: int) -> Response:
        return await _note_page(request, who, case, form, status=status)

    return await _carry_out(request, form, act, again, case, "补记已写入。")


@get("/{case:int}/party", guards=[requires(HANDLE)])
async def show_party(request: Request, case: FromPath[int]) -> Response:
    """The party with masked numbers, and the question why they should be shown in full."""
    return await _party_page(request, visitor(request), case, None)


async def _party_page(
    request: Request,
    who: Visitor,
    case: int,
    form: Bound[RevealForm] | None,
    *,
    full: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    async with transaction(who.scope):
        file = await reload(Actor.of(who), case)
        party = await party_of(who.scope, case)
    return page(
        request,
        "cases/party.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        case=file.row,
        party=party,
        form=form or unbound(RevealForm),
        full=full,
    )


@post("/{case:int}/party", guards=[requires(HANDLE)])
async def reveal_party(request: Request, case: FromPath[int]) -> Response:
    """显示完整: an act with a reason that leaves a trace (personal data, PIPL)."""
    who = visitor(request)
    form = await bind(request, RevealForm)
    if not form.ok:
        return await _party_page(request, who, case, form, status=422)
    try:
        async with transaction(who.scope):
            file = await reload(Actor.of(who), case)
            party = await party_of(who.scope, case)
            full = party_in_full(party)
            await within_reveal_limit(file.place.region_lo)
            await record(
                "cases.party_revealed",
                subject_of(case),
                PartyRevealed(
                    case=case, case_number=file.row["case_number"], reason=form.value.reason
                ),
                file.place,
            )
    except TooMany as error:
        return await _party_page(request, who, case, form.error("", str(error)), status=429)
    return await _party_page(request, who, case, None, full=full)


ACTS = (
    show_acts,
    show_officers,
    authorise,
    show_sign,
    post_sign,
    show_rollback,
    post_rollback,
    show_recall,
    post_recall,
    show_suspend,
    post_suspend,
    show_resume,
    post_resume,
    show_extend,
    post_extend,
    show_transfer,
    post_transfer,
    show_delegate,
    post_delegate,
    show_recuse,
    post_recuse,
    show_correct,
    post_correct,
    show_note,
    post_note,
    show_party,
    reveal_party,
)
