# SPDX-License-Identifier: Apache-2.0
"""What the pages of drafts show: tables of entries, fields of their forms, the story so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.api import clock
from core.api.facts import Fact
from core.api.web import Bound, FieldSpec, unbound
from plugins.powers.forms import fields as words
from plugins.powers.forms.entries import FORMS, Entry, condition_words, tier_entry
from plugins.powers.forms.fields import BasicsForm
from plugins.powers.forms.points import (
    STAGE,
    kind_title,
    negative_choices,
    point_entry,
    settings_words,
)
from plugins.powers.queries.drafts import DraftRow
from plugins.powers.rules import (
    POINT_KINDS,
    STEP_KINDS,
    Definition,
    Point,
    Standard,
    locate_faults,
)
from plugins.powers.rules import approval as rules
from plugins.powers.rules.comparing import SECTIONS
from plugins.powers.rules.editing import BELOW, Where, entries, mark, row_name
from plugins.powers.rules.linting import Finding, lint

Options = Sequence[tuple[str, Any]]
SHORT = 60

HEADS: dict[str, tuple[str, ...]] = {
    "basis": ("依据", "原文"),
    "stages": ("阶段", "期限", "环节"),
    "steps": ("环节", "类型", "期限", "表单", "要求"),
    "transitions": ("从", "到", "种类", "条件"),
    "forms": ("表单", "控件", "用在哪个环节"),
    "controls": ("控件", "代号", "类型", "要求"),
    "standards": ("裁量标准", "违法行为", "阶次"),
    "tiers": ("阶次", "适用条件", "幅度", "种类"),
    "points": ("监察点", "类型", "设在", "设置"),
    "risks": ("环节", "等级", "可能出现的问题", "防控措施"),
    "documents": ("文书", "环节", "种类", "文号字"),
    "remedies": ("救济途径",),
}


@dataclass(frozen=True)
class Row:
    """An entry in its table, with what is wrong with it."""

    name: str
    was: str
    cells: tuple[str, ...]
    faults: tuple[str, ...]
    findings: tuple[Finding, ...]
    below: str = ""
    """Where the entries inside it are edited."""
    below_words: str = ""


@dataclass(frozen=True)
class Input:
    """One field of an entry's form, as the template draws it."""

    name: str
    title: str
    widget: str
    options: Options = ()
    help: str = ""
    required: bool = True
    lines: int = 0
    empty: str = "请选择"
    fixed: bool = False


@dataclass
class Editor:
    """One section of a draft: its table, and the form that is open in it."""

    draft: DraftRow
    where: Where
    may_edit: bool
    rows: list[Row]
    sections: list[dict[str, Any]]
    faults: list[str]
    """Those that stand at no row of this table."""
    findings: list[Finding]
    form: Bound[Any] | None = None
    inputs: list[Input] = field(default_factory=list)
    row: str = ""
    was: str = ""
    point_kind: str = ""
    note: str = ""
    clash: str = ""

    @property
    def title(self) -> str:
        if self.where.section in BELOW:
            parent = next(
                one.title
                for one in getattr(self.draft.definition, BELOW[self.where.section][0])
                if one.key == self.where.of
            )
            return f"{parent}的{FORMS['controls'].title if self.where.section == 'controls' else '阶次'}"
        return SECTIONS[self.where.section]

    @property
    def noun(self) -> str:
        """What one entry is called."""
        known = {"tiers": "阶次", "points": "监察点", "basics": "基本情况"}
        name = self.where.section
        return known.get(name) or FORMS[name].title

    @property
    def heads(self) -> tuple[str, ...]:
        return HEADS.get(self.where.section, ())

    @property
    def path(self) -> str:
        return f"{self.draft.path}/edit/{self.where.section}"

    @property
    def up(self) -> str:
        """The list around this one."""
        above = BELOW.get(self.where.section)
        return f"{self.draft.path}/edit/{above[0]}" if above else ""


def section_names() -> tuple[str, ...]:
    """Everything that can be edited, as addresses name it."""
    return (*SECTIONS, *BELOW)


def entry_for(item: Definition, where: Where, kind: str) -> Entry:
    """How entries of the list are edited; ``kind`` counts for monitoring points."""
    if where.section == "points":
        return point_entry(kind)
    if where.section == "tiers":
        standard = next(one for one in item.standards if one.key == where.of)
        return tier_entry(standard, item)
    return FORMS[where.section]


