# SPDX-License-Identifier: Apache-2.0
"""Keeping photos and recordings, of a complaint, of a copy, of an answer."""

from collections.abc import Sequence
from dataclasses import replace

from core.api.db import Place, execute
from core.api.files import Received, keep


async def keep_media(
    complaint: int,
    media: Sequence[Received],
    place: Place,
    *,
    sealed: bool,
    copy: int = 0,
    answer: bool = False,
) -> None:
    """Keep photos and recordings. Under seal they get names of ours: a file's name may tell.

    What they are kept for says who opens them: the bureau what was sent to it, the body its copy.
    """
    purpose = "complaints.sealed" if sealed else "complaints.media"
    if copy:
        purpose = "complaints.answer" if answer else "complaints.copy"
    for n, each in enumerate(media, 1):
        name = each.name
        if sealed:
            ending = each.name.rpartition(".")[2][:8] if "." in each.name else ""
            name = f"附件{n}.{ending}" if ending else f"附件{n}"
        stored = await keep(
            replace(each, name=name),
            place=place,
            purpose=purpose,
        )
        await execute(
            "insert into complaints_attachment (complaint, copy, file, name, kind, media_type,"
            " size, sha256, clean, answer, region_lo, org_lo)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            complaint,
            copy,
            stored.id,
            stored.name,
            stored.kind,
            stored.media_type,
            stored.size,
            stored.sha256,
            bool(each.copy_path),
            answer,
            place.region_lo,
            place.org_lo,
        )
