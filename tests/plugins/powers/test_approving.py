# SPDX-License-Identifier: Apache-2.0
"""The road of a draft into force, with a return at each stage."""

from dataclasses import replace

import msgspec
import pytest

from core.api.accounts import create_account
from core.api.db import execute, row, rows, transaction
from core.api.errors import Conflict, NotFound, Refused
from core.api.facts import history
from core.api.gates import Blocker, GateCheck
from core.api.plugin import Manifest, SubjectRef, hookimpl
from core.host import registry as host_registry
from core.host.registry import build
from core.scope import Interval
from plugins.powers.queries import find_item, versions_of
from plugins.powers.queries.drafts import find_draft
from plugins.powers.rules import approval as rules
from plugins.powers.rules.approval import Standing
from plugins.powers.services import approving, drafting, enter_item, shipped_items
from tests.plugins.powers.conftest import OFFICE

pytestmark = pytest.mark.usefixtures("db")


async def stands(chain, draft):
    async with transaction(OFFICE):
        return await find_draft(draft, OFFICE)


async def revision(chain, draft):
    return (await stands(chain, draft)).revision


def limited(amount):
    """An edit of the flow: what the legal office must see."""

    def change(item):
        first = msgspec.structs.replace(
            item.steps[0], limit=msgspec.structs.replace(item.steps[0].limit, amount=amount)
        )
        return msgspec.structs.replace(item, steps=[first, *item.steps[1:]])

    return change


def renamed(title):
    """An edit of a point: what the submitter may still do."""

    def change(item):
        first = msgspec.structs.replace(item.points[0], title=title)
        return msgspec.structs.replace(item, points=[first, *item.points[1:]])

    return change


async def begun(chain):
    return await drafting.revise_item(chain.maker, chain.item)


async def edit(chain, draft, change, who=None):
    return await drafting.save_draft(
        who or chain.maker, draft, await revision(chain, draft), change
    )


async def through_legal(chain, draft):
    await approving.ask_legal_office(chain.maker, draft, await revision(chain, draft))
    await approving.pass_legal(chain.legal, draft, await revision(chain, draft), "同意")


async def submitted(chain, change=None):
    draft = await begun(chain)
    await edit(chain, draft, change or limited(9))
    await through_legal(chain, draft)
    await approving.submit_draft(chain.submitter, draft, await revision(chain, draft))
    return draft


async def at_final(chain):
    draft = await submitted(chain)
    await approving.pass_first(chain.first, draft, 0, "")
    return draft


@pytest.mark.req("S1-10", "S1-13")
async def test_the_last_word_is_the_county_s_own_office(chain, region_tree):
    """The city's office reads the draft; it neither approves nor returns it over the county's."""
    draft = await at_final(chain)
    city = region_tree.city
    whole = replace(chain.final.scope, region=Interval(city.lo, city.hi))
    actor = replace(chain.final, scope=whole)
    held = await stands(chain, draft)
    with pytest.raises(Refused, match="审定"):
        await approving.approve_draft(actor, draft, 0, "同意")
    with pytest.raises(Refused, match="审定"):
        await approving.return_draft(actor, draft, rules.FINAL, 0, "重新编制")
    assert await stands(chain, draft) == held


async def in_force(chain):
    async with transaction(OFFICE):
        return await find_item(chain.item, OFFICE)


