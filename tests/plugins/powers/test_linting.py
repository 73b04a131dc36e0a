# SPDX-License-Identifier: Apache-2.0
"""The linter: for every number an item that has the fault and one nearby that has not.

All are made from one healthy item without any finding (``healthy.toml``), so a fault must yield
its number and nothing else unless the table says which others belong to it.
"""

import copy
from pathlib import Path
from time import process_time

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plugins.powers.forms.points import DiscretionForm
from plugins.powers.rules import Definition, find_faults, read_item
from plugins.powers.rules.linting import BOOK, FIXES, Finding, apply_fix, handbook, lint
from plugins.powers.services import shipped_items, shipped_procedures
from plugins.powers.showing.fields import inputs_of
from tests.plugins.powers.faults import (
    FAULTS,
    HEALTHY,
    Change,
    Item,
    add_step,
    add_way,
    drop_way,
    made,
    one,
    point,
    put,
    rollback_to_new,
    step,
)


def numbers(definition: Definition) -> list[str]:
    return [finding.number for finding in lint(definition)]


def test_the_healthy_item_has_no_finding():
    assert lint(made()) == []
    assert find_faults(made()) == []


def test_every_number_of_the_book_has_a_fixture():
    assert list(FAULTS) == list(BOOK)


@pytest.mark.req("S1-18")
@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_yields_its_number_and_no_other(number):
    fault, _nearby, together = FAULTS[number]
    found = set(numbers(made(fault)))
    assert number in found
    assert found - {number} == together


@pytest.mark.parametrize("number", FAULTS)
def test_what_is_nearby_and_right_does_not(number):
    _fault, nearby, _together = FAULTS[number]
    assert number not in numbers(made(nearby))


@pytest.mark.parametrize("number", FAULTS)
def test_a_finding_says_where_what_and_how(number):
    found = next(f for f in lint(made(FAULTS[number][0])) if f.number == number)
    assert found.level == BOOK[number].level
    assert found.place
    assert found.sentence.endswith("。")
    assert found.cure.endswith("。")
    assert "None" not in found.sentence
    assert msgspec.json.decode(msgspec.json.encode(found), type=Finding) == found


def dated(form: str, kind: str = "date") -> Change:
    """A day of the act in a form, and the point that reads it."""

    def change(item: Item) -> None:
        held = one(item, "forms", form)
        held["controls"].append({"key": "act_on", "title": "行为之日", "type": kind})
        point(item, "discretion")["params"]["act_control"] = "act_on"

    return change


@pytest.mark.req("C9-09", "C4-15")
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda i: point(i, "discretion")["params"].update(act_control="act_on"), "不在任何表单里"),
        (dated("decide", "text"), "“行为之日”不是日期"),
        (dated("execute"), "“行为之日”在决定之后才填写"),
        (dated("decide"), ""),
        (dated("inquiry"), ""),
        (dated("inquiry", "datetime"), ""),
        (lambda i: point(i, "discretion")["params"].update(act_control=""), ""),
    ],
)
def test_the_day_of_the_act_is_a_date_known_when_it_is_decided(fault: Change, told: str) -> None:
    found = [one for one in lint(made(fault)) if one.number == "JD619"]
    assert [told in one.sentence for one in found] == ([True] if told else [])
    for finding in found:
        after = apply_fix(made(fault), finding)
        assert "JD619" not in numbers(after)
        watched = next(p for p in after.points if p.key == "discretion").params["act_control"]
        form = next(f for f in after.forms if f.key == "decide")
        assert next(c for c in form.controls if c.key == watched).type == "date"


@pytest.mark.parametrize("number", [number for number, entry in BOOK.items() if entry.fix])
def test_one_click_removes_the_finding_and_makes_no_new_one(number):
    before = made(FAULTS[number][0])
    found = next(f for f in lint(before) if f.number == number)
    assert found.fix, f"{number} offers no fix for its own fixture"
    after = apply_fix(before, found)
    left = lint(after)
    assert found.key not in {f.key for f in left}
    assert number not in {f.number for f in left if f.where == found.where}
    assert {f.number for f in left} <= {f.number for f in lint(before)}
    assert set(find_faults(after)) <= set(find_faults(before))


