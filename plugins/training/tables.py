# SPDX-License-Identifier: Apache-2.0
"""Trainings, who takes part, hours, lessons, and what each person has studied.

A draft has an empty audience: it becomes visible to others in the statement that publishes it.
"""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Own, Owned, Published


class Training(Published, Table, tablename="training_training"):
    """A training an office holds (培训, S0-21): for whom, when, where, how many hours."""

    LIST_ORDER = "sort_at"

    id = BigSerial(primary_key=True)
    title = Varchar(length=120, default=None)
    body = Text(default="")
    """Safe HTML (``core.api.richtext``)."""
    batch = Varchar(length=40, default="")
    """2026年第3期; drawn when it is published, printed on every certificate (C8-07)."""
    readers = Varchar(length=12, default="all")
    region = BigInt(default=None)
    region_name = Varchar(length=120, default="")
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default="")
    state = Varchar(length=10, default="draft")
    """draft | published | finished | withdrawn"""
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    sign_up_until = Timestamptz(null=True, default=None)
    venue = Varchar(length=200, default="")
    teacher = Varchar(length=120, default="")
    tenths = Integer(default=0)
    """Hours it is worth, in tenths of a 学时."""
    seats = Integer(default=0)
    """How many may take part; 0 = as many as come."""
    taken = Integer(default=0)
    waiting = Integer(default=0)
    """Counted under the lock of this row, so that nobody needs to see the others' rows."""
    feedback_until = Date(null=True, default=None)
    version = Integer(default=1)
    published_at = Timestamptz(null=True, default=None)
    published_by_name = Varchar(length=64, default="")
    finished_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    withdraw_reason = Varchar(length=300, default="")
    reminded_at = Timestamptz(null=True, default=None)
    turned_at = Timestamptz(null=True, default=None)
    """When the office was told that the training is over and has to be closed."""
    sort_at = Timestamptz(default=None)


class Lesson(Published, Table, tablename="training_lesson"):
    """Something to study at any time: a lesson (课程) or a case example (案例指导, C8-13)."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=8, default="lesson")
    """lesson | case"""
    title = Varchar(length=120, default=None)
    body = Text(default="")
    tag = Varchar(length=40, default="")
    """The kind of alarm it helps against; empty = none."""
    readers = Varchar(length=12, default="all")
    region = BigInt(default=None)
    region_name = Varchar(length=120, default="")
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default="")
    state = Varchar(length=10, default="draft")
    """draft | published | withdrawn"""
    tenths = Integer(default=0)
    checked = Boolean(default=False)
    """A case example: somebody has looked at every place the leak check marked."""
    version = Integer(default=1)
    published_at = Timestamptz(null=True, default=None)
    published_by_name = Varchar(length=64, default="")
    withdrawn_at = Timestamptz(null=True, default=None)
    withdraw_reason = Varchar(length=300, default="")
    sort_at = Timestamptz(default=None)
    guidance = BigInt(null=True, default=None, index=True)
    """The typical case of the file review it was drafted from; empty = written here."""


class Material(Published, Table, tablename="training_material"):
    """A document or a video of a training or of a lesson."""

    id = BigSerial(primary_key=True)
    training = ForeignKey(Training, null=True, on_delete=OnDelete.cascade, index=True)
    lesson = ForeignKey(Lesson, null=True, on_delete=OnDelete.cascade, index=True)
    file = BigInt(default=None)
    name = Varchar(length=200, default=None)
    size = BigInt(default=0)
    kind = Varchar(length=12, default="")
    seconds = Integer(default=0)
    """How long a video is, as players reported it; 0 = nobody has played it yet."""


class Seat(Own, Table, tablename="training_seat"):
    """That a person signed up, and whether he came; the row belongs to the office's place."""

    id = BigSerial(primary_key=True)
    training = ForeignKey(Training, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60, default=None)
    unit = Varchar(length=120, default="")
    state = Varchar(length=10, default="seat")
    """seat | waiting | left"""
    queued_at = Timestamptz(default=None)
    """When the person signed up; the waiting list goes by it."""
    excuse = Varchar(length=300, default="")
    attendance = Varchar(length=8, default="")
    """present | excused | absent; empty while nobody knows."""
    came_at = Timestamptz(null=True, default=None)
    way = Varchar(length=8, default="")
    """code | import | hand"""
    batch = BigInt(null=True, default=None, index=True)
    feedback = Boolean(default=False)
    """That it was given, never which one it is."""
    number = Varchar(length=60, default="")
    """Of the certificate of attendance."""
    void = Boolean(default=False)
    """The certificate no longer counts: the attendance was corrected."""

    once = Unique(["training", "person"])