@pytest.mark.req("S1-9", "S1-10", "S1-13")
async def test_the_whole_road_and_what_is_in_force_meanwhile(chain):
    draft = await begun(chain)
    await edit(chain, draft, limited(9))
    states = [(await stands(chain, draft)).state]
    await approving.ask_legal_office(chain.maker, draft, 0)
    states.append((await stands(chain, draft)).state)
    await approving.pass_legal(chain.legal, draft, 0, "流程合法")
    states.append((await stands(chain, draft)).state)
    await approving.submit_draft(chain.submitter, draft, 0)
    states.append((await stands(chain, draft)).state)
    await approving.pass_first(chain.first, draft, 0, "")
    states.append((await stands(chain, draft)).state)
    assert (await in_force(chain)).number == 1
    number = await approving.approve_draft(chain.final, draft, 0, "同意")
    states.append((await stands(chain, draft)).state)
    assert states == ["draft", "legal", "ready", "first_review", "final_review", "effective"]
    now = await in_force(chain)
    assert (number, now.number, now.definition.steps[0].limit.amount) == (2, 2, 9)
    async with transaction(OFFICE):
        told = await history(SubjectRef("powers.draft", draft))
        effective = await history(SubjectRef("powers.item", chain.item))
        old = await find_item(chain.item, OFFICE, number=1)
    assert [fact.kind.removeprefix("powers.draft_") for fact in told] == [
        "created",
        "edited",
        "sent_to_legal",
        "passed",
        "submitted",
        "passed",
        "approved",
    ]
    assert told[-1].payload["evidence"]["gate"] == "powers.draft_may_take_effect"
    assert told[-1].payload["evidence"]["silent"] == ["inspection"]
    assert [fact.payload["version"] for fact in effective] == [1, 2]
    assert old.effective_to == now.effective_from


@pytest.mark.req("S1-9")
async def test_without_the_legal_office_there_is_no_submission(chain):
    draft = await begun(chain)
    await edit(chain, draft, limited(9))
    with pytest.raises(Refused, match="法制机构"):
        await approving.submit_draft(chain.submitter, draft, 0)


@pytest.mark.req("S1-9", "S1-11")
async def test_points_may_be_edited_before_submitting_but_the_flow_goes_back_to_the_legal_office(
    chain,
):
    draft = await begun(chain)
    await edit(chain, draft, limited(9))
    await through_legal(chain, draft)
    await edit(chain, draft, renamed("改过的监察点"), chain.submitter)
    assert (await stands(chain, draft)).state == rules.READY
    await edit(chain, draft, limited(11), chain.submitter)
    assert (await stands(chain, draft)).state == rules.DRAFT
    with pytest.raises(Refused, match="法制机构"):
        await approving.submit_draft(chain.submitter, draft, 0)


@pytest.mark.req("S1-12", "S1-14")
async def test_the_first_reviewer_returns_with_a_reason_and_sees_it_again(chain):
    draft = await submitted(chain)
    await approving.return_draft(chain.first, draft, rules.FIRST, 0, "回退监察点设错了分支。")
    now = await stands(chain, draft)
    assert (now.state, now.returned_reason) == (rules.RETURNED, "回退监察点设错了分支。")
    await edit(chain, draft, renamed("改过的监察点"), chain.submitter)
    await approving.submit_draft(chain.submitter, draft, 0)
    assert (await stands(chain, draft)).state == rules.FIRST


@pytest.mark.req("S1-13", "S1-14")
async def test_the_final_reviewer_returns_to_the_submitter_and_the_first_review_comes_again(chain):
    draft = await at_final(chain)
    await approving.return_draft(chain.final, draft, rules.FINAL, 0, "期限依据不足。")
    assert (await stands(chain, draft)).state == rules.RETURNED
    await edit(chain, draft, renamed("再改"), chain.submitter)
    await approving.submit_draft(chain.submitter, draft, 0)
    assert (await stands(chain, draft)).state == rules.FIRST
    with pytest.raises(Refused, match="待初审"):
        await approving.approve_draft(chain.final, draft, 0, "")


async def test_the_legal_office_returns_to_who_makes_it(chain):
    draft = await begun(chain)
    await edit(chain, draft, limited(9))
    await approving.ask_legal_office(chain.maker, draft, 0)
    await approving.return_draft(chain.legal, draft, rules.LEGAL, 0, "文书不齐。")
    assert (await stands(chain, draft)).state == rules.DRAFT


