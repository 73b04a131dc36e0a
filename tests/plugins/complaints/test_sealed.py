# SPDX-License-Identifier: Apache-2.0
"""Under seal: neither the database, nor the files, nor the log lead to the reporter."""

import logging
from pathlib import Path
from typing import Any

import pytest

from core.api import custody
from core.api.db import rows, transaction
from core.api.errors import Invalid
from core.api.people import encrypt, enter_person, lookup_hash
from core.custody import rules as sealing
from core.custody import services as custodians
from plugins.complaints import queries, services
from plugins.complaints.services.reporters import aliases_of
from tests.plugins.complaints.conftest import OFFICE, photo, received, state_of

WORDS = ("草原上的风很大很大的", "黄河九曲十八弯的水呀", "阴山脚下的一群骆驼走")
SECRETS = ("乌云娜", "13722233344", "150801198811207478", "wuyunna9", "Wuyunna")


@pytest.fixture
async def keepers(matter, monkeypatch) -> list[int]:
    """Three custodians of the county."""
    monkeypatch.setattr(sealing, "ARGON_MEMORY_KIB", 64)
    monkeypatch.setattr(sealing, "ARGON_PASSES", 1)
    monkeypatch.setattr(sealing, "MIN_PASSPHRASE", 8)
    persons = []
    for n, words in enumerate(WORDS):
        async with transaction(OFFICE):
            one = await enter_person(f"保管{'甲乙丙'[n]}", matter.agencies.bureau.id)
            await custodians.name_custodian(
                one.id, f"保管{'甲乙丙'[n]}", matter.region_lo, by_person=0
            )
        await custodians.enrol(one.id, matter.region_lo, words, words)
        persons.append(one.id)
    return persons


async def known(matter: Any) -> None:
    """The supervisor's numbers, as registration keeps them."""
    from core.api.db import execute

    async with transaction(OFFICE):
        await execute(
            "update core_person set phone = $2, phone_hash = $3, id_number = $4,"
            " id_number_hash = $5 where id = $1",
            matter.supervisor,
            encrypt("13722233344", "person.phone"),
            lookup_hash("13722233344", "person.phone"),
            encrypt("150801198811207478", "person.id_number"),
            lookup_hash("150801198811207478", "person.id_number"),
        )


async def dump(but: tuple[str, ...] = ()) -> dict[str, str]:
    """Every row of every table as text, but of the tables that know persons in any case."""
    async with transaction(OFFICE):
        tables = await rows(
            "select tablename from pg_tables where schemaname = 'public' order by tablename"
        )
        found = {}
        for each in tables:
            name = each["tablename"]
            if name in but:
                continue
            try:
                async with transaction():
                    found[name] = "\n".join(
                        r["line"] for r in await rows(f'select t::text as line from "{name}" t')
                    )
            except Exception:  # noqa: BLE001 - a table this role may not read at all
                found[name] = ""
        return found


PERSONS = ("core_person", "core_user", "core_session")


@pytest.mark.req("C1-11", "S3-22", "B41-1")
async def test_no_row_no_file_and_no_line_leads_to_the_reporter(
    matter, keepers, files, caplog, facts
):
    assert keepers
    await known(matter)
    media = [await received("乌云娜拍的.jpg", photo())]
    caplog.clear()
    caplog.set_level(logging.DEBUG, logger="jiandu")
    complaint = await matter.filed(
        sealed=True,
        once="k" * 24,
        account="我叫乌云娜，电话13722233344，检查时只来了一个人，没有出示证件。",
        media=media,
    )
    it = await state_of(complaint)
    assert it["envelope"]
    assert (it["reporter"], it["reporter_name"], it["contact"]) == (0, "", None)

    # What the reporter wrote himself stays in the bureau's original; everything else is silent.
    own_words = it["account"]
    for table, text in (await dump(PERSONS)).items():
        shown = text.replace(own_words, "").replace(own_words.encode().hex(), "")
        for secret in SECRETS:
            assert secret not in shown, (table, secret)
            assert secret.encode().hex() not in shown, (table, secret)
    # Nor does any row carry his number together with this complaint.
    async with transaction(OFFICE):
        recorded = await rows(
            "select kind, actor, payload::text as payload from core_fact"
            " where subject_kind = 'complaints.complaint' and subject_id = $1",
            complaint,
        )
        owners = await rows("select actor from core_file")
        turns = await rows("select closed_by, person from core_turn")
        told = await rows("select person from core_message where person = $1", matter.supervisor)
    assert {each["actor"] for each in recorded} == {0}
    assert all('"by":"sealed:' in each["payload"].replace(" ", "") for each in recorded)
    assert {each["actor"] for each in owners} == {0}
    assert {(each["closed_by"], each["person"]) for each in turns} == {(0, 0)}
    assert told == []
    [fact] = await facts.only("complaints.filed")
    assert fact.payload["by"].startswith("sealed:")

    # The log of the act.
    for secret in (*SECRETS, "4711"):
        assert secret not in caplog.text

    # The files: names are ours; the clean copy says nothing of the telephone.
    async with transaction(OFFICE):
        [kept] = await rows("select name, copy_path from core_file")
    assert kept["name"] == "附件1.jpg"
    copy = _content(files.folder, kept["copy_path"])
    assert b"Wuyunna" not in copy


def _content(folder: Path, path: str) -> bytes:
    return (folder / path).read_bytes()


