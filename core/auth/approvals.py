# SPDX-License-Identifier: Apache-2.0
"""A printed password for an administrator is an act of two people (三员分立).

Whoever prints a slip holds the account until its owner uses it. For an ordinary account that is
an ordinary risk; for an administrator's, before his telephone is bound, it would let one office
walk into another. So the system administrator asks with a reason, the security administrator
agrees, and only then may the one who asked print it, once and within a day.
"""

from datetime import timedelta
from typing import Any

import msgspec

from core import clock, db
from core.api.plugin import FactKind, Place, SubjectRef
from core.auth import queries, rules
from core.auth.identity import people_behind
from core.auth.visitor import Visitor
from core.db import Scope
from core.errors import Conflict, Invalid, NotFound, Refused
from core.facts.services import record
from core.listing import Column, Filter, Listing

USER = "core.user"
OPEN = "select count(*) from core_slip_request where decided_at is null and asked_at > $1"

REQUESTS = Listing(
    key="core.slip_requests",
    title="密码单审批",
    select=(
        "q.id, q.asked_at, q.reason, q.decided_at, q.approved, q.note, q.used_at, u.name, u.login,"
        " '/accounts/' || u.id as href, a.name as asker, coalesce(d.name, '') as decider,"
        " case when q.used_at is not null then '已打印'"
        f"  when q.asked_at < now() - interval '{rules.APPROVAL_HOURS} hours' then '已过期'"
        "  when q.decided_at is null then '待批准'"
        "  when q.approved then '已批准，未打印' else '不同意' end as outcome"
    ),
    source=(
        'core_slip_request q join core_user u on u.id = q."user"'
        " join core_user a on a.id = q.asked_by left join core_user d on d.id = q.decided_by"
    ),
    id="q.id",
    tied="none",
    columns=(
        Column("name", "管理员", fold="jd-f1"),
        Column("login", "账号"),
        Column("reason", "原因", fold="jd-say1"),
        Column("asker", "申请人"),
        Column("asked_at", "申请时间", sort="q.asked_at", kind="datetime"),
        Column("outcome", "结果"),
        Column("decider", "批准人"),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("open", "待批准"), ("all", "全部")),
            wheres={
                "open": (
                    "q.decided_at is null and q.asked_at >"
                    f" now() - interval '{rules.APPROVAL_HOURS} hours'"
                ),
                "all": "true",
            },
            default="open",
        ),
    ),
    order="-asked_at",
)


class SlipAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of the facts about a slip for an administrator."""

    request: int
    user: int
    login: str
    name: str
    reason: str
    asked_by: int


FACT_KINDS = [
    FactKind(
        "core.slip.asked",
        "申请管理员密码单",
        "申请为管理员 {login}（{name}）打印临时密码单：{reason}",
        SlipAsked,
        broadcast=False,
    ),
    FactKind(
        "core.slip.approved",
        "批准管理员密码单",
        "批准为管理员 {login}（{name}）打印临时密码单",
        SlipAsked,
        broadcast=False,
    ),
    FactKind(
        "core.slip.declined",
        "不同意管理员密码单",
        "不同意为管理员 {login}（{name}）打印临时密码单：{reason}",
        SlipAsked,
        broadcast=False,
    ),
]


def _office(actor: int) -> Scope:
    return Scope.platform("账号属于全平台，不属于某一地区", actor=actor)


async def needs_two(user_id: int) -> bool:
    """Whether the account holds an administrator's office now or later."""
    return bool(
        await db.value(
            'select 1 from core_assignment a join core_role r on r.id = a.role where a."user" = $1'
            " and r.key = any($2::text[]) and a.revoked_at is null"
            " and (a.valid_to is null or a.valid_to >= $3) limit 1",
            user_id,
            sorted(rules.ADMINISTRATORS),
            clock.today(),
        )
    )


async def waiting(user_id: int) -> dict[str, Any] | None:
    """The request about an account that is not over: undecided, or approved and not yet used."""
    return await db.row(
        "select q.id, q.reason, q.asked_by, q.asked_at, q.decided_at, q.approved, a.name as asker,"
        " coalesce(d.name, '') as decider from core_slip_request q"
        " join core_user a on a.id = q.asked_by left join core_user d on d.id = q.decided_by"
        ' where q."user" = $1 and q.used_at is null and q.asked_at > $2'
        " and (q.decided_at is null or q.approved) order by q.id desc limit 1",
        user_id,
        _since(),
    )


