# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts ``powers.draft_*``."""

from typing import Any

import msgspec


class Drafted(msgspec.Struct, frozen=True):
    """A draft was begun, or something happened to it that needs no more words."""

    draft: int
    item: int
    code: str
    title: str
    base_version: int = 0
    revision: int = 1
    source: str = ""


class Edited(msgspec.Struct, frozen=True):
    """One save: what was changed, in words."""

    draft: int
    title: str
    revision: int
    changes: list[str]


class Offered(msgspec.Struct, frozen=True):
    """The draft as it would be published, and the digest that names exactly this content."""

    draft: int
    item: int
    code: str
    title: str
    digest: str
    base_version: int
    revision: int
    definition: dict[str, Any]


class Reviewed(msgspec.Struct, frozen=True):
    """A reviewer passed it on."""

    draft: int
    title: str
    revision: int
    step: str
    by: str
    opinion: str = ""


class Returned(msgspec.Struct, frozen=True):
    """A reviewer returned it."""

    draft: int
    title: str
    revision: int
    step: str
    by: str
    reason: str


class Approved(msgspec.Struct, frozen=True):
    """审定: the draft took effect as a version, on this evidence."""

    draft: int
    item: int
    version: int
    title: str
    digest: str
    by: str
    opinion: str = ""
    evidence: dict[str, Any] = {}


class Renewed(msgspec.Struct, frozen=True):
    """The version in force was brought into the draft."""

    draft: int
    title: str
    base_version: int
    revision: int
    conflicts: list[str] = []
