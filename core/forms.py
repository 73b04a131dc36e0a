# SPDX-License-Identifier: Apache-2.0
"""From what a browser posts to a msgspec Struct, with a Chinese sentence for everything wrong.

Every field is checked on its own, so all errors show at once and nothing typed is lost:
templates render from ``Bound.raw``. Forms stay pure (no import of the platform): a field's words
and peculiarities ride on ``msgspec.Meta``::

    class OrderForm(msgspec.Struct):
        cause: Annotated[str, Meta(title="督办事由", min_length=1, max_length=500)]
        amount: Annotated[int, Meta(title="金额", extra={"money": True})]    # 元 typed, 分 stored
        due: Annotated[date | None, Meta(title="回复期限")] = None
        kind: Annotated[Literal["a", "b"], Meta(title="类型", extra={"options": {"a": "甲"}})] = "a"

``extra`` keys: ``money`` (元 → 分), ``options`` (value → words, used by templates), ``raw`` (keep
blanks at both ends), ``message`` (sentence when a pattern does not match), ``choose`` (chosen from
a list the page draws, so that a missing one is asked for with 请选择; ``from``, the name of such a
list, says the same).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

import msgspec
from msgspec import inspect

from core.clock import SHANGHAI

S = TypeVar("S", bound=msgspec.Struct)

MISSING: Final = object()
TRUE = frozenset({"1", "on", "true", "yes", "是"})
FALSE = frozenset({"0", "off", "false", "no", "否", ""})


class FieldError(ValueError):
    """A sentence about one field."""


class File(Protocol):
    """An uploaded file as ``core.web.body`` hands it over, already outside memory."""

    name: str
    media_type: str
    size: int


@dataclass
class Bound(Generic[S]):
    """A posted form: the typed value, or what is wrong, and always what was typed."""

    form: type[S]
    raw: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Any]] = field(default_factory=dict)
    _value: S | None = None

    @property
    def ok(self) -> bool:
        return self._value is not None and not self.errors

    @property
    def value(self) -> S:
        """The decoded form; only when nothing is wrong."""
        if self._value is None:
            raise RuntimeError("the form has errors; look at .ok before taking .value")
        return self._value

    def error(self, name: str, sentence: str) -> "Bound[S]":
        """Add what a service found wrong; ``name`` "" stands for the whole form."""
        self.errors[name] = sentence
        return self

    def get(self, name: str, default: Any = "") -> Any:
        """What was typed into ``name``, for templates."""
        return self.raw.get(name, default)

    def all(self, name: str) -> list[str]:
        """Everything chosen for ``name``, for check boxes and multiple selections."""
        value = self.raw.get(name, [])
        return list(value) if isinstance(value, list | tuple) else [value]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The typed rows of a repeated group, in order, for templates."""
        return [_below(self.raw, f"{name}.{n}") for n in _indices(self.raw, name)]

    def title(self, name: str) -> str:
        """The words for a field."""
        about = spec(self.form).get(name)
        return about.title if about else name

    def spec(self, name: str) -> "FieldSpec | None":
        """Limits and options of a field, so that templates need not repeat them."""
        return spec(self.form).get(name)


