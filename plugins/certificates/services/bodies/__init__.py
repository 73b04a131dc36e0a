# SPDX-License-Identifier: Apache-2.0
"""Bodies and their accounts: complete, hand in, review, include, entrust, open."""

from plugins.certificates.services.bodies.base import (
    ID_NUMBER,
    LETTER,
    PHONE,
    body_ref,
    enter_body,
    info_of,
    must_be_open,
    people_of,
    registration_ref,
    units_below,
)
from plugins.certificates.services.bodies.completing import begin, complete, submit
from plugins.certificates.services.bodies.deciding import decide
from plugins.certificates.services.bodies.entrusting import keep_letter
from plugins.certificates.services.bodies.including import (
    create_below,
    include,
    is_superior,
    may_include,
    place_officer,
)
from plugins.certificates.services.bodies.registering import (
    include_registration,
    open_registration,
    register,
)

__all__ = [
    "ID_NUMBER",
    "LETTER",
    "PHONE",
    "begin",
    "body_ref",
    "complete",
    "create_below",
    "decide",
    "enter_body",
    "include",
    "include_registration",
    "info_of",
    "is_superior",
    "keep_letter",
    "may_include",
    "must_be_open",
    "open_registration",
    "people_of",
    "place_officer",
    "register",
    "registration_ref",
    "submit",
    "units_below",
]
