# SPDX-License-Identifier: Apache-2.0
"""Every page a role can reach, judged by axe at two widths and for its layout at a third.

Starting from the menu, links are followed; of pages that differ only in a number one is enough.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.settings import ROOT
from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ROLES = {
    "zhanghailong": "handler",
    "liwenbo": "legal_office",
    "wuyunna": "dept_supervisor",
    "liuxiaoyan": "data_entry",
    "yangfan": "body_admin",
    "zhaojianguo": "supervision_bureau",
    "heqige": "leader",
    "nashun": "justice_office",
    "sysadmin": "system_admin",
    "secadmin": "security_admin",
    "auditadmin": "audit_admin",
    "zhangmin": "supervisor",
}
MENUS = ("#jd-side", ".jd-bottom")
"""The menu at a desk, the tabs on a phone."""
# How many links away from the menu pages are judged; `make journeys` goes one further than the
# whole suite, in which this walk would take longer than everything else.
DEPTH = int(os.environ.get("JIANDU_AXE_DEPTH", "1"))
NARROWEST = 360
WIDTHS = (1280, 390, NARROWEST)
FILES = re.compile(r"^/(files|static)/|format=|export|\.xlsx|\.xes|\.txt$|\.pem$|/print$|^/logout")
SAME = re.compile(r"\d+")
# Contrast is measured; what axe cannot decide ("incomplete") is not counted against a page.
RUN = """
async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map((each) =>
    `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
}
"""
# One after the other, as a person opens them: each must lie in the page, on either side.
SHEETS = """
async () => {
  const out = [];
  for (const one of [...document.querySelectorAll("#main details.jd-confirm")].slice(0, 12)) {
    if (!one.checkVisibility()) continue;
    one.open = true;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const box = one.querySelector(":scope > .jd-confirm__sheet").getBoundingClientRect();
    if (box.left < 0 || box.right > document.documentElement.clientWidth + 1)
      out.push(`${one.querySelector("summary").innerText}: ${box.left} to ${box.right}`);
    one.open = false;
  }
  return out;
}
"""
OPEN_ALL = "() => document.querySelectorAll('#main details').forEach((e) => { e.open = true; })"


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make setup")
    return AXE.read_text("utf-8")


def kind_of(address: str) -> str:
    """Pages that differ only in numbers and filters are of one kind."""
    path, _, query = address.partition("?")
    keys = sorted(part.partition("=")[0] for part in query.split("&") if part)
    kept = [key for key in keys if key in ("tab", "item", "step", "only")]
    return SAME.sub("N", path) + ("?" + "&".join(kept) if kept else "")


def links(desk: Desk, where: str) -> Iterator[str]:
    for href in desk.page.locator(f"{where} a[href^='/']").evaluate_all(
        "links => links.filter((a) => !a.hasAttribute('download'))"
        ".map((a) => a.getAttribute('href'))"
    ):
        if not FILES.search(href):
            yield href.partition("#")[0]


def faults_of(desk: Desk, axe: str, address: str, shoot: Callable[[], None]) -> list[str]:
    """What is wrong with a page: judged wide and narrow, then only measured at the narrowest.

    The page is asked for once and made narrower; the server does not know how wide it is.
    """
    desk.narrow(WIDTHS[0])
    status = desk.go(address)
    if status >= 400:
        return [f"{address}: {status}"]
    desk.page.wait_for_function(
        "() => !document.querySelector('.jd-lazy[aria-busy=true]')", timeout=10_000
    )
    desk.page.evaluate(axe)  # past the content security policy, which allows no inline script
    faults: list[str] = []
    for width in WIDTHS:
        desk.narrow(width)
        where = f"{address} at {width}"
        faults += [f"{where}: out of the page: {each}" for each in desk.page.evaluate(SHEETS)]
        if width < 768:
            desk.page.evaluate(OPEN_ALL)
        # At 360 px only the layout differs from 390 px, so axe has nothing new to say there.
        if width != NARROWEST:
            shoot()
            faults += [f"{where}: {each}" for each in desk.page.evaluate(RUN)]
        desk.page.evaluate(OPEN_ALL)
        wide = desk.page.evaluate("() => document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{where}: {wide} px wide, scrolls sideways")
    if desk.page.locator("h1").count() != 1:
        faults.append(f"{address}: {desk.page.locator('h1').count()} headings of the first level")
    return faults


def name_of(kind: str) -> str:
    return re.sub(r"\W+", "-", kind).strip("-") or "home"


@pytest.mark.parametrize("login", ROLES, ids=list(ROLES.values()))
def test_every_page_of_a_role(
    desks: SignIn, axe: str, login: str, pictures: Path | None, judged: set[str]
) -> None:
    desk = desks(login)
    faults: list[str] = []
    desk.go("/")
    queue: list[tuple[str, int]] = [("/", 0)]
    queue += [(href, 1) for menu in MENUS for href in links(desk, menu)]
    queue += [(href, 1) for href in ("/roles", "/password", "/sessions", "/search?q=张海龙")]
    seen: set[str] = set()
    while queue:
        address, depth = queue.pop(0)
        kind = kind_of(address)
        if kind in seen:
            continue
        seen.add(kind)
        # The home page differs for everybody; other pages were judged for the first who came.
        # A walk that goes deeper also judges the pages of the menu anew, each in its own role.
        if kind in judged and depth > (1 if DEPTH > 1 else 0):
            continue
        judged.add(kind)
        name = f"{ROLES[login]}-{name_of(kind)}"
        faults += faults_of(desk, axe, address, lambda name=name: desk.shoot(pictures, name))
        if depth < DEPTH:
            queue += [(href, depth + 1) for href in links(desk, "#main")]
    assert not faults, f"{len(faults)} faults in {len(seen)} kinds of pages:\n" + "\n".join(faults)


@pytest.fixture(scope="module")
def judged() -> set[str]:
    """Kinds of pages that have been judged for some role."""
    return set()


def test_the_door_and_its_refusals(desks: SignIn, axe: str, pictures: Path | None) -> None:
    desk = desks()
    faults = faults_of(desk, axe, "/login", lambda: desk.shoot(pictures, "login"))
    for width in WIDTHS:
        desk.narrow(width)
        desk.go("/login")
        desk.page.fill("#f-login", "nobody")
        desk.page.fill("#f-password", "wrong-password")
        desk.send(desk.button("登录"))
        desk.page.evaluate(axe)
        faults += desk.page.evaluate(RUN)
        desk.shoot(pictures, "login-refused")
    assert not faults, "\n".join(faults)
