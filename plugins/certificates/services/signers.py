# SPDX-License-Identifier: Apache-2.0
"""Who signs cards: keys of the platform, or whatever a plugin brings to ``certificates.signer``.

An authority may have to sign with a machine of its own, or with SM2 instead of Ed25519. It then
contributes a ``CardSigner`` and names it in the settings; what is signed, and how trust is told,
stays the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.api.extensions import contributions
from core.api.signing import rotate, signer
from plugins.certificates.rules import cose
from plugins.certificates.rules.cose import Verify

POINT = "certificates.signer"
DEFAULT = "ed25519"


class Pen(Protocol):
    """A key that can sign."""

    @property
    def public(self) -> bytes:
        """The public half, as verifiers take it."""

    def sign(self, message: bytes) -> bytes:
        """The signature over exactly ``message``."""


@dataclass(frozen=True, kw_only=True)
class CardSigner:
    """A way of signing; contributed as a mapping of these fields."""

    title: str
    algorithm: int
    """The number of the algorithm in the registry of COSE."""
    key: Callable[[str], Awaitable[Pen]]
    """The present key of a purpose, made at its first use; called in jobs only."""
    rotate: Callable[[str], Awaitable[object]]
    """From now on another key for a purpose."""
    verify: Verify
    """(public, signature, message) -> whether the one made the other."""


PLATFORM = CardSigner(
    title="平台密钥（Ed25519）",
    algorithm=cose.EDDSA,
    key=signer,
    rotate=rotate,
    verify=cose.ALGORITHMS[cose.EDDSA],
)


def signers() -> Mapping[str, CardSigner]:
    """Every way of signing that is there, by the name the settings use."""
    return {DEFAULT: PLATFORM, **{each.key: each.value for each in contributions(POINT)}}


def algorithms() -> Mapping[int, Verify]:
    """How to check what any of them signed."""
    return {each.algorithm: each.verify for each in signers().values()}
