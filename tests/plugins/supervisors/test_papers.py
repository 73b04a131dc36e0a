# SPDX-License-Identifier: Apache-2.0
"""The supervisor's code, signed as cards are: printed, on the telephone, after the end, by strangers."""

import html
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from core.api import clock
from core.api.credentials import credentials_changed, kinds
from core.api.db import rows, transaction, value
from core.documents import pdf
from core.host import registry as host_registry
from core.host.registry import build
from plugins.supervisors.forms import DismissForm
from plugins.supervisors.queries.terms import find_term
from plugins.supervisors.reactions import resolve_card
from plugins.supervisors.rules import codes
from plugins.supervisors.services import ending, papers
from plugins.supervisors.services.showing import certificate_paper
from tests.plugins.supervisors.factories import OFFICE

NOW = datetime(2026, 5, 11, 1, tzinfo=UTC)
PREFIX = "/certificates/check/of/supervisors/"


async def ask(sql, *args):
    async with transaction(OFFICE):
        return await value(sql, *args)


# --- when the code changes ----------------------------------------------------------------------


@pytest.mark.req("C6-18")
@pytest.mark.parametrize(
    ("left", "tries", "expected"),
    [
        (None, 0, codes.Step(show=False, ask=True, again=1)),
        (-5, 0, codes.Step(show=False, ask=True, again=1)),
        (20, 0, codes.Step(show=False, ask=True, again=1)),
        (21, 0, codes.Step(show=True, ask=True, again=5)),
        (60, 0, codes.Step(show=True, ask=True, again=5)),
        (61, 0, codes.Step(show=True, ask=False, again=5)),
        (120, 0, codes.Step(show=True, ask=False, again=60)),
        (120, 99, codes.Step(show=True, ask=False, again=60)),
        (None, 7, codes.Step(show=False, ask=True, again=1)),
        (None, 8, codes.Step(show=False, ask=True, again=30, fixed=True)),
    ],
)
def test_the_next_code_is_asked_for_in_time(left, tries, expected):
    until = None if left is None else NOW + timedelta(seconds=left)
    assert codes.step(NOW, until, tries) == expected


# --- signed --------------------------------------------------------------------------------------

pytestmark = pytest.mark.needs("certificates")


class World:
    """The office with a supervisor, and the worker that signs."""

    def __init__(self, office, jobs):
        self.office, self.jobs = office, jobs
        self.term = self.person = 0

    async def settle(self, seconds=0):
        """Let the worker do what is due, and what that asks for a few seconds later."""
        moment = clock.now() + timedelta(seconds=seconds)
        for more in (0, 20):
            self.office.clock(moment + timedelta(seconds=more))
            await self.jobs.run_all()

    async def judged(self, path, moment=None):
        """What the verifier without a network says of a code."""
        from plugins.certificates.rules import verdict
        from plugins.certificates.services import trusting

        async with transaction(OFFICE):
            known = await trusting.everything_trusted()
        return verdict.judge(path, known, int((moment or clock.now()).timestamp()))

    async def printed(self):
        return await ask("select signed from supervisors_card where term = $1", self.term)

    async def moving(self):
        async with transaction(OFFICE):
            await papers.ask_for_moving(papers.KIND, self.term)
        await self.jobs.run_all()
        return await ask("select moving from supervisors_term where id = $1", self.term)


@pytest.fixture
async def world(office, jobs):
    made = World(office, jobs)
    made.term, made.person = await office.supervisor()
    await made.settle()
    return made


@pytest.mark.req("C6-18", "C13-06")
async def test_an_appointment_is_signed_and_verifies_without_the_platform(world):
    path = await world.printed()
    token = await ask("select token from supervisors_card")
    assert path.partition("#")[0] == PREFIX + token
    assert len(path) < 480, "a code of this length is still read from paper"
    found = await world.judged(path)
    assert (found.code, found.words.title) == ("valid", "聘期有效")
    assert "不是行政执法人员" in found.words.sentence
    assert found.card.title == "行政执法社会监督员"
    assert found.card.name == "张敏"
    assert found.card.number == "磴监督聘〔2026〕1号"
    assert not found.card.moving
    last = await ask("select ends from supervisors_card")
    assert found.card.valid_until == last
    after = datetime(last.year, last.month, last.day, 17, tzinfo=UTC)
    assert (await world.judged(path, after)).code == "expired"


