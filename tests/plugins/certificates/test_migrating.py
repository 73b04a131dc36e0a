# SPDX-License-Identifier: Apache-2.0
"""The 2008 system: dry run, faults by row, apply, run again, take back, sign off."""

import base64
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import xlsxwriter

from core.api.db import (
    EVERYTHING,
    Place,
    Scope,
    SubjectRef,
    execute,
    row,
    rows,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.imports import read_sheet
from core.api.people import close_person, enter_person, found_organisation, organisation_by_code
from core.api.regions import REGIONS
from plugins.certificates.forms import IssueForm, SignOffForm
from plugins.certificates.queries.agreeing import UNITS_TO_SIGN
from plugins.certificates.queries.bodies import body_of
from plugins.certificates.reactions import answer_officer_may_act
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.rules.migrating import corrected, differences, fate_of, row_problem
from plugins.certificates.services import making, migrating
from plugins.certificates.services.applying import digest_of
from plugins.certificates.services.lists import put_on_forced_list
from plugins.certificates.services.migrating import handing, running
from plugins.certificates.services.migrating.planning_bodies import ELSEWHERE
from plugins.certificates.sheet import OLD_BODIES, OLD_OFFICERS
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    clerk,
    competent,
    open_body,
    reviewer,
)

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
HEAD = ["姓名", "身份证号", "手机", "单位", "证号", "发证日期", "有效期至", "状态"]
CODE = "91350100M000100Y43"
THIRD = "440524198001010013"


@pytest.mark.req("S2-17")
@pytest.mark.parametrize(
    ("state", "expired_open", "fate"),
    [
        ("在用", False, "keep"),
        ("制证中", False, "making"),
        ("已注销", True, "skip"),
        ("过期", False, "expired"),
        ("过期", True, "keep"),
        ("不知道", False, ""),
    ],
)
def test_who_comes_over(state, expired_open, fate):
    assert fate_of(state, expired_open=expired_open) == fate


def test_rows_and_figures_are_compared():
    line = {"number": "15082200001", "valid_from": "2023-07-01", "valid_until": "2028-06-30"}
    assert row_problem(line, date(2026, 5, 12)) == ""
    assert row_problem({**line, "number": ""}, date(2026, 5, 12))
    assert row_problem({**line, "valid_until": "2020-01-01"}, date(2026, 5, 12))
    assert row_problem({**line, "valid_from": "2027-01-01"}, date(2026, 5, 12))
    assert differences({"kept": 3}, {"kept": 3}) == []
    assert differences({"kept": 3}, {"kept": 2}) == [("在用和制证中的人员", 3, 2)]


pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    return agencies


def sheet(head, *lines):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for number, line in enumerate([head, *lines]):
        page.write_row(number, 0, line)
    book.close()
    return out.getvalue()


def person(name, number, card, unit, state="在用"):
    return [name, number, "13812345678", unit, card, "2025-07-01", "2030-06-30", state]


async def try_out(office, content, kind="officers", *, expired_open=False):
    columns = OLD_OFFICERS if kind == "officers" else OLD_BODIES
    read = read_sheet(content, columns)
    run = await migrating.try_out(
        reviewer(office), kind, read, content, "旧系统.xlsx", expired_open=expired_open
    )
    async with transaction(OFFICE):
        return run, await row("select * from certificates_migration where id = $1", run)


async def apply(office, run, content, kind="officers"):
    columns = OLD_OFFICERS if kind == "officers" else OLD_BODIES
    return await migrating.apply(reviewer(office), run, read_sheet(content, columns), content)


