"""`outhaul api` before anything is served."""

import sys

import pytest
from click.testing import CliRunner

from outhaul_ops.cli import outhaul


def test_without_the_extra_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most sites have no use for it, so it is not installed with the rest."""
    for name in [name for name in sys.modules if name.startswith(("gunicorn", "outhaul_ops.api_"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "gunicorn", None)
    result = CliRunner().invoke(outhaul, ["api"])
    assert result.exit_code == 1
    assert "pip install 'outhaul[api]'" in result.stderr
