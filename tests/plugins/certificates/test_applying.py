# SPDX-License-Identifier: Apache-2.0
"""A new officer from the application to the card in the hand, against the database."""

import struct
import tracemalloc
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from core.api import clock as platform_clock
from core.api.db import Place, SubjectRef, execute, row, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.people import found_organisation
from core.api.plugin import Fact
from plugins.certificates.forms import CorrectForm, DecisionForm, IssueForm, MakeForm, ResultForm
from plugins.certificates.photos import look_at
from plugins.certificates.queries.applying import checks_of, request_row
from plugins.certificates.services import applying, lists, making
from plugins.certificates.services.applying import IdentitySource, checking
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    apply,
    card_in_hand,
    clerk,
    competent,
    name_list,
    open_body,
    paper,
    photo,
    portrait,
    request_form,
    reviewer,
)

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
TODAY = date(2026, 5, 12)

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID), ("李四", OTHER_ID))
    return agencies


async def state(request):
    async with transaction(OFFICE):
        found = await request_row(request)
        return found["state"], {
            each["key"]: each["outcome"] for each in await checks_of(request, found["runs"])
        }


@pytest.mark.req("S2-19")
@pytest.mark.req("S2-3")
async def test_from_the_application_to_the_card(county, facts, messages):
    unit, office = county.agency, county.bureau
    request = await apply(unit)
    assert (await state(request))[0] == "legal"
    with pytest.raises(Conflict):
        await making.make(reviewer(office), request, MakeForm(TODAY))
    await applying.decide(reviewer(office), request, DecisionForm("pass"))
    [wanted] = await facts.only("certificates.exam_wanted")
    assert wanted.subject.kind == "core.person"
    assert wanted.payload["purpose"] == "application"
    assert (wanted.payload["org_lo"], wanted.payload["request"]) == (unit.lo, request)
    assert await messages.to(wanted.subject.id)
    form = ResultForm(score=80, passed="yes", reason="纸面考试")
    await applying.enter_result(reviewer(office), request, form, await paper())
    certificate = await making.make(reviewer(office), request, MakeForm(TODAY))
    async with transaction(OFFICE):
        card = await row("select * from certificates_certificate where id = $1", certificate)
    assert (card["unit_name"], card["powers"], card["published"]) == (
        unit.name,
        "行政处罚、行政检查",
        False,
    )
    assert card["inspection_due"] == date(2028, 5, 12)
    assert card["number"].endswith("0010001")
    await making.issue(reviewer(office), request, IssueForm(TODAY))
    assert (await state(request))[0] == "issued"
    [issued] = await facts.only("certificates.certificate_changed")
    assert issued.payload["state"] == "valid"


@pytest.mark.req("S2-18")
@pytest.mark.req("S2-26")
async def test_whoever_fails_one_check_does_not_reach_the_exam(county):
    unit, office = county.agency, county.bureau
    wrong = await apply(unit, id_number="110105194912310021")
    assert (await state(wrong)) == (
        "checking",
        {
            "id_number": "fail",
            "forced_list": "pass",
            "duplicate": "pass",
            "establishment": "fail",
        },
    )
    with pytest.raises(Conflict):
        await applying.decide(reviewer(office), wrong, DecisionForm("pass"))
    fixed = CorrectForm(name="张海龙", id_number=ID, phone="13812345678")
    assert await applying.correct(clerk(unit), wrong, fixed, None) == "legal"
    # A second unit applies for the same person: told so, not served.
    again = await apply(county.other_agency)
    assert (await state(again))[1]["duplicate"] == "fail"
    await name_list(office, ("李四", OTHER_ID), kind="forced")
    struck = await apply(unit, name="李四", id_number=OTHER_ID)
    assert (await state(struck))[0] == "rejected"


