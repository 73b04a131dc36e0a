# SPDX-License-Identifier: Apache-2.0
"""The two faces of a card as pictures, 85.6 × 54 mm at 300 dpi, and the sheet they are cut from.

Processor work without a database: it runs beside the event loop. The state emblem is not drawn;
it belongs to the blank cards that are printed on.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pylopdf_fonts_zh_cn as fonts
import zxingcpp
from PIL import Image, ImageDraw, ImageFont, ImageOps

WIDTH, HEIGHT, DPI = 1011, 638, 300
PHOTO = (300, 420)
CODE = 330
"""The most a code may take, in dots; with its white border. 2.5 cm are 295."""
INK, SOFT, RED, LINE = "#16242a", "#4a5a61", "#a4161a", "#c9d2d5"
MARGIN = 46

A4 = (2480, 3508)
COLUMNS, LINES = 2, 5
GAP = (60, 40)
MARK = 24


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on a card. ``address`` is what its code says."""

    number: str
    name: str
    unit: str
    region: str
    powers: str
    issuer: str
    kind: str
    valid_from: str
    valid_until: str
    address: str
    photo: bytes = b""

    @property
    def digest(self) -> str:
        """Names what was printed, without the photo's bytes: they are named by their file."""
        told = (self.number, self.name, self.unit, self.region, self.powers, self.address)
        return hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:32]

    @property
    def words(self) -> str:
        """Everything that has to have a glyph."""
        return self.name + self.unit + self.region + self.powers + self.issuer + self.number


@lru_cache(maxsize=64)
def _font(size: int, *, serif: bool = False) -> ImageFont.FreeTypeFont:
    path = fonts.serif_path() if serif else fonts.sans_path()
    return ImageFont.truetype(str(path), size)


