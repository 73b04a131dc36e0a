# SPDX-License-Identifier: Apache-2.0
"""Names, kinds and byte ranges of files. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

KINDS: Mapping[str, str] = {
    "photo": "照片",
    "audio": "录音",
    "video": "录像",
    "document": "文档",
}

OFFICE = "application/vnd.openxmlformats-officedocument."

# Media type → (kind, extensions it may be called by). What is not here is not taken.
TYPES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "image/jpeg": ("photo", ("jpg", "jpeg", "jpe", "jfif", "mpo")),
    "image/png": ("photo", ("png",)),
    "image/webp": ("photo", ("webp",)),
    "image/gif": ("photo", ("gif",)),
    "image/bmp": ("photo", ("bmp", "dib")),
    "audio/mpeg": ("audio", ("mp3",)),
    "audio/mp4": ("audio", ("m4a", "mp4", "aac", "mov")),
    "audio/webm": ("audio", ("webm", "weba")),
    "audio/3gpp": ("audio", ("3gp", "3gpp", "mp4")),
    "audio/aac": ("audio", ("aac",)),
    "audio/x-wav": ("audio", ("wav",)),
    "audio/ogg": ("audio", ("ogg", "oga", "opus")),
    "audio/amr": ("audio", ("amr",)),
    "audio/x-flac": ("audio", ("flac",)),
    "video/mp4": ("video", ("mp4", "m4v", "m4a", "mov")),
    "video/x-m4v": ("video", ("m4v", "mp4")),
    "video/quicktime": ("video", ("mov", "mp4")),
    "video/webm": ("video", ("webm",)),
    "video/3gpp": ("video", ("3gp", "mp4")),
    "video/x-msvideo": ("video", ("avi",)),
    "video/x-matroska": ("video", ("mkv",)),
    "application/pdf": ("document", ("pdf",)),
    "application/msword": ("document", ("doc", "wps")),
    "application/vnd.ms-excel": ("document", ("xls", "et")),
    "application/vnd.ms-powerpoint": ("document", ("ppt", "dps")),
    f"{OFFICE}wordprocessingml.document": ("document", ("docx",)),
    f"{OFFICE}spreadsheetml.sheet": ("document", ("xlsx",)),
    f"{OFFICE}presentationml.presentation": ("document", ("pptx",)),
    "application/ofd": ("document", ("ofd",)),
    "text/plain": ("document", ("txt", "csv", "log")),
}

INLINE = frozenset(
    {"application/pdf", "audio/mpeg", "audio/mp4", "audio/aac", "audio/x-wav", "audio/ogg"}
    | {"audio/webm"}
    | {"video/mp4", "video/webm", "video/x-m4v", "video/quicktime"}
)
"""What a browser shows itself; everything else is offered for saving."""

SOUND_ONLY: Mapping[str, str] = {
    "video/webm": "audio/webm",
    "video/x-matroska": "audio/webm",
    "video/3gpp": "audio/3gpp",
    "video/mp4": "audio/mp4",
    "video/x-m4v": "audio/mp4",
    "video/quicktime": "audio/mp4",
}
"""What a container is called in which there is no picture."""

NAME_LIMIT = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def clean_name(name: str) -> str:
    """The name without folders, control characters and tricks with the writing direction."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = re.sub(r"\s+", " ", _FORBIDDEN.sub("", name)).strip(". ")
    if not name:
        return "未命名"
    if len(name) > NAME_LIMIT:
        stem, dot, extension = name.rpartition(".")
        if dot and len(extension) <= 8:
            return f"{stem[: NAME_LIMIT - len(extension) - 1]}.{extension}"
        return name[:NAME_LIMIT]
    return name


def extension_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def problem_of(name: str, media_type: str | None, kinds: Collection[str]) -> str:
    """Why a file of that content and name is not taken; empty when it is.

    What decides is the content; a name that says something else is refused too, since whoever
    saves the file again would be misled by it.
    """
    wanted = "、".join(KINDS[kind] for kind in KINDS if kind in kinds)
    if media_type == "image/heic":
        return (
            f"“{name}”是苹果手机的 HEIC 照片，请在手机“设置 › 相机 › 格式”里选“兼容性最佳”，"
            "或转成 JPG 后再上传。"
        )
    if media_type is None or media_type not in TYPES:
        return f"“{name}”不是可以上传的文件类型，请上传{wanted}。"
    kind, extensions = TYPES[media_type]
    if kind not in kinds:
        return f"“{name}”是{KINDS[kind]}，这里请上传{wanted}。"
    extension = extension_of(name)
    if extension and extension not in extensions:
        return f"“{name}”的内容与扩展名 .{extension} 不符，请核对文件后重新上传。"
    return ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large and how long a file of each kind may be; a kind left out has no limit here."""

    megabytes: Mapping[str, int]
    minutes: Mapping[str, int] = field(default_factory=dict)

    def most(self, kinds: Collection[str]) -> int | None:
        """The largest size in bytes any of ``kinds`` may have; None = no limit."""
        known = [self.megabytes[kind] for kind in kinds if kind in self.megabytes]
        return max(known) * 1024 * 1024 if len(known) == len(kinds) and known else None

    def problem(self, name: str, kind: str, size: int, seconds: float | None) -> str:
        """Why a file is too large or too long; empty when it is neither."""
        most = self.megabytes.get(kind)
        if most is not None and size > most * 1024 * 1024:
            return f"“{name}”有 {size_words(size)}，{KINDS[kind]}最大 {most} MB，请压缩或分开上传。"
        longest = self.minutes.get(kind)
        # Half a second more is what stopping by hand takes.
        if longest is not None and seconds is not None and seconds > longest * 60 + 0.5:
            return f"“{name}”长 {duration_words(seconds)}，{KINDS[kind]}最长 {longest} 分钟，请分段上传。"
        return ""


def duration_words(seconds: float) -> str:
    """``1 分 18 秒``: a length as people read it."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"


def size_words(size: int) -> str:
    """``1.5 MB``: a size as people read it."""
    if size < 1024:
        return f"{size} 字节"
    number, unit = size / 1024, "KB"
    for unit in ("KB", "MB", "GB", "TB"):  # noqa: B007 - the unit it stops at is the answer
        if number < 1024:
            break
        number /= 1024
    return f"{number:.1f}".rstrip("0").rstrip(".") + f" {unit}"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Both ends belong to it."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


class Unsatisfiable(ValueError):
    """The range begins beyond the end of the file (416)."""


def read_range(header: str, size: int) -> ByteRange | None:
    """The one range asked for; ``None`` for the whole file.

    Several ranges at once are answered with the whole file, which the standard allows.
    """
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return ByteRange(size - length, size - 1)
    begin = int(first)
    if begin >= size:
        raise Unsatisfiable
    end = min(int(last), size - 1) if last else size - 1
    return None if end < begin else ByteRange(begin, end)


def disposition(name: str, *, inline: bool) -> str:
    """The header that names a download, in ASCII with the real name beside it."""
    extension = extension_of(name)
    plain = f"file.{extension}" if extension.isascii() and extension.isalnum() else "file"
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
