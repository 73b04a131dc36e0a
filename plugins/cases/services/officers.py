# SPDX-License-Identifier: Apache-2.0
"""环节授权: who handles a step, who stands in for whom, who has withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from core.api import clock
from core.api.db import current_scope, execute, retried, transaction
from core.api.errors import Invalid, Refused
from core.api.extensions import contributions
from core.api.gates import decide
from core.api.people import persons_by_id
from core.api.plugin import SubjectRef
from plugins.cases.queries import (
    CaseFile,
    body_scope,
    certificate_numbers,
    load_case,
    unit_names,
)
from plugins.cases.rules.definition import Step
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.event import Officer
from plugins.cases.rules.flow import steps_ahead
from plugins.cases.services.acting import (
    Actor,
    as_officers,
    check_running,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    tell,
)
from plugins.cases.services.turns import hand_current_turn

OFFICER_GATE = "cases.officer_may_act"
LEAD, ASSIST = "lead", "assist"
ROLE_TITLES: Mapping[str, str] = {LEAD: "主办", ASSIST: "协办"}
OFFICERS_MAX = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """One person chosen for a step."""

    person: int
    role: str = ASSIST


@dataclass(frozen=True, slots=True)
class Asked:
    """The gate's answers about some officers, and their evidence for the event."""

    officers: tuple[Officer, ...]
    evidence: Mapping[str, Any]


NUMBERS = "cases.certificate_numbers"
"""Extension point: who holds which certificate, where nobody was told of each one by itself."""


class CertificateNumbers(msgspec.Struct, frozen=True):
    """A register of certificates that can be asked."""

    find: Any
    """``async (persons, on) -> {person: number}``: the good certificates of a day."""


async def _numbers(people: Sequence[int], on: date) -> dict[int, str]:
    """The number beside each person: as it was announced, else as the registers answer.

    Officers that came by thousands, from a sheet or from the old system, were not announced one
    by one.
    """
    found = await certificate_numbers(people, on)
    for register in contributions(NUMBERS):
        if missing := [each for each in people if each not in found]:
            found |= await register.value.find(missing, on)
    return found


async def ask_about(
    file: CaseFile, step: Step, people: Sequence[Mapping[str, Any]], on: date
) -> Asked:
    """Who of these may enforce on this day, in this step; asked of all of them at once.

    ``people`` hold ``person``, ``name`` and ``role``. The answer is stored with the act: what is
    entered later neither hides nor repairs what was known then.
    """
    refs = {p["person"]: SubjectRef("core.person", p["person"]) for p in people}
    verdict = await decide(
        OFFICER_GATE,
        list(refs.values()),
        on,
        {
            "item": file.row["item"],
            "power_class": file.row["power_class"],
            "organisation": file.row["organisation"],
            "department": file.row["department"],
            "step": step.key,
            "kind": step.kind,
            "coercive": step.coercive,
        },
    )
    async with transaction(body_scope(current_scope(), file)):
        held = await _numbers(list(refs), on)
    officers = []
    for p in people:
        blockers = verdict.blockers.get(refs[p["person"]], ())
        number = next((str(b.detail["number"]) for b in blockers if b.detail.get("number")), "")
        if not blockers:
            number = held.get(p["person"], "")
        officers.append(
            Officer(
                person=p["person"],
                name=p["name"],
                qualified=not blockers,
                reason="；".join(b.text.rstrip("。") for b in blockers)[:300],
                number=number,
                role=p.get("role", ASSIST),
            )
        )
    return Asked(tuple(officers), verdict.evidence)


async def ask_again(file: CaseFile, step: Step, on: date) -> Asked:
    """The officers authorised for a step with the gate's answers as they are at this moment."""
    return await ask_about(file, step, file.officers_of(step.key, on), on)


@dataclass(frozen=True, slots=True)
class Known:
    """A chosen person, found among the people of the body."""

    id: int
    name: str
    unit: str
    role: str


async def known_people(file: CaseFile, actor: Actor, choices: Sequence[Choice]) -> list[Known]:
    """The chosen persons, in their order; ``Invalid`` when one is not of the body (any more)."""
    async with transaction(body_scope(actor.scope, file)):
        found = {p.id: p for p in await persons_by_id([c.person for c in choices])}
    if any(c.person not in found for c in choices):
        raise Invalid({"officers": "选择的人员里有已经离开本单位的，请重新选择。"})
    units = await unit_names([p.organisation for p in found.values()])
    return [
        Known(c.person, found[c.person].name, units.get(found[c.person].organisation, ""), c.role)
        for c in choices
    ]


