# SPDX-License-Identifier: Apache-2.0
"""采纳情况: from opinions and findings to what everybody may read. Pure, and without persons."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.opinions.rules.articles import Article
from plugins.opinions.rules.flow import OUTCOMES, covered, hidden

Rows = Sequence[Mapping[str, Any]]


def lines_of(
    now: Sequence[Article],
    labels: Mapping[str, str],
    counted: Mapping[str, int],
    findings: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """One line per article that has opinions: the whole text first, deleted articles last."""
    present = {each.key: each for each in now}
    order = ["", *(each.key for each in now)]
    order += sorted(set(counted) - set(order))
    made = []
    for key in order:
        if not counted.get(key):
            continue
        article, found = present.get(key), findings.get(key)
        made.append(
            {
                "key": key,
                "label": "全文"
                if not key
                else (article.label if article else f"{labels.get(key, '条文')}（已删除）"),
                "text": article.text if article else "",
                "count": counted[key],
                "outcome": found["outcome"] if found else "",
                "reason": found["reason"] if found else "",
            }
        )
    return made


def publishable(one: Mapping[str, Any], mask: Any) -> dict[str, Any]:
    """An opinion as everybody may read it: what is covered stays covered, numbers are masked.

    ``mask`` hides telephone and ID numbers in a text. A blocked one is counted, not quoted. Who
    signs his words, or is addressed by name in the answer, is covered there too.
    """
    name = one["person_name"]

    def plain(words: str) -> str:
        return covered(str(mask(words)), [name] if len(name) > 1 else [])

    text = one["shown"] or one["text"] or one["transcript"]
    if text and not one["text"]:
        text = f"（录音）{text}"
    return {
        "number": one["number"],
        "text": "" if one["blocked"] else plain(text),
        "blocked": bool(one["blocked"]),
        "statement": plain(one["statement"]),
        "answer": plain(one["answer"]),
        "pieces": int(one["pieces"]),
        "moved": one["standing"] in ("changed", "gone"),
    }


def regions_of(rows: Rows, smallest: int) -> list[dict[str, Any]]:
    """From where, small numbers hidden, and such that none follows from the others."""
    numbers = [int(each["number"]) for each in rows]
    hide = hidden(numbers, smallest)
    return [
        {"name": each["name"] or "未标明", "number": None if hide[n] else numbers[n]}
        for n, each in enumerate(rows)
    ]


def content_of(
    draft: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    opinions: Rows,
    regions: Rows,
    smallest: int,
    mask: Any,
) -> dict[str, Any]:
    """The whole report: primitives only, and nothing that names a person."""
    made = []
    for line in lines:
        quoted = [
            publishable(one, mask)
            for one in opinions
            if one["article"].partition(".")[0] == line["key"]
        ]
        made.append(
            {**line, "outcome_words": OUTCOMES.get(line["outcome"], ""), "opinions": quoted}
        )
    totals = {key: sum(line["outcome"] == key for line in lines) for key in OUTCOMES}
    return {
        "title": draft["title"],
        "organ": draft["organ_name"],
        "region": draft["region_name"],
        "opens_on": draft["opens_on"].isoformat(),
        "closes_on": draft["closes_on"].isoformat(),
        "version": draft["current"],
        "summary": draft["summary"],
        "received": sum(int(line["count"]) for line in lines),
        "totals": totals,
        "regions": regions_of(regions, smallest),
        "lines": made,
    }
