# SPDX-License-Identifier: Apache-2.0
"""Two compact power items in the published mapping, as ``powers.version_effective`` carries them."""

from typing import Any


def _control(key: str, title: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "title": title, "type": kind, "required": False, **more}


def _evidence(key: str, title: str, count: int, kind: str = "any") -> dict[str, Any]:
    return _control(key, title, "evidence", evidence_kind=kind, min_count=count, max_mb=20)


def _choice(
    key: str, title: str, *values: str, kind: str = "choice", **more: Any
) -> dict[str, Any]:
    options = [{"value": v, "title": v} for v in values]
    return _control(key, title, kind, options=options, **{"required": True, **more})


def _step(
    key: str, title: str, stage: str, position: int, kind: str, **more: Any
) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "stage": stage,
        "position": position,
        "kind": kind,
        "min_officers": 0,
        "strict_officers": False,
        "limit": None,
        "form": key,
        "coercive": False,
        "guidance": "",
        **more,
    }


def _forward(start: str, to: str, title: str = "", **more: Any) -> dict[str, Any]:
    return {"from": start, "to": to, "kind": "forward", "title": title, "when": None, **more}


def penalty(organisation: int = 1, **more: Any) -> dict[str, Any]:
    """Ordinary penalty procedure: ten steps, the branch 不予立案, a notice, instalments."""
    workdays = {"unit": "working"}
    return {
        "item": 501,
        "version": 1,
        "code": "150822-SJ-CF-012",
        "title": "对拒不改正进货查验违法行为的处罚",
        "power_class": "penalty",
        "organisation": organisation,
        "org_lo": 0,
        "region_lo": 0,
        "aud_lo": 0,
        "aud_hi": 0,
        "effective_from": "2026-01-01T00:00:00+08:00",
        "number_prefix": "磴市监",
        "subject_label": "当事人",
        "basis": [
            {
                "law": "食品安全法",
                "article": "第一百二十六条第一款第（三）项",
                "text": "拒不改正的，处五千元以上五万元以下罚款。",
            },
        ],
        "stages": [
            {"key": "file", "title": "立案", "limit": {"amount": 15, **workdays}},
            {
                "key": "investigate",
                "title": "调查决定",
                "limit": {"amount": 90, "unit": "calendar"},
            },
            {"key": "execute", "title": "执行", "limit": None},
        ],
        "steps": [
            _step("clue", "线索核查", "file", 1, "ordinary", limit={"amount": 10, **workdays}),
            _step("filing", "立案审批", "file", 2, "approval", limit={"amount": 5, **workdays}),
            _step(
                "inquiry",
                "调查取证",
                "investigate",
                3,
                "ordinary",
                min_officers=2,
                limit={"amount": 10, **workdays},
            ),
            _step("finding", "调查终结", "investigate", 4, "ordinary"),
            _step(
                "review",
                "法制审核",
                "investigate",
                5,
                "legal_review",
                limit={"amount": 5, **workdays},
            ),
            _step("notice", "事先告知", "investigate", 6, "notice"),
            _step(
                "decide",
                "处罚决定",
                "investigate",
                7,
                "decision",
                min_officers=2,
                strict_officers=True,
            ),
            _step("service", "送达", "execute", 8, "service", limit={"amount": 7, **workdays}),
            _step(
                "execute",
                "执行",
                "execute",
                9,
                "execution",
                limit={"amount": 15, "unit": "calendar"},
            ),
            _step("archive", "结案归档", "execute", 10, "closing"),
        ],
        "transitions": [
            _forward("clue", "filing", "报请立案"),
            _forward("filing", "inquiry", "批准立案"),
            {
                **_forward("filing", "archive", "不予立案"),
                "kind": "branch",
                "when": {"control": "outcome", "in": ["不予立案"]},
            },
            _forward("inquiry", "finding", "提交调查终结"),
            _forward("finding", "review"),
            _forward("review", "notice", "审核同意"),
            _forward("notice", "decide"),
            _forward("decide", "service"),
            _forward("service", "execute"),
            _forward("execute", "archive"),
            _forward("archive", "", "结案"),
        ],
        "forms": [
            {
                "key": "clue",
                "title": "线索核查表",
                "version": 1,
                "controls": [
                    _control("facts", "线索内容", "longtext", required=True),
                    _control("checked_on", "核查日期", "date", required=True),
                ],
            },
            {
                "key": "filing",
                "title": "立案审批表",
                "version": 1,
                "controls": [
                    _choice(
                        "outcome",
                        "审批结论",
                        "立案",
                        "不予立案",
                        kind="outcome",
                        negative=["不予立案"],
                    ),
                    _control("basis", "依据", "basis"),
                    _control("opinion", "审批意见", "longtext"),
                ],
            },
            {
                "key": "inquiry",
                "title": "调查取证表",
                "version": 2,
                "controls": [
                    _control("inquired_on", "调查日期", "date", required=True, max=0),
                    _control("place", "调查地点", required=True),
                    _control(
                        "facts",
                        "违法事实",
                        "longtext",
                        required=True,
                        help="写清时间、地点、行为、数量。",
                    ),
                    _control("goods_value", "涉案货值", "money"),
                    _evidence("photos", "现场照片", 1, "photo"),
                    _evidence("records", "询问笔录", 1, "document"),
                    _evidence("videos", "执法记录仪视频", 0, "video"),
                ],
            },
            {
                "key": "finding",
                "title": "调查终结报告",
                "version": 1,
                "controls": [
                    _control("summary", "调查结论", "longtext", required=True),
                ],
            },
            {
                "key": "review",
                "title": "法制审核意见书",
                "version": 1,
                "controls": [
                    _choice("opinion", "审核意见", "同意", "建议修改", "不同意"),
                    _control("remark", "理由", "longtext"),
                ],
            },
            {
                "key": "notice",
                "title": "行政处罚告知书",
                "version": 1,
                "controls": [
                    _control("notified_on", "告知日期", "date"),
                    _control("waived", "当事人书面放弃陈述、申辩", "boolean"),
                    _evidence("receipt", "告知书送达回证", 1, "document"),
                ],
            },
            {
                "key": "decide",
                "title": "行政处罚决定书",
                "version": 1,
                "controls": [
                    _choice(
                        "outcome",
                        "决定",
                        "予以处罚",
                        "不予处罚",
                        kind="outcome",
                        negative=["不予处罚", "撤案"],
                    ),
                    _control("basis", "处罚依据", "basis"),
                    _control("tier", "裁量阶次", "standard"),
                    _control("amount", "罚款金额", "money"),
                    _choice("kinds", "处罚种类", "警告", "罚款", kind="choices", required=False),
                    _evidence("minutes", "集体讨论记录", 0, "document"),
                ],
            },
            {
                "key": "service",
                "title": "送达回证",
                "version": 1,
                "controls": [
                    _control("served_on", "送达日期", "date", required=True),
                    _choice("manner", "送达方式", "直接送达", "留置送达", "邮寄送达", "公告送达"),
                    _evidence("receipt", "送达回证", 1, "document"),
                ],
            },
            {
                "key": "execute",
                "title": "执行情况",
                "version": 1,
                "controls": [
                    _control("payments", "缴款记录", "payment"),
                    _control("remark", "说明", "longtext"),
                ],
            },
            {
                "key": "archive",
                "title": "结案审批表",
                "version": 1,
                "controls": [
                    _control("closing_note", "结案说明", "longtext"),
                    _control("archive_number", "归档号"),
                ],
            },
        ],
        "standards": [
            {
                "key": "s1",
                "title": "进货查验违法行为裁量基准",
                "act": "拒不改正",
                "applies_to": "amount",
                "base": None,
                "tiers": [
                    {
                        "key": "light",
                        "title": "从轻",
                        "conditions": [{"control": "goods_value", "op": "le", "value": 500000}],
                        "min": 500000,
                        "max": 1000000,
                        "kinds": ["罚款"],
                        "note": "",
                    },
                    {
                        "key": "normal",
                        "title": "一般",
                        "conditions": [{"control": "goods_value", "op": "gt", "value": 500000}],
                        "min": 1000000,
                        "max": 3000000,
                        "kinds": ["罚款"],
                        "note": "",
                    },
                ],
            },
        ],
        "points": [
            {
                "key": "p1",
                "kind": "time_limit",
                "step": "inquiry",
                "stage": "",
                "title": "办理时限：调查取证",
                "colour": None,
                "params": {"of": "step"},
                "clause": "",
            },
            {
                "key": "p2",
                "kind": "evidence",
                "step": "inquiry",
                "stage": "",
                "title": "证据固化：现场照片",
                "colour": None,
                "params": {},
                "clause": "",
            },
            {
                "key": "p3",
                "kind": "qualification",
                "step": "filing",
                "stage": "",
                "title": "执法主体资格：调查取证",
                "colour": None,
                "params": {"minimum": 2, "judges": "next_step"},
                "clause": "",
            },
            {
                "key": "p4",
                "kind": "discretion",
                "step": "decide",
                "stage": "",
                "title": "自由裁量",
                "colour": None,
                "params": {"standard": "s1", "amount_control": "amount", "tier_control": "tier"},
                "clause": "",
            },
            {
                "key": "p5",
                "kind": "decision_basis",
                "step": "decide",
                "stage": "",
                "title": "决定依据",
                "colour": None,
                "params": {
                    "basis_control": "basis",
                    "outcome_control": "outcome",
                    "negative": ["不予处罚"],
                },
                "clause": "",
            },
            {
                "key": "p6",
                "kind": "rollback",
                "step": "",
                "stage": "",
                "title": "环节回退",
                "colour": None,
                "params": {},
                "clause": "",
            },
            {
                "key": "p7",
                "kind": "execution",
                "step": "execute",
                "stage": "",
                "title": "处罚执行",
                "colour": None,
                "params": {"decision_step": "decide"},
                "clause": "",
            },
        ],
        "risks": [
            {"step": "inquiry", "level": "高", "description": "一人办案", "prevention": "两人以上"}
        ],
        "remedies": ["行政复议 60 日内", "行政诉讼六个月内"],
        **more,
    }


