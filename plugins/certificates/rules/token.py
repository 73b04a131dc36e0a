# SPDX-License-Identifier: Apache-2.0
"""What the QR code of a card says: a CBOR Web Token (RFC 8392) after the ``#`` of an address.

Base32 in capitals, because a QR code packs those half as wide as small letters; after the ``#``,
so that any scanner opens the page and no server ever receives it. Neither an identity number nor
a telephone number is in it.

Papers of other kinds are signed in the same way, under a claim of their own: a verifier that does
not know them calls them damaged, and never takes a social supervisor for an officer.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from plugins.certificates.rules import cose
from plugins.certificates.rules.cose import Damaged, Message

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
NUMBER: Final = 2
EXPIRES: Final = 4
BEGINS: Final = 5
ISSUED: Final = 6
CARD: Final = -65537
"""A claim of private use: [name, unit, region, scope of power, kind, place in the status list]."""
PAPER: Final = -65539
"""A claim of private use, in the place of ``CARD``, for who is no enforcement officer:
[what he is, name, issuing office, region, place in the status list, whether the code moves,
last second of the term, when it got its place]."""

KINDS: Final = ("local", "ministry")
LONGEST: Final = 2000
POWERS_SHOWN: Final = 40
"""Longer scopes are cut in the code, else it cannot be read when printed 2.5 cm wide."""


@dataclass(frozen=True, slots=True)
class CardClaims:
    """A card as its code tells it."""

    number: str
    name: str
    unit: str
    region: str
    powers: str
    kind: str
    index: int
    issued_at: int
    begins: int
    expires: int
    title: str = ""
    """What the holder is, when he is no enforcement officer; empty for a card."""
    moving: bool = False
    """The code is shown on a telephone and good for a moment: ``expires`` is that moment's end."""
    ends: int = 0
    """The last second of the term of a paper, which a moving code does not reach."""
    placed_at: int = 0
    """When a paper got its place in the status list; a moving code is younger than any list."""

    @property
    def last(self) -> int:
        """The last second of the card or paper itself."""
        return self.ends if self.title else self.expires

    @property
    def placed(self) -> int:
        """Since when a status list can speak of it."""
        return self.placed_at if self.title else self.issued_at

    @property
    def issued(self) -> datetime:
        return datetime.fromtimestamp(self.issued_at, UTC)

    @property
    def valid_from(self) -> date:
        return datetime.fromtimestamp(self.begins, UTC).astimezone(SHANGHAI).date()

    @property
    def valid_until(self) -> date:
        return datetime.fromtimestamp(self.last, UTC).astimezone(SHANGHAI).date()


def day_begins(day: date) -> int:
    """The first second of a day where the cards are used."""
    return int(datetime.combine(day, time(), SHANGHAI).timestamp())


def day_ends(day: date) -> int:
    """The last second of a day where the cards are used."""
    return day_begins(day + timedelta(days=1)) - 1


def payload_of(card: CardClaims) -> bytes:
    """The claims as they are signed."""
    if card.title:
        told = [card.title, card.name, card.unit, card.region, card.index, int(card.moving)]
        return cose.write(
            {
                NUMBER: card.number,
                EXPIRES: card.expires,
                BEGINS: card.begins,
                ISSUED: card.issued_at,
                PAPER: [*told, card.ends, card.placed_at],
            }
        )
    powers = card.powers
    if len(powers) > POWERS_SHOWN:
        powers = powers[: POWERS_SHOWN - 1] + "…"
    return cose.write(
        {
            NUMBER: card.number,
            EXPIRES: card.expires,
            BEGINS: card.begins,
            ISSUED: card.issued_at,
            CARD: [
                card.name,
                card.unit,
                card.region,
                powers,
                KINDS.index(card.kind) if card.kind in KINDS else 0,
                card.index,
            ],
        }
    )


def claims_of(message: Message) -> CardClaims:
    """The card a message tells; ``Damaged`` when it tells none."""
    told = message.claims()
    if PAPER in told:
        return _paper_of(told)
    card = told.get(CARD)
    times: list[Any] = [told.get(each) for each in (ISSUED, BEGINS, EXPIRES)]
    if (
        not isinstance(card, list)
        or len(card) != 6
        or not isinstance(told.get(NUMBER), str)
        or not all(_is_count(each) for each in (*times, *card[4:]))
        or not all(isinstance(each, str) for each in card[:4])
    ):
        raise Damaged("this is not a card")
    name, unit, region, powers, kind, index = card
    return CardClaims(
        told[NUMBER],
        name,
        unit,
        region,
        powers,
        KINDS[kind] if kind < len(KINDS) else "local",
        index,
        *times,
    )


def _paper_of(told: Mapping[Any, Any]) -> CardClaims:
    paper = told[PAPER]
    times: list[Any] = [told.get(each) for each in (ISSUED, BEGINS, EXPIRES)]
    if (
        CARD in told
        or not isinstance(paper, list)
        or len(paper) != 8
        or not isinstance(told.get(NUMBER), str)
        or not all(isinstance(each, str) for each in paper[:4])
        or not paper[0]
        or not all(_is_count(each) for each in (*times, *paper[4:]))
        or paper[5] > 1
    ):
        raise Damaged("this is no paper")
    title, name, unit, region, index, moving, ends, placed = paper
    return CardClaims(
        told[NUMBER],
        name,
        unit,
        region,
        "",
        "",
        index,
        times[0],
        times[1],
        times[2],
        title=title,
        moving=moving == 1,
        ends=ends,
        placed_at=placed,
    )


def _is_count(what: Any) -> bool:
    return type(what) is int and 0 <= what < 2**48


def text_of(data: bytes) -> str:
    """The signed bytes as they stand after the ``#``."""
    return base64.b32encode(data).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """What stands after the ``#``, or the whole address; ``Damaged`` when it cannot be one.

    Only the very text ``text_of`` would write is taken: the unused bits of the last letter could
    otherwise be anything.
    """
    text = text.strip()
    if "#" in text:
        text = text.rpartition("#")[2]
    if not text or len(text) > LONGEST:
        raise Damaged("empty or too long")
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise Damaged("not written in base32") from error
    if text_of(data) != text:
        raise Damaged("not in the form it was written")
    return data


def message_of(text: str) -> Message:
    """The signed message in the text of a code."""
    return cose.unseal(bytes_of(text))


def as_json(card: CardClaims) -> Mapping[str, Any]:
    """The claims for other programs."""
    return {
        "number": card.number,
        "name": card.name,
        "unit": card.unit,
        "region": card.region,
        "powers": card.powers,
        "kind": card.kind,
        "index": card.index,
        "title": card.title or "行政执法人员",
        "enforcement_officer": not card.title,
        "moving": card.moving,
        "issued_at": card.issued.isoformat(),
        "valid_from": card.valid_from.isoformat(),
        "valid_until": card.valid_until.isoformat(),
    }
