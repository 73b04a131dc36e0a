# SPDX-License-Identifier: Apache-2.0
"""Data of the 2008 system: dry run, apply, take back, and the sign-off of both sides.

The file itself is not kept, since it holds ID numbers in clear: it is chosen again to be applied,
and has to be the very one that was tried. Officers are entered in bulk, a few statements for
thousands of rows and one fact for all of them.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import (
    SubjectRef,
    execute,
    json,
    lock_subjects,
    row,
    rows,
    scope_conditions,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.people import (
    birth_of,
    encrypt,
    found_organisation,
    lookup_hash,
    mask_id_number,
    mask_phone,
    organisation_by_code,
    pinyin,
    sex_of,
)
from core.api.regions import REGIONS, region_at
from plugins.certificates.facts import Migrated, SignedOff
from plugins.certificates.forms import SignOffForm
from plugins.certificates.rules import migrating as rules
from plugins.certificates.rules.applying import unit_on_card
from plugins.certificates.rules.bodies import ORGANISATION_KINDS
from plugins.certificates.rules.inspecting import next_due
from plugins.certificates.services.base import Actor, place_of, settings_in
from plugins.certificates.services.bodies import enter_body
from plugins.certificates.services.signing import ask_to_sign

ID_NUMBER, PHONE = "person.id_number", "person.phone"
CHUNK = 2000
REASON = "迁移"
UNDONE = "撤销迁移"


@dataclass
class Plan:
    """What would become of each row; nothing of it is stored but counts and sentences."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    units: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def count(self, key: str, unit: int | None = None) -> None:
        self.counts[key] = self.counts.get(key, 0) + 1
        if unit is not None:
            of = self.units.setdefault(str(unit), {})
            of[key] = of.get(key, 0) + 1

    def fault(self, line: Mapping[str, Any], text: str) -> None:
        self.count("faults")
        if len(self.faults) < 500:
            self.faults.append({"row": line["row"], "name": line.get("name", ""), "text": text})


def migration_ref(migration: int) -> SubjectRef:
    return SubjectRef("certificates.migration", migration)


async def _units(who: Actor) -> dict[str, dict[str, Any]]:
    """The organisations of the region by code and by name, for cards with the generated name."""
    interval = REGIONS.interval(who.region_lo)
    found = await rows(
        """select o.id, o.name, o.kind, o.unified_code, o.region_lo, o.lo, u.name as above,
                  r.name as region_name
           from core_organisation o join core_region r on r.id = o.region
           left join core_organisation u on u.id = o.parent
           where o.valid_to is null and o.region_lo between $1 and $2""",
        interval.lo,
        interval.hi,
    )
    known: dict[str, dict[str, Any]] = {}
    for each in found:
        known.setdefault(each["name"], each)
        if each["unified_code"]:
            known[each["unified_code"]] = each
    return known


def _bad_rows(sheet: Sheet, plan: Plan) -> set[int]:
    bad = {each.row for each in sheet.faults}
    for row_number in sorted(bad):
        texts = [f"{each.column}：{each.text}" for each in sheet.faults if each.row == row_number]
        plan.fault({"row": row_number}, "；".join(texts))
    return bad


async def _plan_officers(who: Actor, sheet: Sheet, *, expired_open: bool) -> Plan:
    """Decide about every row; asks the database a few times for all rows together."""
    plan, units, today = Plan(), await _units(who), clock.today()
    by_row: dict[int, list[str]] = {}
    for each in sheet.faults:
        by_row.setdefault(each.row, []).append(f"{each.column}：{each.text}")
    seen: dict[str, int] = {}
    for line in sheet.rows:
        if line["row"] in by_row:
            plan.fault(line, "；".join(by_row[line["row"]]))
            continue
        fate = rules.fate_of(line["state"], expired_open=expired_open)
        unit = units.get(line["unit_code"]) or units.get(line["unit"])
        if not fate:
            plan.fault(line, f"状态“{line['state']}”认不出来。")
        elif fate in ("skip", "expired"):
            plan.count(fate, unit["id"] if unit else None)
        elif unit is None:
            plan.fault(line, f"没有“{line['unit'] or line['unit_code']}”这个单位，请先迁移主体。")
        elif problem := rules.row_problem(line, today):
            plan.fault(line, problem)
        elif twin := seen.get(line["id_number"]) or seen.get(line["number"]):
            plan.fault(line, f"身份证号或证号与第 {twin} 行重复。")
        else:
            seen[line["id_number"]] = seen[line["number"]] = line["row"]
            line["to"] = unit
            line["fate"] = fate
            plan.lines.append(line)
    await _compare(plan)
    return plan