@given(st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=4, unique=True), st.data())
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
def test_no_click_ever_makes_a_fault_that_was_not_there(names, data):
    item = copy.deepcopy(HEALTHY)
    for name in names:
        # One fault may remove what the next one would change; then there is one fault less.
        try:
            changed = copy.deepcopy(item)
            FAULTS[name][0](changed)
            item = changed
        except (StopIteration, ValueError, KeyError, IndexError):
            continue
    before = msgspec.convert(item, Definition)
    found = lint(before)
    fixable = [f for f in found if f.fix]
    if not fixable:
        return
    chosen = data.draw(st.sampled_from(fixable))
    after = apply_fix(before, chosen)
    left = lint(after)
    assert chosen.key not in {f.key for f in left}
    known = {(f.number, f.place) for f in found}
    assert [f for f in left if f.level != "note" and (f.number, f.place) not in known] == []
    assert set(find_faults(after)) <= set(find_faults(before))
    assert len(left) <= len(found) or {f.level for f in left if f not in found} <= {"note"}


def test_only_what_the_book_offers_is_fixed_and_all_of_it():
    assert set(FIXES) == {number for number, entry in BOOK.items() if entry.fix}


def test_without_a_fix_nothing_is_changed():
    item = made(FAULTS["JD801"][0])
    found = next(f for f in lint(item) if f.number == "JD801")
    assert found.fix == ""
    assert apply_fix(item, found) is item


# The stories of the training (domain A4.4) --------------------------------------------------------


@pytest.mark.req("S1-18")
def test_the_point_on_two_officers_is_moved_one_step_earlier():
    item = made(FAULTS["JD201"][0])
    found = next(f for f in lint(item) if f.number == "JD201")
    assert found.sentence == (
        "需要双人的是“处罚决定”，监察点“决定双人”也设在“处罚决定”上，看的却是下一环节“执行”、“结案”"
        "授权的人员：人员合格也会误报。"
    )
    assert found.cure == "把监察点设到前一个环节“调查取证”上。"
    moved = next(p for p in apply_fix(item, found).points if p.key == "decide_officers")
    assert (moved.step, moved.params) == ("inquiry", {"minimum": 2, "judges": "next_step"})


@pytest.mark.req("S1-18")
def test_two_officers_on_the_first_step_are_judged_there():
    item = made(
        lambda i: put(step(i, "filing"), min_officers=2),
        lambda i: put(step(i, "inquiry"), min_officers=0),
    )
    found = next(f for f in lint(item) if f.number == "JD201")
    fixed = apply_fix(item, found)
    point_ = next(p for p in fixed.points if p.key == "inquiry_officers")
    assert (point_.step, point_.params["judges"]) == ("filing", "this_step")
    assert lint(fixed) == []


@pytest.mark.req("S1-18")
def test_a_point_between_two_steps_that_both_need_two_officers_is_right():
    # inquiry needs two officers itself, and looks at those of decide, which needs them too.
    assert made().step("inquiry").min_officers == 2
    assert "JD201" not in numbers(made())


@pytest.mark.req("S1-19")
def test_a_branch_drawn_as_a_rollback_becomes_a_branch():
    item = made(rollback_to_new)
    found = next(f for f in lint(item) if f.number == "JD301")
    assert "其实是一条分支：监察点“环节回退”会把正常办理当成回退" in found.sentence
    fixed = apply_fix(item, found)
    assert [w.kind for w in fixed.transitions if w.target == "transfer"] == ["branch"]
    assert lint(fixed) == []


@pytest.mark.req("S1-19")
@pytest.mark.parametrize("target", ["", "decide"])
def test_a_rollback_to_the_end_or_to_itself_is_taken_out(target):
    item = made(lambda i: add_way(i, "decide", target, "rollback"))
    found = [f for f in lint(item) if f.number == "JD301"]
    assert len(found) == 1
    assert lint(apply_fix(item, found[0])) == []


def test_the_limit_of_the_stage_counts_the_longest_road_only():
    # Two ways through the stage: 5+30+10 and, over the side, 5+10+10; only the longer one counts.
    def side(item: Item) -> None:
        add_step(item, "side", stage="handle", limit={"amount": 25, "unit": "working"})
        add_way(item, "filing", "side", "branch", {"control": "filed", "in": ["立案"]})
        add_way(item, "side", "decide")

    assert "JD104" not in numbers(made(side))
    told = next(
        f
        for f in lint(
            made(side, lambda i: put(i["steps"][-1], limit={"amount": 46, "unit": "working"}))
        )
        if f.number == "JD104"
    )
    assert (
        "合计 61 个工作日（立案 5 个工作日＋side 46 个工作日＋处罚决定 10 个工作日）"
        in told.sentence
    )


