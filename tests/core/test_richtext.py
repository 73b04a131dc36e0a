# SPDX-License-Identifier: Apache-2.0
"""What people write with the editor, or without it, becomes safe HTML; and nothing else does."""

import pytest

from core.api.richtext import clean, shown, taken, words_of


@pytest.mark.parametrize(
    ("hostile", "kept"),
    [
        ("<script>alert(1)</script>一", "一"),
        ('<p onclick="x()">一</p>', "<p>一</p>"),
        ('<a href="javascript:alert(1)">一</a>', '<a rel="noopener noreferrer">一</a>'),
        ('<a href="data:text/html,x">一</a>', '<a rel="noopener noreferrer">一</a>'),
        ('<a href="/cases/1">一</a>', '<a href="/cases/1" rel="noopener noreferrer">一</a>'),
        ('<img src=x onerror="x()">一', "一"),
        ('<svg><style>*{}</style><a xlink:href="javascript:x">一</a></svg>', ""),
        ('<p style="position:fixed">一</p>', "<p>一</p>"),
        ("<iframe src=//evil></iframe>一", "一"),
        ('<form action="//evil"><input name=x>一</form>', "一"),
        ("<h1>一</h1>", "<h2>一</h2>"),
        ("<H1 class=x>一</H1>", "<h2>一</h2>"),
        ("<math><mi//xlink:href='data:x'>", ""),
        ("<p>没有关", "<p>没有关</p>"),
    ],
)
def test_only_harmless_marks_stay(hostile: str, kept: str) -> None:
    made = clean(hostile)
    assert made.startswith(kept)
    assert clean(made) == made, "cleaning what is clean changes nothing"


@pytest.mark.parametrize(
    ("typed", "rich", "kept"),
    [
        ("一\n二\n\n三", False, "<p>一<br>二</p><p>三</p>"),
        ("一\r\n\r\n二", False, "<p>一</p><p>二</p>"),
        ("<b>一</b> & 二", False, "<p>&lt;b&gt;一&lt;/b&gt; &amp; 二</p>"),
        (" \n \n", False, ""),
        ("<div>一<br><strong>二</strong></div>", True, "<div>一<br><strong>二</strong></div>"),
        ("<div><br></div>", True, ""),
        ("<p>&nbsp;</p>", True, ""),
        ("<script>只有脚本</script>", True, ""),
    ],
)
def test_both_ways_of_typing_give_the_same_kind_of_text(typed: str, rich: bool, kept: str) -> None:
    assert taken(typed, rich=rich) == kept


def test_the_words_alone() -> None:
    assert words_of("<h2>甲</h2><ul><li>乙</li><li>丙 &amp; 丁</li></ul>") == "甲\n- 乙\n- 丙 & 丁"
    assert words_of(taken("一\n二\n\n三", rich=False)) == "一\n二\n三"


def test_what_is_shown_is_cleaned_again() -> None:
    assert str(shown("<p>旧</p><script>x</script>")) == "<p>旧</p>"
