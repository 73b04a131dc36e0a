# SPDX-License-Identifier: Apache-2.0
"""Tables of accounts. None is scoped: they exist before a scope does, and describe scopes."""

from typing import ClassVar

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
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import unscoped


@unscoped("accounts are looked up by login before any scope exists")
class User(Table, tablename="core_user"):
    """An account; points to a person, so that people exist without accounts."""

    id = BigSerial(primary_key=True)
    login = Varchar(length=64, unique=True, default=None)
    name = Varchar(length=64, default=None)
    """The display name, kept here too since the person's row is scoped and a session is not."""
    person = BigInt(null=True, default=None, index=True)
    """``core_person.id``; null for accounts of an office without a natural person behind it."""
    active = Boolean(default=True)
    must_change = Boolean(default=False)
    """Somebody else set the password, or it is too old: nothing but changing it is open."""
    waiting = Varchar(length=200, default="")
    """What must happen before anybody signs in here (批准邀请); empty = nothing."""
    demo = Boolean(default=False)
    """Offered by the demo role switcher; never set outside demo data."""
    text_size = Varchar(length=8, default="")
    density = Varchar(length=12, default="")
    created_at = Timestamptz(default=None)
    last_seen = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    close_reason = Text(default="")


@unscoped("password hashes are read before a scope exists; no page ever selects them")
class Password(Table, tablename="core_password"):
    """Every password a user had, newest last: history and age rules read it."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": ""}

    id = BigSerial(primary_key=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.restrict, index=True)
    hash = Text(default=None, secret=True)
    set_at = Timestamptz(default=None)


@unscoped("roles are the same for everyone")
class Role(Table, tablename="core_role"):
    """A role: stable key, displayed title (data, offices rename them), and how far it reaches."""

    id = BigSerial(primary_key=True)
    key = Varchar(length=40, unique=True, default=None)
    title = Varchar(length=40, default=None)
    reach = Varchar(length=16, default=None)
    """organisation | region | own | platform"""
    weight = Integer(default=100)


@unscoped("what a role may do is the same for everyone")
class RolePermission(Table, tablename="core_role_permission"):
    """A right a role holds. Defaults come from the plugins once, afterwards this is data."""

    id = BigSerial(primary_key=True)
    role = ForeignKey(Role, null=False, on_delete=OnDelete.cascade, index=True)
    permission = Varchar(length=80, default=None)

    once = Unique([role, permission])


@unscoped("which permissions the defaults were already applied for")
class KnownPermission(Table, tablename="core_known_permission"):
    """A permission whose default grants were made, so that withdrawing one by hand stays."""

    id = BigSerial(primary_key=True)
    key = Varchar(length=80, unique=True, default=None)


@unscoped("assignments are what scopes are made of")
class Assignment(Table, tablename="core_assignment"):
    """A user holds a role for a region and, where the role reaches an organisation, for that."""

    id = BigSerial(primary_key=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.restrict, index=True)
    role = ForeignKey(Role, null=False, on_delete=OnDelete.restrict, index=True)
    region = BigInt(null=True, default=None, index=True)
    """``core_region.id``; null for the three platform administrators."""
    organisation = BigInt(null=True, default=None, index=True)
    """``core_organisation.id``"""
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)
    """Last day it holds; null = until withdrawn."""
    delegated_by = BigInt(null=True, default=None, index=True)
    """The assignment this one acts for; it ends with that one."""
    granted_by = BigInt(default=0)
    granted_at = Timestamptz(default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = BigInt(null=True, default=None)


@unscoped("sessions are opened before a scope exists, through core_open() only")
class Session(Table, tablename="core_session"):
    """A signed-in browser. Only the hash of the cookie is kept."""

    GRANTS: ClassVar = {
        "web": (
            'insert, select (id, "user", assignment, opened_at, seen_at, ended_at, ended_because,'
            " address, agent), update (ended_at, ended_because)"
        ),
        "worker": "select (id, opened_at, seen_at, ended_at), delete",
    }
    # Neither hash nor token can be read by anybody but core_open().

    id = BigSerial(primary_key=True)
    hash = Bytea(unique=True, default=None)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    assignment = BigInt(null=True, default=None)
    csrf = Varchar(length=64, default=None)
    opened_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_because = Varchar(length=24, default="")
    address = Varchar(length=64, default="")
    agent = Varchar(length=200, default="")


@unscoped("slips are checked at sign-in, before a scope exists")
class Slip(Table, tablename="core_slip"):
    """A printed one-time password: issued by staff, used once, within seven days."""

    GRANTS: ClassVar = {"web": "select, insert, update (used_at, revoked_at)", "worker": "select"}

    id = BigSerial(primary_key=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    hash = Bytea(default=None)
    issued_by = BigInt(default=None)
    issued_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


@unscoped("a slip of an administrator is a matter of the whole platform")
class SlipRequest(Table, tablename="core_slip_request"):
    """One asks for a printed password of an administrator, another agrees or does not."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (decided_at, decided_by, approved, note, used_at)",
        "worker": "select",
    }

    id = BigSerial(primary_key=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    reason = Varchar(length=300, default=None)
    asked_by = BigInt(default=None)
    asked_at = Timestamptz(default=None)
    decided_by = BigInt(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    approved = Boolean(default=False)
    note = Varchar(length=300, default="")
    used_at = Timestamptz(null=True, default=None)
    """When the one who asked printed it; an approval prints once."""


@unscoped("failed sign-ins are counted for names that may not exist at all")
class LoginAttempt(Table, tablename="core_login_attempt"):
    """A failed sign-in by hash of the typed name, so that typed passwords never rest here."""

    GRANTS: ClassVar = {"web": "select, insert, update (cleared)", "worker": "select, delete"}

    id = BigSerial(primary_key=True)
    login_hash = Bytea(default=None, index=True)
    address = Varchar(length=64, default="", index=True)
    at = Timestamptz(default=None, index=True)
    cleared = Boolean(default=False)
    """A later success or a slip makes the failure count no more; the row stays as evidence."""


@unscoped("one row: the version of permissions, navigation and enabled plugins")
class Version(Table, tablename="core_version"):
    """A number that keys the caches of every process; bumped by whoever changes what they hold."""

    id = BigSerial(primary_key=True)
    number = BigInt(default=1)
