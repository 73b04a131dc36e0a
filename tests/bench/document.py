# SPDX-License-Identifier: Apache-2.0
"""A document of one page as PDF: the first one of a process, and every further one."""

import statistics
import subprocess
import sys
import time

from tests.bench.measuring import Number

NAME = "document"

BODY = """{{party}}：
# 违法事实和证据
经查，你（单位）于 2026 年 {{day}} 实施了下列行为：{{facts}}
# 处罚依据和决定
上述行为违反了{{basis}}的规定。现决定给予罚款 {{amount}} 元的行政处罚。
# 履行方式和救济途径
自收到本决定书之日起十五日内缴纳罚款。逾期不缴纳的，每日按罚款数额的百分之三加处罚款。
如不服本决定，可以在六十日内申请行政复议，或者在六个月内提起行政诉讼。"""

FIRST = f"""
import time
started = time.perf_counter()
from core.documents.pdf import set_pdf
from core.documents.rules import Paper, fill
loaded = time.perf_counter()
set_pdf(Paper("行政处罚决定书", fill({BODY!r}, {{"party": "某店", "facts": "未建立进货查验记录"}})))
print(loaded - started, time.perf_counter() - loaded)
"""


def _later(times: int) -> list[float]:
    from core.documents.pdf import set_pdf
    from core.documents.rules import Paper, fill

    spent = []
    for number in range(times + 1):
        # Every document differs, as real ones do: what typst remembers must not be measured.
        values = {
            "party": f"第{number}号餐饮店",
            "day": f"{number % 12 + 1} 月",
            "facts": f"采购食品 {number} 批次未建立进货查验记录，" * 8,
            "basis": f"《食品安全法》第{number}条",
            "amount": f"{number * 100:,}",
        }
        started = time.perf_counter()
        set_pdf(
            Paper(
                "行政处罚决定书",
                fill(BODY, values),
                organ="磴口县市场监督管理局",
                number=f"磴市监罚〔2026〕{number}号",
                signed=("磴口县市场监督管理局", "2026年5月12日"),
            )
        )
        spent.append(time.perf_counter() - started)
    return spent[1:]


def measure(*, quick: bool = False) -> list[Number]:
    """Both figures, in seconds of the clock as the worker spends them."""
    answer = subprocess.run(
        [sys.executable, "-c", FIRST], capture_output=True, text=True, check=True, timeout=120
    ).stdout.split()
    loading, first = float(answer[0]), float(answer[1])
    spent = _later(10 if quick else 60)
    return [
        Number(
            NAME,
            "一页文书生成 PDF",
            statistics.median(spent),
            "秒",
            0.3,
            note=f"最慢 {max(spent):.3f} 秒",
        ),
        Number(
            NAME,
            "进程里的第一份文书",
            first,
            "秒",
            0.3,
            note=f"另有载入程序 {loading:.2f} 秒",
        ),
    ]
