# SPDX-License-Identifier: Apache-2.0
"""What people see: the list, the alarm, why, the panel, silences, exports; and who may not."""

import argparse
import json
from datetime import timedelta

import pytest

from core.api.db import Scope, transaction
from core.api.people import appoint_organ
from core.api.testing import htmx
from plugins.inspection.replay import command
from tests.plugins.inspection.live import Where, alarms, put_in_force, tell
from tests.plugins.inspection.story import T0, TWO, Story, decision, definition, paid, point
from tests.plugins.inspection.test_live import RULES, inquiry, move, photos

LATER = T0 + timedelta(days=1)


@pytest.fixture
async def county(region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(LATER)
    await put_in_force(where, RULES)
    return where


@pytest.fixture
async def bureau(login_as, county):
    return await login_as("supervision_bureau", region=county.county, name="陈玉梅")


async def test_the_list_its_tabs_and_its_badge_agree(client, county, bureau):
    await tell(county, inquiry())
    await tell(county, inquiry(case=2))
    first, _ = [(await alarms(n))[0] for n in (1, 2)]
    await move(county, "issued", alarms=[first["id"]], number="督办〔2026〕1号")
    answer = await client.get("/inspection/alarms")
    assert answer.status_code == 200
    assert answer.text.count("调查取证缺现场照片 0/1</a>") == 2
    assert answer.text.count("已转办，见督办〔2026〕1号") == 1, "who holds it is on the order"
    waiting = await client.get("/inspection/alarms?tab=raised")
    assert waiting.text.count("调查取证缺现场照片 0/1</a>") == 1
    assert "磴市监立〔2026〕2号" in waiting.text
    none = await client.get("/inspection/alarms?tab=revoked")
    assert "调查取证缺" not in none.text
    found = await client.get("/inspection/alarms?q=〔2026〕2号&colour=red&kind=evidence")
    assert found.text.count("调查取证缺现场照片 0/1</a>") == 1
    assert "</a>" in (await client.get("/inspection/alarms?colour=yellow")).text
    book = await client.get("/inspection/alarms?format=xlsx")
    assert book.headers["content-type"].startswith("application/vnd.openxmlformats")


async def test_one_alarm_tells_its_sentence_proof_reasons_and_way_out(client, county, bureau):
    story = Story().enter("decide").submit("execute", decision=decision()).enter("execute")
    story.submit("close", payments=[paid(400000)])
    rules = definition(
        point("execution", "execute", params={"decision_step": "decide"}, title="罚款执行一致"),
        version=2,
        since="2026-02-01T00:00:00Z",
    )
    await put_in_force(county, rules)
    await tell(county, story)
    (alarm,) = await alarms(1)
    answer = await client.get(f"/inspection/alarms/{alarm['id']}")
    assert answer.status_code == 200
    for words in (
        "罚款 5,000 元，只缴 4,000 元",
        "<mark>少 1,000.00 元</mark>，没有批准的延期或分期，所以报红灯。",
        "1,000.00 元",
        "罚款执行一致",
        "第 2 版",
        "不会自动熄灭",
        "还没有发起督办",
        "提交「执行」",
    ):
        assert words in answer.text, words
    again = await htmx(client).post(f"/inspection/alarms/{alarm['id']}/judge")
    assert "一致：红灯" in again.text
    plain = await client.post(f"/inspection/alarms/{alarm['id']}/judge")
    assert "一致：红灯" in plain.text
    assert "<h1" in plain.text


@pytest.mark.needs("orders")
async def test_an_order_is_a_link_only_for_who_may_open_it(client, county, login_as, agencies):
    async with transaction(Scope.platform("test")):
        await appoint_organ(county.county.id, "supervision", agencies.bureau.id)
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    await login_as("supervision_bureau", region=county.county, organisation=agencies.bureau)
    sent = await client.post(
        "/orders/new", {"alarm": str(alarm["id"]), "instruction": "请查明原因，督促改正并回复。"}
    )
    assert sent.status_code == 303, sent.text[-2000:]
    there = sent.headers["location"].split("?")[0]
    page = f"/inspection/alarms/{alarm['id']}"
    for role, status in (("supervision_bureau", 200), ("leader", 403)):
        await login_as(role, region=county.county)
        shown = await client.get(page)
        assert shown.status_code == 200
        assert (await client.get(there)).status_code == status, role
        assert (f'href="{there}"' in shown.text) == (status == 200), role


async def test_why_lists_every_point_with_its_reason(client, county, bureau):
    await tell(county, inquiry())
    answer = await client.get("/inspection/cases/1/why")
    assert answer.status_code == 200
    for words in ("0/1", "合格人员 2 人", "还没有提交，监察点在提交时判断", "看报警"):
        assert words in answer.text, words
    one = await client.get("/inspection/cases/1/why?step=decide")
    assert "决定依据" in one.text
    assert "看报警" not in one.text
    assert (await client.get("/inspection/cases/99/why")).status_code == 404


async def test_the_panel_and_the_card(client, county, bureau):
    await tell(county, inquiry())
    panel = await htmx(client).get("/inspection/panels/case/1")
    assert "调查取证缺现场照片 0/1" in panel.text
    assert "为什么报、为什么不报" in panel.text
    empty = await htmx(client).get("/inspection/panels/case/2")
    assert "还没有可以判断的环节" in empty.text
    halted = Story(case=3).enter("inquiry", due=LATER + timedelta(days=3))
    await tell(county, halted.act("suspended", reason="委托鉴定"))
    paused = await htmx(client).get("/inspection/panels/case/3")
    assert "案件已中止（委托鉴定），停止计时" in paused.text
    card = await htmx(client).get("/inspection/cards/board")
    assert "县市场监管局" in card.text or "磴口县市场监督管理局" in card.text


async def test_other_regions_and_roles_without_the_right_see_nothing(client, county, login_as):
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    paths = (
        f"/inspection/alarms/{alarm['id']}",
        "/inspection/cases/1/why",
        "/inspection/cases/1.xes",
    )
    await login_as("supervision_bureau", region=county.other_county)
    for path in paths:
        assert (await client.get(path)).status_code == 404, path
    assert "调查取证缺" not in (await client.get("/inspection/alarms")).text
    assert "调查取证缺" not in (await client.get("/inspection/panels/case/1")).text
    assert "<trace>" not in (await client.get("/inspection/cases.xes")).text
    posted = await client.post(f"/inspection/alarms/{alarm['id']}/judge")
    assert posted.status_code == 404
    await login_as("handler", organisation=county.other_agency)
    for path in paths:
        assert (await client.get(path)).status_code == 404, path
    await login_as("system_admin")
    for path in (*paths, "/inspection/alarms", "/inspection/silences"):
        assert (await client.get(path)).status_code == 403, path
    client.forget()
    assert (await client.get("/inspection/alarms")).status_code in {303, 401}


async def test_a_silence_needs_reason_and_end_and_is_told_on_the_alarm(
    client, county, bureau, facts, clock
):
    page = await client.get("/inspection/silences")
    assert "设置静默" in page.text
    day = (LATER + timedelta(days=3)).date().isoformat()
    for fields, words in (
        ({"item": "7", "until": day}, "理由"),
        ({"item": "7", "reason": "系统迁移期间"}, "截止日期"),
        ({"item": "7", "reason": "系统迁移期间", "until": "2026-01-01"}, "已经过去"),
        ({"item": "7", "reason": "系统迁移期间", "until": "2027-01-01"}, "最长 90 天"),
        ({"item": "99", "reason": "系统迁移期间", "until": day}, "请选择有监察点"),
    ):
        refused = await client.post("/inspection/silences", fields)
        assert refused.status_code == 422, fields
        assert words in refused.text
    done = await client.post(
        "/inspection/silences",
        {"item": "7", "point": "p-evidence", "reason": "系统迁移期间", "until": day},
    )
    assert done.status_code == 303
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    assert alarm["silence"] > 0
    (told,) = await facts.only("inspection.alarm_raised")
    assert told.payload["silenced"] == "陈玉梅：系统迁移期间"
    shown = await client.get(f"/inspection/alarms/{alarm['id']}")
    assert "静默中报出：陈玉梅 设置" in shown.text
    listed = await client.get("/inspection/silences")
    assert "已记录报警 1 条" in listed.text
    unsaid = await client.post(f"/inspection/silences/{alarm['silence']}/end", {"reason": ""})
    assert unsaid.status_code == 422
    assert '<details class="jd-confirm" open>' in unsaid.text
    assert f'id="e-end-{alarm["silence"]}"' in unsaid.text
    ended = await client.post(
        f"/inspection/silences/{alarm['silence']}/end", {"reason": "迁移完成"}
    )
    assert ended.status_code == 303
    await tell(county, inquiry(case=2))
    assert (await alarms(2))[0]["silence"] == 0


async def test_only_the_bureau_may_silence(client, county, login_as):
    await login_as("dept_supervisor", organisation=county.agency)
    assert (await client.get("/inspection/silences")).status_code == 403
    assert (await client.post("/inspection/silences", {"item": "7"})).status_code == 403


async def test_live_cases_replay_to_the_same_alarms(client, county, bureau, tmp_path, capsys):
    """Export to XES and replay: the same points fire on the same cases, with the same words."""
    other = definition(point("execution", "execute", params={"decision_step": "decide"}))
    await put_in_force(county, {**other, "item": 8})
    await tell(county, inquiry())
    await tell(county, inquiry(1, case=2).enter("review").roll_back("inquiry"))
    late = Story(case=3).enter("inquiry", due=LATER - timedelta(hours=5))
    await tell(county, late)
    late.submit("review", at=LATER - timedelta(hours=1), evidence=photos(1), next_officers=TWO[:1])
    await tell(county, late, after=1)
    spend = Story(case=4).enter("decide").submit("execute", decision=decision()).enter("execute")
    spend.submit("close", payments=[paid(400000)])
    for payload in spend.payloads:
        payload["item"] = 8
    await tell(county, spend)
    answer = await client.get("/inspection/cases.xes")
    assert answer.status_code == 200
    log = tmp_path / "cases.xes"
    log.write_bytes(answer.content)
    out = tmp_path / "out.json"
    parser = argparse.ArgumentParser()
    command.configure(parser)
    assert command.run(parser.parse_args([str(log), "--json", "--out", str(out)])) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["cases"] == 4
    replayed = sorted((r["case"], r["sentence"]) for r in json.loads(out.read_text()))
    live = [(a["case_number"], a["sentence"]) for n in range(1, 5) for a in await alarms(n)]
    live.sort()
    assert replayed == live
    assert len(live) == 4
    one = await client.get("/inspection/cases/1.xes")
    assert one.text.count("<trace>") == 1
    assert (await client.get("/inspection/cases/99.xes")).status_code == 404


async def test_new_alarms_are_told_to_handlers_and_supervisors(client, county, login_as, facts, db):
    from core.api.db import rows

    await login_as("dept_supervisor", organisation=county.agency, person=901)
    await login_as("supervision_bureau", region=county.county, person=902)
    await login_as("supervision_bureau", region=county.other_county, person=903)
    await tell(county, inquiry())
    await facts.dispatch()
    found = await rows("select person, title from core_message where kind = 'inspection.alarm'")
    assert {r["person"] for r in found} == {11, 12, 901, 902}
    assert found[0]["title"] == "红灯：调查取证缺现场照片 0/1"
