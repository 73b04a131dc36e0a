# SPDX-License-Identifier: Apache-2.0
"""E-mail by smtplib, in a thread of the worker."""

import re
from typing import TYPE_CHECKING

from anyio import to_thread

from core import clock, settings
from core.notify.channels.base import Channel, Outgoing
from core.notify.contacts import email_of

if TYPE_CHECKING:
    from email.message import EmailMessage

SECONDS = 20
_BREAK = re.compile(r"[\r\n\x00]+")


def letter(message: Outgoing, to: str, chosen: settings.Settings) -> "EmailMessage":
    """The letter: the words of the message and where to read on; no attachment, no picture."""
    from email.message import EmailMessage
    from email.utils import formatdate, make_msgid

    made = EmailMessage()
    sender = chosen.notify.smtp_from or chosen.notify.smtp_user
    made["From"] = sender
    made["To"] = to
    # A line break in a subject would begin another header.
    made["Subject"] = _BREAK.sub(" ", message.title)
    made["Date"] = formatdate(clock.now().timestamp())
    made["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    made["Auto-Submitted"] = "auto-generated"
    site = chosen.server.url.rstrip("/")
    tail = f"\n\n查看：{site}/messages" if site else "\n\n请登录平台查看。"
    made.set_content(f"{message.text}{tail}\n\n{chosen.site.title}（系统自动发出，请勿回复）\n")
    return made


def _deliver(made: "EmailMessage", chosen: settings.Notify) -> None:
    # Loaded where a letter is sent: most processes never send one.
    import smtplib
    import ssl

    context = ssl.create_default_context()
    if chosen.smtp_security == "tls":
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            chosen.smtp_host, chosen.smtp_port, timeout=SECONDS, context=context
        )
    else:
        line = smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=SECONDS)
    with line:
        if chosen.smtp_security == "starttls":
            line.starttls(context=context)
        if chosen.smtp_user and chosen.smtp_password:
            line.login(chosen.smtp_user, chosen.smtp_password)
        line.send_message(made)


async def send(message: Outgoing) -> None:
    """Send one letter; who has given no address gets none."""
    to = await email_of(message.person)
    if not to:
        return
    chosen = settings.load()
    await to_thread.run_sync(_deliver, letter(message, to, chosen), chosen.notify)


def _ready() -> bool:
    return bool(settings.load().notify.smtp_host)


EMAIL = Channel("电子邮件", send, rests_at_night=True, ready=_ready)
