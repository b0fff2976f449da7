"""The demo's folder: its settings and destinations, the server's data, the logs."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from outhaul_config.settings import CONFIG_VARIABLE, Settings, load_settings
from outhaul_ops.exits import Failure
from outhaul_ops.output import warn

MARKER = ".outhaul-demo"
_FOREIGN = ("OUTHAUL_", "CELERY_")


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A folder that belongs to this run of the demo."""

    path: Path

    @property
    def config(self) -> Path:
        """The `outhaul.toml` of the demo's installation."""
        return self.path / "outhaul.toml"

    @property
    def data(self) -> Path:
        """Where the server keeps its data and its log."""
        return self.path / "server"

    @property
    def worker_log(self) -> Path:
        """Where the worker's output goes."""
        return self.path / "worker.log"

    def configure(self, ledger_url: str, vendors: Mapping[str, str]) -> Settings:
        """Write `outhaul.toml` and `destinations.toml` and read them back, without a look at the environment.

        Args:
            ledger_url: the server.
            vendors: by the name of a destination, where its simulated vendor listens.
        """
        self.config.write_text(
            f'# Written by `outhaul demo`.\nledger_url = "{ledger_url}"\ndestinations = "destinations.toml"\n'
        )
        template = Template((files("outhaul_ops") / "samples" / "destinations.toml").read_text())
        addresses = {url_variable(name): url for name, url in vendors.items()}
        (self.path / "destinations.toml").write_text(template.substitute(addresses))
        return load_settings({CONFIG_VARIABLE: str(self.config)})

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which only this folder's settings count."""
        own = {name: value for name, value in inherited.items() if not name.startswith(_FOREIGN)}
        return {**own, CONFIG_VARIABLE: str(self.config)}


def url_variable(destination: str) -> str:
    """Name the variable that stands for a vendor's address in the sample's `destinations.toml`."""
    return f"{destination.upper()}_URL"


def foreign_variables(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that would get in the way of the demo's own settings."""
    return sorted(name for name in environ if name.startswith(_FOREIGN) and name != CONFIG_VARIABLE)


@contextmanager
def demo_folder(named: Path | None, *, keep: bool) -> Iterator[DemoFolder]:
    """Provide an empty folder for one run; a temporary one ends with it, unless it is to be kept or the run failed.

    Args:
        named: the folder; None for a temporary one.
        keep: whether the temporary one stays.

    Raises:
        Failure: the folder holds something else, is in use, or cannot be written.
    """
    path = _usable(named) if named else Path(tempfile.mkdtemp(prefix="outhaul-demo-"))
    lock = _lock(path)
    stays = bool(named) or keep
    try:
        # The simulated vendors begin with nothing, so the ledger must too.
        shutil.rmtree(path / "server", ignore_errors=True)
        yield DemoFolder(path)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except BaseException:
        stays = True
        warn(f"the logs are in {path}")
        raise
    finally:
        os.close(lock)
        if not stays:
            shutil.rmtree(path, ignore_errors=True)


def _usable(named: Path) -> Path:
    path = named.resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        strangers = any(path.iterdir()) and not (path / MARKER).exists()
    except OSError as error:
        raise Failure(f"expected a folder that can be written, got {path}: {error.strerror}") from error
    if strangers:
        raise Failure(f"expected an empty folder or one of an earlier demo, got {path}: name another with --folder")
    return path


def _lock(path: Path) -> int:
    lock = os.open(path / MARKER, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Failure(f"a demo is running in {path}: end it, or name another folder with --folder") from None
    return lock
