# SPDX-License-Identifier: Apache-2.0
"""From the published seed to the checked rectification, in the browser's own requests."""

import re
from datetime import UTC, date, datetime

import pytest

from core.api.db import Place, Scope, SubjectRef, execute, row, rows, transaction, value
from core.api.errors import Conflict
from core.api.facts import Fact
from core.api.people import appoint_organ, enter_person, found_organisation
from core.api.testing import Browser, sign_in_as
from plugins.reviews.forms import PlanForm, TemplateForm
from plugins.reviews.rules.scoring import Mark
from plugins.reviews.samples import SAMPLE
from plugins.reviews.services import answering, noting, planning, scoring

NOW = datetime(2026, 5, 11, 2, tzinfo=UTC)
OFFICE = Scope.platform("test")
BUREAU = [
    "reviews.plan.read",
    "reviews.plan.manage",
    "reviews.sheet.score",
    "reviews.result.read",
    "reviews.guidance.approve",
]
BODY = ["reviews.result.read", "reviews.result.answer"]


def fact(act: str, place: Place, /, **payload) -> Fact:
    return Fact(0, act, SubjectRef("x", 1), payload, place, 0, NOW, NOW)


@pytest.fixture
async def office(client, app, region_tree, agencies, clock):
    """Three reviewers, a body's inspector, six closed cases of two bodies, one alarm."""
    clock(NOW)
    here, there = agencies.agency, agencies.other_agency
    async with transaction(OFFICE):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        insider = await enter_person("李文博", here.id)
    people = []
    for name in ("赵建国", "包立新", "那顺"):
        async with transaction(OFFICE):
            person = await enter_person(name, agencies.bureau.id)
        browser = Browser(app)
        who = await sign_in_as(
            browser,
            "supervision_bureau",
            organisation=agencies.bureau,
            region=region_tree.county,
            permissions=BUREAU,
            name=name,
            person=person.id,
        )
        people.append((who, browser))
    body = Browser(app)
    inspector = await sign_in_as(
        body,
        "dept_supervisor",
        organisation=here,
        permissions=BODY,
        name="乌云娜",
        person=insider.id,
    )
    async with transaction(OFFICE):
        await noting.note_item(
            fact("powers.version_effective", Place(0), item=7, power_class="penalty")
        )
        for n in range(1, 7):
            unit = here if n <= 4 else there
            handlers = [people[2][0].person_id] if n == 1 else [insider.id]
            at = Place(unit.region_lo, unit.lo)
            told = {
                "case": n,
                "case_number": f"{n}号",
                "title": "案",
                "item": 7,
                "handlers": handlers,
            }
            for _ in range(2):
                await noting.note_case(fact("cases.closed", at, **told))
            alarm = {"alarm": n, "case": n, "kind": "evidence", "headline": "现场照片 0/1"}
            await noting.note_alarm(fact("inspection.alarm_raised", at, **alarm))
            if n > 1:
                await noting.note_revoked(fact("inspection.alarm_revoked", at, alarm=n))
    return people, inspector, body


async def announced(people, each_unit=2, reviewers=2, gap=10):
    bureau = people[0][0]
    template = await planning.publish_template(bureau, TemplateForm("标准", SAMPLE, "penalty"))
    form = PlanForm(
        "上半年评查",
        template,
        date(2026, 1, 1),
        date(2026, 5, 11),
        "开奖号码 03 07 12",
        each_unit,
        gap,
        [who.person_id for who, _ in people[:reviewers]],
    )
    return await planning.announce_plan(bureau, form)


async def sheets_of(person: int) -> list[dict]:
    async with transaction(OFFICE):
        return await rows(
            "select s.id, d.case_id, d.id as drawn from reviews_sheet s join reviews_drawn d"
            " on d.id = s.drawn where s.person = $1 and s.handed_at is null order by s.id",
            person,
        )


