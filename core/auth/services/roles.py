# SPDX-License-Identifier: Apache-2.0
"""Roles are granted, withdrawn, delegated; the rights a role has."""

from datetime import date

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth import queries, rules, separation, sessions
from core.auth.declared import RightsChanged
from core.auth.identity import accounts_of, same_person
from core.auth.services.accounts import leave_the_three
from core.auth.services.base import USER, must_have, office, role_fact
from core.auth.services.setting import keep_password, void_slips
from core.auth.sessions import Ticket
from core.auth.visitor import Visitor
from core.errors import Conflict, Invalid, NotFound, Refused
from core.facts.services import record
from core.host.registry import Registry, current


async def grant_role(
    user_id: int,
    role: str,
    *,
    region: int | None = None,
    organisation: int | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    by: int = 0,
) -> int:
    """Give a user a role for a place. Without a region, that of the organisation is taken."""
    today = clock.today()
    async with db.transaction(office(by)):
        user = await must_have(user_id)
        await db.lock_subjects(SubjectRef(USER, user_id))
        known = await queries.role(role)
        if known is None:
            raise Invalid({"role": "没有这个角色。"})
        if known["reach"] == "platform":
            region = organisation = None
        if organisation is not None:
            own = await db.value("select region from core_organisation where id = $1", organisation)
            if own is None:
                raise Invalid({"organisation": "没有这个单位。"})
            region = region or own
        held = await queries.assignments(user_id, today)
        others = set(await accounts_of(user_id)) - {user_id}
        faults = rules.grant_faults(
            role,
            known["reach"],
            region=region,
            organisation=organisation,
            held={row["role"] for row in held},
            elsewhere={
                row["role"]
                for each in sorted(others)
                for row in await queries.assignments(each, today)
            },
            to_self=await same_person(user_id, by),
        )
        if faults:
            raise Refused(*faults)
        if any(
            (row["role"], row["region"], row["organisation"]) == (role, region, organisation)
            and row["delegated_by"] is None
            for row in held
        ):
            raise Refused(f"{user['name']}已经有这个角色。")
        assignment = await db.value(
            'insert into core_assignment ("user", role, region, organisation, valid_from, valid_to,'
            " granted_by, granted_at) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            user_id,
            known["id"],
            region,
            organisation,
            valid_from or today,
            valid_to,
            by,
            clock.now(),
        )
        await role_fact("core.role.granted", user, assignment)
        if by and role in rules.ADMINISTRATORS:
            await _shut_old_doors(user_id)
    return int(assignment)


async def _shut_old_doors(user_id: int) -> None:
    """A new administrator begins with a slip two people stand for.

    Whoever opened the account may still hold its slip, or the password he set with it; without a
    telephone bound that would be the way into an office he was never given.
    """
    from core.totp.services import is_bound

    if await is_bound(user_id):
        return
    await void_slips(user_id)
    await keep_password(user_id, "")
    await db.execute("update core_user set must_change = true where id = $1", user_id)
    await sessions.end_all(user_id, "ended")


async def withdraw_role(assignment_id: int, by: Visitor, reason: str = "") -> None:
    """Take a role away; it holds for the very next request, delegations of it end as well."""
    async with db.transaction(office(by.user_id)):
        found = await queries.assignment(assignment_id, clock.today())
        if found is None:
            raise NotFound
        if await same_person(found["user"], by.user_id):
            raise Refused("不能收回自己的角色。")
        await leave_the_three(found["user"], {found["role"]})
        await _revoke(assignment_id, by.user_id)
        user = await must_have(found["user"])
        await role_fact("core.role.withdrawn", user, assignment_id, reason)


async def end_assignment(assignment_id: int, by: int, reason: str) -> None:
    """End a role because what it followed from has ended."""
    async with db.transaction(office(by)):
        found = await queries.assignment(assignment_id, clock.today())
        if found is None:
            raise NotFound
        await _revoke(assignment_id, by)
        await role_fact(
            "core.role.withdrawn", await must_have(found["user"]), assignment_id, reason
        )


async def _revoke(assignment_id: int, by: int) -> None:
    done = await db.execute(
        "update core_assignment set revoked_at = $2, revoked_by = $3"
        " where id = $1 and revoked_at is null",
        assignment_id,
        clock.now(),
        by,
    )
    if not done:
        raise Conflict("这个角色已经收回。")


async def switch_role(
    who: Visitor, assignment_id: int, *, address: str = "", agent: str = ""
) -> Ticket:
    """Act in another of one's roles: a new session, since rights change."""
    async with db.transaction(office(who.user_id)):
        held_roles = await queries.assignments(who.user_id, clock.today())
        chosen = next((row for row in held_roles if row["id"] == assignment_id), None)
        if chosen is None:
            raise NotFound("你没有这个角色，或已到期。")
        await sessions.end(who.session_id, "switched")
        ticket = await sessions.begin(who.user_id, assignment_id, address=address, agent=agent)
        user = await must_have(who.user_id)
        await role_fact("core.role.switched", user, assignment_id)
    return ticket


