# SPDX-License-Identifier: Apache-2.0
"""What is inside recordings: sound or picture, how long, and what tells more than it should.

Only the boxes and headers are read, never the sound itself, and nothing is decoded, so a broken
or hostile file can at most say something wrong about itself. Telephones record sound into the
same containers as films; which one it is only the tracks tell.
"""

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

BOXES = 20_000
"""More boxes than any recording has; a file with more is not followed any further."""
EBML_READ = 4 * 1024 * 1024

MP4 = frozenset(
    {"video/mp4", "video/x-m4v", "video/quicktime", "audio/mp4", "audio/x-m4a", "video/3gpp"}
)


@dataclass(frozen=True, slots=True)
class Media:
    """What a recording says about itself."""

    sound_only: bool = False
    seconds: float | None = None
    """None where the file does not say, as recordings of browsers often do not."""
    private: tuple[tuple[int, int], ...] = field(default=())
    """Parts (offset, length) with the place and the name of the telephone, to be left out."""


def probe(path: Path, media_type: str) -> Media:
    """Look into a recording of that type; whatever does not fit its own format says nothing."""
    try:
        with path.open("rb") as file:
            return look(file, path.stat().st_size, media_type)
    except OSError:
        return Media()


def look(file: BinaryIO, size: int, media_type: str) -> Media:
    """The same for a recording that is open already."""
    try:
        if media_type in MP4:
            return _mp4(file, size)
        if media_type in ("video/webm", "video/x-matroska"):
            return _webm(file)
        if media_type == "audio/x-wav":
            return _wav(file, size)
        if media_type == "audio/ogg":
            return _ogg(file, size)
        if media_type == "audio/amr":
            return _amr(file, size)
        if media_type == "audio/mpeg":
            return _mp3(file, size)
    except (struct.error, ValueError, IndexError, OverflowError, OSError):
        return Media()
    return Media()


# --- MP4 and its relatives -------------------------------------------------------------------

_INSIDE = frozenset({b"moov", b"trak", b"mdia"})
# Place, owner, telephone: user data and the metadata boxes; ``uuid`` holds XMP and makers' own.
_PRIVATE = frozenset({b"udta", b"meta", b"uuid"})


def _boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, begin, begin of the content, end of each box between two places."""
    at, count = begin, 0
    while at + 8 <= end and count < BOXES:
        count += 1
        file.seek(at)
        head = file.read(16)
        size, kind = struct.unpack(">I4s", head[:8])
        start = at + 8
        if size == 1:
            size = struct.unpack(">Q", head[8:16])[0]
            start = at + 16
        elif size == 0:
            size = end - at
        if size < start - at or at + size > end:
            return
        yield kind, at, start, at + size
        at += size


def _mp4(file: BinaryIO, size: int) -> Media:
    seconds: float | None = None
    handlers: set[bytes] = set()
    private: list[tuple[int, int]] = []
    waiting = [(0, size)]
    while waiting:
        begin, end = waiting.pop()
        for kind, at, start, stop in _boxes(file, begin, end):
            if kind in _INSIDE:
                waiting.append((start, stop))
            elif kind in _PRIVATE:
                private.append((at, stop - at))
            elif kind == b"mvhd":
                seconds = _movie_seconds(file, start) or seconds
            elif kind == b"hdlr":
                file.seek(start + 8)
                handlers.add(file.read(4))
    return Media(b"soun" in handlers and b"vide" not in handlers, seconds, tuple(sorted(private)))


def _movie_seconds(file: BinaryIO, start: int) -> float | None:
    file.seek(start)
    content = file.read(32)
    if content[0] == 1:
        scale, duration = struct.unpack(">IQ", content[20:32])
    else:
        scale, duration = struct.unpack(">II", content[12:20])
    # Recordings that were written while they went on do not know their length.
    return duration / scale if scale and 0 < duration < 2**32 - 1 else None


# --- WebM ------------------------------------------------------------------------------------

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SCALE, _DURATION, _TRACK, _TYPE, _TIMECODE = 0x2AD7B1, 0x4489, 0xAE, 0x83, 0xE7
_FOLLOWED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK})


def _number(data: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """An EBML number and where it ends; all ones stand for "unknown" (−1)."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > 8:
        raise ValueError("no EBML number")
    value = int.from_bytes(data[at : at + length], "big")
    if not keep:
        value &= (1 << (7 * length)) - 1
        if value == (1 << (7 * length)) - 1:
            value = -1
    return value, at + length


