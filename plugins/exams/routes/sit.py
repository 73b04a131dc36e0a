# SPDX-License-Identifier: Apache-2.0
"""The candidate's computer: no account, one cookie that leads to one attempt."""

from pathlib import Path
from typing import Any

import msgspec
from litestar.datastructures import Cookie
from litestar.params import FromPath

from core.api import clock
from core.api.access import public
from core.api.db import transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, open_, receive, send_file
from core.api.people import decrypt
from core.api.web import (
    Request,
    Response,
    UploadedFile,
    address_of,
    bind,
    get,
    limit,
    page,
    post,
    redirect,
)
from plugins.exams.forms import Nothing, SignInForm
from plugins.exams.rules import sitting as rules
from plugins.exams.rules.papers import points_words
from plugins.exams.rules.questions import KINDS
from plugins.exams.services import chaining
from plugins.exams.services import sitting as acts
from plugins.exams.services.base import CANDIDATE, settings_in

DOOR = public("考生用准考证号和一次性密码进入自己的答卷，没有账号")
SAVING = public("考生保存答案，凭自己的答卷令牌", session=False)
COOKIE = "jiandu_exam"
PATH = "/exams/sit"
HOURS = 12
WORKER = Path(__file__).resolve().parent.parent / "static" / "sitting-worker.js"
PHOTO_BYTES = 12 * 1024 * 1024
BODY_BYTES = 256 * 1024
NO_STORE = {"Cache-Control": "no-store"}
PAGES = 120
"""A minute, for one candidate; a hall may share one address."""
SHARES = 4096


class _Posted(msgspec.Struct):
    """What a browser sends while somebody sits; empty to say that it is still there."""

    acts: list[rules.Sent] = []


_decoder = msgspec.json.Decoder(_Posted)
_encoder = msgspec.json.Encoder()
# What never changes while somebody sits: the kinds of the questions, and the grace.
_known: dict[tuple[int, str], tuple[list[str], int]] = {}
MOST_KNOWN = 20_000


def held_cookie(request: Request) -> tuple[int, str]:
    """Attempt and token of the browser."""
    return acts.read_cookie(request.cookies.get(COOKIE, ""))


def _count(request: Request) -> None:
    # Counted by candidate and not by address alone; a made-up number finds at most these shares.
    attempt, _ = held_cookie(request)
    limit(request, f"exams.sit {attempt % SHARES}", times=PAGES)


async def _known_of(attempt: int, token: str) -> tuple[list[str], int]:
    found = _known.get((attempt, token))
    if found is None:
        kinds = await acts.kinds_of(attempt, token)
        async with transaction(CANDIDATE):
            mine = await acts.mine(attempt, token)
            grace = (await settings_in(mine["region_lo"])).grace_seconds
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        found = _known[(attempt, token)] = (kinds, grace)
    return found


async def _mine(request: Request) -> dict[str, Any]:
    async with transaction(CANDIDATE):
        return await acts.mine(*held_cookie(request))


def _way(found: dict[str, Any]) -> str:
    """Where this attempt goes on."""
    if found["state"] == "ready":
        return f"{PATH}/ready"
    return f"{PATH}/paper" if found["state"] == "sitting" else f"{PATH}/done"


# --- signing in -----------------------------------------------------------------------------------


@get("/sit", opt=DOOR)
async def show_door(request: Request) -> Response:
    """准考证号 and password; the code of the session may stand in the address."""
    _count(request)
    code = request.query_params.get("code", "")[:8]
    return page(request, "exams/sit_door.html", headers=NO_STORE, form=None, code=code)


@post("/sit", opt=DOOR, status_code=200)
async def enter(request: Request) -> Response:
    """Sign in; the password is used up."""
    # A whole room comes from one address, in one minute.
    limit(request, "exams.sign_in", times=400)
    form = await bind(request, SignInForm)
    if form.ok:
        try:
            signed = await acts.sign_in(form.value.code, form.value.ticket, form.value.password)
        except Invalid as error:
            form.errors.update(error.errors)
        except Refused as error:
            form.errors["ticket"] = str(error)
        else:
            answer = redirect(request, f"{PATH}/ready")
            answer.set_cookie(_cookie(request, signed.cookie, HOURS * 3600))
            return answer
    return page(
        request,
        "exams/sit_door.html",
        status=422,
        headers=NO_STORE,
        form=form,
        code=str(form.raw.get("code") or "")[:8],
    )


