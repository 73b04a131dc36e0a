# SPDX-License-Identifier: Apache-2.0
"""The rules of complaints as tables."""

import hashlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.db import Place, SubjectRef
from core.api.plugin import Fact
from core.api.workdays import standard
from plugins.complaints.rules import (
    figures,
    flow,
    intake,
    receipts,
    redacting,
    reminding,
    retaining,
    routing,
    similar,
)
from plugins.complaints.rules.intake import Unit
from plugins.complaints.showing import TITLES, _story

CITY = Unit(1, "市交通局", 100, 199)
BUREAU = Unit(2, "县市场监管局", 200, 299)
TEAM = Unit(3, "执法大队", 210, 219)
UNITS = [CITY, BUREAU, TEAM]


# --- intake ------------------------------------------------------------------------------------


@pytest.mark.req("S0-12", "S0-16")
@pytest.mark.parametrize(
    ("department", "body", "typed", "matched", "words", "fields"),
    [
        (2, 3, "", 3, "执法大队", []),
        (2, 2, "", 2, "县市场监管局", []),
        (2, None, "执法大队", 3, "执法大队", []),
        (2, None, "某某协管队", None, "某某协管队", []),
        (2, None, "  某某  协管队 ", None, "某某 协管队", []),
        (None, 3, "", 3, "执法大队", ["department"]),
        (2, None, "", None, "", ["body"]),
        (1, 3, "", 3, "执法大队", ["body"]),
        (9, 3, "", 3, "执法大队", ["department"]),
        (2, 9, "", None, "", ["body"]),
        (2, 3, "别的名字", 3, "别的名字", ["body_name"]),
    ],
)
def test_department_and_body(department, body, typed, matched, words, fields):
    chosen = intake.choose(UNITS, department, body, typed, needed=True)
    assert (chosen.body.id if chosen.body else None) == matched
    assert sorted({name for name, _ in chosen.faults}) == sorted(fields)
    if not fields:
        assert chosen.words == words


def test_the_public_may_leave_the_unit_out():
    assert intake.choose(UNITS, None, None, "", needed=False).faults == ()


@pytest.mark.req("S0-12")
def test_the_date_is_not_in_the_future():
    assert intake.date_fault(date(2026, 9, 2), date(2026, 9, 1))
    assert not intake.date_fault(date(2026, 9, 1), date(2026, 9, 1))


@pytest.mark.req("S0-12", "C1-02")
def test_the_types_are_data():
    types = intake.types_of("城市管理，网格巡查, 行政处罚")
    assert types[:4] == ("行政处罚", "行政许可", "行政检查", "行政强制")
    assert types[-3:] == ("城市管理", "网格巡查", "其他")
    assert len(set(types)) == len(types)


@pytest.mark.parametrize("kind", sorted(TITLES))
def test_an_act_of_an_older_version_is_told_without_what_it_lacks(kind):
    at = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    fact = Fact(1, kind, SubjectRef("complaints.complaint", 1), {}, Place(1), 1, at, at)
    [told] = _story([fact], "群众（保密）")
    assert told["note"] == "10:00"


@pytest.mark.req("C1-07", "S3-23")
@pytest.mark.parametrize(
    ("door", "sealed", "phone", "words"),
    [
        ("supervisor", False, False, "平台发消息给举报人"),
        ("supervisor", True, False, "平台不发消息"),
        ("public", False, True, "请打电话告知"),
        ("public", False, False, "没有留电话，用回执码看到"),
        ("public", True, False, "要求保密，用回执码看到"),
    ],
)
def test_how_the_result_reaches_the_reporter(door, sealed, phone, words):
    assert words in intake.how_told(door, sealed=sealed, phone=phone)


@pytest.mark.req("C1-07")
def test_after_a_hand_over_the_reporter_reads_which_bureau_has_it():
    words = flow.reporter_words("submitted", late=False, organ="巴彦淖尔市司法局")
    assert words == "巴彦淖尔市司法局已收到，还没有处理"
    assert flow.reporter_words("submitted", late=False) == "司法局已收到，还没有处理"
    assert "巴彦淖尔市司法局正在督促" in flow.reporter_words(
        "pushed", late=True, organ="巴彦淖尔市司法局"
    )


