# SPDX-License-Identifier: Apache-2.0
"""Identifiers of persons and organisations, and the words for kinds and functions. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_2

KINDS: Mapping[str, str] = {
    "government": "人民政府",
    "justice": "司法局",
    "justice_office": "司法所",
    "department": "部门",
    "body": "执法主体",
    "second": "二级机构",
    "entrusted": "受委托组织",
    "other": "其他",
}

FUNCTIONS: Mapping[str, str] = {
    "supervision": "行政执法监督",
    "legal_review": "法制审核",
}

_FULL_WIDTH = str.maketrans(
    "０１２３４５６７８９ＸｘＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＹ－",
    "0123456789XxABCDEFGHJKLMNPQRTUWY-",
)
_MOBILE = re.compile(r"1[3-9]\d{9}\Z")
_LANDLINE = re.compile(r"(0\d{2,3}-?)?[2-9]\d{6,7}(-\d{1,6})?\Z")


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A valid citizen identity number (GB 11643) and what it says."""

    number: str
    birth_date: date
    sex: str
    """男 or 女, from the seventeenth digit."""


def clean(text: str) -> str:
    """Without blanks, full-width digits made plain, a final x upper-case."""
    return re.sub(r"[\s\u3000]", "", text).translate(_FULL_WIDTH).upper()


def read_id_number(text: str, today: date) -> IdNumber | str:
    """The number, or one sentence on what is wrong with it.

    The area code is not looked up: numbers issued after a change of codes, and residence permits
    (81, 82, 83), are valid though tables of codes by year refuse them.
    """
    number = clean(text)
    if not number:
        return "请填写公民身份号码。"
    if len(number) != 18:
        return f"公民身份号码应为 18 位，现在是 {len(number)} 位。"
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return "公民身份号码前 17 位须为数字，末位为数字或 X。"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "公民身份号码中的出生日期不存在，请核对第 7 至 14 位。"
    if born.year < 1900 or born > today:
        return "公民身份号码中的出生日期不合理，请核对第 7 至 14 位。"
    if not mod_11_2.is_valid(number):
        return "公民身份号码校验位不符，请逐位核对。"
    return IdNumber(number, born, "男" if int(number[16]) % 2 else "女")


def id_number_faults(
    text: str, today: date, *, sex: str = "", birth_date: date | None = None
) -> dict[str, str]:
    """Everything wrong with a number and with what was typed beside it, by field (S0-2, S0-3).

    The keys are ``id_number``, ``sex`` and ``birth_date``, so a page says it next to the field
    that has to be corrected. Residence permits (81, 82, 83) follow the same rules.
    """
    read = read_id_number(text, today)
    if isinstance(read, str):
        return {"id_number": read}
    faults = {}
    if sex and sex != read.sex:
        faults["sex"] = f"性别与公民身份号码不一致（号码显示为{read.sex}）。"
    if birth_date and birth_date != read.birth_date:
        faults["birth_date"] = (
            f"出生日期与公民身份号码不一致（号码显示为 {read.birth_date.isoformat()}）。"
        )
    return faults


def sex_of(number: str) -> str:
    """男 or 女, from the seventeenth digit of a valid number."""
    return "男" if int(clean(number)[16]) % 2 else "女"


def birth_of(number: str) -> date:
    """The date of birth in a valid number."""
    plain = clean(number)
    return date(int(plain[6:10]), int(plain[10:12]), int(plain[12:14]))


def is_residence_permit(number: str) -> bool:
    """Whether the number is that of a residence permit for 港澳台居民 (81, 82, 83)."""
    return clean(number)[:2] in ("81", "82", "83")


def id_number_warnings(number: IdNumber, *, sex: str = "", birth_date: date | None = None) -> str:
    """Where the number contradicts what was typed beside it; empty when it does not."""
    if sex and sex != number.sex:
        return f"性别与公民身份号码不一致（号码显示为{number.sex}）。"
    if birth_date and birth_date != number.birth_date:
        return f"出生日期与公民身份号码不一致（号码显示为 {number.birth_date.isoformat()}）。"
    return ""


def unified_code_problem(text: str) -> str:
    """What is wrong with a 统一社会信用代码 (GB 32100); empty when it is valid."""
    code = clean(text)
    if len(code) != 18:
        return f"统一社会信用代码应为 18 位，现在是 {len(code)} 位。"
    try:
        uscc.validate(code)
    except ValidationError:
        return "统一社会信用代码校验不符，请逐位核对（不含字母 I、O、Z、S、V）。"
    return ""


def phone_problem(text: str) -> str:
    """What is wrong with a telephone number; empty when it is plausible."""
    number = clean(text)
    if _MOBILE.match(number) or _LANDLINE.match(number):
        return ""
    return "请填写 11 位手机号，或带区号的座机号。"
