# SPDX-License-Identifier: Apache-2.0
"""证件密钥: the keys cards are signed with, withdrawing a lost one, and whom else we believe."""

from typing import Annotated, Any

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import Invalid
from core.api.web import Bound, Request, Response, UploadedFile, bind, get, page, post, redirect
from plugins.certificates.queries.signing import foreign_trusts, keys_of_platform, newest_lists
from plugins.certificates.rules import trust
from plugins.certificates.services import signing, trusting

KEYS = "certificates.key.manage"
USES = {"root": "根密钥", "card": "证件密钥", "list": "名单密钥"}
LARGEST = trust.LARGEST


class WithdrawForm(msgspec.Struct):
    """Why a key is no longer trusted."""

    reason: Annotated[str, Meta(title="停用原因", min_length=4, max_length=300)]


class TrustForm(msgspec.Struct):
    """The file comes as ``file``; its root's fingerprint was heard from the other office."""

    fingerprint: Annotated[str, Meta(title="指纹", min_length=8, max_length=60)]


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""


def _acting(who: Visitor) -> Scope:
    return Scope.platform("keys and trust hold for the whole installation", actor=who.user_id)


@get("/keys", guards=[requires(KEYS)])
async def show_keys(request: Request) -> Response:
    """Every key with its time, the newest status lists, and the provinces believed."""
    return await _page(request)


async def _page(request: Request, form: Bound[Any] | None = None, form_of: str = "") -> Response:
    async with transaction(_acting(visitor(request))):
        keys = await keys_of_platform()
        lists = await newest_lists()
        trusts = await foreign_trusts()
    for each in keys:
        each["fingerprint"] = trust.fingerprint_words(bytes(each["public"]))
    return page(
        request,
        "certificates/keys.html",
        status=422 if form else 200,
        keys=keys,
        lists=lists,
        trusts=trusts,
        uses=USES,
        form=form,
        form_of=form_of,
        moment=clock.now(),
    )


@post("/keys/{key:int}/withdraw", guards=[requires(KEYS)])
async def withdraw_key(request: Request, key: FromPath[int]) -> Response:
    """Nothing the key signed counts any more; its cards are signed anew in the background."""
    form = await bind(request, WithdrawForm)
    if not form.ok:
        return await _page(request, form, f"withdraw-{key}")
    async with transaction(_acting(visitor(request))):
        await signing.withdraw(key, form.value.reason)
    return redirect(
        request, "/certificates/keys", message="密钥已停用，它签过的证件正在用新密钥重签。"
    )


@post("/keys/trust", guards=[requires(KEYS)])
async def take_trust(request: Request) -> Response:
    """Believe another province's trust file."""
    form = await bind(request, TrustForm)
    sent: list[UploadedFile] = [each for each in form.files.get("file", []) if each.size]
    content = b""
    if not sent:
        form.error("file", "请选择信任文件。")
    elif sent[0].size > LARGEST:
        form.error("file", "文件太大，不是信任文件。")
    else:
        content = await sent[0].read()
    if form.ok:
        try:
            text = content.decode("utf-8")
            async with transaction(_acting(visitor(request))):
                await trusting.believe(text, form.value.fingerprint)
        except UnicodeDecodeError:
            form.error("file", "这不是信任文件。")
        except Invalid as error:
            form.errors.update(error.errors)
    if not form.ok:
        return await _page(request, form, "trust")
    return redirect(request, "/certificates/keys", message="信任文件已导入。")


@post("/keys/trust/{number:int}/remove", guards=[requires(KEYS)])
async def remove_trust(request: Request, number: FromPath[int]) -> Response:
    """No longer believe a province."""
    await bind(request, Nothing)
    async with transaction(_acting(visitor(request))):
        await trusting.disbelieve(number)
    return redirect(request, "/certificates/keys", message="已移除，它的证件今后答复未知签发机关。")


ROUTES_KEYS = (show_keys, withdraw_key, take_trust, remove_trust)
