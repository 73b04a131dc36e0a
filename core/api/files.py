# SPDX-License-Identifier: Apache-2.0
"""Stored files: received in pieces, checked, sealed by their hash, shown at ``/files/{id}``.

``receive`` outside a transaction, then ``keep`` inside the one that refers to the file; ``store``
does both for small ones. Wrong or hostile content raises ``Invalid`` with one Chinese sentence.
"""

from core.storage.rules import KINDS, size_words
from core.storage.services import (
    OpenFile,
    Received,
    StoredFile,
    again,
    file,
    files,
    intact,
    keep,
    open_,
    publish,
    receive,
    store,
)

__all__ = [
    "KINDS",
    "OpenFile",
    "Received",
    "StoredFile",
    "again",
    "file",
    "files",
    "intact",
    "keep",
    "open_",
    "publish",
    "receive",
    "size_words",
    "store",
]
