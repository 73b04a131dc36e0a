# SPDX-License-Identifier: Apache-2.0
"""The printed card: its size, what fits on it, and that its code is read in any state."""

import io
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import zxingcpp
from PIL import Image, ImageFilter
from pypdf import PdfReader

from core.api.db import execute, transaction, value
from core.api.errors import Invalid
from core.api.files import store
from core.api.plugin import Place
from plugins.certificates.services import faces, printing, signing
from plugins.certificates.services.faces import Face
from tests.plugins.certificates import card_world as w
from tests.plugins.certificates.helpers import portrait
from tests.plugins.certificates.test_checking import OWNER, card, settle, work  # noqa: F401
from tests.plugins.certificates.test_services import OFFICE, act, body  # noqa: F401

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
SITE = "https://zfjd.sft.nmg.gov.cn"
ADDRESS = f"{SITE}/certificates/check/SqIYw1spUNEv2VCBSs-svIGX#{w.code()}"
FACE = Face(
    number="15082204001",
    name="李志强",
    unit="磴口县交通运输局",
    region="磴口县",
    powers="交通运输行政处罚、行政检查、行政强制",
    issuer="内蒙古自治区人民政府监制",
    kind="local",
    valid_from="2024年7月1日",
    valid_until="2029年6月30日",
    address=ADDRESS,
    photo=portrait(),
)


def read(picture):
    found = zxingcpp.read_barcodes(picture.convert("L"))
    return found[0].text if found else ""


@pytest.fixture(scope="module")
def front():
    return faces.front(FACE)


@pytest.mark.req("C6-02", "C6-19")
def test_the_face_has_the_size_of_a_card_and_its_code_is_read(front):
    assert front.size == faces.back(FACE).size == (1011, 638)
    assert read(front) == ADDRESS


@pytest.mark.req("C6-02")
def test_the_code_is_about_two_and_a_half_centimetres_with_whole_dots():
    code = faces.code_of(ADDRESS)
    assert 280 <= code.width <= faces.CODE
    assert len(code.getcolors()) == 2


def noisy(picture, seed=3, strength=28):
    rng = random.Random(seed)
    grain = Image.new("L", picture.size)
    grain.putdata(
        [128 + rng.randint(-strength, strength) for _ in range(picture.width * picture.height)]
    )
    return Image.blend(picture.convert("L"), grain, 0.25)


def jpeg(picture, quality):
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue()))


def leaning(picture):
    """As from a hand that does not hold the telephone straight."""
    return picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        (1.03, 0.06, -18, 0.02, 1.05, -12, 0.00004, 0.00007),
        Image.Resampling.BICUBIC,
        fillcolor="white",
    )


