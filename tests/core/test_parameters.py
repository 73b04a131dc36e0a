# SPDX-License-Identifier: Apache-2.0
"""Settings per region: what holds, on whose word, and deciding otherwise."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from core.api.settings import settings_of
from core.api.testing import Browser, LoginAs
from core.db import Scope, SubjectRef, execute, rows, transaction
from core.errors import Invalid, NotFound
from core.facts.services import history
from core.host.registry import current
from core.parameters import rules, services
from core.parameters.routes import read
from core.parameters.rules import Held, effective, fields_of
from core.settings import Plugins
from tests.factories import RegionTree

PLATFORM = Scope.platform("test", actor=7)


class Guest(msgspec.Struct, frozen=True):
    """Settings of a plugin as an author writes them."""

    days: Annotated[int, Meta(ge=1, le=60)] = 10
    """回复期限（工作日）。从发出次日起算。"""
    loud: bool = True
    """逾期时提醒"""
    mode: Annotated[Literal["a", "b"], Meta(title="方式", extra={"options": {"a": "甲法"}})] = "a"
    words: list[str] = []
    """免予公示的事由"""
    limit: Annotated[int, Meta(title="罚款上限", extra={"money": True})] = 500_00

    def __post_init__(self) -> None:
        """Two values that exclude each other."""
        if self.days > 30 and self.mode == "b":
            raise ValueError("乙法最长 30 日。")


def field(key: str) -> rules.Field:
    return next(each for each in fields_of(Guest) if each.key == key)


class TestWords:
    def test_label_and_help_come_from_the_docstring_or_from_meta(self) -> None:
        assert (field("days").label, field("days").help) == (
            "回复期限（工作日）",
            "从发出次日起算。",
        )
        assert field("mode").label == "方式"
        assert field("loud").help == ""

    @pytest.mark.parametrize(
        ("key", "value", "words"),
        [
            ("days", 10, "10"),
            ("loud", False, "否"),
            ("mode", "a", "甲法"),
            ("words", [], "无"),
            ("words", ["国家秘密", "未成年人"], "国家秘密、未成年人"),
            ("limit", 500_00, "500.00 元"),
        ],
    )
    def test_values_are_worded(self, key: str, value: Any, words: str) -> None:
        assert field(key).words(value) == words


COUNTRY, CITY, COUNTY = 1, 2, 3
ABOVE = [
    Held(COUNTRY, "全国", 0, "days", 8),
    Held(CITY, "巴彦淖尔市", 10, "days", 6),
    Held(CITY, "巴彦淖尔市", 10, "mode", "zzz"),
]


class TestInheritance:
    @pytest.mark.req("C11-13")
    @pytest.mark.parametrize(
        ("held", "here", "base", "value", "source", "own"),
        [
            ([], COUNTY, {}, 10, "", False),
            ([], COUNTY, {"days": 9}, 9, "安装配置", False),
            ([], COUNTY, {"days": 900}, 10, "", False),
            (ABOVE[:1], COUNTY, {"days": 9}, 8, "全国", False),
            (ABOVE, COUNTY, {}, 6, "巴彦淖尔市", False),
            (ABOVE, CITY, {}, 6, "巴彦淖尔市", True),
            ([*ABOVE, Held(COUNTY, "磴口县", 12, "days", 3)], COUNTY, {}, 3, "磴口县", True),
            ([*ABOVE, Held(COUNTY, "磴口县", 12, "days", 0)], COUNTY, {}, 6, "巴彦淖尔市", False),
        ],
    )
    def test_the_nearest_region_that_decided_wins(
        self, held: Any, here: int, base: Any, value: int, source: str, own: bool
    ) -> None:
        days = effective(Guest, held, here, base)[0]
        assert (days.value, days.source, days.own) == (value, source, own)

    def test_without_the_own_value_what_stands_above_holds(self) -> None:
        days = effective(Guest, [*ABOVE, Held(COUNTY, "磴口县", 12, "days", 3)], COUNTY, {})[0]
        assert (days.above, days.above_source) == (6, "巴彦淖尔市")

    def test_what_no_longer_fits_counts_as_absent(self) -> None:
        mode = effective(Guest, ABOVE, COUNTY, {})[2]
        assert (mode.value, mode.source) == ("a", "")

    def test_the_installations_values_are_checked(self) -> None:
        assert rules.base_faults(Guest, {"days": 5}) == []
        assert len(rules.base_faults(Guest, {"days": "x", "dayz": 5})) == 2


class TestForm:
    def test_lists_are_typed_one_per_line_and_money_in_yuan(self) -> None:
        raw = {"days": "10", "loud": "1", "mode": "a", "words": "甲\n\n乙", "limit": "1,200.5"}
        form = read(Guest, raw)
        assert form.ok
        assert (form.value.words, form.value.limit) == (["甲", "乙"], 1200_50)

    @pytest.mark.parametrize(
        ("typed", "key", "part"),
        [
            ({"days": ""}, "days", "请填写回复期限（工作日）"),
            ({"days": "61"}, "days", "60"),
            ({"days": "三天"}, "days", "回复期限（工作日）要填整数"),
            ({"mode": "c"}, "mode", "方式"),
            ({"days": "40", "mode": "b"}, "", "乙法最长 30 日"),
        ],
    )
    def test_every_fault_is_a_sentence_beside_its_field(
        self, typed: dict[str, str], key: str, part: str
    ) -> None:
        raw = {"days": "10", "loud": "1", "mode": "a", "words": "", "limit": "1", **typed}
        form = read(Guest, raw)
        assert not form.ok
        assert part in form.errors[key]
        assert form.raw == raw, "nothing typed is lost"


@pytest.fixture
def guest(registry: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with settings: core itself, which declares none otherwise."""
    for each in {id(registry): registry, id(current()): current()}.values():
        monkeypatch.setattr(each, "settings", {"core": Guest})
    return "core"


