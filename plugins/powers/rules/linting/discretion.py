# SPDX-License-Identifier: Apache-2.0
"""JD6xx 自由裁量 (M6): standards that leave facts or amounts without a tier, or with two.

A standard is a table: conditions on recorded facts, and the range each tier permits. The gaps and
overlaps of the conditions are computed exactly (`regions`), those of the ranges by comparing them.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise

from msgspec.structs import replace

from plugins.powers.rules.definition import Condition, Control, Definition, Point, Standard, Tier
from plugins.powers.rules.linting import regions
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import (
    add_control,
    add_point,
    change,
    change_control,
    free_key,
    set_params,
)
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import View

KIND = "discretion"
DAYS = frozenset({"date", "datetime"})
ACT_DAY = "违法行为日期（连续的填终了之日）"
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
AT_MOST = 5
"""Gaps and overlaps named one by one for each standard; a sixth helps nobody."""


def check_discretion(view: View) -> Iterator[Finding]:
    """Every finding about points on discretion and about the standards."""
    for point in view.item.points:
        if point.kind == KIND and point.step in view.steps:
            yield from _check_point(view, point)
    for standard in view.item.standards:
        yield from _check_standard(view, standard)
    yield from _unwatched(view)


# Points -----------------------------------------------------------------------------------------


def standard_of(view: View, point: Point) -> Standard | None:
    """The standard a point compares with; the only one where it names none."""
    named = point.params.get("standard")
    standards = view.item.standards
    if not named:
        return standards[0] if len(standards) == 1 else None
    return next((one for one in standards if one.key == named), None)


def _check_point(view: View, point: Point) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    step = view.steps[point.step]
    if standard_of(view, point) is None:
        standards = view.item.standards
        only = standards[0] if len(standards) == 1 else None
        named = point.params.get("standard")
        what = f"用到的裁量标准“{named}”不存在" if named else "没有写明用哪个裁量标准"
        yield say(
            "JD601",
            where,
            name,
            f"监察点“{point.title}”{what}，金额无从对照，永远不会报灯。",
            fix=f"改为对照“{only.title}”" if only else "",
            point=point.key,
            standard=only.key if only else "",
        )
    controls = view.controls(point.step)
    money = view.of_type(point.step, "money", "number")
    named = str(point.params.get("amount_control") or "")
    found = controls.get(named or "amount")
    if not named and found is None and money:
        found = money[0]  # The case reads the form's first amount where the point names none.
    if found is None or found.type not in {"money", "number"}:
        yield say(
            "JD602",
            where,
            name,
            f"监察点“{point.title}”要看的金额控件“{named or 'amount'}”"
            + ("不是金额" if found else f"不在环节“{step.title}”的表单里")
            + "：罚多罚少都看不到。",
            fix=f"改为看“{money[0].title}”" if len(money) == 1 else "",
            point=point.key,
            control=money[0].key if len(money) == 1 else "",
        )
    named = str(point.params.get("tier_control") or "")
    own = view.of_type(point.step, "standard")
    if named not in controls if named else not own:
        yield say(
            "JD617",
            where,
            name,
            f"环节“{step.title}”的表单里没有选择裁量阶次的控件，办件人员说不出按哪一档处理。",
            fix=f"改为看“{own[0].title}”"
            if own
            else "在表单里加“裁量阶次”"
            if step.form in view.forms
            else "",
            point=point.key,
            form=step.form,
            control=own[0].key if own else "",
        )
    yield from _check_act_day(view, point)


def _check_act_day(view: View, point: Point) -> Iterator[Finding]:
    """Without the day of the act the standard of the day of decision is taken, milder or not."""
    named = str(point.params.get("act_control") or "")
    if not named:
        return
    step = view.steps[point.step]
    known = [
        one
        for key in view.steps
        if key == step.key or view.lies_before(key, step.key)
        for one in [view.controls(key).get(named)]
        if one is not None
    ]
    if any(one.type in DAYS for one in known):
        return
    anywhere = [c for form in view.item.forms for c in form.controls if c.key == named]
    if known:
        what = f"“{known[0].title}”不是日期"
    elif anywhere:
        what = f"“{anywhere[0].title}”在决定之后才填写"
    else:
        what = f"“{named}”不在任何表单里"
    yield say(
        "JD619",
        f"points/{point.key}",
        f"监察点“{point.title}”",
        f"监察点“{point.title}”要看的违法行为日期控件{what}：标准修订过也不知道行为在修订以前，"
        f"一律对照决定当天的标准，不会从旧兼从轻。",
        fix=f"在环节“{step.title}”的表单里加“{ACT_DAY}”" if step.form in view.forms else "",
        point=point.key,
        form=step.form,
        control="" if anywhere else named,
    )


def fix_act_day(item: Definition, finding: Finding) -> Definition:
    """A date of its own: another date of the form would be taken for the day of the act."""
    detail = finding.detail
    taken = {control.key for form in item.forms for control in form.controls}
    key = detail["control"] if KEY.fullmatch(detail["control"]) else free_key("act_on", taken)
    item = add_control(item, detail["form"], Control(key, ACT_DAY, "date", required=True, max=0))
    return set_params(item, detail["point"], act_control=key)


def fix_standard(item: Definition, finding: Finding) -> Definition:
    """The only standard there is."""
    return set_params(item, finding.detail["point"], standard=finding.detail["standard"])


def fix_amount(item: Definition, finding: Finding) -> Definition:
    """The only amount of the form."""
    return set_params(item, finding.detail["point"], amount_control=finding.detail["control"])


def fix_tier(item: Definition, finding: Finding) -> Definition:
    """The form's own control for tiers, added where there is none."""
    detail = finding.detail
    key = detail["control"]
    if not key:
        form = next((one for one in item.forms if one.key == detail["form"]), None)
        if form is None:
            return item
        key = free_key("tier", {one.key for one in form.controls})
        item = add_control(item, form.key, Control(key, "裁量阶次", "standard"))
    return set_params(item, detail["point"], tier_control=key)


