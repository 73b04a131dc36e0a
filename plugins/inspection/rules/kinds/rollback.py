# SPDX-License-Identifier: Apache-2.0
"""M3 环节回退: a step is rolled back; yellow. Only the explicit act counts (S1-19).

One act is one record, with the step left, the step returned to and all steps crossed; a forward
branch whose arrow points back on the chart is not a rollback.
"""

from plugins.inspection.rules.kinds.base import (
    Kind,
    Runner,
    ending,
    in_force,
    not_in_force,
    verdict,
)
from plugins.inspection.rules.model import Check, Event, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import listing

KEY = "rollback"
MARK = "M3"


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        acts = [
            e for e in view.by_kind.get("rolled_back", ()) if not point.step or e.step == point.step
        ]
        for event in acts:
            found = _judge(point, event)
            if explain or found.result == "fired":
                out.append(found)
        if explain and not acts:
            where = point.steps.get(point.step, point.step)
            out.append(
                verdict(
                    point,
                    KEY,
                    "passed",
                    mark=MARK,
                    at=view.now,
                    reason=f"没有{f'从「{where}」' if where else ''}回退过。",
                    checks=(Check("回退次数", "0 次", "0 次"),),
                )
            )

    return run


def _judge(point: Point, event: Event) -> Verdict:
    if not in_force(point, event.at):
        return not_in_force(point, KEY, MARK, event)
    here = event.step_title or point.steps.get(event.step, event.step)
    there = event.to_title or point.steps.get(event.to_step, event.to_step)
    crossed = [point.steps.get(key, key) for key in event.crossed]
    several = f"，跨 {len(crossed)} 个环节（{listing(crossed)}）" if len(crossed) > 1 else ""
    return verdict(
        point,
        KEY,
        "fired",
        mark=MARK,
        colour="yellow",
        event=event,
        step=event.step,
        occurrence=f"r{event.seq}",
        headline=f"{here}回退到{there}"
        + (f"，跨 {len(crossed)} 个环节" if len(crossed) > 1 else ""),
        sentence=f"「{here}」回退到「{there}」{several}，"
        f"理由：{event.reason.rstrip('。') or '没有填写'}；设了回退监察点的环节凡回退都提示"
        f"{ending(point.colour or 'yellow')}",
        cure="属于按规则的提示，经督办说明原因后撤销；没有回退却提示的，请核对监察点所在的分支。",
        checks=(
            Check("是明确的回退操作", "回退", "回退"),
            Check("回退次数", "0 次", f"1 次，{here} → {there}", ok=False),
        ),
        detail={"from": event.step, "to": event.to_step, "crossed": list(event.crossed)},
    )


KIND = Kind(
    key=KEY,
    title="环节回退",
    mark=MARK,
    colour="yellow",
    compile=compile_point,
    remedy="设了监察点的环节回退，提示属于正常；没有回退仍提示的，取消误设在分支上的监察点。",
)
