# SPDX-License-Identifier: Apache-2.0
"""Writing an item as TOML and reading it back; differences in words; merging two changes."""

import tomllib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.powers.rules import (
    Basis,
    Condition,
    Control,
    Definition,
    Document,
    Form,
    Joint,
    Limit,
    Option,
    Point,
    Risk,
    Stage,
    Standard,
    Step,
    Tier,
    Transition,
    When,
    read_item,
)
from plugins.powers.rules.comparing import compare, merge, numbered, same
from plugins.powers.rules.editing import Gone, Where, entries, find, fresh_key, move, put, remove
from plugins.powers.rules.writing import bare, write_item
from plugins.powers.services import shipped_items, shipped_procedures

ITEMS = sorted(shipped_items())
# Half characters cannot be written in UTF-8; nobody can type them.
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
key = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
limit = st.none() | st.builds(
    Limit, st.integers(-5, 400), st.sampled_from(["working", "calendar", "hours"])
)
number = st.none() | st.integers(-(10**12), 10**12) | st.floats(-1e9, 1e9)
params = st.dictionaries(
    key,
    st.booleans()
    | st.integers(-99, 99)
    | text
    | st.lists(text, max_size=2)
    | st.dictionaries(text, st.integers(0, 9), max_size=2),
    max_size=3,
)


def few(strategy):
    return st.lists(strategy, max_size=3)


control = st.builds(
    Control,
    key,
    text,
    st.sampled_from(["text", "evidence", "outcome", "number"]),
    st.booleans(),
    text,
    few(st.builds(Option, text, text)),
    text,
    number,
    number,
    st.none() | st.integers(1, 9999),
    st.sampled_from(["photo", "any"]),
    st.integers(0, 9),
    st.integers(1, 99),
    few(text),
)
joint = st.none() | st.builds(Joint, st.sampled_from(["all", "any", "quorum"]), st.integers(0, 5))
condition = st.builds(
    Condition,
    key,
    st.sampled_from(["lt", "in", "eq"]),
    st.booleans() | st.integers(-9, 9) | text | st.lists(text, max_size=2),
)
definition = st.builds(
    Definition,
    item=st.just(0),
    version=st.just(0),
    code=text,
    title=text,
    power_class=text,
    number_prefix=text,
    subject_label=text,
    basis=few(st.builds(Basis, text, text, text)),
    stages=few(st.builds(Stage, key, text, limit)),
    steps=few(
        st.builds(
            Step,
            key,
            text,
            key,
            st.just(0),
            st.sampled_from(["ordinary", "decision"]),
            st.integers(0, 3),
            st.booleans(),
            limit,
            text,
            st.booleans(),
            text,
            joint,
        )
    ),
    transitions=few(
        st.builds(
            Transition,
            key,
            st.just("") | key,
            st.sampled_from(["forward", "branch", "rollback"]),
            text,
            st.none() | st.builds(When, key, few(text)),
        )
    ),
    forms=few(st.builds(Form, key, text, st.integers(1, 9), few(control))),
    standards=few(
        st.builds(
            Standard,
            key,
            text,
            text,
            text,
            st.none() | text,
            few(
                st.builds(
                    Tier,
                    key,
                    text,
                    st.integers(0, 9),
                    st.integers(0, 9),
                    few(condition),
                    few(text),
                    text,
                )
            ),
        )
    ),
    points=few(
        st.builds(Point, key, text, text, text, text, st.sampled_from([None, "red"]), params, text)
    ),
    risks=few(st.builds(Risk, text, st.sampled_from(["高", "低"]), text, text)),
    remedies=few(text),
    documents=few(
        st.builds(
            Document,
            key,
            text,
            key,
            st.sampled_from(["notice", "other"]),
            text,
            st.booleans(),
            st.booleans(),
            text | st.just('# 标题\n{{party}}：\n> 二〇二六年\n"""\\\n'),
        )
    ),
).map(numbered)


@given(definition)
@settings(max_examples=60, deadline=None)
def test_reading_what_was_written_gives_the_same_item(item):
    written = write_item(item, "说明\n第二行")
    tomllib.loads(written)
    assert read_item(written, {}) == item


@pytest.mark.parametrize("odd", ["\n", '"', "\\", "a b", "", "键", "\x00\x7f", "\r\n"])
def test_odd_keys_and_texts_are_written_so_that_they_can_be_read(odd):
    item = msgspec.structs.replace(
        shipped(), title=odd, points=[Point("p", "k", odd, params={odd: {odd: [odd]}})]
    )
    assert read_item(write_item(item, odd), {}) == item


@pytest.mark.parametrize("name", ITEMS)
def test_every_shipped_item_survives_the_way_out_and_back(name):
    item = read_item(shipped_items()[name], shipped_procedures())
    placed = msgspec.structs.replace(item, item=7, version=3, region_lo=5, effective_from="x")
    written = write_item(placed)
    assert read_item(written, {}) == item == bare(placed)
    assert '"5 个工作日"' in written or "limit" not in written or "日" in written


def shipped():
    return numbered(read_item(shipped_items()["scjg-cf-012"], shipped_procedures()))


