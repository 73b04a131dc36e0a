# SPDX-License-Identifier: Apache-2.0
"""The acts of the office on a real database: from the application to the end of the last term."""

from datetime import date, timedelta

import pytest

from core.api import clock as time
from core.api.db import SubjectRef, row, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import history
from core.api.people import enter_person
from core.auth.services import sign_in
from core.calendar.sweep import lapse_due_clocks
from core.db import DB, WORKER
from core.parameters.services import change_settings
from core.settings import load
from plugins.certificates.forms import OfficerForm
from plugins.certificates.services import register_officer
from plugins.supervisors import jobs
from plugins.supervisors.forms import (
    AppointForm,
    CommendForm,
    DecisionForm,
    DismissForm,
    ObjectionAnswerForm,
    ObjectionForm,
    RecusalForm,
    ReportAnswerForm,
    ReportForm,
    RequestDecisionForm,
)
from plugins.supervisors.queries.applications import (
    APPLICATIONS,
    application_row,
    notice_of,
    progress_of,
    public_notice,
)
from plugins.supervisors.queries.terms import (
    find_term,
    public_card,
    running_persons,
    serving_in,
    terms_of,
)
from plugins.supervisors.reactions import resolve_card
from plugins.supervisors.services import (
    applying,
    appointing,
    conduct,
    deciding,
    ending,
    publicity,
    reporting,
    requests,
)
from plugins.supervisors.services.showing import standing
from tests.plugins.supervisors.factories import (
    OFFICE,
    PASSWORD,
    body,
    form,
    id_number,
    invitation,
    own,
    papers,
)

PASS, REJECT = DecisionForm("pass"), DecisionForm("reject", "材料不全，请补充后重新申请")
ROLES = """
select r.key from core_assignment a join core_role r on r.id = a.role
join core_user u on u.id = a."user" where u.person = $1 and a.revoked_at is null
"""


async def ask(sql: str, *args: object) -> object:
    async with transaction(OFFICE):
        return await value(sql, *args)


async def roles_of(person: int) -> set[str]:
    async with transaction(OFFICE):
        return {each["key"] for each in await rows(ROLES, person)}


class TestApplying:
    @pytest.mark.req("S0-2", "S0-4", "S0-5", "S0-23")
    async def test_it_makes_an_account_and_waits_for_the_countys_bureau(
        self, office, messages, facts
    ):
        application = await office.apply(id_number="150801198811207478", sex="男")
        person = await office.person_of(application)
        assert await office.state_of(application) == "screening"
        signed = await sign_in("150801198811207478", PASSWORD, load().security)
        assert signed.ticket is not None
        assert await roles_of(person) == {"applicant"}
        turn = await ask(
            "select org_lo from core_turn where subject_kind = 'supervisors.application'"
            " and subject_id = $1 and closed_at is null",
            application,
        )
        assert turn == office.agencies.bureau.lo
        assert [each["title"] for each in await messages.to(person)] == ["申请已提交"]
        (fact,) = await facts.only("supervisors.applied")
        assert fact.payload["route"] == "self"
        assert "150801198811207478" not in str(await facts.all())

    @pytest.mark.req("S0-3")
    async def test_the_area_code_of_the_number_need_not_be_the_region(self, office):
        number = id_number("370102", male=False)
        assert await office.apply(id_number=number)

    @pytest.mark.req("S0-2", "S0-3")
    @pytest.mark.parametrize("area", ["810000", "820000", "830000"])
    async def test_residence_permits_are_numbers_like_others(self, office, area):
        assert await office.apply(id_number=id_number(area, male=False))

    @pytest.mark.req("S0-2", "S0-3")
    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"id_number": "150801198811207470", "sex": "男"}, "id_number"),
            ({"id_number": "15080119881120747"}, "id_number"),
            ({"id_number": "150801198813207478"}, "id_number"),
            ({"sex": "男"}, "sex"),
            ({"birth_date": date(1988, 11, 21)}, "birth_date"),
            ({"phone": "12345"}, "phone"),
            ({"declared": ["fair"]}, "declared"),
            ({"agreed": False}, "agreed"),
            ({"route": "unit"}, "recommending_unit"),
            ({"region": 99_999_999}, "region"),
        ],
    )
    async def test_what_is_wrong_is_said_by_field_and_nothing_is_made(self, office, told, field):
        with pytest.raises(Invalid) as caught:
            await office.apply(**told)
        assert field in caught.value.errors
        assert await ask("select count(*) from supervisors_application") == 0

    @pytest.mark.req("S0-2")
    async def test_without_photo_nothing_is_taken(self, office):
        with pytest.raises(Invalid) as caught:
            await applying.apply(form(office.county.id), applying.Papers())
        assert "照片" in caught.value.errors["photo"]

    @pytest.mark.req("S0-2", "C13-01")
    async def test_a_recommendation_form_sent_with_a_self_application_is_not_kept(self, office):
        made = await applying.apply(form(office.county.id), await papers(recommended=True))
        kept = await ask(
            "select recommendation from supervisors_application where id = $1", made.application
        )
        assert kept is None

    @pytest.mark.req("S0-10")
    async def test_one_person_has_one_application_whatever_the_route(self, office):
        number = id_number(male=False)
        await office.apply(id_number=number)
        with pytest.raises(Invalid) as caught:
            await office.apply(id_number=number, route="unit", recommending_unit="县律师协会")
        assert "已经有一份申请" in caught.value.errors["id_number"]
        with pytest.raises(Invalid) as caught:
            await applying.enter_invited(
                office.bureau,
                invitation(office.county.id, name="张敏", id_number=number, sex="女"),
                await papers(),
            )
        assert "已经有一份申请" in caught.value.errors["id_number"]
        assert office.county.name in caught.value.errors["id_number"]

    @pytest.mark.req("S0-10")
    async def test_a_strangers_number_says_nothing_about_his_name(self, office):
        number = id_number(male=False)
        await office.apply(id_number=number, name="欧阳娜娜")
        with pytest.raises(Invalid) as caught:
            await office.apply(id_number=number, name="张敏")
        assert "欧阳" not in str(caught.value)

    @pytest.mark.req("S3-3", "C13-02")
    async def test_an_officer_is_refused_with_a_clear_reason(self, office):
        number = id_number(male=False)
        async with transaction(OFFICE):
            await register_officer(OfficerForm("张敏", office.agencies.agency.id, id_number=number))
        with pytest.raises(Invalid) as caught:
            await office.apply(id_number=number)
        assert "正在担任行政执法人员" in caught.value.errors["id_number"]

    @pytest.mark.req("S3-2")
    async def test_a_civil_servant_who_is_no_officer_may_apply(self, office):
        number = id_number(male=False)
        async with transaction(OFFICE):
            await enter_person("张敏", office.agencies.agency.id, id_number=number)
        assert await office.apply(id_number=number, source="office")

    @pytest.mark.req("S3-14")
    async def test_the_regions_own_conditions_are_kept_as_they_read(self, office):
        async with transaction(OFFICE):
            await change_settings(
                office.county.id, "supervisors", {"extra_conditions": ["会讲蒙古语"]}
            )
        with pytest.raises(Invalid) as caught:
            await office.apply()
        assert "会讲蒙古语" in caught.value.errors["checked"]
        application = await office.apply(checked=["0"])
        kept = await ask("select checked from supervisors_application where id = $1", application)
        assert kept == ["会讲蒙古语"]

    async def test_hostile_text_is_kept_as_text(self, office):
        name = "<b>张</b>{{x}}'; drop"
        application = await office.apply(name=name, industry="=1+1")
        kept = await ask("select name from supervisors_application where id = $1", application)
        assert kept == name

    async def test_who_applied_may_withdraw_and_apply_again(self, office):
        number = id_number(male=False)
        application = await office.apply(id_number=number)
        person = await office.person_of(application)
        await applying.withdraw(own(person, office.county))
        assert await office.state_of(application) == "withdrawn"
        with pytest.raises(Refused):
            await applying.withdraw(own(person, office.county))
        with pytest.raises(Invalid) as caught:
            await office.apply(id_number=number)
        assert "请先登录" in caught.value.errors["id_number"]
        made = await applying.apply_again(
            own(person, office.county), form(office.county.id, id_number=number), await papers()
        )
        assert made.application != application

    async def test_nobody_applies_under_his_account_for_somebody_else(self, office):
        application = await office.apply()
        person = await office.person_of(application)
        await applying.withdraw(own(person, office.county))
        with pytest.raises(Invalid) as caught:
            await applying.apply_again(
                own(person, office.county), form(office.county.id), await papers()
            )
        assert "不一致" in caught.value.errors["id_number"]