def editor_of(draft: DraftRow, where: Where, *, may_edit: bool) -> Editor:
    """The section's table. Raises Gone when the form or standard around it is not there."""
    item = draft.definition
    faults = locate_faults(item)
    findings = lint(item)
    shown: list[Row] = []
    taken: set[str] = set()
    if where.section != "basics":
        for number, entry in enumerate(entries(item, where)):
            name = row_name(where, number, entry)
            path = where.path(name)
            mine = [one for one in faults if _at(one.where, path)]
            said = [one for one in findings if _at(one.where, path)]
            taken.add(path)
            shown.append(
                Row(
                    name,
                    mark(entry),
                    _cells(where.section, entry, item),
                    tuple(one.sentence for one in mine),
                    tuple(said),
                    *_below(draft, where.section, entry),
                )
            )
    here = [
        one
        for one in faults
        if _section(one.where) == where.section and not any(_at(one.where, p) for p in taken)
    ]
    return Editor(
        draft,
        where,
        may_edit,
        shown,
        _sections(
            draft,
            where,
            [one.where for one in faults] + [one.where for one in findings if one.level != "note"],
        ),
        [one.sentence for one in here],
        [
            one
            for one in findings
            if _section(one.where) == where.section and not any(_at(one.where, p) for p in taken)
        ],
    )


def _at(where: str, path: str) -> bool:
    return where == path or where.startswith(f"{path}/")


def _section(where: str) -> str:
    return where.partition("/")[0]


def _sections(draft: DraftRow, where: Where, wrong: Sequence[str]) -> list[dict[str, Any]]:
    current = BELOW.get(where.section, (where.section,))[0]
    return [
        {
            "title": title,
            "url": f"{draft.path}/edit/{name}",
            "current": name == current,
            "count": len(getattr(draft.definition, name)) if name != "basics" else None,
            "wrong": sum(1 for one in wrong if _section(one) == name),
        }
        for name, title in SECTIONS.items()
    ]


def _below(draft: DraftRow, section: str, entry: Any) -> tuple[str, str]:
    if section == "forms":
        return f"{draft.path}/edit/controls?of={entry.key}", f"改控件（{len(entry.controls)}）"
    if section == "standards":
        return f"{draft.path}/edit/tiers?of={entry.key}", f"改阶次（{len(entry.tiers)}）"
    return "", ""


# --- cells -------------------------------------------------------------------------------------


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _step(item: Definition, key: str, none: str = "") -> str:
    if not key:
        return none
    found = item.step(key)
    return found.title if found else f"{key}（不存在）"


def _cells(section: str, entry: Any, item: Definition) -> tuple[str, ...]:
    return _CELLS[section](entry, item)


def _step_cells(step: Any, item: Definition) -> tuple[str, ...]:
    form = item.form_of(step)
    wants = [
        f"{step.min_officers} 人执法{'，不够不能提交' if step.strict_officers else ''}"
        if step.min_officers
        else "",
        step.joint.words if step.joint else "",
        "行政强制措施" if step.coercive else "",
    ]
    return (
        f"{step.position}　{step.title}",
        STEP_KINDS.get(step.kind, step.kind),
        step.limit.words if step.limit else "不限期",
        form.title if form else (f"{step.form}（不存在）" if step.form else "没有表单"),
        "；".join(one for one in wants if one),
    )


def _control_cells(control: Any, _item: Definition) -> tuple[str, ...]:
    if control.type == "evidence":
        kind = words.EVIDENCE_WORDS[control.evidence_kind]
        wants = f"{kind}，{f'不少于 {control.min_count} 份' if control.min_count else '选填'}"
    else:
        options = "、".join(option.title for option in control.options)
        wants = "；".join(one for one in ("必填" if control.required else "选填", options) if one)
    return control.title, control.key, words.CONTROL_WORDS[control.type], _short(wants)


def _tier_cells(tier: Any, item: Definition) -> tuple[str, ...]:
    titles = {c.key: c.title for form in item.forms for c in form.controls}
    standard = next((one for one in item.standards if tier in one.tiers), None)
    said = [condition_words(one, item) for one in tier.conditions]
    conditions = "，".join(f"{titles.get(c, c)} {words.OPS[op]} {v}" for c, op, v in said)
    return (
        tier.title,
        conditions or "按情节认定",
        range_words(tier, standard),
        "、".join(tier.kinds),
    )


def range_words(tier: Any, standard: Standard | None) -> str:
    """What a tier permits: 「5,000.00 元至 18,500.00 元」, or in multiples."""
    if standard is not None and standard.base is not None:
        return f"{tier.min} 倍至 {tier.max} 倍"
    return f"{tier.min / 100:,.2f} 元至 {tier.max / 100:,.2f} 元"


