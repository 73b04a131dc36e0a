# SPDX-License-Identifier: Apache-2.0
"""Cases and what hangs on them. Rows are closed, superseded or voided, never deleted."""

from typing import Any, ClassVar

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    LazyTableReference,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Owned, Public, Published

KEEP: dict[str, str] = {"web": "select, insert, update", "worker": "select, insert, update"}
"""Nothing of a case is ever deleted, so nobody is granted to delete it."""


def _core(table: str, module: str) -> LazyTableReference:
    return LazyTableReference(table, module_path=module)


class ItemVersion(Published, Table, tablename="cases_item_version"):
    """The effective definition of a power item, projected from ``powers.version_effective``.

    A case keeps the version it was opened under to its end.
    """

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    item = BigInt(default=None)
    version = Integer(default=None)
    code = Varchar(length=60, default="")
    title = Varchar(length=200, default=None)
    power_class = Varchar(length=20, default=None, index=True)
    organisation = BigInt(default=None, index=True)
    """``core_organisation.id`` of the body that holds the power."""
    definition = JSONB(default=None)
    effective_from = Timestamptz(default=None)
    current = Boolean(default=True)

    once = Unique([item, version])


class Case(Owned, Table, tablename="cases_case"):
    """A case. ``version`` counts its changes: what a page shows of it is old when they differ."""

    GRANTS: ClassVar = KEEP
    LIST_ORDER = "opened_at"
    FK_UNCHECKED: ClassVar = {
        "item_version": "a published power item; its projection is read before a case is opened",
    }

    id = BigSerial(primary_key=True)
    item_version = ForeignKey(ItemVersion, null=False, on_delete=OnDelete.restrict, index=True)
    item = BigInt(default=None)
    power_class = Varchar(length=20, default=None)
    item_title = Varchar(length=200, default=None)
    case_number = Varchar(length=60, default=None)
    title = Varchar(length=200, default=None)
    """案由"""
    source = Varchar(length=20, default=None)
    source_note = Varchar(length=500, default="")
    organisation = BigInt(default=None)
    """The body whose power is exercised."""
    department = BigInt(default=None)
    """The unit that handles the case; ``org_lo`` is its place."""
    department_name = Varchar(length=120, default="")
    body_kind = Varchar(length=16, default="body")
    state = Varchar(length=12, default="open")
    """open | suspended | closed | transferred"""
    step = Varchar(length=60, default=None)
    step_title = Varchar(length=80, default=None)
    stage = Varchar(length=60, default="")
    visit = BigInt(null=True, default=None)
    """The open visit; none once closed."""
    sequence = Integer(default=0)
    version = Integer(default=1)
    opened_by = BigInt(default=None)
    """Person who opened it."""
    opened_by_name = Varchar(length=60, default="")
    opened_at = Timestamptz(default=None)
    lead = BigInt(null=True, default=None, index=True)
    """Person whose turn it is, or who led the step last."""
    lead_name = Varchar(length=60, default="")
    party_name = Varchar(length=160, default="")
    """Masked when the party is a natural person."""
    search_text = Text(default="")
    due_at = Timestamptz(null=True, default=None)
    due_provisional = Boolean(default=False)
    stages = JSONB(default=None)
    """When each stage was first entered, and by how much it was extended."""
    decision = JSONB(null=True, default=None)
    decision_number = Varchar(length=60, default="")
    negative = Boolean(default=False)
    outcome = Varchar(length=60, default="")
    lamp = Varchar(length=8, default="")
    red = SmallInt(default=0)
    yellow = SmallInt(default=0)
    ever_suspended = Boolean(default=False)
    suspended_at = Timestamptz(null=True, default=None)
    suspend_reason = Varchar(length=500, default="")
    extensions = SmallInt(default=0)
    rollbacks = SmallInt(default=0)
    closed_at = Timestamptz(null=True, default=None)
    linked_case = BigInt(null=True, default=None)
    under_way = Boolean(default=False)
    """Entered while already being handled elsewhere: what was done before is not judged."""
    handed_to = Varchar(length=200, default="")
    """The body of another place the case was handed over to (移送); the file stays here."""
    handed_answer = Varchar(length=300, default="")
    """What that body did with it, in a sentence."""
    archive_number = Varchar(length=60, default="")
    archived_at = Timestamptz(null=True, default=None)
    archived_by_name = Varchar(length=60, default="")
    archive_years = SmallInt(default=0)
    """How long the file is kept; 0 while it is not archived, 999 for ever."""

    number_once = Unique([case_number, organisation])


