# SPDX-License-Identifier: Apache-2.0
"""Undoing a move to a new version: while nothing rests on it, and as if it had never been."""

from datetime import timedelta
from typing import Any

import pytest

from core import db
from core.api.deadlines import clocks_of
from core.api.errors import Invalid, Refused
from plugins.cases.queries import subject_of
from plugins.cases.rules.definition import read_definition
from plugins.cases.rules.moving import BINDING, Since, undo_refusal
from plugins.cases.services import (
    add_evidence,
    move_cases,
    roll_back,
    save_draft,
    suspend_case,
    undo_moves,
    void_evidence,
)
from plugins.cases.services.steps import Posting
from tests.plugins.cases.conftest import CLUE, INQUIRY, TUESDAY, Office, pdf, picture, publish
from tests.plugins.cases.definitions import penalty
from tests.plugins.cases.test_moving import second
from tests.plugins.cases.test_pages import Desk

OLD = read_definition(penalty())


def refusal(**more: Any) -> str:
    given = {
        "state": "open",
        "step": "inquiry",
        "from_step": "inquiry",
        "to_step": "inquiry",
        "since": (),
        **more,
    }
    return undo_refusal(OLD, **given)


RENAMED = {"step": "survey", "to_step": "survey"}


@pytest.mark.req("C3-16")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        (RENAMED, ""),
        ({"since": [Since("authorised"), Since("evidence_added"), Since("attempt_refused")]}, ""),
        ({"since": [Since("extended")]}, ""),
        ({**RENAMED, "since": [Since("extended")]}, "改版以后已经延期"),
        ({**RENAMED, "since": [Since("resumed")]}, "改版以后已经恢复办理"),
        ({"since": [Since("step_submitted", "调查取证")]}, "改版以后已经提交了“调查取证”"),
        *(
            ({"since": [Since(kind)]}, "改版以后已经")
            for kind in sorted(BINDING - {"step_submitted"})
        ),
        ({"state": "suspended"}, "案件已中止"),
        ({"state": "closed"}, "案件已经办结"),
        ({"state": "transferred"}, "案件已经办结"),
        ({"step": "finding"}, "案件已经不在改版时的环节"),
        ({"from_step": "unknown", **RENAMED}, "案件已经不在改版时的环节"),
        ({"added": ["photos", "records"]}, ""),
        ({"added": ["photos", "drone"]}, "改版以后上传的材料在旧版表单里没有位置"),
    ],
)
def test_when_a_move_may_be_undone(given, said):
    found = refusal(**given)
    assert found.startswith(said)
    assert bool(found) == bool(said)


async def step_clocks(case: int) -> list[tuple[str, Any, str]]:
    async with db.transaction(db.Scope.platform("a test looks at everything")):
        return [(c.key, c.due_at, c.state) for c in await clocks_of(subject_of(case))]


async def test_undoing_is_an_act_and_leaves_no_difference(office: Office, facts, clock):
    case = await office.to_inquiry()
    other = await office.open(title="另一案", same_party_confirmed=True)
    before, clocks = await office.file(case), await step_clocks(case)
    await publish(office, second())
    await move_cases(office.chief, 501, [case, other], "程序修订", token="t")
    clock(TUESDAY + timedelta(hours=3))
    with pytest.raises(Refused, match="由负责人"):
        await undo_moves(office.zhang, 501, [case], "误操作")
    with pytest.raises(Invalid, match="理由"):
        await undo_moves(office.chief, 501, [case], " ")
    with pytest.raises(Invalid, match="最多 400"):
        await undo_moves(office.chief, 501, [case], "长" * 401)
    with pytest.raises(Invalid, match="至少选择"):
        await undo_moves(office.chief, 501, [], "误操作")
    assert await undo_moves(office.stranger, 501, [case], "误操作") == [], "not of his region"
    assert await undo_moves(office.chief, 777, [case], "误操作") == [], "of another item"
    (done,) = await undo_moves(office.chief, 501, [case], "误操作", token="u")
    assert done.refusal == ""
    after = await office.file(case)
    for name in ("item_version", "item_title", "step", "step_title", "stage", "due_at", "lead"):
        assert after.row[name] == before.row[name], name
    assert [(v["state"], v["form_version"]) for v in after.visits] == [
        (v["state"], v["form_version"]) for v in before.visits
    ]
    assert await step_clocks(case) == clocks
    assert (await office.file(other)).definition.version == 2, "the other one stays moved"
    assert len(await facts.only("cases.version_moved")) == 2, "the move stays in the record"
    (fact,) = await facts.only("cases.version_restored")
    assert fact.payload["reason"] == "由第 2 版改回第 1 版：误操作"
    assert fact.payload["version"] == 1
    (again,) = await undo_moves(office.chief, 501, [case], "误操作", token="u")
    assert again.refusal == "", "the same form posted twice"
    (again,) = await undo_moves(office.chief, 501, [case], "误操作")
    assert again.refusal == "没有可以撤回的改版。"
    await office.submit(case, INQUIRY)
    (moved,) = await move_cases(office.chief, 501, [case], "再改一次")
    assert moved.refusal == "", "it may be moved again"


