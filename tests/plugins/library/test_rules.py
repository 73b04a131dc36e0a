# SPDX-License-Identifier: Apache-2.0
"""Reading, dating, citing, comparing: tables of pure rules."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from plugins.library.linking import links_in
from plugins.library.rules import READ
from plugins.library.rules.citing import citations_in, words_of
from plugins.library.rules.comparing import compare, compare_texts, revised
from plugins.library.rules.dating import names_of, told_by
from plugins.library.rules.numerals import article_label, read_number, write_number
from plugins.library.rules.parsing import parse
from plugins.library.rules.searching import ask, excerpt, fold, grams_of, marked, pattern_of
from plugins.library.rules.timeline import (
    Edition,
    Words,
    changes,
    faults_of_dates,
    label,
    next_change,
    spans,
)
from plugins.library.rules.tree import parts_of

REAL = Path("../shared/data/laws").resolve()
WHOLE = """# 中华人民共和国样本法

2020年1月2日 第十三届全国人民代表大会常务委员会第一次会议通过

<!-- INFO END -->

目 录

第一章 总 则

第二章 罚则

## 第一章 总 则

第一条 为了规范样本，制定本法。

## 第二章 罚则

### 第一节 一般规定

第二条 有下列行为之一的，处一万元以下罚款：

（一）拒不改正的；

1.第一次；

2.第二次；

（二）隐瞒的。

前款罚款由县级部门决定。

第十条之一规定的，从其规定。

第三条 本法自２０２１年３月１日起施行。

附件1：样本目录

| 名称 | 数量 |
| --- | --- |
| 甲 | 1 |
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10),
        ("十二", 12),
        ("一百二十六", 126),
        ("一千零一", 1001),
        ("１２", 12),
        ("37", 37),
        ("二〇二四", 2024),
        ("二十", 20),
        ("甲", 0),
        ("", 0),
    ],
)
def test_numbers(text: str, number: int) -> None:
    assert read_number(text) == number


def test_numbers_go_back_and_forth() -> None:
    assert all(read_number(write_number(each)) == each for each in range(1, 1300))
    assert article_label(10, 1) == "第十条之一"


@pytest.mark.req("C9-01", "C9-02")
def test_a_law_is_a_tree_with_ids_that_stay() -> None:
    found = parse(WHOLE)
    assert found.title == "中华人民共和国样本法"
    assert [each.key for each in found.nodes] == ["c1", "a1", "c2", "c2.s1", "a2", "a3", "x1"]
    second = next(each for each in found.nodes if each.key == "a2")
    assert second.path == ("第二章 罚则", "第一节 一般规定")
    parts = [each.key for each in parts_of(second.text)]
    assert parts == ["k1", "k1.x1", "k1.x1.m1", "k1.x1.m2", "k1.x2", "k2", "k3"]
    assert not found.serious
    told = " ".join(each.text for each in found.faults)
    assert "目录没有读入" in told
    assert "全角" in told
    (table,) = parts_of(found.nodes[-1].text.partition("\n")[2])
    assert table.kind == "table"
    assert told_by(found).effective_from == date(2021, 3, 1)


