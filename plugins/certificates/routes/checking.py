# SPDX-License-Identifier: Apache-2.0
"""The public page behind every certificate's QR code."""

from litestar.params import FromPath

from core.api import clock
from core.api.access import public
from core.api.db import Scope, transaction
from core.api.errors import NotFound
from core.api.web import (
    Request,
    Response,
    address_of,
    get,
    limit,
    page,
    public_actions,
    qr_file,
)
from plugins.certificates.queries import (
    as_card,
    public_certificate,
)
from plugins.certificates.rules import judge_card

HEADLINES = {
    "expired": "证件已过期",
    "not_yet": "证件尚未生效",
    "not_inspected": "证件未年审",
    "suspended": "证件暂扣中",
    "revoked": "证件已吊销",
    "cancelled": "证件已注销",
}

ANYBODY = public("群众扫码核验执法证件，不需要登录")


@get("/check/{token:str}", opt=ANYBODY)
async def check_certificate(request: Request, token: FromPath[str]) -> Response:
    """Whether the certificate behind a QR code is good today; never an ID number or a phone."""
    limit(request, "certificates.check")
    async with transaction(Scope.public()):
        found = await public_certificate(token[:40])
    standing = judge_card(as_card(found), clock.today()) if found else None
    return page(
        request,
        "certificates/check.html",
        status=200 if found else 404,
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
        found=found,
        standing=standing,
        headline=HEADLINES.get(standing.code, "证件无效") if standing else "",
        code=token[:40],
        acts=public_actions(request, "certificates.check"),
        checked_at=clock.now(),
    )


@get("/qr/{token:str}", opt=ANYBODY)
async def draw_qr(request: Request, token: FromPath[str]) -> Response:
    """The QR code that leads to the certificate's public page."""
    limit(request, "certificates.check")
    async with transaction(Scope.public()):
        if await public_certificate(token[:40]) is None:
            raise NotFound
    address = address_of(request, f"/certificates/check/{token}")
    return Response(
        qr_file(address),
        media_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=86400"},
    )


ROUTES_CHECKING = (check_certificate, draw_qr)