def _since() -> Any:
    return clock.now() - timedelta(hours=rules.APPROVAL_HOURS)


async def open_requests(_scope: Scope) -> int:
    """How many wait for a decision, for the menu."""
    return int(await db.value(OPEN, _since()))


async def ask_slip(user_id: int, by: Visitor, reason: str) -> int:
    """Ask for a slip for an administrator, with a reason."""
    reason = reason.strip()
    if not reason:
        raise Invalid({"reason": "请填写原因。"})
    async with db.transaction(_office(by.user_id)):
        await db.lock_subjects(SubjectRef(USER, user_id))
        user = await _known(user_id)
        if not user["active"]:
            raise Refused("账号已停用，请先恢复。")
        behind = await people_behind((user_id, by.user_id))
        if behind[user_id] == behind[by.user_id]:
            raise Refused("不能给自己申请临时密码单。")
        if not await needs_two(user_id):
            raise Conflict("这个账号不是管理员，可以直接打印临时密码单。")
        if await waiting(user_id):
            raise Conflict("这个账号已有一份申请在办。")
        request: int = await db.value(
            'insert into core_slip_request ("user", reason, asked_by, asked_at, approved, note)'
            " values ($1, $2, $3, $4, false, '') returning id",
            user_id,
            reason,
            by.user_id,
            clock.now(),
        )
        await _record("core.slip.asked", request, user, reason, by.user_id)
    return request


async def decide_slip(request: int, by: Visitor, *, approve: bool, note: str = "") -> int:
    """Agree or not; neither the one who asked nor the one it is for. The account's number."""
    async with db.transaction(_office(by.user_id)):
        found = await db.row(
            'select "user", asked_by, asked_at, decided_at from core_slip_request where id = $1'
            " for update",
            request,
        )
        if found is None:
            raise NotFound("没有这份申请。")
        if found["decided_at"] is not None:
            raise Conflict("这份申请已经办过。")
        behind = await people_behind((by.user_id, found["asked_by"], found["user"]))
        me, asker, owner = (behind[each] for each in (by.user_id, found["asked_by"], found["user"]))
        if faults := rules.approval_faults(me, asker, owner, found["asked_at"], clock.now()):
            raise Refused(*faults)
        if not approve and not note.strip():
            raise Invalid({"note": "请写明为什么不同意。"})
        await db.execute(
            "update core_slip_request set decided_at = $2, decided_by = $3, approved = $4,"
            " note = $5 where id = $1",
            request,
            clock.now(),
            by.user_id,
            approve,
            note.strip(),
        )
        kind = "core.slip.approved" if approve else "core.slip.declined"
        user = await _known(found["user"])
        await _record(kind, request, user, note.strip(), found["asked_by"])
    return int(found["user"])


async def use_approval(user_id: int, by: int) -> None:
    """Spend the approval to print a slip; ``Refused`` without one. Inside ``issue_slip``.

    Only who asked may print it: the one who approved would otherwise hold it alone.
    """
    if not await needs_two(user_id):
        return
    used = await db.execute(
        "update core_slip_request set used_at = $3 where id = (select id from core_slip_request"
        ' where "user" = $1 and asked_by = $2 and approved and used_at is null and asked_at > $4'
        " order by id desc limit 1 for update)",
        user_id,
        by,
        clock.now(),
        _since(),
    )
    if not used:
        raise Refused(
            "这是管理员的账号，临时密码单要两个人办：由系统管理员申请，安全管理员批准，"
            f"批准后 {rules.APPROVAL_HOURS} 小时内由申请人打印一次。"
        )


async def _known(user_id: int) -> dict[str, Any]:
    user = await queries.user(user_id)
    if user is None:
        raise NotFound("没有这个账号。")
    return user


async def _record(
    kind: str, request: int, user: dict[str, Any], reason: str, asked_by: int
) -> None:
    await record(
        kind,
        SubjectRef(USER, user["id"]),
        SlipAsked(
            request=request,
            user=user["id"],
            login=user["login"],
            name=user["name"],
            reason=reason,
            asked_by=asked_by,
        ),
        Place(0),
    )
