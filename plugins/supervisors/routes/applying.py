# SPDX-License-Identifier: Apache-2.0
"""The public door: choose the region, fill in, hand in; and the bureau's own for invitations."""

from contextlib import suppress
from datetime import date
from types import SimpleNamespace
from typing import Any

from core.api.access import public, requires, visitor
from core.api.accounts import chooses_password, login_of_pinyin, password_problem
from core.api.db import Scope, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES
from core.api.people import clean
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    limit,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
)
from plugins.supervisors.forms import ApplyForm, InviteForm, Nothing
from plugins.supervisors.queries.applications import open_of
from plugins.supervisors.routes.shared import kept_names, take_papers
from plugins.supervisors.rules.applying import PHOTO_RULES
from plugins.supervisors.rules.words import DECLARATIONS, DUTIES, OBLIGATIONS, ROUTES, SOURCES
from plugins.supervisors.services import applying
from plugins.supervisors.services.base import MINE, REVIEW, Actor, settings_in
from plugins.supervisors.services.showing import Choice, choose_region

ANYBODY = public("群众申请担任社会监督员，不需要账号")
DONE, PROGRESS = "/supervisors/apply/done", "/supervisors/mine/progress"
PUBLIC_SHELL, PHONE_SHELL = "layouts/public.html", "layouts/phone.html"
INDUSTRIES = (
    "食品安全", "教育", "医疗卫生", "法律服务", "建筑", "交通运输", "商贸流通", "农牧业",
    "制造业", "餐饮住宿", "新闻媒体", "金融", "信息技术", "环境保护",
)  # fmt: skip


async def _choice(request: Request) -> Choice:
    asked = request.query_params.get("region", "")
    wanted = number_of(asked) if asked else 0
    if asked and not wanted:
        raise NotFound("没有这个地区，请逐级选择。")
    query = request.query_params.get("place", "").strip()[:60]
    return await choose_region(int(wanted or 0), query)


async def _form_page(
    request: Request,
    choice: Choice,
    form: Bound[Any] | None,
    *,
    again: bool = False,
    status: int = 200,
) -> Response:
    async with transaction(_nobody()):
        settings = await settings_in(choice.region.lo)
    return page(
        request,
        "supervisors/apply.html",
        status=status,
        frame=PHONE_SHELL if again else PUBLIC_SHELL,
        target="/supervisors/mine/apply" if again else "/supervisors/apply",
        again=again,
        form=form,
        choice=choice,
        place="".join(each.name for each in choice.path),
        routes=[(key, ROUTES[key]) for key in settings.routes],
        sources=list(SOURCES.items()),
        industries=INDUSTRIES,
        declarations=list(DECLARATIONS.items()),
        obligations=OBLIGATIONS,
        duties=DUTIES,
        basis=settings.basis,
        years=settings.term_years,
        extra=[(str(number), text) for number, text in enumerate(settings.extra_conditions)],
        photo_rules=PHOTO_RULES,
        kept=kept_names(form),
        chooses=chooses_password() and not again,
    )


def _nobody() -> Scope:
    return Scope.platform("the settings of a region, for its public form")


@get("/apply", opt=ANYBODY)
async def show_apply(request: Request) -> Response:
    """省 → 盟市 → 旗县区, then the form of that region (S0-1, S0-2)."""
    limit(request, "supervisors.page")
    choice = await _choice(request)
    if not choice.organ:
        return page(
            request,
            "supervisors/apply_region.html",
            frame=PUBLIC_SHELL,
            target="/supervisors/apply",
            choice=choice,
        )
    return await _form_page(request, choice, None)


def _faults(form: Bound[Any], route: str, papers: applying.Papers, settings: Any) -> None:
    """Everything else that is wrong, so that all of it is said at once."""
    agreed = route == "invited" or bool(form.get("agreed"))
    for name, sentence in applying.check_form(
        _typed(form), route, papers, settings, agreed=agreed
    ).items():
        form.errors.setdefault(name, sentence)


