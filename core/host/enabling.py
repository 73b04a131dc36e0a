# SPDX-License-Identifier: Apache-2.0
"""Which plugin is on in which region: the nearest ancestor's switch wins, nothing set means on.

The switches are few and asked for constantly, so every process keeps them all, keyed by the
number in ``core_version`` that whoever changes them bumps. Requests bring that number along with
their session and are exact; work without a session (jobs, facts) looks at the number again
after ``FRESH_SECONDS``.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import msgspec

from core import clock, db
from core.api.plugin import FactKind, Manifest, Place, SubjectRef
from core.db import Interval
from core.errors import NotFound, Refused
from core.host.registry import Registry, current

FRESH_SECONDS = 2.0


@dataclass(frozen=True)
class Switches:
    """All switches at one version: plugin → (interval of the region, on), narrowest first."""

    version: int
    by_plugin: Mapping[str, tuple[tuple[Interval, bool], ...]]

    def on(self, manifest: Manifest, region_lo: int) -> bool:
        """Whether the plugin works in the region that begins at ``region_lo``."""
        if manifest.name == "core" or manifest.scope == "platform":
            return True
        for interval, enabled in self.by_plugin.get(manifest.name, ()):
            if region_lo in interval:
                return enabled
        return True


@dataclass
class _Kept:
    url: str
    switches: Switches
    seen: float


_kept: list[_Kept] = []
# The transaction that has just switched something: inside it the cache would tell the past, and
# a rolled-back switch must not enter the cache.
_dirty: ContextVar[object | None] = ContextVar("switches_dirty", default=None)

LOAD = """
select coalesce((select number from core_version limit 1), 0) as version,
       p.plugin, p.enabled, r.lo, r.hi
