# SPDX-License-Identifier: Apache-2.0
"""The rules: importers, draws, marking, chains, the clock."""

import base64
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.exams.rules import chain, gift, grading, moodle, papers, sheets
from plugins.exams.rules import sitting as rules
from plugins.exams.rules.analysis import analyse
from plugins.exams.rules.grading import Key, Ruling, mark, score
from plugins.exams.rules.questions import (
    Option,
    Question,
    digest_of,
    duplicates,
    faults_of,
    options_of,
    true_false,
)
from plugins.exams.rules.sealed import NotOurs, open_sealed, seal

TEN = "".join(
    f"// 科目: 法律\n::{n}::第 {n} 题问什么？{{=对的{n} ~错的{n}}}\n\n" for n in range(1, 10_001)
)


class TestGift:
    def test_ten_thousand_questions_and_one_broken(self) -> None:
        broken = TEN.replace(
            "::5000::第 5000 题问什么？{=对的5000 ~错的5000}", "::5000::没有结束{=对"
        )
        found = gift.read_gift(broken)
        assert len(found.questions) == 9_999
        assert [(each.line, each.text) for each in found.faults] == [(14_999, "花括号没有结束。")]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("问题", "没有花括号"),
            ("问题 {}", "问答题"),
            ("问题 {#3:1}", "数值题"),
            ("问题 {=甲 -> 乙 =丙 -> 丁}", "匹配题"),
            ("问题 {=甲 ~乙} {=丙}", "两组花括号"),
            ("问题 {甲 ~乙}", "答案前面"),
            ("问题 {~甲 ~乙}", "单选题要有一个正确选项"),
            ("问题 {=甲 ~甲}", "一样的"),
        ],
    )
    def test_what_cannot_be_marked_is_refused_with_its_reason(self, text: str, words: str) -> None:
        found = gift.read_gift(f"// 科目: 法律\n{text}\n")
        assert not found.questions
        assert words in found.faults[0].text

    def test_category_escapes_feedback_and_blanks(self) -> None:
        found = gift.read_gift(
            "$CATEGORY: $course$/题库/行政处罚法\n\n::t::[html]<p>甲 \\= 乙\\: 吗</p>{\n=是\\}的#好 ~不是\n####看第一条\n}\n"
            "\n罚款在{=十五 =15}日内缴纳\n"
        )
        assert not found.faults
        first, second = found.questions
        assert (first.stem, first.options[0].text) == ("甲 = 乙: 吗", "是}的")
        assert (first.subject, first.explanation, first.kind) == (
            "行政处罚法",
            "看第一条",
            "single",
        )
        assert (second.kind, second.accepted) == ("fill", ("十五", "15"))
        assert second.stem == "罚款在____日内缴纳"

    def test_what_is_written_reads_back_the_same(self) -> None:
        made = [
            Question(kind="single", stem="甲{=}~:#\\乙\n第二行", subject="法", options=options_of(
                [("对=1", True), ("错~2", False)])),
            Question(kind="multiple", stem="多", subject="法", difficulty=3, law="第九条",
                     options=options_of([("一", True), ("二", True), ("三", True), ("四", False)])),
            Question(kind="single", stem="网页里的 <script> 和 <b>粗体</b> 怎么写？", subject="法",
                     options=options_of([("<b>字</b>", True), ("字<br>", False)])),
            Question(kind="true_false", stem="判", subject="法", options=true_false(False)),
            Question(kind="fill", stem="填____", subject="法", accepted=("三十", "30")),
        ]  # fmt: skip
        again = gift.read_gift(gift.write_gift(made))
        assert not again.faults
        assert [digest_of(each) for each in again.questions] == [digest_of(each) for each in made]
        assert [(q.kind, q.difficulty, q.law, [o.correct for o in q.options], q.accepted)
                for q in again.questions] == [
            (q.kind, q.difficulty, q.law, [o.correct for o in q.options], q.accepted)
            for q in made
        ]  # fmt: skip


