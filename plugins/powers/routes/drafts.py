# SPDX-License-Identifier: Apache-2.0
"""Pages of drafts: the list, starting one, one draft with its road, what it changes."""

from dataclasses import replace
from typing import Any

from litestar.params import FromPath, FromQuery

from core.api.access import Visitor, requires, visitor
from core.api.db import rows, transaction
from core.api.errors import Invalid, NotFound
from core.api.facts import history
from core.api.people import organisations_in
from core.api.plugin import SubjectRef
from core.api.turns import holds
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    number_of,
    page,
    panels_for,
    post,
    redirect,
    wants_xlsx,
)
from plugins.powers.forms.drafts import CLASS_WORDS, CopyForm, ImportForm, NewForm
from plugins.powers.queries.drafts import (
    DRAFTS,
    SUBJECT,
    DraftRow,
    find_draft,
    version_definition,
)
from plugins.powers.queries.items import find_item
from plugins.powers.routes.content import actor, content_of, grouped, toml_response
from plugins.powers.rules import approval as rules
from plugins.powers.rules import locate_faults
from plugins.powers.rules.comparing import SECTIONS, Change, compare
from plugins.powers.rules.linting import lint
from plugins.powers.rules.writing import write_item
from plugins.powers.services import approving, drafting
from plugins.powers.services.entering import shipped_procedures
from plugins.powers.services.offers import offered_kinds
from plugins.powers.showing import life_of, story_of

PROCEDURE_WORDS = {
    "penalty_ordinary": "行政处罚普通程序",
    "penalty_summary": "行政处罚简易程序",
    "licence": "行政许可",
    "inspection": "行政检查",
    "coercion": "行政强制",
    "confirmation": "行政确认",
    "levy": "行政征收",
    "payment": "行政给付",
    "ruling": "行政裁决",
}


