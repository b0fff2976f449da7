"""How an operation gets to the server: by the digest of its script, reloaded where the server has forgotten it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Self

import redis

from outhaul_ledger.errors import DurabilityMissing, LedgerUnavailable, is_refusal
from outhaul_ledger.operations import load
from outhaul_ledger.server import inspect_server


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a call that must not be lost waits for.

    Args:
        disk: whether the server's disk, and those of the replicas, must have what it wrote.
        replicas: how many replicas must have it.
        wait_ms: for how long.
    """

    disk: bool = False
    replicas: int = 0
    wait_ms: int = 0


class Scripts:
    """What runs operations on a server; thread-safe and fork-safe, as its client is."""

    def __init__(self, client: redis.Redis, namespace: str, confirmation: Confirmation = Confirmation()) -> None:
        """Use `client`, which must answer bytes, for keys of `namespace`.

        Args:
            client: a client of the server, or of a pool.
            namespace: what all keys begin with.
            confirmation: what the calls that must not be lost wait for.
        """
        self.client = client
        self.namespace = namespace
        self._confirmation = confirmation
        self._can_fsync = False
        self.meanwhile: Callable[[], bool] | None = None

    def attended(self, meanwhile: Callable[[], bool]) -> Self:
        """Return the same, but while a call waits for its answer, `meanwhile` is called for as long as it returns True.

        So the caller's other work goes on while the server works. What `meanwhile` raises breaks off the call, of
        which nobody knows then whether it was made.
        """
        attended = copy(self)
        attended.meanwhile = meanwhile
        return attended

    def reachable(self) -> bool:
        """Say whether the server answers."""
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Let what the client raises within the block appear as the ledger's errors."""
        try:
            yield
        except redis.RedisError as error:
            raise self._translated(error) from error

    def _run(self, name: str, *arguments: Any, confirmed: bool = False) -> Any:
        operation = load(name)
        key_names, head = operation.bind(self.namespace)
        call = (len(key_names), *key_names, *head, *arguments)
        send = self._send_confirmed if confirmed else self._send_attended if self.meanwhile else self.client.evalsha
        try:
            try:
                return send(operation.sha, *call)
            except redis.exceptions.NoScriptError:
                self.client.script_load(operation.source)
                return send(operation.sha, *call)
        except redis.RedisError as error:
            raise self._translated(error) from error

    def _must_be_confirmed(self) -> bool:
        """Say whether calls wait for disk or replicas; asks the server whether it can before the first that does."""
        if self._confirmation.disk and not self._can_fsync:
            try:
                self.client.waitaof(1, 0, 1)
            except redis.RedisError as error:
                raise self._translated(error) from error
            facts = inspect_server(self.client)
            if facts.confirms_early:
                raise DurabilityMissing(f"{facts}, which confirms before its disk has anything")
            self._can_fsync = True
        return self._confirmation.disk or self._confirmation.replicas > 0

    def _send_attended(self, sha: str, *call: Any) -> Any:
        pool = self.client.connection_pool
        connection = pool.get_connection()
        try:
            try:
                connection.send_command("EVALSHA", sha, *call)  # type: ignore[no-untyped-call] # has no types
                while self.meanwhile and not connection.can_read() and self.meanwhile():
                    pass
            except BaseException:
                # An answer that comes now must not be taken for that to another call.
                connection.disconnect()  # type: ignore[no-untyped-call] # has no types
                raise
            return connection.read_response()
        finally:
            pool.release(connection)

    def _send_confirmed(self, sha: str, *call: Any) -> Any:
        wanted = self._confirmation
        with self.client.pipeline(transaction=False) as pipe:
            pipe.evalsha(sha, *call)
            if wanted.disk:
                pipe.waitaof(1, wanted.replicas, wanted.wait_ms)
            else:
                pipe.wait(wanted.replicas, wanted.wait_ms)
            # Not raised by the pipeline, which would put words of its own in front of the server's.
            answer, confirmations = pipe.execute(raise_on_error=False)
        for reply in (answer, confirmations):
            if isinstance(reply, redis.RedisError):
                raise reply
        disk, replicas = confirmations if wanted.disk else (1, confirmations)
        if disk < 1:
            raise LedgerUnavailable(f"the server's disk did not confirm within {wanted.wait_ms} ms")
        if replicas < wanted.replicas:
            raise LedgerUnavailable(
                f"expected {wanted.replicas} replicas to confirm within {wanted.wait_ms} ms, {replicas} did"
            )
        return answer

    def _translated(self, error: redis.RedisError) -> Exception:
        if isinstance(error, redis.ReadOnlyError):
            # A primary that became a replica: only a new connection can lead to the server that took its place.
            self.client.connection_pool.disconnect(inuse_connections=False)
        return translated(error)


def translated(error: redis.RedisError) -> Exception:
    """Return the client's error as the ledger words it: an outage, or what it is."""
    refused = isinstance(error, redis.ResponseError) and is_refusal(error)
    if isinstance(error, redis.ResponseError) and "WAITAOF" in str(error):
        return DurabilityMissing(str(error))
    if refused or isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return LedgerUnavailable(f"the ledger's server is unavailable: {error}")
    return error
