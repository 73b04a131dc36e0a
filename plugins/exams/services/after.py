# SPDX-License-Identifier: Apache-2.0
"""After the sitting: publishing, appeals, re-grading everybody affected, figures, old photos."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, lock_subjects, row, rows, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.turns import close_turn, hand_turn
from plugins.exams import facts
from plugins.exams.forms import AppealForm, RulingForm
from plugins.exams.rules.analysis import Item, analyse
from plugins.exams.rules.grading import Ruling
from plugins.exams.rules.papers import order_of, points_words
from plugins.exams.services.base import (
    ENTRY,
    RUN,
    SESSION,
    person_ref,
    place_of,
    ref,
    settings_in,
)
from plugins.exams.services.chaining import acts_of, verified
from plugins.exams.services.grading import keys_of, marks_of
from plugins.exams.services.invigilators import hands_of
from plugins.exams.services.sessions import in_state, own_session
from plugins.exams.services.sitting import questions_of

RESULTS = """
select e.id as entry, e.person, e.name, e.unit, e.purpose, e.request, e.wanted, e.number, e.ticket,
  a.id as attempt, a.state, a.score, a.passed, a.how, a.photo, a.photo_waived, a.blurs, a.seq,
  a.added_minutes + e.extra_minutes as minutes, a.void_reason, w.used, w.allowed, w.state as standing,
  w.region_lo, w.org_lo
