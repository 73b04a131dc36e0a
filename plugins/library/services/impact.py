# SPDX-License-Identifier: Apache-2.0
"""修法影响: whoever leans on a changed article gets a task, and his turn."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.clock import SHANGHAI
from core.api.db import Place, execute, row, rows, scope_conditions, value
from core.api.errors import NotFound, Refused
from core.api.facts import record
from core.api.turns import close_turn, hand_turn
from plugins.library import facts
from plugins.library.forms import TaskForm
from plugins.library.rules import HANDLE, NOT_FOUND
from plugins.library.rules.timeline import Change, label
from plugins.library.services.base import TASK, place_of, ref
from plugins.library.services.publishing import CHANGES, changes_of

USES = {"power": "权力事项", "standard": "裁量基准", "point": "监察点", "case": "在办案件"}
OUTCOMES = {"open": "待核对", "changed": "已修订", "unaffected": "不受影响"}
INSERT = """
insert into library_task (law, law_title, version, key, change, effective_from, kind, subject_kind,
  subject, title, detail, cited, state, note, done_by_name, made_at, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', '', '', $13, $14, $15)
on conflict (version, key, kind, subject, detail) do nothing
returning id
"""


async def spread_impact(payload: Mapping[str, Any]) -> None:
    """Make the tasks of a change; done twice, each is there once."""
    law = await row("select * from library_law where id = $1", payload["law"])
    version = await row("select * from library_version where id = $1", payload["version"])
    if law is None or version is None:
        return
    if payload.get("repealed"):
        keys = await rows(
            "select key from library_article where version = $1 and kind = 'article'", version["id"]
        )
        told = [Change(each["key"], "repealed", law["repealed_on"]) for each in keys]
    else:
        told = [each for each in await changes_of(version) if each.kind != "added"]
    if not told:
        return
    by_key = {each.key: each for each in told}
    leaning = await rows(
        "select * from library_use where name = any($1::varchar[]) and key = any($2::varchar[])"
        " and open order by id",
        law["names"],
        list(by_key),
    )
    for each in leaning:
        await _make(law, version, by_key[each["key"]], each)


async def _make(
    law: Mapping[str, Any], version: Mapping[str, Any], change: Change, use: Mapping[str, Any]
) -> None:
    made = await value(
        INSERT,
        law["id"],
        law["title"],
        version["id"],
        change.key,
        change.kind,
        change.on,
        use["kind"],
        use["subject_kind"],
        use["subject"],
        use["title"],
        use["detail"],
        use["cited"],
        clock.now(),
        use["region_lo"],
        use["org_lo"],
    )
    if made is None:
        return
    due = datetime.combine(change.on, time(0), SHANGHAI)
    await hand_turn(
        ref(TASK, made),
        title=f"{USES[use['kind']]}依据变化：{use['title']}",
        subline=f"《{law['title']}》{label(change.key)}{CHANGES[change.kind]}",
        step_title="核对依据",
        step_note=use["cited"],
        path=f"/library/tasks/{made}",
        holder_org=use["org_lo"],
        permission=HANDLE,
        due_at=due if due > clock.now() else None,
        place=Place(use["region_lo"], use["org_lo"]),
    )


async def own_task(who: Visitor, task: int, *, lock: bool = False) -> dict[str, Any]:
    """A task of one's own scope."""
    sql, args = scope_conditions(who.scope, "t", 2)
    found = await row(
        f"select * from library_task t where t.id = $1 and {sql}" + (" for update" if lock else ""),
        task,
        *args,
    )
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


async def finish_task(who: Visitor, task: int, form: TaskForm) -> None:
    """办结: what came of looking at it, with the reason."""
    found = await own_task(who, task, lock=True)
    if found["state"] != "open":
        raise Refused("这项任务已经办结。")
    await execute(
        "update library_task set state = $2, note = $3, done_by_name = $4, done_at = $5"
        " where id = $1",
        task,
        form.outcome,
        form.note.strip(),
        who.name,
        clock.now(),
    )
    await record(
        "library.task_done",
        ref(TASK, task),
        facts.TaskDone(
            found["law"],
            found["law_title"],
            found["title"],
            OUTCOMES[form.outcome],
            form.note.strip(),
        ),
        place_of(found),
    )
    await close_turn(ref(TASK, task))
