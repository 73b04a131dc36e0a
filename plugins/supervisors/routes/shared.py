# SPDX-License-Identifier: Apache-2.0
"""What the pages share: files that survive a refused form, pictures, QR codes."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from core.api.errors import Invalid, TooLarge
from core.api.files import OpenFile, Received, receive
from core.api.people import decrypt, encrypt
from core.api.web import Bound, Request, Response, UploadedFile, address_of, qr_file
from plugins.supervisors.rules.applying import FORM_MB, PHOTO_MB
from plugins.supervisors.services.applying import Papers

KEPT = "supervisors.kept"
MEGABYTE = 1024 * 1024
FIELDS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "photo": (("photo",), PHOTO_MB),
    "recommendation": (("photo", "document"), FORM_MB),
    "attachment": (("photo", "document"), FORM_MB),
}
FACE = {"photo": "photo", "recommendation": "recommendation", "attachment": "attachment"}


async def take_papers(form: Bound[Any], names: tuple[str, ...] = tuple(FIELDS)) -> Papers:
    """The files of a form: those sent now, else those sent before it was refused.

    What came in is carried along in a sealed hidden field, so that nobody has to choose his
    photo again because the telephone had a digit too few. Content nobody hands in finally is
    swept a day later.
    """
    found: dict[str, Received] = {}
    for name in names:
        kinds, limit_mb = FIELDS[name]
        try:
            received = await take_file(form, name, kinds, limit_mb)
        except (Invalid, TooLarge) as error:
            form.error(name, str(error))
            continue
        if received is None:
            received = opened(str(form.raw.get(f"kept_{name}") or ""))
        if received is not None:
            found[name] = received
            form.raw[f"kept_{name}"] = sealed(received)
        else:
            form.raw[f"kept_{name}"] = ""
    return Papers(**found)


async def take_file(
    form: Bound[Any], name: str, kinds: tuple[str, ...], limit_mb: int
) -> Received | None:
    """One file of a form, received and looked into; None when none was chosen."""
    sent: list[UploadedFile] = form.files.get(name, [])
    if not sent or not sent[0].name:
        return None
    if not sent[0].size:
        raise Invalid({name: f"“{sent[0].name}”是空文件，请重新选择。"})
    if name == "photo":
        # Any file first, so that a PDF or a HEIC photo gets the sentence that fits it.
        kinds = ("photo",)
    return await receive(
        sent[0], sent[0].name, kinds=kinds, max_bytes=limit_mb * MEGABYTE, field=name
    )


def sealed(received: Received) -> str:
    """A received file as a hidden field nobody can read or change."""
    data = {**asdict(received), "sha256": received.sha256.hex()}
    return urlsafe_b64encode(encrypt(msgspec.json.encode(data).decode(), KEPT)).decode()


def opened(text: str) -> Received | None:
    """The file behind such a field; None for anything that was not sealed by us."""
    if not text:
        return None
    try:
        data = msgspec.json.decode(decrypt(urlsafe_b64decode(text.encode()), KEPT))
        data["sha256"] = bytes.fromhex(data["sha256"])
        return Received(**data)
    except Exception:  # noqa: BLE001 - whatever is wrong with it: it is not one of ours
        return None


def kept_names(form: Bound[Any] | None) -> dict[str, str]:
    """The names of the files that need not be chosen again."""
    if form is None:
        return {}
    found = {}
    for name in FIELDS:
        received = opened(str(form.raw.get(f"kept_{name}") or ""))
        if received is not None and name not in form.errors:
            found[name] = received.name
    return found


def picture(file: OpenFile) -> Response:
    """A photo, to be kept by nobody in between."""
    from litestar.response import Stream

    return Stream(
        file.pieces(),
        media_type=file.media_type,
        headers={
            "Content-Length": str(file.size),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Robots-Tag": "noindex",
        },
    )


def qr_code(request: Request, path: str) -> Response:
    """The QR code of one of our pages, dark on white so that any scanner reads it."""
    return Response(
        qr_file(address_of(request, path)),
        media_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=86400"},
    )


def pdf_response(content: bytes, name: str) -> Response:
    """A document to be saved or printed."""
    from urllib.parse import quote

    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": 'inline; filename="certificate.pdf";'
            f" filename*=UTF-8''{quote(name)}.pdf",
            "Cache-Control": "private, no-store",
        },
    )
