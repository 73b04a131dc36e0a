# SPDX-License-Identifier: Apache-2.0
"""The main menu: built once per role, region and version; its counts are loaded after the page."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from markupsafe import Markup

from core import db
from core.api.plugin import Card, NavItem
from core.auth.access import by_the_page, requires, visitor
from core.auth.visitor import Visitor
from core.web import status
from core.web.state import Held, Platform, current, held
from core.web.static import PATIENCE

log = logging.getLogger("jiandu.web")

Section = dict[str, Any]
"""``title``, ``items``, ``badge`` (their sum), ``fold`` (it opens and closes), ``open``."""

MANY = 20
"""A menu longer than this does not fit a screen: its sections fold, all but the current one."""

DESK, PHONE = "layouts/desk.html", "layouts/phone.html"
BENCH = "core.bench.use"
MESSAGES = "/messages"

Key = tuple[int, int, str, int]
_cache: dict[Key, tuple[tuple[str, tuple[NavItem, ...]], ...]] = {}
_drawn: dict[tuple[Key, str], tuple[Markup, float]] = {}
"""Menus as they stand on pages, by the entry that is the current one; and when they were drawn."""


def forget() -> None:
    """Drop the menus of this process; rolled-back tests repeat version numbers."""
    _cache.clear()
    _drawn.clear()


def _key(kept: Held, who: Visitor) -> Key:
    # The version moves when rights or switches change, so the cache needs no expiry.
    return (id(kept.platform.registry), who.version, who.role, who.region.lo)


def sections(kept: Held, who: Visitor) -> tuple[tuple[str, tuple[NavItem, ...]], ...]:
    """The entries this visitor sees, by section, in the order of their weights.

    The order of sections is that of their lightest entry.
    """
    key = _key(kept, who)
    found = _cache.get(key)
    if found is None:
        grouped: dict[str, list[NavItem]] = {}
        for item in kept.platform.registry.nav_items:
            if item.for_public or (item.permission and item.permission not in who.permissions):
                continue
            if who.on_phone and not item.phone:
                continue
            if not is_on(kept, item):
                continue
            grouped.setdefault(item.section, []).append(item)
        found = tuple((section, tuple(items)) for section, items in grouped.items())
        if len(_cache) > 2000:
            forget()  # old versions and regions nobody is in any more
        _cache[key] = found
    return found


def is_on(where: Held | Platform, entry: object, _who: Visitor | None = None) -> bool:
    """Whether the plugin that declared ``entry`` is switched on where the visitor acts."""
    kept = where if isinstance(where, Held) else current.get()
    return kept is not None and kept.platform.registry.plugin_of(entry) in kept.enabled


def _current(found: tuple[tuple[str, tuple[NavItem, ...]], ...], path: str) -> str:
    """The entry whose path fits longest; ``/orders`` and ``/orders/`` are one page.

    An entry's own path goes before one another entry covers.
    """
    within = path.rstrip("/") + "/"
    fitting = [
        (len(place.rstrip("/")), place == each.path, each.path)
        for _, items in found
        for each in items
        for place in (each.path, *each.covers)
        if within == place or (place != "/" and within.startswith(place.rstrip("/") + "/"))
    ]
    return max(fitting, key=lambda fit: fit[:2], default=(0, True, ""))[2]


def menu(kept: Held, who: Visitor, path: str, badges: dict[str, int]) -> list[Section]:
    """The menu as templates draw it."""
    return folded(sections(kept, who), path, badges)


def folded(
    found: tuple[tuple[str, tuple[NavItem, ...]], ...], path: str, badges: dict[str, int]
) -> list[Section]:
    """Sections with their entries; a long menu stands open only where the visitor is.

    On a page of no section the first one is open, so that the menu is never only headings.
    """
    here = _current(found, path)
    fold = sum(len(items) for _, items in found) > MANY
    titled = [section for section, _ in found if section]
    inside = next(
        (section for section, items in found if any(item.path == here for item in items)), ""
    )
    opened = inside or next(iter(titled), "")
    return [
        {
            "title": section,
            "fold": fold and bool(section),
            "open": section == opened,
            "badge": sum(badges.get(item.path, 0) for item in items),
            "items": [
                {
                    "title": item.title,
                    "path": item.path,
                    "icon": item.icon,
                    "badge": badges.get(item.path, 0),
                    "current": item.path == here,
                }
                for item in items
            ],
        }
        for section, items in found
    ]


def _menu_drawn(kept: Held, who: Visitor, path: str) -> Markup:
    """The menu without its counts, which come after the page: drawn once for all such pages."""
    key = (_key(kept, who), _current(sections(kept, who), path))
    html, drawn_at = _drawn.get(key, (None, 0.0))
    platform = kept.platform
    # In development templates change all the time, and a menu is drawn anew after a moment.
    if html is None or (
        platform.settings.environment == "development" and time.monotonic() - drawn_at > PATIENCE
    ):
        html = Markup(  # noqa: S704 - drawn by our own template, which escapes
            platform.templates.render("partials/_nav.html", {"nav": menu(kept, who, path, {})})
        )
        _drawn[key] = html, time.monotonic()
    return html


def _bars(kept: Held, who: Visitor | None, path: str, badges: dict[str, int]) -> dict[str, Any]:
    """The menu of the desk, or the tabs of the phone."""
    if who is not None and who.on_phone:
        own = [item.path for item in phone_items(kept, who, "me")]
        return {"nav": [], "tabs_below": phone_tabs(who, path, badges, own)}
    if who is None:
        return {"nav": []}
    return (
        {"nav": menu(kept, who, path, badges)}
        if badges
        else {"nav_drawn": _menu_drawn(kept, who, path)}
    )


TABS = (
    ("工作台", "/", "layout-list", BENCH),
    ("辅助监督", "/assist", "book", BENCH),
    ("消息", MESSAGES, "message", ""),
    ("我的", "/me", "user", ""),
)


MINE = ("/me", "/password", "/sessions", "/roles", "/totp")
"""Pages of the core that are opened from 我的."""


def phone_tabs(
    who: Visitor, path: str, badges: dict[str, int], own: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The tabs at the foot of the phone shell (S0-26); an applicant has only the last two (S0-6).

    A page that belongs to no tab stands under 工作台, from where it was opened; those in ``own``
    are rows of 我的.
    """
    shown = [tab for tab in TABS if not tab[3] or tab[3] in who.permissions]
    below = {tab[1]: (tab[1],) for tab in TABS[1:]} | {"/me": MINE}
    inside = next(
        (
            tab
            for tab, places in below.items()
            if any(path == place or path.startswith(f"{place}/") for place in places)
        ),
        "/",
    )
    if any(path == each or path.startswith(f"{each}/") for each in own):
        inside = "/me"
    return [
        {
            "title": title,
            "path": target,
            "icon": sign,
            "badge": badges.get(target, 0),
            "current": target == inside,
        }
        for title, target, sign, _ in shown
    ]


