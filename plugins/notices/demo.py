# SPDX-License-Identifier: Apache-2.0
"""Notices and a code of conduct of the demo's bureaus, published through the services."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from functools import partial

from core.api import clock
from core.api.access import Visitor
from core.api.db import transaction, value
from core.api.demo import DemoContext
from plugins.notices.forms import GuideForm, NewGuideForm, NoticeForm, Readers
from plugins.notices.services.base import own_office
from plugins.notices.services.guides import begin_guide, publish_version, save_guide
from plugins.notices.services.notices import publish_notice, save_draft

NOTICES: tuple[tuple[str, str, Readers, bool, int, int], ...] = (
    (
        "关于开展涉企检查专项监督的通知",
        (
            "各行政执法机关、社会监督员：\n\n本月起开展涉企行政检查专项监督，重点看三件事：检查有没有计划，"
            "是不是两名以上持证人员，检查后有没有把结果告诉企业。\n\n社会监督员受邀随队的，当天在“登记”里写下所见；"
            "自己发现线索的，从“投诉举报”提交，可以要求保密。"
        ),
        "all",
        False,
        0,
        47,
    ),
    (
        "请各执法机关核对持证人员名单",
        "请在确认期限前核对本单位执法人员名单：离岗的办理注销，证件到期的安排年审。\n\n核对完点“确认已阅读”。",
        "bodies",
        True,
        10,
        5,
    ),
    (
        "社会监督员近期活动安排",
        (
            "近期安排三次活动：市场监管综合执法大队的食品检查、生态环境执法开放日、行政处罚案卷公开评查。\n\n"
            "时间地点在“登记”的邀请里，不能参加的请提前说明原因。"
        ),
        "supervisors",
        False,
        0,
        19,
    ),
)
"""Title, text, readers, whether they confirm, by when (days from now), published how long ago."""
CONDUCT_TITLE = "社会监督员行为准则"
CONDUCT: tuple[tuple[str, str], ...] = (
    (
        (
            "一、依法履职，不越权，不代替执法人员作决定。\n\n二、不借监督的名义谋私利，不收受财物，不接受宴请。\n\n"
            "三、保守国家秘密、工作秘密、商业秘密和个人隐私。\n\n四、涉及本人、近亲属或者本单位的，主动回避。"
        ),
        "",
    ),
    (
        (
            "一、依法履职，不越权，不代替执法人员作决定。\n\n二、不借监督的名义谋私利，不收受财物，不接受宴请。\n\n"
            "三、保守国家秘密、工作秘密、商业秘密和个人隐私，现场拍到的照片不得转发。\n\n"
            "四、涉及本人、近亲属或者本单位的，主动回避。\n\n五、现场可以当面指出，要求启动监督程序的，提交线索。"
        ),
        "第三条加了现场照片不得转发，新增第五条。",
    ),
)
MANUAL = (
    "社会监督员操作手册",
    (
        "怎样投诉举报\n\n一、工作台点“投诉举报”，再点“新增”。现场可以先扫执法证上的二维码，单位会自动填好。\n\n"
        "二、写清时间、地点、看到的事，可以拍照、录音、录像。\n\n三、没有信号也能填，有信号时自动发出。\n\n"
        "怎样登记活动\n\n参加执法活动后，在“登记”里写下事由、结果和你的建议。"
    ),
)
BUREAUS = ("zhaojianguo", "jiangwei")
"""The bureaus of 磴口县 and of 威海市 publish."""
CONDUCT_AGO, MANUAL_AGO = (200, 33), 199
"""Days ago: the two versions of the code of conduct, and the manual."""


async def publish_demo_notices(context: DemoContext) -> None:
    """Three notices, the code of conduct in two versions, and the manual, for each bureau."""
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    for login in BUREAUS:
        who = visitors.get(login)
        if who is None:
            continue
        async with transaction(who.scope):
            if await value(
                "select 1 from notices_notice where organ = $1 limit 1", await own_office(who)
            ):
                continue
        _plan(context, who)


def _plan(context: DemoContext, who: Visitor) -> None:
    """Each is published on a day of its own, so that those are told who are readers by then."""

    def on(ago: int, act: Callable[[], Awaitable[None]]) -> None:
        day = context.workday(context.today - timedelta(days=ago))
        moment = datetime.combine(day, time(9, 10), clock.SHANGHAI)
        context.plan(moment, act, lane=f"notices.{who.region.lo}")

    for title, body, readers, confirm, days, ago in NOTICES:
        form = NoticeForm(
            title=title,
            body=body,
            readers=readers,
            must_confirm=confirm,
            confirm_by=context.today + timedelta(days=days) if days else None,
        )
        on(ago, partial(_announce, who, form))
    for version, ago in zip(CONDUCT, CONDUCT_AGO, strict=True):
        on(ago, partial(_conduct, who, *version))
    on(MANUAL_AGO, partial(_manual, who))


async def _announce(who: Visitor, form: NoticeForm) -> None:
    async with transaction(who.scope):
        await publish_notice(who, await save_draft(who, form))


async def _conduct(who: Visitor, body: str, changes: str) -> None:
    async with transaction(who.scope):
        guide = await value(
            "select id from notices_guide where kind = 'conduct' and organ = $1",
            await own_office(who),
        ) or await begin_guide(
            who, NewGuideForm(kind="conduct", title=CONDUCT_TITLE, must_confirm=True)
        )
        await save_guide(who, guide, GuideForm(body=body, changes=changes))
        await publish_version(who, guide)


async def _manual(who: Visitor) -> None:
    async with transaction(who.scope):
        manual = await begin_guide(who, NewGuideForm(kind="manual", title=MANUAL[0]))
        await save_guide(who, manual, GuideForm(body=MANUAL[1]))
        await publish_version(who, manual)
