# SPDX-License-Identifier: Apache-2.0
"""编辑和审核: a version is written by one and published by another (四眼)."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, row, scope_conditions, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.jobs import enqueue
from core.api.turns import close_turn, hand_turn
from plugins.library import facts
from plugins.library.forms import RepealForm, VersionForm
from plugins.library.rules import NOT_FOUND, RANKS, REVIEW
from plugins.library.rules.dating import Told, names_of
from plugins.library.rules.parsing import parse
from plugins.library.rules.timeline import Change, faults_of_dates
from plugins.library.services.base import (
    LAW,
    VERSION,
    keeper_of,
    law_row,
    place_of,
    ref,
)
from plugins.library.services.importing import Source, make_law, make_version, read_source
from plugins.library.services.publishing import (
    Published,
    editions_of,
    publish_version,
    renew_spans,
    tell_changes,
)

ELSEWHERE = "这部法规由别的地区的机关维护，这里只能查看。"


async def own_version(who: Visitor, version: int, *, lock: bool = False) -> dict[str, Any]:
    """A version kept by an office of one's own scope; ``NotFound`` otherwise."""
    sql, args = scope_conditions(who.scope, "v", 2)
    found = await row(
        "select v.*, l.title, l.kind, l.issuer, l.region_name from library_version v"
        f" join library_law l on l.id = v.law where v.id = $1 and {sql}"
        + (" for update of v" if lock else ""),
        version,
        *args,
    )
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


async def kept_version(who: Visitor, version: int) -> dict[str, Any]:
    """A version to be worked on: an office above may read it, only its keeper writes."""
    found = await own_version(who, version, lock=True)
    if not keeps(who, found):
        raise Refused(ELSEWHERE)
    return found


def keeps(who: Visitor, found: Mapping[str, Any]) -> bool:
    """Whether what is kept belongs to the visitor's own region, no part of it and none above."""
    return bool(who.region.id) and found["region_lo"] == who.region.lo


async def begin_version(who: Visitor, name: str, content: bytes, law: int = 0) -> int:
    """A draft from a file or from typed text; for a law that is kept, its next version."""
    keeper = await keeper_of(who)
    source = read_source(name, content)
    if not source.parsed.nodes:
        raise Invalid({"file": "没有读到任何条文，请核对文件。"})
    if law:
        kept = await law_row(law)
        if kept["region_lo"] != keeper.place.region_lo:
            raise Refused("这部法规由别的机关维护，不能在这里修改。")
        if kept["repealed_on"]:
            raise Refused("这部法规已经废止，不能再修改。")
    else:
        if not source.parsed.title:
            raise Invalid({"file": "没有读到标题，第一行请写法规名称。"})
        found = await row(
            "select id from library_law where title = $1 and region_lo = $2",
            source.parsed.title,
            keeper.place.region_lo,
        )
        law = (
            found["id"]
            if found
            else await make_law(source.parsed.title, _local(source, who), keeper)
        )
    return await make_version(law, source, keeper)


def _local(source: Source, who: Visitor) -> Told:
    """What a county keeps is by default for the county: a document of its own."""
    told = source.told
    if told.kind == "normative" and not told.region:
        return Told(
            told.kind,
            told.issuer,
            told.number,
            who.region.name,
            told.promulgated_on,
            told.effective_from,
            told.expires_on,
            told.doubts,
        )
    return told


def read_days(typed: str, field: str) -> dict[str, date]:
    """``第十条 2027-01-01``, one a line, as keys and days."""
    from plugins.library.rules.citing import citations_in

    found: dict[str, date] = {}
    for number, line in enumerate(typed.splitlines(), 1):
        words = line.replace("：", " ").replace(":", " ").strip()
        if not words:
            continue
        place, _, day = words.rpartition(" ")
        cited = citations_in(place)
        try:
            when = date.fromisoformat(day)
        except ValueError:
            cited = []
        if len(cited) != 1:
            raise Invalid({field: f"第 {number} 行读不懂，请写成“第十条 2027-01-01”。"})
        for key in cited[0].keys:
            found[key] = when
    return found


