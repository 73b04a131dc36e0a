# SPDX-License-Identifier: Apache-2.0
"""Signing receipts, in the worker, which alone may read the signing key (C1-14)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import execute, row
from core.api.people import organisation
from core.api.signing import is_signed, public_keys, signer
from plugins.complaints.rules import receipts


async def sign(payload: Mapping[str, Any]) -> None:
    """The job: sign time and digest of one complaint; twice changes nothing."""
    it = await row(
        "select id, number, digest, filed_at, proof, organ from complaints_complaint where id = $1",
        payload["complaint"],
    )
    if it is None or it["proof"]:
        return
    mine = await signer(receipts.PURPOSE)
    organ = await organisation(it["organ"]) if it["organ"] else None
    said = receipts.statement(
        it["number"],
        clock.local(it["filed_at"]).isoformat(timespec="seconds"),
        it["digest"],
        organ.name if organ else "",
        mine.fingerprint,
    )
    proof = receipts.token(said, mine.sign(receipts.DOMAIN + said))
    await execute(
        "update complaints_complaint set proof = $2 where id = $1 and proof = ''", it["id"], proof
    )


async def known_keys() -> list[bytes]:
    """The public keys receipts were signed with, newest first."""
    return [bytes(each["public"]) for each in await public_keys(receipts.PURPOSE)]


def verdict(text: str, keys: Sequence[bytes]) -> tuple[receipts.Parsed | None, bool]:
    """The receipt in a text, and whether one of ``keys`` signed exactly it."""
    parsed = receipts.parse(text)
    if parsed is None:
        return None, False
    message = receipts.DOMAIN + parsed.said
    return parsed, any(is_signed(key, parsed.signature, message) for key in keys)
