# SPDX-License-Identifier: Apache-2.0
"""What is typed for each kind of entry.

A draft may have faults, so a form refuses only what cannot be stored at all.

``extra``: ``options`` words of fixed choices, ``from`` the list of the item the choices come
from, ``lines`` the height of a text box.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from plugins.powers.forms.drafts import CLASS_WORDS, PowerClassKey
from plugins.powers.rules.telling import OPS
from plugins.powers.rules.words import STEP_KINDS

Title = Annotated[str, Meta(title="名称", min_length=1, max_length=200)]
Key = Annotated[
    str,
    Meta(
        title="代号",
        max_length=40,
        description="小写字母开头，可以有数字和下划线；空着由系统给。定了以后不能改。",
    ),
]
Limits = Annotated[
    str,
    Meta(title="期限", max_length=20, description="例如 5 工作日、90 日、24 小时；空着不限期。"),
]

CONTROL_WORDS: Final = {
    "text": "一行文字",
    "longtext": "多行文字",
    "date": "日期",
    "datetime": "日期和时间",
    "number": "数字",
    "money": "金额",
    "choice": "单选",
    "choices": "多选",
    "boolean": "是或否",
    "evidence": "证据",
    "outcome": "处理结果",
    "basis": "法律依据",
    "standard": "裁量阶次",
    "payment": "缴款",
    "officers": "执法人员",
}
EVIDENCE_WORDS: Final = {
    "any": "不限",
    "photo": "照片",
    "audio": "录音",
    "video": "录像",
    "document": "文档",
}
DOCUMENT_KINDS: Final = {
    "notice": "告知书",
    "decision": "决定书",
    "record": "笔录",
    "order": "责令、通知",
    "receipt": "回执",
    "other": "其他",
}
WAY_WORDS: Final = {"forward": "前进", "branch": "分支", "rollback": "回退"}
JOINT_WORDS: Final = {
    "": "不会签",
    "all": "全体同意",
    "any": "一人同意即可",
    "quorum": "达到人数",
}


def _options(words: Mapping[str, str], title: str, **more: Any) -> Meta:
    return Meta(title=title, extra={"options": dict(words)}, **more)


class BasicsForm(msgspec.Struct):
    title: Annotated[str, Meta(title="事项名称", min_length=2, max_length=200)]
    code: Annotated[str, Meta(title="事项编码", min_length=1, max_length=40)]
    power_class: Annotated[PowerClassKey, _options(CLASS_WORDS, "类别")]
    number_prefix: Annotated[
        str,
        Meta(
            title="案号字头",
            max_length=20,
            description="例如磴市监立，案号写成磴市监立〔2026〕1号。",
        ),
    ] = ""
    subject_label: Annotated[
        str, Meta(title="相对人称谓", max_length=20, description="当事人、申请人、被检查人等。")
    ] = "当事人"


class BasisForm(msgspec.Struct):
    law: Annotated[str, Meta(title="法律、法规、规章", min_length=2, max_length=200)]
    article: Annotated[str, Meta(title="条款", min_length=1, max_length=100)]
    text: Annotated[str, Meta(title="原文", max_length=4000, extra={"lines": 5})] = ""


class StageForm(msgspec.Struct):
    title: Title
    key: Key = ""
    limit: Limits = ""


class StepForm(msgspec.Struct):
    title: Title
    kind: Annotated[
        Literal[
            "ordinary",
            "filing",
            "approval",
            "legal_review",
            "discussion",
            "notice",
            "hearing",
            "decision",
            "service",
            "execution",
            "closing",
            "publication",
        ],
        _options(STEP_KINDS, "类型"),
    ] = "ordinary"
    key: Key = ""
    stage: Annotated[str, Meta(title="阶段", extra={"from": "stages"})] = ""
    # A control called "form" would hide the property of that name from htmx, which then sends nothing.
    sheet: Annotated[str, Meta(title="表单", extra={"from": "forms"})] = ""
    limit: Limits = ""
    min_officers: Annotated[
        int,
        Meta(
            title="最少合格执法人员",
            ge=0,
            le=99,
            description="调查取证一般不少于 2 名；0 为不要求。",
        ),
    ] = 0
    strict_officers: Annotated[bool, Meta(title="人数不够不能提交本环节")] = False
    coercive: Annotated[bool, Meta(title="属于行政强制措施，不得委托")] = False
    joint: Annotated[Literal["", "all", "any", "quorum"], _options(JOINT_WORDS, "会签")] = ""
    quorum: Annotated[
        int, Meta(title="会签同意人数", ge=0, le=99, description="只在“达到人数”时用。")
    ] = 0
    guidance: Annotated[str, Meta(title="办理提示", max_length=1000, extra={"lines": 2})] = ""


class TransitionForm(msgspec.Struct):
    origin: Annotated[str, Meta(title="从哪个环节", min_length=1, extra={"from": "steps"})]
    target: Annotated[str, Meta(title="到哪个环节", extra={"from": "targets"})] = ""
    kind: Annotated[Literal["forward", "branch", "rollback"], _options(WAY_WORDS, "种类")] = (
        "forward"
    )
    title: Annotated[str, Meta(title="按钮上的字", max_length=60)] = ""
    control: Annotated[str, Meta(title="条件：控件", extra={"from": "controls"})] = ""
    values: Annotated[
        str,
        Meta(
            title="条件：取值", max_length=500, description="几个值用、隔开，取其中之一就走这条路。"
        ),
    ] = ""


class FormForm(msgspec.Struct):
    title: Title
    key: Key = ""
    version: Annotated[int, Meta(title="版次", ge=1, le=999)] = 1


class ControlForm(msgspec.Struct):
    title: Title
    type: Annotated[
        Literal[
            "text",
            "longtext",
            "date",
            "datetime",
            "number",
            "money",
            "choice",
            "choices",
            "boolean",
            "evidence",
            "outcome",
            "basis",
            "standard",
            "payment",
            "officers",
        ],
        _options(CONTROL_WORDS, "类型"),
    ] = "text"
    key: Key = ""
    required: Annotated[bool, Meta(title="必填")] = False
    help: Annotated[str, Meta(title="填写说明", max_length=300)] = ""
    options: Annotated[
        str,
        Meta(
            title="选项",
            max_length=4000,
            description="一行一个，用于单选、多选、处理结果。",
            extra={"lines": 4},
        ),
    ] = ""
    negative: Annotated[
        str, Meta(title="其中否定性决定", max_length=500, description="用、隔开，用于处理结果。")
    ] = ""
    unit: Annotated[str, Meta(title="单位", max_length=20)] = ""
    min: Annotated[
        float | None,
        Meta(
            title="下限",
            description="用于数字、金额和日期。金额以分计，日期写从今天算起的天数。",
        ),
    ] = None
    max: Annotated[float | None, Meta(title="上限", description="日期填 0，就是不能晚于今天。")] = (
        None
    )
    max_length: Annotated[Annotated[int, Meta(ge=1, le=100000)] | None, Meta(title="字数上限")] = (
        None
    )
    evidence_kind: Annotated[
        Literal["any", "photo", "audio", "video", "document"],
        _options(EVIDENCE_WORDS, "证据种类"),
    ] = "any"
    min_count: Annotated[int, Meta(title="证据最少份数", ge=0, le=999)] = 0
    max_mb: Annotated[int, Meta(title="每份大小上限（MB）", ge=1, le=2000)] = 20


class StandardForm(msgspec.Struct):
    title: Title
    act: Annotated[str, Meta(title="违法行为", max_length=500)] = ""
    articles: Annotated[
        str,
        Meta(
            title="细化的条文",
            max_length=1000,
            description="一行一条，例如 《食品安全法》第一百二十六条第一款；公布时连到法规原文。",
            extra={"lines": 2},
        ),
    ] = ""
    key: Key = ""
    applies_to: Annotated[str, Meta(title="裁量的控件", extra={"from": "controls"})] = "amount"
    base: Annotated[
        str,
        Meta(
            title="倍数的基数",
            description="按倍数处罚时选货值等控件；按金额处罚时空着。",
            extra={"from": "controls"},
        ),
    ] = ""


class ConditionRow(msgspec.Struct):
    control: Annotated[str, Meta(title="控件", extra={"choose": True})]
    value: Annotated[str, Meta(title="取值", max_length=200)]
    op: Annotated[Literal["le", "lt", "ge", "gt", "eq", "in"], _options(OPS, "比较")] = "le"


class TierForm(msgspec.Struct):
    title: Title
    min: Annotated[str, Meta(title="下限", min_length=1, max_length=20)]
    max: Annotated[str, Meta(title="上限", min_length=1, max_length=20)]
    key: Key = ""
    kinds: Annotated[
        str,
        Meta(title="处罚种类", max_length=200, description="用、隔开，例如 罚款、责令停产停业。"),
    ] = ""
    note: Annotated[str, Meta(title="说明", max_length=500)] = ""
    conditions: Annotated[list[ConditionRow], Meta(title="适用条件")] = []


class RiskForm(msgspec.Struct):
    step: Annotated[str, Meta(title="环节", min_length=1, extra={"from": "steps"})]
    level: Annotated[Literal["高", "中", "低"], Meta(title="等级")]
    description: Annotated[
        str, Meta(title="可能出现的问题", min_length=2, max_length=1000, extra={"lines": 3})
    ]
    prevention: Annotated[
        str, Meta(title="防控措施", min_length=2, max_length=1000, extra={"lines": 3})
    ]


class DocumentForm(msgspec.Struct):
    title: Title
    step: Annotated[str, Meta(title="在哪个环节制作", min_length=1, extra={"from": "steps"})]
    kind: Annotated[
        Literal["notice", "decision", "record", "order", "receipt", "other"],
        _options(DOCUMENT_KINDS, "种类"),
    ] = "other"
    key: Key = ""
    word: Annotated[
        str, Meta(title="文号字", max_length=20, description="例如 罚告；空着的文书不编号。")
    ] = ""
    served: Annotated[bool, Meta(title="要送达回证")] = False
    published: Annotated[bool, Meta(title="要公示摘要")] = False
    body: Annotated[
        str,
        Meta(
            title="正文",
            max_length=20000,
            description="一行一段；行首 # 是小标题，> 靠右；{{代号}} 换成控件里填的内容。",
            extra={"lines": 14},
        ),
    ] = ""


class RemedyForm(msgspec.Struct):
    text: Annotated[str, Meta(title="救济途径", min_length=4, max_length=500, extra={"lines": 3})]
