# SPDX-License-Identifier: Apache-2.0
"""Matters of supervision, their documents and items; campaigns and draws; programmes; hand-overs.

A matter and all that hangs on it stands at the place of the supervised body: the bureau sees it by
its region, the body by its organisation. A body sees a matter only once a document was issued.
What an office keeps for itself (its inspectors, templates, campaigns) stands at the office's place.
"""

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

from core.api.db import Owned, Published


class Inspector(Owned, Table, tablename="supervision_inspector"):
    """Who holds a supervision card (监督人员)."""

    id = BigSerial(primary_key=True)
    person = BigInt(default=None, unique=True)
    name = Varchar(length=80, default=None)
    organ = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    card = Varchar(length=40, default=None, unique=True)
    valid_until = Date(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    withdrawn_reason = Text(default="")


class Basis(Published, Table, tablename="supervision_basis"):
    """A document something rests on: its number, title and issuer (S4-10)."""

    id = BigSerial(primary_key=True)
    number = Varchar(length=60, default=None)
    title = Varchar(length=300, default=None)
    issuer = Varchar(length=120, default=None)
    issued_on = Date(null=True, default=None)
    file = BigInt(null=True, default=None)
    organ = BigInt(default=None)

    unique_number = Unique(["region_lo", "number"])


class Campaign(Owned, Table, tablename="supervision_campaign"):
    """A special supervision (专项监督): scope, checklist, period, organs, draw, report."""

    LIST_ORDER = "starts_on"

    id = BigSerial(primary_key=True)
    kind = Varchar(length=12, default="special")
    title = Varchar(length=200, default=None)
    scope_words = Text(default="")
    contents = JSONB(default="[]")
    checklist = JSONB(default="[]")
    """Rows {key, title, clause}."""
    basis = ForeignKey(Basis, null=True, on_delete=OnDelete.restrict, index=True)
    starts_on = Date(default=None)
    ends_on = Date(default=None)
    organ = BigInt(default=None)
    organ_lo = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    organ_region_lo = BigInt(default=None)
    state = Varchar(length=10, default="planned")
    """planned, sealed, drawn, closed."""
    sample = Integer(default=0)
    team = Integer(default=2)
    commitment = Varchar(length=64, default="")
    secret_sealed = Text(default="")
    """The secret, encrypted, until it is published."""
    secret = Varchar(length=64, default="")
    result_source = Varchar(length=200, default="")
    result_on = Date(null=True, default=None)
    """The day the public result comes to be: after the sealing, not after the draw."""
    result = Varchar(length=200, default="")
    list_hash = Varchar(length=64, default="")
    drawn = JSONB(default="{}")
    """{objects: [keys], teams: {key: [keys]}} as announced."""
    token = Varchar(length=24, default="", index=True)
    """Names the public page of the draw."""
    sealed_at = Timestamptz(null=True, default=None)
    drawn_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
    created_by_name = Varchar(length=80, default="")
    closed_at = Timestamptz(null=True, default=None)
    report = Text(default="")


class Entry(Owned, Table, tablename="supervision_entry"):
    """A line of a campaign's lists."""

    id = BigSerial(primary_key=True)
    campaign = ForeignKey(Campaign, null=False, on_delete=OnDelete.restrict, index=True)
    role = Varchar(length=10, default=None)
    key = Varchar(length=60, default=None)
    title = Varchar(length=200, default=None)
    organisation = BigInt(default=0)
    person = BigInt(default=0)
    lo = BigInt(default=0)
    hi = BigInt(default=-1)

    unique_key = Unique(["campaign", "role", "key"])


class Matter(Owned, Table, tablename="supervision_matter"):
    """One supervision of one body, from its trigger to the verified rectification."""

    LIST_ORDER = "active_at"

    id = BigSerial(primary_key=True)
    number = Varchar(length=40, default=None)
    kind = Varchar(length=12, default=None)
    way = Varchar(length=12, default=None)
    contents = JSONB(default="[]")
    title = Varchar(length=200, default=None)
    summary = Text(default="")
    body = BigInt(default=None, index=True)
    body_name = Varchar(length=120, default=None)
    body_lo = BigInt(default=None)
    body_hi = BigInt(default=None)
    organ = BigInt(default=None)
    organ_lo = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    organ_region_lo = BigInt(default=None)
    campaign = BigInt(null=True, default=None, index=True)
    trigger = Varchar(length=20, default="")
    source = Varchar(length=300, default="")
    link = Varchar(length=400, default="")
    source_kind = Varchar(length=60, default="")
    source_id = BigInt(default=0)
    case_number = Varchar(length=80, default="")
    basis = ForeignKey(Basis, null=True, on_delete=OnDelete.restrict, index=True)
    checklist = JSONB(default="[]")
    state = Varchar(length=10, default="open")
    shown_at = Timestamptz(null=True, default=None)
    """When the first document was issued; before that the body knows nothing of the matter."""
    opened_at = Timestamptz(default=None)
    opened_by = BigInt(default=0)
    opened_by_name = Varchar(length=80, default="")
    active_at = Timestamptz(default=None)
    closed_at = Timestamptz(null=True, default=None)
    closed_by_name = Varchar(length=80, default="")
    outcome = Text(default="")

    unique_number = Unique(["organ", "number"])


class Suggestion(Owned, Table, tablename="supervision_suggestion"):
    """Somebody proposed to open a supervision; the bureau opens one or sets it aside."""

    id = BigSerial(primary_key=True)
    trigger = Varchar(length=20, default=None)
    source_kind = Varchar(length=60, default=None)
    source_id = BigInt(default=None)
    source = Varchar(length=300, default="")
    body = BigInt(default=0)
    reason = Text(default="")
    at = Timestamptz(default=None)
    state = Varchar(length=10, default="open")
    """open, taken, aside."""
    matter = ForeignKey(Matter, null=True, on_delete=OnDelete.restrict, index=True)
    aside_reason = Text(default="")
    decided_by_name = Varchar(length=80, default="")

    unique_source = Unique(["source_kind", "source_id"])


class Member(Owned, Table, tablename="supervision_member"):
    """A supervisor on a matter; his card as it was when he was put on it."""

    id = BigSerial(primary_key=True)
    matter = ForeignKey(Matter, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=80, default=None)
    card = Varchar(length=40, default=None)
    recused_at = Timestamptz(null=True, default=None)
    recused_reason = Text(default="")

    unique_person = Unique(["matter", "person"])


class Assist(Owned, Table, tablename="supervision_assist"):
    """An assisting organ (局所联动、所所联动), at the place of that organ, so that it finds it."""

    id = BigSerial(primary_key=True)
    matter = BigInt(default=0, index=True)
    campaign = BigInt(default=0, index=True)
    organ = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    title = Varchar(length=200, default="")
    lead_name = Varchar(length=120, default="")
    at = Timestamptz(default=None)

    unique_organ = Unique(["matter", "campaign", "organ"])


class Paper(Owned, Table, tablename="supervision_paper"):
    """A document that was issued, with its receipt, answer and verification."""

    LIST_ORDER = "issued_at"

    id = BigSerial(primary_key=True)
    matter = ForeignKey(Matter, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=12, default=None)
    organ = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    year = Integer(default=None)
    serial = Integer(default=None)
    number = Varchar(length=60, default=None)
    addressee = Varchar(length=200, default=None)
    facts = Text(default="")
    basis = Text(default="")
    requirement = Text(default="")
    ruling = Varchar(length=12, default="")
    items = JSONB(default="[]")
    """The problems as the document lists them; the list that is worked off has rows of its own."""
    contact = Varchar(length=120, default="")
    talk_at = Timestamptz(null=True, default=None)
    talk_place = Varchar(length=200, default="")
    record = Text(default="")
    """约谈记录."""
    state = Varchar(length=10, default="issued")
    late = Boolean(default=False)
    clock = BigInt(null=True, default=None)
    due_words = Varchar(length=120, default="")
    issued_at = Timestamptz(default=None)
    issued_by = BigInt(default=0)
    issued_by_name = Varchar(length=80, default="")
    supervisors = Varchar(length=200, default="")
    pdf = BigInt(null=True, default=None)
    docx = BigInt(null=True, default=None)
    receipt = Varchar(length=10, default="")
    receipt_by = Varchar(length=80, default="")
    receipt_note = Text(default="")
    received_at = Timestamptz(null=True, default=None)
    reply_text = Text(default="")
    reply_files = JSONB(default="[]")
    replied_at = Timestamptz(null=True, default=None)
    replied_by_name = Varchar(length=80, default="")
    checked_at = Timestamptz(null=True, default=None)
    checked_by_name = Varchar(length=80, default="")
    check_remark = Text(default="")
    withdrawn_at = Timestamptz(null=True, default=None)
    withdrawn_reason = Text(default="")
    copies = Varchar(length=300, default="")

    unique_number = Unique(["organ", "kind", "year", "serial"])


class Item(Owned, Table, tablename="supervision_item"):
    """A problem on a matter's rectification list."""

    id = BigSerial(primary_key=True)
    matter = ForeignKey(Matter, null=False, on_delete=OnDelete.restrict, index=True)
    paper = ForeignKey(Paper, null=False, on_delete=OnDelete.restrict, index=True)
    """The document that asked for it first."""
    position = Integer(default=1)
    title = Varchar(length=300, default=None)
    state = Varchar(length=10, default="open")
    answer = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
    remark = Text(default="")
    checked_at = Timestamptz(null=True, default=None)
    checked_by_name = Varchar(length=80, default="")
    rounds = Integer(default=0)
    """How often it was re-checked."""


class Finding(Owned, Table, tablename="supervision_finding"):
    """What a line of the checklist showed at a body."""

    id = BigSerial(primary_key=True)
    matter = ForeignKey(Matter, null=False, on_delete=OnDelete.restrict, index=True)
    key = Varchar(length=40, default=None)
    result = Varchar(length=8, default=None)
    note = Text(default="")
    by_name = Varchar(length=80, default="")
    at = Timestamptz(default=None)

    unique_key = Unique(["matter", "key"])


class Template(Owned, Table, tablename="supervision_template"):
    """An office's own DOCX layout of a kind of document."""

    id = BigSerial(primary_key=True)
    organ = BigInt(default=None)
    kind = Varchar(length=12, default=None)
    file = BigInt(default=None)
    name = Varchar(length=200, default="")
    at = Timestamptz(default=None)
    by_name = Varchar(length=80, default="")

    unique_kind = Unique(["organ", "kind"])


class Duty(Published, Table, tablename="supervision_duty"):
    """A line of a township office's own list of duties (执法协调监督权责清单, S4-4)."""

    id = BigSerial(primary_key=True)
    organ = BigInt(default=None, index=True)
    organ_name = Varchar(length=120, default=None)
    title = Varchar(length=200, default=None)
    content = Varchar(length=12, default=None)
    way = Varchar(length=300, default="")
    """How it is performed."""
    liability = Varchar(length=300, default="")
    basis = ForeignKey(Basis, null=True, on_delete=OnDelete.restrict, index=True)
    removed_at = Timestamptz(null=True, default=None)


class Programme(Published, Table, tablename="supervision_programme"):
    """A work programme with stages (S4-6)."""

    LIST_ORDER = "begins_on"

    id = BigSerial(primary_key=True)
    title = Varchar(length=200, default=None)
    basis = ForeignKey(Basis, null=True, on_delete=OnDelete.restrict, index=True)
    goals = Text(default="")
    begins_on = Date(default=None)
    ends_on = Date(default=None)
    stages = JSONB(default="[]")
    """Rows {title, begins, ends}."""
    organ = BigInt(default=None)
    organ_lo = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    published_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    outcome = Text(default="")


class Deliverable(Published, Table, tablename="supervision_deliverable"):
    """What offices hand in within a programme, and until when."""

    id = BigSerial(primary_key=True)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=12, default="progress")
    title = Varchar(length=200, default=None)
    stage = Integer(default=0)
    due_on = Date(default=None)


