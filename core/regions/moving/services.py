# SPDX-License-Identifier: Apache-2.0
"""Beginning a merger or a division, and carrying the rows over.

What everybody looks at first changes at once, in one transaction with the fact: the tree, the
organisations, who holds which role where, who is competent. Rows follow in portions by a job.
Every portion commits together with how far it came, so a worker that dies repeats nothing and
leaves nothing out; and the tables are gone through until a whole round finds nothing any more,
because others write meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth.sessions import bump_version
from core.errors import Conflict, Invalid, NotFound
from core.facts.services import record
from core.intervals import REGIONS, Interval, NoRoom
from core.jobs.services import enqueue
from core.regions.facts import RegionChanged, RowsMoved, RowsMoving
from core.regions.moving.rules import Node, Plan, divided, merged
from core.regions.moving.tables import carrying
from core.regions.queries import RegionRow, region
from core.regions.services import TREE, add_region

JOB = "core.region.move"
PORTION = 5000
"""Rows per transaction: short enough to stand in nobody's way."""
SWEPT_DAYS = 90
"""How long after a move the nightly sweep still looks for late-comers."""


@dataclass(frozen=True)
class Preview:
    """What a move would do. Changes nothing."""

    plan: Plan
    regions: int
    """Regions below that live on under another number."""
    organisations: int
    roles: int
    tables: tuple[tuple[str, str, int], ...]
    """Name, words and rows of each table that has any."""
    same_names: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(count for _, _, count in self.tables)


async def _nodes(lo: int, hi: int) -> list[Node]:
    found = await db.rows(
        "select id, lo, hi, parent, valid_to, successor from core_region"
        " where lo between $1 and $2 order by lo",
        lo,
        hi,
    )
    return [
        Node(
            each["id"],
            each["lo"],
            each["hi"],
            each["parent"],
            each["valid_to"] is None,
            each["successor"],
        )
        for each in found
    ]


async def _known(region_id: int) -> RegionRow:
    found = await region(region_id)
    if found is None:
        raise NotFound
    return found


def _node(row: RegionRow) -> Node:
    return Node(row.id, row.lo, row.hi, row.parent, row.open, row.successor)


async def plan_merge(source: int, into: int) -> tuple[RegionRow, RegionRow, Plan]:
    """Source, target and what goes where, or ``Invalid`` with the sentence why it cannot be."""
    old, new = await _known(source), await _known(into)
    if old.level == 0 or new.level == 0 or new.lo in old.interval:
        raise Invalid({"code": "不能并入全国、自己或自己的下级。"})
    if not new.open:
        raise Invalid({"code": f"{new.name}已撤销，不能并入。"})
    if not old.open and old.successor != new.id:
        raise Invalid({"code": f"{old.name}已撤销，只能搬到接替它的行政区划。"})
    below = [each for each in await _nodes(old.lo, old.hi) if each.id != old.id]
    last = await db.value("select max(lo) from core_region where parent = $1", new.id)
    try:
        plan = merged(_node(old), below, _node(new), 0 if last is None else REGIONS.index(last) + 1)
    except NoRoom as error:
        raise Invalid({"code": f"{new.name}下放不下：{error}"}) from error
    return old, new, plan


async def preview_merge(source: int, into: int) -> Preview:
    """What merging ``source`` into ``into`` would move."""
    _, new, plan = await plan_merge(source, into)
    moving = [each.id for each in plan.shifts if each.parent == new.id]
    same = await db.column(
        "select a.name from core_region a join core_region b on b.name = a.name"
        " where a.id = any($1::int8[]) and b.parent = $2 and b.valid_to is null order by a.lo",
        moving,
        new.id,
    )
    return replace(await _preview(plan), same_names=tuple(same))


async def plan_split(source: int, organisations: Sequence[int], target: Node) -> Plan:
    """What goes from ``source`` with the chosen organisations, which must all belong to it."""
    chosen = await db.rows(
        "select id, lo, hi from core_organisation where id = any($1::int8[]) and region = $2"
        " and valid_to is null",
        list(organisations),
        source,
    )
    if not chosen or len(chosen) != len(set(organisations)):
        raise Invalid({"organisation": "请选择本行政区划里现有的机构。"})
    return divided(
        _node(await _known(source)), target, [Interval(each["lo"], each["hi"]) for each in chosen]
    )


