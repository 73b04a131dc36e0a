# SPDX-License-Identifier: Apache-2.0
"""The pages of a case, as a browser without script sees them, and the pieces htmx asks for."""

import re
from html import unescape
from typing import Any

import pytest

from core.api.plugin import Blocker
from core.api.testing import htmx, switch_off
from plugins.cases.services import Actor, Choice, authorise_officers, roll_back
from tests.plugins.cases.conftest import (
    CLUE,
    DECISION,
    INQUIRY,
    Office,
    hints,
    pdf,
    picture,
    unqualified,
)


def field_of(html: str, name: str) -> str:
    """The value of a hidden or text input."""
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*value="([^"]*)"', html)
    assert found, f"no field {name}"
    return unescape(found[1])


def hrefs(html: str) -> set[str]:
    return {unescape(h) for h in re.findall(r'href="([^"]+)"', html)}


class Desk:
    """A browser signed in as one of the office's people."""

    def __init__(self, office: Office, client: Any, login_as: Any) -> None:
        self.office, self.client, self.login_as = office, client, login_as

    async def sit(self, actor: Actor, role: str = "handler") -> Actor:
        who = await self.login_as(
            role=role, organisation=self.office.agency, name=actor.name, person=actor.person
        )
        return Actor.of(who)

    async def page(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-1500:])
        return answer.text

    async def submit(
        self, case: int, values: dict[str, Any], *, act: str = "submit", html: str = "", **more: Any
    ):
        html = html or await self.page(f"/cases/{case}")
        action = re.search(r'action="(/cases/\d+/steps/\d+)"', html)[1]
        data = {
            "version": field_of(html, "version"),
            "token": field_of(html, "token"),
            "act": act,
            **{f"v-{k}": v for k, v in values.items()},
            **more,
        }
        return await self.client.post(action, data)


@pytest.fixture
def desk(office, client, login_as) -> Desk:
    return Desk(office, client, login_as)


async def test_a_step_takes_no_files_and_fills_no_disk(desk, office):
    case = await office.to_inquiry()
    await desk.sit(office.zhang)
    html = await desk.page(f"/cases/{case}")
    action = re.search(r'action="(/cases/\d+/steps/\d+)"', html)[1]
    large = {"anything": ("a.bin", b"\0" * (17 * 1024 * 1024), "application/octet-stream")}
    data = {"version": field_of(html, "version"), "act": "save"}
    assert (await desk.client.post(action, data, files=large)).status_code == 413


async def test_a_step_that_happened_is_not_dated_tomorrow(desk, office):
    case = await office.to_inquiry()
    await desk.sit(office.zhang)
    answer = await desk.submit(case, {**INQUIRY, "inquired_on": "2026-05-13"})
    assert answer.status_code == 422
    assert "调查日期不能晚于今天" in answer.text
    assert field_of(answer.text, "v-inquired_on") == "2026-05-13", "nothing typed is lost"
    assert "未建立进货查验记录" in answer.text
    html = await desk.page(f"/cases/{case}")
    saved = await desk.submit(case, {**INQUIRY, "inquired_on": "2026-05-13"}, act="save", html=html)
    assert saved.status_code == 303, "a draft may be wrong"


