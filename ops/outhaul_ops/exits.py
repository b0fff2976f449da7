"""How the command ends: its exit statuses, and errors told in a sentence instead of a traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import click


class ExitStatus(IntEnum):
    """What an exit status means."""

    DONE = 0
    REFUSED = 1
    """The configuration or the input is wrong, a check failed, or there is no such thing."""
    UNAVAILABLE = 2
    """The ledger did not answer: calling again is safe. Wrong usage has the same status, as everywhere."""
    INTERRUPTED = 130


class Failure(click.ClickException):
    """Ends the command with a message on standard error, as refused."""

    exit_code = ExitStatus.REFUSED


class Unavailable(Failure):
    """Ends the command because the ledger did not answer."""

    exit_code = ExitStatus.UNAVAILABLE


@contextmanager
def explained() -> Iterator[None]:
    """Turn errors that are no faults of the program into a message and an exit status."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more; without this the interpreter would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(ExitStatus.REFUSED) from None
    except KeyboardInterrupt:
        raise click.exceptions.Exit(ExitStatus.INTERRUPTED) from None
    except click.Abort as abort:
        raise _given_up(abort) from None
    except Exception as error:
        failure = as_failure(error)
        if failure is None:
            raise
        raise failure from error


def as_failure(error: Exception) -> Failure | None:
    """Word an error that a user can do something about; None for any other."""
    # Imported here because a command that succeeds, such as --help, should not pay for them.
    from outhaul_config.problems import ConfigError
    from outhaul_ledger.errors import LedgerUnavailable
    from outhaul_producers.errors import LedgerUnavailable as NotEnqueued
    from outhaul_worker.destinations.registry import BrokenKind

    if isinstance(error, ConfigError | BrokenKind):
        return Failure(str(error))
    if isinstance(error, LedgerUnavailable | NotEnqueued):
        return Unavailable(f"{error}\nCheck OUTHAUL_LEDGER_URL and the server; `outhaul doctor` looks closer.")
    return None


def _given_up(abort: click.Abort) -> Exception:
    """Tell Ctrl-C at a question from an answer that cannot come because standard input has ended."""
    if isinstance(abort.__context__, KeyboardInterrupt):
        return click.exceptions.Exit(ExitStatus.INTERRUPTED)
    return Failure("expected an answer on standard input, got none: give --yes to go on without being asked")
