# SPDX-License-Identifier: Apache-2.0
"""What may be published, who it is for, when unread is reminded of. Pure."""

from datetime import date, timedelta

KINDS = {"conduct": "行为准则", "manual": "操作手册"}

TITLE_MOST = 120
REMIND_BEFORE_DAYS = 2
"""Who has not confirmed is reminded from so many days before the last day on."""


def faults_of_notice(
    title: str, words: str, *, must_confirm: bool, confirm_by: date | None, today: date
) -> dict[str, str]:
    """Why a notice cannot be published as it stands, by field."""
    found: dict[str, str] = {}
    if not title.strip():
        found["title"] = "请写标题，收到的人先看到它。"
    elif len(title.strip()) > TITLE_MOST:
        found["title"] = f"标题最多 {TITLE_MOST} 个字，现在 {len(title.strip())} 个。"
    if not words.strip():
        found["body"] = "请写正文。"
    if confirm_by is not None and not must_confirm:
        found["confirm_by"] = "填了确认的最后一天，请同时勾选“需要确认已阅读”。"
    elif confirm_by is not None and confirm_by < today:
        found["confirm_by"] = "确认的最后一天已经过去，请改成今天或以后。"
    return found


def faults_of_version(words: str, changes: str, current: int, same: bool) -> dict[str, str]:
    """Why a version of a standing page cannot be published as it stands, by field."""
    found: dict[str, str] = {}
    if not words.strip():
        found["body"] = "请写正文。"
    elif same:
        found["body"] = "和现行的一版一字不差，不用再发布。"
    if current and not changes.strip():
        found["changes"] = "请用一句话说明这一版改了什么，读过上一版的人先看到它。"
    return found


def may_remind(reminded: date | None, today: date) -> str:
    """Why nobody can be reminded now; empty when it is possible. Once a day is enough."""
    if reminded == today:
        return "今天已经提醒过，明天可以再提醒。"
    return ""


def reminded_by_itself(confirm_by: date | None, reminded: date | None, today: date) -> bool:
    """Whether the nightly look reminds those who have not confirmed.

    Once within the last days before ``confirm_by``, and once on that day.
    """
    if confirm_by is None or today > confirm_by or reminded == today:
        return False
    if today == confirm_by:
        return True
    first = confirm_by - timedelta(days=REMIND_BEFORE_DAYS)
    return today >= first and (reminded is None or reminded < first)
