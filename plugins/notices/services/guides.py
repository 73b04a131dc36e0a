# SPDX-License-Identifier: Apache-2.0
"""行为准则和操作手册: write a version, publish it, have it confirmed (S0-19, S0-22)."""

from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.richtext import taken, words_of
from plugins.notices import facts, rules
from plugins.notices.forms import GuideForm, NewGuideForm
from plugins.notices.queries import confirmation_of, find_guide, own_guide, version_of
from plugins.notices.services.base import (
    GUIDE,
    at_office,
    digest_of,
    office_of,
    own_office,
    place_of,
    ref,
)
from plugins.notices.services.notices import NOBODY, is_meant

INSERT = """
insert into notices_guide (kind, title, readers, organ, organ_name, region_name, current,
  must_confirm, draft, draft_changes, version, sort_at, region_lo, org_lo, aud_lo, aud_hi)
values ($1, $2, $3, $4, $5, $6, 0, $7, '', '', 1, $8, $9, $10, $11, $12) returning id
"""


async def begin_guide(who: Visitor, form: NewGuideForm) -> int:
    """A new page without words; nobody sees it before its first version."""
    office = await office_of(who)
    return int(
        await value(
            INSERT,
            form.kind,
            form.title.strip(),
            form.readers,
            office.id,
            office.name,
            who.region.name,
            form.must_confirm,
            clock.now(),
            who.region.lo,
            office.lo,
            *NOBODY,
        )
    )


async def _own(who: Visitor, guide: int) -> dict[str, Any]:
    found = await own_guide(guide, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["closed_at"] is not None:
        raise Refused("这一页已经停用，不能再改。")
    return found


async def save_guide(who: Visitor, guide: int, form: GuideForm) -> None:
    """Keep the words of the next version; readers still see the version in force."""
    found = await _own(who, guide)
    if form.version and form.version != found["version"]:
        raise Conflict("这一页刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
    await execute(
        """update notices_guide set draft = $2, draft_changes = $3, version = version + 1,
             sort_at = $4 where id = $1""",
        guide,
        taken(form.body, rich=form.body_rich),
        form.changes.strip(),
        clock.now(),
    )


async def publish_version(who: Visitor, guide: int) -> int:
    """The written words come into force as the next version; who read the last reads again."""
    found = await _own(who, guide)
    last = await version_of(guide, found["current"]) if found["current"] else None
    if wrong := rules.faults_of_version(
        words_of(found["draft"]),
        found["draft_changes"],
        found["current"],
        last is not None and last["body"] == found["draft"],
    ):
        raise Invalid(wrong)
    number, now = int(found["current"]) + 1, clock.now()
    await execute(
        """insert into notices_guide_version (guide, number, body, changes, published_at,
             published_by_name, region_lo, org_lo, aud_lo, aud_hi)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        guide,
        number,
        found["draft"],
        found["draft_changes"],
        now,
        who.name,
        found["region_lo"],
        found["org_lo"],
        who.region.lo,
        who.region.hi,
    )
    await execute(
        """update notices_guide set current = $2, aud_lo = $3, aud_hi = $4, draft_changes = '',
             version = version + 1, sort_at = $5 where id = $1""",
        guide,
        number,
        who.region.lo,
        who.region.hi,
        now,
    )
    await record(
        "notices.guide_published",
        ref(GUIDE, guide),
        facts.GuidePublished(
            guide,
            found["title"],
            number,
            digest_of(found["title"], found["draft"]),
            found["draft_changes"],
        ),
        place_of(found),
    )
    return number


async def close_guide(who: Visitor, guide: int, reason: str) -> None:
    """Take a page out of use; its versions and confirmations stay."""
    found = await _own(who, guide)
    await execute("update notices_guide set closed_at = $2 where id = $1", guide, clock.now())
    await record(
        "notices.guide_closed",
        ref(GUIDE, guide),
        facts.GuideClosed(guide, found["title"], reason.strip()),
        place_of(found),
    )


async def confirm_guide(who: Visitor, guide: int, number: int) -> None:
    """The reader says that he has read the version he had before his eyes.

    Raises ``Conflict`` when a newer one has come into force meanwhile.
    """
    found = await find_guide(guide, who.scope, who.role, await own_office(who))
    if found is None:
        raise NotFound
    if found["closed_at"] is not None or not found["must_confirm"]:
        raise Refused("这一页不需要确认。")
    if not who.person_id or not is_meant(found, who):
        raise Refused("这一页不是写给你现在这个身份的。")
    if number != found["current"]:
        raise Conflict(f"刚刚发布了第 {found['current']} 版，请读过新的一版再确认。")
    if await confirmation_of(guide, number, who.person_id) is not None:
        return
    await execute(
        """insert into notices_confirmation (guide, number, person, confirmed_at, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6) on conflict (guide, number, person) do nothing""",
        guide,
        number,
        who.person_id,
        clock.now(),
        found["region_lo"],
        found["org_lo"],
    )
    async with transaction(at_office(who, found)):
        await record(
            "notices.guide_confirmed",
            ref(GUIDE, guide),
            facts.Confirmed(found["title"], number),
            place_of(found),
        )