def _unwatched(view: View) -> Iterator[Finding]:
    used = {
        found.key
        for point in view.item.points
        if point.kind == KIND and (found := standard_of(view, point))
    }
    deciding = _deciding(view)
    for standard in view.item.standards:
        if standard.key not in used:
            only = deciding[0] if len(deciding) == 1 else ""
            yield say(
                "JD616",
                f"standards/{standard.key}",
                f"裁量标准“{standard.title}”",
                f"裁量标准“{standard.title}”没有监察点对照，超出幅度不会报灯。",
                fix=None if only else "",
                standard=standard.key,
                step=only,
                amount=view.of_type(only, "money")[0].key if only else "",
                tier=next((one.key for one in view.of_type(only, "standard")), ""),
            )


def _deciding(view: View) -> list[str]:
    """The steps where an amount is decided."""
    return [
        step.key
        for step in view.item.steps
        if step.key in view.walked
        and view.of_type(step.key, "outcome")
        and len(view.of_type(step.key, "money")) == 1
    ]


def _decided_at(view: View, standard: Standard) -> list[str]:
    """The steps where a standard is applied: those of its points, or where a point would stand."""
    pointed = [
        point.step
        for point in view.item.points
        if point.kind == KIND and point.step in view.steps and standard_of(view, point) == standard
    ]
    return pointed or _deciding(view)


def fix_unwatched(item: Definition, finding: Finding) -> Definition:
    """A point that compares with the standard."""
    detail = finding.detail
    params = {"standard": detail["standard"], "amount_control": detail["amount"]}
    if detail["tier"]:
        params["tier_control"] = detail["tier"]
    return add_point(
        item, "discretion", kind=KIND, title="自由裁量", step=detail["step"], params=params
    )


