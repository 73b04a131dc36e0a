# SPDX-License-Identifier: Apache-2.0
"""检查评议: standards, proposals, marks, and what everybody may see."""

from datetime import date

import pytest

from plugins.reviews.rules.evaluating import (
    THEMES,
    Deduction,
    Indicator,
    by_theme,
    compared,
    indicators_text,
    mark_problems,
    proposed,
    public_number,
    read_indicators,
    score_of,
    why_not_score,
    without_absent,
)
from plugins.reviews.rules.evaluation_paper import sections
from plugins.reviews.samples import STANDARD

METRICS = {
    "inspection.red": "红灯",
    "certificates.not_inspected": "逾期未年审的人员",
    "supervision.late": "逾期未答复",
    "reviews.told": "评查案卷",
    "orders.open": "未办结督办",
}


@pytest.mark.req("C10-14")
def test_the_standard_to_begin_with_has_five_themes_and_a_hundred_points():
    found, problems = read_indicators(STANDARD, METRICS)
    assert problems == []
    assert {each.theme for each in found} == set(THEMES)
    assert sum(each.weight for each in found) == 100
    assert read_indicators(indicators_text(found), METRICS) == (found, [])
    # Nobody gives a number here: the same lines without it.
    plain, problems = read_indicators(without_absent(STANDARD, {}), {})
    assert problems == []
    assert not [each for each in plain if each.metric or each.each]
    assert score_of(found, {}) == 10_000
    assert score_of(found, {each.key: Deduction(99) for each in found}) == 0


LINES = "\n".join(f"# {theme}\n指标{n} | 20" for n, theme in enumerate(THEMES))


@pytest.mark.req("C10-14")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LINES.replace("20", "19", 1), "合计 99 分"),
        (LINES.replace("# 执法效果", "# 其他"), "没有“其他”这个方面"),
        (LINES.rpartition("\n#")[0].replace("指标0 | 20", "指标0 | 40"), "还没有执法效果方面"),
        (LINES.replace("指标1", "指标0"), "写了两遍"),
        (LINES.replace("指标0 | 20", "指标0 | 20 | 数:没有.的"), "没有“没有.的”这个数"),
        (LINES.replace("指标0 | 20", "指标0 | 20 | 每个扣:1"), "并且要有“数:”"),
        (LINES.replace("指标0 | 20", "指标0 | 20 | 数:红灯 | 每个扣:0"), "1 到 100 的整数"),
        (LINES.replace("指标0", "罚没收入完成情况"), "行政处罚法第七十四条"),
        (LINES.replace("指标0", "罚款数额增长"), "行政处罚法第七十四条"),
        ("指标 | 100", "先用“# 制度执行”"),
        ("# 制度执行\n看不懂", "第 2 行看不懂"),
        (LINES.replace("指标0 | 20", "甲 | 0\n指标0 | 20"), "没有作用"),
        ("", "合计 0 分"),
    ],
)
def test_what_is_no_standard_says_why(text, said):
    assert said in " ".join(read_indicators(text, METRICS)[1])


RED = Indicator("e1", "执法质量", "红灯", 10, "", "inspection.red", 3)


@pytest.mark.req("C10-14")
@pytest.mark.parametrize(
    ("indicator", "number", "lost"),
    [
        (RED, 2, 6),
        (RED, 9, 10),
        (RED, 0, 0),
        (RED, None, 0),
        (Indicator("e1", "执法质量", "红灯", 10, "", "inspection.red"), 7, 0),
    ],
)
def test_a_number_proposes_and_never_takes_more_than_there_is(indicator, number, lost):
    mark = proposed(indicator, {"title": "红灯", "number": number})
    assert mark.lost == lost
    assert bool(mark.reason) == bool(lost)
    assert proposed(indicator, None) == Deduction(0)


@pytest.mark.req("C10-14")
@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (Deduction(3), "写明原因"),
        (Deduction(3, "  "), "写明原因"),
        (Deduction(11, "多"), "0 到 10"),
        (Deduction(-1, "少"), "0 到 10"),
        (Deduction(0), ""),
        (Deduction(10, "全扣"), ""),
    ],
)
def test_every_deduction_has_a_reason(mark, said):
    assert said in mark_problems([RED], {"e1": mark}).get("e1", "")
    assert bool(mark_problems([RED], {"e1": mark})) == bool(said)


