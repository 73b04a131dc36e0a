# SPDX-License-Identifier: Apache-2.0
"""Making a draft: begin it, save an entry, bring it up to date, withdraw it.

Each save carries the revision it was made from. Who saves an older one is told what happened
meanwhile and keeps what he typed; nothing is overwritten unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    execute,
    json,
    lock_subjects,
    retried,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.people import OrganisationRow, organisation
from core.api.regions import RegionRow, region
from core.api.turns import close_turn
from plugins.powers import facts
from plugins.powers.queries.drafts import DraftRow, code_taken, find_draft, version_definition
from plugins.powers.queries.items import find_item
from plugins.powers.rules import (
    Definition,
    ReadingError,
    digest_of,
    locate_faults,
    read_item,
)
from plugins.powers.rules import approval as rules
from plugins.powers.rules.comparing import Merged, compare, merge, numbered, same
from plugins.powers.rules.linting import lint
from plugins.powers.rules.writing import can_be_stored
from plugins.powers.services.entering import place_item, shipped_procedures
from plugins.powers.services.offers import offered_kinds
from plugins.powers.services.turns import give_editor

MAX_TOML = 512 * 1024


class Overtaken(Conflict):
    """Somebody saved another revision meanwhile; ``draft`` is what stands now."""

    def __init__(self, draft: DraftRow) -> None:
        self.draft = draft
        who = draft.edited_by_name or "别人"
        moment = clock.local(draft.edited_at)
        super().__init__(
            f"{who}在 {moment:%H:%M} 又保存过这份草稿（第 {draft.revision} 次），"
            "请看过最新的内容再办理。"
        )


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope and with which rights."""

    scope: Scope
    user_id: int
    person_id: int
    name: str
    permissions: frozenset[str]

    def must(self, permission: str, words: str) -> None:
        """Refuse an act that is another office's."""
        if permission not in self.permissions:
            raise Refused(words)


def as_published(definition: Definition, item: int | None, base: int) -> Definition:
    """The definition as it would be published: the item's next version, its moment still open."""
    return msgspec.structs.replace(
        numbered(definition), item=item or 0, version=base + 1, effective_from=""
    )


# --- begin -------------------------------------------------------------------------------------


async def _holder(who: Actor, body: int) -> tuple[OrganisationRow, RegionRow]:
    holder = await organisation(body)
    audience = await region(holder.region) if holder else None
    if holder is None or audience is None or not who.scope.may_write(Place(audience.lo, holder.lo)):
        raise Invalid({"organisation": "没有这个执法主体，或者不在你的管理范围内。"})
    return holder, audience


async def _begin(who: Actor, placed: Definition, item: int | None, base: int, source: str) -> int:
    if await code_taken(placed.organisation, placed.code, item):
        raise Invalid({"code": f"这个主体已经有编码 {placed.code} 的事项，请在那一项上修订。"})
    definition = as_published(placed, item, base)
    moment = clock.now()
    draft: int = await value(
        """insert into powers_draft (item, organisation, base_version, version, state, revision,
             code, title, power_class, definition, digest, source, created_by, created_by_name,
             created_by_person, created_at, edited_by, edited_by_name, edited_at, legal_digest,
             legal_by_name, submitted_by, submitted_by_name, submitted_by_person, first_by_name,
             returned_by_name, returned_reason, region_lo, org_lo)
           values ($1, $2, $3, 0, $4, 1, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, $11,
             $12, $14, '', '', 0, '', 0, '', '', '', $15, $16) returning id""",
        item,
        definition.organisation,
        base,
        rules.DRAFT,
        definition.code,
        definition.title,
        definition.power_class,
        json(msgspec.to_builtins(definition)),
        digest_of(definition),
        source[:200],
        who.user_id,
        who.name,
        who.person_id,
        moment,
        definition.region_lo,
        definition.org_lo,
    )
    found = await find_draft(draft, who.scope)
    if found is None:
        raise NotFound
    await record(
        "powers.draft_created",
        found.ref,
        facts.Drafted(draft, item or 0, found.code, found.title, base, 1, source),
        Place(found.region_lo, found.org_lo),
    )
    await give_editor(found, "编制事项")
    return draft


