# SPDX-License-Identifier: Apache-2.0
"""文书: due, missing, numbered without gaps, sealed, served, corrected, void, published."""

import asyncio
import io
from datetime import date

import pytest
from pypdf import PdfReader

from core import db
from core.api.db import Scope, transaction
from core.api.deadlines import clocks_of
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import intact, open_
from plugins.cases.queries import document_of, documents_of, subject_of
from plugins.cases.rules.definition import read_definition
from plugins.cases.rules.disclosing import abstract_of, hide_personal
from plugins.cases.rules.documents import (
    Delivery,
    delivery_errors,
    disclose_within,
    document_prefix,
    due_documents,
    served_on,
)
from plugins.cases.rules.flow import VisitLine
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import (
    AbstractText,
    Issuing,
    issue_document,
    publish_abstract,
    record_service,
    roll_back,
    void_document,
    withdraw_abstract,
)
from tests.plugins.cases.conftest import CLUE, DECISION, INQUIRY, Office, picture, publish
from tests.plugins.cases.papers import with_documents
from tests.plugins.cases.test_pages import Desk, field_of

TODAY = date(2026, 5, 12)


# --- rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "word", "expected"),
    [("磴市监", "罚告", "磴市监罚告"), ("磴市监立", "罚告", "磴市监罚告"), ("磴市监", "", "")],
)
def test_what_stands_before_the_year(prefix, word, expected):
    assert document_prefix(prefix, word) == expected


def test_which_documents_are_due():
    definition = read_definition(with_documents())
    road = tuple(
        VisitLine(n, key, 1, "open" if key == "notice" else "submitted", {})
        for n, key in enumerate(("clue", "filing", "inquiry", "finding", "review", "notice"))
    )
    found = {d.document.key: d.state for d in due_documents(definition, road, "notice", ())}
    assert found == {"record": "late", "notice": "now", "decision": "later"}
    found = {d.document.key: d.state for d in due_documents(definition, road, "notice", {"record"})}
    assert found["record"] == "done"
    ended = (*road[:2], VisitLine(9, "archive", 1, "open", {}))
    found = {d.document.key: d.state for d in due_documents(definition, ended, "archive", ())}
    assert found == {"record": "skipped", "notice": "skipped", "decision": "skipped"}


def delivery(**more) -> Delivery:
    return Delivery(**{"way": "direct", "delivered_on": TODAY, "recipient": "李建军", **more})


@pytest.mark.parametrize(
    ("typed", "photos", "field"),
    [
        (delivery(), 0, None),
        (delivery(recipient=" "), 0, "recipient"),
        (delivery(way="mail", recipient=""), 0, "recipient"),
        (delivery(way="leave", recipient=""), 0, "witness"),
        (delivery(way="leave", recipient=""), 1, None),
        (delivery(way="leave", recipient="", witness="社区干部王五"), 0, None),
        (delivery(way="electronic", recipient=""), 0, "confirmed"),
        (delivery(way="electronic", recipient="", confirmed=True), 0, None),
        (delivery(way="public", recipient=""), 0, None),
        (delivery(way="pigeon"), 0, "way"),
        (delivery(delivered_on=date(2026, 5, 13)), 0, "delivered_on"),
        (delivery(delivered_on=date(2026, 5, 10)), 0, "delivered_on"),
        (delivery(place="长" * 201), 0, "place"),
    ],
)
def test_what_a_service_receipt_needs(typed, photos, field):
    errors = delivery_errors(typed, issued_on=date(2026, 5, 11), today=TODAY, photos=photos)
    assert list(errors) == ([field] if field else [])


def test_public_notice_serves_after_thirty_days():
    assert served_on("public", date(2026, 5, 12)) == date(2026, 6, 11)
    assert served_on("mail", date(2026, 5, 12)) == date(2026, 5, 12)
    assert disclose_within("penalty") == (7, "working") == disclose_within("licence")
    assert disclose_within("inspection") == (20, "working")