from exams_entry e join exams_wanted w on w.id = e.wanted
left join exams_attempt a on a.entry = e.id
where e.session = $1 order by e.ticket
"""


async def publish(who: Visitor, session: int) -> dict[str, int]:
    """公布成绩: the results become facts, and whoever asked for them reacts."""
    found = await own_session(who, session, lock=True)
    if why := (await hands_of(who, found)).own_words:
        raise Refused(why)
    in_state(found, "closed")
    if await value(
        "select 1 from exams_confirmation where session = $1 and state = 'open' limit 1", session
    ):
        raise Refused("还有等待两人确认的事项，办完再公布。")
    counts = {"passed": 0, "failed": 0, "absent": 0, "voided": 0}
    options = await settings_in(found["region_lo"])
    until = clock.today() + timedelta(days=options.appeal_days)
    for each in await rows(RESULTS, session):
        outcome = (
            "voided"
            if each["state"] == "voided"
            else "absent"
            if each["state"] != "submitted"
            else "passed"
            if each["passed"]
            else "failed"
        )
        counts[outcome] += 1
        if each["standing"] == "withdrawn" and outcome == "absent":
            # Who withdrew before he came has missed nothing.
            continue
        # A void attempt is no attempt; who did not come has used one.
        used = each["used"] + (0 if outcome == "voided" else 1)
        state = (
            "passed" if outcome == "passed" else "waiting" if used < each["allowed"] else "failed"
        )
        if each["standing"] == "withdrawn":
            state = "withdrawn"
        await execute(
            "update exams_wanted set used = $2, state = $3 where id = $1",
            each["wanted"],
            used,
            state,
        )
        if outcome != "voided":
            await tell({**each, "used": used}, found)
    await execute(
        """update exams_session set state = 'published', published_at = $2, appeals_until = $3
           where id = $1""",
        session,
        clock.now(),
        until,
    )
    await close_turn(ref(SESSION, session), key="")
    await record(
        "exams.session_published",
        ref(SESSION, session),
        facts.SessionChanged(session, found["title"], sum(counts.values())),
        place_of(found),
    )
    return counts


async def tell(result: Mapping[str, Any], session: Mapping[str, Any]) -> None:
    """The result of one person as a fact, and a message to him."""
    points = int(result["score"] or 0)
    passed = bool(result["passed"]) and result["state"] == "submitted"
    place = place_of(result)
    await record(
        "exams.result_published",
        person_ref(result["person"]),
        facts.ResultPublished(
            purpose=result["purpose"],
            request=result["request"],
            person=result["person"],
            session=session["id"],
            attempt=result["attempt"] or 0,
            score=points / 10,
            pass_score=session["pass_tenths"] / 10,
            passed=passed,
            attempts_used=result["used"],
            attempts_allowed=result["allowed"],
            at=clock.now().isoformat(),
        ),
        place,
    )
    absent = result["state"] != "submitted"
    await notify(
        "exams.result",
        [result["person"]],
        ref(ENTRY, result["entry"]),
        {
            "title": session["title"],
            "words": "缺考"
            if absent
            else f"{points_words(points)} 分，{'合格' if passed else '不合格'}",
        },
        place,
    )


# --- appeals --------------------------------------------------------------------------------------


async def own_result(person: int, entry: int) -> dict[str, Any]:
    """A published result of the person himself."""
    found = await row(
        """select e.*, a.id as attempt, a.state, a.score, a.passed, s.title, s.sheet, s.seed,
             s.state as session_state, s.appeals_until, s.pass_tenths, s.total_tenths, s.rulings,
             s.half, s.organ_name
           from exams_entry e join exams_session s on s.id = e.session
           left join exams_attempt a on a.entry = e.id
           where e.id = $1 and e.person = $2""",
        entry,
        person,
    )
    if found is None:
        raise NotFound
    found["order"] = []
    if found["sheet"]:
        asked = await questions_of(found["sheet"])
        kinds = [asked[each["q"]]["kind"] for each in found["sheet"]]
        found["order"] = order_of(len(kinds), found["seed"], found["ticket"], kinds)
    return found


async def file_appeal(who: Visitor, entry: int, position: int, form: AppealForm) -> int:
    """Somebody contests a question of his own paper; ``position`` is that of the paper."""
    found = await own_result(who.person_id, entry)
    if found["session_state"] != "published" or found["state"] != "submitted":
        raise Refused("成绩公布以后才能提出异议。")
    if found["appeals_until"] is None or clock.today() > found["appeals_until"]:
        raise Refused("提出异议的期限已过。")
    if not 0 <= position < len(found["sheet"]):
        raise Invalid({"position": "没有这道题。"})
    double = await value(
        "select 1 from exams_appeal where entry = $1 and position = $2", entry, position
    )
    if double:
        raise Conflict("这道题你已经提出过异议。")
    appeal = int(
        await value(
            """insert into exams_appeal (session, entry, person, position, question, name, reason,
                 filed_at, state, answer, decided_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', '', $9, $10) returning id""",
            found["session"],
            entry,
            who.person_id,
            position,
            found["sheet"][position]["q"],
            found["name"],
            form.reason.strip(),
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
    )
    await hand_turn(
        ref(SESSION, found["session"]),
        title=f"{found['title']}：{found['name']}的题目异议",
        step_title="处理异议",
        path=f"/exams/appeals/{appeal}",
        place=place_of(found),
        holder_org=found["org_lo"],
        permission=RUN,
        key=f"appeal {appeal}",
    )
    await record(
        "exams.appeal_filed",
        ref(SESSION, found["session"]),
        facts.AppealMoved(found["session"], appeal, position + 1, found["name"], "filed"),
        place_of(found),
    )
    return appeal


def ruling_from(form: RulingForm, question: Mapping[str, Any]) -> Ruling | None:
    """What an upheld appeal decides; None for a rejected one."""
    if form.outcome == "reject":
        return None
    if form.outcome == "all":
        return Ruling("all")
    if question["kind"] == "fill":
        accepted = tuple(each.strip() for each in form.accepted.splitlines() if each.strip())
        if not accepted:
            raise Invalid({"accepted": "写出也算对的答案，每行一个。"})
        return Ruling("key", accepted=accepted)
    known = {each["key"] for each in question["options"]}
    right = tuple(each for each in form.key if each in known)
    if not right or (question["kind"] != "multiple" and len(right) > 1):
        raise Invalid({"key": "选出正确答案。"})
    return Ruling("key", right=(right,))


