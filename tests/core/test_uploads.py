# SPDX-License-Identifier: Apache-2.0
"""Files that arrive in pieces, and the forms they belong to."""

import asyncio
import hashlib
import io
import itertools
from datetime import timedelta
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta
from PIL import Image

from core import clock as time
from core import db as database
from core.api.access import public, requires, visitor_or_none
from core.api.files import FORM_WITH_FILES, attachments, keep, waiting_uploads
from core.api.plugin import Manifest, hookimpl
from core.api.testing import browsing, sign_in_as
from core.api.web import Request, Response, bind, post, redirect
from core.db import Place, Scope, transaction
from core.errors import Conflict, Invalid, NotFound, TooLarge
from core.storage import uploads
from core.web import tickets
from core.web.state import current, held

MINE = uploads.holder_of(7)
TUS = "application/offset+octet-stream"


def photo(width: int = 60) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (width, 40), "green")
    exif = Image.Exif()
    exif[0x010F] = "the maker"
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


class EntryForm(msgspec.Struct):
    text: Annotated[str, Meta(title="内容", min_length=1, extra={"message": "请填写内容。"})] = ""


async def enter(request: Request) -> Response:
    form = await bind(request, EntryForm)
    place = Place(0)
    media = []
    try:
        media = await attachments(
            request, "media", place=place, purpose="visits.photo", kinds=("photo",), max_files=3
        )
    except Invalid as error:
        form.errors.update(error.errors)
    if not form.ok:
        waiting = await waiting_uploads(request, "media")
        return Response(
            {"errors": form.errors, "waiting": [[each.id, each.name] for each in waiting]},
            status_code=422,
            media_type="application/json",
        )
    async with transaction(Scope.platform("a test")):
        for each in media:
            await keep(each, place=place, purpose="visits.photo")
    return redirect(request, "/visits/done")


class Visits:
    MANIFEST = Manifest(name="visits", title="走访", version="1")

    @hookimpl
    def route_handlers(self):
        more = {"status_code": 200, "request_max_body_size": FORM_WITH_FILES}

        @post("/", guards=[requires()], **more)
        async def own(request: Request) -> Response:
            return await enter(request)

        @post("/public", opt=public("a test"), **more)
        async def anybody(request: Request) -> Response:
            assert visitor_or_none(request) is None
            return await enter(request)

        @post("/ticket", opt=public("a test"), status_code=200)
        async def ticket(request: Request) -> Response:
            token = current.set(held(request))
            try:
                return Response(tickets.upload_ticket(), media_type="text/plain")
            finally:
                current.reset(token)

        return [own, anybody, ticket]


@pytest.fixture
async def browser(db, plugin_app, agencies, files):
    async with browsing(plugin_app(Visits())) as opened:
        await sign_in_as(opened, "handler", organisation=agencies.agency)
        yield opened


def held_by(browser) -> dict[str, str]:
    return {"X-CSRF-Token": browser.visitor.csrf}


async def announce(browser, size, name="照片.jpg", kind="photo", headers=None):
    return await browser.http.post(
        "/uploads",
        json={"name": name, "size": size, "kind": kind, "purpose": "visits.photo"},
        headers=headers or held_by(browser),
    )


async def send(browser, url, offset, piece, headers=None):
    return await browser.http.patch(
        url,
        content=piece,
        headers={
            "Upload-Offset": str(offset),
            "Content-Type": TUS,
            **(headers or held_by(browser)),
        },
    )


async def send_all(browser, content, headers=None, **more):
    begun = await announce(browser, len(content), headers=headers, **more)
    assert begun.status_code == 201, begun.text
    done = await send(browser, begun.json()["url"], 0, content, headers)
    assert done.status_code == 204, done.text
    return begun.json()["id"]


def kept():
    return database.rows("select name, size, sha256, copy_path from core_file order by id")


