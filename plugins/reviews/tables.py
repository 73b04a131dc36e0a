# SPDX-License-Identifier: Apache-2.0
"""Closed cases, scoring tables, plans, what was drawn, sheets, guidance, evaluations."""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
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


@unscoped("which of the eight classes a published power item belongs to")
class Item(Table, tablename="reviews_item"):
    """A power item's class, from the fact that its version took effect."""

    item = BigInt(primary_key=True, default=None)
    power_class = Varchar(length=16, default="")


class Case(Owned, Table, tablename="reviews_case"):
    """A closed case: what a population is made of. No party, no text."""

    id = BigSerial(primary_key=True)
    case_id = BigInt(default=None, unique=True)
    case_number = Varchar(length=80, default="")
    title = Varchar(length=300, default="")
    item = BigInt(default=0)
    persons = JSONB(default="[]")
    """Who dealt with it: none of them reviews it."""
    closed_on = Date(default=None, index=True)


class Alarm(Owned, Table, tablename="reviews_alarm"):
    """An alarm on a case: what decides an item before a reviewer looks."""

    id = BigSerial(primary_key=True)
    alarm = BigInt(default=None, unique=True)
    case_id = BigInt(default=None, index=True)
    kind = Varchar(length=24, default="")
    sentence = Text(default="")
    revoked = Boolean(default=False)


