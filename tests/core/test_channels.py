# SPDX-License-Identifier: Apache-2.0
"""Ways out of the platform: a file, letters, short messages, staff channels, reminders."""

import json
import smtplib
import sys
import types
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import clock as time
from core import db as database
from core import settings as core_settings
from core.api.messages import remind
from core.api.plugin import Contribution, Manifest, MessageKind, Place, SubjectRef, hookimpl
from core.api.testing import browsing, sign_in_as
from core.api.turns import close_turn, hand_turn
from core.calendar.rules import standard
from core.db import Scope, transaction
from core.host import registry as host_registry
from core.notify import contacts
from core.notify.channels import email, file, staff
from core.notify.channels.base import Outgoing
from core.notify.reminding import working_moment
from core.web.state import platform_of
from tests import factories

PLATFORM = Scope.platform("test")
NOTE = SubjectRef("core.organisation", 5)
MESSAGE = Outgoing(
    7, "notes.due", "便笺到期\r\nBcc: evil@example.cn", "请办结。", NOTE, {"n": "一"}
)


def configured(monkeypatch, tmp_path, **notify):
    own = core_settings.load()
    changed = replace(own, data=tmp_path, notify=replace(own.notify, **notify))
    monkeypatch.setattr(core_settings, "load", lambda: changed)
    return changed


class Notes:
    """Sends one kind of message; brings a gateway for short messages."""

    MANIFEST = Manifest(name="notes", title="便笺", version="1")

    def __init__(self):
        self.sent = []

    @hookimpl
    def message_kinds(self):
        return [
            MessageKind("notes.due", "便笺“{title}”到期", "请办结。", ("inbox", "sms", "email"))
        ]

    @hookimpl
    def contributions(self):
        async def send(message):
            self.sent.append(message)

        return [Contribution("core.sms", "gateway", {"title": "网关", "send": send})]


async def test_a_line_in_a_file_names_nobody_but_by_number(monkeypatch, tmp_path):
    configured(monkeypatch, tmp_path, file=True)
    await file.send(MESSAGE)
    await file.send(MESSAGE)
    (path,) = (tmp_path / "messages").iterdir()
    lines = [json.loads(each) for each in path.read_text("utf-8").splitlines()]
    assert [each["person"] for each in lines] == [7, 7]
    assert path.stat().st_mode & 0o077 == 0


def test_a_letter_has_one_subject_and_no_header_of_somebody_else(monkeypatch, tmp_path):
    chosen = configured(monkeypatch, tmp_path, smtp_host="mail", smtp_from="jd@example.cn")
    made = email.letter(MESSAGE, "zhang@example.cn", chosen)
    assert made["Bcc"] is None
    assert made["To"] == "zhang@example.cn"
    assert "请办结。" in made.get_content()
    assert "便笺到期" in made["Subject"]


async def test_letters_go_out_encrypted_to_who_gave_an_address(monkeypatch, tmp_path, db, agencies):
    configured(
        monkeypatch,
        tmp_path,
        smtp_host="mail.example.cn",
        smtp_user="jd@example.cn",
        smtp_password="secret",
    )
    said = []

    class Line:
        def __init__(self, host, port, timeout):
            said.append((host, port))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            said.append("quit")

        def starttls(self, context):
            said.append("starttls")

        def login(self, user, _password):
            said.append(user)

        def send_message(self, made):
            said.append(made["To"])

    monkeypatch.setattr(smtplib, "SMTP", Line)
    person = await factories.person(agencies.agency)
    message = replace(MESSAGE, person=person.id)
    async with transaction(PLATFORM):
        await email.send(message)
        assert said == [], "no address, no letter"
        await contacts.set_email(person.id, "zhang@example.cn")
        await email.send(message)
    assert said == [
        ("mail.example.cn", 587),
        "starttls",
        "jd@example.cn",
        "zhang@example.cn",
        "quit",
    ]
    row = await database.row("select * from core_contact")
    assert b"zhang" not in bytes(row["email"])
    assert row["email_masked"] == "z***@example.cn"


async def test_short_messages_are_templates_filled_with_values(
    monkeypatch, tmp_path, db, plugin_app, agencies, jobs
):
    plugin = Notes()
    app = plugin_app(plugin)
    configured(monkeypatch, tmp_path, sms_templates={"notes.due": "SMS_1"})
    person = await factories.person(agencies.agency, phone="13800001234")
    with host_registry.use(platform_of(app).registry):
        from core.api.messages import notify

        async with transaction(PLATFORM):
            await notify(
                "notes.due",
                [person.id],
                NOTE,
                {"title": "一" * 50},
                Place(agencies.agency.region_lo),
            )
        assert await database.column("select channel from core_outbox") == ["sms"], (
            "letters are not configured, so none waits"
        )
        with time.frozen(datetime(2026, 5, 12, 3, tzinfo=UTC).replace(year=2030)):
            await jobs.run_all()
    (sent,) = plugin.sent
    assert sent.phone == "13800001234"
    assert sent.template == "SMS_1"
    assert len(sent.params["title"]) == 35
    monkeypatch.undo()