@pytest.mark.parametrize(
    ("text", "clear", "hidden"),
    [
        ("身份证15080119881120747X。", "身份证××××。", ("身份证号",)),
        ("电话13804781234或0478-4212345", "电话××××或××××", ("手机号", "电话")),
        ("账号6222 0202 0001 1234 567", "账号××××", ("银行账号",)),
        ("账号6222020200011234", "账号××××", ("银行账号",)),
        ("邮箱a.b@c.com，车牌蒙L·A1234", "邮箱××××，车牌××××", ("电子邮箱", "车牌号")),
        (
            "罚款 5,000.00 元，2026年5月12日，第126条",
            "罚款 5,000.00 元，2026年5月12日，第126条",
            (),
        ),
        ("统一社会信用代码91150822MA0N1X2T3K", "统一社会信用代码91150822MA0N1X2T3K", ()),
        ("李建军和建军", "李某某和建军", ("姓名",)),
        ("李建军餐饮店由李建军经营", "李建军餐饮店由李某某经营", ("姓名",)),
        ("家住团结路18号院", "家住××××院", ("住址",)),
        ("电话１３８１２３４５６７８。", "电话××××。", ("手机号",)),
        ("身份证１５０８０１１９８８１１２０７４７８", "身份证××××", ("身份证号",)),
        ("身份证150801 19881120 7478", "身份证××××", ("身份证号",)),
        ("身份证150801-1988-11-20-747Ｘ，", "身份证××××，", ("身份证号",)),
        ("邮箱lijianjun＠example．com收", "邮箱××××收", ("电子邮箱",)),
        ("车牌蒙Ｌ１２３４５停放", "车牌××××停放", ("车牌号",)),
        ("罚款５０００元，第１２６条", "罚款５０００元，第１２６条", ()),
    ],
)
def test_personal_data_are_hidden(text, clear, hidden):
    found = hide_personal(text, ["李建军"], ["团结路18号"], ["李建军餐饮店"])
    assert found.text == clear
    assert set(found.hidden) == set(hidden)


def test_a_person_is_not_named_a_firm_is():
    person = {"kind": "person", "name": "李建军", "code": "", "address": "团结路18号"}
    made = abstract_of(person, facts="李建军在团结路18号", basis="", content="罚款")
    assert (made.party, made.party_code, made.facts) == ("李某某", "", "李某某在××××")
    firm = {"kind": "business", "name": "鲜味园", "code": "91X", "legal_representative": "李建军"}
    made = abstract_of(firm, facts="鲜味园（李建军）", basis="", content="罚款")
    assert (made.party, made.party_code, made.facts) == ("鲜味园", "91X", "鲜味园（李某某）")
    made = abstract_of(
        firm, facts="王五丰代收", basis="", content="罚款", people=["王五丰", "鲜味园"]
    )
    assert (made.party, made.facts) == ("鲜味园", "王某某代收")


# --- issuing ------------------------------------------------------------------------------------


@pytest.fixture
async def papers(office: Office) -> Office:
    office.penalty = await publish(office, with_documents())
    return office


async def at_notice(office: Office, **more) -> int:
    case = await office.open(same_party_confirmed=True, **more)
    await office.submit(case, CLUE)
    await office.submit(
        case,
        {"outcome": "立案", "basis": "第五十四条"},
        actor=office.chief,
        officers=[office.zhang, office.sqgw],
    )
    await office.submit(case, INQUIRY)
    await office.submit(case, {"summary": "事实清楚"})
    await office.submit(case, {"opinion": "同意", "remark": ""}, actor=office.chief)
    return case


async def issue(office: Office, case: int, key: str = "notice", **more) -> int:
    return await issue_document(office.zhang, case, key, Issuing(**more))


async def document(office: Office, case: int, ident: int) -> dict:
    async with transaction(office.chief.scope):
        return await document_of(office.chief.scope, case, ident)


