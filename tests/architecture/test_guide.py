# SPDX-License-Identifier: Apache-2.0
"""The plugin author's guide says what is true: every hook is in it, its example works."""

import importlib
import re
import sys
from pathlib import Path

import pytest

from core.api.testing import Browser, sign_in_as
from core.auth.services import apply_defaults
from core.host import enabling
from core.host import registry as host_registry
from core.host.hookspecs import HookSpecs
from core.web import navigation
from core.web.state import KEY

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "plugins" / "README.md").read_text("utf-8")
HOOKS = [name for name in vars(HookSpecs) if not name.startswith("_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_stands_in_the_guide(hook: str) -> None:
    assert f"| `{hook}` |" in GUIDE


def test_the_guide_names_no_hook_that_is_not_there() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)) == set(HOOKS)


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
