# SPDX-License-Identifier: Apache-2.0
"""Printing faces: what is on them is settled in the transaction, the pictures are drawn after it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from anyio import to_thread

from core.api import clock
from core.api.db import Place, SubjectRef, current_scope, execute, lock_subjects, transaction
from core.api.documents import unprintable
from core.api.errors import Invalid
from core.api.facts import record
from core.api.files import OpenFile, open_
from core.api.regions import path
from plugins.certificates.facts_signing import SheetPrinted
from plugins.certificates.queries.faces import cards_to_print, expired
from plugins.certificates.services import faces
from plugins.certificates.services.faces import Face
from plugins.certificates.services.signing import ask_to_sign, check_path

MOST = 200
"""On one sheet of paper after another; more make a file nobody opens."""


@dataclass(frozen=True)
class Chosen:
    """A card to be drawn, its photo not yet read."""

    row: dict[str, Any]
    issuer: str
    photo: OpenFile | None


@dataclass(frozen=True)
class Sheet:
    """What goes on one print, settled and recorded."""

    name: str
    cards: tuple[Chosen, ...]

    @property
    def words(self) -> str:
        return f"制证单 {self.name}"


def _fault(card: dict[str, Any]) -> str:
    who = f"{card['holder_name']}（{card['number']}）"
    if card["state"] in {"cancelled", "revoked"} or expired(card, clock.today()):
        return f"{who}的证件已注销、吊销或者过期，不能打印。"
    if card["photo"] is None:
        return f"{who}没有证件照，请单位先上传。"
    if not card["signed"] or not card["fresh"]:
        return f"{who}的二维码正在签名（刚制证，或者刚变更过证面），请一分钟后再打印。"
    odd = unprintable(
        card["holder_name"] + card["unit_name"] + card["region_name"] + card["powers"]
    )
    if odd:
        return f"{who}：字库里没有“{'、'.join(odd)}”，请联系系统管理员添加字体。"
    return ""


async def choose(ids: Sequence[int]) -> list[Chosen]:
    """The cards with everything that stands on them; none is left out silently. Raises Invalid."""
    found = await cards_to_print(ids)
    if not found:
        raise Invalid({"id": "请先勾选要打印的证件。"})
    if len(found) > MOST:
        raise Invalid({"id": f"一次最多打印 {MOST} 张，请分批。"})
    faults = [text for each in found if (text := _fault(each))]
    if faults:
        if any(not each["fresh"] for each in found):
            await ask_to_sign()
        more = f"另有 {len(faults) - 5} 张。" if len(faults) > 5 else ""
        raise Invalid({"id": "".join(faults[:5]) + more})
    return [
        Chosen(each, await issuer_of(each["region_lo"]), await open_(each["photo"]))
        for each in found
    ]


async def issuer_of(region_lo: int) -> str:
    """Who has the card made: the government of the province."""
    above = await path(region_lo)
    province = next((each.name for each in above if each.level == 1), "")
    return f"{province}人民政府监制" if province else ""


async def print_sheet(ids: Sequence[int], reason: str) -> Sheet:
    """Settle what is printed and write it into the log. A reprint has to say why. Raises Invalid.

    What a card says is read under its lock together with its signed code: a unit renamed at this
    moment is either wholly on the sheet or its cards are refused until they are signed anew.
    """
    async with transaction():
        await lock_subjects(*(SubjectRef("certificates.certificate", each) for each in ids[:MOST]))
        chosen = await choose(ids)
        again = [each for each in chosen if each.row["times"]]
        if again and not reason.strip():
            names = "、".join(each.row["holder_name"] for each in again[:5])
            raise Invalid({"reason": f"{names}的证件打印过，请写明重印原因。"})
        now = clock.now()
        name = f"{clock.local(now):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        for each in chosen:
            await execute(
                """insert into certificates_printing (certificate, sheet, times, reason, face,
                       printed_at, printed_by, region_lo, org_lo)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
                each.row["id"],
                name,
                each.row["times"] + 1,
                reason.strip()[:200],
                each.row["content"],
                now,
                current_scope().actor,
                each.row["region_lo"],
                each.row["org_lo"],
            )
        first = chosen[0].row
        await record(
            "certificates.sheet_printed",
            SubjectRef("certificates.certificate", first["id"]),
            SheetPrinted(name, len(chosen), len(again), reason.strip()[:200]),
            Place(first["region_lo"], first["org_lo"]),
        )
    return Sheet(name, tuple(chosen))


async def face_of(chosen: Chosen, site: str) -> Face:
    """Everything on a card; reads the photo, so outside a transaction."""
    row = chosen.row
    return Face(
        number=row["number"],
        name=row["holder_name"],
        unit=row["unit_name"],
        region=row["region_name"],
        powers=row["powers"],
        issuer=chosen.issuer,
        kind=row["kind"],
        valid_from=_words(row["valid_from"]),
        valid_until=_words(row["valid_until"]),
        address=f"{site}{check_path(row['token'], row['signed'])}",
        photo=await chosen.photo.read() if chosen.photo else b"",
    )


async def draw_sheet(sheet: Sheet, site: str) -> bytes:
    """The PDF; drawn beside the event loop."""
    drawn = [await face_of(each, site) for each in sheet.cards]
    return await to_thread.run_sync(faces.sheet, drawn, sheet.words)


async def draw_face(chosen: Chosen, site: str, *, back: bool) -> bytes:
    """One face as PNG in its true size."""
    face = await face_of(chosen, site)
    draw = faces.back if back else faces.front
    return await to_thread.run_sync(lambda: faces.png(draw(face)))


def _words(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
