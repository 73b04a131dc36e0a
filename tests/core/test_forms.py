# SPDX-License-Identifier: Apache-2.0
"""From typed text to values, with a Chinese sentence for everything wrong."""

import contextlib
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from core.forms import (
    FieldError,
    decode,
    format_money,
    number_of,
    parse_date,
    parse_money,
    translate,
    unbound,
)


class Colour(Enum):
    RED = "red"


class Tier(msgspec.Struct):
    title: Annotated[str, Meta(title="阶次", min_length=1)]
    max: Annotated[int, Meta(title="上限", ge=0, extra={"money": True})] = 0
    kinds: Annotated[list[str], Meta(title="种类")] = []


class Form(msgspec.Struct):
    cause: Annotated[str, Meta(title="案由", min_length=2, max_length=10)]
    amount: Annotated[int, Meta(title="金额", ge=100, le=10_000_000, extra={"money": True})] = 100
    count: Annotated[int, Meta(title="人数", ge=1, lt=100, multiple_of=1)] = 1
    rate: Annotated[float, Meta(title="比例", gt=0)] = 1.0
    weight: Annotated[Decimal, Meta(title="重量")] = Decimal(1)
    day: Annotated[date | None, Meta(title="期限")] = None
    at: Annotated[datetime | None, Meta(title="时间")] = None
    hour: Annotated[time | None, Meta(title="钟点")] = None
    kind: Annotated[Literal["a", "b"], Meta(title="类型", extra={"options": {"a": "甲"}})] = "a"
    colour: Annotated[Colour, Meta(title="灯色")] = Colour.RED
    agreed: Annotated[bool, Meta(title="已阅读告知", extra={"must": False})] = False
    tags: Annotated[list[str], Meta(title="标签", max_length=2)] = []
    ids: Annotated[list[int], Meta(title="编号")] = []
    tiers: Annotated[list[Tier], Meta(title="裁量阶次")] = []
    code: Annotated[
        str, Meta(title="电话", pattern=r"^1\d{10}$", extra={"message": "电话要填 11 位手机号。"})
    ] = "13800000000"


def bound(**typed):
    return decode(Form, {"cause": "扰乱秩序", **typed})


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("cause", "  扰乱　秩序 \r\n", "扰乱　秩序"),
        ("cause", "扰\u200b乱", "扰乱"),
        ("amount", "5,000.00", 500_000),
        ("amount", "５，０００．５ 元".replace("，", ","), 500_050),
        ("amount", "¥12", 1200),
        ("count", "１２", 12),
        ("count", "", 1),
        ("rate", "0.5", 0.5),
        ("weight", "１.２５", Decimal("1.25")),
        ("day", "2026-05-12", date(2026, 5, 12)),
        ("day", "2026年5月12日", date(2026, 5, 12)),
        ("day", "２０２６/５/１２", date(2026, 5, 12)),
        ("day", "", None),
        ("at", "2026-05-12T09:30", datetime(2026, 5, 12, 1, 30, tzinfo=UTC)),
        ("hour", "9:30", time(9, 30)),
        ("kind", "b", "b"),
        ("colour", "red", Colour.RED),
        ("agreed", "on", True),
        ("agreed", "", False),
        ("tags", ["甲", " ", "乙"], ["甲", "乙"]),
        ("ids", ["１", "2"], [1, 2]),
        ("code", "１３８００００００００", "13800000000"),
    ],
)
def test_values(field, typed, value):
    form = bound(**{field: typed})
    assert form.ok, form.errors
    assert getattr(form.value, field) == value


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("cause", "", "请填写案由。"),
        ("cause", "乱", "案由至少 2 个字，现在 1 个字。"),
        ("cause", "乱" * 11, "案由最多 10 个字，现在 11 个字。"),
        ("amount", "五千", "金额要填数字，例如 5,000.00。"),
        ("amount", "1.005", "金额最多到分，请核对小数点。"),
        ("amount", "0.5", "金额不能小于 1.00 元，现在是 0.50 元。"),
        ("amount", "200000", "金额不能大于 100,000.00 元，现在是 200,000.00 元。"),
        ("count", "三", "人数要填整数，例如 3。"),
        ("count", "0", "人数不能小于 1，现在是 0。"),
        ("count", "100", "人数要小于 100，现在是 100。"),
        ("rate", "0", "比例要大于 0，现在是 0。"),
        ("rate", "nan", "比例要填数字，例如 12.5。"),
        ("day", "2026-02-30", "期限不是一个日期，请写成 2026-05-12 这样。"),
        ("at", "明天", "时间不是一个时间，请写成 2026-05-12 09:30 这样。"),
        ("at", "0001-01-01T00:00", "时间不是一个时间，请写成 2026-05-12 09:30 这样。"),
        ("hour", "25:00", "钟点不是一个钟点，请写成 09:30 这样。"),
        ("kind", "c", "类型里没有这个选项，请重新选择。"),
        ("colour", "blue", "灯色里没有这个选项，请重新选择。"),
        ("agreed", "maybe", "已阅读告知只能选是或否。"),
        ("tags", ["1", "2", "3"], "标签最多 2 项，现在 3 项。"),
        ("code", "12345", "电话要填 11 位手机号。"),
    ],
)
def test_errors_are_sentences_and_nothing_typed_is_lost(field, typed, sentence):
    form = bound(**{field: typed})
    assert form.errors == {field: sentence}
    assert form.raw[field] == typed


