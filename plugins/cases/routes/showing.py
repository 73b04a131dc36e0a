# SPDX-License-Identifier: Apache-2.0
"""What the pages of a case show, put together from its file; nothing here decides or changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from core.api import clock
from core.api.deadlines import clocks_of, ledger
from core.api.facts import Fact, history
from core.api.gates import Blocker, advise
from core.api.plugin import SubjectRef
from core.api.web import Bound, describe
from plugins.cases.forms import StepForm
from plugins.cases.queries import CaseFile, alarms_of, path_of
from plugins.cases.rules.definition import Control, Definition, Step
from plugins.cases.rules.entry import Raw, options_of, raw_of, show_value
from plugins.cases.rules.event import KIND_TITLES
from plugins.cases.rules.flow import OPEN, RECALLED, SUBMITTED, SUPERSEDED, live
from plugins.cases.rules.joint import joint_standing, rule_in_words
from plugins.cases.rules.stops import Stop
from plugins.cases.services.acting import Actor, face_of, stage_clock, step_clock
from plugins.cases.services.officers import ROLE_TITLES
from plugins.cases.services.steps import Attempt, Posting, draft_event, think_through
from plugins.cases.services.turns import APPROVING

PREFIX = "v-"
"""In front of a control's name in the page's form, so that no control can pass for a field of
the form around it."""

POINT_WORDS: Mapping[str, tuple[str, str]] = {
    "time_limit": ("时限", "办理时限"),
    "qualification": ("主体", "主体资格"),
    "rollback": ("回退", "环节回退"),
    "evidence": ("证据", "证据固化"),
    "decision_basis": ("依据", "决定依据"),
    "discretion": ("裁量", "自由裁量"),
    "execution": ("执行", "处罚执行"),
}
"""Of a kind of monitoring point, the two signs on the flow strip and the four in a sentence."""

EVIDENCE_UNITS = {"photo": "张", "video": "段", "audio": "段"}
ACCEPT = {
    "photo": "image/jpeg,image/png",
    "video": "video/mp4,video/quicktime",
    "audio": "audio/*",
    "document": ".pdf,.doc,.docx,.xls,.xlsx,.ofd,image/jpeg,image/png",
}
FILE_ICONS: Mapping[str, Mapping[str, str]] = {
    "photo": {"icon": "photo"},
    "video": {"icon": "video"},
    "audio": {"icon": "microphone"},
}
ORDER = {"stop": 0, "red": 1, "yellow": 2, "wait": 3, "ok": 4}

TIME_ICONS: Mapping[str, Mapping[str, str]] = {
    "opened": {"icon": "folder-plus"},
    "authorised": {"icon": "users"},
    "step_submitted": {"icon": "send"},
    "rolled_back": {"icon": "arrow-back-up"},
    "recalled": {"icon": "arrow-back"},
    "corrected": {"icon": "edit"},
    "evidence_added": {"icon": "paperclip"},
    "evidence_voided": {"icon": "ban"},
    "suspended": {"icon": "player-pause"},
    "resumed": {"icon": "player-play"},
    "extended": {"icon": "calendar-plus"},
    "transferred": {"icon": "transfer"},
    "delegated": {"icon": "user-share"},
    "payment_recorded": {"icon": "receipt"},
    "closed": {"icon": "circle-check"},
    "attempt_refused": {"icon": "lock"},
    "archived_note": {"icon": "note"},
    "signed": {"icon": "writing-sign"},
    "version_moved": {"icon": "git-branch"},
    "handed_over": {"icon": "transfer-out"},
    "document_issued": {"icon": "file-certificate"},
    "document_served": {"icon": "mail-check"},
    "document_voided": {"icon": "file-off"},
    "disclosed": {"icon": "speakerphone"},
    "archived": {"icon": "archive"},
    "version_restored": {"icon": "arrow-back-up"},
    "reopened": {"icon": "link"},
    "dealt_with_anew": {"icon": "link"},
}
"""Written as the sprite's builder finds icons."""


@dataclass(frozen=True, slots=True)
class Hint:
    """The verdict before submitting."""

    colour: str
    verdict: str
    line: str
    checks: tuple[dict[str, Any], ...]
    blocked: bool = False
    judged: bool = True
    """Whether anybody judges what is submitted here."""


# --- the hint ----------------------------------------------------------------------------------


