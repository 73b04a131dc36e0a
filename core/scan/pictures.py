# SPDX-License-Identifier: Apache-2.0
"""Reading the code in a photograph, for browsers that cannot do it themselves."""

import io

from anyio import CapacityLimiter, to_thread
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Invalid

LARGEST = 15 * 1024 * 1024
EDGE = 2000
PIXELS = 60_000_000
# Decoding a photograph takes some hundred megabytes for a moment.
_reading = CapacityLimiter(1)

UNREADABLE = "照片里没有认出二维码。请对准、靠近、避开反光再拍一张，或手工输入证件编号。"


def _read(content: bytes) -> str:
    import zxingcpp

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            width, height = picture.size
            if width * height > PIXELS:
                raise Invalid({"picture": "照片太大，请用手机相机的普通模式再拍一张。"})
            picture.draft("L", (EDGE, EDGE))
            grey = ImageOps.exif_transpose(picture).convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise Invalid({"picture": "这不是完好的照片，请重新拍摄或选择 JPG、PNG 照片。"}) from error
    grey.thumbnail((EDGE, EDGE))
    # A code far away in a large photograph is found at half the size, one close by at once.
    for share in (1, 2):
        tried = grey if share == 1 else grey.reduce(share)
        for found in zxingcpp.read_barcodes(tried):
            if found.text:
                return str(found.text)
    return ""


async def code_in(content: bytes) -> str:
    """The text of the first code in a photograph; ``Invalid`` when there is none."""
    if not content:
        raise Invalid({"picture": "请选择一张照片。"})
    if len(content) > LARGEST:
        raise Invalid({"picture": "照片最大 15 MB，请换一张。"})
    text = await to_thread.run_sync(_read, content, limiter=_reading)
    if not text:
        raise Invalid({"picture": UNREADABLE})
    return text
