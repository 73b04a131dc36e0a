# SPDX-License-Identifier: Apache-2.0
"""The signed card: what verifies, what never does, and what another program makes of it."""

import json
import time
from dataclasses import replace
from datetime import date

import cbor2
import cwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.certificates.rules import cose, token, trust, verdict
from plugins.certificates.rules.cose import Damaged
from tests.plugins.certificates import card_world as w


@pytest.mark.req("C6-02", "C6-04", "B41-4")
@pytest.mark.parametrize(
    ("text", "lists", "moment", "answer"),
    [each[1:] for each in w.CASES],
    ids=[each[0] for each in w.CASES],
)
def test_every_answer(text, lists, moment, answer):
    found = verdict.judge(text, w.trusting(*lists), moment)
    assert found.code == answer
    assert found.words.title
    assert found.words.sentence.endswith("。")


def test_the_clock_that_is_behind_is_said():
    assert verdict.judge(w.code(), w.trusting(w.a_list()), 1_000_000_000).clock_behind
    assert not verdict.judge(w.code(), w.trusting(w.a_list()), w.NOW).clock_behind


@pytest.mark.req("C6-02")
def test_no_flipped_bit_verifies():
    good = w.COUNTY.seal(token.payload_of(w.CARD))
    known = w.trusting(w.a_list())
    for at in range(len(good) * 8):
        bad = bytearray(good)
        bad[at // 8] ^= 1 << (at % 8)
        found = verdict.judge(token.text_of(bytes(bad)), known, w.NOW)
        assert not found.genuine, at


@pytest.mark.req("C6-02")
def test_no_other_letter_verifies():
    good, known = w.code(), w.trusting(w.a_list())
    for at, letter in enumerate(good):
        for other in {"A", "7", "="} - {letter}:
            bad = good[:at] + other + good[at + 1 :]
            assert not verdict.judge(bad, known, w.NOW).genuine, at


def test_the_signature_of_another_card_is_no_signature():
    one = cose.unseal(w.COUNTY.seal(token.payload_of(w.CARD)))
    other = token.payload_of(replace(w.CARD, name="王五"))
    swapped = cose.seal(one.protected, other, one.signature)
    found = verdict.judge(token.text_of(swapped), w.trusting(w.a_list()), w.NOW)
    assert found.code == "bad_signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda p, c, s: cbor2.dumps([p, {}, c, s]),  # without its tag
        lambda p, c, s: cbor2.dumps(cbor2.CBORTag(17, [p, {}, c, s])),
        lambda p, c, s: cbor2.dumps(cbor2.CBORTag(18, [p, {4: b"x"}, c, s])),  # unsigned header
        lambda p, c, s: cbor2.dumps(cbor2.CBORTag(18, [p, {}, c, s, b""])),
        lambda p, c, s: cose.seal(p, c, s) + b"\x00",
        lambda p, c, s: cose.seal(p, c, s).replace(b"\x58\x40", b"\x59\x00\x40"),  # long form
    ],
)
def test_one_shape_only(change):
    good = cose.unseal(w.COUNTY.seal(token.payload_of(w.CARD)))
    text = token.text_of(change(good.protected, good.payload, good.signature))
    assert verdict.judge(text, w.trusting(w.a_list()), w.NOW).code == "damaged"


@settings(max_examples=60, deadline=None)
@given(
    number=st.text(min_size=1, max_size=20),
    name=st.text(max_size=60),
    unit=st.text(max_size=120),
    powers=st.text(max_size=60),
    index=st.integers(0, 10**7),
    days=st.integers(0, 3000),
)
@pytest.mark.req("C6-12")
def test_every_card_comes_back_as_it_was(number, name, unit, powers, index, days):
    card = replace(
        w.CARD,
        number=number,
        name=name,
        unit=unit,
        powers=powers[:40],
        index=index,
        expires=w.NOW + days * w.DAY,
    )
    text = token.text_of(w.COUNTY.seal(token.payload_of(card)))
    found = verdict.judge(text, w.trusting(w.a_list(size=16)), w.NOW)
    assert found.card == card
    assert found.code == ("valid" if index < 16 else "list_stale")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_is_damaged_and_nothing_worse(data):
    assert not verdict.judge(token.text_of(data), w.trusting(), w.NOW).genuine


def test_any_other_program_can_read_it():
    """An independent implementation of COSE accepts the signature and reads the claims."""
    key = cwt.COSEKey.new({1: 1, 2: w.COUNTY.kid, 3: -8, -1: 6, -2: w.COUNTY.public})
    payload = cwt.COSE.new().decode(token.bytes_of(w.code()), key)
    told = cbor2.loads(payload)
    assert told[2] == w.CARD.number
    assert told[4] == w.CARD.expires


