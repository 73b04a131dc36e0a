# SPDX-License-Identifier: Apache-2.0
"""Registering, organising, attending: the acts and what they leave behind."""

from datetime import date, timedelta

import pytest

from core.api.checkin import checkin_code
from core.api.db import transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import receive
from plugins.activities import jobs
from plugins.activities.forms import AnswerForm, CorrectForm, LeaveForm
from plugins.activities.services import attending, organising, records
from tests.plugins.activities.conftest import END, NOW, OFFICE, START, Hall, ask, photo


async def turns(kind: str, id: int) -> int:
    return int(
        await ask(
            "select count(*) from core_turn where subject_kind = $1 and subject_id = $2"
            " and closed_at is null",
            kind,
            id,
        )
    )


class TestRecords:
    @pytest.mark.req("S0-20", "C13-07")
    async def test_it_goes_to_the_own_bureau_whatever_body_it_is_about(
        self, hall: Hall, facts, messages
    ):
        who = await hall.volunteer()
        picture = await receive(photo(), "现场.jpg", kinds=("photo",))
        elsewhere = hall.agencies.foreign_agency
        made = await records.submit(who, hall.said(unit=elsewhere.name), [picture])
        async with transaction(who.scope):
            assert await value("select org_lo from activities_record where id = $1", made) == (
                hall.agencies.bureau.lo
            )
            assert await value("select count(*) from activities_attachment") == 1
        (fact,) = await facts.only("activities.registered")
        assert fact.actor == who.user_id
        assert fact.place.region_lo == hall.county.lo
        assert await turns("activities.record", made) == 1

    @pytest.mark.req("S0-20")
    async def test_the_partys_number_rests_encrypted(self, hall: Hall):
        who = await hall.volunteer()
        made = await hall.record(who)
        kept = await ask("select party_phone from activities_record where id = $1", made)
        assert b"13947812345" not in bytes(kept)

    async def test_another_volunteer_and_another_bureau_see_nothing(self, hall: Hall):
        made = await hall.record(await hall.volunteer())
        other = await hall.volunteer("其其格")
        for scope in (other.scope, hall.other_bureau.scope):
            async with transaction(scope):
                assert await value("select count(*) from activities_record") == 0
        with pytest.raises(NotFound):
            await records.note(hall.other_bureau, made, "")
        with pytest.raises(NotFound):
            await records.complete(other, made, hall.said())

    async def test_the_bureau_above_reads_and_does_not_act(self, hall: Hall):
        made = await hall.record(await hall.volunteer())
        with pytest.raises(Refused, match="磴口县司法局"):
            await records.note(hall.city_bureau, made, "")

    @pytest.mark.req("S0-20", "C13-07")
    async def test_returned_completed_noted(self, hall: Hall, facts, messages):
        who = await hall.volunteer()
        made = await hall.record(who)
        await records.return_(hall.bureau, made, "请写明执法人员几个人。")
        assert (await messages.to(who.person_id))[-1]["title"].startswith("登记请补充")
        with pytest.raises(Conflict):
            await records.note(hall.bureau, made, "")
        await records.complete(who, made, hall.said(matter="两名执法人员检查餐饮店。"))
        with pytest.raises(Refused):
            await records.complete(who, made, hall.said())
        await records.note(hall.bureau, made, "建议已转。")
        assert await turns("activities.record", made) == 0
        assert [each.kind for each in await facts.all() if each.kind.startswith("activ")] == [
            "activities.registered",
            "activities.returned",
            "activities.completed",
            "activities.noted",
        ]
        await records.comment(hall.bureau, made, "已改。")
        assert (await messages.to(who.person_id))[-1]["text"] == "已改。"

    async def test_two_tabs_do_not_overwrite_each_other(self, hall: Hall):
        who = await hall.volunteer()
        made = await hall.record(who)
        await records.return_(hall.bureau, made, "请补充。")
        await records.complete(who, made, hall.said(version=1))
        await records.return_(hall.bureau, made, "再补充。")
        with pytest.raises(Conflict):
            await records.complete(who, made, hall.said(version=1))

    @pytest.mark.req("S0-20")
    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"registered_on": date(2026, 9, 2)}, "registered_on"),
            ({"unit": "磴口县魔法局"}, "unit"),
            ({"region": 999_999_999}, "region"),
        ],
    )
    async def test_what_is_refused(self, hall: Hall, more, field):
        who = await hall.volunteer()
        with pytest.raises(Invalid) as refused:
            await hall.record(who, **more)
        assert field in refused.value.errors

    async def test_the_city_is_no_address(self, hall: Hall):
        who = await hall.volunteer()
        with pytest.raises(Invalid, match="旗县区"):
            await hall.record(who, region=hall.city.id)

    async def test_without_a_bureau_nothing_is_lost(self, hall: Hall, region_tree):
        await ask("delete from core_competent_organ returning 1")
        made = await hall.record(await hall.volunteer())
        assert await ask("select region_lo from activities_record where id = $1", made) == (
            hall.county.lo
        )


