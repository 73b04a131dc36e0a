# SPDX-License-Identifier: Apache-2.0
"""What happens during a term: absences, 表彰, 回避, the nightly check against officers."""

from datetime import date
from typing import Any

from core.api import clock
from core.api.db import (
    Scope,
    column,
    execute,
    lock_subjects,
    retried,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import Fact, record
from core.api.people import OrganisationRow, organisation
from plugins.supervisors.facts import Commended, Flagged, Recused
from plugins.supervisors.forms import CommendForm, RecusalForm
from plugins.supervisors.queries.applications import open_persons
from plugins.supervisors.queries.terms import (
    attendance_record,
    current_term,
    recusal_row,
    serving,
    term_row,
)
from plugins.supervisors.rules.attendance import ABSENT, OUTCOMES, proposes_dismissal
from plugins.supervisors.rules.words import RELATIONS
from plugins.supervisors.services.base import (
    Actor,
    ask_gate_of_many,
    note_term,
    office_scope,
    organ_of,
    person_ref,
    place_of,
    settings_in,
    tell_office,
    term_ref,
)
from plugins.supervisors.services.ending import (
    lapse_proposals,
    propose_dismissal,
    refuse_ended,
    take_term,
)

HEARD = "attendance is told by the activities' owner; the record belongs to the bureau"
OWN = "a supervisor declares a conflict on his phone; the bureau's row is written for him"


# --- attendance --------------------------------------------------------------------------------


async def note_attendance(fact: Fact) -> None:
    """Keep who came; the second unexcused absence in a row raises a proposal (S3-25).

    Told twice it changes nothing. Corrected later, a proposal that rested on it is taken back, as
    long as nobody has decided it; what remains is counted anew. A training counts
    as an activity of the bureau's; it stands under its negative number, so that training 7 and
    activity 7 are two rows.
    """
    told = fact.payload
    person = int(told["person"])
    activity = int(told["activity"]) if "activity" in told else -int(told["training"])
    outcome = str(told.get("outcome") or "")
    if outcome not in OUTCOMES:
        return
    on = date.fromisoformat(str(told["on"])[:10])
    async with transaction(Scope.platform(HEARD)):
        term = await current_term(person, on)
        if term is None or on < term["starts"]:
            return
        await execute(
            """insert into supervisors_attendance
                 (person, activity, "on", outcome, title, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7)
               on conflict (person, activity)
               do update set outcome = excluded.outcome, "on" = excluded."on",
                             title = excluded.title""",
            person,
            activity,
            on,
            outcome,
            str(told.get("title") or "")[:200],
            term["region_lo"],
            term["org_lo"],
        )
        if outcome != ABSENT:
            why = f"{on.month}月{on.day}日的考勤更正为{OUTCOMES[outcome]}"
            await lapse_proposals(term, activity, why)
        limit = (await settings_in(term["region_lo"])).unexcused_absence_limit
        run = proposes_dismissal(await attendance_record(person, term["starts"]), limit)
        if not run or await _already_judged(term["id"], run[-1].activity):
            return
        days = "、".join(f"{each.on.month}月{each.on.day}日" for each in run)
        proposal = await propose_dismissal(
            term,
            "absences",
            "absence",
            f"连续 {len(run)} 次无故不参加组织的活动（{days}）",
            {"activities": [each.activity for each in run], "days": [str(e.on) for e in run]},
        )
        if proposal:
            await tell_office(
                "office_absences",
                term_ref(term["id"]),
                place_of(term),
                name=term["name"],
                count=len(run),
            )


async def _already_judged(term: int, activity: int) -> bool:
    """Whether a proposal about this very absence was made before: dropped is dropped."""
    return bool(
        await value(
            """select 1 from supervisors_proposal where term = $1 and cause = 'absences'
               and state <> 'lapsed' and evidence -> 'activities' @> to_jsonb($2::int8) limit 1""",
            term,
            activity,
        )
    )


# --- 表彰 --------------------------------------------------------------------------------------


@retried
async def commend(who: Actor, term: int, form: CommendForm) -> int:
    """通报表彰 (S3-26). Records ``supervisors.commended``."""
    async with transaction(who.scope):
        found = await take_term(who, term)
        on = form.on or clock.today()
        if on > clock.today():
            raise Invalid({"on": "表彰日期不能在将来。"})
        if on < found["starts"]:
            raise Invalid({"on": "表彰日期不能早于聘期开始。"})
        made = await value(
            """insert into supervisors_commendation
                 (term, title, text, "on", by, at, person, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id""",
            term,
            form.title,
            form.text,
            on,
            who.user_id,
            clock.now(),
            found["person"],
            found["region_lo"],
            found["org_lo"],
        )
        await record(
            "supervisors.commended",
            person_ref(found["person"]),
            Commended(found["person"], term, made, form.title),
            place_of(found),
        )
        await note_term(found, "commended", title=form.title)
        return int(made)


# --- 回避 --------------------------------------------------------------------------------------


def check_matter(form: RecusalForm, unit: OrganisationRow | None) -> None:
    """A recusal must say what it is about, else it binds nobody."""
    if form.organisation is not None and unit is None:
        raise Invalid({"organisation": "没有找到这个单位，请重新选择。"})
    if unit is None and not form.case and not form.officer:
        raise Invalid({"organisation": "请选择涉及的单位，或者填写涉及的案件、执法人员。"})


async def _officer_named(name: str, unit: OrganisationRow | None) -> int:
    """The person of a name in a unit: a recusal about one officer binds for him alone."""
    if unit is None:
        raise Invalid({"officer": "填了执法人员的，还要选他所在的单位。"})
    async with transaction(Scope.platform("whom a recusal names, by unit and name")):
        found = await column(
            """select id from core_person
               where name = $1 and org_lo between $2 and $3 and closed_at is null limit 2""",
            name,
            unit.lo,
            unit.hi,
        )
    if len(found) != 1:
        many = "不止一个" if found else "没有"
        raise Invalid({"officer": f"{unit.name}{many}叫“{name}”的人，请核对姓名和单位。"})
    return int(found[0])


async def _enter_recusal(term: dict[str, Any], kind: str, form: RecusalForm, by: int) -> int:
    unit = await organisation(form.organisation) if form.organisation is not None else None
    check_matter(form, unit)
    officer = await _officer_named(form.officer, unit) if form.officer else 0
    made: int = await value(
        """insert into supervisors_recusal
             (term, kind, relation, organisation, organisation_lo, organisation_hi,
              organisation_name, officer, officer_name, case_words, text, since, at, by, person,
              region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
           returning id""",
        term["id"],
        kind,
        form.relation,
        unit.id if unit else None,
        unit.lo if unit else 0,
        unit.hi if unit else 0,
        unit.name if unit else "",
        officer,
        form.officer,
        form.case,
        form.text,
        clock.today(),
        clock.now(),
        by,
        term["person"],
        term["region_lo"],
        term["org_lo"],
    )
    await record(
        "supervisors.recused",
        person_ref(term["person"]),
        Recused(term["person"], term["id"], made, kind, form.relation),
        place_of(term),
    )
    return made


@retried
async def declare_recusal(who: Actor, form: RecusalForm) -> int:
    """自行回避: the supervisor says what he must not touch; it binds at once (S3-17)."""
    async with transaction(who.scope):
        mine = await current_term(who.person_id, clock.today())
    if mine is None:
        raise Refused("你现在没有聘期。")
    async with transaction(office_scope(place_of(mine), OWN, actor=who.user_id)):
        await lock_subjects(person_ref(who.person_id))
        return await _enter_recusal(mine, "declared", form, who.user_id)


@retried
async def order_recusal(who: Actor, term: int, form: RecusalForm) -> int:
    """要求回避: the bureau has noticed what the supervisor did not say (S3-17)."""
    async with transaction(who.scope):
        found = await take_term(who, term)
        refuse_ended(found)
        made = await _enter_recusal(found, "ordered", form, who.user_id)
        organ = await organ_of(found["region_lo"])
        await note_term(
            found,
            "recusal_ordered",
            organ=organ.name if organ else "司法局",
            matter=f"{RELATIONS[form.relation]}，{form.text[:80]}",
        )
        return made


@retried
async def lift_recusal(who: Actor, recusal: int, reason: str) -> int:
    """The bureau ends a recusal whose reason is gone; the term's id."""
    async with transaction(who.scope):
        seen = await recusal_row(recusal)
        if seen is None:
            raise NotFound
        found = await take_term(who, seen["term"])
        if seen["until"] is not None:
            raise Conflict("这项回避已经解除。")
        await execute(
            "update supervisors_recusal set until = $2 where id = $1", recusal, clock.today()
        )
        await record(
            "supervisors.recusal_lifted",
            person_ref(found["person"]),
            Recused(found["person"], found["id"], recusal, seen["kind"], seen["relation"], reason),
            place_of(found),
        )
        return int(found["id"])


# --- never an officer (S3-3) -------------------------------------------------------------------


async def check_against_officers() -> int:
    """Every night: whoever serves or applies and has become an officer is flagged.

    A serving one raises a proposal that a human decides; nobody is dismissed by a machine. An
    applicant is stopped at 审核 and 聘任 anyway, so his bureau only sees it there.
    """
    found = 0
    sitting = await serving()
    answers = await ask_gate_of_many(sorted({each["person"] for each in sitting}))
    for each in sitting:
        text = "".join(answers.get(each["person"], ()))[:300]
        if text == each["flagged"]:
            continue
        async with transaction(office_scope(place_of(each), "the nightly check of supervisors")):
            await lock_subjects(person_ref(each["person"]))
            term = await term_row(each["term"])
            if term is None or term["state"] != "active":
                continue
            await execute(
                "update supervisors_term set flagged = $2 where id = $1", term["id"], text
            )
            if not text:
                continue
            await record(
                "supervisors.flagged",
                term_ref(term["id"]),
                Flagged(term["person"], term["id"], text),
                place_of(term),
            )
            await propose_dismissal(
                term, "officer", "unfit", f"已成为行政执法人员：{text}", {"gate": text}
            )
            await tell_office(
                "office_officer", term_ref(term["id"]), place_of(term), name=term["name"], text=text
            )
            found += 1
    return found


async def waiting_officers() -> dict[int, list[str]]:
    """Applicants under way who are officers, for the list."""
    waiting = await open_persons()
    return await ask_gate_of_many(sorted({each["person"] for each in waiting}))
