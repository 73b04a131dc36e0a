# SPDX-License-Identifier: Apache-2.0
"""The status list: small, signed, with an end."""

import random
import zlib

import pytest

from plugins.certificates.rules import cose, status_list
from plugins.certificates.rules.cose import Damaged
from tests.plugins.certificates import card_world as w


def read(data: bytes) -> status_list.StatusList:
    return status_list.read_list(data, w.LISTS.public)


@pytest.mark.req("C6-03")
def test_what_went_in_comes_out():
    states = [(index, index % 4) for index in range(1000)]
    found = read(w.a_list(states, size=1000))
    assert [found.of(index) for index in range(1000)] == [index % 4 for index in range(1000)]
    assert found.of(5000) == status_list.VALID


@pytest.mark.req("C6-03")
def test_a_million_cards_fit_in_300_kilobytes_however_mixed():
    rng = random.Random(7)
    packed = bytes(rng.getrandbits(8) for _ in range(250_000))
    data = w.LISTS.seal(status_list.payload_of(packed, "x", w.NOW, 3600, 60), status_list.TYPE)
    assert len(data) < 300_000
    assert read(data).packed == packed


def test_flipped_bits_are_refused():
    """Every bit of head, content and signature."""
    data = w.a_list([(5, 2)])
    read(data)
    for at in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << (at % 8)
        with pytest.raises(Damaged):
            read(bytes(flipped))


def test_a_bomb_is_refused():
    bomb = zlib.compress(bytes(status_list.LARGEST + 10), 9)
    payload = cose.write(
        {2: "x", 4: w.NOW + 9, 6: w.NOW, 65534: 1, 65533: {"bits": 2, "lst": bomb}}
    )
    with pytest.raises(Damaged):
        read(w.LISTS.seal(payload, status_list.TYPE))


def test_another_kind_of_message_is_no_list():
    payload = status_list.payload_of(b"\x00", "x", w.NOW, 3600, 60)
    with pytest.raises(Damaged):
        read(w.LISTS.seal(payload))
