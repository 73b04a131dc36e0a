# SPDX-License-Identifier: Apache-2.0
"""Drafts, their versions, opinions on them, what was answered, what was published.

A draft has an empty audience until it is opened. An opinion stands at the bureau's place; its
author is found again by a keyed name (``alias``), and under seal stands nowhere else.
"""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
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

from core.api.db import Owned, Public, Published


class Draft(Published, Table, tablename="opinions_draft"):
    """A text opinions are asked about (征集稿)."""

    LIST_ORDER = "sort_at"

    id = BigSerial(primary_key=True)
    title = Varchar(length=120, default=None)
    about = Text(default="")
    """Plain words before the text: what it is for, what is asked."""
    body = Text(default="")
    """Safe HTML (``core.api.richtext``) of the next version, as far as it is written."""
    changes = Varchar(length=300, default="")
    """What the next version changes, in one sentence."""
    readers = Varchar(length=12, default="supervisors")
    region = BigInt(default=None)
    region_name = Varchar(length=120, default="")
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default="")
    state = Varchar(length=10, default="draft")
    """draft | open | closed | answered | published"""
    opens_on = Date(null=True, default=None)
    closes_on = Date(null=True, default=None)
    """Both days belong to the window."""
    current = Integer(default=0)
    """The version shown; 0 before the first."""
    highest = Integer(default=0)
    """The highest number ever given to an article, so that no key is given twice."""
    received = Integer(default=0)
    """Opinions received so far; the next one's number is one more."""
    version = Integer(default=1)
    """Counts the changes of the text, so that two who edit it at once notice each other."""
    drafted_by = BigInt(default=0)
    summary = Text(default="")
    """What the bureau says about all opinions together, in the report."""
    opened_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)
    sort_at = Timestamptz(default=None)


class Version(Published, Table, tablename="opinions_version"):
    """A version of a draft as it was shown; never changed, never deleted."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (aud_lo, aud_hi)",
        "worker": "select",
    }

    id = BigSerial(primary_key=True)
    draft = ForeignKey(Draft, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None)
    body = Text(default="")
    structured = Boolean(default=False)
    """Shown by articles instead of as HTML."""
    articles = JSONB(default="[]")
    changes = Varchar(length=300, default="")
    published_at = Timestamptz(default=None)
    published_by_name = Varchar(length=64, default="")

    once = Unique(["draft", "number"])


class Opinion(Owned, Table, tablename="opinions_opinion"):
    """An opinion on a draft or on one article of it (S0-17)."""

    LIST_ORDER = "sent_at"

    id = BigSerial(primary_key=True)
    draft = ForeignKey(Draft, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None)
    """1, 2, 3 … within the draft."""
    version = Integer(default=None)
    """The version it was written on."""
    article = Varchar(length=12, default="")
    """Key of the article or clause; empty for the whole text."""
    label = Varchar(length=40, default="")
    """第三条第二款, as it was called then."""
    standing = Varchar(length=8, default="same")
    """same | moved | changed | gone: how that passage stands in the version of today."""
    text = Text(default="")
    transcript = Text(default="")
    """What is said in the recordings, typed by the author or by the bureau."""
    state = Varchar(length=10, default="new")
    """new | returned | answered | removed"""
    sealed = Boolean(default=False)
    alias = Bytea(default=None, index=True)
    """HMAC of the author's person, by which he finds his own; needs the server's key."""
    person = BigInt(default=0)
    """``core_person.id``; always 0 under seal."""
    person_name = Varchar(length=60, default="")
    home = BigInt(default=0)
    """``core_region.id`` the author acts for; always 0 under seal."""
    home_name = Varchar(length=120, default="")
    envelope = BigInt(default=0, secret=True)
    once = Bytea(null=True, default=None, unique=True, secret=True)
    """Keyed hash of the form's own key: sent twice, kept once."""
    sent_at = Timestamptz(default=None)
    said_at = Varchar(length=40, default="")
    """The phone's own time; the server's counts."""
    revised_at = Timestamptz(null=True, default=None)
    answer = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
    answered_by_name = Varchar(length=60, default="")
    shown = Text(default="")
    """The text as it may be published, with passages covered; empty while it is the text itself."""
    blocked = Boolean(default=False)
    """Not to be published."""
    statement = Text(default="")
    """The moderator's own words, published beside the opinion and never mixed with it."""
    news = Boolean(default=False)
    """Something happened that the author has not looked at."""

    in_order = Unique(["draft", "number"])


