# SPDX-License-Identifier: Apache-2.0
"""Small things handed to the browser and wanted back unchanged: sealed or signed."""

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from core import clock
from core.settings import Settings


@lru_cache(maxsize=8)
def _fernet(secret: str) -> Fernet:
    key = hashlib.sha256(b"jiandu.carry\0" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(settings: Settings, what: Any) -> str:
    """Encrypted and signed: the browser can neither read nor change it."""
    return _fernet(settings.secret).encrypt(msgspec.json.encode(what)).decode()


def unseal(settings: Settings, text: str, max_age: int) -> Any:
    """What ``seal`` was given, or None when it is old, changed, or from another installation."""
    try:
        return msgspec.json.decode(_fernet(settings.secret).decrypt(text.encode(), ttl=max_age))
    except (InvalidToken, ValueError, UnicodeError):
        return None


def sign(settings: Settings, what: Any) -> str:
    """Readable but not changeable, for a cookie."""
    body = msgspec.json.encode((int(clock.now().timestamp()), what))
    packed = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    return f"{packed}.{_mac(settings, packed)}"


def unsign(settings: Settings, text: str, max_age: int) -> Any:
    """What ``sign`` was given, or None."""
    packed, _, mac = text.partition(".")
    if not mac or not hmac.compare_digest(mac.encode(), _mac(settings, packed).encode()):
        return None
    at, what = msgspec.json.decode(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return what if clock.now().timestamp() - at <= max_age else None


def _mac(settings: Settings, packed: str) -> str:
    key = hashlib.sha256(b"jiandu.sign\0" + settings.secret.encode()).digest()
    return hmac.new(key, packed.encode(), hashlib.sha256).hexdigest()[:32]
