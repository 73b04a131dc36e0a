# SPDX-License-Identifier: Apache-2.0
"""A leader goes down from the highest region he sees to one event of one case."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn


@pytest.mark.req("C12-02", "C12-05", "C12-08")
@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_highest_region_to_one_event(
    desks: SignIn, pictures: Path | None, width: int
) -> None:
    leader = desks("baolixin", width=width)
    leader.go("/dashboards/?period=own&from=2023-01&to=2030-12")
    leader.sees("各地", "每个数字的口径")
    leader.shoot(pictures, f"dashboards-{width}")
    leader.send(leader.page.locator("#t-h-r").get_by_role("link", name="磴口县", exact=True))
    expect(leader.page.locator(".jd-crumb")).to_contain_text("巴彦淖尔市")
    units = leader.page.locator("#t-h-u tbody tr")
    line = units.filter(has=leader.page.locator("td[data-label=新收案件] a")).first
    leader.send(line.locator("th a"))
    leader.sees("新收案件")
    number = leader.page.locator(".jd-stats dd a").first
    count = number.inner_text()
    leader.send(number)
    expect(leader.page.locator(".jd-tools b")).to_contain_text(count)
    leader.shoot(pictures, f"dashboards-rows-{width}")
    # The row leads to the case, and the case to what happened in it.
    leader.send(leader.page.locator(".jd-say1 a").first)
    assert re.match(r"/cases/\d+", leader.path)
    assert leader.go(f"{leader.path.split('?')[0]}/timeline") == 200
    leader.sees("新建案件")
    # The way back is the browser's: same region, same months.
    leader.page.go_back()
    leader.page.go_back()
    expect(leader.page.locator("h1")).to_have_text("新收案件")
    assert not leader.faults


def test_the_tables_are_complete_without_script(desks: SignIn) -> None:
    leader = desks("heqige", script=False)
    leader.go("/dashboards/")
    leader.sees("八类行政权力", "行政处罚", "七类监察点")
    expect(leader.page.locator(".db-chart").first).to_be_hidden()
    assert leader.go("/dashboards/report") == 200
    leader.sees("案件办理")
    assert not leader.faults
