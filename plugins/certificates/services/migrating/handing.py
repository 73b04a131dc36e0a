# SPDX-License-Identifier: Apache-2.0
"""正式迁移 of officers by the worker: piece by piece, with progress, so that nobody waits for a page.

The file is not kept. The rows that are to be entered are, each sealed as a whole, until the last
of them is in. Each piece is a transaction of its own and asks again what was asked before: who
came between becomes a fault of his row. A worker that dies loses one piece, which is done again.
"""

from asyncio import to_thread
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from core.api import clock
from core.api.db import Scope, execute, json, lock_subjects, row, rows, transaction
from core.api.errors import Conflict
from core.api.facts import record
from core.api.imports import Sheet
from core.api.jobs import enqueue
from core.api.people import decrypt, encrypt
from plugins.certificates.facts import Migrated
from plugins.certificates.rules.migrating import corrected
from plugins.certificates.services.base import MIGRATE, Actor, place_of
from plugins.certificates.services.migrating.planning import (
    FAULTS_KEPT,
    Plan,
    plan_officers,
)
from plugins.certificates.services.migrating.running import (
    enter_lines,
    migration_ref,
    migration_row,
    the_file_tried,
)
from plugins.certificates.services.signing import ask_to_sign

JOB = "certificates.enter_migration"
PIECE = 500
"""Rows of one piece of the worker: about half a second, so that the bar moves."""
STALLED_AFTER = timedelta(minutes=3)
"""A piece takes about a second; a lost worker's piece falls due again within two minutes."""
_SEALED = "certificates.migration.line"
_OURS = ("row", "to", "fate", "hash", "person", "card")
"""What planning puts beside the words of the sheet."""


async def hand_over(who: Actor, migration: int, sheet: Sheet, content: bytes) -> int:
    """Have the worker enter the officers of the very file that was tried. Returns how many rows.

    Asking twice is refused, so a doubled submit does nothing.
    """
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await migration_row(who, migration)
        the_file_tried(found, content)
        plan = await plan_officers(
            who,
            sheet,
            expired_open=found["counts"]["expired_open"],
            take=partial(_keep_sealed, found),
        )
        counts = {
            **found["counts"],
            **dict.fromkeys(("new", "kept", "known", "faults", "entered"), 0),
            **plan.counts,
            "units": plan.units,
        }
        await execute(
            """update certificates_migration set state = 'applying', total = $2, asked_by = $3,
                 moved_at = $4, counts = $5, faults = $6 where id = $1""",
            migration,
            plan.good,
            who.user_id,
            clock.now(),
            json(counts),
            json(plan.faults),
        )
        await _to_the_worker(found)
    return plan.good


async def _keep_sealed(found: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    # Beside the event loop: sealing thousands of rows takes a while.
    sealed = await to_thread(_seal_all, lines)
    await execute(
        """insert into certificates_migration_line (migration, row, unit, content,
             region_lo, org_lo)
           select $1, r, u, c, $5, $6
           from unnest($2::int8[], $3::int8[], $4::text[]) as e(r, u, c)""",
        found["id"],
        [each["row"] for each in lines],
        [each["to"]["id"] for each in lines],
        sealed,
        found["region_lo"],
        found["org_lo"],
    )


async def go_on(who: Actor, migration: int) -> None:
    """Hand a run over to the worker again that stands still; rows that are in stay in."""
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await migration_row(who, migration)
        if found["state"] != "applying":
            raise Conflict("这次迁移没有在写入。")
        await execute(
            "update certificates_migration set moved_at = $2 where id = $1", migration, clock.now()
        )
        await _to_the_worker(found)


async def _to_the_worker(found: Mapping[str, Any]) -> None:
    await enqueue(
        JOB, {"migration": found["id"]}, key=f"{JOB}:{found['id']}", place=place_of(found)
    )


def _seal_all(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_seal(each) for each in lines]


def _seal(line: Mapping[str, Any]) -> str:
    said = {key: text for key, text in line.items() if key not in _OURS}
    return b64encode(encrypt(msgspec.json.encode(said).decode(), _SEALED)).decode()


def _open(line: Mapping[str, Any]) -> dict[str, Any]:
    said = msgspec.json.decode(decrypt(b64decode(line["content"]), _SEALED))
    return {**said, "row": line["row"]}


async def enter_migration_piece(payload: Mapping[str, Any]) -> None:
    """The worker's part: the next rows of a run, and the rows after them by another job.

    It acts for whoever asked for it: the fact at the end names this user.
    """
    migration = int(payload["migration"])
    asked = await row(
        "select asked_by, region_lo from certificates_migration where id = $1", migration
    )
    if asked is None:
        return
    who = _for(asked)
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await row("select * from certificates_migration where id = $1", migration)
        if found is None or found["state"] != "applying":
            return  # two workers had the same piece, or it was handed over twice
        lines = await rows(
            """select row, unit, content from certificates_migration_line
               where migration = $1 and row > $2 order by row limit $3""",
            migration,
            found["place"],
            PIECE,
        )
        plan, made = Plan(), 0
        if lines:
            read = Sheet("", [_open(each) for each in lines])
            plan = await plan_officers(
                who,
                read,
                expired_open=found["counts"]["expired_open"],
                take=partial(enter_lines, migration),
            )
            made = plan.good
        counts = corrected(
            found["counts"], [each["unit"] for each in lines], plan.counts, plan.units, made
        )
        faults = [*found["faults"], *plan.faults][:FAULTS_KEPT]
        await execute(
            """update certificates_migration set done = done + $2, place = $3, moved_at = $4,
                 counts = $5, faults = $6 where id = $1""",
            migration,
            len(lines),
            lines[-1]["row"] if lines else found["place"],
            clock.now(),
            json(counts),
            json(faults),
        )
        if len(lines) < PIECE:
            await _finish(found, counts)
        else:
            await _to_the_worker(found)


def _for(asked: Mapping[str, Any]) -> Actor:
    home = asked["region_lo"]
    scope = Scope.platform("正式迁移由后台代交办的人写入", actor=asked["asked_by"])
    return Actor(scope, asked["asked_by"], 0, "", home, None, frozenset({MIGRATE}), "region")


async def _finish(found: Mapping[str, Any], counts: Mapping[str, Any]) -> None:
    migration = found["id"]
    await execute(
        "update certificates_migration set state = 'applied', applied_at = $2 where id = $1",
        migration,
        clock.now(),
    )
    await execute("delete from certificates_migration_line where migration = $1", migration)
    await record(
        "certificates.migrated",
        migration_ref(migration),
        Migrated(
            migration, found["kind"], counts["entered"], counts.get("faults", 0), found["digest"]
        ),
        place_of(found),
    )
    await ask_to_sign()