def xml(inner: str, head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<quiz>{inner}</quiz>'.encode()


CATEGORY = (
    '<question type="category"><category><text>$course$/行政处罚法</text></category></question>'
)
ONE = (
    '<question type="multichoice"><questiontext format="html"><text><![CDATA[<p>几日？</p>]]></text>'
    '{file}</questiontext><single>true</single><answer fraction="100"><text>九十日</text></answer>'
    '<answer fraction="0"><text>三十日</text></answer></question>'
)


class TestMoodle:
    def test_kinds_and_lines(self) -> None:
        found = moodle.read_moodle(
            xml(
                f"{CATEGORY}\n{ONE.format(file='')}\n"
                '<question type="truefalse"><questiontext><text>对吗</text></questiontext>'
                '<answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false'
                "</text></answer></question>\n"
                '<question type="shortanswer"><questiontext><text>填____</text></questiontext>'
                '<answer fraction="100"><text>三十</text></answer></question>\n'
                '<question type="essay"><questiontext><text>论述</text></questiontext></question>'
            )
        )
        assert [each.kind for each in found.questions] == ["single", "true_false", "fill"]
        assert found.questions[0].subject == "行政处罚法"
        assert [(each.line, each.text[:8]) for each in found.faults] == [(5, "题型 essay")]

    @pytest.mark.parametrize(
        "head",
        [
            '<!DOCTYPE q [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
            '<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE q SYSTEM "http://localhost/x.dtd">',
        ],
    )
    def test_entities_are_refused_as_a_whole(self, head: str) -> None:
        with pytest.raises(moodle.RefusedXML, match="DOCTYPE"):
            moodle.read_moodle(xml(ONE.format(file=""), head))

    @pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow"])
    def test_a_file_name_is_never_a_path(self, name: str) -> None:
        picture = base64.b64encode(b"PNG").decode()
        inner = CATEGORY + ONE.format(
            file=f'<file name="{name}" path="/../" encoding="base64">{picture}</file>'
        )
        (question,) = moodle.read_moodle(xml(inner)).questions
        assert question.pictures[0].name in ("passwd", "boot.ini", "shadow")
        assert question.pictures[0].content == b"PNG"

    def test_broken_files_say_where(self) -> None:
        with pytest.raises(moodle.RefusedXML, match="第 1 行"):
            moodle.read_moodle(b"<quiz><question></quiz>")
        with pytest.raises(moodle.RefusedXML, match="<quiz>"):
            moodle.read_moodle(b"<html></html>")
        with pytest.raises(moodle.RefusedXML, match="嵌套"):
            moodle.read_moodle(b"<quiz>" + b"<a>" * 60 + b"</a>" * 60 + b"</quiz>")


class TestSheet:
    def row(self, **more: Any) -> dict[str, Any]:
        blank = dict.fromkeys(sheets.LETTERS, "")
        told = {
            "row": 5,
            "kind": "单选题",
            "subject": "法",
            "difficulty": "",
            "stem": "问",
            "answer": "B",
        }
        return {**blank, **told, "law": "", "explanation": "", "A": "甲", "B": "乙", **more}

    def test_a_row_there_and_back(self) -> None:
        made = sheets.question_of(self.row())
        assert isinstance(made, Question)
        assert (made.key, made.difficulty, made.line) == (("o2",), 2, 5)
        assert sheets.row_of(made)["answer"] == "B"

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"kind": "论述题"}, "题型"),
            ({"answer": "D"}, "没有这个选项"),
            ({"difficulty": "很难"}, "难度"),
            ({"kind": "判断题", "answer": "也许"}, "看不懂"),
        ],
    )
    def test_reasons(self, more: dict[str, str], words: str) -> None:
        assert words in str(sheets.question_of(self.row(**more)))


def test_the_same_question_in_another_order_is_a_double() -> None:
    one = Question(kind="single", stem="问？", subject="法",
                   options=options_of([("甲", True), ("乙", False)]))  # fmt: skip
    two = Question(kind="single", stem="问 ?", subject="别的",
                   options=options_of([("乙", False), ("甲", True)]))  # fmt: skip
    assert duplicates([one, two]) == {1: 0}


BANK = [
    papers.Known(n, "处罚法" if n % 2 else "强制法", n % 3 + 1, "single" if n < 20 else "fill")
    for n in range(1, 31)
]


class TestPapers:
    def test_rows_that_overlap_share_questions(self) -> None:
        only = [papers.Known(1, "甲", 1, "single"), papers.Known(2, "甲", 3, "single")]
        hard = papers.Quota("甲", 3, "single", 1, 10)
        any_ = papers.Quota("甲", 0, "single", 1, 10)
        assert papers.shortages([any_, hard], only) == []
        assert "只有 0 题" in papers.shortages([hard, hard], only)[0] + "".join(
            papers.shortages([hard, hard], only)
        )
        assert len(papers.shortages([any_, any_, hard], only)) == 1

    @given(seed=st.text(min_size=1, max_size=8))
    def test_a_draw_repeats_and_uses_each_question_once(self, seed: str) -> None:
        quotas = [
            papers.Quota("处罚法", 0, "single", 5, 20),
            papers.Quota("", 2, "single", 3, 20),
            papers.Quota("", 0, "fill", 6, 10),
        ]
        drawn = papers.draw(quotas, BANK, seed)
        assert drawn == papers.draw(quotas, list(reversed(BANK)), seed)
        assert len({each.q for each in drawn}) == len(drawn) == 14

    def test_each_candidate_has_his_own_order_and_it_repeats(self) -> None:
        orders = {tuple(papers.order_of(20, "s", f"t{n}")) for n in range(20)}
        assert len(orders) > 15
        assert papers.order_of(20, "s", "t1") == papers.order_of(20, "s", "t1")
        kinds = ["fill"] * 5 + ["single"] * 15
        assert [kinds[at] for at in papers.order_of(20, "s", "t", kinds)] == ["single"] * 15 + [
            "fill"
        ] * 5


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS: Sequence[tuple[Key, int]] = (
    (Key("single", ("o1",)), 20),
    (Key("multiple", ("o1", "o2")), 40),
    (Key("true_false", ("t",)), 10),
    (Key("fill", (), ("三十", "30")), 30),
)


