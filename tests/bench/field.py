# SPDX-License-Identifier: Apache-2.0
"""People in the field: a complaint with photographs, long uploads, a million complaints, seals.

The yardstick of filing does with the same bytes what has to be done with them and nothing else:
write the original, hash it, draw the smaller copy, write that.
"""

import asyncio
import hashlib
import io
import os
import random
import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from litestar import Litestar, Request, Response, post
from PIL import Image, ImageOps

from core import clock, db
from core import settings as core_settings
from core.api.testing import BASE, HOST, Browser, make_agencies, sign_in_as
from core.auth import services
from core.custody import rules as custody
from core.host.registry import current, set_current
from core.people.services import enter_person
from core.storage.inspecting import COPY_EDGE
from core.web.state import Held, platform_of
from core.web.state import current as current_request
from plugins.complaints import services as complaints
from plugins.complaints.queries import units_for
from plugins.complaints.queries.own import OWN
from plugins.complaints.rules import receipts
from tests import factories
from tests.bench.measuring import Number, Race
from tests.bench.world import WIDE, Asker, application, as_owner, backends, database, run, server

NAME = "field"
ACCOUNT = "执法人员没有出示证件，要求当场缴款，未开具票据，周围商户可以作证。"


def photograph(seed: int) -> bytes:
    """A JPEG of about four megabytes, as a phone takes it."""
    noise = random.Random(seed)
    grain = Image.frombytes("RGB", (1008, 756), noise.randbytes(1008 * 756 * 3))
    picture = grain.resize((4032, 3024), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=93)
    return out.getvalue()


def handle_alone(pictures: Sequence[bytes], folder: Path) -> None:
    """The bytes written and hashed, a smaller copy drawn and written: nothing else."""
    for number, content in enumerate(pictures):
        path = folder / f"{number}.jpg"
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for at in range(0, len(content), 65536):
                piece = content[at : at + 65536]
                digest.update(piece)
                file.write(piece)
        with Image.open(path) as picture:
            picture.draft("RGB", (COPY_EDGE, COPY_EDGE))
            drawn = ImageOps.exif_transpose(picture).convert("RGB")
            drawn.thumbnail((COPY_EDGE, COPY_EDGE))
            out = io.BytesIO()
            drawn.save(out, "JPEG", quality=85, optimize=True)
        (folder / f"{digest.hexdigest()}.jpg").write_bytes(out.getvalue())


class Sender(Asker):
    """Puts a body to the application a piece at a time, as a socket brings it."""

    async def send(
        self,
        method: str,
        path: str,
        pieces: AsyncIterator[bytes],
        headers: Mapping[str, str],
    ) -> int:
        """The status of the answer."""
        assert self.browser is not None
        sent = {
            "host": HOST,
            "user-agent": "Mozilla/5.0 Chrome/120",
            "cookie": f"jiandu={self.browser.session}",
            "sec-fetch-site": "same-origin",
            "origin": BASE,
            **headers,
        }
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
            "client": ("127.0.0.1", 50000),
            "server": (HOST, 80),
        }
        found: dict[str, Any] = {"status": 0, "body": b"", "headers": []}

        async def receive() -> dict[str, Any]:
            async for piece in pieces:
                return {"type": "http.request", "body": piece, "more_body": True}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def answer(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                found["status"], found["headers"] = message["status"], message["headers"]
            else:
                found["body"] += message.get("body", b"")

        await self.app(scope, receive, answer)
        self.body, self.headers = found["body"], found["headers"]
        return int(found["status"])


async def cut(content: bytes) -> AsyncIterator[bytes]:
    """What a socket brings at a time."""
    for at in range(0, len(content), 65536):
        yield content[at : at + 65536]


def multipart(fields: Mapping[str, str], pictures: Sequence[bytes]) -> tuple[str, bytes]:
    """A form with files, as a browser sends it: content type and body."""
    mark = uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for number, content in enumerate(pictures):
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="media"; filename="{number}.jpg"'
            "\r\nContent-Type: image/jpeg\r\n\r\n".encode()
        )
        parts += [content, b"\r\n"]
    parts.append(f"--{mark}--\r\n".encode())
    return f"multipart/form-data; boundary={mark}", b"".join(parts)


@contextmanager
def data_folder() -> Iterator[Path]:
    """Uploaded files go to a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="jiandu-bench-files-") as folder:
        own = core_settings.read(
            {"JIANDU_ENV": "test", "JIANDU_SECRET": "only-for-measuring", "JIANDU_DATA": folder}
        )
        real = core_settings.load
        core_settings.load = lambda: own
        try:
            yield Path(folder)
        finally:
            core_settings.load = real


TERM = """
insert into supervisors_term (application, name, starts, ends, region, created_at, person,
  region_lo, org_lo)
