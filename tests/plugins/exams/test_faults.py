# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in a room: the line, the camera, two people, the same password twice."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.api.db import Place, Scope, SubjectRef, execute, row, transaction, value
from core.api.db import rows as rows_of
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import receive
from core.api.people import decrypt, enter_person
from core.api.testing import Agencies, Browser
from core.db import DB, WORKER
from plugins.exams.forms import AppealForm
from plugins.exams.rules.sealed import seal
from plugins.exams.rules.sitting import Sent
from plugins.exams.services import after, candidates, chaining, door, sessions, sitting
from plugins.exams.services.base import CANDIDATE
from tests.plugins.exams.conftest import IDS, SAME_LAST_SIX, START, As, Hall
from tests.plugins.exams.test_pages import PNG

WIDE = Scope.platform("a test looks at everything")
WHY = "现场情况说明"


class Sitting:
    """Somebody who sits."""

    def __init__(self, entry: dict[str, Any], signed: sitting.SignedIn) -> None:
        self.entry, self.id, self.token = entry, signed.attempt, signed.token

    async def save(self, *acts: Sent, grace: int = 60) -> chaining.Saved:
        return await chaining.save(self.id, self.token, acts, grace)

    async def row(self) -> dict[str, Any]:
        found = await row("select * from exams_attempt where id = $1", self.id)
        assert found is not None
        return found


async def begin(hall: Hall, clock: Any, number: int = 0) -> Sitting:
    """From the door to the first question."""
    code = await value("select code from exams_session where id = $1", hall.session)
    if not code:
        code = await hall.open()
    entry, password = await hall.let_in(number)
    signed = await sitting.sign_in(code, entry["ticket"], password)
    async with transaction(hall.who.scope):
        await door.waive_photo(hall.who, hall.session, entry["id"], WHY)
    clock(START)
    await sitting.begin(signed.attempt, signed.token)
    return Sitting(entry, signed)


@pytest.mark.req("B41-5")
async def test_the_same_again_out_of_order_and_after_the_end(hall: Hall, clock: Any) -> None:
    one = await begin(hall, clock)
    right = await hall.answers()
    q, keys = right["single"]
    assert (await one.save(Sent(3, q, keys))).fresh == 1
    assert (await one.save(Sent(2, q, []), Sent(3, q, keys), Sent(1, q, ["o2"]))).fresh == 2
    assert (await one.save(Sent(1, q, ["o2"]))).fresh == 0
    clock(START + timedelta(minutes=60, seconds=59))
    in_time = await one.save(Sent(4, right["fill"][0], ["三十"]))
    assert (in_time.state, in_time.fresh) == ("sitting", 1)
    clock(START + timedelta(minutes=61, seconds=1))
    over = await one.save(Sent(5, q, ["o2"]))
    assert (over.state, over.fresh, over.last) == ("over", 0, 4)
    async with transaction(CANDIDATE):
        assert await sitting.sweep(0, 2**62) == 1
        assert await sitting.sweep(0, 2**62) == 0
    held = await one.row()
    assert (held["state"], held["how"], held["score"]) == ("submitted", "auto", 40)
    assert (await one.save(Sent(6, q, ["o2"]))).state == "submitted"
    assert chaining.verified(await chaining.acts_of(one.id), held["head"]) == 0


async def test_an_empty_paper_is_marked_too(hall: Hall, clock: Any) -> None:
    one = await begin(hall, clock)
    clock(START + timedelta(hours=2))
    async with transaction(CANDIDATE):
        await sitting.sweep(0, 2**62)
    held = await one.row()
    assert (held["score"], held["passed"]) == (0, False)