class TestMarking:
    @given(answers=st.dictionaries(st.integers(-2, 9), ANYTHING, max_size=8))
    def test_any_state_at_the_end_gives_a_score(self, answers: dict[int, Any]) -> None:
        total, marks = score(KEYS, answers, half=True)
        assert 0 <= total <= 100
        assert len(marks) == 4
        assert not math.isnan(total)

    @pytest.mark.parametrize(
        ("position", "answer", "half", "tenths"),
        [
            (0, ["o1"], False, 20),
            (0, ["o1", "o2"], False, 0),
            (1, ["o2", "o1"], False, 40),
            (1, ["o1"], False, 0),
            (1, ["o1"], True, 20),
            (1, ["o1", "o3"], True, 0),
            (2, ["f"], False, 0),
            (3, [" ３０ "], False, 30),
            (3, ["三十。"], False, 30),
            (3, ["四十"], False, 0),
        ],
    )
    def test_points(self, position: int, answer: list[str], half: bool, tenths: int) -> None:
        key, worth = KEYS[position]
        assert mark(key, answer, worth, half=half).tenths == tenths

    def test_rulings(self) -> None:
        assert mark(KEYS[0][0], [], 20, Ruling("all")).tenths == 20
        other = Ruling("key", right=(("o2",),))
        assert mark(KEYS[0][0], ["o2"], 20, other).tenths == 20
        assert mark(KEYS[0][0], ["o1"], 20, other).tenths == 0
        assert mark(KEYS[3][0], ["卅"], 30, Ruling("key", accepted=("卅",))).tenths == 30
        assert mark(KEYS[3][0], ["30"], 30, Ruling("key", accepted=("卅",))).tenths == 30


def linked(count: int) -> tuple[list[tuple[chain.Act, bytes]], bytes]:
    found, before = [], chain.GENESIS
    for seq in range(1, count + 1):
        act = chain.Act(7, seq, 0, seq, "answer", f'{{"a":["o1"],"q":{seq}}}', seq * 10)
        before = chain.link(before, act)
        found.append((act, before))
    return found, before


class TestChain:
    def test_whole(self) -> None:
        acts, head = linked(5)
        assert chain.broken_at(acts, head) == 0
        assert chain.broken_at([], chain.GENESIS) == 0

    @given(at=st.integers(0, 4), bit=st.integers(0, 7))
    def test_a_change_anywhere_is_seen(self, at: int, bit: int) -> None:
        acts, head = linked(5)
        act, found = acts[at]
        changed = acts.copy()
        changed[at] = (chain.Act(7, act.seq, 0, act.n, "answer", act.body + " ", act.at), found)
        assert chain.broken_at(changed, head) == at + 1
        flipped = acts.copy()
        flipped[at] = (act, bytes([found[0] ^ 1 << bit]) + found[1:])
        assert chain.broken_at(flipped, head) == at + 1
        assert chain.broken_at(acts[:at] + acts[at + 1 :], head) > 0
        assert chain.broken_at(acts[:at], head) == at + 1

    def test_the_newest_by_the_candidates_own_numbers_counts(self) -> None:
        def act(n: int, q: int, a: str, epoch: int = 0) -> dict[str, Any]:
            return {"kind": "answer", "epoch": epoch, "n": n, "body": f'{{"q":{q},"a":["{a}"]}}'}

        late = [act(1, 0, "a"), act(3, 0, "c"), act(2, 0, "b"), act(4, 1, "x"), act(1, 1, "y", 1)]
        assert chain.current_answers(late) == {0: ["c"], 1: ["y"]}


NOON = datetime(2026, 9, 15, 4, tzinfo=UTC)