def one_lead(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """Each person once, and exactly one leading officer: the first one named so, else the first."""
    unique = tuple({c.person: c for c in choices}.values())
    lead = next((c.person for c in unique if c.role == LEAD), unique[0].person if unique else 0)
    ordered = sorted(unique, key=lambda c: c.person != lead)
    return tuple(Choice(c.person, LEAD if c.person == lead else ASSIST) for c in ordered)


def lead_by_default(officers: Sequence[Officer]) -> tuple[Officer, ...]:
    """Where nobody was named, the first *qualified* officer leads (C3-02); else the first."""
    first = next((o for o in officers if o.qualified), officers[0] if officers else None)
    if first is None:
        return ()
    named = [
        msgspec.structs.replace(o, role=LEAD if o.person == first.person else ASSIST)
        for o in officers
    ]
    return tuple(sorted(named, key=lambda o: o.role != LEAD))


async def assign(file: CaseFile, actor: Actor, step: Step, choices: Sequence[Choice]) -> Asked:
    """Make these the officers of a step: withdraw who is no longer named, grant the others."""
    wanted = one_lead(choices)
    if not wanted:
        raise Invalid({"officers": "请至少选择一名办理人。"})
    if len(wanted) > OFFICERS_MAX:
        raise Invalid({"officers": f"一个环节最多授权 {OFFICERS_MAX} 人。"})
    recused = {r["person"]: r["name"] for r in file.recusals}
    withdrawn = [recused[c.person] for c in wanted if c.person in recused]
    if withdrawn:
        raise Invalid({"officers": f"{'、'.join(withdrawn)}已经申请回避，不能授权。"})
    people = await known_people(file, actor, wanted)
    today, now = clock.today(), clock.now()
    asked = await ask_about(
        file,
        step,
        [{"person": p.id, "name": p.name, "role": p.role} for p in people],
        today,
    )
    if not any(c.role == LEAD for c in choices):
        officers = lead_by_default(asked.officers)
        asked = Asked(officers, asked.evidence)
        at = {p.id: p for p in people}
        people = [at[o.person] for o in officers]
    await execute(
        """update cases_authorisation set revoked_at = $3, revoked_by = $4
           where case_id = $1 and step = $2 and revoked_at is null""",
        file.id,
        step.key,
        now,
        actor.person,
    )
    for officer, person in zip(asked.officers, people, strict=True):
        await _grant(file, actor, step, officer, person.unit, today)
    file.officers = [o for o in file.officers if o["step"] != step.key]
    file.officers += [
        {
            "id": 0,
            "step": step.key,
            "person": o.person,
            "name": o.name,
            "role": o.role,
            "qualified": o.qualified,
            "reason": o.reason,
            "number": o.number,
            "valid_from": today,
            "valid_to": None,
            "on_behalf": None,
            "on_behalf_name": "",
            "granted_at": now,
            "unit": p.unit,
        }
        for o, p in zip(asked.officers, people, strict=True)
    ]
    return asked


async def _grant(
    file: CaseFile,
    actor: Actor,
    step: Step,
    officer: Officer,
    unit: str,
    valid_from: date,
    *,
    valid_to: date | None = None,
    on_behalf: int | None = None,
    on_behalf_name: str = "",
) -> None:
    await execute(
        """insert into cases_authorisation (case_id, step, person, name, unit, role, qualified,
             reason, number, valid_from, valid_to, on_behalf, on_behalf_name, granted_at,
             granted_by, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)""",
        file.id,
        step.key,
        officer.person,
        officer.name,
        unit[:120],
        officer.role,
        officer.qualified,
        officer.reason,
        officer.number,
        valid_from,
        valid_to,
        on_behalf,
        on_behalf_name,
        clock.now(),
        actor.person,
        file.place.region_lo,
        file.place.org_lo,
    )


def authorising_refusal(file: CaseFile, actor: Actor, step: Step) -> str:
    """Why the actor may not change who handles a step; empty when he may."""
    row = file.row
    if row["state"] != "open":
        return "案件不在办理状态，不能调整授权。"
    if step.key != row["step"] and step.key not in steps_ahead(file.definition, row["step"]):
        return f"{step.title}已经办过，不能再调整授权。"
    involved = {row["opened_by"], row["lead"]}
    involved |= {o["person"] for o in file.officers_of(row["step"], clock.today())}
    if actor.approves or actor.person in involved:
        return ""
    return "环节授权由立案人、本环节办理人或者负责人调整。"


@retried
async def authorise_officers(
    actor: Actor, case: int, step_key: str, choices: Sequence[Choice], *, token: str = ""
) -> Asked | None:
    """Authorise officers for a step, each with the gate's answer at this moment.

    An unqualified officer may be authorised: the lamp, not the form, says that this is wrong.
    Returns nothing when the same form was posted before.
    """
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "authorise"):
            return None
        step = file.definition.find_step(step_key)
        if step is None:
            raise Invalid({"step": "没有这个环节。"})
        refusal = authorising_refusal(file, actor, step)
        if refusal:
            raise Refused(refusal)
        asked = await assign(file, actor, step, choices)
        await remember(file, actor, token, "authorise")
        visit = file.open_visit
        current = visit is not None and visit["step"] == step.key
        marks = await face_of(
            file, step.key, visit["number"] if visit and current else 0, step.stage
        )
        if current:
            await hand_current_turn(file)
        await tell(
            file,
            compose(
                file,
                actor,
                "authorised",
                visit=visit if current else None,
                step=step,
                clocks=marks,
                officers=asked.officers,
                gate=asked.evidence,
            ),
        )
        return asked


