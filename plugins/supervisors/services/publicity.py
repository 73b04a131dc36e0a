# SPDX-License-Identifier: Apache-2.0
"""公示: objections of the public, their answers, and the end of the period."""

import hashlib
import re
import secrets

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    execute,
    lock_subjects,
    retried,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import Fact, record
from core.api.people import decrypt, encrypt, lookup_hash
from plugins.supervisors.facts import Objected
from plugins.supervisors.forms import ObjectionAnswerForm, ObjectionForm
from plugins.supervisors.queries.applications import (
    application_row,
    expired_notices,
    notice_state,
    objection_by_receipt,
    objection_row,
    public_notice,
)
from plugins.supervisors.rules import states
from plugins.supervisors.rules.words import ROUTES
from plugins.supervisors.services.base import (
    APPLICATION,
    Actor,
    application_ref,
    give_office,
    note_progress,
    office_scope,
    place_of,
    tell_office,
)
from plugins.supervisors.services.clocks import KEY
from plugins.supervisors.services.deciding import take_application

PUBLIC = "an objection comes without a session; it belongs to the region's bureau"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 16
CODE = "supervisors.objection.code"
STRONG = re.compile(r"[A-Za-z0-9_-]{22,64}\Z")
"""Form keys drawn by our own pages; whatever is shorter might be guessed."""
NAME, CONTACT = "supervisors.objection.name", "supervisors.objection.contact"


def _grouped(text: str) -> str:
    return "-".join(text[at : at + 4] for at in range(0, CODE_LENGTH, 4))


def new_code() -> str:
    """A code nobody guesses and nobody misreads: 16 characters in groups of four."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)))


def code_for(key: str) -> str:
    """The code of a form's key; ``""`` for a key that might be guessed.

    The same whenever the form comes again: a lost answer costs nobody his code.
    """
    if not STRONG.match(key):
        return ""
    drawn = int.from_bytes(lookup_hash(key, CODE), "big")
    text = ""
    for _ in range(CODE_LENGTH):
        drawn, at = divmod(drawn, len(ALPHABET))
        text += ALPHABET[at]
    return _grouped(text)


def digest(code: str) -> bytes:
    """What is kept of a code."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(b"supervisors.objection\0" + plain.encode()).digest()


@retried
async def object_to(notice: int, form: ObjectionForm, *, key: str = "") -> str:
    """异议: counts until the last second of the last day; returns the code for following it.

    Under the lock of the application, so an appointment at the same moment either sees it or
    comes after the period. Records ``supervisors.objected``.
    """
    async with transaction(Scope.public()):
        shown = await public_notice(notice)
    if shown is None:
        raise NotFound("没有这条公示，或者公示已经结束。")
    place = Place(shown["region_lo"], shown["org_lo"])
    async with transaction(office_scope(place, PUBLIC)):
        await lock_subjects(application_ref(shown["application"]))
        found = await application_row(shown["application"])
        standing = await notice_state(shown["application"])
        if found is None or standing is None:
            raise NotFound
        if refused := states.may_object(found["state"], standing, clock.now()):
            raise Refused(refused)
        code = code_for(key) or new_code()
        objection = await value(
            """insert into supervisors_objection
                 (application, text, name, contact, receipt, at, outcome, answer, answered_by,
                  region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, '', '', 0, $7, $8) returning id""",
            found["id"],
            form.text,
            encrypt(form.name, NAME) if form.name else None,
            encrypt(form.contact, CONTACT) if form.contact else None,
            digest(code),
            clock.now(),
            place.region_lo,
            place.org_lo,
        )
        await execute(
            "update supervisors_application set state = 'objected' where id = $1", found["id"]
        )
        await give_office(
            application_ref(found["id"]),
            title=f"{found['name']}的社会监督员申请",
            subline=f"{ROUTES[found['route']]} · {found['region_name']}",
            step="复核",
            note="公示期间有异议",
            path=f"/supervisors/applications/{found['id']}",
            place=place,
        )
        await record(
            "supervisors.objected",
            application_ref(found["id"]),
            Objected(found["id"], objection),
            place,
        )
        if found["state"] == states.PUBLICITY:
            await note_progress(found, "objected", organ=shown["organ_name"])
        await tell_office(
            "office_objection",
            application_ref(found["id"]),
            place,
            name=found["name"],
            text=form.text[:120],
        )
        return code


@retried
async def answer_objection(who: Actor, objection: int, form: ObjectionAnswerForm) -> int:
    """The bureau answers one objection; the one who made it reads the answer with his code."""
    async with transaction(who.scope):
        seen = await objection_row(objection)
        if seen is None:
            raise NotFound
        found = await take_application(who, seen["application"])
        now = await objection_row(objection)
        if now is None or now["outcome"]:
            raise Conflict("这条异议已经答复过了。")
        if found["state"] != states.OBJECTED:
            raise Conflict(f"申请现在的状态是“{states.STATES[found['state']][1]}”，不能答复异议。")
        await execute(
            """update supervisors_objection set outcome = $2, answer = $3, answered_at = $4,
                      answered_by = $5 where id = $1""",
            objection,
            form.outcome,
            form.answer,
            clock.now(),
            who.user_id,
        )
        await record(
            "supervisors.objection_answered",
            application_ref(found["id"]),
            Objected(found["id"], objection, form.outcome),
            place_of(found),
        )
        return int(found["id"])


async def follow_objection(code: str) -> dict[str, object] | None:
    """What became of an objection, for whoever holds its code."""
    async with transaction(Scope.platform("an objection is followed by its code alone")):
        return await objection_by_receipt(digest(code))


async def note_end(fact: Fact) -> None:
    """The last day of a 公示 has passed: without an objection it is time to appoint (S3-6)."""
    if fact.subject.kind != APPLICATION or fact.payload.get("key") != KEY:
        return
    async with transaction(office_scope(fact.place, "the end of a public notice")):
        await execute(
            "update supervisors_notice set closed_at = coalesce(closed_at, $2)"
            " where application = $1",
            fact.subject.id,
            clock.now(),
        )
        found = await application_row(fact.subject.id)
        if found is None or found["state"] != states.PUBLICITY:
            return
        await give_office(
            fact.subject,
            title=f"{found['name']}的社会监督员申请",
            subline=f"{ROUTES[found['route']]} · {found['region_name']}",
            step="聘任",
            note="公示期满，没有异议",
            path=f"/supervisors/applications/{found['id']}",
            place=place_of(found),
        )


async def take_down_notices() -> int:
    """Notices whose period is over leave the public page: names stay no longer than needed."""
    found = await expired_notices(clock.now())
    for each in found:
        await execute("update supervisors_notice set published = false where id = $1", each["id"])
    return len(found)


async def reveal_objector(who: Actor, objection: int, reason: str) -> tuple[int, str, str]:
    """Who objected, for one recorded reason: the application, the name, the telephone."""
    async with transaction(who.scope):
        seen = await objection_row(objection)
        if seen is None:
            raise NotFound
        found = await take_application(who, seen["application"])
        if len(reason) < 2:
            raise Invalid({"reason": "请写明查看的理由，会记入操作记录。"})
        await record(
            "supervisors.objector_revealed",
            application_ref(found["id"]),
            Objected(found["id"], objection, reason[:200]),
            place_of(found),
        )
        name = decrypt(seen["name"], NAME) if seen["name"] else ""
        contact = decrypt(seen["contact"], CONTACT) if seen["contact"] else ""
        return int(found["id"]), name, contact
