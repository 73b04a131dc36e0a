# SPDX-License-Identifier: Apache-2.0
"""The editor of a draft: one section as a table, the open form in it, the chart beside it.

Every page works as a plain form; with htmx the editor comes back in place of itself, so that the
chart and the faults follow each save.
"""

from typing import Any

import msgspec
from litestar.params import FromPath, FromQuery

from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    is_htmx,
    page,
    partial,
    post,
    redirect,
    unbound,
)
from plugins.powers.forms.drafts import FixForm, RowForm
from plugins.powers.forms.entries import Unreadable
from plugins.powers.forms.fields import BasicsForm
from plugins.powers.queries.drafts import DraftRow
from plugins.powers.routes.content import actor, flow_chart
from plugins.powers.routes.drafts import load
from plugins.powers.rules import Definition
from plugins.powers.rules import approval as rules
from plugins.powers.rules.editing import (
    BELOW,
    KEYED,
    Gone,
    Where,
    entries,
    find,
    fresh_key,
    mark,
    move,
    put,
    remove,
)
from plugins.powers.rules.linting import apply_fix, lint
from plugins.powers.rules.telling import OPS
from plugins.powers.services import drafting
from plugins.powers.services.drafting import Overtaken
from plugins.powers.showing import (
    Editor,
    control_choices,
    editor_of,
    entry_for,
    inputs_of,
    point_kinds,
    section_names,
)

NEW = "new"
KEPT = "你填的内容还在下面，核对后再保存一次。"
GONE = "这一行刚被别人改过或者移除了。你填的内容还在，再保存一次会作为新的一行加在末尾。"


def _where(section: str, of: str) -> Where:
    if section not in section_names():
        raise NotFound
    return Where(section, of if section in BELOW else "")


async def _answer(request: Request, editor: Editor, status: int = 200, said: str = "") -> Response:
    """The editor alone for htmx, else the whole page around it."""
    draft = editor.draft
    chart = await flow_chart(
        draft.definition,
        f"{draft.path}/edit/steps?row=",
        f"{draft.path}/edit/points?row=",
    )
    context = {
        "editor": editor,
        "draft": draft,
        "power": draft.definition,
        "point_kinds": point_kinds(),
        "evidence_choices": control_choices(draft.definition, evidence=True),
        "control_choices": control_choices(draft.definition),
        "ops": OPS,
        "said": said,
        **chart,
    }
    if is_htmx(request):
        return partial(request, "powers/_editor.html", status=status, **context)
    return page(request, "powers/edit.html", status=status, **context)


async def _load(who: Visitor, draft: int) -> DraftRow:
    async with transaction(who.scope):
        return await load(who, draft)


def _editor(found: DraftRow, where: Where, who: Visitor) -> Editor:
    may_edit = rules.EDIT in who.permissions and not rules.why_not_edit(found.standing())
    try:
        return editor_of(found, where, may_edit=may_edit)
    except Gone:
        raise NotFound("这个表单或者裁量标准已经不在草稿里。") from None


def _open(editor: Editor, row: str, kind: str) -> None:
    """Open the form of an entry in the editor, or of a new one of ``kind``."""
    item, where = editor.draft.definition, editor.where
    if where.section == "basics":
        editor.form = unbound(BasicsForm, item)
        editor.inputs = inputs_of(BasicsForm, item, None, {})
        return
    if not row or (row == NEW and where.section == "points" and not kind):
        return
    old = None
    if row != NEW:
        try:
            old = entries(item, where)[find(item, where, row)]
        except Gone:
            raise NotFound("这一行已经不在草稿里。") from None
    kind = old.kind if old is not None and where.section == "points" else kind
    entry = entry_for(item, where, kind)
    start = entry.start(old) if old is not None else None
    editor.form = unbound(entry.form, start)
    editor.inputs = inputs_of(entry.form, item, old, editor.form.raw)
    editor.row, editor.was = (row, mark(old)) if old is not None else ("", "")
    editor.point_kind = kind


@get("/drafts/{draft:int}/edit/{section:str}", guards=[requires(rules.READ)])
async def edit_section(
    request: Request,
    draft: FromPath[int],
    section: FromPath[str],
    of: FromQuery[str] = "",
    row: FromQuery[str] = "",
    kind: FromQuery[str] = "",
) -> Response:
    """A section of the draft; ``row`` opens the form of an entry, ``row=new`` an empty one."""
    who = visitor(request)
    editor = _editor(await _load(who, draft), _where(section, of), who)
    if editor.may_edit:
        _open(editor, row, kind)
    return await _answer(request, editor)


