# SPDX-License-Identifier: Apache-2.0
"""Compiled templates that outlive the process."""

from pathlib import Path

from core.web.static import StaticFiles
from core.web.templating import Templates


def make(root: Path, kept: Path | None) -> Templates:
    return Templates(root, {}, StaticFiles(root, {}, watch=False), watch=False, kept=kept)


def test_a_kept_template_is_used_again_and_renewed_with_its_source(tmp_path: Path) -> None:
    root, kept = tmp_path / "templates", tmp_path / "kept"
    root.mkdir()
    page = root / "page.html"
    page.write_text("{{ name }} 一", encoding="utf-8")
    assert make(root, kept).render("page.html", {"name": "甲"}) == "甲 一"
    stored = list(kept.rglob("*.cache"))
    assert len(stored) == 1
    written = stored[0].stat().st_mtime_ns
    assert make(root, kept).render("page.html", {"name": "乙"}) == "乙 一"
    assert stored[0].stat().st_mtime_ns == written, "the second process did not compile"
    page.write_text("{{ name }} 二", encoding="utf-8")
    assert make(root, kept).render("page.html", {"name": "丙"}) == "丙 二"


def test_where_nothing_can_be_kept_templates_still_work(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("好", encoding="utf-8")
    blocked = tmp_path / "page.html" / "below-a-file"
    assert make(tmp_path, blocked).render("page.html", {}) == "好"
