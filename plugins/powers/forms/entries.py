# SPDX-License-Identifier: Apache-2.0
"""Between what is typed for an entry and what is stored of it.

``FORMS`` has one :class:`Entry` for each list of an item; tiers depend on their standard
(``tier_entry``), monitoring points on their kind (``points``).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from plugins.powers.forms.fields import (
    BasisForm,
    ConditionRow,
    ControlForm,
    DocumentForm,
    FormForm,
    RemedyForm,
    RiskForm,
    StageForm,
    StandardForm,
    StepForm,
    TierForm,
    TransitionForm,
)
from plugins.powers.rules.definition import (
    Basis,
    Condition,
    Control,
    Definition,
    Document,
    Form,
    Joint,
    Limit,
    Option,
    Risk,
    Stage,
    Standard,
    Step,
    Tier,
    Transition,
    When,
)
from plugins.powers.rules.editing import KEY
from plugins.powers.rules.reading import ReadingError, read_limit


class Unreadable(ValueError):
    """Something typed cannot be stored; sentences by field."""

    def __init__(self, **errors: str) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


def listed(text: str) -> list[str]:
    """What is written one after the other: 「不予立案、撤案」."""
    for mark in ("，", ",", "；", ";", "\n"):
        text = text.replace(mark, "、")
    return list(dict.fromkeys(part.strip() for part in text.split("、") if part.strip()))


def key_of(form: Any, old: Any, fresh: str) -> str:
    """The entry's key: the old one, the typed one, or the next free one."""
    if old is not None:
        return str(old.key)
    if form.key and not KEY.match(form.key):
        raise Unreadable(key="代号用小写字母开头，只用小写字母、数字和下划线，40 个以内。")
    return form.key or fresh


def limit_of(text: str) -> Limit | None:
    """A typed period."""
    if not text.strip():
        return None
    try:
        return msgspec.convert(read_limit(text), Limit)
    except ReadingError as error:
        raise Unreadable(limit=error.reasons[0]) from error


def _limit_text(limit: Limit | None) -> str:
    return limit.words.replace("个工作日", "工作日") if limit else ""


def amount_of(text: str, name: str, *, multiple: bool) -> int:
    """元 as typed, in 分; or a whole multiple."""
    plain = text.replace(",", "").replace("，", "").strip()
    whole, dot, rest = plain.partition(".")
    if multiple and plain.isdecimal() and len(plain) < 9:
        return int(plain)
    cents = rest.isdecimal() or not dot
    if not multiple and whole.isdecimal() and len(whole) < 13 and len(rest) < 3 and cents:
        return int(whole) * 100 + int((rest + "00")[:2])
    said = "倍数请填整数。" if multiple else "金额请填到分，例如 5000 或 5000.50。"
    raise Unreadable(**{name: said})


