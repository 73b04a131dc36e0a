# SPDX-License-Identifier: Apache-2.0
"""Row-level security and grants, derived from the table classes and applied after migrations.

What a table class may say about itself:

* one of the mixins of ``core.db`` or ``@unscoped("reason")``;
* ``GRANTS = {"web": "select, insert", "worker": "select, insert"}``: less than everything, with
  column lists where needed (``"select, update (state, tries)"``); a role left out gets nothing;
* ``FK_UNCHECKED = {"holder": "reason"}``: this foreign key may point to a row the writer does
  not see;
* ``SELF = "id"``: the column that holds a person's id; that person reads the row under any scope;
* ``LIST_ORDER = "created"``: a large ``Owned`` list; brings the three indexes of such lists.
"""

from collections.abc import Iterator, Sequence

from piccolo.table import Table

from core.db import (
    WEB,
    WORKER,
    Own,
    Owned,
    Public,
    Published,
    Unscoped,
    kind_of,
    where_defined,
)

APP_ROLES = f"{WEB}, {WORKER}"
ALL_RIGHTS = "select, insert, update, delete"


def setting(name: str) -> str:
    """A scope setting inside a policy.

    Direct, not as a sub-select: the planner must see the interval. ``nullif``, because after a
    commit a local setting is ``''``, which is no number.
    """
    return f"nullif(current_setting('j.{name}',true),'')::int8"


INSIDE = (
    f"region_lo between {setting('rlo')} and {setting('rhi')}"
    f" and org_lo between {setting('olo')} and {setting('ohi')}"
)
INSIDE_WRITE = INSIDE.replace("'j.", "'j.w")
MINE = f"person={setting('me')}"
# The empty scope (lo 1, hi 0) lies inside every audience by arithmetic; the last term refuses it.
AUDIENCE = (
    f"aud_lo<={setting('rlo')} and aud_hi>={setting('rhi')} and {setting('rlo')}<={setting('rhi')}"
)

READ: dict[type, str] = {
    Owned: INSIDE,
    Own: f"{MINE} or ({INSIDE})",
    Public: f"published or ({INSIDE})",
    Published: f"({INSIDE}) or ({AUDIENCE})",
}
WRITE: dict[type, str] = {
    Owned: INSIDE_WRITE,
    Published: INSIDE_WRITE,
    Public: INSIDE_WRITE,
    Own: f"{MINE} or ({INSIDE_WRITE})",
}


class UndeclaredScope(TypeError):
    """A table has neither a scope mixin nor a reason for having none, or both."""


def unscoped_reason(table: type[Table]) -> str:
    mark = table.__dict__.get("UNSCOPED")
    return mark.reason if isinstance(mark, Unscoped) else ""


def problems(tables: Sequence[type[Table]]) -> list[str]:
    """What is wrong with the declarations, one sentence with file and line each."""
    # Where a class stands is read from its source, which takes a second for all of them: only
    # what is wrong is looked up, because every start of the platform asks.
    return [
        f"{where_defined(table)}: table {table._meta.tablename!r}{fault}"  # noqa: SLF001
        for table in tables
        for fault in _faults(table)
    ]


def _faults(table: type[Table]) -> Iterator[str]:
    try:
        kind = kind_of(table)
    except TypeError as error:
        yield f": {error}"
        return
    reason = unscoped_reason(table)
    if kind is None and not reason:
        yield (
            " is unscoped without a reason: add one of Owned, Published, Own, Public"
            ' or @unscoped("why")'
        )
    if kind is not None and reason:
        yield f" is both {kind.__name__} and unscoped"
    columns = {column._meta.name for column in table._meta.columns}  # noqa: SLF001
    foreign = {key._meta.name for key in table._meta.foreign_key_columns}  # noqa: SLF001
    unknown = set(getattr(table, "FK_UNCHECKED", {})) - foreign
    if unknown:
        yield f": FK_UNCHECKED names no foreign key: {sorted(unknown)}"
    own = getattr(table, "SELF", "")
    if own and (kind is None or own not in columns):
        yield f": SELF needs a scope mixin and a column {own!r}"
    order = getattr(table, "LIST_ORDER", "")
    if order and (kind is None or order not in columns):
        yield f": LIST_ORDER needs a scope mixin and a column {order!r}"
    if set(getattr(table, "GRANTS", {})) - {"web", "worker"}:
        yield ": GRANTS knows only 'web' and 'worker'"


