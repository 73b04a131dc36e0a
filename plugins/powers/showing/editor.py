# SPDX-License-Identifier: Apache-2.0
"""One section of a draft as its editor shows it: the table, and what is wrong at each row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.api.web import Bound
from plugins.powers.forms.entries import FORMS, Entry, tier_entry
from plugins.powers.forms.points import point_entry
from plugins.powers.queries.drafts import DraftRow
from plugins.powers.rules import Definition, locate_faults
from plugins.powers.rules.comparing import SECTIONS, basics_of
from plugins.powers.rules.editing import BELOW, Where, entries, mark, row_name
from plugins.powers.rules.linting import Finding, lint
from plugins.powers.services.offers import offered_kinds
from plugins.powers.showing.cells import HEADS, cells_of
from plugins.powers.showing.fields import Input


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
    def basics(self) -> tuple[tuple[str, str], ...]:
        """For whoever may only look: there is no form to read them in."""
        return basics_of(self.draft.definition)

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
        return point_entry(kind, offered_kinds().get(kind))
    if where.section == "tiers":
        standard = next(one for one in item.standards if one.key == where.of)
        return tier_entry(standard, item)
    return FORMS[where.section]


def editor_of(draft: DraftRow, where: Where, *, may_edit: bool) -> Editor:
    """The section's table. Raises Gone when the form or standard around it is not there."""
    item = draft.definition
    faults = locate_faults(item)
    findings = lint(item, offered_kinds())
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
                    cells_of(where.section, entry, item),
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