# Standards --------------------------------------------------------------------------------------


def _check_standard(view: View, standard: Standard) -> Iterator[Finding]:
    where, name = f"standards/{standard.key}", f"裁量标准“{standard.title}”"
    controls = {
        control.key: control for form in reversed(view.item.forms) for control in form.controls
    }
    sound = yield from _conditions(view, standard, controls)
    if standard.base and standard.base not in controls:
        yield say(
            "JD613",
            where,
            name,
            f"裁量标准“{standard.title}”按“{standard.base}”的倍数计算，表单里没有这个控件，"
            f"算不出幅度。",
        )
    yield from _ranges(standard)
    yield from _kinds(view, standard)
    if not standard.tiers:
        yield say("JD618", where, name, f"裁量标准“{standard.title}”没有阶次，什么金额都对照不出。")
    elif not any(tier.conditions for tier in standard.tiers):
        if len(standard.tiers) > 1:
            yield say(
                "JD609",
                where,
                name,
                f"裁量标准“{standard.title}”的阶次都没有写条件，选哪一档由办件人员自己定，"
                f"只能核对金额是否在某一档之内。",
            )
    elif sound:
        yield from _coverage(standard, list(controls.values()))


def _conditions(
    view: View, standard: Standard, controls: dict[str, Control]
) -> Generator[Finding, None, bool]:
    """Conditions that cannot work; returns whether all of them can."""
    sound = True
    optional: dict[str, Control] = {}
    late: dict[str, Control] = {}
    decided = _decided_at(view, standard)
    for tier in standard.tiers:
        where, name = f"standards/{standard.key}/tiers/{tier.key}", _tier_name(standard, tier)
        for condition in tier.conditions:
            control = controls.get(condition.control)
            if control is None:
                sound = False
                yield say(
                    "JD603",
                    where,
                    name,
                    f"{name}的条件用到控件“{condition.control}”，表单里没有它，这一档永远选不中。",
                )
            elif why := _cannot_hold(condition, control):
                sound = False
                yield say("JD605", where, name, f"{name}的条件永远不成立：{why}。")
            else:
                if not control.required and control.type != "boolean":
                    optional[control.key] = control
                if any(not _known_before(view, control.key, step) for step in decided):
                    late[control.key] = control
    for control in late.values():
        yield say(
            "JD604",
            f"standards/{standard.key}",
            f"裁量标准“{standard.title}”",
            f"裁量标准“{standard.title}”要看“{control.title}”，作出决定时它还没有填写，无法判断。",
        )
    for control in optional.values():
        if control.key not in late:
            yield say(
                "JD615",
                f"standards/{standard.key}",
                f"裁量标准“{standard.title}”",
                f"裁量标准“{standard.title}”要看“{control.title}”，它不是必填，空着就对照不出阶次。",
                control=control.key,
            )
    return sound


def _known_before(view: View, control: str, step: str) -> bool:
    return any(
        control in view.controls(one.key) and (one.key == step or view.lies_before(one.key, step))
        for one in view.item.steps
    )


def _cannot_hold(condition: Condition, control: Control) -> str:
    """Why a condition never holds for what this control records, as the engine compares."""
    wanted, op = condition.value, condition.op
    title = f"“{control.title}”"
    match control.type:
        case "number" | "money":
            if isinstance(wanted, list):
                return f"{title}是数，不能同一串选项比较"
            if isinstance(wanted, bool) or not isinstance(wanted, int | float):
                return f"{title}是数，条件里写的“{wanted}”不是"
            return ""
        case "choice" | "outcome" | "standard":
            if op not in {"eq", "in"}:
                return f"{title}是选项，不能比大小"
            if op == "eq" and isinstance(wanted, list):
                return f"{title}一次只有一个选项，几个选项要写成“属于其中之一”"
            listed = wanted if isinstance(wanted, list) else [wanted]
            offered = {option.value for option in control.options}
            if offered and not offered & {one for one in listed if isinstance(one, str)}:
                return f"{title}没有“{'、'.join(str(one) for one in listed)}”这个选项"
            return ""
        case "boolean":
            listed = wanted if isinstance(wanted, list) else [wanted]
            fits = op in {"eq", "in"} and any(isinstance(one, bool) for one in listed)
            return "" if fits else f"{title}只有是、否两种"
        case "text" | "longtext" | "basis" | "date" | "datetime":
            return "" if op in {"eq", "in"} else f"{title}是文字，不能比大小"
        case "choices":
            return f"{title}可以多选，不能当作一个选项比较"
        case _:
            return f"{title}不记录可以比较的内容"


