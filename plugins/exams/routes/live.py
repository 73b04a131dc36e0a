# SPDX-License-Identifier: Apache-2.0
"""监考: the live roster, the door, one candidate with everything that can be done for him."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, open_, receive, send_file
from core.api.web import (
    Bound,
    Request,
    Response,
    UploadedFile,
    address_of,
    bind,
    get,
    page,
    partial,
    post,
    redirect,
)
from plugins.exams.forms import DecideForm, MinutesForm, Nothing, ReasonForm, ScanForm
from plugins.exams.queries import sessions as queries
from plugins.exams.routes.shared import WORDS
from plugins.exams.rules import sitting as rules
from plugins.exams.services import door as services
from plugins.exams.services.base import RUN, SECOND, settings_in
from plugins.exams.services.chaining import acts_of, verified
from plugins.exams.services.invigilators import act_in, hands_of
from plugins.exams.services.sessions import in_state, own_session
from plugins.exams.services.sitting import sweep

NO_STORE = {"Cache-Control": "no-store"}
ACTS = {
    "checked_in": "入场",
    "signed_in": "登录",
    "photo": "拍照",
    "photo_failed": "摄像头拍不了",
    "photo_waived": "免拍照",
    "begun": "开始作答",
    "answer": "答题",
    "blur": "离开答题页",
    "released": "释放到另一台电脑",
    "minutes": "加时",
    "submitted": "交卷",
    "voided": "作废",
    "sealed_file": "采用密封文件",
}


async def _live(request: Request, session: int) -> dict[str, Any]:
    who = visitor(request)
    found = await own_session(who, session)
    if found["state"] == "open" and who.may(RUN):
        # What is over is handed in also when the worker is late.
        await sweep(found["region_lo"], found["region_lo"])
        found = await own_session(who, session)
    now = clock.now()
    hands = await hands_of(who, found)
    roster = await queries.roster(session)
    counts = dict.fromkeys(rules.STATES, 0)
    total = len(found["sheet"])
    for each in roster:
        shown = "absent" if each["absent"] else each["attempt_state"] or "seated"
        each["shown"], each["silent"] = rules.status(shown, "", each["seen_at"], now)
        if shown == "ready" and each["seen_at"] is None:
            each["silent"] = 0
        each["answered"] = int(each["done"] or "0", 16).bit_count()
        each["left"] = (
            max(0, -(-int((each["deadline"] - now).total_seconds()) // 60))
            if each["deadline"] and shown == "sitting"
            else None
        )
        counts[shown] += 1
    return {
        "session": found,
        "roster": roster,
        "counts": counts,
        "total": total,
        "offline": sum(1 for each in roster if each["silent"]),
        "confirmations": await services.open_confirmations(session),
        "titles": services.TITLES,
        "me": who.user_id,
        "may_run": who.may(RUN) and not hands.why_not,
        "hands": hands,
        "now": now,
    }


@get("/sessions/{session:int}/live", guards=[requires(SECOND)])
async def show_live(request: Request, session: FromPath[int]) -> Response:
    """The invigilator's page."""
    who = visitor(request)
    async with transaction(who.scope):
        context = await _live(request, session)
    return page(
        request,
        "exams/live.html",
        headers=NO_STORE,
        address=address_of(request, f"/exams/sit?code={context['session']['code']}"),
        **context,
        **WORDS,
    )


@get("/sessions/{session:int}/live/rows", guards=[requires(SECOND)])
async def show_rows(request: Request, session: FromPath[int]) -> Response:
    """The part that changes."""
    who = visitor(request)
    async with transaction(who.scope):
        context = await _live(request, session)
    return partial(request, "exams/_live.html", headers=NO_STORE, **context, **WORDS)


# --- the door -------------------------------------------------------------------------------------