async def test_a_file_in_three_pieces_becomes_an_attachment(browser):
    content = photo(900)
    begun = await announce(browser, len(content))
    assert begun.status_code == 201
    url = begun.headers["location"]
    assert url == begun.json()["url"]
    cuts = [0, 100, len(content) // 2, len(content)]
    for at, end in itertools.pairwise(cuts):
        where = await browser.http.head(url, headers=held_by(browser))
        assert where.headers["upload-offset"] == str(at)
        answer = await send(browser, url, at, content[at:end])
        assert answer.status_code == 204
        assert answer.headers["upload-offset"] == str(end)
    assert (await browser.http.head(url)).headers["upload-complete"] == "1"
    form = {"text": "看到了", "media__uploads": begun.json()["id"]}
    assert (await browser.post("/visits/", form)).status_code == 303
    (file,) = await kept()
    assert bytes(file["sha256"]) == hashlib.sha256(content).digest()
    assert file["copy_path"]
    assert await database.value("select count(*) from core_upload") == 0, "used up"
    again = await browser.post("/visits/", form)
    assert again.status_code == 422
    assert len(await kept()) == 1


async def test_what_came_before_the_line_broke_is_kept(files, db):
    content = photo(900)

    async def broken():
        yield content[:200]
        raise ConnectionError

    begun = await uploads.begin(MINE, "照片.jpg", len(content), ["photo"], "", 0)
    with pytest.raises(ConnectionError):
        await uploads.add(begun, MINE, 0, broken(), 0)
    found = await uploads.find(begun.key, MINE)
    assert found.received == 200
    done = await uploads.add(found, MINE, 200, stream(content[200:]), 0)
    assert done.complete
    assert done.taken().sha256 == hashlib.sha256(content).digest()


async def stream(content, step=997):
    for at in range(0, len(content), step):
        yield content[at : at + step]


async def test_two_with_the_same_piece(files, db):
    content = photo()
    begun = await uploads.begin(MINE, "照片.jpg", len(content), ["photo"], "", 0)
    await uploads.add(begun, MINE, 0, stream(content[:300]), 0)
    with pytest.raises(Conflict):
        await uploads.add(begun, MINE, 0, stream(content[:300]), 0)
    with pytest.raises(Conflict):
        await uploads.add(await uploads.find(begun.key, MINE), MINE, 50, stream(b"x"), 0)
    assert (await uploads.find(begun.key, MINE)).received == 300


async def test_more_than_was_announced_is_refused(files, db):
    begun = await uploads.begin(MINE, "照片.jpg", 10, ["photo"], "", 0)
    with pytest.raises(TooLarge):
        await uploads.add(begun, MINE, 0, stream(bytes(11)), 0)


@pytest.mark.parametrize(
    ("content", "name", "kind", "status", "says"),
    [
        (b"", "录音.wav", "audio", 422, "空文件"),
        (b"GIF89a/*" + bytes(100), "照片.gif", "photo", 422, "不是完好的图片"),
        (b"<html><script>alert(1)</script>", "照片.jpg", "photo", 422, "不是可以上传的文件类型"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG.HEIC", "photo", 422, "兼容性最佳"),
        (photo(), "照片.jpg", "video", 422, "是照片，这里请上传录像"),
        (photo(), "照片.jpg", "", 422, "没有说明"),
    ],
)
async def test_bad_files_are_refused_in_words(browser, content, name, kind, status, says):
    begun = await announce(browser, len(content), name=name, kind=kind)
    answer = begun
    if begun.status_code == 201:
        answer = await send(browser, begun.json()["url"], 0, content)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert await database.value("select count(*) from core_upload where result <> ''") == 0


async def test_too_large_is_said_before_a_byte_is_sent(browser):
    answer = await announce(browser, 21 << 20)
    assert answer.status_code == 413
    assert "20 MB" in answer.json()["error"]


@pytest.mark.parametrize(
    "sent",
    [
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"json": {"name": 1}},
        {"json": {"name": "a.jpg", "size": 10**30, "kind": "photo"}},
        {"json": {"name": "a.jpg", "size": -1, "kind": "photo"}},
        {"data": {"name": "a.jpg", "size": "²", "kind": "photo"}},
        {"content": b"\xff\xfe"},
    ],
    ids=range(6),
)
async def test_nonsense_is_no_fault_of_the_server(browser, sent):
    headers = {**held_by(browser), **sent.pop("headers", {})}
    answer = await browser.http.post("/uploads", headers=headers, **sent)
    assert answer.status_code in (413, 422), answer.text


async def test_nobody_goes_on_with_somebody_elses_upload(browser, agencies):
    begun = (await announce(browser, 500)).json()
    key = await send_all(browser, photo())
    await sign_in_as(browser, "handler", organisation=agencies.other_agency)
    assert (await send(browser, begun["url"], 0, b"x" * 500)).status_code == 404
    assert (await browser.http.head(begun["url"])).status_code == 404
    answer = await browser.post("/visits/", {"text": "一", "media__uploads": key})
    assert answer.status_code == 422
    assert await kept() == []


async def test_a_form_token_is_needed(browser):
    wrong = {"X-CSRF-Token": "wrong"}
    assert (await announce(browser, 10, headers=wrong)).status_code == 403
    begun = (await announce(browser, 500)).json()
    assert (await send(browser, begun["url"], 0, b"x", headers=wrong)).status_code == 403
    assert (await browser.http.delete(begun["url"])).status_code == 403
    assert (await browser.http.delete(begun["url"], headers=held_by(browser))).status_code == 204
    assert (await browser.http.head(begun["url"])).status_code == 404


async def test_without_an_account_a_ticket_does(browser):
    browser.forget()
    assert (await announce(browser, 10, headers={"X": "y"})).status_code == 401
    ticket = (await browser.post("/visits/ticket")).text
    forged = ticket[:-2] + ("aa" if ticket[-2:] != "aa" else "bb")
    for bad in (forged, "x", "." * 300):
        assert (await announce(browser, 10, headers={"X-Upload-Ticket": bad})).status_code == 401
    mine = {"X-Upload-Ticket": ticket}
    key = await send_all(browser, photo(), headers=mine)
    other = (await browser.post("/visits/ticket")).text
    form = {"text": "一", "media__uploads": key}
    refused = await browser.post("/visits/public", {**form, "upload_ticket": other})
    assert refused.status_code == 422
    done = await browser.post("/visits/public", {**form, "upload_ticket": ticket})
    assert done.status_code == 303
    assert len(await kept()) == 1


async def test_plain_files_need_no_script_and_survive_a_refused_form(browser):
    chosen = [("media", ("一.jpg", photo(), "image/jpeg"))]
    answer = await browser.post("/visits/", {"text": ""}, files=chosen)
    assert answer.status_code == 422
    ((key, name),) = answer.json()["waiting"]
    assert name == "一.jpg"
    assert await kept() == []
    again = await browser.post("/visits/", {"text": "好了", "media__uploads": key})
    assert again.status_code == 303
    assert len(await kept()) == 1


async def test_one_bad_file_among_good_ones(browser):
    chosen = [
        ("media", ("一.jpg", photo(), "image/jpeg")),
        ("media", ("二.jpg", b"MZ" + bytes(90), "image/jpeg")),
    ]
    answer = await browser.post("/visits/", {"text": "好"}, files=chosen)
    assert "二.jpg" in answer.json()["errors"]["media"]
    assert [name for _, name in answer.json()["waiting"]] == ["一.jpg"]


async def test_no_more_files_than_the_page_takes(browser):
    chosen = [("media", (f"{n}.jpg", photo(), "image/jpeg")) for n in range(4)]
    answer = await browser.post("/visits/", {"text": "好"}, files=chosen)
    assert "最多 3 个" in answer.json()["errors"]["media"]


async def test_the_row_names_nobody(browser):
    who = browser.visitor
    await send_all(browser, photo())
    row = await database.row("select * from core_upload")
    assert len(row["holder"]) == 32
    assert str(who.login) not in str(row)


async def test_old_uploads_are_forgotten(files, db):
    content = photo()
    begun = await uploads.begin(MINE, "照片.jpg", len(content), ["photo"], "", 0)
    done = await uploads.add(begun, MINE, 0, stream(content), 0)
    with time.frozen(time.now() + timedelta(hours=21)):
        with pytest.raises(NotFound):
            await uploads.find(done.key, MINE)
        assert await uploads.several([done.key], MINE) == []
    async with transaction(Scope.platform("test")):
        assert await uploads.sweep() == 0
        assert await uploads.sweep(now=time.now() + timedelta(days=2)) == 1


async def test_many_waiting_files_are_too_many(files, db, monkeypatch):
    monkeypatch.setattr(uploads, "OPEN_AT_ONCE", 3)
    for _ in range(3):
        await uploads.begin(MINE, "照片.jpg", 9, ["photo"], "", 0)
    with pytest.raises(Exception, match="太多文件"):
        await uploads.begin(MINE, "照片.jpg", 9, ["photo"], "", 0)


async def test_a_region_may_lower_the_limits(db, region_tree):
    limits = await uploads.limits_of(region_tree.county.lo, {"photo": 5})
    assert limits.megabytes["photo"] == 5
    assert limits.megabytes["video"] == 300
    assert limits.minutes == {"audio": 10, "video": 10}


async def test_twenty_at_once_in_little_memory(files, fresh_db):
    """Pieces pass through files; what twenty senders hold in memory does not add up."""
    import resource

    size = 8 << 20

    async def one(number):
        begun = await uploads.begin(
            uploads.holder_of(number + 100), "录像.mp4", size, ["video"], "", 0
        )

        async def content():
            yield b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
            left = size - 24
            while left:
                piece = bytes(min(left, 1 << 18))
                left -= len(piece)
                yield piece
                await asyncio.sleep(0)

        return await uploads.add(begun, uploads.holder_of(number + 100), 0, content(), 0)

    await one(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = await asyncio.gather(*(one(number) for number in range(1, 21)))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert all(each.complete for each in done)
    assert grown < 64 * 1024, f"{grown} KB"
