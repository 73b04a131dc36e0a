# SPDX-License-Identifier: Apache-2.0
"""Tables of recorded acts, their deliveries to plugins, and what still awaits sealing."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import Owned, unscoped


class FactRow(Owned, Table, tablename="core_fact"):
    """One recorded act; never changed, never deleted.

    ``payload`` is canonical JSON kept as text: the seal is over these very bytes, so that a proof
    does not depend on how one version of PostgreSQL prints JSON.
    """

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}
    LIST_ORDER = "recorded_at"

    id = BigSerial(primary_key=True)
    kind = Varchar(length=96, default=None)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None)
    payload = Text(default=None)
    actor = BigInt(default=0)
    """``core_user.id``; 0 = the platform itself. No foreign key: the act outlives the account."""
    at = Timestamptz(default=None)
    recorded_at = Timestamptz(default=None)


@unscoped("work of the dispatcher: which plugin has still to be told of which fact")
class Delivery(Table, tablename="core_delivery"):
    """A fact on its way to a plugin: pending, done, or failed for good."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (state, tries, due_at, error)",
        "worker": "select, insert, update (state, tries, due_at, error), delete",
    }

    id = BigSerial(primary_key=True)
    fact = ForeignKey(FactRow, null=False, on_delete=OnDelete.restrict, index=False)
    plugin = Varchar(length=40, default=None)
    state = Varchar(length=8, default="pending")
    tries = Integer(default=0)
    due_at = Timestamptz(default=None)
    error = Text(default="")

    once = Unique([fact, plugin])


@unscoped("what the sealer has still to seal; holds nothing but fact ids")
class Unsealed(Table, tablename="core_unsealed"):
    """Written with the fact itself, emptied by the sealer.

    Not a column of the fact, which nobody may update, and not a cursor over ids: a lower id may
    commit after a higher one.
    """

    # The worker needs UPDATE only because PostgreSQL asks for it to lock rows (SKIP LOCKED).
    # The web role reads it for the audit pages, which say what is not sealed yet.
    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert, update, delete"}

    fact = BigInt(primary_key=True, default=None)