def _webm(file: BinaryIO) -> Media:
    data = file.read(EBML_READ)
    at, scale, duration = 0, 1_000_000, 0.0
    types: set[int] = set()
    for _ in range(BOXES):
        if at >= len(data):
            break
        try:
            kind, after = _number(data, at, keep=True)
            size, start = _number(data, after, keep=False)
        except (IndexError, ValueError):
            break
        if kind in _FOLLOWED:
            at = start
            continue
        if size < 0 or kind == _CLUSTER:
            break  # the recording itself begins; what describes it came before
        content = data[start : start + size]
        if kind == _SCALE:
            scale = int.from_bytes(content, "big")
        elif kind == _DURATION and len(content) in (4, 8):
            duration = struct.unpack(">f" if len(content) == 4 else ">d", content)[0]
        elif kind == _TYPE:
            types.add(int.from_bytes(content, "big"))
        at = start + size
    seconds = duration * scale / 1e9
    return Media(types == {2}, seconds if 0 < seconds < 1e7 else None)


# --- sound -----------------------------------------------------------------------------------


def _wav(file: BinaryIO, size: int) -> Media:
    head = file.read(4096)
    at = head.index(b"fmt ")
    rate = struct.unpack("<I", head[at + 16 : at + 20])[0]
    return Media(True, size / rate if rate else None)


def _ogg(file: BinaryIO, size: int) -> Media:
    head = file.read(512)
    rate = 48000
    if b"OpusHead" not in head:
        at = head.find(b"\x01vorbis")
        rate = struct.unpack("<I", head[at + 12 : at + 16])[0] if at >= 0 else 0
    file.seek(max(0, size - 65_536))
    tail = file.read()
    last = tail.rfind(b"OggS")
    if not rate or last < 0:
        return Media(True)
    return Media(True, struct.unpack("<q", tail[last + 6 : last + 14])[0] / rate)


_AMR = (12, 13, 15, 17, 19, 20, 26, 31, 5)


def _amr(file: BinaryIO, size: int) -> Media:
    if file.read(6) != b"#!AMR\n":
        return Media(True)
    mode = (file.read(1)[0] >> 3) & 15
    length = _AMR[mode] + 1 if mode < len(_AMR) else 0
    # One frame lasts 20 ms; a telephone keeps to one mode.
    return Media(True, (size - 6) / length * 0.02 if length else None)


_MP3_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)


def _mp3(file: BinaryIO, size: int) -> Media:
    head = file.read(10)
    begin = 0
    private = []
    if head[:3] == b"ID3":
        begin = 10 + ((head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9])
        private.append((0, min(begin, size)))
    file.seek(max(0, size - 128))
    if size > 128 and file.read(3) == b"TAG":
        private.append((size - 128, 128))
    file.seek(begin)
    frame = file.read(4)
    seconds = None
    if len(frame) == 4 and frame[0] == 0xFF and frame[1] & 0xFA == 0xFA:
        rate = _MP3_RATES[frame[2] >> 4]
        seconds = (size - begin) / (rate * 125) if rate else None
    return Media(True, seconds, tuple(private))


def blanked(
    path: Path, target: Path, media_type: str, private: tuple[tuple[int, int], ...]
) -> None:
    """A copy whose private parts are empty, in the same places: nothing else has to move.

    In an MP4 such a part becomes a ``free`` box, which every player skips; the tags of an MP3
    become zeros, which it takes for silence between frames.
    """
    shutil.copyfile(path, target)
    with target.open("r+b") as copy:
        for at, length in private:
            copy.seek(at)
            if media_type in MP4:
                head = copy.read(16)
                start = 16 if struct.unpack(">I", head[:4])[0] == 1 else 8
                copy.seek(at + 4)
                copy.write(b"free")
            else:
                start = 0
            copy.seek(at + start)
            _zeros(copy, length - start)


def _zeros(file: BinaryIO, length: int) -> None:
    empty = bytes(65_536)
    while length > 0:
        file.write(empty[: min(length, len(empty))])
        length -= len(empty)
