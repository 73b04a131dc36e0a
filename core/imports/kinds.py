# SPDX-License-Identifier: Apache-2.0
"""What can be imported: its columns, how one row is entered and how that is taken back.

Rows go through the very services that forms use, so a sheet can do nothing a form could not, and
the preview (the same acts, rolled back) says exactly what would happen.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import clock, db
from core.auth import queries as accounts
from core.auth import services as auth
from core.auth.visitor import Visitor
from core.errors import Invalid
from core.imports.reading import SheetColumn
from core.intervals import Interval
from core.people import services as people
from core.people.rules import KINDS, clean, phone_problem, read_id_number, unified_code_problem
from core.regions.choosing import reach_of
from core.regions.queries import region_named

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of sheet."""

    key: str
    title: str
    permission: str
    columns: tuple[SheetColumn, ...]
    example: Mapping[str, str]
    enter: Callable[[Visitor, Row], Awaitable[int]]
    take_back: Callable[[Visitor, int], Awaitable[None]]
    undo_words: str
    secret: tuple[str, ...] = ()


def _yes(text: str) -> bool:
    if text in ("", "否", "不是", "0"):
        return False
    if text in ("是", "1", "√"):
        return True
    raise Invalid({"heads": f"“负责人”填“是”或“否”，现在是“{text}”。"})


def _id_number_problem(text: str) -> str:
    read = read_id_number(text, clock.today())
    return read if isinstance(read, str) else ""


async def _region(who: Visitor, text: str) -> Any:
    """The region a cell names, by code or by a name that is unique within reach."""
    found = await region_named(text, reach_of(who))
    if isinstance(found, str):
        raise Invalid({"region": found})
    return found


async def _organisation(who: Visitor, text: str) -> Any:
    """The one open organisation a cell names, by its name, short name or code, within reach."""
    # Who supervises a region sits in an office of it and answers for all the others too.
    inside = who.organisation if who.reach == "organisation" else None
    within = Interval(inside.lo, inside.hi) if inside else Interval(0, 2**62)
    area = reach_of(who)
    found = await db.rows(
        "select id, name, region from core_organisation where (name = $1 or short_name = $1"
        " or (unified_code = $1 and $1 <> '')) and valid_to is null"
        " and lo between $2 and $3 and region_lo between $4 and $5 limit 2",
        text,
        within.lo,
        within.hi,
        area.lo,
        area.hi,
    )
    if len(found) != 1:
        words = (
            "有好几个，请填全称或统一社会信用代码" if found else "没有登记，或不在你的管理范围内"
        )
        raise Invalid({"organisation": f"单位“{text}”{words}。"})
    return found[0]


# --- units ---------------------------------------------------------------------------------------


async def _enter_organisation(who: Visitor, row: Row) -> int:
    kinds = {title: key for key, title in KINDS.items()}
    if row["kind"] not in kinds:
        raise Invalid({"kind": f"类型“{row['kind']}”不认识，可填：{'、'.join(kinds)}。"})
    place = await _region(who, row["region"])
    parent = (await _organisation(who, row["parent"]))["id"] if row["parent"] else None
    made = await people.found_organisation(
        row["name"],
        kinds[row["kind"]],
        place.id,
        parent=parent,
        short_name=row["short_name"],
        unified_code=row["unified_code"],
    )
    return made.id


async def _close_organisation(_who: Visitor, id: int) -> None:
    await people.close_organisation(id, "撤销导入")


# --- people --------------------------------------------------------------------------------------


async def _enter_person(who: Visitor, row: Row) -> int:
    organ = await _organisation(who, row["organisation"])
    if not row["id_number"] and await db.value(
        "select 1 from core_person where organisation = $1 and name = $2 and closed_at is null",
        organ["id"],
        row["name"],
    ):
        raise Invalid({"name": f"{organ['name']}已有{row['name']}；同名的另一人请填身份证号。"})
    made = await people.enter_person(
        row["name"],
        organ["id"],
        id_number=row["id_number"],
        phone=row["phone"],
        position=row["position"],
        heads=_yes(row["heads"]),
    )
    return made.id


async def _close_person(_who: Visitor, id: int) -> None:
    if await db.value("select 1 from core_user where person = $1 and active", id):
        raise Invalid("已经有账号，请先停用账号。")
    await people.close_person(id, "撤销导入")


# --- accounts ------------------------------------------------------------------------------------


async def _person_of(who: Visitor, row: Row) -> int | None:
    """Whose account it is: by ID number, else by name within the unit; nobody when not said."""
    if row["id_number"]:
        known = await people.person_by_id_number(row["id_number"])
        if known is None:
            raise Invalid({"id_number": "没有登记过这个身份证号的人员。"})
        if known.name != row["name"]:
            raise Invalid({"name": "这个身份证号登记的姓名与表里不一致。"})
        return known.id
    if not row["organisation"]:
        return None
    organ = await _organisation(who, row["organisation"])
    found = await db.column(
        "select id from core_person where organisation = $1 and name = $2 and closed_at is null"
        " limit 2",
        organ["id"],
        row["name"],
    )
    if len(found) != 1:
        words = "有同名的人，请填身份证号" if found else f"没有{row['name']}，请先导入人员"
        raise Invalid({"name": f"{organ['name']}{words}。"})
    return int(found[0])


