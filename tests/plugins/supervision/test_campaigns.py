# SPDX-License-Identifier: Apache-2.0
"""Campaigns with their draw, programmes, hand-overs: services and pages."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.api import clock as time
from core.api.db import Scope, execute, row, rows, transaction
from core.api.deadlines import clock_by_id
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.people import enter_person
from core.calendar.sweep import lapse_due_clocks
from core.host.facts import fact_of
from plugins.supervision import commands, reactions
from plugins.supervision.queries import campaigns as reading
from plugins.supervision.queries import programmes as listed
from plugins.supervision.rules import draw as lots
from plugins.supervision.rules.programme import REPORTS, Deliverable, Stage
from plugins.supervision.rules.transfer import Details
from plugins.supervision.services import campaigns, programmes, transfers
from tests.plugins.supervision.conftest import NOW
from tests.plugins.supervision.test_pages import send
from tests.plugins.supervision.test_services import matter

ALL = Scope.platform("test")
RESULT = "03 08 14 19 22 31+06"
RESULT_ON = date(2026, 5, 14)
THAT_EVENING = datetime(2026, 5, 14, 14, 0, tzinfo=UTC)


def plan(**changed) -> campaigns.Plan:
    told = {
        "title": "涉企检查专项监督",
        "scope_words": "全县执法单位近一年的涉企检查",
        "contents": ["conduct"],
        "checklist": "1. 检查事项是否公布\n2. 检查结果是否公示",
        "starts_on": date(2026, 5, 12),
        "ends_on": date(2026, 7, 31),
    }
    return campaigns.Plan(**{**told, **changed})


async def sealed(county, **changed) -> int:
    id_ = await campaigns.plan(county.bureau, plan(**changed))
    bodies = [county.agencies.agency.id, county.agencies.other_agency.id]
    await campaigns.set_lists(county.bureau, id_, bodies, county.team)
    await campaigns.seal(county.bureau, id_, 1, 2, "福彩双色球开奖号码", RESULT_ON)
    return id_


async def campaign(id_: int):
    async with transaction(ALL):
        return await row("select * from supervision_campaign where id = $1", id_)


@pytest.mark.req("C5-07", "S4-1")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": "专"}, "title"),
        ({"scope_words": ""}, "scope_words"),
        ({"checklist": "\n"}, "checklist"),
        ({"contents": []}, "contents"),
        ({"ends_on": date(2026, 5, 1)}, "ends_on"),
        ({"kind": "individual"}, "kind"),
    ],
)
async def test_what_a_campaign_needs(county, changed, field) -> None:
    with pytest.raises(Invalid) as wrong:
        await campaigns.plan(county.bureau, plan(**changed))
    assert field in wrong.value.errors


@pytest.mark.req("B10-1", "C5-07")
async def test_a_draw_from_the_list_to_the_matters(county, client, facts, tmp_path, clock) -> None:
    id_ = await sealed(county)
    it = await campaign(id_)
    assert it["secret"] == ""
    assert it["secret_sealed"]
    with pytest.raises(Conflict):  # frozen is frozen
        await campaigns.set_lists(county.bureau, id_, [county.agencies.agency.id], county.team)
    page = await client.get(f"/supervision/draws/{it['token']}")
    assert it["commitment"] in page.text
    assert "等待公开结果" in page.text
    with pytest.raises(Refused, match="5月14日才产生"):  # nobody knows it yet
        await campaigns.draw(county.bureau, id_, RESULT)
    clock(THAT_EVENING)
    with pytest.raises(NotFound):
        await campaigns.draw(county.neighbour, id_, RESULT)
    titles = await campaigns.draw(county.bureau, id_, RESULT)
    assert len(titles) == 1
    async with transaction(ALL):
        [made] = await reading.matters_of(id_)
        members = await rows(
            "select person from supervision_member where matter = $1 order by person", made["id"]
        )
    assert made["body_name"] == titles[0]
    assert [m["person"] for m in members] == sorted(county.team)
    page = (await client.get(f"/supervision/draws/{it['token']}")).text
    assert page.count("：通过") == 4
    data = await client.get(f"/supervision/draws/{it['token']}/data")
    assert all(check["ok"] for check in commands.checks_of(json.loads(data.text)))
    with pytest.raises(Conflict):
        await campaigns.draw(county.bureau, id_, RESULT)
    assert (await client.get("/supervision/draws/0000")).status_code == 404


@pytest.mark.req("B10-1")
async def test_a_list_changed_after_the_publication(county, client, clock) -> None:
    id_ = await sealed(county)
    clock(THAT_EVENING)
    async with transaction(ALL):
        await execute(
            "update supervision_entry set title = '别的单位' where campaign = $1 and role = 'object'"
            " and organisation = $2",
            id_,
            county.agencies.agency.id,
        )
    with pytest.raises(Refused, match="名单在公布以后被改动"):
        await campaigns.draw(county.bureau, id_, RESULT)
    page = await client.get(f"/supervision/draws/{(await campaign(id_))['token']}")
    assert "散列值不一致" in page.text


async def test_nobody_draws_his_own_house(county) -> None:
    id_ = await campaigns.plan(county.bureau, plan())
    with pytest.raises(Invalid):
        await campaigns.set_lists(county.bureau, id_, [county.agencies.bureau.id], county.team)
    with pytest.raises(Invalid):
        await campaigns.set_lists(county.bureau, id_, [county.agencies.agency.id], county.team[:1])
    await campaigns.set_lists(county.bureau, id_, [county.agencies.agency.id], county.team)
    with pytest.raises(Invalid):
        await campaigns.seal(county.bureau, id_, 2, 2, "福彩双色球开奖号码", RESULT_ON)
    with pytest.raises(Invalid):
        await campaigns.seal(county.bureau, id_, 1, 2, "", RESULT_ON)


@pytest.mark.req("B10-1")
@pytest.mark.parametrize(
    ("on", "words"),
    [
        (NOW.date(), "最早明天"),
        (NOW.date() - timedelta(days=3), "最早明天"),
        (NOW.date() + timedelta(days=1), ""),
        (NOW.date() + timedelta(days=60), ""),
        (NOW.date() + timedelta(days=61), "60 天内"),
    ],
)
def test_the_result_that_binds_a_draw_is_not_known_when_the_list_is_frozen(on, words) -> None:
    fault = lots.seal_fault(on, NOW.date())
    assert (words in fault) if words else not fault


@pytest.mark.req("B10-1")
async def test_a_known_result_is_refused_beside_its_day(county, client, login_as) -> None:
    id_ = await campaigns.plan(county.bureau, plan())
    await campaigns.set_lists(county.bureau, id_, [county.agencies.agency.id], county.team)
    with pytest.raises(Invalid) as wrong:
        await campaigns.seal(county.bureau, id_, 1, 2, "昨晚福彩双色球开奖号码", NOW.date())
    assert "result_on" in wrong.value.errors
    assert (await campaign(id_))["state"] == "planned"


async def test_findings_become_the_list_and_the_report_ends_it(
    county, login_as, client, region_tree, clock
) -> None:
    id_ = await sealed(county)
    clock(THAT_EVENING)
    await campaigns.draw(county.bureau, id_, RESULT)
    async with transaction(ALL):
        [made] = await reading.matters_of(id_)
    office = await login_as(
        "supervision_bureau", region=region_tree.county, organisation=county.agencies.bureau
    )
    path = f"/supervision/{made['id']}"
    wrong = await send(client, office, f"{path}/findings", result_c1="ok", result_c2="problem")
    assert wrong.status_code == 422
    done = await send(
        client,
        office,
        f"{path}/findings",
        result_c1="ok",
        result_c2="problem",
        note_c2="两次检查结果没有公示",
    )
    assert done.status_code == 303
    assert "两次检查结果没有公示" in (await client.get(f"{path}/issue/notice")).text
    with pytest.raises(Refused):
        await campaigns.close_campaign(
            county.bureau, id_, "检查一个单位，发现一个问题，已经整改到位。"
        )
    assert (await client.get(f"/supervision/campaigns/{id_}")).status_code == 200
    assert str(id_) in (await client.get("/supervision/campaigns")).text
    assert (await matter(made["id"]))["campaign"] == id_


# --- 工作方案 -----------------------------------------------------------------------------------


def programme() -> programmes.Plan:
    begins = date(2026, 7, 1)
    return programmes.Plan(
        "苏木镇行政执法协调监督工作方案",
        begins,
        date(2026, 12, 31),
        [
            Stage("推进实施", begins, date(2026, 11, 30)),
            Stage("总结提升", date(2026, 12, 1), date(2026, 12, 31)),
        ],
        [("summary", Deliverable("试点工作总结", date(2026, 12, 1), 1))],
    )


SUMMARY = "开展情况：已经全部铺开。取得的成效：明显。先进经验：联动。存在的困难：人员少。"


@pytest.mark.req("S4-6", "S4-7", "S4-3")
async def test_a_programme_and_what_is_handed_in(county, clock) -> None:
    id_ = await programmes.publish(county.bureau, programme())
    async with transaction(county.township.scope):
        assert await listed.programme_in(county.township.scope, id_)
        [asked] = await listed.deliverables_of(id_)
    async with transaction(county.neighbour.scope):
        assert await listed.programme_in(county.neighbour.scope, id_) is None
    with pytest.raises(Invalid, match="存在的困难"):
        await programmes.hand_in(county.township, id_, asked["id"], "", SUMMARY[:-10], None)
    clock(datetime(2026, 12, 2, 1, tzinfo=UTC))
    await programmes.hand_in(county.township, id_, asked["id"], "", SUMMARY, None)
    await programmes.hand_in(
        county.township, id_, 0, "innovation", "与派出所建立了线索移送的联系机制。", None
    )
    async with transaction(county.bureau.scope):
        handed = await listed.handed_in(county.bureau.scope, id_)
        offices = await programmes.offices_below(0, 2**62, county.bureau.organ)
    assert len(handed) == 2
    [line] = [
        line
        for line in programmes.board([asked], offices, handed, date(2026, 12, 3))
        if line["name"] == "隆盛合镇司法所"
    ]
    assert line["cells"] == [("late", "逾期报送")]
    async with transaction(county.neighbour.scope):
        assert await listed.handed_in(county.neighbour.scope, id_) == []
    with pytest.raises(Refused):
        await programmes.hand_in(county.bureau, id_, asked["id"], "", SUMMARY, None)
    await programmes.close_programme(county.bureau, id_, "试点工作全部完成，形成长效机制。")
    with pytest.raises(Refused):
        await programmes.hand_in(county.township, id_, asked["id"], "", SUMMARY, None)


@pytest.mark.req("S4-6")
async def test_a_programme_is_typed_line_by_line(county, login_as, client, region_tree) -> None:
    office = await login_as(
        "supervision_bureau", region=region_tree.county, organisation=county.agencies.bureau
    )
    told = {
        "title": "苏木镇行政执法协调监督工作方案",
        "begins": "2026-07-01",
        "ends": "2026-12-31",
        "stages": "推进实施 2026-07-01 2026-11-30\n总结提升 2026-12-01 2026-12-31",
        "deliverables": "2 工作总结 试点工作总结 2026-12-01",
    }
    form = (await client.get("/supervision/programmes/new")).text
    assert all(words in form for words in REPORTS.values()), "the kinds, before one is refused"
    bad = await send(
        client, office, "/supervision/programmes/new", **{**told, "stages": "推进实施 七月"}
    )
    assert bad.status_code == 422
    assert "第 1 行看不懂" in bad.text
    late = {**told, "deliverables": "1 工作总结 试点工作总结 2026-12-01"}
    assert (await send(client, office, "/supervision/programmes/new", **late)).status_code == 422
    made = await send(client, office, "/supervision/programmes/new", **told)
    assert made.status_code == 303
    shown = await client.get(made.headers["location"])
    assert "隆盛合镇司法所" in shown.text
    assert "试点工作总结" in (await client.get("/supervision/programmes")).text + shown.text


@pytest.mark.req("S4-3")
async def test_the_bureau_lays_down_what_the_township_offices_do(
    county, login_as, client, region_tree
) -> None:
    """The duties stand in the programme; the office reads them, and no other county's does."""
    bureau = await login_as(
        "supervision_bureau", region=region_tree.county, organisation=county.agencies.bureau
    )
    duties = ("每月与综合执法机构对接一次。", "发现问题三日内报旗县司法局。")
    told = {
        "title": "苏木镇行政执法协调监督工作方案",
        "begins": "2026-07-01",
        "ends": "2026-12-31",
        "goals": "\n".join(duties),
        "stages": "推进实施 2026-07-01 2026-12-31",
        "deliverables": "1 工作总结 试点工作总结 2026-12-01",
    }
    made = await send(client, bureau, "/supervision/programmes/new", **told)
    assert made.status_code == 303
    path = made.headers["location"]
    async with transaction(ALL):
        nashun = await enter_person("那顺", county.township.organ)
    await login_as("justice_office", region=region_tree.town, person=nashun.id)
    read = (await client.get(path)).text
    assert "司法所的职责" in read
    assert all(words in read for words in duties)
    await login_as(
        "supervision_bureau",
        region=region_tree.other_county,
        organisation=county.agencies.foreign_bureau,
    )
    assert (await client.get(path)).status_code == 404


