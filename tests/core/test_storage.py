# SPDX-License-Identifier: Apache-2.0
"""Stored files: what is taken, what is refused in which words, and how they are served."""

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
from litestar import Litestar, Request, Response, get, head
from litestar.params import FromPath
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core import clock, settings
from core.api.files import readers
from core.api.plugin import Contribution, Manifest, Permission, hookimpl
from core.api.testing import switch_off
from core.db import Place, Scope, execute, transaction, value
from core.errors import Invalid, NotFound, Refused, TooLarge
from core.host.registry import build
from core.storage import inspecting, objects, routes, rules, services
from core.storage.readers import may_read
from tests import factories

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture(autouse=True)
def store_folder(tmp_path, monkeypatch):
    """Files of the test lie in its own folder."""
    from dataclasses import replace

    changed = replace(settings.load(), data=tmp_path, storage=settings.Storage())
    monkeypatch.setattr(settings, "load", lambda: changed)
    return tmp_path


def picture(size: tuple[int, int] = (60, 40), kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


def office(part: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


# --- pure rules ------------------------------------------------------------------------------


def test_names_are_cleaned() -> None:
    assert rules.clean_name("C:\\照片\\现场 .jpg") == "现场 .jpg"
    assert rules.clean_name("../../etc/passwd") == "passwd"
    assert rules.clean_name("合同\u202egpj.exe") == "合同gpj.exe"
    assert rules.clean_name("\x00..") == "未命名"
    long = rules.clean_name("长" * 300 + ".docx")
    assert len(long) == rules.NAME_LIMIT
    assert long.endswith(".docx")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=5-", (5, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes=90-500", (90, 99)),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("pieces=0-1", None),
        ("", None),
    ],
)
def test_ranges(header: str, wanted: tuple[int, int] | None) -> None:
    part = rules.read_range(header, 100)
    assert (None if part is None else (part.first, part.last)) == wanted


def test_ranges_beyond_the_end() -> None:
    for header in ("bytes=100-", "bytes=-0"):
        with pytest.raises(rules.Unsatisfiable):
            rules.read_range(header, 100)


def test_sizes_in_words() -> None:
    assert [rules.size_words(n) for n in (12, 1536, 20 * 1024 * 1024, 3 << 40)] == [
        "12 字节",
        "1.5 KB",
        "20 MB",
        "3 TB",
    ]


# --- what is taken and what is not -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("现场.jpg", picture(), "image/jpeg"),
        ("现场", picture(), "image/jpeg"),
        ("图.PNG", picture(kind="PNG"), "image/png"),
        ("图.webp", picture(kind="WEBP"), "image/webp"),
        ("文书.pdf", PDF, "application/pdf"),
        ("文书.docx", office("word/document.xml"), f"{rules.OFFICE}wordprocessingml.document"),
        ("表.xlsx", office("xl/workbook.xml"), f"{rules.OFFICE}spreadsheetml.sheet"),
        ("公文.ofd", office("OFD.xml"), "application/ofd"),
        ("说明.txt", "现场检查记录".encode(), "text/plain"),
        ("旧系统.csv", "姓名,单位".encode("gb18030"), "text/plain"),
        ("录音.mp3", b"ID3\x04\x00\x00" + bytes(64), "audio/mpeg"),
        ("录像.mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(64), "video/mp4"),
    ],
)
async def test_what_is_taken(name: str, content: bytes, media_type: str) -> None:
    received = await services.receive(content, name)
    assert received.media_type == media_type
    assert received.sha256 == hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("空.jpg", b"", "空文件"),
        ("页面.html", b"<!DOCTYPE html><script>alert(1)</script>", "不是可以上传的文件类型"),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "不是可以上传"),
        ("页面.txt", b"  <html><body>", "不是可以上传"),
        ("工具.exe", b"MZ" + bytes(200), "不是可以上传"),
        ("工具.jpg", b"\x7fELF" + bytes(200), "不是可以上传"),
        ("脚本.txt", b"#!/bin/sh\nrm -rf /", "不是可以上传"),
        ("二进制.txt", b"abc\x00def", "不是可以上传"),
        (
            "照片.heic",
            b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64),
            "兼容性最佳",
        ),
        ("合同.pdf", picture(), "扩展名 .pdf 不符"),
        ("照片.jpg", PDF, "扩展名 .jpg 不符"),
        ("宏.docx", office("word/document.xml", "word/vbaProject.bin"), "带有宏"),
        ("断.pdf", PDF[:15], "没有结尾"),
        ("断.pdf", PDF + bytes(80 << 10), "没有结尾"),
        ("坏.docx", b"PK\x03\x04" + bytes(50), "已损坏"),
        ("压缩.zip", office("a.txt"), "不是可以上传"),
        ("断.jpg", picture((500, 500))[:600], "不是完好的图片"),
        ("断.png", picture((300, 300), "PNG")[:90], "不是完好的图片"),
    ],
)
async def test_what_is_refused_and_in_which_words(name: str, content: bytes, part: str) -> None:
    with pytest.raises(Invalid) as refused:
        await services.receive(content, name, field="evidence")
    assert part in refused.value.errors["evidence"]


