# SPDX-License-Identifier: Apache-2.0
"""Bodies, their 委托书, and those who registered themselves."""

from piccolo.columns import (
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

from core.api.db import Owned, Public


class Body(Owned, Table, tablename="certificates_body"):
    """What an organisation is as an enforcement body, and whether it may do business yet."""

    id = BigSerial(primary_key=True)
    organisation = BigInt(default=None, unique=True)
    kind = Varchar(length=10, default="first")
    origin = Varchar(length=16, default="existing")
    superior = BigInt(null=True, default=None, index=True)
    superior_lo = BigInt(default=0)
    state = Varchar(length=10, default="draft", index=True)
    civil_quota = Integer(null=True, default=None)
    civil_actual = Integer(null=True, default=None)
    career_quota = Integer(null=True, default=None)
    career_actual = Integer(null=True, default=None)
    other_quota = Integer(null=True, default=None)
    other_actual = Integer(null=True, default=None)
    admin_name = Varchar(length=60, default="")
    admin_phone = Bytea(null=True, default=None, secret=True)
    admin_phone_masked = Varchar(length=20, default="")
    basis = Text(default="")
    basis_url = Varchar(length=500, default="")
    reviewer = BigInt(null=True, default=None)
    """The office that reviews this body where it is not the competent organ: a 司法所 may be it."""
    reviewer_lo = BigInt(default=0)
    reviewer_region_lo = BigInt(default=0)
    letter_from = Date(null=True, default=None)
    letter_until = Date(null=True, default=None)
    reason = Varchar(length=500, default="")
    submitted_at = Timestamptz(null=True, default=None)
    submitted_by = BigInt(default=0)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(default=0)
    included_at = Timestamptz(null=True, default=None)
    included_by = BigInt(default=0)
    divided_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class Letter(Public, Table, tablename="certificates_letter"):
    """A 委托书 with its term; published, since whoever acts by entrustment must show it."""

    id = BigSerial(primary_key=True)
    body = ForeignKey(Body, null=False, on_delete=OnDelete.restrict, index=True)
    unit_name = Varchar(length=120, default="")
    superior_name = Varchar(length=120, default="")
    file = BigInt(default=None)
    valid_from = Date(default=None)
    valid_until = Date(default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
    created_by = BigInt(default=0)


class Registration(Owned, Table, tablename="certificates_registration"):
    """A new body that registered itself, before there is an organisation (S2-16)."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=120, default=None)
    kind = Varchar(length=10, default="first")
    unified_code = Varchar(length=18, default="")
    superior = BigInt(null=True, default=None)
    superior_lo = BigInt(default=0)
    admin_name = Varchar(length=60, default="")
    admin_id_number = Bytea(null=True, default=None, secret=True)
    admin_id_masked = Varchar(length=18, default="")
    admin_phone = Bytea(null=True, default=None, secret=True)
    admin_phone_masked = Varchar(length=20, default="")
    reviewer = BigInt(default=0)
    reviewer_lo = BigInt(default=0)
    reviewer_region_lo = BigInt(default=0)
    state = Varchar(length=10, default="submitted", index=True)
    """submitted | opened | rejected"""
    reason = Varchar(length=500, default="")
    included_at = Timestamptz(null=True, default=None)
    included_by = BigInt(default=0)
    organisation = BigInt(null=True, default=None)
    by_superior = Boolean(default=False)
    at = Timestamptz(default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(default=0)