async def create_draft(
    who: Actor, body: int, title: str, code: str, power_class: str, procedure: str
) -> int:
    """A new item, empty or with the steps and forms of a shipped procedure."""
    who.must(rules.EDIT, "事项由行权机关编制。")
    if procedure and procedure not in shipped_procedures():
        raise Invalid({"procedure": "没有这个程序，请重新选择。"})
    if procedure:
        text = f"procedure = {msgspec.json.encode(procedure).decode()}\ncode = ''\ntitle = ''"
        read = read_item(text, shipped_procedures())
    else:
        read = Definition(0, 0, code, title, power_class)
    async with transaction(who.scope):
        holder, audience = await _holder(who, body)
        read = msgspec.structs.replace(read, title=title, code=code, power_class=power_class)
        return await _begin(who, place_item(read, holder, audience), None, 0, "新建")


@retried
async def revise_item(who: Actor, item: int) -> int:
    """The next version of an item, beginning as the one in force (S1-14)."""
    who.must(rules.EDIT, "事项由行权机关编制。")
    async with transaction(who.scope):
        found = await find_item(item, who.scope)
        if found is None:
            raise NotFound("没有找到这个事项，或者不在你的管理范围内。")
        await _holder(who, found.definition.organisation)
        source = f"第 {found.number} 版"
        return await _begin(who, found.definition, item, found.number, source)


async def copy_item(who: Actor, item: int, body: int, title: str, code: str) -> int:
    """A new item that begins as another one, also one of another body that can be read."""
    who.must(rules.EDIT, "事项由行权机关编制。")
    async with transaction(who.scope):
        found = await find_item(item, who.scope)
        if found is None:
            raise Invalid({"item": "没有这个事项，请从目录里选。"})
        holder, audience = await _holder(who, body)
        read = msgspec.structs.replace(found.definition, title=title, code=code)
        source = f"照着{found.organisation_name}的“{found.definition.title}”"
        return await _begin(who, place_item(read, holder, audience), None, 0, source)


async def import_draft(who: Actor, text: str, body: int, item: int, name: str) -> int:
    """A draft from a TOML file: of a new item of ``body``, or the next version of ``item``."""
    who.must(rules.EDIT, "事项由行权机关编制。")
    try:
        read = read_item(text, shipped_procedures(), where=name)
    except ReadingError as error:
        raise Invalid({"file": " ".join(error.reasons)}) from error
    if not can_be_stored(read):
        raise Invalid({"file": "文件里有存不下的内容：空字符或者无穷大的数。"})
    if len(read.title) > 200 or len(read.code) > 40:
        raise Invalid({"file": "事项名称最多 200 个字，编码最多 40 个字。"})
    async with transaction(who.scope):
        if item:
            found = await find_item(item, who.scope)
            if found is None:
                raise Invalid({"item": "没有这个事项，或者不在你的管理范围内。"})
            holder, audience = await _holder(who, found.definition.organisation)
            return await _begin(
                who, place_item(read, holder, audience), item, found.number, f"文件 {name}"
            )
        holder, audience = await _holder(who, body)
        if not read.number_prefix.startswith(audience.name[:1]):
            prefix = f"{audience.name[:1]}{read.number_prefix}" if read.number_prefix else ""
            read = msgspec.structs.replace(read, number_prefix=prefix)
        return await _begin(who, place_item(read, holder, audience), None, 0, f"文件 {name}")


# --- save --------------------------------------------------------------------------------------


async def hold_draft(who: Actor, draft: int) -> DraftRow:
    """The draft, locked together with its item, if the scope holds it."""
    seen = await find_draft(draft, who.scope)
    if seen is None:
        raise NotFound("没有找到这份草稿，或者不在你的管理范围内。")
    await lock_subjects(
        seen.ref, *([SubjectRef("powers.item", seen.item)] if seen.item is not None else [])
    )
    found = await find_draft(draft, who.scope)
    if found is None:
        raise NotFound
    return found


def refuse(reasons: list[str]) -> None:
    """Raise Refused with every reason, if there is one."""
    if reasons:
        raise Refused(*reasons)


def judged(draft: DraftRow, changed: bool = True) -> rules.Standing:
    """The draft's standing with its faults counted."""
    errors = [one for one in lint(draft.definition, offered_kinds()) if one.level == "error"]
    return draft.standing(
        faults=len(locate_faults(draft.definition)), errors=len(errors), changed=changed
    )