class TestDeciding:
    async def test_a_value_holds_below_and_nowhere_else(
        self, region_tree: RegionTree, guest: str
    ) -> None:
        async with transaction(PLATFORM):
            assert await services.change_settings(region_tree.city.id, guest, {"days": 4}) == [
                "回复期限（工作日）"
            ]
            assert (await settings_of(Guest, region_tree.county.lo)).days == 4
            assert (await settings_of(Guest, region_tree.town.lo)).days == 4
            assert (await settings_of(guest, region_tree.other_city.lo)).days == 10
            await services.change_settings(region_tree.county.id, guest, {"days": 3, "loud": True})
            assert (await settings_of(Guest, region_tree.town.lo)).days == 3
            own = await rows("select key from core_region_setting order by id")
            assert [each["key"] for each in own] == ["days", "days"], "equal to above: inherited"
        assert (await settings_of(Guest, region_tree.other_county.lo)).days == 4, "no transaction"

    async def test_each_change_is_a_fact_and_reset_inherits_again(
        self, region_tree: RegionTree, guest: str
    ) -> None:
        county = region_tree.county
        async with transaction(PLATFORM):
            await services.change_settings(county.id, guest, {"days": 3, "mode": "b"})
            assert await services.reset_setting(county.id, guest, "days") == "回复期限（工作日）"
            assert await services.reset_setting(county.id, guest, "days"), "twice does no harm"
            assert (await settings_of(Guest, county.lo)).days == 10
            facts = await history(SubjectRef("core.region", county.id), ["core.setting.changed"])
        assert [(each.payload["before"], each.payload["after"]) for each in facts] == [
            ("10", "3"),
            ("甲法", "b"),
            ("3", "10（恢复继承）"),
        ]
        assert {each.actor for each in facts} == {7}

    async def test_unknown_names_and_refused_combinations(
        self, region_tree: RegionTree, guest: str
    ) -> None:
        county = region_tree.county.id
        async with transaction(PLATFORM):
            with pytest.raises(Invalid) as wrong:
                await services.change_settings(county, guest, {"dayz": 3})
            assert "dayz" in wrong.value.errors
            await services.change_settings(county, guest, {"mode": "b"})
            with pytest.raises(Invalid, match="乙法"):
                await services.change_settings(county, guest, {"days": 40})
            with pytest.raises(NotFound):
                await services.change_settings(county, "nothing", {})

    async def test_only_inside_ones_own_region(self, region_tree: RegionTree, guest: str) -> None:
        own = Scope(region_tree.county.interval, PLATFORM.organisation, actor=7)
        async with transaction(own):
            with pytest.raises(NotFound):
                await services.change_settings(region_tree.other_county.id, guest, {"days": 3})

    async def test_stored_values_that_no_longer_go_together_do_not_stop_an_act(
        self, region_tree: RegionTree, guest: str
    ) -> None:
        for key, value in (("days", "40"), ("mode", '"b"')):
            await execute(
                "insert into core_region_setting (region, plugin, key, value, changed_at,"
                " changed_by) values ($1, $2, $3, $4, now(), 0)",
                region_tree.county.id,
                guest,
                key,
                value,
            )
        assert await settings_of(Guest, region_tree.county.lo) == Guest()

    def test_the_installations_own_table_is_checked(self, guest: str) -> None:
        faults = services.check_installation(Plugins(settings={"core": {"dayz": 1}}).settings)
        assert len(faults) == 1
        assert "dayz" in faults[0]


