# SPDX-License-Identifier: Apache-2.0
"""Pages, pieces, errors, headers, default deny."""

import hashlib
import re
from typing import Annotated

import asyncpg
import msgspec
import pytest

from core.api.access import public, requires
from core.api.errors import Conflict, Invalid, NotFound, Refused, TooLarge, TooMany
from core.api.plugin import Blocker
from core.api.testing import Browser, htmx
from core.api.web import Request, bind, get, post
from core.auth.routes import safe_path
from core.host import enabling
from core.host import registry as host_registry
from core.host.errors import PluginError
from core.settings import read
from core.web.hx import Hx
from core.web.security import foreign


async def test_nobody_is_sent_to_the_door_and_back(client):
    answer = await client.get("/?tab=unit")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2F%3Ftab%3Dunit"
    page = await client.follow(answer)
    assert page.status_code == 200
    assert 'name="login"' in page.text
    assert 'value="/?tab=unit"' in page.text


async def test_home_page_renders_for_every_role(client, login_as, registry):
    who = await login_as("handler")
    answer = await client.get("/")
    assert answer.status_code == 200, answer.text[:2000]
    assert who.name in answer.text
    assert "jd-side" in answer.text


async def test_unknown_address_is_a_chinese_page(client, login_as):
    await login_as("handler")
    answer = await client.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "Not Found" not in answer.text


@pytest.mark.req("B41-7")
async def test_headers_are_strict_everywhere(client):
    for path in ("/login", "/nowhere", "/static/css/jiandu.css"):
        answer = await client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(answer.headers["x-request-id"]) == 8


async def test_badges_come_as_one_piece(client, login_as):
    await login_as("handler")
    answer = await htmx(client).get("/nav/badges", one_root=False)
    assert answer.status_code == 200
    assert "首页" in answer.text


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_every_error_has_its_template(app, status):
    from core.web.state import platform_of

    assert platform_of(app).templates.exists(f"errors/{status}.html")


# --- default deny ----------------------------------------------------------------------------


def plugin(name, handlers):
    """A plugin made of nothing but pages."""
    from types import SimpleNamespace

    from core.api.plugin import Manifest, hookimpl

    @hookimpl
    def route_handlers():
        return handlers

    return SimpleNamespace(
        MANIFEST=Manifest(name, "试验", "0.1"), route_handlers=route_handlers, __name__=name
    )


def test_a_route_without_guard_or_reason_stops_the_start_naming_it(plugin_app):
    @get("/secret")
    async def forgotten() -> str:
        return "x"

    with pytest.raises(PluginError, match=r"'open'.*'forgotten'.*/open/secret.*requires"):
        plugin_app(plugin("open", [forgotten]))


def test_an_unknown_permission_stops_the_start(plugin_app):
    @get("/x", guards=[requires("odd.thing.read")])
    async def handler() -> str:
        return "x"

    with pytest.raises(PluginError, match=r"unknown permission 'odd\.thing\.read'"):
        plugin_app(plugin("odd", [handler]))


def test_a_public_route_needs_a_reason():
    with pytest.raises(ValueError, match="reason"):
        public("  ")


# --- errors ----------------------------------------------------------------------------------


def raising(error):
    @get("/boom", guards=[requires()])
    async def boom() -> str:
        raise error

    return boom


ERRORS = [
    (NotFound(), 404, "没有找到这一项"),
    (Refused("案件已办结。", Blocker("x", "还有 1 个红灯。")), 409, "还有 1 个红灯。"),
    (Conflict(), 409, "刚被别人改过"),
    (Invalid({"a": "金额要填数字。"}), 422, "金额要填数字。"),
    (TooLarge(), 413, "太大"),
    (TooMany(wait_seconds=9), 429, "频繁"),
    (ValueError("secret detail"), 500, "失败编号"),
    (asyncpg.DeadlockDetectedError("deadlock detected"), 409, "刚被别人改过"),
    (
        asyncpg.InsufficientPrivilegeError("new row violates row-level security policy"),
        404,
        "没有找到",
    ),
    (asyncpg.InsufficientPrivilegeError("permission denied for table x"), 500, "失败编号"),
    (asyncpg.UniqueViolationError("Key (code)=(7) already exists"), 409, "已有相同的记录"),
    (asyncpg.CannotConnectNowError("starting up"), 503, "暂时"),
]