async def _compare(plan: Plan) -> None:
    """Which rows are here already, and which numbers belong to somebody else."""
    good: list[dict[str, Any]] = []
    for lines in _chunks(plan.lines):
        for each in lines:
            each["hash"] = lookup_hash(each["id_number"], ID_NUMBER)
        persons = {
            bytes(one["id_number_hash"]): one
            for one in await rows(
                """select p.id, p.id_number_hash, p.organisation, p.name, p.close_reason,
                          p.closed_at is not null as closed, o.id as officer,
                          o.closed_at is null as active
                   from core_person p left join certificates_officer o on o.person = p.id
                   where p.id_number_hash = any($1::bytea[])""",
                [each["hash"] for each in lines],
            )
        }
        cards = {
            one["number"]: one
            for one in await rows(
                "select id, number, person from certificates_certificate"
                " where number = any($1::text[])",
                [each["number"] for each in lines],
            )
        }
        for each in lines:
            held = persons.get(each["hash"])
            card = cards.get(each["number"])
            each["person"] = held["id"] if held else None
            if card is not None and (held is None or card["person"] != held["id"]):
                plan.fault(each, f"证号 {each['number']} 已经登记在别人名下。")
            elif held is not None and held["officer"] and held["active"]:
                plan.count("known", each["to"]["id"])
                plan.count("kept", each["to"]["id"])
            elif (
                held is not None
                and not held["closed"]
                and held["organisation"]
                not in (
                    0,
                    None,
                    each["to"]["id"],
                )
            ):
                plan.fault(each, "这个身份证号已经登记在别的单位。")
            elif held is not None and held["name"] != each["name"]:
                plan.fault(each, f"这个身份证号登记的姓名是“{held['name']}”。")
            else:
                each["card"] = card["id"] if card else None
                plan.count("new", each["to"]["id"])
                plan.count("kept", each["to"]["id"])
                good.append(each)
    plan.lines = good


def _chunks(lines: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(lines), CHUNK):
        yield lines[start : start + CHUNK]


async def _plan_bodies(sheet: Sheet) -> Plan:
    plan = Plan()
    bad = _bad_rows(sheet, plan)
    for line in sheet.rows:
        if line["row"] in bad:
            continue
        kind = rules.BODY_KINDS.get(line["kind"].strip() or "一级")
        if kind is None:
            plan.fault(line, f"类别“{line['kind']}”认不出来，应为一级、二级或受委托。")
        elif kind != "first" and not line["superior_code"]:
            plan.fault(line, "二级机构和受委托单位要填上级的统一社会信用代码。")
        elif line["unified_code"] and await organisation_by_code(line["unified_code"]):
            line["known"] = True
            line["body_kind"] = kind
            plan.count("known")
            plan.lines.append(line)
        else:
            line["body_kind"] = kind
            plan.count("new")
            plan.lines.append(line)
    # Superiors first, wherever they stand in the sheet.
    plan.lines.sort(key=lambda each: each["body_kind"] != "first")
    return plan


async def try_out(
    who: Actor, kind: str, sheet: Sheet, content: bytes, filename: str, *, expired_open: bool
) -> int:
    """试运行: everything is checked, nothing is entered. Returns the migration's id."""
    async with transaction(who.wide):
        if expired_open and not await signed_by_office(who):
            raise Refused("过期数据在初始化完成、法制机构核对签字以后才开放。")
        plan = (
            await _plan_bodies(sheet)
            if kind == "bodies"
            else await _plan_officers(who, sheet, expired_open=expired_open)
        )
        counts = {
            **plan.counts,
            "rows": len(sheet.rows),
            "units": plan.units,
            "expired_open": expired_open,
        }
        return int(
            await value(
                """insert into certificates_migration (kind, filename, digest, state, content,
                     counts, faults, created_by, created_at, region_lo, org_lo)
                   values ($1, $2, $3, 'dry', $4, $5, $6, $7, $8, $9, 0) returning id""",
                kind,
                filename[:200],
                hashlib.sha256(content).hexdigest(),
                len(content),
                json(counts),
                json(plan.faults),
                who.user_id,
                clock.now(),
                who.region_lo,
            )
        )