class TestOrganising:
    @pytest.mark.req("S3-15", "S3-16")
    async def test_the_invited_hear_of_it_and_owe_an_answer(self, hall: Hall, facts, messages):
        who, below = await hall.volunteer(), await hall.volunteer("其其格")
        made = await hall.activity(who, below)
        told = (await messages.to(who.person_id))[-1]
        assert "9月8日" in told["text"]
        assert "团结路集合" in told["text"]
        assert await turns("activities.invitation", await hall.invitation(made, who)) == 1
        (fact,) = await facts.only("activities.invited")
        assert fact.payload["count"] == 2

    async def test_inviting_twice_invites_once(self, hall: Hall, messages):
        who = await hall.volunteer()
        made = await hall.activity(who)
        with pytest.raises(Invalid, match="勾选"):
            await organising.invite(hall.bureau, made, [who.person_id])
        assert len(await messages.to(who.person_id)) == 1

    async def test_only_supervisors_of_the_subtree(self, hall: Hall):
        foreign = await hall.volunteer("外县", region=hall.other)
        made = await hall.activity()
        with pytest.raises(Invalid, match="不是本地区"):
            await organising.invite(hall.bureau, made, [foreign.person_id])
        city = await organising.announce(hall.city_bureau, hall.plan())
        assert await organising.invite(hall.city_bureau, city, [foreign.person_id]) == 1

    async def test_no_more_than_places(self, hall: Hall):
        people = [await hall.volunteer(f"第{n}位") for n in range(3)]
        made = await hall.activity(seats=2)
        with pytest.raises(Invalid, match="还可以邀请 2 人"):
            await organising.invite(hall.bureau, made, [each.person_id for each in people])

    async def test_another_office_keeps_its_hands_off(self, hall: Hall):
        made = await hall.activity()
        with pytest.raises(NotFound):
            await organising.cancel(hall.other_bureau, made, "不办了")
        with pytest.raises(Refused):
            await organising.cancel(hall.city_bureau, made, "不办了")

    async def test_a_change_is_told_with_what_changed(self, hall: Hall, messages, facts):
        who = await hall.volunteer()
        made = await hall.activity(who)
        await organising.change(hall.bureau, made, hall.plan(place="县政府门口"))
        assert "地点改为县政府门口" in (await messages.to(who.person_id))[-1]["text"]
        await organising.change(hall.bureau, made, hall.plan(place="县政府门口"))
        assert len(await facts.only("activities.changed")) == 1
        with pytest.raises(Conflict):
            await organising.change(hall.bureau, made, hall.plan(place="别处", version=1))

    async def test_cancelling_tells_everybody_and_counts_nobody(self, hall: Hall, messages, facts):
        who = await hall.volunteer()
        made = await hall.activity(who)
        await organising.cancel(hall.bureau, made, "当天有大风")
        assert (await messages.to(who.person_id))[-1]["text"] == "当天有大风"
        hall.at(END + timedelta(hours=1))
        with pytest.raises(Conflict):
            await attending.close(hall.bureau, made, confirmed=True)
        assert await facts.only("activities.attendance_recorded") == []
        assert await turns("activities.invitation", await hall.invitation(made, who)) == 0

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"starts_at": NOW}, "starts_at"),
            ({"ends_at": START}, "ends_at"),
            ({"kind": "party"}, "kind"),
            ({"unit": "没有这个局"}, "unit"),
        ],
    )
    async def test_what_is_no_activity(self, hall: Hall, more, field):
        with pytest.raises(Invalid) as refused:
            await organising.announce(hall.bureau, hall.plan(**more))
        assert field in refused.value.errors


