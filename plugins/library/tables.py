# SPDX-License-Identifier: Apache-2.0
"""Laws, their versions, the published words, and what leans on them.

A law and its version are readable by everybody once published. The words of a draft stand in
its version; rows of ``Article`` are written when it is published and are everybody's.
"""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
    Array,
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

from core.api.db import Owned, Public, unscoped


class Law(Public, Table, tablename="library_law"):
    """A law, regulation or rule (法律法规), whatever its versions."""

    LIST_ORDER = "sort_on"

    id = BigSerial(primary_key=True)
    title = Varchar(length=200, default=None, index=True)
    names = Array(base_column=Varchar(length=200), default=list)
    """Every form it is cited under."""
    kind = Varchar(length=16, default=None)
    rank = Integer(default=0)
    """Place in the hierarchy of force; smaller is stronger."""
    issuer = Varchar(length=120, default="")
    region_name = Varchar(length=60, default="")
    applies_lo = BigInt(default=0)
    applies_hi = BigInt(default=0)
    """The regions it is law for."""
    organ_name = Varchar(length=120, default="")
    """Who keeps it here."""
    repealed_on = Date(null=True, default=None)
    repeal_note = Varchar(length=300, default="")
    sort_on = Date(default=None)
    """When its newest version was promulgated."""

    once = Unique(["title", "region_lo"])


class Version(Public, Table, tablename="library_version"):
    """A version: the whole text as it will read, and from when."""

    id = BigSerial(primary_key=True)
    law = ForeignKey(Law, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=0)
    """0 until published; of two that come into force on one day the greater one wins."""
    name = Varchar(length=80, default="")
    document_number = Varchar(length=80, default="")
    promulgated_on = Date(default=None)
    effective_from = Date(default=None)
    effective_sure = Boolean(default=True)
    """The law itself says so."""
    expires_on = Date(null=True, default=None)
    starts = JSONB(default="{}")
    """Articles that come into force on a day of their own (分期施行)."""
    stops = JSONB(default="{}")
    """Articles that end by themselves."""
    excerpt = Boolean(default=False)
    """Only some articles are kept here, so a missing one proves nothing."""
    history = Text(default="")
    text = Text(default="")
    """What was typed or imported; published words stand in ``Article``."""
    report = JSONB(default="[]")
    digest = Varchar(length=64, default="")
    source = Varchar(length=200, default="")
    state = Varchar(length=10, default="draft")
    """draft | review | published"""
    revision = Integer(default=1)
    """Counts the changes of a draft, so that two who edit it at once notice each other."""
    drafted_by = BigInt(default=0)
    drafted_by_name = Varchar(length=64, default="")
    returned = Varchar(length=300, default="")
    """Why the reviewer sent it back."""
    reviewed_by_name = Varchar(length=64, default="")
    saved_at = Timestamptz(default=None)
    published_at = Timestamptz(null=True, default=None)


@unscoped("the published words of laws, which everybody may read; drafts stand in library_version")
class Article(Table, tablename="library_article"):
    """One piece of a published version, and the days on which it is the law."""

    id = BigSerial(primary_key=True)
    law = BigInt(default=None)
    version = BigInt(default=None)
    seq = Integer(default=0)
    key = Varchar(length=40, default=None)
    kind = Varchar(length=10, default=None)
    label = Varchar(length=40, default="")
    path = Varchar(length=300, default="")
    text = Text(default="")
    from_on = Date(default=None)
    to_on = Date(null=True, default=None)
    """The first day it is no longer in force."""

    by_law = Unique(["law", "key", "version"])
    in_order = Unique(["version", "seq"])


class Use(Owned, Table, tablename="library_use"):
    """What leans on an article: a power, its standard, its monitoring point, a decision."""

    GRANTS: ClassVar = {
        "web": "select, insert, update, delete",
        "worker": "select, insert, update, delete",
    }

    id = BigSerial(primary_key=True)
    name = Varchar(length=200, default=None)
    """The law as it was cited, without 中华人民共和国."""
    key = Varchar(length=40, default=None)
    part = Varchar(length=20, default="")
    kind = Varchar(length=10, default=None)
    """power | standard | point | case"""
    subject_kind = Varchar(length=40, default=None)
    subject = BigInt(default=None)
    title = Varchar(length=300, default="")
    detail = Varchar(length=300, default="")
    cited = Varchar(length=120, default="")
    quoted = Text(default="")
    """What stands at the place that cites: another text later means that it was revised."""
    open = Boolean(default=True)
    """Still works with it: a power in force, a case that is not closed."""
    on = Date(null=True, default=None)
    """The day of a decision."""


class Task(Owned, Table, tablename="library_task"):
    """What has to be looked at because an article changes."""

    LIST_ORDER = "made_at"

    id = BigSerial(primary_key=True)
    law = BigInt(default=None, index=True)
    law_title = Varchar(length=200, default="")
    version = BigInt(default=None)
    key = Varchar(length=40, default=None)
    change = Varchar(length=10, default=None)
    effective_from = Date(default=None)
    kind = Varchar(length=10, default=None)
    subject_kind = Varchar(length=40, default=None)
    subject = BigInt(default=None)
    title = Varchar(length=300, default="")
    detail = Varchar(length=300, default="")
    cited = Varchar(length=120, default="")
    state = Varchar(length=10, default="open")
    """open | changed | unaffected"""
    note = Text(default="")
    done_by_name = Varchar(length=64, default="")
    made_at = Timestamptz(default=None)
    done_at = Timestamptz(null=True, default=None)

    once = Unique(["version", "key", "kind", "subject", "detail"])
