# SPDX-License-Identifier: Apache-2.0
"""Signing cards and the status list, in the worker, which alone may read the signing keys.

A root stands for one key per issuing county and one for the status list. Keys have a time; when
it is over the next card is signed with a new one, and what the old one signed stays good. A key
that was lost is withdrawn: nothing it signed counts any more, and its cards are signed anew.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.api import clock
from core.api.db import (
    SubjectRef,
    current_scope,
    execute,
    lock_subjects,
    row,
    rows,
    transaction,
    value,
)
from core.api.errors import Conflict, NotFound
from core.api.facts import record
from core.api.jobs import enqueue
from core.api.plugin import Place
from core.api.regions import path
from core.api.settings import settings_of
from plugins.certificates.facts_signing import KeyMade, KeyWithdrawn
from plugins.certificates.rules import cose, status_list, token, trust
from plugins.certificates.rules.token import CardClaims
from plugins.certificates.rules.trust import KeyStatement
from plugins.certificates.services.base import CertificateSettings
from plugins.certificates.services.signers import DEFAULT, CardSigner, Pen, signers

SIGN, LIST = "certificates.sign", "certificates.status_list"
WHY = "one status list and one root for the cards of all regions"
AT_ONCE = 500
IN_ONE_RUN = 5000
ROOT_YEARS = 20
LIST_PATH = "/certificates/check/list"
KEPT = timedelta(days=7)
"""How long given-out lists are kept; one of a million cards is a quarter of a megabyte."""
GATHER = timedelta(seconds=5)
"""Changes that come together make one list."""

# What is signed; a card whose digest differs from the one that was signed is signed anew.
_CONTENT = """md5(concat_ws(chr(31), c.number, c.holder_name, c.unit_name, c.region_name,
  coalesce(nullif(c.powers, ''), c.category), c.kind, c.valid_from, c.valid_until))"""


@dataclass(frozen=True)
class Ready:
    """A key that may sign today."""

    pen: Pen
    kid: bytes
    algorithm: int

    def seal(self, payload: bytes, kind: str = "") -> bytes:
        protected = cose.protect(self.algorithm, self.kid, kind)
        signature = self.pen.sign(cose.to_be_signed(protected, payload))
        return cose.seal(protected, payload, signature)


# --- keys ------------------------------------------------------------------------------------


async def settings() -> CertificateSettings:
    """What holds for the whole installation."""
    return await settings_of(CertificateSettings, 0)


async def issuing_region(region_lo: int) -> tuple[str, str]:
    """Code and name of the county a card's unit lies in; above it, what it lies in itself.

    A town signs nothing of its own: its cards are its county's.
    """
    above = [each for each in await path(region_lo) if each.level <= 3]
    for each in reversed(above):
        if each.code:
            return each.code, each.name
    return "000000", above[-1].name if above else ""


async def key_for(use: str, code: str = "", name: str = "") -> Ready:
    """The key that signs today; made, or made anew, when there is none whose time runs."""
    present = await _present(use, code)
    if present is None:
        # One at a time: two workers must not make two keys for one county.
        await lock_subjects(SubjectRef("certificates.key", 0))
        present = await _present(use, code)
    return present or await _make(use, code, name)


async def _present(use: str, code: str) -> Ready | None:
    found = await row(
        """select purpose, signer, algorithm, kid, public from certificates_key
           where use = $1 and code = $2 and withdrawn_at is null and ends_at > $3
           order by id desc limit 1""",
        use,
        code,
        clock.now(),
    )
    way = signers().get(found["signer"]) if found else None
    if found is None or way is None or found["signer"] != await _chosen():
        return None
    pen = await way.key(found["purpose"])
    if pen.public != bytes(found["public"]):
        return None  # it was changed elsewhere; the root has to stand for the new one
    return Ready(pen, bytes.fromhex(found["kid"]), found["algorithm"])


async def _chosen() -> str:
    wanted = (await settings()).card_signer
    return wanted if wanted in signers() else DEFAULT


async def _make(use: str, code: str, name: str) -> Ready:
    chosen = await _chosen()
    way = signers()[chosen]
    purpose = f"card.{use}.{code}" if code else f"card.{use}"
    pen = await way.key(purpose)
    if await value("select 1 from certificates_key where public = $1", pen.public):
        await way.rotate(purpose)
        pen = await way.key(purpose)
    years = ROOT_YEARS if use == "root" else (await settings()).card_key_years
    now = clock.now()
    begins, ends = now - timedelta(minutes=5), now + timedelta(days=366 * years)
    statement = b""
    if use == "root":
        name = (await settings()).issuer_name
    else:
        statement = await _statement(way, pen, use, code, name, begins, ends)
    kid = trust.kid_of(pen.public)
    number = await value(
        """insert into certificates_key (use, purpose, signer, algorithm, kid, public, code, name,
                                         statement, begins_at, ends_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id""",
        use,
        purpose,
        chosen,
        way.algorithm,
        kid.hex(),
        pen.public,
        code,
        name,
        statement,
        begins,
        ends,
    )
    await record(
        "certificates.key_made",
        SubjectRef("certificates.key", int(number)),
        KeyMade(use, code, name, trust.fingerprint_words(pen.public), ends.date().isoformat()),
        Place(0),
    )
    return Ready(pen, kid, way.algorithm)


async def _statement(
    way: CardSigner, pen: Pen, use: str, code: str, name: str, begins: Any, ends: Any
) -> bytes:
    root = await key_for("root")
    key = KeyStatement(
        pen.public,
        way.algorithm,
        use,
        code,
        name,
        int(begins.timestamp()),
        int(ends.timestamp()),
        root.kid,
    )
    told = trust.statement_payload(key, (await settings()).issuer_name, int(begins.timestamp()))
    return root.seal(told)


async def withdraw(key: int, reason: str) -> None:
    """A key was lost: nothing it signed counts any more; its cards are signed anew.

    For a root, everything it stands for goes with it. Raises NotFound, Conflict.
    """
    async with transaction():
        found = await row("select * from certificates_key where id = $1", key)
        if found is None:
            raise NotFound
        if found["withdrawn_at"] is not None:
            raise Conflict("这把密钥已经停用。")
        await execute(
            """update certificates_key set withdrawn_at = $2, withdrawn_by = $3, reason = $4
               where (id = $1 or $5) and withdrawn_at is null""",
            key,
            clock.now(),
            current_scope().actor,
            reason,
            found["use"] == "root",
        )
        await record(
            "certificates.key_withdrawn",
            SubjectRef("certificates.key", key),
            KeyWithdrawn(found["use"], found["code"], found["name"], reason),
            Place(0),
        )
        await enqueue(SIGN, {}, key=SIGN, place=Place(0))


# --- cards -----------------------------------------------------------------------------------

_WANTED = f"""
select c.id, c.number, c.kind, c.holder_name, c.unit_name, c.region_name, c.valid_from,
  c.valid_until, c.region_lo, c.org_lo, c.published, s.id as place,
  coalesce(nullif(c.powers, ''), c.category) as scope_of_power, {_CONTENT} as content
from certificates_certificate c
left join certificates_signed s on s.certificate = c.id
left join certificates_key k on k.kid = s.kid
where c.valid_until >= $1
  and (s.id is null or s.content <> {_CONTENT} or k.id is null or k.withdrawn_at is not null)
order by c.id limit $2
"""


async def sign_cards(_payload: Mapping[str, Any] | None = None) -> None:
    """The job: sign every card and paper without a code yet, or with one that does not fit."""
    # Imported here: papers are signed with what stands in this module.
    from plugins.certificates.services.papers import sign_papers

    done, keys = 0, dict[int, Ready]()
    while done < IN_ONE_RUN:
        wanted = await rows(_WANTED, clock.today(), AT_ONCE)
        for each in wanted:
            if each["region_lo"] not in keys:
                code, name = await issuing_region(each["region_lo"])
                keys[each["region_lo"]] = await key_for("card", code, name)
            await _sign(each, keys[each["region_lo"]])
        done += len(wanted)
        if len(wanted) < AT_ONCE:
            break
    else:
        await enqueue(SIGN, {}, key=SIGN, place=Place(0))
    if await sign_papers() or done:
        await ask_for_list()


async def _sign(card: Mapping[str, Any], key: Ready) -> None:
    index = card["place"] or await value(
        "select nextval(pg_get_serial_sequence('certificates_signed', 'id'))"
    )
    now = clock.now()
    told = token.text_of(key.seal(token.payload_of(_claims(card, index - 1, int(now.timestamp())))))
    await execute(
        """insert into certificates_signed (id, certificate, token, content, kid, signed_at,
                                            region_lo, org_lo, published)
           values ($1, $2, $3, $4, $5, $6, $7, $8, true)
           on conflict (certificate) do update set token = excluded.token,
             content = excluded.content, kid = excluded.kid, signed_at = excluded.signed_at""",
        index,
        card["id"],
        told,
        card["content"],
        key.kid.hex(),
        now,
        card["region_lo"],
        card["org_lo"],
    )


def _claims(card: Mapping[str, Any], index: int, now: int) -> CardClaims:
    return CardClaims(
        number=card["number"],
        name=card["holder_name"],
        unit=card["unit_name"],
        region=card["region_name"],
        powers=card["scope_of_power"],
        kind=card["kind"],
        index=index,
        issued_at=now,
        begins=token.day_begins(card["valid_from"]),
        expires=token.day_ends(card["valid_until"]),
    )


async def token_of(certificate: int) -> str:
    """The signed code of a certificate; empty until the worker has signed it."""
    found = await value("select token from certificates_signed where certificate = $1", certificate)
    return str(found or "")


async def path_of_card(certificate: int) -> str:
    """What the QR code of a certificate leads to, without the site's name; NotFound."""
    found = await row(
        """select c.token, s.token as signed from certificates_certificate c
           left join certificates_signed s on s.certificate = c.id where c.id = $1""",
        certificate,
    )
    if found is None:
        raise NotFound
    return check_path(found["token"], found["signed"] or "")


def check_path(code: str, signed: str) -> str:
    """The address every scanner opens; only the page sees what stands after the ``#``."""
    return f"/certificates/check/{code}#{signed}" if signed else f"/certificates/check/{code}"


async def ask_to_sign() -> None:
    """Have what changed signed soon; any number of changes make one job."""
    await enqueue(SIGN, {}, key=SIGN, place=Place(0))


# --- the status list -------------------------------------------------------------------------

# Only what is not valid: the others are noughts. A card that is made and not yet handed over has no
# state; it is marked as one held back, which a later list may take back, unlike a cancelled one.
_MARKED = """
select s.id - 1 as place,
  case coalesce(p.state, 'suspended') when 'suspended' then 2 when 'valid' then 3 else 1 end as state
from certificates_signed s
join certificates_certificate c on c.id = s.certificate
left join certificates_period p on p.certificate = c.id
  and p.since <= $1 and (p.until is null or p.until > $1)
where p.state is distinct from 'valid' or c.inspection_due < $1
"""


async def ask_for_list() -> None:
    """Have the status list built soon."""
    await enqueue(LIST, {}, key=LIST, place=Place(0), due_at=clock.now() + GATHER)


async def build_list(_payload: Mapping[str, Any] | None = None) -> None:
    """The job: the status list of all cards and papers as they stand today, signed."""
    from plugins.certificates.services.papers import papers_in_list

    began = time.perf_counter()
    chosen = await settings()
    now, today = clock.now(), clock.today()
    size = int(await value("select coalesce(max(id), 0) from certificates_signed"))
    marked = await rows(_MARKED, today)
    papers, last = await papers_in_list()
    size = max(size, last)
    states = [*((each["place"], each["state"]) for each in marked), *papers]
    packed = status_list.pack(states, size)
    payload = status_list.payload_of(
        packed,
        LIST_PATH,
        int(now.timestamp()),
        chosen.status_list_days * 86400,
        3600,
    )
    body = (await key_for("list")).seal(payload, status_list.TYPE)
    await execute(
        """insert into certificates_status_list (built_at, expires_at, cards, marked, milliseconds,
                                                 body, digest)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        now,
        now + timedelta(days=chosen.status_list_days),
        size,
        len(states),
        int((time.perf_counter() - began) * 1000),
        body,
        hashlib.sha256(body).hexdigest(),
    )
    await execute(
        """delete from certificates_status_list where built_at < $1
           and id < (select max(id) from certificates_status_list)""",
        now - KEPT,
    )


async def keep_current(_payload: Mapping[str, Any]) -> None:
    """Every hour: sign what was missed, and a new list, also where only a day has passed."""
    await sign_cards()
    await build_list()
