# SPDX-License-Identifier: Apache-2.0
"""Receipts: a code nobody can guess, and a signed statement that needs no network (C1-13, C1-14).

The receipt says when what was received, as a digest over the content and a random salt: it
discloses nothing, and whoever holds it can later prove both.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DIGITS = 16
"""53 bits: with ten tries a minute from one address, some hundred thousand years a code."""
PREFIX = "JDR1"
DOMAIN = b"jiandu receipt v1\0"
PURPOSE = "receipts"


def new_code() -> str:
    """Sixteen random digits."""
    return "".join(secrets.choice("0123456789") for _ in range(DIGITS))


def code_of(drawn: bytes) -> str:
    """Sixteen digits of a keyed hash: as random as the key, and the same whenever asked."""
    return f"{int.from_bytes(drawn, 'big') % 10**DIGITS:0{DIGITS}d}"


def spaced(code: str) -> str:
    """In groups of four, as it is printed and read aloud."""
    return " ".join(code[n : n + 4] for n in range(0, len(code), 4))


def read_code(typed: str) -> str:
    """The code as typed in any fashion; ``""`` when it cannot be one."""
    plain = typed.translate({0xFF10 + n: 0x30 + n for n in range(10)})
    digits = "".join(c for c in plain if c in "0123456789")
    return digits if len(digits) == DIGITS else ""


def content_of(it: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """What the digest covers, as plain values; ``files`` are the SHA-256 of the originals.

    As it was filed: a name that was typed and matched to a unit since stands as it was typed.
    """
    typed = it.get("body_typed")
    return {
        "kind": it["kind"],
        "target": it["target"],
        "type": it["enforcement_type"],
        "account": it["account"],
        "happened_on": it["happened_on"].isoformat(),
        "department": it["department_name"],
        "body": it["body_name"] if typed is None else typed,
        "officer": it["officer_name"],
        "files": list(files),
    }


def digest_of(content: Mapping[str, Any], salt: str) -> str:
    """SHA-256 over salt and content, in hexadecimal."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def statement(number: str, at: str, digest: str, organ: str, key: str) -> bytes:
    """The bytes that are signed."""
    said = {"at": at, "digest": digest, "key": key, "number": number, "organ": organ, "v": 1}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token(said: bytes, signature: bytes) -> str:
    """The receipt as one line that can be copied, printed and scanned."""
    return f"{PREFIX}.{_pack(said)}.{_pack(signature)}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A receipt taken apart, not yet checked."""

    said: bytes
    signature: bytes
    fields: Mapping[str, Any]


def parse(text: str) -> Parsed | None:
    """The receipt in a text, wherever it stands; ``None`` when there is none."""
    # A receipt is printed in lines; what was copied from one has blanks and breaks in it.
    joined = "".join(text.split())
    start = joined.find(f"{PREFIX}.")
    if start < 0 or len(joined) > 100_000:
        return None
    parts = joined[start:].split(".")
    if len(parts) < 3:
        return None
    tail = parts[2]
    alphabet = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    end = next((n for n, c in enumerate(tail) if c not in alphabet), len(tail))
    try:
        said, signature = _unpack(parts[1]), _unpack(tail[: min(end, 86)])
        fields = json.loads(said)
    except (ValueError, UnicodeDecodeError):
        return None
    if not isinstance(fields, dict) or fields.get("v") != 1 or len(signature) != 64:
        return None
    if not all(isinstance(fields.get(key), str) for key in ("at", "digest", "key", "number")):
        return None
    return Parsed(said, signature, fields)
