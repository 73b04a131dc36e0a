# SPDX-License-Identifier: Apache-2.0
"""The 督办中心 as three people see it."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.api.db import Scope, transaction
from core.api.people import enter_person, found_organisation
from core.api.testing import htmx
from core.host import registry as host_registry
from core.host.registry import build
from plugins.orders import queries, services
from tests.plugins.orders.test_services import TEXT, _lapse, answered, issued, order, relayed

OFFICE = Scope.platform("test")


@pytest.fixture(autouse=True)
def without_inspection(client) -> Iterator[None]:
    """The alarms of these tests exist for orders only, so their owner is not asked."""
    with host_registry.use(build(["orders"])):
        yield


@pytest.fixture
async def bureau(matter, login_as, region_tree):
    return await login_as(
        "supervision_bureau", region=region_tree.county, organisation=matter.agencies.bureau
    )


async def as_department(matter, login_as):
    return await login_as("dept_supervisor", organisation=matter.agencies.agency, name="李建国")


async def as_officer(matter, login_as, who):
    return await login_as(
        "handler", organisation=matter.agencies.agency, person=who.person_id, name=who.name
    )


@pytest.mark.req("S1-26")
async def test_the_lists_of_the_bureau(matter, bureau, client) -> None:
    new, _ = await issued(matter)
    doing, _, _ = await relayed(matter)
    replied, _, _ = await answered(matter)
    done, _, alarms = await answered(matter)
    await services.revoke_alarms(matter.bureau, done, alarms, "已改正")
    for tab, shown in (("new", new), ("doing", doing), ("replied", replied), ("revoked", done)):
        answer = await client.get(f"/orders/?tab={tab}")
        assert answer.status_code == 200
        assert f"/orders/{shown}" in answer.text
        for other in {new, doing, replied, done} - {shown}:
            assert f'href="/orders/{other}"' not in answer.text
    for words in ("新的督办", "办理中", "已回复的督办", "已撤销"):
        assert words in answer.text


@pytest.mark.req("S1-26")
async def test_an_order_whose_answers_are_in_is_new_again_for_the_department(
    matter, login_as, client
) -> None:
    upper, [lower], _ = await relayed(matter)
    await as_department(matter, login_as)
    assert f"/orders/{upper}" not in (await client.get("/orders/?tab=new")).text
    assert f"/orders/{upper}" in (await client.get("/orders/?tab=doing")).text
    await services.reply_order(matter.zhang, lower, "differs", TEXT)
    assert f"/orders/{upper}" in (await client.get("/orders/?tab=new")).text


@pytest.mark.req("S1-26", "S1-25")
async def test_an_officer_sees_what_is_addressed_to_him(matter, login_as, client) -> None:
    upper, [lower], _ = await relayed(matter)
    await as_officer(matter, login_as, matter.siqin)
    assert f"/orders/{lower}" not in (await client.get("/orders/")).text
    assert (await client.get(f"/orders/{lower}")).status_code == 404
    assert (await client.get(f"/orders/{upper}")).status_code == 404
    await as_officer(matter, login_as, matter.zhang)
    assert f"/orders/{lower}" in (await client.get("/orders/")).text
    answer = await client.get(f"/orders/{lower}")
    assert answer.status_code == 200
    assert "第 ③ 步" in answer.text
    assert "撤销报警" not in answer.text


async def test_the_foreign_bureau_finds_nothing(matter, login_as, client, region_tree) -> None:
    upper, _ = await issued(matter)
    await login_as(
        "supervision_bureau",
        region=region_tree.other_county,
        organisation=matter.agencies.foreign_bureau,
    )
    assert (await client.get(f"/orders/{upper}")).status_code == 404
    assert (await client.get(f"/orders/{upper}/print")).status_code == 404
    assert f"/orders/{upper}" not in (await client.get("/orders/")).text


@pytest.mark.req("C5-14")
async def test_the_tree_shows_the_ball_where_it_lies(matter, bureau, client) -> None:
    upper, [_lower], _ = await relayed(matter)
    text = (await client.get(f"/orders/{upper}")).text
    assert text.count("jd-node--ball") == 1
    assert "张海龙" in text
    assert "剩 5 个工作日" in text  # his, of the second tier
    assert "这个日子怎么算出来的" in text
    assert "等县市场监管局回复" in text
    assert "disabled" in text


@pytest.mark.req("S1-24", "S1-25", "S1-27")
async def test_steps_two_to_five_in_the_browser(matter, login_as, client, region_tree) -> None:
    upper, alarms = await issued(matter)
    await as_department(matter, login_as)
    refused = await client.post(
        f"/orders/{upper}/answer", data={"text": "先回了", "confirmed": "true"}
    )
    assert refused.status_code == 409
    assert "还没有转给办件人员" in refused.text
    relayed_to = await client.post(
        f"/orders/{upper}/relay",
        data={
            "instruction": "请说明原因。",
            "alarm": str(alarms[0]),
            "handler": str(matter.zhang.person_id),
        },
    )
    assert relayed_to.status_code == 303
    lower = upper + 1
    await as_officer(matter, login_as, matter.zhang)
    bad = await client.post(f"/orders/{lower}/reply", data={"cause": "", "text": "我写了很多字"})
    assert bad.status_code == 422
    assert "我写了很多字" in bad.text
    done = await client.post(f"/orders/{lower}/reply", data={"cause": "no_voucher", "text": TEXT})
    assert done.status_code == 303
    await as_department(matter, login_as)
    shown = await client.get(f"/orders/{upper}")
    assert TEXT in shown.text  # the draft
    unread = await client.post(f"/orders/{upper}/answer", data={"text": "照转"})
    assert unread.status_code == 422
    assert "照转" in unread.text
    sent = await client.post(
        f"/orders/{upper}/answer", data={"text": "已核实。", "confirmed": "true"}
    )
    assert sent.status_code == 303
    await login_as(
        "supervision_bureau", region=region_tree.county, organisation=matter.agencies.bureau
    )
    assert "第 ⑤ 步" in (await client.get(f"/orders/{upper}")).text
    no_reason = await client.post(f"/orders/{upper}/revoke", data={"alarm": str(alarms[0])})
    assert no_reason.status_code == 422
    revoked = await client.post(
        f"/orders/{upper}/revoke", data={"alarm": str(alarms[0]), "reason": "已改正。"}
    )
    assert revoked.status_code == 303
    assert (await order(upper))["state"] == "revoked"
    after = (await client.get(f"/orders/{upper}")).text
    assert "已撤销" in after
    assert "jd-node--ball" not in after


async def test_the_form_of_a_new_order(matter, bureau, client) -> None:
    alarm = await matter.alarm()
    answer = await client.get(f"/orders/new?id={alarm}")
    assert answer.status_code == 200
    assert "罚款 5,000 元，只缴 4,000 元" in answer.text
    assert "10 个工作日" in answer.text
    other = await matter.alarm()
    typed = {"offered": [str(alarm), str(other)], "instruction": "请说明原因。"}
    refused = await client.post("/orders/new", data=typed)
    assert refused.status_code == 422
    assert 'id="e-alarm"' in refused.text
    assert "请说明原因。" in refused.text
    refused = await client.post(
        "/orders/new", data={**typed, "alarm": str(alarm), "instruction": ""}
    )
    boxes = re.findall(r'name="alarm" value="(\d+)"( checked)?', refused.text)
    assert boxes == [(str(alarm), " checked"), (str(other), "")], "what was unticked stays there"
    assert (await client.get("/orders/new?id=999999")).status_code == 404
    assert (await client.get("/orders/new")).status_code == 409


async def test_print_and_panel(matter, bureau, client) -> None:
    upper, _, alarms = await answered(matter)
    printed = await client.get(f"/orders/{upper}/print")
    assert printed.status_code == 200
    assert "督办单" in printed.text
    assert "已核实。" in printed.text
    panel = await htmx(client).get(f"/orders/panels/alarm/{alarms[0]}")
    assert f"/orders/{upper}" in panel.text


async def test_a_refused_sheet_stands_open_with_its_sentence(
    matter, bureau, client, login_as
) -> None:
    upper, lowers, alarms = await relayed(matter)
    for path, typed in (
        (f"/orders/{upper}/extend", {"days": "99", "reason": "情况复杂"}),
        (f"/orders/{upper}/extend", {"days": "", "reason": "情况复杂"}),
    ):
        refused = await client.post(path, data=typed)
        assert refused.status_code == 422
        assert refused.text.count('<details class="jd-confirm" open>') == 1
        assert 'href="#f-days"' in refused.text
        assert "情况复杂" in refused.text
    await as_department(matter, login_as)
    refused = await client.post(f"/orders/{lowers[0]}/extend", data={"days": "3", "reason": ""})
    assert refused.text.count('<details class="jd-confirm" open>') == 1
    assert f'href="#f-extend-{lowers[0]}"' in refused.text
    assert f'id="e-extend-{lowers[0]}"' in refused.text
    refused = await client.post(
        f"/orders/{upper}/relay",
        data={"instruction": "", "alarm": str(alarms[0]), "handler": "0"},
    )
    assert refused.status_code == 422
    chosen = refused.text.split(f'id="handler-{alarms[0]}"')[1].split("</select>")[0]
    assert "selected" not in chosen, "whoever was taken off the list is not put back"
    refused = await client.post(
        f"/orders/{upper}/relay",
        data={"instruction": "请说明。", "alarm": str(alarms[0]), "handler": "0"},
    )
    assert refused.status_code == 422
    assert 'id="e-handler"' in refused.text
    upper, _, _ = await answered(matter)
    await login_as("supervision_bureau", region=bureau.region, organisation=matter.agencies.bureau)
    refused = await client.post(f"/orders/{upper}/return", data={"reason": ""})
    assert refused.text.count('<details class="jd-confirm" open>') == 1
    assert 'href="#f-return-reason"' in refused.text
    for act in ("revoke", "uphold"):
        refused = await client.post(f"/orders/{upper}/{act}", data={"reason": "已经改正"})
        assert refused.status_code == 422
        assert 'id="e-alarm"' in refused.text
        assert "已经改正" in refused.text


async def test_each_role_gets_only_its_own_acts(matter, login_as, client) -> None:
    upper, [_lower], alarms = await relayed(matter)
    await as_officer(matter, login_as, matter.zhang)
    for path in ("relay", "answer", "return", "revoke", "uphold"):
        answer = await client.post(
            f"/orders/{upper}/{path}",
            data={"text": "x", "reason": "理由理由", "alarm": str(alarms[0])},
        )
        assert answer.status_code == 403, path
    await as_department(matter, login_as)
    for path in ("reply", "revoke", "uphold", "return"):
        answer = await client.post(f"/orders/{upper}/{path}", data={"reason": "理由理由"})
        assert answer.status_code == 403, path
    assert (await client.get("/orders/new")).status_code == 403


@pytest.mark.req("C5-14", "S1-25")
async def test_an_officer_of_a_unit_below_sees_head_and_own_branch(
    matter, login_as, client, region_tree
) -> None:
    """The department's order stands outside his organisation; the two numbers are one matter."""
    async with transaction(OFFICE):
        unit = await found_organisation(
            "磴口县市场监管综合行政执法大队",
            "body",
            region_tree.county.id,
            parent=matter.agencies.agency.id,
        )
        wang = await enter_person("王志远", unit.id)
    alarms = [await matter.alarm(wang.id), await matter.alarm(headline="别人的报警")]
    upper, _ = await issued(matter, alarms)
    own, other = await services.relay_order(
        matter.department,
        upper,
        "请说明。",
        {alarms[0]: wang.id, alarms[1]: matter.zhang.person_id},
    )
    if (await order(own))["to_person"] != wang.id:
        own, other = other, own
    await login_as("handler", organisation=unit, person=wang.id, name="王志远")
    shown = await client.get(f"/orders/{own}")
    assert shown.status_code == 200
    assert (await order(upper))["number"] in shown.text
    assert "第 ③ 步" in shown.text
    assert "别人的报警" not in shown.text
    assert f'href="/orders/{other}"' not in shown.text
    assert shown.text.count("jd-node--ball") == 1
    assert (await client.get(f"/orders/{upper}")).status_code == 404
    assert f'href="/orders/{upper}"' not in shown.text, "the head of the tree leads nowhere"
    sent = await client.post(f"/orders/{own}/reply", data={"cause": "differs", "text": TEXT})
    assert sent.status_code == 303
    assert (await order(upper))["state"] == "relayed"
    await services.reply_order(matter.zhang, other, "differs", TEXT)
    await as_department(matter, login_as)
    assert f"/orders/{upper}" in (await client.get("/orders/?tab=new")).text