def test_all_errors_show_at_once():
    form = decode(Form, [("count", "x"), ("day", "y")])
    assert set(form.errors) == {"cause", "count", "day"}
    with pytest.raises(RuntimeError):
        _ = form.value


def test_repeated_groups_skip_blank_rows_and_name_the_faulty_one():
    typed = [
        ("cause", "扰乱秩序"),
        ("tiers.0.title", "从轻"),
        ("tiers.0.max", "100"),
        ("tiers.0.kinds", "罚款"),
        ("tiers.0.kinds", "警告"),
        ("tiers.1.title", " "),
        ("tiers.1.max", ""),
        ("tiers.7.title", "从重"),
        ("tiers.7.max", "20.5"),
    ]
    form = decode(Form, typed)
    assert form.ok, form.errors
    assert [(t.title, t.max) for t in form.value.tiers] == [("从轻", 10_000), ("从重", 2050)]
    assert form.value.tiers[0].kinds == ["罚款", "警告"]
    wrong = decode(Form, [*typed, ("tiers.8.max", "很多")])
    assert wrong.errors == {
        "tiers.8.title": "请填写阶次。",
        "tiers.8.max": "上限要填数字，例如 5,000.00。",
    }
    assert [row["title"] for row in wrong.rows("tiers") if row.get("title")] == [
        "从轻",
        " ",
        "从重",
    ]


def test_own_checks_of_a_form_and_values_of_the_server():
    class Period(msgspec.Struct):
        start: date
        end: date
        case: int = 0

        def __post_init__(self):
            if self.end < self.start:
                raise ValueError("结束日期在开始日期之前。")

    form = decode(Period, {"start": "2026-05-02", "end": "2026-05-01", "case": "666"}, {"case": 7})
    assert form.errors == {"": "结束日期在开始日期之前。"}
    good = decode(Period, {"start": "2026-05-01", "end": "2026-05-02", "case": "666"}, {"case": 7})
    assert good.value.case == 7


def test_a_value_shown_is_a_value_read():
    shown = unbound(
        Form,
        cause="扰乱秩序",
        amount=500_050,
        day=date(2026, 5, 12),
        at=datetime(2026, 5, 12, 1, 30, tzinfo=UTC),
        tags=["甲"],
        tiers=[Tier("从轻", 100)],
        agreed=True,
    )
    assert shown.raw["amount"] == "5000.50"
    assert shown.raw["at"] == "2026-05-12T09:30"
    assert shown.raw["tiers.0.max"] == "1.00"
    again = decode(Form, shown.raw)
    assert again.ok, again.errors
    assert again.value.tiers == [Tier("从轻", 100)]
    assert again.value.agreed
    assert again.value.at == datetime(2026, 5, 12, 1, 30, tzinfo=UTC)


def test_what_templates_ask():
    form = unbound(Form)
    assert form.title("cause") == "案由"
    assert form.spec("kind").options == (("a", "甲"), ("b", "b"))
    assert form.spec("cause").max_length == 10
    assert form.spec("day").input == "date"


@given(st.integers(-(10**12), 10**12))
def test_money_returns_as_typed(cents):
    assert parse_money(format_money(cents)) == cents


@given(st.text(max_size=40))
def test_no_text_breaks_the_parsers(text):
    assert parse_date(text) is None or isinstance(parse_date(text), date)
    with contextlib.suppress(FieldError):
        assert isinstance(parse_money(text), int)


@given(st.dictionaries(st.sampled_from([*Form.__struct_fields__, "tiers.0.max"]), st.text()))
def test_whatever_is_typed_the_answer_is_chinese(typed):
    form = decode(Form, typed)
    for sentence in form.errors.values():
        assert re.search("[\u4e00-\u9fff]", sentence)
        assert not re.search("Expected|Invalid|Object", sentence)


@pytest.mark.parametrize(
    "message",
    [
        "Expected `str` of length >= 1 - at `$.x`",
        "Expected `int`, got `str`",
        "Expected `int` <= 5",
        "Object missing required field `a`",
        "Invalid RFC3339 encoded date",
        "Invalid enum value 'x'",
        "something nobody has seen",
    ],
)
def test_every_message_of_msgspec_becomes_chinese(message):
    assert re.search("[\u4e00-\u9fff]", translate(message))
    assert "Expected" not in translate(message)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("", None), ("²", None), ("①", None), ("１", None), ("-1", None), ("9" * 19, None)],
)
def test_numbers_of_rows(text, number):
    assert number_of(text) == number
