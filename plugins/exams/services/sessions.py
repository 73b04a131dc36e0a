# SPDX-License-Identifier: Apache-2.0
"""Sessions: planning, seating, opening (the paper is drawn), cancelling."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, lock_subjects, row, rows, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.scan import resolve
from plugins.exams import facts
from plugins.exams.forms import SessionForm
from plugins.exams.queries.bank import usable
from plugins.exams.rules import papers as paper_rules
from plugins.exams.rules import sitting as rules
from plugins.exams.services import invigilators
from plugins.exams.services.base import (
    ENTRY,
    SESSION,
    place_for,
    place_of,
    ref,
    settings_in,
)
from plugins.exams.services.papers import own_paper

EARLIEST = timedelta(hours=3)
"""How long before the start candidates may be let in."""
_ROOM = re.compile(r"^(.{1,60}?)[\s:：,，]+(\d{1,3})\s*(?:座|人|个座位)?$")


def rooms_from(text: str) -> list[tuple[str, int]]:
    """``第一考场 30`` a line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _ROOM.match(line.strip())
        if match is None or int(match[2]) < 1:
            raise Invalid(
                {"rooms": f"第 {number} 行看不懂。每行写考场名称、空格、座位数，例如：第一考场 30"}
            )
        found.append((match[1].strip(), int(match[2])))
    if not found:
        raise Invalid({"rooms": "至少要有一个考场。"})
    if len({name for name, _ in found}) < len(found):
        raise Invalid({"rooms": "有两个考场名称相同。"})
    return found


async def plan_session(who: Visitor, form: SessionForm) -> int:
    """A session of one's own office."""
    place = await place_for(who)
    paper = await own_paper(who, form.paper)
    rooms = rooms_from(form.rooms)
    if paper["retired"]:
        raise Invalid({"paper": "这份试卷已经停用。"})
    starts = form.starts_at
    if starts <= clock.now():
        raise Invalid({"starts_at": "开考时间要在现在以后。"})
    organ = await value("select name from core_organisation where lo = $1", place.org_lo)
    options = await settings_in(place.region_lo)
    session = int(
        await value(
            """insert into exams_session (title, organ_name, venue, paper, state, starts_at,
                 minutes, late_minutes, pass_tenths, total_tenths, half, code, seed, sheet,
                 sheet_digest, rulings, tickets, legacy_password, reason, created_at, created_by,
                 created_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, 'planned', $5, $6, $7, $8, $9, $10, '', '', '[]', '', '{}',
                 0, $11, '', $12, $13, $14, $15, $16) returning id""",
            form.title.strip(), organ, form.venue.strip(), form.paper, starts, paper["minutes"],
            options.late_minutes, paper["pass_tenths"], paper["total_tenths"], paper["half"],
            options.legacy_default_password, clock.now(), who.user_id, who.name,
            place.region_lo, place.org_lo,
        )
    )  # fmt: skip
    for name, seats in rooms:
        await execute(
            "insert into exams_room (session, name, seats, region_lo, org_lo)"
            " values ($1, $2, $3, $4, $5)",
            session,
            name,
            seats,
            place.region_lo,
            place.org_lo,
        )
    await record(
        "exams.session_planned",
        ref(SESSION, session),
        facts.SessionChanged(session, form.title.strip()),
        place,
    )
    if form.invigilators:
        found = await own_session(who, session, lock=True)
        await invigilators.name(who, found, form.invigilators, "")
    return session


async def own_session(who: Visitor, session: int, *, lock: bool = False) -> dict[str, Any]:
    """A session of one's own office."""
    place = await place_for(who)
    found = await row(
        "select * from exams_session where id = $1 and org_lo = $2 and region_lo = $3"
        + (" for update" if lock else ""),
        session,
        place.org_lo,
        place.region_lo,
    )
    if found is None:
        raise NotFound
    return found


