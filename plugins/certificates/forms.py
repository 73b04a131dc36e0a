# SPDX-License-Identifier: Apache-2.0
"""What the register's forms post."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class OfficerForm(msgspec.Struct):
    """Entry by hand (填报人员): the person, and the certificate when there is one."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    organisation: int
    id_number: Annotated[str, Meta(max_length=18)] = ""
    phone: Annotated[str, Meta(max_length=20)] = ""
    position: Annotated[str, Meta(max_length=60)] = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    person: int | None = None
    number: Annotated[str, Meta(max_length=20)] = ""
    valid_from: date | None = None
    valid_until: date | None = None
    inspection_due: date | None = None


class CertificateForm(msgspec.Struct):
    """A certificate for an officer who is already registered."""

    number: Annotated[str, Meta(min_length=1, max_length=20)]
    valid_from: date
    valid_until: date
    inspection_due: date | None = None


class StateForm(msgspec.Struct):
    """A change of a certificate's state, with its day and its reason."""

    state: Literal["valid", "suspended", "revoked", "cancelled"]
    since: date
    reason: Annotated[str, Meta(min_length=2, max_length=300)]


class ImportForm(msgspec.Struct):
    """Which unit a sheet belongs to; the sheet itself comes as file ``file``."""

    organisation: int