@pytest.mark.req("C6-18")
async def test_no_flipped_bit_of_it_verifies(world):
    from plugins.certificates.rules import token, verdict
    from plugins.certificates.services import trusting

    async with transaction(OFFICE):
        known = await trusting.everything_trusted()
    for path in (await world.printed(), await world.moving()):
        good = token.bytes_of(path)
        for at in range(len(good) * 8):
            bad = bytearray(good)
            bad[at // 8] ^= 1 << (at % 8)
            found = verdict.judge(token.text_of(bytes(bad)), known, int(clock.now().timestamp()))
            assert not found.genuine, at


@pytest.mark.req("C6-18")
async def test_the_code_on_the_telephone_is_good_for_two_minutes_and_a_picture_of_it_for_no_longer(
    world,
):
    path = await world.moving()
    began = clock.now()
    assert path.startswith(PREFIX)
    assert path != await world.printed()
    assert (await world.judged(path, began)).code == "valid"
    assert (await world.judged(path, began)).card.moving
    # The clock of the telephone that checks may be a minute behind.
    assert (await world.judged(path, began - timedelta(seconds=60))).code == "valid"
    assert (await world.judged(path, began + timedelta(seconds=119))).code == "valid"
    late = await world.judged(path, began + timedelta(seconds=122))
    assert (late.code, late.words.title) == ("moved_on", "动态码已失效")
    assert "截图" in late.words.sentence
    # Two more minutes, another code.
    world.office.clock(began + timedelta(minutes=2))
    assert await world.moving() != path


@pytest.mark.req("C6-18", "C13-10")
async def test_a_dismissed_supervisor_is_in_the_next_list_and_gets_no_code(world):
    printed, moving = await world.printed(), await world.moving()
    await ending.dismiss(world.office.bureau, world.term, DismissForm("other", "多次违反纪律"))
    assert await ask("select moving from supervisors_term where id = $1", world.term) == ""
    await world.settle(5)
    for path in (printed, moving):
        found = await world.judged(path)
        assert (found.code, found.words.title) == ("cancelled", "聘任已终止")
    assert await world.moving() == "", "nothing is signed for who was dismissed"


@pytest.mark.req("C6-18")
async def test_a_lost_key_takes_the_paper_with_it_and_it_is_signed_anew(world):
    from plugins.certificates.services import signing

    before = await world.printed()
    key = await ask("select id from certificates_key where use = 'card'")
    async with transaction(OFFICE):
        await signing.withdraw(key, "存放密钥的机器被盗")
    assert (await world.judged(before)).code == "unknown_issuer"
    await world.settle(5)
    after = await world.printed()
    assert after != before
    assert (await world.judged(after)).code == "valid"


@pytest.mark.req("C6-18")
async def test_the_place_in_the_list_is_its_own_and_stays(world):
    """Cards and papers share one list: no place is given twice, also when signed anew."""
    first = await world.judged(await world.printed())
    second, _ = await world.office.supervisor(name="李强")
    await world.settle(5)
    other = await world.judged(
        await ask("select signed from supervisors_card where term = $1", second)
    )
    assert other.code == "valid"
    assert other.card.index != first.card.index
    moving = await world.judged(await world.moving())
    assert moving.card.index == first.card.index
    cards = await ask(
        "select count(*) from certificates_signed where id = any($1::int8[])",
        [first.card.index + 1, other.card.index + 1],
    )
    assert cards == 0


# --- pages ---------------------------------------------------------------------------------------


@pytest.mark.req("C6-18", "S0-24")
async def test_the_public_page_says_who_he_is_and_that_he_is_no_officer(world, client):
    token = await ask("select token from supervisors_card")
    page = await client.get(PREFIX + token)
    assert page.status_code == 200
    for words in ("聘期有效", "行政执法社会监督员，不是执法人员", "无权检查、处罚", "张敏"):
        assert words in page.text
    for secret in ("137222", "1508011", "********"):
        assert secret not in page.text
    live = await client.get("/certificates/check/live", params={"number": "磴监督聘〔2026〕1号"})
    assert live.json()["tone"] == "ok"
    assert "不是行政执法人员" in live.json()["reason"]
    await ending.dismiss(world.office.bureau, world.term, DismissForm("other", "多次违反纪律"))
    gone = await client.get(PREFIX + token)
    assert "已解聘" in gone.text
    assert "/photo" not in gone.text
    live = await client.get("/certificates/check/live", params={"number": "磴监督聘〔2026〕1号"})
    assert live.json()["tone"] == "no"


@pytest.mark.req("C6-18")
@pytest.mark.parametrize("path", ["supervisors/" + "A" * 24, "nobody/x", "supervisors/%00", "../x"])
async def test_a_forged_address_is_a_plain_answer(world, client, path):
    answer = await client.get(f"/certificates/check/of/{path}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    assert "张敏" not in answer.text


@pytest.mark.req("C6-18")
async def test_the_telephone_shows_a_moving_code_and_asks_for_the_next(world, client, login_as):
    await login_as("supervisor", region=world.office.county, person=world.person)
    card = await client.get("/supervisors/mine/card")
    assert 'hx-get="/supervisors/mine/code"' in card.text
    first = await client.get("/supervisors/mine/code")
    assert "正在取动态码" in first.text
    assert "tries=1" in first.text
    assert first.headers["cache-control"] == "no-store"
    await world.jobs.run_all()
    second = await client.get("/supervisors/mine/code?tries=1")
    assert "jd-qr" in second.text
    assert "动态码，两分钟一换" in second.text
    assert "load delay:60s" in second.text
    # Nobody signs: after some tries the printed code is better than none, and says what it is.
    world.office.clock(clock.now() + timedelta(minutes=5))
    waiting = await client.get("/supervisors/mine/code?tries=2")
    assert "jd-qr" not in waiting.text
    fixed = await client.get("/supervisors/mine/code?tries=8")
    assert "这是证书上印的码" in fixed.text
    await ending.dismiss(world.office.bureau, world.term, DismissForm("other", "多次违反纪律"))
    page = html.unescape((await client.get("/supervisors/mine/code")).text)
    assert "jd-qr" not in page


@pytest.mark.req("C6-18")
async def test_a_stranger_gets_no_moving_code(world, client, login_as):
    await world.moving()
    assert (await client.get("/supervisors/mine/code")).status_code in (303, 401, 403)
    await login_as("handler", organisation=world.office.agencies.agency)
    assert (await client.get("/supervisors/mine/code")).status_code == 403
    other, person = await world.office.supervisor(name="李强")
    assert other != world.term
    await login_as("supervisor", region=world.office.county, person=person)
    seen = await client.get("/supervisors/mine/code")
    assert "jd-qr" not in seen.text, "another supervisor's code is not shown"


@pytest.mark.req("C6-18", "C13-06")
async def test_the_desk_knows_the_signed_code(world):
    from core.api.plugin import SubjectRef

    for path in (await world.printed(), await world.moving()):
        found = await resolve_card(f"https://jiandu.example.cn{path}")
        assert found == SubjectRef("supervisors.term", world.term)
    assert await resolve_card("https://evil.example/x#" + "A" * 300) is None


@pytest.mark.req("C6-18", "C13-06")
async def test_a_picture_of_the_moving_code_is_refused_at_the_desk(world, client, login_as):
    site = "https://jiandu.example.cn"
    moving, printed = await world.moving(), await world.printed()
    await login_as("handler", organisation=world.office.agencies.agency)
    for good in (moving, printed):
        seen = html.unescape((await client.post("/scan", {"code": site + good})).text)
        assert "社会监督员张敏" in seen, good[:60]
    world.office.clock(clock.now() + timedelta(minutes=5))
    seen = html.unescape((await client.post("/scan", {"code": site + moving})).text)
    assert "动态码已经失效" in seen
    assert "社会监督员张敏" not in seen
    seen = html.unescape((await client.post("/scan", {"code": site + printed})).text)
    assert "社会监督员张敏" in seen, "what is printed on the certificate does not move on"
    at = len(printed) - 20
    forged = f"{printed[:at]}{'A' if printed[at] != 'A' else 'B'}{printed[at + 1 :]}"
    seen = html.unescape((await client.post("/scan", {"code": site + forged})).text)
    assert "可能是伪造的" in seen
    assert "社会监督员张敏" not in seen


@pytest.mark.req("C6-18")
async def test_the_printed_code_is_the_signed_one(world, client):
    token = await ask("select token from supervisors_card")
    svg = await client.get(f"/supervisors/card/{token}/qr")
    signed = len(re.findall("M", svg.text))
    async with transaction(OFFICE):
        from core.api.db import execute

        await execute("update supervisors_card set signed = ''")
    plain = len(re.findall("M", (await client.get(f"/supervisors/card/{token}/qr")).text))
    assert signed > 2 * plain


def printed_sheet(paper):
    """The certificate as it comes out of a printer with 300 dots an inch."""
    drawn = pdf._compiler("").compile(
        pdf.LAYOUT, format="png", ppi=300.0, sys_inputs={"data": pdf._data(paper, "")}
    )
    return Image.open(io.BytesIO(drawn)).convert("L")


@pytest.mark.req("C6-18", "S3-6")
async def test_the_code_on_the_paper_is_read_also_when_it_is_spoilt(world):
    async with transaction(OFFICE):
        found = await find_term(world.term, OFFICE)
    site = "https://zfjd.sft.nmg.gov.cn"
    address = site + papers.printed_path(found)
    assert "#" in address
    sheet = printed_sheet(certificate_paper(found, address, []))
    for spoil in (
        lambda p: p,
        lambda p: p.filter(ImageFilter.GaussianBlur(1.0)),
        lambda p: p.rotate(9, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC),
        lambda p: p.resize((p.width * 3 // 4, p.height * 3 // 4), Image.Resampling.LANCZOS),
    ):
        read = [each.text for each in zxingcpp.read_barcodes(spoil(sheet))]
        assert read == [address]


# --- without who signs ----------------------------------------------------------------------------


@pytest.mark.req("C6-18")
async def test_without_an_issuer_the_code_leads_to_the_public_page(world):
    async with transaction(OFFICE):
        found = dict(
            (
                await rows(
                    "select t.*, c.token, '' as signed from supervisors_term t"
                    " join supervisors_card c on c.term = t.id"
                )
            )[0]
        )
        with host_registry.use(build(["supervisors"])):
            code = await papers.code_now(found, 0)
            await credentials_changed()
            # Signed before, and then the signer was taken away: its page is gone with it.
            left = papers.printed_path({**found, "signed": PREFIX + "x#A"})
    assert left == f"/supervisors/card/{found['token']}"
    assert code == papers.Code(f"/supervisors/card/{found['token']}", moving=False, again=0)


@pytest.mark.req("C6-18")
async def test_what_is_told_to_the_signer_is_what_anybody_may_read(world):
    kind = kinds()["supervisors"]
    async with transaction(OFFICE):
        (found,) = await kind.listed((world.term,))
        assert await kind.listed((world.term + 1000,)) == []
    assert found.state == "valid"
    assert found == replace(found, issuer="磴口县司法局")
    assert found.begins <= date(2026, 6, 30) <= found.ends
