"""Installing peers: pinned packages, in a folder of their own beside the peers' programs, kept for the next run."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CACHE = ".cache"
REQUIREMENTS = "requirements.txt"
LOCK = "package-lock.json"
OLDEST_NODE = 20
INSTALL_SECONDS = 600.0
_READY = ".ready"
_TAIL = 500


class PeerMissing(Exception):
    """A peer cannot take part on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A peer that can be run: the program that runs it, and the folder it is run in."""

    program: Path
    folder: Path


def itself(peer: Path) -> Installed:
    """Run the peer with the packages of Outhaul, which are all it needs.

    Args:
        peer: the folder of its programs.
    """
    return Installed(Path(sys.executable), peer.parent)


def python_packages(peer: Path) -> Installed:
    """Give a peer a virtual environment with the packages of its `requirements.txt`.

    Raises:
        PeerMissing: it could not be installed.
    """
    home = _home(peer, REQUIREMENTS)
    python = home / "bin" / "python"
    if not (home / _READY).exists():
        shutil.rmtree(home, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(home)], peer)
        quiet = ("--quiet", "--disable-pip-version-check")
        _run([str(python), "-m", "pip", "install", *quiet, "-r", str(peer / REQUIREMENTS)], peer)
        (home / _READY).touch()
    return Installed(python, peer)


def node_packages(peer: Path) -> Installed:
    """Copy a peer's programs to where npm installs the packages of their lock file, as Node looks for them there.

    Raises:
        PeerMissing: there is no Node, no npm, or too old a Node; or it could not be installed.
    """
    node, npm = _node()
    home = _home(peer, LOCK)
    if not (home / _READY).exists():
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(peer, home)
        _run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], home)
        (home / _READY).touch()
    shutil.copytree(peer, home, dirs_exist_ok=True)
    return Installed(Path(node), home)


def _node() -> tuple[str, str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise PeerMissing(
            f"it needs Node.js {OLDEST_NODE} or later with npm, and {'node' if npm else 'npm'} is not on PATH"
        )
    version = node_version(node)
    if int(version.partition(".")[0]) < OLDEST_NODE:
        raise PeerMissing(f"it needs Node.js {OLDEST_NODE} or later, and the one on PATH is {version}")
    return node, npm


def node_version(node: str = "node") -> str:
    """Return the version of Node.js."""
    return subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip().lstrip("v")


def _home(peer: Path, pinned: str) -> Path:
    """Return where a peer is installed: another folder for other versions, of its packages or of Python."""
    digest = hashlib.sha256((peer / pinned).read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = peer.parents[1] / CACHE / f"{peer.name}-{digest}"
    home.parent.mkdir(exist_ok=True)
    return home


def _run(command: Sequence[str], folder: Path) -> None:
    written = " ".join(command)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise PeerMissing(f"{written} did not end within {INSTALL_SECONDS:g} s") from late
    if done.returncode:
        raise PeerMissing(
            f"{written} ended with status {done.returncode}: {(done.stdout + done.stderr).strip()[-_TAIL:]}"
        )
