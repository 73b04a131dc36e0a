# SPDX-License-Identifier: Apache-2.0
"""The sealed file a browser writes when the line never comes back: AES-GCM under the attempt's key.

It keeps others from reading or changing the answers on their way on a stick; that they are the
candidate's own is what two invigilators vouch for.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plugins.exams.rules.sitting import MOST_ACTS, Sent

FORMAT = "jiandu-exam-1"
LARGEST = 2 * 1024 * 1024


class NotOurs(ValueError):
    """The file is damaged, changed, or another candidate's."""


class _Sealed(msgspec.Struct):
    format: str
    attempt: int
    iv: str
    data: str
    epoch: int = -1
    """At which computer they were written; -1 = a client that does not say, i.e. the newest."""


def epoch_of(content: bytes, newest: int) -> int:
    """Under which computer's numbers the acts of a file stand: ``newest`` unless it names an older."""
    try:
        told = msgspec.json.decode(content, type=_Sealed).epoch
    except msgspec.MsgspecError:
        return newest
    return told if 0 <= told < newest else newest


def open_sealed(content: bytes, attempt: int, key: str) -> list[Sent]:
    """The acts in a file of this attempt."""
    if len(content) > LARGEST:
        raise NotOurs("文件太大，不是密封文件。")
    try:
        outer = msgspec.json.decode(content, type=_Sealed)
        iv, data = base64.b64decode(outer.iv), base64.b64decode(outer.data)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError) as error:
        raise NotOurs("这不是考试页面保存的密封文件。") from error
    if outer.format != FORMAT:
        raise NotOurs("这不是考试页面保存的密封文件。")
    if outer.attempt != attempt:
        raise NotOurs("这是另一名考生的密封文件。")
    try:
        plain = AESGCM(bytes.fromhex(key)).decrypt(iv, data, f"{FORMAT} {attempt}".encode())
        acts = msgspec.json.decode(plain, type=list[Sent])
    except (InvalidTag, ValueError, msgspec.MsgspecError) as error:
        raise NotOurs("密封文件损坏，或者被改过，不能采用。") from error
    return acts[: MOST_ACTS * 4]


def seal(acts: Sequence[Sent], attempt: int, key: str, iv: bytes) -> bytes:
    """What the browser's script does; here for tests and for whoever writes another client."""
    plain = msgspec.json.encode(list(acts))
    data = AESGCM(bytes.fromhex(key)).encrypt(iv, plain, f"{FORMAT} {attempt}".encode())
    return msgspec.json.encode(
        _Sealed(FORMAT, attempt, base64.b64encode(iv).decode(), base64.b64encode(data).decode())
    )