@pytest.mark.req("S1-14")
async def test_nobody_reviews_what_he_submitted_or_edited_last(chain):
    draft = await submitted(chain)
    both = replace(chain.submitter, permissions=chain.submitter.permissions | {rules.FIRST_REVIEW})
    with pytest.raises(Refused, match="你送审的"):
        await approving.pass_first(both, draft, 0, "")
    with pytest.raises(Refused, match="你送审的"):
        await approving.return_draft(both, draft, rules.FIRST, 0, "不行")
    edited = replace(chain.maker, permissions=chain.maker.permissions | {rules.FIRST_REVIEW})
    with pytest.raises(Refused, match="最后由你修改"):
        await approving.pass_first(edited, draft, 0, "")


async def test_nobody_decides_both_reviews(chain):
    """Two roles of one person, or a deputy's, would make one review out of two."""
    draft = await at_final(chain)
    both = replace(chain.final, user_id=chain.first.user_id)
    with pytest.raises(Refused, match="你初审的"):
        await approving.approve_draft(both, draft, 0, "")
    assert await approving.approve_draft(chain.final, draft, 0, "") == 2


@pytest.mark.req("S1-14")
async def test_a_version_approved_while_another_draft_is_open(chain):
    mine = await begun(chain)
    await edit(chain, mine, renamed("我的改动"))
    other = await at_final(chain)
    await approving.approve_draft(chain.final, other, 0, "")
    now = await stands(chain, mine)
    assert now.standing().out_of_date
    with pytest.raises(Refused, match="先把新版并进来"):
        await approving.ask_legal_office(chain.maker, mine, 0)
    merged = await drafting.renew_draft(chain.maker, mine, now.revision)
    assert merged.conflicts == ()
    after = await stands(chain, mine)
    assert not after.standing().out_of_date
    assert after.definition.steps[0].limit.amount == 9
    assert after.definition.points[0].title == "我的改动"
    assert after.definition.version == 3


async def test_a_draft_under_review_that_was_overtaken_can_only_go_back(chain):
    slow, quick = await at_final(chain), None
    quick = await drafting.revise_item(chain.maker, chain.item)
    await edit(chain, quick, limited(12))
    await through_legal(chain, quick)
    await approving.submit_draft(chain.submitter, quick, 0)
    await approving.pass_first(chain.first, quick, 0, "")
    await approving.approve_draft(chain.final, quick, 0, "")
    with pytest.raises(Refused, match="第 2 版"):
        await approving.approve_draft(chain.final, slow, 0, "")
    await approving.return_draft(chain.final, slow, rules.FINAL, 0, "已有新版，请合并。")
    assert (await in_force(chain)).definition.steps[0].limit.amount == 12


async def test_two_people_edit_one_draft(chain):
    draft = await begun(chain)
    seen = await revision(chain, draft)
    await drafting.save_draft(chain.maker, draft, seen, limited(9))
    with pytest.raises(Conflict, match="编制人") as overtaken:
        await drafting.save_draft(chain.other_maker, draft, seen, renamed("别人的"))
    assert overtaken.value.draft.revision == seen + 1
    await drafting.save_draft(chain.other_maker, draft, seen + 1, renamed("别人的"))
    both = (await stands(chain, draft)).definition
    assert (both.steps[0].limit.amount, both.points[0].title) == (9, "别人的")


async def test_a_reviewer_passes_only_what_was_on_his_screen(chain):
    draft = await submitted(chain)
    with pytest.raises(Conflict):
        await approving.pass_first(chain.first, draft, 1, "")


async def test_under_review_nobody_edits(chain):
    draft = await submitted(chain)
    with pytest.raises(Refused, match="待初审"):
        await edit(chain, draft, renamed("偷改"))


async def test_a_draft_may_have_faults_but_goes_nowhere_with_them(chain):
    draft = await begun(chain)
    await edit(chain, draft, lambda item: msgspec.structs.replace(item, basis=[]))
    with pytest.raises(Refused, match="卡住案件"):
        await approving.ask_legal_office(chain.maker, draft, 0)


