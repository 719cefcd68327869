"""``searchkit suggest``: complete what somebody is typing."""

from pathlib import Path

import click

from searchkit.commands.options import index_option, json_option
from searchkit.commands.output import echo, echo_json, plain, width


@click.command(short_help="Complete what somebody is typing.")
@click.argument("text", nargs=-1, required=True, metavar="TEXT…")
@index_option
@click.option(
    "--limit", "-n", type=click.IntRange(min=0), default=10, show_default=True, help="Number of completions."
)
@json_option
def command(text: tuple[str, ...], index: Path, limit: int, as_json: bool) -> None:
    """Complete the last word of TEXT from the index: words as articles write them, mechanisms and titles.

    \b
    Examples:
      searchkit suggest hipp
      searchkit suggest 突触
      searchkit suggest "deep sl" --json
    """
    from searchkit.api import open

    with open(index) as opened:
        found = opened.complete(" ".join(text), limit)
    if as_json:
        echo_json([completion.to_dict() for completion in found])
        return
    size = max((width(plain(completion.text)) for completion in found), default=0)
    for completion in found:
        shown = plain(completion.text)
        articles = "article" if completion.articles == 1 else "articles"
        about = f"{completion.kind}, {completion.articles:,} {articles}"
        echo(f"{shown}{' ' * (size - width(shown))}  {click.style(about, fg='green')}")