class TestAnswers:
    @pytest.mark.req("S3-24")
    async def test_leave_is_the_bureaus_to_grant(self, hall: Hall, messages):
        who = await hall.volunteer()
        made = await hall.activity(who)
        invitation = await hall.invitation(made, who)
        with pytest.raises(Invalid):
            await hall.answer(made, who, "leave")
        await hall.answer(made, who, "leave", "孩子住院")
        assert await turns("activities.activity", made) == 1
        assert await turns("activities.invitation", invitation) == 0
        with pytest.raises(Invalid):
            await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("refused"))
        await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("granted"))
        assert (await hall.of(invitation))["leave"] == "granted"
        assert "准假" in (await messages.to(who.person_id))[-1]["text"]
        assert await turns("activities.activity", made) == 0
        with pytest.raises(Conflict):
            await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("granted"))

    async def test_a_place_given_away_is_not_taken_back(self, hall: Hall):
        first, second = await hall.volunteer(), await hall.volunteer("其其格")
        made = await hall.activity(first, seats=1)
        await hall.answer(made, first, "leave", "出差")
        invitation = await hall.invitation(made, first)
        await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("granted"))
        await organising.invite(hall.bureau, made, [second.person_id])
        with pytest.raises(Refused, match="名额"):
            await hall.answer(made, first, "coming")

    async def test_nobody_answers_for_another(self, hall: Hall):
        who, other = await hall.volunteer(), await hall.volunteer("其其格")
        made = await hall.activity(who)
        with pytest.raises(NotFound):
            await attending.answer(other, await hall.invitation(made, who), AnswerForm("coming"))


class TestCheckIn:
    @pytest.mark.req("S3-24")
    async def test_the_code_on_the_screen_admits_once(self, hall: Hall, facts):
        who = await hall.volunteer()
        made = await hall.activity(who)
        hall.at(START)
        done = await hall.check_in(made, who)
        found = await hall.of(done)
        assert (found["outcome"], found["outcome_by"]) == ("present", "code")
        with pytest.raises(Refused, match="已经签到"):
            await hall.check_in(made, who)
        assert len(await facts.only("activities.checked_in")) == 1

    @pytest.mark.parametrize("late", [0, 29])
    async def test_a_code_lives_half_a_minute_longer_than_it_is_shown(self, hall: Hall, late):
        who = await hall.volunteer()
        made = await hall.activity(who)
        hall.at(START)
        code, _ = attending.code_for(made)
        hall.at(START + timedelta(seconds=30 + late))
        await attending.check_in(who, made, code=code)

    async def test_old_forged_and_foreign_codes_get_one_plain_sentence(self, hall: Hall):
        who = await hall.volunteer()
        made, other = await hall.activity(who), await hall.activity(who, title="另一次活动")
        hall.at(START)
        old, _ = attending.code_for(made)
        foreign, _ = attending.code_for(other)
        guessed = checkin_code(f"activities.activity:{made}0", START).token
        hall.at(START + timedelta(seconds=61))
        for code in (old, foreign, guessed, "aaaaaaaaaaaaaaaa", ""):
            with pytest.raises(Refused, match="请重新扫会场屏幕上的码"):
                await attending.check_in(who, made, code=code)
        assert await ask("select count(*) from activities_invitation where outcome <> ''") == 0

    async def test_a_page_once_opened_is_for_its_reader_alone(self, hall: Hall):
        who, other = await hall.volunteer(), await hall.volunteer("其其格")
        made = await hall.activity(who, other)
        hall.at(START)
        seen = attending.seen_code(made, who.person_id)
        hall.at(START + timedelta(seconds=45))
        with pytest.raises(Refused):
            await attending.check_in(other, made, seen=seen)
        await attending.check_in(who, made, seen=seen)

    async def test_the_uninvited_learn_nothing_of_the_code(self, hall: Hall):
        who, other = await hall.volunteer(), await hall.volunteer("其其格")
        made = await hall.activity(who)
        hall.at(START)
        with pytest.raises(Refused, match="没有邀请你"):
            await hall.check_in(made, other)
        with pytest.raises(Refused, match="没有邀请你"):
            await attending.check_in(other, made, code="aaaa")