@get("/drafts", guards=[requires(rules.READ)])
async def list_drafts(request: Request) -> Response:
    """Drafts of the bodies one answers for, with whose turn each is."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, DRAFTS, await DRAFTS.export(request, who.scope))
        listing = await DRAFTS.page(request, who.scope, tab_counts=True)
        balls = await holds([_ref(row["id"]) for row in listing.rows], who)
    for row in listing.rows:
        row["chip"] = rules.STATE_WORDS[row["state"]]
        row["hold"] = next(iter(balls.get(_ref(row["id"]), ())), None)
    return page(
        request,
        "powers/drafts.html",
        listing=listing,
        classes=CLASS_WORDS,
        may_edit=rules.EDIT in who.permissions,
    )


def _ref(draft: int) -> SubjectRef:
    return SubjectRef(SUBJECT, draft)


# --- starting one --------------------------------------------------------------------------------


@get("/drafts/new", guards=[requires(rules.EDIT)])
async def new_draft(request: Request, item: FromQuery[int] = 0) -> Response:
    """The ways to begin: new, like another item, from a file."""
    return await _new_page(request, item)


async def _new_page(request: Request, item: int = 0, status: int = 200, **forms: Any) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        bodies = await organisations_in(who.scope)
        like = await find_item(item, who.scope) if item else None
    known = [(name, PROCEDURE_WORDS.get(name, name)) for name in shipped_procedures()]
    return page(
        request,
        "powers/draft_new.html",
        status=status,
        bodies=[(one.id, one.name) for one in bodies if one.kind != "government"],
        classes=list(CLASS_WORDS.items()),
        procedures=known,
        like=like,
        form_of=forms.get,
    )


@post("/drafts/new", guards=[requires(rules.EDIT)])
async def create_draft(request: Request) -> Response:
    """A new item from nothing or from a procedure."""
    form = await bind(request, NewForm)
    if not form.ok:
        return await _new_page(request, 0, 422, new=form)
    value = form.value
    try:
        draft = await drafting.create_draft(
            actor(visitor(request)),
            value.organisation,
            value.title,
            value.code,
            value.power_class,
            value.procedure,
        )
    except Invalid as error:
        return await _new_page(request, 0, 422, new=_with(form, error))
    return redirect(request, f"/powers/drafts/{draft}/edit/basics", message="草稿已建立。")


@post("/drafts/copy", guards=[requires(rules.EDIT)])
async def copy_item(request: Request) -> Response:
    """A new item that begins as another."""
    form = await bind(request, CopyForm)
    item = number_of(str(form.get("item"))) or 0
    if not form.ok:
        return await _new_page(request, item, 422, copy=form)
    value = form.value
    try:
        draft = await drafting.copy_item(
            actor(visitor(request)), value.item, value.organisation, value.title, value.code
        )
    except Invalid as error:
        return await _new_page(request, item, 422, copy=_with(form, error))
    return redirect(request, f"/powers/drafts/{draft}", message="草稿已建立。")


@post("/drafts/import", guards=[requires(rules.EDIT)])
async def import_draft(request: Request) -> Response:
    """A draft from a TOML file."""
    form = await bind(request, ImportForm)
    sent = form.files.get("file", [])
    if not sent:
        form.error("file", "请选择 TOML 文件。")
    elif sent[0].size > drafting.MAX_TOML:
        form.error("file", f"文件超过 {drafting.MAX_TOML // 1024} KB，事项文件不会这么大。")
    if not form.ok:
        return await _new_page(request, 0, 422, file=form)
    try:
        text = (await sent[0].read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        form.error("file", "文件不是 UTF-8 编码的文字，请另存为 UTF-8 再上传。")
        return await _new_page(request, 0, 422, file=form)
    value = form.value
    try:
        draft = await drafting.import_draft(
            actor(visitor(request)), text, value.organisation, value.item, sent[0].name[:100]
        )
    except Invalid as error:
        return await _new_page(request, 0, 422, file=_with(form, error))
    return redirect(request, f"/powers/drafts/{draft}", message="文件已读入草稿。")


def _with(form: Bound[Any], error: Invalid) -> Bound[Any]:
    for key, sentence in error.errors.items():
        form.error(key, sentence)
    return form


@post("/{item:int}/revise", guards=[requires(rules.EDIT)])
async def revise_item(request: Request, item: FromPath[int]) -> Response:
    """修订: a draft of the next version."""
    draft = await drafting.revise_item(actor(visitor(request)), item)
    return redirect(
        request, f"/powers/drafts/{draft}", message="草稿已建立，旧版在新版生效前一直有效。"
    )


# --- one draft -----------------------------------------------------------------------------------


async def load(who: Visitor, draft: int) -> DraftRow:
    """The draft, or 404. Inside the caller's transaction."""
    found = await find_draft(draft, who.scope)
    if found is None:
        raise NotFound("没有找到这份草稿，或者不在你的管理范围内。")
    return found


async def changes_of(found: DraftRow) -> list[Change]:
    """What the draft changes against the version in force; empty for a new item."""
    if found.item is None or not found.current:
        return []
    number = found.version - 1 if found.state == rules.EFFECTIVE else found.current
    current = await version_definition(found.item, number) if number else None
    return compare(current, found.definition) if current else []


