# SPDX-License-Identifier: Apache-2.0
"""Every number these pages show, each with its definition: one place for table, chart and export.

Amounts of fines are not among them: nobody is ranked by fines (处罚法第七十四条).
"""

from dataclasses import dataclass
from typing import Final

CLASSES: Final[tuple[tuple[str, str], ...]] = (
    ("penalty", "行政处罚"),
    ("licence", "行政许可"),
    ("inspection", "行政检查"),
    ("coercion", "行政强制"),
    ("confirmation", "行政确认"),
    ("levy", "行政征收"),
    ("payment", "行政给付"),
    ("ruling", "行政裁决"),
)
"""The eight classes of power, in the order of the overview (S1-1)."""
CLASS_TITLES: Final = dict(CLASSES)

POINT_KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("time_limit", "办理时限"),
    ("qualification", "主体资格"),
    ("rollback", "环节回退"),
    ("evidence", "证据固化"),
    ("decision_basis", "决定依据"),
    ("discretion", "自由裁量"),
    ("execution", "处罚执行"),
)
"""The seven kinds of monitoring points; an alarm of another kind counts by its colour alone."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, in the words people read."""

    key: str
    title: str
    definition: str
    unit: str = "件"
    public: bool = False
    """May stand on the public page, small numbers hidden."""


RAISED = "按报出的月份"
STATES: Final = (
    ("revoked", "已撤销", "其中经督办撤销的"),
    ("upheld", "维持", "其中经督办维持的"),
    ("open", "未结", "其中至今没有撤销、也没有维持的"),
)


def _alarms() -> list[Measure]:
    found = []
    for key, title, what in (
        ("red", "红灯", "监察点报出的红灯"),
        ("yellow", "黄灯", "监察点报出的黄灯"),
        *(
            (kind, title, f"“{title}”监察点报出的报警，红灯、黄灯都算")
            for kind, title in POINT_KINDS
        ),
    ):
        name = f"alarms.{key}"
        found.append(Measure(name, title, f"{what}，不论以后怎样处理，{RAISED}计。", "个"))
        found += [
            Measure(f"{name}.{state}", f"{title}·{words}", f"{what}，{which}，{RAISED}计。", "个")
            for state, words, which in STATES
        ]
    return found


MEASURES: Final[tuple[Measure, ...]] = (
    Measure("cases.opened", "新收案件", "期间内立案、受理的案件，按立案的月份计。", public=True),
    Measure("cases.running", "在办", "期间内新收、至今没有办结的案件，按立案的月份计。"),
    Measure(
        "cases.closed",
        "办结",
        "期间内办结的案件，移送其他单位的也算，按办结的月份计；平均用时是从立案到办结的日历日。",
        public=True,
    ),
    Measure(
        "cases.in_time",
        "按期办结",
        "期间内办结、从立案到办结没有一个环节或阶段超过期限的案件。期限跨到还没有公布放假安排的年份时只作提醒，不算超期。",
        public=True,
    ),
    Measure("cases.late", "超期办结", "期间内办结、有环节或阶段超过期限的案件。"),
    *_alarms(),
    Measure(
        "orders.issued", "发起督办", "期间内监察机关发出的督办，部门转办的下级督办不另计。", "份"
    ),
    Measure(
        "orders.closed",
        "办结督办",
        "期间内全部报警都已撤销或维持的督办，按办结的月份计；平均用时是从发出到办结的日历日。",
        "份",
    ),
    Measure("orders.open", "未办结督办", "期间内发出、至今还有报警没有处理的督办。", "份"),
    Measure("orders.escalated", "逾期上报", "期间内发出、到期没有回复而上报过的督办。", "份"),
    Measure(
        "complaints.filed",
        "投诉举报",
        "期间内收到的投诉举报，表扬、并案的不另外除去，记在受理机关所在地。",
        public=True,
    ),
    Measure(
        "complaints.closed",
        "已答复",
        "期间内告知结果、转达、移交、并案或者决定不予受理的投诉举报，按答复的月份计；平均用时是日历日。",
        public=True,
    ),
    Measure("complaints.open", "未答复", "期间内收到、至今没有答复的投诉举报。"),
    Measure("supervision.opened", "执法监督", "期间内启动的日常、专项、个案、重点监督。"),
    Measure("supervision.open", "未办结监督", "期间内启动、至今没有办结的监督。"),
    Measure(
        "reviews.confirmed",
        "评查案卷",
        "期间内成绩已经确认的评查案卷；平均分是这些案卷的平均。",
        "卷",
    ),
)
BY_KEY: Final = {each.key: each for each in MEASURES}

BOARD: Final = (
    "cases.opened",
    "cases.closed",
    "cases.in_time",
    "alarms.red",
    "alarms.yellow",
    "alarms.red.open",
    "orders.open",
    "complaints.filed",
)
"""The columns of the tables by place and by unit; the share in time stands after its parts."""

BY_CLASS: Final = (
    "cases.opened",
    "cases.running",
    "cases.closed",
    "cases.in_time",
    "alarms.red",
    "alarms.yellow",
)
TREND: Final = ("cases.opened", "cases.closed", "alarms.red", "alarms.yellow")
PUBLIC: Final = tuple(each.key for each in MEASURES if each.public)


def title_of(measure: str) -> str:
    """The words for a measure; of one no longer defined, its key."""
    found = BY_KEY.get(measure)
    return found.title if found else measure


def share(part: int, whole: int) -> float | None:
    """``None`` where there is nothing to have a share of: 0 of 0 is not 0 %."""
    return part / whole if whole else None
