# SPDX-License-Identifier: Apache-2.0
"""A unit's sheet of officers: previewed by pages, entered by the worker, taken back."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import xlsxwriter

from core.api.db import Interval, Place, Scope, SubjectRef, execute, row, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.imports import read_sheet
from core.api.jobs import enqueue
from core.api.testing import Browser, LoginAs
from core.people.services import close_person, enter_person, found_organisation
from plugins.certificates.forms import OfficerForm, StateForm
from plugins.certificates.queries import OFFICERS, batch_of
from plugins.certificates.reactions import answer_officer_may_act
from plugins.certificates.rules import roster as rules
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.services import (
    apply_import,
    change_state,
    enter_piece,
    go_on_import,
    preview_import,
    register_officer,
    roster,
    undo_import,
)
from plugins.certificates.services.applying import digest_of
from plugins.certificates.services.lists import put_on_forced_list
from plugins.certificates.sheet import SHEET
from tests.bench.officers_import import id_number

OFFICE = Scope.platform("test")
NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
HEAD = ["姓名", "身份证号", "执法证号", "有效期起", "有效期止", "手机"]
GOOD = ["张海龙", "11010519491231002X", "15082204017", "2023-07-01", "2028-06-30", "13812345678"]


def line(n, name="王小明"):
    return [name, id_number(n), f"1508221{n:05d}", "2024-07-01", "2029-06-30"]


@pytest.fixture
async def body(region_tree, clock):
    clock(NOW)
    async with transaction(OFFICE):
        return await found_organisation(
            "磴口县市场监管综合行政执法大队", "body", region_tree.county.id
        )


@pytest.fixture
async def other(region_tree, body):
    async with transaction(OFFICE):
        return await found_organisation("磴口县水利综合行政执法大队", "body", region_tree.county.id)


async def act(service, *args, scope=OFFICE):
    async with transaction(scope):
        return await service(*args)


def clerk(unit, user=11):
    return Scope(Interval(unit.region_lo, unit.region_lo), Interval(unit.lo, unit.hi), actor=user)


def sheet(*lines):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    for number, each in enumerate([HEAD, *lines]):
        page.write_row(number, 0, each)
    book.close()
    return out.getvalue()


async def preview(body, *lines, scope=OFFICE):
    content = sheet(*lines)
    return await act(
        preview_import, body.id, read_sheet(content, SHEET), content, "名册.xlsx", scope=scope
    )


async def entered(jobs, body, *lines):
    batch = await preview(body, *lines, scope=clerk(body))
    await act(apply_import, batch, scope=clerk(body))
    await jobs.run_all()
    return batch


async def stored(batch):
    async with transaction(OFFICE):
        return await batch_of(batch, OFFICE)


async def faults(batch):
    async with transaction(OFFICE):
        found = await rows(
            "select row, fault from certificates_batch_line"
            " where batch = $1 and fault <> '' order by row",
            batch,
        )
    return {each["row"]: each["fault"] for each in found}


async def answer(person, day=date(2026, 5, 12)):
    ref = SubjectRef("core.person", person)
    async with transaction(OFFICE):
        return (await answer_officer_may_act([ref], day)).get(ref)


async def count(sql, *args):
    async with transaction(OFFICE):
        return await value(sql, *args)


# --- the rules of a row


PERSON = {"id": 5, "organisation": 1, "name": "张海龙", "active": False, "closed": False, "close_reason": ""}  # fmt: skip
CARD = {"person": 5, "valid_from": date(2024, 7, 1), "valid_until": date(2029, 6, 30), "last_reason": "撤销导入"}  # fmt: skip
ROW = {"name": "张海龙", "number": "15082204017", "valid_from": "2024-07-01", "valid_until": "2029-06-30"}  # fmt: skip


@pytest.mark.parametrize(
    ("person", "card", "said"),
    [
        (None, None, ""),
        (PERSON, None, ""),
        ({**PERSON, "organisation": 2}, None, "别的单位"),
        ({**PERSON, "organisation": 2, "active": True}, None, "别的单位"),
        ({**PERSON, "active": True}, None, "已经登记为执法人员"),
        ({**PERSON, "name": "李四"}, None, "登记的姓名是“李四”"),
        ({**PERSON, "closed": True, "close_reason": "调离"}, None, "已经停用"),
        ({**PERSON, "closed": True, "close_reason": "撤销导入"}, None, ""),
        (None, CARD, "不能重复使用"),
        ({**PERSON, "id": 6}, CARD, "不能重复使用"),
        (PERSON, {**CARD, "last_reason": "登记"}, "不能重复使用"),
        (PERSON, CARD, ""),
        (PERSON, {**CARD, "valid_until": date(2030, 6, 30)}, "有效期不同"),
    ],
)
def test_what_the_register_says_against_a_row(person, card, said):
    text = rules.problem_of(ROW, person, card, 1, "撤销导入")
    assert said in text
    assert bool(said) == bool(text)


def test_a_person_of_another_unit_is_not_named():
    text = rules.problem_of(ROW, {**PERSON, "organisation": 2, "name": "钱秘密"}, None, 1, "")
    assert "钱秘密" not in text


@pytest.mark.parametrize(
    ("number", "begins", "ends", "said"),
    [
        ("15082204017", "2024-07-01", "2029-06-30", ""),
        ("", "", "", ""),
        ("", "2024-07-01", "", "就要填执法证号"),
        ("15082204017", "", "2029-06-30", "有效期起"),
        ("15082204017", "2024-07-01", "", "有效期止"),
        ("15082204017", "2029-07-01", "2024-06-30", "必须晚于"),
        ("15082204017", "2024-07-01", "2044-06-30", "超过十年"),
    ],
)
def test_number_and_days_belong_together(number, begins, ends, said):
    text = rules.particulars_problem({"number": number, "valid_from": begins, "valid_until": ends})
    assert said in text
    assert bool(said) == bool(text)


# --- the preview


async def test_a_preview_registers_nobody_and_keeps_no_number_in_clear(body):
    batch = await preview(body, GOOD)
    async with transaction(OFFICE):
        kept = await value("select content from certificates_batch_line where batch = $1", batch)
        assert await OFFICERS.count(OFFICE) == 0
    assert "11010519491231002X" not in kept
    assert "13812345678" not in kept
    assert "110105********002X" in kept


async def test_every_fault_is_told_before_anything_is_entered(body, other, jobs):
    async with transaction(OFFICE):
        await enter_person("钱秘密", other.id, id_number=id_number(8))
        leaver = await enter_person("孙离", body.id, id_number=id_number(9))
        await close_person(leaver.id, "调离")
    await entered(jobs, body, line(1))
    batch = await preview(
        body,
        GOOD,
        ["李四", 440524188001010014, "15082204018", "2023-07-01", "2028-06-30"],
        ["王五", id_number(2), "15082204017", "2023-07-01", "2028-06-30"],
        line(1),
        line(8, "钱秘密"),
        line(9, "孙离"),
        ["周七", id_number(3), "15082204020", "2023-07-01", ""],
        ["吴八", id_number(4), "15082204021", "2028-07-01", "2023-06-30"],
    )
    told = await faults(batch)
    assert set(told) == {3, 4, 5, 6, 7, 8, 9}
    assert "数字格式" in told[3]
    assert "与第 2 行重复" in told[4]
    assert "已经登记为执法人员" in told[5]
    assert "别的单位" in told[6]
    assert "停用" in told[7]
    assert "有效期止" in told[8]
    assert "必须晚于" in told[9]


async def test_the_preview_of_a_large_sheet_comes_by_pages(
    body, client: Browser, login_as: LoginAs, agencies
):
    unit = agencies.agency
    lines = [line(n) for n in range(2_500)]
    lines[2_400][1] = "11010519491231002Y"
    batch = await preview(unit, *lines)
    await login_as("data_entry", organisation=unit)
    shown = await client.get(f"/certificates/imports/{batch}")
    assert shown.status_code == 200
    assert len(shown.text) < 100_000
    assert "可写入 2,499 行，有问题 1 行" in shown.text
    assert shown.text.count('data-label="身份证号"') == 50
    following = re.search(r'href="([^"]+)" rel="next"', shown.text)
    assert following is not None
    second = await client.get(following[1].replace("&amp;", "&"))
    assert '<td role="cell" class="jd-r jd-num" data-label="行">52</td>' in second.text
    bad = await client.get(f"/certificates/imports/{batch}?show=bad")
    assert bad.text.count('data-label="身份证号"') == 1
    assert ">2402<" in bad.text


# --- entering


async def test_good_rows_are_registered_by_the_worker_with_one_fact(body, jobs, facts):
    batch = await preview(
        body,
        GOOD,
        ["李四", "440524188001010013", "15082204018", "2023-07-01", "2028-06-30"],
        scope=clerk(body),
    )
    assert await act(apply_import, batch, scope=clerk(body)) == 1
    assert (await stored(batch))["state"] == "applying"
    assert await count("select count(*) from certificates_officer") == 0
    await jobs.run_all()
    found = await stored(batch)
    assert (found["state"], found["made"], found["done"]) == ("applied", 1, 1)
    [fact] = await facts.only("certificates.import_applied")
    assert fact.payload["officers"] == 1
    assert fact.actor == 11, "the fact names who asked for it, not the worker"
    each_of_them = {
        "core.person.entered",
        "certificates.officer_registered",
        "certificates.certificate_changed",
    }
    assert each_of_them.isdisjoint(await facts.kinds())
    async with transaction(OFFICE):
        card = await row("select * from certificates_certificate where number = '15082204017'")
        holder = await row("select * from core_person where id = $1", card["person"])
    assert (card["unit_name"], card["published"]) == (body.name, True)
    assert (holder["name"], holder["id_number_masked"]) == ("张海龙", "110105********002X")
    assert holder["phone_masked"]
    assert await answer(card["person"]) is None


@pytest.mark.req("S2-4")
async def test_an_entrusted_units_cards_bear_the_name_of_the_body_above(body, region_tree, jobs):
    async with transaction(OFFICE):
        unit = await found_organisation(
            "磴口县农贸市场管理所", "entrusted", region_tree.county.id, parent=body.id
        )
    await entered(jobs, unit, GOOD)
    name = await count("select unit_name from certificates_certificate")
    assert name == body.name


async def test_a_sheet_goes_on_in_pieces_and_shows_how_far_it_is(
    body, jobs, facts, monkeypatch, client: Browser, login_as: LoginAs, agencies
):
    monkeypatch.setattr(roster, "PIECE", 10)
    unit = agencies.agency
    batch = await preview(unit, *(line(n) for n in range(25)))
    await login_as("data_entry", organisation=unit)
    path = f"/certificates/imports/{batch}"
    await client.get(path)
    sent = await client.post(f"{path}/apply", {})
    assert sent.status_code in (200, 303)
    again = await client.post(f"{path}/apply", {})
    assert again.status_code == 409
    assert "正在写入" in again.text
    async with transaction(OFFICE):
        await enter_piece({"batch": batch})
    page = await client.get(path)
    assert re.search(r'<progress[^>]*max="25" value="10"', page.text)
    assert f'hx-get="{path}/progress"' in page.text
    assert f'<a href="{path}">刷新</a>' in page.text, "without scripts the page is loaded again"
    part = await client.get(f"{path}/progress")
    assert "HX-Refresh" not in part.headers
    assert await count("select count(*) from certificates_officer") == 10
    await jobs.run_all()
    found = await stored(batch)
    assert (found["state"], found["made"], found["done"]) == ("applied", 25, 25)
    assert len(await facts.only("certificates.import_applied")) == 1
    part = await client.get(f"{path}/progress")
    assert part.headers["HX-Refresh"] == "true"
    assert (await client.post(f"{path}/apply", {})).status_code == 409
    assert await count("select count(*) from certificates_officer") == 25


async def test_a_piece_that_breaks_leaves_nothing_and_is_done_again(body, jobs, clock, monkeypatch):
    monkeypatch.setattr(roster, "PIECE", 10)
    batch = await preview(body, *(line(n) for n in range(25)), scope=clerk(body))
    await act(apply_import, batch, scope=clerk(body))
    await act(enter_piece, {"batch": batch})
    whole = roster.enter_cards

    async def die(*_args):
        raise OSError("the database went away")

    monkeypatch.setattr(roster, "enter_cards", die)
    await jobs.run_all()
    assert (await stored(batch))["done"] == 10
    assert await count("select count(*) from certificates_officer") == 10
    assert await count("select count(*) from core_person where name = '王小明'") == 10
    monkeypatch.setattr(roster, "enter_cards", whole)
    clock(NOW + timedelta(minutes=10))
    await jobs.run_all()
    assert (await stored(batch))["made"] == 25
    assert await count("select count(*) from certificates_officer") == 25


async def test_a_worker_that_died_holds_a_piece_for_a_while_only(body, jobs, clock, monkeypatch):
    monkeypatch.setattr(roster, "PIECE", 10)
    batch = await preview(body, *(line(n) for n in range(15)), scope=clerk(body))
    await act(apply_import, batch, scope=clerk(body))
    async with transaction(OFFICE):
        # What a claim leaves behind: the worker took the piece and was killed.
        await execute(
            "update core_due set state = 'running', tries = 1, due_at = $2 where name = $1",
            roster.JOB,
            NOW + timedelta(seconds=70),
        )
    await jobs.run_all()
    assert (await stored(batch))["done"] == 0
    clock(NOW + timedelta(seconds=71))
    await jobs.run_all()
    assert (await stored(batch))["made"] == 15


async def test_who_waits_too_long_hands_it_over_again_and_nobody_is_entered_twice(
    body, jobs, clock, monkeypatch, client: Browser, login_as: LoginAs, agencies
):
    monkeypatch.setattr(roster, "PIECE", 10)
    unit = agencies.agency
    batch = await preview(unit, *(line(n) for n in range(15)))
    await act(apply_import, batch)
    async with transaction(OFFICE):
        await enter_piece({"batch": batch})
        await execute("update core_due set state = 'failed' where name = $1", roster.JOB)
    await login_as("data_entry", organisation=unit)
    path = f"/certificates/imports/{batch}"
    assert "重新交给后台" not in (await client.get(path)).text
    clock(NOW + timedelta(minutes=4))
    assert "重新交给后台" in (await client.get(path)).text
    await client.post(f"{path}/again", {})
    async with transaction(OFFICE):
        # The lost one turns up after all: two jobs at one sheet.
        await enqueue(roster.JOB, {"batch": batch}, place=roster.place_of(await batch_of(batch, OFFICE)))  # fmt: skip
    await jobs.run_all()
    assert (await stored(batch))["made"] == 15
    assert await count("select count(*) from certificates_officer") == 15
    with pytest.raises(Conflict):
        await act(go_on_import, batch)


async def test_what_comes_between_preview_and_entering_becomes_a_fault(body, jobs):
    first = await preview(body, GOOD, line(1), scope=clerk(body))
    await entered(jobs, body, GOOD)
    await act(apply_import, first, scope=clerk(body))
    await jobs.run_all()
    assert (await stored(first))["made"] == 1
    assert "已经登记为执法人员" in (await faults(first))[2]


async def test_a_sheet_without_a_good_row_is_not_entered(body):
    batch = await preview(body, ["李四", "x", "", "", ""])
    with pytest.raises(Refused):
        await act(apply_import, batch)


async def test_another_units_clerk_sees_and_touches_nothing_of_it(body, other):
    batch = await preview(body, GOOD, scope=clerk(body))
    for service in (apply_import, go_on_import, undo_import):
        with pytest.raises(NotFound):
            await act(service, batch, scope=clerk(other))


# --- taking back


async def test_an_import_can_be_undone_and_its_people_cannot_act_any_more(body, jobs, facts):
    batch = await entered(jobs, body, GOOD)
    person = await count("select person from certificates_officer where batch = $1", batch)
    assert await answer(person) is None
    assert await act(undo_import, batch, scope=clerk(body)) == 1
    assert [one.code for one in await answer(person)] == ["cancelled"]
    assert len(await facts.only("certificates.import_undone")) == 1
    with pytest.raises(Conflict):
        await act(undo_import, batch)


async def test_who_was_known_before_stays_when_the_sheet_is_undone(body, jobs):
    async with transaction(OFFICE):
        known = await enter_person("张海龙", body.id, id_number=GOOD[1])
    batch = await entered(jobs, body, GOOD, line(1))
    await act(undo_import, batch)
    async with transaction(OFFICE):
        found = {
            each["id"]: each["closed_at"]
            for each in await rows(
                "select id, closed_at from core_person where organisation = $1", body.id
            )
        }
    assert found.pop(known.id) is None
    assert [each is not None for each in found.values()] == [True]


async def test_an_undone_sheet_may_come_again_with_the_same_cards(body, jobs, clock):
    batch = await entered(jobs, body, GOOD)
    person = await count("select person from certificates_officer where batch = $1", batch)
    await act(undo_import, batch)
    clock(NOW + timedelta(days=2))
    assert await faults(await preview(body, GOOD)) == {}
    await entered(jobs, body, GOOD)
    assert await answer(person, date(2026, 5, 14)) is None
    assert [one.code for one in await answer(person, date(2026, 5, 13))] == ["cancelled"]
    assert await count("select closed_at from core_person where id = $1", person) is None
    assert await count("select count(*) from certificates_certificate") == 1


async def test_a_sheet_is_not_undone_over_what_was_done_since(
    body, jobs, clock, client: Browser, login_as: LoginAs, agencies
):
    unit = agencies.agency
    batch = await entered(jobs, unit, GOOD)
    clock(NOW + timedelta(days=1))
    card = await count("select id from certificates_certificate")
    form = StateForm(state="suspended", since=date(2026, 5, 13), reason="暂扣")
    await act(change_state, card, form)
    with pytest.raises(Refused):
        await act(undo_import, batch)
    await login_as("data_entry", organisation=unit)
    path = f"/certificates/imports/{batch}"
    await client.get(path)
    refused = await client.post(f"{path}/undo", {})
    assert refused.status_code == 409
    assert "张海龙导入以后办过业务" in refused.text
    assert (await stored(batch))["state"] == "applied"


async def test_a_hostile_file_is_refused_beside_the_field(
    body, client: Browser, login_as: LoginAs, agencies
):
    unit = agencies.agency
    await login_as("data_entry", organisation=unit)
    await client.get("/certificates/imports")
    for name, content, said in (
        ("名册.xlsx", b"PK\x03\x04 not a workbook", "损坏"),
        ("名册.xlsx", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>", "打不开"),
        ("名册.csv", b"\x00\x01\x02" * 100, "不是文本表格"),
        ("名册.csv", "姓名\n张三\n".encode(), "身份证号"),
    ):
        sent = await client.post(
            "/certificates/imports", {"organisation": unit.id}, files={"file": (name, content)}
        )
        assert sent.status_code == 422, name
        assert said in sent.text, (name, said)
    cell = '=HYPERLINK("http://x")<script>alert(1)</script>'
    batch = await preview(unit, [cell, id_number(1), "", "", ""])
    shown = await client.get(f"/certificates/imports/{batch}")
    assert "<script>alert(1)" not in shown.text


async def test_a_unit_that_is_unknown_is_refused(body):
    content = sheet(GOOD)
    with pytest.raises(Invalid):
        await act(preview_import, 987654321, read_sheet(content, SHEET), content, "名册.xlsx")


# --- what others learn of officers that came with a sheet


@pytest.mark.needs("complaints")
async def test_a_card_from_a_sheet_names_its_officer_to_whoever_complains(
    body, jobs, client: Browser
):
    await entered(jobs, body, GOOD)
    token = await count("select token from certificates_certificate")
    form = await client.get(f"/complaints/public/new?code={token}")
    assert form.status_code == 200
    assert "张海龙" in form.text
    assert body.name in form.text


@pytest.mark.needs("cases")
async def test_the_number_of_a_card_from_a_sheet_stands_in_the_papers_of_a_case(body, jobs):
    from core.api.extensions import contributions

    await entered(jobs, body, GOOD)
    person = await count("select person from certificates_officer")
    async with transaction(OFFICE):
        [register] = contributions("cases.certificate_numbers")
        for day, number in (
            (date(2026, 5, 12), {person: "15082204017"}),
            (date(2023, 6, 30), {}),
            (date(2028, 7, 1), {}),
        ):
            assert await register.value.find([person, 0], day) == number, day


@pytest.mark.req("S2-26")
async def test_who_was_struck_off_is_not_registered_again(body, jobs):
    """Neither by a sheet nor by hand; and one number in two spellings is one person."""
    async with transaction(OFFICE):
        digest = digest_of(GOOD[1])
        await put_on_forced_list(digest, "", "张海龙", "", "伪造", None, Place(body.region_lo, 0))
    batch = await preview(body, GOOD, line(2), [*line(2)[:1], *line(3)[1:]])
    assert await faults(batch) == {2: STRUCK_OFF}
    by_hand = OfficerForm("张海龙", body.id, id_number=GOOD[1].lower())
    with pytest.raises(Invalid, match="强制注销名单"):
        await act(register_officer, by_hand, scope=clerk(body))
    assert await count("select count(*) from core_person where name = '张海龙'") == 0
    async with transaction(OFFICE):
        await execute("update certificates_list_entry set removed_at = now()")
    await act(register_officer, by_hand, scope=clerk(body))
    assert await count("select count(*) from core_person where name = '张海龙'") == 1


async def test_a_small_x_is_no_other_person(body):
    twin = ["张海龙", GOOD[1].lower(), "15082204018", *GOOD[3:]]
    assert await faults(await preview(body, GOOD, twin)) == {3: "身份证号：与第 2 行重复。"}
