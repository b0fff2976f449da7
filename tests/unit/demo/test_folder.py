"""The demo's folder is its own, and what a user has configured has no part in it."""

from pathlib import Path

import pytest

from outhaul_ops.demo.folder import MARKER, DemoFolder, demo_folder, foreign_variables
from outhaul_ops.exits import Failure
from outhaul_ops.simulators import SIMULATORS

VENDORS = dict.fromkeys(SIMULATORS, "http://127.0.0.1:1")


def test_a_temporary_folder_ends_with_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run that went well, or was interrupted, leaves nothing behind."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with demo_folder(None, keep=False) as folder:
        assert folder.path.parent == tmp_path
    with pytest.raises(KeyboardInterrupt), demo_folder(None, keep=False):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_stays_when_it_is_wanted_or_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stays where somebody asked for it, and after a failure, for its logs; the failure says where."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with demo_folder(None, keep=True) as wanted:
        pass
    with pytest.raises(Failure), demo_folder(None, keep=False) as needed:
        raise Failure("no luck")
    assert wanted.path.is_dir()
    assert needed.path.is_dir()
    assert str(needed.path) in capsys.readouterr().err


def test_a_folder_with_something_else_in_it_is_refused_untouched(tmp_path: Path) -> None:
    """A mistyped --folder costs nobody their files."""
    (tmp_path / "destinations.toml").write_text("mine")
    with pytest.raises(Failure, match="expected an empty folder"), demo_folder(tmp_path, keep=False):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["destinations.toml"]


def test_a_folder_can_be_used_again_and_begins_empty(tmp_path: Path) -> None:
    """The next run in a folder finds no deliveries of the one before."""
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        folder.data.mkdir()
        (folder.data / "appendonly.aof").write_text("old")
    with demo_folder(tmp_path / "demo", keep=False) as folder:
        assert [path.name for path in folder.path.iterdir()] == [MARKER]


def test_two_runs_cannot_share_a_folder(tmp_path: Path) -> None:
    """The second is refused while the first goes on."""
    with (
        demo_folder(tmp_path / "demo", keep=False),
        pytest.raises(Failure, match="a demo is running in"),
        demo_folder(tmp_path / "demo", keep=False),
    ):
        pass


def test_only_the_folder_decides_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither variables nor an outhaul.toml in the current folder reach the demo or its worker."""
    (tmp_path / "outhaul.toml").write_text('ledger_url = "redis://other:1/0"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTHAUL_NAMESPACE", "other")
    folder = DemoFolder(tmp_path / "demo")
    folder.path.mkdir()
    settings = folder.configure("redis://127.0.0.1:7/0", VENDORS)
    assert (settings.ledger_url, settings.broker_url) == ("redis://127.0.0.1:7/0", "redis://127.0.0.1:7/0")
    assert settings.namespace == "outhaul"
    assert settings.destinations == folder.path / "destinations.toml"


def test_a_child_sees_no_setting_but_the_folders() -> None:
    """Everything of Outhaul's and Celery's goes, the rest of the environment stays."""
    inherited = {"PATH": "/bin", "OUTHAUL_LEDGER_URL": "x", "CELERY_BROKER_URL": "y", "OUTHAUL_CONFIG": "z"}
    environment = DemoFolder(Path("/demo")).environment(inherited)
    assert environment == {"PATH": "/bin", "OUTHAUL_CONFIG": "/demo/outhaul.toml"}
    assert foreign_variables(inherited) == ["CELERY_BROKER_URL", "OUTHAUL_LEDGER_URL"]