@pytest.mark.req("S3-22")
@pytest.mark.parametrize(
    ("door", "sealed", "name", "inside"),
    [
        ("supervisor", True, "乌云娜", "社会监督员（保密）"),
        ("supervisor", False, "乌云娜", "社会监督员 乌云娜"),
        ("public", True, "王大锤", "群众（保密）"),
        ("public", False, "", "群众（未留姓名）"),
    ],
)
def test_what_the_reporter_is_called(door, sealed, name, inside):
    assert intake.reporter_words(door, sealed, name) == inside
    assert name == "" or name not in intake.outside_words(door)


# --- flow --------------------------------------------------------------------------------------


@pytest.mark.req("S0-14", "S0-15", "C1-07")
@pytest.mark.parametrize(
    ("state", "handled", "acts"),
    [
        ("submitted", False, "accept push transfer reject tell"),
        ("accepted", False, "push transfer reject tell"),
        ("pushed", True, ""),
        ("answered", True, "push tell"),
        ("transferred", True, "push tell"),
        ("told", True, ""),
        ("rejected", True, ""),
        ("merged", True, ""),
        ("erased", True, ""),
    ],
)
def test_which_acts_are_open(state, handled, acts):
    it = flow.Standing(state)
    assert it.handled is handled
    reasons = {
        "accept": flow.why_not_accept(it),
        "push": flow.why_not_push(it),
        "transfer": flow.why_not_transfer(it),
        "reject": flow.why_not_reject(it),
        "tell": flow.why_not_tell(it),
    }
    assert {key for key, why in reasons.items() if not why} == set(acts.split())


@pytest.mark.parametrize(
    ("state", "kind", "proposed", "refused"),
    [
        ("submitted", "complaint", False, False),
        ("told", "complaint", False, False),
        ("submitted", "complaint", True, True),
        ("merged", "complaint", False, True),
        ("erased", "complaint", False, True),
        ("submitted", "praise", False, True),
    ],
)
def test_what_may_start_a_supervision(state, kind, proposed, refused):
    it = flow.Standing(state, kind)
    assert bool(flow.why_not_supervise(it, proposed=proposed)) is refused


def test_late_opens_push_and_tell_again():
    it = flow.Standing("pushed", late=True)
    assert not flow.why_not_push(it)
    assert not flow.why_not_tell(it)


def test_what_was_handed_over_goes_on_elsewhere():
    it = flow.Standing("transferred", successor=True)
    for why in (flow.why_not_push, flow.why_not_tell, flow.why_not_transfer, flow.why_not_reject):
        assert why(it)


# --- routing -----------------------------------------------------------------------------------

COUNTRY, PROVINCE, PREFECTURE, COUNTY = (
    routing.Place(n, name)
    for n, name in ((0, "全国"), (1, "内蒙古"), (2, "巴彦淖尔市"), (3, "磴口县"))
)
HOME = [COUNTRY, PROVINCE, PREFECTURE, COUNTY]
OTHER = [COUNTRY, PROVINCE, PREFECTURE, routing.Place(4, "临河区")]
ORGANS = {n: routing.Organ(n * 10, n * 100, f"{n}号司法局") for n in (2, 3, 4)}


@pytest.mark.req("S0-13", "C1-05", "C1-06")
@pytest.mark.parametrize(
    ("door", "home", "body", "organs", "region", "organ"),
    [
        ("supervisor", HOME, OTHER, {2, 3, 4}, 3, 30),
        ("supervisor", HOME, [], {2, 4}, 2, 20),
        ("public", HOME, OTHER, {2, 3, 4}, 4, 40),
        ("public", HOME, HOME[:3], {2, 3, 4}, 2, 20),
        ("public", HOME, [], {2, 3, 4}, 3, 30),
        ("public", HOME, [], set(), 3, 0),
        ("public", [], [], {2}, 0, 0),
    ],
)
def test_where_it_goes(door, home, body, organs, region, organ):
    known = {n: ORGANS[n] for n in organs}
    went = routing.route(door, home, body, known, body_name="某局")
    assert (went.region_lo, went.organ) == (region, organ)
    assert went.steps