async def text_of(office: Office, file: int) -> str:
    async with transaction(office.chief.scope):
        opened = await open_(file)
        assert await intact(file)
    pages = PdfReader(io.BytesIO(await opened.read())).pages
    return "".join("".join(p.extract_text().split()) for p in pages)


@pytest.mark.req("C3-18")
async def test_a_notice_from_template_to_receipt(papers, facts):
    case = await at_notice(papers)
    made = await issue(papers, case, token="t")
    assert await issue(papers, case, token="t") == made, "a double click issues one"
    found = await document(papers, case, made)
    assert found["number"] == "磴市监罚告〔2026〕1号"
    text = await text_of(papers, found["pdf"])
    for words in (
        "磴口县鲜味园餐饮店：",
        "未建立进货查验记录",
        "团结路18号",
        "磴市监罚告〔2026〕1号",
    ):
        assert words in text
    (event,) = await facts.only("cases.document_issued")
    assert event.payload["document"]["sha256"] == found["sha256"]
    clocks = {c.key: c for c in await clocks_of(subject_of(case))}
    assert clocks[f"serve:{made}"].due_day == date(2026, 5, 21), "seven working days"
    assert f"disclose:{made}" not in clocks
    day = await record_service(papers.zhang, case, made, delivery(), [picture()], token="s")
    assert day == TODAY
    clocks = {c.key: c for c in await clocks_of(subject_of(case))}
    assert clocks[f"serve:{made}"].stopped_at is not None
    assert clocks[f"hearing:{made}"].due_day == date(2026, 5, 19), "five working days"
    receipt = await db.row("select * from cases_receipt")
    assert receipt["recipient_shown"] == "李某某"
    assert "李建军".encode() not in bytes(receipt["recipient"])
    assert receipt["photo_sha256"]
    with pytest.raises(Refused, match="已经登记"):
        await record_service(papers.zhang, case, made, delivery())
    with pytest.raises(Refused, match="已经送达的文书不能作废"):
        await void_document(papers.zhang, case, made, "写错了")


async def test_missing_fields_stop_it_until_confirmed(papers):
    case = await at_notice(papers)
    await roll_back(papers.chief, case, "inquiry", "补充")
    file = await papers.file(case)
    from plugins.cases.services import Posting, save_draft

    await save_draft(
        papers.zhang,
        case,
        Posting(file.open_visit["id"], file.open_visit["version"], {"place": ""}),
    )
    with pytest.raises(Refused, match="还没有办到"):
        await issue(papers, case, "decision")
    with pytest.raises(Invalid, match="还缺") as error:
        await issue(papers, case, "record")
    assert "blanks_confirmed" in error.value.errors
    made = await issue(papers, case, "record", blanks_confirmed=True)
    found = await document(papers, case, made)
    assert found["number"] == ""
    assert "＿＿＿＿" in await text_of(papers, found["pdf"])


async def test_who_may_not_issue(papers):
    case = await at_notice(papers)
    with pytest.raises(Refused):
        await issue_document(papers.wang, case, "notice", Issuing())
    with pytest.raises(NotFound):
        await issue_document(papers.stranger, case, "notice", Issuing())
    with pytest.raises(NotFound):
        await issue(papers, case, "nothing")
    async with transaction(papers.stranger.scope):
        assert await documents_of(papers.stranger.scope, case) == []


async def test_the_decision_bears_the_number_of_the_case(papers, facts):
    case = await at_notice(papers)
    await papers.submit(case, {"notified_on": "2026-05-12", "waived": "true"})
    await papers.submit(case, DECISION)
    made = await issue(papers, case, "decision")
    file = await papers.file(case)
    found = await document(papers, case, made)
    assert found["number"] == file.row["decision_number"] == "磴市监罚〔2026〕1号"
    text = await text_of(papers, found["pdf"])
    assert "罚款5,000.00元" in text
    assert "可以在六十日内申请行政复议" in text
    second = await at_notice(papers, title="第二案")
    await papers.submit(second, {"notified_on": "2026-05-12", "waived": "true"})
    early = await issue(papers, second, "decision", blanks_confirmed=True)
    assert (await document(papers, second, early))["number"] == "磴市监罚〔2026〕2号"
    await papers.submit(second, DECISION)
    assert (await papers.file(second)).row["decision_number"] == "磴市监罚〔2026〕2号"


