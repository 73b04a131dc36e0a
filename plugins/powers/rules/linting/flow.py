# SPDX-License-Identifier: Apache-2.0
"""JD8xx 流程: steps nobody comes to, ways nobody can take, cases that cannot end."""

from collections.abc import Iterator

from msgspec.structs import replace

from plugins.powers.rules.definition import Definition, Transition
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import change, drop
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import CHOSEN, View


def check_flow(view: View) -> Iterator[Finding]:
    """Every finding about steps and the ways between them."""
    yield from _steps(view)
    yield from _dead_ways(view)
    yield from _missing_ways(view)
    yield from _double_ways(view)
    yield from _joint(view)


def _steps(view: View) -> Iterator[Finding]:
    for step in view.item.steps:
        where, name = f"steps/{step.key}", f"环节“{step.title}”"
        if step.key not in view.drawn:
            yield say(
                "JD801", where, name, f"没有一条线通到环节“{step.title}”，案件永远办不到这里。"
            )
        elif step.key not in view.walked:
            yield say(
                "JD802",
                where,
                name,
                f"通到环节“{step.title}”的线都走不通，案件永远办不到这里。",
            )
        elif not view.going.get(step.key):
            yield say(
                "JD803",
                where,
                name,
                f"环节“{step.title}”没有出路，也没有画到结束，案件到这里就停住了。",
                step=step.key,
            )
        elif step.key not in view.ending:
            yield say(
                "JD807",
                where,
                name,
                f"从环节“{step.title}”走不到结束，案件会一直在圈里转，永远办不结。",
            )


def fix_dead_end(item: Definition, finding: Finding) -> Definition:
    """A way from the step to the end."""
    way = Transition(finding.detail["step"], "", title="办结")
    return replace(item, transitions=[*item.transitions, way])


def _dead_ways(view: View) -> Iterator[Finding]:
    for place, reason in view.dead.items():
        way = view.item.transitions[place]
        here = view.title(way.origin)
        there = f"“{view.title(way.target)}”" if way.target else "结束"
        orphaned = way.target and view.predecessors(way.target) == []
        yield say(
            "JD804",
            f"transitions/{place}",
            f"从“{here}”到{there}的线",
            f"从“{here}”到{there}的线永远不会走：{reason}。",
            fix="" if orphaned or len(view.going[way.origin]) < 2 else None,
            place=place,
        )


def fix_dead_way(item: Definition, finding: Finding) -> Definition:
    """The way taken out."""
    return drop(item, "transitions", finding.detail["place"])


def _missing_ways(view: View) -> Iterator[Finding]:
    for step in view.item.steps:
        ways = view.live.get(step.key, [])
        if not ways or step.key not in view.walked or any(way.when is None for way in ways):
            continue
        controls = view.controls(step.key)
        used = list(dict.fromkeys(way.when.control for way in ways if way.when))
        chosen = [controls[key] for key in used if key in controls]
        if any(_complete(view, step.key, one.key) and one.required for one in chosen):
            continue
        if len(chosen) == 1 and chosen[0].type in CHOSEN:
            covered = view.covered(step.key, chosen[0].key)
            left = [o.value for o in chosen[0].options if o.value not in covered]
            what = (
                f"选{'、'.join(f'“{value}”' for value in left)}时"
                if left
                else f"“{chosen[0].title}”不填时"
            )
        else:
            what = "条件都不满足时"
        yield say(
            "JD805",
            f"steps/{step.key}",
            f"环节“{step.title}”",
            f"环节“{step.title}”{what}没有路可走，案件卡在这里。",
        )


def _complete(view: View, step: str, control: str) -> bool:
    found = view.controls(step)[control]
    return found.type in CHOSEN and {o.value for o in found.options} <= view.covered(step, control)


def _double_ways(view: View) -> Iterator[Finding]:
    for step in view.item.steps:
        seen: dict[tuple[str, str], Transition] = {}
        told: set[tuple[str, str]] = set()
        for way in view.live.get(step.key, []):
            for value in dict.fromkeys(way.when.one_of) if way.when else ():
                key = (way.when.control if way.when else "", value)
                other = seen.setdefault(key, way)
                if other is not way and other.target != way.target and key not in told:
                    told.add(key)
                    yield say(
                        "JD806",
                        f"steps/{step.key}",
                        f"环节“{step.title}”",
                        f"环节“{step.title}”选“{value}”时有两条路：“{_end(view, other)}”和"
                        f"“{_end(view, way)}”，要由办件人员自己挑。",
                    )


def _end(view: View, way: Transition) -> str:
    return view.title(way.target) if way.target else "结束"


def _joint(view: View) -> Iterator[Finding]:
    for step in view.item.steps:
        joint = step.joint
        if joint is None:
            continue
        where, name = f"steps/{step.key}", f"环节“{step.title}”"
        if joint.mode == "quorum" and joint.quorum < 1:
            yield say(
                "JD808",
                where,
                name,
                f"环节“{step.title}”会签要 {joint.quorum} 人同意，等于没有人同意也通过。",
                step=step.key,
                quorum=max(2, step.min_officers),
            )
        elif joint.mode == "quorum" and step.min_officers > joint.quorum:
            yield say(
                "JD809",
                where,
                name,
                f"环节“{step.title}”要求 {step.min_officers} 名执法人员，会签 {joint.quorum} 人同意就"
                f"通过，其余的人可以不同意。",
            )


def fix_quorum(item: Definition, finding: Finding) -> Definition:
    """A number of people that means something."""
    step = item.step(finding.detail["step"])
    if step is None or step.joint is None:
        return item
    joint = replace(step.joint, quorum=finding.detail["quorum"])
    return change(item, "steps", step.key, joint=joint)
