# SPDX-License-Identifier: Apache-2.0
"""Addresses that came from outside: taken apart without trusting that they are any."""

from urllib.parse import SplitResult, urlsplit


def parts_of(address: str) -> SplitResult:
    """``urlsplit``, but what is no address at all (``http://[``) has no host and no path.

    Origin, Referer and ``next`` are written by whoever sends them; a raised ``ValueError``
    would be a fault of the server instead of a refusal.
    """
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
