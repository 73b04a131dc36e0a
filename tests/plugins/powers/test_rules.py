# SPDX-License-Identifier: Apache-2.0
"""Reading power items from TOML, and what makes one unusable."""

import msgspec
import pytest

from plugins.powers.forms.entries import FORMS, Unreadable
from plugins.powers.forms.fields import StandardForm
from plugins.powers.rules import POINT_KINDS, POWER_CLASSES, ReadingError, find_faults, read_item
from plugins.powers.rules.chart import BEGIN, END, chart_steps, chart_ways
from plugins.powers.rules.definition import Definition, Standard
from plugins.powers.rules.reading import read_limit
from plugins.powers.services import shipped_items, shipped_procedures

ITEMS = sorted(shipped_items())


def shipped(name: str):
    return read_item(shipped_items()[name], shipped_procedures(), where=name)


def own(changes: str = "", procedure: str = "penalty_ordinary") -> str:
    # Tables must come after plain keys in TOML.
    return f"""
code = "T-1"
title = "试"
procedure = "{procedure}"
{changes if not changes.lstrip().startswith("[") else ""}
[[basis]]
law = "某法"
article = "第一条"
{changes if changes.lstrip().startswith("[") else ""}
"""


def test_what_happened_is_not_dated_after_today_in_any_shipped_procedure():
    """Only the first payment of a relief may be a day that was agreed on and is yet to come."""
    free = {
        control.key
        for name in ITEMS
        for form in shipped(name).forms
        for control in form.controls
        if control.type in ("date", "datetime") and control.max != 0
    }
    assert free == {"paid_on"}


@pytest.mark.req("S1-8")
def test_there_are_eight_classes_and_the_shipped_items_use_all_of_them():
    assert len(POWER_CLASSES) == 8
    assert {shipped(name).power_class for name in ITEMS} == {one.key for one in POWER_CLASSES}


@pytest.mark.parametrize("name", ITEMS)
def test_every_shipped_item_can_be_used(name):
    assert find_faults(shipped(name)) == []


@pytest.mark.req("S1-3")
@pytest.mark.parametrize("name", ITEMS)
def test_an_item_holds_flow_points_basis_and_remedies(name):
    item = shipped(name)
    assert item.steps
    assert item.transitions
    assert item.points
    assert item.basis
    assert item.remedies
    assert item.risks


def test_the_seven_kinds_all_stand_on_the_penalty_procedure():
    kinds = {point.kind for point in shipped("scjg-cf-012").points}
    assert kinds == {kind.key for kind in POINT_KINDS}


@pytest.mark.req("S1-18")
def test_two_officers_for_the_inquiry_are_watched_one_step_before():
    item = shipped("scjg-cf-012")
    point = next(one for one in item.points if one.key == "inquiry_officers")
    assert (point.step, point.params["judges"]) == ("filing", "next_step")
    assert item.step("inquiry").min_officers == 2


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("5 工作日", 5, "working"),
        ("5个工作日", 5, "working"),
        ("90 日", 90, "calendar"),
        ("24 小时", 24, "hours"),
    ],
)
def test_periods_are_read_as_an_office_writes_them(text, amount, unit):
    assert read_limit(text) == {"amount": amount, "unit": unit}


@pytest.mark.parametrize("text", ["五天", "5", "-1 日", "5 周", ""])
def test_other_periods_are_refused(text):
    with pytest.raises(ReadingError):
        read_limit(text)


def test_an_item_replaces_entries_of_its_procedure_by_key():
    item = read_item(
        own(
            '[limits]\ninquiry = "60 工作日"\n[[points]]\nkey = "execution"\nkind = "execution"\ntitle = "改过的"\n'
        ),
        shipped_procedures(),
    )
    assert item.step("inquiry").limit.words == "60 个工作日"
    changed = next(point for point in item.points if point.key == "execution")
    assert (changed.title, changed.step) == ("改过的", "execute")


def test_an_item_puts_its_own_control_where_it_belongs():
    keys = [one.key for one in shipped("sthj-cf-018").forms[2].controls]
    assert keys.index("exceed_percent") == keys.index("goods_value") + 1