async def test_nothing_changed_is_nothing_to_submit(chain):
    draft = await begun(chain)
    await through_legal(chain, draft)
    with pytest.raises(Refused, match="没有差别"):
        await approving.submit_draft(chain.submitter, draft, 0)


async def test_withdrawing_leaves_what_is_in_force(chain):
    draft = await submitted(chain)
    await drafting.withdraw_draft(chain.maker, draft)
    assert (await stands(chain, draft)).state == rules.WITHDRAWN
    assert (await in_force(chain)).number == 1
    with pytest.raises(Refused):
        await approving.pass_first(chain.first, draft, 0, "")


async def test_other_agencies_and_other_counties_do_not_see_it(chain):
    draft = await submitted(chain)
    for stranger in (chain.neighbour, chain.foreign):
        with pytest.raises(NotFound):
            await approving.pass_first(stranger, draft, 0, "")
        with pytest.raises(NotFound):
            await drafting.withdraw_draft(stranger, draft)
        async with transaction(stranger.scope):
            assert await find_draft(draft, stranger.scope) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda chain, draft: approving.ask_legal_office(chain.first, draft, 0),
        lambda chain, draft: approving.pass_legal(chain.maker, draft, 0, ""),
        lambda chain, draft: approving.submit_draft(chain.maker, draft, 0),
        lambda chain, draft: approving.pass_first(chain.final, draft, 0, ""),
        lambda chain, draft: approving.approve_draft(chain.first, draft, 0, ""),
        lambda chain, draft: approving.return_draft(chain.maker, draft, rules.FINAL, 0, "x"),
    ],
)
async def test_each_act_belongs_to_its_office(chain, act):
    draft = await submitted(chain)
    before = await stands(chain, draft)
    with pytest.raises(Refused):
        await act(chain, draft)
    assert await stands(chain, draft) == before


async def test_whose_turn_it_is_at_each_step(chain):
    draft = await begun(chain)
    ref = SubjectRef("powers.draft", draft)

    async def holder():
        async with transaction(OFFICE):
            found = await row(
                "select holder_name, permission, step_title from core_turn where subject_kind = $1"
                " and subject_id = $2 and closed_at is null",
                ref.kind,
                ref.id,
            )
        return tuple(found.values()) if found else None

    assert await holder() == ("编制人", rules.EDIT, "编制事项")
    await edit(chain, draft, limited(9))
    await approving.ask_legal_office(chain.maker, draft, 0)
    assert await holder() == ("县市场监管局", rules.LEGAL_REVIEW, "法制审核")
    await approving.pass_legal(chain.legal, draft, 0, "")
    assert (await holder())[1] == rules.SUBMIT
    await approving.submit_draft(chain.submitter, draft, 0)
    assert await holder() == ("县市场监管局", rules.FIRST_REVIEW, "监察点初审")
    await approving.pass_first(chain.first, draft, 0, "")
    assert await holder() == ("县司法局", rules.FINAL_REVIEW, "监察点审定")
    await approving.return_draft(chain.final, draft, rules.FINAL, 0, "再核对。")
    assert await holder() == ("送审人", rules.SUBMIT, "修改后重新送审")
    async with transaction(OFFICE):
        told = await rows(
            "select person, title from core_message where subject_kind = 'powers.draft'"
            " and subject_id = $1",
            draft,
        )
    assert {each["person"] for each in told} == {
        chain.submitter.person_id,
        chain.maker.person_id,
    }


class Objector:
    """A plugin that must have tried the draft out."""

    MANIFEST = Manifest(name="objector", title="试运行", version="0.1.0")

    def __init__(self):
        self.seen = []

    @hookimpl
    def gate_checks(self):
        async def check(subjects, _on_date, draft):
            self.seen.append(draft)
            return {subjects[0]: [Blocker("untried", "这份草稿还没有试运行。")]}

        return [GateCheck("powers.draft_may_take_effect", check)]


