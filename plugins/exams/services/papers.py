# SPDX-License-Identifier: Apache-2.0
"""Papers by quotas: whether the bank can fill them is asked when they are saved (C7-05)."""

from typing import Any

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.db import Place, execute, row, value
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from plugins.exams import facts
from plugins.exams.forms import PaperForm
from plugins.exams.queries.bank import usable
from plugins.exams.rules import papers as rules
from plugins.exams.services.base import PAPER, place_for, place_of, ref


def quotas_from(form: PaperForm) -> list[rules.Quota]:
    """The rows somebody filled in."""
    return [
        rules.Quota(
            each.subject.strip(),
            each.difficulty,
            each.kind,
            each.count or 0,
            rules.read_points(each.points),
        )
        for each in form.rows
        if each.count or each.points.strip() or each.subject.strip()
    ]


async def save_paper(who: Visitor, form: PaperForm) -> int:
    """A paper; refused with every row the bank cannot fill."""
    place = await place_for(who)
    quotas = quotas_from(form)
    total, least = rules.total_of(quotas), rules.read_points(form.least_points)
    if problems := rules.faults_of(quotas):
        raise Invalid({"rows": "".join(problems)})
    if not 0 < least <= total:
        raise Invalid({"least_points": f"合格分要在 0 和总分 {rules.points_words(total)} 之间。"})
    await check_feasible(place, quotas)
    paper = int(
        await value(
            """insert into exams_paper (title, quotas, minutes, pass_tenths, total_tenths, half,
                 retired, created_at, created_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, false, $7, $8, $9, $10) returning id""",
            form.title.strip(),
            msgspec.to_builtins(quotas),
            form.minutes,
            least,
            total,
            form.half,
            clock.now(),
            who.name,
            place.region_lo,
            place.org_lo,
        )
    )
    await record(
        "exams.paper_saved",
        ref(PAPER, paper),
        facts.PaperSaved(paper, form.title.strip(), sum(q.count for q in quotas), total / 10),
        place,
    )
    return paper


async def check_feasible(place: Place, quotas: list[rules.Quota]) -> None:
    """``Invalid`` with the rows the bank of this office cannot fill."""
    if missing := rules.shortages(quotas, await usable(place.org_lo)):
        raise Invalid({"rows": "".join(missing)})


async def own_paper(who: Visitor, paper: int) -> dict[str, Any]:
    """A paper of one's own office."""
    place = await place_for(who)
    found = await row(
        "select * from exams_paper where id = $1 and org_lo = $2 and region_lo = $3",
        paper,
        place.org_lo,
        place.region_lo,
    )
    if found is None:
        raise NotFound
    return found


async def retire_paper(who: Visitor, paper: int) -> None:
    """No new session uses it."""
    found = await own_paper(who, paper)
    if found["retired"]:
        raise Conflict("这份试卷已经停用。")
    await execute("update exams_paper set retired = true where id = $1", paper)
    quotas = rules.quotas_of(found["quotas"])
    await record(
        "exams.paper_retired",
        ref(PAPER, paper),
        facts.PaperSaved(
            paper, found["title"], sum(q.count for q in quotas), found["total_tenths"] / 10
        ),
        place_of(found),
    )