@pytest.mark.req("S2-17")
async def test_dry_run_apply_again_and_undo(county, facts):
    unit, office = county.agency, county.bureau
    content = sheet(
        HEAD,
        person("张海龙", ID, "15082200001", unit.name),
        person("李四", OTHER_ID, "15082200002", unit.name, "制证中"),
        person("王五", THIRD, "15082200003", unit.name, "注销"),
        person("赵六", 440524198001010013, "15082200004", unit.name),
        person("钱七", "440524198001010021", "15082200005", "没有这个单位"),
        person("孙八", ID, "15082200006", unit.name),
    )
    run, dry = await try_out(office, content)
    assert (dry["state"], dry["counts"]["new"], dry["counts"]["skip"]) == ("dry", 2, 1)
    assert dry["counts"]["faults"] == len(dry["faults"]) == 3
    said = "".join(each["text"] for each in dry["faults"])
    assert "没有这个单位" not in said or "请先迁移主体" in said
    assert ID not in str(dry["faults"])
    async with transaction(OFFICE):
        assert await value("select count(*) from certificates_officer") == 0
    with pytest.raises(Invalid):
        await apply(office, run, sheet(HEAD, person("张海龙", ID, "15082200001", unit.name)))
    with pytest.raises(NotFound):
        await apply(county.foreign_bureau, run, content)
    assert await apply(office, run, content) == 2
    with pytest.raises(Conflict):
        await apply(office, run, content)
    assert len(await facts.only("certificates.migrated")) == 1
    assert await facts.only("certificates.officer_registered") == []

    async def codes(name):
        async with transaction(OFFICE):
            held = await value("select person from certificates_officer where name = $1", name)
            ref = SubjectRef("core.person", held)
            answer = await answer_officer_may_act([ref], date(2026, 5, 12))
        return [each.code for each in answer.get(ref, ())]

    assert await codes("张海龙") == []
    assert await codes("李四") == ["not_yet"]
    # Who was in production is handed his card like any other.
    async with transaction(OFFICE):
        waiting = await value("select id from certificates_request where state = 'made'")
    _, again = await try_out(office, content)
    assert (again["counts"].get("new", 0), again["counts"]["known"]) == (0, 2)
    assert await migrating.undo(reviewer(office), run) == 2
    assert await codes("张海龙") == ["cancelled"]
    with pytest.raises(Conflict):
        await making.issue(reviewer(office), waiting, IssueForm(date(2026, 5, 12)))
    rerun, _ = await try_out(office, content)
    told = []
    content_again = read_sheet(content, OLD_OFFICERS)
    made = await migrating.apply(
        reviewer(office), rerun, content_again, content, progress=lambda *said: told.append(said)
    )
    assert (made, told[0], told[-1]) == (2, ("核对", 0, 6), ("写入", 6, 6))
    assert await codes("张海龙") == []
    async with transaction(OFFICE):
        waiting = await value("select id from certificates_request where state = 'made'")
    await making.issue(reviewer(office), waiting, IssueForm(date(2026, 5, 12)))
    assert await codes("李四") == []
    with pytest.raises(Refused, match="1 人迁移以后办过业务"):
        await migrating.undo(reviewer(office), rerun)


@pytest.mark.req("S2-17")
async def test_of_two_units_of_one_name_nobody_guesses(county):
    async with transaction(OFFICE):
        for above in (county.agency, county.other_agency):
            await found_organisation("法规股", "second", above.region, parent=above.id)
    content = sheet(HEAD, person("张海龙", ID, "15082200001", "法规股"))
    _run, dry = await try_out(county.bureau, content)
    assert [each["text"] for each in dry["faults"]] == [
        "有几个单位都叫“法规股”，请填统一社会信用代码。"
    ]
    assert "new" not in dry["counts"]


@pytest.mark.req("S2-17")
async def test_all_bodies_come_over_and_wait_for_their_approval(county):
    office = county.bureau
    content = sheet(
        ["单位名称", "统一社会信用代码", "类别", "上级代码"],
        ["渡口市场监管所", "", "二级", CODE],
        ["磴口县城市管理局", CODE, "一级", ""],
        ["某某中心", "", "受委托", ""],
        ["某某处", "", "三级", ""],
    )
    run, dry = await try_out(office, content, "bodies")
    assert dry["counts"]["faults"] == 2
    assert await apply(office, run, content, "bodies") == 2
    async with transaction(OFFICE):
        first = await organisation_by_code(CODE)
        body = await body_of(first.id)
        below = await value("select count(*) from certificates_body where superior = $1", first.id)
    assert (body["state"], below) == ("draft", 1)
    # Taken back as a whole where nothing was built on it, and not at all where something was.
    async with transaction(OFFICE):
        helper = await enter_person("何静", first.id)
    with pytest.raises(Refused, match="磴口县城市管理局已有人员"):
        await migrating.undo(reviewer(office), run)
    async with transaction(OFFICE):
        assert await body_of(first.id) is not None
        await close_person(helper.id, "录错")
    assert await migrating.undo(reviewer(office), run) == 2
    async with transaction(OFFICE):
        assert await body_of(first.id) is None
        assert await organisation_by_code(CODE) is None
    rerun, dry = await try_out(office, content, "bodies")
    assert (dry["counts"]["new"], await apply(office, rerun, content, "bodies")) == (2, 2)
    # Officers who came and were taken back, one of them in production, are nothing built on it.
    people = sheet(HEAD, person("李四", OTHER_ID, "15082200002", "磴口县城市管理局", "制证中"))
    officers, _ = await try_out(office, people)
    assert await apply(office, officers, people) == 1
    with pytest.raises(Refused, match="执法人员"):
        await migrating.undo(reviewer(office), rerun)
    assert await migrating.undo(reviewer(office), officers) == 1
    assert await migrating.undo(reviewer(office), rerun) == 2