def _typed(form: Bound[Any]) -> Any:
    """The form as far as it could be read: what the rules look at, whatever else is missing."""
    if form._value is not None:  # noqa: SLF001 - a form with a wrong file still has its values
        return form._value  # noqa: SLF001
    born: date | None = None
    with suppress(ValueError):
        born = date.fromisoformat(str(form.get("birth_date")))
    return SimpleNamespace(
        id_number=str(form.get("id_number")),
        phone=str(form.get("phone")),
        sex=str(form.get("sex")),
        birth_date=born,
        source=str(form.get("source")),
        recommending_unit=str(form.get("recommending_unit")),
        declared=form.all("declared"),
        checked=form.all("checked"),
    )


async def _take(
    request: Request, kind: type[Any], route: str = ""
) -> tuple[Bound[Any], applying.Papers, Choice]:
    """A posted form with its files and its region, and everything that is wrong with it."""
    form: Bound[Any] = await bind(request, kind)
    papers = await take_papers(form)
    choice = await choose_region(number_of(str(form.get("region"))) or 0, "")
    if choice.organ:
        async with transaction(_nobody()):
            settings = await settings_in(choice.region.lo)
        _faults(form, route or str(form.get("route")), papers, settings)
    elif "region" not in form.errors:
        form.error("region", choice.closed or "请逐级选择到旗县区。")
    return form, papers, choice


def _check_password(form: Bound[Any]) -> None:
    """The password is chosen on the last step of the form (D17)."""
    password, again = str(form.get("password")), str(form.get("again"))
    number, name = clean(str(form.get("id_number"))), str(form.get("name"))
    if not password:
        form.error("password", "请设一个登录密码，以后用身份证号和它登录。")
    elif problem := password_problem(password, id_number=number, name=name):
        form.error("password", problem)
    elif password != again:
        form.error("again", "两次输入的密码不一样，请再输一次。")
    for each in ("password", "again"):
        # A password is never sent back to a page.
        form.raw.pop(each, None)


async def _refused(
    request: Request, choice: Choice, form: Bound[Any], *, again: bool = False
) -> Response:
    if choice.organ:
        return await _form_page(request, choice, form, again=again, status=422)
    return page(
        request,
        "supervisors/apply_region.html",
        status=422,
        frame=PHONE_SHELL if again else PUBLIC_SHELL,
        target="/supervisors/mine/apply" if again else "/supervisors/apply",
        choice=choice,
    )


@post("/apply", opt=ANYBODY, request_max_body_size=FORM_WITH_FILES)
async def post_apply(request: Request) -> Response:
    """Hand in; what is wrong stands beside its field and nothing is lost, files included."""
    limit(request, "supervisors.apply", times=20)
    form, papers, choice = await _take(request, ApplyForm)
    if chooses_password():
        _check_password(form)
    if form.ok:
        try:
            async with transaction(_nobody()):
                if said := await once(request, str(form.get("once"))):
                    return said
                await applying.apply(form.value, papers)
                await remember_once(request, str(form.get("once")), DONE)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(request, DONE)
    return await _refused(request, choice, form)


@get("/apply/done", opt=ANYBODY)
async def apply_done(request: Request) -> Response:
    """What happens now, and how to sign in."""
    limit(request, "supervisors.page")
    return page(request, "supervisors/apply_done.html", chooses=chooses_password())


# --- again, by somebody who has an account -------------------------------------------------------


@get("/mine/apply", guards=[requires(MINE)])
async def show_again(request: Request) -> Response:
    """A new application after one that did not pass, or after one's terms."""
    who = visitor(request)
    async with transaction(who.scope):
        standing = await open_of(who.person_id)
    if standing is not None:
        return redirect(
            request, "/supervisors/mine/progress", message="你的申请正在办理，不用再次提交。"
        )
    choice = await _choice(request)
    if not choice.organ:
        return page(
            request,
            "supervisors/apply_region.html",
            frame=PHONE_SHELL,
            target="/supervisors/mine/apply",
            choice=choice,
        )
    return await _form_page(request, choice, None, again=True)