def _cookie(request: Request, text: str, seconds: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=text,
        path=PATH,
        httponly=True,
        secure=address_of(request, "/").startswith("https://"),
        samesite="strict",
        max_age=seconds,
    )


@post("/sit/leave", opt=DOOR)
async def leave(request: Request) -> Response:
    """The next candidate of this computer."""
    await bind(request, Nothing)
    answer = redirect(request, PATH)
    answer.set_cookie(_cookie(request, "", 0))
    return answer


# --- before the beginning -------------------------------------------------------------------------


async def _ready_page(request: Request, *, status: int = 200, error: str = "") -> Response:
    found = await _mine(request)
    if found["state"] != "ready":
        return redirect(request, _way(found))
    now = clock.now()
    photo = bool(found["photo"]) or bool(found["photo_waived"])
    return page(
        request,
        "exams/sit_ready.html",
        status=status,
        headers=NO_STORE,
        it=found,
        error=error,
        now=int(now.timestamp() * 1000),
        starts=int(found["starts_at"].timestamp() * 1000),
        has_photo=photo,
        why=rules.why_not_begin(
            now,
            found["starts_at"],
            found["late_minutes"],
            late_start=found["late_start"],
            photo=photo,
        ),
        count=len(found["sheet"]),
    )


@get("/sit/ready", opt=DOOR)
async def show_ready(request: Request) -> Response:
    """Who sits here, the photo, how long until the start."""
    _count(request)
    return await _ready_page(request)


@post("/sit/photo", opt=DOOR, request_max_body_size=FORM_WITH_FILES, status_code=200)
async def take_photo(request: Request) -> Response:
    """The photo, from the camera of this computer or from a file."""
    form = await bind(request, Nothing)
    await _mine(request)
    files = form.files.get("photo") or []
    if not files or not isinstance(files[0], UploadedFile) or not files[0].size:
        return await _ready_page(request, status=422, error="没有收到照片，请再拍一次。")
    try:
        photo = await receive(
            files[0].chunks(), files[0].name, kinds=("photo",), max_bytes=PHOTO_BYTES
        )
        await acts.photo_from_candidate(*held_cookie(request), photo)
    except (Invalid, Refused) as error:
        return await _ready_page(request, status=422, error=str(error))
    return redirect(request, f"{PATH}/ready", message="照片已保存。")


@post("/sit/begin", opt=DOOR, status_code=200)
async def begin(request: Request) -> Response:
    """开始作答."""
    await bind(request, Nothing)
    try:
        await acts.begin(*held_cookie(request))
    except Refused as error:
        return await _ready_page(request, status=409, error=str(error))
    return redirect(request, f"{PATH}/paper")


# --- sitting --------------------------------------------------------------------------------------


@get("/sit/paper", opt=DOOR)
async def show_paper(request: Request) -> Response:
    """All questions on one page; it stays usable without a line and without script."""
    _count(request)
    async with transaction(CANDIDATE):
        found = await acts.mine(*held_cookie(request))
        if found["state"] != "sitting":
            return redirect(request, _way(found))
        questions = await acts.paper_of(found)
    now = clock.now()
    return page(
        request,
        "exams/sit_paper.html",
        # The worker of this page keeps it for the time without a line; nobody else does.
        headers={"Cache-Control": "private, no-cache"},
        it=found,
        questions=questions,
        kinds=KINDS,
        points=points_words,
        now=int(now.timestamp() * 1000),
        until=int(found["deadline"].timestamp() * 1000),
        next_number=found["newest"] + 1,
        file_key=decrypt(found["key"], acts.KEY_FIELD),
    )


def _json(body: Any, status: int = 200) -> Response:
    return Response(
        _encoder.encode(body), status_code=status, media_type="application/json", headers=NO_STORE
    )