async def test_only_the_wanted_kinds() -> None:
    with pytest.raises(Invalid) as refused:
        await services.receive(PDF, "文书.pdf", kinds=("photo", "video"))
    assert "这里请上传照片、录像" in refused.value.errors["file"]
    assert (await services.receive(PDF, "文书.pdf", kinds=("any",))).kind == "document"


async def test_archive_that_explodes_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (65 << 20))
    assert len(out.getvalue()) < 1 << 20
    with pytest.raises(Invalid) as refused:
        await services.receive(out.getvalue(), "炸弹.docx")
    assert "解开后过大" in refused.value.errors["file"]


async def test_picture_of_absurd_size_is_refused_before_it_is_decoded(monkeypatch) -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(Invalid) as refused:
        await services.receive(out.getvalue(), "大.png")
    assert "12000×12000" in refused.value.errors["file"]
    # Pillow's own limit is an error as well: it raises from twice the number on.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(Invalid) as refused:
        await services.receive(picture((100, 100)), "大.jpg")
    assert "打不开" in refused.value.errors["file"]


async def test_copy_is_upright_small_and_carries_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: rotate when shown
    exif[0x010F] = "CameraMaker"
    gps = exif.get_ifd(0x8825)
    gps[1] = "N"
    original = picture((3000, 1500), exif=exif, comment=b"hidden words") + b"<script>x()</script>"
    received = await services.receive(original, "现场.jpg")
    copy = b"".join([p async for p in objects.pieces(received.copy_path)])
    with Image.open(io.BytesIO(copy)) as seen:
        assert seen.size == (1200, 2400)
        assert not seen.getexif()
        assert "comment" not in seen.info
    assert b"<script>" not in copy
    kept = b"".join([p async for p in objects.pieces(received.path)])
    assert kept == original  # the sealed original is untouched, camera data and all


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "P"),
        ("WEBP", "RGB"),
    ],
)
@pytest.mark.parametrize("size", [(600, 300), (6400, 3200)])
async def test_copy_shows_the_picture_the_right_way_up(
    kind: str, mode: str, size: tuple[int, int]
) -> None:
    """Dark to the left in the file, turned by a quarter: dark on top, whatever was decoded how."""
    drawn = Image.new("L", size, 255)
    drawn.paste(0, (0, 0, size[0] // 2, size[1]))
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    drawn.convert(mode).save(out, kind, exif=exif)
    received = await services.receive(out.getvalue(), f"现场.{kind.lower()}")
    copy = b"".join([p async for p in objects.pieces(received.copy_path)])
    with Image.open(io.BytesIO(copy)) as seen:
        width, height = min(size[1], 1200), min(size[0], 2400)
        assert seen.size == (width, height) == (received.width, received.height)
        grey = seen.convert("L")
        rows = [grey.getpixel((width // 2, height * part // 8)) for part in (1, 3, 5, 7)]
    assert max(rows[:2]) < 10
    assert min(rows[2:]) > 245


async def test_transparent_picture_stays_transparent_without_its_texts() -> None:
    out, info = io.BytesIO(), PngInfo()
    info.add_text("note", "secret")
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG", pnginfo=info)
    received = await services.receive(out.getvalue(), "章.png")
    copy = b"".join([p async for p in objects.pieces(received.copy_path)])
    assert received.copy_type == "image/png"
    assert b"secret" not in copy
    with Image.open(io.BytesIO(copy)) as seen:
        assert seen.mode == "RGBA"


async def test_polyglot_is_drawn_anew() -> None:
    gif = io.BytesIO()
    Image.new("P", (10, 10)).save(gif, "GIF")
    trick = gif.getvalue().replace(b"GIF87a", b"GIF89a") + b"/*<script>*/=alert(1)"
    received = await services.receive(trick, "图.gif")
    copy = b"".join([p async for p in objects.pieces(received.copy_path)])
    assert copy.startswith(b"\xff\xd8")
    assert b"alert" not in copy


async def test_large_upload_is_streamed_with_bounded_memory(store_folder) -> None:
    size = 64 * 1024 * 1024
    start = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"

    async def upload() -> AsyncIterator[bytes]:
        yield start
        for _ in range(size // 65536):
            yield bytes(65536)

    tracemalloc.start()
    received = await services.receive(upload(), "录像.mp4", kinds=("video",))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert received.size == size + len(start)
    assert peak < 8 * 1024 * 1024
    assert list((store_folder / "uploads").iterdir()) == []


async def test_too_large_stops_in_the_middle(store_folder) -> None:
    taken = 0

    async def upload() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(65536)

    with pytest.raises(TooLarge) as refused:
        await services.receive(upload(), "录像.mp4", max_bytes=1024 * 1024)
    assert "超过 1 MB" in str(refused.value)
    assert taken == 17
    assert list((store_folder / "uploads").iterdir()) == []


# --- rows, scope, space ----------------------------------------------------------------------


async def test_file_is_seen_inside_its_scope_only(region_tree) -> None:
    mine = await factories.organisation(region_tree.county)
    theirs = await factories.organisation(region_tree.county)
    content = picture()
    async with transaction(factories.scope_of(region_tree.county, mine, actor=5)):
        kept = await services.store(
            content, "现场.jpg", place=factories.place_of(mine), purpose="cases.evidence"
        )
        assert kept.sha256 == hashlib.sha256(content).hexdigest()
        assert (await services.open_(kept.id, original=True)).etag == f'"{kept.sha256}"'
        assert await services.intact(kept.id)
    assert await value("select actor from core_file where id = $1", kept.id) == 5
    for scope in (
        factories.scope_of(region_tree.county, theirs),
        Scope.public(),
        factories.scope_of(region_tree.far_county),
    ):
        async with transaction(scope):
            assert await services.files([kept.id]) == {}
            with pytest.raises(NotFound):
                await services.open_(kept.id)
    async with transaction(factories.scope_of(region_tree.county, mine)):
        await services.publish(kept.id)
    async with transaction(Scope.public()):
        assert (await services.file(kept.id)).published


async def test_nobody_rewrites_what_vouches_for_the_original(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    await services.store(PDF, "a.pdf", place=factories.place_of(body), purpose="test")
    for sql in ("update core_file set sha256 = '\\x00'", "delete from core_file"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction(Scope.platform("test")):
                await execute(sql)


async def test_changed_or_lost_content_is_noticed(region_tree, store_folder) -> None:
    body = await factories.organisation(region_tree.county)
    kept = await services.store(PDF, "a.pdf", place=factories.place_of(body), purpose="test")
    opened = await services.open_(kept.id)
    path = store_folder / "files" / opened.path
    path.write_bytes(PDF + b"x")
    assert not await services.intact(kept.id)
    path.unlink()
    assert not await services.intact(kept.id)


async def test_space_is_counted_for_the_root_organisation(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    team = await factories.organisation(region_tree.county, parent=body)
    await services.store(PDF, "a.pdf", place=factories.place_of(body), purpose="test")
    await services.store(PDF, "b.pdf", place=factories.place_of(team), purpose="test")
    use = await services.use_of(team.lo)
    assert (use.used, use.files, use.allowed) == (2 * len(PDF), 2, services.DEFAULT_ALLOWED)
    await services.allow(body.lo, 2 * len(PDF) + 1)
    with pytest.raises(Refused) as refused:
        await services.store(PDF, "c.pdf", place=factories.place_of(team), purpose="test")
    assert "存储空间已满" in str(refused.value)
    assert (await services.use_of(body.lo)).files == 2
    await services.allow(body.lo, None)
    await services.store(PDF, "c.pdf", place=factories.place_of(team), purpose="test")


async def test_objects_without_a_row_are_swept_after_a_day(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    kept = await services.store(picture(), "a.jpg", place=factories.place_of(body), purpose="t")
    lost = await services.receive(picture(), "b.jpg")
    assert await services.sweep_orphans() == 0
    assert await services.sweep_orphans(now=clock.now() + timedelta(hours=25)) == 2
    assert await services.intact(kept.id)
    with pytest.raises(FileNotFoundError):
        [p async for p in objects.pieces(lost.path)]


async def test_place_without_an_organisation(db) -> None:
    kept = await services.store(PDF, "a.pdf", place=Place(0), purpose="platform")
    assert (await services.use_of(0)).files == 1
    assert kept.url == f"/files/{kept.id}"


# --- over HTTP -------------------------------------------------------------------------------


@pytest.fixture
async def browser(db, region_tree) -> AsyncIterator[httpx.AsyncClient]:
    """``/clip``, ``/photo``, ``/text``: the answers of the real handler to any browser."""
    place = Place(region_tree.county.lo)
    clip = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 4
    opened = {
        "clip": await services.open_(
            (await services.store(clip, "录像.mp4", place=place, purpose="t")).id
        ),
        "photo": await services.open_(
            (await services.store(picture(), '现场"1.jpg', place=place, purpose="t")).id
        ),
        "text": await services.open_(
            (await services.store("记录".encode(), "a.txt", place=place, purpose="t")).id
        ),
    }

    @get("/{what:str}")
    async def show(request: Request, what: FromPath[str]) -> Response:
        return routes.answer(request, opened[what], original=False)

    @head("/{what:str}")
    async def ask(request: Request, what: FromPath[str]) -> Response[None]:
        return routes.answer(request, opened[what], original=False)

    app = Litestar([show, ask], openapi_config=None)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as client:
        client.clip = clip  # type: ignore[attr-defined]
        yield client


async def test_whole_file_and_not_modified(browser) -> None:
    whole = await browser.get("/clip")
    assert whole.status_code == 200
    assert whole.content == browser.clip
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["content-length"] == str(len(browser.clip))
    assert whole.headers["accept-ranges"] == "bytes"
    again = await browser.get("/clip", headers={"If-None-Match": whole.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_parts_for_players(browser) -> None:
    part = await browser.get("/clip", headers={"Range": "bytes=24-33"})
    assert part.status_code == 206
    assert part.content == bytes(range(10))
    assert part.headers["content-range"] == f"bytes 24-33/{len(browser.clip)}"
    beyond = await browser.get("/clip", headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(browser.clip)}"
    changed = await browser.get("/clip", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert changed.status_code == 200
    assert changed.content == browser.clip


async def test_head_says_the_same_without_content(browser) -> None:
    asked = await browser.head("/clip")
    assert asked.status_code == 200
    assert asked.headers["content-length"] == str(len(browser.clip))
    assert asked.content == b""


async def test_headers_let_nothing_run(browser) -> None:
    photo = await browser.get("/photo")
    assert photo.headers["content-type"] == "image/jpeg"
    assert "sandbox" in photo.headers["content-security-policy"]
    assert photo.headers["x-content-type-options"] == "nosniff"
    assert photo.headers["cache-control"] == "private, no-cache"
    assert photo.headers["content-disposition"].startswith('inline; filename="file.jpg"')
    text = await browser.get("/text")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["content-disposition"].startswith("attachment")


def test_pillow_is_told_its_limit() -> None:
    assert Image.MAX_IMAGE_PIXELS == inspecting.JPEG_PIXELS


async def test_route_answers_inside_the_scope_and_404_outside(client, login_as, agencies) -> None:
    mine, theirs = agencies.agency, agencies.other_agency
    kept = await services.store(
        picture(), "现场.jpg", place=factories.place_of(mine), purpose="core.test"
    )
    assert (await client.get(kept.url)).status_code in (303, 401)
    await login_as(role="handler", organisation=mine)
    shown = await client.get(kept.url)
    assert shown.status_code == 200
    assert "sandbox" in shown.headers["content-security-policy"]
    original = await client.get(f"{kept.url}/original")
    assert original.content == picture()
    assert original.headers["content-disposition"].startswith("attachment")
    assert (await client.get(f"/files/public/{kept.id}")).status_code == 404
    await login_as(role="handler", organisation=theirs)
    assert (await client.get(kept.url)).status_code == 404
    await services.publish(kept.id)
    client.forget()
    assert (await client.get(f"/files/public/{kept.id}")).status_code == 200


async def test_nobody_reads_the_files_of_an_absent_plugin(client, login_as, agencies) -> None:
    place = factories.place_of(agencies.agency)
    kept = await services.store(picture(), "证据.jpg", place=place, purpose="gone.paper")
    own = await services.store(picture(), "照片.jpg", place=place, purpose="core.test")
    await login_as("supervision_bureau", organisation=agencies.bureau)
    assert (await client.get(own.url)).status_code == 200
    for path in (kept.url, f"{kept.url}/original"):
        assert (await client.get(path)).status_code == 404


class Inventing:
    """A plugin with one purpose whose originals stay closed, and files nobody declared."""

    MANIFEST = Manifest(name="inventing", title="试验", version="0.1", summary="试验")

    @hookimpl
    def permissions(self) -> list[Permission]:
        return [Permission("inventing.read", "看", ()), Permission("inventing.other", "另", ())]

    @hookimpl
    def contributions(self) -> list[Contribution]:
        return [
            readers("inventing.photo", "inventing.read", "inventing.more"),
            readers("inventing.sealed", "inventing.read", originals=False),
            # Nobody opens the files of another plugin.
            readers("orders.reply", "inventing.read"),
        ]


@pytest.mark.parametrize(
    ("purpose", "held", "shown", "original"),
    [
        ("inventing.photo", {"inventing.read"}, True, True),
        ("inventing.photo", {"inventing.more", "cases.case.read"}, True, True),
        ("inventing.photo", {"inventing.other"}, False, False),
        ("inventing.photo", set(), False, False),
        ("inventing.sealed", {"inventing.read"}, True, False),
        ("inventing.photos", {"inventing.read"}, False, False),
        ("inventing", {"inventing.read"}, False, False),
        ("orders.reply", {"inventing.read"}, False, False),
        ("gone.paper", {"inventing.read"}, False, False),
        ("test", {"inventing.read"}, False, False),
        ("core.test", set(), True, True),
    ],
)
def test_only_those_named_for_a_purpose_open_its_files(purpose, held, shown, original) -> None:
    registry = build([Inventing()])
    on = {"core", "inventing", "orders"}
    assert may_read(registry, on, held, purpose, original=False) is shown
    assert may_read(registry, on, held, purpose, original=True) is original
    assert may_read(registry, {"core"}, held, purpose, original=False) is (purpose == "core.test")


@pytest.mark.needs("orders")
async def test_a_role_without_rights_in_the_plugin_reads_none_of_its_files(
    client, login_as, agencies, region_tree
) -> None:
    place = factories.place_of(agencies.agency)
    kept = await services.store(picture(), "证据.jpg", place=place, purpose="orders.reply")
    await login_as("supervision_bureau", organisation=agencies.bureau)
    assert (await client.get(kept.url)).status_code == 200
    who = await login_as("data_entry", organisation=agencies.agency)
    assert not [each for each in who.permissions if each.startswith("orders.")]
    for path in (kept.url, f"{kept.url}/original"):
        assert (await client.get(path)).status_code == 404
    await switch_off("orders", region_tree.county)
    await login_as("supervision_bureau", organisation=agencies.bureau)
    assert (await client.get(kept.url)).status_code == 404, "its pages are gone there as well"
