# SPDX-License-Identifier: Apache-2.0
"""Kinds of monitoring points other plugins bring: declared, set in the editor, shown by their names."""

import msgspec
import pytest

from core.api.db import transaction
from core.api.plugin import Contribution, Manifest, hookimpl
from core.api.testing import browsing
from core.host.errors import PluginError
from core.host.registry import build
from plugins.powers.forms.points import offered_form, point_entry
from plugins.powers.queries.drafts import find_draft
from plugins.powers.rules import approval as rules
from plugins.powers.rules import read_item
from plugins.powers.rules.chart import chart_steps
from plugins.powers.rules.definition import Point
from plugins.powers.rules.kinds import KindSetting, OfferedKind, SettingOption, known_kinds
from plugins.powers.rules.linting import lint
from plugins.powers.rules.telling import kind_title, settings_words
from plugins.powers.services import shipped_items
from plugins.powers.services.entering import shipped_procedures
from tests.dummy_plugin import plugin as dummy
from tests.plugins.powers.conftest import OFFICE
from tests.plugins.powers.test_approving import begun
from tests.plugins.powers.test_pages import MAKER, row_of

SILENCE = OfferedKind(
    "久无动静",
    "立案后超过若干天再无动静，黄灯。",
    "yellow",
    "动静",
    "step",
    (
        KindSetting("days", "多少天", "number", minimum=1, maximum=365, default=30, unit=" 天"),
        KindSetting("night", "夜间也算", "flag"),
        KindSetting(
            "how",
            "怎样算",
            "choice",
            options=(SettingOption("a", "自然日"), SettingOption("b", "工作日")),
        ),
        KindSetting("field", "看哪个控件", "control", required=True),
    ),
)
OFFERED = {"dummy_silence": SILENCE}


def with_point(**params):
    item = read_item(shipped_items()["scjg-cf-012"], shipped_procedures())
    point = Point("silent", "dummy_silence", "久无动静", item.steps[1].key, params=params)
    return msgspec.structs.replace(item, points=[*item.points, point])


def test_it_is_known_by_its_words_everywhere():
    item = with_point(days=45, night=True, how="b")
    point = item.points[-1]
    assert kind_title("dummy_silence") == "dummy_silence"
    assert kind_title("dummy_silence", OFFERED) == "久无动静"
    words = settings_words(point, item, OFFERED)
    assert words == "多少天 45 天；夜间也算 是；怎样算 工作日"
    lamps = [one for box in chart_steps(item, OFFERED) for one in box.lamps if one.key == "silent"]
    assert [(one.word, one.colour) for one in lamps] == [("动静", "yellow")]
    assert known_kinds({"evidence": SILENCE})["evidence"].title == "证据固化"


def test_the_linter_points_out_only_what_nobody_offers():
    item = with_point()
    assert "JD903" in {one.number for one in lint(item)}
    assert "JD903" not in {one.number for one in lint(item, OFFERED)}
    nowhere = msgspec.structs.replace(
        item, points=[*item.points[:-1], msgspec.structs.replace(item.points[-1], step="")]
    )
    assert "JD908" in {one.number for one in lint(nowhere, OFFERED)}


def test_its_form_asks_for_its_settings_and_keeps_what_it_does_not_know():
    form = offered_form(SILENCE)
    assert offered_form(SILENCE) is form
    entry = point_entry("dummy_silence", SILENCE)
    assert entry.form is form
    for wrong in ({"p_days": 0}, {"p_days": 366}, {"p_how": "c"}, {"p_field": ""}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"title": "t", "step": "s", "p_field": "f", **wrong}, form)
    with pytest.raises(msgspec.ValidationError, match="p_field"):
        msgspec.convert({"title": "t", "step": "s"}, form)
    item = with_point(days=45, later="kept")
    typed = msgspec.convert({"title": "t", "step": "inquiry", "p_field": "facts"}, form)
    made = entry.read(typed, item.points[-1], "fresh", item)
    assert made.params == {"later": "kept", "days": 30, "night": False, "field": "facts"}
    shown = entry.start(made)
    assert (shown["p_days"], shown["p_field"]) == (30, "facts")


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"explains": ""},
        {"colour": "green"},
        {"needs": "stage"},
        {"settings": [{"key": "Days", "title": "天"}]},
        {"settings": [{"key": "days", "title": ""}]},
        {"settings": [{"key": "a", "title": "一"}, {"key": "a", "title": "二"}]},
        {"settings": [{"key": "a", "title": "一", "type": "choice"}]},
        {"settings": [{"key": "a", "title": "一", "type": "number", "options": [{"value": "1"}]}]},
    ],
)
def test_a_kind_no_form_could_show_stops_the_start(change):
    good = {"title": "久无动静", "explains": "再无动静，黄灯。"}

    class Guest:
        MANIFEST = Manifest("guest", "客人", "1.0")

        @hookimpl
        def contributions(self):
            return [Contribution("powers.point_kind", "silence", {**good, **change})]

    with pytest.raises(PluginError) as stopped:
        build(["powers", Guest()])
    assert "guest" in str(stopped.value)


async def test_it_is_set_in_the_editor_like_any_other(chain, login_as, plugin_app):
    draft = await begun(chain)
    async with browsing(plugin_app("powers", dummy)) as browser:
        await login_as(
            "body_admin",
            organisation=chain.agencies.agency,
            permissions=MAKER,
            browser=browser,
        )
        path = f"/powers/drafts/{draft}/edit/points"
        page = await browser.get(path)
        assert "kind=dummy_silence" in page.text
        form = await browser.get(f"{path}?row=new&kind=dummy_silence")
        assert "多少天没有动静" in form.text
        assert "立案后超过若干天再无动静" in form.text
        hidden = await row_of(browser, path, "new&kind=dummy_silence")
        typed = {**hidden, "title": "一个月没有动静", "step": "", "p_days": "400"}
        refused = await browser.post(f"{path}?kind=dummy_silence", typed)
        assert refused.status_code == 422
        assert "一个月没有动静" in refused.text
        saved = await browser.post(f"{path}?kind=dummy_silence", {**typed, "p_days": "45"})
        assert saved.status_code == 303, saved.text[:2000]
        async with transaction(OFFICE):
            found = await find_draft(draft, OFFICE)
        point = found.definition.points[-1]
        assert (point.kind, point.title) == ("dummy_silence", "一个月没有动静")
        assert point.params == {"days": 45, "night": False}
        listed = await browser.get(path)
        assert "多少天没有动静 45 天" in listed.text
        again = await browser.get(f"{path}?row={point.key}")
        assert 'value="45"' in again.text
        shown = await browser.get(f"/powers/drafts/{draft}")
        assert "久无动静" in shown.text
    assert rules.EDIT in MAKER
