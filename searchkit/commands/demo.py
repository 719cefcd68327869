"""``searchkit demo``: index the sample articles and show a search with facets."""

import tempfile
from importlib import resources
from pathlib import Path

import click

from searchkit.commands.output import echo


@click.command(short_help="Index and search the sample articles.")
def command() -> None:
    """Index the sample articles that ship with searchkit, in five languages, and search them.

    Uses a temporary folder; nothing of yours is touched.
    """
    from searchkit.commands import index, search

    with (
        tempfile.TemporaryDirectory(prefix="searchkit-demo-") as folder,
        resources.as_file(resources.files("searchkit.examples").joinpath("articles")) as articles,
    ):
        place = Path(folder) / "index"
        runs = (
            (index.command, [str(articles)], "searchkit index examples/articles"),
            (search.command, ["synaptic pruning", "-n", "3"], 'searchkit search "synaptic pruning" -n 3'),
            (
                search.command,
                ["睡眠", "--mechanism", "memory-consolidation", "--language", "zh", "--language", "hi"],
                "searchkit search 睡眠 --mechanism memory-consolidation --language zh --language hi",
            ),
        )
        for number, (run, arguments, line) in enumerate(runs):
            echo(("\n" if number else "") + click.style(f"$ {line}", fg="bright_black", bold=True))
            run.main([*arguments, "--index", str(place)], standalone_mode=False)
    echo()
    echo('Now index your own: searchkit index FOLDER, then searchkit search "…". searchkit --help tells more.')
