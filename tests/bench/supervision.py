# SPDX-License-Identifier: Apache-2.0
"""A supervision notice in the layout of GB/T 9704 as PDF, and as DOCX from the template."""

import statistics
import time
from datetime import date

from tests.bench.measuring import Number

NAME = "supervision"


def _paper(number: int):  # type: ignore[no-untyped-def]
    from plugins.supervision.services.wording import paper

    # Every document differs, as real ones do: what typst remembers must not be measured.
    return paper(
        "notice",
        organ="磴口县司法局",
        addressee=f"磴口县第{number}号执法大队",
        number=f"磴执监通〔2026〕{number}号",
        day=date(2026, 5, 12),
        values={
            "facts": f"经查，你单位第{number}号案件没有公示处罚决定，执法过程没有录像。" * 12,
            "basis": "《中华人民共和国行政处罚法》第三十九条、第四十七条",
            "requirement": "请逐项整改，并附证明材料书面答复。",
            "supervisors": "乌兰（蒙监000001）、赵刚（蒙监000002）",
            "contact": "赵建国 0478-4212345",
        },
        items=[f"第{n}项问题：没有按规定公示第{number}号案件" for n in range(1, 9)],
        period="自收到之日起15个工作日内",
        copies="抄送：磴口县人民政府办公室",
    )


def _spent(make, times: int) -> list[float]:  # type: ignore[no-untyped-def]
    found = []
    for number in range(times + 1):
        paper = _paper(number)
        started = time.perf_counter()
        make(paper)
        found.append(time.perf_counter() - started)
    return found[1:]


def measure(*, quick: bool = False) -> list[Number]:
    """Seconds of the clock as the worker spends them."""
    from core.documents.pdf import set_pdf
    from plugins.supervision.services.layout import default_template, set_docx
    from plugins.supervision.services.wording import fields

    times = 10 if quick else 60
    as_pdf = _spent(set_pdf, times)
    template = default_template()
    as_docx = _spent(lambda paper: set_docx(template, fields(paper)), times)
    return [
        Number(
            NAME,
            "监督通知书生成 PDF",
            statistics.median(as_pdf),
            "秒",
            0.3,
            note=f"最慢 {max(as_pdf):.3f} 秒",
        ),
        Number(
            NAME,
            "监督通知书按模板生成 Word",
            statistics.median(as_docx),
            "秒",
            0.3,
            note=f"最慢 {max(as_docx):.3f} 秒",
        ),
    ]
