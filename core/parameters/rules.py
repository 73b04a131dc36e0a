# SPDX-License-Identifier: Apache-2.0
"""What a settings Struct says about itself, and how values along the region tree combine. Pure.

The words of a field come from ``msgspec.Meta(title=…)`` or else from the string below it in the
source: its first sentence is the label, the rest stands under the control.
"""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from core import forms
from core.forms import FieldSpec

SENTENCE = re.compile(r"[。；;]|\.(?:\s|$)")
SHOWN = 200


@dataclass(frozen=True)
class Field:
    """One setting as the page shows it."""

    key: str
    label: str
    help: str
    default: Any
    type: Any
    spec: FieldSpec

    @property
    def many(self) -> bool:
        """A list typed one value per line."""
        return self.spec.multiple and not self.spec.options

    def words(self, value: Any) -> str:
        """A stored value as people read it."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list | tuple):
            return "、".join(self.words(each) for each in value) or "无"
        if self.spec.money and isinstance(value, int):
            return f"{forms.format_money(value)} 元"
        text = dict(self.spec.options).get(str(value), str(value))
        return text[:SHOWN] or "（空）"


def _spoken(schema: type[msgspec.Struct]) -> dict[str, str]:
    """The strings that stand below the fields of a class, by field; none without its source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(schema)))
    except (OSError, TypeError, SyntaxError):
        return {}
    found: dict[str, str] = {}
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    for before, after in itertools.pairwise(body):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[before.target.id] = inspect.cleandoc(after.value.value).replace("\n", "")
    return found


@cache
def fields_of(schema: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The settings of a Struct, in its order. Every field has a default (the host sees to it)."""
    spoken: dict[str, str] = {}
    for each in reversed(schema.__mro__):
        if each is not msgspec.Struct and issubclass(each, msgspec.Struct):
            spoken |= _spoken(each)
    start = schema()
    found = []
    for about in msgspec.structs.fields(schema):
        spec = forms.spec(schema)[about.encode_name]
        said = spoken.get(about.name, "")
        head = SENTENCE.split(said, maxsplit=1)[0].strip() if said else ""
        label, rest = head or about.name, said[len(head) :].lstrip("。；;. ")
        if spec.title != about.encode_name:
            label, rest = spec.title, spec.description or said
        found.append(
            Field(
                about.encode_name,
                label,
                rest,
                msgspec.to_builtins(getattr(start, about.name)),
                about.type,
                spec,
            )
        )
    return tuple(found)


def fits(field: Field, value: Any) -> bool:
    """Whether a stored value still is what the plugin's present version asks for."""
    try:
        msgspec.convert(value, field.type)
    except (msgspec.ValidationError, TypeError):
        return False
    return True


def unknown(schema: type[msgspec.Struct], given: Iterable[str]) -> tuple[str, ...]:
    """The names among ``given`` that are no settings of ``schema``."""
    names = {each.key for each in fields_of(schema)}
    return tuple(sorted(set(given) - names))


@dataclass(frozen=True)
class Held:
    """A value as it is stored: where in the tree (0 = by the installation) and what."""

    region: int
    region_name: str
    lo: int
    key: str
    value: Any


@dataclass(frozen=True)
class Effective:
    """What holds for one setting somewhere, and on whose word."""

    field: Field
    value: Any
    own: bool
    source: str
    """The region that decided it; "" = the default of the module."""
    above: Any
    """What would hold without the own value."""
    above_source: str

    @property
    def words(self) -> str:
        return self.field.words(self.value)

    @property
    def above_words(self) -> str:
        return self.field.words(self.above)


def effective(
    schema: type[msgspec.Struct], held: Iterable[Held], here: int, base: Mapping[str, Any]
) -> tuple[Effective, ...]:
    """What holds in the region with id ``here``.

    ``held`` are the values of the region and those above it, the country first; ``base`` is what
    the installation decided (``config/plugins.toml``). What no longer fits counts as absent.
    """
    given = list(held)
    found = []
    for field in fields_of(schema):
        value, source = field.default, ""
        if field.key in base and fits(field, base[field.key]):
            value, source = base[field.key], "安装配置"
        own: Held | None = None
        for each in given:
            if each.key != field.key or not fits(field, each.value):
                continue
            if each.region == here:
                own = each
            else:
                value, source = each.value, each.region_name
        found.append(
            Effective(
                field,
                own.value if own else value,
                own is not None,
                own.region_name if own else source,
                value,
                source,
            )
        )
    return tuple(found)


def build(schema: type[msgspec.Struct], values: Iterable[Effective]) -> msgspec.Struct:
    """The Struct of what holds. Raises ValidationError for a combination the Struct refuses."""
    return msgspec.convert({each.field.key: each.value for each in values}, schema)


def base_faults(schema: type[msgspec.Struct], base: Mapping[str, Any]) -> list[str]:
    """What is wrong with the installation's values, for ``jiandu check``."""
    faults = [f"没有设置项 {name} (unknown setting)" for name in unknown(schema, base)]
    faults += [
        f"{field.key} = {base[field.key]!r} 不合要求 (does not fit)"
        for field in fields_of(schema)
        if field.key in base and not fits(field, base[field.key])
    ]
    return faults
