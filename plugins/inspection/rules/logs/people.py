# SPDX-License-Identifier: Apache-2.0
"""Who and in which order, in logs: different officers, returns and repetitions."""

from collections.abc import Iterable

from plugins.inspection.rules.kinds.base import Kind, Runner, Sparing, ending, silent
from plugins.inspection.rules.logs.select import Selector, WrongPoint, alarm, applies, need, quiet
from plugins.inspection.rules.model import Event, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import listing

OFFICERS = "M2"
ORDER = "M3"


def compile_officers(point: Point, _calendar: Calendar | None) -> Runner | Sparing:
    ignored = frozenset(point.params.get("ignore", ()))
    attribute = point.params.get("attribute")
    separator = point.params.get("separator")
    plain = attribute is None and not separator
    minimum = int(point.params.get("minimum", 2))
    when = applies(point)
    colour = point.colour or "red"
    tail = ending(colour)

    def persons(events: Iterable[Event]) -> set[str]:
        found: set[str] = set()
        for event in events:
            who = event.actor if attribute is None else str(event.values.get(attribute, ""))
            if separator and who:
                found.update(part.strip() for part in who.split(separator))
            elif who:
                found.add(who)
        found.discard("")
        return found - ignored if ignored else found

    pair = None
    if point.params.get("first") or point.params.get("second"):
        pair = (Selector(need(point, "first"), point), Selector(need(point, "second"), point))
    begins = f"「{pair[0].title}」和「{pair[1].title}」应由不同的人办理，" if pair else ""
    single = None if pair else Selector(need(point, "activity"), point)

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, OFFICERS, "not_applicable", "案件不符合监察点的条件。"))
            return
        if pair is not None:
            one, two = pair[0].all(view), pair[1].all(view)
            if not one or not two:
                if explain:
                    reason = f"没有同时出现「{pair[0].title}」和「{pair[1].title}」。"
                    out.append(quiet(point, OFFICERS, "not_applicable", reason))
                return
            used: tuple[int, ...]
            if plain and len(one) == 1 and len(two) == 1:
                actor = one[0].actor
                both = actor if actor == two[0].actor and actor not in ignored else ""
                used = (one[0].seq, two[0].seq)
            else:
                same = persons(one) & persons(two)
                both = listing(sorted(same)) if same else ""
                used = (*(e.seq for e in one), *(e.seq for e in two)) if same else ()
            if both:
                sentence = f"{begins}{both} 两项都办了{tail}"
                out.append(alarm(point, OFFICERS, colour, two[-1], sentence, events=used))
            elif explain:
                out.append(quiet(point, OFFICERS, "passed", "由不同的人办理。", two[-1]))
            return
        if single is None:  # pragma: no cover - one of the two is always there
            return
        events = single.all(view)
        if not events:
            if explain:
                out.append(quiet(point, OFFICERS, "not_applicable", f"没有「{single.title}」。"))
            return
        who = persons(events)
        if len(who) < minimum:
            named = f"（{listing(sorted(who))}）" if who else ""
            sentence = (
                f"「{single.title}」应由不少于 {minimum} 人办理，实际 {len(who)} 人{named}{tail}"
            )
            used = tuple(e.seq for e in events)
            out.append(alarm(point, OFFICERS, colour, events[-1], sentence, events=used))
        elif explain:
            out.append(quiet(point, OFFICERS, "passed", f"由 {len(who)} 人办理。", events[-1]))

    needed = [each.named for each in (*(pair or ()), single) if each is not None]
    return Sparing(run, lambda view: not all(named(view) for named in needed))


def compile_return(point: Point, _calendar: Calendar | None) -> Runner | Sparing:
    when = applies(point)
    colour = point.colour or "yellow"
    tail = ending(colour)
    ranks: dict[str, int] = {}
    again = after = None
    more_than = 0
    if point.params.get("order"):
        ranks = {name: i for i, name in enumerate(point.params["order"])}
        if len(ranks) < 2:
            raise WrongPoint(f"监察点 {point.key}：order 至少写两个活动")
    elif point.params.get("after"):
        again = Selector(need(point, "activity"), point)
        after = Selector(need(point, "after"), point)
    else:
        again = Selector(need(point, "activity"), point)
        more_than = int(point.params.get("more_than", 1))
    must_repeat = bool(point.params.get("repeated", True))

    def back(view: CaseView) -> list[tuple[Event, str, tuple[int, ...]]]:
        found: list[tuple[Event, str, tuple[int, ...]]] = []
        if ranks:
            highest, top = -1, None
            rank_of = ranks.get
            for event in view.events:
                rank = rank_of(event.step, highest)
                if rank > highest:
                    highest, top = rank, event
                elif rank < highest and top is not None:
                    said = f"办到「{top.step}」以后又回到「{event.step}」"
                    found.append((event, said, (top.seq, event.seq)))
                    highest, top = rank, event
            return found
        if again is None:
            return found
        events = again.all(view)
        if after is None:
            if len(events) > more_than:
                said = f"「{again.title}」办了 {len(events)} 次，应不超过 {more_than} 次"
                found.append((events[-1], said, tuple(e.seq for e in events)))
            return found
        if not events:
            return found
        between = after.all(view)
        if not between:
            return found
        last = len(between) - 1
        position = -1
        first = (events[0].at, events[0].seq)
        for event in events:
            here = (event.at, event.seq)
            moved = False
            while position < last and (between[position + 1].at, between[position + 1].seq) < here:
                position += 1
                moved = True
            if not moved:
                continue
            middle = between[position]
            if must_repeat and (middle.at, middle.seq) < first:
                continue
            said = f"「{middle.step}」以后又办了一次「{event.step}」"
            found.append((event, said, (middle.seq, event.seq)))
        return found

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, ORDER, "not_applicable", "案件不符合监察点的条件。"))
            return
        returns = back(view)
        for event, said, used in returns:
            out.append(
                alarm(
                    point,
                    ORDER,
                    colour,
                    event,
                    said + tail,
                    occurrence=f"e{event.seq}",
                    events=used,
                )
            )
        if explain and not returns:
            out.append(quiet(point, ORDER, "passed", "没有回到前面的环节。"))

    asked = [each for each in (again, after) if each is not None]
    if when is None and all(each.unconditional for each in asked):
        return Sparing(run, silent(run))
    return Sparing(run, lambda view: any(not each.named(view) for each in asked))


TWO_OFFICERS = Kind(
    "two_officers",
    "双人或不同人办理（日志）",
    OFFICERS,
    "red",
    compile_officers,
    params={
        "activity": "由多人办理的活动",
        "minimum": "最少人数",
        "first": "由不同的人办理：其一",
        "second": "由不同的人办理：其二",
        "attribute": "记人的属性",
        "separator": "一个属性记多人时的分隔符",
        "ignore": "不算人的名字",
        "when": "条件",
    },
)
RETURN = Kind(
    "return",
    "回退或重复（日志）",
    ORDER,
    "yellow",
    compile_return,
    params={
        "order": "活动的先后",
        "activity": "重复的活动",
        "after": "在此之后又办",
        "more_than": "允许的次数",
        "repeated": "以前办过才算",
        "when": "条件",
    },
)