class Party(Owned, Table, tablename="cases_party"):
    """The party of a case. Personal data rest encrypted; beside them the masked form."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=16, default=None)
    name = Bytea(default=None, secret=True)
    name_shown = Varchar(length=160, default=None)
    name_hash = Bytea(null=True, default=None, index=True)
    identity_hash = Bytea(null=True, default=None, index=True)
    """Keyed hash of the identity number or credit code, else of the name: finds the same party."""
    code = Varchar(length=18, default="")
    """统一社会信用代码 (public data)."""
    id_number = Bytea(null=True, default=None, secret=True)
    id_number_masked = Varchar(length=18, default="")
    legal_representative = Bytea(null=True, default=None, secret=True)
    legal_representative_shown = Varchar(length=60, default="")
    address = Bytea(null=True, default=None, secret=True)
    address_shown = Varchar(length=300, default="")
    phone = Bytea(null=True, default=None, secret=True)
    phone_masked = Varchar(length=20, default="")


class Visit(Owned, Table, tablename="cases_visit"):
    """One entry of a step. Rolling back supersedes visits; their work is kept as it was."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    step = Varchar(length=60, default=None)
    step_title = Varchar(length=80, default=None)
    stage = Varchar(length=60, default="")
    number = Integer(default=None)
    """The n-th entry of this step."""
    state = Varchar(length=12, default="open")
    """open | submitted | superseded | recalled"""
    draft = JSONB(default=None)
    """What is typed, unjudged."""
    values = JSONB(default=None)
    """What was submitted, as primitives."""
    form_version = Integer(default=1)
    version = Integer(default=0)
    """Counts changes of the draft; a form posted with an older one meets a conflict."""
    entered_at = Timestamptz(default=None)
    entered_from = BigInt(null=True, default=None)
    """The visit whose submission led here."""
    seen_at = Timestamptz(null=True, default=None)
    """When the next handler first opened it; a submission can be recalled until then."""
    saved_at = Timestamptz(null=True, default=None)
    saved_by = BigInt(null=True, default=None)
    saved_by_name = Varchar(length=60, default="")
    submitted_at = Timestamptz(null=True, default=None)
    submitted_by = BigInt(null=True, default=None)
    submitted_by_name = Varchar(length=60, default="")
    submitted_sequence = Integer(default=0)
    to_step = Varchar(length=60, default="")
    outcome = Varchar(length=200, default="")
    """The decision or opinion in a word, for the flow strip."""
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Varchar(length=500, default="")
    prior = Boolean(default=False)
    """Done before the case was entered here; stated by whoever entered it, not judged."""

    once = Unique([case_id, step, number])


