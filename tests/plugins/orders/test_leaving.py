# SPDX-License-Identifier: Apache-2.0
"""What leaves the 督办中心: the list and the order on paper are masked, recorded, and say the head."""

from collections.abc import Iterator

import pytest

from core.host import registry as host_registry
from core.host.registry import build
from plugins.orders import services
from tests.plugins.leaving import SPOKEN, leaving, problems, seal_something


@pytest.fixture(autouse=True)
def without_inspection(client) -> Iterator[None]:
    """The alarms of these tests exist for orders only, so their owner is not asked."""
    with host_registry.use(build(["orders"])):
        yield


@pytest.mark.req("S1-26")
async def test_nothing_leaves_unmasked_unrecorded_or_unsealed(
    matter, client, login_as, app, region_tree
):
    alarms = [await matter.alarm(headline=f"缺材料，{SPOKEN}"[:200], sentence=SPOKEN)]
    upper = await services.issue_order(matter.bureau, alarms, SPOKEN)
    lowers = await services.relay_order(
        matter.department, upper, SPOKEN, dict.fromkeys(alarms, matter.zhang.person_id)
    )
    for each in lowers:
        await services.reply_order(matter.zhang, each, "no_voucher", SPOKEN)
    await services.answer_order(matter.department, upper, SPOKEN, confirmed=True)
    await services.revoke_alarms(matter.bureau, upper, alarms, SPOKEN)
    await seal_something()
    await login_as(
        "supervision_bureau", region=region_tree.county, organisation=matter.agencies.bureau
    )
    values = {"order": upper, "alarm": alarms[0], "case": 1}
    left = [each async for each in leaving(client, app, "orders", values)]
    wrong = [words for each in left for words in problems(each)]
    assert not wrong, "\n".join(wrong)
    assert {"/orders?format=xlsx", f"/orders/{upper}/print"} <= {each.path for each in left}