class TestOpening:
    async def test_item_then_form_then_case(self, desk, office):
        await desk.sit(office.zhang)
        html = await desk.page("/cases/new")
        assert f"/cases/new?item={office.penalty}" in html
        assert "食品经营许可" not in await desk.page("/cases/new?q=进货")
        assert "没有符合条件" in await desk.page("/cases/new?q=没有的事项")
        html = await desk.page(f"/cases/new?item={office.penalty}")
        data = {
            "item": office.penalty,
            "token": field_of(html, "token"),
            "title": "拒不改正进货查验违法行为案",
            "source": "inspection",
            "party_kind": "business",
            "party_name": "鲜味园餐饮店",
            "phone": "13800001111",
        }
        answer = await desk.client.post("/cases/new", data)
        assert answer.status_code == 303, answer.text[-2000:]
        again = await desk.client.post("/cases/new", data)
        assert again.headers["location"] == answer.headers["location"], (
            "a double click opens one case"
        )
        html = (await desk.client.follow(answer)).text
        assert "磴市监立〔2026〕1号" in html
        assert "鲜味园餐饮店" in html
        assert 'aria-current="step"' in html

    async def test_mistakes_come_back_with_everything_typed(self, desk, office):
        await desk.sit(office.zhang)
        answer = await desk.client.post(
            "/cases/new",
            {
                "item": office.penalty,
                "token": "t",
                "title": "案由😀",
                "source": "inspection",
                "party_kind": "person",
                "party_name": "李建军",
                "id_number": "150801198811207470",
                "phone": "abc",
            },
        )
        assert answer.status_code == 422
        assert "校验位不对" in answer.text
        assert "联系电话应当" in answer.text
        assert field_of(answer.text, "title") == "案由😀"

    async def test_the_same_party_again_asks_first(self, desk, office):
        await office.open()
        await desk.sit(office.zhang)
        data = {
            "item": office.penalty,
            "token": "t2",
            "title": "又一案",
            "source": "inspection",
            "party_kind": "business",
            "party_name": "磴口县鲜味园餐饮店",
        }
        answer = await desk.client.post("/cases/new", data)
        assert answer.status_code == 409
        assert "第二十九条" in answer.text
        answer = await desk.client.post("/cases/new", {**data, "same_party_confirmed": "true"})
        assert answer.status_code == 303


