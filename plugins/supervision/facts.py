# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts ``supervision.*``. None repeats what a complainant wrote or who he is."""

import msgspec


class Opened(msgspec.Struct, frozen=True):
    matter: int
    number: str
    kind: str
    title: str
    body: int
    body_name: str
    organ: int
    trigger: str = ""
    source_kind: str = ""
    source_id: int = 0


class Acted(msgspec.Struct, frozen=True):
    """An act on a matter: who and why in ``words``."""

    matter: int
    number: str
    words: str = ""
    reason: str = ""


class Issued(msgspec.Struct, frozen=True):
    matter: int
    paper: int
    number: str
    kind: str
    kind_title: str
    to: str
    body: int
    organ: int
    items: int = 0


class PaperActed(msgspec.Struct, frozen=True):
    matter: int
    paper: int
    number: str
    words: str = ""
    reason: str = ""


class Closed(msgspec.Struct, frozen=True):
    matter: int
    number: str
    kind: str
    body: int
    outcome: str
    verified: bool
    items: int = 0
    """How many problems were rectified."""


class CampaignActed(msgspec.Struct, frozen=True):
    campaign: int
    title: str
    words: str = ""


class Sealed(msgspec.Struct, frozen=True):
    """What a draw is bound by; recorded before anybody knows the result."""

    campaign: int
    title: str
    commitment: str
    list_hash: str
    result_source: str
    sample: int
    team: int
    result_on: str = ""
    """The day the result comes to be, ISO; facts from before it was asked have none."""


class DrawnFact(msgspec.Struct, frozen=True):
    campaign: int
    title: str
    seed: str
    secret: str
    result: str
    objects: list[str]


class Registered(msgspec.Struct, frozen=True):
    id: int
    title: str
    words: str = ""


class TransferActed(msgspec.Struct, frozen=True):
    transfer: int
    title: str
    words: str
    state: str
    reason: str = ""
