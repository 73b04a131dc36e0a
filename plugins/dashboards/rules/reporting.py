# SPDX-License-Identifier: Apache-2.0
"""The monthly report in words: sentences from the very numbers of the board, theme by theme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugins.dashboards.rules.measures import CLASSES, POINT_KINDS, share


@dataclass(frozen=True)
class Numbers:
    """What a report is written from: number and amount by measure."""

    now: Mapping[str, tuple[int, int]]
    before: Mapping[str, tuple[int, int]]
    """The month before."""
    year: Mapping[str, tuple[int, int]]
    """From January to this month."""
    classes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    places: Sequence[tuple[str, Mapping[str, int]]] = ()
    """The regions or units below, with what happened there."""

    def n(self, key: str) -> int:
        return self.now.get(key, (0, 0))[0]

    def was(self, key: str) -> int:
        return self.before.get(key, (0, 0))[0]

    def so_far(self, key: str) -> int:
        return self.year.get(key, (0, 0))[0]

    def mean(self, key: str) -> str:
        n, amount = self.now.get(key, (0, 0))
        return f"{amount / n:.1f}" if n else ""


def change(now: int, before: int, unit: str) -> str:
    """Against the month before, without a percentage of nothing or of a handful."""
    if now == before:
        return "与上月持平"
    way, by = ("增加", now - before) if now > before else ("减少", before - now)
    if before >= 20:
        return f"比上月{way}{by}{unit}（{by / before:.1%}）"
    return f"比上月{way}{by}{unit}"


def percent(part: int, whole: int) -> str:
    """97.8%, or words where there is nothing to have a share of."""
    found = share(part, whole)
    return "没有可计算的案件" if found is None else f"{found:.1%}"


def _cases(it: Numbers) -> list[str]:
    opened, closed = it.n("cases.opened"), it.n("cases.closed")
    found = [
        (
            f"本月新收案件{opened}件，{change(opened, it.was('cases.opened'), '件')}；办结{closed}件，"
            f"{change(closed, it.was('cases.closed'), '件')}。"
            f"今年以来新收{it.so_far('cases.opened')}件，办结{it.so_far('cases.closed')}件。"
        )
    ]
    if closed:
        found.append(
            f"办结案件中按期{it.n('cases.in_time')}件，按期办结率"
            f"{percent(it.n('cases.in_time'), closed)}，平均用时{it.mean('cases.closed')}日；"
            f"超期{it.n('cases.late')}件。"
        )
    parts = [
        f"{title}{it.classes[key].get('cases.opened', 0)}件"
        for key, title in CLASSES
        if it.classes.get(key, {}).get("cases.opened")
    ]
    if parts:
        found.append(f"新收案件按类别：{'，'.join(parts)}。")
    return found


def _alarms(it: Numbers) -> list[str]:
    red, yellow = it.n("alarms.red"), it.n("alarms.yellow")
    found = [
        (
            f"本月报出红灯{red}个，{change(red, it.was('alarms.red'), '个')}；"
            f"黄灯{yellow}个，{change(yellow, it.was('alarms.yellow'), '个')}。"
        )
    ]
    if red + yellow:
        found.append(
            f"至今红灯撤销{it.n('alarms.red.revoked')}个、维持{it.n('alarms.red.upheld')}个、"
            f"未结{it.n('alarms.red.open')}个；黄灯撤销{it.n('alarms.yellow.revoked')}个、"
            f"维持{it.n('alarms.yellow.upheld')}个、未结{it.n('alarms.yellow.open')}个。"
        )
    kinds = [
        f"{title}{it.n(f'alarms.{key}')}个" for key, title in POINT_KINDS if it.n(f"alarms.{key}")
    ]
    if kinds:
        found.append(f"按监察点类型：{'，'.join(kinds)}。")
    return found


def _orders(it: Numbers) -> list[str]:
    issued, closed = it.n("orders.issued"), it.n("orders.closed")
    if not issued and not closed:
        return ["本月没有发出、也没有办结督办。"]
    found = f"本月发出督办{issued}份，办结{closed}份"
    if closed:
        found += f"，平均用时{it.mean('orders.closed')}日"
    late = it.n("orders.escalated")
    end = f"本月发出的督办至今未办结{it.n('orders.open')}份"
    return [f"{found}。{end}{f'，逾期上报{late}份' if late else ''}。"]


def _complaints(it: Numbers) -> list[str]:
    filed, closed = it.n("complaints.filed"), it.n("complaints.closed")
    words = f"本月收到投诉举报{filed}件，{change(filed, it.was('complaints.filed'), '件')}；答复{closed}件"
    if closed:
        words += f"，平均用时{it.mean('complaints.closed')}日"
    return [f"{words}。本月收到的至今未答复{it.n('complaints.open')}件。"]


def _supervision(it: Numbers) -> list[str]:
    found = []
    if it.n("supervision.opened"):
        found.append(
            f"本月启动执法监督{it.n('supervision.opened')}件，至今未办结{it.n('supervision.open')}件。"
        )
    if it.n("reviews.confirmed"):
        found.append(
            f"本月确认评查案卷{it.n('reviews.confirmed')}卷，平均{it.mean('reviews.confirmed')}分。"
        )
    return found


def _places(it: Numbers) -> list[str]:
    """In the order of the register, not of any number: a report is no ranking."""
    return [
        f"{title}：新收{n.get('cases.opened', 0)}件，办结{n.get('cases.closed', 0)}件，"
        f"红灯{n.get('alarms.red', 0)}个，未结红灯{n.get('alarms.red.open', 0)}个，"
        f"未办结督办{n.get('orders.open', 0)}份。"
        for title, n in it.places
        if any(n.values())
    ]


THEMES = (
    ("案件办理", _cases),
    ("红黄灯", _alarms),
    ("督办", _orders),
    ("投诉举报", _complaints),
    ("执法监督和案卷评查", _supervision),
    ("各地各单位", _places),
)
METHOD = (
    "本报告的数字与平台“统计分析”页同月、同地区的数字相同，每个数字在页面上点开就是所数的那些记录。"
    "状态（撤销、未结、在办）是生成报告时的。不统计、不比较罚款金额。"
)


def themes(it: Numbers) -> list[tuple[str, list[str]]]:
    """The themes that have something to say, numbered by the template."""
    found = [(title, write(it)) for title, write in THEMES]
    return [(title, words) for title, words in found if words]