class TestCasePage:
    @pytest.mark.req("S1-5")
    async def test_flow_officers_form_evidence_and_time_line(self, desk, office):
        unqualified[office.sqgw.person] = "没有登记执法证号"
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        for words in (
            "事项流程",
            "环节授权",
            "提交本环节",
            "保存草稿",
            "经过",
            "现场照片",
            "违法事实",
            "第 3 步，共 10 步",
        ):
            assert words in html, words
        assert "jd-person--bad" in html
        assert "没有登记执法证号" in html
        assert "0/1，缺 1 张" in html
        assert 'enctype="multipart/form-data"' in html
        assert " style=" not in html
        assert "onclick" not in html

    @pytest.mark.req("C3-20", "S1-6")
    async def test_submit_shows_the_next_step_and_back_button_does_nothing(self, desk, office):
        case = await office.open()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        answer = await desk.submit(case, CLUE, html=html)
        assert answer.status_code == 303, answer.text[-2000:]
        page = (await desk.client.follow(answer)).text
        assert "已提交，进入立案审批" in page
        assert "张海龙提交线索核查" in page
        assert "本环节由有审批权限的负责人办理" in page
        again = await desk.submit(case, CLUE, html=html)
        assert "已经提交过了" in (await desk.client.follow(again)).text

    async def test_a_mistake_keeps_every_word(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        answer = await desk.submit(case, {**INQUIRY, "goods_value": "很多", "facts": "长" * 10_000})
        assert answer.status_code == 422
        assert "jd-errbox" in answer.text
        assert 'value="很多"' in answer.text
        assert "长" * 10_000 in answer.text

    async def test_two_handlers_on_one_step(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        await desk.sit(office.sqgw)
        assert (
            await desk.submit(case, {**INQUIRY, "place": "北街"}, act="save")
        ).status_code == 303
        await desk.sit(office.zhang)
        answer = await desk.submit(case, {**INQUIRY, "place": "南街"}, html=html)
        assert answer.status_code == 409
        assert "斯琴高娃" in answer.text
        assert "北街" in answer.text
        assert field_of(answer.text, "v-place") == "南街"
        again = await desk.submit(case, {**INQUIRY, "place": "南街"}, html=answer.text)
        assert again.status_code == 303, "after looking, his own words win"

    async def test_somebody_else_submitted_it(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        await office.submit(case, INQUIRY, actor=office.sqgw)
        answer = await desk.submit(case, {**INQUIRY, "place": "南街"}, html=html)
        assert answer.status_code == 409
        assert "已经办过" in answer.text
        assert "南街" in answer.text

    async def test_a_hard_stop_says_the_law_and_the_way_out(self, desk, office):
        case = await office.to_decision()
        unqualified[office.sqgw.person] = "证件过期"
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        assert "现在不能提交" in html
        answer = await desk.submit(case, DECISION, html=html)
        assert answer.status_code == 409
        assert "第四十二条" in answer.text
        assert "没有通过" in await desk.page(f"/cases/{case}/timeline")

    async def test_who_may_not_act_sees_why_and_can_read(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.wang)
        html = await desk.page(f"/cases/{case}")
        assert "本环节授权给了张海龙、斯琴高娃" in html
        assert "提交本环节" not in html
        await desk.login_as(role="supervision_bureau", organisation=None, region=office.tree.county)
        html = await desk.page(f"/cases/{case}")
        assert "只能查看案件" in html

    async def test_another_county_sees_nothing(self, desk, office):
        case = await office.to_inquiry()
        await desk.login_as(
            role="handler",
            organisation=office.stranger.organisation.id,
            region=office.tree.other_county,
        )
        for path in ("", "/print", "/timeline", "/payments", "/acts", "/party"):
            await desk.page(f"/cases/{case}{path}", 404)
        assert "磴市监立" not in await desk.page("/cases/")

    async def test_the_lamp_is_on_the_page_right_after_the_submit(self, desk, office):
        from tests.plugins.cases.test_services import TestProjections

        case = await office.to_inquiry()
        await TestProjections().alarm(office, case, sentence="现场照片 0/1，所以报红灯")
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        assert "jd-lamp--red" in html
        assert "现场照片 0/1，所以报红灯" in html
        assert "jd-point--red" in html


class TestHint:
    async def test_the_verdict_on_what_stands_in_the_form(self, desk, office):
        hints.append(
            Blocker(
                "M4",
                "现场照片 0/1。",
                detail={"colour": "red", "kind": "evidence", "point": "p2", "cure": "缺 1 张。"},
            )
        )
        hints.append(
            Blocker(
                "M1", "剩 2 个工作日", detail={"colour": "ok", "kind": "time_limit", "point": "p1"}
            )
        )
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        assert "若现在提交：红灯，现场照片 0/1" in html
        assert "jd-point--would" in html
        visit = re.search(r"/steps/(\d+)", html)[1]
        answer = await htmx(desk.client).post(
            f"/cases/{case}/steps/{visit}/hint", {"version": "0", "v-goods_value": "1,000"}
        )
        assert answer.status_code == 200
        assert 'id="jd-hint-box"' in answer.text
        assert 'hx-swap-oob="true"' in answer.text
        assert "<html" not in answer.text

    async def test_an_engine_that_does_not_answer_leaves_the_button_open(self, desk, office):
        hints.append("no blocker at all")
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        assert "未能预检" in html
        assert "提交本环节" in html

    async def test_where_nobody_inspects_no_answer_is_promised(self, desk, office):
        case = await office.to_inquiry()
        await switch_off("inspection", office.tree.county)
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        assert "没有启用监察，不判灯" in html
        assert "未能预检" not in html
        assert "没有应答" not in html
        assert "提交本环节" in html


class TestEvidence:
    async def test_upload_plain_and_by_htmx_and_void(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        to = re.search(r'action="(/cases/\d+/visits/\d+/evidence/photos)"', html)[1]
        photo = picture()
        photo.file.seek(0)
        answer = await desk.client.post(
            to, files={"file": ("现场.jpg", photo.file.read(), "image/jpeg")}
        )
        assert answer.status_code == 303, answer.text[-1500:]
        html = await desk.page(f"/cases/{case}")
        assert "1/1，已满足" in html
        record = pdf()
        record.file.seek(0)
        answer = await htmx(desk.client).post(
            to.replace("photos", "records"),
            files={"file": ("笔录.pdf", record.file.read(), "application/pdf")},
        )
        assert answer.status_code == 200
        assert 'id="ev-records"' in answer.text
        assert 'id="evf-records"' in answer.text
        void = re.search(r'action="(/cases/\d+/evidence/\d+/void)"', html)[1]
        answer = await desk.client.post(void, {"reason": "拍错了地方"})
        assert answer.status_code == 303
        html = await desk.page(f"/cases/{case}")
        assert "已作废：拍错了地方" in html
        assert "0/1，缺 1 张" in html

    async def test_more_than_the_control_takes(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        to = re.search(r'action="(/cases/\d+/visits/\d+/evidence/photos)"', html)[1]
        big = b"\xff\xd8\xff\xe0" + b"\0" * (21 * 1024 * 1024)
        answer = await desk.client.post(to, files={"file": ("大图.jpg", big, "image/jpeg")})
        assert answer.status_code == 413
        assert "超过 20" in answer.text
        assert "0/1，缺 1 张" in await desk.page(f"/cases/{case}")

    async def test_a_renamed_executable(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        to = re.search(r'action="(/cases/\d+/visits/\d+/evidence/photos)"', html)[1]
        answer = await desk.client.post(
            to, files={"file": ("现场.jpg", b"MZ" + b"\0" * 500, "image/jpeg")}
        )
        assert answer.status_code == 422
        assert "Traceback" not in answer.text


class TestActs:
    async def test_every_act_has_a_page_and_locked_ones_say_why(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}/acts")
        assert "由负责人或者法制机构批准" in html
        for path in (
            "officers",
            "rollback",
            "recall",
            "resume",
            "transfer",
            "delegate",
            "recuse",
            "notes",
            "party",
            "payments",
            "print",
            "timeline",
        ):
            await desk.page(f"/cases/{case}/{path}")
        await desk.sit(office.chief, "legal_office")
        for path in ("suspend", "extend"):
            await desk.page(f"/cases/{case}/{path}")

    async def test_authorise_and_roll_back(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}/officers?step=inquiry")
        answer = await desk.client.post(
            f"/cases/{case}/officers",
            {
                "step": "inquiry",
                "token": field_of(html, "token"),
                "lead": office.zhang.person,
                "officers": [office.zhang.person, office.wang.person],
            },
        )
        assert answer.status_code == 303
        html = await desk.page(f"/cases/{case}/rollback")
        assert "还没有办到这个环节" in html
        bad = await desk.client.post(f"/cases/{case}/rollback", {"to_step": "clue", "reason": ""})
        assert bad.status_code == 422
        assert "理由" in bad.text
        answer = await desk.client.post(
            f"/cases/{case}/rollback",
            {"to_step": "clue", "reason": "线索不清", "token": field_of(html, "token")},
        )
        page = (await desk.client.follow(answer)).text
        assert "线索核查（第 2 次）" in page
        assert "回退到线索核查" in page
        assert "立案审批表（第 1 次）" in page
        visit = re.search(
            rf"/cases/{case}/visits/(\d+)", await desk.page(f"/cases/{case}/timeline")
        )
        assert visit is None or visit[1]

    async def test_suspend_resume_extend(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.chief, "legal_office")
        html = await desk.page(f"/cases/{case}/extend")
        answer = await desk.client.post(
            f"/cases/{case}/extend",
            {
                "which": "stage",
                "amount": "31",
                "reason": "案情复杂",
                "token": field_of(html, "token"),
            },
        )
        assert answer.status_code == 422
        assert "一次最多延长 30 天" in answer.text
        answer = await desk.client.post(
            f"/cases/{case}/extend", {"which": "stage", "amount": "３０", "reason": "案情复杂"}
        )
        assert answer.status_code == 303
        answer = await desk.client.post(
            f"/cases/{case}/suspend", {"ground": "鉴定", "reason": "送检"}
        )
        page = (await desk.client.follow(answer)).text
        assert "已中止" in page
        assert "恢复办理" in page
        answer = await desk.client.post(f"/cases/{case}/resume", {"reason": "报告已收到"})
        assert "已恢复办理" in (await desk.client.follow(answer)).text

    async def test_correct_and_earlier_visits(self, desk, office):
        case = await office.to_inquiry()
        await office.submit(case, INQUIRY)
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}")
        visit = max(
            re.findall(rf"/cases/{case}/visits/\d+", html), key=lambda p: int(p.rsplit("/", 1)[1])
        )
        html = await desk.page(visit)
        assert "3,860.00 元" in html
        assert f"{visit}/correct/goods_value" in html
        html = await desk.page(f"{visit}/correct/goods_value")
        answer = await desk.client.post(
            f"{visit}/correct/goods_value",
            {"v-goods_value": "4,000", "reason": "核算有误", "token": field_of(html, "token")},
        )
        page = (await desk.client.follow(answer)).text
        assert "更正调查取证：涉案货值" in page
        assert "原为“3,860.00 元”，改为“4,000.00 元”" in page
        answer = await desk.client.post(
            f"{visit}/correct/goods_value", {"v-goods_value": "很多", "reason": "x"}
        )
        assert answer.status_code == 422
        assert "请填写金额数字" in answer.text

    async def test_payments_and_instalments(self, desk, office):
        case = await office.to_execution()
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}/payments")
        assert "5,000.00 元" in html
        assert "由负责人批准" in html
        slip = pdf()
        slip.file.seek(0)
        answer = await desk.client.post(
            f"/cases/{case}/payments",
            {
                "kind": "payment",
                "amount": "４,000",
                "paid_on": "2026-05-12",
                "token": field_of(html, "token"),
            },
            files={"file": ("回单.pdf", slip.file.read(), "application/pdf")},
        )
        assert answer.status_code == 303, answer.text[-1500:]
        html = await desk.page(f"/cases/{case}/payments")
        assert "回单.pdf" in html
        assert "1,000.00 元" in html
        await desk.sit(office.chief, "legal_office")
        plan = {
            "parts.0.amount": "2000",
            "parts.0.due": "2026-06-01",
            "parts.1.amount": "2000",
            "parts.1.due": "2026-07-01",
            "reason": "经济困难",
        }
        answer = await desk.client.post(f"/cases/{case}/instalments", plan)
        assert answer.status_code == 422
        assert "少 1,000.00 元" in answer.text
        assert 'value="2000"' in answer.text
        answer = await desk.client.post(
            f"/cases/{case}/instalments", {**plan, "parts.1.amount": "3000"}
        )
        assert answer.status_code == 303

    async def test_the_party_in_full_leaves_a_trace(self, desk, office, facts):
        from plugins.cases.rules.party import PartyDraft

        case = await office.open(
            party=PartyDraft(
                "person", "李建军", "", "150801198811207478", "", "团结路", "13800001111"
            )
        )
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}/party")
        assert "李建军" not in html
        assert "150801********7478" in html
        assert (await desk.client.post(f"/cases/{case}/party", {"reason": ""})).status_code == 422
        answer = await desk.client.post(f"/cases/{case}/party", {"reason": "送达决定书"})
        assert "150801198811207478" in answer.text
        assert len(await facts.only("cases.party_revealed")) == 1
        assert "150801198811207478" not in str([f.payload for f in await facts.all()])

    async def test_recall_watch_and_note(self, desk, office):
        case = await office.open()
        await office.submit(case, CLUE)
        await desk.sit(office.zhang)
        html = await desk.page(f"/cases/{case}/recall")
        answer = await desk.client.post(f"/cases/{case}/recall", {"token": field_of(html, "token")})
        assert "提交已撤回" in (await desk.client.follow(answer)).text
        answer = await desk.client.post(f"/cases/{case}/watch")
        assert "取消关注" in (await desk.client.follow(answer)).text
        await office.submit(case, CLUE)
        await office.submit(case, {"outcome": "不予立案"}, actor=office.chief)
        await office.submit(case, {"closing_note": ""})
        html = await desk.page(f"/cases/{case}")
        assert "归档补记" in html
        answer = await desk.client.post(f"/cases/{case}/notes", {"text": "复议维持"})
        assert "复议维持" in (await desk.client.follow(answer)).text
        assert "张海龙归档补记" in await desk.page(f"/cases/{case}/print")


class TestLists:
    @pytest.mark.req("S1-4")
    async def test_the_overview_opens_exactly_the_lists_it_counts(self, desk, office):
        await office.open()
        await office.open(same_party_confirmed=True)
        closed = await office.open(same_party_confirmed=True)
        await office.submit(closed, CLUE)
        await office.submit(closed, {"outcome": "不予立案"}, actor=office.chief)
        await office.submit(closed, {"closing_note": ""})
        await desk.sit(office.zhang)
        card = await htmx(desk.client).get("/cases/cards/overview")
        links = {h for h in hrefs(card.text) if h.startswith("/cases/?")}
        assert len(links) == 2
        for href in links:
            number = int(
                re.search(rf'href="{re.escape(href.replace("&", "&amp;"))}">(\d+)<', card.text)[1]
            )
            html = await desk.page(href)
            assert html.count("jd-main-link") == number
        assert "八类行政权力" in await desk.page("/cases/cards/overview")

    async def test_filters_sorting_and_export(self, desk, office):
        case = await office.to_inquiry()
        await desk.sit(office.zhang)
        for query in (
            "",
            "?state=closed",
            "?state=all&sort=-due_at",
            "?q=鲜味园",
            "?lamp=red",
            "?lamp=none",
            "?who=me",
            "?clock=late",
            "?clock=suspended",
            "?source=inspection",
            "?opened_from=2026-05-12&opened_to=2026-05-12",
            "?closed_year=2026&state=closed",
            "?sort=lamp",
            "?sort=case_number",
            "?sort=step_title",
            "?opened_from=不是日期",
        ):
            await desk.page(f"/cases/{query}")
        assert "拒不改正" in await desk.page(
            "/cases/?who=me&opened_from=2026-05-12&opened_to=2026-05-12&lamp=none"
        )
        assert "没有符合条件" in await desk.page("/cases/?lamp=red")
        answer = await desk.client.get("/cases/?state=all&format=xlsx")
        assert answer.headers["content-type"].startswith("application/vnd.openxml")
        assert answer.content[:2] == b"PK"
        found = await desk.page("/search?q=鲜味园")
        assert f"/cases/{case}" in found

    async def test_roles_see_what_they_may(self, desk, office):
        case = await office.to_inquiry()
        await desk.login_as(role="leader", organisation=None, region=office.tree.county)
        await desk.page(f"/cases/{case}")
        await desk.login_as(role="data_entry", organisation=office.agency)
        assert (await desk.client.get(f"/cases/{case}")).status_code == 403
        await desk.login_as(role="supervision_bureau", organisation=None, region=office.tree.county)
        assert (await desk.client.get("/cases/new")).status_code == 403
        assert (
            await desk.client.post(f"/cases/{case}/rollback", {"to_step": "clue", "reason": "x"})
        ).status_code == 403


async def test_a_superseded_visit_can_be_read_and_is_not_changed(desk, office):
    case = await office.to_inquiry()
    visit = (await office.file(case)).open_visit["id"]
    await office.submit(case, INQUIRY)
    await authorise_officers(office.zhang, case, "finding", [Choice(office.zhang.person)])
    await roll_back(office.zhang, case, "inquiry", "补充")
    await desk.sit(office.zhang)
    html = await desk.page(f"/cases/{case}/visits/{visit}")
    assert "被取代" in html
    assert "团结路 18 号" in html
    assert "/correct/" not in html
    assert "第 2 次" in html
