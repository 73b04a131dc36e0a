# SPDX-License-Identifier: Apache-2.0
"""The seam between who issues a paper and who signs it; neither knows the other.

Who issues papers (``supervisors``) contributes a ``CredentialKind``: what there is, how each one
stands, and where the signed code is to be put. Who can sign (``certificates``) contributes one
``CredentialIssuer``. Without an issuer the papers are checked only on their own public pages.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from core.host.registry import current

KINDS: Final = "core.credential_kind"
ISSUER: Final = "core.credential_issuer"
VALID, SUSPENDED, CANCELLED = "valid", "suspended", "cancelled"


@dataclass(frozen=True, kw_only=True)
class Credential:
    """One paper, with nothing in it that not everybody may read; no identity number, no phone."""

    ref: int
    """Its number at whoever issued it."""
    code: str
    """Opaque and random; stands in the address, so that nobody can count through papers."""
    number: str
    name: str
    issuer: str
    """The office that gave it out."""
    region: str
    region_lo: int
    org_lo: int
    begins: date
    ends: date
    """The last day, inclusive."""
    state: str = VALID
    """``valid``, ``suspended`` or ``cancelled``; the dates speak for themselves."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A paper as its public page shows it today."""

    credential: Credential
    good: bool
    words: str
    """How it stands, in two to eight characters: 聘期有效, 已解聘."""
    term: str
    photo: str = ""
    """The path of the photo; empty when it may not be shown."""


@dataclass(frozen=True, kw_only=True)
class CredentialKind:
    """A kind of paper; contributed as a mapping of these fields under the plugin's name."""

    title: str
    """What its holder is: 行政执法社会监督员. Stands in the signed code, 20 characters at most.

    Never an enforcement officer: verifiers tell everybody who checks the paper so.
    """
    listed: Callable[[Sequence[int]], Awaitable[Sequence[Credential]]]
    """All papers, or those of the given numbers; called in the worker under a platform scope.

    One that is left out counts as cancelled.
    """
    look: Callable[[str, str, date], Awaitable[Shown | None]]
    """(code, number, day) -> the paper for anybody who asks, by the one of the two that is given;
    it sets its own scope."""
    keep: Callable[[int, str], Awaitable[None]]
    """(ref, path) -> the address with the signed code, to be printed; in the worker."""
    keep_moving: Callable[[int, str, datetime], Awaitable[None]]
    """(ref, path, until) -> the address that is good for a moment only; in the worker."""


@dataclass(frozen=True, kw_only=True)
class CredentialIssuer:
    """Who signs; contributed as a mapping of these fields."""

    wake: Callable[[], Awaitable[None]]
    """Papers changed: sign and list them soon."""
    move: Callable[[str, int], Awaitable[None]]
    """(kind, ref) -> sign a code for the next moments."""
    doubt: Callable[[str], Awaitable[str]] | None = None
    """(what was scanned) -> a sentence when its signature cannot be relied on at this moment;
    empty for good codes and for those it did not sign. Inside the caller's transaction."""


def kinds() -> dict[str, CredentialKind]:
    """Every kind of paper, by the name of its plugin."""
    return {each.key: each.value for each in current().contributions(KINDS)}


def issuer() -> CredentialIssuer | None:
    """Who signs papers here; ``None`` when nobody does."""
    found = current().contributions(ISSUER)
    return found[0].value if found else None


async def credentials_changed() -> None:
    """Papers were issued, ended or changed: have them signed and listed; in the transaction."""
    signs = issuer()
    if signs is not None:
        await signs.wake()


async def ask_for_moving(kind: str, ref: int) -> bool:
    """Have a code signed that is good for the next moments; False when nobody can."""
    signs = issuer()
    if signs is not None:
        await signs.move(kind, ref)
    return signs is not None


async def doubt_of(code: str) -> str:
    """Why a signed code that was scanned is not to be relied on; empty when nothing speaks against.

    A name in an address is found whatever is signed behind it: who lets somebody in by a code
    asks this as well.
    """
    signs = issuer()
    return await signs.doubt(code) if signs is not None and signs.doubt is not None else ""
