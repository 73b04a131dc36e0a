# SPDX-License-Identifier: Apache-2.0
"""The settings of a region: what holds, on whose word, and deciding otherwise."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.errors import Invalid
from core.facts.services import history
from core.forms import Bound, decode, unbound
from core.host import enabling
from core.host.registry import current
from core.parameters import services
from core.parameters.rules import Effective, Field, fields_of
from core.regions.choosing import Chosen, choose, office_of
from core.web import responses
from core.web.formats import moment

CHANGE = "core.setting.change"
REASON = "rules of an office, not business data of a region"
Req = Request[Any, Any, Any]


class ResetForm(msgspec.Struct):
    """Which setting is to be inherited again."""

    key: str


class Typed(msgspec.Struct):
    """The form as it was posted; what it must fit is the plugin's own Struct."""


@get("/settings", guards=[requires(CHANGE)])
async def overview(request: Req) -> Response[Any]:
    """All settings of all modules as they hold in one region."""
    who = visitor(request)
    async with db.transaction(office_of(who, REASON)):
        place = await choose(request, who)
        on = await enabling.enabled_plugins(place.region.lo)
        groups = [
            {
                "name": name,
                "title": current().plugins[name].title,
                "on": name in on,
                "values": await services.values_of(name, place.region.lo),
            }
            for name in services.declaring()
        ]
    return responses.page(request, "pages/settings.html", place=place, groups=groups)


async def _page(
    request: Req, plugin: str, form: Bound[Any] | None = None, status: int = 200
) -> Response[Any]:
    who = visitor(request)
    schema = services.schema_of(plugin)
    async with db.transaction(office_of(who, REASON)):
        place = await choose(request, who)
        values = await services.values_of(plugin, place.region.lo)
        below: dict[str, list[str]] = {}
        for row in await services.own_below(plugin, place.region.lo, place.region.hi):
            below.setdefault(row["key"], []).append(row["name"])
        facts = await history(db.SubjectRef("core.region", place.id), ["core.setting.changed"])
        names = await _names({each.actor for each in facts})
    if form is None:
        form = unbound(schema, _raw(values))
    return responses.page(
        request,
        "pages/settings_plugin.html",
        status=status,
        place=place,
        plugin=plugin,
        manifest=current().plugins[plugin],
        values=values,
        below=below,
        form=form,
        history=[
            {
                "icon": "history",
                "title": f"{each.payload['label']}：{each.payload['before']} → "
                f"{each.payload['after']}",
                "note": f"{moment(each.at)}　{names.get(each.actor, '系统')}",
            }
            for each in reversed(facts)
            if each.payload["plugin"] == plugin
        ],
    )


async def _names(users: set[int]) -> dict[int, str]:
    found = await db.rows("select id, name from core_user where id = any($1::int8[])", list(users))
    return {row["id"]: row["name"] for row in found}


def _raw(values: tuple[Effective, ...]) -> dict[str, Any]:
    return {
        each.field.key: "\n".join(map(str, each.value)) if each.field.many else each.value
        for each in values
    }


@get("/settings/{plugin:str}", guards=[requires(CHANGE)])
async def one(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """The settings of one module in one region, as a form."""
    return await _page(request, plugin)


def _blank(field: Field, raw: dict[str, Any]) -> bool:
    """Whether a value that cannot be empty was emptied: that is no way of inheriting again."""
    return (
        field.spec.input != "checkbox"
        and not field.spec.multiple
        and not isinstance(field.default, str)
        and field.default is not None
        and not str(raw.get(field.key, "")).strip()
    )


def read(schema: type[msgspec.Struct], raw: dict[str, Any]) -> Bound[Any]:
    """The typed settings as the plugin's Struct, with a sentence beside each that does not fit."""
    lists = {each.key: each for each in fields_of(schema) if each.many}
    split = {
        name: str(value).splitlines() if name in lists and not isinstance(value, list) else value
        for name, value in raw.items()
    }
    form = decode(schema, split)
    form.raw = raw
    for field in fields_of(schema):
        # The form's own words name a field by its title, which may stand in the docstring only.
        if field.key in form.errors and field.spec.title == field.key:
            form.errors[field.key] = form.errors[field.key].replace(field.key, field.label)
        if _blank(field, raw):
            form.error(field.key, f"请填写{field.label}；要沿用上级的，请点“恢复继承”。")
    return form


@post("/settings/{plugin:str}", guards=[requires(CHANGE)], status_code=200)
async def save(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """Decide for this region and all below it."""
    who = visitor(request)
    schema = services.schema_of(plugin)
    posted = await responses.bind(request, Typed)
    names = {each.key for each in fields_of(schema)}
    raw = {name: value for name, value in posted.raw.items() if name != "_csrf"}
    form = read(schema, raw)
    for name in set(raw) - names:
        form.error("", f"没有“{name[:40]}”这个设置项，没有保存。")
    if not form.ok:
        return await _page(request, plugin, form, 422)
    wanted = msgspec.to_builtins(form.value)
    try:
        async with db.transaction(office_of(who, REASON)):
            place: Chosen = await choose(request, who)
            changed = await services.change_settings(place.id, plugin, wanted)
    except Invalid as error:
        form.errors.update(error.errors)
        return await _page(request, plugin, form, 422)
    said = f"已保存：{'、'.join(changed)}。" if changed else "没有改动。"
    return responses.redirect(request, f"/settings/{plugin}?region={place.id}", message=said)


@post("/settings/{plugin:str}/reset", guards=[requires(CHANGE)], status_code=200)
async def reset(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """Let what holds above hold here again."""
    who = visitor(request)
    services.schema_of(plugin)
    form = await responses.bind(request, ResetForm)
    if not form.ok:
        raise Invalid(form.errors)
    async with db.transaction(office_of(who, REASON)):
        place = await choose(request, who)
        label = await services.reset_setting(place.id, plugin, form.value.key)
    return responses.redirect(
        request, f"/settings/{plugin}?region={place.id}", message=f"“{label}”已恢复继承。"
    )