async def save_version(who: Visitor, version: int, form: VersionForm) -> list[str]:
    """Keep what was typed into a draft; the remaining doubts about its text are returned."""
    found = await kept_version(who, version)
    if found["state"] != "draft":
        raise Refused("已经送审或发布的版本不能再改。")
    if form.revision != found["revision"]:
        raise Conflict("这份草稿刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
    title = "".join(form.title.split())
    parsed = parse(form.text, title=title)
    starts, stops = read_days(form.starts, "starts"), read_days(form.stops, "stops")
    editions = await editions_of(found["law"])
    known = [key for _row, each in editions for key in each.texts]
    wrong = faults_of_dates(
        form.effective_from,
        starts,
        stops,
        form.expires_on,
        [each.key for each in parsed.nodes],
        known,
    )
    if wrong:
        raise Invalid({"starts": "".join(wrong)})
    if form.effective_from < form.promulgated_on:
        raise Invalid({"effective_from": "施行日期不能早于公布日期。"})
    if not parsed.nodes:
        raise Invalid({"text": "没有读到任何条文。"})
    if editions and title != found["title"]:
        raise Invalid({"title": "已经有发布的版本，名称不能再改；更名的法规请作为新的一部录入。"})
    report = [
        {"line": each.line, "text": each.text, "serious": each.serious} for each in parsed.faults
    ]
    await execute(
        """update library_version set name = $2, document_number = $3, promulgated_on = $4,
             effective_from = $5, effective_sure = true, expires_on = $6, starts = $7,
             stops = $8, excerpt = $9, text = $10, report = $11, digest = $12,
             revision = revision + 1, saved_at = $13 where id = $1""",
        version,
        form.name.strip(),
        form.document_number.strip(),
        form.promulgated_on,
        form.effective_from,
        form.expires_on,
        _json(starts),
        _json(stops),
        form.excerpt,
        form.text,
        report,
        sha256(form.text.encode()).hexdigest(),
        clock.now(),
    )
    if not editions:
        await execute(
            """update library_law set title = $2, names = $3, kind = $4, rank = $5, issuer = $6
               where id = $1""",
            found["law"],
            title,
            names_of(title),
            form.kind,
            RANKS[form.kind],
            form.issuer.strip(),
        )
    return [str(each["text"]) for each in report if each["serious"]]


def _json(found: Mapping[str, date]) -> dict[str, str]:
    return {key: day.isoformat() for key, day in sorted(found.items())}


async def submit_version(who: Visitor, version: int) -> None:
    """送审: the draft stands still until the reviewer has spoken."""
    found = await kept_version(who, version)
    if found["state"] != "draft":
        raise Refused("这一版已经送审。")
    await execute(
        "update library_version set state = 'review', returned = '', drafted_by = $2,"
        " drafted_by_name = $3 where id = $1",
        version,
        who.user_id,
        who.name,
    )
    await record(
        "library.submitted",
        ref(VERSION, version),
        facts.DraftMoved(found["law"], version, found["title"]),
        place_of(found),
    )
    await hand_turn(
        ref(VERSION, version),
        title=f"审核《{found['title']}》{found['name']}",
        subline=f"{who.name}送审",
        step_title="审核法规文本",
        path=f"/library/versions/{version}",
        holder_org=found["org_lo"],
        permission=REVIEW,
        place=place_of(found),
    )


def may_review(who: Visitor, found: Mapping[str, Any]) -> str:
    """Why this person does not review this draft; empty when he may."""
    if not keeps(who, found):
        return ELSEWHERE
    if found["state"] != "review":
        return "这一版没有送审。"
    if found["drafted_by"] == who.user_id:
        return "送审人不能审核自己的稿子。"
    return ""


async def return_version(who: Visitor, version: int, reason: str) -> None:
    """退回: with what has to be put right."""
    found = await own_version(who, version, lock=True)
    if why := may_review(who, found):
        raise Refused(why)
    await execute(
        "update library_version set state = 'draft', returned = $2, revision = revision + 1"
        " where id = $1",
        version,
        reason.strip(),
    )
    await record(
        "library.returned",
        ref(VERSION, version),
        facts.DraftMoved(found["law"], version, found["title"], reason.strip()),
        place_of(found),
    )
    await close_turn(ref(VERSION, version))


async def approve_version(who: Visitor, version: int) -> Published:
    """审核通过并发布."""
    found = await own_version(who, version, lock=True)
    if why := may_review(who, found):
        raise Refused(why)
    published = await publish_version(version, reviewer=who.name)
    await close_turn(ref(VERSION, version))
    return published


async def discard_version(who: Visitor, version: int) -> None:
    """Throw a draft away; a law that never had a version goes with it."""
    found = await kept_version(who, version)
    if found["state"] != "draft":
        raise Refused("已经送审或发布的版本不能丢弃。")
    await execute("delete from library_version where id = $1", version)
    others = await value("select count(*) from library_version where law = $1", found["law"])
    if not others:
        await execute("delete from library_law where id = $1", found["law"])


async def repeal_law(who: Visitor, law: int, form: RepealForm) -> None:
    """登记废止: from that day no article is in force, and whoever leans on it is told."""
    sql, args = scope_conditions(who.scope, "l", 2)
    found = await row(
        f"select * from library_law l where l.id = $1 and l.published and {sql} for update",
        law,
        *args,
    )
    if found is None or not keeps(who, found):
        raise NotFound(NOT_FOUND)
    if found["repealed_on"]:
        raise Refused("这部法规已经登记废止。")
    await execute(
        "update library_law set repealed_on = $2, repeal_note = $3 where id = $1",
        law,
        form.repealed_on,
        form.note.strip(),
    )
    editions = await editions_of(law)
    await renew_spans(law, form.repealed_on)
    place = place_of(found)
    await record(
        "library.repealed",
        ref(LAW, law),
        facts.LawRepealed(law, found["title"], form.repealed_on, form.note.strip()),
        place,
    )
    newest, last = editions[-1]
    gone = [Change(key, "repealed", form.repealed_on) for key in last.texts if key.startswith("a")]
    await tell_changes(found, newest["id"], gone)
    await enqueue(
        "library.impact",
        {"law": law, "version": newest["id"], "repealed": True},
        key=f"library.impact:repeal:{law}",
        place=place,
    )
