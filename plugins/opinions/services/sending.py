# SPDX-License-Identifier: Apache-2.0
"""提意见: sent once, bound to an article, named or under seal (S0-17, S3-22, C2-04, C2-15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.api import clock
from core.api.custody import alias, as_sealed, seal, sealing_region
from core.api.db import SubjectRef, execute, lock_subjects, retried, row, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import decrypt, lookup_hash
from core.api.turns import close_turn, hand_turn
from plugins.opinions import facts, queries
from plugins.opinions.rules import MANAGE, articles, flow
from plugins.opinions.services.base import (
    OPEN_ALIAS,
    OPINION,
    SEALED_ALIAS,
    Author,
    aliases_of,
    articles_in,
    change_opinion,
    is_meant,
    passages_of,
    place_of,
    ref,
    register,
)

ONCE = "opinions.once"
KEPT = "opinions.held"
"""Everybody may read drafts, so the right to do so opens no files: a voice names who speaks. The
author and the office that asked open them from their own pages."""


@dataclass(frozen=True)
class Said:
    """What was written, checked by the form."""

    at: str
    text: str
    transcript: str
    sealed: bool
    seen: int = 0
    """The version that was on the page; a form kept on a phone may be older than the present."""
    said_at: str = ""


@dataclass(frozen=True)
class Sent:
    """What came of it."""

    id: int
    number: int
    again: bool = False


def once_hash(key: str) -> bytes | None:
    """The form's own key; who holds a copy of the database learns nothing from it."""
    return lookup_hash(key, ONCE) if len(key) >= 16 else None


async def sent_before(key: str) -> Sent | None:
    """What a form that arrives again has done already."""
    hashed = once_hash(key)
    if hashed is None:
        return None
    async with transaction(register().read_only()):
        known = await row("select id, number from opinions_opinion where once = $1", hashed)
    return Sent(known["id"], known["number"], again=True) if known else None


async def may_be_sealed(region_lo: int) -> bool:
    """Whether somebody could ever open what is sealed there; the form says so before."""
    async with transaction(register()):
        return await sealing_region(region_lo) is not None


INSERT = """
insert into opinions_opinion (draft, number, version, article, label, standing, text, transcript,
  state, sealed, alias, person, person_name, home, home_name, envelope, once, sent_at, said_at,
  answer, answered_by_name, shown, blocked, statement, news, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'new', $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
  '', '', '', false, '', false, $19, $20)
returning id
"""


@retried
async def send(
    author: Author, draft: int, said: Said, media: Sequence[Received] = (), *, once: str = ""
) -> Sent:
    """Send an opinion. The same ``once`` key sends once, however often and late it comes.

    Under seal nobody acts: facts, files and rows take their actor from the transaction's scope.
    """
    acting, by = register(author.user), author.title
    if said.sealed:
        under = as_sealed(acting)
        acting, by = under.scope, under.by
    key = once_hash(once)
    async with transaction(acting):
        if key is not None:
            await lock_subjects(SubjectRef("opinions.once", int.from_bytes(key[:7])))
            known = await row("select id, number from opinions_opinion where once = $1", key)
            if known is not None:
                return Sent(known["id"], known["number"], again=True)
        # The row lock also gives the numbers of the draft one after the other.
        found = await row("select * from opinions_draft where id = $1 for update", draft)
        if (
            found is None
            or found["state"] == "draft"
            or not is_meant(found, author.role, author.region_lo, author.region_hi)
        ):
            raise NotFound
        if why := flow.why_not_send(
            found["state"], clock.today(), found["opens_on"], found["closes_on"]
        ):
            raise Refused(why)
        text, transcript = said.text.strip(), said.transcript.strip()
        if not text and not transcript and not media:
            raise Invalid({"text": "请写下意见，或者拍照、录音、录像。"})
        number = found["received"] + 1
        opinion = await _write(author, found, said, number, key)
        place = place_of(found)
        await _keep_media(opinion, media, found, sealed=said.sealed)
        await execute("update opinions_draft set received = $2 where id = $1", draft, number)
        label = await value("select label from opinions_opinion where id = $1", opinion)
        await record(
            "opinions.sent",
            ref(OPINION, opinion),
            facts.Sent(opinion, draft, number, label, len(media), said.sealed, by),
            place,
        )
    return Sent(opinion, number)


async def _write(
    author: Author, found: Mapping[str, Any], said: Said, number: int, key: bytes | None
) -> int:
    seen = said.seen if 0 < said.seen <= found["current"] else found["current"]
    then = articles_in(await queries.version_of(found["id"], seen))
    if said.at and articles.find(then, said.at) is None:
        raise Invalid({"at": "没有这一条，请重新选择。"})
    now = (
        then
        if seen == found["current"]
        else articles_in(await queries.version_of(found["id"], found["current"]))
    )
    envelope = await _seal(author, found["region_lo"]) if said.sealed else 0
    return int(
        await value(
            INSERT,
            found["id"],
            number,
            seen,
            said.at,
            articles.label_of(then, said.at),
            articles.standing(said.at, then, now),
            said.text.strip(),
            said.transcript.strip(),
            said.sealed,
            alias(author.person, SEALED_ALIAS if said.sealed else OPEN_ALIAS),
            0 if said.sealed else author.person,
            "" if said.sealed else author.name[:60],
            0 if said.sealed else author.region,
            "" if said.sealed else author.region_name[:120],
            envelope,
            key,
            clock.now(),
            said.said_at[:40],
            found["region_lo"],
            found["org_lo"],
        )
    )


