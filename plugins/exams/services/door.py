# SPDX-License-Identifier: Apache-2.0
"""At the door and in the room: check-in, passwords, release, time, photo, void; two people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from core.api import clock
from core.api.access import Visitor, people_behind
from core.api.db import Scope, execute, row, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received
from core.api.people import decrypt, person_by_id_number
from core.api.scan import doubt, resolve
from plugins.exams import facts
from plugins.exams.rules import sitting as rules
from plugins.exams.rules.chain import GENESIS
from plugins.exams.rules.sealed import NotOurs, epoch_of, open_sealed
from plugins.exams.services import chaining
from plugins.exams.services.base import ENTRY, place_of, ref, settings_in
from plugins.exams.services.grading import grade
from plugins.exams.services.invigilators import act_in
from plugins.exams.services.sessions import in_state, own_session
from plugins.exams.services.sitting import KEY_FIELD, finish, password_hash, take_photo

LOOKING = Scope.platform("an identity card is read at the door of a room").read_only()
_CARD = re.compile(r"^\d{17}[\dXx]$|^\d{15}$")

TITLES = {
    "checkin": "人工核对身份入场",
    "minutes": "超过限度加时",
    "void": "作废答卷",
    "sealed": "补交密封文件",
}


@dataclass(frozen=True)
class Admitted:
    """Somebody at the door who may go in; the password is shown once."""

    entry: dict[str, Any]
    password: str


async def own_entry(who: Visitor, session: int, entry: int) -> dict[str, Any]:
    """A place on the roster of a session one has a hand in, locked."""
    await act_in(who, await own_session(who, session))
    found = await row(
        "select * from exams_entry where id = $1 and session = $2 for update", entry, session
    )
    if found is None:
        raise NotFound
    return found


async def attempt_of(entry: int) -> dict[str, Any]:
    """The attempt of a candidate who has checked in, locked."""
    found = await row("select * from exams_attempt where entry = $1 for update", entry)
    if found is None:
        raise Conflict("这名考生还没有入场。")
    return found


# --- identity at the door -------------------------------------------------------------------------


async def scan(who: Visitor, session: int, code: str) -> Admitted:
    """An ID card (the reader types its number) or the code of a certificate (S2-27)."""
    found = await own_session(who, session)
    in_state(found, "open")
    await act_in(who, found)
    text = "".join(code.split())
    if _CARD.match(text):
        async with transaction(LOOKING):
            holder = await person_by_id_number(text)
        entry = await row(
            "select * from exams_entry where session = $1 and person = $2 for update",
            session,
            holder.id if holder else 0,
        )
        if entry is None:
            raise Invalid(
                {
                    "code": "这个身份证号不在本场名册里。号码登记有误的不能考试，请先在执法证件里更正，"
                    "或者由两人核对身份入场。"
                }
            )
        return await _admit(who, found, entry, "id_card")
    if why := await doubt(code):
        raise Invalid({"code": f"{why}扫不了的刷身份证，或者由两人核对身份入场。"})
    card = await resolve(code, who.scope)
    entry = None
    if card is not None and card.kind == "certificates.officer":
        entry = await row(
            "select * from exams_entry where session = $1 and officer = $2 for update",
            session,
            card.id,
        )
    if entry is None:
        raise Invalid({"code": "不是名册里任何一名考生的身份证或者执法证。"})
    if entry["purpose"] == "application":
        raise Invalid({"code": f"{entry['name']}是新申领人员，请刷身份证入场。"})
    number = await value("select card_number from exams_wanted where id = $1", entry["wanted"])
    if rules.is_number(code, number or ""):
        raise Invalid(
            {
                "code": "请扫执法证上的二维码，输入证号不算。扫不了的刷身份证，或者由两人核对身份入场。"
            }
        )
    return await _admit(who, found, entry, "certificate")


async def _admit(
    who: Visitor, session: Mapping[str, Any], entry: dict[str, Any], way: str, second: str = ""
) -> Admitted:
    # Also of a card cancelled since the roster was made; one suspended or overdue sits because of it.
    wanted = await row("select state, reason from exams_wanted where id = $1", entry["wanted"])
    if wanted is not None and wanted["state"] == "withdrawn":
        why = f"（{wanted['reason']}）" if wanted["reason"] else ""
        raise Refused(f"这名考生的申请已经终止{why}，不能入场。")
    if entry["checked_in_at"] is None:
        attempt = await row(
            """insert into exams_attempt (entry, session, person, state, epoch, seq, head, newest,
                 done, blurs, photo_waived, photo_failed, added_minutes, how, void_reason, key,
                 region_lo, org_lo)
               values ($1, $2, $3, 'ready', 0, 0, $4, 0, '0', 0, '', false, 0, '', '', $5, $6, $7)
               returning *""",
            entry["id"],
            entry["session"],
            entry["person"],
            GENESIS,
            None,
            entry["region_lo"],
            entry["org_lo"],
        )
        assert attempt is not None
        await chaining.append(attempt, "checked_in", {"way": way, "by": who.user_id})
        await execute(
            """update exams_entry set checked_in_at = $2, way = $3, checked_in_by_name = $4
               where id = $1""",
            entry["id"],
            clock.now(),
            way,
            who.name,
        )
        await record(
            "exams.checked_in",
            ref(ENTRY, entry["id"]),
            facts.EntryChanged(
                session["id"], entry["id"], entry["person"], entry["name"],
                f"{rules.WAYS[way]}入场", second=second,
            ),
            place_of(session),
        )  # fmt: skip
    else:
        attempt = await attempt_of(entry["id"])
        if attempt["token"] is not None or attempt["state"] != "ready":
            raise Conflict(f"{entry['name']}已经登录。换电脑请在考生页里释放。")
    fresh = await row("select * from exams_entry where id = $1", entry["id"])
    assert fresh is not None
    return Admitted(fresh, await new_password(entry["id"]))


async def new_password(entry: int) -> str:
    """A fresh one-time password; an earlier one is void."""
    password = rules.new_password()
    await execute(
        "update exams_entry set password = $2, password_at = $3, tries = 0 where id = $1",
        entry,
        password_hash(entry, password),
        clock.now(),
    )
    return password


async def password_again(who: Visitor, session: int, entry: int) -> Admitted:
    """The slip got lost before anybody signed in."""
    found = await own_entry(who, session, entry)
    attempt = await attempt_of(entry)
    if attempt["token"] is not None:
        raise Conflict("已经登录过。换电脑请用“释放”。")
    return Admitted(found, await new_password(entry))


# --- in the room ----------------------------------------------------------------------------------


async def _changed(
    found: Mapping[str, Any], kind: str, words: str, reason: str, second: str = ""
) -> None:
    await record(
        kind,
        ref(ENTRY, found["id"]),
        facts.EntryChanged(
            found["session"], found["id"], found["person"], found["name"], words, reason, second
        ),
        place_of(found),
    )


async def release(
    who: Visitor, session: int, entry: int, reason: str, minutes: int = 0
) -> Admitted:
    """To another computer: the old one is out at once; lost time may be given back (C7-09)."""
    found = await own_entry(who, session, entry)
    in_state(await own_session(who, session), "open")
    held = await attempt_of(entry)
    if held["state"] not in ("ready", "sitting"):
        raise Conflict("这份答卷已经结束。")
    await chaining.append(
        held, "released", {"by": who.user_id, "reason": reason, "minutes": minutes}
    )
    await execute(
        "update exams_attempt set epoch = epoch + 1, token = null, newest = 0 where id = $1",
        held["id"],
    )
    if minutes:
        await add_minutes(who, session, entry, minutes, reason)
    await _changed(found, "exams.released", "释放到另一台电脑", reason)
    return Admitted(found, await new_password(entry))


async def add_minutes(
    who: Visitor, session: int, entry: int, minutes: int, reason: str, *, second: str = ""
) -> bool:
    """Extra time (C7-10). False when it is more than one may grant: then a second one is asked."""
    found = await own_entry(who, session, entry)
    in_state(await own_session(who, session), "planned", "open")
    options = await settings_in(found["region_lo"])
    held = await row("select * from exams_attempt where entry = $1 for update", entry)
    granted = found["extra_minutes"] + (held["added_minutes"] if held else 0)
    if why := rules.why_not_minutes(granted, minutes, options.minutes_most):
        raise Invalid({"minutes": why})
    if held is not None and held["state"] in ("submitted", "voided"):
        raise Conflict("这份答卷已经结束，不能加时。")
    if not second and rules.needs_second(granted, minutes, options.minutes_alone):
        await _ask(who, found, "minutes", {"minutes": minutes}, reason)
        return False
    if held is None:
        await execute(
            """update exams_entry set extra_minutes = extra_minutes + $2, extra_reason = $3
               where id = $1""",
            entry,
            minutes,
            reason.strip(),
        )
    else:
        await chaining.append(
            held, "minutes", {"minutes": minutes, "by": who.user_id, "reason": reason}
        )
        await execute(
            """update exams_attempt set added_minutes = added_minutes + $2,
                 deadline = deadline + make_interval(mins => $2) where id = $1""",
            held["id"],
            minutes,
        )
    await _changed(found, "exams.minutes_added", f"加时 {minutes} 分钟", reason, second)
    return True


async def allow_late(who: Visitor, session: int, entry: int, reason: str) -> None:
    """Somebody late through no fault of his own has the whole time from when he begins."""
    found = await own_entry(who, session, entry)
    in_state(await own_session(who, session), "open")
    begun = await value("select begun_at from exams_attempt where entry = $1", entry)
    if begun is not None:
        raise Conflict("已经开始作答，不用再准许迟到。")
    await execute("update exams_entry set late_start = true where id = $1", entry)
    await _changed(found, "exams.late_allowed", "准许迟到，时间给足", reason)


async def waive_photo(who: Visitor, session: int, entry: int, reason: str) -> None:
    """A broken camera does not keep anybody out; the invigilator answers for it (C7-03)."""
    found = await own_entry(who, session, entry)
    held = await attempt_of(entry)
    if held["state"] not in ("ready", "sitting"):
        raise Conflict("这份答卷已经结束。")
    await chaining.append(held, "photo_waived", {"by": who.user_id, "reason": reason})
    await execute(
        "update exams_attempt set photo_waived = $2 where id = $1", held["id"], reason.strip()
    )
    await _changed(found, "exams.photo_waived", "免拍照开考", reason)


async def photo_by_invigilator(who: Visitor, session: int, entry: int, photo: Received) -> None:
    """Taken with the invigilator's own device."""
    await own_entry(who, session, entry)
    held = await attempt_of(entry)
    if held["state"] not in ("ready", "sitting"):
        raise Conflict("这份答卷已经结束。")
    await take_photo(held, photo, "invigilator")


