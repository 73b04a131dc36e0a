# SPDX-License-Identifier: Apache-2.0
"""推送: a redacted copy for the body, its clock, and the looks it must pass before it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.api import clock
from core.api.db import Place, execute, retried, row, rows, transaction, value
from core.api.deadlines import (
    Limit,
    extend_clock,
    pause_clock,
    resume_clock,
    start_clock,
    stop_clock,
)
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, open_, receive
from core.api.people import OrganisationRow, organisation
from core.api.regions import REGIONS
from core.api.settings import settings_of
from core.api.turns import close_turn
from plugins.complaints import facts, queries
from plugins.complaints.rules import flow, redacting, routing
from plugins.complaints.rules.intake import PRAISE, outside_words
from plugins.complaints.services.matters import (
    Actor,
    ComplaintSettings,
    bureau_rests,
    change,
    copy_ref,
    give_body,
    give_bureau,
    handled,
    place_of,
    ref,
    refuse,
    register,
    standing,
    take,
    tell_body,
    tell_bureau,
    tell_reporter,
)
from plugins.complaints.services.media import keep_media
from plugins.complaints.services.reporters import self_check

CLOCK = "feedback"


@dataclass(frozen=True)
class Draft:
    """What is about to go: the text, what is still in it, and the attachments to choose from."""

    text: str
    leaks: list[redacting.Leak]
    media: list[dict[str, Any]]

    @property
    def clean(self) -> bool:
        return not any(leak.must for leak in self.leaks)


async def draft_copy(it: Mapping[str, Any], text: str | None = None) -> Draft:
    """The redacted text, or the handler's own, with what the check still finds in it."""
    check = self_check(it["marks"])
    if text is None:
        text = redacting.redacted(it["account"], check)
    found = redacting.leaks(text, check)
    if it["sealed"]:
        found = redacting.unsaid(found, it["account"])
    return Draft(text, found, await queries.media_of(it["id"]))


async def clean_files(
    who: Actor, complaint: int, chosen: Sequence[int], *, looked: bool
) -> list[Received]:
    """New files from the clean copies of the chosen attachments; outside the act's transaction.

    The copy's bytes become the original of a new file, under a name of ours: what the camera
    wrote and what the sender called it stay behind, and the numbers tell nothing.
    """
    if not chosen:
        return []
    async with transaction(who.scope):
        if await queries.find(complaint, who.scope) is None:
            raise NotFound("没有找到这件投诉举报，或者不在你的管理范围内。")
        media = await queries.media_of(complaint)
        known = [redacting.Medium(m["id"], m["kind"], m["clean"]) for m in media]
        if reasons := redacting.media_leaks(known, chosen, looked=looked):
            raise Invalid({"media": reasons[0]})
        opened = [(m, await open_(m["file"])) for m in media if m["id"] in chosen]
    made = []
    for n, (each, source) in enumerate(opened, 1):
        content = await source.read()
        if found := redacting.metadata_in(content):
            raise Invalid({"media": f"附件 {n} 里还有{'、'.join(found)}，不能附给单位。"})
        ending = {"image/png": "png", "image/jpeg": "jpg"}.get(
            source.media_type, each["name"].rpartition(".")[2][:6] or "bin"
        )
        name = f"附件{n}.{ending}"
        made.append(await receive(content, name, kinds=(each["kind"],), field="media"))
    return made


@retried
async def push(
    who: Actor,
    complaint: int,
    text: str,
    *,
    demand: str = "",
    chosen: Sequence[int] = (),
    looked: bool = False,
    checked: bool = False,
) -> int:
    """推送, or 转达 of a praise: the copy, the body's clock and turn; the copy's id."""
    text = text.strip()
    files = await clean_files(who, complaint, chosen, looked=looked)
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_push(standing(it)))
        if len(text) < 5:
            raise Invalid({"text": "副本的内容不能为空。"})
        found = redacting.leaks(text, self_check(it["marks"]))
        if it["sealed"]:
            found = redacting.unsaid(found, it["account"])
        if stay := [leak for leak in found if leak.must]:
            words = "、".join(dict.fromkeys(f"{leak.words}“{leak.text}”" for leak in stay))
            raise Invalid({"text": f"副本里还有{words}，会让单位认出举报人，请隐去。"})
        if found and not checked:
            raise Invalid({"checked": "有几处可能认出举报人，请看过后勾选“已核对”。"})
        refuse_leaks(it, "demand", demand)
        return await _send(it, text, files, demand.strip(), by=who.name, more=handled(who, it))


