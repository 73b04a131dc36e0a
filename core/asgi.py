# SPDX-License-Identifier: Apache-2.0
"""The application of a server process: ``uvicorn core.asgi:app``."""

from core.app import create_app
from core.logging import set_up
from core.settings import load

settings = load()
set_up(settings)
app = create_app(settings)
