# SPDX-License-Identifier: Apache-2.0
"""Structured logs on standard error: one JSON object a line in production, text for developers.

Modules log with ``logging.getLogger("jiandu.<part>")`` or ``structlog.get_logger()``; both end
in the same lines, with the id of the request they belong to. Personal data is never logged;
what a person did is in the facts, not here.
"""

import logging
import os
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from core.settings import Settings

__all__ = ["request_id", "set_request_id", "set_up"]

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id of the request being answered, printed on error pages; empty outside of one."""
    return _request_id.get()


def set_request_id(value: str) -> None:
    """Give the current task's log lines an id; the web process does, a job may."""
    _request_id.set(value)


def _context(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    if value := _request_id.get():
        event["request_id"] = value
    event["process"] = os.environ.get("JIANDU_PROCESS", "command")
    return event


def set_up(settings: Settings) -> None:
    """Route all logging of this process to standard error in the format of ``settings``."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor]
    if settings.json_logs:
        last = [
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        last = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.logging.level.upper())
    # Libraries that tell about every query or connection would drown what operators need.
    quiet: dict[str, int] = {
        "uvicorn.error": logging.WARNING,
        "uvicorn.access": logging.WARNING,
        "asyncio": logging.WARNING,
        "arq": logging.WARNING,
        "PIL": logging.WARNING,
    }
    for name, level in quiet.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(capture=True)


def logger(name: str) -> Any:
    """A structured logger: ``logger("jiandu.web").info("words", key=value)``."""
    return structlog.get_logger(name)