async def migration_row(who: Actor, migration: int) -> dict[str, Any]:
    """A migration of one's own region."""
    found = await row("select * from certificates_migration where id = $1", migration)
    if found is None or not who.scope.may_write(place_of(found)):
        raise NotFound
    return found


async def apply(who: Actor, migration: int, sheet: Sheet, content: bytes) -> int:
    """正式迁移: the very file that was tried. Returns how many rows it entered."""
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await migration_row(who, migration)
        if found["state"] != "dry":
            raise Conflict("这次迁移已经写入过了。")
        if hashlib.sha256(content).hexdigest() != found["digest"]:
            raise Invalid({"file": "这不是试运行的那个文件，请选同一个文件，或者重新试运行。"})
        if found["kind"] == "bodies":
            plan = await _plan_bodies(sheet)
            made = await _enter_bodies(who, migration, plan)
        else:
            plan = await _plan_officers(who, sheet, expired_open=found["counts"]["expired_open"])
            made = await _enter_officers(migration, plan)
        counts = {**found["counts"], **plan.counts, "units": plan.units, "entered": made}
        await execute(
            """update certificates_migration set state = 'applied', applied_at = $2, counts = $3,
                 faults = $4 where id = $1""",
            migration,
            clock.now(),
            json(counts),
            json(plan.faults),
        )
        await record(
            "certificates.migrated",
            migration_ref(migration),
            Migrated(migration, found["kind"], made, counts.get("faults", 0), found["digest"]),
            place_of(found),
        )
        await ask_to_sign()
    return made


async def _enter_bodies(who: Actor, migration: int, plan: Plan) -> int:
    """All bodies come over (S2-17); each waits for its information and its approval."""
    home = await region_at(who.region_lo)
    assert home is not None
    made: list[int] = []
    for line in plan.lines:
        above = await organisation_by_code(line["superior_code"]) if line["superior_code"] else None
        if line["body_kind"] != "first" and above is None:
            plan.fault(line, "没有找到上级单位。")
            continue
        try:
            async with transaction():
                unit = (
                    await organisation_by_code(line["unified_code"]) if line.get("known") else None
                ) or await found_organisation(
                    line["name"],
                    ORGANISATION_KINDS[line["body_kind"]],
                    home.id,
                    parent=above.id if above and line["body_kind"] != "first" else None,
                    unified_code=line["unified_code"],
                )
                if not line.get("known"):
                    made.append(unit.id)
                await enter_body(
                    unit,
                    line["body_kind"],
                    "existing_second" if line["body_kind"] == "second" else "existing",
                    above,
                )
        except Invalid as error:
            plan.fault(line, "；".join(error.errors.values()))
    await execute(
        "update certificates_migration set made = $2 where id = $1",
        migration,
        json({"organisations": made}),
    )
    return len(made)


async def _enter_officers(migration: int, plan: Plan) -> int:
    for lines in _chunks(plan.lines):
        await _enter_chunk(migration, lines)
    return len(plan.lines)


