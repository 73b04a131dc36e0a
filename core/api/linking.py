# SPDX-License-Identifier: Apache-2.0
"""Links in words people typed, wherever they are shown (``{{ text | linked }}``).

    Contribution("core.linker", "library.articles", {"find": links_in})

``find(text, visitor, day)`` gives the passages to link and the pages of this site they open. It
runs while a page is drawn, so it asks no database; what cannot be known yet is answered by the
page the link opens.
"""

from core.web.linking import Link, Linker

__all__ = ["Link", "Linker"]
