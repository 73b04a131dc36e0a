# SPDX-License-Identifier: Apache-2.0
"""Links in words people typed: escaped, only pages of this site, never at the price of the page."""

from types import SimpleNamespace
from typing import Any

import pytest
from markupsafe import Markup

from core.web import linking
from core.web.linking import Link, Linker, linked, linked_html
from core.web.state import current


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``finding(find, on=...)``: a request with one linker of the plugin ``library``."""
    tokens = []

    def give(find: Any, *, visitor: Any = None, enabled: frozenset[str] = frozenset()) -> None:
        one = SimpleNamespace(plugin="library", key="x", value=Linker(find=find))
        registry = SimpleNamespace(contributions=lambda point: (one,))
        kept = SimpleNamespace(
            platform=SimpleNamespace(registry=registry), visitor=visitor, enabled=enabled
        )
        tokens.append(current.set(kept))  # type: ignore[arg-type]

    yield give
    for token in reversed(tokens):
        current.reset(token)


def words(mark: str, path: str = "/there") -> Any:
    def find(text: str, _who: Any, _on: Any) -> list[Link]:
        at = text.find(mark)
        return [Link(at, at + len(mark), path)] if at >= 0 else []

    return find


@pytest.mark.req("C9-10")
def test_what_was_typed_stays_words(finding: Any) -> None:
    evil = '<script>alert(1)</script>《甲法》第一条"><img src=x onerror=alert(1)>'
    assert linked(evil) == Markup.escape(evil), "without a linker"
    finding(words("《甲法》第一条", '/x?a="><b>'))
    drawn = linked(evil)
    assert drawn == (
        Markup.escape("<script>alert(1)</script>")
        + Markup('<a href="/x?a=&#34;&gt;&lt;b&gt;">《甲法》第一条</a>')
        + Markup.escape('"><img src=x onerror=alert(1)>')
    )
    finding(words("<script>"))
    assert linked("a<script>b") == 'a<a href="/there">&lt;script&gt;</a>b'
    assert linked(None) == ""
    assert linked(5) == "5"


@pytest.mark.req("C9-10")
@pytest.mark.parametrize("path", ["https://else.example/", "//else.example/", "javascript:1", ""])
def test_only_pages_of_this_site(finding: Any, path: str) -> None:
    finding(words("甲", path))
    assert linked("甲乙") == "甲乙"


@pytest.mark.req("C9-10")
def test_what_a_link_shows_beside_it_is_of_this_site(finding: Any) -> None:
    finding(lambda *_: [Link(0, 1, "/a", preview='/a/words?x="')])
    assert linked("甲乙") == '<a href="/a" data-jd-peek="/a/words?x=&#34;">甲</a>乙'
    finding(lambda *_: [Link(0, 1, "/a", preview="//else.example/")])
    assert linked("甲乙") == "甲乙"


def test_links_do_not_overlap_and_stay_within(finding: Any) -> None:
    finding(lambda *_: [Link(0, 2, "/a"), Link(1, 3, "/b"), Link(3, 99, "/c"), Link(2, 2, "/d")])
    assert linked("一二三四") == '<a href="/a">一二</a>三四'


def test_a_linker_that_fails_or_is_off_takes_nothing_away(finding: Any) -> None:
    def broken(*_: Any) -> list[Link]:
        raise ValueError("broken")

    finding(broken)
    assert linked("甲 & 乙") == "甲 &amp; 乙"
    finding(words("甲"), visitor=object(), enabled=frozenset({"cases"}))
    assert linked("甲乙") == "甲乙"
    finding(words("甲"), visitor=object(), enabled=frozenset({"library"}))
    assert linked("甲乙") == '<a href="/there">甲</a>乙'


def test_a_passage_without_end_is_looked_through_so_far(finding: Any) -> None:
    seen: list[int] = []
    finding(lambda text, *_: seen.append(len(text)) or [])
    assert len(linked("字" * 50_000)) == 50_000
    assert seen == [linking.LONGEST]


@pytest.mark.req("C9-10")
def test_in_formatted_text_only_words_outside_of_tags_and_links(finding: Any) -> None:
    finding(words("甲法"))
    html = Markup('<p title="甲法>">看甲法 &lt;b&gt;</p><a href="/x">甲法</a><p>甲法</p>')
    assert linked_html(html) == (
        '<p title="甲法>">看<a href="/there">甲法</a> &lt;b&gt;</p><a href="/x">甲法</a>'
        '<p><a href="/there">甲法</a></p>'
    )
