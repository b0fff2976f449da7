"""Where a drain is told that there is work while it waits for answers, or for nothing else."""

from typing import TYPE_CHECKING, cast

import redis

from outhaul_config import keys
from outhaul_ledger.ledger import Ledger

if TYPE_CHECKING:
    import socket


class Doorbell:
    """A bell that a drain listens for on a connection of its own. For one thread.

    A ring is a hint: one that is lost, because the drain ends or its connection breaks, makes work wait until somebody
    looks for it, no longer than a second.
    """

    def __init__(self, ledger: Ledger, drain: str) -> None:
        self._ledger, self._drain = ledger, drain
        self._connection: redis.Connection | None = None
        self._late = False

    @property
    def listening(self) -> bool:
        """True while whoever makes work due may ring here, or somebody would have."""
        return self._late or self._connection is not None

    @property
    def descriptor(self) -> int | None:
        """The file descriptor that can be read when listening ends; None where nobody listens, or it has ended."""
        if not self._connection:
            return None
        connected = cast("socket.socket | None", self._connection._sock)  # noqa: SLF001 - the client hides it
        return connected.fileno() if connected else None

    def listen(self, seconds: float) -> None:
        """Begin to listen, unless that has begun; it ends with the first ring or after `seconds`.

        `seconds` must stay below the client's socket time-out.

        Raises:
            LedgerUnavailable: the ledger does not answer.
        """
        if self.listening:
            return
        self._late = self._ledger.listen(self._drain, int(seconds * 1000))
        if self._late:
            return
        idle, bell = (keys.stem(name, self._ledger.namespace) for name in ("idle", "bell"))
        with self._ledger.translating():
            self._connection = self._ledger.client.connection_pool.get_connection()
            # The second is run once the first was answered: nobody rings for a drain that does not listen any more.
            commands = (("BLPOP", bell, seconds), ("ZREM", idle, self._drain))
            packed = self._connection.pack_commands(commands)  # type: ignore[no-untyped-call] # has no types
            try:
                self._connection.send_packed_command(packed)  # type: ignore[no-untyped-call] # likewise
            except BaseException:
                self.close()
                raise

    def heard(self) -> bool:
        """Say whether there was a ring; returns at once.

        Raises:
            LedgerUnavailable: the connection has broken.
        """
        if not self._connection:
            return self.wait()
        with self._ledger.translating():
            try:
                ready = self._connection.can_read(0)
            except redis.RedisError:
                self.close()
                raise
        return ready and self.wait()

    def wait(self) -> bool:
        """Wait until listening ends; True when it ended with a ring.

        Raises:
            LedgerUnavailable: the connection has broken, or nothing comes.
        """
        if not self._connection:
            late, self._late = self._late, False
            return late
        with self._ledger.translating():
            try:
                rung = self._connection.read_response() is not None
                self._connection.read_response()
            except BaseException:
                self.close()
                raise
        self._ledger.client.connection_pool.release(self._connection)
        self._connection = None
        return rung

    def close(self) -> None:
        """Listen no more."""
        connection, self._connection, self._late = self._connection, None, False
        if connection:
            connection.disconnect()  # type: ignore[no-untyped-call] # has no types
            self._ledger.client.connection_pool.release(connection)
