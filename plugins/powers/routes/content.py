# SPDX-License-Identifier: Apache-2.0
"""What several pages of the catalogue show alike: the whole content of an item, its chart."""

from collections.abc import Container, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from core.api.access import Visitor
from core.api.charts import Box, Line, lay_out
from core.api.db import Scope, SubjectRef, transaction
from core.api.scan import resolve
from core.api.web import Response, describe
from plugins.powers.forms.fields import DOCUMENT_KINDS
from plugins.powers.rules import POWER_CLASSES, STEP_KINDS, Basis, Definition, Standard
from plugins.powers.rules.chart import BEGIN, END, chart_steps, chart_ways
from plugins.powers.rules.comparing import SECTIONS, Change
from plugins.powers.rules.kinds import known_kinds
from plugins.powers.services.drafting import Actor
from plugins.powers.services.offers import offered_kinds
from plugins.powers.showing import range_words


def actor(who: Visitor) -> Actor:
    """The visitor as the services know him."""
    return Actor(who.scope, who.user_id, who.person_id, who.name, who.permissions)


ARTICLE = "library.article"
"""Who announces such objects knows the words of the law; without him citations are plain text."""


class Citing(Protocol):
    """An item, or the published part of one."""

    @property
    def basis(self) -> list[Basis]: ...

    @property
    def standards(self) -> list[Standard]: ...


async def article_links(
    item: Citing, scope: Scope, permissions: Container[str] | None = None
) -> dict[str, str]:
    """The pages of the articles an item cites, by the words of the citation."""
    cited = [f"《{one.law}》{one.article}" for one in item.basis]
    cited += [text for one in item.standards for text in one.articles]
    found: dict[str, SubjectRef] = {}
    for text in dict.fromkeys(cited):
        ref = await resolve(text, scope)
        if ref is not None and ref.kind == ARTICLE:
            found[text] = ref
    if not found:
        return {}
    async with transaction(scope):
        labels = await describe(found.values(), scope, permissions)
    return {
        text: labels[ref].path for text, ref in found.items() if ref in labels and labels[ref].path
    }


async def content_of(power: Definition, who: Visitor) -> dict[str, Any]:
    """What ``powers/_content.html`` and ``powers/_beside.html`` need."""
    return {
        "article_links": await article_links(power, who.scope, who.permissions),
        "power": power,
        "classes": {one.key: one for one in POWER_CLASSES},
        "step_kinds": STEP_KINDS,
        "point_kinds": known_kinds(offered_kinds()),
        "document_kinds": DOCUMENT_KINDS,
        "forms": {form.key: form for form in power.forms},
        "step_titles": {step.key: step.title for step in power.steps},
        "stage_titles": {stage.key: stage.title for stage in power.stages},
        "range_words": range_words,
        **await flow_chart(power),
    }


async def flow_chart(
    power: Definition, step_path: str = "", point_path: str = ""
) -> dict[str, Any]:
    """What ``powers/_flow.html`` needs to draw the item's flow.

    A draft may name steps that are not there, or one twice; the chart shows what can be drawn.
    The paths say where boxes and lamps lead; by default to their places on the same page.
    """
    boxes = list({one.key: one for one in chart_steps(power, offered_kinds())}.values())
    known = {BEGIN, END, *(one.key for one in boxes)}
    ways = [one for one in chart_ways(power) if one.origin in known and one.target in known]
    chart = await lay_out(
        (
            Box(BEGIN, 14, 14),
            *(Box(one.key, one.width, one.height) for one in boxes),
            Box(END, 14, 14),
        ),
        tuple(
            Line(
                one.origin,
                one.target,
                one.label_width,
                16,
                spine=one.kind == "forward",
                aside=one.kind == "rollback",
            )
            for one in ways
        ),
    )
    ends = {key: chart.boxes[key] for key in (BEGIN, END) if key in chart.boxes}
    return {
        "chart": chart,
        "boxes": boxes,
        "ways": ways,
        "ends": ends,
        "marked": "",
        "step_path": step_path or "#step-",
        "point_path": point_path or "#point-",
    }


def grouped(changes: Sequence[Change]) -> list[tuple[str, list[Change]]]:
    """Changes by section, in the order of the item."""
    return [
        (title, found)
        for key, title in SECTIONS.items()
        if (found := [one for one in changes if one.section == key])
    ]


def toml_response(text: str, code: str, number: int) -> Response:
    """A TOML file to be saved."""
    name = quote(f"{code}-v{number}.toml")
    return Response(
        text.encode(),
        media_type="application/toml",
        headers={
            "Content-Disposition": f"attachment; filename=\"item.toml\"; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )
