# SPDX-License-Identifier: Apache-2.0
"""Puts third-party front-end files where the server finds them: ``python -m core.web.vendor``.

They are pinned in ``package.json``, fetched by ``npm ci`` and never committed. This copies the few
files a page needs to ``static/vendor/``, builds one icon sprite of the icons really used, and
writes a manifest with versions and hashes. Running it twice changes nothing.
"""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

FILES: Final = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "hx-sse.min.js": "htmx.org/dist/ext/hx-sse.min.js",
    "trix.css": "trix/dist/trix.css",
    "trix.umd.min.js": "trix/dist/trix.umd.min.js",
    "barcode-detector.js": "barcode-detector/dist/iife/ponyfill.js",
    "nacl-fast.min.js": "tweetnacl/nacl-fast.min.js",
    "echarts.common.min.js": "echarts/dist/echarts.common.min.js",
}
BINARIES: Final = {
    # Exactly the version the detector was built against: with another it reads beyond its memory.
    "zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
}
LICENCES: Final = {  # Tabler's own notice stands at the head of its style sheet
    "tabler-icons.txt": "@tabler/icons/LICENSE",
    "htmx.txt": "htmx.org/LICENSE",
    "trix.txt": "trix/LICENSE",
    "tweetnacl.txt": "tweetnacl/LICENSE",
    "barcode-detector.txt": "barcode-detector/LICENSE",
    "zxing-wasm.txt": "zxing-wasm/LICENSE",
    "echarts.txt": "echarts/LICENSE",
    "echarts-notice.txt": "echarts/NOTICE",
}

VERSIONED: Final = (
    "@tabler/core",
    "@tabler/icons",
    "barcode-detector",
    "echarts",
    "htmx.org",
    "trix",
    "tweetnacl",
    "zxing-wasm",
)

OWN: Final = {
    # 红灯 is an octagon ("stop"), 黄灯 a triangle ("take care"): shape carries the meaning,
    # colour only repeats it, so a grey print still tells them apart.
    "lamp-red": '<path fill="var(--lamp,#c4161c)" d="M8.1 2.5h7.8l5.6 5.6v7.8l-5.6 5.6H8.1l-5.6-5.6V8.1z"/>'
    '<path stroke="var(--glyph,#fff)" stroke-width="2.4" stroke-linecap="round" d="M12 7.4v5.6M12 16.6v.05"/>',
    "lamp-yellow": '<path fill="var(--lamp,#f7b500)" stroke="var(--rim,#9a6a00)" stroke-width="1.4" '
    'stroke-linejoin="round" d="M12 3 22 20.5H2z"/>'
    '<path stroke="var(--glyph,#3a2700)" stroke-width="2.2" stroke-linecap="round" d="M12 9.5v4.6M12 17.3v.05"/>',
    "lamp-off": '<path fill="none" stroke="currentColor" stroke-width="1.7" stroke-dasharray="2.6 2.2" '
    'd="M8.1 2.8h7.8l5.3 5.3v7.8l-5.3 5.3H8.1l-5.3-5.3V8.1z"/>'
    '<path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" '
    'd="m8.4 12.2 2.5 2.5 4.7-5"/>',
    "mark": '<circle cx="12" cy="12" r="8.2" fill="none" stroke="currentColor" stroke-width="2.6"/>'
    '<path d="m8.3 12.3 2.6 2.7 4.8-5.4" fill="none" stroke="currentColor" stroke-width="2.4" '
    'stroke-linecap="round" stroke-linejoin="round"/>'
    '<circle cx="18.6" cy="5.4" r="3.4" fill="#f7b500" stroke="#0f3440" stroke-width="1.6"/>',
}
"""Drawn by us; the names stand beside Tabler's in ``icon()``."""

ALWAYS: Final = frozenset(
    # Chosen at run time (lists of pairs in components, kinds of evidence), so no call names them.
    [
        "circle-check",
        "circle-dashed",
        "check",
        "layout-list",
        "book",
        "message",
        "user",
        "flag",
        "message-2",
        "arrow-back-up",
        "gavel",
        "player-pause",
        "clock",
        "edit",
        "ban",
        "eye-off",
        "file-text",
        "file-check",
        "photo",
        "video",
        "microphone",
        "paperclip",
        "upload",
        "download",
        "user-off",
        "user-check",
        "users",
        "send",
        "corner-down-right",
        "bell",
        "lock",
        "refresh",
        "rubber-stamp",
        "history",
        "point",
        "info-circle",
        "alert-circle",
        "cloud-off",
        "git-branch",
        "calendar",
        "certificate",
        "shield-check",
        "home",
        "folder",
        "sitemap",
        "clipboard-text",
        "scale",
        "book",
        "id",
        "message-report",
        "school",
        "eye",
        "adjustments-horizontal",
        "chart-bar",
        "folder-open",
        "clipboard-check",
        "speakerphone",
        "building",
        "building-bank",
        "settings",
        "key",
        "logout",
        "help",
        "search",
        "printer",
        "plus",
        "trash",
        "map-pin",
        "hourglass",
        "arrow-right",
        "arrow-forward-up",
        "fingerprint",
        "external-link",
        "link",
        "star",
        "phone",
        "timeline",
    ]
)