class TestInvited:
    @pytest.mark.req("S0-8", "S0-9", "C13-01")
    async def test_the_account_opens_only_after_approval(self, office):
        application = await applying.enter_invited(
            office.bureau, invitation(office.county.id), await papers()
        )
        before = await sign_in("shanxiongxin", "whatever", load().security)
        assert before.ticket is None
        await deciding.screen(office.bureau, application, PASS)
        code = await deciding.review(office.bureau, application, PASS)
        assert code
        after = await sign_in("shanxiongxin", code, load().security)
        assert after.ticket is not None
        assert after.must_change

    @pytest.mark.req("S0-9")
    async def test_two_of_one_name_get_different_accounts(self, office):
        from core.api.accounts import login_of_pinyin

        assert await login_of_pinyin("单雄信") == "shanxiongxin"
        await applying.enter_invited(office.bureau, invitation(office.county.id), await papers())
        assert await login_of_pinyin("单雄信") == "shanxiongxin2"

    async def test_the_bureau_of_another_county_invites_nobody_here(self, office):
        with pytest.raises(Invalid):
            await applying.enter_invited(
                office.other_bureau, invitation(office.county.id), await papers()
            )


class TestDeciding:
    @pytest.mark.req("S3-6", "S0-23", "C13-11")
    async def test_each_step_is_told_and_recorded(self, office, messages, facts):
        application = await office.apply()
        person = await office.person_of(application)
        await office.publish(application)
        assert [each["title"] for each in await messages.to(person)] == [
            "申请已提交",
            "筛选通过",
            "审核通过，开始公示",
        ]
        outcomes = [each.payload["outcome"] for each in await facts.only("supervisors.decided")]
        assert outcomes == ["screen_pass", "review_pass"]
        async with transaction(OFFICE):
            story = await progress_of(application)
        assert [each["title"] for each in story] == [
            "审核通过，开始公示",
            "筛选通过",
            "申请已提交",
        ]

    @pytest.mark.req("S3-6", "C13-03")
    async def test_the_notice_counts_working_days_and_names_no_number(self, office):
        application = await office.apply()
        await office.publish(application)
        async with transaction(OFFICE):
            found = await notice_of(application)
        # Monday 11 May, five working days: Tuesday to Monday 18 May, to the last second.
        assert str(time.local(found["ends_at"])) == "2026-05-18 23:59:59+08:00"
        numbers = ("id_number", "phone", "137", "1508")
        assert not [n for n in numbers if n in str({**found, "region_lo": 0, "org_lo": 0})]

    async def test_a_refusal_needs_its_reason(self, office):
        application = await office.apply()
        with pytest.raises(Invalid) as caught:
            await deciding.screen(office.bureau, application, DecisionForm("reject"))
        assert "理由" in caught.value.errors["reason"]
        await deciding.screen(office.bureau, application, REJECT)
        assert await office.state_of(application) == "rejected"

    async def test_review_before_screening_is_a_conflict(self, office):
        application = await office.apply()
        with pytest.raises(Conflict):
            await deciding.review(office.bureau, application, PASS)

    @pytest.mark.req("S0-5", "S3-4", "S3-29")
    async def test_only_the_competent_organ_of_the_region_decides(self, office):
        application = await office.apply()
        with pytest.raises(NotFound):
            await deciding.screen(office.other_bureau, application, PASS)
        with pytest.raises(Refused) as caught:
            await deciding.screen(office.city_bureau, application, PASS)
        assert office.agencies.bureau.name in str(caught.value)

    @pytest.mark.req("S3-29")
    async def test_a_region_without_an_organ_of_its_own_is_handled_by_the_next_above(self, office):
        async with transaction(OFFICE):
            from core.db import execute

            await execute("delete from core_competent_organ where region = $1", office.county.id)
        application = await office.apply()
        await deciding.screen(office.city_bureau, application, PASS)
        assert await office.state_of(application) == "review"

    @pytest.mark.req("S3-3", "C13-02")
    async def test_who_became_an_officer_meanwhile_does_not_pass_review(self, office):
        number = id_number(male=False)
        application = await office.apply(id_number=number)
        await deciding.screen(office.bureau, application, PASS)
        person = await office.person_of(application)
        async with transaction(OFFICE):
            await register_officer(OfficerForm("张敏", office.agencies.agency.id, person=person))
        with pytest.raises(Refused) as caught:
            await deciding.review(office.bureau, application, PASS)
        assert "第二条" in str(caught.value)

    async def test_nobody_decides_about_himself(self, office):
        application = await office.apply()
        person = await office.person_of(application)
        from tests.plugins.supervisors.factories import actor

        with pytest.raises(Refused):
            await deciding.screen(actor(office.county, person=person), application, PASS)


