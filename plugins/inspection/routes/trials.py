# SPDX-License-Identifier: Apache-2.0
"""试运行: a draft on past cases: its panel on the draft's page, progress, the report, a log."""

from datetime import timedelta
from typing import Any

from litestar.params import FromPath
from litestar.response import Response as RawResponse

from core.api.access import requires, visitor
from core.api.clock import now
from core.api.db import transaction
from core.api.errors import NotFound
from core.api.facts import SubjectRef
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    describe,
    get,
    note_export,
    page,
    partial,
    post,
    printed,
    redirect,
)
from plugins.inspection import queries
from plugins.inspection.forms import LogForm
from plugins.inspection.replay.faults import LogFault, PointsFault
from plugins.inspection.routes.words import kind_titles
from plugins.inspection.rules.trial import (
    CHANGE_TITLES,
    CHANGES,
    Report,
    seal_of,
    totals,
    unpack_report,
)
from plugins.inspection.services.judging import CASE
from plugins.inspection.services.trials import beginning
from plugins.inspection.services.trials.beginning import AT_WORK, DRAFT
from plugins.inspection.services.trials.logs import LOG_MB, take_log

READ = "inspection.trial.read"
RUN = "inspection.trial.run"

LOG_ROOM = (LOG_MB + 1) * 1024 * 1024
"""The log with the rest of its form; how much it unpacks to is counted on top."""
STALLED_AFTER = timedelta(minutes=3)
STATE_WORDS = {
    "waiting": ("new", "等待后台"),
    "running": ("doing", "正在试运行"),
    "done": ("done", "已完成"),
    "cancelled": ("returned", "已取消"),
    "failed": ("late", "没有完成"),
}
STATUS_WORDS = {"added": "新增", "removed": "删去", "altered": "改动", "kept": "未改"}


def _shown(trial: dict[str, Any]) -> dict[str, Any]:
    """What the progress and the panel show of a trial."""
    at_work = trial["state"] in AT_WORK
    report = unpack_report(trial["report"]) if trial["report"] else None
    return {
        **trial,
        "chip": STATE_WORDS[trial["state"]],
        "at_work": at_work,
        "stalled": at_work and now() - trial["moved_at"] > STALLED_AFTER,
        "totals": totals(report.rows) if report else {},
        "cases": report.source.cases if report else 0,
    }


async def _trial(trial: int) -> dict[str, Any]:
    found = await beginning.find_trial(trial)
    if found is None:
        raise NotFound("没有找到这次试运行，或者不在你的管理范围内。")
    return found


@get("/panels/draft/{draft:int}", guards=[requires(READ)])
async def draft_panel(request: Request, draft: FromPath[int]) -> Response:
    """The trials of a draft, newest first, on its page."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.trials_of_draft(draft, who.scope)
    return partial(
        request,
        "inspection/_trials.html",
        draft=draft,
        trials=[_shown(each) for each in found],
        may_run=who.may(RUN),
        changes=CHANGE_TITLES,
    )


@get("/trials/{trial:int}", guards=[requires(READ)])
async def show_trial(request: Request, trial: FromPath[int]) -> Response:
    """One trial: how far it is, or its report."""
    return await _trial_page(request, trial, "inspection/trial.html")


@get("/trials/{trial:int}/print", guards=[requires(READ)])
async def print_trial(request: Request, trial: FromPath[int]) -> Response:
    """The report on paper."""
    return await _trial_page(request, trial, "inspection/trial_print.html", paper=True)


@get("/trials/{trial:int}/progress", guards=[requires(READ)])
async def trial_progress(request: Request, trial: FromPath[int]) -> Response:
    """The progress bar, asked for again while the worker is at it."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await _trial(trial)
    return partial(request, "inspection/_progress.html", trial=_shown(found), changes=CHANGE_TITLES)


