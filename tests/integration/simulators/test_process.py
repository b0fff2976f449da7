"""A simulator as a process: how it starts, says where it is, and ends."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from eventually import eventually

COMMAND = [sys.executable, "-m", "outhaul_ops.simulators"]

# A process that starts a simulator with `--with-parent`, repeats its line and then waits to be killed.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "outhaul_ops.simulators", *sys.argv[1:]], stdout=subprocess.PIPE)
print(child.stdout.readline().decode().strip(), flush=True)
sys.stdin.read()
"""


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running process and the address it printed."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            matched = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
            assert matched, line
            yield process, matched[1]
        finally:
            process.kill()


def answers(url: str) -> bool:
    """Whether something answers there."""
    try:
        return requests.get(f"{url}/_simulator/", timeout=10).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("kind", ["remarkety", "webhook"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_simulator_process_serves_and_ends_cleanly(kind: str, number: signal.Signals) -> None:
    """It prints its address, answers there, and exits with status 0 and nothing more to say."""
    with started([*COMMAND, kind]) as (process, url):
        assert requests.get(f"{url}/_simulator/", timeout=10).json()["kind"] == kind
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_hanging_requests_do_not_delay_the_end() -> None:
    """A process with a request that hangs still ends at once."""
    with started([*COMMAND, "remarkety", "--misbehave", "all: hang"]) as (process, url):
        with pytest.raises(requests.ReadTimeout):
            requests.post(f"{url}/webhooks/?storeId=AAABBB", data=b"{}", timeout=0.2)
        process.terminate()
        assert process.wait(timeout=5) == 0


def test_options_and_misbehaviour_are_taken_from_the_command_line() -> None:
    """`--set` and `--misbehave` shape the vendor from its first request on."""
    arguments = ["--set", "store_id=S9", "--set", "api_key=k9", "--misbehave", "next 1: 503", "--misbehave", "all: 418"]
    with started([*COMMAND, "remarkety", *arguments]) as (_, url):
        headers = {"content-type": "application/json", "x-event-type": "customers/update", "x-token": "k9"}

        def update() -> int:
            address = f"{url}/webhooks/?storeId=S9"
            return requests.post(address, json={"email": "m@shop.example"}, headers=headers, timeout=10).status_code

        assert [update(), update()] == [503, 418]
        requests.post(f"{url}/_simulator/mend", timeout=10)
        assert update() == 200


def test_a_simulator_ends_with_its_parent() -> None:
    """With `--with-parent` a killed parent takes the simulator with it."""
    with started([sys.executable, "-c", PARENT, "webhook", "--with-parent"]) as (parent, url):
        assert answers(url)
        parent.kill()
        eventually(lambda: not answers(url), within=10, what="the simulator is gone")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["remarketi"], "remarkety"),
        (["remarkety", "--set", "storeid=S"], "nearest known: store_id"),
        (["remarkety", "--set", "store_id"], "NAME=VALUE"),
        (["webhook", "--set", "check_body=maybe"], "check_body: expected"),
        (["webhook", "--set", "secrets="], "whsec_"),
        (["webhook", "--misbehave", "all: explode"], "expected a status"),
    ],
)
def test_a_mistaken_command_line_is_explained(arguments: list[str], hint: str) -> None:
    """Mistakes end with status 2 and say what was expected."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert hint in done.stderr


def test_a_taken_port_is_explained() -> None:
    """The second on a port says which address it wanted."""
    with started([*COMMAND, "webhook"]) as (_, url):
        port = url.rpartition(":")[2]
        done = subprocess.run(
            [*COMMAND, "webhook", "--port", port], capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
