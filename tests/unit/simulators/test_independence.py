"""Simulators are a second reading of the vendors' contracts, so they must not lean on the first."""

import subprocess
import sys


def test_simulators_load_nothing_of_the_worker() -> None:
    """No module of the worker, and so no serialiser, is loaded with the simulators."""
    probe = "import sys, outhaul_ops.simulators.__main__; print([n for n in sys.modules if n.startswith('outhaul_')])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=30, check=True)
    assert "outhaul_ops.simulators" in done.stdout
    for layer in ("outhaul_worker", "outhaul_producers", "outhaul_ledger"):
        assert layer not in done.stdout