async def test_an_objection_at_the_gate_stops_the_approval(chain):
    draft = await at_final(chain)
    objector = Objector()
    with (
        host_registry.use(build(["powers", objector])),
        pytest.raises(Refused, match="还没有试运行"),
    ):
        await approving.approve_draft(chain.final, draft, 0, "")
    assert objector.seen == [{"digest": (await stands(chain, draft)).digest}]
    assert (await in_force(chain)).number == 1


async def test_the_trial_is_offered_only_where_somebody_hears_it(chain):
    draft = await begun(chain)
    assert not await approving.may_try(await stands(chain, draft))
    with pytest.raises(Refused, match="没有启用"):
        await approving.request_trial(chain.maker, draft, 0)


async def test_a_new_item_takes_effect_as_its_first_version(chain):
    draft = await drafting.create_draft(
        chain.maker, chain.body, "对无证经营的处罚", "T-9", "penalty", "penalty_ordinary"
    )
    basis = (await in_force(chain)).definition.basis
    await edit(chain, draft, lambda item: msgspec.structs.replace(item, basis=basis))
    await through_legal(chain, draft)
    await approving.submit_draft(chain.submitter, draft, 0)
    await approving.pass_first(chain.first, draft, 0, "")
    assert await approving.approve_draft(chain.final, draft, 0, "") == 1
    after = await stands(chain, draft)
    async with transaction(OFFICE):
        found = await find_item(after.item, OFFICE)
        assert [one["number"] for one in await versions_of(after.item, OFFICE)] == [1]
    assert (found.definition.item, found.definition.code) == (after.item, "T-9")


async def test_an_item_entered_again_after_an_approval_is_the_next_version(chain):
    draft = await at_final(chain)
    await approving.approve_draft(chain.final, draft, 0, "")
    async with transaction(OFFICE):
        entered = await enter_item(shipped_items()["scjg-cf-012"], chain.body)
    assert (entered.item, entered.number) == (chain.item, 3)


# --- the rules as tables -------------------------------------------------------------------------

SOUND = Standing("draft", 1, 1, edited_by=5, submitted_by=6, legal_stands=True)


@pytest.mark.req("S1-9", "S1-14")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"state": "ready"}, None),
        ({"state": "returned"}, None),
        ({"legal_stands": False}, "法制机构"),
        ({"faults": 2}, "2 处"),
        ({"errors": 1}, "1 个错误"),
        ({"changed": False}, "没有差别"),
        ({"current": 2}, "第 2 版"),
        ({"state": "first_review"}, "待初审"),
        ({"state": "effective"}, "已生效"),
        ({"state": "withdrawn"}, "已撤回"),
    ],
)
def test_why_not_submit(changes, words):
    reasons = rules.why_not_submit(replace(SOUND, **changes))
    assert (not reasons) if words is None else any(words in one for one in reasons)


@pytest.mark.req("S1-14")
@pytest.mark.parametrize(
    ("state", "actor", "allowed"),
    [
        ("first_review", 7, True),
        ("first_review", 6, False),
        ("first_review", 5, False),
        ("final_review", 7, False),
        ("draft", 7, False),
    ],
)
def test_who_may_review(state, actor, allowed):
    reasons = rules.why_not_review(replace(SOUND, state=state), actor, rules.FIRST)
    assert (not reasons) == allowed


@pytest.mark.req("S1-10", "S1-14")
@pytest.mark.parametrize(
    ("changes", "actor", "words"),
    [
        ({}, 6, ""),
        ({}, 5, "送审人本人"),
        ({}, 0, "送审人本人"),
        ({"opened": True}, 6, "已经打开看过"),
        ({"state": "final_review"}, 6, "待审定"),
        ({"state": "ready"}, 6, "可以送审"),
        ({"state": "effective"}, 6, "已生效"),
    ],
)
def test_when_a_submission_may_be_taken_back(changes, actor, words):
    reasons = rules.why_not_recall(replace(SOUND, **{"state": "first_review", **changes}), actor)
    assert words in "".join(reasons)
    assert bool(reasons) == bool(words)