class TestPublicity:
    async def _published(self, office) -> tuple[int, int, object]:
        application = await office.apply()
        await office.publish(application)
        async with transaction(OFFICE):
            found = await notice_of(application)
        return application, found["id"], found["ends_at"]

    @pytest.mark.req("S3-6", "C13-03")
    async def test_an_objection_in_the_last_second_counts(self, office):
        application, notice, ends = await self._published(office)
        office.clock(ends)
        code = await publicity.object_to(notice, ObjectionForm("他是执法人员，请核实。"))
        assert await office.state_of(application) == "objected"
        office.clock(ends + timedelta(seconds=1))
        with pytest.raises(Refused):
            await office.appoint(application)
        found = await publicity.follow_objection(code.lower())
        assert found is not None
        assert found["outcome"] == ""

    @pytest.mark.req("S3-6")
    async def test_one_second_later_it_is_too_late(self, office):
        application, notice, ends = await self._published(office)
        office.clock(ends + timedelta(seconds=1))
        with pytest.raises(Refused):
            await publicity.object_to(notice, ObjectionForm("他是执法人员，请核实。"))
        assert await office.state_of(application) == "publicity"

    @pytest.mark.req("S3-6")
    async def test_answered_and_rechecked_it_goes_on(self, office, facts):
        application, notice, ends = await self._published(office)
        code = await publicity.object_to(
            notice, ObjectionForm("他是执法人员，请核实。", "王五", "13900001111")
        )
        objection = int(await ask("select id from supervisors_objection"))
        with pytest.raises(Refused):
            await deciding.recheck(office.bureau, application, PASS)
        await publicity.answer_objection(
            office.bureau, objection, ObjectionAnswerForm("dismissed", "经查，不是执法人员。")
        )
        with pytest.raises(Conflict):
            await publicity.answer_objection(
                office.bureau, objection, ObjectionAnswerForm("upheld", "再答一次")
            )
        await deciding.recheck(office.bureau, application, PASS)
        assert await office.state_of(application) == "publicity"
        found = await publicity.follow_objection(code)
        assert found["answer"] == "经查，不是执法人员。"
        office.clock(ends + timedelta(seconds=1))
        assert await office.appoint(application)
        assert "王五" not in str(await facts.all())
        assert "13900001111" not in str(await facts.all())

    async def test_an_upheld_objection_cannot_be_rechecked_away(self, office):
        application, notice, _ = await self._published(office)
        await publicity.object_to(notice, ObjectionForm("他受过治安处罚。"))
        objection = int(await ask("select id from supervisors_objection"))
        await publicity.answer_objection(
            office.bureau, objection, ObjectionAnswerForm("upheld", "属实。")
        )
        with pytest.raises(Refused):
            await deciding.recheck(office.bureau, application, PASS)
        await deciding.recheck(office.bureau, application, REJECT)
        assert await office.state_of(application) == "rejected"

    async def test_the_name_leaves_the_public_page_with_the_decision(self, office):
        application, notice, _ = await self._published(office)
        async with transaction(OFFICE):
            assert await public_notice(notice)
        person = await office.person_of(application)
        await applying.withdraw(own(person, office.county))
        from core.api.db import Scope

        async with transaction(Scope.public()):
            assert await public_notice(notice) is None

    @pytest.mark.req("S3-6")
    async def test_when_the_period_has_passed_it_is_the_bureaus_turn_to_appoint(
        self, office, facts
    ):
        application, _, ends = await self._published(office)
        office.clock(ends + timedelta(seconds=2))
        async with transaction(OFFICE):
            await lapse_due_clocks()
        await facts.dispatch()
        turn = await ask(
            "select step_title from core_turn where subject_kind = 'supervisors.application'"
            " and subject_id = $1 and closed_at is null",
            application,
        )
        assert turn == "聘任"
        async with transaction(OFFICE):
            counted = await APPLICATIONS.counts("tab", OFFICE)
        assert (counted["ready"], counted["publicity"]) == (1, 0)

    async def test_a_wrong_code_finds_nothing(self, office):
        assert await publicity.follow_objection("AAAA-BBBB-CCCC-DDDD") is None

    async def test_who_objected_is_shown_for_a_recorded_reason_only(self, office, facts):
        _, notice, _ = await self._published(office)
        await publicity.object_to(notice, ObjectionForm("他是执法人员。", "王五", "13900001111"))
        objection = int(await ask("select id from supervisors_objection"))
        stored = str(await ask("select name::text from supervisors_objection"))
        assert "王五" not in stored
        _, name, contact = await publicity.reveal_objector(office.bureau, objection, "电话核实")
        assert (name, contact) == ("王五", "13900001111")
        assert len(await facts.only("supervisors.objector_revealed")) == 1
        with pytest.raises(NotFound):
            await publicity.reveal_objector(office.other_bureau, objection, "好奇")