@post("/drafts/{draft:int}/edit/{section:str}", guards=[requires(rules.EDIT)])
async def save_entry(
    request: Request, draft: FromPath[int], section: FromPath[str], kind: FromQuery[str] = ""
) -> Response:
    """Save an entry; what cannot be stored, or was overtaken, comes back with all that was typed."""
    who = visitor(request)
    ref = await _ref(request)
    where = _where(section, ref.of)
    found = await _load(who, draft)
    _editor(found, where, who)
    kind = _kind_of(found.definition, where, ref, kind)
    entry = None if section == "basics" else entry_for(found.definition, where, kind)
    form: Bound[Any] = await bind(request, entry.form if entry else BasicsForm)
    clash = ""
    if form.ok:
        try:
            found = await drafting.save_draft(
                actor(who), draft, ref.revision, _change(where, ref, form.value, kind)
            )
        except Unreadable as error:
            for name, sentence in error.errors.items():
                form.error(name, sentence)
        except Invalid as error:
            for name, sentence in error.errors.items():
                form.error(name, sentence)
        except Overtaken as error:
            found = error.draft
            ref, clash = _after_clash(found, where, ref, form, f"{error}{KEPT}")
        except Gone:
            ref.row = ref.was = ""
            clash = GONE
            found = await _load(who, draft)
        else:
            if is_htmx(request):
                return await _answer(request, _editor(found, where, who), said="已保存。")
            return redirect(request, _path(found, where), message="已保存。")
    editor = _editor(found, where, who)
    editor.form, editor.clash = form, clash
    editor.row, editor.was, editor.point_kind = ref.row, ref.was, kind
    old = _old(found.definition, where, ref)
    shape = entry.form if entry else BasicsForm
    editor.inputs = inputs_of(shape, found.definition, old, form.raw)
    return await _answer(request, editor, 409 if clash else 422)


async def _ref(request: Request) -> RowForm:
    bound = await bind(request, RowForm)
    if not bound.ok:
        raise Invalid("这张表不完整，请刷新页面再填。")
    return bound.value


def _path(found: DraftRow, where: Where) -> str:
    return f"{found.path}/edit/{where.section}" + (f"?of={where.of}" if where.of else "")


def _kind_of(item: Definition, where: Where, ref: RowForm, kind: str) -> str:
    if where.section != "points" or not ref.row:
        return kind
    return next((one.kind for one in item.points if one.key == ref.row), kind)


def _old(item: Definition, where: Where, ref: RowForm) -> Any:
    if not ref.row or where.section == "basics":
        return None
    try:
        return entries(item, where)[find(item, where, ref.row, ref.was)]
    except Gone:
        return None


def _change(where: Where, ref: RowForm, value: Any, kind: str) -> Any:
    """The edit as a function of the definition that stands when it is carried out."""

    def basics(item: Definition) -> Definition:
        return msgspec.structs.replace(item, **msgspec.structs.asdict(value))

    def change(item: Definition) -> Definition:
        rows = entries(item, where)
        number = find(item, where, ref.row, ref.was) if ref.row else None
        old = None if number is None else rows[number]
        entry = entry_for(item, where, kind)
        fresh = fresh_key(item, where, entry.stem) if entry.stem else ""
        new = entry.read(value, old, fresh, item)
        if number is None and where.section in KEYED and any(new.key == one.key for one in rows):
            raise Unreadable(key=f"已经有代号是 {new.key} 的了，请换一个。")
        return put(item, where, number, new)

    return basics if where.section == "basics" else change


def _after_clash(
    found: DraftRow, where: Where, ref: RowForm, form: Bound[Any], clash: str
) -> tuple[RowForm, str]:
    """Somebody saved meanwhile: say what he wrote in this very entry, and go on from there."""
    ref.revision = found.revision
    item = found.definition
    if where.section == "basics":
        return ref, clash + _differing(form, unbound(BasicsForm, item))
    if not ref.row:
        return ref, clash
    try:
        old = entries(item, where)[find(item, where, ref.row, ref.was)]
    except Gone:
        ref.row = ref.was = ""
        return ref, f"{clash}{GONE}"
    if mark(old) == ref.was:
        return ref, clash
    ref.was = mark(old)
    entry = entry_for(item, where, getattr(old, "kind", ""))
    now = unbound(entry.form, entry.start(old))
    return ref, f"{clash}改的正是这一行。{_differing(form, now)}"


