# SPDX-License-Identifier: Apache-2.0
"""查阅: search, a law on a day, what changed; behind an account and for everybody."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from litestar.params import FromPath

from core.api.access import Visitor, public, requires, visitor
from core.api.db import Scope, SubjectRef, transaction
from core.api.errors import NotFound
from core.api.web import (
    Request,
    Response,
    bind,
    describe,
    export,
    get,
    limit,
    open_page,
    page,
    partial,
    post,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.library.forms import CiteForm
from plugins.library.queries.reading import (
    LAWS,
    changes_after,
    find_law,
    text_of_version,
    text_on,
    texts_for_comparing,
    uses_by,
    uses_of,
    version_on,
    versions_of,
)
from plugins.library.queries.searching import PAGE, Found, search, wanted
from plugins.library.routes.words import asked_day, asked_number, asked_region, today
from plugins.library.rules import EDIT, KINDS, READ, TASKS
from plugins.library.rules.comparing import compare
from plugins.library.rules.searching import ask
from plugins.library.services.answering import standing_of
from plugins.library.services.impact import USES
from plugins.library.services.using import CASE, POWER
from plugins.library.showing import contents_of, shown_text

ANYBODY = public("法律法规向社会公开")
KEEPABLE = public("法律法规向社会公开，可以存在手机上", session=False)
"""Without a session, so that what a phone keeps is drawn for nobody in particular."""
BASE, OPEN = "/library", "/library/public"
KEPT = f"{OPEN}/kept"
LONGEST_CITED = 200
TIMES = 120
"""Pages a minute for somebody without an account."""


async def _index(request: Request, who: Visitor | None) -> Response:
    scope = who.scope if who else Scope.public()
    base = BASE if who else OPEN
    asked = request.query_params
    typed = asked.get("q", "").strip()
    kind = asked.get("kind", "") if asked.get("kind", "") in KINDS else ""
    everywhen = asked.get("when", "") == "all"
    on = None if everywhen else (asked_day(request) or today())
    number = max(asked_number(request, "page"), 1)
    region_lo = who.region.lo if who and who.region.id else None
    async with transaction(scope):
        here = await asked_region(request)
        what = wanted(typed, kind, (here.lo, here.hi) if here else None, on)
        found = await search(what, scope, number) if typed and not what.empty else Found()
        cited = (
            [each for each in await standing_of(typed, on or today(), region_lo) if each.known]
            if typed
            else []
        )
        if not typed and wants_xlsx(request):
            return await export(request, LAWS, await LAWS.export(request, scope))
        listing = None if typed else await LAWS.page(request, scope)
    places = [("", "不限")]
    if who and who.region.id:
        places.append((str(who.region.id), f"适用于{who.region.name}"))
    return page(
        request,
        "library/index.html" if who else "library/public.html",
        typed=typed,
        fault=what.asked.fault if typed else "",
        found=found,
        cited=cited,
        listing=listing,
        kinds=KINDS,
        kind=kind,
        everywhen=everywhen,
        on=on or today(),
        region=str(here.id) if here else "",
        places=places,
        number=number,
        pages=-(-found.total // PAGE),
        base=base,
        keep=KEPT,
        may_edit=bool(who and who.may(EDIT)),
    )


@get("/", guards=[requires(READ)])
async def index(request: Request) -> Response:
    """Search, or the list of all laws."""
    return await _index(request, visitor(request))


@get("/public", opt=ANYBODY)
async def open_index(request: Request) -> Response:
    """The same for everybody."""
    limit(request, "library.page", times=TIMES)
    return await _index(request, None)


async def _law(request: Request, law: int, who: Visitor | None) -> Response:
    scope = who.scope if who else Scope.public()
    base = BASE if who else OPEN
    words = ask(request.query_params.get("q", "")).words
    wanted_version = asked_number(request, "version")
    asked = asked_day(request)
    async with transaction(scope):
        it = await find_law(law)
        versions = await versions_of(law)
        on = asked or today()
        chosen = next((each for each in versions if each["id"] == wanted_version), None)
        if wanted_version and chosen is None:
            raise NotFound("没有这个版本。")
        current: Mapping[str, Any] | None = version_on(versions, on)
        upcoming = chosen is None and current is None
        at: Mapping[str, Any] = chosen or current or versions[-1]
        if chosen or upcoming:
            nodes = await text_of_version(at["id"])
        else:
            nodes = await text_on(law, on, at["id"])
        changes = {} if chosen else await changes_after(law, nodes)
        nodes = await shown_text(nodes, law, base=base, on=asked, words=words)
        uses = await uses_of(it["names"], scope) if who and who.may(TASKS) else []
    by_key: dict[str, int] = {}
    for each in uses:
        by_key[each["key"]] = by_key.get(each["key"], 0) + 1
    told: dict[str, Any] = {
        "it": it,
        "at": at,
        "versions": versions,
        "chosen": chosen,
        "upcoming": upcoming,
        "on": on,
        "asked": asked,
        "nodes": nodes,
        "changes": changes,
        "contents": contents_of(nodes),
        "kind": KINDS[it["kind"]],
        "uses": by_key,
        "base": base,
        "dead": bool(it["repealed_on"] and it["repealed_on"] <= on),
        "ended": bool(at["expires_on"] and at["expires_on"] <= on),
        "mine": bool(who and who.may(EDIT) and it["region_lo"] == who.region.lo),
        "today": today(),
        "repeal": None,
        "keep": f"{OPEN}/{law} {KEPT}",
    }
    if who is None:
        return open_page(request, "library/public_law.html", **told)
    return page(request, "library/law.html", **told)


@get("/{law:int}", guards=[requires(READ)])
async def show_law(request: Request, law: FromPath[int]) -> Response:
    """A law as it is in force on a day."""
    return await _law(request, law, visitor(request))


@get("/public/kept", opt=KEEPABLE)
async def kept_laws(request: Request) -> Response:
    """The laws a phone keeps, to read and search without a line; the phone itself fills it in."""
    limit(request, "library.page", times=TIMES)
    return open_page(request, "library/kept.html", entry="存在手机上的法规", keep=KEPT)


@get("/public/{law:int}", opt=KEEPABLE)
async def open_law(request: Request, law: FromPath[int]) -> Response:
    """The same for everybody."""
    limit(request, "library.page", times=TIMES)
    return await _law(request, law, None)


async def _diff(request: Request, law: int, who: Visitor | None) -> Response:
    async with transaction(who.scope if who else Scope.public()):
        it = await find_law(law)
        versions = await versions_of(law)
        ids = [each["id"] for each in versions]
        after = asked_number(request, "to") or ids[0]
        older = list(ids[ids.index(after) + 1 :]) if after in ids else []
        before = asked_number(request, "from") or (older[0] if older else 0)
        if after not in ids or (before and before not in ids):
            raise NotFound("没有这个版本。")
        differences = compare(
            await texts_for_comparing(before) if before else {}, await texts_for_comparing(after)
        )
    by_id = {each["id"]: each for each in versions}
    return page(
        request,
        "library/diff.html" if who else "library/public_diff.html",
        it=it,
        versions=versions,
        before=by_id.get(before),
        after=by_id[after],
        differences=differences if before else [],
        base=BASE if who else OPEN,
    )


@get("/{law:int}/diff", guards=[requires(READ)])
async def show_diff(request: Request, law: FromPath[int]) -> Response:
    """Two versions side by side."""
    return await _diff(request, law, visitor(request))


@get("/public/{law:int}/diff", opt=ANYBODY)
async def open_diff(request: Request, law: FromPath[int]) -> Response:
    """The same for everybody."""
    limit(request, "library.page", times=TIMES)
    return await _diff(request, law, None)


@get("/{law:int}/uses", guards=[requires(TASKS)])
async def show_uses(request: Request, law: FromPath[int]) -> Response:
    """Who leans on an article: powers, standards, monitoring points, cases of one's scope."""
    who = visitor(request)
    key = request.query_params.get("key", "")
    async with transaction(who.scope):
        it = await find_law(law)
        found = await uses_of(it["names"], who.scope, key)
        paths = await paths_of(found, who)
    for each in found:
        each["href"] = paths.get(SubjectRef(each["subject_kind"], each["subject"]), "")
    return page(request, "library/uses.html", it=it, uses=found, key=key, kinds=USES)


