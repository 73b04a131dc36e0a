# SPDX-License-Identifier: Apache-2.0
"""归档: what a file should hold before it is archived, and how long it is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.cases.rules.definition import Definition
from plugins.cases.rules.documents import due_documents
from plugins.cases.rules.flow import SUBMITTED, VisitLine, live

KEEP_YEARS: tuple[tuple[int, str], ...] = ((10, "10 年"), (30, "30 年"), (999, "永久"))
"""《机关文件材料归档范围和文书档案保管期限规定》: 永久, 30 年, 10 年."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist."""

    title: str
    ok: bool
    text: str


def checklist(
    definition: Definition,
    visits: Sequence[VisitLine],
    *,
    evidence: Mapping[int, Mapping[str, int]],
    issued: Collection[str],
    unserved: Sequence[str],
    undisclosed: Sequence[str],
    open_money: int,
    open_lamps: int,
) -> tuple[Check, ...]:
    """Whether the file is complete; nothing here stops the archiving, it has to be explained."""
    lines = []
    lacking = []
    for visit in live(visits):
        if visit.state != SUBMITTED or visit.prior:
            continue
        step = definition.step(visit.step)
        counts = evidence.get(visit.id, {})
        lacking += [
            f"{step.title}缺{c.title}"
            for c in definition.form_of(step).of_type("evidence")
            if counts.get(c.key, 0) < c.min_count
        ]
    lines.append(Check("证据材料", not lacking, "；".join(lacking) or "各环节要求的证据都在"))
    late = [
        d.document.title
        for d in due_documents(definition, visits, "", issued)
        if d.state in ("late", "now") and d.document.kind != "receipt"
    ]
    if definition.documents:
        lines.append(Check("文书", not late, "、".join(late) + "没有制作" if late else "都已制作"))
        said = "、".join(unserved) + "没有送达回证" if unserved else "都已送达"
        lines.append(Check("送达", not unserved, said))
        said = "、".join(undisclosed) + "没有公示" if undisclosed else "都已公示"
        lines.append(Check("公示", not undisclosed, said))
    money = f"还有 {open_money // 100:,}.{open_money % 100:02d} 元没有缴清"
    lines.append(Check("执行", open_money <= 0, money if open_money > 0 else "没有未缴的款项"))
    lamps = f"还有 {open_lamps} 个灯没有处理完"
    lines.append(Check("监察", open_lamps == 0, lamps if open_lamps else "没有未处理的灯"))
    return tuple(lines)


def archiving_errors(number: str, years: int, checks: Sequence[Check], note: str) -> dict[str, str]:
    """What is wrong with the archiving form, by field."""
    errors: dict[str, str] = {}
    if not number:
        errors["number"] = "请填写归档号。"
    elif len(number) > 60:
        errors["number"] = "归档号最多 60 个字。"
    if years not in dict(KEEP_YEARS):
        errors["years"] = "请选择保管期限。"
    if not note and any(not c.ok for c in checks):
        errors["note"] = "检查有不齐的，请写明原因。"
    elif len(note) > 400:
        errors["note"] = f"说明最多 400 个字，现在是 {len(note)} 个字。"
    return errors


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One line of the index of the file (卷内目录)."""

    title: str
    number: str
    on: Any
    sha256: str
    step: str


def index_of(
    definition: Definition,
    visits: Sequence[Mapping[str, Any]],
    evidence: Sequence[Mapping[str, Any]],
    documents: Sequence[Mapping[str, Any]],
) -> tuple[IndexLine, ...]:
    """Everything in the file in the order of the flow: documents of a step before its evidence."""
    order = {s.key: n for n, s in enumerate(definition.ordered)}
    counting = {v["id"] for v in visits if v["state"] in ("open", "submitted")}
    lines: list[tuple[int, int, Any, IndexLine]] = []
    for d in documents:
        if d["state"] == "void":
            continue
        title = d["title"] + ("（已被更正）" if d["state"] == "corrected" else "")
        line = IndexLine(
            title, d["number"], d["issued_at"], d["sha256"], definition.title_of(d["step"])
        )
        lines.append((order.get(d["step"], 0), 0, d["issued_at"], line))
    for e in evidence:
        if e["voided_at"] is not None or e["visit"] not in counting:
            continue
        control = definition.form_of(definition.step(e["step"])).control(e["control"])
        title = f"{control.title}：{e['name']}" if control else f"缴款凭据：{e['name']}"
        line = IndexLine(title, "", e["added_at"], e["sha256"], definition.title_of(e["step"]))
        lines.append((order.get(e["step"], 0), 1, e["added_at"], line))
    lines.sort(key=lambda each: each[:3])
    return tuple(line for *_key, line in lines)