@pytest.mark.req("S1-7")
async def test_the_number_in_the_menu_is_the_number_of_rows(
    matter, login_as, client, region_tree
) -> None:
    """Its page opens with exactly the rows it counts, for each of the three roles."""
    await issued(matter)
    await relayed(matter)
    upper, [lower], _ = await relayed(matter)
    await services.reply_order(matter.zhang, lower, "differs", TEXT)
    await answered(matter)
    who = await login_as(
        "supervision_bureau", region=region_tree.county, organisation=matter.agencies.bureau
    )
    await counted(client, who, queries.waiting_for_bureau, 1)
    who = await as_department(matter, login_as)
    await counted(client, who, queries.waiting_for_department, 2)
    assert f'href="/orders/{upper}"' in (await client.get("/orders/")).text
    who = await as_officer(matter, login_as, matter.zhang)
    await counted(client, who, queries.waiting_for_handler, 1)


async def counted(client, who, count, expected) -> None:
    async with transaction(who.scope):
        assert await count(who.scope) == expected
    assert (await client.get("/orders/")).text.count("jd-main-link") == expected


@pytest.mark.req("S1-25")
async def test_a_brigade_is_answered_for_by_its_bureau(matter, login_as, region_tree) -> None:
    async with transaction(OFFICE):
        unit = await found_organisation(
            "磴口县市场监管综合行政执法大队",
            "body",
            region_tree.county.id,
            parent=matter.agencies.agency.id,
        )
    upper, _ = await issued(matter, [await matter.alarm(body=unit)])
    assert (await order(upper))["to_org"] == unit.id  # nobody holds the role anywhere yet
    await as_department(matter, login_as)
    upper, _ = await issued(matter, [await matter.alarm(body=unit)])
    assert (await order(upper))["to_org"] == matter.agencies.agency.id


