# SPDX-License-Identifier: Apache-2.0
"""The road of a draft into force: 法制审核, 送审, 初审, 审定, and the returns (S1-9 … S1-14).

Each act does its steps in one order: hold the draft, check the rule, change, record, hand the
turn over. The version in force stays so until the very transaction that puts the next one in.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from core.api import clock
from core.api.access import people_behind, same_person
from core.api.db import EVERYTHING, Place, execute, retried, transaction, value
from core.api.errors import Refused
from core.api.facts import heard_by, history, record
from core.api.gates import Verdict, advise, decide
from core.api.people import organisation, region
from core.api.plugin import Fact
from core.api.turns import close_turn
from plugins.powers import facts
from plugins.powers.queries.drafts import DraftRow, code_taken
from plugins.powers.rules import Definition
from plugins.powers.rules import approval as rules
from plugins.powers.services.drafting import (
    Actor,
    Overtaken,
    differs,
    hold_draft,
    judged,
    refuse,
)
from plugins.powers.services.entering import publish_version
from plugins.powers.services.turns import (
    give_editor,
    give_office,
    give_submitter,
    reviewing_office,
    tell_approved,
    tell_out_of_date,
    tell_returned,
)

GATE = "powers.draft_may_take_effect"
TRIAL = "powers.draft_trial_requested"
STEPS = {
    rules.LEGAL: ("法制审核", rules.LEGAL_REVIEW),
    rules.FIRST: ("监察点初审", rules.FIRST_REVIEW),
    rules.FINAL: ("监察点审定", rules.FINAL_REVIEW),
}


def _place(draft: DraftRow) -> Place:
    return Place(draft.region_lo, draft.org_lo)


async def _held(who: Actor, draft: int, revision: int) -> DraftRow:
    """The draft as the visitor saw it; who looked at another revision looks again first."""
    held = await hold_draft(who, draft)
    if revision and held.revision != revision:
        raise Overtaken(held)
    return held


async def _move(held: DraftRow, state: str, **columns: object) -> DraftRow:
    names = ["state", *columns]
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(names, start=2))
    await execute(
        f"update powers_draft set {sets} where id = $1", held.id, state, *columns.values()
    )
    return msgspec.structs.replace(held, state=state, **columns)


# --- 法制审核 -----------------------------------------------------------------------------------


@retried
async def ask_legal_office(who: Actor, draft: int, revision: int) -> None:
    """送法制审核: flow, forms and documents go to the legal office first (S1-9)."""
    who.must(rules.EDIT, "由行权机关送法制审核。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        refuse(rules.why_not_ask_legal(judged(held)))
        moved = await _move(held, rules.LEGAL)
        await record(
            "powers.draft_sent_to_legal",
            held.ref,
            facts.Drafted(
                draft, held.item or 0, held.code, held.title, held.base_version, held.revision
            ),
            _place(held),
        )
        await give_office(moved, STEPS[rules.LEGAL][0], rules.LEGAL_REVIEW, who.name)


@retried
async def pass_legal(who: Actor, draft: int, revision: int, opinion: str) -> None:
    """The legal office approves flow, forms and documents; the draft may now be submitted."""
    who.must(rules.LEGAL_REVIEW, "流程、表单和文书由法制机构审核。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        refuse(rules.why_not_pass(*await apart(judged(held), who.user_id), rules.LEGAL))
        moved = await _move(
            held,
            rules.READY,
            legal_digest=rules.legal_digest(held.definition),
            legal_by_name=who.name,
            legal_at=clock.now(),
        )
        await _record_passed(who, held, rules.LEGAL, opinion)
        await give_submitter(moved, "核对监察点、风险点并送审", who.name)


async def apart(standing: rules.Standing, user: int) -> tuple[rules.Standing, int]:
    """The standing and who wants to act, as people: a second account is no second pair of eyes."""
    behind = await people_behind(
        (user, standing.edited_by, standing.submitted_by, standing.first_by)
    )
    people = replace(
        standing,
        edited_by=behind[standing.edited_by],
        submitted_by=behind[standing.submitted_by],
        first_by=behind[standing.first_by],
    )
    return people, behind[user]


async def _record_passed(who: Actor, held: DraftRow, state: str, opinion: str) -> None:
    await record(
        "powers.draft_passed",
        held.ref,
        facts.Reviewed(
            held.id, held.title, held.revision, STEPS[state][0], who.name, opinion.strip()
        ),
        _place(held),
    )


# --- ① 送审 --------------------------------------------------------------------------------------


def offered(held: DraftRow) -> facts.Offered:
    """The draft as it would be published, for those who try it out."""
    return facts.Offered(
        draft=held.id,
        item=held.item or 0,
        code=held.code,
        title=held.title,
        digest=held.digest,
        base_version=held.base_version,
        revision=held.revision,
        definition=msgspec.to_builtins(held.definition),
    )


@retried
async def submit_draft(who: Actor, draft: int, revision: int) -> None:
    """① 送审 to the department's 监察室, again after every return (S1-10, S1-11, S1-14)."""
    who.must(rules.SUBMIT, "由送审人员送审。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        refuse(rules.why_not_submit(judged(held, changed=await differs(held))))
        if await code_taken(held.organisation, held.code, held.item):
            raise Refused(f"这个主体已经有编码 {held.code} 的事项，请先改编码。")
        # Whoever has the last word must exist before the first one is asked.
        await reviewing_office(held, rules.FINAL_REVIEW)
        moved = await _move(
            held,
            rules.FIRST,
            submitted_by=who.user_id,
            submitted_by_name=who.name,
            submitted_by_person=who.person_id,
            submitted_at=clock.now(),
            opened_at=None,
            first_by_name="",
            first_at=None,
        )
        await record("powers.draft_submitted", held.ref, offered(held), _place(held))
        await give_office(moved, STEPS[rules.FIRST][0], rules.FIRST_REVIEW, who.name)


async def opened(who: Actor, found: DraftRow) -> None:
    """Note that a first reviewer has what was submitted before his eyes.

    Inside the transaction that reads the page. Once per submission, so reading stays reading.
    """
    if (
        found.state != rules.FIRST
        or found.opened_at is not None
        or rules.FIRST_REVIEW not in who.permissions
        or await same_person(who.user_id, found.submitted_by)
    ):
        return
    await execute(
        "update powers_draft set opened_at = $2 where id = $1 and state = $3 and opened_at is null",
        found.id,
        clock.now(),
        rules.FIRST,
    )


@retried
async def recall_draft(who: Actor, draft: int, revision: int) -> None:
    """撤回送审: the submitter takes it back as long as no reviewer has read it."""
    who.must(rules.SUBMIT, "由送审人员撤回。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        refuse(rules.why_not_recall(*await apart(held.standing(), who.user_id)))
        moved = await _move(held, rules.READY, submitted_at=None)
        await record(
            "powers.draft_recalled",
            held.ref,
            facts.Drafted(
                draft, held.item or 0, held.code, held.title, held.base_version, held.revision
            ),
            _place(held),
        )
        await give_submitter(moved, "核对监察点、风险点并送审", note="已撤回送审")


# --- ② 初审 --------------------------------------------------------------------------------------


@retried
async def pass_first(who: Actor, draft: int, revision: int, opinion: str) -> None:
    """② 初审通过: it goes to the 监察机关 by itself (S1-10)."""
    who.must(rules.FIRST_REVIEW, "初审由部门监察室办理。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        refuse(rules.why_not_pass(*await apart(judged(held), who.user_id), rules.FIRST))
        moved = await _move(held, rules.FINAL, first_by_name=who.name, first_at=clock.now())
        await _record_passed(who, held, rules.FIRST, opinion)
        await give_office(moved, STEPS[rules.FINAL][0], rules.FINAL_REVIEW, who.name)


# --- ③ 审定 --------------------------------------------------------------------------------------


def first_reviewer(told: Sequence[Fact]) -> int:
    """Who passed the first review, the last time it was passed."""
    passed = [one for one in told if one.kind == "powers.draft_passed"]
    by = [one.actor for one in passed if one.payload["step"] == STEPS[rules.FIRST][0]]
    return by[-1] if by else 0


async def gate_of(held: DraftRow) -> Verdict:
    """What others object to before anybody decides: for the page of the last review."""
    return await advise(GATE, [held.ref], clock.today(), {"digest": held.digest})


async def why_not_decide(who: Actor, held: DraftRow) -> list[str]:
    """The last word is the competent organ's; an office above it reads the draft."""
    organ = await reviewing_office(held, rules.FINAL_REVIEW)
    region = who.scope.region
    own = region.lo == organ.region_lo or region == EVERYTHING
    return [] if own else [f"这份草稿由{organ.name}审定。"]


@retried
async def approve_draft(who: Actor, draft: int, revision: int, opinion: str) -> int:
    """③ 审定: the draft takes effect as the next version, on the gate's evidence (S1-13).

    Cases opened before stay on their version, so nothing finished is judged anew (S1-14).
    """
    who.must(rules.FINAL_REVIEW, "审定由监察机关办理。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        told = await history(held.ref, ["powers.draft_passed"])
        standing = replace(judged(held), first_by=first_reviewer(told))
        refuse(rules.why_not_pass(*await apart(standing, who.user_id), rules.FINAL))
        refuse(await why_not_decide(who, held))
        verdict = await decide(GATE, [held.ref], clock.today(), {"digest": held.digest})
        if not verdict.all_passed:
            raise Refused(*(each for found in verdict.blockers.values() for each in found))
        if await code_taken(held.organisation, held.code, held.item):
            raise Refused(f"这个主体已经有编码 {held.code} 的事项，请退回改编码。")
        placed = await _placed(held)
        item = held.item or await _new_item(placed)
        number = await publish_version(
            placed, item, held.current, f"草稿 {held.id}，{who.name}审定"
        )
        moved = await _move(held, rules.EFFECTIVE, item=item, version=number, closed_at=clock.now())
        await record(
            "powers.draft_approved",
            held.ref,
            facts.Approved(
                draft,
                item,
                number,
                held.title,
                held.digest,
                who.name,
                opinion.strip(),
                dict(verdict.evidence),
            ),
            _place(held),
        )
        await close_turn(held.ref)
        await tell_approved(moved, who.name, number)
        await tell_out_of_date(item, number, who.name, who.scope)
    return number


async def _placed(held: DraftRow) -> Definition:
    """The definition where its body stands today: regions merge and divide while drafts wait."""
    holder = await organisation(held.organisation)
    audience = await region(holder.region) if holder else None
    if holder is None or audience is None:
        raise Refused("行使这项权力的主体已经撤销，请退回。")
    return msgspec.structs.replace(
        held.definition,
        org_lo=holder.lo,
        region_lo=audience.lo,
        aud_lo=audience.lo,
        aud_hi=audience.hi,
    )


async def _new_item(definition: Definition) -> int:
    item: int = await value(
        """insert into powers_item (code, title, power_class, organisation, current, created_at,
                                    region_lo, org_lo, aud_lo, aud_hi)
           values ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9) returning id""",
        definition.code,
        definition.title,
        definition.power_class,
        definition.organisation,
        clock.now(),
        definition.region_lo,
        definition.org_lo,
        definition.aud_lo,
        definition.aud_hi,
    )
    return item


# --- returns -----------------------------------------------------------------------------------


@retried
async def return_draft(who: Actor, draft: int, state: str, revision: int, reason: str) -> None:
    """A reviewer returns it with a reason: both reviews of points to the submitter (S1-12, S1-13).

    The legal office returns it to who makes it; what was never submitted goes on from there.
    """
    step, permission = STEPS[state]
    who.must(permission, f"{step}不由你办理。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        refuse(rules.why_not_review(*await apart(held.standing(), who.user_id), state))
        if state == rules.FINAL:
            refuse(await why_not_decide(who, held))
        moved = await _move(
            held,
            rules.DRAFT if state == rules.LEGAL else rules.RETURNED,
            returned_by_name=who.name,
            returned_reason=reason.strip(),
            returned_at=clock.now(),
        )
        await record(
            "powers.draft_returned",
            held.ref,
            facts.Returned(draft, held.title, held.revision, step, who.name, reason.strip()),
            _place(held),
        )
        if state == rules.LEGAL:
            await give_editor(moved, "修改后重新送法制审核", "法制机构退回")
        else:
            await give_submitter(moved, "修改后重新送审", note=f"{step}退回")
        await tell_returned(moved, who.name, reason.strip())


# --- 试运行 --------------------------------------------------------------------------------------


async def may_try(draft: DraftRow) -> bool:
    """Whether somebody is there who tries drafts out."""
    return draft.open and bool(await heard_by(TRIAL, draft.region_lo))


@retried
async def request_trial(who: Actor, draft: int, revision: int) -> None:
    """试运行: ask whoever can to judge past cases by exactly this content."""
    who.must(rules.READ, "你不能试运行这份草稿。")
    async with transaction(who.scope):
        held = await _held(who, draft, revision)
        if not held.open:
            raise Refused(f"草稿{held.chip[1]}，不用再试运行。")
        if not await may_try(held):
            raise Refused("本地区没有启用可以试运行的模块。")
        if judged(held).faults:
            raise Refused("还有会卡住案件的问题没有改，改好再试运行。")
        await record(TRIAL, held.ref, offered(held), _place(held))
