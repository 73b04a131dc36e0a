# SPDX-License-Identifier: Apache-2.0
"""Checking a signed receipt: on a page, or offline with the public key (C1-14)."""

from core.api.access import public
from core.api.db import transaction
from core.api.signing import public_keys, public_pem
from core.api.web import Request, Response, bind, get, limit, page, post
from plugins.complaints.forms import ReceiptForm
from plugins.complaints.queries.own import OWN as READING
from plugins.complaints.rules import receipts
from plugins.complaints.services.signing import known_keys, verdict

ANYBODY = public("核验回执和公钥，任何人都可以")


@get("/receipts", opt=ANYBODY)
async def check_page(request: Request) -> Response:
    """Where a receipt is pasted."""
    limit(request, "complaints.receipts", times=30)
    return page(request, "complaints/receipt.html", form=None, parsed=None, good=False)


@post("/receipts", opt=ANYBODY, status_code=200)
async def check(request: Request) -> Response:
    """Whether this platform signed exactly this; nothing is looked up in the register."""
    limit(request, "complaints.receipts", times=30)
    form = await bind(request, ReceiptForm)
    parsed, good = None, False
    if form.ok:
        async with transaction(READING):
            keys = await known_keys()
        parsed, good = verdict(form.value.receipt, keys)
        if parsed is None:
            form.error("receipt", "没有找到完整的回执。回执以 JDR1 开头，请整段粘贴。")
    return page(
        request,
        "complaints/receipt.html",
        status=200 if parsed is not None else 422,
        form=form,
        parsed=parsed,
        good=good,
    )


@get("/receipts/key.txt", opt=ANYBODY)
async def key(request: Request) -> Response:
    """The public keys, for checking offline."""
    limit(request, "complaints.receipts", times=30)
    async with transaction(READING):
        found = await public_keys(receipts.PURPOSE)
    text = "".join(
        f"# {each['fingerprint']}\n{public_pem(bytes(each['public']))}" for each in found
    )
    return Response(
        text.encode(),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="jiandu-receipt-key.txt"'},
    )


ROUTES = (check_page, check, key)
