# SPDX-License-Identifier: Apache-2.0
"""Handing a matter over to another region or organisation (移交).

The sender's row stays where it is, closed as 移交; the receiver gets a row of its own; results
travel back as facts. Nothing ever changes its place, so no interval, index or hash goes stale.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core import db
from core.api.plugin import Place, SubjectRef
from core.errors import NotFound
from core.intervals import Interval
from core.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Both ends of a transfer: what was sent, and what the receiver got."""

    sent: SubjectRef
    received: SubjectRef
    place: Place


async def hand_over(
    sent: SubjectRef,
    to_region: int,
    to_organisation: int,
    receive: Callable[[SubjectRef, Place], Awaitable[SubjectRef]],
) -> HandedOver:
    """Give ``sent`` to an organisation of another region.

    ``receive`` inserts the receiver's row; it runs under the receiver's scope and can write
    nowhere else. The caller, still under its own scope, closes its row and records the fact in
    the same transaction.
    """
    region = await db.row("select id, lo, hi from core_region where id = $1", to_region)
    organ = await db.row(
        "select id, lo, hi from core_organisation where id = $1 and valid_to is null",
        to_organisation,
    )
    if region is None or organ is None:
        raise NotFound("没有找到要移交给的单位。")
    place = Place(region["lo"], organ["lo"])
    await db.lock_subjects(sent)
    scope = Scope(
        Interval(region["lo"], region["hi"]),
        EVERYTHING,
        actor=db.current_scope().actor,
        reason="移交",
    )
    async with db.transaction(scope):
        received = await receive(sent, place)
    return HandedOver(sent, received, place)