def phone_items(kept: Held, who: Visitor, where: str) -> list[NavItem]:
    """What plugins put on the phone: tiles of the ``bench``, rows of ``assist`` or of ``me``."""
    return [item for _, items in sections(kept, who) for item in items if item.phone == where]


def context(request: Request[Any, Any, Any], kept: Held) -> dict[str, Any]:
    """What every layout needs."""
    who = kept.visitor
    site = {
        "title": kept.platform.settings.site.title,
        "owner": kept.platform.settings.site.owner,
        "region": who.region.name if who else "",
        "demo": kept.platform.settings.demo,
        **status.known(),
    }
    return {
        "request": request,
        "visitor": who,
        "layout": PHONE if who is not None and who.on_phone else DESK,
        **_bars(kept, who, request.url.path, {}),
        "unread": 0,
        "site": site,
        "reference": kept.request_id,
    }


def cards(platform: Platform, who: Visitor) -> list[Card]:
    """The cards of the home page this visitor may see, by weight."""
    return [
        each
        for each in platform.registry.cards
        if (not each.permission or each.permission in who.permissions)
        and is_on(platform, each, who)
    ]


async def counts(kept: Held, who: Visitor) -> dict[str, int]:
    """The number of open things per menu path; one statement each, a failing one fails alone."""
    found: dict[str, int] = {}
    async with db.transaction(who.scope):
        for _, items in sections(kept, who):
            for item in items:
                if item.badge is None:
                    continue
                try:
                    async with db.transaction():
                        found[item.path] = await item.badge(who.scope)
                except Exception:
                    # Somebody else's counter must not take the menu away.
                    log.exception("badge of %s failed", item.path)
        await status.refresh()
    return found


@get("/nav/badges", guards=[requires()], opt=by_the_page(on_a_timer=True))
async def badges(request: Request[Any, Any, Any]) -> Response[str]:
    """The menu with its counts, loaded once after the page; refreshed by htmx now and then."""
    from core.web import hx
    from core.web.responses import partial

    who = visitor(request)
    kept = held(request)
    path = hx.read(request).current_path.partition("?")[0]
    numbers = await counts(kept, who)
    return partial(
        request,
        "partials/_badges_phone.html" if who.on_phone else "partials/_badges.html",
        **_bars(kept, who, path, numbers),
        unread=numbers.get(MESSAGES, 0),
        site={"demo": kept.platform.settings.demo, **status.known()},
    )
