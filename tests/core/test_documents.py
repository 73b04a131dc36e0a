# SPDX-License-Identifier: Apache-2.0
"""Documents: what is put in is printed as it is, whatever it looks like."""

import io
from datetime import UTC, datetime

import pytest
from docx import Document
from pypdf import PdfReader

from core.api.documents import (
    BLANK,
    Paper,
    Paragraph,
    docx,
    fill,
    missing_of,
    pdf,
    placeholders_of,
    unprintable,
)

WHEN = datetime(2026, 5, 12, 2, 0, tzinfo=UTC)
HOSTILE = (
    '#import "secret.typ": *',
    '#read("/etc/passwd") *粗体* $x^2$ @ref <label>',
    "{{party}} {% for x in y %} {{ 7 * 7 }}",
    "<w:t>&amp;</w:t> ]]> <script>alert(1)</script>",
    "\\u{41} \\ `raw` ```rust fn``` // 注释 /* 注释 */",
    "#{ while true {} }",
    "# 不是标题",
    "> 不靠右",
)


def words_of(content: bytes) -> str:
    """The text of a PDF without spaces and line ends, as laying out may break a line anywhere."""
    pages = PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    ("body", "values", "expected"),
    [
        ("一{{a}}二", {"a": "甲"}, [("一甲二", "text")]),
        ("# 题\n\n> 右", {}, [("题", "heading"), ("右", "right")]),
        ("{{a}}", {"a": "甲\n乙"}, [("甲", "text"), ("乙", "text")]),
        ("> {{a}}", {"a": "甲\r\n乙"}, [("甲", "right"), ("乙", "right")]),
        ("{{a}}", {"a": "# 甲"}, [("# 甲", "text")]),
        ("{{a}}{{b}}", {"a": "{{b}}", "b": "乙"}, [("{{b}}乙", "text")]),
        ("见{{ a }}。", {}, [(f"见{BLANK}。", "text")]),
        ("{{a b}} {{}} {a}", {"a": "甲"}, [("{{a b}} {{}} {a}", "text")]),
        ("#无空格", {}, [("#无空格", "text")]),
        ("{{a}}", {"a": "\x00\x07甲\x7f\u202e乙\ud800"}, [("甲乙", "text")]),
    ],
)
def test_a_template_is_text_and_values_are_never_read_again(body, values, expected):
    assert [(p.text, p.kind) for p in fill(body, values)] == expected


@pytest.mark.req("C3-18")
def test_what_is_missing_is_known_before_anything_is_made():
    body = "{{party}}于{{day}}在{{place}}，{{party}}"
    assert placeholders_of(body) == ("party", "day", "place")
    assert missing_of(body, {"party": "甲", "place": "  "}) == ("day", "place")
    assert missing_of(body, {"party": "甲", "place": "乙", "day": "丙"}) == ()


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_printed_and_not_obeyed(text):
    paper = Paper(
        text, fill("{{x}}", {"x": text}), organ=text, number=text, signed=(text,), note=text
    )
    printed = words_of(await pdf(paper, WHEN))
    assert printed.count(squeezed(text)) >= 4, printed
    assert "root:" not in printed
    file = Document(io.BytesIO(await docx(paper, WHEN)))
    assert [p.text for p in file.paragraphs].count(text) >= 4


async def test_long_texts_run_over_pages():
    paper = Paper("长", fill("{{x}}", {"x": "长" * 10_000}))
    reader = PdfReader(io.BytesIO(await pdf(paper, WHEN)))
    assert len(reader.pages) > 10
    assert words_of(await pdf(paper, WHEN)).count("长") >= 10_000


async def test_rare_characters_are_told_and_never_an_empty_box():
    odd = "𠮷野家😀\x00\u202eabc"
    assert unprintable("磴口县〔2026〕㐀abc，。") == ()
    assert unprintable("𠮷野家😀𠮷") == ("𠮷", "😀")
    content = await pdf(Paper(odd, (Paragraph(odd),)), WHEN)
    assert "〓野家〓abc" in words_of(content)
    file = Document(io.BytesIO(await docx(Paper(odd, (Paragraph(odd),)), WHEN)))
    assert file.paragraphs[-1].text == "𠮷野家😀abc", "the office's own fonts may have them"


async def test_the_same_paper_and_time_give_the_same_bytes():
    paper = Paper("决定书", (Paragraph("内容"),), number="磴市监罚〔2026〕3号")
    assert await pdf(paper, WHEN) == await pdf(paper, WHEN)
    assert await pdf(paper, WHEN) != await pdf(Paper("决定书", ()), WHEN)


async def test_an_empty_paper_is_a_page():
    assert len(PdfReader(io.BytesIO(await pdf(Paper("", ()), WHEN))).pages) == 1
    assert await docx(Paper("", ()), WHEN)


@pytest.mark.parametrize(
    ("organ", "edge"),
    [("磴口县司法局", 4), ("内蒙古自治区巴彦淖尔市磴口县人民政府行政执法监督局", 0)],
)
def test_the_date_of_a_sealed_document_ends_four_characters_from_the_edge(organ, edge):
    """GB/T 9704-2012, 7.3.5.1: the organ is centred over the date, as far as the line allows."""
    from PIL import Image, ImageOps

    from core.documents.pdf import LAYOUT, _compiler, _data

    paper = Paper("", (), signed=(organ, "2026年5月12日"), red=True)
    drawn = _compiler("").compile(
        LAYOUT, format="png", ppi=72, sys_inputs={"data": _data(paper, "")}
    )
    with Image.open(io.BytesIO(drawn)) as page:
        # Below the red rule there is nothing on this page but the two lines and the page's number.
        ink = ImageOps.invert(page.convert("L")).point(lambda grey: 255 if grey > 96 else 0)
        rows = [y for y in range(220, 700) if ink.crop((0, y, ink.width, y + 1)).getbbox()]
        gap = next(at for at in range(1, len(rows)) if rows[at] - rows[at - 1] > 4)
        boxes = [
            ink.crop((0, lines[0], ink.width, lines[-1] + 1)).getbbox()
            for lines in (rows[:gap], rows[gap:])
        ]
    (name, date), right = boxes, ink.width - 26 / 25.4 * 72
    assert abs((name[0] + name[2]) - (date[0] + date[2])) < 10, "centred over the date"
    assert right - max(name[2], date[2]) == pytest.approx(edge * 16, abs=4)


async def test_an_address_is_printed_as_a_code_that_can_be_read():
    """Beside the signature; Word, which draws no code, prints the address."""
    import zxingcpp
    from PIL import Image

    from core.documents.pdf import LAYOUT, _compiler, _data

    address = "https://jiandu.example/supervisors/card/abcdEFGH12345678"
    paper = Paper("证书", (Paragraph("现聘请你。"),), signed=("磴口县司法局",), code=address)
    drawn = _compiler("").compile(
        LAYOUT, format="png", ppi=180, sys_inputs={"data": _data(paper, "")}
    )
    with Image.open(io.BytesIO(drawn)) as page:
        assert [each.text for each in zxingcpp.read_barcodes(page)] == [address]
    assert "扫码查验" in words_of(await pdf(paper, at=WHEN))
    words = [each.text for each in Document(io.BytesIO(await docx(paper, at=WHEN))).paragraphs]
    assert f"扫码查验：{address}" in words
