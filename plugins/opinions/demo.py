# SPDX-License-Identifier: Apache-2.0
"""Demo: two texts 磴口县 asks about, one reported, one still open; one of 威海. Through the services."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from core.api import clock
from core.api.access import Visitor
from core.api.db import Scope, column, row, transaction, value
from core.api.demo import DemoContext
from core.api.errors import Invalid, Refused
from plugins.opinions import queries
from plugins.opinions.forms import DraftForm, FindingForm
from plugins.opinions.rules import articles
from plugins.opinions.services import answering, drafts, moderating, reporting, sending
from plugins.opinions.services.base import Author, author_of, own_office

OFFICE = Scope.platform("demo data: who may say what about which draft")
BUREAUS = ("zhaojianguo", "jiangwei")
"""The bureaus of 磴口县 and of 威海市 ask."""

CHECKS = (
    "磴口县行政检查规范（征求意见稿）",
    "规范涉企行政检查，减少重复检查。想听听检查频次、提前告知和结果反馈方面的意见。",
    """第一章 总则

第一条　为规范行政检查行为，保护公民、法人和其他组织的合法权益，制定本规范。

第二条　本县行政执法机关开展行政检查，适用本规范。

第二章 检查

第三条　行政检查应当制定年度计划，报县司法局备案。
同一机关对同一企业的计划检查，每年不超过两次。

第四条　行政检查由两名以上持有行政执法证件的人员进行，进入前出示证件，说明理由。

第五条　行政检查结束后，应当在十日内把检查结果书面告知被检查人。""",
    """第一章 总则

第一条　为规范行政检查行为，保护公民、法人和其他组织的合法权益，制定本规范。

第二条　本县行政执法机关开展行政检查，适用本规范。

第二章 检查

第三条　行政检查应当制定年度计划，报县司法局备案。
同一机关对同一企业的计划检查，每年不超过一次。

第四条　能够联合检查的，由牵头机关组织联合检查，不重复上门。

第五条　行政检查由两名以上持有行政执法证件的人员进行，进入前出示证件，说明理由。

第六条　行政检查结束后，应当在五个工作日内把检查结果书面告知被检查人。""",
)
STALLS = (
    "磴口县流动摊贩管理办法（征求意见稿）",
    "给流动摊贩划定经营区域和时段，既方便群众，也保持街面整洁。",
    """第一条　为规范流动摊贩经营，方便群众生活，制定本办法。

第二条　县综合行政执法局划定流动摊贩经营区域和时段，向社会公布。

第三条　流动摊贩应当在划定的区域和时段经营，保持摊位周围整洁。

第四条　流动摊贩违反规定的，先行劝导；拒不改正的，依法处理。""",
)
WEIHAI = (
    "威海市行政执法社会监督员工作规则（征求意见稿）",
    "就监督员参加活动的安排和意见反馈，听取各方意见。",
    """第一条　司法行政机关每季度至少组织一次监督活动，提前五个工作日通知监督员。

