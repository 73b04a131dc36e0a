# SPDX-License-Identifier: Apache-2.0
"""The e-mail address a person gave for messages; kept encrypted, shown masked."""

import re

from core import db
from core.errors import Invalid
from core.keys.cipher import decrypt, encrypt

FIELD = "contact.email"
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z")


def masked(address: str) -> str:
    """``z***@example.cn``: enough to recognise one's own."""
    name, _, host = address.partition("@")
    return f"{name[:1]}***@{host}"


async def set_email(person: int, address: str) -> None:
    """Remember where a person wants letters; empty = nowhere any more."""
    address = address.strip()
    if address and (len(address) > 120 or not _ADDRESS.match(address)):
        raise Invalid({"email": "请填写完整的邮箱地址，例如 zhang@example.cn。"})
    if not address:
        await db.execute("delete from core_contact where person = $1", person)
        return
    await db.execute(
        "insert into core_contact (person, region_lo, org_lo, email, email_masked)"
        " values ($1, 0, 0, $2, $3) on conflict (person)"
        " do update set email = excluded.email, email_masked = excluded.email_masked",
        person,
        encrypt(address, FIELD),
        masked(address),
    )


async def email_shown(person: int) -> str:
    """The masked address; empty without one."""
    found = await db.value("select email_masked from core_contact where person = $1", person)
    return str(found or "")


async def email_of(person: int) -> str:
    """The address itself, for the channel alone."""
    sealed = await db.value("select email from core_contact where person = $1", person)
    return decrypt(sealed, FIELD) if sealed is not None else ""
