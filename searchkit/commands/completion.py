"""``searchkit completion``: the script that completes commands, options and facet values in a shell."""

import click
from click.shell_completion import get_completion_class

_PLACES = {
    "bash": '~/.bashrc:  eval "$(searchkit completion bash)"',
    "zsh": '~/.zshrc:  eval "$(searchkit completion zsh)"',
    "fish": "~/.config/fish/completions/searchkit.fish: the output itself",
}


@click.command(
    short_help="Print the completion script for a shell.",
    epilog="Where to put it: " + "; ".join(_PLACES.values()),
)
@click.argument("shell", type=click.Choice(sorted(_PLACES)))
def command(shell: str) -> None:
    """Print the completion script for SHELL."""
    from searchkit.cli import cli

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - the choices above are click's
    click.echo(found(cli, {}, "searchkit", "_SEARCHKIT_COMPLETE").source())