class TestAppointing:
    @pytest.mark.req("S3-1")
    async def test_a_supervisor_comes_from_the_public_and_joins_no_office(self, office):
        _, person = await office.supervisor()
        async with transaction(OFFICE):
            found = await row("select organisation, org_lo from core_person where id = $1", person)
        assert (found["organisation"], found["org_lo"]) == (None, 0)
        assert await roles_of(person) == {"supervisor"}

    @pytest.mark.req("S3-6", "S3-7", "S0-24", "C13-06")
    async def test_the_term_the_card_and_the_role(self, office, messages, facts):
        term, person = await office.supervisor()
        async with transaction(OFFICE):
            found = await find_term(term, OFFICE)
        assert found["starts"] == date(2026, 5, 19)
        assert found["ends"] == date(2028, 5, 18)
        assert found["number"] == f"{office.county.name[0]}监督聘〔2026〕1号"
        assert await roles_of(person) == {"supervisor"}
        (fact,) = await facts.only("supervisors.appointed")
        assert fact.subject == SubjectRef("core.person", person)
        assert (await messages.to(person))[-1]["title"] == "聘任证书已签发"
        from core.api.db import Scope

        async with transaction(Scope.public()):
            card = await public_card(found["token"])
        assert card["state"] == "active"
        assert not {"id_number", "phone"} & set(card)

    @pytest.mark.req("S3-6")
    async def test_before_the_last_day_is_over_nobody_is_appointed(self, office):
        application = await office.apply()
        await office.publish(application)
        with pytest.raises(Refused):
            await office.appoint(application)

    async def test_the_second_of_two_approvals_is_told_so_and_leaves_no_gap(self, office):
        first, second = await office.apply(), await office.apply(name="李强")
        for each in (first, second):
            await office.publish(each)
        await office.after_notice(second)
        await office.appoint(first)
        with pytest.raises(Conflict) as caught:
            await office.appoint(first)
        assert "已经聘任" in str(caught.value)
        await office.appoint(second)
        numbers = await ask("select array_agg(number order by id) from supervisors_card")
        assert [each[-3:] for each in numbers] == ["〕1号", "〕2号"]

    @pytest.mark.parametrize("days", [-1, 91])
    async def test_the_first_day_lies_within_reach(self, office, days):
        application = await office.apply()
        await office.publish(application)
        await office.after_notice(application)
        with pytest.raises(Invalid) as caught:
            await office.appoint(application, time.today() + timedelta(days=days))
        assert "starts" in caught.value.errors

    @pytest.mark.req("S3-7", "S3-8", "C13-04")
    async def test_a_third_term_in_a_row_is_refused_a_gap_later_not(self, office):
        number = id_number(male=False)
        term, person = await office.supervisor(id_number=number)
        await _renew(office, term, person)
        async with transaction(OFFICE):
            second = (await terms_of(person))[0]
        assert second["number_in_row"] == 2
        # The last day of the second term: 18 May 2030; its renewal would be a third.
        office.on("2030-04-01")
        await jobs.end_terms({})
        with pytest.raises(Refused) as caught:
            await requests.file_request(own(person, office.county), "renewal", "愿意继续")
        assert "不得连任超过两届" in str(caught.value)
        again = form(office.county.id, id_number=number)
        office.on("2032-05-17")
        async with transaction(OFFICE):
            await jobs.end_terms({})
        with pytest.raises(Invalid) as caught:
            await applying.apply_again(own(person, office.county), again, await papers())
        assert "2032年5月18日起" in caught.value.errors["id_number"]
        office.on("2032-05-18")
        assert await applying.apply_again(own(person, office.county), again, await papers())


async def _renew(office, term: int, person: int) -> int:
    async with transaction(OFFICE):
        found = await find_term(term, OFFICE)
    end = found["ends"]
    office.on(f"{end.year}-04-03")
    await requests.file_request(own(person, office.county), "renewal", "愿意继续")
    request = int(await ask("select max(id) from supervisors_request"))
    await requests.decide_request(office.bureau, request, RequestDecisionForm("pass"))
    application = int(await ask("select max(id) from supervisors_application"))
    await office.after_notice(application)
    return await appointing.appoint(
        office.bureau, application, AppointForm(end + timedelta(days=1))
    )