from (select 1) one
left join core_region_plugin p on true
left join core_region r on r.id = p.region
order by r.hi - r.lo nulls last
"""


async def _load() -> Switches:
    by_plugin: dict[str, list[tuple[Interval, bool]]] = {}
    version = 0
    for row in await db.rows(LOAD):
        version = row["version"]
        if row["plugin"] is not None and row["lo"] is not None:
            interval = Interval(row["lo"], row["hi"])
            by_plugin.setdefault(row["plugin"], []).append((interval, row["enabled"]))
    return Switches(version, {name: tuple(each) for name, each in by_plugin.items()})


async def switches(version: int | None = None) -> Switches:
    """All switches, from the cache when ``version`` (of the session) or its age allows."""
    if _dirty.get() is not None and _dirty.get() is db.DB.current_transaction.get():
        return await _load()
    kept = _kept[0] if _kept and _kept[0].url == db.DB.url else None
    if kept is not None:
        if version is not None and kept.switches.version == version:
            return kept.switches
        if version is None and time.monotonic() - kept.seen < FRESH_SECONDS:
            return kept.switches
    if db.in_transaction():
        found = await _load()
    else:
        # Asked by a guard before the handler's own transaction; the table is unscoped.
        async with db.transaction(db.Scope.nothing()):
            found = await _load()
    _kept[:] = [_Kept(db.DB.url, found, time.monotonic())]
    return found


def forget() -> None:
    """Drop the cache of this process."""
    _kept.clear()


async def is_enabled(
    plugin: str, region_lo: int, *, version: int | None = None, registry: Registry | None = None
) -> bool:
    """Whether ``plugin`` is installed and on in the region that begins at ``region_lo``."""
    manifest = (registry or current()).plugins.get(plugin)
    if manifest is None:
        return False
    if plugin == "core" or manifest.scope == "platform":
        return True
    return (await switches(version)).on(manifest, region_lo)


async def enabled_plugins(
    region_lo: int, *, version: int | None = None, registry: Registry | None = None
) -> frozenset[str]:
    """The names of all plugins that are on in a region, core included."""
    chosen = registry or current()
    all_switches = await switches(version)
    return frozenset(
        name for name, manifest in chosen.plugins.items() if all_switches.on(manifest, region_lo)
    )


class PluginSwitched(msgspec.Struct, frozen=True):
    """Payload of ``core.plugin.switched``."""

    plugin: str
    title: str
    region: int
    region_name: str
    on: bool
    state: str


FACT_KINDS = [
    FactKind(
        "core.plugin.switched",
        "启用或停用模块",
        "在 {region_name} {state}模块“{title}”",
        PluginSwitched,
    )
]


async def _region(region: int) -> dict[str, Any]:
    found = await db.row("select id, name, lo, hi from core_region where id = $1", region)
    if found is None:
        raise NotFound
    return found


def _manifest(plugin: str) -> Manifest:
    manifest = current().plugins.get(plugin)
    if manifest is None:
        raise NotFound
    if plugin == "core" or manifest.scope == "platform":
        raise Refused(f"“{manifest.title}”是全平台共用的，不能按区域停用。")
    return manifest


async def switch_plugin(region: int, plugin: str, on: bool) -> None:
    """Switch ``plugin`` on or off from ``region`` downwards; its data stays where it is.

    Regions below with a switch of their own keep it.
    """
    manifest = _manifest(plugin)
    place = await _region(region)
    subject = SubjectRef("core.region", region)
    await db.lock_subjects(subject)
    await db.execute(
        "insert into core_region_plugin (region, plugin, enabled, changed_at, changed_by)"
        " values ($1, $2, $3, $4, $5)"
        " on conflict (region, plugin) do update set enabled = excluded.enabled,"
        " changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        region,
        plugin,
        on,
        clock.now(),
        db.current_scope().actor,
    )
    await db.execute("update core_version set number = number + 1")
    _dirty.set(db.DB.current_transaction.get())

    async def renew() -> None:
        forget()

    db.after_commit(renew)

    from core.facts.services import record

    await record(
        "core.plugin.switched",
        subject,
        PluginSwitched(plugin, manifest.title, region, place["name"], on, "启用" if on else "停用"),
        Place(place["lo"]),
    )


@dataclass(frozen=True)
class Preview:
    """What switching a plugin off in a region takes away; shown before it is done."""

    menu: tuple[str, ...]
    cards: tuple[str, ...]
    panels: tuple[str, ...]
    actions: tuple[str, ...]
    silent_gates: tuple[str, ...]
    """Titles of gates that will no longer hear this plugin."""
    undelivered: tuple[str, ...]
    """Titles of fact kinds it will no longer be told of."""
    crons: tuple[str, ...]
    own_switches_below: int
    """Regions below that keep a switch of their own."""
    waiting_jobs: int = 0
    """Background work of this plugin that is due or running there and will not be done."""
    waiting_facts: int = 0
    """Facts it has still to be told of and will not be told of."""
    open_turns: int = 0
    """Matters of this plugin on somebody's to-do list there, which nobody can open then."""
    running_clocks: int = 0
    rows: tuple[tuple[str, int], ...] = ()
    """What stays stored, table by table, counted up to ``COUNTED``."""


COUNTED = 10_000
"""Rows are counted up to here: a preview must not take longer than the decision."""

OPEN = """
select
  (select count(*) from core_due where name = any($1::text[]) and state in ('due', 'running')
    and region_lo between $3 and $4) as waiting_jobs,
  (select count(*) from core_delivery d join core_fact f on f.id = d.fact
    where d.plugin = $2 and d.state = 'pending' and f.region_lo between $3 and $4) as waiting_facts,
  (select count(*) from core_turn where subject_kind = any($5::text[]) and closed_at is null
    and region_lo between $3 and $4) as open_turns,
  (select count(*) from core_clock where subject_kind = any($5::text[])
    and state in ('running', 'paused') and region_lo between $3 and $4) as running_clocks
"""