BODY_HEAD = ["单位名称", "统一社会信用代码", "类别", "上级代码"]
OTHER_CODE = "91350211M000100Y46"


@pytest.mark.req("S2-17")
async def test_the_dry_run_of_bodies_says_what_the_run_will_do(county):
    """Faults are told before anything is entered, and a second run of the file enters nothing."""
    office = county.bureau
    async with transaction(OFFICE):
        await execute(
            "update core_organisation set unified_code = $2 where id = $1",
            county.foreign_agency.id,
            OTHER_CODE,
        )
    content = sheet(
        BODY_HEAD,
        ["磴口县城市管理局", CODE.lower(), "一级", ""],
        ["渡口镇城管中队", "", "二级", CODE],
        ["某某局", CODE, "一级", ""],
        ["渡口镇城管中队", "", "二级", CODE],
        ["别处的大队", OTHER_CODE, "一级", ""],
        ["别处的中队", "", "二级", OTHER_CODE],
        ["没有上级的中队", "", "二级", "91350100M000100Y00"],
        ["校验不符的局", "91350100M000100Y44", "一级", ""],
        ["长" * 121, "", "一级", ""],
        ["没有代码的局", "", "一级", ""],
        ["../../etc/passwd", 91350100, "一级", ""],
    )
    run, dry = await try_out(office, content, "bodies")
    said = {each["row"]: each["text"] for each in dry["faults"]}
    for number, words in {
        4: "与第 2 行重复",
        5: "与第 3 行重复",
        6: "别的地区",
        7: "上级单位不在本地区",
        8: "没有找到上级单位",
        9: "校验不符",
        10: "最多 120 个字",
        12: "数字格式",
    }.items():
        assert words in said.pop(number)
    assert (said, dry["counts"]["new"], dry["counts"]["faults"]) == ({}, 3, 8)
    assert await apply(office, run, content, "bodies") == 3
    done = await stored(run)
    assert (done["counts"], done["faults"]) == ({**dry["counts"], "entered": 3}, dry["faults"])
    bodies = "select count(*) from certificates_body"
    assert await count(bodies) == 3
    async with transaction(OFFICE):
        assert await body_of(county.foreign_agency.id) is None
    again, dry = await try_out(office, content, "bodies")
    assert (dry["counts"].get("new", 0), dry["counts"]["known"]) == (0, 3)
    assert await apply(office, again, content, "bodies") == 0
    assert await count(bodies) == 3


