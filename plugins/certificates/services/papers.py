# SPDX-License-Identifier: Apache-2.0
"""Papers of other plugins, signed like cards: by the county's key, with a place in the same list.

Who issued them says what there is and how each stands (``core.api.credentials``); here they get
their signature, their place, and for a telephone a code that is good for two minutes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from core.api import clock
from core.api.credentials import VALID, Credential, CredentialKind, Shown, kinds
from core.api.db import row, rows
from core.api.jobs import enqueue
from core.api.plugin import Place
from plugins.certificates.rules import status_list, token
from plugins.certificates.rules.token import CardClaims
from plugins.certificates.services.signing import (
    Ready,
    ask_for_list,
    ask_to_sign,
    issuing_region,
    key_for,
)

MOVE = "certificates.sign_moving"
MOVES: Final = timedelta(minutes=2)
"""How long a code on a telephone is good: longer than it takes to hold it out and scan it, shorter
than it takes to send a picture of it to somebody else and have him stand there."""
EARLY: Final = timedelta(minutes=1)
"""By how much the clock of the telephone that checks it may be behind."""
ADDRESS = "/certificates/check/of/{kind}/{code}"


def address(kind: str, paper: Credential, signed: str) -> str:
    """Where the code of a paper leads; only the page sees what stands after the ``#``."""
    path = ADDRESS.format(kind=kind, code=paper.code)
    return f"{path}#{signed}" if signed else path


def _claims(
    kind: CredentialKind, paper: Credential, placed: Mapping[str, Any], **times: Any
) -> CardClaims:
    return CardClaims(
        number=paper.number,
        name=paper.name,
        unit=paper.issuer,
        region=paper.region,
        powers="",
        kind="",
        index=placed["id"] - 1,
        title=kind.title,
        ends=token.day_ends(paper.ends),
        placed_at=int(placed["placed_at"].timestamp()),
        **times,
    )


def digest(kind: CredentialKind, paper: Credential) -> str:
    """Changes when anything that stands in the signed code does."""
    told = (
        kind.title,
        paper.code,
        paper.number,
        paper.name,
        paper.issuer,
        paper.region,
        paper.begins.isoformat(),
        paper.ends.isoformat(),
    )
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


async def _key_of(paper: Credential, keys: dict[int, Ready]) -> Ready:
    if paper.region_lo not in keys:
        code, name = await issuing_region(paper.region_lo)
        keys[paper.region_lo] = await key_for("card", code, name)
    return keys[paper.region_lo]


async def sign_papers() -> int:
    """Sign every paper that has no code yet, or another one than it should have; how many."""
    done, keys, today = 0, dict[int, Ready](), clock.today()
    for name, kind in kinds().items():
        known = {
            each["paper"]: each
            for each in await rows(
                """select p.*, (k.id is null or k.withdrawn_at is not null) as lost
                   from certificates_paper p left join certificates_key k on k.kid = p.kid
                   where p.kind = $1""",
                name,
            )
        }
        for paper in await kind.listed(()):
            was = known.get(paper.ref)
            fits = was and not was["lost"] and was["content"] == digest(kind, paper)
            if fits or paper.state != VALID or paper.ends < today:
                continue
            await _sign(name, kind, paper, await _key_of(paper, keys))
            done += 1
    return done


_PLACED = """
insert into certificates_paper (id, kind, paper, content, kid, signed_at, placed_at, region_lo, org_lo)
values (nextval(pg_get_serial_sequence('certificates_signed', 'id')), $1, $2, $3, $4, $5, $5, $6, $7)
on conflict (kind, paper) do update
  set content = excluded.content, kid = excluded.kid, signed_at = excluded.signed_at
returning id, placed_at
"""


async def _sign(name: str, kind: CredentialKind, paper: Credential, key: Ready) -> dict[str, Any]:
    """The place of a paper that was signed now, its address told to who issued it.

    The place is taken before anything is signed: of two jobs that come to the same new paper the
    second waits here and gets the place of the first.
    """
    now = clock.now()
    placed = await row(
        _PLACED,
        name,
        paper.ref,
        digest(kind, paper),
        key.kid.hex(),
        now,
        paper.region_lo,
        paper.org_lo,
    )
    assert placed is not None
    claims = _claims(
        kind,
        paper,
        placed,
        issued_at=int(now.timestamp()),
        begins=token.day_begins(paper.begins),
        expires=token.day_ends(paper.ends),
    )
    told = token.text_of(key.seal(token.payload_of(claims)))
    await kind.keep(paper.ref, address(name, paper, told))
    return placed


async def sign_moving(payload: Mapping[str, Any]) -> None:
    """The job: a code for the telephone of a paper's holder, good for the next two minutes."""
    name, ref = str(payload["kind"]), int(payload["ref"])
    kind = kinds().get(name)
    found = await kind.listed((ref,)) if kind else ()
    now, today = clock.now(), clock.today()
    if kind is None or not found:
        return
    paper = found[0]
    if paper.state != VALID or not paper.begins <= today <= paper.ends:
        return  # it ended while the telephone was asking
    key = await _key_of(paper, {})
    placed = await row(
        "select id, placed_at from certificates_paper where kind = $1 and paper = $2", name, ref
    )
    if placed is None:
        placed = await _sign(name, kind, paper, key)
        await ask_for_list()
    until = now + MOVES
    claims = _claims(
        kind,
        paper,
        placed,
        issued_at=int(now.timestamp()),
        begins=int((now - EARLY).timestamp()),
        expires=int(until.timestamp()),
        moving=True,
    )
    told = token.text_of(key.seal(token.payload_of(claims)))
    await kind.keep_moving(ref, address(name, paper, told), until)


async def papers_in_list() -> tuple[Sequence[tuple[int, int]], int]:
    """Places and states of the papers that are not valid, and the last place of any paper.

    A paper that is not there any more, or whose plugin is gone, is nobody's word: cancelled.
    """
    marked: list[tuple[int, int]] = []
    places = await rows("select id, kind, paper from certificates_paper")
    for name in {each["kind"] for each in places}:
        kind = kinds().get(name)
        papers: Iterable[Credential] = await kind.listed(()) if kind else ()
        states = {paper.ref: paper.state for paper in papers}
        marked += [
            (each["id"] - 1, status_list.STATES.get(states.get(each["paper"], ""), 1))
            for each in places
            if each["kind"] == name and states.get(each["paper"]) != VALID
        ]
    return marked, max((each["id"] for each in places), default=0)


# --- from the web ------------------------------------------------------------------------------


async def wake() -> None:
    """Have what changed signed and listed soon; in the transaction of the change."""
    await ask_to_sign()
    await ask_for_list()


async def ask_to_move(kind: str, ref: int) -> None:
    """Have a code for a telephone signed; asked again while it waits, it is one job."""
    await enqueue(MOVE, {"kind": kind, "ref": ref}, key=f"{MOVE}.{kind}.{ref}", place=Place(0))


async def look(
    kind: str, code: str, number: str, today: date
) -> tuple[CredentialKind, Shown] | None:
    """A paper of a kind as anybody may see it, by the code in its address or by its number."""
    found = kinds().get(kind)
    shown = await found.look(code, number, today) if found else None
    return (found, shown) if found and shown else None


async def look_by_number(number: str, today: date) -> tuple[CredentialKind, Shown] | None:
    """The same when the kind is not known: a number was read off or typed."""
    for kind in kinds():
        if shown := await look(kind, "", number, today):
            return shown
    return None
