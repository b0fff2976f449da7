"""Installing peers: once, pinned, and told in words where it cannot be done."""

from pathlib import Path

import pytest

from outhaul_ops.bench.installing import PeerMissing, node_packages, python_packages

LOCK = '{"packages": {"": {}, "node_modules/queue": {"version": "1.2.3"}}}'


@pytest.fixture
def peer(tmp_path: Path) -> Path:
    """A peer's folder as a checkout has it."""
    folder = tmp_path / "bench" / "peers" / "queueing"
    folder.mkdir(parents=True)
    (folder / "package-lock.json").write_text(LOCK)
    (folder / "worker.mjs").write_text("// 1")
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def tool(folder: Path, name: str, script: str) -> None:
    """Put a program on PATH."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


NODE = "echo v20.18.1"
NPM = 'echo "$@" >> installed.log'


def test_a_peer_is_installed_once_and_runs_the_programs_of_today(peer: Path, tools: Path) -> None:
    """The next run reuses the packages, but never an older program."""
    tool(tools, "node", NODE)
    tool(tools, "npm", NPM)
    home = node_packages(peer).folder
    (peer / "worker.mjs").write_text("// 2")
    again = node_packages(peer)
    assert again.folder == home
    assert home.parent == peer.parents[1] / ".cache"
    assert (home / "worker.mjs").read_text() == "// 2"
    assert (home / "installed.log").read_text().splitlines() == ["ci --no-audit --no-fund --loglevel=error"]
    assert again.program == tools / "node"


def test_other_pinned_versions_are_installed_apart(peer: Path, tools: Path) -> None:
    """What was measured with one set of versions is never run with another."""
    tool(tools, "node", NODE)
    tool(tools, "npm", NPM)
    first = node_packages(peer).folder
    (peer / "package-lock.json").write_text(LOCK.replace("1.2.3", "1.2.4"))
    assert node_packages(peer).folder != first


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({}, "npm is not on PATH"),
        ({"node": NODE}, "npm is not on PATH"),
        ({"npm": NPM}, "node is not on PATH"),
        ({"node": "echo v18.20.0", "npm": NPM}, r"Node.js 20 or later, and the one on PATH is 18.20.0"),
        ({"node": NODE, "npm": "echo no registry there >&2; exit 7"}, "status 7: no registry there"),
    ],
)
def test_a_peer_that_cannot_be_installed_says_what_it_lacks(
    programs: dict[str, str], words: str, peer: Path, tools: Path
) -> None:
    """Without Node, with too old a Node, or where an installation fails, the peer is left out with the reason."""
    for name, script in programs.items():
        tool(tools, name, script)
    with pytest.raises(PeerMissing, match=words):
        node_packages(peer)


def test_an_installation_that_failed_is_tried_again(peer: Path, tools: Path) -> None:
    """Half an installation is never taken for a whole one."""
    tool(tools, "node", NODE)
    tool(tools, "npm", "exit 1")
    with pytest.raises(PeerMissing):
        node_packages(peer)
    tool(tools, "npm", NPM)
    assert (node_packages(peer).folder / "installed.log").exists()


def test_packages_of_python_that_do_not_exist_are_told(peer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip's own words say what was not found."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (peer / "requirements.txt").write_text("no-such-package==1.0\n")
    with pytest.raises(PeerMissing, match=r"(?s)pip install .* status 1: .*no-such-package"):
        python_packages(peer)
