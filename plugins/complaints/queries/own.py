# SPDX-License-Identifier: Apache-2.0
"""What a reporter finds again: a supervisor by his alias, anybody by the receipt code."""

from collections.abc import Sequence
from typing import Any

from core.api.db import Scope, row, rows, transaction, value
from plugins.complaints.rules import flow

OWN = Scope.platform("a reporter reads his own, which stands in the bureau's register").read_only()

LIST = (
    "select c.id, c.number, c.kind, c.target, c.enforcement_type, c.body_name, c.officer_name,"
    " c.state, c.filed_at, c.sealed, c.news, c.told_at, coalesce(l.state, c.state) as now_state,"
    " coalesce(l.news, false) as later_news, coalesce(l.late, c.late) as now_late,"
    " coalesce(l.organ_name, '') as now_organ"
    " from complaints_complaint c left join lateral (select s.state, s.news, s.late,"
    " o.name as organ_name from complaints_complaint s"
    " left join core_organisation o on o.id = s.organ"
    " where s.origin = c.id order by s.id desc limit 1) l on true"
    " where c.alias = any($1::bytea[]) and c.origin = 0"
)


NEWS = f"from ({LIST}) x where x.news or x.later_news"
"""What has changed since he looked: the number beside the menu and the list it leads to."""


async def own_list(aliases: Sequence[bytes], *, done: bool) -> list[dict[str, Any]]:
    """未处理 or 已处理 of one supervisor, newest first (S0-14)."""
    word = "not " if done else ""
    async with transaction(OWN):
        return await rows(
            f"{LIST} and {word}(c.state = any($2::text[])) order by c.filed_at desc limit 200",
            list(aliases),
            list(flow.UNHANDLED),
        )


async def own_news(aliases: Sequence[bytes]) -> list[dict[str, Any]]:
    """What has changed since he looked, be it 未处理 or 已处理, newest first."""
    async with transaction(OWN):
        return await rows(f"select x.* {NEWS} order by x.filed_at desc limit 200", list(aliases))


async def count_own_news(aliases: Sequence[bytes]) -> int:
    """How many lines ``own_news`` has."""
    async with transaction(OWN):
        return int(await value(f"select count(*) {NEWS}", list(aliases)))


async def own_complaint(
    *, complaint: int = 0, aliases: Sequence[bytes] = (), receipt: bytes = b""
) -> dict[str, Any] | None:
    """The reporter's own: by number and alias, or by the hash of the code. Under ``OWN``."""
    if receipt:
        return await row("select * from complaints_complaint where receipt = $1", receipt)
    return await row(
        "select * from complaints_complaint where id = $1 and alias = any($2::bytea[])"
        " and origin = 0",
        complaint,
        list(aliases),
    )


async def thread_of(complaint: int) -> dict[str, Any]:
    """All that a reporter may read of his own: each row it became, remarks to him, dates. Under ``OWN``."""
    chain = await rows(
        "select c.id, c.number, c.state, c.filed_at, c.told_at, c.handled_at, c.result,"
        " c.founded, c.referral_to, c.clock, c.merged_to, c.proof, c.region_lo, c.late, c.news,"
        " coalesce(o.name, '') as organ_name from complaints_complaint c"
        " left join core_organisation o on o.id = c.organ"
        " where c.id = $1 or c.origin = $1 order by c.id",
        complaint,
    )
    ids = [each["id"] for each in chain]
    notes = await rows(
        "select text, side, at from complaints_note where complaint = any($1::int8[])"
        " and level = 'reporter' order by at, id",
        ids,
    )
    pushes = await rows(
        "select p.id, p.state, p.pushed_at, p.answered_at, p.organisation_name, p.clock,"
        " p.late from complaints_copy p where p.complaint = any($1::int8[]) order by p.id",
        ids,
    )
    media = await rows(
        "select id, file, name, kind, media_type, size, sha256 from complaints_attachment"
        " where complaint = $1 and copy = 0 order by id",
        complaint,
    )
    return {"chain": chain, "notes": notes, "pushes": pushes, "media": media}
