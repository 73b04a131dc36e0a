# SPDX-License-Identifier: Apache-2.0
"""Second factors of accounts. They are looked at before a scope exists."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Bytea, ForeignKey, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from core.auth.tables import User
from core.db import unscoped


@unscoped("checked while signing in, before a scope exists")
class Totp(Table, tablename="core_totp"):
    """The secret an account shares with its authenticator, encrypted."""

    GRANTS: ClassVar = {"web": "select, insert, update, delete", "worker": ""}

    id = BigSerial(primary_key=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, unique=True, index=True)
    secret = Bytea(default=None, secret=True)
    last_step = BigInt(default=0)
    """The time step of the last accepted code: no code opens the door twice."""
    bound_at = Timestamptz(default=None)


@unscoped("checked while signing in, before a scope exists")
class RecoveryCode(Table, tablename="core_recovery_code"):
    """A code on paper for a lost telephone; only its hash is kept, and it works once."""

    GRANTS: ClassVar = {"web": "select, insert, update (used_at), delete", "worker": ""}

    id = BigSerial(primary_key=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    hash = Bytea(default=None, secret=True)
    made_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
