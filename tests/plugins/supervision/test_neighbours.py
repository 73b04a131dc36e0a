# SPDX-License-Identifier: Apache-2.0
"""Every act of the office, well formed, tried by offices and bodies it is no business of."""

import re
from typing import Any

import pytest

from core.api.db import Place, Scope, SubjectRef, row, rows, transaction
from core.api.people import appoint_organ, found_organisation
from core.api.regions import add_region
from core.api.testing import Browser, sign_in_as
from plugins.supervision.routes import ROUTES
from plugins.supervision.services import campaigns, opening, programmes, registers, serving
from tests.plugins.supervision.test_campaigns import SUMMARY, plan, programme, reported, sealed

ALL = Scope.platform("test")
TABLES = (
    "matter",
    "member",
    "assist",
    "paper",
    "item",
    "finding",
    "campaign",
    "entry",
    "programme",
    "submission",
    "transfer",
    "inspector",
    "duty",
    "suggestion",
    "template",
)


def shape(path: str) -> re.Pattern[str]:
    """The addresses of a route."""
    return re.compile(
        "/supervision" + re.sub(r"\{\w+:int\}", r"\\d+", re.sub(r"\{\w+:str\}", r"\\w+", path))
    )


async def everything() -> dict[str, list[dict[str, Any]]]:
    async with transaction(ALL):
        return {
            each: await rows(f"select * from supervision_{each} order by id") for each in TABLES
        }


async def acts_of(county) -> dict[str, dict[str, Any]]:
    """Every act upon something that exists, with a form that its owner could send."""
    matter = await county.open()
    notice = await county.issue(matter)
    signed = await county.open()
    answered = await county.issue(signed)
    await serving.sign(county.body, answered)
    fresh = await county.open()
    planned = await campaigns.plan(county.bureau, plan())
    locked = await sealed(county)
    scheme = await programmes.publish(county.bureau, programme())
    transfer = await reported(county)
    await registers.add_duty(
        county.bureau, "监督三项制度", "systems", "每季度检查", "发通知书", None
    )
    async with transaction(ALL):
        await opening.note_suggestion(
            trigger="complaint",
            source=SubjectRef("complaints.complaint", 8),
            words="投诉〔2026〕4号",
            body=0,
            reason="态度不好",
            place=Place(county.agencies.agency.region_lo),
        )
        suggestion = await row("select id from supervision_suggestion")
        duty = await row("select id from supervision_duty order by id desc limit 1")
        inspector = await row("select id, person from supervision_inspector order by id limit 1")
        asked = await row("select id from supervision_deliverable order by id desc limit 1")
        items = await rows("select id from supervision_item where matter = $1", signed)
    one, other = county.agencies.agency.id, county.agencies.other_agency.id
    paper = {
        "facts": "经查，你单位办理该案没有公示处罚决定。",
        "requirement": "请逐项整改并书面答复。",
        "basis": "《中华人民共和国行政处罚法》第三十九条",
        "problems": "没有公示处罚决定",
        "act": "issue",
    }
    at = "/supervision"
    return {
        f"{at}/received/{notice}/sign": {},
        f"{at}/received/{answered}/reply": {
            "text": "已经整改完毕，特此答复。",
            **{f"answer_{each['id']}": "已经补正。" for each in items},
        },
        f"{at}/campaigns/{planned}/lists": {"bodies": [one, other], "persons": county.team},
        f"{at}/campaigns/{planned}/seal": {
            "sample": 1,
            "source": "福彩双色球开奖号码",
            "result_on": "2026-05-14",
            "team": 2,
        },
        f"{at}/campaigns/{locked}/draw": {"result": "03 08 14 19 22 31+06"},
        f"{at}/campaigns/{locked}/close": {
            "text": "检查了两个单位，问题都已整改，形成了长效机制。"
        },
        f"{at}/{fresh}/members": {"person": inspector["person"]},
        f"{at}/{fresh}/recuse": {"person": county.team[0], "reason": "是当事人的亲属"},
        f"{at}/{fresh}/assists": {"organ": county.agencies.city_bureau.id},
        f"{at}/{fresh}/findings": {"result_c1": "fine"},
        f"{at}/{signed}/check": {f"outcome_{each['id']}": "passed" for each in items},
        f"{at}/{signed}/close": {"text": "两项问题都已整改。"},
        f"{at}/suggestions/{suggestion['id']}/aside": {"reason": "不属于执法监督范围。"},
        f"{at}/{fresh}/drop": {"reason": "线索不实，终止监督"},
        f"{at}/{fresh}/issue/notice": paper,
        f"{at}/papers/{notice}/service": {
            "how": "refused",
            "by": "",
            "note": "门卫拒收，由见证人在场留置",
        },
        f"{at}/papers/{notice}/withdraw": {"reason": "主送单位写错"},
        f"{at}/papers/{notice}/extend": {"days": 5, "reason": "材料较多"},
        f"{at}/papers/{notice}/record": {"text": "约谈情况记录在案，单位承诺整改。"},
        f"{at}/programmes/{scheme}/hand-in": {"deliverable": asked["id"], "text": SUMMARY},
        f"{at}/programmes/{scheme}/close": {"text": "试点工作全部完成，形成长效机制。"},
        f"{at}/registers/inspectors/{inspector['id']}/withdraw": {"reason": "调离监督岗位"},
        f"{at}/registers/duties/{duty['id']}/remove": {},
        f"{at}/transfers/{transfer}/step": {"act": "approve", "note": ""},
    }


@pytest.mark.req("C5-07", "S4-1")
async def test_no_act_reaches_what_belongs_to_another_office(
    county, app, client, region_tree, agencies
) -> None:
    async with transaction(ALL):
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)
        town = await add_region(region_tree.county.id, "邻镇", 4)
        beside = await found_organisation("邻镇司法所", "justice_office", town.id)
    acts = await acts_of(county)
    before = await everything()
    strangers = (
        ("supervision_bureau", region_tree.other_county, agencies.foreign_bureau),
        # The office above reads what the county does; it acts in matters of its own.
        ("supervision_bureau", region_tree.city, agencies.city_bureau),
        ("justice_office", town, beside),
        ("dept_supervisor", None, agencies.other_agency),
        ("dept_supervisor", None, agencies.foreign_agency),
    )
    named = {
        path
        for route in ROUTES
        if "POST" in route.http_methods
        for path in route.paths
        if ":int}" in path
    }
    tried = {path for path in named for act in acts if shape(path).fullmatch(act)}
    assert tried == named, "every act is tried"
    for role, region, unit in strangers:
        browser = Browser(app)
        more = {"region": region} if region else {}
        await sign_in_as(browser, role, organisation=unit, name="生人", **more)
        for path, form in acts.items():
            own = role == "justice_office" and path.endswith("/hand-in")
            if own:  # an office below is asked by the programme of the office above
                continue
            if unit is agencies.city_bureau and path.endswith("/aside"):
                continue  # an open suggestion is nobody's yet: who sees it may decide on it
            answer = await browser.post(path, data=form)
            assert answer.status_code in (403, 404, 409), (
                role,
                unit.name,
                path,
                answer.status_code,
            )
        assert await everything() == before, (role, unit.name)