# --- 行刑衔接 -----------------------------------------------------------------------------------


TOLD = Details("磴市监移〔2026〕2号", "磴口县公安局", ("letter", "report"))


async def reported(county) -> int:
    return await transfers.report(
        county.body,
        "销售假冒注册商标的商品案",
        "",
        "销售假冒注册商标的商品罪",
        "查获假冒白酒货值二十余万元，超过追诉标准。",
        ["张海龙", "斯琴高娃"],
    )


async def transfer(id_: int):
    async with transaction(ALL):
        return await row("select * from supervision_transfer where id = $1", id_)


@pytest.mark.req("B10-3")
async def test_a_hand_over_with_its_periods(county, clock) -> None:
    id_ = await reported(county)

    async def due() -> datetime:
        async with transaction(ALL):
            return (await clock_by_id((await transfer(id_))["clock"])).due_at

    assert (await due()).date() >= (NOW + timedelta(days=3)).date()
    with pytest.raises(Invalid):
        await transfers.step(county.body, id_, "send", "", TOLD)
    await transfers.step(county.body, id_, "approve", "")
    assert await due() == NOW + timedelta(hours=24)
    with pytest.raises(NotFound):
        await transfers.step(county.stranger, id_, "send", "", TOLD)
    clock(NOW + timedelta(hours=25))
    async with transaction(ALL):
        await lapse_due_clocks()
        lapsed = await row(
            "select * from core_fact where kind = 'core.clock.lapsed' order by id desc limit 1"
        )
        await reactions.note_lapse(fact_of(lapsed))
    assert (await transfer(id_))["late"]
    with pytest.raises(Invalid) as bare:
        await transfers.step(county.body, id_, "send", "")
    assert set(bare.value.errors) == {"letter", "receiver", "materials"}
    await transfers.step(county.body, id_, "send", "", TOLD)
    assert not (await transfer(id_))["late"]
    running = await due()
    clock(NOW + timedelta(hours=97))
    signed = replace(
        TOLD, signed_by="王警官", signed_on=time.local(NOW + timedelta(hours=96)).date()
    )
    await transfers.step(county.body, id_, "receipt", "", signed)
    assert (await transfer(id_))["state"] == "sent"
    assert await due() > running  # the three days of the police run from what they signed
    with pytest.raises(Invalid):
        await transfers.step(county.body, id_, "receipt", "", signed)
    for act, note in (
        ("decline", "公安机关认为没有犯罪事实"),
        ("ask", ""),
        ("file", ""),
        ("goods", ""),
    ):
        await transfers.step(county.body, id_, act, note)
    it = await transfer(id_)
    assert it["state"] == "ended"
    assert [s["act"] for s in it["steps"]][-1] == "goods"
    assert it["clock"] is None