@pytest.mark.req("C9-02")
@pytest.mark.parametrize(
    ("body", "keys", "told"),
    [
        ("第一条 甲。\n第三条 乙。", ["a1", "a3"], "第三条的编号不连续"),
        ("第一条 甲。\n第一条 乙。", ["a1", "a1~2"], "不止一次"),
        ("第十条 甲。\n第十条之一 乙。\n第十一条 丙。", ["a10", "a10-1", "a11"], "还没有条文"),
        ("第１条 甲。\n第２条 乙。", ["a1", "a2"], ""),
        ("第一章 总则\n第三章 罚则\n第一条 甲。", ["c1", "c3", "a1"], "第三章”的编号不连续"),
        ("第一条 甲。\n第一条、第二条规定的除外。\n第二条 乙。", ["a1", "a2"], ""),
        ("第一条甲。\n第二条乙。", ["a1", "a2"], ""),
        ("第一条 甲。\n第X条 乙。", ["a1"], "读不懂"),
        ("第一条 <b>甲</b>![图](x.png)。", ["a1"], "标记"),
        ("第一条\n第二条 乙。", ["a1", "a2"], "第一条没有内容"),
        ("一、甲。\n二、乙。", ["q1", "q2"], "没有“第×条”"),
        ("", [], "没有读到任何条文"),
        ("第一条 甲\u200b。\n## 无编号的标题\n第二条 乙。", ["a1", "a2"], "标题没有编号"),
    ],
)
def test_what_is_not_understood_is_told(body: str, keys: list[str], told: str) -> None:
    found = parse(f"# 样本条例\n\n<!-- INFO END -->\n\n{body}")
    assert [each.key for each in found.nodes] == keys
    words = " ".join(each.text for each in found.faults)
    assert told in words
    if not told:
        assert not found.serious


ANNEXED = """# 某市样本办法

目 录

第一章 总则

附件1

第一章 总则

第一条 甲，附件1所列的除外。

附件一并报送的，按第三条办理。

附件1所列下列物品：

第二条 本办法自2021年3月1日起施行。

附件：1.裁量基准表

2.备案卡式样

附件1

| 情形 | 幅度 |
| --- | --- |
| 轻微 | 警告 |

附 件 ２

备案卡式样

## 第一章 填写说明

第一条 照实填写。

附录A 不收费的

附图3

附：样本的样本
"""


@pytest.mark.req("C9-01", "C9-02")
def test_what_stands_behind_the_articles_stays_there_whole() -> None:
    found = parse(ANNEXED)
    assert [(each.key, each.label) for each in found.nodes] == [
        ("c1", "第一章"),
        ("a1", "第一条"),
        ("a2", "第二条"),
        ("x0", "附件"),
        ("x1", "附件1"),
        ("x2", "附件2"),
        ("x3", "附录A"),
        ("x3~2", "附图3"),
        ("x5", "附"),
    ]
    by_key = {each.key: each for each in found.nodes}
    assert "附件一并报送" in by_key["a1"].text, "a sentence about an annex is none"
    assert by_key["x0"].title == "1.裁量基准表"
    assert by_key["x2"].text == "备案卡式样\n第一章 填写说明\n第一条 照实填写。"
    assert [each.text for each in found.serious] == ["附图3没有内容。"], "a picture is lost: told"
    kept = "".join(f"{each.label}{each.title}{each.text}" for each in found.nodes)
    for line in ANNEXED.split("目 录")[1].split("附件1", 1)[1].split("\n"):
        words = "".join(line.translate({ord("２"): "2", ord("："): ""}).lstrip("#").split())
        assert words in "".join(kept.replace("：", "").split()), line


def test_articles_behind_an_annex_are_told() -> None:
    found = parse("# 某办法\n\n第一条 甲。\n\n附件1\n\n式样\n\n第二条 乙。")
    assert [each.key for each in found.nodes] == ["a1", "x1"]
    assert "接着正文编号" in found.serious[0].text


def test_what_is_no_law_is_refused() -> None:
    assert "不像一部法律" in parse("甲" * 3_000_001).faults[0].text
    assert "不像一部法律" in parse("甲\n" * 50_001).faults[0].text


