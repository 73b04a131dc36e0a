# SPDX-License-Identifier: Apache-2.0
"""The columns of the template for questions, as sheets head them."""

from core.api.imports import SheetColumn
from core.api.web import Column
from plugins.exams.rules.sheets import LETTERS

SHEET: tuple[SheetColumn, ...] = (
    SheetColumn("kind", ("题型",), required=True),
    SheetColumn("subject", ("科目",), required=True),
    SheetColumn("difficulty", ("难度",)),
    SheetColumn("stem", ("题干", "题目"), required=True),
    *(SheetColumn(letter, (f"选项{letter}", letter)) for letter in LETTERS),
    SheetColumn("answer", ("答案", "正确答案"), required=True),
    SheetColumn("law", ("法律依据", "依据")),
    SheetColumn("explanation", ("解析",)),
)
COLUMNS: tuple[Column, ...] = (
    Column("kind", "题型", width=10),
    Column("subject", "科目", width=16),
    Column("difficulty", "难度", width=6),
    Column("stem", "题干", width=60),
    *(Column(letter, f"选项{letter}", width=18) for letter in LETTERS),
    Column("answer", "答案", width=14),
    Column("law", "法律依据", width=24),
    Column("explanation", "解析", width=30),
)
EXAMPLES = (
    {
        "kind": "单选题",
        "subject": "行政处罚法",
        "difficulty": "中",
        "stem": "行政处罚应当自立案之日起几日内作出决定？",
        "A": "三十日",
        "B": "六十日",
        "C": "九十日",
        "D": "一百八十日",
        "answer": "C",
        "law": "行政处罚法第六十条",
        "explanation": "",
    },
    {
        "kind": "多选题",
        "subject": "行政处罚法",
        "difficulty": "难",
        "stem": "下列哪些属于行政处罚的种类？",
        "A": "警告",
        "B": "罚款",
        "C": "查封",
        "D": "行政拘留",
        "answer": "ABD",
        "law": "行政处罚法第九条",
        "explanation": "查封是行政强制措施。",
    },
    {
        "kind": "判断题",
        "subject": "行政处罚法",
        "difficulty": "易",
        "stem": "执法人员不得少于两人。",
        "answer": "正确",
        "law": "行政处罚法第四十二条",
    },
    {
        "kind": "填空题",
        "subject": "行政强制法",
        "difficulty": "中",
        "stem": "查封、扣押的期限不得超过____日。",
        "answer": "三十|30",
        "law": "行政强制法第二十五条",
    },
)