@pytest.mark.parametrize(
    ("body_region", "ours"),
    [
        (20, True),
        (25, True),
        (29, True),
        (30, False),
        (19, False),
        (10, True),
        (0, True),
        (5, False),
    ],
)
def test_whose_bodies_a_bureau_may_ask(body_region, ours):
    """The county 20 … 29 below the prefecture 10: its own, those above, nobody else's."""
    found = routing.why_not_ours(20, (0, 10, 20), 29, body_region, "某局")
    assert (found == []) is ours


@pytest.mark.req("C1-06")
def test_the_configuration_names_its_gaps():
    assert [p.name for p in routing.gaps(HOME, {3: ORGANS[3]})] == ["全国", "内蒙古", "巴彦淖尔市"]


# --- the leak check ----------------------------------------------------------------------------


def knows(*words: str):
    return lambda text: text in words


@pytest.mark.req("C1-16", "S3-22")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("身份证150801198811207478", "id"),
        ("身份证１５０８０１１９８８１１２０７４７８", "id"),
        ("电话13722233344", "phone"),
        ("电话137 2223 3344", "phone"),
        ("电话：137-2223-3344。", "phone"),
        ("打 0478-4212345 找我", "phone"),
        ("写信到 wu.yn@163.com", "mail"),
        ("微信号:wuyunna_88", "chat"),
        ("QQ 1234567", "chat"),
        ("车牌蒙L·12345", "plate"),
        ("卡号6222 0212 3456 7890 123", "bank"),
        ("我叫乌云娜，在现场", "name"),
        ("举报人：巴特尔，电话另告", "name"),
        ("联系人 张三 电话不便留", "name"),
    ],
)
def test_what_must_go(text, kind):
    found = redacting.leaks(text)
    assert kind in [leak.kind for leak in found if leak.must], found
    assert redacting.HIDDEN in redacting.redacted(text)
    assert not [leak for leak in redacting.leaks(redacting.redacted(text)) if leak.must]


@pytest.mark.req("C1-16")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我家住在团结路3号", "address"),
        ("他们查了我的店", "work"),
        ("我作为社会监督员问他", "role"),
        ("我丈夫也在场", "kin"),
        ("本人王芳，请处理", "name"),
    ],
)
def test_what_should_be_looked_at(text, kind):
    found = redacting.leaks(text)
    assert kind in [leak.kind for leak in found]
    assert redacting.fully_redacted(text) != text
    assert not redacting.leaks(redacting.fully_redacted(text))


@pytest.mark.req("C1-16")
@pytest.mark.parametrize(
    "text",
    [
        "执法人员李志强没有出示证件。",
        "罚款5000元，没有开票，案号磴市监罚〔2026〕12号。",
        "2026年9月1日上午10点，在县城北街检查。",
        "要求停业3天。",
    ],
)
def test_the_matter_itself_stays(text):
    assert redacting.leaks(text) == []
    assert redacting.fully_redacted(text) == text


@pytest.mark.req("C1-16", "S3-22")
@pytest.mark.parametrize(
    "text", ["乌云娜当时在场", "我是乌云娜本人", "请告诉乌云娜，谢谢", "乌云娜"]
)
def test_the_reporters_own_name_is_found_anywhere(text):
    check = knows("乌云娜", "13722233344")
    assert any(
        leak.kind == "self" and leak.text == "乌云娜" for leak in redacting.leaks(text, check)
    )
    assert "乌云娜" not in redacting.redacted(text, check)


def test_the_reporters_own_number_is_found_in_groups():
    text = "找 1372223 3344 就行"
    assert "3344" not in redacting.redacted(text, knows("13722233344"))


@given(st.text(max_size=200))
def test_whatever_is_typed_a_redacted_text_has_nothing_that_must_go(text):
    check = knows("乌云娜")
    once = redacting.redacted(text, check)
    assert not [leak for leak in redacting.leaks(once, check) if leak.must] or once != text


