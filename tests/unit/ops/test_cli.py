"""The command as a whole: quick help, a table of commands, errors as messages."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from outhaul_config.problems import ConfigError, Problem
from outhaul_ledger.errors import LedgerUnavailable
from outhaul_ops.cli import COMMANDS, outhaul
from outhaul_ops.exits import Failure, as_failure, explained

HEAVY = ("celery", "kombu", "redis", "marshmallow", "rich", "requests")
LOADED = (
    "import sys; from outhaul_ops.cli import outhaul; outhaul(['--help'], standalone_mode=False);"
    f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
)


def test_help_loads_nothing_heavy() -> None:
    """`outhaul --help` imports no command and none of the libraries they need."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert "loaded: []" in done.stdout


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_exists_and_helps(name: str) -> None:
    """The table names commands that can be imported, and each has a help text."""
    result = CliRunner().invoke(outhaul, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Usage: outhaul {name}" in result.output


def test_it_runs_as_a_module() -> None:
    """`python -m outhaul_ops` is the same command."""
    done = subprocess.run([sys.executable, "-m", "outhaul_ops", "--help"], capture_output=True, text=True, check=True)
    assert "Usage: outhaul" in done.stdout


def test_the_version_is_the_packages() -> None:
    """--version prints name and version."""
    assert CliRunner().invoke(outhaul, ["--version"]).output.startswith("outhaul ")


def test_an_unknown_command_is_answered_with_the_nearest() -> None:
    """A typing error is wrong usage and names what was probably meant."""
    result = CliRunner().invoke(outhaul, ["staus"])
    assert (result.exit_code, "did you mean 'status'?" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LedgerUnavailable("away"), 2),
        (ConfigError([Problem("outhaul.toml", "", "window", "a number", "x")]), 1),
    ],
)
def test_what_a_user_can_mend_becomes_a_message(error: Exception, status: int) -> None:
    """Silence of the ledger ends with 2, a wrong configuration with 1."""
    failure = as_failure(error)
    assert failure is not None
    assert failure.exit_code == status


def test_a_fault_of_the_program_stays_a_traceback() -> None:
    """Nothing else is swallowed."""
    with pytest.raises(ZeroDivisionError), explained():
        raise ZeroDivisionError


def answer_with(how: type[BaseException]) -> None:
    """Give up at a question as click does."""
    try:
        raise how
    except how:
        raise click.Abort from None


def test_ctrl_c_ends_with_130() -> None:
    """A command that is interrupted has the exit status shells expect."""
    with pytest.raises(click.exceptions.Exit) as ended, explained():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130


def test_ctrl_c_at_a_question_ends_with_130() -> None:
    """Interrupting a question is interrupting the command."""
    with pytest.raises(click.exceptions.Exit) as ended, explained():
        answer_with(KeyboardInterrupt)
    assert ended.value.exit_code == 130


def test_a_question_nobody_can_answer_is_refused() -> None:
    """When standard input ends, the message says how to do without being asked."""
    with pytest.raises(Failure, match="--yes"), explained():
        answer_with(EOFError)
