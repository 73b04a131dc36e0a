# SPDX-License-Identifier: Apache-2.0
"""立项: a matter from its trigger, its supervisors, assisting organs; suggestions of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    current_scope,
    execute,
    json,
    lock_subjects,
    retried,
    row,
    rows,
    transaction,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.numbers import next_number
from core.api.people import OrganisationRow, organisation
from core.api.turns import close_turn
from plugins.supervision import facts
from plugins.supervision.rules import kinds, people
from plugins.supervision.rules.kinds import MANAGE
from plugins.supervision.services.base import (
    Actor,
    give_office,
    inspectors,
    invalid,
    members_of,
    must,
    note_act,
    organ_of,
    papers_of,
    place_of,
    ref,
    refuse,
    take_matter,
    touch,
)

ASSISTING = "an assisting organ finds the matter at its own place"


@dataclass(frozen=True)
class Opening:
    """What a matter starts with."""

    kind: str
    title: str
    body: int
    contents: Sequence[str]
    persons: Sequence[int]
    summary: str = ""
    trigger: str = ""
    source: str = ""
    link: str = ""
    case_number: str = ""
    suggestion: int = 0
    assists: Sequence[int] = ()
    campaign: int | None = None
    checklist: Sequence[Any] = ()
    basis: int | None = None
    platform: bool = False


async def bodies_for(who: Actor) -> list[tuple[int, str]]:
    """The bodies somebody may supervise: those of his region, without his own house."""
    own = await organ_of(who)
    found = await rows(
        "select o.id, o.name, o.lo from core_organisation o where o.region_lo between $1 and $2"
        " and o.lo between $3 and $4 and o.valid_to is null"
        " and o.kind in ('department', 'body', 'second', 'entrusted')"
        " order by o.region_lo, o.name limit 2000",
        who.scope.region.lo,
        who.scope.region.hi,
        who.scope.organisation.lo,
        who.scope.organisation.hi,
    )
    return [
        (o["id"], o["name"]) for o in found if not kinds.why_not_supervise(o["lo"], own.lo, own.hi)
    ]


async def _body(who: Actor, body: int, own: OrganisationRow) -> OrganisationRow:
    found = await organisation(body) if body else None
    if found is None or not (
        who.scope.region.lo <= found.region_lo <= who.scope.region.hi
        and who.scope.organisation.lo <= found.lo <= who.scope.organisation.hi
    ):
        raise Invalid({"body": "选择本地区的被监督单位。"})
    if why := kinds.why_not_supervise(found.lo, own.lo, own.hi):
        raise Invalid({"body": why[0]})
    return found


@retried
async def open_matter(who: Actor, it: Opening) -> int:
    """立项; the matter's id."""
    must(who, MANAGE)
    async with transaction(who.scope):
        own = await organ_of(who)
        body = await _body(who, it.body, own)
        faults = kinds.content_faults(it.contents)
        if len(it.title.strip()) < 4:
            faults["title"] = "写明监督事项，至少 4 个字。"
        faults |= kinds.trigger_faults(it.kind, it.trigger, it.source, it.link)
        team = await inspectors(it.persons)
        if why := people.team_faults(team, clock.today(), body.lo, body.hi):
            faults["persons"] = "".join(why)
        invalid(faults)
        suggestion = await _suggested(it.suggestion) if it.suggestion else None
        now, place = clock.now(), Place(body.region_lo, body.lo)
        year = clock.today().year
        number = f"监督〔{year}〕{await next_number(MATTER_SERIES, own.id, year)}号"
        made = await row(
            "insert into supervision_matter (number, kind, way, contents, title, summary, body,"
            " body_name, body_lo, body_hi, organ, organ_lo, organ_name, organ_region_lo, campaign,"
            " trigger, source, link, source_kind, source_id, case_number, basis,"
            " checklist, state, opened_at, opened_by, opened_by_name, active_at, region_lo, org_lo,"
            " closed_by_name, outcome)"
            " values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
            " $17, $18, $19, $20, $21, $22, $23::jsonb, 'open', $24, $25, $26, $24, $27, $28,"
            " '', '') returning *",
            number,
            it.kind,
            kinds.way_of(it.kind, by_platform=it.platform),
            json(list(it.contents)),
            it.title.strip(),
            it.summary.strip(),
            body.id,
            body.name,
            body.lo,
            body.hi,
            own.id,
            own.lo,
            own.name,
            own.region_lo,
            it.campaign,
            it.trigger,
            it.source.strip(),
            it.link.strip(),
            suggestion["source_kind"] if suggestion else "",
            suggestion["source_id"] if suggestion else 0,
            it.case_number.strip(),
            it.basis,
            json(list(it.checklist)),
            now,
            who.person_id,
            who.name,
            place.region_lo,
            place.org_lo,
        )
        assert made is not None
        for each in team:
            await _join(made, each)
        if suggestion:
            await execute(
                "update supervision_suggestion set state = 'taken', matter = $2,"
                " decided_by_name = $3 where id = $1",
                suggestion["id"],
                made["id"],
                who.name,
            )
        await record(
            "supervision.opened",
            ref(made["id"]),
            facts.Opened(
                made["id"],
                number,
                it.kind,
                it.title.strip(),
                body.id,
                body.name,
                own.id,
                it.trigger,
                made["source_kind"],
                made["source_id"],
            ),
            place,
        )
        for organ in it.assists:
            await _assist(made, organ)
        await give_office(made, "调查并制发文书")
    return int(made["id"])