@pytest.mark.req("S2-26")
async def test_only_the_province_takes_somebody_off_the_forced_list(county, region_tree):
    office = county.bureau
    await name_list(office, ("李四", OTHER_ID), kind="forced")
    async with transaction(OFFICE):
        entry = await row("select id from certificates_list_entry where kind = 'forced'")
        top = await found_organisation("自治区司法厅", "justice", region_tree.province.id)
    with pytest.raises(Refused, match="省级"):
        await lists.remove_entry(reviewer(office), entry["id"], "处分撤销")
    await lists.remove_entry(replace(reviewer(top), scope=OFFICE), entry["id"], "处分撤销")
    assert (await state(await apply(county.agency, name="李四", id_number=OTHER_ID)))[0] == "legal"


@pytest.mark.req("S2-24")
async def test_published_results_count_and_the_newest_wins(county, facts):
    unit, office = county.agency, county.bureau
    request = await apply(unit)
    await applying.decide(reviewer(office), request, DecisionForm("pass"))
    async with transaction(OFFICE):
        found = await request_row(request)

    async def publish(*, passed, used):
        await applying_hear(
            Fact(
                1,
                "exams.result_published",
                SubjectRef("core.person", found["person"]),
                {
                    "purpose": "application",
                    "request": request,
                    "person": found["person"],
                    "score": 55 if not passed else 70,
                    "passed": passed,
                    "attempts_used": used,
                    "attempts_allowed": 2,
                },
                Place(unit.region_lo, unit.lo),
                0,
                platform_clock.now(),
                platform_clock.now(),
            )
        )

    async def applying_hear(fact):
        async with transaction(OFFICE):
            await applying.hear_result(fact)

    await publish(passed=False, used=1)
    assert (await state(request))[0] == "exam"
    await publish(passed=False, used=2)
    assert (await state(request))[0] == "failed"
    await publish(passed=True, used=2)
    assert (await state(request))[0] == "making"
    await publish(passed=False, used=2)
    assert (await state(request))[0] == "failed"


@pytest.mark.req("S2-25")
async def test_who_has_no_card_yet_is_cancelled_and_may_apply_anew(county, facts):
    unit = county.agency
    request = await apply(unit)
    with pytest.raises(Invalid):
        await applying.cancel(clerk(unit), request, "调离", None)
    await applying.cancel(clerk(unit), request, "调离", await paper())
    assert (await state(request))[0] == "cancelled"
    assert (await state(await apply(county.other_agency)))[0] == "legal"


async def test_strangers_find_nothing_and_nobody_reviews_his_own(county):
    unit, office = county.agency, county.bureau
    request = await apply(unit)
    with pytest.raises(NotFound):
        await applying.decide(reviewer(county.foreign_bureau), request, DecisionForm("pass"))
    with pytest.raises(NotFound):
        await applying.cancel(clerk(county.other_agency), request, "调离", await paper())
    with pytest.raises(NotFound):
        await applying.apply(clerk(county.other_agency), request_form(unit), await photo())
    with pytest.raises(Refused, match="自己提交"):
        await applying.decide(reviewer(office, user=11), request, DecisionForm("pass"))


@pytest.mark.req("S2-10")
async def test_cards_of_second_level_and_entrusted_units_say_whose_they_are(county):
    async with transaction(OFFICE):
        second = await found_organisation(
            "巴彦高勒所", "second", county.agency.region, parent=county.agency.id
        )
        entrusted = await found_organisation(
            "受托中心", "entrusted", county.agency.region, parent=county.agency.id
        )
    first = await card_in_hand(second, county.bureau, TODAY)
    other = await card_in_hand(entrusted, county.bureau, TODAY, name="李四", id_number=OTHER_ID)
    async with transaction(OFFICE):
        names = [
            (
                await row(
                    "select c.unit_name from certificates_request q join certificates_certificate c"
                    " on c.id = q.certificate where q.id = $1",
                    each,
                )
            )["unit_name"]
            for each in (first, other)
        ]
    assert names == ["巴彦高勒所", county.agency.name]