@pytest.mark.req("B41-8")
@pytest.mark.parametrize(("error", "status", "words"), ERRORS)
async def test_errors_are_chinese_pages_notices_and_cards(
    db, login_as, client, plugin_app, error, status, words
):
    browser = Browser(plugin_app(plugin("bang", [raising(error)])))
    await login_as("handler", browser=browser)
    page = await browser.get("/bang/boom")
    assert page.status_code == status
    assert words in page.text
    assert "<html" in page.text
    piece = await htmx(browser).get("/bang/boom")
    assert piece.status_code == status
    for text in (page.text, piece.text):
        assert str(error) not in text or re.search("[\u4e00-\u9fff]", str(error))
        assert "Error" not in text


async def test_a_missing_permission_says_once_what_is_missing_and_what_helps(client, login_as):
    await login_as("handler")
    text = (await client.get("/accounts")).text
    assert text.count("你现在的角色没有这项权限") == 2, "in the title of the window and of the page"
    assert "请本单位管理员授权" in text


async def test_the_page_of_an_error_leads_back_to_where_one_was(db, login_as, client, plugin_app):
    browser = Browser(plugin_app(plugin("bang", [raising(Conflict())])))
    await login_as("handler", browser=browser)
    for came, back in (
        ("http://test.local/cases/7?tab=done", "/cases/7?tab=done"),
        ("http://elsewhere.example/cases/7", ""),
        ("http://test.local//elsewhere.example/x", ""),
        ("http://test.local/bang/boom", ""),
        ("", ""),
    ):
        answer = await browser.get("/bang/boom", headers={"Referer": came, "Host": "test.local"})
        assert answer.status_code == 409
        assert ("返回上一页" in answer.text) == bool(back), came
        assert not back or f'href="{back}"' in answer.text
        assert "elsewhere" not in answer.text


@pytest.mark.req("B41-8", "C11-09")
async def test_a_refused_act_gives_the_words_back(db, login_as, client, plugin_app):
    """Whatever a plugin refuses because somebody else was faster: what was written can be copied."""

    class Said(msgspec.Struct):
        reason: str = ""

    @post("/boom", guards=[requires()])
    async def boom(request: Request) -> str:
        await bind(request, Said)
        raise Refused("已经办结。")

    browser = Browser(plugin_app(plugin("bang", [boom])))
    await login_as("handler", browser=browser)
    written = "当事人已经改正，<b>照片</b>见附件。\n第二行"
    secret = "我的密码是一句话"
    typed = {"reason": written, "kind": "立案", "amount": "12345678", "new_password": secret}
    answer = await browser.post("/bang/boom", typed)
    assert answer.status_code == 409
    assert "已经办结。" in answer.text
    assert "当事人已经改正，&lt;b&gt;照片&lt;/b&gt;见附件。\n第二行" in answer.text
    for hidden in (secret, "12345678", "立案</p>"):
        assert hidden not in answer.text
    # A part of a page is refused in a note; the page with the form stands.
    piece = await htmx(browser).post("/bang/boom", typed)
    assert "当事人" not in piece.text
    # Words that came without the session's token are somebody else's.
    stale = await browser.post("/bang/boom", typed, csrf="wrong")
    assert "你刚才填写的文字" not in stale.text
    # It is offered again where they came from our own page, with nothing secret to be read.
    shown = re.sub(r"<input[^>]*>", "", stale.text)
    assert secret not in shown


