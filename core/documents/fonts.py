# SPDX-License-Identifier: Apache-2.0
"""Which fonts a document is set in: the operator's folder wins, the wheel's are always there.

The offices' own 仿宋_GB2312 and 小标宋 may not be shipped; whoever holds a licence puts the files
into the folder of ``[documents] fonts``. The data wheel ``pylopdf-fonts-zh-cn`` carries Noto Sans
SC and Noto Serif SC (OFL), so that nothing has to be installed (D19).
"""

import struct
from functools import lru_cache
from pathlib import Path

import pylopdf_fonts_zh_cn as wheel

BODY = ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "Noto Serif SC")
TITLE = ("FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "FZXiaoBiaoSong-B05", "Noto Serif SC")
REPLACEMENT = "〓"
"""Stands for a character no font has (the printers' sign for it), never an empty box."""


def folders(own: str) -> list[str]:
    """The folders typst looks into."""
    shipped = str(Path(wheel.serif_path()).parent)
    return [own, shipped] if own and Path(own).is_dir() else [shipped]


@lru_cache(maxsize=1)
def known_characters() -> frozenset[int]:
    """The characters the shipped serif font has a glyph for."""
    return frozenset(_characters(Path(wheel.serif_path()).read_bytes()))


def _characters(font: bytes) -> set[int]:
    """The code points of an OpenType font, from the groups of its ``cmap`` (formats 4 and 12)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    found: set[int] = set()
    for n in range(tables):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", font, 12 + 16 * n)
        if tag != b"cmap":
            continue
        for m in range(struct.unpack_from(">H", font, offset + 2)[0]):
            at = offset + struct.unpack_from(">HHI", font, offset + 4 + 8 * m)[2]
            if struct.unpack_from(">H", font, at)[0] == 12:
                for g in range(struct.unpack_from(">I", font, at + 12)[0]):
                    first, last, _glyph = struct.unpack_from(">III", font, at + 16 + 12 * g)
                    found.update(range(first, last + 1))
    return found


def printable(text: str) -> str:
    """The text with what cannot be printed replaced by a visible sign."""
    known = known_characters()
    return "".join(c if ord(c) in known or c.isspace() else REPLACEMENT for c in text)


def unprintable(text: str) -> tuple[str, ...]:
    """The characters of a text no font has, each once: to be told before a document is issued."""
    known = known_characters()
    return tuple(dict.fromkeys(c for c in text if ord(c) not in known and not c.isspace()))