@post("/sit/answers", opt=SAVING, status_code=200, request_max_body_size=BODY_BYTES)
async def save_answers(request: Request) -> Response:
    """Answers as they are given: numbered, so that the same ones may come again."""
    # Another site's form cannot send this type without the browser asking us first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        return _json({"state": "refused"}, 415)
    attempt, token = held_cookie(request)
    try:
        posted = _decoder.decode(await request.body())
    except msgspec.MsgspecError:
        return _json({"state": "refused"}, 400)
    try:
        kinds, grace = await _known_of(attempt, token)
        if len(posted.acts) > rules.MOST_ACTS or any(
            rules.problem_of(each, kinds) for each in posted.acts
        ):
            return _json({"state": "refused"}, 422)
        saved = await chaining.save(attempt, token, posted.acts, grace)
    except (chaining.Unknown, NotFound):
        return _json({"state": "elsewhere"}, 401)
    return _json(
        {
            "state": saved.state,
            "last": saved.last,
            "now": int(clock.now().timestamp() * 1000),
            "until": int(saved.deadline.timestamp() * 1000) if saved.deadline else 0,
        },
        200 if saved.state in ("sitting", "ready") else 409,
    )


@post("/sit/save", opt=DOOR, status_code=200)
async def save_form(request: Request) -> Response:
    """The same without script: the whole form, of which only what changed is recorded."""
    form = await bind(request, Nothing)
    attempt, token = held_cookie(request)
    async with transaction(CANDIDATE):
        found = await acts.mine(attempt, token)
        before = {each.position: each for each in await acts.paper_of(found)}
    sent = []
    number = found["newest"]
    for position, asked in before.items():
        given = [str(each) for each in form.all(f"q{position}") if str(each).strip()]
        if tuple(sorted(given)) != tuple(sorted(asked.answer)):
            number += 1
            sent.append(rules.Sent(number, position, given))
    kinds, grace = await _known_of(attempt, token)
    if any(rules.problem_of(each, kinds) for each in sent):
        raise Refused("有一个答案看不懂，没有保存。")
    saved = await chaining.save(attempt, token, sent, grace)
    if saved.state != "sitting":
        return redirect(request, f"{PATH}/done")
    if request.query_params.get("then") == "submit":
        await acts.hand_in(attempt, token)
        return redirect(request, f"{PATH}/done")
    return redirect(request, f"{PATH}/paper", message=f"已保存 {len(sent)} 个答案。")


@post("/sit/submit", opt=DOOR, status_code=200)
async def submit(request: Request) -> Response:
    """交卷; what the page still held was sent before."""
    await bind(request, Nothing)
    await acts.hand_in(*held_cookie(request))
    return redirect(request, f"{PATH}/done")


@get("/sit/done", opt=DOOR)
async def show_done(request: Request) -> Response:
    """Handed in: how many answers stand, when the results come."""
    _count(request)
    found = await _mine(request)
    if found["state"] in ("ready", "sitting"):
        return redirect(request, _way(found))
    # As long as an invigilator may still take a sealed file.
    late = found["state"] == "submitted" and found["session_state"] in ("open", "closed")
    return page(
        request,
        "exams/sit_done.html",
        headers=NO_STORE,
        it=found,
        how=rules.HOW.get(found["how"], ""),
        answered=int(found["done"], 16).bit_count(),
        count=len(found["sheet"]),
        file_key=decrypt(found["key"], acts.KEY_FIELD) if late and found["key"] else "",
    )


@get("/sit/pictures/{file:int}", opt=DOOR)
async def show_picture(request: Request, file: FromPath[int]) -> Response:
    """A picture of a question of this paper."""
    _count(request)
    async with transaction(CANDIDATE):
        found = await acts.mine(*held_cookie(request))
        if found["state"] != "sitting":
            raise NotFound
        questions = await acts.questions_of(found["sheet"])
        if not any(one["id"] == file for each in questions.values() for one in each["pictures"]):
            raise NotFound
        opened = await open_(file)
    return send_file(request, opened, original=False)


@get("/sit/worker.js", opt=public("浏览器在断线时打开已经开始的答卷", session=False))
async def show_worker(request: Request) -> Response:
    """Keeps the page of the paper while the line is cut; its reach is this folder alone."""
    _count(request)
    return Response(
        WORKER.read_bytes(),
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": f"{PATH}/"},
    )


ROUTES_SIT = (
    show_door,
    enter,
    leave,
    show_ready,
    take_photo,
    begin,
    show_paper,
    save_answers,
    save_form,
    submit,
    show_done,
    show_picture,
    show_worker,
)
