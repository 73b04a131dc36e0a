# SPDX-License-Identifier: Apache-2.0
"""Document templates for the items of these tests."""

from typing import Any

from tests.plugins.cases.definitions import penalty

NOTICE = """{{party}}：
经查，你（单位）在{{place}}的行为{{facts}}，违反了{{basis}}。
# 权利
你有权陈述、申辩。
> {{date}}"""

DECISION = """当事人：{{party}}
{{document_number}}
{{facts}}。依据{{basis}}，决定{{outcome}}，罚款{{amount}}。
{{remedies}}"""


def with_documents(**more: Any) -> dict[str, Any]:
    """The penalty item with a notice, a decision and a record."""

    def paper(key: str, title: str, step: str, kind: str, **rest: Any) -> dict[str, Any]:
        return {"key": key, "title": title, "step": step, "kind": kind, "word": "", **rest}

    return {
        **penalty(item=602, **more),
        "remedies": ["可以在六十日内申请行政复议。"],
        "documents": [
            paper("record", "现场笔录", "inquiry", "record", body="地点：{{place}}\n{{facts}}"),
            paper(
                "notice",
                "行政处罚事先告知书",
                "notice",
                "notice",
                word="罚告",
                served=True,
                body=NOTICE,
            ),
            paper(
                "decision",
                "行政处罚决定书",
                "decide",
                "decision",
                word="罚",
                served=True,
                published=True,
                body=DECISION,
            ),
        ],
    }
