# SPDX-License-Identifier: Apache-2.0
"""What this plugin records."""

import msgspec


class NoticePublished(msgspec.Struct, frozen=True):
    """Payload of ``notices.notice_published``: what was told to whom."""

    notice: int
    title: str
    readers: str
    region: int
    digest: str
    """SHA-256 of the text as published."""
    must_confirm: bool


class NoticeWithdrawn(msgspec.Struct, frozen=True):
    """Payload of ``notices.notice_withdrawn``."""

    notice: int
    title: str
    reason: str


class Reminded(msgspec.Struct, frozen=True):
    """Payload of ``notices.reminded``."""

    notice: int
    title: str
    persons: int


class Confirmed(msgspec.Struct, frozen=True):
    """Payload of ``notices.notice_confirmed`` and ``notices.guide_confirmed``."""

    title: str
    number: int = 0
    """The version of a standing page; 0 for a notice."""


class GuidePublished(msgspec.Struct, frozen=True):
    """Payload of ``notices.guide_published``."""

    guide: int
    title: str
    number: int
    digest: str
    changes: str


class GuideClosed(msgspec.Struct, frozen=True):
    """Payload of ``notices.guide_closed``."""

    guide: int
    title: str
    reason: str