async def preview_split(source: int, organisations: Sequence[int]) -> Preview:
    """What dividing would move. The new region does not exist yet; any other number stands for it."""
    old = await _known(source)
    if old.level == 0 or old.parent is None or not old.open:
        raise Invalid({"name": "这个行政区划不能划出新区。"})
    nowhere = Node(0, -1, -1, old.parent, open=True)
    return await _preview(await plan_split(source, organisations, nowhere))


async def _preview(plan: Plan) -> Preview:
    numbers = [each.old.lo for each in plan.routes]
    orgs = [each.organisations.lo for each in plan.routes]
    until = [each.organisations.hi for each in plan.routes]
    tables = []
    for each in carrying():
        count = await db.value(
            "select core_count_in_regions($1, $2, $3, $4)", each.name, numbers, orgs, until
        )
        if count:
            tables.append((each.name, each.title, int(count)))
    units = await db.value(
        "select count(*) from core_organisation o join unnest($1::int8[], $2::int8[], $3::int8[])"
        " m(lo, a, b) on o.region_lo = m.lo and o.lo between m.a and m.b",
        numbers,
        orgs,
        until,
    )
    roles = await db.value(
        "select count(*) from core_assignment a join core_region g on g.id = a.region"
        " left join core_organisation o on o.id = a.organisation"
        " join unnest($1::int8[], $2::int8[], $3::int8[], $4::bool[]) m(lo, a, b, whole)"
        " on g.lo = m.lo and (m.whole or coalesce(o.lo, -1) between m.a and m.b)"
        " where a.revoked_at is null",
        numbers,
        orgs,
        until,
        [each.whole for each in plan.routes],
    )
    return Preview(plan, len(plan.shifts), int(units), int(roles), tuple(tables))


# --- beginning -----------------------------------------------------------------------------------


async def begin_merge(source: int, into: int, reason: str) -> int:
    """Close ``source``, hang what is below it under ``into``, and begin to carry its rows over.

    For a region that was closed before this could be done, only its rows are carried.
    """
    async with db.transaction():
        await _alone()
        old, new, plan = await plan_merge(source, into)
        counts = await _preview(plan)
        move = await _write("merge", old, new, reason, plan, counts)
        if old.open:
            await db.execute(
                "update core_region set valid_to = $2, successor = $3 where id = $1",
                old.id,
                clock.today() - timedelta(days=1),
                new.id,
            )
        await _shift(plan)
        await _follow(move)
        if old.open:
            await record(
                "core.region.changed",
                SubjectRef("core.region", old.id),
                RegionChanged(old.id, old.name, "撤销", f"，并入“{new.name}”"),
                Place(new.lo),
            )
        await _begun(move, "并入", old, new, reason, counts)
    return move


async def begin_split(
    source: int,
    name: str,
    level: int,
    organisations: Sequence[int],
    reason: str,
    *,
    code: str = "",
) -> int:
    """Found a region beside ``source`` and carry the chosen organisations, with their rows, into it."""
    async with db.transaction():
        await _alone()
        old = await _known(source)
        if old.level == 0 or old.parent is None or not old.open:
            raise Invalid({"name": "这个行政区划不能划出新区。"})
        counts = await preview_split(source, organisations)
        new = await add_region(old.parent, name, level, code=code)
        plan = await plan_split(source, organisations, _node(new))
        move = await _write("split", old, new, reason, plan, counts)
        await _follow(move)
        await _begun(move, "划入", old, new, reason, counts)
    return move


async def _alone() -> None:
    """One move at a time: two maps must never speak of the same rows."""
    await db.lock_subjects(TREE)
    if await db.value("select 1 from core_region_move where state <> 'done'"):
        raise Conflict("另一项区划调整还没有搬完，请等它完成。")