def with_step(item, key, **changes):
    steps = [
        msgspec.structs.replace(one, **changes) if one.key == key else one for one in item.steps
    ]
    return msgspec.structs.replace(item, steps=steps)


@given(definition, definition)
@settings(max_examples=60, deadline=None)
def test_a_difference_is_told_exactly_when_there_is_one(one, other):
    assert compare(one, one) == []
    assert bool(compare(one, other)) or same(one, other) or _only_order(one, other)


def _only_order(one, other):
    """Nothing but repeated entries changed places among themselves."""
    return all(
        sorted(map(repr, getattr(one, f.name))) == sorted(map(repr, getattr(other, f.name)))
        for f in msgspec.structs.fields(Definition)
        if isinstance(getattr(one, f.name), list)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda d: with_step(d, "decide", limit=Limit(7)),
            "修改环节“处罚决定”：期限由“",
        ),
        (lambda d: with_step(d, "decide", joint=Joint("all")), "会签由“空”改为“会签，须全体同意”"),
        (
            lambda d: with_step(d, "decide", stage=d.stages[-1].key, form="inquiry"),
            "阶段由“立案至决定”改为“送达执行”；表单由“行政处罚决定审批表”改为“调查取证表”",
        ),
        (lambda d: remove(d, Where("points"), 0), "删去监察点“线索核查时限”。"),
        (lambda d: move(d, Where("points"), 1, -1), "调整次序监察点“"),
        (
            lambda d: put(d, Where("controls", "inquiry"), None, Control("x", "新控件")),
            "新增表单“调查取证表 · 控件 新控件”。",
        ),
        (
            lambda d: put(d, Where("risks"), None, Risk("clue", "低", "问题", "防控")),
            "新增风险点“线索核查：问题”。",
        ),
        (lambda d: msgspec.structs.replace(d, title="新名"), "名称由“"),
    ],
)
def test_changes_are_told_in_words(change, words):
    before = shipped()
    told = " ".join(one.sentence for one in compare(before, change(before)))
    assert words in told


@given(definition, definition)
@settings(max_examples=60, deadline=None)
def test_merging_with_a_side_that_changed_nothing_gives_the_other(base, other):
    assert merge(base, base, other).conflicts == ()
    assert same(merge(base, other, base).definition, other)


def test_two_changes_of_different_fields_both_stay():
    base = shipped()
    ours = with_step(base, "decide", guidance="我们的提示")
    theirs = with_step(base, "decide", limit=Limit(3))
    merged = merge(base, ours, theirs)
    step = merged.definition.step("decide")
    assert (step.guidance, step.limit, merged.conflicts) == ("我们的提示", Limit(3), ())


def test_the_same_field_changed_twice_is_a_conflict_and_the_draft_keeps_its_words():
    base = shipped()
    merged = merge(
        base, with_step(base, "decide", limit=Limit(3)), with_step(base, "decide", limit=Limit(4))
    )
    assert merged.definition.step("decide").limit == Limit(3)
    assert merged.conflicts == ("环节“处罚决定”的期限两边都改了，保留草稿的写法。",)


def test_removed_here_and_changed_there_is_a_conflict_too():
    base = shipped()
    number = find(base, Where("steps"), "decide")
    merged = merge(
        base, remove(base, Where("steps"), number), with_step(base, "decide", guidance="x")
    )
    assert merged.definition.step("decide") is None
    assert "草稿删去了它" in merged.conflicts[0]
    kept = merge(
        base, with_step(base, "decide", guidance="x"), remove(base, Where("steps"), number)
    )
    assert kept.definition.step("decide").guidance == "x"
    assert "在新版里删去了" in kept.conflicts[0]


def test_a_new_entry_of_the_other_side_stands_behind_its_neighbour():
    base = shipped()
    theirs = move(
        put(base, Where("steps"), None, Step("panel", "论证", "handle")), Where("steps"), 10, -8
    )
    merged = merge(base, with_step(base, "clue", guidance="x"), theirs)
    assert [one.key for one in merged.definition.steps] == [one.key for one in theirs.steps]
    assert [one.position for one in merged.definition.steps] == list(range(1, 12))


def test_an_entry_without_a_key_is_found_where_it_now_stands():
    from plugins.powers.rules.editing import mark

    item = shipped()
    where = Where("risks")
    was = mark(entries(item, where)[0])
    moved = move(item, where, 0, 2)
    assert find(moved, where, "0", was) == 2
    with pytest.raises(Gone):
        find(remove(moved, where, 2), where, "0", was)


@pytest.mark.parametrize("row", ["99", "-1", "x", "", "1e3", "٣"])
def test_rows_that_are_none(row):
    item = remove(shipped(), Where("risks"), 0)
    with pytest.raises(Gone):
        find(item, Where("risks"), row)


def test_new_keys_are_free():
    item = shipped()
    first = fresh_key(item, Where("steps"), "step")
    item = put(item, Where("steps"), None, Step(first, "新", "clue"))
    assert fresh_key(item, Where("steps"), "step") != first
