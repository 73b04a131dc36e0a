# SPDX-License-Identifier: Apache-2.0
"""Which account somebody means: ID numbers as accounts, and accounts made of a name in pinyin.

An applicant's account is his ID number (S0-4), but no column and no record holds the number in
the clear: what is stored as the login is its keyed hash, and whoever types the number signs in
to that. So the same number can never have two accounts either (S0-10).
"""

import re

from core import db
from core.keys.cipher import lookup_hash
from core.people.rules import clean
from core.people.spelling import name_in_pinyin
from core.scope import Scope

FIELD = "login"
PREFIX = "id."
LONGEST = 60
_ID_NUMBER = re.compile(r"\d{17}[\dX]\Z")


def id_login(number: str) -> str:
    """The stored login of who signs in with this ID number."""
    return PREFIX + lookup_hash(clean(number), FIELD).hex()[:32]


def stored_login(typed: str) -> str:
    """What somebody typed as his account, as it is stored."""
    typed = typed.strip()
    number = clean(typed)
    return id_login(number) if _ID_NUMBER.match(number) else typed


async def login_of_pinyin(name: str) -> str:
    """A free login for somebody's name: full pinyin in small letters, then 2, 3 … (S0-8, S0-9).

    Accounts are closed, never deleted, so a number once given does not come back. It is a
    proposal: show it before saving, and let the clerk type another.
    """
    base = name_in_pinyin(name)[:LONGEST]
    if len(base) < 3:
        base = (base or "user").ljust(3, "x")
    async with db.transaction(Scope.platform("logins are unique over the whole platform")):
        taken = set(
            await db.column(
                "select login from core_user where login = $1 or login ~ ('^' || $1 || '[0-9]+$')",
                base,
            )
        )
    if base not in taken:
        return base
    used = [int(each.removeprefix(base)) for each in taken if each != base]
    return f"{base}{max([1, *used]) + 1}"