@pytest.mark.req("C10-02", "C10-03", "C10-04", "C10-08", "C10-09")
async def test_blind_scores_a_third_reviewer_and_the_draw_anybody_repeats(office):
    people, _inspector, _body = office
    (bureau, browser), _, (third, _) = people
    plan = await announced(people, each_unit=4, reviewers=3)
    assert "开奖号码" in (await browser.get(f"/reviews/{plan}")).text
    assert await planning.draw_sample(bureau, plan) == 6
    # 那顺 dealt with case 1: somebody else has it.
    assert 1 not in {each["case_id"] for each in await sheets_of(third.person_id)}
    async with transaction(OFFICE):
        first = await row("select * from reviews_drawn where case_id = 1")
        pair = await rows("select id, person from reviews_sheet where drawn = $1", first["id"])
    who_of = {who.person_id: (who, b) for who, b in people}
    a, b = pair
    _, page_one = who_of[a["person"]]
    two, page_two = who_of[b["person"]]
    # What the events decide stands there; another's sheet does not exist.
    shown = (await page_one.get(f"/reviews/sheets/{a['id']}")).text
    assert "现场照片 0/1" in shown
    assert (await page_one.get(f"/reviews/sheets/{b['id']}")).status_code == 404
    refused = await page_one.post(
        f"/reviews/sheets/{a['id']}", data={"lost.i1": "3", "reason.i1": "缺公章"}
    )
    assert refused.status_code == 422
    assert "案卷页码" in refused.text
    assert "缺公章" in refused.text
    # Sent again because the answer was lost, the sheet is handed in once; not so by another page.
    sent = {"lost.i4": "2", "reason.i4": "缺照片", "page.i4": "6", "once": "sheet-" + "a" * 18}
    for _ in range(2):
        done = await page_one.post(f"/reviews/sheets/{a['id']}", data=sent)
        assert (done.status_code, done.headers["location"]) == (303, "/reviews/mine")
    again = await page_one.post(
        f"/reviews/sheets/{a['id']}", data={**sent, "once": "sheet-" + "b" * 18}
    )
    assert again.status_code == 409
    # Blind: the second reviewer and the bureau see no score while one is missing.
    unseen = (await page_two.get(f"/reviews/sheets/{b['id']}")).text
    # A form's key, a row's number or the name above the page may hold any digits.
    shown = re.sub(r"<[^>]*>", " ", unseen.split("<main")[1].split("</main>")[0])
    assert not re.search(r"(?<!\d)98(?!\d)", shown)
    async with transaction(OFFICE):
        assert not await answering.sheets_of(first["id"])
    await scoring.hand_in(two, b["id"], {"i3": Mark(20, "事实不清", "3")}, "")
    async with transaction(OFFICE):
        count = await value("select count(*) from reviews_sheet where drawn = $1", first["id"])
    # 20 points apart: a third is due, but the only one left dealt with the case.
    assert count == 2
    text = (await browser.get(f"/reviews/{plan}")).text
    assert "缺评查人" in text
    # Another case, too far apart, calls the third by itself.
    for who, _ in people:
        for sheet in await sheets_of(who.person_id):
            lost = {"i3": Mark(20, "事实不清", "3")} if who is bureau else {}
            await scoring.hand_in(who, sheet["id"], lost, "")
    for who, _ in people:
        for sheet in await sheets_of(who.person_id):
            await scoring.hand_in(who, sheet["id"], {}, "")
    async with transaction(OFFICE):
        found = await rows("select case_id, score, vetoed from reviews_drawn where case_id > 1")
    assert {each["score"] for each in found} == {10000}
    assert not [each for each in found if each["vetoed"]]
    # Whoever changes the kept list is found out.
    assert "名单和抽出的案卷都相符" in (await browser.get(f"/reviews/{plan}")).text
    async with transaction(OFFICE):
        await execute("update reviews_plan set population = population - 0 where id = $1", plan)
    assert "核对不符" in (await browser.get(f"/reviews/{plan}")).text


