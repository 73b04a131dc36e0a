# SPDX-License-Identifier: Apache-2.0
"""Applications, their public notices, terms of office and what happens during them.

Rows a volunteer reads about himself are ``Own``; what anybody may read without a session is
``Public``; what only the office works with is ``Owned``.
"""

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
from piccolo.table import Table

from core.api.db import Own, Owned, Public


class Application(Own, Table, tablename="supervisors_application"):
    """One application (报名): the fields of S0-2 but for the numbers, which are the person's."""

    LIST_ORDER = "submitted_at"

    id = BigSerial(primary_key=True)
    name = Varchar(length=60, default=None)
    sex = Varchar(length=4, default="")
    birth_date = Date(null=True, default=None)
    route = Varchar(length=8, default=None)
    """self | unit | invited (选聘类型)"""
    renewal = Boolean(default=False)
    """A 继任 of a sitting supervisor: the same person, the next term."""
    source = Varchar(length=16, default="other")
    """界别, a key of ``rules.words.SOURCES``."""
    industry = Varchar(length=60, default="")
    employer = Varchar(length=120, default="")
    recommending_unit = Varchar(length=120, default="")
    legal_qualified = Boolean(default=False)
    """国家法律职业资格: sorts higher, never a filter (S3-12)."""
    region = BigInt(default=None, index=True)
    region_name = Varchar(length=120, default="")
    photo = BigInt(null=True, default=None)
    recommendation = BigInt(null=True, default=None)
    attachment = BigInt(null=True, default=None)
    """Proof of what is declared, where there is one."""
    declared = JSONB(default="[]")
    checked = JSONB(default="[]")
    """The region's own conditions as they read when they were ticked."""
    state = Varchar(length=12, default="screening", index=True)
    account = BigInt(default=0)
    """The user account; 0 while an invited person has none."""
    login = Varchar(length=64, default="")
    submitted_at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    reason = Varchar(length=500, default="")
    """Why it did not pass, as the applicant reads it."""
    decided_by = BigInt(default=0)
    term = BigInt(null=True, default=None)
    cleared_at = Timestamptz(null=True, default=None)
    """When the particulars of an unsuccessful application were deleted (after one year)."""


class Progress(Own, Table, tablename="supervisors_progress"):
    """What an applicant reads under 办证进度: one row for each step, in his own words."""

    id = BigSerial(primary_key=True)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict, index=True)
    event = Varchar(length=24, default=None)
    title = Varchar(length=120, default=None)
    text = Text(default="")
    at = Timestamptz(default=None)


class Notice(Public, Table, tablename="supervisors_notice"):
    """A 公示. Holds only what anybody may read; no number of any kind (S3-6)."""

    id = BigSerial(primary_key=True)
    application = BigInt(default=None, unique=True)
    name = Varchar(length=60, default=None)
    sex = Varchar(length=4, default="")
    region_name = Varchar(length=120, default="")
    organ_name = Varchar(length=120, default="")
    route_words = Varchar(length=20, default="")
    source_words = Varchar(length=20, default="")
    industry = Varchar(length=60, default="")
    employer = Varchar(length=120, default="")
    recommending_unit = Varchar(length=120, default="")
    workdays = Integer(default=5)
    opened_at = Timestamptz(default=None, index=True)
    ends_at = Timestamptz(default=None, index=True)
    closed_at = Timestamptz(null=True, default=None)


class Objection(Owned, Table, tablename="supervisors_objection"):
    """An objection of the public; who made it rests encrypted."""

    id = BigSerial(primary_key=True)
    application = ForeignKey(Application, null=False, on_delete=OnDelete.restrict, index=True)
    text = Text(default=None)
    name = Bytea(null=True, default=None, secret=True)
    contact = Bytea(null=True, default=None, secret=True)
    receipt = Bytea(default=None, unique=True)
    """Hash of the code the objector keeps, to read the answer without an account."""
    at = Timestamptz(default=None)
    outcome = Varchar(length=12, default="")
    """"" = unanswered, ``upheld``, ``dismissed``."""
    answer = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
    answered_by = BigInt(default=0)


class Term(Own, Table, tablename="supervisors_term"):
    """A 聘期 of one person in one region."""

    LIST_ORDER = "starts"

    id = BigSerial(primary_key=True)
    application = BigInt(default=None, unique=True)
    """A race of two approvals ends here: one application, one term."""
    name = Varchar(length=60, default=None)
    number_in_row = Integer(default=1)
    """第几届 in a row."""
    starts = Date(default=None)
    ends = Date(default=None)
    ended_on = Date(null=True, default=None)
    state = Varchar(length=10, default="active", index=True)
    ground = Varchar(length=10, default="")
    reason = Varchar(length=500, default="")
    region = BigInt(default=None)
    account = BigInt(default=0)
    assignment = BigInt(default=0)
    """The role given with the term; withdrawn with it."""
    reminded_at = Timestamptz(null=True, default=None)
    moving = Text(default="")
    """The address with the code that is shown on the telephone, good until ``moving_until``."""
    moving_until = Timestamptz(null=True, default=None)
    flagged = Varchar(length=300, default="")
    """Why the nightly check stopped at this person; empty = nothing found."""
    created_at = Timestamptz(default=None)


