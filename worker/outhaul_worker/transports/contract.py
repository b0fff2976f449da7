"""What a transport is: requests go in, answers come out as they complete."""

from collections.abc import Hashable
from typing import Protocol

from outhaul_worker.exchange import Answer, Request


class Transport(Protocol):
    """Sends many requests at once. Used from one thread of one process, and made after any fork.

    A transport has a window: how many requests it works on at the same time. More may be submitted; they wait for a
    place, in order. Keeping `in_flight` within the window is the caller's business, for what waits is not sent. What is
    in flight goes on while `completed` waits, and may stand still between its calls.

    What every transport promises for each request:

    - Exactly one answer, whatever happens: an HTTP status, or a fault by the stage that failed. Nothing is raised.
    - `timeout.connect` bounds looking up the name, connecting and the TLS handshake together, `timeout.total` the
      whole attempt from the moment it has a place in the window, however slowly the peer speaks.
    - At most 64 KiB of the answer's body are read. Certificates are verified, compression is not asked for, nothing is
      sent twice.
    - 301, 302 and 303 are followed as often as the request's `redirects` says, by the same POST, never from https to
      http. The addresses of every hop are checked, `timeout.total` bounds them all together and `timeout.connect` the
      connection of each, and answer and `sent` are those of the last. Any other redirect is an answer.
    - Without `allow_private_addresses` it connects only to public addresses: a name is resolved once for each
      connection, and the very address that was checked is the one connected to.
    - `sent` is false only where the endpoint provably cannot have received the whole request: always for the faults
      before the request (`dns`, `blocked_address`, `connect`, `connect_timeout`, `tls`) and for `write`, which
      means that the last byte never left; true for the faults after it (`reset`, `read_timeout`). `protocol` is
      either a request that could not be put into HTTP (not sent) or an answer that is none (sent).
    """

    def submit(self, key: Hashable, request: Request) -> None:
        """Start a request; its answer will carry `key`. Never blocks.

        Raises:
            RuntimeError: the transport is closed.
        """
        ...

    def completed(self, timeout: float, wake: int | None = None) -> list[tuple[Hashable, Answer]]:
        """Wait up to `timeout` seconds for an answer and return all that are there, in order of completion.

        The wait ends as well when the file descriptor `wake` can be read.
        """
        ...

    @property
    def in_flight(self) -> int:
        """How many submitted requests have not come back through `completed` yet."""
        ...

    def close(self) -> None:
        """Cut off what is in flight, close every connection and end every thread. Answers not fetched are lost."""
        ...
