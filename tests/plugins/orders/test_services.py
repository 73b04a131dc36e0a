# SPDX-License-Identifier: Apache-2.0
"""S1's five steps against the database, and every way they may not go."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.api.db import Scope, SubjectRef, row, rows, transaction, value
from core.api.deadlines import clocks_of
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import history
from core.calendar.sweep import lapse_due_clocks
from core.host.facts import fact_of
from core.parameters.services import change_settings
from plugins.orders import reactions, services
from plugins.orders.rules import ISSUE, READ, WITHDRAW
from plugins.orders.services import ref
from tests.plugins.orders.conftest import actor

ALL = Scope.platform("test")
TEXT = "当事人口头申请分期，未办审批即先收 4,000 元。余款已补缴。"


async def order(order_id):
    async with transaction(ALL):
        return await row("select * from orders_order where id = $1", order_id)


async def turns(order_id):
    async with transaction(ALL):
        return await rows(
            "select step_title, person, holder_name, permission, clock, key from core_turn"
            " where subject_kind = 'orders.order' and subject_id = $1 and closed_at is null"
            " order by id",
            order_id,
        )


async def clock_states(order_id):
    async with transaction(ALL):
        return [(c.state, c.due_day) for c in await clocks_of(ref(order_id))]


async def kinds(order_id):
    async with transaction(ALL):
        return [f.kind for f in await history(ref(order_id)) if f.kind.startswith("orders.")]


async def issued(matter, alarms=None):
    alarms = alarms or [await matter.alarm()]
    return await services.issue_order(matter.bureau, alarms, "请查明原因，督促改正并回复。"), alarms


async def relayed(matter, alarms=None):
    upper, alarms = await issued(matter, alarms)
    lowers = await services.relay_order(
        matter.department, upper, "请说明原因。", dict.fromkeys(alarms, matter.zhang.person_id)
    )
    return upper, lowers, alarms


async def answered(matter, alarms=None):
    upper, lowers, alarms = await relayed(matter, alarms)
    for each in lowers:
        await services.reply_order(matter.zhang, each, "no_voucher", TEXT)
    await services.answer_order(matter.department, upper, "已核实。", confirmed=True)
    return upper, lowers, alarms


# --- the five steps --------------------------------------------------------------------------


@pytest.mark.req("S1-24", "S1-25")
async def test_the_five_steps(matter, clock) -> None:
    alarm = await matter.alarm()
    # ①
    upper = await services.issue_order(matter.bureau, [alarm], "请查明原因。")
    one = await order(upper)
    assert (one["number"], one["state"], one["tier"]) == ("督办〔2026〕1号", "issued", 1)
    assert one["organ_name"] == "县司法局"
    assert [t["step_title"] for t in await turns(upper)] == ["② 转督办件人员"]
    assert await clock_states(upper) == [("running", date(2026, 5, 22))]  # 10 working days
    # ②
    [lower] = await services.relay_order(
        matter.department, upper, "请说明。", {alarm: matter.zhang.person_id}
    )
    two = await order(lower)
    assert (two["number"], two["tier"], two["parent"]) == ("督办〔2026〕1号", 2, upper)
    assert two["organ_name"] == "县市场监管局"  # another organ, another series
    assert (await order(upper))["state"] == "relayed"
    assert await turns(upper) == []
    [turn] = await turns(lower)
    assert (turn["step_title"], turn["person"]) == ("③ 回复报警原因", matter.zhang.person_id)
    assert await clock_states(lower) == [("running", date(2026, 5, 15))]  # 5 working days
    # ③
    clock(datetime(2026, 5, 11, 9, 26, tzinfo=UTC))
    await services.reply_order(matter.zhang, lower, "no_voucher", TEXT)
    assert (await order(lower))["state"] == "replied"
    assert [s for s, _ in await clock_states(lower)] == ["stopped"]
    assert [s for s, _ in await clock_states(upper)] == ["running"]
    assert [t["step_title"] for t in await turns(upper)] == ["④ 回复监察机关"]
    # ④
    await services.answer_order(matter.department, upper, "已核实，凭据已补。", confirmed=True)
    assert (await order(upper))["state"] == "replied"
    assert [s for s, _ in await clock_states(upper)] == ["stopped"]
    [turn] = await turns(upper)
    assert (turn["step_title"], turn["holder_name"]) == ("⑤ 撤销或维持", "县司法局")
    # ⑤
    assert (
        await services.revoke_alarms(matter.bureau, upper, [alarm], "原因属实，已改正。")
        == "revoked"
    )
    assert (await order(upper))["state"] == "revoked"
    assert (await order(lower))["state"] == "revoked"  # all numbers end together
    assert await turns(upper) == []
    assert await kinds(upper) == [
        "orders.issued",
        "orders.received",
        "orders.replied",
        "orders.revoked",
    ]
    assert await kinds(lower) == ["orders.relayed", "orders.received", "orders.replied"]
    async with transaction(ALL):
        assert await value("select state from orders_alarm where alarm = $1", alarm) == "revoked"


@pytest.mark.req("S1-27")
async def test_step_four_before_step_three_is_refused(matter) -> None:
    upper, _ = await issued(matter)
    with pytest.raises(Refused, match="还没有转给办件人员"):
        await services.answer_order(matter.department, upper, "已核实。", confirmed=True)
    upper, _, _ = await relayed(matter)
    with pytest.raises(Refused, match="办件人员还没有回复"):
        await services.answer_order(matter.department, upper, "已核实。", confirmed=True)
    assert (await order(upper))["state"] == "relayed"


@pytest.mark.req("S1-24")
async def test_step_five_before_step_four_is_refused(matter) -> None:
    upper, lowers, alarms = await relayed(matter)
    await services.reply_order(matter.zhang, lowers[0], "differs", TEXT)
    for act in (services.revoke_alarms, services.uphold_alarms):
        with pytest.raises(Refused, match="等部门回复"):
            await act(matter.bureau, upper, alarms, "理由")
    with pytest.raises(Refused, match="等部门回复"):
        await services.return_order(matter.bureau, upper, "理由")


@pytest.mark.req("C5-04")
async def test_the_draft_must_be_confirmed(matter) -> None:
    upper, lowers, _ = await relayed(matter)
    await services.reply_order(matter.zhang, lowers[0], "differs", TEXT)
    with pytest.raises(Invalid) as caught:
        await services.answer_order(matter.department, upper, "草稿", confirmed=False)
    assert "confirmed" in caught.value.errors


@pytest.mark.req("S1-27")
async def test_return_opens_another_round(matter, clock) -> None:
    upper, lowers, alarms = await answered(matter)
    with pytest.raises(Invalid):
        await services.return_order(matter.bureau, upper, " ")
    clock(datetime(2026, 5, 18, 1, tzinfo=UTC))
    await services.return_order(matter.bureau, upper, "没有说清分期审批")
    found = await order(upper)
    assert (found["state"], found["round"], found["returned_reason"]) == (
        "issued",
        2,
        "没有说清分期审批",
    )
    states = await clock_states(upper)
    assert [s for s, _ in states] == ["stopped", "running"]
    assert [t["step_title"] for t in await turns(upper)] == ["② 再次转督办件人员"]
    # The old answer does not serve the new round.
    with pytest.raises(Refused, match="还没有转给办件人员"):
        await services.answer_order(matter.department, upper, "再报", confirmed=True)
    again = await services.relay_order(
        matter.department, upper, "请补充。", {alarms[0]: matter.zhang.person_id}
    )
    assert again != lowers
    assert (await order(again[0]))["number"] == "督办〔2026〕2号"
    await services.reply_order(matter.zhang, again[0], "differs", "审批已补办。")
    await services.answer_order(matter.department, upper, "再次回复", confirmed=True)
    assert await services.uphold_alarms(matter.bureau, upper, alarms, "分期没有审批") == "upheld"
    assert (await order(upper))["state"] == "upheld"


@pytest.mark.req("S1-27")
async def test_uphold_keeps_the_alarm_and_needs_a_reason(matter) -> None:
    upper, _, alarms = await answered(matter)
    with pytest.raises(Invalid):
        await services.uphold_alarms(matter.bureau, upper, alarms, "")
    await services.uphold_alarms(matter.bureau, upper, alarms, "确属违规")
    async with transaction(ALL):
        item = await row('select * from orders_item where "order" = $1', upper)
        assert (item["state"], item["reason"]) == ("upheld", "确属违规")
        assert await value("select state from orders_alarm where alarm = $1", alarms[0]) == "upheld"
        told = await value(
            "select (payload::jsonb->>'organisation')::int8 from core_fact where kind = 'orders.upheld'"
        )
    # Whoever supervises the department next must know which one it is.
    assert told == matter.agencies.agency.id
    with pytest.raises(Refused, match="不能再督办"):
        await services.issue_order(matter.bureau, alarms, "再查")


@pytest.mark.req("C5-13")
async def test_partial_withdrawal(matter) -> None:
    alarms = [await matter.alarm(), await matter.alarm(kind="qualification", headline="只有 1 人")]
    upper, lowers, _ = await answered(matter, alarms)
    assert len(lowers) == 1  # one officer, one order, both alarms
    assert await services.revoke_alarms(matter.bureau, upper, alarms[:1], "已改正") == "replied"
    with pytest.raises(Refused, match="已经处理过"):
        await services.revoke_alarms(matter.bureau, upper, alarms[:1], "再撤一次")
    with pytest.raises(Refused, match="至少选择"):
        await services.revoke_alarms(matter.bureau, upper, [], "没选")
    assert await services.uphold_alarms(matter.bureau, upper, alarms[1:], "确属违规") == "settled"
    async with transaction(ALL):
        below = await rows(
            'select alarm, state from orders_item where "order" = $1 order by alarm', lowers[0]
        )
    assert [(b["alarm"], b["state"]) for b in below] == [
        (alarms[0], "revoked"),
        (alarms[1], "upheld"),
    ]


@pytest.mark.req("S1-27")
async def test_two_officers_and_one_answer_suffice_for_the_rule_but_not_for_the_ball(
    matter,
) -> None:
    alarms = [await matter.alarm(), await matter.alarm(matter.siqin.person_id)]
    upper, _ = await issued(matter, alarms)
    first, second = await services.relay_order(
        matter.department,
        upper,
        "请说明。",
        {alarms[0]: matter.zhang.person_id, alarms[1]: matter.siqin.person_id},
    )
    numbers = [(await order(o))["number"] for o in (first, second)]
    assert numbers == ["督办〔2026〕1号", "督办〔2026〕2号"]
    await services.reply_order(matter.zhang, first, "differs", TEXT)
    assert await turns(upper) == []  # still with the second officer
    assert len(await turns(second)) == 1
    await services.answer_order(matter.department, upper, "先报一部分。", confirmed=True)
    # The second officer is still asked, and a return takes him along.
    await services.return_order(matter.bureau, upper, "等另一位说明")
    assert (await order(upper))["state"] == "relayed"
    assert (await order(second))["round"] == 2
    await services.reply_order(matter.siqin, second, "too_few", "只授权了一人。")
    assert [t["step_title"] for t in await turns(upper)] == ["④ 回复监察机关"]


# --- who may not -----------------------------------------------------------------------------


@pytest.mark.req("S1-24", "C5-01")
async def test_an_alarm_stands_on_one_order_only(matter) -> None:
    upper, alarms = await issued(matter)
    number = (await order(upper))["number"]
    with pytest.raises(Refused, match=f"已经在{number}里督办"):
        await services.issue_order(matter.bureau, alarms, "再发一次")
    async with transaction(ALL):
        assert await value("select count(*) from orders_order") == 1


@pytest.mark.req("S1-29")
async def test_numbers_run_without_gaps_per_organ_and_year(matter, clock) -> None:
    numbers = []
    for _ in range(3):
        upper, alarms = await issued(matter)
        numbers.append((await order(upper))["number"])
        with pytest.raises(Refused):  # a refused order takes no number
            await services.issue_order(matter.bureau, alarms, "重复")
    assert numbers == ["督办〔2026〕1号", "督办〔2026〕2号", "督办〔2026〕3号"]
    clock(datetime(2027, 1, 4, 1, tzinfo=UTC))
    upper, _ = await issued(matter)
    assert (await order(upper))["number"] == "督办〔2027〕1号"


@pytest.mark.req("S1-25")
async def test_each_step_belongs_to_its_role(matter) -> None:
    alarm = await matter.alarm()
    for who in (matter.department, matter.zhang):
        with pytest.raises(Refused):
            await services.issue_order(who, [alarm], "请查明。")
    upper, _ = await issued(matter, [alarm])
    for who in (matter.bureau, matter.zhang):
        with pytest.raises(Refused):
            await services.relay_order(who, upper, "请说明。", {alarm: matter.zhang.person_id})
    [lower] = await services.relay_order(
        matter.department, upper, "请说明。", {alarm: matter.zhang.person_id}
    )
    for who in (matter.bureau, matter.department, matter.siqin):
        with pytest.raises(Refused):
            await services.reply_order(who, lower, "differs", TEXT)
    for who in (matter.bureau, matter.zhang):
        with pytest.raises(Refused):
            await services.answer_order(who, upper, "回复", confirmed=True)
    await services.reply_order(matter.zhang, lower, "differs", TEXT)
    await services.answer_order(matter.department, upper, "回复", confirmed=True)
    for who in (matter.department, matter.zhang):
        with pytest.raises(Refused):
            await services.revoke_alarms(who, upper, [alarm], "理由")


@pytest.mark.req("S1-25")
async def test_another_county_and_another_agency_find_nothing(matter) -> None:
    upper, alarms = await issued(matter)
    with pytest.raises(NotFound):
        await services.relay_order(
            matter.foreign_department, upper, "x", {alarms[0]: matter.zhang.person_id}
        )
    with pytest.raises(NotFound):
        await services.return_order(matter.foreign_bureau, upper, "理由")
    with pytest.raises(NotFound):
        await services.issue_order(matter.foreign_bureau, [await matter.alarm()], "请查明。")


async def test_alarms_of_two_departments_need_two_orders(matter) -> None:
    alarms = [await matter.alarm(), await matter.alarm(body=matter.agencies.other_agency)]
    with pytest.raises(Refused, match="分属 2 个部门"):
        await services.issue_order(matter.bureau, alarms, "请查明。")


async def test_an_officer_of_another_agency_is_not_asked(matter) -> None:
    upper, alarms = await issued(matter)
    with pytest.raises(Invalid):
        await services.relay_order(matter.department, upper, "x", {alarms[0]: 10**9})
    with pytest.raises(Refused, match="至少选择"):
        await services.relay_order(matter.department, upper, "x", {})


async def test_the_same_officer_is_not_asked_twice_at_once(matter) -> None:
    upper, _, alarms = await relayed(matter)
    with pytest.raises(Refused, match="正在等他回复"):
        await services.relay_order(
            matter.department, upper, "x", {alarms[0]: matter.zhang.person_id}
        )


@pytest.mark.req("C5-03")
async def test_a_reply_needs_a_cause_from_the_list_and_words(matter) -> None:
    _, [lower], _ = await relayed(matter)
    with pytest.raises(Invalid):
        await services.reply_order(matter.zhang, lower, "没有这个", TEXT)
    with pytest.raises(Invalid):
        await services.reply_order(matter.zhang, lower, "differs", " ")
    await services.reply_order(matter.zhang, lower, "differs", TEXT)
    with pytest.raises(Refused, match="已经回复过"):
        await services.reply_order(matter.zhang, lower, "differs", TEXT)


# --- deadlines -------------------------------------------------------------------------------


@pytest.mark.req("S1-28")
async def test_the_parameters_of_the_deadlines(matter) -> None:
    assert services.OrderSettings().order1_reply_workdays == 10
    assert services.OrderSettings().order2_reply_workdays == 5


@pytest.mark.req("S1-28", "C11-13")
async def test_a_region_decides_its_own_deadlines(matter) -> None:
    county = await value("select id from core_region where lo = $1", matter.bureau.region_lo)
    async with transaction(ALL):
        decided = {"order1_reply_workdays": 6, "order2_reply_workdays": 3}
        await change_settings(county, "orders", decided)
    upper, [lower], _ = await relayed(matter)
    async with transaction(ALL):
        limits = [(await clocks_of(ref(each)))[0].limit.amount for each in (upper, lower)]
    assert limits == [6, 3]
    with pytest.raises(Invalid, match="不能长于"):
        async with transaction(ALL):
            await change_settings(county, "orders", {"order2_reply_workdays": 7})


@pytest.mark.req("C5-02", "S1-28")
async def test_relaying_late_shortens_the_lower_deadline(matter, clock) -> None:
    upper, alarms = await issued(matter)  # due 22 May
    clock(datetime(2026, 5, 18, 2, tzinfo=UTC))  # four working days left
    [lower] = await services.relay_order(
        matter.department, upper, "请说明。", {alarms[0]: matter.zhang.person_id}
    )
    assert await clock_states(lower) == [("running", date(2026, 5, 20))]


async def _lapse():
    """What the worker does: the sweep, then the deliveries of its facts."""
    async with transaction(ALL):
        await lapse_due_clocks()
        found = await rows("select * from core_fact where kind = 'core.clock.lapsed' order by id")
    for each in found:
        fact = fact_of(each)
        async with transaction(Scope.of_place(fact.place)):
            await reactions.note_silence(fact)


@pytest.mark.req("C5-09", "S1-28")
async def test_silence_climbs_one_rung_at_a_time(matter, clock) -> None:
    upper, [lower], _ = await relayed(matter)
    clock(datetime(2026, 5, 15, 15, 59, 59, tzinfo=UTC))
    await _lapse()
    assert not (await order(lower))["late"]
    clock(datetime(2026, 5, 15, 16, 0, 0, tzinfo=UTC))  # midnight in Beijing
    await _lapse()
    assert (await order(lower))["late"]
    late = [t for t in await turns(lower) if t["key"] == "escalated"]
    assert [t["holder_name"] for t in late] == ["县市场监管局"]
    assert not (await order(upper))["late"]
    # Told in office hours: Saturday 16 May rests, so Monday the 18th at nine.
    async with transaction(ALL):
        due = await value("select due_at from core_due where name = 'orders.tell_late'")
    assert due == datetime(2026, 5, 18, 1, 0, tzinfo=UTC)
    clock(datetime(2026, 5, 22, 16, 0, 0, tzinfo=UTC))
    await _lapse()
    await _lapse()  # delivered twice, escalated once
    assert (await order(upper))["late"]
    assert [t["holder_name"] for t in await turns(upper)] == ["县司法局"]
    assert (await kinds(upper)).count("orders.escalated") == 1
    # A late answer is taken, and the ball goes on.
    await services.reply_order(matter.zhang, lower, "differs", TEXT)
    assert await turns(lower) == []
    await services.answer_order(matter.department, upper, "补报。", confirmed=True)
    assert [t["step_title"] for t in await turns(upper)] == ["⑤ 撤销或维持"]


@pytest.mark.req("C5-11")
async def test_the_clock_counts_for_who_must_act(matter, clock) -> None:
    upper, [lower], alarms = await relayed(matter)
    await services.reply_order(matter.zhang, lower, "differs", TEXT)
    await services.answer_order(matter.department, upper, "回复", confirmed=True)
    clock(datetime(2026, 8, 3, 1, tzinfo=UTC))
    await _lapse()  # the bureau takes its time; nobody below is late for it
    assert not (await order(upper))["late"]
    assert not (await order(lower))["late"]
    assert await services.revoke_alarms(matter.bureau, upper, alarms, "可以") == "revoked"


async def test_extending_and_urging(matter, clock) -> None:
    upper, [lower], _ = await relayed(matter)
    await services.extend_order(matter.bureau, upper, 5, "案情复杂")
    assert (await clock_states(upper))[0] == ("running", date(2026, 5, 29))
    await services.extend_order(matter.department, lower, 2, "出差")
    assert (await clock_states(lower))[0] == ("running", date(2026, 5, 19))
    with pytest.raises(Refused):
        await services.extend_order(matter.zhang, lower, 2, "自己延长")
    await services.urge_order(matter.department, lower)
    with pytest.raises(Refused):
        await services.urge_order(matter.zhang, lower)
    async with transaction(ALL):
        told = await rows(
            "select kind from core_message where person = $1 order by id", matter.zhang.person_id
        )
    assert [t["kind"] for t in told] == ["orders.relayed", "orders.urged"]


async def test_receipt_is_noted_once(matter) -> None:
    _upper, [lower], _ = await relayed(matter)
    await services.receive_order(matter.zhang, lower)
    first = (await order(lower))["received_at"]
    assert first is not None
    await services.receive_order(matter.zhang, lower)
    assert (await kinds(lower)).count("orders.received") == 1
    with pytest.raises(Refused):
        await services.receive_order(matter.siqin, lower)


async def test_an_alarm_told_twice_is_noted_once(matter) -> None:
    await matter.alarm(alarm=77)
    await matter.alarm(alarm=77)
    async with transaction(ALL):
        assert await value("select count(*) from orders_alarm where alarm = 77") == 1


async def test_a_provisional_deadline_escalates_nothing(matter, clock) -> None:
    clock(datetime(2026, 12, 25, 1, tzinfo=UTC))
    upper, _ = await issued(matter)
    clock(datetime(2026, 12, 25, 1, tzinfo=UTC) + timedelta(days=60))
    await _lapse()
    assert not (await order(upper))["late"]
    assert SubjectRef("orders.order", upper) == ref(upper)


async def test_a_bureau_above_leaves_the_orders_of_those_below_to_them(matter, region_tree) -> None:
    upper, _lowers, alarms = await relayed(matter)
    city = actor("市司法局", {READ, ISSUE, WITHDRAW}, region_tree.city)
    for act in (
        services.revoke_alarms(city, upper, alarms, "理由"),
        services.return_order(city, upper, "理由"),
        services.extend_order(city, upper, 3, "理由"),
    ):
        with pytest.raises(Refused, match="县司法局发出"):
            await act
    with pytest.raises(Refused, match="由发出督办的一方"):
        await services.urge_order(matter.department, upper)