def fix_optional(item: Definition, finding: Finding) -> Definition:
    """The fact the standard needs must be entered."""
    key = finding.detail["control"]
    for form in item.forms:
        if any(control.key == key for control in form.controls):
            return change_control(item, form.key, key, required=True)
    return item


def _coverage(standard: Standard, controls: Sequence[Control]) -> Iterator[Finding]:
    where, name = f"standards/{standard.key}", f"裁量标准“{standard.title}”"
    cut = regions.axes(controls, standard.tiers)
    found = regions.boxes(cut, standard.tiers)
    for tier, box in zip(standard.tiers, found, strict=True):
        if regions.is_empty(box):
            label = _tier_name(standard, tier)
            yield say(
                "JD608",
                f"{where}/tiers/{tier.key}",
                label,
                f"{label}的几个条件互相矛盾，没有一种情况同时满足，这一档永远选不中。",
            )
    gaps = regions.uncovered(cut, found)
    for gap in gaps[:AT_MOST]:
        told = regions.tell(cut, gap)
        point = regions.exact_point(cut, gap)
        taken = _tier_to_take(standard, *point) if point else None
        yield say(
            "JD606",
            where,
            name,
            f"{told}没有阶次：裁量标准“{standard.title}”对照不出幅度，罚多少都不报灯。",
            fix=f"把这个数归入“{taken[0].title}”" if taken else "",
            standard=standard.key,
            tier=taken[0].key if taken else "",
            place=taken[1] if taken else 0,
            op=taken[2] if taken else "",
        )
    told_pairs = 0
    for place, tier in enumerate(standard.tiers):
        for other in range(place):
            both = regions.common(found[place], found[other])
            if regions.is_empty(both) or told_pairs >= AT_MOST:
                continue
            told_pairs += 1
            point = regions.exact_point(cut, both)
            given = _tier_to_give(tier, *point) if point else None
            yield say(
                "JD607",
                where,
                name,
                f"{regions.tell(cut, both)}“{standard.tiers[other].title}”和“{tier.title}”"
                f"都适用，同样的情节可以有两种处理。",
                fix=f"这个数只归“{standard.tiers[other].title}”" if given else "",
                standard=standard.key,
                tier=tier.key,
                place=given[0] if given else 0,
                op=given[1] if given else "",
            )


_WIDER = {"lt": "le", "gt": "ge"}
_NARROWER = {"le": "lt", "ge": "gt"}


def _tier_to_take(standard: Standard, control: str, number: float) -> tuple[Tier, int, str] | None:
    """The lightest tier that stops just short of a number, with the condition that would take it.

    Between two tiers the lighter one takes it: doubt is in the party's favour.
    """
    for tier in standard.tiers:
        for place, condition in enumerate(tier.conditions):
            if (
                condition.control == control
                and condition.value == number
                and condition.op in _WIDER
            ):
                return tier, place, _WIDER[condition.op]
    return None


def _tier_to_give(tier: Tier, control: str, number: float) -> tuple[int, str] | None:
    """The condition by which the heavier of two tiers holds a number, and how it lets go of it."""
    for place, condition in enumerate(tier.conditions):
        if condition.control == control and condition.value == number and condition.op in _NARROWER:
            return place, _NARROWER[condition.op]
    return None


