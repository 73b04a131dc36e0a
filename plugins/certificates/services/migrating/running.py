# SPDX-License-Identifier: Apache-2.0
"""试运行 and 正式迁移, of the very file that was tried.

Officers are entered in bulk, a few statements for thousands of rows and one fact for all of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from core.api import clock
from core.api.db import (
    SubjectRef,
    execute,
    json,
    lock_subjects,
    row,
    rows,
    scope_conditions,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.people import found_organisation, organisation, organisation_by_code
from plugins.certificates.facts import Migrated
from plugins.certificates.queries.bodies import body_of
from plugins.certificates.rules.bodies import ORGANISATION_KINDS
from plugins.certificates.rules.inspecting import next_due
from plugins.certificates.services.base import Actor, place_of, settings_in
from plugins.certificates.services.bodies import enter_body
from plugins.certificates.services.entering import (
    Batch,
    enter_cards,
    enter_officers,
    enter_persons,
    open_cards_again,
)
from plugins.certificates.services.migrating.agreeing import signed_by_office
from plugins.certificates.services.migrating.planning import (
    Plan,
    Progress,
    plan_officers,
    silently,
)
from plugins.certificates.services.migrating.planning_bodies import NO_SUPERIOR, plan_bodies
from plugins.certificates.services.migrating.producing import enter_productions
from plugins.certificates.services.signing import ask_to_sign

REASON = "迁移"
UNDONE = "撤销迁移"


def migration_ref(migration: int) -> SubjectRef:
    return SubjectRef("certificates.migration", migration)


async def try_out(
    who: Actor,
    kind: str,
    sheet: Sheet,
    content: bytes,
    filename: str,
    *,
    expired_open: bool,
    progress: Progress = silently,
) -> int:
    """试运行: everything is checked, nothing is entered. Returns the migration's id."""
    async with transaction(who.wide):
        if expired_open and not await signed_by_office(who):
            raise Refused("过期数据在初始化完成、法制机构核对签字以后才开放。")
        plan = (
            await plan_bodies(who, sheet)
            if kind == "bodies"
            else await plan_officers(who, sheet, expired_open=expired_open, progress=progress)
        )
        counts = {
            **plan.counts,
            "rows": len(sheet.rows),
            "units": plan.units,
            "expired_open": expired_open,
        }
        return int(
            await value(
                """insert into certificates_migration (kind, filename, digest, state, content,
                     counts, faults, created_by, created_at, region_lo, org_lo)
                   values ($1, $2, $3, 'dry', $4, $5, $6, $7, $8, $9, 0) returning id""",
                kind,
                filename[:200],
                hashlib.sha256(content).hexdigest(),
                len(content),
                json(counts),
                json(plan.faults),
                who.user_id,
                clock.now(),
                who.region_lo,
            )
        )


async def migration_row(who: Actor, migration: int) -> dict[str, Any]:
    """A migration of one's own region."""
    found = await row("select * from certificates_migration where id = $1", migration)
    if found is None or not who.scope.may_write(place_of(found)):
        raise NotFound
    return found


def the_file_tried(found: Mapping[str, Any], content: bytes) -> None:
    """Refuse whatever is not the first entering of the very file that was tried."""
    if found["state"] == "applying":
        raise Conflict("这次迁移正在写入。")
    if found["state"] != "dry":
        raise Conflict("这次迁移已经写入过了。")
    if hashlib.sha256(content).hexdigest() != found["digest"]:
        raise Invalid({"file": "这不是试运行的那个文件，请选同一个文件，或者重新试运行。"})


async def apply(
    who: Actor, migration: int, sheet: Sheet, content: bytes, *, progress: Progress = silently
) -> int:
    """正式迁移: the very file that was tried. Returns how many rows it entered."""
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await migration_row(who, migration)
        the_file_tried(found, content)
        if found["kind"] == "bodies":
            plan = await plan_bodies(who, sheet)
            made = await _enter_bodies(migration, plan)
        else:
            plan = await plan_officers(
                who,
                sheet,
                expired_open=found["counts"]["expired_open"],
                progress=progress,
                take=partial(enter_lines, migration),
            )
            made = plan.good
        counts = {**found["counts"], **plan.counts, "units": plan.units, "entered": made}
        await execute(
            """update certificates_migration set state = 'applied', applied_at = $2, counts = $3,
                 faults = $4 where id = $1""",
            migration,
            clock.now(),
            json(counts),
            json(plan.faults),
        )
        await record(
            "certificates.migrated",
            migration_ref(migration),
            Migrated(migration, found["kind"], made, counts.get("faults", 0), found["digest"]),
            place_of(found),
        )
        await ask_to_sign()
    return made


async def _enter_bodies(migration: int, plan: Plan) -> int:
    """All bodies come over (S2-17); each waits for its information and its approval."""
    made: list[int] = []
    bodies: list[int] = []
    for line in plan.lines:
        above = await organisation_by_code(line["superior_code"]) if line["superior_code"] else None
        below = line["body_kind"] != "first"
        if below and above is None:  # its superior was refused a moment ago
            _refused(plan, line, NO_SUPERIOR)
            continue
        try:
            async with transaction():
                unit = await organisation(line["known"]) if line["known"] else None
                if unit is None:
                    unit = await found_organisation(
                        line["name"],
                        ORGANISATION_KINDS[line["body_kind"]],
                        line["place"] or (above.region if above else 0),
                        parent=above.id if above and below else None,
                        unified_code=line["unified_code"],
                    )
                    made.append(unit.id)
                if await body_of(unit.id) is None:
                    bodies.append(
                        await enter_body(
                            unit,
                            line["body_kind"],
                            "existing_second" if line["body_kind"] == "second" else "existing",
                            above,
                        )
                    )
        except Invalid as error:
            _refused(plan, line, "；".join(error.errors.values()))
    await execute(
        "update certificates_migration set made = $2 where id = $1",
        migration,
        json({"organisations": made, "bodies": bodies}),
    )
    return len(made)


def _refused(plan: Plan, line: Mapping[str, Any], text: str) -> None:
    """A row that was good when it was looked at and could not be entered all the same."""
    plan.counts["known" if line["known"] else "new"] -= 1
    plan.fault(line, text)


async def enter_lines(migration: int, lines: Sequence[dict[str, Any]]) -> None:
    """Some thousand rows with a few statements; what an undone run left is opened again."""
    batch = Batch(-migration, REASON, UNDONE)
    settings = await settings_in(lines[0]["to"]["region_lo"])
    for each in lines:
        each["issued"] = each["fate"] == "keep"
        each["due"] = (
            date.fromisoformat(each["inspection_due"])
            if each["inspection_due"]
            else next_due(
                date.fromisoformat(each["valid_from"]), None, short=settings.inspection_short_years
            ).due_on
        )
    await enter_persons(batch, lines)
    officers = await enter_officers(batch, lines)
    cards = await enter_cards(batch, [each for each in lines if each["card"] is None], officers)
    cards |= {each["number"]: each["card"] for each in lines if each["card"] is not None}
    if produced := [each for each in lines if each["fate"] == "making"]:
        await enter_productions(produced, cards)
    await open_cards_again(batch, [each["card"] for each in lines if each["card"] is not None])


async def migrations_in(who: Actor) -> list[dict[str, Any]]:
    """The runs of one's region, newest first."""
    condition, args = scope_conditions(who.scope, "m")
    return await rows(
        f"""select m.id, m.kind, m.filename, m.state, m.counts, m.created_at, m.applied_at
            from certificates_migration m where {condition} order by m.id desc limit 30""",
        *args,
    )
