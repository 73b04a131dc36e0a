# SPDX-License-Identifier: Apache-2.0
"""Who may see this row, and why? Answered from the same intervals the policies use."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.scope import Scope
from core.web.enclosing import describe
from core.web.responses import page
from core.web.state import held

LIMIT = 300

# The place of a row as its latest fact tells it: core does not know the plugin's table.
PLACE = """
select f.region_lo, f.org_lo, g.name as region, o.name as organisation
from core_fact f left join core_region g on g.lo = f.region_lo
left join core_organisation o on o.lo = f.org_lo and f.org_lo > 0
where f.subject_kind = $1 and f.subject_id = $2 order by f.at desc, f.id desc limit 1
"""

WHO = """
select u.id, u.name, u.login, r.title as role_title, r.reach, g.name as region,
  o.name as organisation, a.delegated_by is not null as delegated, a.valid_to,
  ($4 = '' or exists (select 1 from core_role_permission p
    where p.role = r.id and p.permission = $4)) as permitted
from core_assignment a join core_user u on u.id = a."user" and u.active
join core_role r on r.id = a.role
left join core_region g on g.id = a.region left join core_organisation o on o.id = a.organisation
where a.revoked_at is null and a.valid_from <= $3 and (a.valid_to is null or a.valid_to >= $3)
  and ((r.reach = 'region' and $1 between g.lo and g.hi)
    or (r.reach = 'organisation' and $2 between o.lo and o.hi
        and (g.lo is null or $1 between g.lo and g.hi)))
order by permitted desc, r.weight, u.name limit $5
"""


def why(row: dict[str, Any], place: dict[str, Any]) -> str:
    """One sentence for one person."""
    if row["reach"] == "region":
        reason = f"{row['role_title']}的范围是{row['region']}，包含{place['region'] or '这条记录所在地区'}"
    else:
        inner = place["organisation"] or "这条记录所属单位"
        same = row["organisation"] == inner
        reason = f"{row['role_title']}的范围是{row['organisation']}" + (
            "，这条记录就属于它" if same else f"，包含{inner}"
        )
    if row["delegated"]:
        reason += "（代理）"
    return reason + (
        "。" if row["permitted"] else "；但这个角色没有查看这类内容的权限，所以打不开。"
    )


def own_case(who: Visitor, place: dict[str, Any]) -> str:
    """Whether the one who asks sees it himself."""
    here = Place(place["region_lo"], place["org_lo"])
    if who.scope.sees(here):
        return "在你现在的范围内。"
    if place["region_lo"] not in who.scope.region:
        return "不在你现在的范围内：地区不同。"
    return "不在你现在的范围内：单位不同。"


def _may_ask(who: Visitor, place: dict[str, Any]) -> bool:
    """Administrators of the platform ask about any row; others about those they see themselves.

    Where a row of another region lies and who works on it there is none of an office's business.
    """
    return who.reach == "platform" or who.scope.sees(Place(place["region_lo"], place["org_lo"]))


@get("/explain", guards=[requires("core.access.explain")])
async def explain(
    request: Request[Any, Any, Any], kind: FromQuery[str] = "", id: FromQuery[str] = ""
) -> Response[Any]:
    """Everybody who sees one row. Names of rows outside one's own scope are not shown."""
    who = visitor(request)
    registry = held(request).platform.registry
    kinds = [(key, each.title) for key, each in registry.subject_kinds.items()]
    known = registry.subject_kinds.get(kind)
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0
    context: dict[str, Any] = {"kinds": kinds, "kind": kind, "id": id, "asked": bool(kind and id)}
    place = None
    people: list[dict[str, Any]] = []
    label = None
    if known is not None and number:
        ref = SubjectRef(kind, number)
        async with db.transaction(who.scope):
            label = (await describe([ref], who.scope, None)).get(ref)
        wide = Scope.platform("说明谁能看到一条记录，只读位置不读内容", actor=who.user_id)
        async with db.transaction(wide.read_only()):
            place = await db.row(PLACE, kind, number)
            if place is not None and not _may_ask(who, place):
                place = None
            if place is not None:
                people = await db.rows(
                    WHO,
                    place["region_lo"],
                    place["org_lo"],
                    clock.today(),
                    known.permission,
                    LIMIT,
                )
    for row in people:
        row["why"] = why(row, place or {})
    return page(
        request,
        "pages/explain.html",
        **context,
        label=label,
        place=place,
        people=people,
        limited=len(people) >= LIMIT,
        own=own_case(who, place) if place else "",
        kind_title=known.title if known else "",
    )


HANDLERS: list[Any] = [explain]
