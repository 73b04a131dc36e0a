# SPDX-License-Identifier: Apache-2.0
"""Encryption of backup files in pieces: a file of any size in little memory.

AES-256-GCM per piece of 1 MiB, the key from a password by scrypt. Each piece is bound to its
place, to whether it is the last one, and to the name of its file, so pieces cannot be exchanged,
left out or cut off (the STREAM construction).
"""

import os
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

PIECE = 1 << 20
PREFIX = 7
TAG = 16
SALT = 16


class WrongPassword(ValueError):
    """The password is another one, or the file is damaged."""


def key_from(password: str, salt: bytes) -> bytes:
    """The key of a backup; slow on purpose (a quarter of a second, 64 MiB)."""
    return Scrypt(salt=salt, length=32, n=2**16, r=8, p=1).derive(password.encode())


def new_salt() -> bytes:
    """One per backup."""
    return os.urandom(SALT)


def sealed(source: IO[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """``source`` encrypted, piece by piece."""
    cipher, prefix, number = AESGCM(key), os.urandom(PREFIX), 0
    yield prefix
    piece = source.read(PIECE)
    while True:
        following = source.read(PIECE)
        nonce = _nonce(prefix, number, last=not following)
        yield cipher.encrypt(nonce, piece, name.encode())
        if not following:
            return
        piece, number = following, number + 1


def opened(source: IO[bytes], key: bytes, name: str) -> Iterator[bytes]:
    """The content again; ``WrongPassword`` as soon as a piece does not fit."""
    cipher, prefix, number = AESGCM(key), source.read(PREFIX), 0
    if len(prefix) != PREFIX:
        raise WrongPassword(name)
    piece = source.read(PIECE + TAG)
    while True:
        following = source.read(PIECE + TAG)
        nonce = _nonce(prefix, number, last=not following)
        try:
            yield cipher.decrypt(nonce, piece, name.encode())
        except InvalidTag as error:
            raise WrongPassword(name) from error
        if not following:
            return
        piece, number = following, number + 1


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")
