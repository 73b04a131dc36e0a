# SPDX-License-Identifier: Apache-2.0
"""筛选, 审核, 复核: the bureau's three decisions before an appointment."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.accounts import admit
from core.api.db import Scope, execute, lock_subjects, retried, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.people import competent_organ
from plugins.supervisors.facts import NoticeOpened, Step
from plugins.supervisors.forms import DecisionForm
from plugins.supervisors.queries.applications import (
    application_row,
    find_application,
    notice_of,
    notice_state,
)
from plugins.supervisors.rules import states
from plugins.supervisors.rules.words import ROUTES, SOURCES
from plugins.supervisors.services.base import (
    APPLICANT,
    Actor,
    application_ref,
    ask_gate,
    give_office,
    note_progress,
    place_of,
    refuse_other_level,
    settings_in,
)
from plugins.supervisors.services.clocks import publicity_clock, start_publicity
from plugins.supervisors.services.closing import end_application

WORDS = {"screen": "筛选", "review": "审核", "recheck": "复核"}


async def take_application(who: Actor, application: int) -> dict[str, Any]:
    """The application, locked, if it is this organ's to decide."""
    seen = await find_application(application, who.scope)
    if seen is None or not who.scope.may_write(place_of(seen)):
        raise NotFound
    await refuse_other_level(who, place_of(seen))
    await lock_subjects(application_ref(application))
    found = await application_row(application)
    if found is None:
        raise NotFound
    if found["person"] == who.person_id:
        raise Refused("这是你自己的申请，请由其他人办理。")
    return found


async def _decide(who: Actor, application: int, act: str, form: DecisionForm) -> dict[str, Any]:
    found = await take_application(who, application)
    key = f"{act}_{form.decision}"
    if refused := states.why_not(found["state"], key):
        raise Conflict(refused)
    if form.decision == "reject" and len(form.reason) < 2:
        raise Invalid({"reason": f"{WORDS[act]}不通过要写明理由，申请人会看到。"})
    return found


async def _reject(
    who: Actor, found: dict[str, Any], act: str, reason: str, silent: tuple[str, ...] = ()
) -> None:
    await end_application(found, states.REJECTED, reason, by=who.user_id)
    await record(
        "supervisors.decided",
        application_ref(found["id"]),
        Step(found["id"], found["person"], f"{act}_reject", states.REJECTED, reason, silent),
        place_of(found),
    )
    await note_progress(found, "rejected", reason=f"{WORDS[act]}未通过：{reason}")


@retried
async def screen(who: Actor, application: int, form: DecisionForm) -> None:
    """筛选: is it complete, is it the right place (S0-23: a step of its own before 审核)."""
    async with transaction(who.scope):
        found = await _decide(who, application, "screen", form)
        if form.decision == "reject":
            await _reject(who, found, "screen", form.reason)
            return
        await execute(
            "update supervisors_application set state = 'review' where id = $1", application
        )
        await give_office(
            application_ref(application),
            title=f"{found['name']}的社会监督员申请",
            subline=f"{ROUTES[found['route']]} · {found['region_name']}",
            step="审核",
            path=f"/supervisors/applications/{application}",
            place=place_of(found),
        )
        await record(
            "supervisors.decided",
            application_ref(application),
            Step(application, found["person"], "screen_pass", states.REVIEW, form.reason),
            place_of(found),
        )
        await note_progress(found, "screened")


@retried
async def review(who: Actor, application: int, form: DecisionForm) -> str:
    """审核: the conditions, and that the person is no officer (S3-3); then 公示 begins (S3-6).

    An invited person's account opens here (S0-8). Returns the code of the printed slip, or "".
    """
    async with transaction(who.scope):
        found = await _decide(who, application, "review", form)
        if form.decision == "reject":
            await _reject(who, found, "review", form.reason)
            return ""
        blockers, silent = await ask_gate(found["person"])
        if blockers:
            raise Refused("不得从行政执法人员中聘请（第二条）。" + "".join(blockers))
        await open_notice(found)
        await record(
            "supervisors.decided",
            application_ref(application),
            Step(
                application, found["person"], "review_pass", states.PUBLICITY, form.reason, silent
            ),
            place_of(found),
        )
        if found["route"] != "invited" or not await _waits(found["account"]):
            return ""
        return await admit(found["account"], APPLICANT, region=found["region"], by=who.user_id)


async def _waits(account: int) -> bool:
    async with transaction(Scope.platform("whether an account still waits for its approval")):
        return bool(await value("select waiting <> '' from core_user where id = $1", account))