def _amount_text(value: int, *, multiple: bool) -> str:
    if multiple or value < 0:
        return str(value)
    return f"{value // 100}.{value % 100:02d}" if value % 100 else str(value // 100)


def _basis(form: BasisForm, _old: Any, _fresh: str, _item: Definition) -> Basis:
    return Basis(form.law, form.article, form.text)


def _stage(form: StageForm, old: Any, fresh: str, _item: Definition) -> Stage:
    return Stage(key_of(form, old, fresh), form.title, limit_of(form.limit))


def _step(form: StepForm, old: Any, fresh: str, _item: Definition) -> Step:
    joint = Joint(form.joint, form.quorum if form.joint == "quorum" else 0) if form.joint else None
    return Step(
        key=key_of(form, old, fresh),
        title=form.title,
        stage=form.stage,
        kind=form.kind,
        form=form.sheet,
        limit=limit_of(form.limit),
        min_officers=form.min_officers,
        strict_officers=form.strict_officers,
        coercive=form.coercive,
        guidance=form.guidance,
        joint=joint,
    )


def _transition(form: TransitionForm, _old: Any, _fresh: str, _item: Definition) -> Transition:
    if bool(form.control) != bool(form.values):
        raise Unreadable(values="条件要同时选控件、写取值，或者都空着。")
    when = When(form.control, listed(form.values)) if form.control else None
    return Transition(form.origin, form.target, form.kind, form.title, when)


def _form(form: FormForm, old: Any, fresh: str, _item: Definition) -> Form:
    controls = old.controls if old else []
    return Form(key_of(form, old, fresh), form.title, form.version, controls)


def _number(value: float | None) -> int | float | None:
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def _control(form: ControlForm, old: Any, fresh: str, _item: Definition) -> Control:
    known = {option.title: option for option in old.options} if old else {}
    options = [
        known.get(line.strip(), Option(line.strip(), line.strip()))
        for line in form.options.splitlines()
        if line.strip()
    ]
    if len({option.value for option in options}) != len(options):
        raise Unreadable(options="有两个选项写得一样。")
    evidence = form.type == "evidence"
    return Control(
        key=key_of(form, old, fresh),
        title=form.title,
        type=form.type,
        required=form.required,
        help=form.help,
        options=options,
        unit=form.unit,
        min=_number(form.min),
        max=_number(form.max),
        max_length=form.max_length,
        evidence_kind=form.evidence_kind if evidence else "any",
        min_count=form.min_count if evidence else 0,
        max_mb=form.max_mb if evidence else 20,
        negative=listed(form.negative) if form.type == "outcome" else [],
    )


def _standard(form: StandardForm, old: Any, fresh: str, _item: Definition) -> Standard:
    return Standard(
        key_of(form, old, fresh),
        form.title,
        form.act,
        form.applies_to,
        form.base or None,
        old.tiers if old else [],
        _articles(form.articles),
    )


MOST_ARTICLES: Final = 12
LONGEST_ARTICLE: Final = 120


def _articles(text: str) -> list[str]:
    found = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(found) > MOST_ARTICLES:
        raise Unreadable(articles=f"一个标准细化的条文不超过 {MOST_ARTICLES} 条。")
    if any(len(one) > LONGEST_ARTICLE for one in found):
        raise Unreadable(articles=f"一行写一条，不超过 {LONGEST_ARTICLE} 个字。")
    return found


def _condition(row: ConditionRow, number: int, item: Definition) -> Condition:
    control = next((c for f in item.forms for c in f.controls if c.key == row.control), None)
    if row.op == "in":
        return Condition(row.control, "in", listed(row.value))
    kind = control.type if control else "text"
    if kind in ("money", "payment"):
        name = f"conditions.{number}.value"
        return Condition(row.control, row.op, amount_of(row.value, name, multiple=False))
    if kind != "number":
        return Condition(row.control, row.op, row.value)
    try:
        value = _number(float(row.value))
    except ValueError:
        value = None
    if value is None:
        raise Unreadable(**{f"conditions.{number}.value": "这个控件填数字，取值也要写数字。"})
    return Condition(row.control, row.op, value)


def _tier(form: TierForm, old: Any, fresh: str, item: Definition, multiple: bool) -> Tier:
    return Tier(
        key_of(form, old, fresh),
        form.title,
        amount_of(form.min, "min", multiple=multiple),
        amount_of(form.max, "max", multiple=multiple),
        [_condition(row, number, item) for number, row in enumerate(form.conditions)],
        listed(form.kinds),
        form.note,
    )


def condition_words(one: Condition, item: Definition) -> tuple[str, str, str]:
    """Control, comparison and value of a condition as they are typed."""
    control = next((c for f in item.forms for c in f.controls if c.key == one.control), None)
    if isinstance(one.value, list):
        value = "、".join(one.value)
    elif control and control.type in ("money", "payment") and isinstance(one.value, int):
        value = _amount_text(one.value, multiple=False)
    else:
        value = str(one.value)
    return one.control, one.op, value


def _risk(form: RiskForm, _old: Any, _fresh: str, _item: Definition) -> Risk:
    return Risk(form.step, form.level, form.description, form.prevention)


def _document(form: DocumentForm, old: Any, fresh: str, _item: Definition) -> Document:
    return Document(
        key_of(form, old, fresh),
        form.title,
        form.step,
        form.kind,
        form.word,
        form.served,
        form.published,
        form.body.replace("\r\n", "\n").rstrip(),
    )


def _remedy(form: RemedyForm, _old: Any, _fresh: str, _item: Definition) -> str:
    return form.text


def _start(entry: Any) -> dict[str, Any]:
    """An entry as its form shows it, where nothing but the name differs."""
    return {one.name: getattr(entry, one.name) for one in msgspec.structs.fields(type(entry))}


def _start_step(step: Step) -> dict[str, Any]:
    return {
        **_start(step),
        "sheet": step.form,
        "limit": _limit_text(step.limit),
        "joint": step.joint.mode if step.joint else "",
        "quorum": step.joint.quorum if step.joint else 0,
    }


def _start_transition(way: Transition) -> dict[str, Any]:
    when = way.when
    return {
        **_start(way),
        "control": when.control if when else "",
        "values": "、".join(when.one_of) if when else "",
    }


def _start_control(control: Control) -> dict[str, Any]:
    return {
        **_start(control),
        "options": "\n".join(option.title for option in control.options),
        "negative": "、".join(control.negative),
    }


def start_tier(tier: Tier, item: Definition, *, multiple: bool) -> dict[str, Any]:
    """A tier as its form shows it."""
    return {
        **_start(tier),
        "min": _amount_text(tier.min, multiple=multiple),
        "max": _amount_text(tier.max, multiple=multiple),
        "kinds": "、".join(tier.kinds),
        "conditions": [
            dict(zip(("control", "op", "value"), condition_words(one, item), strict=True))
            for one in tier.conditions
        ],
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """How one list of an item is edited."""

    title: str
    """What one entry is called: 环节."""
    form: type[msgspec.Struct]
    read: Callable[[Any, Any, str, Definition], Any]
    start: Callable[[Any], dict[str, Any]]
    stem: str = ""
    """Keys of new entries begin with it; empty for entries without a key."""


FORMS: Final[dict[str, Entry]] = {
    "basis": Entry("依据", BasisForm, _basis, _start),
    "stages": Entry(
        "阶段", StageForm, _stage, lambda s: {**_start(s), "limit": _limit_text(s.limit)}, "stage"
    ),
    "steps": Entry("环节", StepForm, _step, _start_step, "step"),
    "transitions": Entry("流转", TransitionForm, _transition, _start_transition),
    "forms": Entry("表单", FormForm, _form, _start, "form"),
    "controls": Entry("控件", ControlForm, _control, _start_control, "field"),
    "standards": Entry(
        "裁量标准",
        StandardForm,
        _standard,
        lambda s: {**_start(s), "base": s.base or "", "articles": "\n".join(s.articles)},
        "standard",
    ),
    "risks": Entry("风险点", RiskForm, _risk, _start),
    "documents": Entry("文书", DocumentForm, _document, _start, "document"),
    "remedies": Entry("救济途径", RemedyForm, _remedy, lambda text: {"text": text}),
}


def tier_entry(standard: Standard, item: Definition) -> Entry:
    """Tiers are typed in 元 or in multiples, as their standard says."""
    multiple = standard.base is not None
    return Entry(
        "阶次",
        TierForm,
        lambda form, old, fresh, whole: _tier(form, old, fresh, whole, multiple),
        lambda tier: start_tier(tier, item, multiple=multiple),
        "tier",
    )
