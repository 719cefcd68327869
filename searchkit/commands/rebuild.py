"""``searchkit rebuild``: analyze the articles of an index again."""

from pathlib import Path

import click

from searchkit.commands.options import index_option, jobs_option, wait_option
from searchkit.commands.output import echo, plain


@click.command(short_help="Analyze all articles again.")
@index_option
@click.option(
    "--vocabulary",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Mechanisms to look for from now on, added to the built-in ones (docs/vocabulary.md).",
)
@wait_option
@jobs_option
def command(index: Path, vocabulary: Path | None, wait: float, jobs: int) -> None:
    """Analyze all articles again, from the texts that the index keeps.

    Needed when searchkit says that an index was made with another analyzer, or to look for other mechanisms. The
    articles' files are not read.
    """
    from searchkit.article_index import ArticleIndex
    from searchkit.vocabulary import Vocabulary

    words = Vocabulary.load(vocabulary, Vocabulary.builtin()) if vocabulary else None
    with ArticleIndex.open(index, check=False) as opened:
        count = opened.rebuild(vocabulary=words, wait=wait, jobs=jobs)
    echo(f"{count:,} articles analyzed again in {plain(str(index))}.")
