# SPDX-License-Identifier: Apache-2.0
"""Messages: worded once, never lost, quiet at night, nobody reads another's."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from core import db as core_db
from core.api.plugin import Contribution, Manifest, MessageKind, Place, SubjectRef, hookimpl
from core.db import Interval, Scope, rows, transaction, value
from core.errors import NotFound
from core.host import enabling, registry
from core.intervals import REGIONS
from core.jobs import services as jobs
from core.notify import services
from core.notify.rules import not_before, worded

COUNTY = REGIONS.child(REGIONS.child(0, 0).lo, 0)
SCOPE = Scope(COUNTY, Interval(0, 2**62), person=11, actor=8)
NOTE = SubjectRef("guest.note", 5)
DAYTIME = datetime(2026, 3, 2, 2, tzinfo=UTC)


def guest(sent: list[Any], *, fails: bool = False, may_mute: bool = True) -> Any:
    async def send(message: Any) -> None:
        if fails:
            raise ConnectionError("no line")
        sent.append(message)

    class Guest:
        MANIFEST = Manifest("guest", "guest", "1")

        @hookimpl
        def message_kinds(self) -> list[MessageKind]:
            return [
                MessageKind(
                    "guest.note.due",
                    "便笺“{title}”到期",
                    "请于今日办结便笺“{title}”。",
                    ("inbox", "pager", "absent"),
                    may_mute=may_mute,
                )
            ]

        @hookimpl
        def contributions(self) -> list[Contribution]:
            return [Contribution("core.channel", "pager", {"title": "寻呼", "send": send})]

    return Guest()


@contextmanager
def loaded(plugin: Any) -> Iterator[registry.Registry]:
    with registry.use(registry.build([plugin])) as chosen:
        yield chosen


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    enabling.forget()
    yield
    enabling.forget()


@pytest.fixture
async def worker_db(fresh_db: str) -> AsyncIterator[None]:
    pool = core_db.DB.pool
    core_db.DB.pool = None
    core_db.DB.configure(fresh_db, core_db.WORKER)
    await core_db.DB.start_connection_pool(min_size=1, max_size=4)
    yield
    await core_db.DB.close_connection_pool()
    core_db.DB.configure(fresh_db, core_db.WEB)
    core_db.DB.pool = pool


async def tell(persons: list[int], title: str = "甲") -> None:
    async with transaction(SCOPE):
        await services.notify("guest.note.due", persons, NOTE, {"title": title}, Place(COUNTY.lo))


async def test_inbox_and_channel(worker_db: None, clock: Any) -> None:
    clock(DAYTIME)
    sent: list[Any] = []
    with loaded(guest(sent)) as chosen:
        await tell([11, 12, 11, 0])
        async with transaction(SCOPE):
            (mine,) = await services.messages_of(11)
            assert mine["title"] == "便笺“甲”到期"
            assert await services.unread_count(11) == 1
        assert await jobs.drain(chosen) == 2
        assert [each.person for each in sent] == [11, 12]
        assert sent[0].text == "请于今日办结便笺“甲”。"
        assert await jobs.drain(chosen) == 0


async def test_at_night_channels_rest_and_the_inbox_does_not(worker_db: None, clock: Any) -> None:
    night = clock(datetime(2026, 3, 2, 15, tzinfo=UTC))  # 23:00 in Beijing
    sent: list[Any] = []
    with loaded(guest(sent)) as chosen:
        await tell([11])
        assert await jobs.drain(chosen) == 0
        async with transaction(SCOPE):
            assert await services.unread_count(11) == 1
        clock(not_before(night))
        assert await jobs.drain(chosen) == 1
    assert len(sent) == 1


async def test_a_failing_channel_is_tried_again_and_nothing_is_lost(
    worker_db: None, clock: Any
) -> None:
    clock(DAYTIME)
    with loaded(guest([], fails=True)) as chosen:
        await tell([11])
        assert await jobs.run_one(chosen)
        async with transaction(jobs.WORKER):
            assert await value("select count(*) from core_outbox where sent_at is null") == 1
            assert await value("select count(*) from core_failure") == 1


async def test_muted_kinds_reach_the_inbox_only(worker_db: None, clock: Any) -> None:
    clock(DAYTIME)
    sent: list[Any] = []
    core_db.DB.scoped_role = core_db.WEB
    with loaded(guest(sent)) as chosen:
        async with transaction(SCOPE):
            await services.mute(11, "guest.note.due", on=True)
        await tell([11, 12])
        core_db.DB.scoped_role = core_db.WORKER
        await jobs.drain(chosen)
        assert [each.person for each in sent] == [12]
        async with transaction(SCOPE):
            assert len(await rows("select 1 from core_message")) == 2
    with loaded(guest(sent, may_mute=False)) as chosen:
        await tell([11])
        await jobs.drain(chosen)
        assert [each.person for each in sent] == [12, 11]
        async with transaction(SCOPE):
            with pytest.raises(NotFound):
                await services.mute(11, "guest.note.due", on=True)


async def test_nobody_opens_anothers_message(db: Any) -> None:
    with loaded(guest([])):
        await tell([12])
        async with transaction(SCOPE):
            message = await value("select id from core_message")
            with pytest.raises(NotFound):
                await services.open_message(11, message)
        async with transaction(Scope(Interval(1, 0), Interval(1, 0), person=12)):
            assert await services.open_message(12, message) == NOTE
            assert await services.unread_count(12) == 0
            assert await services.read_all(12) == 0
        async with transaction(Scope(Interval(1, 0), Interval(1, 0), person=13)):
            assert await services.messages_of(12) == []


async def test_wrong_kinds_and_parameters_are_errors(db: Any) -> None:
    with loaded(guest([])):
        async with transaction(SCOPE):
            with pytest.raises(LookupError):
                await services.notify("guest.note.lost", [11], NOTE, {}, Place(COUNTY.lo))
            with pytest.raises(ValueError, match="'title' is missing"):
                await services.notify("guest.note.due", [11], NOTE, {}, Place(COUNTY.lo))


def test_wording_and_night() -> None:
    kind = MessageKind("guest.a", "{n} 件", "共 {n} 件")
    assert worded(kind, {"n": 3}) == ("3 件", "共 3 件")
    assert not_before(DAYTIME) == DAYTIME
    early = datetime(2026, 3, 1, 20, tzinfo=UTC)  # 04:00 in Beijing
    assert not_before(early) == datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


class TestWishes:
    """The page on which a person keeps kinds of messages inside the inbox."""

    async def test_unticked_kinds_stay_inside_the_inbox(
        self, client: Any, login_as: Any, region_tree: Any, registry: Any, monkeypatch: Any
    ) -> None:
        kinds = {
            "core.quiet": MessageKind("core.quiet", "轮到你：{title}", "", ("inbox", "console")),
            "core.other": MessageKind("core.other", "已回复", "", ("inbox", "console")),
            "core.bare": MessageKind("core.bare", "{lamp}：{headline}", "", ("inbox",)),
            "core.must": MessageKind("core.must", "催办", "", ("inbox", "console"), may_mute=False),
        }
        for kind in kinds.values():
            monkeypatch.setitem(registry._owner, id(kind), "core")
        monkeypatch.setattr(registry, "message_kinds", kinds)
        await login_as("handler", person=4711)
        page = await client.get("/messages/settings")
        assert page.status_code == 200
        assert "轮到你<" in page.text, "without its placeholder"
        assert "平台基础的提醒" in page.text, "a title of nothing but placeholders"
        assert "必须提醒，不能关" in page.text
        answer = await client.post("/messages/settings", {"kind": "core.other"})
        assert answer.status_code == 303
        assert await services.muted(4711) == ["core.bare", "core.quiet"], (
            "what must be heard is not"
        )
        assert await services.muted(4712) == []
        await client.post("/messages/settings", {"kind": ["core.other", "core.quiet", "core.bare"]})
        assert await services.muted(4711) == []
        strange = await client.post("/messages/settings", {"kind": ["x" * 5000]})
        assert strange.status_code == 303