class TestPages:
    async def test_a_bureau_decides_for_its_own_region(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, guest: str
    ) -> None:
        county = region_tree.county
        await login_as("supervision_bureau", region=county)
        page = await client.get("/settings")
        assert page.status_code == 200
        assert "回复期限（工作日）" in page.text
        path = f"/settings/{guest}?region={county.id}"
        typed = {"days": "3", "loud": "0", "mode": "a", "words": "甲", "limit": "500"}
        answer = await client.post(path, typed)
        assert answer.status_code == 303
        after = await client.follow(answer)
        assert "本地区另定" in after.text
        assert "改动记录" in after.text
        assert "10 → 3" in after.text
        wrong = await client.post(path, {**typed, "days": "0", "words": "没有丢"})
        assert wrong.status_code == 422
        assert "f-days" in wrong.text
        assert "没有丢" in wrong.text
        strange = await client.post(path, {**typed, "smuggled": "1"})
        assert strange.status_code == 422
        assert "smuggled" in strange.text
        answer = await client.post(f"/settings/{guest}/reset?region={county.id}", {"key": "days"})
        assert answer.status_code == 303
        assert (await settings_of(Guest, county.lo)).days == 10
        assert (await settings_of(Guest, county.lo)).loud is False

    async def test_other_regions_are_not_there_and_other_roles_may_not(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, guest: str
    ) -> None:
        await login_as("supervision_bureau", region=region_tree.county)
        for region in (region_tree.other_county.id, region_tree.city.id, 987654321, "x"):
            for path in (f"/settings?region={region}", f"/settings/{guest}?region={region}"):
                assert (await client.get(path)).status_code == 404, path
            posted = await client.post(f"/settings/{guest}?region={region}", {"days": "3"})
            assert posted.status_code in (404, 422)
        assert (await client.get("/settings/nothing")).status_code == 404
        assert not await rows("select 1 from core_region_setting")
        await login_as("handler")
        assert (await client.get("/settings")).status_code == 403

    async def test_the_administrator_finds_any_region(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, guest: str
    ) -> None:
        await login_as("system_admin")
        page = await client.get("/settings?place=磴口")
        assert f"/settings?region={region_tree.county.id}" in page.text
        missing = await client.get("/settings?place=<b>没有</b>")
        assert "没有找到“&lt;b&gt;没有&lt;/b&gt;”" in missing.text
