# SPDX-License-Identifier: Apache-2.0
"""Notices, standing pages with their versions, and who has read what.

A draft has an empty audience: it becomes visible to others in the statement that publishes it.
"""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Own, Published


class Notice(Published, Table, tablename="notices_notice"):
    """A notice (通知公告, S0-18). Once published its words do not change; it is withdrawn."""

    LIST_ORDER = "sort_at"

    id = BigSerial(primary_key=True)
    title = Varchar(length=120, default=None)
    body = Text(default="")
    """Safe HTML (``core.api.richtext``)."""
    readers = Varchar(length=12, default="all")
    """all | supervisors | bodies | bureaus"""
    region = BigInt(default=None)
    """Whose subtree it is meant for; the audience interval is taken from it when published."""
    region_name = Varchar(length=120, default="")
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default="")
    state = Varchar(length=10, default="draft")
    """draft | published | withdrawn"""
    must_confirm = Boolean(default=False)
    confirm_by = Date(null=True, default=None)
    replaces = BigInt(null=True, default=None)
    """The withdrawn notice this one corrects."""
    version = Integer(default=1)
    """Counts the changes of a draft, so that two who edit it at once notice each other."""
    drafted_by = BigInt(default=0)
    published_at = Timestamptz(null=True, default=None)
    published_by_name = Varchar(length=64, default="")
    withdrawn_at = Timestamptz(null=True, default=None)
    withdraw_reason = Varchar(length=300, default="")
    reminded_at = Timestamptz(null=True, default=None)
    sort_at = Timestamptz(default=None)
    """When it was published, for drafts when it was last changed."""


class Attachment(Published, Table, tablename="notices_attachment"):
    """A file that belongs to a notice."""

    id = BigSerial(primary_key=True)
    notice = ForeignKey(Notice, null=False, on_delete=OnDelete.cascade, index=True)
    file = BigInt(default=None)
    name = Varchar(length=200, default=None)
    size = BigInt(default=0)
    kind = Varchar(length=12, default="")


class Receipt(Own, Table, tablename="notices_receipt"):
    """That a person has opened a notice (已读), and confirmed it where that is asked (C2-14)."""

    id = BigSerial(primary_key=True)
    notice = ForeignKey(Notice, null=False, on_delete=OnDelete.restrict, index=True)
    read_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(null=True, default=None)

    once = Unique(["notice", "person"])


class Guide(Published, Table, tablename="notices_guide"):
    """A standing page: 行为准则 (S0-19) or 操作手册 (S0-22); its words are in its versions."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=8, default=None)
    """conduct | manual"""
    title = Varchar(length=120, default=None)
    readers = Varchar(length=12, default="all")
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default="")
    region_name = Varchar(length=120, default="")
    current = Integer(default=0)
    """The version in force; 0 before the first is published."""
    must_confirm = Boolean(default=True)
    draft = Text(default="")
    draft_changes = Varchar(length=300, default="")
    version = Integer(default=1)
    closed_at = Timestamptz(null=True, default=None)
    sort_at = Timestamptz(default=None)


class GuideVersion(Published, Table, tablename="notices_guide_version"):
    """A published version; never changed, never deleted."""

    id = BigSerial(primary_key=True)
    guide = ForeignKey(Guide, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None)
    body = Text(default="")
    changes = Varchar(length=300, default="")
    """What is new, in one sentence; readers of the version before see it first."""
    published_at = Timestamptz(default=None)
    published_by_name = Varchar(length=64, default="")

    once = Unique(["guide", "number"])


class Confirmation(Own, Table, tablename="notices_confirmation"):
    """That a person has read a version of a standing page and says so."""

    id = BigSerial(primary_key=True)
    guide = ForeignKey(Guide, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None)
    confirmed_at = Timestamptz(default=None)

    once = Unique(["guide", "number", "person"])