async def _seal(author: Author, region_lo: int) -> int:
    """Who it was, for the custodians; nothing at all where there are none."""
    found = await row("select name, phone from core_person where id = $1", author.person)
    phone = decrypt(found["phone"], "person.phone") if found and found["phone"] else ""
    secret = {
        "name": found["name"] if found else author.name,
        "phone": phone,
        "login": author.login,
        "what": author.title,
    }
    envelope = await seal(secret, region_lo)
    return envelope.id if envelope else 0


async def _keep_media(
    opinion: int, media: Sequence[Received], found: Mapping[str, Any], *, sealed: bool
) -> None:
    """Keep photos and recordings. Under seal they get names of ours: a file's name may tell."""
    place = place_of(found)
    for n, each in enumerate(media, 1):
        name = each.name
        if sealed:
            ending = each.name.rpartition(".")[2][:8] if "." in each.name else ""
            name = f"附件{n}.{ending}" if ending else f"附件{n}"
        kept = await keep(
            replace(each, name=name),
            place=place,
            purpose=KEPT,
        )
        await execute(
            """insert into opinions_attachment
                 (opinion, file, name, kind, media_type, size, sha256, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            opinion,
            kept.id,
            kept.name,
            kept.kind,
            kept.media_type,
            kept.size,
            kept.sha256,
            place.region_lo,
            place.org_lo,
        )


# --- afterwards ----------------------------------------------------------------------------------


async def _own(author: Author, opinion: int) -> dict[str, Any]:
    """One's own opinion, locked; inside a transaction of the register."""
    found = await row(
        """select o.*, d.state as draft_state from opinions_opinion o
           join opinions_draft d on d.id = o.draft
           where o.id = $1 and o.alias = any($2::bytea[]) for update of o""",
        opinion,
        aliases_of(author.person),
    )
    if found is None:
        raise NotFound
    return found


async def _acting(author: Author, opinion: int) -> tuple[Any, str]:
    """The scope in which the author goes on: under seal when he began under seal."""
    found = await queries.own_opinion(opinion, aliases_of(author.person))
    if found is None:
        raise NotFound
    acting = register(author.user)
    if not found["sealed"]:
        return acting, author.title
    under = as_sealed(acting)
    return under.scope, under.by


async def revise(author: Author, opinion: int, text: str, transcript: str) -> None:
    """The author changes what was returned to him; the text before is kept."""
    scope, by = await _acting(author, opinion)
    async with transaction(scope):
        found = await _own(author, opinion)
        asked = await row(
            """select id, appeal_until from opinions_measure
               where opinion = $1 and kind = 'return' and decided = '' order by id desc limit 1""",
            opinion,
        )
        if why := flow.why_not_revise(
            found["state"],
            found["draft_state"],
            clock.today(),
            asked["appeal_until"] if asked else None,
        ):
            raise Refused(why)
        now = clock.now()
        await execute(
            """insert into opinions_former (opinion, text, transcript, until, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6)""",
            opinion,
            found["text"],
            found["transcript"],
            now,
            found["region_lo"],
            found["org_lo"],
        )
        passages = passages_of(await queries.measures_of(opinion))
        await change_opinion(
            opinion,
            text=text.strip(),
            transcript=transcript.strip(),
            shown=flow.shown_of(text.strip(), transcript.strip(), passages),
            state="new",
            revised_at=now,
        )
        if asked:
            await execute(
                """update opinions_measure set decided = 'settled', decided_at = $2 where id = $1""",
                asked["id"],
                now,
            )
        if not await queries.appeal_waits(opinion):
            await close_turn(ref(OPINION, opinion), key="appeal")
        await close_turn(ref(OPINION, opinion), key="author")
        await record(
            "opinions.revised",
            ref(OPINION, opinion),
            facts.Sent(
                opinion, found["draft"], found["number"], found["label"], 0, found["sealed"], by
            ),
            place_of(found),
        )


async def appeal(author: Author, measure: int, opinion: int, reason: str) -> None:
    """申诉 against a measure; it is the bureau's turn."""
    scope, by = await _acting(author, opinion)
    async with transaction(scope):
        found = await _own(author, opinion)
        against = await row(
            "select * from opinions_measure where id = $1 and opinion = $2 for update",
            measure,
            opinion,
        )
        if against is None:
            raise NotFound
        if why := flow.why_not_appeal(
            against["kind"],
            against["decided"] != "",
            against["appealed_at"] is not None,
            clock.today(),
            against["appeal_until"],
        ):
            raise Refused(why)
        await execute(
            "update opinions_measure set appeal = $2, appealed_at = $3 where id = $1",
            measure,
            reason.strip(),
            clock.now(),
        )
        words = flow.ACTS[against["kind"]]
        await record(
            "opinions.appealed",
            ref(OPINION, opinion),
            facts.Appealed(opinion, found["number"], words, by),
            place_of(found),
        )
        title = await value("select title from opinions_draft where id = $1", found["draft"])
        await hand_turn(
            ref(OPINION, opinion),
            title=f"申诉：{title}",
            subline=f"第 {found['number']} 件意见，对“{words}”不服",
            step_title="答复申诉",
            path=f"/opinions/opinion/{opinion}",
            holder_org=found["org_lo"],
            permission=MANAGE,
            place=place_of(found),
            key="appeal",
        )


async def looked(author: Author, opinion: int) -> None:
    """The author has opened it: nothing is news any more."""
    async with transaction(register()):
        await execute(
            """update opinions_opinion set news = false
               where id = $1 and alias = any($2::bytea[]) and news""",
            opinion,
            aliases_of(author.person),
        )
