# SPDX-License-Identifier: Apache-2.0
"""Whose signatures count: a root signs statements about the keys of its regions.

A trust file holds one or more roots, their statements, and the newest status list of each, so
that whoever has the file needs nothing else. Only the root has to be believed, by comparing its
fingerprint once; everything else in the file is checked.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from plugins.certificates.rules import cose, status_list
from plugins.certificates.rules.cose import Damaged, Verify
from plugins.certificates.rules.status_list import StatusList

FORMAT: Final = "jiandu-trust-1"
ISSUER: Final = 1
REGION: Final = 2
EXPIRES: Final = 4
BEGINS: Final = 5
ISSUED: Final = 6
CONFIRMED: Final = 8
"""RFC 8747: the key a statement is about."""
USE: Final = -65538
"""[use, name of the region]."""
USES: Final = ("card", "list")
COSE_KEY: Final = 1
KEY_BYTES: Final = 8
LARGEST: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Root:
    """Where trust begins."""

    public: bytes
    name: str
    algorithm: int = cose.EDDSA

    @property
    def kid(self) -> bytes:
        return kid_of(self.public)


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """A key a root stands for: what for, where, and within which time it may sign."""

    public: bytes
    algorithm: int
    use: str
    code: str
    name: str
    begins: int
    expires: int
    root: bytes

    @property
    def kid(self) -> bytes:
        return kid_of(self.public)


@dataclass(frozen=True)
class Trust:
    """Everything a signature can be checked against."""

    roots: Mapping[bytes, Root] = field(default_factory=dict)
    keys: Mapping[bytes, KeyStatement] = field(default_factory=dict)
    lists: Mapping[bytes, StatusList] = field(default_factory=dict)
    """The newest good list by the root that stands for its key."""


def kid_of(public: bytes) -> bytes:
    """How a key is called in messages: the beginning of its fingerprint."""
    return hashlib.sha256(public).digest()[:KEY_BYTES]


def fingerprint_words(public: bytes) -> str:
    """The fingerprint in groups of four, to be read out on the telephone."""
    mark = hashlib.sha256(public).hexdigest()[:32].upper()
    return " ".join(mark[at : at + 4] for at in range(0, len(mark), 4))


def statement_payload(key: KeyStatement, root_name: str, issued_at: int) -> bytes:
    """What a root signs about a key."""
    return cose.write(
        {
            ISSUER: root_name,
            REGION: key.code,
            EXPIRES: key.expires,
            BEGINS: key.begins,
            ISSUED: issued_at,
            CONFIRMED: {COSE_KEY: {1: 1, 2: key.kid, 3: key.algorithm, -1: 6, -2: key.public}},
            USE: [USES.index(key.use), key.name],
        }
    )


def read_statement(
    data: bytes, roots: Mapping[bytes, Root], algorithms: Mapping[int, Verify] = cose.ALGORITHMS
) -> KeyStatement:
    """The key a root's statement is about; ``Damaged`` when no root of ``roots`` made it."""
    message = cose.unseal(data)
    root = roots.get(message.kid)
    if root is None or not cose.holds(message, root.public, algorithms):
        raise Damaged("no known root stands for this key")
    told = message.claims()
    try:
        key, (use, name) = told[CONFIRMED][COSE_KEY], told[USE]
        found = KeyStatement(
            key[-2], key[3], USES[use], told[REGION], name, told[BEGINS], told[EXPIRES], root.kid
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Damaged("the statement is incomplete") from error
    if (
        type(found.begins) is not int
        or type(found.expires) is not int
        or not isinstance(found.public, bytes)
    ):
        raise Damaged("the statement is incomplete")
    return found


def build(
    roots: Sequence[Root],
    statements: Sequence[bytes],
    lists: Sequence[bytes] = (),
    algorithms: Mapping[int, Verify] = cose.ALGORITHMS,
) -> Trust:
    """What can be believed of all this; what cannot is left out, as if it were not there."""
    known = {root.kid: root for root in roots}
    keys: dict[bytes, KeyStatement] = {}
    for each in statements:
        try:
            key = read_statement(each, known, algorithms)
        except Damaged:
            continue
        keys[key.kid] = key
    newest: dict[bytes, StatusList] = {}
    for each in lists:
        found = list_under(each, keys, algorithms)
        if found is None:
            continue
        root, one = found
        if root not in newest or one.issued_at > newest[root].issued_at:
            newest[root] = one
    return Trust(known, keys, newest)


def list_under(
    data: bytes,
    keys: Mapping[bytes, KeyStatement],
    algorithms: Mapping[int, Verify] = cose.ALGORITHMS,
) -> tuple[bytes, StatusList] | None:
    """A status list and the root behind it; ``None`` when it is forged, damaged or out of time."""
    try:
        key = keys.get(cose.unseal(data).kid)
        if key is None or key.use != "list":
            return None
        found = status_list.read_list(data, key.public, algorithms)
    except Damaged:
        return None
    if not key.begins <= found.issued_at <= key.expires:
        return None
    return key.root, found


# --- the file --------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise Damaged("not text")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Damaged("not written in base64url") from error


def write_file(
    roots: Sequence[Root],
    statements: Sequence[bytes],
    lists: Sequence[bytes],
    made_at: int,
) -> dict[str, Any]:
    """The trust file as primitives of JSON."""
    return {
        "format": FORMAT,
        "made_at": datetime.fromtimestamp(made_at, UTC).isoformat(),
        "roots": [
            {
                "name": root.name,
                "kid": root.kid.hex(),
                "algorithm": root.algorithm,
                "public": _text(root.public),
                "fingerprint": fingerprint_words(root.public),
            }
            for root in roots
        ],
        "keys": [_text(each) for each in statements],
        "lists": [_text(each) for each in lists],
    }


@dataclass(frozen=True)
class TrustFile:
    """A trust file that was read; ``trust`` is what of it can be believed."""

    roots: tuple[Root, ...]
    statements: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    trust: Trust


def read_file(text: str | bytes, algorithms: Mapping[int, Verify] = cose.ALGORITHMS) -> TrustFile:
    """A trust file; ``Damaged`` with a Chinese sentence when it is none."""
    if len(text) > LARGEST:
        raise Damaged("文件太大，不是信任文件。")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged("这不是信任文件。") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Damaged("这不是信任文件（没有 jiandu-trust-1 标记）。")
    try:
        roots = tuple(
            Root(_bytes(each["public"]), str(each["name"])[:120], int(each.get("algorithm", -8)))
            for each in told["roots"]
        )
        statements = tuple(_bytes(each) for each in told["keys"])
        lists = tuple(_bytes(each) for each in told.get("lists", []))
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged("信任文件不完整，请重新索取。") from error
    trust = build(roots, statements, lists, algorithms)
    if not roots or not trust.keys:
        raise Damaged("信任文件里没有一把由根密钥担保的密钥。")
    return TrustFile(roots, statements, lists, trust)
