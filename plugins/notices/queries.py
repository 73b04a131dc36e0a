# SPDX-License-Identifier: Apache-2.0
"""Reading notices, standing pages, and who has read them."""

from typing import Any

from core.api.audience import AUDIENCE, READERS, audience_args, group_of
from core.api.db import Scope, published_conditions, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.notices.rules import KINDS

STANDINGS = {"unread": "未读", "open": "待确认", "read": "已读"}
STATES = {"draft": "草稿", "published": "已发布", "withdrawn": "已撤回"}


# Whom it is meant for stands in the caller's condition (``meant_for``); a receipt is one row per
# person and notice, so the join never doubles.
INBOX = Listing(
    key="notices.inbox",
    title="通知公告",
    select=(
        "n.id, n.title, n.organ_name, n.published_at, n.must_confirm, n.confirm_by,"
        " r.read_at, r.confirmed_at,"
        " case when r.read_at is null then 'unread'"
        " when n.must_confirm and r.confirmed_at is null then 'open' else 'read' end as standing"
    ),
    source=(
        "notices_notice n left join notices_receipt r on r.notice = n.id"
        " and r.person = nullif(current_setting('j.me', true), '')::int8"
    ),
    alias="n",
    id="n.id",
    tied="published",
    where="n.state = 'published'",
    columns=(
        Column("title", "标题"),
        Column("organ_name", "发布机关"),
        Column("published_at", "发布时间", kind="datetime", sort="n.published_at"),
        Column("standing", "状态", export=lambda one: STANDINGS[one["standing"]]),
    ),
    filters=(
        Filter("q", "关键字", where="n.title ilike {}", placeholder="标题里的字"),
        Filter(
            "standing",
            "状态",
            kind="tabs",
            options=(("", "全部"), ("unread", "未读"), ("open", "待确认")),
            wheres={
                "unread": "r.read_at is null",
                "open": "n.must_confirm and r.confirmed_at is null",
            },
        ),
    ),
    order="-published_at",
)

DESK = Listing(
    key="notices.desk",
    title="发布通知",
    select=(
        "n.id, n.title, n.readers, n.region_name, n.state, n.sort_at, n.must_confirm, n.confirm_by,"
        " (select count(*) from notices_receipt r where r.notice = n.id) as read,"
        " (select count(*) from notices_receipt r where r.notice = n.id"
        "   and r.confirmed_at is not null) as confirmed"
    ),
    source="notices_notice n",
    alias="n",
    id="n.id",
    columns=(
        Column("title", "标题"),
        Column("readers", "对象", export=lambda one: READERS[one["readers"]]),
        Column("region_name", "范围"),
        Column("sort_at", "时间", kind="datetime", sort="n.sort_at"),
        Column("read", "已读", kind="number"),
        Column("confirmed", "已确认", kind="number"),
        Column("state", "状态", export=lambda one: STATES[one["state"]]),
    ),
    filters=(
        Filter("q", "关键字", where="n.title ilike {}", placeholder="标题里的字"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "全部"), *STATES.items()),
            where="n.state = {}",
        ),
    ),
    order="-sort_at",
)


def meant_for(scope: Scope, role: str) -> tuple[str, tuple[Any, ...]]:
    """The condition that keeps the inbox to what is meant for this place and this role."""
    return (
        "n.readers = any({}::text[]) and n.aud_lo <= {}::int8 and n.aud_hi >= {}::int8",
        (["all", group_of(role)], scope.region.lo, scope.region.hi),
    )


async def find_notice(notice: int, scope: Scope, role: str, organ: int) -> dict[str, Any] | None:
    """A notice this reader may open.

    Published ones that are meant for him or were published inside his scope; drafts of his own
    office. ``mine`` says that it is his office's.
    """
    sql, args = published_conditions(scope, "n", 4)
    own, more = scope_conditions(scope, "n", 4 + len(args))
    return await row(
        f"select n.*, (n.organ = $3 and ({own})) as mine from notices_notice n"
        f" where n.id = $1 and {sql} and ((n.organ = $3 and ({own}))"
        f" or (n.state <> 'draft' and (({own}) or n.readers = any($2::text[]))))",
        notice,
        ["all", group_of(role)],
        organ,
        *args,
        *more,
    )


