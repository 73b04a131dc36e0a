# SPDX-License-Identifier: Apache-2.0
"""Macros, layouts and pages: they render, obey the content policy, and name only icons we have."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import html

from core import clock
from core.auth.visitor import OrgRef, RegionRef, Visitor
from core.forms import Bound
from core.listing import Page, Params
from core.scope import EVERYTHING, Scope
from core.turns.queries import TABS, TURNS, Day
from core.web import pages, vendor
from core.web.state import Held, current
from core.web.static import StaticFiles
from core.web.templating import Templates

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 5, 12, 2, 46, tzinfo=UTC)

WHO = Visitor(
    user_id=1,
    person_id=7,
    name="张海龙",
    login="zhanghailong",
    role="handler",
    role_title="办件人员",
    assignment_id=1,
    region=RegionRef(3, "磴口县", 3, 100, 200),
    organisation=OrgRef(5, "磴口县市场监督管理局", "县市场监管局", 10, 20),
    permissions=frozenset({"cases.case.read"}),
    scope=Scope(EVERYTHING, EVERYTHING, person=7, actor=1),
    csrf="token-of-the-session",
)
MENU = [
    (
        "",
        [{"title": "首页", "path": "/", "icon": "home", "badge": 7, "current": True}],
    ),
    (
        "运行平台",
        [
            {"title": "案件", "path": "/cases", "icon": "folder", "badge": 46, "current": False},
            {
                "title": "督办中心",
                "path": "/orders",
                "icon": "sitemap",
                "badge": 1,
                "current": False,
            },
        ],
    ),
]
NAV = [
    {"title": title, "fold": title == "运行平台", "open": False, "badge": 49, "items": items}
    for title, items in MENU
]


@pytest.fixture(scope="module")
def templates() -> Templates:
    static = StaticFiles(ROOT / "static", {}, watch=False)
    return Templates(ROOT / "templates", {}, static, watch=False)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def request_for(path: str = "/") -> Any:
    return SimpleNamespace(query_params={}, url=SimpleNamespace(path=path, query=""))


def frame(**extra: Any) -> dict[str, Any]:
    site = {
        "title": "行政执法监督平台",
        "owner": "磴口县司法局",
        "demo": True,
        "worker": "后台任务正常，最近一次 10:41",
        "worker_ok": True,
        "calendar": "工作日历：2026 年已维护",
    }
    return {
        "request": request_for(),
        "visitor": WHO,
        "nav": NAV,
        "unread": 3,
        "flash": [],
        "site": site,
        **extra,
    }


def turn(
    title: str, subline: str, step: str, lamp: str, note: str, tone: str, share: int
) -> dict[str, Any]:
    hold = {"who": "张海龙", "note": note, "share": share, "tone": tone, "me": True}
    return {
        "title": title,
        "subline": subline,
        "step_title": step,
        "step_note": "第 3 步",
        "lamp": lamp,
        "path": "/cases/1",
        "hold": hold,
        "closed_at": NOON,
    }


TURN_ROWS = [
    turn(
        "执行处罚决定",
        "磴市监罚〔2026〕7号 · 磴口县宏达粮油店",
        "执行",
        "red",
        "超期 4 天",
        "late",
        100,
    ),
    turn(
        "回复督办〔2026〕9号",
        "涉及 磴市监立〔2026〕31号 环节回退",
        "督办",
        "",
        "今天 24:00 到期",
        "near",
        96,
    ),
    turn(
        "公示行政许可决定",
        "磴市监许准〔2026〕118号 · 磴口县河套面业有限公司",
        "公示",
        "",
        "今天 24:00 到期",
        "near",
        96,
    ),
    turn(
        "拒不改正进货查验违法行为案",
        "磴市监立〔2026〕31号 · 磴口县鲜味园餐饮店",
        "调查取证",
        "yellow",
        "剩 2 个工作日",
        "near",
        80,
    ),
    turn(
        "使用未经检定的计量器具案",
        "磴市监立〔2026〕33号 · 磴口县顺发废品收购站",
        "立案审批",
        "",
        "剩 6 个工作日",
        "",
        40,
    ),
    turn(
        "虚假宣传案",
        "磴市监立〔2026〕27号 · 磴口县康源保健品店",
        "调查取证",
        "",
        "已中止，鉴定期间不计入",
        "paused",
        0,
    ),
]


def turns_page(rows: list[dict[str, Any]], params: tuple[tuple[str, str], ...] = ()) -> Page:
    states = [
        pages.FilterState(
            each,
            dict(params).get(each.key, ""),
            tuple(v for k, v in params if k == each.key),
            each.options,
        )
        for each in TURNS.filters
    ]
    return Page(
        TURNS, "/", Params(params, "/"), rows, len(rows), "due_at", descending=False, states=states
    )


def home(rows: list[dict[str, Any]], tab: str = "mine", **extra: Any) -> dict[str, Any]:
    card = SimpleNamespace(
        key="cases.classes", title="八类行政权力", path="/cases/cards/classes", size="side"
    )
    action = SimpleNamespace(path="/cases/new", icon="plus", title="新建案件")
    shown = [
        {"title": title, "url": f"/?tab={key}", "count": n, "current": key == tab}
        for (key, title), n in zip(TABS.items(), (7, 43, 3, None), strict=True)
    ]
    return frame(
        hello="上午好",
        p=turns_page(rows, **extra),
        tab=tab,
        tab_titles=TABS,
        tabs_shown=shown,
        day=Day(1, 2, 1, 1),
        main_cards=[],
        side_cards=[card],
        acts=[action],
    )


def contexts() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every page of ours with a likely content: name of the case, template, context."""
    region = WHO.region
    place = SimpleNamespace(
        id=region.id,
        name=region.name,
        path=[region],
        below=[],
        more=0,
        query="",
        found=[],
        names={},
    )
    bad = pages.sample_form()
    delegated = replace(WHO, delegated=True, principal="乌日娜", delegated_until=date(2026, 5, 15))
    accounts = [{"login": "a", "name": "张海龙", "title": "办件人员", "place": "县市场监管局"}]
    message = {
        "id": 1,
        "title": "报红灯",
        "text": "现场照片 0/1",
        "at": NOON,
        "path": "/",
        "read": False,
    }
    plugin = {
        "name": "cases",
        "title": "案件办理",
        "version": "0.1",
        "summary": "案件、环节、证据",
        "scope": "region",
        "enabled": True,
        "inherited_from": "巴彦淖尔市",
        "hooks": ["菜单", "权限"],
        "dangling": [],
        "own": False,
        "fixed": False,
        "permissions": ["cases.case.read"],
        "facts_out": ["cases.opened"],
        "facts_in": ["powers.version_effective"],
        "gates": ["cases.officer_may_act"],
        "checks": [],
    }
    session = {
        "id": 1,
        "device": "Chromium · Linux",
        "address": "10.1.2.3",
        "began": NOON,
        "last": NOON,
        "current": False,
    }
    slip = {
        "person": "张海龙",
        "login": "zhanghailong",
        "password": "K7QP-2MXD-9TRA",
        "organisation": "磴口县市场监督管理局",
        "valid_until": NOON,
    }
    assignments = [
        {
            "id": 1,
            "title": "办件人员",
            "place": "县市场监管局",
            "region": "磴口县",
            "current": True,
        },
        {
            "id": 2,
            "title": "送审人员",
            "place": "县市场监管局",
            "region": "磴口县",
            "until": date(2026, 5, 15),
            "delegated_by": "乌日娜",
            "current": False,
        },
    ]
    error = {"reasons": (), "reference": "", "text": "", "title": ""}
    result = SimpleNamespace(
        title="磴市监立〔2026〕31号", detail="拒不改正进货查验违法行为案", path="/cases/1"
    )
    return {
        "components": (
            "pages/components.html",
            frame(visitor=delegated, sample=pages.sample(), form=bad, p=pages.sample_list()),
        ),
        "home": ("pages/home.html", home(TURN_ROWS)),
        "home-empty": ("pages/home.html", home([])),
        "home-filtered": ("pages/home.html", home([], params=(("lamp", "red"),))),
        "home-done": ("pages/home.html", home(TURN_ROWS, "done")),
        "login": (
            "pages/login.html",
            frame(visitor=None, form=None, next_path="/", demo_accounts=accounts * 6),
        ),
        "login-wrong": (
            "pages/login.html",
            frame(
                visitor=None,
                form=None,
                next_path="/",
                problem_text="账号或密码不对，还可以再试 3 次。",
            ),
        ),
        "password": ("pages/password_change.html", frame(form=None, must=True)),
        "roles": ("pages/roles.html", frame(assignments=assignments)),
        "sessions": ("pages/sessions.html", frame(sessions=[session])),
        "slip": ("pages/slip.html", frame(**slip)),
        "resume": (
            "pages/resume.html",
            frame(action="/x", fields=[("name", "甲"), ("_csrf", "x")]),
        ),
        "search": (
            "pages/search.html",
            frame(q="31号", groups=[{"title": "案件", "icon": "folder", "results": [result]}]),
        ),
        "search-none": ("pages/search.html", frame(q="没有", groups=[])),
        "messages": (
            "pages/messages.html",
            frame(messages=[message, {**message, "read": True}], only=""),
        ),
        "plugins": ("pages/plugins.html", frame(plugins=[plugin], place=place, may_change=True)),
        "users": ("pages/users.html", frame(p=pages.sample_list())),
        "list": ("pages/list.html", frame(title="报警", p=pages.sample_list())),
        **{
            f"error-{n}": (f"errors/{n}.html", frame(status=n, **error))
            for n in (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)
        },
        "error-public": ("errors/404.html", frame(visitor=None, status=404, **error)),
        "error-reasons": (
            "errors/409.html",
            frame(
                status=409,
                written=["当事人已经改正，\n照片见附件。"],
                **{**error, "reasons": [{"text": "还有 2 份证据没有上传。"}]},
            ),
        ),
    }