def test_working_days_are_compared_with_calendar_days_by_the_week():
    stage = {"amount": 63, "unit": "calendar"}
    exact = made(lambda i: put(i["stages"][0], limit=stage))
    assert "JD104" not in numbers(exact)  # 45 working days are nine weeks
    short = made(lambda i: put(i["stages"][0], limit={"amount": 62, "unit": "calendar"}))
    assert "JD104" in numbers(short)


# Shipped items, documentation, robustness -----------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped_items()))
def test_the_shipped_items_have_neither_errors_nor_warnings(name):
    item = read_item(shipped_items()[name], shipped_procedures(), where=name)
    assert [f.sentence for f in lint(item) if f.level != "note"] == []


def test_the_documentation_is_what_the_code_says():
    page = Path(__file__).parents[3] / "docs" / "linter.md"
    assert page.read_text("utf-8") == handbook(), "jiandu lint --handbook > docs/linter.md"
    for number, entry in BOOK.items():
        assert f"### {number} {entry.title}" in handbook()
        assert entry.cause.endswith("。")
        assert entry.cure.endswith("。")


def test_errors_come_first():
    found = lint(made(FAULTS["JD304"][0], FAULTS["JD904"][0], FAULTS["JD908"][0]))
    levels = [f.level for f in found]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["photos", "video", "none", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)
SETTINGS = sorted({name for entry in HEALTHY["points"] for name in entry["params"]} | {"to_steps"})


@given(st.data())
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    # Shrinking such a heap of settings takes minutes and tells no more than the trace does.
    phases=(Phase.explicit, Phase.generate),
)
def test_whatever_a_file_puts_into_the_settings_of_a_point_the_linter_answers(data):
    item = copy.deepcopy(HEALTHY)
    for entry in item["points"]:
        entry["params"] |= data.draw(
            st.dictionaries(st.sampled_from(SETTINGS), ANYTHING, max_size=2)
        )
        entry["kind"] = data.draw(st.sampled_from([entry["kind"], "evidence", "discretion"]))
    definition = msgspec.convert(item, Definition)
    for found in lint(definition):
        assert found.sentence
        if found.fix:
            lint(apply_fix(definition, found))


def test_an_empty_draft_is_no_reason_to_fail():
    assert lint(Definition(item=0, version=0, code="", title="", power_class="")) == []


def test_the_same_item_yields_the_same_findings():
    item = made(*(fault for fault, _, _ in list(FAULTS.values())[:20]))
    assert lint(item) == lint(item)


def test_sixty_steps_are_linted_in_less_than_a_fifth_of_a_second():
    def long(item: Item) -> None:
        drop_way(item, "inquiry", "decide")
        last = "inquiry"
        for number in range(55):
            add_step(item, f"s{number}", min_officers=2, form="inquiry")
            add_way(item, last, f"s{number}")
            last = f"s{number}"
        add_way(item, last, "decide")

    item = made(long)
    assert len(item.steps) == 60
    lint(item)
    begun = process_time()
    lint(item)
    assert process_time() - begun < 0.2


@pytest.mark.req("C9-09")
@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({}, []),
        ({"act_control": "goods_value"}, ["goods_value（不是日期）"]),
        ({"act_control": "gone"}, ["gone（不存在）"]),
        ({"act_control": "act_on"}, []),
    ],
)
def test_only_dates_are_offered_for_the_day_of_the_act(
    params: dict[str, str], shown: list[str]
) -> None:
    def change(item: Item) -> None:
        dated("inquiry")(item)
        held = point(item, "discretion")["params"]
        del held["act_control"]
        held.update(params)

    raw = {"act_control": params.get("act_control", "")}
    found = inputs_of(DiscretionForm, made(change), None, raw)
    day = next(one for one in found if one.name == "act_control")
    groups = [titles for _form, titles in day.options if not isinstance(titles, str)]
    assert [key for titles in groups for key, _title in titles] == ["act_on"]
    assert [title for _key, title in day.options if isinstance(title, str)] == shown
    assert day.empty == "不设"
