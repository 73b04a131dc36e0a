# SPDX-License-Identifier: Apache-2.0
"""The inbox, and what leaves it by other channels."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db, settings
from core.auth.access import requires, visitor
from core.errors import Invalid, Refused
from core.forms import Bound, unbound
from core.host.registry import current
from core.notify import contacts, services
from core.notify.channels.base import POINT, is_ready
from core.web import responses
from core.web.enclosing import describe
from core.web.state import held

PAGE_SIZE = 30


class WishForm(msgspec.Struct):
    """The kinds a person wants outside the inbox as well."""

    kind: Annotated[list[str], Meta(title="消息", max_length=500)] = []


class EmailForm(msgspec.Struct):
    """Where a person wants letters."""

    email: Annotated[str, Meta(title="电子邮箱", max_length=120)] = ""


@get("/messages", guards=[requires()])
async def inbox(request: Request[Any, Any, Any]) -> Response[Any]:
    """My messages, newest first; a click leads to what a message is about."""
    who = visitor(request)
    only = "unread" if request.query_params.get("only") == "unread" else ""
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    async with db.transaction(who.scope):
        found = await services.messages_of(
            who.person_id, before=before, only_unread=bool(only), limit=PAGE_SIZE + 1
        )
        unread = await services.unread_count(who.person_id)
    older = ""
    if len(found) > PAGE_SIZE:
        found = found[:PAGE_SIZE]
        tail = "&only=unread" if only else ""
        older = f"/messages?before={found[-1]['id']}{tail}"
    return responses.page(
        request, "pages/messages.html", messages=found, unread=unread, only=only, older_url=older
    )


@get("/messages/{message:int}", guards=[requires()])
async def open_message(request: Request[Any, Any, Any], message: FromPath[int]) -> Response[Any]:
    """Mark as read and go to the object, if its page is open to me."""
    who = visitor(request)
    async with db.transaction(who.scope):
        subject = await services.open_message(who.person_id, message)
        labels = await describe([subject], who.scope, None)
    label = labels.get(subject)
    if label is not None and label.path:
        return responses.redirect(request, label.path)
    return responses.redirect(
        request, "/messages", message="消息已读。它所说的事项已不在你的查看范围内。"
    )


@post("/messages/read-all", guards=[requires()], status_code=200)
async def read_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """Mark everything as read."""
    who = visitor(request)
    async with db.transaction(who.scope):
        await services.read_all(who.person_id)
    return responses.redirect(request, "/messages", message="全部消息已标为已读。")


@get("/messages/settings", guards=[requires()])
async def wishes(request: Request[Any, Any, Any]) -> Response[Any]:
    """Which kinds of messages leave the inbox by other channels."""
    return await _settings(request)


async def _settings(
    request: Request[Any, Any, Any], form: Bound[EmailForm] | None = None, *, status: int = 200
) -> Response[Any]:
    who = visitor(request)
    registry = current()
    enabled = held(request).enabled
    async with db.transaction(who.scope):
        muted = set(await services.muted(who.person_id))
        email = await contacts.email_shown(who.person_id)
    channels = {
        each.key: each.value.title
        for each in registry.contributions(POINT)
        if is_ready(each.value) and each.key != "console"
    }
    everywhere = [each for each in settings.load().notify.channels if each in channels]
    groups = []
    for name, manifest in registry.plugins.items():
        kinds = [
            {
                "key": kind.key,
                "title": _plain(kind.title) or f"{manifest.title}的提醒",
                "may_mute": kind.may_mute,
                "wanted": kind.key not in muted,
                "channels": [
                    channels[each]
                    for each in dict.fromkeys((*kind.channels, *everywhere))
                    if each in channels
                ],
            }
            for kind in registry.message_kinds.values()
            if registry.plugin_of(kind) == name and name in enabled
        ]
        if kinds:
            groups.append({"title": manifest.title, "kinds": kinds})
    return responses.page(
        request,
        "pages/message_settings.html",
        status=status,
        groups=groups,
        email=email,
        letters="email" in channels and bool(who.person_id),
        form=form or unbound(EmailForm),
    )


def _plain(title: str) -> str:
    """The title of a kind without its placeholders: 督办退回再办：{number} → 督办退回再办.

    Empty when it consists of nothing else.
    """
    return re.sub(r"[：:（(“]?\{\w+\}[）)”]?", "", title).strip("：:，, ")


@post("/messages/settings", guards=[requires()], status_code=200)
async def wish(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep the unticked kinds inside the inbox."""
    who = visitor(request)
    form = await responses.bind(request, WishForm)
    if not form.ok:
        raise Invalid(form.errors)
    registry = current()
    async with db.transaction(who.scope):
        for kind in registry.message_kinds.values():
            # What is not on the page was not decided there.
            if kind.may_mute and registry.plugin_of(kind) in held(request).enabled:
                await services.mute(who.person_id, kind.key, kind.key not in form.value.kind)
    return responses.redirect(request, "/messages/settings", message="消息设置已保存。")


@post("/messages/email", guards=[requires()], status_code=200)
async def set_email(request: Request[Any, Any, Any]) -> Response[Any]:
    """Where letters go; an empty address ends them."""
    who = visitor(request)
    form = await responses.bind(request, EmailForm)
    if not who.person_id:
        raise Refused("这个账号没有对应的人员，收不了邮件。")
    if form.ok:
        try:
            async with db.transaction(who.scope):
                await contacts.set_email(who.person_id, form.value.email)
        except Invalid as error:
            form.errors.update(error.errors)
    if not form.ok:
        return await _settings(request, form, status=422)
    words = "邮箱已保存。" if form.value.email else "不再向邮箱发送消息。"
    return responses.redirect(request, "/messages/settings", message=words)
