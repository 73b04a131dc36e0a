# SPDX-License-Identifier: Apache-2.0
"""公示: publishing the abstract of a decision, and withdrawing it."""

from dataclasses import dataclass

from core.api import clock
from core.api.db import execute, retried, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from plugins.cases.queries import (
    CaseFile,
    disclosure_of,
    document_of,
    party_of,
    recipients_of,
)
from plugins.cases.rules.disclosing import Abstract, abstract_of
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.money import show_money
from plugins.cases.services.acting import Actor, done_before, open_file, remember
from plugins.cases.services.documents import stop_document_clocks, tell_document
from plugins.cases.services.opening import party_in_full
from plugins.cases.services.serving import recipient_of

TEXT_MAX = 4000


@dataclass(frozen=True, slots=True)
class AbstractText:
    """The three texts of an abstract as typed."""

    facts: str
    basis: str
    content: str


def publish_refusal(document: dict[str, object], published: bool) -> str:
    """Why an abstract cannot be published; empty when it can."""
    if not document["published"]:
        return "这种文书不公示。"
    if published:
        return "已经公示。"
    if document["state"] != "issued":
        return "这份文书已经作废或者被更正，不公示。"
    if document["served"] and not document["served_on"]:
        return "送达当事人以后才能公示。"
    return ""


def suggested(file: CaseFile) -> AbstractText:
    """What the case itself says of facts, basis and content."""
    values, decision = file.earlier_values, file.row["decision"] or {}
    facts = next((str(values[k]) for k in ("facts", "report", "summary") if values.get(k)), "")
    content = str(decision.get("outcome") or file.row["outcome"] or "")
    if decision.get("kinds"):
        content += "：" + "、".join(decision["kinds"])
    if decision.get("amount"):
        content += f"，罚款 {show_money(decision['amount'])} 元"
    basis = str(decision.get("basis") or "；".join(b.label for b in file.definition.basis))
    return AbstractText(facts, basis, content)


async def abstract_for(actor: Actor, file: CaseFile, text: AbstractText) -> Abstract:
    """The abstract as it would be published: masked by rule, whatever was typed."""
    sealed = await party_of(actor.scope, file.id)
    full = party_in_full(sealed)
    party = {**full, "kind": str(sealed.get("kind") or ""), "code": str(sealed.get("code") or "")}
    signed = await recipients_of(actor.scope, file.id)
    people = [recipient_of(r) for r in signed]
    return abstract_of(
        party, facts=text.facts, basis=text.basis, content=text.content, people=people
    )


@retried
async def publish_abstract(
    actor: Actor, case: int, document: int, text: AbstractText, *, token: str = ""
) -> Abstract:
    """Publish the abstract of a served decision; ends the period for publishing."""
    if not actor.approves:
        raise Refused("公示由负责人批准，你现在的角色没有批准权限。")
    cleaned = AbstractText(clean_text(text.facts), clean_text(text.basis), clean_text(text.content))
    errors = {
        name: f"最多 {TEXT_MAX:,} 个字，现在是 {len(getattr(cleaned, name)):,} 个字。"
        for name in ("facts", "basis", "content")
        if len(getattr(cleaned, name)) > TEXT_MAX
    }
    if not cleaned.content:
        errors["content"] = "请填写决定的内容。"
    if errors:
        raise Invalid(errors)
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = await document_of(actor.scope, case, document)
        if found is None:
            raise NotFound("没有找到这份文书。")
        made = await abstract_for(actor, file, cleaned)
        if await done_before(token, "disclose"):
            return made
        standing = await disclosure_of(document)
        refusal = publish_refusal(found, bool(standing and standing["published"]))
        if refusal:
            raise Refused(refusal)
        await value(
            """insert into cases_disclosure (case_id, document, number, title, party, party_code,
                 power_class, facts, basis, content, organ, decided_on, published_at, by_name,
                 region_lo, org_lo, published)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, true)
               on conflict (document) do update set party = excluded.party,
                 party_code = excluded.party_code, facts = excluded.facts, basis = excluded.basis,
                 content = excluded.content, published_at = excluded.published_at,
                 by_name = excluded.by_name, withdrawn_at = null, reason = '', published = true
               returning id""",
            case,
            document,
            found["number"],
            found["title"],
            made.party[:160],
            made.party_code,
            file.row["power_class"],
            made.facts,
            made.basis,
            made.content,
            file.row["body_name"][:120],
            clock.local(found["issued_at"]).date(),
            clock.now(),
            actor.name[:60],
            file.place.region_lo,
            file.place.org_lo,
        )
        await stop_document_clocks(file, document, ("disclose",))
        await remember(file, actor, token, "disclose")
        await tell_document(
            file, actor, "disclosed", found, f"公示{found['title']}{found['number']}的摘要"
        )
        return made


@retried
async def withdraw_abstract(
    actor: Actor, case: int, document: int, reason: str, *, token: str = ""
) -> None:
    """Withdraw what was published, with the reason (《行政处罚法》第四十八条)."""
    if not actor.approves:
        raise Refused("撤回公示由负责人批准，你现在的角色没有批准权限。")
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明撤回的理由。"})
    if len(reason) > 300:
        raise Invalid({"reason": "理由最多 300 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = await document_of(actor.scope, case, document)
        standing = await disclosure_of(document) if found else None
        if found is None or standing is None:
            raise NotFound("没有找到公示的摘要。")
        if await done_before(token, "withdraw"):
            return
        if not standing["published"]:
            raise Refused("已经撤回。")
        await execute(
            """update cases_disclosure set published = false, withdrawn_at = $2, reason = $3
               where document = $1""",
            document,
            clock.now(),
            reason,
        )
        await stop_document_clocks(file, document, ("withdraw",))
        await remember(file, actor, token, "withdraw")
        await tell_document(
            file,
            actor,
            "disclosed",
            found,
            f"撤回公示的{found['title']}{found['number']}：{reason}",
        )
