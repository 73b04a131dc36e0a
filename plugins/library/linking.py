# SPDX-License-Identifier: Apache-2.0
"""Citations in anybody's words become links (C9-10): found here, resolved when one is opened."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from core.api.access import Visitor
from core.api.linking import Link
from plugins.library.rules import READ
from plugins.library.rules.citing import citations_in, words_of

FOR_READERS, FOR_ALL = "/library/cited", "/library/public/cited"


def links_in(text: str, who: Visitor | None, on: date | None) -> Sequence[Link]:
    """The articles cited in a passage, as of the day the passage is about."""
    if "第" not in text or "条" not in text:
        return ()
    base = FOR_READERS if who is not None and who.may(READ) else FOR_ALL
    links = []
    for each in citations_in(text):
        if each.names:
            asked = urlencode({"text": words_of(each), **({"on": on} if on else {})})
            links.append(
                Link(each.start, each.end, f"{base}?{asked}", preview=f"{base}/words?{asked}")
            )
    return links