第二条　监督员提出的意见，有关机关应当在三十日内反馈。""",
)

Act = Callable[[], Awaitable[None]]
Outcome = Literal["adopted", "partly", "not"]


@dataclass(frozen=True)
class Line:
    """One opinion: on which day after the opening, on what, by whom (a turn of the authors)."""

    after: int
    at: str
    text: str
    by: int
    sealed: bool = False


CHECKS_SAID = (
    Line(1, "第三条", "两次还是偏多，小微企业一年一次就够，专项检查除外。", 0),
    Line(2, "第五条", "十日太长，建议五个工作日内告知，免得企业一直等。", 1),
    Line(3, "第三条", "几个部门能不能一起来？去年我们一个月接待了三拨检查。", 2, sealed=True),
    Line(5, "第四条", "建议写明不出示证件的，企业可以拒绝检查。", 1),
    Line(6, "", "总体很好，希望公布每个部门的检查计划。", 0),
    Line(7, "第三条", "检查计划应当在网上公开，不只是备案。联系我13904785566。", 2),
)
STALLS_SAID = (
    Line(0, "第二条", "希望把学校门口放学时段留出来，家长接孩子方便。", 0),
    Line(1, "第三条", "建议每个区域配垃圾桶，不然很难保持整洁。", 1),
    Line(2, "第四条", "“依法处理”太笼统，写清楚劝导几次。", 2, sealed=True),
)


async def ask_for_demo_opinions(context: DemoContext) -> None:
    """Have it all happen on its days; with drafts already there, nothing."""
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    for login in BUREAUS:
        who = visitors.get(login)
        if who is None:
            continue
        async with transaction(who.scope):
            asked = await own_office(who)
            if not asked or await value(
                "select exists (select 1 from opinions_draft where organ = $1)", asked
            ):
                continue
        authors = [
            author_of(each)
            for each in visitors.values()
            if each.person_id
            and each.region.lo >= who.region.lo
            and each.region.hi <= who.region.hi
            and each.login != login
            and each.role in ("handler", "dept_supervisor", "body_admin", "legal_office", "leader")
        ]
        _Asking(context, who, authors).plan(login == BUREAUS[0])


class _Asking:
    """The stories of one bureau."""

    def __init__(self, context: DemoContext, who: Visitor, authors: list[Author]) -> None:
        self.context, self.who, self.authors = context, who, authors
        self.lane = f"opinions.{who.region.lo}"

    def plan(self, both: bool) -> None:
        if not both:
            self._story(WEIHAI, 9, 30, (), lambda _draft: None)
            return
        self._story(CHECKS, 62, 20, CHECKS_SAID, self._reported)
        self._story(STALLS, 4, 20, STALLS_SAID, lambda _draft: None)

    def _at(self, ago: int, hour: int, act: Act) -> None:
        day: date = self.context.today - timedelta(days=ago)
        moment = datetime.combine(day, time(hour, 20), clock.SHANGHAI)
        self.context.plan(moment, act, lane=self.lane)

    def _story(
        self,
        text: tuple[str, ...],
        ago: int,
        days: int,
        said: tuple[Line, ...],
        then: Callable[["_Draft"], None],
    ) -> None:
        draft = _Draft(ago, ago - days)

        async def begin() -> None:
            opens = clock.today()
            async with transaction(self.who.scope):
                draft.id = await drafts.save_draft(
                    self.who,
                    DraftForm(
                        title=text[0],
                        about=text[1],
                        body=text[2],
                        readers="all",
                        opens_on=opens,
                        closes_on=opens + timedelta(days=days),
                    ),
                )
                await drafts.open_draft(self.who, draft.id)

        self._at(ago, 9, begin)
        for line in said:
            self._at(ago - line.after, 11 + line.by, self._sending(draft, line))
        then(draft)

    def _sending(self, draft: "_Draft", line: Line) -> Act:
        async def send() -> None:
            authors = [*await self._volunteers(), *self.authors]
            if not authors or not draft.id:
                return
            async with transaction(OFFICE):
                found = await row("select current from opinions_draft where id = $1", draft.id)
                assert found is not None
                version = await queries.version_of(draft.id, found["current"])
                assert version is not None
            keys = {each.label: each.key for each in articles.stored(version["articles"])}
            said = sending.Said(keys.get(line.at, ""), line.text, "", line.sealed)
            with suppress(Refused, Invalid):
                await sending.send(authors[line.by % len(authors)], draft.id, said)

        return send

    async def _volunteers(self) -> list[Author]:
        """The county's supervisors whom another plugin's step has appointed by then."""
        today = clock.today()
        async with transaction(OFFICE):
            ids = await column(
                """select a."user" from core_assignment a
                   join core_role k on k.id = a.role and k.key = 'supervisor'
                   join core_region g on g.id = a.region and g.lo between $1 and $2
                   where a.revoked_at is null and a.valid_from <= $3
                     and (a.valid_to is null or a.valid_to >= $3) order by a."user" limit 3""",
                self.who.region.lo,
                self.who.region.hi,
                today,
            )
            made = []
            for each in ids:
                found = await row(
                    """select u.id, u.person, u.name, u.login from core_user u
                       where u.id = $1 and u.person is not null""",
                    each,
                )
                if found is not None:
                    region = self.who.region
                    made.append(
                        Author(
                            found["person"],
                            found["id"],
                            found["name"],
                            found["login"],
                            "supervisor",
                            "社会监督员",
                            region.id,
                            region.name,
                            region.lo,
                            region.hi,
                        )
                    )
        return made

    def _reported(self, draft: "_Draft") -> None:
        """Closed, put on in a second version, answered, judged, published."""
        who = self.who

        async def look_after() -> None:
            async with transaction(who.scope):
                last = await row(
                    """select id from opinions_opinion where draft = $1
                       and text like '%13904785566%'""",
                    draft.id,
                )
                if last:
                    await moderating.moderate(
                        who, last["id"], "censor", "含有个人电话。", words="联系我13904785566。"
                    )
                await answering.save_template(
                    who, "吸收采纳", "你的意见已经采纳，写进了新的一版，谢谢你的关心。"
                )
                await answering.save_template(
                    who, "留作参考", "这件事不由本规范规定，已转给有关机关研究。"
                )
                first = await value(
                    "select min(id) from opinions_opinion where draft = $1", draft.id
                )
                if first:
                    await answering.note(who, first, "和市场监管局商量过，同意改为一年一次。")

        async def close() -> None:
            async with transaction(OFFICE):
                found = await row("select * from opinions_draft where id = $1", draft.id)
                if found is not None and found["state"] == "open":
                    await drafts.close(found)

        async def second() -> None:
            async with transaction(who.scope):
                await drafts.save_draft(
                    who,
                    DraftForm(
                        body=CHECKS[3],
                        changes="计划检查改为每年一次，新增联合检查，结果五个工作日内告知。",
                    ),
                    draft=draft.id,
                )
                await drafts.publish_version(who, draft.id)

        async def reply() -> None:
            async with transaction(who.scope):
                ids = await column(
                    "select id from opinions_opinion where draft = $1 and state = 'new' order by id",
                    draft.id,
                )
                if not ids:
                    return
                await answering.answer(
                    who, draft.id, ids, "你的意见已经研究，处理结果见采纳情况，谢谢你的关心。"
                )
                labels = await queries.labels_of(draft.id)
                for key in await queries.by_article(draft.id):
                    outcome, reason = JUDGED.get(labels.get(key, "") if key else "", JUDGED[""])
                    await reporting.judge(
                        who, draft.id, FindingForm(outcome=outcome, reason=reason, article=key)
                    )
                await reporting.summarise(
                    who, draft.id, "感谢大家提出意见。多数意见集中在检查次数和结果告知，已经吸收。"
                )

        async def publish() -> None:
            async with transaction(who.scope):
                await drafts.finish(who, draft.id)
                await reporting.publish(who, draft.id)

        self._at(draft.ends + 3, 15, look_after)
        self._at(draft.ends - 1, 1, close)
        self._at(draft.ends - 6, 10, second)
        self._at(draft.ends - 10, 10, reply)
        self._at(draft.ends - 14, 16, publish)


JUDGED: dict[str, tuple[Outcome, str]] = {
    "第三条": ("adopted", "计划检查由每年不超过两次改为一次，新增联合检查一条。"),
    "第五条": ("partly", "证件一条不变：企业可以拒绝不出示证件的检查，法律已有规定。"),
    "第六条": ("adopted", "告知期限由十日改为五个工作日。"),
    "": ("partly", "检查计划的公开办法另行规定。"),
}


@dataclass
class _Draft:
    """A draft once it has a number; ``ends`` days ago its window closed (below 0: later)."""

    ago: int
    ends: int
    id: int = 0
