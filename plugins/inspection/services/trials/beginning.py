# SPDX-License-Identifier: Apache-2.0
"""A trial begins with a submitted draft, at somebody's wish, or with an uploaded log."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core.api.clock import now
from core.api.db import Place, Scope, execute, row, transaction, value
from core.api.errors import NotFound, Refused
from core.api.facts import SubjectRef, record
from core.api.jobs import enqueue
from plugins.inspection.rules.facts import TrialMoved
from plugins.inspection.services.trials.logs import TakenLog, keep_log

JOB = "inspection.try_draft"
DRAFT = "powers.draft"
TRIAL = "inspection.trial"
AT_WORK = ("waiting", "running")


class Draft(msgspec.Struct, frozen=True):
    """What is read of ``powers.draft_submitted`` and ``powers.draft_trial_requested``."""

    draft: int
    digest: str
    definition: dict[str, Any]
    item: int | None = None
    code: str = ""
    title: str = ""
    base_version: int | None = None
    revision: int | None = None


BEGIN = """
insert into inspection_trial (draft, item, code, title, digest, base_version, revision, definition,
  source, log, log_name, log_hash, state, total, done, events, unreadable, place, upto, until,
  chained, counted, report, report_hash, reason, author_name, created_at, moved_at, finished_at,
  region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, 'waiting', 0, 0, 0, 0, 0, 0, null,
  '', '', '', '', '', $13, $14, $14, null, $15, $16)
returning id
"""


async def begin_trial(told: Mapping[str, Any], place: Place, *, again: bool) -> int | None:
    """Try a draft on the past cases of its item; told twice, it is done once.

    A finished report of exactly this draft suffices for a submission (``again`` false); who asks
    for a trial gets a new one, since there may be new cases.
    """
    draft = msgspec.convert(told, Draft)
    at_work = ("waiting", "running", "done") if not again else AT_WORK
    standing = await value(
        "select id from inspection_trial where draft = $1 and digest = $2 and source = 'facts'"
        " and state = any($3::text[]) limit 1",
        draft.draft,
        draft.digest,
        list(at_work),
    )
    if standing is not None:
        return None
    return await _begin(draft, place, "facts")


async def _begin(
    draft: Draft,
    place: Place,
    source: str,
    *,
    log: int = 0,
    log_name: str = "",
    log_hash: str = "",
    author: str = "",
) -> int:
    trial: int = await value(
        BEGIN,
        draft.draft,
        draft.item or 0,
        draft.code[:60],
        draft.title[:200],
        draft.digest,
        draft.base_version or 0,
        draft.revision or 0,
        draft.definition,
        source,
        log,
        log_name,
        log_hash,
        author[:100],
        now(),
        place.region_lo,
        place.org_lo,
    )
    await enqueue(JOB, {"trial": trial}, key=f"{JOB}:{trial}", place=place)
    return trial


async def find_trial(trial: int, *, lock: bool = False) -> dict[str, Any] | None:
    return await row(
        f"select * from inspection_trial where id = $1{' for update' if lock else ''}", trial
    )


async def _held(trial: int) -> dict[str, Any]:
    found = await find_trial(trial, lock=True)
    if found is None:
        raise NotFound("没有找到这次试运行，或者不在你的管理范围内。")
    return found


def place_of(trial: Mapping[str, Any]) -> Place:
    return Place(trial["region_lo"], trial["org_lo"])


async def _note(kind: str, trial: Mapping[str, Any], by: str, report: str = "") -> None:
    await record(
        f"inspection.trial_{kind}",
        SubjectRef(TRIAL, trial["id"]),
        TrialMoved(trial["id"], trial["draft"], trial["title"], trial["digest"], by, report),
        place_of(trial),
    )


def _draft_of(trial: Mapping[str, Any]) -> Draft:
    return Draft(
        trial["draft"],
        trial["digest"],
        trial["definition"],
        trial["item"],
        trial["code"],
        trial["title"],
        trial["base_version"],
        trial["revision"],
    )


async def try_on_log(scope: Scope, author: str, trial: int, log: TakenLog) -> int:
    """Try the draft of an earlier trial on an uploaded log."""
    async with transaction(scope):
        found = await _held(trial)
        place = place_of(found)
        made = await _begin(
            _draft_of(found), place, "log", log_name=log.name, log_hash=log.sha256, author=author
        )
        await execute("update inspection_trial set log = id where id = $1", made)
        await keep_log(made, log, place)
        await _note("begun", {**found, "id": made}, author)
        return made


async def try_again(scope: Scope, author: str, trial: int) -> int:
    """Run it anew: what stood still goes on, what has ended is read from the beginning."""
    async with transaction(scope):
        found = await _held(trial)
        place = place_of(found)
        if found["state"] in AT_WORK:
            await enqueue(JOB, {"trial": trial}, key=f"{JOB}:{trial}", place=place)
            await execute("update inspection_trial set moved_at = $2 where id = $1", trial, now())
            return trial
        made = await _begin(
            _draft_of(found),
            place,
            found["source"],
            log=found["log"],
            log_name=found["log_name"],
            log_hash=found["log_hash"],
            author=author,
        )
        await _note("begun", {**found, "id": made}, author)
        return made


async def cancel_trial(scope: Scope, author: str, trial: int) -> None:
    """Stop a trial; the piece under way finds out and leaves nothing behind."""
    async with transaction(scope):
        found = await _held(trial)
        if found["state"] not in AT_WORK:
            raise Refused("这次试运行已经结束，不能取消。")
        await execute(
            "update inspection_trial set state = 'cancelled', reason = $2, finished_at = $3,"
            " moved_at = $3 where id = $1",
            trial,
            f"{author}取消",
            now(),
        )
        await _note("cancelled", found, author)


async def note_done(trial: Mapping[str, Any], report: str) -> None:
    """The fact that a report exists, with its hash."""
    await _note("done", trial, trial["author_name"], report)