async def _door_page(
    request: Request,
    session: int,
    form: Bound[Any] | None = None,
    admitted: services.Admitted | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_session(who, session)
        in_state(found, "open")
        await act_in(who, found)
        roster = await queries.roster(session)
    return page(
        request,
        "exams/door.html",
        status=status,
        headers=NO_STORE,
        session=found,
        form=form,
        admitted=admitted,
        outside=[each for each in roster if each["checked_in_at"] is None],
        inside=sum(1 for each in roster if each["checked_in_at"]),
        address=address_of(request, f"/exams/sit?code={found['code']}"),
        **WORDS,
    )


@get("/sessions/{session:int}/door", guards=[requires(RUN)])
async def show_door(request: Request, session: FromPath[int]) -> Response:
    """刷身份证或者扫执法证."""
    return await _door_page(request, session)


@post("/sessions/{session:int}/door", guards=[requires(RUN)], status_code=200)
async def scan(request: Request, session: FromPath[int]) -> Response:
    """Somebody at the door; the one-time password is shown once."""
    who = visitor(request)
    form = await bind(request, ScanForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                admitted = await services.scan(who, session, form.value.code)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.errors["code"] = str(error)
        else:
            return await _door_page(request, session, admitted=admitted)
    form.raw["code"] = ""
    return await _door_page(request, session, form, status=422)


# --- one candidate --------------------------------------------------------------------------------


async def _entry_page(
    request: Request,
    session: int,
    entry: int,
    *,
    status: int = 200,
    error: str = "",
    admitted: services.Admitted | None = None,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_session(who, session)
        it = await queries.entry_of(entry, session)
        if it is None:
            raise NotFound
        hands = await hands_of(who, found)
        chain = await acts_of(it["attempt"]) if it["attempt"] else []
        photo = await queries.photo_of(it["attempt"]) if it["attempt"] else None
        attempt = await services.attempt_of(entry) if it["attempt"] else None
        options = await settings_in(found["region_lo"])
        confirmations = [
            each for each in await services.open_confirmations(session) if each["entry"] == entry
        ]
    now = clock.now()
    shown = "absent" if it["absent"] else it["attempt_state"] or "seated"
    return page(
        request,
        "exams/entry.html",
        status=status,
        headers=NO_STORE,
        error=error,
        session=found,
        it=it,
        shown=shown,
        silent=rules.status(shown, "", it["seen_at"], now)[1],
        answered=int(it["done"] or "0", 16).bit_count(),
        total=len(found["sheet"]),
        chain=[each for each in chain if each["kind"] != "answer"][-40:],
        links=len(chain),
        broken=verified(chain, attempt["head"]) if attempt else 0,
        acts=ACTS,
        moment=lambda at: clock.local(_moment(at)),
        photo=photo,
        admitted=admitted,
        lost=rules.lost_minutes(it["seen_at"], now, options.minutes_alone),
        alone=options.minutes_alone,
        confirmations=confirmations,
        titles=services.TITLES,
        me=who.user_id,
        may_run=who.may(RUN) and not hands.why_not,
        why_not=hands.why_not,
        **WORDS,
    )


def _moment(micro: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(micro / 1_000_000, UTC)


@get("/sessions/{session:int}/entries/{entry:int}", guards=[requires(SECOND)])
async def show_entry(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """One candidate: state, photo, chain, acts."""
    return await _entry_page(request, session, entry)


Work = Callable[[], Awaitable[Any]]


async def _act(request: Request, session: int, entry: int, work: Work, said: str) -> Response:
    """Do something for a candidate; whatever is wrong comes back on his page."""
    who = visitor(request)
    try:
        async with transaction(who.scope):
            result = await work()
    except (Refused, Conflict) as error:
        return await _entry_page(request, session, entry, status=409, error=str(error))
    except Invalid as error:
        words = "".join(error.errors.values())
        return await _entry_page(request, session, entry, status=422, error=words)
    if isinstance(result, services.Admitted):
        return await _entry_page(request, session, entry, admitted=result)
    return redirect(request, f"/exams/sessions/{session}/entries/{entry}", message=said)


async def _reason(request: Request) -> str:
    form = await bind(request, ReasonForm)
    return form.value.reason if form.ok else ""


NO_REASON = "请写明理由（至少两个字）。"
NO_MINUTES = "补回时间要写整数分钟，不补写 0。没有释放，请重新填写。"


@post(
    "/sessions/{session:int}/entries/{entry:int}/password", guards=[requires(RUN)], status_code=200
)
async def password(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """重发密码."""
    who = visitor(request)
    await bind(request, Nothing)
    return await _act(
        request, session, entry, lambda: services.password_again(who, session, entry), ""
    )


@post(
    "/sessions/{session:int}/entries/{entry:int}/release", guards=[requires(RUN)], status_code=200
)
async def release(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """释放 to another computer, with the time that was lost."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _entry_page(request, session, entry, status=422, error=NO_REASON)
    typed = str(form.raw.get("minutes") or "0").strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) < 4):
        # Taken for none, the candidate would lose his time without anybody noticing.
        return await _entry_page(request, session, entry, status=422, error=NO_MINUTES)
    minutes = int(typed)
    return await _act(
        request,
        session,
        entry,
        lambda: services.release(who, session, entry, form.value.reason, minutes),
        "",
    )


@post("/sessions/{session:int}/entries/{entry:int}/minutes", guards=[requires(RUN)])
async def minutes(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """加时."""
    who = visitor(request)
    form = await bind(request, MinutesForm)
    if not form.ok:
        words = "".join(form.errors.values())
        return await _entry_page(request, session, entry, status=422, error=words)
    said = "已加时；超过一人可加的分钟数时，要等另一人确认。"
    return await _act(
        request,
        session,
        entry,
        lambda: services.add_minutes(who, session, entry, form.value.minutes, form.value.reason),
        said,
    )


def _simple(
    name: str, path: str, act: Callable[[Any, int, int, str], Awaitable[Any]], said: str
) -> Any:
    """A route for an act that needs a reason and nothing else."""

    @post(
        f"/sessions/{{session:int}}/entries/{{entry:int}}/{path}", guards=[requires(RUN)], name=name
    )
    async def handler(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
        who = visitor(request)
        reason = await _reason(request)
        if not reason:
            return await _entry_page(request, session, entry, status=422, error=NO_REASON)
        return await _act(request, session, entry, lambda: act(who, session, entry, reason), said)

    return handler


late = _simple("exams.late", "late", services.allow_late, "已准许迟到，从开始作答起时间给足。")
waive = _simple("exams.waive", "waive", services.waive_photo, "已准许不拍照开考。")
collect = _simple("exams.collect", "collect", services.collect, "已收卷。")
manual = _simple("exams.manual", "checkin", services.ask_checkin, "已提出，请另一名工作人员确认。")
void = _simple("exams.void", "void", services.ask_void, "已提出作废，请另一名工作人员确认。")


def _file(form: Bound[Any], name: str) -> UploadedFile | None:
    files = form.files.get(name) or []
    return files[0] if files and isinstance(files[0], UploadedFile) and files[0].size else None


@post(
    "/sessions/{session:int}/entries/{entry:int}/photo",
    guards=[requires(RUN)],
    request_max_body_size=FORM_WITH_FILES,
)
async def photo(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """A photo with the invigilator's own device."""
    who = visitor(request)
    form = await bind(request, Nothing)
    chosen = _file(form, "photo")
    if chosen is None:
        return await _entry_page(request, session, entry, status=422, error="请选择照片。")
    try:
        received = await receive(
            chosen.chunks(), chosen.name, kinds=("photo",), max_bytes=12 * 1024 * 1024
        )
    except Invalid as error:
        words = "".join(error.errors.values())
        return await _entry_page(request, session, entry, status=422, error=words)
    return await _act(
        request,
        session,
        entry,
        lambda: services.photo_by_invigilator(who, session, entry, received),
        "照片已存入答卷记录。",
    )


@post(
    "/sessions/{session:int}/entries/{entry:int}/sealed",
    guards=[requires(RUN)],
    request_max_body_size=4 * 1024 * 1024,
)
async def sealed(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """补交密封文件."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    chosen = _file(form, "file")
    if chosen is None or not form.ok:
        return await _entry_page(
            request, session, entry, status=422, error="请选择密封文件，并写明理由。"
        )
    content = await chosen.read()
    return await _act(
        request,
        session,
        entry,
        lambda: services.ask_sealed(who, session, entry, content, form.value.reason),
        "文件完好，请另一名工作人员确认后采用。",
    )


@get("/sessions/{session:int}/entries/{entry:int}/photo", guards=[requires(SECOND)])
async def show_photo(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """The photo that stands with the answers."""
    who = visitor(request)
    async with transaction(who.scope):
        await own_session(who, session)
        it = await queries.entry_of(entry, session)
        kept = await queries.photo_of(it["attempt"]) if it and it["attempt"] else None
        if kept is None:
            raise NotFound
        opened = await open_(kept["file"])
    return send_file(request, opened, original=False)


@post("/confirmations/{confirmation:int}", guards=[requires(SECOND)], status_code=200)
async def decide(request: Request, confirmation: FromPath[int]) -> Response:
    """The second person's word."""
    who = visitor(request)
    form = await bind(request, DecideForm)
    async with transaction(who.scope):
        asked = await services.find_confirmation(who, confirmation)
    if not form.ok:
        return await _entry_page(
            request, asked["session"], asked["entry"], status=422, error="请选择同意或者不同意。"
        )
    return await _act(
        request,
        asked["session"],
        asked["entry"],
        lambda: services.decide(who, confirmation, form.value.outcome),
        "已确认。" if form.value.outcome == "agreed" else "已记下不同意。",
    )


ROUTES_LIVE = (
    show_live,
    show_rows,
    show_door,
    scan,
    show_entry,
    password,
    release,
    minutes,
    late,
    waive,
    collect,
    manual,
    void,
    photo,
    sealed,
    show_photo,
    decide,
)
