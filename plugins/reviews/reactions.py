# SPDX-License-Identifier: Apache-2.0
"""How reviews are named elsewhere."""

from core.api.db import Scope, row, scope_conditions
from core.api.plugin import SubjectLabel


async def describe_plan(plan: int, scope: Scope) -> SubjectLabel | None:
    """A plan inside the scope."""
    where, args = scope_conditions(scope, "p", 2)
    found = await row(
        f"select p.title from reviews_plan p where p.id = $1 and {where}", plan, *args
    )
    return SubjectLabel(found["title"], f"/reviews/{plan}") if found else None


async def describe_drawn(drawn: int, scope: Scope) -> SubjectLabel | None:
    """A reviewed case; its page once the result was told."""
    where, args = scope_conditions(scope, "d", 2)
    found = await row(
        f"select d.case_number, d.told from reviews_drawn d where d.id = $1 and {where}",
        drawn,
        *args,
    )
    if found is None:
        return None
    return SubjectLabel(
        f"评查 {found['case_number']}", f"/reviews/results/{drawn}" if found["told"] else ""
    )


async def describe_template(template: int, scope: Scope) -> SubjectLabel | None:
    """A scoring table."""
    where, args = scope_conditions(scope, "t", 2)
    found = await row(
        f"select t.name, t.version from reviews_template t where t.id = $1 and {where}",
        template,
        *args,
    )
    return (
        SubjectLabel(f"{found['name']}（第 {found['version']} 版）", "/reviews/") if found else None
    )


async def describe_sheet(sheet: int, scope: Scope) -> SubjectLabel | None:
    """A sheet; only its reviewer can open the page."""
    found = await row(
        "select d.case_number from reviews_sheet s join reviews_drawn d on d.id = s.drawn"
        " where s.id = $1",
        sheet,
    )
    del scope  # the row-level policies of the open transaction decide
    return (
        SubjectLabel(f"评查 {found['case_number']}", f"/reviews/sheets/{sheet}") if found else None
    )


async def describe_guidance(guidance: int, scope: Scope) -> SubjectLabel | None:
    """A typical case of the bureau."""
    where, args = scope_conditions(scope, "g", 2)
    found = await row(
        f"select g.title from reviews_guidance g where g.id = $1 and {where}", guidance, *args
    )
    return SubjectLabel(found["title"], f"/reviews/typical/{guidance}") if found else None


async def describe_scheme(scheme: int, scope: Scope) -> SubjectLabel | None:
    """A standard of 检查评议."""
    where, args = scope_conditions(scope, "s", 2)
    found = await row(
        f"select s.name, s.version from reviews_scheme s where s.id = $1 and {where}", scheme, *args
    )
    if found is None:
        return None
    return SubjectLabel(f"{found['name']}（第 {found['version']} 版）", "/reviews/evaluations")


async def describe_evaluation(evaluation: int, scope: Scope) -> SubjectLabel | None:
    """An evaluation of the bureau."""
    where, args = scope_conditions(scope, "e", 2)
    found = await row(
        f"select e.title from reviews_evaluation e where e.id = $1 and {where}", evaluation, *args
    )
    return SubjectLabel(found["title"], f"/reviews/evaluations/{evaluation}") if found else None


async def describe_evaluated(evaluated: int, scope: Scope) -> SubjectLabel | None:
    """A body in an evaluation."""
    where, args = scope_conditions(scope, "u", 2)
    found = await row(
        f"select u.unit from reviews_evaluated u where u.id = $1 and {where}", evaluated, *args
    )
    if found is None:
        return None
    return SubjectLabel(f"检查评议 {found['unit']}", f"/reviews/evaluations/units/{evaluated}")
