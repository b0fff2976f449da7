"""`PYTHONPATH=tests python -m model [NAME...]`: explore the sizes of that name, or all, and say what was covered."""

import sys
import tempfile
from pathlib import Path

from model.explorer import Coverage
from model.sizes import SIZES, explore
from outhaul_ops.embedded import EmbeddedServer


def main(names: list[str]) -> None:
    """Explore one after the other."""
    for name in names or SIZES:
        with (
            tempfile.TemporaryDirectory() as folder,
            EmbeddedServer(Path(folder), settings=("--appendonly", "no", "--unixsocket", f"{folder}/s")),
        ):
            print(name, explore(name, f"unix://{folder}/s", on_progress=_report), flush=True)  # noqa: T201 - its purpose


def _report(coverage: Coverage) -> None:
    print("  ", coverage, file=sys.stderr, flush=True)  # noqa: T201 - its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
