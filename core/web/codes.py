# SPDX-License-Identifier: Apache-2.0
"""QR codes as one SVG path: no picture file, no style attribute, printed sharp at any size."""

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M


def qr(text: str, label: str) -> Markup:
    """``text`` as an inline SVG with an accessible name; the text itself belongs beside it."""
    size, path = _drawn(text)
    return Markup(  # the label is escaped by format(), the path is made of digits
        '<svg class="jd-qr" role="img" aria-label="{}" viewBox="0 0 {} {}" width="176" height="176"'
        ' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{}v{}H0z"/><path d="{}"/></svg>'
    ).format(label, size, size, size, size, path)


def qr_file(text: str) -> bytes:
    """``text`` as an SVG file, for ``<img>``; dark on white, so that any scanner reads it."""
    size, path = _drawn(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size * 6}"'
        f' height="{size * 6}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    ).encode()


def _drawn(text: str) -> tuple[int, str]:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=2)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, line in enumerate(matrix) for x, dark in enumerate(line) if dark
    )
    return len(matrix), path