async def hint_for(
    file: CaseFile, actor: Actor, visit: dict[str, Any], posting: Posting
) -> tuple[Hint, Attempt]:
    """What would happen if this were submitted now: asked of whoever judges, stopped by nobody."""
    attempt = await think_through(file, actor, visit, posting)
    step = attempt.step
    if attempt.way is not None and attempt.way.to:
        to = file.definition.step(attempt.way.to)
        attempt.next_asked = await _next_as_chosen(file, to, posting)
    marks = await face_of(file, step.key, visit["number"], step.stage)
    event = draft_event(file, actor, attempt, marks)
    verdict = await advise(
        "cases.before_submit", [file.subject], clock.today(), msgspec.to_builtins(event)
    )
    checks = [_stop_check(s) for s in attempt.stops]
    checks += [_check(file, visit, b) for blockers in verdict.blockers.values() for b in blockers]
    checks += [
        {"colour": "wait", "title": "决定依据", "text": str(b["text"]).rstrip("。"), "cure": ""}
        for b in attempt.gate.get("basis", {}).get("blockers", ())
    ]
    missing = len(attempt.entry.errors)
    if missing:
        checks.append(
            {
                "colour": "wait",
                "title": "表单",
                "text": f"还有 {missing} 处没有填好，提交时会提示。",
                "cure": "",
            }
        )
    checks.sort(key=lambda c: ORDER.get(c["colour"], 3))
    return _hint_of(
        checks, unanswered=bool(verdict.unavailable), judged=bool(verdict.asked)
    ), attempt


async def _next_as_chosen(file: CaseFile, to: Step, posting: Posting) -> Any:
    """The officers of the next step as the form names them, else as they stand."""
    from plugins.cases.queries import body_scope
    from plugins.cases.services.officers import Asked, ask_about, one_lead

    today = clock.today()
    if not posting.officers:
        standing = file.officers_of(to.key, today)
        if not standing and to.kind not in APPROVING:
            standing = file.officers_of(file.row["step"], today)
        return await ask_about(file, to, standing, today) if standing else Asked((), {})
    from core.api.db import current_scope, transaction
    from core.api.people import persons_by_id

    chosen = one_lead(posting.officers)
    async with transaction(body_scope(current_scope(), file)):
        names = {p.id: p.name for p in await persons_by_id([c.person for c in chosen])}
    people = [
        {"person": c.person, "name": names[c.person], "role": c.role}
        for c in chosen
        if c.person in names
    ]
    return await ask_about(file, to, people, today) if people else Asked((), {})


def _stop_check(stop: Stop) -> dict[str, Any]:
    return {
        "colour": "red",
        "stop": True,
        "title": "不能提交",
        "text": stop.text,
        "cure": f"{stop.clause}。{stop.cure}",
    }


def _check(file: CaseFile, visit: Mapping[str, Any], blocker: Blocker) -> dict[str, Any]:
    """One answer of the engine as a line of the hint, with the way to its cure on this page."""
    detail = blocker.detail
    colour = str(detail.get("colour") or "red")
    said = str(detail.get("kind") or "")
    kind = next((k for k, words in POINT_WORDS.items() if said in (k, words[1])), said)
    title = POINT_WORDS.get(kind, ("", said or str(detail.get("title") or "监察点")))[1]
    control = str(detail.get("control") or "")
    known = file.definition.form_of(file.definition.step(visit["step"])).control(control)
    href, act = "", ""
    if colour in ("red", "yellow"):
        if known is not None:
            href = f"#ev-{control}" if known.type == "evidence" else f"#f-{PREFIX}{control}"
            act = "去上传" if known.type == "evidence" else "去补正"
        elif kind == "evidence":
            href, act = "#evidence", "去上传"
        elif kind == "qualification":
            href, act = "#h-next", "去授权"
    lit = colour in ("red", "yellow")
    have = str(detail.get("have") or "")
    why = str(detail.get("why") or "")
    cure = str(detail.get("cure") or "") if lit else ""
    short = str(detail.get("headline") or "") if lit else have
    return {
        "colour": colour,
        "title": title,
        "text": (short or blocker.text).rstrip("。"),
        "cure": f"{why.rstrip('。')}。{cure}" if why else cure,
        "href": href,
        "act": act,
        "point": str(detail.get("point") or ""),
    }