@retried
async def delegate_step(
    actor: Actor,
    case: int,
    step_key: str,
    to_person: int,
    valid_from: date,
    valid_to: date,
    reason: str,
    *,
    token: str = "",
) -> None:
    """Let somebody else handle a step for some days, on one's behalf (C3-09)."""
    reason = clean_text(reason)
    errors = {}
    if not reason:
        errors["reason"] = "请填写委托的原因。"
    if valid_from < clock.today():
        errors["valid_from"] = "开始日期不能早于今天。"
    if valid_to < valid_from:
        errors["valid_to"] = "结束日期不能早于开始日期。"
    if (valid_to - valid_from).days > 90:
        errors["valid_to"] = "一次委托最长 90 天，更久的请移交。"
    if to_person == actor.person:
        errors["to_person"] = "不能委托给自己。"
    if errors:
        raise Invalid(errors)
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "delegate"):
            return
        check_running(file)
        step = file.definition.find_step(step_key)
        if step is None:
            raise Invalid({"step": "没有这个环节。"})
        mine = [o for o in file.officers if o["step"] == step.key and o["person"] == actor.person]
        if not mine:
            raise Refused("你没有被授权办理这个环节，不能委托他人。")
        if any(r["person"] == to_person for r in file.recusals):
            raise Refused("这个人已经申请回避，不能委托。")
        if any(o["step"] == step.key and o["person"] == to_person for o in file.officers):
            raise Invalid({"to_person": "这个人已经是本环节的办理人。"})
        (person,) = await known_people(file, actor, [Choice(to_person)])
        asked = await ask_about(
            file,
            step,
            [{"person": person.id, "name": person.name, "role": mine[0]["role"]}],
            valid_from,
        )
        await _grant(
            file,
            actor,
            step,
            asked.officers[0],
            person.unit,
            valid_from,
            valid_to=valid_to,
            on_behalf=actor.person,
            on_behalf_name=actor.name,
        )
        await remember(file, actor, token, "delegate")
        loaded = await load_case(actor.scope, case)
        assert loaded is not None
        file.officers = loaded.officers
        if step.key == file.row["step"]:
            await hand_current_turn(file)
        await tell(
            file,
            compose(
                file,
                actor,
                "delegated",
                visit=file.open_visit if step.key == file.row["step"] else None,
                step=step,
                clocks=await face_of(file, step.key, file.number_of(step.key), step.stage),
                officers=asked.officers,
                gate=asked.evidence,
                reason=f"委托{person.name}办理，{valid_from.month}月{valid_from.day}日"
                f"至{valid_to.month}月{valid_to.day}日：{reason}",
            ),
        )


@retried
async def declare_recusal(actor: Actor, case: int, reason: str, *, token: str = "") -> None:
    """Withdraw from a case oneself (回避); the others go on (《行政处罚法》第四十三条)."""
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请填写回避的理由。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "recuse"):
            return
        if file.row["state"] not in ("open", "suspended"):
            raise Refused("案件已经办结，不需要再申请回避。")
        if any(r["person"] == actor.person for r in file.recusals):
            raise Refused("你已经申请过回避。")
        await execute(
            """insert into cases_recusal
                 (case_id, person, name, reason, declared_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7)""",
            file.id,
            actor.person,
            actor.name,
            reason[:500],
            clock.now(),
            file.place.region_lo,
            file.place.org_lo,
        )
        await execute(
            """update cases_authorisation set revoked_at = $3, revoked_by = $2
               where case_id = $1 and person = $2 and revoked_at is null""",
            file.id,
            actor.person,
            clock.now(),
        )
        await remember(file, actor, token, "recuse")
        left = [o for o in file.officers if o["person"] != actor.person]
        file.officers = left
        await hand_current_turn(file)
        step = file.step
        await tell(
            file,
            compose(
                file,
                actor,
                "authorised",
                clocks=await face_of(file, step.key, file.number_of(step.key), step.stage),
                officers=as_officers(file.officers_of(step.key, clock.today())),
                reason=f"{actor.name}申请回避：{reason}",
            ),
        )
