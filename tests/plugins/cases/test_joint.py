# SPDX-License-Identifier: Apache-2.0
"""会签, the numbers beside officers, and who leads when nobody was named."""

from datetime import date

import msgspec
import pytest

from core import db
from core.api.db import Scope, transaction
from core.api.errors import Invalid, Refused
from core.api.facts import record
from core.api.plugin import Place, SubjectRef
from plugins.cases.queries import certificate_numbers
from plugins.cases.rules.definition import Joint
from plugins.cases.rules.event import CaseEvent, Officer
from plugins.cases.rules.joint import Word, joint_standing, rule_in_words
from plugins.cases.services import Choice, Stopped, authorise_officers, roll_back, sign_step
from plugins.cases.services.officers import lead_by_default
from tests.plugins.cases.conftest import CLUE, INQUIRY, CardFact, publish, unqualified
from tests.plugins.cases.definitions import penalty
from tests.plugins.cases.test_pages import Desk

PEOPLE = ((1, "甲"), (2, "乙"), (3, "丙"))


def words(**said: bool) -> list[Word]:
    """``p1=True``: person 1 agrees."""
    names = dict(PEOPLE)
    return [
        Word(int(k[1:]), names.get(int(k[1:]), "外人"), v, "理由" * (not v))
        for k, v in said.items()
    ]


@pytest.mark.req("C3-08")
@pytest.mark.parametrize(
    ("joint", "said", "starts"),
    [
        (Joint("all"), words(), "还有甲、乙、丙没有会签"),
        (Joint("all"), words(p1=True, p2=True), "还有丙没有会签"),
        (Joint("all"), words(p1=True, p2=True, p3=True), ""),
        (
            Joint("all"),
            words(p1=True, p2=False, p3=True),
            "会签没有全部同意，不能提交。乙不同意：理由",
        ),
        (Joint("all"), words(p1=True, p2=True, p9=True), "还有丙没有会签"),
        (Joint("any"), words(), "会签需要 1 人同意，现在 0 人同意"),
        (Joint("any"), words(p2=True), ""),
        (Joint("any"), words(p1=False, p2=True), ""),
        (
            Joint("any"),
            words(p1=False, p2=False, p3=False),
            "会签需要 1 人同意，3 人不同意，已经不可能",
        ),
        (Joint("quorum", 2), words(p1=True), "会签需要 2 人同意，现在 1 人同意"),
        (Joint("quorum", 2), words(p1=True, p3=True), ""),
        (Joint("quorum", 2), words(p1=False, p2=True, p3=True), ""),
        (
            Joint("quorum", 2),
            words(p1=False, p2=False),
            "会签需要 2 人同意，2 人不同意，已经不可能",
        ),
        (Joint("quorum", 4), words(), "会签需要 4 人同意，只授权了 3 人"),
        (Joint("quorum", 0), words(p1=True), ""),
    ],
)
def test_the_rule_of_a_joint_step(joint, said, starts):
    refusal = joint_standing(joint, PEOPLE, said).refusal
    assert refusal.startswith(starts)
    assert bool(refusal) == bool(starts)


def test_nobody_authorised_is_never_an_agreement():
    for joint in (Joint("all"), Joint("any"), Joint("quorum", 0)):
        assert "先授权" in joint_standing(joint, (), words(p1=True)).refusal
    assert rule_in_words(Joint("all"), 3) == "会签：授权的 3 人全部同意才能提交。"
    assert rule_in_words(Joint("any"), 3) == "会签：一人同意即可提交。"
    assert rule_in_words(Joint("quorum", 2), 3) == "会签：2 人同意才能提交，现在授权 3 人。"


@pytest.mark.parametrize(
    ("qualified", "lead"), [((False, True, True), 2), ((True, True, True), 1), ((False,) * 3, 1)]
)
def test_the_first_qualified_officer_leads(qualified, lead):
    officers = [Officer(n, f"{n}", q) for n, q in enumerate(qualified, start=1)]
    ordered = lead_by_default(officers)
    assert (ordered[0].person, ordered[0].role) == (lead, "lead")
    assert [o.role for o in ordered[1:]] == ["assist", "assist"]
    assert lead_by_default(()) == ()


def joint_penalty(mode: str = "all", quorum: int = 0, **more):
    mapping = penalty(item=777, **more)
    for step in mapping["steps"]:
        if step["key"] == "finding":
            step["joint"] = {"mode": mode, "quorum": quorum}
    return mapping


async def to_finding(office, mode: str = "all", quorum: int = 0) -> int:
    item = await publish(office, joint_penalty(mode, quorum))
    case = await office.open(item_version=item)
    await office.submit(case, CLUE)
    await office.submit(
        case,
        {"outcome": "立案", "basis": "第五十四条"},
        actor=office.chief,
        officers=[office.zhang, office.sqgw],
    )
    await office.submit(case, INQUIRY)
    return case


async def turns(case: int) -> set[tuple[str, str]]:
    return {
        (r["name"], r["step_title"])
        for r in await db.rows(
            "select p.name, t.step_title from core_turn t join core_person p"
            " on p.id = t.person where t.subject_id = $1 and t.closed_at is null",
            case,
        )
    }


