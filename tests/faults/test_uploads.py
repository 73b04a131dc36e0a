# SPDX-License-Identifier: Apache-2.0
"""Uploads and texts nobody plans for, sent to the real web process over the real socket."""

import asyncio
import io
import re
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from tests.faults.running import Person, Platform

MB = 1024 * 1024
BOUNDARY = "----jiandu-faults"
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
WORDS = re.compile(r"<[^>]+>|\s+")


class Desk:
    """A case at the step that wants photographs and the recorder's video."""

    def __init__(self, platform: Platform, officer: Person, case: int, visit: int) -> None:
        self.platform, self.officer, self.case, self.visit = platform, officer, case, visit

    def path(self, control: str) -> str:
        return f"/cases/{self.case}/visits/{self.visit}/evidence/{control}"

    async def files(self) -> int:
        return int(await self.platform.value("select count(*) from core_file"))

    def stored(self) -> int:
        return sum(1 for each in (self.platform.data / "files").rglob("*") if each.is_file())

    async def upload(self, control: str, name: str, content: bytes) -> tuple[int, str]:
        """Status and words of the answer."""
        answer = await self.officer.http.post(
            self.path(control),
            data={"_csrf": self.officer.csrf},
            files={"file": (name, content, "image/jpeg")},
        )
        return answer.status_code, WORDS.sub(" ", answer.text)


@pytest.fixture(scope="module")
async def desk(platform: Platform) -> AsyncIterator[Desk]:
    statuses: Counter[int] = Counter()
    officer = await Person(platform, statuses).sign_in("zhanghailong")
    second = await platform.value("select person from core_user where login = 'siqingaowa'")
    item = await platform.value(
        "select v.id from cases_item_version v join core_organisation o on o.lo = v.org_lo"
        " where v.current and v.title = '食品经营监督检查' and o.name like '磴口县市场%'"
    )
    case = await officer.open(item, "录像")
    visit = await officer.visit(case)
    form = {
        "_csrf": officer.csrf,
        "version": "0",
        "act": "submit",
        "v-source": "年度计划",
        "v-scope": "全部",
        "next_lead": str(officer.id),
        "next_officers": [str(officer.id), str(second)],
    }
    answer = await officer.ask("POST", f"/cases/{case}/steps/{visit}", form)
    assert answer.status_code == 303, WORDS.sub(" ", answer.text)[-1500:]
    yield Desk(platform, officer, case, await officer.visit(case))
    await officer.close()


async def form_with_video(size: int, token: str) -> AsyncIterator[bytes]:
    if token:
        yield (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{token}\r\n'
        ).encode()
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="r.mp4"\r\n'
        "Content-Type: video/mp4\r\n\r\n"
    ).encode()
    yield VIDEO
    left, piece = size - len(VIDEO), bytes(256 * 1024)
    while left > 0:
        yield piece[:left]
        left -= len(piece)
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


async def test_a_video_of_300_mb_passes_through_little_memory(desk: Desk) -> None:
    officer, platform = desk.officer, desk.platform
    before = platform.memory("core.serve.web")
    highest = before

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, platform.memory("core.serve.web"))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        answer = await officer.http.post(
            desk.path("recorder"),
            content=form_with_video(300 * MB, officer.csrf),
            headers=HEADERS,
            timeout=150,
        )
    finally:
        watching.cancel()
    assert answer.status_code == 303, WORDS.sub(" ", answer.text)[-800:]
    assert highest - before < 64 * MB, f"{(highest - before) / MB:.0f} MB"
    kept = await platform.rows(
        "select size, kind from cases_evidence where case_id = $1", desk.case
    )
    assert [(each["size"], each["kind"]) for each in kept] == [(300 * MB, "video")]


