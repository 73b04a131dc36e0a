# SPDX-License-Identifier: Apache-2.0
"""What all acts on complaints share: who acts, the locked row, turns, settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api import clock
from core.api.access import persons_holding
from core.api.db import Place, Scope, SubjectRef, current_scope, execute, lock_subjects, row
from core.api.errors import NotFound, Refused
from core.api.messages import notify
from core.api.people import competent_organ, organisation
from core.api.turns import close_turn, hand_turn
from plugins.complaints import queries
from plugins.complaints.rules import ANSWER, HANDLE, flow

REGISTER = "the register belongs to the bureau, whoever files into it or answers it"


class ComplaintSettings(msgspec.Struct, frozen=True):
    """Periods and numbers of complaints, by region."""

    feedback_days: Annotated[int, Meta(ge=1, le=120)] = 30
    """单位反馈的期限（自然日，末日逢休息日顺延；S3 第十二条）"""
    extension_days: Annotated[int, Meta(ge=1, le=60)] = 30
    """一次延期最多多少天"""
    reminders: Annotated[str, Meta(max_length=40)] = "7,3,1"
    """到期前多少天提醒单位，用逗号分开"""
    extra_types: Annotated[str, Meta(max_length=300)] = ""
    """本地区另加的执法类型，用逗号分开"""
    public_at_once: bool = True
    """群众投诉写明在册单位的，自动推送隐去身份的副本"""
    public_per_hour: Annotated[int, Meta(ge=1, le=10000)] = 120
    """一个地区一小时最多收多少件群众投诉，防止灌水"""
    smallest_number: Annotated[int, Meta(ge=2, le=50)] = 5
    """统计里小于这个数的不显示"""
    retention_years: Annotated[int, Meta(ge=3, le=100)] = 10
    """办结后保存多少年"""
    retention_quiet_months: Annotated[int, Meta(ge=1, le=120)] = 12
    """到期前多少个月内有人办理过的，暂不提议销毁"""


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope and with which rights."""

    scope: Scope
    person_id: int
    user_id: int
    name: str
    permissions: frozenset[str]
    region_lo: int


def ref(complaint: int) -> SubjectRef:
    return SubjectRef("complaints.complaint", complaint)


def copy_ref(copy: int) -> SubjectRef:
    return SubjectRef("complaints.copy", copy)


def person_ref(person: int) -> SubjectRef:
    """Whoever changes what the annual review asks takes the asker's lock."""
    return SubjectRef("core.person", person)


def place_of(it: Mapping[str, Any]) -> Place:
    return Place(it["region_lo"], it["org_lo"])


def path_of(complaint: int) -> str:
    return f"/complaints/{complaint}"


def copy_path(copy: int) -> str:
    return f"/complaints/copies/{copy}"


def register() -> Scope:
    """The scope in which the register is written by those who do not own it."""
    return Scope.platform(REGISTER, actor=current_scope().actor)


def standing(it: Mapping[str, Any]) -> flow.Standing:
    return flow.Standing(
        it["state"], it["kind"], bool(it["body"]), it["late"], bool(it["successor"])
    )


async def elsewhere(region_lo: int, it: Mapping[str, Any]) -> str:
    """Why somebody of that region only reads it; empty when its bureau is his own (S0-13).

    The bureau above reads what stands below it. It handles what has no bureau of its own.
    """
    organ = await competent_organ(it["region_lo"], "supervision") if it["region_lo"] else None
    if organ is not None and organ.region_lo != region_lo:
        return f"由{organ.name}办理，你可以查看。"
    return ""


async def take(who: Actor, complaint: int, *also: SubjectRef) -> dict[str, Any]:
    """The complaint, locked, if it is the visitor's to handle."""
    if HANDLE not in who.permissions:
        raise Refused("办理投诉举报由司法行政机关人员进行。")
    seen = await queries.find(complaint, who.scope)
    if seen is None:
        raise NotFound("没有找到这件投诉举报，或者不在你的管理范围内。")
    if why := await elsewhere(who.region_lo, seen):
        raise Refused(why)
    await lock_subjects(
        ref(complaint), *also, *([person_ref(seen["officer"])] if seen["officer"] else [])
    )
    found = await row("select * from complaints_complaint where id = $1 for update", complaint)
    assert found is not None
    return found


def refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise Refused(*reasons)


async def change(complaint: int, **values: Any) -> None:
    """Set columns of a complaint; every act is activity and news for the reporter."""
    values = {"active_at": clock.now(), "news": True, **values}
    names = list(values)
    sets = ", ".join(f'"{name}" = ${n}' for n, name in enumerate(names, 2))
    await execute(
        f"update complaints_complaint set {sets} where id = $1",
        complaint,
        *values.values(),
    )


def handled(who: Actor, it: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the first act that moves it to 已处理."""
    first = {} if it["handled_at"] else {"handled_at": clock.now()}
    return {**first, "handler_name": who.name}


def title_line(it: Mapping[str, Any]) -> str:
    from plugins.complaints.rules.intake import title_of

    return title_of(it["kind"], it["target"], it["body_name"], it["officer_name"])


async def give_bureau(it: Mapping[str, Any], step: str, *, lamp: Any = None) -> None:
    """It is the bureau's turn."""
    await hand_turn(
        ref(it["id"]),
        title=title_line(it),
        subline=it["number"],
        step_title=step,
        path=path_of(it["id"]),
        holder_org=it["org_lo"],
        permission=HANDLE,
        place=place_of(it),
        lamp=lamp,
    )


async def bureau_rests(it: Mapping[str, Any]) -> None:
    await close_turn(ref(it["id"]))


async def give_body(copy: Mapping[str, Any]) -> None:
    """It is the body's turn, with its clock."""
    await hand_turn(
        copy_ref(copy["id"]),
        title=f"反馈投诉举报：{copy['enforcement_type']}",
        subline=f"{copy['number']} · {copy['organ_name']}",
        step_title="调查并反馈",
        path=copy_path(copy["id"]),
        holder_org=copy["org_lo"],
        permission=ANSWER,
        clock=copy["clock"],
        unit="calendar",
        place=place_of(copy),
    )


async def tell_bureau(kind: str, it: Mapping[str, Any], text: str = "") -> None:
    """A message to those who handle complaints at the bureau."""
    organ = await organisation(it["organ"]) if it["organ"] else None
    if organ is None:
        return
    persons = await persons_holding(HANDLE, organ.lo, organ.hi)
    params = {"number": it["number"], "title": title_line(it), "text": text}
    await notify(kind, persons, ref(it["id"]), params, place_of(it))


async def tell_body(kind: str, copy: Mapping[str, Any], text: str = "") -> None:
    """A message to those who answer at the body."""
    body = await organisation(copy["organisation"])
    if body is None:
        return
    persons = await persons_holding(ANSWER, body.lo, body.lo)
    params = {"number": copy["number"], "title": copy["enforcement_type"], "text": text}
    await notify(kind, persons, copy_ref(copy["id"]), params, place_of(copy))


async def tell_reporter(it: Mapping[str, Any], kind: str, text: str = "") -> None:
    """A message to a supervisor who did not ask for confidentiality.

    Under seal there is none: the row of a message would name him. He sees the news in his own
    list, which he finds by his alias.
    """
    if it["sealed"] or not it["reporter"]:
        return
    root = it["origin"] or it["id"]
    await notify(
        kind,
        [it["reporter"]],
        SubjectRef("complaints.own", root),
        {"number": it["number"], "title": title_line(it), "text": text},
        place_of(it),
    )
