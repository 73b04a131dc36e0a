# SPDX-License-Identifier: Apache-2.0
"""Signatures that anybody can check without the platform.

``signer(purpose)`` and ``rotate(purpose)`` only in jobs: the web role cannot read the secret half
of a key.
"""

from core.keys.signing import (
    Signer,
    fingerprint_of,
    is_signed,
    public_keys,
    public_pem,
    read_publics,
    rotate,
    signer,
)

__all__ = [
    "Signer",
    "fingerprint_of",
    "is_signed",
    "public_keys",
    "public_pem",
    "read_publics",
    "rotate",
    "signer",
]