class TestRequests:
    @pytest.mark.req("C13-05", "S0-24", "S3-7")
    async def test_renewal_goes_through_review_and_notice_to_the_next_term(self, office, facts):
        term, person = await office.supervisor()
        second = await _renew(office, term, person)
        async with transaction(OFFICE):
            found = await find_term(second, OFFICE)
        assert (found["starts"], found["ends"]) == (date(2028, 5, 19), date(2030, 5, 18))
        assert len(await facts.only("supervisors.renewed")) == 1
        office.on("2028-05-20")
        async with transaction(OFFICE):
            await jobs.end_terms({})
        # The first term has ended, the role goes on with the second.
        assert await roles_of(person) == {"supervisor"}
        assert await ask("select state from supervisors_term where id = $1", term) == "expired"

    @pytest.mark.req("C13-05")
    async def test_renewal_too_early_is_refused_with_the_day(self, office):
        _, person = await office.supervisor()
        with pytest.raises(Refused) as caught:
            await requests.file_request(own(person, office.county), "renewal", "")
        assert "2028年3月19日起" in str(caught.value)

    @pytest.mark.req("C13-05", "S0-24")
    async def test_resignation_ends_the_term_on_its_day_and_the_role_with_it(self, office, facts):
        term, person = await office.supervisor()
        await requests.file_request(own(person, office.county), "resignation", "工作调动")
        with pytest.raises(Conflict):
            await requests.file_request(own(person, office.county), "resignation", "再来一次")
        request = int(await ask("select id from supervisors_request"))
        last = time.today() + timedelta(days=10)
        await requests.decide_request(
            office.bureau, request, RequestDecisionForm("pass", last_day=last)
        )
        async with transaction(OFFICE):
            await jobs.end_terms({})
        assert await roles_of(person) == {"supervisor"}
        office.clock(office.clock.moment + timedelta(days=11))
        async with transaction(OFFICE):
            await jobs.end_terms({})
        assert await ask("select state from supervisors_term where id = $1", term) == "resigned"
        assert await roles_of(person) == {"former_supervisor"}
        assert len(await facts.only("supervisors.term_ended")) == 1

    @pytest.mark.req("C13-05", "S0-24")
    async def test_an_application_taken_back_leaves_the_desk_and_may_come_again(
        self, office, facts
    ):
        term, person = await office.supervisor()
        him = own(person, office.county)
        await requests.file_request(him, "resignation", "工作调动")
        first = int(await ask("select id from supervisors_request"))
        waiting = "select count(*) from core_turn where closed_at is null"
        assert await ask(waiting) == 1
        await requests.withdraw_request(him, "resignation")
        assert await ask(waiting) == 0
        with pytest.raises(Conflict):
            await requests.decide_request(office.bureau, first, RequestDecisionForm("pass"))
        with pytest.raises(Conflict):
            await requests.withdraw_request(him, "resignation")
        assert await ask("select state from supervisors_term where id = $1", term) == "active"
        taken = await facts.only("supervisors.request_withdrawn")
        assert [each.payload["request"] for each in taken] == [first]
        await requests.file_request(him, "resignation", "还是要走")
        assert await ask(waiting) == 1

    async def test_nobody_takes_back_another_ones_application(self, office):
        _, person = await office.supervisor()
        await requests.file_request(own(person, office.county), "resignation", "工作调动")
        _, other = await office.supervisor()
        with pytest.raises(Conflict):
            await requests.withdraw_request(own(other, office.county), "resignation")
        assert await ask("select state from supervisors_request") == "submitted"

    async def test_a_refused_request_needs_its_reason_and_is_told(self, office, messages):
        _, person = await office.supervisor()
        await requests.file_request(own(person, office.county), "resignation", "工作调动")
        request = int(await ask("select id from supervisors_request"))
        with pytest.raises(Invalid):
            await requests.decide_request(office.bureau, request, RequestDecisionForm("reject"))
        await requests.decide_request(
            office.bureau, request, RequestDecisionForm("reject", "请先交接")
        )
        assert (await messages.to(person))[-1]["text"] == "请先交接"


async def proposed(term: int) -> int:
    """A proposal to dismiss, as a body's report that was found true raises it."""
    async with transaction(OFFICE):
        found = await row("select * from supervisors_term where id = $1", term)
        assert found is not None
        return await ending.propose_dismissal(found, "report", "property", "收受财物", {})


