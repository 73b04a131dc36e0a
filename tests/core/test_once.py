# SPDX-License-Identifier: Apache-2.0
"""A form that arrives twice acts once: lost answers, two tabs, two at the same moment."""

import asyncio
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from core import clock as time
from core import db as database
from core.api.access import public, requires, visitor
from core.api.plugin import Manifest, hookimpl
from core.api.testing import Browser, browsing, make_agencies, sign_in_as
from core.api.web import Request, Response, bind, once, post, redirect, remember_once
from core.auth.services import apply_defaults
from core.db import Scope, transaction
from core.host import registry as host_registry
from core.once import services
from core.web.state import platform_of
from core.web.templating import new_key
from tests import factories


class NoteForm(msgspec.Struct):
    text: Annotated[str, Meta(title="内容", min_length=1)]
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


async def act(request, scope, text):
    """Stands for any act: a row, and a page it leads to."""
    async with transaction(scope):
        form = await bind(request, NoteForm)
        if done := await once(request, form.value.once):
            return done
        number = await database.value(
            "insert into core_login_attempt (login_hash, address, at, cleared)"
            " values ('\\x00', $1, $2, false) returning id",
            text,
            time.now(),
        )
        await remember_once(request, form.value.once, f"/notes/{number}")
    return redirect(request, f"/notes/{number}")


class Notes:
    MANIFEST = Manifest(name="notes", title="便笺", version="1")

    @hookimpl
    def route_handlers(self):
        @post("/", guards=[requires()], status_code=200)
        async def own(request: Request) -> Response:
            return await act(request, visitor(request).scope, "own")

        @post("/public", opt=public("a test"), status_code=200)
        async def anybody(request: Request) -> Response:
            return await act(request, Scope.platform("a test"), "anybody")

        return [own, anybody]


def count(text):
    return database.value("select count(*) from core_login_attempt where address = $1", text)


@pytest.mark.parametrize("path", ["/notes/", "/notes/public"])
async def test_the_second_arrival_is_led_to_the_first_result(db, plugin_app, agencies, path):
    async with browsing(plugin_app(Notes())) as browser:
        if path == "/notes/":
            await sign_in_as(browser, "handler", organisation=agencies.agency)
        key = new_key()
        first = await browser.post(path, {"text": "一", "once": key})
        again = await browser.post(path, {"text": "一", "once": key})
        assert first.status_code == again.status_code == 303
        assert first.headers["location"] == again.headers["location"]
        assert await count("own" if path == "/notes/" else "anybody") == 1
        other = await browser.post(path, {"text": "二", "once": new_key()})
        assert other.headers["location"] != first.headers["location"]


async def test_keys_of_others_and_no_key_at_all(db, plugin_app, agencies):
    async with browsing(plugin_app(Notes())) as browser:
        await sign_in_as(browser, "handler", organisation=agencies.agency)
        key = new_key()
        first = await browser.post("/notes/", {"text": "一", "once": key})
        await sign_in_as(browser, "handler", organisation=agencies.other_agency)
        second = await browser.post("/notes/", {"text": "一", "once": key})
        assert second.headers["location"] != first.headers["location"], "his own form"
        for bad in ("", "x", "%00" * 9, "a" * 65 + "'"):
            if len(bad) <= 64:
                answer = await browser.post("/notes/", {"text": "一", "once": bad})
                assert answer.status_code == 303, bad
        assert await count("own") == 5


async def test_nothing_names_the_sender(db, plugin_app, agencies):
    async with browsing(plugin_app(Notes())) as browser:
        who = await sign_in_as(browser, "handler", organisation=agencies.agency)
        await browser.post("/notes/", {"text": "一", "once": new_key()})
        row = await database.row("select * from core_once")
        assert len(row["holder"]) == 32
        assert str(who.user_id) not in row["location"].split("/")[1]


async def test_two_at_the_same_moment_act_once(fresh_db, plugin_app):
    app = plugin_app(Notes())
    async with transaction(Scope.platform("test data")):
        tree = await factories.region_tree()
    agencies = await make_agencies(tree)
    own = platform_of(app).registry
    with host_registry.use(own):
        await apply_defaults(own)
        browser = Browser(app)
        await sign_in_as(browser, "handler", organisation=agencies.agency)
        key = new_key()
        answers = await asyncio.gather(
            *(browser.post("/notes/", {"text": "一", "once": key}) for _ in range(4))
        )
        await browser.close()
    assert {each.status_code for each in answers} == {303}
    assert len({each.headers["location"] for each in answers}) == 1
    async with transaction(Scope.platform("test")):
        assert await count("own") == 1


async def test_old_keys_are_forgotten(db, plugin_app, agencies):
    async with browsing(plugin_app(Notes())) as browser:
        await sign_in_as(browser, "handler", organisation=agencies.agency)
        await browser.post("/notes/", {"text": "一", "once": new_key()})
        assert await services.sweep() == 0
        assert await services.sweep(now=time.now() + services.KEPT * 2) == 1
