# SPDX-License-Identifier: Apache-2.0
"""Kind, issuer and dates as the law itself tells them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plugins.library.rules.numerals import NUMBER, read_date, read_number
from plugins.library.rules.parsing import Parsed

DAY = rf"({NUMBER}{{4}})年({NUMBER}{{1,3}})月({NUMBER}{{1,3}})日"
_DAY = re.compile(DAY)
_FROM = re.compile(rf"自{DAY}起(?:施行|实施|生效)")
_AT_ONCE = re.compile(r"自?(?:公布|发布|颁布|印发)之日起(?:施行|实施|生效)")
_WHOLE = r"(?:本(?:法|条例|办法|规定|细则|规则|规范|通知|意见|决定|标准)|起(?:施行|实施|生效))[^。；]{0,12}"
"""What ends is the law itself, not a card or a permit it speaks of."""
_UNTIL = re.compile(rf"{_WHOLE}有效期(?:至|到){DAY}")
_YEARS = re.compile(rf"{_WHOLE}有效期(?:为)?({NUMBER}{{1,2}})年")
_IN_NAME = re.compile(r"[（(](\d{4})-(\d{1,2})-(\d{1,2})[)）]")
_NUMBER = re.compile(
    r"((?:国务院|[\u4e00-\u9fff]{2,16}?)令第?\s*\d+号)|([\u4e00-\u9fff]{2,10}[〔\[]\d{4}[〕\]]\d+号)"
)
_PROVINCE = re.compile(r"^([\u4e00-\u9fff]{2,7}?(?:省|自治区|市|州|盟|县|旗|区))(?=.{2,})")
_REGIONAL = re.compile(r"(?:省|自治区|市|自治州|县|旗)(?:第[^，。]{1,8}届)?人民(?:代表大会|政府)")
NATION = "中华人民共和国"


@dataclass(frozen=True)
class Told:
    """What a law says of itself; what it does not say is empty, and ``doubts`` says so."""

    kind: str
    issuer: str
    number: str
    region: str
    """The region in its name, empty for a national one."""
    promulgated_on: date | None
    effective_from: date | None
    expires_on: date | None
    doubts: tuple[str, ...]


def name_of(title: str) -> str:
    """How others cite it: without 中华人民共和国 and without 〈试行〉 marks at the end."""
    return re.sub(r"[（(](?:试行|暂行|修订|修正|\d{4}年.*?)[)）]$", "", title.removeprefix(NATION))


def names_of(title: str) -> list[str]:
    """Every form it is cited under."""
    return list(dict.fromkeys((title, title.removeprefix(NATION), name_of(title))))


def _days(text: str) -> list[date]:
    return [day for found in _DAY.finditer(text) if (day := read_date(*found.groups())) is not None]


def told_by(parsed: Parsed, *, filename: str = "") -> Told:
    """Kind, issuer and dates out of title, history and the last articles."""
    history = "\n".join(parsed.history)
    doubts: list[str] = []
    dates = [day for line in parsed.history for day in _days(line)[:1] if "施行" not in line]
    named = _IN_NAME.search(filename)
    promulgated = None
    if named:
        promulgated = read_date(named[1], named[2], named[3])
    promulgated = promulgated or (max(dates) if dates else None)
    if promulgated is None:
        doubts.append("公布日期没有读到，请填写。")
    effective = _effective(parsed, promulgated, doubts)
    kind, issuer, region = _kind(parsed.title, history)
    number = _NUMBER.search(parsed.history[-1]) if parsed.history else None
    number = number or _NUMBER.search(history)
    return Told(
        kind,
        issuer,
        number[0] if number else "",
        region,
        promulgated,
        effective,
        _expiry(parsed, effective),
        tuple(doubts),
    )


def _effective(parsed: Parsed, promulgated: date | None, doubts: list[str]) -> date | None:
    told = [
        day
        for line in parsed.history
        if "施行" in line
        for day in _days(line)
        if promulgated is None or day >= promulgated
    ]
    if told:
        return max(told)
    for node in reversed(parsed.articles[-3:]):
        if found := _FROM.search(node.text):
            day = read_date(*found.groups())
            if day is not None and (promulgated is None or day >= promulgated):
                return day
            if day is not None:
                doubts.append(
                    f"{node.label}写的是最初的施行日期（{day.isoformat()}），这一版的施行日期"
                    "没有写明，暂按公布日期，请核对。"
                )
                return promulgated
        if _AT_ONCE.search(node.text):
            return promulgated
    doubts.append("施行日期没有写明，暂按公布日期，请核对。")
    return promulgated


def _expiry(parsed: Parsed, effective: date | None) -> date | None:
    """The last day, for what ends by itself (有效期): in force until the day before this one."""
    for node in parsed.articles[-3:]:
        if found := _UNTIL.search(node.text):
            last = read_date(*found.groups())
            return date.fromordinal(last.toordinal() + 1) if last else None
        if (found := _YEARS.search(node.text)) and effective is not None:
            years = read_number(found[1])
            month_end = effective.month == 2 and effective.day == 29
            return effective.replace(
                year=effective.year + years, day=28 if month_end else effective.day
            )
    return None


def _kind(title: str, history: str) -> tuple[str, str, str]:
    regional = _REGIONAL.search(history)
    place = _PROVINCE.match(title) if not title.startswith(NATION) else None
    region = place[1] if place else ""
    if title.endswith("宪法") or title == f"{NATION}宪法":
        return "constitution", "全国人民代表大会", ""
    if regional or region:
        issuer = regional[0] if regional else ""
        whole = re.search(r"[\u4e00-\u9fff]{2,12}人民代表大会(?:常务委员会)?", history)
        if "人民政府" in history and "人民代表大会" not in history:
            return "local_rule", f"{region}人民政府", region
        return (
            ("local" if title.endswith(("条例", "办法", "规定")) else "normative"),
            (re.sub(r"第[^届]{1,6}届", "", whole[0]) if whole else issuer),
            region,
        )
    if "全国人民代表大会" in history:
        standing = "全国人民代表大会常务委员会" if "常务委员会" in history else "全国人民代表大会"
        return ("law" if title.endswith("法") else "normative"), standing, ""
    if re.search(
        r"国务院令|国务院批准|国务院[^部]{0,40}(?:发布|公布)|^.*国务院$", history, re.MULTILINE
    ):
        return "administrative", "国务院", ""
    if found := re.search(r"([\u4e00-\u9fff]{2,16}(?:部|总局|委员会|局|总署|署))令", history):
        return "department", found[1], ""
    if title.startswith("国务院") or title.endswith("条例"):
        return "administrative", "国务院", ""
    if title.endswith("法"):
        return "law", "全国人民代表大会常务委员会", ""
    return "normative", "", ""


def region_in(title: str, known: Sequence[str]) -> str:
    """The longest known region name the title begins with."""
    return max((each for each in known if title.startswith(each)), key=len, default="")
