# SPDX-License-Identifier: Apache-2.0
"""登记: submitted, completed, noted, returned, replied to (S0-20)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import (
    Place,
    execute,
    lock_subjects,
    retried,
    row,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record as record_fact
from core.api.files import Received, keep
from core.api.messages import notify
from core.api.people import decrypt, encrypt, within_reveal_limit
from core.api.regions import children, region
from core.api.turns import close_turn, hand_turn
from plugins.activities.facts import Decided, Registered
from plugins.activities.forms import RecordForm
from plugins.activities.queries import (
    find_record,
    own_record,
    place_words,
)
from plugins.activities.rules import records as rules
from plugins.activities.rules.attendance import ABSENT, CANCELLED
from plugins.activities.rules.records import Unit
from plugins.activities.rules.words import HANDLE, INVITED
from plugins.activities.services.base import (
    Actor,
    at_office,
    bureau_of,
    handlers_at,
    my_invitation,
    objections,
    place_of,
    record_ref,
    refuse_elsewhere,
    unit_meant,
)

PURPOSE = "activities.media"
PARTY = "activities.party"

INSERT = """
insert into activities_record (person, name, type, organisation, organisation_lo,
  organisation_name, organisation_phone, registered_on, region, region_name, street, address,
  matter, party, party_phone, outcome, advice, activity, activity_title, state, version,
  submitted_at, decided_by_name, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
  'submitted', 1, $20, '', $21, $22) returning id
"""
UPDATE = """
update activities_record set type = $2, organisation = $3, organisation_lo = $4,
  organisation_name = $5, organisation_phone = $6, registered_on = $7, region = $8,
  region_name = $9, street = $10, address = $11, matter = $12, party = $13, party_phone = $14,
  outcome = $15, advice = $16, activity = $17, activity_title = $18, state = 'submitted',
  version = version + 1, submitted_at = $19 where id = $1
"""


async def faults_of(who: Actor, form: RecordForm) -> tuple[dict[str, str], Unit | None]:
    """What is wrong with a record beyond its fields, and the unit it is about."""
    wrong: dict[str, str] = {}
    if fault := rules.date_fault(form.registered_on, clock.today()):
        wrong["registered_on"] = fault
    chosen = await region(form.region)
    below = bool(chosen and await children(chosen.id))
    if fault := rules.place_fault(chosen.level if chosen else None, below):
        wrong["region"] = fault
    unit = await unit_meant(form.unit, form.organisation)
    if isinstance(unit, str):
        wrong["unit"] = unit
        return wrong, None
    stopped = await objections([who.person_id], unit.lo, who.region_lo)
    if who.person_id in stopped:
        wrong["unit"] = stopped[who.person_id]
    return wrong, unit


async def _tied(who: Actor, form: RecordForm) -> tuple[int, str]:
    """The activity an 应邀 record belongs to; none for 自主 and for invitations by others."""
    if not form.invitation or form.type != INVITED:
        return 0, ""
    found = await my_invitation(form.invitation, who.person_id)
    if found is None or found["state"] == CANCELLED or found["outcome"] == ABSENT:
        raise Invalid({"type": "这次活动的邀请已经取消或登记为缺席，请从邀请里重新进入。"})
    return found["activity"], found["title"]


@retried
async def submit(who: Actor, form: RecordForm, media: Sequence[Received] = ()) -> int:
    """提交给本级司法局; the number of the record."""
    place = await home_of(who)
    async with transaction(at_office(place, who.user_id)):
        wrong, unit = await faults_of(who, form)
        if wrong or unit is None:
            raise Invalid(wrong)
        activity, title = await _tied(who, form)
        made = int(
            await value(
                INSERT,
                who.person_id,
                who.name,
                *await _columns(form, unit),
                activity,
                title,
                clock.now(),
                place.region_lo,
                place.org_lo,
            )
        )
        found = await row("select * from activities_record where id = $1", made)
        assert found is not None
        await _keep(found, media)
        await _enter(found, "submitted", "", who, "own")
        await record_fact(
            "activities.registered",
            record_ref(made),
            Registered(made, who.person_id, form.type, unit.id, unit.name, activity),
            place,
        )
        await _give_bureau(found)
        await notify(
            "activities.registered",
            await handlers_at(place),
            record_ref(made),
            {"unit": unit.name, "name": who.name},
            place,
        )
    return made


@retried
async def complete(
    who: Actor, record: int, form: RecordForm, media: Sequence[Received] = ()
) -> None:
    """补充 a record that was returned, and submit it again."""
    seen = await _own(who, record)
    async with transaction(at_office(place_of(seen), who.user_id)):
        await lock_subjects(record_ref(record))
        found = await row("select * from activities_record where id = $1 for update", record)
        assert found is not None
        if why := rules.why_not("complete", found["state"]):
            raise Refused(why)
        if form.version and form.version != found["version"]:
            raise Conflict("这份登记刚刚在别处改过，请刷新后再改；你填的内容还在这一页。")
        wrong, unit = await faults_of(who, form)
        if wrong or unit is None:
            raise Invalid(wrong)
        activity, title = await _tied(who, form)
        if not form.invitation and form.type == INVITED:
            # The form of a returned record names no invitation: it stays with its activity.
            activity, title = found["activity"], found["activity_title"]
        await execute(UPDATE, record, *await _columns(form, unit), activity, title, clock.now())
        await _keep(found, media)
        found = {**found, "organisation_name": unit.name}
        await _enter(found, "completed", "", who, "own")
        await record_fact(
            "activities.completed",
            record_ref(record),
            Registered(record, who.person_id, form.type, unit.id, unit.name, activity),
            place_of(found),
        )
        await _give_bureau(found)


async def _columns(form: RecordForm, unit: Unit) -> list[Any]:
    where = await region(form.region)
    assert where is not None
    return [
        form.type,
        unit.id,
        unit.lo,
        unit.name,
        form.unit_phone.strip(),
        form.registered_on,
        where.id,
        await place_words(where.lo),
        form.street.strip(),
        form.address.strip(),
        form.matter.strip(),
        form.party.strip(),
        encrypt(form.party_phone.strip(), PARTY),
        form.outcome.strip(),
        form.advice.strip(),
    ]


async def home_of(who: Actor) -> Place:
    """Where a supervisor's records stand: his own region, at its bureau.

    Without a bureau of its own the next one above takes it; without any it stays in the region,
    where whoever is named later finds it.
    """
    async with transaction(who.scope):
        organ = await bureau_of(who.region_lo)
    return Place(who.region_lo, organ.lo if organ else 0)


async def _own(who: Actor, record: int) -> dict[str, Any]:
    async with transaction(who.scope):
        seen = await own_record(record, who.person_id)
    if seen is None:
        raise NotFound
    return seen


async def _keep(found: Mapping[str, Any], media: Sequence[Received]) -> None:
    for each in media:
        kept = await keep(each, place=place_of(found), purpose=PURPOSE)
        await execute(
            """insert into activities_attachment (record, file, name, kind, media_type, size,
                 sha256, person, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
            found["id"],
            kept.id,
            kept.name,
            kept.kind,
            kept.media_type,
            kept.size,
            kept.sha256,
            found["person"],
            found["region_lo"],
            found["org_lo"],
        )