@pytest.mark.parametrize(
    ("title", "history", "last", "kind", "effective", "expires"),
    [
        (
            "中华人民共和国某法",
            "2020年1月2日 全国人民代表大会常务委员会通过",
            "自2020年5月1日起施行。",
            "law",
            (2020, 5, 1),
            None,
        ),
        (
            "某条例",
            "2020年1月2日 国务院令第1号公布",
            "自公布之日起施行。",
            "administrative",
            (2020, 1, 2),
            None,
        ),
        (
            "浙江省某条例",
            "2020年1月2日 浙江省人民代表大会常务委员会通过",
            "自2020年5月1日起施行。",
            "local",
            (2020, 5, 1),
            None,
        ),
        (
            "某市某办法",
            "2020年1月2日 某市人民政府通过",
            "自2020年5月1日起施行，有效期至2025年4月30日。",
            "local_rule",
            (2020, 5, 1),
            (2025, 5, 1),
        ),
        (
            "某县某办法",
            "2020年1月2日 某县人民政府通过",
            "自2020年5月1日起施行，有效期五年。",
            "local_rule",
            (2020, 5, 1),
            (2025, 5, 1),
        ),
        (
            "某规定",
            "2020年1月2日 市场监督管理总局令第5号公布",
            "自一九九四年一月一日起施行。",
            "department",
            (2020, 1, 2),
            None,
        ),
    ],
)
def test_what_a_law_says_of_itself(
    title: str,
    history: str,
    last: str,
    kind: str,
    effective: tuple[int, int, int],
    expires: tuple[int, int, int] | None,
) -> None:
    told = told_by(parse(f"# {title}\n\n{history}\n\n<!-- INFO END -->\n\n第一条 本法{last}"))
    assert told.kind == kind
    assert told.effective_from == date(*effective)
    assert told.expires_on == (date(*expires) if expires else None)


def test_a_card_that_ends_is_no_law_that_ends() -> None:
    text = "# 某县某办法\n\n2024年3月1日 某县人民政府通过\n\n<!-- INFO END -->\n\n第一条 备案卡有效期三年。"
    assert told_by(parse(text)).expires_on is None


@pytest.mark.req("C9-10")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("《行政处罚法》第三十三条", [("行政处罚法", "a33", "")]),
        (
            "《中华人民共和国食品安全法》第一百二十六条第一款第（三）项、第五十三条",
            [
                ("中华人民共和国食品安全法", "a126", "k1.x3"),
                ("中华人民共和国食品安全法", "a53", ""),
            ],
        ),
        ("依照《价格法》第12条之1第2款处罚", [("价格法", "a12-1", "k2")]),
        ("《价格法》（2019年修订）第一条", [("价格法", "a1", "")]),
        ("没有引用", []),
        ("第〇条", []),
    ],
)
def test_citations(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(each.names[0], each.key, each.part) for each in citations_in(text)] == found


def test_ranges_shortened_names_and_the_law_itself() -> None:
    (one,) = citations_in("《价格法》第十条至第十二条")
    assert one.keys == ("a10", "a11", "a12")
    last = citations_in("《水土保持法》（以下简称《水保法》）第一条，《水保法》第二条")[-1]
    assert "水土保持法" in last.names
    (own,) = citations_in("依照本法第三条")
    assert own.names == ()
    assert "食品安全法" in citations_in("违反食品安全法第126条")[0].names
    assert names_of("中华人民共和国某法（试行）")[-1] == "某法"


DAYS = [date(2020 + each, 1, 1) for each in range(8)]


def edition(order: int, begins: date, keys: str, **more: object) -> Edition:
    texts = {f"a{number}": f"{order}:{number}" for number in keys.split()}
    return Edition(order, begins, texts, **more)  # type: ignore[arg-type]


@pytest.mark.req("C9-04", "C9-05", "C9-06")
def test_the_words_in_force_on_a_day() -> None:
    first = edition(1, DAYS[0], "1 2 3")
    second = edition(2, DAYS[2], "1 2 4", starts={"a2": DAYS[3]})
    found = spans([first, second])
    assert found[1, "a1"].end == DAYS[2]
    assert found[1, "a2"].end == DAYS[3], "the old words stay until the new ones begin"
    assert found[2, "a2"].begin == DAYS[3]
    assert found[1, "a3"].end == DAYS[2], "left out is repealed"
    assert found[2, "a4"].begin == DAYS[2]
    assert found[2, "a1"].holds(DAYS[7])
    assert not found[1, "a1"].holds(DAYS[2])