@pytest.mark.req("S2-17")
async def test_bodies_a_city_brings_over_belong_to_the_regions_the_sheet_names(county, region_tree):
    """By name or code, inside the city only; what belongs to a unit stays in its region."""
    city = replace(
        reviewer(county.bureau),
        region_lo=region_tree.city.lo,
        scope=Scope(REGIONS.interval(region_tree.city.lo), EVERYTHING, actor=12),
    )
    second = "91350211M000100Y46"
    content = sheet(
        [*BODY_HEAD, "地区"],
        ["城市管理局", CODE, "一级", "", region_tree.county.name],
        ["城市管理局", second, "一级", "", region_tree.other_county.code],
        ["市城市管理局", "", "一级", "", ""],
        ["城管中队", "", "二级", CODE, ""],
        ["城管二中队", "", "二级", CODE, region_tree.town.name],
        ["城管三中队", "", "二级", CODE, region_tree.other_county.name],
        ["外地的局", "", "一级", "", region_tree.far_county.code],
        ["无处的局", "", "一级", "", "没有这个县"],
        ["城市管理局", "", "一级", "", region_tree.county.name],
    )
    read = read_sheet(content, OLD_BODIES)
    run = await migrating.try_out(city, "bodies", read, content, "主体.xlsx", expired_open=False)
    dry = await stored(run)
    said = {each["row"]: each["text"] for each in dry["faults"]}
    assert said[7] == ELSEWHERE
    assert "不在你的管理范围内" in said[8]
    assert "没有这个县" in said[9]
    assert "重复" in said[10]
    assert sorted(said) == [7, 8, 9, 10]
    assert await migrating.apply(city, run, read, content) == 5
    async with transaction(OFFICE):
        found = {
            (each["name"], each["region"])
            for each in await rows(
                """select g.name, r.name as region from certificates_body b
                   join core_organisation g on g.id = b.organisation
                   join core_region r on r.id = g.region and r.lo = b.region_lo"""
            )
        }
    county_name, town = region_tree.county.name, region_tree.town.name
    assert found == {
        ("城市管理局", county_name),
        ("城市管理局", region_tree.other_county.name),
        ("市城市管理局", region_tree.city.name),
        ("城管中队", county_name),
        ("城管二中队", town),
    }
    again = await migrating.try_out(city, "bodies", read, content, "主体.xlsx", expired_open=False)
    assert (await stored(again))["counts"].get("new", 0) == 0
    moved = sheet(
        [*BODY_HEAD, "地区"], ["城市管理局", CODE, "一级", "", region_tree.other_county.name]
    )
    read = read_sheet(moved, OLD_BODIES)
    run = await migrating.try_out(city, "bodies", read, moved, "主体.xlsx", expired_open=False)
    assert f"登记在{county_name}" in (await stored(run))["faults"][0]["text"]


@pytest.mark.req("S2-17", "S2-26")
async def test_who_was_struck_off_does_not_come_back_with_the_old_data(county):
    """Neither is one person, written with a small x the second time, two persons."""
    unit = county.agency
    async with transaction(OFFICE):
        await put_on_forced_list(
            digest_of(THIRD), "", "王五", "", "伪造证件", None, Place(unit.region_lo, 0)
        )
    content = sheet(
        HEAD,
        person("王五", THIRD, "15082200003", unit.name),
        person("张海龙", ID, "15082200001", unit.name),
        person("张海龙", ID.lower(), "15082200002", unit.name),
    )
    run, dry = await try_out(county.bureau, content)
    assert [(each["row"], each["text"]) for each in dry["faults"]] == [
        (2, STRUCK_OFF),
        (4, "身份证号或证号与第 3 行重复。"),
    ]
    assert await apply(county.bureau, run, content) == 1


@pytest.mark.req("S2-13")
async def test_rows_left_out_are_differences_the_unit_has_to_account_for(county):
    unit, office = county.agency, county.bureau
    await open_body(unit)
    good = person("张海龙", ID, "15082200001", unit.name)
    bad = person("李四", OTHER_ID, "15082200002", unit.name)
    gone = person("王五", "110105194912310020", "15082200003", unit.name, "注销")
    whole = sheet(HEAD, good, [*bad[:5], "2035-07-01", *bad[6:]], gone)

    async def figures(who):
        async with transaction(OFFICE):
            units = await UNITS_TO_SIGN.export({}, who.scope)
            await migrating.compare_units(who, units)
            (found,) = [each for each in units if each["organisation"] == unit.id]
        return found["said"], found["left_out"], found["differences"]

    run, _ = await try_out(office, whole)
    assert await apply(office, run, whole) == 1
    assert await figures(clerk(unit)) == (2, 1, [("在用和制证中的人员", 2, 1)])
    # Only the corrected row comes again: the figure of the old system stays what it was.
    rest = sheet(HEAD, bad)
    run, _ = await try_out(office, rest)
    assert await apply(office, run, rest) == 1
    assert await figures(clerk(unit)) == (2, 1, [])
    # Who looks from above sees the same figures.
    city = REGIONS.ancestors(office.region_lo)[-2]
    above = Scope(REGIONS.interval(city), EVERYTHING, actor=12)
    assert await figures(replace(reviewer(office), region_lo=city, scope=above)) == (2, 1, [])


