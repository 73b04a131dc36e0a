# SPDX-License-Identifier: Apache-2.0
"""Lessons: what may be published, what a case example must not tell, when one is suggested."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

KINDS: Mapping[str, str] = {"lesson": "课程", "case": "案例"}
TAGS: Mapping[str, str] = {
    "time_limit": "办理时限",
    "qualification": "执法资格",
    "rollback": "流程回退",
    "evidence": "证据固化",
    "decision_basis": "处罚依据",
    "discretion": "自由裁量",
    "execution": "执行缴款",
}
"""The kinds of alarms of the monitoring points (S1); a lesson may help against one of them."""

MUST, CHECK = "must", "check"
_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " "}
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文乌包"
)
_PATTERNS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("身份证号", MUST, re.compile(r"(?<!\d)\d{6}(?:18|19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?![\dA-Za-z])")),
    ("统一社会信用代码", MUST, re.compile(r"(?<![0-9A-Z])[159Y][1-9][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}(?![0-9A-Z])")),
    ("银行卡号", MUST, re.compile(r"(?<!\d)\d{16,19}(?!\d)")),
    ("手机号", MUST, re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")),
    ("电话", MUST, re.compile(r"(?<!\d)\(?0\d{2,3}[-) ]?\d{7,8}(?!\d)")),
    ("文号或案号", MUST, re.compile(r"[\u4e00-\u9fff]{0,8}[〔\[（(]\d{4}[〕\]）)]第?\d+号")),
    (
        "车牌号",
        MUST,
        re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][ ·]?[A-Z0-9]{5,6}(?![A-Za-z0-9])"),
    ),
    (
        "单位名称",
        CHECK,
        re.compile(r"[\u4e00-\u9fff（）()]{2,20}(?:有限责任公司|股份有限公司|有限公司|合作社|经营部|商行|超市|饭店|餐馆|宾馆|养殖场)"),
    ),
    ("门牌", CHECK, re.compile(r"[\u4e00-\u9fff]{1,12}(?:路|街|巷|嘎查|村|社区|小区)\d+(?:号|幢|栋|组|单元)[\d\u4e00-\u9fff-]{0,8}")),
    (
        "姓名",
        CHECK,
        re.compile(rf"(?:当事人|法定代表人|负责人|经营者|执法人员|证人|举报人|投诉人)[:：为是叫]?\s*([{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?=[，,。.；;、\s（(）)在称将未于的对从到和与]|$)"),
    ),
)  # fmt: skip
_HIDDEN = re.compile(r"某|×|＊|\*|XX|甲|乙|丙")


@dataclass(frozen=True, slots=True)
class Leak:
    """Something in a case example that may say whom it is about."""

    words: str
    text: str
    level: str

    @property
    def must(self) -> bool:
        return self.level == MUST


def leaks(text: str) -> list[Leak]:
    """What may betray a party, an officer or a case, in order, each once.

    Written so that a false alarm costs a look and nothing else: numbers must go, names of units,
    addresses and persons are marked for a human to judge. What is blurred already (张某, 某公司)
    is let pass.
    """
    plain = text.translate(_WIDE)
    found: list[tuple[int, int, Leak]] = []
    for words, level, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            begin, end = match.span(match.lastindex or 0)
            piece = text[begin:end]
            if level == CHECK and _HIDDEN.search(piece):
                continue
            if all(end <= other or begin >= stop for other, stop, _ in found):
                found.append((begin, end, Leak(words, piece, level)))
    seen: dict[tuple[str, str], Leak] = {}
    for _, _, leak in sorted(found, key=lambda one: one[0]):
        seen.setdefault((leak.words, leak.text), leak)
    return list(seen.values())


def faults_of_lesson(
    kind: str, title: str, words: str, *, materials: int, checked: bool
) -> dict[str, str]:
    """Why a lesson cannot be published as it stands, by field."""
    found: dict[str, str] = {}
    if not title.strip():
        found["title"] = "请写标题。"
    if not words.strip() and (kind == "case" or not materials):
        found["body"] = (
            "请写案例经过和问题出在哪里。" if kind == "case" else "请写正文，或者放一份课件。"
        )
    if kind == "case":
        marked = leaks(f"{title}\n{words}")
        if must := [each for each in marked if each.must]:
            names = "、".join(f"{each.words}“{each.text}”" for each in must[:5])
            found["body"] = f"正文里还有{names}，请删去或者改成“某”再发布。"
        elif marked and not checked:
            names = "、".join(f"“{each.text}”" for each in marked[:5])
            found["checked"] = f"{names} 可能认得出是谁，请改写；确认不会认出的，勾选“已逐处核对”。"
    return found


def from_guidance(told: Mapping[str, Any]) -> tuple[str, str]:
    """Title and plain text of a case example made of published guidance."""
    first = "这是一个示范案例。" if told.get("kind") == "model" else "这是一个警示案例。"
    parts = [
        first,
        f"经过：{told['story']}",
        f"问题和评价：{told['findings']}",
        f"应当怎样做：{told['advice']}",
        f"来源：{told['organ']}案例指导。" if told.get("organ") else "",
    ]
    return str(told["title"])[:120], "\n\n".join(part.strip() for part in parts if part)


def since(now: datetime, days: int) -> datetime:
    """From when on alarms count towards a suggestion."""
    return now - timedelta(days=days)


def suggested(counts: Mapping[str, int], least: int) -> list[str]:
    """The kinds of which a person had at least ``least`` alarms, most frequent first."""
    return sorted(
        (kind for kind, count in counts.items() if kind and count >= least),
        key=lambda kind: (-counts[kind], kind),
    )


def may_be_done(shares: Iterable[int], needed: int) -> str:
    """Why a lesson is not done yet; empty when it is. Every video counts, documents do not."""
    low = [each for each in shares if each < needed]
    if low:
        return f"视频要看满 {needed}% 才算学完，现在最少的一段看了 {min(low)}%。"
    return ""
