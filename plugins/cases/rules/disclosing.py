# SPDX-License-Identifier: Apache-2.0
"""公示: what may be read by anybody. Personal data are hidden by rule, not by care."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugins.cases.rules.party import mask_name

HIDDEN = "××××"
_KEPT = 0xE000
"""Private characters that stand for kept words while the others are hidden."""

# Numbers are typed as the input method has it: in full width, and in groups.
_HALF_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | dict.fromkeys((0x3000, 0xA0), " ")
_GAP = "[ -]?"

# In this order: the longest numbers first, so that a bank card is not taken for a phone.
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (title, re.compile(pattern.replace("_", _GAP), re.ASCII))
    for title, pattern in (
        (
            "身份证号",
            r"(?<![0-9A-Za-z])\d{6}_(?:18|19|20)\d{2}_[01]\d_[0-3]\d_\d{3}[\dXx](?![0-9A-Za-z])",
        ),
        ("银行账号", r"(?<![0-9A-Za-z])\d{4}(?:_\d{4}){3}(?:_\d{1,3})?(?![0-9A-Za-z])"),
        ("身份证号", r"(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])"),
        ("手机号", r"(?<!\d)(?:\+?86_)?1[3-9]\d_\d{4}_\d{4}(?!\d)"),
        ("电话", r"(?<!\d)0\d{2,3}_\d{7,8}(?!\d)"),
        ("电子邮箱", r"[A-Za-z0-9.\x5f+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
        (
            "车牌号",
            (
                r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•]?"
                r"[A-Z0-9]{5,6}(?![A-Z0-9])"
            ),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A text that may be read by anybody, and what was hidden in it."""

    text: str
    hidden: tuple[str, ...]


def _hide_numbers(pattern: re.Pattern[str], text: str) -> tuple[str, int]:
    """The text without what looks like such a number, and how many there were."""
    # One sign for one sign, so that a place found in the one is the same place in the other.
    found = [each.span() for each in pattern.finditer(text.translate(_HALF_WIDTH))]
    for start, end in reversed(found):
        text = f"{text[:start]}{HIDDEN}{text[end:]}"
    return text, len(found)


def hide_personal(
    text: str,
    names: Sequence[str] = (),
    secrets: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> Masked:
    """The text without numbers of persons, with ``names`` masked and ``secrets`` taken out.

    ``names`` are natural persons known from the case (the party, its representative), ``secrets``
    other words that must not appear, such as a private address. ``keep`` are names of firms, which
    are public also where they contain the name of who runs them.
    """
    hidden: list[str] = []
    kept = [k.strip() for k in keep if len(k.strip()) >= 2][:8]
    for n, word in enumerate(kept):
        text = text.replace(word, chr(_KEPT + n))
    for word in sorted({s.strip() for s in secrets if len(s.strip()) >= 2}, key=len, reverse=True):
        if word in text:
            text = text.replace(word, HIDDEN)
            hidden.append("住址")
    for title, pattern in _NUMBERS:
        text, count = _hide_numbers(pattern, text)
        hidden += [title] * count
    for name in sorted({n.strip() for n in names if len(n.strip()) >= 2}, key=len, reverse=True):
        if name in text:
            text = text.replace(name, mask_name(name))
            hidden.append("姓名")
    for n, word in enumerate(kept):
        text = text.replace(chr(_KEPT + n), word)
    return Masked(text, tuple(dict.fromkeys(hidden)))


@dataclass(frozen=True, slots=True)
class Abstract:
    """What is published of a decision."""

    party: str
    party_code: str
    facts: str
    basis: str
    content: str
    hidden: tuple[str, ...]


def abstract_of(
    party: Mapping[str, str],
    *,
    facts: str,
    basis: str,
    content: str,
    people: Sequence[str] = (),
) -> Abstract:
    """The abstract of a decision, masked.

    ``party`` holds kind, name, code, legal_representative, address as they are. An organisation
    is named with its code; a natural person, and whoever represents or runs it, is not. ``people``
    are others the case knows by name, such as who signed for a document.
    """
    person = party.get("kind") == "person"
    name = party.get("name", "")
    own = (name if person else "", party.get("legal_representative", ""), *people)
    names = [n for n in own if n and n != name] + ([name] if person else [])
    secrets = [party.get("address", "")] if person else []
    keep = () if person else (name,)
    parts = [hide_personal(text, names, secrets, keep) for text in (facts, basis, content)]
    hidden = [h for p in parts for h in p.hidden]
    return Abstract(
        party=mask_name(name) if person else name,
        party_code="" if person else party.get("code", ""),
        facts=parts[0].text,
        basis=parts[1].text,
        content=parts[2].text,
        hidden=tuple(dict.fromkeys(hidden)),
    )
