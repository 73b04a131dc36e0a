# SPDX-License-Identifier: Apache-2.0
"""What import-linter cannot see: borders between core and plugins in names, SQL, text and time."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from piccolo.columns import BigSerial
from piccolo.table import Table

from core import policies
from core.db import Owned, unscoped
from core.host import discovery
from core.host.registry import build

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(
    path.name for path in (ROOT / "plugins").iterdir() if (path / "plugin.py").exists()
)
SHARED_TEMPLATES = ("layouts/", "components/", "partials/", "pages/", "errors/")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "piccolo_migrations" not in path.parts:
                yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def at(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def texts(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """The string literals of a file, docstrings left out."""
    tree = tree_of(path)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node, node.value


def route_paths(path: Path) -> set[int]:
    """The literals that are a handler's own path: relative to its plugin, so free in wording."""
    return {
        id(node)
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Constant)
    }


def markup(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a template without its comments, numbered as in the file."""
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    yield from enumerate(bare.splitlines(), 1)


@cache
def apps() -> dict[str, list[type[Table]]]:
    """Table classes by owner: core and each plugin."""
    found = {"core": import_module("core.piccolo_app").APP_CONFIG.table_classes}
    for name in PLUGINS:
        if (ROOT / "plugins" / name / "piccolo_app.py").exists():
            config = import_module(f"plugins.{name}.piccolo_app").APP_CONFIG
            found[name] = config.table_classes
    return found


def owner_of(table: type[Table]) -> str:
    parts = table.__module__.split(".")
    return parts[1] if parts[0] == "plugins" else parts[0]


class TestImports:
    def test_contracts_of_import_linter(self) -> None:
        lint = Path(sys.executable).parent / "lint-imports"
        result = subprocess.run(
            [str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]

    def test_core_names_no_plugin_in_an_import(self) -> None:
        # import-linter sees `import plugins.x`; this sees import_module("plugins.x") too.
        found = [
            f"{at(path, node)}: {text}"
            for path in sources("core")
            for node, text in texts(path)
            if re.match(r"plugins\.(?!toml\Z)[a-z_]+(\.|\Z)", text)
        ]
        assert found == []

    def test_discovery_is_importable_without_the_web(self) -> None:
        code = (
            "import sys, core.host.discovery as d; d.allowed();"
            "print([m for m in sys.modules if m == 'litestar' or m.startswith('litestar.')][:3])"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert result.stdout.strip() == "[]", result.stdout + result.stderr


class TestTables:
    def test_names_begin_with_their_owner(self) -> None:
        wrong = [
            f"{owner}: {table._meta.tablename}"
            for owner, tables in apps().items()
            for table in tables
            if not table._meta.tablename.startswith(f"{owner}_")
        ]
        assert wrong == []

    def test_foreign_keys_lead_to_ones_own_tables_or_core(self) -> None:
        wrong = []
        for owner, tables in apps().items():
            for table in tables:
                for key in table._meta.foreign_key_columns:
                    target = key._foreign_key_meta.resolved_references
                    if owner_of(target) not in {owner, "core"}:
                        name = f"{table._meta.tablename}.{key._meta.name}"
                        wrong.append(f"{name} → {target._meta.tablename}")
        assert wrong == []

    def test_every_table_declares_its_scope(self) -> None:
        tables = [table for group in apps().values() for table in group]
        assert policies.problems(tables) == []

    def test_a_forgotten_scope_is_named_with_file_and_line(self) -> None:
        class Forgotten(Table, tablename="dummy_forgotten"):
            id = BigSerial(primary_key=True)

        class Double(Owned, Table, tablename="dummy_double"):
            id = BigSerial(primary_key=True)

        unscoped("also")(Double)
        forgotten, double = policies.problems([Forgotten, Double])
        assert re.search(r"test_architecture\.py:\d+: table 'dummy_forgotten'", forgotten)
        assert "dummy_double" in double

    def test_every_table_class_has_one_line_saying_what_it_is(self) -> None:
        bare = [
            f"{table.__module__}.{table.__name__}"
            for group in apps().values()
            for table in group
            if "__doc__" not in table.__dict__ or not (table.__doc__ or "").strip()
        ]
        assert bare == []

    def test_migrations_have_unique_basenames(self) -> None:
        # Piccolo imports migrations by bare name: of two equal ones the second is never run.
        names = Counter(
            path.name
            for path in ROOT.glob("*/**/piccolo_migrations/*.py")
            if path.name != "__init__.py" and ".venv" not in path.parts
        )
        assert [name for name, count in names.items() if count > 1] == []

    def test_sql_names_no_foreign_table(self) -> None:
        tables = {
            table._meta.tablename: owner for owner, group in apps().items() for table in group
        }
        wrong = []
        for owner in PLUGINS:
            paths = [
                *sources(f"plugins/{owner}"),
                *sorted((ROOT / "plugins" / owner).rglob("*.sql")),
            ]
            for path in paths:
                if path.suffix == ".sql":
                    pieces = [(ast.Pass(lineno=1), path.read_text(encoding="utf-8"))]
                else:
                    pieces = list(texts(path))
                for node, text in pieces:
                    wrong += [
                        f"{at(path, node)}: {name}"
                        for name in re.findall(r"\b[a-z]+_[a-z_]+\b", text)
                        if tables.get(name, owner) not in {owner, "core"}
                    ]
        assert wrong == []


class TestKeys:
    def test_declared_keys_begin_with_their_plugin(self) -> None:
        # The registry refuses foreign prefixes; building it is the test, for all that exist.
        registry = build(PLUGINS)
        assert set(PLUGINS) <= set(registry.plugins)

    @pytest.mark.parametrize("plugin", PLUGINS)
    def test_recorded_facts_are_ones_own(self, plugin: str) -> None:
        wrong = [
            f"{at(path, node)}: {node.args[0].value}"
            for path in sources(f"plugins/{plugin}")
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"record", "notify", "enqueue"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
            and not node.args[0].value.startswith(f"{plugin}.")
        ]
        assert wrong == []


class TestTemplates:
    @pytest.mark.parametrize("plugin", PLUGINS)
    def test_reach_only_their_own_and_the_shared_ones(self, plugin: str) -> None:
        wrong = []
        environment = Environment(autoescape=True)
        for path in sorted((ROOT / "plugins" / plugin / "templates").rglob("*.html")):
            tree = environment.parse(path.read_text(encoding="utf-8"))
            for node in tree.find_all(
                (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
            ):
                target = getattr(node, "template", None)
                if not isinstance(target, nodes.Const):
                    continue
                names = target.value if isinstance(target.value, list | tuple) else [target.value]
                wrong += [
                    f"{path.relative_to(ROOT)}:{node.lineno}: {name}"
                    for name in names
                    if not name.startswith((f"{plugin}/", *SHARED_TEMPLATES))
                ]
        assert wrong == []

    @pytest.mark.parametrize("plugin", PLUGINS)
    def test_neither_code_nor_templates_spell_another_plugins_address(self, plugin: str) -> None:
        others = "|".join(re.escape(each) for each in PLUGINS if each != plugin)
        if not others:
            return
        address = re.compile(rf"(?<![\w./-])/({others})(?=[/?#\"'\s]|\Z)")
        wrong = []
        for path in sources(f"plugins/{plugin}"):
            own = route_paths(path)
            wrong += [
                at(path, node)
                for node, text in texts(path)
                if id(node) not in own and address.search(text)
            ]
        for path in sorted((ROOT / "plugins" / plugin).rglob("*.html")):
            wrong += [
                f"{path.relative_to(ROOT)}:{number}"
                for number, line in markup(path)
                if address.search(line)
            ]
        assert wrong == []

    def test_core_templates_spell_no_plugins_address(self) -> None:
        if not PLUGINS:
            return
        address = re.compile(rf"[\"'](/({'|'.join(PLUGINS)}))(?=[/?#\"'])")
        wrong = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in sorted((ROOT / "templates").rglob("*.html"))
            for number, line in markup(path)
            if address.search(line)
        ]
        assert wrong == []

    def test_no_inline_script_style_or_handler(self) -> None:
        # The content security policy forbids them; a page with one would look broken.
        inline = re.compile(
            r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=\"", re.IGNORECASE
        )
        wrong = [
            f"{path.relative_to(ROOT)}:{number}"
            for folder in ("templates", "plugins")
            for path in sorted((ROOT / folder).rglob("*.html"))
            for number, line in markup(path)
            if inline.search(line)
        ]
        assert wrong == []

    def test_every_template_opens_with_a_comment(self) -> None:
        bare = [
            str(path.relative_to(ROOT))
            for folder in ("templates", "plugins")
            for path in sorted((ROOT / folder).rglob("*.html"))
            if not path.read_text(encoding="utf-8").lstrip().startswith("{#")
        ]
        assert bare == []


class TestTime:
    """Time comes from ``core.clock`` alone, so that tests and the simulator can set it."""

    FORBIDDEN = {  # noqa: RUF012
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
    }

    def test_nobody_else_asks_the_machine(self) -> None:
        wrong = []
        for path in sources("core", "plugins"):
            if path == ROOT / "core" / "clock.py":
                continue
            for node in ast.walk(tree_of(path)):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                    continue
                value = node.func.value
                name = (
                    value.id
                    if isinstance(value, ast.Name)
                    else value.attr
                    if isinstance(value, ast.Attribute)
                    else ""
                )
                if (name, node.func.attr) in self.FORBIDDEN:
                    wrong.append(f"{at(path, node)}: {name}.{node.func.attr}()")
        assert wrong == []

    SERVER_TIME = {  # noqa: RUF012
        "core/auth/queries.py": "a list declared once as data cannot carry a moment; it decides nothing",
    }

    def test_sql_does_not_ask_the_server_either(self) -> None:
        server = re.compile(
            r"\bnow\(\)|\bcurrent_timestamp\b|\bclock_timestamp\(|\bcurrent_date\b", re.IGNORECASE
        )
        wrong = [
            f"{at(path, node)}"
            for path in sources("core", "plugins")
            if str(path.relative_to(ROOT)) not in self.SERVER_TIME
            for node, text in texts(path)
            if server.search(text)
            and re.search(r"\b(select|insert|update|delete|where|values)\b", text, re.IGNORECASE)
        ]
        assert wrong == []


class TestFiles:
    def test_every_module_says_what_it_is_for(self) -> None:
        bare = [
            str(path.relative_to(ROOT))
            for path in sources("core", "plugins")
            if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree_of(path))
        ]
        assert bare == []

    def test_every_module_carries_its_licence(self) -> None:
        bare = [
            str(path.relative_to(ROOT))
            for path in sources("core", "plugins", "tests")
            if (text := path.read_text(encoding="utf-8")).strip()
            and not text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
        ]
        assert bare == []

    def test_every_allowed_plugin_is_there(self) -> None:
        assert [name for name in discovery.allowed() if name not in PLUGINS] == []
