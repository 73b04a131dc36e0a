# SPDX-License-Identifier: Apache-2.0
"""What the library records."""

from datetime import date

import msgspec


class VersionPublished(msgspec.Struct, frozen=True):
    """The words of a version are the law from ``effective_from`` on."""

    law: int
    version: int
    name: str
    effective_from: date
    title: str
    number: int
    digest: str


class ArticleChanged(msgspec.Struct, frozen=True):
    """Articles another version or a repeal changes on one day in one way."""

    law: int
    article_ids: tuple[str, ...]
    effective_from: date
    kind: str
    title: str
    version: int
    kind_title: str


class LawRepealed(msgspec.Struct, frozen=True):
    """The whole is no longer in force from this day on."""

    law: int
    title: str
    repealed_on: date
    note: str


class DraftMoved(msgspec.Struct, frozen=True):
    """A draft went to its reviewer, or back."""

    law: int
    version: int
    title: str
    reason: str = ""


class TaskDone(msgspec.Struct, frozen=True):
    """Somebody looked at what an amendment touches."""

    law: int
    title: str
    about: str
    outcome: str
    note: str
