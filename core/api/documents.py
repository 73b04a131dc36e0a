# SPDX-License-Identifier: Apache-2.0
"""Official documents (文书): fill a template, say what is missing, set it as PDF and DOCX.

``fill`` and ``missing_of`` are pure; ``pdf`` and ``docx`` are processor work and run outside a
transaction. Keep what they give with ``core.api.files``. Whatever the values hold, it is printed
as text: no placeholder in a value is filled in, no markup in it is obeyed.
"""

from core.documents.docx import docx
from core.documents.fonts import unprintable
from core.documents.pdf import pdf
from core.documents.rules import (
    BLANK,
    Paper,
    Paragraph,
    fill,
    missing_of,
    placeholders_of,
    plain,
    text_length,
)

__all__ = [
    "BLANK",
    "Paper",
    "Paragraph",
    "docx",
    "fill",
    "missing_of",
    "pdf",
    "placeholders_of",
    "plain",
    "text_length",
    "unprintable",
]
