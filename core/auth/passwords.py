# SPDX-License-Identifier: Apache-2.0
"""Argon2 in a thread, few at a time: a slow hash must neither stop the loop nor eat the memory."""

import asyncio
import hashlib
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

# Each hash takes 64 MiB and some 50 ms; two at once keep a burst of sign-ins from becoming a
# burst of memory.
CONCURRENT = 2
_threads = ThreadPoolExecutor(CONCURRENT, thread_name_prefix="password")
_hasher = PasswordHash((Argon2Hasher(),))

# No 0 O 1 I L: a slip is read from paper and typed.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


async def hash_password(password: str) -> str:
    """The stored form of a password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


def _verify(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(password, stored)
    except UnknownHashError:
        return False


async def verify_password(password: str, stored: str) -> bool:
    """Whether ``password`` is the one ``stored`` was made from."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, password, stored)


@cache
def nobody() -> str:
    """The hash of a password nobody knows.

    Verified against where no account exists, so that an unknown name takes as long as a wrong
    password and the clock tells nothing.
    """
    return _hasher.hash(secrets.token_urlsafe(24))


def new_slip() -> str:
    """A one-time password for paper: three groups of four, sixty bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def slip_hash(user_id: int, code: str) -> bytes:
    """What is stored of a slip; sixty random bits need no slow hash, the user id is its salt."""
    plain = "".join(c for c in code.upper() if c in ALPHABET)
    return hashlib.sha256(f"{user_id}:{plain}".encode()).digest()


def same(left: bytes, right: bytes) -> bool:
    return hmac.compare_digest(left, right)