@pytest.mark.req("S1-25")
@pytest.mark.parametrize("stage", ["issued", "relayed", "answered"])
async def test_a_bureau_above_sees_no_button_the_service_refuses(
    matter, login_as, client, region_tree, stage
) -> None:
    """Every form on the page of a county's order works for who sees it, or is not there."""
    made = {"issued": issued, "relayed": relayed, "answered": answered}[stage]
    upper = (await made(matter))[0]
    await login_as(
        "supervision_bureau", region=region_tree.city, organisation=matter.agencies.bureau
    )
    text = (await client.get(f"/orders/{upper}")).text
    assert "由县司法局发出，由它办理" in text
    posts = set(re.findall(rf'(?:form)?action="(/orders/{upper}/\w+)"', text))
    for refused in ("extend", "revoke", "uphold", "return"):
        assert f"/orders/{upper}/{refused}" not in posts
    data = {"days": "3", "reason": "上级延长", "alarm": "1"}
    for act in ("extend", "revoke", "uphold", "return"):
        assert (await client.post(f"/orders/{upper}/{act}", data=data)).status_code == 409
    for path in posts:
        assert (await client.post(path, data=data)).status_code == 303


@pytest.mark.req("S1-25")
async def test_the_issuing_bureau_keeps_its_buttons(matter, bureau, client) -> None:
    upper, _ = await issued(matter)
    text = (await client.get(f"/orders/{upper}")).text
    for act in ("extend", "urge"):
        assert f'action="/orders/{upper}/{act}"' in text
    upper, _, _ = await answered(matter)
    text = (await client.get(f"/orders/{upper}")).text
    for act in ("revoke", "uphold", "return"):
        assert f'action="/orders/{upper}/{act}"' in text


