# SPDX-License-Identifier: Apache-2.0
"""What an office keeps ready: supervisors with cards, basis documents, its duties, its templates."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import Place, SubjectRef, execute, retried, row, transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import person
from plugins.supervision import facts
from plugins.supervision.rules.kinds import CONTENTS, MANAGE
from plugins.supervision.rules.papers import PAPERS
from plugins.supervision.rules.programme import number_problem
from plugins.supervision.services.base import Actor, invalid, must, organ_of

INSPECTOR = "supervision.inspector"


async def _note(kind: str, noun: str, id_: int, title: str, place: Place, words: str = "") -> None:
    await record(
        f"supervision.{kind}",
        SubjectRef(f"supervision.{noun}", id_),
        facts.Registered(id_, title, words),
        place,
    )


@retried
async def enter_inspector(who: Actor, person_id: int, card: str, valid_until: date | None) -> int:
    """A person of one's own office and his supervision card; a renewed card replaces the old."""
    must(who, MANAGE)
    async with transaction(who.scope):
        own = await organ_of(who)
        found = await person(person_id) if person_id else None
        faults = {}
        if found is None or found.organisation != own.id or found.closed:
            faults["person"] = "选择本机关的在职人员。"
        if len(card.strip()) < 4:
            faults["card"] = "写明行政执法监督证件号码。"
        if valid_until is None or valid_until < clock.today():
            faults["valid_until"] = "证件有效期应当晚于今天。"
        other = await row(
            "select name from supervision_inspector where card = $1 and person <> $2",
            card.strip(),
            person_id,
        )
        if other:
            faults["card"] = f"这个证件号码已经登记给{other['name']}。"
        invalid(faults)
        assert found is not None
        made = await row(
            "insert into supervision_inspector (person, name, organ, organ_name, card, valid_until,"
            " withdrawn_reason, region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, '', $7, $8)"
            " on conflict (person) do update set card = $5, valid_until = $6, organ = $3,"
            " organ_name = $4, withdrawn_at = null, withdrawn_reason = '' returning id",
            found.id,
            found.name,
            own.id,
            own.name,
            card.strip(),
            valid_until,
            own.region_lo,
            own.lo,
        )
        assert made is not None
        await _note(
            "inspector_entered",
            "inspector",
            made["id"],
            found.name,
            Place(own.region_lo, own.lo),
            card.strip(),
        )
    return int(made["id"])


@retried
async def withdraw_inspector(who: Actor, inspector: int, reason: str) -> None:
    """收回监督证件: from now on he may not act; what he did stays."""
    must(who, MANAGE)
    if len(reason.strip()) < 4:
        raise Invalid({"reason": "写明收回的理由。"})
    async with transaction(who.scope):
        own = await organ_of(who)
        changed = await row(
            "update supervision_inspector set withdrawn_at = $2, withdrawn_reason = $3"
            " where id = $1 and withdrawn_at is null and organ = $4 returning name",
            inspector,
            clock.now(),
            reason.strip(),
            own.id,
        )
        if changed is None:
            raise Conflict("监督证件已经收回，或者不是本机关的人员。")
        await _note(
            "inspector_withdrawn",
            "inspector",
            inspector,
            changed["name"],
            Place(own.region_lo, own.lo),
            reason.strip(),
        )


@retried
async def enter_basis(
    who: Actor,
    number: str,
    title: str,
    issuer: str,
    issued_on: date | None,
    file: Received | None = None,
) -> int:
    """A basis document, readable by every office below."""
    must(who, MANAGE)
    faults = {}
    if problem := number_problem(number):
        faults["number"] = problem
    if len(title.strip()) < 4:
        faults["title"] = "写明文件名称。"
    if len(issuer.strip()) < 2:
        faults["issuer"] = "写明发文机关。"
    if issued_on and issued_on > clock.today():
        faults["issued_on"] = "发文日期不能晚于今天。"
    invalid(faults)
    async with transaction(who.scope):
        own = await organ_of(who)
        place = Place(own.region_lo, own.lo)
        kept = await keep(file, place=place, purpose="supervision.basis") if file else None
        made = await row(
            "insert into supervision_basis (number, title, issuer, issued_on, file, organ,"
            " region_lo, org_lo, aud_lo, aud_hi) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
            " on conflict do nothing returning id",
            number.strip(),
            title.strip(),
            issuer.strip(),
            issued_on,
            kept.id if kept else None,
            own.id,
            place.region_lo,
            place.org_lo,
            who.scope.region.lo,
            who.scope.region.hi,
        )
        if made is None:
            raise Invalid({"number": "这个文号已经登记。"})
        await _note(
            "basis_entered", "basis", made["id"], f"{number.strip()} {title.strip()}", place
        )
    return int(made["id"])