def licence(organisation: int = 1, **more: Any) -> dict[str, Any]:
    """A licence with a supplement loop drawn backwards, which is no rollback."""
    return {
        "item": 601,
        "version": 1,
        "code": "150822-SJ-XK-003",
        "title": "食品经营许可",
        "power_class": "licence",
        "organisation": organisation,
        "org_lo": 0,
        "region_lo": 0,
        "aud_lo": 0,
        "aud_hi": 0,
        "effective_from": "2026-01-01T00:00:00+08:00",
        "number_prefix": "磴市监",
        "subject_label": "申请人",
        "basis": [{"law": "行政许可法", "article": "第三十八条", "text": ""}],
        "stages": [{"key": "all", "title": "审批", "limit": {"amount": 20, "unit": "working"}}],
        "steps": [
            _step("accept", "受理", "all", 1, "filing", limit={"amount": 5, "unit": "working"}),
            _step("check", "审查", "all", 2, "ordinary", min_officers=2),
            _step("decide", "许可决定", "all", 3, "decision"),
            _step("deliver", "送达证件", "all", 4, "service"),
        ],
        "transitions": [
            _forward("accept", "check"),
            {
                **_forward("accept", "", "不予受理"),
                "kind": "branch",
                "when": {"control": "outcome", "in": ["不予受理"]},
            },
            _forward("check", "decide", "报请决定"),
            _forward("check", "accept", "请申请人补正"),
            _forward("decide", "deliver"),
            _forward("deliver", ""),
        ],
        "forms": [
            {
                "key": "accept",
                "title": "受理通知书",
                "version": 1,
                "controls": [
                    _choice(
                        "outcome",
                        "受理结论",
                        "受理",
                        "不予受理",
                        kind="outcome",
                        negative=["不予受理"],
                    ),
                    _control("basis", "依据", "basis"),
                ],
            },
            {
                "key": "check",
                "title": "审查意见",
                "version": 1,
                "controls": [
                    _control("opinion", "审查意见", "longtext", required=True),
                    _evidence("site", "现场核查照片", 1, "photo"),
                ],
            },
            {
                "key": "decide",
                "title": "许可决定书",
                "version": 1,
                "controls": [
                    _choice(
                        "outcome",
                        "决定",
                        "准予许可",
                        "不予许可",
                        kind="outcome",
                        negative=["不予许可"],
                    ),
                    _control("basis", "依据", "basis"),
                ],
            },
            {
                "key": "deliver",
                "title": "送达回证",
                "version": 1,
                "controls": [
                    _control("served_on", "送达日期", "date", required=True),
                ],
            },
        ],
        "standards": [],
        "points": [],
        "risks": [],
        "remedies": [],
        **more,
    }
