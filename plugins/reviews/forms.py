# SPDX-License-Identifier: Apache-2.0
"""What the pages of reviews send."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta


class TemplateForm(msgspec.Struct):
    name: Annotated[str, Meta(title="名称", min_length=2, max_length=120)]
    table: Annotated[str, Meta(title="评查项目", min_length=1, max_length=20_000)]
    power_class: Annotated[str, Meta(title="适用类别", max_length=16)] = ""


class PlanForm(msgspec.Struct):
    title: Annotated[str, Meta(title="名称", min_length=2, max_length=200)]
    template: Annotated[int, Meta(title="评分表")]
    since: Annotated[date, Meta(title="办结自")]
    until: Annotated[date, Meta(title="办结至")]
    seed: Annotated[str, Meta(title="种子", min_length=6, max_length=200)]
    each_unit: Annotated[int, Meta(title="每个单位抽几卷", ge=1, le=50)] = 2
    gap: Annotated[int, Meta(title="相差多少分请第三人", ge=1, le=50)] = 10
    reviewers: list[int] = msgspec.field(default_factory=list)


class SheetForm(msgspec.Struct):
    remark: Annotated[str, Meta(title="总体意见", max_length=2000)] = ""


class WordsForm(msgspec.Struct):
    words: Annotated[str, Meta(title="内容", min_length=2, max_length=2000)]


class AnswerForm(msgspec.Struct):
    words: Annotated[str, Meta(title="答复", min_length=2, max_length=2000)]
    outcome: Annotated[str, Meta(title="处理", pattern="^(keep|change)$")]
    points: Annotated[str, Meta(title="改为", max_length=8)] = ""


class CheckForm(msgspec.Struct):
    outcome: Annotated[str, Meta(title="复核", pattern="^(passed|returned)$")]
    words: Annotated[str, Meta(title="说明", max_length=500)] = ""


class ReviewerForm(msgspec.Struct):
    drawn: int
    person: Annotated[int, Meta(title="评查人")]


class TypicalForm(msgspec.Struct):
    kind: Annotated[str, Meta(title="类型", pattern="^(model|warn)$")]
    title: Annotated[str, Meta(title="标题", min_length=4, max_length=120)]
    story: Annotated[str, Meta(title="基本案情", min_length=10, max_length=6000)]
    findings: Annotated[str, Meta(title="评查意见", min_length=5, max_length=4000)]
    advice: Annotated[str, Meta(title="指导意见", min_length=5, max_length=4000)]
    swaps: Annotated[str, Meta(title="要隐去的词", max_length=4000)] = ""


class ApproveForm(msgspec.Struct):
    outcome: Annotated[str, Meta(title="审定", pattern="^(publish|return)$")]
    words: Annotated[str, Meta(title="说明", max_length=500)] = ""
    checked: Annotated[bool, Meta(title="已逐处核对")] = False


class SchemeForm(msgspec.Struct):
    name: Annotated[str, Meta(title="名称", min_length=2, max_length=120)]
    table: Annotated[str, Meta(title="评议指标", min_length=1, max_length=20_000)]


class EvaluationForm(msgspec.Struct):
    title: Annotated[str, Meta(title="名称", min_length=2, max_length=200)]
    scheme: Annotated[int, Meta(title="评议标准")]
    since: Annotated[date, Meta(title="期间自")]
    until: Annotated[date, Meta(title="期间至")]
    due: Annotated[date, Meta(title="自评报送截止")]
    bodies: list[int] = msgspec.field(default_factory=list)


class ReportForm(msgspec.Struct):
    """What a body says of itself, theme by theme."""

    theme_1: Annotated[str, Meta(title="制度执行", min_length=10, max_length=3000)]
    theme_2: Annotated[str, Meta(title="队伍管理", min_length=10, max_length=3000)]
    theme_3: Annotated[str, Meta(title="履职尽责", min_length=10, max_length=3000)]
    theme_4: Annotated[str, Meta(title="执法质量", min_length=10, max_length=3000)]
    theme_5: Annotated[str, Meta(title="执法效果", min_length=10, max_length=3000)]
    once: str = ""


class ScoreForm(msgspec.Struct):
    remark: Annotated[str, Meta(title="总体意见", max_length=2000)] = ""


class RulingForm(msgspec.Struct):
    answer: Annotated[str, Meta(title="答复", min_length=2, max_length=2000)]