async def _write(
    kind: str, old: RegionRow, new: RegionRow, reason: str, plan: Plan, counts: Preview
) -> int:
    move: int = await db.value(
        "insert into core_region_move (kind, source, target, reason, state, counts, expected,"
        " moved, phase, round, round_moved, error, asked_by, asked_at)"
        " values ($1, $2, $3, $4, 'running', $5::jsonb, $6, 0, 0, 1, 0, '', $7, $8) returning id",
        kind,
        old.id,
        new.id,
        reason.strip(),
        {
            "regions": counts.regions,
            "organisations": counts.organisations,
            "roles": counts.roles,
        },
        counts.rows,
        db.current_scope().actor,
        clock.now(),
    )
    await db.execute_many(
        "insert into core_region_move_map (move, old_lo, old_hi, new_lo, new_hi, org_lo, org_hi,"
        " whole, lives) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            (
                move,
                each.old.lo,
                each.old.hi,
                each.new.lo,
                each.new.hi,
                each.organisations.lo,
                each.organisations.hi,
                each.whole,
                each.lives,
            )
            for each in plan.routes
        ],
    )
    await db.execute_many(
        "insert into core_region_move_table (move, name, expected, moved, seen)"
        " values ($1, $2, $3, 0, 0)",
        [(move, name, count) for name, _, count in counts.tables],
    )
    return move


async def _shift(plan: Plan) -> None:
    """Regions that live on: under their new parent, with their new numbers. Ids and codes stay."""
    if not plan.shifts:
        return
    await db.execute(
        "update core_region r set lo = s.lo, hi = s.hi, parent = s.parent"
        " from unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[]) s(id, lo, hi, parent)"
        " where r.id = s.id",
        [each.id for each in plan.shifts],
        [each.new.lo for each in plan.shifts],
        [each.new.hi for each in plan.shifts],
        [each.parent for each in plan.shifts],
    )


FOLLOWING = (
    # Regions as they stand after the move; a closed one keeps its number and is not looked up.
    """
    update core_organisation o set region_lo = m.new_lo,
      region = case when m.lives then o.region
                    else (select r.id from core_region r where r.lo = m.new_lo) end
    from core_region_move_map m
    where m.move = $1 and o.region_lo = m.old_lo and o.lo between m.org_lo and m.org_hi
    """,
    """
    update core_assignment a set region = n.id
    from core_region_move_map m join core_region c on c.lo = m.old_lo
      join core_region n on n.lo = m.new_lo
    where m.move = $1 and not m.lives and a.region = c.id and a.revoked_at is null
      and (m.whole or exists (select 1 from core_organisation o where o.id = a.organisation
                              and o.lo between m.org_lo and m.org_hi))
    """,
    # Where the target has an organ for a function, that one is competent for all of it.
    """
    delete from core_competent_organ a using core_region_move_map m, core_region c, core_region n
    where m.move = $1 and m.whole and not m.lives and c.lo = m.old_lo and n.lo = m.new_lo
      and a.region = c.id
      and exists (select 1 from core_competent_organ b
                  where b.region = n.id and b.function = a.function)
    """,
    """
    update core_competent_organ a set region = x.target
    from (select distinct on (n.id, b.function) b.id, n.id as target
          from core_region_move_map m join core_region c on c.lo = m.old_lo
          join core_region n on n.lo = m.new_lo join core_competent_organ b on b.region = c.id
          where m.move = $1 and m.whole and not m.lives order by n.id, b.function, b.id) x
    where a.id = x.id
    """,
    """
    update core_calendar_day d set region_lo = m.new_lo, region_hi = m.new_hi
    from core_region_move_map m
    where m.move = $1 and m.lives and d.region_lo = m.old_lo and d.region_hi = m.old_hi
    """,
    """
    update core_calendar_year y set region_lo = m.new_lo, region_hi = m.new_hi
    from core_region_move_map m
    where m.move = $1 and m.lives and y.region_lo = m.old_lo and y.region_hi = m.old_hi
    """,
)


async def _follow(move: int) -> None:
    for statement in FOLLOWING:
        await db.execute(statement, move)
    # Scopes are read with every request; what a process keeps of regions goes by this number.
    await bump_version()


