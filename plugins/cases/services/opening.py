# SPDX-License-Identifier: Apache-2.0
"""Opening a case: item, party, source; and who the party is in other cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.api import clock
from core.api.db import Interval, json, lock_subjects, retried, row, transaction, value
from core.api.deadlines import lapsed, stop_clock
from core.api.errors import Invalid, NotFound, Refused
from core.api.numbers import next_number
from core.api.people import decrypt, encrypt, lookup_hash
from core.api.plugin import SubjectRef
from plugins.cases.queries import CaseFile, item_version, load_case, same_party, submission
from plugins.cases.rules.definition import case_prefix, read_definition
from plugins.cases.rules.entering import entering_errors, road_to, stated_values
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.party import (
    SOURCES,
    PartyDraft,
    mask_name,
    mask_number,
    mask_phone,
    party_errors,
    plain_code,
)
from plugins.cases.services.acting import (
    Actor,
    compose,
    face_of,
    noon,
    remember,
    running_clocks,
    tell,
)
from plugins.cases.services.officers import Choice, assign
from plugins.cases.services.steps import enter_step, keep_decision

LOOK_BACK = timedelta(days=730)
"""Two years: within it the same act of the same party is not dealt with twice (art. 29, 36)."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The new-case form, checked field by field."""

    item_version: int
    title: str
    source: str
    source_note: str
    party: PartyDraft
    officers: tuple[Choice, ...] = ()
    token: str = ""
    same_party_confirmed: bool = False
    under_way: "UnderWay | None" = None
    """Set for a case that is already being handled (补录)."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Where a case that is already being handled stands, as stated by whoever enters it."""

    step: str
    opened_on: date
    reason: str
    number: str = ""
    """Its number so far; without one it gets the next of ours."""
    amount: int | None = None
    """The fine, when it has been decided."""


class SameParty(Refused):
    """The party has a case under this item already; opening another needs a conscious yes."""

    def __init__(self, cases: Sequence[dict[str, Any]]) -> None:
        self.cases = tuple(cases)
        super().__init__(
            "同一当事人在两年内已有同一事项的案件。对同一个违法行为不得给予两次以上罚款，"
            "请核对后确认是不同的行为。"
        )


def party_hashes(draft: PartyDraft) -> tuple[bytes | None, bytes]:
    """The keyed hashes of the party's identifier (if any) and of its name."""
    code = plain_code(draft.id_number if draft.kind == "person" else draft.code)
    identity = lookup_hash(code, "cases.party.identity") if code else None
    return identity, lookup_hash(draft.name.strip(), "cases.party.name")


def text_hashes(text: str) -> list[bytes]:
    """What a searched word would be as an identifier or as a full name."""
    return [
        lookup_hash(plain_code(text), "cases.party.identity"),
        lookup_hash(text.strip(), "cases.party.name"),
    ]


@retried
async def open_case(actor: Actor, opening: Opening) -> int:
    """Open a case under the current version of a power item; its number has no gaps.

    Raises ``Invalid`` by field, ``SameParty`` until a likely duplicate is confirmed. The same
    form posted twice opens one case.
    """
    title = clean_text(opening.title).replace("\n", " ")
    errors = party_errors(opening.party, clock.today())
    if not title:
        errors["title"] = "请填写案由。"
    elif len(title) > 200:
        errors["title"] = f"案由最多 200 个字，现在是 {len(title)} 个字。"
    if opening.source not in dict(SOURCES):
        errors["source"] = "请选择案件来源。"
    if len(opening.source_note) > 500:
        errors["source_note"] = "来源说明最多 500 个字。"
    if errors:
        raise Invalid(errors)
    organisation = actor.organisation
    if organisation is None or not actor.person:
        raise Refused("立案需要以本单位工作人员的身份办理，请切换身份。")
    async with transaction(actor.scope):
        await lock_subjects(SubjectRef("core.person", actor.person))
        before = await submission(opening.token)
        if before is not None and before["case_id"]:
            return int(before["case_id"])
        item = await item_version(actor.scope, opening.item_version)
        if item is None:
            raise NotFound("这个事项已经更新或停用，请重新选择。")
        if opening.under_way is not None:
            _check_entry(actor, item, opening.under_way)
        body = Interval(item["org_lo"], item["org_hi"])
        if organisation.lo not in body and not organisation.lo <= item["org_lo"] <= organisation.hi:
            raise Refused(f"“{item['title']}”是{item['body']}的权力，本单位不能立案。")
        identity, name_hash = party_hashes(opening.party)
        if not opening.same_party_confirmed:
            found = await same_party(
                actor.scope,
                [identity] if identity else [name_hash],
                item["item"],
                since=clock.now() - LOOK_BACK,
            )
            if found:
                raise SameParty(found)
        return await _open(actor, opening, item, title, identity, name_hash)


