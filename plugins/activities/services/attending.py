# SPDX-License-Identifier: Apache-2.0
"""Answering an invitation, leave, check-in, correcting and closing the attendance (S3-24)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.checkin import checkin_admits, checkin_code
from core.api.db import Scope, execute, lock_subjects, retried, row, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record as record_fact
from core.api.messages import notify
from core.api.turns import close_turn, hand_turn
from plugins.activities.facts import (
    Answered,
    Attended,
    CheckedIn,
    Closed,
    Corrected,
    LeaveDecided,
)
from plugins.activities.forms import AnswerForm, CorrectForm, LeaveForm
from plugins.activities.queries import (
    activity_row,
    invitation_row,
    invitation_to,
    invitations_of,
)
from plugins.activities.rules import attendance as rules
from plugins.activities.rules.attendance import (
    ANSWERS,
    ASKED,
    CLOSED,
    COMING,
    GRANTED,
    LEAVE,
    LEAVES,
    OPEN,
    OUTCOMES,
    PRESENT,
)
from plugins.activities.rules.words import MANAGE
from plugins.activities.services.base import (
    MINE,
    Actor,
    activity_ref,
    at_office,
    handlers_at,
    invitation_ref,
    invited,
    my_invitation,
    objections,
    person_ref,
    place_of,
    window_of,
)
from plugins.activities.services.organising import take_activity

SET_OUTCOME = """
update activities_invitation set outcome = $2, outcome_at = $3, outcome_by = $4 where id = $1
"""


def _what(activity: int) -> str:
    """What the code on the screen is the code of."""
    return f"activities.activity:{activity}"


def _seen(activity: int, person: int) -> str:
    """What the page of a scanned code hands on, for this person alone."""
    return f"activities.seen:{activity}:{person}"


# --- the invited person --------------------------------------------------------------------------


@retried
async def answer(who: Actor, invitation: int, form: AnswerForm) -> None:
    """参加, or 请假 with a reason that the bureau judges."""
    mine = await my_invitation(invitation, who.person_id)
    if mine is None:
        raise NotFound
    async with transaction(at_office(place_of(mine), who.user_id)):
        found, activity = await _locked(mine)
        reason = form.reason.strip() if form.answer == LEAVE else ""
        wrong = rules.answer_fault(
            form.answer,
            invited(found),
            activity["state"],
            await window_of(activity),
            clock.now(),
            reason,
        )
        if wrong and form.answer == LEAVE and not reason and activity["state"] == OPEN:
            raise Invalid({"reason": wrong})
        if wrong:
            raise Refused(wrong)
        if form.answer == COMING:
            await _refuse_recused(found["person"], activity)
            if found["leave"] == GRANTED:
                await _refuse_full(activity)
        if found["answer"] == form.answer and found["reason"] == reason:
            return
        await execute(
            """update activities_invitation set answer = $2, reason = $3, answered_at = $4,
                 leave = $5, leave_answer = '' where id = $1""",
            invitation,
            form.answer,
            reason,
            clock.now(),
            ASKED if form.answer == LEAVE else "",
        )
        await record_fact(
            "activities.answered",
            invitation_ref(invitation),
            Answered(
                activity["id"],
                activity["title"],
                who.person_id,
                form.answer,
                ANSWERS[form.answer],
                reason,
            ),
            place_of(activity),
        )
        await close_turn(invitation_ref(invitation))
        if form.answer == LEAVE:
            await _ask_for_leave(found, activity, reason)
        else:
            await close_turn(activity_ref(activity["id"]), key=f"leave{invitation}")


async def _locked(mine: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    await lock_subjects(activity_ref(mine["activity"]))
    found = await row("select * from activities_invitation where id = $1 for update", mine["id"])
    activity = await activity_row(mine["activity"])
    if found is None or activity is None:
        raise NotFound
    return found, activity


async def _refuse_recused(person: int, activity: Mapping[str, Any]) -> None:
    stopped = await objections([person], activity["host_lo"], activity["region_lo"])
    if person in stopped:
        raise Refused(stopped[person])


async def _refuse_full(activity: Mapping[str, Any]) -> None:
    """A granted leave freed the place, which somebody else may have been given since."""
    taken = rules.seats_taken([invited(each) for each in await invitations_of(activity["id"])])
    if taken >= activity["seats"]:
        raise Refused("准假以后名额已经给了别人，要参加请联系司法局。")


async def _ask_for_leave(
    found: Mapping[str, Any], activity: Mapping[str, Any], reason: str
) -> None:
    await hand_turn(
        activity_ref(activity["id"]),
        title=f"请假：{found['name']}",
        subline=f"{activity['title']} · {reason[:60]}",
        step_title="答复请假",
        path=f"/activities/desk/{activity['id']}#leave-{found['id']}",
        holder_org=activity["org_lo"],
        permission=MANAGE,
        due_at=activity["starts_at"] if activity["starts_at"] > clock.now() else None,
        place=place_of(activity),
        key=f"leave{found['id']}",
    )
    await notify(
        "activities.leave_asked",
        await handlers_at(place_of(activity)),
        activity_ref(activity["id"]),
        {"title": activity["title"], "name": found["name"], "text": reason},
        place_of(activity),
    )


# --- the code ------------------------------------------------------------------------------------


def code_for(activity: int) -> tuple[str, int]:
    """The code the screen in the room shows now, and for how many seconds more."""
    code = checkin_code(_what(activity), clock.now())
    return code.token, code.seconds_left


def seen_code(activity: int, person: int) -> str:
    """What a page of a freshly scanned code hands on, so that a slow network loses nobody."""
    return checkin_code(_seen(activity, person), clock.now()).token


def admits(activity: int, person: int, code: str = "", seen: str = "") -> bool:
    """Whether somebody has just looked at the screen."""
    now = clock.now()
    return checkin_admits(_what(activity), code, now) or (
        bool(person) and checkin_admits(_seen(activity, person), seen, now)
    )


async def standing_of(
    who: Actor, activity: int, *, code: str = "", seen: str = ""
) -> tuple[dict[str, Any] | None, str]:
    """Somebody's invitation with its activity, and why he cannot check in now."""
    found = await _of_activity(activity, who.person_id)
    if found is None:
        return None, rules.checkin_fault(None, OPEN, _never(), clock.now(), admitted=False)
    async with transaction(at_office(place_of(found), who.user_id).read_only()):
        window = await window_of(found)
    fault = rules.checkin_fault(
        invited(found),
        found["state"],
        window,
        clock.now(),
        admitted=admits(activity, who.person_id, code, seen),
    )
    return found, fault


