# SPDX-License-Identifier: Apache-2.0
"""A closed case stays closed; what must be dealt with anew gets a case of its own, linked."""

from datetime import timedelta
from typing import Any

import pytest

from core import db
from core.api.errors import Invalid, NotFound, Refused
from plugins.cases.rules.party import PartyDraft
from plugins.cases.rules.reopening import GROUNDS, reopening_errors, reopening_refusal
from plugins.cases.services import Actor, Reopening, archive_case, reopen_case
from plugins.cases.services.reopening import REOPEN, links_of
from tests.plugins.cases.conftest import APPROVING, CLUE, TUESDAY, Office
from tests.plugins.cases.test_pages import Desk

TODAY = TUESDAY.date()


@pytest.mark.req("C3-15")
@pytest.mark.parametrize(
    ("state", "later", "said"),
    [
        ("closed", None, ""),
        ("closed", ("磴市监〔2026〕9号", True), ""),
        ("closed", ("磴市监〔2026〕9号", False), "已经另立 磴市监〔2026〕9号"),
        ("open", None, "案件还在办理"),
        ("suspended", None, "案件还在办理"),
        ("transferred", None, "案件已经移送"),
    ],
)
def test_what_may_be_dealt_with_anew(state, later, said):
    found = reopening_refusal(state, later)
    assert found.startswith(said)
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("ground", "number", "reason", "due", "field"),
    [
        ("review", "复决字〔2026〕3号", "程序违法", TODAY, None),
        ("review", "", "程序违法", None, "basis_number"),
        ("court", "", "程序违法", None, "basis_number"),
        ("supervision", "", "程序违法", None, "basis_number"),
        ("self", "", "罚款数额错误", None, None),
        ("facts", "", "又发现同批货物", None, None),
        ("nothing", "", "理由", None, "ground"),
        ("self", "", "", None, "reason"),
        ("self", "", "长" * 401, None, "reason"),
        ("self", "长" * 101, "理由", None, "basis_number"),
        ("self", "", "理由", TODAY - timedelta(days=1), "due"),
    ],
)
def test_what_the_form_needs(ground, number, reason, due, field):
    errors = reopening_errors(ground, number, reason, due, TODAY)
    assert list(errors) == ([field] if field else [])


def test_who_was_ordered_to_decide_anew_is_told_not_to_decide_the_same():
    warned = {g.key for g in GROUNDS if "基本相同" in g.warning}
    assert warned == {"review", "court"}


def wish(actor: Actor, **more: Any) -> Reopening:
    return Reopening(
        **{
            "ground": "review",
            "basis_number": "磴政复决字〔2026〕3号",
            "reason": "告知程序缺失，责令重新作出",
            "title": "",
            "lead": actor.person,
            "due": TODAY + timedelta(days=30),
            "token": "",
            **more,
        }
    )


def chief_of(office: Office) -> Actor:
    from dataclasses import replace

    return replace(office.chief, permissions=APPROVING | {REOPEN})


async def closed(office: Office, *, archived: bool = False, **more: Any) -> int:
    case = await office.open(same_party_confirmed=True, **more)
    await office.submit(case, CLUE)
    await office.submit(case, {"outcome": "不予立案"}, actor=office.chief, to="archive")
    await office.submit(case, {"closing_note": "结案"}, actor=office.zhang)
    assert (await office.file(case)).row["state"] == "closed"
    if archived:
        await archive_case(office.chief, case, "2026-001", 30, "材料另存")
    return case


async def rows_of(case: int) -> dict[str, Any]:
    async with db.transaction(db.Scope.platform("a test looks at everything")):
        return {
            table: await db.rows(
                f"select * from {table} where {'id' if table == 'cases_case' else 'case_id'} = $1"
                " order by id",
                case,
            )
            for table in (
                "cases_case",
                "cases_party",
                "cases_visit",
                "cases_evidence",
                "cases_authorisation",
                "cases_document",
            )
        }


