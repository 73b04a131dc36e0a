# SPDX-License-Identifier: Apache-2.0
"""Orders of both tiers, the alarms on them, and the projection of alarms."""

from typing import Any

from piccolo.columns import (
    JSONB,
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
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from core.api.db import Owned


class Alarm(Owned, Table, tablename="orders_alarm"):
    """What orders know of an alarm of another plugin, from its ``alarm_raised`` fact."""

    id = BigSerial(primary_key=True)
    alarm = BigInt(default=None, unique=True)
    case_id = BigInt(default=0)
    case_number = Varchar(length=80, default="")
    case_title = Varchar(length=300, default="")
    party = Varchar(length=200, default="")
    organisation = BigInt(default=0)
    department = BigInt(default=0)
    handlers = JSONB(default="[]")
    colour = Varchar(length=8, default="red")
    kind = Varchar(length=24, default="")
    point = Varchar(length=200, default="")
    headline = Varchar(length=300, default="")
    step_title = Varchar(length=120, default="")
    sentence = Text(default="")
    raised_at = Timestamptz(default=None)
    state = Varchar(length=12, default="open")
    """open, ordered, revoked, upheld."""


class Order(Owned, Table, tablename="orders_order"):
    """An order. Tier 1 goes from a bureau to a department, tier 2 from there to an officer.

    It stands at the place of whom it is addressed to, so that the bureau sees it by its region
    and the department by its organisation.
    """

    LIST_ORDER = "issued_at"

    id = BigSerial(primary_key=True)
    tier = Integer(default=None)
    parent: Any = ForeignKey(
        LazyTableReference("Order", module_path="plugins.orders.tables"),
        null=True,
        on_delete=OnDelete.restrict,
        index=True,
    )
    organ = BigInt(default=None, index=True)
    """``core_organisation.id`` of the issuer: the series of numbers is its own."""
    organ_lo = BigInt(default=None)
    organ_name = Varchar(length=120, default=None)
    year = Integer(default=None)
    serial = Integer(default=None)
    number = Varchar(length=40, default=None)
    title = Varchar(length=300, default=None)
    instruction = Text(default=None)
    state = Varchar(length=10, default="issued")
    round = Integer(default=1)
    colour = Varchar(length=8, default="red")
    to_org = BigInt(default=None)
    to_org_name = Varchar(length=120, default=None)
    to_person = BigInt(null=True, default=None, index=True)
    to_name = Varchar(length=80, default="")
    issued_at = Timestamptz(default=None)
    issued_by = BigInt(default=0)
    issued_by_name = Varchar(length=80, default="")
    received_at = Timestamptz(null=True, default=None)
    clock = BigInt(null=True, default=None)
    reply_cause = Varchar(length=24, default="")
    reply_text = Text(default="")
    reply_files = JSONB(default="[]")
    replied_at = Timestamptz(null=True, default=None)
    replied_by_name = Varchar(length=80, default="")
    returned_reason = Text(default="")
    decided_at = Timestamptz(null=True, default=None)
    decided_by_name = Varchar(length=80, default="")
    escalated_at = Timestamptz(null=True, default=None)
    late = Boolean(default=False)
    """The date passed before an answer came; kept, also when it came later."""


class Item(Owned, Table, tablename="orders_item"):
    """An alarm on an order. Of the first tier it is decided here, one by one."""

    id = BigSerial(primary_key=True)
    order = ForeignKey(Order, null=False, on_delete=OnDelete.restrict, index=True)
    alarm = BigInt(default=None, index=True)
    tier = Integer(default=None)
    state = Varchar(length=10, default="open")
    reason = Text(default="")
    decided_at = Timestamptz(null=True, default=None)
