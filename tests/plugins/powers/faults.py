# SPDX-License-Identifier: Apache-2.0
"""For every number of the linter an item that has the fault and one nearby that has not.

All are made from one healthy item without any finding (``healthy.toml``).
"""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from plugins.powers.rules import Definition, read_item

HERE = Path(__file__).parent
HEALTHY: dict[str, Any] = msgspec.to_builtins(
    read_item((HERE / "healthy.toml").read_text("utf-8"), {})
)

Item = dict[str, Any]
Change = Callable[[Item], None]


def one(item: Item, entries: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in item[entries] if entry["key"] == key)
    return found


def step(item: Item, key: str) -> dict[str, Any]:
    return one(item, "steps", key)


def point(item: Item, key: str) -> dict[str, Any]:
    return one(item, "points", key)


def control(item: Item, form: str, key: str) -> dict[str, Any]:
    return next(c for c in one(item, "forms", form)["controls"] if c["key"] == key)


def way(item: Item, origin: str, target: str) -> dict[str, Any]:
    return next(w for w in item["transitions"] if (w["from"], w["to"]) == (origin, target))


def tier(item: Item, key: str) -> dict[str, Any]:
    return next(t for t in item["standards"][0]["tiers"] if t["key"] == key)


def drop(item: Item, entries: str, *keys: str) -> None:
    item[entries] = [entry for entry in item[entries] if entry["key"] not in keys]


def drop_control(item: Item, form: str, key: str) -> None:
    held = one(item, "forms", form)
    held["controls"] = [c for c in held["controls"] if c["key"] != key]


def drop_way(item: Item, origin: str, target: str) -> None:
    item["transitions"].remove(way(item, origin, target))


def add_way(item: Item, origin: str, target: str, kind: str = "forward", when: Any = None) -> None:
    item["transitions"].append(
        {"from": origin, "to": target, "kind": kind, "title": "", "when": when}
    )


def add_step(item: Item, key: str, **fields: Any) -> None:
    plain = {"title": key, "stage": "", "form": "", "kind": "ordinary"}
    item["steps"].append({"key": key, **plain, **fields})


def add_point(item: Item, key: str, kind: str, **fields: Any) -> None:
    item["points"].append({"key": key, "kind": kind, "title": key, **fields})


def conditions(item: Item, key: str, *written: tuple[str, str, Any]) -> None:
    tier(item, key)["conditions"] = [
        {"control": name, "op": op, "value": value} for name, op, value in written
    ]


def made(*changes: Change) -> Definition:
    item = copy.deepcopy(HEALTHY)
    for change in changes:
        change(item)
    return msgspec.convert(item, Definition)


# One fault each: what makes it, what is nearby and right, what else must come with it ------------


def put(entry: dict[str, Any], **fields: Any) -> None:
    entry.update(fields)


def long_loop(item: Item) -> None:
    """A side stage between two steps of one stage."""
    item["stages"].append({"key": "side", "title": "鉴定", "limit": None})
    step(item, "inquiry")["stage"] = "side"


def side_stage(item: Item) -> None:
    """The same side stage before the stage begins: nothing is interrupted."""
    item["stages"].append({"key": "side", "title": "线索", "limit": None})
    step(item, "filing")["stage"] = "side"
    add_point(item, "x", "time_limit", step="filing", params={"of": "step"})


def branch_to_new(item: Item) -> None:
    """A third way out of the inquiry, to a step that needs no two officers."""
    add_step(item, "transfer", title="移送")
    add_way(item, "transfer", "")
    add_way(item, "inquiry", "transfer", "branch")


def rollback_to_new(item: Item) -> None:
    branch_to_new(item)
    way(item, "inquiry", "transfer")["kind"] = "rollback"


def trap(item: Item) -> None:
    """Two steps that only lead to each other."""
    add_step(item, "a", title="甲")
    add_step(item, "b", title="乙")
    add_way(item, "a", "b")
    add_way(item, "b", "a")
    add_way(item, "inquiry", "a")


def trap_with_way_out(item: Item) -> None:
    trap(item)
    add_way(item, "b", "close")
    point(item, "rollback")["step"] = "decide"


def never_taken(item: Item) -> None:
    add_step(item, "extra", title="补充")
    add_way(item, "extra", "close")
    add_way(item, "decide", "extra", "branch", {"control": "outcome", "in": ["移送"]})