@post("/mine/apply", guards=[requires(MINE)], request_max_body_size=FORM_WITH_FILES)
async def post_again(request: Request) -> Response:
    """Hand in again, under the account one has."""
    who = visitor(request)
    form, papers, choice = await _take(request, ApplyForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                if said := await once(request, str(form.get("once"))):
                    return said
                await applying.apply_again(Actor.of(who), form.value, papers)
                await remember_once(request, str(form.get("once")), PROGRESS)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(request, PROGRESS, message="申请已提交。")
    return await _refused(request, choice, form, again=True)


@post("/mine/withdraw", guards=[requires(MINE)])
async def post_withdraw(request: Request) -> Response:
    """Take the application back."""
    await bind(request, Nothing)
    await applying.withdraw(Actor.of(visitor(request)))
    return redirect(request, "/supervisors/mine/progress", message="申请已撤回。")


# --- 特邀 ---------------------------------------------------------------------------------------


async def _invite_page(
    request: Request,
    choice: Choice,
    form: Bound[Any] | None,
    *,
    proposal: str = "",
    status: int = 200,
) -> Response:
    async with transaction(_nobody()):
        settings = await settings_in(choice.region.lo)
    return page(
        request,
        "supervisors/invite.html",
        status=status,
        form=form,
        choice=choice,
        place="".join(each.name for each in choice.path),
        sources=list(SOURCES.items()),
        industries=INDUSTRIES,
        declarations=list(DECLARATIONS.items()),
        extra=[(str(number), text) for number, text in enumerate(settings.extra_conditions)],
        photo_rules=PHOTO_RULES,
        kept=kept_names(form),
        proposal=proposal,
    )


async def _invite_choice(request: Request) -> Choice:
    """The region asked for, else the bureau's own, when it is one people can be engaged in."""
    if request.query_params.get("region") or request.query_params.get("place"):
        return await _choice(request)
    return await choose_region(visitor(request).region.id, "")


@get("/invite", guards=[requires(REVIEW)])
async def show_invite(request: Request) -> Response:
    """The form of an invitation, for the bureau's own region."""
    choice = await _invite_choice(request)
    if not choice.organ:
        return page(
            request,
            "supervisors/apply_region.html",
            frame="layouts/app.html",
            target="/supervisors/invite",
            choice=choice,
        )
    return await _invite_page(request, choice, None)


@post("/invite", guards=[requires(REVIEW)], request_max_body_size=FORM_WITH_FILES)
async def post_invite(request: Request) -> Response:
    """Two steps in one form: the account made of the name is shown before it is saved (S0-8)."""
    who = visitor(request)
    form, papers, choice = await _take(request, InviteForm, "invited")
    proposal = ""
    if form.ok and not form.value.login:
        # Shown before saving, and the clerk may type another.
        proposal = await login_of_pinyin(form.value.name)
        form.raw["login"] = proposal
        return await _invite_page(request, choice, form, proposal=proposal)
    if form.ok:
        try:
            async with transaction(who.scope):
                if said := await once(request, str(form.get("once"))):
                    return said
                made = await applying.enter_invited(Actor.of(who), form.value, papers)
                await remember_once(
                    request, str(form.get("once")), f"/supervisors/applications/{made}"
                )
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(
                request,
                f"/supervisors/applications/{made}",
                message="特邀人员已登记，审核通过后可以打印登录凭条。",
            )
    if not choice.organ:
        return page(
            request,
            "supervisors/apply_region.html",
            status=422,
            frame="layouts/app.html",
            target="/supervisors/invite",
            choice=choice,
        )
    return await _invite_page(request, choice, form, status=422)


ROUTES_APPLYING = (
    show_apply,
    post_apply,
    apply_done,
    show_again,
    post_again,
    post_withdraw,
    show_invite,
    post_invite,
)
