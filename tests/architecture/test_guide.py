# SPDX-License-Identifier: Apache-2.0
"""The plugin author's guide says what is true: every hook is in it, its example works."""

import importlib
import io
import re
import sys
import types
from pathlib import Path

import pytest
from PIL import Image

from core import db as database
from core.api.testing import Browser, browsing, sign_in_as
from core.auth.services import apply_defaults
from core.host import enabling
from core.host import registry as host_registry
from core.host.discovery import allowed
from core.host.hookspecs import HookSpecs, returns
from core.parameters.rules import fields_of
from core.web import navigation
from core.web.state import KEY

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "plugins" / "README.md").read_text("utf-8")
HOOKS = [name for name in vars(HookSpecs) if not name.startswith("_")]


SECTIONS = dict(re.findall(r"^### `(\w+)` (.*?)(?=^##)", GUIDE, re.MULTILINE | re.DOTALL))
"""What the guide says of each hook, by its name."""


def test_the_guide_has_a_section_for_every_hook_in_their_order() -> None:
    assert list(SECTIONS) == HOOKS


@pytest.mark.req("C11-14")
@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_explained_with_a_user_of_ours(hook: str) -> None:
    said = SECTIONS[hook]
    assert re.search(r"^- 什么时候：.{6,}。$", said, re.MULTILINE)
    returned = re.search(r"^- 返回：(.+)。$", said, re.MULTILINE)
    assert returned
    declared = returns(hook)
    for each in declared if isinstance(declared, tuple) else (declared,):
        if each.__module__ == "core.api.plugin":
            assert f"`{each.__name__}`" in returned[1], "the type it really returns"
    user = re.search(r"^- 现成的例子：`(\w+)`$", said, re.MULTILINE)
    assert user
    if user[1] in allowed():
        assert hook in host_registry.build().hooks_used[user[1]], "it really uses it"
    code = re.search(r"```python\n(.*?)```", said, re.DOTALL)
    assert code
    assert f"def {hook}(" in code[1]


def test_the_examples_together_are_a_plugin_that_uses_every_hook(monkeypatch) -> None:
    begin = GUIDE.index("## 钩子")
    blocks = re.findall(
        r"```python\n(.*?)```", GUIDE[begin : GUIDE.index("## 越过边界")], re.DOTALL
    )
    module = types.ModuleType("guide.plugin")
    monkeypatch.setitem(sys.modules, "guide.plugin", module)
    exec(compile("\n\n".join(blocks), "plugins/README.md", "exec"), vars(module))
    built = host_registry.build([module])
    assert list(built.hooks_used["guide"]) == HOOKS
    assert len(built.route_handlers("guide")) == 1
    assert built.dangling == ()
    (colour,) = built.contributions("guide.colour")
    assert colour.value.title == "绿色"
    label = fields_of(built.settings["guide"])[0].label
    # A class made by exec has no source to read its words from; in a file they are the label.
    assert label in ("keep_days", "便笺保留天数")


PHONE = GUIDE[GUIDE.index("## 志愿者与手机") : GUIDE.index("## 范围")]


async def test_the_plugin_for_the_phone_works(
    tmp_path, monkeypatch, plugin_app, db, agencies, files
) -> None:
    home = tmp_path / "visits"
    (home / "templates").mkdir(parents=True)
    for name, language in (("plugin.py", "python"), ("templates/form.html", "jinja")):
        code = re.search(rf"```{language}\n(.*?)```", PHONE, re.DOTALL)[1]
        (home / name).write_text(code, "utf-8")
    (home / "__init__.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("visits.plugin")
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "green").save(picture, "PNG")
    photo = [("photos", ("一.png", picture.getvalue(), "image/png"))]
    try:
        async with browsing(plugin_app(module)) as browser:
            await sign_in_as(browser, "supervisor", region=agencies.bureau.region)
            assert 'href="/visits/new"' in (await browser.get("/")).text, "a tile of the bench"
            form = (await browser.get("/visits/new")).text
            key = re.search(r'name="once" value="([\w-]+)"', form)[1]
            refused = await browser.post("/visits/", {"said": "", "once": key}, files=photo)
            assert refused.status_code == 422
            assert key in refused.text
            kept = re.search(r'name="photos__uploads" value="([\w-]+)"', refused.text)[1]
            sent = {"said": "看到了", "once": key, "photos__uploads": kept}
            for _ in range(2):
                assert (await browser.post("/visits/", sent)).status_code == 303
            assert await database.value("select count(*) from core_file") == 1
            scanned = await browser.post("/scan", {"code": "badge:7"})
            assert "工牌 7" in scanned.text
            assert 'href="/visits/new?id=7"' in scanned.text
    finally:
        for name in ("visits", "visits.plugin"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("module", "names"),
    re.findall(r"((?:`[^`]+`、?)+)[^`|]*（`(core\.api\.\w+)`）", PHONE),
)
def test_what_the_table_names_exists(module: str, names: str) -> None:
    names, module = module, names
    offered = importlib.import_module(module)
    for name in re.findall(r"`(?:await )?(\w+)", names):
        assert hasattr(offered, name), (module, name)


FIXTURES = re.findall(r"`(\w+)[(`]", GUIDE[GUIDE.index("## 测试") : GUIDE.index("## 单独发布")])


def test_the_fixtures_it_names_exist() -> None:
    from core.api import testing

    offered = {*testing.__all__, "region_tree", "make", "core"}
    named = {each for each in FIXTURES if not each.startswith("test")}
    assert named
    assert named - offered == set()


def _example(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)[1]


def test_the_first_plugin_is_short() -> None:
    assert len([line for line in _example("python").splitlines() if line.strip()]) <= 25
    assert len(_example("jinja").splitlines()) <= 6


async def test_the_first_plugin_works(tmp_path, monkeypatch, plugin_app, db, agencies) -> None:
    home = tmp_path / "hello"
    (home / "templates").mkdir(parents=True)
    (home / "plugin.py").write_text(_example("python"), "utf-8")
    (home / "templates" / "page.html").write_text(_example("jinja"), "utf-8")
    (home / "__init__.py").write_text("", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("hello.plugin")
    try:
        app = plugin_app(module)
        with host_registry.use(app.state[KEY].registry):
            enabling.forget()
            navigation.forget()
            await apply_defaults(app.state[KEY].registry)
            browser = Browser(app)
            assert (await browser.get("/hello/")).status_code in (303, 401), "nobody is signed in"
            await sign_in_as(browser, "leader", region=agencies.bureau.region)
            assert (await browser.get("/hello/")).status_code == 403
            await sign_in_as(browser, "handler", organisation=agencies.agency)
            answer = await browser.get("/hello/")
            assert answer.status_code == 200
            assert "这一页来自一个插件" in answer.text
            assert 'href="/hello/"' in answer.text, "the menu leads there"
            await browser.close()
    finally:
        enabling.forget()
        navigation.forget()
        for name in ("hello", "hello.plugin"):
            sys.modules.pop(name, None)