@pytest.mark.req("C3-08")
async def test_all_sign_before_the_step_is_submitted(office, facts):
    case = await to_finding(office)
    assert await turns(case) == {("张海龙", "调查终结"), ("斯琴高娃", "调查终结会签")}
    with pytest.raises(Stopped, match="还有张海龙、斯琴高娃没有会签"):
        await office.submit(case, {"summary": "清楚"})
    await sign_step(office.zhang, case, True, "", token="one")
    await sign_step(office.zhang, case, True, "", token="one")
    with pytest.raises(Invalid, match="写明理由"):
        await sign_step(office.sqgw, case, False, " ")
    await sign_step(office.sqgw, case, False, "证据不足")
    assert ("斯琴高娃", "调查终结会签") not in await turns(case)
    with pytest.raises(Stopped, match="斯琴高娃不同意：证据不足"):
        await office.submit(case, {"summary": "清楚"})
    await sign_step(office.sqgw, case, True, "补充后同意")
    await office.submit(case, {"summary": "清楚"})
    payload = (await facts.only("cases.step_submitted"))[-1].payload
    assert [(s["name"], s["agrees"]) for s in payload["signatures"]] == [
        ("张海龙", True),
        ("斯琴高娃", True),
    ]
    assert len(await facts.only("cases.signed")) == 3, (
        "each word is kept, the repeated post is not one"
    )


async def test_only_who_is_authorised_signs_and_each_entry_is_signed_anew(office):
    case = await to_finding(office, "quorum", 2)
    with pytest.raises(Refused):
        await sign_step(office.wang, case, True, "")
    await sign_step(office.zhang, case, True, "")
    await sign_step(office.sqgw, case, True, "")
    await office.submit(case, {"summary": "清楚"})
    with pytest.raises(Refused, match="不需要会签"):
        await sign_step(office.zhang, case, True, "")
    await roll_back(office.chief, case, "finding", "补充调查")
    with pytest.raises(Stopped, match="没有会签"):
        await office.submit(case, {"summary": "清楚"})
    await authorise_officers(office.zhang, case, "finding", [Choice(office.wang.person)])
    with pytest.raises(Stopped, match="只授权了 1 人"):
        await office.submit(case, {"summary": "清楚"}, actor=office.wang)


async def test_the_signatures_on_the_page(office, client, login_as):
    case = await to_finding(office)
    desk = Desk(office, client, login_as)
    await desk.sit(office.wang)
    html = await desk.page(f"/cases/{case}")
    assert "授权的 2 人全部同意才能提交" in html
    assert f"/cases/{case}/sign" not in html, "no button for who may not sign"
    assert "你没有被授权会签" in await desk.page(f"/cases/{case}/sign")
    await desk.sit(office.sqgw)
    html = await desk.page(f"/cases/{case}/sign")
    assert " checked" not in html.split('id="f-word"')[1].split("</fieldset>")[0], (
        "nobody agrees by pressing one button"
    )
    answer = await client.post(f"/cases/{case}/sign", {"opinion": "先看看", "token": "t"})
    assert answer.status_code == 422
    assert "请选择会签意见" in answer.text
    answer = await client.post(
        f"/cases/{case}/sign", {"word": "disagree", "opinion": "", "token": "t"}
    )
    assert answer.status_code == 422
    assert "写明理由" in answer.text
    answer = await client.post(
        f"/cases/{case}/sign", {"word": "disagree", "opinion": "事实不清", "token": "t"}
    )
    assert answer.status_code == 303
    assert "不同意，事实不清" in await desk.page(f"/cases/{case}")
    again = (await desk.page(f"/cases/{case}/sign")).split('id="f-word"')[1]
    assert 'value="disagree" checked' in again, "one's own word stands there to be changed"


# --- certificate numbers -----------------------------------------------------------------------


async def tell_card(office, person: int, number: str, **more) -> None:
    async with transaction(Scope.platform("test data")):
        await record(
            "certificates.certificate_changed",
            SubjectRef("certificates.certificate", more.get("certificate", person)),
            CardFact(**{"certificate": person, "person": person, "number": number, **more}),
            Place(office.tree.county.lo, office.agency.lo),
        )


@pytest.mark.req("S1-5")
async def test_the_number_of_a_qualified_officer_stands_beside_him(office, client, login_as, facts):
    await tell_card(office, office.zhang.person, "15082200112")
    unqualified[office.sqgw.person] = "没有登记执法证号"
    case = await office.open()
    await authorise_officers(
        office.zhang, case, "clue", [Choice(office.sqgw.person), Choice(office.zhang.person)]
    )
    told = msgspec.convert((await facts.only("cases.authorised"))[-1].payload, CaseEvent)
    assert [(o.name, o.number, o.role) for o in told.officers] == [
        ("张海龙", "15082200112", "lead"),
        ("斯琴高娃", "", "assist"),
    ], "the qualified one leads although named second"
    desk = Desk(office, client, login_as)
    await desk.sit(office.zhang)
    html = await desk.page(f"/cases/{case}")
    assert "证号 15082200112" in html
    assert "没有登记执法证号" in html


async def test_only_a_good_card_gives_a_number_and_the_newest_telling_counts(office):
    person = office.zhang.person
    await tell_card(office, person, "A1", valid_until="2026-01-01")
    async with transaction(office.chief.scope):
        assert await certificate_numbers([person], date(2026, 5, 12)) == {}
        assert await certificate_numbers([person], date(2025, 5, 12)) == {person: "A1"}
    await tell_card(office, person, "A1", state="suspended")
    async with transaction(office.chief.scope):
        assert await certificate_numbers([person], date(2025, 5, 12)) == {}
    async with transaction(office.stranger.scope):
        assert await certificate_numbers([person], date(2025, 5, 12)) == {}