async def test_an_on_the_spot_decision_bears_the_number_of_its_case(office):
    office.penalty = await publish(office, with_documents(number_prefix="磴市监当罚"))
    case = await at_notice(office)
    await office.submit(case, {"notified_on": "2026-05-12", "waived": "true"})
    number = (await office.file(case)).row["case_number"]
    made = await issue(office, case, "decision", blanks_confirmed=True)
    assert (await document(office, case, made))["number"] == number
    new = await issue(office, case, "decision", blanks_confirmed=True, corrects=made, reason="错字")
    assert (await document(office, case, new))["number"] == f"{number}（更正1）"


async def test_a_mistake_is_mended_by_a_new_document_that_names_the_old(papers):
    case = await at_notice(papers)
    old = await issue(papers, case)
    with pytest.raises(Conflict, match="已经签发"):
        await issue(papers, case)
    with pytest.raises(Invalid, match="更正的理由"):
        await issue(papers, case, corrects=old)
    new = await issue(papers, case, corrects=old, reason="地点写错")
    found, before = await document(papers, case, new), await document(papers, case, old)
    assert (before["state"], before["corrected_by"]) == ("corrected", new)
    assert found["number"] == "磴市监罚告〔2026〕2号"
    text = await text_of(papers, found["pdf"])
    assert "更正本机关2026年5月12日签发的《行政处罚事先告知书》（磴市监罚告〔2026〕1号）" in text
    assert "地点写错" in text
    with pytest.raises(Refused, match="不能再更正"):
        await issue(papers, case, corrects=old, reason="再来")
    clocks = {c.key: c.stopped_at for c in await clocks_of(subject_of(case))}
    assert clocks[f"serve:{old}"] is not None
    assert clocks[f"serve:{new}"] is None


async def test_a_void_number_is_never_used_again(papers, facts):
    case = await at_notice(papers)
    made = await issue(papers, case)
    with pytest.raises(Invalid, match="理由"):
        await void_document(papers.zhang, case, made, " ")
    await void_document(papers.zhang, case, made, "当事人名称写错")
    again = await issue(papers, case)
    assert (await document(papers, case, again))["number"] == "磴市监罚告〔2026〕2号"
    assert len(await facts.only("cases.document_voided")) == 1
    with pytest.raises(Refused, match="已经作废"):
        await void_document(papers.zhang, case, made, "再作废")
    with pytest.raises(Refused, match="已经作废"):
        await record_service(papers.zhang, case, made, delivery())


async def test_what_fails_while_issuing_leaves_no_gap(papers, monkeypatch):
    case = await at_notice(papers)

    async def broken(*_args, **_more):
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("plugins.cases.services.documents.keep", broken)
        with pytest.raises(OSError, match="disk"):
            await issue(papers, case)
    assert await db.value("select count(*) from cases_document") == 0
    made = await issue(papers, case)
    assert (await document(papers, case, made))["number"] == "磴市监罚告〔2026〕1号"


async def test_the_pdf_becomes_evidence_of_the_step(papers):
    case = await at_notice(papers)
    made = await issue(papers, case, bind_to="receipt")
    found = await document(papers, case, made)
    file = await papers.file(case)
    (piece,) = file.evidence_of(file.open_visit["id"])
    assert (piece["control"], piece["sha256"]) == ("receipt", found["sha256"])
    other = await at_notice(papers, title="另一案")
    with pytest.raises(Invalid, match="证据控件"):
        await issue(papers, other, bind_to="nothing")


