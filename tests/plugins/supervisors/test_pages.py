# SPDX-License-Identifier: Apache-2.0
"""The pages: who sees what, forms that lose nothing, hostile input, what the public reads."""

import re
from datetime import timedelta

import pytest

from core.api.clock import today
from core.api.db import SubjectRef, rows, transaction, value
from core.api.people import found_organisation
from core.auth.services import sign_in
from core.parameters.services import change_settings
from core.settings import load
from plugins.supervisors.forms import DecisionForm, ObjectionForm
from plugins.supervisors.queries.applications import notice_of
from plugins.supervisors.queries.terms import public_card
from plugins.supervisors.reactions import answer_may_take_part
from plugins.supervisors.rules.words import DECLARATIONS
from plugins.supervisors.services import applying, deciding, ending, publicity
from plugins.supervisors.services.showing import basis_in, certificate_paper
from tests.plugins.supervisors.factories import (
    OFFICE,
    PASSWORD,
    form,
    id_number,
    invitation,
    papers,
    picture,
)

PASS = DecisionForm("pass")


def fields(region_id: int, /, **told: object) -> dict[str, object]:
    given: dict[str, object] = {
        "region": str(region_id),
        "name": "张敏",
        "id_number": id_number(male=False),
        "sex": "女",
        "birth_date": "1988-11-20",
        "source": "lawyer",
        "industry": "食品安全",
        "phone": "13722233344",
        "declared": list(DECLARATIONS),
        "route": "self",
        "agreed": "true",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    return {**given, **told}


def photo(content: bytes | None = None, name: str = "照片.jpg"):
    return {"photo": (name, picture() if content is None else content, "image/jpeg")}


async def ask(sql: str, *args: object) -> object:
    async with transaction(OFFICE):
        return await value(sql, *args)


def kept(text: str, name: str = "kept_photo") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found
    return found[1]


class TestApplying:
    @pytest.mark.req("S0-1", "S0-2")
    async def test_the_region_is_chosen_step_by_step_without_a_script(self, office, client):
        first = await client.get("/supervisors/apply")
        assert first.status_code == 200
        assert "内蒙古自治区" in first.text
        below = await client.get(f"/supervisors/apply?region={office.city.id}")
        assert f"/supervisors/apply?region={office.county.id}" in below.text
        last = await client.get(f"/supervisors/apply?region={office.county.id}")
        assert 'name="id_number"' in last.text
        assert "磴口县司法局" in last.text
        for name in ("photo", "name", "id_number", "sex", "birth_date", "route", "region",
                     "industry", "phone"):  # fmt: skip
            assert f'name="{name}"' in last.text

    @pytest.mark.req("S3-27", "S3-28", "S3-9")
    async def test_the_basis_and_its_first_day_can_be_read(self, office, client):
        rule = "威海市行政执法社会监督员管理办法（2022年4月18日起施行）"
        async with transaction(OFFICE):
            await change_settings(office.county.id, "supervisors", {"basis": (rule,)})
        page = await client.get(f"/supervisors/apply?region={office.county.id}")
        assert rule in page.text
        assert "没有报酬" in page.text
        await office.supervisor()
        async with transaction(OFFICE):
            card = await public_card(await value("select token from supervisors_card"))
        paper = certificate_paper(card, "https://x.cn/", await basis_in(office.county.lo))
        assert f"根据《{rule}》" in paper.paragraphs[0].text
        # The person is addressed flush left, as a letter does.
        assert paper.to == card["name"]

    @pytest.mark.parametrize("region", ["0", "-1", "999999999", "x", "1;drop table", "²"])
    async def test_a_region_that_is_none_is_no_fault_of_the_platform(self, office, client, region):
        answer = await client.get("/supervisors/apply", params={"region": region})
        assert answer.status_code in {200, 404}

    async def test_a_region_can_be_searched(self, office, client):
        answer = await client.get("/supervisors/apply", params={"place": "磴口"})
        assert "磴口县" in answer.text
        none = await client.get("/supervisors/apply", params={"place": "<script>%_'"})
        assert "<script>%_" not in none.text
        assert "没有找到" in none.text

    @pytest.mark.req("S0-1", "S0-2", "S0-4")
    async def test_handed_in_it_leads_to_the_next_steps(self, office, client):
        answer = await client.post(
            "/supervisors/apply", data=fields(office.county.id), files=photo()
        )
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == "/supervisors/apply/done"
        assert await ask("select count(*) from supervisors_application") == 1
        done = await client.get("/supervisors/apply/done")
        assert "办证进度" in done.text

    @pytest.mark.req("S0-2")
    async def test_a_refused_form_keeps_every_word_and_the_photo(self, office, client):
        given = fields(
            office.county.id, phone="12", industry="<b>食品</b>", employer="县'医院\"", again="x"
        )
        refused = await client.post("/supervisors/apply", data=given, files=photo())
        assert refused.status_code == 422
        for text in ("张敏", "&lt;b&gt;食品&lt;/b&gt;", "1988-11-20", "县&#39;医院"):
            assert text in refused.text
        assert "<b>食品</b>" not in refused.text
        assert "两次输入的密码不一样" in refused.text
        assert "手机号" in refused.text
        # A password is never sent back to a page.
        assert PASSWORD not in refused.text
        assert "照片.jpg" in refused.text
        given |= {"phone": "13722233344", "again": PASSWORD, "kept_photo": kept(refused.text)}
        answer = await client.post("/supervisors/apply", data=given)
        assert answer.status_code == 303, answer.text
        assert await ask("select photo is not null from supervisors_application")

    async def test_everything_wrong_is_said_at_once(self, office, client):
        answer = await client.post("/supervisors/apply", data={"region": str(office.county.id)})
        assert answer.status_code == 422
        for word in ("姓名", "身份证号", "照片", "条件", "密码", "界别"):
            assert word in answer.text

    @pytest.mark.req("S0-2")
    @pytest.mark.parametrize(
        ("content", "name", "says"),
        [
            (b"", "照片.jpg", "空文件"),
            (b"GIF89a;<script>alert(1)</script>", "照片.jpg", "照片"),
            (b"%PDF-1.7\n%\xe2\xe3", "照片.pdf", "照片"),
            (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1", "IMG_1.HEIC", "兼容性最佳"),
            (picture(300, 200), "照片.jpg", "竖"),
            (picture(100, 140), "照片.jpg", "原图"),
            (b"\xff\xd8\xff\xe0broken", "照片.jpg", "照片"),
        ],
    )
    async def test_a_wrong_photo_is_refused_with_the_way_to_mend_it(
        self, office, client, content, name, says
    ):
        answer = await client.post(
            "/supervisors/apply", data=fields(office.county.id), files=photo(content, name)
        )
        assert answer.status_code == 422
        assert says in answer.text
        assert await ask("select count(*) from supervisors_application") == 0

    @pytest.mark.parametrize("token", ["x", "AAAA", "照片", "a" * 3000, "../../etc/passwd"])
    async def test_a_forged_kept_file_is_no_file(self, office, client, token):
        answer = await client.post(
            "/supervisors/apply", data=fields(office.county.id, kept_photo=token)
        )
        assert answer.status_code == 422
        assert "请上传照片" in answer.text

    @pytest.mark.req("S0-2", "C13-01")
    async def test_a_recommendation_needs_its_stamped_form(self, office, client):
        given = fields(office.county.id, route="unit", recommending_unit="县律师协会")
        refused = await client.post("/supervisors/apply", data=given, files=photo())
        assert "请上传单位盖章的单位推荐表" in refused.text
        stamped = {**photo(), "recommendation": ("表.jpg", picture(), "image/jpeg")}
        assert (
            await client.post("/supervisors/apply", data=given, files=stamped)
        ).status_code == 303

    @pytest.mark.parametrize("name", ["route", "sex", "source", "birth_date", "region"])
    async def test_invented_choices_are_refused_in_words(self, office, client, name):
        answer = await client.post(
            "/supervisors/apply", data=fields(office.county.id, **{name: "'; --"}), files=photo()
        )
        assert answer.status_code in {404, 422}
        assert "Traceback" not in answer.text

    @pytest.mark.req("S0-10")
    async def test_sent_twice_it_is_one_application(self, office, client):
        page = await client.get(f"/supervisors/apply?region={office.county.id}")
        given = fields(office.county.id, once=kept(page.text, "once"))
        first = await client.post("/supervisors/apply", data=given, files=photo())
        second = await client.post("/supervisors/apply", data=given, files=photo())
        assert first.status_code == second.status_code == 303
        assert second.headers["location"] == first.headers["location"]
        assert await ask("select count(*) from supervisors_application") == 1

    async def test_a_machine_is_stopped(self, office, client):
        for _ in range(20):
            await client.post("/supervisors/apply", data={"region": "1"})
        answer = await client.post("/supervisors/apply", data={"region": "1"})
        assert answer.status_code == 429


class TestDesk:
    async def test_another_countys_bureau_finds_nothing(self, office, client, login_as):
        application = await office.apply()
        await login_as("supervision_bureau", region=office.other)
        for path in ("", "/screen", "/review", "/recheck", "/appoint", "/slip"):
            address = f"/supervisors/applications/{application}{path}"
            answer = (
                await client.get(address)
                if not path
                else await client.post(address, data={"decision": "pass", "starts": "2026-05-12"})
            )
            assert answer.status_code == 404, address
        listed = await client.get("/supervisors/")
        assert "张敏" not in listed.text

    async def test_without_the_right_it_is_403(self, office, client, login_as):
        application = await office.apply()
        await login_as("handler")
        assert (await client.get("/supervisors/")).status_code == 403
        assert (await client.get(f"/supervisors/applications/{application}")).status_code == 403

    @pytest.mark.req("S3-4", "S0-5")
    async def test_the_level_above_reads_and_does_not_decide(self, office, client, login_as):
        application = await office.apply()
        await login_as("supervision_bureau", region=office.city)
        page = await client.get(f"/supervisors/applications/{application}")
        assert "由磴口县司法局办理" in page.text
        assert 'name="decision"' not in page.text
        answer = await client.post(
            f"/supervisors/applications/{application}/screen", data={"decision": "pass"}
        )
        assert answer.status_code == 409

    @pytest.mark.req("S3-6", "C13-03", "C13-06")
    async def test_the_whole_road_at_the_desk(self, office, client, login_as):
        application = await office.apply()
        await login_as("supervision_bureau", region=office.county, organisation=None)
        address = f"/supervisors/applications/{application}"
        page = await client.get(address)
        assert "150801" in page.text
        assert "********" in page.text
        assert "1988-11-20" not in page.text
        assert (
            await client.post(f"{address}/screen", data={"decision": "pass"})
        ).status_code == 303
        refused = await client.post(f"{address}/review", data={"decision": "reject"})
        assert refused.status_code == 422
        assert "要写明理由" in refused.text
        assert (
            await client.post(f"{address}/review", data={"decision": "pass"})
        ).status_code == 303
        page = await client.get(address)
        assert "公示期还没有结束" in page.text
        await office.after_notice(application)
        # A week has passed: the session has ended meanwhile.
        await login_as("supervision_bureau", region=office.county)
        day = office.clock.moment + timedelta(hours=9)
        answer = await client.post(f"{address}/appoint", data={"starts": f"{day:%Y-%m-%d}"})
        assert answer.status_code == 303, answer.text
        term = answer.headers["location"]
        shown = await client.get(term)
        assert "监督聘〔2026〕1号" in shown.text
        pdf = await client.get(f"{term}/certificate.pdf")
        assert pdf.content.startswith(b"%PDF-")
        again = await client.post(f"{address}/appoint", data={"starts": f"{day:%Y-%m-%d}"})
        assert again.status_code == 409
        assert "已经聘任" in again.text

    @pytest.mark.req("S3-12")
    async def test_holders_of_the_qualification_stand_first(self, office, client, login_as):
        await office.apply(name="王有证", legal_qualified=True)
        office.clock(office.clock.moment + timedelta(hours=1))
        await office.apply(name="李无证")
        await login_as("supervision_bureau", region=office.county)
        text = (await client.get("/supervisors/")).text
        assert text.index("王有证") < text.index("李无证")

    async def test_the_export_holds_masked_numbers_only(self, office, client, login_as):
        number = id_number(male=False)
        await office.apply(id_number=number)
        await login_as("supervision_bureau", region=office.county)
        answer = await client.get("/supervisors/?format=xlsx")
        assert answer.status_code == 200
        from io import BytesIO
        from zipfile import ZipFile

        with ZipFile(BytesIO(answer.content)) as book:
            text = b"".join(book.read(name) for name in book.namelist())
        assert number.encode() not in text

    @pytest.mark.req("S0-8")
    async def test_an_invitation_shows_the_account_before_it_is_saved(
        self, office, client, login_as
    ):
        await login_as("supervision_bureau", region=office.county)
        given = fields(office.county.id, name="单雄信", id_number=id_number(), sex="男", login="")
        shown = await client.post("/supervisors/invite", data=given, files=photo())
        assert 'value="shanxiongxin"' in shown.text
        assert await ask("select count(*) from supervisors_application") == 0
        given |= {"login": "shanxiongxin", "kept_photo": kept(shown.text)}
        made = await client.post("/supervisors/invite", data=given)
        assert made.status_code == 303, made.text
        address = made.headers["location"]
        assert "审核通过后才能登录" in (await client.get(address)).text
        early = await client.post(f"{address}/slip")
        assert early.status_code == 409
        await client.post(f"{address}/screen", data={"decision": "pass"})
        slip = await client.post(f"{address}/review", data={"decision": "pass"})
        assert "只显示这一次" in slip.text

    @pytest.mark.req("S0-8")
    async def test_no_slip_opens_the_account_somebody_had_before(self, office, client, login_as):
        # A known number leads to the account of whoever has it, in whatever office.
        number = id_number(male=False)
        theirs = await office.apply(id_number=number)
        async with transaction(office.bureau.scope):
            await deciding.screen(office.bureau, theirs, DecisionForm("reject", "材料不全，请补充"))
        account = await ask("select account from supervisors_application where id = $1", theirs)
        login = await ask("select login from core_user where id = $1", account)
        await login_as("supervision_bureau", region=office.county)
        given = fields(office.county.id, id_number=number, login=login)
        made = await client.post("/supervisors/invite", data=given, files=photo())
        assert made.status_code == 303, made.text
        address = made.headers["location"]
        await client.post(f"{address}/screen", data={"decision": "pass"})
        await client.post(f"{address}/review", data={"decision": "pass"})
        shown = await client.get(address)
        assert "打印登录凭条" not in shown.text
        assert "本人已有账号" in shown.text
        asked = await client.post(f"{address}/slip")
        assert asked.status_code == 409, asked.text
        assert "本人已有账号" in asked.text
        assert await ask('select count(*) from core_slip where "user" = $1', account) == 0

    @pytest.mark.req("S0-8")
    async def test_no_slip_opens_an_account_its_owner_has_used(self, office, client, login_as):
        application = await applying.enter_invited(
            office.bureau, invitation(office.county.id), await papers()
        )
        await deciding.screen(office.bureau, application, PASS)
        await deciding.review(office.bureau, application, PASS)
        address = f"/supervisors/applications/{application}"
        await login_as("supervision_bureau", region=office.county)
        again = await client.post(f"{address}/slip")
        assert "只显示这一次" in again.text  # the first was lost before it was used
        code = re.search(r"一次性密码</dt>\s*<dd[^>]*>([^<]+)<", again.text)
        assert code
        used = await sign_in("shanxiongxin", code[1].strip(), load().security)
        assert used.ticket is not None
        assert "打印登录凭条" not in (await client.get(address)).text
        asked = await client.post(f"{address}/slip")
        assert asked.status_code == 409, asked.text
        assert "本人已经登录过" in asked.text

    @pytest.mark.req("S0-8")
    async def test_no_slip_for_an_invitation_that_was_refused(self, office, client, login_as):
        application = await applying.enter_invited(
            office.bureau, invitation(office.county.id), await papers()
        )
        await deciding.screen(office.bureau, application, DecisionForm("reject", "不符合条件"))
        await login_as("supervision_bureau", region=office.county)
        asked = await client.post(f"/supervisors/applications/{application}/slip")
        assert asked.status_code == 409, asked.text
        assert await ask("select count(*) from core_slip") == 0


class TestPublic:
    async def _published(self, office) -> tuple[int, int]:
        application = await office.apply()
        await office.publish(application)
        async with transaction(OFFICE):
            found = await notice_of(application)
        return application, found["id"]

    @pytest.mark.req("S3-6", "C13-03")
    async def test_the_notice_shows_no_number_and_takes_objections(self, office, client):
        _, notice = await self._published(office)
        listed = await client.get("/supervisors/publicity")
        assert "张敏" in listed.text
        page = await client.get(f"/supervisors/publicity/{notice}")
        assert "张敏" in page.text
        for secret in ("137222", "1508011", "********"):
            assert secret not in page.text
        empty = await client.post(f"/supervisors/publicity/{notice}/objections", data={"text": ""})
        assert empty.status_code == 422
        done = await client.post(
            f"/supervisors/publicity/{notice}/objections",
            data={"text": "他是执法人员<script>", "contact": "13900001111"},
        )
        assert done.status_code == 200
        code = re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", done.text)
        assert code
        told = await client.post("/supervisors/objection", data={"code": code[0]})
        assert "正在核实" in told.text
        wrong = await client.post("/supervisors/objection", data={"code": "AAAA"})
        assert wrong.status_code == 422

    async def test_a_lost_answer_costs_no_objector_his_code(self, office, client, db):
        """The form comes again by itself: one objection, and the code that was never seen."""
        application, notice = await self._published(office)
        sent = {"text": "他是执法人员，请核实。", "once": "k" * 24}
        first, again = [
            await client.post(f"/supervisors/publicity/{notice}/objections", data=sent)
            for _ in range(2)
        ]
        pattern = r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}"
        codes = {re.search(pattern, each.text)[0] for each in (first, again)}  # type: ignore[index]
        assert len(codes) == 1
        told = await client.post("/supervisors/objection", data={"code": codes.pop()})
        assert "正在核实" in told.text
        async with transaction(OFFICE):
            made = await value(
                "select count(*) from supervisors_objection where application = $1", application
            )
        assert made == 1

    @pytest.mark.req("S3-6")
    async def test_after_the_period_the_name_is_gone_and_a_late_word_is_kept(self, office, client):
        application, notice = await self._published(office)
        await office.after_notice(application)
        assert "张敏" not in (await client.get("/supervisors/publicity")).text
        gone = await client.get(f"/supervisors/publicity/{notice}")
        assert gone.status_code == 404
        assert "张敏" not in gone.text
        late = await client.post(
            f"/supervisors/publicity/{notice}/objections", data={"text": "写了很久的异议内容"}
        )
        assert late.status_code == 422
        assert "写了很久的异议内容" in late.text

    async def test_codes_cannot_be_walked_through(self, office, client):
        for _ in range(10):
            await client.post("/supervisors/objection", data={"code": "AAAA"})
        answer = await client.post("/supervisors/objection", data={"code": "AAAA"})
        assert answer.status_code == 429

    @pytest.mark.req("S0-24", "C13-06")
    async def test_the_card_behind_the_code(self, office, client):
        await office.supervisor()
        token = await ask("select token from supervisors_card")
        page = await client.get(f"/supervisors/card/{token}")
        assert "聘期有效" in page.text
        for secret in ("137222", "1508011", "********"):
            assert secret not in page.text
        assert (await client.get(f"/supervisors/card/{token}/photo")).status_code == 200
        code = await client.get(f"/supervisors/card/{token}/qr")
        assert code.headers["content-type"].startswith("image/svg")
        office.on("2029-01-01")
        over = await client.get(f"/supervisors/card/{token}")
        assert "聘期已满" in over.text
        assert (await client.get(f"/supervisors/card/{token}/photo")).status_code == 404

    @pytest.mark.parametrize("token", ["x", "A" * 24, "%2e%2e", "' or 1=1 --", "1"])
    async def test_a_forged_code_is_a_plain_answer(self, office, client, token):
        answer = await client.get(f"/supervisors/card/{token}")
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


class TestMine:
    @pytest.mark.req("S0-6", "S0-23", "S0-24")
    async def test_an_applicant_sees_the_progress_and_nothing_else(self, office, client, login_as):
        application = await office.apply()
        person = await office.person_of(application)
        await login_as("applicant", region=office.county, person=person)
        page = await client.get("/supervisors/mine/progress")
        assert page.status_code == 200
        assert "待筛选" in page.text
        for path in ("mine/card", "mine/term", "mine/recusals", "", "terms", "reports"):
            assert (await client.get(f"/supervisors/{path}")).status_code == 403, path

    async def test_nobody_sees_anothers_application(self, office, client, login_as):
        first, second = await office.apply(), await office.apply(name="李强")
        person = await office.person_of(second)
        await login_as("applicant", region=office.county, person=person)
        page = await client.get("/supervisors/mine/progress")
        assert "张敏" not in page.text
        assert first
        answer = await client.post("/supervisors/mine/withdraw")
        assert answer.status_code == 303
        assert await office.state_of(first) == "screening"
        assert await office.state_of(second) == "withdrawn"

    @pytest.mark.req("S0-24", "C13-06")
    async def test_the_supervisor_carries_the_card(self, office, client, login_as):
        _, person = await office.supervisor()
        await login_as("supervisor", region=office.county, person=person)
        page = await client.get("/supervisors/mine/card")
        assert "监督聘〔2026〕1号" in page.text
        assert "有效" in page.text
        assert (await client.get("/supervisors/mine/photo")).status_code == 200
        pdf = await client.get("/supervisors/mine/certificate.pdf")
        assert pdf.content.startswith(b"%PDF-")
        assert (await client.get(f"/supervisors/mine/panels/{person}")).status_code == 200
        assert (await client.get(f"/supervisors/mine/panels/{person + 1}")).status_code == 404
        mine = await client.get("/me")
        assert "我的二维码" in mine.text

    @pytest.mark.req("C13-05", "S0-24")
    async def test_renewal_and_resignation_from_the_phone(self, office, client, login_as):
        _, person = await office.supervisor()
        await login_as("supervisor", region=office.county, person=person)
        page = await client.get("/supervisors/mine/term")
        assert "天起可以申请继任" in page.text
        early = await client.post("/supervisors/mine/renewal", data={"reason": "愿意继续"})
        assert early.status_code == 409
        empty = await client.post("/supervisors/mine/resignation", data={"reason": ""})
        assert empty.status_code == 422
        done = await client.post("/supervisors/mine/resignation", data={"reason": "工作调动"})
        assert done.status_code == 303
        assert "正在审核" in (await client.get("/supervisors/mine/term")).text
        back = await client.post("/supervisors/mine/resignation/withdraw")
        assert back.status_code == 303
        page = await client.get("/supervisors/mine/term")
        assert "已撤回" in page.text
        assert 'action="/supervisors/mine/resignation"' in page.text
        # Twice, or what was never asked for: said, and nothing happens.
        for kind in ("resignation", "renewal"):
            await client.post(f"/supervisors/mine/{kind}/withdraw")
            page = await client.get("/supervisors/mine/term")
            assert "没有正在审核的" in page.text

    @pytest.mark.req("S3-17", "C13-08")
    async def test_a_conflict_is_declared_on_the_phone(self, office, client, login_as):
        _, person = await office.supervisor()
        await login_as("supervisor", region=office.county, person=person)
        refused = await client.post(
            "/supervisors/mine/recusals", data={"relation": "relative", "text": "爱人<b>"}
        )
        assert refused.status_code == 422
        assert "爱人&lt;b&gt;" in refused.text
        done = await client.post(
            "/supervisors/mine/recusals",
            data={
                "relation": "relative",
                "organisation": str(office.agencies.agency.id),
                "text": "爱人在该局工作",
            },
        )
        assert done.status_code == 303
        assert office.agencies.agency.name in (await client.get("/supervisors/mine/recusals")).text

    @pytest.mark.req("S3-17", "C13-08")
    async def test_whoever_may_be_reported_may_be_kept_away_from(self, office, client, login_as):
        """A complaint may be about the prefecture's agency; so may the conflict."""
        async with transaction(OFFICE):
            city = await found_organisation("巴彦淖尔市市场监督管理局", "body", office.city.id)
        _, person = await office.supervisor()
        await login_as("supervisor", region=office.county, person=person)
        page = (await client.get("/supervisors/mine/recusals")).text
        assert city.name in page
        assert office.agencies.agency.name in page
        assert office.agencies.foreign_agency.name not in page, "another county's stay out"
        told = {"relation": "relative", "organisation": str(city.id), "text": "爱人在该局工作"}
        assert (await client.post("/supervisors/mine/recusals", data=told)).status_code == 303
        me = SubjectRef("core.person", person)
        async with transaction(OFFICE):
            for unit, stopped in ((city.lo, True), (office.agencies.agency.lo, False)):
                draft = {"organisation_lo": unit, "officer": 0, "case": ""}
                answer = await answer_may_take_part([me], today(), draft)
                assert (me in answer) is stopped

    @pytest.mark.req("S3-8", "S0-6", "C13-04")
    async def test_who_served_comes_back_by_the_same_door(self, office, client, login_as):
        """After the term: no work bench any more, the messages and the way to apply anew."""
        _, person = await office.supervisor()
        office.on("2028-05-20")
        async with transaction(OFFICE):
            await ending.expire_terms()
            held = await rows(
                "select r.key from core_assignment a join core_role r on r.id = a.role"
                ' join core_user u on u.id = a."user" where u.person = $1 and a.revoked_at is null',
                person,
            )
        assert [each["key"] for each in held] == ["former_supervisor"]
        await login_as("former_supervisor", region=office.county, person=person)
        page = (await client.get("/supervisors/mine/progress")).text
        assert "再次申请" in page
        assert (await client.get("/supervisors/mine/apply")).status_code == 200
        assert (await client.get("/supervisors/mine/card")).status_code == 403

    async def test_after_dismissal_the_role_is_gone(self, office, client, login_as):
        term, person = await office.supervisor()
        from plugins.supervisors.forms import DismissForm
        from plugins.supervisors.services import ending

        await ending.dismiss(office.bureau, term, DismissForm("other", "多次违反纪律"))
        token = await ask("select token from supervisors_card")
        assert "已解聘" in (await client.get(f"/supervisors/card/{token}")).text
        assert person


class TestTermsAndReports:
    @pytest.mark.req("S3-17", "S3-24", "S3-26", "C13-09", "C13-10")
    async def test_acts_on_a_term_keep_what_was_typed_when_refused(self, office, client, login_as):
        term, _ = await office.supervisor()
        await login_as("supervision_bureau", region=office.county)
        address = f"/supervisors/terms/{term}"
        refused = await client.post(
            f"{address}/dismiss", data={"ground": "", "reason": "收受当事人<i>购物卡"}
        )
        assert refused.status_code == 422
        assert "收受当事人&lt;i&gt;购物卡" in refused.text
        praised = await client.post(f"{address}/commend", data={"title": "优秀监督员"})
        assert praised.status_code == 303
        ordered = await client.post(
            f"{address}/recusals",
            data={"relation": "self", "case": "磴市监罚〔2026〕1号", "text": "涉及本人"},
        )
        assert ordered.status_code == 303
        assert "磴市监罚〔2026〕1号" in (await client.get(address)).text
        gone = await client.post(
            f"{address}/dismiss", data={"ground": "property", "reason": "收受当事人购物卡"}
        )
        assert gone.status_code == 303
        assert "已解聘" in (await client.get(address)).text

    async def test_another_county_sees_no_term(self, office, client, login_as):
        term, _ = await office.supervisor()
        await login_as("supervision_bureau", region=office.other)
        for path in ("", "/certificate.pdf"):
            assert (await client.get(f"/supervisors/terms/{term}{path}")).status_code == 404
        for act in ("dismiss", "commend", "recusals"):
            answer = await client.post(
                f"/supervisors/terms/{term}/{act}",
                data={"ground": "other", "reason": "与我无关的人", "title": "表彰", "relation": "self",
                      "case": "x", "text": "说明"},
            )  # fmt: skip
            assert answer.status_code == 404, act

    @pytest.mark.req("S3-21", "C13-13")
    async def test_a_body_reports_and_reads_its_own_only(self, office, client, login_as):
        from core.api.people import enter_person

        await office.supervisor()
        number = str(await ask("select number from supervisors_card"))
        term = int(await ask("select id from supervisors_term"))
        async with transaction(OFFICE):
            officer = await enter_person("张海龙", office.agencies.agency.id)
            other = await enter_person("斯琴", office.agencies.agency.id)
        await login_as("handler", organisation=office.agencies.agency, person=officer.id)
        blank = await client.get("/supervisors/reports/new", params={"id": str(term)})
        assert number in blank.text
        refused = await client.post(
            "/supervisors/reports/new",
            data={"number": "x", "breach": "gain", "happened_on": "2026-05-19",
                  "text": "索要土特产，态度恶劣。"},
        )  # fmt: skip
        assert refused.status_code == 422
        assert "索要土特产" in refused.text
        made = await client.post(
            "/supervisors/reports/new",
            data={"number": number, "breach": "gain", "happened_on": "2026-05-19",
                  "text": "索要土特产，态度恶劣。"},
        )  # fmt: skip
        assert made.status_code == 303, made.text
        address = made.headers["location"]
        assert (await client.get(address)).status_code == 200
        await login_as("handler", organisation=office.agencies.agency, person=other.id)
        assert (await client.get(address)).status_code == 404
        await login_as("supervision_bureau", region=office.county)
        assert "索要土特产" in (await client.get(address)).text
        answered = await client.post(
            f"{address}/answer", data={"outcome": "unfounded", "answer": "经核实不属实。"}
        )
        assert answered.status_code == 303


async def test_objections_are_answered_at_the_desk(office, client, login_as):
    application = await office.apply()
    await office.publish(application)
    async with transaction(OFFICE):
        found = await notice_of(application)
    await publicity.object_to(found["id"], ObjectionForm("他受过处罚<x>", "王五", "13900001111"))
    objection = int(await ask("select id from supervisors_objection"))
    await login_as("supervision_bureau", region=office.county)
    page = await client.get(f"/supervisors/applications/{application}")
    assert "他受过处罚&lt;x&gt;" in page.text
    assert "王五" not in page.text
    shown = await client.post(
        f"/supervisors/objections/{objection}/reveal", data={"reason": "电话核实"}
    )
    assert "13900001111" in shown.text
    early = await client.post(
        f"/supervisors/applications/{application}/recheck", data={"decision": "pass"}
    )
    assert early.status_code == 409
    answer = await client.post(
        f"/supervisors/objections/{objection}/answer",
        data={"outcome": "dismissed", "answer": "经查不属实。"},
    )
    assert answer.status_code == 303
    done = await client.post(
        f"/supervisors/applications/{application}/recheck", data={"decision": "pass"}
    )
    assert done.status_code == 303


async def test_refused_applicants_may_apply_again_from_their_phone(office, client, login_as):
    number = id_number(male=False)
    application = await office.apply(id_number=number)
    await deciding.screen(office.bureau, application, DecisionForm("reject", "单位无法核实"))
    person = await office.person_of(application)
    await login_as("applicant", region=office.county, person=person)
    page = await client.get("/supervisors/mine/progress")
    assert "单位无法核实" in page.text
    assert "重新申请" in page.text
    shown = await client.get(f"/supervisors/mine/apply?region={office.county.id}")
    assert 'name="id_number"' in shown.text
    assert 'name="password"' not in shown.text
    made = await client.post(
        "/supervisors/mine/apply", data=fields(office.county.id, id_number=number), files=photo()
    )
    assert made.status_code == 303, made.text


__all__ = ["form", "papers"]
