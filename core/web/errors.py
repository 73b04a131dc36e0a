# SPDX-License-Identifier: Apache-2.0
"""Errors in Chinese: a page for a page, a notice for htmx, a failed card for a card.

Only this module knows HTTP and htmx. What users read never contains an exception's own words
unless it is one of ours, and never English.
"""

import logging
from typing import Any
from urllib.parse import quote

import asyncpg
from litestar import Request, Response
from litestar.exceptions import HTTPException

from core import db
from core.api.plugin import Blocker
from core.auth.access import BY_THE_PAGE, MustChangePassword, MustChooseRole
from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    JianduError,
    NotFound,
    NotSignedIn,
    Refused,
    StaleForm,
    TooLarge,
    TooMany,
)
from core.web import culprit as culprits
from core.web import hx
from core.web.addresses import parts_of
from core.web.state import current, held

log = logging.getLogger("jiandu.web")

Req = Request[Any, Any, Any]

TITLES = {
    400: "这个请求看不懂",
    401: "请先登录",
    403: "你现在的角色没有这项权限",
    404: "没有找到这一页",
    405: "这个地址不能这样用",
    409: "这件事现在还办不了",
    413: "上传的内容太大",
    415: "这种内容不能提交",
    422: "有内容需要改",
    429: "尝试得太频繁",
    500: "平台出错了",
    503: "平台暂时不可用",
}
TEXTS = {
    400: "可能地址不完整，或页面太旧。请返回刷新后再试。",
    404: "可能地址不完整，可能已被移走，也可能不在你的管理范围内。",
    405: "请从页面上的按钮进入。",
    413: "请压缩文件，或分几次上传。",
    415: "请从页面上的表单提交。",
    500: "没有办成，你的数据没有被改动。请稍后再试，还不行就把失败编号告诉管理员。",
    503: "正在维护或数据库暂时连不上，请稍后再试。",
}
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Refused, 409),
    (Invalid, 422),
    (TooLarge, 413),
    (TooMany, 429),
)


def render(
    request: Req,
    status: int,
    *,
    text: str = "",
    title: str = "",
    reasons: tuple[Blocker, ...] = (),
    headers: dict[str, str] | None = None,
    error: BaseException | None = None,
) -> Response[Any]:
    """The answer for a failed request, in the form the browser can show."""
    from core.web import responses

    kept = held(request)
    token = current.set(kept)
    try:
        said = {
            "title": title or TITLES.get(status, "没有办成"),
            "text": text or TEXTS.get(status, ""),
            "reasons": _linked(reasons),
            "reference": kept.request_id if status >= 500 else "",
            "culprit": _shown_culprit(request, error) if error is not None else None,
        }
        asked = hx.read(request)
        if asked.wants_partial and request.method == "GET" and status != 401:
            # A part of a page that could not be read fails in its own frame only.
            answer = responses.partial(
                request,
                "partials/_card_failed.html",
                status=status,
                headers=headers,
                path=_own_path(request),
                **said,
            )
        elif asked.wants_partial:
            answer = responses.partial(
                request,
                "partials/_error.html",
                status=status,
                headers={**hx.retarget("#jd-alerts", "beforeend"), **(headers or {})},
                **said,
            )
        else:
            template = f"errors/{status}.html"
            if not kept.platform.templates.exists(template):
                template = "errors/500.html" if status >= 500 else "errors/400.html"
            answer = responses.page(
                request,
                template,
                status=status,
                headers=headers,
                back=_came_from(request),
                written=kept.body.written if kept.body is not None else [],
                **said,
            )
    finally:
        current.reset(token)
    return answer


def _shown_culprit(request: Req, error: BaseException) -> culprits.Culprit | None:
    """Plugin, hook and line, for authors and evaluators; users of a real platform see none."""
    settings = held(request).platform.settings
    if settings.environment != "development" and not settings.demo:
        return None
    return culprits.find(request, error)


def _own_path(request: Req) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _came_from(request: Req) -> str:
    """The page of this site that led here, so that a refused act is one click from its form."""
    parts = parts_of(request.headers.get("referer", ""))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    local = parts.netloc == request.headers.get("host", "") and path.startswith("/")
    if not local or path.startswith("//") or path == _own_path(request):
        return ""
    return path


def _linked(reasons: tuple[Blocker, ...]) -> list[dict[str, Any]]:
    return [{"text": each.text, "code": each.code, "subject": each.subject} for each in reasons]


# The database is away, starting, stopping, full, or gave up a statement that took too long.
UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,
)


# --- one handler per family of errors --------------------------------------------------------


def on_domain_error(request: Req, error: JianduError) -> Response[Any]:
    """What services and guards refuse."""
    if isinstance(error, NotSignedIn):
        return on_not_signed_in(request)
    if isinstance(error, StaleForm):
        return on_stale_form(request)
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 400)
    reasons = error.reasons if isinstance(error, Refused) else ()
    if isinstance(error, Invalid):
        reasons = tuple(Blocker(name or "form", text) for name, text in error.errors.items())
    headers = {"Retry-After": str(error.wait_seconds)} if isinstance(error, TooMany) else None
    text = "" if reasons else str(error)
    if text.rstrip("。") == TITLES.get(status):
        text = ""  # the title has said it; the page goes on with what can be done
    return render(request, status, text=text, reasons=reasons, headers=headers)


