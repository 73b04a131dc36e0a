# SPDX-License-Identifier: Apache-2.0
"""聘任: the term, the certificate and its number, the role that follows from it."""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from core.api import clock
from core.api.accounts import grant_role, revoke_role
from core.api.credentials import credentials_changed
from core.api.db import execute, lock_subjects, retried, transaction, value
from core.api.deadlines import term_end
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.numbers import next_number
from core.api.turns import close_turn
from plugins.supervisors.facts import Appointed
from plugins.supervisors.forms import AppointForm
from plugins.supervisors.queries.applications import application_row, notice_state
from plugins.supervisors.queries.terms import as_term, terms_of
from plugins.supervisors.rules import states, terms
from plugins.supervisors.services.base import (
    APPLICANT,
    FORMER,
    Actor,
    application_ref,
    ask_gate,
    note_progress,
    organ_of,
    person_ref,
    place_of,
    region_word,
    settings_in,
)
from plugins.supervisors.services.clocks import stop_publicity
from plugins.supervisors.services.closing import withdraw_notice
from plugins.supervisors.services.deciding import take_application

SERIES = "supervisors.certificate"
LATEST_DAYS = 90
ROLE = "supervisor"


def words_of(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


async def first_day(application: Mapping[str, Any]) -> date:
    """The day a term begins unless the bureau says otherwise: today, or after the running one."""
    today = clock.today()
    running = [
        as_term(each) for each in await terms_of(application["person"]) if each["state"] == "active"
    ]
    last = max((each.last_day for each in running), default=today - timedelta(days=1))
    return max(today, last + timedelta(days=1))


async def why_not_now(application: Mapping[str, Any]) -> list[str]:
    """What stands between this application and the appointment, for the page."""
    settings = await settings_in(application["region_lo"])
    reasons = states.why_not_appoint(
        application["state"], await notice_state(application["id"]), clock.now()
    )
    history = [as_term(each) for each in await terms_of(application["person"])]
    reasons += terms.why_not_appoint(
        history,
        await first_day(application),
        maximum=settings.max_consecutive_terms,
        gap_months=settings.term_gap_months,
    )
    blockers, _ = await ask_gate(application["person"])
    return reasons + blockers


@retried
async def appoint(who: Actor, application: int, form: AppointForm) -> int:
    """Appoint after a 公示 without objection; the term's id.

    Two approvals at once: the second finds the application appointed and is told so. Records
    ``supervisors.appointed`` (and ``supervisors.renewed`` for a 继任); the role follows.
    """
    async with transaction(who.scope):
        seen = await application_row(application)
        if seen is None:
            raise NotFound
        # Both locks in one statement, sorted, as everybody who changes the gate's answer does.
        await lock_subjects(application_ref(application), person_ref(seen["person"]))
        found = await take_application(who, application)
        if found["state"] == states.APPOINTED:
            raise Conflict("这份申请刚刚已经聘任，聘任证书已签发，不用再办。")
        standing = await notice_state(application)
        if reasons := states.why_not_appoint(found["state"], standing, clock.now()):
            raise Refused(*reasons)
        settings = await settings_in(found["region_lo"])
        _check_day(form.starts)
        rows = await terms_of(found["person"])
        history = [as_term(each) for each in rows]
        if reasons := terms.why_not_appoint(
            history,
            form.starts,
            maximum=settings.max_consecutive_terms,
            gap_months=settings.term_gap_months,
        ):
            raise Refused(*reasons)
        blockers, silent = await ask_gate(found["person"])
        if blockers:
            raise Refused("不得从行政执法人员中聘请（第二条）。" + "".join(blockers))
        ends = term_end(form.starts, settings.term_years)
        nth = terms.number_of_term(history, form.starts, settings.term_gap_months)
        running = next((each for each in rows if each["state"] == "active"), None)
        assignment = (running or {}).get("assignment") or await _give_role(found, who)
        term = await _enter_term(found, form.starts, ends, nth, assignment)
        number = await _issue_card(found, term, form.starts, ends, nth)
        await execute(
            """update supervisors_application set state = 'appointed', term = $2, decided_at = $3,
                      decided_by = $4 where id = $1""",
            application,
            term,
            clock.now(),
            who.user_id,
        )
        await withdraw_notice(application)
        await stop_publicity(application)
        await close_turn(application_ref(application))
        payload = Appointed(
            found["person"],
            term,
            application,
            number,
            nth,
            form.starts.isoformat(),
            ends.isoformat(),
            found["region_lo"],
        )
        await record("supervisors.appointed", person_ref(found["person"]), payload, place_of(found))
        if found["renewal"]:
            await record(
                "supervisors.renewed", person_ref(found["person"]), payload, place_of(found)
            )
        await note_progress(
            found, "appointed", number=number, starts=words_of(form.starts), ends=words_of(ends)
        )
        del silent  # who was silent stands in the fact of 审核; here a human appoints
        return term


def _check_day(starts: date) -> None:
    today = clock.today()
    if starts < today:
        raise Invalid({"starts": f"聘期不能早于今天（{words_of(today)}）开始。"})
    if starts > today + timedelta(days=LATEST_DAYS):
        raise Invalid({"starts": f"聘期最晚从今天起 {LATEST_DAYS} 天内开始。"})


async def _give_role(application: Mapping[str, Any], who: Actor) -> int:
    """The role of a supervisor in place of what he was before: permission follows the term."""
    if not application["account"]:
        return 0
    for before in (APPLICANT, FORMER):
        await revoke_role(
            application["account"], before, by=who.user_id, reason="已聘任为社会监督员"
        )
    return await grant_role(
        application["account"], ROLE, region=application["region"], by=who.user_id
    )


async def _enter_term(
    application: Mapping[str, Any], starts: date, ends: date, nth: int, assignment: int
) -> int:
    return int(
        await value(
            """insert into supervisors_term
                 (application, name, number_in_row, starts, ends, state, ground, reason, region,
                  account, assignment, flagged, created_at, person, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, 'active', '', '', $6, $7, $8, '', $9, $10, $11, $12)
               returning id""",
            application["id"],
            application["name"],
            nth,
            starts,
            ends,
            application["region"],
            application["account"],
            assignment,
            clock.now(),
            application["person"],
            application["region_lo"],
            application["org_lo"],
        )
    )


async def _issue_card(
    application: Mapping[str, Any], term: int, starts: date, ends: date, nth: int
) -> str:
    """The certificate with its number, taken last: a refused appointment leaves no gap."""
    organ = await organ_of(application["region_lo"])
    settings = await settings_in(application["region_lo"])
    word = settings.certificate_word or await region_word(application["region_lo"])
    year = clock.today().year
    serial = await next_number(SERIES, organ.id if organ else 0, year)
    number = f"{word}〔{year}〕{serial}号"
    await execute(
        """insert into supervisors_card
             (term, token, number, name, region_name, organ_name, number_in_row, starts, ends,
              state, photo, issued_at, region_lo, org_lo, published)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11, $12, $13, true)""",
        term,
        secrets.token_urlsafe(18),
        number,
        application["name"],
        application["region_name"],
        organ.name if organ else "",
        nth,
        starts,
        ends,
        application["photo"],
        clock.now(),
        application["region_lo"],
        application["org_lo"],
    )
    await credentials_changed()
    return number