async def test_to_another_computer_with_the_lost_time(hall: Hall, clock: Any) -> None:
    one = await begin(hall, clock)
    right = await hall.answers()
    q, keys = right["single"]
    await one.save(Sent(1, q, keys))
    until = (await one.row())["deadline"]
    clock(START + timedelta(minutes=12))
    async with transaction(hall.who.scope):
        given = await door.release(hall.who, hall.session, one.entry["id"], "停电", 10)
    with pytest.raises(chaining.Unknown):
        await one.save(Sent(2, q, ["o2"]))
    code = await value("select code from exams_session where id = $1", hall.session)
    signed = await sitting.sign_in(code, one.entry["ticket"], given.password)
    other = Sitting(one.entry, signed)
    held = await other.row()
    assert (held["epoch"], held["deadline"] - until) == (1, timedelta(minutes=10))
    async with transaction(CANDIDATE):
        found = await sitting.mine(signed.attempt, signed.token)
        paper = await sitting.paper_of(found)
    assert next(each.answer for each in paper if each.position == q) == tuple(keys)
    assert (await other.save(Sent(1, right["true_false"][0], ["t"]))).fresh == 1
    assert (await other.row())["score"] is None


@pytest.mark.req("S2-28")
async def test_photo_and_answers_cannot_be_exchanged(hall: Hall, clock: Any) -> None:
    one = await begin(hall, clock)
    other = await begin(hall, clock, 1)
    q, keys = (await hall.answers())["single"]
    for each in (one, other):
        await each.save(Sent(1, q, keys))
        photo = await receive(PNG, "p.png", kinds=("photo",))
        async with transaction(hall.who.scope):
            await door.photo_by_invigilator(hall.who, hall.session, each.entry["id"], photo)
        await sitting.hand_in(each.id, each.token)
    async with transaction(hall.who.scope):
        assert await after.check_chains(hall.session) == (2, [])
    await execute("update exams_photo set sha256 = '\\x00' where attempt = $1", one.id)
    await execute("update exams_act set body = replace(body, 'o', 'p') where attempt = $1"
                  " and kind = 'answer'", other.id)  # fmt: skip
    async with transaction(hall.who.scope):
        good, bad = await after.check_chains(hall.session)
    assert good == 0
    assert ["照片" in bad[0], "链" in bad[1]] == [True, True]


async def test_two_people_where_it_matters(
    hall: Hall, clock: Any, as_bureau: As, agencies: Agencies
) -> None:
    code = await hall.open()
    entry = await value("select min(id) from exams_entry")
    second = await as_bureau("乌云")

    async def asked() -> int:
        return int(await value("select max(id) from exams_confirmation where state = 'open'"))

    async with transaction(hall.who.scope):
        await door.ask_checkin(hall.who, hall.session, entry, WHY)
        with pytest.raises(Refused, match="另一名"):
            await door.decide(hall.who, await asked(), "agreed")
    async with transaction(second.scope):
        admitted = await door.decide(second, await asked(), "agreed")
    assert admitted is not None
    assert admitted.entry["way"] == "manual"
    signed = await sitting.sign_in(code, admitted.entry["ticket"], admitted.password)
    async with transaction(hall.who.scope):
        await door.waive_photo(hall.who, hall.session, entry, WHY)
    clock(START)
    await sitting.begin(signed.attempt, signed.token)
    one = Sitting(admitted.entry, signed)
    until = (await one.row())["deadline"]
    async with transaction(hall.who.scope):
        assert await door.add_minutes(hall.who, hall.session, entry, 15, WHY)
        assert not await door.add_minutes(hall.who, hall.session, entry, 20, WHY)
        with pytest.raises(Invalid, match="一共最多"):
            await door.add_minutes(hall.who, hall.session, entry, 46, WHY)
        with pytest.raises(Refused, match="等待两人"):
            await execute("update exams_session set state = 'closed'")
            await after.publish(hall.who, hall.session)
        await execute("update exams_session set state = 'open'")
    assert (await one.row())["deadline"] - until == timedelta(minutes=15)
    async with transaction(second.scope):
        await door.decide(second, await asked(), "agreed")
    assert (await one.row())["deadline"] - until == timedelta(minutes=35)
    async with transaction(hall.who.scope):
        await door.ask_void(hall.who, hall.session, entry, "替考")
    async with transaction(second.scope):
        await door.decide(second, await asked(), "agreed")
    held = await one.row()
    assert (held["state"], held["void_reason"]) == ("voided", "替考")
    assert await value("select count(*) from exams_act where attempt = $1", one.id) > 4


