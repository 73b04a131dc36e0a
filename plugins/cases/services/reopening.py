# SPDX-License-Identifier: Apache-2.0
"""重新处理: a closed case stays as it is; the matter is dealt with anew in a linked case (C3-15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import Place, retried, row, rows, scope_conditions, transaction
from core.api.errors import Invalid, Refused
from core.api.facts import record
from plugins.cases.queries import CaseFile, load_case, party_of, path_of, version_of_item
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.event import DealtWithAnew
from plugins.cases.rules.party import PartyDraft
from plugins.cases.rules.reopening import GROUND, in_words, reopening_errors, reopening_refusal
from plugins.cases.services.acting import Actor, compose, face_of, open_file, tell
from plugins.cases.services.officers import Choice
from plugins.cases.services.opening import Opening, open_case, party_in_full

REOPEN = "cases.case.reopen"


@dataclass(frozen=True, slots=True)
class Reopening:
    """The form of a matter to be dealt with anew."""

    ground: str
    basis_number: str
    reason: str
    title: str
    lead: int
    due: date | None = None
    token: str = ""


async def links_of(actor: Actor, case: int) -> list[dict[str, Any]]:
    """The cases linked with this one, earlier ones first, with the path where it may be opened."""
    conditions, args = scope_conditions(actor.scope, "l", 2)
    reachable, more = scope_conditions(actor.scope, "c", 2 + len(args))
    found = await rows(
        f"""select l.*, c.id as seen, c.state from cases_link l
            left join cases_case c on c.id = l.other and {reachable}
            where l.case_id = $1 and {conditions} order by l.direction, l.id""",
        case,
        *args,
        *more,
    )
    for each in found:
        each["ground_title"] = GROUND[each["ground"]].title
        # The other case may lie outside of who looks at this one: then it is named, not opened.
        each["href"] = path_of(each["other"]) if each["seen"] is not None else ""
        each["ended"] = each["state"] in ("closed", "transferred")
    return found


async def refusal_of(file: CaseFile, actor: Actor) -> str:
    """Why the actor cannot have the case dealt with anew; empty when he can."""
    if REOPEN not in actor.permissions:
        return "另立新案重新处理由负责人或者法制机构决定。"
    if actor.organisation is None:
        return "重新处理需要以办案单位工作人员的身份办理，请切换身份。"
    later = await row(
        """select l.other_number, c.state from cases_link l left join cases_case c on c.id = l.other
           where l.case_id = $1 and l.direction = 'later' order by l.id desc limit 1""",
        file.id,
    )
    ended = (later["other_number"], later["state"] in ("closed", "transferred")) if later else None
    return reopening_refusal(file.row["state"], ended)


@retried
async def reopen_case(actor: Actor, case: int, wish: Reopening) -> int:
    """Open a new case for a closed one, linked both ways; the old one is not touched.

    Raises ``Invalid`` by field. The same form posted twice opens one case.
    """
    ground, reason = wish.ground, clean_text(wish.reason)
    basis = clean_text(wish.basis_number).replace("\n", " ")
    async with transaction(actor.scope):
        old = await open_file(actor, case)
        known = await row(
            "select case_id from cases_submission where token = $1 and act = 'open'",
            wish.token[:64],
        )
        if wish.token and known is not None and known["case_id"]:
            return int(known["case_id"])
        if refusal := await refusal_of(old, actor):
            raise Refused(refusal)
        errors = reopening_errors(ground, basis, reason, wish.due, clock.today())
        item = await version_of_item(actor.scope, old.row["item"])
        if item is None:
            errors["title"] = "这个事项已经停用，请按现行事项另行立案，并在来源说明里写明原案号。"
        if errors:
            raise Invalid(errors)
        assert item is not None
        made = await open_case(actor, await _opening(actor, old, item["id"], wish))
        new = await load_case(actor.scope, made, lock=True)
        assert new is not None
        said = in_words(old.row["case_number"], ground, basis, reason)
        await _link(old, new, ground, basis, reason, wish.due, actor)
        visit, step = new.open_visit, new.step
        assert visit is not None
        marks = await face_of(new, step.key, visit["number"], step.stage)
        await tell(
            new,
            compose(
                new,
                actor,
                "reopened",
                visit=visit,
                step=step,
                clocks=marks,
                reason=said,
                approver=actor.person,
            ),
        )
        # Recorded of the old case, too: its history tells what became of it, its rows do not change.
        await record(
            "cases.dealt_with_anew",
            old.subject,
            DealtWithAnew(
                case=old.id,
                case_number=old.row["case_number"],
                by_case=made,
                by_number=new.row["case_number"],
                ground=GROUND[ground].title,
                basis_number=basis,
                reason=reason,
                by=actor.by,
                at=clock.now().astimezone(clock.SHANGHAI).isoformat(),
            ),
            old.place,
        )
        return made


async def _opening(actor: Actor, old: CaseFile, item_version: int, wish: Reopening) -> Opening:
    party = await party_of(actor.scope, old.id)
    full = party_in_full(party)
    ground = GROUND[wish.ground]
    return Opening(
        item_version=item_version,
        title=clean_text(wish.title).replace("\n", " ") or old.row["title"],
        source=ground.source,
        source_note=f"重新处理原案 {old.row['case_number']}，{ground.title}",
        party=PartyDraft(
            party["kind"],
            full["name"],
            party["code"] or "",
            full["id_number"],
            full["legal_representative"],
            full["address"],
            full["phone"],
        ),
        officers=(Choice(wish.lead or actor.person, "lead"),),
        token=wish.token,
        same_party_confirmed=True,
    )


async def _link(
    old: CaseFile,
    new: CaseFile,
    ground: str,
    basis: str,
    reason: str,
    due: date | None,
    actor: Actor,
) -> None:
    def side(one: CaseFile, other: CaseFile, direction: str) -> Mapping[str, Any]:
        return {"case": one, "other": other, "direction": direction}

    for each in (side(old, new, "later"), side(new, old, "earlier")):
        place: Place = each["case"].place
        await row(
            """insert into cases_link (case_id, direction, other, other_number, ground,
                 basis_number, reason, due, made_at, made_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id""",
            each["case"].id,
            each["direction"],
            each["other"].id,
            each["other"].row["case_number"],
            ground,
            basis,
            reason,
            due,
            clock.now(),
            actor.by[:60],
            place.region_lo,
            place.org_lo,
        )
