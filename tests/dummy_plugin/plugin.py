# SPDX-License-Identifier: Apache-2.0
"""Every hook of the host, used once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from core.api.plugin import (
    Action,
    Card,
    Contribution,
    Cron,
    DemoStep,
    ExtensionPoint,
    FactHandler,
    FactKind,
    Gate,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Panel,
    Permission,
    Retention,
    SubjectKind,
    hookimpl,
)
from tests.dummy_plugin import reactions
from tests.dummy_plugin.services import NoteWritten

MANIFEST = Manifest(name="dummy", title="示例", version="1.0", summary="逐一使用每个扩展点")


class DummySettings(msgspec.Struct):
    """Settings per region; every field has a default."""

    longest: int = 100


class Colour(msgspec.Struct, frozen=True):
    """What a contribution to ``dummy.colour`` must be."""

    title: str
    weight: int = 1


FOUND = {"result": "fired", "headline": "久无动静"}


def silent_cases(
    events: Sequence[Mapping[str, Any]], point: Mapping[str, Any]
) -> Sequence[Mapping[str, Any]]:
    """A monitoring point of our own: nothing happened in a case for longer than was set.

    With nothing set, a case with a single event has stood still since.
    """
    days = int(point.get("params", {}).get("days") or 0)
    for before, event in pairwise(events):
        stood = datetime.fromisoformat(event["at"]) - datetime.fromisoformat(before["at"])
        if days and stood > timedelta(days=days):
            said = f"{stood.days} 天没有动静，超过 {days} 天，所以报黄灯。"
            return ({**FOUND, "seq": event["seq"], "sentence": said},)
    if days or len(events) != 1:
        return ()
    return ({**FOUND, "seq": events[0]["seq"], "sentence": "立案后再无动静，所以报黄灯。"},)


async def seed(_context: Any) -> None:
    """Nothing to prepare."""


@hookimpl
def piccolo_apps() -> list[str]:
    return ["tests.dummy_plugin.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from tests.dummy_plugin import routes

    return [routes.notes, routes.about]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission("dummy.note.read", "查看便笺", grants_to=("handler",))]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("便笺", "/dummy/notes", "dummy.note.read", "办案", "note", 50, reactions.open_notes)
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [Card("dummy.recent", "最近便笺", "dummy.note.read", "/dummy/_recent")]


@hookimpl
def panels() -> list[Panel]:
    return [Panel("dummy.of_person", "dummy.note", "相关便笺", "dummy.note.read", "/dummy/of/{id}")]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [SubjectKind("dummy.note", "便笺", reactions.describe)]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [FactKind("dummy.note.written", "写便笺", "写了 {length} 字的便笺", NoteWritten)]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler(
            "dummy.note.written", reactions.hear, eager=True, locks=lambda fact: (fact.subject,)
        )
    ]


@hookimpl
def gates() -> list[Gate]:
    return [Gate("dummy.close", "便笺归档", "dummy.note", expects=("training",))]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [GateCheck("dummy.close", reactions.too_long)]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job("dummy.tidy", reactions.tidy, timeout=timedelta(seconds=5), tries=2),
        Cron(
            "dummy.daily", reactions.tidy, at="03:30", reason="counts notes of the whole platform"
        ),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [MessageKind("dummy.note.due", "便笺到期", "便笺“{title}”今天到期。", ("inbox",))]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [DummySettings]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(900, "示例便笺", seed)]


@hookimpl
def extension_points() -> list[ExtensionPoint]:
    return [ExtensionPoint("dummy.colour", "便笺颜色", Colour, "颜色的名称与次序")]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution("dummy.colour", "green", {"title": "绿色", "weight": 2}),
        # To another plugin's seam; where that plugin is absent this is reported, not fatal.
        Contribution(
            "inspection.kind",
            "dummy_silence",
            {
                "title": "久无动静",
                "judge": silent_cases,
                "colour": "yellow",
                "remedy": "补充办理进展。",
            },
        ),
        # The same kind for those who set points: its words and its settings in the editor.
        Contribution(
            "powers.point_kind",
            "dummy_silence",
            {
                "title": "久无动静",
                "explains": "立案后超过若干天再无动静，黄灯。",
                "colour": "yellow",
                "short": "动静",
                "needs": "any",
                "settings": [
                    {
                        "key": "days",
                        "title": "多少天没有动静",
                        "type": "number",
                        "minimum": 1,
                        "maximum": 365,
                        "default": 30,
                        "unit": " 天",
                    },
                    {"key": "night", "title": "夜间也算", "type": "flag"},
                ],
            },
        ),
    ]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "dummy.archive", "dummy.note", "归档", "dummy.note.read", "/dummy/archive", many=True
        )
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [Metric("dummy.count", "便笺数", "期间内写下的便笺件数", reactions.count_notes)]


@hookimpl
def retention_rules() -> list[Retention]:
    return [
        Retention(
            "dummy.old_notes",
            "旧便笺",
            "便笺只在当年有用。",
            "dummy_note",
            "written_at < $1",
            days=365,
            minimum=30,
        )
    ]