class Former(Owned, Table, tablename="opinions_former"):
    """The text of an opinion before its author changed it on request."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}

    id = BigSerial(primary_key=True)
    opinion = ForeignKey(Opinion, null=False, on_delete=OnDelete.restrict, index=True)
    text = Text(default="")
    transcript = Text(default="")
    until = Timestamptz(default=None)


class Attachment(Owned, Table, tablename="opinions_attachment"):
    """A photo, recording or film that came with an opinion."""

    id = BigSerial(primary_key=True)
    opinion = ForeignKey(Opinion, null=False, on_delete=OnDelete.restrict, index=True)
    file = BigInt(default=None)
    name = Varchar(length=200, default="")
    kind = Varchar(length=12, default="")
    media_type = Varchar(length=100, default="")
    size = BigInt(default=0)
    sha256 = Varchar(length=64, default="")


class Note(Owned, Table, tablename="opinions_note"):
    """A remark among colleagues; never shown to the author (C2-08)."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}

    id = BigSerial(primary_key=True)
    opinion = ForeignKey(Opinion, null=False, on_delete=OnDelete.restrict, index=True)
    text = Text(default=None)
    author_name = Varchar(length=60, default="")
    at = Timestamptz(default=None)


class Measure(Owned, Table, tablename="opinions_measure"):
    """What a moderator did with an opinion, with the reason and the last day to appeal."""

    id = BigSerial(primary_key=True)
    opinion = ForeignKey(Opinion, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10, default=None)
    """return | block | censor | remove | statement"""
    reason = Text(default="")
    passage = Text(default="")
    """The covered passage; for a statement its words."""
    appeal_until = Date(null=True, default=None)
    by_name = Varchar(length=60, default="")
    at = Timestamptz(default=None)
    state_before = Varchar(length=10, default="")
    appeal = Text(default="")
    appealed_at = Timestamptz(null=True, default=None)
    decided = Varchar(length=10, default="")
    """lift | uphold | settled (what was asked for has been done)"""
    decision = Text(default="")
    decided_at = Timestamptz(null=True, default=None)
    decided_by_name = Varchar(length=60, default="")


class Finding(Owned, Table, tablename="opinions_finding"):
    """What came of the opinions on one article (采纳情况)."""

    id = BigSerial(primary_key=True)
    draft = ForeignKey(Draft, null=False, on_delete=OnDelete.restrict, index=True)
    article = Varchar(length=12, default="")
    outcome = Varchar(length=10, default=None)
    """adopted | partly | not"""
    reason = Text(default="")
    by_name = Varchar(length=60, default="")
    at = Timestamptz(default=None)

    once = Unique(["draft", "article"])


class Template(Owned, Table, tablename="opinions_template"):
    """Words an office answers with again and again."""

    id = BigSerial(primary_key=True)
    title = Varchar(length=60, default=None)
    text = Text(default=None)
    by_name = Varchar(length=60, default="")
    at = Timestamptz(default=None)


class Report(Public, Table, tablename="opinions_report"):
    """The report as everybody may read it: a copy without persons, made when it was published."""

    id = BigSerial(primary_key=True)
    draft = ForeignKey(Draft, null=False, on_delete=OnDelete.restrict, index=True, unique=True)
    title = Varchar(length=120, default=None)
    organ_name = Varchar(length=120, default="")
    region_name = Varchar(length=120, default="")
    content = JSONB(default="{}")
    digest = Varchar(length=64, default="")
    edition = Integer(default=1)
    correction = Varchar(length=300, default="")
    """Why it was published again."""
    published_at = Timestamptz(default=None)
