# SPDX-License-Identifier: Apache-2.0
"""Whether a picture can be the photo of a card; whatever is wrong says how to put it right."""

import io

from anyio import to_thread
from PIL import Image, ImageStat, UnidentifiedImageError

MIN_WIDTH, MIN_HEIGHT = 295, 413
MAX_SIDE, MAX_BYTES = 6000, 10 * 1024 * 1024
RATIO = MIN_WIDTH / MIN_HEIGHT
LIGHT, EVEN = 190, 40

RULES = f"白色背景的免冠证件照，JPG 或 PNG，不小于 {MIN_WIDTH}×{MIN_HEIGHT} 像素，宽高比约 5:7。"


async def photo_faults(content: bytes) -> list[str]:
    """Everything wrong with a picture, beside the event loop; empty when it can be printed."""
    return await to_thread.run_sync(look_at, content)


def look_at(content: bytes) -> list[str]:
    """Format, size, ratio and background; nothing is decoded before its size is known."""
    if len(content) > MAX_BYTES:
        return ["照片超过 10 MB，请压缩后再传。"]
    try:
        picture = Image.open(io.BytesIO(content))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return ["这不是能读的照片，请另存为 JPG 或 PNG。"]
    if picture.format not in ("JPEG", "PNG"):
        return [f"照片是 {picture.format} 格式，请另存为 JPG 或 PNG。"]
    width, height = picture.size
    if max(width, height) > MAX_SIDE:
        return [f"照片 {width}×{height} 像素，太大，请缩小到 {MAX_SIDE} 像素以内。"]
    faults: list[str] = []
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        faults.append(
            f"照片 {width}×{height} 像素，印出来不清楚，要不小于 {MIN_WIDTH}×{MIN_HEIGHT}。"
        )
    if abs(width / height - RATIO) > 0.12:
        faults.append("照片的宽高比不是 5:7，请裁成证件照的比例，不要拉伸。")
    try:
        faults += _background(picture.convert("RGB"))
    except (OSError, ValueError, SyntaxError):
        return ["照片的内容已经损坏，请重新导出。"]
    return faults


def _background(picture: Image.Image) -> list[str]:
    """The upper corners of a portrait are background: they should be light and even."""
    width, height = picture.size
    side, depth = max(1, width // 8), max(1, height // 5)
    corners = [
        picture.crop((0, 0, side, depth)),
        picture.crop((width - side, 0, width, depth)),
    ]
    for each in corners:
        statistics = ImageStat.Stat(each.convert("L"))
        if statistics.mean[0] < LIGHT:
            return ["背景太深，请换白色背景重拍。"]
        if statistics.stddev[0] > EVEN:
            return ["背景不干净，请在纯白的墙前重拍。"]
    return []
