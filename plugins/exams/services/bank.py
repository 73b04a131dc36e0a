# SPDX-License-Identifier: Apache-2.0
"""The bank: importing, writing, reviewing and retiring questions (C7-18)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import Place, execute, row, rows, value
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.files import keep, receive
from core.api.imports import SheetError, take_sheet
from core.api.richtext import of_plain, taken, words_of
from plugins.exams import facts
from plugins.exams.forms import QuestionForm
from plugins.exams.rules.gift import MOST, read_gift
from plugins.exams.rules.moodle import RefusedXML, read_moodle
from plugins.exams.rules.questions import (
    Fault,
    Option,
    Question,
    Read,
    digest_of,
    duplicates,
    faults_of,
    options_of,
    short,
    stored_options,
    true_false,
)
from plugins.exams.rules.sheets import question_of
from plugins.exams.services.base import HELD, QUESTION, place_for, place_of, ref
from plugins.exams.sheet import SHEET

FORMATS = {"xlsx": "XLSX 表格", "gift": "Moodle GIFT", "moodlexml": "Moodle XML"}
LARGEST = 40 * 1024 * 1024

INSERT = """
insert into exams_question (kind, subject, difficulty, law, stem, words, options, accepted,
  explanation, pictures, digest, state, replaces, batch, written_by, written_by_name,
  approved_by_name, created_at, changed_at, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'draft', $12, $13, $14, $15, '', $16, $16,
  $17, $18) returning id
