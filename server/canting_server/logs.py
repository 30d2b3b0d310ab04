"""Logs are events, as JSON on standard error; nothing in them names a person."""

import logging
import re
import sys
from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

_PRIVATE: Final = frozenset(
    {"name", "phone", "nik", "code", "token", "body", "note", "authorization", "amount"}
)
_NUMBERS: Final = re.compile(r"\b\d{16}\b|(?:\+62|\b62|\b0)8\d{7,12}\b")
HIDDEN: Final = "[hidden]"


def configure(level: str) -> None:
    """Set the whole process's logging up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what could name a person: by the field's name, and NIK and phone numbers anywhere."""
    for field, value in event.items():
        if field in _PRIVATE:
            event[field] = HIDDEN
        elif isinstance(value, str):
            event[field] = _NUMBERS.sub(HIDDEN, value)
    return event
