# SPDX-License-Identifier: Apache-2.0
"""Rules in force, what was judged, the alarms and what became of them. Nothing is ever deleted."""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Owned, Published

KEEP: dict[str, str] = {"web": "select, insert, update", "worker": "select, insert, update"}
ADD_ONLY: dict[str, str] = {"web": "select, insert", "worker": "select, insert"}


class RuleSet(Published, Table, tablename="inspection_rule_set"):
    """A version of a power item as far as judging needs it, projected from its publication."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    item = BigInt(default=None)
    version = Integer(default=None)
    code = Varchar(length=60, default="")
    title = Varchar(length=200, default="")
    organisation = BigInt(default=0)
    effective_from = Timestamptz(default=None)
    definition = JSONB(default=None)

    once = Unique([item, version])


class Alarm(Owned, Table, tablename="inspection_alarm"):
    """An alarm with its sealed proof; only an order takes it back (S1-24)."""

    GRANTS: ClassVar = KEEP
    LIST_ORDER = "raised_at"

    id = BigSerial(primary_key=True)
    case_id = BigInt(default=None)
    verdict_key = Varchar(length=300, default=None)
    """The key of the verdict it rests on: one alarm per case and key, however often delivered."""
    item = BigInt(default=0)
    version = Integer(default=0)
    point = Varchar(length=60, default=None)
    point_title = Varchar(length=200, default="")
    kind = Varchar(length=60, default=None)
    mark = Varchar(length=20, default=None)
    colour = Varchar(length=6, default=None)
    step = Varchar(length=60, default="")
    step_title = Varchar(length=200, default="")
    visit = Integer(default=0)
    headline = Varchar(length=300, default="")
    sentence = Text(default="")
    clause = Text(default="")
    cure = Text(default="")
    state = Varchar(length=12, default="raised")
    """raised, supervised, explained, revoked, upheld."""
    returned = Boolean(default=False)
    """The explanation was sent back; it is supervised again."""
    happened_at = Timestamptz(default=None)
    raised_at = Timestamptz(default=None)
    state_at = Timestamptz(default=None)
    late = Boolean(default=False)
    """Found through an entry made after the fact."""
    corrected = Boolean(default=False)
    case_number = Varchar(length=80, default="")
    case_title = Varchar(length=300, default="")
    party = Varchar(length=200, default="")
    organisation = BigInt(default=0)
    department = BigInt(default=0)
    handlers = JSONB(default=[])
    order_id = BigInt(default=0)
    order_number = Varchar(length=60, default="")
    state_reason = Text(default="")
    silence = BigInt(default=0)
    """The silence it was raised under; 0 = none."""
    proof = Text(default="")
    proof_hash = Varchar(length=64, default="")

    once = Unique([case_id, verdict_key])


class Verdict(Owned, Table, tablename="inspection_verdict"):
    """What the points last said of a case; what passed is kept too, for rates and for changes."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = BigInt(default=None)
    key = Varchar(length=300, default=None)
    item = BigInt(default=0, index=True)
    version = Integer(default=0)
    point = Varchar(length=60, default=None)
    kind = Varchar(length=60, default=None)
    mark = Varchar(length=20, default=None)
    step = Varchar(length=60, default="")
    result = Varchar(length=16, default=None)
    colour = Varchar(length=6, default="")
    digest = Varchar(length=16, default="")
    happened_at = Timestamptz(default=None)
    judged_at = Timestamptz(default=None)

    once = Unique([case_id, key])


class Correction(Owned, Table, tablename="inspection_correction"):
    """An entry made later changes what an alarm said; the alarm stays, this says what is new."""

    GRANTS: ClassVar = ADD_ONLY

    id = BigSerial(primary_key=True)
    alarm = ForeignKey(Alarm, null=False, on_delete=OnDelete.restrict, index=True)
    case_id = BigInt(default=None)
    result = Varchar(length=16, default="")
    sentence = Text(default="")
    fact = BigInt(default=0)
    made_at = Timestamptz(default=None)


