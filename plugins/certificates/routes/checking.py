# SPDX-License-Identifier: Apache-2.0
"""The public pages behind every card: how it stands today, and what a telephone keeps for later."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
from litestar.params import FromPath

from core.api import clock
from core.api.access import public
from core.api.db import Scope, transaction
from core.api.errors import NotFound
from core.api.files import open_, send_file
from core.api.web import (
    Request,
    Response,
    address_of,
    get,
    limit,
    partial,
    public_actions,
    qr_file,
    render,
)
from plugins.certificates.queries.checking import (
    LOOK,
    as_card,
    check_code,
    check_name,
    check_number,
    newest_list,
    public_certificate,
    public_photo,
)
from plugins.certificates.routes.check_frame import drawn, words_of
from plugins.certificates.rules import Standing, judge_card
from plugins.certificates.rules.verdict import NO_OFFICER, PAPER_WORDS, WORDS
from plugins.certificates.services import papers
from plugins.certificates.services.signing import check_path
from plugins.certificates.services.trusting import trust_file

HEADLINES = {
    "ok": "证件有效",
    "expired": "证件已过期",
    "not_yet": "证件尚未生效",
    "not_inspected": "证件未年审",
    "suspended": "证件暂扣中",
    "revoked": "证件已吊销",
    "cancelled": "证件已注销",
}
WORKER = Path(__file__).resolve().parents[1] / "static" / "check-worker.js"
SHORT = 4
"""A unit has to be named by at least so many characters, else a name finds strangers."""

ANYBODY = public("群众扫码核验执法证件，不需要登录", session=False)
ASKED_NOW = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_TOLD = {code: asdict(words) for code, words in WORDS.items()}
_PAPERS_TOLD = {code: asdict(words) for code, words in PAPER_WORDS.items()}


def _headline(standing: Standing) -> str:
    return HEADLINES.get(standing.code, "证件无效")


@get("/check/{token:str}", opt=ANYBODY)
async def check_certificate(request: Request, token: FromPath[str]) -> Response:
    """Whether the certificate behind a QR code is good today; never an ID number or a phone."""
    limit(request, "certificates.check")
    moment, today, code = clock.now(), clock.today(), token[:40]
    found = await check_code(code, today, moment)
    if found is None:
        return partial(
            request,
            "certificates/check.html",
            status=404,
            headers=ASKED_NOW,
            found=None,
            checked_at=moment,
        )
    standing = judge_card(as_card(found), today)
    text = drawn(
        request,
        words_of(found, standing),
        qualified=standing.qualified,
        headline=_headline(standing),
        acts=public_actions(request, "certificates.check"),
        code=code,
        moment=moment,
    )
    return Response(text, media_type="text/html", headers=ASKED_NOW)


@get("/check/of/{kind:str}/{code:str}", opt=ANYBODY)
async def check_paper(request: Request, kind: FromPath[str], code: FromPath[str]) -> Response:
    """How a paper of another plugin stands today; its holder is no enforcement officer."""
    limit(request, "certificates.check")
    found = await papers.look(kind, code[:40], "", clock.today())
    return partial(
        request,
        "certificates/check_paper.html",
        status=200 if found else 404,
        headers=ASKED_NOW,
        title=found[0].title if found else "",
        shown=found[1] if found else None,
        no_officer=NO_OFFICER,
        checked_at=clock.now(),
    )


@get("/check/{token:str}/photo", opt=ANYBODY)
async def show_photo(request: Request, token: FromPath[str]) -> Response:
    """The photo, for whoever holds the card's code: files have numbers one could count through."""
    limit(request, "certificates.check")
    async with transaction(LOOK):
        photo = await public_photo(token[:40])
        if photo is None:
            raise NotFound
        opened = await open_(photo)
    return send_file(request, opened, original=False)


@get("/check/", opt=ANYBODY)
async def ask_for_certificate(request: Request) -> Response:
    """By number, or by name and unit; also the page a telephone keeps."""
    limit(request, "certificates.check")
    asked = {
        key: request.query_params.get(key, "").strip()[:60] for key in ("number", "name", "unit")
    }
    problem, found = "", None
    if any(asked.values()):
        limit(request, "certificates.ask", times=20)
        problem = _problem(asked)
        if not problem:
            found = await _find(asked)
    return partial(
        request,
        "certificates/check_query.html",
        status=422 if problem else 200,
        headers=ASKED_NOW if any(asked.values()) else {"Cache-Control": "no-cache"},
        asked=asked,
        problem=problem,
        found=found,
        checked_at=clock.now(),
    )


def _problem(asked: dict[str, str]) -> str:
    if asked["number"]:
        return ""
    if not asked["name"]:
        return "请填写证件编号，或者同时填写姓名和单位。"
    if len(asked["unit"]) < SHORT:
        return f"按姓名查询时，请写出单位名称里至少连续的{SHORT}个字。"
    return ""


