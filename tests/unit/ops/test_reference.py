"""The reference of commands says what there is."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from outhaul_ops.cli import COMMANDS, outhaul

REFERENCE = (Path(__file__).parents[3] / "docs" / "commands.md").read_text()
EVERYWHERE = {"--help"}


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command, or those of a group, with the words that call it."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name, inner in command.commands.items():
        yield from commands(inner, (*words, name))


def described(name: str) -> str:
    """Return the part of the reference that is about a command of the table."""
    _, found, rest = REFERENCE.partition(f"\n## {name}\n")
    assert found, f"docs/commands.md has no heading for {name}"
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_reference_has_every_command_and_option(name: str) -> None:
    """Each command has its part with an example, and each of its options stands there."""
    text = described(name)
    command = outhaul.get_command(click.Context(outhaul), name)
    assert command is not None
    assert f"$ outhaul {name}" in text
    for words, each in commands(command, (name,)):
        assert f"outhaul {' '.join(words)}" in text
        options = {option for parameter in each.params for option in parameter.opts if option.startswith("--")}
        missing = sorted(option for option in options - EVERYWHERE if option not in text)
        assert not missing, f"docs/commands.md, {name}: {missing}"