@pytest.mark.req("C9-05")
def test_two_amendments_on_one_day_and_what_ends_by_itself() -> None:
    first, second = edition(1, DAYS[0], "1"), edition(2, DAYS[1], "1")
    third = edition(3, DAYS[1], "1", stops={"a1": DAYS[4]})
    found = spans([third, first, second])
    assert found[2, "a1"].begin == found[2, "a1"].end, "the later of one day wins"
    assert (found[3, "a1"].begin, found[3, "a1"].end) == (DAYS[1], DAYS[4])
    whole = edition(1, DAYS[0], "1 2", expires_on=DAYS[5])
    assert {each.end for each in spans([whole]).values()} == {DAYS[5]}
    assert {each.end for each in spans([whole], repealed_on=DAYS[3]).values()} == {DAYS[3]}


@pytest.mark.req("C9-06")
def test_what_was_to_begin_after_a_newer_version_never_begins() -> None:
    first = edition(1, DAYS[0], "1 2", starts={"a2": DAYS[4]})
    second = edition(2, DAYS[1], "1 2")
    found = spans([first, second])
    assert found[1, "a2"].begin == found[1, "a2"].end
    assert found[2, "a2"].begin == DAYS[1]


def test_changes_and_impossible_dates() -> None:
    before, after = edition(1, DAYS[0], "1 2"), edition(2, DAYS[2], "2 3")
    kinds = {each.key: each.kind for each in changes(before, after)}
    assert kinds == {"a1": "repealed", "a2": "amended", "a3": "added"}
    assert faults_of_dates(DAYS[1], {"a9": DAYS[2]}, {}, None, ["a1"], []) == [
        "第九条既不在这一版里，也不在前一版里。"
    ]
    assert faults_of_dates(DAYS[1], {"a1": DAYS[0]}, {}, DAYS[0], ["a1"], [])
    assert faults_of_dates(DAYS[1], {}, {"a1": DAYS[1]}, None, ["a1"], [])
    assert not faults_of_dates(DAYS[1], {"a1": DAYS[2]}, {"a1": DAYS[3]}, DAYS[4], ["a1"], [])
    assert label("a10-1") == "第十条之一"
    assert label("pre") == "pre"


@pytest.mark.req("C9-03")
def test_what_is_asked_and_how_it_is_marked() -> None:
    assert ask(" 罚款　改正 ").words == ("罚款", "改正")
    assert ask("罚").fault
    assert ask("罚 改正").fault == ""
    assert ask("甲" * 81).fault
    assert ask("一二 二三 三四 四五 五六 六七 七八").fault
    assert ask("ＡＢＣ").words == ("abc",)
    assert ask("罚款").checked == []
    assert ask("拒不改正").checked == ["拒不改正"]
    assert ask("𠮷田").checked == ["𠮷田"]
    assert grams_of("𠮷田") == []
    assert all(-(2**31) <= each < 2**31 for each in grams_of("龥龥a1，。"))
    assert pattern_of("5%_\\") == "%5\\%\\_\\\\%"
    assert fold("第１２条Ａ") == "第12条a"
    assert marked("处罚款项", ("罚款",)) == [("处", False), ("罚款", True), ("项", False)]
    long = excerpt("甲" * 200 + "罚款" + "乙" * 200, ("罚款",))
    assert ("罚款", True) in long
    assert long[0] == ("…", False)


def test_two_texts_side_by_side() -> None:
    assert compare_texts("五个工作日", "三个工作日") == [
        ("五", "del"),
        ("三", "ins"),
        ("个工作日", ""),
    ]
    found = compare(
        {"a1": ("一", "甲"), "a2": ("二", "乙")}, {"a1": ("一", "甲"), "a3": ("三", "丙")}
    )
    assert [(each.key, each.kind) for each in found] == [("a3", "added"), ("a2", "repealed")]
    assert compare_texts("甲" * 5000, "乙" * 5000)[0][1] == "del"


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real laws is not here")
@pytest.mark.req("C9-02", "S0-22")
def test_fifty_real_laws_are_understood() -> None:
    articles = 0
    for path in sorted(REAL.glob("*.md")):
        found = parse(path.read_text("utf-8"))
        told = told_by(found, filename=path.name)
        assert not found.serious, (path.name, found.serious)
        assert told.promulgated_on
        assert told.effective_from
        articles += len(found.articles)
    assert articles == 2428