async def test_retry_after_comes_along(login_as, client, plugin_app):
    browser = Browser(plugin_app(plugin("bang", [raising(TooMany(wait_seconds=9))])))
    await login_as("handler", browser=browser)
    assert (await browser.get("/bang/boom")).headers["retry-after"] == "9"


async def test_wrong_method_wrong_parameter_and_too_much(client, login_as):
    await login_as("system_admin")
    assert (await client.post("/search")).status_code == 405
    assert (await client.get("/accounts/notanumber")).status_code == 404
    assert (await client.get("/accounts/99999999999999999999999")).status_code == 404
    big = await client.post("/accounts", {"login": "a", "name": "x" * 1_200_000})
    assert big.status_code == 413
    assert "太大" in big.text


async def test_a_switched_off_plugin_does_not_exist(client, login_as, plugin_app, region_tree):
    from core.db import Scope, transaction

    @get("/", guards=[requires()])
    async def index() -> str:
        return "在"

    app = plugin_app(plugin("maybe", [index]))
    browser = Browser(app)
    await login_as("handler", browser=browser)
    assert (await browser.get("/maybe")).text == "在"
    from core.web.state import platform_of

    with host_registry.use(platform_of(app).registry):
        async with transaction(Scope.platform("test")):
            await enabling.switch_plugin(region_tree.county.id, "maybe", on=False)
    enabling.forget()
    gone = await browser.get("/maybe")
    assert gone.status_code == 404
    assert "没有启用" in gone.text


# --- forms with files ------------------------------------------------------------------------


class Upload(msgspec.Struct):
    title: Annotated[str, msgspec.Meta(title="标题", min_length=1)]


def uploading():
    @post("/up", guards=[requires()], status_code=200, request_max_body_size=3_000_000)
    async def up(request: Request) -> str:
        form = await bind(request, Upload)
        (file,) = form.files["photo"]
        return f"{form.value.title} {file.name} {file.size} {hash_of(await file.read())}"

    return up


def hash_of(body):
    return hashlib.sha256(body).hexdigest()


async def test_files_are_streamed_and_named_safely(client, login_as, plugin_app):
    browser = Browser(plugin_app(plugin("loads", [uploading()])))
    await login_as("handler", browser=browser)
    body = bytes(range(256)) * 6000
    answer = await browser.post(
        "/loads/up",
        {"title": "现场照片"},
        files={"photo": ("..\\..\\C:/tmp/现场.jpg", body, "image/jpeg")},
    )
    assert answer.text == f"现场照片 现场.jpg {len(body)} {hash_of(body)}"


async def test_an_upload_without_token_is_refused_and_not_stored(client, login_as, plugin_app):
    browser = Browser(plugin_app(plugin("loads", [uploading()])))
    await login_as("handler", browser=browser)
    answer = await browser.post(
        "/loads/up", {"title": "现场照片"}, files={"photo": ("a.jpg", b"x" * 10)}, csrf="wrong"
    )
    assert answer.status_code == 403
    assert "现场照片" in answer.text
    assert "重新选择" in answer.text


async def test_an_upload_beyond_the_limit_of_its_route(client, login_as, plugin_app):
    browser = Browser(plugin_app(plugin("loads", [uploading()])))
    await login_as("handler", browser=browser)
    answer = await browser.post(
        "/loads/up", {"title": "x"}, files={"photo": ("a.jpg", b"x" * 3_100_000)}
    )
    assert answer.status_code == 413


# --- small things ----------------------------------------------------------------------------


async def test_messages_survive_one_redirect_and_cannot_be_forged(client, login_as):
    await login_as("handler")
    answer = await client.post("/preferences", {"text_size": "large", "next": "/search"})
    assert answer.headers["location"] == "/search"
    assert 'data-text="large"' in (await client.get("/search")).text
    from core.web.sealing import sign, unsign

    settings = read({"JIANDU_ENV": "test", "JIANDU_SECRET": "a"})
    other = read({"JIANDU_ENV": "test", "JIANDU_SECRET": "b"})
    assert unsign(settings, sign(settings, ["好"]), 60) == ["好"]
    assert unsign(other, sign(settings, ["好"]), 60) is None