async def _enter_account(who: Visitor, row: Row) -> int:
    person = await _person_of(who, row)
    if person is not None and await db.value(
        "select 1 from core_user where person = $1 and active", person
    ):
        raise Invalid({"name": f"{row['name']}已经有账号。"})
    if not auth.LOGIN.match(row["login"]):
        raise Invalid({"login": "账号用字母、数字、点、横线，3 到 64 个字符。"})
    return await auth.create_account(row["login"], row["name"], person=person, by=who.user_id)


async def _close_account(who: Visitor, id: int) -> None:
    if await db.value("select 1 from core_user where id = $1 and last_seen is not null", id):
        raise Invalid("本人已经登录过，请在账号页停用。")
    await auth.close_account(id, who, "撤销导入")


# --- roles ---------------------------------------------------------------------------------------


async def _grant(who: Visitor, row: Row) -> int:
    user = await accounts.user_by_login(row["login"])
    if user is None:
        raise Invalid({"login": f"没有账号 {row['login']}。"})
    roles = {title: key for key, title in await accounts.role_options()}
    if row["role"] not in roles:
        raise Invalid({"role": f"没有角色“{row['role']}”，可填：{'、'.join(roles)}。"})
    organ = await _organisation(who, row["organisation"]) if row["organisation"] else None
    place = await _region(who, row["region"]) if row["region"] else None
    return await auth.grant_role(
        user["id"],
        roles[row["role"]],
        region=place.id if place else None,
        organisation=organ["id"] if organ else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        by=who.user_id,
    )


async def _withdraw(who: Visitor, id: int) -> None:
    await auth.withdraw_role(id, who, "撤销导入")


ORGANISATION_COLUMNS = (
    SheetColumn("name", ("机构名称", "单位名称", "名称"), required=True, longest=120),
    SheetColumn("short_name", ("简称",), longest=40),
    SheetColumn("kind", ("类型", "机构类型"), required=True),
    SheetColumn("region", ("行政区划", "地区", "行政区划代码"), required=True),
    SheetColumn("parent", ("上级机构", "上级")),
    SheetColumn("unified_code", ("统一社会信用代码",), as_text=True, check=unified_code_problem),
)
ID_COLUMN = SheetColumn(
    "id_number",
    ("身份证号", "公民身份号码", "身份证号码"),
    as_text=True,
    check=_id_number_problem,
)
PERSON_COLUMNS = (
    SheetColumn("name", ("姓名",), required=True, longest=60),
    SheetColumn("organisation", ("单位", "所在单位", "机构名称"), required=True),
    ID_COLUMN,
    SheetColumn("phone", ("手机", "手机号", "联系电话"), as_text=True, check=phone_problem),
    SheetColumn("position", ("职务",), longest=60),
    SheetColumn("heads", ("负责人", "是否负责人")),
)
ACCOUNT_COLUMNS = (
    SheetColumn("login", ("账号", "登录名"), required=True),
    SheetColumn("name", ("姓名",), required=True, longest=60),
    SheetColumn("organisation", ("单位", "所在单位")),
    ID_COLUMN,
)
ROLE_COLUMNS = (
    SheetColumn("login", ("账号", "登录名"), required=True),
    SheetColumn("role", ("角色",), required=True),
    SheetColumn("organisation", ("单位",)),
    SheetColumn("region", ("地区", "行政区划")),
    SheetColumn("valid_to", ("到期日", "有效期至"), kind="date"),
)

ALL: Mapping[str, Kind] = {
    each.key: each
    for each in (
        Kind(
            "organisations",
            "机构",
            "core.organisation.manage",
            ORGANISATION_COLUMNS,
            {
                "name": "磴口县市场监督管理局",
                "short_name": "县市场监管局",
                "kind": "执法主体",
                "region": "150822",
                "parent": "",
                "unified_code": "",
            },
            _enter_organisation,
            _close_organisation,
            "新设立的机构标记为撤销；已经有人员或下级的不能撤销。",
        ),
        Kind(
            "persons",
            "人员",
            "core.person.manage",
            PERSON_COLUMNS,
            {
                "name": "张海龙",
                "organisation": "磴口县市场监督管理局",
                "id_number": "",
                "phone": "13800000000",
                "position": "科员",
                "heads": "否",
            },
            _enter_person,
            _close_person,
            "新登记的人员标记为停用；已经有账号的要先停用账号。",
            ("id_number", "phone"),
        ),
        Kind(
            "accounts",
            "账号",
            "core.account.manage",
            ACCOUNT_COLUMNS,
            {
                "login": "zhanghailong",
                "name": "张海龙",
                "organisation": "磴口县市场监督管理局",
                "id_number": "",
            },
            _enter_account,
            _close_account,
            "没有登录过的账号停用；已经登录过的请在账号页停用。",
            ("id_number",),
        ),
        Kind(
            "roles",
            "角色",
            "core.role.grant",
            ROLE_COLUMNS,
            {
                "login": "zhanghailong",
                "role": "办件人员",
                "organisation": "磴口县市场监督管理局",
                "region": "",
                "valid_to": "",
            },
            _grant,
            _withdraw,
            "授予的角色立即收回。",
        ),
    )
}


def plain(row: Row, columns: tuple[SheetColumn, ...]) -> dict[str, str]:
    """A row with every column, blanks at the ends gone."""
    return {
        each.key: clean(row.get(each.key, ""))
        if each.key in ("id_number", "unified_code")
        else str(row.get(each.key, "")).strip()
        for each in columns
    }
