# SPDX-License-Identifier: Apache-2.0
"""A text taken apart, followed over versions, compared; all without a database."""

import pytest

from plugins.opinions.rules import articles
from plugins.opinions.rules.articles import Article, follow, split, standing

TEXT = """磴口县行政检查规范

第一章　总则

第一条　为规范行政检查，制定本规范。
第二条　本县行政检查适用本规范。

第二章 检查
第三条　检查应当有计划。
第三条规定的计划报司法局备案。
第四条　检查由两名以上人员进行，出示证件。"""


def first(text: str = TEXT) -> tuple[tuple[Article, ...], int]:
    return follow(split(text), (), 0)


@pytest.mark.parametrize(
    ("numeral", "number"),
    [("三", 3), ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("一百一十", 110),
     ("12", 12), ("１２", 12), ("两百", 200), ("天", 0)],
)  # fmt: skip
def test_numerals_are_read(numeral: str, number: int) -> None:
    assert articles.number_of(numeral) == number


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五"), (100, "一百"),
     (105, "一百零五"), (110, "一百一十"), (212, "二百一十二")],
)  # fmt: skip
def test_numbers_are_written_in_chinese(number: int, words: str) -> None:
    assert articles.chinese(number) == words
    assert articles.number_of(words) == number


@pytest.mark.req("S0-17")
def test_a_pasted_text_is_taken_apart_at_its_articles() -> None:
    pieces = split(TEXT)
    assert [each.label for each in pieces] == ["前言", "第一条", "第二条", "第三条", "第四条"]
    assert pieces[1].chapter == "第一章 总则"
    assert pieces[3].chapter == "第二章 检查"
    assert pieces[3].paragraphs == ["检查应当有计划。", "第三条规定的计划报司法局备案。"]


def test_a_pasted_text_without_gaps_is_taken_apart_by_its_sequence() -> None:
    pieces = split(
        "第一条为了规范检查。\n第二条检查有计划。\n第二条第一款所称计划。\n第四条跳号的是引用。"
    )
    assert [each.label for each in pieces] == ["第一条", "第二条"]
    assert len(pieces[1].paragraphs) == 3


def test_a_text_without_articles_goes_by_paragraphs() -> None:
    pieces = split("为改进服务。\n\n请提意见。\r\n")
    assert [(each.label, each.text) for each in pieces] == [
        ("第 1 段", "为改进服务。"),
        ("第 2 段", "请提意见。"),
    ]
    assert not articles.is_structured("为改进服务。")
    assert articles.is_structured(TEXT)


@pytest.mark.parametrize("text", ["", "　\n \n", "\n\n"])
def test_an_empty_text_has_no_articles(text: str) -> None:
    assert split(text) == []


def test_keys_stay_with_their_articles_when_one_is_put_between() -> None:
    before, highest = first()
    keys = {each.label: each.key for each in before}
    text = TEXT.replace(
        "第四条　检查由两名以上人员进行，出示证件。",
        "第四条　能联合检查的联合检查，不重复上门。\n第五条　检查由两名以上人员进行，出示证件。",
    )
    after, top = follow(split(text), before, highest)
    now = {each.label: each.key for each in after}
    assert now["第五条"] == keys["第四条"]
    assert now["第四条"] not in keys.values()
    assert now["第三条"] == keys["第三条"]
    assert top == highest + 1


def test_a_reworded_article_keeps_its_key_and_a_key_is_never_given_twice() -> None:
    before, highest = first("第一条　甲事应当在十日内办理完毕。\n第二条　乙事。")
    middle, highest = follow(split("第一条　甲事应当在五个工作日内办理。"), before, highest)
    assert middle[0].key == before[0].key
    last, highest = follow(
        split("第一条　甲事应当在五个工作日内办理。\n第二条　全新的丙事情怎样安排。"),
        middle,
        highest,
    )
    assert last[1].key not in {each.key for each in before}
    assert highest == 3


def test_clauses_have_keys_of_their_own() -> None:
    before, highest = first("第一条　甲。\n乙。\n第二条　丙。")
    assert [each.key for each in before[0].clauses] == ["a1.1", "a1.2"]
    after, highest = follow(
        split("第一条　甲。\n丁丁丁丁丁。\n乙。\n第二条　丙。"), before, highest
    )
    assert [(each.key, each.text) for each in after[0].clauses] == [
        ("a1.1", "甲。"),
        ("a1.3", "丁丁丁丁丁。"),
        ("a1.2", "乙。"),
    ]
    assert articles.label_of(after, "a1.2") == "第一条第三款"
    assert articles.label_of(after, "a2.1") == "第二条"
    assert articles.label_of(after, "") == ""
    assert articles.label_of(after, "a99") == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("第一条　甲事十日内办完，逾期说明理由。\n第二条　乙事由县里办。", "same"),
        (
            "第一条　前面加了完全另外的一条规定。\n第二条　甲事十日内办完，逾期说明理由。\n第三条　乙事由县里办。",
            "moved",
        ),
        ("第一条　甲事五日内办完，逾期说明理由。\n第二条　乙事由县里办。", "changed"),
        ("第一条　乙事由县里办。", "gone"),
    ],
)
def test_an_opinion_survives_a_new_version_or_is_marked(text: str, wanted: str) -> None:
    before, highest = first("第一条　甲事十日内办完，逾期说明理由。\n第二条　乙事由县里办。")
    after, _ = follow(split(text), before, highest)
    assert standing("a1", before, after) == wanted
    assert standing("", before, after) == "same"


@pytest.mark.req("C2-03")
def test_the_difference_names_every_article_once_in_order() -> None:
    before, highest = first(
        "第一条　甲。\n第二条　要删去的一条规定。\n第三条　丙事十日内办理完毕。"
    )
    after, _ = follow(
        split("第一条　甲。\n第二条　丙事五日内办理完毕。\n第三条　新加的内容在这里写着。"),
        before,
        highest,
    )
    changes = articles.diff(before, after)
    assert [(each.kind, each.label) for each in changes] == [
        ("same", "第一条"),
        ("removed", "第二条"),
        ("changed", "第二条"),
        ("added", "第三条"),
    ]
    assert ("-", "十") in changes[2].words
    assert ("+", "五") in changes[2].words
    assert changes[2].was == "第三条"
    assert articles.in_short(changes) == "新增 1 条，修改 1 条，删除 1 条"


def test_the_pieces_of_a_difference_give_both_texts_again() -> None:
    old, new = "检查由两名人员进行，出示证件。", "检查由两名以上人员进行，进入前出示证件。"
    words = articles.words_between(old, new)
    assert "".join(text for op, text in words if op != "+") == old
    assert "".join(text for op, text in words if op != "-") == new


def test_articles_are_read_back_as_they_were_stored() -> None:
    made, _ = first()
    assert articles.stored([each.plain() for each in made]) == made
