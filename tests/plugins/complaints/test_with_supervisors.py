# SPDX-License-Identifier: Apache-2.0
"""With the plugin that knows recusals: the form that stands open while its writer must withdraw."""

from typing import Any

import pytest

from core.api import clock as time
from core.api.db import Scope, transaction, value
from core.api.people import appoint_organ
from core.api.testing import Browser, sign_in_as
from plugins.supervisors.forms import RecusalForm
from plugins.supervisors.services import conduct
from tests.plugins.complaints.conftest import photo
from tests.plugins.supervisors.factories import Office, actor, own

OFFICE = Scope.platform("test")
pytestmark = pytest.mark.needs("supervisors")


@pytest.mark.req("S3-17", "C13-08")
async def test_who_must_withdraw_while_he_writes_loses_nothing(
    db: Any, region_tree: Any, agencies: Any, clock: Any, files: Any, client: Browser
) -> None:
    county = region_tree.county
    async with transaction(OFFICE):
        await appoint_organ(county.id, "supervision", agencies.bureau.id)
    office = Office(
        county,
        region_tree.other_county,
        region_tree.city,
        agencies,
        actor(county),
        actor(region_tree.other_county),
        actor(region_tree.city),
        clock,
    )
    _, person = await office.supervisor()
    await sign_in_as(client, "supervisor", organisation=False, region=county, person=person)
    assert (await client.get("/complaints/new")).status_code == 200

    # Meanwhile, from another page.
    form = RecusalForm(
        relation="workplace", organisation=agencies.agency.id, text="所在单位的法律顾问。"
    )
    await conduct.declare_recusal(own(person, county), form)

    told = {
        "target": "act",
        "enforcement_type": "行政检查",
        "account": "上午检查时只来了一个人，没有出示证件。",
        "happened_on": time.today().isoformat(),
        "department": str(agencies.agency.id),
        "body": str(agencies.agency.id),
        "confidential": "open",
        "once": "w" * 24,
    }
    refused = await client.post(
        "/complaints/new", told, files={"media": ("现场.jpg", photo(), "image/jpeg")}
    )
    assert refused.status_code == 409
    assert "回避" in refused.text.split('id="jd-errbox"')[1].split("</div>")[0]
    assert "只来了一个人" in refused.text
    assert "现场.jpg" in refused.text
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_complaint") == 0

    # About another body he goes on from the same form, with the photo that has come.
    other = str(agencies.other_agency.id)
    waiting = refused.text.split('name="media__uploads" value="')[1].split('"')[0]
    again = {**told, "department": other, "body": other, "media__uploads": waiting}
    assert (await client.post("/complaints/new", again)).status_code == 303
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_attachment") == 1
