"""`python -m outhaul_ops.simulators KIND`: run one simulator."""

import click

from outhaul_ops.simulators.misbehaviour import MisbehaviourError
from outhaul_ops.simulators.process import serve
from outhaul_ops.simulators.registry import SIMULATORS, OptionError, simulated
from outhaul_ops.simulators.simulator import LOOPBACK


@click.command()
@click.argument("kind", type=click.Choice(sorted(SIMULATORS)))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0 takes a free one.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="An option of the kind; repeatable.")
@click.option("--misbehave", multiple=True, metavar="LINE", help="A line such as 'next 2: 500'; repeatable.")
@click.option("--with-parent", is_flag=True, help="End when the process that started this one ends.")
def main(
    kind: str, port: int, host: str, settings: tuple[str, ...], misbehave: tuple[str, ...], with_parent: bool
) -> None:
    """Run a simulated vendor until SIGTERM or Ctrl-C."""
    try:
        serve(
            kind,
            port,
            host=host,
            misbehave="\n".join(misbehave),
            with_parent=with_parent,
            options=_options(kind, settings),
        )
    except (OptionError, MisbehaviourError) as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"expected {host}:{port} to be free to listen on, got: {error}") from error


def _options(kind: str, settings: tuple[str, ...]) -> dict[str, object]:
    pairs = [setting.partition("=") for setting in settings]
    for name, equals, _ in pairs:
        if not equals:
            raise OptionError(f"expected NAME=VALUE after --set, got {name!r}")
    return {name: simulated(kind).read(name, value) for name, _, value in pairs}


if __name__ == "__main__":
    main()