def test_nothing_personal_is_in_the_code():
    told = cose.unseal(token.bytes_of(w.code())).claims()
    assert set(told) == {2, 4, 5, 6, token.CARD}
    assert len(told[token.CARD]) == 6


@pytest.mark.req("C6-12")
def test_dates_are_days_where_the_card_is_used():
    assert w.CARD.valid_from == date(2024, 7, 1)
    assert w.CARD.valid_until == date(2029, 6, 30)
    assert token.day_ends(date(2029, 6, 30)) + 1 == token.day_begins(date(2029, 7, 1))


def test_a_long_scope_is_cut_in_the_code():
    found = token.claims_of(token.message_of(w.code(powers="行政处罚" * 30)))
    assert len(found.powers) == token.POWERS_SHOWN
    assert found.powers.endswith("…")


# --- trust --------------------------------------------------------------------------------------


@pytest.mark.req("C6-15")
def test_one_file_is_enough_for_another_province():
    text = json.dumps(w.bundle(w.a_list([(5, 2)])))
    read = trust.read_file(text)
    assert [each.name for each in read.roots] == [w.NAME]
    assert verdict.judge(w.code(), read.trust, w.NOW).code == "suspended"
    assert verdict.judge(w.code(w.STRANGER), read.trust, w.NOW).code == "unknown_issuer"


@pytest.mark.req("C6-14")
def test_rotation_keeps_old_cards_and_refuses_new_ones_of_the_old_key():
    old = w.statement(w.COUNTY, "card", expires=w.NOW - 10 * w.DAY)
    new = w.statement(w.STRANGER, "card", begins=w.NOW - 10 * w.DAY)
    known = w.trusting(w.a_list(), statements=(old, new, w.STATEMENTS[1]))
    assert verdict.judge(w.code(), known, w.NOW).code == "valid"
    assert verdict.judge(w.code(issued_at=w.NOW), known, w.NOW).code == "bad_signature"
    assert verdict.judge(w.code(w.STRANGER, issued_at=w.NOW), known, w.NOW).code == "valid"


def test_statements_nobody_stands_for_count_nothing():
    forged = w.statement(w.STRANGER, "card", by=w.STRANGER)
    known = w.trusting(w.a_list(), statements=(*w.STATEMENTS, forged))
    assert verdict.judge(w.code(w.STRANGER), known, w.NOW).code == "unknown_issuer"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format": "jiandu-trust-1"}',
        "[" * 100000,
        '{"format": "jiandu-trust-1", "roots": [], "keys": [], "lists": []}',
        '{"format": "jiandu-trust-1", "roots": [{"name": "x", "public": "!"}], "keys": []}',
        '{"format": "jiandu-trust-1", "roots": 3, "keys": "x"}',
    ],
)
def test_a_file_that_is_none_is_refused_in_words(text):
    with pytest.raises(Damaged, match=r"文件|不是|密钥|not "):
        trust.read_file(text)


def test_a_fingerprint_can_be_read_out():
    assert len(trust.fingerprint_words(w.ROOT.public).split()) == 8


def test_it_is_quick():
    known = w.trusting(w.a_list())
    began = time.perf_counter()
    for _ in range(20):
        verdict.judge(w.code(), known, w.NOW)
    assert (time.perf_counter() - began) / 20 < 0.05


@pytest.mark.req("C6-18", "S2-27")
@pytest.mark.parametrize(
    ("text", "moment", "refused"),
    [
        (w.code(), w.NOW, ""),
        (w.moving(), w.NOW, ""),
        (w.moving(), w.NOW + 121, "已经失效"),
        (w.code(w.STRANGER), w.NOW, "不是本平台认识"),
        (w.code()[:-30], w.NOW, "没有读完整"),
        (w.code()[:-4] + "AAAA", w.NOW, "可能是伪造"),
        (w.code(), w.CARD.expires + 1, ""),  # the register tells of cards that are over
    ],
)
def test_what_a_desk_says_of_a_code(text, moment, refused):
    said = verdict.doubt(verdict.judge(text, w.trusting(w.a_list()), moment))
    assert refused in said
    assert bool(said) == bool(refused)


def test_only_a_code_of_the_verifier_brings_a_signature():
    site = "https://x.cn/certificates/check/"
    assert verdict.signed_by_us(f"{site}AbC#{w.code()}")
    assert verdict.signed_by_us(f"{site}of/supervisors/AbC#x")
    for other in (f"{site}AbC", f"{site}AbC#", "https://x.cn/library/3#a5", "15082200001", ""):
        assert not verdict.signed_by_us(other)
