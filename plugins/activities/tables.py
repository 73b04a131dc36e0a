# SPDX-License-Identifier: Apache-2.0
"""What supervisors register, and the activities bureaus organise with whom they invited.

What a supervisor reads about himself is ``Own``: he reaches no organisation, so the rows stand at
his bureau and are his by ``person``. The activity itself is the bureau's.
"""

from typing import Any, ClassVar

from piccolo.columns import (
    BigInt,
    BigSerial,
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

from core.api.db import Own, Owned


class Activity(Owned, Table, tablename="activities_activity"):
    """An activity the bureau organises (S3-15)."""

    LIST_ORDER = "starts_at"

    id = BigSerial(primary_key=True)
    title = Varchar(length=120, default=None)
    kind = Varchar(length=12, default=None)
    """A key of ``rules.words.KINDS``."""
    about = Text(default="")
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    place = Varchar(length=200, default=None)
    host = BigInt(default=None)
    """The body whose enforcement is looked at; who must withdraw from it is not invited."""
    host_lo = BigInt(default=0)
    host_name = Varchar(length=120, default="")
    seats = Integer(default=None)
    organ = BigInt(default=None)
    organ_name = Varchar(length=120, default="")
    state = Varchar(length=10, default="open")
    """open | closed | cancelled"""
    reason = Varchar(length=500, default="")
    """Why it was cancelled."""
    closed_at = Timestamptz(null=True, default=None)
    reminded_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz(null=True, default=None)
    """When the bureau was asked to close the attendance."""
    version = Integer(default=1)
    created_at = Timestamptz(default=None)
    created_by_name = Varchar(length=64, default="")


class Invitation(Own, Table, tablename="activities_invitation"):
    """One person's invitation, answer and attendance."""

    id = BigSerial(primary_key=True)
    activity = ForeignKey(Activity, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=64, default="")
    place_name = Varchar(length=120, default="")
    """Where he supervises, as the list of candidates showed it."""
    answer = Varchar(length=8, default="")
    """"" | coming | leave"""
    reason = Varchar(length=500, default="")
    answered_at = Timestamptz(null=True, default=None)
    leave = Varchar(length=8, default="")
    """"" | asked | granted | refused"""
    leave_answer = Varchar(length=500, default="")
    outcome = Varchar(length=8, default="")
    """"" | present | excused | absent"""
    outcome_at = Timestamptz(null=True, default=None)
    outcome_by = Varchar(length=8, default="")
    """"" | code | hand | closing"""
    corrected = Varchar(length=500, default="")
    """The reason of the last correction by hand; all of them stand in the trail."""
    corrected_by_name = Varchar(length=64, default="")
    invited_at = Timestamptz(default=None)

    once = Unique(["activity", "person"])


class Record(Own, Table, tablename="activities_record"):
    """One 登记 with exactly the fields of S0-20."""

    LIST_ORDER = "submitted_at"

    id = BigSerial(primary_key=True)
    name = Varchar(length=64, default="")
    """Who registered it."""
    type = Varchar(length=8, default=None)
    """self | invited (类型)"""
    organisation = BigInt(default=None)
    organisation_lo = BigInt(default=0)
    organisation_name = Varchar(length=120, default=None)
    organisation_phone = Varchar(length=40, default=None)
    registered_on = Date(default=None)
    region = BigInt(default=None)
    region_name = Varchar(length=160, default="")
    street = Varchar(length=80, default=None)
    address = Varchar(length=200, default=None)
    matter = Text(default=None)
    party = Varchar(length=120, default=None)
    party_phone = Bytea(default=None, secret=True)
    """Encrypted: the party never asked to stand in this register."""
    outcome = Text(default=None)
    advice = Text(default=None)
    activity: Any = BigInt(default=0, index=True)
    """The bureau's activity it belongs to; 0 = none."""
    activity_title = Varchar(length=120, default="")
    state = Varchar(length=10, default="submitted")
    version = Integer(default=1)
    """Counts the corrections, so that two tabs notice each other."""
    submitted_at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by_name = Varchar(length=64, default="")


class Entry(Own, Table, tablename="activities_entry"):
    """What was said about a record, by the bureau and by whom it belongs to."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}

    id = BigSerial(primary_key=True)
    record = ForeignKey(Record, null=False, on_delete=OnDelete.restrict, index=True)
    act = Varchar(length=12, default=None)
    """submitted | completed | noted | returned | comment"""
    text = Text(default="")
    by_name = Varchar(length=64, default="")
    side = Varchar(length=8, default="bureau")
    """bureau | own"""
    at = Timestamptz(default=None)


class Attachment(Own, Table, tablename="activities_attachment"):
    """A photo, recording or film of a record."""

    id = BigSerial(primary_key=True)
    record = ForeignKey(Record, null=False, on_delete=OnDelete.restrict, index=True)
    file = BigInt(default=None)
    name = Varchar(length=200, default="")
    kind = Varchar(length=12, default=None)
    media_type = Varchar(length=100, default="")
    size = BigInt(default=0)
    sha256 = Varchar(length=64, default="")
