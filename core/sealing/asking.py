# SPDX-License-Identifier: Apache-2.0
"""A verification asked for on the page: done by the worker, its progress seen meanwhile."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.errors import Refused
from core.facts.services import record
from core.host.errors import failure_text
from core.jobs.services import enqueue
from core.sealing import heads
from core.sealing.facts import Asked, Verified
from core.sealing.verifying import verify

SUBJECT = "core.verification"


async def ask() -> int:
    """Have the whole record verified; inside the caller's transaction. One at a time."""
    await db.execute("select pg_advisory_xact_lock(hashtextextended('core_verification', 0))")
    running = await db.value(
        "select id from core_verification where state in ('waiting', 'running')"
        " and asked_at > $1::timestamptz - interval '3 hours'",
        clock.now(),
    )
    if running is not None:
        raise Refused("已有一次核验正在进行，完成后再开始下一次。")
    made: int = await db.value(
        "insert into core_verification (asked_by, asked_at, state, done, total, report, error,"
        " heads) values ($1, $2, 'waiting', 0, 0, '{}', '', 0) returning id",
        db.current_scope().actor,
        clock.now(),
    )
    await record("core.seal.asked", SubjectRef(SUBJECT, made), Asked(made), Place(0))
    await enqueue("core.sealing.verify", {"verification": made}, place=Place(0))
    return made


async def run(payload: Mapping[str, Any]) -> None:
    """The job. Its findings are data, so it succeeds also when the record is damaged."""
    number = payload["verification"]
    # Progress must be seen before the job commits, and the snapshot must be its own.
    connection = await db.DB.get_new_connection()
    telling = await db.DB.get_new_connection()
    try:

        async def progress(done: int, total: int) -> None:
            await telling.execute(
                "update core_verification set state = 'running', done = $2, total = $3,"
                " started_at = coalesce(started_at, $4) where id = $1",
                number,
                done,
                total,
                clock.now(),
            )

        await progress(0, 0)
        report = await verify(
            connection, heads=heads.kept(), progress=progress, role=db.DB.scoped_role
        )
    except Exception as error:
        await telling.execute(
            "update core_verification set state = 'failed', error = $2, finished_at = $3"
            " where id = $1",
            number,
            failure_text(error),
            clock.now(),
        )
        raise
    finally:
        await connection.close()
        await telling.close()
    state = "intact" if report.intact else "damaged"
    await db.execute(
        "update core_verification set state = $2, report = $3::jsonb, finished_at = $4"
        " where id = $1",
        number,
        state,
        {**asdict(report), "proven": report.proven()},
        clock.now(),
    )
    await record(
        "core.seal.verified",
        SubjectRef(SUBJECT, number),
        Verified(
            number,
            "记录完好" if report.intact else f"发现 {len(report.findings) + report.more} 处问题",
            report.facts,
            report.batches,
            len(report.findings) + report.more,
            report.head,
        ),
        Place(0),
    )