class TestClosing:
    @pytest.mark.req("S3-24", "C8-11")
    async def test_everybodys_attendance_is_told_as_others_expect_it(
        self, hall: Hall, facts, messages
    ):
        here, ill, away = [await hall.volunteer(name) for name in ("甲", "乙", "丙")]
        made = await hall.activity(here, ill, away)
        await hall.answer(made, ill, "leave", "住院")
        invitation = await hall.invitation(made, ill)
        await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("granted"))
        hall.at(START)
        await hall.check_in(made, here)
        with pytest.raises(Refused, match="还没有结束"):
            await attending.close(hall.bureau, made, confirmed=True)
        hall.at(END + timedelta(minutes=1))
        with pytest.raises(Invalid):
            await attending.close(hall.bureau, made, confirmed=False)
        counts = await attending.close(hall.bureau, made, confirmed=True)
        assert counts == {"present": 1, "excused": 1, "absent": 1}
        told = {
            each.payload["person"]: each.payload
            for each in await facts.only("activities.attendance_recorded")
        }
        assert told[away.person_id] == {
            "person": away.person_id,
            "activity": made,
            "on": "2026-09-08",
            "outcome": "absent",
            "organised_by": hall.agencies.bureau.id,
            "title": "餐饮食品安全联合检查",
            "words": "缺席",
            "host": hall.agencies.agency.id,
        }
        assert told[ill.person_id]["outcome"] == "excused"
        assert told[here.person_id]["outcome"] == "present"
        assert "缺席" in (await messages.to(away.person_id))[-1]["text"]
        with pytest.raises(Conflict):
            await attending.close(hall.bureau, made, confirmed=True)

    async def test_an_open_leave_is_answered_first(self, hall: Hall):
        who = await hall.volunteer()
        made = await hall.activity(who)
        await hall.answer(made, who, "leave", "住院")
        hall.at(END + timedelta(minutes=1))
        with pytest.raises(Refused, match="请假没有答复"):
            await attending.close(hall.bureau, made, confirmed=True)

    @pytest.mark.req("S3-24")
    async def test_a_correction_is_an_act_of_its_own_and_told_again(self, hall: Hall, facts):
        who = await hall.volunteer()
        made = await hall.activity(who)
        invitation = await hall.invitation(made, who)
        form = CorrectForm("present", "现场签到表有签名")
        with pytest.raises(Refused):
            await attending.correct(hall.bureau, made, invitation, form)
        hall.at(END + timedelta(minutes=1))
        await attending.close(hall.bureau, made, confirmed=True)
        await attending.correct(hall.bureau, made, invitation, form)
        (fact,) = await facts.only("activities.attendance_corrected")
        assert (fact.payload["before"], fact.payload["after"]) == ("absent", "present")
        assert fact.payload["reason"] == "现场签到表有签名"
        outcomes = [
            each.payload["outcome"] for each in await facts.only("activities.attendance_recorded")
        ]
        assert outcomes == ["absent", "present"]

    async def test_the_invitation_must_be_of_this_activity(self, hall: Hall):
        who = await hall.volunteer()
        first, second = await hall.activity(who), await hall.activity(who, title="另一次")
        hall.at(START)
        with pytest.raises(NotFound):
            await attending.correct(
                hall.bureau,
                second,
                await hall.invitation(first, who),
                CorrectForm("present", "签到表"),
            )


class TestMornings:
    async def test_reminded_once_and_then_the_bureau_is_asked_to_close(self, hall: Hall, messages):
        who, away = await hall.volunteer(), await hall.volunteer("其其格")
        made = await hall.activity(who, away)
        await hall.answer(made, away, "leave", "出差")
        hall.at(START - timedelta(days=1))
        for _ in range(2):
            async with transaction(OFFICE):
                await jobs.remind({})
        told = [each["title"] for each in await messages.to(who.person_id)]
        assert sum(each.startswith("活动提醒") for each in told) == 1
        assert not any(
            each["title"].startswith("活动提醒") for each in await messages.to(away.person_id)
        )
        invitation = await hall.invitation(made, away)
        await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("granted"))
        async with transaction(OFFICE):
            await jobs.ask_to_close({})
        assert await turns("activities.activity", made) == 0
        hall.at(END + timedelta(hours=1))
        for _ in range(2):
            async with transaction(OFFICE):
                await jobs.ask_to_close({})
        assert await turns("activities.activity", made) == 1


class TestTied:
    @pytest.mark.req("S0-20", "S3-15")
    async def test_an_invited_record_knows_its_activity(self, hall: Hall):
        who = await hall.volunteer()
        made = await hall.activity(who)
        invitation = await hall.invitation(made, who)
        hall.at(START)
        record = await hall.record(who, type="invited", invitation=invitation)
        assert await ask("select activity from activities_record where id = $1", record) == made
        alone = await hall.record(who, type="self", invitation=invitation)
        assert await ask("select activity from activities_record where id = $1", alone) == 0

    async def test_invited_by_the_city_a_countys_supervisor_finds_it(self, hall: Hall):
        who = await hall.volunteer()
        made = await organising.announce(hall.city_bureau, hall.plan())
        await organising.invite(hall.city_bureau, made, [who.person_id])
        await hall.answer(made, who, "coming")
        hall.at(START)
        await hall.check_in(made, who)
        invitation = await hall.invitation(made, who)
        record = await hall.record(who, type="invited", invitation=invitation)
        assert await ask("select activity from activities_record where id = $1", record) == made
