# SPDX-License-Identifier: Apache-2.0
"""Stored files: received in pieces, checked, sealed by their hash, shown at ``/files/{id}``.

``receive`` outside a transaction, then ``keep`` inside the one that refers to the file; ``store``
does both for small ones. Wrong or hostile content raises ``Invalid`` with one Chinese sentence.

A form with photos and recordings: ``attachments`` gives what was chosen plainly and what was
sent beforehand in pieces (``/uploads``), ``waiting_uploads`` what to list when the form comes
back with errors::

    form = await bind(request, ComplaintForm)
    if form.ok and (done := await once(request, form.value.once)):
        return done  # the files went to the first arrival
    try:
        media = await attachments(request, "media", place=place, purpose="complaints.evidence")
    except Invalid as error:
        form.errors.update(error.errors)
    if not form.ok:
        waiting = await waiting_uploads(request, "media")
        return page(request, "complaints/form.html", status=422, form=form, waiting=waiting)
    async with transaction(who.scope):
        if done := await once(request, form.value.once):
            return done
        ...
        files = [await keep(each, place=place, purpose="complaints.evidence") for each in media]

The route says ``request_max_body_size=FORM_WITH_FILES``.

Who may open them at ``/files/{id}`` is declared among the plugin's contributions, purpose by
purpose; a file of any other purpose leaves by a route of the plugin only (``send_file``)::

    readers("complaints.evidence", "complaints.handle", originals=False)
"""

from core.storage.attachments import Waiting, attachments, waiting_uploads
from core.storage.readers import readers
from core.storage.routes import answer as send_file
from core.storage.rules import KINDS, Limits, duration_words, size_words
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
    seconds_of,
    store,
)
from core.storage.uploads import limits_of

FORM_WITH_FILES = 1024 * 1024 * 1024
"""What a form may weigh whose files are sent with it; each file is judged by its own limits."""

__all__ = [
    "FORM_WITH_FILES",
    "KINDS",
    "Limits",
    "OpenFile",
    "Received",
    "StoredFile",
    "Waiting",
    "again",
    "attachments",
    "duration_words",
    "file",
    "files",
    "intact",
    "keep",
    "limits_of",
    "open_",
    "publish",
    "readers",
    "receive",
    "seconds_of",
    "send_file",
    "size_words",
    "store",
    "waiting_uploads",
]
