# SPDX-License-Identifier: Apache-2.0
"""DOCX by ``docxtpl``: the office's own template, else the platform's.

A template is somebody's upload and is treated so: it may name the known fields as ``{{ key }}``
and nothing else. Statements, filters and expressions are refused when it is uploaded, and the
engine runs sandboxed. Whatever a value holds is printed as text.
"""

import io
import re
import zipfile
from collections.abc import Mapping

from anyio import to_thread
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docxtpl import DocxTemplate, Listing
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.api.errors import Invalid
from plugins.supervision.services.wording import FIELD_WORDS, NEEDED

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED = 40 * 1024 * 1024
MAX_PARTS = 500
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_TAGS = re.compile(r"<[^>]{0,20000}>")
_USES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"^\s*([a-z]+)\s*$")
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def faults_of(content: bytes) -> list[str]:
    """Why a file may not be used as a template; everything at once, in the words of the page."""
    if len(content) > MAX_BYTES:
        return ["模板不能超过 5 MB。"]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED:
                return ["文件解压以后过大，不是正常的 Word 文档。"]
            names = {p.filename for p in parts}
            if "word/document.xml" not in names:
                return ["不是 Word 文档（.docx）。"]
            if any("vbaProject" in name or "/embeddings/" in name for name in names):
                return ["模板里有宏或者嵌入的文件，请去掉后再上传。"]
            texts = {
                name: packed.read(name).decode("utf-8", "replace")
                for name in names
                if name.endswith((".xml", ".rels"))
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return ["文件损坏或者加了密码，读不出来。"]
    if any("<!DOCTYPE" in text or "<!ENTITY" in text for text in texts.values()):
        return ["文件里有不允许的内容（DTD）。"]
    if any('TargetMode="External"' in t and "hyperlink" not in t for t in texts.values()):
        return ["模板引用了外部文件，请改为插入到文档里。"]
    found, used = [], set[str]()
    for text in texts.values():
        bare = _TAGS.sub("", text)
        if "{%" in bare or "{#" in bare:
            found.append("模板里只能写 {{ 名称 }}，不能写其他语句。")
        for inside in _USES.findall(bare):
            name = _NAME.match(inside)
            if name is None or name.group(1) not in FIELD_WORDS:
                found.append(f"不认识的占位：{{{{{inside.strip()[:30]}}}}}。")
            else:
                used.add(name.group(1))
    if lacking := [FIELD_WORDS[key] for key in NEEDED if key not in used]:
        found.append(f"模板里还缺：{'、'.join(lacking)}。")
    return list(dict.fromkeys(found))


def set_docx(template: bytes, values: Mapping[str, str]) -> bytes:
    """The template with its fields filled in, in this thread."""
    made = DocxTemplate(io.BytesIO(template))
    words = {key: _NOT_XML.sub("", values.get(key, "")) for key in FIELD_WORDS}
    # docxtpl begins a new paragraph, with the style of the placeholder's own, at each \a.
    context = {**words, "body": Listing(words["body"].replace("\n", "\a"))}
    made.render(context, jinja_env=ImmutableSandboxedEnvironment(autoescape=True), autoescape=True)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


async def docx_of(template: bytes | None, values: Mapping[str, str]) -> bytes:
    """The document as DOCX; processor work, so outside of a request's transaction if possible."""
    return await to_thread.run_sync(set_docx, template or default_template(), values)


async def check_template(content: bytes) -> None:
    """Refuse a template that could not be filled in; it is also tried once."""
    faults = await to_thread.run_sync(faults_of, content)
    if not faults:
        try:
            await docx_of(content, dict.fromkeys(FIELD_WORDS, "试"))
        except Exception as error:  # noqa: BLE001 - whatever the library finds wrong with a foreign file
            faults = [f"模板填写不了：{type(error).__name__}。请用 Word 另存一次再上传。"]
    if faults:
        raise Invalid({"file": "".join(faults)})


# --- the platform's own template ---------------------------------------------------------------

BODY_FONT, TITLE_FONT, NUMBER_FONT = "仿宋_GB2312", "方正小标宋简体", "宋体"
_RED = RGBColor(0xD7, 0x00, 0x0F)
_kept: list[bytes] = []


def _write(
    line: Paragraph, text: str, size: float = 16, font: str = BODY_FONT, *, red: bool = False
) -> None:
    run = line.add_run(text)
    run.font.name, run.font.size = font, Pt(size)
    if red:
        run.font.color.rgb = _RED
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - the library's way to the East Asian font


def _rule(line: Paragraph, colour: str, size: str) -> None:
    borders, edge = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for key, value in (("val", "single"), ("sz", size), ("space", "1"), ("color", colour)):
        edge.set(qn(f"w:{key}"), value)
    borders.append(edge)
    line._p.get_or_add_pPr().append(borders)  # noqa: SLF001 - the library has no borders of paragraphs


def _number_pages(section: Section) -> None:
    """— 1 — in 四号 宋体 below the text, at the right of odd pages and the left of even ones (7.5)."""
    section.footer_distance = Mm(23)
    for footer, align in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.alignment = align
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = Pt(14)
        _write(line, "— ", 14, NUMBER_FONT)
        _write(line, "", 14, NUMBER_FONT)
        for kind in ("begin", "", "end"):
            made = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                made.set(qn("w:fldCharType"), kind)
            else:
                made.text = "PAGE"
            line.runs[-1]._r.append(made)  # noqa: SLF001 - the library has no fields
        _write(line, " —", 14, NUMBER_FONT)


def default_template() -> bytes:
    """The layout of GB/T 9704 as a template an office can take, change and upload again."""
    if _kept:
        return _kept[0]
    file = Document()
    page = file.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin = Mm(37), Mm(35)
    page.left_margin, page.right_margin = Mm(28), Mm(26)
    file.settings.odd_and_even_pages_header_footer = True
    _number_pages(page)
    for text, size, font, align, red in (
        ("{{ organ }}", 40, TITLE_FONT, WD_ALIGN_PARAGRAPH.CENTER, True),
        ("{{ number }}", 16, BODY_FONT, WD_ALIGN_PARAGRAPH.CENTER, False),
        ("{{ title }}", 22, TITLE_FONT, WD_ALIGN_PARAGRAPH.CENTER, False),
        ("{{ to }}：", 16, BODY_FONT, WD_ALIGN_PARAGRAPH.LEFT, False),
        ("{{ body }}", 16, BODY_FONT, WD_ALIGN_PARAGRAPH.JUSTIFY, False),
        ("{{ signed }}", 16, BODY_FONT, WD_ALIGN_PARAGRAPH.CENTER, False),
        ("{{ date }}", 16, BODY_FONT, WD_ALIGN_PARAGRAPH.CENTER, False),
        ("{{ copies }}", 14, BODY_FONT, WD_ALIGN_PARAGRAPH.LEFT, False),
    ):
        line = file.add_paragraph()
        line.alignment = align
        line.paragraph_format.line_spacing = Pt(28 if size < 20 else size * 1.4)
        line.paragraph_format.space_after = Pt(0)
        if text == "{{ body }}":
            line.paragraph_format.first_line_indent = Pt(32)
        if text in ("{{ signed }}", "{{ date }}"):
            # A sealed document's date ends four characters from the edge, the organ centred over
            # it (7.3.5.1): both are centred in fifteen characters, of which a date takes eight or
            # nine.
            line.paragraph_format.left_indent, line.paragraph_format.right_indent = Pt(190), Pt(12)
        if text in ("{{ title }}", "{{ signed }}", "{{ copies }}"):
            line.paragraph_format.space_before = Pt(24)
        _write(line, text, size, font, red=red)
        if text == "{{ number }}":
            _rule(line, "D7000F", "12")
    out = io.BytesIO()
    file.save(out)
    _kept.append(out.getvalue())
    return _kept[0]