def why_elsewhere(it: Mapping[str, Any], body: OrganisationRow) -> list[str]:
    """Why a body is not this bureau's to ask; empty when it is."""
    lo = it["region_lo"]
    above, last = REGIONS.ancestors(lo), REGIONS.interval(lo).hi
    return routing.why_not_ours(lo, above, last, body.region_lo, body.name)


def refuse_leaks(it: Mapping[str, Any], field: str, text: str) -> None:
    """Whatever else the body reads passes the same check as the copy: demands, reasons, remarks."""
    found = [leak for leak in redacting.leaks(text, self_check(it["marks"])) if leak.must]
    if found:
        raise Invalid({field: f"这句话里有{found[0].words}，会让单位认出举报人。"})


async def push_at_once(it: Mapping[str, Any], settings: ComplaintSettings) -> int | None:
    """The public's complaint goes to the body at once, as a copy with everything doubtful hidden.

    Without attachments: a machine cannot tell whose face or voice it is. The bureau may add them.
    """
    check = self_check(it["marks"])
    text = redacting.fully_redacted(it["account"], check)
    if any(leak.must for leak in redacting.leaks(text, check)):
        return None
    return await _send(it, text, [], "", by="", more={"handled_at": clock.now()}, settings=settings)


async def _send(
    it: Mapping[str, Any],
    text: str,
    files: Sequence[Received],
    demand: str,
    *,
    by: str,
    more: Mapping[str, Any],
    settings: ComplaintSettings | None = None,
) -> int:
    body = await organisation(it["body"])
    if body is None or body.valid_to is not None:
        raise Refused("这个单位已经撤销，请重新匹配主体，或者移交。")
    refuse(why_elsewhere(it, body))
    settings = settings or await settings_of(ComplaintSettings, it["region_lo"])
    organ = await organisation(it["organ"]) if it["organ"] else None
    praise = it["kind"] == PRAISE
    now, place = clock.now(), Place(body.region_lo, body.lo)
    async with transaction(register()):
        await _close_old(it)
        copy: int = await value(
            "insert into complaints_copy (complaint, number, kind, target, enforcement_type,"
            " organisation, organisation_name, officer, officer_name, organ_lo, organ_name,"
            " home_lo, reporter_words, text, happened_on, state, automatic, pushed_at,"
            " pushed_by_name, demand, late, answer, measures, founded, answered_by_name,"
            " region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
            " $14, $15, $16, $17, $18, $19, $20, false, '', '', '', '', $21, $22) returning id",
            it["id"],
            it["number"],
            it["kind"],
            it["target"],
            it["enforcement_type"],
            body.id,
            body.name,
            it["officer"],
            it["officer_name"],
            it["org_lo"],
            organ.name if organ else "",
            it["region_lo"],
            outside_words(it["door"]),
            text,
            it["happened_on"],
            "informed" if praise else "open",
            not by,
            now,
            by,
            demand,
            place.region_lo,
            place.org_lo,
        )
        await keep_media(it["id"], files, place, sealed=True, copy=copy)
        due = ""
        if not praise:
            # 30 natural days from delivery (S3-19, S3-20), not from filing.
            mine = await start_clock(
                copy_ref(copy),
                CLOCK,
                f"{it['number']}送达单位",
                Limit(settings.feedback_days, "calendar"),
                place,
                started_at=now,
                max_extensions=1,
            )
            await execute("update complaints_copy set clock = $2 where id = $1", copy, mine.id)
            due = mine.due_at.isoformat()
        made = await row("select * from complaints_copy where id = $1", copy)
        assert made is not None
        await change(
            it["id"],
            state=flow.TOLD if praise else flow.PUSHED,
            late=False,
            **({"closed_at": now, "told_at": now, "result": PASSED_ON} if praise else {}),
            **more,
        )
        await record(
            "complaints.copy_delivered",
            copy_ref(copy),
            facts.Delivered(copy, it["number"], outside_words(it["door"]), due),
            place,
        )
        if praise:
            await record(
                "complaints.praised",
                ref(it["id"]),
                facts.Praised(it["id"], it["number"], body.id, it["officer"]),
                place_of(it),
            )
            for each in await queries.merged_into(it["id"]):
                await _praised_along(each, now)
        else:
            await record(
                "complaints.pushed",
                ref(it["id"]),
                facts.Pushed(
                    it["id"], it["number"], copy, body.id, body.name, it["officer"], due, not by
                ),
                place_of(it),
            )
            await give_body(made)
            for each in await queries.merged_into(it["id"]):
                if each["clock"] is None:
                    await change(each["id"], clock=await start_own_clock(each))
        await bureau_rests(it)
        await tell_body("complaints.praise_received" if praise else "complaints.pushed", made)
        await tell_reporter(it, "complaints.progress", "已转达" if praise else f"已推送{body.name}")
    return copy


