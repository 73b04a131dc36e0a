# SPDX-License-Identifier: Apache-2.0
"""What the pages of the register share."""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.api.db import Place, Scope
from core.api.errors import Invalid
from core.api.files import Received, Waiting, attachments, waiting_uploads
from core.api.people import organisations_in
from core.api.web import Bound, Request, UploadedFile
from plugins.certificates.photos import photo_faults
from plugins.certificates.services.base import BODIES, READ, REGISTER

__all__ = ["BODIES", "READ", "REGISTER", "Nothing", "take_file", "units_of", "waiting_of"]


async def units_of(scope: Scope) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in await organisations_in(scope, kinds=BODIES)]


async def take_file(
    request: Request,
    form: Bound[Any],
    name: str,
    *,
    place: Place,
    purpose: str,
    kinds: Sequence[str] = ("document", "photo"),
    portrait: bool = False,
) -> Received | None:
    """The one file of a form; what is wrong with it stands beside its field.

    What was good waits when the form comes back for another reason, so nobody chooses it twice.
    """
    sent: list[UploadedFile] = [each for each in form.files.get(name, []) if each.size]
    if portrait and sent and (faults := await photo_faults(await sent[0].read())):
        form.error(name, "".join(faults))
        return None
    try:
        found = await attachments(
            request, name, place=place, purpose=purpose, kinds=kinds, max_files=1
        )
    except Invalid as error:
        for field, text in error.errors.items():
            form.error(field, text)
        return None
    return found[0] if found else None


async def waiting_of(request: Request, *names: str) -> dict[str, list[Waiting]]:
    """The files that have come already, for the form that is shown again."""
    return {name: await waiting_uploads(request, name) for name in names}


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""
