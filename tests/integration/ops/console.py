"""The `outhaul` command as tests call it: in this process, or as a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner, Result

from outhaul_ops.cli import outhaul
from outhaul_ops.embedded import end_with_parent


@dataclass(frozen=True)
class Console:
    """Runs the command with this process's environment."""

    folder: Path

    def run(self, *arguments: str, given: str | bytes | None = None, status: int = 0) -> Result:
        """Run a command in this process and check its exit status."""
        result = CliRunner().invoke(outhaul, arguments, input=given)
        assert result.exit_code == status, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
        return result

    def json(self, *arguments: str, given: str | bytes | None = None, status: int = 0) -> Any:
        """Run a command with --json and return what it printed."""
        return orjson.loads(self.run(*arguments, "--json", given=given, status=status).stdout)

    def start(self, *arguments: str, errors: int = subprocess.PIPE) -> "subprocess.Popen[bytes]":
        """Start a command as a process; `errors` is where its standard error goes."""
        return subprocess.Popen(
            [sys.executable, "-m", "outhaul_ops", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            preexec_fn=end_with_parent,
        )
