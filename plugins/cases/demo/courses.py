# SPDX-License-Identifier: Apache-2.0
"""The course of a case of each class when everybody does what he should, and what goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from core.api.files import Received
from plugins.cases.demo.desk import (
    Item,
    Move,
    extends,
    goes_back,
    in_parts,
    is_stopped,
    pays,
    resumes,
    signs,
    submits,
    suspends,
    voids,
)
from plugins.cases.demo.papers import Cabinet
from plugins.cases.rules.money import show_money

YUAN = 100


@dataclass(frozen=True)
class Desk:
    """What a course is written with."""

    cabinet: Cabinet
    chance: Random
    item: Item
    pair: tuple[int, ...]
    place: str

    def photos(self, low: int = 2, high: int = 3) -> list[Received]:
        words = ("现场全景", "货架近景", "票据", "标签", "库房", "门头", "台账")
        chosen = self.chance.sample(words, self.chance.randint(low, high))
        return [self.cabinet.photo(self.chance, f"{w}.jpg") for w in chosen]

    def paper(self, title: str, name: str = "") -> list[Received]:
        return [self.cabinet.paper(self.chance, title, name)]

    def amount(self, tier: str, unit: int = 500 * YUAN) -> int:
        """A sum inside the tier, rounded as offices round."""
        low, high = self.item.tier(tier)
        low, high = -(-low // unit), high // unit
        return self.chance.randint(low, max(low, high)) * unit


@dataclass(frozen=True)
class Matter:
    """What a penalty is about."""

    facts: str
    report: str
    basis: str
    correction: str
    inquiry: dict[str, str]
    tier: str
    amount: int
    unit: int = 500 * YUAN


def tier_of(chance: Random) -> str:
    """Most are light."""
    return chance.choices(("light", "normal", "heavy"), (55, 35, 10))[0]


def _food(desk: Desk, tier: str) -> Matter:
    value = {"light": (600, 4900), "normal": (5600, 42000), "heavy": (53000, 88000)}[tier]
    goods = desk.chance.randint(*value)
    return Matter(
        f"当事人采购食品未查验供货者的许可证和合格证明，未建立进货查验记录，经责令改正后在复查时仍未改正，"
        f"涉案货值 {goods:,} 元。",
        "事实清楚，证据确凿，当事人对违法事实无异议。",
        "《中华人民共和国食品安全法》第一百二十六条第一款第（三）项",
        "立即建立并执行进货查验记录制度。",
        {"goods_value": f"{goods}.00", "refused_times": "1"},
        tier,
        desk.amount(tier),
    )


def _scales(desk: Desk, tier: str) -> Matter:
    times = {"light": 0, "normal": 1, "heavy": 2}[tier]
    return Matter(
        "当事人使用的电子秤未按规定申请检定，检定合格证已过有效期，仍用于贸易结算。",
        "当事人使用未经检定的计量器具事实成立。",
        "《中华人民共和国计量法实施细则》第四十三条",
        "停止使用并在七日内送检。",
        {"goods_value": "0", "refused_times": str(times)},
        tier,
        desk.amount(tier, 50 * YUAN),
        50 * YUAN,
    )


def _advertising(desk: Desk, tier: str) -> Matter:
    value = {"light": (8000, 48000), "normal": (56000, 190000), "heavy": (210000, 380000)}[tier]
    goods = desk.chance.randint(*value)
    return Matter(
        f"当事人在经营场所和网店页面宣称商品“治愈率 98%”“国家专利”，不能提供依据，销售额 {goods:,} 元。",
        "宣传内容没有事实依据，足以误导消费者。",
        "《中华人民共和国反不正当竞争法》第八条第一款、第二十条第一款",
        "立即停止违法宣传，消除影响。",
        {"goods_value": f"{goods}.00", "refused_times": "0"},
        tier,
        desk.amount(tier, 10_000 * YUAN),
        10_000 * YUAN,
    )


def _smoke(desk: Desk, tier: str) -> Matter:
    over = desk.chance.randint(*{"light": (6, 29), "normal": (35, 96), "heavy": (105, 160)}[tier])
    return Matter(
        f"执法监测显示，当事人锅炉废气排放口颗粒物浓度超过排放标准 {over}%，自动监测数据与现场采样一致。",
        "监测程序合法，超标事实成立。",
        "《中华人民共和国大气污染防治法》第九十九条第（二）项",
        "立即检修治理设施，达标前停止排放。",
        {"goods_value": "0", "refused_times": "0", "exceed_percent": str(over)},
        tier,
        desk.amount(tier, 10_000 * YUAN),
        10_000 * YUAN,
    )


MATTERS: dict[str, Callable[[Desk, str], Matter]] = {
    "scjg-cf-012": _food,
    "scjg-cf-031": _scales,
    "scjg-cf-045": _advertising,
    "sthj-cf-018": _smoke,
}


def penalty(desk: Desk, matter: Matter) -> list[Move]:
    """The ordinary procedure from the clue to the archive."""
    return [
        submits(
            "clue",
            (1, 5),
            {"clue_on": "{before}", "clue_facts": f"核查发现：{matter.facts}"},
        ),
        submits(
            "filing",
            (1, 3),
            {
                "outcome": "立案",
                "basis": "《中华人民共和国行政处罚法》第五十四条第二款",
                "opinion": "符合立案标准，同意立案调查。",
            },
            by="approver",
            officers=desk.pair,
        ),
        submits(
            "inquiry",
            (3, 14),
            {
                "inquired_on": "{week}",
                "place": desk.place,
                "facts": matter.facts,
                **matter.inquiry,
            },
            {"photos": desk.photos(), "transcripts": desk.paper("询问笔录")},
        ),
        submits(
            "finding",
            (2, 7),
            {"report": matter.report, "proposal": "建议处罚"},
            {"report_file": desk.paper("调查终结报告")},
        ),
        submits(
            "legal_review",
            (1, 4),
            {
                "result": "同意",
                "review_opinion": "主体合法，事实清楚，证据充分，适用法律正确，程序合法，裁量适当。",
            },
            by="approver",
        ),
        submits(
            "notice",
            (5, 6),
            {
                "notified_on": "{week}",
                "defence": "当事人在法定期限内未提出陈述、申辩。",
            },
            {"notice_receipt": desk.paper("告知书送达回证")},
            officers=desk.pair,
        ),
        submits(
            "decide",
            (1, 5),
            {
                "outcome": "给予处罚",
                "basis": matter.basis,
                "kinds": ["罚款"],
                "tier": matter.tier,
                "amount": show_money(matter.amount),
                "correction": matter.correction,
            },
            {"decision_file": desk.paper("行政处罚决定书")},
        ),
        submits(
            "serve",
            (0, 4),
            {"method": "直接送达", "served_on": "{today}", "needs_execution": "需要执行"},
            {"receipt": desk.paper("送达回证")},
        ),
        pays((2, 8), matter.amount, desk.paper("缴款凭据", "非税收入一般缴款书")),
        submits("execute", (0, 1), {"execution_note": "罚款已缴入财政专户。"}),
        submits(
            "close",
            (1, 6),
            {"closing_report": "处罚决定已全部履行，当事人已改正，同意结案归档。"},
        ),
    ]


def summary(desk: Desk, facts: str, basis: str, tier: str) -> list[Move]:
    """Penalised on the spot."""
    unit = 10 * YUAN if desk.item.tier("heavy")[1] <= 20000 else 50 * YUAN
    low, _high = desk.item.tier(tier)
    amount = max(desk.amount(tier, unit), low or unit)
    return [
        submits(
            "found",
            (0, 0),
            {"found_on": "{today}", "place": desk.place, "facts": facts},
            {"photos": desk.photos(1, 2)},
            officers=desk.pair,
        ),
        submits(
            "decide",
            (0, 0),
            {"outcome": "罚款", "basis": basis, "tier": tier, "amount": show_money(amount)},
            {"decision_file": desk.paper("当场处罚决定书")},
        ),
        pays((0, 5), amount, desk.paper("缴款凭据", "罚没收据")),
        submits("execute", (0, 0), {}),
        submits("close", (1, 4), {"closing_report": "已报所属机关备案。"}),
    ]


def licence(desk: Desk) -> list[Move]:
    """A licence, from the application to publication."""
    return [
        submits(
            "accept",
            (0, 3),
            {
                "applied_on": "{before}",
                "outcome": "受理",
                "basis": "《中华人民共和国行政许可法》第三十二条第一款第（五）项",
            },
            {"application": desk.paper("申请材料", "食品经营许可申请书")},
            officers=desk.pair,
        ),
        submits(
            "examine",
            (2, 7),
            {
                "examined_on": "{before}",
                "opinion": "经营场所、设备布局和管理制度符合《食品经营许可审查通则》要求。",
            },
            {"site_photos": desk.photos()},
        ),
        submits(
            "decide",
            (1, 4),
            {
                "outcome": "准予许可",
                "basis": "《中华人民共和国食品安全法》第三十五条第一款",
                "reason": "符合法定条件。",
            },
        ),
        submits("issue", (0, 4), {"served_on": "{today}"}, {"receipt": desk.paper("送达回证")}),
        submits(
            "publish",
            (0, 3),
            {"published_on": "{today}", "closing_report": "已在门户网站公示。"},
        ),
    ]


def inspection(desk: Desk) -> list[Move]:
    """A visit to a food business."""
    fine = desk.chance.random() < 0.65
    return [
        submits(
            "plan",
            (0, 1),
            {
                "source": desk.chance.choice(("年度计划", "双随机抽取", "双随机抽取", "投诉举报")),
                "scope": "经营资质、进货查验、贮存条件、从业人员健康证明。",
            },
            officers=desk.pair,
        ),
        submits(
            "visit",
            (0, 3),
            {
                "visited_on": "{today}",
                "place": desk.place,
                "findings": "现场检查十二项，符合要求。"
                if fine
                else "发现两种散装食品未标明生产日期，一名从业人员健康证明过期。",
            },
            {"photos": desk.photos(1, 3), "record": desk.paper("检查笔录")},
        ),
        submits(
            "result",
            (0, 3),
            {
                "outcome": "未发现问题" if fine else "责令改正",
                "basis": "《中华人民共和国食品安全法》第一百一十条",
                "opinion": "未发现违法行为。" if fine else "责令三日内改正并复查。",
            },
        ),
        submits(
            "publish",
            (1, 9),
            {"published_on": "{today}", "closing_report": "检查结果已在公示平台公示。"},
        ),
    ]


def coercion(desk: Desk, *, agreed: bool | None = None) -> list[Move]:
    """Goods are sealed; what becomes of them both officers sign (会签), not always at once."""
    at_once = desk.chance.random() < 0.7 if agreed is None else agreed
    doubts = signs((3, 5), "second", False, "检验报告还没有出来，先不作处理决定。")
    says = "报告已出，同意处理意见。" if not at_once else "同意处理意见。"
    return [
        submits(
            "request",
            (0, 0),
            {
                "outcome": "批准",
                "basis": "《中华人民共和国食品安全法》第一百一十条第（四）项",
                "reason": "现场发现无合法来源的冷冻肉制品，有证据证明存在安全隐患。",
            },
            officers=desk.pair,
        ),
        submits(
            "seize",
            (0, 0),
            {
                "seized_on": "{today}",
                "place": desk.place,
                "goods": "冷冻肉制品 36 箱，每箱 10 公斤，包装无中文标签。",
                "goods_value": str(desk.chance.randint(30, 180) * 100),
            },
            {"record": desk.paper("现场笔录"), "video": [desk.cabinet.video("查封扣押全程.webm")]},
            officers=desk.pair,
        ),
        *([] if at_once else [doubts]),
        signs((4, 9), "second", True, says),
        signs((0, 2), "lead", True, "事实清楚，同意。"),
        submits(
            "decide",
            (0, 2),
            {
                "outcome": desk.chance.choice(("解除", "没收", "销毁")),
                "basis": "《中华人民共和国行政强制法》第二十七条",
                "opinion": "查清事实，依法处理。",
            },
            {"decision_file": desk.paper("送达回证", "查封扣押处理决定书")},
        ),
        submits(
            "close",
            (0, 2),
            {"returned_on": "{today}", "closing_report": "已按处理决定办理。"},
            {"receipt": desk.paper("签收凭证")},
        ),
    ]


def levy(desk: Desk) -> list[Move]:
    """The water fee of a quarter."""
    cubic = desk.chance.randint(80, 4200) * 10
    amount = cubic * 20
    return [
        submits(
            "assess",
            (1, 3),
            {"assessed_on": "{today}", "quantity": str(cubic), "note": "按计量表示数核定。"},
            {"meter_photo": desk.photos(1, 1)},
            officers=desk.pair,
        ),
        submits(
            "decide",
            (0, 3),
            {
                "outcome": "征收",
                "basis": "《取水许可和水资源费征收管理条例》第二十八条",
                "amount": show_money(amount),
            },
            {"decision_file": desk.paper("缴费通知单")},
        ),
        pays((1, 4), amount, desk.paper("缴款凭据", "水资源费缴款书")),
        submits("collect", (0, 0), {"note": "已缴入国库。"}),
        submits("close", (0, 5), {"closing_report": "本季水资源费已缴清。"}),
    ]


def payment(desk: Desk) -> list[Move]:
    """Minimum living allowance for a household."""
    income = desk.chance.randint(120, 560)
    return [
        submits(
            "accept",
            (0, 2),
            {"applied_on": "{before}"},
            {"application": desk.paper("申请材料", "低保申请书和授权书")},
            officers=desk.pair,
        ),
        submits(
            "visit",
            (3, 10),
            {
                "visited_on": "{before}",
                "income": f"{income}.00",
                "findings": "共同生活家庭成员二人，一人长期患病，收入来源为土地流转费。",
            },
            {"photos": desk.photos(1, 2)},
        ),
        submits(
            "decide",
            (2, 7),
            {
                "outcome": "予以给付",
                "basis": "《社会救助暂行办法》第九条、第十一条",
                "amount": f"{max(780 - income, 120)}.00",
                "reason": "家庭人均收入低于当地最低生活保障标准。",
            },
        ),
        submits(
            "pay",
            (3, 10),
            {"paid_on": "{today}", "closing_report": "已在村（社区）公示栏公布。"},
        ),
    ]


def confirmation(desk: Desk) -> list[Move]:
    """Whether an accident was one of work."""
    return [
        submits(
            "accept",
            (1, 6),
            {
                "applied_on": "{week}",
                "outcome": "受理",
                "basis": "《工伤保险条例》第十八条",
            },
            {"application": desk.paper("申请材料", "工伤认定申请表")},
            officers=desk.pair,
        ),
        submits(
            "verify",
            (4, 14),
            {
                "verified_on": "{before}",
                "findings": "经向用人单位和两名工友核实，事故发生在工作时间和工作场所内。",
            },
            {"record": desk.paper("询问笔录", "调查笔录")},
        ),
        submits(
            "decide",
            (3, 12),
            {
                "outcome": "予以确认",
                "basis": "《工伤保险条例》第十四条第（一）项",
                "reason": "因工作原因受到事故伤害。",
            },
        ),
        submits(
            "serve",
            (2, 8),
            {"served_on": "{today}", "closing_report": "认定书已送达双方。"},
            {"receipt": desk.paper("送达回证")},
        ),
    ]


def ruling(desk: Desk) -> list[Move]:
    """A quarrel about the line between two fields."""
    return [
        submits(
            "accept",
            (1, 5),
            {
                "applied_on": "{before}",
                "outcome": "受理",
                "basis": "《土地权属争议调查处理办法》第十条",
            },
            {"application": desk.paper("申请材料", "争议处理申请书")},
        ),
        submits(
            "defence",
            (8, 18),
            {
                "notified_on": "{week}",
                "defence": "被申请人称界址以老渠为准，提交 1998 年承包合同。",
            },
            {"notice_receipt": desk.paper("送达回证", "答辩通知送达回证")},
            officers=desk.pair,
        ),
        submits(
            "inquire",
            (12, 40),
            {
                "inquired_on": "{before}",
                "facts": "现场勘验，老渠中线与承包图一致，双方均到场签字。",
            },
            {"record": desk.paper("勘验笔录"), "photos": desk.photos()},
        ),
        submits(
            "decide",
            (5, 25),
            {
                "outcome": desk.chance.choice(("调解达成", "作出处理决定")),
                "basis": "《中华人民共和国土地管理法》第十四条",
                "reason": "以老渠中线为界，双方权利面积不变。",
            },
            {"decision_file": desk.paper("送达回证", "处理决定书")},
        ),
        submits(
            "serve",
            (1, 6),
            {"served_on": "{today}", "closing_report": "已送达归档。"},
            {"receipt": desk.paper("送达回证")},
        ),
    ]


# --- what goes wrong --------------------------------------------------------------------------


def at(moves: Sequence[Move], step: str) -> int:
    """Where a step is submitted."""
    return next(i for i, m in enumerate(moves) if m.step == step)


def changed(moves: Sequence[Move], step: str, change: Callable[[Move], Move]) -> list[Move]:
    """The same course with one submission changed."""
    where = at(moves, step)
    return [*moves[:where], change(moves[where]), *moves[where + 1 :]]


def before(moves: Sequence[Move], step: str, *more: Move) -> list[Move]:
    """The same course with something happening before a submission."""
    where = at(moves, step)
    return [*moves[:where], *more, *moves[where:]]


def late(moves: Sequence[Move], step: str, low: int, high: int) -> list[Move]:
    """Somebody takes too long."""
    return changed(moves, step, lambda m: m.waits(low, high))


def lacking(moves: Sequence[Move], step: str, *controls: str) -> list[Move]:
    """Papers are not uploaded."""
    return changed(moves, step, lambda m: m.without(*controls))


def back_once(
    moves: Sequence[Move], at_step: str, to: str, reason: str, *, by: str = "approver"
) -> list[Move]:
    """The case goes back from ``at_step`` to ``to`` and comes again; papers are carried over."""
    here, there = at(moves, at_step), at(moves, to)
    again = [
        replace(m, papers={}, low=min(m.low, 2), high=min(m.high, 4)) for m in moves[there:here]
    ]
    return [*moves[:here], goes_back((1, 3), to, reason, by=by), *again, *moves[here:]]


def reduced(
    moves: Sequence[Move],
    control: str,
    reason: str = "证据材料需要整理，退回补充调查。",
    why_void: str = "照片重复",
) -> list[Move]:
    """Going back to the inquiry, somebody declares evidence void and submits less."""
    course = back_once(moves, "legal_review", "inquiry", reason)
    where = next(i for i, m in enumerate(course) if not m.step) + 1
    return [*course[:where], voids((0, 1), control, 1, why_void), *course[where:]]


def suspended(moves: Sequence[Move], step: str, ground: str, reason: str) -> list[Move]:
    """The case rests for some weeks before the step is submitted."""
    return before(
        moves,
        step,
        suspends((2, 6), ground, reason),
        resumes((9, 18), "已收到结果，恢复办理。"),
    )


def extended(moves: Sequence[Move], step: str) -> list[Move]:
    """The whole takes longer, and longer was granted."""
    course = before(
        moves, step, extends((25, 32), 30, "涉案商品来源涉及外省，需要协查，案情复杂。")
    )
    return late(course, step, 12, 20)


def refused(moves: Sequence[Move], basis: str) -> list[Move]:
    """No penalty: the case goes to service without a fine."""
    course = changed(
        moves,
        "decide",
        lambda m: replace(
            m,
            raw={
                "outcome": "不予处罚",
                "basis": basis,
                "correction": "已当场改正，予以教育。",
            },
        ),
    )
    course = changed(course, "serve", lambda m: m.says(needs_execution="无须执行"))
    course = changed(
        course, "close", lambda m: m.says(closing_report="当事人违法行为轻微并已改正，结案。")
    )
    gone = {at(course, "execute"), at(course, "execute") - 1}
    return [m for i, m in enumerate(course) if i not in gone]


def not_filed(moves: Sequence[Move], basis: str) -> list[Move]:
    """It ends before it begins."""
    where = at(moves, "filing")
    last = moves[where].says(outcome="不予立案", basis=basis, opinion="不符合立案标准，不予立案。")
    return [*moves[:where], replace(last, officers=())]


def fined(moves: Sequence[Move], matter: Matter, amount: int, tier: str = "") -> list[Move]:
    """Another sum than the standard gives; it is paid as decided."""
    course = changed(
        moves, "decide", lambda m: m.says(amount=show_money(amount), tier=tier or matter.tier)
    )
    return paid(course, "execute", amount, vouchers=None)


def paid(
    moves: Sequence[Move],
    step: str,
    amount: int,
    *,
    vouchers: Sequence[Received] | None,
    wait: tuple[int, int] = (2, 8),
    note: str = "",
) -> list[Move]:
    """The payment before ``step`` becomes another one; without ``vouchers`` they stay."""
    where = at(moves, step) - 1
    old = moves[where]
    kept = old.vouchers if vouchers is None else vouchers
    return [*moves[:where], pays(wait, amount, kept, note=note), *moves[where + 1 :]]


def in_instalments(desk: Desk, moves: Sequence[Move], amount: int, parts: int) -> list[Move]:
    """The fine is paid in parts, each with its voucher."""
    where = at(moves, "execute") - 1
    each = amount // parts
    sums = [each if n else amount - each * (parts - 1) for n in range(parts)]
    several = [
        pays(
            (8, 12) if n == 0 else (18, 21),
            s,
            desk.paper("缴款凭据", f"第 {n + 1} 期缴款书"),
            kind="instalment",
        )
        for n, s in enumerate(sums)
    ]
    plan = in_parts((1, 3), amount, parts, "当事人确有经济困难，申请分期缴纳。")
    return [*moves[:where], plan, *several, *moves[where + 1 :]]


def with_stranger(moves: Sequence[Move], step: str, lead: int, stranger: int) -> list[Move]:
    """Somebody without a card is the second officer of the step after ``step``."""
    return changed(moves, step, lambda m: replace(m, officers=(lead, stranger)))


def without_review(moves: Sequence[Move], desk: Desk) -> list[Move]:
    """Somebody tries to decide alone; the law stops him, then he does it properly."""
    decide = moves[at(moves, "decide")]
    course = changed(moves, "notice", lambda m: replace(m, officers=desk.pair[:1]))
    return before(course, "decide", is_stopped((1, 1), decide.raw))