async def _enter_chunk(migration: int, lines: Sequence[dict[str, Any]]) -> None:
    """Some thousand rows with five statements; what an undone run left is opened again."""
    now = clock.now()
    fresh = [each for each in lines if each["person"] is None]
    entered = await rows(
        """insert into core_person (name, pinyin, organisation, region_lo, org_lo, position, heads,
             sex, birth_date, id_number, id_number_hash, id_number_masked, phone, phone_hash,
             phone_masked, created_at, close_reason)
           select n, y, o, rl, ol, p, false, s, b, i, h, m, t, th, tm, $15, ''
           from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[],
                       $7::text[], $8::date[], $9::bytea[], $10::bytea[], $11::text[],
                       $12::bytea[], $13::bytea[], $14::text[])
             as e(n, y, o, rl, ol, p, s, b, i, h, m, t, th, tm)
           returning id, id_number_hash""",
        [each["name"] for each in fresh],
        [pinyin(each["name"]) for each in fresh],
        [each["to"]["id"] for each in fresh],
        [each["to"]["region_lo"] for each in fresh],
        [each["to"]["lo"] for each in fresh],
        [each["position"] for each in fresh],
        [sex_of(each["id_number"]) for each in fresh],
        [birth_of(each["id_number"]) for each in fresh],
        [encrypt(each["id_number"], ID_NUMBER) for each in fresh],
        [each["hash"] for each in fresh],
        [mask_id_number(each["id_number"]) for each in fresh],
        [encrypt(each["phone"], PHONE) if each["phone"] else None for each in fresh],
        [lookup_hash(each["phone"], PHONE) if each["phone"] else None for each in fresh],
        [mask_phone(each["phone"]) if each["phone"] else "" for each in fresh],
        now,
    )
    ids = {bytes(each["id_number_hash"]): each["id"] for each in entered}
    for each in fresh:
        each["person"] = ids[each["hash"]]
    await execute(
        "update core_person set closed_at = null, close_reason = '' where id = any($1::int8[])"
        " and close_reason = $2",
        [each["person"] for each in lines],
        UNDONE,
    )
    officers = {
        each["person"]: each["id"]
        for each in await rows(
            """insert into certificates_officer (person, name, organisation, category, position,
                 batch, created_at, region_lo, org_lo)
               select p, n, o, c, j, $8, $9, rl, ol
               from unnest($1::int8[], $2::text[], $3::int8[], $4::text[], $5::text[],
                           $6::int8[], $7::int8[]) as e(p, n, o, c, j, rl, ol)
               on conflict (person) do update set closed_at = null, batch = excluded.batch,
                 organisation = excluded.organisation, region_lo = excluded.region_lo,
                 org_lo = excluded.org_lo
               returning id, person""",
            [each["person"] for each in lines],
            [each["name"] for each in lines],
            [each["to"]["id"] for each in lines],
            [each["category"] for each in lines],
            [each["position"] for each in lines],
            [each["to"]["region_lo"] for each in lines],
            [each["to"]["lo"] for each in lines],
            -migration,
            now,
        )
    }
    await _enter_cards([each for each in lines if each["card"] is None], officers)
    again = [each["card"] for each in lines if each["card"] is not None]
    if again:
        await execute(
            "delete from certificates_period where certificate = any($1::int8[]) and reason = $2",
            again,
            UNDONE,
        )
        await execute(
            "update certificates_period set until = null where certificate = any($1::int8[])"
            " and reason = $2",
            again,
            REASON,
        )


async def _enter_cards(lines: Sequence[dict[str, Any]], officers: Mapping[int, int]) -> None:
    now = clock.now()
    settings = await settings_in(lines[0]["to"]["region_lo"]) if lines else None

    def due(each: dict[str, Any]) -> date:
        if each["inspection_due"]:
            return date.fromisoformat(each["inspection_due"])
        issued = date.fromisoformat(each["valid_from"])
        assert settings is not None
        return next_due(issued, None, short=settings.inspection_short_years).due_on

    made = await rows(
        """insert into certificates_certificate (officer, person, number, kind, token, holder_name,
             unit_name, region_name, category, valid_from, valid_until, inspection_due, created_at,
             region_lo, org_lo, published)
           select f, p, n, 'local', t, h, u, r, c, vf, vu, d, $14, rl, ol, g
           from unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[],
                       $7::text[], $8::text[], $9::date[], $10::date[], $11::date[], $12::int8[],
                       $13::int8[], $15::bool[]) as e(f, p, n, t, h, u, r, c, vf, vu, d, rl, ol, g)
           returning id, published, valid_from, region_lo, org_lo""",
        [officers[each["person"]] for each in lines],
        [each["person"] for each in lines],
        [each["number"] for each in lines],
        [secrets.token_urlsafe(18) for _ in lines],
        [each["name"] for each in lines],
        [
            unit_on_card(each["to"]["kind"], each["to"]["name"], each["to"]["above"] or "")
            for each in lines
        ],
        [each["to"]["region_name"] for each in lines],
        [each["category"] for each in lines],
        [date.fromisoformat(each["valid_from"]) for each in lines],
        [date.fromisoformat(each["valid_until"]) for each in lines],
        [due(each) for each in lines],
        [each["to"]["region_lo"] for each in lines],
        [each["to"]["lo"] for each in lines],
        now,
        [each["fate"] == "keep" for each in lines],
    )
    issued = [each for each in made if each["published"]]
    await execute(
        """insert into certificates_period (certificate, state, since, reason, recorded_at,
             recorded_by, region_lo, org_lo, published)
           select c, 'valid', s, $5, $6, 0, rl, ol, true
           from unnest($1::int8[], $2::date[], $3::int8[], $4::int8[]) as e(c, s, rl, ol)""",
        [each["id"] for each in issued],
        [each["valid_from"] for each in issued],
        [each["region_lo"] for each in issued],
        [each["org_lo"] for each in issued],
        REASON,
        now,
    )


