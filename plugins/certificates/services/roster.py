# SPDX-License-Identifier: Apache-2.0
"""A sheet of officers: previewed, entered by the worker piece by piece, taken back.

Every row of the sheet has a row of its own, so that neither the preview nor the worker ever holds
all of them. The worker enters some hundred at a time, each piece in a transaction of its own:
progress is seen, and a worker that dies loses one piece only, which is done again.
"""

import hashlib
from asyncio import to_thread
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from core.api import clock
from core.api.db import (
    Scope,
    SubjectRef,
    current_scope,
    execute,
    lock_subjects,
    row,
    rows,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.jobs import enqueue
from core.api.people import clean, decrypt, encrypt, lookup_hash, mask_id_number, organisation
from plugins.certificates.facts import ImportChanged
from plugins.certificates.queries import batch_of
from plugins.certificates.queries.applying import forced_among
from plugins.certificates.rules import roster as rules
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.services.applying import digest_of
from plugins.certificates.services.base import place_of
from plugins.certificates.services.entering import (
    ID_NUMBER,
    Batch,
    enter_cards,
    enter_officers,
    enter_persons,
)

JOB = "certificates.enter_roster"
CHUNK = 2000
"""Rows kept and looked up together while a sheet is read."""
PIECE = 500
"""Rows of one piece of the worker: about half a second, so that the bar moves."""
STALLED_AFTER = timedelta(minutes=3)
"""A piece takes about a second; a lost worker's piece falls due again within two minutes."""
REASON, UNDONE = "登记", "撤销导入"
_SEALED = "certificates.batch.id_number"
_WHOLE = "an identity or a certificate number is looked for in the whole country"


def batch_ref(batch: int) -> SubjectRef:
    return SubjectRef("certificates.batch", batch)


# --- the preview ------------------------------------------------------------------------------


async def preview_import(body: int, sheet: Sheet, content: bytes, filename: str) -> int:
    """Keep a sheet that was read, with every fault by row; nothing is registered yet.

    Identity numbers and telephones are stored sealed. Returns the batch's id.
    """
    async with transaction():
        holder = await organisation(body)
        if holder is None:
            raise Invalid({"organisation": "请选择单位。"})
        batch = int(
            await value(
                """insert into certificates_batch (organisation, filename, digest, state, rows,
                     faults, total, done, made, place, asked_by, created_by, created_at,
                     region_lo, org_lo)
                   values ($1, $2, $3, 'preview', '[]', '{}', $4, 0, 0, 0, 0, $5, $6, $7, $8)
                   returning id""",
                holder.id,
                filename[:200],
                hashlib.sha256(content).hexdigest(),
                len(sheet.rows),
                current_scope().actor,
                clock.now(),
                holder.region_lo,
                holder.lo,
            )
        )
        faults: dict[int, list[str]] = {}
        for one in sheet.faults:
            faults.setdefault(one.row, []).append(f"{one.column}：{one.text}")
        for number, texts in rules.doubles(sheet.rows, clean).items():
            faults.setdefault(number, []).extend(texts)
        for start in range(0, len(sheet.rows), CHUNK):
            lines = sheet.rows[start : start + CHUNK]
            for line in lines:
                line["id_number"], line["phone"] = clean(line["id_number"]), clean(line["phone"])
            for number, text in (await _problems(lines, holder.id)).items():
                faults.setdefault(number, []).append(text)
            # Beside the event loop: sealing two numbers for each of thousands of rows takes a while.
            sealed = await to_thread(_seal_all, lines)
            await execute(
                """insert into certificates_batch_line (batch, row, content, fault, person,
                     region_lo, org_lo)
                   select $1, r, c, f, 0, $5, $6
                   from unnest($2::int8[], $3::text[], $4::text[]) as e(r, c, f)""",
                batch,
                [each["row"] for each in lines],
                sealed,
                ["；".join(dict.fromkeys(faults.get(each["row"], []))) for each in lines],
                holder.region_lo,
                holder.lo,
            )
    return batch


def _seal_all(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_seal(each) for each in lines]


def _seal(line: Mapping[str, Any]) -> str:
    """The row as it is kept: numbers encrypted, the identity number masked for the preview."""
    kept = {key: text for key, text in line.items() if key not in ("row", "id_number", "phone")}
    for key in ("id_number", "phone"):
        text = line.get(key, "")
        kept[f"{key}_sealed"] = b64encode(encrypt(text, _SEALED)).decode() if text else ""
    kept["id_masked"] = mask_id_number(line["id_number"]) if line["id_number"] else ""
    return msgspec.json.encode(kept).decode()


def _open(line: Mapping[str, Any]) -> dict[str, Any]:
    """A kept row as it was read; the names under which sheets were kept before are understood."""
    kept = msgspec.json.decode(line["content"])
    opened = {"phone": "", "position": "", "category": "", "inspection_due": "", **kept}
    for key, former in (("id_number", "id_sealed"), ("phone", "")):
        sealed = opened.pop(f"{key}_sealed", "") or opened.pop(former, "")
        if sealed or key not in opened:
            opened[key] = decrypt(b64decode(sealed), _SEALED) if sealed else ""
    return {**opened, "row": line["row"], "line": line["id"]}


async def _problems(lines: Sequence[dict[str, Any]], body: int) -> dict[int, str]:
    """What the register says against rows, by row. Sets ``hash``, ``person``, ``card``.

    Asked by two statements for all of them, in the whole country: a number is nowhere given twice,
    and whoever does not see the other unit's people still learns that the number is taken.
    """
    for each in lines:
        each["hash"] = lookup_hash(each["id_number"], ID_NUMBER) if each["id_number"] else b""
        each["person"] = each["card"] = None
    digests = {each["row"]: digest_of(each["id_number"]) for each in lines if each["id_number"]}
    async with transaction(Scope.platform(_WHOLE, actor=current_scope().actor)):
        persons = {
            bytes(one["id_number_hash"]): one
            for one in await rows(
                """select p.id, p.id_number_hash, p.organisation, p.name, p.position,
                          p.closed_at is not null as closed, p.close_reason,
                          o.id is not null and o.closed_at is null as active
                   from core_person p left join certificates_officer o on o.person = p.id
                   where p.id_number_hash = any($1::bytea[])""",
                [each["hash"] for each in lines if each["hash"]],
            )
        }
        cards = {
            one["number"]: one
            for one in await rows(
                """select c.id, c.number, c.person, c.valid_from, c.valid_until,
                     (select p.reason from certificates_period p where p.certificate = c.id
                      order by p.since desc, p.id desc limit 1) as last_reason
                   from certificates_certificate c where c.number = any($1::text[])""",
                [each["number"] for each in lines if each["number"]],
            )
        }
        forced = await forced_among(list(digests.values()))
    found: dict[int, str] = {}
    for each in lines:
        if digests.get(each["row"]) in forced:
            found[each["row"]] = STRUCK_OFF
            continue
        held, card = persons.get(each["hash"]), cards.get(each["number"])
        text = rules.particulars_problem(each) or rules.problem_of(each, held, card, body, UNDONE)
        if text:
            found[each["row"]] = text
            continue
        each["person"] = held["id"] if held else None
        each["card"] = card["id"] if card else None
        if held and not each.get("position"):
            each["position"] = held["position"]
    return found


# --- entering ---------------------------------------------------------------------------------


async def apply_import(batch: int) -> int:
    """Have the worker enter the good rows of a previewed sheet. Returns how many there are.

    Asking twice is refused, so a doubled submit does nothing.
    """
    async with transaction():
        found = await _locked(batch)
        if found["state"] == "applying":
            raise Conflict("这次导入正在写入。")
        if found["state"] != "preview":
            raise Conflict("这次导入已经写入过了。")
        good = int(
            await value(
                "select count(*) from certificates_batch_line where batch = $1 and fault = ''",
                batch,
            )
        )
        if not good:
            raise Refused("没有一行可以写入，请改好名册再导入。")
        now = clock.now()
        await execute(
            """update certificates_batch set state = 'applying', asked_by = $2, asked_at = $3,
                 moved_at = $3 where id = $1""",
            batch,
            current_scope().actor,
            now,
        )
        await _hand_over(found)
    return good


async def go_on_import(batch: int) -> None:
    """Hand a sheet over to the worker again that stands still; rows that are in stay in."""
    async with transaction():
        found = await _locked(batch)
        if found["state"] != "applying":
            raise Conflict("这次导入没有在写入。")
        await execute(
            "update certificates_batch set moved_at = $2 where id = $1", batch, clock.now()
        )
        await _hand_over(found)


async def _hand_over(found: Mapping[str, Any]) -> None:
    await enqueue(JOB, {"batch": found["id"]}, key=f"{JOB}:{found['id']}", place=place_of(found))


async def _locked(batch: int) -> dict[str, Any]:
    await lock_subjects(batch_ref(batch))
    found = await batch_of(batch, current_scope())
    if found is None or not current_scope().may_write(place_of(found)):
        raise NotFound
    return found


async def enter_piece(payload: Mapping[str, Any]) -> None:
    """The worker's part: the next rows of a sheet, and the rows after them by another job.

    It acts for whoever asked for it: the fact at the end names this user.
    """
    batch = int(payload["batch"])
    asked = await row(
        "select asked_by, region_lo, org_lo from certificates_batch where id = $1", batch
    )
    if asked is None:
        return
    async with transaction(Scope.of_place(place_of(asked), actor=asked["asked_by"])):
        found = await _locked(batch)
        if found["state"] != "applying":
            return  # two workers had the same piece, or it was handed over twice
        lines = await rows(
            """select id, row, content from certificates_batch_line
               where batch = $1 and row > $2 and fault = '' order by row limit $3""",
            batch,
            found["place"],
            PIECE,
        )
        made = await _enter(found, [_open(each) for each in lines]) if lines else 0
        finished = len(lines) < PIECE
        await execute(
            """update certificates_batch set done = done + $2, made = made + $3, place = $4,
                 moved_at = $5 where id = $1""",
            batch,
            len(lines),
            made,
            lines[-1]["row"] if lines else found["place"],
            clock.now(),
        )
        if finished:
            await _finish(found, found["made"] + made)
        else:
            await _hand_over(found)


async def _finish(found: Mapping[str, Any], made: int) -> None:
    await execute(
        "update certificates_batch set state = 'applied', applied_at = $2 where id = $1",
        found["id"],
        clock.now(),
    )
    await record(
        "certificates.import_applied",
        batch_ref(found["id"]),
        ImportChanged(found["id"], found["organisation"], made, found["digest"]),
        place_of(found),
    )


async def _enter(found: Mapping[str, Any], lines: list[dict[str, Any]]) -> int:
    """Enter rows that are still good; what has come between since the preview becomes a fault."""
    unit = await _unit(found["organisation"])
    wrong = await _problems(lines, unit["id"])
    if wrong:
        await execute(
            """update certificates_batch_line l set fault = e.f
               from unnest($2::int8[], $3::text[]) as e(r, f)
               where l.batch = $1 and l.row = e.r""",
            found["id"],
            list(wrong),
            list(wrong.values()),
        )
    good = [each for each in lines if each["row"] not in wrong]
    if not good:
        return 0
    for each in good:
        each["to"] = unit
        each["issued"] = True
        each["due"] = _day(each["inspection_due"])
    batch = Batch(found["id"], REASON, UNDONE)
    entered = await enter_persons(batch, good)
    await execute(
        """update certificates_batch_line l set person = e.p
           from unnest($1::int8[], $2::int8[]) as e(i, p) where l.id = e.i""",
        [each["line"] for each in entered],
        [each["person"] for each in entered],
    )
    officers = await enter_officers(batch, good)
    fresh = [each for each in good if each["number"] and each["card"] is None]
    if fresh:
        await enter_cards(batch, fresh, officers)
    await _hold_again([each["card"] for each in good if each["card"] is not None])
    return len(good)


async def _hold_again(cards: Sequence[int]) -> None:
    """Cards an undone sheet cancelled hold again from today; the days between stay as they were."""
    if not cards:
        return
    ended = await rows(
        """update certificates_period set until = greatest($2, since)
           where certificate = any($1::int8[]) and reason = $3 and until is null
           returning certificate, until, region_lo, org_lo""",
        list(cards),
        clock.today(),
        UNDONE,
    )
    await execute(
        """insert into certificates_period (certificate, state, since, reason, recorded_at,
             recorded_by, region_lo, org_lo, published)
           select c, 'valid', s, $5, $6, $7, rl, ol, true
           from unnest($1::int8[], $2::date[], $3::int8[], $4::int8[]) as e(c, s, rl, ol)""",
        [each["certificate"] for each in ended],
        [each["until"] for each in ended],
        [each["region_lo"] for each in ended],
        [each["org_lo"] for each in ended],
        REASON,
        clock.now(),
        current_scope().actor,
    )


async def _unit(number: int) -> dict[str, Any]:
    unit = await row(
        """select o.id, o.name, o.kind, o.region_lo, o.lo, u.name as above, r.name as region_name
           from core_organisation o join core_region r on r.id = o.region
           left join core_organisation u on u.id = o.parent
           where o.id = $1 and o.valid_to is null""",
        number,
    )
    if unit is None:
        raise Refused("导入到的单位已经撤销，不能再登记人员。")
    return unit


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


# --- taking back ------------------------------------------------------------------------------

# Each set is read once and compared: asked row by row, fifty thousand officers take minutes.
_BUSY = """
with gone as materialized (
  select id, name, person, organisation from certificates_officer
  where batch = $1 and closed_at is null),
entered as materialized (
  select person from certificates_batch_line where batch = $1 and person <> 0),
cards as materialized (
  select id, officer, created_at from certificates_certificate
  where officer in (select id from gone))
select g.name from gone g
where g.organisation <> $2
  or g.id in (select officer from certificates_inspection)
  or g.person in (select u.person from core_user u join entered e on e.person = u.person)
  or g.id in (select officer from cards where created_at > $5)
  or g.id in (select c.officer from cards c
              join certificates_period p on p.certificate = c.id
              where p.reason <> all($3::text[]) and p.recorded_at >= $4)
order by g.name limit 6
"""


async def undo_import(batch: int) -> int:
    """Take an entered sheet back: its officers leave, its certificates are cancelled.

    Refused when one of them has been worked on since, because rows that facts refer to must stay
    as they were. Who was known before the sheet came stays a person of the unit. Returns how many
    officers left.
    """
    async with transaction():
        found = await _locked(batch)
        if found["state"] != "applied":
            raise Conflict("只有已写入的导入可以撤销。")
        begun = found["asked_at"] or found["created_at"]
        args = (batch, found["organisation"], [REASON, UNDONE], begun, found["applied_at"])
        if busy := [each["name"] for each in await rows(_BUSY, *args)]:
            more = "等人" if len(busy) > 5 else ""
            raise Refused(
                f"{'、'.join(busy[:5])}{more}导入以后办过业务（证件变更、年审、调动或者开通账号），"
                "不能整批撤销，请逐人办理。"
            )
        gone = await _take_back(batch)
        await execute(
            "update certificates_batch set state = 'undone', undone_at = $2 where id = $1",
            batch,
            clock.now(),
        )
        await record(
            "certificates.import_undone",
            batch_ref(batch),
            ImportChanged(batch, found["organisation"], gone, found["digest"]),
            place_of(found),
        )
    return gone


async def _take_back(batch: int) -> int:
    today, now = clock.today(), clock.now()
    # Cards of an officer who was here before the sheet had ended by themselves; they stay so.
    ended = await rows(
        """update certificates_period p set until = greatest($2, c.valid_from)
           from certificates_certificate c join certificates_officer o on o.id = c.officer
           where c.id = p.certificate and o.batch = $1 and o.closed_at is null
             and p.until is null and p.state = 'valid'
           returning c.id, c.valid_from, c.region_lo, c.org_lo""",
        batch,
        today,
    )
    await execute(
        """insert into certificates_period (certificate, state, since, reason, recorded_at,
             recorded_by, region_lo, org_lo, published)
           select c, 'cancelled', greatest($5, f), $6, $7, $8, rl, ol, true
           from unnest($1::int8[], $2::date[], $3::int8[], $4::int8[]) as e(c, f, rl, ol)""",
        [each["id"] for each in ended],
        [each["valid_from"] for each in ended],
        [each["region_lo"] for each in ended],
        [each["org_lo"] for each in ended],
        today,
        UNDONE,
        now,
        current_scope().actor,
    )
    await execute(
        """update core_person p set closed_at = $2, close_reason = $3, heads = false
           from certificates_batch_line l
           where l.batch = $1 and l.person = p.id and p.closed_at is null""",
        batch,
        now,
        UNDONE,
    )
    return await execute(
        "update certificates_officer set closed_at = $2 where batch = $1 and closed_at is null",
        batch,
        now,
    )
