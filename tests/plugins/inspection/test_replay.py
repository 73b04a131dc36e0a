# SPDX-License-Identifier: Apache-2.0
"""`jiandu replay` from file to report: numbers, faults with their place, order, export."""

import argparse
import csv
import gzip
import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from plugins.inspection.replay import command, report, table
from tests.bench.make_log import write_log

RECEIPT_POINTS = Path("plugins/inspection/points/receipt.toml")


@pytest.fixture
def replay(capsys):
    def run(*arguments):
        parser = argparse.ArgumentParser()
        command.configure(parser)
        code = command.run(parser.parse_args([str(a) for a in arguments]))
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


@pytest.fixture
def small_log(tmp_path):
    path = tmp_path / "small.xes"
    write_log(path, 3000)
    return path


def write_points(tmp_path, text):
    path = tmp_path / "points.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_numbers_of_a_known_log_do_not_move(replay, small_log):
    code, out, _ = replay(small_log, "--points", RECEIPT_POINTS, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["cases"], found["events"]) == (500, 3000) or found["events"] >= 3000
    assert set(found) >= {"cases", "events", "alarms", "points", "seconds"}
    assert set(found["seconds"]) == {"read", "check", "report", "total"}
    by_hand = by_hand_counts(small_log)
    assert {k: found["points"][k]["cases"] for k in by_hand} == by_hand
    assert sum(found["alarms"].values()) == sum(p["alarms"] for p in found["points"].values())


def by_hand_counts(path, zone="Europe/Amsterdam"):
    """The same questions asked of the same file in the plainest way, without the engine."""
    opened = (gzip.open if path.suffix == ".gz" else open)(path, "rb")
    counts: Counter[str] = Counter()
    tz = ZoneInfo(zone)
    with opened as stream:
        for _, trace in etree.iterparse(stream, tag="{*}trace"):
            events = []
            attributes = {}
            for child in trace:
                if etree.QName(child).localname == "event":
                    values = {a.get("key"): a.get("value") for a in child}
                    at = datetime.fromisoformat(values["time:timestamp"])
                    events.append((at, len(events), values["concept:name"], values))
                else:
                    attributes[child.get("key")] = child.get("value")
            events.sort(key=lambda e: e[:2])

            def times(name, events=events):
                return [(at, n) for at, n, activity, _ in events if activity == name]

            first, last = events[0][0], events[-1][0]
            received = times("Confirmation of receipt")
            sent = times("T05 Print and send confirmation of receipt")
            checked = times("T02 Check confirmation of receipt")
            decided = times("T04 Determine confirmation of receipt")
            if last.astimezone(tz).date() > first.astimezone(tz).date() + timedelta(days=30):
                counts["whole-case-30-days"] += 1
            if last > datetime.fromisoformat(attributes["deadline"]):
                counts["own-deadline"] += 1
            if received and checked and checked[0][0] - received[0][0] > timedelta(hours=24):
                counts["check-in-24-hours"] += 1
            if received and sent:
                day, left = received[0][0].astimezone(tz).date(), 5
                while left:
                    day += timedelta(days=1)
                    left -= day.weekday() < 5
                counts["confirm-in-5-workdays"] += sent[0][0].astimezone(tz).date() > day
            if decided and not any(s > decided[-1] for s in sent):
                counts["print-after-decision"] += 1
            who = {
                name: {v.get("org:resource") for *_, a, v in events if a == name}
                for name in (
                    "T02 Check confirmation of receipt",
                    "T04 Determine confirmation of receipt",
                )
            }
            one, two = who.values()
            counts["checker-is-not-decider"] += bool(one & two)
            counts["decision-by-a-person"] += any(
                v["org:group"] == "EMPTY"
                for *_, a, v in events
                if a == "T04 Determine confirmation of receipt"
            )
            counts["request-held"] += bool(times("T20 Print report Y to stop indication"))
            trace.clear()
    keys = (
        "whole-case-30-days",
        "own-deadline",
        "check-in-24-hours",
        "confirm-in-5-workdays",
        "print-after-decision",
        "checker-is-not-decider",
        "decision-by-a-person",
        "request-held",
    )
    return {key: counts[key] for key in keys}


@pytest.mark.data
def test_the_real_log_counts_as_by_hand(replay):
    path = Path(os.environ.get("JIANDU_TEST_DATA", "/nowhere")) / "receipt.xes.gz"
    if not path.exists():
        pytest.skip("JIANDU_TEST_DATA names no folder with receipt.xes.gz")
    _, out, _ = replay(path, "--points", RECEIPT_POINTS, "--json", "--cases")
    found = json.loads(out)
    assert (found["cases"], found["events"]) == (1434, 8577)
    by_hand = by_hand_counts(path)
    assert {k: found["points"][k]["cases"] for k in by_hand} == by_hand
    for point in found["points"].values():
        assert len(point["ids"]) == len(set(point["ids"])) == point["cases"]


