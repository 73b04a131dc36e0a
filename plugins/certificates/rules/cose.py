# SPDX-License-Identifier: Apache-2.0
"""COSE_Sign1 (RFC 9052) in exactly one shape, so that no two texts mean the same signed thing.

Whoever signs may be a key in the database, a card in a reader or a machine of the authority, so
what is signed is built here and only the signing itself is left to a ``Signer``. A message that
is not written in the shortest form, or carries anything unsigned, is refused: changing any bit of
it makes it another message or none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EDDSA: Final = -8
ALG: Final = 1
KID: Final = 4
TYPE: Final = 16
SIGN1: Final = 18

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message) -> whether the one made the other."""


class Damaged(ValueError):
    """The bytes are no message of ours."""


def _ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


ALGORITHMS: Final[Mapping[int, Verify]] = MappingProxyType({EDDSA: _ed25519})
"""The algorithms the platform itself checks; a plugin's signer brings its own."""


@dataclass(frozen=True, slots=True)
class Message:
    """A signed message that was taken apart; nothing in it is believed yet."""

    protected: bytes
    payload: bytes
    signature: bytes
    algorithm: int
    kid: bytes
    type: str = ""

    @property
    def signed(self) -> bytes:
        """The bytes the signature was made over."""
        return to_be_signed(self.protected, self.payload)

    def claims(self) -> dict[Any, Any]:
        """The payload as a map; ``Damaged`` when it is none."""
        found = read(self.payload)
        if not isinstance(found, dict):
            raise Damaged("the payload is no map")
        return found


def read(data: bytes) -> Any:
    """One CBOR value that fills ``data`` to the end and is written in the shortest form."""
    source = BytesIO(data)
    try:
        found = cbor2.CBORDecoder(source).decode()
        rest = source.read(1)
        again = cbor2.dumps(found, canonical=True)
    except Exception as error:  # cbor2 lets errors of the values it builds through
        raise Damaged("this is no CBOR") from error
    if rest or again != data:
        raise Damaged("not in the shortest form")
    return found


def write(what: Any) -> bytes:
    """``what`` as CBOR in the one form ``read`` accepts."""
    return cbor2.dumps(what, canonical=True)


def protect(algorithm: int, kid: bytes, kind: str = "") -> bytes:
    """The protected header."""
    header: dict[int, Any] = {ALG: algorithm, KID: kid}
    if kind:
        header[TYPE] = kind
    return write(header)


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052, 4.4."""
    return write(["Signature1", protected, b"", payload])


def seal(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The whole message."""
    return write(cbor2.CBORTag(SIGN1, [protected, {}, payload, signature]))


def unseal(data: bytes) -> Message:
    """The parts of a message; ``Damaged`` when it is not one, or has more in it than it needs."""
    found = read(data)
    if not isinstance(found, cbor2.CBORTag) or found.tag != SIGN1:
        raise Damaged("not a COSE_Sign1 message")
    parts = found.value
    if not isinstance(parts, list) or len(parts) != 4:
        raise Damaged("a COSE_Sign1 message has four parts")
    protected, unprotected, payload, signature = parts
    if unprotected != {} or not all(
        isinstance(each, bytes) for each in (protected, payload, signature)
    ):
        raise Damaged("unsigned headers are not accepted")
    header = read(protected)
    if not isinstance(header, dict) or not set(header) <= {ALG, KID, TYPE}:
        raise Damaged("unknown headers")
    algorithm, kid, kind = header.get(ALG), header.get(KID), header.get(TYPE, "")
    if not isinstance(algorithm, int) or not isinstance(kid, bytes) or not isinstance(kind, str):
        raise Damaged("the header names neither algorithm nor key")
    return Message(protected, payload, signature, algorithm, kid, kind)


def holds(message: Message, public: bytes, algorithms: Mapping[int, Verify]) -> bool:
    """Whether ``public`` signed exactly this message."""
    verify = algorithms.get(message.algorithm)
    return verify is not None and verify(public, message.signature, message.signed)
