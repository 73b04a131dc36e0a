# SPDX-License-Identifier: Apache-2.0
"""检查评议 at the body: its report on itself with evidence, and one objection."""

from collections.abc import Mapping, Sequence

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, json, transaction
from core.api.errors import Conflict
from core.api.files import Received, keep
from core.api.turns import hand_turn
from plugins.reviews.queries.evaluations import unit_of
from plugins.reviews.services.evaluating import EVALUATE, acted, place_of, unit_ref

PURPOSE = "reviews.self_report"


async def report(
    who: Visitor, evaluated: int, words: Mapping[str, str], files: Sequence[Received] = ()
) -> None:
    """报送自评: once; late is still taken as long as nobody has scored, and shown as late."""
    async with transaction(who.scope):
        it = await unit_of(who.scope, evaluated, lock=True)
        if it["state"] != "open" or it["score"] is not None:
            raise Conflict("已经评分，不能再报送自评。")
        if it["reported_at"]:
            raise Conflict("自评已经报送。")
        place = place_of(it)
        kept = [await keep(each, place=place, purpose=PURPOSE) for each in files]
        late = clock.today() > it["due"]
        await execute(
            "update reviews_evaluated set report = $2::jsonb, files = $3::jsonb, reported_by = $4,"
            " reported_at = $5, late = $6 where id = $1",
            evaluated,
            json({theme: text.strip() for theme, text in words.items()}),
            json([{"id": f.id, "name": f.name, "size": f.size, "sha256": f.sha256} for f in kept]),
            who.name,
            clock.now(),
            late,
        )
        said = f"附件 {len(kept)} 份" + ("，逾期" if late else "")
        await acted("reviews.evaluation_reported", it, said)
        await hand_turn(
            unit_ref(evaluated),
            title=f"{it['title']}：{it['unit']}",
            subline="检查评议",
            step_title="评分",
            path=f"/reviews/evaluations/units/{evaluated}",
            holder_org=it["organ_org"],
            permission=EVALUATE,
            place=place,
        )


async def object_to_score(who: Visitor, evaluated: int, words: str) -> None:
    """The body does not agree; once."""
    async with transaction(who.scope):
        it = await unit_of(who.scope, evaluated, lock=True)
        if it["state"] != "told" or not it["told"]:
            raise Conflict("现在不能提异议：结果还没有告知，或者已经公布。")
        if it["objected_at"]:
            raise Conflict("已经提过异议，只能提一次。")
        await execute(
            "update reviews_evaluated set objection = $2, objected_by = $3, objected_at = $4"
            " where id = $1",
            evaluated,
            words.strip(),
            who.name,
            clock.now(),
        )
        await acted("reviews.evaluation_objected", it, words.strip())
        await hand_turn(
            unit_ref(evaluated),
            title=f"{it['title']}：{it['unit']}",
            subline="检查评议",
            step_title="处理异议",
            path=f"/reviews/evaluations/units/{evaluated}",
            holder_org=it["organ_org"],
            permission=EVALUATE,
            place=place_of(it),
        )