def test_the_report_is_sorted_and_the_same_whether_it_fits_in_memory_or_not(
    replay, small_log, tmp_path, monkeypatch
):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    replay(small_log, "--points", RECEIPT_POINTS, "--out", one)
    monkeypatch.setattr(report, "ROWS_IN_MEMORY", 7)
    code, out, _ = replay(small_log, "--points", RECEIPT_POINTS, "--out", two, "--json", "--cases")
    assert code == 0
    assert one.read_bytes() == two.read_bytes()
    rows = list(csv.reader(one.open(encoding="utf-8-sig")))[1:]
    found = json.loads(out)
    assert len(rows) == sum(found["alarms"].values())
    assert sum(p["alarms"] for p in found["points"].values()) == len(rows)
    for point in found["points"].values():
        of_point = [row[3] for row in rows if row[0] == point["title"]]
        assert of_point == sorted(of_point)
        assert point["ids"] == sorted(set(of_point))


CSV_POINTS = """
[[points]]
key = "p"
kind = "must_follow"
after = "A"
then = "B"
"""


def test_csv_rows_may_come_in_any_order_and_be_many(replay, tmp_path, monkeypatch):
    rows = [
        ("c2", "A", "2026-05-11T09:00:00+08:00", "甲"),
        ("c1", "B", "2026-05-12T09:00:00+08:00", "乙"),
        ("c1", "A", "2026-05-11 09:00:00", "甲"),
        ("c2", "X", "2026/05/12 10:00", "乙"),
        ("c3", "A", "2026-05-11T09:00:00Z", ""),
    ]
    path = tmp_path / "log.csv"
    header = "case:concept:name,concept:name,time:timestamp,org:resource\n"
    path.write_text(header + "".join(",".join(r) + "\n" for r in rows), encoding="utf-8")
    points = write_points(tmp_path, CSV_POINTS)
    plain = json.loads(replay(path, "--points", points, "--json", "--cases")[1])
    assert plain["cases"] == 3
    assert plain["points"]["p"]["ids"] == ["c2", "c3"]
    monkeypatch.setattr(table, "ROWS_IN_MEMORY", 2)
    spilled = json.loads(replay(path, "--points", points, "--json", "--cases")[1])
    assert spilled["points"] == plain["points"]


def test_csv_with_own_column_names_chinese_encoding_and_semicolons(replay, tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(
        "案号;环节;时间\n一号;受理;2026-05-11 09:00\n二号;受理;2026年05月11日 09:00\n二号;办结;2026-05-12 09:00\n".encode(
            "gb18030"
        )
    )
    points = write_points(tmp_path, CSV_POINTS.replace('"A"', '"受理"').replace('"B"', '"办结"'))
    found = json.loads(replay(path, "--points", points, "--json", "--cases")[1])
    assert found["points"]["p"]["ids"] == ["一号"]


XES = """<?xml version="1.0"?>
<log xes.version="1.0">
<trace><string key="concept:name" value="c1"/>
<event><string key="concept:name" value="A"/>{first}</event>
<event><string key="concept:name" value="B"/><date key="time:timestamp" value="{second}"/></event>
</trace></log>
"""
TIME = '<date key="time:timestamp" value="2026-05-11T09:00:00+08:00"/>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            XES.format(first="", second="2026-05-11T09:00:00Z"),
            "第 4 行，案件 c1 第 1 个事件：缺少 time:timestamp",
        ),
        (XES.format(first=TIME, second="yesterday"), "第 5 行，案件 c1 第 2 个事件：看不懂的时间"),
        (XES.format(first=TIME, second="2026-05-11T09:00:00Z")[:-20], "行第 "),
        (XES.format(first=TIME, second="x").replace("</event>\n<event>", "</evnt>"), "第 4 行第"),
        ("<html><body/></html>", "根元素是 <html>"),
        ("", "XML 没有写完或有错"),
        (
            XES.replace('<string key="concept:name" value="c1"/>', ""),
            "第 1 个案件：缺少 concept:name",
        ),
    ],
)
def test_a_faulty_log_is_told_where(replay, tmp_path, text, words):
    path = tmp_path / "log.xes"
    path.write_text(text, encoding="utf-8")
    code, _, err = replay(path, "--points", write_points(tmp_path, CSV_POINTS))
    assert code == 2
    assert words in err
    assert "log.xes" in err


def test_faulty_cases_can_be_skipped_and_are_counted(replay, tmp_path):
    good = XES.format(first=TIME, second="2026-05-12T09:00:00Z")
    bad = XES.format(first="", second="2026-05-12T09:00:00Z").replace("c1", "c2")
    trace = bad[bad.index("<trace>") : bad.index("</log>")]
    path = tmp_path / "log.xes"
    path.write_text(good.replace("</log>", trace + "</log>"), encoding="utf-8")
    points = write_points(tmp_path, CSV_POINTS)
    assert replay(path, "--points", points)[0] == 2
    found = json.loads(replay(path, "--points", points, "--json", "--skip-faulty")[1])
    assert (found["cases"], found["skipped"]) == (1, 1)
    assert "c2" in found["warnings"][0]


