"""Accepting events from files."""

from pathlib import Path

import orjson
import pytest

from integration.ops.console import Console
from outhaul_ops.embedded import EmbeddedServer


def line(event_id: str, **sections: object) -> bytes:
    """Return a valid line."""
    return orjson.dumps({"type": "custom.ping", "id": event_id, "properties": {"n": 1}, **sections}) + b"\n"


def test_every_valid_line_is_accepted_and_every_other_reported(console: Console, site: Path) -> None:
    """A bad line costs the good ones nothing; it is told with its number, and the exit status is 1."""
    lines = [line("ev_a1"), b"\n", b"{not json\n", line("ev_a2", order={"items": [{"price": "x"}]}), line("ev_a3")]
    (site / "events.ndjson").write_bytes(b"".join(lines))
    result = console.run("enqueue", "events.ndjson", status=1)
    told = result.stderr.splitlines()
    assert [each.partition(":")[0] for each in told] == ["line 3", "line 4"]
    assert "order.items[0].price" in told[1]
    assert result.stdout == "accepted 2, rejected 2\n"
    assert console.json("status", "ev_a3")["event_id"] == "ev_a3"


def test_a_program_learns_the_same_as_json(console: Console) -> None:
    """--json gives one object: the rejections with line, reason and problems by path, and the numbers."""
    given = line("ev_b1") + line("ev_b1") + line("ev_b1", properties={"n": 2}) + b"[]\n" + b'{"type": "order.created"}'
    told = console.json("enqueue", "-", given=given, status=1)
    assert (told["accepted"], told["duplicates"], told["rejected"], told["unanswered_from_line"]) == (1, 1, 3, None)
    assert [rejection["line"] for rejection in told["rejections"]] == [3, 4, 5]
    assert "ev_b1" in told["rejections"][0]["reason"]
    assert list(told["rejections"][2]["problems"]) == ["order"]


def test_running_a_file_again_accepts_nothing_twice(console: Console) -> None:
    """Events with ids of their own are duplicates the second time, which is no error."""
    given = b"".join(line(f"ev_c{number}") for number in range(1_100))
    assert console.json("enqueue", "-", given=given)["accepted"] == 1_100
    assert console.json("enqueue", "-", given=given)["duplicates"] == 1_100


def test_a_line_without_end_does_not_fill_the_memory(console: Console) -> None:
    """A line over 1 MiB is refused, and reading goes on behind it."""
    told = console.json("enqueue", "-", given=b"x" * 5_000_000 + b"\n" + line("ev_d1"), status=1)
    assert (told["accepted"], [each["line"] for each in told["rejections"]]) == (1, [1])


def test_a_byte_order_mark_is_no_mistake(console: Console) -> None:
    """Files saved with a UTF-8 mark are read."""
    assert console.json("enqueue", "-", given=b"\xef\xbb\xbf" + line("ev_e1"))["accepted"] == 1


def test_an_empty_file_is_accepted(console: Console) -> None:
    """Nothing to do is no error."""
    assert console.json("enqueue", "-", given=b"")["accepted"] == 0


def test_a_missing_file_is_wrong_usage(console: Console) -> None:
    """The message names the file; the status is 2."""
    assert "nothing.ndjson" in console.run("enqueue", "nothing.ndjson", status=2).stderr


def test_a_silent_ledger_stops_it_at_a_known_line(
    console: Console, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a ledger the command ends with 2 and says from which line on to go on; it reports no rejections."""
    monkeypatch.setenv("OUTHAUL_LEDGER_URL", own_server.url)
    own_server.stop()
    result = console.run("enqueue", "-", given=b"{]\n" + line("ev_f1") + line("ev_f2"), status=2)
    assert "tail -n +2 FILE" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == "accepted 0, rejected 1\n"
