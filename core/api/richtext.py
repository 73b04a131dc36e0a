# SPDX-License-Identifier: Apache-2.0
"""Text with headings, lists and links: the editor, what it posts, and showing it safely.

A form has ``{{ rich(form, "body", "正文") }}``; its Struct has ``body: str`` and
``body_rich: bool = False``. The page is answered with ``editor_page`` instead of ``page``::

    return editor_page(request, "notices/form.html", form=form)
    ...
    body = taken(form.value.body, rich=form.value.body_rich)

In the template of the form ``{% block head %}{{ rich_head() }}{% endblock %}`` and
``{% block scripts %}{{ super() }}{{ rich_scripts() }}{% endblock %}``; where the text is shown,
``{{ shown(row["body"]) }}`` inside an element of class ``jd-prose``.
"""

from typing import Any

from core.api.web import Request, Response, page
from core.web.richtext import clean, editor_headers, new_nonce, of_plain, shown, taken, words_of

__all__ = ["clean", "editor_page", "of_plain", "shown", "taken", "words_of"]


def editor_page(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page with the editor: like ``page``, with the policy the editor needs."""
    nonce = new_nonce()
    return page(
        request,
        template,
        status=status,
        headers=editor_headers(nonce),
        editor_nonce=nonce,
        **context,
    )
