# SPDX-License-Identifier: Apache-2.0
"""移送: a case handed to a body of another county, what each side sees, and the answer back."""

import pytest

from core import db
from core.api.db import Scope, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.host.facts import dispatch_all
from plugins.cases.queries import load_case, referral_of
from plugins.cases.services import (
    add_evidence,
    decline_referral,
    hand_over_case,
    open_referral,
    submit_step,
)
from plugins.cases.services.projections import keep_item_version
from tests.plugins.cases.conftest import Office, pdf
from tests.plugins.cases.definitions import penalty
from tests.plugins.cases.test_pages import Desk


@pytest.fixture
async def there(office: Office, agencies) -> int:
    """The body of the other county, with an item of its own; the id of that item."""
    abroad = agencies.foreign_agency
    async with transaction(Scope.platform("test data")):
        await keep_item_version(
            penalty(
                abroad.id,
                item=888,
                org_lo=abroad.lo,
                region_lo=office.tree.other_county.lo,
                aud_lo=office.tree.other_county.lo,
                aud_hi=office.tree.other_county.hi,
                number_prefix="临市监",
            )
        )
        return int(await db.value("select id from cases_item_version where item = 888"))


async def handed(office: Office, agencies) -> tuple[int, int]:
    case = await office.to_inquiry()
    file = await office.file(case)
    await add_evidence(office.zhang, case, file.open_visit["id"], "records", [pdf()])
    sent = await hand_over_case(
        office.chief, case, agencies.foreign_agency.id, "违法行为地在临河区", token="t"
    )
    return case, sent


@pytest.mark.req("C3-09")
async def test_the_file_stays_closed_here_and_a_copy_opens_there(office, agencies, there, facts):
    case, sent = await handed(office, agencies)
    file = await office.file(case)
    assert (file.row["state"], file.row["handed_to"]) == ("transferred", "临河区市场监督管理局")
    assert file.open_visit is None
    assert await db.value("select count(*) from core_turn where closed_at is null") == 0
    assert (
        await db.value(
            "select count(*) from core_clock where subject_id = $1 and stopped_at is null", case
        )
        == 0
    )
    (fact,) = await facts.only("cases.handed_over")
    assert fact.payload["reason"] == "移送临河区市场监督管理局：违法行为地在临河区"
    async with transaction(office.stranger.scope):
        found = await referral_of(office.stranger.scope, sent)
        assert found["from_number"] == "磴市监立〔2026〕1号"
        assert len(found["files"]) == 1
        assert "鲜味园" not in str(found["sealed"])
        assert await db.value(
            "select count(*) from core_file where id = $1", found["files"][0]["id"]
        )
        assert await load_case(office.stranger.scope, case) is None, "the file itself is not theirs"
    async with transaction(office.chief.scope):
        assert await referral_of(office.chief.scope, sent) is None, "what is theirs is not ours"
    opened = await open_referral(office.stranger, sent, there, "", token="o")
    async with transaction(office.stranger.scope):
        new = await load_case(office.stranger.scope, opened)
    assert new.row["source"] == "transferred"
    assert "磴市监立〔2026〕1号" in new.row["source_note"]
    assert new.row["party_name"] == "磴口县鲜味园餐饮店"
    await dispatch_all()
    assert (await office.file(case)).row["handed_answer"].endswith("案号 临市监立〔2026〕1号")
    with pytest.raises(Refused, match="已经处理过"):
        await decline_referral(office.stranger, sent, "不归我们")


async def test_the_same_form_twice_hands_over_once(office, agencies, there):
    case, _sent = await handed(office, agencies)
    assert (
        await hand_over_case(office.chief, case, agencies.foreign_agency.id, "重复", token="t") == 0
    )
    with pytest.raises(Refused, match="已经办结"):
        await hand_over_case(office.chief, case, agencies.foreign_agency.id, "再来")
    with pytest.raises(Refused):
        file = await office.file(case)
        from plugins.cases.services import Posting

        await submit_step(office.zhang, case, Posting(file.visits[-1]["id"], 0, {}))


async def test_declining_is_told_back(office, agencies, there):
    case, sent = await handed(office, agencies)
    with pytest.raises(Invalid, match="不予立案的理由"):
        await decline_referral(office.stranger, sent, " ")
    await decline_referral(office.stranger, sent, "违法行为轻微并已改正")
    await dispatch_all()
    assert (await office.file(case)).row["handed_answer"] == "不予立案：违法行为轻微并已改正"


async def test_who_may_not(office, agencies, there):
    case = await office.open()
    with pytest.raises(Refused, match="由负责人批准"):
        await hand_over_case(office.zhang, case, agencies.foreign_agency.id, "不归我们管")
    with pytest.raises(Invalid, match="就在本单位内部"):
        await hand_over_case(office.chief, case, agencies.agency.id, "不归我们管")
    with pytest.raises(Invalid, match="请选择接收单位"):
        await hand_over_case(office.chief, case, agencies.foreign_bureau.id, "不归我们管")
    with pytest.raises(Invalid, match="理由"):
        await hand_over_case(office.chief, case, agencies.foreign_agency.id, "")
    with pytest.raises(NotFound):
        await hand_over_case(office.stranger, case, agencies.foreign_agency.id, "抢过来")


async def test_the_pages_on_both_sides(office, agencies, there, client, login_as):
    case = await office.to_inquiry()
    desk = Desk(office, client, login_as)
    await desk.sit(office.zhang)
    await desk.page(f"/cases/{case}/handover", 403)
    await desk.sit(office.chief, "legal_office")
    html = await desk.page(f"/cases/{case}/handover?q=临河")
    assert "临河区市场监督管理局" in html
    abroad = agencies.foreign_agency.id
    html = await desk.page(f"/cases/{case}/handover?to={abroad}")
    assert "对方会看到" in html
    assert "本单位保留" in html
    path = f"/cases/{case}/handover"
    answer = await client.post(path, {"to_organisation": abroad, "reason": "", "token": "p"})
    assert answer.status_code == 422
    answer = await client.post(
        path, {"to_organisation": abroad, "reason": "违法行为地在临河区", "token": "p"}
    )
    assert answer.status_code == 303, answer.text[-800:]
    html = await desk.page(f"/cases/{case}")
    assert "移送临河区市场监督管理局" in html
    sent = await db.value("select id from cases_referral")
    await desk.page(f"/cases/referrals/{sent}", 404)
    who = await login_as(
        role="handler", organisation=agencies.foreign_agency, person=office.stranger.person
    )
    assert who.organisation.id == abroad
    await desk.page(f"/cases/{case}", 404)
    await desk.page(f"/cases/{case}/handover", 403)
    html = await desk.page("/cases/referrals")
    assert "拒不改正进货查验违法行为案" in html
    html = await desk.page(f"/cases/referrals/{sent}")
    assert "李建军" not in html
    answer = await client.post(
        f"/cases/referrals/{sent}/open", {"item": there, "title": "案由", "token": "q"}
    )
    assert answer.status_code == 303, answer.text[-800:]
    who = await login_as(role="handler", organisation=agencies.other_foreign_agency)
    await desk.page(f"/cases/referrals/{sent}", 404)