def _hint_of(checks: Sequence[dict[str, Any]], *, unanswered: bool, judged: bool) -> Hint:
    stops = [c for c in checks if c.get("stop")]
    lit = [c for c in checks if c["colour"] in ("red", "yellow") and not c.get("stop")]
    if stops:
        return Hint(
            "red", f"现在不能提交：{stops[0]['text']}", stops[0]["text"], tuple(checks), True
        )
    if lit:
        first = lit[0]
        word = "红灯" if first["colour"] == "red" else "黄灯"
        rest = f"，另有 {len(lit) - 1} 项" if len(lit) > 1 else ""
        return Hint(
            first["colour"],
            f"若现在提交：{word}，{first['text']}",
            f"{first['text']}{rest}",
            tuple(checks),
        )
    if unanswered:
        return Hint("blind", "未能预检，可以照常提交", "未能预检，提交后再判", tuple(checks))
    if not judged:
        # Nobody is installed, or on in this region, who would judge the act afterwards either.
        return Hint(
            "blind", "这里没有启用监察，不判灯", "没有启用监察，不判灯", tuple(checks), judged=False
        )
    return Hint("ok", "若现在提交：不报灯", "没有发现问题", tuple(checks))


# --- form and evidence -------------------------------------------------------------------------


def bound_of(raw: Mapping[str, Any], errors: Mapping[str, str] | None = None) -> Bound[StepForm]:
    """Typed values as the field macros read them."""
    return Bound(
        StepForm,
        raw={PREFIX + k: v for k, v in raw.items()},
        errors={(PREFIX + k if k else ""): v for k, v in (errors or {}).items()},
    )


def typed_of(definition: Definition, step: Step, raw: Mapping[str, Any]) -> Raw:
    """The typed values of a posted step form, unticked boxes included as empty."""
    found: dict[str, Any] = {}
    for c in definition.form_of(step).controls:
        if c.type in ("evidence", "payment", "officers"):
            continue
        several = c.type == "choices"
        value = raw.get(PREFIX + c.key, [] if several else "")
        if several and isinstance(value, str):
            value = [value]
        elif not several and isinstance(value, list):
            value = value[-1] if value else ""
        found[c.key] = value
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A control as the page draws it."""

    c: dict[str, Any]
    options: list[tuple[str, str]]
    value: str
    """Read only, in words."""
    correctable: bool = False


def controls_of(file: CaseFile, step: Step, values: Mapping[str, Any]) -> list[Shown]:
    """The typed controls of a step's form, in order, without evidence and payments."""
    shown = []
    for c in file.definition.form_of(step).controls:
        if c.type in ("evidence", "payment", "officers"):
            continue
        options = list(options_of(file.definition, c))
        mapping = msgspec.to_builtins(c)
        if c.type == "basis":
            options = [(b.label, b.label) for b in file.definition.basis]
            chosen = values.get(c.key)
            if chosen and chosen not in dict(options):
                options.append((str(chosen), str(chosen)))
            if not options:
                mapping["type"] = "longtext"
        if c.type == "boolean":
            mapping["type"] = "boolean"
        shown.append(Shown(mapping, options, show_value(file.definition, c, values.get(c.key))))
    return shown