def in_state(found: dict[str, Any], *states: str) -> None:
    """Refuse what does not belong to this phase."""
    if found["state"] not in states:
        raise Conflict(f"这一场{rules.SESSIONS[found['state']][1]}，不能这样做。")


async def _in_hand(who: Visitor, found: dict[str, Any]) -> None:
    """Planning is the whole office's; once people are let in, a session is its invigilators'."""
    if found["state"] == "open":
        await invigilators.act_in(who, found)


async def seat(who: Visitor, session: int, wanted: Sequence[int]) -> int:
    """Put waiting persons on the roster; returns how many got a seat."""
    await lock_subjects(ref(SESSION, session))
    found = await own_session(who, session, lock=True)
    in_state(found, "planned", "open")
    await _in_hand(who, found)
    persons = await rows(
        """select * from exams_wanted where id = any($1::int8[]) and state in ('waiting', 'failed')
           and used < allowed order by id for update""",
        list(wanted),
    )
    watching = {each["person"] for each in await invigilators.named_for(session)}
    if both := [each["name"] for each in persons if each["person"] in watching]:
        raise Refused(f"{'、'.join(both)}是这一场的监考员，不能同时是考生。")
    there = {
        each["person"]
        for each in await rows("select person from exams_entry where session = $1", session)
    }
    if double := rules.twice([(each["person"], each["name"]) for each in persons], there):
        raise Refused(f"{'、'.join(double)}在这一场只能坐一个座位。两件事都要考的，请分两场安排。")
    free = rules.seats(*await _rooms(session))
    if len(persons) > len(free):
        raise Refused(f"只剩 {len(free)} 个座位，选了 {len(persons)} 人。请加考场或者少选几人。")
    names = {
        each["id"]: each["name"]
        for each in await rows("select id, name from exams_room where session = $1", session)
    }
    year = clock.local(found["starts_at"]).year
    for number, (each, (room, place)) in enumerate(zip(persons, free, strict=False), 1):
        officer = 0
        if each["card_number"]:
            # The certificate's owner says whose it is; kept, so that the scan at the door is quick.
            found_card = await resolve(each["card_number"], who.scope)
            if found_card is not None and found_card.kind == "certificates.officer":
                officer = found_card.id
        entry = int(
            await value(
                """insert into exams_entry (session, wanted, person, name, unit, purpose, request,
                     room, room_name, seat, ticket, officer, number, extra_minutes, extra_reason,
                     late_start, way, checked_in_by_name, tries, absent, region_lo, org_lo)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, '', false,
                     '', '', 0, false, $14, $15) returning id""",
                session, each["id"], each["person"], each["name"], each["unit"], each["purpose"],
                each["request"], room, names[room], place,
                rules.ticket_number(year, session, found["tickets"] + number), officer,
                each["used"] + 1, found["region_lo"], found["org_lo"],
            )
        )  # fmt: skip
        await execute("update exams_wanted set state = 'seated' where id = $1", each["id"])
        await notify(
            "exams.seated",
            [each["person"]],
            ref(ENTRY, entry),
            {
                "title": found["title"],
                "when": when_words(found),
                "place": f"{found['venue']}{names[room]} {place} 号",
            },
            place_of(each),
        )
    await execute(
        "update exams_session set tickets = tickets + $2 where id = $1", session, len(persons)
    )
    if persons:
        await record(
            "exams.roster_extended",
            ref(SESSION, session),
            facts.SessionChanged(session, found["title"], len(persons)),
            place_of(found),
        )
    return len(persons)


def when_words(found: dict[str, Any]) -> str:
    """``7月3日 09:00``."""
    begin = clock.local(found["starts_at"])
    return f"{begin.month}月{begin.day}日 {begin:%H:%M}"


async def _rooms(session: int) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
    rooms = await rows("select id, seats from exams_room where session = $1 order by id", session)
    taken = await rows("select room, seat from exams_entry where session = $1", session)
    return (
        [(each["id"], each["seats"]) for each in rooms],
        {(each["room"], each["seat"]) for each in taken},
    )