async def test_hostile_words_are_printed(papers):
    case = await at_notice(papers, title="{{party}} #import")
    file = await papers.file(case)
    visit = next(v for v in file.visits if v["step"] == "inquiry")
    await db.execute(
        """update cases_visit set "values" = "values" || $2::jsonb where id = $1""",
        visit["id"],
        {"facts": '#read("/etc/passwd") {{remedies}}\n# 标题😀' + "长" * 10_000},
    )
    made = await issue(papers, case)
    found = await document(papers, case, made)
    text = await text_of(papers, found["pdf"])
    assert '#read("/etc/passwd"){{remedies}}' in text
    assert text.count("长") >= 10_000
    assert "六十日内" not in text


# --- publishing -----------------------------------------------------------------------------------


async def served_decision(office: Office, **more) -> tuple[int, int]:
    case = await at_notice(office, **more)
    await office.submit(case, {"notified_on": "2026-05-12", "waived": "true"})
    await office.submit(case, DECISION)
    made = await issue(office, case, "decision")
    return case, made


@pytest.mark.req("C3-18")
async def test_an_abstract_is_published_masked_and_withdrawn(papers, client, facts):
    party = PartyDraft(
        "person", "李建军", "", "150801198811207478", "", "团结路 18 号", "13800001111"
    )
    case, made = await served_decision(papers, party=party)
    text = AbstractText(
        "李建军（150801198811207478，13800001111）在团结路 18 号无证经营", "第一条", "罚款"
    )
    with pytest.raises(Refused, match="送达当事人以后"):
        await publish_abstract(papers.chief, case, made, text)
    await record_service(papers.zhang, case, made, delivery())
    clocks = {c.key: c for c in await clocks_of(subject_of(case))}
    assert clocks[f"disclose:{made}"].due_day == date(2026, 5, 21)
    assert clocks[f"review:{made}"].due_day == date(2026, 7, 13), "sixty days, moved off a Saturday"
    with pytest.raises(Refused, match="由负责人批准"):
        await publish_abstract(papers.zhang, case, made, text)
    with pytest.raises(Invalid, match="决定的内容"):
        await publish_abstract(papers.chief, case, made, AbstractText("", "", " "))
    shown = await publish_abstract(papers.chief, case, made, text)
    assert shown.facts == "李某某（××××，××××）在××××无证经营"
    ident = await db.value("select id from cases_disclosure")
    answer = await client.get(f"/cases/public/{ident}")
    assert answer.status_code == 200
    for secret in ("李建军", "1508011988", "1380000", "团结路"):
        assert secret not in answer.text
    assert "李某某" in (await client.get("/cases/public")).text
    clocks = {c.key: c.stopped_at for c in await clocks_of(subject_of(case))}
    assert clocks[f"disclose:{made}"] is not None
    await withdraw_abstract(papers.chief, case, made, "决定被撤销")
    assert (await client.get(f"/cases/public/{ident}")).status_code == 404
    with pytest.raises(Refused, match="已经撤回"):
        await withdraw_abstract(papers.chief, case, made, "决定被撤销")
    assert len(await facts.only("cases.disclosed")) == 2


async def test_a_corrected_decision_is_to_be_withdrawn_in_three_days(papers):
    case, made = await served_decision(papers)
    await record_service(papers.zhang, case, made, delivery())
    await publish_abstract(papers.chief, case, made, AbstractText("", "", "罚款"))
    await issue(papers, case, "decision", corrects=made, reason="金额有误")
    clocks = {c.key: c for c in await clocks_of(subject_of(case))}
    assert clocks[f"withdraw:{made}"].due_day == date(2026, 5, 15)