@dataclass(frozen=True)
class FieldSpec:
    """What a field asks for, read once from the Struct's annotations."""

    name: str
    title: str
    kind: inspect.Type
    required: bool
    nullable: bool
    extra: Mapping[str, Any]
    description: str = ""

    @property
    def money(self) -> bool:
        return bool(self.extra.get("money"))

    @property
    def max_length(self) -> int | None:
        return getattr(self.kind, "max_length", None)

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Choices as (value, words)."""
        words = self.extra.get("options", {})
        return tuple((str(each), str(words.get(each, each))) for each in _choices(self.kind))

    @property
    def multiple(self) -> bool:
        return isinstance(self.kind, LISTS)

    _input: ClassVar[tuple[tuple[type, str], ...]] = (
        (inspect.DateTimeType, "datetime-local"),
        (inspect.DateType, "date"),
        (inspect.TimeType, "time"),
        (inspect.BoolType, "checkbox"),
    )

    @property
    def input(self) -> str:
        """The HTML input type that fits."""
        return next((html for kind, html in self._input if isinstance(self.kind, kind)), "text")


LISTS = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)


@cache
def spec(form: type[msgspec.Struct]) -> dict[str, FieldSpec]:
    """The fields of a form by name."""
    described = inspect.type_info(form)
    assert isinstance(described, inspect.StructType)
    return {each.encode_name: _field_spec(each) for each in described.fields}


def _field_spec(described: inspect.Field) -> FieldSpec:
    kind, schema, extra = _unwrap(described.type)
    nullable = isinstance(kind, inspect.UnionType) and any(
        isinstance(each, inspect.NoneType) for each in kind.types
    )
    if isinstance(kind, inspect.UnionType):
        rest = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        if len(rest) != 1:
            raise TypeError(f"form field {described.name!r}: one type, or one type and None")
        kind, inner, more = _unwrap(rest[0])
        schema, extra = {**inner, **schema}, {**more, **extra}
    return FieldSpec(
        described.encode_name,
        str(schema.get("title", described.name)),
        kind,
        described.required,
        nullable,
        extra,
        str(schema.get("description", "")),
    )


def _unwrap(kind: inspect.Type) -> tuple[inspect.Type, dict[str, Any], dict[str, Any]]:
    schema: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    while isinstance(kind, inspect.Metadata):
        schema = {**(kind.extra_json_schema or {}), **schema}
        extra = {**(kind.extra or {}), **extra}
        kind = kind.type
    return kind, schema, extra


def _choices(kind: inspect.Type) -> tuple[Any, ...]:
    if isinstance(kind, inspect.LiteralType):
        return kind.values
    if isinstance(kind, inspect.EnumType):
        return tuple(each.value for each in kind.cls)
    if isinstance(kind, LISTS):
        return _choices(_unwrap(kind.item_type)[0])
    return ()


# --- decoding --------------------------------------------------------------------------------


def decode(
    form: type[S],
    pairs: Sequence[tuple[str, str]] | Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    files: Mapping[str, list[Any]] | None = None,
) -> Bound[S]:
    """Bind typed text to ``form``. ``extra`` are values the server knows, not the browser."""
    raw = _gather(form, pairs)
    bound = Bound(form, raw=raw, files=dict(files or {}))
    values, bound.errors = _decode_struct(form, raw, dict(extra or {}), "")
    if not bound.errors:
        try:
            bound._value = msgspec.convert(values, form, strict=True, builtin_types=BUILTIN)  # noqa: SLF001
        except msgspec.ValidationError as error:
            bound.errors[""] = translate(str(error))
    return bound


def unbound(form: type[S], start: Any = None, **initial: Any) -> Bound[S]:
    """A form nobody has posted yet, showing ``initial`` (or the values of a Struct)."""
    values: dict[str, Any] = {}
    fields = spec(form)
    for name, about in fields.items():
        if name in initial:
            value = initial[name]
        elif start is not None:
            value = start.get(name) if isinstance(start, Mapping) else getattr(start, name, None)
        else:
            value = _default(form, name)
        values.update(_typed(name, value, about))
    return Bound(form, raw=values)


BUILTIN = (datetime, date, time, Decimal, bytes)


def _default(form: type[msgspec.Struct], name: str) -> Any:
    for each in msgspec.structs.fields(form):
        if each.encode_name == name and not each.required:
            if each.default is not msgspec.NODEFAULT:
                return each.default
            if each.default_factory is not msgspec.NODEFAULT:
                return each.default_factory()
    return None


def _typed(name: str, value: Any, about: FieldSpec | None) -> dict[str, Any]:
    """A value as it would be typed, under its input's name."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        below = _sub_spec(about)
        return {
            key: text
            for sub, each in value.items()
            for key, text in _prefixed(name, _typed(sub, each, below.get(sub))).items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        items = list(value)
        if items and isinstance(items[0], Mapping | msgspec.Struct):
            return {
                key: text
                for n, each in enumerate(items)
                for key, text in _typed(f"{name}.{n}", each, about).items()
            }
        return {name: [_text(each, about) for each in items]}
    return {name: _text(value, about)}


def _sub_spec(about: FieldSpec | None) -> dict[str, FieldSpec]:
    kind = about.kind if about else None
    if isinstance(kind, LISTS):
        kind = _unwrap(kind.item_type)[0]
    return spec(kind.cls) if isinstance(kind, inspect.StructType) else {}


def _prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{name}": value for name, value in values.items()}


def _text(value: Any, about: FieldSpec | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and about is not None and about.money:
        return f"{value // 100}.{value % 100:02d}" if value >= 0 else f"-{_text(-value, about)}"
    return str(getattr(value, "value", value))


def _gather(
    form: type[msgspec.Struct], pairs: Sequence[tuple[str, str]] | Mapping[str, Any]
) -> dict[str, Any]:
    if isinstance(pairs, Mapping):
        return dict(pairs)
    raw: dict[str, Any] = {}
    several = {name for name, about in spec(form).items() if about.multiple}
    for name, text in pairs:
        if name in several or name.rpartition(".")[2] in several or name in raw:
            have = raw.setdefault(name, [])
            if not isinstance(have, list):
                raw[name] = have = [have]
            have.append(text)
        else:
            raw[name] = text
    return raw


def _decode_struct(
    form: type[msgspec.Struct], raw: Mapping[str, Any], extra: dict[str, Any], prefix: str
) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = dict(extra)
    errors: dict[str, str] = {}
    for name, about in spec(form).items():
        if name in extra:
            continue
        key = f"{prefix}{name}"
        try:
            value = _decode_field(about, raw, key, errors)
        except FieldError as error:
            errors[key] = str(error)
            continue
        if value is not MISSING:
            values[name] = value
    return values, errors


def _decode_field(
    about: FieldSpec, raw: Mapping[str, Any], key: str, errors: dict[str, str]
) -> Any:
    kind = about.kind
    if isinstance(kind, inspect.StructType):
        inner, wrong = _decode_struct(kind.cls, raw, {}, f"{key}.")
        errors.update(wrong)
        return inner
    if isinstance(kind, LISTS):
        return _decode_list(about, raw, key, errors)
    given = raw.get(key, MISSING)
    if isinstance(given, list):
        # A check box behind a hidden "0": what was chosen last counts.
        given = given[-1] if given else MISSING
    if isinstance(kind, inspect.BoolType):
        return _decode_bool(about, given)
    if given is MISSING or given is None:
        return _absent(about)
    if not isinstance(given, str):
        return given  # a value the server put in, already typed
    text = given if about.extra.get("raw") else clean(given)
    if not text and not _takes_empty(about):
        return _absent(about)
    return parse(about, text)


def _takes_empty(about: FieldSpec) -> bool:
    # An optional text may be emptied; a required one must not be.
    return isinstance(about.kind, inspect.StrType) and not about.required and not about.nullable


def _absent(about: FieldSpec) -> Any:
    if not about.required:
        return None if about.nullable else MISSING
    if about.nullable:
        return None
    chosen = _choices(about.kind) or about.extra.get("choose") or about.extra.get("from")
    verb = "选择" if chosen else "填写"
    raise FieldError(f"请{verb}{about.title}。")


def _decode_bool(about: FieldSpec, given: Any) -> bool:
    if given is MISSING or given is None:
        given = ""  # an unticked box is not sent at all
    text = str(given).strip().lower()
    if text in TRUE:
        return True
    if text in FALSE:
        if about.extra.get("must"):
            raise FieldError(str(about.extra.get("message") or f"请先勾选{about.title}。"))
        return False
    raise FieldError(f"{about.title}只能选是或否。")


def _indices(raw: Mapping[str, Any], key: str) -> list[int]:
    found: set[int] = set()
    start = f"{key}."
    for name in raw:
        if name.startswith(start):
            number = name[len(start) :].partition(".")[0]
            if number.isdigit() and len(number) <= 4:
                found.add(int(number))
    return sorted(found)


def _below(raw: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in raw.items() if name.startswith(start)}


def _blank(row: Mapping[str, Any]) -> bool:
    return all(
        not (clean(each) if isinstance(each, str) else each)
        for value in row.values()
        for each in (value if isinstance(value, list) else [value])
    )


def _decode_list(about: FieldSpec, raw: Mapping[str, Any], key: str, errors: dict[str, str]) -> Any:
    kind: Any = about.kind
    item, schema, extra = _unwrap(kind.item_type)
    result: list[Any] = []
    if isinstance(item, inspect.StructType):
        # Repeated groups: name.0.field, name.1.field …; rows left blank are no rows.
        for n in _indices(raw, key):
            if _blank(_below(raw, f"{key}.{n}")):
                continue
            inner, wrong = _decode_struct(item.cls, raw, {}, f"{key}.{n}.")
            errors.update(wrong)
            result.append(inner)
        if any(name.startswith(f"{key}.") for name in errors):
            return MISSING
    else:
        given = raw.get(key, [])
        texts = given if isinstance(given, list | tuple) else [given]
        single = FieldSpec(
            about.name,
            str(schema.get("title", about.title)),
            item,
            True,
            False,
            {**about.extra, **extra},
        )
        for each in texts:
            text = clean(each) if isinstance(each, str) else each
            if text in ("", None):
                continue
            result.append(parse(single, text) if isinstance(text, str) else text)
    if kind.min_length is not None and len(result) < kind.min_length:
        verb = "选择" if _choices(kind) else "填写"
        raise FieldError(
            f"请{verb}{about.title}。"
            if not result
            else f"{about.title}至少要 {kind.min_length} 项，现在 {len(result)} 项。"
        )
    if kind.max_length is not None and len(result) > kind.max_length:
        raise FieldError(f"{about.title}最多 {kind.max_length} 项，现在 {len(result)} 项。")
    return result


# --- one value -------------------------------------------------------------------------------

# Characters that look like nothing but make two equal texts differ.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\x00"))


def clean(text: str) -> str:
    """Without blanks at both ends and invisible characters, with plain line ends."""
    return (
        text.translate(_INVISIBLE)
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .strip(" \t\n\u3000\xa0")
    )


def half_width(text: str) -> str:
    """Full-width digits, letters and marks as their ordinary forms."""
    return unicodedata.normalize("NFKC", text).strip()


def number_of(text: Any) -> int | None:
    """The number of a row as an address or a hidden field names it; None when it is none.

    ``isdigit`` alone is no guard: it holds for ``²``, and for more digits than a row's number or
    ``int`` takes.
    """
    typed = str(text)
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def parse_money(text: str) -> int:
    """元, as people write it (``５,０００.5 元``), to 分. Raises FieldError without a title."""
    plain = half_width(text).replace(",", "").replace(" ", "").removeprefix("¥").removesuffix("元")
    if not re.fullmatch(r"-?\d{1,13}(\.\d+)?", plain):
        raise FieldError("要填数字，例如 5,000.00。")
    yuan = Decimal(plain)
    cents = yuan * 100
    if cents != cents.to_integral_value():
        raise FieldError("最多到分，请核对小数点。")
    return int(cents)


def format_money(cents: int | None) -> str:
    """分 as 元: ``5,000.00``."""
    return "" if cents is None else f"{Decimal(cents) / 100:,.2f}"


def parse(about: FieldSpec, text: str) -> Any:
    """Typed text to the field's type; FieldError carries the sentence to show."""
    kind = about.kind
    for known, reader in _READERS:
        if isinstance(kind, known):
            return reader(about, text)
    try:
        return msgspec.convert(text, _python_type(kind), strict=False)
    except msgspec.ValidationError as error:
        raise FieldError(f"{about.title}：{translate(str(error))}") from None


def _python_type(kind: inspect.Type) -> Any:
    return getattr(kind, "cls", str)


def _read_str(about: FieldSpec, text: str) -> str:
    kind = about.kind
    assert isinstance(kind, inspect.StrType)
    if kind.min_length is not None and len(text) < kind.min_length:
        if not text:
            raise FieldError(f"请填写{about.title}。")
        raise FieldError(f"{about.title}至少 {kind.min_length} 个字，现在 {len(text)} 个字。")
    if kind.max_length is not None and len(text) > kind.max_length:
        raise FieldError(f"{about.title}最多 {kind.max_length} 个字，现在 {len(text)} 个字。")
    if kind.pattern is not None and not re.search(kind.pattern, text):
        # Numbers and codes typed in full width are meant as ordinary ones.
        text = half_width(text)
        if not re.search(kind.pattern, text):
            raise FieldError(str(about.extra.get("message") or f"{about.title}写法不对，请核对。"))
    return text


def _read_int(about: FieldSpec, text: str) -> int:
    if about.money:
        try:
            number = parse_money(text)
        except FieldError as error:
            raise FieldError(f"{about.title}{error}") from None
    else:
        plain = half_width(text).replace(",", "").replace(" ", "")
        if not re.fullmatch(r"[+-]?\d{1,18}", plain):
            raise FieldError(f"{about.title}要填整数，例如 3。")
        number = int(plain)
    _check_range(about, number)
    return number


def _read_float(about: FieldSpec, text: str) -> float:
    return float(_decimal(about, text))


def _read_decimal(about: FieldSpec, text: str) -> Decimal:
    return _decimal(about, text)


def _decimal(about: FieldSpec, text: str) -> Decimal:
    try:
        number = Decimal(half_width(text).replace(",", "").replace(" ", ""))
    except InvalidOperation:
        raise FieldError(f"{about.title}要填数字，例如 12.5。") from None
    if not number.is_finite():
        raise FieldError(f"{about.title}要填数字，例如 12.5。")
    _check_range(about, number)
    return number


def _check_range(about: FieldSpec, number: int | Decimal) -> None:
    kind: Any = about.kind
    show = (lambda n: f"{format_money(n)} 元") if about.money else str
    if getattr(kind, "ge", None) is not None and number < kind.ge:
        raise FieldError(f"{about.title}不能小于 {show(kind.ge)}，现在是 {show(number)}。")
    if getattr(kind, "gt", None) is not None and number <= kind.gt:
        raise FieldError(f"{about.title}要大于 {show(kind.gt)}，现在是 {show(number)}。")
    if getattr(kind, "le", None) is not None and number > kind.le:
        raise FieldError(f"{about.title}不能大于 {show(kind.le)}，现在是 {show(number)}。")
    if getattr(kind, "lt", None) is not None and number >= kind.lt:
        raise FieldError(f"{about.title}要小于 {show(kind.lt)}，现在是 {show(number)}。")
    step = getattr(kind, "multiple_of", None)
    if step and number % step:
        raise FieldError(f"{about.title}要是 {show(step)} 的整数倍。")


def parse_date(text: str) -> date | None:
    """``2026-5-12``, ``2026/5/12``, ``2026.5.12``, ``2026年5月12日``, ``20260512``."""
    plain = half_width(text).replace(" ", "")
    match = re.fullmatch(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?", plain)
    match = match or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _read_date(about: FieldSpec, text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise FieldError(f"{about.title}不是一个日期，请写成 2026-05-12 这样。")
    return day


def _read_datetime(about: FieldSpec, text: str) -> datetime:
    # What a browser sends carries no zone; people mean Beijing time.
    plain = half_width(text)
    try:
        moment = datetime.fromisoformat(plain)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=SHANGHAI)
        # Near the ends of the calendar the conversion itself fails.
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldError(f"{about.title}不是一个时间，请写成 2026-05-12 09:30 这样。") from None


def _read_time(about: FieldSpec, text: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", half_width(text))
    hour, minute, second = match.groups("0") if match else ("24", "0", "0")
    try:
        return time(int(hour), int(minute), int(second))
    except ValueError:
        raise FieldError(f"{about.title}不是一个钟点，请写成 09:30 这样。") from None


def _read_choice(about: FieldSpec, text: str) -> Any:
    for each in _choices(about.kind):
        if str(each) == text:
            return each
    raise FieldError(f"{about.title}里没有这个选项，请重新选择。")


_READERS: tuple[tuple[type, Any], ...] = (
    (inspect.StrType, _read_str),
    (inspect.IntType, _read_int),
    (inspect.FloatType, _read_float),
    (inspect.DecimalType, _read_decimal),
    (inspect.DateTimeType, _read_datetime),
    (inspect.DateType, _read_date),
    (inspect.TimeType, _read_time),
    (inspect.LiteralType, _read_choice),
    (inspect.EnumType, _read_choice),
    (inspect.BoolType, _decode_bool),
)


# --- what msgspec itself says ----------------------------------------------------------------

_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"Object missing required field `(.+?)`", "缺少 {0}。"),
    (r"Object contains unknown field `(.+?)`", "没有 {0} 这一项。"),
    (r"Expected `str` of length >= (\d+)", "至少 {0} 个字。"),
    (r"Expected `str` of length <= (\d+)", "最多 {0} 个字。"),
    (r"Expected `str` matching regex", "写法不对，请核对。"),
    (r"Expected `(?:array|object)` of length >= (\d+)", "至少要 {0} 项。"),
    (r"Expected `(?:array|object)` of length <= (\d+)", "最多 {0} 项。"),
    (r"Expected `\w+` >= (\S+)", "不能小于 {0}。"),
    (r"Expected `\w+` > (\S+)", "要大于 {0}。"),
    (r"Expected `\w+` <= (\S+)", "不能大于 {0}。"),
    (r"Expected `\w+` < (\S+)", "要小于 {0}。"),
    (r"multiple of (\S+)", "要是 {0} 的整数倍。"),
    (r"Invalid enum value", "没有这个选项，请重新选择。"),
    (r"Invalid .*(?:date|datetime|time|duration)", "不是一个日期或时间。"),
    (r"Invalid decimal|Expected `(?:int|float|decimal)`", "要填数字。"),
    (r"Expected `bool`", "只能选是或否。"),
    (r"Expected `str`", "要填文字。"),
    (r"Expected `(?:array|object|\w+)`", "填写的内容和要求的不一样，请核对。"),
)


def translate(message: str) -> str:
    """A msgspec message in Chinese; sentences raised by a form's own checks pass unchanged."""
    sentence = message.partition(" - at `")[0]
    if re.search(r"[\u4e00-\u9fff]", sentence):
        return sentence
    for pattern, words in _SENTENCES:
        if match := re.search(pattern, sentence):
            return words.format(*match.groups())
    return "填写的内容不对，请核对。"
