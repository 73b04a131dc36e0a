# SPDX-License-Identifier: Apache-2.0
"""One person at one screen: a browser context of its own, and a list of what went wrong in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

PASSWORD = "Jiandu2026"
# A shared machine can be slow; a page that really fails is not waited for longer than this.
PATIENCE = 20_000
CONTROL = "v-"
"""Names of the step's own fields begin with it."""
expect.set_options(timeout=PATIENCE)
HEIGHTS = {1280: 900, 390: 844, 360: 740}

# Written by the browser itself when a document is a 4xx, which some journeys provoke on purpose.
OWN_WORDS = "Failed to load resource"
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass(frozen=True)
class Upload:
    """A small file that is really what its name says."""

    name: str
    media_type: str
    content: bytes

    @property
    def payload(self) -> dict[str, object]:
        return {"name": self.name, "mimeType": self.media_type, "buffer": self.content}


class Desk:
    """A signed-in person. Everything the browser complains about is kept in ``faults``."""

    def __init__(
        self, browser: Browser, base: str, *, width: int = 1280, script: bool = True
    ) -> None:
        self.base = base
        self.width = width
        self.script = script
        self.faults: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=script,
            has_touch=width < 768,
            base_url=base,
        )
        self.context.set_default_timeout(PATIENCE)
        if script:
            self.context.add_init_script(WATCH_POLICY)
        self.context.on("response", self._answered)
        self.context.on("console", self._complained)
        self.context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()
        # Leaving a form with unsaved words asks; the journeys mean it.
        self.page.on("dialog", lambda dialog: dialog.accept())

    def close(self) -> None:
        self.context.close()

    def narrow(self, width: int) -> None:
        """The same person at another width."""
        self.width = width
        self.page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})

    # --- walking ---------------------------------------------------------------------------

    def go(self, path: str) -> int:
        """Open a page by its address; the status it answered with."""
        answer = self.page.goto(path)
        assert answer is not None, path
        return answer.status

    def sign_in(self, login: str, password: str = PASSWORD) -> "Desk":
        self.go("/login")
        self.page.fill("#f-login", login)
        self.page.fill("#f-password", password)
        self.send(self.page.get_by_role("button", name="登录", exact=True))
        expect(self.page.locator(".jd-who, .jd-bottom").first).to_be_visible()
        return self

    def is_let_in(self, login: str, password: str = PASSWORD) -> "Desk":
        """Signed in without having been shown the door and the home page.

        The screen is empty until ``go``. Two pages less for each of some eighty people of a run;
        the first stories and the phones sign in as people do.
        """
        answer = self.context.request.post(
            f"{self.base}/login",
            form={"login": login, "password": password},
            headers={"origin": self.base},
            max_redirects=0,
        )
        assert answer.status == 303, f"{login}: {answer.status}"
        return self

    def send(self, button: Locator | str) -> None:
        """Press a button or link that leads to another page, and wait for that page."""
        with self.leaving():
            (self.button(button) if isinstance(button, str) else button).click()

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """What is done here leads to another page; it is open at the end.

        The page that is left is marked, for on a slow machine the browser has been seen to report
        a navigation while the old page still stood.
        """
        self.page.evaluate("document.documentElement.dataset.left = ''")
        with self.page.expect_navigation(wait_until="load"):
            yield
        expect(self.page.locator("html[data-left]")).to_have_count(0)
        self.page.wait_for_load_state("load")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.locator("#main").get_by_role("link", name=name)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.base)

    def sees(self, *texts: str) -> None:
        """Every text stands on the page, visibly."""
        for text in texts:
            found = self.page.locator("#main").get_by_text(text)
            expect(found.locator("visible=true").first).to_be_visible()

    def sees_not(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("#main").get_by_text(text)).to_have_count(0)

    def said(self, text: str) -> None:
        """The note the last act left."""
        expect(self.page.locator(".jd-said, .jd-toast").filter(has_text=text)).to_be_visible()

    def error(self, text: str) -> None:
        """The box above a refused form."""
        expect(self.page.locator("#jd-errbox")).to_contain_text(text)

    # --- acts on a case ----------------------------------------------------------------------

    def save_and_submit(self) -> None:
        self.send("提交本环节")

    def fill(self, **values: str) -> None:
        """Fields by name."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']").first
            match field.evaluate("e => e.type || e.tagName"):
                case "radio" | "checkbox":
                    self.tick(self.page.locator(f"[name='{name}'][value='{value}']"))
                case "select-one":
                    shown = field.locator("option").filter(has_text=value)
                    field.select_option(
                        shown.first.get_attribute("value") if shown.count() else value
                    )
                case _:
                    field.fill(value)

    def tick(self, box: Locator, wanted: bool = True) -> None:
        """Set a box or a radio as people do: by its words, which are the large target."""
        if box.is_checked() != wanted:
            box.locator("xpath=ancestor::label").click()
        expect(box).to_be_checked(checked=wanted)

    def fill_step(self, **values: str) -> None:
        """Controls of the open step's form, by their keys."""
        self.fill(**{f"{CONTROL}{key}": value for key, value in values.items()})

    def authorise_next(self, *people: str) -> None:
        """环节授权 of the step that comes next; the first one leads."""
        details = self.page.locator("#h-next")
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        boxes = details.locator("input[type=checkbox]")
        for index in range(boxes.count()):
            box = boxes.nth(index)
            name = box.locator("xpath=..").inner_text()
            self.tick(box, any(name.strip().startswith(each) for each in people))
        lead = details.locator("select[name=next_lead] option").filter(has_text=people[0]).first
        details.locator("select[name=next_lead]").select_option(lead.get_attribute("value"))

    def attach(self, control: str, *files: Upload) -> None:
        """Upload to an evidence control and wait until the file stands there."""
        box = self.page.locator(f"#ev-{control}")
        payload = [each.payload for each in files]
        box.locator("input[type=file]").first.set_input_files(payload)  # type: ignore[arg-type]
        if not self.script:
            self.send(box.get_by_role("button", name="上传", exact=True))
        for each in files:
            stem = each.name.rpartition(".")[0]
            expect(
                self.page.locator(f"#ev-{control} .jd-ev__files").get_by_text(stem).first
            ).to_be_visible()

    def hint(self) -> Locator:
        return self.page.locator("#jd-hint")

    # --- whose turn ----------------------------------------------------------------------------

    def ball(self) -> str:
        """The words of 现在轮到 on the open page."""
        return self.page.locator(".jd-hold dd").first.inner_text()

    def check_counters(self) -> dict[str, int]:
        """Each number on the home page and in the menu equals the length of its list."""
        self.go("/")
        counted: dict[str, int] = {}
        tabs = self.page.locator("#jd-turns .jd-tabs a")
        addresses = [
            (
                re.sub(r"[\d,+\s]*项?$", "", tab.inner_text()).strip(),
                tab.get_attribute("href") or "",
                _number(tab.locator(".jd-count")),
            )
            for tab in tabs.all()
        ]
        for title, address, number in addresses:
            if number is None:
                continue
            self._counts(title, address, number)
            counted[title] = number
        for item in self.page.locator("#jd-side a:has(.jd-count)").all():
            title = re.sub(r"[\d,+\s]*项?$", "", item.text_content() or "").strip()
            number = _number(item.locator(".jd-count"))
            address = item.get_attribute("href") or ""
            self._counts(f"menu {title}", address, number or 0)
            counted[f"menu:{title}"] = number or 0
        return counted

    def _counts(self, title: str, address: str, number: int) -> None:
        """The list behind a number is as long as it says; asked for without drawing the page."""
        html = self.context.request.get(address).text()
        shown, more = _length_of(html), 'rel="next"' in html
        assert shown == number or (more and shown < number), f"{title}: {number} ≠ {shown}"

    def my_tasks(self) -> list[str]:
        """The titles and numbers in 我的待办."""
        self.go("/")
        return self.page.locator("#jd-turns tbody tr .jd-say1").all_inner_texts()

    # --- what the browser complains about ---------------------------------------------------

    def _answered(self, response: Response) -> None:
        if response.status < 400:
            return
        with suppress(Exception):
            if response.status < 500 and response.request.is_navigation_request():
                return
        self.faults.append(f"{response.status} {response.request.method} {response.url}")

    def _complained(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or message.text.startswith(OWN_WORDS):
            return
        self.faults.append(f"{message.type}: {message.text[:300]} at {self.page.url}")

    def shows(self) -> str:
        """The words on the screen, for the report of a journey that failed."""
        with suppress(Exception):
            return self.page.locator("body").inner_text(timeout=2_000)
        return "(no page)"

    def shoot(self, folder: Path | None, name: str) -> None:
        """A picture for people to look at, when a folder for them is given."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            if self.script:
                self.page.evaluate("scrollTo(0, 0)")
            self.page.screenshot(path=folder / f"{name}-{self.width}.png", full_page=True)


def _length_of(html: str) -> int:
    """What a list holds; of messages, those marked 新."""
    if 'id="jd-turns"' in html:
        return html.split('id="jd-turns"')[1].split("<tbody", 1)[-1].count('<tr role="row"')
    total = re.search(r"共 <b>([\d,]+)", html)
    return int(total.group(1).replace(",", "")) if total else html.count(">新</span>")


def _number(locator: Locator) -> int | None:
    if locator.count() == 0:
        return None
    found = re.search(r"[\d,]+", locator.first.text_content() or "")
    return int(found.group().replace(",", "")) if found else None