class TestEnding:
    @pytest.mark.req("S3-7", "C13-04")
    async def test_the_term_expires_by_itself_the_night_after(self, office, facts):
        term, person = await office.supervisor()
        office.on("2028-05-18")
        async with transaction(OFFICE):
            await jobs.end_terms({})
        assert await ask("select state from supervisors_term where id = $1", term) == "active"
        office.clock(office.clock.moment + timedelta(days=1))
        async with transaction(OFFICE):
            await jobs.end_terms({})
            await jobs.end_terms({})
        assert await ask("select state from supervisors_term where id = $1", term) == "expired"
        assert await roles_of(person) == {"former_supervisor"}
        assert len(await facts.only("supervisors.term_ended")) == 1

    @pytest.mark.req("C13-04")
    async def test_the_reminder_goes_out_once_sixty_days_before(self, office, messages):
        _, person = await office.supervisor()
        for day, count in ((18, 0), (19, 1), (25, 1)):
            office.on(f"2028-03-{day}")
            async with transaction(OFFICE):
                await jobs.remind({})
            told = [each["kind"] for each in await messages.to(person)]
            assert told.count("supervisors.ending") == count

    @pytest.mark.req("S3-24", "C13-09")
    async def test_dismissal_names_its_ground_and_takes_the_role(self, office, facts, messages):
        term, person = await office.supervisor()
        await ending.dismiss(office.bureau, term, DismissForm("property", "收受当事人购物卡"))
        assert await roles_of(person) == {"former_supervisor"}
        (fact,) = await facts.only("supervisors.dismissed")
        assert fact.payload["ground"] == "property"
        assert "第（三）项" in (await messages.to(person))[-1]["text"]
        with pytest.raises(Conflict):
            await ending.dismiss(office.bureau, term, DismissForm("other", "再解聘一次"))

    @pytest.mark.req("S3-24", "C13-09", "C13-05")
    async def test_who_is_dismissed_does_not_begin_the_next_term(self, office):
        """Dismissed between the appointment to a second term and its first day."""
        term, person = await office.supervisor()
        second = await _renew(office, term, person)
        await ending.dismiss(office.bureau, term, DismissForm("property", "收受当事人购物卡"))
        assert await roles_of(person) == {"former_supervisor"}
        assert await ask("select state from supervisors_term where id = $1", second) == "dismissed"
        office.on("2028-05-20")
        async with transaction(OFFICE):
            await jobs.end_terms({})
            card = await public_card(
                await value("select token from supervisors_card where term = $1", second)
            )
            assert await running_persons([person], date(2028, 5, 20)) == set()
            assert await serving_in(OFFICE, date(2028, 5, 20)) == 0
        assert card is not None
        assert standing(card, date(2028, 5, 20)) == (False, "已解聘")
        assert await roles_of(person) == {"former_supervisor"}

    @pytest.mark.req("S3-24", "C13-09", "C13-05")
    @pytest.mark.parametrize("how", ["dismissed", "resigned"])
    async def test_a_renewal_under_way_ends_with_the_term(self, office, how):
        term, person = await office.supervisor()
        office.on("2028-04-03")
        await requests.file_request(own(person, office.county), "renewal", "愿意继续")
        asked = int(await ask("select max(id) from supervisors_request"))
        await requests.decide_request(office.bureau, asked, RequestDecisionForm("pass"))
        application = int(await ask("select max(id) from supervisors_application"))
        if how == "dismissed":
            await ending.dismiss(office.bureau, term, DismissForm("other", "多次违反纪律"))
        else:
            await requests.file_request(own(person, office.county), "resignation", "工作调动")
            asked = int(await ask("select max(id) from supervisors_request"))
            await requests.decide_request(office.bureau, asked, RequestDecisionForm("pass"))
        async with transaction(OFFICE):
            found = await application_row(application)
            shown = await value(
                "select published from supervisors_notice where application = $1", application
            )
        assert found is not None
        assert found["state"] == "rejected"
        assert shown is False
        await office.after_notice(application)
        with pytest.raises(Refused):
            await appointing.appoint(office.bureau, application, AppointForm(date(2028, 5, 19)))

    @pytest.mark.req("S3-25", "C13-05")
    @pytest.mark.parametrize("first", ["request", "proposal"])
    async def test_what_is_still_undecided_stays_the_organs_turn(self, office, first):
        """An application and a proposal to dismiss share one page and one turn; neither is lost."""
        term, person = await office.supervisor()
        await requests.file_request(own(person, office.county), "resignation", "工作调动")
        request = int(await ask("select id from supervisors_request"))
        proposal = await proposed(term)

        async def step() -> str | None:
            found = await ask(
                "select step_title from core_turn where subject_kind = 'supervisors.term'"
                " and subject_id = $1 and closed_at is null",
                term,
            )
            return None if found is None else str(found)

        assert await step() == "审核辞职申请"
        if first == "request":
            await requests.decide_request(
                office.bureau, request, RequestDecisionForm("reject", "请先交接")
            )
            assert await step() == "决定是否解聘"
            await ending.drop_proposal(office.bureau, proposal, "情节轻微")
        else:
            await ending.drop_proposal(office.bureau, proposal, "情节轻微")
            assert await step() == "审核辞职申请"
            await requests.decide_request(
                office.bureau, request, RequestDecisionForm("reject", "请先交接")
            )
        assert await step() is None

    @pytest.mark.req("S3-25", "C13-05")
    async def test_a_proposal_nobody_decided_ends_with_the_term(self, office, facts):
        term, person = await office.supervisor()
        await requests.file_request(own(person, office.county), "resignation", "工作调动")
        request = int(await ask("select id from supervisors_request"))
        await proposed(term)
        await requests.decide_request(office.bureau, request, RequestDecisionForm("pass"))
        assert await ask("select state from supervisors_proposal") == "open"
        office.clock(office.clock.moment + timedelta(days=1))
        async with transaction(OFFICE):
            await jobs.end_terms({})
        assert await ask("select state from supervisors_term where id = $1", term) == "resigned"
        assert await ask("select state from supervisors_proposal") == "lapsed"
        assert len(await facts.only("supervisors.proposal_lapsed")) == 1
        assert await ask("select count(*) from core_turn where closed_at is null") == 0

    async def test_another_bureau_dismisses_nobody_here(self, office):
        term, _ = await office.supervisor()
        with pytest.raises(NotFound):
            await ending.dismiss(office.other_bureau, term, DismissForm("other", "与我无关"))
        with pytest.raises(Refused):
            await ending.dismiss(office.city_bureau, term, DismissForm("other", "上级代办"))

    @pytest.mark.req("S3-26", "C13-10")
    async def test_commendation(self, office, facts, messages):
        term, person = await office.supervisor()
        await conduct.commend(office.bureau, term, CommendForm("优秀监督员", "提出建议 12 条"))
        (fact,) = await facts.only("supervisors.commended")
        assert fact.subject == SubjectRef("core.person", person)
        assert (await messages.to(person))[-1]["title"] == "通报表彰"
        with pytest.raises(Invalid):
            await conduct.commend(
                office.bureau, term, CommendForm("将来", on=time.today() + timedelta(days=1))
            )


async def attend(person: int, activity: int, outcome: str, place, of="activity") -> None:
    """As the owner of the activities, or of the trainings, tells it."""
    from core.api.facts import Fact

    now = time.now()
    await conduct.note_attendance(
        Fact(
            0,
            "activities.attendance_recorded"
            if of == "activity"
            else "training.attendance_recorded",
            SubjectRef("core.person", person),
            {
                "person": person,
                of: activity,
                "on": (time.today() + timedelta(days=activity)).isoformat(),
                "outcome": outcome,
                "organised_by": 1,
            },
            place,
            0,
            now,
            now,
        )
    )


