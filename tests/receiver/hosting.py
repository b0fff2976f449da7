"""A thread of its own with an event loop, for a server that a test starts and stops."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from threading import Thread
from types import TracebackType
from typing import Self


class Hosted(ABC):
    """A server that runs beside the test: `with` starts and stops it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="receiver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Have the server do something, and wait until it has."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    @abstractmethod
    async def _listen(self) -> None:
        """Begin to accept connections."""

    @abstractmethod
    async def _stop(self) -> None:
        """Accept no more, and end those there are."""
