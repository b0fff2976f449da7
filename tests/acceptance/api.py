"""A running `outhaul api`, and curl to talk to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acceptance.site import Site
from eventually import eventually
from outhaul_ledger.keyring import Allowance, Keyring, Scope
from outhaul_ops.embedded import end_with_parent, free_port


@dataclass
class Api:
    """The process, where it listens, and a key for everything."""

    process: "subprocess.Popen[bytes]"
    port: int
    key: str
    log: Path

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def curl(self, path: str, *arguments: str, given: bytes = b"") -> tuple[int, Any]:
        """Call an address with curl; returns the status and the JSON of the answer."""
        command = ("curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {self.key}")
        done = subprocess.run(
            [*command, *arguments, self.url + path], input=given, capture_output=True, check=True, timeout=30
        )
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status), json.loads(body)

    def kill(self) -> None:
        """End it and its processes at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_api(site: Site, **settings: str) -> Iterator[Api]:
    """Run `outhaul api` for a site until the context ends; wait until it answers."""
    site.write_destinations()
    port = free_port()
    log = site.folder / f"api-{port}.log"
    ledger = site.ledger()
    _, key = Keyring(ledger.client, ledger.namespace).create("test", Scope, Allowance(1_000_000, 1.0))
    environment = {**site.environment, "OUTHAUL_API_BIND": f"127.0.0.1:{port}", "OUTHAUL_API_THREADS": "4", **settings}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "outhaul_ops", "api"],
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    api = Api(process, port, key, log)
    try:
        eventually(lambda: is_ready(api), within=30, what=f"an API that is ready; {log}")
        yield api
    finally:
        if process.poll() is None:
            api.kill()


def is_ready(api: Api) -> bool:
    """True once it serves."""
    assert api.process.poll() is None, api.log.read_text()
    done = subprocess.run(["curl", "-s", f"{api.url}/readyz"], capture_output=True, check=False, timeout=10)
    return done.returncode == 0 and bool(json.loads(done.stdout)["ready"])
