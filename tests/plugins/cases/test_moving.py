# SPDX-License-Identifier: Apache-2.0
"""A new version of an item and the cases that run under the old one."""

from typing import Any

import pytest

from core.api.errors import Invalid, Refused
from plugins.cases.rules.definition import read_definition
from plugins.cases.rules.flow import VisitLine
from plugins.cases.rules.moving import plan_move
from plugins.cases.services import move_cases
from tests.plugins.cases.conftest import CLUE, INQUIRY, Office, publish
from tests.plugins.cases.definitions import penalty
from tests.plugins.cases.test_pages import Desk


def second(**renamed: str) -> dict[str, Any]:
    """Version 2, with some steps under another key; an empty one is left out."""
    mapping = penalty(version=2)
    text = mapping
    for old, new in renamed.items():
        for step in list(text["steps"]):
            if step["key"] == old:
                if new:
                    step["key"] = new
                else:
                    text["steps"].remove(step)
        for t in text["transitions"]:
            t["from"] = new if t["from"] == old else t["from"]
            t["to"] = new if t["to"] == old else t["to"]
    return text


def visit(n: int, step: str, state: str = "submitted") -> VisitLine:
    return VisitLine(n, step, 1, state, {})


ROAD = (visit(1, "clue"), visit(2, "filing"), visit(3, "inquiry", "open"))


@pytest.mark.req("C3-16")
@pytest.mark.parametrize(
    ("new", "state", "step", "visits", "to", "refusal"),
    [
        (second(), "open", "inquiry", ROAD, "inquiry", ""),
        (second(inquiry="survey"), "open", "inquiry", ROAD, "survey", ""),
        (second(inquiry=""), "open", "inquiry", ROAD, "", "新版里没有“调查取证”环节"),
        (second(clue="tip"), "open", "inquiry", ROAD, "inquiry", "已经办过的“线索核查”"),
        (second(), "suspended", "inquiry", ROAD, "inquiry", "案件已中止"),
        (second(), "closed", "inquiry", ROAD, "inquiry", "案件已经办结"),
        (penalty(version=1), "open", "inquiry", ROAD, "inquiry", "已经是这个版本"),
        (
            second(),
            "open",
            "execute",
            (*ROAD[:2], visit(3, "service"), visit(4, "execute", "open")),
            "execute",
            "决定已经送达",
        ),
    ],
)
def test_what_can_be_moved_where_and_why_not(new, state, step, visits, to, refusal):
    move = plan_move(
        read_definition(penalty()), read_definition(new), state=state, step=step, visits=visits
    )
    assert move.to_step == to
    assert move.refusal.startswith(refusal)
    assert bool(move.refusal) == bool(refusal)


def test_what_the_new_form_loses_and_adds_is_said():
    new = second()
    form = next(f for f in new["forms"] if f["key"] == "inquiry")
    form["controls"] = [c for c in form["controls"] if c["key"] != "place"]
    form["controls"].append(
        {"key": "source", "title": "进货来源", "type": "text", "required": True}
    )
    move = plan_move(
        read_definition(penalty()),
        read_definition(new),
        state="open",
        step="inquiry",
        visits=ROAD,
        filled=["place", "facts"],
    )
    assert "没有“" in move.notes[0]
    assert "进货来源" in move.notes[1]


async def test_moving_is_an_act_and_the_rest_stays(office: Office, facts):
    case = await office.to_inquiry()
    other = await office.open(title="另一案", same_party_confirmed=True)
    await publish(office, second())
    with pytest.raises(Refused, match="由负责人"):
        await move_cases(office.zhang, 501, [case], "换版")
    with pytest.raises(Invalid, match="理由"):
        await move_cases(office.chief, 501, [case], " ")
    with pytest.raises(Invalid, match="至少选择"):
        await move_cases(office.chief, 501, [], "换版")
    assert await move_cases(office.stranger, 501, [case], "换版") == [], "not of his region"
    (moved,) = await move_cases(office.chief, 501, [case], "程序修订", token="t")
    assert moved.refusal == ""
    file = await office.file(case)
    assert file.definition.version == 2
    assert (await office.file(other)).definition.version == 1
    (fact,) = await facts.only("cases.version_moved")
    assert fact.payload["reason"] == "由第 1 版改为第 2 版：程序修订"
    (again,) = await move_cases(office.chief, 501, [case], "程序修订")
    assert again.refusal == "已经是这个版本。"
    await office.submit(case, INQUIRY)
    assert (await office.file(case)).row["step"] == "finding"


async def test_a_renamed_step_is_entered_anew_with_its_draft(office: Office, client, login_as):
    case = await office.open()
    await office.submit(case, CLUE)
    await publish(office, second(filing="registering"))
    (moved,) = await move_cases(office.chief, 501, [case], "程序修订")
    assert moved.refusal == ""
    file = await office.file(case)
    assert file.row["step"] == "registering"
    assert [v["state"] for v in file.visits] == ["submitted", "superseded", "open"]
    desk = Desk(office, client, login_as)
    await desk.sit(office.chief, "legal_office")
    await desk.page(f"/cases/{case}/timeline")
    await desk.page(f"/cases/{case}/visits/{file.visits[1]['id']}")
    await office.submit(case, {"outcome": "立案", "basis": "第五十四条"}, actor=office.chief)
    assert (await office.file(case)).row["step"] == "inquiry"


async def test_the_preview_and_the_bulk_move(office: Office, client, login_as):
    desk = Desk(office, client, login_as)
    await desk.sit(office.chief, "legal_office")
    assert "都按现行版本办理" in await desk.page("/cases/versions")
    case = await office.to_inquiry()
    served = await office.open(title="已送达案", same_party_confirmed=True)
    await publish(office, second(clue="clue", finding=""))
    html = await desk.page("/cases/versions")
    assert "/cases/versions/501" in html
    html = await desk.page("/cases/versions/501")
    assert html.count('name="cases"') == 2
    answer = await client.post("/cases/versions/501", {"reason": "", "cases": [str(case)]})
    assert answer.status_code == 422
    answer = await client.post(
        "/cases/versions/501",
        {"reason": "程序修订", "cases": [str(case), str(served)], "token": "x"},
    )
    assert answer.status_code == 303, answer.text[-800:]
    assert (await office.file(case)).definition.version == 2
    assert "都按现行版本办理" in await desk.page("/cases/versions")
    await desk.sit(office.zhang)
    await desk.page("/cases/versions", 403)
