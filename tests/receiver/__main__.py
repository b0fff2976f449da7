"""`python -m receiver`: print the port, serve until standard input ends."""

import argparse
import json
import sys
from collections.abc import Callable

from receiver.behaviour import Behaviour, Close, Drip, Hang, Ok, Reset, Status
from receiver.script import Received, Script
from receiver.server import Receiver

_WORDS: dict[str, Callable[[str], Behaviour]] = {
    "status": lambda code: Status(int(code)),
    "after": lambda seconds: Ok(after=float(seconds)),
    "hang": lambda _: Hang(),
    "reset": lambda _: Reset(),
    "close": lambda _: Close(),
    "drip": lambda part: Drip("headers" if part == "headers" else "body"),
}


class _ScriptByPath(Script):
    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self._receiver = receiver
        self._known: dict[str, Behaviour] = {}

    def choose(self, request: Received) -> Behaviour:
        if request.path == "/_receiver/counts":
            return self._counts()
        if request.path not in self._known:
            self._known[request.path] = self._read(request.path)
        return self._known[request.path]

    def _read(self, path: str) -> Behaviour:
        word, _, argument = path.removeprefix("/").partition("/")
        return _WORDS[word](argument) if word in _WORDS else self._ok

    def _counts(self) -> Behaviour:
        self._receiver.count -= 1
        self._receiver.connections -= 1
        found = {"requests": self._receiver.count + 1, "connections": self._receiver.connections}
        return Ok(json.dumps(found).encode(), headers={"Connection": "close"})


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="receiver", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; a free one without it")
    receiver = Receiver(port=parser.parse_args().port, record=False)
    receiver.script = _ScriptByPath(receiver)
    with receiver:
        sys.stdout.write(f"{receiver.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
