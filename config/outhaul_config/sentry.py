"""Reports crashes and dead letters to Sentry, and nothing else: no payloads, no personal data, no credentials."""

import re
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.transport import Transport

from outhaul_config.redaction import redact
from outhaul_config.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Breadcrumb, BreadcrumbHint, Event, Hint

DEAD_LETTER = "outhaul.dead_letter"

_QUIET = 3600.0
_REMEMBERED = 10_000
_LONGEST_TEXT = 200
_WITHHELD = "..."

# What may leave is listed; what Sentry or an integration adds one day stays here until it is listed too.
_TECHNICAL = (
    "event_id", "timestamp", "platform", "level", "logger", "sdk", "release", "environment", "server_name",
)  # fmt: skip
_CRUMB = ("type", "category", "level", "timestamp")
_FRAME = ("filename", "abs_path", "function", "module", "lineno", "in_app")
_EXCEPTION = ("type", "module", "thread_id")

# Where an exception's text begins to quote a document: {"..., [{..., b'..., <tag.
_DOCUMENT = re.compile(r"[\[{]\s*[\"'\\{\[]|\bb['\"]|<[a-zA-Z?!]")
_QUOTED_PROSE = re.compile(r"(?<!\w)(['\"])[^'\"]*\s[^'\"]*\1(?!\w)")


def start_sentry(settings: Settings, *, celery: bool = False, transport: Transport | None = None) -> None:
    """Start reporting from this process; without a DSN in the settings do nothing.

    Call it in each process, after the fork: the client owns a thread and sockets, which must not cross one. Exceptions
    that nobody catches, also in threads, and records of level error are reported. Events hold the exceptions' types,
    the places in the code, and texts that are redacted and cut where they begin to quote a document; they hold no
    local variables, source lines, arguments, bodies, headers or users.

    Args:
        celery: also report exceptions of Celery tasks; only then is Celery imported.
        transport: what envelopes are given to, in place of the DSN's host.
    """
    if not settings.sentry_dsn:
        return
    _reports.forget()
    sentry_sdk.init(
        dsn=settings.sentry_dsn.reveal(),
        transport=transport,
        release=f"outhaul@{version('outhaul')}",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=_integrations(celery),
        # send_default_pii is off unless asked for; naming it, even to say no, is deprecated.
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        before_send=_scrubbed,
        before_send_transaction=_scrubbed,
        before_breadcrumb=_scrubbed_crumb,
    )


def report_dead_letter(destination: str, reason: str, kind: str) -> None:
    """Report that deliveries of a destination end as dead letters for a reason, if Sentry was started.

    Sentry groups them by destination and reason. This process reports each at most once an hour, so that a
    broken endpoint does not send a report for every one of its deliveries.

    Args:
        destination: the destination's name.
        reason: why, in few words that are the same for like failures.
        kind: the destination's kind.
    """
    said = _said(reason)
    if not sentry_sdk.get_client().is_active() or not _reports.due((destination, said)):
        return
    with sentry_sdk.new_scope() as scope:
        scope.fingerprint = [DEAD_LETTER, destination, said]
        scope.set_tags({"destination": destination, "kind": kind, "reason": said})
        scope.capture_message(f"Dead letters of {destination}: {said}", level="error")


class RecentReports:
    """Remembers what this process reported within the last hour, in seconds of `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[tuple[str, str], float] = {}

    def due(self, report: tuple[str, str]) -> bool:
        """Say whether a report was not made within the last hour, and take it for made now."""
        now = self._clock()
        if now - self._last.get(report, -_QUIET) < _QUIET:
            return False
        if len(self._last) >= _REMEMBERED:
            self._last.clear()
        self._last[report] = now
        return True

    def __len__(self) -> int:
        return len(self._last)

    def forget(self) -> None:
        """Take every report for not made."""
        self._last.clear()


_reports = RecentReports()


def _integrations(celery: bool) -> list[Integration]:
    # Listed one by one: the defaults also patch HTTP clients, record the command line, and import any framework found.
    chosen: list[Integration] = [
        AtexitIntegration(),
        DedupeIntegration(),
        ExcepthookIntegration(),
        LoggingIntegration(),
        ThreadingIntegration(),
    ]
    if celery:
        from sentry_sdk.integrations.celery import CeleryIntegration

        chosen.append(CeleryIntegration(propagate_traces=False))
    return chosen


def _scrubbed(event: "Event", _: "Hint") -> "Event":
    """Build the event that may leave out of the one Sentry made."""
    given: dict[str, Any] = dict(event)
    kept = _only(_TECHNICAL, given)
    if "exception" in given:
        kept["exception"] = {"values": [_exception(each) for each in _values(given["exception"])]}
    if "breadcrumbs" in given:
        kept["breadcrumbs"] = {"values": [_crumb(each) for each in _values(given["breadcrumbs"])]}
    text = given.get("message") or (given.get("logentry") or {}).get("message")
    if text:
        kept["message"] = _said(text)
    if "transaction" in given:
        kept["transaction"] = _said(given["transaction"])
    if "fingerprint" in given:
        kept["fingerprint"] = [_said(each) for each in given["fingerprint"]]
    kept["tags"] = {key: _said(value) for key, value in (given.get("tags") or {}).items()}
    kept["contexts"] = _only(("runtime",), given.get("contexts") or {})
    return kept  # type: ignore[return-value] # the keys are the event's own


def _scrubbed_crumb(crumb: "Breadcrumb", _: "BreadcrumbHint") -> "Breadcrumb":
    return _crumb(crumb)


def _crumb(crumb: dict[str, Any]) -> dict[str, Any]:
    return {**_only(_CRUMB, crumb), "message": _said(crumb.get("message") or "")}


def _exception(exception: dict[str, Any]) -> dict[str, Any]:
    mechanism = _only(("type", "handled"), exception.get("mechanism") or {"type": "generic"})
    frames = (exception.get("stacktrace") or {}).get("frames") or []
    return {
        **_only(_EXCEPTION, exception),
        "value": _said(exception.get("value") or ""),
        "mechanism": mechanism,
        "stacktrace": {"frames": [_only(_FRAME, frame) for frame in frames]},
    }


def _said(text: Any) -> str:
    """Return what may be passed on of a text: its beginning, without personal data and without what it quotes."""
    whole = str(text)
    document = _DOCUMENT.search(whole)
    said = f"{whole[: document.start()]}{_WITHHELD}" if document else whole
    said = redact(_QUOTED_PROSE.sub(_WITHHELD, said))
    return said if len(said) <= _LONGEST_TEXT else f"{said[:_LONGEST_TEXT]}{_WITHHELD}"


def _values(listed: Any) -> Iterable[dict[str, Any]]:
    return (listed.get("values") or []) if isinstance(listed, dict) else listed or []


def _only(keys: Iterable[str], given: dict[str, Any]) -> dict[str, Any]:
    return {key: given[key] for key in keys if key in given}
