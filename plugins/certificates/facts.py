# SPDX-License-Identifier: Apache-2.0
"""What the certificates record: the payloads of their facts."""

import msgspec


class OfficerRegistered(msgspec.Struct):
    """A person entered the register."""

    officer: int
    person: int
    organisation: int


class CertificateChanged(msgspec.Struct):
    """A certificate was registered or changed its state; others may show its number."""

    certificate: int
    person: int
    number: str
    state: str
    since: str
    valid_from: str
    valid_until: str
    reason: str = ""


class ImportChanged(msgspec.Struct):
    """A sheet was applied or undone: one fact for the whole batch."""

    batch: int
    organisation: int
    officers: int
    digest: str
