# SPDX-License-Identifier: Apache-2.0
"""采纳情况: judged article by article, published as one page without persons (C2-12)."""

from datetime import date
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, json, value
from core.api.documents import Paper, Paragraph
from core.api.errors import Invalid, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.people import mask_numbers
from core.api.settings import settings_of
from plugins.opinions import facts, queries
from plugins.opinions.forms import FindingForm
from plugins.opinions.rules import flow, report
from plugins.opinions.services.base import (
    DRAFT,
    OpinionSettings,
    articles_in,
    change_draft,
    digest_of,
    own_draft,
    place_of,
    ref,
)
from plugins.opinions.services.drafts import rest


async def judge(who: Visitor, draft: int, form: FindingForm) -> None:
    """What came of the opinions on one article, with the reason."""
    found = await own_draft(who, draft)
    if found["state"] not in ("open", "closed"):
        raise Refused("答复已经结束，采纳情况不能再改；公布以后写更正说明重新公布。")
    counted = await queries.by_article(draft)
    if not counted.get(form.article):
        raise Invalid({"outcome": "这一条没有意见，不用写采纳情况。"})
    await execute(
        """insert into opinions_finding (draft, article, outcome, reason, by_name, at, region_lo,
             org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (draft, article) do update set outcome = $3, reason = $4, by_name = $5,
             at = $6""",
        draft,
        form.article,
        form.outcome,
        form.reason.strip(),
        who.name,
        clock.now(),
        found["region_lo"],
        found["org_lo"],
    )
    label = (await queries.labels_of(draft)).get(form.article, "全文")
    await record(
        "opinions.judged",
        ref(DRAFT, draft),
        facts.Judged(draft, label, flow.OUTCOMES[form.outcome], form.reason.strip()),
        place_of(found),
    )


async def summarise(who: Visitor, draft: int, summary: str) -> None:
    """What the bureau says about all opinions together."""
    found = await own_draft(who, draft)
    if found["state"] in ("draft", "published"):
        raise Refused("这份稿子现在不能改总体说明。")
    await change_draft(draft, summary=summary.strip())
    await record(
        "opinions.summarised",
        ref(DRAFT, draft),
        facts.Stepped(draft, found["title"], found["received"]),
        place_of(found),
    )


async def lines(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a draft's report, as far as they are written."""
    now = articles_in(await queries.version_of(found["id"], found["current"]))
    return report.lines_of(
        now,
        await queries.labels_of(found["id"]),
        await queries.by_article(found["id"]),
        await queries.findings_of(found["id"]),
    )


async def content(found: dict[str, Any]) -> dict[str, Any]:
    """The report as everybody may read it; inside the office's transaction."""
    settings = await settings_of(OpinionSettings, found["region_lo"])
    return report.content_of(
        found,
        await lines(found),
        await queries.for_report(found["id"]),
        await queries.by_region(found["id"]),
        settings.smallest_number,
        mask_numbers,
    )


async def publish(who: Visitor, draft: int, correction: str = "") -> int:
    """Publish the report, or publish it again with the reason; the authors are told the first time."""
    found = await own_draft(who, draft)
    if found["state"] not in ("answered", "published"):
        raise Refused("答复完所有意见、写完采纳情况以后才能公布。")
    again = found["state"] == "published"
    correction = correction.strip()
    if again and len(correction) < 2:
        raise Invalid({"correction": "请写明为什么重新公布，看的人先看到它。"})
    made = await content(found)
    now, digest = clock.now(), digest_of(found["title"], repr(sorted(made.items())))
    number = int(
        await value(
            """insert into opinions_report as r (draft, title, organ_name, region_name, content,
                 digest, edition, correction, published_at, region_lo, org_lo, published)
               values ($1, $2, $3, $4, $5::jsonb, $6, 1, '', $7, $8, $9, true)
               on conflict (draft) do update set content = $5::jsonb, digest = $6,
                 edition = r.edition + 1, correction = $10, published_at = $7
               returning id""",
            draft,
            found["title"],
            found["organ_name"],
            found["region_name"],
            json(made),
            digest,
            now,
            found["region_lo"],
            found["org_lo"],
            correction,
        )
    )
    edition = int(await value("select edition from opinions_report where id = $1", number))
    await change_draft(draft, state="published", **({} if again else {"published_at": now}))
    await record(
        "opinions.report_published",
        ref(DRAFT, draft),
        facts.Published(draft, found["title"], edition, digest, found["received"], correction),
        place_of(found),
    )
    await rest(draft)
    await execute("update opinions_opinion set news = true where draft = $1", draft)
    if not again:
        await notify(
            "opinions.report",
            await queries.authors_of(draft),
            ref(DRAFT, draft),
            {"title": found["title"], "organ": found["organ_name"]},
            place_of(found),
        )
    return number


def paper(made: dict[str, Any], opinions: list[dict[str, Any]], *, names: bool) -> Paper:
    """The report as an official document, with authors (masked) and the index of attachments."""

    def day(text: str) -> str:
        found = date.fromisoformat(text)
        return f"{found.year}年{found.month}月{found.day}日"

    paragraphs = [
        Paragraph(
            f"征集时间：{day(made['opens_on'])}至{day(made['closes_on'])}。收到意见 {made['received']} 件："
            f"采纳 {made['totals']['adopted']} 条，部分采纳 {made['totals']['partly']} 条，"
            f"未采纳 {made['totals']['not']} 条。"
        )
    ]
    paragraphs += [Paragraph(each) for each in made["summary"].splitlines() if each.strip()]
    by_key: dict[str, list[dict[str, Any]]] = {}
    for one in opinions:
        by_key.setdefault(one["article"].partition(".")[0], []).append(one)
    for line in made["lines"]:
        paragraphs.append(Paragraph(f"{line['label']}（{line['count']} 件）", "heading"))
        for one in by_key.get(line["key"], ()):
            author = author_of_row(one, names=names)
            said = quoted(one)
            paragraphs.append(Paragraph(f"意见 {one['number']}（{author}）：{said['text']}"))
            if said["statement"]:
                paragraphs.append(Paragraph(f"审核说明：{said['statement']}"))
            if said["answer"]:
                paragraphs.append(Paragraph(f"答复：{said['answer']}"))
        if line["outcome_words"]:
            paragraphs.append(Paragraph(f"{line['outcome_words']}。{line['reason']}"))
    with_files = [one for one in opinions if one["files"]]
    if with_files:
        paragraphs.append(Paragraph("附件目录", "heading"))
        paragraphs += [Paragraph(f"意见 {one['number']}：{one['files']}") for one in with_files]
    return Paper(
        f"《{made['title']}》意见采纳情况",
        tuple(paragraphs),
        organ=made["organ"],
        signed=(made["organ"], f"{clock.local(clock.now()):%Y年%-m月%-d日}"),
    )


def quoted(one: dict[str, Any]) -> dict[str, Any]:
    """An opinion as an export quotes it.

    An export is passed on: it quotes what the page quotes, and nothing covered.
    """
    said = report.publishable(one, mask_numbers)
    return {
        "number": one["number"],
        "files": one["files"],
        "text": "内容不予公布" if said["blocked"] else said["text"],
        "statement": said["statement"],
        "answer": said["answer"],
    }


def author_of_row(one: dict[str, Any], *, names: bool) -> str:
    """The author in an export: masked unless asked for, under seal never."""
    if one["sealed"]:
        return "保密人员"
    return (one["person_name"] if names else queries.author_words(one)) or "未留姓名"
