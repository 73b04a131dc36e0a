# SPDX-License-Identifier: Apache-2.0
"""Why may this person do this, or why not? Told role by role, as the guards and policies decide."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth import queries
from core.auth.access import requires, visitor
from core.auth.explain import PLACE
from core.auth.visitor import OrgRef, RegionRef, scope_of
from core.scope import Scope
from core.web.responses import page
from core.web.state import held

HELD = """
select a.id, r.key as role, r.title, r.reach, a.delegated_by is not null as delegated, a.valid_to,
  exists (select 1 from core_role_permission p where p.role = r.id and p.permission = $3) as may,
  g.id as region_id, g.name as region, g.level, g.lo as region_lo, g.hi as region_hi,
  o.id as org_id, o.name as organisation, o.lo as org_lo, o.hi as org_hi
from core_assignment a join core_role r on r.id = a.role
left join core_region g on g.id = a.region left join core_organisation o on o.id = a.organisation
where a."user" = $1 and a.revoked_at is null and a.valid_from <= $2
  and (a.valid_to is null or a.valid_to >= $2)
order by a.delegated_by is not null, r.weight, a.id
"""


def scope_of_role(row: dict[str, Any]) -> Scope:
    """What an assignment sees, exactly as a session under it would."""
    region = organisation = None
    if row["region_id"] is not None:
        region = RegionRef(
            row["region_id"], row["region"], row["level"], row["region_lo"], row["region_hi"]
        )
    if row["org_id"] is not None:
        organisation = OrgRef(
            row["org_id"], row["organisation"], row["organisation"], row["org_lo"], row["org_hi"]
        )
    return scope_of(row["reach"], region, organisation)


def reason(row: dict[str, Any], right: str, place: Place | None) -> tuple[bool, str]:
    """Whether one role suffices, and the sentence that says why."""
    where = row["organisation"] or row["region"] or "全平台，不含业务数据"
    role = f"以{row['title']}的身份（{where}{'，代理' if row['delegated'] else ''}）"
    if not row["may"]:
        return False, f"{role}不可以：这个角色没有“{right}”的权限。"
    if place is not None and not scope_of_role(row).sees(place):
        return False, f"{role}不可以：有“{right}”的权限，但这条记录不在{where}的范围内。"
    tail = "，这条记录在范围内" if place is not None else ""
    return True, f"{role}可以：这个角色有“{right}”的权限{tail}。"


@get("/explain/person", guards=[requires("core.access.explain")])
async def explain_person(
    request: Request[Any, Any, Any],
    login: FromQuery[str] = "",
    right: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    id: FromQuery[str] = "",
) -> Response[Any]:
    """One person, one act, and if wanted one row. Offices ask about themselves only."""
    who = visitor(request)
    registry = held(request).platform.registry
    wanted = registry.permissions.get(right)
    if who.reach != "platform":
        login = who.login
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0
    row_wanted = kind in registry.subject_kinds and number > 0
    answers: list[tuple[bool, str]] = []
    problem = ""
    wide = Scope.platform("说明一个人为什么可以办一件事，不读内容", actor=who.user_id)
    async with db.transaction(wide.read_only()):
        user = await queries.user_by_login(login.strip()) if login else None
        place: Place | None = None
        if row_wanted:
            found = await db.row(PLACE, *_ref(kind, number))
            place = Place(found["region_lo"], found["org_lo"]) if found else None
            if place is not None and who.reach != "platform" and not who.scope.sees(place):
                place = None
            if place is None:
                problem = "没有找到这条记录，或不在你的范围内。"
        rows = await db.rows(HELD, user["id"], clock.today(), right) if user else []
    if login and right and not problem:
        if user is None:
            problem = f"没有账号 {login}。"
        elif wanted is None:
            problem = "请选择要办的事。"
        elif not user["active"]:
            problem = "这个账号已停用，什么都不能办。"
        elif not rows:
            problem = "这个账号没有有效的角色，登录后什么都不能办。"
        else:
            answers = [reason(row, wanted.title, place) for row in rows]
    return page(
        request,
        "pages/explain_person.html",
        login=login,
        right=right,
        kind=kind,
        id=id,
        rights=[(key, each.title) for key, each in registry.permissions.items()],
        kinds=[(key, each.title) for key, each in registry.subject_kinds.items()],
        answers=answers,
        problem=problem,
        any_login=who.reach == "platform",
        name=user["name"] if user and (answers or problem) else "",
    )


def _ref(kind: str, number: int) -> tuple[str, int]:
    ref = SubjectRef(kind, number)
    return ref.kind, ref.id


HANDLERS: list[Any] = [explain_person]
