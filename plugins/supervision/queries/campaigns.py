# SPDX-License-Identifier: Apache-2.0
"""Campaigns and their public draw."""

from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.supervision.rules.kinds import KINDS

STATES: dict[str, tuple[str, str]] = {
    "planned": ("new", "筹备中"),
    "sealed": ("doing", "名单已锁定，待抽取"),
    "drawn": ("doing", "检查中"),
    "closed": ("done", "已结束"),
}

CAMPAIGNS = Listing(
    key="supervision.campaigns",
    title="专项监督",
    select=(
        "c.id, c.title, c.kind, c.organ_name, c.state, c.starts_on, c.ends_on, c.sample,"
        " (select count(*) from supervision_matter m where m.campaign = c.id) as matters"
    ),
    source="supervision_campaign c",
    alias="c",
    id="c.id",
    columns=(
        Column("title", "专项名称", fold="jd-f1", width=40),
        Column("kind", "种类", export=lambda r: KINDS[r["kind"]]),
        Column("organ_name", "牵头机关", width=24),
        Column("starts_on", "开始", kind="date", sort="c.starts_on"),
        Column("ends_on", "结束", kind="date"),
        Column("matters", "监督事项", kind="number"),
        Column("state", "状态", fold="jd-f1e", export=lambda r: STATES[r["state"]][1]),
    ),
    filters=(
        Filter(
            "tab",
            "分类",
            kind="tabs",
            options=(("open", "进行中"), ("closed", "已结束")),
            wheres={"open": "c.state <> 'closed'", "closed": "c.state = 'closed'"},
            default="open",
        ),
        Filter("q", "名称", where="c.title ilike {}", placeholder="名称里的字"),
    ),
    order="-starts_on",
)


async def campaign_in(scope: Scope, campaign: int) -> dict[str, Any] | None:
    """A campaign inside the scope."""
    where, args = scope_conditions(scope, "c", start=2)
    return await row(
        f"select c.* from supervision_campaign c where c.id = $1 and {where}", campaign, *args
    )


async def matters_of(campaign: int) -> list[dict[str, Any]]:
    return await rows(
        "select id, number, title, body_name, state from supervision_matter where campaign = $1"
        " order by id",
        campaign,
    )


async def public_draw(token: str) -> dict[str, Any] | None:
    """The draw of a public page; what the draw is made of, nothing else of the campaign."""
    return await row(
        "select id, title, organ_name, state, sample, team, commitment, secret, result_source, result_on,"
        " result, list_hash, drawn, sealed_at, drawn_at, token from supervision_campaign"
        " where token = $1 and token <> ''",
        token,
    )
