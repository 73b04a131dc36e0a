# SPDX-License-Identifier: Apache-2.0
"""Codes: from a scanner gun, from a photograph, forged, hostile."""

import io

import pytest
import qrcode
from PIL import Image

from core.api.plugin import Action, Manifest, SubjectKind, SubjectLabel, SubjectRef, hookimpl
from core.api.scan import resolve
from core.api.testing import browsing, sign_in_as
from core.db import Scope
from core.scan.rules import clean_code, is_address, shown


def code(text: str, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    qrcode.make(text).get_image().convert("RGB").save(out, kind)
    return out.getvalue()


class Badges:
    """Badges with codes; whom they belong to only their own region sees."""

    MANIFEST = Manifest(name="badges", title="工牌", version="1")

    @hookimpl
    def subject_kinds(self):
        async def describe(id, scope):
            wide = scope.organisation.lo == 0
            return SubjectLabel("李志强", f"/badges/{id}", "县交通运输局") if wide else None

        async def find(text):
            return SubjectRef("badges.badge", 7) if text.endswith("/b/SEVEN") else None

        async def broken(_text):
            raise RuntimeError

        return [
            SubjectKind("badges.broken", "坏的", describe, resolve=broken),
            SubjectKind("badges.badge", "工牌", describe, resolve=find),
        ]

    @hookimpl
    def actions(self):
        return [Action("badges.say", "badges.badge", "举报", "core.scan.use", "/badges/new")]


@pytest.fixture
async def browser(db, plugin_app, agencies):
    async with browsing(plugin_app(Badges())) as opened:
        await sign_in_as(opened, "supervisor", region=agencies.bureau.region)
        yield opened


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("  ABC-1\r\n", "ABC-1"),
        ("ＡＢＣ", "ABC"),
        ("A\u200bB\u202eC\0", "ABC"),
        ("x" * 2001, ""),
        ("", ""),
    ],
)
def test_what_is_asked(typed, asked):
    assert clean_code(typed) == asked


def test_what_would_lead_away():
    for each in ("https://evil.example/", "javascript:alert(1)", "//evil", "WIFI:S:x;;"):
        assert is_address(each)
    assert not is_address("150822-0007")
    assert len(shown("x" * 500)) < 70


async def test_a_typed_code_names_its_object_and_what_can_be_done(browser):
    answer = await browser.post("/scan", {"code": "https://jiandu.test/b/SEVEN"})
    assert answer.status_code == 200
    assert "李志强" in answer.text
    assert 'href="/badges/new?id=7"' in answer.text
    assert "/badges/7" not in answer.text, "the page behind it is not his"


async def test_a_photographed_code(browser):
    for kind in ("PNG", "JPEG"):
        answer = await browser.post(
            "/scan", {}, files={"picture": ("p", code("https://x/b/SEVEN", kind), "image/png")}
        )
        assert "李志强" in answer.text, kind


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/login?next=/",
        "javascript:alert(1)",
        "<script>alert(1)</script>",
        "' or 1=1 --",
        "//evil.example",
        "9" * 1900,
    ],
)
async def test_a_hostile_code_is_repeated_and_never_followed(browser, text):
    answer = await browser.post("/scan", {"code": text})
    assert answer.status_code == 200
    assert "不是本平台签发的" in answer.text
    assert "location" not in answer.headers
    assert "evil.example" not in "".join(
        part for part in answer.text.split('"') if part.startswith(("http", "//"))
    )
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "请扫描、拍摄或输入"),
        (b"GIF89a", "不是完好的照片"),
        (b"\xff\xd8\xff" + bytes(500), "不是完好的照片"),
        (bytes(16 << 20), "最大 15 MB"),
    ],
    ids=range(4),
)
async def test_bad_pictures_are_refused_in_words(browser, content, says):
    answer = await browser.post("/scan", {}, files={"picture": ("p.jpg", content, "image/jpeg")})
    assert answer.status_code == 422
    assert says in answer.text


async def test_a_picture_without_a_code(browser):
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "PNG")
    answer = await browser.post("/scan", {}, files={"picture": ("p", out.getvalue(), "image/png")})
    assert "没有认出二维码" in answer.text


async def test_only_the_scan_page_may_run_webassembly(browser):
    page = await browser.get("/scan")
    assert "'wasm-unsafe-eval'" in page.headers["content-security-policy"]
    other = await browser.get("/me")
    assert "wasm" not in other.headers["content-security-policy"]


async def test_an_applicant_does_not_scan(db, plugin_app, agencies):
    async with browsing(plugin_app(Badges())) as opened:
        await sign_in_as(opened, "applicant", region=agencies.bureau.region)
        assert (await opened.get("/scan")).status_code == 403


async def test_a_plugin_that_fails_takes_no_other_code_away(browser, agencies):
    scope = Scope.nothing()
    from core.host import registry as host_registry
    from core.web.state import platform_of

    with host_registry.use(platform_of(browser.app).registry):
        assert await resolve("https://x/b/SEVEN", scope) == SubjectRef("badges.badge", 7)
        assert await resolve("nothing", scope) is None
        assert await resolve("", scope) is None
