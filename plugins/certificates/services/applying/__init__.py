# SPDX-License-Identifier: Apache-2.0
"""新申领: hand in, check, review, examine, cancel; making and issuing are in ``making``."""

from plugins.certificates.services.applying.base import (
    HASH,
    NUMBER,
    PAPER,
    PHONE,
    PHOTO,
    SOURCES,
    IdentitySource,
    digest_of,
    path_of,
    take,
    tell_both,
    unwant_exam,
    want_exam,
)
from plugins.certificates.services.applying.deciding import cancel, decide
from plugins.certificates.services.applying.examining import enter_result, hear_result
from plugins.certificates.services.applying.handing_in import apply, correct

__all__ = [
    "HASH",
    "NUMBER",
    "PAPER",
    "PHONE",
    "PHOTO",
    "SOURCES",
    "IdentitySource",
    "apply",
    "cancel",
    "correct",
    "decide",
    "digest_of",
    "enter_result",
    "hear_result",
    "path_of",
    "take",
    "tell_both",
    "unwant_exam",
    "want_exam",
]
