# SPDX-License-Identifier: Apache-2.0
"""An installation needs a mirror of the package registries and nothing else of the internet."""

import json
import re
from pathlib import Path

import pytest

from core.settings import ROOT

PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; .+)? \\$")
HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?$")
FETCHING = re.compile(r"\b(curl|wget|git clone|docker pull|urlretrieve)\b")
ELSEWHERE = re.compile(
    r"""(<(script|link|img|iframe|source|video|audio)\b[^>]*\s(src|href)=["'](https?:)?//"""
    r"""|(url|import|fetch|importScripts)\(\s*["']?(https?:)?//|@import\s+["'](https?:)?//)"""
)


@pytest.mark.req("B41-7")
@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda p: p.name)
def test_python_packages_come_by_name_and_hash(lock: Path) -> None:
    lines = lock.read_text("utf-8").splitlines()
    odd = [line for line in lines if line and not PINNED.match(line) and not HASH.match(line)]
    assert odd == []
    assert len(lines) > 1


@pytest.mark.req("B41-7")
def test_front_end_packages_come_by_name_and_hash() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    for name, each in packages.items():
        assert each["integrity"].startswith("sha512-"), name
        # An address would be asked instead of the mirror that npm is configured for.
        assert not each.get("resolved"), name


@pytest.mark.req("B41-7")
def test_nothing_else_is_fetched_at_installation() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8")
    vendor = (ROOT / "core/web/vendor.py").read_text("utf-8")
    assert not FETCHING.search(recipe + vendor)
    assert "https://" not in recipe
    assert "--ignore-scripts" in recipe, "a script of a package may fetch what it likes"


@pytest.mark.req("B41-7")
def test_pages_load_nothing_from_elsewhere() -> None:
    """The policy of the answers forbids it too; this names the line."""
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for folder in ("templates", "plugins", "core", "static/js", "static/css")
        for kind in ("*.html", "*.js", "*.css")
        for path in sorted((ROOT / folder).rglob(kind))
        if (hit := ELSEWHERE.search(path.read_text("utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        '<script src="https://cdn.example/x.js">',
        "<link rel=stylesheet href='//fonts.example/y.css'>",
        "@font-face{src:url(https://fonts.example/z.woff2)}",
        '@import "https://x.example/a.css"',
        'fetch("https://x.example/")',
    ],
)
def test_what_would_be_found(line: str) -> None:
    assert ELSEWHERE.search(line)
    assert not ELSEWHERE.search('<a href="https://www.gov.cn/"><img src="/static/a.png">')
