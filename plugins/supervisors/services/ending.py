# SPDX-License-Identifier: Apache-2.0
"""The ends of a term: 期满, 辞职, 解聘; the role goes with it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from core.api import clock
from core.api.accounts import grant_role, revoke_role
from core.api.credentials import credentials_changed
from core.api.db import execute, json, lock_subjects, retried, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.turns import close_turn
from plugins.supervisors.facts import Dismissed, Proposed, Step, TermEnded
from plugins.supervisors.forms import DismissForm
from plugins.supervisors.queries.applications import application_row, open_of
from plugins.supervisors.queries.terms import (
    as_term,
    find_term,
    proposal_row,
    term_row,
    terms_of,
    terms_to_end,
    terms_to_remind,
)
from plugins.supervisors.rules.states import REJECTED
from plugins.supervisors.rules.terms import as_next_words, reminder_due
from plugins.supervisors.rules.words import ground_words
from plugins.supervisors.services.appointing import ROLE, words_of
from plugins.supervisors.services.base import (
    FORMER,
    Actor,
    application_ref,
    note_progress,
    note_term,
    office_scope,
    person_ref,
    place_of,
    refuse_other_level,
    settings_in,
    tell,
    tell_office,
    term_ref,
)
from plugins.supervisors.services.closing import end_application
from plugins.supervisors.services.turning import turn_of_term

NIGHT = "the end of a term comes by the calendar"
LONGEST_REMINDER = 180
"""The most days ahead a region may set."""


async def take_term(who: Actor, term: int) -> dict[str, Any]:
    """A term with its person locked, if it is this organ's to manage."""
    seen = await find_term(term, who.scope)
    if seen is None or not who.scope.may_write(place_of(seen)):
        raise NotFound
    await refuse_other_level(who, place_of(seen))
    await lock_subjects(person_ref(seen["person"]))
    found = await term_row(term)
    if found is None:
        raise NotFound
    if found["person"] == who.person_id:
        raise Refused("这是你自己的聘期，请由其他人办理。")
    return found


def refuse_ended(found: Mapping[str, Any]) -> None:
    """Nothing more is done with a term that is over."""
    if found["state"] != "active":
        raise Conflict("聘期已经结束，不能再办理。")


async def close_term(
    found: Mapping[str, Any],
    state: str,
    last_day: date,
    *,
    reason: str = "",
    ground: str = "",
    by: int = 0,
) -> None:
    """Close a term and its certificate; the role ends unless the next term follows at once."""
    ended_on = last_day if last_day < found["ends"] else None
    await execute(
        """update supervisors_term set state = $2, ended_on = $3, reason = $4, ground = $5
           where id = $1""",
        found["id"],
        state,
        ended_on,
        reason[:500],
        ground,
    )
    await execute(
        "update supervisors_card set state = $2, ended_on = $3 where term = $1",
        found["id"],
        state,
        ended_on,
    )
    await execute(
        "update supervisors_term set moving = '', moving_until = null where id = $1", found["id"]
    )
    await credentials_changed()
    next_begins = last_day + timedelta(days=1)
    follows = any(
        each["state"] == "active" and each["id"] != found["id"] and each["starts"] <= next_begins
        for each in await terms_of(found["person"])
    )
    if found["account"] and not follows:
        await revoke_role(found["account"], ROLE, by=by, reason="聘期结束")
        await _may_come_back(found, by)
    await close_turn(term_ref(found["id"]))
    await execute(
        """update supervisors_request set state = 'withdrawn', answer = '聘期已结束'
           where term = $1 and state = 'submitted'""",
        found["id"],
    )
    await _lapse(found, "聘期已结束，不再决定。")


async def _may_come_back(found: Mapping[str, Any], by: int) -> None:
    """Who served reads his messages and 办证进度 again, and may apply anew when the gap is over.

    The role is one of its own, not that of an applicant: he also follows what he handed in while
    he served, which is nothing an applicant has.

    Somebody with work of another kind on the platform has a role already, and keeps to it.
    """
    with suppress(Invalid, Refused, Conflict):
        await grant_role(found["account"], FORMER, region=found["region"], by=by)


