"""The `outhaul` command: a table of subcommands, each imported when it is used, and one place where errors end."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from outhaul_ops.exits import explained

COMMANDS: dict[str, tuple[str, str]] = {
    "api": ("outhaul_ops.commands.api:api", "Serve the HTTP API."),
    "bench": ("outhaul_ops.commands.bench:bench", "Measure Outhaul beside its peers on this machine."),
    "cancel": (
        "outhaul_ops.commands.cancel:cancel",
        "Stop what has not been sent of an event, and say what already was.",
    ),
    "chaos": (
        "outhaul_ops.commands.chaos:chaos",
        "Prove on this machine that nothing is lost and nothing stalls, whatever fails.",
    ),
    "config": ("outhaul_ops.commands.config:config", "Show the settings, or check them with the destinations."),
    "dead-letters": (
        "outhaul_ops.commands.dead_letters:dead_letters",
        "Look at what will not be tried again; replay, discard or export it.",
    ),
    "demo": (
        "outhaul_ops.commands.demo:demo",
        "Watch sample events travel through a real worker to simulated vendors.",
    ),
    "destinations": (
        "outhaul_ops.commands.destinations:destinations",
        "List, check and try destinations; pause and resume them.",
    ),
    "doctor": ("outhaul_ops.commands.doctor:doctor", "Check everything delivery depends on."),
    "enqueue": ("outhaul_ops.commands.enqueue:enqueue", "Accept events from a file, one JSON object a line."),
    "keys": ("outhaul_ops.commands.keys:keys", "Make, list and revoke the keys of the HTTP API."),
    "simulate": ("outhaul_ops.commands.simulate:simulate", "Run a simulated vendor until SIGTERM or Ctrl-C."),
    "status": ("outhaul_ops.commands.status:status", "Show an event's deliveries and every attempt."),
    "subscriptions": (
        "outhaul_ops.commands.subscriptions:subscriptions",
        "List and show subscriptions, and remove one.",
    ),
    "up": ("outhaul_ops.commands.up:up", "Run a server, workers and the API together on this machine."),
}
"""What follows `outhaul`: `module:attribute` of a click command, and the line that the help shows."""


class CommandTable(click.Group):
    """A group whose commands are named in a table, so that its help imports none of them."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands."""
        return sorted(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; None when there is none of that name."""
        if cmd_name not in self._table:
            return None
        module, _, attribute = self._table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed, or suggest the one that was probably meant."""
        if args[0] in self._table or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        near = get_close_matches(args[0], self._table, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.list_commands(ctx))}"
        raise click.UsageError(f"expected a command, got {args[0]!r}: {hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._table[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what a user can do something about ends as one message."""
        with explained():
            return super().invoke(ctx)


@click.group(
    cls=CommandTable,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done; 1 refused or a check failed; 2 wrong usage or ledger unavailable; 130 Ctrl-C.",
)
@click.version_option(package_name="outhaul", message="%(prog)s %(version)s")
def outhaul() -> None:
    """Durable outbound event delivery."""


def main() -> None:
    """Run the command and end the process."""
    outhaul.main(prog_name="outhaul")