async def _rows_of(plugin: str, lo: int, hi: int) -> tuple[tuple[str, int], ...]:
    """How many rows every scoped table of a plugin holds in a region."""
    # Imported here: the schema asks discovery for the apps, and so does the registry.
    from core.schema import app_configs

    found = []
    for config in app_configs():
        if config.app_name != plugin:
            continue
        for table in config.table_classes:
            meta = table._meta  # noqa: SLF001
            if "region_lo" not in {column._meta.name for column in meta.columns}:  # noqa: SLF001
                continue
            count = await db.value(
                f'select count(*) from (select 1 from "{meta.tablename}"'
                " where region_lo between $1 and $2 limit $3) x",
                lo,
                hi,
                COUNTED,
            )
            if count:
                words = (table.__doc__ or meta.tablename).strip().splitlines()[0]
                found.append((f"{meta.tablename}: {words}", int(count)))
    return tuple(found)


MISSED = """
select count(*) from (
  select 1 from core_fact f where f.kind = any($1::text[]) and f.region_lo between $2 and $3
  and not exists (select 1 from core_delivery d where d.fact = f.id and d.plugin = $4)
  limit $5) x
"""


async def missed(region: int, plugin: str) -> int:
    """Facts that happened there while ``plugin`` was off or not installed, up to ``COUNTED``."""
    _manifest(plugin)
    place = await _region(region)
    kinds = list(current().handled_kinds(plugin))
    count: int = await db.value(MISSED, kinds, place["lo"], place["hi"], plugin, COUNTED)
    return count


class PluginBackFilled(msgspec.Struct, frozen=True):
    """Payload of ``core.plugin.back_filled``."""

    plugin: str
    title: str
    region: int
    region_name: str
    facts: int


async def back_fill(region: int, plugin: str) -> int:
    """Tell ``plugin`` now of what it missed in a region and below it; how many facts."""
    from core.facts.services import record
    from core.host.facts import back_fill as deliver_past

    manifest = _manifest(plugin)
    place = await _region(region)
    await db.lock_subjects(SubjectRef("core.region", region))
    if not (await switches()).on(manifest, place["lo"]):
        raise Refused(f"“{manifest.title}”在{place['name']}没有启用，补办没有意义。")
    count = await deliver_past(current(), plugin, place["lo"], place["hi"])
    if count:
        await record(
            "core.plugin.back_filled",
            SubjectRef("core.region", region),
            PluginBackFilled(plugin, manifest.title, region, place["name"], count),
            Place(place["lo"]),
        )
    return count


FACT_KINDS.append(
    FactKind(
        "core.plugin.back_filled",
        "补办以往记录",
        "让模块“{title}”补办 {region_name} 以往的 {facts} 条记录",
        PluginBackFilled,
        broadcast=False,
    )
)


async def preview_off(region: int, plugin: str) -> Preview:
    """What disappears from ``region`` downwards once ``plugin`` is off there."""
    _manifest(plugin)
    place = await _region(region)
    registry = current()

    def own(entries: Any) -> tuple[Any, ...]:
        return tuple(each for each in entries if registry.plugin_of(each) == plugin)

    work = [*own(registry.jobs.values()), *own(registry.crons)]
    kinds = [each.key for each in own(registry.subject_kinds.values())]
    waiting = await db.row(
        OPEN, [each.name for each in work], plugin, place["lo"], place["hi"], kinds
    )
    assert waiting is not None
    return Preview(
        menu=tuple(dict.fromkeys(each.title for each in own(registry.nav_items))),
        cards=tuple(each.title for each in own(registry.cards)),
        panels=tuple(each.title for k in registry.panel_kinds for each in own(registry.panels(k))),
        actions=tuple(
            each.title for k in registry.action_kinds for each in own(registry.actions(k))
        ),
        silent_gates=tuple(
            gate.title for gate in registry.gates.values() if own(registry.checks(gate.key))
        ),
        undelivered=tuple(
            registry.fact_kinds[kind].title if kind in registry.fact_kinds else kind
            for kind in registry.handled_kinds(plugin)
        ),
        crons=tuple(each.name for each in own(registry.crons) if each.per_region),
        own_switches_below=await db.value(
            "select count(*) from core_region_plugin p join core_region r on r.id = p.region"
            " where p.plugin = $1 and r.lo > $2 and r.hi <= $3",
            plugin,
            place["lo"],
            place["hi"],
        ),
        rows=await _rows_of(plugin, place["lo"], place["hi"]),
        **waiting,
    )
