"""Ctrl-C and its like, looked at between two steps, so that none can fall between starting a process and knowing it."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS = 0.05
# `timeout` and some shells deliver one request to end twice, at once.
_SECOND_AFTER_SECONDS = 0.3


class Interruption:
    """While entered, SIGINT, SIGTERM and SIGHUP only leave a note; a second one kills the process groups it was given.

    Enter it in the main thread.
    """

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._groups: set[int] = set()
        self._previous: dict[signal.Signals, Any] = {}

    def check(self) -> None:
        """Raise if there was a signal.

        Raises:
            KeyboardInterrupt: there was one.
        """
        if self._asked_at is not None:
            raise KeyboardInterrupt

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until there is a signal.

        Raises:
            KeyboardInterrupt: there was one.
        """
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))
            self.check()

    @contextmanager
    def killing(self, group: int) -> Iterator[None]:
        """Have a second signal kill this process group for as long as the context lasts."""
        self._groups.add(group)
        try:
            yield
        finally:
            self._groups.discard(group)

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            # Under nohup the end of the terminal is none of our business.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif now - self._asked_at > _SECOND_AFTER_SECONDS:
            for group in tuple(self._groups):
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
