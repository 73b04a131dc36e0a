# SPDX-License-Identifier: Apache-2.0
"""专项监督: planning, the lists, the draw bound before it is known, findings, the report."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    current_scope,
    execute,
    json,
    lock_subjects,
    retried,
    row,
    rows,
    transaction,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.people import decrypt, encrypt, organisation
from plugins.supervision import facts
from plugins.supervision.rules import draw as lots
from plugins.supervision.rules import kinds
from plugins.supervision.rules.draw import Entry, Published
from plugins.supervision.rules.items import parse_items
from plugins.supervision.rules.kinds import MANAGE
from plugins.supervision.services.base import Actor, invalid, must, organ_of, take_matter, touch
from plugins.supervision.services.opening import ASSISTING, Opening, open_matter

CAMPAIGN = "supervision.campaign"
SECRET = "supervision.draw"  # noqa: S105 - the purpose of a key, not a secret


@dataclass(frozen=True)
class Plan:
    """What a campaign is."""

    title: str
    scope_words: str
    contents: Sequence[str]
    checklist: str
    starts_on: date
    ends_on: date
    kind: str = "special"
    basis: int | None = None
    assists: Sequence[int] = field(default_factory=tuple)


def ref(campaign: int) -> SubjectRef:
    return SubjectRef(CAMPAIGN, campaign)


def _place(it: Mapping[str, Any]) -> Place:
    return Place(it["region_lo"], it["org_lo"])


async def take_campaign(who: Actor, campaign: int, *, states: Sequence[str]) -> dict[str, Any]:
    """A campaign of one's own organ, locked, in one of some states."""
    must(who, MANAGE)
    await lock_subjects(ref(campaign))
    found = await row("select * from supervision_campaign where id = $1 for update", campaign)
    if found is None:
        raise NotFound("没有找到这个专项监督，或者不在你的管理范围内。")
    if found["organ"] != who.organ:
        raise Refused(f"这个专项监督由{found['organ_name']}牵头。")
    if found["state"] not in states:
        raise Conflict("专项监督已经进入下一阶段，请刷新页面。")
    return found


async def _note(kind: str, it: Mapping[str, Any], words: str = "") -> None:
    await record(
        f"supervision.{kind}",
        ref(it["id"]),
        facts.CampaignActed(it["id"], it["title"], words),
        _place(it),
    )


@retried
async def plan(who: Actor, it: Plan) -> int:
    """A campaign with scope, checklist, period, lead and assisting organs; its id."""
    must(who, MANAGE)
    lines = parse_items(it.checklist)
    faults = kinds.content_faults(it.contents)
    if it.kind not in ("special", "key", "daily"):
        faults["kind"] = "选择监督种类。"
    if len(it.title.strip()) < 4:
        faults["title"] = "写明专项名称，至少 4 个字。"
    if len(it.scope_words.strip()) < 4:
        faults["scope_words"] = "写明监督范围。"
    if not lines:
        faults["checklist"] = "至少列出一项检查内容，一行一项。"
    if it.ends_on < it.starts_on:
        faults["ends_on"] = "结束日期早于开始日期。"
    invalid(faults)
    async with transaction(who.scope):
        own = await organ_of(who)
        made = await row(
            "insert into supervision_campaign (kind, title, scope_words, contents, checklist, basis,"
            " starts_on, ends_on, organ, organ_lo, organ_name, organ_region_lo, state, sample, team,"
            " commitment, secret_sealed, secret, result_source, result, list_hash, drawn, token,"
            " created_at, created_by_name, report, region_lo, org_lo)"
            " values ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11, $12, 'planned', 0,"
            " 2, '', '', '', '', '', '', '{}', '', $13, $14, '', $12, $10) returning *",
            it.kind,
            it.title.strip(),
            it.scope_words.strip(),
            json(list(it.contents)),
            json([{"key": f"c{n}", "title": line} for n, line in enumerate(lines, 1)]),
            it.basis,
            it.starts_on,
            it.ends_on,
            own.id,
            own.lo,
            own.name,
            own.region_lo,
            clock.now(),
            who.name,
        )
        assert made is not None
        for organ_id in it.assists:
            organ = await organisation(organ_id)
            if organ is None or organ.kind not in ("justice", "justice_office"):
                raise Invalid({"assists": "协助机关应当是司法局或者司法所。"})
            if organ.id == own.id:
                raise Invalid({"assists": "牵头机关不用再列为协助机关。"})
            async with transaction(Scope.platform(ASSISTING, actor=current_scope().actor)):
                await execute(
                    "insert into supervision_assist (matter, campaign, organ, organ_name, title,"
                    " lead_name, at, region_lo, org_lo) values (0, $1, $2, $3, $4, $5, $6, $7, $8)"
                    " on conflict do nothing",
                    made["id"],
                    organ.id,
                    organ.name,
                    it.title.strip(),
                    own.name,
                    clock.now(),
                    organ.region_lo,
                    organ.lo,
                )
        await _note("campaign_planned", made)
    return int(made["id"])


