# SPDX-License-Identifier: Apache-2.0
"""Writes a power item as TOML, so that reading it again gives the same item.

What a reader would fill in by itself (defaults, positions) is left out, and so is what belongs to
the place an item was entered at (ids, intervals, version): a file can be entered anywhere.
"""

from typing import Any

import msgspec

from plugins.powers.rules.definition import Definition, Limit
from plugins.powers.rules.reading import ReadingError, read_limit

_PLACED = frozenset(
    {
        "item",
        "version",
        "organisation",
        "org_lo",
        "region_lo",
        "aud_lo",
        "aud_hi",
        "effective_from",
    }
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def bare(item: Definition) -> Definition:
    """The item without what belongs to the place and moment it was entered."""
    return msgspec.structs.replace(
        item,
        item=0,
        version=0,
        organisation=0,
        org_lo=0,
        region_lo=0,
        aud_lo=0,
        aud_hi=0,
        effective_from="",
    )


def can_be_stored(item: Definition) -> bool:
    """Whether the database can hold it: no NUL, no infinite number."""
    text = msgspec.json.encode(item)
    try:
        return b"\\u0000" not in text and msgspec.json.decode(text, type=Definition) == item
    except msgspec.ValidationError:
        # ``nan`` is written as null, which is no value of a condition.
        return False


def write_item(item: Definition, note: str = "") -> str:
    """The item as a TOML text that ``read_item`` reads back; ``note`` becomes a comment on top."""
    lines = [f"# {_comment(line)}" for line in note.splitlines()]
    fields = [one for one in msgspec.structs.fields(Definition) if one.name not in _PLACED]
    values = {one.encode_name: getattr(item, one.name) for one in fields}
    plain = {name: value for name, value in values.items() if not isinstance(value, list)}
    lines += [f"{name} = {_value(value)}" for name, value in plain.items()]
    lines.append(f"remedies = {_value(item.remedies)}")
    for name, value in values.items():
        if isinstance(value, list) and name != "remedies":
            for entry in value:
                lines += _table(name, entry)
    return "\n".join(lines) + "\n"


def _comment(line: str) -> str:
    return "".join(letter for letter in line if ord(letter) >= 0x20 and ord(letter) != 0x7F)


def _table(name: str, entry: msgspec.Struct) -> list[str]:
    """One ``[[name]]`` with its plain values first, then the tables inside it."""
    values = _own(entry)
    inside = {
        key: value
        for key, value in values.items()
        if isinstance(value, list) and value and isinstance(value[0], msgspec.Struct)
    }
    # Options and conditions are short; they stay on one line, where people look for them.
    tables = {key: value for key, value in inside.items() if key in {"controls", "tiers"}}
    lines = ["", f"[[{name}]]"]
    lines += [f"{key} = {_value(value)}" for key, value in values.items() if key not in tables]
    for key, value in tables.items():
        for below in value:
            lines += _table(f"{name}.{key}", below)
    return lines


def _own(entry: msgspec.Struct) -> dict[str, Any]:
    """What the entry says itself, by its published names: everything that is not the default."""
    found: dict[str, Any] = {}
    for one in msgspec.structs.fields(type(entry)):
        value = getattr(entry, one.name)
        default = one.default
        if one.default_factory is not msgspec.NODEFAULT:
            default = one.default_factory()
        if value is None or (value == default and type(value) is type(default)):
            continue
        if one.name == "position":
            continue  # the order of the file says it
        found[one.encode_name] = value
    return found


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case str():
            return _text(value)
        case Limit():
            return _limit(value)
        case msgspec.Struct():
            return _inline(_own(value))
        case dict():
            return _inline(value)
        case list() | tuple():
            return f"[{', '.join(_value(each) for each in value)}]"
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written as TOML")


def _float(value: float) -> str:
    text = repr(value)
    return text if any(mark in text for mark in ".einf") else f"{text}.0"


def _limit(value: Limit) -> str:
    """As an office writes it, unless that could not be read back."""
    try:
        if read_limit(value.words) == msgspec.to_builtins(value):
            return _text(value.words)
    except ReadingError:
        pass
    return _inline(msgspec.to_builtins(value))


def _inline(values: dict[str, Any]) -> str:
    said = (f"{_key(key)} = {_value(each)}" for key, each in values.items() if each is not None)
    return f"{{ {', '.join(said)} }}" if values else "{}"


def _key(key: str) -> str:
    simple = key and all(
        letter.isascii() and (letter.isalnum() or letter in "_-") for letter in key
    )
    return key if simple else _line(key)


def _text(text: str) -> str:
    if "\n" in text and text == text.replace("\r", ""):
        # Long texts stay readable: a new line is written as one.
        body = "".join(_letter(letter, keep="\n\t") for letter in text)
        return f'"""\n{body}"""'
    return _line(text)


def _line(text: str) -> str:
    """A string on one line; keys may be written in no other way."""
    return f'"{"".join(_letter(letter) for letter in text)}"'


def _letter(letter: str, keep: str = "") -> str:
    if letter in keep:
        return letter
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return f"\\u{ord(letter):04X}" if ord(letter) < 0x20 or ord(letter) == 0x7F else letter
