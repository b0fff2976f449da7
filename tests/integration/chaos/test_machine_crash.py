"""The crash of a machine must cost what was not on its disk, and nothing that was."""

from collections.abc import Callable
from threading import Event, Thread

import redis

from outhaul_ops.chaos.faults.machine import append_only_file, crash
from outhaul_ops.embedded import EmbeddedServer


def writing(url: str, written: list[int], ended: Event, *, confirmed: bool) -> Callable[[], None]:
    """Write numbers, and note each that the server, or with `confirmed` its disk, has."""

    def write() -> None:
        with redis.Redis.from_url(url) as client:
            for number in range(1_000_000):
                if ended.is_set():
                    return
                try:
                    client.set(f"{confirmed}:{number}", 1)
                    if not confirmed or client.waitaof(1, 0, 5000)[0]:
                        written.append(number)
                except redis.RedisError:
                    return
                ended.wait(0.001)

    return write


def test_what_the_disk_had_confirmed_survives_and_what_only_the_server_had_is_gone(own_server: EmbeddedServer) -> None:
    """Both writers were answered; only the one that waited for the disk finds everything again."""
    ended, told, kept = Event(), list[int](), list[int]()
    writers = [
        Thread(target=writing(own_server.url, told, ended, confirmed=False)),
        Thread(target=writing(own_server.url, kept, ended, confirmed=True)),
    ]
    for writer in writers:
        writer.start()
    found = crash(own_server, 0.6)
    ended.set()
    for writer in writers:
        writer.join(10)
    own_server.start()
    with own_server.client() as client:
        assert kept
        assert all(client.exists(f"True:{number}") for number in kept)
        gone = [number for number in told if not client.exists(f"False:{number}")]
    assert gone
    assert gone == told[-len(gone) :]
    assert 0 < found.at - found.since < 2


def test_the_file_that_is_cut_is_the_one_that_grows(own_server: EmbeddedServer) -> None:
    """A server keeps several files; only the last one is appended to."""
    before = append_only_file(own_server.folder).stat().st_size
    with own_server.client() as client:
        client.set("a", "b" * 1000)
        client.waitaof(1, 0, 5000)
    assert append_only_file(own_server.folder).stat().st_size > before + 1000