async def test_a_refusal_that_was_upheld_goes_to_the_procuratorate(county) -> None:
    id_ = await reported(county)
    why = "公安机关认为没有犯罪事实"
    for act, note in (
        ("approve", ""),
        ("send", ""),
        ("decline", why),
        ("ask", ""),
        ("decline", why),
    ):
        await transfers.step(county.body, id_, act, note, TOLD)
    async with transaction(ALL):
        running = await clock_by_id((await transfer(id_))["clock"])
        turn = await row(
            "select step_title from core_turn where subject_kind = 'supervision.transfer'"
            " and subject_id = $1 and closed_at is null",
            id_,
        )
    assert "建议检察院立案监督" in running.title
    assert turn["step_title"] == "建议检察院立案监督"
    with pytest.raises(Invalid):
        await transfers.step(county.body, id_, "ask", "")
    assert await transfers.step(county.body, id_, "escalate", "") == "escalated"
    assert await transfers.step(county.body, id_, "file", "") == "filed"


@pytest.mark.req("B10-3")
async def test_the_pages_of_a_hand_over(county, login_as, client, region_tree) -> None:
    who = await login_as("legal_office", organisation=county.agencies.agency)
    one = {
        "title": "销售假冒注册商标的商品案",
        "suspicion": "销售假冒注册商标的商品罪",
        "facts": "查获假冒白酒货值二十余万元，超过追诉标准。",
        "officers": "张海龙",
    }
    refused = await send(client, who, "/supervision/transfers/new", **one)
    assert refused.status_code == 422
    assert "不得少于两名执法人员" in refused.text
    one["officers"] = "张海龙、斯琴高娃"
    made = await send(client, who, "/supervision/transfers/new", **one)
    path = made.headers["location"]
    shown = (await client.get(path)).text
    assert "批准移送" in shown
    assert not re.search(r"\d{4}-\d\d-\d\dT\d", shown)  # a time is told as people tell it
    assert (await send(client, who, f"{path}/step", act="refuse")).status_code == 422
    assert (await send(client, who, f"{path}/step", act="approve")).status_code == 303
    told = {"act": "send", "letter": "磴市监移〔2026〕3号", "receiver": "", "materials": ["letter"]}
    refused = await send(client, who, f"{path}/step", **told)
    assert refused.status_code == 422
    for words in ("写明接收的公安机关", "必须附有案件情况的调查报告", "磴市监移〔2026〕3号"):
        assert words in refused.text
    assert "商标" in (await client.get("/supervision/received/transfers")).text
    await login_as(
        "supervision_bureau", region=region_tree.county, organisation=county.agencies.bureau
    )
    assert "待移送" in (await client.get(path)).text
    assert "商标" in (await client.get("/supervision/transfers")).text
    await login_as(
        "supervision_bureau",
        region=region_tree.other_county,
        organisation=county.agencies.foreign_bureau,
    )
    assert (await client.get(path)).status_code == 404


