# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, passwords, acting roles, deputies, preferences."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from core import clock, db
from core.auth import queries, rules, services
from core.auth.access import public, requires, visitor
from core.auth.carrying import Carried, carried
from core.auth.forms import (
    DelegateForm,
    DemoForm,
    PasswordForm,
    PreferenceForm,
    SignInForm,
    SwitchForm,
)
from core.auth.services import SignedIn
from core.errors import Conflict, Forbidden, Invalid, Refused
from core.forms import Bound, unbound
from core.scope import Scope
from core.web.addresses import parts_of
from core.web.body import words_of
from core.web.middleware import reopen
from core.web.responses import bind, page, redirect
from core.web.state import held

Req = Request[Any, Any, Any]


def safe_path(path: str) -> str:
    """Where to go after signing in: a page of ours, never the sign-in page itself."""
    parts = parts_of(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    if any(ord(c) < 32 for c in path):
        return "/"
    return "/" if parts.path in ("/login", "/logout", "/demo/login") else path


def _address(request: Req) -> str:
    return request.client.host if request.client else ""


def _agent(request: Req) -> str:
    return request.headers.get("user-agent", "")[:200]


# --- in and out ------------------------------------------------------------------------------


IDLE = "很久没有操作，已自动退出。登录后回到刚才的页面。"


@get("/login", opt=public("nobody is signed in before this page"))
async def login_page(request: Req, next: FromQuery[str] = "/") -> Response[Any]:
    """The door."""
    if held(request).visitor is not None:
        return redirect(request, safe_path(next))
    return sign_in_page(
        request,
        next_path=safe_path(next),
        notice=IDLE if request.query_params.get("idle") == "1" else "",
        demo=await _demo_accounts(request),
    )


def sign_in_page(
    request: Req,
    *,
    status: int = 200,
    form: Bound[SignInForm] | None = None,
    sentence: str = "",
    expired: bool = False,
    carry: str = "",
    notice: str = "",
    next_path: str = "/",
    demo: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The sign-in page; ``carry`` is a typed form that comes back after signing in."""
    form = form or unbound(SignInForm, next=safe_path(next_path), carry=carry)
    if sentence:
        form.error("", sentence)
    elif form.errors:
        form.error("", " ".join(form.errors.values()))
    form.raw.pop("password", None)
    return page(
        request,
        "pages/login.html",
        status=status,
        headers=headers,
        form=form,
        notice=notice,
        expired=expired and bool(carry),
        carry=form.get("carry"),
        next_path=safe_path(form.get("next") or "/"),
        demo_accounts=demo or [],
        for_public=[each for each in held(request).platform.registry.nav_items if each.for_public],
        visitor=None,
    )


async def _demo_accounts(request: Req) -> list[dict[str, Any]]:
    if not held(request).platform.settings.demo:
        return []
    async with db.transaction(Scope.nothing()):
        return await queries.demo_accounts(clock.today())


@post("/login", opt=public("signing in is what makes a session"), status_code=200)
async def login(request: Req) -> Response[Any]:
    """Check name and password; give a carried form back."""
    if held(request).platform.settings.demo:
        chosen = await bind(request, DemoForm)
        if chosen.ok:
            return await _demo_login(request, chosen.value)
    form = await bind(request, SignInForm)
    if not form.ok:
        demo = await _demo_accounts(request)
        return sign_in_page(request, status=422, form=form, demo=demo)
    settings = held(request).platform.settings
    result = await services.sign_in(
        form.value.login,
        form.value.password,
        settings.security,
        address=_address(request),
        agent=_agent(request),
        administrators_need_codes=settings.administrators_need_codes,
    )
    if result.second:
        from core.totp.routes import second_step

        return await second_step(request, result, form.value.next, form.value.carry)
    if result.ticket is None:
        headers = {"Retry-After": str(result.wait_seconds)} if result.wait_seconds else None
        return sign_in_page(
            request,
            status=429 if result.wait_seconds else 401,
            form=form,
            sentence=result.sentence,
            headers=headers,
            demo=await _demo_accounts(request),
        )
    return await enter(request, result, form.value.next, form.value.carry)


async def _demo_login(request: Req, form: DemoForm) -> Response[Any]:
    """Become one of the demo accounts; does not exist outside demo installations."""
    who = held(request).visitor
    if who is not None:
        await services.sign_out(who)
    result = await services.sign_in_demo(
        form.demo, address=_address(request), agent=_agent(request)
    )
    return await enter(request, result, form.next, "")


async def enter(request: Req, result: SignedIn, path: str, carry: str) -> Response[Any]:
    """Hand out the session: back to a carried form, or on to ``path``."""
    assert result.ticket is not None
    kept = held(request)
    kept.new_cookie = result.ticket.token
    if result.must_change:
        return redirect(request, "/password")
    form = carried(request, carry, result.user_id)
    if form is not None:
        await reopen(request, result.ticket.token)
        return resume_page(request, form)
    return redirect(request, safe_path(path))


def resume_page(
    request: Req,
    form: Carried,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """The typed form again, to be sent on with one press; it was ours and is the same user's."""
    return page(
        request,
        "pages/resume.html",
        status=status,
        headers=headers,
        action=form.path,
        title="",
        fields=form.pairs,
        written=words_of(form.pairs),
        files=form.files,
    )


@post("/logout", guards=[requires()], status_code=200)
async def logout(request: Req) -> Response[Any]:
    """Leave; pages the browser kept are dropped too."""
    await services.sign_out(visitor(request))
    held(request).new_cookie = ""
    answer = redirect(request, "/login", message="已退出登录。")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


# --- password --------------------------------------------------------------------------------


def _password_page(request: Req, form: Bound[PasswordForm], *, status: int = 200) -> Response[Any]:
    who = visitor(request)
    for name in ("current", "password", "again"):
        form.raw.pop(name, None)  # a password is never sent back to the browser
    length = held(request).platform.settings.security.password_min_length
    return page(
        request,
        "pages/password_change.html",
        status=status,
        form=form,
        must=who.must_change,
        rules=[
            f"至少 {length} 位，要有大写字母、小写字母和数字。",
            f"不能和账号相同，不能和最近 {rules.HISTORY} 次用过的相同。",
        ],
    )


@get("/password", guards=[requires()])
async def password_page(request: Req) -> Response[Any]:
    """Set a password of one's own."""
    return _password_page(request, unbound(PasswordForm))


@post("/password", guards=[requires()], status_code=200)
async def change_password(request: Req) -> Response[Any]:
    """Change it; everything else signed in under it ends."""
    form = await bind(request, PasswordForm)
    if not form.ok:
        return _password_page(request, form, status=422)
    try:
        ticket = await services.change_password(
            visitor(request),
            form.value.current,
            form.value.password,
            held(request).platform.settings.security,
            address=_address(request),
            agent=_agent(request),
        )
    except Invalid as error:
        form.errors.update(error.errors)
        return _password_page(request, form, status=422)
    held(request).new_cookie = ticket.token
    return redirect(request, "/", message="密码已修改，其他设备上的登录已结束。")


# --- roles -----------------------------------------------------------------------------------


async def _roles_page(
    request: Req, form: Bound[DelegateForm] | None = None, *, status: int = 200
) -> Response[Any]:
    who = visitor(request)
    today = clock.today()
    async with db.transaction(who.scope):
        held_roles = await queries.assignments(who.user_id, today)
        mine = next((row for row in held_roles if row["id"] == who.assignment_id), None)
        deputies: list[dict[str, Any]] = []
        colleagues: list[tuple[str, str]] = []
        if (
            mine is not None
            and mine["delegated_by"] is None
            and mine["reach"] in ("organisation", "region")
        ):
            deputies = await queries.delegations_of(who.assignment_id, today)
            colleagues = await queries.colleagues(mine["organisation"], mine["region"], who.user_id)
    return page(
        request,
        "pages/roles.html",
        status=status,
        assignments=[
            {
                "id": row["id"],
                "title": row["role_title"],
                "place": row["place_name"] or "全平台",
                "region": row["region_name"] if row["organisation"] else "",
                "until": row["valid_to"],
                "delegated_by": row["principal"] or "",
                "current": row["id"] == who.assignment_id,
            }
            for row in held_roles
        ],
        deputies=deputies,
        colleagues=colleagues,
        form=form or unbound(DelegateForm),
        limit=today + timedelta(days=rules.DELEGATION_DAYS),
    )


@get("/roles", guards=[requires()])
async def roles_page(request: Req) -> Response[Any]:
    """All roles one holds; the one in use; who acts for one."""
    return await _roles_page(request)


@post("/roles", guards=[requires()], status_code=200)
async def switch_role(request: Req) -> Response[Any]:
    """Act in another role."""
    form = await bind(request, SwitchForm)
    if not form.ok:
        return redirect(request, "/roles")
    if held(request).platform.settings.administrators_need_codes:
        from core.totp.services import must_enrol_for

        if await must_enrol_for(visitor(request).user_id, form.value.assignment):
            raise Refused("这个身份要用动态验证码登录。请退出后重新登录，按提示绑定。")
    ticket = await services.switch_role(
        visitor(request),
        form.value.assignment,
        address=_address(request),
        agent=_agent(request),
    )
    held(request).new_cookie = ticket.token
    return redirect(request, "/", message="身份已切换。")


@post("/roles/delegations", guards=[requires()], status_code=200)
async def delegate(request: Req) -> Response[Any]:
    """Let a colleague act in the present role."""
    form = await bind(request, DelegateForm)
    if not form.ok:
        return await _roles_page(request, form, status=422)
    try:
        await services.delegate_role(visitor(request), form.value.deputy, form.value.until)
    except Refused as error:
        return await _roles_page(request, form.error("", str(error)), status=409)
    return redirect(request, "/roles", message="代理已设好，对方下次登录或切换身份时可以使用。")


@post("/roles/delegations/{assignment_id:int}/end", guards=[requires()], status_code=200)
async def end_delegation(request: Req, assignment_id: FromPath[int]) -> Response[Any]:
    """End a delegation, from either side."""
    await services.end_delegation(visitor(request), assignment_id)
    return redirect(request, "/roles", message="代理已结束。")


# --- sessions and preferences ----------------------------------------------------------------


@get("/sessions", guards=[requires()])
async def sessions_page(request: Req) -> Response[Any]:
    """Where one is signed in."""
    who = visitor(request)
    idle = timedelta(minutes=held(request).platform.settings.session.idle_minutes)
    async with db.transaction(who.scope):
        found = await queries.sessions(who.user_id, idle, clock.now())
    return page(
        request,
        "pages/sessions.html",
        sessions=[
            {
                "id": row["id"],
                "device": device(row["agent"]),
                "address": row["address"],
                "began": row["opened_at"],
                "last": row["seen_at"],
                "current": row["id"] == who.session_id,
            }
            for row in found
        ],
    )


@post("/sessions/{session_id:int}/end", guards=[requires()], status_code=200)
async def end_session(request: Req, session_id: FromPath[int]) -> Response[Any]:
    """Sign out somewhere else."""
    who = visitor(request)
    if session_id == who.session_id:
        raise Conflict("这是你正在使用的登录，请用“退出登录”。")
    await services.end_session(who, session_id)
    return redirect(request, "/sessions", message="那台设备上的登录已结束。")


@post("/sessions/end-others", guards=[requires()], status_code=200)
async def end_others(request: Req) -> Response[Any]:
    """Sign out everywhere else at once."""
    ended = await services.end_other_sessions(visitor(request))
    words = f"已结束其他 {ended} 处登录。" if ended else "没有其他登录。"
    return redirect(request, "/sessions", message=words)


@post("/preferences", guards=[requires()], status_code=200)
async def preferences(request: Req) -> Response[Any]:
    """Text size and row height."""
    form = await bind(request, PreferenceForm)
    if not form.ok:
        raise Forbidden
    who = visitor(request)
    await services.set_preferences(who, form.value.text_size, form.value.density)
    return redirect(request, safe_path(form.value.next))


BROWSERS = (
    ("MicroMessenger", "微信"),
    ("QIHU", "360 浏览器"),
    ("Qaxbrowser", "奇安信浏览器"),
    ("UOS", "统信浏览器"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "安卓手机"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """A browser's own description in words people know their devices by."""
    browser = next((words for sign, words in BROWSERS if sign in agent), "")
    system = next((words for sign, words in SYSTEMS if sign in agent), "")
    return " · ".join(part for part in (system, browser) if part)


HANDLERS: list[Any] = [
    login_page,
    login,
    logout,
    password_page,
    change_password,
    roles_page,
    switch_role,
    delegate,
    end_delegation,
    sessions_page,
    end_session,
    end_others,
    preferences,
]
