# SPDX-License-Identifier: Apache-2.0
"""Answers of handlers: a page in its layout, a piece for htmx, a redirect, a workbook."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial as partial_of
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec
from anyio import to_thread
from litestar import Request, Response
from litestar.datastructures import Cookie

from core import clock, db, forms
from core.api.plugin import Place, SubjectRef
from core.auth.access import SESSION, visitor, visitor_or_none
from core.errors import StaleForm
from core.forms import Bound
from core.listing import FORMAT, Column, Listing, Params, exported_words, xlsx_bytes
from core.observing import watching
from core.web import debugging, hx, navigation, sealing
from core.web.body import read_form
from core.web.state import Held, current, held

if TYPE_CHECKING:
    from core.sealing.services import Head

S = TypeVar("S", bound=msgspec.Struct)
Req = Request[Any, Any, Any]

HTML = "text/html"  # Litestar adds the charset
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FLASH = "jiandu_said"
OPEN = "X-Jiandu-Open"
# The same address answers with a page or with a piece of it.
VARY = "Cookie, HX-Request, HX-Request-Type"


def page(
    request: Req,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A whole page in a layout, with menu, banner and what was just done."""
    kept = held(request)
    said = _said(request, kept)
    context = {**navigation.context(request, kept), "flash": said, **context}
    if (seen := debugging.seen_so_far(kept, template, request.url.path)) is not None:
        context["debug"] = seen
    answer = _html(kept, template, context, status, headers)
    if FLASH in request.cookies:
        answer.delete_cookie(FLASH, path="/")
    return answer


def open_page(request: Req, template: str, *, entry: str = "", **context: Any) -> Response[str]:
    """A page that says the same to everybody, which phones may keep for whoever holds them.

    The service worker asks for it without cookies and keeps that answer, beyond a sign-out too.
    So the route is public without a session, and nothing of a person can be in it. ``entry`` is
    the title under which the page is offered where there is no line.
    """
    if request.route_handler.opt.get(SESSION, True):
        raise RuntimeError("a page everybody may keep is public and knows no session")
    return page(request, template, headers={OPEN: quote(entry) or "-"}, **context)


