"""The endpoints that benchmarks deliver to."""

import time
from pathlib import Path

import pytest
import requests

from eventually import eventually
from outhaul_ops.bench.receiver import find_nginx, quick_receiver, slow_receiver


@pytest.mark.parametrize("nginx", dict.fromkeys((None, find_nginx())), ids=lambda path: "nginx" if path else "ours")
def test_a_receiver_accepts_over_one_connection_and_notes_each_message(nginx: Path | None, tmp_path: Path) -> None:
    """Every request is answered 200 without closing the connection, and is in the log a moment later by its id."""
    with quick_receiver(tmp_path, nginx) as receiver, requests.Session() as session:
        arrivals = receiver.arrivals()
        for path, number in (("", 1), ("", 2), ("shop-1", 2), ("", 3), ("", 3)):
            headers = {"webhook-id": f"m{number}"}
            answer = session.post(receiver.url + path, data=b"x" * 2500, headers=headers, timeout=5)
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers.get("connection", "keep-alive") == "keep-alive"
        eventually(lambda: arrivals.read() == 4 and arrivals.repeated == 1, within=5)
        assert (
            arrivals.late(dict.fromkeys(("m1", "m2", "m2/shop-1", "m3", "m4"), 0.0))
            == [pytest.approx(time.time(), abs=60)] * 4
        )
        assert receiver.requests() == 5
        assert receiver.processor_seconds() >= 0
        assert receiver.name.split()[0] == ("nginx" if nginx else "outhaul-receiver")


def test_our_own_receiver_waits_for_a_body_that_comes_in_pieces(tmp_path: Path) -> None:
    """A request is answered and noted once, when all of it is there."""
    with quick_receiver(tmp_path, None) as receiver:
        arrivals = receiver.arrivals()
        answer = requests.post(receiver.url, data=b"x" * 200_000, headers={"webhook-id": "m1"}, timeout=5)
        assert answer.status_code == 200
        eventually(lambda: arrivals.read() == 1, within=5)
        assert arrivals.repeated == 0


def test_a_slow_receiver_answers_no_sooner_than_it_is_told_to(tmp_path: Path) -> None:
    """Who measures with latency gets all of it."""
    with slow_receiver(tmp_path, "0.2") as receiver:
        answer = requests.post(receiver.url, data=b"x", headers={"webhook-id": "m1"}, timeout=5)
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() >= 0.2


def test_a_receiver_that_never_answers_keeps_whoever_asks_waiting(tmp_path: Path) -> None:
    """A hanging endpoint takes connection and request, and says nothing."""
    with slow_receiver(tmp_path, "never") as receiver, pytest.raises(requests.ReadTimeout):
        requests.post(receiver.url, data=b"x" * 2500, headers={"webhook-id": "m1"}, timeout=0.3)


def test_a_receiver_that_drips_keeps_whoever_reads_waiting(tmp_path: Path) -> None:
    """The answer begins, and goes on a byte at a time: no single read is late, and the end never comes."""
    with slow_receiver(tmp_path, "drip") as receiver:
        answer = requests.post(receiver.url, data=b"x", headers={"webhook-id": "m1"}, timeout=5, stream=True)
        assert answer.status_code == 200
        pieces = answer.iter_content(1)
        assert [next(pieces), next(pieces)] == [b".", b"."]
        assert answer.elapsed.total_seconds() < 1
        answer.close()