async def test_static_files_are_hashed_compressed_and_immutable(client, app):
    from core.web.state import platform_of

    url = platform_of(app).static.url("css/jiandu.css")
    assert re.fullmatch(r"/static/css/jiandu\.[0-9a-f]{12}\.css", url)
    answer = await client.get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert ":root" in answer.text
    again = await client.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    plain = await client.get("/static/css/jiandu.css")
    assert plain.headers["cache-control"] == "no-cache"
    stale = await client.get("/static/css/jiandu.000000000000.css")
    assert stale.headers["cache-control"] == "no-cache"
    for outside in ("../pyproject.toml", "css/../../pyproject.toml", "%2e%2e/pyproject.toml"):
        assert (await client.get(f"/static/{outside}")).status_code == 404


async def test_search_finds_names_failures_and_nothing(client, login_as, agencies):
    from tests import factories

    await factories.person(agencies.agency, "巴特尔")
    await factories.person(agencies.foreign_agency, "巴特尔远方")
    await login_as("body_admin")
    found = await client.get("/search?q=巴特尔")
    assert found.status_code == 200
    assert "巴特尔" in found.text
    assert "巴特尔远方" not in found.text
    nothing = await client.get("/search?q=不存在的东西")
    assert "没有找到“不存在的东西”" in nothing.text
    assert (await client.get("/search?q=" + "长" * 500)).status_code == 200
    assert (await client.get("/search?q=%00%ff")).status_code == 200


@pytest.mark.parametrize("address", ["http://[", "//[x", "//\uff0f.com"])
async def test_what_is_no_address_is_refused_and_breaks_nothing(client, address):
    assert foreign({"method": "POST"}, {"origin": address, "host": "here"}, "")
    assert safe_path(address) == "/"
    assert Hx(True, "", "", "full", address).current_path == "/"
    said = {} if not address.isascii() else {"referer": address, "hx-current-url": address}
    assert (await client.get("/nowhere", headers=said)).status_code == 404
    assert (await client.get("/login", params={"next": address})).status_code == 200


def test_an_address_loses_the_nul_that_postgresql_refuses():
    from core.web.middleware import plain_query

    assert plain_query(b"find=%00%E5%BC%A0&tab=a") == b"find=%E5%BC%A0&tab=a"
    assert plain_query(b"q=%2500") == b"q=%2500", "a percent sign somebody typed stays"


def test_a_long_menu_folds_and_stands_open_where_one_is():
    from core.api.plugin import NavItem
    from core.web.navigation import MANY, folded

    def section(name: str, count: int):
        return name, tuple(
            NavItem(f"{name}{n}", f"/{name}{n}/" if n else f"/{name}/", "", name, "home")
            for n in range(count)
        )

    home = ("", (NavItem("首页", "/", "", "", "home"),))
    long = (home, section("a", MANY), section("b", 3))
    for path in ("/b", "/b/", "/b/17", "/b2/7"):
        nameless, first, second = folded(long, path, {"/b/": 2, "/b1/": 3})
        assert not nameless["fold"], "the home page is never folded away"
        assert first["fold"]
        assert not first["open"]
        assert second["open"]
        assert second["badge"] == 5, "a closed section tells the sum"
    assert sum(item["current"] for each in folded(long, "/b", {}) for item in each["items"]) == 1
    assert [each["open"] for each in folded(long, "/", {})] == [False, True, False]
    assert not any(each["fold"] for each in folded((home, section("b", 3)), "/b", {}))


