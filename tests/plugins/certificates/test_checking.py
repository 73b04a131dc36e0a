# SPDX-License-Identifier: Apache-2.0
"""From the registered card to the answer on a stranger's telephone: signing, list, pages, command."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from core.api.db import Scope, SubjectRef, execute, transaction, value
from core.api.errors import Conflict, Invalid
from core.cli import main
from core.db import DB, WORKER
from plugins.certificates.forms import CertificateForm, StateForm
from plugins.certificates.rules import cose, trust, verdict
from plugins.certificates.services import (
    change_state,
    register_certificate,
    register_officer,
    signing,
    trusting,
)
from plugins.certificates.services.base import CertificateSettings
from plugins.certificates.services.signers import PLATFORM, CardSigner
from tests.plugins.certificates import card_world as w
from tests.plugins.certificates.test_services import OFFICE, act, body, officer  # noqa: F401

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
OWNER = Scope.platform("a test looks at everything")


async def one(sql, *args):
    async with transaction(OWNER):
        return await value(sql, *args)


async def work(service, *args):
    """Do it with the rights of the worker, who alone may read the signing keys."""
    before, DB.scoped_role = DB.scoped_role, WORKER
    try:
        return await act(service, *args)
    finally:
        DB.scoped_role = before


async def settle(clock, jobs, moment):
    """Let the worker do what is due now, and what that asks for a few seconds later."""
    for seconds in (0, 20):
        clock(moment + timedelta(seconds=seconds))
        await jobs.run_all()


@pytest.fixture
async def card(body, clock, jobs, client):  # noqa: F811
    """A registered and signed card: its id."""
    await act(register_officer, officer(body, category="市场监管"))
    await settle(clock, jobs, NOW + timedelta(seconds=2))
    return await one("select id from certificates_certificate where number = '15082204017'")


async def code_of(card):
    async with transaction(OWNER):
        return await signing.token_of(card)


async def judged(card, moment=None):
    async with transaction(OWNER):
        known = await trusting.everything_trusted()
    at = moment or NOW + timedelta(minutes=1)
    return verdict.judge(await code_of(card), known, int(at.timestamp()))


@pytest.mark.req("C6-01", "C6-02", "S2-5")
async def test_a_registered_card_is_signed_and_verifies_without_the_platform(card):
    found = await judged(card)
    assert found.code == "valid"
    assert found.card.number == "15082204017"
    assert found.card.powers == "市场监管"
    assert found.card.unit == "磴口县市场监管综合行政执法大队"
    assert found.key.name == "磴口县"


@pytest.mark.req("C6-03", "B41-4")
@pytest.mark.parametrize(
    ("state", "answer"),
    [("suspended", "suspended"), ("revoked", "cancelled"), ("cancelled", "cancelled")],
)
async def test_a_change_of_state_is_in_the_next_list(card, clock, jobs, state, answer):
    form = StateForm(state=state, since=date(2026, 5, 12), reason="调离执法岗位")
    await act(change_state, card, form)
    await settle(clock, jobs, NOW + timedelta(minutes=2))
    assert (await judged(card, NOW + timedelta(minutes=3))).code == answer


@pytest.mark.req("C6-03", "S2-22")
async def test_a_missed_inspection_enters_the_list_without_anybody_acting(card, clock):
    await act(
        execute,
        "update certificates_certificate set inspection_due = $2 where id = $1",
        card,
        date(2026, 5, 20),
    )
    later = NOW + timedelta(days=10)
    clock(later)
    await work(signing.keep_current, {})
    assert (await judged(card, later)).code == "not_inspected"


@pytest.mark.req("C6-14")
async def test_the_next_card_is_signed_with_a_new_key_when_the_time_of_the_old_is_over(
    card,
    clock,
    body,  # noqa: F811
):
    old = await judged(card)
    later = NOW + timedelta(days=3 * 366 + 1)
    clock(later)
    form = CertificateForm(
        number="15082204018", valid_from=date(2029, 5, 1), valid_until=date(2034, 4, 30)
    )
    holder = await one("select officer from certificates_certificate where id = $1", card)
    second = await act(register_certificate, holder, form)
    await work(signing.keep_current, {})
    new = await judged(second, later)
    assert new.key.kid != old.key.kid
    assert new.code == "valid"
    assert (await judged(card, later)).key.kid == old.key.kid


@pytest.mark.req("C6-14")
async def test_a_lost_key_takes_its_signatures_with_it_and_its_cards_are_signed_anew(
    card, clock, jobs
):
    before = await code_of(card)
    key = await one("select id from certificates_key where use = 'card'")
    await act(signing.withdraw, key, "存放密钥的机器被盗")
    with pytest.raises(Conflict):
        await act(signing.withdraw, key, "再来一次")
    await settle(clock, jobs, NOW + timedelta(minutes=2))
    assert await code_of(card) != before
    assert (await judged(card)).code == "valid"
    async with transaction(OWNER):
        known = await trusting.everything_trusted()
    assert verdict.judge(before, known, int(NOW.timestamp())).code == "unknown_issuer"


async def test_a_changed_card_is_signed_anew_and_keeps_its_place(card):
    before = (await judged(card)).card
    await act(
        execute,
        "update certificates_certificate set unit_name = '磴口县市场监督管理局' where id = $1",
        card,
    )
    await work(signing.keep_current, {})
    after = (await judged(card)).card
    assert (after.unit, after.index) == ("磴口县市场监督管理局", before.index)


# --- pages --------------------------------------------------------------------------------------


async def opaque(card):
    return await one("select token from certificates_certificate where id = $1", card)


@pytest.mark.req("C6-01", "C6-12", "S2-5")
async def test_the_public_page_tells_the_card_and_nothing_private(card, client):
    page = await client.get(f"/certificates/check/{await opaque(card)}")
    assert page.status_code == 200
    for each in ("证件有效", "张海龙", "15082204017", "市场监管", "2023年7月1日", "2028年6月30日"):
        assert each in page.text
    assert "11010519491231002X" not in page.text
    assert "tabler" not in page.text
    assert await one("select count(*) from certificates_scan where certificate = $1", card) == 1
    assert await one("select result from certificates_scan where certificate = $1", card) == "valid"


async def test_an_unknown_code_is_told_so(client):
    page = await client.get("/certificates/check/nonono")
    assert page.status_code == 404
    assert "查无此证" in page.text


@pytest.mark.req("C6-01")
@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ("number=15082204017", 200, "证件有效"),
        ("number=99", 200, "查无此证"),
        ("name=张海龙&unit=磴口县市场", 200, "证件有效"),
        ("name=张海龙&unit=%25%25%25%25", 200, "查无此证"),
        ("name=张海龙&unit=磴口", 422, "至少连续的4个字"),
        ("name=张海龙", 422, "至少连续的4个字"),
        ("unit=磴口县市场", 422, "请填写证件编号"),
        ("", 200, "没有扫码，也可以查"),
    ],
)
async def test_without_a_card_by_number_or_name_and_unit(card, client, asked, status, words):
    page = await client.get(f"/certificates/check/?{asked}")
    assert page.status_code == status
    assert words in page.text
    assert await opaque(card) not in page.text


async def test_who_walks_through_numbers_is_stopped(card, client, clock):
    clock(NOW + timedelta(hours=1))
    answers = [
        (await client.get(f"/certificates/check/?number=1508220{each:04}")).status_code
        for each in range(22)
    ]
    assert answers[:20] == [200] * 20
    assert answers[-1] == 429


async def test_the_live_answer(card, client, clock):
    clock(NOW + timedelta(hours=2))
    told = (await client.get("/certificates/check/live?number=15082204017")).json()
    assert told["code"] == "ok"
    assert (await client.get("/certificates/check/live?number=1")).status_code == 404


@pytest.mark.req("C6-19")
async def test_everything_a_telephone_keeps_is_small(card, client):
    worker = await client.get("/certificates/check/worker.js")
    head, _, rest = worker.text.partition(";\n")
    told = json.loads(head.removeprefix("self.JD_CARD = "))
    assert "addEventListener" in rest
    size = len((await client.get("/certificates/check/")).content)
    for each in told["shell"]:
        answer = await client.get(each)
        assert answer.status_code == 200, each
        assert "immutable" in answer.headers["cache-control"]
        size += len(answer.content)
    assert size <= 150_000


async def test_list_and_trust_are_sent_once(card, client):
    for path in ("/certificates/check/list", "/certificates/check/trust.json"):
        first = await client.get(path)
        assert first.status_code == 200
        again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304


# --- the code on the card -----------------------------------------------------------------------


@pytest.mark.req("C6-19")
async def test_the_code_leads_to_the_page_and_carries_the_card(card, client):
    async with transaction(OWNER):
        path = await signing.path_of_card(card)
    address, _, told = path.partition("#")
    assert address == f"/certificates/check/{await opaque(card)}"
    assert told == await code_of(card)
    assert len(path) < 400
    drawing = await client.get(f"/certificates/qr/{await opaque(card)}")
    assert drawing.status_code == 200


async def test_a_scanned_address_with_a_card_in_it_is_an_officer(card):
    from plugins.certificates.reactions import resolve_officer

    async with transaction(OWNER):
        path = await signing.path_of_card(card)
        found = await resolve_officer(f"https://zf.example.gov.cn{path}")
    assert found == SubjectRef(
        "certificates.officer",
        await one("select officer from certificates_certificate where id = $1", card),
    )


# --- another province, and the command ----------------------------------------------------------


@pytest.mark.req("C6-15")
async def test_a_foreign_card_is_known_once_its_trust_file_is_believed(card, client):
    text = json.dumps(w.bundle(w.a_list()))
    mark = trust.fingerprint_words(w.ROOT.public)
    with pytest.raises(Invalid, match="指纹"):
        await act(trusting.believe, text, "0000 0000")
    with pytest.raises(Invalid):
        await act(trusting.believe, "{}", mark)
    made = await act(trusting.believe, text, mark.lower())
    async with transaction(OWNER):
        known = await trusting.everything_trusted()
    assert verdict.judge(w.code(), known, w.NOW).code == "valid"
    told = (await client.get("/certificates/check/trust.json")).json()
    assert w.NAME in [each["name"] for each in told["roots"]]
    exported = (await client.get("/certificates/check/trust-file")).json()
    assert w.NAME not in [each["name"] for each in exported["roots"]]
    await act(trusting.disbelieve, made)
    async with transaction(OWNER):
        known = await trusting.everything_trusted()
    assert verdict.judge(w.code(), known, w.NOW).code == "unknown_issuer"


async def test_our_own_trust_file_is_not_foreign(card, client):
    text = (await client.get("/certificates/check/trust-file")).text
    mark = json.loads(text)["roots"][0]["fingerprint"]
    with pytest.raises(Invalid, match="自己"):
        await act(trusting.believe, text, mark)


@pytest.mark.req("C6-15")
async def test_the_command_needs_the_file_and_nothing_else(card, client, tmp_path, capsys):
    file = tmp_path / "trust.json"
    file.write_bytes((await client.get("/certificates/check/trust-file")).content)
    code = await code_of(card)
    at = str(int(NOW.timestamp()) + 60)
    ask = ["cert", "verify", f"https://x/certificates/check/a#{code}", "--trust", str(file)]
    assert main([*ask, "--at", at, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["result"] == "valid"
    assert told["card"]["number"] == "15082204017"
    assert main([*ask, "--at", str(int(at) + 10 * 86400)]) == 1
    assert "名单过旧" in capsys.readouterr().out
    assert main(["cert", "verify", code[:-8], "--trust", str(file)]) == 1
    assert "损坏" in capsys.readouterr().out
    assert main(["cert", "verify", code, "--trust", str(tmp_path / "none")]) == 2
    (tmp_path / "bad").write_text("{}")
    assert main(["cert", "verify", code, "--trust", str(tmp_path / "bad")]) == 2


# --- another way of signing -----------------------------------------------------------------------


async def test_an_authority_may_sign_with_its_own_machine(
    body,  # noqa: F811
    clock,
    jobs,
    client,
    monkeypatch,
):
    """The hook: keys and signatures come from elsewhere, everything else stays."""
    pens = {}

    async def key(purpose):
        return pens.setdefault(purpose, Pen(len(pens) + 40))

    async def rotate(purpose):
        pens[purpose] = Pen(len(pens) + 60)

    machine = CardSigner(
        title="密码机", algorithm=cose.EDDSA, key=key, rotate=rotate, verify=PLATFORM.verify
    )

    async def chosen():
        return CertificateSettings(card_signer="machine", issuer_name="某省司法厅")

    monkeypatch.setattr(signing, "signers", lambda: {"ed25519": PLATFORM, "machine": machine})
    monkeypatch.setattr(signing, "settings", chosen)
    await act(register_officer, officer(body))
    await settle(clock, jobs, NOW + timedelta(seconds=2))
    made = await one("select id from certificates_certificate where number = '15082204017'")
    found = await judged(made)
    assert found.code == "valid"
    assert found.key.public == pens["card.card.150822"].public
    assert await one("select name from certificates_key where use = 'root'") == "某省司法厅"
    assert not await one("select count(*) from core_signing_key where purpose like 'card.%'")


class Pen:
    """A key in a machine that only signs."""

    def __init__(self, seed):
        self._secret = w.Pen(seed).secret

    @property
    def public(self):
        return self._secret.public_key().public_bytes_raw()

    def sign(self, message):
        return self._secret.sign(message)
