"""``searchkit bulk``: fill an index in a cluster from many processes or machines."""

import sys
from pathlib import Path

import click

from searchkit.commands.options import index_option, json_option, reading_options, wait_option
from searchkit.commands.output import echo, echo_json, echo_problems, plain


@click.command(short_help="Fill an index in a cluster from many processes.")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@index_option
@click.option("--engine", default=None, metavar="NAME", help="Engine of a new index.  [default: opensearch]")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="Processes on this machine; with --scheduler none.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Dask scheduler whose workers take part, on any number of machines: tcp://HOST:8786.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=".searchkit-bulk",
    show_default=True,
    metavar="DIR",
    help="Folder that remembers which files are done, until all are.",
)
@click.option(
    "--shards", type=click.IntRange(min=1), metavar="N", help="Shards of a new index in a cluster (docs/scale.md)."
)
@click.option(
    "--replicas", type=click.IntRange(min=0), metavar="N", help="Copies of each shard of a new index, besides it."
)
@reading_options
@wait_option
@json_option
def command(
    files: tuple[str, ...],
    index: Path | str,
    engine: str | None,
    workers: int,
    scheduler: str | None,
    state: Path,
    shards: int | None,
    replicas: int | None,
    vocabulary: Path | None,
    studies: Path | None,
    format_: str | None,
    wait: float,
    as_json: bool,
) -> None:
    """Fill a new index from files of articles, or folders of files, each read by one process.

    Nothing shows before all is there. A load that was cut short goes on where it was when the same command is
    given again: a file that is done is not read again, and one that was under way is done anew.

    \b
    Example:
      searchkit bulk shards/*.jsonl --index https://search.example.org:9200/articles --workers 8
    """
    from searchkit.bulk import Progress, bulk

    with click.progressbar(
        length=1, label="Loading", file=sys.stderr, hidden=as_json or not sys.stderr.isatty(), show_pos=False
    ) as bar:

        def show(progress: Progress) -> None:
            bar.length = max(progress.total, 1)
            bar.update(progress.bytes - bar.pos)

        changes = bulk(
            files,
            index=str(index),
            engine=engine,
            workers=workers,
            scheduler=scheduler,
            state=state,
            shards=shards,
            replicas=replicas,
            vocabulary=vocabulary,
            studies=studies,
            format=format_,
            wait=wait,
            progress=show,
        )
    echo_problems(changes.problems)
    if as_json:
        echo_json({"index": str(index), "added": changes.added, "problems": changes.problems})
    else:
        echo(f"{changes.added:,} added in {plain(str(index))}.")
    if changes.problems:
        sys.exit(2)
