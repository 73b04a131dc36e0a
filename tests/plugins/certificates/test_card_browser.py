# SPDX-License-Identifier: Apache-2.0
"""The verifier in a browser: the same answers as in Python, and without a network."""

from base64 import b64encode
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from core.web.vendor import ROOT
from plugins.certificates.rules import cose, token
from tests.chromium import ARGUMENTS, find
from tests.plugins.certificates import card_world as w

STATIC = Path(__file__).resolve().parents[3] / "plugins" / "certificates" / "static"
CHROMIUM = find()

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no browser is installed"),
]

ASK = """async ({code, file, lists, moment}) => {
  const trust = JDCard.readTrust(file);
  const known = new Map();
  for (const text of lists) {
    const list = await JDCard.readList(JDCard.bytes(text), trust);
    if (list && (!known.has(list.root) || known.get(list.root).issued < list.issued)) known.set(list.root, list);
  }
  const began = performance.now();
  const found = JDCard.judge(code, trust, known, moment);
  return {code: found.code, card: found.card && found.card.name, took: performance.now() - began};
}"""


def url(data: bytes) -> str:
    return b64encode(data, altchars=b"-_").decode().rstrip("=")


@pytest.fixture
async def page():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = await browser.new_page()
        await page.goto("about:blank")
        await page.add_script_tag(path=ROOT / "static" / "vendor" / "nacl-fast.min.js")
        await page.add_script_tag(path=STATIC / "card.js")
        yield page
        await browser.close()


async def ask(page, code, lists, moment):
    given = {"code": code, "file": w.bundle(), "lists": [url(x) for x in lists], "moment": moment}
    return await page.evaluate(ASK, given)


@pytest.mark.req("C6-02", "C6-04", "C6-14", "C6-15", "C6-18", "B41-4")
async def test_the_browser_answers_as_python_does(page):
    for name, code, lists, moment, answer in w.CASES:
        found = await ask(page, code, lists, moment)
        assert found["code"] == answer, name


@pytest.mark.req("C6-02", "C6-18")
@pytest.mark.parametrize("told", [w.CARD, w.PAPER], ids=["card", "paper"])
async def test_no_flipped_bit_verifies_in_the_browser(page, told):
    good = w.COUNTY.seal(token.payload_of(told))
    flipped = []
    # Every bit is turned where the same rules run in Python; here one of each byte and, below,
    # every letter of the text.
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 1 << (at % 8)
        flipped.append(token.text_of(bytes(bad)))
    text = token.text_of(good)
    flipped += [
        text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :] for at in range(len(text))
    ]
    long_form = cose.seal(
        *[getattr(cose.unseal(good), each) for each in ("protected", "payload", "signature")]
    )
    flipped.append(token.text_of(long_form.replace(b"\x58\x40", b"\x59\x00\x40")))
    genuine = await page.evaluate(
        """({codes, file, moment}) => {
          const trust = JDCard.readTrust(file);
          return codes.filter((code) => JDCard.genuine(JDCard.judge(code, trust, new Map(), moment).code));
        }""",
        {"codes": flipped, "file": w.bundle(), "moment": w.NOW},
    )
    assert genuine == []


@pytest.mark.req("C6-02")
async def test_it_takes_less_than_fifty_milliseconds(page):
    took = [(await ask(page, w.code(), [w.a_list()], w.NOW))["took"] for _ in range(5)]
    # The first pays for compiling; a slow office machine under load may still do it.
    assert min(took) < 50