async def not_to_decide(who: Visitor, appeal: Mapping[str, Any]) -> str:
    """Why somebody does not decide an appeal: it is his own, or the ruling changes his own mark."""
    if not who.person_id:
        return ""
    if appeal["person"] == who.person_id:
        return "这是你自己提出的异议，由别人处理。"
    asked = await value(
        """select 1 from exams_entry e join exams_session s on s.id = e.session
           where e.person = $1 and s.org_lo = $2 and s.region_lo = $3 and s.sheet @> $4::jsonb
           limit 1""",
        who.person_id,
        appeal["org_lo"],
        appeal["region_lo"],
        [{"q": appeal["question"]}],
    )
    return "你也考过这道题，处理结果会改到你自己的得分，由别人处理。" if asked else ""


async def decide_appeal(who: Visitor, appeal: int, form: RulingForm) -> int:
    """Uphold or reject; upheld, everybody who had this question is marked anew (C7-15)."""
    found = await row(
        "select * from exams_appeal where id = $1 and state = 'open' for update", appeal
    )
    if found is None:
        raise Conflict("这件异议已经有人处理，或者不在你的范围内。")
    await own_session(who, found["session"])
    if why := await not_to_decide(who, found):
        raise Conflict(why)
    question = await row("select * from exams_question where id = $1", found["question"])
    assert question is not None
    ruling = ruling_from(form, question)
    changed = 0
    if ruling is not None:
        changed = await rule(who, found["question"], ruling, form.answer.strip(), found)
    state = "rejected" if ruling is None else "upheld"
    await execute(
        """update exams_appeal set state = $2, answer = $3, decided_by_name = $4, decided_at = $5
           where id = $1""",
        appeal,
        state,
        form.answer.strip(),
        who.name,
        clock.now(),
    )
    await close_turn(ref(SESSION, found["session"]), key=f"appeal {appeal}")
    await notify(
        "exams.appeal_decided",
        [found["person"]],
        ref(ENTRY, found["entry"]),
        {
            "position": str(found["position"] + 1),
            "outcome": "成立" if ruling is not None else "不成立",
            "answer": form.answer.strip(),
        },
        place_of(found),
    )
    await record(
        "exams.appeal_decided",
        ref(SESSION, found["session"]),
        facts.AppealMoved(
            found["session"], appeal, found["position"] + 1, found["name"], state, changed,
            form.answer.strip(),
        ),
        place_of(found),
    )  # fmt: skip
    return changed


async def rule(
    who: Visitor, question: int, ruling: Ruling, words: str, appeal: Mapping[str, Any]
) -> int:
    """Mark anew every attempt of this office in which the question stood; the log says what changed."""
    sessions = await rows(
        """select * from exams_session where org_lo = $1 and region_lo = $2
             and state in ('closed', 'published') and sheet @> $3::jsonb order by id""",
        appeal["org_lo"],
        appeal["region_lo"],
        [{"q": question}],
    )
    # Sorted, so that two decisions at once never wait for each other.
    await lock_subjects(*(ref(SESSION, each["id"]) for each in sessions))
    changed = 0
    for each in sessions:
        position = next(n for n, one in enumerate(each["sheet"]) if one["q"] == question)
        rulings = {**each["rulings"], str(position): msgspec.to_builtins(ruling)}
        await execute("update exams_session set rulings = $2 where id = $1", each["id"], rulings)
        changed += await _regrade(who, {**each, "rulings": rulings}, question, words)
    if ruling.kind == "all":
        # A question that had to be given to everybody is drawn no more.
        await execute(
            "update exams_question set state = 'retired', changed_at = $2 where id = $1",
            question,
            clock.now(),
        )
    return changed


