# SPDX-License-Identifier: Apache-2.0
"""Recordings: sound or picture, how long, and what they tell beside that."""

import io
import struct
import wave

import pytest

from core.db import Place, Scope, transaction
from core.errors import Invalid
from core.storage import services
from core.storage.media import blanked, probe
from core.storage.rules import Limits

LIMITS = Limits({"photo": 1, "audio": 2, "video": 3}, {"audio": 10, "video": 10})


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


PLACE = "\xa9xyz".encode("latin-1") + b"+40.3311+106.9873/"


def mp4(
    *handlers: bytes, seconds: float = 42, brand: bytes = b"mp42", user: bytes = PLACE
) -> bytes:
    """A film without a single picture in it, as far as its boxes go."""
    movie = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)), bytes(80))
    tracks = [
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), each, bytes(12)))) for each in handlers
    ]
    inside = [movie, *tracks, box(b"udta", user)] if user else [movie, *tracks]
    return (
        box(b"ftyp", brand, bytes(4), b"isom", brand)
        + box(b"moov", *inside)
        + box(b"mdat", b"the film itself")
    )


def ebml(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">Q", len(content) | 1 << 56) + content


def webm(*types: int, seconds: float | None = None) -> bytes:
    info = ebml(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3, "big"))
    if seconds is not None:
        info += ebml(b"\x44\x89", struct.pack(">d", seconds * 1000))
    tracks = b"".join(ebml(b"\xae", ebml(b"\x83", bytes([each]))) for each in types)
    head = b"\x1a\x45\xdf\xa3" + b"\x9f" + b"\x42\x82\x84webm" + bytes(24)
    return (
        head
        + b"\x18\x53\x80\x67\x01"
        + b"\xff" * 7
        + ebml(b"\x15\x49\xa9\x66", info)
        + ebml(b"\x16\x54\xae\x6b", tracks)
    )


def wav(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(1000)
        file.writeframes(bytes(int(1000 * seconds)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type", "sound", "seconds"),
    [
        (mp4(b"vide", b"soun"), "video/mp4", False, 42),
        (mp4(b"soun", seconds=7.5), "video/mp4", True, 7.5),
        (mp4(b"vide", seconds=0), "video/mp4", False, None),
        (webm(1, 2, seconds=12), "video/webm", False, 12),
        (webm(2), "video/webm", True, None),
        (wav(3), "audio/x-wav", True, 3),
        (b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50, "audio/amr", True, 1),
    ],
)
def test_what_a_recording_says(tmp_path, content, media_type, sound, seconds):
    path = tmp_path / "recording"
    path.write_bytes(content)
    found = probe(path, media_type)
    assert found.sound_only is sound
    assert found.seconds == (pytest.approx(seconds, abs=0.1) if seconds else None)


@pytest.mark.parametrize("media_type", ["video/mp4", "video/webm", "audio/x-wav", "audio/ogg"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 64, b"\xff" * 4096, mp4(b"vide")[:40], webm(2)[:50], b"RIFF", b"OggS" * 9],
    ids=range(7),
)
def test_a_broken_recording_says_nothing_and_does_no_harm(tmp_path, content, media_type):
    path = tmp_path / "recording"
    path.write_bytes(content)
    probe(path, media_type)


def test_place_and_telephone_are_empty_in_the_copy_and_everything_else_stays(tmp_path):
    path, copy = tmp_path / "film", tmp_path / "copy"
    content = mp4(b"vide", b"soun")
    path.write_bytes(content)
    found = probe(path, "video/mp4")
    blanked(path, copy, "video/mp4", found.private)
    kept = copy.read_bytes()
    assert len(kept) == len(content)
    assert b"40.33" in content
    assert b"40.33" not in kept
    assert kept.endswith(b"the film itself")
    assert probe(copy, "video/mp4").seconds == found.seconds
    assert probe(copy, "video/mp4").private == ()


def test_tags_of_an_mp3(tmp_path):
    path, copy = tmp_path / "song", tmp_path / "copy"
    frames = b"\xff\xfb\x90\x00" + bytes(8000)
    path.write_bytes(b"ID3\x04\0\0\0\0\0\x14" + b"TPE1: Zhao Yaqin...." + frames)
    found = probe(path, "audio/mpeg")
    blanked(path, copy, "audio/mpeg", found.private)
    assert b"Yaqin" not in copy.read_bytes()
    assert copy.read_bytes().endswith(frames)


async def taken(content, name, kinds, **more):
    return await services.receive(content, name, kinds=kinds, limits=LIMITS, **more)


async def test_a_browsers_sound_in_a_container_for_films_is_sound(files):
    for content, name in ((webm(2), "录音.webm"), (mp4(b"soun"), "录音.m4a")):
        received = await taken(content, name, ["audio"])
        assert received.kind == "audio"
        assert received.media_type in ("audio/webm", "audio/mp4")
    with pytest.raises(Invalid) as raised:
        await taken(webm(1, 2), "录像.webm", ["audio"])
    assert "是录像，这里请上传录音" in str(raised.value)


async def test_the_original_is_sealed_and_the_copy_says_nothing(files, region_tree):
    content = mp4(b"vide", b"soun")
    received = await taken(content, "录像.mp4", ["video"])
    async with transaction(Scope.platform("test")):
        kept = await services.keep(
            received, place=Place(region_tree.county.lo), purpose="complaints.evidence"
        )
        shown = await services.open_(kept.id)
        original = await services.open_(kept.id, original=True)
        assert await services.intact(kept.id)
    assert b"40.33" not in await shown.read()
    assert await original.read() == content


@pytest.mark.parametrize(
    ("content", "name", "kinds", "says"),
    [
        (b"", "录音.wav", ["audio"], "是空文件"),
        (wav(11 * 60), "录音.wav", ["audio"], "长 11 分 0 秒，录音最长 10 分钟"),
        (mp4(b"vide", seconds=601), "录像.mp4", ["video"], "录像最长 10 分钟"),
        (b"\xff\xd8\xff" + bytes(1 << 21), "照片.jpg", ["photo", "video"], "照片最大 1 MB"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG_1.HEIC", ["photo"], "兼容性最佳"),
        (b"\x7fELF" + bytes(64), "照片.jpg", ["photo"], "不是可以上传的文件类型"),
        (mp4(b"vide"), "照片.jpg", ["photo"], "是录像，这里请上传照片"),
    ],
)
async def test_what_is_refused_says_how_to_mend_it(files, content, name, kinds, says):
    with pytest.raises(Invalid) as raised:
        await taken(content, name, kinds)
    assert says in str(raised.value)


async def test_ten_minutes_are_ten_minutes(files):
    received = await taken(wav(600), "录音.wav", ["audio"])
    assert received.kind == "audio"
    film = await taken(mp4(b"vide", seconds=600), "录像.mp4", ["video"])
    assert film.kind == "video"
