# SPDX-License-Identifier: Apache-2.0
"""The command `jiandu replay`: a log and a points file in, alarms out."""

import argparse
import contextlib
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import msgspec

from plugins.inspection.replay.calendar import PublishedCalendar
from plugins.inspection.replay.cases import LogCase, LogMapping
from plugins.inspection.replay.faults import LogFault, PointsFault
from plugins.inspection.replay.points import read_points
from plugins.inspection.replay.report import Findings, print_json, print_text, summary
from plugins.inspection.replay.table import CsvLog
from plugins.inspection.replay.xes import XesLog, points_in
from plugins.inspection.rules.engine import Compiled, compile_points, judge
from plugins.inspection.rules.logs import ALL_KINDS
from plugins.inspection.rules.model import Point

BAD_INPUT = 2
"""Exit code when log or points file cannot be read."""

HELP = "用监察点重放事件日志（XES、CSV），列出会报的红灯、黄灯"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=Path, help="事件日志：.xes、.xes.gz、.csv、.csv.gz")
    parser.add_argument(
        "--points",
        type=Path,
        help="监察点文件（TOML）；平台自己导出的日志带有监察点，可以不写",
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出结果")
    parser.add_argument("--cases", action="store_true", help="列出每个监察点报灯的案件")
    parser.add_argument(
        "--out", type=Path, help="把排好序的报警明细写到文件（.csv、.json、.jsonl）"
    )
    parser.add_argument("--skip-faulty", action="store_true", help="跳过看不懂的案件，而不是停下")


def run(arguments: argparse.Namespace) -> int:
    # Cases come and go by the ten thousand and hold no cycles: looking for some is wasted time.
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    try:
        return replay(
            arguments.log,
            arguments.points,
            as_json=arguments.json,
            ids=arguments.cases,
            out=arguments.out,
            skip_faulty=arguments.skip_faulty,
        )
    except (LogFault, PointsFault) as fault:
        sys.stderr.write(f"{fault}\n")
        return BAD_INPUT
    except BrokenPipeError:
        # The reader of our output went away (head, less): nothing to say to it any more.
        with contextlib.suppress(OSError):
            sys.stdout.close()
        return 0


def replay(
    log: Path,
    points: Path | None,
    *,
    as_json: bool = False,
    ids: bool = False,
    out: Path | None = None,
    skip_faulty: bool = False,
) -> int:
    """Judge every case of a log and report; faults of the input are raised."""
    started = perf_counter()
    calendar = PublishedCalendar()
    told: list[str] = []
    skipped = 0

    def on_fault(fault: LogFault) -> None:
        nonlocal skipped
        skipped += 1
        if skipped <= _FAULTS_TOLD:
            told.append(str(fault))

    known = read_points(points) if points else None
    reader = open_log(
        log, known.mapping if known else LogMapping(), on_fault if skip_faulty else None
    )
    cases = events = 0
    checking = 0.0
    compiled: Compiled | None = known.compiled(calendar) if known else None
    own: _OwnPoints | None = None
    findings = Findings(known.points) if known else None
    until = known.until if known else None
    with contextlib.ExitStack() as stack:
        if findings is not None:
            stack.enter_context(findings)
        for case in reader:
            before = perf_counter()
            if findings is None:
                own = _OwnPoints(log, points_in(reader.attributes), calendar)
                findings = stack.enter_context(Findings(own.points))
            found = judge(
                case.events,
                compiled if compiled is not None else own.of(case),  # type: ignore[union-attr]
                until=until or case.until,
                attributes=case.attributes,
                explain=False,
            )
            checking += perf_counter() - before
            cases += 1
            events += len(case.events)
            if found:
                findings.add(case.id, found)
        if findings is None:
            findings = stack.enter_context(Findings(()))
        read = perf_counter()
        if out is not None:
            try:
                findings.write(out)
            except OSError as error:
                raise LogFault(f"{out}：写不了，{error.strerror or error}") from None
        reported = perf_counter()
        seconds = {
            "read": read - started - checking,
            "check": checking,
            "report": reported - read,
            "total": reported - started,
        }
        warnings = [*calendar.warnings, *told]
        if skipped > _FAULTS_TOLD:
            warnings.append(f"另有 {skipped - _FAULTS_TOLD:,} 处没有列出")
        result = summary(
            findings,
            cases=cases,
            events=events,
            seconds=seconds,
            skipped=skipped,
            warnings=warnings,
        )
        show = print_json if as_json else print_text
        show(result, findings, sys.stdout, ids=ids)
    return 0


_FAULTS_TOLD = 20


def open_log(
    path: Path, mapping: LogMapping, on_fault: Callable[[LogFault], None] | None = None
) -> XesLog | CsvLog:
    if not path.exists():
        raise LogFault(f"{path}：没有这个文件")
    names = [suffix.lower() for suffix in path.suffixes[-2:]]
    if ".csv" in names:
        return CsvLog(path, mapping, on_fault)
    if ".xes" in names or ".xml" in names:
        return XesLog(path, mapping, on_fault)
    raise LogFault(f"{path.name}：只读 .xes、.xes.gz、.csv、.csv.gz")


class _OwnPoints:
    """The points a log exported by the platform carries: per item, all versions."""

    def __init__(self, log: Path, text: str, calendar: PublishedCalendar) -> None:
        if not text:
            raise PointsFault(f"{log.name} 里没有监察点，请用 --points 指定监察点文件")
        try:
            by_item = msgspec.json.decode(text, type=dict[str, list[Point]])
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise PointsFault(f"{log.name} 里的监察点看不懂：{error}") from None
        self.points: list[Point] = []
        self._compiled: dict[str, Compiled] = {}
        several = len(by_item) > 1
        for item, found in by_item.items():
            named = [
                msgspec.structs.replace(p, key=f"{item}.{p.key}") if several else p for p in found
            ]
            self._compiled[item] = compile_points(named, calendar, ALL_KINDS)
            known = {p.key for p in self.points}
            # Versions of a point are one line of the report.
            self.points += list({p.key: p for p in named if p.key not in known}.values())
        self._none = compile_points((), calendar, ALL_KINDS)

    def of(self, case: LogCase) -> Compiled:
        item = str(case.events[0].item) if case.events else ""
        return self._compiled.get(item, self._none)
