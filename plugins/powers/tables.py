# SPDX-License-Identifier: Apache-2.0
"""Power items and their versions."""

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
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


class Item(Table, Published, tablename="powers_item"):
    """A power of a body (权力事项); its audience is the region it is exercised in."""

    id = BigSerial(primary_key=True)
    code = Varchar(length=40, default=None)
    title = Varchar(length=200, default=None)
    power_class = Varchar(length=20, default=None, index=True)
    organisation = BigInt(default=None)
    """``core_organisation.id`` of the body that holds the power."""
    current = Integer(default=0)
    """The number of the version in force; 0 while there is none."""
    created_at = Timestamptz(default=None)

    one_code_per_body = Unique([organisation, code])


class Version(Table, Published, tablename="powers_version"):
    """A version of an item as it was put in force; never changed afterwards."""

    id = BigSerial(primary_key=True)
    item = ForeignKey(Item, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None)
    definition = JSONB(default=None)
    digest = Varchar(length=64, default=None)
    """SHA-256 of the definition, so that importing the same file again changes nothing."""
    effective_from = Timestamptz(default=None)
    effective_to = Timestamptz(null=True, default=None)
    entered_by = BigInt(default=0)
    source = Varchar(length=200, default="")

    one_number_per_item = Unique([item, number])


class Draft(Table, Owned, tablename="powers_draft"):
    """A version being made, on its way into force (S1-9 … S1-14). Its body's organs see it."""

    GRANTS = {  # noqa: RUF012 - read by the policies, never changed
        "web": "select, insert, update",
        "worker": "select, insert, update",
    }

    id = BigSerial(primary_key=True)
    item = ForeignKey(Item, null=True, on_delete=OnDelete.restrict, index=True)
    """The item whose next version it is; null for a new item."""
    organisation = BigInt(default=None)
    base_version = Integer(default=0)
    """The version it was begun from, or brought up to date with; 0 for a new item."""
    version = Integer(default=0)
    """The number it took effect as."""
    state = Varchar(length=16, default="draft", index=True)
    revision = Integer(default=1)
    """Counts the saves; who saves an older one has not seen what another saved meanwhile."""
    code = Varchar(length=40, default="")
    title = Varchar(length=200, default="")
    power_class = Varchar(length=20, default="")
    definition = JSONB(default=None)
    digest = Varchar(length=64, default="")
    """SHA-256 of the definition as it would be published; what a trial is bound to."""
    source = Varchar(length=200, default="")
    created_by = BigInt(default=0)
    created_by_name = Varchar(length=60, default="")
    created_by_person = BigInt(default=0)
    created_at = Timestamptz(default=None)
    edited_by = BigInt(default=0)
    edited_by_name = Varchar(length=60, default="")
    edited_at = Timestamptz(default=None)
    legal_digest = Varchar(length=64, default="")
    """What of it the legal office approved; other content has to be shown to it again."""
    legal_by_name = Varchar(length=60, default="")
    legal_at = Timestamptz(null=True, default=None)
    submitted_by = BigInt(default=0)
    submitted_by_name = Varchar(length=60, default="")
    submitted_by_person = BigInt(default=0)
    submitted_at = Timestamptz(null=True, default=None)
    opened_at = Timestamptz(null=True, default=None)
    """When somebody who may pass the first review first read what was submitted; from then on
    the submitter can no longer take it back."""
    first_by_name = Varchar(length=60, default="")
    first_at = Timestamptz(null=True, default=None)
    returned_by_name = Varchar(length=60, default="")
    returned_reason = Text(default="")
    returned_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)


class PublicItem(Table, Public, tablename="powers_public_item"):
    """What anybody may read of an item in force (权责清单).

    Kept apart, so that a page without an account can never reach a draft, a form, a monitoring
    point or a risk.
    """

    GRANTS = {  # noqa: RUF012 - read by the policies, never changed
        "web": "select, insert, update",
        "worker": "select, insert, update",
    }

    id = BigSerial(primary_key=True)
    item = BigInt(default=None, unique=True)
    version = Integer(default=None)
    code = Varchar(length=40, default=None)
    title = Varchar(length=200, default=None)
    power_class = Varchar(length=20, default=None)
    organisation = BigInt(default=None, index=True)
    content = JSONB(default=None)
    """The lists of the definition that ``services.publishing`` names, and no others."""
    effective_from = Timestamptz(default=None)


class ItemImport(Table, Owned, tablename="powers_import"):
    """A list of powers read from a sheet: the preview, what became of it, whether it was undone."""

    GRANTS = {  # noqa: RUF012 - read by the policies, never changed
        "web": "select, insert, update",
        # A preview nobody took over goes after its time (``retention_rules``).
        "worker": "select, delete",
    }

    id = BigSerial(primary_key=True)
    organisation = BigInt(default=None)
    document = Varchar(length=120, default="")
    """The document that hands the powers over, as its number is written: 内党办发〔2019〕22号."""
    filename = Varchar(length=200, default="")
    state = Varchar(length=10, default="preview")
    """preview, applied, undone."""
    items = JSONB(default=None)
    faults = JSONB(default=None)
    drafts = JSONB(default=None)
    """By code the draft that was made."""
    created_by_name = Varchar(length=60, default="")
    created_at = Timestamptz(default=None)
    applied_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
