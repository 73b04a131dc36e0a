# SPDX-License-Identifier: Apache-2.0
"""A county's bureau that keeps laws, a body that leans on them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.api.access import Visitor
from core.api.db import Place, Scope, transaction
from core.api.people import appoint_organ
from core.api.testing import Agencies, LoginAs
from plugins.library.services.base import Keeper
from plugins.library.services.importing import Report, import_source, read_source

As = Callable[..., Awaitable[Visitor]]
Take = Callable[..., Awaitable[Report]]
FIRST = """# 磴口县摊贩办法

2024年3月1日 磴口县人民政府通过

<!-- INFO END -->

## 第一章 总则

第一条 为了规范摊贩经营，制定本办法。

第二条 摊贩应当备案。

## 第二章 罚则

第三条 违反本办法第二条规定的，处一百元罚款。

第四条 本办法自2024年4月1日起施行。
"""
SECOND = (
    FIRST.replace("一百元", "二百元")
    .replace("第四条", "第五条")
    .replace("第五条 本办法", "第四条 拒不改正的，责令停业。\n\n第五条 本办法")
    .replace(
        "第二条 摊贩应当备案。\n\n", "第二条 摊贩应当备案。\n\n第二条之一 备案卡有效期三年。\n\n"
    )
)


@pytest.fixture
async def bureaus(region_tree: Any, agencies: Agencies) -> None:
    async with transaction(Scope.platform("test data")):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)


@pytest.fixture
def as_bureau(bureaus: None, login_as: LoginAs, region_tree: Any) -> As:
    async def sign_in(region: Any = None, name: str = "赵建国") -> Visitor:
        return await login_as(
            "supervision_bureau",
            organisation=False,
            region=region or region_tree.county,
            name=name,
        )

    return sign_in


@pytest.fixture
def take(region_tree: Any, agencies: Agencies) -> Take:
    """``await take(text, "2024-03-01")``: a law of the county, published."""

    async def bring(text: str, day: str, *, excerpt: bool = False, region: Any = None) -> Report:
        home = region or region_tree.county
        keeper = Keeper(
            0, "测试", "县司法局", Place(home.lo, agencies.bureau.lo if not region else 0)
        )
        async with transaction(Scope.platform("test data")):
            source = read_source(f"法规({day}).md", text.encode())
            return await import_source(source, keeper, excerpt=excerpt)

    return bring