async def undo(who: Actor, migration: int) -> int:
    """Take an applied run back; refused when somebody has been worked on since."""
    async with transaction(who.wide):
        await lock_subjects(migration_ref(migration))
        found = await migration_row(who, migration)
        if found["state"] != "applied":
            raise Conflict("只有已写入的迁移可以撤销。")
        if found["kind"] == "bodies":
            raise Refused("主体迁移以后可能已有账号和人员，请在机构管理里逐个撤销。")
        batch = -migration
        busy = await value(
            """select count(*) from certificates_officer o where o.batch = $1 and (
                 exists (select 1 from certificates_inspection i where i.officer = o.id)
                 or exists (select 1 from certificates_certificate c
                            join certificates_period p on p.certificate = c.id
                            where c.officer = o.id and p.reason <> $2))""",
            batch,
            REASON,
        )
        if busy:
            raise Refused(f"有 {busy} 人迁移以后办过业务，不能整批撤销。")
        today, now = clock.today(), clock.now()
        await execute(
            """insert into certificates_period (certificate, state, since, reason, recorded_at,
                 recorded_by, region_lo, org_lo, published)
               select c.id, 'cancelled', greatest($2, c.valid_from), $3, $4, $5, c.region_lo,
                 c.org_lo, true
               from certificates_certificate c join certificates_officer o on o.id = c.officer
               where o.batch = $1 and o.closed_at is null""",
            batch,
            today,
            UNDONE,
            now,
            who.user_id,
        )
        await execute(
            """update certificates_period p set until = greatest($2, c.valid_from)
               from certificates_certificate c, certificates_officer o
               where c.id = p.certificate and o.id = c.officer and o.batch = $1
                 and o.closed_at is null and p.reason = $3 and p.until is null""",
            batch,
            today,
            REASON,
        )
        await execute(
            """update core_person p set closed_at = $2, close_reason = $3
               from certificates_officer o
               where o.person = p.id and o.batch = $1 and o.closed_at is null""",
            batch,
            now,
            UNDONE,
        )
        gone = await execute(
            "update certificates_officer set closed_at = $2 where batch = $1 and closed_at is null",
            batch,
            now,
        )
        await execute(
            "update certificates_migration set state = 'undone', undone_at = $2 where id = $1",
            migration,
            now,
        )
        await record(
            "certificates.migration_undone",
            migration_ref(migration),
            Migrated(migration, found["kind"], gone, 0, found["digest"]),
            place_of(found),
        )
        await ask_to_sign()
    return gone


# --- 数据核对 --------------------------------------------------------------------------------


async def figures_of(organisation: int) -> dict[str, int]:
    """What stands in the register for one unit, as both sides sign it."""
    found = await row(
        """select count(*) as kept,
             count(*) filter (where coalesce(n.id_number_masked, '') = '') as no_number,
             count(*) filter (where coalesce(n.phone_masked, '') = '') as no_phone,
             count(*) filter (where not exists (
               select 1 from certificates_certificate c where c.officer = o.id)) as no_card
           from certificates_officer o left join core_person n on n.id = o.person
           where o.organisation = $1 and o.closed_at is null""",
        organisation,
    )
    assert found is not None
    return {key: int(number) for key, number in found.items()}


