"""The endpoints that benchmarks deliver to."""

from pathlib import Path

import pytest
import requests

from eventually import eventually
from outhaul_ops.bench.receiver import NGINX, receiving


def receivers() -> list[Path]:
    """Where nginx may be: nowhere, which leaves our own receiver, and where it is if this machine has it."""
    return [Path("/nowhere/nginx"), *([NGINX] if NGINX.exists() else [])]


@pytest.mark.parametrize("nginx", receivers(), ids=lambda path: path.parent.name)
def test_a_receiver_accepts_over_one_connection_and_notes_each_message(nginx: Path, tmp_path: Path) -> None:
    """Every request is answered 200 without closing the connection, and is in the log a moment later by its id."""
    with receiving(tmp_path, nginx) as receiver, requests.Session() as session:
        arrivals = receiver.arrivals()
        for number in (1, 2, 3, 3):
            answer = session.post(receiver.url, data=b"x" * 2500, headers={"webhook-id": f"m{number}"}, timeout=5)
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers.get("connection", "keep-alive") == "keep-alive"
        eventually(lambda: arrivals.read() == 3 and arrivals.repeated == 1, within=5)
        assert receiver.name.split()[0] == ("nginx" if nginx.exists() else "outhaul-receiver")


def test_our_own_receiver_waits_for_a_body_that_comes_in_pieces(tmp_path: Path) -> None:
    """A request is answered and noted once, when all of it is there."""

    with receiving(tmp_path, Path("/nowhere/nginx")) as receiver:
        arrivals = receiver.arrivals()
        answer = requests.post(receiver.url, data=b"x" * 200_000, headers={"webhook-id": "m1"}, timeout=5)
        assert answer.status_code == 200
        eventually(lambda: arrivals.read() == 1, within=5)
        assert arrivals.repeated == 0