@pytest.mark.req("S1-2")
async def test_the_figures_open_the_rows_they_count(matter, bureau, client) -> None:
    await issued(matter)
    await relayed(matter)
    done, _, alarms = await answered(matter)
    await services.revoke_alarms(matter.bureau, done, alarms, "已改正")
    part = await htmx(client).get("/orders/parts/analysis?since=2026-01-01&until=2026-12-31")
    assert part.status_code == 200
    found = re.findall(r'<a href="(/orders/\?[^"]+)">(\d+)</a>', part.text)
    assert len(found) == 3
    for path, number in found:
        page = await client.get(html.unescape(path))
        assert f"共 <b>{number} 条" in page.text
    assert "0.0 日" in part.text  # closed within the minute
    empty = await client.get("/orders/parts/analysis?since=2020-01-01&until=2020-12-31")
    assert "没有发出督办" in empty.text
    assert (await client.get("/orders/parts/analysis?since=gestern")).status_code == 200


@pytest.mark.req("S1-2", "C5-09")
async def test_silent_departments_are_counted(matter, login_as, client, clock, region_tree) -> None:
    upper, _ = await issued(matter)
    clock(datetime(2026, 7, 1, tzinfo=UTC))
    await _lapse()
    await login_as(
        "supervision_bureau", region=region_tree.county, organisation=matter.agencies.bureau
    )
    part = await client.get("/orders/parts/analysis")
    path = html.unescape(re.search(r'href="([^"]*due=silent[^"]*)"', part.text).group(1))
    assert f"/orders/{upper}" in (await client.get(path)).text


@pytest.mark.req("S1-2")
async def test_figures_of_another_region_are_none(matter, login_as, client, region_tree) -> None:
    await issued(matter)
    await login_as(
        "supervision_bureau",
        region=region_tree.other_county,
        organisation=matter.agencies.foreign_bureau,
    )
    assert "没有发出督办" in (await client.get("/orders/parts/analysis")).text
    await login_as("leader")
    assert (await client.get("/orders/parts/analysis")).status_code == 403
