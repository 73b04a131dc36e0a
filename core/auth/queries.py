# SPDX-License-Identifier: Apache-2.0
"""Reading accounts, roles and sessions. None of these tables is scoped."""

from datetime import date, datetime, timedelta
from typing import Any

from core import db
from core.auth.logins import PREFIX
from core.listing import Column, Filter, Listing

ACCOUNTS = Listing(
    key="core.accounts",
    title="账号",
    select=(
        "u.id, u.login, u.name, u.active, u.must_change, u.last_seen, u.created_at, u.demo,"
        " (select string_agg(distinct r.title, '、') from core_assignment a"
        '  join core_role r on r.id = a.role where a."user" = u.id and a.revoked_at is null'
        "  and (a.valid_to is null or a.valid_to >= (now() at time zone 'Asia/Shanghai')::date)) as roles,"
        " (select string_agg(distinct coalesce(o.short_name, o.name), '、') from core_assignment a"
        '  join core_organisation o on o.id = a.organisation where a."user" = u.id'
        "  and a.revoked_at is null) as organisations"
    ),
    source="core_user u",
    id="u.id",
    tied="none",
    columns=(
        Column("login", "账号", sort="u.login", fold="jd-f1"),
        Column("name", "姓名", sort="u.name", fold="jd-say1"),
        Column("roles", "角色"),
        Column("organisations", "单位"),
        Column(
            "last_seen", "最近使用", sort="coalesce(u.last_seen, u.created_at)", kind="datetime"
        ),
        Column("active", "可用", kind="boolean"),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("open", "在用"), ("closed", "已停用"), ("all", "全部")),
            wheres={"open": "u.active", "closed": "not u.active", "all": "true"},
            default="open",
        ),
        Filter(
            "q",
            "账号或姓名",
            where="u.login ilike {} or u.name ilike {}",
            placeholder="zhanghailong",
        ),
        Filter(
            "role",
            "角色",
            kind="choice",
            where=(
                "exists (select 1 from core_assignment a join core_role r on r.id = a.role"
                ' where a."user" = u.id and a.revoked_at is null and r.key = {})'
            ),
            load=lambda _scope: role_options(),
        ),
    ),
    order="login",
)


async def role_options() -> list[tuple[str, str]]:
    """Roles for a selection, in their order."""
    found = await db.rows("select key, title from core_role order by weight, id")
    return [(row["key"], row["title"]) for row in found]


async def roles() -> list[dict[str, Any]]:
    """All roles with the permissions they hold."""
    return await db.rows(
        "select r.id, r.key, r.title, r.reach, r.weight,"
        " coalesce(array_agg(p.permission order by p.permission)"
        "  filter (where p.permission is not null), '{}') as permissions"
        " from core_role r left join core_role_permission p on p.role = r.id"
        " group by r.id order by r.weight, r.id"
    )


async def role(key: str) -> dict[str, Any] | None:
    """One role by key."""
    return await db.row("select id, key, title, reach from core_role where key = $1", key)


async def user(user_id: int) -> dict[str, Any] | None:
    """One account without any secret."""
    return await db.row(
        "select u.id, u.login, u.name, u.person, u.active, u.must_change, u.demo, u.created_at,"
        " u.last_seen, u.closed_at, u.close_reason from core_user u where u.id = $1",
        user_id,
    )


async def user_by_login(login: str) -> dict[str, Any] | None:
    """For signing in: the account and its present password."""
    return await db.row(
        "select u.id, u.login, u.name, u.active, u.must_change, u.demo, u.waiting, p.hash, p.set_at,"
        " coalesce(p.id, 0) as password from core_user u"
        " left join lateral (select id, hash, set_at from core_password c"
        ' where c."user" = u.id order by c.id desc limit 1) p on true where u.login = $1',
        login,
    )


async def password_history(user_id: int, last: int) -> list[str]:
    """The newest hashes, newest first."""
    return [
        str(each)
        for each in await db.column(
            "select hash from core_password where \"user\" = $1 and hash <> ''"
            " order by id desc limit $2",
            user_id,
            last,
        )
    ]


async def open_slip(user_id: int, moment: datetime) -> dict[str, Any] | None:
    """The slip that may still be used, if there is one."""
    return await db.row(
        'select id, hash, issued_at, expires_at from core_slip where "user" = $1'
        " and used_at is null and revoked_at is null and expires_at > $2"
        " order by id desc limit 1",
        user_id,
        moment,
    )


async def slips(user_id: int) -> list[dict[str, Any]]:
    """Every slip of a user, newest first, without its secret."""
    return await db.rows(
        "select s.id, s.issued_at, s.expires_at, s.used_at, s.revoked_at, u.name as issuer"
        ' from core_slip s left join core_user u on u.id = s.issued_by where s."user" = $1'
        " order by s.id desc limit 20",
        user_id,
    )


ASSIGNMENTS = """
select a.id, a."user", a.region, a.organisation, a.valid_from, a.valid_to, a.delegated_by,
  a.revoked_at, r.key as role, r.title as role_title, r.reach, r.weight,
  g.name as region_name, g.lo as region_lo, o.name as organisation_name,
  coalesce(nullif(o.short_name, ''), o.name, g.name, '') as place_name, o.lo as org_lo,
  pu.name as principal, pu.id as principal_id,
  (a.revoked_at is null and a.valid_from <= $2 and (a.valid_to is null or a.valid_to >= $2)
   and (a.delegated_by is null or (pa.revoked_at is null and pu.active
        and (pa.valid_to is null or pa.valid_to >= $2)))) as in_force
from core_assignment a join core_role r on r.id = a.role
left join core_region g on g.id = a.region left join core_organisation o on o.id = a.organisation
left join core_assignment pa on pa.id = a.delegated_by left join core_user pu on pu.id = pa."user"
"""