async def _regrade(who: Visitor, session: Mapping[str, Any], question: int, words: str) -> int:
    keys = await keys_of(session["sheet"])
    changed = 0
    for each in await rows(RESULTS, session["id"]):
        if each["state"] != "submitted":
            continue
        total, _, _ = await marks_of(session, each["attempt"], keys)
        passed = total >= session["pass_tenths"]
        if total == each["score"]:
            continue
        changed += 1
        await execute(
            "update exams_attempt set score = $2, passed = $3 where id = $1",
            each["attempt"],
            total,
            passed,
        )
        await execute(
            """insert into exams_regrade (session, attempt, question, before, after, passed_before,
                 passed_after, words, by_name, at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
            session["id"], each["attempt"], question, each["score"], total, bool(each["passed"]),
            passed, words, who.name, clock.now(), session["region_lo"], session["org_lo"],
        )  # fmt: skip
        if session["state"] == "published":
            if passed != bool(each["passed"]) and each["standing"] != "withdrawn":
                standing = (
                    "passed"
                    if passed
                    else "waiting"
                    if each["used"] < each["allowed"]
                    else "failed"
                )
                await execute(
                    "update exams_wanted set state = $2 where id = $1 and state <> 'seated'",
                    each["wanted"],
                    standing,
                )
            await tell({**each, "score": total, "passed": passed}, session)
    return changed


# --- figures and proof ----------------------------------------------------------------------------


async def analysis(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every question of a session with its figures (C7-17)."""
    keys = await keys_of(session["sheet"])
    questions = await questions_of(session["sheet"])
    attempts = [each for each in await rows(RESULTS, session["id"]) if each["state"] == "submitted"]
    marked = [await marks_of(session, each["attempt"], keys) for each in attempts]
    found = []
    for position, drawn in enumerate(session["sheet"]):
        item: Item = analyse(
            [marks[position].tenths / drawn["tenths"] for _, marks, _ in marked],
            [answers.get(position, []) for _, _, answers in marked],
            [total for total, _, _ in marked],
            keys[position][0].right,
        )
        found.append({"position": position, "question": questions[drawn["q"]], "item": item})
    return found


async def check_chains(session: int) -> tuple[int, list[str]]:
    """Whether every attempt's chain and photo still fit; how many hold, who does not."""
    bad: list[str] = []
    attempts = await rows(
        """select a.id, a.head, a.photo, e.name, p.sha256 from exams_attempt a
           join exams_entry e on e.id = a.entry
           left join lateral (select sha256 from exams_photo x where x.attempt = a.id
             order by x.id desc limit 1) p on true
           where a.session = $1 order by a.id""",
        session,
    )
    for each in attempts:
        acts = await acts_of(each["id"])
        if at := verified(acts, each["head"]):
            bad.append(f"{each['name']}：第 {at} 条记录与链不符")
            continue
        named = [
            msgspec.json.decode(act["body"])["sha256"] for act in acts if act["kind"] == "photo"
        ]
        held = bytes(each["photo"]).hex() if each["photo"] else ""
        kept = bytes(each["sha256"]).hex() if each["sha256"] else ""
        if (named[-1] if named else "") != held or (kept and kept != held):
            bad.append(f"{each['name']}：照片与记录不符")
    return len(attempts) - len(bad), bad


async def delete_photos(region_lo: int, region_hi: int) -> int:
    """Pictures whose time is over go; the hash in the chain and this fact stay (C7-04)."""
    deleted = 0
    offices = await rows(
        """select distinct region_lo, org_lo from exams_photo where region_lo between $1 and $2""",
        region_lo,
        region_hi,
    )
    for each in offices:
        days = (await settings_in(each["region_lo"])).photo_days
        before = clock.now() - timedelta(days=days)
        gone = await rows(
            """delete from exams_photo where region_lo = $1 and org_lo = $2 and taken_at < $3
               returning file""",
            each["region_lo"],
            each["org_lo"],
            before,
        )
        if not gone:
            continue
        # The objects follow: the store's sweep removes what no row names any more.
        await execute(
            "delete from core_file where id = any($1::int8[])", [one["file"] for one in gone]
        )
        deleted += len(gone)
        await record(
            "exams.photos_deleted",
            ref("exams.office", each["org_lo"]),
            facts.PhotosDeleted(len(gone), clock.local(before).date().isoformat()),
            place_of(each),
        )
    return deleted


async def not_passed(persons: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Who has an exam of a four-year inspection open; for the gate."""
    found = await rows(
        """select person, request, state, used, allowed from exams_wanted
           where purpose = 'inspection' and person = any($1::int8[])
             and state in ('waiting', 'seated', 'failed') order by id""",
        list(persons),
    )
    return {each["person"]: each for each in found}
