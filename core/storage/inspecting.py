# SPDX-License-Identifier: Apache-2.0
"""Looking into an uploaded file: what it really is, and a clean copy of a picture."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import filetype  # type: ignore[import-untyped]
from PIL import Image, ImageOps, UnidentifiedImageError

from core.storage.rules import OFFICE

HEAD = 8192

# A photo of 200 million pixels from a new telephone is read at reduced size; other formats cannot
# be, so their limit is what fits into memory without harm.
JPEG_PIXELS = 220_000_000
OTHER_PIXELS = 40_000_000
COPY_EDGE = 2400
Image.MAX_IMAGE_PIXELS = JPEG_PIXELS

UNPACKED_LIMIT = 1 << 30
# A document of words shrinks to a tenth, tables to a fiftieth; what shrinks more was made for it.
UNPACKED_HARMLESS = 64 << 20
UNPACKED_TIMES = 200
ENTRIES_LIMIT = 20_000
PDF_TAIL = 64 << 10

_PICTURES = {
    "image/jpeg": ("JPEG",),  # also opens what cameras put several pictures into (MPO)
    "image/png": ("PNG",),
    "image/webp": ("WEBP",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP",),
}
_ALIASES = {"image/jpg": "image/jpeg", "audio/m4a": "audio/mp4", "audio/wav": "audio/x-wav"}
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_OLE_TYPES = {
    "doc": "application/msword",
    "wps": "application/msword",
    "xls": "application/vnd.ms-excel",
    "et": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "dps": "application/vnd.ms-powerpoint",
}
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<?php", b"#!")


class Hostile(ValueError):
    """The file would do harm; the message is the sentence for its owner."""


def sniff(path: Path, name: str) -> str | None:
    """The media type by content; ``None`` when it is none we know.

    ``filetype`` serves as an allow-list: it does not know HTML, SVG or scripts, which therefore
    are refused without anybody having to name them.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Hostile(f"“{name}”是空文件，请重新选择。")
    if head.startswith(b"PK\x03\x04"):
        return _packed(path, name)
    if head.startswith(_OLE):
        return _ole(path, name)
    guess = filetype.guess(head)
    if guess is not None:
        found = str(guess.mime)
        return _ALIASES.get(found, found)
    return "text/plain" if _is_text(path, head) else None


def _packed(path: Path, name: str) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Hostile(f"“{name}”已损坏，打不开，请核对后重新上传。") from error
    unpacked = sum(entry.file_size for entry in entries)
    most = min(UNPACKED_LIMIT, max(UNPACKED_HARMLESS, UNPACKED_TIMES * path.stat().st_size))
    if len(entries) > ENTRIES_LIMIT or unpacked > most:
        raise Hostile(f"“{name}”解开后过大，不能上传。")
    names = {entry.filename for entry in entries}
    if any(entry.lower().endswith("vbaproject.bin") for entry in names):
        raise Hostile(f"“{name}”带有宏，请另存为不带宏的文档后再上传。")
    for part, kind in (
        ("word/document.xml", f"{OFFICE}wordprocessingml.document"),
        ("xl/workbook.xml", f"{OFFICE}spreadsheetml.sheet"),
        ("ppt/presentation.xml", f"{OFFICE}presentationml.presentation"),
        ("OFD.xml", "application/ofd"),
    ):
        if part in names:
            return kind
    return None


def _ole(path: Path, name: str) -> str | None:
    # The container of old Office files says in UTF-16 what is in it; macros are a storage there.
    found = path.read_bytes() if path.stat().st_size <= 64 << 20 else b""
    if "_VBA_PROJECT".encode("utf-16-le") in found:
        raise Hostile(f"“{name}”带有宏，请另存为不带宏的文档后再上传。")
    return _OLE_TYPES.get(name.rpartition(".")[2].lower())


def _is_text(path: Path, head: bytes) -> bool:
    if b"\0" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return False
    if path.stat().st_size > 16 << 20:
        return False
    whole = path.read_bytes()
    for encoding in ("utf-8", "gb18030"):
        try:
            whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        return b"\0" not in whole
    return False


def check_document(path: Path, media_type: str, name: str) -> None:
    """Refuse a PDF whose end is missing: it was cut while it was sent or saved, and shows nothing.

    The mark stands at the end; some programs write more behind it.
    """
    if media_type != "application/pdf":
        return
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - PDF_TAIL))
        if b"%%EOF" not in file.read():
            raise Hostile(
                f"“{name}”不完整，没有结尾，可能没有存完或者没有传完，请重新导出后再上传。"
            )


@dataclass(frozen=True, slots=True)
class Copy:
    """A picture drawn anew: no camera data, no place, nothing hidden behind the last pixel."""

    content: bytes
    media_type: str
    width: int
    height: int


def _drawn(picture: Image.Image) -> tuple[Image.Image, bool]:
    """The opened picture upright and at most ``COPY_EDGE`` wide or high; whether it is transparent.

    A copy of a photo at its full size takes tens of megabytes and a good part of the whole work,
    so the photos of cameras are made small where they were decoded to, and turned afterwards.
    """
    # Decoded first: a second request for a fraction, which ``thumbnail`` makes, would undo the
    # first one's.
    picture.load()
    transparent = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if picture.mode == "RGB" and not transparent:
        picture.thumbnail((COPY_EDGE, COPY_EDGE))
        return ImageOps.exif_transpose(picture), False
    drawn = ImageOps.exif_transpose(picture).convert("RGBA" if transparent else "RGB")
    drawn.thumbnail((COPY_EDGE, COPY_EDGE))
    return drawn, transparent


def clean_copy(path: Path, media_type: str, name: str) -> Copy:
    """Draw a picture anew for viewing, upright and at most ``COPY_EDGE`` wide or high."""
    try:
        with Image.open(path, formats=_PICTURES[media_type]) as picture:
            width, height = picture.size
            limit = JPEG_PIXELS if media_type == "image/jpeg" else OTHER_PIXELS
            if width * height > limit:
                raise Hostile(  # noqa: TRY301 - the picture must be closed on the way out
                    f"“{name}”有 {width}×{height} 像素，过大，请缩小后再上传。"
                )
            # Has a JPEG decoded at a fraction of its size; other formats ignore it.
            picture.draft("RGB", (COPY_EDGE, COPY_EDGE))
            drawn, transparent = _drawn(picture)
            out = io.BytesIO()
            # A new image from the pixels alone: whatever else the object carries stays behind.
            plain = Image.new(drawn.mode, drawn.size)
            plain.paste(drawn)
            if transparent:
                plain.save(out, "PNG", optimize=True)
            else:
                plain.save(out, "JPEG", quality=85, optimize=True)
    except Hostile:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        ValueError,
        SyntaxError,
        MemoryError,
    ) as error:
        raise Hostile(f"“{name}”不是完好的图片，打不开，请核对后重新上传。") from error
    return Copy(out.getvalue(), "image/png" if transparent else "image/jpeg", *plain.size)