@pytest.mark.req("C1-16")
@pytest.mark.parametrize(
    ("chosen", "looked", "words"),
    [
        ([1], True, ""),
        ([1], False, "逐个看过"),
        ([2], True, "没有去除设备信息"),
        ([3], True, "文档"),
        ([9], True, "不属于"),
        ([], False, ""),
    ],
)
def test_attachments_are_looked_at(chosen, looked, words):
    media = [
        redacting.Medium(1, "photo", clean=True),
        redacting.Medium(2, "audio", clean=False),
        redacting.Medium(3, "document", clean=True),
    ]
    reasons = redacting.media_leaks(media, chosen, looked=looked)
    assert (words in "".join(reasons)) if words else not reasons


@pytest.mark.req("C1-04", "C1-16")
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00rest", True),
        (b"ID3\x04tags", True),
        (b"....ftypmp42....\xa9xyz+40.3", True),
        (b"\xff\xd8\xff\xe0JFIF plain", False),
    ],
)
def test_metadata_is_seen(content, found):
    assert bool(redacting.metadata_in(content)) is found


# --- likeness, reminders, figures, retention ---------------------------------------------------


def complaint(number, account, body=1, officer=0, day=1):
    return {
        "id": number,
        "account": account,
        "body": body,
        "officer": officer,
        "happened_on": date(2026, 9, day),
    }


@pytest.mark.req("C1-17")
def test_similar_ones_are_found_with_reasons():
    it = complaint(1, "检查时只来一个人，没有出示证件", officer=7)
    same = complaint(2, "检查的时候只来一个人，也没出示证件", officer=7, day=2)
    far = complaint(3, "罚款没有开票", body=1, day=28)
    found = similar.similar(it, [it, far, same])
    assert [each.id for each in found] == [2]
    assert "同一名执法人员" in found[0].reasons


WORK = standard().is_workday


@pytest.mark.req("C1-08")
@pytest.mark.parametrize(
    ("moment", "sent", "mark"),
    [
        ("2026-09-28T10:00", None, None),
        ("2026-09-30T10:00", None, 1),
        ("2026-09-30T20:00", None, None),
        ("2026-10-02T10:00", None, None),
        ("2026-09-30T10:00", 1, None),
        ("2026-10-08T10:00", 1, None),
        ("2026-10-09T10:00", 1, 0),
        ("2026-10-09T10:00", 0, None),
    ],
)
def test_reminders_around_a_long_holiday(moment, sent, mark):
    # Due 8 October 2026, the first working day after it; all three marks fall on 30 September.
    due = date(2026, 10, 8)
    at = datetime.fromisoformat(moment)
    assert reminding.due_mark(due, sent, at, (7, 3, 1), WORK) == mark


@pytest.mark.req("C1-08")
@pytest.mark.parametrize(
    ("moment", "sent", "mark"),
    [
        ("2026-11-11T10:00", None, None),
        ("2026-11-13T10:00", None, 7),
        ("2026-11-17T10:00", 7, 3),
        ("2026-11-19T10:00", 3, 1),
        ("2026-11-14T10:00", 7, None),
    ],
)
def test_reminders_in_a_plain_week(moment, sent, mark):
    at = datetime.fromisoformat(moment)
    assert reminding.due_mark(date(2026, 11, 20), sent, at, (7, 3, 1), WORK) == mark


@pytest.mark.parametrize(
    ("text", "marks"), [("7,3,1", (7, 3, 1)), ("1，3、7", (7, 3, 1)), ("x, 0, 99", ()), ("", ())]
)
def test_marks_are_read(text, marks):
    assert reminding.marks_of(text) == marks


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([10, 20], [10, 20]),
        ([3, 20, 30], [None, None, 30]),
        ([3, 2, 30], [None, None, 30]),
        ([0, 20], [0, 20]),
        ([4, 0, 0], [None, 0, 0]),
    ],
)
def test_small_numbers_are_hidden(numbers, shown):
    hide = figures.hidden(numbers)
    assert [None if h else n for n, h in zip(numbers, hide, strict=True)] == shown