def visible_parents(table: type[Table]) -> str:
    """The condition that every scoped parent of a new row is visible to who inserts it.

    PostgreSQL checks foreign keys past row-level security, so without this an insert could refer
    to, and thereby confirm, a row of another organ.
    """
    unchecked = getattr(table, "FK_UNCHECKED", {})
    parts = []
    name = table._meta.tablename  # noqa: SLF001
    for key in table._meta.foreign_key_columns:  # noqa: SLF001
        parent = key._foreign_key_meta.resolved_references  # noqa: SLF001
        column = key._meta.name  # noqa: SLF001
        if column in unchecked or kind_of(parent) is None:
            continue
        target = key._foreign_key_meta.resolved_target_column._meta.name  # noqa: SLF001
        exists = (
            f'exists(select 1 from "{parent._meta.tablename}" parent'  # noqa: SLF001
            f' where parent."{target}"="{name}"."{column}")'
        )
        parts.append(f'("{name}"."{column}" is null or {exists})' if key._meta.null else exists)  # noqa: SLF001
    return " and ".join(parts)


def grants(table: type[Table]) -> Iterator[str]:
    """Exactly the declared rights; whatever an earlier version granted is taken back first."""
    name = table._meta.tablename  # noqa: SLF001
    declared = getattr(table, "GRANTS", {"web": ALL_RIGHTS, "worker": ALL_RIGHTS})
    yield f'revoke all on "{name}" from {APP_ROLES}'
    for key, role in (("web", WEB), ("worker", WORKER)):
        if rights := declared.get(key, ""):
            yield f'grant {rights} on "{name}" to {role}'


def list_indexes(table: type[Table]) -> Iterator[str]:
    """The three indexes a large scoped list needs to be quick at every width of scope."""
    order = getattr(table, "LIST_ORDER", "")
    if not order:
        return
    name = table._meta.tablename  # noqa: SLF001
    for suffix, before in (("", ""), ("_region", "region_lo, "), ("_org", "org_lo, ")):
        yield (
            f'create index if not exists "{name}_{order}{suffix}"'
            f' on "{name}" ({before}"{order}" desc, id desc)'
        )


def policies(table: type[Table]) -> Iterator[str]:
    """Row-level security of one table; never FORCE, the owner's migrations must see all rows."""
    name = table._meta.tablename  # noqa: SLF001
    kind = kind_of(table)
    for command in ("select", "insert", "update", "delete"):
        yield f'drop policy if exists j_{command} on "{name}"'
    if kind is None:
        yield f'alter table "{name}" disable row level security'
        return
    yield f'alter table "{name}" enable row level security'
    read, write = READ[kind], WRITE[kind]
    if own := getattr(table, "SELF", ""):
        read = f'"{own}"={setting("me")} or ({read})'
    parents = visible_parents(table)
    insert = f"({write}) and {parents}" if parents else write
    for command, body in (
        ("select", f"using ({read})"),
        ("insert", f"with check ({insert})"),
        ("update", f"using ({write}) with check ({write})"),
        ("delete", f"using ({write})"),
    ):
        yield f'create policy j_{command} on "{name}" for {command} to {APP_ROLES} {body}'


def statements(tables: Sequence[type[Table]]) -> Iterator[str]:
    """Everything that makes the tables safe, idempotent; refuses an undeclared table."""
    if found := problems(tables):
        raise UndeclaredScope("\n".join(found))
    for table in tables:
        yield from grants(table)
        yield from list_indexes(table)
        yield from policies(table)
    yield f"grant usage, select on all sequences in schema public to {APP_ROLES}"
