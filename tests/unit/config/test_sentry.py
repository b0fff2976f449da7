"""What would be sent to Sentry, read from the envelopes of a real client."""

import copy
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import celery
import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from outhaul_config.secret import Secret
from outhaul_config.sentry import RecentReports, report_dead_letter, start_sentry
from outhaul_config.settings import Settings

SETTINGS = Settings(sentry_dsn=Secret("https://0123456789abcdef@sentry.invalid/42"))
EMAIL, PHONE, TOKEN, NAME = "mara@shop.example", "+40722123456", "whsec_c2VjcmV0LXNlY3JldA", "Ionescu"
BODY = {"customer": {"email": EMAIL, "phone": PHONE, "last_name": NAME}, "token": TOKEN}
PRIVATE = (EMAIL, "mara", PHONE, TOKEN, NAME, "last_name", "0123456789abcdef")


class Captured(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope.serialize())

    def event(self) -> dict[str, Any]:
        """Return the event of the one envelope, which must hold nothing private."""
        (envelope,) = self.envelopes
        for private in PRIVATE:
            assert private not in envelope.decode(), f"{private} would be sent"
        return dict(json.loads(envelope.splitlines()[2]))


@pytest.fixture
def sent() -> Iterator[Captured]:
    """A started Sentry whose envelopes stay here."""
    captured = Captured()
    start_sentry(SETTINGS, celery=True, transport=captured)
    yield captured
    stop()


def stop() -> None:
    """Take the client out of this process again."""
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    sentry_sdk.get_isolation_scope().clear()
    sentry_sdk.get_current_scope().clear()


