# SPDX-License-Identifier: Apache-2.0
"""会签: each officer authorised for a joint step signs for himself."""

from core.api import clock
from core.api.db import execute, retried, rows, transaction
from core.api.errors import Invalid, Refused
from plugins.cases.rules.entry import clean_text
from plugins.cases.services.acting import (
    Actor,
    check_may_act,
    check_running,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    tell,
)
from plugins.cases.services.turns import hand_current_turn


@retried
async def sign_step(
    actor: Actor, case: int, agrees: bool, opinion: str, *, token: str = ""
) -> None:
    """Sign the open joint step: agree, or disagree with the reason; the last word counts.

    Signing again changes one's word as long as the step is open; both words stay as facts.
    """
    opinion = clean_text(opinion)
    if not agrees and not opinion:
        raise Invalid({"opinion": "不同意的，请写明理由。"})
    if len(opinion) > 500:
        raise Invalid({"opinion": f"意见最多 500 个字，现在是 {len(opinion)} 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "sign"):
            return
        check_running(file)
        step, visit = file.step, file.open_visit
        assert visit is not None
        if step.joint is None:
            raise Refused("这个环节不需要会签。")
        if any(r["person"] == actor.person for r in file.recusals):
            raise Refused("你已经申请回避，不能会签。")
        check_may_act(file, actor, step)
        officers = file.officers_of(step.key, clock.today())
        if all(o["person"] != actor.person for o in officers):
            raise Refused("你没有被授权会签本环节。")
        await execute(
            """insert into cases_signature (case_id, visit, person, name, agrees, opinion,
                 signed_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               on conflict (visit, person) do update set agrees = excluded.agrees,
                 opinion = excluded.opinion, signed_at = excluded.signed_at""",
            case,
            visit["id"],
            actor.person,
            actor.by[:60],
            agrees,
            opinion,
            clock.now(),
            file.place.region_lo,
            file.place.org_lo,
        )
        # Signing is handling: the submission before cannot be recalled any more.
        await execute(
            "update cases_visit set seen_at = coalesce(seen_at, $2) where id = $1",
            visit["id"],
            clock.now(),
        )
        file.signatures = await rows(
            "select * from cases_signature where case_id = $1 order by signed_at, id", case
        )
        await remember(file, actor, token, "sign")
        await hand_current_turn(file)
        word = "同意" if agrees else "不同意"
        await tell(
            file,
            compose(
                file,
                actor,
                "signed",
                visit=visit,
                step=step,
                clocks=await face_of(file, step.key, visit["number"], step.stage),
                reason=f"{word}{f'，{opinion}' if opinion else ''}",
            ),
        )
