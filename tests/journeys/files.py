# SPDX-License-Identifier: Apache-2.0
"""Small real files to upload as evidence."""

from io import BytesIO

from PIL import Image

from tests.journeys.desk import Upload


def photo(name: str) -> Upload:
    """A JPEG."""
    kept = BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 140)).save(kept, "JPEG")
    return Upload(f"{name}.jpg", "image/jpeg", kept.getvalue())


def paper(name: str) -> Upload:
    """A PDF of one page."""
    kept = BytesIO()
    Image.new("RGB", (420, 594), "white").save(kept, "PDF")
    return Upload(f"{name}.pdf", "application/pdf", kept.getvalue())