@get("/trials/{trial:int}/report.json", guards=[requires(READ)])
async def trial_report(request: Request, trial: FromPath[int]) -> RawResponse[bytes]:
    """The report's canonical bytes, the very ones whose hash was recorded."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await _trial(trial)
        if not found["report"]:
            raise NotFound("这次试运行还没有报告。")
        await note_export(
            request,
            "inspection.trial",
            _title_of(found),
            form="JSON",
            rows=unpack_report(found["report"]).source.cases,
        )
    return RawResponse(
        found["report"].encode(),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="trial-{trial}.json"'},
    )


def _title_of(trial: dict[str, Any]) -> str:
    return f"试运行报告 {trial['code']} {trial['title']} 第 {trial['revision']} 稿"


async def _trial_page(
    request: Request,
    trial: int,
    template: str,
    *,
    paper: bool = False,
    form: Bound[LogForm] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await _trial(trial)
        report = unpack_report(found["report"]) if found["report"] else None
        refs = [SubjectRef(DRAFT, found["draft"])]
        units: dict[int, str] = {}
        if report is not None:
            refs += [SubjectRef(CASE, s.case) for s in report.samples if s.case]
            units = await queries.names_of_units({r.unit for r in report.rows})
        labels = await describe(list(dict.fromkeys(refs)), who.scope, who.permissions)
        cases = report.source.cases if report else 0
        seal = (
            await printed(request, "inspection.trial", _title_of(found), rows=cases)
            if paper
            else None
        )
    draft = labels.get(refs[0])
    return page(
        request,
        template,
        status=status,
        trial=_shown(found),
        report=report,
        intact=report is None or seal_of(found["report"].encode()) == found["report_hash"],
        by_unit=_by_unit(report, units) if report else [],
        by_point=_by_point(report) if report else [],
        samples=_samples(report, {r.id: x.path for r, x in labels.items() if r.kind == CASE})
        if report
        else [],
        units=units,
        changes=CHANGE_TITLES,
        draft=draft,
        may_run=who.may(RUN),
        form=form,
        log_mb=LOG_MB,
        back=f"/inspection/trials/{trial}",
        seal=seal,
    )


def _by_unit(report: Report, units: dict[int, str]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for row in report.rows:
        line = found.setdefault(
            row.unit,
            {
                "name": units.get(row.unit) or "没有登记的单位",
                **dict.fromkeys((*CHANGES, "same"), 0),
            },
        )
        for key in (*CHANGES, "same"):
            line[key] += getattr(row, key)
    return sorted(found.values(), key=lambda x: (-x["new"], -x["lost"], -x["changed"], x["name"]))


def _by_point(report: Report) -> list[dict[str, Any]]:
    titles = kind_titles()
    found = {
        p.point: {
            "title": p.title,
            "kind": titles[p.kind],
            "step": p.step_title,
            "status": STATUS_WORDS[p.status],
            **dict.fromkeys((*CHANGES, "same"), 0),
        }
        for p in report.points
    }
    for row in report.rows:
        for key in (*CHANGES, "same"):
            found[row.point][key] += getattr(row, key)
    # What the draft changes comes first; points that say the same as before are the long tail.
    return sorted(found.values(), key=lambda line: -sum(line[key] for key in CHANGES))


def _samples(report: Report, paths: dict[int, str]) -> list[dict[str, Any]]:
    """Samples in groups: point and kind of change."""
    titles = {p.point: p.title for p in report.points}
    groups: dict[tuple[str, str], list[Any]] = {}
    for sample in report.samples:
        groups.setdefault((sample.point, sample.change), []).append(
            {"sample": sample, "path": paths.get(sample.case, "")}
        )
    return [
        {"title": titles.get(point, point), "change": change, "lines": lines}
        for (point, change), lines in groups.items()
    ]


# Acts -----------------------------------------------------------------------------------------


@post("/trials/{trial:int}/cancel", guards=[requires(RUN)])
async def cancel_trial(request: Request, trial: FromPath[int]) -> Response:
    """Stop it."""
    who = visitor(request)
    await beginning.cancel_trial(who.scope, who.name, trial)
    return redirect(request, f"/inspection/trials/{trial}", message="试运行已取消。")


@post("/trials/{trial:int}/again", guards=[requires(RUN)])
async def try_again(request: Request, trial: FromPath[int]) -> Response:
    """Once more, or on from where it stood still."""
    who = visitor(request)
    made = await beginning.try_again(who.scope, who.name, trial)
    return redirect(request, f"/inspection/trials/{made}", message="已经交给后台试运行。")


@post("/trials/{trial:int}/log", guards=[requires(RUN)], request_max_body_size=LOG_ROOM)
async def try_on_log(request: Request, trial: FromPath[int]) -> Response:
    """Try the same draft on an uploaded log."""
    who = visitor(request)
    form = await bind(request, LogForm)
    async with transaction(who.scope):
        found = await _trial(trial)
    logs = form.files.get("log", [])
    if not logs:
        form.error("log", "请选择事件日志文件。")
    elif not logs[0].name.lower().endswith((".xes", ".xes.gz", ".csv", ".csv.gz")):
        form.error("log", "只读 .xes、.xes.gz、.csv、.csv.gz。")
    elif form.ok:
        try:
            log = await take_log(logs[0], logs[0].name, form.value.mapping, found["definition"])
        except PointsFault as fault:
            form.error("mapping", str(fault))
        except LogFault as fault:
            form.error("log", str(fault))
        else:
            made = await beginning.try_on_log(who.scope, who.name, trial, log)
            return redirect(
                request, f"/inspection/trials/{made}", message="日志已读入，正在试运行。"
            )
    return await _trial_page(request, trial, "inspection/trial.html", form=form, status=422)


ROUTES = [
    draft_panel,
    show_trial,
    print_trial,
    trial_progress,
    trial_report,
    cancel_trial,
    try_again,
    try_on_log,
]