@given(
    st.dictionaries(
        st.sampled_from("ABCDEF"),
        st.lists(st.integers(0, 30), min_size=3, max_size=3),
        min_size=1,
    )
)
def test_no_hidden_number_follows_from_the_sums(table):
    masked = figures.masked(table)
    for key, numbers in table.items():
        for n, shown in zip(numbers, masked[key], strict=True):
            assert shown is None or shown == n
            assert not (0 < n < figures.SMALLEST and shown is not None)
        hidden = [i for i, shown in enumerate(masked[key]) if shown is None]
        # One hidden cell in a line could be worked out, unless all the others are 0.
        if len(hidden) == 1:
            assert all(n == 0 for i, n in enumerate(numbers) if i not in hidden)


@pytest.mark.req("C1-20")
@pytest.mark.parametrize(
    ("state", "closed", "active", "postponed", "proposed"),
    [
        ("told", date(2016, 9, 1), date(2016, 9, 1), None, True),
        ("told", date(2016, 9, 2), date(2016, 9, 2), None, False),
        ("told", date(2016, 8, 1), date(2026, 5, 1), None, False),
        ("told", date(2016, 8, 1), date(2016, 8, 1), date(2027, 1, 1), False),
        ("told", date(2016, 8, 1), date(2016, 8, 1), date(2026, 1, 1), True),
        ("pushed", None, date(2016, 8, 1), None, False),
        ("erased", date(2016, 8, 1), date(2016, 8, 1), None, False),
        ("merged", date(2016, 2, 29), date(2016, 3, 1), None, True),
    ],
)
def test_what_is_proposed_for_erasing(state, closed, active, postponed, proposed):
    age = retaining.Age(state, closed, active, postponed)
    today = date(2026, 9, 1)
    assert retaining.may_be_proposed(age, today, years=10, quiet_months=12) is proposed


# --- receipts ----------------------------------------------------------------------------------


@pytest.mark.req("C1-13")
def test_codes_are_random_and_read_in_any_fashion():
    codes = {receipts.new_code() for _ in range(200)}
    assert len(codes) == 200
    code = codes.pop()
    assert receipts.read_code(receipts.spaced(code)) == code
    assert receipts.read_code(f" {code[:8]}-{code[8:]} ") == code
    wide = code.translate({0x30 + n: 0xFF10 + n for n in range(10)})
    assert receipts.read_code(wide) == code
    assert receipts.read_code(code[:-1]) == ""
    assert receipts.read_code("' or 1=1 --") == ""


@pytest.mark.req("C1-14")
def test_a_receipt_survives_printing_and_discloses_nothing():
    said = receipts.statement(
        "投〔2026〕1号", "2026-09-01T10:00:00+08:00", "a" * 64, "县司法局", "f" * 32
    )
    line = receipts.token(said, b"s" * 64)
    broken = f"您的回执：\n{line[:60]}\n  {line[60:]}\n（完）"
    parsed = receipts.parse(broken)
    assert parsed is not None
    assert parsed.said == said
    assert parsed.signature == b"s" * 64
    assert set(parsed.fields) == {"at", "digest", "key", "number", "organ", "v"}


@pytest.mark.parametrize(
    "text", ["", "JDR1.", "JDR1.x.y", "JDR1.e30.AAAA", "JDR1." + "A" * 99_999, "没有回执"]
)
def test_what_is_no_receipt(text):
    assert receipts.parse(text) is None


@pytest.mark.req("C1-14")
def test_the_digest_depends_on_content_and_salt():
    it = {
        "kind": "complaint",
        "target": "act",
        "enforcement_type": "行政检查",
        "account": "只来了一个人",
        "happened_on": date(2026, 9, 1),
        "department_name": "",
        "body_name": "某局",
        "officer_name": "",
    }
    content = receipts.content_of(it, ["ab"])
    one = receipts.digest_of(content, "salt")
    assert one != receipts.digest_of(content, "other")
    assert one != receipts.digest_of({**content, "account": "来了两个人"}, "salt")
    assert len(one) == 2 * hashlib.sha256().digest_size
