# SPDX-License-Identifier: Apache-2.0
"""发布通知: draft, publish, read, confirm, remind, withdraw (S0-18, C2-14)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.audience import audience, group_of
from core.api.db import execute, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.richtext import taken, words_of
from plugins.notices import facts, rules
from plugins.notices.forms import NoticeForm
from plugins.notices.queries import find_notice, own_notice, readers_of, receipt_of
from plugins.notices.services.base import (
    NOTICE,
    aimed_at,
    at_office,
    digest_of,
    office_of,
    own_office,
    place_of,
    ref,
)

AT_ONCE = 500
"""Persons told in one piece; a province has tens of thousands."""
NOBODY = (1, 0)
"""The audience of a draft: an empty interval."""

INSERT = """
insert into notices_notice (title, body, readers, region, region_name, organ, organ_name, state,
  must_confirm, confirm_by, replaces, version, drafted_by, published_by_name, withdraw_reason,
  sort_at, region_lo, org_lo, aud_lo, aud_hi)
values ($1, $2, $3, $4, $5, $6, $7, 'draft', $8, $9, $10, 1, $11, '', '', $12, $13, $14, $15, $16)
returning id
"""
UPDATE = """
update notices_notice set title = $2, body = $3, readers = $4, region = $5, region_name = $6,
  must_confirm = $7, confirm_by = $8, version = version + 1, sort_at = $9 where id = $1
"""


async def save_draft(
    who: Visitor,
    form: NoticeForm,
    files: Sequence[Received] = (),
    *,
    notice: int = 0,
    replaces: int = 0,
) -> int:
    """Keep a notice as a draft, new or changed; nobody else sees it.

    Raises ``Conflict`` when somebody changed the draft meanwhile, ``NotFound`` for a draft of
    another office, ``Refused`` for one that is already published.
    """
    office = await office_of(who)
    target = await aimed_at(who, form.region)
    body = taken(form.body, rich=form.body_rich)
    if not form.title.strip() and not body:
        raise Invalid({"title": "标题和正文都还空着，先写一点再保存。"})
    if len(form.title.strip()) > rules.TITLE_MOST:
        raise Invalid(
            rules.faults_of_notice(
                form.title, "…", must_confirm=True, confirm_by=None, today=clock.today()
            )
        )
    title = form.title.strip() or "（未写标题）"
    now = clock.now()
    if notice:
        found = await _changeable(who, notice)
        if form.version and form.version != found["version"]:
            raise Conflict("这份草稿刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
        await execute(
            UPDATE,
            notice,
            title,
            body,
            form.readers,
            target.id,
            target.name,
            form.must_confirm,
            form.confirm_by,
            now,
        )
    else:
        notice = int(
            await value(
                INSERT,
                title,
                body,
                form.readers,
                target.id,
                target.name,
                office.id,
                office.name,
                form.must_confirm,
                form.confirm_by,
                replaces or None,
                who.user_id,
                now,
                who.region.lo,
                office.lo,
                *NOBODY,
            )
        )
    kept_row = await row("select * from notices_notice where id = $1", notice)
    assert kept_row is not None
    for each in files:
        kept = await keep(each, place=place_of(kept_row), purpose="notices.attachment")
        await execute(
            """insert into notices_attachment
                 (notice, file, name, size, kind, region_lo, org_lo, aud_lo, aud_hi)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            notice,
            kept.id,
            kept.name,
            kept.size,
            kept.kind,
            kept_row["region_lo"],
            kept_row["org_lo"],
            *NOBODY,
        )
    return notice


