# SPDX-License-Identifier: Apache-2.0
"""What is read as a code, and what is done with it when nobody knows it. Pure."""

import re
import unicodedata

LONGEST = 2000
SHOWN = 60
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def clean_code(text: str) -> str:
    """A code as plugins are asked about it; empty when there is nothing to ask."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    return plain if len(plain) <= LONGEST else ""


def shown(code: str) -> str:
    """The code as a page repeats it: short, never something to press on."""
    return code if len(code) <= SHOWN else f"{code[:SHOWN]}…"


def is_address(code: str) -> bool:
    """Whether an unknown code would lead out of the platform if anybody followed it."""
    return bool(_ADDRESS.match(code)) or code.startswith("//")
