"""``searchkit doctor``: check an index."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from searchkit.commands.options import index_option, json_option
from searchkit.commands.output import echo, echo_json, plain


@click.command(short_help="Check that the index is whole.")
@index_option
@json_option
def command(index: Path, as_json: bool) -> None:
    """Check that the index is whole: its files by their checksums, its articles, counts, analyzers and lock.

    Reads everything and changes nothing. The exit code is 1 if there is a problem; each names the file, and the
    command that mends it.
    """
    from searchkit.doctor import examine

    checks = []
    for check in examine(index):
        checks.append(check)
        if not as_json:
            mark = (
                click.style("wrong", fg="red", bold=True) if check.problems else click.style("right", fg="green")
            )
            echo(f"{mark} {click.style(f'{check.name:<10}', fg='cyan')} {plain(check.detail)}")
            for problem in check.problems:
                echo(f"      {plain(problem)}")
    found = sum(len(check.problems) for check in checks)
    commands = list(dict.fromkeys(check.mend for check in checks if check.mend))
    if as_json:
        echo_json({"index": str(index), "problems": found, "mend": commands, "checks": list(map(asdict, checks))})
    elif found:
        echo(f"{found:,} problem{'' if found == 1 else 's'}; run: {plain(' ; '.join(commands))}")
    if found:
        sys.exit(1)