def draw(templates: Templates, name: str) -> str:
    template, context = contexts()[name]
    who = context["visitor"]
    nothing_linked = SimpleNamespace(registry=SimpleNamespace(contributions=lambda _point: ()))
    token = current.set(Held("TEST", nothing_linked, visitor=who))  # type: ignore[arg-type]
    try:
        return templates.render(template, context)
    finally:
        current.reset(token)


@pytest.mark.parametrize("name", sorted(contexts()))
def test_page_obeys_the_content_policy(templates: Templates, name: str) -> None:
    text = draw(templates, name)
    tree = html.document_fromstring(text)
    assert not tree.xpath("//@style"), "inline style"
    assert not tree.xpath("//@*[starts-with(name(), 'on')]"), "inline handler"
    assert not tree.xpath("//script[not(@src)]")
    assert not tree.xpath("//style")
    assert not re.search(r"https?://(?!www\.w3\.org)", text), "nothing is fetched from elsewhere"


@pytest.mark.parametrize("name", sorted(contexts()))
def test_page_is_well_formed_for_readers(templates: Templates, name: str) -> None:
    tree = html.document_fromstring(draw(templates, name))
    double = [each for each, n in Counter(tree.xpath("//@id")).items() if n > 1]
    assert not double, "ids are unique"
    ids = set(tree.xpath("//@id"))
    for attribute in ("aria-labelledby", "aria-describedby", "for"):
        for value in tree.xpath(f"//@{attribute}"):
            assert set(value.split()) <= ids, f"{attribute}={value} points nowhere"
    assert set(tree.xpath("//*/@form")) <= ids
    assert len(tree.xpath("//h1")) == 1
    assert tree.xpath("//main[@id='main']")
    assert tree.xpath("//html/@lang") == ["zh-CN"]
    for form in tree.xpath("//form[@method='post']"):
        assert form.xpath(".//input[@name='_csrf']"), html.tostring(form)[:200]
    assert not tree.xpath("//form//form")