@pytest.mark.req("C10-05", "C10-07", "C10-11", "C10-12", "C10-13")
async def test_results_objection_rectification_and_the_confirmed_score(office, facts):
    people, inspector, body = office
    (bureau, browser), (helper, _) = people[:2]
    plan = await announced(people)
    await planning.draw_sample(bureau, plan)
    assert (await browser.post(f"/reviews/{plan}/tell", data={})).status_code >= 400
    for who in (bureau, helper):
        for sheet in await sheets_of(who.person_id):
            await scoring.hand_in(who, sheet["id"], {"i9": Mark(4, "没有送达回证", "19")}, "")
    assert (await body.get("/reviews/results")).text.count("号</a>") == 0
    await answering.tell_results(bureau, plan)
    listed = (await body.get("/reviews/results")).text
    assert listed.count("号</a>") == 2
    async with transaction(OFFICE):
        own = await row(
            "select id from reviews_drawn where org_lo = $1 limit 1",
            inspector.scope.organisation.lo,
        )
        foreign = await row(
            "select id from reviews_drawn where org_lo <> $1 limit 1",
            inspector.scope.organisation.lo,
        )
    page = (await body.get(f"/reviews/results/{own['id']}")).text
    assert "没有送达回证（19）" in page
    assert "赵建国" not in page
    assert (await body.get(f"/reviews/results/{foreign['id']}")).status_code == 404
    assert (await body.get(f"/reviews/{plan}")).status_code == 403
    done = await body.post(f"/reviews/results/{own['id']}/object", data={"words": "回证在第 20 页"})
    assert done.status_code == 303
    assert (await browser.post(f"/reviews/{plan}/confirm", data={})).status_code >= 400
    decide = f"/reviews/results/{own['id']}/decide"
    wrong = await browser.post(
        decide, data={"outcome": "change", "points": "101", "words": "有回证"}
    )
    assert wrong.status_code == 422
    assert "0 到 100" in wrong.text
    await browser.post(decide, data={"outcome": "change", "points": "98.5", "words": "有回证"})
    await body.post(f"/reviews/results/{own['id']}/rectify", data={"words": "已重新装订"})
    check = f"/reviews/results/{own['id']}/check"
    assert (await browser.post(check, data={"outcome": "returned"})).status_code == 422
    await browser.post(check, data={"outcome": "returned", "words": "还缺目录"})
    await body.post(f"/reviews/results/{own['id']}/rectify", data={"words": "补了目录"})
    await browser.post(check, data={"outcome": "passed"})
    await browser.post(f"/reviews/{plan}/confirm", data={})
    confirmed = await facts.only("reviews.confirmed")
    assert sorted(each.payload["score"] for each in confirmed) == [96.0, 96.0, 96.0, 98.5]
    report = (await browser.get(f"/reviews/{plan}/print")).text
    assert "重算相符" in report
    assert "不足 3 卷" in report
    assert "98.5" in (await browser.get(f"/reviews/{plan}")).text


async def test_forms_refuse_what_makes_no_review(office):
    people, _, body = office
    browser = people[0][1]
    bad = await browser.post("/reviews/templates", data={"name": "标准", "table": "甲 | 90"})
    assert "合计 90 分" in bad.text
    assert "甲 | 90" in bad.text
    await browser.post(
        "/reviews/templates", data={"name": "标准", "table": SAMPLE, "power_class": "penalty"}
    )
    await browser.post(
        "/reviews/templates", data={"name": "标准", "table": SAMPLE, "power_class": "penalty"}
    )
    assert "违法事实清楚，主要证据充分 | 20" in (await browser.get("/reviews/templates/new")).text
    async with transaction(OFFICE):
        versions = await rows("select id, version from reviews_template order by version")
    assert [each["version"] for each in versions] == [1, 2]
    sent = {
        "title": "评查",
        "template": str(versions[1]["id"]),
        "since": "2026-01-01",
        "until": "2026-05-01",
        "seed": "123456",
        "each_unit": "2",
        "gap": "10",
        "reviewers": str(people[0][0].person_id),
    }
    assert "至少选两名" in (await browser.post("/reviews/", data=sent)).text
    for path in ("/reviews/new", "/reviews/templates/new", "/reviews/", "/reviews/mine"):
        assert (await browser.get(path)).status_code == 200, path
        assert (await body.get(path)).status_code == 403, path


async def confirmed_plan(people, body) -> int:
    bureau, helper = people[0][0], people[1][0]
    plan = await announced(people)
    await planning.draw_sample(bureau, plan)
    for who in (bureau, helper):
        for sheet in await sheets_of(who.person_id):
            await scoring.hand_in(who, sheet["id"], {"i9": Mark(4, "没有送达回证", "19")}, "")
    await answering.tell_results(bureau, plan)
    await answering.confirm_plan(bureau, plan)
    async with transaction(OFFICE):
        return await value(
            "select id from reviews_drawn where plan = $1 and org_lo = $2 and case_id > 1 limit 1",
            plan,
            body.lo,
        )


TYPICAL = {
    "kind": "warn",
    "title": "送达没有回证的处罚案",
    "story": "磴口县农牧局（县农牧局）李文博等人查处王小明的河套商行，身份证号150801198811207478，地址解放路12号。",
    "findings": "送达回证：没有送达回证",
    "advice": "决定书送达必须有送达回证，由受送达人签名。",
    "swaps": "王小明=王某",
}


