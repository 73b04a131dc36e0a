# SPDX-License-Identifier: Apache-2.0
"""For whom a published text is meant: people of certain roles in a region and all below it.

Who belongs to it is asked anew every time, so an officer appointed tomorrow is reached too and one
who has left is not. Texts are kept as ``Published`` rows with ``aud_lo``, ``aud_hi`` and the code
of their readers.
"""

from typing import Any

from core import clock, db

READERS = {
    "all": "全体人员",
    "supervisors": "社会监督员",
    "bodies": "行政执法机关",
    "bureaus": "司法行政机关",
}
"""For whom a text is meant, as the bureau chooses it."""

_GROUPS = {
    "supervisor": "supervisors",
    "supervision_bureau": "bureaus",
    "justice_office": "bureaus",
    "leader": "bureaus",
}
ROLES = {
    "supervisors": ("supervisor",),
    "bureaus": ("supervision_bureau", "justice_office", "leader"),
    "bodies": (
        "handler", "data_entry", "submitter", "legal_office", "dept_supervisor", "body_admin",
    ),
}  # fmt: skip


def group_of(role: str) -> str:
    """Which of ``READERS`` a role belongs to."""
    return _GROUPS.get(role, "bodies")


def roles_of(readers: str) -> tuple[str, ...]:
    """The roles a text for ``readers`` is meant for."""
    if readers == "all":
        return tuple(role for roles in ROLES.values() for role in roles)
    return ROLES[readers]


AUDIENCE = """
select u.person, min(u.name) as name, min(coalesce(o.short_name, o.name, g.name, '')) as place
from core_assignment a
join core_role k on k.id = a.role and k.key = any($3::text[])
join core_user u on u.id = a."user" and u.active and u.person is not null
left join core_region g on g.id = a.region
left join core_organisation o on o.id = a.organisation
where a.revoked_at is null and a.valid_from <= $4 and (a.valid_to is null or a.valid_to >= $4)
  and coalesce(g.lo, o.region_lo) between $1 and $2
group by u.person
"""
"""One line per person: ``person name place``; its parameters come from ``audience_args``."""


def audience_args(lo: int, hi: int, readers: str) -> list[Any]:
    """The four parameters of ``AUDIENCE`` for a region interval and a code of ``READERS``."""
    return [lo, hi, list(roles_of(readers)), clock.today()]


async def audience_size(lo: int, hi: int, readers: str) -> int:
    """How many persons a text is meant for today."""
    return int(
        await db.value(f"select count(*) from ({AUDIENCE}) x", *audience_args(lo, hi, readers))
    )


async def audience(lo: int, hi: int, readers: str, after: int, limit: int) -> list[int]:
    """The persons a text is meant for, by number, at most ``limit`` of those behind ``after``."""
    found = await db.column(
        f"select x.person from ({AUDIENCE}) x where x.person > $5 order by x.person limit $6",
        *audience_args(lo, hi, readers),
        after,
        limit,
    )
    return [int(each) for each in found]