async def collect(who: Visitor, session: int, entry: int, reason: str) -> None:
    """收卷: the candidate left, or went on after being told to stop."""
    found = await own_entry(who, session, entry)
    held = await attempt_of(entry)
    if not await finish(held["id"], "invigilator"):
        raise Conflict("这名考生不在作答。")
    await _changed(found, "exams.collected", "监考员收卷", reason)


# --- two people -----------------------------------------------------------------------------------


async def _ask(
    who: Visitor, entry: Mapping[str, Any], kind: str, body: Mapping[str, Any], reason: str
) -> int:
    double = await value(
        "select 1 from exams_confirmation where entry = $1 and kind = $2 and state = 'open'",
        entry["id"],
        kind,
    )
    if double:
        raise Conflict("已经提出过，正等另一名工作人员确认。")
    return int(
        await value(
            """insert into exams_confirmation (session, entry, kind, body, reason, asked_by,
                 asked_by_name, asked_at, state, decided_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', $9, $10) returning id""",
            entry["session"],
            entry["id"],
            kind,
            dict(body),
            reason.strip(),
            who.user_id,
            who.name,
            clock.now(),
            entry["region_lo"],
            entry["org_lo"],
        )
    )


async def ask_checkin(who: Visitor, session: int, entry: int, reason: str) -> None:
    """Neither card can be read: two people look at the papers (C7-01)."""
    found = await own_entry(who, session, entry)
    in_state(await own_session(who, session), "open")
    if found["checked_in_at"] is not None:
        raise Conflict("已经入场。")
    await _ask(who, found, "checkin", {}, reason)