def test_points_can_be_dropped():
    item = read_item(own('drop_points = ["any_rollback"]'), shipped_procedures())
    assert "any_rollback" not in {point.key for point in item.points}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ('procedure2 = "x"\n', None),
        (
            '[[points]]\nkey = "x"\nkind = "evidence"\ntitle = "证据"\nstep = "decide"\nparams = { controls = { photos = 1 } }\n',
            "photos",
        ),
        ('[[points]]\nkey = "x"\nkind = "evidence"\ntitle = "证据"\nstep = "nowhere"\n', "nowhere"),
        ('[[points]]\nkey = "x"\nkind = "qualification"\ntitle = "资格"\n', "没有设在任何环节"),
        (
            '[[points]]\nkey = "x"\nkind = "time_limit"\ntitle = "时限"\nstage = "enforce"\n',
            "没有期限",
        ),
        (
            '[[points]]\nkey = "x"\nkind = "discretion"\ntitle = "裁量"\nstep = "decide"\nparams = { standard = "s9" }\n',
            "s9",
        ),
        (
            '[[points]]\nkey = "x"\nkind = "decision_basis"\ntitle = "依据"\nstep = "decide"\nparams = { basis_control = ["a"] }\n',
            "不在这个环节的表单里",
        ),
        (
            '[[points]]\nkey = "x"\nkind = "execution"\ntitle = "执行"\nstep = "execute"\n',
            "哪个环节",
        ),
        ('[[transitions]]\nfrom = "close"\nto = "moon"\n', "moon"),
        ('[[steps]]\nkey = "alone"\ntitle = "孤立"\nstage = "clue"\n', "走不到"),
        (
            '[[transitions]]\nfrom = "clue"\nto = "close"\nkind = "branch"\nwhen = { control = "nothing", in = ["a"] }\n',
            "nothing",
        ),
        (
            '[[standards]]\nkey = "s"\ntitle = "标准"\nact = "行为"\n[[standards.tiers]]\nkey = "a"\ntitle = "轻"\nmin = 5\nmax = 1\n',
            "下限大于上限",
        ),
        ('[[steps]]\nkey = "clue"\nlimit = "999999999 日"\n', "十年"),
        ('[[documents]]\nkey = "../x"\ntitle = "决定书"\nstep = "decide"\n', "“../x”不能用"),
        (
            '[[controls]]\nform = "clue"\nkey = "a/b"\ntitle = "照片"\ntype = "evidence"\n',
            "“a/b”不能用",
        ),
        ('[[stages]]\nkey = "clue"\nlimit = "99999 小时"\n', "十年"),
        ('[[steps]]\nkey = "decide"\njoint = { mode = "quorum" }\n', "几人同意"),
        ('[[documents]]\nkey = "d"\ntitle = "决定书"\nstep = "moon"\n', "moon"),
        (
            '[[documents]]\nkey = "d"\ntitle = "决定书"\nstep = "decide"\nbody = "{{party}}：{{nothing}}"\n',
            "{{nothing}}",
        ),
        (
            '[[documents]]\nkey = "d"\ntitle = "决定书"\nstep = "decide"\nbody = "{{party}}罚{{amount}} {% raw %} {{ 空格 }}"\n',
            None,
        ),
        (
            '[[standards]]\nkey = "s"\ntitle = "标准"\nact = "行为"\n[[standards.tiers]]\nkey = "a"\ntitle = "轻"\nmin = 1\nmax = 5\nconditions = [{ control = "nothing", op = "le", value = 1 }]\n',
            "nothing",
        ),
    ],
)
def test_faults_are_told_in_words_that_name_the_place(changes, words):
    faults = find_faults(read_item(own(changes), shipped_procedures()))
    assert (words is None and not faults) or any(words in fault for fault in faults)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ", "TOML"),
        ('procedure = "unknown"', "unknown"),
        (own('[[steps]]\nkey = "x"\n'), "缺少"),
        (own('[[points]]\nkey = "x"\nkind = 5\ntitle = "t"\n'), "类型不对"),
        (own('[limits]\nclue = "soon"\n'), "soon"),
        (own('[[controls]]\nform = "none"\nkey = "k"\ntitle = "控件"\n'), "none"),
    ],
)
def test_what_cannot_be_read_is_explained_in_chinese(text, words):
    with pytest.raises(ReadingError) as error:
        read_item(text, shipped_procedures(), where="试.toml")
    assert words in str(error.value)
    assert any("一" <= letter <= "龥" for letter in str(error.value))


def test_the_published_mapping_is_plain_and_reads_back():
    item = shipped("scjg-cf-012")
    mapping = msgspec.to_builtins(item)
    branch = next(way for way in mapping["transitions"] if way["kind"] == "branch")
    assert branch["from"] == "filing"
    assert branch["when"] == {"control": "outcome", "in": ["不予立案"]}
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(mapping)), type(item)) == item


def test_the_chart_shows_every_step_way_and_lamp():
    item = shipped("scjg-cf-012")
    boxes, ways = chart_steps(item), chart_ways(item)
    assert [box.key for box in boxes] == [step.key for step in item.steps]
    assert sum(len(box.lamps) for box in boxes) == len(
        [point for point in item.points if point.step or point.stage]
    )
    assert (ways[0].origin, ways[0].target) == (BEGIN, "clue")
    assert any(way.target == END for way in ways)
    decide = next(box for box in boxes if box.key == "decide")
    assert "handle_limit" in {lamp.key for lamp in decide.lamps}


@pytest.mark.parametrize(
    "text",
    [
        "steps = [1]",
        "steps = 5",
        'procedure = ["penalty_ordinary"]',
        own("[[points]]\nkind = 'rollback'\ntitle = '没有代号'"),
        own("controls = '一个字'"),
        own("limits = 5"),
        f"title = {'[' * 5000}{']' * 5000}",
    ],
)
def test_a_file_of_another_shape_is_a_sentence_and_no_fault_of_the_platform(text: str):
    """Whoever may draft an item may send any text under the name of a TOML file."""
    with pytest.raises(ReadingError) as caught:
        read_item(text, shipped_procedures(), where="x.toml")
    assert all(sentence.endswith("。") or "TOML" in sentence for sentence in caught.value.reasons)


@pytest.mark.req("C9-09")
def test_the_articles_a_standard_refines_are_typed_one_a_line():
    entry = FORMS["standards"]
    item = Definition(0, 0, "c", "t", "penalty")
    old = Standard("s1", "基准", "", articles=["《食品安全法》第五十三条"])
    start = entry.start(old)
    assert start["articles"] == "《食品安全法》第五十三条"
    typed = StandardForm(
        "基准", articles="《食品安全法》第五十三条\n\n 《价格法》第四十二条 ", key="s1"
    )
    read = entry.read(typed, old, "s1", item)
    assert read.articles == ["《食品安全法》第五十三条", "《价格法》第四十二条"]
    for wrong in ("条" * 121, "\n".join(f"《价格法》第{n}条" for n in range(13))):
        with pytest.raises(Unreadable) as told:
            entry.read(StandardForm("基准", articles=wrong, key="s1"), old, "s1", item)
        assert "articles" in told.value.errors