async def paths_of(found: Sequence[Mapping[str, Any]], who: Visitor) -> dict[SubjectRef, str]:
    """The pages of what leans on an article, as their owners tell them, where he may open them."""
    wanted = [SubjectRef(each["subject_kind"], each["subject"]) for each in found]
    labels = await describe(wanted, who.scope, who.permissions)
    return {ref: label.path for ref, label in labels.items()}


async def _panel(request: Request, subject_kind: str, subject: int) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        # What stands beside a page is for those who see the page.
        if not await describe([SubjectRef(subject_kind, subject)], who.scope, None):
            raise NotFound("没有找到，或者不在你的管理范围内。")
        found = await uses_by(subject_kind, subject, who.scope)
        for each in found:
            standings = await standing_of(each["cited"], each["on"] or today(), each["region_lo"])
            each["standing"] = next((s for s in standings if s.key == each["key"]), None)
    return partial(request, "library/_panel.html", uses=found, kinds=USES)


@get("/of/power/{item:int}", guards=[requires(READ)])
async def of_power(request: Request, item: FromPath[int]) -> Response:
    """The basis of a power, each article as it stands today."""
    return await _panel(request, POWER, item)


@get("/of/case/{case:int}", guards=[requires(READ)])
async def of_case(request: Request, case: FromPath[int]) -> Response:
    """The basis of a case's decisions, each article as it stood on the day."""
    return await _panel(request, CASE, case)


