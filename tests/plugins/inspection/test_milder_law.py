# SPDX-License-Identifier: Apache-2.0
"""从旧兼从轻 (处罚法第三十七条): which edition of a discretion standard a decision is held against."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from plugins.inspection.rules.bands import choose
from plugins.inspection.rules.model import Edition, Standard
from plugins.inspection.rules.proof import judge_again, pack, seal, unpack
from plugins.inspection.rules.telling import tier_and_why
from tests.plugins.inspection.story import STANDARD, Story, decision, definition, point, points

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
THEN = datetime(2025, 1, 1, tzinfo=UTC)
BEFORE, AFTER = date(2025, 6, 1), date(2026, 3, 2)
GOODS = {"goods_value": 300000}


def standard(low=1000, high=5000, kinds=("罚款",), at_most=500000, base=None):
    return msgspec.convert(
        {
            "key": "s1",
            "title": "裁量基准",
            "base": base,
            "tiers": [
                {
                    "key": "light",
                    "title": "从轻",
                    "min": low,
                    "max": high,
                    "kinds": list(kinds),
                    "conditions": [{"control": "goods_value", "op": "le", "value": at_most}],
                }
            ],
        },
        Standard,
    )


def chosen(old, new, act_on=BEFORE, facts=GOODS):
    return choose(new, SINCE, (Edition(1, THEN, SINCE, old),), act_on, facts)


@pytest.mark.req("C9-09")
@pytest.mark.parametrize(
    ("old", "new", "former", "says"),
    [
        (standard(), standard(), False, ""),
        (standard(), standard(high=4000), False, "从轻适用决定时的标准"),
        (standard(), standard(high=6000), True, "从旧适用行为时的标准"),
        (standard(), standard(low=500), False, "从轻适用决定时的标准"),
        (standard(), standard(low=2000), True, "从旧适用行为时的标准"),
        # A lower ceiling decides before a higher floor, as with statutory penalties.
        (standard(), standard(low=2000, high=4000), False, "从轻适用决定时的标准"),
        # What adds a kind of penalty is not milder, whatever its amounts.
        (standard(), standard(high=4000, kinds=("罚款", "吊销许可证")), True, "从旧"),
        (standard(kinds=("罚款", "吊销许可证")), standard(), False, "从轻"),
        (standard(kinds=("罚款",)), standard(kinds=("责令停产停业",)), True, "从旧"),
        # No ceiling is the heaviest of all.
        (standard(high=None), standard(), False, "从轻"),
        (standard(), standard(high=None), True, "从旧"),
        # A gap in one of the two leaves the other; a gap then says nothing of the act.
        (standard(), standard(at_most=1), True, "决定时的标准没有适用的阶次"),
        (standard(at_most=1), standard(), False, "没有适用的阶次，按决定时的标准"),
        (standard(low=1, high=2, base="profit"), standard(), False, "计算基数没有填写"),
    ],
)
def test_the_former_standard_applies_unless_the_new_one_is_milder(old, new, former, says):
    found = chosen(old, new)
    assert found.standard is (old if former else new)
    assert (found.former is not None) is former
    assert says in found.why


@pytest.mark.parametrize(
    ("act_on", "facts", "sure", "says"),
    [
        (None, GOODS, False, "违法行为日期没有填写"),
        (date(2024, 12, 31), GOODS, False, "没有录入"),
        (BEFORE, {}, False, "裁量事实不全"),
        (AFTER, GOODS, True, ""),
        (SINCE.date(), GOODS, True, ""),
    ],
)
def test_what_cannot_be_compared_stays_with_the_standard_of_the_decision(act_on, facts, sure, says):
    new = standard(high=9000)
    found = chosen(standard(), new, act_on, facts)
    assert (found.standard, found.former, found.sure) == (new, None, sure)
    assert says in found.why


def versions(*, new_max, **params):
    """Two versions of one item: the standard of the second permits up to ``new_max``."""
    m6 = point("discretion", "decide", params={"standard": "s1", **params})
    light = {**STANDARD["tiers"][0], "max": new_max}
    later = {**STANDARD, "tiers": [light, *STANDARD["tiers"][1:]]}
    return (
        definition(m6, since="2025-01-01T00:00:00Z"),
        definition(m6, version=2, since="2026-04-01T00:00:00Z", standards=[later]),
    )


@pytest.mark.req("C9-09")
@pytest.mark.parametrize(
    ("act_on", "amount", "new_max", "lit"),
    [
        ("2025-12-01", 2500000, 3000000, True),  # stricter now: the former ceiling holds
        ("2025-12-01", 1900000, 3000000, False),
        ("2026-04-20", 2500000, 3000000, False),  # done under the new standard
        ("2025-12-01", 1900000, 1000000, True),  # milder now: the new ceiling holds
        ("", 2500000, 3000000, False),  # nobody knows: the standard of the decision
    ],
)
def test_the_point_judges_by_the_edition_that_applies(act_on, amount, new_max, lit):
    story = Story().enter("inquiry").submit("decide", values={"act_on": act_on})
    story.enter("decide").submit("execute", decision=decision(amount=amount))
    rules = versions(new_max=new_max, act_control="act_on")
    (found,) = [v for v in story.judge(*rules, explain=True) if v.result in ("fired", "passed")]
    assert (found.result == "fired") is lit
    if lit and new_max > 2000000:
        assert "从旧适用行为时的标准" in found.sentence
        proof = unpack(pack(seal(found, points(*rules)[1], story.events, None)))
        assert judge_again(proof).same
    # Where no control holds the day of the act, the standard of the decision judges as before.
    silent = story.judge(*versions(new_max=3000000))
    assert [v.result for v in silent] == (["fired"] if amount > 3000000 else [])


@pytest.mark.req("C9-09")
def test_the_hint_names_band_range_and_the_fact_that_met_the_condition():
    form = {
        "key": "decide",
        "controls": [{"key": "goods_value", "title": "货值金额", "type": "money"}],
    }
    rules = definition(point("discretion", "decide", params={"standard": "s1"}), forms=[form])
    passed, open_, blank = (
        tier_and_why(
            Story().enter("decide").submit("execute", **made).judge(rules, explain=True)[0]
        )
        for made in (
            {"decision": decision()},
            {"values": {"goods_value": 386000}},
            {"values": {}},
        )
    )
    assert passed == open_
    assert passed == (
        "从轻，5,000.00 元至 20,000.00 元",
        "货值金额 ≤ 5,000.00 元，填的是 3,860.00 元",
    )
    assert blank == ("还不能判断，缺货值金额", "")