@pytest.mark.req("C9-10")
@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            "依据《食品安全法》第一百二十六条第一款第（三）项处罚",
            ["《食品安全法》第126条第1款第3项"],
        ),
        (
            "违反食品安全法第34条、第35条第二款",
            ["违反食品安全法第34条", "违反食品安全法第35条第2款"],
        ),
        ("《行政处罚法》第三十三条和第三十四条", ["《行政处罚法》第33条", "《行政处罚法》第34条"]),
        ("《办法》第十条之一", ["《办法》第10条之1"]),
        ("本法第三条、第五条", []),
        ("没有引用", []),
    ],
)
def test_a_citation_said_again_on_its_own_is_the_same(text: str, asked: list[str]) -> None:
    found = [each for each in citations_in(text) if each.names]
    again = [citations_in(words_of(each)) for each in found]
    assert [len(each) for each in again] == [1] * len(asked)
    for one, (same,) in zip(found, again, strict=True):
        assert (same.key, same.part) == (one.key, one.part)
        assert set(one.names) <= set(same.names)
    short = [words_of(each).replace("中华人民共和国", "") for each in found]
    assert short == asked


@pytest.mark.req("C9-10")
def test_words_of_anybody_are_linked_for_who_may_read() -> None:
    text = "处罚依据《食品安全法》第一百二十六条。"
    reader = SimpleNamespace(may=lambda permission: permission == READ)
    stranger = SimpleNamespace(may=lambda permission: False)
    [own] = links_in(text, reader, date(2024, 3, 5))
    assert text[own.start : own.end] == "《食品安全法》第一百二十六条"
    assert own.path.startswith("/library/cited?text=")
    assert own.path.endswith("&on=2024-03-05")
    assert own.preview == own.path.replace("/cited?", "/cited/words?")
    for who in (stranger, None):
        [open_to_all] = links_in(text, who, None)
        assert open_to_all.path.startswith("/library/public/cited?text=")
    assert links_in("没有引用", reader, None) == ()


@pytest.mark.req("C9-11")
@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([("a1", "甲")], [], True),
        ([("a1", "甲")], [("a2", "甲")], True),
        ([("a1", "甲")], [("a1", "乙")], True),
        ([("a1", "甲")], [("a1", "甲")], False),
        ([("a1", "甲"), ("a1", "乙")], [("a1", "乙")], False),
        ([("a1", "")], [("a1", "乙")], False),
        ([("a1", "")], [("a3", "乙")], True),
        ([], [], False),
        ([("a2", "甲")], [], False),
    ],
)
def test_when_a_place_counts_as_revised(
    before: list[tuple[str, str]], now: list[tuple[str, str]], expected: bool
) -> None:
    assert revised(before, now, "a1") is expected


JAN, JUL, DEC = date(2026, 1, 1), date(2026, 7, 1), date(2026, 12, 1)


@pytest.mark.req("C9-04")
@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], (JUL, True)),
        ([Words(JUL, None, "乙")], (JUL, False)),
        ([Words(JUL, None, "甲")], None),
        ([Words(JUL, DEC, "甲")], (DEC, True)),
        ([Words(JUL, DEC, "甲"), Words(DEC, None, "丙")], (DEC, False)),
        ([Words(DEC, None, "丙")], (JUL, True)),
    ],
)
def test_an_article_repeated_word_for_word_does_not_change(
    later: list[Words], expected: tuple[date, bool] | None
) -> None:
    assert next_change(Words(JAN, JUL, "甲"), later) == expected
    assert next_change(Words(JAN, None, "甲"), later) is None
