# SPDX-License-Identifier: Apache-2.0
"""The party: identifiers checked, names and numbers masked."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

PARTY_KINDS: tuple[tuple[str, str], ...] = (
    ("organisation", "法人或其他组织"),
    ("business", "个体工商户"),
    ("person", "自然人"),
)
SOURCES: tuple[tuple[str, str], ...] = (
    ("inspection", "日常检查"),
    ("random", "双随机检查"),
    ("complaint", "投诉举报"),
    ("assigned", "上级交办"),
    ("transferred", "其他机关移送"),
    ("media", "媒体曝光"),
    ("monitoring", "监测检验"),
    ("application", "当事人申请"),
    ("other", "其他"),
)

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}")


def plain_code(text: str) -> str:
    """A typed number without spaces, in half-width capitals."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def id_number_error(text: str, today: date) -> str:
    """What is wrong with an identity number (GB 11643); empty when nothing is."""
    number = plain_code(text)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return "身份证号应当是 18 位，最后一位可以是 X。"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "身份证号里的出生日期不存在，请核对第 7 到 14 位。"
    if born > today or born.year < 1850:
        return "身份证号里的出生日期不对，请核对第 7 到 14 位。"
    total = sum(int(d) * w for d, w in zip(number, _ID_WEIGHTS, strict=False))
    if _ID_CHECK[total % 11] != number[17]:
        return "身份证号的校验位不对，请逐位核对。"
    return ""


def credit_code_error(text: str) -> str:
    """What is wrong with a 统一社会信用代码 (GB 32100-2015); empty when nothing is."""
    code = plain_code(text)
    if len(code) != 18 or any(c not in _CODE_ALPHABET for c in code):
        return "统一社会信用代码应当是 18 位数字和大写字母，不含 I、O、S、V、Z。"
    total = sum(_CODE_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    if _CODE_ALPHABET[(31 - total % 31) % 31] != code[17]:
        return "统一社会信用代码的校验位不对，请逐位核对。"
    return ""


def phone_error(text: str) -> str:
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return "" if _PHONE.fullmatch(plain) else "联系电话应当是手机号或带区号的固定电话。"


def mask_name(name: str) -> str:
    """A natural person's name where many may read it: 李建军 → 李某某."""
    name = name.strip()
    if not name:
        return ""
    return name[0] + "某" * max(1, min(2, len(name) - 1))


def mask_number(number: str) -> str:
    """``150801198811207478`` → ``150801********7478``."""
    return f"{number[:6]}{'*' * max(0, len(number) - 10)}{number[-4:]}" if len(number) > 10 else ""


def mask_phone(number: str) -> str:
    plain = re.sub(r"\D", "", number)
    return f"{plain[:3]}****{plain[-4:]}" if len(plain) >= 8 else ("*" * len(plain))


def group_code(code: str) -> str:
    """Codes in groups of four, as they are read aloud."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


@dataclass(frozen=True, slots=True)
class PartyDraft:
    """The party as typed on the new-case page."""

    kind: str
    name: str
    code: str
    id_number: str
    legal_representative: str
    address: str
    phone: str


def party_errors(draft: PartyDraft, today: date, *, label: str = "当事人") -> dict[str, str]:
    """All that is wrong with a party, by field.

    The identifier may be missing at the beginning (a stall-keeper who left it at home); a wrong
    one is refused, since every duplicate check rests on it.
    """
    errors: dict[str, str] = {}
    if draft.kind not in dict(PARTY_KINDS):
        errors["party_kind"] = f"请选择{label}的类型。"
    if not draft.name.strip():
        errors["party_name"] = f"请填写{label}的名称或者姓名。"
    elif len(draft.name) > 120:
        errors["party_name"] = f"{label}名称最多 120 个字。"
    if draft.kind == "person" and draft.id_number.strip():
        wrong = id_number_error(draft.id_number, today)
        if wrong:
            errors["id_number"] = wrong
    if draft.kind != "person" and draft.code.strip():
        wrong = credit_code_error(draft.code)
        if wrong:
            errors["code"] = wrong
    if draft.phone.strip():
        wrong = phone_error(draft.phone)
        if wrong:
            errors["phone"] = wrong
    if len(draft.address) > 300:
        errors["address"] = "地址最多 300 个字。"
    if len(draft.legal_representative) > 60:
        errors["legal_representative"] = "法定代表人（负责人）最多 60 个字。"
    return errors
