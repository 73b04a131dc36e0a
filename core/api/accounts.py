# SPDX-License-Identifier: Apache-2.0
"""Opening accounts and granting roles, for plugins whose persons get accounts, and demo data.

An applicant: ``person = await add_person(…)``, then ``await register(person.id, password,
region=…)``; he signs in with his ID number. An invited person: ``login = await
login_of_pinyin(name)`` is shown and may be changed, ``await invite(person.id, login, by=…)``
reserves it, ``await admit(user, role, region=…, by=…)`` opens it. A role that follows from a term
ends with ``revoke_role``.
"""

from core.auth.logins import login_of_pinyin
from core.auth.registering import (
    account_of,
    admit,
    chooses_password,
    invite,
    password_problem,
    register,
    revoke_role,
)
from core.auth.services import create_account, end_sessions_of, grant_role, issue_slip

__all__ = [
    "account_of",
    "admit",
    "chooses_password",
    "create_account",
    "end_sessions_of",
    "grant_role",
    "invite",
    "issue_slip",
    "login_of_pinyin",
    "password_problem",
    "register",
    "revoke_role",
]