def _never() -> rules.Window:
    now = clock.now()
    return rules.Window(now, now)


async def _of_activity(activity: int, person: int) -> dict[str, Any] | None:
    if not person:
        return None
    async with transaction(Scope.platform(MINE).read_only()):
        mine = await invitation_to(activity, person)
    return await my_invitation(mine["id"], person) if mine else None


@retried
async def check_in(who: Actor, activity: int, *, code: str = "", seen: str = "") -> int:
    """签到, once: the number of the invitation. Late, forged and uninvited ones are refused."""
    mine, fault = await standing_of(who, activity, code=code, seen=seen)
    if mine is None or fault:
        raise Refused(fault)
    async with transaction(at_office(place_of(mine), who.user_id)):
        found, current = await _locked(mine)
        fault = rules.checkin_fault(
            invited(found),
            current["state"],
            await window_of(current),
            clock.now(),
            admitted=True,
        )
        if fault:
            raise Refused(fault)
        await _refuse_recused(found["person"], current)
        await execute(SET_OUTCOME, found["id"], PRESENT, clock.now(), "code")
        await record_fact(
            "activities.checked_in",
            invitation_ref(found["id"]),
            CheckedIn(activity, current["title"], who.person_id),
            place_of(current),
        )
        await close_turn(invitation_ref(found["id"]))
        await close_turn(activity_ref(activity), key=f"leave{found['id']}")
        return int(found["id"])


# --- the bureau ----------------------------------------------------------------------------------