async def _find(asked: dict[str, str]) -> list[dict[str, Any]]:
    today, moment = clock.today(), clock.now()
    async with transaction(LOOK):
        if asked["number"]:
            rows = await check_number(asked["number"].upper(), today, moment)
        else:
            rows = await check_name(asked["name"], asked["unit"], today, moment)
    shown = []
    for each in rows:
        standing = judge_card(as_card(each), today)
        shown.append(
            {
                "found": words_of(each, standing),
                "standing": standing,
                "headline": _headline(standing),
            }
        )
    return shown


@get("/check/live", opt=ANYBODY)
async def tell_live_status(request: Request) -> Response:
    """How the card of a number stands today, for the page that has checked its signature."""
    limit(request, "certificates.ask", times=20)
    number = request.query_params.get("number", "").strip().upper()[:60]
    found = await _find({"number": number, "name": "", "unit": ""}) if number else []
    told: dict[str, Any] = {
        "code": "unknown",
        "title": "查无此证",
        "tone": "unsure",
        "reason": "",
        "checked_at": f"{clock.local(clock.now()):%Y-%m-%d %H:%M}",
    }
    if found:
        standing: Standing = found[0]["standing"]
        told |= {
            "code": standing.code,
            "title": found[0]["headline"],
            "tone": "ok" if standing.qualified else "no",
            "reason": standing.reason,
        }
    elif number and (paper := await papers.look_by_number(number, clock.today())):
        shown = paper[1]
        told |= {
            "code": "valid" if shown.good else "not_good",
            "title": shown.words,
            "tone": "ok" if shown.good else "no",
            "reason": NO_OFFICER,
        }
    return Response(
        msgspec.json.encode(told),
        status_code=404 if told["code"] == "unknown" else 200,
        media_type="application/json",
        headers=ASKED_NOW,
    )


@get("/check/list", opt=ANYBODY)
async def give_status_list(request: Request) -> Response:
    """The signed status list; asked for again each time, sent again only when it is another."""
    limit(request, "certificates.list")
    async with transaction(Scope.public()):
        found = await newest_list()
    if found is None:
        raise NotFound
    return _kept(request, bytes(found["body"]), found["digest"], "application/statuslist+cwt")


@get("/check/trust.json", opt=ANYBODY)
async def give_trust(request: Request) -> Response:
    """Whose signatures this installation believes, for the verifier on a telephone."""
    limit(request, "certificates.list")
    async with transaction(Scope.public()):
        told = await trust_file(everybody=True, with_list=False)
    told.pop("made_at")
    told["words"] = _TOLD
    told["paper_words"] = _PAPERS_TOLD
    body = msgspec.json.encode(told)
    return _kept(request, body, hashlib.sha256(body).hexdigest(), "application/json")


def _kept(request: Request, body: bytes, digest: str, kind: str) -> Response:
    tag = f'"{digest[:32]}"'
    headers = {"Cache-Control": "public, no-cache", "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=kind)
    return Response(body, headers=headers, media_type=kind)


@get("/check/trust-file", opt=ANYBODY)
async def download_trust(request: Request) -> Response:
    """One file with which another province, or anybody, checks the cards of this installation."""
    limit(request, "certificates.list")
    async with transaction(Scope.public()):
        told = await trust_file(everybody=False, with_list=True)
    return Response(
        msgspec.json.format(msgspec.json.encode(told), indent=1),
        media_type="application/json",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="jiandu-trust.json"',
        },
    )


@get("/check/worker.js", opt=ANYBODY)
async def give_worker(request: Request) -> Response:
    """The service worker of the checking pages: what it keeps, and the version of that."""
    limit(request, "certificates.list")
    source = WORKER.read_bytes()
    shell = msgspec.json.decode(render(request, "certificates/check_shell.html"))
    version = hashlib.sha256(
        source + msgspec.json.encode([shell, _TOLD, _PAPERS_TOLD])
    ).hexdigest()[:12]
    head = b"self.JD_CARD = " + msgspec.json.encode({"version": version, "shell": shell}) + b";\n"
    return Response(
        head + source, media_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@get("/qr/{token:str}", opt=ANYBODY)
async def draw_qr(request: Request, token: FromPath[str]) -> Response:
    """The QR code that leads to the certificate's public page, with the signed card in it."""
    limit(request, "certificates.check")
    async with transaction(Scope.public()):
        found = await public_certificate(token[:40])
    if found is None:
        raise NotFound
    address = address_of(request, check_path(token[:40], found["signed"] or ""))
    return Response(
        qr_file(address),
        media_type="image/svg+xml",
        headers={"Cache-Control": "private, no-cache"},
    )


ROUTES_CHECKING = (
    check_certificate,
    check_paper,
    show_photo,
    ask_for_certificate,
    tell_live_status,
    give_status_list,
    give_trust,
    download_trust,
    give_worker,
    draw_qr,
)
