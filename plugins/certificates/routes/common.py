# SPDX-License-Identifier: Apache-2.0
"""What the pages of the register share."""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.api.db import Place, Scope
from core.api.errors import Forbidden, Invalid
from core.api.files import Received, Waiting, attachments, waiting_uploads
from core.api.people import organisations_in
from core.api.web import Bound, Request, UploadedFile
from plugins.certificates.photos import photo_faults
from plugins.certificates.services.base import BODIES, READ, REGISTER, Actor

__all__ = [
    "BODIES",
    "READ",
    "REGISTER",
    "Nothing",
    "must_hold_one",
    "take_file",
    "units_of",
    "waiting_of",
]


async def units_of(scope: Scope) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in await organisations_in(scope, kinds=BODIES)]


def must_hold_one(who: Actor, *permissions: str) -> None:
    """Refuse whoever holds none of them, before a word of the form is read.

    For an act two kinds of people may do, where the guard can only ask for what both of them hold.
    """
    if not any(who.may(each) for each in permissions):
        raise Forbidden(permissions)


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
