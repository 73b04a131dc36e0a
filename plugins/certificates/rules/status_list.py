# SPDX-License-Identifier: Apache-2.0
"""The signed list of what became of the cards, small enough to lie on a telephone.

Two bits a card, packed and compressed as the IETF's Token Status List has them (bits 2; 0 valid,
1 invalid, 2 suspended, 3 of our own: not inspected). Expiry is not in it: that date stands in the
code of the card. The list names its own last moment; after it nobody may trust it.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from plugins.certificates.rules import cose
from plugins.certificates.rules.cose import Damaged, Message, Verify

TYPE: Final = "application/statuslist+cwt"
SUBJECT: Final = 2
EXPIRES: Final = 4
ISSUED: Final = 6
TTL: Final = 65534
LIST: Final = 65533
BITS: Final = 2

VALID, CANCELLED, SUSPENDED, NOT_INSPECTED = range(4)
STATES: Final[Mapping[str, int]] = {
    "valid": VALID,
    "cancelled": CANCELLED,
    "revoked": CANCELLED,
    "suspended": SUSPENDED,
    "not_inspected": NOT_INSPECTED,
}
LARGEST: Final = 64 * 1024 * 1024
"""Nobody has more cards; what unpacks to more is no list."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list whose signature was found good."""

    subject: str
    issued_at: int
    expires: int
    ttl: int
    packed: bytes

    def of(self, index: int) -> int:
        """What became of the card in this place; ``knows`` says whether it is in the list at all."""
        byte, within = divmod(index, 4)
        if byte >= len(self.packed):
            return VALID
        return (self.packed[byte] >> (within * BITS)) & 3

    def knows(self, index: int, signed_at: int) -> bool:
        """Whether the list can speak of the card: one younger than the list is not in it yet.

        A card signed anew keeps its place, so an older list still speaks of it. In the last byte
        there may be places of nobody; of those the time decides.
        """
        byte = index // 4
        last = len(self.packed) - 1
        return byte < last or (byte == last and signed_at <= self.issued_at)


def pack(states: Iterable[tuple[int, int]], size: int) -> bytes:
    """Places and their states, all others valid, for cards in the places below ``size``."""
    packed = bytearray((size + 3) // 4)
    for index, state in states:
        packed[index >> 2] |= state << ((index & 3) * BITS)
    return bytes(packed)


def payload_of(packed: bytes, subject: str, issued_at: int, seconds: int, ttl: int) -> bytes:
    """The claims of a list that holds for ``seconds`` and is built anew every ``ttl``."""
    return cose.write(
        {
            SUBJECT: subject,
            EXPIRES: issued_at + seconds,
            ISSUED: issued_at,
            TTL: ttl,
            LIST: {"bits": BITS, "lst": zlib.compress(packed, 9)},
        }
    )


def list_of(message: Message) -> StatusList:
    """The list in a message whose signature is good; ``Damaged`` when there is none."""
    told = message.claims()
    inner = told.get(LIST)
    issued, expires, ttl = (told.get(each) for each in (ISSUED, EXPIRES, TTL))
    if (
        message.type != TYPE
        or not isinstance(inner, dict)
        or inner.get("bits") != BITS
        or not isinstance(inner.get("lst"), bytes)
        or type(issued) is not int
        or type(expires) is not int
        or type(ttl) is not int
    ):
        raise Damaged("this is no status list")
    unpacker = zlib.decompressobj()
    try:
        packed = unpacker.decompress(inner["lst"], LARGEST)
    except zlib.error as error:
        raise Damaged("the list cannot be unpacked") from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise Damaged("the list is too large or cut off")
    return StatusList(str(told.get(SUBJECT, "")), issued, expires, ttl, packed)


def read_list(
    data: bytes, public: bytes, algorithms: Mapping[int, Verify] = cose.ALGORITHMS
) -> StatusList:
    """A signed list; ``Damaged`` when it is none or was not signed by ``public``."""
    message = cose.unseal(data)
    if not cose.holds(message, public, algorithms):
        raise Damaged("not signed by this key")
    return list_of(message)