@pytest.mark.req("S2-17")
async def test_the_newest_word_of_the_legal_office_counts(county):
    unit, office = county.agency, county.bureau
    await open_body(unit)
    content = sheet(HEAD, person("张海龙", ID, "15082200001", unit.name, "过期"))
    await migrating.sign(clerk(unit), unit.id, "body", SignOffForm("yes"))
    await migrating.sign(reviewer(office), unit.id, "legal", SignOffForm("yes"))
    await migrating.sign(reviewer(office), unit.id, "legal", SignOffForm("no", "少两个人"))
    with pytest.raises(Refused, match="过期数据"):
        await try_out(office, content, expired_open=True)


@pytest.mark.req("S2-13")
@pytest.mark.req("S2-14")
async def test_the_body_signs_then_the_legal_office_then_the_expired_ones_open(county):
    unit, office = county.agency, county.bureau
    await open_body(unit)
    content = sheet(HEAD, person("张海龙", ID, "15082200001", unit.name, "过期"))
    with pytest.raises(Refused, match="过期数据"):
        await try_out(office, content, expired_open=True)
    with pytest.raises(Refused, match="主体还没有"):
        await migrating.sign(reviewer(office), unit.id, "legal", SignOffForm("yes"))
    with pytest.raises(Invalid):
        await migrating.sign(clerk(unit), unit.id, "body", SignOffForm("no"))
    with pytest.raises(NotFound):
        await migrating.sign(clerk(county.other_agency), unit.id, "body", SignOffForm("yes"))
    # Whoever reviews the figures does not sign them for the body as well.
    with pytest.raises(NotFound):
        await migrating.sign(reviewer(office), unit.id, "body", SignOffForm("yes"))
    await migrating.sign(clerk(unit), unit.id, "body", SignOffForm("yes"))
    await migrating.sign(reviewer(office), unit.id, "legal", SignOffForm("yes"))
    _, dry = await try_out(office, content, expired_open=True)
    assert dry["counts"]["new"] == 1


async def test_the_pages(client, login_as, county):
    await open_body(county.agency)
    content = sheet(HEAD, person("张海龙", ID, "15082200001", county.agency.name))
    run, _ = await try_out(county.bureau, content)
    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.get("/certificates/migrations")).status_code == 200
    assert "还没有写入" in (await client.get(f"/certificates/migrations/{run}")).text
    assert (await client.get("/certificates/migrations/bodies/template.xlsx")).status_code == 200
    await login_as("body_admin", organisation=county.agency)
    assert county.agency.name in (await client.get("/certificates/data")).text
    assert (await client.get("/certificates/migrations")).status_code == 403
    sign = f"/certificates/data/{county.agency.id}/body"
    again = await client.post(sign, {"agrees": "no", "note": ""})
    assert (again.status_code, "有差异请写明" in again.text) == (422, True)
    assert 'value="no" checked' in again.text, "what was chosen stays chosen"