def _point_cells(point: Point, item: Definition) -> tuple[str, ...]:
    stage = next((one.title for one in item.stages if one.key == point.stage), point.stage)
    at = _step(item, point.step) or (f"{stage}阶段" if stage else "任何环节")
    return point.title, kind_title(point.kind), at, settings_words(point, item)


def _way_cells(way: Any, item: Definition) -> tuple[str, ...]:
    when = f"{way.when.control} 是 {'、'.join(way.when.one_of)}" if way.when else ""
    return (
        _step(item, way.origin),
        _step(item, way.target, "结束"),
        words.WAY_WORDS[way.kind],
        when,
    )


_CELLS: dict[str, Callable[[Any, Definition], tuple[str, ...]]] = {
    "basis": lambda one, _: (f"《{one.law}》{one.article}", _short(one.text)),
    "stages": lambda one, item: (
        one.title,
        one.limit.words if one.limit else "不限期",
        "、".join(step.title for step in item.steps if step.stage == one.key),
    ),
    "steps": _step_cells,
    "transitions": _way_cells,
    "forms": lambda one, item: (
        one.title,
        f"{len(one.controls)} 项",
        "、".join(step.title for step in item.steps if step.form == one.key) or "没有用到",
    ),
    "controls": _control_cells,
    "standards": lambda one, _: (one.title, _short(one.act), f"{len(one.tiers)} 档"),
    "tiers": _tier_cells,
    "points": _point_cells,
    "risks": lambda one, item: (
        _step(item, one.step),
        one.level,
        _short(one.description),
        _short(one.prevention),
    ),
    "documents": lambda one, item: (
        one.title,
        _step(item, one.step),
        words.DOCUMENT_KINDS[one.kind],
        one.word or "不编号",
    ),
    "remedies": lambda one, _: (one,),
}


# --- fields ------------------------------------------------------------------------------------

_EMPTY = {
    "stages": "不属于阶段",
    "forms": "没有表单",
    "targets": "结束（案件办结）",
    "any_step": "任何环节",
    "controls": "不设",
}


def inputs_of(
    form: type[msgspec.Struct], item: Definition, where: Where, old: Any, raw: dict[str, Any]
) -> list[Input]:
    """The fields of a form, with the choices this item offers."""
    shape = unbound(form)
    found = []
    for one in msgspec.structs.fields(form):
        spec = shape.spec(one.encode_name)
        if spec is not None:
            found.append(_input(spec, item, where, old, raw))
    return found


def _input(spec: FieldSpec, item: Definition, where: Where, old: Any, raw: dict[str, Any]) -> Input:
    source = str(spec.extra.get("from", ""))
    options: Options = spec.options or (_choices(source, item, where, old) if source else ())
    widget = _widget(spec, source)
    typed = raw.get(spec.name)
    if widget == "select" and source and typed and str(typed) not in _values(options):
        # What a file or an earlier edit left dangling stays visible until somebody changes it.
        options = [*options, (str(typed), f"{typed}（不存在）")]
    return Input(
        spec.name,
        spec.title,
        widget,
        options,
        spec.description,
        spec.required or widget in ("check", "rows"),
        int(spec.extra.get("lines", 0)),
        _EMPTY.get(source, "" if spec.options else "请选择"),
        fixed=spec.name == "key" and old is not None,
    )


def _widget(spec: FieldSpec, source: str) -> str:
    if source == "outcomes":
        return "checks"
    if spec.multiple:
        return "rows"
    if spec.input == "checkbox":
        return "check"
    if spec.options or source:
        return "select"
    return "area" if spec.extra.get("lines") else "text"


def _values(options: Options) -> set[str]:
    found: set[str] = set()
    for value, title in options:
        if isinstance(title, str):
            found.add(str(value))
        else:
            found |= {str(below) for below, _ in title}
    return found


def _choices(source: str, item: Definition, _where: Where, old: Any) -> Options:
    steps = [(one.key, f"{one.position} {one.title}") for one in item.steps]
    match source:
        case "steps" | "targets" | "any_step":
            return steps
        case "stages":
            return [(one.key, one.title) for one in item.stages]
        case "forms":
            return [(one.key, one.title) for one in item.forms]
        case "standards":
            return [(one.key, one.title) for one in item.standards]
        case "controls":
            return control_choices(item)
        case "outcomes":
            known = negative_choices(old if isinstance(old, Point) else None, item)
            return [(one, one) for one in known]
        case "limits":
            limited = [
                (one.key, f"环节“{one.title}”，{one.limit.words}")
                for one in item.steps
                if one.limit
            ]
            stages = [
                (f"{STAGE}{one.key}", f"阶段“{one.title}”，{one.limit.words}")
                for one in item.stages
                if one.limit
            ]
            return [*limited, *stages]
        case _:
            return ()


