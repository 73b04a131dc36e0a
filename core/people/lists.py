# SPDX-License-Identifier: Apache-2.0
"""The lists of units and of persons, as data."""

from core.listing import Column, Filter, Listing
from core.people.rules import KINDS

ORGANISATIONS = Listing(
    key="core.organisations",
    title="机构",
    select=(
        "o.id, o.name, o.short_name, o.kind, o.unified_code, r.name as region,"
        " coalesce(p.name, '') as parent, o.valid_to"
    ),
    source=(
        "core_organisation o join core_region r on r.id = o.region"
        " left join core_organisation p on p.id = o.parent"
    ),
    id="o.id",
    tied="none",
    columns=(
        Column("name", "名称", sort="o.lo", fold="jd-f1"),
        Column("kind_words", "类型"),
        Column("region", "行政区划"),
        Column("parent", "上级"),
        Column("unified_code", "统一社会信用代码", fold="jd-nofold", coded=True),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("open", "存续"), ("closed", "已撤销"), ("all", "全部")),
            wheres={
                "open": "o.valid_to is null",
                "closed": "o.valid_to is not null",
                "all": "true",
            },
            default="open",
        ),
        Filter(
            "q",
            "名称或代码",
            where="o.name ilike {} or o.short_name ilike {} or o.unified_code like {}",
        ),
        Filter("kind", "类型", kind="choice", options=tuple(KINDS.items()), where="o.kind = {}"),
    ),
    order="name",
)

PERSONS = Listing(
    key="core.persons",
    title="人员",
    select=(
        "p.id, p.name, p.position, p.heads, p.phone_masked, p.id_number_masked,"
        " p.closed_at, coalesce(nullif(o.short_name, ''), o.name) as organisation,"
        " (select string_agg(u.login, '、') from core_user u where u.person = p.id and u.active)"
        " as logins"
    ),
    source="core_person p join core_organisation o on o.id = p.organisation",
    alias="p",
    id="p.id",
    columns=(
        Column("name", "姓名", sort="p.pinyin", fold="jd-f1"),
        Column("organisation", "单位"),
        Column("position", "职务"),
        Column("phone_masked", "电话"),
        Column("logins", "账号"),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("open", "在岗"), ("closed", "已停用"), ("all", "全部")),
            wheres={
                "open": "p.closed_at is null",
                "closed": "p.closed_at is not null",
                "all": "true",
            },
            default="open",
        ),
        Filter("q", "姓名", where="p.name ilike {}"),
        Filter("organisation", "单位", where="o.name ilike {} or o.short_name ilike {}"),
    ),
    order="name",
)