async def _begun(
    move: int, act: str, old: RegionRow, new: RegionRow, reason: str, counts: Preview
) -> None:
    await record(
        "core.region.move_begun",
        SubjectRef("core.region", new.id),
        RowsMoving(
            move=move,
            act=act,
            source=old.id,
            source_name=old.name,
            target=new.id,
            target_name=new.name,
            reason=reason.strip(),
            regions=counts.regions,
            organisations=counts.organisations,
            roles=counts.roles,
            rows=counts.rows,
        ),
        Place(new.lo),
    )
    await enqueue(JOB, {"move": move}, key=f"{JOB}:{move}", place=Place(0))


# --- carrying ------------------------------------------------------------------------------------


REGULAR = """
update core_due d set payload = jsonb_set(d.payload, '{region_lo}', to_jsonb(m.new_lo))
from core_region_move_map m
where m.move = $1 and m.lives and d.key like 'cron:%'
  and d.payload ->> 'region_lo' = m.old_lo::text
"""
"""Regular work knows its region by id and number; the number changes."""


async def carry_on(payload: Mapping[str, Any]) -> None:
    """One portion; then enqueue the next. Everything in the job's transaction."""
    move = int(payload["move"])
    found = await db.row(
        "select state, phase, round, round_moved from core_region_move where id = $1 for update",
        move,
    )
    if found is None or found["state"] == "done":
        return
    if found["phase"] == 0:
        await db.execute(REGULAR, move)
    tables = carrying()
    phase, round_moved = found["phase"], found["round_moved"]
    left = PORTION
    while left > 0 and phase < len(tables):
        moved = await _carry(move, phase, left)
        left -= moved
        round_moved += moved
        if left > 0:
            await _seen(move, tables[phase].name, found["round"])
            phase += 1
    moved = PORTION - left
    if phase < len(tables) or round_moved:
        again = phase >= len(tables)
        await db.execute(
            "update core_region_move set moved = moved + $2, phase = $3, round = $4,"
            " round_moved = $5 where id = $1",
            move,
            moved,
            0 if again else phase,
            found["round"] + again,
            0 if again else round_moved,
        )
        await enqueue(JOB, {"move": move}, key=f"{JOB}:{move}", place=Place(0))
        return
    await _finished(move)


async def _carry(move: int, phase: int, most: int) -> int:
    table = carrying()[phase]
    moved = int(
        await db.value(
            "select core_move_rows($1, $2, $3, $4)", move, table.name, list(table.extra), most
        )
    )
    if moved:
        await db.execute(
            "insert into core_region_move_table (move, name, expected, moved, seen)"
            " values ($1, $2, 0, $3, 0) on conflict (move, name)"
            " do update set moved = core_region_move_table.moved + excluded.moved",
            move,
            table.name,
            moved,
        )
    return moved


async def _seen(move: int, name: str, this: int) -> None:
    await db.execute(
        "update core_region_move_table set seen = $3 where move = $1 and name = $2",
        move,
        name,
        this,
    )


async def _finished(move: int) -> None:
    done = await db.row(
        "update core_region_move set state = 'done', finished_at = $2 where id = $1"
        " returning target, source, moved, round",
        move,
        clock.now(),
    )
    assert done is not None
    old, new = await _known(done["source"]), await _known(done["target"])
    await record(
        "core.region.move_finished",
        SubjectRef("core.region", new.id),
        RowsMoved(
            move=move,
            source_name=old.name,
            target_name=new.name,
            rows=done["moved"],
            facts=await _facts_moved(move),
        ),
        Place(new.lo),
    )


async def _facts_moved(move: int) -> int:
    return int(
        await db.value(
            "select coalesce(sum(moved), 0) from core_region_move_table"
            " where move = $1 and name = 'core_fact'",
            move,
        )
    )


async def sweep(_payload: Mapping[str, Any]) -> None:
    """Look for rows that came after the last round, every night.

    A long transaction may have written them, or a plugin that was away while the rows moved.
    """
    recent = await db.column(
        "select id from core_region_move where state = 'done' and finished_at > $1 order by id",
        clock.now() - timedelta(days=SWEPT_DAYS),
    )
    for move in recent:
        late = 0
        for phase in range(len(carrying())):
            while moved := await _carry(move, phase, PORTION):
                late += moved
        if late:
            await db.execute(
                "update core_region_move set moved = moved + $2 where id = $1", move, late
            )