def test_a_page_may_stand_under_an_entry_with_another_path():
    from core.api.plugin import NavItem
    from core.web.navigation import folded

    found = (
        (
            "",
            (
                NavItem("人员", "/c/", "", "", "id"),
                NavItem("主体", "/c/bodies", "", "", "building", covers=("/c/registrations",)),
                NavItem("本人", "/c/mine", "", "", "qrcode", covers=("/c/inspections",)),
                NavItem("年审", "/c/inspections", "", "", "calendar"),
            ),
        ),
    )
    for path, title in (
        ("/c/officers/3", "人员"),
        ("/c/bodies/3", "主体"),
        ("/c/registrations/3", "主体"),
        ("/c/inspections/3", "年审"),  # its own before what another one covers
        ("/c/registrations3", "人员"),
    ):
        [section] = folded(found, path, {})
        assert [item["title"] for item in section["items"] if item["current"]] == [title], path
    without = ((("", found[0][1][:3])),)
    [section] = folded(without, "/c/inspections/3", {})
    assert [item["title"] for item in section["items"] if item["current"]] == ["本人"]


async def test_export_leaves_a_fact(client, login_as, facts):
    await login_as("audit_admin")
    answer = await client.get("/accounts?format=xlsx&q=tester")
    assert answer.content[:2] == b"PK"
    (fact,) = await facts.only("core.listing.exported")
    assert fact.payload["listing"] == "core.accounts"
    assert "tester" in fact.payload["conditions"]


async def test_menu_is_cached_by_version_and_failing_badges_fail_alone(
    login_as, plugin_app, client
):
    from core.api.plugin import NavItem, hookimpl

    async def bad(_scope):
        raise RuntimeError

    async def good(_scope):
        return 7

    made = plugin("menus", [])
    made.nav_items = hookimpl(
        lambda: [
            NavItem("坏的", "/menus/bad", "", "试验", "home", badge=bad),
            NavItem("好的", "/menus/good", "", "试验", "home", badge=good),
        ]
    )
    browser = Browser(plugin_app(made))
    await login_as("handler", browser=browser)
    answer = await htmx(browser).get("/nav/badges", one_root=False)
    assert answer.status_code == 200
    assert "坏的" in answer.text
    assert "7<span" in answer.text


async def test_hx_redirect_instead_of_303(client, login_as):
    await login_as("handler")
    answer = await htmx(client).post("/preferences", {"density": "compact", "next": "/search"})
    assert answer.status_code == 200
    assert answer.headers["hx-redirect"] == "/search"


def test_templates_of_plugins_cannot_shadow_each_other(tmp_path):
    from core.web.static import StaticFiles
    from core.web.templating import Templates

    for name, text in (("root/components/x.html", ""), ("a/t/x.html", "a"), ("b/t/x.html", "b")):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    static = StaticFiles(tmp_path, {}, watch=False)
    templates = Templates(
        tmp_path / "root", {"a": tmp_path / "a/t", "b": tmp_path / "b/t"}, static, watch=False
    )
    assert templates.render("a/x.html", {}) == "a"
    assert templates.render("b/x.html", {}) == "b"
    (tmp_path / "root/b").mkdir()
    (tmp_path / "root/b/x.html").write_text("the site's own")
    fresh = Templates(tmp_path / "root", {"b": tmp_path / "b/t"}, static, watch=False)
    assert fresh.render("b/x.html", {}) == "the site's own"
    assert fresh.env.from_string("{{ row.items }}").render(row={"items": 3}) == "3"
    assert fresh.env.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"


def test_a_watched_file_is_looked_at_again_after_a_moment(tmp_path, monkeypatch):
    from core.web.static import StaticFiles

    moment = 100.0
    monkeypatch.setattr("core.web.static.time.monotonic", lambda: moment)
    style = tmp_path / "a.css"
    style.write_text("a{}")
    watched = StaticFiles(tmp_path, {}, watch=True)
    kept = StaticFiles(tmp_path, {}, watch=False)
    first = watched.url("a.css")
    assert first == kept.url("a.css")
    assert watched.url("a.css") == first  # looked at, and believed for a second
    style.write_text("a{color:red}")
    assert watched.url("a.css") == first
    moment += 1.5
    assert watched.url("a.css") != first
    assert kept.url("a.css") == first
