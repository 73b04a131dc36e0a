# SPDX-License-Identifier: Apache-2.0
"""The planted scandal. Whoever wants to find it himself reads docs/demo.md first, not this.

One invented group of firms is handled by three people of two offices. Nothing here is entered
as a fault: every single act passes the services like any other, and only together do they tell.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from plugins.cases.demo import courses
from plugins.cases.demo.courses import YUAN, Matter
from plugins.cases.demo.desk import Move
from plugins.cases.demo.words import DENGKOU, credit_code
from plugins.cases.demo.year import Cast
from plugins.cases.rules.party import PartyDraft

OWNER = "金海山"
PHONE = "0478-4215566"
ADDRESS = "磴口县工业园区纬三路 9 号"
REASON = "根据领导意见，补充完善证据材料。"
VOIDED = "重复拍摄，按要求整理"
CASH = "现金代收，票据后补"

SMOKE = ("chenyongsheng", "娜仁花", "gaowa")
MARKET = ("suhe", "布和", "liwenbo")
POST = ("hanxuemei", "布和", "liwenbo")


@dataclass(frozen=True)
class Firm:
    """A member of the group; the last has another name and the same telephone."""

    name: str
    business: bool = False


HEAT = Firm("磴口县金河湾热力有限公司")
BRICKS = Firm("磴口县金河湾建材有限公司")
FOODS = Firm("巴彦淖尔市金河湾食品有限公司")
SHOP = Firm("磴口县湾里人家超市", business=True)


@dataclass(frozen=True)
class Favour:
    """One case: how long ago it was opened, and what is done for the firm."""

    days_ago: int
    firm: Firm
    team: tuple[str, str, str]
    body: str
    item: str
    kind: str


FAVOURS = (
    Favour(352, HEAT, SMOKE, "dk-hbdd", "sthj-cf-018", "cheap"),
    Favour(328, FOODS, MARKET, "dk-sjdd", "scjg-cf-012", "cheap"),
    Favour(301, SHOP, POST, "dk-sjdd", "scjg-cf-012", "cheap_unpaid"),
    Favour(276, BRICKS, SMOKE, "dk-hbdd", "sthj-cf-018", "let_go"),
    Favour(240, FOODS, MARKET, "dk-sjdd", "scjg-cf-045", "let_go"),
    Favour(214, HEAT, SMOKE, "dk-hbdd", "sthj-cf-018", "thinned"),
    Favour(183, SHOP, POST, "dk-sjdd", "scjg-cf-012", "thinned"),
    Favour(152, FOODS, MARKET, "dk-sjdd", "scjg-cf-012", "cheap_unpaid"),
    Favour(131, HEAT, SMOKE, "dk-hbdd", "sthj-cf-018", "let_go"),
    Favour(112, BRICKS, SMOKE, "dk-hbdd", "sthj-cf-018", "cheap_unpaid"),
    Favour(58, HEAT, SMOKE, "dk-hbdd", "sthj-cf-018", "thinned"),
)
TITLES = {
    "sthj-cf-018": "超标排放大气污染物案",
    "scjg-cf-012": "拒不改正进货查验违法行为案",
    "scjg-cf-045": "虚假宣传案",
}


def _slow(moves: list[Move]) -> list[Move]:
    """The decision falls a few days before the ninety are over: long rest, then all at once."""
    course = courses.late(moves, "inquiry", 24, 27)
    return courses.late(course, "finding", 18, 20)


def _cheap(moves: list[Move], matter: Matter, lowest: int) -> list[Move]:
    """Facts of the heaviest tier, a sum below the lightest."""
    return courses.fined(moves, replace(matter, tier="light"), lowest, "light")


def _favoured(kind: str, moves: list[Move], matter: Matter, lowest: int) -> list[Move]:
    match kind:
        case "cheap":
            return _cheap(moves, matter, lowest)
        case "cheap_unpaid":
            course = _cheap(moves, matter, lowest)
            return courses.paid(course, "execute", lowest, vouchers=(), wait=(1, 2), note=CASH)
        case "let_go":
            return courses.refused(_slow(moves), "")
        case _:
            course = _cheap(moves, matter, lowest)
            course = courses.paid(course, "execute", lowest, vouchers=(), wait=(1, 2), note=CASH)
            return courses.reduced(course, "photos", REASON, VOIDED)


def plan_scandal(cast: Cast) -> int:
    """Plan the cases of the group."""
    context = cast.context
    codes = context.random("scandal:codes")
    known: dict[str, PartyDraft] = {}
    for number, favour in enumerate(FAVOURS):
        firm = favour.firm
        party = known.setdefault(
            firm.name,
            PartyDraft(
                "business" if firm.business else "organisation",
                firm.name,
                credit_code(codes, DENGKOU.code, business=firm.business),
                "",
                OWNER,
                ADDRESS if not firm.business else "磴口县河套大街 21 号",
                PHONE,
            ),
        )
        chance = context.random(f"scandal:{number}")
        day = context.today - timedelta(days=favour.days_ago)
        handling, desk = cast.handling(
            f"scandal:{number}",
            cast.team(*favour.team),
            favour.body,
            favour.item,
            cast.moment(chance, day),
            f"{firm.name}{TITLES[favour.item]}",
            "complaint",
            party,
        )
        desk = replace(desk, pair=handling.team.pair)
        matter = courses.MATTERS[favour.item](desk, "heavy")
        low, _high = desk.item.tier("light")
        lowest = low // 2 // (100 * YUAN) * (100 * YUAN)
        moves = courses.penalty(desk, matter)
        cast.begin(handling, _favoured(favour.kind, moves, matter, lowest))
    return len(FAVOURS)
