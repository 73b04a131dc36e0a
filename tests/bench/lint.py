# SPDX-License-Identifier: Apache-2.0
"""The linter on items of sixty steps: one that is right, one where nearly everything is wrong.

It runs on every save of the catalogue, so what counts is the time somebody waits.
"""

import copy
import statistics
from time import perf_counter, process_time

import msgspec

from plugins.powers.rules import Definition
from plugins.powers.rules.linting import apply_fix, lint
from tests.bench.measuring import Number
from tests.plugins.powers.faults import HEALTHY, Item, add_point, add_step, add_way, drop_way, point

NAME = "lint"
STEPS = 60


def _long(*, wrong: bool) -> Definition:
    """Sixty steps with forms, officers, periods and points; ``wrong`` sets all points awry."""
    item: Item = copy.deepcopy(HEALTHY)
    drop_way(item, "inquiry", "decide")
    last, extra = "inquiry", STEPS - len(item["steps"])
    for number in range(extra):
        key = f"s{number}"
        add_step(
            item,
            key,
            form="inquiry",
            min_officers=2,
            stage="enforce" if wrong else "handle",
            limit={"amount": 5, "unit": "calendar"} if wrong else None,
        )
        add_way(item, last, key)
        add_way(item, key, last, "branch" if wrong else "rollback")
        if wrong:
            add_point(item, f"{key}_limit", "time_limit", step=key)
        add_point(item, f"{key}_photos", "evidence", step=key, params={"controls": {"photos": 1}})
        add_point(item, f"{key}_officers", "qualification", step=last)
        if wrong:
            add_point(item, f"{key}_more", "evidence", step=key, params={"controls": {"none": 1}})
            add_point(item, f"{key}_basis", "decision_basis", step=key)
            add_point(item, f"{key}_back", "rollback", step=key)
        last = key
    add_way(item, last, "decide")
    point(item, "decide_officers")["step"] = last
    # Nine tiers cut along two numbers: side by side where right, all over each other where wrong.
    first = copy.deepcopy(item["standards"][0]["tiers"][0])
    item["standards"][0]["tiers"] = [
        first
        | {
            "key": f"t{number}",
            "title": f"第 {number} 档",
            "min": number * 10_000,
            "max": (number + (2 if wrong else 1)) * 10_000,
            "conditions": [
                *_between("goods_value", number // 3, 3, 1_000_000, wrong=wrong),
                *_between("percent", number % 3, 3, 10, wrong=wrong),
            ],
        }
        for number in range(9)
    ]
    return msgspec.convert(item, Definition)


def _between(control: str, place: int, of: int, width: int, *, wrong: bool) -> list[Item]:
    """The conditions of one of ``of`` stretches; the wrong ones leave out the borders."""
    low = {"control": control, "op": "gt", "value": place * width}
    high = {"control": control, "op": "lt" if wrong else "le", "value": (place + 1) * width}
    return [*([low] if place else []), *([high] if place + 1 < of else [])]


def measure(*, quick: bool = False) -> list[Number]:
    """The time of one check, and of one click on a cure with the check after it."""
    rounds = 20 if quick else 200
    found: list[Number] = []
    for wrong, words in ((False, "设置正确"), (True, "处处有错")):
        item = _long(wrong=wrong)
        findings = lint(item)
        times, waits = [], []
        for _ in range(rounds):
            begun, spent = perf_counter(), process_time()
            lint(item)
            times.append((process_time() - spent) * 1000)
            waits.append((perf_counter() - begun) * 1000)
        found.append(
            Number(
                NAME,
                f"检查 {len(item.steps)} 个环节、{len(item.points)} 个监察点的事项（{words}）",
                statistics.quantiles(times, n=20)[-1],
                "ms",
                200,
                note=f"处理器时间，二十次里十九次不超过；经过的时间中位数 "
                f"{statistics.median(waits):.0f} ms；查出 {len(findings)} 处",
            )
        )
        if wrong:
            fixable = [one for one in findings if one.fix][: 5 if quick else 25]
            times = []
            for one in fixable:
                spent = process_time()
                lint(apply_fix(item, one))
                times.append((process_time() - spent) * 1000)
            found.append(
                Number(
                    NAME,
                    "一键改正一处并重新检查",
                    statistics.median(times),
                    "ms",
                    note=f"处理器时间，{len(fixable)} 处的中位数",
                )
            )
    return found
