# SPDX-License-Identifier: Apache-2.0
"""Writes a new plugin: its folder, its migration, its tests and its line in the allow-list.

The texts lie in ``files/``, one per file that is written, with ``[[ name ]]`` and ``[% if table %]``
so that the Jinja of the pages inside them stays untouched. Only files whose content is not empty
are written; which those are for which wishes is fixed by a test.
"""

import keyword
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jinja2

from core.host.discovery import NAME

FILES = Path(__file__).resolve().parent / "files"
RESERVED = frozenset({"core", "plugins", "tests", "static", "templates", "config", "common"})
"""Names that mean something else at the top of the tree."""


class ScaffoldError(Exception):
    """The plugin cannot be written; the message is for the author."""


@dataclass(frozen=True)
class Wishes:
    """What the command was asked for."""

    name: str
    title: str
    table: bool = False
    card: bool = False
    job: bool = False
    gate: bool = False


def _taken() -> set[str]:
    """The first parts of the addresses of core's own pages; a plugin's pages lie below its name."""
    from core.host.registry import build

    return {
        path.strip("/").partition("/")[0]
        for handler in build(["core"]).route_handlers("core")
        for path in handler.paths
    }


def faults(wishes: Wishes, root: Path) -> list[str]:
    """Why this cannot be written there."""
    found = []
    if not NAME.match(wishes.name):
        found.append(
            f"名称“{wishes.name}”不行：小写字母开头，只用小写字母、数字、下划线，2 到 31 个字符"
            " (a name is lower-case letters, digits and underscores)"
        )
    elif wishes.name in RESERVED or keyword.iskeyword(wishes.name) or wishes.name in _taken():
        found.append(f"名称“{wishes.name}”已有别的意思 (reserved)")
    elif (root / "plugins" / wishes.name).exists():
        found.append(f"plugins/{wishes.name} 已经存在 (exists already)")
    elif (root / "tests" / "plugins" / wishes.name).exists():
        found.append(f"tests/plugins/{wishes.name} 已经存在 (exists already)")
    if not re.search(r"[\u4e00-\u9fff]", wishes.title) or len(wishes.title) > 20:
        found.append("标题要有汉字，不超过 20 个字 (the title is what users read, in Chinese)")
    if re.search(r"[\"'\\{}\[\]%\n]", wishes.title):
        found.append("标题里不要用引号、括号、百分号 (no quotes or brackets in the title)")
    return found


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FILES),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - source code is written, not HTML
    )


def contents(wishes: Wishes) -> dict[str, str]:
    """Path below the root → content, without the migration."""
    environment = _environment()
    words: dict[str, Any] = asdict(wishes)
    words["Name"] = "".join(part.capitalize() for part in wishes.name.split("_"))
    found = {}
    for path in sorted(FILES.rglob("*.txt")):
        inside = path.relative_to(FILES).as_posix()
        text = environment.get_template(inside).render(words)
        if not text.strip():
            continue
        inside = inside.removesuffix(".txt")
        tests = f"tests/plugins/{wishes.name}"
        where = (
            f"{tests}/{inside.removeprefix('tests/')}"
            if inside.startswith("tests/")
            else f"plugins/{wishes.name}/{inside}"
        )
        found[where] = text.rstrip() + "\n"
    for package in (f"plugins/{wishes.name}", f"tests/plugins/{wishes.name}"):
        found.setdefault(
            f"{package}/__init__.py",
            f'# SPDX-License-Identifier: Apache-2.0\n"""{wishes.title}"""\n',
        )
    return found


def allow(text: str, name: str) -> str:
    """``config/plugins.toml`` with ``name`` at the end of its list, everything else untouched."""
    match = re.search(r"^enabled\s*=\s*\[(.*?)\]", text, re.DOTALL | re.MULTILINE)
    if match is None:
        raise ScaffoldError("config/plugins.toml 里没有 enabled = […] (no allow-list found)")
    inside = match[1]
    if re.search(rf"[\"']{re.escape(name)}[\"']", inside):
        return text
    bare = inside.rstrip()
    separator = "" if not bare.strip() or bare.endswith(",") else ","
    tail = inside[len(bare) :]
    space = "\n  " if "\n" in inside else (" " if bare.strip() else "")
    added = f'{bare}{separator}{space}"{name}"{"," if bare.endswith(",") else ""}{tail}'
    return text[: match.start(1)] + added + text[match.end(1) :]


def write(wishes: Wishes, root: Path) -> list[Path]:
    """Write everything but the migration; the paths, the allow-list last."""
    if wrong := faults(wishes, root):
        raise ScaffoldError("\n".join(wrong))
    listing = root / "config" / "plugins.toml"
    # Read first: nothing may be written when the last step is impossible.
    allowed = allow(listing.read_text("utf-8"), wishes.name)
    written = []
    for where, text in contents(wishes).items():
        path = root / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(path)
    draft = listing.with_suffix(".new")
    draft.write_text(allowed, "utf-8")
    draft.replace(listing)
    return [*written, listing]