MATTER_SERIES = "supervision.matter"


async def _suggested(suggestion: int) -> dict[str, Any]:
    await lock_subjects(SubjectRef("supervision.suggestion", suggestion))
    found = await row("select * from supervision_suggestion where id = $1 for update", suggestion)
    if found is None:
        raise NotFound("没有找到这条监督建议。")
    if found["state"] != "open":
        raise Conflict("这条监督建议已经办理，请刷新页面。")
    return found


async def _join(it: dict[str, Any], each: people.Inspector) -> None:
    await execute(
        "insert into supervision_member (matter, person, name, card, recused_reason, region_lo,"
        " org_lo) values ($1, $2, $3, $4, '', $5, $6)",
        it["id"],
        each.id,
        each.name,
        each.card,
        it["region_lo"],
        it["org_lo"],
    )


async def _assist(it: dict[str, Any], organ_id: int) -> None:
    organ = await organisation(organ_id)
    if organ is None or organ.kind not in ("justice", "justice_office"):
        raise Invalid({"assists": "协助机关应当是司法局或者司法所。"})
    if organ.id == it["organ"]:
        raise Invalid({"assists": "牵头机关不用再列为协助机关。"})
    async with transaction(Scope.platform(ASSISTING, actor=current_scope().actor)):
        made = await row(
            "insert into supervision_assist (matter, campaign, organ, organ_name, title, lead_name,"
            " at, region_lo, org_lo) values ($1, 0, $2, $3, $4, $5, $6, $7, $8)"
            " on conflict do nothing returning id",
            it["id"],
            organ.id,
            organ.name,
            it["title"],
            it["organ_name"],
            clock.now(),
            organ.region_lo,
            organ.lo,
        )
    if made:
        await note_act("assisted", it, organ.name)


@retried
async def add_assist(who: Actor, matter: int, organ: int) -> None:
    """局所联动、所所联动: another organ assists."""
    async with transaction(who.scope):
        await _assist(await take_matter(who, matter), organ)