async def test_the_sealed_file_is_the_last_resort(hall: Hall, clock: Any, as_bureau: As) -> None:
    one = await begin(hall, clock)
    right = await hall.answers()
    q, keys = right["single"]
    await one.save(Sent(1, q, ["o9"]))
    clock(START + timedelta(hours=2))
    async with transaction(CANDIDATE):
        await sitting.sweep(0, 2**62)
    assert (await one.row())["score"] == 0
    key = decrypt((await one.row())["key"], sitting.KEY_FIELD)
    acts = [Sent(1, q, ["o9"]), Sent(2, q, keys), Sent(3, right["fill"][0], ["30"])]
    content = seal(acts, one.id, key, b"0" * 12)
    async with transaction(hall.who.scope):
        with pytest.raises(Invalid, match="损坏"):
            bad = seal(acts, one.id, "00" * 32, b"0" * 12)
            await door.ask_sealed(hall.who, hall.session, one.entry["id"], bad, WHY)
        assert await door.ask_sealed(hall.who, hall.session, one.entry["id"], content, WHY) == 3
    asked = await value("select max(id) from exams_confirmation")
    second = await as_bureau("乌云")
    async with transaction(second.scope):
        await door.decide(second, asked, "agreed")
    held = await one.row()
    assert held["score"] == 40
    assert chaining.verified(await chaining.acts_of(one.id), held["head"]) == 0


async def test_a_file_from_the_released_computer_does_not_undo_the_new_one(
    hall: Hall, clock: Any, as_bureau: As
) -> None:
    """Its answers count where the candidate wrote nothing since; the progress follows."""
    one = await begin(hall, clock)
    right = await hall.answers()
    q, keys = right["single"]
    fill = right["fill"][0]
    await one.save(Sent(1, q, ["o9"]))
    async with transaction(hall.who.scope):
        admitted = await door.release(hall.who, hall.session, one.entry["id"], WHY)
    code = await value("select code from exams_session where id = $1", hall.session)
    signed = await sitting.sign_in(code, one.entry["ticket"], admitted.password)
    new = Sitting(one.entry, signed)
    await new.save(Sent(1, q, keys))
    held = await new.row()
    key = decrypt(held["key"], sitting.KEY_FIELD)
    acts = [Sent(1, q, ["o9"]), Sent(2, q, ["o8"]), Sent(3, fill, ["30"])]
    told = {**msgspec.json.decode(seal(acts, new.id, key, b"0" * 12)), "epoch": 0}
    async with transaction(hall.who.scope):
        content = msgspec.json.encode(told)
        await door.ask_sealed(hall.who, hall.session, one.entry["id"], content, WHY)
        asked = await value("select max(id) from exams_confirmation")
    second = await as_bureau("乌云")
    async with transaction(second.scope):
        await door.decide(second, asked, "agreed")
    held = await new.row()
    assert (held["newest"], int(held["done"], 16)) == (1, 1 << q | 1 << fill)
    assert chaining.verified(await chaining.acts_of(new.id), held["head"]) == 0
    # The computer in use goes on with its own numbers, and its answer to the question stands.
    assert (await new.save(Sent(2, right["true_false"][0], right["true_false"][1]))).fresh == 1
    await sitting.hand_in(new.id, new.token)
    assert (await new.row())["score"] == 60