def control_choices(item: Definition, *, evidence: bool = False) -> Options:
    """The controls of all forms, grouped by form."""
    return [
        (
            form.title,
            [(c.key, f"{c.title}（{c.key}）") for c in form.controls if _fits(c, evidence)],
        )
        for form in item.forms
        if any(_fits(c, evidence) for c in form.controls)
    ]


def _fits(control: Any, evidence: bool) -> bool:
    return bool((control.type == "evidence") == evidence)


def basics_inputs(item: Definition) -> list[Input]:
    """The fields of the section without a table."""
    return inputs_of(BasicsForm, item, Where("basics"), None, {})


def point_kinds() -> list[tuple[str, str, str]]:
    """Key, title and meaning of the kinds a point can have."""
    return [(one.key, one.title, one.explains) for one in POINT_KINDS]


# --- the road and the story ----------------------------------------------------------------------


def life_of(draft: DraftRow) -> list[dict[str, str]]:
    """编制 → 法制审核 → 送审 → 初审 → 审定, with who and when under each."""

    def note(name: str, at: Any) -> str:
        return f"{name} {clock.local(at):%m月%d日}" if at else ""

    at = {
        rules.DRAFT: 0,
        rules.LEGAL: 1,
        rules.READY: 2,
        rules.RETURNED: 2,
        rules.FIRST: 3,
        rules.FINAL: 4,
        rules.EFFECTIVE: 5,
        rules.WITHDRAWN: -1,
    }[draft.state]
    submitted = draft.state in (rules.FIRST, rules.FINAL, rules.EFFECTIVE)
    notes = [
        note(draft.created_by_name, draft.created_at),
        note(draft.legal_by_name, draft.legal_at) if draft.legal_stands else "",
        note(draft.submitted_by_name, draft.submitted_at) if submitted else "",
        note(draft.first_by_name, draft.first_at) if at > 3 else "",
        note("", draft.closed_at) if at == 5 else "",
    ]
    titles = ("编制", "法制审核", "送审", "初审", "审定生效")
    return [
        {
            "title": title,
            "note": said or ("现在" if number == at else ""),
            "state": "done" if number < at else "now" if number == at else "next",
        }
        for number, (title, said) in enumerate(zip(titles, notes, strict=True))
    ]


_ICONS = {
    "powers.draft_created": ("file-plus", "开始编制"),
    "powers.draft_edited": ("pencil", "修改"),
    "powers.draft_renewed": ("git-merge", "并入新版"),
    "powers.draft_sent_to_legal": ("send", "送法制审核"),
    "powers.draft_passed": ("circle-check", "通过"),
    "powers.draft_submitted": ("send", "送审"),
    "powers.draft_returned": ("arrow-back-up", "退回"),
    "powers.draft_trial_requested": ("player-play", "试运行"),
    "powers.draft_approved": ("rubber-stamp", "审定，生效"),
    "powers.draft_withdrawn": ("trash", "撤回"),
}


def story_of(facts: Sequence[Fact], names: dict[int, str]) -> list[dict[str, Any]]:
    """The history of a draft for the time line, newest first."""
    shown = []
    for fact in reversed(facts):
        icon, title = _ICONS.get(fact.kind, ("circle", fact.kind))
        told = fact.payload
        moment = clock.local(fact.at)
        by = names.get(fact.actor, "")
        note = ""
        match fact.kind:
            case "powers.draft_edited":
                changes = told.get("changes") or []
                note = " ".join(changes[:3]) + (
                    f" 等 {len(changes)} 处" if len(changes) > 3 else ""
                )
            case "powers.draft_returned":
                title, note = f"{told['step']}退回", str(told["reason"])
            case "powers.draft_passed":
                title, note = f"{told['step']}通过", str(told.get("opinion", ""))
            case "powers.draft_approved":
                title, note = f"审定，第 {told['version']} 版生效", str(told.get("opinion", ""))
            case "powers.draft_renewed":
                title = f"并入第 {told['base_version']} 版"
                note = " ".join(told.get("conflicts") or [])
            case "powers.draft_created":
                note = str(told.get("source", ""))
        shown.append(
            {
                "day": f"{moment:%Y年%m月%d日}",
                "icon": icon,
                "title": f"{by}{title}" if by else title,
                "note": f"{moment:%H:%M}{f'　{note}' if note else ''}",
                "void": False,
                "href": "",
            }
        )
    return shown
