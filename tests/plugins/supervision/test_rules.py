# SPDX-License-Identifier: Apache-2.0
"""The rules of supervision as tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from plugins.supervision.rules import draw as lots
from plugins.supervision.rules import items, kinds, papers, people, programme, transfer
from plugins.supervision.rules.draw import Entry, Published
from plugins.supervision.rules.papers import Climbed
from plugins.supervision.rules.people import Inspector
from plugins.supervision.services import wording

DAY = date(2026, 5, 9)


@pytest.mark.req("S4-1")
def test_four_contents_three_ways_and_four_kinds() -> None:
    assert len(kinds.CONTENTS) == 4
    assert len(kinds.WAYS) == 3
    assert list(kinds.KINDS.values()) == ["日常监督", "专项监督", "个案监督", "重点监督"]
    assert kinds.content_faults(["people"]) == {}
    assert kinds.content_faults([]) == {"contents": "至少选择一项监督内容。"}
    assert kinds.content_faults(["people", "other"])
    assert kinds.way_of("individual") == "individual"
    assert kinds.way_of("special") == "special"
    assert kinds.way_of("daily") == "platform"


@pytest.mark.req("C5-08")
@pytest.mark.parametrize(
    ("kind", "trigger", "source", "link", "wrong"),
    [
        ("individual", "complaint", "投诉〔2026〕3号", "", set()),
        ("individual", "reconsideration", "磴政复决〔2026〕1号", "", set()),
        ("individual", "lawsuit", "（2026）内0822行初3号", "", set()),
        ("individual", "media", "巴彦淖尔日报：罚款之后", "https://example.org/1", set()),
        ("individual", "media", "巴彦淖尔日报：罚款之后", "", {"link"}),
        ("individual", "media", "巴彦淖尔日报：罚款之后", "javascript:alert(1)", {"link"}),
        ("individual", "complaint", " ", "", {"source"}),
        ("individual", "rumour", "听说", "", {"trigger"}),
        ("individual", "", "", "", {"trigger"}),
        ("daily", "media", "报道", "", {"trigger"}),
        ("daily", "", "", "", set()),
    ],
)
def test_each_trigger_names_its_source(kind, trigger, source, link, wrong) -> None:
    assert set(kinds.trigger_faults(kind, trigger, source, link)) == wrong


@pytest.mark.req("C5-07")
@pytest.mark.parametrize(("body", "refused"), [(9, False), (10, True), (15, True), (21, False)])
def test_nobody_supervises_his_own_house(body, refused) -> None:
    assert bool(kinds.why_not_supervise(body, 10, 20)) is refused


def _inspector(id_: int = 1, **changed) -> Inspector:
    return replace(Inspector(id_, f"监督员{id_}", 500, f"蒙监{id_}", date(2028, 6, 30)), **changed)


@pytest.mark.req("B6-2")
@pytest.mark.parametrize(
    ("team", "recused", "said"),
    [
        ([_inspector(1), _inspector(2)], (), ""),
        ([_inspector(1)], (), "不得少于两人"),
        ([_inspector(1), _inspector(1)], (), "不得少于两人"),
        ([_inspector(1), _inspector(2, card=" ")], (), "没有行政执法监督证件"),
        ([_inspector(1), _inspector(2, valid_until=date(2026, 5, 8))], (), "到期"),
        ([_inspector(1), _inspector(2, valid_until=DAY)], (), ""),
        ([_inspector(1), _inspector(2, withdrawn=True)], (), "已经收回"),
        ([_inspector(1), _inspector(2, org_lo=105)], (), "应当回避"),
        ([_inspector(1), _inspector(2)], (2,), "已经回避"),
    ],
)
def test_two_supervisors_with_cards_and_without_bias(team, recused, said) -> None:
    faults = people.team_faults(team, DAY, 100, 199, recused)
    assert (said in "".join(faults)) if said else faults == []


NOTICE, LATE = Climbed("notice", "received"), Climbed("notice", "received", late=True)
URGE = Climbed("urge", "received", late=True)
OLD = Climbed("notice", "superseded", late=True)


@pytest.mark.req("C5-09", "S4-1")
@pytest.mark.parametrize(
    ("on", "failed", "proposed"),
    [
        ([], 0, "notice"),
        ([NOTICE], 0, ""),
        ([LATE], 0, "urge"),
        ([Climbed("notice", "refused", late=True)], 0, "urge"),
        ([Climbed("notice", "issued", late=True)], 0, "urge"),
        ([Climbed("notice", "replied", late=True)], 0, ""),
        ([Climbed("notice", "verified")], 1, "opinion"),
        ([OLD, Climbed("urge", "received")], 0, ""),
        ([OLD, URGE], 0, "opinion"),
        ([OLD, URGE, Climbed("opinion", "received")], 0, ""),
        ([OLD, Climbed("opinion", "verified")], 2, "decision"),
        ([OLD, Climbed("opinion", "received", late=True)], 0, "urge"),
        ([OLD, Climbed("opinion", "superseded", late=True), URGE], 0, "decision"),
        ([OLD, Climbed("opinion", "verified"), Climbed("decision", "received")], 0, ""),
        ([Climbed("opinion", "verified"), Climbed("decision", "issued", late=True)], 0, "urge"),
        ([Climbed("opinion", "verified"), Climbed("decision", "superseded"), URGE], 0, "urge"),
        ([Climbed("opinion", "verified"), Climbed("decision", "verified")], 1, "urge"),
        ([Climbed("notice", "withdrawn")], 0, "notice"),
    ],
)
def test_the_ladder(on, failed, proposed) -> None:
    assert papers.next_rung(on, "open", failed) == proposed


def test_the_ladder_has_no_shortcut() -> None:
    assert papers.why_not_issue("decision", [], "open")
    assert papers.why_not_issue("decision", [LATE], "open")
    assert papers.why_not_issue("decision", [OLD, URGE], "open")
    assert papers.why_not_issue("urge", [], "open")
    assert papers.why_not_issue("notice", [NOTICE], "open")
    assert papers.why_not_issue("opinion", [], "open") == []
    assert papers.why_not_issue("talk", [], "open")
    assert papers.why_not_issue("talk", [NOTICE], "open") == []
    assert papers.why_not_issue("bulletin", [NOTICE], "closed")


@pytest.mark.req("S4-9")
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("notice", "磴执监通〔2026〕3号"),
        ("urge", "磴执监督〔2026〕3号"),
        ("opinion", "磴执监意〔2026〕3号"),
        ("decision", "磴执监决〔2026〕3号"),
    ],
)
def test_numbers(kind, text) -> None:
    assert papers.number_text("磴", kind, 2026, 3) == text
    assert papers.series_of(kind).startswith("supervision.")


def test_what_a_document_must_hold() -> None:
    good = {"facts": "经查，该单位未按规定公示执法结果。", "requirement": "请立即公示。"}
    assert papers.missing(good, "notice") == {}
    assert set(papers.missing({}, "notice")) == {"facts", "requirement"}
    assert set(papers.missing(good, "opinion")) == {"basis"}
    assert set(papers.missing(good, "decision")) == {"basis", "ruling"}
    assert set(papers.missing(good, "talk")) == {"talk_at", "talk_place"}


def test_nobody_is_asked_to_come_yesterday() -> None:
    at = datetime(2026, 5, 12, 9, tzinfo=UTC)
    later = at + timedelta(minutes=1)
    assert set(papers.talk_faults("talk", at, later)) == {"talk_at"}
    for kind, when, now in (
        ("talk", at, at),
        ("talk", later, at),
        ("talk", None, at),
        ("notice", at, later),
    ):
        assert papers.talk_faults(kind, when, now) == {}


@pytest.mark.parametrize(
    ("state", "serve", "reply", "withdraw"),
    [
        ("issued", True, False, True),
        ("received", False, True, True),
        ("refused", False, True, True),
        ("replied", False, False, False),
        ("withdrawn", False, False, False),
        ("superseded", False, False, False),
        ("verified", False, False, False),
    ],
)
def test_acts_on_a_document(state, serve, reply, withdraw) -> None:
    assert (papers.why_not_serve(state) == []) is serve
    assert (papers.why_not_reply(state, answers=True) == []) is reply
    assert (papers.why_not_withdraw(state, "waiting") == []) is withdraw
    assert papers.why_not_reply(state, answers=False)
    assert papers.why_not_withdraw(state, "closed")


@pytest.mark.req("C5-15")
def test_a_recheck_carries_only_what_was_flagged() -> None:
    on = [items.Item(1, "passed"), items.Item(2, "answered"), items.Item(3, "failed")]
    assert [it.id for it in items.flagged(on)] == [2, 3]
    assert items.check_faults(on, {2: "passed", 3: "passed"}, {}) == {}
    assert set(items.check_faults(on, {2: "passed"}, {})) == {"outcome_3"}
    assert set(items.check_faults(on, {2: "passed", 3: "failed"}, {})) == {"remark_3"}
    assert "remark" in items.check_faults(on, {1: "failed", 2: "passed", 3: "passed"}, {1: "又查"})
    assert set(items.answer_faults(on, {2: "已经补正公示。"})) == {"answer_3"}
    assert items.why_not_close(on, issued=True, waits=False) == ["整改清单还有 2 项没有通过复核。"]
    assert items.why_not_close(on[:1], issued=True, waits=False) == []
    assert items.why_not_close(on[:1], issued=True, waits=True)


def test_a_list_typed_or_pasted() -> None:
    assert items.parse_items("1. 未公示\r\n\n２、 未录像 \n（超期）") == [
        "未公示",
        "未录像",
        "（超期）",
    ]
    assert items.item_faults([], needed=True)
    assert items.item_faults(["a"] * 2, needed=True) == {"problems": "有重复的问题，请合并。"}
    assert items.item_faults([str(n) for n in range(41)], needed=True)


# --- 双随机 --------------------------------------------------------------------------------------

SECRET = "5f" * 32
OBJECTS = [
    Entry("object", f"1115{n:04}", f"第{n}执法大队", n * 100, n * 100 + 99) for n in range(20)
]
PEOPLE = [Entry("inspector", f"蒙监{n}", f"监督员{n}", n * 100 + 5) for n in range(6)]
LIST = [*OBJECTS, *PEOPLE]
PINNED_LIST = "dea57f549e14c8dd"
PINNED = ("11150004", "11150018")


def _published(**changed) -> Published:
    seed = lots.seed_of(SECRET, "01 05 09 12 21 30+07", lots.list_hash(LIST))
    drawn = lots.draw(LIST, seed, 5, 2)
    return replace(
        Published(
            lots.commitment_of(SECRET),
            lots.list_hash(LIST),
            5,
            2,
            SECRET,
            "01 05 09 12 21 30+07",
            tuple(e.key for e in drawn.objects),
            {key: tuple(e.key for e in team) for key, team in drawn.teams.items()},
        ),
        **changed,
    )


@pytest.mark.req("B10-1")
def test_a_draw_can_be_repeated_in_any_order_of_the_list() -> None:
    checks = lots.verify(_published(), list(reversed(LIST)))
    assert [c.ok for c in checks] == [True] * 4
    # A pinned value: another version of this program must draw the same.
    assert lots.list_hash(LIST)[:16] == PINNED_LIST
    assert _published().objects[:2] == PINNED


def test_a_list_changed_after_the_publication_is_found() -> None:
    for changed in (
        LIST[1:],
        [*LIST, Entry("object", "9999", "后加的单位")],
        [replace(LIST[0], title="改了名字"), *LIST[1:]],
        [replace(LIST[-1], org_lo=1), *LIST[:-1]],
    ):
        assert not lots.verify(_published(), changed)[0].ok


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"secret": "60" * 32}, "密钥与承诺一致"),
        ({"result": "01 05 09 12 21 30+08"}, "抽查对象一致"),
        ({"objects": ("11150001",)}, "抽查对象一致"),
        ({"teams": {}}, "监督人员一致"),
    ],
)
def test_a_bent_draw_is_found(changed, broken) -> None:
    assert broken in [c.title for c in lots.verify(_published(**changed), LIST) if not c.ok]


def test_before_the_reveal_only_the_list_is_checked() -> None:
    assert [c.title for c in lots.verify(_published(secret=""), LIST)] == ["名单没有改动"]


def test_nobody_is_drawn_for_his_own_unit() -> None:
    seed = lots.seed_of(SECRET, "1", lots.list_hash(LIST))
    drawn = lots.draw(LIST, seed, 20, 2)
    for each in drawn.objects:
        team = drawn.teams[each.key]
        assert len(team) == 2
        assert all(not each.org_lo <= e.org_lo <= each.org_hi for e in team)
    assert [e.title for e in drawn.avoided["11150003"]] == ["监督员3"]


def test_every_object_has_the_same_chance() -> None:
    hits = dict.fromkeys((e.key for e in OBJECTS), 0)
    for n in range(400):
        for each in lots.draw(OBJECTS, lots.seed_of(SECRET, str(n), "0" * 64), 5, 0).objects:
            hits[each.key] += 1
    assert min(hits.values()) > 65  # expected 100 ± 8.7
    assert max(hits.values()) < 135


def test_lists_that_cannot_be_drawn_from() -> None:
    assert lots.entry_faults(LIST, 5, 2) == []
    assert "只有 20 个对象" in lots.entry_faults(LIST, 21, 2)[0]
    assert "重复" in lots.entry_faults([*LIST, LIST[0]], 5, 2)[0]
    assert "只剩" in lots.entry_faults([*OBJECTS, *PEOPLE[:2]], 5, 2)[0]


# --- 行刑衔接、方案 -----------------------------------------------------------------------------


TOLD = transfer.Details(
    "磴市监移〔2026〕2号", "磴口县公安局", ("letter", "report"), "王警官", date(2026, 5, 7)
)
"""A hand-over as it must be, and its receipt."""


@pytest.mark.req("B10-3")
@pytest.mark.parametrize(
    ("acts", "end"),
    [
        (["approve", "send", "file", "goods"], "ended"),
        (["approve", "send", "receipt", "file", "goods"], "ended"),
        (["refuse"], "refused"),
        (["approve", "send", "decline", "ask", "file", "goods"], "ended"),
        (["approve", "send", "decline", "ask", "decline", "escalate", "file"], "filed"),
        (["approve", "send", "decline", "end"], "ended"),
    ],
)
def test_ways_of_a_hand_over(acts, end) -> None:
    state, asked = "reported", False
    for act in acts:
        assert transfer.act_faults(state, act, "理由写在这里", asked=asked, details=TOLD) == {}
        asked = asked or act == "ask"
        state = transfer.ACTS[act][2]
    assert state == end


@pytest.mark.req("B10-3", "C3-19")
@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, {}),
        ({"letter": ""}, {"letter"}),
        ({"receiver": " "}, {"receiver"}),
        ({"materials": ("letter",)}, {"materials"}),
        ({"materials": ()}, {"materials"}),
        ({"materials": ("letter", "report", "goods", "expertise", "others")}, {}),
        ({"materials": ("letter", "report", "rumour")}, {"materials"}),
    ],
)
def test_what_goes_with_a_hand_over(changed, faults) -> None:
    found = transfer.act_faults("approved", "send", "", details=replace(TOLD, **changed))
    assert set(found) == set(faults)


@pytest.mark.req("B10-3", "C3-19")
@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({}, {}),
        ({"signed_by": ""}, {"signed_by"}),
        ({"signed_on": None}, {"signed_on"}),
        ({"signed_on": date(2026, 5, 6)}, {}),
        ({"signed_on": date(2026, 5, 5)}, {"signed_on"}),  # before it was sent
        ({"signed_on": date(2026, 5, 8)}, {}),
        ({"signed_on": date(2026, 5, 9)}, {"signed_on"}),  # tomorrow
    ],
)
def test_the_receipt_of_the_police(changed, faults) -> None:
    found = transfer.act_faults(
        "sent",
        "receipt",
        "",
        details=replace(TOLD, **changed),
        sent=date(2026, 5, 6),
        today=date(2026, 5, 8),
    )
    assert set(found) == set(faults)
    assert transfer.act_faults("sent", "receipt", "", details=TOLD, received=True)  # once only


@pytest.mark.req("B10-3")
def test_periods_of_a_hand_over() -> None:
    held = {key: (p.amount, p.unit) for key, p in transfer.PERIODS.items()}
    assert held == {
        "reported": (3, "calendar"),
        "approved": (24, "hours"),
        "sent": (3, "calendar"),
        "declined": (3, "calendar"),
        "asked": (3, "calendar"),
        "filed": (3, "calendar"),
    }
    # A refusal that was upheld goes to the procuratorate, within three days as well.
    upheld = transfer.period_of("declined", asked=True)
    assert upheld is not None
    assert (upheld.title, upheld.amount, upheld.unit) == ("建议检察院立案监督", 3, "calendar")
    assert transfer.period_of("declined") == transfer.PERIODS["declined"]
    assert transfer.period_of("escalated", asked=True) is None
    assert transfer.act_faults("reported", "send", "x" * 9)
    assert transfer.act_faults("reported", "refuse", "")  # the reason is kept
    assert transfer.act_faults("declined", "ask", "", asked=True)
    assert transfer.report_faults(["张三", "李四"], False, "") == {}
    assert set(transfer.report_faults(["张三", "张三"], True, "")) == {"officers", "note"}


@pytest.mark.req("S4-9", "S4-10")
@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("乌司发〔2023〕47号", True),
        ("内司通〔2022〕49号", True),
        ("乌司发[2023]47号", False),
        ("乌司发（2023）47号", False),
        ("乌司发〔2023〕047号", False),
        ("47号", False),
    ],
)
def test_numbers_of_basis_documents(text, fine) -> None:
    assert (programme.number_problem(text) == "") is fine


STAGES = [
    programme.Stage("推进实施", date(2023, 7, 1), date(2023, 11, 30)),
    programme.Stage("总结提升", date(2023, 12, 1), date(2023, 12, 31)),
]


@pytest.mark.req("S4-6")
def test_a_report_may_be_due_before_its_stage_ends() -> None:
    assert programme.stage_faults(date(2023, 7, 1), date(2023, 12, 31), STAGES) == []
    early = programme.Deliverable("工作总结", date(2023, 12, 1), 1)
    assert programme.deliverable_faults(early, STAGES) == {}
    assert programme.deliverable_faults(replace(early, stage=0), STAGES)
    assert programme.deliverable_faults(replace(early, stage=2), STAGES)
    assert programme.stage_faults(date(2023, 7, 2), date(2023, 12, 31), STAGES)
    assert programme.stage_faults(date(2023, 7, 1), date(2023, 12, 31), list(reversed(STAGES)))


@pytest.mark.req("S4-6")
def test_a_summary_says_the_four_things() -> None:
    assert programme.summary_faults("progress", "") == {}
    assert programme.summary_faults("summary", "。".join(programme.SUMMARY_PARTS)) == {}
    assert "先进经验" in programme.summary_faults("summary", "开展情况很好")["text"]


def test_how_a_deliverable_stands() -> None:
    due = date(2023, 12, 1)
    assert programme.standing(due, date(2023, 12, 1), due) == ("done", "已报送")
    assert programme.standing(due, date(2023, 12, 4), due) == ("late", "逾期报送")
    assert programme.standing(due, None, date(2023, 12, 3)) == ("late", "逾期 2 天")
    assert programme.standing(due, None, date(2023, 11, 28)) == ("new", "还剩 3 天")


@pytest.mark.req("C5-06")
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("notice", "书面答复。逾期不答复的，"),
        ("opinion", "自行纠正并书面报告。逾期不纠正的，"),
        ("decision", "报告执行情况。逾期不报告的，"),
    ],
)
def test_what_follows_an_answer_that_does_not_come(kind, told) -> None:
    period = wording.period_words(kind, 15)
    values = {"facts": "经查。", "basis": "《某法》第一条", "ruling": "correct"}
    made = wording.paragraphs(kind, values, ("没有公示",), period)
    assert any(told in each.text for each in made)
    assert any(each.text == "依据：《某法》第一条。" for each in made)


@pytest.mark.req("C5-06")
@pytest.mark.parametrize("items", [(), ("没有公示", "单人执法")])
def test_a_summons_names_the_problems_before_the_time_and_place(items) -> None:
    values = {
        "facts": "两次督促，没有改正。",
        "requirement": "请带检查记录。",
        "talk_words": wording.moment_words(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)),
        "talk_place": "县司法局三楼会议室。",
    }
    made = [each.text for each in wording.paragraphs("talk", values, items, "")]
    problems = ["现决定就下列问题约谈你单位：", "一、没有公示", "二、单人执法"] if items else []
    assert made == [
        "两次督促，没有改正。",
        *problems,
        "请你单位有关负责人于2026年12月1日9时到县司法局三楼会议室接受约谈。",
        "请带检查记录。",
    ]


@pytest.mark.req("C5-15")
@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("1. 没有公示", "没有公示"),
        ("2、没有公示", "没有公示"),
        ("３．没有公示", "没有公示"),
        ("4)没有公示", "没有公示"),
        ("（5）没有公示", "没有公示"),
        ("（六）没有公示", "没有公示"),
        ("七、没有公示", "没有公示"),
        ("  8、　没有公示  ", "没有公示"),
        ("没有公示", "没有公示"),
        ("11月20日夜市检查单人执法", "11月20日夜市检查单人执法"),
        ("2026年度案卷没有归档", "2026年度案卷没有归档"),
        ("3件案件没有告知", "3件案件没有告知"),
        ("1.5万元罚款没有集体讨论", "1.5万元罚款没有集体讨论"),
        ("10、11月没有公示", "10、11月没有公示"),
        ("三、四月份没有公示", "三、四月份没有公示"),
        ("12345热线转来的没有答复", "12345热线转来的没有答复"),
        ("（2026）内0822行初7号判决没有履行", "（2026）内0822行初7号判决没有履行"),
        ("1. 11月20日单人执法", "11月20日单人执法"),
    ],
)
def test_numbering_is_taken_off_and_nothing_else(line: str, item: str) -> None:
    """What begins with a date, an amount or a case number goes into the document as it was typed."""
    assert items.parse_items(f"{line}\n\n") == [item]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 12, 1, 9, 0, tzinfo=UTC), "2026年12月1日9时"),
        (datetime(2026, 12, 1, 14, 30, tzinfo=UTC), "2026年12月1日14时30分"),
        (datetime(2026, 12, 1, 0, 5, tzinfo=UTC), "2026年12月1日0时5分"),
    ],
)
def test_the_hour_of_a_summons(at, words) -> None:
    assert wording.moment_words(at) == words
