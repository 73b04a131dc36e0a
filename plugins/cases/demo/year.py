# SPDX-License-Identifier: Apache-2.0
"""The ordinary year: who handles how many cases of what, and how many of them go wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.demo import DemoContext
from plugins.cases.demo import courses
from plugins.cases.demo.courses import YUAN, Desk
from plugins.cases.demo.desk import OPENS, Handling, Item, Move, Team, authorises, live
from plugins.cases.demo.papers import Cabinet
from plugins.cases.demo.words import (
    BURNING,
    FOOD,
    TOWNS,
    TRADE,
    WEIGHING,
    Town,
    citizen,
    firm,
    person_name,
)
from plugins.cases.rules.party import PartyDraft

NEGATIVE_BASIS = "《中华人民共和国行政处罚法》第三十三条第一款"
LEAST = 0.01
"""Of so small a share of the year nothing is left but the desk of today and the scandal."""
OWN_BEFORE = 135
"""Calendar days before today from which on the account everybody tries first gets no more
chance cases, so that his list holds what ``today.py`` puts there."""


@dataclass
class Cast:
    """Everything a case needs besides its story."""

    context: DemoContext
    cabinet: Cabinet
    items: dict[tuple[str, str], Item]
    visitors: dict[str, Visitor]
    persons: dict[str, int]

    def team(self, lead: str, second: str, approver: str) -> Team:
        """By login or name: who handles, who helps, who approves."""
        return Team(
            self.visitors[lead],
            (self.persons[lead], self.persons[second]),
            self.visitors.get(approver),
            self.visitors.get(second),
        )

    def handling(
        self,
        key: str,
        team: Team,
        body: str,
        item: str,
        start: datetime,
        title: str,
        source: str,
        party: PartyDraft,
    ) -> tuple[Handling, Desk]:
        """A case to be, and the desk its papers are written on."""
        chance = self.context.random(key)
        town = TOWNS[body[:2]]
        found = self.items[body, item]
        place = party.address or f"{town.name}{chance.choice(town.streets)}"
        handling = Handling(
            self.context,
            self.cabinet,
            chance,
            town,
            team,
            found,
            start,
            title,
            source,
            party,
        )
        return handling, Desk(self.cabinet, chance, found, team.pair, place)

    def begin(self, handling: Handling, moves: Sequence[Move]) -> None:
        """Let the case run its course."""
        office = handling.item.definition.organisation
        self.context.follow(live(handling, moves), lane=f"body:{office}")

    def moment(self, chance: Random, day: date) -> datetime:
        """An hour of work on the working day at or after ``day``."""
        day = self.context.workday(day)
        opened = datetime.combine(day, OPENS, clock.SHANGHAI)
        return opened + timedelta(minutes=chance.randint(0, 480))


@dataclass(frozen=True)
class Share:
    """How many cases of one item one body opens in the year, and in whose hands."""

    body: str
    item: str
    count: int
    teams: tuple[tuple[str, str, str], ...]
    until: int = 1
    """The newest is opened at least so many calendar days before today."""


MARKET = (
    ("zhanghailong", "siqingaowa", "liwenbo"),
    ("siqingaowa", "zhanghailong", "liwenbo"),
    ("suhe", "siqingaowa", "liwenbo"),
)
POST = (("hanxuemei", "布和", "liwenbo"),)
WEIHAI = (
    ("yuhaiyang", "bichunxiao", "congpeilin"),
    ("bichunxiao", "姜楠", "congpeilin"),
)
SMOKE = (("chenyongsheng", "娜仁花", "gaowa"),)
SHARES = (
    Share("dk-sjdd", "scjg-cf-012", 18, MARKET),
    Share("dk-sjdd", "scjg-cf-031", 11, MARKET),
    Share("dk-sjdd", "scjg-cf-045", 7, MARKET),
    Share("dk-sjdd", "scjg-cf-012", 7, POST),
    Share("dk-sjdd", "scjg-cf-102", 22, MARKET),
    Share("dk-sjdd", "scjg-cf-102", 12, POST),
    Share("dk-sjdd", "scjg-xk-003", 28, MARKET[:2]),
    Share("dk-sjdd", "scjg-jc-007", 22, MARKET),
    Share("dk-sjdd", "scjg-qz-002", 9, MARKET),
    Share("dk-hbdd", "sthj-cf-018", 11, SMOKE),
    Share("dk-szdd", "sl-zs-001", 22, (("menghe", "秦小兵", ""),)),
    Share("dk-mzj", "mz-jf-001", 24, (("baiyulan", "田军", ""),)),
    Share("dk-rsj", "rs-qr-001", 18, (("hejing", "巴图", ""),)),
    Share("dk-zrj", "zr-cj-001", 8, (("wuguodong", "塔娜", ""),)),
    Share("dk-zfj", "zf-cf-009", 24, (("dingyiming", "敖登", ""),)),
    Share("hc-sjdd", "scjg-cf-012", 12, WEIHAI),
    Share("hc-sjdd", "scjg-cf-045", 6, WEIHAI),
    Share("hc-sjdd", "scjg-cf-102", 18, WEIHAI),
    Share("hc-sjdd", "scjg-xk-003", 18, WEIHAI),
    Share("hc-sjdd", "scjg-jc-007", 16, WEIHAI),
    Share("hc-hbdd", "sthj-cf-018", 8, (("zoulu", "戚海燕", "songxiaoming"),)),
)

SOURCES = ("inspection", "random", "complaint", "assigned", "transferred")


def _party(share: Share, chance: Random, town: Town) -> PartyDraft:
    match share.item:
        case "mz-jf-001" | "rs-qr-001" | "zr-cj-001":
            return citizen(chance, town)
        case "zf-cf-009":
            return citizen(chance, town) if chance.random() < 0.7 else firm(chance, town, FOOD)
        case "scjg-cf-031":
            return firm(chance, town, WEIGHING)
        case "scjg-cf-045":
            return firm(chance, town, TRADE)
        case "sthj-cf-018" | "sl-zs-001":
            return firm(chance, town, BURNING)
        case _:
            return firm(chance, town, FOOD)


def _title(share: Share, party: PartyDraft, chance: Random, quarter: int) -> str:
    name = f"{party.name[0]}某" if party.kind == "person" else party.name
    match share.item:
        case "scjg-cf-012":
            return f"{name}拒不改正进货查验违法行为案"
        case "scjg-cf-031":
            return f"{name}使用未经检定的计量器具案"
        case "scjg-cf-045":
            return f"{name}虚假宣传案"
        case "scjg-cf-102":
            return f"{name}未明码标价案"
        case "scjg-xk-003":
            return f"{name}食品经营许可{chance.choice(('新办', '新办', '变更', '延续'))}"
        case "scjg-jc-007":
            return f"{name}食品经营监督检查"
        case "scjg-qz-002":
            return f"查封{name}涉嫌无合法来源食品"
        case "sthj-cf-018":
            return f"{name}超标排放大气污染物案"
        case "sl-zs-001":
            return f"{name}第{'一二三四'[quarter]}季度水资源费征收"
        case "mz-jf-001":
            return f"{name}户最低生活保障申请"
        case "rs-qr-001":
            return f"{name}工伤认定"
        case "zr-cj-001":
            return f"{name}与{person_name(chance)[0]}某土地权属争议"
        case _:
            return f"{name}占用道路摆摊经营案"


def _source(share: Share, chance: Random) -> str:
    if share.item in ("scjg-xk-003", "mz-jf-001", "rs-qr-001", "zr-cj-001"):
        return "application"
    if share.item == "sthj-cf-018":
        return chance.choice(("monitoring", "complaint", "inspection"))
    return chance.choices(SOURCES, (45, 25, 20, 5, 5))[0]


def _ordinary(desk: Desk, item: str, flaw: str, cast: Cast) -> list[Move]:
    chance = desk.chance
    tier = courses.tier_of(chance)
    matter = courses.MATTERS[item](desk, tier)
    moves = courses.penalty(desk, matter)
    low, _high = desk.item.tier(matter.tier)
    match flaw:
        case "late_inquiry":
            return courses.late(moves, "inquiry", 31, 38)
        case "late_all":
            return courses.late(courses.late(moves, "inquiry", 24, 29), "finding", 30, 40)
        case "late_serve":
            return courses.late(moves, "serve", 9, 13)
        case "no_photos":
            return courses.lacking(moves, "inquiry", "photos")
        case "no_transcript":
            return courses.lacking(moves, "inquiry", "transcripts")
        case "no_receipt":
            return courses.lacking(moves, "serve", "receipt")
        case "back":
            return courses.back_once(
                moves, "legal_review", "inquiry", "货值计算依据不足，退回补充调查。"
            )
        case "back_short":
            return courses.back_once(moves, "legal_review", "finding", "文书表述需要修改。")
        case "suspended":
            return courses.suspended(
                moves, "inquiry", "检验、检测、检疫", "抽样送自治区检验院检验。"
            )
        case "extended":
            return courses.extended(moves, "finding")
        case "refused":
            return courses.refused(moves, NEGATIVE_BASIS)
        case "not_filed":
            return courses.not_filed(moves, "《市场监督管理行政处罚程序规定》第二十条")
        case "no_basis":
            return courses.changed(moves, "decide", lambda m: m.says(basis=""))
        case "off_tier":
            return courses.fined(moves, matter, max(low - 2 * matter.unit, matter.unit))
        case "instalments":
            return courses.in_instalments(desk, moves, matter.amount, chance.choice((2, 3)))
        case "paid_less":
            less = matter.amount * 4 // 5 // YUAN * YUAN
            return courses.paid(moves, "execute", less, vouchers=None)
        case "no_voucher":
            return courses.paid(moves, "execute", matter.amount, vouchers=())
        case "stranger":
            return courses.with_stranger(moves, "filing", desk.pair[0], cast.persons["wangzhiyuan"])
        case "alone":
            return _with_second(courses.without_review(moves, desk), desk)
    return moves


def _with_second(moves: list[Move], desk: Desk) -> list[Move]:
    return courses.before(moves, "decide", authorises((0, 0), "decide", desk.pair))


def _simple(share: Share, desk: Desk, flaw: str) -> list[Move]:
    chance = desk.chance
    match share.item:
        case "scjg-cf-102":
            moves = courses.summary(
                desk,
                "货架商品未明码标价，经核查共 17 种商品无价签。",
                "《中华人民共和国价格法》第四十二条",
                courses.tier_of(chance),
            )
            spoils = {
                "missing": ("found", ("photos",)),
                "basis": "decide",
                "late": ("decide", 2, 4),
            }
        case "zf-cf-009":
            moves = courses.summary(
                desk,
                "在主干道人行道占道摆摊，经劝离后再次占道。",
                "《城市道路管理条例》第四十二条",
                courses.tier_of(chance),
            )
            spoils = {
                "missing": ("found", ("photos",)),
                "basis": "decide",
                "late": ("decide", 2, 4),
            }
        case "scjg-xk-003":
            moves = courses.licence(desk)
            spoils = {
                "missing": ("examine", ("site_photos",)),
                "basis": "decide",
                "late": ("examine", 18, 24),
                "back": ("examine", "accept", "申请材料缺少平面图，退回补正。"),
                "negative": ("decide", "不予许可"),
            }
        case "scjg-jc-007":
            moves = courses.inspection(desk)
            spoils = {
                "missing": ("visit", ("photos",)),
                "late": ("visit", 11, 14),
                "back": ("result", "visit", "检查记录不完整，补充检查。"),
            }
        case "scjg-qz-002":
            moves = courses.coercion(desk)
            spoils = {"missing": ("seize", ("video",)), "late": ("decide", 24, 30)}
        case "sl-zs-001":
            moves = courses.levy(desk)
            spoils = {
                "missing": ("assess", ("meter_photo",)),
                "late": ("assess", 11, 14),
                "negative": ("decide", "免征"),
            }
        case "mz-jf-001":
            moves = courses.payment(desk)
            spoils = {
                "missing": ("visit", ("photos",)),
                "late": ("visit", 28, 34),
                "negative": ("decide", "不予给付"),
                "back": ("decide", "visit", "收入核查不全，补充核查。"),
            }
        case "rs-qr-001":
            moves = courses.confirmation(desk)
            spoils = {
                "missing": ("verify", ("record",)),
                "late": ("verify", 44, 50),
                "negative": ("decide", "不予确认"),
            }
        case _:
            moves = courses.ruling(desk)
            spoils = {
                "missing": ("inquire", ("photos",)),
                "late": ("accept", 9, 12),
                "back": ("decide", "inquire", "界址照片不清，补充勘验。"),
            }
    return _spoilt(moves, flaw, spoils)


def _spoilt(moves: list[Move], flaw: str, spoils: dict[str, Any]) -> list[Move]:
    found = spoils.get(flaw)
    if found is None:
        return moves
    match flaw:
        case "missing":
            return courses.lacking(moves, found[0], *found[1])
        case "basis":
            return courses.changed(moves, found, lambda m: m.says(basis=""))
        case "late":
            return courses.late(moves, *found)
        case "back":
            return courses.back_once(moves, *found, by="lead")
        case _:
            return _declined(moves, *found)


def _declined(moves: list[Move], step: str, outcome: str) -> list[Move]:
    """The application is turned down, with the reason; what paying or paid steps there are fall."""
    where = courses.at(moves, step)
    turned = moves[where].says(outcome=outcome, reason="不符合法定条件，已书面告知理由。")
    turned = replace(turned, raw={k: v for k, v in turned.raw.items() if k != "amount"})
    if outcome == "免征":
        return [*moves[:where], turned, moves[-1].says(closing_report="符合免征条件，归档。")]
    if outcome == "不予给付":
        return [*moves[:where], turned]
    return [*moves[:where], turned, *moves[where + 1 :]]


ORDINARY_FLAWS = (
    ("", 48),
    ("late_inquiry", 4),
    ("late_all", 3),
    ("late_serve", 2),
    ("no_photos", 3),
    ("no_transcript", 2),
    ("no_receipt", 2),
    ("back", 3),
    ("back_short", 3),
    ("suspended", 6),
    ("extended", 4),
    ("refused", 4),
    ("not_filed", 4),
    ("no_basis", 2),
    ("off_tier", 3),
    ("instalments", 5),
    ("paid_less", 2),
    ("no_voucher", 3),
    ("stranger", 2),
    ("alone", 3),
)
SIMPLE_FLAWS = (("", 60), ("missing", 6), ("basis", 3), ("late", 6), ("back", 4), ("negative", 5))


def plan_year(cast: Cast) -> int:
    """Plan the ordinary cases of the year; how many."""
    context = cast.context
    first = context.begins.date()
    planned = 0
    for number, share in enumerate(SHARES):
        count = max(1, round(share.count * context.share)) if context.share > LEAST else 0
        chance = context.random(f"year:{number}")
        town = TOWNS[share.body[:2]]
        ordinary = share.item in courses.MATTERS
        for n in range(count):
            # Spread over the year with some disorder, the newest still running today.
            span = 365 - share.until
            day = first + timedelta(days=min(span, int((n + chance.random()) * span / count)))
            lead, second, approver = share.teams[n % len(share.teams)]
            if lead == "zhanghailong" and (context.today - day).days < OWN_BEFORE:
                lead, second = second, "suhe"
            party = _party(share, chance, town)
            table = ORDINARY_FLAWS if ordinary else SIMPLE_FLAWS
            flaw = chance.choices([f for f, _ in table], [w for _, w in table])[0]
            title = _title(share, party, chance, (day.month - 1) // 3)
            handling, desk = cast.handling(
                f"case:{number}:{n}",
                cast.team(lead, second, approver),
                share.body,
                share.item,
                cast.moment(chance, day),
                title,
                _source(share, chance),
                party,
            )
            if ordinary:
                if flaw == "stranger" and share.body != "dk-sjdd":
                    flaw = "no_voucher"
                moves = _ordinary(desk, share.item, flaw, cast)
            else:
                moves = _simple(share, desk, flaw)
            cast.begin(handling, moves)
            planned += 1
    return planned
