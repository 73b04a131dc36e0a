# SPDX-License-Identifier: Apache-2.0
"""征集稿: written, opened, put on in versions, prolonged, closed, finished (C2-01, C2-03)."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.audience import audience
from core.api.db import Place, current_scope, execute, execute_many, json, row, rows, value
from core.api.deadlines import Limit, clocks_of, start_clock, stop_clock
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.richtext import taken, words_of
from core.api.settings import settings_of
from core.api.turns import close_turn, hand_turn
from plugins.opinions import facts, queries
from plugins.opinions.forms import DraftForm, ExtendForm
from plugins.opinions.rules import MANAGE, articles, flow
from plugins.opinions.services.base import (
    DRAFT,
    OpinionSettings,
    aimed_at,
    articles_in,
    change_draft,
    digest_of,
    office_of,
    own_draft,
    place_of,
    ref,
)

AT_ONCE = 500
"""Persons told in one piece."""
NOBODY = (1, 0)
"""The audience of a draft: an empty interval."""
UNTITLED = "（未写标题）"
ANSWERING = "opinions.answer"

INSERT = """
insert into opinions_draft (title, about, body, changes, readers, region, region_name, organ,
  organ_name, state, opens_on, closes_on, current, highest, received, version, drafted_by, summary,
  sort_at, region_lo, org_lo, aud_lo, aud_hi)
values ($1, $2, $3, '', $4, $5, $6, $7, $8, 'draft', $9, $10, 0, 0, 0, 1, $11, '', $12, $13, $14,
  $15, $16)