async def ask_void(who: Visitor, session: int, entry: int, reason: str) -> None:
    """An attempt is to be void; everything in it stays (C7-12)."""
    found = await own_entry(who, session, entry)
    in_state(await own_session(who, session), "open", "closed")
    held = await attempt_of(entry)
    if held["state"] == "voided":
        raise Conflict("已经作废。")
    await _ask(who, found, "void", {}, reason)


async def ask_sealed(who: Visitor, session: int, entry: int, content: bytes, reason: str) -> int:
    """The last resort: answers that never found the line, in the browser's sealed file (C7-08)."""
    found = await own_entry(who, session, entry)
    in_state(await own_session(who, session), "open", "closed")
    held = await attempt_of(entry)
    if held["key"] is None or held["state"] not in ("sitting", "submitted"):
        raise Conflict("这名考生没有开始作答。")
    try:
        acts = open_sealed(content, held["id"], decrypt(held["key"], KEY_FIELD))
    except NotOurs as error:
        raise Invalid({"file": str(error)}) from error
    await _ask(
        who,
        found,
        "sealed",
        {"acts": msgspec.to_builtins(acts), "epoch": epoch_of(content, held["epoch"])},
        reason,
    )
    return len(acts)


async def decide(who: Visitor, confirmation: int, outcome: str) -> Admitted | None:
    """The second person's word. Agreed manual check-ins answer with the password."""
    found = await row(
        "select * from exams_confirmation where id = $1 and state = 'open' for update",
        confirmation,
    )
    if found is None:
        raise Conflict("这件事已经有人确认过了，或者不在你的范围内。")
    session = await own_session(who, found["session"])
    behind = await people_behind((found["asked_by"], who.user_id))
    if why := rules.why_not_second(behind[found["asked_by"]], behind[who.user_id]):
        raise Refused(why)
    await execute(
        """update exams_confirmation set state = $2, decided_by = $3, decided_by_name = $4,
             decided_at = $5 where id = $1""",
        confirmation,
        outcome,
        who.user_id,
        who.name,
        clock.now(),
    )
    entry = await own_entry(who, found["session"], found["entry"])
    if outcome != "agreed":
        await _changed(
            entry, "exams.second_refused", TITLES[found["kind"]], found["reason"], who.name
        )
        return None
    if found["kind"] == "checkin":
        in_state(session, "open")
        return await _admit(who, session, entry, "manual", found["asked_by_name"])
    if found["kind"] == "minutes":
        await add_minutes(
            who, entry["session"], entry["id"], found["body"]["minutes"], found["reason"],
            second=found["asked_by_name"],
        )  # fmt: skip
    elif found["kind"] == "void":
        await _void(who, entry, found)
    else:
        await _take_sealed(entry, found, who)
    return None