def partial(
    request: Req,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A piece of a page: one root element, no layout."""
    kept = held(request)
    base = {"request": request, "visitor": kept.visitor}
    return _html(kept, template, {**base, **context}, status, headers)


def render(request: Req, template: str, **context: Any) -> str:
    """The text of a template, for documents and messages."""
    kept = held(request)
    return _render(kept, template, {"request": request, "visitor": kept.visitor, **context})


def templates_may_change(request: Req) -> bool:
    """Whether a template is looked for anew when it was written to: only in development."""
    return bool(held(request).platform.templates.env.auto_reload)


def _render(kept: Held, template: str, context: Mapping[str, Any]) -> str:
    token = current.set(kept)
    try:
        return kept.platform.templates.render(template, context)
    finally:
        current.reset(token)


def _html(
    kept: Held,
    template: str,
    context: Mapping[str, Any],
    status: int,
    headers: Mapping[str, str] | None,
) -> Response[str]:
    return Response(
        _render(kept, template, {"status": status, **context}),
        status_code=status,
        media_type=HTML,
        headers={"Vary": VARY, **_timing(), **(headers or {})},
    )


def _timing() -> dict[str, str]:
    seen = watching.get()
    return {} if seen is None else {"Server-Timing": debugging.timing(seen)}


def redirect(
    request: Req, path: str, *, message: str | Mapping[str, str] | None = None
) -> Response[Any]:
    """Go on to ``path`` with a GET; htmx gets its own header, since it would follow a 303 itself.

    ``message`` is what was done, shown on the next page: a sentence, or ``text``, ``tone``
    (``red`` for a warning), ``href``, ``act``.
    """
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError(f"redirects stay on this site: {path!r}")
    kept = held(request)
    target = quote(path, safe="/?#[]@!$&'()*+,;=%:~-._")
    headers = {"HX-Redirect": target} if hx.read(request).active else {"Location": target}
    answer: Response[Any] = Response(
        b"", status_code=200 if "HX-Redirect" in headers else 303, headers=headers, media_type=HTML
    )
    if message is not None:
        said = {"text": message} if isinstance(message, str) else dict(message)
        answer.set_cookie(
            Cookie(
                key=FLASH,
                value=sealing.sign(kept.platform.settings, [said]),
                path="/",
                httponly=True,
                secure=kept.platform.settings.secure_cookies,
                samesite="lax",
                max_age=60,
            )
        )
    return answer


def _said(request: Req, kept: Held) -> list[dict[str, str]]:
    text = request.cookies.get(FLASH, "")
    if not text or len(text) > 4000:
        return []
    try:
        found = sealing.unsign(kept.platform.settings, text, 60)
    except (ValueError, TypeError, msgspec.MsgspecError):
        return []
    return found if isinstance(found, list) else []


def address_of(request: Req, path: str) -> str:
    """The whole address of a page, to be printed or drawn as a code.

    What the operator has set counts; the name a browser sends is believed only without it, since
    anybody can send any.
    """
    site = held(request).platform.settings.server.url or str(request.base_url)
    return f"{site.rstrip('/')}{path}"


def is_htmx(request: Req) -> bool:
    """Whether htmx asks for a piece of the page rather than the page."""
    return hx.is_htmx(request)


async def bind(
    request: Req, form: type[S], *, extra: Mapping[str, Any] | None = None, **given: Any
) -> Bound[S]:
    """The posted form as ``form``, with Chinese sentences for what is wrong.

    ``extra`` and keyword arguments are values the server knows (an id from the path); the
    browser cannot override them.
    """
    who = visitor_or_none(request)
    body = await read_form(request, token=who.csrf if who else "", trusted=who is None)
    if body is None:
        raise StaleForm
    return forms.decode(form, body.typed, {**(extra or {}), **given}, body.files)


def wants_xlsx(request: Req) -> bool:
    """Whether the address asks for the list as a workbook."""
    return bool(request.query_params.get(FORMAT) == "xlsx")


async def xlsx_response(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    note: str = "",
    masked: bool = False,
) -> Response[bytes]:
    """A workbook to be saved, written outside the event loop.

    ``masked`` for data that leave the platform; not for a sheet to be filled in and read back.
    """
    listed = list(rows)
    write = partial_of(xlsx_bytes, title, columns, listed, note, masked=masked)
    body = await to_thread.run_sync(write)
    name = quote(f"{title}-{clock.today():%Y%m%d}.xlsx")
    return Response(
        body,
        media_type=XLSX,
        headers={
            "Content-Disposition": f"attachment; filename=\"export.xlsx\"; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


async def export(
    request: Req,
    listing: Listing,
    rows: Sequence[Mapping[str, Any]],
    *,
    title: str = "",
) -> Response[bytes]:
    """The rows of ``listing.export(...)`` as a workbook, its conditions noted under the table."""
    who = visitor_or_none(request)
    conditions = listing.words_of(Params.of(request))
    name = f"{who.name}（{who.role_title}）" if who else ""
    moment = clock.local(clock.now())
    head: Head | None = None
    if who is not None:
        from core.auth.services import office
        from core.sealing.services import newest_head

        async with db.transaction(office(who.user_id)):
            await note_export(
                request,
                listing.key,
                title or listing.title,
                form="XLSX",
                rows=len(rows),
                conditions=conditions,
            )
            head = await newest_head()
    note = f"导出时间 {moment:%Y-%m-%d %H:%M}　导出人 {name}　条件 {conditions or '无'}　{exported_words(len(rows))}"
    return await xlsx_response(
        title or listing.title,
        listing.export_columns,
        rows,
        note=f"{note}\n{head.words}" if head else note,
        masked=True,
    )


async def note_export(
    request: Req, key: str, title: str, *, form: str, rows: int, conditions: str = ""
) -> None:
    """Data leaving the platform leaves a trace: who, within which place, what, how much.

    In the transaction that read the data, so that none goes out without it. ``export`` does it
    by itself; whoever writes another form of file, or a page made for paper, calls this.
    """
    from core.auth.declared import ListExported
    from core.auth.services import office
    from core.facts.services import record

    who = visitor(request)
    place = Place(
        who.region.lo if who.region.id else 0, who.organisation.lo if who.organisation else 0
    )
    payload = ListExported(
        listing=key,
        title=title if form == "XLSX" else f"{title}（{form}）",
        rows=rows,
        conditions=conditions,
        form=form,
        place=who.place_name,
    )
    async with db.transaction(office(who.user_id)):
        await record("core.listing.exported", SubjectRef("core.user", who.user_id), payload, place)


async def printed(
    request: Req, key: str, title: str, *, rows: int = 1, conditions: str = ""
) -> "Head | None":
    """For a page on ``layouts/print.html``: the trace it leaves, and the head for its foot.

    Goes into the context as ``seal``; in the transaction that read the data.
    """
    from core.sealing.services import newest_head

    await note_export(request, key, title, form="打印", rows=rows, conditions=conditions)
    return await newest_head()
