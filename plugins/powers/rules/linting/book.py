# SPDX-License-Identifier: Apache-2.0
"""Every number the linter can give: what it means, where it comes from, what to do.

``docs/linter.md`` is written from here (`handbook`), so that the page and the code cannot differ.
"""

from typing import Any

from plugins.powers.rules.linting import numbers_decisions, numbers_early, numbers_flow
from plugins.powers.rules.linting.finding import LEVEL_TITLES, Entry, Finding

CHAPTERS: dict[str, str] = {
    "JD1": "办理时限（M1）",
    "JD2": "执法主体资格确认（M2）",
    "JD3": "环节回退（M3）",
    "JD4": "证据固化（M4）",
    "JD5": "决定依据（M5）",
    "JD6": "自由裁量（M6）",
    "JD7": "处罚执行（M7）",
    "JD8": "流程与会签",
    "JD9": "监察点之间、风险点、文书",
}

_ENTRIES: tuple[Entry, ...] = (
    *numbers_early.ENTRIES,
    *numbers_decisions.ENTRIES,
    *numbers_flow.ENTRIES,
)

BOOK: dict[str, Entry] = {entry.number: entry for entry in _ENTRIES}


def say(
    number: str,
    where: str,
    place: str,
    sentence: str,
    /,
    *,
    cure: str = "",
    fix: str | None = None,
    **detail: Any,
) -> Finding:
    """A finding under its number; level, cure and button are the book's where none is given."""
    entry = BOOK[number]
    return Finding(
        number,
        entry.level,
        where,
        sentence,
        cure or entry.cure,
        entry.fix if fix is None else fix,
        place,
        detail,
    )


def handbook() -> str:
    """The page ``docs/linter.md``."""
    lines = [
        "# 监察点检查：编号、原因、办法",
        "",
        "职权目录在每次保存和送审之前检查事项的设置，把会误报、漏报、卡住案件的地方逐条指出来。",
        "每一条有编号，说明原因和办法；有“一键改正”的，按钮只做表里写的那件事，改完立即重新检查。",
        "",
        "- **错误**：监察点不起作用、一定误报，或者案件会卡住。",
        "- **警告**：可能误报、漏报，或者两处写得不一致。",
        "- **提示**：可以不改，说明哪里没有监察。",
        "",
        "命令行：`jiandu lint 事项.toml`，加 `--json` 输出 JSON；有错误时退出码为 1，文件读不懂时为 2。",
        "本页由 `jiandu lint --handbook` 写出，测试核对它与代码一致。",
    ]
    for prefix, chapter in CHAPTERS.items():
        lines += ["", f"## {chapter}"]
        for entry in BOOK.values():
            if entry.number.startswith(prefix):
                lines += [
                    "",
                    f"### {entry.number} {entry.title}",
                    "",
                    f"- 级别：{LEVEL_TITLES[entry.level]}",
                    f"- 原因：{entry.cause}",
                    f"- 办法：{entry.cure}",
                ]
                if entry.fix:
                    lines.append(f"- 一键改正：{entry.fix}")
    return "\n".join([*lines, ""])