async def test_each_case_says_why_it_stays(office: Office):
    submitted = await office.to_inquiry()
    back = await office.open(title="回退案", same_party_confirmed=True)
    await office.submit(back, CLUE)
    halted = await office.open(title="中止案", same_party_confirmed=True)
    free = await office.open(title="可撤回", same_party_confirmed=True)
    cases = [submitted, back, halted, free]
    await publish(office, second())
    assert not [m.refusal for m in await move_cases(office.chief, 501, cases, "修订") if m.refusal]
    await office.submit(submitted, INQUIRY)
    await roll_back(office.chief, back, "clue", "线索不清")
    await suspend_case(office.chief, halted, "鉴定", "委托鉴定")
    done = {m.case: m.refusal for m in await undo_moves(office.chief, 501, cases, "误操作")}
    assert done == {
        submitted: "改版以后已经提交了“调查取证”，按新版办完。",
        back: "改版以后已经回退环节，按新版办完。",
        halted: "案件已中止，先恢复办理。",
        free: "",
    }


async def test_a_renamed_step_is_opened_again_with_what_came_to_it(office: Office, facts, clock):
    case = await office.to_inquiry()
    before = await office.file(case)
    visit = before.open_visit
    await add_evidence(office.zhang, case, visit["id"], "photos", [picture()])
    await add_evidence(office.zhang, case, visit["id"], "records", [pdf("旧笔录.pdf")])
    clocks = await step_clocks(case)
    await publish(office, second(inquiry="survey"))
    clock(TUESDAY + timedelta(days=1))
    (moved,) = await move_cases(office.chief, 501, [case], "程序修订")
    assert moved.refusal == ""
    file = await office.file(case)
    entered = file.open_visit
    assert (file.row["step"], entered["id"] == visit["id"]) == ("survey", False)
    await save_draft(
        office.zhang, case, Posting(entered["id"], entered["version"], {"place": "新地点"})
    )
    await add_evidence(office.zhang, case, entered["id"], "photos", [picture("后补.jpg", "blue")])
    held = next(
        e for e in (await office.file(case)).evidence_of(entered["id"]) if e["name"] == "旧笔录.pdf"
    )
    await void_evidence(office.zhang, case, held["id"], "传错了")
    clock(TUESDAY + timedelta(days=1, hours=2))
    (done,) = await undo_moves(office.chief, 501, [case], "误操作")
    assert done.refusal == ""
    after = await office.file(case)
    assert after.open_visit["id"] == visit["id"], "the very entry it was in"
    assert {v["step"] for v in after.visits} == {"clue", "filing", "inquiry"}
    assert [v["state"] for v in after.visits if v["step"] == "inquiry"] == ["open", "superseded"]
    assert after.open_visit["draft"]["place"] == "新地点"
    evidence = {e["name"]: e["voided_at"] is None for e in after.evidence_of(visit["id"])}
    assert evidence == {"现场.jpg": True, "后补.jpg": True, "旧笔录.pdf": False}
    assert {o["step"] for o in after.officers} <= {"inquiry", "clue", "filing"}
    assert [o["person"] for o in after.officers_of("inquiry", TUESDAY.date())] == [
        o["person"] for o in before.officers_of("inquiry", TUESDAY.date())
    ]
    running = [c for c in await step_clocks(case) if c[2] == "running"]
    assert sorted(running) == sorted(c for c in clocks if c[2] == "running"), (
        "the period runs on from the first entry"
    )
    await office.submit(case, INQUIRY)
    assert (await office.file(case)).row["step"] == "finding"


async def test_on_the_page(office: Office, client, login_as):
    desk = Desk(office, client, login_as)
    await desk.sit(office.chief, "legal_office")
    case = await office.to_inquiry()
    stays = await office.open(title="已经提交的案", same_party_confirmed=True)
    await publish(office, second())
    await move_cases(office.chief, 501, [case, stays], "程序修订")
    await office.submit(stays, CLUE)
    html = await desk.page("/cases/versions")
    assert "已经改版的在办案件" in html
    html = await desk.page("/cases/versions/501")
    assert html.count('name="moved"') == 1
    assert "改版以后已经提交了“线索核查”" in html
    answer = await client.post(
        "/cases/versions/501/undo", {"moved": [str(case)], "undo_reason": ""}
    )
    assert answer.status_code == 422
    assert f'value="{case}" id="u-{case}" checked' in answer.text, "nothing chosen is lost"
    answer = await client.post(
        "/cases/versions/501/undo",
        {"moved": [str(case), str(stays)], "undo_reason": "误操作", "token": "x"},
    )
    assert answer.status_code == 409
    assert "1 件已撤回" in answer.text
    assert "没有撤回：改版以后已经提交了" in answer.text
    assert (await office.file(case)).definition.version == 1
    assert "撤回改版" in await desk.page(f"/cases/{case}/timeline")
    await desk.sit(office.zhang)
    answer = await client.post(
        "/cases/versions/501/undo", {"moved": [str(stays)], "undo_reason": "误操作"}
    )
    assert answer.status_code == 403
