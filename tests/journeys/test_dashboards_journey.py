# SPDX-License-Identifier: Apache-2.0
"""A leader of the province goes down, region by region, to one event of one case of a town."""

import re
import secrets
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk

ITEM = re.compile("对擅自占用城镇道路摆摊经营的处罚")
UNIT = "镇综合执法局"
WAY_DOWN = ("巴彦淖尔市", "磴口县", "巴彦高勒镇")
MONTHS = "from=2023-01&to=2030-12"
NUMBER = "td[data-label=新收案件] a"


@pytest.fixture
def case_of_the_town(desks: SignIn) -> str:
    """The number of a case the town's own body has just opened."""
    handler = desks("dingyiming")
    handler.go("/cases/new")
    handler.send(handler.link(ITEM))
    # A party of its own: the platform asks about a second case of the same.
    party = f"磴口县巷口烧饼铺（{secrets.randbelow(10**6)} 号店）"
    handler.fill(title="占道摆摊案", source="random", party_kind="business", party_name=party)
    handler.send("新建案件")
    handler.said("案件已建立")
    found = re.search(r"\S+〔\d{4}〕\d+号", handler.page.locator(".jd-crumb").inner_text())
    assert found, "the case has no number"
    return found.group()


def open_counted(leader: Desk, number: str) -> None:
    """The statistics, once the worker has counted the case."""
    end = time.monotonic() + 20
    while (
        number
        not in leader.page.request.get(f"/dashboards/rows?measure=cases.opened&{MONTHS}").text()
    ):
        assert time.monotonic() < end, "the case is not counted"
        leader.page.wait_for_timeout(300)
    leader.go(f"/dashboards/?period=own&{MONTHS}")


@pytest.mark.req("C12-02", "C12-05", "C12-08")
@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_province_to_one_event(
    desks: SignIn, case_of_the_town: str, pictures: Path | None, width: int
) -> None:
    leader = desks("temule", width=width)
    open_counted(leader, case_of_the_town)
    leader.sees("各地", "每个数字的口径")
    expect(leader.page.locator("h1")).to_contain_text("内蒙古自治区")
    leader.shoot(pictures, f"dashboards-{width}")
    for place in WAY_DOWN:
        leader.send(leader.page.locator("#t-h-r").get_by_role("link", name=place, exact=True))
        expect(leader.page.locator("h1")).to_contain_text(place)
    expect(leader.page.locator(".jd-crumb")).to_contain_text("巴彦淖尔市")
    line = leader.page.locator("#t-h-u tbody tr").filter(has=leader.page.locator(NUMBER))
    leader.send(line.get_by_role("link", name=UNIT, exact=True))
    leader.sees("新收案件")
    number = leader.page.locator(".jd-stats dd a").first
    count = number.inner_text()
    leader.send(number)
    expect(leader.page.locator(".jd-tools b")).to_contain_text(count)
    leader.shoot(pictures, f"dashboards-rows-{width}")
    # The row leads to the case, and the case to what happened in it.
    leader.send(leader.page.locator(".jd-say1 a").filter(has_text=case_of_the_town))
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
