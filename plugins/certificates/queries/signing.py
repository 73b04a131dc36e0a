# SPDX-License-Identifier: Apache-2.0
"""Keys, lists and trust as the page of the keys shows them."""

from typing import Any

from core.api.db import rows


async def keys_of_platform() -> list[dict[str, Any]]:
    """All keys, roots first, the newest of each first; with how many cards each signed."""
    return await rows(
        """select k.*, (select count(*) from certificates_signed s where s.kid = k.kid) as cards
           from certificates_key k
           order by case k.use when 'root' then 0 when 'list' then 1 else 2 end, k.code, k.id desc"""
    )


async def newest_lists(count: int = 5) -> list[dict[str, Any]]:
    """The status lists given out last, without their bodies."""
    return await rows(
        """select id, built_at, expires_at, cards, marked, milliseconds, length(body) as size
           from certificates_status_list order by id desc limit $1""",
        count,
    )


async def foreign_trusts() -> list[dict[str, Any]]:
    """The provinces believed here, and those that were."""
    return await rows(
        """select t.id, t.name, t.fingerprint, t.keys, t.listed_at, t.imported_at, t.removed_at,
                  u.login
           from certificates_trust t left join core_user u on u.id = t.imported_by
           order by t.removed_at is not null, t.id desc"""
    )
