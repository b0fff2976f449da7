"""What a process writes to its log."""

import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog

from outhaul_config import log_events
from outhaul_config.log_events import AttemptLine, delivery_attempted
from outhaul_config.logging import configure_logging
from outhaul_config.secret import Secret
from outhaul_config.settings import Settings

ATTEMPT = AttemptLine(
    event_id="0040722123456",
    destination="shop-hooks",
    kind="webhook",
    type="order.created",
    attempt=2,
    outcome="retry",
    status=503,
    duration_ms=12.5,
    due_in_ms=5000,
    reason="busy, ask mara@shop.example",
    worker="host-1:12",
    possible_duplicate=False,
)
EMAIL = "mara@shop.example"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Put logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """Configure logging into a file; the result is called to read the lines."""
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def read(settings: Settings | None = None) -> list[str]:
        if settings:
            configure_logging(settings, descriptor)
        return path.read_text(encoding="utf-8").splitlines()

    read(Settings())
    yield read
    os.close(descriptor)


def entry(lines: list[str]) -> dict[str, Any]:
    """Return the one line, read as JSON."""
    (line,) = lines
    return dict(json.loads(line))


def test_an_attempt_leaves_one_line_with_all_its_fields(written: Callable[..., list[str]]) -> None:
    """The line has the fixed fields, redacted where they are free text, untouched where they are identifiers."""
    delivery_attempted(**ATTEMPT)
    line = entry(written())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    expected = {"level": "info", "event": "delivery.attempted", **ATTEMPT, "reason": "busy, ask ***"}
    assert line == expected
    assert list(line) == list(expected)


def test_lines_of_libraries_look_like_our_own(written: Callable[..., list[str]]) -> None:
    """Records of the standard library come out in the same form, redacted."""
    logging.getLogger("kombu.connection").warning("lost %s for %s", "redis://:pw@host/0", EMAIL)
    line = entry(written())
    assert (line["level"], line["logger"]) == ("warning", "kombu.connection")
    assert line["event"] == "lost redis://***@host/0 for ***"


def test_a_traceback_comes_redacted_and_without_local_variables(written: Callable[..., list[str]]) -> None:
    """An exception shows where it happened, not with which data."""

    def fail(body: dict[str, str]) -> None:
        raise ValueError(f"bad {body['email']}")

    for log in (structlog.get_logger(), logging.getLogger("x")):
        try:
            fail({"email": EMAIL, "name": "Ionescu"})
        except ValueError:
            log.exception("step.failed")
    lines = written()
    assert len(lines) == 2
    for line in map(json.loads, lines):
        assert line["level"] == "error"
        assert "ValueError: bad ***" in line["exception"]
        assert "Ionescu" not in line["exception"].replace('"name": "Ionescu"', "")


def test_values_of_any_type_come_out_on_one_line(written: Callable[..., list[str]]) -> None:
    """Whatever is given as a field is written, without secrets, bytes or personal data."""

    @dataclass
    class Holder:
        key: str = EMAIL

    structlog.get_logger().info(
        "odd.values",
        secret=Secret("hunter2"),
        body=b"payload",
        nested={"to": [EMAIL, ("a", {EMAIL})]},
        big=2**70,
        surrogate="\udcff",
        holder=Holder(),
        nothing=None,
    )
    line = entry(written())
    assert (line["secret"], line["body"], line["big"]) == ("***", "<7 bytes>", 2**70)
    assert line["nested"] == {"to": ["***", ["a", ["***"]]]}
    assert EMAIL not in json.dumps(line)
    assert "hunter2" not in json.dumps(line)


def test_a_record_that_cannot_be_written_out_still_leaves_a_line(written: Callable[..., list[str]]) -> None:
    """A library's mistake in its log call does not raise, and does not show the arguments."""
    written(Settings())
    logging.getLogger("x").error("%d items", EMAIL)
    assert entry(written())["event"] == "%d items"


def test_lines_below_the_level_are_left_out(written: Callable[..., list[str]]) -> None:
    """The level holds for our lines and for those of libraries."""
    written(Settings(log_level="warning"))
    delivery_attempted(**ATTEMPT)
    logging.getLogger("x").info("quiet")
    logging.getLogger("x").warning("loud")
    assert entry(written())["event"] == "loud"


def test_the_console_format_is_for_reading_and_as_discreet(written: Callable[..., list[str]]) -> None:
    """The other format holds the same fields, redacted, without colours where nobody looks."""
    written(Settings(log_format="console"))
    delivery_attempted(**ATTEMPT)
    try:
        raise ValueError(EMAIL)
    except ValueError:
        structlog.get_logger().exception("step.failed")
    lines = written()
    assert "delivery.attempted" in lines[0]
    assert "destination=shop-hooks" in lines[0]
    text = "\n".join(lines)
    assert "ValueError: ***" in text
    assert EMAIL not in text.replace(f'"{EMAIL}"', "")
    assert "\x1b" not in text


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_text_of_others_is_obeyed_by_a_terminal_or_begins_an_entry(
    written: Callable[..., list[str]], log_format: Literal["console", "json"]
) -> None:
    """Answers, ids and messages of libraries come out with their controls escaped, on the line of their entry."""
    forged = "\x1b[2J\n2026-03-05T08:15:00.000Z [info] delivery.attempted \x9b31m\r\x85\u2028\u202e\x7f"
    written(Settings(log_format=log_format))
    answered: AttemptLine = {**ATTEMPT, "reason": forged, "worker": "\x1b[31mw"}
    coloured: AttemptLine = {**ATTEMPT, "reason": "\x1b[31mred"}
    delivery_attempted(**answered)
    delivery_attempted(**coloured)
    logging.getLogger("x").warning("refused %s", forged)
    structlog.get_logger().info("odd.values", nested={"to": [forged]})
    try:
        raise ValueError(forged)
    except ValueError:
        structlog.get_logger().exception("step.failed")
    lines = written()
    assert all(line.isprintable() for line in lines)
    started = [line for line in lines if re.match(r'(\{"timestamp":")?\d{4}-\d\d-', line)]
    assert len(started) == 5
    if log_format == "json":
        assert len(lines) == 5
        assert json.loads(lines[0])["reason"] == forged


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    """When the reader of a pipe is gone, logging is silent."""
    reader, writer = os.pipe()
    os.close(reader)
    configure_logging(Settings(), writer)
    delivery_attempted(**ATTEMPT)
    os.close(writer)


def test_configuring_again_replaces_the_former_set_up(written: Callable[..., list[str]]) -> None:
    """A process that is configured twice writes each line once."""
    written(Settings())
    logging.getLogger("x").warning("once")
    delivery_attempted(**ATTEMPT)
    assert len(written()) == 2


def test_every_name_of_a_line_is_a_thing_and_what_happened_to_it() -> None:
    """Names are of one form and differ from each other, so that they can be searched for."""
    names = [value for name, value in vars(log_events).items() if name.isupper()]
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in names)
    assert len(names) == len(set(names)) > 0