class Hours(Own, Table, tablename="training_hours"):
    """The ledger of hours; entries are added, never changed (C8-04).

    An entry lies where the person belongs, so that the own unit and bureau see it whoever held
    the training. The office that credited it is kept with it, and takes it back alone.
    """

    GRANTS = {"web": "select, insert", "worker": "select, insert"}  # noqa: RUF012

    id = BigSerial(primary_key=True)
    name = Varchar(length=60, default=None)
    tenths = Integer(default=None)
    """Negative for a counter-entry."""
    on = Date(default=None)
    year = SmallInt(default=None, index=True)
    source = Varchar(length=10, default=None)
    """training | lesson | other | counter"""
    source_id = BigInt(default=0)
    title = Varchar(length=160, default="")
    reason = Varchar(length=300, default="")
    reverses = BigInt(null=True, default=None, unique=True)
    """The entry this one takes back."""
    recorded_at = Timestamptz(default=None)
    recorded_by_name = Varchar(length=64, default="")
    organ = BigInt(default=0)
    """The office that credits; 0 in entries older than this column."""
    organ_name = Varchar(length=120, default="")


class Feedback(Owned, Table, tablename="training_feedback"):
    """What an attendee thought of a training; an anonymous one names nobody (C8-06).

    ``mixed`` rows were written anew in a random order after the last day, so that neither their
    number nor their place in the table tells who came first.
    """

    id = BigSerial(primary_key=True)
    training = ForeignKey(Training, null=False, on_delete=OnDelete.restrict, index=True)
    content = SmallInt(default=None)
    teaching = SmallInt(default=None)
    useful = SmallInt(default=None)
    words = Varchar(length=1000, default="")
    person = BigInt(null=True, default=None)
    name = Varchar(length=60, default="")
    mixed = Boolean(default=False)


class Requirement(Published, Table, tablename="training_requirement"):
    """How many hours a year a role owes (C8-10). A change is a new row, the old one ends."""

    id = BigSerial(primary_key=True)
    role = Varchar(length=40, default=None)
    tenths = Integer(default=None)
    from_year = SmallInt(default=None)
    to_year = SmallInt(null=True, default=None)
    basis = Varchar(length=200, default="")
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default="")
    region_name = Varchar(length=120, default="")
    reminded_on = Date(null=True, default=None)
    set_at = Timestamptz(default=None)
    set_by_name = Varchar(length=64, default="")


class Watched(Own, Table, tablename="training_watched"):
    """Which parts of a video a person has seen."""

    id = BigSerial(primary_key=True)
    material = ForeignKey(Material, null=False, on_delete=OnDelete.cascade, index=True)
    ranges = Text(default="[]")
    """JSON: pairs of seconds, sorted, apart from each other."""
    seconds = Integer(default=0)
    reported_at = Timestamptz(default=None)

    once = Unique(["material", "person"])


class Study(Own, Table, tablename="training_study"):
    """What a person has to do with a lesson: it was suggested, opened, done, declined."""

    id = BigSerial(primary_key=True)
    lesson = ForeignKey(Lesson, null=False, on_delete=OnDelete.restrict, index=True)
    suggested_at = Timestamptz(null=True, default=None)
    alarms = Integer(default=0)
    """How many alarms led to the suggestion."""
    opened_at = Timestamptz(null=True, default=None)
    declined_at = Timestamptz(null=True, default=None)
    decline_reason = Varchar(length=200, default="")
    done_at = Timestamptz(null=True, default=None)

    once = Unique(["lesson", "person"])


class Alarm(Own, Table, tablename="training_alarm"):
    """What training knows of an alarm: whom it concerns and of which kind (C8-12)."""

    id = BigSerial(primary_key=True)
    alarm = BigInt(default=None, index=True)
    kind = Varchar(length=40, default="")
    title = Varchar(length=200, default="")
    happened_at = Timestamptz(default=None)
    revoked = Boolean(default=False)

    once = Unique(["alarm", "person"])


class Batch(Owned, Table, tablename="training_batch"):
    """An imported list of attendance: what was read, what came of it, whether it was undone."""

    id = BigSerial(primary_key=True)
    training = ForeignKey(Training, null=False, on_delete=OnDelete.restrict, index=True)
    filename = Varchar(length=200, default="")
    digest = Varchar(length=64, default=None)
    state = Varchar(length=10, default="preview")
    """preview | applied | undone"""
    rows = Text(default="[]")
    """JSON; identity numbers are used for matching and not kept."""
    faults = Text(default="{}")
    created_at = Timestamptz(default=None)
    created_by_name = Varchar(length=64, default="")
    applied_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
