# SPDX-License-Identifier: Apache-2.0
"""What a backup says about itself: every file with its hash, and what it takes to use it."""

import hashlib
import hmac
from pathlib import Path
from typing import IO

import msgspec

FORMAT = 1
NAME = "manifest.json"
SUM = "manifest.sha256"
DUMP = "database.dump"
PIECE = 1 << 20


class Damaged(Exception):
    """A file of the backup is missing or not what was written; the message names it."""


class Entry(msgspec.Struct, frozen=True):
    """One file of the backup, as it lies there."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole description."""

    format: int = FORMAT
    made_at: str
    version: str
    postgres: int
    migrations: dict[str, list[str]]
    plugins: dict[str, str]
    facts: int
    batch: int
    head: str
    secret_check: str
    """Tells whether a secret is the one personal data was encrypted with; reveals nothing."""
    salt: str = ""
    """Present when the backup is encrypted."""
    entries: list[Entry]
    problems: list[str] = []
    """Stored files that were missing or damaged already when the backup was made."""

    @property
    def encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.salt)

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(each.size for each in self.entries)


def secret_check(secret: str) -> str:
    """A short fingerprint of the installation's secret."""
    return hmac.new(b"jiandu backup check", secret.encode(), hashlib.sha256).hexdigest()[:16]


def sha256_of(source: IO[bytes]) -> str:
    """Of a file, read in pieces."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    """Write it with its own sum beside it."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / NAME).write_bytes(text)
    (folder / SUM).write_text(f"{hashlib.sha256(text).hexdigest()}  {NAME}\n", "ascii")


def read(folder: Path) -> Manifest:
    """The description of a backup, if it is whole and of a format known here."""
    for name in (NAME, SUM):
        if not (folder / name).is_file():
            raise Damaged(f"{folder} 里没有 {name}，不是完整的备份 (not a complete backup)")
    text = (folder / NAME).read_bytes()
    if (folder / SUM).read_text("utf-8", "replace").split()[:1] != [
        hashlib.sha256(text).hexdigest()
    ]:
        raise Damaged(f"{NAME} 与 {SUM} 不符，备份已损坏 ({NAME} is damaged)")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise Damaged(f"{NAME}: {error}") from error
    if manifest.format != FORMAT:
        raise Damaged(f"备份的格式 {manifest.format} 这个版本不认识 (unknown format)")
    return manifest


def check(folder: Path, manifest: Manifest) -> None:
    """Every file is there and is what was written; the first that is not is named."""
    for entry in manifest.entries:
        path = folder / entry.path
        # A path is never followed out of the folder, whatever a forged manifest says.
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Damaged(f"{NAME} 里的路径 {entry.path} 不在备份内 (path outside the backup)")
        if not path.is_file():
            raise Damaged(f"备份里缺少文件 {entry.path} (missing file)")
        if path.stat().st_size != entry.size:
            raise Damaged(f"文件 {entry.path} 的长度不对，备份已损坏 (damaged file)")
        with path.open("rb") as source:
            if sha256_of(source) != entry.sha256:
                raise Damaged(f"文件 {entry.path} 的内容不对，备份已损坏 (damaged file)")
