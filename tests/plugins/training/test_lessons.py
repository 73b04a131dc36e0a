# SPDX-License-Identifier: Apache-2.0
"""课程和案例: writing, the leak check, studying honestly, suggestions by one's own alarms."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.api.db import Place, Scope, SubjectRef, row, rows, transaction, value
from core.api.facts import Fact
from core.api.testing import Browser, Clock, Facts
from plugins.training import reactions
from plugins.training.rules.lessons import from_guidance, leaks
from plugins.training.services import reminding
from tests.plugins.training.conftest import As

START = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
NOW = datetime.now(UTC)
LESSON = {
    "kind": "lesson",
    "title": "现场照片怎样固定",
    "body": "先拍全景，再拍细节。",
    "tag": "evidence",
    "readers": "bodies",
    "hours": "0.5",
    "act": "publish",
}
CASE = {
    **LESSON,
    "kind": "case",
    "title": "一次没有告知的处罚",
    "body": "经过：某超市销售过期食品，没有告知陈述申辩权。",
    "tag": "",
}
# Enough of an MP4 for its kind to be seen: the box "ftyp", then a film without anything in it.
MP4 = (
    b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
    b"\x00\x00\x00\x74moov\x00\x00\x00\x6cmvhd" + b"\x00" * 12 + b"\x00\x00\x03\xe8"
    b"\x00\x00\xea\x60" + b"\x00" * 80 + b"\x00\x00\x00\x08mdat" + b"\x00" * 70_000
)


async def publish(client: Browser, form: dict[str, str] = LESSON, **more: Any) -> int:
    answer = await client.post("/training/lessons/new", form, **more)
    assert answer.status_code == 303, answer.text
    return int(await value("select max(id) from training_lesson"))


@pytest.mark.req("C8-03", "C8-08")
async def test_a_lesson_is_read_finished_and_credited_once(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    lesson = await publish(client)
    who = await as_reader("handler", "乌兰图雅")
    assert "现场照片怎样固定" in (await client.get("/training/lessons")).text
    assert "先拍全景" in (await client.get(f"/training/lessons/{lesson}")).text
    for _ in range(2):
        assert (await client.post(f"/training/lessons/{lesson}/done")).status_code == 303
    (entry,) = await rows("select person, tenths, source from training_hours")
    assert (entry["person"], entry["tenths"], entry["source"]) == (who.person_id, 5, "lesson")
    assert len(await facts.only("training.lesson_done")) == 1
    await as_bureau()
    page = (await client.get(f"/training/lessons/{lesson}")).text
    assert "学完 1 人" in page
    assert "乌兰图雅" not in page


async def test_lessons_are_for_their_readers(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, agencies: Any
) -> None:
    await as_bureau()
    lesson = await publish(client)
    draft = await publish(client, {**LESSON, "act": "save"})
    await as_reader("supervisor", "白音")
    for number in (lesson, draft):
        assert (await client.get(f"/training/lessons/{number}")).status_code == 404
        assert (await client.post(f"/training/lessons/{number}/done")).status_code == 404
    await as_reader("handler", "外县的", organisation=agencies.foreign_agency)
    assert (await client.get(f"/training/lessons/{lesson}")).status_code == 404
    await as_bureau(region_tree.other_county)
    assert (await client.get(f"/training/lessons/{draft}/edit")).status_code == 404
    for act in ("edit", "discard", "withdraw"):
        form = {**LESSON, "reason": "写错了"}
        assert (await client.post(f"/training/lessons/{draft}/{act}", form)).status_code == 404
    await as_reader("handler", "乌兰图雅")
    assert (await client.get(f"/training/lessons/{draft}/edit")).status_code == 403


@pytest.mark.req("C8-13")
async def test_a_case_example_gives_nobody_away(
    client: Browser, as_bureau: As, facts: Facts
) -> None:
    await as_bureau()
    number = {**CASE, "body": "当事人电话 13947820000，案号磴市监罚〔2026〕12号。"}
    answer = await client.post("/training/lessons/new", {**number, "checked": "true"})
    assert answer.status_code == 422
    assert "13947820000" in answer.text, "what was typed is still there"
    assert "必须删去或改写" in answer.text
    name = {**CASE, "body": "当事人李志强在现场。"}
    answer = await client.post("/training/lessons/new", name)
    assert answer.status_code == 422
    assert "已逐处核对" in answer.text
    assert await value("select count(*) from training_lesson") == 0
    await publish(client, {**name, "checked": "true"})
    await publish(client, CASE)
    assert [each.payload["kind"] for each in await facts.only("training.lesson_published")] == [
        "案例",
        "案例",
    ]


async def test_a_lesson_taken_down_keeps_what_was_studied(
    client: Browser, as_bureau: As, as_reader: As
) -> None:
    await as_bureau()
    lesson = await publish(client)
    await as_reader("handler", "乌兰图雅")
    await client.post(f"/training/lessons/{lesson}/done")
    await as_bureau()
    wrong = await client.post(f"/training/lessons/{lesson}/withdraw", {"reason": ""})
    assert wrong.status_code == 422
    await client.post(f"/training/lessons/{lesson}/withdraw", {"reason": "法律改了"})
    await as_reader("handler", "乌兰图雅")
    assert "法律改了" in (await client.get(f"/training/lessons/{lesson}")).text
    assert "现场照片" not in (await client.get("/training/lessons")).text
    assert await value("select count(*) from training_study where done_at is not null") == 1


# --- videos --------------------------------------------------------------------------------------


@pytest.mark.req("C8-03")
async def test_the_watched_share_is_counted_honestly(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    lesson = await publish(client, files={"files": ("示范.mp4", io.BytesIO(MP4), "video/mp4")})
    material = int(await value("select id from training_material"))
    await as_reader("handler", "乌兰图雅")
    page = (await client.get(f"/training/lessons/{lesson}")).text
    assert 'preload="none"' in page
    assert "点开才下载" in page

    async def watch(*ranges: tuple[int, int]) -> int:
        answer = await client.post(
            f"/training/materials/{material}/watched",
            {"ranges": json.dumps(ranges), "length": "60"},
        )
        assert answer.status_code == 200, answer.text
        return int(answer.json()["share"])

    assert await watch() == 0
    assert await watch((0, 60)) == 0, "no time has passed"
    clock(START + timedelta(seconds=10))
    assert await watch((0, 60)) == 41, "ten seconds hold twenty-five at most"
    refused = await client.post(f"/training/lessons/{lesson}/done")
    assert refused.status_code == 409
    assert "90%" in refused.text
    clock(START + timedelta(seconds=40))
    assert await watch((0, 60)) == 100
    assert await watch((0, 1)) == 100, "never less than before"
    assert (await client.post(f"/training/lessons/{lesson}/done")).status_code == 303
    for bad in ("[[1]]", "{}", "nonsense", '[["a", 2]]'):
        answer = await client.post(
            f"/training/materials/{material}/watched", {"ranges": bad, "length": "60"}
        )
        assert answer.status_code == 422, bad
    await as_reader("supervisor", "白音")
    answer = await client.post(f"/training/materials/{material}/watched", {"ranges": "[]"})
    assert answer.status_code == 404


@pytest.mark.req("C8-03")
async def test_a_film_is_as_long_as_its_file_says_whatever_a_telephone_claims(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(START)
    await as_bureau()
    lesson = await publish(client, files={"files": ("示范.mp4", io.BytesIO(MP4), "video/mp4")})
    watched = f"/training/materials/{await value('select id from training_material')}/watched"
    await as_reader("handler", "乌兰图雅")
    for moment, length in ((0, "1"), (4, "1"), (8, "3600")):
        clock(START + timedelta(seconds=moment))
        answer = await client.post(watched, {"ranges": "[[0, 1]]", "length": length})
        assert answer.json()["share"] <= 1, length
    assert await value("select seconds from training_material") == 60
    refused = await client.post(f"/training/lessons/{lesson}/done")
    assert refused.status_code == 409


# --- alarms --------------------------------------------------------------------------------------


async def hear(heard: str, number: int, place: Place, **told: Any) -> None:
    """A fact of the inspection engine arrives, as its worker brings it."""
    payload = {"alarm": number, "case": 1, "colour": "red", "point_title": "现场照片", **told}
    fact = Fact(number, heard, SubjectRef("inspection.alarm", number), payload, place, 0, NOW, NOW)
    handle = reactions.note_alarm if heard.endswith("raised") else reactions.forget_alarm
    async with transaction(Scope.of_place(place)):
        await handle(fact)


async def alarm(number: int, person: int, place: Place, kind: str = "evidence") -> None:
    await hear("inspection.alarm_raised", number, place, handlers=[person], kind=kind)


@pytest.mark.req("C8-12")
def test_alarms_are_heard_whoever_raises_them(registry: Any) -> None:
    for kind in ("inspection.alarm_raised", "inspection.alarm_revoked"):
        heard = [registry.plugin_of(each) for each in registry.fact_handlers(kind)]
        assert "training" in heard


@pytest.mark.req("C8-12")
async def test_the_third_alarm_of_a_kind_suggests_its_lesson_once(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, agencies: Any, region_tree: Any
) -> None:
    await as_bureau()
    lesson = await publish(client)
    who = await as_reader("handler", "乌兰图雅")
    place = Place(region_tree.county.lo, agencies.agency.lo)
    for number in (1, 2):
        await alarm(number, who.person_id, place)
        await alarm(number + 10, who.person_id, place, "time_limit")
    assert await value("select count(*) from training_study where suggested_at is not null") == 0
    await alarm(3, who.person_id, place)
    await alarm(4, who.person_id, place)
    (suggested,) = await facts.only("training.lesson_suggested")
    assert suggested.payload["alarms"] == 3
    told = await rows("select person from core_message where kind = 'training.suggested'")
    assert [each["person"] for each in told] == [who.person_id]
    await as_reader("handler", "乌兰图雅")
    assert "现场照片怎样固定" in (await client.get("/training/suggested")).text
    assert "建议你学这一份" in (await client.get(f"/training/lessons/{lesson}")).text
    await client.post(f"/training/lessons/{lesson}/decline", {"reason": "刚学过"})
    assert len(await facts.only("training.lesson_declined")) == 1
    await alarm(5, who.person_id, place)
    assert len(await facts.only("training.lesson_suggested")) == 1, "asked once, never again"
    await as_reader("handler", "别人")
    assert "现场照片怎样固定" not in (await client.get("/training/suggested")).text
    await as_bureau()
    page = (await client.get(f"/training/lessons/{lesson}")).text
    assert "因报警建议 1 人" in page
    assert "其中不学 1 人" in page
    assert "乌兰图雅" not in page


@pytest.mark.req("C8-12")
async def test_revoked_alarms_count_for_nothing_and_later_lessons_are_offered_too(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, agencies: Any, region_tree: Any
) -> None:
    who = await as_reader("handler", "乌兰图雅")
    place = Place(region_tree.county.lo, agencies.agency.lo)
    for number in (1, 2, 3):
        await alarm(number, who.person_id, place)
    await hear("inspection.alarm_revoked", 1, place)
    bureau = await as_bureau()
    await publish(client)
    scope = Scope(bureau.scope.region, bureau.scope.organisation)
    async with transaction(scope):
        await reminding.suggest_all(scope)
    assert await facts.only("training.lesson_suggested") == []
    await alarm(4, who.person_id, place)
    assert len(await facts.only("training.lesson_suggested")) == 1
    async with transaction(scope):
        await reminding.suggest_all(scope)
    assert len(await facts.only("training.lesson_suggested")) == 1


async def test_an_alarm_told_twice_counts_once(
    as_reader: As, agencies: Any, region_tree: Any, bureaus: None
) -> None:
    who = await as_reader("handler", "乌兰图雅")
    place = Place(region_tree.county.lo, agencies.agency.lo)
    await alarm(7, who.person_id, place)
    await alarm(7, who.person_id, place)
    found = await row("select count(*) as times from training_alarm")
    assert found == {"times": 1}


GUIDANCE = {
    "guidance": 7,
    "kind": "warn",
    "title": "送达没有回证的处罚案",
    "story": "某执法单位查处某商行，决定书当场交付，卷内没有送达回证。",
    "findings": "没有回证，送达的日期无从证明。",
    "advice": "一律使用送达回证，装订在决定书后面。",
    "organ": "磴口县司法局",
    "path": "/reviews/public/7",
}


@pytest.mark.req("C8-13", "C10-13")
async def test_published_guidance_is_drafted_and_taken_back(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, agencies: Any, region_tree: Any
) -> None:
    place = Place(region_tree.county.lo, agencies.bureau.lo)

    async def told(kind: str, /, **payload: Any) -> None:
        fact = Fact(0, kind, SubjectRef("reviews.guidance", 7), payload, place, 0, NOW, NOW)
        handle = {
            "reviews.guidance_published": reactions.note_guidance,
            "reviews.guidance_withdrawn": reactions.forget_guidance,
        }[kind]
        async with transaction(Scope.platform("delivery")):
            await handle(fact)

    await as_bureau()
    for _ in range(2):
        await told("reviews.guidance_published", **GUIDANCE)
    (draft,) = await rows("select * from training_lesson")
    assert (draft["kind"], draft["state"], draft["organ"]) == ("case", "draft", agencies.bureau.id)
    turns = "select count(*) from core_turn where subject_kind = 'training.lesson'"
    assert await value(f"{turns} and closed_at is null") == 1
    assert "由案例指导起草" in (await client.get("/training/lessons/desk")).text
    page = await client.get(f"/training/lessons/{draft['id']}/edit")
    assert "还没有发布" in page.text
    # Nobody else sees it before the office publishes it.
    await as_reader("handler", "乌兰图雅")
    assert (await client.get(f"/training/lessons/{draft['id']}")).status_code == 404
    await as_bureau()
    form = {**CASE, "title": GUIDANCE["title"], "body": draft["body"], "body_rich": "true"}
    sent = await client.post(
        f"/training/lessons/{draft['id']}/edit",
        {**form, "version": str(draft["version"]), "checked": "true"},
    )
    assert sent.status_code == 303, sent.text
    assert await value(f"{turns} and closed_at is null") == 0
    assert "装订在决定书后面" in (await client.get(f"/training/lessons/{draft['id']}")).text
    # Withdrawn guidance leaves the shelf; published again, it is drafted anew and may go again.
    for _ in range(2):
        await told("reviews.guidance_withdrawn", guidance=7, title="案", words="当事人认得出")
    (gone,) = await facts.only("training.lesson_withdrawn")
    assert "当事人认得出" in gone.payload["reason"]
    await told("reviews.guidance_published", **GUIDANCE)
    assert [
        each["state"] for each in await rows("select state from training_lesson order by id")
    ] == [
        "withdrawn",
        "draft",
    ]
    await told("reviews.guidance_withdrawn", guidance=7, title="案", words="再看")
    assert await value("select count(*) from training_lesson") == 1
    assert await value(f"{turns} and closed_at is null") == 0


def test_guidance_becomes_a_text_with_its_source() -> None:
    title, text = from_guidance(GUIDANCE)
    assert title == GUIDANCE["title"]
    assert text.startswith("这是一个警示案例。")
    assert text.endswith("来源：磴口县司法局案例指导。")
    assert from_guidance({**GUIDANCE, "kind": "model", "organ": ""})[1].startswith("这是一个示范")
    assert leaks(text) == []