@pytest.mark.req("S2-29")
async def test_the_legacy_way_in_refuses_what_is_ambiguous(
    hall: Hall, clock: Any, agencies: Agencies
) -> None:
    async with transaction(Scope.platform("test data")):
        same = await enter_person("同号", agencies.agency.id, id_number=SAME_LAST_SIX)
        wanted = await candidates.enter(same.id, "补录同号考生")
    async with transaction(hall.who.scope):
        await sessions.seat(hall.who, hall.session, [wanted])
    code = await hall.open()
    await hall.let_in(0)
    with pytest.raises(Invalid, match="准考证号或密码"):
        await sitting.sign_in(code, IDS[0][-6:], "1")
    await execute("update exams_session set legacy_password = true")
    await hall.let_in(1)
    other = await sitting.sign_in(code, IDS[1][-6:], "1")
    assert other.attempt
    with pytest.raises(Invalid, match="已经登录"):
        await sitting.sign_in(code, IDS[1][-6:], "1")
    with pytest.raises(Invalid, match="准考证号或密码"):
        await sitting.sign_in(code, IDS[2][-6:], "1")  # not on this roster
    async with transaction(hall.who.scope):
        await door.scan(hall.who, hall.session, SAME_LAST_SIX)
    with pytest.raises(Invalid, match="后六位相同"):
        await sitting.sign_in(code, IDS[0][-6:], "1")


async def test_a_password_is_locked_after_five_wrong_ones(hall: Hall) -> None:
    code = await hall.open()
    entry, password = await hall.let_in()
    for _ in range(5):
        with pytest.raises(Invalid):
            await sitting.sign_in(code, entry["ticket"], "AAAAAA")
    with pytest.raises(Invalid, match="太多次"):
        await sitting.sign_in(code, entry["ticket"], password)
    async with transaction(hall.who.scope):
        fresh = await door.password_again(hall.who, hall.session, entry["id"])
    assert (await sitting.sign_in(code, entry["ticket"], fresh.password)).attempt


async def test_a_picture_bomb_is_no_photo(hall: Hall, client: Browser) -> None:
    code = await hall.open()
    entry, password = await hall.let_in()
    await client.post("/exams/sit", {"code": code, "ticket": entry["ticket"], "password": password})
    bomb = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00"
        + PNG[29:]
    )
    for content, name in ((bomb, "p.png"), (b"<svg/>", "p.svg"), (b"", "leer.png")):
        answer = await client.post("/exams/sit/photo", files={"photo": (name, content)})
        assert answer.status_code == 422, name
    assert await value("select count(*) from exams_photo") == 0


async def test_an_upheld_appeal_marks_everybody_anew(
    hall: Hall, clock: Any, client: Browser, as_bureau: As, login_as: Any, agencies: Agencies
) -> None:
    one, other = await begin(hall, clock), await begin(hall, clock, 1)
    right = await hall.answers()
    await one.save(Sent(1, right["multiple"][0], right["multiple"][1]))
    await other.save(
        Sent(1, right["fill"][0], ["三十"]), Sent(2, right["multiple"][0], right["multiple"][1])
    )
    clock(START + timedelta(hours=2))
    async with transaction(CANDIDATE):
        await sitting.sweep(0, 2**62)
    async with transaction(hall.who.scope):
        await after.publish(hall.who, hall.session)
    assert [(await each.row())["score"] for each in (one, other)] == [40, 60]
    await login_as("handler", name="考生1", person=one.entry["person"])
    mine = await client.get(f"/exams/mine/{one.entry['id']}")
    assert "提出异议" in mine.text
    assert (await client.get(f"/exams/mine/{other.entry['id']}")).status_code == 404
    assert "九月第一场" in (await client.get("/exams/mine")).text
    number = 0
    async with transaction(CANDIDATE):
        held = await after.own_result(one.entry["person"], one.entry["id"])
        number = held["order"].index(right["fill"][0]) + 1
    filed = await client.post(
        f"/exams/mine/{one.entry['id']}/appeals",
        {"position": str(number), "reason": "题目没有写明是查封还是扣押"},
    )
    assert filed.status_code == 303, filed.text[-500:]
    appeal = await value("select max(id) from exams_appeal")
    who = await as_bureau()
    assert (await client.get(f"/exams/appeals/{appeal}")).status_code == 200
    decided = await client.post(
        f"/exams/appeals/{appeal}", {"outcome": "all", "answer": "题目确有歧义，人人得分。"}
    )
    assert decided.status_code == 303, decided.text[-500:]
    assert [(await each.row())["score"] for each in (one, other)] == [60, 60]
    log = await row("select * from exams_regrade")
    assert log is not None
    assert (log["before"], log["after"], log["passed_before"], log["passed_after"]) == (
        40, 60, False, True,
    )  # fmt: skip
    assert await value("select state from exams_wanted where person = $1", one.entry["person"]) == (
        "passed"
    )
    told = await value(
        "select payload from core_fact where kind = 'exams.result_published'"
        " and subject_id = $1 order by id desc limit 1",
        one.entry["person"],
    )
    payload = msgspec.json.decode(told) if isinstance(told, str) else told
    assert (payload["score"], payload["passed"]) == (6.0, True)
    page = await client.get(f"/exams/sessions/{hall.session}/results")
    assert "重新评分记录" in page.text
    assert who.user_id