@pytest.mark.req("S2-13")
async def test_every_unit_of_a_large_region_can_be_found_and_signed(client, login_as, county):
    """Page by page, by name, by who has not signed yet; signing leads back to the same place."""
    office = county.bureau
    content = sheet(BODY_HEAD, *([f"第{n:03d}执法大队", "", "一级", ""] for n in range(1, 41)))
    run, _ = await try_out(office, content, "bodies")
    assert await apply(office, run, content, "bodies") == 40
    await login_as("supervision_bureau", region=office.region)
    first = await client.get("/certificates/data")
    assert first.text.count("<dt>在册人员</dt>") == 30
    assert "40 条" in first.text
    following = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert following is not None
    second = await client.get(following[1].replace("&amp;", "&"))
    assert second.text.count("<dt>在册人员</dt>") == 10
    one = await client.get("/certificates/data?q=第037")
    assert one.text.count("<dt>在册人员</dt>") == 1
    assert "等主体核对签字以后" in one.text
    async with transaction(OFFICE):
        unit = await value("select id from core_organisation where name = '第037执法大队'")
        body = await row("select * from certificates_body where organisation = $1", unit)
    early = await client.post(f"/certificates/data/{unit}/legal?q=第037", {"agrees": "yes"})
    assert early.status_code == 422
    assert early.text.count("核对签字</summary>") == 1
    assert "主体还没有核对签字" in early.text
    assert 'href="/certificates/data?q=' in early.text, "the tabs lead to the list"
    async with transaction(OFFICE):
        await execute(
            """insert into certificates_sign_off (organisation, side, figures, agrees, note, by,
                 by_name, at, region_lo, org_lo)
               values ($1, 'body', '{}', 'yes', '', 11, '经办人', now(), $2, $3)""",
            unit,
            body["region_lo"],
            body["org_lo"],
        )
    found = {
        state: "第037执法大队"
        in (await client.get(f"/certificates/data?q=第037&state={state}")).text
        for state in ("body", "legal", "done")
    }
    assert found == {"body": False, "legal": True, "done": False}
    turn = await client.get("/certificates/data?q=第037")
    assert f'action="/certificates/data/{unit}/legal?q=' in turn.text
    signed = await client.post(f"/certificates/data/{unit}/legal?q=第037", {"agrees": "yes"})
    assert signed.headers["location"].startswith("/certificates/data?q=")
    assert "第037" in (await client.get("/certificates/data?state=done")).text
    sheet_of_all = await client.get("/certificates/data?format=xlsx")
    assert sheet_of_all.content.startswith(b"PK")


def number_of(seventeen: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(seventeen, weights, strict=True))
    return seventeen + "10X98765432"[total % 11]


def many(unit, count):
    return sheet(
        HEAD,
        *(
            person(f"王小{n}", number_of(f"15082219900101{n:03d}"), f"150822{n:05d}", unit)
            for n in range(1, count + 1)
        ),
    )


async def hand_over(office, run, content):
    read = read_sheet(content, OLD_OFFICERS)
    return await migrating.hand_over(reviewer(office), run, read, content)


async def stored(run):
    async with transaction(OFFICE):
        return await row("select * from certificates_migration where id = $1", run)


async def count(sql):
    async with transaction(OFFICE):
        return await value(sql)


async def piece(run):
    async with transaction(OFFICE):
        await migrating.enter_migration_piece({"migration": run})


@pytest.mark.req("S2-17")
async def test_officers_come_over_in_pieces_and_the_page_shows_how_far(
    county, jobs, facts, monkeypatch, client, login_as
):
    monkeypatch.setattr(handing, "PIECE", 2)
    content = many(county.agency.name, 5)
    run, _ = await try_out(county.bureau, content)
    file = {"file": ("人员.xlsx", content, "application/octet-stream")}
    path = f"/certificates/migrations/{run}"
    await login_as("supervision_bureau", region=county.foreign_bureau.region)
    assert (await client.post(f"{path}/apply", {}, files=file)).status_code == 404
    assert (await client.post(f"{path}/again", {})).status_code == 404
    assert (await client.get(f"{path}/progress")).status_code == 404
    await login_as("body_admin", organisation=county.agency)
    assert (await client.post(f"{path}/apply", {}, files=file)).status_code == 403
    assert (await client.get(f"{path}/progress")).status_code == 403
    await login_as("supervision_bureau", region=county.bureau.region)
    other = {"file": ("人员.xlsx", many(county.agency.name, 4), "application/octet-stream")}
    assert "不是试运行的那个文件" in (await client.post(f"{path}/apply", {}, files=other)).text
    assert (await client.post(f"{path}/apply", {}, files=file)).status_code == 303
    again = await client.post(f"{path}/apply", {}, files=file)
    assert (again.status_code, "正在写入" in again.text) == (422, True)
    assert await count("select count(*) from certificates_officer") == 0
    await piece(run)
    page = (await client.get(path)).text
    assert re.search(r'<progress[^>]*max="5" value="2"', page)
    assert f'hx-get="{path}/progress"' in page
    assert f'<a href="{path}">刷新</a>' in page, "without scripts the page is loaded again"
    assert "HX-Refresh" not in (await client.get(f"{path}/progress")).headers
    assert (await client.post(f"{path}/undo", {})).status_code == 409
    assert await count("select count(*) from certificates_officer") == 2
    await jobs.run_all()
    found = await stored(run)
    assert (found["state"], found["done"], found["counts"]["entered"]) == ("applied", 5, 5)
    assert (found["counts"]["new"], found["counts"]["kept"]) == (5, 5)
    (told,) = await facts.only("certificates.migrated")
    assert (told.payload["entered"], told.actor) == (5, found["asked_by"])
    assert (await client.get(f"{path}/progress")).headers["HX-Refresh"] == "true"
    assert await migrating.undo(reviewer(county.bureau), run) == 5