def _differing(typed: Bound[Any], now: Bound[Any]) -> str:
    """What stands there now, field by field, where it is not what was typed."""
    said = []
    for name, value in now.raw.items():
        spec = typed.spec(name)
        box = spec is not None and spec.input == "checkbox"
        here, there = (_plain(each, box=box) for each in (typed.get(name), value))
        if name != "key" and here != there:
            said.append(f"{typed.title(name.partition('.')[0])}现在是“{there or '空'}”")
    return f"{'，'.join(said)}。" if said else ""


def _plain(value: Any, *, box: bool) -> str:
    if box:
        return "是" if str(value).lower() in {"1", "true", "on"} else "否"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value).strip()


@post("/drafts/{draft:int}/edit/{section:str}/move", guards=[requires(rules.EDIT)])
async def move_entry(request: Request, draft: FromPath[int], section: FromPath[str]) -> Response:
    """Move an entry up or down."""
    ref = await _ref(request)
    where = _where(section, ref.of)
    by = -1 if ref.by < 0 else 1
    return await _row_act(
        request,
        draft,
        where,
        ref,
        lambda item: move(item, where, find(item, where, ref.row, ref.was), by),
        "已调整次序。",
    )


@post("/drafts/{draft:int}/edit/{section:str}/remove", guards=[requires(rules.EDIT)])
async def remove_entry(request: Request, draft: FromPath[int], section: FromPath[str]) -> Response:
    """Take an entry out."""
    ref = await _ref(request)
    where = _where(section, ref.of)
    return await _row_act(
        request,
        draft,
        where,
        ref,
        lambda item: remove(item, where, find(item, where, ref.row, ref.was)),
        "已移除。",
    )


async def _row_act(
    request: Request, draft: int, where: Where, ref: RowForm, change: Any, said: str
) -> Response:
    who = visitor(request)
    if where.section == "basics":
        raise NotFound
    _editor(await _load(who, draft), where, who)
    clash = ""
    try:
        found = await drafting.save_draft(actor(who), draft, ref.revision, change)
    except Overtaken as error:
        found, clash = error.draft, f"{error}表里已经是最新的，请再点一次。"
    except Gone:
        found, clash = await _load(who, draft), "这一行刚被别人改过或者移除了，表里已经是最新的。"
    if not clash and not is_htmx(request):
        return redirect(request, _path(found, where), message=said)
    editor = _editor(found, where, who)
    editor.clash = clash
    return await _answer(request, editor, 409 if clash else 200, "" if clash else said)


@post("/drafts/{draft:int}/fix", guards=[requires(rules.EDIT)])
async def fix_finding(request: Request, draft: FromPath[int]) -> Response:
    """Carry out a finding's cure, from the draft's own page."""
    found, said = await _fix(request, draft)
    return redirect(request, found.path, message=said)


@post("/drafts/{draft:int}/edit/{section:str}/fix", guards=[requires(rules.EDIT)])
async def fix_in_section(
    request: Request, draft: FromPath[int], section: FromPath[str]
) -> Response:
    """Carry out a finding's cure, at its row."""
    who = visitor(request)
    of = (await bind(request, FixForm)).get("of")
    where = _where(section, str(of))
    _editor(await _load(who, draft), where, who)
    try:
        found, said = await _fix(request, draft)
    except Overtaken as error:
        editor = _editor(error.draft, where, who)
        editor.clash = f"{error}表里已经是最新的，请再点一次。"
        return await _answer(request, editor, 409)
    if is_htmx(request):
        return await _answer(request, _editor(found, where, who), said=said)
    return redirect(request, _path(found, where), message=said)


async def _fix(request: Request, draft: int) -> tuple[DraftRow, str]:
    form = await bind(request, FixForm)
    if not form.ok:
        raise Invalid("这张表不完整，请刷新页面再试。")
    wanted = form.value.finding

    def cure(item: Definition) -> Definition:
        finding = next((one for one in lint(item) if one.key == wanted and one.fix), None)
        return item if finding is None else apply_fix(item, finding)

    before = form.value.revision
    found = await drafting.save_draft(actor(visitor(request)), draft, before, cure)
    if found.revision == before:
        return found, "这一处已经不在了，没有改动。"
    return found, "已改好。"


ROUTES = (edit_section, save_entry, move_entry, remove_entry, fix_finding, fix_in_section)
