"""``searchkit rebuild``: analyze the articles of an index again."""

from pathlib import Path

import click

from searchkit.commands.options import index_option, wait_option
from searchkit.commands.output import echo, plain


@click.command(short_help="Analyze all articles again.")
@index_option
@wait_option
def command(index: Path, wait: float) -> None:
    """Analyze all articles again, from the texts that the index keeps.

    Needed when searchkit says that an index was made with another analyzer. The articles' files are not read.
    """
    from searchkit.article_index import ArticleIndex

    with ArticleIndex.open(index, check=False) as opened:
        count = opened.rebuild(wait=wait)
    echo(f"{count:,} articles analyzed again in {plain(str(index))}.")