async def _take_invitation(
    who: Actor, activity: int, invitation: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    current = await take_activity(who, activity)
    found = await invitation_row(invitation)
    if found is None or found["activity"] != activity:
        raise NotFound
    return found, current


@retried
async def decide_leave(who: Actor, activity: int, invitation: int, form: LeaveForm) -> None:
    """准假 makes it an excused absence; 不准假 says why."""
    async with transaction(who.scope):
        found, current = await _take_invitation(who, activity, invitation)
        if fault := rules.leave_fault(invited(found), current["state"]):
            raise Conflict(fault)
        reason = form.reason.strip()
        if form.decision != GRANTED and not reason:
            raise Invalid({"reason": "不准假要写明理由，本人会看到。"})
        await execute(
            "update activities_invitation set leave = $2, leave_answer = $3 where id = $1",
            invitation,
            form.decision,
            reason,
        )
        words = LEAVES[form.decision]
        await record_fact(
            "activities.leave_decided",
            activity_ref(activity),
            LeaveDecided(
                activity,
                found["person"],
                found["name"],
                form.decision == GRANTED,
                words,
                reason,
            ),
            place_of(current),
        )
        await close_turn(activity_ref(activity), key=f"leave{invitation}")
        await notify(
            "activities.leave_decided",
            [found["person"]],
            invitation_ref(invitation),
            {
                "title": current["title"],
                "words": words,
                "text": reason or "按请假登记，不算缺席。",
            },
            place_of(current),
        )


@retried
async def correct(who: Actor, activity: int, invitation: int, form: CorrectForm) -> None:
    """更正考勤: by hand, with a reason, before closing or after it; the trail keeps both."""
    async with transaction(who.scope):
        found, current = await _take_invitation(who, activity, invitation)
        if clock.now() < (await window_of(current)).opens_at:
            raise Refused("活动还没有开始，没有考勤可以登记。")
        wrong = rules.correction_fault(invited(found), form.outcome, form.reason, current["state"])
        if wrong:
            raise Invalid(wrong)
        await execute(
            """update activities_invitation set outcome = $2, outcome_at = $3, outcome_by = 'hand',
                 corrected = $4, corrected_by_name = $5,
                 leave = case when leave = 'asked' then '' else leave end where id = $1""",
            invitation,
            form.outcome,
            clock.now(),
            form.reason.strip(),
            who.name,
        )
        before = OUTCOMES[found["outcome"]][1] if found["outcome"] else "未登记"
        await record_fact(
            "activities.attendance_corrected",
            activity_ref(activity),
            Corrected(
                activity,
                found["person"],
                found["name"],
                found["outcome"],
                form.outcome,
                f"{before}改为{OUTCOMES[form.outcome][1]}",
                form.reason.strip(),
            ),
            place_of(current),
        )
        await close_turn(invitation_ref(invitation))
        await close_turn(activity_ref(activity), key=f"leave{invitation}")
        if current["state"] == CLOSED:
            await _tell_attendance(current, {**found, "outcome": form.outcome})


async def forecast(activity: Mapping[str, Any]) -> dict[int, str]:
    """What closing would make of everybody, by invitation: the page shows it before."""
    everybody = await invitations_of(activity["id"])
    open_ = [each for each in everybody if not each["outcome"] and each["leave"] != GRANTED]
    stopped = await objections(
        [each["person"] for each in open_], activity["host_lo"], activity["region_lo"]
    )
    return {
        each["id"]: rules.outcome_at_closing(invited(each), recused=each["person"] in stopped)
        for each in everybody
    }


@retried
async def close(who: Actor, activity: int, *, confirmed: bool) -> dict[str, int]:
    """登记考勤并结束: who has not come and was not excused is absent; everybody's is told."""
    async with transaction(who.scope):
        current = await take_activity(who, activity)
        everybody = await invitations_of(activity)
        fault = rules.closing_fault(
            current["state"],
            await window_of(current),
            clock.now(),
            [invited(each) for each in everybody],
        )
        if fault:
            raise Conflict(fault) if current["state"] != OPEN else Refused(fault)
        if not confirmed:
            raise Invalid({"confirmed": "请核对下面的名单，勾选确认后再登记。"})
        outcomes = await forecast(current)
        now = clock.now()
        for each in everybody:
            outcome = outcomes[each["id"]]
            if not each["outcome"]:
                await execute(SET_OUTCOME, each["id"], outcome, now, "closing")
            await close_turn(invitation_ref(each["id"]))
        await execute(
            "update activities_activity set state = $2, closed_at = $3 where id = $1",
            activity,
            CLOSED,
            now,
        )
        counts = {key: sum(one == key for one in outcomes.values()) for key in OUTCOMES}
        await record_fact(
            "activities.closed",
            activity_ref(activity),
            Closed(activity, current["title"], **counts),
            place_of(current),
        )
        await close_turn(activity_ref(activity))
        await _tell_everybody(current, everybody, outcomes)
        return counts


async def _tell_everybody(
    activity: Mapping[str, Any], everybody: Sequence[Mapping[str, Any]], outcomes: Mapping[int, str]
) -> None:
    for each in everybody:
        await _tell_attendance(activity, {**each, "outcome": outcomes[each["id"]]})


async def _tell_attendance(activity: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Record ``activities.attendance_recorded``, which others count, and tell the person."""
    words = OUTCOMES[found["outcome"]][1]
    await record_fact(
        "activities.attendance_recorded",
        person_ref(found["person"]),
        Attended(
            found["person"],
            activity["id"],
            clock.local(activity["starts_at"]).date().isoformat(),
            found["outcome"],
            activity["organ"],
            activity["title"],
            words,
            activity["host"],
        ),
        place_of(activity),
    )
    more = {
        "absent": "没有签到也没有准假的，登记为缺席。有异议请联系司法局更正。",
        "excused": "请假不算缺席。",
        "present": "可以在“登记”里写下所见和建议。",
    }
    await notify(
        "activities.attendance",
        [found["person"]],
        invitation_ref(found["id"]),
        {"title": activity["title"], "words": words, "text": more[found["outcome"]]},
        place_of(activity),
    )