async def end_what_follows(found: Mapping[str, Any], state: str, reason: str, *, by: int) -> None:
    """Whoever is dismissed or resigns has no next term either: appointed already, or under way."""
    for later in await terms_of(found["person"]):
        if later["state"] != "active" or later["starts"] <= found["starts"]:
            continue
        before = later["starts"] - timedelta(days=1)
        await close_term(later, state, before, reason=reason, by=by)
        await record(
            "supervisors.term_ended",
            person_ref(later["person"]),
            TermEnded(later["person"], later["id"], state, before.isoformat()),
            place_of(later),
        )
    if under_way := await open_of(found["person"]):
        application = await application_row(under_way["id"])
        assert application is not None
        await end_application(application, REJECTED, reason, by=by)
        await record(
            "supervisors.decided",
            application_ref(application["id"]),
            Step(application["id"], found["person"], "term_ended", REJECTED, reason),
            place_of(application),
        )
        await note_progress(application, "rejected", reason=reason)


async def expire_terms() -> int:
    """期满: terms whose last day has passed end by themselves, every night."""
    today, count = clock.today(), 0
    for each in await terms_to_end(today):
        async with transaction(office_scope(place_of(each), NIGHT)):
            await lock_subjects(person_ref(each["person"]))
            found = await term_row(each["id"])
            if found is None or found["state"] != "active":
                continue
            resigned = found["ended_on"] is not None
            last = found["ended_on"] or found["ends"]
            state = "resigned" if resigned else "expired"
            await close_term(found, state, last, reason=found["reason"])
            await record(
                "supervisors.term_ended",
                person_ref(found["person"]),
                TermEnded(found["person"], found["id"], state, last.isoformat()),
                place_of(found),
            )
            if not resigned:
                await note_term(found, "expired", ends=words_of(last))
            count += 1
    return count


async def remind_of_end() -> int:
    """T-60 by the days of each term's own region: once, also when a night was missed."""
    today, count = clock.today(), 0
    for each in await terms_to_remind(today + timedelta(days=LONGEST_REMINDER)):
        settings = await settings_in(each["region_lo"])
        if not reminder_due(as_term(each), today, settings.renewal_opens_days):
            continue
        async with transaction(office_scope(place_of(each), NIGHT)):
            changed = await execute(
                "update supervisors_term set reminded_at = $2 where id = $1"
                " and reminded_at is null",
                each["id"],
                clock.now(),
            )
            if not changed:
                continue
            last = each["number_in_row"] >= settings.max_consecutive_terms
            await tell(
                "ending",
                [each["person"]],
                term_ref(each["id"]),
                place_of(each),
                ends=words_of(each["ends"]),
                next=as_next_words(settings.max_consecutive_terms, last=last),
            )
            count += 1
    return count


# --- 解聘 --------------------------------------------------------------------------------------


@retried
async def dismiss(who: Actor, term: int, form: DismissForm, *, proposal: int = 0) -> None:
    """解聘 on one of the eight grounds (S3-24): by a human, with the facts it rests on.

    Records ``supervisors.dismissed`` and ``supervisors.term_ended``.
    """
    async with transaction(who.scope):
        found = await take_term(who, term)
        refuse_ended(found)
        if proposal:
            await _decide_proposal(who, proposal, "dismissed", form.reason)
        today = clock.today()
        last = today if found["starts"] <= today else found["starts"] - timedelta(days=1)
        await end_what_follows(found, "dismissed", "已解聘，继任随之终止。", by=who.user_id)
        await execute(
            """update supervisors_proposal set state = 'dismissed', decided_at = $2,
                      decided_by = $3, answer = '已解聘' where term = $1 and state = 'open'""",
            term,
            clock.now(),
            who.user_id,
        )
        await close_term(
            found, "dismissed", last, reason=form.reason, ground=form.ground, by=who.user_id
        )
        await record(
            "supervisors.dismissed",
            person_ref(found["person"]),
            Dismissed(found["person"], term, form.ground, last.isoformat(), form.reason, proposal),
            place_of(found),
        )
        await record(
            "supervisors.term_ended",
            person_ref(found["person"]),
            TermEnded(found["person"], term, "dismissed", last.isoformat(), form.ground),
            place_of(found),
        )
        await note_term(
            found,
            "dismissed",
            on=words_of(last),
            ground=ground_words(form.ground),
            reason=form.reason,
        )


