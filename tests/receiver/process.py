"""The receiver as a process of its own, so that a load test does not share an interpreter with it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen


class ReceiverProcess:
    """Runs `python -m receiver`; `with ReceiverProcess() as receiver:` gives its `url`.

    There the path of a request says how it is treated: `/status/503`, `/after/0.1` (seconds), `/hang`,
    `/reset`, `/close`, `/drip/headers`, `/drip/body`, anything else is Ok.
    """

    def __enter__(self) -> Self:
        tests = Path(__file__).parent.parent
        self._process = subprocess.Popen(
            [sys.executable, "-m", "receiver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(tests)},
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)

    def counts(self) -> dict[str, int]:
        """Return how many `requests` and `connections` there were so far, this question not counted."""
        with urlopen(f"{self.url}/_receiver/counts", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
            return found