@pytest.mark.req("C7-15")
@pytest.mark.parametrize(("whose", "words"), [(0, "你自己提出的异议"), (1, "你也考过这道题")])
async def test_nobody_decides_an_appeal_that_changes_his_own_mark(
    hall: Hall, clock: Any, client: Browser, as_bureau: As, whose: int, words: str
) -> None:
    """Neither the one he filed himself nor a colleague's about a question he was asked, too."""
    people = [await begin(hall, clock), await begin(hall, clock, 1)]
    right = await hall.answers()
    clock(START + timedelta(hours=2))
    async with transaction(CANDIDATE):
        await sitting.sweep(0, 2**62)
    async with transaction(hall.who.scope):
        await after.publish(hall.who, hall.session)
    first = people[0].entry
    position = right["fill"][0]
    filer = await as_bureau("又考又管", person=first["person"])
    async with transaction(CANDIDATE):
        filed = AppealForm(position + 1, "题目没有写明是查封还是扣押")
        appeal = await after.file_appeal(filer, first["id"], position, filed)
    judge = await as_bureau("又考又管", person=people[whose].entry["person"])
    assert judge.person_id == people[whose].entry["person"]
    shown = await client.get(f"/exams/appeals/{appeal}")
    assert (shown.status_code, words in shown.text, "处理异议" in shown.text) == (200, True, False)
    form = {"outcome": "all", "answer": "题目确有歧义，人人得分。"}
    refused = await client.post(f"/exams/appeals/{appeal}", form)
    assert (refused.status_code, words in refused.text) == (422, True)
    assert [(await each.row())["score"] for each in people] == [0, 0]
    assert await value("select state from exams_appeal where id = $1", appeal) == "open"
    await as_bureau("旁人")
    assert (await client.post(f"/exams/appeals/{appeal}", form)).status_code == 303
    assert [(await each.row())["score"] for each in people] == [20, 20]