def test_times_of_several_zones_are_put_in_order(replay, tmp_path):
    # B at 02:30Z is after A at 09:00+08:00 = 01:00Z, although its clock reads earlier.
    path = tmp_path / "log.xes"
    path.write_text(XES.format(first=TIME, second="2026-05-10T21:30:00-05:00"), encoding="utf-8")
    points = write_points(tmp_path, CSV_POINTS)
    assert json.loads(replay(path, "--points", points, "--json")[1])["alarms"] == {"must_follow": 0}
    path.write_text(XES.format(first=TIME, second="2026-05-11T08:30:00"), encoding="utf-8")
    local = json.loads(replay(path, "--points", points, "--json")[1])
    assert local["alarms"] == {"must_follow": 1}
    strict = write_points(tmp_path, '[mapping]\nnaive_times = "refuse"\n' + CSV_POINTS)
    code, _, err = replay(path, "--points", strict)
    assert code == 2
    assert "没有时区" in err


def test_a_cut_gzip_and_a_missing_file_and_another_format(replay, tmp_path, small_log):
    cut = tmp_path / "cut.xes.gz"
    cut.write_bytes(gzip.compress(small_log.read_bytes())[:5000])
    for path, words in (
        (cut, "压缩文件不完整"),
        (tmp_path / "none.xes", "没有这个文件"),
        (RECEIPT_POINTS, "只读 .xes"),
    ):
        code, _, err = replay(path, "--points", RECEIPT_POINTS)
        assert code == 2
        assert words in err


def test_entities_are_not_expanded(replay, tmp_path):
    path = tmp_path / "log.xes"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + XES.format(first=TIME + '<string key="s" value="&amp;"/>', second="2026-05-12T09:00:00Z")
        .split("?>", 1)[1]
        .replace('"c1"', '"c1"/>&x;<string key="y" value=""'),
        encoding="utf-8",
    )
    code, out, err = replay(
        path, "--points", write_points(tmp_path, CSV_POINTS), "--json", "--cases"
    )
    assert "root:" not in out + err
    assert code in {0, 2}


NATIVE = """
timezone = "Asia/Shanghai"
[mapping]
officers = "team"
qualified = "certified"
[mapping.evidence]
photos = { attribute = "photos", required = 1 }
[[mapping.decision]]
activity = "decide"
outcome = "result"
basis = "law"
amount = "fine"
kinds = "kinds"
[[mapping.payment]]
activity = "pay"
amount = "paid"
voucher = "slip"
[[standards]]
key = "s"
title = "标准"
tiers = [{ key = "t", title = "一般", min = 100000, max = 200000, conditions = [{ control = "grade", op = "eq", value = "A" }] }]
[[points]]
key = "photos"
kind = "evidence"
step = "inspect"
controls = { photos = 2 }
[[points]]
key = "officers"
kind = "qualification"
step = "inspect"
judges = "this_step"
[[points]]
key = "basis"
kind = "decision_basis"
step = "decide"
negative = ["none"]
[[points]]
key = "range"
kind = "discretion"
step = "decide"
standard = "s"
[[points]]
key = "paid"
kind = "execution"
step = "close"
decision_step = "decide"
"""


def test_a_mapped_log_is_judged_by_the_seven_kinds_too(replay, tmp_path):
    header = "case,activity,time,team,certified,photos,result,law,fine,grade,paid,slip\n"

    def case(name, *rows):
        return "".join(
            f"{name},{activity},2026-05-{10 + i}T09:00:00+08:00,{rest}\n"
            for i, (activity, rest) in enumerate(rows)
        )

    path = tmp_path / "log.csv"
    path.write_text(
        header
        + case(
            "good",
            ("inspect", "甲;乙,甲;乙,2,,,,,,"),
            ("decide", ",,,fine,§1,1500.00,A,,"),
            ("pay", ",,,,,,,1500,r1"),
            ("close", ",,,,,,,,"),
        )
        + case(
            "bad",
            ("inspect", "甲;乙,甲,1,,,,,,"),
            ("decide", ",,,none,,2500.00,A,,"),
            ("pay", ",,,,,,,1500,"),
            ("close", ",,,,,,,,"),
        ),
        encoding="utf-8",
    )
    points = write_points(tmp_path, NATIVE)
    code, out, err = replay(path, "--points", points, "--json", "--cases")
    assert code == 0, err
    found = json.loads(out)
    names = ("photos", "officers", "basis", "range", "paid")
    assert {k: p["ids"] for k, p in found["points"].items()} == {n: ["bad"] for n in names}
    assert found["points"]["basis"]["alarms"] == 2