def on_not_signed_in(request: Req) -> Response[Any]:
    """To the sign-in page; what was typed goes along."""
    from core.auth.routes import sign_in_page
    from core.web.responses import redirect

    kept = held(request)
    asked = hx.read(request)
    there = asked.current_path if asked.active else _own_path(request)
    door = f"/login?next={quote(there, safe='')}"
    if asked.active and BY_THE_PAGE in request.scope["route_handler"].opt:
        return _told(hx.trigger({"jd:signed-out": {"door": f"{door}&idle=1"}}))
    if request.method == "GET":
        return redirect(request, door)
    headers = hx.retarget("body", "innerHTML") if asked.active else {}
    token = current.set(kept)
    try:
        return sign_in_page(
            request,
            status=200 if asked.active else 401,
            headers=headers,
            expired=True,
            carry=kept.carry,
            next_path=asked.current_path if asked.active else "/",
        )
    finally:
        current.reset(token)


def _told(headers: dict[str, str]) -> Response[Any]:
    """An answer that leaves the page as it is."""
    return Response(None, status_code=204, headers=headers)


def on_stale_form(request: Req) -> Response[Any]:
    """Signed in again elsewhere: give the typed form back with a fresh token."""
    from core.auth.carrying import carried
    from core.auth.routes import resume_page

    kept = held(request)
    if hx.read(request).active and BY_THE_PAGE in request.scope["route_handler"].opt:
        return _told({})  # the next thing that somebody presses says it
    who = kept.visitor
    form = carried(request, kept.carry, who.user_id) if who else None
    if who is None or form is None:
        return render(request, 403, title="这个请求没有办理", text=str(StaleForm()))
    headers = hx.retarget("body", "innerHTML") if hx.read(request).active else {}
    token = current.set(kept)
    try:
        return resume_page(request, form, status=200 if headers else 403, headers=headers)
    finally:
        current.reset(token)


def on_must_change(request: Req, _error: MustChangePassword) -> Response[Any]:
    """Nothing is open before the password is one's own."""
    from core.web.responses import redirect

    return redirect(request, "/password")


def on_must_choose(request: Req, _error: MustChooseRole) -> Response[Any]:
    """The acting role has lapsed; let the user choose another."""
    from core.web.responses import redirect

    return redirect(request, "/roles")


def on_http_error(request: Req, error: HTTPException) -> Response[Any]:
    """What Litestar refuses: unknown addresses, wrong methods, unreadable parameters."""
    status = error.status_code
    if status == 401:
        return on_not_signed_in(request)
    if status == 400 and _from_path(error):
        status = 404  # a mistyped address, not a mistyped form
    if status >= 500 and status != 503:
        log.error("request failed", exc_info=error)
    return render(request, status, headers=dict(error.headers or {}))


def _from_path(error: HTTPException) -> bool:
    return isinstance(error.extra, list) and any(
        isinstance(each, dict) and each.get("source") == "path" for each in error.extra
    )


def on_database_error(request: Req, error: asyncpg.PostgresError) -> Response[Any]:
    """What PostgreSQL refuses: policies, races for locks, values that exist already."""
    if db.is_out_of_scope(error):
        # The filter should have found nothing first; to the user the row does not exist.
        log.error("a policy refused what the code let through", exc_info=error)
        return render(request, 404)
    if db.is_conflict(error):
        return render(request, 409, text=str(Conflict()))
    if isinstance(error, asyncpg.UniqueViolationError):
        log.warning("unique violation reached the user", exc_info=error)
        return render(request, 409, text="已有相同的记录，请核对后再提交。")
    if isinstance(error, asyncpg.DataError):
        # A number beyond what the column holds, most often from an address typed by hand.
        log.warning("value does not fit", exc_info=error)
        return render(request, 404 if request.method == "GET" else 422)
    if isinstance(error, UNREACHABLE):
        log.error("database not reachable", exc_info=error)
        return render(request, 503, headers={"Retry-After": "5"})
    return on_any_error(request, error)


def on_lost_connection(request: Req, error: Exception) -> Response[Any]:
    """The connection broke on our side; the next request gets a new one."""
    log.error("connection lost", exc_info=error)
    return render(request, 503, headers={"Retry-After": "5"})


def on_any_error(request: Req, error: Exception) -> Response[Any]:
    """Everything nobody foresaw."""
    blamed = culprits.find(request, error)
    log.error(
        "request failed: %s %s (plugin %r, hook %r)",
        request.method,
        request.url.path,
        blamed.plugin,
        blamed.hook,
        exc_info=error,
    )
    try:
        return render(request, 500, error=error)
    except Exception:
        # The error page itself failed; say it without templates rather than not at all.
        log.exception("the error page failed")
        text = f"{TITLES[500]}。{TEXTS[500]} 失败编号 {held(request).request_id}"
        return Response(text, status_code=500, media_type="text/plain")


HANDLERS: dict[Any, Any] = {
    JianduError: on_domain_error,
    MustChangePassword: on_must_change,
    MustChooseRole: on_must_choose,
    HTTPException: on_http_error,
    asyncpg.PostgresError: on_database_error,
    asyncpg.InterfaceError: on_lost_connection,
    # What asyncpg says when the server is killed in the middle of an answer.
    asyncpg.InternalClientError: on_lost_connection,
    ConnectionError: on_lost_connection,
    TimeoutError: on_lost_connection,
    Exception: on_any_error,
}
