# SPDX-License-Identifier: Apache-2.0
"""Cards whose faces can be printed, what was printed before, how often cards are looked up."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from core.api.db import rows
from core.api.web import Column, Filter, Listing

_PRINTED = """left join lateral (
    select count(*) as times, max(t.printed_at) as last
    from certificates_printing t where t.certificate = c.id) t on true"""

# What a face would say now; the same words as in the signed code, so that one tells the other.
CONTENT = """md5(concat_ws(chr(31), c.number, c.holder_name, c.unit_name, c.region_name,
  coalesce(nullif(c.powers, ''), c.category), c.kind, c.valid_from, c.valid_until))"""

CARDS = Listing(
    key="certificates.faces",
    title="制证打印",
    select=(
        "c.id, c.officer, c.number, c.holder_name, c.unit_name, c.valid_until, c.published,"
        " c.photo, t.times, t.last, s.token <> '' as signed"
    ),
    source=(
        "certificates_certificate c left join certificates_signed s on s.certificate = c.id "
        + _PRINTED
    ),
    alias="c",
    id="c.id",
    columns=(
        Column("holder_name", "姓名", sort="c.holder_name"),
        Column("number", "证号", sort="c.number", coded=True),
        Column("unit_name", "证面单位", sort="c.unit_name"),
        Column("valid_until", "有效期至", kind="date", sort="c.valid_until"),
        Column("times", "打印次数"),
    ),
    filters=(
        Filter(
            "q",
            "关键字",
            where="c.holder_name ilike {} or c.number ilike {} or c.unit_name ilike {}",
            placeholder="姓名、证号或单位",
        ),
        Filter(
            "printed",
            "打印",
            kind="tabs",
            options=(("new", "没有打印过"), ("renamed", "证面已变"), ("", "全部")),
            wheres={
                "new": "t.times = 0",
                "renamed": (
                    "t.times > 0 and exists(select 1 from certificates_printing x where"
                    f" x.certificate = c.id and x.face <> {CONTENT} and x.id = (select max(y.id)"
                    " from certificates_printing y where y.certificate = c.id))"
                ),
            },
        ),
    ),
    order="holder_name",
)


IN_TERM = "c.valid_until >= {}"
"""The list's own condition, with today as its argument."""


async def cards_to_print(ids: Sequence[int]) -> list[dict[str, Any]]:
    """Everything that stands on the chosen cards, in the order they were chosen."""
    found = await rows(
        f"""select c.id, c.person, c.number, c.kind, c.holder_name, c.unit_name, c.region_name,
              coalesce(nullif(c.powers, ''), c.category) as powers, c.photo, c.valid_from,
              c.valid_until, c.token, c.region_lo, c.org_lo, s.token as signed,
              s.content = {CONTENT} as fresh, {CONTENT} as content,
              (select count(*) from certificates_printing t where t.certificate = c.id) as times,
              (select p.state from certificates_period p where p.certificate = c.id
               order by p.since desc, p.id desc limit 1) as state
            from certificates_certificate c
            left join certificates_signed s on s.certificate = c.id
            where c.id = any($1::int8[])""",
        list(ids),
    )
    by_id = {each["id"]: each for each in found}
    return [by_id[each] for each in dict.fromkeys(ids) if each in by_id]


async def printings_of(certificate: int) -> list[dict[str, Any]]:
    """Every print of a card, newest first."""
    return await rows(
        """select t.sheet, t.times, t.reason, t.printed_at, coalesce(nullif(u.name, ''), u.login) as by_name
           from certificates_printing t left join core_user u on u.id = t.printed_by
           where t.certificate = $1 order by t.id desc""",
        certificate,
    )


async def scans_of(certificate: int, since: datetime) -> list[dict[str, Any]]:
    """How often a card was looked up by day and how; who did is not known."""
    return await rows(
        """select (at at time zone 'Asia/Shanghai')::date as day, way, result, count(*) as times
           from certificates_scan where certificate = $1 and at >= $2
           group by 1, 2, 3 order by 1 desc, 4 desc limit 60""",
        certificate,
        since,
    )


def expired(card: dict[str, Any], today: date) -> bool:
    """Whether nobody needs it printed any more."""
    return bool(card["valid_until"] < today)