async def _decide_proposal(who: Actor, proposal: int, state: str, answer: str) -> dict[str, Any]:
    found = await proposal_row(proposal)
    if found is None:
        raise NotFound
    if found["state"] != "open":
        raise Conflict("这份解聘建议已经处理过了。")
    await execute(
        """update supervisors_proposal set state = $2, answer = $3, decided_at = $4,
                  decided_by = $5 where id = $1""",
        proposal,
        state,
        answer,
        clock.now(),
        who.user_id,
    )
    return found


@retried
async def drop_proposal(who: Actor, proposal: int, reason: str) -> int:
    """Not to dismiss: a human decides, and says why (S3-25). Returns the term."""
    async with transaction(who.scope):
        seen = await proposal_row(proposal)
        if seen is None:
            raise NotFound
        term = await take_term(who, seen["term"])
        if len(reason) < 2:
            raise Invalid({"reason": "请写明不解聘的理由。"})
        found = await _decide_proposal(who, proposal, "dropped", reason)
        await turn_of_term(term)
        await record(
            "supervisors.proposal_dropped",
            term_ref(found["term"]),
            Proposed(
                found["person"], found["term"], proposal, found["cause"], found["ground"], reason
            ),
            place_of(term),
        )
        return int(found["term"])


async def lapse_proposals(term: Mapping[str, Any], activity: int, why: str) -> int:
    """Take back the open proposals that rest on an absence which was none; how many.

    What a human has decided stands: only he could say otherwise.
    """
    count = await _lapse(term, why, activity)
    if count:
        await turn_of_term(term)
        await tell_office(
            "office_corrected", term_ref(term["id"]), place_of(term), name=term["name"]
        )
    return count


async def _lapse(term: Mapping[str, Any], why: str, activity: int = 0) -> int:
    """Open proposals nobody has to decide any more: all, or those resting on one absence."""
    found = await rows(
        """update supervisors_proposal set state = 'lapsed', answer = $3, decided_at = $4
           where term = $1 and state = 'open' and ($2 = 0
             or cause = 'absences' and evidence -> 'activities' @> to_jsonb($2::int8))
           returning id, cause, ground""",
        term["id"],
        activity,
        why,
        clock.now(),
    )
    for each in found:
        await record(
            "supervisors.proposal_lapsed",
            term_ref(term["id"]),
            Proposed(term["person"], term["id"], each["id"], each["cause"], each["ground"], why),
            place_of(term),
        )
    return len(found)


async def propose_dismissal(
    term: Mapping[str, Any],
    cause: str,
    ground: str,
    text: str,
    evidence: Mapping[str, Any],
) -> int:
    """Raise a proposal, once as long as the one before is open; nothing is dismissed by it."""
    made = await value(
        """insert into supervisors_proposal
             (term, person, name, ground, cause, evidence, text, state, answer, at, decided_by,
              region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6::jsonb, $7, 'open', '', $8, 0, $9, $10)
           on conflict do nothing returning id""",
        term["id"],
        term["person"],
        term["name"],
        ground,
        cause,
        json(dict(evidence)),
        text,
        clock.now(),
        term["region_lo"],
        term["org_lo"],
    )
    if made is None:
        return 0
    await turn_of_term(term)
    await record(
        "supervisors.dismissal_proposed",
        term_ref(term["id"]),
        Proposed(term["person"], term["id"], made, cause, ground),
        place_of(term),
    )
    return int(made)