async def _void(who: Visitor, entry: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    held = await attempt_of(entry["id"])
    await chaining.append(
        held, "voided", {"by": [found["asked_by"], who.user_id], "reason": found["reason"]}
    )
    await execute(
        """update exams_attempt set state = 'voided', void_reason = $2, token = null,
             ended_at = coalesce(ended_at, $3) where id = $1""",
        held["id"],
        found["reason"],
        clock.now(),
    )
    await _changed(entry, "exams.voided", "答卷作废", found["reason"], found["asked_by_name"])


async def _take_sealed(entry: Mapping[str, Any], found: Mapping[str, Any], who: Visitor) -> None:
    held = await attempt_of(entry["id"])
    acts = msgspec.convert(found["body"]["acts"], list[rules.Sent])
    await chaining.append(
        held, "sealed_file", {"acts": len(acts), "by": [found["asked_by"], who.user_id]}
    )
    epoch = found["body"].get("epoch", held["epoch"])
    count = await chaining.append_sealed(held, acts, epoch)
    if held["state"] == "submitted":
        points, passed = await grade(held)
        await execute(
            "update exams_attempt set score = $2, passed = $3 where id = $1",
            held["id"],
            points,
            passed,
        )
    await _changed(
        entry, "exams.sealed_taken", f"补交密封文件，{count} 个答案", found["reason"],
        found["asked_by_name"],
    )  # fmt: skip


async def open_confirmations(session: int) -> list[dict[str, Any]]:
    """What waits for a second person in a session."""
    return await rows(
        """select c.*, e.name, e.ticket from exams_confirmation c
           join exams_entry e on e.id = c.entry where c.session = $1 and c.state = 'open'
           order by c.id""",
        session,
    )


async def find_confirmation(who: Visitor, confirmation: int) -> dict[str, Any]:
    """What somebody is asked to confirm, in his own office's sessions."""
    found = await row("select * from exams_confirmation where id = $1", confirmation)
    if found is None:
        raise NotFound
    await own_session(who, found["session"])
    return found
