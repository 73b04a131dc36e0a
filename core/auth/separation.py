# SPDX-License-Identifier: Apache-2.0
"""三员分立: which role may hold which right, whatever anybody ticks (GB/T 22239, 等保三级).

That nobody holds two of the three offices is a rule about people (``rules.grant_faults``). It
would be worth nothing if the offices themselves could be merged by giving one the rights of
another, so this is a rule about rights. It reads the declarations of the plugins: a right that is
shipped for administrators only never leaves them, and an administrator never gets any other.
"""

from collections.abc import Collection, Iterable, Mapping

from core.api.plugin import Permission
from core.auth.rules import ADMINISTRATORS, ROLES

TITLES: Mapping[str, str] = {role.key: role.title for role in ROLES}


def may_hold(role: str, grants_to: Collection[str]) -> bool:
    """Whether ``role`` may ever hold a right that is shipped for the roles ``grants_to``."""
    if role in ADMINISTRATORS:
        return role in grants_to
    return not grants_to or not ADMINISTRATORS.issuperset(grants_to)


def fault(role: str, permission: Permission) -> str:
    """Why ``role`` may not hold ``permission``; empty when it may."""
    if may_hold(role, permission.grants_to):
        return ""
    if role in ADMINISTRATORS:
        return f"{TITLES[role]}不能有“{permission.title}”：三员分立，各管一摊，也不办业务。"
    owners = "、".join(TITLES[each] for each in permission.grants_to)
    return f"“{permission.title}”只属于{owners}，不能给其他角色。"


def faults(role: str, permissions: Iterable[Permission]) -> list[str]:
    """All of them."""
    return [sentence for each in permissions if (sentence := fault(role, each))]
