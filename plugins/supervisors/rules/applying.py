# SPDX-License-Identifier: Apache-2.0
"""The application form: the fields of S0-2, the conditions of S3 art. 7, the photo. Pure.

Identifiers (the ID number with sex and birth date, telephones) are the platform's rules; what an
applicant has to hand in is ours.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from plugins.supervisors.rules.words import DECLARATIONS, ROUTES, SOURCES

PHOTO_MB = 10
PHOTO_WIDTH, PHOTO_HEIGHT = 295, 413
"""The pixels of a one-inch photo (25 × 35 mm at 300 dpi): what a card needs."""
PHOTO_TYPES: Mapping[str, str] = {"image/png": "PNG", "image/jpeg": "JPG"}
FORM_MB = 20

PHOTO_RULES = (
    f"近期正面免冠照片，PNG 或 JPG，竖版，不小于 {PHOTO_WIDTH}×{PHOTO_HEIGHT} 像素，"
    f"{PHOTO_MB} MB 以内。"
)
HOW: Mapping[str, str] = {
    "image/webp": "这张照片是 WEBP 格式。请用手机相册打开它，截屏后裁剪，再上传截好的图。",
    "image/gif": "这张照片是 GIF 动图。请换一张用相机拍的照片。",
    "image/bmp": "这张照片是 BMP 格式。请用“画图”打开，另存为 JPG 后上传。",
}


@dataclass(frozen=True, slots=True)
class Photo:
    """What is known about the uploaded picture after looking into it."""

    media_type: str
    width: int
    height: int


def photo_faults(photo: Photo) -> str:
    """Why a photo cannot stand on a card, and how to mend it; empty when it can (S0-2)."""
    if photo.media_type not in PHOTO_TYPES:
        return HOW.get(photo.media_type, "照片要 PNG 或 JPG 格式。请用手机重新拍一张上传。")
    if photo.width == photo.height:
        return (
            f"照片是方的（{photo.width}×{photo.height} 像素），证书要竖版。"
            "请把手机竖起来重拍，或者在相册里裁成竖版。"
        )
    if photo.width > photo.height:
        return (
            f"照片是横的（{photo.width}×{photo.height} 像素）。请把手机竖起来重拍，"
            "或者在相册里裁成竖版。"
        )
    if photo.width < PHOTO_WIDTH or photo.height < PHOTO_HEIGHT:
        return (
            f"照片太小（{photo.width}×{photo.height} 像素），印出来会模糊。"
            f"请用不小于 {PHOTO_WIDTH}×{PHOTO_HEIGHT} 像素的原图，不要用聊天软件里压缩过的图。"
        )
    if photo.height > photo.width * 2:
        return "照片太窄长，像是整屏截图。请在相册里裁掉上下多余的部分，只留头和肩。"
    return ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was filled in, as far as the rules look at it."""

    route: str
    source: str = ""
    recommending_unit: str = ""
    has_recommendation: bool = False
    has_photo: bool = False
    declared: Collection[str] = ()
    checked: Collection[str] = ()
    agreed: bool = False


def faults(
    answers: Answers, *, extra: Sequence[str] = (), routes: Collection[str] = tuple(ROUTES)
) -> dict[str, str]:
    """What is wrong with an application, by field; empty when it may be handed in.

    ``extra`` is the region's own checklist (S3-14), ``routes`` the open ways of recruiting.
    """
    found: dict[str, str] = {}
    if answers.route not in routes:
        found["route"] = "本地区现在不接受这种方式，请另选选聘类型。"
    if answers.source not in SOURCES:
        found["source"] = "请选择所属界别。"
    if not answers.has_photo:
        found["photo"] = f"请上传照片。{PHOTO_RULES}"
    if answers.route == "unit":
        if not answers.has_recommendation:
            found["recommendation"] = "请上传单位盖章的单位推荐表"
        if not answers.recommending_unit:
            found["recommending_unit"] = "请填写推荐单位的全称。"
    if missing := [DECLARATIONS[key] for key in DECLARATIONS if key not in answers.declared]:
        found["declared"] = (
            "这些条件要逐条确认：" + "；".join(missing) + "。有一条不符合，就不能担任社会监督员。"
        )
    if open_ := [text for number, text in enumerate(extra) if str(number) not in answers.checked]:
        found["checked"] = "本地区还要求：" + "；".join(open_) + "。请逐条确认。"
    if not answers.agreed:
        found["agreed"] = "请先阅读个人信息处理说明并勾选同意。"
    return found


def wants_recommendation(route: str) -> bool:
    """Whether the stamped form counts: for 个人申报 it is neither asked for nor looked at."""
    return route == "unit"


def duplicate_words(where: str, since: date, state: str) -> str:
    """The pointer to the first application of the same person (S0-10)."""
    return (
        f"这个身份证号已经有一份申请：{since.year}年{since.month}月{since.day}日"
        f"在{where}，{state}。一个人只能有一份申请，请登录后在“办证进度”里查看那一份。"
    )
