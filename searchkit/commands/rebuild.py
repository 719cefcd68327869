"""``searchkit rebuild``: analyze the articles of an index again, or mend a damaged one."""

import sys
from pathlib import Path

import click

from searchkit.commands.options import index_option, jobs_option, wait_option
from searchkit.commands.output import echo, echo_problems, plain


@click.command(short_help="Analyze all articles again, or mend the index.")
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

    Needed when searchkit says that an index was made with another analyzer, to look for other mechanisms, or when
    the index is damaged: then all articles that can still be read are kept, and the others are read again from
    their files. Otherwise the articles' files are not read.
    """
    from searchkit.article_index import ArticleIndex
    from searchkit.errors import IndexFormatError
    from searchkit.index.files import OtherVersionError
    from searchkit.vocabulary import Vocabulary

    words = Vocabulary.load(vocabulary, Vocabulary.builtin()) if vocabulary else None
    try:
        with ArticleIndex.open(index, check=False) as opened:
            count = opened.rebuild(vocabulary=words, wait=wait, jobs=jobs)
        echo(f"{count:,} articles analyzed again in {plain(str(index))}.")
    except OtherVersionError:
        raise
    except IndexFormatError:
        _restore(index, words, wait, jobs)


def _restore(index: Path, words: object, wait: float, jobs: int) -> None:
    from searchkit.doctor import restore
    from searchkit.vocabulary import Vocabulary

    done = restore(index, vocabulary=words if isinstance(words, Vocabulary) else None, wait=wait, jobs=jobs)
    echo_problems(done.problems)
    echo(
        f"{plain(str(index))} is whole again: {done.kept:,} articles kept, {done.read:,} read again from their "
        f"files, {done.lost:,} lost."
    )
    if done.lost:
        sys.exit(2)
