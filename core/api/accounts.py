# SPDX-License-Identifier: Apache-2.0
"""Opening accounts and granting roles, for plugins whose persons get accounts, and demo data."""

from core.auth.services import create_account, end_sessions_of, grant_role, issue_slip

__all__ = ["create_account", "end_sessions_of", "grant_role", "issue_slip"]
