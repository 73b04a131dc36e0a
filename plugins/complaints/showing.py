# SPDX-License-Identifier: Apache-2.0
"""What the pages show: the bureau's view, the reporter's, the files of the receipt."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.custody import opening_about
from core.api.db import Scope, execute, transaction
from core.api.deadlines import Clock, clock_by_id, ledger, load_calendar, standing_of
from core.api.facts import Fact, history
from core.api.turns import hold
from core.api.web import Response
from plugins.complaints import queries
from plugins.complaints.queries.copies import COPY_STATES
from plugins.complaints.rules import HANDLE, flow, intake, receipts, redacting, similar
from plugins.complaints.services import FOUNDED, contact_of, ref
from plugins.complaints.services.matters import standing
from plugins.complaints.services.noting import SHORT
from plugins.complaints.services.reporters import self_check

ICONS = {
    "complaints.filed": "message-report",
    "complaints.accepted": "check",
    "complaints.pushed": "send",
    "complaints.answered": "message-reply",
    "complaints.transferred": "arrows-exchange",
    "complaints.rejected": "ban",
    "complaints.result_told": "circle-check",
    "complaints.praised": "thumb-up",
    "complaints.merged": "git-merge",
    "complaints.contact_revealed": "eye",
    "complaints.overdue": "alarm",
    "complaints.supervision_proposed": "eye",
}
TITLES = {
    "complaints.filed": "{by}提交",
    "complaints.accepted": "受理",
    "complaints.pushed": "推送{to}",
    "complaints.answered": "单位反馈",
    "complaints.transferred": "移交{to}：{reason}",
    "complaints.rejected": "不予受理：{reason}",
    "complaints.result_told": "告知结果",
    "complaints.praised": "转达表扬",
    "complaints.merged": "并入{into_number}",
    "complaints.supervision_proposed": "提出监督建议：{reason}",
    "complaints.matched": "匹配主体：{words}",
    "complaints.identified": "认定执法人员：{words}",
    "complaints.contact_revealed": "查看举报人的电话：{reason}",
    "complaints.name_revealed": "{reason}",
    "complaints.extended": "{words}",
    "complaints.paused": "{words}",
    "complaints.resumed": "恢复计时",
    "complaints.overdue": "{words}逾期未反馈",
    "complaints.noted": "添加备注",
    "complaints.disposal_proposed": "保存期满，提议销毁",
    "complaints.disposal_confirmed": "确认销毁：{reason}",
    "complaints.disposal_postponed": "暂缓销毁：{reason}",
    "complaints.erased": "内容已销毁",
}


@dataclass
class View:
    """One complaint as the bureau's page shows it."""

    it: dict[str, Any]
    chip: tuple[str, str]
    reporter: str
    known: bool
    """Whether the reader may know who reported; else ``it`` is redacted."""
    contact: dict[str, str]
    media: list[dict[str, Any]]
    copies: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    story: list[dict[str, Any]]
    hold: dict[str, Any] | None
    due: dict[str, Any] | None
    merged: list[dict[str, Any]]
    into: dict[str, Any] | None
    similar: list[dict[str, Any]]
    opening: dict[str, Any] | None
    cannot: dict[str, list[str]]
    said_at: datetime | str = ""
    how_told: str = ""
    """How the result reaches the reporter; empty for whoever may not know him."""
    bureaus: list[tuple[int, str]] = field(default_factory=list)
    units: list[tuple[str, list[tuple[int, str]]]] = field(default_factory=list)
    officers: list[tuple[int, str]] = field(default_factory=list)
    """Of whom it may be, while nobody has scanned a card."""


async def due_of(found: Clock | None) -> dict[str, Any] | None:
    """A date with its arithmetic, for the macro ``ledger``."""
    if found is None:
        return None
    calendar = await load_calendar(found.place.region_lo)
    now = await standing_of(found, calendar)
    until = f"{found.due_day.month}月{found.due_day.day}日到期"
    if found.state == "paused":
        # The day moves with every day of the pause: none is promised.
        words = f"{now.text}，恢复后顺延"
    else:
        words = f"{now.text}，{until}" if found.open else until
    return {
        "words": words,
        "rows": await ledger(found),
        "provisional": found.provisional,
        "paused": found.state == "paused",
        "open": found.open or found.state == "lapsed",
        "extensions": found.extensions,
        "lapsed": found.state == "lapsed",
    }


