"""The crash of a machine costs the last moments with `everysec`, and nothing that was answered with `always`."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
import redis

from outhaul_ops.chaos.faults.machine import append_only_file, crash
from outhaul_ops.embedded import EmbeddedServer

SECONDS = 0.4


def writing(url: str, written: list[str], ended: Event) -> Callable[[], None]:
    """Write keys, and note each that the server has answered."""

    def write() -> None:
        with redis.Redis.from_url(url) as client:
            while not ended.wait(0.001):
                try:
                    client.set(f"key-{len(written)}", 1)
                except redis.RedisError:
                    return
                written.append(f"key-{len(written)}")

    return write


@pytest.mark.parametrize(("appendfsync", "costs"), [("everysec", True), ("always", False)])
def test_a_machine_that_crashes_forgets_what_its_disk_did_not_have(
    tmp_path: Path, appendfsync: str, costs: bool
) -> None:
    """What is gone was written last, within the window that the crash is said to have."""
    written, ended = list[str](), Event()
    with EmbeddedServer(tmp_path / "server", appendfsync="always" if appendfsync == "always" else "everysec") as server:
        writer = Thread(target=writing(server.url, written, ended))
        writer.start()
        found = crash(server, SECONDS)
        ended.set()
        writer.join(10)
        server.start()
        with server.client() as client:
            gone = [key for key in written if not client.exists(key)]
    assert bool(gone) is costs
    assert gone == written[len(written) - len(gone) :]
    assert (found.until - found.since >= SECONDS) is costs


def test_the_file_that_is_cut_is_the_one_that_grows(own_server: EmbeddedServer) -> None:
    """A server keeps several files; only the last one is appended to."""
    before = append_only_file(own_server.folder).stat().st_size
    with own_server.client() as client:
        client.set("a", "b" * 1000)
    assert append_only_file(own_server.folder).stat().st_size > before + 1000
