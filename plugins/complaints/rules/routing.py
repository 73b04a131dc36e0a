# SPDX-License-Identifier: Apache-2.0
"""Which bureau a complaint goes to, and why: region × level, and never nowhere (C1-05, C1-06)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plugins.complaints.rules.intake import SUPERVISOR


@dataclass(frozen=True, slots=True)
class Place:
    """A region on the way from the country down to where somebody is."""

    lo: int
    name: str


@dataclass(frozen=True, slots=True)
class Organ:
    """The organ competent for 行政执法监督 in a region: data, not always a 司法局 (S3-29)."""

    id: int
    lo: int
    name: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where it went: the region, the organ or 0, and the sentences that explain it."""

    region_lo: int
    organ: int
    organ_lo: int
    organ_name: str
    steps: tuple[str, ...]


def route(
    door: str,
    home: Sequence[Place],
    body: Sequence[Place],
    organs: Mapping[int, Organ],
    *,
    body_name: str = "",
) -> Route:
    """Choose the bureau. ``home`` and ``body`` are paths from the country down.

    A supervisor's report goes to the bureau of his own level (S0-13), wherever the accused body
    is; that of the public to the bureau of the body's region, and without a known body to that of
    the place chosen. Where no organ is named, the nearest region above takes it; where none is
    named at all it stays in the region and is seen by whoever supervises there. It is never
    refused.
    """
    steps: list[str] = []
    if door == SUPERVISOR:
        path = home
        where = home[-1].name if home else ""
        steps.append(
            f"社会监督员的举报由本人所在地区（{where}）的司法行政机关处理，与被举报单位在哪里无关。"
        )
    elif body:
        path = body
        steps.append(
            f"被投诉的单位{f'“{body_name}”' if body_name else ''}属于{body[-1].name}，由同级司法行政机关处理。"
        )
    else:
        path = home
        where = home[-1].name if home else ""
        steps.append(f"没有写明登记在册的单位，由事情发生的地区（{where}）处理。")
    if not path:
        return Route(0, 0, 0, "", (*steps, "没有选择地区，由全国的平台收下，等待分派。"))
    for place in reversed(path):
        organ = organs.get(place.lo)
        if organ is not None:
            if place is not path[-1]:
                steps.append(f"由上级{place.name}的“{organ.name}”收下。")
            else:
                steps.append(f"{place.name}的司法行政机关是“{organ.name}”。")
            return Route(place.lo, organ.id, organ.lo, organ.name, tuple(steps))
        steps.append(f"{place.name}没有指定司法行政机关。")
    last = path[-1]
    steps.append(f"各级都没有指定机关，先存在{last.name}，由有权监督{last.name}的人办理。")
    return Route(last.lo, 0, 0, "", tuple(steps))


def why_not_ours(
    region_lo: int, above: Sequence[int], last: int, body_region: int, body_name: str
) -> list[str]:
    """A bureau sends nothing to a body of a region it does not supervise: that is 移交 (S0-13).

    ``above`` are the regions over the bureau's own, whose bodies act in it as well; ``last`` is
    the end of its own.
    """
    if region_lo <= body_region <= last or body_region in above:
        return []
    return [f"“{body_name}”不在本地区，不由本级监督；请移交当地的司法行政机关。"]


def gaps(regions: Sequence[Place], organs: Mapping[int, Organ]) -> list[Place]:
    """The regions without an organ of their own: what the configuration page warns of."""
    return [each for each in regions if each.lo not in organs]