class Card(Public, Table, tablename="supervisors_card"):
    """The 聘任证书 as anybody may check it behind its token."""

    id = BigSerial(primary_key=True)
    term = BigInt(default=None, unique=True)
    token = Varchar(length=32, default=None, unique=True)
    """Opaque and random; the QR holds it, so that nobody can count through certificates."""
    number = Varchar(length=60, default=None, unique=True)
    name = Varchar(length=60, default=None)
    region_name = Varchar(length=120, default="")
    organ_name = Varchar(length=120, default="")
    number_in_row = Integer(default=1)
    starts = Date(default=None)
    ends = Date(default=None)
    ended_on = Date(null=True, default=None)
    state = Varchar(length=10, default="active")
    photo = BigInt(null=True, default=None)
    issued_at = Timestamptz(default=None)
    signed = Text(default="")
    """The address with the signed code, as it is printed; empty until somebody has signed it."""


class Request(Own, Table, tablename="supervisors_request"):
    """申请: 继任 or 辞职 of a sitting supervisor, with its review."""

    id = BigSerial(primary_key=True)
    term = ForeignKey(Term, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=12, default=None)
    """renewal | resignation"""
    name = Varchar(length=60, default=None)
    reason = Text(default="")
    state = Varchar(length=10, default="submitted", index=True)
    """submitted | approved | refused | withdrawn"""
    last_day = Date(null=True, default=None)
    answer = Varchar(length=500, default="")
    at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(default=0)


class Recusal(Own, Table, tablename="supervisors_recusal"):
    """A duty to withdraw, declared by the supervisor or ordered by the bureau (S3-17)."""

    id = BigSerial(primary_key=True)
    term = ForeignKey(Term, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10, default=None)
    """declared | ordered"""
    relation = Varchar(length=12, default=None)
    organisation = BigInt(null=True, default=None)
    organisation_lo = BigInt(default=0)
    organisation_hi = BigInt(default=0)
    organisation_name = Varchar(length=120, default="")
    officer = BigInt(default=0)
    officer_name = Varchar(length=60, default="")
    case_words = Varchar(length=120, default="")
    text = Text(default="")
    since = Date(default=None)
    until = Date(null=True, default=None)
    at = Timestamptz(default=None)
    by = BigInt(default=0)


class Attendance(Owned, Table, tablename="supervisors_attendance"):
    """Who came to what the bureau held: one row per person and activity or training."""

    id = BigSerial(primary_key=True)
    person = BigInt(default=None, index=True)
    activity = BigInt(default=None, index=True)
    """The activity's number; of a training the negative of its number."""
    on = Date(default=None)
    outcome = Varchar(length=8, default=None)
    title = Varchar(length=200, default="")


class Proposal(Owned, Table, tablename="supervisors_proposal"):
    """A proposal to dismiss; a human decides (S3-25)."""

    id = BigSerial(primary_key=True)
    term = ForeignKey(Term, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=60, default=None)
    ground = Varchar(length=10, default=None)
    cause = Varchar(length=12, default=None)
    """absences | officer | report | bureau: what raised it."""
    evidence = JSONB(default="{}")
    text = Text(default="")
    state = Varchar(length=10, default="open", index=True)
    """open | dismissed | dropped | lapsed: what it rested on was corrected, or the term ended before anybody decided"""
    answer = Text(default="")
    at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(default=0)


class Commendation(Own, Table, tablename="supervisors_commendation"):
    """A 通报表彰 (S3-26)."""

    id = BigSerial(primary_key=True)
    term = ForeignKey(Term, null=False, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=120, default=None)
    text = Text(default="")
    on = Date(default=None)
    by = BigInt(default=0)
    at = Timestamptz(default=None)


class Report(Own, Table, tablename="supervisors_report"):
    """A body's report of a supervisor (S3-21). ``person`` is who reports, so that he reads it."""

    id = BigSerial(primary_key=True)
    term = BigInt(default=None, index=True)
    supervisor = BigInt(default=None)
    supervisor_name = Varchar(length=60, default="")
    body = BigInt(default=0)
    body_name = Varchar(length=120, default="")
    breach = Varchar(length=12, default=None)
    happened_on = Date(default=None)
    text = Text(default=None)
    attachment = BigInt(null=True, default=None)
    state = Varchar(length=10, default="open", index=True)
    """open | founded | unfounded"""
    answer = Text(default="")
    at = Timestamptz(default=None)
    answered_at = Timestamptz(null=True, default=None)
    answered_by = BigInt(default=0)