async def unseat(who: Visitor, session: int, entry: int) -> None:
    """Take somebody off the roster who has not come in yet; he waits again."""
    found = await own_session(who, session, lock=True)
    in_state(found, "planned", "open")
    await _in_hand(who, found)
    gone = await row(
        """delete from exams_entry where id = $1 and session = $2 and checked_in_at is null
           returning wanted, name, person""",
        entry,
        session,
    )
    if gone is None:
        raise Conflict("这名考生已经入场，不能移出名册。")
    await execute(
        "update exams_wanted set state = 'waiting' where id = $1 and state = 'seated'",
        gone["wanted"],
    )
    await record(
        "exams.entry_changed",
        ref(SESSION, session),
        facts.EntryChanged(session, entry, gone["person"], gone["name"], "移出名册"),
        place_of(found),
    )


async def open_session(who: Visitor, session: int) -> dict[str, Any]:
    """开始入场: the paper is drawn with a fresh seed, the computers get their code."""
    found = await own_session(who, session, lock=True)
    in_state(found, "planned")
    await invigilators.act_in(who, found)
    if clock.now() < found["starts_at"] - EARLIEST:
        raise Refused("开考前 3 小时以内才能开始入场。")
    if not await value("select count(*) from exams_entry where session = $1", session):
        raise Refused("名册上还没有人，请先安排考生。")
    paper = await row("select * from exams_paper where id = $1", found["paper"])
    assert paper is not None
    quotas = paper_rules.quotas_of(paper["quotas"])
    bank = await usable(found["org_lo"])
    if missing := paper_rules.shortages(quotas, bank):
        raise Refused("题库变过，抽不出这份试卷：" + "".join(missing))
    seed = secrets.token_hex(16)
    sheet = msgspec.to_builtins(paper_rules.draw(quotas, bank, seed))
    digest = hashlib.sha256(msgspec.json.encode(sheet) + seed.encode()).hexdigest()
    code = await _free_code()
    await execute(
        """update exams_session set state = 'open', seed = $2, sheet = $3, sheet_digest = $4,
             code = $5, opened_at = $6 where id = $1""",
        session,
        seed,
        sheet,
        digest,
        code,
        clock.now(),
    )
    await record(
        "exams.session_opened",
        ref(SESSION, session),
        # The digest fixes seed and questions before anybody sees one of them.
        facts.SessionChanged(session, found["title"], digest=digest),
        place_of(found),
    )
    return {**found, "state": "open", "code": code, "seed": seed, "sheet": sheet}


async def _free_code() -> str:
    while True:
        code = f"{secrets.randbelow(900_000) + 100_000}"
        if not await value("select 1 from exams_session where code = $1 and state = 'open'", code):
            return code


async def cancel(who: Visitor, session: int, reason: str) -> None:
    """The session does not take place; everybody waits again."""
    found = await own_session(who, session, lock=True)
    in_state(found, "planned", "open")
    await _in_hand(who, found)
    if await value(
        "select 1 from exams_attempt where session = $1 and begun_at is not null limit 1", session
    ):
        raise Conflict("已经有人开始作答，不能取消整场；请逐人作废。")
    persons = await rows("select id, person, wanted from exams_entry where session = $1", session)
    await execute(
        "update exams_wanted set state = 'waiting' where id = any($1::int8[]) and state = 'seated'",
        [each["wanted"] for each in persons],
    )
    await execute(
        "update exams_session set state = 'cancelled', reason = $2, code = '' where id = $1",
        session,
        reason.strip(),
    )
    for each in persons:
        # About his own place: the page of the session is the office's, closed to candidates.
        await notify(
            "exams.cancelled",
            [each["person"]],
            ref(ENTRY, each["id"]),
            {"title": found["title"], "reason": reason.strip()},
            place_of(found),
        )
    await record(
        "exams.session_cancelled",
        ref(SESSION, session),
        facts.SessionChanged(session, found["title"], len(persons), reason=reason.strip()),
        place_of(found),
    )