async def test_without_a_template_nothing_leaves(monkeypatch, tmp_path, db, plugin_app, agencies):
    app = plugin_app(Notes())
    configured(monkeypatch, tmp_path)
    person = await factories.person(agencies.agency, phone="13800001234")
    with host_registry.use(platform_of(app).registry):
        from core.api.messages import notify

        async with transaction(PLATFORM):
            await notify("notes.due", [person.id], NOTE, {"title": "一"}, Place(0))
    assert await database.value("select count(*) from core_outbox") == 0
    assert await database.value("select count(*) from core_message") == 1


async def test_staff_channels_hear_that_something_came_and_nothing_else(monkeypatch, tmp_path, db):
    configured(monkeypatch, tmp_path, apprise=("dingtalk://token",))
    told = []

    class Apprise:
        def __init__(self):
            self.addresses = []

        def add(self, address):
            self.addresses.append(address)

        async def async_notify(self, *, title, body):
            told.append((self.addresses, title, body))
            return len(told) > 1

    monkeypatch.setitem(sys.modules, "apprise", types.SimpleNamespace(Apprise=Apprise))
    with pytest.raises(staff.NotTaken):
        await staff.send(MESSAGE)
    await staff.send(MESSAGE)
    assert told[0][0] == ["dingtalk://token"]
    assert "便笺到期" not in str(told), "a group reads along"


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-05-12T10:00", "2026-05-12T10:00"),
        ("2026-05-12T06:30", "2026-05-12T09:00"),
        ("2026-05-12T17:30", "2026-05-13T09:00"),
        ("2026-05-15T23:00", "2026-05-18T09:00"),
        # A Saturday on which offices work, and the holiday before it.
        ("2026-10-02T10:00", "2026-10-08T09:00"),
        ("2026-10-10T10:00", "2026-10-10T10:00"),
    ],
)
def test_reminders_come_in_working_hours(at, then):
    moment = datetime.fromisoformat(at).replace(tzinfo=time.SHANGHAI)
    found = working_moment(moment.astimezone(UTC), standard())
    assert time.local(found).isoformat()[:16] == then


async def test_who_has_done_his_part_is_not_reminded(db, plugin_app, agencies, jobs, messages):
    app = plugin_app(Notes())
    person = await factories.person(agencies.agency)
    place = Place(agencies.agency.region_lo)
    at = datetime(2026, 5, 12, 3, tzinfo=UTC)
    with host_registry.use(platform_of(app).registry):
        for done in (True, False):
            subject = SubjectRef("core.organisation", 5 + done)
            with time.frozen(datetime(2026, 5, 11, 3, tzinfo=UTC)):
                async with transaction(PLATFORM):
                    await hand_turn(
                        subject, title="便笺", path="/", place=place, holder_person=person.id
                    )
                    for _ in range(2):
                        await remind(
                            "notes.due", [person.id], subject, {"title": "一"}, place, at=at
                        )
                    if done:
                        await close_turn(subject)
        with time.frozen(at):
            await jobs.run_all()
    assert await database.value("select count(*) from core_message") == 1


async def test_everybody_keeps_his_own_address(monkeypatch, tmp_path, db, plugin_app, agencies):
    app = plugin_app(Notes())
    configured(monkeypatch, tmp_path, smtp_host="mail.example.cn")
    one = await factories.person(agencies.agency)
    other = await factories.person(agencies.agency)
    async with browsing(app) as browser:
        await sign_in_as(browser, "handler", organisation=agencies.agency, person=one.id)
        assert "电子邮箱" in (await browser.get("/messages/settings")).text
        bad = await browser.post("/messages/email", {"email": "no@address"})
        assert bad.status_code == 422
        assert "no@address" in bad.text, "nothing typed is lost"
        await browser.post("/messages/email", {"email": "zhang@example.cn"})
        assert "z***@example.cn" in (await browser.get("/messages/settings")).text
        who = await sign_in_as(browser, "handler", organisation=agencies.agency, person=other.id)
        assert "z***" not in (await browser.get("/messages/settings")).text
        async with transaction(who.scope):
            assert await contacts.email_shown(one.id) == ""