@pytest.mark.req("S4-4")
async def test_a_township_office_compiles_its_own_duties(
    county, region_tree, login_as, client
) -> None:
    """权责清单 belongs to the office that wrote it; the bureau above reads it, and no more."""
    path = "/supervision/registers"
    basis = {
        "number": "内司通〔2022〕49号",
        "title": "关于开展行政执法协调监督试点的通知",
        "issuer": "自治区司法厅",
    }
    bureau = await login_as(
        "supervision_bureau", region=region_tree.county, organisation=county.agencies.bureau
    )
    assert (await send(client, bureau, f"{path}/bases", **basis)).status_code == 303
    async with transaction(ALL):
        based = await row("select id from supervision_basis")
    async with transaction(ALL):
        nashun = await enter_person("那顺", county.township.organ)
    town = await login_as("justice_office", region=region_tree.town, person=nashun.id)
    assert "内司通〔2022〕49号" in (await client.get(path)).text
    duty = {
        "title": "协调苏木镇综合执法队检查",
        "content": "conduct",
        "way": "每月巡查一次",
        "liability": "所长负责",
        "basis": str(based["id"]),
    }
    unsaid = await send(client, town, f"{path}/duties", **{**duty, "way": ""})
    assert unsaid.status_code == 422
    assert "所长负责" in unsaid.text, "what was typed stays"
    assert (await send(client, town, f"{path}/duties", **duty)).status_code == 303
    async with transaction(ALL):
        made = await row("select id, organ, basis from supervision_duty")
    assert (made["organ"], made["basis"]) == (county.township.organ, based["id"])

    bureau = await login_as(
        "supervision_bureau", region=region_tree.county, organisation=county.agencies.bureau
    )
    above = (await client.get(path)).text
    assert "每月巡查一次" in above
    assert "隆盛合镇司法所" in above
    remove = f"{path}/duties/{made['id']}/remove"
    assert remove not in above
    assert (await send(client, bureau, remove)).status_code in (403, 404)

    async with transaction(ALL):
        foreign = await enter_person("王强", county.agencies.foreign_bureau.id)
    neighbour = await login_as(
        "supervision_bureau", region=region_tree.other_county, person=foreign.id
    )
    assert "每月巡查一次" not in (await client.get(path)).text
    assert (await send(client, neighbour, remove)).status_code == 404
    async with transaction(ALL):
        assert await row("select 1 as one from supervision_duty where id = $1", made["id"])


async def test_a_township_office_is_itself(county, region_tree, login_as, client) -> None:
    """A role over a region names no office: the person's own house comes before the county's."""
    async with transaction(ALL):
        office = await row("select id, lo from core_organisation where name = '隆盛合镇司法所'")
    async with transaction(ALL):
        nashun = await enter_person("那顺", office["id"])
    who = await login_as("justice_office", region=region_tree.town, person=nashun.id)
    from plugins.supervision.services.base import acting

    assert (await acting(who)).organ == office["id"]
    assert (await client.get("/supervision/registers")).status_code == 200