async def test_photos_go_after_their_time_and_their_hash_stays(
    hall: Hall, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await begin(hall, clock)
    photo = await receive(PNG, "p.png", kinds=("photo",))
    async with transaction(hall.who.scope):
        await door.photo_by_invigilator(hall.who, hall.session, one.entry["id"], photo)
        assert await after.delete_photos(0, 2**62) == 0
    clock(START + timedelta(days=731))
    # The web role may not delete files; this is the worker's.
    monkeypatch.setattr(DB, "scoped_role", WORKER)
    async with transaction(Scope.platform("nightly")):
        assert await after.delete_photos(0, 2**62) == 1
    monkeypatch.undo()
    assert await value("select count(*) from core_file where purpose = 'exams.held'") == 0
    assert (await one.row())["photo"] == photo.sha256
    async with transaction(hall.who.scope):
        assert await after.check_chains(hall.session) == (1, [])


async def test_strangers_see_nothing(
    hall: Hall, client: Browser, as_bureau: As, region_tree: Any
) -> None:
    await hall.open()
    foreign = await as_bureau("外地", region=region_tree.other_county)
    base = f"/exams/sessions/{hall.session}"
    entry = await value("select min(id) from exams_entry")
    for path in (base, f"{base}/live", f"{base}/entries/{entry}", f"{base}/door"):
        assert (await client.get(path)).status_code == 404, path
    async with transaction(foreign.scope):
        with pytest.raises(NotFound):
            await door.scan(foreign, hall.session, IDS[0])
    for path in ("/exams/sit/paper", "/exams/sit/ready", "/exams/sit/done"):
        assert (await client.get(path)).status_code == 404, path
    client.http.cookies.set("jiandu_exam", "1." + "x" * 32, domain="jiandu.test", path="/exams/sit")
    answer = await client.http.post("/exams/sit/answers", json={"acts": []})
    assert answer.status_code == 401


async def test_nothing_opens_or_is_cancelled_at_the_wrong_time(hall: Hall, clock: Any) -> None:
    clock(START - timedelta(hours=4))
    with pytest.raises(Refused, match="3 小时"):
        await hall.open()
    clock(START - timedelta(minutes=20))
    one = await begin(hall, clock)
    async with transaction(hall.who.scope):
        with pytest.raises(Conflict, match="不能取消"):
            await sessions.cancel(hall.who, hall.session, WHY)
        with pytest.raises(Conflict, match="已经入场"):
            await sessions.unseat(hall.who, hall.session, one.entry["id"])


@pytest.mark.req("S2-27")
async def test_a_certificates_code_opens_for_inspections_only(
    hall: Hall, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hall.open()
    first, second = await rows_of("select id, person from exams_entry order by id")
    await execute("update exams_entry set officer = 40 + id, purpose = 'inspection' where id = $1",
                  first["id"])  # fmt: skip
    await execute("update exams_entry set officer = 40 + id where id = $1", second["id"])
    scanned = {"card-a": 40 + first["id"], "card-b": 40 + second["id"], "card-c": 7}

    async def resolve(code: str, _scope: Any) -> SubjectRef | None:
        return SubjectRef("certificates.officer", scanned[code]) if code in scanned else None

    monkeypatch.setattr(door, "resolve", resolve)
    async with transaction(hall.who.scope):
        admitted = await door.scan(hall.who, hall.session, "card-a")
        assert (admitted.entry["id"], admitted.entry["way"]) == (first["id"], "certificate")
        with pytest.raises(Invalid, match="刷身份证"):
            await door.scan(hall.who, hall.session, "card-b")
        for other in ("card-c", "nothing"):
            with pytest.raises(Invalid, match="不是名册里"):
                await door.scan(hall.who, hall.session, other)


@pytest.mark.req("S2-27")
async def test_neither_an_old_picture_nor_a_typed_number_opens_the_door(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code on the card also shows that the card is here; its number stands on public pages."""
    await hall.open()
    entry = (await rows_of("select id, wanted from exams_entry order by id"))[0]
    await execute("update exams_entry set officer = 41, purpose = 'inspection' where id = $1",
                  entry["id"])  # fmt: skip
    await execute("update exams_wanted set card_number = 'B15082200001' where id = $1",
                  entry["wanted"])  # fmt: skip

    async def resolve(_code: str, _scope: Any) -> SubjectRef | None:
        return SubjectRef("certificates.officer", 41)

    async def doubt(code: str) -> str:
        return "这个动态码已经失效。" if "old" in code else ""

    monkeypatch.setattr(door, "resolve", resolve)
    monkeypatch.setattr(door, "doubt", doubt)
    async with transaction(hall.who.scope):
        with pytest.raises(Invalid, match="已经失效。扫不了的刷身份证"):
            await door.scan(hall.who, hall.session, "https://x/old#A")
        for typed in ("B15082200001", " b15082 200001\n", "Ｂ１５０８２２００００１"):
            with pytest.raises(Invalid, match="输入证号不算"):
                await door.scan(hall.who, hall.session, typed)
        admitted = await door.scan(hall.who, hall.session, "https://x/good#A")
    assert admitted.entry["way"] == "certificate"


async def test_the_office_is_told_what_is_its_turn(hall: Hall, clock: Any) -> None:
    async def turns() -> list[str]:
        found = await rows_of(
            "select step_title from core_turn where closed_at is null"
            " and subject_kind = 'exams.session' order by id"
        )
        return [each["step_title"] for each in found]

    await begin(hall, clock)
    assert await turns() == []
    clock(START + timedelta(hours=2))
    async with transaction(CANDIDATE):
        await sitting.sweep(0, 2**62)
    assert await turns() == ["公布成绩"]
    async with transaction(hall.who.scope):
        await after.publish(hall.who, hall.session)
    assert await turns() == []


async def test_what_a_candidate_is_told_leads_to_a_page_he_may_open(
    hall: Hall, client: Browser, login_as: Any
) -> None:
    """The page of a cancelled session is the office's and closed to him."""
    async with transaction(hall.who.scope):
        await sessions.cancel(hall.who, hall.session, WHY)
    one = await login_as("handler", organisation=hall.agency, person=hall.persons[0])
    async with transaction(Scope.platform("a test looks at everything")):
        entry = await value("select id from exams_entry where person = $1", one.person_id)
    async with transaction(one.scope):
        told = await rows_of(
            "select id, kind from core_message where person = $1 order by id", one.person_id
        )
    assert [each["kind"] for each in told] == ["exams.seated", "exams.cancelled"]
    for each in told:
        answer = await client.get(f"/messages/{each['id']}")
        assert answer.status_code == 303, (each["kind"], answer.status_code)
        where = answer.headers["location"]
        assert where.split("?")[0] == f"/exams/mine/{entry}", (each["kind"], where)
        assert (await client.get(where)).status_code == 200


async def test_lost_minutes_that_are_no_number_are_not_taken_for_none(
    hall: Hall, clock: Any, client: Browser, as_bureau: As
) -> None:
    await hall.open()
    one = await begin(hall, clock)
    await as_bureau("钱进")
    path = f"/exams/sessions/{hall.session}/entries/{one.entry['id']}/release"
    token = await value("select token from exams_attempt")
    for typed in ("abc", "-5", "2.5", "1000"):
        answer = await client.post(path, {"reason": "换电脑", "minutes": typed})
        assert answer.status_code == 422, typed
        assert "整数分钟" in answer.text
    assert await value("select token from exams_attempt") == token, "nothing was released"


async def test_nobody_has_two_seats_in_one_session(hall: Hall) -> None:
    """Two matters of one person: both at once, and the second when he has his seat already."""
    async with transaction(WIDE):
        first = await row("select * from exams_wanted order by id limit 1")
        assert first is not None
        await candidates.want(
            purpose="other",
            request=99,
            person_id=first["person"],
            name=first["name"],
            organisation_id=first["organisation"],
            card_number="",
            due_on=None,
            place=Place(first["region_lo"], first["org_lo"]),
        )
        second = await value("select max(id) from exams_wanted")
    async with transaction(hall.who.scope):
        with pytest.raises(Refused, match="考生1在这一场只能坐一个座位"):
            await sessions.seat(hall.who, hall.session, [second])
        entry = await value(
            "select id from exams_entry where person = $1 and session = $2",
            first["person"],
            hall.session,
        )
        await sessions.unseat(hall.who, hall.session, entry)
        with pytest.raises(Refused, match="考生1在这一场只能坐一个座位"):
            await sessions.seat(hall.who, hall.session, [first["id"], second])
        assert await sessions.seat(hall.who, hall.session, [second]) == 1


async def test_a_leader_who_sits_an_exam_reads_his_own(
    hall: Hall, client: Browser, login_as: Any, clock: Any
) -> None:
    """His exams are his in whatever role; somebody else finds nothing there."""
    one = await begin(hall, clock)
    await login_as("former_supervisor", name="考生1", person=one.entry["person"])
    assert "九月第一场" in (await client.get("/exams/mine")).text
    assert (await client.get(f"/exams/mine/{one.entry['id']}")).status_code == 200
    await login_as("former_supervisor", name="别人")
    assert "九月第一场" not in (await client.get("/exams/mine")).text
    assert (await client.get(f"/exams/mine/{one.entry['id']}")).status_code == 404