PASSED_ON = "已转达有关单位和本人。"


async def _praised_along(it: Mapping[str, Any], now: datetime) -> None:
    """A praise of the same deed counts by itself, and whoever gave it is told as well."""
    await change(it["id"], state=flow.TOLD, closed_at=now, told_at=now, result=PASSED_ON)
    await record(
        "complaints.praised",
        ref(it["id"]),
        facts.Praised(it["id"], it["number"], it["body"], it["officer"]),
        place_of(it),
    )
    await tell_reporter(it, "complaints.progress", "已转达")


async def start_own_clock(it: Mapping[str, Any]) -> int:
    """A date of its own for a complaint that goes along with another one already pushed (C1-17)."""
    settings = await settings_of(ComplaintSettings, it["region_lo"])
    limit = Limit(settings.feedback_days, "calendar")
    mine = await start_clock(
        ref(it["id"]), CLOCK, f"{it['number']}并案", limit, place_of(it), max_extensions=1
    )
    return mine.id


async def _close_old(it: Mapping[str, Any]) -> None:
    """A second push replaces the first: its clock no longer asks for an answer."""
    for old in await rows(
        "select id, clock from complaints_copy where complaint = $1 and state = 'open'", it["id"]
    ):
        await end_copy(old["id"], old["clock"])


async def end_copy(copy: int, clock_id: int | None) -> None:
    """The body need not answer any more."""
    await execute("update complaints_copy set state = 'closed' where id = $1", copy)
    if clock_id:
        await stop_clock(clock_id)
    await close_turn(copy_ref(copy))


async def end_merged(it: Mapping[str, Any]) -> None:
    """What a merged one still waited for has come: its own date, and the copy it came from."""
    async with transaction(register()):
        await execute(
            "update complaints_copy set state = 'closed' where state = 'merged' and complaint in"
            " (select id from complaints_complaint where id = $1 or id = $2 or origin = $2)",
            it["id"],
            it["origin"] or it["id"],
        )
        if it["clock"]:
            await stop_clock(it["clock"])


# --- the clock ---------------------------------------------------------------------------------


async def _open_copy(it: Mapping[str, Any]) -> dict[str, Any]:
    found = await row(
        "select * from complaints_copy where complaint = $1 and state = 'open' for update", it["id"]
    )
    if found is None or found["clock"] is None:
        raise Refused("没有正在计时的推送。")
    return found