@retried
async def add_member(who: Actor, matter: int, person: int) -> None:
    """Another supervisor joins."""
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        [*team] = await inspectors([person])
        if not team:
            raise Invalid({"person": "他不在监督人员名册里。"})
        known = await members_of(matter)
        recused = [m["person"] for m in known if m["recused_at"]]
        if why := people.faults_of(team[0], clock.today(), it["body_lo"], it["body_hi"], recused):
            raise Invalid({"person": "".join(why)})
        if any(m["person"] == person for m in known):
            raise Invalid({"person": f"{team[0].name}已经是这件监督的监督人员。"})
        await _join(it, team[0])
        await note_act("team_changed", it, f"{team[0].name}参加")


@retried
async def recuse(who: Actor, matter: int, person: int, reason: str) -> None:
    """回避: he stays in the record, and never comes back to this matter."""
    if len(reason.strip()) < 4:
        raise Invalid({"reason": "写明回避的理由。"})
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        changed = await row(
            "update supervision_member set recused_at = $3, recused_reason = $4"
            " where matter = $1 and person = $2 and recused_at is null returning name",
            matter,
            person,
            clock.now(),
            reason.strip(),
        )
        if changed is None:
            raise Conflict("他已经回避，请刷新页面。")
        await note_act("team_changed", it, f"{changed['name']}回避", reason)


async def able_team(it: dict[str, Any]) -> list[people.Inspector]:
    """The supervisors who act on a matter now; refused when they are too few or may not."""
    members = await members_of(it["id"])
    recused = [m["person"] for m in members if m["recused_at"]]
    team = await inspectors([m["person"] for m in members if not m["recused_at"]])
    refuse(people.team_faults(team, clock.today(), it["body_lo"], it["body_hi"], recused))
    order = [m["person"] for m in members]
    return sorted(team, key=lambda each: order.index(each.id))


@retried
async def drop_matter(who: Actor, matter: int, reason: str) -> None:
    """终止: only before a document was issued; afterwards a matter ends by being verified."""
    if len(reason.strip()) < 5:
        raise Invalid({"reason": "写明终止的理由，至少 5 个字。"})
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        if any(p["state"] != "withdrawn" for p in await papers_of(matter)):
            raise Refused("已经制发文书，不能终止；请核实整改后办结，或者先撤回文书。")
        await execute(
            "update supervision_matter set closed_at = $2, closed_by_name = $3, outcome = $4"
            " where id = $1",
            matter,
            clock.now(),
            who.name,
            reason.strip(),
        )
        await touch(matter, "dropped")
        await close_turn(ref(matter))
        await note_act("dropped", it, "", reason)


# --- suggestions -----------------------------------------------------------------------------


async def note_suggestion(
    *,
    trigger: str,
    source: SubjectRef,
    words: str,
    body: int,
    reason: str,
    place: Place,
) -> None:
    """Somebody proposes a supervision; told twice, it is kept once."""
    await execute(
        "insert into supervision_suggestion (trigger, source_kind, source_id, source,"
        " body, reason, at, state, aside_reason, decided_by_name, region_lo, org_lo)"
        " values ($1, $2, $3, $4, $5, $6, $7, 'open', '', '', $8, $9)"
        " on conflict (source_kind, source_id) do nothing",
        trigger,
        source.kind,
        source.id,
        words[:300],
        body,
        reason,
        clock.now(),
        place.region_lo,
        place.org_lo,
    )


@retried
async def set_aside(who: Actor, suggestion: int, reason: str) -> None:
    """不启动: with a reason that stays."""
    must(who, MANAGE)
    if len(reason.strip()) < 5:
        raise Invalid({"reason": "写明不启动的理由，至少 5 个字。"})
    async with transaction(who.scope):
        found = await _suggested(suggestion)
        await execute(
            "update supervision_suggestion set state = 'aside', aside_reason = $2,"
            " decided_by_name = $3 where id = $1",
            suggestion,
            reason.strip(),
            who.name,
        )
        await record(
            "supervision.suggestion_aside",
            SubjectRef("supervision.suggestion", suggestion),
            facts.Registered(suggestion, found["source"], reason.strip()),
            place_of(found),
        )
