"""Sets up logging: one line per event on standard error, as JSON or for reading, free of personal data and secrets."""

import json
import logging
import os
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import structlog

from outhaul_config.redaction import redact
from outhaul_config.settings import Settings
from outhaul_config.terminals import harmless, harmless_json

STANDARD_ERROR = 2

# Identifiers of a checked form; an event id may well look like a telephone number.
_IDENTIFIERS = frozenset(("timestamp", "level", "event_id", "destination", "kind", "type", "outcome", "worker"))
_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_APPEND_NEWLINE

_SHORT = 80

Entry = MutableMapping[str, Any]
Render = Callable[[Entry], bytes]


def configure_logging(settings: Settings, descriptor: int = STANDARD_ERROR) -> None:
    """Send this process's log lines, structlog's and the standard library's, to a file descriptor.

    Call it once per process, after a fork too. Levels and format are those of the settings. Every text is redacted;
    tracebacks come without local variables.
    """
    level = getattr(logging, settings.log_level.upper())
    render = _as_json if settings.log_format == "json" else _for_reading(os.isatty(descriptor))
    writer = _Writer(descriptor)
    structlog.configure(
        processors=[_leading, structlog.processors.format_exc_info, _redacted, lambda *entry: render(entry[2])],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=level, handlers=[_StandardLibrary(writer, render)], force=True)


class _Writer:
    """Writes whole lines with one system call each.

    Without a lock, because a lock that another thread holds during a fork stays locked in the child for ever.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def msg(self, line: bytes) -> None:
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            # Nobody reads the log any more; deliveries go on all the same.
            return

    debug = info = warning = error = critical = msg


class _StandardLibrary(logging.Handler):
    """Turns the records of libraries into lines like our own."""

    def __init__(self, writer: _Writer, render: Render) -> None:
        super().__init__()
        self._writer = writer
        self._render = render

    def emit(self, record: logging.LogRecord) -> None:
        entry: Entry = {"event": _message(record), "logger": record.name}
        if record.exc_info:
            entry["exc_info"] = record.exc_info
        entry = _leading(None, record.levelname.lower(), entry)
        entry = structlog.processors.format_exc_info(None, "", entry)
        self._writer.msg(self._render(_redacted(None, "", entry)))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments of other packages may raise anything when written out
        return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


def _leading(_: Any, method: str, entry: Entry) -> Entry:
    """Put the time, the level and the event's name in front of the other fields."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    level = "error" if method == "exception" else method
    return {"timestamp": now, "level": level, "event": entry.pop("event"), **entry}


def _redacted(_: Any, __: str, entry: Entry) -> Entry:
    return {
        key: value if key in _IDENTIFIERS or isinstance(value, int | float) else _clean(value)
        for key, value in entry.items()
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _redacted_before(value) if len(value) <= _SHORT else redact(value)
    if isinstance(value, dict):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    return value if value is None or isinstance(value, int | float) else redact(str(value))


@lru_cache(maxsize=4096)
def _redacted_before(text: str) -> str:
    """Redact a short text; most lines hold the same few reasons and names, and this is half of what a line costs."""
    return redact(text)


def _as_json(entry: Entry) -> bytes:
    try:
        return harmless_json(orjson.dumps(entry, option=_JSON))
    except TypeError:
        # orjson refuses integers over 64 bits and lone surrogates; a line must come out whatever it holds.
        return json.dumps(entry, default=str).encode() + b"\n"


def _for_reading(colours: bool) -> Render:
    renderer = structlog.dev.ConsoleRenderer(
        colors=colours, exception_formatter=structlog.dev.plain_traceback, sort_keys=False
    )

    def render(entry: Entry) -> bytes:
        shown = {key: _on_its_lines(key, value) for key, value in entry.items()}
        return f"{renderer(None, '', shown)}\n".encode("utf-8", "backslashreplace")

    return render


def _on_its_lines(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if key != "exception":
        return harmless(value)
    # A message of several lines must not look like another entry of the log.
    return harmless(value, keep="\n").replace("\n", "\n  ")