async def entries_of(campaign: int) -> list[dict[str, Any]]:
    return await rows(
        "select * from supervision_entry where campaign = $1 order by role desc, title, id",
        campaign,
    )


def as_entries(found: Sequence[Mapping[str, Any]]) -> list[Entry]:
    return [Entry(e["role"], e["key"], e["title"], e["lo"], e["hi"]) for e in found]


@retried
async def set_lists(
    who: Actor, campaign: int, bodies: Sequence[int], persons: Sequence[int]
) -> int:
    """The lists of objects and of inspectors, while they are not frozen; how many lines."""
    async with transaction(who.scope):
        it = await take_campaign(who, campaign, states=("planned",))
        own = await organ_of(who)
        objects = await rows(
            "select o.id, o.name, o.unified_code, o.lo, o.hi from core_organisation o"
            " where o.id = any($1::int8[]) and o.region_lo between $2 and $3 and o.valid_to is null",
            list(bodies),
            who.scope.region.lo,
            who.scope.region.hi,
        )
        faults = {}
        if not objects:
            faults["bodies"] = "至少选择一个抽查对象。"
        for each in objects:
            if kinds.why_not_supervise(each["lo"], own.lo, own.hi):
                faults["bodies"] = f"{each['name']}属于本单位，不能列为抽查对象。"
        people = await rows(
            "select i.person, i.name, i.card, i.valid_until, coalesce(p.org_lo, 0) as lo"
            " from supervision_inspector i left join core_person p on p.id = i.person"
            " where i.person = any($1::int8[]) and i.withdrawn_at is null"
            " and (i.valid_until is null or i.valid_until >= $2)",
            list(persons),
            clock.today(),
        )
        if len(people) < len(set(persons)) or len(people) < 2:
            faults["persons"] = "至少选择两名监督证件有效的监督人员。"
        invalid(faults)
        await execute("delete from supervision_entry where campaign = $1", campaign)
        lines = [
            (
                "object",
                o["unified_code"] or f"org-{o['id']}",
                o["name"],
                o["id"],
                0,
                o["lo"],
                o["hi"],
            )
            for o in objects
        ] + [("inspector", p["card"], p["name"], 0, p["person"], p["lo"], -1) for p in people]
        for role, key, title, org, person, lo, hi in lines:
            await execute(
                "insert into supervision_entry (campaign, role, key, title, organisation, person, lo,"
                " hi, region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                campaign,
                role,
                key,
                title,
                org,
                person,
                lo,
                hi,
                it["region_lo"],
                it["org_lo"],
            )
        await _note("campaign_listed", it, f"对象 {len(objects)} 个，人员 {len(people)} 名")
    return len(lines)