async def said_of(region_lo: int) -> dict[str, dict[str, int]]:
    """What the newest applied run said for each unit."""
    found = await rows(
        """select counts from certificates_migration
           where kind = 'officers' and state = 'applied' and region_lo = any($1::int8[])
           order by id""",
        list(REGIONS.ancestors(region_lo)),
    )
    said: dict[str, dict[str, int]] = {}
    for each in found:
        said.update(each["counts"].get("units", {}))
    return said


async def units_to_sign(who: Actor) -> list[dict[str, Any]]:
    """The units of one's scope with figures, differences and who has signed."""
    condition, args = scope_conditions(who.scope, "b")
    found = await rows(
        f"""select b.organisation, g.name, b.region_lo, b.org_lo, b.reviewer_lo,
                   b.reviewer_region_lo
            from certificates_body b join core_organisation g on g.id = b.organisation
            where {condition} order by g.lo limit 300""",
        *args,
    )
    signed = await rows(
        """select distinct on (organisation, side) organisation, side, agrees, note, by_name, at
           from certificates_sign_off where organisation = any($1::int8[])
           order by organisation, side, id desc""",
        [each["organisation"] for each in found],
    )
    said = await said_of(who.region_lo)
    for each in found:
        each["figures"] = await figures_of(each["organisation"])
        told = said.get(str(each["organisation"]), {})
        each["said"] = told.get("kept")
        each["differences"] = rules.differences(told, each["figures"]) if told else []
        each["signed"] = {
            one["side"]: one for one in signed if one["organisation"] == each["organisation"]
        }
    return found


async def sign(who: Actor, organisation: int, side: str, form: SignOffForm) -> None:
    """The body signs its figures, then the legal office; whoever disagrees says why."""
    if form.agrees == "no" and len(form.note.strip()) < 2:
        raise Invalid({"note": "有差异请写明。"})
    async with transaction(who.wide):
        found = await row(
            """select b.id, b.organisation, b.region_lo, b.org_lo, b.reviewer_lo,
                 b.reviewer_region_lo from certificates_body b where b.organisation = $1""",
            organisation,
        )
        if found is None or not who.sees(found):
            raise NotFound
        if side == "legal":
            if not who.reviews(found):
                raise NotFound
            before = await row(
                """select agrees from certificates_sign_off where organisation = $1
                   and side = 'body' order by id desc limit 1""",
                organisation,
            )
            if before is None:
                raise Refused("主体还没有核对签字，请等主体先核对。")
        elif not who.scope.may_write(place_of(found)):
            raise NotFound
        await execute(
            """insert into certificates_sign_off (organisation, side, figures, agrees, note, by,
                 by_name, at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
            organisation,
            side,
            json(await figures_of(organisation)),
            form.agrees,
            form.note.strip(),
            who.user_id,
            who.name,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
        await record(
            "certificates.data_signed",
            SubjectRef("certificates.body", found["id"]),
            SignedOff(organisation, side, form.agrees == "yes", form.note.strip()),
            place_of(found),
        )


async def signed_by_office(who: Actor) -> bool:
    """Whether the legal office has signed the data of every body of the region."""
    interval = REGIONS.interval(who.region_lo)
    open_ = await value(
        """select count(*) from certificates_body b where b.region_lo between $1 and $2
             and not exists (select 1 from certificates_sign_off s
               where s.organisation = b.organisation and s.side = 'legal' and s.agrees = 'yes')""",
        interval.lo,
        interval.hi,
    )
    some = await value(
        "select count(*) from certificates_body where region_lo between $1 and $2",
        interval.lo,
        interval.hi,
    )
    return bool(some) and not open_


async def migrations_in(who: Actor) -> list[dict[str, Any]]:
    """The runs of one's region, newest first."""
    condition, args = scope_conditions(who.scope, "m")
    return await rows(
        f"""select m.id, m.kind, m.filename, m.state, m.counts, m.created_at, m.applied_at
            from certificates_migration m where {condition} order by m.id desc limit 30""",
        *args,
    )
