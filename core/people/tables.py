# SPDX-License-Identifier: Apache-2.0
"""Organisations, who is competent where, and persons."""

from typing import ClassVar

from piccolo.columns import (
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import Owned, unscoped
from core.regions.tables import Region


@unscoped("the organisation tree is public; the services check who may change which part")
class Organisation(Table, tablename="core_organisation"):
    """An organ, a department of it, an enforcement body: one tree, intervals like regions."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=120, default=None)
    short_name = Varchar(length=40, default="")
    kind = Varchar(length=16, default=None)
    """One of ``core.people.rules.KINDS``."""
    parent: "ForeignKey[Organisation]" = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.restrict, index=True
    )
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=True)
    region_lo = BigInt(default=None, index=True)
    lo = BigInt(default=None, unique=True)
    hi = BigInt(default=None)
    unified_code = Varchar(length=18, default="", index=True)
    """统一社会信用代码; empty for departments."""
    pinyin = Varchar(length=200, default="")
    """Sorting key: the embedded PostgreSQL has no Chinese collation."""
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)
    close_reason = Text(default="")


@unscoped("which organ is competent is public")
class CompetentOrgan(Table, tablename="core_competent_organ"):
    """Which organisation exercises a function in a region and, unless overruled, below it."""

    id = BigSerial(primary_key=True)
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=True)
    function = Varchar(length=32, default=None)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, index=True)

    once = Unique([region, function])


class Person(Owned, Table, tablename="core_person"):
    """A natural person, mostly of an organisation, with or without an account.

    A volunteer belongs to no organisation (``org_lo`` 0): who reaches a region sees him, who
    reaches one organisation does not.

    ID number and telephone rest encrypted; beside them a keyed hash for look-up and the masked
    form for screens, so that no list ever decrypts anything.
    """

    SELF = "id"
    # Nobody deletes a person: what he or she did refers here.
    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select, insert, update"}

    id = BigSerial(primary_key=True)
    name = Varchar(length=60, default=None)
    pinyin = Varchar(length=120, default="", index=True)
    organisation = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.restrict, index=True
    )
    position = Varchar(length=60, default="")
    heads = Boolean(default=False)
    """Leads its organisation: the one whom relayed orders and approvals reach."""
    sex = Varchar(length=4, default="")
    birth_date = Date(null=True, default=None)
    id_number = Bytea(null=True, default=None, secret=True)
    id_number_hash = Bytea(null=True, default=None, unique=True)
    id_number_masked = Varchar(length=18, default="")
    phone = Bytea(null=True, default=None, secret=True)
    phone_hash = Bytea(null=True, default=None, index=True)
    phone_masked = Varchar(length=20, default="")
    created_at = Timestamptz(default=None)
    closed_at = Timestamptz(null=True, default=None)
    close_reason = Text(default="")