_CALLED: Final = re.compile(r"\bicon\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_NOISE: Final = re.compile(
    r"""[\w]+=["'][^"']*["']|[!=]=\s*["'][^"']*["']|\([^()]*\)|\[[^\]]*\]|\{[^{}]*\}"""
)
_GIVEN: Final = re.compile(
    r"""(?:\bicon(?:_name)?\s*=\s*|["']icon["']\s*:\s*)["']([a-z0-9]+(?:-[a-z0-9]+)*)["']"""
)
_QUOTED: Final = re.compile(r"""["']([a-z0-9]+(?:-[a-z0-9]+)*)["']""")


def used_icons(root: Path = ROOT) -> frozenset[str]:
    """Names written in templates and declarations: ``icon("x")``, ``icon="x"``, ``"icon": "x"``.

    Inside a call every name counts, also the one after ``else``.
    """
    folders = (root / "templates", root / "core", root / "plugins")
    files = (
        path for folder in folders for suffix in ("*.html", "*.py") for path in folder.rglob(suffix)
    )
    found: set[str] = set()
    for path in files:
        text = path.read_text("utf-8")
        found.update(_GIVEN.findall(text))
        for arguments in _CALLED.findall(text):
            found.update(_QUOTED.findall(_NOISE.sub("", arguments)))
    return frozenset(found - OWN.keys()) | ALWAYS


def possible_icons(root: Path = ROOT) -> frozenset[str]:
    """Every plain word quoted in Python files that speak of icons.

    Tables of icons by kind, and icons given by position, are data no pattern can tell from other
    words; those that are no icons are left out when the sprite is built.
    """
    found: set[str] = set()
    for folder in (root / "core", root / "plugins"):
        for path in folder.rglob("*.py"):
            text = path.read_text("utf-8")
            # The menu of a plugin need not say the word: its entries give the icon by position.
            speaks = "icon" in text.lower() or "NavItem(" in text
            if speaks and path != Path(__file__):
                found.update(_QUOTED.findall(text))
    return frozenset(found)


def _inner(svg: str) -> str:
    body = re.search(
        r"<svg[^>]*>(.*)</svg>", re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL), re.DOTALL
    )
    if body is None:
        raise ValueError("not an SVG picture")
    return re.sub(r"\s+", " ", body.group(1)).strip()


def sprite(names: Iterable[str], icons: Path) -> str:
    """One SVG of symbols. A name Tabler does not know stops the build, naming it."""
    symbols = []
    for name in sorted(names):
        picture = icons / "outline" / f"{name}.svg"
        if not picture.exists():
            raise LookupError(f"icon {name!r} is used but neither Tabler's nor ours")
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">'
            f"{_inner(picture.read_text('utf-8'))}</symbol>"
        )
    symbols += [
        f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>' for name, body in OWN.items()
    ]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def build(
    modules: Path = ROOT / "node_modules", target: Path = ROOT / "static" / "vendor"
) -> list[str]:
    """Fill ``target`` and return the names written; raises when ``npm ci`` has not been run."""
    if not (modules / "htmx.org").exists():
        raise FileNotFoundError(f"{modules} is empty: run `npm ci --omit=dev` first")
    (target / "licences").mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        # The source maps stay behind, so the comment naming them would only cause 404s.
        text = (modules / source).read_text("utf-8")
        (target / name).write_text(
            re.sub(r"\n?/[/*]# sourceMappingURL=\S+(?: \*/)?\s*$", "\n", text), "utf-8"
        )
    for name, source in BINARIES.items():
        shutil.copyfile(modules / source, target / name)
    for name, source in LICENCES.items():
        shutil.copyfile(modules / source, target / "licences" / name)
    icons = modules / "@tabler/icons/icons"
    known = {path.stem for path in (icons / "outline").glob("*.svg")}
    wanted = used_icons()
    # A slip in one plugin must not keep the platform from starting: tests refuse it instead.
    if unknown := sorted(wanted - known):
        sys.stderr.write(f"no such icons: {', '.join(unknown)}\n")
    names = (wanted | possible_icons()) & known
    (target / "icons.svg").write_text(sprite(names, icons), "utf-8")
    written = [*FILES, *BINARIES, "icons.svg"]
    manifest = {
        "versions": {
            package: json.loads((modules / package / "package.json").read_text("utf-8"))["version"]
            for package in VERSIONED
        },
        "sha256": {
            name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in written
        },
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return written


def main() -> int:
    """Entry of ``python -m core.web.vendor``."""
    try:
        written = build()
    except (FileNotFoundError, LookupError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"static/vendor: {', '.join(written)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