def code_of(address: str, most: int = CODE) -> Image.Image:
    """The code in whole dots per module, so that no module is blurred; with its white border."""
    made = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = made.to_image(scale=1)  # a buffer, which its types do not say
    view = memoryview(image)
    side = view.shape[0] if view.shape else 0
    small = Image.frombytes("L", (side, side), view.tobytes())
    scale = max(1, most // side)
    return small.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines, line = [], ""
    for letter in text:
        if line and font.getlength(line + letter) > width:
            lines.append(line)
            line = ""
        line += letter
    return [*lines, line] if line else lines


def _fitting(
    text: str, width: int, sizes: Sequence[int], most: int
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest size at which the text fits into ``most`` lines; cut at the smallest."""
    for size in sizes:
        font = _font(size)
        lines = _lines(text, font, width)
        if len(lines) <= most:
            return font, lines
    kept = lines[:most]
    kept[-1] = kept[-1][:-1] + "…"
    return font, kept


def portrait(content: bytes) -> Image.Image:
    """The photo in the size of the card, not distorted; what cannot be read stays empty."""
    empty = Image.new("RGB", PHOTO, "white")
    if not content:
        return empty
    try:
        with Image.open(io.BytesIO(content)) as opened:
            if max(opened.size) > 6000:
                return empty
            opened.draft("RGB", (PHOTO[0] * 2, PHOTO[1] * 2))
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return empty
    return ImageOps.fit(upright, PHOTO, Image.Resampling.LANCZOS, centering=(0.5, 0.35))


def front(face: Face) -> Image.Image:
    """Photo, name, unit, number and the code."""
    card = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, WIDTH, 92), fill=RED)
    title = "中华人民共和国行政执法证"
    draw.text((WIDTH / 2, 46), title, font=_font(46, serif=True), fill="white", anchor="mm")
    top = 130
    card.paste(portrait(face.photo), (MARGIN, top))
    draw.rectangle((MARGIN, top, MARGIN + PHOTO[0] - 1, top + PHOTO[1] - 1), outline=LINE)
    left, right = MARGIN + PHOTO[0] + 34, WIDTH - MARGIN
    font, lines = _fitting(face.name, right - left, (56, 44, 34), 1)
    draw.text((left, top - 6), lines[0] if lines else "", font=font, fill=INK)
    font, lines = _fitting(face.unit, right - left, (34, 30, 26, 22), 2)
    y = top + 76
    for line in lines:
        draw.text((left, y), line, font=font, fill=INK)
        y += round(font.size * 1.3)
    code = code_of(face.address)
    # Pressed into the corner: its own white border keeps the distance it needs.
    at = (WIDTH - 20 - code.width, HEIGHT - 18 - code.height)
    card.paste(code, at)
    y = at[1] + 40
    for label, text, sizes in (
        ("证号", face.number, (32, 28, 24)),
        ("执法区域", face.region, (30, 26, 22)),
        ("有效期至", face.valid_until, (28, 26, 24)),
    ):
        draw.text((left, y), label, font=_font(22), fill=SOFT)
        font, lines = _fitting(text, at[0] - left - 8, sizes, 1)
        draw.text((left, y + 30), lines[0] if lines else "", font=font, fill=INK)
        y += 86
    note = "手机扫码可核验真伪和状态"
    draw.text((MARGIN, HEIGHT - 56), note, font=_font(22), fill=SOFT)
    return card


def back(face: Face) -> Image.Image:
    """Title in two languages, the scope of power, the term, who has it made."""
    card = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(card)
    draw.text((WIDTH / 2, 70), "行政执法证", font=_font(64, serif=True), fill=RED, anchor="mm")
    english = "Administrative Law Enforcement Certificate"
    draw.text((WIDTH / 2, 128), english, font=_font(28), fill=SOFT, anchor="mm")
    draw.line((MARGIN, 168, WIDTH - MARGIN, 168), fill=RED, width=3)
    y = 196
    for label, text, most in (
        ("权力范围", face.powers or "以公开的权责清单为准", 3),
        ("执法区域", face.region, 1),
        ("证件种类", "部门执法证" if face.kind == "ministry" else "地方执法证", 1),
        ("有 效 期", f"{face.valid_from}至{face.valid_until}", 1),
    ):
        draw.text((MARGIN, y + 2), label, font=_font(26), fill=SOFT)
        font, lines = _fitting(text, WIDTH - 2 * MARGIN - 150, (30, 26, 22), most)
        for line in lines or [""]:
            draw.text((MARGIN + 150, y), line, font=font, fill=INK)
            y += round(font.size * 1.35)
        y += 14
    draw.line((MARGIN, HEIGHT - 132, WIDTH - MARGIN, HEIGHT - 132), fill=LINE, width=2)
    rule = "执法时应主动出示本证。本证限本人使用，不得转借、涂改；调离执法岗位时交回。"
    font, lines = _fitting(rule, WIDTH - 2 * MARGIN, (22,), 2)
    for at, line in enumerate(lines):
        draw.text((MARGIN, HEIGHT - 116 + at * 30), line, font=font, fill=SOFT)
    draw.text(
        (WIDTH / 2, HEIGHT - 28), face.issuer, font=_font(28, serif=True), fill=INK, anchor="mm"
    )
    return card


def png(picture: Image.Image) -> bytes:
    """As a file, with its resolution in it, so that it prints in its true size."""
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(DPI, DPI), compress_level=1)
    return out.getvalue()


# --- the sheet -------------------------------------------------------------------------------


def _places(*, mirrored: bool) -> list[tuple[int, int]]:
    width = COLUMNS * WIDTH + (COLUMNS - 1) * GAP[0]
    height = LINES * HEIGHT + (LINES - 1) * GAP[1]
    left, top = (A4[0] - width) // 2, (A4[1] - height) // 2
    columns = list(range(COLUMNS))
    if mirrored:
        columns.reverse()
    return [
        (left + column * (WIDTH + GAP[0]), top + line * (HEIGHT + GAP[1]))
        for line in range(LINES)
        for column in columns
    ]


def _page(pictures: Sequence[Image.Image], *, mirrored: bool, words: str) -> Image.Image:
    page = Image.new("RGB", A4, "white")
    draw = ImageDraw.Draw(page)
    for picture, (x, y) in zip(pictures, _places(mirrored=mirrored), strict=False):
        page.paste(picture, (x, y))
        for cx in (x, x + WIDTH):
            for begin, end in ((y - MARK, y - 4), (y + HEIGHT + 4, y + HEIGHT + MARK)):
                draw.line((cx, begin, cx, end), fill="black", width=2)
        for cy in (y, y + HEIGHT):
            for begin, end in ((x - MARK, x - 4), (x + WIDTH + 4, x + WIDTH + MARK)):
                draw.line((begin, cy, end, cy), fill="black", width=2)
    draw.text((A4[0] / 2, A4[1] - 30), words, font=_font(26), fill=SOFT, anchor="mm")
    return page


def _pages(faces: Sequence[Face], words: str) -> Iterator[Image.Image]:
    """Fronts, then their backs in mirrored columns: printed on both sides, they meet."""
    each = COLUMNS * LINES
    count = (len(faces) + each - 1) // each
    for number, start in enumerate(range(0, len(faces), each), 1):
        some = faces[start : start + each]
        for side, draw, mirrored in (("正面", front, False), ("背面", back, True)):
            label = f"{words}　第 {number} 张，共 {count} 张　{side}　按实际大小打印，长边翻转"
            yield _page([draw(one) for one in some], mirrored=mirrored, words=label)


def sheet(faces: Sequence[Face], words: str) -> bytes:
    """The faces on A4 as PDF in true size, with marks to cut along; one page at a time in memory."""
    pages = _pages(faces, words)
    out = io.BytesIO()
    first = next(pages)
    first.save(
        out, "PDF", save_all=True, append_images=pages, resolution=DPI, quality=95, title=words
    )
    return out.getvalue()
