# SPDX-License-Identifier: Apache-2.0
"""数据核对: the units whose figures are signed, as one list."""

from typing import Any

from core.api.web import Column, Filter, Listing

SIDES = {"body": "主体", "legal": "法制机构"}
SAID = {"yes": "核对无误", "no": "有差异"}


def _said(side: str) -> Any:
    return lambda one: SAID.get(one[side], "还没有核对")


def _figure(key: str) -> Any:
    return lambda one: one["figures"][key]


UNITS_TO_SIGN = Listing(
    key="certificates.data",
    title="数据核对",
    select="""b.id, b.organisation, g.name, b.region_lo, b.org_lo, b.reviewer_lo,
      b.reviewer_region_lo, coalesce(sb.agrees, '') as body, coalesce(sl.agrees, '') as legal""",
    source="""certificates_body b join core_organisation g on g.id = b.organisation
      left join lateral (select s.agrees from certificates_sign_off s
        where s.organisation = b.organisation and s.side = 'body'
        order by s.id desc limit 1) sb on true
      left join lateral (select s.agrees from certificates_sign_off s
        where s.organisation = b.organisation and s.side = 'legal'
        order by s.id desc limit 1) sl on true""",
    alias="b",
    id="b.id",
    columns=(
        # In the order of the tree: what belongs to a unit stands below it.
        Column("name", "单位", sort="g.lo"),
        Column("kept", "在册人员", kind="number", export=_figure("kept")),
        Column("said", "旧系统", kind="number"),
        Column("no_card", "没有证件", kind="number", export=_figure("no_card")),
        Column("no_number", "缺身份证号", kind="number", export=_figure("no_number")),
        Column("no_phone", "缺手机号", kind="number", export=_figure("no_phone")),
        Column("body", "主体", export=_said("body")),
        Column("legal", "法制机构", export=_said("legal")),
    ),
    filters=(
        Filter("q", "关键字", where="g.name ilike {}", placeholder="单位名称"),
        Filter(
            "state",
            "核对",
            kind="tabs",
            options=(
                ("", "全部"),
                ("body", "等主体核对"),
                ("legal", "等法制机构核对"),
                ("differs", "有差异"),
                ("done", "核对完"),
            ),
            wheres={
                "body": "sb.agrees is null",
                "legal": "sb.agrees is not null and sl.agrees is null",
                "differs": "sb.agrees = 'no' or sl.agrees = 'no'",
                "done": "sb.agrees = 'yes' and sl.agrees = 'yes'",
            },
        ),
    ),
    order="name",
    size=30,
)
