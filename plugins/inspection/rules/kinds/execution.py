# SPDX-License-Identifier: Apache-2.0
"""M7 处罚执行: execution differs from the decision, or has no voucher; red.

Judged when the execution step is submitted, when the case is closed without that, and when a
clock of the payment lapses. Approved instalments count by what is due; surcharges are an addition
that may not exceed the fine itself (行政处罚法第七十二条).
"""

from typing import Any

from plugins.inspection.rules.kinds.base import (
    Kind,
    Runner,
    ending,
    in_force,
    not_in_force,
    not_reached,
    occurrence,
    verdict,
)
from plugins.inspection.rules.model import Check, Event, Instalment, Part, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import BEIJING, deadline, short_yuan, yuan

KEY = "execution"
MARK = "M7"

PAYMENT_CLOCKS = ("payment", "execution", "instalment")
"""Clocks whose lapse means that money should have come: `key` of the clock up to a colon."""


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    decision_step = str(point.params.get("decision_step", ""))
    clocks = tuple(point.params.get("clocks", PAYMENT_CLOCKS))

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        seen: dict[int, int] = {}
        decided: Event | None = None
        latest: Event | None = None
        judged = False
        told = False
        for event in view.events:
            if event.kind == "attempt_refused":
                continue
            if event.kind == "clock_lapsed":
                # A clock has no payments of its own: they stand in the case event before it.
                if judged or decided is None or not _pays(event, clocks):
                    continue
                nth = f"c{event.lapse.clock if event.lapse else 0}"
                found = _judge(point, event, latest or decided, decided, nth)
            else:
                latest = event
                submitted = event.kind == "step_submitted"
                if submitted and event.decision is not None and decision_step in ("", event.step):
                    decided = event
                if submitted and event.step == point.step:
                    found = _judge(point, event, event, decided, occurrence(seen, event))
                elif event.kind == "closed" and not judged and decided is not None:
                    found = _judge(point, event, event, decided, "closed")
                else:
                    continue
                judged = True
            told = True
            if explain or found.result == "fired":
                out.append(found)
        if explain and not told:
            out.append(not_reached(point, KEY, MARK))

    return run


def _pays(event: Event, clocks: tuple[str, ...]) -> bool:
    return event.lapse is not None and event.lapse.key.split(":")[0] in clocks


