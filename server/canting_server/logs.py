"""Logs are events, as JSON on standard error; nothing in them names a person.

Names and amounts are not logged in the first place; hiding them here is the second fence.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PRIVATE: Final = frozenset(
    {
        "amount",
        "authorization",
        "body",
        "brand",
        "code",
        "name",
        "nik",
        "note",
        "partner",
        "phone",
        "seed",
        "token",
        "value",
    }
)
_NUMBERS: Final = re.compile(r"\d{16,}|(?<!\w)(?:\+62[ .-]?|62|0)8(?:[ .-]?\d){7,12}(?!\d)")
"""What may be a NIK, and Indonesian mobile numbers as people write them."""
HIDDEN: Final = "[hidden]"


def configure(level: str) -> None:
    """Set the whole process's logging up; what libraries log comes out in the same way."""
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide what could name a person: by the field's name, and NIK and phone numbers anywhere."""
    return {field: _hidden(field, value) for field, value in event.items()}


def _hidden(field: str, value: object) -> object:
    return HIDDEN if field.casefold() in PRIVATE else _masked(value)


def _masked(value: object) -> object:
    match value:
        case str():
            return _NUMBERS.sub(HIDDEN, value)
        case int() if len(str(value)) == 16:
            return HIDDEN
        case Mapping():
            return {str(field): _hidden(str(field), part) for field, part in value.items()}
        case list() | tuple():
            return [_masked(part) for part in value]
        case _:
            return value
