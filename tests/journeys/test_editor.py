# SPDX-License-Identifier: Apache-2.0
"""The editor of notices, drafts and trainings: its bar speaks Chinese and offers what it can do."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn


@pytest.mark.parametrize("path", ["/notices/new", "/training/new", "/opinions/desk/new"])
def test_the_bar_offers_no_files_and_what_is_typed_arrives(desks: SignIn, path: str) -> None:
    bureau = desks("zhaojianguo")
    bureau.go(path)
    bar = bureau.page.locator("trix-toolbar")
    expect(bar).to_have_attribute("aria-label", "文字格式")
    expect(bar.get_by_role("button", name="加粗")).to_be_visible()
    # Files belong to the form's own field: a button that swallows them would lose them.
    expect(bar.locator("[data-trix-button-group=file-tools]")).to_have_count(0)
    titles = bar.locator("button[title]").evaluate_all("all => all.map((each) => each.title)")
    assert titles
    assert not [each for each in titles if re.search(r"[A-Za-z]", each)]
    bureau.page.locator("trix-editor").click()
    bureau.page.keyboard.type("各单位：请按时报送。")
    expect(bureau.page.locator("[name=body]")).to_have_value(re.compile("请按时报送"))
