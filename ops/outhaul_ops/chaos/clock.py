"""A wall clock that can be set wrong while a process runs, without any right over the machine's.

`time.time` and `datetime.now` of a process, and of what it forks, follow a shift that stands in a shared file. The
monotonic clock stays what it is, as on a machine whose clock is set.
"""

import datetime as datetime_module
import mmap
import os
import struct
import time
from pathlib import Path
from typing import Any

CLOCK_VARIABLE = "CHAOS_CLOCK"

_SHIFT = struct.Struct("d")


def set_shift(path: Path, seconds: float) -> None:
    """Shift the clock of every process that follows this file."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(_SHIFT.pack(seconds))


def follow_if_asked() -> None:
    """Follow the file that the harness named, if it named one; call it before anything else is imported."""
    path = os.environ.get(CLOCK_VARIABLE)
    if path:
        with Path(path).open("rb") as file:
            _follow(mmap.mmap(file.fileno(), _SHIFT.size, access=mmap.ACCESS_READ))


def _follow(shared: mmap.mmap) -> None:
    true_time = time.time
    true_datetime = datetime_module.datetime

    def shift() -> float:
        return float(_SHIFT.unpack_from(shared)[0])

    class _Alike(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, true_datetime)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, true_datetime)

    class ShiftedDatetime(datetime_module.datetime, metaclass=_Alike):
        """Makes true datetimes of the wrong time."""

        @classmethod
        def now(cls, tz: datetime_module.tzinfo | None = None) -> Any:
            return true_datetime.now(tz) + datetime_module.timedelta(seconds=shift())

        @classmethod
        def utcnow(cls) -> Any:
            return true_datetime.now(datetime_module.UTC).replace(tzinfo=None) + datetime_module.timedelta(
                seconds=shift()
            )

    time.time = lambda: true_time() + shift()
    datetime_module.datetime = ShiftedDatetime  # type: ignore[misc] # the very point
