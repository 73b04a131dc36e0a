# SPDX-License-Identifier: Apache-2.0
"""``/seals``: is everything sealed, is it still what was sealed, and the heads to take away."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import clock, db
from core.auth.access import requires, visitor
from core.auth.services import office
from core.errors import NotFound
from core.keys.signing import public_keys, public_pem
from core.sealing import asking, heads, services
from core.web.codes import qr
from core.web.responses import page, partial, redirect

Req = Request[Any, Any, Any]
VERIFY = "core.seal.verify"

STATES: Mapping[str, tuple[str, str]] = {
    "waiting": ("new", "等待开始"),
    "running": ("doing", "正在核验"),
    "intact": ("done", "记录完好"),
    "damaged": ("late", "记录被改动过"),
    "failed": ("late", "没有完成"),
}
SILENT_MINUTES = 10
"""A fact that waits longer means that the worker does not seal."""

LATEST = """
select b.id, b.head, b.sealed_at, b.key, cardinality(b.facts) as facts
from core_batch b order by b.id desc limit 30
"""
RUNS = """
select v.id, v.asked_at, v.finished_at, v.state, v.done, v.total, v.report, v.error,
  coalesce(u.name, '系统') as who
from core_verification v left join core_user u on u.id = v.asked_by
"""


def group8(value: str) -> str:
    """Hexadecimal in groups that can be read out and compared."""
    return " ".join(value[at : at + 8] for at in range(0, len(value), 8))


@get("/seals", guards=[requires(VERIFY)])
async def seals(request: Req) -> Response[Any]:
    """How far the record is sealed, the newest head, and past verifications."""
    async with db.transaction(services.SEALER.read_only()):
        batches = await db.rows(LATEST)
        waiting = await services.waiting()
        runs = await db.rows(f"{RUNS} order by v.id desc limit 10")
        keys = await public_keys(services.PURPOSE)
        counted = await db.row(
            "select count(*) as batches, coalesce(sum(cardinality(facts)), 0) as facts,"
            " min(sealed_at) as since from core_batch"
        )
    line = ""
    if batches:
        last = batches[0]
        line = heads.line_of(last["id"], bytes(last["head"]), last["sealed_at"], last["key"])
    for row in batches:
        row["hex"] = bytes(row["head"]).hex()
    for row in runs:
        row["mark"] = STATES[row["state"]]
    oldest = waiting["oldest"]
    silent = oldest is not None and (clock.now() - oldest).total_seconds() > SILENT_MINUTES * 60
    return page(
        request,
        "pages/seals.html",
        batches=batches,
        counted=counted,
        waiting=waiting,
        silent=silent,
        runs=runs,
        busy=any(row["state"] in ("waiting", "running") for row in runs),
        line=line,
        grouped=group8(batches[0]["hex"]) if batches else "",
        code=qr(line, "最新封存值的二维码") if line else "",
        keys=[
            {
                **each,
                "hex": bytes(each["public"]).hex(),
                "grouped": group8(bytes(each["public"]).hex()),
            }
            for each in keys
        ],
    )


@get("/seals/heads.txt", guards=[requires(VERIFY)])
async def heads_file(request: Req) -> Response[str]:  # noqa: ARG001 - Litestar passes it by name
    """The last head of every day, to be kept somewhere else and compared later."""
    async with db.transaction(services.SEALER.read_only()):
        found = await db.rows(
            "select distinct on ((sealed_at at time zone 'Asia/Shanghai')::date)"
            " id, head, sealed_at, key from core_batch"
            " order by (sealed_at at time zone 'Asia/Shanghai')::date, id desc"
        )
    lines = [
        heads.line_of(row["id"], bytes(row["head"]), row["sealed_at"], row["key"]) for row in found
    ]
    return _download("".join(f"{each}\n" for each in lines), "heads.txt")


@get("/seals/key.pem", guards=[requires(VERIFY)])
async def key_file(request: Req) -> Response[str]:  # noqa: ARG001 - Litestar passes it by name
    """The public keys, newest first; the first one is in use."""
    async with db.transaction(services.SEALER.read_only()):
        keys = await public_keys(services.PURPOSE)
    if not keys:
        raise NotFound("还没有签名密钥，第一次封存时生成。")
    return _download("".join(public_pem(bytes(each["public"])) for each in keys), "key.pem")


def _download(text: str, name: str) -> Response[str]:
    return Response(
        text,
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="jiandu-{name}"'},
    )


@post("/seals/verify", guards=[requires(VERIFY)], status_code=200)
async def verify(request: Req) -> Response[Any]:
    """Have the whole record verified by the worker."""
    async with db.transaction(office(visitor(request).user_id)):
        number = await asking.ask()
    return redirect(request, f"/seals/verifications/{number}")


async def _run(number: int) -> dict[str, Any]:
    async with db.transaction(services.SEALER.read_only()):
        found = await db.row(f"{RUNS} where v.id = $1", number)
    if found is None:
        raise NotFound
    found["mark"] = STATES[found["state"]]
    found["busy"] = found["state"] in ("waiting", "running")
    return found


@get("/seals/verifications/{number:int}", guards=[requires(VERIFY)])
async def verification(request: Req, number: FromPath[int]) -> Response[Any]:
    """One verification: how far it is, or what it found."""
    return page(request, "pages/verification.html", run=await _run(number))


@get("/seals/verifications/{number:int}/state", guards=[requires(VERIFY)])
async def verification_state(request: Req, number: FromPath[int]) -> Response[Any]:
    """The part of that page that changes, asked for every second while it runs."""
    return partial(request, "partials/_verification.html", run=await _run(number))


HANDLERS = [seals, heads_file, key_file, verify, verification, verification_state]