@retried
async def add_duty(
    who: Actor, title: str, content: str, way: str, liability: str, basis: int | None
) -> int:
    """A line of the office's own list of duties: what, how it is performed, what one answers for."""
    must(who, MANAGE)
    faults = {}
    if len(title.strip()) < 4:
        faults["title"] = "写明职责，至少 4 个字。"
    if content not in CONTENTS:
        faults["content"] = "选择所属的监督内容。"
    if len(way.strip()) < 2:
        faults["way"] = "写明履职方式。"
    if len(liability.strip()) < 2:
        faults["liability"] = "写明工作责任。"
    invalid(faults)
    async with transaction(who.scope):
        own = await organ_of(who)
        made = await row(
            "insert into supervision_duty (organ, organ_name, title, content, way, liability, basis,"
            " region_lo, org_lo, aud_lo, aud_hi)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id",
            own.id,
            own.name,
            title.strip(),
            content,
            way.strip(),
            liability.strip(),
            basis,
            own.region_lo,
            own.lo,
            who.scope.region.lo,
            who.scope.region.hi,
        )
        assert made is not None
        place = Place(own.region_lo, own.lo)
        await _note("duty_added", "duty", made["id"], title.strip(), place)
    return int(made["id"])


@retried
async def remove_duty(who: Actor, duty: int) -> None:
    """A duty ends; it stays in the record."""
    must(who, MANAGE)
    async with transaction(who.scope):
        own = await organ_of(who)
        changed = await row(
            "update supervision_duty set removed_at = $2 where id = $1 and organ = $3"
            " and removed_at is null returning title",
            duty,
            clock.now(),
            own.id,
        )
        if changed is None:
            raise NotFound("没有找到这项职责，或者不是本机关的。")
        await _note("duty_removed", "duty", duty, changed["title"], Place(own.region_lo, own.lo))


@retried
async def replace_template(who: Actor, kind: str, file: Received) -> None:
    """The office's own DOCX layout, already checked; documents issued from now on use it."""
    must(who, MANAGE)
    if kind and kind not in PAPERS:
        raise Invalid({"kind": "选择文书种类。"})
    async with transaction(who.scope):
        own = await organ_of(who)
        place = Place(own.region_lo, own.lo)
        kept = await keep(file, place=place, purpose="supervision.template")
        made = await row(
            "insert into supervision_template (organ, kind, file, name, at, by_name, region_lo,"
            " org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (organ, kind)"
            " do update set file = $3, name = $4, at = $5, by_name = $6 returning id",
            own.id,
            kind,
            kept.id,
            file.name,
            clock.now(),
            who.name,
            place.region_lo,
            place.org_lo,
        )
        assert made is not None
        words = PAPERS[kind].title if kind else "全部文书"
        await _note("template_changed", "template", made["id"], words, place, file.name)


@retried
async def drop_template(who: Actor, kind: str) -> None:
    """Back to the platform's layout."""
    must(who, MANAGE)
    async with transaction(who.scope):
        own = await organ_of(who)
        found = await row(
            "select id from supervision_template where organ = $1 and kind = $2", own.id, kind
        )
        if found is None:
            raise NotFound("没有自己的模板。")
        await execute("delete from supervision_template where id = $1", found["id"])
        words = PAPERS[kind].title if kind else "全部文书"
        place = Place(own.region_lo, own.lo)
        await _note("template_changed", "template", found["id"], words, place, "恢复平台模板")


async def own_persons(who: Actor) -> Sequence[dict[str, Any]]:
    """The persons of one's own office who can be entered as supervisors."""
    from core.api.db import rows

    return await rows(
        "select p.id, p.name from core_person p where p.organisation = $1 and p.closed_at is null"
        " order by p.name limit 300",
        who.organ,
    )
