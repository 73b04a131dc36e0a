# SPDX-License-Identifier: Apache-2.0
"""Attendance by an imported list: preview, write, take back (C8-02)."""

import hashlib
from typing import Any

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.db import column, execute, json, rows, value
from core.api.errors import Conflict, JianduError, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.people import person_by_id_number
from plugins.training import facts
from plugins.training.queries.trainings import (
    find_batch,
    named,
    of_audience,
    own_training,
    seat_of,
)
from plugins.training.rules.taking_part import place_for
from plugins.training.services.base import BATCH, office_of, place_of, ref
from plugins.training.services.planning import held
from plugins.training.services.taking_part import SEAT, recount
from plugins.training.sheet import OUTCOMES

FULL = "名额已满，这个人没有报上名；确实到了场的，先在名单页增加名额，再导入。"


async def preview(who: Visitor, training: int, sheet: Sheet, content: bytes, filename: str) -> int:
    """Keep a list that was read, with every fault by row; nothing is written yet.

    Identity numbers only tell who is meant; they are not kept.
    """
    found = await held(who, training)
    if found["state"] != "published":
        raise Refused("已经结课或者取消的培训不能再导入名单，请逐人更正。")
    faults: dict[str, list[str]] = {}
    for fault in sheet.faults:
        faults.setdefault(str(fault.row), []).append(f"{fault.column}：{fault.text}")
    known = await named(found, [each["name"] for each in sheet.rows])
    seen: dict[int, int] = {}
    seated = set(
        await column(
            "select person from training_seat where training = $1 and state = 'seat'", training
        )
    )
    lines = []
    for each in sheet.rows:
        number = str(each["row"])
        line = {
            "row": each["row"],
            "name": each["name"],
            "outcome": OUTCOMES.get(each["outcome"], ""),
            "person": 0,
            "unit": "",
        }
        if number not in faults:
            one, why = await _meant(found, each, known)
            if one is None:
                faults.setdefault(number, []).append(why)
            elif one["person"] in seen:
                faults.setdefault(number, []).append(f"与第 {seen[one['person']]} 行是同一个人。")
            elif one["person"] not in seated and (place_for(found["seats"], len(seated)) != "seat"):
                faults.setdefault(number, []).append(FULL)
            else:
                seated.add(one["person"])
                seen[one["person"]] = each["row"]
                line |= {"person": one["person"], "unit": one["place"]}
        lines.append(line)
    return int(
        await value(
            """insert into training_batch (training, filename, digest, state, rows, faults,
                 created_at, created_by_name, region_lo, org_lo)
               values ($1, $2, $3, 'preview', $4, $5, $6, $7, $8, $9) returning id""",
            training,
            filename[:200],
            hashlib.sha256(content).hexdigest(),
            json(lines),
            json(faults),
            clock.now(),
            who.name,
            found["region_lo"],
            found["org_lo"],
        )
    )


async def _meant(
    found: dict[str, Any], line: dict[str, Any], known: dict[str, list[dict[str, Any]]]
) -> tuple[dict[str, Any] | None, str]:
    """The person a line means, or why nobody can be named."""
    if line["id_number"]:
        person = await person_by_id_number(line["id_number"])
        one = await of_audience(found, person.id) if person else None
        if one is None:
            return None, "身份证号：对象范围里没有这个人。"
        if one["name"] != line["name"]:
            return None, "身份证号和姓名不是同一个人。"
        return one, ""
    candidates = known.get(line["name"], [])
    if not candidates:
        return None, "对象范围里没有叫这个名字的人。"
    if len(candidates) > 1:
        return None, f"有 {len(candidates)} 位同名，请填身份证号。"
    return candidates[0], ""