@pytest.mark.req("C10-13", "C8-13")
async def test_a_reviewed_case_becomes_guidance_without_names_by_two_persons(
    office, facts, app, agencies
):
    people, _, body = office
    (_, browser), (_, second) = people[:2]
    drawn = await confirmed_plan(people, agencies.other_agency)
    write = f"/reviews/results/{drawn}/typical"
    assert write in (await browser.get(f"/reviews/results/{drawn}")).text
    assert "送达符合规定：没有送达回证" in (await browser.get(write)).text
    assert (await body.get(write)).status_code == 403
    wrong = await browser.post(write, data={**TYPICAL, "swaps": "王=张", "title": "短"})
    assert wrong.status_code == 422
    assert "李文博等人" in wrong.text
    sent = await browser.post(write, data=TYPICAL)
    assert sent.status_code == 303
    page = sent.headers["location"].partition("?")[0]
    again = await browser.post(write, data=TYPICAL)
    assert again.status_code == 409
    assert page in (await browser.get(f"/reviews/results/{drawn}")).text
    shown = (await second.get(page)).text
    for word in ("李文博", "王小明", "150801", "12号"):
        assert word not in shown
    assert "某执法单位（某执法单位）李某等人查处王某的河套商行" in shown
    # Nobody reads it yet, and who wrote it cannot let it out.
    public = page.replace("typical", "public")
    anybody = Browser(app)
    assert (await anybody.get(public)).status_code == 404
    decide = {"outcome": "publish", "checked": "true"}
    assert (await browser.post(f"{page}/decide", data=decide)).status_code >= 400
    assert (await body.post(f"{page}/decide", data=decide)).status_code == 403
    # 河套商行 is still there: the second person looks, and sends it back.
    hasty = await second.post(f"{page}/decide", data={"outcome": "publish"})
    assert hasty.status_code == 422
    assert "河套商行" in hasty.text
    assert (await second.post(f"{page}/decide", data={"outcome": "return"})).status_code == 422
    back = {"outcome": "return", "words": "商行的名称要隐去"}
    assert (await second.post(f"{page}/decide", data=back)).status_code == 303
    assert "商行的名称要隐去" in (await browser.get(write)).text
    better = {**TYPICAL, "swaps": "王小明=王某\n河套商行=某商行\n解放路=某路"}
    assert (await browser.post(write, data=better)).status_code == 303
    done = await second.post(f"{page}/decide", data={"outcome": "publish"})
    assert done.status_code == 303
    told = await facts.only("reviews.guidance_published")
    assert told[0].payload["story"].startswith("某执法单位（某执法单位）李某等人查处王某的某商行")
    listed = (await anybody.get("/reviews/public?q=回证")).text
    assert TYPICAL["title"] in listed
    assert TYPICAL["title"] not in (await anybody.get("/reviews/public?q=没有的词")).text
    assert "决定书送达必须有送达回证" in (await anybody.get(public)).text
    officer = Browser(app)
    reads = {"organisation": agencies.other_agency, "permissions": ["reviews.guidance.read"]}
    await sign_in_as(officer, "handler", **reads)
    for path in ("/reviews/guidance", page.replace("typical", "guidance")):
        assert TYPICAL["title"] in (await officer.get(path)).text
    gone = await second.post(f"{page}/withdraw", data={"words": "当事人认得出"})
    assert gone.status_code == 303
    assert (await anybody.get(public)).status_code == 404
    assert TYPICAL["title"] in (await browser.get("/reviews/typical?tab=all")).text


