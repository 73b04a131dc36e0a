# SPDX-License-Identifier: Apache-2.0
"""Who stands behind an account: what two people must do is not done by one with two accounts."""

from collections.abc import Iterable

from core import db

BEHIND = """
select u.id, coalesce(min(o.id), u.id) as behind
from core_user u left join core_user o on o.person = u.person
where u.id = any($1::int8[]) group by u.id
"""


async def people_behind(users: Iterable[int]) -> dict[int, int]:
    """For each account a number that is the same for all accounts of one person.

    It is the first account of that person, so rules that compare numbers of accounts compare
    people when given these. An account nobody is entered for stands for itself, and so does 0,
    the platform. Inside the caller's transaction; closed accounts count.
    """
    wanted = set(users)
    found = {each: each for each in wanted}
    found |= {row["id"]: row["behind"] for row in await db.rows(BEHIND, list(wanted - {0}))}
    return found


async def same_person(one: int, other: int) -> bool:
    """Whether two accounts are one person's; the platform itself (0) is nobody."""
    if not one or not other:
        return False
    found = await people_behind((one, other))
    return found[one] == found[other]


async def accounts_of(user: int) -> list[int]:
    """All accounts of the person behind one, itself among them."""
    return [
        int(each)
        for each in await db.column(
            "select o.id from core_user u join core_user o on o.id = u.id or o.person = u.person"
            " where u.id = $1 order by o.id",
            user,
        )
    ]
