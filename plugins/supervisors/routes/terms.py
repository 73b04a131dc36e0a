# SPDX-License-Identifier: Apache-2.0
"""The bureau's desk: who serves, and what happens during a term."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import EVERYTHING, Interval, Scope, transaction
from core.api.documents import pdf
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import history
from core.api.people import organisations_in
from core.api.regions import REGIONS
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    address_of,
    bind,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.supervisors.forms import (
    CommendForm,
    DismissForm,
    ReasonForm,
    RecusalForm,
    RequestDecisionForm,
)
from plugins.supervisors.queries.terms import (
    TERMS,
    as_term,
    attendance_of,
    commendations_of,
    find_term,
    proposal_row,
    proposals_of,
    recusal_row,
    recusals_of_term,
    reports_of,
    request_row,
    requests_of,
    terms_of,
)
from plugins.supervisors.routes.shared import pdf_response
from plugins.supervisors.rules.attendance import OUTCOMES, Attendance, absent_in_a_row
from plugins.supervisors.rules.terms import TERM_STATES, in_a_row
from plugins.supervisors.rules.words import BREACHES, GROUNDS, RELATIONS, SOURCES, ground_words
from plugins.supervisors.services import conduct, ending, requests
from plugins.supervisors.services.appointing import words_of
from plugins.supervisors.services.base import (
    READ,
    SERVE,
    Actor,
    competent_here,
    person_ref,
    place_of,
    settings_in,
    term_ref,
)
from plugins.supervisors.services.papers import printed_path, public_page
from plugins.supervisors.services.showing import basis_in, certificate_paper, standing

BODIES = ("department", "body", "second", "entrusted")


async def units_in(region: Interval) -> list[tuple[int, str]]:
    """The units a supervisor of a region may have to keep away from: those he may report.

    The county's and, as in the form of a complaint, those of every region above it.
    """
    found = await organisations_in(Scope(region, EVERYTHING), kinds=BODIES)
    for lo in reversed(REGIONS.ancestors(region.lo)):
        if lo < region.lo:
            above = Scope(Interval(lo, lo), EVERYTHING)
            found += await organisations_in(above, kinds=BODIES)
    return [(each.id, each.name) for each in found]


@get("/terms", guards=[requires(READ)])
async def list_terms(request: Request) -> Response:
    """Who serves, whose term ends soon, who asked for something."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, TERMS, await TERMS.export(request, who.scope))
        listing = await TERMS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "supervisors/terms.html",
        listing=listing,
        states=TERM_STATES,
        today=clock.today(),
    )


async def term_page(
    request: Request,
    term: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    form_of: str = "",
) -> Response:
    """One term with everything that happened in it, and the form that was refused."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_term(term, who.scope)
        if found is None or not who.scope.sees(place_of(found)):
            raise NotFound
        settings = await settings_in(found["region_lo"])
        every = await terms_of(found["person"])
        came = await attendance_of(found["person"], found["starts"])
        elsewhere = await competent_here(Actor.of(who), place_of(found))
        context: dict[str, Any] = {
            "requests": await requests_of(term),
            "recusals": await recusals_of_term(term),
            "commendations": await commendations_of(found["person"]),
            "proposals": await proposals_of(term),
            "reports": await reports_of(term),
            "holding": await hold(term_ref(term), who),
            "facts": await history(
                person_ref(found["person"]),
                {
                    "supervisors.appointed",
                    "supervisors.dismissed",
                    "supervisors.term_ended",
                    "supervisors.commended",
                    "supervisors.recused",
                },
            ),
            "units": await units_in(Interval(who.region.lo, who.region.hi)),
        }
    good, words = standing(found, clock.today())
    record = [Attendance(each["activity"], each["on"], each["outcome"]) for each in came]
    return page(
        request,
        "supervisors/term.html",
        status=status,
        found=found,
        public_page=public_page(found),
        good=good,
        words=words,
        chip=TERM_STATES[found["state"]],
        life_items=_life(found),
        others=[each for each in every if each["id"] != term],
        term_states=TERM_STATES,
        came=came,
        outcomes=OUTCOMES,
        run=len(absent_in_a_row(record)),
        limit=settings.unexcused_absence_limit,
        maximum=settings.max_consecutive_terms,
        in_row=in_a_row(
            [as_term(each) for each in every if each["starts"] <= found["starts"]],
            found["ends"] + timedelta(days=1),
            settings.term_gap_months,
        ),
        opens=found["ends"] - timedelta(days=settings.renewal_opens_days),
        grounds=[(key, ground_words(key)) for key in GROUNDS],
        ground_words=ground_words,
        relations=RELATIONS,
        breaches=BREACHES,
        source=SOURCES.get(found["source"], ""),
        today=clock.today(),
        running=found["state"] == "active",
        may_manage=SERVE in who.permissions and not elsewhere,
        elsewhere=elsewhere,
        form=form,
        form_of=form_of,
        **context,
    )


def _life(found: dict[str, Any]) -> list[dict[str, str]]:
    today = clock.today()
    over = found["state"] != "active"
    begun = found["starts"] <= today
    last = found["ended_on"] or found["ends"]
    return [
        {
            "title": "聘任",
            "note": words_of(clock.local(found["issued_at"]).date()),
            "state": "done",
        },
        {
            "title": "履职",
            "note": f"{words_of(found['starts'])}起",
            "state": "done" if over else "now" if begun else "next",
        },
        {
            "title": TERM_STATES[found["state"]][1] if over else "期满",
            "note": words_of(last),
            "state": "now" if over else "next",
        },
    ]


@get("/terms/{term:int}", guards=[requires(READ)])
async def show_term(request: Request, term: FromPath[int]) -> Response:
    """One supervisor's term."""
    return await term_page(request, term)


