# SPDX-License-Identifier: Apache-2.0
"""结课: attendance, hours, certificates, corrections, lists, feedback that names nobody."""

import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import xlsxwriter

from core.api.checkin import checkin_code
from core.api.db import Scope, row, rows, transaction, value
from core.api.testing import Browser, Clock, Facts
from core.facts.sentences import sentence
from plugins.training.services import reminding
from plugins.training.services.taking_part import subject_of
from tests.plugins.training.conftest import As, announce

START = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
AFTER = START + timedelta(hours=6)

Held = Callable[..., Awaitable[int]]


@pytest.fixture
def held(client: Browser, as_bureau: As, as_reader: As, clock: Clock) -> Held:
    """A training of which some came, one was excused, one stayed away; its end has come."""

    async def hold(came: tuple[str, ...] = ("甲", "乙", "丙"), **more: Any) -> int:
        clock(START)
        await as_bureau()
        training = await announce(client, **more)
        for name in (*came, "请假的", "没来的"):
            await as_reader(name=name)
            await client.post(f"/training/{training}/join")
            if name in came:
                token = checkin_code(subject_of(training), START).token
                answer = await client.post(f"/training/{training}/checkin", {"token": token})
                assert answer.status_code == 303, answer.text
        person = await value("select person from training_seat where name = '请假的'")
        await as_bureau()
        await client.post(
            f"/training/{training}/roll/{person}", {"outcome": "excused", "reason": "住院"}
        )
        clock(AFTER)
        await as_bureau()
        return training

    return hold


async def person_of(name: str) -> int:
    return int(await value("select person from training_seat where name = $1", name))


@pytest.mark.req("C8-04", "C8-07", "C8-11")
async def test_closing_settles_attendance_hours_and_certificates(
    client: Browser, held: Held, facts: Facts, as_reader: As
) -> None:
    training = await held()
    assert (await client.post(f"/training/{training}/finish")).status_code == 303
    assert (await client.post(f"/training/{training}/finish")).status_code == 409
    outcomes = {
        each.payload["outcome"]: each.payload
        for each in await facts.only("training.attendance_recorded")
    }
    assert set(outcomes) == {"present", "excused", "absent"}
    assert outcomes["excused"]["reason"] == "住院"
    assert outcomes["absent"]["on"] == "2026-05-12"
    said = [sentence("training.attendance_recorded", each) for each in outcomes.values()]
    assert {each.rpartition("：")[2] for each in said} == {"到场", "请假", "缺席"}
    entries = await rows("select name, tenths, year, source from training_hours order by id")
    assert [each["name"] for each in entries] == ["甲", "乙", "丙"]
    assert {(each["tenths"], each["year"], each["source"]) for each in entries} == {
        (40, 2026, "training")
    }
    numbers = [each["number"] for each in await rows(
        "select number from training_seat where number <> '' order by id")]  # fmt: skip
    assert [each.rpartition("〕")[2] for each in numbers] == ["1号", "2号", "3号"]
    await as_reader(name="甲")
    end = await client.get(f"/training/{training}/done")
    assert "已完成" in end.text
    assert "下一步" in end.text
    assert numbers[0] in end.text
    certificate = await client.get(f"/training/{training}/certificate.pdf")
    assert certificate.content.startswith(b"%PDF")
    assert "4 学时" in (await client.get("/training/hours")).text
    await as_reader(name="没来的")
    assert "没有你的签到记录" in (await client.get(f"/training/{training}/done")).text
    assert (await client.get(f"/training/{training}/certificate.pdf")).status_code == 404