async def test_an_upload_without_its_token_is_refused_and_not_stored(desk: Desk) -> None:
    files, stored = await desk.files(), desk.stored()
    answer = await desk.officer.http.post(
        desk.path("recorder"), content=form_with_video(20 * MB, ""), headers=HEADERS
    )
    assert answer.status_code == 403
    answer = await desk.officer.http.post(
        desk.path("recorder"), content=form_with_video(20 * MB, "x" * 32), headers=HEADERS
    )
    assert answer.status_code == 403
    assert (await desk.files(), desk.stored()) == (files, stored)


async def test_more_than_the_step_takes_is_refused(desk: Desk) -> None:
    files, stored = await desk.files(), desk.stored()
    answer = await desk.officer.http.post(
        desk.path("photos"), content=form_with_video(30 * MB, desk.officer.csrf), headers=HEADERS
    )
    assert answer.status_code in (413, 422)
    assert "超过 20 MB" in answer.text
    assert (await desk.files(), desk.stored()) == (files, stored)


def bomb() -> bytes:
    """A PNG of 60 000 × 60 000 pixels in a few kilobytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(7501) * 2000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.req("B41-8")
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("现场照片.jpg", b"MZ\x90\x00" + bytes(4000), "不是可以上传的文件类型"),
        ("现场照片.jpg", b"\x7fELF" + bytes(4000), "不是可以上传的文件类型"),
        ("现场照片.jpg", b"<script>alert(1)</script>" * 40, "现场照片"),
        ("现场照片.png", bomb(), "现场照片"),
        ("", b"", "请先选择文件"),
    ],
    ids=["exe", "elf", "script", "bomb", "nothing"],
)
async def test_what_is_no_photograph_is_refused_in_chinese(
    desk: Desk, name: str, content: bytes, sentence: str
) -> None:
    files, stored = await desk.files(), desk.stored()
    status, words = await desk.upload("photos", name, content)
    assert status == 422, words[-600:]
    assert sentence in words
    assert (await desk.files(), desk.stored()) == (files, stored)


async def test_a_photograph_with_a_strange_name_is_kept(desk: Desk) -> None:
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "blue").save(photo, "JPEG")
    status, words = await desk.upload("photos", "../../etc/😀\u202egpj.jpg", photo.getvalue())
    assert status == 303, words[-600:]
    name = await desk.platform.value("select name from core_file order by id desc limit 1")
    assert name == "😀gpj.jpg"


async def test_long_text_comes_back_and_emoji_are_kept(desk: Desk) -> None:
    officer = desk.officer
    path = f"/cases/{desk.case}/steps/{desk.visit}"
    version = await desk.platform.value("select version from cases_visit where id = $1", desk.visit)
    long = "经查，当事人未按规定查验。" * 800
    form = {
        "_csrf": officer.csrf,
        "version": str(version),
        "act": "submit",
        "v-visited_on": "2026-11-20",
        "v-place": "团结路",
        "v-findings": long,
        "next_lead": str(officer.id),
        "next_officers": [str(officer.id)],
    }
    assert len(long) > 10_000
    refused = await officer.http.post(path, data=form)
    assert refused.status_code == 422
    assert long in refused.text, "what was typed is still there"
    words = "😀👍🏽 𠮷野家\u0000 \u202e反"
    kept = await officer.http.post(path, data={**form, "act": "save", "v-findings": words})
    assert kept.status_code == 303
    shown = (await officer.http.get(f"/cases/{desk.case}")).text
    assert "😀👍🏽 𠮷野家" in shown


@pytest.mark.parametrize(
    "fields",
    [{f"x{n}": "1" for n in range(3000)}, {"v-findings": "字" * 1_000_000}],
    ids=["many", "large"],
)
async def test_oversized_forms_are_refused_with_a_sentence(desk: Desk, fields: object) -> None:
    answer = await desk.officer.http.post(
        f"/cases/{desk.case}/steps/{desk.visit}",
        data={"_csrf": desk.officer.csrf, **fields},  # type: ignore[dict-item]
    )
    assert answer.status_code == 413
    assert re.search("[\u4e00-\u9fff]", answer.text)
