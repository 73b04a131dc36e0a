# SPDX-License-Identifier: Apache-2.0
"""Counting what is due, deleting it, and the holds that forbid it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core import clock, db
from core.api.plugin import FactKind, Place, Retention, SubjectRef
from core.errors import Conflict, Invalid, NotFound
from core.facts.services import record
from core.host.registry import current
from core.retention.rules import PORTION, count_of, delete_of, key_of, period_problem

log = logging.getLogger("jiandu.retention")

SUBJECT = "core.retention"
SCOPE = db.Scope.platform("periods hold for the whole installation")


class Deleted(msgspec.Struct, frozen=True):
    rule: str
    title: str
    rows: int
    before: str


class PeriodSet(msgspec.Struct, frozen=True):
    rule: str
    title: str
    before: int
    days: int
    reason: str


class Held(msgspec.Struct, frozen=True):
    hold: int
    title: str
    reason: str


FACT_KINDS = [
    FactKind(
        "core.retention.deleted",
        "到期删除",
        "删除到期的{title} {rows} 条（{before} 以前）",
        Deleted,
        broadcast=False,
    ),
    FactKind(
        "core.retention.period_set",
        "调整保留期限",
        "{title}的保留期限由 {before} 天改为 {days} 天：{reason}",
        PeriodSet,
        broadcast=False,
    ),
    FactKind(
        "core.retention.hold_set", "暂停删除", "暂停删除{title}：{reason}", Held, broadcast=False
    ),
    FactKind(
        "core.retention.hold_lifted",
        "恢复删除",
        "恢复删除{title}：{reason}",
        Held,
        broadcast=False,
    ),
]


def title_of(rule: str) -> str:
    """The words for a rule; a hold may outlive the plugin whose rule it names."""
    if not rule:
        return "所有到期内容"
    found = current().retention.get(rule)
    return found.title if found else rule


async def periods() -> dict[str, int]:
    """The days in force, by rule; inside the caller's transaction."""
    found = {
        key_of(row["rule"]): row["days"]
        for row in await db.rows("select rule, days from core_retention_period")
    }
    return {
        rule.key: max(found.get(rule.key, rule.days), rule.minimum)
        for rule in current().retention.values()
    }


async def holds() -> list[dict[str, Any]]:
    """The holds that stand, newest first."""
    found = await db.rows(
        "select h.id, h.rule, h.reason, h.set_at, coalesce(u.name, '') as who from core_legal_hold h"
        " left join core_user u on u.id = h.set_by where h.lifted_at is null order by h.id desc"
    )
    return [{**row, "rule": key_of(row["rule"])} for row in found]


async def report() -> list[dict[str, Any]]:
    """Per rule: how long, why, how many rows are due, and whether a hold forbids it. Deletes nothing."""
    days, standing = await periods(), {row["rule"] for row in await holds()}
    lines = []
    for rule in current().retention.values():
        border = _border(days[rule.key])
        lines.append(
            {
                "key": rule.key,
                "title": rule.title,
                "plugin": current().plugins[current().plugin_of(rule)].title,
                "days": days[rule.key],
                "minimum": rule.minimum,
                "why": rule.why,
                "border": border,
                "due": await _due(rule, border),
                "held": bool(standing & {"", rule.key}),
            }
        )
    return lines


async def _due(rule: Retention, border: datetime) -> int | None:
    try:
        async with db.transaction():
            return int(await db.value(count_of(rule), border))
    except Exception:
        log.exception("retention rule %s cannot be counted", rule.key)
        return None


def _border(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


async def delete_due(_payload: Mapping[str, Any]) -> None:
    """The nightly job: a portion of each rule that no hold forbids, each with its fact."""
    days, standing = await periods(), {row["rule"] for row in await holds()}
    for rule in current().retention.values():
        if standing & {"", rule.key}:
            continue
        try:
            async with db.transaction():
                await _delete(rule, _border(days[rule.key]))
        except Exception:
            # One plugin's faulty rule must not keep the others' rows for ever.
            log.exception("retention rule %s failed", rule.key)


async def _delete(rule: Retention, border: datetime) -> None:
    rows = 0
    while True:
        portion = await db.execute(delete_of(rule), border)
        rows += portion
        if portion < PORTION:
            break
    if rows:
        await record(
            "core.retention.deleted",
            SubjectRef(SUBJECT, 0),
            Deleted(rule.key, rule.title, rows, f"{clock.local(border):%Y-%m-%d}"),
            Place(0),
        )


async def set_period(key: str, days: int, reason: str) -> None:
    """Lengthen or shorten a period, not below the law."""
    rule = current().retention.get(key)
    if rule is None:
        raise NotFound
    if problem := period_problem(rule, days):
        raise Invalid({"days": problem})
    before = (await periods())[key]
    # One kept under the name rules of the platform had before would win or lose by chance.
    await db.execute("delete from core_retention_period where rule = $1", key.removeprefix("core."))
    await db.execute(
        "insert into core_retention_period (rule, days, reason, set_by, set_at)"
        " values ($1, $2, $3, $4, $5) on conflict (rule) do update set days = excluded.days,"
        " reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at",
        key,
        days,
        reason.strip(),
        db.current_scope().actor,
        clock.now(),
    )
    await record(
        "core.retention.period_set",
        SubjectRef(SUBJECT, 0),
        PeriodSet(key, rule.title, before, days, reason.strip()),
        Place(0),
    )


async def set_hold(key: str, reason: str) -> int:
    """Nothing of a rule (or nothing at all) is deleted until the hold is lifted."""
    if key and key not in current().retention:
        raise NotFound
    number: int = await db.value(
        "insert into core_legal_hold (rule, reason, set_by, set_at, lifted_by, lift_reason)"
        " values ($1, $2, $3, $4, 0, '') returning id",
        key,
        reason.strip(),
        db.current_scope().actor,
        clock.now(),
    )
    fact = Held(number, title_of(key), reason.strip())
    await record("core.retention.hold_set", SubjectRef(SUBJECT, 0), fact, Place(0))
    return number


async def lift_hold(number: int, reason: str) -> None:
    """Let deletion go on."""
    found = await db.row("select rule from core_legal_hold where id = $1", number)
    if found is None:
        raise NotFound
    done = await db.execute(
        "update core_legal_hold set lifted_at = $2, lifted_by = $3, lift_reason = $4"
        " where id = $1 and lifted_at is null",
        number,
        clock.now(),
        db.current_scope().actor,
        reason.strip(),
    )
    if not done:
        raise Conflict("这项暂停已经解除。")
    fact = Held(number, title_of(key_of(found["rule"])), reason.strip())
    await record("core.retention.hold_lifted", SubjectRef(SUBJECT, 0), fact, Place(0))