returning id
"""


async def save_draft(who: Visitor, form: DraftForm, *, draft: int = 0) -> int:
    """Keep what is written, new or changed; nobody else sees it.

    Once opinions are being asked, only the text of the next version can still be changed.
    """
    office = await office_of(who)
    body = taken(form.body, rich=form.body_rich)
    title = form.title.strip()
    if not draft and not title and not body:
        raise Invalid({"title": "标题和稿子都还空着，先写一点再保存。"})
    if len(title) > flow.TITLE_MOST:
        raise Invalid({"title": f"标题最多 {flow.TITLE_MOST} 个字，现在 {len(title)} 个。"})
    if len(articles.split(words_of(body))) > articles.MOST_ARTICLES:
        raise Invalid({"body": f"稿子太长，最多 {articles.MOST_ARTICLES} 条（段）。"})
    target = await aimed_at(who, form.region)
    if not draft:
        made = int(
            await value(
                INSERT,
                title or UNTITLED,
                form.about.strip(),
                body,
                form.readers,
                target.id,
                target.name,
                office.id,
                office.name,
                form.opens_on,
                form.closes_on,
                who.user_id,
                clock.now(),
                who.region.lo,
                office.lo,
                *NOBODY,
            )
        )
        await record(
            "opinions.drafted",
            ref(DRAFT, made),
            facts.Stepped(made, title or UNTITLED, 0),
            Place(who.region.lo, office.lo),
        )
        return made
    found = await own_draft(who, draft)
    if found["state"] not in ("draft", "open", "closed"):
        raise Refused("答复已经结束，稿子不能再改。")
    if form.version and form.version != found["version"]:
        raise Conflict("这份稿子刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
    changed: dict[str, Any] = {"body": body, "version": found["version"] + 1}
    if found["state"] == "draft":
        changed |= {
            "title": title or UNTITLED,
            "about": form.about.strip(),
            "readers": form.readers,
            "region": target.id,
            "region_name": target.name,
            "opens_on": form.opens_on,
            "closes_on": form.closes_on,
        }
    else:
        changed["changes"] = form.changes.strip()
    await change_draft(draft, **changed)
    return draft


async def discard(who: Visitor, draft: int) -> None:
    """Throw a draft away that nobody has ever seen."""
    found = await own_draft(who, draft)
    if found["state"] != "draft":
        raise Refused("已经开始征集的稿子不能丢弃。")
    await execute("delete from opinions_draft where id = $1", draft)
    await record(
        "opinions.discarded",
        ref(DRAFT, draft),
        facts.Stepped(draft, found["title"], 0),
        place_of(found),
    )


async def _write_version(
    who: Visitor, found: Mapping[str, Any], before: tuple[articles.Article, ...], changes: str
) -> tuple[int, tuple[articles.Article, ...], str]:
    words = words_of(found["body"])
    made, highest = articles.follow(articles.split(words), before, found["highest"])
    number, now = found["current"] + 1, clock.now()
    await execute(
        """insert into opinions_version (draft, number, body, structured, articles, changes,
             published_at, published_by_name, region_lo, org_lo, aud_lo, aud_hi)
           values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12)""",
        found["id"],
        number,
        found["body"],
        articles.is_structured(words),
        json([each.plain() for each in made]),
        changes,
        now,
        who.name,
        found["region_lo"],
        found["org_lo"],
        found["aud_lo"],
        found["aud_hi"],
    )
    await change_draft(
        found["id"], current=number, highest=highest, changes="", version=found["version"] + 1
    )
    return number, made, digest_of(found["title"], words)


async def open_draft(who: Visitor, draft: int) -> None:
    """Ask: from now on the audience sees it; opinions are taken from the first day on."""
    found = await own_draft(who, draft)
    if found["state"] != "draft":
        raise Refused("这份稿子已经开始征集。")
    title = "" if found["title"] == UNTITLED else found["title"]
    if wrong := flow.faults_of_opening(
        title, words_of(found["body"]), found["opens_on"], found["closes_on"], clock.today()
    ):
        raise Invalid(wrong)
    target = await aimed_at(who, found["region"])
    found |= {"aud_lo": target.lo, "aud_hi": target.hi}
    await change_draft(
        draft,
        state="open",
        opened_at=clock.now(),
        aud_lo=target.lo,
        aud_hi=target.hi,
        region_name=target.name,
    )
    _, _, digest = await _write_version(who, found, (), "")
    await record(
        "opinions.opened",
        ref(DRAFT, draft),
        facts.Opened(
            draft,
            title,
            found["readers"],
            target.id,
            found["opens_on"].isoformat(),
            found["closes_on"].isoformat(),
            digest,
        ),
        place_of(found),
    )
    await enqueue(
        "opinions.tell",
        {"draft": draft, "after": 0},
        key=f"opinions.tell:{draft}:0",
        place=place_of(found),
    )


async def tell(payload: Mapping[str, Any]) -> None:
    """One piece of the audience gets its message; the next piece is a job of its own."""
    found = await row("select * from opinions_draft where id = $1", payload["draft"])
    if found is None or found["state"] != "open":
        return
    persons = await audience(
        found["aud_lo"], found["aud_hi"], found["readers"], int(payload["after"]), AT_ONCE
    )
    if not persons:
        return
    await notify(
        "opinions.opened",
        persons,
        ref(DRAFT, found["id"]),
        {
            "title": found["title"],
            "organ": found["organ_name"],
            "until": f"{found['closes_on'].month}月{found['closes_on'].day}日",
        },
        place_of(found),
    )
    if len(persons) == AT_ONCE:
        await enqueue(
            "opinions.tell",
            {"draft": found["id"], "after": persons[-1]},
            key=f"opinions.tell:{found['id']}:{persons[-1]}",
            place=place_of(found),
        )


async def publish_version(who: Visitor, draft: int) -> int:
    """Show the next version; opinions stay with their articles or are marked (C2-04)."""
    found = await own_draft(who, draft)
    if found["state"] not in ("open", "closed"):
        raise Refused("征集以后、答复结束以前才能发布新的一版。")
    if not words_of(found["body"]):
        raise Invalid({"body": "请写稿子。"})
    last = await queries.version_of(draft, found["current"])
    before = articles_in(last)
    if last is not None and last["body"] == found["body"]:
        raise Invalid({"body": "和现在的一版一字不差，不用再发布。"})
    if not found["changes"].strip():
        raise Invalid({"changes": "请用一句话说明这一版改了什么。"})
    number, made, digest = await _write_version(who, found, before, found["changes"])
    await _mark(found, made)
    await record(
        "opinions.version_published",
        ref(DRAFT, draft),
        facts.VersionShown(draft, found["title"], number, digest, found["changes"]),
        place_of(found),
    )
    return number


async def _mark(found: Mapping[str, Any], now: tuple[articles.Article, ...]) -> None:
    """Say of every opinion how its article stands, and tell the authors of those that changed."""
    texts = {
        each["number"]: articles_in(each) for each in await queries.versions_with_text(found["id"])
    }
    opinions = await rows(
        """select id, article, version, standing, person from opinions_opinion
           where draft = $1 and article <> '' order by id for update""",
        found["id"],
    )
    marked, told = [], set()
    for each in opinions:
        standing = articles.standing(each["article"], texts.get(each["version"], ()), now)
        if standing != each["standing"]:
            marked.append((each["id"], standing))
            if each["person"] and standing in ("changed", "gone"):
                told.add(each["person"])
    if not marked:
        return
    await execute_many(
        "update opinions_opinion set standing = $2, news = true where id = $1", marked
    )
    await notify(
        "opinions.article_changed",
        sorted(told),
        ref(DRAFT, found["id"]),
        {"title": found["title"]},
        place_of(found),
    )


async def extend(who: Visitor, draft: int, form: ExtendForm) -> None:
    """Put off the last day, with a reason everybody can read."""
    found = await own_draft(who, draft)
    if found["state"] == "draft":
        raise Refused("还没有开始征集，直接改截止日期就行。")
    if why := flow.why_not_extend(
        found["state"], found["closes_on"], form.closes_on, clock.today()
    ):
        raise Invalid({"closes_on": why})
    await change_draft(draft, closes_on=form.closes_on)
    await record(
        "opinions.extended",
        ref(DRAFT, draft),
        facts.Extended(draft, found["title"], form.closes_on.isoformat(), form.reason.strip()),
        place_of(found),
    )


async def close_due(_payload: Mapping[str, Any]) -> None:
    """Every night: what ended yesterday is closed, and it is the bureau's turn to answer."""
    today, scope = clock.today(), current_scope()
    found = await rows(
        """select * from opinions_draft where state = 'open' and closes_on < $1
           and region_lo between $2 and $3 order by id for update""",
        today,
        scope.region.lo,
        scope.region.hi,
    )
    for each in found:
        await close(each)