class Silence(Owned, Table, tablename="inspection_silence"):
    """For a reason and until a day, alarms are noted without being told; never without an end."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    item = BigInt(default=0)
    point = Varchar(length=60, default="")
    """Empty = all points of the item."""
    title = Varchar(length=300, default="")
    case_id = BigInt(default=0)
    """0 = all cases of the item."""
    reason = Text(default=None)
    author = BigInt(default=None)
    author_name = Varchar(length=100, default="")
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    """Taken back early, or its end was announced."""
    ended_by = Varchar(length=100, default="")


class Trial(Owned, Table, tablename="inspection_trial"):
    """A draft tried on past cases or on a log; the finished report is bound to it by its hash."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    draft = BigInt(default=None, index=True)
    item = BigInt(default=0)
    code = Varchar(length=60, default="")
    title = Varchar(length=200, default="")
    digest = Varchar(length=64, default=None, index=True)
    """SHA-256 of the definition as it would be published; what is approved is exactly this."""
    base_version = Integer(default=0)
    revision = Integer(default=0)
    definition = JSONB(default=None)
    source = Varchar(length=8, default="facts")
    """facts: the past cases of the item; log: an uploaded event log."""
    log = BigInt(default=0)
    """The trial whose `TrialCase` rows hold the log; its own id, or that of the first one."""
    log_name = Varchar(length=200, default="")
    log_hash = Varchar(length=64, default="")
    """SHA-256 of the uploaded file."""
    state = Varchar(length=10, default="waiting")
    """waiting, running, done, cancelled, failed."""
    total = Integer(default=0)
    done = Integer(default=0)
    events = Integer(default=0)
    unreadable = Integer(default=0)
    place = BigInt(default=0)
    """Where reading goes on: the fact of the case read last, or the number of cases read."""
    upto = BigInt(default=0)
    """Facts recorded later are not read, however long it takes."""
    until = Timestamptz(null=True, default=None)
    """The time of judging, taken from the facts themselves, never from the clock."""
    chained = Varchar(length=64, default="")
    counted = Text(default="")
    report = Text(default="")
    report_hash = Varchar(length=64, default="")
    reason = Text(default="")
    author_name = Varchar(length=100, default="")
    created_at = Timestamptz(default=None)
    moved_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)


class TrialCase(Owned, Table, tablename="inspection_trial_case"):
    """A case of an uploaded log, read and checked when it was uploaded."""

    GRANTS: ClassVar = ADD_ONLY

    id = BigSerial(primary_key=True)
    trial = ForeignKey(Trial, null=False, on_delete=OnDelete.restrict, index=False)
    number = Integer(default=None)
    name = Varchar(length=200, default="")
    content = Text(default=None)

    once = Unique([trial, number])


class QuietPoint(Owned, Table, tablename="inspection_quiet_point"):
    """A point that says nothing, as last counted in the night; it is kept when it speaks again."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    item = BigInt(default=None)
    version = Integer(default=0)
    code = Varchar(length=60, default="")
    item_title = Varchar(length=200, default="")
    organisation = BigInt(default=0)
    point = Varchar(length=60, default=None)
    point_title = Varchar(length=200, default="")
    kind = Varchar(length=60, default="")
    mark = Varchar(length=20, default=None)
    step_title = Varchar(length=200, default="")
    silence = Varchar(length=6, default=None)
    """never, always, none (rules.quiet)."""
    judged = Integer(default=0)
    fired = Integer(default=0)
    cases = Integer(default=0)
    quiet_since = Timestamptz(default=None)
    """When a nightly count first found it so."""
    counted_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    """When a count no longer found it so."""

    once = Unique([item, point, mark])


class Notice(Owned, Table, tablename="inspection_notice"):
    """Several alarms told in one message (C4-09); the message links to exactly these."""

    GRANTS: ClassVar = ADD_ONLY

    id = BigSerial(primary_key=True)
    alarms = Array(base_column=BigInt(), default=None)
    made_at = Timestamptz(default=None)


class Told(Owned, Table, tablename="inspection_told"):
    """An alarm and somebody who is told of it: when he was, or that he still will be."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    person = BigInt(default=None)
    alarm = ForeignKey(Alarm, null=False, on_delete=OnDelete.restrict, index=True)
    told_at = Timestamptz(null=True, default=None)
    """Null while it waits to be told together with others."""

    once = Unique([person, alarm])
