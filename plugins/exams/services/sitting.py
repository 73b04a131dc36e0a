# SPDX-License-Identifier: Apache-2.0
"""At the candidate's computer: signing in, the photo, beginning, the paper, handing in."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.api import clock
from core.api.db import execute, row, rows, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import decrypt, encrypt, lookup_hash
from core.api.richtext import shown
from core.api.turns import hand_turn
from plugins.exams import facts
from plugins.exams.rules import papers as paper_rules
from plugins.exams.rules import sitting as rules
from plugins.exams.rules.chain import current_answers
from plugins.exams.rules.questions import stored_options
from plugins.exams.services import chaining
from plugins.exams.services.base import (
    CANDIDATE,
    ENTRY,
    HELD,
    RUN,
    SESSION,
    place_of,
    ref,
    settings_in,
)
from plugins.exams.services.grading import grade

KEY_FIELD = "exams.sealed_file"
WRONG = "准考证号或密码不对。密码在入场时领取，只能用一次；重新领取请找监考员。"

MINE = """
select a.*, e.name, e.unit, e.person as entry_person, e.ticket, e.extra_minutes, e.late_start,
  e.room_name, e.seat, s.title, s.state as session_state, s.starts_at, s.minutes, s.late_minutes,
  s.seed, s.sheet, s.code
from exams_attempt a join exams_entry e on e.id = a.entry join exams_session s on s.id = a.session
where a.id = $1
"""


@dataclass(frozen=True)
class SignedIn:
    """What the browser keeps."""

    attempt: int
    token: str

    @property
    def cookie(self) -> str:
        return f"{self.attempt}.{self.token}"


def read_cookie(text: str) -> tuple[int, str]:
    """Attempt and token of a cookie; (0, "") when it is none of ours."""
    number, _, token = text.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 18 and 20 <= len(token) <= 64):
        return 0, ""
    return int(number), token


def password_hash(entry: int, password: str) -> bytes:
    """What is kept of a one-time password; bound to the candidate it was given to."""
    return lookup_hash(f"{entry} {rules.clean_password(password)}", "exams.password")


async def sign_in(code: str, ticket: str, password: str) -> SignedIn:
    """With 准考证号 and the one-time password; ``Invalid`` tells nobody which of them was wrong.

    ``code`` names the session. With the legacy switch on, the last six of the ID number and the
    default password do, inside this one roster and only when they fit one person there.
    """
    ticket, wrong = "".join(ticket.split()).upper(), None
    async with transaction(CANDIDATE):
        session = await row(
            "select * from exams_session where code = $1 and state = 'open'", code.strip()
        )
        if session is None:
            raise Invalid({"code": "没有这个场次码，或者这一场没有开始入场。"})
        entry = await row(
            "select * from exams_entry where session = $1 and ticket = $2 for update",
            session["id"],
            ticket,
        )
        if entry is None and session["legacy_password"] and len(ticket) == 6:
            entry = await _by_last_six(session["id"], ticket, password)
            if entry is not None:
                return await _admit(entry)
        if entry is None or entry["checked_in_at"] is None:
            raise Invalid({"password": WRONG})
        if entry["password"] is None or entry["tries"] >= rules.TRIES:
            wrong = "密码已经用过，或者输错太多次。请找监考员重新领取。"
        elif bytes(entry["password"]) != password_hash(entry["id"], password):
            await execute("update exams_entry set tries = tries + 1 where id = $1", entry["id"])
            wrong = WRONG
        if wrong is None:
            return await _admit(entry)
    # Outside: the count of tries must stay although the sign-in is refused.
    raise Invalid({"password": wrong})


async def _by_last_six(session: int, typed: str, password: str) -> dict[str, Any] | None:
    """The seed's way in (S2-29), bounded to one roster; ambiguity is refused, not guessed."""
    if password.strip() != rules.LEGACY_PASSWORD:
        return None
    found = await rows(
        """select e.id, p.id_number from exams_entry e join core_person p on p.id = e.person
           left join exams_attempt a on a.entry = e.id
           where e.session = $1 and e.checked_in_at is not null and p.id_number is not null""",
        session,
    )
    numbers = {each["id"]: decrypt(each["id_number"], "person.id_number") for each in found}
    fitting = rules.matches_last_six(numbers, typed)
    if len(fitting) > 1:
        raise Invalid(
            {"ticket": "这一场有两人身份证后六位相同，不能这样登录。请用准考证号和一次性密码。"}
        )
    if not fitting:
        return None
    entry = await row("select * from exams_entry where id = $1 for update", fitting[0])
    if entry is not None:
        signed = await row("select token from exams_attempt where entry = $1", entry["id"])
        if signed is not None and signed["token"] is not None:
            # Anybody knows the default: whoever is signed in already keeps his place.
            raise Invalid({"ticket": "这名考生已经登录。换电脑请找监考员释放。"})
    return entry


