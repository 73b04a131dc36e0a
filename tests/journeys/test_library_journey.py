# SPDX-License-Identifier: Apache-2.0
"""A law is amended: the body gets its task, and a decision on the old article gets its lamp.

The law and the body are ones no other journey works with.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.clock import today
from tests.journeys.conftest import SignIn
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture
from tests.journeys.test_story import shop

pytest.importorskip("plugins.library.plugin")
LAW = "大气污染防治法"
AMENDED = """# 中华人民共和国大气污染防治法

1987年9月5日 第六届全国人民代表大会常务委员会第二十二次会议通过

<!-- INFO END -->

第一百条 超过大气污染物排放标准排放大气污染物的，责令改正，并处十五万元以上一百万元以下的罚款。
"""
ITEM = "对超过标准排放大气污染物的处罚"


@pytest.mark.req("C9-04", "C9-07", "C9-10", "C9-11", "C9-12")
def test_amendment_tasks_and_the_lamp(
    desks: SignIn,
    pictures: Path | None,
    axe: str,  # noqa: F811
) -> None:
    # One writes the new version.
    editor = desks("zhaojianguo")
    editor.go(f"/library/?title={LAW}")
    editor.send(editor.link(f"中华人民共和国{LAW}"))
    editor.sees("第九十九条", "只收录了部分条文")
    editor.shoot(pictures, "library-law")
    editor.send(editor.link("录入新版本"))
    editor.page.fill("[name=text]", AMENDED)
    editor.send("读入为草稿")
    editor.said("已读入为草稿")
    draft = editor.path
    day = today().isoformat()
    editor.fill(promulgated_on=day, effective_from=day, name="修订")
    editor.tick(editor.page.locator("[name=excerpt]"))
    editor.send("送审")
    editor.said("已送审")
    editor.sees("送审人不能审核自己的稿子")

    # Another publishes it.
    reviewer = desks("heqige")
    reviewer.go(draft)
    reviewer.sees("第九十九条", "删去")
    reviewer.shoot(pictures, "library-review")
    reviewer.send("审核通过并发布")
    reviewer.said("已发布")

    # Whoever leans on the article is asked to look.
    unit = desks("gaozhenhua")
    for _ in range(60):
        unit.go("/library/tasks")
        if unit.page.get_by_role("link", name="STHJ-CF-018").count():
            break
        unit.page.wait_for_timeout(500)
    unit.shoot(pictures, "library-tasks")
    unit.send(unit.link("STHJ-CF-018").first)
    unit.sees("废止")
    unit.fill(outcome="changed", note="事项依据改为第一百条，草稿已送审。")
    unit.shoot(pictures, "library-task")
    unit.send("办结")
    unit.said("已办结")

    # A decision that still cites the old article: red, with the reason.
    handler = desks("chenyongsheng")
    handler.go("/cases/new")
    handler.send(handler.link(ITEM))
    handler.fill(title="超标排放案", source="random", party_kind="business", party_name=shop())
    handler.send("新建案件")
    case = handler.path
    handler.fill_step(clue_on=day, clue_facts=f"在线监测显示烟尘超标，违反《{LAW}》第一百条。")
    handler.authorise_next("陈永胜")
    handler.send("提交本环节")
    handler.fill_step(outcome="立案", basis="第九十九条", opinion="同意立案。")
    handler.authorise_next("陈永胜", "娜仁花")
    handler.send("提交本环节")
    handler.go(case)
    handler.sees("引用了失效的依据")
    handler.shoot(pictures, "library-lamp")

    # The words behind a citation stand beside it, by pointer and by keyboard, and Escape ends it.
    handler.send(handler.page.locator(f"#main a[href*='{case}/visits/']").first)
    cited = handler.link(f"《{LAW}》第一百条").first
    peek = handler.page.get_by_role("tooltip")
    cited.hover()
    expect(peek).to_contain_text("处十五万元以上一百万元以下的罚款")
    peek.hover()
    expect(peek).to_be_visible()
    if pictures is not None:
        handler.page.screenshot(path=pictures / "library-peek.png")
    handler.page.keyboard.press("Escape")
    expect(peek).to_have_count(0)
    cited.focus()
    expect(peek).to_contain_text("处十五万元以上一百万元以下的罚款")
    expect(cited).to_have_attribute("aria-describedby", "jd-peek")
    handler.page.evaluate(axe)
    assert handler.page.evaluate(RUN) == []
    handler.page.keyboard.press("Shift+Tab")
    expect(peek).to_have_count(0)

    # Everybody may read it, at any width.
    stranger = desks(width=390)
    stranger.go("/library/public?q=十五万元以上")
    stranger.sees("第一百条")
    stranger.shoot(pictures, "library-public")
