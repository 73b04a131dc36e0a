# SPDX-License-Identifier: Apache-2.0
"""What organisations and persons declare as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission, SubjectKind, SubjectLabel
from core.people.facts import FACT_KINDS
from core.people.queries import find_persons, organisation, person
from core.scope import Scope

fact_kinds = FACT_KINDS


def route_handlers() -> list[Any]:
    from core.people.keeping import HANDLERS as KEEPING
    from core.people.routes import HANDLERS

    return [*HANDLERS, *KEEPING]


nav_items = [
    NavItem("机构", "/organisations", "core.organisation.manage", "平台管理", "building", 780),
    NavItem("人员", "/persons", "core.person.view", "平台管理", "users", 790),
]


permissions = [
    Permission("core.person.view", "查看人员", ("body_admin", "supervision_bureau", "leader")),
    Permission("core.person.manage", "登记和调动人员", ("body_admin", "supervision_bureau")),
    Permission(
        "core.person.reveal", "查看完整证件号码和电话", ("supervision_bureau",), sensitive=True
    ),
    Permission(
        "core.organisation.manage",
        "设立、修改和撤销机构",
        ("supervision_bureau", "system_admin"),
    ),
]


async def _describe_person(person_id: int, _scope: Scope) -> SubjectLabel | None:
    found = await person(person_id)
    return (
        None if found is None else SubjectLabel(found.name, f"/persons/{person_id}", found.position)
    )


async def _describe_organisation(organisation_id: int, _scope: Scope) -> SubjectLabel | None:
    found = await organisation(organisation_id)
    return None if found is None else SubjectLabel(found.name, f"/organisations/{organisation_id}")


async def _search_persons(text: str, scope: Scope) -> list[SubjectLabel]:
    return [
        SubjectLabel(each.name, f"/persons/{each.id}", each.position)
        for each in await find_persons(text, scope)
    ]


subject_kinds = [
    SubjectKind(
        "core.person",
        "人员",
        _describe_person,
        search=_search_persons,
        permission="core.person.view",
    ),
    SubjectKind("core.organisation", "机构", _describe_organisation),
]