class TestAttendance:
    @pytest.mark.req("S3-25", "C13-09", "C8-11")
    async def test_the_second_unexcused_raises_one_proposal_and_dismisses_nobody(
        self, office, facts
    ):
        from core.api.db import Place

        term, person = await office.supervisor()
        place = Place(office.county.lo)
        await attend(person, 1, "absent", place)
        await attend(person, 2, "excused", place)
        await attend(person, 3, "absent", place)
        assert await ask("select count(*) from supervisors_proposal") == 0
        await attend(person, 4, "absent", place)
        await attend(person, 4, "absent", place)
        await attend(person, 5, "absent", place)
        assert await ask("select count(*) from supervisors_proposal where ground = 'absence'") == 1
        assert await ask("select state from supervisors_term where id = $1", term) == "active"
        assert len(await facts.only("supervisors.dismissal_proposed")) == 1

    @pytest.mark.req("S3-25", "C8-11")
    async def test_a_training_missed_counts_like_an_activity(self, office):
        from core.api.db import Place

        _term, person = await office.supervisor()
        place = Place(office.county.lo)
        await attend(person, 1, "absent", place)
        await attend(person, 1, "absent", place, of="training")
        assert await ask("select count(*) from supervisors_attendance") == 2, "1 and 1 are two"
        assert await ask("select count(*) from supervisors_proposal where ground = 'absence'") == 1

    @pytest.mark.req("S3-25")
    async def test_a_human_may_drop_it_and_the_same_absence_asks_no_more(self, office):
        from core.api.db import Place

        term, person = await office.supervisor()
        place = Place(office.county.lo)
        await attend(person, 1, "absent", place)
        await attend(person, 2, "absent", place)
        proposal = int(await ask("select id from supervisors_proposal"))
        await ending.drop_proposal(office.bureau, proposal, "住院，事后补了证明")
        await attend(person, 2, "absent", place)
        assert await ask("select count(*) from supervisors_proposal") == 1
        await attend(person, 3, "absent", place)
        assert await ask("select count(*) from supervisors_proposal") == 2
        newest = int(await ask("select max(id) from supervisors_proposal"))
        await ending.dismiss(
            office.bureau, term, DismissForm("absence", "连续三次无故缺席"), proposal=newest
        )
        assert await ask("select state from supervisors_proposal where id = $1", newest) == (
            "dismissed"
        )

    @pytest.mark.req("S3-25", "C8-11")
    @pytest.mark.parametrize("now", ["present", "excused"])
    async def test_a_corrected_absence_takes_its_proposal_back(self, office, facts, now):
        from core.api.db import Place

        term, person = await office.supervisor()
        place = Place(office.county.lo)
        waiting = "select count(*) from core_turn where subject_kind = $1 and closed_at is null"
        await attend(person, 1, "absent", place)
        await attend(person, 2, "absent", place)
        assert await ask(waiting, "supervisors.term") == 1
        await attend(person, 1, now, place)
        assert await ask("select state from supervisors_proposal") == "lapsed"
        assert await ask(waiting, "supervisors.term") == 0
        assert len(await facts.only("supervisors.proposal_lapsed")) == 1
        assert await ask("select state from supervisors_term where id = $1", term) == "active"
        # Put back, it counts again; a third absence leaves a run of two when the first was none.
        await attend(person, 1, "absent", place)
        assert await ask("select array_agg(state order by id) from supervisors_proposal") == [
            "lapsed",
            "open",
        ]
        await attend(person, 3, "absent", place)
        await attend(person, 1, now, place)
        assert await ask("select array_agg(state order by id) from supervisors_proposal") == [
            "lapsed",
            "lapsed",
            "open",
        ]
        assert await ask(waiting, "supervisors.term") == 1

    @pytest.mark.req("S3-25")
    async def test_what_a_human_has_decided_a_correction_leaves_alone(self, office):
        from core.api.db import Place

        term, person = await office.supervisor()
        place = Place(office.county.lo)
        await attend(person, 1, "absent", place)
        await attend(person, 2, "absent", place)
        proposal = int(await ask("select id from supervisors_proposal"))
        said = DismissForm("absence", "连续两次无故缺席")
        await ending.dismiss(office.bureau, term, said, proposal=proposal)
        await attend(person, 2, "present", place)
        assert await ask("select state from supervisors_proposal") == "dismissed"

    async def test_a_stranger_and_nonsense_change_nothing(self, office):
        from core.api.db import Place

        _, person = await office.supervisor()
        await attend(999_999, 1, "absent", Place(office.county.lo))
        await attend(person, 1, "asleep", Place(office.county.lo))
        assert await ask("select count(*) from supervisors_attendance") == 0


class TestOfficers:
    @pytest.mark.req("S3-3", "C13-02")
    async def test_every_night_a_serving_supervisor_who_became_an_officer_is_flagged(
        self, office, facts
    ):
        term, person = await office.supervisor()
        await jobs.check_officers({})
        assert await ask("select flagged from supervisors_term where id = $1", term) == ""
        async with transaction(OFFICE):
            await register_officer(OfficerForm("张敏", office.agencies.agency.id, person=person))
        await jobs.check_officers({})
        await jobs.check_officers({})
        assert "执法人员" in str(
            await ask("select flagged from supervisors_term where id = $1", term)
        )
        assert len(await facts.only("supervisors.flagged")) == 1
        assert await ask("select count(*) from supervisors_proposal where cause = 'officer'") == 1
        assert await ask("select state from supervisors_term where id = $1", term) == "active"


