# SPDX-License-Identifier: Apache-2.0
"""The second step of signing in, and one's own authenticator.

Between password and code there is no session at all: what is known so far travels sealed in the
form and is void after five minutes.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth import routes as signing_in
from core.auth import services as accounts
from core.auth.access import public, requires, visitor
from core.auth.admin import account_page
from core.auth.rules import ADMINISTRATORS
from core.auth.services import SignedIn
from core.errors import Invalid, Refused, TooMany
from core.forms import Bound, unbound
from core.totp import rules, services
from core.web import sealing
from core.web.codes import qr
from core.web.responses import bind, page, redirect
from core.web.state import held

Req = Request[Any, Any, Any]
MINUTES = 5
NO_STORE = {"Cache-Control": "private, no-store"}

Code = Annotated[str, Meta(title="验证码", min_length=1, max_length=40)]


class SecondForm(msgspec.Struct):
    code: Code
    pending: Annotated[str, Meta(max_length=2000)]
    next: Annotated[str, Meta(max_length=2000)] = "/"
    carry: Annotated[str, Meta(max_length=400_000)] = ""


class BindForm(msgspec.Struct):
    code: Code
    pending: Annotated[str, Meta(max_length=2000)]


class CodeForm(msgspec.Struct):
    code: Code


class ResetForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="原因", min_length=1, max_length=200)]


class Pending(msgspec.Struct, frozen=True):
    """Who has given the right password, and the secret offered to him if he has none."""

    user: int
    slip: int = 0
    secret: str = ""
    password: int = 0
    """Which of his passwords was right; the form dies with it."""
    purpose: str = "sign-in"


def _seal(request: Req, what: Pending) -> str:
    return sealing.seal(held(request).platform.settings, msgspec.to_builtins(what))


def _pending(request: Req, text: str, purpose: str) -> Pending | None:
    found = sealing.unseal(held(request).platform.settings, text, MINUTES * 60)
    try:
        pending = msgspec.convert(found, Pending)
    except msgspec.ValidationError:
        return None
    return pending if pending.purpose == purpose else None


def _address(request: Req) -> str:
    return request.client.host if request.client else ""


def _agent(request: Req) -> str:
    return request.headers.get("user-agent", "")[:200]


async def _offer(request: Req, user_id: int, secret: str) -> dict[str, Any]:
    """The QR code and the typed form of a secret."""
    if not secret:
        return {"code": "", "typed": ""}
    async with db.transaction(accounts.office(0)):
        login = await db.value("select login from core_user where id = $1", user_id)
    raw = bytes.fromhex(secret)
    issuer = held(request).platform.settings.site.title
    words = rules.base32(raw)
    return {
        "code": qr(rules.address(raw, login or "", issuer), "用验证器应用扫描的二维码"),
        "typed": " ".join(words[at : at + 4] for at in range(0, len(words), 4)),
    }


# --- signing in ------------------------------------------------------------------------------


async def second_step(request: Req, result: SignedIn, path: str, carry: str) -> Response[Any]:
    """After a right password: ask for the code, or have an authenticator bound."""
    secret = rules.new_secret().hex() if result.second == "enrol" else ""
    pending = Pending(result.user_id, result.slip_id, secret, result.password)
    form = unbound(
        SecondForm, pending=_seal(request, pending), next=signing_in.safe_path(path), carry=carry
    )
    return await _second_page(request, pending, form)


async def _second_page(
    request: Req, pending: Pending, form: Bound[SecondForm], *, status: int = 200
) -> Response[Any]:
    form.raw.pop("code", None)
    return page(
        request,
        "pages/second_factor.html",
        status=status,
        headers=NO_STORE,
        form=form,
        enrol=bool(pending.secret),
        offer=await _offer(request, pending.user, pending.secret),
        visitor=None,
    )


@post("/login/code", opt=public("the second half of signing in"), status_code=200)
async def second(request: Req) -> Response[Any]:
    """Check the code and open the session."""
    form = await bind(request, SecondForm)
    pending = _pending(request, str(form.get("pending") or ""), "sign-in")
    if pending is None:
        return signing_in.sign_in_page(
            request, status=401, sentence=f"超过 {MINUTES} 分钟没有填验证码，请重新登录。"
        )
    if not await accounts.still_right(pending.user, pending.password, pending.slip):
        return signing_in.sign_in_page(request, status=401, sentence=accounts.CHANGED)
    if not form.ok:
        return await _second_page(request, pending, form, status=422)
    if pending.secret and await _bound_meanwhile(pending.user):
        return signing_in.sign_in_page(
            request, status=401, sentence="这个账号刚刚绑定过动态验证码，请重新登录。"
        )
    rule = held(request).platform.settings.security
    codes: list[str] = []
    try:
        if pending.secret:
            codes = await services.bind(
                pending.user, bytes.fromhex(pending.secret), form.value.code
            )
        else:
            await services.check(pending.user, form.value.code, rule, address=_address(request))
    except Invalid as error:
        form.errors.update(error.errors)
        return await _second_page(request, pending, form, status=401)
    except TooMany as error:
        return signing_in.sign_in_page(
            request,
            status=429,
            sentence=str(error),
            headers={"Retry-After": str(error.wait_seconds)},
        )
    result = await accounts.finish_sign_in(
        pending.user,
        pending.slip,
        rule,
        password=pending.password,
        address=_address(request),
        agent=_agent(request),
    )
    if result.ticket is None:
        return signing_in.sign_in_page(request, status=401, sentence=result.sentence)
    if codes:
        held(request).new_cookie = result.ticket.token
        path = "/password" if result.must_change else signing_in.safe_path(form.value.next)
        return _codes_page(request, codes, path)
    return await signing_in.enter(request, result, form.value.next, form.value.carry)


async def _bound_meanwhile(user_id: int) -> bool:
    async with db.transaction(accounts.office(0)):
        return await services.is_bound(user_id)


def _codes_page(request: Req, codes: list[str], path: str) -> Response[Any]:
    return page(
        request, "pages/recovery_codes.html", headers=NO_STORE, codes=codes, path=path, visitor=None
    )


# --- one's own -------------------------------------------------------------------------------


async def _own(
    request: Req,
    *,
    form: Bound[BindForm] | None = None,
    pending: Pending | None = None,
    problem: str = "",
    status: int = 200,
) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(who.scope):
        state = await services.state_of(who.user_id)
    settings = held(request).platform.settings
    return page(
        request,
        "pages/totp.html",
        status=status,
        headers=NO_STORE,
        bound=state,
        form=form,
        problem=problem,
        offer=await _offer(request, who.user_id, pending.secret) if pending else None,
        required=settings.administrators_need_codes and who.role in ADMINISTRATORS,
    )


@get("/totp", guards=[requires()])
async def own(request: Req) -> Response[Any]:
    """Whether an authenticator is bound, and how to change that."""
    return await _own(request)


@post("/totp/begin", guards=[requires()], status_code=200)
async def begin(request: Req) -> Response[Any]:
    """Offer a new secret; whoever has one already shows first that it is still his."""
    who = visitor(request)
    async with db.transaction(who.scope):
        bound = await services.is_bound(who.user_id)
    if bound and (refusal := await _refused(request)):
        return refusal
    return await _offer_page(request, rules.new_secret().hex())


async def _offer_page(
    request: Req, secret: str, errors: dict[str, str] | None = None
) -> Response[Any]:
    pending = Pending(visitor(request).user_id, 0, secret, purpose="bind")
    form = unbound(BindForm, pending=_seal(request, pending))
    form.errors.update(errors or {})
    return await _own(request, form=form, pending=pending, status=422 if errors else 200)


async def _refused(request: Req) -> Response[Any] | None:
    """Ask for a code of the authenticator bound now; the page with the sentence if it is wrong."""
    who = visitor(request)
    form = await bind(request, CodeForm)
    if not form.ok:
        return await _own(request, problem="请先填现在的验证码或一个备用码。", status=422)
    rule = held(request).platform.settings.security
    try:
        await services.check(who.user_id, form.value.code, rule, address=_address(request))
    except Invalid as error:
        return await _own(request, problem=str(error), status=422)
    return None


@post("/totp/bind", guards=[requires()], status_code=200)
async def bind_own(request: Req) -> Response[Any]:
    """Bind the offered secret once the telephone shows its codes."""
    who = visitor(request)
    form = await bind(request, BindForm)
    pending = _pending(request, str(form.get("pending") or ""), "bind")
    if pending is None or pending.user != who.user_id:
        return await _own(request, problem="二维码已过期，请重新开始绑定。", status=422)
    if not form.ok:
        return await _offer_page(request, pending.secret, {"code": "请填写验证码。"})
    try:
        codes = await services.bind(who.user_id, bytes.fromhex(pending.secret), form.value.code)
    except Invalid as error:
        return await _offer_page(request, pending.secret, dict(error.errors))
    return _codes_page(request, codes, "/totp")


@post("/totp/codes", guards=[requires()], status_code=200)
async def new_codes(request: Req) -> Response[Any]:
    """New recovery codes against a present code."""
    if refusal := await _refused(request):
        return refusal
    return _codes_page(request, await services.renew_codes(visitor(request).user_id), "/totp")


@post("/totp/unbind", guards=[requires()], status_code=200)
async def unbind(request: Req) -> Response[Any]:
    """Do without; administrators may not where the platform asks them for codes."""
    who = visitor(request)
    settings = held(request).platform.settings
    if settings.administrators_need_codes and who.role in ADMINISTRATORS:
        raise Refused("你的身份必须使用动态验证码，不能解除。换手机请用“换绑手机”。")
    if refusal := await _refused(request):
        return refusal
    await services.unbind(who.user_id)
    return redirect(request, "/totp", message="动态验证码已解除，以后只用密码登录。")


@post("/accounts/{user_id:int}/totp/reset", guards=[requires("core.totp.reset")], status_code=200)
async def reset(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """For a lost telephone; with a reason, recorded, by the security administrator."""
    form = await bind(request, ResetForm)
    if form.ok:
        try:
            await services.reset(user_id, visitor(request), form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
    if not form.ok:
        return await account_page(request, user_id, status=422, resetting=form)
    words = "动态验证码已重置，他下次登录时重新绑定。"
    return redirect(request, f"/accounts/{user_id}", message=words)


HANDLERS = [second, own, begin, bind_own, new_codes, unbind, reset]
