# SPDX-License-Identifier: Apache-2.0
"""What is kept how long and why, as data (PIPL art. 19: the shortest time the purpose needs).

Facts and everything that proves something are kept for good; what only helped for a while goes.
Periods may be lengthened by the office, never shortened below ``minimum``, which is law.
"""

from core.api.plugin import Retention

PORTION = 5000
"""Rows deleted at once: a long transaction would stand in everybody's way."""


def count_of(rule: Retention) -> str:
    """How many rows are due; ``$1`` is the border moment."""
    return f"select count(*) from {rule.table} where {rule.condition}"


def delete_of(rule: Retention) -> str:
    """Delete a portion of them."""
    return (
        f"delete from {rule.table} where id in"
        f" (select id from {rule.table} where {rule.condition} limit {PORTION})"
    )


def key_of(stored: str) -> str:
    """The key of a rule as it is stored; those of the platform once stood without its name."""
    return stored if not stored or "." in stored else f"core.{stored}"


RULES: tuple[Retention, ...] = (
    Retention(
        "core.sessions",
        "登录会话",
        days=180,
        minimum=180,
        why="网络安全法第二十一条：网络日志至少留存六个月；登录、退出本身另有操作记录。",
        table="core_session",
        condition="coalesce(ended_at, seen_at) < $1",
    ),
    Retention(
        "core.login_attempts",
        "登录失败的计数",
        days=180,
        minimum=180,
        why="网络安全法第二十一条：网络日志至少留存六个月；只存账号的校验值和网络地址。",
        table="core_login_attempt",
        condition="at < $1",
    ),
    Retention(
        "core.outbox",
        "已发出的站外通知",
        days=365,
        minimum=180,
        why="网络安全法第二十一条：网络日志至少留存六个月；站内消息和操作记录仍在。",
        table="core_outbox",
        condition="sent_at < $1",
    ),
)

KEPT: tuple[tuple[str, str], ...] = (
    ("操作记录与封存", "永久。审计和复议、诉讼以它为证；任何角色都不能删除。"),
    ("案件、报警、督办与证据文件", "永久。按档案管理规定移交档案部门以后也不由平台删除。"),
    ("执法人员与证件", "永久。强制注销名录须长期可查。"),
    ("账号、角色与授权", "永久。停用后不再能登录，办过的事仍要对得上人。"),
)


def period_problem(rule: Retention, days: int) -> str:
    """Why a period cannot be set; empty when it can."""
    if days < rule.minimum:
        return f"“{rule.title}”至少保留 {rule.minimum} 天：{rule.why}"
    if days > 36500:
        return "最长 100 年（36500 天）。"
    return ""
