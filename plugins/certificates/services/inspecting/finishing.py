# SPDX-License-Identifier: Apache-2.0
"""The end: a scan of the own card after two years, a new card after four."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, execute, transaction
from core.api.deadlines import term_end
from core.api.errors import Conflict, Invalid, Refused
from core.api.facts import record
from core.api.scan import doubt, resolve
from core.api.turns import close_turn
from plugins.certificates.facts import InspectionDone
from plugins.certificates.rules import Card
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.services.base import (
    MAKE,
    Actor,
    must_review,
    must_submit,
    person_ref,
    place_of,
    settings_in,
)
from plugins.certificates.services.cards import Particulars, announce, enter_period
from plugins.certificates.services.inspecting.base import (
    ask,
    card_of,
    inspection_ref,
    keep_moment,
    take,
    tell_both,
    words,
)


async def scan(who: Actor, inspection: int, code: str) -> list[str]:
    """Finish a two-year inspection by the code of the officer's own card.

    Bound to the person: the officer himself, or who administers his unit (S2-23). Returns what
    stands against it; empty when it is done.
    """
    async with transaction(who.wide):
        found = await take(who, inspection)
        own = bool(who.person_id) and who.person_id == found["person"]
        if not own:
            await must_submit(who, found)
        if refused := rules.why_not(found["state"], "scan"):
            raise Conflict(refused)
        text = code.strip()
        if text == found["number"]:
            raise Invalid({"code": "请扫证件上的二维码，输入证号不算。"})
        if why := await doubt(text):
            raise Invalid({"code": why})
        scanned = await resolve(text, who.wide)
        if scanned is None:
            raise Invalid({"code": "这不是执法证的二维码，或者已经损坏。"})
        if scanned != SubjectRef("certificates.officer", found["officer"]):
            raise Invalid({"code": f"扫的不是{found['name']}的证件，请扫本人的。"})
        card = await card_of(found["person"], found["certificate"])
        if problem := rules.may_apply(card, clock.today(), 3660):
            raise Refused(problem)
        blockers, evidence = await ask(found, "scan")
        if blockers:
            await keep_moment(found, "approved", "scan", blockers, evidence)
            return [each["text"] for each in blockers]
        await keep_moment(found, "approved", "scan", (), evidence)
        await _finish(found, card, "self" if own else "unit", who.user_id)
    return []


async def _finish(found: Mapping[str, Any], card: Card, how: str, by: int) -> None:
    """Close the inspection, move the due date on, and write down the days that were missed."""
    today = clock.today()
    settings = await settings_in(found["region_lo"])
    place = place_of(found)
    ended, begun = rules.periods_after(card, rules.late_gap(card, today), today)
    for each in ended:
        await execute(
            "update certificates_period set until = $2 where certificate = $1 and until is null",
            card.id,
            each.until,
        )
    for each in begun:
        await enter_period(card.id, each.state, each.since, each.reason, place, until=each.until)
    following = rules.next_due(
        card.valid_from,
        found["due_on"],
        short=settings.inspection_short_years,
        exam=settings.inspection_exam_years,
    )
    valid_until = card.valid_until
    if how == "card":
        valid_until = max(valid_until, term_end(today, settings.valid_years))
        await execute(
            """update certificates_certificate c set photo = coalesce(o.photo, c.photo)
               from certificates_officer o where o.id = c.officer and c.id = $1""",
            card.id,
        )
    await execute(
        "update certificates_certificate set inspection_due = $2, valid_until = $3 where id = $1",
        card.id,
        following.due_on,
        valid_until,
    )
    await execute(
        """update certificates_inspection set state = 'done', done_on = $2, done_by = $3,
             done_how = $4, blockers = '[]' where id = $1""",
        found["id"],
        today,
        by,
        how,
    )
    await close_turn(inspection_ref(found["id"]))
    await record(
        "certificates.inspection_done",
        person_ref(found["person"]),
        InspectionDone(
            found["id"],
            found["person"],
            card.id,
            card.number,
            found["kind"],
            found["due_on"].isoformat(),
            today.isoformat(),
            following.due_on.isoformat(),
            how,
        ),
        place,
    )
    await announce(
        card.id,
        found["person"],
        card.number,
        "valid",
        today,
        Particulars(card.number, card.valid_from, valid_until, following.due_on),
        place,
        reason=f"{rules.KINDS[found['kind']]}完成",
    )
    await tell_both(found, "inspection_done", next=words(following.due_on))


async def finish_with_card(who: Actor, inspection: int) -> None:
    """四年年审: the exam is passed, the new card is made and handed over."""
    async with transaction(who.wide):
        found = await take(who, inspection)
        must_review(who, found)
        if not who.may(MAKE):
            raise Refused("制证由有制证权限的人办理。")
        if refused := rules.why_not(found["state"], "finish"):
            raise Conflict(refused)
        card = await card_of(found["person"], found["certificate"])
        if problem := rules.may_apply(card, clock.today(), 3660):
            raise Refused(problem)
        blockers, evidence = await ask(found, "scan")
        await keep_moment(found, "making", "scan", blockers, evidence)
        if not blockers:
            await _finish(found, card, "card", who.user_id)
    if blockers:
        raise Refused("".join(each["text"] for each in blockers))