def taken(item: Item) -> None:
    never_taken(item)
    control(item, "decide", "outcome")["options"].append({"value": "移送", "title": "移送"})


# number: (fault, nearby and right, numbers that come with the fault)
FAULTS: dict[str, tuple[Change, Change, set[str]]] = {
    "JD101": (
        lambda i: put(step(i, "execute"), limit=None),
        lambda i: put(step(i, "execute"), limit={"amount": 1, "unit": "hours"}),
        set(),
    ),
    "JD102": (
        lambda i: put(step(i, "close"), limit={"amount": 0, "unit": "working"}),
        lambda i: put(step(i, "close"), limit={"amount": 1, "unit": "working"}),
        set(),
    ),
    "JD103": (
        lambda i: put(step(i, "inquiry"), limit={"amount": 61, "unit": "working"}),
        lambda i: put(step(i, "inquiry"), limit={"amount": 45, "unit": "working"}),
        {"JD104"},
    ),
    "JD104": (
        lambda i: put(step(i, "inquiry"), limit={"amount": 46, "unit": "working"}),
        lambda i: put(step(i, "inquiry"), limit={"amount": 45, "unit": "working"}),
        set(),
    ),
    "JD105": (long_loop, side_stage, {"JD107"}),
    "JD106": (
        lambda i: i["stages"].append({"key": "none", "title": "空", "limit": None}),
        lambda i: (
            i["stages"].append({"key": "none", "title": "收尾", "limit": None}),
            put(step(i, "close"), stage="none"),
        ),
        set(),
    ),
    "JD107": (
        lambda i: drop(i, "points", "close_limit"),
        lambda i: (drop(i, "points", "close_limit"), put(step(i, "close"), limit=None)),
        set(),
    ),
    # S1 training page 30: dual enforcement in step n, the point on step n instead of n−1.
    "JD201": (
        lambda i: put(point(i, "decide_officers"), step="decide"),
        lambda i: put(
            point(i, "decide_officers"), step="decide", params={"minimum": 2, "judges": "this_step"}
        ),
        set(),
    ),
    "JD202": (
        lambda i: add_point(i, "last", "qualification", step="close"),
        lambda i: (
            put(step(i, "close"), min_officers=2),
            add_point(i, "last", "qualification", step="close", params={"judges": "this_step"}),
        ),
        set(),
    ),
    "JD203": (
        branch_to_new,
        lambda i: (
            branch_to_new(i),
            point(i, "decide_officers")["params"].update(to_steps=["decide"]),
        ),
        set(),
    ),
    "JD204": (
        lambda i: point(i, "inquiry_officers")["params"].update(minimum=3),
        lambda i: (
            point(i, "inquiry_officers")["params"].update(minimum=3),
            put(step(i, "inquiry"), min_officers=3),
        ),
        set(),
    ),
    "JD205": (
        lambda i: point(i, "inquiry_officers")["params"].update(minimum=1),
        lambda i: point(i, "inquiry_officers")["params"].pop("minimum"),
        set(),
    ),
    "JD206": (
        lambda i: point(i, "inquiry_officers")["params"].update(minimum=0),
        lambda i: point(i, "inquiry_officers")["params"].update(minimum="2"),
        set(),
    ),
    "JD207": (
        lambda i: point(i, "inquiry_officers")["params"].update(to_steps=["execute"]),
        lambda i: point(i, "inquiry_officers")["params"].update(to_steps=["inquiry"]),
        {"JD208"},
    ),
    "JD208": (
        lambda i: drop(i, "points", "inquiry_officers"),
        lambda i: (
            drop(i, "points", "inquiry_officers"),
            put(step(i, "inquiry"), min_officers=1),
        ),
        set(),
    ),
    "JD209": (
        lambda i: put(step(i, "close"), strict_officers=True),
        lambda i: put(step(i, "close"), strict_officers=True, min_officers=1),
        set(),
    ),
    # S1 training page 34: no rollback took place, the line is a branch drawn as one.
    "JD301": (rollback_to_new, branch_to_new, {"JD801"}),
    "JD302": (
        lambda i: add_way(i, "decide", "inquiry", "branch"),
        lambda i: add_way(i, "decide", "inquiry", "rollback"),
        set(),
    ),
    "JD303": (
        lambda i: put(point(i, "rollback"), step="filing"),
        lambda i: put(point(i, "rollback"), step="inquiry"),
        set(),
    ),
    "JD304": (
        lambda i: drop(i, "points", "rollback"),
        lambda i: put(point(i, "rollback"), step="execute"),
        set(),
    ),
    "JD401": (
        lambda i: point(i, "photos")["params"].update(controls={"photo": 1}),
        lambda i: point(i, "photos").pop("params"),
        {"JD406"},
    ),
    "JD402": (
        lambda i: add_point(i, "x", "evidence", step="decide"),
        lambda i: (
            add_point(i, "x", "evidence", step="decide"),
            one(i, "forms", "decide")["controls"].append(
                {"key": "file", "title": "决定书", "type": "evidence", "min_count": 1}
            ),
        ),
        set(),
    ),
    "JD403": (
        lambda i: (
            point(i, "photos").pop("params"),
            put(control(i, "inquiry", "photos"), min_count=0),
        ),
        lambda i: point(i, "photos").pop("params"),
        set(),
    ),
    "JD404": (
        lambda i: point(i, "photos")["params"].update(controls={"photos": 0}),
        lambda i: point(i, "photos")["params"].update(controls=["photos"]),
        set(),
    ),
    "JD405": (
        lambda i: point(i, "photos")["params"].update(controls={"photos": 2}),
        lambda i: (
            point(i, "photos")["params"].update(controls={"photos": 2}),
            put(control(i, "inquiry", "photos"), min_count=2),
        ),
        set(),
    ),
    "JD406": (
        lambda i: put(control(i, "inquiry", "video"), min_count=1),
        lambda i: (
            put(control(i, "inquiry", "video"), min_count=1),
            point(i, "photos")["params"].update(controls={"photos": 1, "video": 1}),
        ),
        set(),
    ),
    "JD501": (
        lambda i: drop_control(i, "decide", "basis"),
        lambda i: point(i, "decide_basis")["params"].pop("basis_control"),
        set(),
    ),
    "JD502": (
        lambda i: point(i, "decide_basis")["params"].update(outcome_control="result"),
        lambda i: point(i, "decide_basis")["params"].pop("outcome_control"),
        set(),
    ),
    "JD503": (
        lambda i: point(i, "decide_basis")["params"].update(negative=["不予处罚", "撤案"]),
        lambda i: point(i, "decide_basis")["params"].pop("negative"),
        set(),
    ),
    "JD504": (
        lambda i: point(i, "decide_basis")["params"].update(negative=["不予处罚", "给予处罚"]),
        lambda i: point(i, "decide_basis")["params"].update(negative=["不予处罚"]),
        set(),
    ),
    "JD505": (
        lambda i: point(i, "decide_basis")["params"].update(basis_control="amount"),
        lambda i: (
            put(control(i, "decide", "basis"), type="longtext"),
            point(i, "decide_basis")["params"].update(basis_control="basis"),
        ),
        set(),
    ),
    "JD506": (
        lambda i: point(i, "decide_basis")["params"].update(negative=[]),
        lambda i: (
            point(i, "decide_basis")["params"].update(negative=[]),
            put(control(i, "decide", "outcome"), negative=[]),
        ),
        set(),
    ),
    "JD507": (
        lambda i: drop(i, "points", "filing_basis"),
        lambda i: (
            drop(i, "points", "filing_basis"),
            put(control(i, "filing", "filed"), type="choice"),
        ),
        set(),
    ),
    "JD601": (
        lambda i: point(i, "discretion")["params"].update(standard="s9"),
        lambda i: point(i, "discretion")["params"].pop("standard"),
        {"JD616"},
    ),
    "JD602": (
        lambda i: point(i, "discretion")["params"].update(amount_control="fine"),
        lambda i: point(i, "discretion")["params"].pop("amount_control"),
        set(),
    ),
    "JD603": (
        lambda i: conditions(i, "heavy", ("value", "gt", 5000000)),
        lambda i: conditions(i, "heavy", ("goods_value", "gt", 5000000)),
        set(),
    ),
    "JD604": (
        lambda i: (
            one(i, "forms", "execute")["controls"].append(
                {"key": "late", "title": "复查", "type": "boolean"}
            ),
            conditions(i, "light", ("late", "eq", False)),
            conditions(i, "heavy", ("late", "eq", True)),
        ),
        lambda i: (
            conditions(i, "light", ("repeated", "eq", False)),
            conditions(i, "heavy", ("repeated", "eq", True)),
        ),
        set(),
    ),
    "JD605": (
        lambda i: conditions(i, "heavy", ("circumstance", "gt", 2)),
        lambda i: (
            conditions(i, "light", ("circumstance", "in", ["轻微", "一般"])),
            conditions(i, "heavy", ("circumstance", "eq", "严重")),
        ),
        set(),
    ),
    "JD606": (
        lambda i: conditions(i, "light", ("goods_value", "lt", 5000000)),
        lambda i: (
            conditions(i, "light", ("goods_value", "lt", 5000000)),
            conditions(i, "heavy", ("goods_value", "ge", 5000000)),
        ),
        set(),
    ),
    "JD607": (
        lambda i: conditions(i, "heavy", ("goods_value", "ge", 5000000)),
        lambda i: conditions(i, "heavy", ("goods_value", "ge", 5000001)),
        set(),
    ),
    "JD608": (
        lambda i: i["standards"][0]["tiers"].append(
            {
                "key": "worst",
                "title": "特重",
                "min": 300000,
                "max": 400000,
                "conditions": [
                    {"control": "goods_value", "op": "gt", "value": 100},
                    {"control": "goods_value", "op": "lt", "value": 100},
                ],
            }
        ),
        lambda i: (
            conditions(i, "heavy", ("goods_value", "gt", 5000000), ("percent", "le", 30)),
            i["standards"][0]["tiers"].append(
                {
                    "key": "worst",
                    "title": "特重",
                    "min": 300000,
                    "max": 400000,
                    "conditions": [
                        {"control": "goods_value", "op": "gt", "value": 5000000},
                        {"control": "percent", "op": "gt", "value": 30},
                    ],
                }
            ),
        ),
        set(),
    ),
    "JD609": (
        lambda i: (conditions(i, "light"), conditions(i, "heavy")),
        lambda i: conditions(i, "light", ("goods_value", "le", 5000000)),
        set(),
    ),
    "JD610": (
        lambda i: put(tier(i, "heavy"), min=200002),
        lambda i: put(tier(i, "heavy"), min=200001),
        set(),
    ),
    "JD611": (
        lambda i: put(tier(i, "heavy"), min=199999),
        lambda i: put(tier(i, "heavy"), min=200000),
        set(),
    ),
    "JD612": (
        lambda i: put(tier(i, "heavy"), min=300000, max=200000),
        lambda i: put(tier(i, "heavy"), min=200000, max=200000),
        set(),
    ),
    "JD613": (
        lambda i: put(i["standards"][0], base="value"),
        lambda i: put(i["standards"][0], base="goods_value"),
        set(),
    ),
    "JD614": (
        lambda i: put(tier(i, "heavy"), kinds=["吊销许可证件"]),
        lambda i: put(tier(i, "heavy"), kinds=["警告", "罚款"]),
        set(),
    ),
    "JD615": (
        lambda i: put(control(i, "inquiry", "goods_value"), required=False),
        lambda i: put(control(i, "inquiry", "percent"), required=False),
        set(),
    ),
    "JD616": (
        lambda i: drop(i, "points", "discretion"),
        lambda i: (drop(i, "points", "discretion"), i["standards"].clear()),
        set(),
    ),
    "JD617": (
        lambda i: drop_control(i, "decide", "tier"),
        lambda i: point(i, "discretion")["params"].pop("tier_control"),
        set(),
    ),
    "JD618": (
        lambda i: i["standards"][0]["tiers"].clear(),
        lambda i: i["standards"][0]["tiers"].pop(0) and conditions(i, "heavy"),
        set(),
    ),
    "JD619": (
        lambda i: point(i, "discretion")["params"].update(act_control="goods_value"),
        lambda i: (
            one(i, "forms", "inquiry")["controls"].append(
                {"key": "act_on", "title": "违法行为日期", "type": "date", "required": True}
            ),
            point(i, "discretion")["params"].update(act_control="act_on"),
        ),
        set(),
    ),
    "JD701": (
        lambda i: point(i, "execution")["params"].clear(),
        lambda i: point(i, "execution")["params"].update(decision_step="decide"),
        set(),
    ),
    "JD702": (
        lambda i: point(i, "execution")["params"].update(decision_step="close"),
        lambda i: point(i, "execution")["params"].update(decision_step="decide"),
        set(),
    ),
    "JD703": (
        lambda i: point(i, "execution")["params"].update(decision_step="inquiry"),
        lambda i: point(i, "execution")["params"].update(decision_step="decide"),
        set(),
    ),
    "JD704": (
        lambda i: drop_control(i, "execute", "payments"),
        lambda i: put(control(i, "execute", "payments"), key="paid"),
        set(),
    ),
    "JD705": (
        lambda i: drop(i, "points", "execution"),
        lambda i: (drop(i, "points", "execution"), drop_control(i, "execute", "payments")),
        set(),
    ),
    "JD801": (
        lambda i: (add_step(i, "lost"), add_way(i, "lost", "")),
        lambda i: (add_step(i, "lost"), add_way(i, "lost", ""), add_way(i, "execute", "lost")),
        set(),
    ),
    "JD802": (never_taken, taken, {"JD804"}),
    "JD803": (
        lambda i: (drop_way(i, "close", ""), add_way(i, "execute", "")),
        lambda i: add_way(i, "execute", ""),
        set(),
    ),
    "JD804": (
        lambda i: way(i, "decide", "close")["when"].update({"in": ["免予处罚"]}),
        lambda i: way(i, "decide", "close")["when"].update({"in": ["免予处罚", "不予处罚"]}),
        set(),
    ),
    "JD805": (
        lambda i: put(
            way(i, "decide", "execute"), kind="branch", when={"control": "kinds", "in": ["罚款"]}
        ),
        lambda i: put(
            way(i, "decide", "execute"),
            kind="branch",
            when={"control": "outcome", "in": ["给予处罚"]},
        ),
        set(),
    ),
    "JD806": (
        lambda i: add_way(
            i, "decide", "execute", "branch", {"control": "outcome", "in": ["不予处罚"]}
        ),
        lambda i: add_way(
            i, "decide", "close", "branch", {"control": "outcome", "in": ["不予处罚"]}
        ),
        set(),
    ),
    "JD807": (trap, trap_with_way_out, {"JD203", "JD302"}),
    "JD808": (
        lambda i: put(step(i, "decide"), joint={"mode": "quorum", "quorum": 0}),
        lambda i: put(step(i, "decide"), joint={"mode": "quorum", "quorum": 2}),
        set(),
    ),
    "JD809": (
        lambda i: put(step(i, "decide"), joint={"mode": "quorum", "quorum": 1}),
        lambda i: put(step(i, "decide"), joint={"mode": "all"}),
        set(),
    ),
    "JD901": (
        lambda i: (never_taken(i), add_point(i, "x", "rollback", step="extra")),
        lambda i: (taken(i), add_point(i, "x", "decision_basis", step="inquiry")),
        {"JD802", "JD804", "JD902"},
    ),
    "JD902": (
        lambda i: add_point(i, "again", "rollback", step="decide"),
        lambda i: (
            put(point(i, "rollback"), step="execute"),
            add_point(i, "again", "rollback", step="decide"),
        ),
        set(),
    ),
    "JD903": (
        lambda i: add_point(i, "own", "weather", step="decide"),
        lambda i: put(point(i, "rollback"), kind="rollback"),
        set(),
    ),
    "JD904": (
        lambda i: put(point(i, "photos"), colour="yellow"),
        lambda i: put(point(i, "rollback"), colour="red"),
        set(),
    ),
    "JD905": (
        lambda i: put(i["risks"][0], step="nowhere"),
        lambda i: put(i["risks"][0], step="close"),
        set(),
    ),
    "JD906": (
        lambda i: put(i["documents"][0], step="nowhere", body=""),
        lambda i: put(i["documents"][0], step="execute"),
        set(),
    ),
    "JD907": (
        lambda i: put(i["documents"][0], body="{{partie}}"),
        lambda i: put(i["documents"][0], body="{{party}} {partie}"),
        set(),
    ),
    "JD908": (
        lambda i: put(point(i, "photos"), step="nowhere"),
        lambda i: put(point(i, "rollback"), step=""),
        {"JD406"},
    ),
    "JD909": (
        lambda i: put(i["documents"][0], step="inquiry"),
        lambda i: put(i["documents"][0], step="close"),
        set(),
    ),
}