def test_themes_add_up():
    marks = {"e1": Deduction(4, "x")}
    assert by_theme([RED], marks)[3] == ("执法质量", 6, 10)
    assert score_of([RED], marks) == 600


@pytest.mark.req("C10-14")
@pytest.mark.parametrize(
    ("state", "reported", "today", "said"),
    [
        ("open", False, date(2026, 7, 10), "还没有报送自评"),
        ("open", False, date(2026, 7, 11), ""),
        ("open", True, date(2026, 7, 1), ""),
        ("told", True, date(2026, 7, 11), "已经告知"),
    ],
)
def test_a_body_speaks_first_unless_it_is_late(state, reported, today, said):
    why = why_not_score(state=state, reported=reported, due=date(2026, 7, 10), today=today)
    assert said in why
    assert bool(why) == bool(said)


@pytest.mark.req("C10-14")
@pytest.mark.parametrize(
    ("number", "shown"), [(None, "没有数"), (0, "0"), (1, "不足 5"), (4, "不足 5"), (5, "5")]
)
def test_small_numbers_are_hidden_from_everybody(number, shown):
    assert public_number(number) == shown


@pytest.mark.req("C10-14")
@pytest.mark.parametrize(
    ("score", "before", "same", "said"),
    [
        (9250, 9000, True, "高 2.5 分"),
        (9000, 9250, True, "低 2.5 分"),
        (9000, 9000, True, "持平"),
        (9000, 9000, False, "标准不同，不相减"),
        (9250, 9000, False, "标准不同，不相减"),
    ],
)
def test_two_standards_are_never_subtracted(score, before, same, said):
    assert compared(score, before, same_standard=same) == said


def _unit(organisation: int, unit: str, **more):
    return {
        "organisation": organisation,
        "unit": unit,
        "score": None,
        "marks": {},
        "remark": "",
        "late": False,
        "reported_at": None,
        "objected_at": None,
        "accepted": None,
        **more,
    }


@pytest.mark.req("C10-14")
def test_the_report_says_what_the_sheets_say():
    table = [Indicator(f"e{n}", theme, f"指标{n}", 20) for n, theme in enumerate(THEMES, 1)]
    it = {
        "title": "年度评议",
        "since": date(2026, 1, 1),
        "until": date(2026, 6, 30),
        "scheme": 7,
        "scheme_name": "标准",
        "version": 2,
        "state": "open",
    }
    units = [
        _unit(
            1,
            "甲局",
            score=9300,
            marks={
                "e1": {"lost": 4, "reason": "评查 2 卷。"},
                "e2": {"lost": 3, "reason": "没有培训"},
            },
            reported_at=date(2026, 7, 2),
            objected_at=date(2026, 7, 3),
        ),
        _unit(2, "乙局", score=9800, marks={"e1": {"lost": 2, "reason": "缺"}}, late=True),
        _unit(3, "丙局"),
    ]
    before = {
        1: {"title": "上年评议", "score": 9000, "scheme": 7},
        2: {"title": "上年评议", "score": 9000, "scheme": 6},
    }
    said = dict(sections(it, table, units, before))
    overview = "".join(said["基本情况"])
    assert "共评议 3 个单位，已评分 2 个；结果还没有告知各单位" in overview
    assert "逾期报送自评的 1 个，没有报送的 2 个" in overview
    assert "优秀 2 个" in overview
    assert said["五个方面"][0] == f"{THEMES[0]}：平均 17 分，满分 20 分。"
    assert said["五个方面"][1] == f"{THEMES[1]}：平均 18.5 分，满分 20 分。"
    assert said["五个方面"][-1] == "扣分最集中的指标：指标1（2 个单位）；指标2（1 个单位）。"
    first, second, third = said["各单位"]
    assert "93 分，优秀" in first
    assert "上一次“上年评议”90 分，高 3 分" in first
    assert "指标1扣 4 分，评查 2 卷；指标2扣 3 分，没有培训。" in first
    assert "90 分，标准不同，不相减" in second
    assert third == "丙局：还没有评分。"
    assert said["异议"] == ["提出异议 1 件：改分 0 件，维持 0 件，等待处理 1 件。"]
    # Nobody scored, nobody asked: it still reads.
    empty = dict(sections(it, table, [_unit(3, "丙局")], {}))
    assert empty["五个方面"] == ["还没有评分。"]
    assert empty["异议"] == ["没有单位提出异议。"]