def _story(facts: Sequence[Fact], reporter: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    day = ""
    for each in reversed(facts):
        words = TITLES.get(each.kind)
        if words is None:
            continue
        moment = clock.local(each.at)
        # A fact never names the reporter; this page does, as far as its reader may know him.
        # A fact of an older version may lack a field: the act is told without it.
        title = words.format_map(defaultdict(str, {**each.payload, "by": reporter}))
        today = f"{moment.month}月{moment.day}日"
        found.append(
            {
                "day": today if today != day else "",
                "icon": ICONS.get(each.kind, "point"),
                "title": title,
                "note": f"{moment:%H:%M}",
            }
        )
        day = today
    return found


async def view_of(it: dict[str, Any], who: Visitor) -> View:
    """Everything about one complaint the bureau may see; inside its transaction."""
    it_id = it["id"]
    copies = await queries.copies_of(it_id)
    for each in copies:
        each["chip"] = COPY_STATES[each["state"]]
        each["media"] = await queries.media_of_copy(each["id"], answer=False)
        each["answers"] = await queries.media_of_copy(each["id"], answer=True)
        each["founded_words"] = FOUNDED.get(each["founded"], "")
        each["due"] = await due_of(await clock_by_id(each["clock"])) if each["clock"] else None
    own = await clock_by_id(it["clock"]) if it["clock"] else None
    open_copy = next((each for each in copies if each["state"] == "open"), None)
    due = open_copy["due"] if open_copy else await due_of(own)
    alike: list[dict[str, Any]] = []
    if it["state"] in flow.OPEN:
        others = await queries.candidates(it, who.scope)
        by_id = {each["id"]: each for each in others}
        alike = [
            {
                **by_id[each.id],
                "reasons": each.reasons,
                "chip": flow.STATES[by_id[each.id]["state"]],
            }
            for each in similar.similar(it, others)
        ]
    notes = await queries.notes_of(it_id)
    for each in notes:
        each["level_words"] = SHORT[each["level"]]
    into = await queries.find(it["merged_to"], who.scope) if it["merged_to"] else None
    stands = standing(it)
    # The form promises the name to the bureau alone. Who only reads, in a government or above,
    # gets what a body would get.
    known = HANDLE in who.permissions
    reporter = intake.reporter_words(
        it["door"], it["sealed"] or not known, it["reporter_name"] if known else ""
    )
    if not known:
        own_words = self_check(it["marks"])
        it = {**it, "account": redacting.fully_redacted(it["account"], own_words)}
        for each in notes:
            if each["side"] == "reporter":
                each["text"] = redacting.fully_redacted(each["text"], own_words)
    return View(
        it=it,
        chip=flow.STATES[it["state"]],
        reporter=reporter,
        known=known,
        contact=contact_of(it["contact"]) if known else {},
        media=await queries.media_of(it_id) if known else [],
        copies=copies,
        notes=notes,
        story=_story(await history(ref(it_id)), reporter),
        hold=await hold(ref(it_id), who),
        due=due,
        merged=await queries.merged_into(it_id),
        into=into,
        similar=alike,
        opening=await opening_about("complaints.complaint", it_id) if it["sealed"] else None,
        cannot={
            "accept": flow.why_not_accept(stands),
            "push": flow.why_not_push(stands),
            "transfer": flow.why_not_transfer(stands),
            "reject": flow.why_not_reject(stands),
            "tell": flow.why_not_tell(stands),
            "identify": flow.why_not_identify(stands, target=it["target"], scanned=it["scanned"]),
            "supervise": flow.why_not_supervise(stands, proposed=it["proposed_at"] is not None),
        },
        said_at=clock.told_by_phone(it["said_at"]),
        how_told=intake.how_told(
            it["door"],
            sealed=it["sealed"],
            phone=bool(known and contact_of(it["contact"]).get("phone")),
        ),
    )


# --- the reporter's ----------------------------------------------------------------------------


@dataclass
class Thread:
    """One of his own, as the reporter reads it: plain words, no names of the office's people."""

    it: dict[str, Any]
    now: dict[str, Any]
    words: str
    chip: tuple[str, str]
    verdict: str
    """核查结论, once he was told; empty before."""
    steps: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    media: list[dict[str, Any]]
    due: dict[str, Any] | None
    proof: str
    closed: bool
    news: bool
    """Whether something happened since he looked last."""


async def for_reporter(found: dict[str, Any]) -> Thread:
    """The thread of a complaint its reporter was recognised for; inside a transaction or a reading of ``OWN``."""
    thread = await queries.thread_of(found["id"])
    now = thread["chain"][-1]
    clocks = [each["clock"] for each in thread["pushes"] if each["state"] == "open"]
    own = clocks[-1] if clocks else now["clock"]
    due = (
        await due_of(await clock_by_id(own))
        if own and now["state"] in (flow.PUSHED, flow.MERGED)
        else None
    )
    return Thread(
        it=found,
        now=now,
        words=flow.reporter_words(
            now["state"],
            late=now["late"],
            organ=now["organ_name"] if len(thread["chain"]) > 1 else "",
        ),
        chip=flow.STATES[now["state"]],
        verdict=FOUNDED.get(now["founded"], "") if now["state"] == flow.TOLD else "",
        steps=_steps(found, thread),
        notes=thread["notes"],
        media=thread["media"],
        due=due,
        proof=thread["chain"][0]["proof"],
        closed=now["state"] in (flow.TOLD, flow.REJECTED, flow.ERASED),
        news=any(each["news"] for each in thread["chain"]),
    )


async def note_seen(view: Thread) -> None:
    """The reporter has looked: what was news to him is none any more. Outside of any reading."""
    if view.news:
        async with transaction(Scope.platform("the reporter has looked at the news")):
            await execute(
                "update complaints_complaint set news = false where (id = $1 or origin = $1)"
                " and news",
                view.it["id"],
            )


def _steps(found: Mapping[str, Any], thread: Mapping[str, Any]) -> list[dict[str, Any]]:
    moments: list[tuple[datetime, str, str]] = [(found["filed_at"], "message-report", "已提交")]
    for each in thread["chain"]:
        organ = each["organ_name"] or "司法行政机关"
        if each["state"] == flow.TRANSFERRED and each["handled_at"]:
            moments.append(
                (each["handled_at"], "arrows-exchange", f"{organ}移交{each['referral_to']}")
            )
        if each["told_at"]:
            # Once erased, the state says no more which it was; a result has a verdict.
            refused = each["state"] == flow.REJECTED or (
                each["state"] == flow.ERASED and not each["founded"]
            )
            word = "不予受理" if refused else "告知结果"
            moments.append((each["told_at"], "circle-check", f"{organ}{word}"))
    for each in thread["pushes"]:
        moments.append((each["pushed_at"], "send", f"推送{each['organisation_name']}"))
        if each["answered_at"]:
            moments.append((each["answered_at"], "message-reply", "单位已反馈"))
    steps, day = [], ""
    for at, icon, title in sorted(moments, reverse=True):
        moment = clock.local(at)
        today = f"{moment.month}月{moment.day}日"
        steps.append(
            {
                "day": today if today != day else "",
                "icon": icon,
                "title": title,
                "note": f"{moment:%H:%M}",
            }
        )
        day = today
    return steps


def _file(body: bytes, name: str, kind: str) -> Response:
    return Response(
        body,
        media_type=kind,
        headers={
            "Content-Disposition": f"attachment; filename=\"receipt\"; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        },
    )


def receipt_file(found: Mapping[str, Any]) -> Response:
    """The signed receipt, with the words that say how to check it."""
    if not found["proof"]:
        return _file("回执还在签名，请过一会儿再下载。\n".encode(), "回执.txt", "text/plain")
    at = clock.local(found["filed_at"])
    lines = [
        f"投诉举报签名回执　{found['number']}",
        f"收到时间：{at:%Y-%m-%d %H:%M:%S}",
        f"内容摘要（SHA-256）：{found['digest']}",
        "",
        "下面一段是签名。它不含举报内容，任何人都可以在平台“核验回执”页粘贴核验，",
        "也可以离线核验：jiandu receipt verify 本文件 --key 公钥文件",
        "",
        found["proof"],
        "",
    ]
    return _file("\n".join(lines).encode(), f"{found['number']}回执.txt", "text/plain")


def content_file(found: Mapping[str, Any], thread: Mapping[str, Any]) -> Response:
    """What the digest covers, with its salt: whoever holds it can prove what was filed."""
    content = receipts.content_of(found, [each["sha256"] for each in thread["media"]])
    body = msgspec.json.encode(
        {"number": found["number"], "salt": found["salt"], "content": content}
    )
    return _file(
        msgspec.json.format(body, indent=2), f"{found['number']}内容.json", "application/json"
    )
