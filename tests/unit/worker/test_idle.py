"""Which idle connections are kept."""

import queue

import pytest

from outhaul_worker.transports import idle
from outhaul_worker.transports.idle import IdleConnections, IdleStack


class Line:
    """Something that can be closed."""

    is_closed = False

    def close(self) -> None:
        """Remember it."""
        self.is_closed = True


def test_the_connection_used_last_is_taken_first() -> None:
    """Recently used connections are the least likely to have been closed by the peer."""
    stack = IdleStack(IdleConnections(most=10))
    first, second = Line(), Line()
    stack.put(first)
    stack.put(second)
    assert [stack.get(), stack.get()] == [second, first]
    with pytest.raises(queue.Empty):
        stack.get()


def test_beyond_the_limit_the_one_idle_for_longest_is_closed() -> None:
    """The limit counts over all hosts, so many hosts cannot use up the file descriptors."""
    connections = IdleConnections(most=2)
    one, other = IdleStack(connections), IdleStack(connections)
    lines = [Line() for _ in range(3)]
    one.put(lines[0])
    other.put(lines[1])
    one.put(lines[2])
    assert [line.is_closed for line in lines] == [True, False, False]
    assert (one.get(), other.get()) == (lines[2], lines[1])


def test_a_connection_idle_for_more_than_a_minute_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections of a host that gets no more events do not stay open for ever."""
    stack = IdleStack(IdleConnections(most=10))
    now = 1000.0
    monkeypatch.setattr(idle, "monotonic", lambda: now)
    old, fresh = Line(), Line()
    stack.put(old)
    now += 61
    stack.put(fresh)
    assert (old.is_closed, stack.get()) == (True, fresh)


def test_places_and_closed_connections_are_not_kept() -> None:
    """What cannot be reused takes no room."""
    stack = IdleStack(IdleConnections(most=10))
    closed = Line()
    closed.close()
    stack.put(closed)
    stack.put(None)
    with pytest.raises(queue.Empty):
        stack.get()
