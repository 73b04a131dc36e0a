# SPDX-License-Identifier: Apache-2.0
"""A file into text: Markdown and plain text in the usual encodings, DOCX behind a guard."""

import io
import zipfile

from core.api.errors import Invalid

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 60 * 1024 * 1024
MOST_PARTS = 500
MOST_RATIO = 200
"""How much a part of a Word file may shrink; text shrinks about tenfold."""
FIELD = "file"


def text_of(name: str, content: bytes) -> str:
    """The text of an uploaded law. Raises ``Invalid`` with a sentence for the field."""
    if not content:
        raise Invalid({FIELD: "请选择文件，或者把全文贴在下面。"})
    if len(content) > MOST_BYTES:
        raise Invalid({FIELD: f"文件超过 {MOST_BYTES // 1024 // 1024} MB，不像一部法律。"})
    if content[:4] == b"PK\x03\x04":
        return _docx(content)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise Invalid({FIELD: "这是旧版 Word（.doc）文件，请另存为 .docx 再上传。"})
    if content[:4] == b"%PDF":
        raise Invalid({FIELD: "PDF 里的文字顺序靠不住，请用 Word 或文本文件。"})
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid({FIELD: f"“{name}”不是文本、Markdown 或 Word（.docx）文件。"})


def _guard(content: bytes) -> None:
    """Refuse what is no Word file or unpacks to far more than one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise Invalid({FIELD: "文件损坏了，请重新保存再上传。"}) from error
    if not any(each.filename == "word/document.xml" for each in parts):
        raise Invalid({FIELD: "这不是 Word（.docx）文件。"})
    large = sum(each.file_size for each in parts) > MOST_UNPACKED
    packed = any(
        each.file_size > 1_000_000 and each.file_size > MOST_RATIO * max(each.compress_size, 1)
        for each in parts
    )
    if large or packed or len(parts) > MOST_PARTS:
        raise Invalid({FIELD: "文件解开后大得不正常，没有读取。"})


def _docx(content: bytes) -> str:
    _guard(content)
    # The reader is needed for this one act only, and takes a while to load.
    from docx import Document
    from lxml.etree import LxmlError

    from plugins.library.services.word import lines_of

    try:
        document = Document(io.BytesIO(content))
        return "\n\n".join(lines_of(document))
    except (LxmlError, KeyError, ValueError, zipfile.BadZipFile, RuntimeError) as error:
        raise Invalid({FIELD: "Word 文件损坏了，请重新保存再上传。"}) from error
