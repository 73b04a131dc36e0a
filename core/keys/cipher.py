# SPDX-License-Identifier: Apache-2.0
"""Encryption of personal data at rest, the keyed hash beside it, and masking.

One master key per installation: ``security.encryption_key`` (32 bytes, base64), or derived from
the secret of the data folder. From it come one key per field for AES-256-GCM and one for the
hash, so that the hash of an ID number says nothing about a telephone number. The first byte of a
stored value names the version of the scheme, which is how keys can be changed later.
"""

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core import settings

VERSION = b"\x01"
NONCE_BYTES = 12


class KeyProblem(RuntimeError):
    """The encryption key is unusable, or is not the one the data was encrypted with."""


def _master() -> bytes:
    configured = settings.load()
    if text := configured.security.encryption_key:
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise KeyProblem("security.encryption_key is not base64") from error
        if len(key) != 32:
            raise KeyProblem("security.encryption_key must be 32 bytes in base64")
        return key
    if not configured.secret:
        raise KeyProblem("neither security.encryption_key nor a secret is set")
    return _derive(configured.secret.encode(), "master")


def _derive(material: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=f"jiandu/{purpose}".encode()).derive(material)


@lru_cache(maxsize=64)
def _key(purpose: str) -> bytes:
    return _derive(_master(), purpose)


def forget_keys() -> None:
    """Derive the keys anew at their next use; after the settings changed, in tests."""
    _key.cache_clear()


def encrypt(text: str, field: str) -> bytes:
    """``text`` for the column ``field`` (``person.phone``); every call gives another value."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_key(f"encrypt/{field}")).encrypt(nonce, text.encode(), field.encode())
    return VERSION + nonce + sealed


def decrypt(value: bytes, field: str) -> str:
    """The text again; a value of another column, key or installation is refused."""
    value = bytes(value)
    if value[:1] != VERSION:
        raise KeyProblem(f"{field}: unknown version of encryption")
    nonce, sealed = value[1 : 1 + NONCE_BYTES], value[1 + NONCE_BYTES :]
    try:
        return AESGCM(_key(f"encrypt/{field}")).decrypt(nonce, sealed, field.encode()).decode()
    except InvalidTag as error:
        raise KeyProblem(f"{field}: encrypted with another key, or damaged") from error


def lookup_hash(text: str, field: str) -> bytes:
    """The same text gives the same hash, so it can be searched.

    Without the key nobody can try out all telephone numbers against it.
    """
    return hmac.new(_key(f"hash/{field}"), text.encode(), hashlib.sha256).digest()