class TestClock:
    def test_who_comes_late_loses_the_time_unless_it_was_granted(self) -> None:
        late = NOON + timedelta(minutes=20)
        assert rules.deadline(NOON, 60, 0, late, late_start=False) == NOON + timedelta(hours=1)
        assert rules.deadline(NOON, 60, 5, late, late_start=True) == late + timedelta(minutes=65)

    @pytest.mark.parametrize(("after", "taken"), [(0, True), (60, True), (61, False)])
    def test_the_line_gets_the_grace(self, after: int, taken: bool) -> None:
        assert rules.accepted(NOON + timedelta(seconds=after), NOON, 60) is taken

    def test_nobody_begins_early_late_or_without_a_photo(self) -> None:
        def why(minutes: int, *, late: bool = False, photo: bool = True) -> str:
            moment = NOON + timedelta(minutes=minutes)
            return rules.why_not_begin(moment, NOON, 30, late_start=late, photo=photo)

        assert "还没有到" in why(-1)
        assert why(0) == why(30) == why(99, late=True) == ""
        assert "已超过" in why(31)
        assert "拍照" in why(0, photo=False)

    def test_minutes_beyond_what_one_may_take_two(self) -> None:
        assert not rules.needs_second(0, 15, 15)
        assert rules.needs_second(10, 6, 15)
        assert "一共最多" in rules.why_not_minutes(50, 11, 60)
        assert rules.why_not_second(3, 3)
        assert not rules.why_not_second(3, 4)
        assert rules.lost_minutes(NOON, NOON + timedelta(minutes=9, seconds=1), 15) == 10
        assert rules.lost_minutes(NOON, NOON + timedelta(hours=2), 15) == 15

    def test_a_silent_computer_shows_since_when(self) -> None:
        assert rules.status("sitting", "", NOON, NOON + timedelta(seconds=30)) == ("sitting", 0)
        assert rules.status("sitting", "", NOON, NOON + timedelta(minutes=3)) == ("sitting", 180)

    @pytest.mark.parametrize(
        "sent",
        [
            rules.Sent(0, 0, ["o1"]),
            rules.Sent(1, 9, ["o1"]),
            rules.Sent(1, 0, ["o1", "o2"]),
            rules.Sent(1, 0, ["x" * 50]),
            rules.Sent(1, 1, ["x" * 201]),
            rules.Sent(1, 0, [], kind="voided"),
            rules.Sent(1, -1, [], kind="blur", seconds=-5),
        ],
    )
    def test_what_a_browser_may_not_put_into_the_chain(self, sent: rules.Sent) -> None:
        assert rules.problem_of(sent, ["single", "fill"])


@pytest.mark.req("S2-29")
def test_the_last_six_may_end_in_x_and_equal_ones_are_ambiguous() -> None:
    held = {1: "15282219900307001X", 2: "15282219810707001x", 3: "152822199202140033"}
    assert rules.matches_last_six(held, "07001x") == [1, 2]
    assert rules.matches_last_six(held, "140033") == [3]
    assert rules.matches_last_six(held, "40033") == []


class TestSealedFile:
    KEY = "11" * 32
    ACTS = (rules.Sent(4, 0, ["o1"]), rules.Sent(5, 1, ["三十"]))

    def test_opens_with_its_own_key_alone(self) -> None:
        content = seal(self.ACTS, 7, self.KEY, b"0" * 12)
        assert open_sealed(content, 7, self.KEY) == list(self.ACTS)
        with pytest.raises(NotOurs, match="另一名"):
            open_sealed(content, 8, self.KEY)
        with pytest.raises(NotOurs, match="损坏"):
            open_sealed(content, 7, "22" * 32)
        with pytest.raises(NotOurs):
            open_sealed(b"{}", 7, self.KEY)

    @given(at=st.integers(0, 300))
    def test_a_changed_byte_is_refused(self, at: int) -> None:
        content = bytearray(seal(self.ACTS, 7, self.KEY, b"0" * 12))
        at %= len(content)
        content[at] ^= 0x01
        try:
            assert open_sealed(bytes(content), 7, self.KEY) == list(self.ACTS)
        except NotOurs:
            return


def test_item_analysis_finds_a_wrong_key() -> None:
    scores = [100 - n for n in range(20)]
    picks = [["o2"] if n < 12 else ["o1"] for n in range(20)]
    item = analyse([0.0 if n < 12 else 1.0 for n in range(20)], picks, scores, ("o1",))
    assert item.discrimination < 0
    assert "答案可能有误" in item.suspicion
    good = analyse([1.0 if n < 12 else 0.0 for n in range(20)], picks, scores, ("o2",))
    assert (good.difficulty, good.suspicion) == (0.6, "")
    assert analyse([], [], [], ("o1",)).answered == 0


def test_seats_and_tickets() -> None:
    assert rules.seats([(1, 2), (2, 1)], {(1, 1)}) == [(1, 2), (2, 1)]
    assert rules.ticket_number(2026, 12, 3) == "26000120003"
    assert grading.chosen({"o1": 1}) == ()
    assert faults_of(Question(kind="single", stem="", options=(Option("o1", ""),)))
