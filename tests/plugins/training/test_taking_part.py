# SPDX-License-Identifier: Apache-2.0
"""Publishing, signing up, the waiting list, checking in: the acts, the refusals, the scope."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.api.checkin import checkin_code
from core.api.db import row, rows, value
from core.api.testing import Browser, Clock, Facts, Jobs, htmx
from plugins.training.services.taking_part import subject_of
from tests.plugins.training.conftest import PLAN, As, announce, typed

START = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def code_of(training: int, at: datetime) -> str:
    return checkin_code(subject_of(training), at).token


@pytest.mark.req("S0-21", "C8-01")
async def test_a_county_bureau_publishes_and_its_people_read(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, jobs: Jobs
) -> None:
    reader = await as_reader()
    await as_bureau()
    training = await announce(client)
    await jobs.run_all()
    assert reader.person_id in [
        each["person"] for each in await rows("select person from core_message")
    ]
    await as_reader()
    listed = await client.get("/training/")
    assert "行政处罚法专题" in listed.text
    page = (await client.get(f"/training/{training}")).text
    assert "学习立案、调查、告知三章" in page
    assert "县司法局三楼会议室" in page
    (fact,) = await facts.only("training.published")
    assert fact.payload["batch"].endswith("年第1期")
    assert fact.payload["digest"]


@pytest.mark.req("C8-01")
async def test_only_those_it_is_meant_for_see_it(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, agencies: Any
) -> None:
    await as_bureau()
    ours = await announce(client, readers="supervisors")
    await as_reader("handler", "张海龙")
    assert (await client.get(f"/training/{ours}")).status_code == 404
    assert (await client.post(f"/training/{ours}/join")).status_code == 404
    await as_reader("supervisor", "外人", region=region_tree.other_county)
    assert "行政处罚法专题" not in (await client.get("/training/")).text
    for path in ("", "/checkin", "/done", "/feedback", "/certificate.pdf"):
        assert (await client.get(f"/training/{ours}{path}")).status_code == 404, path
    for act in ("join", "leave", "checkin"):
        assert (await client.post(f"/training/{ours}/{act}", {"token": "x"})).status_code == 404
    await as_reader()
    assert (await client.get(f"/training/{ours}")).status_code == 200


async def test_other_bureaus_and_people_without_the_right_do_not_run_it(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any
) -> None:
    await as_bureau()
    training = await announce(client)
    paths = ("edit", "roll", "poster", "poster/code", "lists/new", "results", "roll/1")
    acts = ("roll", "finish", "withdraw", "materials", "lists/new", "roll/1", "discard")
    await as_bureau(region_tree.other_county)
    for path in paths:
        assert (await client.get(f"/training/{training}/{path}")).status_code == 404, path
    for act in acts:
        form = {"person": "1", "reason": "写错了", "outcome": "present", "token": "x"}
        files = {"file": ("名单.csv", b"x"), "files": ("a.pdf", b"")} if "l" in act else None
        answer = await client.post(f"/training/{training}/{act}", form, files=files)
        assert answer.status_code == 404, (act, answer.status_code)
    await as_reader("handler", "张海龙")
    for path in paths:
        assert (await client.get(f"/training/{training}/{path}")).status_code == 403, path
    for path in ("desk", "new", "requirements", "lessons/desk", "lessons/new", "ledger"):
        assert (await client.get(f"/training/{path}")).status_code == 403, path


async def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    client: Browser, as_bureau: As
) -> None:
    await as_bureau()
    answer = await client.post(
        "/training/new", {**PLAN, "hours": "四个", "starts_at": "2026-13-40T99:00"}
    )
    assert answer.status_code == 422
    assert "学习立案、调查、告知三章" in answer.text
    answer = await client.post("/training/new", {**PLAN, "hours": "四个"})
    assert answer.status_code == 422
    assert "学时请写数字" in answer.text
    answer = await client.post("/training/new", PLAN)
    assert answer.status_code == 422
    assert "请写开始时间" in answer.text
    assert await value("select count(*) from training_training") == 0


async def test_a_form_sent_twice_publishes_once(client: Browser, as_bureau: As) -> None:
    await as_bureau()
    await announce(client, once="abcdefghijklmnop1234")
    await announce(client, once="abcdefghijklmnop1234")
    assert await value("select count(*) from training_training") == 1


@pytest.mark.req("C8-01")
async def test_the_waiting_list_moves_up_by_itself(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    training = await announce(client, seats="1")
    first = await as_reader(name="甲")
    for _ in range(2):
        answer = await client.post(f"/training/{training}/join", {"once": "k" * 20})
        assert answer.status_code == 303
    assert len(await facts.only("training.signed_up")) == 1, "sent twice, signed up once"
    second = await as_reader(name="乙")
    await client.post(f"/training/{training}/join")
    third = await as_reader(name="丙")
    await client.post(f"/training/{training}/join")
    assert "候补第 2 位" in (await client.get(f"/training/{training}")).text
    await as_reader(name="甲")
    again = await client.post(f"/training/{training}/join")
    assert again.status_code == 409
    assert "已经报过名" in again.text
    assert (await client.post(f"/training/{training}/leave")).status_code == 303
    states = {
        each["person"]: each["state"]
        for each in await rows(
            "select person, state from training_seat where training = $1", training
        )
    }
    assert states == {first.person_id: "left", second.person_id: "seat", third.person_id: "waiting"}
    found = await row("select taken, waiting from training_training where id = $1", training)
    assert found == {"taken": 1, "waiting": 1}
    (moved,) = await facts.only("training.moved_up")
    assert moved.payload["person"] == second.person_id
    told = await rows("select person from core_message where kind = 'training.moved_up'")
    assert [each["person"] for each in told] == [second.person_id]
    open_turns = await rows(
        "select person from core_turn where subject_kind = 'training.training'"
        " and closed_at is null"
    )
    assert [each["person"] for each in open_turns] == [second.person_id]


@pytest.mark.req("C8-01")
async def test_more_seats_move_the_waiting_list_up_before_it_begins(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, clock: Clock, region_tree: Any
) -> None:
    clock(START)
    await as_bureau()
    training = await announce(client, seats="1")
    people = []
    for name in ("甲", "乙", "丙"):
        people.append(await as_reader(name=name))
        await client.post(f"/training/{training}/join")
    seats = f"/training/{training}/seats"
    assert (await client.post(seats, {"seats": "3", "reason": "换了大会议室"})).status_code == 403
    await as_bureau(region_tree.other_county)
    assert (await client.post(seats, {"seats": "3", "reason": "换了大会议室"})).status_code == 404
    await as_bureau()
    for wrong, said in (
        ({"seats": "1", "reason": "换了大会议室"}, "现在是 1 人，只能增加"),
        ({"seats": "-1", "reason": "换了大会议室"}, "jd-errbox"),
        ({"seats": "2", "reason": ""}, "jd-errbox"),
    ):
        refused = await client.post(seats, wrong)
        assert refused.status_code == 422
        assert said in refused.text
        assert wrong["reason"] in refused.text
    assert (await client.post(seats, {"seats": "2", "reason": "换了大会议室"})).status_code == 303
    found = await row("select seats, taken, waiting from training_training where id = $1", training)
    assert found == {"seats": 2, "taken": 2, "waiting": 1}
    (told,) = await rows("select person, text from core_message where kind = 'training.moved_up'")
    assert told["person"] == people[1].person_id
    assert told["text"].startswith("名额增加，你有名额了")
    (fact,) = await facts.only("training.seats_added")
    assert (fact.payload["before"], fact.payload["after"]) == (1, 2)
    # Once it has begun nobody is moved: nobody knows who of the waiting came.
    clock(START + timedelta(days=30))
    await as_bureau()
    assert (await client.post(seats, {"seats": "0", "reason": "不限人数"})).status_code == 303
    found = await row("select seats, taken, waiting from training_training where id = $1", training)
    assert found == {"seats": 0, "taken": 2, "waiting": 1}
    # Whoever of them came is put on the list by the office.
    came = await client.post(f"/training/{training}/roll", {"person": str(people[2].person_id)})
    assert came.status_code == 303
    found = await row("select seats, taken, waiting from training_training where id = $1", training)
    assert found == {"seats": 0, "taken": 3, "waiting": 0}
    again = await client.post(f"/training/{training}/roll", {"person": str(people[2].person_id)})
    assert again.status_code == 422
    assert "丙已经在名单里" in again.text


@pytest.mark.req("C8-11")
async def test_after_the_last_day_one_is_excused_with_a_reason(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    begin = START + timedelta(days=3)
    training = await announce(
        client,
        starts_at=typed(begin),
        ends_at=typed(begin + timedelta(hours=3)),
        sign_up_until=typed(START + timedelta(days=1)),
    )
    await as_reader()
    await client.post(f"/training/{training}/join")
    clock(START + timedelta(days=2))
    await as_reader()
    answer = await client.post(f"/training/{training}/leave", {"reason": " "})
    assert answer.status_code == 422
    assert "请写明请假的原因" in answer.text
    assert (await client.post(f"/training/{training}/leave", {"reason": "出差"})).status_code == 303
    seat = await row("select state, excuse from training_seat")
    assert seat == {"state": "seat", "excuse": "出差"}
    await as_reader(name="迟到的")
    late = await client.post(f"/training/{training}/join")
    assert late.status_code == 409
    assert "报名已经截止" in late.text


@pytest.mark.req("C8-02")
async def test_attendance_by_the_code_on_the_screen(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock, facts: Facts
) -> None:
    clock(START)
    await as_bureau()
    training = await announce(client)
    other = await announce(client, title="另一期")
    poster = await client.get(f"/training/{training}/poster")
    assert 'hx-trigger="every 15s"' in poster.text
    assert "没有开脚本" in poster.text
    await htmx(client).get(f"/training/{training}/poster/code")
    clock(START + timedelta(days=30))
    await as_bureau()
    over = await client.get(f"/training/{training}/poster")
    assert "签到关闭" in over.text
    assert "every 15s" not in over.text
    assert "/poster" not in (await client.get(f"/training/{training}/roll")).text
    clock(START)
    reader = await as_reader()
    await client.post(f"/training/{training}/join")
    bad = {
        "forged": "aaaaaaaaaaaaaaaa",
        "old": code_of(training, START - timedelta(seconds=61)),
        "of another training": code_of(other, START),
        "empty": "",
    }
    for what, token in bad.items():
        answer = await client.post(f"/training/{training}/checkin", {"token": token})
        assert answer.status_code == 409, what
        assert "已经过期或者不是这期培训的" in answer.text, what
    assert await value("select attendance from training_seat") == ""
    token = code_of(training, START)
    page = await client.get(f"/training/{training}/checkin?code={token}")
    assert token in page.text
    typed_by_hand = f" {token[:4].upper()} {token[4:8]} {token[8:]} "
    for said, given in (("签到成功", typed_by_hand), ("已经签过到", token)):
        answer = await client.post(f"/training/{training}/checkin", {"token": given})
        assert said in (await client.follow(answer)).text
    (fact,) = await facts.only("training.checked_in")
    assert fact.payload["person"] == reader.person_id
    assert fact.payload["outcome"] == "code"
    gone = await client.post(f"/training/{training}/leave", {"reason": "有事"})
    assert gone.status_code == 409
    assert "你已经签到" in gone.text
    assert await value("select state from training_seat") == "seat"


@pytest.mark.req("C8-02")
async def test_whoever_walks_in_gets_a_seat_only_if_one_is_free(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    training = await announce(client, seats="1")
    await as_reader(name="没报名的")
    answer = await client.post(f"/training/{training}/checkin", {"token": code_of(training, START)})
    assert answer.status_code == 303
    await as_reader(name="又一个")
    answer = await client.post(f"/training/{training}/checkin", {"token": code_of(training, START)})
    assert answer.status_code == 409
    assert "名额已满" in answer.text
    assert await value("select count(*) from training_seat") == 1


async def test_too_early_is_said_plainly(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    begin = START + timedelta(days=1)
    training = await announce(
        client, starts_at=typed(begin), ends_at=typed(begin + timedelta(hours=1))
    )
    await as_reader()
    answer = await client.post(f"/training/{training}/checkin", {"token": code_of(training, START)})
    assert answer.status_code == 409
    assert "还没到签到时间" in answer.text


async def test_a_cancelled_training_tells_who_signed_up(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    training = await announce(client)
    reader = await as_reader()
    await client.post(f"/training/{training}/join")
    await as_bureau()
    refused = await client.post(f"/training/{training}/withdraw", {"reason": ""})
    assert refused.status_code == 422
    assert "取消这期培训？" in refused.text, "on the page it was typed on, beside the field"
    assert 'id="e-reason"' in refused.text
    long = "老师病了，改期另行通知。" * 60
    kept = await client.post(f"/training/{training}/withdraw", {"reason": long})
    assert (kept.status_code, long in kept.text) == (422, True)
    assert await value("select state from training_training") == "published"
    await client.post(f"/training/{training}/withdraw", {"reason": "老师病了"})
    told = await rows("select person from core_message where kind = 'training.cancelled'")
    assert [each["person"] for each in told] == [reader.person_id]
    assert len(await facts.only("training.withdrawn")) == 1
    await as_reader()
    page = await client.get(f"/training/{training}")
    assert "老师病了" in page.text
    assert (await client.post(f"/training/{training}/join")).status_code == 409
    turns = (
        "select count(*) from core_turn where closed_at is null and subject_kind like 'training%'"
    )
    assert await value(turns) == 0


async def test_a_file_that_pretends_is_not_announced_as_added(
    client: Browser, as_bureau: As
) -> None:
    await as_bureau()
    training = await announce(client, readers="supervisors")
    await client.post(
        f"/training/{training}/materials",
        files={"files": ("讲课.mp4", io.BytesIO(b"not a film"), "video/mp4")},
    )
    roll = (await client.get(f"/training/{training}/roll")).text
    said = roll.split('class="jd-said')[1].split("</div>")[0]
    assert "与扩展名 .mp4 不符" in said
    assert 'role="alert"' in said
    assert await value("select count(*) from training_material") == 0


@pytest.mark.req("C8-03")
async def test_materials_are_read_in_parts_by_those_it_is_meant_for(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, facts: Facts
) -> None:
    await as_bureau()
    training = await announce(client, readers="supervisors")
    answer = await client.post(
        f"/training/{training}/materials",
        files={"files": ("讲义.pdf", io.BytesIO(PDF), "application/pdf")},
    )
    assert answer.status_code == 303
    material = int(await value("select max(id) from training_material"))
    assert len(await facts.only("training.material_added")) == 1
    await as_reader()
    page = await client.get(f"/training/{training}")
    assert "讲义.pdf" in page.text
    part = await client.get(f"/training/materials/{material}", headers={"Range": "bytes=0-3"})
    assert part.status_code == 206
    assert part.content == b"%PDF"
    await as_reader("handler", "张海龙")
    assert (await client.get(f"/training/materials/{material}")).status_code == 404
    await as_reader("supervisor", "外人", region=region_tree.other_county)
    assert (await client.get(f"/training/materials/{material}")).status_code == 404
    await as_bureau()
    await client.post(f"/training/{training}/materials/{material}/remove")
    assert len(await facts.only("training.material_removed")) == 1
    assert (await client.get(f"/training/materials/{material}")).status_code == 404


async def test_the_office_puts_people_of_the_audience_on_the_list(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any
) -> None:
    here = await as_reader(name="白音")
    away = await as_reader(name="白云", region=region_tree.other_county)
    await as_bureau()
    training = await announce(client)
    found = await client.get(f"/training/{training}/roll?find=白")
    assert "白音" in found.text
    assert "白云" not in found.text
    assert (
        await client.post(f"/training/{training}/roll", {"person": str(here.person_id)})
    ).status_code == 303
    for person in (here.person_id, away.person_id, 999_999):
        answer = await client.post(f"/training/{training}/roll", {"person": str(person)})
        assert answer.status_code == 422, person
    assert await value("select count(*) from training_seat") == 1