@retried
async def save_draft(
    who: Actor, draft: int, revision: int, change: Callable[[Definition], Definition]
) -> DraftRow:
    """Change the draft of ``revision``; what it said in words goes into the record.

    Raises Overtaken when another revision stands by now. Content the legal office had approved
    and that was changed has to be shown to it again.
    """
    who.must(rules.EDIT, "事项由行权机关编制。")
    async with transaction(who.scope):
        held = await hold_draft(who, draft)
        refuse(rules.why_not_edit(held.standing()))
        if held.revision != revision:
            raise Overtaken(held)
        changed = as_published(change(held.definition), held.item, held.base_version)
        if changed == held.definition:
            return held
        if changed.code != held.code and await code_taken(
            held.organisation, changed.code, held.item
        ):
            raise Invalid({"code": f"这个主体已经有编码 {changed.code} 的事项。"})
        return await _store(who, held, changed, held.base_version)


async def _store(who: Actor, held: DraftRow, changed: Definition, base: int) -> DraftRow:
    after = msgspec.structs.replace(held, definition=changed, base_version=base)
    state = rules.after_edit(after.standing())
    await execute(
        """update powers_draft set definition = $2::jsonb, digest = $3, code = $4, title = $5,
             power_class = $6, revision = revision + 1, edited_by = $7, edited_by_name = $8,
             edited_at = $9, state = $10, base_version = $11 where id = $1""",
        held.id,
        json(msgspec.to_builtins(changed)),
        digest_of(changed),
        changed.code[:40],
        changed.title[:200],
        changed.power_class,
        who.user_id,
        who.name,
        clock.now(),
        state,
        base,
    )
    found = await find_draft(held.id, who.scope)
    if found is None:
        raise NotFound
    if base == held.base_version:
        said = [one.sentence for one in compare(held.definition, changed)]
        await record(
            "powers.draft_edited",
            found.ref,
            facts.Edited(held.id, found.title, found.revision, said[:40]),
            Place(held.region_lo, held.org_lo),
        )
    if state != held.state:
        await give_editor(found, "重新送法制审核")
    return found


# --- up to date, withdrawn ---------------------------------------------------------------------


async def renewal_of(draft: DraftRow) -> Merged | None:
    """What bringing the version in force into the draft would give; None when it is up to date."""
    if draft.item is None or not draft.standing().out_of_date:
        return None
    base = await version_definition(draft.item, draft.base_version)
    current = await version_definition(draft.item, draft.current)
    if base is None or current is None:
        return None
    return merge(base, draft.definition, current)


@retried
async def renew_draft(who: Actor, draft: int, revision: int) -> Merged:
    """Bring the version now in force into the draft.

    Where both changed the same, the draft's words stay and the places are named.
    """
    who.must(rules.EDIT, "事项由行权机关编制。")
    async with transaction(who.scope):
        held = await hold_draft(who, draft)
        refuse(rules.why_not_edit(held.standing()))
        if held.revision != revision:
            raise Overtaken(held)
        merged = await renewal_of(held)
        if merged is None:
            raise Refused("草稿就是以现在生效的版本为基础的，不用合并。")
        changed = as_published(merged.definition, held.item, held.current)
        found = await _store(who, held, changed, held.current)
        await record(
            "powers.draft_renewed",
            found.ref,
            facts.Renewed(
                held.id, found.title, found.base_version, found.revision, list(merged.conflicts)
            ),
            Place(held.region_lo, held.org_lo),
        )
    return merged


@retried
async def withdraw_draft(who: Actor, draft: int) -> None:
    """撤回: the draft is closed and kept; nothing that is in force changes."""
    who.must(rules.EDIT, "草稿由编制它的行权机关撤回。")
    async with transaction(who.scope):
        held = await hold_draft(who, draft)
        refuse(rules.why_not_withdraw(held.standing()))
        await execute(
            "update powers_draft set state = $2, closed_at = $3 where id = $1",
            draft,
            rules.WITHDRAWN,
            clock.now(),
        )
        await record(
            "powers.draft_withdrawn",
            held.ref,
            facts.Drafted(
                draft, held.item or 0, held.code, held.title, held.base_version, held.revision
            ),
            Place(held.region_lo, held.org_lo),
        )
        await close_turn(held.ref)


async def differs(draft: DraftRow) -> bool:
    """Whether the draft says anything else than the version in force."""
    if draft.item is None or not draft.current:
        return True
    current = await version_definition(draft.item, draft.current)
    return current is None or not same(current, draft.definition)