def _judge(point: Point, event: Event, paid_by: Event, decided: Event | None, nth: str) -> Verdict:
    if not in_force(point, event.at):
        return not_in_force(point, KEY, MARK, event)

    def say(result: Any, **words: Any) -> Verdict:
        return verdict(
            point,
            KEY,
            result,
            mark=MARK,
            event=event,
            step=point.step,
            occurrence=nth,
            **words,
        )

    decision = decided.decision if decided else None
    if decided is None or decision is None:
        return say("not_applicable", reason="没有找到处罚决定，无从对照。")
    amount = decision.amount or 0
    if amount == 0 and not paid_by.payments:
        return say("not_applicable", reason="决定没有金额，也没有缴款记录。")
    principal = [p for p in paid_by.payments if p.kind != "surcharge"]
    surcharge = sum(p.amount for p in paid_by.payments if p.kind == "surcharge")
    paid = sum(p.amount for p in principal)
    vouchers = tuple(v for p in paid_by.payments for v in p.vouchers)
    lacking = [p for p in paid_by.payments if not p.vouchers]
    due, not_yet = _due(amount, paid_by.instalments, event)
    checks = [
        Check("决定金额", "有决定", yuan(amount)),
        Check(
            "批准的分期",
            "查有无",
            f"{len(paid_by.instalments)} 期，已到期应缴 {yuan(due)}"
            if paid_by.instalments
            else "查到 0 份",
        ),
    ]
    right = due <= paid <= amount if not_yet else paid == amount
    asked = f"{yuan(due)}至 {yuan(amount)}" if not_yet else yuan(amount)
    checks.append(Check("缴款合计与决定金额一致", asked, yuan(paid), right))
    if surcharge:
        checks.append(
            Check(
                "加处罚款不超过罚款本数",
                f"不超过 {yuan(amount)}",
                yuan(surcharge),
                surcharge <= amount,
            )
        )
    with_voucher = bool(paid_by.payments) and not lacking
    checks.append(
        Check(
            "每笔缴款有凭证",
            f"{len(paid_by.payments)} 笔都有",
            f"缺 {len(lacking)} 笔" if lacking else f"凭证 {len(vouchers)} 份",
            with_voucher or not (lacking or paid_by.payments),
        )
    )
    wrong: list[str] = []
    headline = ""
    equation: tuple[Part, ...] = ()
    if not right:
        target = due if paid < due else amount
        gap = paid - target
        wrong.append(
            f"处罚决定罚款 {yuan(amount)}"
            + (f"，按批准的分期已到期 {yuan(due)}" if not_yet else "")
            + f"，登记缴款 {yuan(paid)}，{'多' if gap > 0 else '少'} {yuan(abs(gap))}"
            + ("" if paid_by.instalments or gap > 0 else "，没有批准的延期或分期")
        )
        headline = f"罚款 {short_yuan(amount)}，" + (
            "没有缴款记录" if paid == 0 else f"{'只缴' if gap < 0 else '缴了'} {short_yuan(paid)}"
        )
        equation = (
            Part("已到期应缴" if not_yet else "决定金额", yuan(target)),
            Part("已缴", yuan(paid), f"{len(principal)} 笔，凭证 {len(vouchers)} 份", sign="−"),
            Part("相差", yuan(target - paid), "允许 0.00 元", sign="=", bad=True),
        )
    if surcharge > amount:
        wrong.append(f"加处罚款 {yuan(surcharge)}超过罚款本数 {yuan(amount)}")
        headline = headline or f"加处罚款超过罚款本数 {short_yuan(surcharge - amount)}"
    if lacking:
        wrong.append(f"{len(lacking)} 笔缴款（{yuan(sum(p.amount for p in lacking))}）没有执行凭证")
        headline = headline or f"缺执行凭证，已执行 {short_yuan(paid)}"
    used = tuple(dict.fromkeys(n for n in (decided.seq, paid_by.seq, event.seq) if n))
    detail = {"decided": amount, "paid": paid, "surcharge": surcharge, "due": due}
    if not wrong:
        later = f"，其余 {yuan(amount - paid)}未到期" if paid < amount else ""
        return say(
            "passed",
            reason=f"决定 {yuan(amount)}，缴款 {yuan(paid)}，凭证 {len(vouchers)} 份{later}。",
            checks=tuple(checks),
            events=used,
            evidence=vouchers,
            detail=detail,
        )
    until = f"到 {deadline(event.lapse.due_at)}，" if event.lapse and event.lapse.due_at else ""
    return say(
        "fired",
        headline=headline,
        sentence=f"{until}{'；'.join(wrong)}{ending(point.colour or 'red')}",
        cure="按照处罚决定内容执行，并上传执行凭证。",
        checks=tuple(checks),
        equation=equation,
        events=used,
        evidence=vouchers,
        detail=detail,
    )


def _due(amount: int, instalments: tuple[Instalment, ...], event: Event) -> tuple[int, bool]:
    """What should have been paid by now, and whether a part is not due yet."""
    today = event.at.astimezone(BEIJING).date()
    later = sum(i.amount for i in instalments if i.due is not None and i.due >= today)
    return max(amount - later, 0), later > 0


KIND = Kind(
    key=KEY,
    title="处罚执行",
    mark=MARK,
    colour="red",
    compile=compile_point,
    remedy="按照处罚决定内容执行，并上传执行凭证。",
    params={"decision_step": "作出决定的环节", "clocks": "到期即判断的期限"},
)
