# SPDX-License-Identifier: Apache-2.0
"""What happens to accounts, passwords, roles and sessions; each act is a fact.

These run under a platform scope: an account is not a matter of one region, and the three
administrators have no business scope at all. Who may call them the routes' guards decide.
"""

from core.auth.services.accounts import (
    LOGIN,
    close_account,
    create_account,
    of_the_demo,
    reopen_account,
    set_preferences,
)
from core.auth.services.base import USER, office
from core.auth.services.entering import (
    ADDRESS_LIMIT,
    CHANGED,
    LEGACY_PASSWORD,
    WRONG,
    SignedIn,
    end_other_sessions,
    end_session,
    end_sessions_of,
    finish_sign_in,
    login_key,
    sign_in,
    sign_in_demo,
    sign_out,
    still_right,
)
from core.auth.services.roles import (
    apply_defaults,
    delegate_role,
    end_assignment,
    end_delegation,
    grant_role,
    set_rights,
    switch_role,
    withdraw_role,
)
from core.auth.services.setting import change_password, issue_slip, revoke_slip, store_password

__all__ = [
    "ADDRESS_LIMIT",
    "CHANGED",
    "LEGACY_PASSWORD",
    "LOGIN",
    "USER",
    "WRONG",
    "SignedIn",
    "apply_defaults",
    "change_password",
    "close_account",
    "create_account",
    "delegate_role",
    "end_assignment",
    "end_delegation",
    "end_other_sessions",
    "end_session",
    "end_sessions_of",
    "finish_sign_in",
    "grant_role",
    "issue_slip",
    "login_key",
    "of_the_demo",
    "office",
    "reopen_account",
    "revoke_slip",
    "set_preferences",
    "set_rights",
    "sign_in",
    "sign_in_demo",
    "sign_out",
    "still_right",
    "store_password",
    "switch_role",
    "withdraw_role",
]