async def assignments(
    user_id: int, today: date, *, only_valid: bool = True
) -> list[dict[str, Any]]:
    """The roles of a user; those in force, own ones before delegated ones."""
    found = await db.rows(
        f'{ASSIGNMENTS} where a."user" = $1 order by a.delegated_by is not null, r.weight, a.id',
        user_id,
        today,
    )
    return [row for row in found if row["in_force"] or not only_valid]


async def is_held(role: str, today: date, *, but: int) -> bool:
    """Whether somebody else with an open account holds this role himself today."""
    return bool(
        await db.value(
            "select exists(select from core_assignment a join core_role r on r.id = a.role"
            ' join core_user u on u.id = a."user" where r.key = $1 and u.id <> $3 and u.active'
            " and a.delegated_by is null and a.revoked_at is null and a.valid_from <= $2"
            " and (a.valid_to is null or a.valid_to >= $2))",
            role,
            today,
            but,
        )
    )


async def assignment(assignment_id: int, today: date) -> dict[str, Any] | None:
    """One assignment, in force or not."""
    return await db.row(f"{ASSIGNMENTS} where a.id = $1", assignment_id, today)


async def delegations_of(assignment_id: int, today: date) -> list[dict[str, Any]]:
    """Who acts for this assignment now."""
    found = await db.rows(
        f"{ASSIGNMENTS} where a.delegated_by = $1 and a.revoked_at is null order by a.id",
        assignment_id,
        today,
    )
    names = {
        row["id"]: row["name"]
        for row in await db.rows(
            "select id, name from core_user where id = any($1)", [row["user"] for row in found]
        )
    }
    return [{**row, "deputy": names.get(row["user"], "")} for row in found if row["in_force"]]


async def colleagues(
    organisation: int | None, region: int | None, but: int
) -> list[tuple[str, str]]:
    """Who may act for somebody: users with a role in the same organisation.

    Whoever holds a role for a region without an organisation has as colleagues those who answer
    for that region as well, not everybody who works in it: an inspected body must not get the
    rights of its inspectors.
    """
    found = await db.rows(
        "select distinct u.id, u.name, u.login from core_user u"
        ' join core_assignment a on a."user" = u.id and a.revoked_at is null'
        " join core_role r on r.id = a.role and r.reach <> 'platform'"
        " where u.active and u.id <> $3 and ($1::int8 is null or a.organisation = $1)"
        " and ($1::int8 is not null or (a.region = $2 and r.reach = 'region'))"
        " order by u.name, u.id limit 200",
        organisation,
        region,
        but,
    )
    return [(str(row["id"]), f"{row['name']}（{row['login']}）") for row in found]


async def sessions(user_id: int, idle: timedelta, moment: datetime) -> list[dict[str, Any]]:
    """The browsers a user is signed in with now."""
    return await db.rows(
        "select id, opened_at, seen_at, address, agent from core_session"
        ' where "user" = $1 and ended_at is null and seen_at > $2 order by seen_at desc',
        user_id,
        moment - idle,
    )


async def recent_failures(login_hash: bytes, since: datetime) -> list[datetime]:
    """Uncleared failures of a typed name, oldest first."""
    return await db.column(
        "select at from core_login_attempt where login_hash = $1 and at > $2 and not cleared"
        " order by at",
        login_hash,
        since,
    )


async def failures_from(address: str, since: datetime) -> int:
    """Failures of one address, over all names."""
    return int(
        await db.value(
            "select count(*) from core_login_attempt where address = $1 and at > $2", address, since
        )
    )


async def demo_accounts(today: date) -> list[dict[str, Any]]:
    """The accounts the demo switcher offers, each with the role it signs in under.

    Not those of the played year's applicants, whose login is made of their ID number.
    """
    return await db.rows(
        "select distinct on (r.weight, u.id) u.id, u.login, u.name, r.title as title,"
        " coalesce(nullif(o.short_name, ''), o.name, g.name, '全平台') as place"
        ' from core_user u join core_assignment a on a."user" = u.id and a.revoked_at is null'
        " and a.valid_from <= $1 and (a.valid_to is null or a.valid_to >= $1)"
        " join core_role r on r.id = a.role"
        " left join core_organisation o on o.id = a.organisation"
        " left join core_region g on g.id = a.region"
        " where u.demo and u.active and not starts_with(u.login, $2) order by r.weight, u.id",
        today,
        PREFIX,
    )


async def regions(text: str = "", limit: int = 400) -> list[tuple[str, str]]:
    """Regions down to the counties that hold organisations, for a selection."""
    found = await db.rows(
        "select g.id, g.name, g.level from core_region g where g.valid_to is null"
        " and exists (select 1 from core_organisation o where o.region_lo between g.lo and g.hi)"
        " and ($1 = '' or g.name ilike '%' || $1 || '%') order by g.lo limit $2",
        db.literal(text),
        limit,
    )
    return [(str(row["id"]), f"{'　' * max(0, row['level'])}{row['name']}") for row in found]


async def organisations(limit: int = 1000) -> list[tuple[str, str]]:
    """Organisations for a selection, with their region."""
    found = await db.rows(
        "select o.id, o.name, g.name as region from core_organisation o"
        " join core_region g on g.id = o.region where o.valid_to is null"
        " order by g.lo, o.lo limit $1",
        limit,
    )
    return [(str(row["id"]), f"{row['name']}（{row['region']}）") for row in found]
