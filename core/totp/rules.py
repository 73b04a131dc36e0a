# SPDX-License-Identifier: Apache-2.0
"""One-time codes by time (RFC 6238 over RFC 4226). Pure.

Six digits, thirty seconds, SHA-1: what every authenticator understands. SHA-1 is no weakness
here, since HMAC does not rest on collisions.
"""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

SECONDS = 30
DIGITS = 6
DRIFT = 1
"""Steps a telephone's clock may be ahead or behind."""
SECRET_BYTES = 20
RECOVERY_CODES = 10


def new_secret() -> bytes:
    """160 random bits, as RFC 4226 recommends."""
    return secrets.token_bytes(SECRET_BYTES)


def step_at(seconds: float) -> int:
    """The number of the time step."""
    return int(seconds) // SECONDS


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a time step."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, typed: str, now: int) -> int | None:
    """The step whose code was typed, the present one first; None when it is none of the three.

    All are compared, so that the time taken says nothing.
    """
    found: int | None = None
    for distance in (DRIFT, -DRIFT, 0):
        if hmac.compare_digest(code_at(secret, now + distance).encode(), typed.encode()):
            found = now + distance
    return found


def digits_of(typed: str) -> str:
    """The six digits of what was typed, full-width ones and blanks included; else empty."""
    plain = "".join(str(int(each)) for each in typed if each.isdecimal())
    rest = "".join(each for each in typed if not each.isdecimal() and not each.isspace())
    return plain if len(plain) == DIGITS and rest in ("", "-") else ""


def base32(secret: bytes) -> str:
    """The secret as people type it into an authenticator."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, login: str, issuer: str) -> str:
    """What the QR code holds; digits and period are the defaults, and a short code scans well."""
    values = {"secret": base32(secret), "issuer": issuer}
    return f"otpauth://totp/{quote(login, safe='')}?{urlencode(values, quote_via=quote)}"
