# SPDX-License-Identifier: Apache-2.0
"""What a volunteer of the journeys is made of: a name, a number that passes every check, a photo."""

import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO

from PIL import Image, ImageDraw

from tests.journeys.desk import Upload

COUNTY = "磴口"
OWN_PASSWORD = "Huanghe2026"
SURNAMES, GIVEN = "高郝乔白温苗武", "雅静丽娟晓芳海霞志远文斌建民永强"
WEIGHTS, CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


def id_number() -> str:
    """A number nobody in the demo has, with the right check digit."""
    born = date(1962, 1, 1) + timedelta(days=secrets.randbelow(12_000))
    first = f"150822{born:%Y%m%d}{secrets.randbelow(1000):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + CHECKS[total % 11]


def portrait() -> Upload:
    """Head and shoulders, upright, large enough for a card."""
    picture = Image.new("RGB", (420, 588), "#9aaec4")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((120, 120, 300, 345), fill="#eef5f7")
    draw.ellipse((30, 375, 390, 900), fill="#dfeaee")
    draw.pieslice((110, 95, 310, 320), 180, 360, fill="#3a4a52")
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=88)
    return Upload("照片.jpg", "image/jpeg", kept.getvalue())


def _name() -> str:
    return secrets.choice(SURNAMES) + secrets.choice(GIVEN) + secrets.choice(GIVEN)


@dataclass(frozen=True)
class Volunteer:
    """Somebody of 磴口县 who wants to watch over those who enforce the law."""

    name: str = field(default_factory=_name)
    number: str = field(default_factory=id_number)
    phone: str = "13947820011"

    @property
    def sex(self) -> str:
        return "男" if int(self.number[16]) % 2 else "女"

    @property
    def born(self) -> str:
        return f"{self.number[6:10]}-{self.number[10:12]}-{self.number[12:14]}"
