"""``searchkit vocabulary``: work on a vocabulary of one's own."""

from pathlib import Path

import click

from searchkit.commands.options import json_option
from searchkit.commands.output import echo, echo_json, plain


@click.group(short_help="Check a vocabulary of your own.")
def command() -> None:
    """Work on a vocabulary of mechanisms of your own."""


@command.command(name="check", short_help="Tell what is wrong with a vocabulary file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--index",
    "-i",
    "index",
    type=click.Path(path_type=Path),
    envvar="SEARCHKIT_INDEX",
    show_envvar=True,
    metavar="DIR",
    help="Also tell the terms that stand in no article of this index.",
)
@json_option
@click.pass_context
def check_command(ctx: click.Context, file: Path, index: Path | None, as_json: bool) -> None:
    """Tell what is wrong with a vocabulary file, with line numbers: FILE:LINE: level: message.

    Errors end with exit code 2; warnings and infos do not.
    """
    from searchkit.checking import check

    if index is None:
        found = check(file)
    else:
        from searchkit.api import open

        with open(index) as opened:
            found = check(file, opened)
    counts = {level: sum(one.level == level for one in found) for level in ("error", "warning", "info")}
    if as_json:
        echo_json({"file": str(file), "findings": [one.to_dict() for one in found]})
    else:
        for one in found:
            echo(plain(f"{file}:{one.line}: {one.level}: {one.message}"))
        told = ", ".join(
            f"{count:,} {level}{'s' if count != 1 else ''}" for level, count in counts.items() if count
        )
        echo(plain(f"{file}: {told or 'nothing to say'}"), err=True)
    if counts["error"]:
        ctx.exit(2)