values (1, '张敏', current_date - 30, current_date + 600, $2, now(), $1, $3, $4)
"""


async def _volunteer(app: Litestar, address: str) -> tuple[Browser, Any, Any]:
    """A supervisor of the county, signed in; the tree and its agencies."""
    await services.apply_defaults(current())
    tree = await factories.region_tree()
    agencies = await make_agencies(tree)
    async with db.transaction(WIDE):
        person = await enter_person("张敏", agencies.bureau.id)
    async with as_owner(address) as owner:
        place = (tree.county.id, tree.county.lo, agencies.bureau.lo)
        await owner.execute(TERM, person.id, *place)
    browser = Browser(app)
    await sign_in_as(browser, "supervisor", region=tree.county, name="张敏", person=person.id)
    return browser, tree, agencies


def _unlimited(app: Litestar) -> None:
    platform_of(app).limits.counts.clear()


async def _filing(url: str, template: str, rounds: int) -> list[Number]:
    pictures = [photograph(number) for number in range(3)]
    async with database(url, template) as address:
        set_current(current())
        app = application(current())
        browser, tree, _agencies = await _volunteer(app, address)
        assert browser.visitor is not None
        async with db.transaction(OWN):
            unit = (await units_for(tree.county.lo))[0]
        sender = Sender(app, browser)

        async def file() -> None:
            _unlimited(app)
            kind, body = multipart(
                {
                    "_csrf": browser.visitor.csrf,
                    "target": "act",
                    "enforcement_type": "行政处罚",
                    "account": ACCOUNT,
                    "happened_on": clock.today().isoformat(),
                    "confidential": "open",
                    "department": str(unit.id),
                    "body": str(unit.id),
                    "once": uuid4().hex,
                },
                pictures,
            )
            headers = {"content-type": kind, "content-length": str(len(body))}
            status = await sender.send("POST", "/complaints/new", cut(body), headers)
            if status != 303:
                said = " ".join(re.sub(r"<[^>]*>", " ", sender.body.decode()).split())
                raise RuntimeError(f"filing answered {status}: {said[-600:]}")

        with tempfile.TemporaryDirectory() as folder:

            async def alone() -> None:
                await asyncio.to_thread(handle_alone, pictures, Path(folder))

            await file()
            await alone()
            race = Race({"file": file, "alone": alone}, rounds, pids=await backends())
            cost = await race.run()
        weight = sum(map(len, pictures)) / 2**20
    return [
        Number(
            NAME,
            f"投诉带 3 张照片（共 {weight:.1f} MB）: 只存、算摘要、重新编码同样的字节（网页进程）",
            race.ratio("file", "alone"),
            "×",
            1.3,
            note=f"{cost['file'].own / 1000:.0f} : {cost['alone'].own / 1000:.0f} ms",
        ),
        Number(
            NAME,
            "同上，连同数据库进程",
            race.ratio("file", "alone", whole=True),
            "×",
            note=f"{cost['file'].whole / 1000:.0f} : {cost['alone'].whole / 1000:.0f} ms",
        ),
    ]


def _peak_mb() -> float:
    """The most memory this process has had since ``_forget_peak``."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not say")


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")


async def _long_uploads(url: str, template: str, count: int, size: int) -> list[Number]:
    frame = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"

    async def film() -> AsyncIterator[bytes]:
        yield frame
        left, piece = size - len(frame), os.urandom(65536)
        while left:
            yield piece[:left] if left < len(piece) else piece
            left -= min(left, len(piece))

    async with database(url, template) as address:
        app = application(current())
        browser, _tree, _agencies = await _volunteer(app, address)
        assert browser.visitor is not None
        token = {"x-csrf-token": browser.visitor.csrf}

        async def upload(number: int, weight: int) -> None:
            sender = Sender(app, browser)
            told = (
                f'{{"name":"{number}.mp4","size":{weight},"kind":"video",'
                '"purpose":"complaints.media"}'
            ).encode()
            head = {"content-type": "application/json", "content-length": str(len(told)), **token}
            status = await sender.send("POST", "/uploads", cut(told), head)
            if status != 201:
                raise RuntimeError(f"announcing answered {status}: {sender.body.decode()}")
            path = dict(sender.headers)[b"location"].decode()
            head = {
                "content-type": "application/offset+octet-stream",
                "content-length": str(weight),
                "upload-offset": "0",
                **token,
            }
            pieces = film() if weight == size else cut(frame + bytes(weight - len(frame)))
            status = await sender.send("PATCH", path, pieces, head)
            if status not in (204, 422):
                raise RuntimeError(f"sending answered {status}: {sender.body.decode()}")

        await upload(0, 4096)  # what is loaded at first use is no growth
        _forget_peak()
        before = _peak_mb()
        await asyncio.gather(*(upload(number, size) for number in range(1, count + 1)))
        grown = _peak_mb() - before
    return [
        Number(
            NAME,
            f"{count} 个 {size // 2**20} MB 的录像同时上传：内存增长",
            grown,
            "MB",
            64,
            note=f"一个网页进程，上传前 {before:.0f} MB",
        )
    ]


