# SPDX-License-Identifier: Apache-2.0
"""How often one person may have full numbers shown: looking up is work, collecting is not (D16)."""

from datetime import timedelta

from core import clock, db
from core.auth.identity import accounts_of
from core.db import Scope
from core.errors import TooMany
from core.parameters.platform import PlatformSettings
from core.parameters.services import settings_of

HOUR = timedelta(hours=1)
COUNTING = Scope.platform(
    "how often a person looked is counted wherever he did, under all his accounts"
).read_only()

# The condition on the kind is that of the index ``core_fact_revealed``.
LOOKS = """
select recorded_at from core_fact
where kind like '%revealed' and actor = any($1::int8[]) and recorded_at > $2
order by recorded_at
"""


async def within_reveal_limit(region_lo: int) -> None:
    """``TooMany`` when the person asking has seen enough for this hour.

    Called in the transaction that records the look, before it does. Everything counts that is
    recorded under a kind ending in ``revealed``, by whichever plugin and account.
    """
    actor = db.current_scope().actor
    most = (await settings_of(PlatformSettings, region_lo)).reveals_per_hour
    accounts = await accounts_of(actor) or [actor]
    # One after another: two windows must not both be the last look allowed.
    await db.execute(
        "select pg_advisory_xact_lock(hashtextextended('core.reveal', $1))", accounts[0]
    )
    now = clock.now()
    async with db.transaction(COUNTING):
        looks = await db.column(LOOKS, accounts, now - HOUR)
    if len(looks) < most:
        return
    again = looks[len(looks) - most] + HOUR
    raise TooMany(
        f"一小时内最多查看 {most} 次完整信息，你已经看了 {len(looks)} 次，"
        f"{clock.local(again):%H:%M} 以后可以再看。工作确实需要的，请管理员调整本地区的参数。",
        wait_seconds=int((again - now).total_seconds()) + 1,
    )
