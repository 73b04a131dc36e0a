# SPDX-License-Identifier: Apache-2.0
"""Papers of a plugin signed by whoever signs cards: ``CredentialKind`` says what there is.

    Contribution("core.credential_kind", "supervisors", {"title": "行政执法社会监督员", …})

``credentials_changed`` after every change of a paper; ``ask_for_moving`` for a code that is shown
on a telephone and good for a moment only.
"""

from core.credentials.services import (
    CANCELLED,
    SUSPENDED,
    VALID,
    Credential,
    CredentialIssuer,
    CredentialKind,
    Shown,
    ask_for_moving,
    credentials_changed,
    issuer,
    kinds,
)

__all__ = [
    "CANCELLED",
    "SUSPENDED",
    "VALID",
    "Credential",
    "CredentialIssuer",
    "CredentialKind",
    "Shown",
    "ask_for_moving",
    "credentials_changed",
    "issuer",
    "kinds",
]