@pytest.mark.req("S2-15")
async def test_a_closed_account_is_said_before_the_form_is_filled_in(client, login_as, county):
    """At the head where nothing can be handed in; beside the unit's name where others can."""
    await open_body(county.agency)
    await login_as("body_admin", organisation=county.agency)
    page = "/certificates/requests/new"
    assert "还不能申领" not in (await client.get(page)).text
    async with transaction(OFFICE):
        below = await found_organisation(
            "巴彦高勒所", "second", county.agency.region, parent=county.agency.id
        )
    shown = (await client.get(page)).text
    assert f"{below.name}（还不能申领）" in shown
    assert f"{county.agency.name}（还不能申领）" not in shown
    assert f"{below.name}还不能申领：" not in shown
    async with transaction(OFFICE):
        await execute("update certificates_body set state = 'draft'")
    shown = (await client.get(page)).text
    assert f"{county.agency.name}还不能申领：执法主体账户" in shown
    assert f"{below.name}还不能申领：本单位的执法主体资料还没有登记" in shown


async def test_the_pages_show_all_four_answers_and_keep_what_was_typed(client, login_as, county):
    await login_as("data_entry", organisation=county.agency)
    shown = await client.get("/certificates/requests/new")
    assert shown.status_code == 200
    refused = await client.post("/certificates/requests/new", {"name": "张海龙"})
    assert refused.status_code == 422
    assert "张海龙" in refused.text
    request = await apply(county.agency, id_number="110105194912310021")
    page = await client.get(f"/certificates/requests/{request}")
    assert page.status_code == 200
    for words in ("身份证号真实", "不在强制注销名单", "在编办的在编名单中", "校验位"):
        assert words in page.text
    assert (await client.get("/certificates/requests")).text.count("张海龙") >= 1
    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.get(f"/certificates/requests/{request}")).status_code == 200
    assert (await client.get("/certificates/lists")).status_code == 200


@pytest.mark.req("S2-18")
@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("pass", "pass"),
        ("fail", "fail"),
        ("unavailable", "unavailable"),
        (OSError("down"), "unavailable"),
        ("yes", "unavailable"),
        ("", "unavailable"),
        (None, "unavailable"),
    ],
)
async def test_only_a_clear_yes_of_the_register_of_identities_passes(
    county, monkeypatch, client, login_as, said, outcome
):
    async def verify(_number, _name):
        if isinstance(said, Exception):
            raise said
        return said

    async def connected(_region, _point):
        return [SimpleNamespace(value=IdentitySource("人口信息核验", verify))]

    monkeypatch.setattr(checking, "contributions_in", connected)
    request = await apply(county.agency)
    found, checks = await state(request)
    others = {"forced_list": "pass", "duplicate": "pass", "establishment": "pass"}
    assert checks == {"id_number": outcome, **others}
    assert found == ("legal" if outcome == "pass" else "checking")
    if outcome != "pass":
        with pytest.raises(Conflict):
            await applying.decide(reviewer(county.bureau), request, DecisionForm("pass"))
    await login_as("data_entry", organisation=county.agency)
    page = (await client.get(f"/certificates/requests/{request}")).text
    assert ("暂时不能核查" in page) is (outcome == "unavailable")
    assert ("重新核查" in page) is (outcome != "pass")


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def bomb(width: int, height: int, *more: bytes) -> bytes:
    """A few bytes that say they are a large PNG."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + data + chunk(b"IEND", b"")


LONG_TEXT = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(80_000_000), 9))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (bomb(100_000, 100_000), "不是能读"),
        (bomb(13_000, 13_000), "太大"),
        (bomb(6_001, 8_400), "太大"),
        (bomb(413, 579, LONG_TEXT), "不是能读"),
    ],
    ids=["beyond what may be opened", "large", "just too large", "a long text inside"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_bomb_is_refused_before_it_is_unpacked(picture, words):
    assert len(picture) < 200_000
    tracemalloc.start()
    try:
        said = "".join(look_at(picture))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert words in said
    assert most < 8_000_000


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (portrait(), ""),
        (portrait(size=(100, 140)), "不清楚"),
        (portrait(size=(600, 600)), "5:7"),
        (portrait(colour=(30, 60, 120)), "背景太深"),
        (b"GIF89a", "不是能读"),
        (portrait()[: len(portrait()) * 2 // 3], "损坏"),
    ],
)
def test_photos_that_cannot_be_printed_are_refused_with_the_cure(picture, words):
    said = "".join(look_at(picture))
    assert (words in said) if words else not said
