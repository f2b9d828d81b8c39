"""Structured logs: one JSON line a record, with no personal data in it."""

import re

import structlog

_PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")
_KEY = re.compile(r"((?:[?&]|%3F|%26)key(?:=|%3D))[\w-]+", re.IGNORECASE)  # of a link that was sent to somebody
#: What a link opens once stands in its address; nginx leaves the same addresses out of its log.
_ONE_TIME = re.compile(r"(?<=/)(invitation|password)/[\w-]{20,}")


def redact(_logger, _name, event: dict) -> dict:
    """Blank out whatever looks like an identity number, a mobile or the secret of a link, wherever it stands."""
    return {key: _blanked(value) if isinstance(value, str) else value for key, value in event.items()}


def _blanked(text: str) -> str:
    return _ONE_TIME.sub(r"\1/▇", _KEY.sub(r"\1▇", _PERSONAL.sub("▇", text)))


_SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

structlog.configure(
    processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def formatter():
    """Return the formatter named in ``settings.LOGGING``."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
