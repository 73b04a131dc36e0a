# SPDX-License-Identifier: Apache-2.0
"""The photographs and papers of the demo: drawn here, stored once, bound to many cases."""

import io
from dataclasses import replace
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from core.api.files import Received, receive

PHOTOS = 18
PAPERS = (
    "询问笔录",
    "调查终结报告",
    "告知书送达回证",
    "行政处罚决定书",
    "送达回证",
    "缴款凭据",
    "申请材料",
    "检查笔录",
    "勘验笔录",
    "现场笔录",
    "缴费通知单",
    "当场处罚决定书",
    "监测报告",
    "签收凭证",
)
RECORDER = Path(__file__).with_name("recorder.webm")
COPIES = 2
"""How many different contents each paper has."""


def photograph(chance: Random, number: int) -> bytes:
    """A shop, a yard or a chimney in a few strokes, with the recorder's stamp."""
    width, height = 960, 720
    sky = (chance.randint(150, 225), chance.randint(170, 230), chance.randint(190, 240))
    floor = (chance.randint(90, 150), chance.randint(90, 140), chance.randint(80, 120))
    image = Image.new("RGB", (width, height), sky)
    draw = ImageDraw.Draw(image)
    horizon = chance.randint(380, 460)
    draw.rectangle((0, horizon, width, height), fill=floor)
    for shelf in range(3):
        top = 120 + shelf * 150
        left = 80 + chance.randint(0, 40)
        draw.rectangle((left, top + 100, width - left, top + 112), fill=(92, 72, 52))
        at = left + 10
        while at < width - left - 60:
            wide, tall = chance.randint(24, 58), chance.randint(40, 92)
            colour = tuple(chance.randint(40, 220) for _ in range(3))
            draw.rectangle((at, top + 100 - tall, at + wide, top + 100), fill=colour)
            at += wide + chance.randint(6, 26)
    draw.rectangle((width - 300, height - 44, width - 12, height - 12), fill=(20, 20, 20))
    draw.text((width - 290, height - 36), f"DSJ-{4200 + number:05d}  REC", fill=(240, 220, 90))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def paper(title: str, lines: list[str]) -> bytes:
    """One A4 page with Chinese text, in a font every reader brings along."""

    def shown(text: str) -> str:
        return text.encode("utf-16-be").hex()

    text = [f"BT /F 20 Tf 200 770 Td <{shown(title)}> Tj ET"]
    for number, line in enumerate(lines):
        text.append(f"BT /F 12 Tf 72 {720 - number * 24} Td <{shown(line)}> Tj ET")
    stream = "\n".join(text).encode()
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>"
    )
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H"
        b"/DescendantFonts[6 0 R]>>"
    )
    glyphs = (
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo"
        b"<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/FontDescriptor 7 0 R/DW 1000>>"
    )
    face = (
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]"
        b"/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>"
    )
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        b"<</Length %d>>\nstream\n%b\nendstream" % (len(stream), stream),
        font,
        glyphs,
        face,
    )
    out = io.BytesIO()
    out.write(b"%PDF-1.5\n")
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, each))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(
        b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    )
    return out.getvalue()


class Cabinet:
    """Contents that lie in the store already; cases bind them under names of their own."""

    def __init__(self) -> None:
        self._photos: list[Received] = []
        self._papers: dict[str, list[Received]] = {}
        self._video: Received | None = None

    async def fill(self, chance: Random) -> None:
        """Draw and store everything, once per seeding."""
        for number in range(PHOTOS):
            content = photograph(chance, number)
            self._photos.append(await receive(content, "现场.jpg", kinds=("photo",)))
        self._video = await receive(RECORDER.read_bytes(), "现场.webm", kinds=("video",))
        for title in PAPERS:
            self._papers[title] = [
                await receive(
                    paper(title, self._lines(title, number)),
                    f"{title}.pdf",
                    kinds=("document",),
                )
                for number in range(COPIES)
            ]

    @staticmethod
    def _lines(title: str, number: int) -> list[str]:
        return [
            f"本页是演示数据中的《{title}》，第 {number + 1} 种样式。",
            "人名、单位名称和内容均为虚构。",
            "",
            "执法人员（签名）：                    当事人（签名）：",
            "日期：",
        ]

    def photo(self, chance: Random, name: str) -> Received:
        """One of the photographs, under this name."""
        return replace(chance.choice(self._photos), name=name)

    def same_photo(self, number: int, name: str) -> Received:
        """Always the same photograph for the same number."""
        return replace(self._photos[number % PHOTOS], name=name)

    def video(self, name: str) -> Received:
        """Two seconds of a recorder."""
        assert self._video is not None
        return replace(self._video, name=name)

    def paper(self, chance: Random, title: str, name: str = "") -> Received:
        """One of the papers of this title."""
        return replace(chance.choice(self._papers[title]), name=f"{name or title}.pdf")
