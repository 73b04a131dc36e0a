# SPDX-License-Identifier: Apache-2.0
"""What is kept of a reporter, and how: in the open, encrypted, sealed, or not at all."""

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.api.custody import alias, seal
from core.api.db import Scope, row, transaction
from core.api.people import decrypt, encrypt, lookup_hash
from plugins.complaints.rules import receipts
from plugins.complaints.rules.intake import PUBLIC, SUPERVISOR

CONTACT = "complaints.contact"
SELF = "complaints.self"
RECEIPT = "complaints.receipt"
ONCE = "complaints.once"
CODE = "complaints.code"
STRONG = re.compile(r"[A-Za-z0-9_-]{22,64}\Z")
"""Form keys drawn by our own pages; whatever is shorter might be guessed."""
OPEN_ALIAS, SEALED_ALIAS = "complaints.open", "complaints.sealed"


@dataclass(frozen=True)
class Reporter:
    """Who files, as the door knows him."""

    door: str
    person: int = 0
    user: int = 0
    name: str = ""
    login: str = ""
    phone: str = ""
    region_lo: int = 0
    extra: tuple[str, ...] = field(default=(), repr=False)
    """Other numbers of his that must not appear in a copy (ID number)."""


async def supervisor(person: int, user: int, name: str, login: str, region_lo: int) -> Reporter:
    """A supervisor with the numbers the leak check must know."""
    async with transaction(Scope.platform("what a copy must not contain")):
        found = await row("select name, phone, id_number from core_person where id = $1", person)
    phone = decrypt(found["phone"], "person.phone") if found and found["phone"] else ""
    number = decrypt(found["id_number"], "person.id_number") if found and found["id_number"] else ""
    return Reporter(
        SUPERVISOR,
        person,
        user,
        found["name"] if found else name,
        login,
        phone,
        region_lo,
        (number,) if number else (),
    )


def public(name: str, phone: str, region_lo: int) -> Reporter:
    """Somebody without an account; both may be empty."""
    return Reporter(PUBLIC, name=name.strip(), phone=phone.strip(), region_lo=region_lo)


# --- the leak check without the name -----------------------------------------------------------


def marks_of(reporter: Reporter) -> dict[str, Any]:
    """Salted keyed hashes of the reporter's name and numbers.

    They tell whether a text contains them, and nothing without the server's key; the salt keeps
    two complaints of one person from looking alike.
    """
    salt = secrets.token_hex(8)
    words = [reporter.name, reporter.phone, *reporter.extra]
    hashes = [_mark(salt, each.upper()) for each in words if len(each) >= 2]
    return {"salt": salt, "hashes": hashes}


def _mark(salt: str, text: str) -> str:
    return lookup_hash(f"{salt}\0{text}", SELF).hex()[:32]


def self_check(marks: Mapping[str, Any]) -> Callable[[str], bool]:
    """Tells whether a piece of text is the reporter's own name or number."""
    known, salt = frozenset(marks.get("hashes", ())), str(marks.get("salt", ""))
    if not known:
        from plugins.complaints.rules.redacting import nobody

        return nobody
    return lambda text: _mark(salt, text.upper()) in known


# --- what is stored ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """The columns about the reporter."""

    alias: bytes | None
    reporter: int
    reporter_name: str
    contact: bytes | None
    envelope: int
    marks: dict[str, Any]


async def keep(reporter: Reporter, *, sealed: bool, region_lo: int) -> Kept:
    """What the register keeps of a reporter; inside the filing's transaction.

    Under seal nothing readable: the envelope for the custodians, or nothing where there are none,
    and for a supervisor the alias by which he finds his own.
    """
    marks = marks_of(reporter)
    if reporter.door == SUPERVISOR:
        own = alias(reporter.person, SEALED_ALIAS if sealed else OPEN_ALIAS)
        if not sealed:
            return Kept(own, reporter.person, reporter.name, None, 0, marks)
        secret = {"name": reporter.name, "phone": reporter.phone, "login": reporter.login}
        envelope = await seal({**secret, "what": "社会监督员"}, region_lo)
        return Kept(own, 0, "", None, envelope.id if envelope else 0, marks)
    if not (reporter.name or reporter.phone):
        return Kept(None, 0, "", None, 0, marks)
    secret = {"name": reporter.name, "phone": reporter.phone}
    if sealed:
        envelope = await seal({**secret, "what": "群众"}, region_lo)
        return Kept(None, 0, "", None, envelope.id if envelope else 0, marks)
    return Kept(
        None, 0, reporter.name, encrypt(msgspec.json.encode(secret).decode(), CONTACT), 0, marks
    )


def contact_of(sealed: bytes | None) -> dict[str, str]:
    """Name and telephone of the public, as they were given; empty without."""
    if sealed is None:
        return {}
    found: dict[str, str] = msgspec.json.decode(decrypt(sealed, CONTACT))
    return found


def receipt_hash(code: str) -> bytes:
    """How a receipt code is found again; nobody can try codes against a copy of the database."""
    return lookup_hash(code, RECEIPT)


def code_for(key: str) -> str:
    """The receipt code of a form's key; ``""`` for a key that might be guessed.

    The same whenever the form comes again: where the line broke before the answer arrived, the
    telephone sends once more and gets the code it never saw. Without the server's key nobody can
    compute it, and without the form's key nobody can ask for it.
    """
    return receipts.code_of(lookup_hash(key, CODE)) if STRONG.match(key) else ""


def once_hash(key: str) -> bytes | None:
    """The form's own key, so that a form sent twice is filed once; ``None`` without one."""
    return lookup_hash(key, ONCE) if key else None


def aliases_of(person: int) -> list[bytes]:
    """Both names under which a supervisor's complaints are found."""
    return [alias(person, OPEN_ALIAS), alias(person, SEALED_ALIAS)]


def is_own(found: bytes | None, person: int) -> bool:
    """Whether a row's alias is the person's."""
    return found is not None and any(
        hmac.compare_digest(bytes(found), each) for each in aliases_of(person)
    )