@pytest.mark.req("S3-22", "C1-11")
async def test_the_alias_needs_the_servers_key(matter, keepers, monkeypatch):
    assert keepers
    await matter.filed(sealed=True)
    own = aliases_of(matter.supervisor)
    assert len(await queries.own_list(own, done=False)) == 1
    assert await queries.count_own_news(own) == 0
    from core.keys import cipher

    # With a dump alone one may try every person there is, and finds nobody.
    monkeypatch.setattr(cipher, "_master", lambda: b"\1" * 32)
    cipher.forget_keys()
    try:
        for person in range(1, 200):
            assert await queries.own_list(aliases_of(person), done=False) == []
    finally:
        monkeypatch.undo()
        cipher.forget_keys()


@pytest.mark.req("S3-22")
async def test_open_and_sealed_ones_of_one_person_do_not_meet(matter, keepers):
    assert keepers
    sealed, plain = await matter.filed(sealed=True), await matter.filed()
    assert (await state_of(sealed))["alias"] != (await state_of(plain))["alias"]
    assert len(await queries.own_list(aliases_of(matter.supervisor), done=False)) == 2


@pytest.mark.req("C1-11", "C1-12")
async def test_two_custodians_open_it(matter, keepers):
    complaint = await matter.filed(sealed=True)
    opening = await services.ask_identity(matter.bureau, complaint, "须向本人核实时间地点")
    assert not (await custody.agree(opening, keepers[0], WORDS[0])).opened
    done = await custody.agree(opening, keepers[2], WORDS[2])
    assert done.secret is not None
    assert done.secret["name"] == "乌云娜"


@pytest.mark.req("C1-12")
async def test_without_custodians_nothing_is_kept_and_asking_shows_nothing(matter):
    complaint = await matter.filed(sealed=True)
    it = await state_of(complaint)
    assert it["envelope"] == 0
    assert "没有保存" in it["route"][-1]
    # The reporter still finds it.
    assert len(await queries.own_list(aliases_of(matter.supervisor), done=False)) == 1
    assert await services.ask_identity(matter.bureau, complaint, "须向本人核实时间地点")


@pytest.mark.req("C1-16", "S3-22")
async def test_the_check_knows_the_name_without_knowing_it(matter, keepers):
    assert keepers
    await known(matter)
    complaint = await matter.filed(sealed=True, account="乌云娜当时在场，看见只来了一个人。")
    it = await state_of(complaint)
    assert "乌云娜" not in str(it["marks"])
    async with transaction(matter.bureau.scope):
        draft = await services.draft_copy(it)
    assert "乌云娜" not in draft.text
    for text in ("乌云娜当时在场，只来一个人。", "请打13722233344问，只来一个人。"):
        with pytest.raises(Invalid, match="认出"):
            await services.push(matter.bureau, complaint, text, checked=True)


@pytest.mark.req("C1-16", "C1-09", "S3-22")
async def test_nothing_the_body_reads_names_the_reporter(matter, keepers, messages):
    """Not the demand beside the copy, nor the reason of an extension or a pause."""
    assert keepers
    await known(matter)
    complaint = await matter.filed(sealed=True)
    clean, told = "检查时只来了一个人。", "请先找乌云娜核实时间。"
    with pytest.raises(Invalid, match="认出") as refused:
        await services.push(matter.bureau, complaint, clean, demand=told, checked=True)
    assert "demand" in refused.value.errors
    await services.push(matter.bureau, complaint, clean, demand="请附检查记录。", checked=True)
    for act in (
        services.extend(matter.bureau, complaint, 10, told, "赵建国"),
        services.pause(matter.bureau, complaint, told, "赵建国"),
    ):
        with pytest.raises(Invalid, match="认出") as refused:
            await act
        assert "reason" in refused.value.errors
    await services.extend(matter.bureau, complaint, 10, "检查记录还在调取。", "赵建国")
    async with transaction(OFFICE):
        sent = await rows("select text from core_message")
    assert "乌云娜" not in str(sent)


@pytest.mark.req("C1-04", "C1-16")
async def test_the_copys_photo_has_no_camera_data(matter, keepers, files):
    assert keepers
    complaint = await matter.filed(sealed=True, media=[await received()])
    async with transaction(matter.bureau.scope):
        [media] = await queries.media_of(complaint)
    with pytest.raises(Invalid, match="逐个看过"):
        await services.push(matter.bureau, complaint, "只来了一个人检查。", chosen=[media["id"]])
    copy = await services.push(
        matter.bureau, complaint, "只来了一个人检查。", chosen=[media["id"]], looked=True
    )
    async with transaction(matter.body.scope):
        [given] = await queries.media_of_copy(copy, answer=False)
        [kept] = await rows("select name, path from core_file")
    assert given["file"] != media["file"]
    assert kept["name"] == "附件1.jpg"
    content = _content(files.folder, kept["path"])
    assert b"Exif" not in content
    assert b"Wuyunna" not in content


@pytest.mark.req("C1-11")
async def test_the_public_may_seal_too(matter, keepers):
    assert keepers
    filed = await matter.public("王大锤", "13911112222", sealed=True)
    it = await state_of(filed.id)
    assert (it["contact"], it["reporter_name"]) == (None, "")
    opened = await matter.public("王大锤", "13911112222")
    kept = await state_of(opened.id)
    assert services.contact_of(kept["contact"]) == {"name": "王大锤", "phone": "13911112222"}
    assert b"13911112222" not in bytes(kept["contact"])


@pytest.mark.req("S3-22")
async def test_no_message_goes_to_a_sealed_reporter(matter, keepers):
    assert keepers
    complaint = await matter.filed(sealed=True)
    await services.reject(matter.bureau, complaint, "outside", "不属于执法监督。")
    async with transaction(OFFICE):
        assert await rows("select 1 from core_message where person = $1", matter.supervisor) == []
    # The news is seen by whoever holds the key: the reporter, signed in.
    assert await queries.count_own_news(aliases_of(matter.supervisor)) == 1
