# SPDX-License-Identifier: Apache-2.0
"""``/scan``: a code by camera, by a photograph, by a scanner gun or by typing, and what it is."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from core.api.plugin import Action
from core.auth.access import requires, visitor
from core.errors import Invalid
from core.forms import Bound, unbound
from core.scan import rules
from core.scan.declared import UNKNOWN
from core.scan.pictures import LARGEST, code_in
from core.scan.services import Found, doubt, look_up
from core.web import responses
from core.web.enclosing import actions_for
from core.web.limiting import limit
from core.web.security import SOURCES

Req = Request[Any, Any, Any]
SCAN = "core.scan.use"
PASSED_ON = 400
"""How much of a code nobody knows is handed to a form."""

# Reading codes in the browser is WebAssembly, which no other page may run.
POLICY = "; ".join(
    f"{what} {where}"
    for what, where in {**SOURCES, "script-src": "'self' 'wasm-unsafe-eval'"}.items()
)


class ScanForm(msgspec.Struct):
    """A code, read by the browser, typed, or in a photograph."""

    code: Annotated[str, Meta(title="编号或二维码内容", max_length=rules.LONGEST)] = ""


def _page(
    request: Req,
    form: Bound[ScanForm],
    *,
    status: int = 200,
    found: Found | None = None,
    unknown: str = "",
    said: str = "",
) -> Response[Any]:
    return responses.page(
        request,
        "pages/scan.html",
        status=status,
        headers={"Content-Security-Policy": POLICY},
        form=form,
        found=found,
        unknown=rules.shown(unknown),
        said=said,
        outside=rules.is_address(unknown),
        actions=_actions(request, found, unknown),
    )


def _actions(request: Req, found: Found | None, unknown: str) -> list[tuple[Action, str]]:
    """What can be done now, each with its address."""
    if found is not None:
        kind, asked = found.subject.kind, {"id": str(found.subject.id)}
    elif unknown:
        kind, asked = UNKNOWN, {"code": unknown[:PASSED_ON]}
    else:
        return []
    return [
        (each, f"{each.path}{'&' if '?' in each.path else '?'}{urlencode(asked)}")
        for each in actions_for(request, kind)
    ]


@get("/scan", guards=[requires(SCAN)])
async def scan_page(request: Req) -> Response[Any]:
    """The ways to read a code."""
    return _page(request, unbound(ScanForm))


@post("/scan", guards=[requires(SCAN)], status_code=200, request_max_body_size=3 * LARGEST)
async def scanned(request: Req) -> Response[Any]:
    """What the code is and what can be done; an unknown one is only repeated, never followed."""
    limit(request, "scan", times=60)
    form = await responses.bind(request, ScanForm)
    code = form.value.code if form.ok else ""
    pictures = [each for each in form.files.get("picture", []) if each.size]
    if form.ok and not code and pictures:
        try:
            code = await code_in(
                await pictures[0].read() if pictures[0].size <= LARGEST else bytes(LARGEST + 1)
            )
        except Invalid as error:
            form.errors.update(error.errors)
    elif form.ok and not rules.clean_code(code):
        form.error("code", "请扫描、拍摄或输入证件编号。")
    if not form.ok:
        return _page(request, form, status=422)
    said = await doubt(code)
    found = None if said else await look_up(code, visitor(request).scope)
    unknown = "" if found else rules.clean_code(code)
    form.raw["code"] = ""  # the next one is scanned into the same field
    return _page(request, form, found=found, unknown=unknown, said=said)


HANDLERS = [scan_page, scanned]
