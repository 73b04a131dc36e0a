# SPDX-License-Identifier: Apache-2.0
"""What is recorded about keys, trust and printed faces."""

import msgspec


class KeyMade(msgspec.Struct):
    """A key may sign from now until its end."""

    use: str
    code: str
    name: str
    fingerprint: str
    ends_on: str


class KeyWithdrawn(msgspec.Struct):
    """A key is no longer trusted, nor what it signed."""

    use: str
    code: str
    name: str
    reason: str


class TrustChanged(msgspec.Struct):
    """The trust file of another province was believed, or is no longer."""

    name: str
    fingerprint: str
    keys: int


class SheetPrinted(msgspec.Struct):
    """Faces of cards were given out for printing."""

    sheet: str
    cards: int
    reprints: int
    reason: str