class TestRecusal:
    @pytest.mark.req("S3-17", "C13-08")
    async def test_declared_and_ordered_both_stop_him_at_the_gate(self, office, objects_to):
        from plugins.supervisors.reactions import answer_may_take_part

        term, person = await office.supervisor()
        agency, other = office.agencies.agency, office.agencies.other_agency
        ref = SubjectRef("core.person", person)

        async def stopped(organisation) -> list[str]:
            async with transaction(OFFICE):
                found = await answer_may_take_part(
                    [ref], time.today(), {"organisation_lo": organisation.lo}
                )
            return [each.code for each in found.get(ref, ())]

        assert await stopped(agency) == []
        await conduct.declare_recusal(
            own(person, office.county),
            RecusalForm(relation="relative", organisation=agency.id, text="爱人在该局工作"),
        )
        assert await stopped(agency) == ["supervisors.recused"]
        assert await stopped(other) == []
        ordered = await conduct.order_recusal(
            office.bureau,
            term,
            RecusalForm(relation="workplace", organisation=other.id, text="单位受其管理"),
        )
        assert await stopped(other) == ["supervisors.recused"]
        await conduct.lift_recusal(office.bureau, ordered, "已调离")
        office.clock(office.clock.moment + timedelta(days=1))
        assert await stopped(other) == []

    @pytest.mark.req("S3-17", "C13-08")
    async def test_about_one_officer_it_binds_for_him_alone(self, office):
        from plugins.supervisors.reactions import answer_may_take_part

        _, person = await office.supervisor()
        agency = office.agencies.agency
        async with transaction(OFFICE):
            brother = await enter_person("张海龙", agency.id)
            other = await enter_person("斯琴高娃", agency.id)
        who = own(person, office.county)
        about = {"relation": "relative", "text": "张海龙是我弟弟"}
        for wrong in ({"officer": "张海龙"}, {"officer": "没有这人", "organisation": agency.id}):
            with pytest.raises(Invalid) as caught:
                await conduct.declare_recusal(who, RecusalForm(**about, **wrong))
            assert "officer" in caught.value.errors or "organisation" in caught.value.errors
        await conduct.declare_recusal(
            who, RecusalForm(**about, officer="张海龙", organisation=agency.id)
        )
        ref = SubjectRef("core.person", person)
        for officer, stopped in ((brother.id, True), (other.id, False), (0, False)):
            async with transaction(OFFICE):
                found = await answer_may_take_part(
                    [ref], time.today(), {"organisation_lo": agency.lo, "officer": officer}
                )
            assert bool(found) is stopped

    async def test_a_recusal_about_nothing_is_refused(self, office):
        _, person = await office.supervisor()
        with pytest.raises(Invalid):
            await conduct.declare_recusal(
                own(person, office.county), RecusalForm(relation="self", text="就是要回避")
            )

    async def test_without_a_term_nobody_takes_part(self, office):
        from plugins.supervisors.reactions import answer_may_take_part

        ref = SubjectRef("core.person", 424_242)
        async with transaction(OFFICE):
            found = await answer_may_take_part([ref], time.today(), None)
        assert [each.code for each in found[ref]] == ["supervisors.no_term"]


class TestScanning:
    @pytest.mark.req("S0-24", "C13-06")
    async def test_a_code_or_a_typed_number_is_known_a_hostile_one_is_not(self, office):
        term, _ = await office.supervisor()
        token = str(await ask("select token from supervisors_card"))
        number = str(await ask("select number from supervisors_card"))
        known = SubjectRef("supervisors.term", term)
        for code in (
            token,
            f"https://jiandu.example.cn/supervisors/card/{token}",
            number,
            number.replace("〔", "(").replace("〕", ")"),
            f" {number[:3]} {number[3:]} ",
        ):
            assert await resolve_card(code) == known, code
        for code in ("", "x", f"https://evil.example/{token}/x", "javascript:alert(1)", "A" * 5000):
            assert await resolve_card(code) is None, code


class TestReports:
    @pytest.mark.req("S3-21", "C13-13")
    async def test_a_body_reports_the_bureau_answers(self, office, messages, facts):
        term, person = await office.supervisor()
        async with transaction(OFFICE):
            officer = await enter_person("张海龙", office.agencies.agency.id)
        who = body(office.agencies.agency, office.county, officer.id)
        number = str(await ask("select number from supervisors_card"))
        report = await reporting.file_report(
            who,
            ReportForm(number, "obstruct", time.today(), "检查时阻拦执法人员进入现场。"),
            None,
        )
        # The supervisor is not told who reported.
        assert "supervisors.office_report" not in [e["kind"] for e in await messages.to(person)]
        await reporting.answer_report(
            office.bureau, report, ReportAnswerForm("founded", "经核实属实。", propose=True)
        )
        assert (await messages.to(officer.id))[-1]["kind"] == "supervisors.report_answered"
        assert await ask("select count(*) from supervisors_proposal where cause = 'report'") == 1
        assert await ask("select state from supervisors_term where id = $1", term) == "active"
        with pytest.raises(Conflict):
            await reporting.answer_report(
                office.bureau, report, ReportAnswerForm("unfounded", "改判")
            )
        assert len(await facts.only("supervisors.reported")) == 1

    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"number": "没有这个号"}, "number"),
            ({"happened_on": date(2099, 1, 1)}, "happened_on"),
            ({"happened_on": date(2020, 1, 1)}, "happened_on"),
        ],
    )
    async def test_a_report_about_nothing_is_refused(self, office, told, field):
        await office.supervisor()
        number = str(await ask("select number from supervisors_card"))
        given = {
            "number": number,
            "breach": "gain",
            "happened_on": time.today(),
            "text": "索要土特产，态度恶劣。",
        }
        who = body(office.agencies.agency, office.county, 1)
        with pytest.raises(Invalid) as caught:
            await reporting.file_report(who, ReportForm(**{**given, **told}), None)
        assert field in caught.value.errors


class TestKeeping:
    @pytest.mark.req("C13-01")
    async def test_a_year_after_the_refusal_nothing_names_the_applicant(self, office, monkeypatch):
        application = await office.apply(name="欧阳娜娜")
        await deciding.screen(office.bureau, application, REJECT)
        office.clock(office.clock.moment + timedelta(days=364))
        async with transaction(OFFICE):
            await jobs.clear({})
        assert await ask("select name from supervisors_application") == "欧阳娜娜"
        photo = await ask("select photo from supervisors_application")
        office.clock(office.clock.moment + timedelta(days=2))
        # Deleting the rows of files is the worker's right alone.
        monkeypatch.setattr(DB, "scoped_role", WORKER)
        async with transaction(OFFICE):
            await jobs.clear({})
            await jobs.clear({})
            found = await row("select * from supervisors_application")
        assert "欧阳娜娜" not in str(found)
        assert found["employer"] == ""
        assert found["photo"] is None
        assert await ask("select count(*) from core_file where id = $1", photo) == 0

    async def test_what_led_to_a_term_stays(self, office):
        await office.supervisor()
        office.clock(office.clock.moment + timedelta(days=800))
        async with transaction(OFFICE):
            await jobs.clear({})
        assert await ask("select name from supervisors_application") == "张敏"


async def test_the_story_of_a_person_is_in_the_facts(office):
    term, person = await office.supervisor()
    async with transaction(OFFICE):
        story = await history(SubjectRef("core.person", person))
    assert term
    assert "supervisors.appointed" in [each.kind for each in story]