@pytest.mark.req("C3-15")
async def test_the_old_case_is_untouched_and_both_name_each_other(office: Office, facts):
    party = PartyDraft(
        "person", "李建军", "", "150822198801120477", "", "团结路 18 号", "13947812345"
    )
    old = await closed(office, archived=True, party=party)
    chief = chief_of(office)
    before = await rows_of(old)
    made = await reopen_case(chief, old, wish(office.zhang, token="t"))
    assert await rows_of(old) == before, "not one column of the old case changed"
    first, second = await office.file(old), await office.file(made)
    assert second.row["case_number"] != first.row["case_number"]
    assert (second.row["state"], second.row["step"]) == ("open", "clue")
    assert second.row["title"] == first.row["title"]
    assert first.row["case_number"] in second.row["source_note"]
    assert second.row["lead"] == office.zhang.person
    new_party = (await rows_of(made))["cases_party"][0]
    for name in ("name_hash", "identity_hash", "name_shown", "id_number_masked", "phone_masked"):
        assert new_party[name] == before["cases_party"][0][name], name
    (later,) = await links_of(chief, old)
    (earlier,) = await links_of(chief, made)
    assert (later["direction"], later["other"], later["other_number"]) == (
        "later",
        made,
        second.row["case_number"],
    )
    assert (earlier["direction"], earlier["other"]) == ("earlier", old)
    assert later["href"] == f"/cases/{made}"
    assert earlier["ground_title"] == "行政复议决定撤销，责令重新作出"
    (fact,) = await facts.only("cases.reopened")
    assert fact.subject.id == made
    assert "磴政复决字〔2026〕3号" in fact.payload["reason"]
    assert fact.payload["by"] == "乌日娜"
    (told,) = await facts.only("cases.dealt_with_anew")
    assert (told.subject.id, told.payload["by_case"]) == (old, made)
    assert await reopen_case(chief, old, wish(office.zhang, token="t")) == made, "posted twice"
    with pytest.raises(Refused, match="还没有办结"):
        await reopen_case(chief, old, wish(office.zhang))


async def test_who_may_not_and_what_cannot(office: Office, facts):
    old = await closed(office)
    running = await office.open(title="在办案", same_party_confirmed=True)
    chief = chief_of(office)
    with pytest.raises(Refused, match="由负责人或者法制机构决定"):
        await reopen_case(office.chief, old, wish(office.zhang))
    with pytest.raises(Refused, match="还在办理"):
        await reopen_case(chief, running, wish(office.zhang))
    with pytest.raises(NotFound):
        await reopen_case(office.stranger, old, wish(office.stranger))
    for more, field in (
        ({"ground": "x"}, "ground"),
        ({"reason": " "}, "reason"),
        ({"basis_number": ""}, "basis_number"),
        ({"title": "长" * 201}, "title"),
    ):
        with pytest.raises(Invalid) as caught:
            await reopen_case(chief, old, wish(office.zhang, **more))
        assert field in caught.value.errors
    assert await facts.only("cases.reopened") == []
    assert len(await facts.only("cases.opened")) == 2, "nothing was opened by half"


async def test_on_the_pages(office: Office, client, login_as):
    old = await closed(office)
    desk = Desk(office, client, login_as)
    await desk.sit(office.zhang)
    await desk.page(f"/cases/{old}/reopen", 403)
    acts = await desk.page(f"/cases/{old}/acts")
    assert "由负责人或者法制机构决定。" in acts
    await desk.sit(office.chief, "legal_office")
    html = await desk.page(f"/cases/{old}/reopen")
    assert "不得以同一事实和理由" in html
    typed = {
        "ground": "self",
        "reason": "",
        "title": "重新核查案",
        "lead": str(office.zhang.person),
        "basis_number": "",
    }
    answer = await client.post(f"/cases/{old}/reopen", typed)
    assert answer.status_code == 422
    assert 'value="self" checked' in answer.text
    assert "重新核查案" in answer.text
    answer = await client.post(f"/cases/{old}/reopen", {**typed, "reason": "数额错误"})
    assert answer.status_code == 303, answer.text[-900:]
    new = await client.follow(answer)
    assert "本案重新处理原案" in new.text
    assert f'href="/cases/{old}"' in new.text
    made = int(answer.headers["location"].rsplit("/", 1)[1])
    html = await desk.page(f"/cases/{old}")
    assert "本案已另立新案重新处理" in html
    assert f'href="/cases/{made}"' in html
    assert "另立" in await desk.page(f"/cases/{old}/timeline")
    assert "重新处理原案" in await desk.page(f"/cases/{made}/print")
    assert "还没有办结" in await desk.page(f"/cases/{old}/reopen")