class Template(Owned, Table, tablename="reviews_template"):
    """One version of a scoring table. A published one never changes."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=120, default=None)
    version = Integer(default=1)
    power_class = Varchar(length=16, default="")
    """Empty = for every class."""
    items = JSONB(default="[]")
    published_at = Timestamptz(null=True, default=None)
    by_name = Varchar(length=80, default="")

    once = Unique(["name", "version", "region_lo"])


class Plan(Owned, Table, tablename="reviews_plan"):
    """A review: its seed first, then the list, then the draw."""

    id = BigSerial(primary_key=True)
    title = Varchar(length=200, default=None)
    template = ForeignKey(Template, null=False, on_delete=OnDelete.restrict, index=True)
    since = Date(default=None)
    until = Date(default=None)
    each_unit = Integer(default=2)
    gap = Integer(default=10)
    """Points between two scores from which a third reviewer is called."""
    reviewers = JSONB(default="[]")
    seed = Varchar(length=200, default=None)
    announced_at = Timestamptz(default=None)
    announced_by = Varchar(length=80, default="")
    head = Text(default="")
    """The head of the platform's seals at the draw; part of the seed from then on."""
    population = JSONB(default="[]")
    digest = Varchar(length=64, default="")
    drawn_at = Timestamptz(null=True, default=None)
    told_at = Timestamptz(null=True, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    state = Varchar(length=12, default="announced")
    """announced, scoring, told, confirmed."""


class Drawn(Owned, Table, tablename="reviews_drawn"):
    """A drawn case; stands at the place of the body whose case it is."""

    id = BigSerial(primary_key=True)
    plan = ForeignKey(Plan, null=False, on_delete=OnDelete.restrict, index=True)
    case_id = BigInt(default=None)
    case_number = Varchar(length=80, default="")
    title = Varchar(length=300, default="")
    unit = Varchar(length=120, default="")
    score = Integer(null=True, default=None)
    """Hundredths; null until two scores lie close enough, or a third has come."""
    vetoed = JSONB(default="[]")
    told = Boolean(default=False)
    objection = Text(default="")
    objected_by = Varchar(length=80, default="")
    objected_at = Timestamptz(null=True, default=None)
    answer = Text(default="")
    accepted = Boolean(null=True, default=None)
    """What became of the objection; null = not decided, or there is none."""
    rectified = Text(default="")
    rectified_by = Varchar(length=80, default="")
    checked = Varchar(length=10, default="")
    """waiting for a second look, passed, or returned."""
    checked_note = Text(default="")

    once = Unique(["plan", "case_id"])


class Sheet(Owned, Table, tablename="reviews_sheet"):
    """One reviewer's score of one case; nobody else sees it before the last one is handed in."""

    FK_UNCHECKED: ClassVar = {
        "drawn": "the case stands at its body, the sheet at the bureau that reviews"
    }

    id = BigSerial(primary_key=True)
    drawn = ForeignKey(Drawn, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=80, default="")
    marks = JSONB(default="{}")
    remark = Text(default="")
    score = Integer(null=True, default=None)
    vetoed = JSONB(default="[]")
    handed_at = Timestamptz(null=True, default=None)
    recused = Text(default="")
    """Why he stepped back; such a sheet counts no more."""

    once = Unique(["drawn", "person"])


class Guidance(Public, Table, tablename="reviews_guidance"):
    """A typical case without names: written by one, approved by another, then for everybody.

    Holds nothing that anybody may not read; the words that were swapped are kept nowhere.
    """

    FK_UNCHECKED: ClassVar = {
        "drawn": "the case stands at its body, its guidance at the bureau that publishes it"
    }

    id = BigSerial(primary_key=True)
    drawn = ForeignKey(Drawn, null=False, on_delete=OnDelete.restrict, unique=True)
    kind = Varchar(length=8, default="warn")
    """model, warn."""
    title = Varchar(length=120, default=None)
    story = Text(default="")
    findings = Text(default="")
    advice = Text(default="")
    organ = Varchar(length=120, default="")
    state = Varchar(length=10, default="waiting")
    """waiting for the second person, returned, published, withdrawn."""
    written_by = BigInt(default=None)
    written_name = Varchar(length=80, default="")
    written_at = Timestamptz(default=None)
    approved_name = Varchar(length=80, default="")
    note = Text(default="")
    published_at = Timestamptz(null=True, default=None, index=True)


class Scheme(Owned, Table, tablename="reviews_scheme"):
    """One version of a standard of 检查评议. A published one never changes."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=120, default=None)
    version = Integer(default=1)
    indicators = JSONB(default="[]")
    published_at = Timestamptz(default=None)
    by_name = Varchar(length=80, default="")

    once = Unique(["name", "version", "region_lo"])


class Evaluation(Owned, Table, tablename="reviews_evaluation"):
    """An evaluation of a period that is over; stands at the bureau."""

    id = BigSerial(primary_key=True)
    title = Varchar(length=200, default=None)
    scheme = ForeignKey(Scheme, null=False, on_delete=OnDelete.restrict, index=True)
    since = Date(default=None)
    until = Date(default=None)
    due = Date(default=None)
    """Until when the bodies report on themselves."""
    state = Varchar(length=12, default="open")
    """open, told, published."""
    opened_at = Timestamptz(default=None)
    opened_by = Varchar(length=80, default="")
    told_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)


class Evaluated(Owned, Table, tablename="reviews_evaluated"):
    """A body in an evaluation; stands at the body."""

    id = BigSerial(primary_key=True)
    evaluation = ForeignKey(Evaluation, null=False, on_delete=OnDelete.restrict, index=True)
    organisation = BigInt(default=None)
    unit = Varchar(length=120, default="")
    figures = JSONB(default="{}")
    """Numbers by metric key as they were at the opening, each with its definition and rows."""
    report = JSONB(default="{}")
    """What the body says of itself, by theme."""
    files = JSONB(default="[]")
    reported_by = Varchar(length=80, default="")
    reported_at = Timestamptz(null=True, default=None)
    late = Boolean(default=False)
    marks = JSONB(default="{}")
    remark = Text(default="")
    score = Integer(null=True, default=None)
    """Hundredths."""
    scored_by = Varchar(length=80, default="")
    told = Boolean(default=False)
    objection = Text(default="")
    objected_by = Varchar(length=80, default="")
    objected_at = Timestamptz(null=True, default=None)
    answer = Text(default="")
    accepted = Boolean(null=True, default=None)

    once = Unique(["evaluation", "organisation"])


class Appraisal(Public, Table, tablename="reviews_appraisal"):
    """What everybody reads of a body's evaluation: no reasons, no reports, no small numbers."""

    id = BigSerial(primary_key=True)
    evaluation = ForeignKey(Evaluation, null=False, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=200, default=None)
    organ = Varchar(length=120, default="")
    unit = Varchar(length=120, default="")
    since = Date(default=None)
    until = Date(default=None)
    score = Integer(default=0)
    themes = JSONB(default="[]")
    figures = JSONB(default="[]")
    published_at = Timestamptz(default=None)

    once = Unique(["evaluation", "unit"])