def test_every_icon_is_drawn(templates: Templates) -> None:
    known = vendor.used_icons() | vendor.OWN.keys()
    for name in contexts():
        for href in html.document_fromstring(draw(templates, name)).xpath("//use/@href"):
            assert href.rpartition("#")[2] in known, f"{name}: {href}"


def test_every_icon_named_anywhere_exists() -> None:
    pictures = ROOT / "node_modules/@tabler/icons/icons/outline"
    if not pictures.exists():
        pytest.skip("npm has not been run")
    assert vendor.used_icons() <= {path.stem for path in pictures.glob("*.svg")}


def test_the_icon_of_every_entry_of_the_menu_is_in_the_sprite(tmp_path: Path) -> None:
    """Given by position, in a file that does not say the word."""
    declared = tmp_path / "plugins" / "some" / "plugin.py"
    declared.parent.mkdir(parents=True)
    declared.write_text('NavItem("申请", "/some/apply", "", "公众服务", "user-plus")', "utf-8")
    assert "user-plus" in vendor.possible_icons(tmp_path)


def test_sprite_names_an_unknown_icon(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no-such-icon"):
        vendor.sprite(["no-such-icon"], tmp_path)


def test_nothing_typed_is_lost(templates: Templates) -> None:
    tree = html.document_fromstring(draw(templates, "components"))
    assert tree.xpath("//input[@name='paid']/@value") == ["50,000.00"]
    assert tree.xpath("//input[@name='place']/@value")[0].startswith("磴口县")
    assert tree.xpath("//input[@name='outcome' and @checked]/@value") == ["fine"]
    assert tree.xpath("//input[@name='paid']/@aria-invalid") == ["true"]
    assert tree.xpath("//div[contains(@class,'jd-errbox')]//a/@href") == ["#f-paid", "#f-service"]


def test_what_users_typed_is_escaped(templates: Templates) -> None:
    form: Bound[Any] = Bound(pages.SampleForm, raw={"paid": '"><script>x</script>'}, errors={})
    text = str(templates.env.globals["field"](form, "paid", "<b>"))
    assert "<script>" not in text
    assert "&lt;b&gt;" in text


def test_fields_of_a_configured_form(templates: Templates) -> None:
    control = templates.env.globals["control"]
    base = {"key": "k", "title": "控件", "required": True, "help": "说明"}
    options = [{"value": "a&b", "title": "甲"}, {"value": "b", "title": "乙"}]
    expected = {
        "text": "input",
        "longtext": "textarea",
        "date": "input",
        "datetime": "input",
        "number": "input",
        "money": "input",
        "choice": "fieldset",
        "outcome": "fieldset",
        "choices": "fieldset",
        "officers": "fieldset",
        "basis": "select",
        "standard": "select",
        "boolean": "fieldset",
        "payment": "input",
    }
    for kind, tag in expected.items():
        part = html.fragment_fromstring(
            str(control(None, {**base, "type": kind, "options": options}, value="a&b"))
        )
        found = [part, *part.iter()]
        assert any(each.tag == tag for each in found), kind
        if options and kind in {"choice", "outcome", "basis", "standard"}:
            assert part.xpath(".//*[@checked or @selected]/@value") == ["a&b"], kind


def test_evidence_counts_only_what_is_valid(templates: Templates) -> None:
    ev = templates.env.globals["ev"]
    text = str(ev("询问笔录", 2, pages.sample()["files"], "records"))
    assert "1/2，缺 1 份" in text
    assert "已作废：传错了案件" in text
    assert "删除" not in text


def test_balls_say_whose_turn_in_words(templates: Templates) -> None:
    ball = templates.env.globals["ball"]
    assert "轮到我" in str(ball("张海龙", "剩 6 个工作日", me=True))
    late = str(ball("斯琴高娃", "超期 1 天", share=100, tone="late"))
    assert "斯琴高娃" in late
    assert 'stroke-dasharray="100 100"' in late
