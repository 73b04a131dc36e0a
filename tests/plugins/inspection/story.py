# SPDX-License-Identifier: Apache-2.0
"""A short way to tell the story of a case as the published case events."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from plugins.inspection.rules.engine import judge
from plugins.inspection.rules.model import (
    Definition,
    Event,
    Point,
    Verdict,
    decode_event,
    points_of,
)

T0 = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)

STEPS = [
    ("clue", "线索核查", "file"),
    ("filing", "立案审批", "file"),
    ("inquiry", "调查取证", "investigate"),
    ("review", "法制审核", "decide"),
    ("decide", "处罚决定", "decide"),
    ("execute", "执行", "execute"),
    ("close", "结案", "execute"),
]
TITLES = {key: title for key, title, _ in STEPS}
STAGE = {key: stage for key, _, stage in STEPS}
ORDER = [key for key, _, _ in STEPS]


def officer(name: str = "张海龙", *, qualified: bool = True, reason: str = "") -> dict[str, Any]:
    return {
        "person": sum(map(ord, name)),
        "name": name,
        "qualified": qualified,
        "reason": reason or ("" if qualified else "没有登记执法证号"),
        "number": "15082204017" if qualified else "",
    }


TWO = [officer("张海龙"), officer("斯琴高娃")]


def files(*names: str) -> list[dict[str, Any]]:
    return [
        {"id": i, "sha256": hashlib.sha256(n.encode()).hexdigest(), "name": n}
        for i, n in enumerate(names, 1)
    ]


def definition(
    *points: dict[str, Any], version: int = 1, since: str = "2026-01-01T00:00:00Z", **more: Any
) -> dict[str, Any]:
    """A published item version with the given points, as `powers.version_effective` carries it."""
    return {
        "item": 7,
        "version": version,
        "code": "150822-SJ-CF-012",
        "title": "对拒不改正进货查验违法行为的处罚",
        "effective_from": since,
        "stages": [
            {"key": "file", "title": "立案", "limit": None},
            {
                "key": "investigate",
                "title": "调查取证",
                "limit": {"amount": 90, "unit": "calendar"},
            },
            {"key": "decide", "title": "审查决定", "limit": None},
            {"key": "execute", "title": "执行", "limit": None},
        ],
        "steps": [
            {
                "key": key,
                "title": title,
                "stage": stage,
                "position": i,
                "limit": {"amount": 5, "unit": "working"},
                "form": key,
            }
            for i, (key, title, stage) in enumerate(STEPS, 1)
        ],
        "forms": [
            {
                "key": "inquiry",
                "controls": [
                    {
                        "key": "photos",
                        "title": "现场照片",
                        "type": "evidence",
                        "evidence_kind": "photo",
                        "min_count": 1,
                    },
                    {
                        "key": "record",
                        "title": "询问笔录",
                        "type": "evidence",
                        "evidence_kind": "document",
                        "min_count": 1,
                    },
                    {"key": "video", "title": "执法视频", "type": "evidence", "min_count": 0},
                ],
            }
        ],
        "standards": [STANDARD],
        "points": list(points),
        **more,
    }


STANDARD: dict[str, Any] = {
    "key": "s1",
    "title": "进货查验违法行为裁量标准",
    "act": "拒不改正",
    "applies_to": "amount",
    "base": None,
    "tiers": [
        {
            "key": "light",
            "title": "从轻",
            "conditions": [{"control": "goods_value", "op": "le", "value": 500000}],
            "min": 500000,
            "max": 2000000,
            "kinds": ["罚款"],
        },
        {
            "key": "normal",
            "title": "一般",
            "conditions": [{"control": "goods_value", "op": "gt", "value": 500000}],
            "min": 2000001,
            "max": 5000000,
            "kinds": ["罚款", "没收违法所得"],
        },
    ],
}


def point(kind: str, step: str = "", **more: Any) -> dict[str, Any]:
    params = more.pop("params", {})
    return {
        "key": more.pop("key", f"p-{kind}"),
        "kind": kind,
        "step": step,
        "stage": more.pop("stage", ""),
        "title": more.pop("title", f"{kind} 监察点"),
        "colour": more.pop("colour", None),
        "params": params,
        "clause": more.pop("clause", "《行政处罚法》第四十二条"),
        **more,
    }


class Story:
    """Builds case events in order; every act takes an hour unless told otherwise."""

    def __init__(self, start: datetime = T0, case: int = 1) -> None:
        self.at = start
        self.case = case
        self.payloads: list[dict[str, Any]] = []
        self.visits: dict[str, int] = {}
        self.step = ""
        self.clocks: dict[str, Any] = {}

    def act(self, kind: str, *, at: datetime | None = None, **more: Any) -> "Story":
        self.at = at or self.at + timedelta(hours=1)
        step = more.pop("step", self.step)
        payload = {
            "case": self.case,
            "item": 7,
            "version": 1,
            "seq": len(self.payloads) + 1,
            "kind": kind,
            "at": self.at.isoformat(),
            "case_number": f"磴市监立〔2026〕{self.case}号",
            "title": "拒不改正进货查验违法行为案",
            "party": "磴口县鲜味园餐饮店",
            "organisation": 3,
            "department": 4,
            "handlers": [11, 12],
            "step": step,
            "step_title": TITLES.get(step, step),
            "visit": more.pop("visit", self.visits.get(step, 1)),
            "stage": STAGE.get(step, ""),
            "to_step": "",
            "to_title": "",
            "crossed": [],
            "reason": "",
            "officers": [],
            "next_officers": [],
            "values": {},
            "evidence": {},
            "decision": None,
            "payments": [],
            "instalments": [],
            "clocks": dict(self.clocks),
            "gate": {},
        }
        payload.update(more)
        self.payloads.append(payload)
        return self

    def enter(
        self, step: str, *, due: datetime | None = None, provisional: bool = False, **more: Any
    ) -> "Story":
        self.step = step
        self.visits[step] = self.visits.get(step, 0) + 1
        at = more.get("at") or self.at + timedelta(hours=1)
        self.clocks.pop("step", None)
        if due:
            self.clocks["step"] = {
                "started_at": at.isoformat(),
                "due_at": due.isoformat(),
                "provisional": provisional,
            }
        return self.act("step_entered", **more)

    def submit(self, to: str = "", **more: Any) -> "Story":
        return self.act("step_submitted", to_step=to, to_title=TITLES.get(to, to), **more)

    def roll_back(self, to: str, reason: str = "补充复查记录", **more: Any) -> "Story":
        here, there = ORDER.index(self.step), ORDER.index(to)
        crossed = list(reversed(ORDER[there:here]))
        return self.act(
            "rolled_back", to_step=to, to_title=TITLES[to], crossed=crossed, reason=reason, **more
        )

    @property
    def events(self) -> list[Event]:
        return [decode_event(p) for p in self.payloads]

    def judge(
        self,
        *definitions: dict[str, Any],
        until: datetime | None = None,
        explain: bool = False,
    ) -> list[Verdict]:
        return judge(self.events, points(*definitions), None, until, explain=explain)


def points(*definitions: dict[str, Any]) -> list[Point]:
    import msgspec

    return points_of([msgspec.convert(d, Definition) for d in definitions])


def lamps(verdicts: list[Verdict]) -> list[tuple[str, str]]:
    return [(v.mark, v.colour) for v in verdicts if v.result == "fired"]


def decision(**more: Any) -> dict[str, Any]:
    return {
        "outcome": "罚款",
        "negative": False,
        "basis": "《食品安全法》第一百二十六条",
        "amount": 500000,
        "kinds": ["罚款"],
        "standard": "s1",
        "tier": "",
        "facts": {"goods_value": 386000},
        **more,
    }


def paid(
    amount: int, *, voucher: bool = True, kind: str = "payment", id: int = 1
) -> dict[str, Any]:
    return {
        "id": id,
        "amount": amount,
        "at": "2026-05-20T02:00:00Z",
        "vouchers": [hashlib.sha256(f"{id}".encode()).hexdigest()] if voucher else [],
        "kind": kind,
    }
