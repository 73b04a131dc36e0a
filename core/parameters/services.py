# SPDX-License-Identifier: Apache-2.0
"""Reading what holds in a region, and deciding something else for it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

import msgspec

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.errors import Invalid, NotFound
from core.host.registry import current
from core.intervals import REGIONS
from core.parameters.facts import SettingChanged
from core.parameters.rules import Effective, Held, base_faults, build, effective, fields_of
from core.settings import load

log = logging.getLogger("jiandu.settings")

S = TypeVar("S", bound=msgspec.Struct)

LOAD = """
select s.region, r.name as region_name, r.lo, s.key, s.value
from core_region_setting s join core_region r on r.id = s.region
where s.plugin = $1 and r.lo = any($2::int8[])
order by r.hi - r.lo desc, s.key
"""


def schema_of(plugin: str) -> type[msgspec.Struct]:
    """The settings a plugin declares; NotFound when it declares none."""
    schema = current().settings.get(plugin)
    if schema is None:
        raise NotFound
    return schema


def _base(plugin: str) -> Mapping[str, Any]:
    """What the operator decided for the whole installation in ``config/plugins.toml``."""
    return load().plugins.settings.get(plugin, {})


async def values_of(plugin: str, region_lo: int) -> tuple[Effective, ...]:
    """What holds for every setting of ``plugin`` in the region that begins at ``region_lo``."""
    schema = schema_of(plugin)
    found = await db.rows(LOAD, plugin, list(REGIONS.ancestors(region_lo)))
    held = [
        Held(row["region"], row["region_name"], row["lo"], row["key"], row["value"])
        for row in found
    ]
    here = next((each.region for each in held if each.lo == region_lo), 0)
    return effective(schema, held, here, _base(plugin))


@overload
async def settings_of(plugin: type[S], region_lo: int) -> S: ...
@overload
async def settings_of(plugin: str, region_lo: int) -> msgspec.Struct: ...
async def settings_of(plugin: Any, region_lo: int) -> Any:
    """The settings that hold in the region that begins at ``region_lo``.

    Named by the Struct a plugin declared or by the plugin's name. One statement inside the
    caller's transaction, so that what decides an act is what is stored at that moment.
    """
    if isinstance(plugin, str):
        name, schema = plugin, schema_of(plugin)
    else:
        schema = plugin
        name = next((key for key, each in current().settings.items() if each is schema), "")
        if not name:
            # The process knows another set of plugins (a test, a script): the defaults hold.
            return schema()
    if db.in_transaction():
        found = await values_of(name, region_lo)
    else:
        async with db.transaction(db.Scope.nothing()):
            found = await values_of(name, region_lo)
    try:
        return build(schema, found)
    except msgspec.ValidationError:
        # Each value fits on its own; together they were refused only after an upgrade, since
        # saving asks the Struct as well. An act of the office must not fail for that.
        log.exception("settings of %r in region %d do not fit together", name, region_lo)
        return schema()


async def change_settings(region: int, plugin: str, wanted: Mapping[str, Any]) -> list[str]:
    """Decide values for a region and all below it; those equal to what holds stay inherited.

    Returns the labels of what changed. An unknown name is refused: it would never be read.
    """
    schema = schema_of(plugin)
    known = {each.key: each for each in fields_of(schema)}
    if strange := sorted(set(wanted) - set(known)):
        raise Invalid(dict.fromkeys(strange, "没有这个设置项。"))
    async with db.transaction():
        place = await _lock(region)
        now = {each.field.key: each for each in await values_of(plugin, place["lo"])}
        values = {**{key: each.value for key, each in now.items()}, **wanted}
        try:
            msgspec.convert(values, schema)
        except msgspec.ValidationError as error:
            raise Invalid(str(error).partition(" - at")[0]) from error
        changed = []
        for key, value in wanted.items():
            if value == now[key].value:
                continue
            await db.execute(
                "insert into core_region_setting (region, plugin, key, value, changed_at,"
                " changed_by) values ($1, $2, $3, $4, $5, $6)"
                " on conflict (region, plugin, key) do update set value = excluded.value,"
                " changed_at = excluded.changed_at, changed_by = excluded.changed_by",
                region,
                plugin,
                key,
                db.json(value),
                clock.now(),
                db.current_scope().actor,
            )
            field = known[key]
            await _record(plugin, place, now[key], field.words(value), inherited=False)
            changed.append(field.label)
    return changed


async def reset_setting(region: int, plugin: str, key: str) -> str:
    """Forget what a region decided, so that what holds above holds here again; its label."""
    async with db.transaction():
        place = await _lock(region)
        now = {each.field.key: each for each in await values_of(plugin, place["lo"])}
        if key not in now:
            raise Invalid({key: "没有这个设置项。"})
        mine = now[key]
        done = await db.execute(
            "delete from core_region_setting where region = $1 and plugin = $2 and key = $3",
            region,
            plugin,
            key,
        )
        if done:
            await _record(plugin, place, mine, mine.above_words, inherited=True)
    return mine.field.label


async def _lock(region: int) -> dict[str, Any]:
    await db.lock_subjects(SubjectRef("core.region", region))
    place = await db.row("select id, name, lo, hi from core_region where id = $1", region)
    # The table has no policies of its own, so the scope is asked here.
    if place is None or not db.current_scope().may_write(
        Place(place["lo"], db.current_scope().writes[1].lo)
    ):
        raise NotFound
    return place


async def _record(
    plugin: str, place: Mapping[str, Any], before: Effective, after: str, *, inherited: bool
) -> None:
    # Imported here: recording asks the registry, which the host fills.
    from core.facts.services import record

    await record(
        "core.setting.changed",
        SubjectRef("core.region", place["id"]),
        SettingChanged(
            plugin=plugin,
            plugin_title=current().plugins[plugin].title,
            region=place["id"],
            region_name=place["name"],
            key=before.field.key,
            label=before.field.label,
            before=before.words,
            after=f"{after}（恢复继承）" if inherited else after,
        ),
        Place(place["lo"]),
    )


async def own_below(plugin: str, lo: int, hi: int) -> Sequence[Mapping[str, Any]]:
    """Regions below that decided something themselves: a change above does not reach them."""
    return await db.rows(
        "select s.key, r.id, r.name from core_region_setting s join core_region r on r.id = s.region"
        " where s.plugin = $1 and r.lo > $2 and r.hi <= $3 and r.valid_to is null order by r.lo",
        plugin,
        lo,
        hi,
    )


def check_installation(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is wrong with ``[settings.…]`` of ``config/plugins.toml``, for ``jiandu check``."""
    faults = []
    for plugin, given in settings.items():
        schema = current().settings.get(plugin)
        if schema is None:
            if plugin in current().plugins:
                faults.append(f"{plugin}: 没有设置 (declares no settings)")
            continue
        faults += [f"{plugin}: {each}" for each in base_faults(schema, given)]
    return faults


def declaring() -> list[str]:
    """The plugins that have settings, in the registry's order."""
    return [name for name in current().plugins if name in current().settings]