async def test_a_notice_not_served_in_time_is_told(papers, clock):
    from datetime import timedelta

    from core.calendar.sweep import lapse_due_clocks
    from core.host.facts import dispatch_all
    from tests.plugins.cases.conftest import TUESDAY

    case = await at_notice(papers)
    await issue(papers, case)
    clock(TUESDAY + timedelta(days=12))
    assert await lapse_due_clocks() > 0
    await dispatch_all()
    told = await db.rows("select * from core_message where kind = 'cases.document_late'")
    assert told
    assert told[0]["subject_id"] == case


async def test_fifteen_days_to_pay_run_from_the_receipt(papers):
    case, made = await served_decision(papers)
    await record_service(papers.zhang, case, made, delivery(way="public", recipient=""))
    await papers.submit(case, {"served_on": "2026-05-12", "manner": "公告送达"})
    clocks = {c.key: c for c in await clocks_of(subject_of(case))}
    assert clocks["payment:1"].due_day == date(2026, 6, 26), "June 11 and fifteen days"


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def desk(papers, client, login_as) -> Desk:
    return Desk(papers, client, login_as)


@pytest.mark.req("C3-18")
async def test_the_pages_from_missing_fields_to_the_receipt(desk, papers, client):
    case = await at_notice(papers)
    await desk.sit(papers.zhang)
    assert f"/cases/{case}/documents" in await desk.page(f"/cases/{case}")
    html = await desk.page(f"/cases/{case}/documents")
    assert "行政处罚事先告知书" in html
    assert "没有制作" in html, "the record of the inquiry was not made"
    path = f"/cases/{case}/documents/new/notice"
    html = await desk.page(path)
    assert "磴口县鲜味园餐饮店" in html
    preview = await client.get(f"{path}/preview")
    assert preview.headers["content-type"] == "application/pdf"
    assert "预览" in PdfReader(io.BytesIO(preview.content)).pages[0].extract_text()
    answer = await client.post(path, {"token": field_of(html, "token"), "corrects": "0"})
    assert answer.status_code == 303, answer.text[-900:]
    here = answer.headers["location"]
    html = await desk.page(here)
    assert "磴市监罚告〔2026〕1号" in html
    pdf_link = html.split('btn btn-primary" href="')[1].split('"')[0]
    taken = await client.get(pdf_link)
    assert taken.status_code == 200
    assert taken.content.startswith(b"%PDF")
    answer = await client.post(f"{here}/serve", {"way": "direct", "delivered_on": "2026-05-12"})
    assert answer.status_code == 422
    assert "请填写签收人" in answer.text
    answer = await client.post(
        f"{here}/serve",
        {"way": "direct", "delivered_on": "2026-05-12", "recipient": "李建军", "token": "v"},
    )
    assert answer.status_code == 303, answer.text[-900:]
    html = await desk.page(here)
    assert "直接送达" in html
    assert "李某某" in html
    assert "李建军" in await desk.page(f"{here}/receipt")
    assert "制作文书" in await desk.page(f"/cases/{case}")


async def test_a_colleague_outside_the_case_reads_masked_names_in_its_papers(desk, papers, client):
    """Else a draft of any paper would show what the party's page shows for a recorded reason only."""
    person = PartyDraft("person", "李建军", "", "150801198811207478", "", "团结路 18 号", "")
    case, made = await served_decision(papers, party=person)
    await record_service(papers.zhang, case, made, delivery(recipient="王秀英"))
    draft = f"/cases/{case}/documents/new/notice"
    receipt = f"/cases/{case}/documents/{made}/receipt"
    await desk.sit(papers.wang)
    assert "李某某" in await desk.page(draft)
    assert "李建军" not in await desk.page(draft)
    preview = PdfReader(io.BytesIO((await client.get(f"{draft}/preview")).content))
    assert "李建军" not in preview.pages[0].extract_text()
    assert "王某某" in await desk.page(receipt)
    assert "王秀英" not in await desk.page(receipt)
    await desk.sit(papers.zhang)
    assert "李建军" in await desk.page(draft)
    assert "王秀英" in await desk.page(receipt)


