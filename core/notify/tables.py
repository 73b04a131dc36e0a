# SPDX-License-Identifier: Apache-2.0
"""Tables of messages: inbox, what goes out by other channels, what a person muted."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Bytea, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import Own, unscoped


class Message(Own, Table, tablename="core_message"):
    """A message in a person's inbox; worded when it was sent, since wording is evidence too."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (read_at)",
        "worker": "select, insert, update (read_at)",
    }

    id = BigSerial(primary_key=True)
    kind = Varchar(length=96, default=None)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None)
    title = Varchar(length=200, default=None)
    text = Text(default="")
    at = Timestamptz(default=None)
    read_at = Timestamptz(null=True, default=None)


@unscoped("work of the sender; no page shows it")
class Outbox(Table, tablename="core_outbox"):
    """A message on its way through a channel other than the inbox."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert, update, delete"}

    id = BigSerial(primary_key=True)
    message = ForeignKey(Message, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None)
    channel = Varchar(length=40, default=None)
    kind = Varchar(length=96, default=None)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None)
    title = Varchar(length=200, default=None)
    text = Text(default="")
    params = Text(default="")
    """JSON of what the words were made of, for channels that send approved templates only."""
    created_at = Timestamptz(default=None)
    sent_at = Timestamptz(null=True, default=None)


class Contact(Own, Table, tablename="core_contact"):
    """Where a person wants letters; he alone sees and changes it, the sender reads it."""

    GRANTS: ClassVar = {"web": "select, insert, update, delete", "worker": "select"}

    id = BigSerial(primary_key=True)
    email = Bytea(default=None, secret=True)
    email_masked = Varchar(length=130, default="")

    once = Unique(["person"])


@unscoped("read for others: who sends must know what the receiver muted")
class Mute(Table, tablename="core_mute"):
    """A person does not want this kind of message outside the inbox."""

    GRANTS: ClassVar = {"web": "select, insert, delete", "worker": "select"}

    id = BigSerial(primary_key=True)
    person = BigInt(default=None)
    kind = Varchar(length=96, default=None)

    once = Unique([person, kind])
