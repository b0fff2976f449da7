"""What programs take of the machine, as the kernel counts it: memory and processor time."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_SESSION, _USER, _SYSTEM = 3, 11, 12
"""Columns of /proc/<pid>/stat, counted from behind the program's name."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of a set of processes.

    `resident` is what each has had resident at most, added up, so that what they share counts for each. `own` is what
    they hold now, with what they share counted once.
    """

    resident: int
    own: int


def processes_of(leaders: Iterable[int]) -> list[int]:
    """Return the processes of the sessions that these processes lead, themselves included."""
    wanted = set(leaders)
    running = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in running if _column(pid, _SESSION) in wanted]


def memory_of(processes: Iterable[int]) -> Memory:
    """Add up the memory of processes; one that has ended counts as nothing."""
    resident = own = 0
    for pid in processes:
        with suppress(OSError):
            resident += _kilobytes(pid, "status", "VmHWM:") * 1024
            own += _kilobytes(pid, "smaps_rollup", "Pss:") * 1024
    return Memory(resident, own)


def processor_seconds(processes: Iterable[int]) -> float:
    """Add up the processor time that processes have had."""
    return sum(_column(pid, _USER) + _column(pid, _SYSTEM) for pid in processes) / _TICKS


def _kilobytes(pid: int, file: str, label: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(label)), 0)


def _column(pid: int, column: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[column])
    except OSError:
        return 0
