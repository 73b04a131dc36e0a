# SPDX-License-Identifier: Apache-2.0
"""Jinja as the pages need it: fast on rows, strict on names, components known everywhere.

A plugin's template is addressed as ``<plugin>/<file>``. Only the site may override one, by a
file of that name under ``templates/``; a plugin can never shadow another's.
"""

import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
)
from jinja2.runtime import Macro

from core import clock
from core.web import linking, richtext
from core.web.formats import FILTERS
from core.web.state import current
from core.web.static import StaticFiles
from core.web.tickets import upload_ticket


class FastEnv(Environment):
    """Looks a dictionary's key up first.

    ``row.title`` of a plain row costs half as much, and a column named ``items`` is the column.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict:
            try:
                return obj[attribute]
            except KeyError:
                pass
        return super().getattr(obj, attribute)


class Templates:
    """The templates of the site and of every plugin."""

    def __init__(
        self,
        root: Path,
        plugins: Mapping[str, Path],
        static: StaticFiles,
        *,
        watch: bool,
        kept: Path | None = None,
    ) -> None:
        """``root`` holds layouts, components, pages; ``plugins`` their own template folders.

        ``kept`` is a folder where compiled templates outlive the process.
        """
        folders = {name: FileSystemLoader(path) for name, path in plugins.items()}
        self.env = FastEnv(
            autoescape=True,
            auto_reload=watch,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            loader=ChoiceLoader([FileSystemLoader(root), PrefixLoader(folders)]),
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
            cache_size=-1,
            bytecode_cache=_compiled(kept) if kept is not None else None,
        )
        self.env.filters.update(FILTERS)
        self.env.filters.update(
            linked=linking.linked,
            prose=lambda text: linking.linked_html(richtext.shown(text)),
            clean_html=richtext.clean,
            html_words=richtext.words_of,
        )
        self.env.globals.update(
            static=static.url,
            csrf_token=csrf_token,
            new_key=new_key,
            upload_ticket=upload_ticket,
            allow=allow,
            now=clock.now,
            today=clock.today,
        )
        self.root = root
        self.load_components()

    def load_components(self) -> None:
        """Make every macro of ``components/*.html`` a global, so that partials need no import."""
        for path in sorted((self.root / "components").glob("*.html")):
            module = self.env.get_template(f"components/{path.name}").module
            for name, value in vars(module).items():
                if isinstance(value, Macro) and not name.startswith("_"):
                    self.env.globals[name] = value

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The text of a template."""
        return self.env.get_template(name).render(context)

    def exists(self, name: str) -> bool:
        """Whether there is such a template."""
        try:
            self.env.get_template(name)
        except TemplateNotFound:
            return False
        return True


def _compiled(folder: Path) -> FileSystemBytecodeCache | None:
    """Compiled templates on disk, checked against their sources; none where nothing can be kept.

    Jinja's check knows neither its own version nor the settings of the environment, hence a
    folder for each state of this file.
    """
    state = sha256(jinja2.__version__.encode() + Path(__file__).read_bytes()).hexdigest()[:16]
    place = folder / state
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(place))


def allow(*needs: str) -> str:
    """The page being drawn may use the camera and so on (``Held.needs``); draws nothing."""
    kept = current.get()
    if kept is not None:
        kept.needs.update(needs)
    return ""


def new_key() -> str:
    """A key for a form that is about to be shown (``core.once``)."""
    return secrets.token_urlsafe(18)


def csrf_token() -> str:
    """The token of the request being answered; macros have no context to find it in."""
    now = current.get()
    return now.visitor.csrf if now is not None and now.visitor is not None else ""