def fail(body: dict[str, Any], words: str) -> None:
    """Raise with local variables that hold the body."""
    secret = body["token"]
    raise ValueError(words.format(body=body, secret=secret, text=json.dumps(body)))


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("cannot write {body}", "cannot write ..."),
        ("cannot write {text}", "cannot write ..."),
        ("no address for {body[customer][email]}", "no address for ***"),
        ("no number {body[customer][phone]}", "no number ***"),
        ("refused {secret}", "refused ***"),
        ("field '{body[customer][last_name]} of 3' is odd", "field ... is odd"),
        ("Authorization: Bearer {secret}", "Authorization: Bearer ***"),
    ],
)
def test_an_exception_is_sent_without_what_it_quotes(sent: Captured, words: str, kept: str) -> None:
    """Type and place of an exception are sent; of its text nothing private, of its frames no variables or source."""
    try:
        fail(BODY, words)
    except ValueError as error:
        sentry_sdk.capture_exception(error)
    (exception,) = sent.event()["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("ValueError", kept)
    frame = exception["stacktrace"]["frames"][-1]
    assert frame["function"] == "fail"
    assert set(frame) <= {"filename", "abs_path", "function", "module", "lineno", "in_app"}


def test_what_an_application_adds_to_an_event_is_not_sent(sent: Captured) -> None:
    """User, request, headers, extra values, contexts and breadcrumb data stay here."""
    sentry_sdk.set_user({"email": EMAIL, "username": NAME})
    sentry_sdk.set_extra("body", copy.deepcopy(BODY))
    sentry_sdk.set_context("payload", copy.deepcopy(BODY))
    sentry_sdk.set_tag("who", EMAIL)
    sentry_sdk.add_breadcrumb(
        message=f"posting to {EMAIL}", category="http", data={"body": copy.deepcopy(BODY), "url": f"?t={TOKEN}"}
    )
    sentry_sdk.get_current_scope().add_event_processor(with_request)
    sentry_sdk.capture_message(f"failed for {EMAIL} with {BODY}")
    event = sent.event()
    assert event["message"] == "failed for *** with ..."
    assert event["tags"] == {"who": "***"}
    assert event["breadcrumbs"]["values"][0]["message"] == "posting to ***"
    assert not {"user", "request", "extra"} & set(event)


def with_request(event: Any, _: Any) -> Any:
    """Add a request as a web framework's integration does."""
    # A copy, because the client's own scrubber changes what it is given.
    return event | {
        "request": {"data": copy.deepcopy(BODY), "headers": {"Authorization": TOKEN}, "query_string": f"t={TOKEN}"}
    }


def test_an_error_line_of_a_library_is_sent_without_its_arguments(sent: Captured) -> None:
    """Of a log record its template is sent; earlier lines are breadcrumbs, redacted."""
    logging.getLogger("library").warning("slow answer for %s", EMAIL)
    logging.getLogger("library").error("cannot handle %s for %s", BODY, NAME)
    event = sent.event()
    assert event["message"] == "cannot handle %s for %s"
    assert [each["message"] for each in event["breadcrumbs"]["values"]] == ["slow answer for ***"]


def test_a_failing_celery_task_is_sent_without_its_arguments(sent: Captured) -> None:
    """The integration reports a task's exception by its name, not with its arguments."""
    app = celery.Celery("test", set_as_current=False)

    @app.task(name="outhaul.fails")  # type: ignore[untyped-decorator] # Celery ships no types
    def fails(body: dict[str, Any], name: str) -> None:
        fail(body, "cannot write {body}")

    fails.apply(args=[BODY], kwargs={"name": NAME})
    event = sent.event()
    assert event["transaction"] == "outhaul.fails"
    assert event["exception"]["values"][0]["mechanism"] == {"type": "celery", "handled": False}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_in_a_thread_is_sent(sent: Captured) -> None:
    """A thread that dies is heard of."""
    thread = threading.Thread(target=fail, args=(BODY, "cannot write {body}"))
    thread.start()
    thread.join()
    assert sent.event()["exception"]["values"][0]["mechanism"]["handled"] is False


def test_a_chain_of_exceptions_is_sent_whole_and_clean(sent: Captured) -> None:
    """Causes are sent like the exception itself."""
    try:
        try:
            fail(BODY, "inner {text}")
        except ValueError as error:
            raise RuntimeError(f"outer {EMAIL}") from error
    except RuntimeError as error:
        sentry_sdk.capture_exception(error)
    assert [each["value"] for each in sent.event()["exception"]["values"]] == ["inner ...", "outer ***"]


def test_a_long_text_is_cut(sent: Captured) -> None:
    """No text of any length carries a payload along."""
    sentry_sdk.capture_message("x" * 5000)
    assert len(sent.event()["message"]) < 250


def test_dead_letters_are_grouped_by_destination_and_reason(sent: Captured) -> None:
    """The fingerprint groups by destination and reason, and says what died in words and tags."""
    report_dead_letter("shop-hooks", "http_400", "webhook")
    event = sent.event()
    assert event["fingerprint"] == ["outhaul.dead_letter", "shop-hooks", "http_400"]
    assert event["tags"] == {"destination": "shop-hooks", "reason": "http_400", "kind": "webhook"}
    assert event["level"] == "error"


def test_a_reason_with_personal_data_is_sent_without_it(sent: Captured) -> None:
    """A reason quoted from an answer is redacted in message, tags and fingerprint."""
    report_dead_letter("shop-hooks", f"refused {EMAIL}", "webhook")
    assert sent.event()["fingerprint"][2] == "refused ***"


def test_a_destination_that_refuses_everything_is_reported_once(sent: Captured) -> None:
    """A thousand dead letters of one reason are one report; another reason or destination is another."""
    for _ in range(1000):
        report_dead_letter("shop-hooks", "http_400", "webhook")
    assert len(sent.envelopes) == 1
    report_dead_letter("shop-hooks", "http_404", "webhook")
    report_dead_letter("other", "http_400", "webhook")
    assert len(sent.envelopes) == 3


def test_a_reason_that_lasts_is_reported_again_after_an_hour() -> None:
    """A report is not repeated within the hour, and not forgotten for ever."""
    now = 0.0
    reports = RecentReports(lambda: now)
    assert reports.due(("a", "x"))
    now = 3599.0
    assert not reports.due(("a", "x"))
    now = 3600.0
    assert reports.due(("a", "x"))


def test_endless_different_reasons_take_bounded_memory() -> None:
    """Reasons that never repeat do not fill the process."""
    reports = RecentReports()
    for number in range(25_000):
        reports.due(("a", str(number)))
    assert len(reports) <= 10_000


def test_personal_data_of_integrations_stays_off(sent: Captured) -> None:
    """Integrations are told to collect nothing about persons, and no local variables."""
    client = sentry_sdk.get_client()
    assert not client.should_send_default_pii()
    assert client.options["include_local_variables"] is False
    assert client.options["max_request_body_size"] == "never"


def test_without_a_dsn_nothing_starts_and_reports_are_ignored() -> None:
    """Sentry is opt-in."""
    start_sentry(Settings())
    assert not sentry_sdk.get_client().is_active()
    report_dead_letter("shop-hooks", "http_400", "webhook")


def test_starting_in_another_process_reports_from_there(sent: Captured) -> None:
    """What a parent reported does not keep its child quiet: each start begins anew, with its own transport."""
    report_dead_letter("shop-hooks", "http_400", "webhook")
    mine = Captured()
    start_sentry(SETTINGS, transport=mine)
    report_dead_letter("shop-hooks", "http_400", "webhook")
    assert (len(sent.envelopes), len(mine.envelopes)) == (1, 1)


def test_a_process_without_celery_reports_without_importing_it() -> None:
    """A web application stays light: neither the package nor a started Sentry imports Celery."""
    program = """
import sys
from outhaul_config import destinations, log_events, logging, sentry, settings
from outhaul_config.secret import Secret
sentry.start_sentry(settings.Settings(sentry_dsn=Secret("https://key@sentry.invalid/1")))
print({"celery", "kombu"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"