async def test_it_cannot_be_closed_before_it_is_over(
    client: Browser, as_bureau: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    training = await announce(client)
    answer = await client.post(f"/training/{training}/finish")
    assert answer.status_code == 409
    assert "还没有结束" in answer.text


@pytest.mark.req("C8-04")
async def test_a_correction_is_a_counter_entry_and_voids_the_certificate(
    client: Browser, held: Held, facts: Facts, as_reader: As, as_bureau: As
) -> None:
    training = await held()
    await client.post(f"/training/{training}/finish")
    person = await person_of("甲")
    path = f"/training/{training}/roll/{person}"
    refused = await client.post(path, {"outcome": "absent", "reason": ""})
    assert refused.status_code == 422
    assert "请写明更正的原因" in refused.text
    await client.post(path, {"outcome": "absent", "reason": "代签"})
    entries = await rows(
        "select tenths, reverses, reason from training_hours where person = $1 order by id", person
    )
    assert [each["tenths"] for each in entries] == [40, -40]
    assert entries[1]["reverses"] is not None
    assert "代签" in entries[1]["reason"]
    assert len(await facts.only("training.hours_reversed")) == 1
    assert len(await facts.only("training.certificate_voided")) == 1
    await client.post(path, {"outcome": "present", "reason": "查明到场"})
    assert (
        await value("select sum(tenths)::int from training_hours where person = $1", person) == 40
    )
    seat = await row("select void, number from training_seat where person = $1", person)
    assert seat is not None
    assert seat["void"] is False
    late = await person_of("没来的")
    await client.post(f"/training/{training}/roll/{late}", {"outcome": "present", "reason": "漏签"})
    assert await value("select sum(tenths)::int from training_hours where person = $1", late) == 40
    assert await value("select number <> '' from training_seat where person = $1", late)


@pytest.mark.req("C8-04")
async def test_the_ledger_cannot_be_changed_by_anybody(client: Browser, held: Held) -> None:
    training = await held()
    await client.post(f"/training/{training}/finish")
    for statement in ("update training_hours set tenths = 999", "delete from training_hours"):
        with pytest.raises(Exception, match="permission denied"):
            async with transaction(Scope.platform("a test tries to change the ledger")):
                from core.db import execute

                await execute("set local role jiandu_web")
                await execute(statement)


# --- imported lists ------------------------------------------------------------------------------


def sheet(*lines: tuple[Any, ...], head: tuple[str, ...] = ("姓名", "身份证号", "出勤")) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for number, line in enumerate((head, *lines)):
        page.write_row(number, 0, line)
    book.close()
    return out.getvalue()


@pytest.mark.req("C8-02")
async def test_a_list_is_previewed_written_once_and_taken_back(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock, facts: Facts
) -> None:
    clock(START)
    await as_bureau()
    training = await announce(client)
    for name in ("甲", "乙"):
        await as_reader(name=name)
    await client.post(f"/training/{training}/join")
    clock(START + timedelta(hours=1))
    await as_bureau()
    content = sheet(
        ("甲", "", "到场"),
        ("乙", "", "请假"),
        ("乙", "", "到场"),
        ("查无此人", "", "到场"),
        ("", "", "到场"),
        ("甲", "123", "到场"),
        ("甲", "", "来过吧"),
    )
    answer = await client.post(
        f"/training/{training}/lists/new", files={"file": ("签到.xlsx", content)}
    )
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    shown = await client.get(path)
    assert "可写入 2 行，有问题 5 行" in shown.text
    for words in ("同一个人", "没有叫这个名字的人", "没有填写", "看不懂"):
        assert words in shown.text, words
    assert await value("select count(*) from training_seat where attendance <> ''") == 0
    assert (await client.post(f"{path}/apply")).status_code == 303
    assert (await client.post(f"{path}/apply")).status_code == 409
    found = {each["name"]: each["attendance"] for each in await rows("select * from training_seat")}
    assert found == {"甲": "present", "乙": "excused"}
    assert len(await facts.only("training.list_applied")) == 1
    written = (await client.get(path)).text
    assert "已写入 2 行，有问题 5 行" in written
    assert "可写入" not in written
    assert (await client.post(f"{path}/undo")).status_code == 303
    assert (await client.post(f"{path}/undo")).status_code == 409
    again = {
        each["name"]: (each["state"], each["attendance"])
        for each in await rows("select * from training_seat")
    }
    assert again == {"甲": ("left", ""), "乙": ("seat", "")}
    assert await value("select taken from training_training") == 1
    assert len(await facts.only("training.list_undone")) == 1
    assert "已撤销 2 行" in (await client.get(path)).text


@pytest.mark.req("C8-02")
async def test_after_closing_no_list_is_offered(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    """Neither the file nor the button of a list that was only looked at leads into a refusal."""
    clock(START)
    await as_bureau()
    training = await announce(client)
    await as_reader(name="甲")
    await as_bureau()
    answer = await client.post(
        f"/training/{training}/lists/new", files={"file": ("签到.xlsx", sheet(("甲", "", "到场")))}
    )
    path = answer.headers["location"]
    assert f'action="{path}/apply"' in (await client.get(path)).text
    clock(START + timedelta(days=30))
    await as_bureau()
    assert (await client.post(f"/training/{training}/finish")).status_code == 303
    shown = (await client.get(path)).text
    assert "没有写入" in shown
    assert f'action="{path}/apply"' not in shown
    new = (await client.get(f"/training/{training}/lists/new")).text
    assert 'type="file"' not in new
    assert "不能再导入名单" in new


@pytest.mark.req("C8-02")
async def test_the_preview_says_for_whom_there_is_no_seat(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    """Two who signed up nowhere and one seat: the first gets it, the second is told beforehand."""
    clock(START)
    await as_bureau()
    training = await announce(client, seats=1)
    for name in ("甲", "乙"):
        await as_reader(name=name)
    clock(START + timedelta(hours=1))
    await as_bureau()
    content = sheet(("甲", "", "到场"), ("乙", "", "到场"))
    path = (
        await client.post(f"/training/{training}/lists/new", files={"file": ("签到.xlsx", content)})
    ).headers["location"]
    shown = (await client.get(path)).text
    assert "可写入 1 行，有问题 1 行" in shown
    assert "名额已满，这个人没有报上名；确实到了场的，先在名单页增加名额" in shown
    await client.post(f"{path}/apply")
    assert "已写入" in (await client.get(path)).text
    assert [each["name"] for each in await rows("select name from training_seat")] == ["甲"]
    # Who really came is entered after all: more seats, with the reason, and the list again.
    more = {"seats": "2", "reason": "乙临时到场"}
    assert (await client.post(f"/training/{training}/seats", more)).status_code == 303
    path = (
        await client.post(f"/training/{training}/lists/new", files={"file": ("签到.xlsx", content)})
    ).headers["location"]
    assert "可写入 2 行，有问题 0 行" in (await client.get(path)).text
    await client.post(f"{path}/apply")
    came = await rows("select name, attendance from training_seat order by name")
    assert {each["name"]: each["attendance"] for each in came} == {"甲": "present", "乙": "present"}


@pytest.mark.req("C8-02")
async def test_a_list_taken_back_gives_the_place_in_the_queue_back(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    training = await announce(client, seats=1)
    people = []
    for minutes, name in enumerate(("甲", "乙", "丙")):
        clock(START + timedelta(minutes=minutes))
        people.append(await as_reader(name=name))
        await client.post(f"/training/{training}/join")
    clock(START + timedelta(days=30))
    await as_bureau()
    refused = await client.post(f"/training/{training}/roll", {"person": str(people[1].person_id)})
    assert "乙已经在候补里，名额已满" in refused.text
    await client.post(f"/training/{training}/seats", {"seats": "2", "reason": "乙到了场"})
    path = (
        await client.post(
            f"/training/{training}/lists/new",
            files={"file": ("签到.xlsx", sheet(("乙", "", "到场")))},
        )
    ).headers["location"]
    queue = "select name, state from training_seat order by queued_at"
    before = await rows(queue)
    await client.post(f"{path}/apply")
    assert [each["state"] for each in await rows(queue)] == ["seat", "seat", "waiting"]
    await client.post(f"{path}/undo")
    assert await rows(queue) == before
    assert [each["state"] for each in before] == ["seat", "waiting", "waiting"]


async def test_a_list_of_another_office_is_not_found(
    client: Browser, as_bureau: As, clock: Clock, region_tree: Any, as_reader: As
) -> None:
    clock(START)
    await as_reader(name="甲")
    await as_bureau()
    training = await announce(client)
    answer = await client.post(
        f"/training/{training}/lists/new", files={"file": ("签到.xlsx", sheet(("甲", "", "")))}
    )
    path = answer.headers["location"]
    await as_bureau(region_tree.other_county)
    assert (await client.get(path)).status_code == 404
    for act in ("apply", "undo"):
        assert (await client.post(f"{path}/{act}")).status_code == 404


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "请选择名单"),
        (b"\x00\x01\x02", "打不开"),
        (sheet(("甲",), head=("名字",)), "表头里没有找到"),
        (sheet(), "没有一行数据"),
    ],
)
async def test_files_that_are_no_lists(
    client: Browser, as_bureau: As, content: bytes, said: str
) -> None:
    await as_bureau()
    training = await announce(client)
    answer = await client.post(
        f"/training/{training}/lists/new", files={"file": ("签到.xlsx", content)}
    )
    assert answer.status_code == 422
    assert said in answer.text


# --- feedback ------------------------------------------------------------------------------------

SAID = {"content": "5", "teaching": "4", "useful": "3"}


@pytest.mark.req("C8-06")
async def test_anonymous_feedback_leaves_no_trace(
    client: Browser, held: Held, facts: Facts, as_reader: As, as_bureau: As, clock: Clock
) -> None:
    training = await held()
    who = {}
    for name, words in (("甲", "讲得太快"), ("乙", "请多讲案例"), ("丙", "")):
        who[name] = await as_reader(name=name)
        answer = await client.post(
            f"/training/{training}/feedback",
            {**SAID, "words": words, "anonymous": "true", "once": f"{name}{'k' * 20}"},
        )
        assert answer.headers["location"] == f"/training/{training}/done", answer.text
        twice = await client.post(f"/training/{training}/feedback", {**SAID, "anonymous": "true"})
        assert twice.status_code == 409
        assert "每人一次" in twice.text
    stored = await rows("select * from training_feedback order by id")
    assert len(stored) == 3
    assert all(each["person"] is None and each["name"] == "" for each in stored)
    told = await facts.only("training.feedback_given")
    assert [each.actor for each in told] == [0, 0, 0]
    assert all(set(each.payload) == {"training", "title"} for each in told)
    # Wherever the words stand, nobody's name, person or account stands beside them.
    for table in await rows(
        "select table_name from information_schema.tables where table_schema = 'public'"
        " and table_type = 'BASE TABLE'"
    ):
        name = table["table_name"]
        for found in await rows(
            f"select t::text as line from {name} t where t::text like '%讲得太快%'"
        ):
            assert name == "training_feedback", (name, found)
            assert "甲" not in found["line"]
    # After the last day the rows are written anew: their numbers say nothing about who was first.
    before = {each["id"] for each in stored}
    clock(AFTER + timedelta(days=9))
    bureau = await as_bureau()
    assert "讲得太快" in (await client.get(f"/training/{training}/results")).text
    async with transaction(Scope(bureau.scope.region, bureau.scope.organisation)):
        await reminding.mix_over(bureau.scope)
        await reminding.mix_over(bureau.scope)
    mixed = await rows("select id, words, mixed, xmin::text as written from training_feedback")
    assert before.isdisjoint({each["id"] for each in mixed})
    assert all(each["mixed"] for each in mixed)
    assert {each["words"] for each in mixed} == {"讲得太快", "请多讲案例", ""}


@pytest.mark.req("C8-06")
async def test_feedback_is_shown_to_the_office_late_and_together(
    client: Browser, held: Held, as_reader: As, as_bureau: As, clock: Clock
) -> None:
    training = await held(came=("甲", "乙"))
    for name in ("甲", "乙"):
        await as_reader(name=name)
        await client.post(f"/training/{training}/feedback", {**SAID, "words": f"{name}的话"})
    await as_bureau()
    assert "截止以后一次显示" in (await client.get(f"/training/{training}/results")).text
    clock(AFTER + timedelta(days=9))
    await as_bureau()
    page = (await client.get(f"/training/{training}/results")).text
    assert "只收到 2 份" in page
    assert "甲的话" not in page


@pytest.mark.req("C8-06")
async def test_a_few_anonymous_ones_among_names_are_held_back(
    client: Browser, held: Held, as_reader: As, as_bureau: As, clock: Clock
) -> None:
    """When three of four sign their feedback, the fourth is known by what is left."""
    training = await held(came=("甲", "乙", "丙", "丁"))
    for name in ("甲", "乙", "丙", "丁"):
        await as_reader(name=name)
        more = {"anonymous": "true", "content": "1"} if name == "丁" else {}
        await client.post(
            f"/training/{training}/feedback", {**SAID, "words": f"{name}的话", **more}
        )
    clock(AFTER + timedelta(days=9))
    await as_bureau()
    page = (await client.get(f"/training/{training}/results")).text
    assert "甲的话" in page
    assert "丁的话" not in page
    assert "匿名评价只有 1 份" in page
    assert "5.0 / 5" in page, "marks held back do not show in the mean either"


@pytest.mark.req("C8-06")
async def test_only_who_came_gives_feedback_and_marks_are_asked_for(
    client: Browser, held: Held, as_reader: As
) -> None:
    training = await held()
    await as_reader(name="没来的")
    answer = await client.post(f"/training/{training}/feedback", SAID)
    assert answer.status_code == 409
    assert "到场参加的人才能评价" in answer.text
    await as_reader(name="甲")
    answer = await client.post(
        f"/training/{training}/feedback", {"content": "9", "words": "已经写好的"}
    )
    assert answer.status_code == 422
    assert "已经写好的" in answer.text
    assert await value("select count(*) from training_feedback") == 0


async def test_the_office_is_told_when_a_training_is_over(
    client: Browser, held: Held, as_bureau: As
) -> None:
    training = await held()
    bureau = await as_bureau()
    async with transaction(Scope(bureau.scope.region, bureau.scope.organisation)):
        assert await reminding.hand_over_ended(bureau.scope) == 1
        assert await reminding.hand_over_ended(bureau.scope) == 0
    turn = await row(
        "select title, step_title, path from core_turn where closed_at is null and key = ''"
        " and subject_kind = 'training.training'"
    )
    assert turn is not None
    assert turn["step_title"] == "核对签到并结课"
    assert (await client.get(turn["path"])).status_code == 200
    await client.post(f"/training/{training}/finish")
    left = "select count(*) from core_turn where closed_at is null and subject_kind = 'training.training'"
    assert await value(left) == 0