"""


@dataclass(frozen=True)
class Author:
    """Who brings questions, and where they belong."""

    user_id: int
    name: str
    place: Place


@dataclass(frozen=True)
class Imported:
    """What came of a file."""

    batch: int
    taken: int
    doubled: list[Fault]
    faults: list[Fault]


def format_of(filename: str, content: bytes) -> str:
    """The format of a file by its name, else by its first sign."""
    suffix = PurePath(filename).suffix.lower()
    if suffix in (".xlsx", ".xls", ".csv"):
        return "xlsx"
    return "moodlexml" if suffix == ".xml" or content.lstrip()[:1] == b"<" else "gift"


async def read(content: bytes, format: str, *, filename: str = "") -> Read:
    """Questions and faults of a file. ``Invalid`` when the file as a whole cannot be read."""
    if len(content) > LARGEST:
        raise Invalid({"file": f"文件超过 {LARGEST // 1024 // 1024} MB，请分成几份。"})
    if format == "xlsx":
        return await _read_sheet(content, filename)
    if format == "moodlexml":
        try:
            return read_moodle(content)
        except RefusedXML as error:
            raise Invalid({"file": str(error)}) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return read_gift(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise Invalid({"file": "这不是文本文件，请用 UTF-8 编码保存后再上传。"})


async def _read_sheet(content: bytes, filename: str) -> Read:
    try:
        sheet = await take_sheet(content, SHEET, filename=filename)
    except SheetError as error:
        raise Invalid({"file": str(error)}) from error
    found = Read(faults=[Fault(each.row, f"{each.column}：{each.text}") for each in sheet.faults])
    if len(sheet.rows) > MOST:
        raise Invalid({"file": f"一份文件最多 {MOST} 题，请分成几份。"})
    for line in sheet.good:
        made = question_of(line)
        problems = made if isinstance(made, str) else "".join(faults_of(made))
        if isinstance(made, str) or problems:
            found.faults.append(Fault(line["row"], problems))
        else:
            found.questions.append(made)
    found.faults.sort(key=lambda each: each.line)
    return found


async def doubled_in(read_: Read, place: Place) -> dict[int, str]:
    """Position of a question → why it is one the file or the bank has already."""
    found = {
        number: f"与第 {read_.questions[first].line} 行的题相同。"
        for number, first in duplicates(read_.questions).items()
    }
    digests = [digest_of(each) for each in read_.questions]
    known = await rows(
        """select digest, min(id) as id from exams_question
           where digest = any($1::text[]) and state <> 'retired' and org_lo = $2
           group by digest""",
        digests,
        place.org_lo,
    )
    ids = {each["digest"]: each["id"] for each in known}
    for number, digest in enumerate(digests):
        if digest in ids:
            found.setdefault(number, f"题库里已经有了（第 {ids[digest]} 号题）。")
    return found


async def import_questions(
    author: Author, read_: Read, *, filename: str, format: str, content: bytes
) -> Imported:
    """Put the good ones into the bank, to be reviewed; the same file twice adds nothing."""
    doubled = await doubled_in(read_, author.place)
    digest = hashlib.sha256(content).hexdigest()
    now = clock.now()
    new = [each for number, each in enumerate(read_.questions) if number not in doubled]
    notes = [Fault(read_.questions[number].line, words) for number, words in doubled.items()]
    pictures: list[list[dict[str, Any]]] = []
    faults = list(read_.faults)
    kept: list[Question] = []
    for each in new:
        try:
            pictures.append(await _keep_pictures(each, author.place))
        except Invalid as error:
            faults.append(Fault(each.line, str(error)))
        else:
            kept.append(each)
    batch = int(
        await value(
            """insert into exams_batch (filename, format, digest, taken, doubled, faults,
                 created_at, created_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id""",
            PurePath(filename).name[:200],
            format,
            digest,
            len(kept),
            len(doubled),
            [{"line": each.line, "text": each.text} for each in (*faults, *notes)][:500],
            now,
            author.name,
            author.place.region_lo,
            author.place.org_lo,
        )
    )
    await _insert_many(author, kept, pictures, batch)
    await record(
        "exams.bank_imported",
        ref("exams.batch", batch),
        facts.BankChanged(len(kept), PurePath(filename).name[:200], digest),
        author.place,
    )
    return Imported(batch, len(kept), notes, faults)


async def _insert_many(
    author: Author, kept: Sequence[Question], pictures: Sequence[Any], batch: int
) -> None:
    now = clock.now()
    # One statement: ten thousand round trips would take longer than reading the file.
    await execute(
        """insert into exams_question (kind, subject, difficulty, law, stem, words, options,
             accepted, explanation, pictures, digest, state, replaces, batch, written_by,
             written_by_name, approved_by_name, created_at, changed_at, region_lo, org_lo)
           select q.kind, q.subject, q.difficulty, q.law, q.stem, q.words, q.options, q.accepted,
             q.explanation, q.pictures, q.digest, 'draft', null, $2, $3, $4, '', $5, $5, $6, $7
           from jsonb_to_recordset($1::jsonb) as q(kind text, subject text, difficulty int,
             law text, stem text, words text, options jsonb, accepted jsonb, explanation text,
             pictures jsonb, digest text)""",
        [
            {
                "kind": each.kind,
                "subject": each.subject[:60],
                "difficulty": each.difficulty,
                "law": each.law[:200],
                "stem": of_plain(each.stem),
                "words": each.stem,
                "options": _options(each.options),
                "accepted": list(each.accepted),
                "explanation": each.explanation,
                "pictures": drawn,
                "digest": digest_of(each),
            }
            for each, drawn in zip(kept, pictures, strict=True)
        ],
        batch,
        author.user_id,
        author.name,
        now,
        author.place.region_lo,
        author.place.org_lo,
    )


def _options(options: Sequence[Option]) -> list[dict[str, Any]]:
    return [{"key": each.key, "text": each.text, "correct": each.correct} for each in options]


async def _keep_pictures(question: Question, place: Place) -> list[dict[str, Any]]:
    found = []
    for each in question.pictures:
        received = await receive(each.content, each.name, kinds=("photo",))
        stored = await keep(received, place=place, purpose=HELD)
        found.append({"id": stored.id, "name": stored.name, "sha256": stored.sha256})
    return found


# --- by hand -------------------------------------------------------------------------------------


def question_from(form: QuestionForm) -> Question:
    """What a form describes; ``Invalid`` with every reason."""
    stem = words_of(taken(form.stem, rich=form.stem_rich))
    options: tuple[Option, ...] = ()
    accepted: tuple[str, ...] = ()
    if form.kind == "true_false":
        options = true_false(form.true_false != "f")
    elif form.kind == "fill":
        accepted = tuple(each.strip() for each in form.accepted.splitlines() if each.strip())
    else:
        lines = [each.strip() for each in form.options.splitlines() if each.strip()]
        options = options_of((each.lstrip("*＊").strip(), each[0] in "*＊") for each in lines)
    made = Question(
        kind=form.kind,
        stem=stem,
        options=options,
        accepted=accepted,
        subject=form.subject.strip(),
        difficulty=form.difficulty,
        law=form.law.strip(),
        explanation=form.explanation.strip(),
    )
    if problems := faults_of(made):
        field = "stem" if not stem else "accepted" if form.kind == "fill" else "options"
        raise Invalid({field: "".join(problems)})
    return made


async def write_question(
    who: Visitor, form: QuestionForm, files: Sequence[Any] = (), *, question: int = 0
) -> int:
    """A new question, a changed draft, or a better one for one that is in use."""
    made = question_from(form)
    place = await place_for(who)
    before = await taken_question(who, question) if question else None
    if before is not None and before["state"] == "retired":
        raise Conflict("这道题已经停用，不能再改。")
    digest = digest_of(made)
    double = await value(
        """select id from exams_question where digest = $1 and state <> 'retired' and org_lo = $2
           and id <> $3 limit 1""",
        digest,
        place.org_lo,
        question,
    )
    if double:
        raise Invalid({"stem": f"题库里已经有同样的题（第 {double} 号）。"})
    pictures = [] if before is None else list(before["pictures"])
    for each in files:
        stored = await keep(each, place=place, purpose=HELD)
        pictures.append({"id": stored.id, "name": stored.name, "sha256": stored.sha256})
    if form.drop_pictures:
        pictures = pictures[len(before["pictures"]) :] if before is not None else pictures
    stem = taken(form.stem, rich=form.stem_rich)
    if before is not None and before["state"] == "draft":
        await execute(
            """update exams_question set kind = $2, subject = $3, difficulty = $4, law = $5,
                 stem = $6, words = $7, options = $8, accepted = $9, explanation = $10,
                 pictures = $11, digest = $12, changed_at = $13, written_by = $14,
                 written_by_name = $15 where id = $1""",
            question, made.kind, made.subject, made.difficulty, made.law, stem, made.stem,
            _options(made.options), list(made.accepted), made.explanation, pictures, digest,
            clock.now(), who.user_id, who.name,
        )  # fmt: skip
        saved = question
    else:
        saved = int(
            await value(
                INSERT, made.kind, made.subject, made.difficulty, made.law, stem, made.stem,
                _options(made.options), list(made.accepted), made.explanation, pictures, digest,
                question or None, None, who.user_id, who.name, clock.now(), place.region_lo,
                place.org_lo,
            )
        )  # fmt: skip
    await record(
        "exams.question_written",
        ref(QUESTION, saved),
        facts.QuestionChanged(saved, short(made.stem), digest),
        place,
    )
    return saved


async def taken_question(who: Visitor, question: int) -> dict[str, Any]:
    """A question of one's own office, locked for a change."""
    place = await place_for(who)
    found = await row(
        "select * from exams_question where id = $1 and org_lo = $2 and region_lo = $3 for update",
        question,
        place.org_lo,
        place.region_lo,
    )
    if found is None:
        raise NotFound
    return found


async def approve(who: Visitor, questions: Sequence[int]) -> int:
    """Reviewed: from now on papers may draw them. What they replace is drawn no more."""
    place = await place_for(who)
    found = await rows(
        """update exams_question set state = 'in_use', approved_by_name = $3, changed_at = $4
           where id = any($1::int8[]) and state = 'draft' and org_lo = $2
           returning id, replaces""",
        list(questions),
        place.org_lo,
        who.name,
        clock.now(),
    )
    replaced = [each["replaces"] for each in found if each["replaces"]]
    if replaced:
        await execute(
            "update exams_question set state = 'retired', changed_at = $2 where id = any($1::int8[])",
            replaced,
            clock.now(),
        )
    if found:
        await record(
            "exams.questions_approved",
            ref(QUESTION, found[0]["id"]),
            facts.BankChanged(len(found)),
            place,
        )
    return len(found)


async def approve_all(who: Visitor, batch: int = 0) -> int:
    """Every draft of the office, or of one import."""
    place = await place_for(who)
    found = await rows(
        """select id from exams_question where state = 'draft' and org_lo = $1
           and ($2 = 0 or batch = $2) order by id""",
        place.org_lo,
        batch,
    )
    return await approve(who, [each["id"] for each in found])


async def retire(who: Visitor, question: int, reason: str) -> None:
    """No paper draws it any more; drawn papers keep it."""
    found = await taken_question(who, question)
    if found["state"] == "retired":
        raise Conflict("这道题已经停用。")
    await execute(
        "update exams_question set state = 'retired', changed_at = $2 where id = $1",
        question,
        clock.now(),
    )
    await record(
        "exams.question_retired",
        ref(QUESTION, question),
        facts.QuestionChanged(question, short(found["words"]), found["digest"], reason),
        place_of(found),
    )


def question_of_row(found: dict[str, Any]) -> Question:
    """A stored question as the rules know it."""
    return Question(
        kind=found["kind"],
        stem=found["words"],
        options=stored_options(found["options"]),
        accepted=tuple(found["accepted"]),
        subject=found["subject"],
        difficulty=found["difficulty"],
        law=found["law"],
        explanation=found["explanation"],
        line=int(found["id"]),
    )