async def test_missing_fields_lead_to_where_they_are_filled_in(desk, papers, client):
    case = await at_notice(papers)
    await papers.submit(case, {"notified_on": "2026-05-12", "waived": "true"})
    await desk.sit(papers.zhang)
    path = f"/cases/{case}/documents/new/decision"
    html = await desk.page(path)
    assert html.index("还缺") < html.index("签发文书")
    assert f"/cases/{case}#f-v-amount" in html
    answer = await client.post(path, {"token": "x", "corrects": "0"})
    assert answer.status_code == 422
    assert "确认留空手写" in answer.text
    answer = await client.post(path, {"token": "x", "corrects": "一"})
    assert answer.status_code == 422


async def test_correcting_and_voiding_on_the_page(desk, papers, client):
    case = await at_notice(papers)
    made = await issue(papers, case)
    await desk.sit(papers.zhang)
    here = f"/cases/{case}/documents/{made}"
    html = await desk.page(f"/cases/{case}/documents/new/notice?corrects={made}")
    assert "更正的理由" in html
    answer = await client.post(f"{here}/void", {"reason": ""})
    assert answer.status_code == 422
    answer = await client.post(f"{here}/void", {"reason": "名称写错", "token": "n"})
    assert answer.status_code == 303
    html = await desk.page(here)
    assert "名称写错" in html
    assert "作废文书" not in html
    await desk.page(f"/cases/{case}/documents/999999", 404)
    await desk.page(f"/cases/{case}/documents/new/nothing", 404)


async def test_publishing_on_the_page(desk, papers, client):
    case, made = await served_decision(papers)
    await record_service(papers.zhang, case, made, delivery())
    here = f"/cases/{case}/documents/{made}/disclosure"
    await desk.sit(papers.zhang)
    await desk.page(here, 403)
    await desk.sit(papers.chief, "legal_office")
    html = await desk.page(here)
    assert "公众会看到" in html
    data = {"facts": "电话13800001111", "basis": "", "content": "罚款", "token": "p"}
    answer = await client.post(here, {**data, "act": "preview"})
    assert answer.status_code == 200
    assert "已隐去：手机号" in answer.text
    answer = await client.post(here, {**data, "act": "publish"})
    assert answer.status_code == 303, answer.text[-900:]
    answer = await client.post(
        f"/cases/{case}/documents/{made}/withdraw", {"reason": "撤销", "token": "q"}
    )
    assert answer.status_code == 303


async def test_two_hands_issue_at_once_and_numbers_have_no_gap(fresh_db, clock, settings):
    """Real commits: numbers are 1…n although some of the issuing transactions are given up."""
    from core.api.testing import make_agencies
    from core.host import enabling
    from core.host import registry as host_registry
    from core.host.registry import build
    from tests import factories
    from tests.plugins.cases.conftest import TUESDAY, Judge, Register, make_office

    clock(TUESDAY)
    built = build(["cases", Register(), Judge()])
    enabling.forget()
    with host_registry.use(built):
        tree = await factories.region_tree()
        office = await make_office(tree, await make_agencies(tree))
        office.penalty = await publish(office, with_documents())
        cases = [await at_notice(office, title=f"第{n}案") for n in range(4)]

        async def one(case: int) -> str:
            made = await issue(office, case)
            return (await document(office, case, made))["number"]

        async def given_up(case: int) -> None:
            with pytest.raises(RuntimeError, match="given up"):
                async with transaction(office.zhang.scope):
                    await issue(office, case)
                    raise RuntimeError("given up")

        await given_up(cases[0])
        numbers = await asyncio.gather(*(one(case) for case in cases))
        async with transaction(Scope.platform("test")):
            kept = await db.value("select count(*) from cases_document")
    enabling.forget()
    assert sorted(numbers) == [f"磴市监罚告〔2026〕{n}号" for n in range(1, 5)]
    assert kept == 4
