# SPDX-License-Identifier: Apache-2.0
"""What is written on a phone is not lost when the page it was written on is closed meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.clock import today
from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk
from tests.journeys.phone import KEPT, until
from tests.journeys.test_audit_story import database  # noqa: F401 - a fixture
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture

pytestmark = pytest.mark.needs("opinions")

WORDS = "第一条写得太笼统，请写清楚由哪一级公布。"
OTHER = "公布的日期也要写清楚。"
MOVE = "update opinions_draft set closes_on = $2 where id = $1"


def test_an_opinion_whose_window_ended_stays_readable_on_the_phone(
    desks: SignIn,
    database: Callable[..., Any],  # noqa: F811
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    """Written without a line, sent after the last day: refused with the reason, not held for ever;
    the words are shown where the form was, and go when he says so."""
    phone = desks("zhangmin", width=360)
    phone.go("/opinions/")
    phone.send(phone.page.locator("#main li a").filter(has_text="日截止").first)
    draft = int(phone.path.rsplit("/", 1)[1])
    last = database("select closes_on from opinions_draft where id = $1", draft)
    page, second = phone.page, phone.context.new_page()
    for tab, at in ((page, ""), (second, "?at=a1")):
        tab.goto(f"/opinions/{draft}/new{at}")
        tab.wait_for_selector("form[data-jd-draft][data-jd-ready]")
    phone.context.set_offline(True)
    for tab, words in ((page, WORDS), (second, OTHER)):
        tab.locator("#f-text").fill(words)
        until(tab, KEPT, words)
        tab.get_by_text("不保密", exact=False).first.click()
        tab.locator(".jd-bar .btn-primary").click()
        expect(tab.locator(".jd-note--said")).to_contain_text("信号恢复后自动发出")
    database(MOVE, draft, today() - timedelta(days=1))
    try:
        phone.context.set_offline(False)
        second.close()
        phone.go("/")
        refused_and_readable(phone, axe, pictures)
    finally:
        database(MOVE, draft, last)


def refused_and_readable(phone: Desk, axe: str, pictures: Path | None) -> None:  # noqa: F811
    """Both are refused, the first does not keep back the second; one is opened, copied, deleted."""
    page = phone.page
    rows = page.locator(".jd-unsent__row")
    expect(rows.filter(has_text="没有收下")).to_have_count(2)
    expect(rows.first).to_contain_text("征集已于")
    page.locator(".jd-unsent > summary").click()
    rows.filter(has_text=WORDS[:10]).get_by_role("link", name="打开").click()
    shown = page.locator(".jd-orphan")
    expect(shown).to_contain_text(WORDS)
    expect(shown).to_contain_text("征集已于")
    page.evaluate(axe)
    assert page.evaluate(RUN) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    phone.shoot(pictures, "opinion-window-ended")
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.get_by_role("button", name="复制文字").click()
    expect(shown).to_contain_text("已复制")
    assert WORDS in page.evaluate("() => navigator.clipboard.readText()")
    shown.get_by_role("button", name="删除").click()
    shown.get_by_role("button", name="真的删除").click()
    expect(shown).to_contain_text("已删除")
    assert page.evaluate(
        "async () => (await jdOutbox.all('drafts')).map((each) => each.title)"
    ) == [f"提意见：{OTHER}"]
    phone.faults = [each for each in phone.faults if not each.startswith("409")]