@retried
async def extend(who: Actor, complaint: int, days: int, reason: str, approver: str) -> None:
    """延期: more days, counted and approved; another act than pausing (C1-09)."""
    async with transaction(who.scope):
        it = await take(who, complaint)
        settings = await settings_of(ComplaintSettings, it["region_lo"])
        if days > settings.extension_days:
            raise Invalid({"days": f"一次延期最多 {settings.extension_days} 天。"})
        _approved(who, approver)
        refuse_leaks(it, "reason", reason)
        async with transaction(register()):
            copy = await _open_copy(it)
            await extend_clock(copy["clock"], Limit(days, "calendar"), reason, approver)
            await execute("update complaints_copy set reminded = null where id = $1", copy["id"])
            await change(complaint)
            await _told(it, copy, "complaints.extended", f"延长 {days} 天：{reason}")


@retried
async def pause(who: Actor, complaint: int, reason: str, approver: str) -> None:
    """中止计时: nothing is counted until it is resumed."""
    async with transaction(who.scope):
        it = await take(who, complaint)
        _approved(who, approver)
        refuse_leaks(it, "reason", reason)
        async with transaction(register()):
            copy = await _open_copy(it)
            await pause_clock(copy["clock"], reason, approver)
            await change(complaint)
            await _told(it, copy, "complaints.paused", f"中止计时：{reason}")


@retried
async def resume(who: Actor, complaint: int) -> None:
    """恢复计时."""
    async with transaction(who.scope):
        it = await take(who, complaint)
        async with transaction(register()):
            copy = await _open_copy(it)
            await resume_clock(copy["clock"])
            await execute("update complaints_copy set reminded = null where id = $1", copy["id"])
            await change(complaint)
            await _told(it, copy, "complaints.resumed", "恢复计时")


def _approved(who: Actor, approver: str) -> None:
    if approver.strip() == who.name:
        raise Invalid({"approver": "批准人须是另一个人。"})


async def _told(it: Mapping[str, Any], copy: Mapping[str, Any], kind: str, words: str) -> None:
    await record(kind, ref(it["id"]), facts.Acted(it["id"], it["number"], words), place_of(it))
    await tell_body("complaints.clock_changed", copy, words)


async def silence(copy: int, clock_id: int, *, provisional: bool) -> None:
    """The body's date passed without an answer: the bureau's turn, and its lamp."""
    if provisional:
        return
    found = await row("select * from complaints_copy where id = $1 for update", copy)
    if found is None or found["clock"] != clock_id or found["late"]:
        return
    if found["state"] == "merged":
        # The body answers in the other one; the date of this reporter goes on.
        await silence_of_merged(found["complaint"], clock_id, provisional=False)
        return
    if found["state"] != "open":
        return
    await execute("update complaints_copy set late = true where id = $1", copy)
    await execute(
        "update complaints_complaint set late = true, news = true where id = $1 and state = $2",
        found["complaint"],
        flow.PUSHED,
    )
    it = await row("select * from complaints_complaint where id = $1", found["complaint"])
    if it is None:
        return
    await record(
        "complaints.overdue",
        ref(it["id"]),
        facts.Acted(it["id"], it["number"], found["organisation_name"]),
        place_of(it),
    )
    await give_bureau(it, "单位逾期未反馈，请督促", lamp="red")


async def silence_of_merged(complaint: int, clock_id: int, *, provisional: bool) -> None:
    """The date of one that goes along with another passed: its reporter waits no longer (C1-17).

    The turn is the bureau's, on the complaint in which both are handled.
    """
    if provisional:
        return
    it = await row(
        "select * from complaints_complaint where (id = $1 or origin = (select"
        " coalesce(nullif(origin, 0), id) from complaints_complaint where id = $1))"
        " and state = $2 and clock = $3 and not late for update",
        complaint,
        flow.MERGED,
        clock_id,
    )
    if it is None:
        return
    await execute(
        "update complaints_complaint set late = true, news = true where id = $1", it["id"]
    )
    into = await row("select * from complaints_complaint where id = $1", it["merged_to"])
    await record(
        "complaints.overdue",
        ref(it["id"]),
        facts.Acted(it["id"], it["number"], it["body_name"]),
        place_of(it),
    )
    if into is not None and into["state"] in flow.OPEN:
        step = f"并案的{it['number']}期限已过，请督促"
        await give_bureau(into, step, lamp="red")
        await tell_bureau("complaints.reminder", into, step)
