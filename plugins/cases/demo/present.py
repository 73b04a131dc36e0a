# SPDX-License-Identifier: Apache-2.0
"""What lies on the desk of 张海龙 today: the account everybody tries first.

One late, one nearly, one resting, one sent back, one without photographs, one paid in parts, one
licence, one to be signed with a colleague and one of yesterday.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from plugins.cases.demo import courses
from plugins.cases.demo.courses import Desk, Matter
from plugins.cases.demo.desk import Move, goes_back, issues, suspends
from plugins.cases.demo.words import DENGKOU, FOOD, HUANCUI, TRADE, WEIGHING, firm
from plugins.cases.demo.year import Cast

TEAM = ("zhanghailong", "siqingaowa", "liwenbo")
BODY = "dk-sjdd"
FOOD_ITEM, SCALES_ITEM = "scjg-cf-012", "scjg-cf-031"


def _upto(moves: list[Move], *waits: int) -> list[Move]:
    """The first moves, each after exactly so many working days."""
    return [m.waits(w, w) for m, w in zip(moves, waits, strict=False)]


def _late(_desk: Desk, moves: list[Move], _matter: Matter) -> list[Move]:
    return _upto(moves, 1, 1)


def _near(_desk: Desk, moves: list[Move], _matter: Matter) -> list[Move]:
    gone = _upto(moves, 1, 1, 8, 3, 2, 5)
    return [*gone[:5], issues((0, 0), "notice", served=True), *gone[5:]]


def _resting(_desk: Desk, moves: list[Move], _matter: Matter) -> list[Move]:
    tested = suspends((6, 6), "检验、检测、检疫", "抽取三批次样品送自治区检验院检验。")
    return [*_upto(moves, 1, 1), tested]


def _back(_desk: Desk, moves: list[Move], _matter: Matter) -> list[Move]:
    sent = goes_back((2, 2), "inquiry", "供货者名称前后不一致，退回补充调查。")
    return [*_upto(moves, 1, 1, 5, 3), sent]


def _no_photos(_desk: Desk, moves: list[Move], _matter: Matter) -> list[Move]:
    return _upto(courses.lacking(moves, "inquiry", "photos"), 1, 1, 6, 3, 2)


def _in_parts(desk: Desk, moves: list[Move], matter: Matter) -> list[Move]:
    course = courses.in_instalments(desk, moves, matter.amount, 3)
    gone = _upto(course, 1, 1, 8, 3, 2, 5, 2, 1, 2, 2)
    notice = issues((0, 0), "notice", served=True)
    decision = issues((0, 0), "decision", served=True)
    return [*gone[:5], notice, *gone[5:7], decision, *gone[7:]]


def _new(_desk: Desk, _moves: list[Move], _matter: Matter) -> list[Move]:
    return []


PENALTIES: tuple[
    tuple[str, int, str, str, Callable[[Desk, list[Move], Matter], list[Move]]], ...
] = (
    # item, opened so many working days ago, tier, source, how far it came
    (FOOD_ITEM, 37, "light", "complaint", _late),
    (FOOD_ITEM, 28, "normal", "inspection", _near),
    (FOOD_ITEM, 17, "normal", "random", _resting),
    (SCALES_ITEM, 15, "normal", "inspection", _back),
    (FOOD_ITEM, 19, "light", "transferred", _no_photos),
    (FOOD_ITEM, 30, "heavy", "inspection", _in_parts),
    (SCALES_ITEM, 1, "light", "complaint", _new),
)


WEIHAI: tuple[tuple[int, str, Callable[[Desk, list[Move], Matter], list[Move]]], ...] = (
    (36, "light", _late),
    (14, "light", _no_photos),
    (13, "normal", _back),
)
"""The same, shorter, for 于海洋 in the other province."""
REVISED: tuple[tuple[int, int], ...] = ((2, 75_000), (3, 90_000))
"""Opened so many working days after a standard was revised, and the fine in 分.

