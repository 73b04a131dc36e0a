# SPDX-License-Identifier: Apache-2.0
"""What the life of a card declares to the platform: inspections, bodies, daily work."""

from collections.abc import Mapping
from typing import Any

from core.api.plugin import Cron, FactKind, NavItem, SubjectKind
from plugins.certificates import facts
from plugins.certificates.reactions import describe_inspection
from plugins.certificates.services.base import READ, REVIEW, SUBMIT
from plugins.certificates.services.inspecting import INSPECTION
from plugins.certificates.services.reminding import remind

SECTION = "证件管理"


async def remind_in_the_morning(_payload: Mapping[str, Any]) -> None:
    """90, 30 and 7 days before, and on the first day too late."""
    await remind()


NAV = (
    NavItem("年审", "/certificates/inspections", SUBMIT, "本单位", "calendar-check", 314),
    NavItem("年审审核", "/certificates/inspections", REVIEW, SECTION, "calendar-check", 225),
)

SUBJECTS = (SubjectKind(INSPECTION, "执法证年审", describe=describe_inspection, permission=READ),)

FACTS = (
    FactKind(
        "certificates.inspection_changed",
        "办理年审",
        "年审改为 {state}：{reason}",
        facts.InspectionChanged,
        broadcast=False,
    ),
    FactKind(
        "certificates.inspection_done",
        "完成年审",
        "执法证 {number} 完成年审，下一次 {next_due}",
        facts.InspectionDone,
    ),
)

JOBS = (Cron("certificates.remind", remind_in_the_morning, at="08:40", per_region=True),)
