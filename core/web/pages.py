# SPDX-License-Identifier: Apache-2.0
"""The sheet of all components, for whoever writes a page: ``/components`` in demo mode."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get

from core import clock
from core.auth.access import requires
from core.errors import NotFound
from core.forms import Bound
from core.listing import Column, Filter, FilterState, Listing, Page, Params
from core.web import responses
from core.web.state import held


class SampleForm(msgspec.Struct):
    """Stands for a form that came back with two things to correct."""

    paid: str
    service: str


def sample() -> dict[str, Any]:
    """Invented content in every state; nothing here is read from the database."""
    now = clock.now()
    hold = {"who": "斯琴高娃", "note": "剩 3 个工作日", "share": 60, "tone": "near", "me": False}
    done, coming = "done", "next"
    return {
        "holds": [
            {"who": "张海龙", "note": "剩 6 个工作日", "share": 40, "tone": "", "me": True},
            {"who": "法规股", "note": "剩 2 个工作日", "share": 80, "tone": "near", "me": False},
            {"who": "斯琴高娃", "note": "超期 1 天", "share": 100, "tone": "late", "me": False},
            {
                "who": "张海龙",
                "note": "已中止，鉴定期间不计入",
                "share": 0,
                "tone": "paused",
                "me": False,
            },
        ],
        "ledger": [
            ("送达（当日不计）", "9月1日"),
            ("30 日，自然日", "10月1日"),
            ("最后一日逢国庆假期，顺延到假后首个工作日", "10月8日"),
            ("到期", "10月8日 24:00"),
        ],
        "checks": [
            {
                "colour": "red",
                "title": "证据固化",
                "text": "现场照片 0/1",
                "cure": "缺 1 张。",
                "href": "#ev-photos",
                "act": "去上传",
            },
            {
                "colour": "red",
                "title": "主体资格",
                "text": "合格 2 人，不合格 1 人",
                "cure": "王志远没有执法证号。移除此人，或请填报人员补录。",
            },
            {"colour": "ok", "title": "证据固化", "text": "询问笔录 2/1"},
            {"colour": "wait", "title": "自由裁量", "text": "作出决定时判定"},
        ],
        "files": [
            {
                "id": 1,
                "name": "询问笔录-经营者李建军.pdf",
                "size": 1258291,
                "at": now,
                "person": "张海龙",
                "sha256": "9f2c41ae" + "0" * 56,
                "href": "#",
            },
            {
                "id": 2,
                "name": "询问笔录-店员王秀兰.pdf",
                "size": 943718,
                "at": now,
                "person": "斯琴高娃",
                "sha256": "07bde6c3" + "0" * 56,
                "href": "#",
                "void": "传错了案件",
            },
        ],
        "flow": [
            {
                "title": "线索核查",
                "state": done,
                "when": "4月20日 张海龙",
                "points": [{"title": "时限", "colour": "ok", "href": "#"}],
            },
            {
                "title": "立案审批",
                "state": done,
                "when": "4月28日 乌日娜",
                "points": [
                    {"title": "时限", "colour": "ok", "href": "#"},
                    {"title": "回退", "colour": "yellow", "href": "#"},
                ],
            },
            {
                "title": "调查取证",
                "state": "now",
                "when": "5月14日前",
                "points": [
                    {"title": "证据", "colour": "red", "would": True, "href": "#"},
                    {"title": "时限", "colour": "ok", "href": "#"},
                ],
            },
            *(
                {"title": title, "state": coming, "points": [{"title": point, "colour": "wait"}]}
                for title, point in (
                    ("调查终结", "时限"),
                    ("法制审核", "时限"),
                    ("事先告知", "证据"),
                    ("处罚决定", "裁量"),
                    ("送达", "证据"),
                    ("执行", "执行"),
                )
            ),
            {"title": "结案归档", "state": coming},
        ],
        "facts": [
            {"title": "当事人", "text": "磴口县鲜味园餐饮店", "sub": "9215 0822 MA0N 3K7P 4R"},
            {"title": "来源 · 立案", "text": "日常检查 · 4月28日"},
            {"title": "全案期限", "text": "7月27日 到期，剩 76 天"},
            {"title": "本环节轮到", "text": "", "hold": hold},
        ],
        "life": [
            {"title": "报警", "note": "5月9日 00:00", "state": done},
            {"title": "发起督办", "note": "5月9日 督办〔2026〕18号", "state": done},
            {"title": "回复说明", "note": "轮到法规股，剩 8 个工作日", "state": "now"},
            {"title": "撤销或维持", "note": "由县司法局决定", "state": coming},
            {"title": "归档", "state": coming},
        ],
        "tree": [
            {
                "number": "督办〔2026〕18号",
                "href": "#",
                "title": "磴口县司法局 → 县市场监管局法规股",
                "state": ("doing", ""),
                "quote": "请查明罚款未足额执行、合格执法人员不足两人的原因，督促改正并回复。",
                "note": "5月9日 09:12 陈玉梅发出，09:40 签收，回复期限 10 个工作日（5月22日）。",
                "children": [
                    {
                        "number": "督办〔2026〕6号",
                        "href": "#",
                        "title": "法规股 → 张海龙",
                        "state": ("replied", ""),
                        "alarms": [
                            {
                                "colour": "red",
                                "kind": "处罚执行",
                                "title": "罚款 5,000 元，只缴 4,000 元",
                                "href": "#",
                            }
                        ],
                        "quote": "余款已于 5月11日补缴，凭证已上传。",
                    },
                    {
                        "number": "督办〔2026〕7号",
                        "href": "#",
                        "title": "法规股 → 斯琴高娃",
                        "state": ("new", "新的，未签收"),
                        "alarms": [
                            {
                                "colour": "red",
                                "kind": "主体资格",
                                "title": "合格执法人员只有 1 人，要求 2 人",
                                "href": "#",
                            }
                        ],
                        "ball": hold,
                        "note": "到期不回复，自动上报法规股负责人和县司法局。",
                    },
                ],
            }
        ],
        "timeline": [
            {"day": "今天", "icon": "paperclip", "title": "斯琴高娃上传询问笔录", "note": "09:41"},
            {"day": "今天", "icon": "users", "title": "张海龙授权王志远协办", "note": "09:05"},
            {
                "day": "4月28日",
                "icon": "gavel",
                "title": "乌日娜批准立案",
                "note": "16:20 · 意见：同意立案",
            },
            {
                "day": "4月24日",
                "icon": "lamp-yellow",
                "title": "黄灯：环节回退",
                "href": "#",
                "note": "15:02 · 立案审批退回线索核查",
            },
            {
                "day": "4月24日",
                "icon": "ban",
                "title": "立案审批表（第 1 次）",
                "void": True,
                "note": "已被第 2 次取代，保留备查",
            },
        ],
        "tabs": [
            {"title": "未撤销", "url": "#", "count": 38, "current": True},
            {"title": "待督办", "url": "#", "count": 11},
            {"title": "已撤销", "url": "#"},
        ],
    }


LIST: Final = Listing(
    key="core.sample",
    title="报警",
    select="",
    source="",
    tied="none",
    columns=(
        Column("lamp", "灯", kind="lamp", fold="jd-f1"),
        Column("sentence", "一句话", sort="sentence"),
        Column("amount", "金额（元）", kind="money"),
        Column("at", "时间", sort="at", kind="datetime", fold="jd-f1e"),
    ),
    filters=(
        Filter("colour", "灯", kind="choice", options=(("red", "红灯"), ("yellow", "黄灯"))),
        Filter("kinds", "类型", kind="choices", options=(("m1", "办理时限"), ("m4", "证据固化"))),
        Filter("since", "报警日期起", kind="date"),
        Filter("q", "案号或当事人", placeholder="输入后回车"),
    ),
)


def sample_list() -> Page:
    """A page of a list as ``Listing.page`` would give it."""
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "lamp": "red",
            "sentence": "罚款 5,000 元，只缴 4,000 元",
            "amount": 500000,
            "at": now,
            "href": "#",
        },
        {"lamp": "yellow", "sentence": "作出不予处罚决定", "amount": None, "at": now, "href": "#"},
    ]
    values = {"colour": "red", "kinds": "", "since": "2026-01-01", "q": ""}
    states = [
        FilterState(
            each, values[each.key], (values[each.key],) * bool(values[each.key]), each.options
        )
        for each in LIST.filters
    ]
    return Page(
        listing=LIST,
        path="/components",
        params=Params((("colour", "red"), ("since", "2026-01-01")), "/components"),
        rows=rows,
        total=len(rows),
        sort_key="at",
        descending=True,
        states=states,
        next_cursor="x",
    )


def sample_form() -> Bound[SampleForm]:
    """A form with two mistakes and everything typed still in it."""
    return Bound(
        form=SampleForm,
        raw={
            "paid": "50,000.00",
            "service": "",
            "place": "磴口县巴彦高勒镇团结路 18 号",
            "outcome": "fine",
        },
        errors={"paid": "决定金额是 5,000.00 元，请核对小数点。", "service": "请选择送达方式。"},
    )


@get("/components", guards=[requires()])
async def components(request: Request[Any, Any, Any]) -> Response[Any]:
    """All parts in all states; a real system has no use for it, so it is not there."""
    if not held(request).platform.settings.demo:
        raise NotFound
    return responses.page(
        request, "pages/components.html", sample=sample(), form=sample_form(), p=sample_list()
    )