@pytest.mark.req("C10-04")
async def test_a_reviewer_from_the_reviewed_body_never_has_its_cases(
    office, app, region_tree, agencies
):
    """Not even from an office under the body, and not as the third of a case far apart."""
    people, _inspector, _body = office
    here = agencies.agency
    async with transaction(OFFICE):
        branch = await found_organisation(
            "巴彦高勒市场监管所", "body", region_tree.county.id, parent=here.id
        )
        insider = await enter_person("苏和", branch.id)
    browser = Browser(app)
    who = await sign_in_as(
        browser,
        "supervision_bureau",
        organisation=branch,
        region=region_tree.county,
        permissions=BUREAU,
        name="苏和",
        person=insider.id,
    )
    plan = await announced([*people[:2], (who, browser)], each_unit=4, reviewers=3)
    bureau = people[0][0]
    await planning.draw_sample(bureau, plan)
    async with transaction(OFFICE):
        found = await rows(
            "select d.id, d.org_lo, s.person from reviews_drawn d join reviews_sheet s"
            " on s.drawn = d.id where d.plan = $1",
            plan,
        )
    theirs = {each["id"] for each in found if each["org_lo"] == here.lo}
    assert len(theirs) == 4
    assert not [each for each in found if each["person"] == who.person_id and each["id"] in theirs]
    assert [each for each in found if each["person"] == who.person_id], "others he does review"
    # Twenty points apart: the only one left belongs to the body, so nobody is called.
    for reviewer, _ in people[:2]:
        for sheet in await sheets_of(reviewer.person_id):
            lost = {"i3": Mark(20, "事实不清", "3")} if reviewer is bureau else {}
            await scoring.hand_in(reviewer, sheet["id"], lost, "")
    left = {each["drawn"] for each in await sheets_of(who.person_id)}
    assert not left & theirs
    # A sheet of theirs does not exist for him, however he asks.
    async with transaction(OFFICE):
        sheet = await value(
            "select s.id from reviews_sheet s join reviews_drawn d on d.id = s.drawn"
            " where d.org_lo = $1 limit 1",
            here.lo,
        )
    assert (await browser.get(f"/reviews/sheets/{sheet}")).status_code == 404
    sent = {"lost.i4": "2", "reason.i4": "缺照片", "page.i4": "6"}
    assert (await browser.post(f"/reviews/sheets/{sheet}", data=sent)).status_code == 404
    words = {"words": "与承办人是亲属"}
    assert (await browser.post(f"/reviews/sheets/{sheet}/recuse", data=words)).status_code == 404


@pytest.mark.req("C10-04")
async def test_a_reviewer_who_does_not_hand_in_is_replaced_with_a_reason(
    office, app, region_tree, agencies, facts
):
    """One person holds up nobody: the next of the plan is asked, and with none left it is said."""
    people, _inspector, _body = office
    plan = await announced(people[:3], each_unit=1, reviewers=3)
    bureau, browser = people[0]
    await planning.draw_sample(bureau, plan)
    page = f"/reviews/{plan}"
    async with transaction(OFFICE):
        sheets = await rows(
            "select s.id, s.person, s.name, s.drawn, d.case_number from reviews_sheet s"
            " join reviews_drawn d on d.id = s.drawn where d.plan = $1 order by s.id",
            plan,
        )
    first = sheets[0]
    spared = next(
        each
        for each in people[:3]
        if each[0].person_id
        not in {each["person"] for each in sheets if each["drawn"] == first["drawn"]}
    )[0]
    path = f"{page}/sheets/{first['id']}/replace"
    assert "还没有交卷" in (await browser.get(page)).text
    bare = await browser.post(path, data={"words": ""})
    assert (bare.status_code, f'id="e-rw-{first["id"]}"' in bare.text) == (422, True)
    done = await browser.post(path, data={"words": "住院，一个月内不能评查"})
    assert done.status_code == 303
    assert first["drawn"] in {each["drawn"] for each in await sheets_of(spared.person_id)}
    with pytest.raises(Conflict):
        gone = next(who for who, _ in people if who.person_id == first["person"])
        await scoring.hand_in(gone, first["id"], {}, "")
    told = (await facts.only("reviews.replaced"))[-1].payload
    assert told["words"] == f"换下{first['name']}：住院，一个月内不能评查"
    # Twice, another plan's sheet, another region's office.
    assert (await browser.post(path, data={"words": "再换一次"})).status_code == 409
    other = Browser(app)
    await sign_in_as(
        other,
        "supervision_bureau",
        organisation=agencies.foreign_bureau,
        region=region_tree.other_county,
        permissions=BUREAU,
    )
    second = next(each for each in sheets if each["drawn"] == first["drawn"] and each != first)
    strange = f"{page}/sheets/{second['id']}/replace"
    assert (await other.post(strange, data={"words": "越权换人"})).status_code == 404
    missing = f"{page}/sheets/999999/replace"
    assert (await browser.post(missing, data={"words": "没有这张"})).status_code == 404
    last = await browser.post(strange, data={"words": "调离本地区"})
    assert last.status_code == 303
    shown = (await browser.get(page)).text
    assert "没有人可以接替了" in shown