async def _changeable(who: Visitor, notice: int) -> dict[str, Any]:
    found = await own_notice(notice, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["state"] != "draft":
        raise Refused("已经发布的通知不能再改；写错了请撤回，再发一份更正的。")
    return found


async def remove_attachment(who: Visitor, notice: int, attachment: int) -> None:
    """Take a file out of a draft."""
    await _changeable(who, notice)
    await execute(
        "delete from notices_attachment where id = $1 and notice = $2", attachment, notice
    )


async def discard_draft(who: Visitor, notice: int) -> None:
    """Throw a draft away; nobody has ever seen it, so nothing is left of it."""
    await _changeable(who, notice)
    await execute("delete from notices_notice where id = $1", notice)


async def publish_notice(who: Visitor, notice: int) -> None:
    """Publish a draft; from now on its words stand. Everybody it is meant for gets a message."""
    found = await _changeable(who, notice)
    today = clock.today()
    title = "" if found["title"] == "（未写标题）" else found["title"]
    if wrong := rules.faults_of_notice(
        title,
        words_of(found["body"]),
        must_confirm=found["must_confirm"],
        confirm_by=found["confirm_by"],
        today=today,
    ):
        raise Invalid(wrong)
    target = await aimed_at(who, found["region"])
    now = clock.now()
    await execute(
        """update notices_notice set state = 'published', published_at = $2, sort_at = $2,
             published_by_name = $3, aud_lo = $4, aud_hi = $5, region_name = $6 where id = $1""",
        notice,
        now,
        who.name,
        target.lo,
        target.hi,
        target.name,
    )
    await execute(
        "update notices_attachment set aud_lo = $2, aud_hi = $3 where notice = $1",
        notice,
        target.lo,
        target.hi,
    )
    await record(
        "notices.notice_published",
        ref(NOTICE, notice),
        facts.NoticePublished(
            notice,
            title,
            found["readers"],
            target.id,
            digest_of(title, found["body"]),
            found["must_confirm"],
        ),
        place_of(found),
    )
    await enqueue(
        "notices.tell",
        {"notice": notice, "after": 0},
        key=f"notices.tell:{notice}:0",
        place=place_of(found),
    )


async def tell(payload: Mapping[str, Any]) -> None:
    """One piece of the audience gets its message; the next piece is a job of its own.

    A worker that dies loses at most the piece it was at, which is done again as a whole: the
    messages of a piece and the job for the next are one transaction.
    """
    found = await row("select * from notices_notice where id = $1", payload["notice"])
    if found is None or found["state"] != "published":
        return
    persons = await audience(
        found["aud_lo"], found["aud_hi"], found["readers"], int(payload["after"]), AT_ONCE
    )
    if not persons:
        return
    await notify(
        "notices.published",
        persons,
        ref(NOTICE, found["id"]),
        {"title": found["title"], "organ": found["organ_name"]},
        place_of(found),
    )
    if len(persons) == AT_ONCE:
        await enqueue(
            "notices.tell",
            {"notice": found["id"], "after": persons[-1]},
            key=f"notices.tell:{found['id']}:{persons[-1]}",
            place=place_of(found),
        )


async def open_notice(who: Visitor, notice: int) -> dict[str, Any]:
    """A notice for reading; the first opening by a person it is meant for leaves a receipt."""
    found = await find_notice(notice, who.scope, who.role, await own_office(who))
    if found is None:
        raise NotFound
    if found["state"] == "published" and who.person_id and is_meant(found, who):
        await execute(
            """insert into notices_receipt (notice, person, read_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5) on conflict (notice, person) do nothing""",
            notice,
            who.person_id,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
    return found


def is_meant(found: dict[str, Any], who: Visitor) -> bool:
    """Whether this person, in this role and place, belongs to the audience."""
    return (
        found["readers"] in ("all", group_of(who.role))
        and found["aud_lo"] <= who.region.lo
        and who.region.hi <= found["aud_hi"]
    )


async def confirm_notice(who: Visitor, notice: int) -> None:
    """The reader says that he has read it. Saying it twice changes nothing."""
    found = await open_notice(who, notice)
    if found["state"] != "published" or not found["must_confirm"]:
        raise Refused("这条通知不需要确认。")
    receipt = await receipt_of(notice, who.person_id)
    if receipt is None:
        raise Refused("这条通知不是发给你现在这个身份的。")
    if receipt["confirmed_at"] is not None:
        return
    await execute(
        """update notices_receipt set confirmed_at = $3
           where notice = $1 and person = $2 and confirmed_at is null""",
        notice,
        who.person_id,
        clock.now(),
    )
    async with transaction(at_office(who, found)):
        await record(
            "notices.notice_confirmed",
            ref(NOTICE, notice),
            facts.Confirmed(found["title"]),
            place_of(found),
        )


def why_not_now(found: dict[str, Any]) -> str:
    """Why nobody can be reminded of it now, in words; empty when it is possible."""
    reminded = found["reminded_at"]
    return rules.may_remind(clock.local(reminded).date() if reminded else None, clock.today())


async def remind(found: dict[str, Any]) -> int:
    """Tell everybody of the audience who has not read, or not confirmed; how many they were."""
    waiting = await readers_of(found, "waiting", limit=100_000)
    persons = [int(each["person"]) for each in waiting]
    now = clock.now()
    await execute("update notices_notice set reminded_at = $2 where id = $1", found["id"], now)
    for start in range(0, len(persons), AT_ONCE):
        await notify(
            "notices.reminder",
            persons[start : start + AT_ONCE],
            ref(NOTICE, found["id"]),
            {"title": found["title"], "organ": found["organ_name"]},
            place_of(found),
        )
    await record(
        "notices.reminded",
        ref(NOTICE, found["id"]),
        facts.Reminded(found["id"], found["title"], len(persons)),
        place_of(found),
    )
    return len(persons)


async def remind_readers(who: Visitor, notice: int) -> int:
    """The office reminds by hand, once a day at most."""
    found = await own_notice(notice, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["state"] != "published":
        raise Refused("没有发布的通知，没有人可以提醒。")
    if why := why_not_now(found):
        raise Refused(why)
    return await remind(found)


async def withdraw_notice(who: Visitor, notice: int, reason: str) -> None:
    """Withdraw a published notice: it stays readable, marked, with the reason."""
    found = await own_notice(notice, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["state"] != "published":
        raise Refused("只有已发布的通知可以撤回。")
    await execute(
        """update notices_notice set state = 'withdrawn', withdrawn_at = $2, withdraw_reason = $3
           where id = $1""",
        notice,
        clock.now(),
        reason.strip(),
    )
    await record(
        "notices.notice_withdrawn",
        ref(NOTICE, notice),
        facts.NoticeWithdrawn(notice, found["title"], reason.strip()),
        place_of(found),
    )
