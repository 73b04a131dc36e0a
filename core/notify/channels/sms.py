# SPDX-License-Identifier: Apache-2.0
"""Short messages: approved templates, sent by the gateway a plugin brings to ``core.sms``."""

from core import db, settings
from core.host.registry import current
from core.keys.cipher import decrypt
from core.notify.channels.base import SMS_POINT, Channel, Outgoing, Sms
from core.people.services import PHONE

LONGEST = 35
"""What the approved templates take per value."""


async def send(message: Outgoing) -> None:
    """Fill the template of the message's kind; without one, or without a telephone, send nothing.

    Only the first gateway is asked: two would send twice.
    """
    template = settings.load().notify.sms_templates.get(message.kind)
    gateways = current().contributions(SMS_POINT)
    if not template or not gateways:
        return
    sealed = await db.value(
        "select phone from core_person where id = $1 and closed_at is null", message.person
    )
    if sealed is None:
        return
    values = {key: str(each)[:LONGEST] for key, each in message.params.items()}
    await gateways[0].value.send(Sms(decrypt(sealed, PHONE), template, values))


def _ready() -> bool:
    return bool(settings.load().notify.sms_templates) and bool(current().contributions(SMS_POINT))


SMS = Channel("短信", send, rests_at_night=True, ready=_ready)