def fix_border(item: Definition, finding: Finding) -> Definition:
    """One condition made to take, or to leave, the number on the border."""
    detail = finding.detail
    standard = next((one for one in item.standards if one.key == detail["standard"]), None)
    if standard is None:
        return item
    tiers = list(standard.tiers)
    for place, tier in enumerate(tiers):
        if tier.key == detail["tier"]:
            conditions = list(tier.conditions)
            conditions[detail["place"]] = replace(conditions[detail["place"]], op=detail["op"])
            tiers[place] = replace(tier, conditions=conditions)
            break
    return change(item, "standards", standard.key, tiers=tiers)


# Ranges -----------------------------------------------------------------------------------------


def _ranges(standard: Standard) -> Iterator[Finding]:
    where = f"standards/{standard.key}"
    for place, tier in enumerate(standard.tiers):
        if tier.min > tier.max:
            yield say(
                "JD612",
                f"{where}/tiers/{tier.key}",
                _tier_name(standard, tier),
                f"{_tier_name(standard, tier)}的下限 {_show(standard, tier.min)} 大于上限 "
                f"{_show(standard, tier.max)}，没有一个金额在幅度之内。",
                standard=standard.key,
                place=place,
            )
    if any(tier.min > tier.max for tier in standard.tiers):
        return
    # A tier without a fine (only a warning, only a licence) has no place in the row of amounts.
    fining = [tier for tier in standard.tiers if tier.max > 0]
    for lower, upper in pairwise(sorted(fining, key=lambda tier: (tier.min, tier.max))):
        if not standard.base and upper.min - lower.max > 1:
            middle = (lower.max + upper.min) // 2
            yield say(
                "JD610",
                where,
                f"裁量标准“{standard.title}”",
                f"“{lower.title}”到 {_show(standard, lower.max)} 为止，“{upper.title}”从 "
                f"{_show(standard, upper.min)} 开始，中间（例如 {_show(standard, middle)}）"
                f"不在任何一档之内。",
            )
        elif upper.min < lower.max:
            yield say(
                "JD611",
                where,
                f"裁量标准“{standard.title}”",
                f"“{lower.title}”和“{upper.title}”的幅度重叠："
                f"{_show(standard, upper.min)} 至 {_show(standard, min(lower.max, upper.max))} "
                f"两档都可以罚。",
            )


def fix_range(item: Definition, finding: Finding) -> Definition:
    """The two bounds exchanged."""
    detail = finding.detail
    standard = next((one for one in item.standards if one.key == detail["standard"]), None)
    if standard is None:
        return item
    tiers = list(standard.tiers)
    tier = tiers[detail["place"]]
    tiers[detail["place"]] = replace(tier, min=tier.max, max=tier.min)
    return change(item, "standards", standard.key, tiers=tiers)


def _kinds(view: View, standard: Standard) -> Iterator[Finding]:
    for step in _decided_at(view, standard):
        listing = next((c for c in view.of_type(step, "choices") if "kind" in c.key), None)
        if listing is None:
            continue
        offered = {option.value for option in listing.options}
        for tier in standard.tiers:
            if lost := [kind for kind in tier.kinds if kind not in offered]:
                name = _tier_name(standard, tier)
                yield say(
                    "JD614",
                    f"standards/{standard.key}/tiers/{tier.key}",
                    name,
                    f"{name}可以处“{'、'.join(lost)}”，“{listing.title}”里没有这个选项，选不出来。",
                )


def _tier_name(standard: Standard, tier: Tier) -> str:
    return f"“{standard.title}”的“{tier.title}”"


def _show(standard: Standard, number: int) -> str:
    if standard.base:
        return f"{number} 倍"
    cents = f".{number % 100:02d}" if number % 100 else ""
    return f"{number // 100:,}{cents} 元"