# The prefecture's register: a tenth is waiting, the rest was told long ago.
MANY = """
insert into complaints_complaint (number, organ, door, kind, target, enforcement_type, account,
  happened_on, body, body_name, salt, digest, state, filed_at, active_at, region_lo, org_lo)
select '巴督诉〔2026〕' || n || '号', $2, 'supervisor', 'complaint', 'act', '行政处罚',
  '没有出示证件，没有告知理由。', current_date, $3, '某某单位' || n % 400, 'x', 'x',
  case when n % 10 = 0 then 'submitted' else 'told' end,
  now() - make_interval(mins => n), now() - make_interval(mins => n),
  $4::int8 + n % 1000, $5
from generate_series(1, $1::int) n
"""


async def _register(url: str, template: str, count: int, rounds: int) -> tuple[Race, Any, str]:
    async with database(url, template) as address:
        app = application(current())
        _browser, tree, agencies = await _volunteer(app, address)
        browser = Browser(app)
        await sign_in_as(browser, "supervision_bureau", region=tree.city, name="那顺")
        async with as_owner(address) as owner:
            await owner.execute(
                MANY, count, agencies.bureau.id, agencies.agency.id, tree.county.lo,
                agencies.bureau.lo, timeout=600,
            )  # fmt: skip
            await owner.execute("vacuum analyze complaints_complaint")
            await owner.execute("analyze")
        asker = Asker(app, browser)
        for _ in range(5):
            shown = (await asker.get("/complaints")).decode()
        if shown.count("巴督诉") < 50:
            raise RuntimeError("the register does not show fifty rows")
        race = Race({"page": partial(asker.get, "/complaints")}, rounds, 5, await backends())
        return race, await race.run(), shown


async def _follow(url: str, template: str, rounds: int) -> list[Number]:
    async with database(url, template) as address:
        app = application(current())
        browser, tree, _agencies = await _volunteer(app, address)
        assert browser.visitor is not None
        async with db.transaction(OWN):
            unit = (await units_for(tree.county.lo))[0]
        sender = Sender(app, browser)
        kind, body = multipart(
            {
                "_csrf": browser.visitor.csrf,
                "target": "act",
                "enforcement_type": "行政处罚",
                "account": ACCOUNT,
                "happened_on": clock.today().isoformat(),
                "confidential": "open",
                "department": str(unit.id),
                "body": str(unit.id),
                "once": uuid4().hex,
            },
            [],
        )
        head = {"content-type": kind, "content-length": str(len(body))}
        if await sender.send("POST", "/complaints/new", cut(body), head) != 303:
            raise RuntimeError("the complaint was not filed")
        # The file as if it had come through the public's door: a code is all that leads to it.
        code = receipts.new_code()
        async with as_owner(address) as owner:
            await owner.execute(
                "update complaints_complaint set door = 'public', receipt = $1, reporter = 0,"
                " alias = null, reporter_name = ''",
                complaints.receipt_hash(code),
            )
            await owner.execute("analyze")
        form = f"code={code}".encode()
        head_of_form = (
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", str(len(form)).encode()),
            (b"origin", BASE.encode()),
            (b"sec-fetch-site", b"same-origin"),
        )
        asker = Asker(app)

        async def page() -> None:
            _unlimited(app)
            await asker.ask("POST", "/complaints/public/follow", form, head_of_form)
            if asker.status != 200:
                raise RuntimeError(f"{asker.status}: {asker.body[-1500:].decode()}")

        asked, template_name, context = await _watched(app, page)
        pool = await asyncpg.create_pool(
            address, min_size=1, max_size=1, server_settings={"role": db.OWNER}
        )
        plain = Asker(_bare(app, pool, asked, template_name, context))

        async def bare() -> None:
            await plain.ask("POST", "/", form, head_of_form)
            if plain.status not in (200, 201):
                raise RuntimeError(f"bare: {plain.status}")

        for _ in range(10):
            await page()
            await bare()
        if plain.body.count(b"<") != asker.body.count(b"<"):
            raise RuntimeError("the two pages differ")
        race = Race({"page": page, "bare": bare}, rounds, 10, pids=[*await backends()])
        cost = await race.run()
        await pool.close()
    return [
        Number(
            NAME,
            "公众查询进展的页 : 同样查询和模板的裸处理函数（网页进程）",
            race.ratio("page", "bare"),
            "×",
            1.5,
            note=f"{cost['page'].own / 1000:.2f} : {cost['bare'].own / 1000:.2f} ms",
        )
    ]