Both acts lie before the revision, so the former standard (at most 800 yuan) applies to both. The
second office overlooked that.
"""
CASES = len(PENALTIES) + 2 + len(WEIHAI) + len(REVISED)


def plan_present(cast: Cast) -> int:
    """Plan the cases that are still on his desk."""
    context = cast.context
    chance = context.random("present")
    team = cast.team(*TEAM)
    for number, (item, ago, tier, source, far) in enumerate(PENALTIES):
        party = firm(chance, DENGKOU, WEIGHING if item == SCALES_ITEM else FOOD)
        what = "使用未经检定的计量器具案" if item == SCALES_ITEM else "拒不改正进货查验违法行为案"
        start = cast.moment(chance, context.workday_before(context.today, ago))
        handling, desk = cast.handling(
            f"present:{number}", team, BODY, item, start, f"{party.name}{what}", source, party
        )
        matter = courses.MATTERS[item](desk, tier)
        cast.begin(handling, far(desk, courses.penalty(desk, matter), matter))
    party = firm(chance, DENGKOU, TRADE)
    start = cast.moment(chance, context.workday_before(context.today, 5))
    handling, desk = cast.handling(
        "present:licence",
        team,
        BODY,
        "scjg-xk-003",
        start,
        f"{party.name}食品经营许可新办",
        "application",
        party,
    )
    cast.begin(handling, _upto(courses.licence(desk), 1))
    _plan_signing(cast)
    _plan_revised(cast)
    _plan_weihai(cast)
    return CASES


def _plan_signing(cast: Cast) -> None:
    """Sealed goods whose fate his colleague has signed, and he has not: 会签."""
    context = cast.context
    chance = context.random("present:signing")
    party = firm(chance, DENGKOU, FOOD)
    handling, desk = cast.handling(
        "present:signing",
        cast.team(*TEAM),
        BODY,
        "scjg-qz-002",
        cast.moment(chance, context.workday_before(context.today, 10)),
        f"查封{party.name}涉嫌无合法来源食品",
        "inspection",
        party,
    )
    cast.begin(handling, _upto(courses.coercion(desk, agreed=True), 0, 0, 7))


def _plan_revised(cast: Cast) -> None:
    """Decided under the new standard, done under the old one: 从旧兼从轻."""
    context = cast.context
    chance = context.random("present:revised")
    revised: date = context.shared.get("powers.revised") or context.workday_before(
        context.today, 60
    )
    for number, (after, amount) in enumerate(REVISED):
        party = firm(chance, DENGKOU, WEIGHING)
        handling, desk = cast.handling(
            f"present:revised:{number}",
            cast.team("siqingaowa", "zhanghailong", "liwenbo"),
            BODY,
            SCALES_ITEM,
            cast.moment(chance, context.workday(revised, after)),
            f"{party.name}使用未经检定的计量器具案",
            "inspection",
            party,
        )
        done = (revised - timedelta(days=12 + number)).isoformat()
        matter = courses.MATTERS[SCALES_ITEM](desk, "heavy")
        matter = replace(matter, amount=amount, inquiry={**matter.inquiry, "act_on": done})
        cast.begin(handling, courses.penalty(desk, matter))


def _plan_weihai(cast: Cast) -> None:
    context = cast.context
    chance = context.random("present:weihai")
    team = cast.team("yuhaiyang", "bichunxiao", "congpeilin")
    for number, (ago, tier, far) in enumerate(WEIHAI):
        party = firm(chance, HUANCUI, FOOD)
        handling, desk = cast.handling(
            f"present:weihai:{number}",
            team,
            "hc-sjdd",
            FOOD_ITEM,
            cast.moment(chance, context.workday_before(context.today, ago)),
            f"{party.name}拒不改正进货查验违法行为案",
            "inspection",
            party,
        )
        matter = courses.MATTERS[FOOD_ITEM](desk, tier)
        cast.begin(handling, far(desk, courses.penalty(desk, matter), matter))
