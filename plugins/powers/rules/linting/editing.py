# SPDX-License-Identifier: Apache-2.0
"""Changing one entry of an item, for the fixes; what is not touched stays the same object."""

from typing import Any

from msgspec.structs import replace

from plugins.powers.rules.definition import Control, Definition, Point


def change(item: Definition, entries: str, key: str, /, **changes: Any) -> Definition:
    """The item with the first entry of that key in that list changed."""
    found = list(getattr(item, entries))
    for place, entry in enumerate(found):
        if entry.key == key:
            found[place] = replace(entry, **changes)
            break
    return replace(item, **{entries: found})


def drop(item: Definition, entries: str, place: int) -> Definition:
    """The item without the entry at that place of that list."""
    found = list(getattr(item, entries))
    if 0 <= place < len(found):
        del found[place]
    return replace(item, **{entries: found})


def set_params(item: Definition, key: str, /, **params: Any) -> Definition:
    """The item with settings of a point changed; ``None`` takes a setting away."""
    point = next((one for one in item.points if one.key == key), None)
    if point is None:
        return item
    merged = {**point.params, **params}
    kept = {name: value for name, value in merged.items() if value is not None}
    return change(item, "points", key, params=kept)


def add_point(item: Definition, stem: str, **fields: Any) -> Definition:
    """The item with one point more; its key is ``stem``, numbered where that is taken."""
    point = Point(key=free_key(stem, {one.key for one in item.points}), **fields)
    return replace(item, points=[*item.points, point])


def change_control(item: Definition, form_key: str, key: str, /, **changes: Any) -> Definition:
    """The item with one control of one form changed."""
    form = next((one for one in item.forms if one.key == form_key), None)
    if form is None:
        return item
    controls = [replace(one, **changes) if one.key == key else one for one in form.controls]
    return change(item, "forms", form_key, controls=controls)


def add_control(item: Definition, form_key: str, control: Control) -> Definition:
    """The item with one control more at the end of a form."""
    form = next((one for one in item.forms if one.key == form_key), None)
    if form is None:
        return item
    return change(item, "forms", form_key, controls=[*form.controls, control])


def free_key(stem: str, taken: set[str]) -> str:
    """``stem``, or ``stem_2``, ``stem_3`` … where it is taken."""
    number, key = 1, stem
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key
