# SPDX-License-Identifier: Apache-2.0
"""撤销: a run is taken back as a whole, where nothing was built on it."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import execute, lock_subjects, rows, transaction, value
from core.api.errors import Conflict, Refused
from core.api.facts import record
from core.api.people import close_organisation
from plugins.certificates.facts import Migrated
from plugins.certificates.services.base import Actor, place_of
from plugins.certificates.services.migrating.producing import take_back_productions
from plugins.certificates.services.migrating.running import (
    REASON,
    UNDONE,
    migration_ref,
    migration_row,
)
from plugins.certificates.services.signing import ask_to_sign


async def undo(who: Actor, migration: int) -> int:
    """Take an applied run back; refused when somebody has been worked on since."""
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await migration_row(who, migration)
        if found["state"] != "applied":
            raise Conflict("只有已写入的迁移可以撤销。")
        if found["kind"] == "bodies":
            gone = await _take_back_bodies(found["made"])
        else:
            gone = await _take_back_officers(who, -migration)
        await execute(
            "update certificates_migration set state = 'undone', undone_at = $2 where id = $1",
            migration,
            clock.now(),
        )
        await record(
            "certificates.migration_undone",
            migration_ref(migration),
            Migrated(migration, found["kind"], gone, 0, found["digest"]),
            place_of(found),
        )
        await ask_to_sign()
    return gone


_BUILT_ON = """
select g.id, g.name, concat_ws('、',
  case when exists (select 1 from core_person p where p.closed_at is null
    and p.org_lo between g.lo and g.hi) then '人员' end,
  case when exists (select 1 from certificates_officer o where o.organisation = g.id
    and o.closed_at is null) then '执法人员' end,
  case when exists (select 1 from core_assignment a where a.organisation = g.id
    and a.revoked_at is null) then '账号' end,
  case when exists (select 1 from certificates_request r where r.organisation = g.id
    and not (r.submitted_by = 0 and r.state = 'cancelled')) then '申领' end,
  case when exists (select 1 from certificates_body b where b.organisation = g.id
    and (b.state <> 'draft' or b.included_at is not null)) then '办过的账户手续' end,
  case when exists (select 1 from core_organisation s where s.lo between g.lo and g.hi
    and s.valid_to is null and not s.id = any($1::int8[])) then '下级机构' end) as built
from core_organisation g where g.id = any($1::int8[]) and g.valid_to is null
order by g.lo desc
"""


async def _take_back_bodies(made: Mapping[str, Any]) -> int:
    """The organisations and accounts this run entered; none of them when one is in use."""
    units = [int(each) for each in made.get("organisations", ())]
    found = await rows(_BUILT_ON, units)
    if in_use := [each for each in found if each["built"]]:
        words = "；".join(f"{each['name']}已有{each['built']}" for each in in_use[:5])
        more = f"等 {len(in_use)} 个单位" if len(in_use) > 5 else ""
        raise Refused(f"迁移以后已经用上了，不能整批撤销：{words}{more}。")
    await execute(
        """delete from certificates_body b where b.id = any($1::int8[]) and b.state = 'draft'
             and b.included_at is null""",
        [int(each) for each in made.get("bodies", ())],
    )
    for each in found:  # the lowest first: a superior with somebody below it cannot be closed
        await close_organisation(each["id"], UNDONE)
    return len(found)


async def _take_back_officers(who: Actor, batch: int) -> int:
    busy = await value(
        """select count(*) from certificates_officer o where o.batch = $1 and (
             exists (select 1 from certificates_inspection i where i.officer = o.id)
             or exists (select 1 from certificates_certificate c
                        join certificates_period p on p.certificate = c.id
                        where c.officer = o.id and p.reason <> $2))""",
        batch,
        REASON,
    )
    if busy:
        raise Refused(f"有 {busy} 人迁移以后办过业务，不能整批撤销。")
    today, now = clock.today(), clock.now()
    await execute(
        """insert into certificates_period (certificate, state, since, reason, recorded_at,
             recorded_by, region_lo, org_lo, published)
           select c.id, 'cancelled', greatest($2, c.valid_from), $3, $4, $5, c.region_lo,
             c.org_lo, true
           from certificates_certificate c join certificates_officer o on o.id = c.officer
           where o.batch = $1 and o.closed_at is null""",
        batch,
        today,
        UNDONE,
        now,
        who.user_id,
    )
    await execute(
        """update certificates_period p set until = greatest($2, c.valid_from)
           from certificates_certificate c, certificates_officer o
           where c.id = p.certificate and o.id = c.officer and o.batch = $1
             and o.closed_at is null and p.reason = $3 and p.until is null""",
        batch,
        today,
        REASON,
    )
    await take_back_productions(batch, UNDONE)
    await execute(
        """update core_person p set closed_at = $2, close_reason = $3
           from certificates_officer o
           where o.person = p.id and o.batch = $1 and o.closed_at is null""",
        batch,
        now,
        UNDONE,
    )
    return await execute(
        "update certificates_officer set closed_at = $2 where batch = $1 and closed_at is null",
        batch,
        now,
    )
