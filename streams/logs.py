"""How every process logs: a sentence with fields on stderr, UTC, one line each."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
_RENDER = structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])


def configure_logs(level: str, process: int | None = None) -> None:
    """Log at ``level``; libraries that use the standard library's logging speak from warnings on.

    Args:
        level: the least that is logged.
        process: stands in every line, where several processes write to one stderr.
    """
    number = getattr(logging, level.upper())
    shared = _SHARED if process is None else (*_SHARED, _numbered(process))
    structlog.configure(
        processors=[*shared, _RENDER],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared], processors=[strip, _RENDER]
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


def _numbered(process: int) -> Processor:
    def number(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"process": process, **event}

    return number