@get("/terms/{term:int}/certificate.pdf", guards=[requires(READ)])
async def send_certificate(request: Request, term: FromPath[int]) -> Response:
    """聘任证书 as PDF."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_term(term, who.scope)
        if found is None or not who.scope.sees(place_of(found)):
            raise NotFound
    address = address_of(request, printed_path(found))
    paper = certificate_paper(found, address, await basis_in(found["region_lo"]))
    content = await pdf(paper, at=found["issued_at"])
    return pdf_response(content, f"聘任证书-{found['name']}")


async def _act(
    request: Request,
    term: int,
    kind: type[Any],
    form_of: str,
    act: Callable[[Actor, Any], Awaitable[object]],
    done: str,
) -> Response:
    """What all acts on a term share: bind, act, go back; what was refused keeps its words."""
    form: Bound[Any] = await bind(request, kind)
    if form.ok:
        try:
            await act(Actor.of(visitor(request)), form.value)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.error("", str(error))
            return await term_page(request, term, status=409, form=form, form_of=form_of)
        else:
            return redirect(request, f"/supervisors/terms/{term}", message=done)
    return await term_page(request, term, status=422, form=form, form_of=form_of)


@post("/terms/{term:int}/dismiss", guards=[requires(READ, SERVE)])
async def post_dismiss(request: Request, term: FromPath[int]) -> Response:
    """解聘."""

    async def act(who: Actor, value: DismissForm) -> None:
        await ending.dismiss(who, term, value)

    return await _act(request, term, DismissForm, "dismiss", act, "已解聘，证书随即失效。")


@post("/terms/{term:int}/commend", guards=[requires(READ, SERVE)])
async def post_commend(request: Request, term: FromPath[int]) -> Response:
    """表彰."""

    async def act(who: Actor, value: CommendForm) -> None:
        await conduct.commend(who, term, value)

    return await _act(request, term, CommendForm, "commend", act, "表彰已记录并告知本人。")


@post("/terms/{term:int}/recusals", guards=[requires(READ, SERVE)])
async def post_recusal(request: Request, term: FromPath[int]) -> Response:
    """要求回避."""

    async def act(who: Actor, value: RecusalForm) -> None:
        await conduct.order_recusal(who, term, value)

    return await _act(request, term, RecusalForm, "recusal", act, "已要求回避并告知本人。")


async def _term_of(request: Request, find: Callable[[int], Awaitable[Any]], ident: int) -> int:
    async with transaction(visitor(request).scope):
        found = await find(ident)
    if found is None:
        raise NotFound
    return int(found["term"])


@post("/recusals/{recusal:int}/lift", guards=[requires(READ, SERVE)])
async def post_lift(request: Request, recusal: FromPath[int]) -> Response:
    """解除回避."""
    term = await _term_of(request, recusal_row, recusal)

    async def act(who: Actor, value: ReasonForm) -> None:
        await conduct.lift_recusal(who, recusal, value.reason)

    return await _act(request, term, ReasonForm, f"lift-{recusal}", act, "回避已解除。")


@post("/requests/{asked:int}/decide", guards=[requires(READ, SERVE)])
async def post_decide_request(request: Request, asked: FromPath[int]) -> Response:
    """继任, 辞职: the review."""
    term = await _term_of(request, request_row, asked)

    async def act(who: Actor, value: RequestDecisionForm) -> None:
        await requests.decide_request(who, asked, value)

    return await _act(
        request, term, RequestDecisionForm, f"request-{asked}", act, "已审核，结果已告知本人。"
    )


@post("/proposals/{proposal:int}/dismiss", guards=[requires(READ, SERVE)])
async def post_confirm_proposal(request: Request, proposal: FromPath[int]) -> Response:
    """A human confirms a proposal."""
    term = await _term_of(request, proposal_row, proposal)

    async def act(who: Actor, value: DismissForm) -> None:
        await ending.dismiss(who, term, value, proposal=proposal)

    return await _act(
        request, term, DismissForm, f"proposal-{proposal}", act, "已解聘，证书随即失效。"
    )


@post("/proposals/{proposal:int}/drop", guards=[requires(READ, SERVE)])
async def post_drop_proposal(request: Request, proposal: FromPath[int]) -> Response:
    """A human decides otherwise."""
    term = await _term_of(request, proposal_row, proposal)

    async def act(who: Actor, value: ReasonForm) -> None:
        await ending.drop_proposal(who, proposal, value.reason)

    return await _act(request, term, ReasonForm, f"drop-{proposal}", act, "已记录不予解聘。")


ROUTES_TERMS = (
    list_terms,
    show_term,
    send_certificate,
    post_dismiss,
    post_commend,
    post_recusal,
    post_lift,
    post_decide_request,
    post_confirm_proposal,
    post_drop_proposal,
)
