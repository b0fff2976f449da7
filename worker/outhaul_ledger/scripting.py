"""How an operation gets to the server: by the digest of its script, reloaded where the server has forgotten it."""

from typing import Any

import redis

from outhaul_ledger.errors import DurabilityMissing, LedgerUnavailable, is_refusal
from outhaul_ledger.operations import load


class Scripts:
    """What runs operations on a server; thread-safe and fork-safe, as its client is."""

    def __init__(self, client: redis.Redis, namespace: str, fsync_ms: int = 0) -> None:
        """Use `client`, which must answer bytes, for keys of `namespace`.

        Args:
            client: a client of the server, or of a pool.
            namespace: what all keys begin with.
            fsync_ms: how long a call that must reach the disk waits for it; 0 when none must.
        """
        self.client = client
        self.namespace = namespace
        self._fsync_ms = fsync_ms
        self._can_fsync = False

    def reachable(self) -> bool:
        """Say whether the server answers."""
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def _run(self, name: str, *arguments: Any, fsync: bool = False) -> Any:
        operation = load(name)
        key_names, head = operation.bind(self.namespace)
        call = (len(key_names), *key_names, *head, *arguments)
        try:
            try:
                return self._send(operation.sha, call, fsync)
            except redis.exceptions.NoScriptError:
                self.client.script_load(operation.source)
                return self._send(operation.sha, call, fsync)
        except redis.RedisError as error:
            raise translated(error) from error

    def _must_reach_disk(self) -> bool:
        """Say whether calls wait for the disk; asks the server whether it can before the first that does."""
        if self._fsync_ms > 0 and not self._can_fsync:
            try:
                self.client.waitaof(1, 0, 1)
            except redis.RedisError as error:
                raise translated(error) from error
            self._can_fsync = True
        return self._fsync_ms > 0

    def _send(self, sha: str, call: tuple[Any, ...], fsync: bool) -> Any:
        if not fsync:
            return self.client.evalsha(sha, *call)
        with self.client.pipeline(transaction=False) as pipe:
            pipe.evalsha(sha, *call)
            pipe.waitaof(1, 0, self._fsync_ms)
            answer, synced = pipe.execute()
        if synced[0] < 1:
            raise LedgerUnavailable(f"the server's disk did not confirm within {self._fsync_ms} ms")
        return answer


def translated(error: redis.RedisError) -> Exception:
    """Return the client's error as the ledger words it: an outage, or what it is."""
    refused = isinstance(error, redis.ResponseError) and is_refusal(error)
    if isinstance(error, redis.ResponseError) and "WAITAOF" in str(error):
        return DurabilityMissing(str(error))
    if refused or isinstance(error, redis.ConnectionError | redis.TimeoutError):
        return LedgerUnavailable(f"the ledger's server is unavailable: {error}")
    return error