class Authorisation(Owned, Table, tablename="cases_authorisation"):
    """An officer authorised for a step (环节授权), with what the gate said when he was."""

    GRANTS: ClassVar = KEEP
    FK_UNCHECKED: ClassVar = {
        "person": "approvers and reviewers sit above the handler's unit in the organisation tree",
    }

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    step = Varchar(length=60, default=None)
    person: "ForeignKey[Any]" = ForeignKey(
        _core("Person", "core.people.tables"), null=False, on_delete=OnDelete.restrict, index=True
    )
    name = Varchar(length=60, default=None)
    unit = Varchar(length=120, default="")
    role = Varchar(length=8, default="assist")
    """lead 主办 | assist 协办"""
    qualified = Boolean(default=False)
    reason = Varchar(length=300, default="")
    number = Varchar(length=40, default="")
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)
    on_behalf = BigInt(null=True, default=None)
    """The person who delegated; null for an ordinary authorisation."""
    on_behalf_name = Varchar(length=60, default="")
    granted_at = Timestamptz(default=None)
    granted_by = BigInt(default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = BigInt(null=True, default=None)


class Recusal(Owned, Table, tablename="cases_recusal"):
    """An officer who declared 回避 in a case."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None)
    name = Varchar(length=60, default="")
    reason = Varchar(length=500, default=None)
    declared_at = Timestamptz(default=None)

    once = Unique([case_id, person])


class Payment(Owned, Table, tablename="cases_payment"):
    """Money paid under the decision; its vouchers are evidence bound to it."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=12, default=None)
    amount = BigInt(default=None)
    """分"""
    paid_on = Date(default=None)
    note = Varchar(length=300, default="")
    recorded_at = Timestamptz(default=None)
    recorded_by = BigInt(default=None)
    recorded_by_name = Varchar(length=60, default="")
    token = Varchar(length=64, default="")


class Instalment(Owned, Table, tablename="cases_instalment"):
    """One part of an approved plan to pay in instalments, or the single part by law."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    plan = Integer(default=1)
    """A new approval makes a new plan; the last one counts."""
    amount = BigInt(default=None)
    due = Date(default=None)
    approver = BigInt(null=True, default=None)
    approver_name = Varchar(length=60, default="")
    reason = Varchar(length=500, default="")


class Evidence(Owned, Table, tablename="cases_evidence"):
    """A file bound to a control of a step's form, or to a payment as its voucher."""

    GRANTS: ClassVar = KEEP
    FK_UNCHECKED: ClassVar = {"file": "stored in the same transaction by the same hand"}

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    visit = ForeignKey(Visit, null=False, on_delete=OnDelete.restrict, index=True)
    step = Varchar(length=60, default=None)
    control = Varchar(length=60, default=None)
    payment = ForeignKey(Payment, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    file: "ForeignKey[Any]" = ForeignKey(
        _core("File", "core.storage.tables"), null=False, on_delete=OnDelete.restrict, index=True
    )
    name = Varchar(length=200, default=None)
    kind = Varchar(length=12, default="")
    size = BigInt(default=0)
    sha256 = Varchar(length=64, default=None)
    carried_from = BigInt(null=True, default=None)
    """The same file in the visit this one replaced."""
    added_at = Timestamptz(default=None)
    added_by = BigInt(default=None)
    added_by_name = Varchar(length=60, default="")
    voided_at = Timestamptz(null=True, default=None)
    voided_by_name = Varchar(length=60, default="")
    void_reason = Varchar(length=300, default="")


class Alarm(Owned, Table, tablename="cases_alarm"):
    """Projection of ``inspection.alarm_*``: the lamps of a case, never a source of decisions."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    alarm = BigInt(default=None, unique=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    colour = Varchar(length=8, default=None)
    kind = Varchar(length=20, default="")
    point = Varchar(length=80, default="")
    step = Varchar(length=60, default="")
    step_title = Varchar(length=80, default="")
    headline = Varchar(length=200, default="")
    sentence = Varchar(length=600, default="")
    state = Varchar(length=12, default="open")
    """open | revoked | upheld"""
    raised_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class Submission(Owned, Table, tablename="cases_submission"):
    """The token of a posted form, so that a second click finds what the first one did."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    token = Varchar(length=64, default=None, unique=True)
    case_id = ForeignKey(Case, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    act = Varchar(length=24, default=None)
    at = Timestamptz(default=None)
    person = BigInt(default=None)


class VersionMove(Owned, Table, tablename="cases_move"):
    """A case moved to another version of its item, with what undoing the move needs to know."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    item = BigInt(default=None, index=True)
    batch = Varchar(length=40, default="")
    """The form the move was asked for with: cases moved together have the same."""
    from_version = BigInt(default=None)
    """``cases_item_version.id`` the case followed before."""
    to_version = BigInt(default=None)
    from_step = Varchar(length=60, default=None)
    to_step = Varchar(length=60, default=None)
    """Another key than ``from_step`` when the work was carried into a new entry."""
    left_visit = BigInt(null=True, default=None)
    """The entry that was superseded; none when the step kept its key."""
    entered_visit = BigInt(null=True, default=None)
    carried = JSONB(default="{}")
    """The numbers of the visits and authorisations that took the new key."""
    sequence = Integer(default=0)
    """Of the act in the case: what has a higher one happened since."""
    reason = Varchar(length=500, default="")
    moved_at = Timestamptz(default=None)
    moved_by_name = Varchar(length=60, default="")
    undone_at = Timestamptz(null=True, default=None)
    undone_by_name = Varchar(length=60, default="")
    undo_reason = Varchar(length=500, default="")


class CaseLink(Owned, Table, tablename="cases_link"):
    """One side of 关联: the same is written down at the other case, in that one's place.

    So that each side sees it under its own scope, and neither case's own row is changed.
    """

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    direction = Varchar(length=8, default=None)
    """earlier | later: whether ``other`` came before this case or deals with it anew"""
    other = BigInt(default=None)
    other_number = Varchar(length=60, default="")
    ground = Varchar(length=20, default=None)
    basis_number = Varchar(length=100, default="")
    """Number of the decision or judgment that makes the matter be dealt with anew."""
    reason = Varchar(length=500, default="")
    due = Date(null=True, default=None)
    """Until when it has to be decided anew, if somebody ordered that."""
    made_at = Timestamptz(default=None)
    made_by_name = Varchar(length=60, default="")

    once = Unique([case_id, other])


class CertificateNumber(Owned, Table, tablename="cases_certificate"):
    """Projection of ``certificates.certificate_changed``: the number shown beside an officer.

    Never a source of decisions: whether somebody may act is asked at the gate.
    """

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    certificate = BigInt(default=None, unique=True)
    person = BigInt(default=None, index=True)
    number = Varchar(length=40, default=None)
    state = Varchar(length=12, default=None)
    since = Date(default=None)
    valid_from = Date(default=None)
    valid_until = Date(default=None)
    told_at = Timestamptz(default=None)


class Signature(Owned, Table, tablename="cases_signature"):
    """One officer's word at a joint step (会签); his last word counts while the step is open."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    visit = ForeignKey(Visit, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None)
    name = Varchar(length=60, default=None)
    agrees = Boolean(default=None)
    opinion = Varchar(length=500, default="")
    signed_at = Timestamptz(default=None)

    once = Unique([visit, person])


class Referral(Owned, Table, tablename="cases_referral"):
    """A case another body handed over to this one (移送), until it is opened here or declined."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    from_case = BigInt(default=None, unique=True)
    from_number = Varchar(length=60, default=None)
    from_unit = Varchar(length=200, default=None)
    from_region_lo = BigInt(default=None)
    from_org_lo = BigInt(default=None)
    organisation = BigInt(default=None)
    """The body it was handed to."""
    title = Varchar(length=200, default=None)
    party = JSONB(default=None)
    """Kind, code and masked forms; names and numbers beside it stay encrypted."""
    sealed = Bytea(null=True, default=None, secret=True)
    """The party's personal data, encrypted as one text."""
    reason = Varchar(length=500, default=None)
    files = JSONB(default=None)
    """The material: id, name, sha256 of each copy kept for this body."""
    state = Varchar(length=12, default="waiting")
    """waiting | opened | declined"""
    opened_case = BigInt(null=True, default=None)
    answer = Varchar(length=300, default="")
    received_at = Timestamptz(default=None)
    answered_at = Timestamptz(null=True, default=None)
    answered_by_name = Varchar(length=60, default="")


class Document(Owned, Table, tablename="cases_document"):
    """An issued document (文书): numbered, sealed as PDF and DOCX, never changed.

    A mistake is mended by a new document that names the old one.
    """

    GRANTS: ClassVar = KEEP
    FK_UNCHECKED: ClassVar = {
        "pdf": "stored in the same transaction by the same hand",
        "docx": "stored in the same transaction by the same hand",
    }

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    organisation = BigInt(default=None)
    template = Varchar(length=60, default=None)
    kind = Varchar(length=12, default="other")
    title = Varchar(length=120, default=None)
    step = Varchar(length=60, default="")
    visit = BigInt(null=True, default=None)
    number = Varchar(length=80, default="")
    state = Varchar(length=12, default="issued")
    """issued | corrected | void"""
    pdf: "ForeignKey[Any]" = ForeignKey(
        _core("File", "core.storage.tables"), null=False, on_delete=OnDelete.restrict, index=True
    )
    docx: "ForeignKey[Any]" = ForeignKey(
        _core("File", "core.storage.tables"), null=False, on_delete=OnDelete.restrict, index=True
    )
    sha256 = Varchar(length=64, default=None)
    served = Boolean(default=False)
    """Whether it has to be served on the party."""
    served_on = Date(null=True, default=None)
    """The day on which it counts as served."""
    published = Boolean(default=False)
    """Whether an abstract of it has to be published."""
    issued_at = Timestamptz(default=None)
    issued_by = BigInt(default=None)
    issued_by_name = Varchar(length=60, default="")
    corrects = BigInt(null=True, default=None)
    corrected_by = BigInt(null=True, default=None)
    reason = Varchar(length=500, default="")
    """Why it corrects the earlier one, or why it is void."""
    voided_at = Timestamptz(null=True, default=None)
    voided_by_name = Varchar(length=60, default="")


class Receipt(Owned, Table, tablename="cases_receipt"):
    """送达回证: how, when and to whom a document was handed."""

    GRANTS: ClassVar = KEEP
    FK_UNCHECKED: ClassVar = {"photo": "stored in the same transaction by the same hand"}

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    document = ForeignKey(Document, null=False, on_delete=OnDelete.restrict, index=True)
    way = Varchar(length=12, default=None)
    delivered_on = Date(default=None)
    served_on = Date(default=None)
    """The day service took effect; for 公告 thirty days after."""
    recipient = Bytea(null=True, default=None, secret=True)
    recipient_shown = Varchar(length=80, default="")
    relation = Varchar(length=60, default="")
    place = Varchar(length=200, default="")
    witness = Varchar(length=120, default="")
    note = Varchar(length=500, default="")
    photo: "ForeignKey[Any]" = ForeignKey(
        _core("File", "core.storage.tables"),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
        index=True,
    )
    photo_sha256 = Varchar(length=64, default="")
    recorded_at = Timestamptz(default=None)
    recorded_by = BigInt(default=None)
    recorded_by_name = Varchar(length=60, default="")


class Disclosure(Public, Table, tablename="cases_disclosure"):
    """公示: the abstract of a decision. Holds only what anybody may read."""

    GRANTS: ClassVar = KEEP

    id = BigSerial(primary_key=True)
    case_id = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    document = ForeignKey(Document, null=False, on_delete=OnDelete.restrict, unique=True)
    number = Varchar(length=80, default="")
    title = Varchar(length=200, default=None)
    party = Varchar(length=160, default="")
    party_code = Varchar(length=18, default="")
    power_class = Varchar(length=20, default="")
    facts = Text(default="")
    basis = Text(default="")
    content = Text(default="")
    organ = Varchar(length=120, default="")
    decided_on = Date(default=None)
    published_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    reason = Varchar(length=300, default="")
    by_name = Varchar(length=60, default="")