def raw_values(file: CaseFile, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """Submitted values back as text."""
    return {
        c.key: raw_of(c, values[c.key])
        for c in file.definition.form_of(step).controls
        if values.get(c.key) is not None
    }


def evidence_of(
    file: CaseFile, visit: Mapping[str, Any], control: Control, *, open_for_all: bool
) -> dict[str, Any]:
    """An evidence control with its files, as the macro ``ev`` takes it."""
    base = path_of(file.id)
    files = [_file_line(e) for e in file.evidence_of(visit["id"]) if e["control"] == control.key]
    unit = EVIDENCE_UNITS.get(control.evidence_kind, "份")
    return {
        "title": control.title,
        "need": control.min_count or int(control.required),
        "files": files,
        "name": control.key,
        "kind_title": control.help,
        "limits": "" if control.help else f"单个 {control.max_mb} MB 以内",
        "unit": unit,
        "accept": ACCEPT.get(control.evidence_kind, ""),
        "max_mb": control.max_mb,
        "capture": control.evidence_kind == "photo",
        "upload_to": f"{base}/visits/{visit['id']}/evidence/{control.key}" if open_for_all else "",
        "void_to": f"{base}/evidence/{{id}}/void" if open_for_all else "",
    }


def _file_line(e: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": e["id"],
        "name": e["name"],
        "size": e["size"],
        "at": e["added_at"],
        "person": e["added_by_name"],
        "sha256": e["sha256"],
        "href": f"/files/{e['file']}",
        "void": e["void_reason"] if e["voided_at"] else "",
        **FILE_ICONS.get(e["kind"], {"icon": "file-text"}),
    }


def evidence_controls(
    file: CaseFile, visit: Mapping[str, Any], *, open_for_all: bool
) -> list[dict[str, Any]]:
    """All evidence controls of a visit's form."""
    form = file.definition.form_of(file.definition.step(visit["step"]))
    return [
        evidence_of(file, visit, c, open_for_all=open_for_all) for c in form.of_type("evidence")
    ]


# --- flow strip ----------------------------------------------------------------------------------


def flow_of(
    file: CaseFile,
    alarms: Sequence[Mapping[str, Any]],
    hrefs: Mapping[int, str],
    hint: Hint | None,
) -> list[dict[str, Any]]:
    """The steps with who, when and their monitoring points."""
    road = {line.step: line for line in live(file.lines())}
    steps = []
    for step in file.definition.ordered:
        line = road.get(step.key)
        visit = file.visit(line.id) if line else None
        done = line is not None and line.state == SUBMITTED
        now = line is not None and line.state == OPEN
        when = ""
        if done and visit is not None:
            at = clock.local(visit["submitted_at"])
            when = f"{at.month}月{at.day}日 {visit['submitted_by_name']}"
            if visit["outcome"]:
                when = f"{visit['outcome']}，{when}"
        elif now and file.row["due_at"] is not None:
            due = clock.local(file.row["due_at"])
            when = f"{due.month}月{due.day}日前"
        steps.append(
            {
                "title": step.title,
                "state": "now" if now else "done" if done else "next",
                "when": when,
                "href": path_of(file.id, "visits", str(visit["id"])) if done and visit else "",
                "points": _points(file, step, alarms, hrefs, hint if now else None, done=done),
            }
        )
    return steps


def _points(
    file: CaseFile,
    step: Step,
    alarms: Sequence[Mapping[str, Any]],
    hrefs: Mapping[int, str],
    hint: Hint | None,
    *,
    done: bool,
) -> list[dict[str, Any]]:
    found = []
    mine = [
        a for a in alarms if (a["step"] or step.key) == step.key and a["step_title"] == step.title
    ]
    for point in file.definition.points_of(step):
        raised = [a for a in mine if a["point"] == point.key]
        predicted = [c for c in hint.checks if c.get("point") == point.key] if hint else []
        item: dict[str, Any] = {"title": POINT_WORDS.get(point.kind, (point.title[:4], ""))[0]}
        open_ones = [a for a in raised if a["state"] != "revoked"]
        if open_ones:
            item.update(colour=_worst(open_ones), href=hrefs.get(open_ones[0]["alarm"], ""))
        elif predicted:
            item.update(colour=predicted[0]["colour"], would=predicted[0]["colour"] != "ok")
        elif raised:
            item.update(colour="off", href=hrefs.get(raised[0]["alarm"], ""))
        else:
            item["colour"] = "ok" if done else "wait"
        found.append(item)
    listed = {p.key for p in file.definition.points_of(step)}
    for alarm in mine:
        # Points of the whole case (a rollback) stand with the step they happened in.
        if alarm["point"] in listed:
            continue
        found.append(
            {
                "title": POINT_WORDS.get(alarm["kind"], (alarm["headline"][:4] or "监察", ""))[0],
                "colour": "off" if alarm["state"] == "revoked" else alarm["colour"],
                "href": hrefs.get(alarm["alarm"], ""),
            }
        )
    return found


def _worst(alarms: Sequence[Mapping[str, Any]]) -> str:
    return "red" if any(a["colour"] == "red" for a in alarms) else "yellow"


# --- officers ------------------------------------------------------------------------------------


def officers_shown(file: CaseFile, step: Step) -> list[dict[str, Any]]:
    """The officers of a step: the unqualified ones in red, with the reason in words.

    A step of approval asks for authority, not for an enforcement certificate.
    """
    shown = []
    for o in file.officers_of(step.key, clock.today()):
        notes = []
        if o["qualified"] and o["number"]:
            notes.append(f"证号 {o['number']}")
        if o["unit"]:
            notes.append(o["unit"])
        if o["on_behalf_name"]:
            until = o["valid_to"]
            notes.append(
                f"受{o['on_behalf_name']}委托"
                + (f"，到{until.month}月{until.day}日" if until else "")
            )
        bad = "" if o["qualified"] or step.kind in APPROVING else (o["reason"] or "没有核验通过")
        shown.append(
            {
                "name": o["name"],
                "role": ROLE_TITLES.get(o["role"], ""),
                "note": "，".join(notes),
                "bad": bad,
            }
        )
    return shown


def signing_of(file: CaseFile, actor: Actor) -> dict[str, Any] | None:
    """The joint step that is open: who signed, who has not, and whether the actor may."""
    visit = file.open_visit
    if visit is None or file.step.joint is None:
        return None
    step = file.step
    officers = file.officers_of(step.key, clock.today())
    words = {w.person: w for w in file.words_of(visit["id"])}
    standing = joint_standing(
        file.step.joint, [(o["person"], o["name"]) for o in officers], list(words.values())
    )
    why = ""
    if file.row["state"] != "open":
        why = "案件不在办理状态。"
    elif "cases.case.handle" not in actor.permissions:
        why = "你现在的角色只能查看案件。"
    elif all(o["person"] != actor.person for o in officers):
        why = "你没有被授权会签本环节。"
    return {
        "rule": rule_in_words(file.step.joint, len(officers)),
        "refusal": standing.refusal,
        "people": [
            {
                "name": o["name"],
                "word": words.get(o["person"]),
                "me": o["person"] == actor.person,
            }
            for o in officers
        ],
        "mine": words.get(actor.person),
        "act": not why,
        "why": why,
    }


# --- time line -----------------------------------------------------------------------------------


async def timeline_of(
    file: CaseFile,
    alarms: Sequence[Mapping[str, Any]],
    hrefs: Mapping[int, str],
) -> list[dict[str, Any]]:
    """What happened, newest first: acts, lamps, and the work that was superseded but kept."""
    lines: list[tuple[datetime, int, dict[str, Any]]] = []
    for fact in await history(file.subject):
        if not fact.kind.startswith("cases.") or fact.kind == "cases.party_revealed":
            continue
        item = _act_line(file, fact)
        if item is not None:
            lines.append((fact.at, fact.id, item))
    for alarm in alarms:
        word = "红灯" if alarm["colour"] == "red" else "黄灯"
        title = POINT_WORDS.get(alarm["kind"], ("", "监察点"))[1]
        lines.append(
            (
                alarm["raised_at"],
                2**62,
                {
                    "icon": f"lamp-{alarm['colour']}",
                    "title": f"{word}：{title}",
                    "href": hrefs.get(alarm["alarm"], ""),
                    "text": alarm["headline"],
                },
            )
        )
        if alarm["ended_at"] is not None:
            ended = "撤销" if alarm["state"] == "revoked" else "维持"
            lines.append(
                (
                    alarm["ended_at"],
                    2**62,
                    {
                        "icon": "lamp-off" if alarm["state"] == "revoked" else "gavel",
                        "title": f"经督办{ended}：{title}",
                        "href": hrefs.get(alarm["alarm"], ""),
                        "text": "",
                    },
                )
            )
    for visit in file.visits:
        if visit["state"] not in (SUPERSEDED, RECALLED) or not (visit["values"] or visit["draft"]):
            continue
        form = file.definition.form_of(file.definition.step(visit["step"]))
        said = "已撤回" if visit["state"] == RECALLED else "已被取代，保留备查"
        lines.append(
            (
                visit["ended_at"],
                -visit["id"],
                {
                    "icon": "ban",
                    "title": f"{form.title}（第 {visit['number']} 次）",
                    "void": True,
                    "text": said,
                    "kept": path_of(file.id, "visits", str(visit["id"])),
                },
            )
        )
    lines.sort(key=lambda each: (each[0], each[1]), reverse=True)
    return [_with_day(at, item) for at, _order, item in lines]


def _with_day(at: datetime, item: dict[str, Any]) -> dict[str, Any]:
    moment, today = clock.local(at), clock.today()
    day = moment.date()
    if day == today:
        words = "今天"
    elif (today - day).days == 1:
        words = "昨天"
    elif day.year == today.year:
        words = f"{day.month}月{day.day}日"
    else:
        words = f"{day.year}年{day.month}月{day.day}日"
    text = item.pop("text", "")
    return {**item, "day": words, "note": f"{moment:%H:%M}{f' · {text}' if text else ''}"}


def _act_line(file: CaseFile, fact: Fact) -> dict[str, Any] | None:
    p = fact.payload
    kind = fact.kind.removeprefix("cases.")
    by, step = str(p.get("by") or "系统"), str(p.get("step_title") or "")
    reason = str(p.get("reason") or "")
    item: dict[str, Any] = {**TIME_ICONS.get(kind, {"icon": "point"}), "text": ""}
    names = "、".join(str(o["name"]) for o in p.get("officers", ()))
    if kind == "step_entered":
        # The submission before says where the case went; after a rollback that act says it.
        return None
    if kind == "opened":
        item.update(title=f"{by}新建案件", text=str(p.get("case_number") or ""))
    elif kind == "authorised":
        if reason:
            item.update(title=reason.partition("：")[0], text=reason.partition("：")[2])
        else:
            item.update(title=f"{by}授权{names}办理{step}")
    elif kind == "step_submitted":
        decision = p.get("decision") or {}
        said = [str(decision["outcome"])] if decision.get("outcome") else []
        if decision.get("number"):
            said.append(str(decision["number"]))
        if p.get("to_title"):
            said.append(f"进入{p['to_title']}")
        item.update(title=f"{by}提交{step}", text="，".join(said))
        visit = next(
            (
                v
                for v in file.visits
                if v["step"] == p.get("step") and v["number"] == p.get("visit")
            ),
            None,
        )
        if visit is not None and visit["state"] == SUBMITTED:
            item["href"] = path_of(file.id, "visits", str(visit["id"]))
    elif kind == "rolled_back":
        crossed = p.get("crossed") or ()
        over = f"（跨 {len(crossed)} 个环节）" if len(crossed) > 1 else ""
        item.update(title=f"{by}从{step}回退到{p.get('to_title')}{over}", text=reason)
    elif kind == "recalled":
        item.update(title=f"{by}撤回{step}的提交")
    elif kind == "corrected":
        change = (p.get("changes") or [{}])[0]
        item.update(
            title=f"{by}更正{step}：{change.get('title', '')}",
            text=f"原为“{change.get('old') or '空'}”，改为“{change.get('new') or '空'}”。{reason}",
        )
    elif kind == "evidence_added":
        item.update(
            title=f"{by}上传{reason.partition(' ')[0]}", text=f"{step} {reason.partition(' ')[2]}"
        )
    elif kind == "evidence_voided":
        item.update(
            title=f"{by}作废证据 {reason.partition('：')[0]}", text=reason.partition("：")[2]
        )
    elif kind == "payment_recorded":
        item.update(title=f"{by}登记：{reason}")
    elif kind == "attempt_refused":
        item.update(title=f"{by}提交{step}，没有通过", text=reason)
    elif kind == "archived_note":
        item.update(title=f"{by}归档补记", text=reason)
    elif kind == "signed":
        item.update(
            title=f"{by}会签{step}：{reason.partition('，')[0]}", text=reason.partition("，")[2]
        )
    elif kind in ("document_issued", "document_served", "document_voided", "disclosed"):
        item.update(title=f"{by}{KIND_TITLES[kind]}", text=reason)
        if p.get("document"):
            item["href"] = path_of(file.id, "documents", str(p["document"]["id"]))
    elif kind == "dealt_with_anew":
        told = "，".join(t for t in (p["ground"], p["basis_number"], reason) if t)
        item.update(title=f"{by}另立 {p['by_number']} 重新处理", text=told)
    elif kind == "closed":
        item.update(title="案件办结", text=reason)
    else:
        item.update(title=f"{by}{KIND_TITLES.get(kind, kind)}", text=reason)
    return item


# --- dates -----------------------------------------------------------------------------------------


async def ledgers_of(file: CaseFile) -> dict[str, dict[str, Any]]:
    """The step's and the stage's due date, each with the sum that leads to it."""
    visit = file.open_visit
    keys = {stage_clock(file.row["stage"]): "stage"}
    if visit is not None:
        keys[step_clock(visit["step"], visit["number"])] = "step"
    found: dict[str, dict[str, Any]] = {}
    for each in await clocks_of(file.subject):
        name = keys.get(each.key)
        if name is None or each.due_at is None:
            continue
        found[name] = {
            "title": each.title,
            "due_at": each.due_at,
            "started_at": each.started_at,
            "state": each.state,
            "provisional": each.provisional,
            "rows": await ledger(each),
        }
    return found


async def alarm_links(request: Any, alarms: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Where each alarm's proof is, as far as this visitor may open it."""
    from core.api.access import visitor

    refs = {SubjectRef("inspection.alarm", a["alarm"]): a["alarm"] for a in alarms}
    who = visitor(request)
    labels = await describe(refs, who.scope, who.permissions) if refs else {}
    return {refs[ref]: label.path for ref, label in labels.items() if label.path}


async def lamps_of(file: CaseFile, actor: Actor) -> list[dict[str, Any]]:
    """The alarms of a case."""
    return await alarms_of(actor.scope, file.id)