async def _admit(entry: dict[str, Any]) -> SignedIn:
    token = secrets.token_urlsafe(24)
    held = (await rows("select * from exams_attempt where entry = $1 for update", entry["id"]))[0]
    if held["state"] not in ("ready", "sitting"):
        raise Refused("这份答卷已经结束。")
    await chaining.append(held, "signed_in", {"epoch": held["epoch"]})
    await execute(
        "update exams_attempt set token = $2, key = coalesce(key, $3), seen_at = $4 where id = $1",
        held["id"],
        chaining.token_hash(token),
        encrypt(secrets.token_hex(32), KEY_FIELD),
        clock.now(),
    )
    await execute("update exams_entry set password = null, tries = 0 where id = $1", entry["id"])
    return SignedIn(held["id"], token)


async def mine(attempt: int, token: str) -> dict[str, Any]:
    """The attempt a token leads to; inside the transaction. ``NotFound`` for any other."""
    found = await row(MINE, attempt) if attempt else None
    if found is None or bytes(found["token"] or b"") != chaining.token_hash(token):
        raise NotFound("登录已经失效：可能已在别的电脑登录，或者由监考员释放。请重新登录。")
    return found


# --- the photo -----------------------------------------------------------------------------------


async def take_photo(held: dict[str, Any], photo: Received, way: str) -> None:
    """One photo on site; its hash stands in the chain beside the answers (S2-28, C7-02)."""
    place = place_of(held)
    stored = await keep(photo, place=place, purpose=HELD)
    await chaining.append(held, "photo", {"sha256": stored.sha256, "way": way})
    await execute(
        """insert into exams_photo (attempt, file, sha256, taken_at, way, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        held["id"],
        stored.id,
        photo.sha256,
        clock.now(),
        way,
        place.region_lo,
        place.org_lo,
    )
    await execute(
        "update exams_attempt set photo = $2, photo_failed = false, seen_at = $3 where id = $1",
        held["id"],
        photo.sha256,
        clock.now(),
    )


async def photo_from_candidate(attempt: int, token: str, photo: Received) -> None:
    """From the computer in the room; it may be taken again until the sitting begins."""
    async with transaction(CANDIDATE):
        await mine(attempt, token)
        held = await chaining.lock(attempt)
        assert held is not None
        if held["state"] != "ready":
            raise Refused("已经开始作答，照片不再更换。")
        await take_photo(held, photo, "candidate")


# --- beginning and the paper ----------------------------------------------------------------------


async def begin(attempt: int, token: str) -> None:
    """开始作答. The deadline is set here, by the server's clock only."""
    async with transaction(CANDIDATE):
        found = await mine(attempt, token)
        held = await chaining.lock(attempt)
        assert held is not None
        if held["state"] == "sitting":
            return
        now = clock.now()
        why = rules.why_not_begin(
            now,
            found["starts_at"],
            found["late_minutes"],
            late_start=found["late_start"],
            photo=bool(found["photo"]) or bool(found["photo_waived"]),
        )
        if held["state"] != "ready" or found["session_state"] != "open":
            why = "这份答卷已经结束。"
        if why:
            raise Refused(why)
        until = rules.deadline(
            found["starts_at"],
            found["minutes"],
            found["extra_minutes"] + held["added_minutes"],
            now,
            late_start=found["late_start"],
        )
        await chaining.append(
            held, "begun", {"until": until.isoformat(), "ticket": found["ticket"]}
        )
        await execute(
            """update exams_attempt set state = 'sitting', begun_at = $2, deadline = $3,
                 seen_at = $2 where id = $1""",
            attempt,
            now,
            until,
        )
        await record(
            "exams.attempt_begun",
            ref(ENTRY, found["entry"]),
            _moved(found, held, "begun"),
            place_of(found),
        )


def _moved(found: Mapping[str, Any], held: Mapping[str, Any], how: str) -> facts.AttemptMoved:
    photo = held["photo"]
    return facts.AttemptMoved(
        found["session"],
        found["id"],
        found["entry_person"],
        found["name"],
        how,
        held["seq"],
        bytes(held["head"]).hex(),
        bytes(photo).hex() if photo else "",
    )


@dataclass(frozen=True)
class Shown:
    """One question as this candidate sees it."""

    position: int
    """In the paper; answers name it."""
    number: int
    kind: str
    tenths: int
    stem: Any
    options: tuple[tuple[str, str, str], ...]
    """Letter, key, text."""
    pictures: tuple[dict[str, Any], ...]
    answer: tuple[str, ...]


async def questions_of(sheet: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """The questions of a drawn paper by id."""
    ids = [each["q"] for each in sheet]
    found = await rows("select * from exams_question where id = any($1::int8[])", ids)
    return {each["id"]: each for each in found}


async def paper_of(found: Mapping[str, Any]) -> list[Shown]:
    """The paper in this candidate's order, with what he has answered so far."""
    sheet = found["sheet"]
    questions = await questions_of(sheet)
    kinds = [questions[each["q"]]["kind"] for each in sheet]
    answers = current_answers(await chaining.acts_of(found["id"]))
    order = paper_rules.order_of(len(sheet), found["seed"], found["ticket"], kinds)
    result = []
    for number, position in enumerate(order, 1):
        asked = questions[sheet[position]["q"]]
        options = stored_options(asked["options"])
        texts = {each.key: each.text for each in options}
        keys = list(texts)
        if asked["kind"] in ("single", "multiple"):
            keys = paper_rules.option_order(keys, found["seed"], found["ticket"], asked["id"])
        result.append(
            Shown(
                position,
                number,
                asked["kind"],
                sheet[position]["tenths"],
                shown(asked["stem"]),
                tuple((chr(65 + at), key, texts[key]) for at, key in enumerate(keys)),
                tuple(asked["pictures"]),
                tuple(answers.get(position, ())),
            )
        )
    return result


async def kinds_of(attempt: int, token: str) -> list[str]:
    """The kinds of the paper's questions, to check what a browser sends."""
    async with transaction(CANDIDATE):
        found = await mine(attempt, token)
        questions = await questions_of(found["sheet"])
    return [questions[each["q"]]["kind"] for each in found["sheet"]]


# --- the end -------------------------------------------------------------------------------------


async def hand_in(attempt: int, token: str) -> None:
    """交卷 by the candidate."""
    async with transaction(CANDIDATE):
        await mine(attempt, token)
        await finish(attempt, "self")


async def finish(attempt: int, how: str) -> bool:
    """End an attempt, whatever state its answers are in, and mark it; twice does nothing."""
    held = await chaining.lock(attempt)
    found = await row(MINE, attempt)
    if held is None or found is None or held["state"] != "sitting":
        return False
    await chaining.append(held, "submitted", {"how": how})
    points, passed = await grade(found)
    await execute(
        """update exams_attempt set state = 'submitted', how = $2, ended_at = $3, score = $4,
             passed = $5 where id = $1""",
        attempt,
        how,
        clock.now(),
        points,
        passed,
    )
    await record(
        "exams.attempt_ended", ref(ENTRY, found["entry"]), _moved(found, held, how), place_of(found)
    )
    return True


async def sweep(region_lo: int, region_hi: int) -> int:
    """Hand in what is over its time, close sessions in which nobody sits any more (C7-06)."""
    now, ended = clock.now(), 0
    over = await rows(
        """select a.id, a.deadline, a.region_lo from exams_attempt a
           where a.state = 'sitting' and a.deadline < $1 and a.region_lo between $2 and $3
           order by a.deadline limit 500""",
        now,
        region_lo,
        region_hi,
    )
    for each in over:
        grace = (await settings_in(each["region_lo"])).grace_seconds
        if not rules.accepted(now, each["deadline"], grace):
            ended += await finish(each["id"], "auto")
    sessions = await rows(
        """select s.* from exams_session s where s.state = 'open'
             and s.region_lo between $2 and $3
             and s.starts_at + make_interval(mins => s.minutes) < $1
             and not exists (select 1 from exams_attempt a where a.session = s.id
               and a.state = 'sitting')
             and not exists (select 1 from exams_entry e left join exams_attempt a
               on a.entry = e.id where e.session = s.id and e.late_start
               and coalesce(a.state, 'ready') = 'ready' and s.starts_at + make_interval(mins =>
               s.minutes + 180) > $1)""",
        now,
        region_lo,
        region_hi,
    )
    for each in sessions:
        await close(each)
    return ended


async def close(session: Mapping[str, Any]) -> None:
    """The sitting is over: who never began was absent."""
    absent = await rows(
        """update exams_entry e set absent = true where e.session = $1 and not exists
             (select 1 from exams_attempt a where a.entry = e.id and a.state <> 'ready')
           returning e.id""",
        session["id"],
    )
    await execute(
        "update exams_session set state = 'closed', closed_at = $2, code = '' where id = $1",
        session["id"],
        clock.now(),
    )
    # The office has to publish; until then nobody's application or inspection goes on.
    await hand_turn(
        ref(SESSION, session["id"]),
        title=session["title"],
        step_title="公布成绩",
        path=f"/exams/sessions/{session['id']}/results",
        place=place_of(session),
        holder_org=session["org_lo"],
        permission=RUN,
    )
    await record(
        "exams.session_closed",
        ref(SESSION, session["id"]),
        facts.SessionChanged(session["id"], session["title"], len(absent), session["sheet_digest"]),
        place_of(session),
    )


def remaining(until: datetime | None, now: datetime) -> timedelta:
    """How long is left."""
    return max(timedelta(0), until - now) if until else timedelta(0)
