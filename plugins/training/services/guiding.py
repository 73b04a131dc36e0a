# SPDX-License-Identifier: Apache-2.0
"""Guidance of the file review becomes the draft of a case example, which the office may publish.

Nothing is published by itself: whoever trains looks at every place once more, and says for whom
it is. Guidance that is withdrawn must not stay on the shelf either.
"""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import Place, execute, row, rows
from core.api.facts import record
from core.api.people import competent_organ
from core.api.regions import region
from core.api.richtext import taken
from core.api.turns import close_turn, hand_turn
from plugins.training import facts
from plugins.training.rules.lessons import from_guidance
from plugins.training.services.base import LESSON, MANAGE, NOBODY, place_of, ref

DRAFTED = """
insert into training_lesson (kind, title, body, tag, readers, region, region_name, organ,
  organ_name, state, tenths, checked, version, published_by_name, withdraw_reason, sort_at,
  guidance, region_lo, org_lo, aud_lo, aud_hi)
select 'case', $1, $2, '', 'bodies', $3, $4, $5, $6, 'draft', 0, false, 1, '', '', $7, $8, $9,
  $10, $11, $12
where not exists(select 1 from training_lesson where guidance = $8 and state <> 'withdrawn')
returning id
"""


async def draft_from(told: Mapping[str, Any], place: Place) -> int:
    """A draft at the office that trains in the region; 0 when there is one, or no office."""
    organ = await competent_organ(place.region_lo, "supervision")
    target = await region(organ.region) if organ is not None else None
    if organ is None or target is None:
        return 0
    title, text = from_guidance(told)
    guidance = int(told["guidance"])
    # Delivered twice at once, there is still one draft.
    await execute(
        "select pg_advisory_xact_lock(hashtextextended('training.guidance', $1))", guidance
    )
    made = await row(
        DRAFTED,
        title,
        taken(text, rich=False),
        target.id,
        target.name,
        organ.id,
        organ.name,
        clock.now(),
        guidance,
        target.lo,
        organ.lo,
        *NOBODY,
    )
    if made is None:
        return 0
    await hand_turn(
        ref(LESSON, made["id"]),
        title=f"案例“{title}”",
        subline="由案例指导起草",
        step_title="核对并发布",
        path=f"/training/lessons/{made['id']}/edit",
        holder_org=organ.lo,
        permission=MANAGE,
        place=Place(target.lo, organ.lo),
    )
    return int(made["id"])


async def take_back(guidance: int, words: str) -> None:
    """Guidance was withdrawn: its draft goes, what was published from it leaves the shelf."""
    reason = f"案例指导已经撤下：{words}"[:300]
    for each in await rows(
        "select * from training_lesson where guidance = $1 and state <> 'withdrawn' for update",
        guidance,
    ):
        await close_turn(ref(LESSON, each["id"]))
        if each["state"] == "draft":
            await execute("delete from training_lesson where id = $1", each["id"])
            continue
        await execute(
            "update training_lesson set state = 'withdrawn', withdrawn_at = $2,"
            " withdraw_reason = $3 where id = $1",
            each["id"],
            clock.now(),
            reason,
        )
        await record(
            "training.lesson_withdrawn",
            ref(LESSON, each["id"]),
            facts.Withdrawn(each["title"], reason),
            place_of(each),
        )