async def _enter(
    found: Mapping[str, Any], act: str, text: str, who: Actor, side: str = "bureau"
) -> None:
    await execute(
        """insert into activities_entry (record, act, text, by_name, side, at, person, region_lo,
             org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        found["id"],
        act,
        text,
        who.name,
        side,
        clock.now(),
        found["person"],
        found["region_lo"],
        found["org_lo"],
    )


async def _give_bureau(found: Mapping[str, Any]) -> None:
    organ = await bureau_of(found["region_lo"])
    if organ is None:
        await close_turn(record_ref(found["id"]))
        return
    await hand_turn(
        record_ref(found["id"]),
        title=f"活动登记：{found['organisation_name']}",
        subline=found["name"],
        step_title="阅办登记",
        path=f"/activities/records/{found['id']}",
        holder_org=organ.lo,
        permission=HANDLE,
        place=place_of(found),
    )


# --- the bureau ----------------------------------------------------------------------------------


async def _take(who: Actor, record: int) -> dict[str, Any]:
    seen = await find_record(record, who.scope)
    if seen is None:
        raise NotFound
    await refuse_elsewhere(who, place_of(seen))
    await lock_subjects(record_ref(record))
    found = await row("select * from activities_record where id = $1 for update", record)
    if found is None:
        raise NotFound
    return found


async def _decide(who: Actor, record: int, act: str, entry: str, text: str) -> dict[str, Any]:
    found = await _take(who, record)
    if why := rules.why_not(act, found["state"]):
        raise Conflict(why)
    await execute(
        """update activities_record set state = $2, decided_at = $3, decided_by_name = $4
           where id = $1""",
        record,
        rules.after(act, found["state"]),
        clock.now(),
        who.name,
    )
    await _enter(found, entry, text, who)
    return found


async def _tell(kind: str, found: Mapping[str, Any], text: str) -> None:
    await notify(
        kind,
        [found["person"]],
        record_ref(found["id"]),
        {"unit": found["organisation_name"], "text": text},
        place_of(found),
    )


@retried
async def note(who: Actor, record: int, text: str) -> None:
    """已阅: the bureau has taken note."""
    async with transaction(who.scope):
        found = await _decide(who, record, "note", "noted", text.strip())
        await close_turn(record_ref(record))
        await record_fact(
            "activities.noted",
            record_ref(record),
            Decided(record, found["organisation_name"], text.strip()),
            place_of(found),
        )
        await _tell("activities.noted", found, text.strip() or "司法局已阅。")


@retried
async def return_(who: Actor, record: int, text: str) -> None:
    """退回补充: it is the supervisor's turn again, and nothing he wrote is lost."""
    async with transaction(who.scope):
        found = await _decide(who, record, "return", "returned", text.strip())
        await record_fact(
            "activities.returned",
            record_ref(record),
            Decided(record, found["organisation_name"], text.strip()),
            place_of(found),
        )
        await hand_turn(
            record_ref(record),
            title=f"补充登记：{found['organisation_name']}",
            subline=text.strip()[:80],
            step_title="补充后重新提交",
            path=f"/activities/mine/{record}",
            holder_person=found["person"],
            place=place_of(found),
        )
        await _tell("activities.returned", found, text.strip())


@retried
async def comment(who: Actor, record: int, text: str) -> None:
    """A word to the supervisor; nothing else changes."""
    async with transaction(who.scope):
        found = await _take(who, record)
        await _enter(found, "comment", text.strip(), who)
        await record_fact(
            "activities.commented",
            record_ref(record),
            Decided(record, found["organisation_name"], text.strip()),
            place_of(found),
        )
        await _tell("activities.commented", found, text.strip())


@retried
async def reveal_party(who: Actor, record: int, reason: str) -> str:
    """显示完整: the party's contact for whoever handles the record, with the look recorded (D16).

    ``TooMany`` when the person has looked up enough for this hour.
    """
    async with transaction(who.scope):
        found = await _take(who, record)
        await within_reveal_limit(found["region_lo"])
        await record_fact(
            "activities.party_revealed",
            record_ref(record),
            Decided(record, found["organisation_name"], reason.strip()),
            place_of(found),
        )
    return decrypt(found["party_phone"], PARTY) if found["party_phone"] else ""
