# SPDX-License-Identifier: Apache-2.0
"""Which requirement is claimed by which tests: the register against the tests' marks.

Marks are read from the source text, so tracing needs neither database nor test run, and a test
module that cannot be imported still counts.
"""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REGISTER = "docs/requirements.toml"
ACCEPTANCE = re.compile(r"C\d{1,2}-\d{2}\Z")
"""Ids of the acceptance list, which is kept outside the register."""


@dataclass(frozen=True)
class Requirement:
    """A line of the register."""

    id: str
    source: str
    text: str


class RegisterError(Exception):
    """The register itself is wrong."""


def read_register(path: Path) -> list[Requirement]:
    """The register in its own order; every id once, no field empty."""
    entries = tomllib.loads(path.read_text("utf-8")).get("requirement", [])
    found: dict[str, Requirement] = {}
    for entry in entries:
        requirement = Requirement(entry["id"], entry["source"], entry["text"])
        if requirement.id in found:
            raise RegisterError(f"{requirement.id} 出现两次 (listed twice)")
        if not requirement.source.strip() or not requirement.text.strip():
            raise RegisterError(f"{requirement.id} 缺少出处或说明 (source or text is empty)")
        found[requirement.id] = requirement
    return list(found.values())


def claims(tests: Path) -> dict[str, list[str]]:
    """Requirement id → test ids (``tests/core/test_x.py::Class::test_y``), from the marks."""
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        name = path.relative_to(tests.parent).as_posix()
        for identity, test in _claims_of(ast.parse(path.read_text("utf-8")), name):
            if test not in found.setdefault(identity, []):
                found[identity].append(test)
    return found


def _claims_of(module: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    yield from _walk(module.body, name, _module_marks(module))


def _walk(
    body: Sequence[ast.stmt], prefix: str, inherited: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = (*inherited, *_marks(node.decorator_list), *_assigned_marks(node.body))
            yield from _walk(node.body, f"{prefix}::{node.name}", own)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test"
        ):
            for identity in (*inherited, *_marks(node.decorator_list)):
                yield identity, f"{prefix}::{node.name}"


def _module_marks(module: ast.Module) -> tuple[str, ...]:
    return _assigned_marks(module.body)


def _assigned_marks(body: Sequence[ast.stmt]) -> tuple[str, ...]:
    """``pytestmark = …`` of a module or a class."""
    for node in body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            listed = (
                node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            )
            return _marks(listed)
    return ()


def _marks(decorators: Sequence[ast.expr]) -> tuple[str, ...]:
    """The ids of ``@pytest.mark.req(…)``, also inside ``pytest.param(…, marks=…)``."""
    found: list[str] = []
    for decorator in decorators:
        for node in ast.walk(decorator):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "req"
            ):
                found += [
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                ]
    return tuple(found)


def unknown(register: Sequence[Requirement], claimed: Mapping[str, Sequence[str]]) -> list[str]:
    """Ids that tests claim and nobody has registered: misspelt, or a missing line."""
    known = {requirement.id for requirement in register}
    return sorted(each for each in claimed if each not in known and not ACCEPTANCE.match(each))


def trace(root: Path, *, as_json: bool = False, missing: bool = False) -> int:
    """Print the table; 1 when a test claims an unknown id or the register is wrong."""
    try:
        register = read_register(root / REGISTER)
    except (OSError, KeyError, tomllib.TOMLDecodeError, RegisterError) as error:
        print(f"{REGISTER}: {error}", file=sys.stderr)
        return 1
    claimed = claims(root / "tests")
    strangers = unknown(register, claimed)
    acceptance = sorted(each for each in claimed if ACCEPTANCE.match(each))
    whole = register
    if missing:
        register = [each for each in register if not claimed.get(each.id)]
        acceptance = []
    if as_json:
        document = {
            "requirements": [
                {
                    "id": each.id,
                    "source": each.source,
                    "text": each.text,
                    "tests": claimed.get(each.id, []),
                }
                for each in register
            ]
            + [
                {"id": each, "source": "acceptance", "text": "", "tests": claimed[each]}
                for each in acceptance
            ],
            "unknown": {each: claimed[each] for each in strangers},
        }
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        _print_table(register, claimed, acceptance)
        covered = sum(1 for each in whole if claimed.get(each.id))
        print(f"\n{covered}/{len(whole)} 条需求有测试 (requirements with a test)")
        for each in strangers:
            print(f"未登记的编号 (unknown id) {each}: {', '.join(claimed[each])}", file=sys.stderr)
    return 1 if strangers else 0


def _print_table(
    register: Sequence[Requirement], claimed: Mapping[str, Sequence[str]], acceptance: Sequence[str]
) -> None:
    for each in register:
        tests = claimed.get(each.id, ())
        print(f"{'●' if tests else '○'} {each.id:<7} {each.text}  [{each.source}]")
        for test in tests:
            print(f"            {test}")
    for identity in acceptance:
        print(f"● {identity}")
        for test in claimed[identity]:
            print(f"            {test}")
