# SPDX-License-Identifier: Apache-2.0
"""Messages as lines of a file, for a gateway that fetches them and for looking at them."""

import json
import os
from pathlib import Path

from anyio import to_thread

from core import clock, settings
from core.notify.channels.base import Channel, Outgoing


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # One write of one line, so that two workers never mix theirs.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


async def send(message: Outgoing) -> None:
    """Add one line; the receiver is a number, the gateway looks the address up itself."""
    moment = clock.now()
    line = json.dumps(
        {
            "at": moment.isoformat(timespec="seconds"),
            "person": message.person,
            "kind": message.kind,
            "title": message.title,
            "text": message.text,
        },
        ensure_ascii=False,
    )
    folder = settings.load().data / "messages"
    await to_thread.run_sync(_append, folder / f"{clock.local(moment):%Y-%m-%d}.jsonl", line + "\n")


def _ready() -> bool:
    return settings.load().notify.file


FILE = Channel("文件", send, rests_at_night=False, ready=_ready)
