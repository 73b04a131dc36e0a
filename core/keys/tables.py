# SPDX-License-Identifier: Apache-2.0
"""The platform's signing keys."""

from typing import ClassVar

from piccolo.columns import BigSerial, Bytea, Timestamptz, Varchar
from piccolo.table import Table

from core.db import unscoped


@unscoped("keys belong to the installation; their secret halves are encrypted")
class SigningKey(Table, tablename="core_signing_key"):
    """An Ed25519 key. Retired keys stay, since what they signed must remain checkable."""

    # The web role never signs, so it cannot even read the encrypted secret.
    GRANTS: ClassVar = {
        "web": "select (id, purpose, fingerprint, public, made_at, retired_at)",
        "worker": "select, insert, update (retired_at)",
    }

    id = BigSerial(primary_key=True)
    purpose = Varchar(length=32, default=None, index=True)
    """What it signs, e.g. ``audit``."""
    fingerprint = Varchar(length=32, default=None, unique=True)
    """The first 16 bytes of the SHA-256 of the public key, in hexadecimal."""
    public = Bytea(default=None)
    secret = Bytea(default=None, secret=True)
    """Encrypted with the installation's master key (``core.keys.cipher``)."""
    made_at = Timestamptz(default=None)
    retired_at = Timestamptz(null=True, default=None)