def _check_entry(actor: Actor, item: dict[str, Any], entry: UnderWay) -> None:
    if not actor.approves:
        raise Refused("补录在办案件由负责人或者法制机构批准，你现在的角色没有批准权限。")
    wrong = entering_errors(
        read_definition(item["definition"]),
        step=entry.step,
        opened_on=entry.opened_on,
        today=clock.today(),
        number=entry.number,
        amount=entry.amount,
        reason=entry.reason,
    )
    if wrong:
        raise Invalid(wrong)


async def _open(
    actor: Actor,
    opening: Opening,
    item: dict[str, Any],
    title: str,
    identity: bytes | None,
    name_hash: bytes,
) -> int:
    definition = read_definition(item["definition"])
    unit = actor.organisation
    assert unit is not None
    here = await row(
        "select region_lo, name, short_name, kind from core_organisation where id = $1", unit.id
    )
    assert here is not None
    now = clock.now()
    entry = opening.under_way
    prefix = case_prefix(definition.number_prefix, definition.power_class)
    year = clock.today().year
    number = await _given_number(entry, item["organisation"]) if entry else ""
    if not number:
        serial = await next_number(f"cases.case:{prefix}", item["organisation"], year)
        number = f"{prefix}〔{year}〕{serial}号"
    party = opening.party
    person = party.kind == "person"
    shown = mask_name(party.name) if person else party.name.strip()
    first = definition.step(entry.step) if entry else definition.first
    if entry:
        now = noon(entry.opened_on) if entry.opened_on < clock.today() else now
    made = await row(
        """insert into cases_case (item_version, item, power_class, item_title, case_number, title,
             source, source_note, organisation, department, department_name, body_kind, state, step,
             step_title, stage, opened_by, opened_by_name, opened_at, party_name, search_text,
             stages, region_lo, org_lo, under_way)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13, $14, $15, $16,
             $17, $18, $19, $20, '{}'::jsonb, $21, $22, $23) returning id""",
        item["id"],
        item["item"],
        item["power_class"],
        item["title"],
        number,
        title,
        opening.source,
        clean_text(opening.source_note),
        item["organisation"],
        unit.id,
        here["short_name"] or here["name"],
        here["kind"],
        first.key,
        first.title,
        first.stage,
        actor.person,
        actor.name[:60],
        now,
        shown[:160],
        f"{number} {title} {shown} {party.code} {item['title']}",
        here["region_lo"],
        unit.lo,
        entry is not None,
    )
    assert made is not None
    case = int(made["id"])
    await _keep_party(case, here["region_lo"], unit.lo, party, identity, name_hash, shown)
    file = await load_case(actor.scope, case, lock=True)
    assert file is not None
    await remember(file, actor, opening.token, "open")
    await lock_subjects(file.subject)
    choices = opening.officers or (Choice(actor.person, "lead"),)
    asked = await assign(file, actor, first, choices)
    if entry:
        await _state_what_was_done(file, entry)
    visit = await enter_step(file, actor, first)
    if entry:
        await _forgive_the_past(file)
    marks = await face_of(file, first.key, visit["number"], first.stage)
    await tell(
        file,
        compose(
            file,
            actor,
            "opened",
            visit=visit,
            step=first,
            clocks=marks,
            values={},
            officers=asked.officers,
            gate={"officers": asked.evidence},
            reason=f"补录在办案件，现在的环节：{first.title}。{entry.reason}" if entry else "",
        ),
    )
    await tell(
        file,
        compose(
            file,
            actor,
            "step_entered",
            visit=visit,
            step=first,
            clocks=marks,
            values={},
            officers=asked.officers,
        ),
    )
    return case


