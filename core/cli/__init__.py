# SPDX-License-Identifier: Apache-2.0
"""The command line ``jiandu``.

Each command imports what it needs when it runs: ``jiandu --help`` and ``jiandu trace`` must not
wait for a web framework, and ``jiandu check`` must work without a database.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import core
from core.host.errors import PluginError
from core.settings import ROOT, SettingsError

if TYPE_CHECKING:
    from core.api.commands import Command

__all__ = ["main"]

Run = Callable[[argparse.Namespace], int]


def _serve(options: argparse.Namespace) -> int:
    from core.serve.supervisor import Supervisor
    from core.settings import read

    if options.no_demo:
        os.environ["JIANDU_DEMO"] = "0"
    if options.reload:
        # Whoever edits while it runs wants to see what a page costs; an empty value says no.
        os.environ.setdefault("JIANDU_DEBUG_BAR", "1")
    # A port that somebody asked for is taken or refused, never silently replaced.
    exact = bool(os.environ.get("PORT", "").strip())
    return Supervisor(read(os.environ), exact_port=exact, reload=options.reload).run()


def _worker(_options: argparse.Namespace) -> int:
    from runpy import run_module

    run_module("core.jobs.worker", run_name="__main__", alter_sys=True)
    return 0


def _migrate(_options: argparse.Namespace) -> int:
    from asyncpg import PostgresError

    from core.schema import SchemaError, migrate
    from core.serve.supervisor import stores
    from core.settings import load

    settings = load()
    with stores(settings) as address:
        url = settings.database.migration_url or address["DATABASE_URL"]
        try:
            report = asyncio.run(migrate(url, lock_seconds=settings.database.lock_seconds))
        except (SchemaError, PostgresError, OSError) as error:
            kind = type(error).__name__
            print(f"升级失败 (migration failed): {kind}: {error}", file=sys.stderr)
            return 1
    if report.applied:
        print(f"数据库已升级，{len(report.applied)} 步 ({len(report.applied)} migrations applied)")
    return 0


def _seed(options: argparse.Namespace) -> int:
    from core.cli.seed import seed

    return seed(reset=options.reset, force=options.force)


def _check(_options: argparse.Namespace) -> int:
    from core.cli.check import check

    return check()


def _plugins(options: argparse.Namespace) -> int:
    from core.cli.check import list_plugins

    return list_plugins(verbose=options.verbose)


def _trace(options: argparse.Namespace) -> int:
    from core.cli.trace import trace

    return trace(ROOT, as_json=options.json, missing=options.missing)


def _regions_import(options: argparse.Namespace) -> int:
    from core.cli.regions import import_regions

    return import_regions(options.file, options.province or (), options.on, dry_run=options.dry_run)


def _new_plugin(options: argparse.Namespace) -> int:
    from core.cli.new_plugin import new_plugin
    from core.scaffold import Wishes

    wishes = Wishes(
        options.name, options.title, options.table, options.card, options.job, options.gate
    )
    return new_plugin(wishes, ROOT)


BUILT_IN = (
    "serve",
    "worker",
    "migrate",
    "seed",
    "check",
    "plugins",
    "new-plugin",
    "trace",
    "regions",
)
TRUST = ("admin", "audit", "backup", "restore", "upgrade")
"""Built in as well, each with a module of its own."""


def _add_built_in(parser: argparse.ArgumentParser) -> Any:
    commands = parser.add_subparsers(dest="command", metavar="命令")

    def add(name: str, help_: str, run: Run) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(run=run)
        return sub

    serve = add("serve", "启动平台：内置服务、网页与后台任务", _serve)
    serve.add_argument("--host", help="监听地址，默认 127.0.0.1")
    serve.add_argument("--port", type=int, help="端口，默认 8000")
    serve.add_argument("--web", type=int, help="网页进程数")
    serve.add_argument("--no-demo", action="store_true", help="不写入演示数据")
    serve.add_argument("--reload", action="store_true", help="代码改动后自动重新启动（仅供开发）")
    add("worker", "只运行后台任务", _worker)
    add("migrate", "升级数据库结构", _migrate)
    seed = add("seed", "写入演示数据（可重复执行）", _seed)
    seed.add_argument("--reset", action="store_true", help="先清空数据库（生产环境拒绝）")
    seed.add_argument("--force", action="store_true", help="不是演示环境、有其他账号时也清空")
    add("check", "检查插件与配置，不需要数据库", _check)
    plugins = add("plugins", "列出插件", _plugins)
    plugins.add_argument("-v", "--verbose", action="store_true", help="列出权限、记录与关口")
    fresh = add("new-plugin", "写一个新插件：目录、迁移、测试、允许名单", _new_plugin)
    fresh.add_argument("name", help="英文名，小写字母、数字、下划线；也是地址和表名的前缀")
    fresh.add_argument("--title", required=True, help="中文标题，用户看到的")
    fresh.add_argument("--table", action="store_true", help="带一张表：登记、列表、事实")
    fresh.add_argument("--card", action="store_true", help="带首页卡片")
    fresh.add_argument("--job", action="store_true", help="带每天的后台任务")
    fresh.add_argument("--gate", action="store_true", help="带一道门和一个回答")
    trace = add("trace", "列出需求及声明覆盖它的测试", _trace)
    trace.add_argument("--json", action="store_true", help="输出 JSON")
    trace.add_argument("--missing", action="store_true", help="只列没有测试的需求")
    for name in TRUST:
        import_module(f"core.cli.{name}").add(commands)
    regions = commands.add_parser("regions", help="行政区划", description="行政区划")
    verbs = regions.add_subparsers(dest="verb", required=True, metavar="动作")
    imported = verbs.add_parser("import", help="导入区划表", description="导入区划表")
    imported.add_argument("--file", type=Path, help="CSV 或 JSON；不写则用随附的民政部区划表")
    imported.add_argument("--province", action="append", help="只导入这些省（前两位代码），可多次")
    imported.add_argument("--on", type=date.fromisoformat, help="新区划生效日，如 2026-01-01")
    imported.add_argument("--dry-run", action="store_true", help="只看会改变什么")
    imported.set_defaults(run=_regions_import)
    return commands


def _add_contributed(commands: Any) -> None:
    """Commands that plugins bring; nothing but their declarations is loaded for this."""
    from core.host.registry import current

    for entry in current().contributions("core.command"):
        command: Command = entry.value
        if command.name in commands.choices:
            raise SettingsError(f"插件 {entry.plugin} 的命令 {command.name} 已存在 (duplicate)")
        _add(commands, command)


def _add_quick(commands: Any, name: str) -> bool:
    """The command ``name`` from a plugin's ``commands.py``, past everything else it declares.

    Loading all plugins takes a second or two that a command over a file need not wait for. The
    module holds ``COMMANDS``, the same commands that the plugin contributes.
    """
    from importlib.util import find_spec

    from core.host.discovery import allowed

    for plugin in allowed():
        module = f"plugins.{plugin}.commands"
        if find_spec(f"plugins.{plugin}") is None or find_spec(module) is None:
            continue
        command: Command
        for command in import_module(module).COMMANDS:
            if command.name == name:
                _add(commands, command)
                return True
    return False


def _add(commands: Any, command: "Command") -> None:
    sub = commands.add_parser(command.name, help=command.help, description=command.help)
    command.configure(sub)
    sub.set_defaults(run=command.run)


def _parser(first: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jiandu", description="行政执法监督平台")
    parser.add_argument("--version", action="version", version=f"jiandu {core.__version__}")
    parser.add_argument("--data", type=Path, help="数据目录，默认 var/")
    commands = _add_built_in(parser)
    if first in BUILT_IN or first in TRUST or first == "--version":
        return parser
    if first and not first.startswith("-") and _add_quick(commands, first):
        return parser
    try:
        _add_contributed(commands)
    except PluginError as error:
        # The built-in commands, `check` above all, must stay usable with a broken plugin.
        print(f"插件有误，它的命令不可用 (broken plugin): {error}", file=sys.stderr)
    return parser


def _first_word(arguments: Sequence[str]) -> str:
    """The command's name, skipping ``--data FOLDER``, without parsing yet."""
    words = iter(arguments)
    for word in words:
        if word == "--data":
            next(words, None)
        elif not word.startswith("--data="):
            return word
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parser = _parser(_first_word(words))
        options = parser.parse_args(words)
        if not getattr(options, "run", None):
            parser.print_help()
            return 2
        if options.data is not None:
            os.environ["DATA"] = os.environ["JIANDU_DATA"] = str(options.data.resolve())
        for name in ("host", "port"):
            if (given := getattr(options, name, None)) is not None:
                os.environ[name.upper()] = str(given)
        if getattr(options, "web", None) is not None:
            os.environ["JIANDU_WEB"] = str(options.web)
        run: Run = options.run
        return run(options)
    except SettingsError as error:
        print(f"配置有误 (bad configuration): {error}", file=sys.stderr)
        return 2
    except PluginError as error:
        print(f"插件有误 (broken plugin): {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # `jiandu trace | head` ends the reader early; that is no failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