@retried
async def seal(
    who: Actor, campaign: int, sample: int, team: int, source: str, result_on: date
) -> str:
    """锁定名单并公布承诺: from here on nothing can be changed unseen; the public page's token."""
    async with transaction(who.scope):
        it = await take_campaign(who, campaign, states=("planned",))
        entries = as_entries(await entries_of(campaign))
        faults = {}
        if len(source.strip()) < 6:
            faults["source"] = (
                "写明用哪一个尚未产生的公开结果，例如“2026年6月1日福彩双色球开奖号码”。"
            )
        if why_not := lots.seal_fault(result_on, clock.today()):
            faults["result_on"] = why_not
        if team < 2:
            faults["team"] = "每组监督人员不得少于两名。"
        if why := lots.entry_faults(entries, sample, team):
            faults["sample"] = "".join(why)
        invalid(faults)
        secret = secrets.token_hex(lots.SECRET_LENGTH // 2)
        commitment, hashed = lots.commitment_of(secret), lots.list_hash(entries)
        token = secrets.token_hex(8)
        await execute(
            "update supervision_campaign set state = 'sealed', sample = $2, team = $3,"
            " commitment = $4, secret_sealed = $5, result_source = $6, list_hash = $7, token = $8,"
            " sealed_at = $9, result_on = $10 where id = $1",
            campaign,
            sample,
            team,
            commitment,
            b64encode(encrypt(secret, SECRET)).decode(),
            source.strip(),
            hashed,
            token,
            clock.now(),
            result_on,
        )
        await record(
            "supervision.draw_sealed",
            ref(campaign),
            facts.Sealed(
                campaign,
                it["title"],
                commitment,
                hashed,
                source.strip(),
                sample,
                team,
                result_on.isoformat(),
            ),
            _place(it),
        )
    return token


@retried
async def draw(who: Actor, campaign: int, result: str) -> list[str]:
    """揭示并抽取; refused when the list no longer is what was published."""
    if len(result.strip()) < 2:
        raise Invalid({"result": "写明公开结果，照原样填写。"})
    async with transaction(who.scope):
        it = await take_campaign(who, campaign, states=("sealed",))
        if why_not := lots.draw_fault(it["result_on"], clock.today()):
            raise Refused(why_not)
        entries = as_entries(await entries_of(campaign))
        if lots.list_hash(entries) != it["list_hash"]:
            raise Refused("名单在公布以后被改动，散列值不一致，不能抽取。请查明原因，另行立项。")
        secret = decrypt(b64decode(it["secret_sealed"]), SECRET)
        seed = lots.seed_of(secret, result, it["list_hash"])
        drawn = lots.draw(entries, seed, it["sample"], it["team"])
        objects = [e.key for e in drawn.objects]
        told = {
            "objects": objects,
            "teams": {key: [e.key for e in team] for key, team in drawn.teams.items()},
            "avoided": {key: [e.key for e in out] for key, out in drawn.avoided.items() if out},
        }
        await execute(
            "update supervision_campaign set state = 'drawn', secret = $2, result = $3,"
            " drawn = $4::jsonb, drawn_at = $5 where id = $1",
            campaign,
            secret,
            result.strip(),
            json(told),
            clock.now(),
        )
        await record(
            "supervision.drawn",
            ref(campaign),
            facts.DrawnFact(
                campaign,
                it["title"],
                seed,
                secret,
                result.strip(),
                [e.title for e in drawn.objects],
            ),
            _place(it),
        )
        it = {**it, "state": "drawn", "drawn": told}
        for each in drawn.objects:
            await _open_drawn(who, it, each.key)
    return [e.title for e in drawn.objects]


async def _open_drawn(who: Actor, it: Mapping[str, Any], key: str) -> None:
    """A matter for each object drawn, with the inspectors drawn for it."""
    known = {(e["role"], e["key"]): e for e in await entries_of(it["id"])}
    body = known["object", key]
    team = [known["inspector", card]["person"] for card in it["drawn"]["teams"][key]]
    await open_matter(
        who,
        Opening(
            it["kind"],
            f"{it['title']}：{body['title']}"[:200],
            body["organisation"],
            it["contents"],
            team,
            campaign=it["id"],
            checklist=it["checklist"],
            basis=it["basis"],
        ),
    )


def published_of(it: Mapping[str, Any]) -> Published:
    """What stands in public about a campaign's draw."""
    drawn = it["drawn"] or {}
    return Published(
        it["commitment"],
        it["list_hash"],
        it["sample"],
        it["team"],
        it["secret"],
        it["result"],
        tuple(drawn.get("objects", ())),
        {key: tuple(cards) for key, cards in drawn.get("teams", {}).items()},
    )


RESULTS = {"ok": "符合", "problem": "有问题", "na": "不涉及"}


@retried
async def note_findings(
    who: Actor, matter: int, results: Mapping[str, str], notes: Mapping[str, str]
) -> None:
    """What the checklist showed at one body; a problem says what it is."""
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        known = [line["key"] for line in it["checklist"]]
        faults = {}
        for key in known:
            if results.get(key) not in RESULTS:
                faults[f"result_{key}"] = "选择检查结果。"
            elif results[key] == "problem" and len(notes.get(key, "").strip()) < 4:
                faults[f"note_{key}"] = "写明问题，制发文书时会列入整改清单。"
        invalid(faults)
        for key in known:
            await execute(
                "insert into supervision_finding (matter, key, result, note, by_name, at, region_lo,"
                " org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (matter, key)"
                " do update set result = $3, note = $4, by_name = $5, at = $6",
                matter,
                key,
                results[key],
                notes.get(key, "").strip(),
                who.name,
                clock.now(),
                it["region_lo"],
                it["org_lo"],
            )
        await touch(matter)
        problems = sum(1 for each in results.values() if each == "problem")
        await record(
            "supervision.findings_noted",
            SubjectRef("supervision.matter", matter),
            facts.Acted(matter, it["number"], f"{len(known)} 项检查，{problems} 项有问题"),
            Place(it["region_lo"], it["org_lo"]),
        )


@retried
async def close_campaign(who: Actor, campaign: int, report: str) -> None:
    """结果报告: when every matter of it has ended."""
    if len(report.strip()) < 20:
        raise Invalid({"report": "写明专项监督结果，至少 20 个字。"})
    async with transaction(who.scope):
        it = await take_campaign(who, campaign, states=("planned", "drawn"))
        left = await row(
            "select count(*) as n from supervision_matter where campaign = $1"
            " and state not in ('closed', 'dropped')",
            campaign,
        )
        if left and left["n"]:
            raise Refused(f"还有 {left['n']} 件监督没有办结，不能结束专项。")
        await execute(
            "update supervision_campaign set state = 'closed', report = $2, closed_at = $3"
            " where id = $1",
            campaign,
            report.strip(),
            clock.now(),
        )
        await _note("campaign_closed", it, report.strip()[:200])