async def test_rows_on_their_way_are_sealed_and_gone_when_they_are_in(county, jobs):
    content = many(county.agency.name, 3)
    run, _ = await try_out(county.bureau, content)
    assert await hand_over(county.bureau, run, content) == 3
    async with transaction(OFFICE):
        kept = await rows("select content from certificates_migration_line order by row")
    assert len(kept) == 3
    for n, each in enumerate(kept, 1):
        plain = each["content"] + base64.b64decode(each["content"]).decode("latin-1")
        assert number_of(f"15082219900101{n:03d}") not in plain
        assert "13812345678" not in plain
    await jobs.run_all()
    assert await count("select count(*) from certificates_migration_line") == 0


async def test_who_came_between_is_a_fault_of_his_row_and_the_figures_say_so(county, jobs):
    unit = county.agency
    content = many(unit.name, 3)
    run, _ = await try_out(county.bureau, content)
    await hand_over(county.bureau, run, content)
    async with transaction(OFFICE):
        await enter_person(
            "王小2", county.other_agency.id, id_number=number_of("15082219900101002")
        )
    await jobs.run_all()
    found = await stored(run)
    assert found["state"] == "applied"
    assert [(each["row"], each["text"]) for each in found["faults"]] == [
        (3, "这个身份证号已经登记在别的单位。")
    ]
    counts = found["counts"]
    assert (counts["entered"], counts["new"], counts["faults"]) == (2, 2, 1)
    assert counts["units"][str(unit.id)]["kept"] == 2, "what the sign-off is compared with"


async def test_a_worker_that_dies_loses_one_piece_and_nobody_is_entered_twice(
    county, jobs, clock, monkeypatch, client, login_as
):
    monkeypatch.setattr(handing, "PIECE", 2)
    content = many(county.agency.name, 5)
    run, _ = await try_out(county.bureau, content)
    await hand_over(county.bureau, run, content)
    await piece(run)
    whole = running.enter_cards

    async def die(*_args):
        raise OSError("the database went away")

    monkeypatch.setattr(running, "enter_cards", die)
    await jobs.run_all()
    assert (await stored(run))["done"] == 2
    assert await count("select count(*) from certificates_officer") == 2
    monkeypatch.setattr(running, "enter_cards", whole)
    async with transaction(OFFICE):
        await execute("update core_due set state = 'failed' where name = $1", handing.JOB)
    await login_as("supervision_bureau", region=county.bureau.region)
    path = f"/certificates/migrations/{run}"
    assert "重新交给后台" not in (await client.get(path)).text
    clock(NOW + timedelta(minutes=4))
    assert "重新交给后台" in (await client.get(path)).text
    assert (await client.post(f"{path}/again", {})).status_code == 303
    await piece(run)  # the lost one turns up after all: two jobs at one run
    await jobs.run_all()
    found = await stored(run)
    assert (found["state"], found["counts"]["entered"]) == ("applied", 5)
    assert await count("select count(*) from certificates_officer") == 5
    assert (await client.post(f"{path}/again", {})).status_code == 409


def test_figures_of_a_run_after_one_more_piece():
    before = {"new": 4, "kept": 5, "known": 1, "units": {"7": {"new": 4, "kept": 5, "known": 1}}}
    same = corrected(before, [7, 7], {"new": 2, "kept": 2}, {"7": {"new": 2, "kept": 2}}, 2)
    assert same == {**before, "entered": 2}
    moved = corrected(
        same, [7, 7], {"new": 1, "kept": 1, "faults": 1}, {"7": {"new": 1, "kept": 1}}, 1
    )
    assert (moved["new"], moved["kept"], moved["faults"], moved["entered"]) == (3, 4, 1, 3)
    assert moved["units"]["7"] == {"new": 3, "kept": 4, "known": 1}
    assert before["units"]["7"]["new"] == 4, "what was is not written over"