@pytest.mark.req("C6-02")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.rotate(17, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC),
        lambda p: p.rotate(180),
        lambda p: p.rotate(-83, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC),
        lambda p: p.filter(ImageFilter.GaussianBlur(1.2)),
        lambda p: p.resize((p.width * 2, p.height * 2), Image.Resampling.BICUBIC),
        lambda p: p.resize((p.width * 2 // 3, p.height * 2 // 3), Image.Resampling.LANCZOS),
        lambda p: jpeg(p, 35),
        leaning,
        # Printed and scanned again: other dots, soft edges, grain, compressed.
        lambda p: jpeg(
            noisy(
                p.resize((1300, 820), Image.Resampling.BICUBIC)
                .filter(ImageFilter.GaussianBlur(0.9))
                .rotate(2.5, fillcolor="white", resample=Image.Resampling.BICUBIC)
            ),
            60,
        ),
        # A photo under a lamp: half as bright, flat.
        lambda p: p.point(lambda v: 60 + v // 3),
    ],
    ids=[
        "17°",
        "180°",
        "-83°",
        "blurred",
        "twice",
        "two thirds",
        "compressed",
        "leaning",
        "printed and scanned",
        "dim",
    ],
)
def test_the_code_is_read_when_the_picture_is_spoilt(front, spoil):
    assert read(spoil(front)) == ADDRESS


@pytest.mark.parametrize(
    "change",
    [
        {"name": "乌云毕力格·额尔德尼巴特尔·苏日娜"},
        {
            "unit": "内蒙古自治区巴彦淖尔市磴口县农牧和科技局动物卫生监督与农畜产品质量安全综合行政执法大队"
            * 2
        },
        {
            "powers": "行政处罚、行政检查、行政强制、" * 30,
            "region": "内蒙古自治区巴彦淖尔市磴口县隆盛合镇",
        },
        {"name": "", "unit": "", "powers": "", "region": ""},
        {"photo": b""},
        {"photo": b"not a picture"},
        {"photo": portrait(size=(9000, 20))},
    ],
)
def test_whatever_is_on_it_nothing_covers_the_code(change):
    face = replace(FACE, **change)
    assert read(faces.front(face)) == ADDRESS
    faces.back(face)


def test_the_sheet_is_true_to_size_and_fronts_meet_their_backs():
    pdf = PdfReader(io.BytesIO(faces.sheet([FACE] * 3, "制证单 1")))
    assert len(pdf.pages) == 2
    width, height = (float(each) for each in pdf.pages[0].mediabox[2:])
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
    picture = Image.open(io.BytesIO(pdf.pages[0].images[0].data))
    codes = zxingcpp.read_barcodes(picture)
    assert [each.text for each in codes] == [ADDRESS] * 3
    fronts, backs = faces._places(mirrored=False), faces._places(mirrored=True)
    for (x, y), (bx, by) in zip(fronts, backs, strict=True):
        assert y == by
        assert x + bx + faces.WIDTH == faces.A4[0]


def test_eleven_cards_take_a_second_sheet_of_paper():
    assert len(PdfReader(io.BytesIO(faces.sheet([FACE] * 11, "x"))).pages) == 4


# --- printing -------------------------------------------------------------------------------------


@pytest.fixture
async def printable(card, files, body):  # noqa: F811
    """The signed card with a photo."""
    async with transaction(OWNER):
        kept = await store(
            portrait(),
            "证件照.jpg",
            place=Place(body.region_lo, body.lo),
            purpose="certificates.photo",
            kinds=("photo",),
        )
        await execute("update certificates_certificate set photo = $2 where id = $1", card, kept.id)
    return card


async def test_without_a_photo_or_a_signature_nothing_is_printed(card):  # noqa: F811
    with pytest.raises(Invalid, match="没有证件照"):
        await act(printing.print_sheet, [card], "")
    with pytest.raises(Invalid, match="勾选"):
        await act(printing.print_sheet, [], "")


async def test_a_reprint_says_why_and_both_stand_in_the_log(printable, facts):
    sheet = await act(printing.print_sheet, [printable], "")
    pdf = await printing.draw_sheet(sheet, SITE)
    assert pdf.startswith(b"%PDF")
    with pytest.raises(Invalid, match="重印原因"):
        await act(printing.print_sheet, [printable], " ")
    await act(printing.print_sheet, [printable], "卡面磨损")
    async with transaction(OWNER):
        log = await printing_log(printable)
    assert log == [(1, ""), (2, "卡面磨损")]


async def printing_log(card):  # noqa: F811
    from core.api.db import rows

    found = await rows(
        "select times, reason from certificates_printing where certificate = $1 order by id", card
    )
    return [(each["times"], each["reason"]) for each in found]


async def test_a_unit_renamed_while_printing_waits_for_its_new_code(printable, clock, jobs):
    rename = "update certificates_certificate set unit_name = '磴口县市监局' where id = $1"
    await act(execute, rename, printable)
    with pytest.raises(Invalid, match="正在签名"):
        await act(printing.print_sheet, [printable], "")
    await work(signing.keep_current, {})
    sheet = await act(printing.print_sheet, [printable], "")
    face = await printing.face_of(sheet.cards[0], SITE)
    assert face.unit == "磴口县市监局"
    assert read(faces.front(face)).startswith(SITE)


async def test_a_name_no_font_has_is_not_printed_wrong(printable):
    odd = "update certificates_certificate set holder_name = '张\U0002b820' where id = $1"
    await act(execute, odd, printable)
    await work(signing.keep_current, {})
    with pytest.raises(Invalid, match="字库"):
        await act(printing.print_sheet, [printable], "")


async def test_the_pages(printable, client, login_as, region_tree):
    await login_as("supervision_bureau", region=region_tree.county)
    listed = await client.get("/certificates/faces")
    assert listed.status_code == 200
    assert "张海龙" in listed.text
    shown = await client.get(f"/certificates/faces/{printable}")
    assert "front.png" in shown.text
    picture = await client.get(f"/certificates/faces/{printable}/front.png")
    assert Image.open(io.BytesIO(picture.content)).size == (1011, 638)
    assert (await client.get(f"/certificates/faces/{printable}/side.png")).status_code == 404
    refused = await client.post("/certificates/faces", {})
    assert refused.status_code == 422
    assert "勾选" in refused.text
    printed = await client.post("/certificates/faces", {"id": str(printable)})
    assert printed.headers["content-type"] == "application/pdf"
    who = client.visitor
    again = (await client.get(f"/certificates/faces/{printable}")).text
    assert f"· {who.name} ·" in again
    assert f"· {who.login} ·" not in again


async def test_keys_page_withdraws_and_believes(card, client, login_as):  # noqa: F811
    import json

    from plugins.certificates.rules import trust

    await login_as("security_admin")
    shown = await client.get("/certificates/keys")
    assert "证件密钥 · 磴口县" in shown.text
    bad = await client.post("/certificates/keys/trust", {"fingerprint": "0000 0000"})
    assert bad.status_code == 422
    assert "请选择信任文件" in bad.text
    text = json.dumps(w.bundle(w.a_list()))
    taken = await client.post(
        "/certificates/keys/trust",
        {"fingerprint": trust.fingerprint_words(w.ROOT.public)},
        files={"file": ("trust.json", text.encode(), "application/json")},
    )
    assert taken.status_code == 303, taken.text
    async with transaction(OWNER):
        number = await value("select max(id) from certificates_trust")
        key = await value("select id from certificates_key where use = 'card'")
    assert w.NAME in (await client.get("/certificates/keys")).text
    gone = await client.post(f"/certificates/keys/trust/{number}/remove", {})
    assert gone.status_code == 303
    short = await client.post(f"/certificates/keys/{key}/withdraw", {"reason": "丢"})
    assert short.status_code == 422
    done = await client.post(f"/certificates/keys/{key}/withdraw", {"reason": "密钥备份丢失"})
    assert done.status_code == 303
    assert "密钥备份丢失" in (await client.get("/certificates/keys")).text


@pytest.mark.req("C6-01")
async def test_the_photo_opens_by_the_code_of_the_card_alone(printable, client):
    async with transaction(OWNER):
        code = await value("select token from certificates_certificate where id = $1", printable)
        photo = await value("select photo from certificates_certificate where id = $1", printable)
    page = await client.get(f"/certificates/check/{code}")
    assert f"/certificates/check/{code}/photo" in page.text
    shown = await client.get(f"/certificates/check/{code}/photo")
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("image/")
    assert (await client.get("/certificates/check/other/photo")).status_code == 404
    assert (await client.get(f"/files/public/{photo}")).status_code == 404
