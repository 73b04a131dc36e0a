# SPDX-License-Identifier: Apache-2.0
"""The demo's portraits: drawn, not photographed, so that faces and public pages can be shown."""

import io

from PIL import Image, ImageDraw

from core.api.db import Place, Scope, execute, rows, transaction
from core.api.demo import DemoContext
from core.api.files import store

SIZE = (413, 579)
CLOTHES = ("#24476b", "#2f4f4f", "#3b3f5c", "#4a3c52", "#274b3e")
SKIN = ("#e3bd9e", "#dcb08c", "#e8c8ab")
HAIR = ("#1d1a18", "#2b2522", "#3a3431")


def portrait(number: int) -> bytes:
    """A head and shoulders before white, each number a little different."""
    picture = Image.new("RGB", (SIZE[0] * 2, SIZE[1] * 2), "white")
    draw = ImageDraw.Draw(picture)
    lean = (number * 7) % 20
    draw.rounded_rectangle((90, 770, 736, 1300), 210, fill=CLOTHES[number % len(CLOTHES)])
    draw.rectangle((355, 640, 471, 800), fill=SKIN[number % len(SKIN)])
    draw.ellipse((255, 230 - lean, 571, 690), fill=HAIR[number % len(HAIR)])
    draw.ellipse((275, 290, 551, 690), fill=SKIN[number % len(SKIN)])
    draw.polygon(((355, 790), (471, 790), (413, 900)), fill="white")
    small = picture.resize(SIZE, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=88)
    return out.getvalue()


async def give_demo_photos(context: DemoContext) -> None:  # noqa: ARG001 - a step's signature
    """Every card of the demo that has no photo gets one."""
    async with transaction(Scope.platform("demo data: portraits of the officers")):
        for card in await rows(
            """select id, officer, region_lo, org_lo from certificates_certificate
               where photo is null order by id"""
        ):
            kept = await store(
                portrait(card["id"]),
                "证件照.jpg",
                place=Place(card["region_lo"], card["org_lo"]),
                purpose="certificates.photo",
                kinds=("photo",),
            )
            await execute(
                "update certificates_certificate set photo = $2 where id = $1", card["id"], kept.id
            )
            await execute(
                "update certificates_officer set photo = $2 where id = $1 and photo is null",
                card["officer"],
                kept.id,
            )