class Submission(Owned, Table, tablename="supervision_submission"):
    """What one office handed in; at the place of that office."""

    id = BigSerial(primary_key=True)
    programme = BigInt(default=None, index=True)
    deliverable = BigInt(default=0, index=True)
    """0 = reported out of turn: an innovation, told timely (S4-7)."""
    kind = Varchar(length=12, default="progress")
    organ = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    text = Text(default="")
    file = BigInt(null=True, default=None)
    file_name = Varchar(length=200, default="")
    at = Timestamptz(default=None)
    by_name = Varchar(length=80, default="")


class Transfer(Owned, Table, tablename="supervision_transfer"):
    """A suspected crime on its way from a body to the police (行刑衔接)."""

    LIST_ORDER = "active_at"

    id = BigSerial(primary_key=True)
    title = Varchar(length=200, default=None)
    case_number = Varchar(length=80, default="")
    suspicion = Varchar(length=200, default=None)
    facts = Text(default="")
    officers = Varchar(length=200, default="")
    penalty = Varchar(length=200, default="")
    body = BigInt(default=None, index=True)
    body_name = Varchar(length=120, default=None)
    state = Varchar(length=10, default="reported")
    asked = Boolean(default=False)
    clock = BigInt(null=True, default=None)
    late = Boolean(default=False)
    reported_at = Timestamptz(default=None)
    active_at = Timestamptz(default=None)
    steps = JSONB(default="[]")
    """What was done: {act, words, note, by, at}."""
