"""``searchkit index``: read articles and put them into the index."""

import sys
from pathlib import Path

import click

from searchkit.commands.options import index_option, jobs_option, json_option, reading_options, wait_option
from searchkit.commands.output import echo, echo_json, echo_problems, plain


@click.command(short_help="Put articles into the index.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@index_option
@click.option("--prune", is_flag=True, help="Remove articles whose file under PATH is gone.")
@reading_options
@click.option(
    "--engine",
    default=None,
    metavar="NAME",
    help="Engine of a new index: whoosh, tantivy, or opensearch in a cluster.  [default: whoosh in a folder]",
)
@click.option(
    "--shards", type=click.IntRange(min=1), metavar="N", help="Shards of a new index in a cluster.  [default: 1]"
)
@click.option(
    "--replicas",
    type=click.IntRange(min=0),
    metavar="N",
    help="Copies of each shard besides the first, of a new index in a cluster.  [default: 1]",
)
@wait_option
@jobs_option
@json_option
def command(
    paths: tuple[str, ...],
    index: Path,
    prune: bool,
    vocabulary: Path | None,
    studies: Path | None,
    format_: str | None,
    engine: str | None,
    shards: int | None,
    replicas: int | None,
    wait: float,
    jobs: int,
    as_json: bool,
) -> None:
    """Index the articles under PATH: files, folders, or - for standard input.

    Formats: text and saved pages (.txt), Markdown (.md), JSON lines (.jsonl), .csv, .tsv, and HTML (.html) with
    the extra "html". Articles that did not change are left alone. What cannot be read is told and skipped; the
    exit code is then 2.

    \b
    Examples:
      searchkit index articles/ --prune
      cat export.jsonl | searchkit index -
    """
    from searchkit.api import index_articles
    from searchkit.readers import Report

    report = Report()
    with click.progressbar(
        length=_size(paths),
        label="Indexing",
        file=sys.stderr,
        hidden=as_json or not sys.stderr.isatty(),
        show_pos=False,
    ) as bar:
        changes = index_articles(
            paths,
            index=index,
            prune=prune,
            vocabulary=vocabulary,
            studies=studies,
            engine=engine,
            shards=shards,
            replicas=replicas,
            format=format_,
            wait=wait,
            jobs=jobs,
            report=report,
            progress=lambda draft: bar.update(len(draft.text.encode("utf-8", "replace"))),
        )
        bar.update((bar.length or 0) - bar.pos)  # what was no article's text
    echo_problems(changes.problems)
    if as_json:
        names = ("added", "changed", "unchanged", "removed", "problems")
        echo_json({"index": str(index), **{name: getattr(changes, name) for name in names}})
    else:
        if report.ignored:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(report.ignored.items()))
            echo(f"Passed over files that are no articles: {plain(kinds)}.")
        if changes.any:
            parts = [f"{getattr(changes, name):,} {name}" for name in ("added", "changed", "unchanged", "removed")]
            echo(f"{', '.join(parts)} in {plain(str(index))}.")
        elif changes.unchanged:
            echo(f"Nothing changed: all {changes.unchanged:,} articles were in {plain(str(index))} already.")
        else:
            echo("No article was found; nothing was indexed.")
    if changes.problems:
        sys.exit(2)


def _size(paths: tuple[str, ...]) -> int:
    """Return the number of bytes to read, as far as it is known."""
    size = 0
    for name in paths:
        path = Path(name)
        try:
            files = path.rglob("*") if path.is_dir() else [path]
            size += sum(file.stat().st_size for file in files if file.is_file())
        except OSError:
            continue
    return max(size, 1)