async def why_no_slip(found: Mapping[str, Any]) -> str:
    """Why the desk prints no way in for this person; empty when it may.

    Whoever prints a slip holds the account until its owner uses it. So it opens only an account
    that was reserved for this very invitation and that nobody has signed in to: an account of
    before may belong to any office, and one in use leads to what its owner reported under seal.
    """
    if found["route"] != "invited" or not found["account"]:
        return "只有特邀人员用凭条登录，其他人用自己设的密码。"
    if found["state"] in (states.SCREENING, states.REVIEW):
        return "特邀人员在审核通过后才能登录，现在还不能打印凭条。"
    if found["state"] in states.UNSUCCESSFUL:
        return "这份申请没有通过，不能打印凭条。"
    async with transaction(Scope.platform("whether an account was ever signed in to")):
        account = await row(
            "select login, last_seen from core_user where id = $1", found["account"]
        )
    if account is None or not found["login"] or account["login"] != found["login"]:
        return "本人已有账号，用原来的账号和密码登录；忘记密码的，请系统管理员办理。"
    if account["last_seen"] is not None:
        return "本人已经登录过，这里不再打印凭条；忘记密码的，请系统管理员办理。"
    return ""


async def open_notice(found: dict[str, Any]) -> int:
    """公示 begins: a public page without any number, and the clock of working days."""
    settings = await settings_in(found["region_lo"])
    ticking = await start_publicity(found, settings.publicity_workdays)
    organ = await competent_organ(found["region_lo"], "supervision")
    notice: int = await value(
        """insert into supervisors_notice
             (application, name, sex, region_name, organ_name, route_words, source_words,
              industry, employer, recommending_unit, workdays, opened_at, ends_at, region_lo,
              org_lo, published)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, true)
           returning id""",
        found["id"],
        found["name"],
        found["sex"],
        found["region_name"],
        organ.name if organ else "",
        ROUTES[found["route"]],
        SOURCES.get(found["source"], ""),
        found["industry"],
        found["employer"],
        found["recommending_unit"],
        settings.publicity_workdays,
        ticking.started_at,
        ticking.due_at,
        found["region_lo"],
        found["org_lo"],
    )
    await execute(
        "update supervisors_application set state = 'publicity' where id = $1", found["id"]
    )
    await give_office(
        application_ref(found["id"]),
        title=f"{found['name']}的社会监督员申请",
        subline=f"{ROUTES[found['route']]} · {found['region_name']}",
        step="公示",
        note="等公示期满，没有异议即可聘任",
        path=f"/supervisors/applications/{found['id']}",
        place=place_of(found),
        due_at=ticking.due_at,
        clock_id=ticking,
    )
    await record(
        "supervisors.notice_opened",
        application_ref(found["id"]),
        NoticeOpened(found["id"], notice, ticking.due_day.isoformat(), settings.publicity_workdays),
        place_of(found),
    )
    day = ticking.due_day
    await note_progress(
        found,
        "publicity",
        workdays=settings.publicity_workdays,
        until=f"{day.year}年{day.month}月{day.day}日",
    )
    return notice


@retried
async def recheck(who: Actor, application: int, form: DecisionForm) -> None:
    """复核 after objections: each answered first; the 公示 keeps the days it had."""
    async with transaction(who.scope):
        found = await _decide(who, application, "recheck", form)
        notice = await notice_state(application)
        if notice is not None and notice.unanswered:
            raise Refused(f"还有 {notice.unanswered} 条异议没有答复，请先逐条答复。")
        if form.decision == "reject":
            await _reject(who, found, "recheck", form.reason)
            return
        if await value(
            "select 1 from supervisors_objection where application = $1 and outcome = 'upheld'"
            " limit 1",
            application,
        ):
            raise Refused("有异议已认定成立，复核不能通过。")
        await execute(
            "update supervisors_application set state = 'publicity' where id = $1", application
        )
        notice_row = await notice_of(application)
        over = notice_row is not None and clock.now() > notice_row["ends_at"]
        ticking = await publicity_clock(application)
        await give_office(
            application_ref(application),
            title=f"{found['name']}的社会监督员申请",
            subline=f"{ROUTES[found['route']]} · {found['region_name']}",
            step="聘任" if over else "公示",
            path=f"/supervisors/applications/{application}",
            place=place_of(found),
            due_at=None if over or ticking is None else ticking.due_at,
            clock_id=None if over else ticking,
        )
        await record(
            "supervisors.decided",
            application_ref(application),
            Step(application, found["person"], "recheck_pass", states.PUBLICITY, form.reason),
            place_of(found),
        )
        await note_progress(found, "rechecked")