async def draft_page(request: Request, draft: int, status: int = 200, **forms: Any) -> Response:
    """One draft: where it stands, what is wrong with it, what it changes, what comes next."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await load(who, draft)
        await approving.opened(actor(who), found)
        balls = await holds([found.ref], who)
        told = await history(found.ref)
        changes = await changes_of(found)
        changed = await drafting.differs(found)
        gate = await approving.gate_of(found) if found.state == rules.FINAL else None
        may_try = await approving.may_try(found)
        actors = [fact.actor for fact in told if fact.actor]
        names = await rows("select id, name from core_user where id = any($1::int8[])", actors)
        told_of = replace(found.standing(), first_by=approving.first_reviewer(told))
        people, me = await approving.apart(told_of, who.user_id)
        elsewhere = (
            await approving.why_not_decide(actor(who), found) if found.state == rules.FINAL else []
        )
    faults = locate_faults(found.definition)
    findings = lint(found.definition, offered_kinds())
    errors = [one for one in findings if one.level == "error"]
    standing = replace(people, faults=len(faults), errors=len(errors), changed=changed)
    return page(
        request,
        "powers/draft.html",
        status=status,
        draft=found,
        standing=standing,
        holds=balls.get(found.ref, ()),
        life_items=life_of(found),
        section_titles=SECTIONS,
        faults=faults,
        findings=findings,
        changes=grouped(changes),
        story=story_of(told, {one["id"]: one["name"] for one in names}),
        gate=gate,
        gate_text=[one.text for found_ in gate.blockers.values() for one in found_] if gate else [],
        may_try=may_try and found.open,
        panels=panels_for(request, "powers.draft"),
        acts=_acts(who, standing, me, elsewhere),
        may_recall=rules.SUBMIT in who.permissions and not rules.why_not_recall(standing, me),
        may_edit=rules.EDIT in who.permissions and not rules.why_not_edit(standing),
        form_of=forms.get,
        **await content_of(found.definition, who),
    )


def _acts(
    who: Visitor, standing: rules.Standing, me: int, elsewhere: list[str]
) -> dict[str, list[str]]:
    """What the visitor's role may do with the draft, and why not now."""
    known = {
        "legal": (rules.EDIT, rules.why_not_ask_legal(standing)),
        "submit": (rules.SUBMIT, rules.why_not_submit(standing)),
        "check": (rules.LEGAL_REVIEW, rules.why_not_pass(standing, me, rules.LEGAL)),
        "first": (rules.FIRST_REVIEW, rules.why_not_pass(standing, me, rules.FIRST)),
        "final": (rules.FINAL_REVIEW, [*elsewhere, *rules.why_not_pass(standing, me, rules.FINAL)]),
    }
    at = {"check": rules.LEGAL, "first": rules.FIRST, "final": rules.FINAL}
    return {
        name: reasons
        for name, (permission, reasons) in known.items()
        if permission in who.permissions
        and (standing.state == at[name] if name in at else standing.state in rules.EDITABLE)
        and not (name == "legal" and standing.legal_stands)
    }


@get("/drafts/{draft:int}", guards=[requires(rules.READ)])
async def show_draft(request: Request, draft: FromPath[int]) -> Response:
    """One draft."""
    return await draft_page(request, draft)


@get("/drafts/{draft:int}/toml", guards=[requires(rules.READ)])
async def export_draft(request: Request, draft: FromPath[int]) -> Response:
    """The draft as a TOML file."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await load(who, draft)
        await approving.opened(actor(who), found)
    note = f"{found.title}\n{found.organisation_name}，草稿，第 {found.revision} 次保存"
    return toml_response(write_item(found.definition, note), found.code, found.base_version + 1)


@get("/drafts/{draft:int}/compare", guards=[requires(rules.READ)])
async def compare_draft(request: Request, draft: FromPath[int]) -> Response:
    """Everything the draft changes against the version in force, in words."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await load(who, draft)
        await approving.opened(actor(who), found)
        changes = await changes_of(found)
    number = found.version - 1 if found.state == rules.EFFECTIVE else found.current
    return page(
        request,
        "powers/compare.html",
        title=found.title,
        back=(found.path, f"{found.title}（草稿）"),
        older=f"第 {number} 版" if number and found.item else "",
        newer="草稿" if found.open else f"第 {found.version} 版",
        changes=grouped(changes),
        history=[],
        item=0,
        numbers=(0, 0),
    )


@get("/drafts/{draft:int}/renew", guards=[requires(rules.EDIT)])
async def show_renewal(request: Request, draft: FromPath[int]) -> Response:
    """What the version now in force would bring into the draft, before anything is done."""
    return await _renewal_page(request, draft)


async def _renewal_page(request: Request, draft: int) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await load(who, draft)
        merged = await drafting.renewal_of(found)
    return page(
        request,
        "powers/renew.html",
        draft=found,
        merged=merged,
        changes=grouped(compare(found.definition, merged.definition)) if merged else [],
        locked=rules.why_not_edit(found.standing()),
    )


ROUTES = (
    list_drafts,
    new_draft,
    create_draft,
    copy_item,
    import_draft,
    revise_item,
    show_draft,
    export_draft,
    compare_draft,
    show_renewal,
)