async def _batch(who: Visitor, batch: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An imported list of one's own office and its training, both locked."""
    found = await find_batch(batch, who.scope)
    if found is None:
        raise NotFound
    training = await own_training(found["training"], who.scope, (await office_of(who)).id)
    if training is None:
        raise NotFound
    again = await find_batch(batch, who.scope)
    assert again is not None
    return again, training


async def apply(who: Visitor, batch: int) -> int:
    """Write the good rows; returns how many. Writing twice is refused."""
    found, training = await _batch(who, batch)
    if found["state"] != "preview":
        raise Conflict("这份名单已经写入过了。")
    if training["state"] != "published":
        raise Refused("这期培训已经结课或者取消，名单不能再写入。")
    if clock.now() < training["starts_at"]:
        raise Refused("培训还没有开始，到场名单开始以后再写入。")
    faults: dict[str, list[str]] = msgspec.json.decode(found["faults"])
    done = []
    for line in msgspec.json.decode(found["rows"]):
        if str(line["row"]) in faults:
            continue
        try:
            line["before"] = await _enter(training, batch, line)
            done.append(line)
        except JianduError as error:
            faults.setdefault(str(line["row"]), []).append(str(error))
    await recount(training["id"])
    await execute(
        """update training_batch set state = 'applied', applied_at = $2, faults = $3,
             rows = $4 where id = $1""",
        batch,
        clock.now(),
        json(faults),
        json(
            [
                next((each for each in done if each["row"] == line["row"]), line)
                for line in msgspec.json.decode(found["rows"])
            ]
        ),
    )
    await _note("training.list_applied", found, training, len(done))
    return len(done)


async def _enter(training: dict[str, Any], batch: int, line: dict[str, Any]) -> dict[str, Any]:
    """Set one person's attendance; returns how it was, for taking it back."""
    have = await seat_of(training["id"], line["person"])
    before = {"state": "none", "attendance": "", "way": ""}
    if have is not None:
        before = {key: have[key] for key in ("state", "attendance", "way")}
    if have is None or have["state"] != "seat":
        now = await held_again(training["id"])
        if place_for(now["seats"], now["taken"]) != "seat":
            raise Refused(FULL)
        await execute(
            SEAT,
            training["id"],
            line["person"],
            line["name"],
            line["unit"],
            "seat",
            clock.now(),
            training["region_lo"],
            training["org_lo"],
        )
        await recount(training["id"])
    await execute(
        """update training_seat set attendance = $3::text, way = 'import', batch = $4,
             came_at = case when $3::text = 'present' then coalesce(came_at, $5) end
           where training = $1 and person = $2""",
        training["id"],
        line["person"],
        line["outcome"],
        batch,
        clock.now(),
    )
    return before


async def held_again(training: int) -> dict[str, Any]:
    """The counters as they stand now, inside the lock."""
    (found,) = await rows("select seats, taken from training_training where id = $1", training)
    return found


async def undo(who: Visitor, batch: int) -> int:
    """Take a written list back: everybody stands where he stood before; returns how many."""
    found, training = await _batch(who, batch)
    if found["state"] != "applied":
        raise Conflict("只有已写入的名单可以撤销。")
    if training["state"] != "published":
        raise Refused("这期培训已经结课，学时已经记入台账，请逐人更正出勤。")
    gone = 0
    for line in msgspec.json.decode(found["rows"]):
        before = line.get("before")
        if before is None:
            continue
        # Whoever was changed by hand or by another list since then stays as he is.
        gone += await execute(
            """update training_seat set attendance = $4::text, way = $5, batch = null,
                 state = $6, came_at = case when $4::text = 'present' then came_at end
               where training = $1 and person = $2 and batch = $3 and way = 'import'""",
            training["id"],
            line["person"],
            batch,
            before["attendance"],
            before["way"],
            "left" if before["state"] == "none" else before["state"],
        )
    await recount(training["id"])
    await execute(
        "update training_batch set state = 'undone', undone_at = $2 where id = $1",
        batch,
        clock.now(),
    )
    await _note("training.list_undone", found, training, gone)
    return gone


async def _note(kind: str, found: dict[str, Any], training: dict[str, Any], persons: int) -> None:
    await record(
        kind,
        ref(BATCH, found["id"]),
        facts.ListChanged(found["id"], training["id"], training["title"], persons, found["digest"]),
        place_of(training),
    )
