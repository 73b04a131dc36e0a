# SPDX-License-Identifier: Apache-2.0
"""Questions, imports and papers of an office."""

from typing import Any

from core.api.db import row, rows
from core.api.web import Column, Filter, Listing
from plugins.exams.rules.papers import Known, points_words
from plugins.exams.rules.questions import DIFFICULTIES, KINDS, STATES, short

QUESTIONS = Listing(
    key="exams.questions",
    title="题库",
    select=(
        "q.id, q.kind, q.subject, q.difficulty, q.law, q.words, q.state, q.changed_at,"
        " q.written_by_name, q.replaces"
    ),
    source="exams_question q",
    alias="q",
    id="q.id",
    columns=(
        Column("words", "题干", export=lambda one: short(one["words"], 200)),
        Column("kind", "题型", export=lambda one: KINDS[one["kind"]]),
        Column("subject", "科目", sort="q.subject"),
        Column("difficulty", "难度", export=lambda one: DIFFICULTIES[one["difficulty"]]),
        Column("law", "依据"),
        Column("changed_at", "时间", kind="datetime", sort="q.changed_at"),
        Column("state", "状态", export=lambda one: STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="q.words ilike {}", placeholder="题干里的字"),
        Filter("subject", "科目", where="q.subject ilike {}", placeholder="例如 行政处罚法"),
        Filter("kind", "题型", kind="choice", options=tuple(KINDS.items()), where="q.kind = {}"),
        Filter(
            "level",
            "难度",
            kind="choice",
            options=tuple((str(key), words) for key, words in DIFFICULTIES.items()),
            wheres={str(key): f"q.difficulty = {key}" for key in DIFFICULTIES},
        ),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "全部"), *((key, words) for key, (_, words) in STATES.items())),
            where="q.state = {}",
        ),
    ),
    order="-changed_at",
)

PAPERS = Listing(
    key="exams.papers",
    title="试卷",
    select="p.id, p.title, p.quotas, p.minutes, p.pass_tenths, p.total_tenths, p.retired,"
    " p.created_at, p.created_by_name",
    source="exams_paper p",
    alias="p",
    id="p.id",
    columns=(
        Column("title", "名称"),
        Column("minutes", "时长（分钟）", kind="number"),
        Column("total_tenths", "总分", export=lambda one: points_words(one["total_tenths"])),
        Column("pass_tenths", "合格分", export=lambda one: points_words(one["pass_tenths"])),
        Column("created_by_name", "编制人"),
        Column("created_at", "时间", kind="datetime", sort="p.created_at"),
    ),
    filters=(
        Filter("q", "关键字", where="p.title ilike {}", placeholder="名称里的字"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "使用中"), ("retired", "已停用")),
            wheres={"": "not p.retired", "retired": "p.retired"},
        ),
    ),
    order="-created_at",
)


async def find_question(question: int, org_lo: int) -> dict[str, Any] | None:
    """A question of an office."""
    return await row("select * from exams_question where id = $1 and org_lo = $2", question, org_lo)


async def usable(org_lo: int) -> list[Known]:
    """What a draw may take."""
    found = await rows(
        """select id, subject, difficulty, kind from exams_question
           where state = 'in_use' and org_lo = $1 order by id""",
        org_lo,
    )
    return [Known(each["id"], each["subject"], each["difficulty"], each["kind"]) for each in found]


async def stock(org_lo: int) -> list[dict[str, Any]]:
    """How many usable questions there are by subject, kind and difficulty."""
    return await rows(
        """select subject, kind, count(*) as total,
             count(*) filter (where difficulty = 1) as easy,
             count(*) filter (where difficulty = 2) as medium,
             count(*) filter (where difficulty = 3) as hard
           from exams_question where state = 'in_use' and org_lo = $1
           group by subject, kind order by subject, kind""",
        org_lo,
    )


async def drafts(org_lo: int, batch: int = 0) -> int:
    """How many questions wait for a review."""
    found = await row(
        """select count(*) as n from exams_question where state = 'draft' and org_lo = $1
           and ($2 = 0 or batch = $2)""",
        org_lo,
        batch,
    )
    return int(found["n"]) if found else 0


async def for_export(org_lo: int) -> list[dict[str, Any]]:
    """Every usable question, in the order of the bank."""
    return await rows(
        "select * from exams_question where state = 'in_use' and org_lo = $1 order by id", org_lo
    )


async def batches(org_lo: int) -> list[dict[str, Any]]:
    """The newest imports."""
    return await rows(
        "select * from exams_batch where org_lo = $1 order by id desc limit 20", org_lo
    )


async def find_batch(batch: int, org_lo: int) -> dict[str, Any] | None:
    """One import of an office."""
    return await row("select * from exams_batch where id = $1 and org_lo = $2", batch, org_lo)
