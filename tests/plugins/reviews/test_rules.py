# SPDX-License-Identifier: Apache-2.0
"""Scores, draws and ranks: without a database."""

from random import Random

import pytest

from plugins.reviews.rules.anonymous import doubtful, read_swaps, swaps_of, veil
from plugins.reviews.rules.drawing import (
    Candidate,
    assign,
    draw,
    joined_seed,
    list_digest,
)
from plugins.reviews.rules.ranking import interval, ranking
from plugins.reviews.rules.scoring import (
    VETOED,
    Item,
    Mark,
    final_of,
    grade_of,
    items_text,
    points_words,
    problems_of,
    read_items,
    score_of,
    weight_problems,
)
from plugins.reviews.samples import SAMPLE


def table(source: Random) -> list[Item]:
    left, items = 100, []
    while left:
        weight = min(left, source.randint(1, 30))
        items.append(
            Item(f"i{len(items)}", "", f"项目{len(items)}", weight, veto=source.random() < 0.2)
        )
        left -= weight
    return items


@pytest.mark.req("C10-01")
def test_whatever_the_weights_0_and_100_are_reached_and_more_lost_is_never_more_points():
    for seed in range(200):
        source = Random(seed)
        items = table(source)
        assert not weight_problems(items)
        assert score_of(items, {}).points == 10000
        everything = {each.key: Mark(each.weight, "缺", "1") for each in items}
        assert score_of(items, everything).points == 0
        marks: dict[str, Mark] = {}
        before = 10000
        for item in source.sample(items, len(items)):
            marks[item.key] = Mark(source.randint(0, item.weight), "缺", "1")
            now = score_of(items, marks).points
            assert 0 <= now <= before
            before = now


@pytest.mark.req("C10-01")
def test_a_veto_forces_the_grade_and_leaves_the_points():
    items = [Item("a", "", "主体", 0, veto=True), Item("b", "", "程序", 100)]
    score = score_of(items, {"a": Mark(1, "没有职权", "3")})
    assert (score.points, score.grade) == (10000, VETOED)
    assert grade_of(8999) == "良好"
    assert points_words(9250) == "92.5"


@pytest.mark.req("C10-01")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("甲 | 50\n乙 | 40", "合计 90 分"),
        ("甲 | 50\n甲 | 50", "写了两遍"),
        ("甲 | 100\n乙 | 0", "没有作用"),
        ("随便写的", "看不懂"),
        ("甲 | 100 | 自动:没有的", "没有“没有的”这一类"),
        ("", "还没有评查项目"),
    ],
)
def test_a_table_that_does_not_add_up_is_not_published(text, said):
    assert said in " ".join(read_items(text)[1])


def test_the_table_to_begin_with_can_be_published_and_is_read_back_as_written():
    items, problems = read_items(SAMPLE)
    assert not problems
    assert {each.decided_by for each in items} >= {"evidence", "time_limit", ""}
    assert read_items(items_text(items)) == (items, [])


@pytest.mark.req("C10-06")
def test_no_deduction_without_reason_and_page():
    items = [Item("a", "", "主体", 10), Item("b", "", "否决", 0, veto=True)]
    assert "原因" in problems_of(items, {"a": Mark(1, " ", "3")})["a"]
    assert "页码" in problems_of(items, {"a": Mark(1, "缺", "")})["a"]
    assert "0 到 10" in problems_of(items, {"a": Mark(11, "缺", "3")})["a"]
    assert not problems_of(items, {"a": Mark(0), "b": Mark(1, "缺", "3")})


@pytest.mark.req("C10-09")
@pytest.mark.parametrize(
    ("scores", "final"),
    [
        ([9000], None),
        ([9000, 8000], 8500),
        ([9000, 7999], None),
        ([9000, 7000, 8800], 8900),
        ([9000, 7000, 7100], 7050),
        ([9000, 7000, 8000], 8000),
    ],
)
def test_two_scores_that_lie_close_or_the_closest_two_of_three(scores, final):
    assert final_of(scores, 10) == final


CASES = [Candidate(n, f"磴市监立〔2026〕{n}号", f"单位{n % 3}") for n in range(60)]


