"""``searchkit convert``: move an index to another engine."""

import sys
from pathlib import Path

import click

from searchkit.commands.options import index_option, wait_option
from searchkit.commands.output import echo, plain


@click.command(short_help="Move an index to another engine.")
@click.argument("engine", metavar="ENGINE")
@index_option
@wait_option
def command(engine: str, index: Path, wait: float) -> None:
    """Move an index to another engine: whoosh, or tantivy (with the extra "tantivy").

    From what the index keeps: the articles' files are not read. Killed before the end, the index is what it was.

    \b
    Example:
      searchkit convert tantivy
    """
    from searchkit.article_index import ArticleIndex

    with ArticleIndex.open(index) as opened:
        old = opened.engine
        with click.progressbar(
            length=opened.info().articles,
            label="Converting",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            show_pos=False,
        ) as bar:
            count = opened.convert(engine, wait=wait, progress=lambda _: bar.update(1))
    echo(f"{count:,} articles moved from {old} to {plain(engine)} in {plain(str(index))}.")
