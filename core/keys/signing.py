# SPDX-License-Identifier: Apache-2.0
"""Ed25519 keys of the installation: made when first needed, rotated, never thrown away.

The secret half rests encrypted under the installation's master key, so a copy of the database
alone can sign nothing. Checking needs the public half only, and no database.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from core import clock, db
from core.keys.cipher import decrypt, encrypt

LOCK = "core_signing_key"


@dataclass(frozen=True)
class Signer:
    """A key that can sign; what is signed always begins with what it is for."""

    fingerprint: str
    public: bytes
    _secret: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._secret.sign(message)


def fingerprint_of(public: bytes) -> str:
    """How a public key is named."""
    return hashlib.sha256(public).hexdigest()[:32]


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` was made over exactly ``message`` with the secret half of ``public``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_pem(public: bytes) -> str:
    """The public key as other programs read it."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read_public(text: str) -> bytes:
    """A public key as PEM or as 64 hexadecimal digits; ``ValueError`` when it is neither."""
    text = text.strip()
    if text.startswith("-----"):
        key = load_pem_public_key(text.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("not an Ed25519 key")
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    raw = bytes.fromhex(text)
    if len(raw) != 32:
        raise ValueError("a public key has 32 bytes")
    return raw


def read_publics(text: str) -> list[bytes]:
    """All public keys in a text, as ``jiandu audit key`` prints them; lines with ``#`` are remarks."""
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    end = "-----END PUBLIC KEY-----"
    parts = [f"{part}{end}" for part in bare.split(end)[:-1]] if end in bare else [bare]
    return [read_public(part) for part in parts]


async def signer(purpose: str) -> Signer:
    """The present key of a purpose, made at its first use. Inside the worker's transaction."""
    found = await _present(purpose)
    if found is None:
        await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", LOCK)
        found = await _present(purpose)
    if found is None:
        found = await _make(purpose)
    secret = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex(decrypt(found["secret"], f"signing.{purpose}"))
    )
    return Signer(found["fingerprint"], bytes(found["public"]), secret)


async def rotate(purpose: str) -> str:
    """A new key from now on; the fingerprint. What the old one signed stays checkable."""
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", LOCK)
    await db.execute(
        "update core_signing_key set retired_at = $2 where purpose = $1 and retired_at is null",
        purpose,
        clock.now(),
    )
    made = await _make(purpose)
    return str(made["fingerprint"])


async def public_keys(purpose: str) -> list[dict[str, Any]]:
    """All keys of a purpose, newest first, without their secrets."""
    return await db.rows(
        "select fingerprint, public, made_at, retired_at from core_signing_key"
        " where purpose = $1 order by id desc",
        purpose,
    )


async def _present(purpose: str) -> dict[str, Any] | None:
    return await db.row(
        "select fingerprint, public, secret from core_signing_key"
        " where purpose = $1 and retired_at is null order by id desc limit 1",
        purpose,
    )


async def _make(purpose: str) -> dict[str, Any]:
    secret = Ed25519PrivateKey.generate()
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    made = await db.row(
        "insert into core_signing_key (purpose, fingerprint, public, secret, made_at, retired_at)"
        " values ($1, $2, $3, $4, $5, null) returning fingerprint, public, secret",
        purpose,
        fingerprint_of(public),
        public,
        encrypt(secret.private_bytes_raw().hex(), f"signing.{purpose}"),
        clock.now(),
    )
    assert made is not None
    return made
