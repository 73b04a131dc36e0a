# SPDX-License-Identifier: Apache-2.0
"""The files of a posted form: chosen plainly, or sent beforehand and named by their keys."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request

from core.api.plugin import Place
from core.auth.access import visitor_or_none
from core.errors import Invalid, StaleForm, TooLarge
from core.storage import uploads
from core.storage.rules import KINDS, size_words
from core.storage.services import Received, receive
from core.web import tickets
from core.web.body import read_form

Req = Request[Any, Any, Any]
SUFFIX = "__uploads"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that has come and waits for its form, to be listed when the form comes back."""

    id: str
    name: str
    kind: str
    size: int

    @property
    def size_words(self) -> str:
        return size_words(self.size)


async def _body(request: Req) -> Any:
    who = visitor_or_none(request)
    body = await read_form(request, token=who.csrf if who else "", trusted=who is None)
    if body is None:
        raise StaleForm
    return body


def _holder(request: Req, body: Any) -> bytes:
    who = visitor_or_none(request)
    if who is not None:
        return uploads.holder_of(who.user_id)
    # A page without script gives no ticket back; its files then belong to this request alone.
    ticket = tickets.read_ticket(request, body.get(tickets.FIELD))
    return uploads.holder_of(ticket=ticket or f"request {id(body)}")


async def attachments(
    request: Req,
    field: str,
    *,
    place: Place,
    purpose: str,
    kinds: Collection[str] = ("photo", "audio", "video"),
    max_files: int = 9,
    max_mb: Mapping[str, int] | None = None,
) -> list[Received]:
    """The files of the input ``field``, checked, ready for ``keep`` in the act's transaction.

    Call it outside a transaction, after ``bind``. Takes what a plain ``<input type=file>`` sent
    and what came before by ``/uploads`` (hidden inputs ``<field>__uploads``). Whatever is wrong
    raises ``Invalid`` under ``field`` with one sentence. Nothing is lost by it: what was good
    waits and is listed by ``waiting_uploads`` when the form is shown again.
    """
    body = await _body(request)
    holder = _holder(request, body)
    limits = await uploads.limits_of(place.region_lo, max_mb)
    names = [value for name, value in body.pairs if name == field + SUFFIX and value]
    sent = [each for each in body.files.get(field, ()) if each.name or each.size]
    problems: list[str] = []
    found = [each.taken() for each in await uploads.several(names, holder)]
    if len(found) < len(set(names)):
        problems.append("有文件上传后放得太久，已经清除，请重新选择。")
    for each in found:
        if each.kind not in kinds:
            problems.append(f"“{each.name}”是{KINDS[each.kind]}，这里不收。")
        elif problem := limits.problem(each.name, each.kind, each.size, None):
            problems.append(problem)
    if len(found) + len(sent) > max_files:
        raise Invalid({field: f"最多 {max_files} 个文件，现在有 {len(found) + len(sent)} 个。"})
    for each in sent:
        try:
            taken = await receive(each, each.name, kinds=kinds, limits=limits, field=field)
        except Invalid as error:
            problems.extend(error.errors.values())
            continue
        except TooLarge as error:
            problems.append(str(error))
            continue
        upload = await uploads.put_aside(taken, holder, purpose)
        body.pairs.append((field + SUFFIX, upload.key))
        found.append(upload.taken())
    # Sent once, kept once: the form may be read again while it is answered.
    body.files.pop(field, None)
    if problems:
        raise Invalid({field: "".join(dict.fromkeys(problems))})
    return found


async def waiting_uploads(request: Req, field: str) -> list[Waiting]:
    """What has come for ``field`` of the posted form, for the form that is shown again."""
    body = await _body(request)
    names = [value for name, value in body.pairs if name == field + SUFFIX and value]
    found = [
        (each.key, each.taken()) for each in await uploads.several(names, _holder(request, body))
    ]
    return [Waiting(key, each.name, each.kind, each.size) for key, each in found]