async def _cited(request: Request, who: Visitor | None) -> Response:
    """The article somebody's words cite; where there is none to show, what is known of it."""
    text = request.query_params.get("text", "")[:LONGEST_CITED]
    on = asked_day(request)
    async with transaction(who.scope if who else Scope.public()):
        near = who.region.lo if who and who.region.id else None
        found = await standing_of(text, on or today(), near)
    base = BASE if who else OPEN
    first = next((each for each in found if each.known), None)
    if first is not None:
        day = f"?on={on.isoformat()}" if on else ""
        return redirect(request, f"{base}/{first.law}{day}#{first.key}")
    if who is None:
        return redirect(request, f"{OPEN}?{urlencode({'q': text[:80]})}")
    return page(
        request,
        "library/citations.html",
        form=unbound(CiteForm),
        typed=text,
        found=found,
        on=on or today(),
    )


@get("/cited", guards=[requires(READ)])
async def cited(request: Request) -> Response:
    """Where a link in somebody's words leads."""
    return await _cited(request, visitor(request))


@get("/public/cited", opt=ANYBODY)
async def open_cited(request: Request) -> Response:
    """The same for everybody."""
    limit(request, "library.page", times=TIMES)
    return await _cited(request, None)


async def _cited_words(request: Request, who: Visitor | None) -> Response:
    """The cited article itself, for whoever rests on the link to it."""
    text = request.query_params.get("text", "")[:LONGEST_CITED]
    on = asked_day(request)
    async with transaction(who.scope if who else Scope.public()):
        near = who.region.lo if who and who.region.id else None
        found = await standing_of(text, on or today(), near)
    return partial(request, "library/_cited.html", found=found, on=on)


@get("/cited/words", guards=[requires(READ)])
async def cited_words(request: Request) -> Response:
    """The words behind a link, beside it."""
    return await _cited_words(request, visitor(request))


@get("/public/cited/words", opt=ANYBODY)
async def open_cited_words(request: Request) -> Response:
    """The same for everybody."""
    limit(request, "library.page", times=TIMES)
    return await _cited_words(request, None)


@get("/citations", guards=[requires(READ)])
async def citations(request: Request) -> Response:
    """An empty form."""
    return page(
        request, "library/citations.html", form=unbound(CiteForm), typed="", found=None, on=today()
    )


@post("/citations", guards=[requires(READ)])
async def look_up(request: Request) -> Response:
    """Every citation of a pasted text, how it stands on the day, and its words."""
    who = visitor(request)
    form = await bind(request, CiteForm)
    found = None
    on = today()
    if form.ok:
        on = form.value.on or on
        async with transaction(who.scope):
            found = await standing_of(form.value.text, on, who.region.lo if who.region.id else None)
    return page(
        request,
        "library/citations.html",
        status=200 if form.ok else 422,
        form=form,
        typed="",
        found=found,
        on=on,
    )


ROUTES = (
    index,
    open_index,
    kept_laws,
    show_law,
    open_law,
    show_diff,
    open_diff,
    show_uses,
    of_power,
    of_case,
    cited,
    open_cited,
    cited_words,
    open_cited_words,
    citations,
    look_up,
)