async def delegate_role(who: Visitor, deputy: int, until: date) -> int:
    """Let a colleague act in one's present role until a day."""
    today = clock.today()
    async with db.transaction(office(who.user_id)):
        mine = await queries.assignment(who.assignment_id, today)
        if mine is None or not mine["in_force"]:
            raise NotFound
        faults = rules.delegation_faults(
            until=until,
            today=today,
            own_until=mine["valid_to"],
            delegated=mine["delegated_by"] is not None,
        )
        if await same_person(deputy, who.user_id):
            faults.append("不能委托给自己。")
        if mine["reach"] == "platform":
            faults.append("系统、安全、审计管理员不能委托他人代理。")
        if mine["reach"] == "own":
            faults.append("这个身份只属于本人，不能委托他人代理。")
        user = await must_have(deputy)
        if not user["active"]:
            faults.append("对方的账号已停用。")
        if any(
            row["role"] in rules.ADMINISTRATORS for row in await queries.assignments(deputy, today)
        ):
            # Offices of his that have run out still make him a colleague.
            faults.append("系统、安全、审计管理员不办理业务，不能代理。")
        allowed = await queries.colleagues(mine["organisation"], mine["region"], who.user_id)
        if str(deputy) not in dict(allowed):
            faults.append("只能委托本单位的人。")
        if any(
            row["user"] == deputy for row in await queries.delegations_of(who.assignment_id, today)
        ):
            faults.append(f"已经委托{user['name']}代理。")
        if faults:
            raise Refused(*faults)
        role = await queries.role(mine["role"])
        assert role is not None
        assignment = await db.value(
            'insert into core_assignment ("user", role, region, organisation, valid_from, valid_to,'
            " delegated_by, granted_by, granted_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9) returning id",
            deputy,
            role["id"],
            mine["region"],
            mine["organisation"],
            today,
            until,
            who.assignment_id,
            who.user_id,
            clock.now(),
        )
        await role_fact("core.role.delegated", user, assignment)
    return int(assignment)


async def end_delegation(who: Visitor, assignment_id: int) -> None:
    """End a delegation: the one who gave it may, and the one who acts."""
    async with db.transaction(office(who.user_id)):
        found = await queries.assignment(assignment_id, clock.today())
        if found is None or found["delegated_by"] is None:
            raise NotFound
        if who.user_id not in (found["user"], found["principal_id"]):
            raise NotFound
        await _revoke(assignment_id, who.user_id)
        user = await must_have(found["user"])
        await role_fact("core.role.delegation_ended", user, assignment_id)


async def set_rights(role_key: str, wanted: set[str], by: int, known: set[str]) -> None:
    """Give a role exactly the permissions ``wanted``; those of absent plugins stay untouched."""
    async with db.transaction(office(by)):
        role = await queries.role(role_key)
        if role is None:
            raise NotFound
        have = set(
            await db.column(
                "select permission from core_role_permission where role = $1", role["id"]
            )
        )
        added, removed = sorted((wanted & known) - have), sorted((have & known) - wanted)
        if not added and not removed:
            return
        declared = current().permissions
        if wrong := separation.faults(role_key, [declared[k] for k in added if k in declared]):
            raise Refused(*wrong)
        await db.execute(
            "delete from core_role_permission where role = $1 and permission = any($2)",
            role["id"],
            removed,
        )
        await db.execute(
            "insert into core_role_permission (role, permission) select $1, p from"
            " unnest($2::text[]) p on conflict do nothing",
            role["id"],
            added,
        )
        await sessions.bump_version()
        payload = RightsChanged(
            role=role_key, role_title=role["title"], added=added, removed=removed
        )
        await record(
            "core.role.rights_changed", SubjectRef("core.role", role["id"]), payload, Place(0)
        )


async def apply_defaults(registry: Registry) -> None:
    """Make the shipped roles and give new permissions to the roles their plugin names.

    Each permission once in its life: what an office withdrew by hand stays withdrawn.
    """
    async with db.transaction(office(0)):
        await db.execute("select pg_advisory_xact_lock(hashtextextended('core_role', 0))")
        made = set()
        for spec in rules.ROLES:
            if await db.value(
                "insert into core_role (key, title, reach, weight) values ($1, $2, $3, $4)"
                " on conflict (key) do nothing returning id",
                spec.key,
                spec.title,
                spec.reach,
                spec.weight,
            ):
                made.add(spec.key)
        known = set(await db.column("select key from core_known_permission"))
        new = [each for key, each in registry.permissions.items() if key not in known]
        # A role that came with an update has had nothing withdrawn: it gets all that names it.
        pairs = [
            (each.key, role)
            for each in registry.permissions.values()
            for role in each.grants_to
            if each.key not in known or role in made
        ]
        if not new and not pairs:
            return
        await db.execute(
            "insert into core_role_permission (role, permission)"
            " select r.id, w.permission from unnest($1::text[], $2::text[]) w(permission, role)"
            " join core_role r on r.key = w.role on conflict do nothing",
            [permission for permission, _ in pairs],
            [role for _, role in pairs],
        )
        await db.execute(
            "insert into core_known_permission (key) select k from unnest($1::text[]) k"
            " on conflict do nothing",
            [each.key for each in new],
        )
        await sessions.bump_version()