async def own_notice(notice: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A notice of one's own office, locked for a change."""
    sql, args = scope_conditions(scope, "n", 3)
    return await row(
        f"select n.* from notices_notice n where n.id = $1 and n.organ = $2 and {sql} for update",
        notice,
        organ,
        *args,
    )


async def attachments_of(notice: int) -> list[dict[str, Any]]:
    """The files of a notice that is visible in this transaction."""
    return await rows(
        "select id, file, name, size, kind from notices_attachment where notice = $1 order by id",
        notice,
    )


async def receipt_of(notice: int, person: int) -> dict[str, Any] | None:
    """When this person read and confirmed a notice."""
    return await row(
        "select read_at, confirmed_at from notices_receipt where notice = $1 and person = $2",
        notice,
        person,
    )


# --- for whom, and who of them -------------------------------------------------------------------


def _audience_args(of: dict[str, Any]) -> list[Any]:
    return audience_args(of["aud_lo"], of["aud_hi"], of["readers"])


async def readers_of(
    notice: dict[str, Any], standing: str, limit: int = 500
) -> list[dict[str, Any]]:
    """Persons of the audience by standing: unread, open (read, not confirmed), read, all."""
    conditions = {
        "unread": "r.read_at is null",
        "open": "r.read_at is not null and r.confirmed_at is null",
        "read": "r.read_at is not null",
        "waiting": "r.confirmed_at is null" if notice["must_confirm"] else "r.read_at is null",
        "all": "true",
    }
    return await rows(
        f"""select x.person, x.name, x.place, r.read_at, r.confirmed_at from ({AUDIENCE}) x
            left join notices_receipt r on r.notice = $5 and r.person = x.person
            where {conditions[standing]} order by x.place, x.name, x.person limit $6""",
        *_audience_args(notice),
        notice["id"],
        limit,
    )


async def counts_of(notice: dict[str, Any]) -> dict[str, int]:
    """Meant for, read, confirmed: of the persons the notice is meant for today."""
    found = await row(
        f"""select count(*) as meant, count(r.read_at) as read, count(r.confirmed_at) as confirmed
            from ({AUDIENCE}) x
            left join notices_receipt r on r.notice = $5 and r.person = x.person""",
        *_audience_args(notice),
        notice["id"],
    )
    return {key: int(number) for key, number in (found or {}).items()}


# --- standing pages ------------------------------------------------------------------------------


async def guides_for(scope: Scope, role: str, person: int, kind: str) -> list[dict[str, Any]]:
    """The pages of a kind in force for this reader, nearest office last, with his confirmation."""
    sql, args = published_conditions(scope, "g", 4)
    return await rows(
        f"""select g.id, g.kind, g.title, g.organ_name, g.region_name, g.current, g.must_confirm,
                   v.published_at, c.confirmed_at
            from notices_guide g
            join notices_guide_version v on v.guide = g.id and v.number = g.current
            left join notices_confirmation c
              on c.guide = g.id and c.number = g.current and c.person = $3
            where g.kind = $1 and g.readers = any($2::text[]) and g.current > 0
              and g.closed_at is null and {sql}
            order by g.region_lo, g.title, g.id limit 200""",
        kind,
        ["all", group_of(role)],
        person,
        *args,
    )


GUIDES = Listing(
    key="notices.guides",
    title="行为准则和操作手册",
    select=(
        "g.id, g.kind, g.title, g.readers, g.current, g.sort_at, g.must_confirm, g.closed_at,"
        " g.organ_name, (select count(*) from notices_confirmation c where c.guide = g.id"
        "   and c.number = g.current) as confirmed"
    ),
    source="notices_guide g",
    alias="g",
    id="g.id",
    columns=(
        Column("title", "标题"),
        Column("kind", "种类", export=lambda one: KINDS[one["kind"]]),
        Column("readers", "对象", export=lambda one: READERS[one["readers"]]),
        Column("organ_name", "发布机关"),
        Column("current", "现行版本", kind="number"),
        Column("confirmed", "已确认", kind="number"),
        Column("sort_at", "时间", kind="datetime", sort="g.sort_at"),
    ),
    filters=(
        Filter(
            "kind", "种类", kind="tabs", options=(("", "全部"), *KINDS.items()), where="g.kind = {}"
        ),
    ),
    order="-sort_at",
)


async def find_guide(guide: int, scope: Scope, role: str, organ: int) -> dict[str, Any] | None:
    """A page this reader may open; ``mine`` says that it is his office's."""
    sql, args = published_conditions(scope, "g", 4)
    own, more = scope_conditions(scope, "g", 4 + len(args))
    return await row(
        f"select g.*, (g.organ = $3 and ({own})) as mine from notices_guide g"
        f" where g.id = $1 and {sql} and ((g.organ = $3 and ({own}))"
        f" or (g.current > 0 and (({own}) or g.readers = any($2::text[]))))",
        guide,
        ["all", group_of(role)],
        organ,
        *args,
        *more,
    )


async def own_guide(guide: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A page of one's own office, locked for a change."""
    sql, args = scope_conditions(scope, "g", 3)
    return await row(
        f"select g.* from notices_guide g where g.id = $1 and g.organ = $2 and {sql} for update",
        guide,
        organ,
        *args,
    )


async def versions_of(guide: int) -> list[dict[str, Any]]:
    """All published versions, newest first, without their words."""
    return await rows(
        """select id, number, changes, published_at, published_by_name
           from notices_guide_version where guide = $1 order by number desc""",
        guide,
    )


async def version_of(guide: int, number: int) -> dict[str, Any] | None:
    """One version with its words."""
    return await row(
        "select * from notices_guide_version where guide = $1 and number = $2", guide, number
    )


async def confirmation_of(guide: int, number: int, person: int) -> dict[str, Any] | None:
    """When this person confirmed that version."""
    return await row(
        """select confirmed_at from notices_confirmation
           where guide = $1 and number = $2 and person = $3""",
        guide,
        number,
        person,
    )


async def confirmers_of(guide: dict[str, Any], limit: int = 500) -> list[dict[str, Any]]:
    """The persons a page is meant for, those who have not confirmed the version in force first."""
    return await rows(
        f"""select x.person, x.name, x.place, c.confirmed_at from ({AUDIENCE}) x
            left join notices_confirmation c
              on c.guide = $5 and c.number = $6 and c.person = x.person
            order by c.confirmed_at nulls first, x.place, x.name, x.person limit $7""",
        *_audience_args(guide),
        guide["id"],
        guide["current"],
        limit,
    )