async def _given_number(entry: UnderWay, organisation: int) -> str:
    """The number the case has had so far; refused when a case of the body bears it already."""
    number = clean_text(entry.number).replace("\n", " ")
    if not number:
        return ""
    taken = await value(
        "select 1 from cases_case where case_number = $1 and organisation = $2",
        number,
        organisation,
    )
    if taken:
        raise Invalid({"number": f"{number} 已经有一个案件了，请核对。"})
    return number


async def _state_what_was_done(file: CaseFile, entry: UnderWay) -> None:
    """The steps before the entry, as passed: without officers, evidence or events of their own."""
    at = noon(entry.opened_on)
    for key in road_to(file.definition, entry.step):
        step = file.definition.step(key)
        stated = stated_values(file.definition, step, amount=entry.amount, on=entry.opened_on)
        made = await row(
            """insert into cases_visit (case_id, step, step_title, stage, number, state, draft,
                 "values", form_version, version, entered_at, submitted_at, submitted_by_name,
                 outcome, prior, region_lo, org_lo)
               values ($1, $2, $3, $4, 1, 'submitted', '{}'::jsonb, $5::jsonb, 1, 0, $6, $6,
                 '补录以前', '', true, $7, $8) returning *""",
            file.id,
            step.key,
            step.title,
            step.stage,
            json(dict(stated)),
            at,
            file.place.region_lo,
            file.place.org_lo,
        )
        assert made is not None
        file.visits.append(made)
    here = file.definition.step(entry.step)
    same = any(v["stage"] == here.stage for v in file.visits)
    if here.stage and same:
        file.row["stages"] = {"entered": {here.stage: at.isoformat()}}
    await keep_decision(file)


async def _forgive_the_past(file: CaseFile) -> None:
    """A period that had run out before the entry is not counted here: the past is not judged."""
    for each in await running_clocks(file):
        if lapsed(each.due_at, clock.now()):
            await stop_clock(each.id)


def _sealed(text: str, field: str) -> bytes | None:
    return encrypt(text, f"cases.party.{field}") if text else None


async def _keep_party(
    case: int,
    region_lo: int,
    org_lo: int,
    party: PartyDraft,
    identity: bytes | None,
    name_hash: bytes,
    shown: str,
) -> None:
    person = party.kind == "person"
    id_number = plain_code(party.id_number) if person else ""
    representative = party.legal_representative.strip()
    address, phone = party.address.strip(), party.phone.strip()
    await row(
        """insert into cases_party (case_id, kind, name, name_shown, name_hash, identity_hash, code,
             id_number, id_number_masked, legal_representative, legal_representative_shown,
             address, address_shown, phone, phone_masked, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
           returning id""",
        case,
        party.kind,
        encrypt(party.name.strip(), "cases.party.name"),
        shown[:160],
        name_hash,
        identity,
        "" if person else plain_code(party.code),
        _sealed(id_number, "id_number"),
        mask_number(id_number),
        _sealed(representative, "legal_representative"),
        mask_name(representative),
        _sealed(address, "address"),
        # A private home is personal data; where a firm has its seat is public.
        "" if person else address,
        _sealed(phone, "phone"),
        mask_phone(phone) if phone else "",
        region_lo,
        org_lo,
    )


def party_in_full(party: dict[str, Any]) -> dict[str, str]:
    """The party's personal data in the clear, for those who handle the case and its papers."""
    full = {}
    for name in ("name", "id_number", "legal_representative", "address", "phone"):
        sealed = party.get(name)
        full[name] = decrypt(sealed, f"cases.party.{name}") if sealed else ""
    return full


def new_case_numbers(text: str) -> str:
    """A typed case number in the form numbers are stored in: half-width figures, 〔〕 brackets."""
    table = str.maketrans("０１２３４５６７８９[]（）()【】", "0123456789〔〕〔〕〔〕〔〕")
    return json(text.translate(table)).strip('"')