@pytest.mark.req("C10-03")
def test_the_draw_is_repeatable_stratified_and_a_changed_list_shows():
    seed = joined_seed("开奖号码 03 07", "head")
    drawn = draw(CASES, seed, 4)
    assert draw(list(reversed(CASES)), seed, 4) == drawn
    assert [
        sum(each.stratum == unit for each in drawn) for unit in ("单位0", "单位1", "单位2")
    ] == [4] * 3
    assert draw(CASES, joined_seed("开奖号码 03 07", "other head"), 4) != drawn
    assert len(draw(CASES, seed, 100)) == 60
    assert list_digest(CASES) == list_digest(list(reversed(CASES)))
    assert list_digest(CASES) != list_digest(CASES[1:])
    assert list_digest(CASES) != list_digest(
        [*CASES[1:], Candidate(0, CASES[0].number, "别的单位")]
    )


@pytest.mark.req("C10-04")
def test_nobody_reviews_his_own_and_the_work_is_shared():
    drawn = draw(CASES, "seed1234", 4)
    recused = {each.case: frozenset({1}) for each in drawn[:6]}
    tasks = assign(drawn, [1, 2, 3], recused, "seed1234")
    assert all(1 not in tasks[case] for case in recused)
    assert all(len(set(each)) == 2 for each in tasks.values())
    load = [sum(person in each for each in tasks.values()) for person in (1, 2, 3)]
    assert max(load) - min(load) <= 6
    alone = assign(drawn[:1], [1, 2], {drawn[0].case: frozenset({1})}, "s")
    assert alone == {drawn[0].case: [2]}


@pytest.mark.req("C10-13")
def test_a_rank_says_how_much_it_is_worth():
    found = ranking(
        {"甲": [95, 94, 96], "乙": [94, 95, 93], "丙": [40, 41, 42], "丁": [99]},
        {"甲": 30, "乙": 30, "丙": 30, "丁": 9},
    )
    places = {each.unit: each.rank for each in found}
    assert places["甲"] == places["乙"] < places["丙"]
    assert next(each for each in found if each.unit == "丁").low is None
    assert interval([90, 80, 70], 3) == (80, 80)
    low, high = interval([90, 80, 70], 100)
    assert 0 <= low < 80 < high <= 100


@pytest.mark.req("C10-13")
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("张三，身份证号150801198811207478，电话138 0478 1234", "张三，身份证号（证件号码），电话（电话）"),
        ("身份证：１５０８０１１９８８１１２０７４７８；", "身份证：（证件号码）；"),
        ("代码91350100M000100Y43，账号6222020200012345678", "代码（信用代码），账号（账号）"),
        ("住解放路12号3幢402室，车号蒙L12345", "住解放路×号，车号（车牌号）"),
        ("磴市监立〔2026〕3号由李文博、苏日·那顺办理", "（案号）由李某、苏日某办理"),
        ("依照国发〔2019〕5号，罚款5000元，第120页", "依照国发〔2019〕5号，罚款5000元，第120页"),
        ("磴口县市场监督管理局查了河套商行", "某执法单位查了某商行"),
        ("微信号 liusanwa88，QQ：1234567，邮箱a.b@mail.example.com", "微信号（账号），QQ：（账号），邮箱（邮箱）"),
        ("李文博（执法证号15082209001、证件编号：蒙L0000056）", "李某（执法证号（证号）、证件编号：（证号））"),
    ],
)  # fmt: skip
def test_numbers_known_names_and_the_offices_own_words_are_taken_out(text, left):
    known = swaps_of(["李文博", "苏日·那顺"], ["磴口县市场监督管理局"], ["磴市监立〔2026〕3号"])
    swaps, problems = read_swaps("河套商行＝某商行\n")
    assert not problems
    assert veil(text, known, swaps) == left
    assert veil(left, known, swaps) == left


@pytest.mark.req("C10-13")
def test_what_only_a_person_can_judge_is_shown_once():
    found = doubtful(["当事人：王小明，经营河套商行。", "在胜利路。经营者李某，某公司"])
    assert found == ["单位名称“经营河套商行”", "姓名“王小明”", "地址“在胜利路”"]
    assert not doubtful(["经营者李某把某公司的货放在×号。"])
    assert doubtful(["检查三盛公便利店，查老城药店、东风砖厂。"]) == [
        "单位名称“检查三盛公便利店”",
        "单位名称“查老城药店”",
        "单位名称“东风砖厂”",
    ]
    # The case is mostly named after its party.
    assert doubtful(["王小明当场承认。"], "王小明无证经营案") == ["案件名称里的“王小明”"]
    assert doubtful(["苏和当场承认。", "×号"], "苏和占用道路案") == ["案件名称里的“苏和”"]
    assert not doubtful(["王某当场承认。"], "王小明无证经营案")
    assert "两个字" in read_swaps("张=王")[1][0]
    assert "还有原词" in read_swaps("张三=张三丰")[1][0]
    assert read_swaps("张三")[0] == {"张三": "某某"}