@pytest.mark.req("S1-10")
async def test_a_submission_is_taken_back_before_anybody_read_it(chain):
    draft = await submitted(chain)
    await approving.recall_draft(chain.submitter, draft, await revision(chain, draft))
    held = await stands(chain, draft)
    assert (held.state, held.submitted_at) == ("ready", None)
    async with transaction(OFFICE):
        told = [fact.kind for fact in await history(SubjectRef("powers.draft", draft))]
        turns = await rows(
            "select step_title, person from core_turn where subject_kind = 'powers.draft'"
            " and subject_id = $1 and closed_at is null",
            draft,
        )
    assert told[-1] == "powers.draft_recalled"
    assert [(one["step_title"], one["person"]) for one in turns] == [
        ("核对监察点、风险点并送审", chain.submitter.person_id)
    ]
    with pytest.raises(Refused, match="不在“待初审”"):
        await approving.pass_first(chain.first, draft, 0, "")
    await approving.submit_draft(chain.submitter, draft, 0)
    await approving.pass_first(chain.first, draft, 0, "")


@pytest.mark.req("S1-10")
async def test_what_a_reviewer_has_read_is_not_taken_back(chain):
    draft = await submitted(chain)
    async with transaction(OFFICE):
        found = await find_draft(draft, OFFICE)
    for who, read in ((chain.submitter, False), (chain.maker, False), (chain.first, True)):
        async with transaction(who.scope):
            await approving.opened(who, found)
        assert ((await stands(chain, draft)).opened_at is not None) == read
    with pytest.raises(Refused, match="已经打开看过"):
        await approving.recall_draft(chain.submitter, draft, 0)
    # A new submission is unread again.
    await approving.return_draft(chain.first, draft, rules.FIRST, 0, "监察点再核对")
    await approving.submit_draft(chain.submitter, draft, 0)
    assert (await stands(chain, draft)).opened_at is None
    await approving.recall_draft(chain.submitter, draft, 0)


@pytest.mark.req("S1-14")
async def test_a_second_account_is_no_second_pair_of_eyes(chain):
    draft = await submitted(chain)
    # The reviewer's account is entered for the very person who submitted under another one.
    mine = await create_account("submitting", "送审人", person=chain.submitter.person_id)
    other = await create_account("reviewing", "送审人", person=chain.submitter.person_id)
    await execute("update powers_draft set submitted_by = $2 where id = $1", draft, mine)
    again = replace(chain.first, user_id=other)
    with pytest.raises(Refused, match="是你送审的"):
        await approving.pass_first(again, draft, 0, "")
    with pytest.raises(Refused, match="是你送审的"):
        await approving.return_draft(again, draft, rules.FIRST, 0, "退回")


async def test_a_version_takes_effect_where_its_body_stands_by_then(chain, region_tree):
    """Regions merged while the draft waited: the item belongs to the county of today."""
    draft = await at_final(chain)
    there = region_tree.other_county
    await execute(
        "update core_organisation set region = $2, region_lo = $3 where id = $1",
        chain.body,
        there.id,
        there.lo,
    )
    # Whoever answers for the county of today decides; his scope follows with his role.
    await approving.approve_draft(replace(chain.final, scope=OFFICE), draft, 0, "同意")
    version = await row(
        "select region_lo, aud_lo, aud_hi, definition from powers_version"
        " where item = $1 order by number desc limit 1",
        chain.item,
    )
    assert (version["region_lo"], version["aud_lo"], version["aud_hi"]) == (
        there.lo,
        there.lo,
        there.hi,
    )
    assert version["definition"]["region_lo"] == there.lo