async def close(found: Mapping[str, Any]) -> None:
    """The window is over: nothing more comes in, the period for answering runs."""
    now = clock.now()
    await change_draft(found["id"], state="closed", closed_at=now)
    place, subject = place_of(found), ref(DRAFT, found["id"])
    await record(
        "opinions.closed",
        subject,
        facts.Stepped(found["id"], found["title"], found["received"]),
        place,
    )
    settings = await settings_of(OpinionSettings, found["region_lo"])
    running = await start_clock(
        subject,
        ANSWERING,
        "答复征集到的意见",
        Limit(settings.answer_days, "calendar"),
        place,
        started_at=now,
    )
    await hand_turn(
        subject,
        title=f"答复意见：{found['title']}",
        subline=f"收到 {found['received']} 件",
        step_title="答复并写采纳情况",
        path=f"/opinions/desk/{found['id']}",
        holder_org=found["org_lo"],
        permission=MANAGE,
        clock=running,
        unit="calendar",
        place=place,
    )


async def finish(who: Visitor, draft: int) -> None:
    """Everything is answered and judged; what is missing is said."""
    found = await own_draft(who, draft)
    counts = await queries.counts_of(draft)
    missing = await queries.unjudged(draft)
    if reasons := flow.why_not_finish(found["state"], counts["new"], counts["returned"], missing):
        raise Refused(*reasons)
    await change_draft(draft, state="answered", answered_at=clock.now())
    await record(
        "opinions.finished",
        ref(DRAFT, draft),
        facts.Stepped(draft, found["title"], found["received"]),
        place_of(found),
    )
    for each in await clocks_of(ref(DRAFT, draft)):
        if each.key == ANSWERING and each.open:
            await stop_clock(each.id)
    await hand_turn(
        ref(DRAFT, draft),
        title=f"公布采纳情况：{found['title']}",
        subline=f"收到 {found['received']} 件，已答复",
        step_title="公布采纳情况",
        path=f"/opinions/desk/{draft}/report",
        holder_org=found["org_lo"],
        permission=MANAGE,
        place=place_of(found),
    )


async def rest(draft: int) -> None:
    """It is nobody's turn any more."""
    await close_turn(ref(DRAFT, draft))


async def need(draft: int, who: Visitor) -> dict[str, Any]:
    """A draft of one's own office for reading."""
    found = await queries.desk_draft(draft, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    return found