async def _watched(app: Litestar, page: Any) -> tuple[list[Any], str, dict[str, Any]]:
    """The statements of a page in their order, its template and what it was filled with."""
    heard: list[tuple[str, str, tuple[Any, ...]]] = []
    caught: dict[str, Any] = {}
    kind = asyncpg.connection.Connection
    kept = {name: getattr(kind, name) for name in ("fetch", "fetchrow", "fetchval")}

    def listening(name: str) -> Any:
        async def ask(self: Any, sql: str, *args: Any, **options: Any) -> Any:
            heard.append((name, sql, args))
            return await kept[name](self, sql, *args, **options)

        return ask

    templates = platform_of(app).templates
    render = templates.render

    def catching(name: str, context: Mapping[str, Any]) -> str:
        caught["name"], caught["context"] = name, dict(context)
        return render(name, context)

    for name in kept:
        setattr(kind, name, listening(name))
    templates.render = catching  # type: ignore[method-assign]
    try:
        await page()
    finally:
        templates.render = render  # type: ignore[method-assign]
        for name, function in kept.items():
            setattr(kind, name, function)
    return heard, caught["name"], caught["context"]


def _bare(
    app: Litestar, pool: Any, asked: Sequence[Any], name: str, context: Mapping[str, Any]
) -> Litestar:
    """One handler that reads the code, asks the same of the database, fills the same template."""
    platform = platform_of(app)
    template = platform.templates.env.get_template(name)
    held = Held("BENCH", platform, None)

    @post("/", status_code=200)
    async def handler(request: Request[Any, Any, Any]) -> Response[str]:
        code = receipts.read_code((await request.form())["code"])
        complaints.receipt_hash(code or "0")
        async with pool.acquire() as connection:
            for way, sql, args in asked:
                await getattr(connection, way)(sql, *args)
        token = current_request.set(held)
        try:
            return Response(template.render(context), media_type="text/html")
        finally:
            current_request.reset(token)

    return Litestar([handler], openapi_config=None, logging_config=None)


async def _seals(rounds: int) -> list[Number]:
    people = {number: custody.make_keys(f"保管人的口令{number}号足够长") for number in (1, 2, 3)}
    public = {number: keys.public for number, keys in people.items()}
    private = {
        number: custody.unwrap(keys, f"保管人的口令{number}号足够长")
        for number, keys in people.items()
    }
    secret = {"name": "张敏", "phone": "13947800000", "person": 17, "login": "zhangmin"}

    async def seal() -> None:
        custody.seal(secret, public)

    sealed = custody.seal(secret, public)
    share = next(each for each in sealed.shares if (each.first, each.second) == (1, 2))

    async def open_it() -> None:
        other, part = custody.part_of(share, 1, private[1], sealed.label)
        given = custody.hand_over(part, public[other], 7, sealed.label)
        _, mine = custody.part_of(share, 2, private[2], sealed.label)
        key = custody.xor(mine, custody.handed(given, private[2], 7, sealed.label))
        if custody.unseal(sealed.cipher, key, sealed.label) != secret:
            raise RuntimeError("what was sealed is not what was opened")

    async def passphrase() -> None:
        custody.unwrap(people[1], "保管人的口令1号足够长")

    cost = await Race({"seal": seal, "open": open_it}, rounds, 20).run()
    slow = await Race({"word": passphrase}, max(3, rounds // 6)).run()
    return [
        Number(NAME, "封存一份身份（不算数据库）", cost["seal"].own / 1000, "ms", 5),
        Number(
            NAME,
            "两人开启一份身份（不算数据库）",
            cost["open"].own / 1000,
            "ms",
            5,
            note=f"口令故意算得慢，另计：每人 {slow['word'].own / 1000:.0f} ms",
        ),
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """Filing, uploading, looking through the register, following up, sealing."""
    rounds = 3 if quick else 15
    many = 100_000 if quick else 1_000_000
    found: list[Number] = []
    with data_folder(), server() as (url, template):
        found += run(_filing(url, template, 3 if quick else 10))
        found += run(
            _long_uploads(url, template, 4 if quick else 20, (10 if quick else 50) * 2**20)
        )
        _, few, _ = run(_register(url, template, 10_000, rounds))
        _, all_, _ = run(_register(url, template, many, rounds))
        found.append(
            Number(
                NAME,
                f"地市的投诉登记，{many:,} 件 : 10,000 件（网页与数据库进程合计）",
                all_["page"].whole / few["page"].whole,
                "×",
                1.3,
                note=f"{all_['page'].whole / 1000:.2f} : {few['page'].whole / 1000:.2f} ms",
            )
        )
        found += run(_follow(url, template, rounds))
    found += run(_seals(rounds))
    return found
