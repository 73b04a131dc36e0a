# SPDX-License-Identifier: Apache-2.0
"""Acting under seal: nothing that is written names who acts."""

import secrets
from dataclasses import dataclass, replace

from core.scope import Scope


@dataclass(frozen=True, slots=True)
class UnderSeal:
    """What stands in for the actor: a scope without user and person, and a random name."""

    scope: Scope
    by: str
    """``sealed:<random>``, for the payload of facts; another one for every act."""


def as_sealed(scope: Scope) -> UnderSeal:
    """The same view without the one who has it.

    Facts, files, jobs and turns take their actor from the scope of the transaction; here it is
    0, as for the platform itself, and the payload says ``sealed:…`` (S3-22). The log of requests
    names no users in any case.
    """
    return UnderSeal(replace(scope, person=0, actor=0), f"sealed:{secrets.token_hex(8)}")
